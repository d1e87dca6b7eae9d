/* What the token gave back is taken only if it is the recorded octets, the
 * algorithm, and a signature of the issuing key over them. */
#include "tests/base/test.h"

#include "ca/der.h"

static const unsigned char recorded[] = { 0x30, 0x06, 0x02, 0x01, 0x05, 0x02, 0x01, 0x07 };
#define TBS span_of(recorded, sizeof(recorded))

static void
sign(struct buf *sig, EVP_PKEY *key, struct span tbs)
{
	own(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	unsigned char octets[128];
	size_t n = sizeof(octets);

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, octets, &n, tbs.ptr, tbs.len), 1);
	buf_put(sig, octets, n);
}

static void
only_the_recorded_octets_under_the_issuing_key(void **state)
{
	own(EVP_PKEY) *key = EVP_EC_gen("P-256");
	own(EVP_PKEY) *other = EVP_EC_gen("P-256");
	own_struct(buf) sig = buf_new(128);
	own_struct(buf) whole = buf_new(256);
	own_struct(buf) foreign = buf_new(128);
	own_struct(buf) theirs = buf_new(256);
	unsigned char longer[sizeof(recorded)];
	struct err e;

	sign(&sig, key, TBS);
	assert_done(signed_wrap(&whole, TBS, buf_span(&sig), &e), e);
	assert_done(signed_check(buf_span(&whole), TBS, key, &e), e);

	assert_false(signed_check(buf_span(&whole), TBS, other, &e));
	assert_string_equal(e.text, "the signature just made does not verify with the issuing key");
	memcpy(longer, recorded, sizeof(recorded));
	longer[7] = 8;
	assert_false(signed_check(buf_span(&whole), span_of(longer, sizeof(longer)), key, &e));
	assert_string_equal(e.text, "what was signed is not what was recorded");
	sign(&foreign, other, TBS);
	assert_done(signed_wrap(&theirs, TBS, buf_span(&foreign), &e), e);
	assert_false(signed_check(buf_span(&theirs), TBS, key, &e));
	assert_int_equal(ERR_BUG, e.class);
}

/* Each octet changed, each shorter form, and octets behind it. */
static void
no_octet_of_it_may_differ(void **state)
{
	own(EVP_PKEY) *key = EVP_EC_gen("P-256");
	own_struct(buf) sig = buf_new(128);
	own_struct(buf) whole = buf_new(256);
	size_t n;
	struct err e;

	sign(&sig, key, TBS);
	assert_done(signed_wrap(&whole, TBS, buf_span(&sig), &e), e);
	n = whole.len;
	for (size_t i = 0; i < n; i++) {
		whole.ptr[i] ^= 1;
		assert_false(signed_check(buf_span(&whole), TBS, key, &e));
		whole.ptr[i] ^= 1;
		assert_false(signed_check(span_of(whole.ptr, i), TBS, key, &e));
	}
	assert_done(signed_check(buf_span(&whole), TBS, key, &e), e);
	buf_put_byte(&whole, 0);
	assert_false(signed_check(buf_span(&whole), TBS, key, &e));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_recorded_octets_under_the_issuing_key),
		cmocka_unit_test(no_octet_of_it_may_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
