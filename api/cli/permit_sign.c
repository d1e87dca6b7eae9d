/*
 * antin permit sign HANDLE... -- an officer signs permits, up to 500 of them under one
 * ticket, any number under one PIN.
 *
 * Signing shows the lines of the ticket, which the service signer's key (pinned
 * by --service-certificate) vouches for, and signs the ticket's digests and no
 * others: from the front end it believes nothing else.
 *
 * Each permit succeeds or fails by itself.  A token that is slow, or fails on the way,
 * loses nothing: before the ticket expires what is signed is handed in, and the rest is
 * prepared and shown anew.
 */
#include "api/cli/command.h"
#include "api/cli/http.h"
#include "api/cli/keyboard.h"

#include "base/clock.h"
#include "base/file.h"
#include "verifier/ticket.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define HANDLES_MAX 10000
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
}

static bool
load_cert(X509 **out, const struct args *a, const char *option, struct err *e)
{
	own_struct(buf) text = buf_new(1 << 16);
	const char *path;

	return args_need(a, option, &path, e) && file_read(&text, path, e) && cert_from_any(out, buf_span(&text), e);
}

/* The first word of each line: what submit and list print is taken as it is. */
static bool
handles_of_file(json_t *out, const char *path, struct err *e)
{
	own_struct(buf) text = buf_new(16u << 20);
	char *rest, *line;

	if (!file_read(&text, path, e))
		return false;
	buf_put_byte(&text, '\0');
	if (!buf_ok(&text, path, e))
		return false;
	rest = (char *)text.ptr;
	while ((line = strsep(&rest, "\n")) != NULL) {
		line += strspn(line, " \t");
		line[strcspn(line, " \t\r")] = '\0';
		if (line[0] != '\0')
			json_array_append_new(out, json_string(line));
	}
	return true;
}

static bool
handles_of(json_t *out, const struct args *a, struct err *e)
{
	const char *file = args_get(a, "handles");

	for (size_t i = 1; i < a->nwords; i++)
		json_array_append_new(out, json_string(a->word[i]));
	if (file != NULL && !handles_of_file(out, file, e))
		return fail_in(e, "%s", file);
	if (json_array_size(out) > HANDLES_MAX)
		return fail(e, ERR_LIMIT, "more than %d permits", HANDLES_MAX);
	return json_array_size(out) > 0 ||
	    fail(e, ERR_INPUT, "antin permit sign HANDLE... --api URL --api-key-file FILE --token LABEL --certificate FILE --service-certificate FILE");
}

