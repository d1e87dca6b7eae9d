/*
 * Orders that make a certificate anew, on the same key for the same person:
 *
 *	cert.renew	says the same for longer; the old one lives out its time
 *	cert.modify	another name, title or agency; the old one is revoked in the
 *			unit that makes the new one durable, and the new one ends
 *			when the old one would have
 *
 * Each subject stands by itself: one that is refused is answered as such, the
 * others are done; if all are refused, so is the order.  The proof that the person
 * has the key is the CSR of the first request; a request of its own, which names
 * the old certificate, makes of every order a thing that can be done once: after a
 * crash the order given again takes up the request that waits.
 */
#include "ca/order_act.h"

#include "base/clock.h"
#include "ca/crl_issue.h"
#include "ca/der.h"
#include "ca/issue.h"
#include "ca/request.h"

#include <stdio.h>
#include <stdlib.h>

#define SUPERSEDED 4			/* RFC 5280 5.3.1 */
#define AFFILIATION_CHANGED 3

/* One subject on its way. */
struct anew {
	const struct order_subject *s;
	const json_t *change;			/* NULL: renewed */
	struct reg_rows rows, request_rows;
	struct reg_cell old[CERT_COLUMNS], request[REQUEST_COLUMNS];
	struct request_facts before, after;
	struct request_ask ask;
	char serial[2 * SERIAL_LEN + 1];
	unsigned char id[REQUEST_ID_LEN];	/* of its own request */
	bool waits;				/* that one is there already */
	bool good;
	struct err e;
};

struct anew_list { struct anew *row; size_t n, good; struct issue_batch batch; size_t *of; };

static void
anew_list_drop(struct anew_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		reg_rows_drop(&l->row[i].rows);
		reg_rows_drop(&l->row[i].request_rows);
		request_facts_drop(&l->row[i].before);
		request_facts_drop(&l->row[i].after);
	}
	issue_batch_drop(&l->batch);
	free(l->row);
	free(l->of);
}

/*
 * Each subject.
 */

static bool
check_old(struct act *t, struct anew *x, struct err *e)
{
	const struct reg_cell *c = x->old;
	char agency[64], person[64];

	snprintf(agency, sizeof(agency), "%.*s", (int)c[5].s.len, (const char *)c[5].s.ptr);
	snprintf(person, sizeof(person), "%.*s", c[3].null ? 0 : (int)c[3].s.len, c[3].null ? "" : (const char *)c[3].s.ptr);
	if (!span_eq_str(c[10].s, "active") || c[6].null)
		return fail(e, ERR_CONFLICT, "certificate %s is %.*s", x->s->id, (int)c[10].s.len, (const char *)c[10].s.ptr);
	if (c[9].i <= t->now + DAY_SECS)
		return fail(e, ERR_CONFLICT, "certificate %s has ended or ends within a day: a new request is needed", x->s->id);
	return act_hash(x->s, c[6].s, e) && act_may(t, agency, e) && act_other_person(t, person, e);
}

static bool
find_old(struct act *t, struct anew *x, struct err *e)
{
	own_struct(reg_unit) ask = reg_read_new("cert.by_serial");
	own_struct(reg_unit) first = reg_read_new("request.by_id");
	unsigned char serial[SERIAL_LEN];

	if (!act_subject_id(serial, SERIAL_LEN, x->s, "serial number", e))
		return false;
	hex_text(x->serial, span_of(serial, SERIAL_LEN));
	reg_bytes(&ask, "serial", span_of(serial, SERIAL_LEN));
	if (!reg_one(t->a->reg, &ask, &x->rows, x->old, CERT_COLUMNS, "such certificate", e) || !check_old(t, x, e))
		return false;
	reg_bytes(&first, "id", x->old[1].s);
	return reg_one(t->a->reg, &first, &x->request_rows, x->request, REQUEST_COLUMNS, "request of this certificate", e) &&
	    request_facts_read(&x->before, t->a->policy, x->request[1].s, e);
}

