/* What is a request, made by OpenSSL and altered here; what is none. */
#include "tests/base/test.h"

#include "api/ocsp_request.h"
#include "base/ossl.h"

#include <openssl/ocsp.h>

OWN_WITH(OCSP_REQUEST, OCSP_REQUEST_free)

struct asked { const EVP_MD *md[3]; const char *serial[3]; int nonce; bool critical, named; };

static void
add_id(OCSP_REQUEST *r, const EVP_MD *md, const char *serial)
{
	unsigned char hash[64] = { 7 };
	own(ASN1_INTEGER) *n = ASN1_INTEGER_new();
	own(X509_NAME) *name = X509_NAME_new();
	ASN1_BIT_STRING *key = ASN1_BIT_STRING_new();
	own(BIGNUM) *bn = NULL;

	assert_true(BN_hex2bn(&bn, serial) > 0 && BN_to_ASN1_INTEGER(bn, n) != NULL);
	assert_int_equal(ASN1_BIT_STRING_set(key, hash, 20), 1);
	assert_non_null(OCSP_request_add0_id(r, OCSP_cert_id_new(md, name, key, n)));
	ASN1_BIT_STRING_free(key);
}

static void
make(struct buf *out, const struct asked *a)
{
	own(OCSP_REQUEST) *r = OCSP_REQUEST_new();
	unsigned char nonce[200] = { 1 }, *der = NULL;
	int n;

	for (size_t i = 0; i < 3 && a->md[i] != NULL; i++)
		add_id(r, a->md[i], a->serial[i]);
	if (a->nonce > 0)
		assert_int_equal(OCSP_request_add1_nonce(r, nonce, a->nonce), 1);
	if (a->critical) {
		own(ASN1_OCTET_STRING) *s = ASN1_OCTET_STRING_new();
		own(X509_EXTENSION) *x = NULL;

		assert_int_equal(ASN1_OCTET_STRING_set(s, nonce, 3), 1);
		x = X509_EXTENSION_create_by_NID(NULL, NID_id_pkix_OCSP_archiveCutoff, 1, s);
		assert_int_equal(OCSP_REQUEST_add_ext(r, x, -1), 1);
	}
	if (a->named) {
		own(X509_NAME) *name = X509_NAME_new();

		assert_int_equal(OCSP_request_set1_name(r, name), 1);
	}
	n = i2d_OCSP_REQUEST(r, &der);
	assert_true(n > 0);
	*out = buf_new(1 << 16);
	buf_put(out, der, (size_t)n);
	OPENSSL_free(der);
}

static void
requests(void **state)
{
	const struct { const char *name; struct asked a; bool good; size_t n; enum ocsp_hash hash; } rows[] = {
		{ "by SHA-1", { { EVP_sha1() }, { "4001" } }, true, 1, OCSP_HASH_SHA1 },
		{ "by SHA-256", { { EVP_sha256() }, { "4001" } }, true, 1, OCSP_HASH_SHA256 },
		{ "by SHA-384", { { EVP_sha384() }, { "4001" } }, true, 1, OCSP_HASH_OTHER },
		{ "two", { { EVP_sha1(), EVP_sha256() }, { "4001", "4001" } }, true, 2, OCSP_HASH_SHA1 },
		{ "with a requestorName", { { EVP_sha1() }, { "4001" }, .named = true }, true, 1, OCSP_HASH_SHA1 },
		{ "a nonce of 1", { { EVP_sha1() }, { "4001" }, .nonce = 1 }, true, 1, OCSP_HASH_SHA1 },
		{ "a nonce of 32", { { EVP_sha1() }, { "4001" }, .nonce = 32 }, true, 1, OCSP_HASH_SHA1 },
		{ "a nonce of 128", { { EVP_sha1() }, { "4001" }, .nonce = 128 }, true, 1, OCSP_HASH_SHA1 },
		{ "a nonce of 129", { { EVP_sha1() }, { "4001" }, .nonce = 129 }, false },
		{ "a critical extension", { { EVP_sha1() }, { "4001" }, .critical = true }, false },
		{ "nothing asked", { { NULL } }, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) der = buf_new(1);
		struct ocsp_request r;
		struct err e;

		make(&der, &rows[i].a);
		assert_case(rows[i].name, ocsp_request_read(&r, buf_span(&der), &e) == rows[i].good);
		if (!rows[i].good)
			continue;
		assert_case(rows[i].name, r.n == rows[i].n && r.id[0].hash == rows[i].hash && r.id[0].serial.len == 2);
		/* Cut anywhere, or longer: none. */
		for (size_t cut = 0; cut < der.len; cut++)
			assert_case(rows[i].name, !ocsp_request_read(&r, span_of(der.ptr, cut), &e));
		buf_put_byte(&der, 0);
		assert_case(rows[i].name, !ocsp_request_read(&r, buf_span(&der), &e));
	}
}

static void
what_is_none(void **state)
{
	static const struct { const char *name, *hex; } rows[] = {
		{ "empty", "" },
		{ "an empty SEQUENCE", "3000" },
		{ "an empty TBSRequest", "30023000" },
		{ "an empty list", "300430023000" },
		{ "an indefinite length", "3080300230000000" },
		{ "a length with a leading zero", "30820004300230003000" },
		{ "a length that is not the shortest", "308104300230003000" },
		{ "a length of three octets", "30830000043002300030" },
		{ "a length beyond the end", "307f300230003000" },
		{ "another tag", "310430023000" },
		{ "a version 2", "300b3009a003020101300230003000" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) octets = buf_new(1000);
		struct ocsp_request r;
		struct err e;

		assert_done(hex_get(&octets, span_str(rows[i].hex), &e), e);
		assert_case(rows[i].name, !ocsp_request_read(&r, buf_span(&octets), &e));
		assert_case(rows[i].name, e.class == ERR_INPUT);
	}
}

/* One certificate too many; one octet too many. */
static void
limits(void **state)
{
	own(OCSP_REQUEST) *r = OCSP_REQUEST_new();
	own_struct(buf) octets = buf_new(1 << 16);
	struct ocsp_request out;
	struct err e;

	for (int i = 0; i <= OCSP_CERT_IDS_MAX; i++) {
		unsigned char *der = NULL;
		int n = (add_id(r, EVP_sha1(), "4001"), i2d_OCSP_REQUEST(r, &der));

		assert_true(ocsp_request_read(&out, span_of(der, (size_t)n), &e) == (i < OCSP_CERT_IDS_MAX));
		OPENSSL_free(der);
	}
	assert_int_equal(e.class, ERR_LIMIT);
	while (octets.len <= OCSP_REQUEST_MAX)
		buf_put_byte(&octets, 0x30);
	assert_false(ocsp_request_read(&out, buf_span(&octets), &e));
	assert_int_equal(e.class, ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(what_is_none),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
