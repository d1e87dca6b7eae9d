/*
 * hsm/bench.h -- how many signatures a second: a token asked directly, and the
 * same token through antin-hsm.  For `antin bench`; both run for secs seconds
 * on `threads` threads over P-256.
 */
#pragma once

#include "hsm/remote_key.h"
#include "hsm/token.h"

/* C_SignInit + C_Sign, one session a thread: the limit. */
must_check bool hsm_bench_raw(double *per_sec, struct token *, const struct token_key *,
    unsigned threads, double secs, struct err *);
/* Over the socket, one connection a thread, `together` digests a frame (1 to
 * HSM_BATCH_MAX). */
must_check bool hsm_bench_remote(double *per_sec, struct hsm *, const unsigned char key_id[KEY_ID_LEN],
    unsigned threads, unsigned together, double secs, struct err *);