/* What the certificate says, but for what the change says. */
static bool
merge(struct anew *x, struct err *e)
{
	static const char *const keys[] = { "name", "title", "agency", NULL };
	struct request_ask *k = &x->ask;
	const struct request_facts *b = &x->before;
	const char *name = NULL, *title = NULL, *agency = NULL;

	if (x->change != NULL && (!json_only(x->change, keys, e) || !json_may_str(&name, x->change, "name", e) ||
	    !json_may_str(&title, x->change, "title", e) || !json_may_str(&agency, x->change, "agency", e)))
		return fail_in(e, "change");
	*k = (struct request_ask){ .profile = b->profile->id, .agency = agency ?: b->agency->id, .name = name ?: b->name,
		.title = title ?: b->title, .person = b->person, .token = b->token, .mail = b->mail, .spki = buf_span(&b->spki) };
	if (x->change != NULL)
		k->replaces = x->serial;
	else
		k->renews = x->serial;
	return true;
}

static bool
check_renewal(const struct act *t, const struct anew *x, struct err *e)
{
	const struct profile *f = x->before.profile;
	char from[TIME_TEXT];

	if (f->renew_days == 0)
		return fail(e, ERR_POLICY, "a certificate of the profile %s is not renewed on its key: a new request is needed", f->id);
	if (t->now >= x->old[9].i - f->renew_days * DAY_SECS)
		return true;
	date_text(from, day_in_vietnam(x->old[9].i - f->renew_days * DAY_SECS));
	return fail(e, ERR_POLICY, "a certificate of the profile %s is renewed in its last %lld days; this one from %s", f->id, (long long)f->renew_days, from);
}

static bool
check_change(struct act *t, const struct anew *x, struct err *e)
{
	const struct request_ask *k = &x->ask;

	if (!x->before.profile->person)
		return fail(e, ERR_POLICY, "only what a person's certificate says is changed");
	if (strcmp(k->name, x->before.name) == 0 && strcmp(k->title, x->before.title) == 0 && strcmp(k->agency, x->before.agency->id) == 0)
		return fail(e, ERR_CONFLICT, "certificate %s says this already", x->s->id);
	return act_may(t, k->agency, e);
}

static bool
take_row(struct act *t, struct anew *x, struct err *e)
{
	char state[16];

	if (!find_old(t, x, e) || !merge(x, e) || !(x->change != NULL ? check_change(t, x, e) : check_renewal(t, x, e)) ||
	    !request_facts_make(&x->after, t->a->policy, &x->ask, e) || !request_same(t->a, &x->after, &x->waits, x->id, state, e))
		return false;
	return !x->waits || strcmp(state, "pending") == 0 || fail(e, ERR_CONFLICT, "this was ordered before, and done");
}

/*
 * All of them.
 */

static void
take_item(struct anew_list *l, struct anew *x)
{
	struct issue_item *it = &l->batch.item[l->batch.n];

	memcpy(it->request, x->id, REQUEST_ID_LEN);
	it->facts = buf_span(&x->after.text);
	it->anew = true;
	it->until = x->change != NULL ? x->old[9].i : 0;
	l->of[l->batch.n++] = (size_t)(x - l->row);
}

/* Those that can be made; the others have their refusal. */
static void
plan_each(struct act *t, struct anew_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct anew *x = &l->row[i];
		struct issue_item one = { .facts = buf_span(&x->after.text), .anew = true, .until = x->change != NULL ? x->old[9].i : 0 };
		struct issue_batch alone = { .item = &one, .n = 1 };

		if (!x->good)
			continue;
		x->good = issue_plan(t->a, &alone, t->now, &x->e);
		buf_drop(&one.tbs);
		buf_drop(&one.der);
	}
}

static void
begin_batch(struct anew_list *l)
{
	issue_batch_drop(&l->batch);
	l->batch.item = xalloc(l->n * sizeof(*l->batch.item));
	for (size_t i = 0; i < l->n; i++)
		if (l->row[i].good)
			take_item(l, &l->row[i]);
}

