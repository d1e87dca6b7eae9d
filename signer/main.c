/*
 * antin-signer -- permits, from a submitted draft to an officer's signature, a
 * number, the agency's seal (permit_life.h).
 *
 * Holds: connections.  The seal keys and the service signer's key lie on tokens
 *	of their own, behind antin-hsm.
 * Hears: antin-api, the command line.
 * Speaks to: antin-register, antin-verifier (submissions go to a worker there),
 *	antin-tsa, antin-tsa-outside where one is configured, its two antin-hsm.
 * Can never: see the authority's key, open the network; seal what no clerk's
 *	order names.
 */
#include "signer/renew.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/jail.h"
#include "base/log.h"
#include "base/serve.h"
#include "base/start.h"
#include "signer/feed.h"
#include "signer/outside_proto.h"
#include "signer/jws.h"
#include "signer/open_day.h"
#include "signer/parcel.h"
#include "signer/proto.h"
#include "signer/tsa_proto.h"
#include "verifier/code.h"
#include "verifier/proto.h"

#include <stdlib.h>
#include <time.h>

#define CONNECTIONS_MAX 128
#define START_WAIT_MS 60000
#define CALL_TIMEOUT_MS 60000

struct signer_conf { char *run, *policy, *origin, *status_uri, *org, *seal, *service, *root, *root_crl, *issuing, *stamps, *stamps_of, *outside; int64_t uid_base, renew_days; };

static const struct conf_option options[] = {
	{ "run", CONF_STR, .field = offsetof(struct signer_conf, run), .doc = "folder of the sockets" },
	{ "uid_base", CONF_INT, .field = offsetof(struct signer_conf, uid_base), .max = 4000000000, .def = "0", .doc = "first user id, 0: one id for all" },
	{ "policy", CONF_STR, .field = offsetof(struct signer_conf, policy), .doc = "folder of the policy" },
	{ "origin", CONF_STR, .field = offsetof(struct signer_conf, origin), .doc = "name of the log" },
	{ "status_uri", CONF_STR, .field = offsetof(struct signer_conf, status_uri), .doc = "where the status list is found" },
	{ "org", CONF_STR, .field = offsetof(struct signer_conf, org), .def = "H99", .doc = "code of the agency that runs it" },
	{ "seal", CONF_STR, .field = offsetof(struct signer_conf, seal), .def = "antin-hsm-seal", .doc = "daemon of the seals' token" },
	{ "service", CONF_STR, .field = offsetof(struct signer_conf, service), .def = "antin-hsm-service", .doc = "daemon of the service signer's token" },
	{ "root", CONF_STR, .field = offsetof(struct signer_conf, root), .doc = "the root certificate" },
	{ "root_crl", CONF_STR, .field = offsetof(struct signer_conf, root_crl), .doc = "the root's CRL" },
	{ "issuing", CONF_STR, .field = offsetof(struct signer_conf, issuing), .doc = "the issuing certificate" },
	{ "renew_days", CONF_INT, .field = offsetof(struct signer_conf, renew_days), .min = 1, .max = 20000, .def = RENEW_DAYS,
	  .doc = "days before a permit's proofs end at which it gets an archive time stamp" },
	{ "stamps_by", CONF_STR, .field = offsetof(struct signer_conf, stamps), .def = "", .doc = "id in timestamps.xml of the authority that stamps instead of antin-tsa" },
	{ "stamps_of", CONF_STR, .field = offsetof(struct signer_conf, stamps_of), .def = "*", .doc = "kinds of permits that it stamps" },
	{ "outside", CONF_STR, .field = offsetof(struct signer_conf, outside), .def = "antin-tsa-outside", .doc = "daemon that brings its stamps" },
	{ NULL },
};

static bool
reply_json(struct msg *out, json_t *j, struct err *e)
{
	own_struct(buf) text = buf_new(SIGNER_MESSAGE_MAX - 1024);

	json_write(&text, j);
	json_decref(j);
	if (!buf_ok(&text, "the answer", e))
		return false;
	msg_put_str(out, buf_str(&text));
	return true;
}

static bool
on_submit(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	json_t *j;

	return submit(&j, s, msg_span(in, 0), msg_str(in, 1), msg_str(in, 2), clock_now(), e) && reply_json(out, j, e);
}

static bool
on_list(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	json_t *j;

	return list(&j, s, msg_span(in, 0), msg_str(in, 1), clock_now(), e) && reply_json(out, j, e);
}

static bool
on_prepare(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	json_t *j;

	return prepare(&j, s, msg_span(in, 0), msg_str(in, 1), msg_span(in, 2), clock_now(), e) && reply_json(out, j, e);
}

