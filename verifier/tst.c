#include "verifier/tst.h"

#include "verifier/cades.h"
#include "verifier/proved.h"
#include "verifier/tlv.h"

#include <openssl/err.h>

#include <stdio.h>

#define DEPTH_MAX 32

void
tst_drop(struct tst *t)
{
	X509_free(t->signer);
	cert_list_free(t->bag);
	t->signer = NULL;
	t->bag = NULL;
}

#define OID_TST_INFO "1.2.840.113549.1.9.16.1.4"

/* A token is DER; one in BER, as a few authorities give it, is written anew. */
static bool
der_of(struct buf *out, struct span token, struct err *e)
{
	own(PKCS7) *cms = NULL;
	struct span rest = token;
	unsigned char *der = NULL;
	struct tlv whole;
	int n;

	if (tlv_take(&whole, &rest, TLV_SEQUENCE) && rest.len == 0 && tlv_well_formed(whole.body, DEPTH_MAX)) {
		buf_put_span(out, token);
		return buf_ok(out, "time stamp", e);
	}
	if (!pkcs7_shell_from_der(&cms, token, e))
		return fail_in(e, "time-stamp token");
	n = i2d_PKCS7(cms, &der);
	ERR_clear_error();
	buf_put(out, der, n > 0 ? (size_t)n : 0);
	OPENSSL_free(der);
	return n > 0 ? buf_ok(out, "time stamp", e) : fail(e, ERR_INPUT, "time-stamp token: it cannot be written in DER");
}

/* One that was opened: what is signed, and by whom. */
struct opened { struct cades cms; TS_TST_INFO *info; };

static void
opened_drop(struct opened *o)
{
	cades_drop(&o->cms);
	TS_TST_INFO_free(o->info);
}

static bool
open_content(struct opened *o, struct err *e)
{
	const unsigned char *p = o->cms.content.ptr;

	if (strcmp(o->cms.content_type, OID_TST_INFO) != 0 || !o->cms.attached)
		return fail(e, ERR_INPUT, "not a time-stamp token (RFC 3161 2.4.2)");
	if (o->cms.nsigners != 1)
		return fail(e, ERR_INPUT, "a time stamp has one signer (RFC 3161 2.4.2)");
	o->info = d2i_TS_TST_INFO(NULL, &p, (long)o->cms.content.len);
	if (o->info == NULL || p != o->cms.content.ptr + o->cms.content.len)
		return fail_ossl(e, ERR_INPUT, "not a time-stamp token (RFC 3161 2.4.2)");
	return true;
}

/* *o is dropped in any case. */
static bool
open_token(struct opened *o, struct span token, struct err *e)
{
	own_struct(buf) der = buf_new(TST_MAX);

	if (token.len > TST_MAX)
		return fail(e, ERR_LIMIT, "a time stamp of more than %u bytes", TST_MAX);
	if (!der_of(&der, token, e))
		return false;
	return (cades_read(&o->cms, buf_span(&der), e) || fail_in(e, "time-stamp token")) && open_content(o, e);
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
	own_struct(opened) o = { .info = NULL };
	struct err e;

	return open_token(&o, token, &e) ? imprint_digest(o.info) : NULL;
}

