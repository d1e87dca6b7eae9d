#include "base/code_page.h"

#include "base/text.h"

#include <stdlib.h>
#include <uchar.h>
#include <unistr.h>

enum column { WINDOWS, TCVN3, VNI, COLUMNS };

/* Every letter of Vietnamese that ASCII has not, in the order of the alphabet, and how each
 * page writes it; "": not at all. */
static const struct letter { char16_t letter; char written[COLUMNS][3]; } letters[] = {
	{ u'à', { "\xe0", "\xb5", "a\xf8" } }, { u'ả', { "a\xd2", "\xb6", "a\xfb" } }, { u'ã', { "a\xde", "\xb7", "a\xf5" } },
	{ u'á', { "\xe1", "\xb8", "a\xf9" } }, { u'ạ', { "a\xf2", "\xb9", "a\xef" } },
	{ u'ă', { "\xe3", "\xa8", "a\xea" } }, { u'ằ', { "\xe3\xcc", "\xbb", "a\xe8" } }, { u'ẳ', { "\xe3\xd2", "\xbc", "a\xfa" } },
	{ u'ẵ', { "\xe3\xde", "\xbd", "a\xfc" } }, { u'ắ', { "\xe3\xec", "\xbe", "a\xe9" } }, { u'ặ', { "\xe3\xf2", "\xc6", "a\xeb" } },
	{ u'â', { "\xe2", "\xa9", "a\xe2" } }, { u'ầ', { "\xe2\xcc", "\xc7", "a\xe0" } }, { u'ẩ', { "\xe2\xd2", "\xc8", "a\xe5" } },
	{ u'ẫ', { "\xe2\xde", "\xc9", "a\xe3" } }, { u'ấ', { "\xe2\xec", "\xca", "a\xe1" } }, { u'ậ', { "\xe2\xf2", "\xcb", "a\xe4" } },
	{ u'è', { "\xe8", "\xcc", "e\xf8" } }, { u'ẻ', { "e\xd2", "\xce", "e\xfb" } }, { u'ẽ', { "e\xde", "\xcf", "e\xf5" } },
	{ u'é', { "\xe9", "\xd0", "e\xf9" } }, { u'ẹ', { "e\xf2", "\xd1", "e\xef" } },
	{ u'ê', { "\xea", "\xaa", "e\xe2" } }, { u'ề', { "\xea\xcc", "\xd2", "e\xe0" } }, { u'ể', { "\xea\xd2", "\xd3", "e\xe5" } },
	{ u'ễ', { "\xea\xde", "\xd4", "e\xe3" } }, { u'ế', { "\xea\xec", "\xd5", "e\xe1" } }, { u'ệ', { "\xea\xf2", "\xd6", "e\xe4" } },
	{ u'ì', { "i\xcc", "\xd7", "\xec" } }, { u'ỉ', { "i\xd2", "\xd8", "\xe6" } }, { u'ĩ', { "i\xde", "\xdc", "\xf3" } },
	{ u'í', { "\xed", "\xdd", "\xed" } }, { u'ị', { "i\xf2", "\xde", "\xf2" } },
	{ u'ò', { "o\xcc", "\xdf", "o\xf8" } }, { u'ỏ', { "o\xd2", "\xe1", "o\xfb" } }, { u'õ', { "o\xde", "\xe2", "o\xf5" } },
	{ u'ó', { "\xf3", "\xe3", "o\xf9" } }, { u'ọ', { "o\xf2", "\xe4", "o\xef" } },
	{ u'ô', { "\xf4", "\xab", "o\xe2" } }, { u'ồ', { "\xf4\xcc", "\xe5", "o\xe0" } }, { u'ổ', { "\xf4\xd2", "\xe6", "o\xe5" } },
	{ u'ỗ', { "\xf4\xde", "\xe7", "o\xe3" } }, { u'ố', { "\xf4\xec", "\xe8", "o\xe1" } }, { u'ộ', { "\xf4\xf2", "\xe9", "o\xe4" } },
	{ u'ơ', { "\xf5", "\xac", "\xf4" } }, { u'ờ', { "\xf5\xcc", "\xea", "\xf4\xf8" } }, { u'ở', { "\xf5\xd2", "\xeb", "\xf4\xfb" } },
	{ u'ỡ', { "\xf5\xde", "\xec", "\xf4\xf5" } }, { u'ớ', { "\xf5\xec", "\xed", "\xf4\xf9" } }, { u'ợ', { "\xf5\xf2", "\xee", "\xf4\xef" } },
	{ u'ù', { "\xf9", "\xef", "u\xf8" } }, { u'ủ', { "u\xd2", "\xf1", "u\xfb" } }, { u'ũ', { "u\xde", "\xf2", "u\xf5" } },
	{ u'ú', { "\xfa", "\xf3", "u\xf9" } }, { u'ụ', { "u\xf2", "\xf4", "u\xef" } },
	{ u'ư', { "\xfd", "\xad", "\xf6" } }, { u'ừ', { "\xfd\xcc", "\xf5", "\xf6\xf8" } }, { u'ử', { "\xfd\xd2", "\xf6", "\xf6\xfb" } },
	{ u'ữ', { "\xfd\xde", "\xf7", "\xf6\xf5" } }, { u'ứ', { "\xfd\xec", "\xf8", "\xf6\xf9" } }, { u'ự', { "\xfd\xf2", "\xf9", "\xf6\xef" } },
	{ u'ỳ', { "y\xcc", "\xfa", "y\xf8" } }, { u'ỷ', { "y\xd2", "\xfb", "y\xfb" } }, { u'ỹ', { "y\xde", "\xfc", "y\xf5" } },
	{ u'ý', { "y\xec", "\xfd", "y\xf9" } }, { u'ỵ', { "y\xf2", "\xfe", "\xee" } },
	{ u'đ', { "\xf0", "\xae", "\xf1" } },
	{ u'À', { "\xc0", "", "A\xd8" } }, { u'Ả', { "A\xd2", "", "A\xdb" } }, { u'Ã', { "A\xde", "", "A\xd5" } },
	{ u'Á', { "\xc1", "", "A\xd9" } }, { u'Ạ', { "A\xf2", "", "A\xcf" } },
	{ u'Ă', { "\xc3", "\xa1", "A\xca" } }, { u'Ằ', { "\xc3\xcc", "", "A\xc8" } }, { u'Ẳ', { "\xc3\xd2", "", "A\xda" } },
	{ u'Ẵ', { "\xc3\xde", "", "A\xdc" } }, { u'Ắ', { "\xc3\xec", "", "A\xc9" } }, { u'Ặ', { "\xc3\xf2", "", "A\xcb" } },
	{ u'Â', { "\xc2", "\xa2", "A\xc2" } }, { u'Ầ', { "\xc2\xcc", "", "A\xc0" } }, { u'Ẩ', { "\xc2\xd2", "", "A\xc5" } },
	{ u'Ẫ', { "\xc2\xde", "", "A\xc3" } }, { u'Ấ', { "\xc2\xec", "", "A\xc1" } }, { u'Ậ', { "\xc2\xf2", "", "A\xc4" } },
	{ u'È', { "\xc8", "", "E\xd8" } }, { u'Ẻ', { "E\xd2", "", "E\xdb" } }, { u'Ẽ', { "E\xde", "", "E\xd5" } },
	{ u'É', { "\xc9", "", "E\xd9" } }, { u'Ẹ', { "E\xf2", "", "E\xcf" } },
	{ u'Ê', { "\xca", "\xa3", "E\xc2" } }, { u'Ề', { "\xca\xcc", "", "E\xc0" } }, { u'Ể', { "\xca\xd2", "", "E\xc5" } },
	{ u'Ễ', { "\xca\xde", "", "E\xc3" } }, { u'Ế', { "\xca\xec", "", "E\xc1" } }, { u'Ệ', { "\xca\xf2", "", "E\xc4" } },
	{ u'Ì', { "I\xcc", "", "\xcc" } }, { u'Ỉ', { "I\xd2", "", "\xc6" } }, { u'Ĩ', { "I\xde", "", "\xd3" } },
	{ u'Í', { "\xcd", "", "\xcd" } }, { u'Ị', { "I\xf2", "", "\xd2" } },
	{ u'Ò', { "O\xcc", "", "O\xd8" } }, { u'Ỏ', { "O\xd2", "", "O\xdb" } }, { u'Õ', { "O\xde", "", "O\xd5" } },
	{ u'Ó', { "\xd3", "", "O\xd9" } }, { u'Ọ', { "O\xf2", "", "O\xcf" } },
	{ u'Ô', { "\xd4", "\xa4", "O\xc2" } }, { u'Ồ', { "\xd4\xcc", "", "O\xc0" } }, { u'Ổ', { "\xd4\xd2", "", "O\xc5" } },
	{ u'Ỗ', { "\xd4\xde", "", "O\xc3" } }, { u'Ố', { "\xd4\xec", "", "O\xc1" } }, { u'Ộ', { "\xd4\xf2", "", "O\xc4" } },
	{ u'Ơ', { "\xd5", "\xa5", "\xd4" } }, { u'Ờ', { "\xd5\xcc", "", "\xd4\xd8" } }, { u'Ở', { "\xd5\xd2", "", "\xd4\xdb" } },
	{ u'Ỡ', { "\xd5\xde", "", "\xd4\xd5" } }, { u'Ớ', { "\xd5\xec", "", "\xd4\xd9" } }, { u'Ợ', { "\xd5\xf2", "", "\xd4\xcf" } },
	{ u'Ù', { "\xd9", "", "U\xd8" } }, { u'Ủ', { "U\xd2", "", "U\xdb" } }, { u'Ũ', { "U\xde", "", "U\xd5" } },
	{ u'Ú', { "\xda", "", "U\xd9" } }, { u'Ụ', { "U\xf2", "", "U\xcf" } },
	{ u'Ư', { "\xdd", "\xa6", "\xd6" } }, { u'Ừ', { "\xdd\xcc", "", "\xd6\xd8" } }, { u'Ử', { "\xdd\xd2", "", "\xd6\xdb" } },
	{ u'Ữ', { "\xdd\xde", "", "\xd6\xd5" } }, { u'Ứ', { "\xdd\xec", "", "\xd6\xd9" } }, { u'Ự', { "\xdd\xf2", "", "\xd6\xcf" } },
	{ u'Ỳ', { "Y\xcc", "", "Y\xd8" } }, { u'Ỷ', { "Y\xd2", "", "Y\xdb" } }, { u'Ỹ', { "Y\xde", "", "Y\xd5" } },
	{ u'Ý', { "Y\xec", "", "Y\xd9" } }, { u'Ỵ', { "Y\xf2", "", "\xce" } },
	{ u'Đ', { "\xd0", "\xa7", "\xd1" } },
};

