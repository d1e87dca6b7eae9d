/*
 * antin permit sign HANDLE... -- an officer signs permits, up to 500 of them under one
 * ticket, any number under one PIN.
 *
 * Signing shows the lines of the ticket, which the service signer's key (pinned
 * by --service-certificate) vouches for, and signs the ticket's digests and no
 * others: from the front end it believes nothing else.
 *
 * Each permit succeeds or fails by itself, and of each one the service says what became of
 * it, or this is an error.  A token that is slow, or fails on the way, loses nothing:
 * before the ticket expires what is signed is handed in, and the rest is prepared and shown
 * anew; a person who was slow finds the same.  Nobody is asked twice about the same line.
 */
#include "api/cli/command.h"
#include "api/cli/http.h"
#include "api/cli/keyboard.h"
#include "api/cli/permit_handles.h"

#include "base/clock.h"
#include "base/file.h"
#include "verifier/ticket.h"

#include <stdio.h>
#include <time.h>

#define HAND_IN_SECS 60			/* before the ticket's end */
#define TELL_MS 1000
#define AGAIN_SECS 3			/* until signatures are handed in again whose time stamps are waited for */
#define SEND_SECS 20			/* before the session's end, not any more */

/* What lasts over all tickets; zeroed: nothing yet. */
struct signing {
	const struct args *a;
	struct http_service service;
	X509 *cert, *vouching;
	unsigned char officer[KEY_ID_LEN];
	struct token *token;
	struct token_key key;
	json_t *results;
	json_t *agreed;			/* lines that a person said yes to and that are not signed: how many of each */
	size_t signed_, refused;
};

static void
signing_drop(struct signing *s)
{
	http_service_drop(&s->service);
	X509_free(s->cert);
	X509_free(s->vouching);
	token_drop(&s->token);
	json_decref(s->results);
	json_decref(s->agreed);
}

static bool
load_cert(X509 **out, const struct args *a, const char *option, struct err *e)
{
	own_struct(buf) text = buf_new(1 << 16);
	const char *path;

	return args_need(a, option, &path, e) && file_read(&text, path, e) && cert_from_any(out, buf_span(&text), e);
}

static void
tell_result(struct signing *s, json_t *result, bool done)
{
	*(done ? &s->signed_ : &s->refused) += 1;
	json_array_append(s->results, result);
	if (!s->a->json)
		printf("%s %s%s\n", json_text(result, "handle"), done ? "signed" : "refused: ", done ? "" : json_text(result, "text"));
}

/*
 * One ticket.
 */

static bool
ask_prepare(json_t **out, const struct signing *s, const json_t *handles, struct err *e)
{
	own_struct(buf) der = buf_new(1 << 16);
	own_struct(buf) text = buf_new(1 << 17);
	own(json_t) *ask = NULL;

	cert_to_der(&der, s->cert);
	base64_put(&text, buf_span(&der));
	ask = json_pack("{s:O, s:s}", "handles", handles, "certificate", buf_str(&text));
	return http_json(out, &s->service, "POST", "/v1/permits/prepare", ask, e);
}

/* As a document is shown. */
static char *
line_of(const struct ticket_document *d)
{
	return xprintf("%s | %s | %s | %s%s%s", d->kind, d->agency, d->dossier, d->holder,
	    d->converted != NULL ? " | chuyển từ bảng mã / converted from " : "", d->converted ?: "");
}

static void
count_line(json_t *lines, const char *line, int more)
{
	json_object_set_new(lines, line, json_integer(json_integer_value(json_object_get(lines, line)) + more));
}

/* *fresh: how many of its lines were not agreed to before; about those a person is asked. */
static bool
show_ticket(struct signing *s, const struct ticket *t, size_t *fresh, struct err *e)
{
	own(json_t) *before = json_deep_copy(s->agreed);
	char answer[16] = "";

	*fresh = 0;
	for (size_t i = 0; i < t->n; i++) {
		own_str char *line = line_of(&t->document[i]);
		bool known = json_integer_value(json_object_get(before, line)) > 0;

		fprintf(stderr, "  %zu/%zu  %s\n", i + 1, t->n, line);
		*fresh += !known;
		count_line(known ? before : s->agreed, line, known ? -1 : 1);
	}
	if (*fresh == 0 || args_has(s->a, "yes"))
		return true;
	fprintf(stderr, *fresh == t->n ? "sign these %zu documents? (yes/no) " : "sign these, %zu of them shown for the first time? (yes/no) ", *fresh);
	if (fgets(answer, sizeof(answer), stdin) == NULL || strcmp(answer, "yes\n") != 0)
		return fail(e, ERR_POLICY, "not signed");
	return true;
}

