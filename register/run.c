#include "register/run.h"

#include "base/cbor.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/ossl.h"
#include "register/log_state.h"
#include "register/readers.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define UNIT_VERBS_MAX 2048
#define RECORD_MAX (40u << 20)
#define BATCH_MAX 512		/* units a transaction */
#define AWAY_MAX_MS 20000	/* how long a unit waits for a database that went away */

/* Of a transaction: committed, refused (e says why), or to be tried again. */
enum fate { FATE_DONE, FATE_REFUSED, FATE_AGAIN };

struct waiting {
	unsigned caller;
	struct span unit;
	struct buf *result;
	struct err *e;
	bool good, done;
	pthread_cond_t told;		/* its own: a batch wakes those it answers, nobody else */
	struct waiting *next;
};

struct runner {
	char *database;
	unsigned char kid[KID_LEN];
	struct store *write;		/* none: a replica */
	struct readers readers;
	int64_t max_age_secs;
	struct log_state state;
	pthread_mutex_t lock;
	pthread_cond_t work, changed;
	struct waiting *first, *last;
	uint64_t commits, size;		/* of the log, committed */
	bool stop;
	pthread_t thread;
};

/*
 * One verb.
 */

struct given { struct span key; struct cbor value; };

static bool
take_map(struct given *g, size_t *n, struct span map, const char *what, struct err *e)
{
	struct cbor c = cbor_read(map);
	struct span skipped;

	if (!cbor_get_map(&c, n, what, e))
		return false;
	if (*n > VERB_FIELDS_MAX)
		return fail(e, ERR_BUG, "%s: a field that it does not have", what);
	for (size_t i = 0; i < *n; i++) {
		if (!cbor_get_text(&c, &g[i].key, what, e))
			return false;
		g[i].value = c;
		if (!cbor_skip(&c, &skipped, e))
			return false;
	}
	return true;
}

static bool
take_field(struct values *v, const struct verb_field *f, struct cbor c, const char *what, struct err *e)
{
	struct span s;
	int64_t i;

	if (f->type == REG_INT) {
		if (!cbor_get_int(&c, &i, f->name, e))
			return fail_in(e, "%s", what);
		values_int(v, f->name, i);
		return true;
	}
	if (!(f->type == REG_TEXT ? cbor_get_text(&c, &s, f->name, e) : cbor_get_bytes(&c, &s, f->name, e)))
		return fail_in(e, "%s", what);
	/* One of the databases cannot keep it. */
	if (f->type == REG_TEXT && s.len > 0 && memchr(s.ptr, 0, s.len) != NULL)
		return fail(e, ERR_INPUT, "%s: the text %s holds a NUL", what, f->name);
	values_span(v, f->name, f->type, s);
	return true;
}

/* The caller's fields, in the table's order; every field once, no other. */
static bool
take_fields(struct values *v, const struct verb_field *in, struct span map, const char *what, struct err *e)
{
	struct given given[VERB_FIELDS_MAX];
	size_t n, known = 0;

	if (!take_map(given, &n, map, what, e))
		return false;
	for (const struct verb_field *f = in; f->name != NULL; f++) {
		size_t i = 0;

		while (i < n && !span_eq_str(given[i].key, f->name))
			i++;
		known += i < n;
		if (i < n && !cbor_null(&given[i].value)) {
			if (!take_field(v, f, given[i].value, what, e))
				return false;
			continue;
		}
		if (!f->optional)
			return fail(e, ERR_BUG, "%s: the field %s is missing", what, f->name);
		values_null(v, f->name, f->type);
	}
	return n == known || fail(e, ERR_BUG, "%s: a field that it does not have", what);
}

static bool
run_checks(struct runner *r, const struct verb *verb, const struct values *v, struct err *e)
{
	for (const struct verb_check *c = verb->check; c->sql != NULL; c++) {
		const struct err_rule rule = { c->class, c->sentence, c->code, c->vi };

		if (!store_expect(r->write, c->sql, v, &rule, e))
			return false;
	}
	/* What is allotted is asked of a verb that may be run. */
	return verb->allot[0].name == NULL || store_settle(r->write, e);
}

struct allotted { struct buf *keep; struct value v; };

/* Octets are copied: the column's own end with the statement. */
static bool
take_allotted(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct allotted *a = ctx;

	a->v = c[0];
	if (!a->v.null && a->v.type != REG_INT)
		buf_put_span(a->keep, a->v.s);
	return buf_ok(a->keep, "allotted value", e);
}

