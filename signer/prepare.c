/*
 * Prepare (permit_life.h): the first of the officer's three steps.
 *
 * What is to be signed follows from the draft, the officer's certificate, the
 * appointment and the time of preparing (turn.h); only those are kept, once, for five
 * minutes, and finish.c makes the same octets again.
 */
#include "signer/session.h"
#include "signer/turn.h"

#include "base/clock.h"
#include "base/cms.h"
#include "base/fault.h"

#include <stdio.h>
#include <stdlib.h>

#define BATCH_MAX TICKET_DOCUMENTS_MAX

static void
pieces_free(struct piece *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		piece_drop(&p[i]);
	free(p);
}

/* The right to sign this draft, now. */
static bool
piece_take(struct piece *p, const struct service *s, const struct program *asks, const struct active_cert *officer, int64_t now, struct err *e)
{
	int32_t day = day_in_vietnam(now);

	if (!permit_for_program(s, asks, &p->rows, &p->permit, p->handle, e))
		return false;
	return piece_turn(p, s, day, e) && piece_not_signed(p, s, officer->person, e) && piece_right(&p->appointment, p, s, officer, day, e);
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
		if (piece_take(&one, s, asks, officer, now, e) && piece_tbs(&one, s, officer, now, e)) {
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
	struct { char *holder, *dossier, *converted; } *texts = xalloc(n * sizeof(*texts));
	own_struct(buf) json = buf_new(TICKET_MAX);
	bool good;

	memcpy(t.id, id, sizeof(t.id));
	key_id_of_cert(t.officer, officer->cert);
	for (size_t i = 0; i < n; i++) {
		const struct permit_row *row = &p[i].permit;

		texts[i].holder = span_dup_str(row->holder);
		texts[i].dossier = span_dup_str(row->dossier);
		texts[i].converted = row->converted.len > 0 ? span_dup_str(row->converted) : NULL;
		t.document[i] = (struct ticket_document){ row->kind, row->agency, texts[i].holder, texts[i].dossier, texts[i].converted, { 0 } };
		memcpy(t.document[i].digest, p[i].tbs.digest, SHA256_LEN);
	}
	good = ticket_write(&json, &t, e) && cms_sign_attached(s->signer_key, s->signer, buf_span(&json), cms, e);
	for (size_t i = 0; i < n; i++) {
		free(texts[i].holder);
		free(texts[i].dossier);
		free(texts[i].converted);
	}
	free(texts);
	ticket_drop(&t);
	return good;
}

static bool
put_session(const struct service *s, const unsigned char id[16], const struct piece *p, size_t n, const char *serial, int64_t now, struct err *e)
{
	own_struct(session) x = { .time = now, .documents = json_array() };

	memcpy(x.id, id, sizeof(x.id));
	snprintf(x.serial, sizeof(x.serial), "%s", serial);
	for (size_t i = 0; i < n; i++) {
		char handle[HANDLE_HEX];

		hex_text(handle, span_of(p[i].handle, HANDLE_LEN));
		json_array_append_new(x.documents, json_pack("{s:s, s:s, s:s, s:I}", "handle", handle, "title", p[i].appointment.title, "mode", p[i].appointment.mode,
		    "turn", (json_int_t)p[i].nth));
	}
	return session_put(s, &x, e);
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