/* Before anything is signed: what the service names is what the ticket names, in its order. */
static bool
check_documents(const json_t *documents, const struct ticket *t, struct err *e)
{
	unsigned char digest[SHA256_LEN];

	if (json_array_size(documents) != t->n)
		return fail(e, ERR_POLICY, "the service names other documents than its ticket");
	for (size_t i = 0; i < t->n; i++) {
		if (!json_take_hex(digest, SHA256_LEN, json_array_get(documents, i), "digest", e))
			return false;
		if (memcmp(digest, t->document[i].digest, SHA256_LEN) != 0)
			return fail(e, ERR_POLICY, "a digest that the ticket does not name there; nothing was signed");
	}
	return true;
}

/* Each permit that was asked for is prepared or refused, and no other. */
static bool
check_prepared(const json_t *prepared, const json_t *handles, struct err *e)
{
	static const char *const lists[] = { "documents", "refused" };
	own(json_t) *left = json_object();
	json_t *one;
	size_t i;

	json_array_foreach(handles, i, one)
		json_object_set_new(left, json_string_value(one), json_true());
	for (size_t k = 0; k < sizeof(lists) / sizeof(lists[0]); k++)
		json_array_foreach(json_object_get(prepared, lists[k]), i, one)
			if (json_object_del(left, json_text(one, "handle")) != 0)
				return fail(e, ERR_POLICY, "the service names a permit that was not asked for, or twice; nothing of this ticket was signed");
	return json_object_size(left) == 0 ||
	    fail(e, ERR_POLICY, "of %zu permits the service says nothing; nothing of this ticket was signed", json_object_size(left));
}

static bool
sign_one(json_t *out, struct signing *s, const json_t *document, struct err *e)
{
	unsigned char digest[SHA256_LEN];
	own_struct(buf) raw = buf_new(128), text = buf_new(256);

	if (!json_take_hex(digest, SHA256_LEN, document, "digest", e) || !token_sign(s->token, &s->key, span_of(digest, SHA256_LEN), &raw, NULL, e))
		return false;
	base64_put(&text, buf_span(&raw));
	json_array_append_new(out, json_pack("{s:O, s:s}", "handle", json_object_get(document, "handle"), "signature", buf_str(&text)));
	return true;
}

/* Those that time and token allow, in their order, which may be none; fails with the first
 * that the token refused, of which those before stand in out. */
static bool
sign_documents(json_t *out, struct signing *s, const json_t *documents, int64_t until, struct err *e)
{
	size_t n = json_array_size(documents);
	int64_t told = clock_mono_ms();

	for (size_t i = 0; i < n && clock_now() < until; i++) {
		if (!sign_one(out, s, json_array_get(documents, i), e))
			return false;
		if (clock_mono_ms() - told < TELL_MS && i + 1 < n)
			continue;
		told = clock_mono_ms();
		if (n > 1)
			fprintf(stderr, "  signed by the token: %zu of %zu\n", i + 1, n);
	}
	return true;
}

#define NOT_KNOWN "what became of them is not known (antin permit list --state signed)"

/* A refusal of the whole comes before anything is recorded; every other failure leaves that open. */
static bool
ask_finish(json_t **out, const struct signing *s, const char *session, json_t *signatures, struct err *e)
{
	own(json_t) *ask = json_pack("{s:s, s:O}", "session", session, "signatures", signatures), *refused = NULL;
	own_struct(buf) body = buf_new(JSON_MAX), answer = buf_new(HTTP_ANSWER_MAX);

	json_write(&body, ask);
	if (http_call(&answer, &(struct http_request){ .service = &s->service, .method = "POST", .path = "/v1/permits/finish", .type = "application/json",
	    .body = buf_span(&body), .accept = "application/json", .refused = &refused }, e) && json_read(out, buf_span(&answer), e))
		return true;
	if (refused != NULL && err_http(e->class) < 500)
		return fail_in(e, "%zu signatures were handed in, nothing was recorded", json_array_size(signatures));
	return fail_in(e, "%zu signatures were handed in, " NOT_KNOWN, json_array_size(signatures));
}

