/*
 * register/run.h -- runs verbs: the log and the state tables change together.
 *
 * Invariants:
 *  1. One writer at a time.  A transaction begins with the lock of the head row
 *     and holds every unit that was waiting (group commit); a unit that is
 *     refused leaves no trace (savepoint).
 *  2. An entry exists if and only if its projection happened.
 *  3. The head row is written last in the transaction.
 *  4. time never decreases; idx has no gaps.
 *  5. Nothing is answered before the commit returned.
 *  6. Several runners may share a server's database, of whom each follows what
 *     the others wrote.  A transaction whose connection was lost is looked for
 *     in the log by its root: there, it is answered as done; not there, it is
 *     run again; and where neither can be known, the answer is ERR_LATER, never
 *     a refusal.
 *
 * run_unit may be called by any number of threads; it blocks until the
 * transaction that holds the unit is durable or the unit is refused.
 */
#pragma once

#include "register/entry.h"
#include "register/replica.h"

struct runner;

/* kid: first 8 octets of the hash of the key that this log's entries name. */
must_check bool runner_new(struct runner **out, const char *database, const char *origin, struct err *);
/* Reads only, from a database that follows another (replica.h); units are refused. */
must_check bool runner_new_replica(struct runner **out, const char *database, int64_t max_age_secs, struct err *);
must_check bool runner_check_standby(struct runner *, const char *standby, struct err *);
void runner_stop(struct runner *);
/* unit and result: proto.h, REG_RUN; result is the caller's. */
struct runner_unit { struct span unit; struct buf result; struct err e; bool good; };
/* All at once; each is run or refused by itself. */
void runner_units(struct runner *, unsigned caller, struct runner_unit *, size_t n);
must_check bool runner_unit(struct runner *, unsigned caller, struct span unit, struct buf *result, struct err *);
must_check bool runner_read(struct runner *, unsigned caller, const char *name, struct span params, struct buf *rows, struct as_of *, struct err *);
/* Committed size; waits until it is not `seen` or timeout. */
uint64_t runner_wait_change(struct runner *, uint64_t *seen_commits, int timeout_ms);
const char *runner_database(const struct runner *);

/* The verb's projections; fields have $entry and $time.  For all who change tables. */
must_check bool verb_project(struct store *, const struct verb *, const struct values *fields, struct err *);
/* For fsck: binds record fields and runs a verb's projections on any store. */
must_check bool verb_replay(struct store *, const struct verb *, struct span record, uint64_t idx, int64_t time, struct err *);
/* Record <-> values; a field that the verb got later is null in older records. */
void record_write(struct buf *out, const struct verb *, const struct values *);
must_check bool record_read(struct values *out, const struct verb **verb, struct span record, struct err *);
/* What an entry says of a verb's fields: type, org, category, handle, public.
 * Borrows from both. */
must_check bool entry_of_fields(struct entry *out, struct buf *public, const struct verb *, const struct values *, struct err *);
