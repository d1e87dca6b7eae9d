#include "base/serve.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define STOP_WAIT_MS 10000	/* for running handlers at the end */
#define REPLY_TIMEOUT_MS 30000	/* a peer that does not read its answer */
#define THREAD_STACK (1u << 20)	/* a report (verifier/report.h) is a third of it */

struct door { int fd; enum msg_caller caller; uid_t uid; };

struct serve {
	const struct serve_route *routes;
	size_t nroutes, max;
	unsigned connections;
	struct door doors[CALLERS];
	unsigned ndoors;
	int stop;			/* signalfd */
	void *state;
	pthread_mutex_t lock;
	unsigned open, busy;		/* connections; handlers running */
};

struct connection { struct serve *serve; int fd; enum msg_caller caller; };

const char *
caller_word(enum msg_caller c)
{
	static const char *const word[CALLERS] = { "api", "ca", "signer", "tsa",
		"verifier", "register", "cli", "hsm", "courier", "witness", "outside" };

	for (unsigned i = 0; i < CALLERS; i++)
		if (c == (enum msg_caller)(1u << i))
			return word[i];
	promise(!"one caller");
	return NULL;
}

uid_t
place_uid(const struct place *p, enum msg_caller c)
{
	if (p->uid_base == 0 || geteuid() != 0)
		return 0;
	return p->uid_base + (uid_t)__builtin_ctz((unsigned)c);
}

char *
place_socket(const struct place *p, const char *daemon, enum msg_caller c)
{
	return xprintf("%s/%s.%s.sock", p->run, daemon, caller_word(c));
}

static bool
door_open(struct door *door, const struct place *place, const char *daemon, enum msg_caller caller, struct err *e)
{
	own_str char *path = place_socket(place, daemon, caller);
	own_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	uid_t uid = place_uid(place, caller);

	if (strlen(path) >= sizeof(a.sun_path))
		return fail(e, ERR_INPUT, "the socket path %s is longer than %zu bytes", path, sizeof(a.sun_path) - 1);
	strcpy(a.sun_path, path);
	if (unlink(path) != 0 && errno != ENOENT)
		return fail(e, ERR_STORE, "cannot remove the old socket %s: %s", path, strerror(errno));
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		return fail(e, ERR_STORE, "cannot bind %s: %s", path, strerror(errno));
	if (chmod(path, 0600) != 0 || (uid != 0 && chown(path, uid, (gid_t)uid) != 0))
		return fail(e, ERR_STORE, "cannot hand %s to its caller: %s", path, strerror(errno));
	if (listen(fd, 256) != 0)
		return fail(e, ERR_STORE, "cannot listen on %s: %s", path, strerror(errno));
	*door = (struct door){ .fd = fd, .caller = caller, .uid = uid };
	fd = -1;
	return true;
}

static bool
stop_open(int *out, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
		return fail(e, ERR_BUG, "cannot block signals");
	*out = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (*out < 0)
		return fail(e, ERR_BUG, "signalfd: %s", strerror(errno));
	signal(SIGPIPE, SIG_IGN);
	return true;
}

bool
serve_new(struct serve **out, const struct place *place, const char *daemon,
    const struct serve_route *routes, size_t nroutes, size_t max, unsigned connections, struct err *e)
{
	struct serve *s = xalloc(sizeof(*s));
	unsigned callers = 0;

	promise(max > 0 && connections > 0);
	s->routes = routes;
	s->nroutes = nroutes;
	s->max = max;
	s->connections = connections;
	pthread_mutex_init(&s->lock, NULL);
	for (size_t i = 0; i < nroutes; i++)
		callers |= routes[i].type.callers;
	for (unsigned bit = 0; bit < CALLERS; bit++) {
		if (!(callers & 1u << bit))
			continue;
		if (!door_open(&s->doors[s->ndoors], place, daemon, (enum msg_caller)(1u << bit), e))
			return false;
		s->ndoors++;
	}
	if (!stop_open(&s->stop, e))
		return false;
	*out = s;
	return true;
}

static const struct serve_route *
route_of(const struct serve *s, const struct msg *m)
{
	for (size_t i = 0; i < s->nroutes; i++)
		if (s->routes[i].type.id == m->type)
			return &s->routes[i];
	return NULL;
}

/* Runs one request; false ends the connection: an unknown message, one that
 * this caller may not send, or fields of another shape are never answered. */
