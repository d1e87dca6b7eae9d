/*
 * verifier/stamper.h -- another authority's time stamp (tst.h), by its row in
 * policy/timestamps.xml: one of its policies, on one of its days, and a path to its
 * anchor at the time of the stamp.  The anchor is one for this question alone.
 *
 * Not here: revocation, which whoever asks knows of (signature.c, signer/lt_outside.c).
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
