/*
 * start: antin-register and then antin-ca, each from exec to the word that it is
 * ready, with a hundred thousand certificates; their tokens' processes run.
 */
#include "api/cli/bench.h"

#include "api/cli/command.h"
#include "base/file.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define READY_MS 60000
#define START_MS 1000

/* The tokens alone, so that what they need is not counted. */
static bool
write_below(const struct bench_world *w, struct err *e)
{
	own_str char *from = xprintf("%s/antin.conf", w->dir.path);
	own_str char *to = xprintf("%s/below.conf", w->dir.path);
	own_struct(buf) whole = buf_new(1 << 16);
	own_struct(buf) below = buf_new(1 << 16);
	const char *line, *end;

	if (!file_read(&whole, from, e))
		return false;
	line = strstr(buf_str(&whole), "processes = ");
	promise(line != NULL);
	end = strchr(line, '\n');
	buf_put(&below, whole.ptr, (size_t)(line - (const char *)whole.ptr));
	buf_put_str(&below, "processes = antin-hsm-log antin-hsm-issuing");
	buf_put_str(&below, end);
	return file_write(to, buf_span(&below), 0600, e);
}

static _Noreturn void
become_daemon(const struct bench_world *w, const char *program, const char *config, int ready)
{
	own_str char *conf = xprintf("%s/%s", w->dir.path, config);
	own_str char *log = xprintf("%s/log.txt", w->dir.path);
	own_str char *path = NULL;
	char text[16];
	struct err e;
	int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);

	snprintf(text, sizeof(text), "%d", ready);
	setenv("ANTIN_READY_FD", text, 1);
	dup2(out, 1);
	dup2(out, 2);
	if (command_beside(&path, program, &e))
		execl(path, path, "--config", conf, "--section", program, (char *)NULL);
	_exit(127);
}

bool
bench_daemon(pid_t *pid, double *ms, const struct bench_world *w, const char *program, const char *config, struct err *e)
{
	struct timespec from, to;
	struct pollfd p;
	int ready[2];
	char word[8];
	bool good;

	promise(pipe2(ready, O_CLOEXEC) == 0);
	clock_gettime(CLOCK_MONOTONIC, &from);
	*pid = fork();
	if (*pid == 0) {
		fcntl(ready[1], F_SETFD, 0);
		become_daemon(w, program, config, ready[1]);
	}
	close(ready[1]);
	p = (struct pollfd){ .fd = ready[0], .events = POLLIN };
	good = *pid > 0 && poll(&p, 1, READY_MS) == 1 && read(ready[0], word, sizeof(word)) > 0;
	clock_gettime(CLOCK_MONOTONIC, &to);
	close(ready[0]);
	*ms += (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
	return good || fail(e, ERR_LATER, "%s did not start", program);
}

void
bench_daemon_end(pid_t pid)
{
	if (pid > 0) {
		kill(pid, SIGTERM);
		waitpid(pid, NULL, 0);
	}
}

static bool
time_start(const struct bench_world *w, double *ms, struct err *e)
{
	own_str char *ready = xprintf("%s/below", w->dir.path);
	pid_t below, reg = 0, ca = 0;
	bool good;

	unlink(ready);
	below = bench_spawn(&w->dir, "up --config DIR/below.conf --ready-file DIR/below");
	for (int i = 0; i < 1000 && access(ready, R_OK) != 0; i++)
		usleep(10000);
	good = bench_daemon(&reg, ms, w, "antin-register", "antin.conf", e) && bench_daemon(&ca, ms, w, "antin-ca", "antin.conf", e);
	bench_daemon_end(ca);
	bench_daemon_end(reg);
	bench_daemon_end(below);
	return good;
}

bool
bench_start(struct bench *b, struct figure *f, struct err *e)
{
	struct bench_world *w = &b->city.world;
	double ms = 0;

	if (!bench_city(b, e))
		return false;
	bench_world_stop(w);
	if (!write_below(w, e) || !time_start(w, &ms, e) || !bench_world_again(w, e))
		return false;
	f->value = ms;
	f->limit = START_MS;
	f->unit = "ms, antin-register and then antin-ca, 100,000 certificates";
	f->limit_is = "ms asked for";
	f->at_most = true;
	return true;
}
