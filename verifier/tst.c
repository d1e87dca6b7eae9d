#include "verifier/tst.h"

#include "verifier/proved.h"

#include <openssl/err.h>
#include <openssl/ess.h>

#include <stdio.h>

#define TST_CERTS_MAX 16

void
tst_drop(struct tst *t)
{
	X509_free(t->signer);
	cert_list_free(t->bag);
	t->signer = NULL;
	t->bag = NULL;
}

static bool
decode(PKCS7 **out, struct span token, struct err *e)
{
	own(PKCS7) *cms = NULL;

	if (token.len > TST_MAX)
		return fail(e, ERR_LIMIT, "a time stamp of more than %u bytes", TST_MAX);
	if (!pkcs7_shell_from_der(&cms, token, e))
		return fail_in(e, "time-stamp token");
	if (!PKCS7_type_is_signed(cms))
		return fail(e, ERR_INPUT, "not a time-stamp token");
	*out = take(&cms);
	return true;
}

static bool
is_taken(int nid)
{
	return nid == NID_sha256 || nid == NID_sha384 || nid == NID_sha512;
}

static const EVP_MD *
imprint_digest(TS_TST_INFO *info)
{
	int nid = OBJ_obj2nid(TS_MSG_IMPRINT_get_algo(TS_TST_INFO_get_msg_imprint(info))->algorithm);

	return is_taken(nid) ? EVP_get_digestbynid(nid) : NULL;
}

const EVP_MD *
tst_digest(struct span token)
{
	own(PKCS7) *cms = NULL;
	TS_TST_INFO *info;
	const EVP_MD *md;
	struct err e;

	if (!decode(&cms, token, &e))
		return NULL;
	info = PKCS7_to_TS_TST_INFO(cms);
	md = info == NULL ? NULL : imprint_digest(info);
	TS_TST_INFO_free(info);
	ERR_clear_error();
	return md;
}

bool
tst_imprint_read(struct tst_imprint *out, struct span token, struct err *e)
{
	own(PKCS7) *cms = NULL;
	const ASN1_OCTET_STRING *got;
	TS_TST_INFO *info;
	bool good;

	if (!decode(&cms, token, e))
		return false;
	info = PKCS7_to_TS_TST_INFO(cms);
	if (info == NULL)
		return fail_ossl(e, ERR_INPUT, "not a time-stamp token (RFC 3161 2.4.2)");
	got = TS_MSG_IMPRINT_get_msg(TS_TST_INFO_get_msg_imprint(info));
	good = TS_TST_INFO_get_version(info) == 1 && ASN1_STRING_length(got) <= EVP_MAX_MD_SIZE &&
	    sk_PKCS7_SIGNER_INFO_num(PKCS7_get_signer_info(cms)) == 1 && asn1_time_secs(TS_TST_INFO_get_time(info)) != INT64_MIN;
	if (good) {
		*out = (struct tst_imprint){ .md = imprint_digest(info), .len = (size_t)ASN1_STRING_length(got) };
		memcpy(out->octet, ASN1_STRING_get0_data(got), out->len);
	}
	TS_TST_INFO_free(info);
	ERR_clear_error();
	return good || fail(e, ERR_INPUT, "a time stamp of version 1, by one signer, with a time and one digest is taken (RFC 3161 2.4.2)");
}

static bool
check_imprint(TS_TST_INFO *info, const EVP_MD *md, struct span want, struct err *e)
{
	const ASN1_OCTET_STRING *got = TS_MSG_IMPRINT_get_msg(TS_TST_INFO_get_msg_imprint(info));

	if (TS_TST_INFO_get_version(info) != 1)
		return fail(e, ERR_INPUT, "a time stamp of another version than 1 (RFC 3161 2.4.2)");
	if (imprint_digest(info) == NULL || EVP_MD_get_type(imprint_digest(info)) != EVP_MD_get_type(md))
		return fail(e, ERR_INPUT, "the time stamp's imprint has another digest algorithm");
	if (!span_eq(span_of(ASN1_STRING_get0_data(got), (size_t)ASN1_STRING_length(got)), want))
		return fail(e, ERR_INPUT, "the time stamp is of something else");
	return true;
}

/* The extended key usage is timeStamping, alone and critical (RFC 3161 2.3). */
static bool
check_signer(X509 *cert, struct err *e)
{
	int critical = -1;
	EXTENDED_KEY_USAGE *all = X509_get_ext_d2i(cert, NID_ext_key_usage, &critical, NULL);
	bool good = all != NULL && critical == 1 && sk_ASN1_OBJECT_num(all) == 1 && OBJ_obj2nid(sk_ASN1_OBJECT_value(all, 0)) == NID_time_stamp;

	EXTENDED_KEY_USAGE_free(all);
	ERR_clear_error();
	if (!good)
		return fail(e, ERR_POLICY, "the time stamp's certificate is not for time stamps alone, critically (RFC 3161 2.3)");
	if (X509_check_ca(cert) > 0)
		return fail(e, ERR_POLICY, "a certification authority's certificate signed the time stamp");
	return true;
}

