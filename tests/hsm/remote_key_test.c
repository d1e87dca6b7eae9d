/* tests/hsm/remote_key_test.c -- OpenSSL signing with keys of another process:
 * certificates, CRLs, requests, CMS, time stamps, and many digests a frame. */
#include "tests/base/test.h"

#include "tests/hsm/daemon.h"
#include "tests/hsm/softhsm.h"

#include "hsm/bench.h"

#include <pthread.h>

static struct daemon d;
static struct hsm *h;

static int
begin(void **state)
{
	daemon_begin();
	h = daemon_up(&d, "sign.ca = *", false, "ca");
	return 0;
}

static int
end(void **state)
{
	daemon_down(&d, h);
	softhsm_end();
	return 0;
}

static EVP_PKEY *
key(void)
{
	EVP_PKEY *k = NULL;
	struct err e;

	assert_done(remote_key(&k, h, span_of(daemon_mine.spki, daemon_mine.spki_len), &e), e);
	return k;
}

static void
add_extension(X509 *cert, int nid, const char *value)
{
	X509V3_CTX ctx;
	own(X509_EXTENSION) *x = NULL;

	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	x = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(x);
	assert_int_equal(X509_add_ext(cert, x, -1), 1);
}

static X509 *
certificate(EVP_PKEY *k, const char *eku)
{
	X509 *cert = X509_new();

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 42);
	X509_gmtime_adj(X509_getm_notBefore(cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8, (const unsigned char *)"test", -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(cert));
	assert_int_equal(X509_set_pubkey(cert, k), 1);
	if (eku != NULL)
		add_extension(cert, NID_ext_key_usage, eku);
	assert_true(X509_sign(cert, k, EVP_sha256()) > 0);
	return cert;
}

static void
test_certificate(void **state)
{
	own(EVP_PKEY) *k = key();
	own(X509) *cert = certificate(k, NULL);
	own(EVP_PKEY) *again = NULL;
	struct err e;

	assert_int_equal(X509_verify(cert, X509_get0_pubkey(cert)), 1);
	assert_done(remote_key_of_cert(&again, h, cert, &e), e);
	assert_int_equal(EVP_PKEY_eq(k, again), 1);
	assert_true(X509_sign(cert, again, EVP_sha256()) > 0);
}

static void
test_crl(void **state)
{
	own(EVP_PKEY) *k = key();
	own(X509_CRL) *crl = X509_CRL_new();
	own(ASN1_TIME) *now = X509_gmtime_adj(NULL, 0);

	X509_CRL_set_version(crl, 1);
	X509_CRL_set1_lastUpdate(crl, now);
	X509_CRL_set1_nextUpdate(crl, now);
	assert_true(X509_CRL_sign(crl, k, EVP_sha256()) > 0);
	assert_int_equal(X509_CRL_verify(crl, k), 1);
}

static void
test_request(void **state)
{
	own(EVP_PKEY) *k = key();
	own(X509_REQ) *req = X509_REQ_new();

	assert_int_equal(X509_REQ_set_pubkey(req, k), 1);
	assert_true(X509_REQ_sign(req, k, EVP_sha256()) > 0);
	assert_int_equal(X509_REQ_verify(req, k), 1);
}

static void
test_cms(void **state)
{
	own(EVP_PKEY) *k = key();
	own(X509) *cert = certificate(k, NULL);
	own(BIO) *content = BIO_new_mem_buf("{\"antin\":\"order/1\"}", -1);
	own(CMS_ContentInfo) *cms = CMS_sign(NULL, NULL, NULL, content, CMS_PARTIAL | CMS_BINARY);

	assert_non_null(cms);
	assert_non_null(CMS_add1_signer(cms, cert, k, EVP_sha256(), CMS_BINARY | CMS_CADES));
	assert_int_equal(CMS_final(cms, content, NULL, CMS_BINARY), 1);
	assert_int_equal(CMS_verify(cms, NULL, NULL, NULL, NULL, CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY), 1);
}

static ASN1_INTEGER *
one_serial(TS_RESP_CTX *ctx, void *data)
{
	ASN1_INTEGER *n = ASN1_INTEGER_new();

	ASN1_INTEGER_set(n, 7);
	return n;
}

