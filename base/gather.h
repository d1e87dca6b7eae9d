/*
 * base/gather.h -- threads that want the same kind of thing at the same time
 * share one way: whoever comes while a way is under way waits for the next,
 * and goes with all the others who wait by then.
 *
 * Nobody is waited for: alone, a caller goes at once and alone.  Under load the
 * cost of a way (messages, wakings, a disk's flush) is divided by the crowd.
 *
 * A thread of the callers' own makes each way; there is none of ours.
 */
#pragma once

#include <stddef.h>

struct gather;

/* ways: at once; most: items a way.  run is called with each item once. */
typedef void gather_run(void *state, void *const item[], size_t n);
struct gather *gather_new(unsigned ways, size_t most, gather_run *, void *state);
void gather_free(struct gather *);
/* Returns after run has had the item. */
void gather_do(struct gather *, void *item);
