#include "ca/orders.h"

#include "base/clock.h"
#include "ca/order_act.h"
#include "ca/roll_over.h"

#include <stdio.h>

/*
 * The signer.
 */

static bool
signer_row(struct act *t, X509 **cert, const struct reg_cell *c, struct err *e)
{
	const struct profile *f;
	char profile[64];

	if (!span_eq_str(c[10].s, "active"))
		return fail(e, ERR_POLICY, "the signer's certificate is %.*s", (int)c[10].s.len, (const char *)c[10].s.ptr);
	if (t->now < c[8].i || t->now > c[9].i)
		return fail(e, ERR_POLICY, "the signer's certificate %s", t->now < c[8].i ? "is not valid yet" : "has expired");
	snprintf(profile, sizeof(profile), "%.*s", (int)c[2].s.len, (const char *)c[2].s.ptr);
	f = policy_profile(t->a->policy, profile);
	if (f == NULL || (f->person && !profile_commits(f)))
		return fail(e, ERR_POLICY, "a certificate of the profile %s signs no orders", profile);
	if (c[3].null || c[3].s.len >= sizeof(t->person) || c[5].s.len >= sizeof(t->signer_agency))
		return fail(e, ERR_POLICY, "the signer's certificate is not a person's");
	snprintf(t->person, sizeof(t->person), "%.*s", (int)c[3].s.len, (const char *)c[3].s.ptr);
	snprintf(t->signer_agency, sizeof(t->signer_agency), "%.*s", (int)c[5].s.len, (const char *)c[5].s.ptr);
	return cert_from_der(cert, c[6].s, e);
}

static bool
find_signer(struct act *t, X509 **cert, struct err *e)
{
	own_struct(buf) hex = buf_new(256);
	own_struct(reg_unit) ask = reg_read_new("cert.by_serial");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[CERT_COLUMNS];

	if (!order_signer(&hex, t->cms, e))
		return false;
	if (hex.len != 2 * SERIAL_LEN || !hex_get_fixed(t->signer, SERIAL_LEN, buf_span(&hex), e))
		return fail(e, ERR_POLICY, "the order's signer is not of this authority");
	reg_bytes(&ask, "serial", span_of(t->signer, SERIAL_LEN));
	if (reg_one(t->a->reg, &ask, &rows, c, CERT_COLUMNS, "certificate of the order's signer", e))
		return signer_row(t, cert, c, e);
	if (e->class == ERR_ABSENT)
		return fail(e, ERR_POLICY, "the order's signer is not of this authority");
	return false;
}

/*
 * The verbs.
 */

static const struct { const char *verb; bool (*run)(struct act *, struct err *); } verbs[] = {
	{ "cert.approve", order_approve }, { "cert.reject", order_reject }, { "cert.revoke", order_revoke },
	{ "cert.suspend", order_suspend }, { "cert.resume", order_resume },
	{ "cert.renew", order_renew }, { "cert.modify", order_modify },
	{ "key.block", order_block_key },
	{ "authority.roll-over", order_roll_over }, { "authority.root-crl", order_root_crl }, { "authority.publish", order_publish },
	{ "person.appoint", order_appoint }, { "person.end", order_end }, { "program.register", order_program },
	{ "token.register", order_token },
	{ "order.consent", order_consent }, { "order.withdraw", order_withdraw },
};

/* Orders act at once; only the end of an appointment may lie ahead. */
static bool
check_effective(const struct act *t, struct err *e)
{
	if (t->o->effective <= t->o->expires || strcmp(t->o->verb, "person.end") == 0)
		return true;
	return fail(e, ERR_POLICY, "an order %s acts at once; its \"effective\" lies in the future", t->verb->id);
}

bool
act_open(struct act *t, X509 **cert, struct err *e)
{
	return find_signer(t, cert, e) && order_open(t->o, t->cms, *cert, e) &&
	    appointments_read(t->a, t->person, t->appointment, &t->nappointments, e);
}

bool
act_verb(struct act *t, struct err *e)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].verb, t->o->verb) != 0)
			continue;
		t->verb = policy_verb(t->a->policy, t->o->verb);
		if (t->verb == NULL)
			break;
		return order_timely(t->o, t->now, t->verb->secs, e) && check_effective(t, e) && verbs[i].run(t, e);
	}
	return fail(e, ERR_ABSENT, "this authority knows no order %s", t->o->verb);
}

bool
order_carry_out(struct authority *a, struct span cms, int64_t now, struct buf *answer, struct err *e)
{
	own_struct(order) o = { .nsubjects = 0 };
	own_struct(reg_unit) unit = reg_unit_new();
	own(X509) *cert = NULL;
	own(json_t) *j = json_object();
	struct act t = { .a = a, .o = &o, .cms = cms, .now = now, .today = day_in_vietnam(now), .answer = j };
	bool good;

	if (!roll_over_follow(a, now, e) || !act_open(&t, &cert, e))
		return false;
	json_object_set_new(j, "done", json_string(o.verb));
	t.unit = unit;
	good = act_verb(&t, e);
	unit = t.unit;
	if (!good)
		return false;
	json_write(answer, j);
	return buf_ok(answer, "answer", e);
}
