/*
 * verifier/nursery.h -- who forks zygotes while the broker has threads.
 *
 * A single-threaded process, forked first of all: for each order it reads
 * anchors and the published CRLs, certificates and lists, and forks a zygote
 * that keeps them.  A new CRL is a new zygote, and remembers no verdict yet
 * (verdicts.h); work that the old one has begun ends there.
 *
 * nursery_zygote may be called by any number of threads: it looks whether the
 * published files changed and gives the zygote to be used, until nursery_done.
 */
#pragma once

#include "policy/policy.h"
#include "verifier/permit.h"
#include "verifier/verdicts.h"
#include "verifier/zygote.h"

struct nursery;
struct nursery_settings {
	const struct policy *policy;
	struct permit_grammars *grammars;
	const struct tier_list *tiers;		/* may be NULL */
	const char *policy_folder, *trust, *public;
	uid_t uid;
	uint64_t memory_max;
	unsigned cpu_secs;
};
/* Call before any thread is started and before the jail. */
must_check bool nursery_start(struct nursery **out, const struct nursery_settings *, struct err *);
struct nursed;
must_check bool nursery_zygote(struct nursed **out, struct nursery *, struct err *);
struct zygote *nursed_zygote(struct nursed *);
/* What was judged by its evidence. */
struct verdicts *nursed_verdicts(struct nursed *);
void nursery_done(struct nursery *, struct nursed *);
