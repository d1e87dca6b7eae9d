#include "base/cbor.h"

#include "base/text.h"

enum major { UINT, NINT, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };

#define SIMPLE_FALSE 20
#define SIMPLE_TRUE 21
#define SIMPLE_NULL 22

/*
 * Writing.
 */

static void
put_head(struct buf *b, enum major m, uint64_t v)
{
	unsigned char top = (unsigned char)(m << 5);

	if (v < 24) {
		buf_put_byte(b, top | (unsigned char)v);
	} else if (v <= 0xff) {
		buf_put_byte(b, top | 24);
		buf_put_byte(b, (unsigned char)v);
	} else if (v <= 0xffff) {
		buf_put_byte(b, top | 25);
		buf_put_u16(b, (uint16_t)v);
	} else if (v <= 0xffffffff) {
		buf_put_byte(b, top | 26);
		buf_put_u32(b, (uint32_t)v);
	} else {
		buf_put_byte(b, top | 27);
		buf_put_u64(b, v);
	}
}

void cbor_put_uint(struct buf *b, uint64_t v) { put_head(b, UINT, v); }
void cbor_put_array(struct buf *b, size_t items) { put_head(b, ARRAY, items); }
void cbor_put_map(struct buf *b, size_t pairs) { put_head(b, MAP, pairs); }
void cbor_put_tag(struct buf *b, uint64_t tag) { put_head(b, TAG, tag); }
void cbor_put_bool(struct buf *b, bool v) { put_head(b, SIMPLE, v ? SIMPLE_TRUE : SIMPLE_FALSE); }
void cbor_put_null(struct buf *b) { put_head(b, SIMPLE, SIMPLE_NULL); }
void cbor_put_text(struct buf *b, const char *s) { cbor_put_text_span(b, span_str(s)); }

void
cbor_put_int(struct buf *b, int64_t v)
{
	if (v >= 0)
		put_head(b, UINT, (uint64_t)v);
	else
		put_head(b, NINT, (uint64_t)-(v + 1));
}

void
cbor_put_bytes(struct buf *b, struct span s)
{
	put_head(b, BYTES, s.len);
	buf_put_span(b, s);
}

void
cbor_put_text_span(struct buf *b, struct span s)
{
	put_head(b, TEXT, s.len);
	buf_put_span(b, s);
}

/*
 * Reading.
 */

/* One head, in its shortest form only (RFC 8949 4.2.1). */
static bool
get_head(struct cbor *c, enum major *m, uint64_t *v, struct err *e)
{
	static const unsigned extra[4] = { 1, 2, 4, 8 };
	size_t left = (size_t)(c->end - c->at);
	unsigned char first, info;
	unsigned n;

	if (left == 0)
		return fail(e, ERR_INPUT, "CBOR ends where an item is expected");
	first = c->at[0];
	info = first & 31;
	*m = (enum major)(first >> 5);
	if (info < 24) {
		*v = info;
		c->at++;
	} else {
		if (info > 27)
			return fail(e, ERR_INPUT, "CBOR of indefinite length or reserved form");
		n = extra[info - 24];
		if (left < 1 + n)
			return fail(e, ERR_INPUT, "CBOR ends inside a head");
		*v = n == 1 ? c->at[1] : n == 2 ? get_u16(c->at + 1) : n == 4 ? get_u32(c->at + 1) : get_u64(c->at + 1);
		if ((n == 1 && *v < 24) || (n > 1 && *v >> (n * 4) == 0))
			return fail(e, ERR_INPUT, "CBOR head longer than needed");
		c->at += 1 + n;
	}
	if (*m == SIMPLE && (info >= 24 || (*v != SIMPLE_FALSE && *v != SIMPLE_TRUE && *v != SIMPLE_NULL)))
		return fail(e, ERR_INPUT, "CBOR simple value or float that is not taken here");
	if ((*m == BYTES || *m == TEXT) && *v > (uint64_t)(c->end - c->at))
		return fail(e, ERR_INPUT, "CBOR string longer than what holds it");
	if ((*m == ARRAY || *m == MAP) && *v > (uint64_t)(c->end - c->at))
		return fail(e, ERR_INPUT, "CBOR array or map longer than what holds it");
	return true;
}

