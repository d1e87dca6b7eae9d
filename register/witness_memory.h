/*
 * register/witness_memory.h -- what antin-register remembers of its witnesses, and
 * what of the log they are asked about: rows of log_witness, log_witnessed and
 * log_split, the last published checkpoint, proofs out of log_tile.
 *
 * A database connection of its own; any number of threads, one at a time.
 */
#pragma once

#include "base/json.h"
#include "register/note.h"

struct witness_memory;

must_check bool witness_memory_open(struct witness_memory **out, const char *database, struct err *);
void witness_memory_free(struct witness_memory *);
/* Finds a database server that went away again. */
must_check bool witness_memory_revive(struct witness_memory *, struct err *);

/* The last published checkpoint as the log signed it; size 0: none. */
must_check bool witness_memory_published(struct witness_memory *, uint64_t *size, struct buf *note, struct err *);
/* How many entries there are, published or not. */
must_check bool witness_memory_head(struct witness_memory *, uint64_t *size, struct err *);
must_check bool witness_memory_prove(struct witness_memory *, uint64_t from, uint64_t to, struct hash proof[MERKLE_PROOF_MAX], size_t *n, struct err *);

/* What a witness cosigned last; untouched where nothing is known. */
must_check bool witness_memory_member(struct witness_memory *, const char *vkey, uint64_t *size, int64_t *time, struct err *);
must_check bool witness_memory_put_member(struct witness_memory *, const char *vkey, uint64_t size, int64_t time, struct err *);
/* The newest checkpoint with its quorum.  The first look records that witnesses
 * are asked from now on, so that proofs wait for them. */
must_check bool witness_memory_witnessed(struct witness_memory *, uint64_t *size, int64_t *as_of, struct err *);
must_check bool witness_memory_put_witnessed(struct witness_memory *, uint64_t size, int64_t as_of, struct span note, struct err *);

/* A view that a witness holds against this log: its size, and the sentence. */
struct witness_split { uint64_t size; char sentence[256]; };
/* Kept once for each view; *new: it was not kept before. */
must_check bool witness_memory_put_split(struct witness_memory *, const char *vkey, const struct witness_split *, int64_t time, struct span note, bool *new, struct err *);
/* [{"key","size","time","sentence"} ...], the first hundred. */
must_check bool witness_memory_splits(struct witness_memory *, json_t **out, struct err *);
