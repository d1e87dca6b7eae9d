/*
 * antin-tsa-outside -- brings time stamps of another authority (RFC 3161 over HTTP).
 *
 * Holds: nothing; a word with which the authority knows its customers, if it has one.
 * Hears: antin-signer; the command line, which asks how it is.
 * Speaks to: the addresses of its configuration, over HTTP(S), and to no other.
 * Can never: reach a socket of this machine's processes, write a file, follow a
 *	redirection or an address in a certificate, sign.
 *
 * What the authority answers is read here first, where there is nothing to take.
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/jail.h"
#include "base/log.h"
#include "base/serve.h"
#include "base/start.h"
#include "signer/errands.h"
#include "signer/outside.h"
#include "signer/outside_crls.h"
#include "signer/outside_proto.h"

#include <pthread.h>

#define CONNECTIONS_MAX 128
#define CONNECT_MS 10000L
#define AT_ONCE_MAX 16
#define PATIENCE_MAX_MS 60000

struct outside_conf { char *run, *policy, *authority, *url, *crls, *ca, *proxy, *authorization; int64_t uid_base, secs, at_once; };

#define OPTION(name) .field = offsetof(struct outside_conf, name)
static const struct conf_option options[] = {
	{ "run", CONF_STR, OPTION(run), .doc = "folder of the sockets" },
	{ "uid_base", CONF_INT, OPTION(uid_base), .max = 4000000000, .def = "0", .doc = "first user id, 0: one id for all" },
	{ "policy", CONF_STR, OPTION(policy), .doc = "folder of the policy" },
	{ "authority", CONF_STR, OPTION(authority), .doc = "its id in timestamps.xml" },
	{ "url", CONF_STR, OPTION(url), .doc = "where it is asked for stamps" },
	{ "crls", CONF_STR, OPTION(crls), .doc = "where the CRLs of its certificates are, each by a certificate of its row" },
	{ "secs", CONF_INT, OPTION(secs), .min = 1, .max = 3600, .def = "180", .doc = "how long one stamp may take" },
	{ "at_once", CONF_INT, OPTION(at_once), .min = 1, .max = AT_ONCE_MAX, .def = "4", .doc = "how many stamps are asked for at the same time" },
	{ "ca", CONF_STR, OPTION(ca), .def = "", .doc = "PEM, whom its server's certificate leads to; else the system's" },
	{ "proxy", CONF_STR, OPTION(proxy), .def = "", .doc = "proxy on the way out, such as http://10.0.0.1:3128" },
	{ "authorization", CONF_STR, OPTION(authorization), .def = "", .doc = "file with the value of the header Authorization, such as \"Basic ...\"" },
	{ NULL },
};

struct outside {
	const struct time_authority *authority;
	const char *url;
	struct outside_way way;
	struct outside_http *http[AT_ONCE_MAX];	/* a runner each */
	struct errands *errands;
	struct outside_crls *crls;
	pthread_mutex_t lock;
	int64_t answered, took_ms;		/* the last stamp; 0: none yet */
};

static bool
run_errand(void *state, unsigned runner, const unsigned char imprint[SHA256_LEN], struct buf *token, struct err *e)
{
	struct outside *o = state;
	int64_t began = clock_mono_ms();

	if (!outside_stamp(token, o->http[runner], o->url, o->authority, imprint, e))
		return false;
	pthread_mutex_lock(&o->lock);
	o->answered = clock_now();
	o->took_ms = clock_mono_ms() - began;
	pthread_mutex_unlock(&o->lock);
	return true;
}

static bool
on_stamp(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	struct outside *o = state;
	own_struct(buf) token = buf_new(TST_MAX);
	own_struct(buf) crls = buf_new(OUTSIDE_CRLS_MAX * OUTSIDE_CRL_MAX);
	uint64_t patience = msg_u64(in, 2);

	if (strcmp(msg_str(in, 0), o->authority->id) != 0)
		return fail(e, ERR_ABSENT, "this process asks the authority %s and no other", o->authority->id);
	if (!errands_ask(o->errands, msg_span(in, 1).ptr, patience > PATIENCE_MAX_MS ? PATIENCE_MAX_MS : (int64_t)patience, &token, e))
		return false;
	outside_crls_put(o->crls, &crls);
	if (!buf_ok(&crls, "the CRLs", e))
		return false;
	if (!outside_lasts(buf_span(&token), o->authority, msg_span(in, 1).ptr, buf_span(&crls), e)) {
		if (e->class != ERR_LATER)
			errands_spoilt(o->errands, msg_span(in, 1).ptr, e);
		return false;
	}
	msg_put(out, buf_span(&token));
	msg_put(out, buf_span(&crls));
	return true;
}

