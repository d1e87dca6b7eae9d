#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *word;
	int exit, http;
} classes[ERR_CLASSES] = {
	[ERR_NONE]   = { "none", 0, 200 },
	[ERR_INPUT]  = { "input", 1, 400 },
	[ERR_POLICY] = { "policy", 1, 403 },
	[ERR_ABSENT] = { "absent", 1, 404 },
	[ERR_LIMIT]  = { "limit", 1, 413 },
	[ERR_TOKEN]  = { "token", 75, 503 },
	[ERR_STORE]  = { "store", 75, 503 },
	[ERR_CONFLICT] = { "conflict", 1, 409 },
	[ERR_LATER]  = { "later", 75, 503 },
	[ERR_BUG]    = { "bug", 70, 500 },
};

/* vsnprintf may cut a Vietnamese letter in two; take its first half away. */
static void
cut_at_character(char *text, size_t size, int wanted)
{
	size_t n = size - 1;

	if (wanted < 0 || (size_t)wanted < size)
		return;
	while (n > 0 && ((unsigned char)text[n - 1] & 0xc0) == 0x80)
		n--;
	if (n > 0 && ((unsigned char)text[n - 1] & 0x80))
		n--;
	text[n] = '\0';
}

static void
put_text(struct err *e, enum err_class class, const char *fmt, va_list ap)
{
	int n;

	promise(class > ERR_NONE && class < ERR_CLASSES);
	e->class = class;
	n = vsnprintf(e->text, sizeof(e->text), fmt, ap);
	cut_at_character(e->text, sizeof(e->text), n);
}

bool
fail(struct err *e, enum err_class class, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_text(e, class, fmt, ap);
	va_end(ap);
	return fail_named(e, NULL, NULL);
}

bool
fail_rule(struct err *e, const struct err_rule *rule, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_text(e, rule->class, fmt, ap);
	va_end(ap);
	return fail_named(e, rule->code, rule->vi);
}

bool
fail_by(struct err *e, const struct err_rule *rule)
{
	return fail_rule(e, rule, "%s", rule->sentence);
}

bool
fail_as(struct err *e, const struct err_rule *rule)
{
	e->class = rule->class;
	return fail_named(e, rule->code, rule->vi);
}

bool
fail_named(struct err *e, const char *code, const char *vi)
{
	int n = snprintf(e->vi, sizeof(e->vi), "%s", vi == NULL ? "" : vi);

	cut_at_character(e->vi, sizeof(e->vi), n);
	snprintf(e->code, sizeof(e->code), "%s", code == NULL ? "" : code);
	return false;
}

bool
fail_in(struct err *e, const char *fmt, ...)
{
	char inner[sizeof(e->text)], where[sizeof(e->text)];
	va_list ap;
	int n;

	memcpy(inner, e->text, sizeof(inner));
	va_start(ap, fmt);
	n = vsnprintf(where, sizeof(where), fmt, ap);
	va_end(ap);
	cut_at_character(where, sizeof(where), n);
	n = snprintf(e->text, sizeof(e->text), "%s: %s", where, inner);
	cut_at_character(e->text, sizeof(e->text), n);
	return false;
}

const char *
err_word(enum err_class class)
{
	promise(class >= 0 && class < ERR_CLASSES);
	return classes[class].word;
}

enum err_class
err_from_word(const char *word)
{
	for (int i = 0; i < ERR_CLASSES; i++)
		if (strcmp(word, classes[i].word) == 0)
			return (enum err_class)i;
	return ERR_BUG;
}

int
err_exit(enum err_class class)
{
	promise(class >= 0 && class < ERR_CLASSES);
	return classes[class].exit;
}

int
err_http(enum err_class class)
{
	promise(class >= 0 && class < ERR_CLASSES);
	return classes[class].http;
}

void
promise_broken(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, what);
	abort();
}
