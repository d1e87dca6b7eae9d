/* The examples of RFC 8949 appendix A that belong to our subset, both ways, and
 * everything that is not the one deterministic form. */
#include "tests/base/test.h"

#include "base/cbor.h"

#include <string.h>

static struct span
octets(struct buf *into, const char *hex)
{
	struct err e;

	assert_done(hex_get(into, span_str(hex), &e), e);
	return buf_span(into);
}

static void
test_strictness(void **state)
{
	static const struct { const char *name, *hex; bool good; } cases[] = {
		{ "0", "00", true }, { "23", "17", true }, { "24", "1818", true }, { "1000", "1903e8", true },
		{ "2^32", "1b0000000100000000", true }, { "2^64-1", "1bffffffffffffffff", true },
		{ "-1", "20", true }, { "-1000", "3903e7", true }, { "-2^64", "3bffffffffffffffff", true },
		{ "no octets", "40", true }, { "octets", "4401020304", true }, { "text", "6449455446", true }, { "u umlaut", "62c3bc", true },
		{ "[]", "80", true }, { "[1,[2,3],[4,5]]", "8301820203820405", true }, { "{}", "a0", true },
		{ "{1:2,3:4}", "a201020304", true }, { "{a:1,b:[2,3]}", "a26161016162820203", true }, { "0(text)", "c06161", true },
		{ "false", "f4", true }, { "true", "f5", true }, { "null", "f6", true },
		{ "keys of mixed kinds", "a2186401616102", true },

		{ "nothing at all", "", false }, { "two items", "0000", false }, { "a head cut off", "19", false },
		{ "a head cut off later", "1903", false }, { "an octet string cut off", "44010203", false }, { "an array cut off", "8301", false },
		{ "a map without its last value", "a2010203", false }, { "a tag of nothing", "c0", false },
		{ "0 in two octets", "1800", false }, { "23 in two octets", "1817", false }, { "255 in three", "1900ff", false },
		{ "65535 in five", "1a0000ffff", false }, { "2^32-1 in nine", "1b00000000ffffffff", false },
		{ "a length in two octets", "580101", false }, { "a count in two octets", "980100", false }, { "a tag in two octets", "d80000", false },
		{ "an indefinite array", "9f01ff", false }, { "an indefinite map", "bfff", false }, { "indefinite octets", "5f4101ff", false },
		{ "indefinite text", "7f6161ff", false }, { "a break alone", "ff", false },
		{ "info 28", "1c", false }, { "info 30", "1e", false },
		{ "undefined", "f7", false }, { "simple 16", "f0", false }, { "simple 32", "f820", false }, { "false in two octets", "f814", false },
		{ "half float", "f93c00", false }, { "float", "fa47c35000", false }, { "double", "fb3ff199999999999a", false },
		{ "keys in the wrong order", "a203040102", false }, { "a key twice", "a201020103", false },
		{ "longer text key first", "a262616101616202", false }, { "a text key twice", "a2616101616102", false },
		{ "negative key before positive", "a220010002", false }, { "inside an array", "81a203040102", false },
		{ "inside a tag", "c1a203040102", false }, { "as a key", "a1a20304010200", false },
		{ "not UTF-8", "61ff", false }, { "half a letter", "61c3", false }, { "an overlong letter", "62c0af", false },
		{ "a surrogate", "63eda080", false }, { "beyond Unicode", "64f4908080", false },
		{ "a text longer than all", "7bffffffffffffffff", false }, { "octets longer than all", "5affffffff", false },
		{ "more items than octets", "9bffffffffffffffff", false }, { "more pairs than octets", "baffffffff", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) b = buf_new(200);
		struct err e = { ERR_NONE, "" };

		assert_case(cases[i].name, cbor_check(octets(&b, cases[i].hex), &e) == cases[i].good);
		assert_case(cases[i].name, cases[i].good || (e.class == ERR_INPUT && e.text[0] != '\0'));
	}
}

static void
test_depth(void **state)
{
	unsigned char nest[CBOR_DEPTH + 2];
	struct err e;

	memset(nest, 0x81, sizeof(nest));
	nest[CBOR_DEPTH - 1] = 0;
	assert_done(cbor_check(span_of(nest, CBOR_DEPTH), &e), e);
	nest[CBOR_DEPTH - 1] = 0x81;
	nest[CBOR_DEPTH] = 0;
	assert_false(cbor_check(span_of(nest, CBOR_DEPTH + 1), &e));
	assert_int_equal(e.class, ERR_LIMIT);
}

static void
test_numbers_both_ways(void **state)
{
	static const struct { int64_t v; const char *hex; } cases[] = {
		{ 0, "00" }, { 23, "17" }, { 24, "1818" }, { 255, "18ff" }, { 256, "190100" }, { 65535, "19ffff" }, { 65536, "1a00010000" },
		{ 4294967295, "1affffffff" }, { 4294967296, "1b0000000100000000" }, { INT64_MAX, "1b7fffffffffffffff" },
		{ -1, "20" }, { -24, "37" }, { -25, "3818" }, { -256, "38ff" }, { -257, "390100" }, { INT64_MIN, "3b7fffffffffffffff" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) want = buf_new(20);
		own_struct(buf) made = buf_new(20);
		struct cbor c;
		struct err e;
		int64_t back;

		cbor_put_int(&made, cases[i].v);
		assert_case(cases[i].hex, span_eq(buf_span(&made), octets(&want, cases[i].hex)));
		c = cbor_read(buf_span(&made));
		assert_done(cbor_get_int(&c, &back, "number", &e), e);
		assert_case(cases[i].hex, back == cases[i].v && cbor_end(&c, "number", &e));
	}
}

