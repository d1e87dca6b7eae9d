/*
 * antin-register -- the durable memory.
 *
 * Holds: the database, as its only writer on this machine.  No key.
 * Hears: antin-ca, antin-signer, antin-tsa, antin-verifier's broker.
 * Speaks to: the antin-hsm of the log's token (one message), antin-courier.
 * Can never: run a verb that its caller may not call; reach the network, unless
 * its database is a server at an address.
 */
#include "base/cbor.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/jail.h"
#include "base/log.h"
#include "base/serve.h"
#include "base/start.h"
#include "register/proto.h"
#include "register/hold.h"
#include "register/publish.h"
#include "register/report_publish.h"
#include "register/witnessing.h"

#include <sys/stat.h>
#include <unistd.h>

#define CONNECTIONS_MAX 256

struct register_conf {
	char *run, *state, *public, *origin, *key, *database, *standby, *witness_policy, *courier, *vkey;
	int64_t uid_base, report_every, age;
	bool replica;
};

static const struct conf_option options[] = {
	{ "run", CONF_STR, .field = offsetof(struct register_conf, run), .doc = "folder of the sockets" },
	{ "uid_base", CONF_INT, .field = offsetof(struct register_conf, uid_base), .max = 4000000000, .def = "0", .doc = "first user id, 0: one id for all" },
	{ "state", CONF_STR, .field = offsetof(struct register_conf, state), .doc = "folder of register.db, where that is the database" },
	{ "public", CONF_STR, .field = offsetof(struct register_conf, public), .doc = "folder of what the world may copy" },
	{ "origin", CONF_STR, .field = offsetof(struct register_conf, origin), .doc = "name of the log, such as xacthuc.hoagiang.example/register" },
	{ "key", CONF_STR, .field = offsetof(struct register_conf, key), .def = "antin-hsm-log", .doc = "daemon of the log's token" },
	{ "database", CONF_STR, .field = offsetof(struct register_conf, database), .def = "", .doc = "file, or postgresql://... without a password; default: STATE/register.db" },
	{ "standby", CONF_STR, .field = offsetof(struct register_conf, standby), .def = "", .doc = "application_name of the standby that must follow synchronously" },
	{ "witness_policy", CONF_STR, .field = offsetof(struct register_conf, witness_policy), .def = "", .doc = "policy file (c2sp.org/tlog-policy): which witnesses cosign, how many of them count; empty: none" },
	{ "courier", CONF_STR, .field = offsetof(struct register_conf, courier), .def = "antin-courier", .doc = "daemon that carries checkpoints to the witnesses" },
	{ "report_every", CONF_INT, .field = offsetof(struct register_conf, report_every), .max = 366 * 86400, .def = "86400", .doc = "seconds between reports, counted from midnight in Vietnam; 0: none" },
	{ "replica", CONF_BOOL, .field = offsetof(struct register_conf, replica), .def = "no", .doc = "only reads, from a database that follows another" },
	{ "age", CONF_INT, .field = offsetof(struct register_conf, age), .min = BEAT_SECS, .max = 86400, .def = "300", .doc = "replica: seconds behind which nothing is answered" },
	{ "vkey", CONF_STR, .field = offsetof(struct register_conf, vkey), .def = "", .doc = "replica: file with the log's key (log.vkey)" },
	{ NULL },
};

struct state { struct runner *runner; struct publisher *publisher; struct reporter *reporter; struct witnessing *witnessing; };

static bool
take_units(struct runner_unit *u, size_t *n, struct span body, struct err *e)
{
	struct cbor c = cbor_read(body);

	if (!cbor_get_array(&c, n, "units", e))
		return false;
	if (*n < 1 || *n > REG_UNITS_MAX)
		return fail(e, ERR_LIMIT, "1 to %d units at once", REG_UNITS_MAX);
	for (size_t i = 0; i < *n; i++)
		if (!cbor_get_bytes(&c, &u[i].unit, "unit", e))
			return false;
	return cbor_end(&c, "units", e);
}

static bool
on_run(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	struct state *s = state;
	struct runner_unit u[REG_UNITS_MAX];
	own_struct(buf) results = buf_new(REG_MESSAGE_MAX);
	size_t n;

	if (!take_units(u, &n, msg_span(in, 0), e))
		return false;
	for (size_t i = 0; i < n; i++)
		u[i].result = buf_new(REG_MESSAGE_MAX);
	runner_units(s->runner, who, u, n);
	cbor_put_array(&results, n);
	for (size_t i = 0; i < n; i++) {
		if (u[i].good)
			cbor_put_bytes(&results, buf_span(&u[i].result));
		else
			cbor_put_refusal(&results, &u[i].e);
		buf_drop(&u[i].result);
	}
	msg_put(out, buf_span(&results));
	return true;
}

static bool
on_read(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	struct state *s = state;
	own_struct(buf) rows = buf_new(REG_MESSAGE_MAX);
	struct as_of as_of;

	if (!runner_read(s->runner, who, msg_str(in, 0), msg_span(in, 1), &rows, &as_of, e))
		return false;
	msg_put(out, buf_span(&rows));
	msg_put_u64(out, as_of.size);
	msg_put_u64(out, (uint64_t)as_of.time);
	return true;
}

