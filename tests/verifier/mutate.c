#include "tests/base/test.h"
#include "tests/verifier/mutate.h"

#include <libxml/parser.h>

#define EVIL "urn:evil"

/*
 * Sites.
 */

/* The how-manieth of its name among its siblings. */
static unsigned
rank(const xmlNode *n)
{
	unsigned r = 1;

	for (const xmlNode *p = n->prev; p != NULL; p = p->prev)
		r += p->type == XML_ELEMENT_NODE && xmlStrEqual(p->name, n->name);
	return r;
}

static const char *
name_in_path(char *out, size_t size, const xmlNode *n)
{
	own_str char *id = xml_is(n, NS_DS, "Signature") ? xml_attr(n, "Id") : NULL;

	if (id != NULL || rank(n) == 1)
		snprintf(out, size, "%s", id != NULL ? id : (const char *)n->name);
	else
		snprintf(out, size, "%s:%u", (const char *)n->name, rank(n));
	return out;
}

static void
put_path(char *out, size_t size, const xmlNode *n)
{
	char name[64];

	if (n->parent != NULL && n->parent->type == XML_ELEMENT_NODE)
		put_path(out, size, n->parent);
	else
		out[0] = '\0';
	snprintf(out + strlen(out), size - strlen(out), "/%s", name_in_path(name, sizeof(name), n));
}

static bool
found(struct site *s, enum site_kind kind, xmlNode *element, const char *prefix, const char *name)
{
	size_t n;

	s->kind = kind;
	put_path(s->path, sizeof(s->path), element);
	n = strlen(s->path);
	snprintf(s->path + n, sizeof(s->path) - n, "%s%s", prefix, name);
	return true;
}

static bool
find_in_tag(struct site *s, xmlNode *e, size_t *left)
{
	if ((*left)-- == 0)
		return found(s, SITE_ELEMENT, e, "", "");
	for (s->ns = e->nsDef; s->ns != NULL; s->ns = s->ns->next)
		if ((*left)-- == 0)
			return found(s, SITE_DECLARATION, e, s->ns->prefix != NULL ? "/@xmlns:" : "/@xmlns", s->ns->prefix != NULL ? (const char *)s->ns->prefix : "");
	for (s->attribute = e->properties; s->attribute != NULL; s->attribute = s->attribute->next)
		if ((*left)-- == 0)
			return found(s, SITE_ATTRIBUTE, e, "/@", (const char *)s->attribute->name);
	return false;
}

static bool
find_below(struct site *s, xmlNode *e, size_t *left)
{
	s->node = e;
	if (find_in_tag(s, e, left))
		return true;
	for (xmlNode *c = e->children; c != NULL; c = c->next) {
		if (c->type == XML_ELEMENT_NODE && find_below(s, c, left))
			return true;
		if (c->type == XML_TEXT_NODE && (*left)-- == 0) {
			s->node = c;
			return found(s, SITE_TEXT, e, "/text()", "");
		}
	}
	return false;
}

bool
site_find(struct site *out, xmlDoc *doc, size_t n)
{
	*out = (struct site){ 0 };
	return find_below(out, xmlDocGetRootElement(doc), &n);
}

xmlDoc *
mutate_parse(struct span text)
{
	xmlDoc *doc = xmlReadMemory((const char *)text.ptr, (int)text.len, NULL, NULL, XML_PARSE_NONET);

	assert_non_null(doc);
	return doc;
}

void
mutate_dump(struct buf *out, xmlDoc *doc)
{
	xmlChar *text = NULL;
	int len = 0;

	xmlDocDumpMemory(doc, &text, &len);
	buf_put(out, text, (size_t)len);
	xmlFree(text);
}

static bool
is_root(const xmlNode *n)
{
	return n->parent->type == XML_DOCUMENT_NODE;
}

static xmlNode *
evil_element(xmlDoc *doc)
{
	xmlNode *evil = xmlNewDocNode(doc, NULL, (const xmlChar *)"evil", (const xmlChar *)"x");

	xmlSetNs(evil, xmlNewNs(evil, (const xmlChar *)EVIL, (const xmlChar *)"e"));
	return evil;
}

