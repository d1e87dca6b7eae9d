/*
 * antin-ca -- the certification authority: requests, orders, certificates,
 * revocation, the CRL.
 *
 * Holds: nothing but its connections.
 * Hears: antin-api, the command line.
 * Speaks to: antin-register, antin-verifier (its workers read certificate
 * requests), the antin-hsm of the issuing token.
 * Can never: open the network, see a permit's key, issue without a recorded
 * order of somebody else (but what the ceremony names, and its OCSP responder's
 * certificate again on the same key).
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/jail.h"
#include "base/log.h"
#include "base/serve.h"
#include "base/start.h"
#include "ca/ceremony.h"
#include "ca/crl_issue.h"
#include "ca/issue.h"
#include "ca/left_behind.h"
#include "ca/list.h"
#include "ca/ocsp_issue.h"
#include "ca/orders.h"
#include "ca/proto.h"
#include "ca/request.h"
#include "ca/responder_renew.h"
#include "ca/roll_over.h"

#include <unistd.h>

#define CONNECTIONS_MAX 256
#define START_WAIT_MS 30000

struct ca_conf {
	char *run, *policy, *root, *ceremony, *key, *verifier;
	int64_t uid_base;
};

static const struct conf_option options[] = {
	{ "run", CONF_STR, .field = offsetof(struct ca_conf, run), .doc = "folder of the sockets" },
	{ "uid_base", CONF_INT, .field = offsetof(struct ca_conf, uid_base), .max = 4000000000, .def = "0", .doc = "first user id, 0: one id for all" },
	{ "policy", CONF_STR, .field = offsetof(struct ca_conf, policy), .doc = "folder of the policy" },
	{ "root", CONF_STR, .field = offsetof(struct ca_conf, root), .doc = "the root certificate, by hand from the ceremony" },
	{ "ceremony", CONF_STR, .field = offsetof(struct ca_conf, ceremony), .doc = "the ceremony's bundle" },
	{ "key", CONF_STR, .field = offsetof(struct ca_conf, key), .def = "antin-hsm-issuing", .doc = "daemon of the issuing token" },
	{ "verifier", CONF_STR, .field = offsetof(struct ca_conf, verifier), .def = "antin-verifier", .doc = "daemon whose workers read certificate requests" },
	{ NULL },
};

static bool
on_request(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	own_struct(buf) answer = buf_new(CA_MESSAGE_MAX);

	if (!request_submit(state, msg_str(in, 0), clock_now(), &answer, e))
		return false;
	msg_put(out, buf_span(&answer));
	return true;
}

static bool
on_order(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	own_struct(buf) answer = buf_new(CA_MESSAGE_MAX);
	struct authority *a = state;
	bool good;

	atomic_fetch_add(&a->orders, 1);
	good = order_carry_out(a, msg_span(in, 0), clock_now(), &answer, e);
	atomic_fetch_sub(&a->orders, 1);
	if (!good)
		return false;
	msg_put(out, buf_span(&answer));
	return true;
}

static bool
on_list(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	own_struct(buf) answer = buf_new(CA_MESSAGE_MAX);

	if (!list_answer(state, msg_span(in, 0), msg_str(in, 1), clock_now(), &answer, e))
		return false;
	msg_put(out, buf_span(&answer));
	return true;
}

static bool
on_certificate(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	own_struct(buf) der = buf_new(CA_MESSAGE_MAX);

	if (!list_certificate(state, msg_str(in, 0), &der, e))
		return false;
	msg_put(out, buf_span(&der));
	return true;
}

#define ROUTE(name, callers, in, out) { { name, #name, callers, in, out }, route_##name },
#define route_CA_REQUEST on_request
#define route_CA_ORDER on_order
#define route_CA_LIST on_list
#define route_CA_CERTIFICATE on_certificate
static const struct serve_route routes[] = { CA_MESSAGES(ROUTE) };

/* Files are read before the jail closes. */
static bool
read_files(const struct ca_conf *c, struct authority *a, struct ceremony *ceremony, struct buf *bundle, struct err *e)
{
	own_struct(buf) file = buf_new(1 << 16);
	own(policy_t) *policy = NULL;
	own(X509) *root = NULL;

	if (!policy_load(&policy, c->policy, e))
		return false;
	a->policy = take(&policy);
	return file_read(&file, c->root, e) && cert_from_any(&root, buf_span(&file), e) &&
	    file_read(bundle, c->ceremony, e) && ceremony_open(ceremony, buf_span(bundle), root, a->policy, e);
}

static struct ca_conf conf;

/* Each generation has a token of its own: "<key>", "<key>-2" ... */
static struct hsm *
token_of(const struct generation *g)
{
	const struct place place = { conf.run, (uid_t)conf.uid_base };
	own_str char *name = g->n == 1 ? xstrdup(conf.key) : xprintf("%s-%d", conf.key, (int)g->n);
	own_str char *hsm = place_socket(&place, name, CALLER_CA);

	return hsm_new(hsm);
}

