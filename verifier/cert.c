#include "verifier/cert.h"

#include "verifier/tlv.h"

#include <openssl/err.h>

#include <stdio.h>
#include <stdlib.h>

static bool
take_attr(char *out, size_t size, X509_NAME *name, int nid, struct err *e)
{
	own_struct(buf) b = buf_new(size - 1);

	out[0] = '\0';
	if (!name_attr(&b, name, nid, e)) {
		if (e->class == ERR_ABSENT)
			return true;
		return fail_in(e, "certificate subject");
	}
	if (memchr(b.ptr, 0, b.len) != NULL)
		return fail(e, ERR_INPUT, "certificate subject: a NUL in its %s", OBJ_nid2ln(nid));
	memcpy(out, b.ptr, b.len);
	out[b.len] = '\0';
	return true;
}

static void
take_policy(char out[128], X509 *cert)
{
	CERTIFICATEPOLICIES *all = X509_get_ext_d2i(cert, NID_certificate_policies, NULL, NULL);

	out[0] = '\0';
	if (all != NULL && sk_POLICYINFO_num(all) > 0)
		OBJ_obj2txt(out, 128, sk_POLICYINFO_value(all, 0)->policyid, 1);
	CERTIFICATEPOLICIES_free(all);
	ERR_clear_error();
}

bool
cert_facts_read(struct cert_facts *f, X509 *cert, struct err *e)
{
	X509_NAME *subject = X509_get_subject_name(cert);
	own_struct(buf) serial = buf_new(sizeof(f->serial) - 1);

	*f = (struct cert_facts){ 0 };
	serial_hex(&serial, X509_get0_serialNumber(cert));
	if (!buf_ok(&serial, "serial number", e))
		return false;
	snprintf(f->serial, sizeof(f->serial), "%s", buf_str(&serial));
	if (!take_attr(f->person, sizeof(f->person), subject, NID_serialNumber, e) ||
	    !take_attr(f->name, sizeof(f->name), subject, NID_commonName, e) ||
	    !take_attr(f->title, sizeof(f->title), subject, NID_title, e) ||
	    !take_attr(f->organisation, sizeof(f->organisation), subject, NID_organizationName, e) ||
	    !take_attr(f->agency, sizeof(f->agency), subject, NID_organizationIdentifier, e) ||
	    !take_attr(f->issuer, sizeof(f->issuer), X509_get_issuer_name(cert), NID_commonName, e))
		return false;
	f->not_before = asn1_time_secs(X509_get0_notBefore(cert));
	f->not_after = asn1_time_secs(X509_get0_notAfter(cert));
	if (f->not_before == INT64_MIN || f->not_after == INT64_MIN)
		return fail(e, ERR_INPUT, "the certificate's validity is not readable");
	if (X509_check_purpose(cert, -1, 0) != 1)
		return fail_ossl(e, ERR_INPUT, "the certificate's extensions are not readable");
	f->key_usage = X509_get_key_usage(cert);
	f->is_ca = (X509_get_extension_flags(cert) & EXFLAG_CA) != 0;
	key_id_of_cert(f->key_id, cert);
	take_policy(f->policy_oid, cert);
	return true;
}

static const struct { const char *word; unsigned bit; } usages[] = {
	{ "digitalSignature", KU_DIGITAL_SIGNATURE }, { "nonRepudiation", KU_NON_REPUDIATION },
	{ "keyCertSign", KU_KEY_CERT_SIGN }, { "cRLSign", KU_CRL_SIGN },
};

static bool
check_usage(X509 *cert, const struct profile *p, struct err *e)
{
	unsigned want = 0, got;

	for (size_t i = 0; i < sizeof(usages) / sizeof(usages[0]); i++)
		if (word_in(p->key_usage, usages[i].word))
			want |= usages[i].bit;
	if (X509_check_purpose(cert, -1, 0) != 1)
		return fail_ossl(e, ERR_INPUT, "the certificate's extensions are not readable");
	got = X509_get_key_usage(cert);
	if (got != want)
		return fail(e, ERR_POLICY, "the key usage is not that of the profile %s (%s)", p->id, p->key_usage);
	if (((X509_get_extension_flags(cert) & EXFLAG_CA) != 0) != p->ca)
		return fail(e, ERR_POLICY, "the profile %s is %sfor authorities", p->id, p->ca ? "" : "not ");
	return true;
}

static bool
check_eku(X509 *cert, const struct profile *p, struct err *e)
{
	int critical = -1;
	EXTENDED_KEY_USAGE *all = X509_get_ext_d2i(cert, NID_ext_key_usage, &critical, NULL);
	int n = all == NULL ? 0 : sk_ASN1_OBJECT_num(all);
	bool good = n == (p->eku[0] == '\0' ? 0 : 1);

	if (good && n == 1)
		good = oid_is(sk_ASN1_OBJECT_value(all, 0), p->eku) && (critical == 1) == p->eku_critical;
	EXTENDED_KEY_USAGE_free(all);
	ERR_clear_error();
	return good || fail(e, ERR_POLICY, "the extended key usage is not that of the profile %s", p->id);
}

