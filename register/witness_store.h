/*
 * register/witness_store.h -- what a witness never forgets: of each log, the
 * largest checkpoint that it cosigned.  One SQLite file of its own, WAL,
 * synchronous FULL.
 *
 * Looking and remembering are one transaction that excludes every other writer
 * of the file (BEGIN IMMEDIATE): two requests cannot both find the same old
 * size, and what commit returned true for survives a power cut.
 *
 * Beside it: proofs of a forked log, which are two checkpoints of one size with
 * different roots, both signed by the log.
 *
 * One thread at a time.
 */
#pragma once

#include "register/note.h"

struct witness_store;
must_check bool witness_store_open(struct witness_store **out, const char *path, struct err *);
void witness_store_free(struct witness_store *);

struct witness_view {
	bool any;		/* else: never cosigned, size 0 */
	uint64_t size;
	struct hash root;
	struct buf note;	/* as cosigned */
};
void witness_view_drop(struct witness_view *);
/* Outside a transaction: a look. */
must_check bool witness_store_get(struct witness_store *, const char *origin, struct witness_view *out, struct err *);

must_check bool witness_store_begin(struct witness_store *, struct err *);
/* The view takes the place of the one before. */
must_check bool witness_store_put(struct witness_store *, const char *origin, const struct witness_view *, int64_t time, struct err *);
/* Keeps what the log signed beside the view that it contradicts; *new: it was
 * not kept yet. */
must_check bool witness_store_fork(struct witness_store *, const struct checkpoint *, struct span note, int64_t time, bool *new, struct err *);
must_check bool witness_store_commit(struct witness_store *, struct err *);
void witness_store_cancel(struct witness_store *);