static bool
on_finish(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	json_t *j;

	return finish(&j, s, msg_str(in, 0), clock_now(), e) && reply_json(out, j, e);
}

static bool
on_order(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	json_t *j;

	return order_act(&j, s, msg_span(in, 0), clock_now(), e) && reply_json(out, j, e);
}

/* For the program that asks. */
static bool
permit_asked(const struct service *s, const struct msg *in, const unsigned char handle[HANDLE_LEN], struct reg_rows *rows, struct permit_row *p, struct err *e)
{
	own_struct(program) asks = { .id = { 0 } };

	return program_find(&asks, s, msg_span(in, 0), RIGHT_READ, clock_now(), e) && permit_for_program(s, &asks, rows, p, handle, e);
}

static bool
permit_by_code(const struct service *s, struct span code, struct reg_rows *rows, struct permit_row *p, struct err *e)
{
	own_struct(buf) plain = buf_new(256);
	own_struct(reg_unit) read = reg_read_new("permit.by_code");
	struct reg_cell c[PERMIT_COLUMNS];
	enum typed typed = typed_what(code, &plain);

	if (typed != TYPED_SHORT && typed != TYPED_VOICE)
		return fail(e, ERR_INPUT, "not a handle, a short code or a voice code");
	reg_text(&read, "code", buf_str(&plain));
	if (!reg_one(s->reg, &read, rows, c, PERMIT_COLUMNS, "permit with this code", e))
		return false;
	permit_row_take(p, c);
	return true;
}

/* A handle (32 hex digits) or a code. */
static bool
permit_named(const struct service *s, const struct msg *in, struct reg_rows *rows, struct permit_row *p, struct err *e)
{
	unsigned char handle[HANDLE_LEN];
	struct err not_hex;

	return hex_get_fixed(handle, HANDLE_LEN, msg_span(in, 1), &not_hex) ? permit_asked(s, in, handle, rows, p, e)
	    : permit_by_code(s, msg_span(in, 1), rows, p, e);
}

static bool
on_permit(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	own_struct(buf) file = buf_new(SIGNER_MESSAGE_MAX);
	own_struct(reg_rows) rows = { .left = 0 };
	struct permit_row p;

	if (!permit_named(s, in, &rows, &p, e) || !permit_file(&file, &p, e))
		return false;
	msg_put(out, buf_span(&file));
	return true;
}

static bool
on_archived(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	own_struct(buf) file = buf_new(SIGNER_MESSAGE_MAX);
	own_struct(reg_rows) rows = { .left = 0 };
	struct permit_row p;

	if (!permit_named(s, in, &rows, &p, e) || !renew_copy(&file, s, p.handle, e))
		return false;
	msg_put(out, buf_span(&file));
	return true;
}

static bool
on_may_read(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	own_struct(reg_rows) rows = { .left = 0 };
	unsigned char handle[HANDLE_LEN];
	struct permit_row p;
	const char *word;

	if (!hex_get_fixed(handle, HANDLE_LEN, msg_span(in, 1), e) || !permit_asked(s, in, handle, &rows, &p, e) ||
	    !permit_word(&word, s, &p, day_in_vietnam(clock_now()), e))
		return false;
	msg_put_str(out, word);
	return true;
}

static bool
on_may(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	own_struct(program) asks = { .id = { 0 } };
	const char *right = msg_str(in, 1);

	return (right_known(right) || fail(e, ERR_INPUT, "there is no such right")) && program_find(&asks, s, msg_span(in, 0), right, clock_now(), e);
}

static bool
on_dossiers(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	json_t *j;

	return dossier_report(&j, s, msg_span(in, 0), msg_str(in, 1), msg_span(in, 2), clock_now(), e) && reply_json(out, j, e);
}

static bool
on_dossier_permits(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	json_t *j;

	return dossier_permits(&j, s, msg_span(in, 0), msg_str(in, 1), clock_now(), e) && reply_json(out, j, e);
}

static bool
on_events(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	json_t *j;

	return feed(&j, s, msg_span(in, 0), msg_u64(in, 1), clock_now(), e) && reply_json(out, j, e);
}

static bool
on_parcel(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	json_t *j;

	return parcel_permits(&j, s, msg_span(in, 0), msg_str(in, 1), msg_u64(in, 2), clock_now(), e) && reply_json(out, j, e);
}

