#include "verifier/cades.h"

#include "verifier/tlv.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include <stdio.h>

#define DEPTH_MAX 32
#define OID_TEXT 80
#define OID_DATA "1.2.840.113549.1.7.1"
#define OID_SIGNED_DATA "1.2.840.113549.1.7.2"
#define OID_SHA256 "2.16.840.1.101.3.4.2.1"
#define OID_SHA1 "1.3.14.3.2.26"

/* MD5 is known so that policy, which has no row for it, says no. */
static const struct cades_digest digests[] = {
	{ OID_SHA256, "sha256", "SHA256" }, { "2.16.840.1.101.3.4.2.2", "sha384", "SHA384" }, { "2.16.840.1.101.3.4.2.3", "sha512", "SHA512" },
	{ "2.16.840.1.101.3.4.2.8", "sha3-256", "SHA3-256" }, { "2.16.840.1.101.3.4.2.9", "sha3-384", "SHA3-384" }, { "2.16.840.1.101.3.4.2.10", "sha3-512", "SHA3-512" },
	{ OID_SHA1, "sha1", "SHA1" }, { "1.2.840.113549.2.5", "md5", "MD5" },
};

/* The family and the digest make the name of a row of policy: "rsa-pss-sha256". */
static const struct cades_method methods[] = {
	{ "1.2.840.113549.1.1.1", "rsa", NULL, EVP_PKEY_RSA, .takes_null = true },
	{ "1.2.840.113549.1.1.11", "rsa", "sha256", EVP_PKEY_RSA, .takes_null = true },
	{ "1.2.840.113549.1.1.12", "rsa", "sha384", EVP_PKEY_RSA, .takes_null = true },
	{ "1.2.840.113549.1.1.13", "rsa", "sha512", EVP_PKEY_RSA, .takes_null = true },
	{ "2.16.840.1.101.3.4.3.14", "rsa", "sha3-256", EVP_PKEY_RSA, .takes_null = true },
	{ "2.16.840.1.101.3.4.3.15", "rsa", "sha3-384", EVP_PKEY_RSA, .takes_null = true },
	{ "2.16.840.1.101.3.4.3.16", "rsa", "sha3-512", EVP_PKEY_RSA, .takes_null = true },
	{ "1.2.840.113549.1.1.5", "rsa", "sha1", EVP_PKEY_RSA, .takes_null = true },
	{ "1.2.840.113549.1.1.4", "rsa", "md5", EVP_PKEY_RSA, .takes_null = true },
	{ "1.2.840.113549.1.1.10", "rsa-pss", NULL, EVP_PKEY_RSA, .pss = true },
	{ "1.2.840.10045.4.3.2", "ecdsa", "sha256", EVP_PKEY_EC },
	{ "1.2.840.10045.4.3.3", "ecdsa", "sha384", EVP_PKEY_EC },
	{ "1.2.840.10045.4.3.4", "ecdsa", "sha512", EVP_PKEY_EC },
	{ "2.16.840.1.101.3.4.3.10", "ecdsa", "sha3-256", EVP_PKEY_EC },
	{ "2.16.840.1.101.3.4.3.11", "ecdsa", "sha3-384", EVP_PKEY_EC },
	{ "2.16.840.1.101.3.4.3.12", "ecdsa", "sha3-512", EVP_PKEY_EC },
	{ "1.2.840.10045.4.1", "ecdsa", "sha1", EVP_PKEY_EC },
	{ "1.3.101.112", "ed25519", "sha512", EVP_PKEY_ED25519 },	/* RFC 8419 3.1 */
};

static bool
malformed(struct err *e, const char *what)
{
	return fail(e, ERR_INPUT, "%s is not as RFC 5652 has it, in DER", what);
}

static bool
oid_text(char out[OID_TEXT], const struct tlv *d)
{
	const unsigned char *p = d->whole.ptr;
	own(ASN1_OBJECT) *o = d->tag == TLV_OID ? d2i_ASN1_OBJECT(NULL, &p, (long)d->whole.len) : NULL;
	int n = o == NULL ? 0 : OBJ_obj2txt(out, OID_TEXT, o, 1);

	ERR_clear_error();
	return n > 0 && n < OID_TEXT;
}

