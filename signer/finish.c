/*
 * Finish (permit_life.h): the last of the officer's three steps.
 *
 * Nothing but session and signatures is accepted from the other side; each document is
 * looked at again, for itself, and recorded or refused.
 */
#include "signer/session.h"
#include "signer/turn.h"

#include "base/clock.h"
#include "base/crew.h"
#include "base/fault.h"
#include "base/log.h"
#include "verifier/proved.h"
#include "verifier/ticket.h"

#include <stdio.h>
#include <stdlib.h>

/* prepared: the time in the signature.  until: monotonic ms, how long stamps are waited for. */
struct moment { int64_t prepared, now, until; };

/* B-LT: the stamp, the certificates that its path and the officer's need, the CRL. */
static bool
make_element(struct buf *out, const struct service *s, const struct piece *p, const struct active_cert *officer, const struct moment *m, struct span raw, struct err *e)
{
	char id[PIECE_ID];
	struct xades_signer signer = { .id = id, .certificate = buf_span(&officer->der), .time = m->prepared,
		.title = p->appointment.title, .mode = p->appointment.mode, .alg = XADES_ECDSA_SHA256 };
	own_struct(lt_evidence) v = { .ncerts = 0 };
	const struct lt_wish w = { .kind = p->permit.kind, .generation = officer->generation, .value = raw, .signed_at = m->prepared, .until = m->until };

	piece_id(id, p);
	memcpy(signer.policy_hash, s->policy->hash, sizeof(signer.policy_hash));
	FAULT_POINT("signer.officer-stamp");
	if (!lt_evidence_get(&v, s, &w, e))
		return false;
	const struct xades_evidence evidence = { .stamp = buf_span(&v.stamp), .cert = v.cert, .ncerts = v.ncerts, .crl = v.crl, .ncrls = v.ncrls };

	return xades_element(out, &signer, &p->tbs, raw, &evidence, e);
}

static bool
record_signed(const struct service *s, const struct piece *p, const struct active_cert *officer, struct span element, int32_t day, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	own_struct(buf) officers = buf_new(32u << 20);

	buf_put_span(&officers, p->permit.officers);
	buf_put_span(&officers, element);
	if (!buf_ok(&officers, "the officers' signatures", e) || !seal_has_room(p->permit.content.len, officers.len, element.len, e))
		return false;
	reg_verb(&u, "permit.officer_signed");
	reg_bytes(&u, "handle", span_of(p->handle, HANDLE_LEN));
	reg_text(&u, "agency", p->permit.agency);
	reg_text(&u, "kind", p->permit.kind);
	reg_bytes(&u, "officers", buf_span(&officers));
	reg_text(&u, "person", officer->person);
	reg_bytes(&u, "serial", span_of(ASN1_STRING_get0_data(X509_get0_serialNumber(officer->cert)), (size_t)ASN1_STRING_length(X509_get0_serialNumber(officer->cert))));
	reg_int(&u, "turn", (int64_t)p->nth);
	reg_int(&u, "waits", kind_turn(policy_kind(s->policy, p->permit.kind), p->nth, day) != NULL);
	FAULT_POINT("signer.officer-record");
	return reg_run(s->reg, &u, NULL, e);
}

/* A signature from outside, checked before anything is made of it. */
static bool
check_signature(const struct piece *p, const struct active_cert *officer, struct span raw, struct err *e)
{
	own_struct(buf) der = buf_new(128);

	if (!ecdsa_raw_to_der(&der, raw, e))
		return false;
	return proved_ecdsa(span_of(p->tbs.digest, SHA256_LEN), buf_span(&der), officer->cert) ||
	    fail(e, ERR_INPUT, "the signature is not the officer's over what was prepared");
}

/* The turn is the one that was prepared, and the right that prepare found is still
 * held: an appointment may have ended since. */
static bool
still_appointed(const struct service *s, struct piece *p, const struct active_cert *officer, int64_t turn, int32_t day, struct err *e)
{
	static const struct err_rule passed = { ERR_CONFLICT, "another officer has signed since this was prepared; prepare again", "turn-passed", "đã có người khác ký sau khi chuẩn bị; phải chuẩn bị lại" };
	struct appointment held;

	if (!piece_turn(p, s, day, e))
		return false;
	if (turn != (int64_t)p->nth)
		return fail_by(e, &passed);
	if (!piece_right(&held, p, s, officer, day, e))
		return false;
	return (strcmp(held.title, p->appointment.title) == 0 && strcmp(held.mode, p->appointment.mode) == 0) ||
	    fail(e, ERR_CONFLICT, "the officer's appointment has changed since this was prepared; prepare again");
}

static bool
finish_one(const struct service *s, const struct active_cert *officer, const json_t *document, const json_t *signatures, const struct moment *m, struct err *e)
{
	struct piece p = { .rows = { .left = 0 } };
	own_struct(buf) raw = buf_new(128);
	own_struct(buf) element = buf_new(32u << 20);
	const char *handle, *title, *mode, *signature = NULL;
	int32_t day = day_in_vietnam(m->now);
	int64_t turn;
	size_t i;
	json_t *one;
	bool good;

	if (!json_take_str(&handle, document, "handle", e) || !json_take_str(&title, document, "title", e) || !json_take_str(&mode, document, "mode", e) || !json_take_int(&turn, document, "turn", e) ||
	    !hex_get_fixed(p.handle, HANDLE_LEN, span_str(handle), e))
		return false;
	json_array_foreach(signatures, i, one) {
		const char *of = json_string_value(json_object_get(one, "handle"));

		if (of != NULL && strcmp(of, handle) == 0)
			signature = json_string_value(json_object_get(one, "signature"));
	}
	if (signature == NULL)
		return fail(e, ERR_INPUT, "no signature came for this permit");
	snprintf(p.appointment.title, sizeof(p.appointment.title), "%s", title);
	snprintf(p.appointment.mode, sizeof(p.appointment.mode), "%s", mode);
	good = base64_get(&raw, span_str(signature), e) && permit_by_handle(s, &p.rows, &p.permit, p.handle, e) && still_appointed(s, &p, officer, turn, day, e) &&
	    piece_tbs(&p, s, officer, m->prepared, e) && check_signature(&p, officer, buf_span(&raw), e) &&
	    make_element(&element, s, &p, officer, m, buf_span(&raw), e) && record_signed(s, &p, officer, buf_span(&element), day, e);
	piece_drop(&p);
	return good;
}

