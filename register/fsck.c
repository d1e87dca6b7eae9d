#include "register/fsck.h"

#include "base/cbor.h"
#include "base/clock.h"
#include "base/ossl.h"
#include "register/derived.h"
#include "register/fsck_public.h"
#include "register/log_state.h"
#include "register/lost.h"
#include "register/missing.h"
#include "register/report_check.h"
#include "register/run.h"
#include "register/schema.h"

#include <stdlib.h>

struct walk {
	struct store *db, *replay;
	struct log_state *state;	/* recomputed, in the replay database */
	struct hash tile[TILE_WIDTH];	/* of the entries being walked, as the database has it */
	unsigned in_tile;
	unsigned char kid[KID_LEN];
	int64_t time;
	struct missing missing;
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

/* What everybody can read says nothing but what the record says. */
static bool
check_says(const struct walk *w, const struct entry *x, const struct verb *verb, const struct values *fields, int64_t idx, struct err *e)
{
	own_struct(buf) public = buf_new(2 * ENTRY_MAX);
	struct entry want;

	if (verb->entry < 0 || (uint64_t)verb->entry != x->type)
		return fail(e, ERR_STORE, "entry %lld has type %llu and a record of %s", (long long)idx, (unsigned long long)x->type, verb->name);
	if (!entry_of_fields(&want, &public, verb, fields, e) || !buf_ok(&public, "public part", e))
		return fail_in(e, "entry %lld", (long long)idx);
	return (span_eq(x->org, want.org) && span_eq(x->category, want.category) && span_eq(x->handle, want.handle) &&
		   span_eq(x->public_, want.public_) && memcmp(x->kid, w->kid, KID_LEN) == 0) ||
	    fail(e, ERR_STORE, "entry %lld says something else than its record", (long long)idx);
}

static bool
replay_record(struct walk *w, const struct entry *x, struct span record, int64_t idx, struct err *e)
{
	const struct verb *verb;
	struct values fields;

	return record_read(&fields, &verb, record, e) && check_says(w, x, verb, &fields, idx, e) &&
	    verb_replay(w->replay, verb, record, (uint64_t)idx, x->time, e);
}

/* The tile that holds an entry's hash tells which of two entries was changed. */
static bool
check_leaf(const struct walk *w, const struct hash *leaf, int64_t idx, struct err *e)
{
	unsigned at = (unsigned)(idx % TILE_WIDTH);

	return (at < w->in_tile && hash_eq(leaf, &w->tile[at])) ||
	    fail(e, ERR_STORE, "entry %lld is not the one whose hash stands in log_tile 0, %lld", (long long)idx, (long long)idx / TILE_WIDTH);
}

/* Lost in a restore: what its public fields say is replayed, and a later entry
 * must tell of it. */
static bool
replay_lost(struct walk *w, const struct entry *x, int64_t idx, struct err *e)
{
	missing_add(&w->missing, (uint64_t)idx);
	w->out->lost++;
	return lost_project(w->replay, x, idx, e);
}

/* An entry of type 18 explains the records that it lists, and no others. */
static bool
explain(struct walk *w, const struct entry *x, struct span record, struct err *e)
{
	const struct value *first, *last;
	const struct verb *verb;
	struct values v;

	if (x->type != ENTRY_REIMPORTED)
		return true;
	if (!record_read(&v, &verb, record, e))
		return false;
	first = values_get(&v, "first");
	last = values_get(&v, "last");
	promise(first != NULL && last != NULL);
	return missing_explain(&w->missing, (uint64_t)first->i, (uint64_t)last->i, e);
}

/* One of type 16 the record that it names in public, which must come before it
 * and be gone. */
static bool
explain_erased(struct walk *w, const struct entry *x, int64_t idx, struct err *e)
{
	struct cbor c = cbor_read(x->public_);
	int64_t erased;
	size_t n;

	if (x->type != ENTRY_ERASED)
		return true;
	if (!cbor_get_array(&c, &n, "public part", e) || !cbor_get_int(&c, &erased, "erased entry", e))
		return false;
	if (erased < 0 || erased >= idx)
		return fail(e, ERR_STORE, "it erases entry %lld", (long long)erased);
	w->out->lost--;
	w->out->erased++;
	return missing_explain(&w->missing, (uint64_t)erased, (uint64_t)erased, e);
}

static bool
check_explained(const struct walk *w, struct err *e)
{
	uint64_t idx;

	return !missing_unexplained(&w->missing, &idx) || fail(e, ERR_STORE, "the record of entry %llu is missing and no entry says why", (unsigned long long)idx);
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
	if (idx == 0)
		memcpy(w->kid, x.kid, KID_LEN);
	merkle_leaf(&leaf, c[1].s);
	if (!check_leaf(w, &leaf, idx, e) || !log_state_append(w->state, w->replay, &leaf, e) || !check_prev(w, &x, idx, e))
		return false;
	if (c[2].null && c[3].null)
		return (replay_lost(w, &x, idx, e) && explain_erased(w, &x, idx, e)) || fail_in(e, "entry %lld", (long long)idx);
	if (c[2].null || c[3].null)
		return fail(e, ERR_STORE, "of entry %lld either the record or its salt is missing", (long long)idx);
	if (c[3].s.len != SALT_LEN || !entry_means(&x, c[2].s, c[3].s.ptr, e))
		return fail_in(e, "entry %lld", (long long)idx);
	w->out->records++;
	return (replay_record(w, &x, c[2].s, idx, e) && explain(w, &x, c[2].s, e) && explain_erased(w, &x, idx, e)) || fail_in(e, "entry %lld", (long long)idx);
}

/* Entries a tile at a time: no statement runs inside another. */
static bool
check_entries(struct walk *w, struct err *e)
{
	static const enum reg_type types[] = { REG_INT, REG_BYTES, REG_BYTES, REG_BYTES };
	int64_t last;
	uint64_t rows;

	do {
		int64_t from = (int64_t)w->out->entries;
		struct values v = { .n = 0 };

		values_int(&v, "from", from);
		values_int(&v, "to", from + TILE_WIDTH);
		if (!log_tile_load(w->db, 0, (uint64_t)from / TILE_WIDTH, w->tile, &w->in_tile, e))
			return fail_in(e, "log_tile, row 0, %lld", (long long)from / TILE_WIDTH);
		if (!store_run(w->db, "SELECT idx, entry, record, salt FROM log_entry WHERE idx >= $from AND idx < $to ORDER BY idx", &v, types, 4, check_entry, w, &rows, e))
			return false;
	} while (rows == TILE_WIDTH);
	if (rows < w->in_tile)
		return fail(e, ERR_STORE, "entry %llu is missing", (unsigned long long)w->out->entries);
	if (!store_int(w->db, "SELECT max(idx) FROM log_entry", NULL, -1, &last, e))
		return false;
	return last + 1 == (int64_t)w->out->entries ||
	    fail(e, ERR_STORE, "entry %lld stands behind a gap: entry %llu is missing", (long long)last, (unsigned long long)w->out->entries);
}

static bool
compare_tables(struct walk *w, struct err *e)
{
	const struct table *t;

	w->state->time = w->time;
	if (!log_state_save(w->state, w->replay, e) ||
	    !store_same_table(w->db, w->replay, "log_head", "one, size, edge", 1, e) ||
	    !store_same_table(w->db, w->replay, "log_tile", "level, n, width, hashes", 2, e) ||
	    !store_same_table(w->db, w->replay, "log_subject", "handle, last", 1, e))
		return false;
	for (size_t i = 0; (t = table_nth(i)) != NULL; i++)
		if (!t->log && t->committed != NULL && !store_same_table(w->db, w->replay, t->name, t->committed, t->keys > 0 ? t->keys : 1, e))
			return false;
	return true;
}

/* Everybody's clock goes on: the head may be as late as the last entry or now. */
static bool
check_head(struct walk *w, struct err *e)
{
	int64_t now = clock_now(), time;

	if (!store_int(w->db, "SELECT time FROM log_head WHERE one = 1", NULL, -1, &time, e))
		return false;
	return (time >= w->time && time <= (now > w->time ? now : w->time)) ||
	    fail(e, ERR_STORE, "log_head, row 1: its time is neither that of the last entry nor later, up to now");
}

static bool
take_note(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct span text, signatures;
	struct checkpoint *p = ctx;

	struct note_key key;

	if (c[0].i != 1)
		return fail(e, ERR_STORE, "log_published, row %lld: there is one last checkpoint", (long long)c[0].i);
	if (!note_split(&text, &signatures, c[2].s, e) || !checkpoint_parse(p, text, e))
		return fail_in(e, "log_published, row 1");
	if (p->size != (uint64_t)c[1].i)
		return fail(e, ERR_STORE, "log_published, row 1: its size is not its note's");
	/* Empty where it was remembered before there was a place for it. */
	if (c[3].s.len > 0) {
		own_str char *vkey = span_dup_str(c[3].s);

		if (!note_key_parse(&key, vkey, e) || !note_check(c[2].s, &key, e))
			return fail_in(e, "log_published, row 1: its key did not sign its note");
	}
	return true;
}

static bool
is_of_this_log(struct walk *w, const struct checkpoint *c, const char *row, struct err *e)
{
	struct tile_source source = { log_tile_get, w->replay };
	struct hash root;

	if (c->size > w->out->entries || !merkle_root_of(&root, c->size, tile_node, &source, e) || !hash_eq(&root, &c->root))
		return fail(e, ERR_STORE, "%s: its checkpoint of size %llu is not of this log", row, (unsigned long long)c->size);
	return true;
}

/* Size 0: witnesses are asked, and none has cosigned yet. */
static bool
take_witnessed(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct span text, signatures;
	struct checkpoint *p = ctx;

	if (c[0].i != 1)
		return fail(e, ERR_STORE, "log_witnessed, row %lld: there is one cosigned checkpoint", (long long)c[0].i);
	if (c[2].s.len > 0 && (!note_split(&text, &signatures, c[2].s, e) || !checkpoint_parse(p, text, e)))
		return fail_in(e, "log_witnessed, row 1");
	return p->size == (uint64_t)c[1].i || fail(e, ERR_STORE, "log_witnessed, row 1: its size is not its note's");
}

static bool
check_witnessed(struct walk *w, const char *folder, struct err *e)
{
	static const enum reg_type types[] = { REG_INT, REG_INT, REG_TEXT };
	struct checkpoint c = { .size = 0 };
	uint64_t rows;

	if (!store_run(w->db, "SELECT one, size, note FROM log_witnessed ORDER BY one", NULL, types, 3, take_witnessed, &c, &rows, e) ||
	    (c.size > 0 && !is_of_this_log(w, &c, "log_witnessed, row 1", e)))
		return false;
	return folder == NULL || fsck_public_witnessed(w->db, rows > 0, folder, e);
}

/* What this register remembers of its last checkpoint. */
static bool
check_remembered(struct walk *w, const char *folder, struct err *e)
{
	static const enum reg_type types[] = { REG_INT, REG_INT, REG_TEXT, REG_TEXT };
	unsigned char digest[SHA256_LEN];
	struct checkpoint last;
	uint64_t rows;

	if (!store_run(w->db, "SELECT one, size, note, key FROM log_published ORDER BY one", NULL, types, 4, take_note, &last, &rows, e))
		return false;
	if (rows == 0)
		return folder == NULL || w->out->published == 0 || fail(e, ERR_STORE, "log_published, row 1 is missing: a checkpoint is published and none is remembered");
	if (!is_of_this_log(w, &last, "log_published, row 1", e))
		return false;
	sha256(digest, span_str(last.origin));
	if (w->out->entries > 0 && memcmp(digest, w->kid, KID_LEN) != 0)
		return fail(e, ERR_STORE, "log_published, row 1: its checkpoint has another origin than the entries");
	return folder == NULL || fsck_public_note(w->db, folder, e);
}

static bool
check_all(struct walk *w, const char *folder, const struct checkpoint *published, struct err *e)
{
	struct fsck_public public = { .db = w->db, .replay = w->replay, .folder = folder, .entries = 0 };

	if (!store_begin(w->db, STORE_SNAPSHOT, e) ||
	    !check_entries(w, e) || !check_explained(w, e) || !compare_tables(w, e) || !check_head(w, e) || !derived_check(&w->out->derived, w->db, e))
		return false;
	public.entries = w->out->entries;
	if (folder != NULL && !fsck_public_check(&public, published, e))
		return false;
	w->out->published = folder != NULL ? published->size : 0;
	return check_remembered(w, folder, e) && check_witnessed(w, folder, e) && store_commit(w->db, e) &&
	    (folder == NULL || (fsck_public_rows(w->db, folder, e) && report_check_again(w->db, folder, e)));
}

bool
fsck_run(struct fsck *out, const char *database, const char *public_folder, struct err *e)
{
	struct walk w = { .state = xalloc(sizeof(struct log_state)), .out = out };
	struct checkpoint published = { .size = 0 };
	bool good;

	*out = (struct fsck){ 0 };
	good = (public_folder == NULL || fsck_public_read(&published, public_folder, e)) && store_open(&w.db, database, STORE_READ, e) &&
	    store_open(&w.replay, "", STORE_MEMORY, e) && check_all(&w, public_folder, &published, e);
	if (good)
		merkle_root(&out->root, &w.state->edge);
	store_free(w.db);
	store_free(w.replay);
	missing_drop(&w.missing);
	free(w.state);
	return good;
}
