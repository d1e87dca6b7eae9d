#include "tests/base/test.h"

#include "base/clock.h"
#include "verifier/code.h"
#include "verifier/misses.h"

#define SIGNS "0123456789BCFGHJKMNPRSTVXZ"

static void
drawn_codes_are_right(void **state)
{
	for (int i = 0; i < 2000; i++) {
		char code[SHORT_CODE_LEN + 1], voice[VOICE_CODE_LEN + 1];
		struct err e;

		assert_done(short_code_draw(code, &e), e);
		assert_done(voice_code_draw(voice, &e), e);
		assert_true(short_code_ok(code));
		assert_true(voice_code_ok(voice));
	}
}

/* ISO 7064 MOD 27,26 finds every single wrong sign and nearly every swap. */
static void
a_wrong_sign_is_found(void **state)
{
	char code[SHORT_CODE_LEN + 1];
	struct err e;

	for (int round = 0; round < 50; round++) {
		assert_done(short_code_draw(code, &e), e);
		for (int i = 0; i < SHORT_CODE_LEN; i++)
			for (const char *s = SIGNS; *s != '\0'; s++) {
				char old = code[i];

				code[i] = *s;
				assert_int_equal(short_code_ok(code), *s == old);
				code[i] = old;
			}
	}
}

static void
a_wrong_digit_or_swap_is_found(void **state)
{
	char code[VOICE_CODE_LEN + 1];
	struct err e;

	for (int round = 0; round < 200; round++) {
		assert_done(voice_code_draw(code, &e), e);
		for (int i = 0; i < VOICE_CODE_LEN; i++) {
			char old = code[i];

			for (char d = '0'; d <= '9'; d++) {
				code[i] = d;
				assert_int_equal(voice_code_ok(code), d == old);
			}
			code[i] = old;
			if (i > 0 && code[i - 1] != old) {
				code[i] = code[i - 1];
				code[i - 1] = old;
				assert_false(voice_code_ok(code));
				code[i - 1] = code[i];
				code[i] = old;
			}
		}
	}
}

static void
known_values(void **state)
{
	/* 572 has the Damm digit 4, the example of the method's inventor. */
	assert_true(voice_code_ok("0000000005724"));
	assert_false(voice_code_ok("0000000005723"));
	assert_false(short_code_ok("0000000000000"));
	assert_false(short_code_ok(""));
	assert_false(short_code_ok("0123456789ABC"));
	assert_false(voice_code_ok("12345"));
}

static void
typing_is_forgiven(void **state)
{
	char code[SHORT_CODE_LEN + 1], text[SHORT_CODE_TEXT], voice[VOICE_CODE_LEN + 1];
	struct err e;

	assert_done(voice_code_draw(voice, &e), e);
	for (int round = 0; round < 100; round++) {
		own_struct(buf) plain = buf_new(TYPED_MAX);
		own_struct(buf) typed = buf_new(200);

		assert_done(short_code_draw(code, &e), e);
		short_code_text(text, code);
		buf_put_str(&typed, "  ");
		for (const char *c = text; *c != '\0'; c++)
			buf_put_byte(&typed, (unsigned char)(*c == '0' ? "oO0"[round % 3] : *c == '1' ? "iI1"[round % 3] : *c == '-' ? ". -"[round % 3] :
			    round % 2 == 0 && *c >= 'A' ? *c + 32 : *c));
		buf_put_str(&typed, "\n");
		assert_int_equal(typed_what(buf_span(&typed), &plain), TYPED_SHORT);
		assert_string_equal(buf_str(&plain), code);
	}
	own_str char *url = xprintf("https://xacthuc.hoagiang.example/#%s", voice);
	own_struct(buf) plain = buf_new(TYPED_MAX);

	assert_int_equal(typed_what(span_str(url), &plain), TYPED_VOICE);
	assert_string_equal(buf_str(&plain), voice);
}

