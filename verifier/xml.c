#include "verifier/xml.h"

#include "base/text.h"

#include <libxml/c14n.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/SAX2.h>
#include <stdlib.h>

OWN_WITH(xmlParserCtxt, xmlFreeParserCtxt)
OWN_WITH(xmlOutputBuffer, xmlOutputBufferClose)

void
xml_drop(struct xml *x)
{
	if (x->doc != NULL)
		xmlFreeDoc(x->doc);
	*x = (struct xml){ 0 };
}

/* What the parser's callbacks count, and the refusal that stopped them. */
struct watch { size_t elements, attributes; struct err *e; bool refused; };

static struct watch *
watch_of(void *ctx)
{
	return ((xmlParserCtxt *)ctx)->_private;
}

static void
refuse(void *ctx, enum err_class class, const char *what, size_t limit)
{
	struct watch *w = watch_of(ctx);
	int line = xmlSAX2GetLineNumber(ctx);

	if (!w->refused && limit > 0)
		fail(w->e, class, "line %d: %s (limit %zu)", line, what, limit);
	else if (!w->refused)
		fail(w->e, class, "line %d: %s", line, what);
	w->refused = true;
	xmlStopParser(ctx);
}

static void
on_doctype(void *ctx, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	refuse(ctx, ERR_INPUT, "a DOCTYPE is not accepted, nor the entities it would bring", 0);
}

static void
on_comment(void *ctx, const xmlChar *value)
{
	refuse(ctx, ERR_INPUT, "a comment is not accepted: no signature would cover it", 0);
}

static void
on_instruction(void *ctx, const xmlChar *target, const xmlChar *data)
{
	refuse(ctx, ERR_INPUT, "a processing instruction is not accepted", 0);
}

static void
on_element(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int nns, const xmlChar **ns,
    int nattributes, int ndefaulted, const xmlChar **attributes)
{
	struct watch *w = watch_of(ctx);

	w->attributes += (size_t)(nattributes + nns);
	if (++w->elements > XML_ELEMENTS_MAX)
		return refuse(ctx, ERR_LIMIT, "too many elements", XML_ELEMENTS_MAX);
	if (((xmlParserCtxt *)ctx)->nameNr >= XML_DEPTH_MAX)
		return refuse(ctx, ERR_LIMIT, "elements are nested too deeply", XML_DEPTH_MAX);
	if (nattributes + nns > XML_ELEMENT_ATTRIBUTES_MAX)
		return refuse(ctx, ERR_LIMIT, "too many attributes on one element", XML_ELEMENT_ATTRIBUTES_MAX);
	if (w->attributes > XML_ATTRIBUTES_MAX)
		return refuse(ctx, ERR_LIMIT, "too many attributes", XML_ATTRIBUTES_MAX);
	for (int i = 0; i < nns; i++)
		if (ns[2 * i + 1] != NULL && xmlStrlen(ns[2 * i + 1]) > XML_NS_MAX)
			return refuse(ctx, ERR_LIMIT, "the name of a namespace is too long", XML_NS_MAX);
	xmlSAX2StartElementNs(ctx, name, prefix, uri, nns, ns, nattributes, ndefaulted, attributes);
}

/* What is kept of a foreign document is counted all the same. */
static bool
counted(void *ctx)
{
	if (++watch_of(ctx)->elements > XML_ELEMENTS_MAX)
		refuse(ctx, ERR_LIMIT, "too many elements", XML_ELEMENTS_MAX);
	return !watch_of(ctx)->refused;
}

static void
keep_comment(void *ctx, const xmlChar *value)
{
	if (counted(ctx))
		xmlSAX2Comment(ctx, value);
}

static void
keep_instruction(void *ctx, const xmlChar *target, const xmlChar *data)
{
	if (counted(ctx))
		xmlSAX2ProcessingInstruction(ctx, target, data);
}

static xmlParserCtxt *
parser_new(struct watch *w, bool foreign)
{
	xmlParserCtxt *p = xmlNewParserCtxt();

	promise(p != NULL);
	p->_private = w;
	p->sax->internalSubset = on_doctype;
	p->sax->externalSubset = on_doctype;
	p->sax->comment = foreign ? keep_comment : on_comment;
	p->sax->processingInstruction = foreign ? keep_instruction : on_instruction;
	p->sax->startElementNs = on_element;
	return p;
}

/* The last thing that the parser complained of, as one line. */
static bool
fail_parser(xmlParserCtxt *p, struct err *e)
{
	const xmlError *last = xmlCtxtGetLastError(p);
	own_str char *text = xstrdup(last != NULL && last->message != NULL ? last->message : "not well-formed");

	text[strcspn(text, "\r\n")] = '\0';
	return fail(e, ERR_INPUT, "line %d: not well-formed XML: %.120s", last != NULL ? last->line : 0, text);
}

