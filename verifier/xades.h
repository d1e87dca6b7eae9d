/*
 * verifier/xades.h -- one ds:Signature of a permit, read strictly.
 *
 * xades_read walks the element in schema order before any cryptography: exactly
 * SignedInfo, SignatureValue, KeyInfo, Object; exclusive C14N as the one
 * canonicalisation and the one transform; algorithms that policy lists; as many
 * references as there are targets, each with the URI of the element *at its
 * position*, the last the signature's own SignedProperties, by position and
 * Type; no white space between elements or in SignatureValue.  Everything the
 * walk refuses is FORMAT_FAILURE.
 *
 * The signer is the certificate that SigningCertificateV2's digest names;
 * KeyInfo and CertificateValues are only the bag it is found in.  xades_verify
 * checks the SignedInfo's signature with that key first, digests after.
 *
 * The seal alone grows after its issue (signer/renew.h), and from a reaffirmation on
 * the signature that reaffirms (permit.h): archive time stamps (xadesv141:ArchiveTimeStamp, EN 319 132-1 5.5.2, the case that is not
 * distributed), each followed by what its own validation needs
 * (TimeStampValidationData).  One covers what the references name, SignedInfo,
 * SignatureValue, KeyInfo and every unsigned property before it; through the
 * seal's references that is the permit as it was issued, officers' elements whole.
 *
 * Not here: whether the certificate is trusted, in time, or allowed (judge.h).
 * ETSI EN 319 132-1, XML-DSig.  Pure; one thread a document.
 */
#pragma once

#include "policy/policy.h"
#include "verifier/xml.h"

#define XADES_REFERENCES_MAX 16
#define XADES_BAG_MAX 48
#define XADES_CRLS_MAX 48
#define XADES_STAMPS_MAX 4
#define XADES_ARCHIVES_MAX 12
#define XADES_VALUE_MAX 1024

typedef STACK_OF(X509_CRL) crl_stack;

struct xades_digest { const struct algorithm *alg; const EVP_MD *md; unsigned char octet[EVP_MAX_MD_SIZE]; size_t len; };

struct xades {
	char id[24];
	xmlNode *element, *signed_info, *value_node, *key_info, *properties;
	xmlNode *unsigned_list;		/* UnsignedSignatureProperties; NULL: none */
	const struct algorithm *method;
	size_t nrefs;
	struct { xmlNode *target; struct xades_digest digest; } ref[XADES_REFERENCES_MAX];
	unsigned char value[XADES_VALUE_MAX];
	size_t value_len;
	int64_t claimed;		/* SigningTime */
	struct xades_digest signer_digest;
	char title[256], mode[256];	/* SignerRoleV2; "" if none */
	char policy_oid[128];
	unsigned char policy_hash[EVP_MAX_MD_SIZE];
	cert_list *bag;			/* of KeyInfo and CertificateValues */
	crl_stack *crls;		/* of RevocationValues */
	struct buf stamp[XADES_STAMPS_MAX];
	size_t nstamps;
	struct xades_archive { xmlNode *element; struct buf stamp; } archive[XADES_ARCHIVES_MAX];	/* oldest first */
	size_t narchives;
};

/* targets: the elements that the references must name, in order; the own
 * SignedProperties come after them. */
must_check bool xades_read(struct xades *out, xmlNode *signature, const char *id, xmlNode *const targets[], size_t ntargets,
    const struct policy *, struct err *);
void xades_drop(struct xades *);

/* The certificate that SigningCertificateV2 names, out of the bag and then out
 * of more (may be NULL); borrowed, NULL when it is in neither. */
X509 *xades_signer_certificate(const struct xades *, cert_list *more);

/* SUB_NONE, SUB_SIG_CRYPTO_FAILURE or SUB_HASH_FAILURE, and a sentence for the
 * last two. */
enum sub_indication xades_verify(const struct xades *, X509 *signer, struct err *why);
/* Digests of the references alone: SUB_NONE or SUB_HASH_FAILURE. */
enum sub_indication xades_check_digests(const struct xades *, struct err *why);
/* Is it an algorithm for signatures (and not for digests)? */
bool xades_is_method(const struct algorithm *);
/* What a signature time stamp must cover. */
must_check bool xades_stamp_imprint(unsigned char out[EVP_MAX_MD_SIZE], const struct xades *, const EVP_MD *, struct err *);
/* What the i-th archive time stamp must cover; i == narchives: one that comes next. */
must_check bool xades_archive_imprint(unsigned char out[EVP_MAX_MD_SIZE], const struct xades *, size_t i, const EVP_MD *, struct err *);
