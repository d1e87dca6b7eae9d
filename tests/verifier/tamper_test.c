/*
 * Every element, attribute and text of a sealed permit: changed, removed,
 * doubled, moved, joined by a foreign one.  A table says what each part's
 * mutants may come to; what may still pass is exactly the part that no
 * signature covers and no grammar pins.  Harmless differences of writing pass.
 */
#include "tests/base/test.h"
#include "tests/verifier/permit_maker.h"

#include <libxml/parser.h>

static struct maker *m;
static struct evidence *evidence;
static struct buf original;

static int
set_up(void **state)
{
	m = maker_new();
	evidence = maker_evidence(m, NULL);
	original = buf_new(XML_SIZE_MAX);
	maker_permit(m, &(struct maker_recipe){ 0 }, &original);
	return 0;
}

static int
tear_down(void **state)
{
	buf_drop(&original);
	evidence_free(evidence);
	maker_free(m);
	return 0;
}

static void
judge(struct report *r, struct span text)
{
	maker_judge(m, r, text, evidence);
}

/*
 * Which part a node belongs to, by its path.
 */

enum part { PART_ROOT, PART_CONTENT, PART_OFFICER, PART_ISSUANCE, PART_SEAL_FRAME, PART_SEAL_INFO, PART_SEAL_VALUE, PART_SEAL_KEY,
	PART_SEAL_PROPERTIES, PART_SEAL_UNSIGNED, PARTS };

#define BIT(s) (1u << (s))
#define FORMAT BIT(SUB_FORMAT_FAILURE)
#define HASH BIT(SUB_HASH_FAILURE)
#define CRYPTO BIT(SUB_SIG_CRYPTO_FAILURE)
#define NO_SIGNER BIT(SUB_NO_SIGNING_CERTIFICATE_FOUND)
#define PASSES BIT(SUB_NONE)

/* may: all that a mutant of this part may come to; must: what some mutant of it
 * has to come to, or the table is idle. */
static const struct { const char *name; unsigned may, must; } expected[PARTS] = {
	[PART_ROOT] = { "root", FORMAT, FORMAT },
	[PART_CONTENT] = { "content", FORMAT | HASH, FORMAT | HASH },
	[PART_OFFICER] = { "officer", FORMAT | HASH | CRYPTO, FORMAT | HASH | CRYPTO },
	[PART_ISSUANCE] = { "issuance", FORMAT | HASH, FORMAT | HASH },
	[PART_SEAL_FRAME] = { "frame of the seal", FORMAT, FORMAT },
	[PART_SEAL_INFO] = { "SignedInfo of the seal", FORMAT | CRYPTO, FORMAT | CRYPTO },
	[PART_SEAL_VALUE] = { "SignatureValue of the seal", FORMAT | CRYPTO, FORMAT | CRYPTO },
	[PART_SEAL_KEY] = { "KeyInfo of the seal", FORMAT | NO_SIGNER | PASSES, FORMAT | PASSES },
	[PART_SEAL_PROPERTIES] = { "SignedProperties of the seal", FORMAT | HASH, FORMAT | HASH },
	[PART_SEAL_UNSIGNED] = { "unsigned properties of the seal", FORMAT | PASSES, FORMAT | PASSES },
};

static bool
is_seal(const xmlNode *n)
{
	own_str char *id = xml_is(n, NS_DS, "Signature") ? xml_attr(n, "Id") : NULL;

	return id != NULL && strcmp(id, "seal") == 0;
}

static enum part
part_of_seal(const xmlNode *n)
{
	static const struct { const char *ns, *name; enum part part; } tops[] = {
		{ NS_DS, "SignedInfo", PART_SEAL_INFO }, { NS_DS, "SignatureValue", PART_SEAL_VALUE }, { NS_DS, "KeyInfo", PART_SEAL_KEY },
		{ NS_XADES, "SignedProperties", PART_SEAL_PROPERTIES }, { NS_XADES, "UnsignedProperties", PART_SEAL_UNSIGNED },
	};

	for (; !is_seal(n); n = n->parent)
		for (size_t i = 0; i < COUNT(tops); i++)
			if (xml_is(n, tops[i].ns, tops[i].name))
				return tops[i].part;
	return PART_SEAL_FRAME;
}

