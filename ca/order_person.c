/* Orders on people and programs. */
#include "ca/order_act.h"

#include "base/clock.h"
#include "policy/scope.h"

#define TEXT_MAX 512

/*
 * person.appoint, person.end, program.register
 */

/* ["a","b"] of known words -> "a b". */
static bool
take_words(struct buf *out, const json_t *j, const char *key, bool (*known)(const struct policy *, const char *), const struct policy *p, struct err *e)
{
	json_t *list, *w;
	size_t i;

	if (!json_take_arr(&list, j, key, e))
		return false;
	json_array_foreach(list, i, w) {
		if (!json_is_string(w) || !known(p, json_string_value(w)))
			return fail(e, ERR_ABSENT, "\"%s\": %.40s is not known", key, json_is_string(w) ? json_string_value(w) : "an item that is no text,");
		if (i > 0)
			buf_put_byte(out, ' ');
		buf_put_str(out, json_string_value(w));
	}
	return buf_ok(out, key, e) && (out->len > 0 || fail(e, ERR_INPUT, "\"%s\" is empty", key));
}

static bool
kind_known(const struct policy *p, const char *word)
{
	return strcmp(word, "*") == 0 || policy_kind(p, word) != NULL;
}

static bool
right_word(const struct policy *p, const char *word)
{
	return right_known(word);
}

static bool
agency_known(const struct policy *p, const char *word)
{
	return policy_agency(p, word) != NULL;
}

static bool
role_known(const struct policy *p, const char *word)
{
	for (size_t i = 0; i < p->nroles; i++)
		if (strcmp(p->role[i].id, word) == 0)
			return true;
	return false;
}

struct appointing { const char *person, *role, *agency, *title, *mode, *decision, *from, *to; int32_t from_day, to_day; struct buf kinds; };

static void
appointing_drop(struct appointing *p)
{
	buf_drop(&p->kinds);
}

static bool
take_appointing(struct appointing *p, const json_t *j, const struct policy *policy, struct err *e)
{
	static const char *const keys[] = { "person", "role", "agency", "title", "mode", "kinds", "from", "to", "decision", NULL };

	p->kinds = buf_new(TEXT_MAX);
	return json_only(j, keys, e) && json_take_str(&p->person, j, "person", e) && json_take_str(&p->role, j, "role", e) &&
	    json_take_str(&p->agency, j, "agency", e) && json_take_str(&p->title, j, "title", e) && json_take_str(&p->mode, j, "mode", e) &&
	    json_take_str(&p->decision, j, "decision", e) && json_take_str(&p->from, j, "from", e) && json_may_str(&p->to, j, "to", e) &&
	    take_words(&p->kinds, j, "kinds", kind_known, policy, e) && date_parse(&p->from_day, p->from, e) &&
	    (p->to == NULL || date_parse(&p->to_day, p->to, e));
}

static bool
check_appointing(const struct appointing *p, const struct policy *policy, struct err *e)
{
	if (!role_known(policy, p->role))
		return fail(e, ERR_ABSENT, "there is no role %.40s", p->role);
	if (!agency_known(policy, p->agency))
		return fail(e, ERR_ABSENT, "there is no agency %.40s", p->agency);
	if (p->mode[0] != '\0' && !word_in("KT. TM. TL. TUQ.", p->mode))
		return fail(e, ERR_INPUT, "\"mode\" is KT., TM., TL., TUQ. or empty");
	if (p->person[0] == '\0' || strlen(p->person) > 32 || p->title[0] == '\0' || strlen(p->title) >= 256)
		return fail(e, ERR_INPUT, "an appointment names a person and a title");
	if (p->decision[0] == '\0' || strlen(p->decision) >= TEXT_MAX)
		return fail(e, ERR_INPUT, "an appointment names the decision that it rests on");
	if (p->to != NULL && p->to_day < p->from_day)
		return fail(e, ERR_INPUT, "an appointment ends after it begins");
	return true;
}

static void
put_appoint(struct act *t, struct appointing *p)
{
	struct reg_unit *u = &t->unit;

	reg_verb(u, "person.appoint");
	reg_bytes(u, "id", span_of(t->o->id, ORDER_ID_LEN));	/* one order, one appointment */
	reg_text(u, "person", p->person);
	reg_text(u, "role", p->role);
	reg_text(u, "agency", p->agency);
	reg_text(u, "title", p->title);
	reg_text(u, "mode", p->mode);
	reg_text(u, "kinds", buf_str(&p->kinds));
	reg_int(u, "from_day", p->from_day);
	if (p->to != NULL)
		reg_int(u, "to_day", p->to_day);
	else
		reg_null(u, "to_day");
	reg_text(u, "decision", p->decision);
}

