/*
 * Prepare and finish (permit_life.h): the officer's three steps.
 *
 * What is to be signed follows from the draft, the officer's certificate, the
 * appointment and the time of preparing; only those are kept, once, for five
 * minutes, and finish makes the same octets again.  Nothing but session and
 * signatures is accepted from the other side.
 */
#include "signer/permit_life.h"

#include "base/clock.h"
#include "base/cms.h"
#include "base/crew.h"
#include "base/fault.h"
#include "verifier/ticket.h"
#include "verifier/xades_write.h"

#include <stdio.h>
#include <stdlib.h>

#define BATCH_MAX TICKET_DOCUMENTS_MAX
#define SESSION_SECS TICKET_LIFE_SECS
_Static_assert(KIND_TURNS_MAX <= XADES_OFFICERS_MAX, "every officer of a kind has room in a permit");

/* One document of a batch, as prepare and finish see it. */
struct piece {
	unsigned char handle[HANDLE_LEN];
	struct reg_rows rows;
	struct permit_row permit;
	const struct turn *turn;
	size_t nth;			/* of the officers who sign, the first is 1 */
	struct appointment appointment;
	struct xades_tbs tbs;
};

#define OFFICER_ID 24
static void
officer_id(char out[OFFICER_ID], const struct piece *p)
{
	snprintf(out, OFFICER_ID, "officer-%u", (unsigned char)p->nth);
}

static void
piece_drop(struct piece *p)
{
	reg_rows_drop(&p->rows);
	xades_tbs_drop(&p->tbs);
}

static void
pieces_free(struct piece *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		piece_drop(&p[i]);
	free(p);
}

static bool
make_tbs(struct piece *p, const struct service *s, const struct active_cert *officer, int64_t time, struct err *e)
{
	char id[OFFICER_ID];
	struct xades_signer signer = { .id = id, .certificate = buf_span(&officer->der), .time = time,
		.title = p->appointment.title, .mode = p->appointment.mode };
	struct xades_target targets[XADES_TARGETS_MAX];
	size_t n;

	officer_id(id, p);
	memcpy(signer.policy_hash, s->policy->hash, sizeof(signer.policy_hash));
	if (!xades_alg_of(&signer.alg, X509_get0_pubkey(officer->cert), e))
		return false;
	return xades_officer_targets(targets, &n, p->permit.content, p->permit.officers, e) && xades_prepare(&p->tbs, &signer, targets, n, e);
}

/* Whose turn it is: as many have signed as there are signatures. */
static bool
take_turn(struct piece *p, const struct service *s, int32_t day, struct err *e)
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

/* Refused early; the register refuses it in any case. */
static bool
not_signed_before(const struct piece *p, const struct service *s, const char *person, struct err *e)
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
	const struct turn *t;
	struct appointment ignored;
	struct err why;

	if (e->class != ERR_POLICY)
		return false;
	r.title = NULL;
	if (appointment_find(&ignored, s, &r, &why))
		return fail_by(e, &title);
	for (size_t i = 0; (t = kind_turn(r.kind, i, r.day)) != NULL; i++) {
		r.turn = t;
		if (t != p->turn && appointment_find(&ignored, s, &r, &why))
			return fail_rule(e, &other, "this is the turn of officer %zu, and this person signs in that of another; modes of this turn:%s", p->nth, p->turn->modes);
	}
	return false;
}

/* The appointment with which this person signs now.  The certificate must say the same:
 * what verifies alone says it (verifier/judge.c), and a number is not used up for less. */
static bool
find_appointment(struct appointment *out, const struct piece *p, const struct service *s, const struct active_cert *officer, int32_t day, struct err *e)
{
	static const struct err_rule agency = { ERR_POLICY, "the certificate is of an agency that is neither the permit's nor one above it", "certificate-agency", "chứng thư số không thuộc cơ quan cấp giấy phép hoặc cơ quan cấp trên" };
	const struct right r = { .person = officer->person, .roles = "officer", .agency = p->permit.agency, .title = officer->title,
		.kind = policy_kind(s->policy, p->permit.kind), .turn = p->turn, .day = day };

	if (!appointment_find(out, s, &r, e))
		return no_appointment(p, s, r, e);
	return agency_within(p->permit.agency, officer->agency) || fail_by(e, &agency);
}

