#include "register/publish.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "register/log_key.h"
#include "register/log_state.h"
#include "register/lost.h"
#include "register/promised.h"

#include <libgen.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PERIOD_MS 1000
#define PACE_MS 250		/* between two checkpoints under load */
#define PACE_STEP_NS 5000000
#define KEY_TIMEOUT_MS 20000
#define FLUSH_MAX_MS 10000
#define BUNDLE_MAX (TILE_WIDTH * (2 + ENTRY_MAX))

static const struct msg_type key_types[] = { LOG_KEY_MESSAGES(MSG_TYPE) };

struct publisher {
	struct runner *runner;
	struct store *store;		/* reads; and log_published through its own connection */
	const char *folder, *origin;
	struct peer *key;
	struct note_key public;
	uint64_t signed_before;		/* by the key, when this process began */
	struct checkpoint last;
	bool leads;			/* of all on the database, this one signs checkpoints */
	int64_t beat;			/* when it next says so; monotonic, ms */
	int64_t seq;			/* of the last publication written */
	bool log_waits;			/* the last checkpoint could not be made */
	pthread_mutex_t lock;		/* one flush at a time */
	pthread_t thread;
	bool stop;
};

/* What the page cache says after a failed fsync is not to be trusted. */
static _Noreturn void
disk_failed(const struct err *e)
{
	log_error("publishing: %s; stopping, because the disk can no longer be trusted", e->text);
	abort();
}

static bool
put_file(const struct publisher *p, const char *name, struct span content, struct err *e)
{
	own_str char *path = xprintf("%s/%s", p->folder, name);
	own_str char *copy = xstrdup(path);

	return folder_make(dirname(copy), 0755, e) && file_write(path, content, 0644, e);
}

/*
 * Tiles and bundles, durable together.
 */

#define TOGETHER 32

struct batch { size_t n; struct file_new file[TOGETHER]; char *path[TOGETHER]; struct buf content[TOGETHER]; };

static void
batch_drop(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		free(b->path[i]);
		buf_drop(&b->content[i]);
	}
	b->n = 0;
}

static bool
batch_write(struct batch *b, struct err *e)
{
	bool good = files_write(b->file, b->n, 0644, e);

	batch_drop(b);
	return good;
}

/* Takes the content over. */
static bool
batch_put(struct batch *b, const struct publisher *p, const char *name, struct buf *content, struct err *e)
{
	own_str char *folder = NULL;

	if (b->n == TOGETHER && !batch_write(b, e))
		return false;
	b->path[b->n] = xprintf("%s/%s", p->folder, name);
	b->content[b->n] = *content;
	*content = (struct buf){ 0 };
	b->file[b->n] = (struct file_new){ b->path[b->n], buf_span(&b->content[b->n]) };
	folder = xstrdup(b->path[b->n++]);
	return folder_make(dirname(folder), 0755, e);
}

static bool
take_entry(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	bundle_put(ctx, c[0].s);
	return true;
}

/* Entries [n * 256, n * 256 + width). */
static bool
write_bundle(struct publisher *p, struct batch *batch, uint64_t n, unsigned width, struct err *e)
{
	static const enum reg_type type[] = { REG_BYTES };
	own_struct(buf) bundle = buf_new(BUNDLE_MAX);
	own_struct(buf) name = buf_new(200);
	struct values v = { .n = 0 };
	uint64_t rows;

	values_int(&v, "from", (int64_t)(n * TILE_WIDTH));
	values_int(&v, "to", (int64_t)(n * TILE_WIDTH + width));
	if (!store_run(p->store, "SELECT entry FROM log_entry WHERE idx >= $from AND idx < $to ORDER BY idx", &v, type, 1, take_entry, &bundle, &rows, e))
		return false;
	if (rows != width)
		return fail(e, ERR_STORE, "the log has %llu of %u entries of bundle %llu", (unsigned long long)rows, width, (unsigned long long)n);
	tile_path(&name, TILE_ENTRIES, n, width);
	return buf_ok(&bundle, "bundle", e) && batch_put(batch, p, buf_str(&name), &bundle, e);
}

