#include "base/msg.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define HEAD_LEN 8	/* length, type, fields, descriptors */

struct msg
msg_new(uint16_t type, size_t max)
{
	return (struct msg){ .type = type, .fd = { -1, -1, -1 }, .store = buf_new(max) };
}

void
msg_drop(struct msg *m)
{
	for (unsigned i = 0; i < m->nfd; i++)
		fd_drop(&m->fd[i]);
	m->nfd = 0;
	m->n = 0;
	buf_drop(&m->store);
}

/* Octets and a NUL behind them that is not counted. */
void
msg_put(struct msg *m, struct span s)
{
	promise(m->n < MSG_FIELDS_MAX);
	m->at[m->n].off = m->store.len;
	m->at[m->n].len = s.len;
	m->n++;
	buf_put_span(&m->store, s);
	buf_put_byte(&m->store, 0);
}

void
msg_put_str(struct msg *m, const char *s)
{
	msg_put(m, span_str(s));
}

void
msg_put_u64(struct msg *m, uint64_t v)
{
	own_struct(buf) b = buf_new(8);

	buf_put_u64(&b, v);
	msg_put(m, buf_span(&b));
}

void
msg_put_fd(struct msg *m, int fd)
{
	promise(m->nfd < MSG_FDS_MAX);
	m->fd[m->nfd++] = fd;
}

struct span
msg_span(const struct msg *m, unsigned i)
{
	promise(i < m->n);
	return span_of(m->store.ptr + m->at[i].off, m->at[i].len);
}

const char *
msg_str(const struct msg *m, unsigned i)
{
	return (const char *)msg_span(m, i).ptr;
}

uint64_t
msg_u64(const struct msg *m, unsigned i)
{
	struct span s = msg_span(m, i);

	promise(s.len == 8);
	return get_u64(s.ptr);
}

int
msg_take_fd(struct msg *m, unsigned i)
{
	int fd;

	promise(i < m->nfd);
	fd = m->fd[i];
	m->fd[i] = -1;
	return fd;
}

static bool
field_ok(struct span s, char letter)
{
	struct err e;

	switch (letter) {
	case 'u': return s.len == 8;
	case 'h': return s.len == 32;
	case 'b': return true;
	case 's': return memchr(s.ptr, 0, s.len) == NULL && utf8_check(s, &e);
	default:  return false;
	}
}

bool
msg_shape_ok(const struct msg *m, const char *shape, const char *name, struct err *e)
{
	unsigned n = 0, nfd = 0;

	for (const char *s = shape; *s != '\0'; s++) {
		if (*s == 'F') {
			nfd++;
			continue;
		}
		if (n >= m->n || !field_ok(msg_span(m, n), *s))
			return fail(e, ERR_INPUT, "%s: field %u is not of the shape %s", name, n, shape);
		n++;
	}
	if (n != m->n || nfd != m->nfd)
		return fail(e, ERR_INPUT, "%s: %u fields and %u descriptors where the shape is %s",
		    name, m->n, m->nfd, shape);
	return true;
}

/*
 * Sending.
 */

static bool
wait_for(int sock, short events, int64_t deadline, struct err *e)
{
	struct pollfd p = { .fd = sock, .events = events };

	for (;;) {
		int64_t left = deadline < 0 ? -1 : deadline - clock_mono_ms();
		int n = poll(&p, 1, deadline < 0 ? -1 : left > 0 ? (int)left : 0);

		if (n > 0)
			return true;
		if (n == 0)
			return fail(e, ERR_LATER, "no answer in time");
		if (errno != EINTR)
			return fail(e, ERR_LATER, "connection: %s", strerror(errno));
	}
}

static int64_t
deadline_of(int timeout_ms)
{
	return timeout_ms < 0 ? -1 : clock_mono_ms() + timeout_ms;
}