static bool
run_allots(struct runner *r, const struct verb *verb, struct values *v, struct buf keep[6], struct err *e)
{
	for (size_t i = 0; verb->allot[i].name != NULL; i++) {
		const struct verb_allot *a = &verb->allot[i];
		struct allotted got = { .keep = &keep[i], .v = { .null = true, .type = a->type } };
		uint64_t rows;

		if (!store_run(r->write, a->sql, v, &a->type, 1, take_allotted, &got, &rows, e))
			return fail_in(e, "%s", verb->name);
		if (rows != 1 || got.v.null)
			return fail(e, ERR_BUG, "%s: nothing to allot as %s", verb->name, a->name);
		if (a->type == REG_INT)
			values_int(v, a->name, got.v.i);
		else
			values_span(v, a->name, a->type, buf_span(&keep[i]));
	}
	return true;
}

static bool
take_one_int(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	*(int64_t *)ctx = c[0].i;
	return true;
}

/* (after_size, after_root) must be a prefix of this log: what the signer saw
 * was this log and no other. */
static bool
check_prefix(struct runner *r, const struct values *v, struct err *e)
{
	const struct value *size = values_get(v, "after_size"), *root = values_get(v, "after_root");
	struct tile_source source = { log_tile_get, r->write };
	struct log_state *s = &r->state;
	struct hash h;

	promise(size != NULL && root != NULL);
	if (size->i < 0 || (uint64_t)size->i > s->edge.size)
		return fail(e, ERR_CONFLICT, "the order looks at a log of %lld entries; this one has %llu", (long long)size->i, (unsigned long long)s->edge.size);
	/* Partial tiles of this transaction must be in their table to be read. */
	if (!log_state_save(s, r->write, e) || !merkle_root_of(&h, (uint64_t)size->i, tile_node, &source, e))
		return false;
	if (root->s.len != HASH_LEN || memcmp(root->s.ptr, h.octet, HASH_LEN) != 0)
		return fail(e, ERR_CONFLICT, "the order was signed looking at another log (size %lld has another root here)", (long long)size->i);
	return true;
}

static bool
subject_last(struct runner *r, struct span handle, int64_t *prev, struct err *e)
{
	static const enum reg_type type[] = { REG_INT };
	struct values v = { .n = 0 };

	*prev = -1;
	if (handle.len == 0)
		return true;
	values_span(&v, "handle", REG_BYTES, handle);
	return store_run(r->write, "SELECT last FROM log_subject WHERE handle = $handle", &v, type, 1, take_one_int, prev, NULL, e);
}

static bool
subject_set(struct runner *r, struct span handle, int64_t idx, struct err *e)
{
	struct values v = { .n = 0 };

	if (handle.len == 0)
		return true;
	values_span(&v, "handle", REG_BYTES, handle);
	values_int(&v, "last", idx);
	return store_do(r->write, "INSERT INTO log_subject (handle, last) VALUES ($handle, $last) "
	    "ON CONFLICT (handle) DO UPDATE SET last = excluded.last", &v, e);
}

static bool
store_entry(struct runner *r, int64_t idx, struct span entry, struct span record, const unsigned char salt[SALT_LEN], struct err *e)
{
	struct values v = { .n = 0 };

	values_int(&v, "idx", idx);
	values_span(&v, "entry", REG_BYTES, entry);
	values_span(&v, "record", REG_BYTES, record);
	values_span(&v, "salt", REG_BYTES, span_of(salt, SALT_LEN));
	return store_do(r->write, "INSERT INTO log_entry (idx, entry, record, salt) VALUES ($idx, $entry, $record, $salt)", &v, e);
}

/* Record, salt, commitment, entry, leaf. */
static bool
append_entry(struct runner *r, const struct verb *verb, const struct values *v, int64_t time, struct err *e)
{
	own_struct(buf) record = buf_new(RECORD_MAX);
	own_struct(buf) public = buf_new(ENTRY_MAX);
	own_struct(buf) octets = buf_new(ENTRY_MAX + 64);
	unsigned char salt[SALT_LEN];
	int64_t idx = (int64_t)r->state.edge.size;
	struct entry x;
	struct hash leaf;

	record_write(&record, verb, v);
	if (!buf_ok(&record, "record", e) || !random_bytes(salt, sizeof(salt), e) ||
	    !entry_of_fields(&x, &public, verb, v, e) || !subject_last(r, x.handle, &x.prev, e))
		return false;
	x.time = time;
	entry_commit(x.commit, salt, buf_span(&record));
	memcpy(x.kid, r->kid, KID_LEN);
	if (!entry_write(&octets, &x, e))
		return fail_in(e, "%s", verb->name);
	merkle_leaf(&leaf, buf_span(&octets));
	return store_entry(r, idx, buf_span(&octets), buf_span(&record), salt, e) &&
	    subject_set(r, x.handle, idx, e) && log_state_append(&r->state, r->write, &leaf, e);
}

