/*
 * policy/life.h -- what became of a permit after it was issued: its status as a
 * function of what was recorded and of the day asked about.
 *
 * What was recorded are changes, in the order of the log.  Each is one act, from
 * a day on (a suspension to a last day, if it has one).  They are facts beside
 * one another, not steps of one state: a permit that is suspended for a month
 * and withdrawn from next week on is suspended today, withdrawn next week, and
 * suspended again if the withdrawal is annulled.  So a day that comes changes
 * the status without anybody acting.
 *
 *	void		issued in error: on every day, also before the order
 *	superseded	a newer version holds
 *	withdrawn	until restored
 *	suspended	from .. until, or until resumed; the newest suspension counts
 *	expired		after the permit's own last day
 *	noted		entries made after the issue stand: notes, a reaffirmation
 *	yes		none of these
 *
 * The first that is true is the status.  The number of an act stands in public
 * entries of the log (FORMATS: the public log, types 6 and 7), so that anybody
 * computes the same; it never changes.
 *
 * Also which act may follow, as a table (life_may).  Says nothing of who may
 * order it (roles.xml).  Pure; any thread.
 */
#pragma once

#include "base/bytes.h"
#include "policy/policy.h"

enum life_act {
	LIFE_RESUMED = 0, LIFE_WITHDRAWN = 1, LIFE_SUSPENDED = 2, LIFE_SUPERSEDED = 3, LIFE_VOID = 4, LIFE_RESTORED = 5,
	LIFE_NOTED = 12, LIFE_LIFTED = 13,	/* a note that stands no more */
	LIFE_REAFFIRMED = 14,		/* by the agency's seal: an officer's key had been lost (signer/reaffirm.c) */
	LIFE_RETURNED = 20		/* for correction, never issued: not in public entries */
};
#define LIFE_NOTES_MAX 32		/* that stand at once */
#define LIFE_OPEN INT32_MAX		/* until: no last day */
#define LIFE_NONE INT32_MIN		/* from: no day known */

/* ends: the entry of the note that is lifted; -1: not known (public entries do
 * not say it), any one. */
struct life_change { enum life_act act; int32_t from, until; int64_t entry, ends; };

struct life {
	int32_t day, valid_to;
	bool is_void, is_superseded, is_withdrawn, is_suspended, is_reaffirmed;
	struct life_change void_, superseded, withdrawn, suspended, reaffirmed, note[LIFE_NOTES_MAX];
	size_t nnotes;
};
/* valid_to: the permit's own last day, LIFE_OPEN without one. */
void life_begin(struct life *, int32_t day, int32_t valid_to);
/* The next change of the log; what begins after the day counts for nothing yet. */
void life_add(struct life *, const struct life_change *);
/* why (may be NULL): the change that makes it so; NULL for yes and expired. */
enum in_force life_status(const struct life *, const struct life_change **why);

/* The same as a value of the status list; an expiry is not told there. */
unsigned life_code(const struct life *);

/* May this act be ordered now?  The life is as of the day on which the act takes
 * effect; ends: of LIFE_LIFTED.  Refused with a code and words in Vietnamese. */
must_check bool life_may(const struct life *, enum life_act, int64_t ends, struct err *);

/* A permit's state in a word, out of what the register keeps (draft, signed,
 * sealing, issued, void) and its life: draft, signed, sealing, returned, issued,
 * suspended, withdrawn, superseded, void. */
const char *life_state(const char *kept, const struct life *);

/* "withdrawn" ..., and for people; NULL for a number that is no act. */
const char *life_word(int64_t act);
const char *const *life_say(int64_t act);	/* by enum lang */
