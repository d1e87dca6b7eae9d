/*
 * verifier/bench.h -- the limit of whoever judges documents: how many ECDSA P-256
 * verifications a second, and nothing beside them.
 */
#pragma once

#include "base/err.h"

/* On so many threads at once, 64 at most. */
must_check bool verifier_bench_raw(double *per_sec, unsigned threads, double secs, struct err *);