static bool
is_id(const xmlAttr *a)
{
	return (a->ns == NULL && xmlStrcasecmp(a->name, (const xmlChar *)"id") == 0) ||
	    (a->ns != NULL && xmlStrEqual(a->ns->href, XML_XML_NAMESPACE) && xmlStrEqual(a->name, (const xmlChar *)"id"));
}

struct ids { size_t n; char *value[XML_IDS_MAX]; };

static bool
note_id(struct ids *ids, xmlAttr *a, struct err *e)
{
	if (ids->n == XML_IDS_MAX)
		return fail(e, ERR_LIMIT, "more than %d attributes called Id", XML_IDS_MAX);
	ids->value[ids->n] = (char *)xmlNodeListGetString(a->doc, a->children, 1);
	if (ids->value[ids->n] == NULL)
		ids->value[ids->n] = (char *)xmlStrdup((const xmlChar *)"");
	for (size_t i = 0; i < ids->n; i++)
		if (strcmp(ids->value[i], ids->value[ids->n]) == 0) {
			xmlFree(ids->value[ids->n]);
			return fail(e, ERR_INPUT, "line %ld: two elements have the Id of one", xmlGetLineNo(a->parent));
		}
	ids->n++;
	return true;
}

/* Depth is bounded by the parser's watch. */
static bool
collect_ids(struct ids *ids, xmlNode *n, struct err *e)
{
	for (xmlAttr *a = n->properties; a != NULL; a = a->next)
		if (is_id(a) && !note_id(ids, a, e))
			return false;
	for (xmlNode *c = xml_child(n); c != NULL; c = xml_next(c))
		if (!collect_ids(ids, c, e))
			return false;
	return true;
}

static bool
check_ids(xmlNode *root, struct err *e)
{
	struct ids ids = { 0 };
	bool good = collect_ids(&ids, root, e);

	for (size_t i = 0; i < ids.n; i++)
		xmlFree(ids.value[i]);
	return good;
}

static bool
check_octets(struct span text, struct err *e)
{
	if (text.len > XML_SIZE_MAX)
		return fail(e, ERR_LIMIT, "the XML is longer than %u bytes", XML_SIZE_MAX);
	if (text.len == 0 || text.ptr[0] != '<')
		return fail(e, ERR_INPUT, "not XML: it does not begin with '<'");
	return utf8_check(text, e) || fail_in(e, "the XML");
}

static bool
parse(struct xml *out, struct span text, bool foreign, struct err *e)
{
	struct watch w = { .e = e };
	own(xmlParserCtxt) *p = NULL;
	struct xml x = { 0 };

	if (foreign && text.len >= 3 && memcmp(text.ptr, "\xef\xbb\xbf", 3) == 0)
		text = span_of(text.ptr + 3, text.len - 3);
	if (!check_octets(text, e))
		return false;
	p = parser_new(&w, foreign);
	x.doc = xmlCtxtReadMemory(p, (const char *)text.ptr, (int)text.len, NULL, NULL,
	    XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES);
	if (w.refused) {
		xml_drop(&x);
		return false;
	}
	if (x.doc == NULL || !p->wellFormed || !p->nsWellFormed) {
		xml_drop(&x);
		return fail_parser(p, e);
	}
	x.root = xmlDocGetRootElement(x.doc);
	x.elements = w.elements;
	if (x.doc->encoding != NULL && xmlStrcasecmp(x.doc->encoding, (const xmlChar *)"UTF-8") != 0) {
		xml_drop(&x);
		return fail(e, ERR_INPUT, "the XML declares an encoding that is not UTF-8");
	}
	if (!check_ids(x.root, e)) {
		xml_drop(&x);
		return false;
	}
	*out = x;
	return true;
}

bool
xml_parse(struct xml *out, struct span text, struct err *e)
{
	return parse(out, text, false, e);
}

bool
xml_parse_foreign(struct xml *out, struct span text, struct err *e)
{
	return parse(out, text, true, e);
}

static xmlNode *
element_from(xmlNode *n)
{
	while (n != NULL && n->type != XML_ELEMENT_NODE)
		n = n->next;
	return n;
}

xmlNode *xml_child(const xmlNode *n) { return element_from(n->children); }
xmlNode *xml_next(const xmlNode *n) { return element_from(n->next); }

bool
xml_is(const xmlNode *n, const char *ns, const char *name)
{
	return n != NULL && n->type == XML_ELEMENT_NODE && n->ns != NULL && strcmp((const char *)n->ns->href, ns) == 0 &&
	    strcmp((const char *)n->name, name) == 0;
}

xmlNode *
xml_child_named(const xmlNode *n, const char *name)
{
	if (n->ns == NULL)
		return NULL;
	for (xmlNode *c = xml_child(n); c != NULL; c = xml_next(c))
		if (xml_is(c, (const char *)n->ns->href, name))
			return c;
	return NULL;
}

void
xml_text(struct buf *out, const xmlNode *n)
{
	xmlChar *text = xmlNodeGetContent(n);

	if (text != NULL)
		buf_put_str(out, (const char *)text);
	xmlFree(text);
}