/* What was handed in and waits for its time stamp, to be handed in again. */
static json_t *
waiting_of(const json_t *signatures, const json_t *results)
{
	own(json_t) *waits = json_object();
	json_t *list = json_array(), *one;
	size_t i;

	json_array_foreach(results, i, one)
		if (strcmp(json_text(one, "code"), "stamp-waits") == 0)
			json_object_set_new(waits, json_text(one, "handle"), json_true());
	json_array_foreach(signatures, i, one)
		if (json_object_get(waits, json_text(one, "handle")) != NULL)
			json_array_append(list, one);
	return list;
}

/* The results of what was handed in and need not be again; what was not has none yet. */
static bool
tell_results(struct signing *s, const json_t *results, const json_t *signatures, const json_t *again, struct err *e)
{
	own(json_t) *left = json_object();
	json_t *one;
	size_t i;

	json_array_foreach(signatures, i, one)
		json_object_set_new(left, json_text(one, "handle"), json_true());
	json_array_foreach(again, i, one)
		json_object_del(left, json_text(one, "handle"));
	json_array_foreach(results, i, one)
		if (json_object_del(left, json_text(one, "handle")) == 0)
			tell_result(s, one, json_is_true(json_object_get(one, "done")));
	return json_object_size(left) == 0 ||
	    fail(e, ERR_LATER, "of %zu signatures that were handed in the service says nothing of %zu; " NOT_KNOWN, json_array_size(signatures), json_object_size(left));
}

/* The same signatures again while their time stamps are waited for, as long as the
 * session lasts: nobody signs anything anew. */
static bool
hand_in(struct signing *s, const char *session, json_t *signatures, int64_t until, struct err *e)
{
	own(json_t) *left = json_incref(signatures);

	while (json_array_size(left) > 0) {
		own(json_t) *answer = NULL;
		json_t *again;

		if (!ask_finish(&answer, s, session, left, e))
			return false;
		again = clock_now() < until ? waiting_of(left, json_object_get(answer, "results")) : json_array();
		if (!tell_results(s, json_object_get(answer, "results"), left, again, e)) {
			json_decref(again);
			return false;
		}
		json_decref(left);
		left = again;
		if (json_array_size(again) > 0) {
			fprintf(stderr, "  đang chờ dấu thời gian (%zu); nothing need be signed again\n", json_array_size(again));
			nanosleep(&(struct timespec){ .tv_sec = AGAIN_SECS }, NULL);
		}
	}
	return true;
}

static bool
token_ready(struct signing *s, struct err *e)
{
	return s->token != NULL || (keyboard_token(&s->token, s->a, e) && keyboard_key(&s->key, s->token, s->cert, e));
}

/* Gives the rest, for which time was too short: the handles at the end of documents. */
static json_t *
unsigned_of(const json_t *documents, size_t from)
{
	json_t *rest = json_array();

	for (size_t i = from; i < json_array_size(documents); i++)
		json_array_append(rest, json_object_get(json_array_get(documents, i), "handle"));
	return rest;
}

/* Whoever was asked may have been slow; where nobody was, time is not what was lacking. */
static bool
check_late(bool asked, struct err *e)
{
	if (!asked)
		return fail(e, ERR_LATER, "the ticket expires before anything can be signed; is this machine's clock right?");
	fprintf(stderr, "  the ticket is too old by now, nothing was signed; these are prepared anew\n");
	return true;
}

