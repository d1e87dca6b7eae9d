#include "ca/publish_order.h"

#include "base/clock.h"
#include "base/cms.h"
#include "ca/ocsp_issue.h"
#include "ca/order_act.h"
#include "ca/responder.h"

#include <string.h>

enum { CRL, OCSP, WHATS };
static const char *const what_word[WHATS] = { "crl", "ocsp" };

static bool
take_word(bool want[WHATS], const json_t *word, struct err *e)
{
	const char *text = json_string_value(word) ?: "an item that is no text,";

	for (size_t i = 0; i < WHATS; i++) {
		if (strcmp(text, what_word[i]) != 0)
			continue;
		if (want[i])
			return fail(e, ERR_INPUT, "\"what\" says %s twice", text);
		return want[i] = true;
	}
	return fail(e, ERR_ABSENT, "\"what\": %.40s is not known; crl and ocsp are", text);
}

static bool
take_what(bool want[WHATS], const json_t *with, struct err *e)
{
	static const char *const keys[] = { "what", NULL };
	json_t *list, *word;
	size_t i;

	if (!json_only(with, keys, e) || !json_take_arr(&list, with, "what", e))
		return false;
	json_array_foreach(list, i, word)
		if (!take_word(want, word, e))
			return false;
	return i > 0 || fail(e, ERR_INPUT, "\"what\" is empty");
}

/*
 * What is still to be made.
 */

static bool
asks_for_ocsp(bool *asks, struct span octets, struct err *e)
{
	own_struct(order) o = { .nsubjects = 0 };
	own_struct(buf) text = buf_new(ORDER_MAX);
	own(CMS_ContentInfo) *cms = NULL;
	bool want[WHATS] = { false };

	if (!cms_read(&cms, octets, e) || !cms_content_unchecked(&text, cms, e) || !order_parse(&o, buf_span(&text), e) || !take_what(want, o.with, e))
		return fail_in(e, "an order that was accepted");
	*asks = want[OCSP];
	return true;
}

bool
publish_ordered(struct authority *a, uint64_t since, bool *ordered, struct err *e)
{
	own_struct(reg_unit) ask = reg_read_new("orders.to_publish");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[1];
	bool more;

	*ordered = false;
	reg_int(&ask, "since", (int64_t)since);
	if (!reg_read(a->reg, &ask, &rows, e) || !reg_next(&rows, c, 1, &more, e))
		return false;
	while (more && !*ordered)
		if (!asks_for_ocsp(ordered, c[0].s, e) || !reg_next(&rows, c, 1, &more, e))
			return false;
	return true;
}

/*
 * The order.
 */

static bool
check_responder(const struct act *t, struct err *e)
{
	bool found = false;

	for (struct generation *g = t->a->newest; g != NULL && !found; g = g->older) {
		own_struct(responder) r = { .cert = NULL };

		if (!responder_find(g, t->now, &r, &found, e))
			return false;
	}
	return found || fail(e, ERR_ABSENT, "nobody answers by OCSP here: there is no active certificate of the profile ocsp");
}

bool
order_publish(struct act *t, struct err *e)
{
	bool want[WHATS] = { false };

	if (!act_one_subject(t, e) || !act_may(t, t->a->org, e) || !act_with_hash(t, e) || !take_what(want, t->o->with, e))
		return false;
	if (strcmp(t->o->subject[0].id, t->a->org) != 0)
		return fail(e, ERR_INPUT, "the subject of an order %s is the authority's own agency, %s", t->verb->id, t->a->org);
	if (want[OCSP] && !check_responder(t, e))
		return false;
	act_put_accept(t);
	if (!act_run(t, e))
		return false;
	if (act_waits(t))
		return true;
	for (struct generation *g = t->a->newest; g != NULL && want[OCSP]; g = g->older)
		ocsp_ask(g);
	if (want[CRL])
		act_tell(t);
	return true;
}