static void
put_result(struct buf *out, const struct verb *verb, const struct values *v, size_t given)
{
	struct values result = { .n = 0 };

	for (size_t i = given; i < v->n; i++)
		if (verb->entry != VERB_QUIET || strcmp(v->v[i].name, "entry") != 0)
			result.v[result.n++] = v->v[i];
	/* record_write adds "verb", which tells the reader whose result it is. */
	record_write(out, verb, &result);
}

static bool
run_verb(struct runner *r, unsigned caller, struct span name, struct span fields, int64_t time, struct buf *result, struct err *e)
{
	own_str char *word = span_dup_str(name);
	const struct verb *verb = verb_find(word);
	struct buf keep[6] = { buf_new(RECORD_MAX), buf_new(RECORD_MAX), buf_new(RECORD_MAX), buf_new(RECORD_MAX), buf_new(RECORD_MAX), buf_new(RECORD_MAX) };
	int64_t idx = (int64_t)r->state.edge.size;
	struct values v = { .n = 0 };
	struct values all;
	size_t given;
	bool good;

	if (verb == NULL)
		return fail(e, ERR_BUG, "there is no verb %.40s", word);
	if (!(verb->callers & caller))
		return fail(e, ERR_POLICY, "the verb %s is not for this caller", verb->name);
	if (!take_fields(&v, verb->in, fields, verb->name, e))
		return false;
	FAULT_STEP(verb->name);
	given = v.n;
	/* Checks and projections see entry and time; the record does not. */
	all = v;
	values_int(&all, "entry", idx);
	values_int(&all, "time", time);
	good = (!verb->order || check_prefix(r, &v, e)) && run_checks(r, verb, &all, e) && run_allots(r, verb, &all, keep, e);
	for (size_t i = given + 2; good && i < all.n; i++)
		v.v[v.n++] = all.v[i];
	good = good && (verb->entry == VERB_QUIET || append_entry(r, verb, &v, time, e));
	good = good && verb_project(r->write, verb, &all, e);
	if (good)
		put_result(result, verb, &all, given);
	for (size_t i = 0; i < 6; i++)
		buf_drop(&keep[i]);
	return good;
}

/*
 * Units and transactions.
 */

static bool
run_unit(struct runner *r, const struct waiting *w, int64_t time, struct err *e)
{
	struct cbor c = cbor_read(w->unit);
	size_t verbs, two;

	if (!cbor_get_array(&c, &verbs, "unit", e))
		return false;
	if (verbs == 0 || verbs > UNIT_VERBS_MAX)
		return fail(e, ERR_LIMIT, "a unit has 1 to %d verbs", UNIT_VERBS_MAX);
	cbor_put_array(w->result, verbs);
	for (size_t i = 0; i < verbs; i++) {
		struct span name, fields;

		if (!cbor_get_array(&c, &two, "verb", e) || two != 2 || !cbor_get_text(&c, &name, "verb", e) ||
		    !cbor_skip(&c, &fields, e) || !run_verb(r, w->caller, name, fields, time, w->result, e))
			return false;
	}
	return cbor_end(&c, "unit", e) && buf_ok(w->result, "result", e) && store_settle(r->write, e);
}

/* Inside a savepoint; a refusal puts the log's end back as it was. */
static bool
run_guarded(struct runner *r, struct waiting *w, int64_t time)
{
	struct log_state *before = xalloc(sizeof(*before));
	struct err ignored;
	bool alive = true;

	*before = r->state;
	w->good = store_do(r->write, "SAVEPOINT unit", NULL, w->e) && run_unit(r, w, time, w->e);
	if (w->good) {
		w->good = alive = store_do(r->write, "RELEASE unit", NULL, w->e);
	} else {
		r->state = *before;
		if (!store_settle(r->write, &ignored))
			ignored.class = ERR_NONE;
		alive = store_do(r->write, "ROLLBACK TO unit", NULL, &ignored) && store_do(r->write, "RELEASE unit", NULL, &ignored) && store_settle(r->write, &ignored);
	}
	free(before);
	return alive;
}

