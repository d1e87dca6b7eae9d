/* Known values of Code 128, and what is no run of digits. */
#include "tests/base/test.h"

#include "api/code128.h"

static const struct {
	const char *name, *digits;
	unsigned char want[CODE128_SYMBOLS_MAX];
	size_t n;
} known[] = {
	/* by hand: (105 + 1*12 + 2*34) mod 103 = 82 */
	{ "1234", "1234", { 105, 12, 34, 82, 106 }, 5 },
	{ "00", "00", { 105, 0, 2, 106 }, 4 },
	/* one digit: code B, '7' is 23: (105 + 100 + 2*23) mod 103 = 45 */
	{ "one digit", "7", { 105, 100, 23, 45, 106 }, 5 },
	/* (105 + 1*98 + 2*76 + 3*54 + 4*32 + 5*10) mod 103 = 695 mod 103 = 77 */
	{ "even run", "9876543210", { 105, 98, 76, 54, 32, 10, 77, 106 }, 8 },
	/* voice code, 6 pairs and a digit in set B: 105+1+2*23+3*45+4*67+5*89+6*1+7*100+8*18 = 1850, mod 103 = 99 */
	{ "voice code", "0123456789012", { 105, 1, 23, 45, 67, 89, 1, 100, 18, 99, 106 }, 11 },
};

static void
test_known(void **state)
{
	unsigned char got[CODE128_SYMBOLS_MAX];
	struct err e;
	size_t n;

	for (size_t i = 0; i < COUNT(known); i++) {
		assert_done(code128_symbols(got, &n, known[i].digits, &e), e);
		assert_case(known[i].name, n == known[i].n);
		assert_case(known[i].name, memcmp(got, known[i].want, n) == 0);
	}
}

static const struct { const char *name, *digits; } refused[] = {
	{ "nothing", "" }, { "a letter", "12A4" }, { "a space", "12 34" }, { "a sign", "-123" }, { "markup", "1<svg>" },
	{ "digits of another script", "١٢" }, { "one too many", "12345678901234567890123456789012345678901" },
};

static void
test_refused(void **state)
{
	own_struct(buf) out = buf_new(1 << 16);
	struct err e;

	for (size_t i = 0; i < COUNT(refused); i++) {
		assert_case(refused[i].name, !code128_svg(&out, refused[i].digits, 40, &e));
		assert_case(refused[i].name, e.class == ERR_INPUT && out.len == 0);
	}
}

/* Every symbol is eleven modules, the stop thirteen: the last bar ends where the quiet zone begins. */
static void
test_width(void **state)
{
	own_struct(buf) out = buf_new(1 << 16);
	struct err e;
	const char *last;

	assert_done(code128_svg(&out, "0123456789012", 40, &e), e);
	assert_non_null(strstr(buf_str(&out), "viewBox=\"0 0 143 40\""));
	last = strrchr(buf_str(&out), 'M');
	assert_string_equal(last, "M131 0h2v40h-2z\"/></svg>");
}

static void
test_limit(void **state)
{
	own_struct(buf) out = buf_new(100);
	struct err e;

	assert_false(code128_svg(&out, "0123456789012", 40, &e));
	assert_int_equal(e.class, ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_known), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_width), cmocka_unit_test(test_limit) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
