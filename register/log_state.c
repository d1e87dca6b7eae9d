#include "register/log_state.h"

#include <stdlib.h>

static bool
take_head(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct log_state *s = ctx;

	s->edge.size = (uint64_t)c[0].i;
	s->time = c[1].i;
	s->edge.n = (unsigned)(c[2].s.len / HASH_LEN);
	if (c[2].s.len % HASH_LEN != 0 || s->edge.n != (unsigned)__builtin_popcountll(s->edge.size))
		return fail(e, ERR_STORE, "the head row of the log is damaged");
	if (c[2].s.len > 0)
		memcpy(s->edge.node, c[2].s.ptr, c[2].s.len);
	return true;
}

struct tile_row { struct hash *out; unsigned width; };

static bool
take_tile(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct tile_row *t = ctx;

	t->width = (unsigned)c[0].i;
	if (c[1].s.len != t->width * (size_t)HASH_LEN || t->width > TILE_WIDTH)
		return fail(e, ERR_STORE, "a tile of the log is damaged");
	memcpy(t->out, c[1].s.ptr, c[1].s.len);
	return true;
}

bool
log_tile_load(struct store *store, unsigned level, uint64_t n, struct hash out[TILE_WIDTH], unsigned *width, struct err *e)
{
	static const enum reg_type types[] = { REG_INT, REG_BYTES };
	struct tile_row row = { out, 0 };
	struct values v = { .n = 0 };

	values_int(&v, "level", level);
	values_int(&v, "n", (int64_t)n);
	if (!store_run(store, "SELECT width, hashes FROM log_tile WHERE level = $level AND n = $n", &v, types, 2, take_tile, &row, NULL, e))
		return false;
	*width = row.width;
	return true;
}

bool
log_tile_get(void *store, unsigned tile_level, uint64_t from, unsigned count, struct hash *out, struct err *e)
{
	struct hash tile[TILE_WIDTH];
	unsigned width, at = (unsigned)(from % TILE_WIDTH);

	promise(at + count <= TILE_WIDTH);
	if (!log_tile_load(store, tile_level, from / TILE_WIDTH, tile, &width, e))
		return false;
	if (at + count > width)
		return fail(e, ERR_ABSENT, "the log has no tile hash %u/%llu", tile_level, (unsigned long long)from);
	memcpy(out, tile + at, count * sizeof(*out));
	return true;
}

/* The head alone: tiles are empty. */
static bool
head_load(struct log_state *s, struct store *store, struct err *e)
{
	static const enum reg_type types[] = { REG_INT, REG_INT, REG_BYTES };
	uint64_t rows;

	*s = (struct log_state){ .time = 0 };
	return store_run(store, "SELECT size, time, edge FROM log_head", NULL, types, 3, take_head, s, &rows, e) &&
	    (rows == 1 || fail(e, ERR_STORE, "the log has no head row"));
}

static bool
load(struct log_state *s, struct store *store, struct err *e)
{
	if (!head_load(s, store, e))
		return false;
	for (unsigned level = 0; level < LOG_LEVELS; level++) {
		uint64_t count = tile_count(s->edge.size, level);
		unsigned want = (unsigned)(count % TILE_WIDTH);

		if (want == 0)
			continue;
		if (!log_tile_load(store, level, count / TILE_WIDTH, s->tile[level].hash, &s->tile[level].width, e))
			return false;
		if (s->tile[level].width != want)
			return fail(e, ERR_STORE, "the last tile of level %u does not fit the log's size", level);
	}
	return true;
}

/* Whole or not at all: a head without its tiles would look like the log's end to
 * log_state_follow, and the next entry would write a tile of its own alone. */
bool
log_state_load(struct log_state *s, struct store *store, struct err *e)
{
	struct log_state *now = xalloc(sizeof(*now));
	bool good = load(now, store, e);

	if (good)
		*s = *now;
	free(now);
	return good;
}

bool
log_state_follow(struct log_state *s, struct store *store, struct err *e)
{
	struct log_state *now = xalloc(sizeof(*now));
	bool good = head_load(now, store, e), same;

	same = good && now->edge.size == s->edge.size && memcmp(now->edge.node, s->edge.node, now->edge.n * sizeof(now->edge.node[0])) == 0;
	if (same)
		s->time = now->time;
	free(now);
	return good && (same || log_state_load(s, store, e));
}

static bool
tile_save(const struct log_state *s, struct store *store, unsigned level, uint64_t n, struct err *e)
{
	struct values v = { .n = 0 };

	values_int(&v, "level", level);
	values_int(&v, "n", (int64_t)n);
	values_int(&v, "width", s->tile[level].width);
	values_span(&v, "hashes", REG_BYTES, span_of(s->tile[level].hash, s->tile[level].width * sizeof(struct hash)));
	return store_do(store, "INSERT INTO log_tile (level, n, width, hashes) VALUES ($level, $n, $width, $hashes) "
	    "ON CONFLICT (level, n) DO UPDATE SET width = excluded.width, hashes = excluded.hashes", &v, e);
}

/* The root of a full tile. */
static void
fold(const struct hash tile[TILE_WIDTH], struct hash *out)
{
	struct hash h[TILE_WIDTH];

	memcpy(h, tile, sizeof(h));
	for (unsigned n = TILE_WIDTH; n > 1; n /= 2)
		for (unsigned i = 0; i < n / 2; i++)
			merkle_node(&h[i], &h[2 * i], &h[2 * i + 1]);
	*out = h[0];
}

bool
log_state_append(struct log_state *s, struct store *store, const struct hash *leaf, struct err *e)
{
	struct hash h = *leaf;

	merkle_append(&s->edge, leaf);
	for (unsigned level = 0; level < LOG_LEVELS; level++) {
		s->tile[level].hash[s->tile[level].width++] = h;
		s->tile[level].dirty = true;
		if (s->tile[level].width < TILE_WIDTH)
			return true;
		if (!tile_save(s, store, level, tile_count(s->edge.size, level) / TILE_WIDTH - 1, e))
			return false;
		fold(s->tile[level].hash, &h);
		s->tile[level].width = 0;
		s->tile[level].dirty = false;
	}
	return fail(e, ERR_LIMIT, "the log is full");
}

bool
log_state_save(struct log_state *s, struct store *store, struct err *e)
{
	struct values v = { .n = 0 };

	for (unsigned level = 0; level < LOG_LEVELS; level++) {
		if (!s->tile[level].dirty)
			continue;
		if (!tile_save(s, store, level, tile_count(s->edge.size, level) / TILE_WIDTH, e))
			return false;
		s->tile[level].dirty = false;
	}
	values_int(&v, "size", (int64_t)s->edge.size);
	values_int(&v, "time", s->time);
	values_span(&v, "edge", REG_BYTES, span_of(s->edge.node, s->edge.n * sizeof(struct hash)));
	return store_do(store, "UPDATE log_head SET size = $size, time = $time, edge = $edge WHERE one = 1", &v, e);
}
