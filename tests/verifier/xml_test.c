/* Hostile XML: each refusal with its sentence. */
#include "tests/base/test.h"

#include "verifier/xml.h"

static bool
parse(const char *text, struct err *e)
{
	struct xml x;
	bool good = xml_parse(&x, span_str(text), e);

	if (good)
		xml_drop(&x);
	return good;
}

static void
hostile_documents_are_refused(void **state)
{
	static const struct { const char *name, *text, *says; } cases[] = {
		{ "empty", "", "does not begin" },
		{ "not XML", "hello", "does not begin" },
		{ "PDF", "%PDF-1.7", "does not begin" },
		{ "doctype", "<!DOCTYPE a><a/>", "DOCTYPE" },
		{ "external subset", "<!DOCTYPE a SYSTEM \"http://x.example/a.dtd\"><a/>", "DOCTYPE" },
		{ "file entity", "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>", "DOCTYPE" },
		{ "billion laughs", "<!DOCTYPE a [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;\">]><a>&c;</a>", "DOCTYPE" },
		{ "parameter entity", "<!DOCTYPE a [<!ENTITY % x \"<!ENTITY y 'z'>\">%x;]><a/>", "DOCTYPE" },
		{ "undeclared entity", "<a>&x;</a>", "not well-formed" },
		{ "comment", "<a>x<!-- y --></a>", "comment" },
		{ "comment before", "<!-- y --><a/>", "comment" },
		{ "processing instruction", "<a><?x y?></a>", "processing instruction" },
		{ "stylesheet", "<?xml-stylesheet href=\"x.xsl\"?><a/>", "processing instruction" },
		{ "not closed", "<a><b></a>", "not well-formed" },
		{ "two roots", "<a/><b/>", "not well-formed" },
		{ "bytes behind", "<a/>x", "not well-formed" },
		{ "Latin-1", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>", "UTF-8" },
		{ "UTF-16 declared", "<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>", "" },
		{ "bad UTF-8", "<a>\xc3\x28</a>", "UTF-8" },
		{ "overlong", "<a>\xc0\xaf</a>", "UTF-8" },
		{ "BOM", "\xef\xbb\xbf<a/>", "does not begin" },
		{ "control", "<a>\x01</a>", "not well-formed" },
		{ "prefix without namespace", "<a><x:b/></a>", "not well-formed" },
		{ "attribute twice", "<a b=\"1\" b=\"2\"/>", "not well-formed" },
		{ "two Ids", "<a Id=\"x\"><b Id=\"x\"/></a>", "two elements" },
		{ "Id and ID", "<a Id=\"x\"><b ID=\"x\"/></a>", "two elements" },
		{ "Id and id", "<a Id=\"x\"><b id=\"x\"/></a>", "two elements" },
		{ "Id and xml:id", "<a Id=\"x\"><b xml:id=\"x\"/></a>", "two elements" },
		{ "Id and id on one", "<a Id=\"x\" id=\"x\"/>", "two elements" },
		{ "Id by character reference", "<a Id=\"x\"><b Id=\"&#120;\"/></a>", "two elements" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { ERR_NONE, "" };

		assert_case(cases[i].name, !parse(cases[i].text, &e));
		if (strstr(e.text, cases[i].says) == NULL)
			print_error("%s: %s\n", cases[i].name, e.text);
		assert_case(cases[i].name, strstr(e.text, cases[i].says) != NULL);
		assert_case(cases[i].name, e.class == ERR_INPUT);
	}
}

static void
harmless_documents_are_read(void **state)
{
	static const char *const cases[] = { "<a/>", "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a/>", "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<a>ệ</a>\n",
		"<a Id=\"x\"><b Id=\"y\"/></a>", "<a>&lt;&amp;&#x1EC7;</a>", "<a><![CDATA[<b>]]></a>" };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e;

		assert_done(parse(cases[i], &e), e);
	}
}

static void
sizes_are_bounded(void **state)
{
	struct err e = { ERR_NONE, "" };
	own_struct(buf) b = buf_new(32u << 20);

	buf_put_str(&b, "<a>");
	while (b.len < 10u << 20)
		buf_put_str(&b, "0123456789abcdef");
	buf_put_str(&b, "</a>");
	assert_false(parse(buf_str(&b), &e));
	assert_int_equal(e.class, ERR_LIMIT);

	buf_reset(&b);
	buf_put_str(&b, "<a>");
	for (int i = 0; i < 100000; i++)
		buf_put_str(&b, "<b/>");
	buf_put_str(&b, "</a>");
	assert_false(parse(buf_str(&b), &e));
	assert_int_equal(e.class, ERR_LIMIT);
	assert_non_null(strstr(e.text, "elements"));

	buf_reset(&b);
	for (int i = 0; i < 1000; i++)
		buf_put_str(&b, "<a>");
	for (int i = 0; i < 1000; i++)
		buf_put_str(&b, "</a>");
	assert_false(parse(buf_str(&b), &e));
	assert_int_equal(e.class, ERR_LIMIT);
	assert_non_null(strstr(e.text, "deep"));

	buf_reset(&b);
	buf_put_str(&b, "<a");
	for (int i = 0; i < 50000; i++)
		buf_printf(&b, " a%d=\"\"", i);
	buf_put_str(&b, "/>");
	assert_false(parse(buf_str(&b), &e));
	assert_int_equal(e.class, ERR_LIMIT);

	buf_reset(&b);
	buf_put_str(&b, "<a xmlns=\"urn:");
	for (int i = 0; i < 500; i++)
		buf_put_byte(&b, 'x');
	buf_put_str(&b, "\"/>");
	assert_false(parse(buf_str(&b), &e));
	assert_int_equal(e.class, ERR_LIMIT);
	assert_non_null(strstr(e.text, "namespace"));
}

/* Exclusive C14N of a subtree, in its document. */
static void
canonical_forms(void **state)
{
	static const struct { const char *text, *want; } cases[] = {
		{ "<r xmlns='urn:x' xmlns:u='urn:unused'><c b='2' a='1'>x &amp; y</c></r>", "<c xmlns=\"urn:x\" a=\"1\" b=\"2\">x &amp; y</c>" },
		{ "<p:r xmlns:p='urn:x'><p:c/></p:r>", "<p:c xmlns:p=\"urn:x\"></p:c>" },
		{ "<r><c><![CDATA[<a>&]]></c></r>", "<c>&lt;a&gt;&amp;</c>" },
		{ "<r xml:lang='vi'><c/></r>", "<c></c>" },
		{ "<r><c\n a = \"x&#10;y\"  /></r>", "<c a=\"x&#xA;y\"></c>" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) out = buf_new(1000);
		struct xml x;
		struct err e;

		assert_done(xml_parse(&x, span_str(cases[i].text), &e), e);
		assert_done(xml_c14n(&out, xml_child(x.root), &e), e);
		assert_string_equal(buf_str(&out), cases[i].want);
		xml_drop(&x);
	}
}

static void
relative_namespaces_have_no_canonical_form(void **state)
{
	own_struct(buf) out = buf_new(1000);
	struct xml x;
	struct err e;

	assert_done(xml_parse(&x, span_str("<r><c xmlns='relative'/></r>"), &e), e);
	assert_false(xml_c14n(&out, xml_child(x.root), &e));
	assert_int_equal(e.class, ERR_INPUT);
	xml_drop(&x);
}

/* Each of many siblings shows the namespace anew; the output is bounded. */
static void
canonical_forms_do_not_explode(void **state)
{
	own_struct(buf) b = buf_new(8u << 20), out = buf_new(1u << 20);
	struct xml x;
	struct err e;

	buf_put_str(&b, "<r xmlns:p='urn:");
	for (int i = 0; i < 180; i++)
		buf_put_byte(&b, 'x');
	buf_put_str(&b, "'>");
	for (int i = 0; i < 15000; i++)
		buf_put_str(&b, "<p:a/>");
	buf_put_str(&b, "</r>");
	assert_done(xml_parse(&x, buf_span(&b), &e), e);
	assert_false(xml_c14n(&out, x.root, &e));
	assert_int_equal(e.class, ERR_LIMIT);
	xml_drop(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_documents_are_refused),
		cmocka_unit_test(harmless_documents_are_read),
		cmocka_unit_test(sizes_are_bounded),
		cmocka_unit_test(canonical_forms),
		cmocka_unit_test(relative_namespaces_have_no_canonical_form),
		cmocka_unit_test(canonical_forms_do_not_explode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
