#include "register/fsck.h"

#include "base/file.h"
#include "register/log_state.h"
#include "register/run.h"
#include "register/schema.h"

#include <stdlib.h>

struct walk {
	struct store *db, *replay;
	struct log_state *state;	/* recomputed, in the replay database */
	int64_t time;
	struct fsck *out;
};

static bool
remember_last(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	*(int64_t *)ctx = c[0].i;
	return true;
}

static bool
check_prev(struct walk *w, const struct entry *x, int64_t idx, struct err *e)
{
	static const enum reg_type type[] = { REG_INT };
	struct values v = { .n = 0 };
	int64_t last = -1;

	if (x->handle.len == 0)
		return x->prev < 0 || fail(e, ERR_STORE, "entry %lld has prev but no handle", (long long)idx);
	values_span(&v, "handle", REG_BYTES, x->handle);
	values_int(&v, "last", idx);
	if (!store_run(w->replay, "SELECT last FROM log_subject WHERE handle = $handle", &v, type, 1, remember_last, &last, NULL, e))
		return false;
	if (last != x->prev)
		return fail(e, ERR_STORE, "entry %lld points back at %lld where %lld was its subject's last", (long long)idx, (long long)x->prev, (long long)last);
	return store_do(w->replay, "INSERT INTO log_subject (handle, last) VALUES ($handle, $last) "
	    "ON CONFLICT (handle) DO UPDATE SET last = excluded.last", &v, e);
}

static bool
replay_record(struct walk *w, const struct entry *x, struct span record, int64_t idx, struct err *e)
{
	const struct verb *verb;
	struct values fields;

	if (!record_read(&fields, &verb, record, e))
		return false;
	if (verb->entry != (int)x->type)
		return fail(e, ERR_STORE, "entry %lld has type %llu and a record of %s", (long long)idx, (unsigned long long)x->type, verb->name);
	return verb_replay(w->replay, verb, record, (uint64_t)idx, x->time, e);
}

static bool
check_entry(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct walk *w = ctx;
	int64_t idx = c[0].i;
	struct entry x;
	struct hash leaf;

	if (idx != (int64_t)w->out->entries)
		return fail(e, ERR_STORE, "entry %llu is missing", (unsigned long long)w->out->entries);
	w->out->entries++;
	if (!entry_read(&x, c[1].s, e))
		return fail_in(e, "entry %lld", (long long)idx);
	if (x.time < w->time)
		return fail(e, ERR_STORE, "entry %lld is older than the one before it", (long long)idx);
	w->time = x.time;
	merkle_leaf(&leaf, c[1].s);
	if (!log_state_append(w->state, w->replay, &leaf, e) || !check_prev(w, &x, idx, e))
		return false;
	if (c[2].null || c[3].null)
		return fail(e, ERR_STORE, "the record of entry %lld is missing and no entry says that it was erased", (long long)idx);
	if (c[3].s.len != SALT_LEN || !entry_means(&x, c[2].s, c[3].s.ptr, e))
		return fail_in(e, "entry %lld", (long long)idx);
	w->out->records++;
	return replay_record(w, &x, c[2].s, idx, e) || fail_in(e, "entry %lld", (long long)idx);
}

static bool
compare_tables(struct walk *w, struct err *e)
{
	const struct table *t;

	w->state->time = w->time;
	if (!log_state_save(w->state, w->replay, e) ||
	    !store_same_table(w->db, w->replay, "log_head", "size, edge", e) ||
	    !store_same_table(w->db, w->replay, "log_tile", "level, n, width, hashes", e) ||
	    !store_same_table(w->db, w->replay, "log_subject", "handle, last", e))
		return false;
	for (size_t i = 0; (t = table_nth(i)) != NULL; i++)
		if (!store_same_table(w->db, w->replay, t->name, t->committed, e))
			return false;
	return true;
}

static bool
same_file(const char *folder, const char *name, struct span want, struct err *e)
{
	own_str char *path = xprintf("%s/%s", folder, name);
	own_struct(buf) content = buf_new(1 << 20);

	if (!file_read(&content, path, e))
		return false;
	return span_eq(buf_span(&content), want) || fail(e, ERR_STORE, "%s is not what the log says", path);
}