static enum part
part_of(const xmlNode *n)
{
	const xmlNode *top = n;

	if (n->parent == NULL || n->parent->type == XML_DOCUMENT_NODE)
		return PART_ROOT;
	while (top->parent->parent != NULL && top->parent->parent->type != XML_DOCUMENT_NODE)
		top = top->parent;
	if (xml_is(top, NS_PERMIT, "content"))
		return PART_CONTENT;
	if (xml_is(top, NS_PERMIT, "issuance"))
		return PART_ISSUANCE;
	return is_seal(top) ? part_of_seal(n) : PART_OFFICER;
}

/*
 * Mutations.  Each works on the n-th node of a fresh copy and says whether it
 * applies.
 */

static void
add_foreign(xmlNode *before, bool after)
{
	xmlNode *evil = xmlNewDocNode(before->doc, NULL, (const xmlChar *)"evil", (const xmlChar *)"x");

	xmlSetNs(evil, xmlNewNs(evil, (const xmlChar *)"urn:evil", (const xmlChar *)"e"));
	if (after)
		xmlAddNextSibling(before, evil);
	else
		xmlAddPrevSibling(before, evil);
}

static bool
remove_node(xmlNode *n)
{
	xmlUnlinkNode(n);
	xmlFreeNode(n);
	return true;
}

static bool
double_node(xmlNode *n)
{
	if (n->type == XML_TEXT_NODE) {
		own_str char *text = xstrdup((const char *)n->content);

		xmlNodeAddContent(n, (const xmlChar *)text);
		return true;
	}
	xmlAddNextSibling(n, xmlCopyNode(n, 1));
	return true;
}

/* Swaps with the next element, or when it is the last with the first. */
static bool
move_node(xmlNode *n)
{
	xmlNode *other = xml_next(n);

	if (n->type != XML_ELEMENT_NODE)
		return false;
	if (other == NULL)
		other = xml_child(n->parent);
	if (other == NULL || other == n)
		return false;
	if (xml_next(n) == other) {
		xmlAddNextSibling(other, n);
	} else {
		xmlUnlinkNode(n);
		xmlAddPrevSibling(other, n);
	}
	return true;
}

/* To the very end of the permit: a classic of wrapping. */
static bool
move_out(xmlNode *n)
{
	xmlNode *root = xmlDocGetRootElement(n->doc);

	if (n->type != XML_ELEMENT_NODE || n->parent == root)
		return false;
	xmlUnlinkNode(n);
	xmlAddChild(root, n);
	return true;
}

static bool foreign_before(xmlNode *n) { add_foreign(n, false); return true; }
static bool foreign_after(xmlNode *n) { add_foreign(n, true); return true; }

static bool
foreign_inside(xmlNode *n)
{
	if (n->type != XML_ELEMENT_NODE)
		return false;
	xmlNewChild(n, NULL, (const xmlChar *)"evil", NULL);
	return true;
}

static bool
text_inside(xmlNode *n)
{
	if (n->type != XML_ELEMENT_NODE)
		return false;
	xmlAddChild(n, xmlNewText((const xmlChar *)"evil"));
	return true;
}

static bool
rename_node(xmlNode *n)
{
	if (n->type != XML_ELEMENT_NODE)
		return false;
	xmlNodeSetName(n, (const xmlChar *)"evil");
	return true;
}

static bool
comment_inside(xmlNode *n)
{
	if (n->type != XML_ELEMENT_NODE)
		return false;
	xmlAddChild(n, xmlNewComment((const xmlChar *)"evil"));
	return true;
}

static bool
add_attribute(xmlNode *n)
{
	if (n->type != XML_ELEMENT_NODE)
		return false;
	xmlNewProp(n, (const xmlChar *)"evil", (const xmlChar *)"1");
	return true;
}

static bool
add_xml_space(xmlNode *n)
{
	if (n->type != XML_ELEMENT_NODE)
		return false;
	xmlNodeSetSpacePreserve(n, 1);
	return true;
}

/* A sign in the middle becomes another of its class, so that the grammar is not
 * the first to notice. */
static void
twist(char *text)
{
	size_t n = strlen(text), i = n / 2;

	while (i > 0 && !((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'A' && text[i] <= 'Z') || (text[i] >= 'a' && text[i] <= 'z')))
		i--;
	if (text[i] >= '0' && text[i] <= '9')
		text[i] = text[i] == '1' ? '2' : '1';
	else if (text[i] >= 'A' && text[i] <= 'Z')
		text[i] = text[i] == 'B' ? 'C' : 'B';
	else
		text[i] = text[i] == 'b' ? 'c' : 'b';
}

static bool
change_text(xmlNode *n)
{
	if (n->type != XML_TEXT_NODE || n->content == NULL || n->content[0] == '\0')
		return false;
	own_str char *text = xstrdup((const char *)n->content);

	twist(text);
	xmlNodeSetContent(n, NULL);
	xmlNodeAddContent(n, (const xmlChar *)text);
	return true;
}

