/* Vietnamese as it is written, folded and refused. */
#include "tests/base/test.h"

#include "base/text.h"

static void
each_letter_folds(void **state)
{
	/* Every letter of the alphabet with every tone, and what is typed for it. */
	static const struct { const char *letters, *plain; } rows[] = {
		{ "AÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬ", "a" }, { "aàáảãạăằắẳẵặâầấẩẫậ", "a" }, { "EÈÉẺẼẸÊỀẾỂỄỆ", "e" }, { "eèéẻẽẹêềếểễệ", "e" },
		{ "IÌÍỈĨỊ", "i" }, { "iìíỉĩị", "i" }, { "OÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢ", "o" }, { "oòóỏõọôồốổỗộơờớởỡợ", "o" },
		{ "UÙÚỦŨỤƯỪỨỬỮỰ", "u" }, { "uùúủũụưừứửữự", "u" }, { "YỲÝỶỸỴ", "y" }, { "yỳýỷỹỵ", "y" }, { "DĐ", "d" }, { "dđ", "d" },
	};
	size_t letters = 0;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct span all = span_str(rows[i].letters);

		for (size_t at = 0, n; at < all.len; at += n, letters++) {
			own_struct(buf) words = buf_new(64), one = buf_new(64);
			own_str char *want = xprintf(" %s", rows[i].plain);
			bool changed;
			struct err e;

			for (n = 1; at + n < all.len && (all.ptr[at + n] & 0xc0) == 0x80;)
				n++;
			assert_done(text_check(span_of(all.ptr + at, n), false, &e), e);
			assert_true(text_is_nfc(span_of(all.ptr + at, n)));
			assert_int_equal(utf8_count(span_of(all.ptr + at, n)), 1);
			assert_done(text_words(&words, span_of(all.ptr + at, n), &e), e);
			assert_string_equal(buf_str(&words), want);
			/* Normal already, so that nothing changes. */
			assert_done(text_to_nfc(&one, span_of(all.ptr + at, n), &changed, &e), e);
			assert_false(changed);
		}
	}
	assert_int_equal(letters, 2 * (18 + 12 + 6 + 18 + 12 + 6 + 2));
}

static void
words_of_texts(void **state)
{
	static const struct { const char *text, *words; } rows[] = {
		{ "Nguyễn Văn An", " nguyen van an" }, { "ĐẶNG THỊ ĐÀO", " dang thi dao" }, { "Nguye\u0302\u0303n", " nguyen" }, { "  Lê  ", " le" },
		{ "Sở Xây dựng (thử nghiệm)", " so xay dung thu nghiem" }, { "H'Hen Niê", " h hen nie" }, { "A%b_c\\d", " a b c d" }, { "Số 12/3", " so 12 3" },
		{ "Trung-tâm", " trung tam" }, { "", "" }, { " (–) ", "" }, { "%", "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) words = buf_new(200);
		struct err e;

		assert_done(text_words(&words, span_str(rows[i].text), &e), e);
		assert_string_equal(buf_str(&words), rows[i].words);
	}
}

static void
capitals_of_texts(void **state)
{
	static const struct { const char *text, *capitals; } rows[] = {
		{ "000912/hgi-gphn", "000912/HGI-GPHN" }, { " 000912 / HGI - GPHN\t", "000912/HGI-GPHN" }, { "00012/hgi-gphđ", "00012/HGI-GPHĐ" },
		{ "12/VPĐK\u00a0", "12/VPĐK" }, { "\u20071\u3000", "1" }, { "ve\u0323\u0302", "VỆ" }, { "%_", "%_" }, { "", "" }, { " ", "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) capitals = buf_new(200);
		struct err e;

		assert_done(text_capitals(&capitals, span_str(rows[i].text), &e), e);
		assert_string_equal(buf_str(&capitals), rows[i].capitals);
	}
	own_struct(buf) none = buf_new(200);
	struct err e;

	assert_false(text_capitals(&none, span_of("\xc3", 1), &e));
	assert_int_equal(e.class, ERR_INPUT);
}

static void
put_character(struct buf *text, unsigned c)
{
	if (c < 0x80)
		buf_printf(text, "%c", (int)c);
	else if (c < 0x800)
		buf_printf(text, "%c%c", 0xc0 | c >> 6, 0x80 | (c & 0x3f));
	else if (c < 0x10000)
		buf_printf(text, "%c%c%c", 0xe0 | c >> 12, 0x80 | (c >> 6 & 0x3f), 0x80 | (c & 0x3f));
	else
		buf_printf(text, "%c%c%c%c", 0xf0 | c >> 18, 0x80 | (c >> 12 & 0x3f), 0x80 | (c >> 6 & 0x3f), 0x80 | (c & 0x3f));
}

/* Whatever the letter: what is found may be looked for as it is kept, and no sign of
 * a pattern is left. */
static void
words_stay_what_they_are(void **state)
{
	for (unsigned c = 1; c < 0x30000; c++) {
		own_struct(buf) text = buf_new(64), once = buf_new(64), twice = buf_new(64);
		struct err e;

		if (c >= 0xd800 && c < 0xe000)
			continue;
		put_character(&text, c);
		assert_done(text_words(&once, buf_span(&text), &e), e);
		assert_done(text_words(&twice, buf_span(&once), &e), e);
		assert_string_equal(buf_str(&twice), buf_str(&once));
		assert_null(strpbrk(buf_str(&once), "%_\\\n\""));
	}
}

static void
what_deceives_is_refused(void **state)
{
	/* Ranges of code points, each of which is refused inside a name; its ends and
	 * all between. */
	static const struct { unsigned from, to; } refused[] = {
		{ 0x01, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad }, { 0xd0, 0xd0 }, { 0x189, 0x189 }, { 0x61c, 0x61c }, { 0x180e, 0x180e },
		{ 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x2064 }, { 0x2066, 0x206f }, { 0xfeff, 0xfeff }, { 0xfdd0, 0xfdef }, { 0xe000, 0xf8ff },
		{ 0xfff9, 0xffff }, { 0xe0000, 0xe0fff },
	};

	for (size_t i = 0; i < COUNT(refused); i++)
		for (unsigned c = refused[i].from; c <= refused[i].to; c++) {
			own_struct(buf) text = buf_new(64);
			own_str char *named = xprintf("U+%04X", c);
			struct err e = { .class = ERR_NONE };

			buf_put_str(&text, "Ng");
			put_character(&text, c);
			buf_put_str(&text, "a");
			assert_case(named, !text_check(buf_span(&text), false, &e));
			assert_case(named, e.class == ERR_INPUT && (c == '\n' ? strstr(e.text, "line break") : strstr(e.text, named)) != NULL);
		}
}

static void
what_is_no_text_is_refused(void **state)
{
	static const char *const rows[] = { "\x80", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "A\xff" };

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) words = buf_new(64);
		struct err e = { .class = ERR_NONE };

		assert_false(text_words(&words, span_str(rows[i]), &e));
		assert_int_equal(e.class, ERR_INPUT);
		assert_false(text_check(span_str(rows[i]), false, &e));
	}
}