char *
xml_text_dup(const xmlNode *n)
{
	own_struct(buf) b = buf_new(XML_SIZE_MAX * 2);

	xml_text(&b, n);
	return xstrdup(buf_str(&b));
}

char *
xml_attr(const xmlNode *n, const char *name)
{
	xmlChar *value = xmlGetNoNsProp(n, (const xmlChar *)name);
	char *copy = value == NULL ? NULL : xstrdup((const char *)value);

	xmlFree(value);
	return copy;
}

static const char white[] = " \t\r\n";

bool
xml_base64(struct buf *out, const xmlNode *n, struct err *e)
{
	own_struct(buf) text = buf_new(XML_SIZE_MAX * 2);
	size_t kept;

	xml_text(&text, n);
	kept = strcspn(buf_str(&text), white);
	for (size_t i = kept; i < text.len; i++)
		if (strchr(white, text.ptr[i]) == NULL)
			text.ptr[kept++] = text.ptr[i];
	if (!base64_get(out, span_of(text.ptr, kept), e))
		return fail_in(e, "line %ld: <%s>", xmlGetLineNo(n), (const char *)n->name);
	return true;
}

/* With its place where it is not the only one of its name; depth is bounded. */
static void
put_where(struct buf *out, const xmlNode *n)
{
	size_t place = 1, others = 0;

	if (n->parent != NULL && n->parent->type == XML_ELEMENT_NODE)
		put_where(out, n->parent);
	for (const xmlNode *s = n->prev; s != NULL; s = s->prev)
		place += s->type == n->type && xmlStrEqual(s->name, n->name);
	for (const xmlNode *s = n->next; s != NULL; s = s->next)
		others += s->type == n->type && xmlStrEqual(s->name, n->name);
	buf_printf(out, "/%.60s", (const char *)n->name);
	if (place + others > 1)
		buf_printf(out, "[%zu]", place);
}

void
xml_where(char *out, size_t size, const xmlNode *n)
{
	own_struct(buf) path = buf_new(1 << 12);

	put_where(&path, n);
	snprintf(out, size, "%s", buf_str(&path));
}

bool
xml_fail(struct err *e, const xmlNode *n, const char *what)
{
	char where[160];

	xml_where(where, sizeof(where), n);
	return fail(e, ERR_INPUT, "%.150s: %s", where, what);
}

xmlNode *
xml_by_id(xmlNode *n, const char *id)
{
	xmlNode *found = NULL;

	for (const xmlAttr *a = n->properties; a != NULL; a = a->next)
		if (is_id(a)) {
			xmlChar *value = xmlNodeListGetString(a->doc, a->children, 1);

			found = value != NULL && strcmp((char *)value, id) == 0 ? n : found;
			xmlFree(value);
		}
	for (xmlNode *c = xml_child(n); c != NULL && found == NULL; c = xml_next(c))
		found = xml_by_id(c, id);
	return found;
}

static int
write_octets(void *out, const char *octets, int len)
{
	buf_put(out, octets, (size_t)len);
	return ((struct buf *)out)->failed ? -1 : len;
}

/* What libxml2 would print is said by our own refusal. */
static void
silent(void *ctx, xmlErrorPtr err)
{
}

/* libxml2 walks a whole document and asks of each node whether it is wanted.  The
 * exclusive form of an element does not depend on what is around it: meanwhile it
 * is all there is. */
static int
execute(xmlNode *n, xmlOutputBuffer *io)
{
	xmlNode *all = n->doc->children, *next = n->next;
	int rc;

	n->doc->children = n;
	n->next = NULL;
	rc = xmlC14NExecute(n->doc, NULL, NULL, XML_C14N_EXCLUSIVE_1_0, NULL, 0, io);
	n->next = next;
	n->doc->children = all;
	return rc;
}

bool
xml_c14n(struct buf *out, const xmlNode *n, struct err *e)
{
	own(xmlOutputBuffer) *io = xmlOutputBufferCreateIO(write_octets, NULL, out, NULL);
	int rc;

	promise(io != NULL);
	xmlSetStructuredErrorFunc(NULL, silent);
	rc = execute((xmlNode *)n, io);
	xmlOutputBufferFlush(io);
	xmlSetStructuredErrorFunc(NULL, NULL);
	if (out->failed)
		return fail(e, ERR_LIMIT, "the canonical form of <%s> is too long", (const char *)n->name);
	if (rc < 0)
		return fail(e, ERR_INPUT, "line %ld: <%s> cannot be canonicalised (a relative namespace?)", xmlGetLineNo(n), (const char *)n->name);
	return true;
}

bool
xml_digest(unsigned char out[EVP_MAX_MD_SIZE], size_t *len, const xmlNode *n, const EVP_MD *md, struct err *e)
{
	own_struct(buf) octets = buf_new(2 * XML_SIZE_MAX);
	unsigned got = 0;

	if (!xml_c14n(&octets, n, e))
		return false;
	promise(EVP_Digest(octets.ptr, octets.len, out, &got, md, NULL) == 1);
	*len = got;
	return true;
}