static bool
sign_ticket(json_t **rest, struct signing *s, const json_t *prepared, const struct ticket *t, struct err *e)
{
	own(json_t) *signatures = json_array();
	struct err why = { ERR_NONE, "" };
	bool all, pin = s->token == NULL;
	json_t *documents;
	const char *session;
	size_t fresh, n;

	if (!json_take_str(&session, prepared, "session", e) || !json_take_arr(&documents, prepared, "documents", e) || !check_documents(documents, t, e) ||
	    !show_ticket(s, t, &fresh, e) || !token_ready(s, e))
		return false;
	all = sign_documents(signatures, s, documents, t->expires - HAND_IN_SECS, &why);
	n = json_array_size(signatures);
	if (n > 0 && !hand_in(s, session, signatures, t->expires - SEND_SECS, e))
		return false;
	if (!all) {
		*e = why;
		return fail_in(e, "after %zu signatures", n);
	}
	for (size_t i = 0; i < n; i++) {
		own_str char *line = line_of(&t->document[i]);

		count_line(s->agreed, line, -1);
	}
	if (n == 0 && !check_late(fresh > 0 || pin, e))
		return false;
	*rest = unsigned_of(documents, n);
	return true;
}

static bool
sign_prepared(json_t **rest, struct signing *s, const json_t *prepared, const json_t *handles, struct err *e)
{
	own_struct(buf) cms = buf_new(2 * TICKET_MAX);
	const char *ticket;
	struct ticket t;
	json_t *one;
	size_t i;
	bool good;

	if (!check_prepared(prepared, handles, e) || !json_take_str(&ticket, prepared, "ticket", e) || !base64_get(&cms, span_str(ticket), e) ||
	    !ticket_open(&t, buf_span(&cms), s->vouching, s->officer, clock_now(), e))
		return false;
	json_array_foreach(json_object_get(prepared, "refused"), i, one)
		tell_result(s, one, false);
	good = sign_ticket(rest, s, prepared, &t, e);
	ticket_drop(&t);
	return good;
}

/*
 * All of them.
 */

static json_t *
part_of(const json_t *list, size_t from, size_t to)
{
	json_t *part = json_array();

	for (size_t i = from; i < to && i < json_array_size(list); i++)
		json_array_append(part, json_array_get(list, i));
	return part;
}

/* None of them can be signed. */
static void
tell_refused(struct signing *s, const json_t *handles, const struct err *why)
{
	json_t *handle;
	size_t i;

	json_array_foreach(handles, i, handle) {
		own(json_t) *result = json_pack("{s:O, s:b, s:s, s:s}", "handle", handle, "done", 0, "class", err_word(why->class), "text", why->text);

		tell_result(s, result, false);
	}
}

static bool
sign_all(struct signing *s, json_t *handles, struct err *e)
{
	own(json_t) *waiting = json_incref(handles);

	while (json_array_size(waiting) > 0) {
		own(json_t) *some = part_of(waiting, 0, TICKET_DOCUMENTS_MAX), *later = part_of(waiting, TICKET_DOCUMENTS_MAX, SIZE_MAX);
		own(json_t) *prepared = NULL, *rest = NULL;

		if (ask_prepare(&prepared, s, some, e)) {
			if (!sign_prepared(&rest, s, prepared, some, e))
				return false;
		} else if (json_array_size(later) == 0 || err_exit(e->class) != 1) {
			return false;
		} else {
			tell_refused(s, some, e);
			rest = json_array();
		}
		json_array_extend(rest, later);
		json_decref(waiting);
		waiting = take(&rest);
	}
	return true;
}

bool
permit_sign(const struct args *a, struct err *e)
{
	own_struct(signing) s = { .a = a, .results = json_array(), .agreed = json_object() };
	own(json_t) *handles = json_array();
	bool good;

	if (!permit_handles(handles, a, e))
		return false;
	if (json_array_size(handles) == 0)
		return fail(e, ERR_INPUT, "antin permit sign HANDLE... --api URL --api-key-file FILE --token LABEL --certificate FILE --service-certificate FILE");
	if (!http_service_open(&s.service, a, e) || !load_cert(&s.cert, a, "certificate", e) || !load_cert(&s.vouching, a, "service-certificate", e))
		return false;
	key_id_of_cert(s.officer, s.cert);
	good = sign_all(&s, handles, e);
	if (a->json && (good || json_array_size(s.results) > 0)) {
		own(json_t) *j = json_pack("{s:O}", "results", s.results);

		command_print_json(j);
	} else if (!a->json && s.signed_ + s.refused > 1) {
		fprintf(stderr, "%zu signed, %zu refused\n", s.signed_, s.refused);
	}
	return good && (s.refused == 0 || fail(e, ERR_POLICY, "not all were signed"));
}