/* Each letter there and back, in both orders; and what is none. */
static void
utf16_of_texts(void **state)
{
	static const char *const texts[] = { "", "a", "Nguyễn Đình Ẩn", "ằẳẵắặầẩẫấậềểễếệồổỗốộờởỡớợừửữứự ĂÂÊÔƠƯĐ", "\xf0\xa0\xae\xb7 và \xf4\x8f\xbf\xbf" };
	static const struct { const char *name, *octets; size_t len; bool big; } bad[] = {
		{ "half a character", "a", 1, false }, { "half a character behind one", "a\0b", 3, false }, { "the first half of a pair, alone", "\x42\xd8", 2, false },
		{ "and another letter", "\x42\xd8" "a\0", 4, false }, { "the second half alone", "\xb7\xdf", 2, false }, { "halves the other way round", "\xb7\xdf\x42\xd8", 4, false },
		{ "half a pair, big-endian", "\xd8\x42", 2, true },
	};
	own_struct(buf) little = buf_new(1000), big = buf_new(1000), back = buf_new(1000);
	struct err e;

	for (size_t i = 0; i < COUNT(texts); i++) {
		buf_reset(&little);
		buf_reset(&big);
		utf16_put(&little, span_str(texts[i]), false);
		utf16_put(&big, span_str(texts[i]), true);
		assert_int_equal(little.len, big.len);
		for (size_t at = 0; at < big.len; at++)
			assert_int_equal(big.ptr[at], little.ptr[at ^ 1]);
		buf_reset(&back);
		assert_done(utf16_get(&back, buf_span(&little), false, &e), e);
		assert_string_equal(buf_str(&back), texts[i]);
		buf_reset(&back);
		assert_done(utf16_get(&back, buf_span(&big), true, &e), e);
		assert_string_equal(buf_str(&back), texts[i]);
	}
	buf_reset(&big);
	utf16_put(&big, span_str("Đ"), true);
	assert_true(span_eq(buf_span(&big), span_of("\x01\x10", 2)));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_case(bad[i].name, !utf16_get(&back, span_of(bad[i].octets, bad[i].len), bad[i].big, &e) && e.class == ERR_INPUT);
}

/* Wherever the wrong octet stands among runs of ASCII and of other letters. */
static void
octets_that_are_no_text(void **state)
{
	static const struct { const char *text; int wrong; } rows[] = {
		{ "", 0 }, { "plain", 0 }, { "plain and rather long", 0 }, { "ở", 0 }, { "Sở Y tế", 0 }, { "an ending of another letter: ế", 0 }, { "12345678ế12345678ở9", 0 },
		{ "\xff", 1 }, { "Sở Y t\xff", 9 }, { "12345678ế1\x80", 13 }, { "12345678ế1234567\xe1\xbb", 19 }, { "\xe1\xbbx", 1 }, { "\xc0\x80", 1 }, { "ế\xed\xa0\x80ế", 4 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_str char *want = xprintf("not UTF-8 at byte %d", rows[i].wrong);
		struct err e = { ERR_NONE, "" };

		assert_case(rows[i].text, utf8_check(span_str(rows[i].text), &e) == (rows[i].wrong == 0));
		assert_string_equal(e.text, rows[i].wrong == 0 ? "" : want);
	}
}

static void
what_is_shown_is_one_line_of_text(void **state)
{
	static const struct { const char *given, *shown; } rows[] = {
		{ "Nguyễn Văn Ất", "Nguyễn Văn Ất" }, { "", "" }, { "a\nb\033[2K", "a?b?[2K" }, { "cut \xe1\xbb", "cut ??" }, { "\xff\xc0\x80z", "???z" }, { "a\u202eb", "a?b" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[40];
		struct err e;

		strcpy(text, rows[i].given);
		text_show(text);
		assert_string_equal(text, rows[i].shown);
		assert_true(utf8_check(span_str(text), &e));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_letter_folds),
		cmocka_unit_test(utf16_of_texts),
		cmocka_unit_test(words_of_texts),
		cmocka_unit_test(capitals_of_texts),
		cmocka_unit_test(words_stay_what_they_are),
		cmocka_unit_test(what_deceives_is_refused),
		cmocka_unit_test(what_is_no_text_is_refused),
		cmocka_unit_test(octets_that_are_no_text),
		cmocka_unit_test(what_is_shown_is_one_line_of_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
