/* Whose a signature that cades.c has read is, and whether it holds (cades.h). */
#include "verifier/cades.h"

#include "verifier/cert.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

static bool
is_sid(const struct cades_signer *s, X509 *x)
{
	const ASN1_OCTET_STRING *id;

	if (s->key_id.len == 0)
		return cert_is_issued(x, s->issuer, s->serial);
	id = X509_get0_subject_key_id(x);
	return id != NULL && span_eq(s->key_id, span_of(ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id)));
}

static bool
is_named(const struct cades_signer *s, X509 *x)
{
	unsigned char got[EVP_MAX_MD_SIZE];
	unsigned len;

	return X509_digest(x, EVP_get_digestbyname(s->ess_digest->md), got, &len) == 1 && span_eq(s->ess_hash, span_of(got, len)) &&
	    (s->ess_issuer.len == 0 || cert_is_issued(x, s->ess_issuer, s->ess_serial)) && is_sid(s, x);
}

X509 *
cades_signer_certificate(const struct cades *c, const struct cades_signer *s, const cert_list *more)
{
	const cert_list *lists[] = { c->bag, more };

	for (size_t l = 0; s->has_ess && l < 2; l++)
		for (int i = 0; i < sk_X509_num(lists[l]); i++)
			if (is_named(s, sk_X509_value(lists[l], i)))
				return sk_X509_value(lists[l], i);
	return NULL;
}

bool
cades_digest_holds(const struct cades_signer *s, struct span content)
{
	const EVP_MD *md = EVP_get_digestbyname(s->digest->md);
	unsigned char got[EVP_MAX_MD_SIZE];
	unsigned len;

	return md != NULL && EVP_Digest(content.ptr, content.len, got, &len, md, NULL) == 1 && span_eq(s->message_digest, span_of(got, len));
}

static bool
key_fits(const struct cades_method *m, const EVP_PKEY *key)
{
	int kind = key == NULL ? EVP_PKEY_NONE : EVP_PKEY_get_base_id(key);

	return (kind == m->key || (m->pss && kind == EVP_PKEY_RSA_PSS)) && (kind != EVP_PKEY_EC || key_is_curve(key));
}

/* RFC 5652 5.4: as a SET OF; only the tag is another than where they stand. */
static void
signed_octets(struct buf *out, struct span attributes)
{
	unsigned char head[8], *p = head;

	ASN1_put_object(&p, 1, (int)attributes.len, V_ASN1_SET, V_ASN1_UNIVERSAL);
	buf_put(out, head, (size_t)(p - head));
	buf_put_span(out, attributes);
}

bool
cades_signature_holds(const struct cades_signer *s, X509 *x)
{
	const struct cades_method *m = s->method;
	own_struct(buf) octets = buf_new(CADES_SIZE_MAX + 8);
	own(EVP_MD_CTX) *md = EVP_MD_CTX_new();
	EVP_PKEY *key = X509_get0_pubkey(x);
	EVP_PKEY_CTX *ctx = NULL;
	bool good;

	promise(md != NULL);
	signed_octets(&octets, s->attributes);
	good = s->attributes.len > 0 && !octets.failed && key_fits(m, key) &&
	    EVP_DigestVerifyInit(md, &ctx, m->key == EVP_PKEY_ED25519 ? NULL : EVP_get_digestbyname(s->digest->md), NULL, key) == 1 &&
	    (m->key != EVP_PKEY_RSA || EVP_PKEY_CTX_set_rsa_padding(ctx, m->pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) == 1) &&
	    (!m->pss || EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, s->salt) == 1) &&
	    EVP_DigestVerify(md, s->value.ptr, s->value.len, octets.ptr, octets.len) == 1;
	ERR_clear_error();
	return good;
}
