/*
 * libmicrohttpd alone, in a process of its own: one answer that lies ready, no
 * header but what the library adds; as much as any server over it can reach.
 */
#include "api/cli/bench.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#define POOL 2				/* measured: more threads on two cores answer less */
#define CONNECTIONS_MAX 1024

static enum MHD_Result
answer(void *response, struct MHD_Connection *connection, const char *path, const char *method,
    const char *version, const char *octets, size_t *n, void **request)
{
	static char seen;

	if (*request == NULL) {
		*request = &seen;
		return MHD_YES;
	}
	return MHD_queue_response(connection, MHD_HTTP_OK, response);
}

static _Noreturn void
serve(uint16_t port, size_t len)
{
	const struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct MHD_Response *response = MHD_create_response_from_buffer(len, xalloc(len), MHD_RESPMEM_PERSISTENT);

	if (response == NULL || MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, port, NULL, NULL, answer, response,
	    MHD_OPTION_SOCK_ADDR, &a, MHD_OPTION_THREAD_POOL_SIZE, POOL, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_END) == NULL)
		_exit(1);
	for (;;)
		pause();
}

bool
bench_bare_start(pid_t *pid, uint16_t port, size_t len, struct err *e)
{
	*pid = fork();
	if (*pid == 0)
		serve(port, len);
	return *pid > 0 || fail(e, ERR_LATER, "cannot start another process");
}
