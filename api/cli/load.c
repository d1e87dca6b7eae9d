#include "api/cli/load.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MAX (256u << 10)
#define ANSWER_MAX (8u << 20)
#define STALL_MS 60000
#define SETTLE_MS 200		/* until every connection is accepted: what is measured are requests */

struct line { int fd; size_t number, sent; bool asked; struct buf out, in; };
struct loading { const struct load *load; struct line *line; int poll; size_t next, done; };

void
load_post_with(struct buf *out, const char *path, const char *type, const char *extra, struct span body)
{
	buf_printf(out, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s\r\n", path, type, body.len, extra);
	buf_put_span(out, body);
}

void
load_post(struct buf *out, const char *path, const char *type, struct span body)
{
	load_post_with(out, path, type, "", body);
}

bool
load_free_port(uint16_t *port, struct err *e)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	own_fd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) != 0 || getsockname(fd, (struct sockaddr *)&a, &len) != 0)
		return fail(e, ERR_LATER, "no free port: %s", strerror(errno));
	*port = ntohs(a.sin_port);
	return true;
}

static int
dial(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
		close(fd);
		return -1;
	}
	if (fd >= 0)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

bool
load_wait(uint16_t port, int timeout_ms, struct err *e)
{
	int64_t end = clock_mono_ms() + timeout_ms;

	while (clock_mono_ms() < end) {
		own_fd int fd = dial(port);

		if (fd >= 0)
			return true;
		usleep(20000);
	}
	return fail(e, ERR_LATER, "nothing listens on port %u", port);
}

/* As much as the socket takes; the rest when it is writable again. */
static bool
send_more(struct line *l, struct err *e)
{
	ssize_t n = 1;

	while (l->sent < l->out.len && n > 0) {
		n = send(l->fd, l->out.ptr + l->sent, l->out.len - l->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n > 0)
			l->sent += (size_t)n;
		else if (errno != EAGAIN)
			return fail(e, ERR_LATER, "a connection broke while sending: %s", strerror(errno));
	}
	return true;
}

static bool
begin_next(struct loading *s, struct line *l, struct err *e)
{
	if (s->next >= s->load->n)
		return true;
	l->number = s->next++;
	l->asked = true;
	l->sent = 0;
	buf_reset(&l->out);
	buf_reset(&l->in);
	s->load->request(s->load->state, l->number, &l->out);
	return buf_ok(&l->out, "request", e) && send_more(l, e);
}

/* A whole answer: its status and body. */
static bool
is_whole(const struct buf *in, unsigned *status, struct span *body)
{
	static const char name[] = "content-length:";
	const char *end = memmem(in->ptr, in->len, "\r\n\r\n", 4);
	size_t want = 0;

	if (end == NULL || in->len < 12)
		return false;
	*status = (unsigned)strtoul((const char *)in->ptr + 9, NULL, 10);
	for (const char *p = (const char *)in->ptr; p != NULL && p < end; p = memchr(p, '\n', (size_t)(end - p)), p = p != NULL ? p + 1 : NULL)
		if (strncasecmp(p, name, sizeof(name) - 1) == 0)
			want = strtoul(p + sizeof(name) - 1, NULL, 10);
	*body = span_of(end + 4, want);
	return (size_t)((const char *)in->ptr + in->len - (end + 4)) >= want;
}

/* All that is there: an edge is told once. */
static bool
read_more(struct loading *s, struct line *l, struct err *e)
{
	unsigned char part[16384];
	unsigned status;
	struct span body;
	ssize_t n;

	while ((n = recv(l->fd, part, sizeof(part), MSG_DONTWAIT)) > 0)
		buf_put(&l->in, part, (size_t)n);
	if (n == 0 || errno != EAGAIN)
		return fail(e, ERR_LATER, "a connection was closed before its answer");
	if (!buf_ok(&l->in, "answer", e))
		return false;
	if (!l->asked || !is_whole(&l->in, &status, &body))
		return true;
	l->asked = false;
	s->done++;
	return s->load->answer(s->load->state, l->number, status, body, e) && begin_next(s, l, e);
}

static bool
open_lines(struct loading *s, struct err *e)
{
	for (unsigned i = 0; i < s->load->connections; i++) {
		struct line *l = &s->line[i];
		struct epoll_event v = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = l };

		l->out = buf_new(REQUEST_MAX);
		l->in = buf_new(ANSWER_MAX);
		l->fd = dial(s->load->port);
		if (l->fd < 0 || epoll_ctl(s->poll, EPOLL_CTL_ADD, l->fd, &v) != 0)
			return fail(e, ERR_LATER, "connection %u: %s", i, strerror(errno));
	}
	return true;
}

static bool
run(struct loading *s, struct err *e)
{
	struct epoll_event v[64];

	for (unsigned i = 0; i < s->load->connections; i++)
		if (!begin_next(s, &s->line[i], e))
			return false;
	while (s->done < s->load->n) {
		int n = epoll_wait(s->poll, v, 64, STALL_MS);

		if (n == 0)
			return fail(e, ERR_LATER, "no answer in a minute");
		for (int i = 0; i < n; i++)
			if (!send_more(v[i].data.ptr, e) || !read_more(s, v[i].data.ptr, e))
				return false;
	}
	return true;
}

bool
load_run(double *secs, const struct load *load, struct err *e)
{
	struct loading s = { .load = load, .line = xalloc(load->connections * sizeof(struct line)), .poll = epoll_create1(EPOLL_CLOEXEC) };
	int64_t start;
	bool good;

	promise(load->connections >= 1 && load->connections <= LOAD_CONNECTIONS_MAX && s.poll >= 0);
	for (unsigned i = 0; i < load->connections; i++)
		s.line[i].fd = -1;
	good = open_lines(&s, e);
	usleep(SETTLE_MS * 1000);
	start = clock_mono_ms();
	good = good && run(&s, e);
	*secs = (double)(clock_mono_ms() - start + 1) / 1000;
	for (unsigned i = 0; i < load->connections; i++) {
		if (s.line[i].fd >= 0)
			close(s.line[i].fd);
		buf_drop(&s.line[i].out);
		buf_drop(&s.line[i].in);
	}
	close(s.poll);
	free(s.line);
	return good;
}
