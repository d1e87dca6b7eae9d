/* Whose a signature that dsig.c has read is, whether it holds, and what it covers (dsig.h). */
#include "verifier/dsig.h"

#include "verifier/cert.h"
#include "verifier/tlv.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#define NS_ASIC "http://uri.etsi.org/02918/v1.2.1#"
#define XML_NS (const char *)XML_XML_NAMESPACE
#define NS_XSI "http://www.w3.org/2001/XMLSchema-instance"

/*
 * The signer.
 */

/* IssuerSerial (RFC 5035 5): one name of a directory, and the number. */
static bool
is_issuer_serial(struct span der, X509 *x)
{
	struct tlv all, names, name, serial;

	return tlv_take(&all, &der, TLV_SEQUENCE) && der.len == 0 && tlv_take(&names, &all.body, TLV_SEQUENCE) && tlv_take(&name, &names.body, 0xa4) &&
	    names.body.len == 0 && tlv_take(&serial, &all.body, TLV_INTEGER) && all.body.len == 0 && cert_is_issued(x, name.body, serial.body);
}

static bool
is_serial(const char *decimal, X509 *x)
{
	BIGNUM *want = NULL;
	own(BIGNUM) *got = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
	bool same = BN_dec2bn(&want, decimal) > 0 && got != NULL && BN_cmp(want, got) == 0;

	BN_free(want);
	return same;
}

static bool
is_named(const struct dsig_signature *s, X509 *x)
{
	unsigned char got[EVP_MAX_MD_SIZE];
	unsigned len;

	return X509_digest(x, EVP_get_digestbyname(s->certificate.hash->md), got, &len) == 1 &&
	    span_eq(span_of(s->certificate.octet, s->certificate.len), span_of(got, len)) &&
	    (s->issuer_serial.len == 0 || is_issuer_serial(buf_span(&s->issuer_serial), x)) && (s->serial[0] == '\0' || is_serial(s->serial, x));
}

/* Nothing signed names it: the one of KeyInfo that is nobody's issuer. */
static X509 *
only_certificate(const struct dsig_signature *s, struct err *why)
{
	X509 *found = NULL;

	for (int i = 0; i < s->nkey_info; i++) {
		X509 *x = sk_X509_value(s->bag, i);
		bool is_ca = X509_check_ca(x) != 0;

		ERR_clear_error();	/* an extension that is none says so there */
		if (is_ca || (found != NULL && X509_cmp(found, x) == 0))
			continue;
		if (found != NULL)
			return fail(why, ERR_ABSENT, "KeyInfo has more than one, and nothing that is signed names the signer's"), NULL;
		found = x;
	}
	if (found == NULL)
		fail(why, ERR_ABSENT, "KeyInfo has none, and a bare key is nobody's");
	return found;
}

X509 *
dsig_signer_certificate(const struct dsig_signature *s, const cert_list *more, struct err *why)
{
	const cert_list *lists[] = { s->bag, more };

	if (!s->has_certificate)
		return only_certificate(s, why);
	for (size_t l = 0; l < 2; l++)
		for (int i = 0; lists[l] != NULL && i < sk_X509_num(lists[l]); i++)
			if (is_named(s, sk_X509_value(lists[l], i)))
				return sk_X509_value(lists[l], i);
	return fail(why, ERR_ABSENT, "none at hand is what SigningCertificate names"), NULL;
}

/*
 * The value.
 */

/* r||s, each as long as the curve's order; DER is not taken. */
static bool
der_of(struct buf *out, const struct dsig_signature *s, const EVP_PKEY *key)
{
	size_t half = ((size_t)EVP_PKEY_get_bits(key) + 7) / 8;
	own(ECDSA_SIG) *sig = ECDSA_SIG_new();
	unsigned char *der = NULL;
	int len;

	if (s->value_len != 2 * half)
		return false;
	promise(sig != NULL && ECDSA_SIG_set0(sig, BN_bin2bn(s->value, (int)half, NULL), BN_bin2bn(s->value + half, (int)half, NULL)) == 1);
	len = i2d_ECDSA_SIG(sig, &der);
	if (len > 0)
		buf_put(out, der, (size_t)len);
	OPENSSL_free(der);
	return len > 0 && !out->failed;
}

static bool
key_fits(const struct dsig_method *m, const EVP_PKEY *key)
{
	int kind = key == NULL ? EVP_PKEY_NONE : EVP_PKEY_get_base_id(key);

	return (kind == m->key || (m->pss && kind == EVP_PKEY_RSA_PSS)) && (kind != EVP_PKEY_EC || key_is_curve(key));
}

