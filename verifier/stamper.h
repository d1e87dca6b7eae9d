/*
 * verifier/stamper.h -- another authority's time stamp (tst.h), by its row in
 * policy/timestamps.xml: one of its policies, on one of its days, and a path to its
 * anchor at the time of the stamp.  The anchor is one for this question alone.
 *
 * Revocation is asked apart: a judgement knows of more CRLs (signature.c) than what is to
 * be sealed with the stamp (stamper_status).
 *
 * Pure; any thread.
 */
#pragma once

#include "policy/policy.h"
#include "verifier/path.h"
#include "verifier/tst.h"

/* To whose anchor the stamp's certificates lead; NULL: nobody's, it may be one of ours.
 * bag: further certificates, may be NULL. */
const struct time_authority *stamper_authority(const struct policy *, const struct tst *, const cert_list *bag);
/* A stamp that was asked for between these moments, by our clock. */
#define STAMP_SKEW_SECS 60	/* how far two clocks may lie apart */
must_check bool stamp_timely(const struct tst *, int64_t from, int64_t to, struct err *);
/* The path is the caller's to drop, also where it is refused. */
must_check bool stamper_path(struct path_result *, const struct time_authority *, const struct tst *, const cert_list *bag, struct err *);
/* Of every certificate below the anchor, among these CRLs (DER, one behind the other),
 * one that its issuer made and that was not over at `at`; used: borrowed, in the order of
 * the path.  ERR_LATER: there is none yet; ERR_POLICY: it says that it is revoked. */
must_check bool stamper_status(struct span used[PATH_MAX_CERTS], size_t *n, const struct path_result *, struct span crls, int64_t at, struct err *);
