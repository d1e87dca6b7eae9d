#include "verifier/gazette.h"

#include "base/clock.h"
#include "base/text.h"
#include "verifier/proto.h"

#include <stdio.h>

#define COLUMNS 14
#define KINDS_MAX 8192
#define FIRST_YEAR 1000
#define LAST_YEAR 9999
#define LOOKUP_TEXT_MAX 8192	/* octets of what a number or a name becomes */

void
gazette_drop(struct gazette *g)
{
	json_decref(g->items);
	json_decref(g->shown);
	buf_drop(&g->contents);
	*g = (struct gazette){ .items = NULL };
}

/* " a b ", in which a kind is found with its spaces. */
static bool
public_kinds(struct buf *out, const struct policy *p, struct err *e)
{
	buf_put_str(out, " ");
	for (const struct kind *k = p->kind; k < p->kind + p->nkinds; k++)
		if (k->published)
			buf_printf(out, "%s ", k->id);
	return buf_ok(out, "kinds", e);
}

static bool
put_days(struct reg_unit *read, uint64_t year, struct err *e)
{
	int32_t from = INT32_MIN, to = INT32_MAX;
	char first[TIME_TEXT], last[TIME_TEXT];

	if (year != 0) {
		if (year < FIRST_YEAR || year > LAST_YEAR)
			return fail(e, ERR_INPUT, "a year has four digits");
		snprintf(first, sizeof(first), "%u-01-01", (unsigned)year);
		snprintf(last, sizeof(last), "%u-12-31", (unsigned)year);
		if (!date_parse(&from, first, e) || !date_parse(&to, last, e))
			return false;
	}
	reg_int(read, "from", from);
	reg_int(read, "to", to);
	return true;
}

/* What a permit says is shown as long as it stands, and the kind's years are not over. */
static bool
shows_fields(const struct kind *k, const struct life *l, int32_t issued, int32_t today)
{
	enum in_force now = life_status(l, NULL);

	return (now == FORCE_YES || now == FORCE_NOTED || now == FORCE_SUSPENDED) && kind_publishes_fields(k, issued, today);
}

/* An issue has no act. */
static json_t *
act_json(const struct reg_cell *act, const char *state, const struct kind *k)
{
	static const char *const issue[LANGS] = { "cấp", "issued", "délivré" };
	const char *const *say = act->null ? issue : life_say(act->i);
	const char *word = act->null ? "issued" : life_word(act->i);

	return json_pack("{s:s, s:{s:s, s:s, s:s}, s:{s:s, s:s, s:s, s:s}, s:s}", "what", word, "say", "vi", say[LANG_VI], "en", say[LANG_EN], "fr", say[LANG_FR],
	    "kind", "id", k->id, "vi", k->vi, "en", k->en, "fr", k->fr, "state", state);
}

/* entry, act, handle, kind, number, version, day, valid_to, changes, from, until, decision, content, log entry */
static bool
item_json(json_t **out, const struct reg_cell c[COLUMNS], const struct kind *k, const char *state, struct err *e)
{
	char recorded[TIME_TEXT];
	struct entry entry;
	json_t *j;

	if (!entry_read(&entry, c[13].s, e))
		return fail_in(e, "entry %lld", (long long)c[0].i);
	time_text_vn(recorded, entry.time);
	j = act_json(&c[1], state, k);
	promise(j != NULL);
	json_object_set_new(j, "entry", json_integer(c[0].i));
	json_object_set_new(j, "recorded", json_string(recorded));
	json_object_set_new(j, "number", reg_text_json(&c[4]));
	json_object_set_new(j, "version", json_integer(c[5].i));
	json_object_set_new(j, "day", reg_day_json(&c[6]));
	json_object_set_new(j, "from", reg_day_json(&c[9]));
	json_object_set_new(j, "until", reg_day_json(c[1].null ? &c[7] : &c[10]));
	json_object_set_new(j, "decision", reg_text_json(&c[11]));
	json_object_set_new(j, "lines", json_null());
	*out = j;
	return true;
}

