/*
 * antin-courier -- carries bytes to witnesses and back.
 *
 * Holds: nothing.
 * Hears: antin-register.
 * Speaks to: the addresses of its configuration, over HTTP(S), and to no other.
 * Can never: reach a socket of this machine's processes, write a file, follow a
 * redirection, understand what it carries.
 */
#include "base/jail.h"
#include "base/log.h"
#include "base/serve.h"
#include "base/start.h"
#include "register/courier_proto.h"
#include "register/log_policy.h"

#include <curl/curl.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define CONNECT_MS 2000L
#define CONNECTIONS_MAX (LOG_POLICY_MAX + 4)
#define TYPE_MAX 100

struct courier_conf { char *run, *policy, *ca, *proxy; int64_t uid_base; };

#define OPTION(name) .field = offsetof(struct courier_conf, name)
static const struct conf_option options[] = {
	{ "run", CONF_STR, OPTION(run), .doc = "folder of the sockets" },
	{ "uid_base", CONF_INT, OPTION(uid_base), .max = 4000000000, .def = "0", .doc = "first user id, 0: one id for all" },
	{ "policy", CONF_STR, OPTION(policy), .doc = "policy file whose witness lines have addresses (submission prefixes)" },
	{ "ca", CONF_STR, OPTION(ca), .def = "", .doc = "PEM, whom the witnesses' certificates lead to; else the system's" },
	{ "proxy", CONF_STR, OPTION(proxy), .def = "", .doc = "proxy on the way out, such as http://10.0.0.1:3128" },
	{ NULL },
};

/* One witness's connection, kept open; one errand at a time. */
struct way { const char *name; char *url; CURL *curl; pthread_mutex_t lock; };
struct courier { struct way way[LOG_POLICY_MAX]; size_t n; };

static size_t
take_body(char *p, size_t size, size_t n, void *b)
{
	buf_put(b, p, size * n);
	return ((struct buf *)b)->failed ? 0 : size * n;
}

