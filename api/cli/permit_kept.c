/*
 * antin permit kept -- which issued permits may be destroyed now, and which are still
 * to be kept: by kind and agency, after the rule of each kind (policy/keep.h).
 *
 * Reads the register, a million permits in one pass, and changes nothing: nothing is
 * ever destroyed by itself, and no order erases an issued permit.  Whoever answers for
 * keeping takes the list from here.  A kind that today's policy does not know counts as
 * kept for ever.  What never became a permit is not among them.
 */
#include "api/cli/command.h"
#include "api/cli/stored.h"

#include "base/clock.h"
#include "policy/keep.h"

#include <stdlib.h>

#define LISTED_MAX 100000
#define LIST_MAX (128u << 20)

struct counted { char kind[64], agency[64]; uint64_t n[KEEP_STATES]; };

/* The permit whose changes are being read. */
struct one { unsigned char handle[HANDLE_LEN]; char kind[64], agency[64], number[128]; struct life life; bool any; };

struct keeping {
	const struct policy *policy;
	const char *kind, *agency;	/* of these alone; NULL: of all */
	int32_t day;
	bool list;
	struct one one;
	struct counted *counted;
	size_t n;
	json_t *over;
};

static void
keeping_drop(struct keeping *k)
{
	free(k->counted);
	json_decref(k->over);
}

static json_t *
day_json(int32_t day)
{
	char text[TIME_TEXT];

	date_text(text, day);
	return json_string(text);
}

/* Rows come by kind and agency. */
static struct counted *
count_of(struct keeping *k)
{
	struct counted *last = k->n > 0 ? &k->counted[k->n - 1] : NULL;

	if (last != NULL && strcmp(last->kind, k->one.kind) == 0 && strcmp(last->agency, k->one.agency) == 0)
		return last;
	k->counted = xrealloc(k->counted, (k->n + 1) * sizeof(*k->counted));
	last = &k->counted[k->n++];
	*last = (struct counted){ .n = { 0 } };
	memcpy(last->kind, k->one.kind, sizeof(last->kind));
	memcpy(last->agency, k->one.agency, sizeof(last->agency));
	return last;
}

/* The permit before is read whole. */
static bool
settle(struct keeping *k, struct err *e)
{
	struct keep keep = keep_of(policy_kind(k->policy, k->one.kind), &k->one.life);
	char hex[2 * HANDLE_LEN + 1];

	if (!k->one.any)
		return true;
	k->one.any = false;
	count_of(k)->n[keep.state]++;
	if (!k->list || keep.state != KEEP_OVER)
		return true;
	if (json_array_size(k->over) == LISTED_MAX)
		return fail(e, ERR_LIMIT, "more than %d permits: ask by --kind or --agency", LISTED_MAX);
	hex_text(hex, span_of(k->one.handle, HANDLE_LEN));
	json_array_append_new(k->over, json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:I}", "handle", hex, "kind", k->one.kind, "agency", k->one.agency, "number", k->one.number,
	    "by", in_force_word(keep.by), "ended", day_json(keep.ended), "until", day_json(keep.until), "years", (json_int_t)keep.years));
	return true;
}

enum { HANDLE, KIND, AGENCY, NUMBER, VALID_TO, ENTRY, ACT, FROM, UNTIL, ENDS, CELLS };

static bool
take_row(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct keeping *k = ctx;
	struct one *one = &k->one;

	if ((k->kind != NULL && !span_eq_str(c[KIND].s, k->kind)) || (k->agency != NULL && !span_eq_str(c[AGENCY].s, k->agency)))
		return true;
	if (c[HANDLE].s.len != HANDLE_LEN)
		return fail(e, ERR_STORE, "permit: a handle of %zu octets", c[HANDLE].s.len);
	if (!one->any || !span_eq(c[HANDLE].s, span_of(one->handle, HANDLE_LEN))) {
		if (!settle(k, e))
			return false;
		memcpy(one->handle, c[HANDLE].s.ptr, HANDLE_LEN);
		stored_text(one->kind, sizeof(one->kind), &c[KIND]);
		stored_text(one->agency, sizeof(one->agency), &c[AGENCY]);
		stored_text(one->number, sizeof(one->number), &c[NUMBER]);
		life_begin(&one->life, k->day, c[VALID_TO].null || c[VALID_TO].i > LIFE_OPEN ? LIFE_OPEN : (int32_t)c[VALID_TO].i);
		one->any = true;
	}
	if (!c[ENTRY].null)
		life_add(&one->life, &(struct life_change){ .entry = c[ENTRY].i, .act = (enum life_act)c[ACT].i, .from = (int32_t)c[FROM].i,
		    .until = c[UNTIL].null ? LIFE_OPEN : (int32_t)c[UNTIL].i, .ends = c[ENDS].null ? -1 : c[ENDS].i });
	return true;
}