static void
test_numbers_too_large(void **state)
{
	static const char *const cases[] = { "1b8000000000000000", "1bffffffffffffffff", "3b8000000000000000", "3bffffffffffffffff" };

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) b = buf_new(20);
		struct cbor c = cbor_read(octets(&b, cases[i]));
		struct err e;
		int64_t v;

		assert_case(cases[i], !cbor_get_int(&c, &v, "number", &e) && e.class == ERR_INPUT);
	}
}

/* Every writer, read back strictly and item by item. */
static void
test_a_document(void **state)
{
	own_struct(buf) b = buf_new(200);
	struct span s;
	struct cbor c;
	struct err e;
	uint64_t u;
	bool flag;
	size_t n;

	cbor_put_tag(&b, 18);
	cbor_put_array(&b, 3);
	cbor_put_map(&b, 2);
	cbor_put_uint(&b, 1);
	cbor_put_text(&b, "s\xe1\xbb\x91");
	cbor_put_text(&b, "k");
	cbor_put_bytes(&b, span_str("\x01\x02"));
	cbor_put_bool(&b, true);
	cbor_put_null(&b);
	assert_done(cbor_check(buf_span(&b), &e), e);
	c = cbor_read(buf_span(&b));
	assert_true(cbor_get_tag(&c, &u, "tag", &e) && u == 18);
	assert_true(cbor_get_array(&c, &n, "array", &e) && n == 3);
	assert_true(cbor_get_map(&c, &n, "map", &e) && n == 2);
	assert_true(cbor_get_uint(&c, &u, "key", &e) && u == 1);
	assert_true(cbor_get_text(&c, &s, "value", &e) && span_eq_str(s, "s\xe1\xbb\x91"));
	assert_true(cbor_get_text(&c, &s, "key", &e) && span_eq_str(s, "k"));
	assert_false(cbor_null(&c));
	assert_true(cbor_get_bytes(&c, &s, "value", &e) && s.len == 2);
	assert_false(cbor_end(&c, "document", &e));
	assert_true(cbor_get_bool(&c, &flag, "flag", &e) && flag);
	assert_true(cbor_null(&c));
	assert_done(cbor_end(&c, "document", &e), e);
}

/* A reader that asks for another kind is refused, told so, and stays. */
static void
test_wrong_kinds(void **state)
{
	static const char *const items[] = { "01", "20", "4100", "6161", "8100", "a10000", "c000", "f4", "f6" };

	for (size_t i = 0; i < COUNT(items); i++) {
		own_struct(buf) b = buf_new(20);
		struct span all = octets(&b, items[i]), s;
		struct cbor c = cbor_read(all);
		unsigned taken = 0;
		struct err e;
		int64_t n;
		uint64_t u;
		size_t count;
		bool flag;

#define TRY(call) do { if (call) taken++; else assert_case(items[i], c.at == all.ptr && strstr(e.text, "field")); c = cbor_read(all); } while (0)
		TRY(cbor_get_uint(&c, &u, "field", &e));
		TRY(cbor_get_int(&c, &n, "field", &e));
		TRY(cbor_get_bytes(&c, &s, "field", &e));
		TRY(cbor_get_text(&c, &s, "field", &e));
		TRY(cbor_get_array(&c, &count, "field", &e));
		TRY(cbor_get_map(&c, &count, "field", &e));
		TRY(cbor_get_tag(&c, &u, "field", &e));
		TRY(cbor_get_bool(&c, &flag, "field", &e));
#undef TRY
		/* 1 is both an unsigned and a signed number; null is none of these. */
		assert_case(items[i], taken == (i == 0 ? 2 : strcmp(items[i], "f6") == 0 ? 0 : 1));
	}
}

/* Whatever an octet is changed to, the reader stays inside and answers. */
static void
test_every_octet_changed(void **state)
{
	static const char document[] = "d283a201260448010203040506070882f5f66161";
	own_struct(buf) b = buf_new(200);
	unsigned accepted = 0;
	struct err e;

	octets(&b, document);
	assert_done(cbor_check(buf_span(&b), &e), e);
	for (size_t i = 0; i < b.len; i++) {
		unsigned char was = b.ptr[i];

		for (unsigned v = 0; v < 256; v++) {
			b.ptr[i] = (unsigned char)v;
			accepted += cbor_check(buf_span(&b), &e);
		}
		b.ptr[i] = was;
		assert_false(cbor_check(span_of(b.ptr, i), &e));
	}
	assert_true(accepted < b.len * 256);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strictness),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_numbers_both_ways),
		cmocka_unit_test(test_numbers_too_large),
		cmocka_unit_test(test_a_document),
		cmocka_unit_test(test_wrong_kinds),
		cmocka_unit_test(test_every_octet_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
