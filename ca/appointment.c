#include "ca/appointment.h"

#include <stdio.h>

static void
copy(char *out, size_t size, struct span s)
{
	snprintf(out, size, "%.*s", (int)s.len, s.ptr == NULL ? "" : (const char *)s.ptr);
}

static int32_t
day_or_none(const struct reg_cell *c)
{
	return c->null ? INT32_MAX : (int32_t)c->i;
}

#define COLUMNS 11	/* of both reads */

static bool
fill(struct appointment *a, const struct reg_cell c[COLUMNS], struct err *e)
{
	*a = (struct appointment){ .from_day = (int32_t)c[6].i, .to_day = day_or_none(&c[7]), .ended_day = day_or_none(&c[8]),
		.authorised = !c[10].null && c[10].s.len == APPOINTMENT_ID };
	if (c[0].s.len != APPOINTMENT_ID)
		return fail(e, ERR_BUG, "the register holds an appointment with an id of %zu octets", c[0].s.len);
	memcpy(a->id, c[0].s.ptr, APPOINTMENT_ID);
	copy(a->role, sizeof(a->role), c[1].s);
	copy(a->agency, sizeof(a->agency), c[2].s);
	copy(a->title, sizeof(a->title), c[3].s);
	copy(a->mode, sizeof(a->mode), c[4].s);
	copy(a->kinds, sizeof(a->kinds), c[5].s);
	copy(a->person, sizeof(a->person), c[9].s);
	if (a->authorised)
		memcpy(a->authorised_by, c[10].s.ptr, APPOINTMENT_ID);
	return true;
}

bool
appointments_read(struct authority *a, const char *person, struct appointment out[APPOINTMENTS_MAX], size_t *n, struct err *e)
{
	own_struct(reg_unit) ask = reg_read_new("appointments");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[COLUMNS];
	size_t skip;
	bool more;

	*n = 0;
	reg_text(&ask, "person", person);
	if (!reg_read(a->reg, &ask, &rows, e))
		return false;
	skip = rows.left > APPOINTMENTS_MAX ? rows.left - APPOINTMENTS_MAX : 0;
	for (;;) {
		if (!reg_next(&rows, c, COLUMNS, &more, e))
			return false;
		if (!more)
			return true;
		if (skip > 0) {
			skip--;
			continue;
		}
		promise(*n < APPOINTMENTS_MAX);
		if (!fill(&out[*n], c, e))
			return false;
		++*n;
	}
}

bool
appointment_read(struct authority *a, const unsigned char id[APPOINTMENT_ID], struct appointment *out, struct err *e)
{
	own_struct(reg_unit) ask = reg_read_new("appointment.by_id");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[COLUMNS];

	reg_bytes(&ask, "id", span_of(id, APPOINTMENT_ID));
	return reg_one(a->reg, &ask, &rows, c, COLUMNS, "such appointment", e) && fill(out, c, e);
}

bool
appointment_covers(const struct appointment *a, int32_t day, const char *agency)
{
	return a->from_day <= day && day <= a->to_day && day < a->ended_day && agency_within(agency, a->agency);
}

json_t *
appointment_json(const struct appointment *a)
{
	char id[2 * APPOINTMENT_ID + 1], from[TIME_TEXT], to[TIME_TEXT];
	json_t *j;

	hex_text(id, span_of(a->id, APPOINTMENT_ID));
	date_text(from, a->from_day);
	j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", id, "person", a->person, "role", a->role, "agency", a->agency,
	    "title", a->title, "mode", a->mode, "kinds", a->kinds, "from", from);
	promise(j != NULL);
	if (a->to_day != INT32_MAX) {
		date_text(to, a->to_day);
		json_object_set_new(j, "to", json_string(to));
	}
	if (a->authorised) {
		hex_text(id, span_of(a->authorised_by, APPOINTMENT_ID));
		json_object_set_new(j, "authorised_by", json_string(id));
	}
	return j;
}

void
appointment_hash(unsigned char out[SHA256_LEN], const struct appointment *a)
{
	own(json_t) *j = appointment_json(a);
	own_struct(buf) text = buf_new(1 << 14);

	json_write(&text, j);
	promise(!text.failed);
	sha256(out, buf_span(&text));
}
