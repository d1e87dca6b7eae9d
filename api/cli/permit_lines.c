/*
 * antin permit submit FILE.jsonl -- many submissions, one a line, by portions (portion.h): a
 * file sent twice, or again with some lines mended, records nothing twice.
 */
#include "api/cli/command.h"
#include "api/cli/portion.h"

#include "base/file.h"

#include <stdio.h>

#define FILE_MAX (256u << 20)

struct sending {
	const struct args *a;
	json_t *results;			/* of all lines, for --json */
	size_t done, again, refused, later;
};

bool
permit_is_lines(const struct args *a)
{
	size_t n = a->nwords == 2 ? strlen(a->word[1]) : 0;

	return args_has(a, "lines") || (n > 6 && strcmp(a->word[1] + n - 6, ".jsonl") == 0);
}

static bool
tell_line(void *ctx, json_t *answer, struct err *e)
{
	struct sending *s = ctx;
	long long line = json_integer_value(json_object_get(answer, "line")), status = json_integer_value(json_object_get(answer, "status"));
	bool good = status == 200 || status == 201;

	s->done += good;
	s->again += status == 200;
	s->later += status >= 500;
	s->refused += !good && status < 500;
	if (s->a->json) {
		json_array_append(s->results, answer);
	} else if (good) {
		printf("%lld %s\n", line, json_text(answer, "handle"));
	} else {
		fprintf(stderr, "line %lld  %s: %s (%s)\n", line, json_text(answer, "code")[0] != '\0' ? json_text(answer, "code") : json_text(answer, "class"),
		    json_text(json_object_get(answer, "say"), "vi"), json_text(answer, "detail"));
		permit_print_said(answer, "problems");
	}
	return true;
}

static bool
send_all(struct portions *all, const struct sending *s, struct err *e)
{
	while (all->rest.len > 0) {
		if (!portion_send(all, e))
			return fail_in(e, "line %zu and what follows; what was recorded stays, send the file again", all->lines + 1);
		if (!s->a->json && all->rest.len > 0)
			fprintf(stderr, "%zu lines, %zu recorded\n", all->lines, s->done);
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

static bool
permit_lines(struct sending *s, struct err *e)
{
	own_struct(http_service) service = { .base = NULL };
	own_struct(buf) text = buf_new(FILE_MAX);
	struct portions all = { .service = &service, .key = args_get(s->a, "key") ?: "lines", .answered = tell_line, .ctx = s };

	if (!http_service_open(&service, s->a, e) || !file_read(&text, s->a->word[1], e))
		return false;
	if (span_is_blank(buf_span(&text)))
		return fail(e, ERR_INPUT, "%s has no line", s->a->word[1]);
	all.rest = buf_span(&text);
	return send_all(&all, s, e);
}

/* What is said of one submission cannot be said of a file of them. */
static bool
check_words(const struct args *a, struct err *e)
{
	static const char *const of_one[] = { "id", "amends" };

	for (size_t i = 0; i < sizeof(of_one) / sizeof(of_one[0]); i++)
		if (args_has(a, of_one[i]))
			return fail(e, ERR_INPUT, "--%s is for one submission, and %s has many, one a line", of_one[i], a->nwords > 1 ? a->word[1] : "this file");
	return a->nwords == 2 || fail(e, ERR_INPUT, "antin permit submit FILE.jsonl --api URL --api-key-file FILE");
}

int
permit_submit_lines(const struct args *a)
{
	own(json_t) *results = json_array();
	struct sending s = { .a = a, .results = results };
	struct err e;

	if (!check_words(a, &e))
		return command_usage(a, &e);
	if (!permit_lines(&s, &e))
		return command_refuse(a, &e);
	tell_all(&s);
	return s.refused > 0 ? 1 : s.later > 0 ? err_exit(ERR_LATER) : 0;
}