/* The right to sign this draft, now. */
static bool
piece_take(struct piece *p, const struct service *s, const struct program *asks, const struct active_cert *officer, int64_t now, struct err *e)
{
	int32_t day = day_in_vietnam(now);

	if (!permit_for_program(s, asks, &p->rows, &p->permit, p->handle, e))
		return false;
	return take_turn(p, s, day, e) && not_signed_before(p, s, officer->person, e) && find_appointment(&p->appointment, p, s, officer, day, e);
}

static bool
officer_of(struct active_cert *out, const struct service *s, struct span der, int64_t now, struct err *e)
{
	own(X509) *cert = NULL;
	own_struct(buf) serial = buf_new(128);

	if (!cert_from_der(&cert, der, e))
		return fail_in(e, "the officer's certificate");
	serial_hex(&serial, X509_get0_serialNumber(cert));
	if (!active_cert_find(out, s, buf_str(&serial), now, e))
		return false;
	if (!span_eq(buf_span(&out->der), der))
		return fail(e, ERR_POLICY, "this is not the certificate that was issued with its serial number");
	if (strcmp(out->profile, "official") != 0)
		return fail(e, ERR_POLICY, "a certificate of profile %s does not sign permits", out->profile);
	return true;
}

/* What it gives is the caller's to free, done or not. */
static bool
take_handles(struct piece **out, size_t *n, const char *request, struct err *e)
{
	static const char *const keys[] = { "handles", NULL };
	own(json_t) *j = NULL;
	json_t *list;

	if (!json_read(&j, span_str(request), e) || !json_only(j, keys, e) || !json_take_arr(&list, j, "handles", e))
		return false;
	if (json_array_size(list) < 1 || json_array_size(list) > BATCH_MAX)
		return fail(e, ERR_LIMIT, "1 to %d permits are prepared at once", BATCH_MAX);
	*n = json_array_size(list);
	*out = xalloc(*n * sizeof(**out));
	for (size_t i = 0; i < *n; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text == NULL || !hex_get_fixed((*out)[i].handle, HANDLE_LEN, span_str(text), e))
			return fail(e, ERR_INPUT, "\"handles\" is a list of 32 hex digits each");
		for (size_t k = 0; k < i; k++)
			if (memcmp((*out)[k].handle, (*out)[i].handle, HANDLE_LEN) == 0)
				return fail(e, ERR_INPUT, "a handle stands twice");
	}
	return true;
}

static json_t *
piece_refused(const struct piece *p, const struct err *why)
{
	char handle[HANDLE_HEX];

	hex_text(handle, span_of(p->handle, HANDLE_LEN));
	return result_json(handle, false, why, NULL);
}

/* A permit that cannot be signed now is told and left out, the others move up.  Where
 * that leaves none, the first one's refusal is the answer; where it is a fault of ours,
 * the whole waits. */
static bool
pieces_take(struct piece *p, size_t *n, json_t *refused, const struct service *s, const struct program *asks, const struct active_cert *officer,
    int64_t now, struct err *e)
{
	struct err first = { ERR_NONE, "" };
	size_t taken = 0;

	for (size_t i = 0; i < *n; i++) {
		struct piece one = p[i];

		p[i] = (struct piece){ .rows = { .left = 0 } };
		if (piece_take(&one, s, asks, officer, now, e) && make_tbs(&one, s, officer, now, e)) {
			p[taken++] = one;
			continue;
		}
		json_array_append_new(refused, piece_refused(&one, e));
		piece_drop(&one);
		(void)!fail_in(e, "permit %zu", i + 1);
		if (err_http(e->class) >= 500)
			return false;
		if (first.class == ERR_NONE)
			first = *e;
	}
	*n = taken;
	*e = first;
	return taken > 0;
}

