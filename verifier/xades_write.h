/*
 * verifier/xades_write.h -- the canonical octets of our own signatures, by
 * concatenation: the writer of the encoding that xades.h reads.
 *
 * Three steps, for officer and seal alike:
 *
 *	xades_prepare	what is to be signed -> SignedInfo; its SHA-256 goes to
 *			the token
 *	(sign)		raw signature: ECDSA r||s of 64 octets, or RSA octets
 *	xades_element	the whole ds:Signature, without or with evidence (B-LT)
 *
 * A time stamp covers xades_imprint of the raw signature.  An officer's element
 * is frozen once it has its evidence; the seal covers it whole.
 *
 * A sealed permit that ages gets an archive time stamp more (xades_archive), over
 * xades_archive_imprint (xades.h); the octets before it stay as they are.
 *
 * Everything here is deterministic: the same arguments give the same octets, so
 * that a recovery signs the same digest again.  Canonical octets of content and
 * issuance are standalone: their start tag carries xmlns; permit_write drops it,
 * because there the root carries it.
 *
 * Nothing is parsed.  Pure; any thread.
 */
#pragma once

#include "base/ossl.h"

#define XADES_POLICY_OID "2.25.273849503821049182736450918273645.10"
#define XADES_TARGETS_MAX 16
#define XADES_OFFICERS_MAX 8

/* The row of policy/algorithms.xml that a key signs with. */
enum xades_alg { XADES_ECDSA_SHA256, XADES_RSA_PSS_SHA256, XADES_RSA_SHA256 };
must_check bool xades_alg_of(enum xades_alg *, EVP_PKEY *, struct err *);

struct xades_signer {
	const char *id;			/* "officer-1" ..., "seal", "reaffirm" */
	struct span certificate;	/* DER */
	enum xades_alg alg;
	int64_t time;			/* claimed signing time */
	const char *title;		/* officer: as in the appointment; NULL for the seal */
	const char *mode;		/* "KT. CHỦ TỊCH", "" in one's own name; NULL for the seal */
	unsigned char policy_hash[32];	/* struct policy's hash */
};

/* One reference: the Id of the element and the SHA-256 of its canonical octets. */
struct xades_target { char id[24]; unsigned char digest[SHA256_LEN]; };

struct xades_tbs {
	struct buf signed_info;		/* canonical; what is signed */
	struct buf properties;		/* as it stands in the document */
	unsigned char digest[SHA256_LEN];	/* SHA-256 of signed_info: for the token */
};
void xades_tbs_drop(struct xades_tbs *);

/* An officer's targets beside the own properties: content, and the whole elements
 * of those who signed before.  *n: how many. */
must_check bool xades_officer_targets(struct xades_target out[XADES_TARGETS_MAX], size_t *n, struct span content, struct span before, struct err *);
/* The seal's targets: content, each officer's element, issuance.  *n: how many. */
must_check bool xades_seal_targets(struct xades_target out[XADES_TARGETS_MAX], size_t *n, struct span content,
    struct span officers, struct span issuance, struct err *);
/* Splits concatenated officers' elements. */
must_check bool xades_split(struct span out[XADES_OFFICERS_MAX], size_t *n, struct span officers, struct err *);

must_check bool xades_prepare(struct xades_tbs *out, const struct xades_signer *, const struct xades_target *, size_t ntargets, struct err *);

/* What a time stamp's imprint must be: SHA-256 of the canonical SignatureValue. */
void xades_imprint(unsigned char out[SHA256_LEN], struct span signature);

struct xades_evidence {
	struct span stamp;			/* TimeStampToken, DER (a CMS, not the response) */
	const struct span *cert; size_t ncerts;	/* DER: issuing certificates, the stamp's chain */
	const struct span *crl; size_t ncrls;	/* DER */
};
/* A sealed permit, whole -> the same with this stamp behind its unsigned properties, and
 * the stamp's chain and CRLs as its validation data. */
must_check bool xades_archive(struct buf *out, struct span permit, const struct xades_evidence *, struct err *);
/* Appends the element; evidence may be NULL (B-B). */
must_check bool xades_element(struct buf *out, const struct xades_signer *, const struct xades_tbs *, struct span signature,
    const struct xades_evidence *, struct err *);

struct issuance {
	const char *number, *book;	/* book may be NULL */
	int year;
	int32_t day;
	const char *place, *shortcode, *voicecode;	/* codes as printed */
	const char *log_origin;
	uint64_t log_index;		/* of the `seal reserved` entry */
	const char *status_uri;
	uint64_t status_index;
};
/* Canonical octets. */
void issuance_write(struct buf *out, const struct issuance *);

/* Why the agency stands by a permit whose officer's key others had (permit.h). */
struct reaffirmation { const char *decision, *reason; int32_t decided, day; };
/* Canonical octets. */
void reaffirmation_write(struct buf *out, const struct reaffirmation *);
/* A sealed permit, whole -> the same with these octets and this signature behind it. */
must_check bool permit_reaffirm(struct buf *out, struct span permit, struct span reaffirmation, struct span element, struct err *);

/* The file.  officers: concatenated elements, in order; issuance and seal may
 * be empty (a permit that waits for its seal). */
must_check bool permit_write(struct buf *out, struct span content, struct span officers, struct span issuance,
    struct span seal, struct err *);
