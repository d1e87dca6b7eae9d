/*
 * What the public log costs as it grows and under load.
 *
 *	growth-log       time of an entry at 1,000,000 entries and at 10,000, where
 *	                 little but the log's own tables is written; two registers
 *	                 take turns, so that what else the machine does falls on both
 *	growth           the same for drafts of permits, with their rows and indexes
 *	proof            an inclusion proof out of 1,000,000 entries
 *	checkpoint       from a commit's answer to the published checkpoint that has it,
 *	                 while 32 callers append as fast as they can; of each hundred
 *	                 units the slowest but one
 *	cosigned         the same to the checkpoint that two of three witnesses cosigned
 *	register-memory  antin-register's largest resident set in that run
 *
 * The first three share a register, grown through the verbs; the others an
 * authority whose log is witnessed.
 */
#include "api/cli/bench.h"

#include "base/cbor.h"
#include "base/clock.h"
#include "base/file.h"
#include "register/client.h"
#include "register/entry.h"
#include "register/log_state.h"
#include "register/note.h"
#include "register/run.h"
#include "register/tile_cache.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SMALL 10000
#define LARGE 1000000
#define TOGETHER 100
#define GROWERS 16
#define WINDOW 2000		/* entries a measurement */
#define WINDOWS 9		/* of which the median counts */
#define PROOFS 20000
#define PROOF_MS 0.1
#define LOADERS 32
#define LOAD_MS 10000
#define SETTLE_MS 5000
#define CHECKPOINT_MS 1500
#define COSIGNED_MS 3000
#define MEMORY_MB 64

/*
 * Units of a hundred.
 */

typedef void put_verb(struct reg_unit *, uint64_t number);

/* As near to the log's own tables alone as a verb comes. */
static void
put_little(struct reg_unit *u, uint64_t number)
{
	unsigned char hash[SHA256_LEN];

	sha256(hash, span_of(&number, sizeof(number)));
	reg_verb(u, "policy.adopt");
	reg_text(u, "org", BENCH_AGENCY);
	reg_text(u, "what", "bench");
	reg_bytes(u, "hash", span_of(hash, sizeof(hash)));
	reg_null(u, "body");
}

static void
put_draft(struct reg_unit *u, uint64_t number)
{
	static const char content[500] = "<content>";
	unsigned char handle[HANDLE_LEN], hash[SHA256_LEN], program[SHA256_LEN] = { 0 };
	char text[40];
	struct err e;

	promise(handle_draw(handle, clock_now(), &e));
	sha256(hash, span_of(&number, sizeof(number)));
	snprintf(text, sizeof(text), "H99.17-261126-%llu", (unsigned long long)number);
	reg_verb(u, "permit.submit");
	reg_bytes(u, "handle", span_of(handle, sizeof(handle)));
	reg_text(u, "kind", "practitioner");
	reg_text(u, "agency", BENCH_AGENCY);
	reg_text(u, "dossier", text);
	reg_text(u, "holder", "Người được cấp (đo)");
	reg_null(u, "given");
	reg_null(u, "valid_to");
	reg_bytes(u, "content", span_of(content, sizeof(content)));
	reg_bytes(u, "program", span_of(program, sizeof(program)));
	reg_text(u, "key", text);
	reg_bytes(u, "sha256", span_of(hash, sizeof(hash)));
	reg_int(u, "received_day", 20783);
}

static void
put_unit(struct buf *body, put_verb *put, uint64_t first)
{
	own_struct(reg_unit) u = reg_unit_new();

	for (unsigned i = 0; i < TOGETHER; i++)
		put(&u, first + i);
	reg_verb(&u, "end");	/* closes the last */
	cbor_put_array(body, TOGETHER);
	buf_put_span(body, buf_span(&u.verbs));
}

/*
 * Growing.
 */

struct growing { struct runner *runner; put_verb *put; uint64_t *next, end; bool failed; struct err e; };

static void *
grow_some(void *arg)
{
	struct growing *g = arg;
	uint64_t at;

	while ((at = __atomic_fetch_add(g->next, TOGETHER, __ATOMIC_SEQ_CST)) < g->end) {
		own_struct(buf) body = buf_new(1 << 20);
		own_struct(buf) result = buf_new(1 << 20);
		struct err e;

		put_unit(&body, g->put, at);
		if (!runner_unit(g->runner, CALLER_SIGNER, buf_span(&body), &result, &e)) {
			if (!__atomic_exchange_n(&g->failed, true, __ATOMIC_SEQ_CST))
				g->e = e;
			return NULL;
		}
	}
	return NULL;
}