static void
attach_fds(struct msghdr *h, char *control, size_t size, const struct msg *m)
{
	struct cmsghdr *c;

	if (m->nfd == 0)
		return;
	memset(control, 0, size);
	h->msg_control = control;
	h->msg_controllen = CMSG_SPACE(m->nfd * sizeof(int));
	c = CMSG_FIRSTHDR(h);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(m->nfd * sizeof(int));
	memcpy(CMSG_DATA(c), m->fd, m->nfd * sizeof(int));
}

static bool
send_all(int sock, struct span s, const struct msg *m, int64_t deadline, struct err *e)
{
	char control[CMSG_SPACE(MSG_FDS_MAX * sizeof(int))];
	bool first = true;

	while (s.len > 0) {
		struct iovec io = { .iov_base = (void *)s.ptr, .iov_len = s.len };
		struct msghdr h = { .msg_iov = &io, .msg_iovlen = 1 };
		ssize_t n;

		if (first)
			attach_fds(&h, control, sizeof(control), m);
		n = sendmsg(sock, &h, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			if (!wait_for(sock, POLLOUT, deadline, e))
				return false;
			continue;
		}
		if (n < 0)
			return fail(e, ERR_LATER, "connection: %s", strerror(errno));
		first = false;
		s.ptr += n;
		s.len -= (size_t)n;
	}
	return true;
}

bool
msg_send(int sock, const struct msg *m, int timeout_ms, struct err *e)
{
	own_struct(buf) frame = buf_new(m->store.max + HEAD_LEN + 4 * MSG_FIELDS_MAX);
	size_t body = HEAD_LEN - 4;

	if (!buf_ok(&m->store, "message", e))
		return false;
	for (unsigned i = 0; i < m->n; i++)
		body += 4 + m->at[i].len;
	buf_put_u32(&frame, (uint32_t)body);
	buf_put_u16(&frame, m->type);
	buf_put_byte(&frame, (unsigned char)m->n);
	buf_put_byte(&frame, (unsigned char)m->nfd);
	for (unsigned i = 0; i < m->n; i++) {
		buf_put_u32(&frame, (uint32_t)m->at[i].len);
		buf_put_span(&frame, msg_span(m, i));
	}
	return buf_ok(&frame, "message", e) &&
	    send_all(sock, buf_span(&frame), m, deadline_of(timeout_ms), e);
}

/*
 * Receiving.
 */

/* Keeps descriptors that came along, so that none is leaked whatever follows. */
static bool
keep_fds(struct msg *m, struct msghdr *h, struct err *e)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		const unsigned char *at = CMSG_DATA(c);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, at + i * sizeof(int), sizeof(int));
			if (m->nfd < MSG_FDS_MAX)
				m->fd[m->nfd++] = fd;
			else
				close(fd);
		}
	}
	if (h->msg_flags & MSG_CTRUNC)
		return fail(e, ERR_INPUT, "too many descriptors in a frame");
	return true;
}

/* Exactly n octets; at a frame's start an orderly end is ERR_ABSENT. */
static bool
recv_all(int sock, unsigned char *at, size_t n, struct msg *m, bool start, int64_t deadline, struct err *e)
{
	size_t got = 0;

	while (got < n) {
		char control[CMSG_SPACE(MSG_FDS_MAX * sizeof(int))];
		struct iovec io = { .iov_base = at + got, .iov_len = n - got };
		struct msghdr h = { .msg_iov = &io, .msg_iovlen = 1,
			.msg_control = control, .msg_controllen = sizeof(control) };
		ssize_t r;

		/* A frame's start has to be waited for; its rest mostly came along. */
		if (start && got == 0 && deadline >= 0 && !wait_for(sock, POLLIN, deadline, e))
			return false;
		r = recvmsg(sock, &h, MSG_CMSG_CLOEXEC | (deadline < 0 ? 0 : MSG_DONTWAIT));
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0 && errno == EAGAIN) {
			if (!wait_for(sock, POLLIN, deadline, e))
				return false;
			continue;
		}
		if (r < 0)
			return fail(e, ERR_LATER, "connection: %s", strerror(errno));
		if (!keep_fds(m, &h, e))
			return false;
		if (r == 0)
			return fail(e, start && got == 0 ? ERR_ABSENT : ERR_LATER, "the other end closed the connection");
		got += (size_t)r;
	}
	return true;
}

