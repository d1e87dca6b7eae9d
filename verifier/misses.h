/*
 * verifier/misses.h -- how often somebody typed a well-formed code that does not
 * exist (FORMATS: codes), or a number and a name that no permit has both.
 *
 * Counted per asker: a device key ("device:...") or an address block.  After
 * MISSES_MAX (devices MISSES_DEVICE_MAX) within MISSES_SECS the asker waits
 * until the first of them is MISSES_SECS old.  One brake for the whole city:
 * when most of many look-ups of a minute miss, address blocks that missed once
 * wait too.
 *
 * Codes are drawn from too many to be tried, so that theirs are counted when they have
 * missed.  Numbers run on from one another: each is counted before it is looked up, and
 * taken back when there was nobody wrong, or many at once would be tried for the price
 * of one.  They have a table of their own, so that wrong names stop no code.
 *
 * A table of fixed size; the asker seen longest ago gives way.  Any thread.
 */
#pragma once

#include "base/bytes.h"

#define MISSES_MAX 5
#define MISSES_DEVICE_MAX 50
#define MISSES_SECS 300
#define MISSES_CITY_MIN 200

struct misses;
struct misses *misses_new(void);
void misses_free(struct misses *);
/* Seconds to wait; 0: look it up. */
int misses_wait(struct misses *, const char *who, int64_t now);
void misses_note(struct misses *, const char *who, bool found, int64_t now);
/* Both at once, as a miss until it is taken back with the same now. */
int misses_take(struct misses *, const char *who, int64_t now);
void misses_take_back(struct misses *, const char *who, int64_t now);
