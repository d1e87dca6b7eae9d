/* A pack is found in as it was written, and nothing else opens as one. */
#include "tests/base/test.h"

#include "base/pack.h"

#define KEY 4

static const struct pack_head head = { .kind = { (const unsigned char *)"ocsp", 4 }, .about = { (const unsigned char *)"about", 5 },
	.number = 1000, .follows = PACK_ALONE, .this_update = 1790000000, .next_update = 1790086400, .size = 77 };

/* n rows: key 2i, body i times "b". */
static void
write_pack(struct buf *out, const struct pack_head *h, uint32_t n)
{
	struct pack_writer w = pack_begin(KEY);
	struct err e;

	*out = buf_new(PACK_MAX);
	for (uint32_t i = 0; i < n; i++) {
		own_struct(buf) key = buf_new(KEY), body = buf_new(1000);

		buf_put_u32(&key, 2 * i);
		for (uint32_t k = 0; k < i; k++)
			buf_put_byte(&body, 'b');
		pack_add(&w, buf_span(&key), buf_span(&body));
	}
	assert_done(pack_end(out, &w, h, span_str("tail"), &e), e);
	pack_writer_drop(&w);
}

static bool
has(const struct pack *p, uint32_t key, size_t *len)
{
	own_struct(buf) k = buf_new(KEY);
	struct span body;

	buf_put_u32(&k, key);
	if (!pack_find(p, buf_span(&k), &body))
		return false;
	*len = body.len;
	return true;
}

static void
what_is_written_is_found(void **state)
{
	static const uint32_t sizes[] = { 0, 1, 2, 3, 8, 100 };

	for (size_t s = 0; s < COUNT(sizes); s++) {
		own_struct(buf) octets = buf_new(1);
		struct pack p;
		struct err e;
		size_t len;

		write_pack(&octets, &head, sizes[s]);
		assert_done(pack_open(&p, buf_span(&octets), &e), e);
		assert_true(p.n == sizes[s] && p.head.number == 1000 && p.head.follows == PACK_ALONE && p.head.size == 77);
		assert_true(span_eq_str(p.head.kind, "ocsp") && span_eq_str(p.head.about, "about") && span_eq_str(p.tail, "tail"));
		for (uint32_t i = 0; i < sizes[s]; i++) {
			assert_true(has(&p, 2 * i, &len) && len == i);
			assert_false(has(&p, 2 * i + 1, &len));
		}
		assert_false(pack_find(&p, span_str("abc"), &(struct span){ NULL, 0 }));
		assert_false(pack_find(&p, span_str("abcde"), &(struct span){ NULL, 0 }));
	}
}

static void
it_may_follow_another(void **state)
{
	struct pack_head h = head;
	own_struct(buf) octets = buf_new(1);
	struct pack p;
	struct err e;

	h.follows = 999;
	write_pack(&octets, &h, 3);
	assert_done(pack_open(&p, buf_span(&octets), &e), e);
	assert_int_equal(p.head.follows, 999);
}

/* Cut anywhere, longer, or with any one octet of its numbers, head, keys or
 * offsets changed: refused, or still in order and inside. */
static void
nothing_else_opens(void **state)
{
	own_struct(buf) octets = buf_new(1), more = buf_new(PACK_MAX);
	struct pack p;
	struct err e;
	size_t len;

	write_pack(&octets, &head, 5);
	assert_done(pack_open(&p, buf_span(&octets), &e), e);
	for (size_t cut = 0; cut < octets.len; cut++)
		assert_false(pack_open(&p, span_of(octets.ptr, cut), &e));
	buf_put_span(&more, buf_span(&octets));
	buf_put_byte(&more, 0);
	assert_false(pack_open(&p, buf_span(&more), &e));
	for (size_t at = 0; at < octets.len; at++)
		for (unsigned bit = 1; bit < 0x100; bit <<= 1) {
			octets.ptr[at] ^= (unsigned char)bit;
			if (pack_open(&p, buf_span(&octets), &e)) {
				for (size_t i = 0; i < p.n; i++)
					assert_true(pack_body(&p, i).ptr + pack_body(&p, i).len <= octets.ptr + octets.len);
				(void)has(&p, 4, &len);
			}
			octets.ptr[at] ^= (unsigned char)bit;
		}
}

/* Two keys the wrong way round; the same twice. */
static void
keys_are_in_order(void **state)
{
	own_struct(buf) octets = buf_new(1);
	struct pack p;
	struct err e;
	unsigned char *last;

	write_pack(&octets, &head, 3);
	assert_done(pack_open(&p, buf_span(&octets), &e), e);
	last = octets.ptr + (p.keys - octets.ptr) + 2 * KEY + KEY - 1;
	*last = 2;
	assert_false(pack_open(&p, buf_span(&octets), &e));
	*last = 1;
	assert_false(pack_open(&p, buf_span(&octets), &e));
	*last = 3;
	assert_done(pack_open(&p, buf_span(&octets), &e), e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_found),
		cmocka_unit_test(it_may_follow_another),
		cmocka_unit_test(nothing_else_opens),
		cmocka_unit_test(keys_are_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
