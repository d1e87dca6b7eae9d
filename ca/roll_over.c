#include "ca/roll_over.h"

#include "base/log.h"
#include "ca/ceremony.h"
#include "ca/crl_issue.h"
#include "ca/der.h"
#include "ca/ocsp_issue.h"
#include "ca/order_act.h"
#include "ca/reissue.h"

#include <pthread.h>
#include <stdlib.h>

#define TOKEN_WAIT_MS 10000

static pthread_mutex_t following = PTHREAD_MUTEX_INITIALIZER;	/* one at a time puts generations in front */
static struct reissue *services;	/* NULL: timers have not begun */

void
roll_over_connect(struct generation *g)
{
	g->hsm = g->a->token(g);
	g->crl = crl_clock_new();
	g->ocsp = ocsp_clock_new();
}

/* A bundle under this authority's root, for the generation after the newest. */
static bool
open_bundle(struct ceremony *c, struct generation **g, struct authority *a, struct span bundle, int64_t now, struct err *e)
{
	struct generation *newest = a->newest;

	if (!ceremony_open(c, bundle, a->root, a->policy, e))
		return false;
	if (c->generation != newest->n + 1)
		return fail(e, ERR_CONFLICT, "the bundle begins generation %lld; the next one is %lld", (long long)c->generation, (long long)newest->n + 1);
	if (strcmp(c->site, a->site) != 0)
		return fail(e, ERR_POLICY, "the bundle is for the site %.100s", c->site);
	return generation_new(g, a, X509_dup(c->issuing), now, e);
}

/* Has its token the key?  Asked for a signature, because antin-hsm remembers the
 * keys of a token that was pulled out: over the bundle, which is no certificate. */
static bool
check_token(struct generation *g, struct span bundle, struct err *e)
{
	own_struct(buf) der = buf_new(ORDER_MAX + 1024);

	return (hsm_wait(g->hsm, TOKEN_WAIT_MS, e) && authority_sign(g, &bundle, &der, 1, e) &&
	    signed_check(buf_span(&der), bundle, X509_get0_pubkey(g->issuing), e)) || fail_in(e, "token of generation %lld", (long long)g->n);
}

/*
 * Following.
 */

static void
start_timers(struct generation *g)
{
	crl_timer_start(g);
	ocsp_timer_start(g);
}

static bool
put_in_front(struct authority *a, struct span bundle, int64_t now, struct err *e)
{
	own_struct(ceremony) c = { .json = NULL };
	struct generation *g = NULL;

	if (!open_bundle(&c, &g, a, bundle, now, e))
		return fail_in(e, "a recorded roll-over");
	roll_over_connect(g);
	authority_put(a, g);
	log_info("generation %lld issues from now on", (long long)g->n);
	if (services != NULL) {
		start_timers(g);
		crl_ask(a);
		reissue_ask(services);
	}
	return true;
}

static bool
follow(struct authority *a, int64_t now, struct err *e)
{
	struct generation *newest = a->newest;
	own_struct(reg_unit) ask = reg_read_new("roll_over.recorded");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[1];
	bool more;

	reg_int(&ask, "known", newest->n - 1);
	if (!reg_read(a->reg, &ask, &rows, e) || !reg_next(&rows, c, 1, &more, e))
		return false;
	while (more)
		if (!put_in_front(a, c[0].s, now, e) || !reg_next(&rows, c, 1, &more, e))
			return false;
	return true;
}

bool
roll_over_follow(struct authority *a, int64_t now, struct err *e)
{
	bool good;

	pthread_mutex_lock(&following);
	good = follow(a, now, e);
	pthread_mutex_unlock(&following);
	return good;
}

/*
 * The services that the newest bundle names.  Orders do not wait for them: the
 * timer makes their certificates, and tries again until they are there.
 */

static bool
issue_services(struct authority *a, int64_t now, struct err *e)
{
	struct generation *newest = a->newest;
	own_struct(reg_unit) ask = reg_read_new("policy.last");
	own_struct(reg_rows) rows = { .left = 0 };
	own_struct(ceremony) c = { .json = NULL };
	struct reg_cell cell[3];
	bool more;

	reg_text(&ask, "what", "roll-over");
	if (!reg_read(a->reg, &ask, &rows, e) || !reg_next(&rows, cell, 3, &more, e))
		return false;
	if (!more)
		return true;
	/* Of a generation that is not in front here another antin-ca takes care. */
	return ceremony_open(&c, cell[1].s, a->root, a->policy, e) && (c.generation != newest->n || ceremony_issue(a, &c, now, e));
}

static bool
make(void *authority, int64_t now, struct err *e)
{
	int64_t covers;
	bool good = !reissue_begin(services, 0, &covers) || issue_services(authority, now, e);

	if (good)
		reissue_made(services, covers, INT64_MAX);
	reissue_end(services);
	return good;
}

void
roll_over_start_timers(struct authority *a)
{
	pthread_mutex_lock(&following);
	services = reissue_new();
	for (struct generation *g = a->newest; g != NULL; g = g->older)
		start_timers(g);
	reissue_timer_start(services, "no certificates for the new generation's services", 0, make, a);
	pthread_mutex_unlock(&following);
}

void
roll_over_stop(void)
{
	reissue_stop(services);
}

/*
 * The order.
 */

static bool
take_bundle(struct buf *bundle, struct act *t, struct err *e)
{
	static const char *const keys[] = { "bundle", NULL };
	unsigned char id[SHA256_LEN], hash[SHA256_LEN];
	const char *text;

	if (!act_one_subject(t, e) || !act_subject_id(id, sizeof(id), &t->o->subject[0], "hash of a bundle", e) || !act_with_hash(t, e) ||
	    !json_only(t->o->with, keys, e) || !json_take_str(&text, t->o->with, "bundle", e) || !base64_get(bundle, span_str(text), e))
		return false;
	sha256(hash, buf_span(bundle));
	return memcmp(hash, id, sizeof(hash)) == 0 || fail(e, ERR_INPUT, "the subject is not the SHA-256 of the bundle");
}

static void
put_record(struct act *t, const struct ceremony *c, struct span bundle)
{
	reg_verb(&t->unit, "authority.roll_over");
	reg_text(&t->unit, "org", t->a->org);
	reg_int(&t->unit, "generation", c->generation);
	reg_bytes(&t->unit, "hash", span_of(c->hash, SHA256_LEN));
	reg_bytes(&t->unit, "body", bundle);
}

/* Everything is tried before it is recorded: what is in front must be able to issue. */
static bool
try_and_record(struct act *t, struct ceremony *c, struct span bundle, struct err *e)
{
	struct generation *g = NULL;
	bool good = open_bundle(c, &g, t->a, bundle, t->now, e);

	if (good) {
		g->hsm = t->a->token(g);
		good = check_token(g, bundle, e);
		hsm_free(g->hsm);
		generation_free(g);
	}
	if (!good)
		return false;
	act_put_accept(t);
	put_record(t, c, bundle);
	return ceremony_put(&t->unit, t->a, c, t->now, e) && act_run(t, e);
}

bool
order_roll_over(struct act *t, struct err *e)
{
	own_struct(buf) bundle = buf_new(ORDER_MAX);
	own_struct(ceremony) c = { .json = NULL };

	if (!act_may(t, t->a->org, e) || !take_bundle(&bundle, t, e) || !try_and_record(t, &c, buf_span(&bundle), e))
		return false;
	if (act_waits(t))
		return true;
	act_answer_id(t, span_of(c.hash, SHA256_LEN));
	return roll_over_follow(t->a, t->now, e) || fail_in(e, "recorded; the next order puts it in front");
}