static bool
make_ticket(struct buf *cms, const struct service *s, const struct piece *p, size_t n, const struct active_cert *officer,
    const unsigned char id[16], int64_t expires, struct err *e)
{
	struct ticket t = { .expires = expires, .n = n, .document = xalloc(n * sizeof(struct ticket_document)) };
	char **texts = xalloc(2 * n * sizeof(char *));
	own_struct(buf) json = buf_new(TICKET_MAX);
	bool good;

	memcpy(t.id, id, sizeof(t.id));
	key_id_of_cert(t.officer, officer->cert);
	for (size_t i = 0; i < n; i++) {
		texts[2 * i] = span_dup_str(p[i].permit.holder);
		texts[2 * i + 1] = span_dup_str(p[i].permit.dossier);
		t.document[i] = (struct ticket_document){ p[i].permit.kind, p[i].permit.agency, texts[2 * i], texts[2 * i + 1], { 0 } };
		memcpy(t.document[i].digest, p[i].tbs.digest, SHA256_LEN);
	}
	good = ticket_write(&json, &t, e) && cms_sign_attached(s->signer_key, s->signer, buf_span(&json), cms, e);
	for (size_t i = 0; i < 2 * n; i++)
		free(texts[i]);
	free(texts);
	ticket_drop(&t);
	return good;
}

static bool
put_session(const struct service *s, const unsigned char id[16], const struct piece *p, size_t n, const char *serial, int64_t now, struct err *e)
{
	own(json_t) *list = json_array();
	own(json_t) *j = NULL;
	own_struct(buf) body = buf_new(1 << 20);
	own_struct(reg_unit) u = reg_unit_new();

	for (size_t i = 0; i < n; i++) {
		char handle[HANDLE_HEX];

		hex_text(handle, span_of(p[i].handle, HANDLE_LEN));
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:I}", "handle", handle, "title", p[i].appointment.title, "mode", p[i].appointment.mode,
		    "turn", (json_int_t)p[i].nth));
	}
	j = json_pack("{s:s, s:I, s:O}", "serial", serial, "time", (json_int_t)now, "documents", list);
	promise(j != NULL);
	json_write(&body, j);
	reg_verb(&u, "session.put");
	reg_bytes(&u, "id", span_of(id, 16));
	reg_bytes(&u, "body", buf_span(&body));
	reg_int(&u, "expires", now + SESSION_SECS);
	return reg_run(s->reg, &u, NULL, e);
}

static json_t *
prepared_json(const struct piece *p, size_t n, json_t *refused, const unsigned char id[16], struct span cms, int64_t expires)
{
	json_t *list = json_array();
	own_struct(buf) ticket = buf_new(2 * TICKET_MAX);
	char session[33], text[TIME_TEXT];

	for (size_t i = 0; i < n; i++) {
		char handle[HANDLE_HEX], digest[2 * SHA256_LEN + 1];

		hex_text(handle, span_of(p[i].handle, HANDLE_LEN));
		hex_text(digest, span_of(p[i].tbs.digest, SHA256_LEN));
		json_array_append_new(list, json_pack("{s:s, s:s}", "handle", handle, "digest", digest));
	}
	base64_put(&ticket, cms);
	hex_text(session, span_of(id, 16));
	time_text_utc(text, expires);
	return json_pack("{s:s, s:s, s:s, s:o, s:O}", "session", session, "expires", text, "ticket", buf_str(&ticket), "documents", list, "refused", refused);
}

