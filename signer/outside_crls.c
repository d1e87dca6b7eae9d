#include "signer/outside_crls.h"

#include "base/clock.h"
#include "base/log.h"
#include "signer/outside_proto.h"
#include "verifier/crl.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define AGAIN_SECS 3600
#define RETRY_SECS 60

struct place { char *url; struct buf der; struct crl_facts is; int64_t due; struct err told; };

struct outside_crls {
	const struct time_authority *authority;
	struct outside_http *http;
	pthread_mutex_t lock;
	struct place at[OUTSIDE_CRLS_MAX];
	size_t n;
};

bool
outside_crls_new(struct outside_crls **out, const struct outside_way *w, const char *urls, const struct time_authority *a, struct err *e)
{
	struct outside_crls *c = xalloc(sizeof(*c));
	own_str char *copy = xstrdup(urls);
	char *rest = copy;

	*c = (struct outside_crls){ .authority = a, .http = outside_http_new(w) };
	pthread_mutex_init(&c->lock, NULL);
	for (char *word = strsep(&rest, " "); word != NULL; word = strsep(&rest, " ")) {
		if (*word == '\0')
			continue;
		if (!outside_url(word, e))
			return false;
		if (c->n == OUTSIDE_CRLS_MAX)
			return fail(e, ERR_LIMIT, "more than %d addresses of CRLs", OUTSIDE_CRLS_MAX);
		c->at[c->n++] = (struct place){ .url = xstrdup(word), .der = buf_new(OUTSIDE_CRL_MAX) };
	}
	*out = c;
	return true;
}

/* By whichever certificate of the row made it. */
static bool
check(struct crl_facts *out, X509_CRL *crl, const struct time_authority *a, struct err *e)
{
	const cert_list *lists[] = { a->anchor, a->between };

	for (size_t l = 0; l < 2; l++)
		for (int i = 0; i < sk_X509_num(lists[l]); i++)
			if (crl_check(out, crl, sk_X509_value(lists[l], i), e))
				return true;
	return fail(e, ERR_POLICY, "no certificate of %s made this CRL", a->id);
}

static bool
fetch(struct outside_crls *c, struct place *p, struct err *e)
{
	own_struct(buf) octets = buf_new(OUTSIDE_CRL_MAX);
	own_struct(buf) der = buf_new(OUTSIDE_CRL_MAX);
	own(X509_CRL) *crl = NULL;
	struct crl_facts f;

	if (!outside_http_get(c->http, p->url, &octets, e) || !crl_from_any(&crl, buf_span(&octets), e) || !check(&f, crl, c->authority, e))
		return false;
	if (p->der.len > 0 && f.this_update < p->is.this_update)
		return fail(e, ERR_POLICY, "this CRL is older than the one at hand");
	if (f.next_update < clock_now())
		return fail(e, ERR_LATER, "this CRL is out of date");
	crl_to_der(&der, crl);
	if (!buf_ok(&der, "CRL", e))
		return false;
	pthread_mutex_lock(&c->lock);
	buf_drop(&p->der);
	p->der = der;
	p->is = f;
	pthread_mutex_unlock(&c->lock);
	der = buf_new(1);
	return true;
}

static void
keep_up(struct outside_crls *c, struct place *p)
{
	struct err e = { ERR_NONE, "" };
	bool good = fetch(c, p, &e);

	if (!good && strcmp(e.text, p->told.text) != 0)
		log_warn("%s: %s", p->url, e.text);
	p->told = e;
	p->due = clock_mono_ms() + (good ? AGAIN_SECS : RETRY_SECS) * 1000;
}

static void *
crls_main(void *arg)
{
	struct outside_crls *c = arg;

	for (;;) {
		for (size_t i = 0; i < c->n; i++)
			if (clock_mono_ms() >= c->at[i].due)
				keep_up(c, &c->at[i]);
		nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
	}
	return NULL;
}

void
outside_crls_start(struct outside_crls *c)
{
	pthread_t thread;

	promise(pthread_create(&thread, NULL, crls_main, c) == 0);
}

void
outside_crls_put(struct outside_crls *c, struct buf *out)
{
	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < c->n; i++)
		buf_put_span(out, buf_span(&c->at[i].der));
	pthread_mutex_unlock(&c->lock);
}

json_t *
outside_crls_json(struct outside_crls *c)
{
	json_t *list = json_array();

	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < c->n; i++) {
		char until[TIME_TEXT];

		time_text_utc(until, c->at[i].is.next_update);
		json_array_append_new(list, json_pack("{s:s, s:s?}", "url", c->at[i].url, "until", c->at[i].der.len > 0 ? until : NULL));
	}
	pthread_mutex_unlock(&c->lock);
	return list;
}
