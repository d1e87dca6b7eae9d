#include "tests/base/test.h"

#include "base/json.h"

static void
test_refusals(void **state)
{
	static const char *const bad[] = {
		"", "{", "{}x", "{\"a\":1,\"a\":2}", "{\"a\":\"\\u0000\"}", "\xff", "[1,]", "nul",
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		own(json_t) *j = NULL;
		struct err e;

		assert_case(bad[i], !json_read(&j, span_str(bad[i]), &e));
	}
}

static void
test_canonical(void **state)
{
	own(json_t) *j = NULL;
	own_struct(buf) b = buf_new(100);
	struct err e;

	assert_done(json_read(&j, span_str("{ \"b\" : \"\\u0110\" , \"a\":[1, true] }"), &e), e);
	json_write(&b, j);
	assert_string_equal(buf_str(&b), "{\"a\":[1,true],\"b\":\"Đ\"}");
}

static void
test_taking(void **state)
{
	static const char *const keys[] = { "s", "n", "h", NULL };
	own(json_t) *j = NULL;
	unsigned char two[2];
	const char *s;
	int64_t n;
	struct err e;

	assert_done(json_read(&j, span_str("{\"s\":\"x\",\"n\":5,\"h\":\"00ff\"}"), &e), e);
	assert_true(json_only(j, keys, &e));
	assert_false(json_only(j, keys + 1, &e));
	assert_string_equal(e.text, "unknown key \"s\"");
	assert_true(json_take_str(&s, j, "s", &e));
	assert_true(json_take_int(&n, j, "n", &e));
	assert_true(json_take_hex(two, 2, j, "h", &e));
	assert_false(json_take_hex(two, 1, j, "h", &e));
	assert_false(json_take_int(&n, j, "s", &e));
	assert_string_equal(e.text, "\"s\" is not a whole number");
	assert_false(json_take_str(&s, j, "x", &e));
	assert_string_equal(e.text, "\"x\" is missing");
	assert_true(json_may_str(&s, j, "x", &e));
	assert_null(s);
	assert_false(json_may_str(&s, j, "n", &e));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals), cmocka_unit_test(test_canonical), cmocka_unit_test(test_taking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
