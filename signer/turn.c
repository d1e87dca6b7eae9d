#include "signer/turn.h"

#include <stdio.h>

_Static_assert(KIND_TURNS_MAX <= XADES_OFFICERS_MAX, "every officer of a kind has room in a permit");

void
piece_id(char out[PIECE_ID], const struct piece *p)
{
	snprintf(out, PIECE_ID, "officer-%u", (unsigned char)p->nth);
}

void
piece_drop(struct piece *p)
{
	reg_rows_drop(&p->rows);
	xades_tbs_drop(&p->tbs);
}

bool
piece_tbs(struct piece *p, const struct service *s, const struct active_cert *officer, int64_t time, struct err *e)
{
	char id[PIECE_ID];
	struct xades_signer signer = { .id = id, .certificate = buf_span(&officer->der), .time = time,
		.title = p->appointment.title, .mode = p->appointment.mode };
	struct xades_target targets[XADES_TARGETS_MAX];
	size_t n;

	piece_id(id, p);
	memcpy(signer.policy_hash, s->policy->hash, sizeof(signer.policy_hash));
	if (!xades_alg_of(&signer.alg, X509_get0_pubkey(officer->cert), e))
		return false;
	return xades_officer_targets(targets, &n, p->permit.content, p->permit.officers, e) && xades_prepare(&p->tbs, &signer, targets, n, e);
}

bool
piece_turn(struct piece *p, const struct service *s, int32_t day, struct err *e)
{
	const struct kind *kind = policy_kind(s->policy, p->permit.kind);
	struct span before[XADES_OFFICERS_MAX];
	size_t n;

	if (strcmp(p->permit.state, "draft") != 0)
		return fail(e, ERR_CONFLICT, "this permit is not a draft any more (%s)", p->permit.state);
	if (kind == NULL)
		return fail(e, ERR_POLICY, "the kind %.40s is no longer in the policy", p->permit.kind);
	if (!xades_split(before, &n, p->permit.officers, e))
		return false;
	p->nth = n + 1;
	p->turn = kind_turn(kind, n, day);
	return p->turn != NULL || fail(e, ERR_CONFLICT, "as many officers have signed as this kind takes today; return it and submit it again");
}

bool
piece_not_signed(const struct piece *p, const struct service *s, const char *person, struct err *e)
{
	static const struct err_rule twice = { ERR_POLICY, "one person signs a permit once", "signed-already", "mỗi người chỉ ký một giấy phép một lần" };
	own_struct(reg_unit) read = reg_read_new("permit.turns");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[2];
	bool more;

	if (span_eq_str(p->permit.person, person))
		return fail_by(e, &twice);
	reg_bytes(&read, "handle", p->permit.handle);
	if (!reg_read(s->reg, &read, &rows, e) || !reg_next(&rows, c, 2, &more, e))
		return false;
	while (more) {
		if (span_eq_str(c[1].s, person))
			return fail_by(e, &twice);
		if (!reg_next(&rows, c, 2, &more, e))
			return false;
	}
	return true;
}

/* Why none was found: who may sign the kind, but not now or not with this certificate,
 * is told so. */
static bool
no_appointment(const struct piece *p, const struct service *s, struct right r, struct err *e)
{
	static const struct err_rule title = { ERR_POLICY, "the title of the appointment is not the one in the certificate", "certificate-title", "chức danh trong phân công khác chức danh trong chứng thư số" };
	static const struct err_rule other = { ERR_CONFLICT, NULL, "other-turn", "chưa đến lượt hoặc không phải lượt người này ký" };
	struct appointment ignored;
	struct err why;

	if (e->class != ERR_POLICY)
		return false;
	r.title = NULL;
	if (appointment_find(&ignored, s, &r, &why))
		return fail_by(e, &title);
	for (size_t i = 0; kind_turn(r.kind, i, r.day) != NULL; i++) {
		r.turn = kind_turn(r.kind, i, r.day);
		if (r.turn != p->turn && appointment_find(&ignored, s, &r, &why))
			return fail_rule(e, &other, "this is the turn of officer %zu, and this person signs in that of another; modes of this turn:%s", p->nth, p->turn->modes);
	}
	return false;
}

/* The appointment with which this person signs now.  The certificate must say the same:
 * what verifies alone says it (verifier/judge.c), and a number is not used up for less. */
bool
piece_right(struct appointment *out, const struct piece *p, const struct service *s, const struct active_cert *officer, int32_t day, struct err *e)
{
	static const struct err_rule agency = { ERR_POLICY, "the certificate is of an agency that is neither the permit's nor one above it", "certificate-agency", "chứng thư số không thuộc cơ quan cấp giấy phép hoặc cơ quan cấp trên" };
	const struct right r = { .person = officer->person, .roles = "officer", .agency = p->permit.agency, .title = officer->title,
		.kind = policy_kind(s->policy, p->permit.kind), .turn = p->turn, .day = day };

	if (!appointment_find(out, s, &r, e))
		return no_appointment(p, s, r, e);
	return agency_within(p->permit.agency, officer->agency) || fail_by(e, &agency);
}