static bool
write_tile(struct publisher *p, struct batch *batch, unsigned level, uint64_t n, unsigned width, struct err *e)
{
	struct hash h[TILE_WIDTH];
	own_struct(buf) tile = buf_new(sizeof(h));
	own_struct(buf) name = buf_new(200);

	if (!log_tile_get(p->store, level, n * TILE_WIDTH, width, h, e))
		return false;
	tile_path(&name, (int)level, n, width);
	buf_put(&tile, h, width * sizeof(h[0]));
	return batch_put(batch, p, buf_str(&name), &tile, e);
}

/* Every tile that is new between two sizes, full ones and the partial last. */
static bool
write_tiles(struct publisher *p, uint64_t from, uint64_t to, struct err *e)
{
	own_struct(batch) batch = { .n = 0 };

	for (unsigned level = 0; level < LOG_LEVELS; level++) {
		uint64_t a = tile_count(from, level), b = tile_count(to, level);

		for (uint64_t n = a / TILE_WIDTH; a != b && n * TILE_WIDTH < b; n++) {
			unsigned width = b - n * TILE_WIDTH < TILE_WIDTH ? (unsigned)(b - n * TILE_WIDTH) : TILE_WIDTH;

			if (!write_tile(p, &batch, level, n, width, e) || (level == 0 && !write_bundle(p, &batch, n, width, e)))
				return false;
		}
	}
	return batch_write(&batch, e);
}

/* What the key signed last: more than we know of, when its answer was lost or
 * this process ended before it remembered. */
static bool
signed_size(struct publisher *p, uint64_t *size, struct err *e)
{
	own_struct(msg) ask = msg_new(LOG_KEY_PUBLIC, 16);
	own_struct(msg) reply = msg_new(0, 1);

	if (!peer_call(p->key, &ask, &reply, e))
		return false;
	*size = msg_u64(&reply, 1);
	return true;
}

static bool
sign_checkpoint(struct publisher *p, const struct checkpoint *c, struct buf *note, struct err *e)
{
	own_struct(msg) ask = msg_new(LOG_KEY_CHECKPOINT, LOG_KEY_MESSAGE_MAX);
	own_struct(msg) reply = msg_new(0, 1);
	struct tile_source source = { log_tile_get, p->store };
	struct hash proof[MERKLE_PROOF_MAX];
	size_t n = 0;
	uint64_t old;

	if (!signed_size(p, &old, e))
		return false;
	if (old > 0 && old < c->size && !merkle_prove_consistency(proof, &n, old, c->size, tile_node, &source, e))
		return false;
	msg_put_str(&ask, c->origin);
	msg_put_u64(&ask, c->size);
	msg_put(&ask, span_of(c->root.octet, HASH_LEN));
	msg_put(&ask, span_of(proof, n * HASH_LEN));
	FAULT_POINT("register.sign-checkpoint");
	if (!peer_call(p->key, &ask, &reply, e))
		return false;
	FAULT_POINT("register.checkpoint-signed");
	if (msg_span(&reply, 0).len != 64)
		return fail(e, ERR_TOKEN, "the log's key gave a signature of %zu bytes", msg_span(&reply, 0).len);
	checkpoint_text(note, c);
	buf_put_byte(note, '\n');
	note_line(note, &p->public, msg_span(&reply, 0).ptr);
	return note_check(buf_span(note), &p->public, e);
}

static bool
remember(struct publisher *p, const struct checkpoint *c, struct span note, struct err *e)
{
	own_struct(buf) key = buf_new(300);
	struct values v = { .n = 0 };

	note_key_text(&key, &p->public);
	values_int(&v, "size", (int64_t)c->size);
	values_span(&v, "note", REG_TEXT, note);
	values_span(&v, "key", REG_TEXT, buf_span(&key));
	if (store_do(p->store, "INSERT INTO log_published (one, size, note, key) VALUES (1, $size, $note, $key) "
	    "ON CONFLICT (one) DO UPDATE SET size = excluded.size, note = excluded.note, key = excluded.key", &v, e))
		return true;
	/* A full disk is waited for; one that fails is not. */
	if (store_is_full(p->store))
		e->class = ERR_LATER;
	return false;
}

struct head { uint64_t size; struct hash root; };

static bool
take_head(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct merkle_edge edge = { .size = (uint64_t)c[0].i, .n = (unsigned)(c[1].s.len / HASH_LEN) };
	struct head *h = ctx;

	if (c[1].s.len > 0)
		memcpy(edge.node, c[1].s.ptr, c[1].s.len);
	h->size = edge.size;
	merkle_root(&h->root, &edge);
	return true;
}

