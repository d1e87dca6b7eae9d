#include "ca/issue.h"

#include "base/crew.h"
#include "base/fault.h"
#include "ca/crl_issue.h"
#include "ca/der.h"
#include "ca/left_behind.h"
#include "ca/lint.h"
#include "ca/ocsp_issue.h"
#include "ca/request.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define TBS_MAX 4096
#define CHUNK 32		/* items a thread takes at once; digests a frame to antin-hsm */
#define CREW 3			/* two cores, and one waiting for the token */

void
issue_batch_drop(struct issue_batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		buf_drop(&b->item[i].tbs);
		buf_drop(&b->item[i].der);
	}
	free(b->item);
	*b = (struct issue_batch){ .n = 0 };
}

static bool
fill_plan(struct certificate_plan *p, const struct generation *g, const struct request_facts *f, struct err *e)
{
	*p = (struct certificate_plan){ .profile = f->profile, .tier = g->a->tier, .policy = g->policy, .spki_len = f->spki.len };
	if (f->spki.len > sizeof(p->spki))
		return fail(e, ERR_LIMIT, "a key of %zu bytes; at most %zu", f->spki.len, sizeof(p->spki));
	memcpy(p->spki, f->spki.ptr, f->spki.len);
	memcpy(p->key_id, f->key_id, KEY_ID_LEN);
	snprintf(p->person, sizeof(p->person), "%s", f->person);
	snprintf(p->name, sizeof(p->name), "%s", f->name);
	snprintf(p->title, sizeof(p->title), "%s", f->title);
	snprintf(p->mail, sizeof(p->mail), "%s", f->mail != NULL ? f->mail : "");
	snprintf(p->organisation, sizeof(p->organisation), "%s", f->agency->name);
	snprintf(p->agency, sizeof(p->agency), "%s", f->agency->id);
	snprintf(p->crl_url, sizeof(p->crl_url), "%s/" CRL_PATH, g->a->site, (int)generation_shard(g));
	snprintf(p->ocsp_url, sizeof(p->ocsp_url), "%s/" OCSP_ADDRESS, g->a->site);
	return serial_draw(&p->serial, e);
}

/* What replaces a certificate comes with that one's end, and what renews one is made
 * while that one is good (order_anew.c), or not at all: a request that was left waiting
 * is not approved by itself. */
static bool
plan_dates(struct issue_item *it, const struct request_facts *f, X509 *issuing, int64_t now, struct err *e)
{
	if ((f->replaces != NULL || f->renews != NULL) && !it->anew)
		return fail(e, ERR_POLICY, "it %s a certificate: give the order %s again", f->replaces != NULL ? "replaces" : "renews", f->replaces != NULL ? "cert.modify" : "cert.renew");
	if (!certificate_dates(&it->plan, issuing, now, e))
		return false;
	if (it->until != 0 && it->until < it->plan.not_after)
		it->plan.not_after = it->until;
	return true;
}

static bool
plan_one(struct generation *g, struct issue_item *it, struct certificate_common *common, int64_t now, struct err *e)
{
	own_struct(request_facts) f = { .profile = NULL };

	it->tbs = buf_new(TBS_MAX);
	it->der = buf_new(TBS_MAX);
	return request_facts_read(&f, g->a->policy, it->facts, e) && request_agency_there(&f, now, e) && fill_plan(&it->plan, g, &f, e) &&
	    plan_dates(it, &f, g->issuing, now, e) && certificate_tbs(&it->tbs, &it->plan, g->issuing, common, e) &&
	    lint_tbs(buf_span(&it->tbs), &it->plan, g->issuing, e);
}

/*
 * A few threads take chunks of a batch until none is left; after one has failed
 * the others are passed over.
 */
typedef bool chunk_step(struct generation *, struct issue_item *, size_t n, int64_t now, struct err *);

struct stepping {
	struct issue_batch *b;
	chunk_step *step;
	int64_t now;
	atomic_bool failed;
	pthread_mutex_t lock;
	struct err e;
};

