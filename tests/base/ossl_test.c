#include "tests/base/test.h"

#include "base/ossl.h"

static void
test_one_object_and_nothing_after(void **state)
{
	own(EVP_PKEY) *key = EVP_EC_gen("P-256");
	own_struct(buf) spki = buf_new(1000);
	own(EVP_PKEY) *back = NULL;
	unsigned char a[KEY_ID_LEN], b[KEY_ID_LEN];
	struct err e;

	pubkey_to_spki(&spki, key);
	assert_done(pubkey_from_spki(&back, buf_span(&spki), &e), e);
	key_id_of(a, key);
	key_id_of(b, back);
	assert_memory_equal(a, b, KEY_ID_LEN);
	buf_put_byte(&spki, 0);
	assert_false(pubkey_from_spki(&back, buf_span(&spki), &e));
	assert_string_equal(e.text, "1 bytes after a public key");
	assert_false(pubkey_from_spki(&back, span_of(spki.ptr, 20), &e));
	assert_int_equal(ERR_INPUT, e.class);
}

static void
test_ecdsa_forms(void **state)
{
	own(EVP_PKEY) *key = EVP_EC_gen("P-256");
	unsigned char digest[SHA256_LEN], raw[64], der[80];
	size_t n = sizeof(der);
	own(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new(key, NULL);
	own_struct(buf) again = buf_new(100);
	struct err e;

	sha256(digest, span_str("abc"));
	assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
	assert_int_equal(EVP_PKEY_sign(ctx, der, &n, digest, sizeof(digest)), 1);
	assert_done(ecdsa_der_to_raw(raw, span_of(der, n), &e), e);
	assert_done(ecdsa_raw_to_der(&again, span_of(raw, 64), &e), e);
	assert_memory_equal(again.ptr, der, n);
	assert_true(ecdsa_verify(key, span_of(digest, 32), buf_span(&again)));
	raw[63] ^= 1;
	buf_reset(&again);
	assert_done(ecdsa_raw_to_der(&again, span_of(raw, 64), &e), e);
	assert_false(ecdsa_verify(key, span_of(digest, 32), buf_span(&again)));
	assert_false(ecdsa_raw_to_der(&again, span_of(raw, 63), &e));
	assert_false(ecdsa_der_to_raw(raw, span_of(der, n - 1), &e));
}

static void
test_known_digests(void **state)
{
	unsigned char out[SHA256_LEN];
	char text[65];

	sha256(out, SPAN_NONE);
	hex_text(text, span_of(out, 32));
	assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	/* RFC 4231, case 2 */
	hmac_sha256(out, span_str("Jefe"), span_str("what do ya want for nothing?"));
	hex_text(text, span_of(out, 32));
	assert_string_equal(text, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_object_and_nothing_after),
		cmocka_unit_test(test_ecdsa_forms),
		cmocka_unit_test(test_known_digests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