static bool
read_all(struct keeping *k, struct store *db, struct err *e)
{
	static const enum reg_type types[CELLS] = { REG_BYTES, REG_TEXT, REG_TEXT, REG_TEXT, REG_INT, REG_INT, REG_INT, REG_INT, REG_INT, REG_INT };

	return store_run(db, "SELECT p.handle, p.kind, p.agency, p.number, p.valid_to, c.entry, c.act, c.from_day, c.until_day, c.ends FROM permit p "
	    "LEFT JOIN permit_change c ON c.handle = p.handle WHERE p.issued_entry IS NOT NULL ORDER BY p.kind, p.agency, p.handle, c.entry", NULL, types, CELLS, take_row, k, NULL, e) &&
	    settle(k, e);
}

static json_t *
as_json(const struct keeping *k)
{
	json_t *counts = json_array(), *j = json_pack("{s:o, s:o}", "day", day_json(k->day), "counts", counts);

	for (size_t i = 0; i < k->n; i++) {
		json_t *one = json_pack("{s:s, s:s}", "kind", k->counted[i].kind, "agency", k->counted[i].agency);

		for (int s = 0; s < KEEP_STATES; s++)
			json_object_set_new(one, keep_word((enum keep_state)s), json_integer((json_int_t)k->counted[i].n[s]));
		json_array_append_new(counts, one);
	}
	if (k->list)
		json_object_set(j, "over", k->over);
	return j;
}

/* By columns; how a list is read in a table program: split by tabulators. */
static void
put_counts(struct buf *out, const struct keeping *k)
{
	buf_put_str(out, "loại\tcơ quan\thết hạn lưu\tcòn phải lưu\tchưa kết thúc\tlưu vĩnh viễn\n");
	for (size_t i = 0; i < k->n; i++) {
		const struct counted *c = &k->counted[i];

		buf_printf(out, "%s\t%s\t%llu\t%llu\t%llu\t%llu\n", c->kind, c->agency, (unsigned long long)c->n[KEEP_OVER], (unsigned long long)c->n[KEEP_STILL],
		    (unsigned long long)c->n[KEEP_STANDS], (unsigned long long)c->n[KEEP_FOREVER]);
	}
}

static void
put_over(struct buf *out, const struct keeping *k)
{
	json_t *one;
	size_t i;

	buf_put_str(out, "mã\tloại\tcơ quan\tsố\tkết thúc\tvì\tphải lưu đến hết\n");
	json_array_foreach(k->over, i, one)
		buf_printf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", json_text(one, "handle"), json_text(one, "kind"), json_text(one, "agency"), json_text(one, "number"),
		    json_text(one, "ended"), json_text(one, "by"), json_text(one, "until"));
}

/* What is asked, as far as policy can tell. */
static bool
check_asked(const struct keeping *k, struct err *e)
{
	if (k->kind != NULL && policy_kind(k->policy, k->kind) == NULL)
		return fail(e, ERR_INPUT, "--kind: policy has no kind %s", k->kind);
	return k->agency == NULL || policy_agency(k->policy, k->agency) != NULL || fail(e, ERR_INPUT, "--agency: policy has no agency %s", k->agency);
}

static bool
say(const struct args *a, const struct keeping *k, struct err *e)
{
	own_struct(buf) text = buf_new(LIST_MAX);
	own(json_t) *j = NULL;

	if (a->json) {
		j = as_json(k);
		json_write(&text, j);
		buf_put_byte(&text, '\n');
	} else {
		(k->list ? put_over : put_counts)(&text, k);
	}
	return buf_ok(&text, "the list", e) && permit_put_out(a, buf_span(&text), 0600, e);
}

bool
permit_kept(const struct args *a, struct err *e)
{
	own_struct(keeping) k = { .day = day_in_vietnam(clock_now()), .kind = args_get(a, "kind"), .agency = args_get(a, "agency"), .list = args_has(a, "over"), .over = json_array() };
	own_struct(stored) s = { NULL };
	own_str char *database = NULL;

	if (a->nwords != 1)
		return fail(e, ERR_INPUT, "antin permit kept --state DIR, or --database NAME");
	if (args_has(a, "day") && !date_parse(&k.day, args_get(a, "day"), e))
		return fail_in(e, "--day");
	if (!command_database(&database, a, e) || !stored_open(&s, database, command_policy_folder(a), STORED_THEN, e))
		return false;
	k.policy = s.policy;
	return check_asked(&k, e) && store_begin(s.db, STORE_SNAPSHOT, e) && read_all(&k, s.db, e) && say(a, &k, e);
}