static bool
check_public_tiles(struct walk *w, const char *folder, uint64_t size, struct err *e)
{
	for (unsigned level = 0; level < LOG_LEVELS; level++) {
		uint64_t count = tile_count(size, level);

		for (uint64_t n = 0; n * TILE_WIDTH < count; n++) {
			unsigned width = count - n * TILE_WIDTH < TILE_WIDTH ? (unsigned)(count - n * TILE_WIDTH) : TILE_WIDTH;
			own_struct(buf) name = buf_new(200);
			struct hash h[TILE_WIDTH];

			tile_path(&name, (int)level, n, width);
			if (!log_tile_get(w->replay, level, n * TILE_WIDTH, width, h, e) ||
			    !same_file(folder, buf_str(&name), span_of(h, width * sizeof(h[0])), e))
				return false;
		}
	}
	return true;
}

static bool
put_entry(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	bundle_put(ctx, c[0].s);
	return true;
}

static bool
check_public_bundles(struct walk *w, const char *folder, uint64_t size, struct err *e)
{
	static const enum reg_type type[] = { REG_BYTES };

	for (uint64_t n = 0; n * TILE_WIDTH < size; n++) {
		unsigned width = size - n * TILE_WIDTH < TILE_WIDTH ? (unsigned)(size - n * TILE_WIDTH) : TILE_WIDTH;
		own_struct(buf) bundle = buf_new(1 << 20);
		own_struct(buf) name = buf_new(200);
		struct values v = { .n = 0 };

		values_int(&v, "from", (int64_t)(n * TILE_WIDTH));
		values_int(&v, "to", (int64_t)(n * TILE_WIDTH + width));
		tile_path(&name, TILE_ENTRIES, n, width);
		if (!store_run(w->db, "SELECT entry FROM log_entry WHERE idx >= $from AND idx < $to ORDER BY idx", &v, type, 1, put_entry, &bundle, NULL, e) ||
		    !same_file(folder, buf_str(&name), buf_span(&bundle), e))
			return false;
	}
	return true;
}

/* What is published is read before the database, which goes on growing: then it
 * has at least that much. */
static bool
read_checkpoint(struct checkpoint *c, const char *folder, struct err *e)
{
	own_str char *note_path = xprintf("%s/checkpoint", folder);
	own_str char *key_path = xprintf("%s/log.vkey", folder);
	own_struct(buf) note = buf_new(NOTE_MAX);
	own_struct(buf) vkey = buf_new(1024);
	struct note_key key;

	if (!file_read(&note, note_path, e) || !file_read(&vkey, key_path, e))
		return false;
	if (vkey.len > 0 && vkey.ptr[vkey.len - 1] == '\n')
		vkey.len--;
	return note_key_parse(&key, buf_str(&vkey), e) && checkpoint_check(c, buf_span(&note), &key, e);
}

static bool
check_public(struct walk *w, const char *folder, const struct checkpoint *c, struct err *e)
{
	struct tile_source source = { log_tile_get, w->replay };
	struct hash root;

	if (c->size > w->out->entries)
		return fail(e, ERR_STORE, "%llu entries are published and the database has %llu", (unsigned long long)c->size, (unsigned long long)w->out->entries);
	if (!merkle_root_of(&root, c->size, tile_node, &source, e))
		return false;
	if (!hash_eq(&root, &c->root))
		return fail(e, ERR_STORE, "the published checkpoint's root is not this log's");
	w->out->published = c->size;
	return check_public_tiles(w, folder, c->size, e) && check_public_bundles(w, folder, c->size, e);
}

bool
fsck_run(struct fsck *out, const char *database, const char *public_folder, struct err *e)
{
	static const enum reg_type types[] = { REG_INT, REG_BYTES, REG_BYTES, REG_BYTES };
	struct walk w = { .state = xalloc(sizeof(struct log_state)), .out = out };
	struct checkpoint published;
	bool good;

	*out = (struct fsck){ 0 };
	good = (public_folder == NULL || read_checkpoint(&published, public_folder, e)) && store_open(&w.db, database, STORE_READ, e) && store_open(&w.replay, "", STORE_MEMORY, e) &&
	    store_do(w.db, "BEGIN", NULL, e) &&
	    store_run(w.db, "SELECT idx, entry, record, salt FROM log_entry ORDER BY idx", NULL, types, 4, check_entry, &w, NULL, e) &&
	    compare_tables(&w, e) && (public_folder == NULL || check_public(&w, public_folder, &published, e));
	if (good)
		merkle_root(&out->root, &w.state->edge);
	store_free(w.db);
	store_free(w.replay);
	free(w.state);
	return good;
}