static bool
take_oid(char out[OID_TEXT], struct span *rest)
{
	struct tlv d;

	return tlv_take(&d, rest, TLV_OID) && oid_text(out, &d);
}

static const struct cades_digest *
digest_by_oid(const char *oid)
{
	for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++)
		if (strcmp(digests[i].oid, oid) == 0)
			return &digests[i];
	return NULL;
}

/* Of a digest: parameters absent or NULL (RFC 5754 2). */
static bool
read_digest(const struct cades_digest **out, struct span algorithm, struct err *e)
{
	char oid[OID_TEXT];
	struct tlv null;

	if (!take_oid(oid, &algorithm))
		return malformed(e, "a digest algorithm");
	*out = digest_by_oid(oid);
	if (*out == NULL)
		return fail(e, ERR_INPUT, "the digest algorithm %s is not known here", oid);
	if (algorithm.len > 0 && (!tlv_take(&null, &algorithm, TLV_NULL) || null.body.len > 0 || algorithm.len > 0))
		return malformed(e, "a digest algorithm");
	return true;
}

/* RFC 4056 3: the digest is the SignerInfo's, the mask's too. */
static bool
read_pss(struct cades_signer *s, struct span parameters, struct err *e)
{
	const unsigned char *p = parameters.ptr;
	RSA_PSS_PARAMS *pss = d2i_RSA_PSS_PARAMS(NULL, &p, (long)parameters.len);
	const EVP_MD *md = NULL, *mask = NULL;
	X509_ALGOR *inner = NULL;
	int64_t salt = 20, trailer = 1;
	bool good = pss != NULL && p == parameters.ptr + parameters.len && pss->hashAlgorithm != NULL && pss->maskGenAlgorithm != NULL &&
	    OBJ_obj2nid(pss->maskGenAlgorithm->algorithm) == NID_mgf1 && pss->maskGenAlgorithm->parameter != NULL;

	if (good) {
		inner = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(X509_ALGOR), pss->maskGenAlgorithm->parameter);
		md = EVP_get_digestbyobj(pss->hashAlgorithm->algorithm);
		mask = inner == NULL ? NULL : EVP_get_digestbyobj(inner->algorithm);
		good = (pss->saltLength == NULL || ASN1_INTEGER_get_int64(&salt, pss->saltLength) == 1) &&
		    (pss->trailerField == NULL || ASN1_INTEGER_get_int64(&trailer, pss->trailerField) == 1);
	}
	good = good && md != NULL && mask != NULL && EVP_MD_is_a(md, s->digest->md) && EVP_MD_is_a(mask, s->digest->md) && salt >= 0 && salt <= 512 && trailer == 1;
	s->salt = (int)salt;
	X509_ALGOR_free(inner);
	RSA_PSS_PARAMS_free(pss);
	ERR_clear_error();
	return good || fail(e, ERR_INPUT, "the parameters of RSA-PSS do not agree with the signature's digest");
}

static bool
read_method(struct cades_signer *s, struct span algorithm, struct err *e)
{
	const struct cades_method *m = methods, *end = methods + sizeof(methods) / sizeof(methods[0]);
	char oid[OID_TEXT];
	struct tlv null;

	if (!take_oid(oid, &algorithm))
		return malformed(e, "a signature algorithm");
	while (m < end && strcmp(m->oid, oid) != 0)
		m++;
	if (m == end)
		return fail(e, ERR_INPUT, "the signature algorithm %s is not known here", oid);
	s->method = m;
	snprintf(s->method_id, sizeof(s->method_id), m->key == EVP_PKEY_ED25519 ? "%s" : "%s-%s", m->family, s->digest->policy_id);
	if (m->digest != NULL && strcmp(m->digest, s->digest->policy_id) != 0)
		return fail(e, ERR_INPUT, "the signature algorithm does not use the digest that the signer names");
	if (m->pss)
		return read_pss(s, algorithm, e);
	if (!m->takes_null)
		return algorithm.len == 0 || malformed(e, "a signature algorithm");
	return (tlv_take(&null, &algorithm, TLV_NULL) && null.body.len == 0 && algorithm.len == 0) || malformed(e, "a signature algorithm");
}