bool
prepare(json_t **out, const struct service *s, struct span who, const char *request, struct span der, int64_t now, struct err *e)
{
	struct active_cert officer = { .cert = NULL, .der = buf_new(1) };
	own_struct(program) asks = { .id = { 0 } };
	own_struct(buf) cms = buf_new(2 * TICKET_MAX);
	own_struct(buf) serial = buf_new(128);
	own(json_t) *refused = json_array();
	unsigned char id[16];
	struct piece *p = NULL;
	size_t n = 0, asked;
	bool good;

	good = program_find(&asks, s, who, RIGHT_READ, now, e) && officer_of(&officer, s, der, now, e) && take_handles(&p, &n, request, e);
	asked = n;
	good = good && pieces_take(p, &n, refused, s, &asks, &officer, now, e);
	if (good)
		serial_hex(&serial, X509_get0_serialNumber(officer.cert));
	good = good && random_bytes(id, sizeof(id), e) && put_session(s, id, p, n, buf_str(&serial), now, e);
	FAULT_POINT("signer.ticket");
	good = good && make_ticket(&cms, s, p, n, &officer, id, now + SESSION_SECS, e);
	if (good)
		*out = prepared_json(p, n, refused, id, buf_span(&cms), now + SESSION_SECS);
	pieces_free(p, asked);
	active_cert_drop(&officer);
	return good;
}

/*
 * Finish.
 */

/* B-LT: the stamp, the certificates that its path and the officer's need, the CRL. */
static bool
make_element(struct buf *out, const struct service *s, const struct piece *p, const struct active_cert *officer, int64_t time, struct span raw, struct err *e)
{
	char id[OFFICER_ID];
	struct xades_signer signer = { .id = id, .certificate = buf_span(&officer->der), .time = time,
		.title = p->appointment.title, .mode = p->appointment.mode, .alg = XADES_ECDSA_SHA256 };
	own_struct(lt_evidence) v = { .n = 0 };
	unsigned char imprint[SHA256_LEN];

	officer_id(id, p);

	memcpy(signer.policy_hash, s->policy->hash, sizeof(signer.policy_hash));
	xades_imprint(imprint, raw);
	FAULT_POINT("signer.officer-stamp");
	if (!lt_evidence_get(&v, s, officer->generation, imprint, e))
		return false;
	const struct xades_evidence evidence = { .stamp = buf_span(&v.stamp), .cert = v.cert, .ncerts = v.n, .crl = v.list, .ncrls = v.n + 1 };

	return xades_element(out, &signer, &p->tbs, raw, &evidence, e);
}

static bool
record_signed(const struct service *s, const struct piece *p, const struct active_cert *officer, struct span element, int32_t day, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	own_struct(buf) officers = buf_new(32u << 20);

	buf_put_span(&officers, p->permit.officers);
	buf_put_span(&officers, element);
	if (!buf_ok(&officers, "the officers' signatures", e))
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
	return ecdsa_verify(X509_get0_pubkey(officer->cert), span_of(p->tbs.digest, SHA256_LEN), buf_span(&der)) ||
	    fail(e, ERR_INPUT, "the signature is not the officer's over what was prepared");
}

/* The turn is the one that was prepared, and the right that prepare found is still
 * held: an appointment may have ended since. */
static bool
still_appointed(const struct service *s, struct piece *p, const struct active_cert *officer, int64_t turn, int32_t day, struct err *e)
{
	static const struct err_rule passed = { ERR_CONFLICT, "another officer has signed since this was prepared; prepare again", "turn-passed", "đã có người khác ký sau khi chuẩn bị; phải chuẩn bị lại" };
	struct appointment held;

	if (!take_turn(p, s, day, e))
		return false;
	if (turn != (int64_t)p->nth)
		return fail_by(e, &passed);
	if (!find_appointment(&held, p, s, officer, day, e))
		return false;
	return (strcmp(held.title, p->appointment.title) == 0 && strcmp(held.mode, p->appointment.mode) == 0) ||
	    fail(e, ERR_CONFLICT, "the officer's appointment has changed since this was prepared; prepare again");
}

