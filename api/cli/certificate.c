/*
 * antin certificate modify -- what certificates say, changed from a table: each row
 * looked at first, then one signed order for all that can be.
 *
 * The table (csv.h) names in its first row the columns that it has: `person` (staff
 * number, of one active certificate) or `serial`, then `name`, `title`, `agency`; an
 * empty field changes nothing.  Each certificate is fetched and hashed here; what
 * would become of it says the authority, by the same steps that carry the order out.
 */
#include "api/cli/command.h"
#include "api/cli/csv.h"
#include "api/cli/http.h"
#include "api/cli/keyboard.h"
#include "api/cli/ordering.h"

#include "base/file.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

#define TABLE_MAX (4u << 20)
#define LOOK_MAX 16		/* rows looked at by one request, of 16 KiB */

const struct arg_option certificate_options[] = {
	{ "name", "TEXT", false, "list: the beginnings of words of the name, with or without diacritics" },
	{ "agency", "ID", false, "list: of this agency and all below it" },
	{ "token", "KEY", false, "list: with the key that `antin token list` shows" },
	{ "serial", "HEX", false, "list: the one with this serial number" },
	{ "person", "NUMBER", false, "list: of this staff number" },
	{ "expires-before", "DAY", false, "list: that end before this day, as 2026-12-31" },
	{ "state", "WORD", false, "list: reserved, active, held, revoked, void" },
	{ "csv", "FILE", false, "modify: the table: person or serial, and name, title, agency" },
	{ "dry-run", NULL, false, "modify: say what would change, and order nothing" },
	KEYBOARD_OPTIONS,
	{ "certificate", "FILE", false, "modify: the signer's certificate" },
	SERVICE_OPTIONS,
	{ "reason", "TEXT", false, "modify: why" },
	{ "yes", NULL, false, "modify: do not ask before signing" },
	{ NULL },
};

enum column { PERSON, SERIAL, NAME, TITLE, AGENCY, COLUMNS };
static const char *const columns[COLUMNS] = { "person", "serial", "name", "title", "agency" };

/* A row of the table; result: the authority's word on it, or our refusal. */
struct row { size_t line; char *person; struct order_subject s; json_t *change, *result; };

struct table { struct row *row; size_t n; int at[COLUMNS]; char signer[64]; };

static void
table_drop(struct table *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->row[i].person);
		json_decref(t->row[i].change);
		json_decref(t->row[i].result);
	}
	free(t->row);
}

/*
 * Reading.
 */

static bool
take_head(struct table *t, const struct csv_row *r, struct err *e)
{
	for (size_t c = 0; c < COLUMNS; c++)
		t->at[c] = -1;
	for (size_t i = 0; i < r->n; i++) {
		size_t c = 0;

		while (c < COLUMNS && strcmp(columns[c], r->field[i]) != 0)
			c++;
		if (c == COLUMNS)
			return fail(e, ERR_INPUT, "row %zu: the column \"%.40s\" is none of person, serial, name, title, agency", r->line, r->field[i]);
		if (t->at[c] >= 0)
			return fail(e, ERR_INPUT, "row %zu: the column %s stands twice", r->line, columns[c]);
		t->at[c] = (int)i;
	}
	return t->at[PERSON] >= 0 || t->at[SERIAL] >= 0 || fail(e, ERR_INPUT, "row %zu: a table has the column person or serial", r->line);
}

/* "" where the table or the row has none. */
static const char *
field(const struct table *t, const struct csv_row *r, enum column c)
{
	return t->at[c] < 0 || (size_t)t->at[c] >= r->n ? "" : r->field[t->at[c]];
}

static bool
take_change(json_t *change, const struct table *t, const struct csv_row *r, struct err *e)
{
	for (size_t c = NAME; c < COLUMNS; c++) {
		own_struct(buf) nfc = buf_new(4096);
		const char *text = field(t, r, c);
		bool changed;

		if (text[0] == '\0')
			continue;
		if (!text_to_nfc(&nfc, span_str(text), &changed, e))
			return fail_in(e, "row %zu, %s", r->line, columns[c]);
		json_object_set_new(change, columns[c], json_string(buf_str(&nfc)));
	}
	return true;
}

