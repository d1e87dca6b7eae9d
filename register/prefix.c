#include "register/prefix.h"

#include "base/file.h"
#include "register/tile.h"

#define BUNDLE_MAX (TILE_WIDTH * (2 + ENTRY_MAX))

bool
prefix_open(struct prefix *out, const char *folder, const struct note_key *key, struct err *e)
{
	own_str char *path = xprintf("%s/checkpoint", folder);
	own_str char *vkey = xprintf("%s/log.vkey", folder);
	own_struct(buf) note = buf_new(NOTE_MAX);
	struct note_key own;

	out->folder = folder;
	if (key == NULL && !note_key_read(&own, vkey, e))
		return false;
	if (!file_read(&note, path, e))
		return false;
	return checkpoint_check(&out->head, buf_span(&note), key != NULL ? key : &own, e) || fail_in(e, "%s", path);
}

static bool
try_tile(struct buf *out, const struct prefix *p, int level, uint64_t n, unsigned width, struct err *e)
{
	own_struct(buf) name = buf_new(200);
	own_str char *path = NULL;

	tile_path(&name, level, n, width);
	path = xprintf("%s/%s", p->folder, buf_str(&name));
	return file_read(out, path, e);
}

/* Tile n of a level with at least `width` of its places: the full one, else the
 * narrowest partial one that is wide enough. */
static bool
read_tile(struct buf *out, const struct prefix *p, int level, uint64_t n, unsigned width, struct err *e)
{
	own_struct(buf) name = buf_new(200);

	if (try_tile(out, p, level, n, TILE_WIDTH, e))
		return true;
	for (unsigned w = width; e->class == ERR_ABSENT && w < TILE_WIDTH; w++)
		if (try_tile(out, p, level, n, w, e))
			return true;
	if (e->class != ERR_ABSENT)
		return false;
	tile_path(&name, level, n, TILE_WIDTH);
	return fail(e, ERR_ABSENT, "%s/%s is not there, nor a part of it with %u places", p->folder, buf_str(&name), width);
}

/* A tile_source's get. */
static bool
get_hashes(void *ctx, unsigned level, uint64_t from, unsigned count, struct hash *out, struct err *e)
{
	own_struct(buf) tile = buf_new(TILE_WIDTH * HASH_LEN);
	unsigned at = (unsigned)(from % TILE_WIDTH);

	if (!read_tile(&tile, ctx, (int)level, from / TILE_WIDTH, at + count, e))
		return false;
	if (tile.len < (at + count) * sizeof(*out))
		return fail(e, ERR_INPUT, "the tile %u/%llu is cut off", level, (unsigned long long)(from / TILE_WIDTH));
	memcpy(out, tile.ptr + at * sizeof(*out), count * sizeof(*out));
	return true;
}

/* Is a tree of this size and root what the trusted head grew from? */
static bool
check_root(const struct prefix *p, uint64_t size, const struct hash *root, struct err *e)
{
	struct tile_source source = { get_hashes, (void *)p };
	struct hash proof[MERKLE_PROOF_MAX];
	size_t n = 0;

	if (size == 0)
		return true;	/* of any log */
	if (size < p->head.size && !merkle_prove_consistency(proof, &n, size, p->head.size, tile_node, &source, e))
		return false;
	return merkle_check_consistency(size, p->head.size, root, &p->head.root, proof, n, e) ||
	    fail_in(e, "the %llu entries in %s are not the beginning of the log whose head has %llu", (unsigned long long)size, p->folder, (unsigned long long)p->head.size);
}

struct reading { struct merkle_edge edge; int64_t time; prefix_entry *each; void *ctx; };

static bool
take_octets(struct reading *r, struct span octets, struct err *e)
{
	uint64_t index = r->edge.size;
	struct entry x;
	struct hash leaf;

	if (!entry_read(&x, octets, e))
		return fail_in(e, "entry %llu", (unsigned long long)index);
	if (x.time < r->time)
		return fail(e, ERR_INPUT, "entry %llu is older than the one before it", (unsigned long long)index);
	r->time = x.time;
	merkle_leaf(&leaf, octets);
	merkle_append(&r->edge, &leaf);
	return r->each(r->ctx, index, &x, e) || fail_in(e, "entry %llu", (unsigned long long)index);
}

bool
prefix_read(const struct prefix *p, uint64_t size, prefix_entry *each, void *ctx, struct hash *root, struct err *e)
{
	own_struct(buf) bundle = buf_new(BUNDLE_MAX);
	struct reading r = { .time = INT64_MIN, .each = each, .ctx = ctx };
	struct hash h;

	if (size > p->head.size)
		return fail(e, ERR_ABSENT, "the log has %llu entries, not %llu", (unsigned long long)p->head.size, (unsigned long long)size);
	while (r.edge.size < size) {
		uint64_t n = r.edge.size / TILE_WIDTH;
		unsigned width = size - r.edge.size < TILE_WIDTH ? (unsigned)(size - r.edge.size) : TILE_WIDTH;
		struct span rest, octets;

		buf_reset(&bundle);
		if (!read_tile(&bundle, p, TILE_ENTRIES, n, width, e))
			return false;
		rest = buf_span(&bundle);
		for (unsigned i = 0; i < width; i++)
			if (!bundle_next(&rest, &octets, e) || !take_octets(&r, octets, e))
				return fail_in(e, "bundle %llu", (unsigned long long)n);
	}
	merkle_root(&h, &r.edge);
	if (root != NULL)
		*root = h;
	return check_root(p, size, &h, e);
}
