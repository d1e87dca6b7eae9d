/* tests/register/tiles.h -- a log of one's own, published as tiles: entries in,
 * a folder out, as antin-register would write it. */
#pragma once

#include "base/ossl.h"
#include "register/entry.h"
#include "register/note.h"
#include "register/tile.h"

#define TILES_ORIGIN "thu.example/register"
#define TILES_LEVELS 4

struct tiles {
	char dir[64];
	EVP_PKEY *key;
	struct note_key known;
	struct merkle_edge edge;
	struct buf bundle;
	struct { uint64_t n; unsigned width; struct hash hash[TILE_WIDTH]; } level[TILES_LEVELS];
};

/* A node of the tree over leaves in memory, for proofs (tile_node is of tiles). */
bool tiles_of_leaves(void *leaves, unsigned level, uint64_t index, struct hash *out, struct err *);
void tiles_begin(struct tiles *);
void tiles_end(struct tiles *);			/* removes the folder */
void tiles_octets(struct tiles *, struct span entry);
/* commit and kid are filled in. */
void tiles_put(struct tiles *, struct entry);
/* The partial tiles and the checkpoint of now. */
void tiles_publish(struct tiles *);
/* public: its CBOR, written by the caller. */
void tiles_event(struct tiles *, unsigned type, int64_t time, const char *org, const char *category, const unsigned char *handle, struct span public_);
/* DIR/name, malloc'd. */
char *tiles_path(const struct tiles *, const char *name);
void tiles_root(struct hash *out, const struct tiles *);