/* Body octets -> fields, each followed by a NUL. */
static bool
split_fields(struct msg *m, struct span body, unsigned fields, struct err *e)
{
	for (unsigned i = 0; i < fields; i++) {
		uint32_t n;

		if (body.len < 4)
			return fail(e, ERR_INPUT, "a frame ends inside field %u", i);
		n = get_u32(body.ptr);
		if (n > body.len - 4)
			return fail(e, ERR_INPUT, "field %u is longer than its frame", i);
		msg_put(m, span_of(body.ptr + 4, n));
		body.ptr += 4 + n;
		body.len -= 4 + (size_t)n;
	}
	if (body.len > 0)
		return fail(e, ERR_INPUT, "%zu bytes after the last field", body.len);
	return buf_ok(&m->store, "message", e);
}

bool
msg_recv(int sock, struct msg *out, size_t max, int timeout_ms, struct err *e)
{
	own_struct(buf) body = buf_new(max + HEAD_LEN + 4 * MSG_FIELDS_MAX);
	own_struct(msg) m = msg_new(0, max + MSG_FIELDS_MAX);
	int64_t deadline = deadline_of(timeout_ms);
	unsigned char head[HEAD_LEN];
	uint32_t len;
	unsigned char *at;

	if (!recv_all(sock, head, HEAD_LEN, &m, true, deadline, e))
		return false;
	len = get_u32(head);
	m.type = get_u16(head + 4);
	if (len < HEAD_LEN - 4 || head[6] > MSG_FIELDS_MAX || head[7] > MSG_FDS_MAX)
		return fail(e, ERR_INPUT, "not a frame of ours");
	len -= HEAD_LEN - 4;
	if (len > max)
		return fail(e, ERR_LIMIT, "a frame of %u bytes where at most %zu are taken", len, max);
	at = buf_extend(&body, len);
	if (at == NULL)
		return buf_ok(&body, "frame", e);
	if (!recv_all(sock, at, len, &m, false, deadline, e))
		return false;
	if (!split_fields(&m, buf_span(&body), head[6], e))
		return false;
	if (m.nfd != head[7])
		return fail(e, ERR_INPUT, "%u descriptors where the frame says %u", m.nfd, head[7]);
	msg_drop(out);
	*out = m;
	m = msg_new(0, 1);
	return true;
}

void
msg_refuse(struct msg *out, const struct err *e)
{
	msg_drop(out);
	*out = msg_new(MSG_REFUSED, 1024);
	msg_put_str(out, err_word(e->class));
	msg_put_str(out, e->text);
	msg_put_str(out, e->code);
	msg_put_str(out, e->vi);
}

bool
msg_is_refusal(const struct msg *m, struct err *e)
{
	if (m->type != MSG_REFUSED)
		return false;
	if (m->n != 4) {
		fail(e, ERR_BUG, "a refusal without a sentence");
		return true;
	}
	fail(e, err_from_word(msg_str(m, 0)) ?: ERR_BUG, "%s", msg_str(m, 1));
	fail_named(e, msg_str(m, 2), msg_str(m, 3));
	return true;
}

/*
 * Peers.
 */

#define PEER_IDLE_MAX 256

struct peer {
	char *path;
	const struct msg_type *types;
	size_t ntypes, reply_max;
	int timeout_ms;
	pthread_mutex_t lock;
	int idle[PEER_IDLE_MAX];
	unsigned nidle;
};

