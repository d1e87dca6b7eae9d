/*
 * antin-witness -- cosigns the checkpoints of logs, each after a proof that it
 * grew from the last (c2sp.org/tlog-witness); run by another authority than the
 * one whose log it watches, or it proves nothing.
 *
 * Holds: its own key, and of every log the last checkpoint it cosigned.
 * Hears: anyone, over HTTP (TLS is the business of a proxy in front).
 * Speaks to: nobody.
 * Can never: cosign two views of one log; open a connection.
 *
 *	antin-witness --config FILE [--section NAME]
 *	antin-witness keygen --key FILE --name NAME	makes a key; prints what logs and policies need of it
 *	antin-witness vkey --key FILE --name NAME	prints it again
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/http.h"
#include "base/jail.h"
#include "base/log.h"
#include "base/start.h"
#include "register/witness.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

struct witness_conf {
	char *listen, *port_file, *prefix, *name, *key, *logs, *state;
	int64_t uid, connections, per_address, threads;
};

#define OPTION(name) .field = offsetof(struct witness_conf, name)
static const struct conf_option options[] = {
	{ "listen", CONF_STR, OPTION(listen), .def = "127.0.0.1:8090", .doc = "address:port; port 0 lets the system choose" },
	{ "port_file", CONF_STR, OPTION(port_file), .def = "", .doc = "file that is told the port" },
	{ "prefix", CONF_STR, OPTION(prefix), .def = "", .doc = "path before /add-checkpoint and /<hash>/checkpoint" },
	{ "name", CONF_STR, OPTION(name), .doc = "the witness's name, such as thanhtra.hoagiang.example/w1" },
	{ "key", CONF_STR, OPTION(key), .doc = "its key (keygen); readable by its owner alone" },
	{ "logs", CONF_STR, OPTION(logs), .doc = "policy file whose log lines say which logs, with which keys" },
	{ "state", CONF_STR, OPTION(state), .doc = "folder of witness.db" },
	{ "uid", CONF_INT, OPTION(uid), .max = 4000000000, .def = "0", .doc = "user id to become, 0: stay" },
	{ "connections", CONF_INT, OPTION(connections), .min = 16, .max = 20000, .def = "256", .doc = "at once" },
	{ "per_address", CONF_INT, OPTION(per_address), .min = 1, .max = 20000, .def = "32", .doc = "connections at once from one address" },
	{ "threads", CONF_INT, OPTION(threads), .min = 1, .max = 64, .def = "4", .doc = "requests answered at once" },
	{ NULL },
};

#define HEADER_MAX (16u << 10)
#define BODIES_MAX (16u << 20)
#define IDLE_SECS 30
#define REQUEST_SECS 20

struct site { struct witness *witness; const char *prefix; };

static const char add_checkpoint[] = "/add-checkpoint", checkpoint[] = "/checkpoint";

/* What stands after the prefix; NULL for another path. */
static const char *
path_of(const struct site *s, const struct http_request *r)
{
	size_t n = strlen(s->prefix);

	return strncmp(r->path, s->prefix, n) == 0 && r->path[n] == '/' ? r->path + n : NULL;
}

/* /<hex of 32 octets>/checkpoint */
static bool
names_log(char hex[2 * HASH_LEN + 1], const char *path)
{
	if (strlen(path) != 1 + 2 * HASH_LEN + strlen(checkpoint) || strcmp(path + 1 + 2 * HASH_LEN, checkpoint) != 0)
		return false;
	snprintf(hex, 2 * HASH_LEN + 1, "%s", path + 1);
	return strspn(hex, "0123456789abcdef") == 2 * HASH_LEN;
}

static bool
admit(void *state, struct http_request *r, size_t *body_max, struct http_reply *out)
{
	const char *path = path_of(state, r);
	char hex[2 * HASH_LEN + 1];
	bool add = path != NULL && strcmp(path, add_checkpoint) == 0, show = path != NULL && names_log(hex, path);
	struct err e;

	*body_max = add ? WITNESS_REQUEST_MAX : 0;
	if ((add && strcmp(r->method, "POST") == 0) || (show && (strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0)))
		return true;
	if (add || show) {
		(void)!fail(&e, ERR_INPUT, "this address takes %s", add ? "POST" : "GET");
		out->extra.name = "Allow";
		out->extra.value = add ? "POST" : "GET, HEAD";
		http_problem(out, 405, &e);
	} else {
		(void)!fail(&e, ERR_ABSENT, "there is nothing at this address");
		http_refuse(out, &e);
	}
	return false;
}

