#include "register/client.h"

#include "base/clock.h"
#include "base/gather.h"

#include <stdlib.h>

#define CALL_TIMEOUT_MS 60000
#define WAYS 2			/* of units at once: one is on its way while one is made durable */
#define FRAME_MAX (4u << 20)	/* octets of units that share a frame */

struct reg { struct peer *peer; struct gather *units; };

/* One caller's unit. */
struct running { struct span unit; struct msg *result; struct err *e; bool good; };

static const struct msg_type types[] = { REG_MESSAGES(MSG_TYPE) };

static void run_units(void *state, void *const item[], size_t n);

struct reg *
reg_new(const char *socket)
{
	struct reg *r = xalloc(sizeof(*r));

	r->peer = peer_new(socket, types, sizeof(types) / sizeof(types[0]), REG_MESSAGE_MAX, CALL_TIMEOUT_MS);
	r->units = gather_new(WAYS, REG_UNITS_MAX, run_units, r);
	return r;
}

bool
reg_wait(struct reg *r, int timeout_ms, struct err *e)
{
	return peer_wait(r->peer, timeout_ms, e);
}

/*
 * Units: the open verb's fields are kept apart until it is closed, because a
 * map's keys must be in order.
 */

struct reg_unit
reg_unit_new(void)
{
	return (struct reg_unit){ .verbs = buf_new(REG_MESSAGE_MAX), .fields = buf_new(REG_MESSAGE_MAX) };
}

void
reg_unit_drop(struct reg_unit *u)
{
	buf_drop(&u->verbs);
	buf_drop(&u->fields);
}

/* Fields as key and value octets; sorted by insertion, there are few. */
static void
put_sorted(struct buf *out, const struct reg_unit *u)
{
	size_t order[32], n = 0;

	for (size_t i = 0; i < u->nfields; i++) {
		size_t at = n++;

		for (; at > 0; at--) {
			size_t a = u->f[order[at - 1]].key, b = u->f[i].key;
			const unsigned char *pa = u->fields.ptr + u->f[order[at - 1]].off, *pb = u->fields.ptr + u->f[i].off;

			if (a < b || (a == b && memcmp(pa, pb, a) < 0))
				break;
			order[at] = order[at - 1];
		}
		order[at] = i;
	}
	cbor_put_map(out, n);
	for (size_t i = 0; i < n; i++)
		buf_put(out, u->fields.ptr + u->f[order[i]].off, u->f[order[i]].len);
}

static void
close_verb(struct reg_unit *u)
{
	if (u->open == NULL)
		return;
	cbor_put_array(&u->verbs, 2);
	cbor_put_text(&u->verbs, u->open);
	put_sorted(&u->verbs, u);
	u->open = NULL;
	u->nfields = 0;
	buf_reset(&u->fields);
}

void
reg_verb(struct reg_unit *u, const char *name)
{
	close_verb(u);
	u->open = name;
	u->nverbs++;
}

static size_t
begin_field(struct reg_unit *u, const char *name)
{
	size_t off = u->fields.len;

	promise(u->open != NULL && u->nfields < 32);
	cbor_put_text(&u->fields, name);
	u->f[u->nfields].off = off;
	u->f[u->nfields].key = u->fields.len - off;
	return off;
}

static void
end_field(struct reg_unit *u, size_t off)
{
	u->f[u->nfields++].len = u->fields.len - off;
}

void
reg_int(struct reg_unit *u, const char *field, int64_t v)
{
	size_t off = begin_field(u, field);

	cbor_put_int(&u->fields, v);
	end_field(u, off);
}

void
reg_text_span(struct reg_unit *u, const char *field, struct span s)
{
	size_t off = begin_field(u, field);

	cbor_put_text_span(&u->fields, s);
	end_field(u, off);
}

void
reg_text(struct reg_unit *u, const char *field, const char *text)
{
	reg_text_span(u, field, span_str(text));
}

void
reg_bytes(struct reg_unit *u, const char *field, struct span s)
{
	size_t off = begin_field(u, field);

	cbor_put_bytes(&u->fields, s);
	end_field(u, off);
}

void
reg_null(struct reg_unit *u, const char *field)
{
	size_t off = begin_field(u, field);

	cbor_put_null(&u->fields);
	end_field(u, off);
}

static size_t
longest_word(const char *words)
{
	size_t longest = 0;

	for (size_t n; *words != '\0'; words += n + (words[n] == ' ')) {
		n = strcspn(words, " ");
		longest = n > longest ? n : longest;
	}
	return longest;
}