/*
 * Signed attributes.
 */

struct reading { const struct cades *c; struct cades_signer *s; struct span digest_alg, signature_alg; bool has_type, has_digest, has_newer_ess; };

static bool
take_content_type(struct reading *r, const struct tlv *value, struct err *e)
{
	char oid[OID_TEXT];

	r->has_type = true;
	if (!oid_text(oid, value) || strcmp(oid, r->c->content_type) != 0)
		return fail(e, ERR_INPUT, "the attribute content-type is not the content's type (RFC 5652 11.1)");
	return true;
}

static bool
take_message_digest(struct reading *r, const struct tlv *value, struct err *e)
{
	r->has_digest = true;
	r->s->message_digest = value->body;
	return value->tag == TLV_OCTETS || malformed(e, "message-digest");
}

static bool
take_signing_time(struct reading *r, const struct tlv *value, struct err *e)
{
	const unsigned char *p = value->whole.ptr;
	own(ASN1_TIME) *t = d2i_ASN1_TIME(NULL, &p, (long)value->whole.len);

	ERR_clear_error();
	r->s->claimed = t == NULL || ASN1_TIME_check(t) != 1 ? INT64_MIN : asn1_time_secs(t);
	return r->s->claimed != INT64_MIN || malformed(e, "signing-time");
}

/* IssuerSerial: one directory name, and the number (RFC 5035 5.4). */
static bool
take_issuer_serial(struct cades_signer *s, struct span body)
{
	struct tlv names, name, issuer, serial;

	if (!tlv_take(&names, &body, TLV_SEQUENCE) || !tlv_take(&serial, &body, TLV_INTEGER) || body.len > 0 ||
	    !tlv_take(&name, &names.body, 0xa4) || names.body.len > 0 || !tlv_take(&issuer, &name.body, TLV_SEQUENCE) || name.body.len > 0)
		return false;
	s->ess_issuer = issuer.whole;
	s->ess_serial = serial.body;
	return true;
}

/* The first ESSCertID or ESSCertIDv2 is the signer's (RFC 5035 3); the older form has no
 * algorithm: it is SHA-1. */
static bool
take_ess_of(struct reading *r, const struct tlv *value, const struct cades_digest *digest, bool names_digest, struct err *e)
{
	struct span rest = value->body;
	struct tlv all, first, algorithm, hash, where;

	r->s->has_ess = true;
	r->s->ess_digest = digest;
	r->s->ess_issuer = r->s->ess_serial = SPAN_NONE;
	if (value->tag != TLV_SEQUENCE || !tlv_take(&all, &rest, TLV_SEQUENCE) || !tlv_take(&first, &all.body, TLV_SEQUENCE))
		return malformed(e, "signing-certificate");
	if (names_digest && tlv_if(&algorithm, &first.body, TLV_SEQUENCE) && !read_digest(&r->s->ess_digest, algorithm.body, e))
		return false;
	if (!tlv_take(&hash, &first.body, TLV_OCTETS) ||
	    (tlv_if(&where, &first.body, TLV_SEQUENCE) && !take_issuer_serial(r->s, where.body)) || first.body.len > 0)
		return malformed(e, "signing-certificate");
	r->s->ess_hash = hash.body;
	return true;
}

static bool
take_ess(struct reading *r, const struct tlv *value, struct err *e)
{
	r->has_newer_ess = true;
	return take_ess_of(r, value, digest_by_oid(OID_SHA256), true, e);
}

static bool
take_old_ess(struct reading *r, const struct tlv *value, struct err *e)
{
	return r->has_newer_ess || take_ess_of(r, value, digest_by_oid(OID_SHA1), false, e);
}