static bool
publish_log(struct publisher *p, struct err *e)
{
	static const enum reg_type types[] = { REG_INT, REG_BYTES };
	own_struct(buf) note = buf_new(NOTE_MAX);
	struct checkpoint c = { 0 };
	struct head head;

	if (!store_run(p->store, "SELECT size, edge FROM log_head", NULL, types, 2, take_head, &head, NULL, e))
		return false;
	if (head.size == p->last.size)
		return true;
	snprintf(c.origin, sizeof(c.origin), "%s", p->origin);
	c.size = head.size;
	c.root = head.root;
	if (!write_tiles(p, p->last.size, c.size, e) || !sign_checkpoint(p, &c, &note, e) || !put_file(p, "checkpoint", buf_span(&note), e))
		return false;
	FAULT_POINT("register.checkpoint-written");
	if (!remember(p, &c, buf_span(&note), e))
		return false;
	FAULT_POINT("register.published");
	p->last = c;
	return true;
}

struct publications { struct publisher *p; int64_t seq; };

static bool
take_publication(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct publications *ps = ctx;
	own_str char *path = span_dup_str(c[0].s);

	if (!put_file(ps->p, path, c[1].s, e))
		return false;
	ps->seq = c[2].i > ps->seq ? c[2].i : ps->seq;
	return true;
}

/* Up to a seq. */
static bool
publish_rows(struct publisher *p, int64_t upto, struct err *e)
{
	static const enum reg_type types[] = { REG_TEXT, REG_BYTES, REG_INT };
	struct publications ps = { p, p->seq };
	struct values v = { .n = 0 };

	values_int(&v, "seq", p->seq);
	values_int(&v, "upto", upto);
	if (!store_run(p->store, "SELECT path, body, seq FROM publication WHERE seq > $seq AND seq <= $upto AND " LOST_IS_CURRENT " ORDER BY seq", &v, types, 3, take_publication, &ps, NULL, e))
		return false;
	p->seq = ps.seq;
	return true;
}

/*
 * Who publishes.  Of several registers on one database one signs; each writes
 * its own folder.
 */

struct followed { struct publisher *p; struct checkpoint c; struct buf note; };

static bool
take_followed(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct followed *f = ctx;

	buf_put_span(&f->note, c[1].s);
	return checkpoint_check(&f->c, c[1].s, &f->p->public, e) || fail_in(e, "the published checkpoint");
}

/* What another one published comes into this folder, too. */
static bool
follow(struct publisher *p, struct err *e)
{
	static const enum reg_type types[] = { REG_INT, REG_TEXT };
	struct followed f = { .p = p, .note = buf_new(NOTE_MAX) };
	struct values v = { .n = 0 };
	bool good;

	values_int(&v, "size", (int64_t)p->last.size);
	good = store_run(p->store, "SELECT size, note FROM log_published WHERE size > $size", &v, types, 2, take_followed, &f, NULL, e) && buf_ok(&f.note, "note", e);
	if (good && f.c.size > p->last.size) {
		good = write_tiles(p, p->last.size, f.c.size, e) && put_file(p, "checkpoint", buf_span(&f.note), e);
		if (good)
			p->last = f.c;
	}
	buf_drop(&f.note);
	return good;
}

/* A new leader begins where the last one ended.  Its empty transaction is
 * durable when everything before it is, on the standby, too: a server that came
 * back from a crash may show what it had told nobody. */
static bool
take_lead(struct publisher *p, struct err *e)
{
	if (p->key == NULL)
		return store_revive(p->store, e);
	p->leads = p->leads && !store_is_lost(p->store);
	if (!store_revive(p->store, e))
		return false;
	if (p->leads)
		return true;
	if (!store_lead(p->store, &p->leads, e))
		return false;
	if (!p->leads || (store_begin(p->store, STORE_LOCK, e) && store_commit(p->store, e)))
		return true;
	store_rollback(p->store);
	p->leads = false;
	return false;
}

/* The log first: what a list tells can then be had from the tiles, should the
 * database be lost (restore.h).  While the log cannot be signed, lists do not
 * wait for it. */
