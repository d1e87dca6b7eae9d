#include "base/cms.h"

#include <openssl/err.h>
#include <openssl/ess.h>

bool
cms_sign_attached(EVP_PKEY *key, X509 *cert, struct span content, struct buf *der, struct err *e)
{
	unsigned flags = CMS_BINARY | CMS_NOSMIMECAP | CMS_CADES;
	own(CMS_ContentInfo) *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_PARTIAL | CMS_BINARY);
	own(BIO) *in = BIO_new_mem_buf(content.len > 0 ? content.ptr : (const unsigned char *)"", (int)content.len);
	unsigned char *out = NULL;
	int n;

	promise(cms != NULL && in != NULL && content.len < CMS_MAX);
	if (CMS_add1_signer(cms, cert, key, EVP_sha256(), flags) == NULL || CMS_final(cms, in, NULL, flags) != 1)
		return fail_ossl(e, ERR_TOKEN, "cannot sign");
	n = i2d_CMS_ContentInfo(cms, &out);
	promise(n > 0);
	buf_put(der, out, (size_t)n);
	OPENSSL_free(out);
	return buf_ok(der, "CMS", e);
}

bool
cms_read(CMS_ContentInfo **out, struct span der, struct err *e)
{
	const unsigned char *p = der.ptr;
	own(CMS_ContentInfo) *cms = NULL;

	if (der.len > CMS_MAX)
		return fail(e, ERR_LIMIT, "a CMS message of more than %u bytes", CMS_MAX);
	cms = d2i_CMS_ContentInfo(NULL, &p, (long)der.len);
	if (cms == NULL)
		return fail_ossl(e, ERR_INPUT, "not a CMS message");
	if (p != der.ptr + der.len)
		return fail(e, ERR_INPUT, "%td bytes after the CMS message", der.ptr + der.len - p);
	if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed || OBJ_obj2nid(CMS_get0_eContentType(cms)) != NID_pkcs7_data)
		return fail(e, ERR_INPUT, "not CMS SignedData over data");
	*out = take(&cms);
	return true;
}

static bool
one_signer(CMS_SignerInfo **out, CMS_ContentInfo *cms, struct err *e)
{
	STACK_OF(CMS_SignerInfo) *all = CMS_get0_SignerInfos(cms);

	if (sk_CMS_SignerInfo_num(all) != 1)
		return fail(e, ERR_INPUT, "%d signers where one is expected", sk_CMS_SignerInfo_num(all));
	*out = sk_CMS_SignerInfo_value(all, 0);
	return true;
}

bool
cms_signer_serial(struct buf *hex, CMS_ContentInfo *cms, struct err *e)
{
	CMS_SignerInfo *si;
	ASN1_INTEGER *serial = NULL;

	if (!one_signer(&si, cms, e))
		return false;
	if (CMS_SignerInfo_get0_signer_id(si, NULL, NULL, &serial) != 1 || serial == NULL)
		return fail_ossl(e, ERR_INPUT, "the signer is not named by issuer and serial number");
	serial_hex(hex, serial);
	return buf_ok(hex, "serial number", e);
}

/* RFC 5035: the first certificate of signing-certificate-v2 is the signer's. */
static bool
check_ess(CMS_SignerInfo *si, X509 *cert, struct err *e)
{
	ASN1_STRING *attr = CMS_signed_get0_data_by_OBJ(si, OBJ_nid2obj(NID_id_smime_aa_signingCertificateV2), -3, V_ASN1_SEQUENCE);
	ESS_SIGNING_CERT_V2 *ess = NULL;
	own_struct(buf) der = buf_new(1 << 20);
	const unsigned char *p;
	unsigned char want[SHA256_LEN];
	bool good;

	if (attr == NULL)
		return fail_ossl(e, ERR_INPUT, "no signing-certificate-v2 among the signed attributes (RFC 5035)");
	p = ASN1_STRING_get0_data(attr);
	ess = d2i_ESS_SIGNING_CERT_V2(NULL, &p, ASN1_STRING_length(attr));
	if (ess == NULL)
		return fail_ossl(e, ERR_INPUT, "signing-certificate-v2 does not decode");
	cert_to_der(&der, cert);
	sha256(want, buf_span(&der));
	/* OpenSSL keeps the structure opaque; 32 octets of the digest in its DER
	 * can stand there only as the hash. */
	good = ASN1_STRING_length(attr) > SHA256_LEN &&
	    memmem(ASN1_STRING_get0_data(attr), (size_t)ASN1_STRING_length(attr), want, SHA256_LEN) != NULL;
	ESS_SIGNING_CERT_V2_free(ess);
	return good || fail(e, ERR_INPUT, "signing-certificate-v2 names another certificate");
}