static bool
carry(struct way *w, struct span body, struct buf *answer, long *status, char type[TYPE_MAX], struct err *e)
{
	const char *told = NULL;
	CURLcode code;

	curl_easy_setopt(w->curl, CURLOPT_POSTFIELDS, body.len > 0 ? (const char *)body.ptr : "");
	curl_easy_setopt(w->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
	curl_easy_setopt(w->curl, CURLOPT_WRITEDATA, answer);
	code = curl_easy_perform(w->curl);
	if (answer->failed)
		return fail(e, ERR_LIMIT, "%s answers with more than %u bytes", w->name, COURIER_ANSWER_MAX);
	if (code != CURLE_OK)
		return fail(e, ERR_LATER, "%s: %s", w->name, curl_easy_strerror(code));
	curl_easy_getinfo(w->curl, CURLINFO_RESPONSE_CODE, status);
	curl_easy_getinfo(w->curl, CURLINFO_CONTENT_TYPE, &told);
	snprintf(type, TYPE_MAX, "%s", told != NULL ? told : "");
	for (char *at = type; *at != '\0'; at++)
		if (*at < 0x20 || *at > 0x7e)
			*at = '?';
	return true;
}

static bool
on_post(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	struct courier *c = state;
	own_struct(buf) answer = buf_new(COURIER_ANSWER_MAX);
	struct way *w = c->way;
	char type[TYPE_MAX];
	long status = 0;
	bool good;

	while (w < c->way + c->n && strcmp(w->name, msg_str(in, 0)) != 0)
		w++;
	if (w == c->way + c->n)
		return fail(e, ERR_ABSENT, "the courier knows no address of such a witness");
	if (msg_span(in, 1).len > COURIER_BODY_MAX)
		return fail(e, ERR_LIMIT, "the courier carries %u bytes at most", COURIER_BODY_MAX);
	pthread_mutex_lock(&w->lock);
	good = carry(w, msg_span(in, 1), &answer, &status, type, e);
	pthread_mutex_unlock(&w->lock);
	if (!good)
		return false;
	msg_put_u64(out, (uint64_t)status);
	msg_put_str(out, type);
	msg_put(out, buf_span(&answer));
	return true;
}

#define ROUTE(name, callers, in, out) { { name, #name, callers, in, out }, route_##name },
#define route_COURIER_POST on_post
static const struct serve_route routes[] = { COURIER_MESSAGES(ROUTE) };

static bool
way_open(struct way *w, const struct courier_conf *c, const char *name, const char *prefix, struct err *e)
{
	struct curl_slist *headers;

	if (strncmp(prefix, "http://", 7) != 0 && strncmp(prefix, "https://", 8) != 0)
		return fail(e, ERR_INPUT, "%s: the witness %s has an address that is not http or https", c->policy, name);
	*w = (struct way){ .name = name, .url = xprintf("%.*s/add-checkpoint", (int)(strlen(prefix) - (prefix[strlen(prefix) - 1] == '/')), prefix), .curl = curl_easy_init() };
	headers = curl_slist_append(NULL, "Content-Type: text/plain; charset=utf-8");
	headers = curl_slist_append(headers, "Expect:");
	promise(w->curl != NULL && headers != NULL && pthread_mutex_init(&w->lock, NULL) == 0);
	curl_easy_setopt(w->curl, CURLOPT_URL, w->url);
	curl_easy_setopt(w->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(w->curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(w->curl, CURLOPT_PROXY, c->proxy);	/* "": none, whatever the environment says */
	curl_easy_setopt(w->curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(w->curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(w->curl, CURLOPT_TIMEOUT_MS, (long)COURIER_WHOLE_MS);
	curl_easy_setopt(w->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(w->curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(w->curl, CURLOPT_WRITEFUNCTION, take_body);
	if (c->ca[0] != '\0') {
		curl_easy_setopt(w->curl, CURLOPT_CAINFO, c->ca);
		curl_easy_setopt(w->curl, CURLOPT_CAPATH, NULL);
	}
	return true;
}

static bool
open_ways(struct courier *out, const struct courier_conf *c, struct err *e)
{
	struct log_policy *p = xalloc(sizeof(*p));	/* for ever: the names are borrowed */

	if (!log_policy_read(p, c->policy, e))
		return false;
	promise(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
	for (size_t i = 0; i < p->nwitnesses; i++) {
		if (p->witness[i].url[0] == '\0')
			continue;
		if (!way_open(&out->way[out->n], c, p->witness[i].name, p->witness[i].url, e))
			return false;
		out->n++;
	}
	return true;
}

static bool
close_jail(const struct courier_conf *c, struct err *e)
{
	struct jail_path paths[JAIL_OUTWARD_MAX];
	struct place place = { c->run, (uid_t)c->uid_base };
	uid_t uid = place_uid(&place, CALLER_COURIER);
	/* No AF_UNIX: the door is open already, and no other is reached. */
	const struct jail jail = { .abilities = JAIL_THREADS | JAIL_INET | JAIL_CONNECT | JAIL_READ, .paths = paths, .uid = uid, .gid = uid, .files_max = 512 };

	jail_outward(paths, c->ca);
	return jail_enter(&jail, e);
}

int
main(int argc, char **argv)
{
	static struct courier courier;
	struct courier_conf c = { 0 };
	struct place place;
	struct serve *door;
	struct err e;

	start_conf(&c, options, "antin-courier", argc, argv);
	place = (struct place){ c.run, (uid_t)c.uid_base };
	if (!open_ways(&courier, &c, &e) ||
	    !serve_new(&door, &place, "antin-courier", routes, sizeof(routes) / sizeof(routes[0]), COURIER_MESSAGE_MAX, CONNECTIONS_MAX, &e) ||
	    !close_jail(&c, &e))
		return start_refused(&e);
	start_ready();
	if (!serve_run(door, &courier, &e))
		log_warn("%s", e.text);
	return 0;
}
