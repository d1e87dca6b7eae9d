/* What became of a permit since it was issued, as of a day (policy/life.h). */
#include "signer/permit_life.h"

struct life_change
permit_change_of(const struct reg_cell c[PERMIT_CHANGE_CELLS])
{
	return (struct life_change){ .entry = c[0].i, .act = (enum life_act)c[1].i, .from = (int32_t)c[2].i,
		.until = c[3].null ? LIFE_OPEN : (int32_t)c[3].i, .ends = c[4].null ? -1 : c[4].i };
}

bool
permit_life(struct life *out, const struct service *s, const struct permit_row *p, int32_t day, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("permit.changes");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[PERMIT_CHANGE_CELLS];
	bool more;

	life_begin(out, day, p->valid_to > LIFE_OPEN ? LIFE_OPEN : (int32_t)p->valid_to);
	if (p->changes == 0)
		return true;
	reg_bytes(&read, "handle", p->handle);
	if (!reg_read(s->reg, &read, &rows, e) || !reg_next(&rows, c, PERMIT_CHANGE_CELLS, &more, e))
		return false;
	while (more) {
		const struct life_change change = permit_change_of(c);

		life_add(out, &change);
		if (!reg_next(&rows, c, PERMIT_CHANGE_CELLS, &more, e))
			return false;
	}
	return true;
}

bool
permit_word(const char **out, const struct service *s, const struct permit_row *p, int32_t day, struct err *e)
{
	struct life l;

	if (!permit_life(&l, s, p, day, e))
		return false;
	*out = life_state(p->state, &l);
	return true;
}
