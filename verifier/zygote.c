#include "verifier/zygote.h"

#include "base/fault.h"
#include "base/jail.h"
#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ZYGOTE_START 1
#define ZYGOTE_PIDFD 2
#define REQUEST_MAX (12u << 20)
#define DOCUMENTS_MAX 200	/* of a lasting worker */
#define IDLE_MAX 16
#define WORKER_ABILITIES 0	/* it computes */
#define OWN_NICE 10		/* what nobody has seen before waits behind what is known */

/* A worker as its caller holds it. */
struct held { int sock, pidfd; uint16_t type; unsigned left; };

struct zygote { pid_t pid; int control; pthread_mutex_t lock; struct held idle[IDLE_MAX]; size_t nidle; };

/*
 * The worker.
 */

static void
work_once(const struct zygote_settings *s, int sock)
{
	own_struct(msg) in = msg_new(0, 1);
	own_struct(msg) out = msg_new(0, REQUEST_MAX);
	struct err e = { ERR_NONE, "" };

	if (!msg_recv(sock, &in, REQUEST_MAX, -1, &e))
		_exit(0);
	out.type = (uint16_t)(in.type | MSG_REPLY);
	if (!s->work(s->state, &in, &out, &e) || !buf_ok(&out.store, "answer", &e))
		msg_refuse(&out, &e);
	if (!msg_send(sock, &out, -1, &e))
		_exit(1);
}

/* The caller holds our pidfd when the first request arrives. */
static _Noreturn void
worker_main(const struct zygote_settings *s, int sock, uint64_t documents)
{
	const struct jail jail = { .abilities = WORKER_ABILITIES, .memory_max = s->memory_max, .cpu_secs = s->cpu_secs };
	struct err e;

	jail_die_with_parent();
	if (documents == 1)
		setpriority(PRIO_PROCESS, 0, OWN_NICE);
	if (!jail_enter(&jail, &e)) {
		log_error("worker: %s", e.text);
		_exit(70);
	}
	while (documents-- > 0)
		work_once(s, sock);
	_exit(0);
}

/*
 * The zygote: one message, a socket to fork a worker upon.
 */

static void
reap(int signal_number)
{
	int saved = errno;

	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
	errno = saved;
}

static void
send_pidfd(int sock, pid_t pid)
{
	own_struct(msg) m = msg_new(ZYGOTE_PIDFD, 16);
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct err e;

	if (fd < 0) {
		kill(pid, SIGKILL);
		return;
	}
	msg_put_fd(&m, fd);
	if (!msg_send(sock, &m, 1000, &e))
		kill(pid, SIGKILL);
}

static _Noreturn void
zygote_main(const struct zygote_settings *s, int control)
{
	const struct jail jail = { .abilities = JAIL_FORK, .uid = s->uid, .gid = s->uid };
	struct sigaction reaper = { .sa_handler = reap, .sa_flags = SA_RESTART | SA_NOCLDSTOP };
	struct err e;

	jail_die_with_parent();
	jail_close_others(&control, 1);	/* whatever else the parent holds */
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_IGN);
	sigaction(SIGCHLD, &reaper, NULL);
	if (!jail_enter(&jail, &e) || !jail_prepare(WORKER_ABILITIES, &e)) {
		log_error("zygote: %s", e.text);
		_exit(70);
	}
	for (;;) {
		own_struct(msg) m = msg_new(0, 16);
		own_fd int sock = -1;
		pid_t pid;

		if (!msg_recv(control, &m, 64, -1, &e))
			_exit(0);
		if (m.nfd != 1 || !msg_shape_ok(&m, "uF", "order", &e))
			continue;
		sock = msg_take_fd(&m, 0);
		FAULT_POINT("verifier.zygote");
		pid = fork();
		if (pid == 0) {
			close(control);
			worker_main(s, sock, msg_u64(&m, 0));
		}
		if (pid > 0)
			send_pidfd(sock, pid);
	}
}

bool
zygote_start(struct zygote **out, const struct zygote_settings *s, struct err *e)
{
	struct zygote *z = xalloc(sizeof(*z));
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return fail(e, ERR_BUG, "socketpair: %s", strerror(errno));
	z->pid = fork();
	if (z->pid < 0)
		return fail(e, ERR_LATER, "cannot fork: %s", strerror(errno));
	if (z->pid == 0) {
		close(pair[0]);
		zygote_main(s, pair[1]);
	}
	close(pair[1]);
	z->control = pair[0];
	z->nidle = 0;
	pthread_mutex_init(&z->lock, NULL);
	*out = z;
	return true;
}

