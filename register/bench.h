/*
 * register/bench.h -- how many entries a second the register appends, each
 * durable before it is answered, beside what the disk gives.  For `antin bench`.
 *
 * A database of its own is made in a folder and removed again; nothing of the
 * folder's other files is touched.  The limit is measured in the same run on
 * the same folder: a record's worth of octets appended and fdatasync, one after
 * the other.  A group commit answers many units with one sync, so the ratio is
 * meant to be above 1.
 */
#pragma once

#include "base/err.h"

struct register_bench {
	const char *folder;	/* must exist, on the disk that is asked about */
	unsigned threads;	/* callers at once, each waiting for its answer; 1 to 512 */
	double secs;		/* for each of the two measurements */
};

struct register_bench_result {
	double appends_per_sec;		/* units of one verb with an entry, through runner_unit */
	double fdatasync_per_sec;	/* the limit */
};

must_check bool register_bench_append(struct register_bench_result *, const struct register_bench *, struct err *);