static bool
on_places(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	own_struct(buf) text = buf_new(SIGNER_MESSAGE_MAX - 1024);

	if (!parcel_places(&text, s, msg_span(in, 0), msg_u64(in, 1), clock_now(), e))
		return false;
	msg_put(out, buf_span(&text));
	return true;
}

static bool
on_open_day(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	const struct service *s = state;
	own_struct(buf) file = buf_new(SIGNER_MESSAGE_MAX - (64u << 10)), jws = buf_new(32u << 10);

	if (!open_day(&file, &jws, s->open_days, s, msg_str(in, 0), msg_u64(in, 1), clock_now(), e))
		return false;
	msg_put(out, buf_span(&file));
	msg_put(out, buf_span(&jws));
	return true;
}

/* As it came, and signed: what is signed was never in the hands of whoever asks, nor
 * is the time of the judgement ("at") theirs to say. */
static bool
on_report(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	static const char *const may[] = { "way", "day", "evidence", NULL };
	const struct service *s = state;
	own(json_t) *wish = NULL;
	own_struct(msg) ask = msg_new(VERIFY_FILE, 4096);
	own_struct(msg) report = msg_new(0, VERIFY_MESSAGE_MAX);
	own_struct(buf) jws = buf_new(SIGNER_MESSAGE_MAX - 1024);

	if (!json_read(&wish, msg_span(in, 0), e) || !json_only(wish, may, e))
		return false;
	msg_put(&ask, msg_span(in, 0));
	msg_put_fd(&ask, msg_take_fd((struct msg *)in, 0));
	if (!peer_call(s->verifier, &ask, &report, e) || !jws_compact(&jws, s, "antin-report", msg_span(&report, 0), e))
		return false;
	msg_put(out, buf_span(&jws));
	return true;
}

static bool
on_grown(void *s, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	uint64_t size;

	if (!feed_wait(&size, s, msg_u64(in, 0), msg_u64(in, 1), e))
		return false;
	msg_put_u64(out, size);
	return true;
}

#define route_SIGNER_SUBMIT on_submit
#define route_SIGNER_LIST on_list
#define route_SIGNER_PREPARE on_prepare
#define route_SIGNER_FINISH on_finish
#define route_SIGNER_ORDER on_order
#define route_SIGNER_PERMIT on_permit
#define route_SIGNER_ARCHIVED on_archived
#define route_SIGNER_MAY_READ on_may_read
#define route_SIGNER_MAY on_may
#define route_SIGNER_DOSSIERS on_dossiers
#define route_SIGNER_DOSSIER_PERMITS on_dossier_permits
#define route_SIGNER_EVENTS on_events
#define route_SIGNER_PARCEL on_parcel
#define route_SIGNER_PLACES on_places
#define route_SIGNER_OPEN_DAY on_open_day
#define route_SIGNER_REPORT on_report
#define route_SIGNER_GROWN on_grown
#define ROUTE(name, callers, in, out) { { name, #name, callers, in, out }, route_##name },
static const struct serve_route routes[] = { SIGNER_MESSAGES(ROUTE) };

static const struct msg_type verify_types[] = { VERIFY_MESSAGES(MSG_TYPE) };
static const struct msg_type tsa_types[] = { TSA_MESSAGES(MSG_TYPE) };
static const struct msg_type outside_types[] = { OUTSIDE_MESSAGES(MSG_TYPE) };

static struct peer *
peer_at(const struct place *place, const char *daemon, const struct msg_type *types, size_t n, size_t max)
{
	own_str char *socket = place_socket(place, daemon, CALLER_SIGNER);

	return peer_new(socket, types, n, max, CALL_TIMEOUT_MS);
}

static bool
kinds_known(const struct policy *p, const char *kinds)
{
	own_str char *copy = xstrdup(kinds);
	char *rest = copy;

	if (strcmp(kinds, "*") == 0)
		return true;
	for (char *word = strsep(&rest, " "); word != NULL; word = strsep(&rest, " "))
		if (policy_kind(p, word) == NULL)
			return false;
	return true;
}

/* It need not be there yet: what waits for its stamps waits for it, too. */
static bool
open_outside(struct service *s, const struct place *place, const struct signer_conf *c, struct err *e)
{
	if (c->stamps[0] == '\0')
		return true;
	s->authority = policy_time_authority(s->policy, c->stamps);
	if (s->authority == NULL)
		return fail(e, ERR_ABSENT, "stamps_by: timestamps.xml of %s has no authority %s", c->policy, c->stamps);
	if (!kinds_known(s->policy, c->stamps_of))
		return fail(e, ERR_ABSENT, "stamps_of: kinds of permits, or *");
	s->outside_kinds = c->stamps_of;
	s->outside = peer_at(place, c->outside, outside_types, sizeof(outside_types) / sizeof(outside_types[0]), OUTSIDE_MESSAGE_MAX);
	return true;
}