/* 1258 has these in two writings. */
static const struct writing { char16_t letter; char written[3]; } windows_second[] = {
	{ u'à', "a\xcc" }, { u'á', "a\xec" }, { u'è', "e\xcc" }, { u'é', "e\xec" }, { u'í', "i\xec" }, { u'ó', "o\xec" }, { u'ù', "u\xcc" }, { u'ú', "u\xec" },
	{ u'À', "A\xcc" }, { u'Á', "A\xec" }, { u'È', "E\xcc" }, { u'É', "E\xec" }, { u'Í', "I\xec" }, { u'Ó', "O\xec" }, { u'Ù', "U\xcc" }, { u'Ú', "U\xec" },
	{ 0 },
};

/* What else a page has: octets that follow one another, from the first on. */
static const struct run { unsigned char first; const char16_t *letters; } windows_signs[] = {
	{ 0x80, u"€" }, { 0x82, u"‚ƒ„…†‡ˆ‰" }, { 0x8b, u"‹Œ" }, { 0x91, u"‘’“”•–—˜™" }, { 0x9b, u"›œ" },
	{ 0x9f, u"Ÿ\u00a0¡¢£¤¥¦§¨©ª«¬\u00ad®¯°±²³´µ¶·¸¹º»¼½¾¿" }, { 0xc4, u"ÄÅÆÇ" }, { 0xcb, u"Ë" }, { 0xce, u"ÎÏ" }, { 0xd1, u"Ñ" },
	{ 0xd6, u"Ö×Ø" }, { 0xdb, u"ÛÜ" }, { 0xdf, u"ß" }, { 0xe4, u"äåæç" }, { 0xeb, u"ë" }, { 0xee, u"îï" }, { 0xf1, u"ñ" },
	{ 0xf6, u"ö÷ø" }, { 0xfb, u"ûü" }, { 0xfe, u"₫ÿ" }, { 0 },
}, tcvn3_signs[] = { { 0xa0, u"\u00a0" }, { 0 } }, no_signs[] = { { 0 } };
static const struct writing no_second[] = { { 0 } };

