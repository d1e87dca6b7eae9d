/*
 * verifier/signature.h -- one signature of a permit, judged: identification,
 * integrity, proofs of existence, path, revocation (EN 319 102-1 5.2.3, 5.2.7, 5.4, 5.2.6, 5.5.4).
 *
 * Three steps, because what proves that the seal existed proves it of the officers'
 * signatures, with their time stamps, too: integrity of each; time stamps, the
 * seal's first; then the rest with the earliest proof.
 *
 * A time stamp proves something while its own certificate lasts, its key is in the
 * right hands and its algorithms are good, or where something else shows that it
 * existed when that was so (EN 319 102-1 5.6.2.4: past signature validation): an archive
 * time stamp that was made in time, the log.  So they are looked at from the newest to
 * the oldest, each as of the time that the one before it proves (5.6.3.4 5)).
 *
 * Not here: whether the signer may sign this permit (judge.h).
 */
#pragma once

#include "verifier/cert.h"
#include "verifier/judge.h"
#include "verifier/tst.h"

/* What stamps, path and status need of a signature in any format. */
struct signature_parts {
	bool named;			/* the signer's certificate, by a digest that is signed */
	cert_list *bag;			/* came along, as ... */
	crl_stack *crls;		/* ... these; borrowed, may be NULL */
	const struct buf *stamp;	/* signature time stamps */
	size_t nstamps;
	struct span value;		/* what they cover; of a permit the element counts */
	const struct buf *covers;	/* NULL, or what each covers instead */
	const struct algorithm *used[XADES_REFERENCES_MAX + 3];	/* methods, digests, the length of a short key */
	size_t nused;
};

#define CLOCKS_APART 300		/* seconds that a signature may claim to be later than what proves it */

struct judged {
	const struct xades *x;		/* NULL: a foreign document's (cades_judge.c, dsig_judge.c), which fills the parts itself */
	struct signature_parts parts;
	struct report_signature *out;
	X509 *signer;			/* borrowed; NULL when it was not found */
	bool stopped;			/* out->verdict is final: nothing further to judge */
	int64_t known;			/* since when this signature, with its stamps and what it signs, is known to be there without them */
	int64_t covering;		/* the earliest archive time stamp so far: what it covers is not later */
	bool disordered;		/* ... but says that it is */
	bool in_window;			/* made after its key was in other hands, and before its certificate was revoked for that ... */
	int64_t lost, revoked;		/* ... from when to when */
};

void signature_failed(struct judged *, enum verdict, enum sub_indication, const char *detail);
/* What a report says of the signer's certificate. */
void signature_facts(struct report_signature *, const struct cert_facts *);
/* Identification, integrity. */
void signature_begin(struct judged *, const struct judge_question *);
/* Its time stamps.  known: since when all of it is known to be there, the time of the
 * judgement without any proof; earlier afterwards where archive time stamps say so. */
void signature_stamps(struct judged *, int64_t known, const struct judge_question *);
/* A proof of existence from elsewhere; kept when it is earlier. */
void signature_proven(struct judged *, int64_t when, enum proof);
/* Path, revocation, algorithms, claimed time, at the best signature time.  Of a signature in
 * the window nothing but this is known then: the rest is judged as of any other. */
void signature_end(struct judged *, const struct judge_question *);
/* A signature in the window fails for the revocation, whatever else was found. */
void signature_window(struct judged *);
/* A service's certificate (time stamps, status lists): path at `when`, profile,
 * not revoked then; and not expired at `known`, since when what it signed is known to
 * be there. */
struct service_use { const char *profile; int64_t when, known; enum sub_indication *sub; };	/* sub: why not; may be NULL */
must_check bool service_trusted(X509 *, const struct service_use *, const cert_list *bag, const crl_list *crls,
    const struct judge_question *, struct err *);
/* A time stamp that is sound by itself (tst.h) and is known to be there since `known`: its
 * algorithms, and whether who made it may give time.  sub: why not. */
must_check bool stamp_counts(const struct tst *, int64_t known, const cert_list *bag, const crl_list *crls, const struct judge_question *,
    enum sub_indication *sub, struct err *);
/* The signature, else good, fails where policy has ended one of the algorithms. */
void signature_algorithms(struct judged *, const struct judge_question *);
