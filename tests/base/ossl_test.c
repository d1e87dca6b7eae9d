#include "tests/base/test.h"

#include "base/ossl.h"

#include <openssl/err.h>

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

/* Self-signed, and what it is in DER. */
static void
make_cert(struct buf *der, EVP_PKEY *key, const EVP_MD *md)
{
	own(X509) *x = X509_new();

	assert_true(X509_set_version(x, X509_VERSION_3) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1 &&
	    X509_gmtime_adj(X509_getm_notBefore(x), 0) != NULL && X509_gmtime_adj(X509_getm_notAfter(x), 60) != NULL &&
	    X509_set_pubkey(x, key) == 1 && X509_sign(x, key, md) > 0);
	cert_to_der(der, x);
}

/* However its key is made, a certificate's octets and signature are what they were. */
static void
test_certificates_of_every_key(void **state)
{
	struct { const char *name; EVP_PKEY *key; bool hashed; } kinds[] = {
		{ "P-256", EVP_EC_gen("P-256"), true }, { "P-384", EVP_EC_gen("P-384"), true }, { "P-521", EVP_EC_gen("P-521"), true },
		{ "secp256k1", EVP_EC_gen("secp256k1"), true }, { "RSA", EVP_RSA_gen(2048), true }, { "Ed25519", EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), false },
	};

	for (size_t i = 0; i < COUNT(kinds); i++) {
		own_struct(buf) der = buf_new(1 << 14), again = buf_new(1 << 14);
		own(X509) *x = NULL;
		struct err e;

		make_cert(&der, kinds[i].key, kinds[i].hashed ? EVP_sha256() : NULL);
		assert_done(cert_from_der(&x, buf_span(&der), &e), e);
		cert_to_der(&again, x);
		assert_case(kinds[i].name, span_eq(buf_span(&der), buf_span(&again)));
		assert_case(kinds[i].name, EVP_PKEY_eq(X509_get0_pubkey(x), kinds[i].key) == 1 && EVP_PKEY_get_bits(X509_get0_pubkey(x)) == EVP_PKEY_get_bits(kinds[i].key));
		assert_case(kinds[i].name, X509_verify(x, kinds[i].key) == 1 && X509_verify(x, X509_get0_pubkey(x)) == 1);
		buf_put_byte(&der, 0);
		assert_case(kinds[i].name, !cert_from_der(&x, buf_span(&der), &e));
		EVP_PKEY_free(kinds[i].key);
	}
}

/* It is read, as OpenSSL reads it, and has no key. */
static void
test_a_point_off_its_curve(void **state)
{
	own(EVP_PKEY) *key = EVP_EC_gen("P-256");
	own_struct(buf) der = buf_new(1 << 14), spki = buf_new(1000);
	own(X509) *x = NULL;
	unsigned char *at;
	struct err e;

	make_cert(&der, key, EVP_sha256());
	pubkey_to_spki(&spki, key);
	at = memmem(der.ptr, der.len, spki.ptr, spki.len);
	assert_non_null(at);
	at[spki.len - 1] ^= 1;
	assert_done(cert_from_der(&x, buf_span(&der), &e), e);
	assert_null(X509_get0_pubkey(x));
}

/* The certificates of one path, however their hashes fall, do not drive each other out. */
static void
test_shared_certificates(void **state)
{
	for (int round = 0; round < 100; round++) {
		struct buf der[4];
		X509 *first[4], *again;
		struct err e;

		for (size_t i = 0; i < 4; i++) {
			own(EVP_PKEY) *key = EVP_EC_gen("P-256");

			der[i] = buf_new(1 << 16);
			make_cert(&der[i], key, EVP_sha256());
			assert_done(cert_shared(&first[i], buf_span(&der[i]), &e), e);
		}
		for (size_t i = 0; i < 4; i++) {
			assert_done(cert_shared(&again, buf_span(&der[i]), &e), e);
			assert_ptr_equal(first[i], again);
			X509_free(again);
		}
		der[0].ptr[der[0].len - 1] ^= 1;	/* another octet is another certificate */
		assert_done(cert_shared(&again, buf_span(&der[0]), &e), e);
		assert_ptr_not_equal(first[0], again);
		X509_free(again);
		for (size_t i = 0; i < 4; i++) {
			X509_free(first[i]);
			buf_drop(&der[i]);
		}
	}
}

static void
test_shared_crls(void **state)
{
	own(EVP_PKEY) *key = EVP_EC_gen("P-256");
	own(X509_CRL) *made = X509_CRL_new();
	own(ASN1_TIME) *now = X509_gmtime_adj(NULL, 0);
	own_struct(buf) der = buf_new(1 << 16);
	X509_CRL *first, *again, *other;
	struct err e;

	assert_true(X509_CRL_set_version(made, X509_CRL_VERSION_2) == 1 && X509_CRL_set1_lastUpdate(made, now) == 1 && X509_CRL_sign(made, key, EVP_sha256()) > 0);
	crl_to_der(&der, made);
	assert_done(crl_shared(&first, buf_span(&der), &e), e);
	assert_done(crl_shared(&again, buf_span(&der), &e), e);
	assert_ptr_equal(first, again);
	der.ptr[der.len - 1] ^= 1;
	assert_done(crl_shared(&other, buf_span(&der), &e), e);
	assert_ptr_not_equal(first, other);
	assert_true(X509_CRL_verify(first, key) == 1 && X509_CRL_verify(other, key) != 1);
	ERR_clear_error();
	X509_CRL_free(first);
	X509_CRL_free(again);
	X509_CRL_free(other);
	buf_put_byte(&der, 0);
	assert_false(crl_shared(&again, buf_span(&der), &e));
}

/* A point beside its curve is no key, asked either way. */
static void
test_plain_keys(void **state)
{
	static const char *const curves[] = { "P-256", "P-384", "P-521" };

	for (size_t i = 0; i < COUNT(curves); i++) {
		own(EVP_PKEY) *key = EVP_EC_gen(curves[i]);
		own_struct(buf) spki = buf_new(1000);
		own(EC_KEY) *good = NULL;
		own(EC_KEY) *bad = NULL;

		pubkey_to_spki(&spki, key);
		good = ec_key_of_spki(buf_span(&spki));
		assert_case(curves[i], good != NULL && ec_spki_good(buf_span(&spki)));
		assert_case(curves[i], !ec_spki_good(span_of(spki.ptr, spki.len - 1)));
		spki.ptr[spki.len - 1] ^= 1;
		bad = ec_key_of_spki(buf_span(&spki));
		assert_case(curves[i], bad == NULL && !ec_spki_good(buf_span(&spki)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_object_and_nothing_after),
		cmocka_unit_test(test_ecdsa_forms),
		cmocka_unit_test(test_known_digests),
		cmocka_unit_test(test_certificates_of_every_key),
		cmocka_unit_test(test_a_point_off_its_curve),
		cmocka_unit_test(test_shared_certificates),
		cmocka_unit_test(test_shared_crls),
		cmocka_unit_test(test_plain_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
