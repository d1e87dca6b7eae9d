#include "register/tile_cache.h"

#include <pthread.h>
#include <stdlib.h>

#define LOW 16		/* places of level 0, which proofs rarely have in common */
#define HIGH 64		/* of all levels above */
#define NODES (2 * TILE_WIDTH - 2)

struct name { unsigned level, width; uint64_t n; };	/* width 0: none */
/* Row h of a tile's nodes begins at row_start(h) and has width >> h of them. */
struct folded { struct name name; struct hash node[NODES]; };

struct tile_cache {
	pthread_mutex_t lock;
	struct folded place[LOW + HIGH];
};

struct tile_cache *
tile_cache_new(void)
{
	struct tile_cache *c = xalloc(sizeof(*c));

	promise(pthread_mutex_init(&c->lock, NULL) == 0);
	return c;
}

void
tile_cache_free(struct tile_cache *c)
{
	if (c != NULL)
		pthread_mutex_destroy(&c->lock);
	free(c);
}

static struct folded *
place_of(struct tile_cache *c, const struct name *x)
{
	return &c->place[x->level == 0 ? x->n % LOW : LOW + (x->n + 31 * x->level) % HIGH];
}

static unsigned
row_start(unsigned h)
{
	return 2 * TILE_WIDTH - (2 * TILE_WIDTH >> h);
}

static void
fold(struct folded *t)
{
	for (unsigned h = 1; h < 8; h++)
		for (unsigned i = 0; i < t->name.width >> h; i++)
			merkle_node(&t->node[row_start(h) + i], &t->node[row_start(h - 1) + 2 * i], &t->node[row_start(h - 1) + 2 * i + 1]);
}

static bool
find(struct tile_cache *c, const struct name *want, unsigned at, struct hash *out)
{
	struct folded *t = place_of(c, want);
	bool found;

	pthread_mutex_lock(&c->lock);
	found = t->name.level == want->level && t->name.width == want->width && t->name.n == want->n;
	if (found)
		*out = t->node[at];
	pthread_mutex_unlock(&c->lock);
	return found;
}

static bool
fetch(struct tile_tree *t, const struct name *want, unsigned at, struct hash *out, struct err *e)
{
	struct folded tile;

	tile.name = *want;
	if (!t->from.get(t->from.ctx, want->level, want->n * TILE_WIDTH, want->width, tile.node, e))
		return false;
	fold(&tile);
	*out = tile.node[at];
	pthread_mutex_lock(&t->cache->lock);
	*place_of(t->cache, want) = tile;
	pthread_mutex_unlock(&t->cache->lock);
	return true;
}

bool
tile_tree_node(void *tree, unsigned level, uint64_t index, struct hash *out, struct err *e)
{
	struct tile_tree *t = tree;
	unsigned h = level % 8, at = row_start(h) + (unsigned)(index % (TILE_WIDTH >> h));
	uint64_t there = tile_count(t->size, level / 8);
	struct name want = { .level = level / 8, .width = TILE_WIDTH, .n = index >> (8 - h) };

	if (index >= there >> h)
		return fail(e, ERR_ABSENT, "a log of %llu entries has no node %u/%llu", (unsigned long long)t->size, level, (unsigned long long)index);
	if (there - want.n * TILE_WIDTH < TILE_WIDTH)
		want.width = (unsigned)(there - want.n * TILE_WIDTH);
	return find(t->cache, &want, at, out) || fetch(t, &want, at, out, e);
}
