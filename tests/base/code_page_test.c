/* Text of the code pages before Unicode, beside the C library's iconv and, for VNI, which
 * that has not, beside the letters as they look in Windows' western page. */
#include "tests/base/test.h"

#include "base/code_page.h"
#include "base/text.h"

#include <iconv.h>

/* All 134 letters that ASCII has not, and the same as octets of a western page would show
 * them in VNI. */
static const char small[] = "àảãáạăằẳẵắặâầẩẫấậèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵđ",
    capital[] = "ÀẢÃÁẠĂẰẲẴẮẶÂẦẨẪẤẬÈẺẼÉẸÊỀỂỄẾỆÌỈĨÍỊÒỎÕÓỌÔỒỔỖỐỘƠỜỞỠỚỢÙỦŨÚỤƯỪỬỮỨỰỲỶỸÝỴĐ",
    vni_small[] = "aøaûaõaùaïaêaèaúaüaéaëaâaàaåaãaáaäeøeûeõeùeïeâeàeåeãeáeäìæóíòoøoûoõoùoïoâoàoåoãoáoäôôøôûôõôùôïuøuûuõuùuïööøöûöõöùöïyøyûyõyùîñ",
    vni_capital[] = "AØAÛAÕAÙAÏAÊAÈAÚAÜAÉAËAÂAÀAÅAÃAÁAÄEØEÛEÕEÙEÏEÂEÀEÅEÃEÁEÄÌÆÓÍÒOØOÛOÕOÙOÏOÂOÀOÅOÃOÁOÄÔÔØÔÛÔÕÔÙÔÏUØUÛUÕUÙUÏÖÖØÖÛÖÕÖÙÖÏYØYÛYÕYÙÎÑ";
/* What TCVN3 has of the capital ones. */
static const char plain_capital[] = "ĂÂÊÔƠƯĐ";

static bool
iconv_to_utf8(struct buf *out, const char *from, struct span s)
{
	iconv_t way = iconv_open("UTF-8", from);
	char text[4096], *to = text, *octets = (char *)(uintptr_t)s.ptr;
	size_t left = s.len, room = sizeof(text);
	bool good;

	assert_true(way != (iconv_t)-1);
	good = iconv(way, &octets, &left, &to, &room) != (size_t)-1 && iconv(way, NULL, NULL, &to, &room) != (size_t)-1;
	iconv_close(way);
	buf_put(out, text, (size_t)(to - text));
	return good;
}

/* The western page is the plain one: an octet a code point. */
static void
to_latin(struct buf *out, const char *seen)
{
	for (const unsigned char *p = (const unsigned char *)seen; *p != 0; p++) {
		if (*p < 0x80) {
			buf_put_byte(out, *p);
		} else {
			buf_put_byte(out, (unsigned char)((p[0] & 3) << 6 | (p[1] & 0x3f)));
			p++;
		}
	}
}

/* false: refused; what is not refused is in NFC. */
static bool
read_page(struct buf *utf8, const char *page, struct span s)
{
	struct err e;

	if (!code_page_get(utf8, code_page_named(page), s, &e))
		return false;
	assert_true(text_is_nfc(buf_span(utf8)));
	return true;
}

static bool
round_trip(const char *page, const char *text)
{
	own_struct(buf) octets = buf_new(4096), again = buf_new(4096);
	struct err e;

	code_page_put_json(&octets, code_page_named(page), span_str(text));
	if (memchr(octets.ptr, '\\', octets.len) != NULL)
		return false;
	assert_done(code_page_get(&again, code_page_named(page), buf_span(&octets), &e), e);
	return span_eq_str(buf_span(&again), text);
}

static void
every_letter_goes_there_and_back(void **state)
{
	static const struct { const char *page, *text; bool whole; } rows[] = {
		{ "windows-1258", small, true }, { "windows-1258", capital, true }, { "VNI", small, true }, { "VNI", capital, true },
		{ "TCVN3", small, true }, { "TCVN3", plain_capital, true }, { "TCVN3", capital, false },
	};

	assert_int_equal(utf8_count(span_str(small)) + utf8_count(span_str(capital)), 134);
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_case(rows[i].text, round_trip(rows[i].page, rows[i].text) == rows[i].whole);
	for (size_t i = 0; code_page_nth(i) != NULL; i++) {
		assert_ptr_equal(code_page_named(code_page_name(code_page_nth(i))), code_page_nth(i));
		assert_true(round_trip(code_page_name(code_page_nth(i)), "{\"a\": [1, 2.5e3]}\r\n\t~ !#\n"));
	}
	assert_null(code_page_named("tcvn3"));
}

/* Each letter alone: what we write, iconv reads; of TCVN3, which it has not, by its TCVN5712-1,
 * of which the small letters are the same octets. */