static const struct code_page {
	const char *name;
	enum column column;
	const struct writing *second;
	const struct run *signs;
} pages[] = {
	{ "windows-1258", WINDOWS, windows_second, windows_signs },
	{ "TCVN3", TCVN3, no_second, tcvn3_signs },
	{ "VNI", VNI, no_second, no_signs },
};
#define LETTERS (sizeof(letters) / sizeof(letters[0]))
#define PAGES (sizeof(pages) / sizeof(pages[0]))

const struct code_page *
code_page_nth(size_t i)
{
	return i < PAGES ? &pages[i] : NULL;
}

const struct code_page *
code_page_named(const char *name)
{
	for (size_t i = 0; i < PAGES; i++)
		if (strcmp(pages[i].name, name) == 0)
			return &pages[i];
	return NULL;
}

const char *
code_page_name(const struct code_page *p)
{
	return p->name;
}

/*
 * Reading.
 */

/* One octet, or two with the first in front: no writing begins with 0. */
#define WRITINGS 0x10000u
static unsigned
number_of(const char *written)
{
	unsigned first = (unsigned char)written[0], second = (unsigned char)written[1];

	return second == 0 ? first : first << 8 | second;
}

/* Of every writing its letter; 0: none. */
static char16_t *
letters_by_writing(const struct code_page *p)
{
	char16_t *of = xalloc(WRITINGS * sizeof(*of));

	for (char16_t c = ' '; c <= '~'; c++)
		of[c] = c;
	of['\t'] = '\t';
	of['\n'] = '\n';
	of['\r'] = '\r';
	for (size_t i = 0; i < LETTERS; i++)
		of[number_of(letters[i].written[p->column])] = letters[i].letter;
	for (const struct writing *w = p->second; w->letter != 0; w++)
		of[number_of(w->written)] = w->letter;
	for (const struct run *r = p->signs; r->letters != NULL; r++)
		for (size_t i = 0; r->letters[i] != 0; i++)
			of[r->first + i] = r->letters[i];
	of[0] = 0;	/* what a page has not at all has no writing */
	return of;
}

