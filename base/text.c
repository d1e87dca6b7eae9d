#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <uniconv.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

/* How many octets at the start are ASCII, in steps of eight. */
static size_t
ascii_len(struct span s)
{
	size_t n = 0;
	uint64_t eight;

	for (; n + sizeof(eight) <= s.len; n += sizeof(eight)) {
		memcpy(&eight, s.ptr + n, sizeof(eight));
		if ((eight & 0x8080808080808080u) != 0)
			break;
	}
	return n;
}

bool
utf8_check(struct span s, struct err *e)
{
	const uint8_t *bad = NULL;
	size_t at = 0, run;

	/* A run of octets that are not ASCII is whole characters, or wrong. */
	for (; bad == NULL && at < s.len; at += run) {
		at += ascii_len(span_of(s.ptr + at, s.len - at));
		while (at < s.len && s.ptr[at] < 0x80)
			at++;
		for (run = 0; at + run < s.len && s.ptr[at + run] >= 0x80; run++)
			continue;
		bad = run == 0 ? NULL : u8_check(s.ptr + at, run);
	}
	if (bad != NULL)
		return fail(e, ERR_INPUT, "not UTF-8 at byte %td", bad - s.ptr + 1);
	return true;
}

size_t
utf8_count(struct span s)
{
	return s.len == 0 ? 0 : u8_mbsnlen(s.ptr, s.len);
}

bool
utf16_get(struct buf *utf8, struct span s, bool big_endian, struct err *e)
{
	uint16_t unit[2];
	uint8_t octets[6];

	for (size_t i = 0, n; i < s.len; i += 2 * n) {
		ucs4_t c;
		int used;

		for (n = 0; n < 2 && i + 2 * n + 1 < s.len; n++)
			unit[n] = (uint16_t)(s.ptr[i + 2 * n + !big_endian] << 8 | s.ptr[i + 2 * n + big_endian]);
		used = n == 0 ? -1 : u16_mbtoucr(&c, unit, n);
		if (used < 0)
			return fail(e, ERR_INPUT, "not UTF-16 at byte %zu", i + 1);
		n = (size_t)used;
		buf_put(utf8, octets, (size_t)u8_uctomb(octets, c, sizeof(octets)));
	}
	return buf_ok(utf8, "the text", e);
}

void
utf16_put(struct buf *out, struct span s, bool big_endian)
{
	while (s.len > 0) {
		ucs4_t c;
		int n = u8_mbtouc(&c, s.ptr, s.len);
		uint16_t unit[2];
		int units = u16_uctomb(unit, c, 2);

		for (int i = 0; i < units; i++) {
			buf_put_byte(out, (unsigned char)(big_endian ? unit[i] >> 8 : unit[i]));
			buf_put_byte(out, (unsigned char)(big_endian ? unit[i] : unit[i] >> 8));
		}
		s = span_of(s.ptr + n, s.len - (size_t)n);
	}
}

static uint8_t *
normal(uninorm_t form, struct span s, size_t *n)
{
	uint8_t *out = u8_normalize(form, s.ptr, s.len, NULL, n);

	promise(out != NULL || s.len == 0);
	return out;
}

bool
text_is_nfc(struct span s)
{
	uint8_t *n;
	size_t len;
	bool same;

	if (s.len == 0)
		return true;
	n = normal(UNINORM_NFC, s, &len);
	same = len == s.len && memcmp(n, s.ptr, len) == 0;
	free(n);
	return same;
}

bool
text_to_nfc(struct buf *out, struct span s, bool *changed, struct err *e)
{
	uint8_t *n;
	size_t len;

	*changed = false;
	if (!utf8_check(s, e))
		return false;
	if (s.len == 0)
		return true;
	n = normal(UNINORM_NFC, s, &len);
	*changed = len != s.len || memcmp(n, s.ptr, len) != 0;
	buf_put(out, n, len);
	free(n);
	return buf_ok(out, "text", e);
}

/* What deceives the eye or breaks a line, with the words of the refusal. */
static const struct { ucs4_t from, to; const char *what; } refused[] = {
	{ 0x0000, 0x0008, "a control character" }, { 0x000b, 0x001f, "a control character" }, { 0x007f, 0x009f, "a control character" },
	{ 0x0009, 0x0009, "a tab" },
	{ 0x00ad, 0x00ad, "a soft hyphen" },
	{ 0x00d0, 0x00d0, "a look-alike of U+0110 (D with stroke)" }, { 0x0189, 0x0189, "a look-alike of U+0110 (D with stroke)" },
	{ 0x061c, 0x061c, "a direction mark" }, { 0x180e, 0x180e, "an invisible character" },
	{ 0x200b, 0x200d, "a zero-width character" }, { 0x200e, 0x200f, "a direction mark" },
	{ 0x2028, 0x2029, "a line separator" }, { 0x202a, 0x202e, "a direction mark" },
	{ 0x2060, 0x2064, "an invisible character" }, { 0x2066, 0x2069, "a direction mark" }, { 0x206a, 0x206f, "an invisible character" },
	{ 0x3164, 0x3164, "an invisible character" }, { 0xfdd0, 0xfdef, "no character" }, { 0xfeff, 0xfeff, "a byte-order mark" },
	{ 0xfff9, 0xffff, "no character" }, { 0xe000, 0xf8ff, "a private character" },
	{ 0xe0000, 0xe0fff, "an invisible character" }, { 0xf0000, 0x10ffff, "a private character" },
};

