/*
 * register-append, postgres-append: durable entries, units of a hundred from 64
 * threads, against fdatasync of the same disk (where it is this machine's) and
 * against bare rows of as many octets in transactions of as many rows.
 */
#include "api/cli/bench.h"

#include "base/cbor.h"
#include "base/clock.h"
#include "register/client.h"
#include "register/run.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#define APPENDERS 64
#define APPEND_TOGETHER 100

static bool
fdatasyncs(const struct bench_dir *d, double *per_sec, struct err *e)
{
	own_str char *path = xprintf("%s/sync", d->path);
	own_fd int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int64_t start = clock_mono_ms(), now;
	unsigned n = 0;

	do {
		if (fd < 0 || pwrite(fd, path, 32, (off_t)(n % 64) * 4096) != 32 || fdatasync(fd) != 0)
			return fail(e, ERR_STORE, "cannot measure fdatasync");
		n++;
		now = clock_mono_ms();
	} while (now - start < BENCH_SECS * 1000);
	*per_sec = n * 1000.0 / (double)(now - start);
	return true;
}

struct appending { struct runner *runner; int64_t end; uint64_t entries; unsigned number; bool failed; };

static void *
append_some(void *arg)
{
	struct appending *a = arg;

	for (unsigned i = 0; clock_mono_ms() < a->end; i++) {
		own_struct(reg_unit) u = reg_unit_new();
		own_struct(buf) body = buf_new(1 << 20);
		own_struct(buf) result = buf_new(1 << 20);
		struct err e;

		for (unsigned k = 0; k < APPEND_TOGETHER; k++) {
			own_str char *agency = xprintf("B%u.%u.%u", a->number, i, k);

			reg_verb(&u, "book.open");
			reg_text(&u, "agency", agency);
			reg_text(&u, "book", "B");
			reg_int(&u, "year", 2026);
			reg_int(&u, "next", 1);
		}
		reg_verb(&u, "end");	/* closes the last */
		cbor_put_array(&body, APPEND_TOGETHER);
		buf_put_span(&body, buf_span(&u.verbs));
		if (!runner_unit(a->runner, CALLER_SIGNER, buf_span(&body), &result, &e)) {
			a->failed = true;
			return NULL;
		}
		a->entries += APPEND_TOGETHER;
	}
	return NULL;
}

static bool
append_by_all(struct runner *runner, double *per_sec, struct err *e)
{
	struct appending a[APPENDERS];
	pthread_t thread[APPENDERS];
	int64_t start = clock_mono_ms();
	uint64_t entries = 0;
	bool failed = false;

	for (unsigned i = 0; i < APPENDERS; i++) {
		a[i] = (struct appending){ .runner = runner, .end = start + (int64_t)(BENCH_SECS * 1000), .number = i };
		promise(pthread_create(&thread[i], NULL, append_some, &a[i]) == 0);
	}
	for (unsigned i = 0; i < APPENDERS; i++) {
		pthread_join(thread[i], NULL);
		entries += a[i].entries;
		failed |= a[i].failed;
	}
	*per_sec = (double)entries * 1000.0 / (double)(clock_mono_ms() - start);
	return !failed || fail(e, ERR_STORE, "an append failed");
}

/* Entry, record and salt of one book.open, as bare rows. */
#define BARE_ENTRY 80
#define BARE_RECORD 75

static bool
bare_rows(const char *database, double *per_sec, struct err *e)
{
	unsigned char octets[BARE_ENTRY + BARE_RECORD] = { 1 };
	struct store *s = NULL;
	int64_t start, idx = INT64_MAX / 2;
	bool good = store_open(&s, database, STORE_WRITE, e);
	int64_t from = idx;

	start = clock_mono_ms();
	while (good && clock_mono_ms() - start < BENCH_SECS * 1000) {
		good = store_begin(s, STORE_LOCK, e);
		for (unsigned i = 0; good && i < APPENDERS * APPEND_TOGETHER; i++) {
			struct values v = { .n = 0 };

			values_int(&v, "idx", idx++);
			values_span(&v, "entry", REG_BYTES, span_of(octets, BARE_ENTRY));
			values_span(&v, "record", REG_BYTES, span_of(octets, BARE_RECORD));
			values_span(&v, "salt", REG_BYTES, span_of(octets, SALT_LEN));
			good = store_do(s, "INSERT INTO log_entry (idx, entry, record, salt) VALUES ($idx, $entry, $record, $salt)", &v, e);
		}
		good = good && store_commit(s, e);
	}
	*per_sec = (double)(idx - from) * 1000.0 / (double)(clock_mono_ms() - start);
	store_free(s);
	return good;
}

static bool
append_on(const char *database, struct figure *f, struct err *e)
{
	uint64_t seen = UINT64_MAX;
	struct runner *runner;
	bool good;

	if (!runner_new(&runner, database, "bench.example/log", e))
		return false;
	good = runner_wait_change(runner, &seen, 0) == 0 || fail(e, ERR_CONFLICT, "this database is in use: an empty one is measured");
	good = good && append_by_all(runner, &f->value, e);
	runner_stop(runner);
	f->unit = "durable entries/s, units of 100, 64 callers";
	f->limit_is = "fdatasync/s of 32 octets";
	f->beside_is = "bare rows/s of the same octets, 6,400 a transaction";
	return good && bare_rows(database, &f->beside, e);
}

bool
bench_register_append(struct bench *b, struct figure *f, struct err *e)
{
	own_struct(bench_dir) d = { "" };
	own_str char *database = NULL;

	if (!bench_dir_make(&d, e) || !fdatasyncs(&d, &f->limit, e))
		return false;
	database = xprintf("%s/register.db", d.path);
	return append_on(database, f, e);
}

bool
bench_postgres_append(struct bench *b, struct figure *f, struct err *e)
{
	own_struct(bench_dir) d = { "" };

	if (b->database == NULL)
		return fail(e, ERR_INPUT, "--database names no server");
	return bench_dir_make(&d, e) && fdatasyncs(&d, &f->limit, e) && append_on(b->database, f, e);
}