static bool
value_holds(const struct dsig_signature *s, struct span octets, const struct dsig_check *c)
{
	const struct dsig_method *m = s->method;
	own_struct(buf) der = buf_new(256);
	own(EVP_MD_CTX) *md = EVP_MD_CTX_new();
	EVP_PKEY *key = X509_get0_pubkey(c->signer);
	struct span value = span_of(s->value, s->value_len);
	EVP_PKEY_CTX *ctx = NULL;
	bool good;

	promise(md != NULL);
	good = key_fits(m, key) && (m->key != EVP_PKEY_EC || der_of(&der, s, key));
	if (m->key == EVP_PKEY_EC)
		value = buf_span(&der);
	good = good && EVP_DigestVerifyInit(md, &ctx, m->md == NULL ? NULL : EVP_get_digestbyname(m->md), NULL, key) == 1 &&
	    (m->key != EVP_PKEY_RSA || EVP_PKEY_CTX_set_rsa_padding(ctx, m->pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) == 1) &&
	    (!m->pss || EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1) &&
	    EVP_DigestVerify(md, value.ptr, value.len, octets.ptr, octets.len) == 1;
	ERR_clear_error();
	return good;
}

/*
 * What the references name.
 */

static const struct document_content *
content_named(const struct dsig_check *c, const char *name)
{
	for (size_t i = 0; i < c->ncontents; i++)
		if (strcmp(c->contents[i].name, name) == 0)
			return &c->contents[i];
	return NULL;
}

static bool
digest_octets(unsigned char out[EVP_MAX_MD_SIZE], struct span octets, const EVP_MD *md)
{
	promise(EVP_Digest(octets.ptr, octets.len, out, NULL, md, NULL) == 1);
	return true;
}

static bool
digest_of(unsigned char out[EVP_MAX_MD_SIZE], struct dsig *d, const struct dsig_signature *s, const struct dsig_reference *r, const EVP_MD *md, struct err *why)
{
	const struct canon_part part = { .top = r->target, .left_out = r->left_out ? s->element : NULL, .no_signatures = r->all_left_out };
	own_struct(buf) octets = buf_new(XML_SIZE_MAX);

	if (!r->base64)
		return canon_digest(out, d->xml.doc, &part, &r->form, md, &d->budget, why);
	if (!xml_base64(&octets, r->target, why) || !buf_ok(&octets, "what is in base64", why))
		return false;
	if (octets.len > d->budget.octets)
		return fail(why, ERR_LIMIT, "what it signs is too long");
	d->budget.octets -= octets.len;
	return digest_octets(out, buf_span(&octets), md);
}

static enum sub_indication
check_reference(struct dsig *d, const struct dsig_signature *s, const struct dsig_reference *r, const struct dsig_check *c, struct err *why)
{
	const struct document_content *content = r->about == DSIG_CONTENT ? content_named(c, r->name) : NULL;
	const EVP_MD *md = EVP_get_digestbyname(r->digest.hash->md);
	unsigned char got[EVP_MAX_MD_SIZE];

	if (r->about == DSIG_CONTENT ? content == NULL : r->about == DSIG_ELEMENT && r->target == NULL) {
		if (r->about == DSIG_CONTENT)
			fail(why, ERR_ABSENT, "the file %.120s was not given", r->name);
		else
			xml_fail(why, r->element, "nothing in the document has that Id");
		return SUB_SIGNED_DATA_NOT_FOUND;
	}
	if (content != NULL ? !digest_octets(got, content->octets, md) : !digest_of(got, d, s, r, md, why))
		return SUB_FORMAT_FAILURE;
	if (memcmp(got, r->digest.octet, r->digest.len) == 0)
		return SUB_NONE;
	xml_fail(why, r->element, "what it names is not what was signed");
	return SUB_HASH_FAILURE;
}

/* What was altered before what is missing: that is known for good. */
enum sub_indication
dsig_verify(struct dsig *d, const struct dsig_signature *s, const struct dsig_check *c, struct err *why)
{
	const struct canon_part signed_info = { .top = s->signed_info };
	own_struct(buf) octets = buf_new(1 << 20);
	enum sub_indication worst = SUB_NONE;

	if (!canon_octets(&octets, d->xml.doc, &signed_info, &s->form, &d->budget, why))
		return SUB_FORMAT_FAILURE;
	if (!value_holds(s, buf_span(&octets), c)) {
		fail(why, ERR_INPUT, "it is not by the key of the signer's certificate");
		return SUB_SIG_CRYPTO_FAILURE;
	}
	for (size_t i = 0; i < s->nrefs; i++) {
		struct err e = { ERR_NONE, "" };
		enum sub_indication sub = check_reference(d, s, &s->ref[i], c, &e);

		if (sub == SUB_NONE || (worst != SUB_NONE && sub == SUB_SIGNED_DATA_NOT_FOUND))
			continue;
		*why = e;
		worst = sub;
		if (sub != SUB_SIGNED_DATA_NOT_FOUND)
			break;
	}
	return worst;
}

