/*
 * antin permit -- submit, list, sign, get, sheet, proof: asked of the service; story
 * and bundle: read out of the register (permit_story.h, permit_bundle.h).
 *
 * Signing shows the lines of the ticket, which the service signer's key (pinned
 * by --service-certificate) vouches for, and signs the ticket's digests and no
 * others: from the front end it believes nothing else.
 */
#include "api/cli/command.h"
#include "api/cli/http.h"
#include "api/cli/keyboard.h"
#include "api/cli/permit_bundle.h"
#include "api/cli/permit_story.h"

#include "base/clock.h"
#include "base/file.h"
#include "verifier/ticket.h"

#include <stdio.h>
#include <stdlib.h>

const struct arg_option permit_options[] = {
	KEYBOARD_OPTIONS,
	SERVICE_OPTIONS,
	{ "key", "TEXT", false, "submit: idempotency key (the file's hash)" },
	{ "id", "ID", false, "submit: which of the permits in the file" },
	{ "state", "WORD", false, "list: draft, signed, sealing, returned, issued, suspended, withdrawn, superseded or void; story, bundle: the register's state, a folder" },
	{ "certificate", "FILE", false, "sign: the officer's certificate" },
	{ "service-certificate", "FILE", false, "sign: the certificate whose tickets are believed" },
	{ "yes", NULL, false, "sign: do not ask before signing" },
	{ "out", "FILE", false, "get, proof, sheet, story, bundle: write here" },
	{ "database", "NAME", false, "story, bundle: the register, a file or a server (postgresql://...)" },
	{ "policy-folder", "DIR", false, "story, bundle: the policy" },
	{ "day", "YYYY-MM-DD", false, "story: the status on this day (today)" },
	{ NULL },
};

/* The submission itself, or one of {"permits":[{"id":...}]}. */
static bool
pick_submission(json_t **out, const struct args *a, struct err *e)
{
	own_struct(buf) text = buf_new(JSON_MAX);
	own(json_t) *j = NULL;
	const char *id = args_get(a, "id");
	json_t *list, *one;
	size_t i;

	if (!file_read(&text, a->word[1], e) || !json_read(&j, buf_span(&text), e))
		return fail_in(e, "%s", a->word[1]);
	if (id == NULL) {
		*out = take(&j);
		return true;
	}
	if (!json_take_arr(&list, j, "permits", e))
		return false;
	json_array_foreach(list, i, one)
		if (strcmp(json_string_value(json_object_get(one, "id")) ?: "", id) == 0) {
			*out = json_incref(one);
			return true;
		}
	return fail(e, ERR_ABSENT, "%s has no permit %s", a->word[1], id);
}

/* Remarks of an answer, problems of a refusal. */
static void
print_said(const json_t *said, const char *list)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(said, list), i, one)
		fprintf(stderr, "  %s: %s\n", json_string_value(json_object_get(one, "field")) ?: "", json_string_value(json_object_get(one, "vi")) ?: "");
}

static bool
permit_submit(const struct args *a, struct err *e)
{
	own(json_t) *j = NULL;
	own(json_t) *answer = NULL, *refused = NULL;
	own_struct(buf) body = buf_new(JSON_MAX);
	own_struct(buf) in = buf_new(HTTP_ANSWER_MAX);
	own_struct(http_service) service = { .base = NULL };
	const char *handle;
	char idempotency[2 * SHA256_LEN + 1];
	unsigned char digest[SHA256_LEN];

	if (a->nwords != 2 || args_get(a, "api") == NULL)
		return fail(e, ERR_INPUT, "antin permit submit FILE --api URL --api-key-file FILE");
	if (!http_service_open(&service, a, e) || !pick_submission(&j, a, e))
		return false;
	json_write(&body, j);
	sha256(digest, buf_span(&body));
	hex_text(idempotency, span_of(digest, SHA256_LEN));
	if (!http_call(&in, &(struct http_request){ .service = &service, .method = "POST", .path = "/v1/permits", .type = "application/json", .body = buf_span(&body),
	    .idempotency = args_get(a, "key") ?: idempotency, .refused = &refused }, e)) {
		print_said(refused, "problems");
		return false;
	}
	if (!json_read(&answer, buf_span(&in), e) || !json_take_str(&handle, answer, "handle", e))
		return false;
	if (a->json) {
		command_print_json(answer);
	} else {
		print_said(answer, "remarks");
		printf("%s\n", handle);
	}
	return true;
}

