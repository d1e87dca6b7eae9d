#include "ca/certificate.h"

#include "base/clock.h"
#include "ca/der.h"

#include <openssl/err.h>

#include <stdio.h>

#define COUNTRY "VN"
#define CERTIFICATE_MAX 4096

bool
certificate_dates(struct certificate_plan *p, X509 *issuer, int64_t now, struct err *e)
{
	int64_t last = asn1_time_secs(X509_get0_notAfter(issuer));

	p->not_before = now - BACKDATE_SECS;
	p->not_after = now + p->profile->years * 365 * DAY_SECS;
	if (p->not_after > last)
		p->not_after = last;
	if (p->not_before < asn1_time_secs(X509_get0_notBefore(issuer)))
		p->not_before = asn1_time_secs(X509_get0_notBefore(issuer));
	return p->not_after > now + DAY_SECS ||
	    fail(e, ERR_POLICY, "the issuing certificate ends too soon for a new certificate");
}

static bool
put_attr(X509_NAME *n, int nid, int type, const char *text, struct err *e)
{
	if (text[0] == '\0')
		return true;
	if (X509_NAME_add_entry_by_NID(n, nid, type, (const unsigned char *)text, -1, -1, 0) != 1)
		return fail_ossl(e, ERR_INPUT, "subject: cannot take the %s", OBJ_nid2ln(nid));
	return true;
}

/* The order of the contract: C, O, organizationIdentifier, title, CN, serialNumber. */
static bool
make_subject(X509_NAME **out, const struct certificate_plan *p, struct err *e)
{
	own(X509_NAME) *n = X509_NAME_new();

	promise(n != NULL);
	if (!put_attr(n, NID_countryName, V_ASN1_PRINTABLESTRING, COUNTRY, e) ||
	    !put_attr(n, NID_organizationName, V_ASN1_UTF8STRING, p->organisation, e) ||
	    !put_attr(n, NID_organizationIdentifier, V_ASN1_UTF8STRING, p->agency, e) ||
	    !put_attr(n, NID_title, V_ASN1_UTF8STRING, p->title, e) ||
	    !put_attr(n, NID_commonName, V_ASN1_UTF8STRING, p->name, e) ||
	    !put_attr(n, NID_serialNumber, V_ASN1_PRINTABLESTRING, p->person, e))
		return false;
	*out = take(&n);
	return true;
}

/*
 * Extensions, each made by OpenSSL from its text form, in the order written.
 */

static void
put_extension(struct buf *out, X509_EXTENSION *x)
{
	unsigned char *der = NULL;
	int n = i2d_X509_EXTENSION(x, &der);

	promise(n > 0);
	buf_put(out, der, (size_t)n);
	OPENSSL_free(der);
}

