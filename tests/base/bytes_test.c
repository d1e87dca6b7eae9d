#include "tests/base/test.h"

#include "base/bytes.h"

#include <unistd.h>

static void
test_buf_keeps_its_maximum(void **state)
{
	own_struct(buf) b = buf_new(10);
	struct err e;

	buf_put_str(&b, "0123456789");
	assert_true(buf_ok(&b, "b", &e));
	assert_string_equal(buf_str(&b), "0123456789");
	buf_put_byte(&b, 'x');
	assert_false(buf_ok(&b, "the thing", &e));
	assert_int_equal(e.class, ERR_LIMIT);
	assert_string_equal(e.text, "the thing: more than 10 bytes");
	buf_put_str(&b, "");
	assert_true(b.failed);
	buf_reset(&b);
	buf_put_u32(&b, 0x01020304);
	assert_int_equal(b.len, 4);
	assert_int_equal(get_u32(b.ptr), 0x01020304);
}

static void
test_err_text_is_cut_between_characters(void **state)
{
	char longer[400];
	struct err e;

	memset(longer, 'a', sizeof(longer));
	memcpy(longer + 254, "\xe1\xba\xa5", 3);
	longer[399] = '\0';
	fail(&e, ERR_INPUT, "%s", longer);
	assert_int_equal(strlen(e.text), 254);
	fail_in(&e, "where");
	assert_int_equal(strncmp(e.text, "where: a", 8), 0);
}

static void
test_hex(void **state)
{
	static const struct { const char *text; bool good; } cases[] = {
		{ "", true }, { "00ff", true }, { "00FF", true },
		{ "0", false }, { "0g", false }, { " 00", false }, { "0x00", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) b = buf_new(100);
		struct err e;

		assert_case(cases[i].text, hex_get(&b, span_str(cases[i].text), &e) == cases[i].good);
	}
}

static void
test_base64(void **state)
{
	static const struct { const char *plain, *std, *url; } pairs[] = {
		{ "", "", "" }, { "f", "Zg==", "Zg" }, { "fo", "Zm8=", "Zm8" }, { "foo", "Zm9v", "Zm9v" },
		{ "foob", "Zm9vYg==", "Zm9vYg" }, { "\xff\xfe\xfd", "//79", "__79" },
		{ "foo\xfb\xef\xbe\xff\xff\xff" "bar!?", "Zm9v++++////YmFyIT8=", "Zm9v----____YmFyIT8" },
	};
	static const char *const bad[] = { "Zg=", "Zg", "Zh==", "Z g=", "Zg==\n", "====", "=", "Zg==Zg==", "_-__", "Zm9vZm9-", "Zm9vZ/9@", "Zm9v\xffm9v" };

	for (size_t i = 0; i < COUNT(pairs); i++) {
		own_struct(buf) b = buf_new(100);
		own_struct(buf) u = buf_new(100);
		own_struct(buf) back = buf_new(100);
		struct err e;

		base64_put(&b, span_str(pairs[i].plain));
		assert_string_equal(buf_str(&b), pairs[i].std);
		base64url_put(&u, span_str(pairs[i].plain));
		assert_string_equal(buf_str(&u), pairs[i].url);
		assert_true(base64_get(&back, buf_span(&b), &e));
		assert_true(base64url_get(&back, buf_span(&u), &e));
		assert_int_equal(back.len, 2 * strlen(pairs[i].plain));
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		own_struct(buf) b = buf_new(100);
		struct err e;

		assert_case(bad[i], !base64_get(&b, span_str(bad[i]), &e));
	}
}