static void
step_chunk(void *state, size_t i)
{
	struct stepping *s = state;
	size_t at = i * CHUNK, left = s->b->n - at;
	struct err e;

	if (atomic_load(&s->failed) || s->step(s->b->by, s->b->item + at, left < CHUNK ? left : CHUNK, s->now, &e))
		return;
	pthread_mutex_lock(&s->lock);
	if (!atomic_exchange(&s->failed, true))
		s->e = e;
	pthread_mutex_unlock(&s->lock);
}

static bool
step_all(struct issue_batch *b, chunk_step *step, int64_t now, struct err *e)
{
	struct stepping s = { .b = b, .step = step, .now = now, .lock = PTHREAD_MUTEX_INITIALIZER };

	crew_run(CREW, (b->n + CHUNK - 1) / CHUNK, step_chunk, &s);
	if (s.failed)
		*e = s.e;
	return !s.failed;
}

static bool
plan_chunk(struct generation *g, struct issue_item *it, size_t n, int64_t now, struct err *e)
{
	own_struct(certificate_common) common = { NULL };
	char id[2 * REQUEST_ID_LEN + 1];

	for (size_t i = 0; i < n; i++)
		if (!plan_one(g, &it[i], &common, now, e)) {
			hex_text(id, span_of(it[i].request, REQUEST_ID_LEN));
			return fail_in(e, "request %s", id);
		}
	return true;
}

bool
issue_plan(struct authority *a, struct issue_batch *b, int64_t now, struct err *e)
{
	if (b->by == NULL)
		b->by = a->newest;
	return step_all(b, plan_chunk, now, e);
}

static void
put_reserve(struct reg_unit *u, const struct generation *g, const struct issue_item *it)
{
	const struct certificate_plan *p = &it->plan;

	reg_verb(u, "cert.reserve");
	reg_text(u, "org", g->a->org);
	reg_bytes(u, "serial", span_of(p->serial.octet, SERIAL_LEN));
	reg_bytes(u, "request", span_of(it->request, sizeof(it->request)));
	reg_text(u, "profile", p->profile->id);
	if (p->person[0] != '\0')
		reg_text(u, "person", p->person);
	else
		reg_null(u, "person");
	reg_text(u, "name", p->name);
	reg_text(u, "agency", p->agency);
	reg_bytes(u, "key_id", span_of(p->key_id, KEY_ID_LEN));
	reg_bytes(u, "tbs", buf_span(&it->tbs));
	reg_int(u, "not_before", p->not_before);
	reg_int(u, "not_after", p->not_after);
	reg_int(u, "generation", g->n);
	reg_int(u, "commits", profile_commits(p->profile));
}

static void
put_issue(struct reg_unit *u, const struct generation *g, const struct issue_item *it)
{
	reg_verb(u, "cert.issue");
	reg_text(u, "org", it->plan.agency);
	reg_text(u, "profile", it->plan.profile->id);
	reg_bytes(u, "request", span_of(it->request, sizeof(it->request)));
	reg_bytes(u, "serial", span_of(it->plan.serial.octet, SERIAL_LEN));
	reg_int(u, "not_after", it->plan.not_after);
	reg_int(u, "generation", g->n);
	reg_bytes(u, "der", buf_span(&it->der));
}

void
issue_put_void(struct reg_unit *u, const struct reservation *r, int64_t now)
{
	reg_verb(u, "cert.void");
	reg_text_span(u, "org", r->agency);
	reg_text_span(u, "profile", r->profile);
	reg_bytes(u, "request", r->request);
	reg_bytes(u, "serial", r->serial);
	reg_int(u, "not_after", r->not_after);
	reg_int(u, "reason", VOID_REASON);
	reg_int(u, "date", now);
	reg_int(u, "shard", r->generation - 1);
}

