/*
 * antin dossier -- report, show.
 *
 * A file of events is a table (CSV, its first row names the columns) or JSON
 * Lines or one JSON array.  Each event is looked at here first, as the service
 * will look at it; what has not the form is not sent.  An event without a key of
 * its own gets one made of its content, so that a file sent twice, or sent again
 * with some lines mended, records nothing twice.
 */
#include "api/cli/command.h"
#include "api/cli/csv.h"
#include "api/cli/http.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/ossl.h"
#include "verifier/dossier.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FILE_MAX (256u << 20)
#define EVENTS_MAX 1000000

const struct arg_option dossier_options[] = {
	SERVICE_OPTIONS,
	{ "dry-run", NULL, false, "report: look at the file, send nothing" },
	{ "csv", NULL, false, "report: the file is a table, whatever it looks like" },
	{ NULL },
};

/* What became of a line of the file. */
struct line { size_t line; json_t *event; json_t *result; };	/* owned */
struct lines { size_t n, cap; struct line *at; };

static void
lines_drop(struct lines *l)
{
	for (size_t i = 0; i < l->n; i++) {
		json_decref(l->at[i].event);
		json_decref(l->at[i].result);
	}
	free(l->at);
	*l = (struct lines){ 0 };
}

static bool
add_line(struct lines *l, size_t line, json_t *event, struct err *e)
{
	if (l->n == EVENTS_MAX) {
		json_decref(event);
		return fail(e, ERR_LIMIT, "more than %d events", EVENTS_MAX);
	}
	if (l->n == l->cap) {
		l->cap = l->cap == 0 ? 256 : 2 * l->cap;
		l->at = xrealloc(l->at, l->cap * sizeof(*l->at));
	}
	l->at[l->n++] = (struct line){ .line = line, .event = event };
	return true;
}

static json_t *
refused_json(const char *code, const struct err *why)
{
	struct dossier_why w;

	dossier_why(&w, why);
	return json_pack("{s:s, s:b, s:s, s:s, s:s, s:s*}", "dossier", code, "done", 0, "class", err_word(why->class), "code", w.word, "vi", w.vi, "en", w.en);
}

/*
 * The file.
 */

static bool
read_all(struct buf *out, const char *path, struct err *e)
{
	ssize_t n;

	if (strcmp(path, "-") != 0)
		return file_read(out, path, e) || fail_in(e, "%s", path);
	do {
		unsigned char part[1 << 16];

		n = read(0, part, sizeof(part));
		if (n > 0)
			buf_put(out, part, (size_t)n);
	} while (n > 0);
	return n == 0 ? buf_ok(out, "the input", e) : fail(e, ERR_STORE, "the input cannot be read");
}

/* An empty cell is a field that is not there; only `corrects` is a number. */
static json_t *
event_of_row(const struct csv_row *names, const struct csv_row *row)
{
	json_t *j = json_object();

	for (size_t i = 0; i < row->n; i++) {
		const char *cell = row->field[i], *name = names->field[i];
		char *end = NULL;
		long long number;

		if (cell[0] == '\0')
			continue;
		number = strtoll(cell, &end, 10);
		json_object_set_new(j, name, strcmp(name, "corrects") == 0 && *end == '\0' ? json_integer(number) : json_string(cell));
	}
	return j;
}

static bool
read_table(struct lines *l, struct span text, struct err *e)
{
	own_struct(csv_row) names = { .n = 0 };
	struct csv c = csv_open(text);
	bool more;

	if (!csv_next(&c, &names, &more, e))
		return false;
	while (more) {
		own_struct(csv_row) row = { .n = 0 };

		if (!csv_next(&c, &row, &more, e))
			return false;
		if (more && row.n > names.n)
			return fail(e, ERR_INPUT, "line %zu: %zu fields under %zu names", row.line, row.n, names.n);
		if (more && !add_line(l, row.line, event_of_row(&names, &row), e))
			return false;
	}
	return true;
}

static bool
read_array(struct lines *l, struct span text, struct err *e)
{
	own(json_t) *list = NULL;
	json_t *one;
	size_t i;

	if (!json_read(&list, text, e))
		return false;
	json_array_foreach(list, i, one)
		if (!add_line(l, i + 1, json_incref(one), e))
			return false;
	return true;
}

/* A line that is no JSON is an event refused. */
static bool
read_lines(struct lines *l, struct span text, struct err *e)
{
	struct span line;

	for (size_t number = 1; span_next_line(&text, &line); number++) {
		json_t *j = NULL;
		struct err why;

		if (span_is_blank(line))
			continue;
		if (!json_read(&j, line, &why))
			(void)!fail_in(&why, "shape");
		if (!add_line(l, number, j, e))
			return false;
		if (j == NULL)
			l->at[l->n - 1].result = refused_json("", &why);
	}
	return true;
}