static bool
take_row(struct table *t, const struct csv_row *r, struct err *e)
{
	const char *serial = field(t, r, SERIAL), *person = field(t, r, PERSON);
	struct row *x;

	if (t->n == ORDER_SUBJECTS_MAX)
		return fail(e, ERR_LIMIT, "row %zu: one order has at most %d subjects", r->line, ORDER_SUBJECTS_MAX);
	t->row = realloc(t->row, (t->n + 1) * sizeof(*t->row));
	promise(t->row != NULL);
	x = &t->row[t->n++];
	*x = (struct row){ .line = r->line, .person = xstrdup(person), .change = json_object() };
	if (serial[0] == '\0' && person[0] == '\0')
		return fail(e, ERR_INPUT, "row %zu names neither a person nor a serial number", r->line);
	if (strlen(serial) >= sizeof(x->s.id))
		return fail(e, ERR_INPUT, "row %zu: %.40s is no serial number", r->line, serial);
	snprintf(x->s.id, sizeof(x->s.id), "%s", serial);
	return take_change(x->change, t, r, e);
}

static bool
read_table(struct table *t, const char *path, struct err *e)
{
	own_struct(buf) text = buf_new(TABLE_MAX);
	struct csv csv;
	bool more;

	if (!file_read(&text, path, e))
		return false;
	csv = csv_open(buf_span(&text));
	for (bool head = true;; head = false) {
		own_struct(csv_row) r = { .n = 0 };

		if (!csv_next(&csv, &r, &more, e))
			return fail_in(e, "%s", path);
		if (!more)
			return t->n > 0 || fail(e, ERR_INPUT, "%s has no rows", path);
		if (!(head ? take_head : take_row)(t, &r, e))
			return fail_in(e, "%s", path);
	}
}

/*
 * Looking.
 */

static void
refuse_row(struct row *x, const struct err *e)
{
	x->result = json_pack("{s:b, s:s, s:s}", "done", 0, "class", err_word(e->class), "text", e->text);
}

/* The person's one active certificate. */
static bool
find_serial(struct row *x, const struct http_service *service, struct err *e)
{
	own(json_t) *ask = json_pack("{s:s, s:s, s:s}", "what", "certificates", "person", x->person, "state", "active");
	own(json_t) *answer = NULL;
	json_t *items;
	const char *id;

	if (ask == NULL)
		return fail(e, ERR_INPUT, "the staff number is not UTF-8");
	if (!http_json(&answer, service, "POST", "/v1/list/ca", ask, e) || !json_take_arr(&items, answer, "items", e))
		return false;
	if (json_array_size(items) == 0)
		return fail(e, ERR_ABSENT, "%.40s has no active certificate", x->person);
	if (json_array_size(items) > 1)
		return fail(e, ERR_CONFLICT, "%.40s has %zu active certificates: the column serial must say which", x->person, json_array_size(items));
	if (!json_take_str(&id, json_array_get(items, 0), "id", e))
		return false;
	snprintf(x->s.id, sizeof(x->s.id), "%s", id);
	return true;
}

static bool
is_twice(const struct table *t, const struct row *x)
{
	for (const struct row *y = t->row; y < x; y++)
		if (strcmp(y->s.id, x->s.id) == 0)
			return true;
	return false;
}

static bool
hash_row(struct row *x, const struct table *t, const struct http_service *service, struct err *e)
{
	own_struct(buf) der = buf_new(1 << 16);
	own_str char *path = NULL;

	if (x->s.id[0] == '\0' && !find_serial(x, service, e))
		return false;
	if (strlen(x->s.id) != strspn(x->s.id, "0123456789abcdefABCDEF"))
		return fail(e, ERR_INPUT, "%.40s is no serial number", x->s.id);
	if (is_twice(t, x))
		return fail(e, ERR_INPUT, "this certificate stands in an earlier row");
	path = xprintf("/v1/certificates/%s", x->s.id);
	if (!http_call(&der, &(struct http_request){ .service = service, .method = "GET", .path = path }, e))
		return false;
	sha256(x->s.hash, buf_span(&der));
	return true;
}

