/*
 * token.register: a USB token is one person's, so that a request for a certificate may
 * name it.
 *
 *	"subject"	one: the token's serial number
 *	"with"		{"model", "person", "agency", "state": "held" or "lost"}
 *
 * Registered again it may have another model or agency of the same person, never
 * another person.  Lost is for ever: no request names it any more.  What is on it is
 * another order's (cert.suspend, cert.revoke, key.block).
 */
#include "ca/order_act.h"

#include "base/text.h"
#include "ca/request.h"

#include <stdio.h>

#define MODEL_MAX 128

struct token { const char *model, *person, *agency, *state; };

static bool
take_token(struct token *k, const struct act *t, struct err *e)
{
	static const char *const keys[] = { "model", "person", "agency", "state", NULL };
	const json_t *j = t->o->with;

	if (!token_serial_check(t->o->subject[0].id, e) || !json_only(j, keys, e) || !json_take_str(&k->model, j, "model", e) ||
	    !json_take_str(&k->person, j, "person", e) || !json_take_str(&k->agency, j, "agency", e) || !json_take_str(&k->state, j, "state", e))
		return false;
	if (policy_agency(t->a->policy, k->agency) == NULL)
		return fail(e, ERR_ABSENT, "there is no agency %.40s", k->agency);
	if (k->model[0] == '\0' || strlen(k->model) > MODEL_MAX)
		return fail(e, ERR_INPUT, "\"model\" has 1 to %d octets", MODEL_MAX);
	if (!text_check(span_str(k->model), false, e))
		return fail_in(e, "\"model\"");
	if (!person_check(k->person, e))
		return false;
	return strcmp(k->state, "held") == 0 || strcmp(k->state, "lost") == 0 || fail(e, ERR_INPUT, "\"state\" is held or lost");
}

/* Where it is registered already, the scope has that agency, too. */
static bool
may_from(struct act *t, struct err *e)
{
	own_struct(reg_unit) ask = reg_read_new("token.by_serial");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[5];
	char agency[64];
	bool more;

	reg_text(&ask, "serial", t->o->subject[0].id);
	if (!reg_read(t->a->reg, &ask, &rows, e) || !reg_next(&rows, c, 5, &more, e))
		return false;
	if (!more)
		return true;
	snprintf(agency, sizeof(agency), "%.*s", (int)c[3].s.len, (const char *)c[3].s.ptr);
	return act_may(t, agency, e);
}

bool
order_token(struct act *t, struct err *e)
{
	struct token k;

	if (!act_one_subject(t, e) || !act_with_hash(t, e) || !take_token(&k, t, e) || !act_may(t, k.agency, e) || !may_from(t, e) ||
	    !act_other_person(t, k.person, e))
		return false;
	act_put_accept(t);
	reg_verb(&t->unit, "token.register");
	reg_text(&t->unit, "serial", t->o->subject[0].id);
	reg_text(&t->unit, "model", k.model);
	reg_text(&t->unit, "person", k.person);
	reg_text(&t->unit, "agency", k.agency);
	reg_text(&t->unit, "state", k.state);
	return act_run(t, e);
}
