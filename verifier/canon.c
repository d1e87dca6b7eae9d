#include "verifier/canon.h"

#include <libxml/c14n.h>

OWN_WITH(xmlOutputBuffer, xmlOutputBufferClose)

/* "WithComments" differs nowhere: neither "" nor "#Id" has comments in its node-set
 * (XML-DSig 4.4.3.3), and a signature has none. */
static const struct { const char *uri; int method; } forms[] = {
	{ "http://www.w3.org/TR/2001/REC-xml-c14n-20010315", CANON_INCLUSIVE },
	{ "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments", CANON_INCLUSIVE },
	{ "http://www.w3.org/2006/12/xml-c14n11", CANON_INCLUSIVE_11 },
	{ "http://www.w3.org/2006/12/xml-c14n11#WithComments", CANON_INCLUSIVE_11 },
	{ ALG_EXC_C14N, CANON_EXCLUSIVE },
	{ ALG_EXC_C14N "WithComments", CANON_EXCLUSIVE },
};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

void
canon_form_drop(struct canon_form *f)
{
	str_drop(&f->prefixes);
}

static size_t
form_of(const xmlNode *n)
{
	own_str char *uri = xml_attr(n, "Algorithm");
	size_t i = 0;

	while (i < FORMS && (uri == NULL || strcmp(forms[i].uri, uri) != 0))
		i++;
	return i;
}

bool
canon_form_is(const xmlNode *n)
{
	return form_of(n) < FORMS;
}

bool
canon_form_read(struct canon_form *out, const xmlNode *n, struct err *e)
{
	size_t i = form_of(n);
	const xmlNode *list = xml_child(n);
	own_str char *prefixes = NULL;

	if (i == FORMS)
		return xml_fail(e, n, "this canonical form is not on the list of those allowed");
	if (list != NULL) {
		prefixes = xml_is(list, ALG_EXC_C14N, "InclusiveNamespaces") ? xml_attr(list, "PrefixList") : NULL;
		if (forms[i].method != CANON_EXCLUSIVE || prefixes == NULL || xml_next(list) != NULL)
			return xml_fail(e, list, "an element that has no place here");
	}
	*out = (struct canon_form){ .method = forms[i].method, .prefixes = take(&prefixes) };
	return true;
}

/* libxml2 looks, for each element, at every namespace in scope, for each of them at
 * every one again. */
static size_t
weight(const xmlNode *n, size_t in_scope)
{
	size_t sum;

	for (const xmlNs *ns = n->nsDef; ns != NULL; ns = ns->next)
		in_scope++;
	sum = 8 + in_scope * in_scope;
	for (const xmlNode *c = xml_child(n); c != NULL; c = xml_next(c))
		sum += weight(c, in_scope);
	return sum;
}

struct canon_budget
canon_budget_of(const struct xml *x)
{
	return (struct canon_budget){ .weight = weight(x->root, 0), .work = CANON_WORK_MAX, .octets = CANON_OCTETS_MAX };
}

/* Where the octets go. */
struct sink { struct buf *buf; EVP_MD_CTX *md; struct canon_budget *budget; bool full; };

static int
write_octets(void *out, const char *octets, int len)
{
	struct sink *s = out;

	s->full |= (size_t)len > s->budget->octets;
	if (s->full)
		return -1;
	s->budget->octets -= (size_t)len;
	if (s->md != NULL)
		promise(EVP_DigestUpdate(s->md, octets, (size_t)len) == 1);
	else
		buf_put(s->buf, octets, (size_t)len);
	s->full = s->md == NULL && s->buf->failed;
	return s->full ? -1 : len;
}

/* Attributes and namespaces go with the element that they are asked for. */
static int
is_wanted(void *ctx, xmlNode *n, xmlNode *parent)
{
	const struct canon_part *p = ctx;
	bool within = p->top == NULL;

	if (n->type == XML_ATTRIBUTE_NODE || n->type == XML_NAMESPACE_DECL)
		n = parent;
	for (; n != NULL; n = n->parent) {
		if (n == p->left_out || (p->no_signatures && xml_is(n, NS_DS, "Signature")))
			return 0;
		within |= n == p->top;
	}
	return within;
}

/* Splits list in place. */
static bool
split(xmlChar *out[CANON_PREFIXES_MAX + 1], char *list)
{
	char *rest = NULL;
	size_t n = 0;

	for (char *word = list == NULL ? NULL : strtok_r(list, " \t\r\n", &rest); word != NULL; word = strtok_r(NULL, " \t\r\n", &rest)) {
		if (n == CANON_PREFIXES_MAX)
			return false;
		out[n++] = (xmlChar *)word;
	}
	out[n] = NULL;
	return true;
}

/* What libxml2 would print is said by our own refusal. */
static void
silent(void *ctx, xmlErrorPtr err)
{
}

static bool
run(struct sink *s, const xmlDoc *doc, const struct canon_part *p, const struct canon_form *f, struct err *e)
{
	static const int modes[] = { [CANON_INCLUSIVE] = XML_C14N_1_0, [CANON_INCLUSIVE_11] = XML_C14N_1_1, [CANON_EXCLUSIVE] = XML_C14N_EXCLUSIVE_1_0 };
	own_str char *list = f->prefixes == NULL ? NULL : xstrdup(f->prefixes);
	bool all = p->top == NULL && p->left_out == NULL && !p->no_signatures;
	xmlChar *prefix[CANON_PREFIXES_MAX + 1];
	own(xmlOutputBuffer) *io = NULL;
	int rc;

	if (!split(prefix, list))
		return fail(e, ERR_LIMIT, "more than %d prefixes in a PrefixList", CANON_PREFIXES_MAX);
	if (s->budget->weight > s->budget->work)
		return fail(e, ERR_LIMIT, "its canonical forms are more work than is done for one document");
	s->budget->work -= s->budget->weight;
	io = xmlOutputBufferCreateIO(write_octets, NULL, s, NULL);
	promise(io != NULL);
	xmlSetStructuredErrorFunc(NULL, silent);
	rc = xmlC14NExecute((xmlDoc *)doc, all ? NULL : is_wanted, (void *)p, modes[f->method], f->method == CANON_EXCLUSIVE ? prefix : NULL, 0, io);
	xmlOutputBufferFlush(io);
	xmlSetStructuredErrorFunc(NULL, NULL);
	if (s->full)
		return fail(e, ERR_LIMIT, "a canonical form is too long");
	return rc >= 0 || fail(e, ERR_INPUT, "a part of it cannot be canonicalised (a relative namespace?)");
}

bool
canon_digest(unsigned char out[EVP_MAX_MD_SIZE], const xmlDoc *doc, const struct canon_part *p, const struct canon_form *f,
    const EVP_MD *md, struct canon_budget *budget, struct err *e)
{
	own(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	struct sink s = { .md = ctx, .budget = budget };

	promise(ctx != NULL && EVP_DigestInit_ex(ctx, md, NULL) == 1);
	if (!run(&s, doc, p, f, e))
		return false;
	promise(EVP_DigestFinal_ex(ctx, out, NULL) == 1);
	return true;
}

bool
canon_octets(struct buf *out, const xmlDoc *doc, const struct canon_part *p, const struct canon_form *f, struct canon_budget *budget, struct err *e)
{
	struct sink s = { .buf = out, .budget = budget };

	return run(&s, doc, p, f, e);
}
