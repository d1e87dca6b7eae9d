#include "ca/order_act.h"

#include <stdio.h>

/*
 * What every order is held against.
 */

/* Role and scope for one agency. */
bool
act_may(struct act *t, const char *agency, struct err *e)
{
	bool has_role = false;

	for (size_t i = 0; i < t->nappointments; i++) {
		const struct appointment *p = &t->appointment[i];

		if (!word_in(t->verb->roles, p->role))
			continue;
		has_role |= appointment_covers(p, t->today, p->agency);
		if (!appointment_covers(p, t->today, agency))
			continue;
		if (t->role == NULL)
			t->role = p->role;
		return true;
	}
	if (has_role)
		return fail(e, ERR_POLICY, "the agency %s is outside the scope of who signed the order", agency);
	return fail(e, ERR_POLICY, "who signed the order has no role that may order %s (%s)", t->verb->id, t->verb->roles);
}

bool
act_other_person(const struct act *t, const char *person, struct err *e)
{
	return strcmp(person, t->person) != 0 || fail(e, ERR_POLICY, "nobody orders %s for themselves; another person must sign", t->verb->id);
}

bool
act_one_subject(const struct act *t, struct err *e)
{
	return t->o->nsubjects == 1 || fail(e, ERR_INPUT, "an order %s has one subject", t->verb->id);
}

bool
act_hash(const struct order_subject *s, struct span what, struct err *e)
{
	unsigned char hash[SHA256_LEN];

	sha256(hash, what);
	return memcmp(hash, s->hash, SHA256_LEN) == 0 ||
	    fail(e, ERR_CONFLICT, "the hash of subject %s is not of what the register holds; look again", s->id);
}

bool
act_subject_id(unsigned char *out, size_t len, const struct order_subject *s, const char *what, struct err *e)
{
	return hex_get_fixed(out, len, span_str(s->id), e) || fail(e, ERR_INPUT, "subject \"%s\" is no %s (%zu hex digits)", s->id, what, 2 * len);
}

/*
 * The unit: the order first, then what it does.
 */

void
act_put_accept(struct act *t)
{
	reg_verb(&t->unit, "order.accept");
	reg_text(&t->unit, "org", t->signer_agency);
	reg_text(&t->unit, "role", t->role);
	reg_bytes(&t->unit, "order_id", span_of(t->o->id, ORDER_ID_LEN));
	reg_text(&t->unit, "act", t->o->verb);
	reg_bytes(&t->unit, "signer", span_of(t->signer, SERIAL_LEN));
	reg_bytes(&t->unit, "cms", t->cms);
	reg_int(&t->unit, "after_size", (int64_t)t->o->after_size);
	reg_bytes(&t->unit, "after_root", span_of(t->o->after_root, SHA256_LEN));
}

void
act_put_fresh(struct act *t, struct span handle)
{
	reg_verb(&t->unit, "order.fresh");
	reg_bytes(&t->unit, "subject", handle);
	reg_int(&t->unit, "after_size", (int64_t)t->o->after_size);
}

bool
act_run(struct act *t, struct err *e)
{
	return authority_run(t->a, "order", &t->unit, NULL, e);
}

void
act_answer_id(struct act *t, struct span id)
{
	own_struct(buf) hex = buf_new(256);
	json_t *list = json_object_get(t->answer, "ids");

	hex_put(&hex, id);
	if (list == NULL) {
		list = json_array();
		json_object_set_new(t->answer, "ids", list);
	}
	json_array_append_new(list, json_string(buf_str(&hex)));
}

bool
act_with_hash(const struct act *t, struct err *e)
{
	own_struct(buf) text = buf_new(ORDER_MAX);

	if (t->o->with == NULL)
		return fail(e, ERR_INPUT, "an order %s says in \"with\" what it is about", t->verb->id);
	json_write(&text, t->o->with);
	return buf_ok(&text, "\"with\"", e) && act_hash(&t->o->subject[0], buf_span(&text), e);
}