/* *full: it has no room on this page. */
static bool
take_item(struct gazette *g, struct reg *reg, const struct policy *p, const struct reg_cell c[COLUMNS], int32_t today, bool *full, struct err *e)
{
	const struct known_handle h = { c[2].s, c[7].null ? LIFE_OPEN : (int32_t)c[7].i, c[8].i };
	own_str char *id = span_dup_str(c[3].s);
	const struct kind *k = policy_kind(p, id);
	struct life l;
	json_t *item = NULL;
	bool shown;

	if (k == NULL || !k->published)
		return fail(e, ERR_BUG, "the register gave a permit of the kind %s, which is not made public", id);
	if (!known_life(&l, reg, &h, today, e))
		return false;
	shown = !c[12].null && shows_fields(k, &l, (int32_t)c[6].i, today);
	*full = shown && g->nshown > 0 && g->contents.len + c[12].s.len > GAZETTE_OCTETS;
	if (*full)
		return true;
	if (!item_json(&item, c, k, life_state("issued", &l), e))
		return false;
	json_array_append_new(g->items, item);
	if (!shown)
		return true;
	cbor_put_bytes(&g->contents, c[12].s);
	json_array_append(g->shown, item);
	g->nshown++;
	return buf_ok(&g->contents, "contents", e);
}

/* agencies: of several, which follow in a column of their own. */
static bool
take_rows(struct gazette *g, struct reg *reg, const struct policy *p, struct reg_rows *rows, bool agencies, int32_t today, struct err *e)
{
	struct reg_cell c[COLUMNS + 1];
	unsigned columns = agencies ? COLUMNS + 1 : COLUMNS;
	bool more, full = false;
	int64_t last = 0;

	if (!reg_next(rows, c, columns, &more, e))
		return false;
	while (more) {
		if (!take_item(g, reg, p, c, today, &full, e))
			return false;
		if (full)
			break;
		if (agencies)
			json_object_set_new(json_array_get(g->items, json_array_size(g->items) - 1), "agency", reg_text_json(&c[COLUMNS]));
		last = c[0].i;
		if (!reg_next(rows, c, columns, &more, e))
			return false;
	}
	g->next = full || json_array_size(g->items) == GAZETTE_ITEMS ? last : 0;
	return true;
}

bool
gazette_read(struct gazette *out, struct reg *reg, const struct policy *p, const struct gazette_question *q, int32_t today, struct err *e)
{
	own_struct(gazette) g = { .items = json_array(), .shown = json_array(), .contents = buf_new(2 * GAZETTE_OCTETS) };
	own_struct(reg_unit) read = reg_read_new("gazette");
	own_struct(reg_rows) rows = { .left = 0 };
	own_struct(buf) kinds = buf_new(KINDS_MAX);

	if (policy_agency(p, q->agency) == NULL)
		return fail(e, ERR_ABSENT, "there is no such agency");
	if (q->after > INT64_MAX)
		return fail(e, ERR_INPUT, "no entry has this index");
	if (!public_kinds(&kinds, p, e) || !put_days(&read, q->year, e))
		return false;
	reg_text(&read, "agency", q->agency);
	reg_text(&read, "kinds", buf_str(&kinds));
	reg_int(&read, "before", q->after == 0 ? INT64_MAX : (int64_t)q->after);
	if (!reg_read(reg, &read, &rows, e) || !take_rows(&g, reg, p, &rows, false, today, e))
		return false;
	g.seen = (struct seen){ rows.as_of, rows.size };
	*out = g;
	g = (struct gazette){ .items = NULL };
	return true;
}

/*
 * By the day on which it was recorded.
 */

static bool
entry_time(int64_t *out, struct reg *reg, uint64_t index, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("log.entry");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[3];
	struct entry entry;

	reg_int(&read, "idx", (int64_t)index);
	if (!reg_one(reg, &read, &rows, c, 3, "such entry", e) || !entry_read(&entry, c[0].s, e))
		return fail_in(e, "entry %llu", (unsigned long long)index);
	*out = entry.time;
	return true;
}

