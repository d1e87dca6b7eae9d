/* The cryptography of a signature that xades.c has read (xades.h). */
#include "verifier/xades.h"

#include "verifier/proved.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

/* What a SignatureMethod of policy/algorithms.xml asks of key and value. */
static const struct method { const char *id; int key, padding; } methods[] = {
	{ "ecdsa-sha256", EVP_PKEY_EC, 0 },
	{ "rsa-pss-sha256", EVP_PKEY_RSA, RSA_PKCS1_PSS_PADDING },
	{ "rsa-sha256", EVP_PKEY_RSA, RSA_PKCS1_PADDING },
	{ NULL, 0, 0 },
};

static const struct method *
method_of(const struct algorithm *a)
{
	const struct method *m = methods;

	while (m->id != NULL && strcmp(m->id, a->id) != 0)
		m++;
	return m->id == NULL ? NULL : m;
}

bool
xades_is_method(const struct algorithm *a)
{
	return method_of(a) != NULL;
}

static X509 *
find_by_digest(const struct xades_digest *d, const cert_list *list)
{
	unsigned char got[EVP_MAX_MD_SIZE];
	unsigned len;

	for (int i = 0; list != NULL && i < sk_X509_num(list); i++)
		if (X509_digest(sk_X509_value(list, i), d->md, got, &len) == 1 && len == d->len && memcmp(got, d->octet, len) == 0)
			return sk_X509_value(list, i);
	return NULL;
}

X509 *
xades_signer_certificate(const struct xades *x, cert_list *more)
{
	X509 *cert = find_by_digest(&x->signer_digest, x->bag);

	return cert != NULL ? cert : find_by_digest(&x->signer_digest, more);
}

static bool
is_p256(const EVP_PKEY *key)
{
	char group[32];

	return EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 && strcmp(group, "prime256v1") == 0;
}

/* r||s of 64 octets; DER is not accepted. */
static bool
ecdsa_holds(const struct xades *x, X509 *signer, struct span octets)
{
	own_struct(buf) der = buf_new(128);
	unsigned char digest[SHA256_LEN];
	struct err e;

	sha256(digest, octets);
	return is_p256(X509_get0_pubkey(signer)) && x->value_len == 64 && ecdsa_raw_to_der(&der, span_of(x->value, 64), &e) &&
	    proved_ecdsa(span_of(digest, sizeof(digest)), buf_span(&der), signer);
}

static bool
rsa_holds(const struct xades *x, EVP_PKEY *key, int padding, struct span octets)
{
	own(EVP_MD_CTX) *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx = NULL;
	bool good;

	good = md != NULL && EVP_PKEY_get_bits(key) >= x->method->least_bits &&
	    EVP_DigestVerifyInit(md, &ctx, EVP_sha256(), NULL, key) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, padding) == 1 &&
	    (padding != RSA_PKCS1_PSS_PADDING || EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1) &&
	    EVP_DigestVerify(md, x->value, x->value_len, octets.ptr, octets.len) == 1;
	ERR_clear_error();
	return good;
}

enum sub_indication
xades_check_digests(const struct xades *x, struct err *why)
{
	for (size_t i = 0; i < x->nrefs; i++) {
		const struct xades_digest *d = &x->ref[i].digest;
		unsigned char got[EVP_MAX_MD_SIZE];
		size_t len;

		if (!xml_digest(got, &len, x->ref[i].target, d->md, why))
			return SUB_FORMAT_FAILURE;
		if (len != d->len || memcmp(got, d->octet, len) != 0) {
			char where[160];

			xml_where(where, sizeof(where), x->ref[i].target);
			fail(why, ERR_INPUT, "%.150s: it is not what was signed", where);
			return SUB_HASH_FAILURE;
		}
	}
	return SUB_NONE;
}

enum sub_indication
xades_verify(const struct xades *x, X509 *signer, struct err *why)
{
	own_struct(buf) octets = buf_new(1 << 20);
	const struct method *m = method_of(x->method);
	EVP_PKEY *key = X509_get0_pubkey(signer);
	bool good;

	if (!xml_c14n(&octets, x->signed_info, why))
		return SUB_FORMAT_FAILURE;
	good = key != NULL && EVP_PKEY_get_base_id(key) == m->key &&
	    (m->key == EVP_PKEY_EC ? ecdsa_holds(x, signer, buf_span(&octets)) : rsa_holds(x, key, m->padding, buf_span(&octets)));
	if (!good) {
		fail(why, ERR_INPUT, "the signature value of %s is not by the key of the certificate it names", x->id);
		return SUB_SIG_CRYPTO_FAILURE;
	}
	return xades_check_digests(x, why);
}

bool
xades_stamp_imprint(unsigned char out[EVP_MAX_MD_SIZE], const struct xades *x, const EVP_MD *md, struct err *e)
{
	size_t len;

	return xml_digest(out, &len, x->value_node, md, e);
}

static bool
add_canonical(EVP_MD_CTX *md, const xmlNode *n, struct err *e)
{
	own_struct(buf) octets = buf_new(2 * XML_SIZE_MAX);

	if (!xml_c14n(&octets, n, e))
		return false;
	promise(EVP_DigestUpdate(md, octets.ptr, octets.len) == 1);
	return true;
}

/* EN 319 132-1 5.5.2.2: references in their order, SignedInfo, SignatureValue,
 * KeyInfo, the unsigned properties before this one.  There is no ds:Object but that
 * of the qualifying properties. */
bool
xades_archive_imprint(unsigned char out[EVP_MAX_MD_SIZE], const struct xades *x, size_t i, const EVP_MD *md, struct err *e)
{
	const xmlNode *const frame[] = { x->signed_info, x->value_node, x->key_info };
	const xmlNode *stop = i < x->narchives ? x->archive[i].element : NULL;
	own(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();

	promise(ctx != NULL && EVP_DigestInit_ex(ctx, md, NULL) == 1);
	for (size_t r = 0; r < x->nrefs; r++)
		if (!add_canonical(ctx, x->ref[r].target, e))
			return false;
	for (size_t f = 0; f < sizeof(frame) / sizeof(frame[0]); f++)
		if (!add_canonical(ctx, frame[f], e))
			return false;
	for (const xmlNode *n = x->unsigned_list == NULL ? NULL : xml_child(x->unsigned_list); n != stop && n != NULL; n = xml_next(n))
		if (!add_canonical(ctx, n, e))
			return false;
	promise(EVP_DigestFinal_ex(ctx, out, NULL) == 1);
	return true;
}