/* RFC 5816: the hash of the signer's certificate, SHA-256 (the default). */
static bool
check_ess(PKCS7_SIGNER_INFO *si, X509 *cert, struct err *e)
{
	const ASN1_TYPE *attr = PKCS7_get_signed_attribute(si, NID_id_smime_aa_signingCertificateV2);
	own_struct(buf) der = buf_new(64 << 10);
	unsigned char hash[SHA256_LEN];

	if (attr == NULL || attr->type != V_ASN1_SEQUENCE)
		return fail(e, ERR_POLICY, "the time stamp has no signing-certificate-v2 (RFC 5816)");
	cert_to_der(&der, cert);
	sha256(hash, buf_span(&der));
	if (memmem(ASN1_STRING_get0_data(attr->value.sequence), (size_t)ASN1_STRING_length(attr->value.sequence), hash, SHA256_LEN) == NULL)
		return fail(e, ERR_POLICY, "the time stamp's signing-certificate-v2 names another certificate");
	return true;
}

/* The token's own certificates, whole ones for its shells. */
static bool
take_certificates(cert_list **out, PKCS7 *cms, struct err *e)
{
	own(cert_list) *all = sk_X509_new_null();

	promise(all != NULL);
	if (sk_X509_num(cms->d.sign->cert) > TST_CERTS_MAX)
		return fail(e, ERR_LIMIT, "a time stamp with more than %d certificates", TST_CERTS_MAX);
	for (int i = 0; i < sk_X509_num(cms->d.sign->cert); i++) {
		own_struct(buf) der = buf_new(TST_MAX);
		X509 *one;

		cert_to_der(&der, sk_X509_value(cms->d.sign->cert, i));
		if (!cert_shared(&one, buf_span(&der), e))
			return fail_in(e, "time-stamp token");
		promise(sk_X509_push(all, one) > 0);
	}
	*out = take(&all);
	return true;
}

static bool
find_signer(X509 **out, const cert_list *mine, PKCS7_SIGNER_INFO *si, const cert_list *bag, struct err *e)
{
	const cert_list *lists[] = { mine, bag };

	for (size_t l = 0; l < 2; l++)
		for (int i = 0; i < sk_X509_num(lists[l]); i++) {
			X509 *x = sk_X509_value(lists[l], i);

			if (X509_NAME_cmp(X509_get_issuer_name(x), si->issuer_and_serial->issuer) == 0 &&
			    ASN1_INTEGER_cmp(X509_get0_serialNumber(x), si->issuer_and_serial->serial) == 0) {
				*out = x;
				return true;
			}
		}
	return fail(e, ERR_ABSENT, "the time stamp's certificate is not at hand");
}

static bool
compute(PKCS7 *cms, PKCS7_SIGNER_INFO *si, X509 *signer, struct err *e)
{
	own(BIO) *content = PKCS7_dataInit(cms, NULL);
	unsigned char piece[4096];

	if (content == NULL)
		return fail_ossl(e, ERR_INPUT, "the time stamp has no content");
	while (BIO_read(content, piece, sizeof(piece)) > 0)
		continue;
	if (PKCS7_signatureVerify(content, cms, si, signer) != 1)
		return fail_ossl(e, ERR_INPUT, "the time stamp's signature does not verify");
	ERR_clear_error();
	return true;
}

/* token: the whole of cms. */
static bool
check_signature(PKCS7 *cms, struct span token, X509 **signer, const cert_list *mine, const cert_list *bag, struct err *e)
{
	STACK_OF(PKCS7_SIGNER_INFO) *all = PKCS7_get_signer_info(cms);
	struct proved_name name;
	PKCS7_SIGNER_INFO *si;

	if (sk_PKCS7_SIGNER_INFO_num(all) != 1)
		return fail(e, ERR_INPUT, "a time stamp has one signer (RFC 3161 2.4.2)");
	si = sk_PKCS7_SIGNER_INFO_value(all, 0);
	if (!is_taken(OBJ_obj2nid(si->digest_alg->algorithm)))
		return fail(e, ERR_POLICY, "the time stamp is signed over another digest than SHA-256, SHA-384 or SHA-512");
	if (!find_signer(signer, mine, si, bag, e) || !check_signer(*signer, e) || !check_ess(si, *signer, e))
		return false;
	name = proved_name(PROVED_STAMP, token, *signer);
	if (proved_before(&name))
		return true;
	if (!compute(cms, si, *signer, e))
		return false;
	proved_now(&name);
	return true;
}

