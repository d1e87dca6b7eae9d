/* Each route of the table stands in openapi.yaml, and nothing else does. */
#include "tests/base/test.h"

#include "api/routes.h"
#include "base/file.h"

#include <ctype.h>

#define ROUTES_MAX 100

static char *written[ROUTES_MAX];
static size_t nwritten;

/* "  /path:" and "    get:" below paths: are all the YAML that is needed. */
static void
take_line(const char *line, size_t len, char path[200])
{
	char method[8] = "";

	if (len > 3 && strncmp(line, "  /", 3) == 0 && line[len - 1] == ':') {
		snprintf(path, 200, "%.*s", (int)(len - 3), line + 2);
	} else if (len < 12 && len > 5 && strncmp(line, "    ", 4) == 0 && line[4] != ' ' && line[len - 1] == ':' && path[0] != 0) {
		for (size_t i = 4; i + 1 < len; i++)
			method[i - 4] = (char)toupper((unsigned char)line[i]);
		assert_true(nwritten < ROUTES_MAX);
		written[nwritten++] = xprintf("%s %s", method, path);
	}
}

static int
setup(void **state)
{
	static struct buf text = { .max = 1 << 20 };
	char path[200] = "";
	struct err e;

	if (!file_read(&text, SOURCE_DIR "/api/openapi.yaml", &e))
		return -1;
	for (const char *line = strstr(buf_str(&text), "\npaths:"), *end; line != NULL && *++line != 0; line = end) {
		end = strchr(line, '\n');
		if (end == NULL || strncmp(line, "components:", 11) == 0)
			break;
		take_line(line, (size_t)(end - line), path);
	}
	return 0;
}

static bool
is_written(const char *name)
{
	for (size_t i = 0; i < nwritten; i++)
		if (strcmp(written[i], name) == 0)
			return true;
	return false;
}

static void
test_table_is_written(void **state)
{
	for (const struct route *r = routes_all(); r->method != NULL; r++) {
		own_str char *name = xprintf("%s %s", r->method, r->pattern);

		assert_case(name, is_written(name));
	}
}

static void
test_written_is_in_table(void **state)
{
	size_t n = 0;

	for (const struct route *r = routes_all(); r->method != NULL; r++)
		n++;
	assert_int_equal(n, nwritten);
	for (size_t i = 0; i < nwritten; i++) {
		bool found = false;

		for (const struct route *r = routes_all(); r->method != NULL; r++) {
			own_str char *name = xprintf("%s %s", r->method, r->pattern);

			found |= strcmp(name, written[i]) == 0;
		}
		assert_case(written[i], found);
	}
}

static void
test_rows(void **state)
{
	for (const struct route *r = routes_all(); r->method != NULL; r++) {
		assert_case(r->pattern, r->run != NULL && r->doc != NULL && r->doc[0] != 0);
		assert_case(r->pattern, (strcmp(r->method, "POST") == 0) == (r->body_max > 0));
		assert_case(r->pattern, strchr(r->pattern, '{') == strrchr(r->pattern, '{'));
		assert_case(r->pattern, (r->how & SLASHES) == 0 || r->pattern[strlen(r->pattern) - 1] == '}');
	}
}

/* No row is hidden by one before it. */
static void
test_each_is_found(void **state)
{
	const struct http_site site = routes_site(NULL, "");

	for (const struct route *r = routes_all(); r->method != NULL; r++) {
		const char *x = strchr(r->pattern, '{');
		own_str char *path = x == NULL ? xstrdup(r->pattern) : xprintf("%.*s1%s", (int)(x - r->pattern), r->pattern, strchr(x, '}') + 1);
		struct http_request in = { .method = r->method, .path = path };
		struct http_reply out = { .body = buf_new(HTTP_REPLY_MAX) };
		size_t max;

		if (r->pieces != NULL)
			continue;		/* who takes pieces begins at once */
		assert_case(r->pattern, site.admit(site.state, &in, &max, &out) && in.route == r);
		http_reply_drop(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_table_is_written),
		cmocka_unit_test(test_written_is_in_table), cmocka_unit_test(test_rows), cmocka_unit_test(test_each_is_found) };

	return cmocka_run_group_tests(tests, setup, NULL);
}
