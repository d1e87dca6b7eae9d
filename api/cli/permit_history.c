#include "api/cli/permit_history.h"

#include "api/cli/order_kept.h"
#include "base/clock.h"
#include "register/run.h"
#include "verifier/code.h"

#include <stdio.h>
#include <stdlib.h>

#define ENTRIES_MAX 1000		/* of one permit, orders among them */
#define RECORD_MAX (2u * XML_SIZE_MAX)

void
history_entry_drop(struct history_entry *x)
{
	buf_drop(&x->octets);
	buf_drop(&x->record);
	if (x->order == NULL)
		return;
	order_drop(&x->order->order);
	buf_drop(&x->order->cms);
	buf_drop(&x->order->text);
	X509_free(x->order->signer);
	free(x->order);
}

void
history_drop(struct history *h)
{
	for (size_t i = 0; i < h->n; i++)
		history_entry_drop(&h->at[i]);
	free(h->at);
	buf_drop(&h->content);
	buf_drop(&h->officers);
	buf_drop(&h->sealed);
	buf_drop(&h->reaffirmed);
	if (h->report != NULL)
		report_drop(h->report);
	free(h->report);
	*h = (struct history){ NULL };
}

static bool
keep_octets(struct buf *out, const struct value *v, size_t most, const char *what, struct err *e)
{
	*out = buf_new(most);
	if (!v->null)
		buf_put_span(out, v->s);
	return buf_ok(out, what, e);
}

/*
 * The row.
 */

static bool
take_permit(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct history *h = ctx;

	if (c[0].s.len != HANDLE_LEN)
		return fail(e, ERR_STORE, "permit: a handle of %zu octets", c[0].s.len);
	memcpy(h->handle, c[0].s.ptr, HANDLE_LEN);
	hex_text(h->hex, c[0].s);
	stored_text(h->kind, sizeof(h->kind), &c[1]);
	stored_text(h->agency, sizeof(h->agency), &c[2]);
	stored_text(h->state, sizeof(h->state), &c[3]);
	stored_text(h->dossier, sizeof(h->dossier), &c[4]);
	stored_text(h->number, sizeof(h->number), &c[5]);
	h->valid_to = c[6].null || c[6].i > LIFE_OPEN ? LIFE_OPEN : (int32_t)c[6].i;
	return keep_octets(&h->content, &c[7], XML_SIZE_MAX, "content", e) && keep_octets(&h->officers, &c[8], XML_SIZE_MAX, "signatures", e) &&
	    keep_octets(&h->sealed, &c[9], XML_SIZE_MAX, "permit", e) &&
	    keep_octets(&h->reaffirmed, &c[10], XML_SIZE_MAX, "reaffirmed permit", e);
}

#define COLUMNS_OF "SELECT handle, kind, agency, state, dossier, number, valid_to, content, officers, sealed, " \
	"(SELECT r.sealed FROM permit_renewal r JOIN permit_reaffirmation f ON f.made_entry = r.entry WHERE r.handle = permit.handle) FROM permit "

static bool
find_permit(struct history *h, const char *word, struct err *e)
{
	static const enum reg_type types[] = { REG_BYTES, REG_TEXT, REG_TEXT, REG_TEXT, REG_TEXT, REG_TEXT, REG_INT, REG_BYTES, REG_BYTES, REG_BYTES, REG_BYTES };
	own_struct(buf) code = buf_new(TYPED_MAX);
	unsigned char handle[HANDLE_LEN];
	struct values v = { .n = 0 };
	const char *sql = COLUMNS_OF "WHERE handle = $handle";
	uint64_t rows;
	struct err not;

	if (strlen(word) == 2 * HANDLE_LEN && hex_get_fixed(handle, sizeof(handle), span_str(word), &not)) {
		values_span(&v, "handle", REG_BYTES, span_of(handle, sizeof(handle)));
	} else {
		enum typed typed = typed_what(span_str(word), &code);

		if (typed != TYPED_SHORT && typed != TYPED_VOICE)
			return fail(e, ERR_INPUT, "a permit is named by its handle (%d hex digits) or by the code on the paper", 2 * HANDLE_LEN);
		values_span(&v, "code", REG_TEXT, buf_span(&code));
		sql = COLUMNS_OF "WHERE short_code = $code OR voice_code = $code";
	}
	if (!store_run(h->stored->db, sql, &v, types, 11, take_permit, h, &rows, e))
		return false;
	return rows == 1 || fail(e, ERR_ABSENT, "the register keeps no permit %s", word);
}

/*
 * The log's entries about it.
 */

