/*
 * verifier/bench.h -- how many permits a second: judged by lasting workers, as
 * those that Antin issued are (warm), each by a worker of its own, as any other
 * is (cold), and the limit: ECDSA P-256 verifications alone, times those that a
 * permit truly needs.
 *
 * Needed for each signature: its value, its time stamp, the signer's
 * certificate; and once the time-stamping certificate.  What the process knew
 * before the document came (issuing certificates, published CRLs) is not
 * counted.  Lasting workers remember certificates that they have verified, and verify a
 * document's values and time stamps each time.
 */
#pragma once

#include "verifier/judge.h"

struct verifier_bench {
	struct span permit;		/* sealed; must pass at `at` */
	int64_t at;
	const struct policy *policy;
	struct permit_grammars *grammars;
	const struct evidence *evidence;
	double secs;			/* for each of the three */
	unsigned threads;		/* that ask for workers; and that verify alone */
};

struct verifier_bench_result {
	double raw_per_sec;		/* ECDSA verifications, on as many threads */
	unsigned needed;		/* by this permit */
	double limit_per_sec;		/* raw_per_sec / needed */
	double warm_per_sec;		/* lasting workers */
	double cold_per_sec;		/* a worker a document */
};

/* ECDSA P-256 verifications alone, on so many threads at once, 64 at most. */
must_check bool verifier_bench_raw(double *per_sec, unsigned threads, double secs, struct err *);
/* Refuses (ERR_INPUT) a permit that does not pass.  Forks: call before threads. */
must_check bool verifier_bench(struct verifier_bench_result *, const struct verifier_bench *, struct err *);