/* The first refusal is the order's, when there is nothing else. */
static bool
take_rows(struct act *t, struct anew_list *l, const json_t *changes, struct err *e)
{
	struct err ignored;

	l->n = t->o->nsubjects;
	l->row = xalloc(l->n * sizeof(*l->row));
	l->of = xalloc(l->n * sizeof(*l->of));
	for (size_t i = 0; i < l->n; i++) {
		struct anew *x = &l->row[i];

		x->s = &t->o->subject[i];
		x->change = changes == NULL ? NULL : json_array_get(changes, i);
		x->good = take_row(t, x, &x->e);
		/* That nobody answers is not the subject's fault. */
		if (!x->good && (x->e.class == ERR_LATER || x->e.class == ERR_STORE || x->e.class == ERR_BUG)) {
			*e = x->e;
			return false;
		}
	}
	begin_batch(l);
	if (l->batch.n > 0 && !issue_plan(t->a, &l->batch, t->now, &ignored)) {
		plan_each(t, l);
		begin_batch(l);
		if (l->batch.n > 0 && !issue_plan(t->a, &l->batch, t->now, e))
			return false;
	}
	if (l->batch.n > 0)
		return true;
	*e = l->row[0].e;
	return fail_in(e, "subject %s", l->row[0].s->id);
}

static bool
put_requests(struct act *t, struct anew_list *l, struct err *e)
{
	for (size_t i = 0; i < l->batch.n; i++) {
		struct anew *x = &l->row[l->of[i]];

		act_put_fresh(t, x->old[1].s);
		if (!x->waits && !request_put(&t->unit, x->id, &x->after, x->request[2].s, t->now, e))
			return false;
		memcpy(l->batch.item[i].request, x->id, REQUEST_ID_LEN);
	}
	return true;
}

struct replacing { const struct anew_list *l; int64_t now; };

static void
put_replaced(struct reg_unit *u, size_t i, void *state)
{
	const struct replacing *r = state;
	const struct anew *x = &r->l->row[r->l->of[i]];
	bool moved = strcmp(x->ask.agency, x->before.agency->id) != 0;

	act_put_ending(u, x->old, &(struct ending){ "cert.revoke", "active", moved ? AFFILIATION_CHANGED : SUPERSEDED, INT64_MIN }, r->now);
}

static json_t *
refusal(const struct anew *x)
{
	return json_pack("{s:s, s:b, s:s, s:s}", "id", x->s->id, "done", 0, "class", err_word(x->e.class), "text", x->e.text);
}

static json_t *
made(const struct anew *x, const struct issue_item *it)
{
	char request[2 * REQUEST_ID_LEN + 1], serial[2 * SERIAL_LEN + 1], to[TIME_TEXT];
	own_struct(buf) pem = buf_new(16 << 10);

	hex_text(request, span_of(it->request, REQUEST_ID_LEN));
	hex_text(serial, span_of(it->plan.serial.octet, SERIAL_LEN));
	time_text_utc(to, it->plan.not_after);
	der_to_pem(&pem, buf_span(&it->der));
	return json_pack("{s:s, s:b, s:s, s:s, s:s, s:s}", "id", x->s->id, "done", 1, "request", request, "serial", serial, "not_after", to, "pem", buf_str(&pem));
}

static void
answer_rows(struct act *t, const struct anew_list *l)
{
	json_t *list = json_array();
	size_t k = 0;

	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(list, l->row[i].good ? made(&l->row[i], &l->batch.item[k++]) : refusal(&l->row[i]));
	json_object_set_new(t->answer, "results", list);
}

static bool
make_anew(struct act *t, const json_t *changes, struct err *e)
{
	own_struct(anew_list) l = { .n = 0 };
	struct replacing r = { .l = &l, .now = t->now };

	if (!take_rows(t, &l, changes, e))
		return false;
	if (act_waits(t))
		return act_run(t, e);
	act_put_accept(t);
	if (!put_requests(t, &l, e))
		return false;
	if (changes != NULL) {
		l.batch.also = put_replaced;
		l.batch.state = &r;
	}
	if (!issue_run(t->a, &l.batch, &t->unit, t->now, e)) {
		/* Nobody knows whether the old ones ended: then the CRL must tell. */
		if (changes != NULL)
			crl_ask(t->a);
		return false;
	}
	answer_rows(t, &l);
	if (changes != NULL)
		act_tell(t);
	return true;
}

bool
order_renew(struct act *t, struct err *e)
{
	return act_bare(t, e) && make_anew(t, NULL, e);
}