/* Each in as many characters as the longest. */
void
reg_agencies(struct reg_unit *ask, const char *codes)
{
	own_struct(buf) padded = buf_new(1 << 20);
	own_str char *copy = xstrdup(codes == NULL ? "" : codes);
	size_t width = longest_word(copy);
	char *rest = copy;

	for (char *word = strsep(&rest, " "); word != NULL; word = strsep(&rest, " "))
		if (word[0] != '\0')
			buf_printf(&padded, "%-*s", (int)width, word);
	if (codes != NULL)
		reg_text_span(ask, "agencies", buf_span(&padded));
	else
		reg_null(ask, "agencies");
	reg_int(ask, "width", (int64_t)width);
}

void
reg_results_drop(struct reg_results *r)
{
	msg_drop(&r->reply);
}

static bool
take_result(struct running *u, struct cbor *c, struct err *e)
{
	struct span result;
	enum cbor_kind kind;

	if (!cbor_peek(c, &kind, e))
		return false;
	if (kind != CBOR_BYTES)
		return cbor_get_refusal(c, u->e, e);
	if (!cbor_get_bytes(c, &result, "result", e))
		return false;
	*u->result = msg_new(REG_RUN, result.len);
	msg_put(u->result, result);
	u->good = true;
	return true;
}

static bool
run_frame(struct reg *r, void *const item[], size_t n, size_t *done, struct err *e)
{
	own_struct(msg) request = msg_new(REG_RUN, REG_MESSAGE_MAX);
	own_struct(msg) reply = msg_new(0, 1);
	own_struct(buf) body = buf_new(REG_MESSAGE_MAX);
	struct cbor c;
	size_t results;

	cbor_put_array(&body, n);
	for (size_t i = 0; i < n; i++)
		cbor_put_bytes(&body, ((struct running *)item[i])->unit);
	if (!buf_ok(&body, "unit", e))
		return false;
	msg_put(&request, buf_span(&body));
	if (!peer_call(r->peer, &request, &reply, e))
		return false;
	c = cbor_read(msg_span(&reply, 0));
	if (!cbor_get_array(&c, &results, "results", e))
		return false;
	if (results != n)
		return fail(e, ERR_BUG, "the register gave %zu results for %zu units", results, n);
	for (; *done < n; ++*done)
		if (!take_result(item[*done], &c, e))
			return false;
	return true;
}

/* As many as go into a frame, one at least. */
static size_t
frame_of(void *const item[], size_t n)
{
	size_t k = 1, octets = ((struct running *)item[0])->unit.len;

	while (k < n && octets + ((struct running *)item[k])->unit.len <= FRAME_MAX)
		octets += ((struct running *)item[k++])->unit.len;
	return k;
}

static void
run_units(void *state, void *const item[], size_t n)
{
	while (n > 0) {
		size_t k = frame_of(item, n), done = 0;
		struct err e;

		if (!run_frame(state, item, k, &done, &e))
			for (size_t i = done; i < k; i++)
				*((struct running *)item[i])->e = e;
		item += k;
		n -= k;
	}
}

bool
reg_run(struct reg *r, struct reg_unit *u, struct reg_results *results, struct err *e)
{
	own_struct(msg) result = msg_new(0, 1);
	own_struct(buf) unit = buf_new(REG_MESSAGE_MAX);
	struct running mine = { .result = &result, .e = e };

	close_verb(u);
	cbor_put_array(&unit, u->nverbs);
	buf_put_span(&unit, buf_span(&u->verbs));
	if (!buf_ok(&unit, "unit", e))
		return false;
	mine.unit = buf_span(&unit);
	gather_do(r->units, &mine);
	if (mine.good && results != NULL) {
		results->reply = result;
		result = msg_new(0, 1);
	}
	return mine.good;
}

static bool
find_result(const struct reg_results *r, size_t verb, const char *field, struct cbor *at, struct err *e)
{
	struct cbor c = cbor_read(msg_span(&r->reply, 0));
	struct span key, skipped;
	size_t n;

	if (!cbor_get_array(&c, &n, "results", e))
		return false;
	for (size_t i = 0; i < verb; i++)
		if (!cbor_skip(&c, &skipped, e))
			return false;
	if (verb >= n || !cbor_get_map(&c, &n, "result", e))
		return fail(e, ERR_BUG, "the register gave no result %zu", verb);
	while (n-- > 0) {
		if (!cbor_get_text(&c, &key, "key", e))
			return false;
		if (span_eq_str(key, field)) {
			*at = c;
			return true;
		}
		if (!cbor_skip(&c, &skipped, e))
			return false;
	}
	return fail(e, ERR_BUG, "the register's result has no %s", field);
}

