/* Orders on requests, certificates and keys. */
#include "ca/order_act.h"

#include "base/clock.h"
#include "base/log.h"
#include "ca/crl_issue.h"
#include "ca/der.h"
#include "ca/issue.h"
#include "ca/request.h"

#include <stdio.h>

/*
 * cert.approve
 */

/* The requests that the subjects name, in one read. */
static bool
read_requests(struct act *t, struct reg_rows *rows, struct err *e)
{
	own_struct(reg_unit) ask = reg_read_new("request.by_ids");
	own_struct(buf) ids = buf_new(ORDER_SUBJECTS_MAX * REQUEST_ID_LEN);
	unsigned char id[REQUEST_ID_LEN];

	for (size_t i = 0; i < t->o->nsubjects; i++) {
		if (!act_subject_id(id, sizeof(id), &t->o->subject[i], "request", e))
			return false;
		buf_put(&ids, id, sizeof(id));
	}
	reg_bytes(&ask, "ids", buf_span(&ids));
	return buf_ok(&ids, "order", e) && reg_read(t->a->reg, &ask, rows, e);
}

/* The next of them, which must be subject s: pending, what its hash says, in
 * scope, not about the signer. */
static bool
next_request(struct act *t, const struct order_subject *s, struct reg_rows *rows, struct reg_cell c[REQUEST_COLUMNS], struct err *e)
{
	unsigned char id[REQUEST_ID_LEN];
	char agency[64], person[64];
	bool more;

	if (!act_subject_id(id, sizeof(id), s, "request", e) || !reg_next(rows, c, REQUEST_COLUMNS, &more, e))
		return false;
	if (!more || !span_eq(c[0].s, span_of(id, sizeof(id))))
		return fail(e, ERR_ABSENT, "subject %s: there is no such request", s->id);
	snprintf(agency, sizeof(agency), "%.*s", (int)c[6].s.len, (const char *)c[6].s.ptr);
	snprintf(person, sizeof(person), "%.*s", c[5].null ? 0 : (int)c[5].s.len, c[5].null ? "" : (const char *)c[5].s.ptr);
	if (!span_eq_str(c[7].s, "pending"))
		return fail(e, ERR_CONFLICT, "request %s is not waiting any more", s->id);
	return act_hash(s, c[1].s, e) && act_may(t, agency, e) && act_other_person(t, person, e);
}

/* A responder, a time stamp, a ticket's signer or a host speaks for the whole
 * authority, under whichever agency it is asked for; a program for its own agency. */
static bool
may_certify(struct act *t, const struct reg_cell *c, struct err *e)
{
	const struct profile *f;
	char id[64];

	snprintf(id, sizeof(id), "%.*s", (int)c[4].s.len, (const char *)c[4].s.ptr);
	f = policy_profile(t->a->policy, id);
	if (f == NULL || strcmp(f->subject, "service") != 0 || strcmp(f->eku, "clientAuth") == 0)
		return true;
	return act_may(t, t->a->org, e) || fail_in(e, "a certificate of the profile %s", id);
}

static void
answer_certificates(struct act *t, const struct issue_batch *b)
{
	json_t *list = json_array();

	for (size_t i = 0; i < b->n; i++) {
		const struct issue_item *it = &b->item[i];
		char request[2 * REQUEST_ID_LEN + 1], serial[2 * SERIAL_LEN + 1], to[TIME_TEXT];
		own_struct(buf) pem = buf_new(16 << 10);

		hex_text(request, span_of(it->request, REQUEST_ID_LEN));
		hex_text(serial, span_of(it->plan.serial.octet, SERIAL_LEN));
		time_text_utc(to, it->plan.not_after);
		der_to_pem(&pem, buf_span(&it->der));
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "request", request, "serial", serial, "not_after", to, "pem", buf_str(&pem)));
	}
	json_object_set_new(t->answer, "certificates", list);
}

bool
order_approve(struct act *t, struct err *e)
{
	own_struct(issue_batch) b = { .item = xalloc(t->o->nsubjects * sizeof(struct issue_item)) };
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[REQUEST_COLUMNS];

	if (!read_requests(t, &rows, e))
		return false;
	for (size_t i = 0; i < t->o->nsubjects; i++) {
		struct issue_item *it = &b.item[b.n++];

		if (!next_request(t, &t->o->subject[i], &rows, c, e) || !may_certify(t, c, e))
			return false;
		memcpy(it->request, c[0].s.ptr, REQUEST_ID_LEN);
		it->facts = c[1].s;
	}
	if (act_waits(t))
		return act_run(t, e);
	if (!issue_plan(t->a, &b, t->now, e))
		return false;
	act_put_accept(t);
	for (size_t i = 0; i < b.n; i++)
		act_put_fresh(t, span_of(b.item[i].request, REQUEST_ID_LEN));
	if (!issue_run(t->a, &b, &t->unit, t->now, e))
		return false;
	answer_certificates(t, &b);
	return true;
}