static bool
put_ext(struct buf *out, int nid, const char *value, struct err *e)
{
	X509V3_CTX ctx;
	own(X509_EXTENSION) *ext = NULL;

	X509V3_set_ctx(&ctx, NULL, NULL, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (ext == NULL)
		return fail_ossl(e, ERR_BUG, "cannot make the extension %s", OBJ_nid2sn(nid));
	put_extension(out, ext);
	return true;
}

static bool
put_ext_struct(struct buf *out, int nid, void *value, struct err *e)
{
	own(X509_EXTENSION) *ext = X509V3_EXT_i2d(nid, 0, value);

	if (ext == NULL)
		return fail_ossl(e, ERR_BUG, "cannot make the extension %s", OBJ_nid2sn(nid));
	put_extension(out, ext);
	return true;
}

/* "digitalSignature nonRepudiation" -> "critical,digitalSignature,nonRepudiation" */
static void
words_to_value(struct buf *out, const char *words, bool critical)
{
	const char *comma = critical ? "," : "";

	buf_put_str(out, critical ? "critical" : "");
	for (const char *w = words; *w != '\0'; w += strspn(w, " ")) {
		size_t n = strcspn(w, " ");

		buf_put_str(out, comma);
		buf_put(out, w, n);
		comma = ",";
		w += n;
	}
}

static bool
put_basic(struct buf *out, const struct profile *f, struct err *e)
{
	char value[64];

	if (!f->ca)
		return put_ext(out, NID_basic_constraints, "critical,CA:FALSE", e);
	if (f->path_length < 0)
		return put_ext(out, NID_basic_constraints, "critical,CA:TRUE", e);
	snprintf(value, sizeof(value), "critical,CA:TRUE,pathlen:%lld", (long long)f->path_length);
	return put_ext(out, NID_basic_constraints, value, e);
}

static bool
put_usage(struct buf *out, const struct profile *f, struct err *e)
{
	own_struct(buf) usage = buf_new(256);
	own_struct(buf) eku = buf_new(256);

	words_to_value(&usage, f->key_usage, true);
	words_to_value(&eku, f->eku, f->eku_critical);
	if (!put_ext(out, NID_key_usage, buf_str(&usage), e))
		return false;
	return f->eku[0] == '\0' || put_ext(out, NID_ext_key_usage, buf_str(&eku), e);
}

/* RFC 5280 4.2.1.6; made without OpenSSL's text form, where a comma would begin
 * another name. */
static bool
put_mailbox(struct buf *out, const char *mail, struct err *e)
{
	GENERAL_NAMES *all = sk_GENERAL_NAME_new_null();
	GENERAL_NAME *one = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();
	bool good;

	promise(all != NULL && one != NULL && text != NULL && ASN1_STRING_set(text, mail, -1) == 1);
	GENERAL_NAME_set0_value(one, GEN_EMAIL, text);
	promise(sk_GENERAL_NAME_push(all, one) > 0);
	good = put_ext_struct(out, NID_subject_alt_name, all, e);
	GENERAL_NAMES_free(all);
	return good;
}

/* RFC 6125: a TLS server is known by its subjectAltName; RFC 6960 4.2.2.2.1:
 * nobody asks for a responder's own status. */
static bool
put_special(struct buf *out, const struct certificate_plan *p, struct err *e)
{
	char value[300];

	if (word_in(p->profile->eku, "OCSPSigning"))
		return put_ext(out, NID_id_pkix_OCSP_noCheck, "ignored", e);
	if (word_in(p->profile->eku, "emailProtection"))
		return put_mailbox(out, p->mail, e);
	if (!word_in(p->profile->eku, "serverAuth"))
		return true;
	if (strpbrk(p->name, ",:;= ") != NULL)
		return fail(e, ERR_INPUT, "the name of a server is a host name or an IPv4 address");
	snprintf(value, sizeof(value), "%s:%s", p->name[strspn(p->name, "0123456789.")] == '\0' ? "IP" : "DNS", p->name);
	return put_ext(out, NID_subject_alt_name, value, e);
}

/* The key's bits in SubjectPublicKeyInfo, SEQUENCE { algorithm, BIT STRING }.
 * Only sliced: OpenSSL takes 0.1 ms to decode a key, and the lints do it. */
static bool
key_bits(struct span *out, const struct certificate_plan *p, struct err *e)
{
	const unsigned char *at = p->spki, *end = p->spki + p->spki_len;
	int tag, class;
	long len;

	if (ASN1_get_object(&at, &len, &tag, &class, end - at) != V_ASN1_CONSTRUCTED || tag != V_ASN1_SEQUENCE || at + len != end ||
	    ASN1_get_object(&at, &len, &tag, &class, end - at) != V_ASN1_CONSTRUCTED || tag != V_ASN1_SEQUENCE)
		return fail_ossl(e, ERR_INPUT, "the key to be certified is no SubjectPublicKeyInfo");
	at += len;
	if (ASN1_get_object(&at, &len, &tag, &class, end - at) != 0 || tag != V_ASN1_BIT_STRING || at + len != end || len < 2)
		return fail_ossl(e, ERR_INPUT, "the key to be certified is no SubjectPublicKeyInfo");
	*out = span_of(at + 1, (size_t)len - 1);
	return true;
}

/* RFC 5280 4.2.1.2, method 1: SHA-1 of the key's bits; a name, not a protection. */
static bool
key_identifier(ASN1_OCTET_STRING **out, const struct certificate_plan *p, struct err *e)
{
	own(ASN1_OCTET_STRING) *id = ASN1_OCTET_STRING_new();
	unsigned char hash[20];
	struct span bits = SPAN_NONE;

	if (!key_bits(&bits, p, e))
		return false;
	promise(EVP_Digest(bits.ptr, bits.len, hash, NULL, EVP_sha1(), NULL) == 1);
	promise(id != NULL && ASN1_OCTET_STRING_set(id, hash, sizeof(hash)) == 1);
	*out = take(&id);
	return true;
}

static bool
put_own_id(struct buf *out, const struct certificate_plan *p, struct err *e)
{
	own(ASN1_OCTET_STRING) *id = NULL;

	return key_identifier(&id, p, e) && put_ext_struct(out, NID_subject_key_identifier, id, e);
}

static bool
put_issuer_id(struct buf *out, const struct certificate_plan *p, X509 *issuer, struct err *e)
{
	own(ASN1_OCTET_STRING) *own_id = NULL;
	AUTHORITY_KEYID aki = { .keyid = NULL };

	if (issuer == NULL && !key_identifier(&own_id, p, e))
		return false;
	aki.keyid = issuer == NULL ? own_id : (ASN1_OCTET_STRING *)X509_get0_subject_key_id(issuer);
	if (aki.keyid == NULL)
		return fail_ossl(e, ERR_BUG, "the issuer has no subject key identifier");
	return put_ext_struct(out, NID_authority_key_identifier, &aki, e);
}

/* OpenSSL's text form of this one asks for a configuration file. */
static bool
put_policy(struct buf *out, const char *oid, struct err *e)
{
	CERTIFICATEPOLICIES *all = sk_POLICYINFO_new_null();
	POLICYINFO *one = POLICYINFO_new();
	bool good;

	promise(all != NULL && one != NULL);
	ASN1_OBJECT_free(one->policyid);
	one->policyid = OBJ_txt2obj(oid, 1);
	promise(sk_POLICYINFO_push(all, one) > 0);
	good = one->policyid != NULL ? put_ext_struct(out, NID_certificate_policies, all, e) :
	    fail_ossl(e, ERR_BUG, "%s is no policy OID", oid);
	CERTIFICATEPOLICIES_free(all);
	return good;
}

/* The root is taken as given: it has neither policies nor a status. */
static bool
put_status(struct buf *out, const struct certificate_plan *p, X509 *issuer, struct err *e)
{
	char value[300];

	if (issuer == NULL)
		return true;
	snprintf(value, sizeof(value), "URI:%s", p->crl_url);
	if (!put_policy(out, p->policy, e) || !put_ext(out, NID_crl_distribution_points, value, e))
		return false;
	snprintf(value, sizeof(value), "OCSP;URI:%s", p->ocsp_url);
	return !p->profile->ocsp || put_ext(out, NID_info_access, value, e);
}

void
certificate_common_drop(struct certificate_common *c)
{
	buf_drop(&c->first);
	buf_drop(&c->issuer_id);
	buf_drop(&c->last);
	c->profile = NULL;
}

static bool
common_make(struct certificate_common *c, const struct certificate_plan *p, X509 *issuer, struct err *e)
{
	if (c->profile == p->profile)
		return true;
	certificate_common_drop(c);
	c->first = buf_new(CERTIFICATE_MAX);
	c->issuer_id = buf_new(CERTIFICATE_MAX);
	c->last = buf_new(CERTIFICATE_MAX);
	if (!put_basic(&c->first, p->profile, e) || !put_usage(&c->first, p->profile, e) || !put_issuer_id(&c->issuer_id, p, issuer, e) ||
	    !put_status(&c->last, p, issuer, e) ||
	    !buf_ok(&c->first, "extensions", e) || !buf_ok(&c->issuer_id, "extensions", e) || !buf_ok(&c->last, "extensions", e))
		return false;
	c->profile = p->profile;
	return true;
}

static bool
put_extensions(struct buf *out, const struct certificate_plan *p, X509 *issuer, struct certificate_common *c, struct err *e)
{
	if (!common_make(c, p, issuer, e))
		return false;
	buf_put_span(out, buf_span(&c->first));
	if (!put_own_id(out, p, e))
		return false;
	buf_put_span(out, buf_span(&c->issuer_id));
	if (!put_special(out, p, e))
		return false;
	buf_put_span(out, buf_span(&c->last));
	return true;
}

static void
put_name(struct buf *out, X509_NAME *n)
{
	const unsigned char *der;
	size_t len;

	promise(X509_NAME_get0_der(n, &der, &len) == 1);
	buf_put(out, der, len);
}

static void
put_validity(struct buf *out, const struct certificate_plan *p)
{
	own_struct(buf) both = buf_new(64);

	der_time(&both, p->not_before);
	der_time(&both, p->not_after);
	der_put(out, 0x30, buf_span(&both));
}

/* Everything before the extensions, RFC 5280 4.1.2; version 3 is written 2. */
static void
put_fields(struct buf *out, const struct certificate_plan *p, X509_NAME *issuer, X509_NAME *subject)
{
	der_put(out, 0xa0, span_of("\x02\x01\x02", 3));
	der_put(out, 0x02, span_of(p->serial.octet, SERIAL_LEN));
	der_ecdsa_sha256(out);
	put_name(out, issuer);
	put_validity(out, p);
	put_name(out, subject);
	buf_put(out, p->spki, p->spki_len);
}

bool
certificate_tbs(struct buf *out, const struct certificate_plan *p, X509 *issuer, struct certificate_common *common, struct err *e)
{
	own(X509_NAME) *subject = NULL;
	own_struct(certificate_common) once = { NULL };
	own_struct(buf) body = buf_new(CERTIFICATE_MAX);
	own_struct(buf) extensions = buf_new(CERTIFICATE_MAX);
	own_struct(buf) list = buf_new(CERTIFICATE_MAX);

	if (!make_subject(&subject, p, e) || !put_extensions(&extensions, p, issuer, common != NULL ? common : &once, e))
		return false;
	put_fields(&body, p, issuer == NULL ? subject : X509_get_subject_name(issuer), subject);
	der_put(&list, 0x30, buf_span(&extensions));
	der_put(&body, 0xa3, buf_span(&list));
	if (extensions.failed || list.failed || !buf_ok(&body, "certificate", e))
		return fail(e, ERR_LIMIT, "a certificate of more than %d bytes", CERTIFICATE_MAX);
	der_put(out, 0x30, buf_span(&body));
	return buf_ok(out, "certificate", e);
}