/* The next element, or when it is the last the first; NULL when it is alone. */
static xmlNode *
neighbour(xmlNode *n)
{
	xmlNode *other = is_root(n) ? NULL : xml_next(n);

	if (other == NULL && !is_root(n))
		other = xml_child(n->parent);
	return other == n ? NULL : other;
}

/*
 * Elements.
 */

static bool
element_removed(struct site *s)
{
	if (is_root(s->node))
		return false;
	xmlUnlinkNode(s->node);
	xmlFreeNode(s->node);
	return true;
}

static bool
element_doubled(struct site *s)
{
	if (is_root(s->node))
		return false;
	xmlAddNextSibling(s->node, xmlCopyNode(s->node, 1));
	return true;
}

static bool
element_copied_out(struct site *s)
{
	if (is_root(s->node) || is_root(s->node->parent))
		return false;
	xmlAddChild(xmlDocGetRootElement(s->node->doc), xmlCopyNode(s->node, 1));
	return true;
}

static bool
element_swapped(struct site *s)
{
	xmlNode *n = s->node, *other = neighbour(n);

	if (other == NULL)
		return false;
	if (xml_next(n) == other) {
		xmlAddNextSibling(other, n);
	} else {
		xmlUnlinkNode(n);
		xmlAddPrevSibling(other, n);
	}
	return true;
}

/* To the very end of the file: a classic of wrapping. */
static bool
element_moved_out(struct site *s)
{
	xmlNode *root = xmlDocGetRootElement(s->node->doc);

	if (s->node == root || s->node->parent == root)
		return false;
	xmlUnlinkNode(s->node);
	xmlAddChild(root, s->node);
	return true;
}

static bool
element_moved_in(struct site *s)
{
	xmlNode *other = neighbour(s->node);

	if (other == NULL)
		return false;
	xmlUnlinkNode(s->node);
	xmlAddChild(other, s->node);
	return true;
}

static bool
element_wrapped(struct site *s)
{
	xmlNode *wrap = evil_element(s->node->doc);

	xmlNodeSetContent(wrap, NULL);
	xmlReplaceNode(s->node, wrap);
	xmlAddChild(wrap, s->node);
	return true;
}

static bool
element_unwrapped(struct site *s)
{
	xmlNode *n = s->node, *c;

	if (is_root(n) || n->children == NULL || n->nsDef != NULL)
		return false;
	while ((c = n->children) != NULL) {
		xmlUnlinkNode(c);
		xmlAddPrevSibling(n, c);
	}
	return element_removed(s);
}

static bool
element_emptied(struct site *s)
{
	if (s->node->children == NULL)
		return false;
	while (s->node->children != NULL) {
		xmlNode *c = s->node->children;

		xmlUnlinkNode(c);
		xmlFreeNode(c);
	}
	return true;
}

static bool
element_renamed(struct site *s)
{
	xmlNodeSetName(s->node, (const xmlChar *)"evil");
	return true;
}

static bool
element_of_another_namespace(struct site *s)
{
	xmlSetNs(s->node, xmlNewNs(s->node, (const xmlChar *)EVIL, (const xmlChar *)"e"));
	return true;
}

/* What is put beside an element, or into it. */

static bool
put_before(struct site *s, xmlNode *what, bool even_root)
{
	if (is_root(s->node) && !even_root) {
		xmlFreeNode(what);
		return false;
	}
	xmlAddPrevSibling(s->node, what);
	return true;
}

static bool
put_behind(struct site *s, xmlNode *what, bool even_root)
{
	if (is_root(s->node) && !even_root) {
		xmlFreeNode(what);
		return false;
	}
	xmlAddNextSibling(s->node, what);
	return true;
}

static bool
put_first(struct site *s, xmlNode *what)
{
	if (s->node->children != NULL)
		xmlAddPrevSibling(s->node->children, what);
	else
		xmlAddChild(s->node, what);
	return true;
}

static bool
put_last(struct site *s, xmlNode *what)
{
	xmlAddChild(s->node, what);
	return true;
}

/* One of the file's own namespace, which a grammar could have a place for. */
static xmlNode *
own_element(struct site *s)
{
	xmlNode *n = xmlNewDocNode(s->node->doc, NULL, (const xmlChar *)"note", (const xmlChar *)"x");

	xmlSetNs(n, s->node->ns);
	return n;
}