bool
order_reject(struct act *t, struct err *e)
{
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[REQUEST_COLUMNS];

	if (!read_requests(t, &rows, e))
		return false;
	for (size_t i = 0; i < t->o->nsubjects; i++) {
		if (!next_request(t, &t->o->subject[i], &rows, c, e))
			return false;
		if (i == 0)
			act_put_accept(t);
		act_put_fresh(t, c[0].s);
		reg_verb(&t->unit, "request.reject");
		reg_bytes(&t->unit, "id", c[0].s);
		reg_text_span(&t->unit, "agency", c[6].s);
		reg_text(&t->unit, "reason", t->o->reason);
		act_answer_id(t, c[0].s);
	}
	return act_run(t, e);
}

/*
 * cert.revoke, cert.suspend, cert.resume
 */

static const struct { const char *word; int code; } reasons[] = {	/* RFC 5280 5.3.1 */
	{ "unspecified", 0 }, { "keyCompromise", CRL_KEY_COMPROMISE }, { "affiliationChanged", 3 },
	{ "superseded", 4 }, { "cessationOfOperation", 5 }, { "privilegeWithdrawn", 9 },
};

static bool
take_revocation(const struct act *t, int *code, int64_t *invalidity, struct err *e)
{
	static const char *const keys[] = { "code", "invalidity", NULL };
	const char *word = NULL, *text = NULL;

	*code = 0;
	*invalidity = INT64_MIN;
	if (t->o->with == NULL)
		return true;
	if (!json_only(t->o->with, keys, e) || !json_may_str(&word, t->o->with, "code", e) || !json_may_str(&text, t->o->with, "invalidity", e))
		return false;
	if (text != NULL && !time_parse(invalidity, text, e))
		return fail_in(e, "\"invalidity\"");
	if (text != NULL && *invalidity > t->now)
		return fail(e, ERR_INPUT, "\"invalidity\" lies in the future");
	for (size_t i = 0; word != NULL && i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(reasons[i].word, word) == 0) {
			*code = reasons[i].code;
			return true;
		}
	return word == NULL || fail(e, ERR_INPUT, "\"code\" %.40s is no reason to revoke a certificate of a person or service (RFC 5280 5.3.1)", word);
}

void
act_put_ending(struct reg_unit *u, const struct reg_cell *c, const struct ending *x, int64_t now)
{
	bool revoke = strcmp(x->verb, "cert.revoke") == 0, held = span_eq_str(c[10].s, "held");

	reg_verb(u, x->verb);
	reg_text_span(u, "org", c[5].s);
	reg_text_span(u, "profile", c[2].s);
	reg_bytes(u, "request", c[1].s);
	reg_bytes(u, "serial", c[0].s);
	reg_int(u, "not_after", c[9].i);
	reg_int(u, "reason", x->code);
	/* Revoked out of a suspension: what was signed meanwhile does not become good. */
	reg_int(u, "date", revoke && held ? c[11].i : now);
	if (revoke && x->invalidity != INT64_MIN)
		reg_int(u, "invalidity", x->invalidity);
	else if (revoke)
		reg_null(u, "invalidity");
	reg_int(u, "shard", c[14].i - 1);
}

static bool
check_state(const struct reg_cell *c, const struct order_subject *s, const struct ending *x, struct err *e)
{
	char state[16];

	snprintf(state, sizeof(state), "%.*s", (int)c[10].s.len, (const char *)c[10].s.ptr);
	return word_in(x->from, state) || fail(e, ERR_CONFLICT, "certificate %s is %s", s->id, state);
}

static bool
end_one(struct act *t, const struct order_subject *s, const struct ending *x, bool first, struct err *e)
{
	own_struct(reg_unit) ask = reg_read_new("cert.by_serial");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[CERT_COLUMNS];
	unsigned char serial[SERIAL_LEN];
	char agency[64], person[64];

	if (!act_subject_id(serial, SERIAL_LEN, s, "serial number", e))
		return false;
	reg_bytes(&ask, "serial", span_of(serial, SERIAL_LEN));
	if (!reg_one(t->a->reg, &ask, &rows, c, CERT_COLUMNS, "such certificate", e))
		return fail_in(e, "subject %s", s->id);
	snprintf(agency, sizeof(agency), "%.*s", (int)c[5].s.len, (const char *)c[5].s.ptr);
	snprintf(person, sizeof(person), "%.*s", c[3].null ? 0 : (int)c[3].s.len, c[3].null ? "" : (const char *)c[3].s.ptr);
	/* Of one whose record is lost the person saw the entry. */
	if (!check_state(c, s, x, e) || !act_hash(s, c[6].null ? c[7].s : c[6].s, e) || !act_may(t, agency, e))
		return false;
	if (strcmp(x->verb, "cert.resume") == 0 && !act_other_person(t, person, e))
		return false;
	if (first)
		act_put_accept(t);
	act_put_fresh(t, c[1].s);
	act_put_ending(&t->unit, c, x, t->now);
	act_answer_id(t, c[0].s);
	return true;
}

