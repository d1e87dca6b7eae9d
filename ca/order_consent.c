/* Orders on an order that waits for its second person. */
#include "ca/order_act.h"

#include "base/clock.h"

#include <stdio.h>

/* The order that the subject names, as its first signer signed it; first->o and
 * first->cms are of it (rows keeps the octets). */
static bool
find_waiting(struct act *t, struct act *first, struct reg_rows *rows, X509 **cert, struct err *e)
{
	own_struct(reg_unit) ask = reg_read_new("order.waiting");
	unsigned char id[ORDER_ID_LEN];
	struct reg_cell c[4];

	if (!act_one_subject(t, e) || !act_bare(t, e) || !act_subject_id(id, sizeof(id), &t->o->subject[0], "order", e))
		return false;
	reg_bytes(&ask, "id", span_of(id, sizeof(id)));
	if (!reg_one(t->a->reg, &ask, rows, c, 4, "such order that waits", e) || !act_hash(&t->o->subject[0], c[0].s, e))
		return false;
	if (!c[3].null)
		return fail(e, ERR_CONFLICT, "the order %s was %.*s", t->o->subject[0].id, (int)c[3].s.len, (const char *)c[3].s.ptr);
	first->cms = c[0].s;
	return act_open(first, cert, e) || fail_in(e, "the order that waits");
}

/* The first order is held against everything once more, as of now, and for both
 * who signed; then it is carried out with the consent in its unit. */
bool
order_consent(struct act *t, struct err *e)
{
	own_struct(order) o = { .nsubjects = 0 };
	own_struct(reg_rows) rows = { .left = 0 };
	own(X509) *cert = NULL;
	struct act first = { .a = t->a, .o = &o, .second = t, .now = t->now, .today = t->today, .answer = t->answer };
	bool good;

	if (!find_waiting(t, &first, &rows, &cert, e))
		return false;
	if (strcmp(first.person, t->person) == 0)
		return fail(e, ERR_POLICY, "this takes two people, and one person's two signatures are one");
	json_object_set_new(t->answer, "done", json_string(o.verb));
	first.unit = reg_unit_new();
	good = act_verb(&first, e);
	reg_unit_drop(&first.unit);
	return good;
}

bool
order_withdraw(struct act *t, struct err *e)
{
	own_struct(order) o = { .nsubjects = 0 };
	own_struct(reg_rows) rows = { .left = 0 };
	own(X509) *cert = NULL;
	struct act first = { .a = t->a, .o = &o, .now = t->now, .today = t->today, .answer = t->answer };

	if (!act_may(t, t->signer_agency, e) || !find_waiting(t, &first, &rows, &cert, e))
		return false;
	act_put_about(&t->unit, "order.withdraw", t, &first);
	act_answer_id(t, span_of(o.id, ORDER_ID_LEN));
	return act_run(t, e);
}
