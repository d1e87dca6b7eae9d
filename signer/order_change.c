/*
 * What becomes of an issued permit (policy/life.h), and what is returned before
 * it is one.  One decision, any number of permits: all or none.
 */
#include "signer/order_act.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/text.h"

#define AHEAD_DAYS 366		/* an act takes effect within a year */
#define SUSPENDED_DAYS 3660	/* the longest suspension with an end */
#define NOTE_MAX_CHARS 1000

enum more { NOTHING, UNTIL, REPLACEMENT, NOTE };
static const struct change_verb { const char *verb, *does; enum life_act act; enum more more; const char *example; } verbs[] = {
	{ "permit.suspend", "a suspension", LIFE_SUSPENDED, UNTIL, "\"with\":{\"decision\":\"512/QĐ-SCT\",\"until\":\"2027-03-31\"}" },
	{ "permit.resume", "a resumption", LIFE_RESUMED, NOTHING, "\"with\":{\"decision\":\"513/QĐ-SCT\"}" },
	{ "permit.withdraw", "a withdrawal", LIFE_WITHDRAWN, NOTHING, "\"with\":{\"decision\":\"512/QĐ-SCT\"}" },
	{ "permit.restore", "a restoration", LIFE_RESTORED, NOTHING, "\"with\":{\"decision\":\"514/QĐ-SCT\"}" },
	{ "permit.void", "a cancellation", LIFE_VOID, REPLACEMENT, "\"with\":{\"decision\":\"515/QĐ-SCT\",\"replacement\":HANDLE}" },
	{ "permit.annotate", "a note", LIFE_NOTED, NOTE, "\"with\":{\"decision\":\"03/QĐ-TA\",\"note\":TEXT}, or \"lifts\":ENTRY in the note's place" },
};

/* What the order says, for each of its permits. */
struct change {
	const struct change_verb *verb;
	enum life_act act;
	const char *decision, *note;
	int32_t from, until;
	int64_t ends;
	bool has_other;
	unsigned char other[HANDLE_LEN];
};

static const struct change_verb *
verb_of(const struct order *o)
{
	size_t i = 0;

	while (strcmp(verbs[i].verb, o->verb) != 0)
		promise(++i < sizeof(verbs) / sizeof(verbs[0]));
	return &verbs[i];
}

bool
act_text(const char *text, size_t most, bool lines, const char *what, struct err *e)
{
	size_t n;

	if (!utf8_check(span_str(text), e) || !text_check(span_str(text), lines, e))
		return fail_in(e, "\"%s\"", what);
	n = utf8_count(span_str(text));
	return (n >= 1 && n <= most) || fail(e, ERR_INPUT, "\"%s\" has 1 to %zu characters", what, most);
}

static bool
take_until(struct change *c, const json_t *with, struct err *e)
{
	const char *until;

	if (!json_may_str(&until, with, "until", e) || (until != NULL && !date_parse(&c->until, until, e)))
		return fail_in(e, "\"until\"");
	if (until != NULL && (c->until < c->from || c->until - c->from > SUSPENDED_DAYS))
		return fail(e, ERR_INPUT, "\"until\" is the last day of the suspension: not before its first, and within ten years");
	return true;
}

static bool
take_replacement(struct change *c, const json_t *with, struct err *e)
{
	const char *handle;

	if (!json_may_str(&handle, with, "replacement", e))
		return false;
	c->has_other = handle != NULL;
	return handle == NULL || hex_get_fixed(c->other, HANDLE_LEN, span_str(handle), e) || fail_in(e, "\"replacement\"");
}

/* A note, or that one is lifted. */
static bool
take_note(struct change *c, const json_t *with, struct err *e)
{
	bool lifts = json_object_get(with, "lifts") != NULL;

	if (!json_may_str(&c->note, with, "note", e) || (lifts && !json_take_int(&c->ends, with, "lifts", e)))
		return false;
	if (lifts == (c->note != NULL))
		return fail(e, ERR_INPUT, "permit.annotate has \"note\", or \"lifts\" with the entry of the note that stands no more");
	if (lifts)
		c->act = LIFE_LIFTED;
	return lifts || act_text(c->note, NOTE_MAX_CHARS, true, "note", e);
}

static bool
take_more(struct change *c, const json_t *with, struct err *e)
{
	switch (c->verb->more) {
	case UNTIL: return take_until(c, with, e);
	case REPLACEMENT: return take_replacement(c, with, e);
	case NOTE: return take_note(c, with, e);
	case NOTHING: break;
	}
	return true;
}

static bool
take_change(struct change *c, const struct acting *a, struct err *e)
{
	static const char *const keys[][5] = { [NOTHING] = { "decision", NULL }, [UNTIL] = { "decision", "until", NULL },
		[REPLACEMENT] = { "decision", "replacement", NULL }, [NOTE] = { "decision", "note", "lifts", NULL } };
	const json_t *with = a->order.with;

	*c = (struct change){ .verb = verb_of(&a->order), .from = day_in_vietnam(a->order.effective), .until = LIFE_OPEN, .ends = -1 };
	c->act = c->verb->act;
	if (with == NULL || !json_only(with, keys[c->verb->more], e) || !json_take_str(&c->decision, with, "decision", e))
		return fail(e, ERR_INPUT, "%s names its decision: %s", c->verb->does, c->verb->example);
	if (c->from > day_in_vietnam(a->now) + AHEAD_DAYS)
		return fail(e, ERR_INPUT, "\"effective\": an act takes effect within a year");
	return act_text(c->decision, DECISION_MAX, false, "decision", e) && take_more(c, with, e);
}