static bool
issue_sign(struct generation *g, struct issue_item *it, size_t n, struct err *e)
{
	struct span tbs[CHUNK] = { SPAN_NONE };
	struct buf der[CHUNK];
	bool good;

	for (size_t i = 0; i < n; i++) {
		tbs[i] = buf_span(&it[i].tbs);
		der[i] = it[i].der;
	}
	good = authority_sign(g, tbs, der, n, e);
	for (size_t i = 0; i < n; i++)
		it[i].der = der[i];
	return good;
}

/*
 * The lints read the recorded octets as a certificate under the issuing one; what
 * the token made must be those octets and a signature of the issuing key.  The
 * way from there to the root was judged when this process began (authority_take).
 */
static bool
sign_chunk(struct generation *g, struct issue_item *it, size_t n, int64_t now, struct err *e)
{
	if (!issue_sign(g, it, n, e))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!signed_check(buf_span(&it[i].der), buf_span(&it[i].tbs), X509_get0_pubkey(g->issuing), e))
			return false;
	return true;
}

static bool
issue_commit(struct authority *a, const struct issue_batch *b, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();

	for (size_t i = 0; i < b->n; i++) {
		put_issue(&u, b->by, &b->item[i]);
		if (b->also != NULL)
			b->also(&u, i, b->state);
	}
	return authority_run(a, "commit", &u, NULL, e);
}

/* One unit each: some may never have been reserved.  When the register is away
 * nobody waits for it here. */
static void
issue_void(struct authority *a, const struct issue_batch *b, int64_t now)
{
	size_t done = 0;
	bool away = false;

	for (size_t i = 0; i < b->n; i++) {
		const struct issue_item *it = &b->item[i];
		own_struct(reg_unit) u = reg_unit_new();
		struct reservation r = {
			.request = span_of(it->request, sizeof(it->request)), .serial = span_of(it->plan.serial.octet, SERIAL_LEN),
			.profile = span_str(it->plan.profile->id), .agency = span_str(it->plan.agency), .not_after = it->plan.not_after, .generation = b->by->n,
		};
		struct err why = { ERR_LATER, "" };

		issue_put_void(&u, &r, now);
		if (!away && authority_run(a, "void", &u, NULL, &why)) {
			done++;
		} else if (why.class != ERR_CONFLICT) {
			left_behind_add(a, &r);
			away = true;
		}
	}
	if (done > 0)
		crl_ask(a);
}

bool
issue_run(struct authority *a, struct issue_batch *b, struct reg_unit *u, int64_t now, struct err *e)
{
	if (b->n == 0 || b->n > ISSUE_MAX)
		return fail(e, ERR_LIMIT, "1 to %d certificates at once", ISSUE_MAX);
	for (size_t i = 0; i < b->n; i++)
		put_reserve(u, b->by, &b->item[i]);
	if (!authority_run(a, "reserve", u, NULL, e)) {
		/* ERR_LATER: nobody knows whether it ran.  Else nothing is reserved. */
		if (e->class == ERR_LATER)
			issue_void(a, b, now);
		return false;
	}
	if (step_all(b, sign_chunk, now, e) && issue_commit(a, b, e)) {
		ocsp_ask(b->by);
		return true;
	}
	issue_void(a, b, now);
	return false;
}

bool
issue_recover(struct authority *a, int64_t now, size_t *voided, struct err *e)
{
	own_struct(reg_unit) ask = reg_read_new("cert.reserved");
	own_struct(reg_rows) rows = { .left = 0 };
	own_struct(reg_unit) u = reg_unit_new();
	struct reg_cell c[15];
	bool more;

	*voided = 0;
	if (!reg_read(a->reg, &ask, &rows, e) || !reg_next(&rows, c, 15, &more, e))
		return false;
	while (more) {
		struct reservation r = { .request = c[1].s, .serial = c[0].s, .profile = c[2].s, .agency = c[5].s, .not_after = c[9].i, .generation = c[14].i };

		issue_put_void(&u, &r, now);
		++*voided;
		if (!reg_next(&rows, c, 15, &more, e))
			return false;
	}
	return *voided == 0 || authority_run(a, "recover", &u, NULL, e);
}