/* Those that were not refused for a reason of their own. */
static void
refuse_batch(struct waiting *batch, const struct err *e)
{
	for (struct waiting *w = batch; w != NULL; w = w->next)
		if (w->good) {
			w->good = false;
			*w->e = *e;
		}
}

/* Each in its savepoint; false when the transaction itself is beyond saving. */
static bool
run_all(struct runner *r, struct waiting *batch, int64_t time, struct err *e)
{
	for (struct waiting *w = batch; w != NULL; w = w->next) {
		if (run_guarded(r, w, time))
			continue;
		if (w->e->class == ERR_STORE || w->e->class == ERR_LATER)
			*e = *w->e;	/* such as a full disk, which may end the transaction by itself */
		else
			fail(e, ERR_STORE, "the database failed in the middle of a transaction");
		w->good = true;		/* not its own fault: refused with the others */
		return false;
	}
	return true;
}

/*
 * What became of a transaction whose connection was lost.
 */

/* Was this end of the log committed, whatever followed it?  What is committed
 * behind it is on the standby when this is: then so is what it asks for. */
static bool
was_committed(struct runner *r, const struct merkle_edge *end, bool *was, struct err *e)
{
	struct tile_source source = { log_tile_get, r->write };
	struct hash is, want;

	/* Waits for what the lost connection may still be doing. */
	if (!store_begin(r->write, STORE_LOCK, e) || !log_state_load(&r->state, r->write, e))
		return false;
	*was = r->state.edge.size >= end->size;
	if (*was && !merkle_root_of(&is, end->size, tile_node, &source, e))
		return false;
	merkle_root(&want, end);
	*was = *was && hash_eq(&is, &want);
	return store_commit(r->write, e);
}

static bool
is_stopping(struct runner *r)
{
	bool stop;

	pthread_mutex_lock(&r->lock);
	stop = r->stop;
	pthread_mutex_unlock(&r->lock);
	return stop;
}

/* Connects again until the deadline; says so once. */
static bool
come_back(struct runner *r, int64_t until, struct err *e)
{
	bool told = false;

	while (!store_revive(r->write, e)) {
		if (!told)
			log_warn("the database is away: %s; trying again", e->text);
		told = true;
		if (clock_mono_ms() >= until || is_stopping(r))
			return false;
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	}
	log_info("the database is back");
	return true;
}

/* end: NULL, or what the log ends with if the commit that was asked for was
 * carried out; from: what it ended with before. */
static enum fate
find_out(struct runner *r, const struct merkle_edge *from, const struct merkle_edge *end, int64_t until, struct err *e)
{
	bool was = false;

	do {
		if (!come_back(r, until, e))
			break;
		if (end == NULL)
			return FATE_AGAIN;
		if (end->size == from->size)
			break;			/* nothing in the log to know it by */
		if (was_committed(r, end, &was, e))
			return was ? FATE_DONE : FATE_AGAIN;
		store_rollback(r->write);
	} while (store_is_lost(r->write));
	if (end == NULL)
		fail(e, ERR_LATER, "the database cannot be reached; nothing was recorded: try again");
	else
		fail(e, ERR_LATER, "the database was lost while this was being recorded; whether it was is not known: look before trying again");
	return FATE_REFUSED;
}

/* One transaction for all of them. */
static enum fate
try_batch(struct runner *r, struct waiting *batch, int64_t until, struct err *e)
{
	struct log_state *before = xalloc(sizeof(*before));
	struct merkle_edge end = { .size = 0 };
	bool alive, asked = false;
	enum fate fate = FATE_DONE;
	int64_t now;

	alive = store_begin(r->write, STORE_LOCK, e) && log_state_follow(&r->state, r->write, e);
	*before = r->state;
	now = clock_now();
	if (now > r->state.time)
		r->state.time = now;
	alive = alive && run_all(r, batch, r->state.time, e);
	FAULT_STEPS("before-commit");
	if (alive && log_state_save(&r->state, r->write, e)) {
		end = r->state.edge;
		asked = true;
		alive = store_commit(r->write, e);
	} else {
		alive = false;
	}
	FAULT_STEPS_END("after-commit");
	if (!alive) {
		store_rollback(r->write);
		r->state = *before;
		fate = store_is_lost(r->write) ? find_out(r, &before->edge, asked ? &end : NULL, until, e) : FATE_REFUSED;
	}
	free(before);
	return fate;
}