static bool
read_events(struct lines *l, const struct args *a, struct err *e)
{
	own_struct(buf) text = buf_new(FILE_MAX);
	const char *s;

	if (!read_all(&text, a->word[1], e))
		return false;
	s = buf_str(&text);
	s += strspn(s, " \t\r\n");
	if (args_has(a, "csv") || (*s != '{' && *s != '['))
		return read_table(l, buf_span(&text), e);
	if (!(*s == '[' ? read_array : read_lines)(l, buf_span(&text), e))
		return false;
	return true;
}

/* A key of the content and of how often the same stood before. */
static void
give_key(json_t *event, json_t *seen)
{
	own_struct(buf) text = buf_new(JSON_MAX);
	own_str char *key = NULL;
	unsigned char digest[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];
	json_int_t before;

	if (!json_is_object(event) || json_object_get(event, "key") != NULL)
		return;
	json_write(&text, event);
	sha256(digest, buf_span(&text));
	hex_text(hex, span_of(digest, sizeof(digest)));
	before = json_integer_value(json_object_get(seen, hex));
	json_object_set_new(seen, hex, json_integer(before + 1));
	key = xprintf("%.40s-%lld", hex, (long long)before);
	json_object_set_new(event, "key", json_string(key));
}

static void
look_at(struct lines *l)
{
	own(json_t) *seen = json_object();

	for (size_t i = 0; i < l->n; i++) {
		struct dossier_event x;
		struct err why;

		if (l->at[i].result != NULL)
			continue;
		give_key(l->at[i].event, seen);
		if (dossier_event_read(&x, l->at[i].event, &why))
			dossier_event_drop(&x);
		else
			l->at[i].result = refused_json(json_string_value(json_object_get(l->at[i].event, "dossier")) ?: "", &why);
	}
}

/*
 * Sending.
 */

/* The next events that have the form, at[]: which lines they are. */
static size_t
next_batch(json_t *list, size_t at[DOSSIER_BATCH_MAX], const struct lines *l, size_t *from)
{
	size_t n = 0;

	for (; *from < l->n && n < DOSSIER_BATCH_MAX; ++*from)
		if (l->at[*from].result == NULL) {
			at[n++] = *from;
			json_array_append(list, l->at[*from].event);
		}
	return n;
}

static bool
send_batch(struct lines *l, const struct http_service *service, const json_t *list, const size_t *at, size_t n, struct err *e)
{
	own_struct(buf) body = buf_new(16u << 20), in = buf_new(HTTP_ANSWER_MAX);
	own(json_t) *answer = NULL;
	unsigned char digest[SHA256_LEN];
	char key[2 * SHA256_LEN + 1];
	json_t *results;

	json_write(&body, list);
	sha256(digest, buf_span(&body));
	hex_text(key, span_of(digest, sizeof(digest)));
	if (!http_call(&in, &(struct http_request){ .service = service, .method = "POST", .path = "/v1/dossiers/events", .type = "application/json",
	    .body = buf_span(&body), .idempotency = key }, e) || !json_read(&answer, buf_span(&in), e) || !json_take_arr(&results, answer, "results", e))
		return false;
	if (json_array_size(results) != n)
		return fail(e, ERR_BUG, "the service gave %zu results for %zu events", json_array_size(results), n);
	for (size_t i = 0; i < n; i++)
		l->at[at[i]].result = json_incref(json_array_get(results, i));
	return true;
}

static bool
send_all(struct lines *l, const struct args *a, struct err *e)
{
	own_struct(http_service) service = { .base = NULL };
	size_t from = 0, at[DOSSIER_BATCH_MAX];

	if (!http_service_open(&service, a, e))
		return false;
	for (;;) {
		own(json_t) *list = json_array();
		size_t n = next_batch(list, at, l, &from);

		if (n == 0)
			return true;
		if (!send_batch(l, &service, list, at, n, e))
			return fail_in(e, "line %zu and what follows; what was recorded before it stays, send the file again", l->at[at[0]].line);
	}
}

/*
 * Telling.
 */

struct counts { size_t done, again, refused, unsent; };

static const char *
word(const json_t *j, const char *key)
{
	return json_string_value(json_object_get(j, key)) ?: "";
}

static void
tell_line(const struct args *a, const struct line *l, struct counts *n)
{
	bool done = json_is_true(json_object_get(l->result, "done"));

	n->unsent += l->result == NULL;
	n->done += done;
	n->again += done && json_is_true(json_object_get(l->result, "again"));
	n->refused += l->result != NULL && !done;
	if (l->result != NULL && !done && !a->json)
		fprintf(stderr, "line %zu  %s  %s: %s (%s)\n", l->line, word(l->result, "dossier"), word(l->result, "code"), word(l->result, "vi"), word(l->result, "en"));
}

