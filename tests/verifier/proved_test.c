/* A signature that was found good is not computed anew; what differs in an octet or a key is. */
#include "tests/base/test.h"
#include "tests/verifier/pki.h"

#include "verifier/crl.h"
#include "verifier/path.h"
#include "verifier/proved.h"
#include "verifier/tst.h"

static struct pki_party root, issuing, twin, leaf, tsa;

static int
begin(void **state)
{
	root = pki_ca("Root", NULL);
	issuing = pki_ca("Issuing", &root);
	twin = pki_ca("Issuing", &root);	/* the same name, another key */
	leaf = pki_party(&(struct pki_wish){ "Leaf", .to = PKI_NOW + 100 }, &issuing);
	tsa = pki_party(&(struct pki_wish){ "TSA", .eku = "critical,timeStamping" }, &issuing);
	return 0;
}

static int
end(void **state)
{
	struct pki_party *all[] = { &root, &issuing, &twin, &leaf, &tsa };

	for (size_t i = 0; i < COUNT(all); i++)
		pki_drop(all[i]);
	return 0;
}

/* between may be NULL: the issuing certificate is the anchor. */
static enum sub_indication
judged(X509 *cert, X509 *between, int64_t at)
{
	cert_list *anchors = sk_X509_new_null(), *bag = sk_X509_new_null();
	struct path_result r;
	enum sub_indication sub;
	struct err e;

	sk_X509_push(anchors, between == NULL ? issuing.cert : root.cert);
	if (between != NULL)
		sk_X509_push(bag, between);
	assert_done(path_judge(&r, &(struct path_request){ .leaf = cert, .anchors = anchors, .bag = bag, .at = at }, &e), e);
	sub = r.sub;
	assert_true((r.verdict == VERDICT_PASSED) == (sub == SUB_NONE));
	path_result_drop(&r);
	sk_X509_free(anchors);
	sk_X509_free(bag);
	return sub;
}

static X509 *
bent(X509 *cert)
{
	own_struct(buf) der = buf_new(1 << 14);
	X509 *out;
	struct err e;

	cert_to_der(&der, cert);
	der.ptr[der.len - 1] ^= 1;
	assert_done(cert_from_der(&out, buf_span(&der), &e), e);
	return out;
}

static void
a_path_is_computed_once(void **state)
{
	size_t before = proved_count();

	assert_int_equal(judged(leaf.cert, issuing.cert, PKI_NOW), SUB_NONE);
	assert_int_equal(proved_count() - before, 2);
	assert_int_equal(judged(leaf.cert, issuing.cert, PKI_NOW), SUB_NONE);
	assert_int_equal(proved_count() - before, 2);
}

static void
dates_count_each_time(void **state)
{
	assert_int_equal(judged(leaf.cert, issuing.cert, PKI_NOW), SUB_NONE);
	assert_int_equal(judged(leaf.cert, issuing.cert, PKI_NOW + 101), SUB_OUT_OF_BOUNDS_NO_POE);
	assert_int_equal(judged(leaf.cert, issuing.cert, PKI_NOW - 2 * PKI_YEAR), SUB_OUT_OF_BOUNDS_NO_POE);
}

/* Twice: what failed is not remembered either. */
static void
another_signature_under_the_same_content(void **state)
{
	own(X509) *leaf_bent = bent(leaf.cert);
	own(X509) *issuing_bent = bent(issuing.cert);

	assert_int_equal(judged(leaf.cert, issuing.cert, PKI_NOW), SUB_NONE);
	for (int i = 0; i < 2; i++) {
		size_t before = proved_count();

		assert_int_equal(judged(leaf_bent, issuing.cert, PKI_NOW), SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE);
		assert_int_equal(judged(leaf.cert, issuing_bent, PKI_NOW), SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE);
		assert_false(proved_cert(leaf_bent, issuing.cert));
		assert_int_equal(proved_count(), before);
	}
	assert_int_equal(judged(leaf.cert, issuing.cert, PKI_NOW), SUB_NONE);
}

static void
the_same_octets_under_another_key(void **state)
{
	assert_true(proved_cert(leaf.cert, issuing.cert));
	assert_false(proved_cert(leaf.cert, twin.cert));
	assert_false(proved_cert(leaf.cert, root.cert));
	assert_int_not_equal(judged(leaf.cert, twin.cert, PKI_NOW), SUB_NONE);
	assert_true(proved_cert(leaf.cert, issuing.cert));
}

/* Its own signature is nobody's business, what is below it is. */
static void
an_anchor_that_is_no_root(void **state)
{
	own(X509) *leaf_bent = bent(leaf.cert);

	assert_int_equal(judged(leaf.cert, NULL, PKI_NOW), SUB_NONE);
	assert_int_equal(judged(leaf_bent, NULL, PKI_NOW), SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE);
	assert_int_equal(judged(leaf.cert, NULL, PKI_NOW + 101), SUB_OUT_OF_BOUNDS_NO_POE);
	assert_int_not_equal(judged(twin.cert, NULL, PKI_NOW), SUB_NONE);
}

static void
any_octet_of_a_crl(void **state)
{
	own(X509_CRL) *good = pki_crl(&issuing, &(struct pki_crl){ 0 });
	own_struct(buf) der = buf_new(1 << 14);
	struct crl_facts f;
	size_t read = 0;
	struct err e;

	assert_done(crl_check(&f, good, issuing.cert, &e), e);
	crl_to_der(&der, good);
	for (size_t i = 0; i < der.len; i++) {
		own(X509_CRL) *crl = NULL;

		der.ptr[i] ^= 1;
		if (crl_from_any(&crl, buf_span(&der), &e)) {
			assert_false(proved_crl(crl, issuing.cert));
			assert_false(crl_check(&f, crl, issuing.cert, &e));
			read++;
		}
		der.ptr[i] ^= 1;
	}
	assert_true(read > der.len / 2);
	assert_false(proved_crl(good, twin.cert));
	assert_true(proved_crl(good, issuing.cert));
}