/* That the service is away is no fault of the row. */
static bool
hash_rows(struct table *t, const struct http_service *service, struct err *e)
{
	for (struct row *x = t->row; x < t->row + t->n; x++) {
		if (hash_row(x, t, service, e))
			continue;
		if (e->class == ERR_LATER || e->class == ERR_STORE)
			return false;
		refuse_row(x, e);
	}
	return true;
}

/* The next rows that are not refused yet. */
static size_t
next_rows(struct table *t, size_t *from, struct row *rows[LOOK_MAX])
{
	size_t n = 0;

	for (; *from < t->n && n < LOOK_MAX; ++*from)
		if (t->row[*from].result == NULL)
			rows[n++] = &t->row[*from];
	return n;
}

static bool
look_at(const struct table *t, const struct http_service *service, struct row *const *rows, size_t n, struct err *e)
{
	json_t *subject = json_array(), *changes = json_array(), *items;
	own(json_t) *ask = json_pack("{s:s, s:s, s:o, s:o}", "what", "changes", "person", t->signer, "subject", subject, "changes", changes);
	own(json_t) *answer = NULL;

	for (size_t i = 0; i < n; i++) {
		char hash[2 * SHA256_LEN + 1];

		hex_text(hash, span_of(rows[i]->s.hash, SHA256_LEN));
		json_array_append_new(subject, json_pack("{s:s, s:s}", "id", rows[i]->s.id, "hash", hash));
		json_array_append(changes, rows[i]->change);
	}
	if (!http_json(&answer, service, "POST", "/v1/list/ca", ask, e) || !json_take_arr(&items, answer, "items", e))
		return false;
	if (json_array_size(items) != n)
		return fail(e, ERR_BUG, "the service gave %zu results for %zu rows", json_array_size(items), n);
	for (size_t i = 0; i < n; i++)
		rows[i]->result = json_incref(json_array_get(items, i));
	return true;
}

static bool
look_at_all(struct table *t, const struct http_service *service, struct err *e)
{
	struct row *rows[LOOK_MAX];
	size_t from = 0, n;

	while ((n = next_rows(t, &from, rows)) > 0)
		if (!look_at(t, service, rows, n, e))
			return false;
	return true;
}

/*
 * Telling.
 */

enum fate { READY, ALREADY, REFUSED };

static enum fate
fate(const struct row *x)
{
	const json_t *before = json_object_get(x->result, "before"), *after = json_object_get(x->result, "after");

	if (json_is_true(json_object_get(x->result, "done")))
		return READY;
	return before != NULL && json_equal(before, after) ? ALREADY : REFUSED;
}

static void
tell_row(const struct row *x)
{
	printf("row %zu  %s", x->line, x->person[0] != '\0' ? x->person : x->s.id);
	if (fate(x) == ALREADY)
		printf("  is so already");
	else if (fate(x) == REFUSED)
		printf("  refused (%s): %s", json_string_value(json_object_get(x->result, "class")) ?: "", json_string_value(json_object_get(x->result, "text")) ?: "");
	for (size_t c = NAME; fate(x) == READY && c < COLUMNS; c++) {
		const char *before = json_string_value(json_object_get(json_object_get(x->result, "before"), columns[c])) ?: "";
		const char *after = json_string_value(json_object_get(json_object_get(x->result, "after"), columns[c])) ?: "";

		if (strcmp(before, after) != 0)
			printf("  %s: \"%s\" -> \"%s\"", columns[c], before, after);
	}
	printf("\n");
}

/* What the authority said of each, by the row's number. */
static void
tell(const struct args *a, const struct table *t, size_t count[REFUSED + 1])
{
	own(json_t) *rows = json_array();

	for (const struct row *x = t->row; x < t->row + t->n; x++) {
		count[fate(x)]++;
		json_object_set_new(x->result, "row", json_integer((json_int_t)x->line));
		json_array_append(rows, x->result);
		if (!a->json)
			tell_row(x);
	}
	if (a->json && args_has(a, "dry-run")) {
		own(json_t) *told = json_pack("{s:O, s:I, s:I, s:I}", "rows", rows, "ready", (json_int_t)count[READY], "already", (json_int_t)count[ALREADY],
		    "refused", (json_int_t)count[REFUSED]);

		command_print_json(told);
	}
	if (!a->json)
		printf("%zu would change, %zu are so already, %zu refused\n", count[READY], count[ALREADY], count[REFUSED]);
}