static json_t *
lines_json(const struct lines *l)
{
	json_t *results = json_array();

	for (size_t i = 0; i < l->n; i++) {
		json_t *one = l->at[i].result == NULL ? json_pack("{s:O*}", "dossier", json_object_get(l->at[i].event, "dossier")) : json_copy(l->at[i].result);

		json_object_del(one, "index");
		json_object_set_new(one, "line", json_integer((json_int_t)l->at[i].line));
		json_array_append_new(results, one);
	}
	return results;
}

static struct counts
tell(const struct args *a, const struct lines *l)
{
	struct counts n = { 0 };

	for (size_t i = 0; i < l->n; i++)
		tell_line(a, &l->at[i], &n);
	if (a->json) {
		own(json_t) *j = json_pack("{s:o, s:I, s:I, s:I, s:I}", "results", lines_json(l), "done", (json_int_t)n.done, "again", (json_int_t)n.again,
		    "refused", (json_int_t)n.refused, "unsent", (json_int_t)n.unsent);

		command_print_json(j);
	} else if (args_has(a, "dry-run")) {
		printf("%zu events have the form, %zu have not; nothing was sent\n", n.unsent, n.refused);
	} else {
		printf("%zu recorded (%zu of them before), %zu refused\n", n.done, n.again, n.refused);
	}
	return n;
}

static int
dossier_report(const struct args *a)
{
	own_struct(lines) l = { 0 };
	struct err e;

	if (a->nwords != 2) {
		fail(&e, ERR_INPUT, "antin dossier report FILE --api URL --api-key-file FILE (or --dry-run); FILE - is the standard input");
		return command_usage(a, &e);
	}
	if (!read_events(&l, a, &e))
		return command_refuse(a, &e);
	if (l.n == 0) {
		fail(&e, ERR_INPUT, "%s has no event", a->word[1]);
		return command_refuse(a, &e);
	}
	look_at(&l);
	if (!args_has(a, "dry-run") && !send_all(&l, a, &e))
		return command_refuse(a, &e);
	return tell(a, &l).refused == 0 ? 0 : 1;
}

static void
print_day(const char *vi, const char *iso)
{
	int32_t day;
	char text[TIME_TEXT];
	struct err e;

	if (!date_parse(&day, iso, &e))
		return;
	date_text_people(text, day);
	printf("%s%s\n", vi, text);
}

static void
print_dossier(const json_t *d)
{
	json_t *permit;
	size_t i;

	printf("%s  %s\n", word(d, "code"), word(json_object_get(d, "agency"), "name"));
	printf("Bước:      %s\n", word(json_object_get(d, "step_say"), "vi"));
	print_day("Từ ngày:   ", word(d, "since"));
	print_day("Hẹn trả:   ", word(d, "due"));
	json_array_foreach(json_object_get(d, "permits"), i, permit)
		printf("Giấy phép: %s  %s %s %s\n", json_is_string(json_object_get(permit, "kind")) ? word(permit, "kind") : word(json_object_get(permit, "kind"), "vi"),
		    word(permit, "state"), word(permit, "number"), word(permit, "shortcode"));
	printf("Tính đến:  %s\n", word(d, "as_of"));
}

static bool
dossier_show(const struct args *a, struct err *e)
{
	own_struct(http_service) service = { .base = NULL };
	own(json_t) *answer = NULL;
	own_str char *path = NULL;
	json_t *d;

	if (a->nwords != 2)
		return fail(e, ERR_INPUT, "antin dossier show CODE --api URL (permits' codes: with --api-key-file FILE)");
	if (!dossier_code_ok(a->word[1]))
		return fail(e, ERR_INPUT, "this has not the form of a dossier's code, or its date does not exist");
	path = xprintf("/v1/dossiers/%s", a->word[1]);
	if (!http_service_open(&service, a, e) || !http_json(&answer, &service, "GET", path, NULL, e) || !json_take_obj(&d, answer, "dossier", e))
		return false;
	if (a->json)
		command_print_json(d);
	else
		print_dossier(d);
	return true;
}

int
command_dossier(const struct args *a)
{
	struct err e;

	if (a->nwords > 0 && strcmp(a->word[0], "report") == 0)
		return dossier_report(a);
	if (a->nwords > 0 && strcmp(a->word[0], "show") == 0)
		return dossier_show(a, &e) ? 0 : command_refuse(a, &e);
	fail(&e, ERR_INPUT, "antin dossier report or show");
	return command_usage(a, &e);
}