static void
tell_result(struct signing *s, json_t *result, bool done)
{
	*(done ? &s->signed_ : &s->refused) += 1;
	json_array_append(s->results, result);
	if (!s->a->json)
		printf("%s %s%s\n", json_string_value(json_object_get(result, "handle")) ?: "", done ? "signed" : "refused: ",
		    done ? "" : json_string_value(json_object_get(result, "text")) ?: "");
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

static bool
show_ticket(const struct ticket *t, const struct args *a, struct err *e)
{
	char answer[16] = "";

	for (size_t i = 0; i < t->n; i++) {
		const struct ticket_document *d = &t->document[i];

		fprintf(stderr, "  %zu/%zu  %s | %s | %s | %s\n", i + 1, t->n, d->kind, d->agency, d->dossier, d->holder);
	}
	if (args_has(a, "yes"))
		return true;
	fprintf(stderr, "sign these %zu documents? (yes/no) ", t->n);
	if (fgets(answer, sizeof(answer), stdin) == NULL || strcmp(answer, "yes\n") != 0)
		return fail(e, ERR_POLICY, "not signed");
	return true;
}

/* The ticket's document with this digest that none before had; t->n: there is none. */
static size_t
named_by(const struct ticket *t, const bool *used, const unsigned char digest[SHA256_LEN])
{
	size_t at = 0;

	while (at < t->n && (used[at] || memcmp(t->document[at].digest, digest, SHA256_LEN) != 0))
		at++;
	return at;
}

/* Before anything is signed: what the service names is what the ticket names, each
 * once. */
static bool
check_documents(const json_t *documents, const struct ticket *t, struct err *e)
{
	bool *used = xalloc(t->n * sizeof(bool));
	unsigned char digest[SHA256_LEN];
	bool good = json_array_size(documents) == t->n || fail(e, ERR_POLICY, "the service names other documents than its ticket");

	for (size_t i = 0; good && i < t->n; i++) {
		size_t at;

		good = json_take_hex(digest, SHA256_LEN, json_array_get(documents, i), "digest", e);
		at = good ? named_by(t, used, digest) : t->n;
		if (good && at == t->n)
			good = fail(e, ERR_POLICY, "a digest that the ticket does not name; nothing was signed");
		if (good)
			used[at] = true;
	}
	free(used);
	return good;
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

/* Those that time and token allow, in their order; fails with the first that the token
 * refused, of which those before stand in out. */
static bool
sign_documents(json_t *out, struct signing *s, const json_t *documents, int64_t until, struct err *e)
{
	size_t n = json_array_size(documents);
	int64_t told = clock_mono_ms();

	for (size_t i = 0; i < n && (i == 0 || clock_now() < until); i++) {
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

/* What was handed in and waits for its time stamp, to be handed in again. */
static json_t *
waiting_of(const json_t *signatures, const json_t *results)
{
	own(json_t) *waits = json_object();
	json_t *list = json_array(), *one;
	size_t i;

	json_array_foreach(results, i, one)
		if (strcmp(json_string_value(json_object_get(one, "code")) ?: "", "stamp-waits") == 0)
			json_object_set_new(waits, json_string_value(json_object_get(one, "handle")) ?: "", json_true());
	json_array_foreach(signatures, i, one)
		if (json_object_get(waits, json_string_value(json_object_get(one, "handle")) ?: "") != NULL)
			json_array_append(list, one);
	return list;
}

/* The results of what was handed in and needs not be again; what was not has none yet. */
static void
tell_results(struct signing *s, const json_t *results, const json_t *signatures, const json_t *again)
{
	own(json_t) *handed = json_object();
	json_t *one;
	size_t i;

	json_array_foreach(signatures, i, one)
		json_object_set_new(handed, json_string_value(json_object_get(one, "handle")) ?: "", json_true());
	json_array_foreach(again, i, one)
		json_object_del(handed, json_string_value(json_object_get(one, "handle")) ?: "");
	json_array_foreach(results, i, one)
		if (json_object_get(handed, json_string_value(json_object_get(one, "handle")) ?: "") != NULL)
			tell_result(s, one, json_is_true(json_object_get(one, "done")));
}

/* The same signatures again while their time stamps are waited for, as long as the
 * session lasts: nobody signs anything anew. */
static bool
hand_in(struct signing *s, const char *session, json_t *signatures, int64_t until, struct err *e)
{
	own(json_t) *left = json_incref(signatures);

	while (json_array_size(left) > 0) {
		own(json_t) *ask = json_pack("{s:s, s:O}", "session", session, "signatures", left);
		own(json_t) *answer = NULL;
		json_t *results, *again;

		if (!http_json(&answer, &s->service, "POST", "/v1/permits/finish", ask, e) || !json_take_arr(&results, answer, "results", e))
			return fail_in(e, "%zu signatures were handed in, what became of them is not known (antin permit list --state signed)", json_array_size(left));
		again = clock_now() < until ? waiting_of(left, results) : json_array();
		tell_results(s, results, left, again);
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

static bool
sign_ticket(json_t **rest, struct signing *s, const json_t *prepared, const struct ticket *t, struct err *e)
{
	own(json_t) *signatures = json_array();
	json_t *documents;
	const char *session;
	struct err why = { ERR_NONE, "" };
	bool all;

	if (!json_take_str(&session, prepared, "session", e) || !json_take_arr(&documents, prepared, "documents", e) || !check_documents(documents, t, e) ||
	    !show_ticket(t, s->a, e) || !token_ready(s, e))
		return false;
	all = sign_documents(signatures, s, documents, t->expires - HAND_IN_SECS, &why);
	if (json_array_size(signatures) > 0 && !hand_in(s, session, signatures, t->expires - SEND_SECS, e))
		return false;
	if (!all) {
		*e = why;
		return fail_in(e, "after %zu signatures", json_array_size(signatures));
	}
	*rest = unsigned_of(documents, json_array_size(signatures));
	return true;
}

static bool
sign_prepared(json_t **rest, struct signing *s, const json_t *prepared, struct err *e)
{
	own_struct(buf) cms = buf_new(2 * TICKET_MAX);
	const char *ticket;
	struct ticket t;
	json_t *one;
	size_t i;
	bool good;

	if (!json_take_str(&ticket, prepared, "ticket", e) || !base64_get(&cms, span_str(ticket), e) ||
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
			if (!sign_prepared(&rest, s, prepared, e))
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
	own_struct(signing) s = { .a = a, .results = json_array() };
	own(json_t) *handles = json_array();
	bool good;

	if (!handles_of(handles, a, e) || !http_service_open(&s.service, a, e) || !load_cert(&s.cert, a, "certificate", e) || !load_cert(&s.vouching, a, "service-certificate", e))
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
