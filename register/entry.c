#include "register/entry.h"

#include "base/cbor.h"
#include "base/ossl.h"

#define HANDLE_TIME_LEN 5

bool
handle_draw(unsigned char out[HANDLE_LEN], int64_t now, struct err *e)
{
	for (unsigned i = 0; i < HANDLE_TIME_LEN; i++)
		out[i] = (unsigned char)((uint64_t)now >> 8 * (HANDLE_TIME_LEN - 1 - i));
	return random_bytes(out + HANDLE_TIME_LEN, HANDLE_LEN - HANDLE_TIME_LEN, e);
}

void
entry_commit(unsigned char out[COMMIT_LEN], const unsigned char salt[SALT_LEN], struct span record)
{
	unsigned char data[1 + SHA256_LEN] = { 1 };

	sha256(data + 1, record);
	hmac_sha256(out, span_of(salt, SALT_LEN), span_of(data, sizeof(data)));
}

static void
put_text_or_null(struct buf *b, struct span s)
{
	if (s.len == 0)
		cbor_put_null(b);
	else
		cbor_put_text_span(b, s);
}

bool
entry_write(struct buf *out, const struct entry *x, struct err *e)
{
	size_t start = out->len;

	promise(x->handle.len == 0 || x->handle.len == HANDLE_LEN);
	cbor_put_array(out, 10);
	cbor_put_uint(out, ENTRY_VERSION);
	cbor_put_uint(out, x->type);
	cbor_put_int(out, x->time);
	put_text_or_null(out, x->org);
	put_text_or_null(out, x->category);
	if (x->handle.len == 0)
		cbor_put_null(out);
	else
		cbor_put_bytes(out, x->handle);
	cbor_put_bytes(out, span_of(x->commit, COMMIT_LEN));
	cbor_put_bytes(out, span_of(x->kid, KID_LEN));
	if (x->prev < 0)
		cbor_put_null(out);
	else
		cbor_put_int(out, x->prev);
	if (x->public_.len == 0)
		cbor_put_null(out);
	else
		buf_put_span(out, x->public_);
	if (!buf_ok(out, "entry", e))
		return false;
	if (out->len - start > ENTRY_MAX)
		return fail(e, ERR_LIMIT, "a log entry of %zu bytes; at most %d", out->len - start, ENTRY_MAX);
	return true;
}

static bool
get_text_or_null(struct cbor *c, struct span *s, const char *what, struct err *e)
{
	*s = SPAN_NONE;
	if (cbor_null(c))
		return true;
	return cbor_get_text(c, s, what, e) && (s->len > 0 || fail(e, ERR_INPUT, "%s is empty, not null", what));
}

static bool
get_fixed(struct cbor *c, unsigned char *out, size_t n, const char *what, struct err *e)
{
	struct span s;

	if (!cbor_get_bytes(c, &s, what, e))
		return false;
	if (s.len != n)
		return fail(e, ERR_INPUT, "%s has %zu bytes, not %zu", what, s.len, n);
	memcpy(out, s.ptr, n);
	return true;
}

static bool
get_tail(struct cbor *c, struct entry *x, struct err *e)
{
	x->handle = SPAN_NONE;
	if (!cbor_null(c)) {
		if (!cbor_get_bytes(c, &x->handle, "handle", e))
			return false;
		if (x->handle.len != HANDLE_LEN)
			return fail(e, ERR_INPUT, "a handle has %d bytes", HANDLE_LEN);
	}
	if (!get_fixed(c, x->commit, COMMIT_LEN, "commit", e) || !get_fixed(c, x->kid, KID_LEN, "kid", e))
		return false;
	x->prev = -1;
	if (!cbor_null(c)) {
		if (!cbor_get_int(c, &x->prev, "prev", e))
			return false;
		if (x->prev < 0)
			return fail(e, ERR_INPUT, "prev is an index or null");
	}
	x->public_ = SPAN_NONE;
	return cbor_null(c) || cbor_skip(c, &x->public_, e);
}

bool
entry_read(struct entry *out, struct span octets, struct err *e)
{
	struct cbor c = cbor_read(octets);
	struct entry x;
	uint64_t version;
	size_t n;

	if (octets.len > ENTRY_MAX)
		return fail(e, ERR_LIMIT, "a log entry of %zu bytes; at most %d", octets.len, ENTRY_MAX);
	if (!cbor_check(octets, e) || !cbor_get_array(&c, &n, "entry", e) || n != 10 ||
	    !cbor_get_uint(&c, &version, "version", e) || version != ENTRY_VERSION)
		return fail(e, ERR_INPUT, "not a log entry of version %d", ENTRY_VERSION);
	if (!cbor_get_uint(&c, &x.type, "type", e) || !cbor_get_int(&c, &x.time, "time", e) ||
	    !get_text_or_null(&c, &x.org, "org", e) || !get_text_or_null(&c, &x.category, "category", e) ||
	    !get_tail(&c, &x, e) || !cbor_end(&c, "entry", e))
		return false;
	*out = x;
	return true;
}

bool
entry_means(const struct entry *x, struct span record, const unsigned char salt[SALT_LEN], struct err *e)
{
	unsigned char commit[COMMIT_LEN];

	entry_commit(commit, salt, record);
	if (memcmp(commit, x->commit, COMMIT_LEN) != 0)
		return fail(e, ERR_INPUT, "the entry does not commit to this record and salt");
	return true;
}
