#include "hsm/keeper.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/jail.h"
#include "base/log.h"
#include "base/start.h"
#include "hsm/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEADY_MS 1000		/* a child that lived so long is started again at once */
#define RETRY_MIN_MS 200
#define RETRY_MAX_MS 5000
#define TICK_MS 50
#define STOP_WAIT_MS 12000	/* serve.c lets running requests end */

struct keeper {
	const struct settings *settings;
	struct child_job job;
	struct page *page;
	int signals;
	pid_t child, deputy;		/* 0: none */
	bool serving;			/* the child said that it is ready */
	int64_t born;			/* of the child */
	int64_t retry_at, retry_ms;	/* retry_at 0: not waiting */
	bool started;			/* the first child was ready once */
	bool stopping;
};

/*
 * Processes.
 */

static pid_t
fork_as(struct keeper *k, void (*run)(const struct child_job *))
{
	pid_t keeper = getpid();
	pid_t pid = fork();

	promise(pid >= 0);
	if (pid > 0)
		return pid;
	jail_die_with_parent();
	if (getppid() == keeper)
		run(&k->job);	/* does not return */
	_exit(1);
}

static void
start_child(struct keeper *k)
{
	promise(k->child == 0);
	for (unsigned i = 0; i < PAGE_SLOTS; i++)
		atomic_store(&k->page->started[i], 0);
	atomic_store(&k->page->state, CHILD_STARTING);
	k->serving = false;
	k->retry_at = 0;
	k->born = clock_mono_ms();
	k->child = fork_as(k, child_run);
	k->job.attended = k->job.begin_log = false;
}

static void
stop_deputy(struct keeper *k)
{
	if (k->deputy != 0)
		kill(k->deputy, SIGTERM);
}

/* While it lasts a deputy serves: watch() sees to that. */
static void
pause_before_retry(struct keeper *k)
{
	k->retry_ms = k->retry_ms == 0 ? RETRY_MIN_MS : k->retry_ms * 2;
	if (k->retry_ms > RETRY_MAX_MS)
		k->retry_ms = RETRY_MAX_MS;
	k->retry_at = clock_mono_ms() + k->retry_ms;
}

static void
child_failed(struct keeper *k)
{
	if (!k->started)
		return;
	if (k->retry_ms == 0)
		log_error("%s", k->page->why.text);
	if (atomic_load(&k->page->pin_refused)) {
		log_error("the PIN was refused; no further login is tried until antin-hsm is started again");
		return;
	}
	pause_before_retry(k);
}

/* A child that ended: one that was ready is replaced at once, unless it fell
 * over immediately. */
static void
child_ended(struct keeper *k, int status)
{
	bool steady = k->serving && clock_mono_ms() - k->born >= STEADY_MS;
	bool told = atomic_load(&k->page->state) == CHILD_FAILED;

	k->child = 0;
	if (k->stopping)
		return;
	FAULT_POINT("hsm.keeper.child-ended");
	if (WIFSIGNALED(status))
		log_warn("the module's process was ended by signal %d", WTERMSIG(status));
	if (steady) {
		start_child(k);
		return;
	}
	if (!told)
		fail(&k->page->why, ERR_TOKEN, "the process of the token \"%s\" does not stay up", k->settings->token);
	child_failed(k);
}

static void
reap(struct keeper *k)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == k->deputy)
			k->deputy = 0;
		else if (pid == k->child)
			child_ended(k, status);
	}
}

/*
 * Deadlines.
 */

static void
kill_child(struct keeper *k, const char *why)
{
	log_warn("%s: its process is ended", why);
	kill(k->child, SIGKILL);
}

static bool
call_hangs(const struct keeper *k, int64_t now)
{
	for (unsigned i = 0; i < PAGE_SLOTS; i++) {
		int64_t at = atomic_load(&k->page->started[i]);

		if (at != 0 && now - at > k->settings->deadline_ms)
			return true;
	}
	return false;
}

static void
watch(struct keeper *k)
{
	int64_t now = clock_mono_ms();

	if (k->stopping && k->child == 0)
		return;
	if (k->child == 0) {
		if (k->deputy == 0 && k->started)
			k->deputy = fork_as(k, deputy_run);
		if (k->retry_at != 0 && now >= k->retry_at)
			start_child(k);
		return;
	}
	if (!k->serving && now - k->born > k->settings->start_ms) {
		fail(&k->page->why, ERR_TOKEN, "the module of the token \"%s\" did not start within %lld ms",
		    k->settings->token, (long long)k->settings->start_ms);
		atomic_store(&k->page->state, CHILD_FAILED);
		kill_child(k, k->page->why.text);
		k->born = now;	/* once */
	} else if (call_hangs(k, now)) {
		kill_child(k, "a call into the module passed its deadline");
		for (unsigned i = 0; i < PAGE_SLOTS; i++)
			atomic_store(&k->page->started[i], 0);
	}
}

