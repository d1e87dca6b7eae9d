/*
 * register/tile_cache.h -- tiles that were read, and the nodes above their hashes.
 *
 * Most nodes of a proof lie in few tiles high in the tree, which all proofs have
 * in common: with those kept, a proof costs one tile of hashes and its folding.
 * A tile's hashes never change, a partial one is another tile at each width: what
 * is kept holds for a tree of any size.  Any number of threads.
 *
 * Not here: where tiles come from (tile.h).  Pure; open to every level above.
 */
#pragma once

#include "register/tile.h"

/* Some 1.3 MB, whatever the log's size. */
struct tile_cache *tile_cache_new(void);
void tile_cache_free(struct tile_cache *);
typedef struct tile_cache tile_cache;
OWN_WITH(tile_cache, tile_cache_free)

/* A tree of this size, its tiles read through a cache. */
struct tile_tree { struct tile_cache *cache; struct tile_source from; uint64_t size; };
/* A merkle_source over a struct tile_tree. */
bool tile_tree_node(void *tree, unsigned level, uint64_t index, struct hash *out, struct err *e);
