/*
 * policy/keep.h -- for how long an issued permit is kept: the rule of its kind
 * (<keep years="N"/>) and the day on which it ended.
 *
 * A permit ends on the day from which the last act counts that takes it away for good:
 * void, superseded, withdrawn; without one after its own last day.  A suspension ends
 * nothing, and a withdrawal that was annulled ended nothing.  It is kept for the full
 * years from then, the same day of that year included (of 29 February the first of
 * March); without `years`, and of a kind that policy does not know, for ever.
 *
 * Says what may be destroyed and destroys nothing.  Pure; any thread.
 */
#pragma once

#include "policy/life.h"

enum keep_state { KEEP_FOREVER = 0, KEEP_STANDS, KEEP_STILL, KEEP_OVER, KEEP_STATES };

/* ended, until: LIFE_OPEN where there is no such day.  by: what ended it. */
struct keep { enum keep_state state; int32_t ended, until; enum in_force by; int64_t years; };

/* As of the life's day; kind may be NULL. */
struct keep keep_of(const struct kind *, const struct life *);

const char *keep_word(enum keep_state);		/* "for-ever", "stands", "kept", "over" */

/* The rule as it falls on this permit, to stand in a refusal: "kept for 10 years from
 * its end (expired 2026-11-28), until 2036-11-28". */
#define KEEP_TEXT 120
void keep_text(char out[KEEP_TEXT], const struct keep *);
