/*
 * antin permit -- submit (a file of lines: permit_lines.c), list, sign
 * (permit_sign.c), get, sheet, proof, edxml: asked of the service; story, bundle and kept: read
 * out of the register (permit_story.h, permit_bundle.h, permit_kept.c).
 */
#include "api/cli/command.h"
#include "api/cli/http.h"
#include "api/cli/keyboard.h"
#include "api/cli/permit_bundle.h"
#include "api/cli/permit_story.h"
#include "api/cli/story_page.h"

#include "base/clock.h"
#include "base/file.h"

#include <stdio.h>

const struct arg_option permit_options[] = {
	KEYBOARD_OPTIONS,
	SERVICE_OPTIONS,
	{ "key", "TEXT", false, "submit: idempotency key (the file's hash); of lines, the beginning of each line's" },
	{ "lines", NULL, false, "submit: the file has many, one a line (.jsonl has)" },
	{ "id", "ID", false, "submit: which of the permits in the file" },
	{ "amends", "HANDLE", false, "submit: as a new version of this issued permit" },
	{ "state", "WORD", false, "list: draft, signed, sealing, returned, issued, suspended, withdrawn, superseded or void; story, bundle, kept: the register's state, a folder" },
	{ "certificate", "FILE", false, "sign: the officer's certificate" },
	{ "service-certificate", "FILE", false, "sign: the certificate whose tickets are believed" },
	{ "handles", "FILE", false, "sign: those of the file's lines, too" },
	{ "yes", NULL, false, "sign: do not ask before signing" },
	{ "out", "FILE", false, "get, proof, sheet, edxml, story, bundle, kept: write here" },
	{ "to", "CODE", false, "edxml: the agency that receives it" },
	{ "to-name", "TEXT", false, "edxml: its name" },
	{ "database", "NAME", false, "story, bundle, kept: the register, a file or a server (postgresql://...)" },
	{ "policy-folder", "DIR", false, "story, bundle, kept: the policy" },
	{ "witness-policy", "FILE", false, "bundle: whose cosignatures are checked, as in [antin-register]" },
	{ "html", "FILE", false, "story: a sheet to print, as HTML, here" },
	{ "day", "YYYY-MM-DD", false, "story: the status on this day; kept: whose keeping is over on this day (today)" },
	{ "over", NULL, false, "kept: which ones may be destroyed, not how many" },
	{ "kind", "ID", false, "kept: of this kind alone" },
	{ "agency", "CODE", false, "kept: of this agency alone" },
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

void
permit_print_said(const json_t *said, const char *list)
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
	if (args_get(a, "amends") != NULL)
		json_object_set_new(j, "amends", json_string(args_get(a, "amends")));
	json_write(&body, j);
	sha256(digest, buf_span(&body));
	hex_text(idempotency, span_of(digest, SHA256_LEN));
	if (!http_call(&in, &(struct http_request){ .service = &service, .method = "POST", .path = "/v1/permits", .type = "application/json", .body = buf_span(&body),
	    .idempotency = args_get(a, "key") ?: idempotency, .refused = &refused }, e)) {
		permit_print_said(refused, "problems");
		return false;
	}
	if (!json_read(&answer, buf_span(&in), e) || !json_take_str(&handle, answer, "handle", e))
		return false;
	if (a->json) {
		command_print_json(answer);
	} else {
		permit_print_said(answer, "remarks");
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

/* Into --out, or to standard output. */
bool
permit_put_out(const struct args *a, struct span octets, mode_t mode, struct err *e)
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
	return permit_put_out(a, buf_span(&octets), 0644, e);
}

static bool permit_get(const struct args *a, struct err *e) { return fetch(a, "", e); }
static bool permit_proof(const struct args *a, struct err *e) { return fetch(a, "/proof", e); }
static bool permit_sheet(const struct args *a, struct err *e) { return fetch(a, "/sheet", e); }

static bool
permit_edxml(const struct args *a, struct err *e)
{
	own_struct(buf) suffix = buf_new(64 << 10);
	const char *to;

	if (!args_need(a, "to", &to, e))
		return false;
	buf_put_str(&suffix, "/edxml?to=");
	http_put_escaped(&suffix, span_str(to));
	if (args_has(a, "to-name")) {
		buf_put_str(&suffix, "&to_name=");
		http_put_escaped(&suffix, span_str(args_get(a, "to-name")));
	}
	return buf_ok(&suffix, "the address", e) && fetch(a, buf_str(&suffix), e);
}

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
	const char *html = args_get(a, "html");

	if (html != NULL && (a->json || args_has(a, "out")))
		return fail(e, ERR_INPUT, "--html writes the story alone: neither --json nor --out goes with it");
	if (args_has(a, "day") && !date_parse(&day, args_get(a, "day"), e))
		return fail_in(e, "--day");
	if (!open_history(&s, &h, a, e) || !story_tell(&story, &h, day, e))
		return false;
	if (html != NULL) {
		story_page(&text, story, NULL, 0);
		return buf_ok(&text, "story", e) && file_write(html, buf_span(&text), 0600, e);
	}
	if (a->json) {
		json_write(&text, story);
		buf_put_byte(&text, '\n');
	} else {
		story_text(&text, story);
	}
	return buf_ok(&text, "story", e) && permit_put_out(a, buf_span(&text), 0600, e);
}

static bool
permit_bundle(const struct args *a, struct err *e)
{
	own_struct(stored) s = { NULL };
	own_struct(history) h = { NULL };
	own_struct(buf) zip = buf_new(BUNDLE_MAX);
	const char *out, *path = args_get(a, "witness-policy");
	struct log_policy witnesses;

	return args_need(a, "out", &out, e) && (path == NULL || log_policy_read(&witnesses, path, e)) && open_history(&s, &h, a, e) &&
	    bundle_make(&zip, &h, command_policy_folder(a), path != NULL ? &witnesses : NULL, e) && file_write(out, buf_span(&zip), 0600, e);
}

int
command_permit(const struct args *a)
{
	static const struct { const char *word; bool (*run)(const struct args *, struct err *); } acts[] = {
		{ "submit", permit_submit }, { "list", permit_list }, { "sign", permit_sign },
		{ "get", permit_get }, { "proof", permit_proof }, { "sheet", permit_sheet }, { "edxml", permit_edxml },
		{ "story", permit_story }, { "bundle", permit_bundle }, { "kept", permit_kept },
	};
	struct err e;

	if (a->nwords > 0 && strcmp(a->word[0], "submit") == 0 && permit_is_lines(a))
		return permit_submit_lines(a);
	for (size_t i = 0; a->nwords > 0 && i < sizeof(acts) / sizeof(acts[0]); i++)
		if (strcmp(acts[i].word, a->word[0]) == 0)
			return acts[i].run(a, &e) ? 0 : command_refuse(a, &e);
	fail(&e, ERR_INPUT, "antin permit submit, list, sign, get, proof, sheet, edxml, story, bundle or kept");
	return command_usage(a, &e);
}