/* One for each subject, in their order. */
static bool
take_changes(json_t **changes, const json_t *from, size_t nsubjects, struct err *e)
{
	if (from == NULL)
		return fail(e, ERR_INPUT, "an order cert.modify says in \"with\" what it is about");
	if (!json_take_arr(changes, from, "changes", e))
		return false;
	if (json_array_size(*changes) != nsubjects)
		return fail(e, ERR_INPUT, "\"changes\" has %zu rows for %zu subjects", json_array_size(*changes), nsubjects);
	for (size_t i = 0; i < nsubjects; i++)
		if (!json_is_object(json_array_get(*changes, i)))
			return fail(e, ERR_INPUT, "\"changes\": row %zu is no object", i + 1);
	return true;
}

bool
order_modify(struct act *t, struct err *e)
{
	static const char *const keys[] = { "changes", NULL };
	json_t *changes;

	return (t->o->with == NULL || json_only(t->o->with, keys, e)) && take_changes(&changes, t->o->with, t->o->nsubjects, e) && make_anew(t, changes, e);
}

/*
 * What would become of it: CA_LIST "changes".
 */

#define PREVIEW_MAX 64

static json_t *
said(const char *name, const char *title, const char *agency)
{
	return json_pack("{s:s, s:s, s:s}", "name", name, "title", title, "agency", agency);
}

static json_t *
preview_row(const struct anew *x)
{
	json_t *j = x->good ? json_pack("{s:s, s:b}", "id", x->s->id, "done", 1) : refusal(x);
	char to[TIME_TEXT];

	if (x->before.profile == NULL || x->ask.profile == NULL)
		return j;
	time_text_utc(to, x->old[9].i);
	json_object_set_new(j, "before", said(x->before.name, x->before.title, x->before.agency->id));
	json_object_set_new(j, "after", said(x->ask.name, x->ask.title, x->ask.agency));
	json_object_set_new(j, "not_after", json_string(to));
	return j;
}

static bool
preview_subjects(struct order *o, const json_t *query, struct err *e)
{
	json_t *list, *s;
	const char *id;
	size_t i;

	if (!json_take_arr(&list, query, "subject", e))
		return false;
	o->nsubjects = json_array_size(list);
	if (o->nsubjects == 0 || o->nsubjects > PREVIEW_MAX)
		return fail(e, ERR_LIMIT, "1 to %d subjects are looked at", PREVIEW_MAX);
	o->subject = xalloc(o->nsubjects * sizeof(*o->subject));
	json_array_foreach(list, i, s) {
		if (!json_take_str(&id, s, "id", e) || !json_take_hex(o->subject[i].hash, SHA256_LEN, s, "hash", e))
			return fail_in(e, "subject %zu", i + 1);
		if (strlen(id) >= sizeof(o->subject[i].id))
			return fail(e, ERR_INPUT, "subject %zu is no serial number", i + 1);
		snprintf(o->subject[i].id, sizeof(o->subject[i].id), "%s", id);
	}
	return true;
}

bool
anew_preview(struct authority *a, const json_t *query, int64_t now, json_t *answer, struct err *e)
{
	static const char *const keys[] = { "what", "person", "subject", "changes", NULL };
	own_struct(order) o = { .nsubjects = 0 };
	own_struct(anew_list) l = { .n = 0 };
	struct act t = { .a = a, .o = &o, .now = now, .today = day_in_vietnam(now), .verb = policy_verb(a->policy, "cert.modify") };
	json_t *changes = NULL, *items = json_array();
	const char *person;
	struct err refused = { ERR_NONE, "" };

	json_object_set_new(answer, "items", items);
	if (!json_only(query, keys, e) || !json_take_str(&person, query, "person", e) || !preview_subjects(&o, query, e) ||
	    !take_changes(&changes, query, o.nsubjects, e) || !appointments_read(a, person, t.appointment, &t.nappointments, e))
		return false;
	if (t.verb == NULL)
		return fail(e, ERR_ABSENT, "this authority knows no order cert.modify");
	snprintf(t.person, sizeof(t.person), "%s", person);
	/* All are refused, which is an answer; but nothing is known if nobody answers. */
	if (!take_rows(&t, &l, changes, &refused) && (refused.class == ERR_LATER || refused.class == ERR_STORE || refused.class == ERR_BUG)) {
		*e = refused;
		return false;
	}
	for (size_t i = 0; i < l.n; i++)
		json_array_append_new(items, preview_row(&l.row[i]));
	return true;
}