static void
let_die(const struct held *w)
{
	syscall(SYS_pidfd_send_signal, w->pidfd, SIGKILL, NULL, 0);
	close(w->pidfd);
	close(w->sock);
}

static void
let_idle_die(struct zygote *z)
{
	while (z->nidle > 0)
		let_die(&z->idle[--z->nidle]);
}

void
zygote_stop(struct zygote *z)
{
	let_idle_die(z);
	close(z->control);
	if (z->pid > 0)
		waitpid(z->pid, NULL, 0);
	pthread_mutex_destroy(&z->lock);
	free(z);
}

int
zygote_release(struct zygote *z)
{
	int control = z->control;

	pthread_mutex_destroy(&z->lock);
	free(z);
	return control;
}

struct zygote *
zygote_adopt(int control)
{
	struct zygote *z = xalloc(sizeof(*z));

	z->control = control;
	z->nidle = 0;
	pthread_mutex_init(&z->lock, NULL);
	return z;
}

bool
zygote_alive(const struct zygote *z)
{
	char c;

	return recv(z->control, &c, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
}

/* Asks for a worker: our end of its socket, and its pidfd. */
static bool
get_worker(struct zygote *z, struct held *w, struct err *e)
{
	own_struct(msg) ask = msg_new(ZYGOTE_START, 64);
	own_struct(msg) first = msg_new(0, 1);
	own_fd int ours = -1;
	int pair[2];
	bool sent;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return fail(e, ERR_LATER, "socketpair: %s", strerror(errno));
	ours = pair[0];
	msg_put_u64(&ask, w->left);
	msg_put_fd(&ask, pair[1]);
	pthread_mutex_lock(&z->lock);
	sent = msg_send(z->control, &ask, 5000, e);
	pthread_mutex_unlock(&z->lock);
	if (!sent || !msg_recv(ours, &first, 64, 5000, e) || first.type != ZYGOTE_PIDFD || first.nfd != 1)
		return fail(e, ERR_LATER, "no process for this document could be started");
	w->pidfd = msg_take_fd(&first, 0);
	w->sock = ours;
	ours = -1;
	return true;
}

static bool
is_alive(const struct held *w)
{
	char c;

	return recv(w->sock, &c, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

/* One that has done the same kind of work before and waits. */
static bool
find_idle(struct zygote *z, struct held *w, uint16_t type)
{
	bool found = false;

	pthread_mutex_lock(&z->lock);
	for (size_t i = z->nidle; i-- > 0 && !found;) {
		if (z->idle[i].type != type)
			continue;
		*w = z->idle[i];
		z->idle[i] = z->idle[--z->nidle];
		found = is_alive(w);
		if (!found)
			let_die(w);
	}
	pthread_mutex_unlock(&z->lock);
	return found;
}

static void
keep_or_end(struct zygote *z, struct held *w)
{
	bool kept = false;

	pthread_mutex_lock(&z->lock);
	if (--w->left > 0 && z->nidle < IDLE_MAX) {
		z->idle[z->nidle++] = *w;
		kept = true;
	}
	pthread_mutex_unlock(&z->lock);
	if (!kept)
		let_die(w);
}

bool
zygote_do(struct zygote *z, enum zygote_worker kind, struct msg *request, struct msg *reply, size_t reply_max, int timeout_ms, struct err *e)
{
	struct held w = { .type = request->type, .left = kind == ZYGOTE_LASTING ? DOCUMENTS_MAX : 1 };
	struct err why;

	if (!(kind == ZYGOTE_LASTING && find_idle(z, &w, request->type)) && !get_worker(z, &w, e))
		return false;
	if (!msg_send(w.sock, request, timeout_ms, &why) || !msg_recv(w.sock, reply, reply_max, timeout_ms, &why)) {
		let_die(&w);
		log_warn("a worker was ended: %s", why.text);
		return fail(e, ERR_LATER, "this document could not be read to its end; nothing was decided about it");
	}
	keep_or_end(z, &w);
	return !msg_is_refusal(reply, e);
}