static const char *
why_refused(ucs4_t c)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (c >= refused[i].from && c <= refused[i].to)
			return refused[i].what;
	return NULL;
}

bool
text_check(struct span s, bool lines, struct err *e)
{
	size_t position = 0;

	if (!utf8_check(s, e))
		return false;
	for (size_t i = 0; i < s.len; position++) {
		ucs4_t c;
		const char *why;

		i += (size_t)u8_mbtouc(&c, s.ptr + i, s.len - i);
		if (c == '\n') {
			if (!lines)
				return fail(e, ERR_INPUT, "a line break at character %zu", position + 1);
			continue;
		}
		why = why_refused(c);
		if (why != NULL)
			return fail(e, ERR_INPUT, "U+%04X at character %zu: %s", (unsigned)c, position + 1, why);
	}
	return true;
}

void
text_show(char *text)
{
	unsigned char *out = (unsigned char *)text;
	const unsigned char *in = out;

	for (size_t left = strlen(text); left > 0;) {
		ucs4_t c;
		int n = u8_mbtoucr(&c, in, left);
		size_t taken = n > 0 ? (size_t)n : 1;
		bool good = n > 0 && c != '\n' && why_refused(c) == NULL;

		memmove(out, good ? in : (const unsigned char *)"?", good ? taken : 1);
		out += good ? taken : 1;
		in += taken;
		left -= taken;
	}
	*out = '\0';
}

bool
text_has_other_space(struct span s)
{
	for (size_t i = 0; i < s.len;) {
		ucs4_t c;

		i += (size_t)u8_mbtouc(&c, s.ptr + i, s.len - i);
		if (c != ' ' && uc_is_property_white_space(c))
			return true;
	}
	return false;
}

static void
put_escaped(struct buf *out, struct span s, const char *which, const char *const with[])
{
	for (size_t i = 0; i < s.len; i++) {
		const char *at = s.ptr[i] == 0 ? NULL : strchr(which, s.ptr[i]);

		if (at == NULL)
			buf_put_byte(out, s.ptr[i]);
		else
			buf_put_str(out, with[at - which]);
	}
}

void
text_put_xml(struct buf *out, struct span s)
{
	static const char *const with[] = { "&amp;", "&lt;", "&gt;", "&#xD;" };

	put_escaped(out, s, "&<>\r", with);
}

void
text_put_xml_attr(struct buf *out, struct span s)
{
	static const char *const with[] = { "&amp;", "&lt;", "&quot;", "&#x9;", "&#xA;", "&#xD;" };

	put_escaped(out, s, "&<\"\t\n\r", with);
}

void
text_put_html(struct buf *out, struct span s)
{
	static const char *const with[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&#39;" };

	put_escaped(out, s, "&<>\"'", with);
}

void
text_put_html_part(struct buf *out, const char *before, const char *text, const char *after)
{
	if (text[0] == '\0')
		return;
	buf_put_str(out, before);
	text_put_html(out, span_str(text));
	buf_put_str(out, after);
}

bool
text_fold(struct buf *out, struct span s, bool keep_case, struct err *e)
{
	uint8_t *n;
	size_t len;

	if (!utf8_check(s, e))
		return false;
	if (s.len == 0)
		return true;
	n = normal(UNINORM_NFD, s, &len);
	for (size_t i = 0; i < len;) {
		uint8_t piece[6];
		ucs4_t c;

		i += (size_t)u8_mbtouc(&c, n + i, len - i);
		if (uc_combining_class(c) != 0)
			continue;
		if (c == 0x111)
			c = 'd';
		if (c == 0x110)
			c = 'D';
		if (!keep_case)
			c = uc_tolower(c);
		buf_put(out, piece, (size_t)u8_uctomb(piece, c, sizeof(piece)));
	}
	free(n);
	return buf_ok(out, "text", e);
}

bool
text_casefold(struct buf *out, struct span s, struct err *e)
{
	uint8_t *folded;
	size_t len;

	if (!utf8_check(s, e))
		return false;
	if (s.len == 0)
		return true;
	folded = u8_casefold(s.ptr, s.len, NULL, UNINORM_NFC, NULL, &len);
	promise(folded != NULL);
	buf_put(out, folded, len);
	free(folded);
	return buf_ok(out, "text", e);
}

bool
text_capitals(struct buf *out, struct span s, struct err *e)
{
	uint8_t *upper;
	size_t len;

	if (!utf8_check(s, e))
		return false;
	if (s.len == 0)
		return true;
	upper = u8_toupper(s.ptr, s.len, NULL, UNINORM_NFC, NULL, &len);
	promise(upper != NULL);
	for (size_t i = 0, n; i < len; i += n) {
		ucs4_t c;

		n = (size_t)u8_mbtouc(&c, upper + i, len - i);
		if (!uc_is_property_white_space(c))
			buf_put(out, upper + i, n);
	}
	free(upper);
	return buf_ok(out, "text", e);
}

bool
text_words(struct buf *out, struct span s, struct err *e)
{
	own_struct(buf) plain = buf_new(out->max);
	bool inside = false;

	if (!text_fold(&plain, s, false, e))
		return false;
	for (size_t i = 0; i < plain.len;) {
		ucs4_t c;
		size_t n = (size_t)u8_mbtouc(&c, plain.ptr + i, plain.len - i);
		bool part = uc_is_alnum(c);

		if (part && !inside)
			buf_put_byte(out, ' ');
		if (part)
			buf_put(out, plain.ptr + i, n);
		inside = part;
		i += n;
	}
	return buf_ok(out, "text", e);
}
