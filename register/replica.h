/*
 * register/replica.h -- reading from a copy of the database that follows
 * (PostgreSQL's streaming replica): how old is what it shows?
 *
 * The register that leads writes the time into log_beat every few seconds.  A
 * replica that shows a beat shows everything that was committed before it, so
 * the beat's time is a lower bound, whatever the network does; and beyond a
 * stated age nothing is answered at all.
 *
 * Says nothing of a writer's own reads: those are of this moment.
 */
#pragma once

#include "register/store.h"

#define BEAT_SECS 5
#define REPLICA_AGE_MAX_SECS 300	/* unless configured */

/* What an answer is of: the log's size and the time until which everything is
 * in it.  size 0 and time 0: this moment. */
struct as_of { uint64_t size; int64_t time; };

must_check bool replica_beat(struct store *, int64_t now, struct err *);
/* Asked before the rows, so that these are never older.  Refuses (ERR_LATER)
 * what is older than max_age_secs. */
must_check bool replica_as_of(struct as_of *out, struct store *, int64_t now, int64_t max_age_secs, struct err *);