/* Appends n entries, numbered from *next on; how long it took. */
static bool
grow(struct runner *r, put_verb *put, uint64_t *next, uint64_t n, double *ms, struct err *e)
{
	struct growing g = { .runner = r, .put = put, .next = next, .end = *next + n };
	uint64_t end = g.end;
	pthread_t thread[GROWERS];
	int64_t start = clock_mono_ms();

	for (unsigned i = 0; i < GROWERS; i++)
		promise(pthread_create(&thread[i], NULL, grow_some, &g) == 0);
	for (unsigned i = 0; i < GROWERS; i++)
		pthread_join(thread[i], NULL);
	*ms = (double)(clock_mono_ms() - start);
	*next = end;
	if (g.failed)
		*e = g.e;
	return !g.failed;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(double ms[WINDOWS])
{
	qsort(ms, WINDOWS, sizeof(ms[0]), by_size);
	return ms[WINDOWS / 2];
}

/* The small register and the large, in turns. */
static bool
measure(struct bench_log *l, put_verb *put, double *more, struct err *e)
{
	double small[WINDOWS], large[WINDOWS];

	for (unsigned i = 0; i < WINDOWS; i++)
		if (!grow(l->small, put, &l->small_next, WINDOW, &small[i], e) || !grow(l->runner, put, &l->next, WINDOW, &large[i], e))
			return false;
	*more = 100 * (median(large) / median(small) - 1);
	return true;
}

/* A million entries, and ten thousand; once a run. */
static bool
million(struct bench *b, struct err *e)
{
	struct bench_log *l = &b->log;
	own_str char *small = NULL;
	double ignored;

	if (l->runner != NULL)
		return true;
	if (!bench_dir_make(&l->dir, e))
		return false;
	l->database = xprintf("%s/register.db", l->dir.path);
	small = xprintf("%s/small.db", l->dir.path);
	return runner_new(&l->runner, l->database, "bench.example/log", e) && runner_new(&l->small, small, "bench.example/log", e) &&
	    grow(l->small, put_draft, &l->small_next, SMALL, &ignored, e) && grow(l->runner, put_draft, &l->next, LARGE, &ignored, e) &&
	    measure(l, put_little, &l->little_more, e) && measure(l, put_draft, &l->draft_more, e);
}

void
bench_log_drop(struct bench_log *l)
{
	if (l->runner != NULL)
		runner_stop(l->runner);
	if (l->small != NULL)
		runner_stop(l->small);
	free(l->database);
	bench_dir_drop(&l->dir);
	bench_world_drop(&l->loaded);
}

static void
growth(struct figure *f, double more, double limit, const char *limit_is)
{
	*f = (struct figure){ .value = more, .limit = limit, .at_most = true, .unit = "% more time an entry at 1,000,000 entries than at 10,000", .limit_is = limit_is };
}

bool
bench_growth_log(struct bench *b, struct figure *f, struct err *e)
{
	if (!million(b, e))
		return false;
	growth(f, b->log.little_more, 10, "% asked for, of the log's tables");
	return true;
}

bool
bench_growth(struct bench *b, struct figure *f, struct err *e)
{
	if (!million(b, e))
		return false;
	growth(f, b->log.draft_more, 35, "% asked for, of the whole transaction");
	return true;
}

/* As the one is made that a citizen takes home (verifier/known.c). */
bool
bench_proof(struct bench *b, struct figure *f, struct err *e)
{
	struct hash path[MERKLE_PROOF_MAX], root, leaf;
	struct tile_source source = { log_tile_get, NULL };
	own(tile_cache) *tiles = tile_cache_new();
	struct tile_tree tree;
	struct store *store = NULL;
	int64_t start;
	bool good;
	size_t n = 0;

	if (!million(b, e) || !store_open(&store, b->log.database, STORE_READ, e))
		return false;
	source.ctx = store;
	tree = (struct tile_tree){ tiles, source, LARGE };
	good = merkle_root_of(&root, LARGE, tile_node, &source, e);
	start = clock_mono_ms();
	for (uint64_t i = 0; good && i < PROOFS; i++)
		good = merkle_prove_inclusion(path, &n, i * 7919 * 131 % LARGE, LARGE, tile_tree_node, &tree, e);
	*f = (struct figure){ .value = (double)(clock_mono_ms() - start) / PROOFS, .limit = PROOF_MS, .at_most = true, .unit = "ms an inclusion proof out of 1,000,000 entries", .limit_is = "ms asked for" };
	good = good && log_tile_get(store, 0, (uint64_t)(PROOFS - 1) * 7919 * 131 % LARGE, 1, &leaf, e) &&
	    merkle_check_inclusion(&leaf, (uint64_t)(PROOFS - 1) * 7919 * 131 % LARGE, LARGE, path, n, &root, e);
	store_free(store);
	return good;
}

/*
 * Under load.
 */

struct answered { int64_t ms; uint64_t size; };		/* when a unit was answered, and the log's size with it */
struct seen { int64_t ms; uint64_t size; };		/* when a checkpoint was there */
#define ANSWERED_MAX 400000
#define SEEN_MAX 100000

/* A file of public/ and what it showed. */
struct watched { const char *name; struct seen *seen; size_t n; };
enum { SIGNED, COSIGNED, WATCHED };

struct loading {
	const char *folder;
	struct reg *reg;
	uint64_t next;
	int64_t end;
	bool stop, failed;
	struct err e;
	struct answered *answered;
	size_t nanswered;
	struct watched file[WATCHED];
};

static bool
load_one(struct loading *l, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	own_struct(reg_results) results = { .reply = msg_new(0, 1) };
	uint64_t first = __atomic_fetch_add(&l->next, TOGETHER, __ATOMIC_SEQ_CST);
	int64_t entry;
	size_t at;

	for (unsigned i = 0; i < TOGETHER; i++)
		put_draft(&u, first + i);
	if (!reg_run(l->reg, &u, &results, e) || !reg_result_int(&results, TOGETHER - 1, "entry", &entry, e))
		return false;
	at = __atomic_fetch_add(&l->nanswered, 1, __ATOMIC_SEQ_CST);
	if (at < ANSWERED_MAX)
		l->answered[at] = (struct answered){ clock_mono_ms(), (uint64_t)entry + 1 };
	return true;
}

static void *
load_some(void *arg)
{
	struct loading *l = arg;
	struct err e;

	while (clock_mono_ms() < l->end)
		if (!load_one(l, &e)) {
			if (!__atomic_exchange_n(&l->failed, true, __ATOMIC_SEQ_CST))
				l->e = e;
			break;
		}
	return NULL;
}

/* The size in the checkpoint's second line; 0: none yet. */
static uint64_t
published_size(const char *folder, const char *name)
{
	own_str char *path = xprintf("%s/public/%s", folder, name);
	own_struct(buf) note = buf_new(2 * NOTE_MAX);
	struct span text, signatures;
	struct checkpoint c;
	struct err e;

	return file_read(&note, path, &e) && note_split(&text, &signatures, buf_span(&note), &e) && checkpoint_parse(&c, text, &e) ? c.size : 0;
}

static void
look(struct watched *f, const char *folder)
{
	uint64_t size = published_size(folder, f->name);

	if (f->n < SEEN_MAX && size != (f->n > 0 ? f->seen[f->n - 1].size : 0))
		f->seen[f->n++] = (struct seen){ clock_mono_ms(), size };
}

static void *
watch(void *arg)
{
	struct loading *l = arg;

	while (!__atomic_load_n(&l->stop, __ATOMIC_SEQ_CST)) {
		for (int i = 0; i < WATCHED; i++)
			look(&l->file[i], l->folder);
		usleep(2000);
	}
	return NULL;
}

/* When the log as large as that was there. */
static bool
when(const struct watched *f, uint64_t size, int64_t *ms)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->seen[i].size >= size) {
			*ms = f->seen[i].ms;
			return true;
		}
	return false;
}