static bool
refuse(const struct code_page *p, struct span s, size_t at, struct err *e)
{
	own_str char *vi = NULL;
	size_t line = 1, column = 1;

	for (size_t i = 0; i < at; i++) {
		column = s.ptr[i] == '\n' ? 1 : column + 1;
		line += s.ptr[i] == '\n';
	}
	vi = xprintf("Dòng %zu, cột %zu: byte 0x%02X không có trong bảng mã %s, hoặc không đứng được ở chỗ đó.", line, column, s.ptr[at], p->name);
	(void)!fail(e, ERR_INPUT, "line %zu, column %zu: %s has no octet 0x%02X, or not there", line, column, p->name, s.ptr[at]);
	return fail_named(e, "octet-unknown", vi);
}

static bool
is_ascii(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] >= 0x80)
			return false;
	return true;
}

static bool
get_each(struct buf *utf8, const struct code_page *p, const char16_t *letter, struct span s, struct err *e)
{
	for (size_t i = 0, n; i < s.len; i += n) {
		unsigned two = i + 1 < s.len && s.ptr[i] != 0 ? (unsigned)s.ptr[i] << 8 | s.ptr[i + 1] : 0;
		char16_t c = letter[two] != 0 ? letter[two] : letter[s.ptr[i]];
		uint8_t octets[6];

		if (c == 0)
			return refuse(p, s, i, e);
		n = letter[two] != 0 ? 2 : 1;
		buf_put(utf8, octets, (size_t)u8_uctomb(octets, c, sizeof(octets)));
	}
	return buf_ok(utf8, "the text", e);
}

bool
code_page_get(struct buf *utf8, const struct code_page *p, struct span s, struct err *e)
{
	static const struct err_rule other = { ERR_INPUT, NULL, "is-utf-8", "Tệp này viết bằng UTF-8, không phải bằng bảng mã của thư mục này." };
	struct err ignored;
	char16_t *letter;
	bool good;

	if (!is_ascii(s) && utf8_check(s, &ignored))
		return fail_rule(e, &other, "this is UTF-8, and no %s", p->name);
	letter = letters_by_writing(p);
	good = get_each(utf8, p, letter, s, e);
	free(letter);
	return good;
}

/*
 * Writing.
 */

static bool
put_sign(struct buf *out, const struct code_page *p, ucs4_t c)
{
	for (const struct run *r = p->signs; r->letters != NULL; r++)
		for (size_t i = 0; r->letters[i] != 0; i++)
			if (r->letters[i] == c) {
				buf_put_byte(out, (unsigned char)(r->first + i));
				return true;
			}
	return false;
}

static bool
put_letter(struct buf *out, const struct code_page *p, ucs4_t c)
{
	for (size_t i = 0; i < LETTERS; i++)
		if (letters[i].letter == c && letters[i].written[p->column][0] != '\0') {
			buf_put_str(out, letters[i].written[p->column]);
			return true;
		}
	return put_sign(out, p, c);
}

void
code_page_put_json(struct buf *out, const struct code_page *p, struct span s)
{
	for (size_t n; s.len > 0; s = span_of(s.ptr + n, s.len - n)) {
		uint16_t unit[2];
		ucs4_t c;
		int units;

		n = (size_t)u8_mbtouc(&c, s.ptr, s.len);
		if (c < 0x80) {
			buf_put_byte(out, (unsigned char)c);
			continue;
		}
		if (put_letter(out, p, c))
			continue;
		units = u16_uctomb(unit, c, 2);
		for (int i = 0; i < units; i++)
			buf_printf(out, "\\u%04x", unit[i]);
	}
}