bool
reg_result_int(const struct reg_results *r, size_t verb, const char *field, int64_t *out, struct err *e)
{
	struct cbor c;

	return find_result(r, verb, field, &c, e) && cbor_get_int(&c, out, field, e);
}

bool
reg_result_span(const struct reg_results *r, size_t verb, const char *field, struct span *out, struct err *e)
{
	enum cbor_kind kind;
	struct cbor c;

	if (!find_result(r, verb, field, &c, e) || !cbor_peek(&c, &kind, e))
		return false;
	return kind == CBOR_TEXT ? cbor_get_text(&c, out, field, e) : cbor_get_bytes(&c, out, field, e);
}

/*
 * Reads.
 */

struct reg_unit
reg_read_new(const char *name)
{
	struct reg_unit u = reg_unit_new();

	u.open = name;
	return u;
}

void
reg_rows_drop(struct reg_rows *r)
{
	msg_drop(&r->reply);
}

bool
reg_read(struct reg *r, struct reg_unit *read, struct reg_rows *rows, struct err *e)
{
	own_struct(msg) request = msg_new(REG_READ, REG_MESSAGE_MAX);
	own_struct(msg) reply = msg_new(0, 1);
	own_struct(buf) params = buf_new(REG_MESSAGE_MAX);

	put_sorted(&params, read);
	msg_put_str(&request, read->open);
	msg_put(&request, buf_span(&params));
	if (!peer_call(r->peer, &request, &reply, e))
		return false;
	rows->reply = reply;
	reply = msg_new(0, 1);
	rows->at = cbor_read(msg_span(&rows->reply, 0));
	rows->size = msg_u64(&rows->reply, 1);
	rows->as_of = (int64_t)msg_u64(&rows->reply, 2);
	return cbor_get_array(&rows->at, &rows->left, "rows", e);
}

static bool
get_cell(struct cbor *c, struct reg_cell *cell, struct err *e)
{
	enum cbor_kind kind;

	*cell = (struct reg_cell){ .null = cbor_null(c) };
	if (cell->null)
		return true;
	if (!cbor_peek(c, &kind, e))
		return false;
	if (kind == CBOR_TEXT)
		return cbor_get_text(c, &cell->s, "cell", e);
	if (kind == CBOR_BYTES)
		return cbor_get_bytes(c, &cell->s, "cell", e);
	return cbor_get_int(c, &cell->i, "cell", e);
}

bool
reg_next(struct reg_rows *rows, struct reg_cell *cells, size_t columns, bool *more, struct err *e)
{
	size_t n;

	*more = rows->left > 0;
	if (!*more)
		return true;
	rows->left--;
	if (!cbor_get_array(&rows->at, &n, "row", e))
		return false;
	if (n != columns)
		return fail(e, ERR_BUG, "a row of %zu columns where %zu are expected", n, columns);
	for (size_t i = 0; i < n; i++)
		if (!get_cell(&rows->at, &cells[i], e))
			return false;
	return true;
}

bool
reg_one(struct reg *r, struct reg_unit *read, struct reg_rows *rows, struct reg_cell *cells, size_t columns,
    const char *what, struct err *e)
{
	bool more;

	if (!reg_read(r, read, rows, e) || !reg_next(rows, cells, columns, &more, e))
		return false;
	return more || fail(e, ERR_ABSENT, "there is no %s", what);
}

bool
reg_head(struct reg *r, uint64_t *size, struct hash *root, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("log.head");
	own_struct(reg_rows) rows = { .left = 0 };
	struct merkle_edge edge = { 0 };
	struct reg_cell c[3];

	if (!reg_one(r, &read, &rows, c, 3, "head of the log", e))
		return false;
	edge.size = *size = (uint64_t)c[0].i;
	edge.n = (unsigned)(c[2].s.len / HASH_LEN);
	promise(edge.n <= 64);
	if (edge.n > 0)
		memcpy(edge.node, c[2].s.ptr, c[2].s.len);
	merkle_root(root, &edge);
	return true;
}

bool
reg_flush(struct reg *r, struct err *e)
{
	own_struct(msg) request = msg_new(REG_FLUSH, 1);
	own_struct(msg) reply = msg_new(0, 1);

	return peer_call(r->peer, &request, &reply, e);
}

json_t *
reg_text_json(const struct reg_cell *c)
{
	return c->null ? json_null() : json_stringn((const char *)c->s.ptr, c->s.len);
}

json_t *
reg_day_json(const struct reg_cell *c)
{
	char text[TIME_TEXT];

	if (c->null || c->i < INT32_MIN || c->i > INT32_MAX)
		return json_null();
	date_text(text, (int32_t)c->i);
	return json_string(text);
}