static struct hsm *
hsm_at(const struct place *place, const char *daemon)
{
	own_str char *socket = place_socket(place, daemon, CALLER_SIGNER);

	return hsm_new(socket);
}

static bool
load_root_crl(struct service *s, const char *path, struct err *e)
{
	own_struct(buf) text = buf_new(1 << 20);
	own(X509_CRL) *crl = NULL;

	if (!file_read(&text, path, e) || !crl_from_any(&crl, buf_span(&text), e))
		return fail_in(e, "%s", path);
	s->root_crl = buf_new(1 << 20);
	crl_to_der(&s->root_crl, crl);
	return true;
}

static bool
load_cert(X509 **out, const char *path, struct err *e)
{
	own_struct(buf) text = buf_new(64 << 10);

	return (file_read(&text, path, e) && cert_from_any(out, buf_span(&text), e)) || fail_in(e, "%s", path);
}

/* The service signer's certificate comes with the ceremony. */
static bool
load_signer(struct service *s, struct err *e)
{
	int64_t deadline = clock_mono_ms() + START_WAIT_MS;

	for (;;) {
		own_struct(reg_unit) read = reg_read_new("cert.by_profile");
		own_struct(reg_rows) rows = { .left = 0 };
		struct reg_cell c[15];

		reg_text(&read, "profile", "service-signer");
		if (reg_one(s->reg, &read, &rows, c, 15, "certificate of the service signer", e))
			return cert_from_der(&s->signer, c[6].s, e) && remote_key_of_cert(&s->signer_key, s->key, s->signer, e);
		if (e->class != ERR_ABSENT || clock_mono_ms() > deadline)
			return false;
		nanosleep(&(struct timespec){ .tv_nsec = 200000000 }, NULL);
	}
}

static bool
start(struct service *s, const struct signer_conf *c, struct serve **door, struct err *e)
{
	struct place place = { c->run, (uid_t)c->uid_base };
	uid_t uid = place_uid(&place, CALLER_SIGNER);
	own_str char *reg_socket = place_socket(&place, "antin-register", CALLER_SIGNER);
	const struct jail jail = { .abilities = JAIL_THREADS | JAIL_UNIX | JAIL_MEMFD, .uid = uid, .gid = uid };
	struct policy *policy;

	if (!policy_load(&policy, c->policy, e) || !judges_new(&s->judges, policy, e) ||
	    !load_cert(&s->root, c->root, e) || !load_cert(&s->issuing, c->issuing, e) || !load_root_crl(s, c->root_crl, e))
		return false;
	s->policy = policy;
	s->origin = c->origin;
	s->status_uri = c->status_uri;
	s->org = c->org;
	s->reg = reg_new(reg_socket);
	s->seal = hsm_at(&place, c->seal);
	s->key = hsm_at(&place, c->service);
	s->verifier = peer_at(&place, "antin-verifier", verify_types, sizeof(verify_types) / sizeof(verify_types[0]), VERIFY_MESSAGE_MAX);
	s->tsa = peer_at(&place, "antin-tsa", tsa_types, 1, TSA_MESSAGE_MAX);
	s->status = status_clock_new();
	s->again = seal_again_new();
	s->kept = kept_seals_new();
	s->open_days = open_days_new();
	if (!open_outside(s, &place, c, e))
		return false;
	return serve_new(door, &place, "antin-signer", routes, sizeof(routes) / sizeof(routes[0]), SIGNER_MESSAGE_MAX, CONNECTIONS_MAX, e) &&
	    jail_enter(&jail, e) && reg_wait(s->reg, START_WAIT_MS, e) && hsm_wait(s->seal, START_WAIT_MS, e) && hsm_wait(s->key, START_WAIT_MS, e) &&
	    peer_wait(s->verifier, START_WAIT_MS, e) && peer_wait(s->tsa, START_WAIT_MS, e) && load_signer(s, e);
}

int
main(int argc, char **argv)
{
	static struct service s;
	struct signer_conf c = { 0 };
	struct serve *door;
	struct err e;

	start_conf(&c, options, "antin-signer", argc, argv);
	if (!start(&s, &c, &door, &e) || !seal_again_start(&s, &e))
		return start_refused(&e);
	status_start(&s);
	renew_start(&s, c.renew_days);
	start_ready();
	if (!serve_run(door, &s, &e))
		log_warn("%s", e.text);
	return 0;
}