static void
listen_to_bell(struct keeper *k)
{
	uint64_t n;

	if (read(k->job.bell, &n, sizeof(n)) != sizeof(n))
		return;
	if (k->child == 0 || k->serving || atomic_load(&k->page->state) != CHILD_READY)
		return;
	k->serving = true;
	if (k->retry_ms != 0)
		log_info("the token \"%s\" is back", k->settings->token);
	k->retry_ms = 0;
	stop_deputy(k);
}

/*
 * The loop.
 */

static void
on_signal(struct keeper *k)
{
	struct signalfd_siginfo si;

	while (read(k->signals, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGCHLD)
			reap(k);
		else
			k->stopping = true;
	}
}

static void
turn(struct keeper *k)
{
	struct pollfd p[] = {
		{ .fd = k->signals, .events = POLLIN },
		{ .fd = k->job.bell, .events = POLLIN },
	};

	if (poll(p, 2, TICK_MS) > 0) {
		if (p[1].revents & POLLIN)
			listen_to_bell(k);
		if (p[0].revents & POLLIN)
			on_signal(k);
	}
	watch(k);
}

static void
stop_all(struct keeper *k)
{
	int64_t deadline = clock_mono_ms() + STOP_WAIT_MS;

	k->stopping = true;
	if (k->child != 0)
		kill(k->child, SIGTERM);
	stop_deputy(k);
	while ((k->child != 0 || k->deputy != 0) && clock_mono_ms() < deadline)
		turn(k);
	if (k->child != 0)
		kill(k->child, SIGKILL);
	if (k->deputy != 0)
		kill(k->deputy, SIGKILL);
}

static bool
first_start(struct keeper *k, struct err *e)
{
	start_child(k);
	while (k->child != 0 && !k->serving && !k->stopping)
		turn(k);
	k->started = k->serving && k->child != 0;
	if (k->started)
		return true;
	*e = k->page->why;
	if (e->class == ERR_NONE)
		fail(e, ERR_LATER, "stopped before it was ready");
	stop_all(k);
	return false;
}

/*
 * Start: sockets, jail, first child.
 */

static bool
open_signals(struct keeper *k, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return fail(e, ERR_BUG, "cannot block signals: %m");
	k->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	k->job.bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (k->signals < 0 || k->job.bell < 0)
		return fail(e, ERR_BUG, "cannot open signalfd and eventfd: %m");
	return true;
}

/* What the keeper may touch is what its children need: the module and its
 * libraries to read, the token's folder and the log's memory to write. */
static bool
enter_jail(const struct settings *s, struct err *e)
{
	const char *module_config = s->module_config[0] != '\0' ? s->module_config : getenv("SOFTHSM2_CONF");
	const struct jail_path wanted[] = {
		{ "/usr", false }, { "/lib", false }, { "/lib64", false }, { "/etc", false },
		{ s->module, false }, { module_config, false }, { s->writes, true }, { s->state, true },
	};
	const struct place place = { s->run, (uid_t)s->uid_base };
	uid_t uid = place_uid(&place, CALLER_HSM);
	struct jail_path paths[sizeof(wanted) / sizeof(wanted[0]) + 1] = { { NULL, false } };
	struct jail jail = {
		.abilities = JAIL_FORK | JAIL_THREADS | JAIL_INET | JAIL_READ | JAIL_WRITE,
		.paths = paths, .uid = uid, .gid = uid,
	};
	unsigned n = 0;
	struct stat st;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (wanted[i].path == NULL || wanted[i].path[0] == '\0')
			continue;
		if (!wanted[i].write && stat(wanted[i].path, &st) != 0)
			continue;	/* the module's loader will say what is missing */
		paths[n++] = wanted[i];
	}
	return jail_enter(&jail, e);
}

static bool
open_doors(struct keeper *k, struct err *e)
{
	const struct settings *s = k->settings;
	const struct place place = { s->run, (uid_t)s->uid_base };
	size_t n;
	const struct serve_route *routes = child_routes(s, &n);

	return serve_new(&k->job.serve, &place, s->name, routes, n, HSM_MESSAGE_MAX, (unsigned)s->connections, e);
}

bool
keeper_run(const struct settings *s, struct secret *pin, struct keeper_start how, struct err *e)
{
	static struct keeper k;

	k = (struct keeper){ .settings = s,
	    .job = { .settings = s, .pin = pin, .attended = how.attended, .begin_log = how.begin_log } };
	k.page = mmap(NULL, sizeof(*k.page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (k.page == MAP_FAILED)
		return fail(e, ERR_BUG, "no shared page: %m");
	k.job.page = k.page;
	if (s->module_config[0] != '\0' && setenv("SOFTHSM2_CONF", s->module_config, 1) != 0)
		return fail(e, ERR_BUG, "setenv: %m");
	if (!open_doors(&k, e) || !open_signals(&k, e) || !enter_jail(s, e) || !first_start(&k, e))
		return false;
	log_info("serving the token \"%s\"", s->token);
	start_ready();
	while (!k.stopping)
		turn(&k);
	stop_all(&k);
	log_info("stopped");
	return true;
}
