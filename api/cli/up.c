/*
 * antin up -- starts the processes of one configuration file and stops them
 * together: quickstart, small offices, tests.  Larger offices run the same
 * executables as systemd units.
 *
 * [up] names the processes in order, each "antin-x" with a section of its own
 * in the same file.  A process is ready when it has written to its ready
 * descriptor; the next is started then.  One that ends is started again (after
 * a second; one that cannot start five times in a row stops everything).
 * SIGTERM and SIGINT stop all, in reverse order.
 *
 * As root each process gets a user id of its own (uid_base and its place in
 * base/msg.h's list); the folders that it writes are made and given to it here.
 * PINs are opened here and handed over as descriptors.
 */
#include "api/cli/command.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES_MAX 24
#define READY_WAIT_MS 60000
#define STOP_WAIT_MS 15000
#define FAILURES_MAX 5

const struct arg_option up_options[] = {
	{ "config", "FILE", false, "the configuration (antin.conf)" },
	{ "ready-file", "FILE", false, "written when every process is ready" },
	{ NULL },
};

struct up_conf {
	char *processes, *run, *pins, *folders;
	int64_t uid_base;
};

static const struct conf_option conf_table[] = {
	{ "processes", CONF_STR, .field = offsetof(struct up_conf, processes), .doc = "names, in the order of starting" },
	{ "run", CONF_STR, .field = offsetof(struct up_conf, run), .doc = "folder of the sockets" },
	{ "pins", CONF_STR, .field = offsetof(struct up_conf, pins), .def = "", .doc = "folder with <token>.pin for antin-hsm-<token>" },
	{ "folders", CONF_STR, .field = offsetof(struct up_conf, folders), .def = "", .doc = "caller=folder ...: made and given to that process" },
	{ "uid_base", CONF_INT, .field = offsetof(struct up_conf, uid_base), .max = 4000000000, .def = "0", .doc = "first user id, 0: one id for all" },
	{ NULL },
};

struct process {
	char *name;
	pid_t pid;
	int ready;		/* read end, -1 once ready */
	unsigned failures;
	int64_t restart_at;	/* monotonic ms, 0: not waiting */
};

struct up {
	struct up_conf conf;
	const char *config;
	struct process p[PROCESSES_MAX];
	size_t n;
	int signals;
	bool announced;
};

/* antin-hsm-issuing runs antin-hsm with its section and PIN. */
static const char *
token_of(const char *name)
{
	static const char prefix[] = "antin-hsm-";

	return strncmp(name, prefix, sizeof(prefix) - 1) == 0 ? name + sizeof(prefix) - 1 : NULL;
}

static _Noreturn void
become(const struct up *up, const struct process *p, int ready, int pin)
{
	const char *token = token_of(p->name);
	own_str char *path = NULL;
	struct err e;
	char ready_text[16], pin_text[16];
	char *argv[8] = { NULL, (char *)"--config", (char *)up->config, (char *)"--section", p->name };
	sigset_t none;

	if (!command_beside(&path, token != NULL ? "antin-hsm" : p->name, &e)) {
		fprintf(stderr, "antin up: %s\n", e.text);
		_exit(127);
	}
	argv[0] = path;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	snprintf(ready_text, sizeof(ready_text), "%d", ready);
	setenv("ANTIN_READY_FD", ready_text, 1);
	if (pin >= 0) {
		snprintf(pin_text, sizeof(pin_text), "%d", pin);
		argv[5] = (char *)"--pin-fd";
		argv[6] = pin_text;
	}
	execv(path, argv);
	fprintf(stderr, "antin up: cannot run %s: %s\n", path, strerror(errno));
	_exit(127);
}

static bool
open_pin(const struct up *up, const struct process *p, int *pin, struct err *e)
{
	const char *token = token_of(p->name);
	own_str char *path = NULL;

	*pin = -1;
	if (token == NULL || up->conf.pins[0] == '\0')
		return true;
	path = xprintf("%s/%s.pin", up->conf.pins, token);
	*pin = open(path, O_RDONLY);	/* inherited on purpose */
	if (*pin < 0)
		return fail(e, ERR_ABSENT, "cannot open the PIN of token %s: %s", token, strerror(errno));
	return true;
}