/* Done it is, also when the CRL must wait: the timer goes on trying. */
void
act_tell(struct act *t)
{
	struct err late;
	int64_t number;

	if (crl_issue(t->a, clock_now(), &number, &late))
		json_object_set_new(t->answer, "crl", json_integer(number));
	else {
		log_warn("%s is done, but no CRL yet: %s", t->verb->id, late.text);
		crl_ask(t->a);
	}
}

/* The unit, and the CRL that tells. */
static bool
run_ending(struct act *t, struct err *e)
{
	if (!act_run(t, e)) {
		/* Nobody knows whether it ran: then the CRL must tell. */
		if (e->class == ERR_LATER)
			crl_ask(t->a);
		return false;
	}
	if (!act_waits(t))
		act_tell(t);
	return true;
}

static bool
end_all(struct act *t, const struct ending *x, struct err *e)
{
	for (size_t i = 0; i < t->o->nsubjects; i++)
		if (!end_one(t, &t->o->subject[i], x, i == 0, e))
			return false;
	return run_ending(t, e);
}

bool
order_revoke(struct act *t, struct err *e)
{
	struct ending x = { .verb = "cert.revoke", .from = "active held lost" };

	return take_revocation(t, &x.code, &x.invalidity, e) && end_all(t, &x, e);
}

bool
order_suspend(struct act *t, struct err *e)
{
	return act_bare(t, e) && end_all(t, &(struct ending){ "cert.suspend", "active", CRL_HOLD, INT64_MIN }, e);
}

bool
order_resume(struct act *t, struct err *e)
{
	return act_bare(t, e) && end_all(t, &(struct ending){ "cert.resume", "held", CRL_RESUMED, INT64_MIN }, e);
}

/*
 * key.block
 */

/* Its certificates that live, whoever ordered them: all are within the scope, or nothing is done. */
static bool
end_with_key(struct act *t, struct span key_id, const struct ending *x, struct err *e)
{
	own_struct(reg_unit) ask = reg_read_new("cert.with_key");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[CERT_COLUMNS];
	bool more;

	reg_bytes(&ask, "key_id", key_id);
	if (!reg_read(t->a->reg, &ask, &rows, e))
		return false;
	for (;;) {
		char agency[64];

		if (!reg_next(&rows, c, CERT_COLUMNS, &more, e))
			return false;
		if (!more)
			return true;
		if (span_eq_str(c[10].s, "reserved"))
			return fail(e, ERR_LATER, "a certificate with this key is being made; order it again");
		snprintf(agency, sizeof(agency), "%.*s", (int)c[5].s.len, (const char *)c[5].s.ptr);
		if (!act_may(t, agency, e))
			return false;
		act_put_fresh(t, c[1].s);
		act_put_ending(&t->unit, c, x, t->now);
		act_answer_id(t, c[0].s);
	}
}

/* One order, one unit: whoever sees the key blocked sees its certificates revoked. */
bool
order_block_key(struct act *t, struct err *e)
{
	static const char *const keys[] = { "invalidity", NULL };
	struct ending x = { .verb = "cert.revoke", .from = "active held" };
	unsigned char key_id[KEY_ID_LEN];
	int unspecified;

	if (!act_one_subject(t, e) || !act_subject_id(key_id, KEY_ID_LEN, &t->o->subject[0], "hash of a key", e) || !act_with_hash(t, e) ||
	    !json_only(t->o->with, keys, e) || !take_revocation(t, &unspecified, &x.invalidity, e) || !act_may(t, t->signer_agency, e))
		return false;
	for (const struct generation *g = t->a->newest; g != NULL; g = g->older)
		if (memcmp(key_id, g->key_id, KEY_ID_LEN) == 0)
			return fail(e, ERR_POLICY, "this is the authority's own key: its certificate is the root's to revoke, at a ceremony");
	x.code = CRL_KEY_COMPROMISE;
	act_put_accept(t);
	if (!end_with_key(t, span_of(key_id, KEY_ID_LEN), &x, e))
		return false;
	reg_verb(&t->unit, "key.block");
	reg_text(&t->unit, "org", t->signer_agency);
	reg_bytes(&t->unit, "key_id", span_of(key_id, KEY_ID_LEN));
	reg_text(&t->unit, "reason", t->o->reason);
	return run_ending(t, e);
}
