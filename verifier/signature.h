/*
 * verifier/signature.h -- one signature of a permit, judged: identification,
 * integrity, proofs of existence, path, revocation (EN 319 102-1 5.2, 5.5).
 *
 * Two steps, because the seal's time stamp also proves that the officers'
 * signatures existed: first integrity and proofs of each, then the rest with
 * the earliest proof.
 *
 * Not here: whether the signer may sign this permit (judge.h).
 */
#pragma once

#include "verifier/judge.h"

struct judged {
	const struct xades *x;
	struct report_signature *out;
	X509 *signer;			/* borrowed; NULL when it was not found */
	bool stopped;			/* out->verdict is final: nothing further to judge */
};

void signature_failed(struct judged *, enum verdict, enum sub_indication, const char *detail);
/* Identification, integrity, own time stamps. */
void signature_begin(struct judged *, const struct judge_question *);
/* A proof of existence from elsewhere; kept when it is earlier. */
void signature_proven(struct judged *, int64_t when, enum proof);
/* Path, revocation, algorithms, claimed time, at the best signature time. */
void signature_end(struct judged *, const struct judge_question *);
/* A service's certificate (time stamps, status lists): path at `when`, profile,
 * not revoked then. */
must_check bool service_trusted(X509 *, const char *profile, int64_t when, const cert_list *bag, const crl_list *crls,
    const struct judge_question *, struct err *);