static bool
process_start(struct up *up, struct process *p, struct err *e)
{
	own_fd int pin = -1;
	int ready[2];

	if (!open_pin(up, p, &pin, e))
		return false;
	if (pipe(ready) != 0 || fcntl(ready[0], F_SETFD, FD_CLOEXEC) != 0)
		return fail(e, ERR_BUG, "pipe: %s", strerror(errno));
	p->pid = fork();
	if (p->pid < 0)
		return fail(e, ERR_LATER, "cannot start %s: %s", p->name, strerror(errno));
	if (p->pid == 0)
		become(up, p, ready[1], pin);
	close(ready[1]);
	p->ready = ready[0];
	p->restart_at = 0;
	return true;
}

static bool
ready_seen(struct process *p)
{
	char word[8];
	ssize_t n = read(p->ready, word, sizeof(word));

	close(p->ready);
	p->ready = -1;
	if (n <= 0)
		return false;
	p->failures = 0;
	log_info("%s is ready", p->name);
	return true;
}

static bool
wait_ready(const struct up *up, struct process *p, struct err *e)
{
	struct pollfd pf = { .fd = p->ready, .events = POLLIN };

	if (poll(&pf, 1, READY_WAIT_MS) != 1)
		return fail(e, ERR_LATER, "%s was not ready in %d seconds", p->name, READY_WAIT_MS / 1000);
	/* The pipe of a process that ended says nothing. */
	return ready_seen(p) || fail(e, ERR_LATER, "%s could not start; its own line says why", p->name);
}

/* A process that ended is started again a second later. */
static bool
reap(struct up *up, struct err *e)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (size_t i = 0; i < up->n; i++) {
			struct process *p = &up->p[i];

			if (p->pid != pid)
				continue;
			p->pid = 0;
			if (p->ready >= 0)
				close(p->ready);
			p->ready = -1;
			if (++p->failures >= FAILURES_MAX)
				return fail(e, ERR_LATER, "%s ended %d times in a row", p->name, FAILURES_MAX);
			if (WIFSIGNALED(status))
				log_warn("%s was ended by signal %d; starting it again", p->name, WTERMSIG(status));
			else
				log_warn("%s ended with %d; starting it again", p->name, WEXITSTATUS(status));
			p->restart_at = clock_mono_ms() + 1000;
		}
	}
	return true;
}

static bool
restart_due(struct up *up, struct err *e)
{
	int64_t now = clock_mono_ms();

	for (size_t i = 0; i < up->n; i++)
		if (up->p[i].pid == 0 && up->p[i].restart_at <= now && !process_start(up, &up->p[i], e))
			return false;
	return true;
}

/* True when a signal asked to stop. */
static bool
stop_asked(int signals)
{
	struct signalfd_siginfo si;
	bool stop = false;

	while (read(signals, &si, sizeof(si)) == sizeof(si))
		stop |= si.ssi_signo != SIGCHLD;
	return stop;
}

static bool
supervise(struct up *up, struct err *e)
{
	for (;;) {
		struct pollfd pf[PROCESSES_MAX + 1] = { { .fd = up->signals, .events = POLLIN } };

		for (size_t i = 0; i < up->n; i++)
			pf[i + 1] = (struct pollfd){ .fd = up->p[i].ready, .events = POLLIN };
		if (poll(pf, up->n + 1, 500) < 0 && errno != EINTR)
			return fail(e, ERR_BUG, "poll: %s", strerror(errno));
		if (stop_asked(up->signals))
			return true;
		for (size_t i = 0; i < up->n; i++)
			if (up->p[i].ready >= 0 && pf[i + 1].revents != 0)
				ready_seen(&up->p[i]);
		if (!reap(up, e) || !restart_due(up, e))
			return false;
	}
}