static void
test_secret_from_descriptor(void **state)
{
	own_secret struct secret *s = secret_new();
	char big[SECRET_MAX + 1];
	struct err e;
	int p[2];

	assert_non_null(s);
	assert_int_equal(pipe(p), 0);
	assert_int_equal(write(p[1], "1234\n", 5), 5);
	close(p[1]);
	assert_true(secret_read(s, p[0], &e));
	assert_int_equal(s->len, 4);
	close(p[0]);
	memset(big, '1', sizeof(big));
	assert_int_equal(pipe(p), 0);
	assert_int_equal(write(p[1], big, sizeof(big)), sizeof(big));
	close(p[1]);
	assert_false(secret_read(s, p[0], &e));
	assert_int_equal(e.class, ERR_LIMIT);
	close(p[0]);
}

static void
test_lines(void **state)
{
	struct span text = span_str("one\n\nthree"), line;

	assert_true(span_take_line(&text, &line) && span_eq_str(line, "one"));
	assert_true(span_take_line(&text, &line) && line.len == 0);
	assert_false(span_take_line(&text, &line));
	assert_true(span_eq_str(text, "three"));
	text = SPAN_NONE;
	assert_false(span_take_line(&text, &line));
	text = span_str("one\n\nthree");
	assert_true(span_next_line(&text, &line) && span_eq_str(line, "one"));
	assert_true(span_next_line(&text, &line) && line.len == 0);
	assert_true(span_next_line(&text, &line) && span_eq_str(line, "three"));
	assert_false(span_next_line(&text, &line));
	text = span_str("\n");
	assert_true(span_next_line(&text, &line) && line.len == 0);
	assert_false(span_next_line(&text, &line));
}

static void
test_blank(void **state)
{
	static const struct { const char *name; struct span text; bool want; } cases[] = {
		{ "nothing", { NULL, 0 }, true }, { "a space", { (const unsigned char *)" ", 1 }, true }, { "all four", { (const unsigned char *)" \t\r\n", 4 }, true },
		{ "a NUL", { (const unsigned char *)"", 1 }, false }, { "a NUL between", { (const unsigned char *)" \0 ", 3 }, false }, { "a vertical tab", { (const unsigned char *)"\v", 1 }, false },
		{ "a no-break space", { (const unsigned char *)"\xc2\xa0", 2 }, false }, { "a letter at the end", { (const unsigned char *)"  x", 3 }, false }, { "a letter first", { (const unsigned char *)"x ", 2 }, false },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		assert_case(cases[i].name, span_is_blank(cases[i].text) == cases[i].want);
}

static void
test_decimal(void **state)
{
	static const struct { const char *text; bool good; uint64_t value; } cases[] = {
		{ "0", true, 0 }, { "7", true, 7 }, { "9999999999999999999", true, 9999999999999999999u },
		{ "", false, 0 }, { "00", false, 0 }, { "01", false, 0 }, { "-1", false, 0 }, { "+1", false, 0 }, { " 1", false, 0 },
		{ "1 ", false, 0 }, { "1a", false, 0 }, { "0x1", false, 0 }, { "10000000000000000000", false, 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { ERR_NONE, "" };
		uint64_t v = 0;

		assert_case(cases[i].text, decimal_get(&v, span_str(cases[i].text), &e) == cases[i].good && v == cases[i].value);
		assert_case(cases[i].text, cases[i].good || e.class == ERR_INPUT);
	}
}

static void
test_hex_is(void **state)
{
	static const struct { const char *text; bool want; } cases[] = {
		{ "000102030405060708090a0b0c0d0e0f", true }, { "00010203040506070809", false }, { "000102030405060708090a0b0c0d0e0f0", false },
		{ "000102030405060708090A0B0C0D0E0F", false }, { "000102030405060708090a0b0c0d0e0g", false }, { " 00102030405060708090a0b0c0d0e0f", false }, { "", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_case(cases[i].text, hex_is(cases[i].text, 16) == cases[i].want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buf_keeps_its_maximum),
		cmocka_unit_test(test_err_text_is_cut_between_characters),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_hex_is),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_blank),
		cmocka_unit_test(test_decimal),
		cmocka_unit_test(test_secret_from_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