static bool
take_entry(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct history_entry *x = ctx;

	if (!keep_octets(&x->octets, &c[0], ENTRY_MAX, "log entry", e) || !keep_octets(&x->record, &c[1], RECORD_MAX, "record", e) ||
	    !entry_read(&x->entry, buf_span(&x->octets), e))
		return false;
	if (c[1].null)
		return true;
	if (c[2].s.len != SALT_LEN)
		return fail(e, ERR_STORE, "a salt of %zu octets", c[2].s.len);
	memcpy(x->salt, c[2].s.ptr, SALT_LEN);
	return entry_means(&x->entry, buf_span(&x->record), x->salt, e) && record_read(&x->fields, &x->verb, buf_span(&x->record), e);
}

bool
history_entry_read(struct history_entry *out, const struct history *h, int64_t index, struct err *e)
{
	static const enum reg_type types[] = { REG_BYTES, REG_BYTES, REG_BYTES };
	struct history_entry x = { .index = index };
	struct values v = { .n = 0 };
	uint64_t rows;

	values_int(&v, "idx", index);
	if (store_run(h->stored->db, "SELECT entry, record, salt FROM log_entry WHERE idx = $idx", &v, types, 3, take_entry, &x, &rows, e) &&
	    (rows == 1 || fail(e, ERR_STORE, "it is not there"))) {
		*out = x;
		return true;
	}
	history_entry_drop(&x);
	return fail_in(e, "entry %lld of the log", (long long)index);
}

/* One more, at the end; the caller puts them in order.  It stands there until the next. */
static bool
add_entry(struct history *h, int64_t index, struct history_entry **out, struct err *e)
{
	if (h->n == ENTRIES_MAX)
		return fail(e, ERR_LIMIT, "more than %d entries about one permit", ENTRIES_MAX);
	h->at = xrealloc(h->at, (h->n + 1) * sizeof(*h->at));
	*out = &h->at[h->n];
	if (!history_entry_read(*out, h, index, e))
		return false;
	h->n++;
	return true;
}

static bool
walk_back(struct history *h, struct err *e)
{
	struct values v = { .n = 0 };
	struct history_entry *x;
	int64_t index;

	values_span(&v, "handle", REG_BYTES, span_of(h->handle, HANDLE_LEN));
	if (!store_int(h->stored->db, "SELECT last FROM log_subject WHERE handle = $handle", &v, -1, &index, e))
		return false;
	for (; index >= 0; index = x->entry.prev) {
		if (!add_entry(h, index, &x, e))
			return false;
		if (!span_eq(x->entry.handle, span_of(h->handle, HANDLE_LEN)) || x->entry.prev >= index)
			return fail(e, ERR_STORE, "entry %lld is of something else", (long long)index);
	}
	return true;
}

/*
 * The orders behind them.
 */

static bool
take_order(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct history_entry *x = ctx;

	x->index = c[0].i;
	stored_text(x->order->person, sizeof(x->order->person), &c[2]);
	stored_text(x->order->name, sizeof(x->order->name), &c[3]);
	return keep_octets(&x->order->cms, &c[1], 2 * ORDER_MAX, "order", e) && (c[4].null || cert_from_der(&x->order->signer, c[4].s, e));
}

static bool
names(const struct order *o, const char *handle)
{
	for (size_t i = 0; i < o->nsubjects; i++)
		if (strcmp(o->subject[i].id, handle) == 0)
			return true;
	return false;
}

static bool
has_entry(const struct history *h, int64_t index)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->at[i].index == index)
			return true;
	return false;
}

/* What an order does follows it in the same unit: no other order lies between.
 * Where its row was lost, the one found is of something else, or there already. */
static bool
add_order(struct history *h, int64_t behind, struct err *e)
{
	static const enum reg_type types[] = { REG_INT, REG_BYTES, REG_TEXT, REG_TEXT, REG_BYTES };
	own_struct(history_entry) owner = { .order = xalloc(sizeof(*owner.order)) };
	struct history_entry *x;
	struct values v = { .n = 0 };
	uint64_t rows;

	values_int(&v, "behind", behind);
	if (!store_run(h->stored->db, "SELECT a.entry, a.cms, c.person, c.name, c.der FROM order_accepted a LEFT JOIN certificate c ON c.serial = a.signer "
	    "WHERE a.entry = (SELECT max(entry) FROM order_accepted WHERE entry < $behind)", &v, types, 5, take_order, &owner, &rows, e))
		return false;
	if (rows == 0 || has_entry(h, owner.index))
		return true;
	if (!kept_order(&owner.order->order, &owner.order->text, buf_span(&owner.order->cms), e))
		return false;
	if (!names(&owner.order->order, h->hex))
		return true;
	if (!add_entry(h, owner.index, &x, e))
		return false;
	x->order = take(&owner.order);
	return true;
}

