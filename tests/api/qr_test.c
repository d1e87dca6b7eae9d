/* QR: two segments, limits, and a picture whose corners are where they belong. */
#include "tests/base/test.h"

#include "api/qr.h"

#define HOST "https://xacthuc.hoagiang.example/#"

static unsigned
side_of(const char *svg)
{
	const char *box = strstr(svg, "viewBox=\"0 0 ");

	return box == NULL ? 0 : (unsigned)strtoul(box + 13, NULL, 10);
}

static void
test_corners(void **state)
{
	own_struct(buf) out = buf_new(1 << 20);
	own_str char *bottom = NULL;
	struct err e;

	assert_done(qr_svg(&out, HOST, "0123456789012", &e), e);
	assert_int_equal((side_of(buf_str(&out)) - 8 - 17) % 4, 0);
	/* top left and bottom left finder patterns: a bar of seven modules */
	assert_non_null(strstr(buf_str(&out), "M4 4h7v1h-7z"));
	bottom = xprintf("M4 %uh7v1h-7z", side_of(buf_str(&out)) - 5);
	assert_non_null(strstr(buf_str(&out), bottom));
}

/* Digits in a segment of their own take 10 bits for three: 240 of them fit where 240 letters do not. */
static void
test_digits_are_numeric(void **state)
{
	own_struct(buf) digits = buf_new(1 << 20), letters = buf_new(1 << 20);
	char tail[241], text[300];
	struct err e;

	memset(tail, '7', 240);
	tail[240] = 0;
	snprintf(text, sizeof(text), HOST "%s", tail);
	text[sizeof(HOST)] = 'x';
	assert_done(qr_svg(&digits, HOST, tail, &e), e);
	assert_done(qr_svg(&letters, text, "", &e), e);
	assert_true(side_of(buf_str(&digits)) < side_of(buf_str(&letters)));
}

static void
test_refused(void **state)
{
	static char long_text[QR_TEXT_MAX + 2];
	static const struct { const char *name, *text, *digits; enum err_class want; } cases[] = {
		{ "nothing at all", "", "", ERR_INPUT }, { "a letter in the tail", HOST, "12a", ERR_INPUT },
		{ "a space in the tail", HOST, "12 3", ERR_INPUT }, { "too long", long_text, "", ERR_LIMIT },
		{ "too long with the tail", long_text + 1, "12", ERR_LIMIT },
	};
	own_struct(buf) out = buf_new(1 << 20), tiny = buf_new(50);
	struct err e;

	memset(long_text, 'a', QR_TEXT_MAX + 1);
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_case(cases[i].name, !qr_svg(&out, cases[i].text, cases[i].digits, &e));
		assert_case(cases[i].name, e.class == cases[i].want && out.len == 0);
	}
	assert_false(qr_svg(&tiny, HOST, "1", &e));
	assert_int_equal(e.class, ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_corners), cmocka_unit_test(test_digits_are_numeric), cmocka_unit_test(test_refused) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