static bool
log_size(uint64_t *out, struct reg *reg, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("log.head");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[3];

	if (!reg_one(reg, &read, &rows, c, 3, "head of the log", e))
		return false;
	*out = (uint64_t)c[0].i;
	return true;
}

/* The first of `size` entries, whose times never go back, that was recorded at t or
 * later; size: none. */
static bool
first_since(uint64_t *out, struct reg *reg, uint64_t size, int64_t t, struct err *e)
{
	uint64_t from = 0, to = size;
	int64_t time;

	while (from < to) {
		uint64_t middle = from + (to - from) / 2;

		if (!entry_time(&time, reg, middle, e))
			return false;
		if (time >= t)
			to = middle;
		else
			from = middle + 1;
	}
	*out = from;
	return true;
}

bool
gazette_of_day(struct gazette *out, struct reg *reg, const struct policy *p, const struct gazette_day *q, int32_t today, struct err *e)
{
	static const struct err_rule not_over = { ERR_ABSENT, "this day is not over: what it makes public is told when it is", "day-not-over",
		"Ngày này chưa kết thúc; dữ liệu của ngày có từ ngày hôm sau." };
	own_struct(gazette) g = { .items = json_array(), .shown = json_array(), .contents = buf_new(2 * GAZETTE_OCTETS) };
	own_struct(reg_unit) read = reg_read_new("gazette.span");
	own_struct(reg_rows) rows = { .left = 0 };
	own_struct(buf) kinds = buf_new(KINDS_MAX);
	uint64_t size, from, upto;

	if (q->day >= today)
		return fail_by(e, &not_over);
	if (q->after > INT64_MAX)
		return fail(e, ERR_INPUT, "no entry has this index");
	if (!public_kinds(&kinds, p, e) || !log_size(&size, reg, e) || !first_since(&from, reg, size, day_start_vietnam(q->day), e) ||
	    !first_since(&upto, reg, size, day_start_vietnam(q->day + 1), e))
		return false;
	reg_text(&read, "kinds", buf_str(&kinds));
	reg_int(&read, "from", (int64_t)(q->after >= from ? q->after + 1 : from));
	reg_int(&read, "upto", (int64_t)upto);
	if (!reg_read(reg, &read, &rows, e) || !take_rows(&g, reg, p, &rows, true, today, e))
		return false;
	g.seen = (struct seen){ rows.as_of, rows.size };
	*out = g;
	g = (struct gazette){ .items = NULL };
	return true;
}

/*
 * By number and name.
 */

static const struct err_rule not_looked_up = { ERR_ABSENT, "permits of this kind are not looked up by their numbers", "lookup-kind", "Loại giấy này không tra được theo số." };
static const struct err_rule no_number = { ERR_INPUT, "\"number\" is the permit's number, as it is printed", "lookup-number", "Số giấy còn thiếu hoặc dài quá: ghi đúng như in trên giấy." };
static const struct err_rule no_holder = { ERR_INPUT, "\"holder\" is the holder's full name", "lookup-holder", "Họ tên còn thiếu hoặc dài quá: ghi họ tên đầy đủ của người được cấp." };

bool
gazette_lookup_check(const struct policy *p, const struct gazette_lookup *q, struct err *e)
{
	own_struct(buf) plain = buf_new(LOOKUP_TEXT_MAX), words = buf_new(LOOKUP_TEXT_MAX);
	const struct kind *k = policy_kind(p, q->kind);

	if (k == NULL || !k->looked_up)
		return fail_by(e, &not_looked_up);
	if (!utf8_check(span_str(q->number), e) || utf8_count(span_str(q->number)) > LOOKUP_NUMBER_MAX || !text_capitals(&plain, span_str(q->number), e) || plain.len == 0)
		return fail_by(e, &no_number);
	if (!utf8_check(span_str(q->holder), e) || utf8_count(span_str(q->holder)) > LOOKUP_HOLDER_MAX || !text_words(&words, span_str(q->holder), e) || words.len == 0)
		return fail_by(e, &no_holder);
	return true;
}