/* OpenSSL's name -> ours. */
static void
digest_word(char *out, size_t size, const EVP_MD *md)
{
	static const struct { const char *name, *word; } words[] = { { "SHA256", "sha256" }, { "SHA384", "sha384" }, { "SHA512", "sha512" } };

	snprintf(out, size, "%s", md == NULL ? "" : EVP_MD_get0_name(md));
	for (size_t i = 0; md != NULL && i < sizeof(words) / sizeof(words[0]); i++)
		if (EVP_MD_is_a(md, words[i].name))
			snprintf(out, size, "%s", words[i].word);
}

static void
take_algorithms(struct tst *t, PKCS7 *cms, TS_TST_INFO *info, X509 *signer)
{
	const PKCS7_SIGNER_INFO *si = sk_PKCS7_SIGNER_INFO_value(PKCS7_get_signer_info(cms), 0);
	bool rsa = EVP_PKEY_get_base_id(X509_get0_pubkey(signer)) == EVP_PKEY_RSA;

	digest_word(t->algorithm[0], sizeof(t->algorithm[0]), imprint_digest(info));
	digest_word(t->algorithm[1], sizeof(t->algorithm[1]), EVP_get_digestbyobj(si->digest_alg->algorithm));
	snprintf(t->algorithm[2], sizeof(t->algorithm[2]), "%s", rsa ? "rsa-sha256" : "ecdsa-sha256");
}

static bool
take_facts(struct tst *t, TS_TST_INFO *info, struct err *e)
{
	const TS_ACCURACY *accuracy = TS_TST_INFO_get_accuracy(info);
	const ASN1_INTEGER *nonce = TS_TST_INFO_get_nonce(info);
	own_struct(buf) serial = buf_new(sizeof(t->serial) - 1);

	t->time = asn1_time_secs(TS_TST_INFO_get_time(info));
	if (t->time == INT64_MIN)
		return fail(e, ERR_INPUT, "the time stamp's time is not readable");
	if (accuracy != NULL) {
		const ASN1_INTEGER *secs = TS_ACCURACY_get_seconds(accuracy);

		t->accuracy_secs = (secs != NULL ? ASN1_INTEGER_get(secs) : 0) + (TS_ACCURACY_get_millis(accuracy) != NULL);
	}
	if (nonce != NULL && (ASN1_STRING_type(nonce) & V_ASN1_NEG) == 0 && ASN1_STRING_length(nonce) <= TST_NONCE_MAX) {
		t->nonce_len = (size_t)ASN1_STRING_length(nonce);
		memcpy(t->nonce, ASN1_STRING_get0_data(nonce), t->nonce_len);
	}
	serial_hex(&serial, TS_TST_INFO_get_serial(info));
	if (!buf_ok(&serial, "the time stamp's serial number", e))
		return false;
	snprintf(t->serial, sizeof(t->serial), "%s", buf_str(&serial));
	OBJ_obj2txt(t->policy, sizeof(t->policy), TS_TST_INFO_get_policy_id(info), 1);
	return true;
}

bool
tst_check(struct tst *out, struct span token, const EVP_MD *md, struct span imprint, const cert_list *bag, struct err *e)
{
	own(PKCS7) *cms = NULL;
	own(cert_list) *mine = NULL;
	struct tst t = { 0 };
	TS_TST_INFO *info;
	X509 *signer = NULL;
	bool good;

	if (!decode(&cms, token, e) || !take_certificates(&mine, cms, e))
		return false;
	info = PKCS7_to_TS_TST_INFO(cms);
	if (info == NULL)
		return fail_ossl(e, ERR_INPUT, "not a time-stamp token (RFC 3161 2.4.2)");
	good = check_imprint(info, md, imprint, e) && check_signature(cms, token, &signer, mine, bag, e) && take_facts(&t, info, e);
	if (good)
		take_algorithms(&t, cms, info, signer);
	TS_TST_INFO_free(info);
	if (!good)
		return false;
	promise(X509_up_ref(signer) == 1);
	t.signer = signer;
	t.bag = take(&mine);
	*out = t;
	return true;
}

/* TimeStampResp { PKIStatusInfo, ContentInfo OPTIONAL } (RFC 3161 2.4.2): two spans, the second
 * may be empty.  d2i_TS_RESP would decode the keys of the token's certificates,
 * which tst_check does where it needs them. */
