/* The gate for certificate requests: every weakness has its own refusal. */
#include "tests/base/test.h"
#include "tests/verifier/pki.h"

#include "verifier/csr.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

static void
request(struct buf *der, EVP_PKEY *named, EVP_PKEY *signer, const EVP_MD *md, const EVP_MD *pss)
{
	own(X509_REQ) *req = X509_REQ_new();
	own(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	unsigned char *out = NULL;
	int n;

	X509_REQ_set_version(req, 0);
	X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(req), "CN", MBSTRING_UTF8, (const unsigned char *)"Anyone", -1, -1, 0);
	assert_int_equal(X509_REQ_set_pubkey(req, named), 1);
	assert_int_equal(EVP_DigestSignInit(ctx, &pctx, pss != NULL ? pss : md, NULL, signer), 1);
	if (pss != NULL) {
		EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING);
		EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST);
	}
	assert_true(X509_REQ_sign_ctx(req, ctx) > 0);
	n = i2d_X509_REQ(req, &out);
	assert_true(n > 0);
	buf_put(der, out, (size_t)n);
	OPENSSL_free(out);
}

/* An RSA public key with this modulus (decimal or 0x) and exponent. */
static EVP_PKEY *
rsa_public(const BIGNUM *n, unsigned long exponent)
{
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *key = NULL;
	own(BIGNUM) *e = BN_new();
	OSSL_PARAM *params;

	BN_set_word(e, exponent);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, e);
	params = OSSL_PARAM_BLD_to_param(b);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* Odd numbers of 2048 bits without small factors, each weak in its own way. */
enum modulus { SOUND, SMALL_FACTOR, EVEN, CLOSE_PRIMES, ROCA };

static BIGNUM *
next_prime_number(const BIGNUM *from, BN_CTX *ctx)
{
	BIGNUM *p = BN_dup(from);

	if (!BN_is_odd(p))
		BN_add_word(p, 1);
	while (BN_check_prime(p, ctx, NULL) != 1)
		BN_add_word(p, 2);
	return p;
}

/* A power of 65537 modulo the product of the fingerprint's primes, made large
 * by adding that product. */
static void
roca_modulus(BIGNUM *n, BN_CTX *ctx)
{
	static const unsigned primes[] = { 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127,
		131, 137, 139, 149, 151, 157, 163, 167 };
	own(BIGNUM) *product = BN_new(), *power = BN_new(), *generator = BN_new(), *exponent = BN_new();
	bool small;

	BN_one(product);
	for (size_t i = 0; i < COUNT(primes); i++)
		BN_mul_word(product, primes[i]);
	BN_set_word(generator, 65537);
	BN_set_word(exponent, 123457);
	BN_mod_exp(power, generator, exponent, product, ctx);
	BN_rand(n, 2048, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ANY);
	BN_div(NULL, exponent, n, product, ctx);
	BN_sub(n, n, exponent);
	BN_add(n, n, power);
	do {
		BN_add(n, n, product);
		small = !BN_is_odd(n);
		for (BN_ULONG d = 3; d <= 7919 && !small; d += 2)
			small = BN_mod_word(n, d) == 0;
	} while (small);
}

static EVP_PKEY *
weak_rsa(enum modulus kind, unsigned long exponent)
{
	own(BIGNUM) *n = BN_new(), *p = BN_new(), *q = NULL, *r = NULL;
	BN_CTX *ctx = BN_CTX_new();
	EVP_PKEY *key;

	BN_generate_prime_ex(p, 1024, 0, NULL, NULL, NULL);
	q = BN_dup(p);
	if (kind == CLOSE_PRIMES) {
		BN_set_bit(q, 1023);
		BN_set_bit(q, 1022);
		r = next_prime_number(q, ctx);
		BN_copy(q, r);
		BN_add_word(q, 2);
		BN_free(r);
		r = next_prime_number(q, ctx);
		BN_copy(p, r);
		BN_free(r);
		BN_add_word(q, 1u << 20);
		r = next_prime_number(q, ctx);
	} else {
		BN_set_bit(p, 1022);
		r = BN_new();
		BN_generate_prime_ex(r, 1024, 0, NULL, NULL, NULL);
	}
	BN_mul(n, p, r, ctx);
	if (kind == ROCA)
		roca_modulus(n, ctx);
	else if (kind == SMALL_FACTOR)
		BN_add_word(n, 7907 - BN_mod_word(n, 7907));
	if (kind == SMALL_FACTOR && !BN_is_odd(n))
		BN_add_word(n, 7907);
	if (kind == EVEN)
		BN_add_word(n, 1);
	key = rsa_public(n, exponent);
	BN_CTX_free(ctx);
	return key;
}