static void
iconv_reads_what_we_write(void **state)
{
	static const struct { const char *page, *iconv, *text; size_t letters; } rows[] = {
		{ "windows-1258", "CP1258", small, 67 }, { "windows-1258", "CP1258", capital, 67 },
		{ "TCVN3", "TCVN5712-1", small, 67 }, { "TCVN3", "TCVN5712-1", plain_capital, 7 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct span all = span_str(rows[i].text);
		size_t letters = 0;

		for (size_t at = 0, n; at < all.len; at += n, letters++) {
			own_struct(buf) octets = buf_new(16), utf8 = buf_new(16), nfc = buf_new(16);
			bool changed;
			struct err e;

			for (n = 1; at + n < all.len && (all.ptr[at + n] & 0xc0) == 0x80;)
				n++;
			code_page_put_json(&octets, code_page_named(rows[i].page), span_of(all.ptr + at, n));
			assert_in_range(octets.len, 1, 2);
			assert_true(iconv_to_utf8(&utf8, rows[i].iconv, buf_span(&octets)));
			assert_done(text_to_nfc(&nfc, buf_span(&utf8), &changed, &e), e);
			assert_true(span_eq(buf_span(&nfc), span_of(all.ptr + at, n)));
		}
		assert_int_equal(letters, rows[i].letters);
	}
}

static void
vni_looks_as_it_does(void **state)
{
	static const struct { const char *seen, *text; } rows[] = {
		{ vni_small, small }, { vni_capital, capital },
		{ "Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam", "Cộng hòa xã hội chủ nghĩa Việt Nam" },
		{ "ÑOÄC LAÄP - TÖÏ DO - HAÏNH PHUÙC", "ĐỘC LẬP - TỰ DO - HẠNH PHÚC" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) octets = buf_new(1024), utf8 = buf_new(1024), again = buf_new(1024);

		to_latin(&octets, rows[i].seen);
		assert_case(rows[i].seen, read_page(&utf8, "VNI", buf_span(&octets)));
		assert_string_equal(buf_str(&utf8), rows[i].text);
		code_page_put_json(&again, code_page_named("VNI"), span_str(rows[i].text));
		assert_case(rows[i].seen, span_eq(buf_span(&again), buf_span(&octets)));
	}
}

/* Each octet alone is what iconv says it is, or is refused: of the page's upper half 114 of
 * 1258 (five more are tones, which stand behind something), 75 of TCVN3, 18 of VNI. */
static void
one_octet(void **state)
{
	static const struct { const char *page, *iconv; size_t upper; } rows[] = { { "windows-1258", "CP1258", 114 }, { "TCVN3", "TCVN5712-1", 75 }, { "VNI", NULL, 18 } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t lower = 0, upper = 0;

		for (unsigned o = 0; o <= 0xff; o++) {
			unsigned char octet = (unsigned char)o;
			own_struct(buf) ours = buf_new(16), theirs = buf_new(16);

			if (!read_page(&ours, rows[i].page, span_of(&octet, 1)))
				continue;
			*(octet < 0x80 ? &lower : &upper) += 1;
			if (octet < 0x80)
				assert_true(ours.len == 1 && ours.ptr[0] == octet);
			else if (rows[i].iconv != NULL)
				assert_true(iconv_to_utf8(&theirs, rows[i].iconv, span_of(&octet, 1)) && span_eq(buf_span(&ours), buf_span(&theirs)));
		}
		assert_int_equal(lower, 95 + 3);
		assert_int_equal(upper, rows[i].upper);
	}
}

/* Two are what they are alone, or a letter of its own: 120 with a tone in 1258 (iconv says the
 * same), 116 in VNI, none in TCVN3.  What is no two letters and no such one is refused. */
static void
two_octets(void **state)
{
	static const struct { const char *page, *iconv; size_t letters; } rows[] = { { "windows-1258", "CP1258", 120 }, { "TCVN3", "TCVN5712-1", 0 }, { "VNI", NULL, 116 } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t letters = 0;

		for (unsigned pair = 0; pair <= 0xffff; pair++) {
			unsigned char octet[2] = { (unsigned char)(pair >> 8), (unsigned char)pair };
			own_struct(buf) both = buf_new(16), each = buf_new(16), theirs = buf_new(16), nfc = buf_new(16);
			bool alone = read_page(&each, rows[i].page, span_of(octet, 1)) && read_page(&each, rows[i].page, span_of(octet + 1, 1));
			bool read = read_page(&both, rows[i].page, span_of(octet, 2)), changed;
			struct err e;

			if (!read) {
				assert_true(!alone || utf8_check(span_of(octet, 2), &e));
				continue;
			}
			if (alone)
				assert_true(span_eq(buf_span(&both), buf_span(&each)));
			else
				assert_int_equal(utf8_count(buf_span(&both)), 1);
			letters += !alone;
			if (rows[i].iconv != NULL) {
				assert_true(iconv_to_utf8(&theirs, rows[i].iconv, span_of(octet, 2)));
				assert_done(text_to_nfc(&nfc, buf_span(&theirs), &changed, &e), e);
				assert_true(span_eq(buf_span(&both), buf_span(&nfc)));
			}
		}
		assert_int_equal(letters, rows[i].letters);
	}
}

static void
what_a_page_has_not_is_refused(void **state)
{
	static const struct { const char *name, *page, *octets; size_t len; const char *says; } rows[] = {
		{ .name = "an octet of no letter", "TCVN3", "Gi\xca" "y ph\xd0p\n\"x\xff\"", 14, "line 2, column 3: TCVN3 has no octet 0xFF" },
		{ .name = "a capital of VN1", "TCVN3", "\x80", 1, "0x80" },
		{ .name = "a capital of VN1 among the controls", "TCVN3", "a\x01", 2, "column 2" },
		{ .name = "a tone of VN1", "TCVN3", "A\xb3", 2, "0xB3" },
		{ .name = "UTF-8", "TCVN3", "Gi\xe1\xba\xa5y", 6, "this is UTF-8" },
		{ .name = "UTF-8 that is read as well", "TCVN3", "\xc6\xa1", 2, "this is UTF-8" },
		{ .name = "UTF-8, 1258", "windows-1258", "Gi\xe1\xba\xa5y", 6, "this is UTF-8" },
		{ .name = "UTF-8, marked", "VNI", "\xef\xbb\xbf{}", 5, "this is UTF-8" },
		{ .name = "UTF-16", "VNI", "\xff\xfe{\0}\0", 6, "0xFF" },
		{ .name = "UTF-16 without a mark", "windows-1258", "{\0}\0", 4, "column 2: windows-1258 has no octet 0x00" },
		{ .name = "NUL before a letter", "windows-1258", "\0\xe0", 2, "0x00" },
		{ .name = "NUL before a letter, VNI", "VNI", "\0\xf1", 2, "0x00" },
		{ .name = "an octet of none", "windows-1258", "a\x81", 2, "0x81" },
		{ .name = "a tone behind a consonant", "windows-1258", "t\xec", 2, "column 2" },
		{ .name = "a tone behind nothing", "windows-1258", "\xec" "a", 2, "column 1" },
		{ .name = "two tones", "windows-1258", "a\xec\xcc", 3, "column 3" },
		{ .name = "a tone behind a letter that has one", "windows-1258", "\xe1\xec", 2, "column 2" },
		{ .name = "a tone behind a letter of no Vietnamese word", "windows-1258", "\xe4\xec", 2, "column 2" },
		{ .name = "a mark behind a consonant", "VNI", "t\xe2", 2, "column 2" },
		{ .name = "a mark behind nothing", "VNI", "\xf9", 1, "column 1" },
		{ .name = "two marks", "VNI", "a\xe2\xf9", 3, "column 3" },
		{ .name = "a small mark behind a capital", "VNI", "A\xf9", 2, "column 2" },
		{ .name = "a capital mark behind a small letter", "VNI", "a\xd9", 2, "column 2" },
		{ .name = "a breve on o", "VNI", "o\xea", 2, "column 2" },
		{ .name = "a hat on u", "VNI", "u\xe2", 2, "column 2" },
		{ .name = "a quotation mark", "VNI", "\x93", 1, "0x93" },
		{ .name = "a control", "VNI", "\n\n a\x1b", 5, "line 3, column 3" },
		{ .name = "DEL", "TCVN3", "\x7f", 1, "0x7F" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) utf8 = buf_new(64);
		struct err e = { ERR_NONE, "" };

		assert_case(rows[i].name, !code_page_get(&utf8, code_page_named(rows[i].page), span_of(rows[i].octets, rows[i].len), &e));
		assert_case(rows[i].name, e.class == ERR_INPUT && e.code[0] != '\0' && e.vi[0] != '\0');
		assert_case(e.text, strstr(e.text, rows[i].says) != NULL);
	}
}

static void
what_a_page_cannot_say_is_escaped(void **state)
{
	static const struct { const char *page, *text, *octets; } rows[] = {
		{ "TCVN3", "\"ĐẶNG Ẹ\"", "\"\xa7\\u1eb6NG \\u1eb8\"" }, { "TCVN3", "\"Đặng 😀\"", "\"\xa7\xc6ng \\ud83d\\ude00\"" },
		{ "VNI", "\"m² – “Ă”\"", "\"m\\u00b2 \\u2013 \\u201cA\xca\\u201d\"" }, { "windows-1258", "\"₫ 中 ấ\"", "\"\xfe \\u4e2d \xe2\xec\"" },
		{ "windows-1258", "\"a\u0301\"", "\"a\\u0301\"" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) octets = buf_new(64);

		code_page_put_json(&octets, code_page_named(rows[i].page), span_str(rows[i].text));
		assert_string_equal(buf_str(&octets), rows[i].octets);
	}
}

static void
more_than_there_is_room_for(void **state)
{
	own_struct(buf) utf8 = buf_new(8);
	struct err e;

	assert_false(code_page_get(&utf8, code_page_named("TCVN3"), span_of("\xfe\xfe\xfe", 3), &e));
	assert_int_equal(e.class, ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_letter_goes_there_and_back), cmocka_unit_test(iconv_reads_what_we_write), cmocka_unit_test(vni_looks_as_it_does),
		cmocka_unit_test(one_octet), cmocka_unit_test(two_octets), cmocka_unit_test(what_a_page_has_not_is_refused),
		cmocka_unit_test(what_a_page_cannot_say_is_escaped), cmocka_unit_test(more_than_there_is_room_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