static void
run(void *state, const struct http_request *r, struct http_reply *out)
{
	struct site *s = state;
	char hex[2 * HASH_LEN + 1];
	struct witness_answer a;

	if (names_log(hex, path_of(s, r)))
		witness_show(s->witness, hex, &a);
	else
		witness_add(s->witness, r->body, clock_now(), &a);
	out->status = a.status;
	out->type = a.type;
	buf_put_span(&out->body, buf_span(&a.body));
	witness_answer_drop(&a);
}

/*
 * The process.
 */

static bool
open_door(int *door, const struct witness_conf *c, struct err *e)
{
	char text[16];
	uint16_t port;

	if (c->prefix[0] != '\0' && (c->prefix[0] != '/' || c->prefix[strlen(c->prefix) - 1] == '/'))
		return fail(e, ERR_INPUT, "prefix: it begins with a slash and does not end with one");
	if (!http_listen(door, &port, c->listen, e))
		return false;
	snprintf(text, sizeof(text), "%u\n", port);
	log_info("%s is listening on port %u", c->name, port);
	return c->port_file[0] == '\0' || file_write(c->port_file, span_str(text), 0644, e);
}

/* Key, policy and door first; then the jail; then the memory, as the user that
 * owns it. */
static bool
start(const struct witness_conf *c, struct site *s, int *door, struct err *e)
{
	const struct jail_path paths[] = { { c->state, true }, { "/dev/urandom", false }, { NULL } };
	const struct jail jail = { .abilities = JAIL_THREADS | JAIL_INET | JAIL_READ | JAIL_WRITE, .paths = paths,
		.uid = (uid_t)c->uid, .gid = (gid_t)c->uid, .files_max = (unsigned)c->connections + 64 };
	struct log_policy *logs = xalloc(sizeof(*logs));
	struct witness_key *key;
	own_str char *database = xprintf("%s/witness.db", c->state);

	umask(077);
	if (!log_policy_read(logs, c->logs, e) || !witness_key_read(&key, c->key, c->name, e))
		return false;
	if (logs->nlogs == 0)
		return fail(e, ERR_INPUT, "%s names no log", c->logs);
	s->prefix = c->prefix;
	return open_door(door, c, e) && jail_enter(&jail, e) && witness_new(&s->witness, logs, key, database, e);
}

/* Before any thread: they inherit it. */
static int
block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	promise(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int
serve(int argc, char **argv)
{
	const struct http_limits fixed = { .header_max = HEADER_MAX, .bodies_max = BODIES_MAX, .idle_secs = IDLE_SECS, .request_secs = REQUEST_SECS };
	struct witness_conf c = { 0 };
	struct http_limits limits = fixed;
	struct site s = { NULL, NULL };
	struct http_site site = { admit, run, &s, "" };
	struct pollfd stop = { .events = POLLIN };
	struct http *http;
	struct err e;
	int door;

	start_conf(&c, options, "antin-witness", argc, argv);
	limits.threads = (unsigned)c.threads;
	limits.connections = (unsigned)c.connections;
	limits.per_address = (unsigned)c.per_address;
	stop.fd = block_signals();
	if (!start(&c, &s, &door, &e) || !http_start(&http, door, &limits, &site, NULL, &e))
		return start_refused(&e);
	start_ready();
	while (poll(&stop, 1, -1) < 0 && errno == EINTR)
		continue;
	http_stop(http);
	witness_free(s.witness);
	return 0;
}

/* keygen and vkey. */
static int
about_key(bool make, int argc, char **argv)
{
	const char *key = NULL, *name = NULL;
	own(witness_key_t) *k = NULL;
	own_struct(buf) vkey = buf_new(1024);
	struct err e;

	for (int i = 0; i + 1 < argc; i += 2)
		if (strcmp(argv[i], "--key") == 0)
			key = argv[i + 1];
		else if (strcmp(argv[i], "--name") == 0)
			name = argv[i + 1];
	if (argc != 4 || key == NULL || name == NULL) {
		fprintf(stderr, "usage: antin-witness keygen|vkey --key FILE --name NAME\n");
		return 64;
	}
	if ((make && !witness_key_make(key, &e)) || !witness_key_read(&k, key, name, &e)) {
		fprintf(stderr, "antin-witness: %s\n", e.text);
		return err_exit(e.class);
	}
	note_key_text(&vkey, witness_key_name(k));
	printf("%s\n", buf_str(&vkey));
	return 0;
}

int
main(int argc, char **argv)
{
	bool make = argc > 1 && strcmp(argv[1], "keygen") == 0;

	if (make || (argc > 1 && strcmp(argv[1], "vkey") == 0))
		return about_key(make, argc - 2, argv + 2);
	return serve(argc, argv);
}