static xmlNode *comment(struct site *s) { return xmlNewDocComment(s->node->doc, (const xmlChar *)"evil"); }
static xmlNode *instruction(struct site *s) { return xmlNewDocPI(s->node->doc, (const xmlChar *)"evil", (const xmlChar *)"x"); }
static xmlNode *text(struct site *s, const char *t) { return xmlNewDocText(s->node->doc, (const xmlChar *)t); }

static bool foreign_before(struct site *s) { return put_before(s, evil_element(s->node->doc), false); }
static bool foreign_behind(struct site *s) { return put_behind(s, evil_element(s->node->doc), false); }
static bool foreign_first(struct site *s) { return put_first(s, evil_element(s->node->doc)); }
static bool foreign_last(struct site *s) { return put_last(s, evil_element(s->node->doc)); }
static bool own_last(struct site *s) { return put_last(s, own_element(s)); }
static bool text_before(struct site *s) { return put_before(s, text(s, "evil"), false); }
static bool text_first(struct site *s) { return put_first(s, text(s, "evil")); }
static bool blank_before(struct site *s) { return put_before(s, text(s, "\n"), false); }
static bool blank_last(struct site *s) { return s->node->children != NULL && s->node->children->type == XML_TEXT_NODE ? false : put_last(s, text(s, " ")); }
static bool comment_before(struct site *s) { return put_before(s, comment(s), true); }
static bool comment_behind(struct site *s) { return put_behind(s, comment(s), true); }
static bool comment_inside(struct site *s) { return put_last(s, comment(s)); }
static bool instruction_before(struct site *s) { return put_before(s, instruction(s), true); }
static bool instruction_behind(struct site *s) { return put_behind(s, instruction(s), true); }
static bool instruction_inside(struct site *s) { return put_last(s, instruction(s)); }

static bool
attribute_added(struct site *s)
{
	return xmlNewProp(s->node, (const xmlChar *)"evil", (const xmlChar *)"1") != NULL;
}

static bool
attribute_of_another_namespace(struct site *s)
{
	xmlNs *ns = xmlNewNs(s->node, (const xmlChar *)EVIL, (const xmlChar *)"e");

	return xmlNewNsProp(s->node, ns, (const xmlChar *)"evil", (const xmlChar *)"1") != NULL;
}

static bool
xml_space_added(struct site *s)
{
	xmlNodeSetSpacePreserve(s->node, 1);
	return true;
}

static bool
xml_id_added(struct site *s)
{
	xmlNs *xml = xmlSearchNs(s->node->doc, s->node, (const xmlChar *)"xml");

	return xmlNewNsProp(s->node, xml, (const xmlChar *)"id", (const xmlChar *)"evil") != NULL;
}

/* The Id of the content a second time, under a name that others take for an Id. */
static bool
id_of_another(struct site *s)
{
	return xmlNewProp(s->node, (const xmlChar *)"ID", (const xmlChar *)"content") != NULL;
}

/*
 * Signs of texts and values.
 */

