/*
 * antin-verifier -- formats and judgement, for anybody who asks.
 *
 * Broker (this process): hears antin-api, antin-ca, antin-signer, the command
 *	line; asks antin-register for what it may read; parses nothing hostile.
 * Zygote: forks a worker a document; has the policy and the anchors.
 * Worker: one document; can compute and nothing else.
 */
#include "base/file.h"
#include "base/jail.h"
#include "base/log.h"
#include "base/serve.h"
#include "base/start.h"
#include "verifier/broker.h"
#include "verifier/evidence.h"
#include "verifier/proto.h"
#include "verifier/worker.h"

#include <dirent.h>
#include <stdlib.h>

#define CONNECTIONS_MAX 256
#define START_WAIT_MS 60000
#define WORKER_MEMORY (1024ull << 20)
#define WORKER_CPU_SECS 8

struct verifier_conf { char *run, *policy, *trust, *public, *host, *telephone; int64_t uid_base; };

static const struct conf_option options[] = {
	{ "run", CONF_STR, .field = offsetof(struct verifier_conf, run), .doc = "folder of the sockets" },
	{ "uid_base", CONF_INT, .field = offsetof(struct verifier_conf, uid_base), .max = 4000000000, .def = "0", .doc = "first user id, 0: one id for all" },
	{ "policy", CONF_STR, .field = offsetof(struct verifier_conf, policy), .doc = "folder of the policy" },
	{ "trust", CONF_STR, .field = offsetof(struct verifier_conf, trust), .doc = "folder of the anchors (and the log's key)" },
	{ "public", CONF_STR, .field = offsetof(struct verifier_conf, public), .doc = "folder of what is published: CRLs, status lists" },
	{ "host", CONF_STR, .field = offsetof(struct verifier_conf, host), .def = "xacthuc.hoagiang.example", .doc = "name of the page, for answers" },
	{ "telephone", CONF_STR, .field = offsetof(struct verifier_conf, telephone), .def = "1022", .doc = "whom to call, for answers" },
	{ NULL },
};

/* The anchors as a pack, and the log's key beside them. */
static bool
load_trust(struct workshop *w, const struct verifier_conf *c, struct err *e)
{
	own_struct(buf) items = buf_new(4u << 20);
	own_str char *vkey = xprintf("%s/log.vkey", c->public);
	own_struct(buf) key = buf_new(4096);
	struct dirent **list = NULL;
	int n = scandir(c->trust, &list, NULL, alphasort);
	size_t pieces = 0;
	bool good = n >= 0 || fail(e, ERR_ABSENT, "cannot read the anchors in %s", c->trust);
	struct err ignored;

	for (int i = 0; i < n; i++) {
		own_str char *path = xprintf("%s/%s", c->trust, list[i]->d_name);
		own_struct(buf) octets = buf_new(1 << 20);

		if (good && list[i]->d_name[0] != '.' && file_read(&octets, path, &ignored))
			pack_add(&items, &pieces, list[i]->d_name, buf_span(&octets));
		free(list[i]);
	}
	free(list);
	if (file_read(&key, vkey, &ignored))
		pack_add(&items, &pieces, "log.vkey", buf_span(&key));
	w->trust = buf_new(5u << 20);
	pack_end(&w->trust, buf_span(&items), pieces);
	return good && (pieces > 0 || fail(e, ERR_ABSENT, "there is no anchor in %s", c->trust));
}

static bool
start(struct broker *b, struct workshop *w, const struct verifier_conf *c, struct serve **door, struct err *e)
{
	struct place place = { c->run, (uid_t)c->uid_base };
	uid_t uid = place_uid(&place, CALLER_VERIFIER);
	own_str char *reg_socket = place_socket(&place, "antin-register", CALLER_VERIFIER);
	const struct jail_path paths[] = { { c->public, false }, { NULL } };
	const struct jail jail = { .abilities = JAIL_THREADS | JAIL_UNIX | JAIL_READ | JAIL_MEMFD | JAIL_FORK, .paths = paths, .uid = uid, .gid = uid };
	struct zygote_settings settings = { .state = w, .work = work, .memory_max = WORKER_MEMORY, .cpu_secs = WORKER_CPU_SECS, .uid = uid };
	const struct serve_route *routes;
	size_t n = broker_routes(&routes);
	struct policy *policy;

	if (!policy_load(&policy, c->policy, e) || !permit_grammars_load(&w->grammars, policy, c->policy, e) || !load_trust(w, c, e))
		return false;
	w->policy = b->policy = policy;
	/* The zygote has no door: it is forked before one is opened. */
	if (!zygote_start(&b->zygote, &settings, e) || !serve_new(door, &place, "antin-verifier", routes, n, VERIFY_MESSAGE_MAX, CONNECTIONS_MAX, e))
		return false;
	b->reg = reg_new(reg_socket);
	b->public_folder = c->public;
	b->host = c->host;
	b->telephone = c->telephone;
	b->misses = misses_new();
	return jail_enter(&jail, e) && reg_wait(b->reg, START_WAIT_MS, e);
}

int
main(int argc, char **argv)
{
	static struct broker b;
	static struct workshop w;
	struct verifier_conf c = { 0 };
	struct serve *door;
	struct err e;

	start_conf(&c, options, "antin-verifier", argc, argv);
	if (!start(&b, &w, &c, &door, &e))
		return start_refused(&e);
	start_ready();
	if (!serve_run(door, &b, &e))
		log_warn("%s", e.text);
	zygote_stop(b.zygote);
	return 0;
}