static EVP_PKEY *rsa, *ec;

static int
begin(void **state)
{
	rsa = EVP_RSA_gen(2048);
	ec = EVP_EC_gen("P-256");
	return rsa == NULL || ec == NULL;
}

static int
end(void **state)
{
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(ec);
	return 0;
}

static void
refuses(const char *name, struct span csr, const char *says, const char *code)
{
	own_struct(buf) spki = buf_new(1 << 14);
	struct err e = { 0 };
	bool taken = csr_gate(&spki, csr, &e);

	if (taken || strstr(e.text, says) == NULL)
		print_error("%s: %s\n", name, taken ? "taken" : e.text);
	assert_case(name, !taken && strstr(e.text, says) != NULL);
	if (strcmp(e.code, code) != 0)
		print_error("%s: %s\n", name, e.code);
	assert_case(name, strcmp(e.code, code) == 0 && e.vi[0] != '\0');
	assert_case(name, spki.len == 0);
}

static void
sound_requests_give_their_key(void **state)
{
	const struct { const char *name; EVP_PKEY *key; const EVP_MD *md, *pss; } cases[] = {
		{ "P-256", ec, EVP_sha256() }, { "RSA", rsa, EVP_sha256() }, { "RSA, SHA-512", rsa, EVP_sha512() }, { "RSA-PSS", rsa, NULL, EVP_sha256() },
		{ "P-384", EVP_EC_gen("P-384"), EVP_sha384() }, { "P-521", EVP_EC_gen("P-521"), EVP_sha512() },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) der = buf_new(1 << 14), spki = buf_new(1 << 14), want = buf_new(1 << 14), pem = buf_new(1 << 15);
		struct err e;

		request(&der, cases[i].key, cases[i].key, cases[i].md, cases[i].pss);
		assert_done(csr_gate(&spki, buf_span(&der), &e), e);
		pubkey_to_spki(&want, cases[i].key);
		assert_case(cases[i].name, span_eq(buf_span(&want), buf_span(&spki)));
		buf_put_str(&pem, "-----BEGIN CERTIFICATE REQUEST-----\n");
		for (size_t k = 0; k < der.len; k += 48) {
			base64_put(&pem, span_of(der.ptr + k, der.len - k < 48 ? der.len - k : 48));
			buf_put_str(&pem, "\n");
		}
		buf_put_str(&pem, "-----END CERTIFICATE REQUEST-----\n");
		spki.len = 0;
		assert_done(csr_gate(&spki, buf_span(&pem), &e), e);
		assert_case(cases[i].name, span_eq(buf_span(&want), buf_span(&spki)));
	}
	EVP_PKEY_free(cases[4].key);
	EVP_PKEY_free(cases[5].key);
}

static void
weak_signatures(void **state)
{
	const struct { const char *name; EVP_PKEY *named, *signer; const EVP_MD *md, *pss; const char *says, *code; } cases[] = {
		{ "MD5", rsa, rsa, EVP_md5(), NULL, "md5", "csr-digest-weak" },
		{ "SHA-1", rsa, rsa, EVP_sha1(), NULL, "sha1", "csr-digest-weak" },
		{ "SHA-224", rsa, rsa, EVP_sha224(), NULL, "sha224", "csr-digest-weak" },
		{ "ECDSA with SHA-1", ec, ec, EVP_sha1(), NULL, "sha1", "csr-digest-weak" },
		{ "PSS with SHA-1", rsa, rsa, NULL, EVP_sha1(), "sha1", "csr-digest-weak" },
		{ "no proof of possession", rsa, ec, EVP_sha256(), NULL, "does not verify", "no-possession" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) der = buf_new(1 << 14);

		request(&der, cases[i].named, cases[i].signer, cases[i].md, cases[i].pss);
		refuses(cases[i].name, buf_span(&der), cases[i].says, cases[i].code);
	}
}