bool
tst_imprint_read(struct tst_imprint *out, struct span token, struct err *e)
{
	own_struct(opened) o = { .info = NULL };
	const ASN1_OCTET_STRING *got;

	if (!open_token(&o, token, e))
		return false;
	got = TS_MSG_IMPRINT_get_msg(TS_TST_INFO_get_msg_imprint(o.info));
	if (TS_TST_INFO_get_version(o.info) != 1 || ASN1_STRING_length(got) > EVP_MAX_MD_SIZE || asn1_time_secs(TS_TST_INFO_get_time(o.info)) == INT64_MIN)
		return fail(e, ERR_INPUT, "a time stamp of version 1, with a time and one digest is taken (RFC 3161 2.4.2)");
	*out = (struct tst_imprint){ .md = imprint_digest(o.info), .len = (size_t)ASN1_STRING_length(got) };
	memcpy(out->octet, ASN1_STRING_get0_data(got), out->len);
	return true;
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

/* RFC 5816: by the hash that signing-certificate-v2 has by default. */
static bool
find_signer(X509 **out, const struct cades *cms, const cert_list *bag, struct err *e)
{
	const struct cades_signer *s = &cms->signer[0];

	if (!s->has_ess || strcmp(s->ess_digest->policy_id, "sha256") != 0)
		return fail(e, ERR_POLICY, "the time stamp has no signing-certificate-v2 by SHA-256 (RFC 5816)");
	*out = cades_signer_certificate(cms, s, bag);
	return *out != NULL || fail(e, ERR_ABSENT, "the time stamp's certificate is not at hand");
}

static bool
compute(const struct cades *cms, X509 *signer, struct err *e)
{
	const struct cades_signer *s = &cms->signer[0];

	return (cades_digest_holds(s, cms->content) && cades_signature_holds(s, signer)) || fail(e, ERR_INPUT, "the time stamp's signature does not verify");
}

static bool
check_signature(const struct cades *cms, X509 **signer, const cert_list *bag, struct err *e)
{
	const struct cades_signer *s = &cms->signer[0];
	struct proved_name name;

	if (!word_in("sha256 sha384 sha512", s->digest->policy_id))
		return fail(e, ERR_POLICY, "the time stamp is signed over another digest than SHA-256, SHA-384 or SHA-512");
	if (!word_in("rsa ecdsa", s->method->family))
		return fail(e, ERR_POLICY, "the time stamp is signed by another algorithm than RSA (PKCS #1) or ECDSA");
	if (!find_signer(signer, cms, bag, e) || !check_signer(*signer, e))
		return false;
	name = proved_name(PROVED_STAMP, buf_span(&cms->der), *signer);
	if (proved_before(&name))
		return true;
	if (!compute(cms, *signer, e))
		return false;
	proved_now(&name);
	return true;
}

static void
take_algorithms(struct tst *t, const struct opened *o)
{
	static const struct { int nid; const char *word; } words[] = { { NID_sha256, "sha256" }, { NID_sha384, "sha384" }, { NID_sha512, "sha512" } };
	const struct cades_signer *s = &o->cms.signer[0];
	int nid = EVP_MD_get_type(imprint_digest(o->info));

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].nid == nid)
			snprintf(t->algorithm[0], sizeof(t->algorithm[0]), "%s", words[i].word);
	snprintf(t->algorithm[1], sizeof(t->algorithm[1]), "%s", s->digest->policy_id);
	snprintf(t->algorithm[2], sizeof(t->algorithm[2]), "%s-sha256", s->method->family);
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
	own_struct(opened) o = { .info = NULL };
	struct tst t = { 0 };
	X509 *signer = NULL;

	if (!open_token(&o, token, e) || !check_imprint(o.info, md, imprint, e) || !check_signature(&o.cms, &signer, bag, e) || !take_facts(&t, o.info, e))
		return false;
	take_algorithms(&t, &o);
	promise(X509_up_ref(signer) == 1);
	t.signer = signer;
	t.bag = take(&o.cms.bag);
	*out = t;
	return true;
}

/* TimeStampResp { PKIStatusInfo, ContentInfo OPTIONAL } (RFC 3161 2.4.2): two spans, the second
 * may be empty.  d2i_TS_RESP would decode the token too, which tst_check does. */
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

	if (!split_response(&head, &inner, response))
		return fail_ossl(e, ERR_INPUT, "not a time-stamp response");
	p = head.ptr;
	status = d2i_TS_STATUS_INFO(NULL, &p, (long)head.len);
	if (status == NULL || p != head.ptr + head.len)
		return fail_ossl(e, ERR_INPUT, "not a time-stamp response");
	if (ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(status)) > TS_STATUS_GRANTED_WITH_MODS || inner.len == 0) {
		const ASN1_BIT_STRING *bits = TS_STATUS_INFO_get0_failure_info(status);

		for (size_t i = 0; bits != NULL && i < sizeof(failures) / sizeof(failures[0]); i++)
			if (ASN1_BIT_STRING_get_bit(bits, failures[i].bit))
				return fail(e, failures[i].class, "the time-stamping authority refused: %s", failures[i].name);
		return fail(e, ERR_LATER, "the time-stamping authority refused without saying why");
	}
	return der_of(token, inner, e) || fail(e, ERR_INPUT, "not a time-stamp response");
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
