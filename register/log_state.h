/*
 * register/log_state.h -- the growing end of the log, in memory: right edge,
 * time, and the partial tile of each level.
 *
 * A struct that is copied before a unit and put back when the unit is refused;
 * log_state_save writes what changed into the transaction.  Full tiles are
 * written as they fill.
 */
#pragma once

#include "register/store.h"
#include "register/tile.h"

#define LOG_LEVELS 4	/* 2^32 entries */

struct log_state {
	struct merkle_edge edge;
	int64_t time;
	struct { unsigned width; bool dirty; struct hash hash[TILE_WIDTH]; } tile[LOG_LEVELS];
};

must_check bool log_state_load(struct log_state *, struct store *, struct err *);
/* Within a transaction that holds the lock: loads again if somebody else has
 * written since. */
must_check bool log_state_follow(struct log_state *, struct store *, struct err *);
must_check bool log_state_append(struct log_state *, struct store *, const struct hash *leaf, struct err *);
/* Partial tiles, then the head row, last (run.h, invariant 3). */
must_check bool log_state_save(struct log_state *, struct store *, struct err *);
/* One tile as it stands in the table; width 0: it is not there. */
must_check bool log_tile_load(struct store *, unsigned level, uint64_t n, struct hash out[TILE_WIDTH], unsigned *width, struct err *);
/* Hashes out of log_tile, as a struct tile_source's get; ctx is a struct store. */
bool log_tile_get(void *store, unsigned tile_level, uint64_t from, unsigned count, struct hash *out, struct err *e);
