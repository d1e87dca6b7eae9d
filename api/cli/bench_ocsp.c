/*
 * ocsp-get: answers a second to OCSP by GET, about any of a hundred thousand
 * certificates; against libmicrohttpd alone, whose one answer is as long and
 * lies ready, with no header but what the library adds.  The two take turns.
 */
#include "api/cli/bench.h"
#include "api/cli/load.h"

#include "base/file.h"

#include <openssl/ocsp.h>

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#define TURNS 12			/* connections fall on the threads differently each time */
#define CONNECTIONS 64
#define CONNECTIONS_MAX 1024
#define POOL 2				/* of the library alone: more threads than cores answer less */
#define ASKED 20000			/* different requests */
#define GETS 50000			/* a turn */
#define TARGET 0.8
#define WAIT_MS 5000

OWN_WITH(OCSP_REQUEST, OCSP_REQUEST_free)

/*
 * The limit.
 */

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

static bool
bare_start(pid_t *pid, uint16_t port, size_t len, struct err *e)
{
	*pid = fork();
	if (*pid == 0)
		serve(port, len);
	return *pid > 0 || fail(e, ERR_LATER, "cannot start another process");
}

/*
 * Asking.
 */

struct asking { struct buf request[ASKED]; size_t len; };	/* len: of an answer's body */

/* RFC 6960 A.1: the request in base64, in the address. */
static void
put_path(struct buf *out, X509 *issuer, uint64_t n)
{
	own(OCSP_REQUEST) *request = OCSP_REQUEST_new();
	own(ASN1_INTEGER) *serial = ASN1_INTEGER_new();
	own_struct(buf) text = buf_new(4096);
	struct serial s = bench_city_serial(n);
	unsigned char *der = NULL;
	int len;

	promise(request != NULL && serial != NULL && ASN1_STRING_set(serial, s.octet, SERIAL_LEN) == 1 &&
	    OCSP_request_add0_id(request, OCSP_cert_id_new(EVP_sha256(), X509_get_subject_name(issuer), X509_get0_pubkey_bitstr(issuer), serial)) != NULL);
	len = i2d_OCSP_REQUEST(request, &der);
	promise(len > 0);
	base64_put(&text, span_of(der, (size_t)len));
	OPENSSL_free(der);
	buf_put_str(out, "GET /ocsp/");
	http_put_escaped(out, buf_span(&text));
	buf_put_str(out, " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
}

static void
put_get(void *state, size_t i, struct buf *out)
{
	buf_put_span(out, buf_span(&((struct asking *)state)->request[i % ASKED]));
}

/* Signed answers are all of one length, give or take what ECDSA leaves out. */
static bool
take_signed(void *state, size_t i, unsigned status, struct span body, struct err *e)
{
	struct asking *a = state;

	if (status != 200 || body.len < 100)
		return fail(e, ERR_BUG, "OCSP answered %u with %zu octets: no signed answer", status, body.len);
	a->len = body.len;
	return true;
}

static bool
take_any(void *state, size_t i, unsigned status, struct span body, struct err *e)
{
	return status == 200 || fail(e, ERR_BUG, "answered %u", status);
}

static bool
take_turns(struct asking *a, uint16_t ours, uint16_t bare, struct figure *f, struct err *e)
{
	const struct load city = { .port = ours, .connections = CONNECTIONS, .n = GETS, .request = put_get, .answer = take_signed, .state = a };
	const struct load alone = { .port = bare, .connections = CONNECTIONS, .n = GETS, .request = put_get, .answer = take_any, .state = a };
	double secs = 0, alone_secs = 0, took;

	for (int i = 0; i < TURNS; i++) {
		if (!load_run(&took, &alone, e))
			return false;
		alone_secs += took;
		if (!load_run(&took, &city, e))
			return false;
		secs += took;
	}
	f->value = TURNS * (double)GETS / secs;
	f->limit = TURNS * (double)GETS / alone_secs;
	return true;
}

/* The same folder behind an antin-api as it is configured by default; that of the
 * authority has threads for many orders. */
static bool
start_api(pid_t *pid, uint16_t *port, const struct bench_world *w, struct err *e)
{
	own_str char *conf = xprintf("%s/get.conf", w->dir.path);
	own_str char *port_file = xprintf("%s/get.port", w->dir.path);
	own_str char *text = xprintf("[antin-api]\nrun = %s/run\npublic = %s/public\nlisten = 127.0.0.1:0\nport_file = %s\nhost = 127.0.0.1\nper_address = 1000\n",
	    w->dir.path, w->dir.path, port_file);
	own_struct(buf) said = buf_new(64);
	double ignored = 0;

	if (!file_write(conf, span_str(text), 0600, e) || !bench_daemon(pid, &ignored, w, "antin-api", "get.conf", e) || !file_read(&said, port_file, e))
		return false;
	*port = (uint16_t)strtoul(buf_str(&said), NULL, 10);
	return load_wait(*port, WAIT_MS, e);
}

static bool
measure(struct asking *a, const struct bench_world *w, struct figure *f, struct err *e)
{
	struct load one = { .connections = 1, .n = 1, .request = put_get, .answer = take_signed, .state = a };
	pid_t api = 0, alone = 0;
	uint16_t bare;
	double ignored;
	bool good;

	good = start_api(&api, &one.port, w, e) && load_run(&ignored, &one, e) && load_free_port(&bare, e) && bare_start(&alone, bare, a->len, e) &&
	    load_wait(bare, WAIT_MS, e) && take_turns(a, one.port, bare, f, e);
	bench_daemon_end(alone);
	bench_daemon_end(api);
	return good;
}

bool
bench_ocsp_get(struct bench *b, struct figure *f, struct err *e)
{
	struct asking *a = xalloc(sizeof(*a));
	bool good = bench_city(b, e);

	for (size_t i = 0; good && i < ASKED; i++) {
		a->request[i] = buf_new(4096);
		put_path(&a->request[i], b->city.issuing, i * (BENCH_CITY / ASKED));
	}
	good = good && measure(a, &b->city.world, f, e);
	for (size_t i = 0; i < ASKED; i++)
		buf_drop(&a->request[i]);
	free(a);
	f->unit = "OCSP answers/s by GET, 100,000 certificates, 64 connections";
	f->limit_is = "libmicrohttpd alone, an answer of the same length";
	f->target = TARGET;
	return good;
}
