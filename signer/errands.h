/*
 * signer/errands.h -- errands that take long: who asks waits as long as it likes, the
 * errand goes on, and what came of it is kept for whoever asks for the same again.
 *
 * Bounds: ERRANDS_MAX at once, those done and not asked for a while giving way to new
 * ones; as many runners as errands_start is told, so that many who wait are no more than
 * that at the other end.  One that fails is forgotten, and until a while later
 * (2 seconds, then twice as long each time, ERRANDS_REST_SECS at most) nobody is sent:
 * whoever asks gets the last refusal at once.
 *
 * Any thread.
 */
#pragma once

#include "base/ossl.h"

#define ERRANDS_MAX 256
#define ERRANDS_REST_SECS 60

typedef bool errand_run(void *state, unsigned runner, const unsigned char name[SHA256_LEN], struct buf *out, struct err *);

struct errands;
struct errands *errands_new(errand_run *, void *state, size_t result_max);
/* After the jail is closed: the runners. */
void errands_start(struct errands *, unsigned runners);
/* Appends what it brought.  ERR_LATER: not yet, or not now; while nobody is sent, the last
 * refusal, of whatever class. */
must_check bool errands_ask(struct errands *, const unsigned char name[SHA256_LEN], int64_t patience_ms, struct buf *out, struct err *);
/* What was brought is of no use after all: as if it had been refused. */
void errands_spoilt(struct errands *, const unsigned char name[SHA256_LEN], const struct err *why);
/* How many are not back; the last refusal, if nothing was brought since (false: none). */
size_t errands_waiting(struct errands *);
bool errands_refused(struct errands *, struct err *);
