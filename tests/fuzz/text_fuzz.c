/* hex_get, base64_get, base64url_get, utf16_get, utf8_check, text_check, text_to_nfc. */
#include "tests/fuzz/target.h"

#include "base/text.h"

#include <strings.h>

static const struct {
	bool (*get)(struct buf *, struct span, struct err *);
	void (*put)(struct buf *, struct span);
} codes[] = { { hex_get, hex_put }, { base64_get, base64_put }, { base64url_get, base64url_put } };

static void
as_utf16(struct span s, bool big_endian)
{
	own_struct(buf) utf8 = buf_new(1 << 24);
	own_struct(buf) again = buf_new(1 << 24);
	struct err e;

	if (!utf16_get(&utf8, s, big_endian, &e))
		return;
	promise(utf8_check(buf_span(&utf8), &e));
	utf16_put(&again, buf_span(&utf8), big_endian);
	promise(span_eq(buf_span(&again), s));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = span_of(data, size);
	own_struct(buf) nfc = buf_new(1 << 24);
	bool changed;
	struct err e;

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		own_struct(buf) octets = buf_new(1 << 24);
		own_struct(buf) again = buf_new(1 << 24);

		if (!codes[i].get(&octets, s, &e))
			continue;
		codes[i].put(&again, buf_span(&octets));
		/* People may type hex in upper case. */
		promise(again.len == s.len && strncasecmp(buf_str(&again), (const char *)s.ptr, i == 0 ? s.len : 0) == 0);
		promise(i == 0 || span_eq(buf_span(&again), s));
	}
	as_utf16(s, false);
	as_utf16(s, true);
	if (!utf8_check(s, &e))
		return 0;
	(void)!text_check(s, true, &e);
	promise(text_to_nfc(&nfc, s, &changed, &e));
	promise(text_is_nfc(buf_span(&nfc)) && changed == !span_eq(buf_span(&nfc), s));
	return 0;
}