/*
 * Ordering.
 */

/* The number of the row that a result is about. */
static size_t
line_of(const struct table *t, const char *id)
{
	for (size_t i = 0; i < t->n; i++)
		if (id != NULL && strcmp(t->row[i].s.id, id) == 0)
			return t->row[i].line;
	return 0;
}

static bool
tell_results(const struct args *a, const struct table *t, struct span octets, struct err *e)
{
	own(json_t) *answer = NULL;
	json_t *results, *r;
	size_t i, left = 0;

	if (!json_read(&answer, octets, e))
		return false;
	if (a->json)
		command_print_json(answer);
	if (json_object_get(answer, "results") == NULL) {
		if (!a->json)
			printf("%.*s\n", (int)octets.len, (const char *)octets.ptr);
		return true;
	}
	if (!json_take_arr(&results, answer, "results", e))
		return false;
	json_array_foreach(results, i, r) {
		bool done = json_is_true(json_object_get(r, "done"));
		const char *id = json_string_value(json_object_get(r, "id"));

		left += !done;
		if (!a->json)
			printf("row %zu  %s: %s\n", line_of(t, id), done ? "done, now" : "not done", json_string_value(json_object_get(r, done ? "serial" : "text")) ?: "");
	}
	return left == 0 || fail(e, ERR_CONFLICT, "%zu of %zu rows were not done", left, json_array_size(results));
}

static bool
order_ready(const struct args *a, const struct table *t, const struct http_service *service, struct err *e)
{
	struct order_subject *s = xalloc((t->n + 1) * sizeof(*s));
	own(json_t) *with = json_pack("{s:[]}", "changes");
	own_struct(buf) answer = buf_new(HTTP_ANSWER_MAX);
	size_t n = 0;
	bool good;

	for (const struct row *x = t->row; x < t->row + t->n; x++)
		if (fate(x) == READY) {
			s[n++] = x->s;
			json_array_append(json_object_get(with, "changes"), x->change);
		}
	good = n == 0 || (order_give(a, service, "cert.modify", s, n, with, &answer, e) && tell_results(a, t, buf_span(&answer), e));
	free(s);
	return good;
}

/* Who will sign, for role and scope. */
static bool
read_signer(struct table *t, const struct args *a, struct err *e)
{
	own_struct(buf) file = buf_new(1 << 16);
	own(X509) *cert = NULL;
	const char *path;

	if (!args_need(a, "certificate", &path, e) || !file_read(&file, path, e) || !cert_from_any(&cert, buf_span(&file), e))
		return false;
	return X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_serialNumber, t->signer, sizeof(t->signer)) > 0 ||
	    fail(e, ERR_INPUT, "%s is no person's certificate", path);
}

static bool
modify(const struct args *a, bool *all, struct err *e)
{
	own_struct(http_service) service = { .base = NULL };
	own_struct(table) t = { .n = 0 };
	size_t count[REFUSED + 1] = { 0 };
	const char *path;

	if (!args_need(a, "csv", &path, e) || !read_table(&t, path, e) || !read_signer(&t, a, e) || !http_service_open(&service, a, e) ||
	    !hash_rows(&t, &service, e) || !look_at_all(&t, &service, e))
		return false;
	tell(a, &t, count);
	if (!args_has(a, "dry-run") && !order_ready(a, &t, &service, e))
		return false;
	*all = count[REFUSED] == 0;
	return true;
}

int
command_certificate(const struct args *a)
{
	bool all = false;
	struct err e;

	/* Which rows are refused, and why, has been told. */
	if (a->nwords == 1 && strcmp(a->word[0], "modify") == 0)
		return !modify(a, &all, &e) ? command_refuse(a, &e) : all ? 0 : 1;
	if (a->nwords == 1 && strcmp(a->word[0], "list") == 0)
		return !certificate_list(a, &e) ? command_refuse(a, &e) : 0;
	fail(&e, ERR_INPUT, "antin certificate list [--name TEXT] --api URL, or antin certificate modify --csv FILE [--dry-run] --certificate FILE --api URL");
	return command_usage(a, &e);
}