bool
dsig_stamped(struct buf *out, struct dsig *d, const struct dsig_signature *s, size_t stamp, struct err *e)
{
	const struct canon_part value = { .top = s->value_node };

	return canon_octets(out, d->xml.doc, &value, &s->stamp_form[stamp], &d->budget, e);
}

/*
 * What is covered: of every element and instruction a bit for each signature.
 */

static uintptr_t
mark_of(const xmlNode *n)
{
	return (uintptr_t)n->_private;
}

static void
mark(xmlNode *n, const struct dsig_signature *s, const struct dsig_reference *r, uintptr_t bit)
{
	if ((n->type != XML_ELEMENT_NODE && n->type != XML_PI_NODE) || (r->left_out && n == s->element) || (r->all_left_out && xml_is(n, NS_DS, "Signature")))
		return;
	n->_private = (void *)(mark_of(n) | bit);
	for (xmlNode *c = n->type == XML_ELEMENT_NODE ? n->children : NULL; c != NULL; c = c->next)
		mark(c, s, r, bit);
}

void
dsig_cover(struct dsig *d, size_t signature)
{
	const struct dsig_signature *s = &d->signature[signature];
	uintptr_t bit = (uintptr_t)1 << signature;

	_Static_assert(DSIG_SIGNATURES_MAX < 8 * sizeof(uintptr_t), "a bit for each");
	for (size_t i = 0; i < s->nrefs; i++) {
		if (s->ref[i].about == DSIG_ELEMENT && s->ref[i].target != NULL)
			mark((xmlNode *)s->ref[i].target, s, &s->ref[i], bit);
		for (xmlNode *n = s->ref[i].about == DSIG_DOCUMENT ? d->xml.doc->children : NULL; n != NULL; n = n->next)
			mark(n, s, &s->ref[i], bit);
	}
}

/* all: the bits of whoever should have signed it. */
struct look { uintptr_t all; bool partial; const xmlNode *unsigned_; };

/* Where schemas are, what language and white space it has, and what a reference calls it by, say
 * nothing; xml:base, xsi:type and xsi:nil give what is signed below another meaning. */
static bool
is_plain(const xmlAttr *a)
{
	static const struct { const char *ns, *name; } plain[] = {
		{ NS_XSI, "schemaLocation" }, { NS_XSI, "noNamespaceSchemaLocation" }, { XML_NS, "id" }, { XML_NS, "lang" }, { XML_NS, "space" },
	};

	if (a->ns == NULL)
		return xmlStrcasecmp(a->name, (const xmlChar *)"id") == 0;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (strcmp((const char *)a->ns->href, plain[i].ns) == 0 && strcmp((const char *)a->name, plain[i].name) == 0)
			return true;
	return false;
}

static bool
is_frame(const xmlNode *n)
{
	for (const xmlAttr *a = n->properties; a != NULL; a = a->next)
		if (!is_plain(a))
			return false;
	for (const xmlNode *c = n->children; c != NULL; c = c->next)
		if (c->type == XML_TEXT_NODE && !xmlIsBlankNode(c))
			return false;
	return xml_child(n) != NULL;
}

static void
look(struct look *l, const xmlNode *n)
{
	if (l->unsigned_ != NULL || (n->type != XML_ELEMENT_NODE && n->type != XML_PI_NODE) || xml_is(n, NS_DS, "Signature"))
		return;
	if (mark_of(n) == 0 && (n->type == XML_PI_NODE || !is_frame(n))) {
		l->unsigned_ = n;
		return;
	}
	l->partial |= (mark_of(n) & l->all) != l->all && !xml_is(n, NS_ASIC, "XAdESSignatures");
	for (const xmlNode *c = n->type == XML_ELEMENT_NODE ? n->children : NULL; c != NULL; c = c->next)
		look(l, c);
}

bool
dsig_covered(const struct dsig *d, bool *partial, char where[160])
{
	struct look l = { 0 };

	for (size_t i = 0; i < d->n; i++)
		if (d->signature[i].counters == DSIG_NONE)
			l.all |= (uintptr_t)1 << i;
	for (const xmlNode *n = d->xml.doc->children; n != NULL; n = n->next)
		look(&l, n);
	for (size_t i = 0; i < d->n; i++) {
		l.all = (uintptr_t)1 << i;
		for (const xmlNode *n = xml_child(d->signature[i].element); n != NULL; n = xml_next(n))
			if (xml_is(n, NS_DS, "Object") && n != d->signature[i].object)
				look(&l, n);
	}
	*partial = l.partial;
	if (l.unsigned_ != NULL)
		xml_where(where, 160, l.unsigned_);
	return l.unsigned_ == NULL;
}
