/*
 * antin bench -- each figure beside its limit, both measured in the same run on
 * the same machine; the ratio is what holds from machine to machine.
 *
 * Rows make what they need in a folder of their own below /tmp and remove it.
 */
#include "api/cli/command.h"

#include "base/cbor.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/serve.h"
#include "hsm/bench.h"
#include "register/client.h"
#include "register/run.h"

#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECS 2.0
#define SIGN_THREADS 4
#define SIGN_TOGETHER 32
#define APPENDERS 64
#define APPEND_TOGETHER 100

const struct arg_option bench_options[] = {
	{ "row", "NAME", true, "only this row" },
	{ NULL },
};

struct figure { double value, limit; const char *unit, *limit_is; double target; /* 0: none */ };

struct place_dir { char path[64]; };

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *f)
{
	return remove(path);
}

static void
place_dir_drop(struct place_dir *d)
{
	if (d->path[0] != '\0')
		nftw(d->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static bool
place_dir_make(struct place_dir *d, struct err *e)
{
	snprintf(d->path, sizeof(d->path), "/tmp/antin-bench-XXXXXX");
	return mkdtemp(d->path) != NULL || fail(e, ERR_STORE, "cannot make a folder below /tmp");
}

/*
 * token-sign: P-256 through antin-hsm, 32 digests a frame, against C_Sign.
 */

static bool
write_text(const struct place_dir *d, const char *name, const char *text, struct err *e)
{
	own_str char *path = xprintf("%s/%s", d->path, name);

	return file_write(path, span_str(text), 0600, e);
}

static bool
make_token(const struct place_dir *d, struct token **t, struct token_key *key, struct err *e)
{
	own_str char *conf = xprintf("directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n", d->path);
	own_str char *conf_path = xprintf("%s/softhsm.conf", d->path);
	own_str char *tokens = xprintf("%s/tokens", d->path);
	own_secret struct secret *pin = secret_new();

	if (pin == NULL)
		return fail(e, ERR_LIMIT, "no memory that can be locked for a PIN (ulimit -l)");
	memcpy(pin->octet, "12345678", 8);
	pin->len = 8;
	setenv("SOFTHSM2_CONF", conf_path, 1);
	return folder_make(tokens, 0700, e) && write_text(d, "softhsm.conf", conf, e) && write_text(d, "pin", "12345678", e) &&
	    token_create(TOKEN_SOFTHSM, "bench", pin, pin, e) && token_open(t, TOKEN_SOFTHSM, "bench", pin, e) &&
	    token_generate(*t, HSM_ECDSA_P256, "bench", key, e);
}

static bool
start_hsm(const struct place_dir *d, pid_t *pid, struct err *e)
{
	own_str char *conf = xprintf("[antin-hsm-bench]\nrun = %s\ntoken = bench\nmodule_config = %s/softhsm.conf\nwrites = %s/tokens\nsign.cli = *\n", d->path, d->path, d->path);
	own_str char *conf_path = xprintf("%s/antin.conf", d->path);
	own_str char *pin_path = xprintf("%s/pin", d->path);
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	own_str char *exe = NULL;

	if (n < 0 || !write_text(d, "antin.conf", conf, e))
		return n >= 0 ? false : fail(e, ERR_BUG, "where am I?");
	self[n] = '\0';
	exe = xprintf("%s/antin-hsm", dirname(self));
	*pid = fork();
	if (*pid == 0) {
		int pin = open(pin_path, O_RDONLY), quiet = open("/dev/null", O_WRONLY);
		char fd[16];

		snprintf(fd, sizeof(fd), "%d", pin);
		dup2(quiet, 2);
		execl(exe, exe, "--config", conf_path, "--section", "antin-hsm-bench", "--pin-fd", fd, (char *)NULL);
		_exit(127);
	}
	return *pid > 0 || fail(e, ERR_LATER, "cannot fork");
}

static bool
row_token_sign(struct figure *f, struct err *e)
{
	__attribute__((cleanup(place_dir_drop))) struct place_dir d = { "" };
	struct place place;
	own_str char *socket = NULL;
	struct token *t = NULL;
	struct token_key key;
	struct hsm *hsm;
	pid_t pid = 0;
	bool good;

	if (!place_dir_make(&d, e) || !make_token(&d, &t, &key, e) || !start_hsm(&d, &pid, e))
		return false;
	place = (struct place){ d.path, 0 };
	socket = place_socket(&place, "antin-hsm-bench", CALLER_CLI);
	hsm = hsm_new(socket);
	good = hsm_wait(hsm, 10000, e) && hsm_bench_raw(&f->limit, t, &key, SIGN_THREADS, SECS, e) &&
	    hsm_bench_remote(&f->value, hsm, key.id, SIGN_THREADS, SIGN_TOGETHER, SECS, e);
	hsm_free(hsm);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	token_free(t);
	f->unit = "signatures/s, 32 a frame, 4 connections";
	f->limit_is = "C_Sign on the same token, 4 threads";
	f->target = 0.85;
	return good;
}

/*
 * register-append: durable entries, units of a hundred from 64 threads, against
 * fdatasync of the same disk.
 */

static bool
fdatasyncs(const struct place_dir *d, double *per_sec, struct err *e)
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
	} while (now - start < SECS * 1000);
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
row_register_append(struct figure *f, struct err *e)
{
	__attribute__((cleanup(place_dir_drop))) struct place_dir d = { "" };
	struct appending a[APPENDERS];
	pthread_t thread[APPENDERS];
	struct runner *runner;
	own_str char *database = NULL;
	int64_t start;
	uint64_t entries = 0;
	bool failed = false;

	if (!place_dir_make(&d, e) || !fdatasyncs(&d, &f->limit, e))
		return false;
	database = xprintf("%s/register.db", d.path);
	if (!runner_new(&runner, database, "bench.example/log", e))
		return false;
	start = clock_mono_ms();
	for (unsigned i = 0; i < APPENDERS; i++) {
		a[i] = (struct appending){ .runner = runner, .end = start + (int64_t)(SECS * 1000), .number = i };
		promise(pthread_create(&thread[i], NULL, append_some, &a[i]) == 0);
	}
	for (unsigned i = 0; i < APPENDERS; i++) {
		pthread_join(thread[i], NULL);
		entries += a[i].entries;
		failed |= a[i].failed;
	}
	f->value = (double)entries * 1000.0 / (double)(clock_mono_ms() - start);
	runner_stop(runner);
	f->unit = "durable entries/s, units of 100, 64 callers";
	f->limit_is = "fdatasync/s of 32 octets";
	return !failed || fail(e, ERR_STORE, "an append failed");
}

static const struct { const char *name; bool (*run)(struct figure *, struct err *); } rows[] = {
	{ "token-sign", row_token_sign },
	{ "register-append", row_register_append },
};
#define NROWS (sizeof(rows) / sizeof(rows[0]))

static bool
wanted(const struct args *a, const char *name)
{
	const char *row;

	for (size_t i = 0; (row = args_nth(a, "row", i)) != NULL; i++)
		if (strcmp(row, name) == 0)
			return true;
	return !args_has(a, "row");
}

static json_t *
figure_json(const char *name, const struct figure *f)
{
	double ratio = f->limit > 0 ? f->value / f->limit : 0;

	return json_pack("{s:s, s:f, s:s, s:f, s:s, s:f, s:o, s:o}", "row", name, "value", f->value, "unit", f->unit, "limit", f->limit,
	    "limit_is", f->limit_is, "ratio", ratio, "target", f->target > 0 ? json_real(f->target) : json_null(),
	    "met", f->target > 0 ? json_boolean(ratio >= f->target) : json_null());
}

int
command_bench(const struct args *a)
{
	own(json_t) *all = json_array();

	for (size_t i = 0; i < NROWS; i++) {
		struct figure f = { 0 };
		struct err e;

		if (!wanted(a, rows[i].name))
			continue;
		if (!rows[i].run(&f, &e)) {
			fail_in(&e, "%s", rows[i].name);
			return command_refuse(a, &e);
		}
		json_array_append_new(all, figure_json(rows[i].name, &f));
		if (!a->json)
			printf("%-16s %10.0f %s\n%16s %10.0f %s; ratio %.2f%s\n", rows[i].name, f.value, f.unit, "limit", f.limit, f.limit_is, f.value / f.limit,
			    f.target == 0 ? "" : f.value / f.limit >= f.target ? " (target met)" : " (target missed)");
	}
	if (a->json)
		command_print_json(all);
	return 0;
}
