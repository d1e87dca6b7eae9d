#include "tests/api/client.h"

#include "tests/base/test.h"

#include <arpa/inet.h>
#include <sys/socket.h>

int
client_dial_from(unsigned host, uint16_t port)
{
	struct sockaddr_in me = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000000u | host) };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&me, sizeof(me)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

int
client_dial(uint16_t port)
{
	return client_dial_from(1, port);
}

void
client_put(int fd, struct span s)
{
	while (s.len > 0) {
		ssize_t n = send(fd, s.ptr, s.len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		s = span_of(s.ptr + n, s.len - (size_t)n);
	}
}

int
client_answer(struct buf *answer, int fd)
{
	char part[65536];
	ssize_t n;

	buf_reset(answer);
	while ((n = recv(fd, part, sizeof(part), 0)) > 0)
		buf_put(answer, part, (size_t)n);
	return answer->len > 12 ? (int)strtol(buf_str(answer) + 9, NULL, 10) : 0;
}