static void
run_batch(struct runner *r, struct waiting *batch)
{
	int64_t until = clock_mono_ms() + AWAY_MAX_MS;
	bool any = false;
	enum fate fate;
	struct err e;

	/* What is known not to have been recorded is tried again from the start. */
	do {
		for (struct waiting *w = batch; w != NULL; w = w->next) {
			w->good = true;
			buf_reset(w->result);
		}
		fate = try_batch(r, batch, until, &e);
	} while (fate == FATE_AGAIN);
	if (fate == FATE_REFUSED)
		refuse_batch(batch, &e);
	for (struct waiting *w = batch; w != NULL; w = w->next)
		any |= w->good;
	pthread_mutex_lock(&r->lock);
	r->commits += any;
	r->size = r->state.edge.size;
	for (struct waiting *w = batch, *next; w != NULL; w = next) {
		next = w->next;
		w->done = true;
		pthread_cond_signal(&w->told);
	}
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

static struct waiting *
take_batch(struct runner *r)
{
	struct waiting *batch = r->first, *end = batch;

	for (size_t n = 1; n < BATCH_MAX && end->next != NULL; n++)
		end = end->next;
	r->first = end->next;
	if (r->first == NULL)
		r->last = NULL;
	end->next = NULL;
	return batch;
}

static void *
writer_main(void *arg)
{
	struct runner *r = arg;

	for (;;) {
		struct waiting *batch;

		pthread_mutex_lock(&r->lock);
		while (r->first == NULL && !r->stop)
			pthread_cond_wait(&r->work, &r->lock);
		if (r->first == NULL) {
			pthread_mutex_unlock(&r->lock);
			return NULL;
		}
		batch = take_batch(r);
		pthread_mutex_unlock(&r->lock);
		run_batch(r, batch);
	}
}

static void
enqueue(struct runner *r, struct waiting *w)
{
	if (r->last != NULL)
		r->last->next = w;
	else
		r->first = w;
	r->last = w;
}

/* Waits for them all; false: the register is stopping. */
static bool
wait_for(struct runner *r, struct waiting *w, size_t n)
{
	bool stopping;

	pthread_mutex_lock(&r->lock);
	stopping = r->stop;
	for (size_t i = 0; i < n && !stopping; i++)
		if (!w[i].done)
			enqueue(r, &w[i]);
	pthread_cond_signal(&r->work);
	for (size_t i = 0; i < n && !stopping; i++)
		while (!w[i].done)
			pthread_cond_wait(&w[i].told, &r->lock);
	pthread_mutex_unlock(&r->lock);
	return !stopping;
}

void
runner_units(struct runner *r, unsigned caller, struct runner_unit *u, size_t n)
{
	struct waiting *w = xalloc(n * sizeof(*w));
	bool ran;

	for (size_t i = 0; i < n; i++) {
		w[i] = (struct waiting){ .caller = caller, .unit = u[i].unit, .result = &u[i].result, .e = &u[i].e, .told = PTHREAD_COND_INITIALIZER };
		w[i].done = r->write == NULL || !cbor_check(u[i].unit, &u[i].e);
		if (r->write == NULL)
			(void)!fail(&u[i].e, ERR_LATER, "this register only reads, from a replica; nothing was recorded");
		else if (w[i].done)
			(void)!fail_in(&u[i].e, "unit");
	}
	ran = wait_for(r, w, n);
	for (size_t i = 0; i < n; i++) {
		u[i].good = w[i].good;
		if (!ran && !w[i].done)
			(void)!fail(&u[i].e, ERR_LATER, "the register is stopping");
		pthread_cond_destroy(&w[i].told);
	}
	free(w);
}

bool
runner_unit(struct runner *r, unsigned caller, struct span unit, struct buf *result, struct err *e)
{
	struct runner_unit u = { .unit = unit, .result = *result };

	runner_units(r, caller, &u, 1);
	*result = u.result;
	if (!u.good)
		*e = u.e;
	return u.good;
}

/*
 * Reads.
 */

struct rows { struct buf body; uint64_t n; };

static bool
take_row(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct rows *rows = ctx;

	rows->n++;
	cbor_put_array(&rows->body, n);
	for (unsigned i = 0; i < n; i++) {
		if (c[i].null)
			cbor_put_null(&rows->body);
		else if (c[i].type == REG_INT)
			cbor_put_int(&rows->body, c[i].i);
		else if (c[i].type == REG_TEXT)
			cbor_put_text_span(&rows->body, c[i].s);
		else
			cbor_put_bytes(&rows->body, c[i].s);
	}
	return buf_ok(&rows->body, "rows", e);
}

static bool
read_rows(const struct runner *r, struct store *from, const struct read *read, const struct values *v, struct rows *rows, struct as_of *as_of, struct err *e)
{
	*as_of = (struct as_of){ .size = 0 };
	if (r->write == NULL && !replica_as_of(as_of, from, clock_now(), r->max_age_secs, e))
		return false;
	return store_run(from, read->sql, v, read->out, read->columns, take_row, rows, NULL, e);
}

bool
runner_read(struct runner *r, unsigned caller, const char *name, struct span params, struct buf *out, struct as_of *as_of, struct err *e)
{
	const struct read *read = read_find(name);
	struct rows rows = { .body = buf_new(RECORD_MAX) };
	struct values v = { .n = 0 };
	struct store *from;
	bool good;

	if (read == NULL)
		return fail(e, ERR_BUG, "there is no read %.40s", name);
	if (!(read->callers & caller))
		return fail(e, ERR_POLICY, "the read %s is not for this caller", read->name);
	if (!cbor_check(params, e) || !take_fields(&v, read->in, params, read->name, e))
		return false;
	from = readers_take(&r->readers);
	good = read_rows(r, from, read, &v, &rows, as_of, e);
	if (!good && store_is_lost(from) && store_revive(from, e)) {
		buf_reset(&rows.body);
		rows.n = 0;
		good = read_rows(r, from, read, &v, &rows, as_of, e);
	}
	readers_give(&r->readers, from);
	if (good) {
		cbor_put_array(out, rows.n);
		buf_put_span(out, buf_span(&rows.body));
		good = buf_ok(out, "rows", e);
	}
	buf_drop(&rows.body);
	return good;
}

static struct runner *
runner_blank(const char *database)
{
	struct runner *r = xalloc(sizeof(*r));

	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->work, NULL);
	pthread_cond_init(&r->changed, NULL);
	r->database = xstrdup(database);
	return r;
}