static TS_REQ *
stamp_request(void)
{
	TS_REQ *req = TS_REQ_new();
	TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	X509_ALGOR *alg = X509_ALGOR_new();
	unsigned char digest[32];

	sha256(digest, span_str("stamped"));
	X509_ALGOR_set0(alg, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL);
	TS_MSG_IMPRINT_set_algo(imprint, alg);
	TS_MSG_IMPRINT_set_msg(imprint, digest, sizeof(digest));
	TS_REQ_set_version(req, 1);
	TS_REQ_set_msg_imprint(req, imprint);
	TS_REQ_set_cert_req(req, 1);
	TS_MSG_IMPRINT_free(imprint);
	X509_ALGOR_free(alg);
	return req;
}

static void
test_time_stamp(void **state)
{
	own(EVP_PKEY) *k = key();
	own(X509) *cert = certificate(k, "critical,timeStamping");
	own(TS_RESP_CTX) *ctx = TS_RESP_CTX_new();
	own(TS_REQ) *req = stamp_request();
	own(BIO) *in = BIO_new(BIO_s_mem());
	own(ASN1_OBJECT) *policy = OBJ_txt2obj("1.2.3.4", 1);
	own(TS_RESP) *resp = NULL;
	TS_VERIFY_CTX *verify;
	X509_STORE *store = X509_STORE_new();

	assert_int_equal(TS_RESP_CTX_set_signer_cert(ctx, cert), 1);
	assert_int_equal(TS_RESP_CTX_set_signer_key(ctx, k), 1);
	assert_int_equal(TS_RESP_CTX_set_signer_digest(ctx, EVP_sha512()), 1);
	assert_int_equal(TS_RESP_CTX_set_ess_cert_id_digest(ctx, EVP_sha256()), 1);
	assert_int_equal(TS_RESP_CTX_set_def_policy(ctx, policy), 1);
	assert_int_equal(TS_RESP_CTX_add_md(ctx, EVP_sha256()), 1);
	TS_RESP_CTX_set_serial_cb(ctx, one_serial, NULL);
	assert_int_equal(i2d_TS_REQ_bio(in, req), 1);
	resp = TS_RESP_create_response(ctx, in);
	assert_non_null(resp);
	assert_int_equal(ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(resp))), TS_STATUS_GRANTED);
	verify = TS_REQ_to_TS_VERIFY_CTX(req, NULL);
	X509_STORE_add_cert(store, cert);
	TS_VERIFY_CTX_set_store(verify, store);
	TS_VERIFY_CTX_add_flags(verify, TS_VFY_SIGNATURE);
	assert_int_equal(TS_RESP_verify_response(verify, resp), 1);
	TS_VERIFY_CTX_free(verify);
}

static void
test_many_digests(void **state)
{
	static const size_t counts[] = { 1, 2, HSM_BATCH_MAX - 1, HSM_BATCH_MAX, HSM_BATCH_MAX + 1, 2 * HSM_BATCH_MAX + 3 };
	own(EVP_PKEY) *k = key();
	struct err e;

	for (size_t i = 0; i < COUNT(counts); i++) {
		own_struct(buf) digests = buf_new(1 << 16);
		own_struct(buf) raw = buf_new(1 << 16);

		for (size_t n = 0; n < counts[i]; n++)
			sha256(buf_extend(&digests, 32), span_of(&n, sizeof(n)));
		assert_done(hsm_sign_many(h, daemon_mine.id, HSM_ECDSA_P256, buf_span(&digests), &raw, &e), e);
		assert_int_equal(raw.len, counts[i] * HSM_SIGNATURE_LEN);
		for (size_t n = 0; n < counts[i]; n++) {
			own_struct(buf) der = buf_new(80);

			assert_true(ecdsa_raw_to_der(&der, span_of(raw.ptr + n * 64, 64), &e));
			assert_true(ecdsa_verify(k, span_of(digests.ptr + n * 32, 32), buf_span(&der)));
		}
	}
}