static bool
publish_all(struct publisher *p, struct err *e)
{
	struct err of_rows;
	int64_t upto;

	if ((p->log_waits && !publish_rows(p, INT64_MAX, e)) ||
	    !store_int(p->store, "SELECT max(seq) FROM publication", NULL, 0, &upto, e))
		return false;
	p->log_waits = !follow(p, e) || (p->leads && !publish_log(p, e));
	if (!p->log_waits)
		return publish_rows(p, upto, e);
	if (e->class != ERR_STORE && !publish_rows(p, INT64_MAX, &of_rows))
		*e = of_rows;
	return false;
}

/* For replicas; a file has none. */
static bool
beat(struct publisher *p, struct err *e)
{
	int64_t now = clock_mono_ms();

	if (!p->leads || now < p->beat || !store_is_server(runner_database(p->runner)))
		return true;
	p->beat = now + 1000 * BEAT_SECS;
	return replica_beat(p->store, clock_now(), e);
}

static bool
publish_once(struct publisher *p, struct err *e)
{
	bool good;

	pthread_mutex_lock(&p->lock);
	good = take_lead(p, e) && beat(p, e) && publish_all(p, e);
	pthread_mutex_unlock(&p->lock);
	return good;
}

static bool
take_text(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	buf_put_span(ctx, c[0].s);
	return true;
}

const struct note_key *
publisher_key(const struct publisher *p)
{
	return &p->public;
}

bool
publisher_newest(struct publisher *p, struct checkpoint *out, struct buf *note, struct err *e)
{
	static const enum reg_type type[] = { REG_TEXT };
	struct tile_source source = { log_tile_get, p->store };
	struct checkpoint c = { .size = p->signed_before };

	if (!store_run(p->store, "SELECT note FROM log_published", NULL, type, 1, take_text, note, NULL, e))
		return false;
	if (note->len > 0)
		return buf_ok(note, "checkpoint", e) && checkpoint_check(out, buf_span(note), &p->public, e);
	snprintf(c.origin, sizeof(c.origin), "%s", p->origin);
	merkle_empty(&c.root);
	if (c.size > 0 && !merkle_root_of(&c.root, c.size, tile_node, &source, e))
		return false;
	*out = c;
	return sign_checkpoint(p, &c, note, e);
}

bool
publisher_put(struct publisher *p, const char *name, struct span content, struct err *e)
{
	if (put_file(p, name, content, e))
		return true;
	if (e->class == ERR_STORE)
		disk_failed(e);
	return false;
}

/* Whoever reads `checkpoint` alone finds the cosignatures there too, while the
 * log rests. */
bool
publisher_cosigned(struct publisher *p, uint64_t size, struct span note, struct err *e)
{
	bool good = publisher_put(p, "checkpoint.witnessed", note, e);

	pthread_mutex_lock(&p->lock);
	if (good && p->last.size == size)
		good = publisher_put(p, "checkpoint", note, e);
	pthread_mutex_unlock(&p->lock);
	return good;
}

static bool
reached(struct publisher *p, uint64_t size)
{
	bool yes;

	pthread_mutex_lock(&p->lock);
	yes = p->last.size >= size;
	pthread_mutex_unlock(&p->lock);
	return yes;
}

bool
publisher_flush(struct publisher *p, struct err *e)
{
	int64_t until = clock_mono_ms() + FLUSH_MAX_MS;
	uint64_t seen = UINT64_MAX, size = runner_wait_change(p->runner, &seen, 0);

	while (publish_once(p, e)) {
		if (reached(p, size))
			return true;
		if (clock_mono_ms() >= until)
			return fail(e, ERR_LATER, "the register that publishes has not done so yet");
		nanosleep(&(struct timespec){ .tv_nsec = PACE_STEP_NS }, NULL);
	}
	return false;
}

/* What is not on the disk is written again; what is there, and was not remembered
 * before this process ended, is published again, too. */
static bool
check_promised(struct publisher *p, struct err *e)
{
	const struct promised all = { runner_database(p->runner), p->folder, &p->public, p->signed_before, .may_lag = p->key == NULL };

	return promised_check(&p->last, &all, p->store, e);
}

