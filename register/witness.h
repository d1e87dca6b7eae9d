/*
 * register/witness.h -- a witness of logs (c2sp.org/tlog-witness): it cosigns a
 * checkpoint when that grows from the one it cosigned before, and says so.
 *
 * Invariants:
 *  1. For each log there is one view, and it only grows: a checkpoint is
 *     cosigned after a proof that it holds all that the view held.
 *  2. The old view is compared and the new one made durable in one step, and
 *     no cosignature leaves before it is (a process that ends in between has
 *     at worst cosigned in silence).
 *  3. Which logs there are, and with which keys, the operator's policy file
 *     says; a log's own word does not.
 *
 * Any number of threads; one at a time does the work.
 */
#pragma once

#include "register/log_policy.h"
#include "register/witness_key.h"
#include "register/witness_request.h"

struct witness;
/* logs and key are borrowed for its life; database: its memory, made if need be. */
must_check bool witness_new(struct witness **out, const struct log_policy *logs, const struct witness_key *key, const char *database, struct err *);
void witness_free(struct witness *);

/*
 *	200	cosigned; the cosignature's line
 *	400	not a request, or an old size beyond the checkpoint's
 *	403	not signed by a key of that log, or wrongly by one
 *	404	no log of this witness
 *	409	the old size is not the view's; the view's size, text/x.tlog.size
 *	422	it does not follow from the view: a wrong proof, another root
 *	503	the memory cannot be written
 */
struct witness_answer { unsigned status; const char *type; struct buf body; };
void witness_answer_drop(struct witness_answer *);
/* add-checkpoint; now: the witness's own clock. */
void witness_add(struct witness *, struct span request, int64_t now, struct witness_answer *);
/* The view of the log whose origin has this SHA-256, in hex; 404 without one. */
void witness_show(struct witness *, const char *origin_hash, struct witness_answer *);