bool
runner_new_replica(struct runner **out, const char *database, int64_t max_age_secs, struct err *e)
{
	struct runner *r = runner_blank(database);

	r->max_age_secs = max_age_secs;
	*out = r;
	return readers_open(&r->readers, database, e);
}

bool
runner_new(struct runner **out, const char *database, const char *origin, struct err *e)
{
	struct runner *r = runner_blank(database);
	unsigned char digest[SHA256_LEN];

	sha256(digest, span_str(origin));
	memcpy(r->kid, digest, KID_LEN);
	if (!store_open(&r->write, database, STORE_WRITE, e) || !log_state_load(&r->state, r->write, e) ||
	    !readers_open(&r->readers, database, e))
		return false;
	r->size = r->state.edge.size;
	promise(pthread_create(&r->thread, NULL, writer_main, r) == 0);
	*out = r;
	return true;
}

bool
runner_check_standby(struct runner *r, const char *standby, struct err *e)
{
	struct store *from = readers_take(&r->readers);
	bool good = store_check_standby(from, standby, e);

	readers_give(&r->readers, from);
	return good;
}

void
runner_stop(struct runner *r)
{
	pthread_mutex_lock(&r->lock);
	r->stop = true;
	pthread_cond_broadcast(&r->work);
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
	if (r->write != NULL)
		pthread_join(r->thread, NULL);
	readers_close(&r->readers);
	store_free(r->write);
	free(r->database);
	free(r);
}

uint64_t
runner_wait_change(struct runner *r, uint64_t *seen, int timeout_ms)
{
	struct timespec until = clock_mono_in(timeout_ms);
	uint64_t size;

	pthread_mutex_lock(&r->lock);
	while (r->commits == *seen && !r->stop &&
	    pthread_cond_clockwait(&r->changed, &r->lock, CLOCK_MONOTONIC, &until) == 0)
		continue;
	*seen = r->commits;
	size = r->size;
	pthread_mutex_unlock(&r->lock);
	return size;
}

const char *
runner_database(const struct runner *r)
{
	return r->database;
}
