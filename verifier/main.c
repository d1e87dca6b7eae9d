/*
 * antin-verifier -- what others send is read here, by processes that hold
 * nothing and die with their document; the broker asks the register and words
 * the answer.
 *
 * Holds: the broker, read verbs of the register; the nursery, the published
 * evidence; a worker, one document.
 * Hears: antin-api, antin-ca, antin-signer, the command line.
 * Speaks to: antin-register.
 * Can never: sign, write, open the network; workers not even open a file.
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/jail.h"
#include "base/log.h"
#include "base/start.h"
#include "verifier/broker.h"
#include "verifier/evidence.h"
#include "verifier/proto.h"

#include <stdlib.h>

#define CONNECTIONS_MAX 128
#define REGISTER_WAIT_MS 30000
#define WORKER_MEMORY_MAX (1ull << 30)
#define WORKER_CPU_SECS 5

struct verifier_conf { char *run, *policy, *trust, *public, *host, *golive, *tier, *reg, *telephone, *tiers, *tiers_seen; int64_t uid_base; };

static const struct conf_option options[] = {
	{ "run", CONF_STR, .field = offsetof(struct verifier_conf, run), .doc = "folder of the sockets" },
	{ "uid_base", CONF_INT, .field = offsetof(struct verifier_conf, uid_base), .max = 4000000000, .def = "0", .doc = "first user id, 0: one id for all" },
	{ "policy", CONF_STR, .field = offsetof(struct verifier_conf, policy), .doc = "folder of the policy" },
	{ "trust", CONF_STR, .field = offsetof(struct verifier_conf, trust), .doc = "folder of the anchors and of the log's key" },
	{ "public", CONF_STR, .field = offsetof(struct verifier_conf, public), .doc = "folder of what antin-register publishes" },
	{ "host", CONF_STR, .field = offsetof(struct verifier_conf, host), .doc = "name of the verification page, as printed" },
	{ "telephone", CONF_STR, .field = offsetof(struct verifier_conf, telephone), .def = "1022", .doc = "whom to call, for answers" },
	{ "golive", CONF_STR, .field = offsetof(struct verifier_conf, golive), .def = "2027-01-01", .doc = "first day of permits in this register" },
	{ "tier", CONF_STR, .field = offsetof(struct verifier_conf, tier), .def = "demonstration", .doc = "trust tier of this installation (policy/tiers.xml)" },
	{ "tiers", CONF_STR, .field = offsetof(struct verifier_conf, tiers), .def = "", .doc = "signed list of other authorities by whose anchors foreign documents are judged (none)" },
	{ "tiers_seen", CONF_STR, .field = offsetof(struct verifier_conf, tiers_seen), .def = "", .doc = "file that keeps which of its versions was seen last; needed with tiers" },
	{ "register", CONF_STR, .field = offsetof(struct verifier_conf, reg), .def = "antin-register", .doc = "daemon of the register" },
	{ NULL },
};

static bool
read_tiers(struct tier_list *l, const struct verifier_conf *c, const struct policy *policy, struct err *e)
{
	own(evidence_t) *trust = evidence_new();
	own_struct(buf) octets = buf_new(TIER_LIST_MAX);

	if (c->tiers_seen[0] == '\0')
		return fail(e, ERR_INPUT, "tiers needs tiers_seen");
	return evidence_add_trust(trust, c->trust, e) && file_read(&octets, c->tiers, e) && tier_list_open(l, buf_span(&octets), trust->anchors, policy, clock_now(), e) &&
	    tier_list_seen(l, c->tiers_seen, e);
}

/* Without a list that can be relied on nothing passes under its tiers, and the city's permits
 * are answered all the same. */
static const struct tier_list *
load_tiers(const struct verifier_conf *c, const struct policy *policy)
{
	struct tier_list *l;
	struct err e;

	if (c->tiers[0] == '\0')
		return NULL;
	l = xalloc(sizeof(*l));
	if (read_tiers(l, c, policy, &e))
		return l;
	free(l);
	log_error("%s: %s; foreign documents are judged without it", c->tiers, e.text);
	return NULL;
}

static bool
load(const struct verifier_conf *c, struct broker *b, permit_grammars **grammars, struct err *e)
{
	policy_t *policy;

	if (!policy_load(&policy, c->policy, e) || !permit_grammars_load(grammars, policy, e) ||
	    (!date_parse(&b->golive, c->golive, e) && !fail_in(e, "golive")))
		return false;
	b->policy = policy;
	b->tiers = load_tiers(c, policy);
	b->host = c->host;
	b->telephone = c->telephone;
	b->tier = policy_tier(policy, c->tier);
	b->misses = misses_new();
	b->numbers = misses_new();
	b->tiles = tile_cache_new();
	return b->tier != NULL || fail(e, ERR_INPUT, "there is no trust tier called %.40s", c->tier);
}

static bool
start(const struct verifier_conf *c, struct broker *b, struct serve **door, struct err *e)
{
	struct place place = { c->run, (uid_t)c->uid_base };
	uid_t uid = place_uid(&place, CALLER_VERIFIER);
	own_str char *reg = place_socket(&place, c->reg, CALLER_VERIFIER);
	const struct jail_path paths[] = { { c->public, false }, { c->run, false }, { "/dev/urandom", false }, { NULL } };
	const struct jail jail = { .abilities = JAIL_THREADS | JAIL_UNIX | JAIL_READ | JAIL_FORK | JAIL_MEMFD, .paths = paths, .uid = uid, .gid = uid, .files_max = 1024 };
	struct nursery_settings nursery = { .policy_folder = c->policy, .trust = c->trust, .public = c->public, .uid = uid,
		.memory_max = WORKER_MEMORY_MAX, .cpu_secs = WORKER_CPU_SECS };
	permit_grammars *grammars = NULL;
	const struct serve_route *routes;
	size_t n;

	if (!load(c, b, &grammars, e))
		return false;
	nursery.policy = b->policy;
	nursery.tiers = b->tiers;
	nursery.grammars = grammars;
	routes = broker_routes(&n);
	if (!nursery_start(&b->nursery, &nursery, e) ||
	    !serve_new(door, &place, "antin-verifier", routes, n, VERIFY_MESSAGE_MAX, CONNECTIONS_MAX, e) || !jail_enter(&jail, e))
		return false;
	b->reg = reg_new(reg);
	return reg_wait(b->reg, REGISTER_WAIT_MS, e);
}

int
main(int argc, char **argv)
{
	struct verifier_conf c = { 0 };
	struct broker b = { 0 };
	struct serve *door;
	struct err e;

	start_conf(&c, options, "antin-verifier", argc, argv);
	if (!start(&c, &b, &door, &e))
		return start_refused(&e);
	start_ready();
	if (!serve_run(door, &b, &e))
		log_warn("%s", e.text);
	return 0;
}
