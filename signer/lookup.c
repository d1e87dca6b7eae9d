/* What the register knows, in the shapes that antin-signer works with
 * (permit_life.h). */
#include "signer/permit_life.h"

#include "base/clock.h"
#include "base/log.h"
#include "verifier/cert.h"
#include "verifier/xades_write.h"

#include <stdio.h>
#include <stdlib.h>

static void
copy_text(char *out, size_t size, struct span s)
{
	snprintf(out, size, "%.*s", (int)s.len, s.len > 0 ? (const char *)s.ptr : "");
}

void
permit_row_take(struct permit_row *p, const struct reg_cell c[PERMIT_COLUMNS])
{
	*p = (struct permit_row){ .handle = c[0].s, .dossier = c[3].s, .holder = c[4].s, .given = c[5].s, .has_given = !c[5].null,
		.valid_to = c[6].null ? INT64_MAX : c[6].i, .content = c[7].s, .officers = c[9].s, .person = c[10].s, .serial = c[11].s,
		.number = c[12].s, .shortcode = c[13].s, .voicecode = c[14].s, .list = c[15].i, .idx = c[16].i, .day = c[17].i,
		.sealed = c[18].s, .sha256 = c[19].s, .changes = c[20].i, .version = c[21].i, .reserved_entry = c[22].i, .converted = c[23].s };
	copy_text(p->kind, sizeof(p->kind), c[1].s);
	copy_text(p->agency, sizeof(p->agency), c[2].s);
	copy_text(p->state, sizeof(p->state), c[8].s);
}

bool
permit_by_handle(const struct service *s, struct reg_rows *rows, struct permit_row *p, const unsigned char handle[HANDLE_LEN], struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("permit.by_handle");
	struct reg_cell c[PERMIT_COLUMNS];

	reg_bytes(&read, "handle", span_of(handle, HANDLE_LEN));
	if (!reg_one(s->reg, &read, rows, c, PERMIT_COLUMNS, "permit with this handle", e))
		return false;
	permit_row_take(p, c);
	return true;
}

bool
permit_file(struct buf *out, const struct permit_row *p, struct err *e)
{
	if (p->sealed.len > 0) {
		buf_put_span(out, p->sealed);
		return buf_ok(out, "permit", e);
	}
	if (p->officers.len == 0)
		return fail(e, ERR_CONFLICT, "nobody has signed this permit yet");
	return permit_write(out, p->content, p->officers, SPAN_NONE, SPAN_NONE, e);
}

bool
permit_erasable(struct buf *out, const struct permit_row *p, struct err *e)
{
	if (p->officers.len > 0)
		return permit_file(out, p, e);
	buf_put_span(out, p->content);
	return buf_ok(out, "permit", e);
}

void
active_cert_drop(struct active_cert *a)
{
	X509_free(a->cert);
	a->cert = NULL;
	buf_drop(&a->der);
}

bool
active_cert_find(struct active_cert *a, const struct service *s, const char *serial_hex_text, int64_t now, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("cert.by_serial");
	own_struct(reg_rows) rows = { .left = 0 };
	own_struct(buf) serial = buf_new(64);
	struct cert_facts facts;
	struct reg_cell c[15];

	if (!hex_get(&serial, span_str(serial_hex_text), e))
		return false;
	reg_bytes(&read, "serial", buf_span(&serial));
	if (!reg_one(s->reg, &read, &rows, c, 15, "certificate with this serial number here", e)) {
		if (e->class == ERR_ABSENT)
			e->class = ERR_POLICY;
		return false;
	}
	if (!span_eq_str(c[10].s, "active"))
		return fail(e, ERR_POLICY, "the certificate %.40s is not active (%.*s)", serial_hex_text, (int)c[10].s.len, (const char *)c[10].s.ptr);
	if (now < c[8].i || now > c[9].i)
		return fail(e, ERR_POLICY, "the certificate %.40s is outside its time", serial_hex_text);
	*a = (struct active_cert){ .der = buf_new(64 << 10) };
	copy_text(a->person, sizeof(a->person), c[3].s);
	copy_text(a->agency, sizeof(a->agency), c[5].s);
	copy_text(a->profile, sizeof(a->profile), c[2].s);
	a->generation = c[14].i;
	buf_put_span(&a->der, c[6].s);
	if (!cert_shared(&a->cert, c[6].s, e) || !cert_facts_read(&facts, a->cert, e))
		return false;
	snprintf(a->title, sizeof(a->title), "%s", facts.title);
	return true;
}

#define APPOINTMENT_COLUMNS 11	/* id, role, agency, title, mode, kinds, from, to, ended, person, authorised_by */

static bool
holds(const struct reg_cell c[APPOINTMENT_COLUMNS], const struct right *r)
{
	own_str char *role = span_dup_str(c[1].s);
	own_str char *scope = span_dup_str(c[2].s);
	own_str char *kinds = span_dup_str(c[5].s);

	if (!word_in(r->roles, role) || !agency_within(r->agency, scope) || (r->title != NULL && !span_eq_str(c[3].s, r->title)))
		return false;
	if (r->day < c[6].i || (!c[7].null && r->day > c[7].i) || (!c[8].null && r->day >= c[8].i))
		return false;
	return r->kind == NULL || strcmp(kinds, "*") == 0 || word_in(kinds, r->kind->id);
}

/* "KT. CHỦ TỊCH" begins with its mode. */
static bool
mode_allowed(const struct turn *turn, const char *mode)
{
	char word[8];

	snprintf(word, sizeof(word), "%.*s", (int)strcspn(mode, " "), mode);
	return turn == NULL || turn_allows_mode(turn, word);
}

bool
appointment_find(struct appointment *out, const struct service *s, const struct right *r, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("appointments");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[APPOINTMENT_COLUMNS];
	bool more;

	reg_text(&read, "person", r->person);
	if (!reg_read(s->reg, &read, &rows, e) || !reg_next(&rows, c, APPOINTMENT_COLUMNS, &more, e))
		return false;
	while (more) {
		if (holds(c, r)) {
			copy_text(out->role, sizeof(out->role), c[1].s);
			copy_text(out->title, sizeof(out->title), c[3].s);
			copy_text(out->mode, sizeof(out->mode), c[4].s);
			if (mode_allowed(r->turn, out->mode))
				return true;
		}
		if (!reg_next(&rows, c, APPOINTMENT_COLUMNS, &more, e))
			return false;
	}
	return fail(e, ERR_POLICY, "this person has no appointment (%s) for agency %s%s%s on this day", r->roles, r->agency,
	    r->kind != NULL ? " and kind " : "", r->kind != NULL ? r->kind->id : "");
}

json_t *
result_json(const char *handle, bool done, const struct err *why, const char *next)
{
	json_t *j = json_pack("{s:s, s:b}", "handle", handle, "done", done);
	own_str char *text = NULL;
	const char *said;
	bool inside;

	promise(j != NULL);
	if (done)
		return j;
	inside = why->class == ERR_BUG || why->class == ERR_LATER;
	said = stamp_waits(why) ? "the time stamp is waited for" : inside ? "a part of the service does not answer now" : why->text;
	log_warn("permit %s: %s", handle, why->text);
	json_object_set_new(j, "class", json_string(err_word(why->class)));
	text = xprintf("%s%s%s", said, next != NULL ? "; " : "", next != NULL ? next : "");
	json_object_set_new(j, "text", json_string(text));
	if (stamp_waits(why)) {
		json_object_set_new(j, "code", json_string(why->code));
		json_object_set_new(j, "vi", json_string(why->vi));
	}
	return j;
}
