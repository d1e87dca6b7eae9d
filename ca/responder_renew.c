#include "ca/responder_renew.h"

#include "base/clock.h"
#include "base/log.h"
#include "ca/issue.h"
#include "ca/reissue.h"
#include "ca/request.h"
#include "ca/responder.h"

#include <string.h>

#define LOOK_EVERY_SECS 86400

enum { CERT_COLUMNS = 15, REQUEST_COLUMNS = 9 };	/* of cert.by_serial, request.by_id */

/* The request for the certificate that is there; what it asks again. */
struct renewal {
	struct responder old;
	struct reg_rows cert_rows, request_rows;
	struct reg_cell cert[CERT_COLUMNS], request[REQUEST_COLUMNS];
	struct request_facts before, after;
	struct issue_batch batch;
	bool waits;			/* it was asked for already */
};

static void
renewal_drop(struct renewal *r)
{
	responder_drop(&r->old);
	reg_rows_drop(&r->cert_rows);
	reg_rows_drop(&r->request_rows);
	request_facts_drop(&r->before);
	request_facts_drop(&r->after);
	issue_batch_drop(&r->batch);
}

static bool
is_near_its_end(struct generation *g, struct renewal *r, int64_t now, bool *near, struct err *e)
{
	const struct profile *p = policy_profile(g->a->policy, "ocsp");
	bool found;

	if (!responder_find(g, now, &r->old, &found, e))
		return false;
	*near = found && p != NULL && p->renew_days > 0 && now >= r->old.not_after - p->renew_days * DAY_SECS;
	return true;
}

static bool
find_request(struct generation *g, struct renewal *r, struct err *e)
{
	own_struct(reg_unit) ask = reg_read_new("cert.by_serial");
	own_struct(reg_unit) first = reg_read_new("request.by_id");

	reg_bytes(&ask, "serial", span_of(r->old.serial, sizeof(r->old.serial)));
	if (!reg_one(g->a->reg, &ask, &r->cert_rows, r->cert, CERT_COLUMNS, "certificate of the OCSP responder", e))
		return false;
	reg_bytes(&first, "id", r->cert[1].s);
	return reg_one(g->a->reg, &first, &r->request_rows, r->request, REQUEST_COLUMNS, "request of the OCSP responder's certificate", e) &&
	    request_facts_read(&r->before, g->a->policy, r->request[1].s, e);
}

/* The request again, naming the old certificate; *wanted false: it was made once. */
static bool
ask_again(struct generation *g, struct renewal *r, struct issue_item *it, bool *wanted, struct err *e)
{
	char serial[2 * SERIAL_LEN + 1], state[16];
	struct request_ask ask = { .profile = r->before.profile->id, .agency = r->before.agency->id, .name = r->before.name, .person = "", .title = "",
		.renews = serial, .spki = buf_span(&r->before.spki) };

	hex_text(serial, span_of(r->old.serial, sizeof(r->old.serial)));
	if (!request_facts_make(&r->after, g->a->policy, &ask, e) || !request_same(g->a, &r->after, &r->waits, it->request, state, e))
		return false;
	it->facts = buf_span(&r->after.text);
	it->anew = true;
	*wanted = !r->waits || strcmp(state, "pending") == 0;
	return true;
}

/* Planned by its own generation; *wanted false: it would end when the old one does. */
static bool
plan(struct generation *g, struct renewal *r, int64_t now, bool *wanted, struct err *e)
{
	r->batch = (struct issue_batch){ .item = xalloc(sizeof(*r->batch.item)), .n = 1, .by = g };
	if (!find_request(g, r, e) || !ask_again(g, r, &r->batch.item[0], wanted, e) || !issue_plan(g->a, &r->batch, now, e))
		return false;
	*wanted = *wanted && r->batch.item[0].plan.not_after > r->old.not_after + DAY_SECS;
	return true;
}

static bool
make_one(struct generation *g, struct renewal *r, int64_t now, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	char until[TIME_TEXT];

	if (!r->waits && !request_put(&u, r->batch.item[0].request, &r->after, r->request[2].s, now, e))
		return false;
	if (!issue_run(g->a, &r->batch, &u, now, e))
		return false;
	time_text_utc(until, r->batch.item[0].plan.not_after);
	log_info("the OCSP responder's certificate of generation %lld is renewed, until %s", (long long)g->n, until);
	return true;
}

bool
responder_renew(struct generation *g, int64_t now, bool *renewed, struct err *e)
{
	own_struct(renewal) r = { .waits = false };
	bool wanted;

	*renewed = false;
	if (!is_near_its_end(g, &r, now, &wanted, e))
		return false;
	if (wanted && (!plan(g, &r, now, &wanted, e) || (wanted && !make_one(g, &r, now, e))))
		return fail_in(e, "renewal of the OCSP responder's certificate of generation %lld", (long long)g->n);
	*renewed = wanted;
	return true;
}

/*
 * When.
 */

static struct reissue *looking;		/* NULL: the timer has not begun */

/* A token that is away keeps only its own generation's from being made. */
static bool
look(void *authority, int64_t now, struct err *e)
{
	struct authority *a = authority;
	int64_t covers;
	bool good = true, renewed;
	struct err why;

	(void)!reissue_begin(looking, 0, &covers);
	for (struct generation *g = a->newest; g != NULL; g = g->older)
		if (!responder_renew(g, now, &renewed, &why)) {
			*e = why;
			good = false;
		}
	if (good)
		reissue_made(looking, covers, now + LOOK_EVERY_SECS);
	reissue_end(looking);
	return good;
}

void
responder_timer_start(struct authority *a)
{
	looking = reissue_new();
	reissue_timer_start(looking, "the OCSP responder's certificate is not renewed", 0, look, a);
}

void
responder_timer_stop(void)
{
	reissue_stop(looking);
}