static void
typed_texts_are_told_apart(void **state)
{
	static const struct { const char *text; enum typed what; } cases[] = {
		{ "0000000005724", TYPED_VOICE }, { "0000 0000 0572 4", TYPED_VOICE }, { "000-000-000-572-4", TYPED_VOICE },
		{ "0000\xe2\x80\x93" "00000\xc2\xa0" "5724", TYPED_VOICE },
		{ "0000000005723", TYPED_MISTYPED }, { "000000000572", TYPED_MISTYPED },
		{ "BCFG-HJKM-NPRS-T", TYPED_MISTYPED }, { "BCFG-HJKM-NPRS", TYPED_MISTYPED }, { "BCFG-HJKM-NPLS-T", TYPED_MISTYPED },
		{ "H99.31.07-261026-0042", TYPED_DOSSIER }, { "h99.31.07-261026-0042", TYPED_DOSSIER },
		{ "000.00.14.H99-261001-0007", TYPED_DOSSIER }, { "H99.31.07-261026-01000042", TYPED_DOSSIER },
		{ "H99.31.07-261326-0042", TYPED_NUMBER }, { "245/GPXD", TYPED_NUMBER }, { "9900987652", TYPED_NUMBER },
		{ "", TYPED_UNKNOWN }, { "xin chào", TYPED_UNKNOWN }, { "   ", TYPED_UNKNOWN },
		{ "1234567890123456789012345678901234567890123456789012345678901234", TYPED_QR },
		{ "https://xacthuc.hoagiang.example/#1234567890123456789012345678901234567890123456789012345678901234", TYPED_QR },
		{ "AT1:6BFOXN", TYPED_QR },
		{ "f000000000000000000000000000000000000000000000000000000000000000", TYPED_HASH },
		{ " E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855 ", TYPED_HASH },
		{ "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", TYPED_HASH },
		{ "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85", TYPED_UNKNOWN },
		{ "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8555", TYPED_UNKNOWN },
		{ "g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", TYPED_UNKNOWN },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) plain = buf_new(TYPED_MAX);

		assert_case(cases[i].text, typed_what(span_str(cases[i].text), &plain) == cases[i].what);
	}
	own_struct(buf) huge = buf_new(1 << 20), plain = buf_new(TYPED_MAX);
	for (int i = 0; i < 100000; i++)
		buf_put_byte(&huge, '1');
	assert_int_equal(typed_what(buf_span(&huge), &plain), TYPED_UNKNOWN);
}

static void
dossier_codes(void **state)
{
	static const struct { const char *code, *agency, *day, *running; } right[] = {
		{ "H99.31.07-261026-0042", "H99.31.07", "2026-10-26", "0042" },
		{ "H99-261001-000000012345", "H99", "2026-10-01", "000000012345" },
		{ "H99.15.02-240229-0154", "H99.15.02", "2024-02-29", "0154" },
		{ "A00.01-000229-9999", "A00.01", "2000-02-29", "9999" },
		{ "000.00.14.H99-261001-0007", "H99.14", "2026-10-01", "0007" },
		{ "000.07.31.H99-261001-0007", "H99.31.07", "2026-10-01", "0007" },
		{ "012.07.31.H99-261001-0007", "H99.31.07.012", "2026-10-01", "0007" },
		{ "012.00.031.H99-261001-0007", "H99.031.00.012", "2026-10-01", "0007" },
		{ "000.00.00.H99-991231-0001", "H99", "2099-12-31", "0001" },
		{ "H99.031.07-261026-01000042", "H99.031.07", "2026-10-26", "01000042" },
		{ "H99.031.07.001.02.003-261026-011234567890", "H99.031.07.001.02.003", "2026-10-26", "011234567890" },
	};
	static const char *const wrong[] = { "", "H99", "-", "--", "H99-261026", "H99.31.07-261026-", "H99.31.07-261026-042", "H99.31.07-261026-0042 ", " H99.31.07-261026-0042",
		"H99.31.07 -261026-0042", "H99.31.07- 261026-0042", "H99.31.07-261026-00 42", "H99.31.07-261026-0042\n", "\tH99.31.07-261026-0042",
		/* days that do not exist */
		"H99.31.07-260229-0042", "H99.31.07-250229-0042", "H99.31.07-230229-0042", "H99.31.07-240230-0042", "H99.31.07-260431-0042", "H99.31.07-260631-0042",
		"H99.31.07-261301-0042", "H99.31.07-260001-0042", "H99.31.07-260100-0042", "H99.31.07-260132-0042", "H99.31.07-000000-0042", "H99.31.07-999999-0042",
		/* too long, too short, groups */
		"H99.31.07-261026-0000000000042", "H99.31.07-2610260-0042", "H99.31.07-26126-0042", "H99.31.07-20261026-0042", "H99.1-261026-0042", "H99.1234-261026-0042",
		"H99.01.02.03.04.05.06-261026-0042", "H99..07-261026-0042", "H99.31.07.-261026-0042", ".H99.31.07-261026-0042", "H9.31.07-261026-0042", "H999.31.07-261026-0042",
		/* letters */
		"Z99.31.07-261026-0042", "h99.31.07-261026-0042", "HH9.31.07-261026-0042", "H99.3a.07-261026-0042", "H99.31.07-2610z6-0042", "H99.31.07-261026-004A", "99.31.07-261026-0042",
		"\xc4\x90" "99.31.07-261026-0042", "H99.31.07-261O26-0042",
		/* other signs between the groups */
		"H99.31.07_261026-0042", "H99,31,07-261026-0042", "H99.31.07-261026-0042/1", "H99.31.07/261026/0042", "H99.31.07-26-10-26-0042", "H99.31.07\xe2\x80\x93" "261026-0042",
		"H99.31.07-261026-0042-0001", "H99.31.07-261026--042", "H99.31.07-261026-+042",
		/* digits of other scripts: full-width, Arabic, Thai */
		"H99.31.07-261026-004\xef\xbc\x92", "H99.31.07-\xd9\xa2\xd9\xa6" "1026-0042", "H\xe0\xb9\x99\xe0\xb9\x99.31.07-261026-0042",
		/* the old order has four groups, its province last, and nothing behind it */
		"000.00.H99-261001-0007", "00.00.14.H99-261001-0007", "000.000.14.H99-261001-0007", "000.00.14.H99.31-261001-0007", "14.H99-261001-0007", "000.00.14-261001-0007",
		"000.00.14.H99.31.07-261001-0007", "0000.00.14.H99-261001-0007",
		"H99.31.07-261026-0042; DROP TABLE dossier", "%H99.31.07-261026-0042", "H99.31.07-261026-0042\xff" };

	for (size_t i = 0; i < COUNT(right); i++) {
		struct dossier_code c = { .day = -1 };
		char day[TIME_TEXT];

		assert_case(right[i].code, dossier_code_ok(right[i].code) && dossier_code_read(&c, right[i].code));
		date_text(day, c.day);
		assert_case(right[i].code, strcmp(c.agency, right[i].agency) == 0 && strcmp(day, right[i].day) == 0 && strcmp(c.running, right[i].running) == 0);
	}
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct dossier_code c = { .day = -1 };

		assert_case(wrong[i], !dossier_code_ok(wrong[i]) && !dossier_code_read(&c, wrong[i]) && c.day == -1);
	}
}

