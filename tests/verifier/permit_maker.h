/*
 * tests/verifier/permit_maker.h -- real sealed permits for tests: an authority,
 * a time-stamping authority, officers and seals with keys in memory, and the
 * very writers that the product uses.
 *
 * Everything happens on one day: MAKER_DAY; MAKER_NOW is when tests judge.
 * All certificates and keys are made anew by maker_new.
 */
#pragma once

#include "verifier/judge.h"
#include "verifier/submission.h"

#define MAKER_DAY "2026-11-22"
extern const int64_t maker_now;		/* 2026-11-22T15:42:00+07:00 */

struct maker_party { EVP_PKEY *key; X509 *cert; };

struct maker {
	policy_t *policy;
	permit_grammars *grammars;
	struct maker_party root, issuing, officer, seal, tsa, service;
	struct maker_party other_officer;	/* of another agency; same authority */
	struct maker_party stranger;		/* self-signed: another world */
	X509_CRL *root_crl, *issuing_crl;	/* nothing revoked; current at maker_now */
	uint64_t serials;
};

struct maker *maker_new(void);
void maker_free(struct maker *);
/* From now on two officers sign every kind, in the modes in which one did. */
void maker_two_sign(struct maker *);

/* A certificate of a profile, by the issuing authority unless root is asked. */
struct maker_party maker_official(struct maker *, const char *name, const char *title, const char *agency, int64_t from, int64_t to);
struct maker_party maker_seal(struct maker *, const char *agency, int64_t from, int64_t to);
struct maker_party maker_service(struct maker *, const char *profile, const char *name);
struct maker_party maker_other_tier(struct maker *, const char *agency);
struct maker_party maker_rsa_official(struct maker *, const char *agency);
/* A further time-stamping authority's. */
struct maker_party maker_tsa(struct maker *, int64_t from, int64_t to);
void maker_party_drop(struct maker_party *);

struct maker_revoked { X509 *cert; int64_t date; int reason; int64_t invalidity; };
X509_CRL *maker_crl(struct maker *, int64_t this_update, int64_t next_update, const struct maker_revoked *, size_t n);
/* Made a minute before maker_now, with this one on it. */
X509_CRL *maker_revoking(struct maker *, X509 *, int64_t date, int reason, int64_t invalidity);

/* The root's. */
X509_CRL *maker_root_crl(struct maker *, int64_t this_update, int64_t next_update);

/* A token over an imprint; md: that of the imprint and of the signature. */
struct maker_stamping { const struct maker_party *by; const EVP_MD *md; int64_t when; X509_CRL *crl; /* with an archive time stamp, instead of one of then */ };
void maker_stamp(struct buf *token, struct span imprint, const struct maker_stamping *);

/* What differs from an ordinary permit; zero members mean the ordinary. */
struct maker_recipe {
	const char *sample;		/* id in tests/data/permits.json; default gpxd-01 */
	struct maker_party *officer, *second, *seal;
	bool second_alone;		/* its signature does not cover the first one */
	const char *title, *mode;
	int64_t officer_time, seal_time;	/* claimed, and stamped */
	int64_t officer_stamp;		/* when it differs from the claimed time */
	bool no_officer_stamp, no_seal_stamp, no_evidence, unsealed;
	X509_CRL *crl;			/* to be embedded instead of issuing_crl */
	enum xades_alg alg;		/* of the officer */
	uint64_t status_index;
	const char *amends;		/* a handle: a later version, of */
	struct submission_amended amended;
	int year;			/* of the number, when it is not the date's */
};
void maker_permit(struct maker *, const struct maker_recipe *, struct buf *out);
/* Canonical content of the recipe's sample, as submitted. */
void maker_content(struct maker *, const struct maker_recipe *, struct buf *out);

/* The permit with an archive time stamp more, and the CRLs of then. */
void maker_archive(struct maker *, struct buf *out, struct span permit, const struct maker_stamping *);

/* The sealed permit, reaffirmed; zero members: by its seal, a minute before maker_now. */
struct maker_reaffirming {
	struct maker_party *by;
	int64_t when, stamp;		/* claimed; stamped, when it differs */
	const char *decision, *decided, *day;
	bool no_stamp;
	X509_CRL *crl;
};
void maker_reaffirm(struct maker *, struct buf *out, struct span permit, const struct maker_reaffirming *);

/* Anchors, issuing certificate and the two CRLs; crl: instead of issuing_crl. */
struct evidence *maker_evidence(struct maker *, X509_CRL *crl);
/* A status list with these values, signed by the service signer, added. */
void maker_status_list(struct maker *, struct evidence *, const unsigned char *statuses, size_t n, int64_t issued);

/* The list itself, for a file. */
void maker_status_list_octets(struct maker *, struct buf *cwt, const unsigned char *statuses, size_t n, int64_t issued);

/* A log with one entry, the issue of this document at `when`; the key goes into
 * the evidence as an anchor, the proof as a piece. */
void maker_log_proof(struct maker *, struct evidence *, struct span document, int64_t when);
/* The key and the proof themselves, for files. */
void maker_log_proof_octets(struct buf *vkey, struct buf *proof, struct span document, int64_t when);

/* Judged at maker_now with this evidence. */
void maker_judge(struct maker *, struct report *, struct span document, const struct evidence *);
/* This verdict; says what it was else. */
void maker_expect(const char *name, const struct report *, enum verdict, enum sub_indication);
/* A sample as JSON text. */
void maker_sample(struct buf *out, const char *id);
/* A signature by a key in memory: r||s, or RSA octets. */
void maker_sign(struct buf *raw, EVP_PKEY *, enum xades_alg, struct span tbs);