/* Before the session is used up: each signature has its permit, and no permit two. */
static bool
check_signatures(const json_t *signatures, struct err *e)
{
	static const char *const keys[] = { "handle", "signature", NULL };
	own(json_t) *seen = json_object();
	const char *handle, *signature;
	json_t *one;
	size_t i;

	if (json_array_size(signatures) > TICKET_DOCUMENTS_MAX)
		return fail(e, ERR_LIMIT, "at most %d signatures at once", TICKET_DOCUMENTS_MAX);
	json_array_foreach(signatures, i, one) {
		if (!json_only(one, keys, e) || !json_take_str(&handle, one, "handle", e) || !json_take_str(&signature, one, "signature", e))
			return fail_in(e, "signature %zu", i + 1);
		if (!hex_is(handle, HANDLE_LEN))
			return fail(e, ERR_INPUT, "signature %zu: a handle is 32 hex digits", i + 1);
		if (json_object_get(seen, handle) != NULL)
			return fail(e, ERR_INPUT, "signature %zu: a second one for the same permit", i + 1);
		json_object_set_new(seen, handle, json_true());
	}
	return true;
}

/* Of permits that this session does not have, signatures come to nothing, and are told so. */
static void
put_unprepared(json_t *results, const json_t *documents, const json_t *signatures)
{
	own(json_t) *prepared = json_object();
	json_t *one;
	struct err e;
	size_t i;

	(void)!fail(&e, ERR_INPUT, "this permit was not prepared in this session");
	json_array_foreach(documents, i, one)
		json_object_set_new(prepared, json_string_value(json_object_get(one, "handle")), json_true());
	json_array_foreach(signatures, i, one) {
		const char *handle = json_string_value(json_object_get(one, "handle"));

		if (json_object_get(prepared, handle) == NULL)
			json_array_append_new(results, result_json(handle, false, &e, NULL));
	}
}

/* Each document by itself, a few at once. */
struct finished { bool good; struct err why; };

struct finishing {
	const struct service *s;
	const struct active_cert *officer;
	const json_t *documents, *signatures;
	struct moment moment;
	struct finished *result;
};

static void
finish_piece(void *state, size_t i)
{
	struct finishing *f = state;

	f->result[i].good = finish_one(f->s, f->officer, json_array_get(f->documents, i), f->signatures, &f->moment, &f->result[i].why);
}

static bool
waits(const struct finished *x)
{
	return !x->good && stamp_waits(&x->why);
}

/* What waits for its time stamp keeps the session, for the time that it had: the same
 * signatures, handed in again, are completed then, and the officer signs nothing anew.
 * They are not kept here: a signature is recorded whole, with its evidence, or not.
 * Without the session nothing waits. */
static void
put_waiting(const struct finishing *f, struct session *session)
{
	size_t n = json_array_size(f->documents);
	json_t *waiting = json_array();
	struct err e;

	for (size_t i = 0; i < n; i++)
		if (waits(&f->result[i]))
			json_array_append(waiting, json_array_get(f->documents, i));
	json_decref(session->documents);
	session->documents = waiting;
	if (json_array_size(waiting) == 0 || session_put(f->s, session, &e))
		return;
	for (size_t i = 0; i < n; i++)
		if (waits(&f->result[i]))
			f->result[i].why = e;
	log_warn("what waits for its time stamp must be signed again: %s", e.text);
}

bool
finish(json_t **out, const struct service *s, const char *request, int64_t now, struct err *e)
{
	static const char *const keys[] = { "session", "signatures", NULL };
	struct active_cert officer = { .cert = NULL, .der = buf_new(1) };
	own_struct(session) session = { .documents = NULL };
	own(json_t) *j = NULL;
	own(json_t) *documents = NULL;
	json_t *signatures, *results, *document;
	struct finishing all;
	const char *id;
	size_t i;

	if (!json_read(&j, span_str(request), e) || !json_only(j, keys, e) || !json_take_str(&id, j, "session", e) || !json_take_arr(&signatures, j, "signatures", e) ||
	    !check_signatures(signatures, e) || !session_take(&session, s, id, e))
		return false;
	/* Revoked between prepare and finish: nothing is made of it. */
	if (!active_cert_find(&officer, s, session.serial, now, e))
		return false;
	documents = json_incref(session.documents);
	all = (struct finishing){ s, &officer, documents, signatures, { session.time, now, clock_mono_ms() + STAMP_PATIENCE_MS },
		xalloc(json_array_size(documents) * sizeof(*all.result)) };
	crew_run(SEAL_CREW, json_array_size(documents), finish_piece, &all);
	put_waiting(&all, &session);
	results = json_array();
	json_array_foreach(documents, i, document)
		json_array_append_new(results, result_json(json_string_value(json_object_get(document, "handle")), all.result[i].good, &all.result[i].why, NULL));
	put_unprepared(results, documents, signatures);
	free(all.result);
	active_cert_drop(&officer);
	*out = json_pack("{s:o}", "results", results);
	return true;
}
