#include "base/bytes.h"

#include <openssl/crypto.h>

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define ALLOC_SMALL 1024
#define BUF_FIRST 256			/* octets a buffer begins with: most need no more */

void
fd_drop(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void
str_drop(char **s)
{
	free(*s);
	*s = NULL;
}

bool
span_eq(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool
span_eq_str(struct span a, const char *s)
{
	return span_eq(a, span_str(s));
}

bool
span_is_blank(struct span s)
{
	while (s.len > 0 && (*s.ptr == ' ' || *s.ptr == '\t' || *s.ptr == '\r' || *s.ptr == '\n'))
		s = span_of(s.ptr + 1, s.len - 1);
	return s.len == 0;
}

bool
span_eq_secret(struct span a, struct span b)
{
	return a.len == b.len && CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0;
}

struct span
span_trim(struct span s)
{
	while (s.len > 0 && isspace(s.ptr[0]))
		s = span_of(s.ptr + 1, s.len - 1);
	while (s.len > 0 && isspace(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

bool
span_take_line(struct span *text, struct span *line)
{
	const unsigned char *end = text->len == 0 ? NULL : memchr(text->ptr, '\n', text->len);

	if (end == NULL)
		return false;
	*line = span_of(text->ptr, (size_t)(end - text->ptr));
	text->len -= line->len + 1;
	text->ptr = end + 1;
	return true;
}

bool
span_next_line(struct span *text, struct span *line)
{
	*line = *text;
	if (text->len == 0)
		return false;
	if (!span_take_line(text, line))
		*text = SPAN_NONE;
	return true;
}

char *
span_dup_str(struct span s)
{
	char *out = xalloc(s.len + 1);

	if (s.len > 0)
		memcpy(out, s.ptr, s.len);
	return out;
}

/*
 * Growing buffer.
 */

void
buf_drop(struct buf *b)
{
	free(b->ptr);
	*b = (struct buf){ .max = b->max };
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
}

/* One octet more than asked, so that buf_str always has room for its NUL. */
static bool
buf_reserve(struct buf *b, size_t n)
{
	size_t cap;

	promise(b->max > 0);
	if (b->failed || n > b->max || b->len > b->max - n) {
		b->failed = true;
		return false;
	}
	if (b->len + n + 1 <= b->cap)
		return true;
	cap = b->cap ? b->cap : BUF_FIRST;
	while (cap < b->len + n + 1)
		cap *= 2;
	b->ptr = xrealloc(b->ptr, cap);
	b->cap = cap;
	return true;
}

unsigned char *
buf_extend(struct buf *b, size_t n)
{
	unsigned char *at;

	if (!buf_reserve(b, n))
		return NULL;
	at = b->ptr + b->len;
	b->len += n;
	return at;
}

void
buf_put(struct buf *b, const void *p, size_t n)
{
	unsigned char *at = buf_extend(b, n);

	if (at != NULL && n > 0)
		memcpy(at, p, n);
}

void
buf_put_span(struct buf *b, struct span s)
{
	buf_put(b, s.ptr, s.len);
}

void
buf_put_str(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void
buf_put_byte(struct buf *b, unsigned char c)
{
	buf_put(b, &c, 1);
}

void
buf_put_u16(struct buf *b, uint16_t v)
{
	unsigned char o[2] = { (unsigned char)(v >> 8), (unsigned char)v };

	buf_put(b, o, sizeof(o));
}

void
buf_put_u32(struct buf *b, uint32_t v)
{
	buf_put_u16(b, (uint16_t)(v >> 16));
	buf_put_u16(b, (uint16_t)v);
}

void
buf_put_u64(struct buf *b, uint64_t v)
{
	buf_put_u32(b, (uint32_t)(v >> 32));
	buf_put_u32(b, (uint32_t)v);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	unsigned char *at;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	promise(n >= 0);
	at = buf_extend(b, (size_t)n);
	if (at == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf((char *)at, (size_t)n + 1, fmt, ap);
	va_end(ap);
}

const char *
buf_str(struct buf *b)
{
	if (b->ptr == NULL)
		return "";
	b->ptr[b->len] = '\0';
	return (const char *)b->ptr;
}

bool
buf_ok(const struct buf *b, const char *what, struct err *e)
{
	if (b->failed)
		return fail(e, ERR_LIMIT, "%s: more than %zu bytes", what, b->max);
	return true;
}

uint16_t
get_u16(const unsigned char *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

uint32_t
get_u32(const unsigned char *p)
{
	return (uint32_t)get_u16(p) << 16 | get_u16(p + 2);
}

uint64_t
get_u64(const unsigned char *p)
{
	return (uint64_t)get_u32(p) << 32 | get_u32(p + 4);
}

/*
 * Secrets.
 */

struct secret *
secret_new(void)
{
	struct secret *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (s == MAP_FAILED)
		return NULL;
	if (mlock(s, sizeof(*s)) != 0 || madvise(s, sizeof(*s), MADV_DONTDUMP) != 0) {
		munmap(s, sizeof(*s));
		return NULL;
	}
	return s;
}

void
secret_free(struct secret *s)
{
	if (s == NULL)
		return;
	OPENSSL_cleanse(s, sizeof(*s));
	munmap(s, sizeof(*s));
}

void
secret_drop(struct secret **s)
{
	secret_free(*s);
	*s = NULL;
}

bool
secret_read(struct secret *s, int fd, struct err *e)
{
	unsigned char extra;

	s->len = 0;
	for (;;) {
		bool full = s->len == SECRET_MAX;
		ssize_t n = full ? read(fd, &extra, 1)
		    : read(fd, s->octet + s->len, SECRET_MAX - s->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(e, ERR_STORE, "cannot read the secret: %s", strerror(errno));
		if (n == 0)
			break;
		if (full)
			return fail(e, ERR_LIMIT, "a secret is at most %d bytes", SECRET_MAX);
		s->len += (size_t)n;
	}
	if (s->len > 0 && s->octet[s->len - 1] == '\n')
		s->len--;
	return true;
}

/*
 * Memory.
 */

/* What is small is cleared here: calloc would take it from the arena that threads
 * share, under its lock, and not from the thread's own (glibc before 2.41). */
void *
xalloc(size_t n)
{
	bool small = n <= ALLOC_SMALL;
	void *p = small ? malloc(n ? n : 1) : calloc(1, n);

	promise(p != NULL);
	if (small)
		memset(p, 0, n);
	return p;
}

void *
xrealloc(void *p, size_t n)
{
	p = realloc(p, n ? n : 1);
	promise(p != NULL);
	return p;
}

char *
xstrdup(const char *s)
{
	return span_dup_str(span_str(s));
}

char *
xprintf(const char *fmt, ...)
{
	va_list ap;
	char *s = NULL;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	promise(n >= 0);
	return s;
}

/*
 * Hex.
 */

static const char hex_digit[] = "0123456789abcdef";

void
hex_text(char *out, struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		*out++ = hex_digit[s.ptr[i] >> 4];
		*out++ = hex_digit[s.ptr[i] & 15];
	}
	*out = '\0';
}

void
hex_put(struct buf *b, struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		buf_put_byte(b, (unsigned char)hex_digit[s.ptr[i] >> 4]);
		buf_put_byte(b, (unsigned char)hex_digit[s.ptr[i] & 15]);
	}
}

static int
hex_value(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
hex_is(const char *text, size_t octets)
{
	return strlen(text) == 2 * octets && strspn(text, "0123456789abcdef") == 2 * octets;
}

bool
hex_get_fixed(unsigned char *out, size_t len, struct span text, struct err *e)
{
	if (text.len != len * 2)
		return fail(e, ERR_INPUT, "expected %zu hex digits, got %zu", len * 2, text.len);
	for (size_t i = 0; i < text.len; i++)
		if (hex_value(text.ptr[i]) < 0)
			return fail(e, ERR_INPUT, "not a hex digit at position %zu", i + 1);
	for (size_t i = 0; i < len; i++)
		out[i] = (unsigned char)(hex_value(text.ptr[2 * i]) << 4 | hex_value(text.ptr[2 * i + 1]));
	return true;
}

bool
hex_get(struct buf *out, struct span text, struct err *e)
{
	unsigned char *at;

	if (text.len % 2 != 0)
		return fail(e, ERR_INPUT, "an odd number of hex digits");
	at = buf_extend(out, text.len / 2);
	if (at == NULL)
		return buf_ok(out, "hex", e);
	return hex_get_fixed(at, text.len / 2, text, e);
}

/*
 * Base64, RFC 4648.
 */

static const char b64_std[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char b64_url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void
b64_put(struct buf *b, struct span s, const char *sign, bool pad)
{
	for (size_t i = 0; i < s.len; i += 3) {
		size_t n = s.len - i < 3 ? s.len - i : 3;
		uint32_t v = (uint32_t)s.ptr[i] << 16;

		if (n > 1)
			v |= (uint32_t)s.ptr[i + 1] << 8;
		if (n > 2)
			v |= s.ptr[i + 2];
		for (size_t k = 0; k < 4; k++) {
			if (k <= n)
				buf_put_byte(b, (unsigned char)sign[v >> (18 - 6 * k) & 63]);
			else if (pad)
				buf_put_byte(b, '=');
		}
	}
}

/* RFC 4648 4 and 5, from '+' on: a value, and in which of the two there is none. */
#define NOT_STD 64
#define NOT_URL 128
static const unsigned char b64_values['z' - '+' + 1] =
    "\xbe\xc0\x7e\xc0\xbf\x34\x35\x36\x37\x38\x39\x3a\x3b\x3c\x3d\xc0\xc0\xc0\xc0\xc0\xc0\xc0"
    "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\xc0\xc0\xc0\xc0\x7f\xc0"
    "\x1a\x1b\x1c\x1d\x1e\x1f\x20\x21\x22\x23\x24\x25\x26\x27\x28\x29\x2a\x2b\x2c\x2d\x2e\x2f\x30\x31\x32\x33";

static uint32_t
b64_value(unsigned char c)
{
	return c >= '+' && c <= 'z' ? b64_values[c - '+'] : NOT_STD | NOT_URL;
}

/* As long as four characters are three octets; how many characters that were. */
static size_t
b64_get_fours(unsigned char *at, struct span t, unsigned wrong)
{
	size_t i;

	for (i = 0; i + 4 <= t.len; i += 4, at += 3) {
		uint32_t a = b64_value(t.ptr[i]), b = b64_value(t.ptr[i + 1]), c = b64_value(t.ptr[i + 2]), d = b64_value(t.ptr[i + 3]);
		uint32_t v = (a & 63) << 18 | (b & 63) << 12 | (c & 63) << 6 | (d & 63);

		if (((a | b | c | d) & wrong) != 0)
			break;
		at[0] = (unsigned char)(v >> 16);
		at[1] = (unsigned char)(v >> 8);
		at[2] = (unsigned char)v;
	}
	return i;
}

static bool
b64_get(struct buf *out, struct span t, unsigned wrong, bool pad, struct err *e)
{
	unsigned char *at;
	uint32_t v = 0;
	unsigned bits = 0;
	size_t before = out->len, fours;

	if (pad) {
		if (t.len % 4 != 0)
			return fail(e, ERR_INPUT, "base64: length is not a multiple of four");
		for (int i = 0; i < 2 && t.len > 0 && t.ptr[t.len - 1] == '='; i++)
			t.len--;
	}
	if (t.len % 4 == 1)
		return fail(e, ERR_INPUT, "base64: one character too many");
	at = buf_extend(out, t.len / 4 * 3 + t.len % 4 * 3 / 4);
	if (at == NULL)
		return buf_ok(out, "base64", e);
	fours = b64_get_fours(at, t, wrong);
	at += fours / 4 * 3;
	for (size_t i = fours; i < t.len; i++) {
		uint32_t d = b64_value(t.ptr[i]);

		if ((d & wrong) != 0) {
			out->len = before;
			return fail(e, ERR_INPUT, "base64: wrong character at position %zu", i + 1);
		}
		v = v << 6 | (d & 63);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			*at++ = (unsigned char)(v >> bits);
		}
	}
	if ((v & ((1u << bits) - 1)) == 0)
		return true;
	out->len = before;
	return fail(e, ERR_INPUT, "base64: spare bits are not zero");
}

void
base64_put(struct buf *b, struct span s)
{
	b64_put(b, s, b64_std, true);
}

bool
base64_get(struct buf *out, struct span text, struct err *e)
{
	return b64_get(out, text, NOT_STD, true, e);
}

void
base64url_put(struct buf *b, struct span s)
{
	b64_put(b, s, b64_url, false);
}

bool
base64url_get(struct buf *out, struct span text, struct err *e)
{
	return b64_get(out, text, NOT_URL, false, e);
}

bool
decimal_get(uint64_t *out, struct span text, struct err *e)
{
	uint64_t v = 0;

	if (text.len == 0 || text.len > 19 || (text.len > 1 && text.ptr[0] == '0'))
		return fail(e, ERR_INPUT, "not a decimal number");
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return fail(e, ERR_INPUT, "not a decimal number");
		v = v * 10 + (uint64_t)(text.ptr[i] - '0');
	}
	*out = v;
	return true;
}
