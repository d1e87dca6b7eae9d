/*
 * register/tile.h -- names and widths of tiles (c2sp.org/tlog-tiles v0.1.0).
 *
 *	tile/<L>/<N>[.p/<W>]        256 (or W) hashes of level 8 * L
 *	tile/entries/<N>[.p/<W>]    256 (or W) entries, each with its u16 length
 *
 * N in groups of three digits, all but the last prefixed x: 1234067 is
 * x001/x234/067.  Level L > 0 holds roots of full tiles of the level below.
 *
 * Pure; open to every level above.
 */
#pragma once

#include "register/merkle.h"

#define TILE_WIDTH 256
#define TILE_ENTRIES (-1)	/* the level of entry bundles */

/* width 256: the full tile's name. */
void tile_path(struct buf *out, int level, uint64_t n, unsigned width);
/* The reverse, for that one spelling and no other. */
bool tile_parse(int *level, uint64_t *n, unsigned *width, const char *path);
/* How many hashes a tree of this size has at a tile level. */
uint64_t tile_count(uint64_t size, unsigned level);
/* One entry of a bundle. */
void bundle_put(struct buf *out, struct span entry);
/* The next entry of a bundle; advances. */
must_check bool bundle_next(struct span *bundle, struct span *entry, struct err *);

/* A node out of tiles: reads 2^(level % 8) hashes of tile level level / 8 and
 * folds them.  get() gives `count` hashes beginning at `from` of a tile level. */
typedef bool tile_get(void *ctx, unsigned tile_level, uint64_t from, unsigned count, struct hash *out, struct err *);
struct tile_source { tile_get *get; void *ctx; };
/* A merkle_source over a struct tile_source. */
bool tile_node(void *source, unsigned level, uint64_t index, struct hash *out, struct err *e);