static bool skip_item(struct cbor *c, unsigned depth, struct err *e);

/* Bytewise order of the encoded keys; equal keys are duplicates. */
static bool
skip_map(struct cbor *c, uint64_t pairs, unsigned depth, struct err *e)
{
	struct span before = SPAN_NONE;

	for (uint64_t i = 0; i < pairs; i++) {
		struct span key = { c->at, 0 };
		size_t shorter;
		int order;

		if (!skip_item(c, depth, e))
			return false;
		key.len = (size_t)(c->at - key.ptr);
		shorter = key.len < before.len ? key.len : before.len;
		order = shorter == 0 ? 0 : memcmp(before.ptr, key.ptr, shorter);
		if (i > 0 && (order > 0 || (order == 0 && before.len >= key.len)))
			return fail(e, ERR_INPUT, "CBOR map keys out of order or given twice");
		before = key;
		if (!skip_item(c, depth, e))
			return false;
	}
	return true;
}

static bool
skip_item(struct cbor *c, unsigned depth, struct err *e)
{
	enum major m;
	uint64_t v;

	if (depth == 0)
		return fail(e, ERR_LIMIT, "CBOR nested deeper than %d", CBOR_DEPTH);
	if (!get_head(c, &m, &v, e))
		return false;
	switch (m) {
	case UINT: case NINT: case SIMPLE:
		return true;
	case BYTES: case TEXT:
		c->at += v;
		return m == BYTES || utf8_check(span_of(c->at - v, v), e);
	case ARRAY:
		for (uint64_t i = 0; i < v; i++)
			if (!skip_item(c, depth - 1, e))
				return false;
		return true;
	case MAP:
		return skip_map(c, v, depth - 1, e);
	case TAG:
		return skip_item(c, depth - 1, e);
	}
	return fail(e, ERR_BUG, "no such CBOR major type");
}

bool
cbor_check(struct span s, struct err *e)
{
	struct cbor c = cbor_read(s);

	return skip_item(&c, CBOR_DEPTH, e) && cbor_end(&c, "CBOR", e);
}

bool
cbor_skip(struct cbor *c, struct span *item, struct err *e)
{
	const unsigned char *start = c->at;

	if (!skip_item(c, CBOR_DEPTH, e))
		return false;
	*item = span_of(start, (size_t)(c->at - start));
	return true;
}

bool
cbor_peek(const struct cbor *c, enum cbor_kind *kind, struct err *e)
{
	static const enum cbor_kind of[] = { CBOR_UINT, CBOR_NINT, CBOR_BYTES, CBOR_TEXT, CBOR_ARRAY, CBOR_MAP, CBOR_TAG };
	struct cbor copy = *c;
	enum major m;
	uint64_t v;

	if (!get_head(&copy, &m, &v, e))
		return false;
	*kind = m != SIMPLE ? of[m] : v == SIMPLE_FALSE ? CBOR_FALSE : v == SIMPLE_TRUE ? CBOR_TRUE : CBOR_NULL;
	return true;
}

static bool
get_major(struct cbor *c, enum major want, uint64_t *v, const char *what, const char *word, struct err *e)
{
	struct cbor at = *c;
	enum major m;

	if (!get_head(&at, &m, v, e))
		return fail_in(e, "%s", what);
	if (m != want)
		return fail(e, ERR_INPUT, "%s: not %s", what, word);
	*c = at;
	return true;
}

bool
cbor_get_uint(struct cbor *c, uint64_t *v, const char *what, struct err *e)
{
	return get_major(c, UINT, v, what, "an unsigned number", e);
}