static bool
take_policy(struct reading *r, const struct tlv *value, struct err *e)
{
	r->s->has_policy = true;
	return true;
}

/* RFC 6211: the algorithms once more, where they are signed. */
static bool
take_protection(struct reading *r, const struct tlv *value, struct err *e)
{
	struct span rest = value->body;
	struct tlv digest, signature;

	if (value->tag != TLV_SEQUENCE || !tlv_take(&digest, &rest, TLV_SEQUENCE) || !tlv_take(&signature, &rest, 0xa1) || rest.len > 0 ||
	    !span_eq(digest.body, r->digest_alg) || !span_eq(signature.body, r->signature_alg))
		return fail(e, ERR_INPUT, "the algorithms are not those that were signed (RFC 6211)");
	return true;
}

static const struct { const char *oid; bool (*read)(struct reading *, const struct tlv *, struct err *); } known_attributes[] = {
	{ "1.2.840.113549.1.9.3", take_content_type }, { "1.2.840.113549.1.9.4", take_message_digest }, { "1.2.840.113549.1.9.5", take_signing_time },
	{ "1.2.840.113549.1.9.16.2.47", take_ess }, { "1.2.840.113549.1.9.16.2.12", take_old_ess }, { "1.2.840.113549.1.9.16.2.15", take_policy },
	{ "1.2.840.113549.1.9.52", take_protection },
};

/* Each type once: in DER's order the same ones need not be neighbours. */
static bool
stands_twice(struct span all, struct span type)
{
	struct tlv one, oid;
	size_t n = 0;

	while (all.len > 0 && tlv_next(&one, &all))
		n += tlv_take(&oid, &one.body, TLV_OID) && span_eq(oid.whole, type);
	return n > 1;
}

static int
order(struct span a, struct span b)
{
	int c = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);

	return c != 0 ? c : a.len < b.len ? -1 : a.len > b.len;
}

static bool
read_attribute(struct reading *r, struct span body, struct err *e)
{
	struct tlv type, values, value;
	char oid[OID_TEXT];

	if (!tlv_take(&type, &body, TLV_OID) || !oid_text(oid, &type) || !tlv_take(&values, &body, TLV_SET) || body.len > 0)
		return malformed(e, "a signed attribute");
	if (stands_twice(r->s->attributes, type.whole))
		return fail(e, ERR_INPUT, "the signed attribute %s stands twice (RFC 5652 5.3)", oid);
	if (!tlv_next(&value, &values.body) || values.body.len > 0)
		return fail(e, ERR_INPUT, "the signed attribute %s has not one value", oid);
	for (size_t i = 0; i < sizeof(known_attributes) / sizeof(known_attributes[0]); i++)
		if (strcmp(known_attributes[i].oid, oid) == 0)
			return known_attributes[i].read(r, &value, e);
	return true;
}

/* Before anything is looked for among them. */
static bool
are_few(struct span all, struct err *e)
{
	struct tlv one;

	for (size_t n = 0; all.len > 0; n++)
		if (n == CADES_ATTRIBUTES_MAX)
			return fail(e, ERR_LIMIT, "more than %d signed attributes", CADES_ATTRIBUTES_MAX);
		else if (!tlv_next(&one, &all))
			return malformed(e, "a signed attribute");
	return true;
}

static bool
read_attributes(struct reading *r, struct err *e)
{
	struct span rest = r->s->attributes, before = SPAN_NONE;
	struct tlv one;

	if (!are_few(rest, e))
		return false;
	while (rest.len > 0) {
		if (!tlv_take(&one, &rest, TLV_SEQUENCE) || (before.len > 0 && order(before, one.whole) >= 0))
			return malformed(e, "the order of signed attributes");
		before = one.whole;
		if (!read_attribute(r, one.body, e))
			return false;
	}
	return (r->has_type && r->has_digest) || fail(e, ERR_INPUT, "the signed attributes lack content-type or message-digest (RFC 5652 5.3)");
}

