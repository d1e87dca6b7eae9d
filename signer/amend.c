/*
 * A new version of an issued permit (permit_life.h).
 *
 * The submission names the permit that it amends; all that follows from it is looked
 * up here, once when it is submitted and again when it is numbered: which version it
 * becomes, that the permit before is in force from that day on, of the same kind, by
 * the same agency or the one that came after it.  The number stays; nothing is
 * allotted anew but codes and place.
 *
 * Old and new change places in one unit: what is issued is the new version, the old
 * one is superseded from that day, and the notes that stand on it are made again on
 * the new one.  From the number to the seal nothing else becomes of the old one
 * (register/permit_verbs.c), so that the notes are those that were looked at.
 */
#include "signer/amend.h"

#include "base/clock.h"

#include <stdlib.h>

void
amended_drop(struct amended *a)
{
	reg_rows_drop(&a->rows);
	reg_rows_drop(&a->change_rows);
	free(a->change);
}

/*
 * What is known of it.
 */

static bool
read_changes(struct amended *a, const struct service *s, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("permit.changes");
	size_t room = a->permit.changes > 0 ? (size_t)a->permit.changes : 0;
	bool more;

	if (room == 0)
		return true;
	a->change = xalloc(room * sizeof(a->change[0]));
	reg_bytes(&read, "handle", a->permit.handle);
	if (!reg_read(s->reg, &read, &a->change_rows, e))
		return false;
	for (; a->nchanges < room; a->nchanges++) {
		if (!reg_next(&a->change_rows, a->change[a->nchanges].cell, PERMIT_CHANGE_CELLS, &more, e))
			return false;
		if (!more)
			return fail(e, ERR_LATER, "what became of the permit that is amended cannot be read now");
	}
	return true;
}

static bool
read_amended(struct amended *a, const struct service *s, const char *name, struct span handle, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new(name);
	struct reg_cell c[PERMIT_COLUMNS];

	reg_bytes(&read, "handle", handle);
	if (!reg_one(s->reg, &read, &a->rows, c, PERMIT_COLUMNS, "permit to be amended", e))
		return false;
	permit_row_take(&a->permit, c);
	return read_changes(a, s, e);
}

bool
amended_by(struct amended *a, const struct service *s, const struct permit_row *newer, struct err *e)
{
	return read_amended(a, s, "permit.amended", newer->handle, e);
}

static bool
number_known(struct number *out, const struct service *s, struct span handle, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("permit.number");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[2];

	reg_bytes(&read, "handle", handle);
	if (!reg_one(s->reg, &read, &rows, c, 2, "number of this permit", e))
		return false;
	*out = (struct number){ .first_day = (int32_t)c[0].i, .newest = c[1].i };
	return true;
}

/*
 * May it be amended?
 */

static struct life
life_on(const struct amended *a, int32_t day)
{
	struct life l;

	life_begin(&l, day, a->permit.valid_to > LIFE_OPEN ? LIFE_OPEN : (int32_t)a->permit.valid_to);
	for (size_t i = 0; i < a->nchanges; i++) {
		const struct life_change c = permit_change_of(a->change[i].cell);

		life_add(&l, &c);
	}
	return l;
}

/* Nothing that was ordered for a later day is lost with the old version, nor done to
 * the new one unordered: a withdrawal, a suspension, a note that will be lifted. */
static bool
nothing_to_come(const struct amended *a, int32_t day, struct err *e)
{
	static const struct err_rule to_come = { ERR_CONFLICT, "on a later day something is ordered for the permit that would be amended; it is amended after that, or when it is annulled", "amend-to-come", "đã có quyết định có hiệu lực từ ngày sau đối với giấy phép này; điều chỉnh sau ngày đó, hoặc khi quyết định đó đã hủy" };
	struct err ignored;

	for (size_t i = 0; i < a->nchanges; i++) {
		const struct life_change c = permit_change_of(a->change[i].cell);
		struct life then = life_on(a, c.from);

		if (c.from <= day)
			continue;
		then.valid_to = LIFE_OPEN;
		if (c.act == LIFE_LIFTED || !life_may(&then, LIFE_SUPERSEDED, -1, &ignored))
			return fail_by(e, &to_come);
	}
	return true;
}

static bool
same_number(const struct amended *a, const struct kind *k, const struct amending *by, struct err *e)
{
	static const struct err_rule other = { ERR_INPUT, "a newer version keeps its number", "amend-other-number", "bản điều chỉnh giữ nguyên số của giấy phép" };

	return k->numbering != NUMBER_GIVEN || span_eq(by->given, a->permit.number) || fail_by(e, &other);
}

static bool
same_kind(const struct amended *a, const struct amending *by)
{
	return strcmp(a->permit.kind, by->kind) == 0;
}

