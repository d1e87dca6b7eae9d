/* The CRL's octets and its guard, without any daemon. */
#include "tests/base/test.h"

#include "base/file.h"
#include "ca/crl_issue.h"
#include "ca/der.h"
#include "tests/ca/world.h"
#include "verifier/crl.h"

#include <unistd.h>

#define NOW INT64_C(1795000000)

static EVP_PKEY *key;
static X509 *issuer;

static int
begin(void **state)
{
	X509V3_CTX ctx;
	X509_NAME *n;

	key = key_new();
	issuer = X509_new();
	X509_set_version(issuer, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(issuer), 1);
	n = X509_get_subject_name(issuer);
	X509_NAME_add_entry_by_NID(n, NID_commonName, V_ASN1_UTF8STRING, (const unsigned char *)"THỬ NGHIỆM", -1, -1, 0);
	X509_set_issuer_name(issuer, n);
	ASN1_TIME_set(X509_getm_notBefore(issuer), NOW - 1000);
	ASN1_TIME_set(X509_getm_notAfter(issuer), NOW + 1000000);
	X509_set_pubkey(issuer, key);
	X509V3_set_ctx(&ctx, issuer, issuer, NULL, NULL, 0);
	for (size_t i = 0; i < 3; i++) {
		static const struct { int nid; const char *value; } all[] = {
			{ NID_basic_constraints, "critical,CA:TRUE" }, { NID_key_usage, "critical,keyCertSign,cRLSign" }, { NID_subject_key_identifier, "hash" } };
		own(X509_EXTENSION) *x = X509V3_EXT_conf_nid(NULL, &ctx, all[i].nid, all[i].value);

		X509_add_ext(issuer, x, -1);
	}
	assert_true(X509_sign(issuer, key, EVP_sha256()) > 0);
	return 0;
}

static int
end(void **state)
{
	X509_free(issuer);
	EVP_PKEY_free(key);
	return 0;
}

static void
fill(struct crl_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		rows[i] = (struct crl_row){ .date = NOW - 5, .reason = (int)(i % 2) * 4, .invalidity = i % 3 == 0 ? NOW - 500 : INT64_MIN };
		memset(rows[i].serial, 0x40, sizeof(rows[i].serial));
		rows[i].serial[18] = (unsigned char)(i >> 8);
		rows[i].serial[19] = (unsigned char)i;
	}
}

static void
sign(struct buf *der, struct span tbs)
{
	own(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	unsigned char sig[128];
	size_t n = sizeof(sig);
	struct err e;

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &n, tbs.ptr, tbs.len), 1);
	assert_done(signed_wrap(der, tbs, span_of(sig, n), &e), e);
}

static void
sizes_around_each_length_form(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 5, 6, 7, 1500, 2000, 9000 };
	struct crl_row *rows = xalloc(9000 * sizeof(*rows));

	fill(rows, 9000);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		own_struct(buf) tbs = buf_new(4 << 20);
		own_struct(buf) der = buf_new(4 << 20);
		own(X509_CRL) *crl = NULL;
		unsigned char *again = NULL;
		struct crl_facts f;
		struct err e;
		int n;

		assert_done(crl_tbs(&tbs, issuer, 77, NOW, NOW + CRL_VALID_SECS, rows, sizes[i], &e), e);
		sign(&der, buf_span(&tbs));
		assert_done(crl_from_any(&crl, buf_span(&der), &e), e);
		assert_done(crl_check(&f, crl, issuer, &e), e);
		assert_true(f.number == 77 && f.entries == sizes[i] && f.this_update == NOW && f.next_update == NOW + CRL_VALID_SECS);
		n = i2d_re_X509_CRL_tbs(crl, &again);		/* OpenSSL's own encoding is the same */
		assert_true(n > 0 && span_eq(span_of(again, (size_t)n), buf_span(&tbs)));
		OPENSSL_free(again);
	}
	free(rows);
}

static void
reasons_and_dates_are_read_back(void **state)
{
	struct crl_row rows[3];
	own_struct(buf) tbs = buf_new(1 << 16);
	own_struct(buf) der = buf_new(1 << 16);
	own(X509_CRL) *crl = NULL;
	struct err e;

	fill(rows, 3);
	rows[2].reason = 9;
	rows[2].date = INT64_C(2600000000);		/* 2052: GeneralizedTime */
	assert_done(crl_tbs(&tbs, issuer, 1, NOW, NOW + 1, rows, 3, &e), e);
	sign(&der, buf_span(&tbs));
	assert_done(crl_from_any(&crl, buf_span(&der), &e), e);
	for (size_t i = 0; i < 3; i++) {
		own(BIGNUM) *n = BN_bin2bn(rows[i].serial, 20, NULL);
		own(ASN1_INTEGER) *serial = BN_to_ASN1_INTEGER(n, NULL);
		struct revocation r;

		crl_lookup(&r, crl, serial);
		assert_true(r.state == CERT_REVOKED && r.date == rows[i].date);
		assert_int_equal(r.reason, rows[i].reason);
		assert_true(r.invalidity == rows[i].invalidity);
	}
}

static void
the_guard_sees_what_is_missing(void **state)
{
	struct crl_row rows[10], fewer[9];
	own_struct(buf) last = buf_new(1 << 16);
	own_struct(buf) next = buf_new(1 << 16);
	own_struct(buf) none = buf_new(1 << 16);
	own_struct(buf) missing = buf_new(1 << 10);
	own_struct(buf) held = buf_new(1 << 10);
	struct err e;

	fill(rows, 10);
	memcpy(fewer, rows, 4 * sizeof(rows[0]));
	memcpy(fewer + 4, rows + 5, 5 * sizeof(rows[0]));
	assert_done(crl_tbs(&last, issuer, 1, NOW, NOW + 1, rows, 10, &e), e);
	assert_done(crl_tbs(&next, issuer, 2, NOW, NOW + 1, fewer, 9, &e), e);
	assert_done(crl_tbs(&none, issuer, 3, NOW, NOW + 1, NULL, 0, &e), e);
	assert_done(crl_missing(&missing, &held, buf_span(&last), buf_span(&next), &e), e);
	assert_true(missing.len == 20 && memcmp(missing.ptr, rows[4].serial, 20) == 0);
	buf_reset(&missing);
	assert_done(crl_missing(&missing, &held, buf_span(&next), buf_span(&last), &e), e);
	assert_int_equal(missing.len, 0);
	assert_done(crl_missing(&missing, &held, buf_span(&last), buf_span(&none), &e), e);
	assert_int_equal(missing.len, 200);
	assert_int_equal(held.len, 0);
	buf_reset(&missing);
	/* One that was suspended stands apart: it may come back. */
	rows[7].reason = CRL_HOLD;
	buf_reset(&last);
	assert_done(crl_tbs(&last, issuer, 1, NOW, NOW + 1, rows, 10, &e), e);
	assert_done(crl_missing(&missing, &held, buf_span(&last), buf_span(&none), &e), e);
	assert_int_equal(missing.len, 180);
	assert_true(held.len == 20 && memcmp(held.ptr, rows[7].serial, 20) == 0);
	buf_reset(&missing);
	assert_done(crl_missing(&missing, &held, buf_span(&none), buf_span(&last), &e), e);
	assert_int_equal(missing.len, 0);
	assert_false(crl_missing(&missing, &held, span_of(last.ptr, last.len - 1), buf_span(&next), &e));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_around_each_length_form),
		cmocka_unit_test(reasons_and_dates_are_read_back),
		cmocka_unit_test(the_guard_sees_what_is_missing),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