/* The permit that replaces one issued in error: issued, and in the same hands. */
static bool
replacement_ok(const struct acting *a, const struct change *c, struct err *e)
{
	own_struct(reg_rows) rows = { .left = 0 };
	struct permit_row other;
	struct life l;

	if (!c->has_other)
		return true;
	if (!permit_by_handle(a->s, &rows, &other, c->other, e))
		return fail_in(e, "\"replacement\"");
	for (size_t i = 0; i < a->order.nsubjects; i++)
		if (span_eq(a->permit[i].handle, other.handle))
			return fail(e, ERR_INPUT, "\"replacement\": a permit does not replace itself");
	if (strcmp(other.state, "issued") != 0)
		return fail(e, ERR_CONFLICT, "\"replacement\": that one is not issued (%s)", other.state);
	if (!act_may(a, other.agency, e) || !permit_life(&l, a->s, &other, c->from, e))
		return fail_in(e, "\"replacement\"");
	return !l.is_void || fail(e, ERR_CONFLICT, "\"replacement\": that one is void itself");
}

/* Once a newer version holds, nothing becomes of this one any more, also not from an
 * earlier day: the newer one would not know of it. */
static bool
not_replaced(const struct acting *a, const struct change *c, const struct permit_row *p, struct err *e)
{
	struct life now;

	return permit_life(&now, a->s, p, day_in_vietnam(a->now), e) && (!now.is_superseded || life_may(&now, c->act, c->ends, e));
}

static bool
may_change(const struct acting *a, const struct change *c, const struct permit_row *p, struct err *e)
{
	static const struct err_rule early = { ERR_INPUT, "nothing becomes of a permit before the day it was issued", "before-issue", "ngày có hiệu lực không được trước ngày cấp giấy phép" };
	static const struct err_rule unissued = { ERR_CONFLICT, NULL, "not-issued", "giấy phép này chưa được cấp" };
	struct life l;

	if (strcmp(p->state, "issued") != 0 && strcmp(p->state, "lost") != 0)
		return fail_rule(e, &unissued, "only an issued permit can be %s; this one is %s", life_word(c->act), p->state);
	if (c->from < p->day)
		return fail_by(e, &early);
	return permit_life(&l, a->s, p, c->from, e) && life_may(&l, c->act, c->ends, e) && not_replaced(a, c, p, e);
}

static void
put_int_or_null(struct reg_unit *u, const char *name, bool there, int64_t i)
{
	if (there)
		reg_int(u, name, i);
	else
		reg_null(u, name);
}

static void
put_more(struct reg_unit *u, const struct change *c)
{
	put_int_or_null(u, "until", c->until != LIFE_OPEN, c->until);
	put_int_or_null(u, "ends", c->ends >= 0, c->ends);
	if (c->note != NULL)
		reg_text(u, "note", c->note);
	else
		reg_null(u, "note");
	if (c->has_other)
		reg_bytes(u, "other", span_of(c->other, HANDLE_LEN));
	else
		reg_null(u, "other");
}

static void
put_change(struct acting *a, const struct change *c, const struct permit_row *p)
{
	struct reg_unit *u = &a->unit;

	reg_verb(u, c->act == LIFE_LIFTED ? "permit.lift" : c->verb->verb);
	reg_bytes(u, "handle", p->handle);
	reg_text(u, "agency", p->agency);
	reg_text(u, "kind", p->kind);
	reg_int(u, "list", p->list);
	reg_int(u, "idx", p->idx);
	reg_int(u, "status", c->act);
	reg_int(u, "from", c->from);
	reg_text(u, "decision", c->decision);
	reg_text(u, "reason", a->order.reason);
	if (c->act != LIFE_WITHDRAWN)	/* whose fields are those of the first version */
		put_more(u, c);
}

bool
act_change(struct acting *a, json_t **out, struct err *e)
{
	struct change c;
	bool good;

	if (!take_change(&c, a, e) || !act_subjects(a, e) || !replacement_ok(a, &c, e))
		return false;
	for (size_t i = 0; i < a->order.nsubjects; i++) {
		if (!may_change(a, &c, &a->permit[i], e))
			return fail_in(e, "subject %zu", i + 1);
		put_change(a, &c, &a->permit[i]);
	}
	FAULT_POINT("signer.change");
	good = act_run(a, out, e);
	/* Where nobody knows whether it ran, the list must tell, too. */
	if (good || e->class == ERR_LATER)
		status_changed(a->s);
	return good;
}

bool
act_return(struct acting *a, json_t **out, struct err *e)
{
	static const struct err_rule numbered = { ERR_CONFLICT, NULL, "numbered", "chỉ trả lại được hồ sơ chưa cho số" };

	if (a->order.with != NULL && json_object_size(a->order.with) > 0)
		return fail(e, ERR_INPUT, "permit.return says why in \"reason\", and nothing in \"with\"");
	if (!act_text(a->order.reason, NOTE_MAX_CHARS, true, "reason", e))
		return false;
	a->ordered_upon = permit_erasable;
	if (!act_subjects(a, e))
		return false;
	for (size_t i = 0; i < a->order.nsubjects; i++) {
		const struct permit_row *p = &a->permit[i];

		if (!word_in("draft signed", p->state))
			return fail_rule(e, &numbered, "subject %zu: only what is not numbered yet is returned; this one is %s", i + 1, p->state);
		reg_verb(&a->unit, "permit.return");
		reg_bytes(&a->unit, "handle", p->handle);
		reg_text(&a->unit, "agency", p->agency);
		reg_text(&a->unit, "kind", p->kind);
		reg_int(&a->unit, "from", day_in_vietnam(a->now));
		reg_text(&a->unit, "reason", a->order.reason);
	}
	FAULT_POINT("signer.return");
	return act_run(a, out, e);
}