bool
cert_fits_profile(X509 *cert, const struct profile *p, struct err *e)
{
	struct cert_facts f;

	if (!check_usage(cert, p, e) || !check_eku(cert, p, e) || !cert_facts_read(&f, cert, e))
		return false;
	if (p->person && (f.person[0] == '\0' || f.title[0] == '\0' || f.agency[0] == '\0'))
		return fail(e, ERR_POLICY, "a certificate of the profile %s names person, title and agency", p->id);
	if (strcmp(p->subject, "agency") == 0 && (f.agency[0] == '\0' || f.person[0] != '\0'))
		return fail(e, ERR_POLICY, "a certificate of the profile %s names an agency and no person", p->id);
	return true;
}

const struct tier *
cert_tier(X509 *cert, const struct policy *p)
{
	char oid[128];

	take_policy(oid, cert);
	return oid[0] == '\0' ? NULL : policy_tier_by_oid(p, oid);
}

/* The row of a method of each kind says how long its keys are now. */
static const struct { int key; const char *method, *kind; } key_kinds[] = {
	{ EVP_PKEY_RSA, "rsa-sha256", "rsa" }, { EVP_PKEY_RSA_PSS, "rsa-pss-sha256", "rsa" }, { EVP_PKEY_EC, "ecdsa-sha256", "" }, { EVP_PKEY_ED25519, "ed25519", "" },
};

bool
cert_key_strong(const struct algorithm **dated, const EVP_PKEY *key, const struct policy *p)
{
	int kind = key == NULL ? EVP_PKEY_NONE : EVP_PKEY_get_base_id(key);

	*dated = NULL;
	for (size_t i = 0; i < sizeof(key_kinds) / sizeof(key_kinds[0]); i++) {
		const struct algorithm *now = policy_algorithm(p, key_kinds[i].method);

		if (key_kinds[i].key != kind || now == NULL)
			continue;
		if (EVP_PKEY_get_bits(key) >= now->least_bits)
			return true;
		*dated = key_kinds[i].kind[0] == '\0' ? NULL : policy_key(p, key_kinds[i].kind, EVP_PKEY_get_bits(key));
		return *dated != NULL;
	}
	return false;
}

static const char *
digest_id(int md, int method)
{
	static const struct { int nid; const char *id; } digests[] = {
		{ NID_undef, NULL }, { NID_sha256, "sha256" }, { NID_sha384, "sha384" }, { NID_sha512, "sha512" },
		{ NID_sha3_256, "sha3-256" }, { NID_sha3_384, "sha3-384" }, { NID_sha3_512, "sha3-512" }, { NID_sha1, "sha1" },
	};

	ERR_clear_error();
	for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++)
		if (digests[i].nid == md && (md != NID_undef || method == NID_ED25519))
			return digests[i].id;
	return "";
}

const char *
cert_digest_id(X509 *cert)
{
	int md, key, bits;
	uint32_t flags;
	bool known = X509_get_signature_info(cert, &md, &key, &bits, &flags) == 1;

	return digest_id(known ? md : NID_undef, known ? key : NID_undef);
}

/* RFC 4055 3.1: SHA-1 where the parameters name none. */
static int
pss_digest(const X509_ALGOR *a)
{
	RSA_PSS_PARAMS *pss = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(RSA_PSS_PARAMS), a->parameter);
	int md = pss == NULL ? NID_undef : pss->hashAlgorithm == NULL ? NID_sha1 : OBJ_obj2nid(pss->hashAlgorithm->algorithm);

	RSA_PSS_PARAMS_free(pss);
	return md;
}

const char *
crl_digest_id(const X509_CRL *crl)
{
	const X509_ALGOR *a;
	int method, md = NID_undef, key = NID_undef;

	X509_CRL_get0_signature(crl, NULL, &a);
	method = OBJ_obj2nid(a->algorithm);
	if (method == NID_rsassaPss)
		md = pss_digest(a);
	else
		OBJ_find_sigid_algs(method, &md, &key);
	return digest_id(md, method);
}

bool
cert_may_sign(X509 *x)
{
	return X509_check_ca(x) == 0 && (X509_get_key_usage(x) & (X509v3_KU_DIGITAL_SIGNATURE | X509v3_KU_NON_REPUDIATION)) != 0;
}

static bool
is_integer(struct span want, const ASN1_INTEGER *n)
{
	unsigned char *der = NULL;
	int len = i2d_ASN1_INTEGER(n, &der);
	struct span rest = span_of(der, len > 0 ? (size_t)len : 0);
	struct tlv d;
	bool same = tlv_take(&d, &rest, TLV_INTEGER) && span_eq(d.body, want);

	OPENSSL_free(der);
	return same;
}

bool
cert_is_issued(X509 *x, struct span issuer, struct span serial)
{
	const unsigned char *p = NULL;
	size_t len = 0;

	return X509_NAME_get0_der(X509_get_issuer_name(x), &p, &len) == 1 && span_eq(span_of(p, len), issuer) && is_integer(serial, X509_get0_serialNumber(x));
}

bool
key_is_curve(const EVP_PKEY *key)
{
	static const int curves[] = { NID_X9_62_prime256v1, NID_secp384r1, NID_secp521r1 };
	char name[40];
	size_t len;
	bool found = false;

	if (EVP_PKEY_get_group_name(key, name, sizeof(name), &len) != 1)
		return false;
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		found |= OBJ_sn2nid(name) == curves[i];
	return found;
}