static bool
empty_text(xmlNode *n)
{
	if (n->type != XML_TEXT_NODE)
		return false;
	xmlNodeSetContent(n, NULL);
	return true;
}

static bool
change_attribute(xmlNode *n)
{
	if (n->type != XML_ELEMENT_NODE || n->properties == NULL)
		return false;
	own_str char *value = xml_attr(n, (const char *)n->properties->name);

	twist(value);
	xmlSetProp(n, n->properties->name, (const xmlChar *)value);
	return true;
}

static bool
change_last_attribute(xmlNode *n)
{
	xmlAttr *a = n->type == XML_ELEMENT_NODE ? n->properties : NULL;

	while (a != NULL && a->next != NULL)
		a = a->next;
	if (a == NULL || a == n->properties)
		return false;
	own_str char *value = xml_attr(n, (const char *)a->name);

	twist(value);
	xmlSetProp(n, a->name, (const xmlChar *)value);
	return true;
}

static bool
remove_attribute(xmlNode *n)
{
	if (n->type != XML_ELEMENT_NODE || n->properties == NULL)
		return false;
	xmlRemoveProp(n->properties);
	return true;
}

static const struct { const char *name; bool (*apply)(xmlNode *); } mutations[] = {
	{ "removed", remove_node }, { "doubled", double_node }, { "moved", move_node }, { "moved out", move_out },
	{ "foreign before", foreign_before }, { "foreign behind", foreign_after }, { "foreign inside", foreign_inside },
	{ "text inside", text_inside }, { "renamed", rename_node }, { "comment inside", comment_inside },
	{ "attribute added", add_attribute }, { "xml:space added", add_xml_space }, { "text changed", change_text },
	{ "text emptied", empty_text }, { "attribute changed", change_attribute }, { "last attribute changed", change_last_attribute },
	{ "attribute removed", remove_attribute },
};

/* The n-th element or text in document order; NULL beyond. */
static xmlNode *
nth(xmlNode *n, size_t *left)
{
	for (; n != NULL; n = n->next) {
		xmlNode *found;

		if ((*left)-- == 0)
			return n;
		found = nth(n->children, left);
		if (found != NULL)
			return found;
	}
	return NULL;
}

static xmlDoc *
copy_of_original(void)
{
	xmlDoc *doc = xmlReadMemory((const char *)original.ptr, (int)original.len, NULL, NULL, XML_PARSE_NONET);

	assert_non_null(doc);
	return doc;
}

static void
dump(struct buf *out, xmlDoc *doc)
{
	xmlChar *text = NULL;
	int len = 0;

	xmlDocDumpMemory(doc, &text, &len);
	buf_put(out, text, (size_t)len);
	xmlFree(text);
}

static unsigned seen[PARTS];
static size_t tried;

static void
check_mutant(const char *mutation, const char *where, enum part part, struct span text)
{
	struct report r;

	judge(&r, text);
	tried++;
	if ((expected[part].may & BIT(r.sub)) == 0 || (r.sub == SUB_NONE) != (r.verdict == VERDICT_PASSED))
		print_error("%s, %s (%s): %s %s: %s\n", where, mutation, expected[part].name, verdict_word(r.verdict), sub_word(r.sub),
		    r.reasons.n > 0 ? r.reasons.at[0].en : "");
	assert_true((expected[part].may & BIT(r.sub)) != 0);
	assert_true((r.sub == SUB_NONE) == (r.verdict == VERDICT_PASSED));
	seen[part] |= BIT(r.sub);
	report_drop(&r);
}

static bool
mutate(size_t node, size_t mutation, struct span untouched)
{
	xmlDoc *doc = copy_of_original();
	own_struct(buf) text = buf_new(XML_SIZE_MAX * 2);
	size_t left = node;
	xmlNode *n = nth(xmlDocGetRootElement(doc), &left);
	char where[200];
	enum part part;

	if (n == NULL) {
		xmlFreeDoc(doc);
		return false;
	}
	part = part_of(n);
	xml_where(where, sizeof(where), n);
	if ((n->parent->type != XML_DOCUMENT_NODE || mutations[mutation].apply == add_attribute || mutations[mutation].apply == text_inside ||
	    mutations[mutation].apply == foreign_inside || mutations[mutation].apply == comment_inside) && mutations[mutation].apply(n)) {
		dump(&text, doc);
		if (!span_eq(buf_span(&text), untouched))
			check_mutant(mutations[mutation].name, where, part, buf_span(&text));
	}
	xmlFreeDoc(doc);
	return true;
}