static bool
learn_key(struct publisher *p, struct err *e)
{
	own_struct(msg) ask = msg_new(LOG_KEY_PUBLIC, 16);
	own_struct(msg) reply = msg_new(0, 1);
	own_struct(buf) vkey = buf_new(300);

	if (!peer_wait(p->key, KEY_TIMEOUT_MS, e) || !peer_call(p->key, &ask, &reply, e) ||
	    !note_key_new(&p->public, p->origin, msg_span(&reply, 0).ptr, e))
		return false;
	p->signed_before = msg_u64(&reply, 1);
	note_key_text(&vkey, &p->public);
	buf_put_byte(&vkey, '\n');
	return put_file(p, "log.vkey", buf_span(&vkey), e);
}

static bool
read_key(struct publisher *p, const char *path, struct err *e)
{
	if (!note_key_read(&p->public, path, e))
		return false;
	return strcmp(p->public.name, p->origin) == 0 || fail(e, ERR_INPUT, "%s is the key of %s, not of %s", path, p->public.name, p->origin);
}

static struct publisher *
publisher_blank(struct runner *runner, const char *folder, const char *origin)
{
	struct publisher *p = xalloc(sizeof(*p));

	p->runner = runner;
	p->folder = folder;
	p->origin = origin;
	pthread_mutex_init(&p->lock, NULL);
	return p;
}

bool
publisher_new_replica(struct publisher **out, struct runner *runner, const char *folder, const char *origin, const char *vkey, struct err *e)
{
	struct publisher *p = publisher_blank(runner, folder, origin);

	*out = p;
	return read_key(p, vkey, e) && store_open(&p->store, runner_database(runner), STORE_READ, e) && check_promised(p, e);
}

bool
publisher_new(struct publisher **out, struct runner *runner, const char *folder, const char *origin,
    const char *key_socket, struct err *e)
{
	struct publisher *p = publisher_blank(runner, folder, origin);

	p->key = peer_new(key_socket, key_types, sizeof(key_types) / sizeof(key_types[0]), LOG_KEY_MESSAGE_MAX, KEY_TIMEOUT_MS);
	if (!store_open(&p->store, runner_database(runner), STORE_WRITE, e) || !learn_key(p, e) || !check_promised(p, e))
		return false;
	*out = p;
	return true;
}

const char publish_asks[] = "SELECT seq FROM publication WHERE seq > $seq AND " LOST_IS_CURRENT " LIMIT 1";

/* Is there a CRL, a list, to be seen at once? */
static bool
has_rows(struct publisher *p)
{
	struct values v = { .n = 0 };
	int64_t seq = 0;
	struct err ignored;

	pthread_mutex_lock(&p->lock);
	values_int(&v, "seq", p->seq);
	if (!store_int(p->store, publish_asks, &v, 0, &seq, &ignored))
		seq = 1;		/* the flush will say what is wrong */
	pthread_mutex_unlock(&p->lock);
	return seq != 0;
}

/* Many commits share a checkpoint; what people wait for does not wait. */
static void
keep_pace(struct publisher *p, int64_t *last)
{
	while (clock_mono_ms() < *last + PACE_MS && !__atomic_load_n(&p->stop, __ATOMIC_SEQ_CST) && !has_rows(p))
		nanosleep(&(struct timespec){ .tv_nsec = PACE_STEP_NS }, NULL);
	*last = clock_mono_ms();
}

static void *
publisher_main(void *arg)
{
	struct publisher *p = arg;
	uint64_t seen = UINT64_MAX;	/* what was left before this start does not wait */
	int64_t last = 0;
	bool told = false;
	struct err e;

	while (!__atomic_load_n(&p->stop, __ATOMIC_SEQ_CST)) {
		runner_wait_change(p->runner, &seen, PERIOD_MS);
		keep_pace(p, &last);
		if (publish_once(p, &e)) {
			told = false;
		} else if (e.class == ERR_STORE) {
			disk_failed(&e);
		} else if (!told) {
			log_warn("publishing waits: %s", e.text);
			told = true;
		}
	}
	return NULL;
}

void
publisher_start(struct publisher *p)
{
	promise(pthread_create(&p->thread, NULL, publisher_main, p) == 0);
}

void
publisher_stop(struct publisher *p)
{
	struct err e;

	__atomic_store_n(&p->stop, true, __ATOMIC_SEQ_CST);
	pthread_join(p->thread, NULL);
	if (!publish_once(p, &e))
		log_warn("publishing at the end: %s", e.text);
	store_free(p->store);
}
