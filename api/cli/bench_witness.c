#include "api/cli/bench_witness.h"

#include "api/cli/command.h"
#include "base/clock.h"
#include "base/file.h"
#include "register/note.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define ORIGIN "bench.example/log+"
#define START_MS 10000

static pid_t
spawn(char *const words[], const char *out)
{
	pid_t pid = fork();

	if (pid == 0) {
		int fd = open(out, O_WRONLY | O_CREAT | O_APPEND, 0600);

		dup2(fd, 1);
		dup2(fd, 2);
		execv(words[0], words);
		_exit(127);
	}
	return pid;
}

/* The verifier key of the log, as the ceremony's bundle says it. */
static bool
log_vkey(struct buf *out, const char *folder, struct err *e)
{
	own_str char *path = xprintf("%s/ceremony.cms", folder);
	own_struct(buf) cms = buf_new(1 << 20);
	const char *at, *end;

	if (!file_read(&cms, path, e))
		return false;
	at = memmem(cms.ptr, cms.len, ORIGIN, sizeof(ORIGIN) - 1);
	end = at != NULL ? memchr(at, '"', cms.len - (size_t)(at - (const char *)cms.ptr)) : NULL;
	if (end == NULL)
		return fail(e, ERR_INPUT, "the ceremony's bundle names no log");
	buf_put(out, at, (size_t)(end - at));
	return buf_ok(out, "the log's key", e);
}

/* Its key's vkey, appended to out. */
static bool
keygen(struct buf *out, const char *program, const char *folder, unsigned n, struct err *e)
{
	own_str char *key = xprintf("%s/witness-%u.pem", folder, n);
	own_str char *name = xprintf("w%u.bench.example/w", n);
	own_str char *answer = xprintf("%s/witness-%u.vkey", folder, n);
	char *words[] = { (char *)program, (char *)"keygen", (char *)"--key", key, (char *)"--name", name, NULL };
	pid_t pid = spawn(words, answer);
	int status = -1;

	if (pid > 0)
		waitpid(pid, &status, 0);
	if (!file_read(out, answer, e))
		return false;
	while (out->len > 0 && out->ptr[out->len - 1] == '\n')
		out->len--;
	return status == 0 || fail(e, ERR_BUG, "antin-witness keygen did not succeed");
}

static bool
serve(pid_t *pid, const char *program, const char *folder, unsigned n, struct span vkey, struct err *e)
{
	own_str char *config = xprintf("%s/witness-%u.conf", folder, n);
	own_str char *state = xprintf("%s/witness-%u", folder, n);
	own_str char *logs = xprintf("%s/witness-%u.logs", folder, n);
	own_str char *out = xprintf("%s/log.txt", folder);
	own_str char *text = xprintf("[antin-witness]\nlisten = 127.0.0.1:0\nport_file = %s/port\nname = w%u.bench.example/w\nkey = %s/witness-%u.pem\nlogs = %s\nstate = %s\n",
	    state, n, folder, n, logs, state);
	own_struct(buf) log = buf_new(1 << 12);
	char *words[] = { (char *)program, (char *)"--config", config, NULL };

	buf_printf(&log, "log %.*s\nquorum none\n", (int)vkey.len, (const char *)vkey.ptr);
	if (!folder_make(state, 0700, e) || !file_write(logs, buf_span(&log), 0600, e) || !file_write(config, span_str(text), 0600, e))
		return false;
	*pid = spawn(words, out);
	return *pid > 0 || fail(e, ERR_LIMIT, "antin-witness cannot be started");
}

static bool
port_of(unsigned long *port, const char *folder, unsigned n, struct err *e)
{
	own_str char *path = xprintf("%s/witness-%u/port", folder, n);
	own_struct(buf) text = buf_new(64);
	int64_t end = clock_mono_ms() + START_MS;

	while (access(path, R_OK) != 0) {
		if (clock_mono_ms() > end)
			return fail(e, ERR_LATER, "a witness for the measurement did not start");
		usleep(10000);
	}
	if (!file_read(&text, path, e))
		return false;
	*port = strtoul(buf_str(&text), NULL, 10);
	return true;
}

bool
bench_witness_start(struct bench_witness *w, const char *folder, struct err *e)
{
	own_str char *program = NULL;
	own_str char *path = xprintf("%s/witness.policy", folder);
	own_struct(buf) vkey = buf_new(NOTE_NAME_MAX + 200);
	own_struct(buf) policy = buf_new(1 << 14);

	if (!command_beside(&program, "antin-witness", e) || !log_vkey(&vkey, folder, e))
		return false;
	buf_printf(&policy, "log %s\n", buf_str(&vkey));
	for (unsigned n = 0; n < BENCH_WITNESSES; n++) {
		own_struct(buf) its = buf_new(NOTE_NAME_MAX + 200);
		unsigned long port = 0;

		if (!keygen(&its, program, folder, n, e) || !serve(&w->pid[n], program, folder, n, buf_span(&vkey), e) || !port_of(&port, folder, n, e))
			return false;
		buf_printf(&policy, "witness w%u %s http://127.0.0.1:%lu\n", n, buf_str(&its), port);
	}
	buf_put_str(&policy, "group all 2 w0 w1 w2\nquorum all\n");
	return file_write(path, buf_span(&policy), 0600, e);
}

void
bench_witness_stop(struct bench_witness *w)
{
	for (unsigned n = 0; n < BENCH_WITNESSES; n++)
		if (w->pid[n] > 0) {
			kill(w->pid[n], SIGTERM);
			waitpid(w->pid[n], NULL, 0);
			w->pid[n] = 0;
		}
}
