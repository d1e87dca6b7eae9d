#include "register/report_check.h"

#include "base/ossl.h"
#include "register/report.h"

#include <stdio.h>

/* Of a report's own files the name is the spec's; the others are everybody's,
 * and the newest record of all names them. */
static const struct { const char *name, *suffix; } files[REPORT_FILES] = {
	{ NULL, ".csv" }, { NULL, ".json" }, { NULL, ".html" }, { "index", ".html" }, { "report", ".css" },
};

static bool
take_report(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct report_check *k = ctx;
	size_t i = 0;

	while (i < k->n && !span_eq_str(c[0].s, k->of[i].spec))
		i++;
	if (i == REPORT_CHECK_MAX || c[0].s.len >= sizeof(k->of[i].spec))
		return fail(e, ERR_LIMIT, "report, a spec too many or too long");
	k->n = i == k->n ? i + 1 : k->n;
	snprintf(k->of[i].spec, sizeof(k->of[i].spec), "%.*s", (int)c[0].s.len, (const char *)c[0].s.ptr);
	k->of[i].size = (uint64_t)c[1].i;
	for (unsigned f = 0; f < REPORT_FILES; f++) {
		if (c[2 + f].s.len != SHA256_LEN)
			return fail(e, ERR_STORE, "report, a hash of %zu octets", c[2 + f].s.len);
		for (size_t other = 0; other < k->n; other++)
			if (other == i || files[f].name != NULL)
				memcpy(k->of[other].hash[f], c[2 + f].s.ptr, SHA256_LEN);
	}
	return true;
}

bool
report_check_begin(struct report_check *k, struct store *db, struct err *e)
{
	static const enum reg_type types[] = { REG_TEXT, REG_INT, REG_BYTES, REG_BYTES, REG_BYTES, REG_BYTES, REG_BYTES };

	*k = (struct report_check){ .n = 0 };
	return store_run(db, "SELECT spec, size, sha256, json_sha256, html_sha256, index_sha256, css_sha256 FROM report ORDER BY entry", NULL, types, 7, take_report, k, NULL, e);
}

bool
report_check_file(struct report_check *k, struct span path, struct span body, struct err *e)
{
	unsigned char digest[SHA256_LEN];
	bool known = false;

	sha256(digest, body);
	for (size_t i = 0; i < k->n; i++)
		for (unsigned f = 0; f < REPORT_FILES; f++) {
			own_str char *name = xprintf("report/%s%s", files[f].name != NULL ? files[f].name : k->of[i].spec, files[f].suffix);

			if (!span_eq_str(path, name))
				continue;
			if (memcmp(digest, k->of[i].hash[f], SHA256_LEN) != 0)
				return fail(e, ERR_STORE, "publication, row %s is not what was recorded", name);
			known = k->of[i].seen[f] = true;
		}
	return known || fail(e, ERR_STORE, "publication, row %.*s: nothing recorded is published there", (int)(path.len < 60 ? path.len : 60), (const char *)path.ptr);
}

bool
report_check_end(const struct report_check *k, struct err *e)
{
	for (size_t i = 0; i < k->n; i++)
		for (unsigned f = 0; f < REPORT_FILES; f++)
			if (!k->of[i].seen[f])
				return fail(e, ERR_STORE, "publication, row report/%s%s is missing", files[f].name != NULL ? files[f].name : k->of[i].spec, files[f].suffix);
	return true;
}

static bool
again(const struct prefix *p, const char *name, uint64_t size, const unsigned char want[SHA256_LEN], struct err *e)
{
	const struct log_report_spec *spec = log_report_find(name);
	own_struct(buf) csv = buf_new(LOG_REPORT_MAX);
	unsigned char digest[SHA256_LEN];
	struct log_report r;
	bool good;

	if (spec == NULL)
		return fail(e, ERR_STORE, "report %s: this program does not know it", name);
	if (!log_report_make(&r, &spec, 1, p, size, e))
		return fail_in(e, "report %s", name);
	good = log_report_csv(&csv, &r, e);
	log_report_drop(&r);
	sha256(digest, buf_span(&csv));
	return good && (memcmp(digest, want, SHA256_LEN) == 0 ||
	    fail(e, ERR_STORE, "report %s of size %llu is not what the log's first %llu entries make", name, (unsigned long long)size, (unsigned long long)size));
}

bool
report_check_again(struct store *db, const char *folder, struct err *e)
{
	struct report_check k;
	struct prefix p;

	if (!report_check_begin(&k, db, e))
		return false;
	for (size_t i = 0; i < k.n; i++)
		if ((i == 0 && !prefix_open(&p, folder, NULL, e)) || !again(&p, k.of[i].spec, k.of[i].size, k.of[i].hash[0], e))
			return false;
	return true;
}
