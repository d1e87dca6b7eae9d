#include "register/bench.h"

#include "base/cbor.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/msg.h"
#include "register/run.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define THREADS_MAX 512
#define SYNC_OCTETS 512		/* about an entry with its record */

struct load { struct runner *runner; int64_t until; uint64_t done; struct err e; };

static void
put_unit(struct buf *unit)
{
	static const unsigned char hash[32] = { 1 };

	cbor_put_array(unit, 1);
	cbor_put_array(unit, 2);
	cbor_put_text(unit, "policy.adopt");
	cbor_put_map(unit, 4);
	cbor_put_text(unit, "org");
	cbor_put_text(unit, "H99");
	cbor_put_text(unit, "body");
	cbor_put_null(unit);
	cbor_put_text(unit, "hash");
	cbor_put_bytes(unit, span_of(hash, sizeof(hash)));
	cbor_put_text(unit, "what");
	cbor_put_text(unit, "bench");
}

static void *
append_until(void *arg)
{
	struct load *l = arg;
	own_struct(buf) unit = buf_new(4096);

	put_unit(&unit);
	while (clock_mono_ms() < l->until) {
		own_struct(buf) result = buf_new(4096);

		if (!runner_unit(l->runner, CALLER_CA, buf_span(&unit), &result, &l->e))
			return l;
		l->done++;
	}
	return NULL;
}

static bool
append_all(double *per_sec, struct runner *runner, const struct register_bench *b, struct err *e)
{
	struct load load[THREADS_MAX];
	pthread_t thread[THREADS_MAX];
	int64_t start = clock_mono_ms(), ms;
	uint64_t done = 0;
	bool good = true;

	for (unsigned i = 0; i < b->threads; i++) {
		load[i] = (struct load){ .runner = runner, .until = start + (int64_t)(b->secs * 1000) };
		promise(pthread_create(&thread[i], NULL, append_until, &load[i]) == 0);
	}
	for (unsigned i = 0; i < b->threads; i++) {
		void *bad;

		pthread_join(thread[i], &bad);
		done += load[i].done;
		if (bad != NULL) {
			*e = load[i].e;
			good = false;
		}
	}
	ms = clock_mono_ms() - start;
	if (good)
		*per_sec = (double)done * 1000 / (double)(ms > 0 ? ms : 1);
	return good;
}

static bool
sync_until(double *per_sec, const char *path, double secs, struct err *e)
{
	static const unsigned char octets[SYNC_OCTETS];
	int64_t start = clock_mono_ms(), ms;
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	uint64_t done = 0;
	bool good = true;

	if (fd < 0)
		return fail(e, ERR_STORE, "%s: %s", path, strerror(errno));
	do {
		good = fd_write(fd, span_of(octets, sizeof(octets)), e) &&
		    (fdatasync(fd) == 0 || fail(e, ERR_STORE, "%s: %s", path, strerror(errno)));
		done++;
		ms = clock_mono_ms() - start;
	} while (good && (double)ms < secs * 1000);
	close(fd);
	unlink(path);
	if (good)
		*per_sec = (double)done * 1000 / (double)(ms > 0 ? ms : 1);
	return good;
}

static void
remove_database(const char *path)
{
	static const char *const suffix[] = { "", "-wal", "-shm" };

	for (size_t i = 0; i < sizeof(suffix) / sizeof(suffix[0]); i++) {
		own_str char *name = xprintf("%s%s", path, suffix[i]);

		unlink(name);
	}
}

bool
register_bench_append(struct register_bench_result *out, const struct register_bench *b, struct err *e)
{
	own_str char *database = xprintf("%s/bench-%d.db", b->folder, (int)getpid());
	own_str char *plain = xprintf("%s/bench-%d.sync", b->folder, (int)getpid());
	struct register_bench_result result;
	struct runner *runner;
	bool good;

	if (b->threads == 0 || b->threads > THREADS_MAX)
		return fail(e, ERR_INPUT, "bench: 1 to %d threads", THREADS_MAX);
	if (!sync_until(&result.fdatasync_per_sec, plain, b->secs, e))
		return false;
	good = runner_new(&runner, database, "bench.invalid/log", e);
	if (good) {
		good = append_all(&result.appends_per_sec, runner, b, e);
		runner_stop(runner);
	}
	remove_database(database);
	if (good)
		*out = result;
	return good;
}