static bool
split_response(struct span *status, struct span *token, struct span response)
{
	const unsigned char *p = response.ptr, *end = response.ptr + response.len;
	long len;
	int tag, class;

	if (response.len > LONG_MAX || ASN1_get_object(&p, &len, &tag, &class, (long)response.len) != V_ASN1_CONSTRUCTED ||
	    tag != V_ASN1_SEQUENCE || class != V_ASN1_UNIVERSAL || p + len != end)
		return false;
	status->ptr = p;
	if (ASN1_get_object(&p, &len, &tag, &class, end - p) != V_ASN1_CONSTRUCTED || tag != V_ASN1_SEQUENCE || class != V_ASN1_UNIVERSAL)
		return false;
	p += len;
	status->len = (size_t)(p - status->ptr);
	*token = span_of(p, (size_t)(end - p));
	return true;
}

bool
tst_of_response(struct buf *token, struct span response, struct err *e)
{
	static const struct { int bit; enum err_class class; const char *name; } failures[] = {
		{ TS_INFO_BAD_ALG, ERR_POLICY, "badAlg" }, { TS_INFO_BAD_REQUEST, ERR_INPUT, "badRequest" }, { TS_INFO_BAD_DATA_FORMAT, ERR_INPUT, "badDataFormat" },
		{ TS_INFO_TIME_NOT_AVAILABLE, ERR_LATER, "timeNotAvailable" }, { TS_INFO_UNACCEPTED_POLICY, ERR_POLICY, "unacceptedPolicy" },
		{ TS_INFO_UNACCEPTED_EXTENSION, ERR_POLICY, "unacceptedExtension" }, { TS_INFO_SYSTEM_FAILURE, ERR_LATER, "systemFailure" },
	};
	struct span head, inner;
	const unsigned char *p;
	own(TS_STATUS_INFO) *status = NULL;
	own(PKCS7) *cms = NULL;
	unsigned char *der = NULL;
	int n;

	if (!split_response(&head, &inner, response))
		return fail_ossl(e, ERR_INPUT, "not a time-stamp response");
	p = head.ptr;
	status = d2i_TS_STATUS_INFO(NULL, &p, (long)head.len);
	if (status == NULL || p != head.ptr + head.len || (inner.len > 0 && !pkcs7_shell_from_der(&cms, inner, e)))
		return fail_ossl(e, ERR_INPUT, "not a time-stamp response");
	if (ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(status)) > TS_STATUS_GRANTED_WITH_MODS || cms == NULL) {
		const ASN1_BIT_STRING *bits = TS_STATUS_INFO_get0_failure_info(status);

		for (size_t i = 0; bits != NULL && i < sizeof(failures) / sizeof(failures[0]); i++)
			if (ASN1_BIT_STRING_get_bit(bits, failures[i].bit))
				return fail(e, failures[i].class, "the time-stamping authority refused: %s", failures[i].name);
		return fail(e, ERR_LATER, "the time-stamping authority refused without saying why");
	}
	n = i2d_PKCS7(cms, &der);
	promise(n > 0);
	buf_put(token, der, (size_t)n);
	OPENSSL_free(der);
	return buf_ok(token, "time stamp", e);
}

void
tst_request(struct buf *out, const EVP_MD *md, struct span imprint, struct span nonce)
{
	own(TS_REQ) *req = TS_REQ_new();
	TS_MSG_IMPRINT *m = TS_MSG_IMPRINT_new();
	X509_ALGOR *alg = X509_ALGOR_new();
	unsigned char *der = NULL;
	own(ASN1_INTEGER) *number = ASN1_INTEGER_new();
	int n;

	promise(number != NULL && ASN1_STRING_set(number, nonce.ptr, (int)nonce.len) == 1);
	promise(req != NULL && m != NULL && alg != NULL && X509_ALGOR_set0(alg, OBJ_nid2obj(EVP_MD_get_type(md)), V_ASN1_NULL, NULL) == 1 &&
	    TS_REQ_set_version(req, 1) == 1 && TS_MSG_IMPRINT_set_algo(m, alg) == 1 &&
	    TS_MSG_IMPRINT_set_msg(m, (unsigned char *)imprint.ptr, (int)imprint.len) == 1 && TS_REQ_set_msg_imprint(req, m) == 1 &&
	    TS_REQ_set_cert_req(req, 1) == 1 && (nonce.len == 0 || TS_REQ_set_nonce(req, number) == 1));
	n = i2d_TS_REQ(req, &der);
	promise(n > 0);
	buf_put(out, der, (size_t)n);
	OPENSSL_free(der);
	X509_ALGOR_free(alg);
	TS_MSG_IMPRINT_free(m);
}