static void
test_refusals(void **state)
{
	own(EVP_PKEY) *k = key();
	own(EVP_PKEY) *p384 = EVP_EC_gen("P-384");
	own(EVP_PKEY) *stranger = EVP_EC_gen("P-256");
	own(EVP_PKEY) *out = NULL;
	own(X509) *cert = X509_new();
	own_struct(buf) spki = buf_new(512);
	own_struct(buf) raw = buf_new(512);
	unsigned char digest[64] = { 0 };
	struct err e;

	assert_false(hsm_sign(h, daemon_mine.id, HSM_ECDSA_P256, span_of(digest, 64), &raw, &e));
	assert_int_equal(e.class, ERR_INPUT);
	assert_false(hsm_sign_many(h, daemon_mine.id, HSM_ECDSA_P256, SPAN_NONE, &raw, &e));
	assert_false(hsm_sign_many(h, daemon_mine.id, HSM_ECDSA_P256, span_of(digest, 33), &raw, &e));
	assert_false(hsm_sign(h, daemon_mine.id, HSM_ED25519, span_of(digest, 32), &raw, &e));
	assert_int_equal(e.class, ERR_POLICY);
	/* A digest that is shorter than the key is refused before anything is asked. */
	assert_int_equal(X509_set_pubkey(cert, k), 1);
	assert_int_equal(X509_sign(cert, k, EVP_sha224()), 0);
	assert_false(fail_key(&e, ERR_BUG, "certificate"));
	assert_int_equal(e.class, ERR_INPUT);
	pubkey_to_spki(&spki, p384);
	assert_false(remote_key(&out, h, buf_span(&spki), &e));
	assert_int_equal(e.class, ERR_INPUT);
	assert_false(remote_key(&out, h, span_str("not DER"), &e));
	/* A key that the token does not have: an EVP_PKEY, but no signature. */
	buf_reset(&spki);
	pubkey_to_spki(&spki, stranger);
	assert_done(remote_key(&out, h, buf_span(&spki), &e), e);
	assert_int_equal(X509_set_pubkey(cert, out), 1);
	assert_int_equal(X509_sign(cert, out, EVP_sha256()), 0);
	assert_false(fail_key(&e, ERR_BUG, "certificate"));
	assert_int_equal(e.class, ERR_POLICY);
	assert_non_null(strstr(e.text, "ca may not sign"));
	assert_int_equal(raw.len, 0);
}

static void
test_nobody_there(void **state)
{
	struct hsm *nobody = hsm_new("/nonexistent/antin-hsm.sock");
	own_struct(buf) raw = buf_new(64);
	unsigned char digest[32] = { 0 };
	struct err e;

	assert_false(hsm_sign(nobody, daemon_mine.id, HSM_ECDSA_P256, span_of(digest, 32), &raw, &e));
	assert_int_equal(e.class, ERR_LATER);
	assert_false(hsm_wait(nobody, 50, &e));
	hsm_free(nobody);
	assert_done(hsm_wait(h, 1000, &e), e);
}

#define THREADS 8
static void *
sign_certificates(void *arg)
{
	EVP_PKEY *k = arg;

	for (int i = 0; i < 40; i++) {
		own(X509) *cert = certificate(k, NULL);

		if (X509_verify(cert, k) != 1)
			return NULL;
	}
	return arg;
}

/* One EVP_PKEY, many threads. */
static void
test_threads(void **state)
{
	own(EVP_PKEY) *k = key();
	pthread_t t[THREADS];

	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, sign_certificates, k), 0);
	for (int i = 0; i < THREADS; i++) {
		void *good;

		pthread_join(t[i], &good);
		assert_non_null(good);
	}
}

/* Not a measurement, which `antin bench` makes: both rows run. */
static void
test_bench_runs(void **state)
{
	own_token struct token *t = softhsm_open("served");
	double raw = 0, remote = 0;
	struct token_key k;
	struct err e;

	assert_done(token_find(t, daemon_mine.id, &k, &e), e);
	assert_done(hsm_bench_raw(&raw, t, &k, 2, 0.3, &e), e);
	assert_done(hsm_bench_remote(&remote, h, k.id, 4, 32, 0.3, &e), e);
	print_message("raw %.0f, through antin-hsm %.0f signatures a second\n", raw, remote);
	assert_true(raw > 0 && remote > 0);
	assert_false(hsm_bench_remote(&remote, h, k.id, 1000, 1, 0.1, &e));
	assert_false(hsm_bench_remote(&remote, h, k.id, 1, 0, 0.1, &e));
	memset(k.id, 1, sizeof(k.id));
	assert_false(hsm_bench_remote(&remote, h, k.id, 1, 1, 0.1, &e));
	assert_int_equal(e.class, ERR_POLICY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_certificate),
		cmocka_unit_test(test_crl),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_cms),
		cmocka_unit_test(test_time_stamp),
		cmocka_unit_test(test_many_digests),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_bench_runs),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