static bool
read_unsigned(struct cades_signer *s, struct span rest, struct err *e)
{
	while (rest.len > 0) {
		struct tlv one, values, token;
		char oid[OID_TEXT];

		if (!tlv_take(&one, &rest, TLV_SEQUENCE) || !take_oid(oid, &one.body) || !tlv_take(&values, &one.body, TLV_SET) || one.body.len > 0)
			return malformed(e, "an unsigned attribute");
		if (strcmp(oid, "1.2.840.113549.1.9.16.2.14") != 0) {
			s->passed_over++;
			continue;
		}
		while (values.body.len > 0) {
			if (s->nstamps == CADES_STAMPS_MAX)
				return fail(e, ERR_LIMIT, "more than %d time stamps on one signature", CADES_STAMPS_MAX);
			if (!tlv_take(&token, &values.body, TLV_SEQUENCE))
				return malformed(e, "a time stamp");
			s->stamp[s->nstamps] = buf_new(CADES_SIZE_MAX);
			buf_put_span(&s->stamp[s->nstamps++], token.whole);
		}
	}
	return true;
}

/*
 * SignerInfo, SignedData.
 */

static bool
read_sid(struct cades_signer *s, struct span *body, struct err *e)
{
	struct tlv version, id, part;

	if (!tlv_take(&version, body, TLV_INTEGER) || version.body.len != 1)
		return malformed(e, "a signer's version");
	if (version.body.ptr[0] == 3 && tlv_if(&id, body, 0x80)) {
		s->key_id = id.body;
		return id.body.len > 0 || malformed(e, "a signer's key identifier");
	}
	if (version.body.ptr[0] != 1 || !tlv_take(&id, body, TLV_SEQUENCE) || !tlv_take(&part, &id.body, TLV_SEQUENCE))
		return malformed(e, "a signer's name");
	s->issuer = part.whole;
	if (!tlv_take(&part, &id.body, TLV_INTEGER) || id.body.len > 0)
		return malformed(e, "a signer's serial number");
	s->serial = part.body;
	return true;
}

static bool
read_signer(const struct cades *c, struct cades_signer *s, struct span body, struct err *e)
{
	struct reading r = { .c = c, .s = s };
	struct tlv digest, method, value, list;

	s->claimed = INT64_MIN;
	if (!read_sid(s, &body, e))
		return false;
	if (!tlv_take(&digest, &body, TLV_SEQUENCE))
		return malformed(e, "a signer");
	if (!read_digest(&s->digest, digest.body, e))
		return false;
	if (tlv_if(&list, &body, 0xa0)) {
		s->attributes = list.body;
		if (list.body.len == 0)
			return malformed(e, "an empty set of signed attributes");
	}
	if (!tlv_take(&method, &body, TLV_SEQUENCE) || !tlv_take(&value, &body, TLV_OCTETS) || value.body.len < 1 || value.body.len > CADES_VALUE_MAX)
		return malformed(e, "a signature's algorithm or value");
	s->value = value.body;
	if (!read_method(s, method.body, e))
		return false;
	r.digest_alg = digest.body;
	r.signature_alg = method.body;
	if (s->attributes.len > 0 && !read_attributes(&r, e))
		return false;
	if (tlv_if(&list, &body, 0xa1) && !read_unsigned(s, list.body, e))
		return false;
	return body.len == 0 || malformed(e, "a signer");
}

static bool
read_digests(const struct cades_digest *out[CADES_DIGESTS_MAX], size_t *n, struct span all, struct err *e)
{
	struct tlv one;

	for (*n = 0; all.len > 0; (*n)++) {
		if (*n == CADES_DIGESTS_MAX)
			return fail(e, ERR_LIMIT, "more than %d digest algorithms", CADES_DIGESTS_MAX);
		if (!tlv_take(&one, &all, TLV_SEQUENCE))
			return malformed(e, "the set of digest algorithms");
		if (!read_digest(&out[*n], one.body, e))
			return false;
	}
	return true;
}