static void
stop_all(struct up *up)
{
	for (size_t i = up->n; i-- > 0;) {
		struct process *p = &up->p[i];
		int64_t deadline = clock_mono_ms() + STOP_WAIT_MS;

		if (p->pid <= 0)
			continue;
		kill(p->pid, SIGTERM);
		while (waitpid(p->pid, NULL, WNOHANG) == 0) {
			if (clock_mono_ms() > deadline) {
				log_warn("%s did not stop; killed", p->name);
				kill(p->pid, SIGKILL);
				waitpid(p->pid, NULL, 0);
				break;
			}
			usleep(5000);
		}
		p->pid = 0;
	}
}

static bool
caller_of_word(const char *word, enum msg_caller *out)
{
	for (unsigned i = 0; i < CALLERS; i++)
		if (strcmp(caller_word((enum msg_caller)(1u << i)), word) == 0) {
			*out = (enum msg_caller)(1u << i);
			return true;
		}
	return false;
}

/* "register=/x/db hsm=/x/tokens": made if needed, given to that process. */
static bool
make_folders(const struct up *up, struct err *e)
{
	struct place place = { up->conf.run, (uid_t)up->conf.uid_base };
	own_str char *copy = xstrdup(up->conf.folders);
	char *rest = copy;

	if (!folder_make(up->conf.run, 0711, e))
		return false;
	for (char *word = strsep(&rest, " "); word != NULL; word = strsep(&rest, " ")) {
		char *folder = strchr(word, '=');
		enum msg_caller owner;
		uid_t uid;

		if (*word == '\0')
			continue;
		if (folder == NULL)
			return fail(e, ERR_INPUT, "folders: expected process=folder, not %s", word);
		*folder++ = '\0';
		if (!caller_of_word(word, &owner))
			return fail(e, ERR_INPUT, "folders: there is no process %s", word);
		if (!folder_make(folder, owner == CALLER_REGISTER ? 0755 : 0700, e))
			return false;
		uid = place_uid(&place, owner);
		if (uid != 0 && chown(folder, uid, (gid_t)uid) != 0)
			return fail(e, ERR_STORE, "cannot give %s away: %s", folder, strerror(errno));
	}
	return true;
}

static bool
list_processes(struct up *up, struct err *e)
{
	char *rest = xstrdup(up->conf.processes);

	for (char *word = strsep(&rest, " "); word != NULL; word = strsep(&rest, " ")) {
		if (*word == '\0')
			continue;
		if (up->n == PROCESSES_MAX)
			return fail(e, ERR_LIMIT, "more than %d processes", PROCESSES_MAX);
		up->p[up->n++] = (struct process){ .name = word, .ready = -1 };
	}
	if (up->n == 0)
		return fail(e, ERR_INPUT, "[up] processes names none");
	return true;
}

static bool
open_signals(struct up *up, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	up->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (up->signals < 0)
		return fail(e, ERR_BUG, "signalfd: %s", strerror(errno));
	return true;
}

static bool
start_all(struct up *up, struct err *e)
{
	for (size_t i = 0; i < up->n; i++) {
		if (!process_start(up, &up->p[i], e) || !wait_ready(up, &up->p[i], e))
			return false;
		if (stop_asked(up->signals))
			return fail(e, ERR_LATER, "stopped while starting");
	}
	return true;
}

int
command_up(const struct args *a)
{
	static struct up up;
	const char *ready = args_get(a, "ready-file");
	struct err e;
	bool good;

	log_open("antin up", LOG_INFO_);
	if (!args_need(a, "config", &up.config, &e))
		return command_usage(a, &e);
	if (!conf_read(&up.conf, conf_table, up.config, "up", &e) || !list_processes(&up, &e) ||
	    !make_folders(&up, &e) || !open_signals(&up, &e))
		return command_refuse(a, &e);
	good = start_all(&up, &e);
	if (good && ready != NULL)
		good = file_write(ready, span_str("ready\n"), 0644, &e);
	if (good) {
		log_info("all %zu processes are ready", up.n);
		good = supervise(&up, &e);
	}
	stop_all(&up);
	if (!good)
		return command_refuse(a, &e);
	log_info("stopped");
	return 0;
}