/* The signature is checked last, so any key's may stand there. */
static void
weak_keys(void **state)
{
	const struct { const char *name; EVP_PKEY *key; const char *says, *code; } cases[] = {
		{ "RSA of 1024 bits", EVP_RSA_gen(1024), "1024 bits", "rsa-length" },
		{ "exponent 3", weak_rsa(SOUND, 3), "exponent", "rsa-exponent" },
		{ "exponent 1", weak_rsa(SOUND, 1), "exponent", "rsa-exponent" },
		{ "even exponent", weak_rsa(SOUND, 65538), "even", "rsa-exponent-even" },
		{ "small factor", weak_rsa(SMALL_FACTOR, 65537), "small factor", "rsa-small-factor" },
		{ "even modulus", weak_rsa(EVEN, 65537), "", "rsa-small-factor" },
		{ "close primes", weak_rsa(CLOSE_PRIMES, 65537), "close together", "rsa-close-primes" },
		{ "ROCA", weak_rsa(ROCA, 65537), "ROCA", "rsa-roca" },
		{ "a sound key, another's signature", weak_rsa(SOUND, 65537), "does not verify", "no-possession" },
		{ "P-224", EVP_EC_gen("P-224"), "curve", "ec-curve" },
		{ "secp256k1", EVP_EC_gen("secp256k1"), "curve", "ec-curve" },
		{ "Ed25519", EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), "RSA and EC", "key-type" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) der = buf_new(1 << 14);

		request(&der, cases[i].key, ec, EVP_sha256(), NULL);
		refuses(cases[i].name, buf_span(&der), cases[i].says, cases[i].code);
		EVP_PKEY_free(cases[i].key);
	}
}

/* RFC 5480 2.1.1: a curve is named, never spelt out. */
static void
a_curve_spelt_out(void **state)
{
	own(EVP_PKEY) *key = EVP_EC_gen("P-256");
	own_struct(buf) der = buf_new(1 << 14);

	assert_int_equal(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, "explicit"), 1);
	request(&der, key, key, EVP_sha256(), NULL);
	refuses("explicit curve", buf_span(&der), "named", "ec-curve-spelt-out");
}

/* A request whose key is these octets as a point of P-256, signed with ec. */
static void
request_of_point(struct buf *der, struct span point)
{
	own(X509_REQ) *req = X509_REQ_new();
	unsigned char *octets = OPENSSL_memdup(point.ptr, point.len), *out = NULL;
	int n;

	X509_REQ_set_version(req, 0);
	X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(req), "CN", MBSTRING_UTF8, (const unsigned char *)"Anyone", -1, -1, 0);
	assert_int_equal(X509_PUBKEY_set0_param(X509_REQ_get_X509_PUBKEY(req), OBJ_nid2obj(NID_X9_62_id_ecPublicKey), V_ASN1_OBJECT,
	    OBJ_nid2obj(NID_X9_62_prime256v1), octets, (int)point.len), 1);
	assert_true(X509_REQ_sign(req, ec, EVP_sha256()) > 0);
	n = i2d_X509_REQ(req, &out);
	assert_true(n > 0);
	buf_put(der, out, (size_t)n);
	OPENSSL_free(out);
}

/* The twin of all rows is the key's own point. */
static void
points_that_are_none(void **state)
{
	unsigned char own_point[65], point[66] = { 0 };
	own_struct(buf) der = buf_new(1 << 14), spki = buf_new(1 << 10);
	const struct { const char *name, *code; size_t len; int first, flip; } rows[] = {
		{ "beside the curve", "key-unreadable", 65, 4, 64 }, { "beside it, in x", "key-unreadable", 65, 4, 1 },
		{ "infinity", "ec-point", 1, 0, 0 }, { "all zero", "key-unreadable", 65, 4, -1 },
		{ "hybrid", "ec-point-form", 65, 6, 0 }, { "hybrid, of the other y", "key-unreadable", 65, 6, 64 }, { "half a point", "key-unreadable", 33, 4, 0 }, { "an octet more", "key-unreadable", 66, 4, 0 },
		{ "no octet", "key-unreadable", 0, 4, 0 }, { "a form that is none", "key-unreadable", 65, 5, 0 },
	};
	struct err e;
	size_t n;

	assert_int_equal(EVP_PKEY_get_octet_string_param(ec, OSSL_PKEY_PARAM_PUB_KEY, own_point, sizeof(own_point), &n), 1);
	assert_int_equal(n, sizeof(own_point));
	request_of_point(&der, span_of(own_point, n));
	assert_done(csr_gate(&spki, buf_span(&der), &e), e);
	for (size_t i = 0; i < COUNT(rows); i++) {
		memset(point, 0, sizeof(point));
		if (rows[i].flip >= 0)
			memcpy(point, own_point, sizeof(own_point));
		/* A hybrid's first octet says whether y is odd (X9.62 4.3.6). */
		point[0] = (unsigned char)(rows[i].first | (rows[i].first == 6 ? own_point[64] & 1 : 0));
		if (rows[i].flip > 0)
			point[rows[i].flip] ^= 1;
		buf_reset(&der);
		request_of_point(&der, span_of(point, rows[i].len));
		refuses(rows[i].name, buf_span(&der), "", rows[i].code);
	}
}

