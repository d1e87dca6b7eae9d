/*
 * verifier/cades.h -- a foreign document: CMS / CAdES SignedData (RFC 5652, ETSI EN
 * 319 122-1), attached or detached, DER or PEM.
 *
 * cades_read takes DER alone: definite lengths in their shortest form, nothing behind
 * the end, signed attributes in DER's order, each once and with one value; at most
 * CADES_SIZE_MAX octets, CADES_SIGNERS_MAX signers, CADES_CERTS_MAX certificates.
 * Versions, names of digests and the algorithms of each signer must agree with each
 * other (RFC 5652 5.1, 5.3; RFC 6211).  What it refuses is FORMAT_FAILURE.
 *
 * Algorithms are judged by their dates in policy: of the signature, of its digests, of
 * the signer's key and certificate as of the best signature time, of the authorities'
 * certificates and of the lists as of now, since nothing proves them older (EN 319 102-1
 * 5.5.4 10)).  So SHA-1 and short RSA keys pass where a time stamp shows that it was their time.
 *
 * The signer is the certificate that signing-certificate-v2 names, or the older
 * signing-certificate by SHA-1, as the SignerInfo names it too; the key is looked at after that.  What came along is
 * a bag and further evidence: certificates and CRLs.
 *
 * Not judged, with a remark: counter-signatures, archive time stamps, OCSP responses
 * that came along, other unsigned attributes.
 *
 * Judged without a tier: whose anchors were given may be anybody's.  Whether such a
 * document is in force is unknown.  Pure; one thread a document.
 */
#pragma once

#include "verifier/judge.h"

#define CADES_SIZE_MAX (8u << 20)
#define CADES_SIGNERS_MAX 16
#define CADES_CERTS_MAX 64
#define CADES_CRLS_MAX 48
#define CADES_STAMPS_MAX 4
#define CADES_ATTRIBUTES_MAX 64
#define CADES_DIGESTS_MAX 16
#define CADES_VALUE_MAX 1024

/* A digest as CMS names it; policy_id as policy/algorithms.xml calls it. */
struct cades_digest { const char *oid, *policy_id, *md; };
/* An algorithm of signatures; digest NULL: the SignerInfo's. */
struct cades_method { const char *oid, *family, *digest; int key; bool pss, takes_null; };

struct cades_signer {
	struct span issuer, serial, key_id;	/* the SID: a name and an INTEGER's octets, or a key identifier */
	const struct cades_digest *digest;
	const struct cades_method *method;
	char method_id[24];			/* as policy calls it, with its digest */
	int salt;				/* of PSS */
	struct span attributes;			/* all, as they stand; empty: none */
	struct span message_digest;
	bool has_ess, has_policy;
	const struct cades_digest *ess_digest;
	struct span ess_hash, ess_issuer, ess_serial;	/* the last two empty: not named */
	int64_t claimed;			/* INT64_MIN: none */
	struct span value;
	struct buf stamp[CADES_STAMPS_MAX];
	size_t nstamps, passed_over;		/* unsigned attributes that are not judged */
};

struct cades {
	struct buf der;				/* the others borrow from it */
	char content_type[80];			/* dots */
	bool attached;
	struct span content;
	cert_list *bag;
	crl_stack *crls;
	size_t nsigners, other_status;		/* revocation data that is no CRL */
	struct cades_signer signer[CADES_SIGNERS_MAX];
};

/* Is it CMS at all (of any type, well-formed or not)? */
bool cades_is(struct span document);
/* ERR_ABSENT: CMS without a signature, as certificates alone or an envelope. */
must_check bool cades_read(struct cades *out, struct span document, struct err *);
void cades_drop(struct cades *);

/* The certificate of this signer out of the bag and of more (may be NULL); borrowed,
 * NULL when none has the digest and the SID. */
X509 *cades_signer_certificate(const struct cades *, const struct cades_signer *, const cert_list *more);
/* Is the message digest this content's? */
bool cades_digest_holds(const struct cades_signer *, struct span content);
/* Is the value by this key, over the signed attributes? */
bool cades_signature_holds(const struct cades_signer *, X509 *);

/* content: of a detached signature; may be NULL. */
void cades_judge(struct report *out, const struct judge_question *, const struct span *content);
