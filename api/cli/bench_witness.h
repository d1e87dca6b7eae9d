/*
 * api/cli/bench_witness.h -- three witnesses beside a demonstration authority, two
 * of which must cosign: processes of this machine, so what they cost is seen and
 * what a network costs is not.
 */
#pragma once

#include "base/bytes.h"

#include <sys/types.h>

#define BENCH_WITNESSES 3

struct bench_witness { pid_t pid[BENCH_WITNESSES]; };

/* Writes folder/witness.policy for the log that folder/ceremony.cms names. */
must_check bool bench_witness_start(struct bench_witness *, const char *folder, struct err *);
void bench_witness_stop(struct bench_witness *);