static void
connect_all(const struct ca_conf *c, struct authority *a)
{
	const struct place place = { c->run, (uid_t)c->uid_base };
	own_str char *reg = place_socket(&place, "antin-register", CALLER_CA);
	own_str char *verifier = place_socket(&place, c->verifier, CALLER_CA);

	a->reg = reg_new(reg);
	a->gate = gate_new(verifier);
	a->left = left_behind_new();
	a->token = token_of;
	roll_over_connect(a->newest);
}

static bool
enter_jail(const struct ca_conf *c, struct err *e)
{
	const struct place place = { c->run, (uid_t)c->uid_base };
	uid_t uid = place_uid(&place, CALLER_CA);
	const struct jail_path paths[] = { { c->run, false }, { "/dev/urandom", false }, { NULL } };
	const struct jail jail = { .abilities = JAIL_THREADS | JAIL_UNIX | JAIL_READ | JAIL_MEMFD, .paths = paths, .uid = uid, .gid = uid, .files_max = 1024 };

	return jail_enter(&jail, e);
}

static bool
adopt_policy(struct authority *a, struct err *e)
{
	own_struct(reg_unit) ask = reg_read_new("policy.last");
	own_struct(reg_rows) rows = { .left = 0 };
	own_struct(reg_unit) u = reg_unit_new();
	struct reg_cell c[3];
	bool recorded;

	reg_text(&ask, "what", "policy");
	if (!reg_read(a->reg, &ask, &rows, e) || !reg_next(&rows, c, 3, &recorded, e))
		return false;
	if (recorded && span_eq(c[0].s, span_of(a->policy->hash, sizeof(a->policy->hash))))
		return true;
	reg_verb(&u, "policy.adopt");
	reg_text(&u, "org", a->org);
	reg_text(&u, "what", "policy");
	reg_bytes(&u, "hash", span_of(a->policy->hash, sizeof(a->policy->hash)));
	reg_null(&u, "body");
	return authority_run(a, "policy", &u, NULL, e);
}

static bool
wait_for_token(struct authority *a, struct err *e)
{
	struct generation *newest = a->newest;

	return hsm_wait(newest->hsm, START_WAIT_MS, e);
}

/* Of an older generation, whose token may be away, the timer makes it later. */
static bool
first_crls(struct authority *a, int64_t now, struct err *e)
{
	struct generation *newest = a->newest;
	struct err why;

	if (!crl_issue_first(newest, now, e))
		return false;
	for (struct generation *g = newest->older; g != NULL; g = g->older)
		if (!crl_issue_first(g, now, &why))
			log_warn("generation %lld: no CRL: %s", (long long)g->n, why.text);
	return true;
}

/* What a crash left is put right before anything is heard; the CRL that a start
 * always makes shows it, and what was revoked just before the crash. */
static bool
begin(struct authority *a, const struct ceremony *ceremony, struct span bundle, struct err *e)
{
	int64_t now = clock_now();
	size_t voided;

	if (!reg_wait(a->reg, START_WAIT_MS, e) || !adopt_policy(a, e) || !issue_recover(a, now, &voided, e) ||
	    !roll_over_follow(a, now, e) || !wait_for_token(a, e) || !ceremony_adopt(a, ceremony, bundle, now, e) || !first_crls(a, now, e))
		return false;
	if (voided > 0)
		log_warn("%zu reservations without a certificate were voided and are on the CRL", voided);
	return true;
}

static bool
start(const struct ca_conf *c, struct authority *a, struct serve **door, struct err *e)
{
	const struct place place = { c->run, (uid_t)c->uid_base };
	own_struct(ceremony) ceremony = { .json = NULL };
	own_struct(buf) bundle = buf_new(CEREMONY_MAX);
	int64_t now = clock_now();

	if (!read_files(c, a, &ceremony, &bundle, e) ||
	    !authority_take(a, X509_dup(ceremony.root), X509_dup(ceremony.issuing), ceremony.site, now, e))
		return false;
	connect_all(c, a);
	return serve_new(door, &place, "antin-ca", routes, sizeof(routes) / sizeof(routes[0]), CA_MESSAGE_MAX, CONNECTIONS_MAX, e) &&
	    enter_jail(c, e) && begin(a, &ceremony, buf_span(&bundle), e);
}

int
main(int argc, char **argv)
{
	static struct authority a;		/* its timer outlives main's frame */
	struct serve *door;
	struct err e;

	start_conf(&conf, options, "antin-ca", argc, argv);
	if (!start(&conf, &a, &door, &e))
		return start_refused(&e);
	roll_over_start_timers(&a);
	responder_timer_start(&a);
	left_behind_start(&a);
	start_ready();
	if (!serve_run(door, &a, &e))
		log_warn("%s", e.text);
	responder_timer_stop();
	roll_over_stop();
	crl_stop(&a);
	ocsp_stop(&a);
	return 0;
}