/* What a reader that was taken over may say; the prover has its own copy. */
static void
lies_of_a_reader(void **state)
{
	own_struct(buf) der = buf_new(1 << 14), other = buf_new(1 << 10), nested = buf_new(1 << 14);
	own(EVP_PKEY) *theirs = EVP_EC_gen("P-256");
	struct csr_found good, f;
	struct span key;
	struct err e;

	request(&der, ec, ec, EVP_sha256(), NULL);
	assert_done(csr_read(&good, buf_span(&der), &e), e);
	assert_done(csr_prove(&key, &good, buf_span(&der), &e), e);
	const struct { const char *name; struct csr_found f; } cases[] = {
		{ "key outside", { { (uint32_t)der.len, 91 }, good.tbs, good.signature, good.digest } },
		{ "key over the end", { { (uint32_t)der.len - 10, 91 }, good.tbs, good.signature, good.digest } },
		{ "key not in what is signed", { good.signature, good.tbs, good.signature, good.digest } },
		{ "no key", { { good.key.at, 0 }, good.tbs, good.signature, good.digest } },
		{ "key beside itself", { { good.key.at + 1, good.key.len }, good.tbs, good.signature, good.digest } },
		{ "less signed", { good.key, { good.tbs.at, good.tbs.len - 1 }, good.signature, good.digest } },
		{ "more signed", { good.key, { good.tbs.at, good.tbs.len + 1 }, good.signature, good.digest } },
		{ "signed outside", { good.key, { UINT32_MAX, 2 }, good.signature, good.digest } },
		{ "signature outside", { good.key, good.tbs, { UINT32_MAX - 1, UINT32_MAX }, good.digest } },
		{ "signature cut", { good.key, good.tbs, { good.signature.at, good.signature.len - 1 }, good.digest } },
		{ "other digest", { good.key, good.tbs, good.signature, NID_sha512 } },
		{ "no digest", { good.key, good.tbs, good.signature, NID_undef } },
		{ "no digest at all", { good.key, good.tbs, good.signature, -7 } },
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_case(cases[i].name, !csr_prove(&key, &cases[i].f, buf_span(&der), &e) && e.text[0] != '\0');
	/* A key that stands in the octets, and has signed nothing. */
	pubkey_to_spki(&other, theirs);
	buf_put_span(&nested, buf_span(&der));
	memcpy(nested.ptr + good.key.at, other.ptr, other.len);
	f = good;
	assert_false(csr_prove(&key, &f, buf_span(&nested), &e));
}

/* One key, one form: else a blocked or foreign key comes in again in other words. */
static void
a_compressed_point(void **state)
{
	own(EVP_PKEY) *key = EVP_EC_gen("P-256");
	own_struct(buf) der = buf_new(1 << 14);

	assert_int_equal(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"), 1);
	request(&der, key, key, EVP_sha256(), NULL);
	refuses("compressed point", buf_span(&der), "compressed", "ec-point-form");
}

static void
octets_that_are_no_request(void **state)
{
	own_struct(buf) der = buf_new(1 << 14), long_ = buf_new(CSR_MAX + 1), spki = buf_new(1 << 10);
	unsigned char *version;
	struct err e;

	request(&der, ec, ec, EVP_sha256(), NULL);
	assert_done(csr_gate(&spki, buf_span(&der), &e), e);
	version = memmem(der.ptr, der.len, "\2\1\0", 3);
	version[2] = 1;
	refuses("version 2", buf_span(&der), "version 1", "csr-malformed");
	version[2] = 0;
	for (size_t n = 0; n < der.len; n++)
		refuses("cut short", span_of(der.ptr, n), "", "csr-malformed");
	der.ptr[der.len - 1] ^= 1;
	refuses("bent signature", buf_span(&der), "", "no-possession");
	der.ptr[der.len - 1] ^= 1;
	buf_put_byte(&der, 0);
	refuses("one byte more", buf_span(&der), "1 bytes after", "csr-malformed");
	der.ptr[20] ^= 1;
	refuses("bent subject", span_of(der.ptr, der.len - 1), "", "csr-malformed");
	refuses("text", span_str("a certificate, please"), "not a certificate request", "csr-malformed");
	refuses("a certificate's PEM", span_str("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"), "no PEM block", "csr-malformed");
	while (long_.len < CSR_MAX + 1)
		buf_put_byte(&long_, 0x30);
	refuses("too long", buf_span(&long_), "more than", "csr-too-long");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_requests_give_their_key),
		cmocka_unit_test(weak_signatures),
		cmocka_unit_test(weak_keys),
		cmocka_unit_test(a_curve_spelt_out),
		cmocka_unit_test(points_that_are_none),
		cmocka_unit_test(lies_of_a_reader),
		cmocka_unit_test(a_compressed_point),
		cmocka_unit_test(octets_that_are_no_request),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