static bool
on_state(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	struct outside *o = state;
	own_struct(buf) text = buf_new(64u << 10);
	char answered[TIME_TEXT];
	own(json_t) *j = NULL;
	struct err why;
	bool bad = errands_refused(o->errands, &why);

	pthread_mutex_lock(&o->lock);
	time_text_utc(answered, o->answered);
	j = json_pack("{s:s, s:s?, s:f, s:I, s:s?, s:o}", "authority", o->authority->id, "answered", o->answered != 0 ? answered : NULL, "secs", (double)o->took_ms / 1000,
	    "waiting", (json_int_t)errands_waiting(o->errands), "refused", bad ? why.text : NULL, "crls", outside_crls_json(o->crls));
	pthread_mutex_unlock(&o->lock);
	promise(j != NULL);
	json_write(&text, j);
	msg_put_str(out, buf_str(&text));
	return true;
}

#define route_OUTSIDE_STAMP on_stamp
#define route_OUTSIDE_STATE on_state
#define ROUTE(name, callers, in, out) { { name, #name, callers, in, out }, route_##name },
static const struct serve_route routes[] = { OUTSIDE_MESSAGES(ROUTE) };

/* One line: another would be another header. */
static bool
read_authorization(struct outside *o, const char *path, struct err *e)
{
	own_struct(buf) text = buf_new(4096);
	struct span line, rest;

	o->way.authorization = "";
	if (path[0] == '\0')
		return true;
	if (!file_read(&text, path, e))
		return false;
	rest = buf_span(&text);
	if (!span_take_line(&rest, &line) || line.len == 0 || rest.len > 0)
		return fail(e, ERR_INPUT, "%s is not one line", path);
	for (size_t i = 0; i < line.len; i++)
		if (line.ptr[i] < 0x20 || line.ptr[i] > 0x7e)
			return fail(e, ERR_INPUT, "%s has more than printable ASCII", path);
	o->way.authorization = span_dup_str(line);
	return true;
}

static bool
prepare_ways(struct outside *o, const struct outside_conf *c, struct err *e)
{
	struct policy *policy;

	if (!policy_load(&policy, c->policy, e) || !outside_url(c->url, e) || !read_authorization(o, c->authorization, e))
		return false;
	if (o->way.authorization[0] != '\0' && !outside_url_keeps(c->url))
		return fail(e, ERR_INPUT, "authorization: over http everybody on the way reads it; the address must be one of https");
	o->authority = policy_time_authority(policy, c->authority);
	if (o->authority == NULL)
		return fail(e, ERR_ABSENT, "timestamps.xml of %s has no authority %s", c->policy, c->authority);
	o->url = c->url;
	o->way.proxy = c->proxy;
	o->way.ca = c->ca;
	o->way.connect_ms = CONNECT_MS;
	o->way.whole_ms = (long)c->secs * 1000;
	outside_http_begin();
	for (int64_t i = 0; i < c->at_once; i++)
		o->http[i] = outside_http_new(&o->way);
	o->errands = errands_new(run_errand, o, TST_MAX);
	return outside_crls_new(&o->crls, &o->way, c->crls, o->authority, e);
}

static bool
close_jail(const struct outside_conf *c, struct err *e)
{
	struct jail_path paths[JAIL_OUTWARD_MAX];
	struct place place = { c->run, (uid_t)c->uid_base };
	uid_t uid = place_uid(&place, CALLER_OUTSIDE);
	/* No AF_UNIX: the door is open already, and no other is reached. */
	const struct jail jail = { .abilities = JAIL_THREADS | JAIL_INET | JAIL_CONNECT | JAIL_READ, .paths = paths, .uid = uid, .gid = uid, .files_max = 512 };

	jail_outward(paths, c->ca);
	return jail_enter(&jail, e);
}

int
main(int argc, char **argv)
{
	static struct outside o = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct outside_conf c = { 0 };
	struct place place;
	struct serve *door;
	struct err e;

	start_conf(&c, options, "antin-tsa-outside", argc, argv);
	place = (struct place){ c.run, (uid_t)c.uid_base };
	if (!prepare_ways(&o, &c, &e) ||
	    !serve_new(&door, &place, "antin-tsa-outside", routes, sizeof(routes) / sizeof(routes[0]), OUTSIDE_MESSAGE_MAX, CONNECTIONS_MAX, &e) ||
	    !close_jail(&c, &e))
		return start_refused(&e);
	errands_start(o.errands, (unsigned)c.at_once);
	outside_crls_start(o.crls);
	start_ready();
	if (!serve_run(door, &o, &e))
		log_warn("%s", e.text);
	return 0;
}