static bool
read_content(struct cades *c, struct span body, struct err *e)
{
	struct tlv outer, octets;

	if (!take_oid(c->content_type, &body))
		return malformed(e, "the content's type");
	if (body.len == 0)
		return true;
	if (!tlv_take(&outer, &body, 0xa0) || body.len > 0 || !tlv_take(&octets, &outer.body, TLV_OCTETS) || outer.body.len > 0)
		return malformed(e, "the content");
	c->attached = true;
	c->content = octets.body;
	return true;
}

static bool
read_certificates(struct cades *c, struct span all, struct err *e)
{
	struct tlv one;
	X509 *x;

	while (all.len > 0) {
		if (sk_X509_num(c->bag) == CADES_CERTS_MAX)
			return fail(e, ERR_LIMIT, "more than %d certificates", CADES_CERTS_MAX);
		if (!tlv_take(&one, &all, TLV_SEQUENCE))
			return malformed(e, "a certificate that came along");
		if (!cert_shared(&x, one.whole, e))
			return fail_in(e, "certificate that came along");
		promise(sk_X509_push(c->bag, x) > 0);
	}
	return true;
}

static bool
read_crls(struct cades *c, struct span all, struct err *e)
{
	struct tlv one;
	X509_CRL *x;

	while (all.len > 0) {
		if (!tlv_next(&one, &all) || (one.tag != TLV_SEQUENCE && one.tag != 0xa1))
			return malformed(e, "revocation data that came along");
		if (one.tag != TLV_SEQUENCE) {
			c->other_status++;
			continue;
		}
		if (sk_X509_CRL_num(c->crls) == CADES_CRLS_MAX)
			return fail(e, ERR_LIMIT, "more than %d CRLs", CADES_CRLS_MAX);
		if (!crl_from_any(&x, one.whole, e))
			return fail_in(e, "CRL that came along");
		promise(sk_X509_CRL_push(c->crls, x) > 0);
	}
	return true;
}

/* RFC 5652 5.1. */
static bool
check_version(const struct cades *c, const struct tlv *version, struct err *e)
{
	unsigned want = strcmp(c->content_type, OID_DATA) == 0 ? 1 : 3;

	for (size_t i = 0; i < c->nsigners; i++)
		if (c->signer[i].key_id.len > 0)
			want = 3;
	if (c->other_status > 0)
		want = 5;
	return (version->body.len == 1 && version->body.ptr[0] == want) || fail(e, ERR_INPUT, "SignedData of another version than its parts ask for (RFC 5652 5.1)");
}

static bool
read_signers(struct cades *c, struct span all, const struct cades_digest *const named[], size_t nnamed, struct err *e)
{
	struct tlv one;

	while (all.len > 0) {
		struct cades_signer *s = &c->signer[c->nsigners];
		bool found = false;

		if (c->nsigners == CADES_SIGNERS_MAX)
			return fail(e, ERR_LIMIT, "more than %d signers", CADES_SIGNERS_MAX);
		if (!tlv_take(&one, &all, TLV_SEQUENCE))
			return malformed(e, "a signer");
		c->nsigners++;
		if (!read_signer(c, s, one.body, e))
			return false;
		for (size_t i = 0; i < nnamed; i++)
			found |= named[i] == s->digest;
		if (!found)
			return fail(e, ERR_INPUT, "a signer's digest algorithm is not among those that SignedData names");
	}
	return c->nsigners > 0 || fail(e, ERR_ABSENT, "nobody has signed it");
}

static bool
read_signed_data(struct cades *c, struct span body, struct err *e)
{
	const struct cades_digest *named[CADES_DIGESTS_MAX];
	struct tlv version, digests_, content, list, signers;
	size_t nnamed;

	if (!tlv_take(&version, &body, TLV_INTEGER) || !tlv_take(&digests_, &body, TLV_SET) || !tlv_take(&content, &body, TLV_SEQUENCE))
		return malformed(e, "SignedData");
	if (!read_digests(named, &nnamed, digests_.body, e) || !read_content(c, content.body, e))
		return false;
	if (tlv_if(&list, &body, 0xa0) && !read_certificates(c, list.body, e))
		return false;
	if (tlv_if(&list, &body, 0xa1) && !read_crls(c, list.body, e))
		return false;
	if (!tlv_take(&signers, &body, TLV_SET) || body.len > 0)
		return malformed(e, "the set of signers");
	return read_signers(c, signers.body, named, nnamed, e) && check_version(c, &version, e);
}