/* "Nguyễn Đình An" and "nguyen dinh an". */
static bool
same_name(bool *same, struct span one, struct span other, struct err *e)
{
	own_struct(buf) a = buf_new(1 << 16), b = buf_new(1 << 16);

	if (!text_words(&a, one, e) || !text_words(&b, other, e))
		return false;
	*same = a.len > 0 && span_eq(buf_span(&a), buf_span(&b));
	return true;
}

/* The newest issue with this number and name. */
struct found { bool is; unsigned char handle[HANDLE_LEN]; struct seen seen; };

/* Those of one page behind entry *before, which moves on; *n: how many there were. */
static bool
find_in_page(struct found *out, size_t *n, int64_t *before, struct reg *reg, const struct gazette_lookup *q, const char *capitals, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("gazette.holders");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[3];
	bool more;

	reg_text(&read, "kind", q->kind);
	reg_text(&read, "number", q->number);
	reg_text(&read, "capitals", capitals);
	reg_int(&read, "before", *before);
	if (!reg_read(reg, &read, &rows, e) || !reg_next(&rows, c, 3, &more, e))
		return false;
	out->seen = (struct seen){ rows.as_of, rows.size };
	for (*n = 0; more && !out->is; ++*n) {
		if (!same_name(&out->is, c[2].s, span_str(q->holder), e))
			return false;
		promise(c[1].s.len == HANDLE_LEN);
		memcpy(out->handle, c[1].s.ptr, HANDLE_LEN);
		*before = c[0].i;
		if (!reg_next(&rows, c, 3, &more, e))
			return false;
	}
	return true;
}

static bool
find_handle(struct found *out, struct reg *reg, const struct gazette_lookup *q, struct err *e)
{
	own_struct(buf) capitals = buf_new(LOOKUP_TEXT_MAX);
	int64_t before = INT64_MAX;
	size_t n;

	*out = (struct found){ .is = false };
	if (!text_capitals(&capitals, span_str(q->number), e))
		return false;
	do {
		if (!find_in_page(out, &n, &before, reg, q, buf_str(&capitals), e))
			return false;
	} while (!out->is && n == GAZETTE_ITEMS);
	return true;
}

bool
gazette_find(struct gazette *out, bool *found, unsigned char handle[HANDLE_LEN], struct reg *reg, const struct policy *p, const struct gazette_lookup *q, int32_t today, struct err *e)
{
	own_struct(gazette) g = { .items = json_array(), .shown = json_array(), .contents = buf_new(2 * GAZETTE_OCTETS) };
	own_struct(reg_unit) read = reg_read_new("gazette.issue");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[COLUMNS];
	struct found permit;
	bool full;

	if (!find_handle(&permit, reg, q, e))
		return false;
	g.seen = permit.seen;
	*found = permit.is;
	if (permit.is) {
		memcpy(handle, permit.handle, HANDLE_LEN);
		reg_bytes(&read, "handle", span_of(handle, HANDLE_LEN));
		if (!reg_one(reg, &read, &rows, c, COLUMNS, "permit with this number", e) || !take_item(&g, reg, p, c, today, &full, e))
			return false;
	}
	*out = g;
	g = (struct gazette){ .items = NULL };
	return true;
}

bool
gazette_put_lines(struct gazette *g, struct span json, struct err *e)
{
	own(json_t) *all = NULL;
	json_t *item;
	size_t i;

	if (!json_read(&all, json, e))
		return false;
	if (json_array_size(all) != g->nshown)
		return fail(e, ERR_BUG, "a worker read other contents than it was given");
	json_array_foreach(g->shown, i, item)
		json_object_set(item, "lines", json_array_get(all, i));
	return true;
}