/* All pages; what there is of one is small beside what a permit is. */
static bool
list_all(json_t *items, const struct http_service *service, const char *state, struct err *e)
{
	json_t *list, *next = NULL;

	do {
		own(json_t) *ask = json_pack("{s:s, s:O*}", "state", state, "after", next);
		own(json_t) *answer = NULL;

		json_decref(next);
		next = NULL;
		if (!http_json(&answer, service, "POST", "/v1/list/permits", ask, e) || !json_take_arr(&list, answer, "items", e))
			return false;
		json_array_extend(items, list);
		next = json_incref(json_object_get(answer, "next"));
	} while (next != NULL);
	return true;
}

static bool
permit_list(const struct args *a, struct err *e)
{
	own_struct(http_service) service = { .base = NULL };
	own(json_t) *items = json_array();
	own(json_t) *all = json_pack("{s:O}", "items", items);
	const char *state;
	json_t *item;
	size_t i;

	if (!http_service_open(&service, a, e) || !args_need(a, "state", &state, e) || !list_all(items, &service, state, e))
		return false;
	if (a->json) {
		command_print_json(all);
		return true;
	}
	json_array_foreach(items, i, item)
		printf("%s  %-22s %-10s %s  %s  %s\n", json_string_value(json_object_get(item, "handle")), json_string_value(json_object_get(item, "kind")),
		    json_string_value(json_object_get(item, "agency")), json_string_value(json_object_get(item, "number")) ?: "-",
		    json_string_value(json_object_get(item, "shortcode")) ?: "-", json_string_value(json_object_get(item, "holder")) ?: "");
	return true;
}

static bool
load_cert(X509 **out, const struct args *a, const char *option, struct err *e)
{
	own_struct(buf) text = buf_new(1 << 16);
	const char *path;

	return args_need(a, option, &path, e) && file_read(&text, path, e) && cert_from_any(out, buf_span(&text), e);
}

static bool
ask_prepare(json_t **out, const struct args *a, const struct http_service *service, X509 *cert, struct err *e)
{
	own_struct(buf) der = buf_new(1 << 16);
	own_struct(buf) text = buf_new(1 << 17);
	own(json_t) *ask = NULL;
	json_t *handles = json_array();

	for (size_t i = 1; i < a->nwords; i++)
		json_array_append_new(handles, json_string(a->word[i]));
	cert_to_der(&der, cert);
	base64_put(&text, buf_span(&der));
	ask = json_pack("{s:o, s:s}", "handles", handles, "certificate", buf_str(&text));
	return http_json(out, service, "POST", "/v1/permits/prepare", ask, e);
}

static bool
show_ticket(const struct ticket *t, const struct args *a, struct err *e)
{
	char answer[16] = "";

	for (size_t i = 0; i < t->n; i++) {
		const struct ticket_document *d = &t->document[i];

		fprintf(stderr, "  %s | %s | %s | %s\n", d->kind, d->agency, d->dossier, d->holder);
	}
	if (args_has(a, "yes"))
		return true;
	fprintf(stderr, "sign these %zu documents? (yes/no) ", t->n);
	if (fgets(answer, sizeof(answer), stdin) == NULL || strcmp(answer, "yes\n") != 0)
		return fail(e, ERR_POLICY, "not signed");
	return true;
}

/* One signature for each document: the digest must stand in the ticket, and
 * each of the ticket's digests is signed once. */
