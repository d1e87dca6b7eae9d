#include "verifier/code.h"

#include "base/clock.h"
#include "base/ossl.h"

#include <ctype.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>

static const char signs[] = "0123456789BCFGHJKMNPRSTVXZ";
#define SIGNS 26

static int
sign_value(char c)
{
	const char *at = c == '\0' ? NULL : strchr(signs, c);

	return at == NULL ? -1 : (int)(at - signs);
}

/* ISO/IEC 7064 hybrid system MOD 27,26: the carry behind n signs. */
static int
carry(const char *code, size_t n)
{
	int p = SIGNS;

	for (size_t i = 0; i < n; i++) {
		int s = (p + sign_value(code[i])) % SIGNS;

		p = 2 * (s == 0 ? SIGNS : s) % (SIGNS + 1);
	}
	return p;
}

static bool
has_letter(const char *code)
{
	return code[strspn(code, "0123456789")] != '\0';
}

bool
short_code_ok(const char *code)
{
	if (strlen(code) != SHORT_CODE_LEN || strspn(code, signs) != SHORT_CODE_LEN)
		return false;
	return has_letter(code) && (carry(code, SHORT_CODE_LEN - 1) + sign_value(code[SHORT_CODE_LEN - 1])) % SIGNS == 1;
}

/* n signs below base, each from octets that are thrown away when they would
 * make some signs more frequent. */
static bool
draw(char *out, size_t n, const char *alphabet, unsigned base, struct err *e)
{
	for (size_t i = 0; i < n; ) {
		unsigned char octet;

		if (!random_bytes(&octet, 1, e))
			return false;
		if (octet < 256 / base * base)
			out[i++] = alphabet[octet % base];
	}
	out[n] = '\0';
	return true;
}

bool
short_code_draw(char out[SHORT_CODE_LEN + 1], struct err *e)
{
	do {
		if (!draw(out, SHORT_CODE_LEN - 1, signs, SIGNS, e))
			return false;
	} while (!has_letter(out));
	out[SHORT_CODE_LEN - 1] = signs[(SIGNS + 1 - carry(out, SHORT_CODE_LEN - 1)) % SIGNS];
	out[SHORT_CODE_LEN] = '\0';
	return true;
}

void
short_code_text(char out[SHORT_CODE_TEXT], const char code[SHORT_CODE_LEN + 1])
{
	snprintf(out, SHORT_CODE_TEXT, "%.4s-%.4s-%.4s-%.1s", code, code + 4, code + 8, code + 12);
}

/* H. M. Damm's quasigroup of order 10: finds every single wrong digit and every
 * swap of neighbours. */
static const unsigned char damm[10][10] = {
	{ 0, 3, 1, 7, 5, 9, 8, 6, 4, 2 }, { 7, 0, 9, 2, 1, 5, 4, 8, 6, 3 }, { 4, 2, 0, 6, 8, 7, 1, 3, 5, 9 },
	{ 1, 7, 5, 0, 9, 8, 3, 4, 2, 6 }, { 6, 1, 2, 3, 0, 4, 5, 9, 7, 8 }, { 3, 6, 7, 4, 2, 0, 9, 5, 8, 1 },
	{ 5, 8, 6, 9, 7, 2, 0, 1, 3, 4 }, { 8, 9, 4, 5, 3, 6, 2, 0, 1, 7 }, { 9, 4, 3, 8, 6, 1, 7, 2, 0, 5 },
	{ 2, 5, 8, 1, 4, 3, 6, 7, 9, 0 },
};

static int
damm_of(const char *digits, size_t n)
{
	int c = 0;

	for (size_t i = 0; i < n; i++)
		c = damm[c][digits[i] - '0'];
	return c;
}

bool
voice_code_ok(const char *code)
{
	return strlen(code) == VOICE_CODE_LEN && strspn(code, "0123456789") == VOICE_CODE_LEN && damm_of(code, VOICE_CODE_LEN) == 0;
}

bool
voice_code_draw(char out[VOICE_CODE_LEN + 1], struct err *e)
{
	if (!draw(out, VOICE_CODE_LEN - 1, "0123456789", 10, e))
		return false;
	out[VOICE_CODE_LEN - 1] = (char)('0' + damm_of(out, VOICE_CODE_LEN - 1));
	out[VOICE_CODE_LEN] = '\0';
	return true;
}

static bool
matches(const char *code, const char *shape)
{
	regex_t r;
	bool good;

	promise(regcomp(&r, shape, REG_EXTENDED | REG_NOSUB) == 0);
	good = regexec(&r, code, 0, NULL, 0) == 0;
	regfree(&r);
	return good;
}

/* "000.00.14.H99" -> "H99.14": the groups turned round, those of zeros at the
 * end left out. */
static void
turn_round(char *out, const char *groups)
{
	const char *end = groups + strlen(groups);
	size_t n = 0, keep = 0;

	while (end > groups) {
		const char *begin = end;

		while (begin > groups && begin[-1] != '.')
			begin--;
		if (n > 0)
			out[n++] = '.';
		memcpy(out + n, begin, (size_t)(end - begin));
		n += (size_t)(end - begin);
		if (strspn(begin, "0") < (size_t)(end - begin))
			keep = n;
		end = begin > groups ? begin - 1 : groups;
	}
	out[keep] = '\0';
}

