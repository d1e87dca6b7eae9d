/*
 * token-sign: P-256 through antin-hsm, 32 digests a frame, against C_Sign.  The
 * two take turns, so that what else the machine does falls on both.
 */
#include "api/cli/bench.h"

#include "api/cli/command.h"
#include "base/file.h"
#include "base/serve.h"
#include "hsm/bench.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIGN_THREADS 4
#define SIGN_TOGETHER 32
#define TURNS 8

static bool
write_text(const struct bench_dir *d, const char *name, const char *text, struct err *e)
{
	own_str char *path = xprintf("%s/%s", d->path, name);

	return file_write(path, span_str(text), 0600, e);
}

static bool
have_token(struct bench *b, struct err *e)
{
	const struct bench_dir *d = &b->token_dir;

	if (b->token != NULL)
		return true;
	if (!bench_dir_make(&b->token_dir, e))
		return false;
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
	    token_create(TOKEN_SOFTHSM, "bench", pin, pin, e) && token_open(&b->token, TOKEN_SOFTHSM, "bench", pin, e) &&
	    token_generate(b->token, HSM_ECDSA_P256, "bench", &b->key, e);
}

static bool
start_hsm(const struct bench_dir *d, pid_t *pid, struct err *e)
{
	own_str char *conf = xprintf("[antin-hsm-bench]\nrun = %s\ntoken = bench\nmodule_config = %s/softhsm.conf\nwrites = %s/tokens\nsign.cli = *\n", d->path, d->path, d->path);
	own_str char *conf_path = xprintf("%s/antin.conf", d->path);
	own_str char *pin_path = xprintf("%s/pin", d->path);
	own_str char *exe = NULL;

	if (!command_beside(&exe, "antin-hsm", e) || !write_text(d, "antin.conf", conf, e))
		return false;
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

bool
bench_raw_sign(struct bench *b, double *per_sec, struct err *e)
{
	return have_token(b, e) && hsm_bench_raw(per_sec, b->token, &b->key, SIGN_THREADS, BENCH_SECS, e);
}

static bool
take_turns(struct bench *b, struct hsm *hsm, struct figure *f, struct err *e)
{
	for (int i = 0; i < TURNS; i++) {
		double raw, remote;

		if (!hsm_bench_raw(&raw, b->token, &b->key, SIGN_THREADS, BENCH_SECS / TURNS, e) ||
		    !hsm_bench_remote(&remote, hsm, b->key.id, SIGN_THREADS, SIGN_TOGETHER, BENCH_SECS / TURNS, e))
			return false;
		f->limit += raw / TURNS;
		f->value += remote / TURNS;
	}
	return true;
}

bool
bench_token_sign(struct bench *b, struct figure *f, struct err *e)
{
	own_str char *socket = NULL;
	struct place place;
	struct hsm *hsm;
	pid_t pid = 0;
	bool good;

	if (!have_token(b, e) || !start_hsm(&b->token_dir, &pid, e))
		return false;
	place = (struct place){ b->token_dir.path, 0 };
	socket = place_socket(&place, "antin-hsm-bench", CALLER_CLI);
	hsm = hsm_new(socket);
	good = hsm_wait(hsm, 10000, e) && take_turns(b, hsm, f, e);
	hsm_free(hsm);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	f->unit = "signatures/s, 32 a frame, 4 connections";
	f->limit_is = "C_Sign on the same token, 4 threads";
	f->target = 0.85;
	return good;
}
