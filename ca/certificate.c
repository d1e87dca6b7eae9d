#include "ca/certificate.h"

#include "base/clock.h"
#include "base/text.h"

#include <openssl/err.h>

#include <stdio.h>
#include <time.h>

#define COUNTRY "VN"

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
put_subject(X509 *x, const struct certificate_plan *p, struct err *e)
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
	promise(X509_set_subject_name(x, n) == 1);
	return true;
}

static bool
put_ext(X509 *x, X509 *issuer, int nid, const char *value, struct err *e)
{
	X509V3_CTX ctx;
	own(X509_EXTENSION) *ext = NULL;

	X509V3_set_ctx(&ctx, issuer == NULL ? x : issuer, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (ext == NULL || X509_add_ext(x, ext, -1) != 1)
		return fail_ossl(e, ERR_BUG, "cannot make the extension %s", OBJ_nid2sn(nid));
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
put_basic(X509 *x, X509 *issuer, const struct profile *f, struct err *e)
{
	char value[64];

	if (!f->ca)
		return put_ext(x, issuer, NID_basic_constraints, "critical,CA:FALSE", e);
	if (f->path_length < 0)
		return put_ext(x, issuer, NID_basic_constraints, "critical,CA:TRUE", e);
	snprintf(value, sizeof(value), "critical,CA:TRUE,pathlen:%lld", (long long)f->path_length);
	return put_ext(x, issuer, NID_basic_constraints, value, e);
}

static bool
put_usage(X509 *x, X509 *issuer, const struct profile *f, struct err *e)
{
	own_struct(buf) usage = buf_new(256);
	own_struct(buf) eku = buf_new(256);

	words_to_value(&usage, f->key_usage, true);
	words_to_value(&eku, f->eku, f->eku_critical);
	if (!put_ext(x, issuer, NID_key_usage, buf_str(&usage), e))
		return false;
	return f->eku[0] == '\0' || put_ext(x, issuer, NID_ext_key_usage, buf_str(&eku), e);
}

/* RFC 6125: a TLS server is known by its subjectAltName; RFC 6960 4.2.2.2.1:
 * nobody asks for a responder's own status. */
static bool
put_special(X509 *x, X509 *issuer, const struct certificate_plan *p, struct err *e)
{
	char value[300];

	if (word_in(p->profile->eku, "OCSPSigning"))
		return put_ext(x, issuer, NID_id_pkix_OCSP_noCheck, "ignored", e);
	if (!word_in(p->profile->eku, "serverAuth"))
		return true;
	if (strpbrk(p->name, ",:;= ") != NULL)
		return fail(e, ERR_INPUT, "the name of a server is a host name");
	snprintf(value, sizeof(value), "DNS:%s", p->name);
	return put_ext(x, issuer, NID_subject_alt_name, value, e);
}

/* OpenSSL's text form of this one asks for a configuration file. */
static bool
put_policy(X509 *x, const char *oid, struct err *e)
{
	CERTIFICATEPOLICIES *all = sk_POLICYINFO_new_null();
	POLICYINFO *one = POLICYINFO_new();
	bool good;

	promise(all != NULL && one != NULL);
	ASN1_OBJECT_free(one->policyid);
	one->policyid = OBJ_txt2obj(oid, 1);
	promise(sk_POLICYINFO_push(all, one) > 0);
	good = one->policyid != NULL && X509_add1_ext_i2d(x, NID_certificate_policies, all, 0, X509V3_ADD_APPEND) == 1;
	CERTIFICATEPOLICIES_free(all);
	return good || fail_ossl(e, ERR_BUG, "cannot make the certificate policy %s", oid);
}

static bool
put_extensions(X509 *x, X509 *issuer, const struct certificate_plan *p, struct err *e)
{
	char value[300];

	if (!put_basic(x, issuer, p->profile, e) || !put_usage(x, issuer, p->profile, e) ||
	    !put_ext(x, issuer, NID_subject_key_identifier, "hash", e) ||
	    !put_ext(x, issuer, NID_authority_key_identifier, "keyid:always", e) ||
	    !put_special(x, issuer, p, e))
		return false;
	/* The root is taken as given: it has neither policies nor a status. */
	if (issuer == NULL)
		return true;
	snprintf(value, sizeof(value), "URI:%s", p->crl_url);
	return put_policy(x, p->tier->policy, e) &&
	    put_ext(x, issuer, NID_crl_distribution_points, value, e);
}

static bool
put_key(X509 *x, const struct certificate_plan *p, struct err *e)
{
	own(EVP_PKEY) *key = NULL;

	if (!pubkey_from_spki(&key, span_of(p->spki, p->spki_len), e))
		return fail_in(e, "the key to be certified");
	if (X509_set_pubkey(x, key) != 1)
		return fail_ossl(e, ERR_INPUT, "the key to be certified");
	return true;
}

/* The signature algorithm stands inside the to-be-signed octets too; OpenSSL
 * fills it only while signing, and this is signed elsewhere. */
static bool
set_algorithm(X509 *x)
{
	X509_ALGOR *inner = (X509_ALGOR *)X509_get0_tbs_sigalg(x);

	return X509_ALGOR_set0(inner, OBJ_nid2obj(NID_ecdsa_with_SHA256), V_ASN1_UNDEF, NULL) == 1;
}

static bool
put_dates(X509 *x, const struct certificate_plan *p)
{
	return ASN1_TIME_adj(X509_getm_notBefore(x), (time_t)p->not_before, 0, 0) != NULL &&
	    ASN1_TIME_adj(X509_getm_notAfter(x), (time_t)p->not_after, 0, 0) != NULL;
}

static bool
put_serial(X509 *x, const struct serial *s)
{
	own(BIGNUM) *n = BN_bin2bn(s->octet, SERIAL_LEN, NULL);

	return n != NULL && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;
}

bool
certificate_tbs(struct buf *out, const struct certificate_plan *p, X509 *issuer, struct err *e)
{
	own(X509) *x = X509_new();
	unsigned char *der = NULL;
	int n;

	promise(x != NULL && X509_set_version(x, X509_VERSION_3) == 1);
	promise(put_serial(x, &p->serial) && put_dates(x, p) && set_algorithm(x));
	if (!put_subject(x, p, e) || !put_key(x, p, e))
		return false;
	promise(X509_set_issuer_name(x, issuer == NULL ? X509_get_subject_name(x) : X509_get_subject_name(issuer)) == 1);
	if (!put_extensions(x, issuer, p, e))
		return false;
	n = i2d_re_X509_tbs(x, &der);
	promise(n > 0);
	buf_put(out, der, (size_t)n);
	OPENSSL_free(der);
	return buf_ok(out, "certificate", e);
}
