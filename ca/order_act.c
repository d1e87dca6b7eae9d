#include "ca/order_act.h"

#include "base/clock.h"

#include <stdio.h>

/*
 * What every order is held against.
 */

bool
act_waits(const struct act *t)
{
	return t->verb->people > 1 && t->second == NULL;
}

/* Of one who signed: as this verb asks, and the verb that was signed. */
static bool
holds(struct act *t, const struct order_verb *verb, const char *agency, struct err *e)
{
	bool has_role = false;

	for (size_t i = 0; i < t->nappointments; i++) {
		const struct appointment *p = &t->appointment[i];

		if (!word_in(verb->roles, p->role) || !word_in(t->verb->roles, p->role))
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
	return fail(e, ERR_POLICY, "who signed the order has no role that may order %s (%s)", verb->id, verb->roles);
}

bool
act_may(struct act *t, const char *agency, struct err *e)
{
	return holds(t, t->verb, agency, e) && (t->second == NULL || holds(t->second, t->verb, agency, e) || fail_in(e, "consent"));
}

bool
act_other_person(const struct act *t, const char *person, struct err *e)
{
	bool other = strcmp(person, t->person) != 0 && (t->second == NULL || strcmp(person, t->second->person) != 0);

	return other || fail(e, ERR_POLICY, "nobody orders %s for themselves; another person must sign", t->verb->id);
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

/* The order that `from` is about, as a verb that keeps it. */
static void
put_order(struct reg_unit *u, const char *verb, const struct act *from)
{
	reg_verb(u, verb);
	reg_text(u, "org", from->signer_agency);
	reg_text(u, "role", from->role);
	reg_bytes(u, "order_id", span_of(from->o->id, ORDER_ID_LEN));
	reg_text(u, "act", from->o->verb);
	reg_bytes(u, "signer", span_of(from->signer, SERIAL_LEN));
	reg_bytes(u, "cms", from->cms);
	reg_int(u, "after_size", (int64_t)from->o->after_size);
	reg_bytes(u, "after_root", span_of(from->o->after_root, SHA256_LEN));
}

/* A second person's word about an order that waits. */
void
act_put_about(struct reg_unit *u, const char *verb, const struct act *second, const struct act *first)
{
	unsigned char hash[SHA256_LEN];

	sha256(hash, first->cms);
	put_order(u, verb, second);
	reg_text(u, "person", second->person);
	reg_bytes(u, "waiting", span_of(first->o->id, ORDER_ID_LEN));
	reg_bytes(u, "sha256", span_of(hash, sizeof(hash)));
}

void
act_put_accept(struct act *t)
{
	if (t->second != NULL)
		act_put_about(&t->unit, "order.consent", t->second, t);
	else
		put_order(&t->unit, "order.accept", t);
}

void
act_put_fresh(struct act *t, struct span handle)
{
	reg_verb(&t->unit, "order.fresh");
	reg_bytes(&t->unit, "subject", handle);
	reg_int(&t->unit, "after_size", (int64_t)t->o->after_size);
}

/* Kept verbatim; the unit of what it orders is let go of, and made anew when
 * somebody consents. */
static bool
keep_waiting(struct act *t, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	unsigned char hash[SHA256_LEN];
	char id[2 * ORDER_ID_LEN + 1], hex[2 * SHA256_LEN + 1], expires[TIME_TEXT];

	sha256(hash, t->cms);
	put_order(&u, "order.wait", t);
	reg_text(&u, "person", t->person);
	reg_bytes(&u, "sha256", span_of(hash, sizeof(hash)));
	reg_int(&u, "expires", t->o->expires);
	if (!authority_run(t->a, "wait", &u, NULL, e))
		return false;
	hex_text(id, span_of(t->o->id, ORDER_ID_LEN));
	hex_text(hex, span_of(hash, sizeof(hash)));
	time_text_utc(expires, t->o->expires);
	json_object_clear(t->answer);
	json_object_set_new(t->answer, "waits", json_pack("{s:s, s:s, s:s, s:s}", "verb", t->o->verb, "id", id, "hash", hex, "expires", expires));
	return true;
}

bool
act_run(struct act *t, struct err *e)
{
	if (act_waits(t))
		return keep_waiting(t, e);
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
act_bare(const struct act *t, struct err *e)
{
	return t->o->with == NULL || fail(e, ERR_INPUT, "an order %s has no \"with\"", t->verb->id);
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
