/*
 * antin permit submit FILE.jsonl -- many submissions, one a line.
 *
 * Sent in portions, so that a person sees how far it is.  The lines' idempotency keys
 * are made of their content (api/batch.h): a file sent twice, or again with some lines
 * mended, records nothing twice.
 */
#include "api/cli/command.h"
#include "api/cli/http.h"

#include "base/file.h"

#include <stdio.h>

#define FILE_MAX (256u << 20)
#define PORTION_LINES 500
#define PORTION_OCTETS (8u << 20)

struct sending {
	const struct args *a;
	const struct http_service *service;
	json_t *results;			/* of all lines, for --json */
	size_t sent;				/* lines before this portion */
	size_t done, again, refused, later;
};

bool
permit_is_lines(const struct args *a)
{
	size_t n = a->nwords == 2 ? strlen(a->word[1]) : 0;

	return args_has(a, "lines") || (n > 6 && strcmp(a->word[1] + n - 6, ".jsonl") == 0);
}

static const char *
word(const json_t *j, const char *key)
{
	return json_string_value(json_object_get(j, key)) ?: "";
}

static void
tell_line(struct sending *s, json_t *answer)
{
	size_t line = s->sent + (size_t)json_integer_value(json_object_get(answer, "line"));
	json_int_t status = json_integer_value(json_object_get(answer, "status"));
	bool good = status == 200 || status == 201;

	s->done += good;
	s->again += status == 200;
	s->later += status >= 500;
	s->refused += !good && status < 500;
	json_object_set_new(answer, "line", json_integer((json_int_t)line));
	if (s->a->json) {
		json_array_append(s->results, answer);
	} else if (good) {
		printf("%zu %s\n", line, word(answer, "handle"));
	} else {
		fprintf(stderr, "line %zu  %s: %s (%s)\n", line, word(answer, "code")[0] != '\0' ? word(answer, "code") : word(answer, "class"),
		    word(json_object_get(answer, "say"), "vi"), word(answer, "detail"));
		permit_print_said(answer, "problems");
	}
}

static bool
tell_answers(struct sending *s, struct span answers, struct err *e)
{
	struct span line;

	while (span_take_line(&answers, &line)) {
		own(json_t) *answer = NULL;

		if (!json_read(&answer, line, e))
			return fail_in(e, "the service's answer");
		tell_line(s, answer);
	}
	return true;
}

static bool
send_portion(struct sending *s, struct span lines, struct err *e)
{
	own_struct(buf) in = buf_new(HTTP_ANSWER_MAX);

	return http_call(&in, &(struct http_request){ .service = s->service, .method = "POST", .path = "/v1/permits/batch", .type = "application/jsonl",
	    .body = lines, .idempotency = args_get(s->a, "key") ?: "lines" }, e) && tell_answers(s, buf_span(&in), e);
}

/* The first lines of the text, with their ends; at least one. */
static struct span
portion_of(struct span text, size_t *lines)
{
	struct span rest = text, line;
	size_t n = 0;

	for (*lines = 0; *lines < PORTION_LINES && rest.len > 0; ++*lines) {
		struct span before = rest;

		if (!span_take_line(&rest, &line))
			rest = SPAN_NONE;
		if (*lines > 0 && n + (before.len - rest.len) > PORTION_OCTETS)
			break;
		n += before.len - rest.len;
	}
	return span_of(text.ptr, n);
}

static bool
is_blank(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != ' ' && s.ptr[i] != '\t' && s.ptr[i] != '\r' && s.ptr[i] != '\n')
			return false;
	return true;
}

static bool
send_all(struct sending *s, struct span text, struct err *e)
{
	while (text.len > 0) {
		size_t lines;
		struct span portion = portion_of(text, &lines);

		if (!is_blank(portion) && !send_portion(s, portion, e))
			return fail_in(e, "line %zu and what follows; what was recorded before it stays, send the file again", s->sent + 1);
		s->sent += lines;
		text = span_of(text.ptr + portion.len, text.len - portion.len);
		if (!s->a->json && text.len > 0)
			fprintf(stderr, "%zu lines, %zu recorded\n", s->sent, s->done);
	}
	return true;
}

static void
tell_all(const struct sending *s)
{
	own(json_t) *j = NULL;

	if (!s->a->json) {
		fprintf(stderr, "%zu recorded (%zu of them before), %zu refused, %zu not now\n", s->done, s->again, s->refused, s->later);
		return;
	}
	j = json_pack("{s:O, s:I, s:I, s:I, s:I}", "results", s->results, "done", (json_int_t)s->done, "again", (json_int_t)s->again,
	    "refused", (json_int_t)s->refused, "later", (json_int_t)s->later);
	command_print_json(j);
}

int
permit_submit_lines(const struct args *a)
{
	own_struct(http_service) service = { .base = NULL };
	own_struct(buf) text = buf_new(FILE_MAX);
	own(json_t) *results = json_array();
	struct sending s = { .a = a, .service = &service, .results = results };
	struct err e;

	if (a->nwords != 2 || args_get(a, "id") != NULL) {
		fail(&e, ERR_INPUT, "antin permit submit FILE.jsonl --api URL --api-key-file FILE");
		return command_usage(a, &e);
	}
	if (!http_service_open(&service, a, &e) || !file_read(&text, a->word[1], &e))
		return command_refuse(a, &e);
	if (is_blank(buf_span(&text))) {
		fail(&e, ERR_INPUT, "%s has no line", a->word[1]);
		return command_refuse(a, &e);
	}
	if (!send_all(&s, buf_span(&text), &e))
		return command_refuse(a, &e);
	tell_all(&s);
	return s.refused > 0 ? 1 : s.later > 0 ? err_exit(ERR_LATER) : 0;
}