static bool
slowest(const struct loading *l, const struct watched *f, double *p99, struct err *e)
{
	size_t n = l->nanswered < ANSWERED_MAX ? l->nanswered : ANSWERED_MAX;
	double *late = xalloc((n + 1) * sizeof(*late));
	bool good = n > 100 || fail(e, ERR_LATER, "the load made %zu units only", n);
	int64_t ms = 0;

	for (size_t i = 0; good && i < n; i++) {
		good = when(f, l->answered[i].size, &ms) || fail(e, ERR_LATER, "%llu entries were never in %s", (unsigned long long)l->answered[i].size, f->name);
		late[i] = good && ms > l->answered[i].ms ? (double)(ms - l->answered[i].ms) : 0;
	}
	qsort(late, n, sizeof(*late), by_size);
	*p99 = n > 0 ? late[n * 99 / 100] : 0;
	free(late);
	return good;
}

static bool
run_load(struct bench *b, struct loading *l, struct err *e)
{
	pthread_t thread[LOADERS], watcher;
	int64_t patience;

	promise(pthread_create(&watcher, NULL, watch, l) == 0);
	for (unsigned i = 0; i < LOADERS; i++)
		promise(pthread_create(&thread[i], NULL, load_some, l) == 0);
	for (unsigned i = 0; i < LOADERS; i++)
		pthread_join(thread[i], NULL);
	for (patience = clock_mono_ms() + SETTLE_MS; clock_mono_ms() < patience && published_size(l->folder, l->file[COSIGNED].name) < l->answered[l->nanswered > 0 ? l->nanswered - 1 : 0].size;)
		usleep(20000);
	usleep(100000);
	__atomic_store_n(&l->stop, true, __ATOMIC_SEQ_CST);
	pthread_join(watcher, NULL);
	if (l->failed)
		*e = l->e;
	return !l->failed && slowest(l, &l->file[SIGNED], &b->log.checkpoint_ms, e) && slowest(l, &l->file[COSIGNED], &b->log.cosigned_ms, e) &&
	    bench_memory(&b->log.memory_mb, &b->log.loaded, "antin-register", e);
}

