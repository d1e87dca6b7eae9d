/* The programs that submit and read (permit_life.h): who asks, and what of the
 * permits is there for it. */
#include "signer/permit_life.h"

void
program_drop(struct program *p)
{
	scope_drop(&p->scope);
}

static bool
find_row(struct program *p, const struct service *s, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("program.by_id");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[4];

	reg_bytes(&read, "id", span_of(p->id, sizeof(p->id)));
	if (!reg_one(s->reg, &read, &rows, c, 4, "such program", e)) {
		if (e->class != ERR_ABSENT)
			return false;
		return fail(e, ERR_POLICY, "this program is not known here; a security officer's order program.register gives it its rights");
	}
	p->scope = (struct scope){ span_dup_str(c[0].s), span_dup_str(c[1].s), span_dup_str(c[2].s), c[3].i };
	return true;
}

bool
program_find(struct program *p, const struct service *s, struct span who, const char *right, int64_t now, struct err *e)
{
	if (who.len != sizeof(p->id))
		return fail(e, ERR_POLICY, "this is for programs that are known here");
	memcpy(p->id, who.ptr, sizeof(p->id));
	return find_row(p, s, e) && scope_allows(&p->scope, right, now, e);
}

bool
program_sees(const struct program *p, const struct permit_row *permit)
{
	return scope_has_agency(&p->scope, permit->agency) && scope_has_kind(&p->scope, permit->kind);
}

bool
permit_for_program(const struct service *s, const struct program *p, struct reg_rows *rows, struct permit_row *permit,
    const unsigned char handle[HANDLE_LEN], struct err *e)
{
	bool found = permit_by_handle(s, rows, permit, handle, e);

	if (!found && e->class != ERR_ABSENT)
		return false;
	return (found && program_sees(p, permit)) || fail(e, ERR_ABSENT, "there is no permit with this handle");
}