/* Drafts come from programs, signatures from tokens, the seal follows its reservation
 * (a reaffirmation, too), and a replacement the newer permit's. */
static bool
was_ordered(const struct history_entry *x)
{
	return x->entry.type == 7 || x->entry.type == 14 || x->entry.type == 17 || x->entry.type == 23;
}

static int
by_index(const void *a, const void *b)
{
	const struct history_entry *x = a, *y = b;

	return x->index < y->index ? -1 : x->index > y->index;
}

static bool
gather(struct history *h, struct err *e)
{
	size_t mine;

	if (!walk_back(h, e))
		return false;
	if (h->n == 0)
		return fail(e, ERR_STORE, "the log has no entry about the permit %s", h->hex);
	mine = h->n;
	for (size_t i = 0; i < mine; i++)
		if (was_ordered(&h->at[i]) && !add_order(h, h->at[i].index, e))
			return false;
	qsort(h->at, h->n, sizeof(*h->at), by_index);
	return true;
}

/*
 * Its signatures.
 */

/* The time of the first entry of a type; INT64_MIN where there is none. */
static int64_t
time_of(const struct history *h, uint64_t type)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->at[i].entry.type == type)
			return h->at[i].entry.time;
	return INT64_MIN;
}

static bool
judge(struct history *h, struct err *e)
{
	bool again = h->reaffirmed.len > 0;
	struct stored_permit p = { .content = buf_span(&h->content), .officers = buf_span(&h->officers), .file = again ? buf_span(&h->reaffirmed) : buf_span(&h->sealed) };
	own_struct(buf) file = buf_new(XML_SIZE_MAX);
	int64_t at = again ? INT64_MIN : time_of(h, 5);

	if (h->officers.len == 0)
		return true;
	if (!stored_file(&file, &p, e))
		return false;
	h->report = xalloc(sizeof(*h->report));
	stored_judge(h->report, h->stored, &p, buf_span(&file), at != INT64_MIN ? at : h->at[h->n - 1].entry.time, 0);
	return true;
}

bool
history_read(struct history *out, const struct stored *stored, const char *word, struct err *e)
{
	struct history h = { .stored = stored };

	if (!find_permit(&h, word, e) || !gather(&h, e) || !judge(&h, e)) {
		history_drop(&h);
		return false;
	}
	*out = h;
	return true;
}

struct value
history_field(const struct history_entry *x, const char *name)
{
	const struct value *v = x->verb == NULL ? NULL : values_get(&x->fields, name);

	return v != NULL ? *v : (struct value){ .null = true, .s = SPAN_NONE };
}

/*
 * What became of it, and by what right it was signed.
 */

static bool
take_change(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	life_add(ctx, &(struct life_change){ .entry = c[0].i, .act = (enum life_act)c[1].i, .from = (int32_t)c[2].i,
	    .until = c[3].null ? LIFE_OPEN : (int32_t)c[3].i, .ends = c[4].null ? -1 : c[4].i });
	return true;
}

bool
history_life(struct life *out, const struct history *h, int32_t day, struct err *e)
{
	static const enum reg_type types[] = { REG_INT, REG_INT, REG_INT, REG_INT, REG_INT };
	struct values v = { .n = 0 };

	life_begin(out, day, h->valid_to);
	values_span(&v, "handle", REG_BYTES, span_of(h->handle, HANDLE_LEN));
	return store_run(h->stored->db, "SELECT entry, act, from_day, until_day, ends FROM permit_change WHERE handle = $handle ORDER BY entry", &v, types, 5, take_change, out, NULL, e);
}

struct finding { const struct report_signature *s; struct right_used used; struct history_appointment *out; };

/* The newest that gives the right. */
static bool
take_right(void *ctx, const struct stored_right *r, struct err *e)
{
	struct finding *f = ctx;
	char id[32];

	snprintf(id, sizeof(id), "officer-%lld", (long long)r->n);
	if (r->entry < 0 || strcmp(f->s->id, id) != 0 || !span_eq_str(r->title, f->s->title) || !right_covers(&r->held, &f->used))
		return true;
	f->out->entry = r->entry;
	snprintf(f->out->decision, sizeof(f->out->decision), "%.*s", (int)r->decision.len, (const char *)r->decision.ptr);
	return true;
}

bool
history_appointment(struct history_appointment *out, const struct history *h, const struct report_signature *s, struct err *e)
{
	struct finding f = { s, { s->person, s->mode, h->agency, h->kind, day_in_vietnam(s->claimed) }, out };

	*out = (struct history_appointment){ .entry = -1 };
	return stored_rights(h->stored, h->handle, take_right, &f, e);
}
