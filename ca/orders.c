#include "ca/orders.h"

#include "base/clock.h"
#include "base/log.h"
#include "ca/appointment.h"
#include "ca/crl_issue.h"
#include "ca/der.h"
#include "ca/issue.h"
#include "ca/request.h"
#include "policy/scope.h"
#include "verifier/order.h"

#include <stdio.h>
#include <stdlib.h>

#define CERT_COLUMNS 14
#define REQUEST_COLUMNS 9
#define TEXT_MAX 512

struct act {			/* one order being carried out */
	struct authority *a;
	struct order *o;
	const struct order_verb *verb;
	struct span cms;
	unsigned char signer[SERIAL_LEN];
	char person[64], signer_agency[64];
	struct appointment appointment[APPOINTMENTS_MAX];
	size_t nappointments;
	const char *role;	/* the first that allowed it */
	int64_t now;
	int32_t today;
	struct reg_unit unit;	/* the order and its effect */
	json_t *answer;
};

/*
 * The signer.
 */

static bool
signer_row(struct act *t, X509 **cert, const struct reg_cell *c, struct err *e)
{
	if (!span_eq_str(c[10].s, "active"))
		return fail(e, ERR_POLICY, "the signer's certificate is %.*s", (int)c[10].s.len, (const char *)c[10].s.ptr);
	if (t->now < c[8].i || t->now > c[9].i)
		return fail(e, ERR_POLICY, "the signer's certificate has expired");
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

/* Role and scope for one agency. */
static bool
check_may(struct act *t, const char *agency, struct err *e)
{
	bool has_role = false;

	for (size_t i = 0; i < t->nappointments; i++) {
		const struct appointment *p = &t->appointment[i];

		if (!word_in(t->verb->roles, p->role))
			continue;
		has_role |= appointment_covers(p, t->today, p->agency);
		if (!appointment_covers(p, t->today, agency))
			continue;
		if (t->role == NULL)
			t->role = p->role;
		return true;
	}
	if (has_role)
		return fail(e, ERR_POLICY, "the agency %s is outside the scope of who signed the order", agency);
	return fail(e, ERR_POLICY, "who signed the order has no role that may order %s (%s)", t->verb->id, t->verb->roles);
}

static bool
check_other_person(const struct act *t, const char *person, struct err *e)
{
	return strcmp(person, t->person) != 0 || fail(e, ERR_POLICY, "nobody orders %s for themselves; another person must sign", t->verb->id);
}

static bool
check_one_subject(const struct act *t, struct err *e)
{
	return t->o->nsubjects == 1 || fail(e, ERR_INPUT, "an order %s has one subject", t->verb->id);
}

static bool
check_hash(const struct order_subject *s, struct span what, struct err *e)
{
	unsigned char hash[SHA256_LEN];

	sha256(hash, what);
	return memcmp(hash, s->hash, SHA256_LEN) == 0 ||
	    fail(e, ERR_CONFLICT, "the hash of subject %s is not of what the register holds; look again", s->id);
}

static bool
subject_id(unsigned char *out, size_t len, const struct order_subject *s, const char *what, struct err *e)
{
	return hex_get_fixed(out, len, span_str(s->id), e) || fail(e, ERR_INPUT, "subject \"%s\" is no %s (%zu hex digits)", s->id, what, 2 * len);
}

/*
 * The unit: the order first, then what it does.
 */

static void
put_accept(struct act *t)
{
	reg_verb(&t->unit, "order.accept");
	reg_text(&t->unit, "org", t->signer_agency);
	reg_text(&t->unit, "role", t->role);
	reg_bytes(&t->unit, "order_id", span_of(t->o->id, ORDER_ID_LEN));
	reg_text(&t->unit, "act", t->o->verb);
	reg_bytes(&t->unit, "signer", span_of(t->signer, SERIAL_LEN));
	reg_bytes(&t->unit, "cms", t->cms);
	reg_int(&t->unit, "after_size", (int64_t)t->o->after_size);
	reg_bytes(&t->unit, "after_root", span_of(t->o->after_root, SHA256_LEN));
}

static void
put_fresh(struct act *t, struct span handle)
{
	reg_verb(&t->unit, "order.fresh");
	reg_bytes(&t->unit, "subject", handle);
	reg_int(&t->unit, "after_size", (int64_t)t->o->after_size);
}

static bool
run_unit(struct act *t, struct err *e)
{
	return authority_run(t->a, "order", &t->unit, NULL, e);
}

static void
answer_id(struct act *t, struct span id)
{
	own_struct(buf) hex = buf_new(256);
	json_t *list = json_object_get(t->answer, "ids");

	hex_put(&hex, id);
	if (list == NULL) {
		list = json_array();
		json_object_set_new(t->answer, "ids", list);
	}
	json_array_append_new(list, json_string(buf_str(&hex)));
}

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
		if (!subject_id(id, sizeof(id), &t->o->subject[i], "request", e))
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

	if (!subject_id(id, sizeof(id), s, "request", e) || !reg_next(rows, c, REQUEST_COLUMNS, &more, e))
		return false;
	if (!more || !span_eq(c[0].s, span_of(id, sizeof(id))))
		return fail(e, ERR_ABSENT, "subject %s: there is no such request", s->id);
	snprintf(agency, sizeof(agency), "%.*s", (int)c[6].s.len, (const char *)c[6].s.ptr);
	snprintf(person, sizeof(person), "%.*s", c[5].null ? 0 : (int)c[5].s.len, c[5].null ? "" : (const char *)c[5].s.ptr);
	if (!span_eq_str(c[7].s, "pending"))
		return fail(e, ERR_CONFLICT, "request %s is not waiting any more", s->id);
	return check_hash(s, c[1].s, e) && check_may(t, agency, e) && check_other_person(t, person, e);
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

static bool
do_approve(struct act *t, struct err *e)
{
	own_struct(issue_batch) b = { .item = xalloc(t->o->nsubjects * sizeof(struct issue_item)) };
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[REQUEST_COLUMNS];

	if (!read_requests(t, &rows, e))
		return false;
	for (size_t i = 0; i < t->o->nsubjects; i++) {
		struct issue_item *it = &b.item[b.n++];

		if (!next_request(t, &t->o->subject[i], &rows, c, e))
			return false;
		memcpy(it->request, c[0].s.ptr, REQUEST_ID_LEN);
		it->facts = c[1].s;
	}
	if (!issue_plan(t->a, &b, t->now, e))
		return false;
	put_accept(t);
	for (size_t i = 0; i < b.n; i++)
		put_fresh(t, span_of(b.item[i].request, REQUEST_ID_LEN));
	if (!issue_run(t->a, &b, &t->unit, t->now, e))
		return false;
	answer_certificates(t, &b);
	return true;
}

static bool
do_reject(struct act *t, struct err *e)
{
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[REQUEST_COLUMNS];

	if (!read_requests(t, &rows, e))
		return false;
	for (size_t i = 0; i < t->o->nsubjects; i++) {
		if (!next_request(t, &t->o->subject[i], &rows, c, e))
			return false;
		if (i == 0)
			put_accept(t);
		put_fresh(t, c[0].s);
		reg_verb(&t->unit, "request.reject");
		reg_bytes(&t->unit, "id", c[0].s);
		reg_text_span(&t->unit, "agency", c[6].s);
		reg_text(&t->unit, "reason", t->o->reason);
		answer_id(t, c[0].s);
	}
	return run_unit(t, e);
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

/* What becomes of a certificate, and from which states. */
struct ending { const char *verb, *from; int code; int64_t invalidity; };

static void
put_ending(struct act *t, const struct reg_cell *c, const struct ending *x)
{
	bool revoke = strcmp(x->verb, "cert.revoke") == 0, held = span_eq_str(c[10].s, "held");
	struct reg_unit *u = &t->unit;

	reg_verb(u, x->verb);
	reg_text_span(u, "org", c[5].s);
	reg_text_span(u, "profile", c[2].s);
	reg_bytes(u, "request", c[1].s);
	reg_bytes(u, "serial", c[0].s);
	reg_int(u, "not_after", c[9].i);
	reg_int(u, "reason", x->code);
	/* Revoked out of a suspension: what was signed meanwhile does not become good. */
	reg_int(u, "date", revoke && held ? c[11].i : t->now);
	if (revoke && x->invalidity != INT64_MIN)
		reg_int(u, "invalidity", x->invalidity);
	else if (revoke)
		reg_null(u, "invalidity");
	reg_int(u, "shard", CRL_SHARD);
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

	if (!subject_id(serial, SERIAL_LEN, s, "serial number", e))
		return false;
	reg_bytes(&ask, "serial", span_of(serial, SERIAL_LEN));
	if (!reg_one(t->a->reg, &ask, &rows, c, CERT_COLUMNS, "such certificate", e))
		return fail_in(e, "subject %s", s->id);
	snprintf(agency, sizeof(agency), "%.*s", (int)c[5].s.len, (const char *)c[5].s.ptr);
	snprintf(person, sizeof(person), "%.*s", c[3].null ? 0 : (int)c[3].s.len, c[3].null ? "" : (const char *)c[3].s.ptr);
	/* Of one whose record is lost the person saw the entry. */
	if (!check_state(c, s, x, e) || !check_hash(s, c[6].null ? c[7].s : c[6].s, e) || !check_may(t, agency, e))
		return false;
	if (strcmp(x->verb, "cert.resume") == 0 && !check_other_person(t, person, e))
		return false;
	if (first)
		put_accept(t);
	put_fresh(t, c[1].s);
	put_ending(t, c, x);
	answer_id(t, c[0].s);
	return true;
}

/* The unit, and the CRL that tells. */
static bool
run_ending(struct act *t, struct err *e)
{
	struct err late;
	int64_t number;

	if (!run_unit(t, e)) {
		/* Nobody knows whether it ran: then the CRL must tell. */
		if (e->class == ERR_LATER)
			crl_ask(t->a);
		return false;
	}
	/* Done it is, also when the CRL must wait: the timer goes on trying. */
	if (crl_issue(t->a, clock_now(), &number, &late))
		json_object_set_new(t->answer, "crl", json_integer(number));
	else {
		log_warn("%s is done, but no CRL yet: %s", t->verb->id, late.text);
		crl_ask(t->a);
	}
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

static bool
do_revoke(struct act *t, struct err *e)
{
	struct ending x = { .verb = "cert.revoke", .from = "active held lost" };

	return take_revocation(t, &x.code, &x.invalidity, e) && end_all(t, &x, e);
}

static bool
check_bare(const struct act *t, struct err *e)
{
	return t->o->with == NULL || fail(e, ERR_INPUT, "an order %s has no \"with\"", t->verb->id);
}

static bool
do_suspend(struct act *t, struct err *e)
{
	return check_bare(t, e) && end_all(t, &(struct ending){ "cert.suspend", "active", CRL_HOLD, INT64_MIN }, e);
}

static bool
do_resume(struct act *t, struct err *e)
{
	return check_bare(t, e) && end_all(t, &(struct ending){ "cert.resume", "held", CRL_RESUMED, INT64_MIN }, e);
}

/*
 * key.block
 */

static bool
check_with_hash(const struct act *t, struct err *e)
{
	own_struct(buf) text = buf_new(ORDER_MAX);

	if (t->o->with == NULL)
		return fail(e, ERR_INPUT, "an order %s says in \"with\" what it is about", t->verb->id);
	json_write(&text, t->o->with);
	return buf_ok(&text, "\"with\"", e) && check_hash(&t->o->subject[0], buf_span(&text), e);
}

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
		if (!check_may(t, agency, e))
			return false;
		put_fresh(t, c[1].s);
		put_ending(t, c, x);
		answer_id(t, c[0].s);
	}
}

/* One order, one unit: whoever sees the key blocked sees its certificates revoked. */
static bool
do_block(struct act *t, struct err *e)
{
	static const char *const keys[] = { "invalidity", NULL };
	struct ending x = { .verb = "cert.revoke", .from = "active held" };
	unsigned char key_id[KEY_ID_LEN];
	int unspecified;

	if (!check_one_subject(t, e) || !subject_id(key_id, KEY_ID_LEN, &t->o->subject[0], "hash of a key", e) || !check_with_hash(t, e) ||
	    !json_only(t->o->with, keys, e) || !take_revocation(t, &unspecified, &x.invalidity, e) || !check_may(t, t->signer_agency, e))
		return false;
	if (memcmp(key_id, t->a->key_id, KEY_ID_LEN) == 0)
		return fail(e, ERR_POLICY, "this is the authority's own key: its certificate is the root's to revoke, at a ceremony");
	x.code = CRL_KEY_COMPROMISE;
	put_accept(t);
	if (!end_with_key(t, span_of(key_id, KEY_ID_LEN), &x, e))
		return false;
	reg_verb(&t->unit, "key.block");
	reg_text(&t->unit, "org", t->signer_agency);
	reg_bytes(&t->unit, "key_id", span_of(key_id, KEY_ID_LEN));
	reg_text(&t->unit, "reason", t->o->reason);
	return run_ending(t, e);
}

/*
 * person.appoint, person.end, program.register
 */

/* ["a","b"] of known words -> "a b". */
static bool
take_words(struct buf *out, const json_t *j, const char *key, bool (*known)(const struct policy *, const char *), const struct policy *p, struct err *e)
{
	json_t *list, *w;
	size_t i;

	if (!json_take_arr(&list, j, key, e))
		return false;
	json_array_foreach(list, i, w) {
		if (!json_is_string(w) || !known(p, json_string_value(w)))
			return fail(e, ERR_ABSENT, "\"%s\": %.40s is not known", key, json_is_string(w) ? json_string_value(w) : "an item that is no text,");
		if (i > 0)
			buf_put_byte(out, ' ');
		buf_put_str(out, json_string_value(w));
	}
	return buf_ok(out, key, e) && (out->len > 0 || fail(e, ERR_INPUT, "\"%s\" is empty", key));
}

static bool
kind_known(const struct policy *p, const char *word)
{
	return strcmp(word, "*") == 0 || policy_kind(p, word) != NULL;
}

static bool
right_word(const struct policy *p, const char *word)
{
	return right_known(word);
}

static bool
agency_known(const struct policy *p, const char *word)
{
	return policy_agency(p, word) != NULL;
}

static bool
role_known(const struct policy *p, const char *word)
{
	for (size_t i = 0; i < p->nroles; i++)
		if (strcmp(p->role[i].id, word) == 0)
			return true;
	return false;
}

struct appointing { const char *person, *role, *agency, *title, *mode, *decision, *from, *to; int32_t from_day, to_day; struct buf kinds; };

static void
appointing_drop(struct appointing *p)
{
	buf_drop(&p->kinds);
}

static bool
take_appointing(struct appointing *p, const json_t *j, const struct policy *policy, struct err *e)
{
	static const char *const keys[] = { "person", "role", "agency", "title", "mode", "kinds", "from", "to", "decision", NULL };

	p->kinds = buf_new(TEXT_MAX);
	return json_only(j, keys, e) && json_take_str(&p->person, j, "person", e) && json_take_str(&p->role, j, "role", e) &&
	    json_take_str(&p->agency, j, "agency", e) && json_take_str(&p->title, j, "title", e) && json_take_str(&p->mode, j, "mode", e) &&
	    json_take_str(&p->decision, j, "decision", e) && json_take_str(&p->from, j, "from", e) && json_may_str(&p->to, j, "to", e) &&
	    take_words(&p->kinds, j, "kinds", kind_known, policy, e) && date_parse(&p->from_day, p->from, e) &&
	    (p->to == NULL || date_parse(&p->to_day, p->to, e));
}

static bool
check_appointing(const struct appointing *p, const struct policy *policy, struct err *e)
{
	if (!role_known(policy, p->role))
		return fail(e, ERR_ABSENT, "there is no role %.40s", p->role);
	if (!agency_known(policy, p->agency))
		return fail(e, ERR_ABSENT, "there is no agency %.40s", p->agency);
	if (p->mode[0] != '\0' && !word_in("KT. TM. TL. TUQ.", p->mode))
		return fail(e, ERR_INPUT, "\"mode\" is KT., TM., TL., TUQ. or empty");
	if (p->person[0] == '\0' || strlen(p->person) > 32 || p->title[0] == '\0' || strlen(p->title) >= 256)
		return fail(e, ERR_INPUT, "an appointment names a person and a title");
	if (p->decision[0] == '\0' || strlen(p->decision) >= TEXT_MAX)
		return fail(e, ERR_INPUT, "an appointment names the decision that it rests on");
	if (p->to != NULL && p->to_day < p->from_day)
		return fail(e, ERR_INPUT, "an appointment ends after it begins");
	return true;
}

static void
put_appoint(struct act *t, struct appointing *p)
{
	struct reg_unit *u = &t->unit;

	reg_verb(u, "person.appoint");
	reg_bytes(u, "id", span_of(t->o->id, ORDER_ID_LEN));	/* one order, one appointment */
	reg_text(u, "person", p->person);
	reg_text(u, "role", p->role);
	reg_text(u, "agency", p->agency);
	reg_text(u, "title", p->title);
	reg_text(u, "mode", p->mode);
	reg_text(u, "kinds", buf_str(&p->kinds));
	reg_int(u, "from_day", p->from_day);
	if (p->to != NULL)
		reg_int(u, "to_day", p->to_day);
	else
		reg_null(u, "to_day");
	reg_text(u, "decision", p->decision);
}

static bool
do_appoint(struct act *t, struct err *e)
{
	own_struct(appointing) p = { .person = NULL };

	if (!check_one_subject(t, e) || !check_with_hash(t, e) || !take_appointing(&p, t->o->with, t->a->policy, e) ||
	    !check_appointing(&p, t->a->policy, e))
		return false;
	if (strcmp(p.person, t->o->subject[0].id) != 0)
		return fail(e, ERR_INPUT, "the subject of an appointment is its person");
	if (!check_may(t, p.agency, e) || !check_other_person(t, p.person, e))
		return false;
	put_accept(t);
	put_appoint(t, &p);
	answer_id(t, span_of(t->o->id, ORDER_ID_LEN));
	return run_unit(t, e);
}

static bool
do_end(struct act *t, struct err *e)
{
	const struct order_subject *s = &t->o->subject[0];
	unsigned char id[APPOINTMENT_ID], hash[SHA256_LEN];
	struct appointment p;

	if (!check_one_subject(t, e) || !subject_id(id, sizeof(id), s, "appointment", e) || !appointment_read(t->a, id, &p, e))
		return false;
	appointment_hash(hash, &p);
	if (memcmp(hash, s->hash, SHA256_LEN) != 0)
		return fail(e, ERR_CONFLICT, "the hash of subject %s is not of what the register holds; look again", s->id);
	if (!check_may(t, p.agency, e))
		return false;
	put_accept(t);
	put_fresh(t, span_of(id, sizeof(id)));
	reg_verb(&t->unit, "person.end");
	reg_bytes(&t->unit, "id", span_of(id, sizeof(id)));
	reg_text(&t->unit, "agency", p.agency);
	reg_int(&t->unit, "day", day_in_vietnam(t->o->effective));
	answer_id(t, span_of(id, sizeof(id)));
	return run_unit(t, e);
}

/* Every agency of a program must lie in the scope. */
static bool
check_agencies(struct act *t, const json_t *with, struct err *e)
{
	json_t *list = json_object_get(with, "agencies"), *w;
	size_t i;

	json_array_foreach(list, i, w)
		if (!check_may(t, json_string_value(w), e))
			return false;
	return true;
}

static bool
do_program(struct act *t, struct err *e)
{
	static const char *const keys[] = { "name", "agencies", "kinds", "rights", "responsible", "expires", NULL };
	own_struct(buf) agencies = buf_new(4096);
	own_struct(buf) rights = buf_new(TEXT_MAX);
	own_struct(buf) kinds = buf_new(TEXT_MAX);
	const char *name, *responsible, *expires;
	unsigned char id[SHA256_LEN];
	const json_t *j = t->o->with;
	int64_t until;

	if (!check_one_subject(t, e) || !subject_id(id, sizeof(id), &t->o->subject[0], "hash of a key", e) ||
	    !check_with_hash(t, e) || !json_only(j, keys, e) || !json_take_str(&name, j, "name", e) ||
	    !json_take_str(&responsible, j, "responsible", e) || !json_take_str(&expires, j, "expires", e) || !time_parse(&until, expires, e) ||
	    !take_words(&agencies, j, "agencies", agency_known, t->a->policy, e) || !take_words(&kinds, j, "kinds", kind_known, t->a->policy, e) ||
	    !take_words(&rights, j, "rights", right_word, t->a->policy, e))
		return false;
	if (name[0] == '\0' || strlen(name) >= TEXT_MAX || responsible[0] == '\0' || strlen(responsible) >= TEXT_MAX || until <= t->now)
		return fail(e, ERR_INPUT, "a program has a name, a responsible person and an end in the future");
	if (!check_agencies(t, j, e))
		return false;
	put_accept(t);
	reg_verb(&t->unit, "program.register");
	reg_text(&t->unit, "org", t->signer_agency);
	reg_bytes(&t->unit, "id", span_of(id, sizeof(id)));
	reg_text(&t->unit, "name", name);
	reg_text(&t->unit, "agencies", buf_str(&agencies));
	reg_text(&t->unit, "kinds", buf_str(&kinds));
	reg_text(&t->unit, "rights", buf_str(&rights));
	reg_text(&t->unit, "responsible", responsible);
	reg_int(&t->unit, "expires", until);
	answer_id(t, span_of(id, sizeof(id)));
	return run_unit(t, e);
}

static const struct { const char *verb; bool (*run)(struct act *, struct err *); } verbs[] = {
	{ "cert.approve", do_approve }, { "cert.reject", do_reject }, { "cert.revoke", do_revoke },
	{ "cert.suspend", do_suspend }, { "cert.resume", do_resume },
	{ "key.block", do_block },
	{ "person.appoint", do_appoint }, { "person.end", do_end }, { "program.register", do_program },
};

/* Orders act at once; only the end of an appointment may lie ahead. */
static bool
check_effective(const struct act *t, struct err *e)
{
	if (t->o->effective <= t->o->expires || strcmp(t->o->verb, "person.end") == 0)
		return true;
	return fail(e, ERR_POLICY, "an order %s acts at once; its \"effective\" lies in the future", t->verb->id);
}

static bool
run_verb(struct act *t, struct err *e)
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

	if (!find_signer(&t, &cert, e) || !order_open(&o, cms, cert, e) ||
	    !appointments_read(a, t.person, t.appointment, &t.nappointments, e))
		return false;
	json_object_set_new(j, "done", json_string(o.verb));
	t.unit = unit;
	good = run_verb(&t, e);
	unit = t.unit;
	if (!good)
		return false;
	json_write(answer, j);
	return buf_ok(answer, "answer", e);
}