bool
amended_may(const struct amended *a, const struct service *s, const struct amending *by, int32_t day, struct err *e)
{
	static const struct err_rule unissued = { ERR_CONFLICT, NULL, "amend-not-issued", "chỉ điều chỉnh được giấy phép đã cấp" };
	static const struct err_rule kind = { ERR_POLICY, "a newer version is of the same kind of permit", "amend-other-kind", "bản điều chỉnh phải cùng loại giấy phép" };
	static const struct err_rule agency = { ERR_POLICY, "a permit is amended by the agency that issued it, or by its successor", "amend-other-agency", "chỉ cơ quan đã cấp, hoặc cơ quan kế tục, được điều chỉnh giấy phép" };
	const struct kind *k = policy_kind(s->policy, by->kind);
	const struct life l = life_on(a, day);

	if (strcmp(a->permit.state, "issued") != 0)
		return fail_rule(e, &unissued, "only an issued permit is amended; this one is %s", a->permit.state);
	if (k == NULL || !same_kind(a, by))
		return fail_by(e, &kind);
	if (!policy_succeeds(s->policy, by->agency, a->permit.agency, day))
		return fail_by(e, &agency);
	return same_number(a, k, by, e) && life_may(&l, LIFE_SUPERSEDED, -1, e) && nothing_to_come(a, day, e);
}

/*
 * When it is submitted.
 */

static bool
may_know(const struct amended *a, const struct service *s, const struct program *asks, const struct amending *by, int32_t today)
{
	return program_sees(asks, &a->permit) || (same_kind(a, by) && policy_succeeds(s->policy, by->agency, a->permit.agency, today));
}

/* What is not for this program is answered like what is not there. */
static bool
read_for(struct amended *a, const struct service *s, const struct program *asks, const unsigned char handle[HANDLE_LEN], const struct amending *by, int32_t today, struct err *e)
{
	bool found = read_amended(a, s, "permit.by_handle", span_of(handle, HANDLE_LEN), e);

	if (!found && e->class != ERR_ABSENT)
		return false;
	return (found && may_know(a, s, asks, by, today)) || fail(e, ERR_ABSENT, "there is no permit with this handle");
}

bool
amend_submission(struct amendment *out, const struct service *s, const struct program *asks, const char *handle_hex, const struct amending *by, int32_t today, struct err *e)
{
	static const struct err_rule many = { ERR_LIMIT, "this permit has had as many versions as one may have", "amend-many", "giấy phép này đã có quá nhiều bản điều chỉnh" };
	own_struct(amended) a = { .rows = { .left = 0 } };
	struct number n;

	if (!hex_get_fixed(out->handle, HANDLE_LEN, span_str(handle_hex), e) || !read_for(&a, s, asks, out->handle, by, today, e) ||
	    !amended_may(&a, s, by, today, e) || !number_known(&n, s, a.permit.handle, e))
		return fail_in(e, "\"amends\"");
	if (n.newest >= KIND_VERSION_MAX)
		return fail_by(e, &many);
	out->version = n.newest + 1;
	out->day = (int32_t)a.permit.day;
	return true;
}

/*
 * When it takes the old one's place.
 */

static void
copy_text(struct reg_unit *u, const char *name, const struct reg_cell *c)
{
	own_str char *text = span_dup_str(c->null ? SPAN_NONE : c->s);

	reg_text(u, name, text);
}

/* A note of the old version, on the new one from its first day. */
static void
carry_note(struct reg_unit *u, const struct permit_row *newer, const struct amended_change *x)
{
	const struct life_change c = permit_change_of(x->cell);

	reg_verb(u, "permit.annotate");
	reg_bytes(u, "handle", newer->handle);
	reg_text(u, "agency", newer->agency);
	reg_text(u, "kind", newer->kind);
	reg_int(u, "list", newer->list);
	reg_int(u, "idx", newer->idx);
	reg_int(u, "status", LIFE_NOTED);
	reg_int(u, "from", c.from > newer->day ? c.from : newer->day);
	reg_null(u, "until");
	reg_null(u, "ends");
	copy_text(u, "decision", &x->cell[CHANGE_DECISION]);
	copy_text(u, "reason", &x->cell[CHANGE_REASON]);
	copy_text(u, "note", &x->cell[CHANGE_NOTE]);
	reg_null(u, "other");
}

static bool
stands(const struct life *l, int64_t entry)
{
	for (size_t i = 0; i < l->nnotes; i++)
		if (l->note[i].entry == entry)
			return true;
	return false;
}

void
amended_supersede(struct reg_unit *u, const struct amended *a, const struct permit_row *newer)
{
	const struct life l = life_on(a, (int32_t)newer->day);

	reg_verb(u, "permit.supersede");
	reg_bytes(u, "handle", a->permit.handle);
	reg_text(u, "agency", a->permit.agency);
	reg_text(u, "kind", a->permit.kind);
	reg_int(u, "list", a->permit.list);
	reg_int(u, "idx", a->permit.idx);
	reg_int(u, "status", LIFE_SUPERSEDED);
	reg_int(u, "from", newer->day);
	reg_bytes(u, "other", newer->handle);
	for (size_t i = 0; i < a->nchanges; i++) {
		const struct life_change c = permit_change_of(a->change[i].cell);

		if (c.act == LIFE_NOTED && (c.from > newer->day || stands(&l, c.entry)))
			carry_note(u, newer, &a->change[i]);
	}
}