static void
misses_are_counted_and_forgiven(void **state)
{
	struct misses *m = misses_new();

	for (int i = 0; i < MISSES_MAX; i++) {
		assert_int_equal(misses_wait(m, "addr:a", 1000 + i), 0);
		misses_note(m, "addr:a", false, 1000 + i);
	}
	assert_int_equal(misses_wait(m, "addr:a", 1010), MISSES_SECS - 10);
	assert_int_equal(misses_wait(m, "addr:b", 1010), 0);
	assert_int_equal(misses_wait(m, "addr:a", 1000 + MISSES_SECS), 0);
	for (int i = 0; i < 1000; i++)
		misses_note(m, "addr:c", true, 1000);
	assert_int_equal(misses_wait(m, "addr:c", 1000), 0);
	for (int i = 0; i < MISSES_MAX; i++)
		misses_note(m, "device:k", false, 1000);
	assert_int_equal(misses_wait(m, "device:k", 1000), 0);
	misses_free(m);
}

/* What is under way counts; what was right does not, and begins no five minutes. */
static void
misses_are_taken_and_taken_back(void **state)
{
	struct misses *m = misses_new();

	for (int i = 0; i < 100; i++) {
		assert_int_equal(misses_take(m, "a", 1000), 0);
		misses_take_back(m, "a", 1000);
	}
	for (int i = 0; i < MISSES_MAX; i++)
		assert_int_equal(misses_take(m, "a", 1100), 0);
	assert_int_equal(misses_take(m, "a", 1110), MISSES_SECS - 10);
	assert_int_equal(misses_take(m, "a", 1110), MISSES_SECS - 10);
	assert_int_equal(misses_wait(m, "b", 1110), 0);
	misses_take_back(m, "a", 1100);
	assert_int_equal(misses_take(m, "a", 1110), 0);
	assert_int_equal(misses_take(m, "a", 1110), MISSES_SECS - 10);
	/* Of what is over nothing is taken back, and from nobody more than there was. */
	misses_take_back(m, "a", 1000);
	misses_take_back(m, "c", 1110);
	assert_int_equal(misses_take(m, "a", 1110), MISSES_SECS - 10);
	for (int i = 0; i < MISSES_MAX; i++)
		assert_int_equal(misses_take(m, "c", 1110), 0);
	assert_int_equal(misses_take(m, "c", 1110), MISSES_SECS);
	misses_free(m);
}

/* Many askers guessing together: whoever missed once waits, others do not. */
static void
the_city_has_a_brake(void **state)
{
	struct misses *m = misses_new();

	for (int i = 0; i < 2 * MISSES_CITY_MIN; i++) {
		own_str char *who = xprintf("addr:%d", i);

		misses_note(m, who, false, 6000);
	}
	assert_int_equal(misses_wait(m, "addr:399", 6001), 60);
	assert_int_equal(misses_wait(m, "addr:new", 6001), 0);
	assert_int_equal(misses_wait(m, "addr:399", 6060), 0);
	misses_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drawn_codes_are_right),
		cmocka_unit_test(a_wrong_sign_is_found),
		cmocka_unit_test(a_wrong_digit_or_swap_is_found),
		cmocka_unit_test(known_values),
		cmocka_unit_test(typing_is_forgiven),
		cmocka_unit_test(typed_texts_are_told_apart),
		cmocka_unit_test(dossier_codes),
		cmocka_unit_test(misses_are_counted_and_forgiven),
		cmocka_unit_test(misses_are_taken_and_taken_back),
		cmocka_unit_test(the_city_has_a_brake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