static bool
is_sign(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static void
twist(char *c)
{
	if (*c >= '0' && *c <= '9')
		*c = *c == '1' ? '2' : '1';
	else if (*c >= 'A' && *c <= 'Z')
		*c = *c == 'B' ? 'C' : 'B';
	else
		*c = *c == 'b' ? 'c' : 'b';
}

void
text_twist_head(char *t, bool base64)
{
	if (base64 && strlen(t) > 12)
		t += 2;
	while (*t != '\0' && !is_sign(*t))
		t++;
	if (*t != '\0')
		twist(t);
}

/* Base64 ends in octets of a signature value, beyond every length; and its very
 * last sign may hold spare bits. */
void
text_twist_tail(char *t, bool base64)
{
	char *c = t + strlen(t) - (base64 && strlen(t) > 12 ? 8 : 1);

	while (c > t && !is_sign(*c))
		c--;
	if (strlen(t) > 0)
		twist(c);
}

static bool
is_base64(const xmlNode *element)
{
	static const char *const names[] = { "DigestValue", "SignatureValue", "X509Certificate", "EncapsulatedTimeStamp",
		"EncapsulatedX509Certificate", "EncapsulatedCRLValue" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (strcmp((const char *)element->name, names[i]) == 0)
			return true;
	return false;
}

static void
set_value(struct site *s, const char *value)
{
	if (s->kind == SITE_TEXT) {
		xmlNodeSetContent(s->node, NULL);
		xmlNodeAddContent(s->node, (const xmlChar *)value);
	} else {
		own_str char *name = xstrdup((const char *)s->attribute->name);

		xmlSetProp(s->node, (const xmlChar *)name, (const xmlChar *)value);
	}
}

static char *
value_of(const struct site *s)
{
	return s->kind == SITE_TEXT ? xstrdup((const char *)s->node->content) : xml_attr(s->node, (const char *)s->attribute->name);
}

static bool
changed_by(struct site *s, void (*by)(char *, bool))
{
	own_str char *value = value_of(s);

	by(value, s->kind == SITE_TEXT && is_base64(s->node->parent));
	set_value(s, value);
	return true;
}

static bool changed_at_head(struct site *s) { return changed_by(s, text_twist_head); }
static bool changed_at_tail(struct site *s) { return changed_by(s, text_twist_tail); }

static bool
value_emptied(struct site *s)
{
	set_value(s, "");
	return true;
}

/* Not base64: whether there is padding inside depends on its length. */
static bool
value_doubled(struct site *s)
{
	own_str char *value = value_of(s);
	own_str char *twice = xprintf("%s%s", value, value);

	if (s->kind == SITE_TEXT && is_base64(s->node->parent))
		return false;
	set_value(s, twice);
	return true;
}

static bool
blank_behind(struct site *s)
{
	own_str char *value = value_of(s);
	own_str char *longer = xprintf("%s ", value);

	set_value(s, longer);
	return true;
}

static bool
text_moved(struct site *s)
{
	xmlNode *other = neighbour(s->node->parent);

	if (other == NULL)
		return false;
	xmlUnlinkNode(s->node);
	xmlAddChild(other, s->node);
	return true;
}

static bool
element_in_text(struct site *s)
{
	xmlAddNextSibling(s->node, evil_element(s->node->doc));
	return true;
}

static bool
comment_in_text(struct site *s)
{
	own_str char *value = value_of(s);
	size_t half = strlen(value) / 2;

	while (half > 0 && ((unsigned char)value[half] & 0xc0) == 0x80)
		half--;
	xmlAddNextSibling(s->node, text(s, value + half));
	xmlAddNextSibling(s->node, comment(s));
	value[half] = '\0';
	set_value(s, value);
	return true;
}

/*
 * Attributes and namespace declarations.
 */

static bool
attribute_removed(struct site *s)
{
	xmlRemoveProp(s->attribute);
	return true;
}

static bool
attribute_doubled(struct site *s)
{
	own_str char *value = value_of(s);
	xmlNs *ns = xmlNewNs(s->node, (const xmlChar *)EVIL, (const xmlChar *)"e");

	return xmlNewNsProp(s->node, ns, s->attribute->name, (const xmlChar *)value) != NULL;
}

/* Into the namespace that its element is of. */
static bool
attribute_with_prefix(struct site *s)
{
	xmlNs *ns = xmlNewNs(s->node, s->node->ns->href, (const xmlChar *)"q");

	xmlSetNs((xmlNode *)s->attribute, ns);
	return true;
}

static bool
attribute_renamed(struct site *s)
{
	own_str char *name = xprintf("%sx", (const char *)s->attribute->name);

	xmlNodeSetName((xmlNode *)s->attribute, (const xmlChar *)name);
	return true;
}

static bool
attribute_moved_to(struct site *s, xmlNode *other)
{
	own_str char *value = value_of(s);

	if (other == NULL || other->type != XML_ELEMENT_NODE || xmlHasProp(other, s->attribute->name) != NULL)
		return false;
	xmlNewProp(other, s->attribute->name, (const xmlChar *)value);
	return attribute_removed(s);
}

static bool attribute_to_neighbour(struct site *s) { return attribute_moved_to(s, neighbour(s->node)); }
static bool attribute_to_parent(struct site *s) { return attribute_moved_to(s, s->node->parent); }
static bool attribute_to_child(struct site *s) { return attribute_moved_to(s, xml_child(s->node)); }

/* With the neighbour's of the same name. */
static bool
attribute_swapped(struct site *s)
{
	xmlNode *other = neighbour(s->node);
	own_str char *mine = value_of(s);
	own_str char *theirs = other == NULL ? NULL : xml_attr(other, (const char *)s->attribute->name);

	if (theirs == NULL)
		return false;
	xmlSetProp(other, s->attribute->name, (const xmlChar *)mine);
	set_value(s, theirs);
	return true;
}

static bool
declaration_changed(struct site *s)
{
	xmlFree((void *)s->ns->href);
	s->ns->href = xmlStrdup((const xmlChar *)EVIL);
	return true;
}

static bool
prefix_changed(struct site *s)
{
	xmlFree((void *)s->ns->prefix);
	s->ns->prefix = xmlStrdup((const xmlChar *)"q");
	return true;
}

/* The prefix of the whole file's own namespace is taken by another. */
static bool
declaration_hidden(struct site *s)
{
	xmlNode *child = xml_child(s->node);
	xmlNs *ns;

	if (child == NULL || child->nsDef != NULL)
		return false;
	ns = xmlNewNs(child, (const xmlChar *)EVIL, s->ns->prefix);
	return ns != NULL;
}

/*
 * Benign: another way to write the same.
 */

static bool
attributes_in_another_order(struct site *s)
{
	xmlAttr *a = s->node->properties, *last;

	if (a == NULL || a->next == NULL)
		return false;
	for (last = a; last->next != NULL; last = last->next)
		continue;
	xmlUnlinkNode((xmlNode *)a);
	last->next = a;
	a->prev = last;
	a->next = NULL;
	a->parent = s->node;
	return true;
}

static bool
unused_declaration(struct site *s)
{
	return xmlNewNs(s->node, (const xmlChar *)"urn:unused", (const xmlChar *)"unused") != NULL;
}

/* Exclusive C14N does not show a declaration again that is in force. */
static bool
declaration_repeated(struct site *s)
{
	for (xmlNs *ns = s->node->nsDef; ns != NULL; ns = ns->next)
		if (xmlStrEqual(ns->prefix, s->node->ns->prefix))
			return false;
	return xmlNewNs(s->node, s->node->ns->href, s->node->ns->prefix) != NULL;
}

static xmlNode *
as_reference(xmlDoc *doc, const char *value, size_t *used)
{
	char name[16];
	int len = (int)strlen(value), sign = xmlGetUTF8Char((const unsigned char *)value, &len);

	*used = (size_t)len;
	snprintf(name, sizeof(name), "#x%x", (unsigned)sign);
	return xmlNewCharRef(doc, (const xmlChar *)name);
}

static bool
text_as_reference(struct site *s)
{
	own_str char *value = value_of(s);
	size_t used;

	xmlAddPrevSibling(s->node, as_reference(s->node->doc, value, &used));
	set_value(s, value + used);
	return true;
}

static bool
text_as_cdata(struct site *s)
{
	xmlNode *cdata = xmlNewCDataBlock(s->node->doc, s->node->content, xmlStrlen(s->node->content));

	xmlFreeNode(xmlReplaceNode(s->node, cdata));
	return true;
}

static bool
value_as_reference(struct site *s)
{
	own_str char *value = value_of(s);
	size_t used;
	xmlNode *reference = as_reference(s->node->doc, value, &used), *rest = text(s, value + used);
	xmlAttr *a = s->attribute;

	xmlFreeNodeList(a->children);
	a->children = reference;
	a->last = rest;
	reference->next = rest;
	rest->prev = reference;
	reference->parent = rest->parent = (xmlNode *)a;
	return true;
}

static const struct mutation table[] = {
	{ "removed", SITE_ELEMENT, false, element_removed }, { "doubled", SITE_ELEMENT, false, element_doubled },
	{ "copied to the end", SITE_ELEMENT, false, element_copied_out }, { "swapped with its neighbour", SITE_ELEMENT, false, element_swapped },
	{ "moved to the end", SITE_ELEMENT, false, element_moved_out }, { "moved into its neighbour", SITE_ELEMENT, false, element_moved_in },
	{ "wrapped", SITE_ELEMENT, false, element_wrapped }, { "unwrapped", SITE_ELEMENT, false, element_unwrapped },
	{ "emptied", SITE_ELEMENT, false, element_emptied }, { "renamed", SITE_ELEMENT, false, element_renamed },
	{ "of another namespace", SITE_ELEMENT, false, element_of_another_namespace },
	{ "foreign element before", SITE_ELEMENT, false, foreign_before }, { "foreign element behind", SITE_ELEMENT, false, foreign_behind },
	{ "foreign element first inside", SITE_ELEMENT, false, foreign_first }, { "foreign element last inside", SITE_ELEMENT, false, foreign_last },
	{ "element of its namespace inside", SITE_ELEMENT, false, own_last }, { "text before", SITE_ELEMENT, false, text_before },
	{ "text inside", SITE_ELEMENT, false, text_first }, { "blank before", SITE_ELEMENT, false, blank_before },
	{ "blank inside", SITE_ELEMENT, false, blank_last }, { "comment before", SITE_ELEMENT, false, comment_before },
	{ "comment behind", SITE_ELEMENT, false, comment_behind }, { "comment inside", SITE_ELEMENT, false, comment_inside },
	{ "instruction before", SITE_ELEMENT, false, instruction_before }, { "instruction behind", SITE_ELEMENT, false, instruction_behind },
	{ "instruction inside", SITE_ELEMENT, false, instruction_inside }, { "attribute added", SITE_ELEMENT, false, attribute_added },
	{ "foreign attribute added", SITE_ELEMENT, false, attribute_of_another_namespace }, { "xml:space added", SITE_ELEMENT, false, xml_space_added },
	{ "xml:id added", SITE_ELEMENT, false, xml_id_added }, { "Id of another added", SITE_ELEMENT, false, id_of_another },

	{ "changed at its head", SITE_ATTRIBUTE, false, changed_at_head }, { "changed at its tail", SITE_ATTRIBUTE, false, changed_at_tail },
	{ "emptied", SITE_ATTRIBUTE, false, value_emptied }, { "doubled in itself", SITE_ATTRIBUTE, false, value_doubled },
	{ "blank behind", SITE_ATTRIBUTE, false, blank_behind }, { "removed", SITE_ATTRIBUTE, false, attribute_removed },
	{ "doubled in another namespace", SITE_ATTRIBUTE, false, attribute_doubled }, { "given a prefix", SITE_ATTRIBUTE, false, attribute_with_prefix },
	{ "renamed", SITE_ATTRIBUTE, false, attribute_renamed }, { "moved to a neighbour", SITE_ATTRIBUTE, false, attribute_to_neighbour },
	{ "moved to the parent", SITE_ATTRIBUTE, false, attribute_to_parent }, { "moved to a child", SITE_ATTRIBUTE, false, attribute_to_child },
	{ "swapped with a neighbour's", SITE_ATTRIBUTE, false, attribute_swapped },

	{ "changed", SITE_DECLARATION, false, declaration_changed }, { "prefix changed", SITE_DECLARATION, false, prefix_changed },
	{ "hidden by another", SITE_DECLARATION, false, declaration_hidden },

	{ "changed at its head", SITE_TEXT, false, changed_at_head }, { "changed at its tail", SITE_TEXT, false, changed_at_tail },
	{ "emptied", SITE_TEXT, false, value_emptied }, { "doubled in itself", SITE_TEXT, false, value_doubled },
	{ "blank behind", SITE_TEXT, false, blank_behind }, { "moved to a neighbour", SITE_TEXT, false, text_moved },
	{ "element inside", SITE_TEXT, false, element_in_text }, { "comment inside", SITE_TEXT, false, comment_in_text },

	{ "attributes in another order", SITE_ELEMENT, true, attributes_in_another_order }, { "unused declaration", SITE_ELEMENT, true, unused_declaration },
	{ "declaration repeated", SITE_ELEMENT, true, declaration_repeated }, { "written as a reference", SITE_ATTRIBUTE, true, value_as_reference },
	{ "written as a reference", SITE_TEXT, true, text_as_reference }, { "written as CDATA", SITE_TEXT, true, text_as_cdata },
};

const struct mutation *
mutations(size_t *n)
{
	*n = COUNT(table);
	return table;
}

const struct mutation *
mutation_find(const char *name, enum site_kind on)
{
	for (size_t i = 0; i < COUNT(table); i++)
		if (table[i].on == on && strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}
