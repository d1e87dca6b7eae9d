#include "policy/file.h"

#include "base/clock.h"

#include <libxml/parser.h>
#include <libxml/relaxng.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void
quiet(void *ctx, const char *fmt, ...)
{
}

/* libxml2 2.9 and later differ in the constness of the error. */
static void
first_error(void *ctx, xmlErrorPtr x)
{
	char *text = ctx;

	if (text[0] == '\0' && x != NULL && x->message != NULL)
		snprintf(text, 160, "line %d: %.*s", x->line, (int)strcspn(x->message, "\n"), x->message);
}

struct grammar { xmlRelaxNGParserCtxt *parser; xmlRelaxNG *schema; };

bool
grammar_open(struct grammar **out, const char *path, struct span text, struct err *e)
{
	struct grammar *g = xalloc(sizeof(*g));

	g->parser = xmlRelaxNGNewMemParserCtxt((const char *)text.ptr, (int)text.len);
	promise(g->parser != NULL);
	xmlRelaxNGSetParserErrors(g->parser, quiet, quiet, NULL);
	g->schema = xmlRelaxNGParse(g->parser);
	if (g->schema == NULL) {
		grammar_free(g);
		return fail(e, ERR_INPUT, "%s is not a RELAX NG grammar", path);
	}
	*out = g;
	return true;
}

void
grammar_free(struct grammar *g)
{
	if (g == NULL)
		return;
	xmlRelaxNGFree(g->schema);
	xmlRelaxNGFreeParserCtxt(g->parser);
	free(g);
}

static bool
validate(xmlDoc *doc, const char *path, const struct grammar *g, struct err *e)
{
	xmlRelaxNGValidCtxt *valid = xmlRelaxNGNewValidCtxt(g->schema);
	char text[160] = "";
	bool good;

	promise(valid != NULL);
	xmlRelaxNGSetValidStructuredErrors(valid, first_error, text);
	good = xmlRelaxNGValidateDoc(valid, doc) == 0;
	xmlRelaxNGFreeValidCtxt(valid);
	return good || fail(e, ERR_INPUT, "%s, %s", path, text[0] ? text : "not valid by its grammar");
}

bool
policy_file_open(struct policy_file *f, const char *path, struct span text, const struct grammar *grammar, struct err *e)
{
	const xmlError *x;

	xmlSetGenericErrorFunc(NULL, quiet);
	if (memmem(text.ptr, text.len, "<!DOCTYPE", 9) != NULL)
		return fail(e, ERR_INPUT, "%s has a DOCTYPE; a policy file may not", path);
	f->doc = xmlReadMemory((const char *)text.ptr, (int)text.len, path, "UTF-8", XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	if (f->doc == NULL) {
		x = xmlGetLastError();
		return fail(e, ERR_INPUT, "%s:%d: not well-formed XML", path, x != NULL ? x->line : 0);
	}
	f->path = xstrdup(path);
	if (!validate(f->doc, path, grammar, e)) {
		policy_file_close(f);
		return false;
	}
	return true;
}

void
policy_file_close(struct policy_file *f)
{
	xmlFreeDoc(f->doc);
	free(f->path);
	*f = (struct policy_file){ NULL, NULL };
}

bool
node_is(const xmlNode *n, const char *name)
{
	return n->type == XML_ELEMENT_NODE && strcmp((const char *)n->name, name) == 0;
}

static xmlNode *
from(xmlNode *n, const char *name)
{
	for (; n != NULL; n = n->next)
		if (n->type == XML_ELEMENT_NODE && (name == NULL || node_is(n, name)))
			return n;
	return NULL;
}

xmlNode *child_named(xmlNode *n, const char *name) { return from(n->children, name); }
xmlNode *next_named(xmlNode *n, const char *name) { return from(n->next, name); }

size_t
count_named(xmlNode *n, const char *name)
{
	size_t count = 0;

	for (xmlNode *c = child_named(n, name); c != NULL; c = next_named(c, name))
		count++;
	return count;
}

char *
attr(xmlNode *n, const char *name, const char *fallback)
{
	xmlChar *v = xmlGetNoNsProp(n, (const xmlChar *)name);
	char *out = v != NULL ? xstrdup((const char *)v) : fallback != NULL ? xstrdup(fallback) : NULL;

	xmlFree(v);
	return out;
}

int64_t
attr_int(xmlNode *n, const char *name, int64_t fallback)
{
	own_str char *v = attr(n, name, NULL);

	return v == NULL ? fallback : strtoll(v, NULL, 10);
}

bool
attr_yes(xmlNode *n, const char *name, bool fallback)
{
	own_str char *v = attr(n, name, NULL);

	return v == NULL ? fallback : strcmp(v, "yes") == 0;
}

bool
attr_day(const struct policy_file *f, xmlNode *n, const char *name, int32_t fallback, int32_t *out, struct err *e)
{
	own_str char *text = attr(n, name, NULL);

	*out = fallback;
	return text == NULL || date_parse(out, text, e) || fail_at(e, f, n, "%s is no date", name);
}

char *
node_text(xmlNode *n)
{
	xmlChar *raw = xmlNodeGetContent(n);
	char *out = xalloc(strlen((const char *)raw) + 1), *to = out;
	bool space = false;

	for (const char *s = (const char *)raw; *s != '\0'; s++) {
		if (strchr(" \t\r\n", *s) != NULL) {
			space = to > out;
			continue;
		}
		if (space)
			*to++ = ' ';
		space = false;
		*to++ = *s;
	}
	*to = '\0';
	xmlFree(raw);
	return out;
}

bool
fail_at(struct err *e, const struct policy_file *f, const xmlNode *n, const char *fmt, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return fail(e, ERR_INPUT, "%s:%ld: %s", f->path, xmlGetLineNo((xmlNode *)n), text);
}
