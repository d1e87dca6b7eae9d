/*
 * antin-api -- the service's face: HTTP in, messages to the daemons out.
 *
 * Holds: a listening socket, the folder `public` for reading, and the site's TLS
 *	key, which proves the host's name and nothing else (none where a proxy
 *	in front speaks TLS).
 * Hears: the world; programs may show a client certificate.
 * Speaks to: antin-ca, antin-signer, antin-verifier, antin-tsa.
 * Can never: reach a signing key, the database or its verbs; open a
 * connection to another machine; write a file.
 */
#include "api/batch.h"
#include "api/checks.h"
#include "api/forward.h"
#include "api/events.h"
#include "api/ocsp.h"
#include "api/routes.h"
#include "base/file.h"
#include "base/jail.h"
#include "base/log.h"
#include "base/serve.h"
#include "base/start.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct api_conf {
	char *run, *public, *listen, *port_file, *host, *site, *proxy, *tls_certificate, *tls_key, *client_ca;
	int64_t uid_base, connections, per_address, threads;
};

#define OPTION(name) .field = offsetof(struct api_conf, name)
static const struct conf_option options[] = {
	{ "run", CONF_STR, OPTION(run), .doc = "folder of the sockets" },
	{ "uid_base", CONF_INT, OPTION(uid_base), .max = 4000000000, .def = "0", .doc = "first user id, 0: one id for all" },
	{ "public", CONF_STR, OPTION(public), .doc = "folder of what the world may copy, written by antin-register" },
	{ "listen", CONF_STR, OPTION(listen), .def = "127.0.0.1:8080", .doc = "address:port; port 0 lets the system choose" },
	{ "port_file", CONF_STR, OPTION(port_file), .def = "", .doc = "file that is told the port" },
	{ "host", CONF_STR, OPTION(host), .doc = "the name printed on paper, such as xacthuc.hoagiang.example" },
	{ "site", CONF_STR, OPTION(site), .def = "Xác thực giấy phép", .doc = "name of the service, for people" },
	{ "proxy", CONF_STR, OPTION(proxy), .def = "", .doc = "IPv4 address of the proxy in front, whose X-Forwarded-For tells who asks; then raise per_address" },
	{ "tls_certificate", CONF_STR, OPTION(tls_certificate), .def = "", .doc = "PEM, the site's certificate and those above it; with tls_key and client_ca" },
	{ "tls_key", CONF_STR, OPTION(tls_key), .def = "", .doc = "PEM, its key; readable by its owner alone" },
	{ "client_ca", CONF_STR, OPTION(client_ca), .def = "", .doc = "PEM, the authorities that programs' certificates lead to" },
	{ "connections", CONF_INT, OPTION(connections), .min = 64, .max = 20000, .def = "1000", .doc = "at once" },
	{ "per_address", CONF_INT, OPTION(per_address), .min = 1, .max = 20000, .def = "64", .doc = "connections at once from one address" },
	{ "threads", CONF_INT, OPTION(threads), .min = 1, .max = 256, .def = "16", .doc = "requests answered at once" },
	{ NULL },
};

#define HEADER_MAX (16u << 10)	/* the library clears as much for each request */
#define BODIES_MAX (256u << 20)
#define IDLE_SECS 30
#define REQUEST_SECS 120
#define PUBLIC_SLACK 256

/* The socket and its note are made before the jail closes. */
static bool
open_door(int *door, const struct api_conf *c, struct err *e)
{
	char text[16];
	uint16_t port;

	if (!http_listen(door, &port, c->listen, e))
		return false;
	snprintf(text, sizeof(text), "%u\n", port);
	if (c->port_file[0] != 0 && !file_write(c->port_file, span_str(text), 0644, e))
		return false;
	log_info("listening on port %u", port);
	return true;
}

/* All of TLS or nothing of it: a file forgotten is no plain HTTP. */
static bool
read_tls(struct tls_site *tls, const struct api_conf *c, struct err *e)
{
	int given = (c->tls_certificate[0] != 0) + (c->tls_key[0] != 0) + (c->client_ca[0] != 0);

	if (given != 0 && given != 3)
		return fail(e, ERR_INPUT, "tls_certificate, tls_key and client_ca are given together or not at all");
	return given == 0 || tls_site_read(tls, c->tls_certificate, c->tls_key, c->client_ca, e);
}

static bool
close_jail(const struct api_conf *c, struct err *e)
{
	struct place place = { c->run, (uid_t)c->uid_base };
	uid_t uid = place_uid(&place, CALLER_API);
	const struct jail_path paths[] = { { c->public, false }, { c->run, false }, { "/dev/urandom", false }, { NULL } };
	const struct jail jail = { .abilities = JAIL_THREADS | JAIL_UNIX | JAIL_INET | JAIL_READ | JAIL_MEMFD,
		.paths = paths, .uid = uid, .gid = uid, .files_max = (unsigned)c->connections + PUBLIC_SLACK };

	return jail_enter(&jail, e);
}

static bool
wait_for_end(struct err *e)
{
	sigset_t set;
	struct pollfd p;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	p = (struct pollfd){ .fd = signalfd(-1, &set, SFD_CLOEXEC), .events = POLLIN };
	if (p.fd < 0)
		return fail(e, ERR_BUG, "signalfd: %s", strerror(errno));
	while (poll(&p, 1, -1) < 0 && errno == EINTR)
		;
	close(p.fd);
	return true;
}

/* Before any thread: they inherit it. */
static void
block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	promise(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	signal(SIGPIPE, SIG_IGN);
}

int
main(int argc, char **argv)
{
	struct api_conf c = { 0 };
	struct api api = { 0 };
	struct http_site site;
	struct http_limits limits = { .header_max = HEADER_MAX, .bodies_max = BODIES_MAX,
		.idle_secs = IDLE_SECS, .request_secs = REQUEST_SECS };
	struct tls_site tls = { .key = { NULL } };
	struct http *http;
	struct err e;
	int door;

	start_conf(&c, options, "antin-api", argc, argv);
	site = routes_site(&api, c.proxy);
	limits.threads = (unsigned)c.threads;
	limits.connections = (unsigned)c.connections;
	limits.per_address = (unsigned)c.per_address;
	block_signals();
	if (!read_tls(&tls, &c, &e) || !open_door(&door, &c, &e) || !close_jail(&c, &e))
		return start_refused(&e);
	api = (struct api){ .public = c.public, .host = c.host, .site = c.site };
	api.ocsp = ocsp_shelf_new(c.public);
	api_peers(&api, c.run);
	api.streams = streams_new();
	api.batches = batches_new();
	api.checks = checks_new();
	api.signings = signings_new();
	if (!http_start(&http, door, &limits, &site, tls.key.len > 0 ? &tls : NULL, &e))
		return start_refused(&e);
	tls_site_drop(&tls);
	if (!events_watch(&api, http, &e))
		return start_refused(&e);
	start_ready();
	if (!wait_for_end(&e))
		log_warn("%s", e.text);
	events_watch_end(&api);
	http_stop(http);
	return 0;
}