static bool
answer(const struct connection *c, const struct msg *in)
{
	struct serve *s = c->serve;
	const struct serve_route *r = route_of(s, in);
	own_struct(msg) out = msg_new((uint16_t)(in->type | MSG_REPLY), s->max);
	struct err e = { ERR_NONE, "" };

	if (r == NULL || !(r->type.callers & c->caller)) {
		log_warn("%s sent a message that it may not send (type %u)", caller_word(c->caller), in->type);
		return false;
	}
	if (!msg_shape_ok(in, r->type.in, r->type.name, &e)) {
		log_warn("%s: %s", caller_word(c->caller), e.text);
		return false;
	}
	pthread_mutex_lock(&s->lock);
	s->busy++;
	pthread_mutex_unlock(&s->lock);
	if (!r->run(s->state, c->caller, in, &out, &e)) {
		promise(e.class != ERR_NONE);
		msg_refuse(&out, &e);
	} else if (!buf_ok(&out.store, r->type.name, &e)) {
		msg_refuse(&out, &e);
	} else if (!msg_shape_ok(&out, r->type.out, r->type.name, &e)) {
		promise(!"a reply has the shape of its table");
	}
	bool sent = msg_send(c->fd, &out, REPLY_TIMEOUT_MS, &e);
	pthread_mutex_lock(&s->lock);
	s->busy--;
	pthread_mutex_unlock(&s->lock);
	return sent;
}

static void *
connection_main(void *arg)
{
	struct connection *c = arg;
	struct err e;

	for (;;) {
		own_struct(msg) in = msg_new(0, c->serve->max);

		if (!msg_recv(c->fd, &in, c->serve->max, -1, &e)) {
			if (e.class == ERR_INPUT || e.class == ERR_LIMIT)
				log_warn("%s: %s", caller_word(c->caller), e.text);
			break;
		}
		if (!answer(c, &in))
			break;
	}
	close(c->fd);
	pthread_mutex_lock(&c->serve->lock);
	c->serve->open--;
	pthread_mutex_unlock(&c->serve->lock);
	free(c);
	return NULL;
}

static bool
peer_id_ok(int fd, const struct door *d)
{
	struct ucred cred;
	socklen_t n = sizeof(cred);

	if (d->uid == 0)
		return true;
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) == 0 &&
	    (cred.uid == d->uid || cred.uid == 0);
}

static void
accept_one(struct serve *s, const struct door *d, const pthread_attr_t *attr)
{
	int fd = accept4(d->fd, NULL, NULL, SOCK_CLOEXEC);
	struct connection *c;
	pthread_t thread;

	if (fd < 0)
		return;
	if (!peer_id_ok(fd, d)) {
		log_warn("a connection as %s from another user id was closed", caller_word(d->caller));
		close(fd);
		return;
	}
	c = xalloc(sizeof(*c));
	*c = (struct connection){ .serve = s, .fd = fd, .caller = d->caller };
	pthread_mutex_lock(&s->lock);
	s->open++;
	pthread_mutex_unlock(&s->lock);
	promise(pthread_create(&thread, attr, connection_main, c) == 0);
}

static unsigned
count_now(struct serve *s, const unsigned *which)
{
	unsigned n;

	pthread_mutex_lock(&s->lock);
	n = *which;
	pthread_mutex_unlock(&s->lock);
	return n;
}

static void
accept_until_stopped(struct serve *s)
{
	struct pollfd p[CALLERS + 1] = { { .fd = s->stop, .events = POLLIN } };
	pthread_attr_t attr;

	promise(pthread_attr_init(&attr) == 0 &&
	    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) == 0 &&
	    pthread_attr_setstacksize(&attr, THREAD_STACK) == 0);
	for (;;) {
		bool full = count_now(s, &s->open) >= s->connections;

		for (unsigned i = 0; i < s->ndoors; i++)
			p[i + 1] = (struct pollfd){ .fd = full ? -1 : s->doors[i].fd, .events = POLLIN };
		if (poll(p, s->ndoors + 1, full ? 10 : -1) < 0 && errno != EINTR)
			break;
		if (p[0].revents & POLLIN)
			break;
		for (unsigned i = 0; i < s->ndoors; i++)
			if (p[i + 1].revents & POLLIN && count_now(s, &s->open) < s->connections)
				accept_one(s, &s->doors[i], &attr);
	}
	pthread_attr_destroy(&attr);
}

bool
serve_run(struct serve *s, void *state, struct err *e)
{
	int64_t deadline;

	s->state = state;
	accept_until_stopped(s);
	for (unsigned i = 0; i < s->ndoors; i++)
		close(s->doors[i].fd);
	deadline = clock_mono_ms() + STOP_WAIT_MS;
	while (count_now(s, &s->busy) > 0) {
		if (clock_mono_ms() > deadline)
			return fail(e, ERR_LATER, "%u requests were still running at the end", count_now(s, &s->busy));
		usleep(5000);
	}
	return true;
}