static bool
sign_documents(json_t *out, const json_t *prepared, const struct ticket *t, struct token *token, const struct token_key *key, struct err *e)
{
	bool *used = xalloc(t->n * sizeof(bool));
	json_t *documents, *one;
	bool good = json_take_arr(&documents, prepared, "documents", e);
	size_t i;

	if (good && json_array_size(documents) != t->n)
		good = fail(e, ERR_POLICY, "the service names other documents than its ticket");
	for (i = 0; good && i < t->n; i++) {
		unsigned char digest[SHA256_LEN];
		own_struct(buf) raw = buf_new(128);
		own_struct(buf) text = buf_new(256);
		size_t at = 0;

		one = json_array_get(documents, i);
		good = json_take_hex(digest, SHA256_LEN, one, "digest", e);
		while (good && at < t->n && (used[at] || memcmp(t->document[at].digest, digest, SHA256_LEN) != 0))
			at++;
		if (good && at == t->n)
			good = fail(e, ERR_POLICY, "a digest that the ticket does not name; nothing was signed");
		if (!good)
			break;
		used[at] = true;
		good = token_sign(token, key, span_of(digest, SHA256_LEN), &raw, NULL, e);
		if (good) {
			base64_put(&text, buf_span(&raw));
			json_array_append_new(out, json_pack("{s:O, s:s}", "handle", json_object_get(one, "handle"), "signature", buf_str(&text)));
		}
	}
	free(used);
	return good;
}

static bool
report_results(const struct args *a, const json_t *answer, struct err *e)
{
	json_t *result;
	bool all = true;
	size_t i;

	if (a->json)
		command_print_json(answer);
	json_array_foreach(json_object_get(answer, "results"), i, result) {
		bool done = json_is_true(json_object_get(result, "done"));

		all &= done;
		if (!a->json)
			printf("%s %s%s\n", json_string_value(json_object_get(result, "handle")), done ? "signed" : "refused: ", done ? "" : json_string_value(json_object_get(result, "text")) ?: "");
	}
	return all || fail(e, ERR_POLICY, "not all were signed");
}

static bool
permit_sign(const struct args *a, struct err *e)
{
	own(X509) *cert = NULL;
	own(X509) *vouching = NULL;
	own(json_t) *prepared = NULL;
	own(json_t) *answer = NULL;
	own(json_t) *ask = NULL;
	own_struct(buf) cms = buf_new(2 * TICKET_MAX);
	own_token struct token *token = NULL;
	struct token_key key;
	struct ticket t;
	unsigned char officer[KEY_ID_LEN];
	own_struct(http_service) service = { .base = NULL };
	json_t *signatures = json_array();
	const char *session, *ticket;
	bool good;

	if (a->nwords < 2 || args_get(a, "api") == NULL)
		return fail(e, ERR_INPUT, "antin permit sign HANDLE... --api URL --api-key-file FILE --token LABEL --certificate FILE --service-certificate FILE");
	if (!http_service_open(&service, a, e) || !load_cert(&cert, a, "certificate", e) || !load_cert(&vouching, a, "service-certificate", e) || !ask_prepare(&prepared, a, &service, cert, e) ||
	    !json_take_str(&session, prepared, "session", e) || !json_take_str(&ticket, prepared, "ticket", e) || !base64_get(&cms, span_str(ticket), e))
		return false;
	key_id_of_cert(officer, cert);
	if (!ticket_open(&t, buf_span(&cms), vouching, officer, clock_now(), e))
		return false;
	good = show_ticket(&t, a, e) && keyboard_token(&token, a, e) && keyboard_key(&key, token, cert, e) && sign_documents(signatures, prepared, &t, token, &key, e);
	ticket_drop(&t);
	if (!good) {
		json_decref(signatures);
		return false;
	}
	ask = json_pack("{s:s, s:o}", "session", session, "signatures", signatures);
	return http_json(&answer, &service, "POST", "/v1/permits/finish", ask, e) && report_results(a, answer, e);
}