bool
dossier_code_read(struct dossier_code *out, const char *code)
{
#define TAIL "-[0-9]{6}-[0-9]{4,12}$"
	static const char from_above[] = "^[A-Y][0-9]{2}(\\.[0-9]{2,3}){0,5}" TAIL, from_below[] = "^[0-9]{3}\\.[0-9]{2}\\.[0-9]{2,3}\\.[A-Y][0-9]{2}" TAIL;
#undef TAIL
	struct dossier_code found = { .day = 0 };
	own_str char *groups = NULL, *date = NULL;
	bool above;
	struct err e;

	if (strlen(code) > DOSSIER_CODE_MAX)
		return false;
	above = matches(code, from_above);
	if (!above && !matches(code, from_below))
		return false;
	const char *at = strchr(code, '-') + 1;

	groups = xprintf("%.*s", (int)(at - 1 - code), code);
	date = xprintf("20%.2s-%.2s-%.2s", at, at + 2, at + 4);
	if (!date_parse(&found.day, date, &e))
		return false;
	if (above)
		snprintf(found.agency, sizeof(found.agency), "%s", groups);
	else
		turn_round(found.agency, groups);
	snprintf(found.running, sizeof(found.running), "%s", at + 7);
	*out = found;
	return true;
}

bool
dossier_code_ok(const char *code)
{
	struct dossier_code ignored;

	return dossier_code_read(&ignored, code);
}

/*
 * What was typed.
 */

#define QR_DIGITS_MIN 60	/* no seal is shorter; other codes are */

/* Dashes and spaces of other keyboards count as the plain ones. */
static size_t
separator(const unsigned char *p, size_t left)
{
	if (*p == ' ' || *p == '.' || *p == '-' || *p == '\t' || *p == '\r' || *p == '\n' || *p == '_')
		return 1;
	if (left >= 2 && p[0] == 0xc2 && p[1] == 0xa0)
		return 2;
	if (left >= 3 && p[0] == 0xe2 && p[1] == 0x80 && p[2] >= 0x90 && p[2] <= 0x95)
		return 3;
	return 0;
}

static void
put_plain(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.len; ) {
		size_t skip = separator(text.ptr + i, text.len - i);
		char c = (char)toupper(text.ptr[i]);

		if (skip == 0)
			buf_put_byte(out, (unsigned char)(c == 'O' ? '0' : c == 'I' ? '1' : c));
		i += skip == 0 ? 1 : skip;
	}
}

static struct span
longest_digits(struct span s)
{
	struct span best = SPAN_NONE;

	for (size_t i = 0; i < s.len; ) {
		size_t n = 0;

		while (i + n < s.len && isdigit(s.ptr[i + n]))
			n++;
		if (n > best.len)
			best = span_of(s.ptr + i, n);
		i += n == 0 ? 1 : n;
	}
	return best;
}

/* The part of an address that never reaches a server. */
static struct span
fragment(struct span s)
{
	const unsigned char *hash = memchr(s.ptr, '#', s.len);

	if (s.len < 8 || strncasecmp((const char *)s.ptr, "http", 4) != 0)
		return s;
	return hash == NULL ? longest_digits(s) : span_of(hash + 1, s.len - (size_t)(hash + 1 - s.ptr));
}

static enum typed
plain_code(const char *code)
{
	size_t n = strlen(code), digits = strspn(code, "0123456789"), known = 0;

	for (size_t i = 0; i < n; i++)
		known += sign_value(code[i]) >= 0;

	if (n == 13 && digits == 13)
		return voice_code_ok(code) ? TYPED_VOICE : TYPED_MISTYPED;
	if (n == 13 && known == 13)
		return short_code_ok(code) ? TYPED_SHORT : TYPED_MISTYPED;
	if (n >= 11 && n <= 15 && known >= n - 1 && known > digits)
		return TYPED_MISTYPED;
	if (n >= 11 && n <= 15 && digits == n)
		return TYPED_MISTYPED;
	return TYPED_UNKNOWN;
}

enum typed
typed_what(struct span text, struct buf *plain)
{
	struct span s = fragment(span_trim(text)), digits = longest_digits(s);
	own_struct(buf) upper = buf_new(TYPED_MAX);
	unsigned char hash[SHA256_LEN];
	struct err ignored;
	enum typed what;

	if (s.len == 0 || s.len > TYPED_MAX)
		return TYPED_UNKNOWN;
	if (digits.len < s.len && hex_get_fixed(hash, sizeof(hash), s, &ignored)) {
		hex_put(plain, span_of(hash, sizeof(hash)));
		return TYPED_HASH;
	}
	if (digits.len >= QR_DIGITS_MIN || (s.len > 4 && memcmp(s.ptr, "AT1:", 4) == 0)) {
		buf_put_span(plain, digits.len >= QR_DIGITS_MIN ? digits : s);
		return TYPED_QR;
	}
	for (size_t i = 0; i < s.len; i++)
		buf_put_byte(&upper, (unsigned char)toupper(s.ptr[i]));
	if (dossier_code_ok(buf_str(&upper))) {
		buf_put_span(plain, buf_span(&upper));
		return TYPED_DOSSIER;
	}
	put_plain(plain, s);
	what = plain_code(buf_str(plain));
	if (what != TYPED_UNKNOWN)
		return what;
	buf_reset(plain);
	buf_put_span(plain, s);
	return digits.len >= 2 && s.len <= 40 ? TYPED_NUMBER : TYPED_UNKNOWN;
}