static bool
check_digest(CMS_SignerInfo *si, struct err *e)
{
	X509_ALGOR *digest = NULL, *signature = NULL;
	int nid;

	CMS_SignerInfo_get0_algs(si, NULL, NULL, &digest, &signature);
	if (digest == NULL || OBJ_obj2nid(digest->algorithm) != NID_sha256)
		return fail(e, ERR_INPUT, "the digest algorithm is not SHA-256");
	/* OpenSSL goes by the key and overlooks this field. */
	nid = signature == NULL ? NID_undef : OBJ_obj2nid(signature->algorithm);
	if (nid != NID_ecdsa_with_SHA256 && nid != NID_rsaEncryption && nid != NID_sha256WithRSAEncryption && nid != NID_rsassaPss)
		return fail(e, ERR_INPUT, "the signature algorithm is not ECDSA with SHA-256 or RSA");
	if (CMS_signed_get_attr_count(si) <= 0)
		return fail(e, ERR_INPUT, "the signature has no signed attributes");
	return true;
}

static struct span
name_der(X509_NAME *n)
{
	const unsigned char *p = NULL;
	size_t len = 0;

	if (n == NULL || X509_NAME_get0_der(n, &p, &len) != 1)
		return SPAN_NONE;
	return span_of(p, len);
}

/* No signature covers certificates, CRLs and unsigned attributes: exactly the
 * signer's certificate may stand there, so that the bytes kept stay checkable. */
static bool
check_unsigned(CMS_ContentInfo *cms, CMS_SignerInfo *si, X509 *cert, struct err *e)
{
	own(cert_list) *certs = CMS_get1_certs(cms);
	STACK_OF(X509_CRL) *crls = CMS_get1_crls(cms);
	X509_NAME *issuer = NULL;
	bool none = crls == NULL;

	sk_X509_CRL_pop_free(crls, X509_CRL_free);
	if (sk_X509_num(certs) != 1 || X509_cmp(sk_X509_value(certs, 0), cert) != 0)
		return fail_ossl(e, ERR_INPUT, "beside the signature stands not just the signer's certificate");
	/* Compared byte for byte: X509_NAME_cmp folds case. */
	if (CMS_SignerInfo_get0_signer_id(si, NULL, &issuer, NULL) != 1 || !span_eq(name_der(issuer), name_der(X509_get_issuer_name(cert))))
		return fail_ossl(e, ERR_INPUT, "the signer's issuer is not written as in the certificate");
	if (!none || CMS_unsigned_get_attr_count(si) > 0)
		return fail(e, ERR_INPUT, "there are CRLs or unsigned attributes, which are not expected here");
	return true;
}

static void
claimed_time(CMS_SignerInfo *si, int64_t *out)
{
	int at = CMS_signed_get_attr_by_NID(si, NID_pkcs9_signingTime, -1);
	X509_ATTRIBUTE *a = at < 0 ? NULL : CMS_signed_get_attr(si, at);
	ASN1_TYPE *v = a == NULL ? NULL : X509_ATTRIBUTE_get0_type(a, 0);

	*out = v == NULL || (v->type != V_ASN1_UTCTIME && v->type != V_ASN1_GENERALIZEDTIME) ? INT64_MIN
	    : asn1_time_secs((const ASN1_TIME *)v->value.asn1_string);
}

bool
cms_content_unchecked(struct buf *content, CMS_ContentInfo *cms, struct err *e)
{
	ASN1_OCTET_STRING **octets = CMS_get0_content(cms);

	if (octets == NULL || *octets == NULL)
		return fail_ossl(e, ERR_INPUT, "the content is not attached");
	buf_put(content, ASN1_STRING_get0_data(*octets), (size_t)ASN1_STRING_length(*octets));
	return buf_ok(content, "content", e);
}

bool
cms_open(struct buf *content, int64_t *signed_at, CMS_ContentInfo *cms, X509 *cert, struct err *e)
{
	own(BIO) *out = BIO_new(BIO_s_mem());
	CMS_SignerInfo *si;
	char *text;
	long n;

	promise(out != NULL);
	if (!one_signer(&si, cms, e) || !check_digest(si, e))
		return false;
	if (CMS_SignerInfo_cert_cmp(si, cert) != 0)
		return fail_ossl(e, ERR_INPUT, "the signature is not by this certificate");
	CMS_SignerInfo_set1_signer_cert(si, cert);
	if (CMS_verify(cms, NULL, NULL, NULL, out, CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY | CMS_NOINTERN) != 1)
		return fail_ossl(e, ERR_INPUT, "the signature does not verify");
	ERR_clear_error();
	if (!check_ess(si, cert, e) || !check_unsigned(cms, si, cert, e))
		return false;
	claimed_time(si, signed_at);
	n = BIO_get_mem_data(out, &text);
	buf_put(content, text, (size_t)n);
	return buf_ok(content, "content", e);
}