struct peer *
peer_new(const char *path, const struct msg_type *types, size_t ntypes, size_t reply_max, int timeout_ms)
{
	struct peer *p = xalloc(sizeof(*p));

	p->path = xstrdup(path);
	p->types = types;
	p->ntypes = ntypes;
	p->reply_max = reply_max;
	p->timeout_ms = timeout_ms;
	pthread_mutex_init(&p->lock, NULL);
	return p;
}

void
peer_free(struct peer *p)
{
	if (p == NULL)
		return;
	while (p->nidle > 0)
		close(p->idle[--p->nidle]);
	pthread_mutex_destroy(&p->lock);
	free(p->path);
	free(p);
}

static bool
connect_to(const char *path, int *out, struct err *e)
{
	own_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(a.sun_path))
		return fail(e, ERR_INPUT, "the socket path %s is longer than %zu bytes", path, sizeof(a.sun_path) - 1);
	strcpy(a.sun_path, path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		return fail(e, ERR_LATER, "cannot reach %s: %s", path, strerror(errno));
	*out = fd;
	fd = -1;
	return true;
}

static int
peer_idle(struct peer *p)
{
	int fd = -1;

	pthread_mutex_lock(&p->lock);
	if (p->nidle > 0)
		fd = p->idle[--p->nidle];
	pthread_mutex_unlock(&p->lock);
	return fd;
}

/* An idle connection that the daemon has not closed meanwhile, or a new one. */
static bool
peer_take(struct peer *p, int *out, struct err *e)
{
	for (int fd = peer_idle(p); fd >= 0; fd = peer_idle(p)) {
		struct pollfd pf = { .fd = fd, .events = POLLIN };

		/* Anything readable on an idle connection is an end or a fault. */
		if (poll(&pf, 1, 0) == 0) {
			*out = fd;
			return true;
		}
		close(fd);
	}
	return connect_to(p->path, out, e);
}

static void
peer_give(struct peer *p, int fd)
{
	pthread_mutex_lock(&p->lock);
	if (p->nidle < PEER_IDLE_MAX) {
		p->idle[p->nidle++] = fd;
		fd = -1;
	}
	pthread_mutex_unlock(&p->lock);
	fd_drop(&fd);
}

bool
peer_wait(struct peer *p, int timeout_ms, struct err *e)
{
	int64_t deadline = deadline_of(timeout_ms);
	int fd;

	while (!connect_to(p->path, &fd, e)) {
		if (clock_mono_ms() > deadline)
			return false;
		usleep(10000);
	}
	peer_give(p, fd);
	return true;
}

static const struct msg_type *
type_of(const struct peer *p, uint16_t id)
{
	for (size_t i = 0; i < p->ntypes; i++)
		if (p->types[i].id == id)
			return &p->types[i];
	promise(!"a message of the peer's table");
	return NULL;
}

bool
peer_call(struct peer *p, const struct msg *request, struct msg *reply, struct err *e)
{
	const struct msg_type *t = type_of(p, request->type);
	own_struct(msg) r = msg_new(0, p->reply_max);
	own_fd int fd = -1;

	if (!peer_take(p, &fd, e))
		return false;
	if (!msg_send(fd, request, p->timeout_ms, e) ||
	    !msg_recv(fd, &r, p->reply_max, p->timeout_ms, e)) {
		if (e->class == ERR_ABSENT)
			e->class = ERR_LATER;
		return fail_in(e, "%s, %s", p->path, t->name);	/* a path: not for the world (api/routes.c) */
	}
	peer_give(p, fd);
	fd = -1;
	if (msg_is_refusal(&r, e))
		return false;
	if (r.type != (request->type | MSG_REPLY))
		return fail(e, ERR_BUG, "%s: a reply of another type", t->name);
	if (!msg_shape_ok(&r, t->out, t->name, e))
		return false;
	msg_drop(reply);
	*reply = r;
	r = msg_new(0, 1);
	return true;
}