static void
every_mutant_is_what_the_table_says(void **state)
{
	xmlDoc *doc = copy_of_original();
	own_struct(buf) untouched = buf_new(XML_SIZE_MAX * 2);
	struct report r;

	dump(&untouched, doc);
	xmlFreeDoc(doc);
	judge(&r, buf_span(&untouched));
	assert_int_equal(r.verdict, VERDICT_PASSED);
	report_drop(&r);
	for (size_t mutation = 0; mutation < COUNT(mutations); mutation++)
		for (size_t node = 0; mutate(node, mutation, buf_span(&untouched)); node++)
			continue;
	print_message("%zu mutants\n", tried);
	assert_true(tried > 2000);
	for (int p = 0; p < PARTS; p++) {
		if ((seen[p] & expected[p].must) != expected[p].must)
			print_error("%s: seen %x of %x\n", expected[p].name, seen[p], expected[p].must);
		assert_true((seen[p] & expected[p].must) == expected[p].must);
	}
}

/*
 * Benign twins: the same infoset, written in another way.
 */

static void
replaced(struct buf *out, const char *from, const char *to, bool everywhere)
{
	const char *s = buf_str(&original), *at;

	while ((at = strstr(s, from)) != NULL) {
		buf_put(out, s, (size_t)(at - s));
		buf_put_str(out, to);
		s = at + strlen(from);
		if (!everywhere)
			break;
	}
	buf_put_str(out, s);
}

static void
benign_twins_pass(void **state)
{
	static const struct { const char *name, *from, *to; bool everywhere; } cases[] = {
		{ "order of attributes", " Id=\"content\" kind=\"construction\" version=\"1\"", " version=\"1\" kind=\"construction\" Id=\"content\"", false },
		{ "single quotes", "Id=\"content\"", "Id='content'", false },
		{ "spaces in tags", "<issuance Id=\"issuance\">", "<issuance   Id = \"issuance\"\n>", false },
		{ "spaces in end tags", "</number>", "</number >", false },
		{ "empty elements", "></ds:Transform>", "/>", true },
		{ "character reference", "245/GPXD", "&#50;45/GPXD", false },
		{ "CDATA", "<number>245/GPXD</number>", "<number><![CDATA[245/GPXD]]></number>", false },
		{ "declaration", "<permit", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<permit", false },
		{ "line feed at the end", "</permit>", "</permit>\n", false },
		{ "another prefix for the root, the same for its children", "<permit xmlns=\"urn:antin:permit:1\">",
			"<permit xmlns=\"urn:antin:permit:1\" xmlns:unused=\"urn:unused\">", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) text = buf_new(XML_SIZE_MAX);
		struct report r;

		replaced(&text, cases[i].from, cases[i].to, cases[i].everywhere);
		assert_case(cases[i].name, !span_eq(buf_span(&text), buf_span(&original)));
		judge(&r, buf_span(&text));
		if (r.verdict != VERDICT_PASSED)
			print_error("%s: %s\n", cases[i].name, r.reasons.at[0].en);
		assert_case(cases[i].name, r.verdict == VERDICT_PASSED);
		report_drop(&r);
	}
}

/* A prefix is part of what is signed, but not where no signature covers. */
static void
prefixes(void **state)
{
	own_struct(buf) root = buf_new(XML_SIZE_MAX), content = buf_new(XML_SIZE_MAX);
	struct report r;
	const char *s = buf_str(&original);
	size_t n = strlen("<permit xmlns=\"urn:antin:permit:1\">"), end = strlen(s) - strlen("</permit>");

	buf_put_str(&root, "<p:permit xmlns:p=\"urn:antin:permit:1\" xmlns=\"urn:antin:permit:1\">");
	buf_put(&root, s + n, end - n);
	buf_put_str(&root, "</p:permit>");
	judge(&r, buf_span(&root));
	assert_int_equal(r.verdict, VERDICT_PASSED);
	report_drop(&r);
	replaced(&content, "<content Id=", "<content xmlns:q=\"urn:antin:permit:1\" Id=", false);
	judge(&r, buf_span(&content));
	assert_int_equal(r.verdict, VERDICT_PASSED);	/* not used, so not shown by exclusive C14N */
	report_drop(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mutant_is_what_the_table_says),
		cmocka_unit_test(benign_twins_pass),
		cmocka_unit_test(prefixes),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