/* Once a run. */
static bool
under_load(struct bench *b, struct err *e)
{
	struct loading l = { .file = { [SIGNED] = { .name = "checkpoint" }, [COSIGNED] = { .name = "checkpoint.witnessed" } } };
	own_str char *socket = NULL;
	bool good;

	if (b->log.memory_mb > 0)
		return true;
	if (!bench_world_start(&b->log.loaded, true, e))
		return fail_in(e, "an authority with witnesses");
	l.folder = b->log.loaded.dir.path;
	socket = xprintf("%s/run/antin-register.signer.sock", l.folder);
	l.reg = reg_new(socket);
	l.answered = xalloc(ANSWERED_MAX * sizeof(*l.answered));
	for (int i = 0; i < WATCHED; i++)
		l.file[i].seen = xalloc(SEEN_MAX * sizeof(*l.file[i].seen));
	l.end = clock_mono_ms() + LOAD_MS;
	good = run_load(b, &l, e);
	b->log.units = l.nanswered;
	free(l.answered);
	for (int i = 0; i < WATCHED; i++)
		free(l.file[i].seen);
	bench_world_drop(&b->log.loaded);
	return good;
}

static bool
lateness(struct bench *b, struct figure *f, const double *ms, double limit, const char *until, struct err *e)
{
	if (!under_load(b, e))
		return false;
	*f = (struct figure){ .value = *ms, .limit = limit, .at_most = true, .unit = f->text, .limit_is = "ms asked for" };
	snprintf(f->text, sizeof(f->text), "ms (p99) from answer to %s, at %zu entries/s", until, b->log.units * TOGETHER / (LOAD_MS / 1000));
	return true;
}

bool
bench_checkpoint(struct bench *b, struct figure *f, struct err *e)
{
	return lateness(b, f, &b->log.checkpoint_ms, CHECKPOINT_MS, "checkpoint", e);
}

bool
bench_cosigned(struct bench *b, struct figure *f, struct err *e)
{
	return lateness(b, f, &b->log.cosigned_ms, COSIGNED_MS, "two cosignatures", e);
}

bool
bench_register_memory(struct bench *b, struct figure *f, struct err *e)
{
	if (!under_load(b, e))
		return false;
	*f = (struct figure){ .value = b->log.memory_mb, .limit = MEMORY_MB, .at_most = true, .unit = "MB resident at most, antin-register under load", .limit_is = "MB asked for" };
	return true;
}