static bool
is_pem(struct span d)
{
	return d.len > 11 && (memcmp(d.ptr, "-----BEGIN ", 11) == 0);
}

static bool
of_pem(struct buf *der, struct span text, struct err *e)
{
	own(BIO) *in = BIO_new_mem_buf(text.ptr, (int)text.len);
	char *name = NULL, *header = NULL;
	unsigned char *octets = NULL;
	long n = 0;
	char left;
	bool good;

	promise(in != NULL);
	good = PEM_read_bio(in, &name, &header, &octets, &n) == 1 && (strcmp(name, "CMS") == 0 || strcmp(name, "PKCS7") == 0) && header[0] == '\0' && BIO_read(in, &left, 1) <= 0;
	if (good)
		buf_put(der, octets, (size_t)n);
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(octets);
	ERR_clear_error();
	return good || fail(e, ERR_INPUT, "the PEM text is not one block CMS or PKCS7 and nothing more");
}

bool
cades_is(struct span d)
{
	static const unsigned char pkcs7[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07 };

	if (is_pem(d))
		return memmem(d.ptr, d.len < 40 ? d.len : 40, "BEGIN CMS-", 10) != NULL || memmem(d.ptr, d.len < 40 ? d.len : 40, "BEGIN PKCS7-", 12) != NULL;
	return d.len > 0 && d.ptr[0] == TLV_SEQUENCE && memmem(d.ptr, d.len < 24 ? d.len : 24, pkcs7, sizeof(pkcs7)) != NULL;
}

static bool
read_all(struct cades *c, struct span document, struct err *e)
{
	struct span rest;
	struct tlv outer, inner, data;
	char type[OID_TEXT];

	if (document.len > CADES_SIZE_MAX)
		return fail(e, ERR_LIMIT, "a CMS file of more than %u bytes", CADES_SIZE_MAX);
	if (is_pem(document) ? !of_pem(&c->der, document, e) : (buf_put_span(&c->der, document), false))
		return false;
	rest = buf_span(&c->der);
	if (!tlv_take(&outer, &rest, TLV_SEQUENCE) || !take_oid(type, &outer.body))
		return malformed(e, "the file");
	if (rest.len > 0)
		return fail(e, ERR_INPUT, "%zu bytes behind the end of the CMS", rest.len);
	if (strcmp(type, OID_SIGNED_DATA) != 0)
		return fail(e, ERR_ABSENT, "CMS of the type %s is not SignedData", type);
	if (!tlv_take(&inner, &outer.body, 0xa0) || outer.body.len > 0 || !tlv_take(&data, &inner.body, TLV_SEQUENCE) || inner.body.len > 0 ||
	    !tlv_well_formed(data.whole, DEPTH_MAX))
		return malformed(e, "SignedData");
	return read_signed_data(c, data.body, e);
}

bool
cades_read(struct cades *out, struct span document, struct err *e)
{
	*out = (struct cades){ .der = buf_new(CADES_SIZE_MAX), .bag = sk_X509_new_null(), .crls = sk_X509_CRL_new_null() };
	promise(out->bag != NULL && out->crls != NULL);
	return read_all(out, document, e);
}

void
cades_drop(struct cades *c)
{
	for (size_t i = 0; i < c->nsigners; i++)
		for (size_t k = 0; k < c->signer[i].nstamps; k++)
			buf_drop(&c->signer[i].stamp[k]);
	cert_list_free(c->bag);
	sk_X509_CRL_pop_free(c->crls, X509_CRL_free);
	buf_drop(&c->der);
}
