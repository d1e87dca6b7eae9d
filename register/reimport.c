#include "register/reimport.h"

#include "base/file.h"
#include "register/log_state.h"
#include "register/lost.h"

#include <stdio.h>
#include <stdlib.h>

#define BUNDLE_MAX (TILE_WIDTH * (2 + ENTRY_MAX))

bool
reimport_checkpoint(struct checkpoint *out, const char *folder, const struct note_key *key, struct err *e)
{
	own_str char *path = xprintf("%s/checkpoint", folder);
	own_struct(buf) note = buf_new(NOTE_MAX);

	if (!file_read(&note, path, e))
		return false;
	return checkpoint_check(out, buf_span(&note), key, e) || fail_in(e, "%s", path);
}

/* One bundle or tile of a log of this size.  What was partial then may have
 * become full since. */
static bool
read_piece(struct buf *out, char name[200], const char *folder, int level, uint64_t n, unsigned width, struct err *e)
{
	own_struct(buf) text = buf_new(200);

	for (unsigned w = width;; w = TILE_WIDTH) {
		own_str char *path = NULL;

		buf_reset(&text);
		tile_path(&text, level, n, w);
		path = xprintf("%s/%s", folder, buf_str(&text));
		snprintf(name, 200, "%s", buf_str(&text));
		if (file_read(out, path, e))
			return true;
		if (e->class != ERR_ABSENT)
			return false;
		if (w == TILE_WIDTH)
			return fail(e, ERR_ABSENT, "the tiles have a gap: %s/%s is missing", folder, name);
	}
}

struct import {
	struct store *store;
	struct log_state *state;
	const char *folder;
	uint64_t size, count;
};

static bool
set_subject(struct import *m, const struct entry *x, int64_t idx, struct err *e)
{
	struct values v = { .n = 0 };
	int64_t last;

	if (x->handle.len == 0)
		return x->prev < 0 || fail(e, ERR_INPUT, "it has prev but no handle");
	values_span(&v, "handle", REG_BYTES, x->handle);
	values_int(&v, "last", idx);
	if (!store_int(m->store, "SELECT last FROM log_subject WHERE handle = $handle", &v, -1, &last, e))
		return false;
	if (last != x->prev)
		return fail(e, ERR_INPUT, "it points back at %lld where %lld was its subject's last", (long long)x->prev, (long long)last);
	return store_do(m->store, "INSERT INTO log_subject (handle, last) VALUES ($handle, $last) "
	    "ON CONFLICT (handle) DO UPDATE SET last = excluded.last", &v, e);
}

static bool
put_entry(struct import *m, struct span octets, const struct hash *leaf, struct err *e)
{
	int64_t idx = (int64_t)m->state->edge.size;
	struct values v = { .n = 0 };
	struct entry x;

	if (!entry_read(&x, octets, e))
		return false;
	if (x.time < m->state->time)
		return fail(e, ERR_INPUT, "it is older than the one before it");
	m->state->time = x.time;
	values_int(&v, "idx", idx);
	values_span(&v, "entry", REG_BYTES, octets);
	if (!store_do(m->store, "INSERT INTO log_entry (idx, entry) VALUES ($idx, $entry)", &v, e) || !set_subject(m, &x, idx, e) ||
	    !log_state_append(m->state, m->store, leaf, e) || !lost_project(m->store, &x, idx, e))
		return false;
	m->count++;
	return true;
}

/* Entries of one bundle that are not here yet; each against its tile. */
static bool
import_bundle(struct import *m, uint64_t n, struct err *e)
{
	unsigned width = m->size - n * TILE_WIDTH < TILE_WIDTH ? (unsigned)(m->size - n * TILE_WIDTH) : TILE_WIDTH;
	own_struct(buf) bundle = buf_new(BUNDLE_MAX);
	own_struct(buf) tile = buf_new(TILE_WIDTH * HASH_LEN);
	char bundle_name[200], tile_name[200];
	struct span rest, octets;
	struct hash leaf;

	if (!read_piece(&bundle, bundle_name, m->folder, TILE_ENTRIES, n, width, e) || !read_piece(&tile, tile_name, m->folder, 0, n, width, e))
		return false;
	if (tile.len < width * (size_t)HASH_LEN)
		return fail(e, ERR_INPUT, "%s/%s is too short", m->folder, tile_name);
	rest = buf_span(&bundle);
	for (unsigned i = 0; i < width; i++) {
		uint64_t idx = n * TILE_WIDTH + i;

		if (!bundle_next(&rest, &octets, e))
			return fail_in(e, "%s/%s", m->folder, bundle_name);
		merkle_leaf(&leaf, octets);
		if (memcmp(leaf.octet, tile.ptr + i * HASH_LEN, HASH_LEN) != 0)
			return fail(e, ERR_INPUT, "entry %llu of %s is not the one whose hash stands in %s", (unsigned long long)idx, bundle_name, tile_name);
		if (idx >= m->state->edge.size && !put_entry(m, octets, &leaf, e))
			return fail_in(e, "entry %llu", (unsigned long long)idx);
	}
	return true;
}

static bool
check_root(struct import *m, const struct checkpoint *target, struct err *e)
{
	struct tile_source source = { log_tile_get, m->store };
	struct hash root;

	if (!merkle_root_of(&root, target->size, tile_node, &source, e))
		return false;
	return hash_eq(&root, &target->root) ||
	    fail(e, ERR_INPUT, "the backup and these tiles do not give the root that the checkpoint of size %llu has: they are of another log", (unsigned long long)target->size);
}

bool
reimport_run(struct store *s, const char *folder, const struct checkpoint *target, uint64_t *n, struct err *e)
{
	struct log_state *state = xalloc(sizeof(*state));
	struct import m = { .store = s, .state = state, .folder = folder, .size = target->size };
	bool good = log_state_load(state, s, e);

	for (uint64_t at = state->edge.size / TILE_WIDTH; good && state->edge.size < target->size; at++)
		good = import_bundle(&m, at, e);
	good = good && log_state_save(state, s, e) && check_root(&m, target, e);
	free(state);
	*n = m.count;
	return good;
}