/* Into --out, or to standard output. */
static bool
put_out(const struct args *a, struct span octets, mode_t mode, struct err *e)
{
	const char *out = args_get(a, "out");

	return out != NULL ? file_write(out, octets, mode, e) : fd_write(1, octets, e);
}

static bool
fetch(const struct args *a, const char *suffix, struct err *e)
{
	own_struct(buf) octets = buf_new(HTTP_ANSWER_MAX);
	own_str char *path = NULL;
	own_struct(http_service) service = { .base = NULL };

	if (a->nwords != 2 || args_get(a, "api") == NULL)
		return fail(e, ERR_INPUT, "antin permit %s CODE --api URL (a HANDLE: with --api-key-file FILE)", a->word[0]);
	if (!http_service_open(&service, a, e))
		return false;
	path = xprintf("/v1/permits/%s%s", a->word[1], suffix);
	if (!http_call(&octets, &(struct http_request){ .service = &service, .method = "GET", .path = path }, e))
		return false;
	return put_out(a, buf_span(&octets), 0644, e);
}

static bool permit_get(const struct args *a, struct err *e) { return fetch(a, "", e); }
static bool permit_proof(const struct args *a, struct err *e) { return fetch(a, "/proof", e); }
static bool permit_sheet(const struct args *a, struct err *e) { return fetch(a, "/sheet", e); }

/*
 * Out of the register.
 */

static bool
open_history(struct stored *s, struct history *h, const struct args *a, struct err *e)
{
	own_str char *database = NULL;

	if (a->nwords != 2)
		return fail(e, ERR_INPUT, "antin permit %s HANDLE|CODE --state DIR, or --database NAME", a->word[0]);
	return command_database(&database, a, e) && stored_open(s, database, command_policy_folder(a), STORED_TODAY, e) &&
	    store_begin(s->db, STORE_SNAPSHOT, e) && history_read(h, s, a->word[1], e);
}

static bool
permit_story(const struct args *a, struct err *e)
{
	own_struct(stored) s = { NULL };
	own_struct(history) h = { NULL };
	own_struct(buf) text = buf_new(STORY_MAX);
	own(json_t) *story = NULL;
	int32_t day = day_in_vietnam(clock_now());

	if (args_has(a, "day") && !date_parse(&day, args_get(a, "day"), e))
		return fail_in(e, "--day");
	if (!open_history(&s, &h, a, e) || !story_tell(&story, &h, day, e))
		return false;
	if (a->json) {
		json_write(&text, story);
		buf_put_byte(&text, '\n');
	} else {
		story_text(&text, story);
	}
	return buf_ok(&text, "story", e) && put_out(a, buf_span(&text), 0600, e);
}

static bool
permit_bundle(const struct args *a, struct err *e)
{
	own_struct(stored) s = { NULL };
	own_struct(history) h = { NULL };
	own_struct(buf) zip = buf_new(BUNDLE_MAX);
	const char *out;

	return args_need(a, "out", &out, e) && open_history(&s, &h, a, e) && bundle_make(&zip, &h, command_policy_folder(a), e) && file_write(out, buf_span(&zip), 0600, e);
}

int
command_permit(const struct args *a)
{
	static const struct { const char *word; bool (*run)(const struct args *, struct err *); } acts[] = {
		{ "submit", permit_submit }, { "list", permit_list }, { "sign", permit_sign },
		{ "get", permit_get }, { "proof", permit_proof }, { "sheet", permit_sheet },
		{ "story", permit_story }, { "bundle", permit_bundle },
	};
	struct err e;

	for (size_t i = 0; a->nwords > 0 && i < sizeof(acts) / sizeof(acts[0]); i++)
		if (strcmp(acts[i].word, a->word[0]) == 0)
			return acts[i].run(a, &e) ? 0 : command_refuse(a, &e);
	fail(&e, ERR_INPUT, "antin permit submit, list, sign, get, proof, sheet, story or bundle");
	return command_usage(a, &e);
}