static bool
finish_one(const struct service *s, const struct active_cert *officer, const json_t *document, const json_t *signatures, int64_t time, int64_t now, struct err *e)
{
	struct piece p = { .rows = { .left = 0 } };
	own_struct(buf) raw = buf_new(128);
	own_struct(buf) element = buf_new(32u << 20);
	const char *handle, *title, *mode, *signature = NULL;
	int32_t day = day_in_vietnam(now);
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
	    make_tbs(&p, s, officer, time, e) && check_signature(&p, officer, buf_span(&raw), e) &&
	    make_element(&element, s, &p, officer, time, buf_span(&raw), e) && record_signed(s, &p, officer, buf_span(&element), day, e);
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

	if (json_array_size(signatures) > BATCH_MAX)
		return fail(e, ERR_LIMIT, "at most %d signatures at once", BATCH_MAX);
	json_array_foreach(signatures, i, one) {
		if (!json_only(one, keys, e) || !json_take_str(&handle, one, "handle", e) || !json_take_str(&signature, one, "signature", e))
			return fail_in(e, "signature %zu", i + 1);
		if (strlen(handle) != HANDLE_HEX - 1 || strspn(handle, "0123456789abcdef") != HANDLE_HEX - 1)
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

static bool
take_session(json_t **out, const struct service *s, const char *id_hex, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	own_struct(reg_results) results = { .reply = msg_new(0, 1) };
	unsigned char id[16];
	struct span body;

	if (!hex_get_fixed(id, sizeof(id), span_str(id_hex), e))
		return fail_in(e, "\"session\"");
	reg_verb(&u, "session.take");
	reg_bytes(&u, "id", span_of(id, sizeof(id)));
	return reg_run(s->reg, &u, &results, e) && reg_result_span(&results, 0, "body", &body, e) && json_read(out, body, e);
}

/* Each document by itself, a few at once. */
struct finished { bool good; struct err why; };

struct finishing {
	const struct service *s;
	const struct active_cert *officer;
	const json_t *documents, *signatures;
	int64_t time, now;
	struct finished *result;
};

static void
finish_piece(void *state, size_t i)
{
	struct finishing *f = state;

	f->result[i].good = finish_one(f->s, f->officer, json_array_get(f->documents, i), f->signatures, f->time, f->now, &f->result[i].why);
}

bool
finish(json_t **out, const struct service *s, const char *request, int64_t now, struct err *e)
{
	static const char *const keys[] = { "session", "signatures", NULL };
	struct active_cert officer = { .cert = NULL, .der = buf_new(1) };
	own(json_t) *j = NULL;
	own(json_t) *session = NULL;
	json_t *signatures, *documents, *results, *document;
	struct finishing all;
	const char *id, *serial;
	int64_t time;
	size_t i;

	if (!json_read(&j, span_str(request), e) || !json_only(j, keys, e) || !json_take_str(&id, j, "session", e) || !json_take_arr(&signatures, j, "signatures", e) ||
	    !check_signatures(signatures, e))
		return false;
	if (!take_session(&session, s, id, e) || !json_take_str(&serial, session, "serial", e) || !json_take_int(&time, session, "time", e) ||
	    !json_take_arr(&documents, session, "documents", e))
		return false;
	/* Revoked between prepare and finish: nothing is made of it. */
	if (!active_cert_find(&officer, s, serial, now, e))
		return false;
	all = (struct finishing){ s, &officer, documents, signatures, time, now, xalloc(json_array_size(documents) * sizeof(*all.result)) };
	crew_run(SEAL_CREW, json_array_size(documents), finish_piece, &all);
	results = json_array();
	json_array_foreach(documents, i, document)
		json_array_append_new(results, result_json(json_string_value(json_object_get(document, "handle")), all.result[i].good, &all.result[i].why, NULL));
	put_unprepared(results, documents, signatures);
	free(all.result);
	active_cert_drop(&officer);
	*out = json_pack("{s:o}", "results", results);
	return true;
}
