/* cbor_check and every reader and writer of base/cbor.h. */
#include "tests/fuzz/target.h"

#include "base/cbor.h"

static void
again(struct buf *out, struct cbor *c)
{
	enum cbor_kind kind;
	struct span s;
	struct err e;
	uint64_t u;
	int64_t i;
	size_t n;
	bool b;

	promise(cbor_peek(c, &kind, &e));
	switch (kind) {
	case CBOR_UINT:
		promise(cbor_get_uint(c, &u, "", &e));
		cbor_put_uint(out, u);
		return;
	case CBOR_NINT:
		/* One below INT64_MIN is CBOR, and no int64_t. */
		if (cbor_get_int(c, &i, "", &e)) {
			cbor_put_int(out, i);
		} else {
			promise(cbor_skip(c, &s, &e));
			buf_put_span(out, s);
		}
		return;
	case CBOR_BYTES:
		promise(cbor_get_bytes(c, &s, "", &e));
		cbor_put_bytes(out, s);
		return;
	case CBOR_TEXT:
		promise(cbor_get_text(c, &s, "", &e));
		cbor_put_text_span(out, s);
		return;
	case CBOR_ARRAY:
		promise(cbor_get_array(c, &n, "", &e));
		cbor_put_array(out, n);
		while (n-- > 0)
			again(out, c);
		return;
	case CBOR_MAP:
		promise(cbor_get_map(c, &n, "", &e));
		cbor_put_map(out, n);
		for (n *= 2; n > 0; n--)
			again(out, c);
		return;
	case CBOR_TAG:
		promise(cbor_get_tag(c, &u, "", &e));
		cbor_put_tag(out, u);
		again(out, c);
		return;
	case CBOR_FALSE:
	case CBOR_TRUE:
		promise(cbor_get_bool(c, &b, "", &e));
		cbor_put_bool(out, b);
		return;
	case CBOR_NULL:
		promise(cbor_null(c));
		cbor_put_null(out);
	}
}

/* Read without a check before it, as a message is. */
static void
unchecked(struct span s)
{
	struct cbor c = cbor_read(s);
	struct span item;
	struct err e;
	size_t n;
	bool b;

	if (cbor_get_array(&c, &n, "", &e) || cbor_get_map(&c, &n, "", &e) || cbor_get_bool(&c, &b, "", &e) || cbor_null(&c))
		while (cbor_skip(&c, &item, &e))
			continue;
	c = cbor_read(s);
	(void)!cbor_get_refusal(&c, &(struct err){ 0 }, &e);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	own_struct(buf) out = buf_new(1 << 24);
	struct span s = span_of(data, size);
	struct cbor c = cbor_read(s);
	struct err e;

	unchecked(s);
	if (cbor_check(s, &e)) {
		again(&out, &c);
		promise(cbor_end(&c, "", &e));
		promise(span_eq(buf_span(&out), s));
	}
	return 0;
}