static bool
on_flush(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	struct state *s = state;

	return publisher_flush(s->publisher, e);
}

#define ROUTE(name, callers, in, out) { { name, #name, callers, in, out }, route_##name },
#define route_REG_RUN on_run
#define route_REG_READ on_read
#define route_REG_FLUSH on_flush
static const struct serve_route routes[] = { REG_MESSAGES(ROUTE) };

#define FIXED_PATHS 4		/* and vkey */

/* The network and the password's file are open only to a register that has a
 * server to reach. */
static bool
enter_jail(const struct register_conf *c, const struct store_needs *needs, uid_t uid, struct err *e)
{
	struct jail_path paths[FIXED_PATHS + 1 + sizeof(needs->file) / sizeof(needs->file[0]) + 1] = {
		{ c->state, true }, { c->public, true }, { "/dev/urandom", false }, { c->run, false } };
	struct jail jail = { .abilities = JAIL_THREADS | JAIL_UNIX | JAIL_READ | JAIL_WRITE, .paths = paths, .uid = uid, .gid = uid, .files_max = 1024 };

	for (size_t i = 0; i < needs->files; i++)
		paths[FIXED_PATHS + i] = (struct jail_path){ needs->file[i], false };
	if (c->replica)
		paths[FIXED_PATHS + needs->files] = (struct jail_path){ c->vkey, false };
	if (needs->inet)
		jail.abilities |= JAIL_CONNECT;
	return jail_enter(&jail, e);
}

/* policy: NULL where no witness is asked. */
static bool
start_witnessing(const struct register_conf *c, struct state *s, const struct log_policy *policy, const char *database, struct err *e)
{
	struct place place = { c->run, (uid_t)c->uid_base };
	own_str char *courier = place_socket(&place, c->courier, CALLER_REGISTER);

	return policy == NULL || (witnessing_new(&s->witnessing, s->publisher, database, policy, courier, e) && witnessing_roll_call(s->witnessing, e));
}

static bool
begin_writer(const struct register_conf *c, struct state *s, const char *database, const char *key, const struct log_policy *policy, struct err *e)
{
	static struct hold held;	/* until the process ends */

	return hold_register(&held, database, e) && runner_new(&s->runner, database, c->origin, e) &&
	    (c->standby[0] == '\0' || runner_check_standby(s->runner, c->standby, e)) &&
	    publisher_new(&s->publisher, s->runner, c->public, c->origin, key, e) &&
	    reporter_new(&s->reporter, s->runner, c->public, c->report_every, clock_now(), e) &&
	    start_witnessing(c, s, policy, database, e);
}

static bool
begin_replica(const struct register_conf *c, struct state *s, const char *database, struct err *e)
{
	return runner_new_replica(&s->runner, database, c->age, e) &&
	    publisher_new_replica(&s->publisher, s->runner, c->public, c->origin, c->vkey, e);
}

/* Folders and sockets first, as root where it was started so; then the jail;
 * then the database, as the user that will own its files. */
static bool
start(const struct register_conf *c, struct state *s, struct serve **door, struct err *e)
{
	struct place place = { c->run, (uid_t)c->uid_base };
	uid_t uid = place_uid(&place, CALLER_REGISTER);
	own_str char *key = place_socket(&place, c->key, CALLER_REGISTER);
	char *database = c->database[0] != '\0' ? c->database : xprintf("%s/register.db", c->state);
	struct log_policy *policy = c->witness_policy[0] != '\0' ? xalloc(sizeof(*policy)) : NULL;
	own_struct(store_needs) needs = { .files = 0 };

	umask(022);
	if (c->replica && (!store_is_server(database) || c->vkey[0] == '\0'))
		return fail(e, ERR_INPUT, "a replica has a server as its database, and vkey");
	if (c->replica && policy != NULL)
		return fail(e, ERR_INPUT, "a replica asks no witness: leave witness_policy out");
	return (policy == NULL || log_policy_read(policy, c->witness_policy, e)) && store_needs(&needs, database, e) &&
	    serve_new(door, &place, "antin-register", routes, sizeof(routes) / sizeof(routes[0]), REG_MESSAGE_MAX, CONNECTIONS_MAX, e) &&
	    enter_jail(c, &needs, uid, e) && (c->replica ? begin_replica(c, s, database, e) : begin_writer(c, s, database, key, policy, e));
}

int
main(int argc, char **argv)
{
	struct register_conf c = { 0 };
	struct state s = { 0 };
	struct serve *door;
	struct err e;

	start_conf(&c, options, "antin-register", argc, argv);
	if (!start(&c, &s, &door, &e))
		return start_refused(&e);
	publisher_start(s.publisher);
	if (s.reporter != NULL)
		reporter_start(s.reporter);
	if (s.witnessing != NULL)
		witnessing_start(s.witnessing);
	start_ready();
	if (!serve_run(door, &s, &e))
		log_warn("%s", e.text);
	if (s.reporter != NULL)
		reporter_stop(s.reporter);
	if (s.witnessing != NULL)
		witnessing_stop(s.witnessing);
	publisher_stop(s.publisher);
	runner_stop(s.runner);
	return 0;
}