bool
cbor_get_int(struct cbor *c, int64_t *out, const char *what, struct err *e)
{
	struct cbor at = *c;
	enum major m;
	uint64_t v;

	if (!get_head(&at, &m, &v, e))
		return fail_in(e, "%s", what);
	if ((m != UINT && m != NINT) || v > INT64_MAX)
		return fail(e, ERR_INPUT, "%s: not a number of 63 bits", what);
	*out = m == UINT ? (int64_t)v : -(int64_t)v - 1;
	*c = at;
	return true;
}

static bool
get_string(struct cbor *c, enum major m, struct span *out, const char *what, const char *word, struct err *e)
{
	uint64_t n;

	if (!get_major(c, m, &n, what, word, e))
		return false;
	*out = span_of(c->at, n);
	c->at += n;
	return true;
}

bool
cbor_get_bytes(struct cbor *c, struct span *out, const char *what, struct err *e)
{
	return get_string(c, BYTES, out, what, "a byte string", e);
}

bool
cbor_get_text(struct cbor *c, struct span *out, const char *what, struct err *e)
{
	if (!get_string(c, TEXT, out, what, "text", e))
		return false;
	return utf8_check(*out, e) || fail_in(e, "%s", what);
}

bool
cbor_get_array(struct cbor *c, size_t *items, const char *what, struct err *e)
{
	uint64_t n;

	if (!get_major(c, ARRAY, &n, what, "an array", e))
		return false;
	*items = n;
	return true;
}

bool
cbor_get_map(struct cbor *c, size_t *pairs, const char *what, struct err *e)
{
	uint64_t n;

	if (!get_major(c, MAP, &n, what, "a map", e))
		return false;
	*pairs = n;
	return true;
}

bool
cbor_get_tag(struct cbor *c, uint64_t *tag, const char *what, struct err *e)
{
	return get_major(c, TAG, tag, what, "a tag", e);
}

bool
cbor_get_bool(struct cbor *c, bool *out, const char *what, struct err *e)
{
	struct cbor at = *c;
	uint64_t v;

	if (!get_major(&at, SIMPLE, &v, what, "true or false", e))
		return false;
	if (v == SIMPLE_NULL)
		return fail(e, ERR_INPUT, "%s: null where true or false is expected", what);
	*out = v == SIMPLE_TRUE;
	*c = at;
	return true;
}

bool
cbor_null(struct cbor *c)
{
	if (c->at == c->end || *c->at != (SIMPLE << 5 | SIMPLE_NULL))
		return false;
	c->at++;
	return true;
}

bool
cbor_end(const struct cbor *c, const char *what, struct err *e)
{
	if (c->at != c->end)
		return fail(e, ERR_INPUT, "%td bytes after %s", c->end - c->at, what);
	return true;
}

/*
 * Refusals.
 */
#define REFUSAL_PARTS 4

void
cbor_put_refusal(struct buf *b, const struct err *e)
{
	const char *const part[] = { err_word(e->class), e->text, e->code, e->vi };

	cbor_put_array(b, REFUSAL_PARTS);
	for (size_t i = 0; i < REFUSAL_PARTS; i++)
		cbor_put_text(b, part[i]);
}

bool
cbor_get_refusal(struct cbor *c, struct err *refusal, struct err *e)
{
	own_str char *word = NULL, *code = NULL, *vi = NULL;
	struct span part[REFUSAL_PARTS];
	size_t n;

	if (!cbor_get_array(c, &n, "refusal", e))
		return false;
	if (n != REFUSAL_PARTS)
		return fail(e, ERR_BUG, "a refusal has %d parts", REFUSAL_PARTS);
	for (size_t i = 0; i < n; i++)
		if (!cbor_get_text(c, &part[i], "part of a refusal", e))
			return fail(e, ERR_BUG, "a refusal is a class, a sentence and a rule's code and words");
	word = span_dup_str(part[0]);
	code = span_dup_str(part[2]);
	vi = span_dup_str(part[3]);
	(void)!fail(refusal, err_from_word(word), "%.*s", (int)part[1].len, (const char *)part[1].ptr);
	fail_named(refusal, code, vi);
	return true;
}