static void
any_octet_of_a_stamp(void **state)
{
	static const unsigned char imprint[SHA256_LEN] = { 0x17 };
	const struct span asked = span_of(imprint, sizeof(imprint));
	own_struct(buf) token = buf_new(1 << 16);
	size_t before = proved_count();
	struct tst t;
	struct err e;

	pki_stamp(&token, &tsa, asked, &(struct pki_stamp){ .when = PKI_NOW });
	for (int i = 0; i < 2; i++) {
		assert_done(tst_check(&t, buf_span(&token), EVP_sha256(), asked, NULL, &e), e);
		tst_drop(&t);
	}
	assert_int_equal(proved_count() - before, 1);
	for (size_t i = token.len - 64; i < token.len; i++) {
		token.ptr[i] ^= 1;
		assert_false(tst_check(&t, buf_span(&token), EVP_sha256(), asked, NULL, &e));
		token.ptr[i] ^= 1;
	}
	assert_done(tst_check(&t, buf_span(&token), EVP_sha256(), asked, NULL, &e), e);
	tst_drop(&t);
}

static void
values(void **state)
{
	unsigned char digest[SHA256_LEN], sig[80];
	size_t len = sizeof(sig);
	own(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new(leaf.key, NULL);

	sha256(digest, span_str("what is signed"));
	assert_true(EVP_PKEY_sign_init(ctx) == 1 && EVP_PKEY_sign(ctx, sig, &len, digest, sizeof(digest)) == 1);
	assert_true(proved_ecdsa(span_of(digest, sizeof(digest)), span_of(sig, len), leaf.cert));
	assert_false(proved_ecdsa(span_of(digest, sizeof(digest)), span_of(sig, len), tsa.cert));
	/* The two parts may not run into each other. */
	assert_false(proved_ecdsa(span_of(digest, sizeof(digest) - 1), span_of(sig, len), leaf.cert));
	assert_false(proved_ecdsa(span_of(digest, sizeof(digest)), span_of(sig, len - 1), leaf.cert));
	sig[len - 1] ^= 1;
	assert_false(proved_ecdsa(span_of(digest, sizeof(digest)), span_of(sig, len), leaf.cert));
	sig[len - 1] ^= 1;
	digest[0] ^= 1;
	assert_false(proved_ecdsa(span_of(digest, sizeof(digest)), span_of(sig, len), leaf.cert));
}

/* Certificates are remembered from document to document, values and stamps are not. */
static void
the_next_document(void **state)
{
	static const unsigned char imprint[SHA256_LEN] = { 0x18 };
	const struct span asked = span_of(imprint, sizeof(imprint));
	own_struct(buf) token = buf_new(1 << 16);
	size_t before;
	struct tst t;
	struct err e;

	pki_stamp(&token, &tsa, asked, &(struct pki_stamp){ .when = PKI_NOW });
	assert_int_equal(judged(leaf.cert, issuing.cert, PKI_NOW), SUB_NONE);
	before = proved_count();
	for (size_t i = 1; i <= 3; i++) {
		assert_done(tst_check(&t, buf_span(&token), EVP_sha256(), asked, NULL, &e), e);
		tst_drop(&t);
		assert_int_equal(judged(leaf.cert, issuing.cert, PKI_NOW), SUB_NONE);
		assert_int_equal(proved_count() - before, i);
		proved_next_document();
	}
}

/* More than there is room for: what was driven out is computed anew, and nothing passes for another. */
static void
more_than_there_is_room_for(void **state)
{
	for (unsigned i = 0; i < 4 * PROVED_PLACES; i++) {
		const struct proved_name name = proved_name(PROVED_STAMP, span_of(&i, sizeof(i)), leaf.cert),
		    other = proved_name(PROVED_ECDSA, span_of(&i, sizeof(i)), leaf.cert);

		assert_false(proved_before(&name));
		proved_now(&name);
		assert_true(proved_before(&name));
		assert_false(proved_before(&other));
	}
	assert_int_equal(judged(leaf.cert, issuing.cert, PKI_NOW), SUB_NONE);
}

/* As a time stamp may bring one along, before anybody asked who its signer is. */
static void
a_key_without_end(void **state)
{
	own(X509) *vast = X509_dup(leaf.cert);
	size_t len = 20000;
	unsigned char *octets = OPENSSL_zalloc(len);
	struct proved_name name;

	assert_int_equal(X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(vast), OBJ_nid2obj(NID_X9_62_id_ecPublicKey), V_ASN1_UNDEF, NULL, octets, (int)len), 1);
	name = proved_name(PROVED_STAMP, span_str("a token"), vast);
	assert_false(proved_before(&name));
	proved_now(&name);
	assert_false(proved_before(&name));
	assert_false(proved_cert(leaf.cert, vast));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_is_computed_once),
		cmocka_unit_test(dates_count_each_time),
		cmocka_unit_test(another_signature_under_the_same_content),
		cmocka_unit_test(the_same_octets_under_another_key),
		cmocka_unit_test(an_anchor_that_is_no_root),
		cmocka_unit_test(any_octet_of_a_crl),
		cmocka_unit_test(any_octet_of_a_stamp),
		cmocka_unit_test(a_key_without_end),
		cmocka_unit_test(values),
		cmocka_unit_test(the_next_document),
		cmocka_unit_test(more_than_there_is_room_for),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