bool
order_appoint(struct act *t, struct err *e)
{
	own_struct(appointing) p = { .person = NULL };

	if (!act_one_subject(t, e) || !act_with_hash(t, e) || !take_appointing(&p, t->o->with, t->a->policy, e) ||
	    !check_appointing(&p, t->a->policy, e))
		return false;
	if (strcmp(p.person, t->o->subject[0].id) != 0)
		return fail(e, ERR_INPUT, "the subject of an appointment is its person");
	if (!act_may(t, p.agency, e) || !act_other_person(t, p.person, e))
		return false;
	act_put_accept(t);
	put_appoint(t, &p);
	act_answer_id(t, span_of(t->o->id, ORDER_ID_LEN));
	return act_run(t, e);
}

bool
order_end(struct act *t, struct err *e)
{
	const struct order_subject *s = &t->o->subject[0];
	unsigned char id[APPOINTMENT_ID], hash[SHA256_LEN];
	struct appointment p;

	if (!act_one_subject(t, e) || !act_subject_id(id, sizeof(id), s, "appointment", e) || !appointment_read(t->a, id, &p, e))
		return false;
	appointment_hash(hash, &p);
	if (memcmp(hash, s->hash, SHA256_LEN) != 0)
		return fail(e, ERR_CONFLICT, "the hash of subject %s is not of what the register holds; look again", s->id);
	if (!act_may(t, p.agency, e))
		return false;
	act_put_accept(t);
	act_put_fresh(t, span_of(id, sizeof(id)));
	reg_verb(&t->unit, "person.end");
	reg_bytes(&t->unit, "id", span_of(id, sizeof(id)));
	reg_text(&t->unit, "agency", p.agency);
	reg_int(&t->unit, "day", day_in_vietnam(t->o->effective));
	act_answer_id(t, span_of(id, sizeof(id)));
	return act_run(t, e);
}

/* Every agency of a program must lie in the scope. */
static bool
check_agencies(struct act *t, const json_t *with, struct err *e)
{
	json_t *list = json_object_get(with, "agencies"), *w;
	size_t i;

	json_array_foreach(list, i, w)
		if (!act_may(t, json_string_value(w), e))
			return false;
	return true;
}

bool
order_program(struct act *t, struct err *e)
{
	static const char *const keys[] = { "name", "agencies", "kinds", "rights", "responsible", "expires", NULL };
	own_struct(buf) agencies = buf_new(4096);
	own_struct(buf) rights = buf_new(TEXT_MAX);
	own_struct(buf) kinds = buf_new(TEXT_MAX);
	const char *name, *responsible, *expires;
	unsigned char id[SHA256_LEN];
	const json_t *j = t->o->with;
	int64_t until;

	if (!act_one_subject(t, e) || !act_subject_id(id, sizeof(id), &t->o->subject[0], "hash of a key", e) ||
	    !act_with_hash(t, e) || !json_only(j, keys, e) || !json_take_str(&name, j, "name", e) ||
	    !json_take_str(&responsible, j, "responsible", e) || !json_take_str(&expires, j, "expires", e) || !time_parse(&until, expires, e) ||
	    !take_words(&agencies, j, "agencies", agency_known, t->a->policy, e) || !take_words(&kinds, j, "kinds", kind_known, t->a->policy, e) ||
	    !take_words(&rights, j, "rights", right_word, t->a->policy, e))
		return false;
	if (name[0] == '\0' || strlen(name) >= TEXT_MAX || responsible[0] == '\0' || strlen(responsible) >= TEXT_MAX || until <= t->now)
		return fail(e, ERR_INPUT, "a program has a name, a responsible person and an end in the future");
	if (!check_agencies(t, j, e))
		return false;
	act_put_accept(t);
	reg_verb(&t->unit, "program.register");
	reg_text(&t->unit, "org", t->signer_agency);
	reg_bytes(&t->unit, "id", span_of(id, sizeof(id)));
	reg_text(&t->unit, "name", name);
	reg_text(&t->unit, "agencies", buf_str(&agencies));
	reg_text(&t->unit, "kinds", buf_str(&kinds));
	reg_text(&t->unit, "rights", buf_str(&rights));
	reg_text(&t->unit, "responsible", responsible);
	reg_int(&t->unit, "expires", until);
	act_answer_id(t, span_of(id, sizeof(id)));
	return act_run(t, e);
}
