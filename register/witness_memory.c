#include "register/witness_memory.h"

#include "base/clock.h"
#include "register/log_state.h"

#include <pthread.h>
#include <stdlib.h>

struct witness_memory { struct store *store; pthread_mutex_t lock; };

bool
witness_memory_open(struct witness_memory **out, const char *database, struct err *e)
{
	struct witness_memory *m = xalloc(sizeof(*m));

	promise(pthread_mutex_init(&m->lock, NULL) == 0);
	if (!store_open(&m->store, database, STORE_WRITE, e)) {
		free(m);
		return false;
	}
	*out = m;
	return true;
}

void
witness_memory_free(struct witness_memory *m)
{
	if (m == NULL)
		return;
	store_free(m->store);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

bool
witness_memory_revive(struct witness_memory *m, struct err *e)
{
	bool good;

	pthread_mutex_lock(&m->lock);
	good = store_revive(m->store, e);
	pthread_mutex_unlock(&m->lock);
	return good;
}

static bool
run(struct witness_memory *m, const char *sql, const struct values *v, const enum reg_type *types, unsigned columns, store_row *row, void *ctx, uint64_t *rows, struct err *e)
{
	bool good;

	pthread_mutex_lock(&m->lock);
	good = store_run(m->store, sql, v, types, columns, row, ctx, rows, e);
	pthread_mutex_unlock(&m->lock);
	return good;
}

/*
 * The log.
 */

struct published { uint64_t size; struct buf *note; };

static bool
take_published(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct published *p = ctx;

	p->size = (uint64_t)c[0].i;
	buf_put_span(p->note, c[1].s);
	return buf_ok(p->note, "checkpoint", e);
}

bool
witness_memory_published(struct witness_memory *m, uint64_t *size, struct buf *note, struct err *e)
{
	static const enum reg_type types[] = { REG_INT, REG_TEXT };
	struct published p = { 0, note };

	if (!run(m, "SELECT size, note FROM log_published", NULL, types, 2, take_published, &p, NULL, e))
		return false;
	*size = p.size;
	return true;
}

bool
witness_memory_head(struct witness_memory *m, uint64_t *size, struct err *e)
{
	int64_t n;
	bool good;

	pthread_mutex_lock(&m->lock);
	good = store_int(m->store, "SELECT size FROM log_head", NULL, 0, &n, e);
	pthread_mutex_unlock(&m->lock);
	*size = (uint64_t)n;
	return good;
}

bool
witness_memory_prove(struct witness_memory *m, uint64_t from, uint64_t to, struct hash proof[MERKLE_PROOF_MAX], size_t *n, struct err *e)
{
	struct tile_source source = { log_tile_get, m->store };
	bool good = true;

	*n = 0;
	pthread_mutex_lock(&m->lock);
	if (from > 0 && from < to)
		good = merkle_prove_consistency(proof, n, from, to, tile_node, &source, e);
	pthread_mutex_unlock(&m->lock);
	return good;
}

/*
 * The witnesses.
 */

struct last { uint64_t *size; int64_t *time; };

static bool
take_last(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct last *l = ctx;

	*l->size = (uint64_t)c[0].i;
	*l->time = c[1].i;
	return true;
}

static const enum reg_type last_types[] = { REG_INT, REG_INT };

bool
witness_memory_member(struct witness_memory *m, const char *vkey, uint64_t *size, int64_t *time, struct err *e)
{
	struct last l = { size, time };
	struct values v = { .n = 0 };

	values_span(&v, "vkey", REG_TEXT, span_str(vkey));
	return run(m, "SELECT size, time FROM log_witness WHERE vkey = $vkey", &v, last_types, 2, take_last, &l, NULL, e);
}

bool
witness_memory_put_member(struct witness_memory *m, const char *vkey, uint64_t size, int64_t time, struct err *e)
{
	struct values v = { .n = 0 };

	values_span(&v, "vkey", REG_TEXT, span_str(vkey));
	values_int(&v, "size", (int64_t)size);
	values_int(&v, "time", time);
	return run(m, "INSERT INTO log_witness (vkey, size, time) VALUES ($vkey, $size, $time) "
	    "ON CONFLICT (vkey) DO UPDATE SET size = excluded.size, time = excluded.time", &v, NULL, 0, NULL, NULL, NULL, e);
}

bool
witness_memory_witnessed(struct witness_memory *m, uint64_t *size, int64_t *as_of, struct err *e)
{
	struct last l = { size, as_of };
	struct values none = { .n = 0 };

	values_span(&none, "note", REG_TEXT, span_str(""));
	return run(m, "INSERT INTO log_witnessed (one, size, as_of, note) VALUES (1, 0, 0, $note) ON CONFLICT (one) DO NOTHING", &none, NULL, 0, NULL, NULL, NULL, e) &&
	    run(m, "SELECT size, as_of FROM log_witnessed", NULL, last_types, 2, take_last, &l, NULL, e);
}

bool
witness_memory_put_witnessed(struct witness_memory *m, uint64_t size, int64_t as_of, struct span note, struct err *e)
{
	struct values v = { .n = 0 };

	values_int(&v, "size", (int64_t)size);
	values_int(&v, "as_of", as_of);
	values_span(&v, "note", REG_TEXT, note);
	return run(m, "INSERT INTO log_witnessed (one, size, as_of, note) VALUES (1, $size, $as_of, $note) "
	    "ON CONFLICT (one) DO UPDATE SET size = excluded.size, as_of = excluded.as_of, note = excluded.note", &v, NULL, 0, NULL, NULL, NULL, e);
}

bool
witness_memory_put_split(struct witness_memory *m, const char *vkey, const struct witness_split *split, int64_t time, struct span note, bool *new, struct err *e)
{
	struct values v = { .n = 0 };
	uint64_t rows = 0;

	values_span(&v, "vkey", REG_TEXT, span_str(vkey));
	values_int(&v, "size", (int64_t)split->size);
	values_int(&v, "time", time);
	values_span(&v, "sentence", REG_TEXT, span_str(split->sentence));
	values_span(&v, "note", REG_TEXT, note);
	if (!run(m, "INSERT INTO log_split (vkey, size, time, sentence, note) VALUES ($vkey, $size, $time, $sentence, $note) "
	    "ON CONFLICT (vkey, size) DO NOTHING", &v, NULL, 0, NULL, NULL, &rows, e))
		return false;
	*new = rows > 0;
	return true;
}

static bool
take_split(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	own_str char *vkey = span_dup_str(c[0].s);
	own_str char *sentence = span_dup_str(c[3].s);
	char time[TIME_TEXT];

	time_text_utc(time, c[2].i);
	json_array_append_new(ctx, json_pack("{s:s, s:I, s:s, s:s}", "key", vkey, "size", (json_int_t)c[1].i, "time", time, "sentence", sentence));
	return true;
}

bool
witness_memory_splits(struct witness_memory *m, json_t **out, struct err *e)
{
	static const enum reg_type types[] = { REG_TEXT, REG_INT, REG_INT, REG_TEXT };

	*out = json_array();
	return run(m, "SELECT vkey, size, time, sentence FROM log_split ORDER BY time, vkey, size LIMIT 100", NULL, types, 4, take_split, *out, NULL, e);
}
