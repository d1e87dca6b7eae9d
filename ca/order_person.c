/* Orders on people and programs. */
#include "ca/order_act.h"

#include "base/clock.h"
#include "policy/scope.h"

#define TEXT_MAX 512
#define MODE_AUTHORISED "TUQ."

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

/* under: where it is TUQ., the appointment of who authorises. */
struct appointing { const char *person, *role, *agency, *title, *mode, *decision, *from, *to, *authorised_by; int32_t from_day, to_day; struct buf kinds; struct appointment under; };

static void
appointing_drop(struct appointing *p)
{
	buf_drop(&p->kinds);
}

static bool
take_appointing(struct appointing *p, const json_t *j, const struct policy *policy, struct err *e)
{
	static const char *const keys[] = { "person", "role", "agency", "title", "mode", "kinds", "from", "to", "decision", "authorised_by", NULL };

	p->kinds = buf_new(TEXT_MAX);
	return json_only(j, keys, e) && json_take_str(&p->person, j, "person", e) && json_take_str(&p->role, j, "role", e) &&
	    json_take_str(&p->agency, j, "agency", e) && json_take_str(&p->title, j, "title", e) && json_take_str(&p->mode, j, "mode", e) &&
	    json_take_str(&p->decision, j, "decision", e) && json_take_str(&p->from, j, "from", e) && json_may_str(&p->to, j, "to", e) &&
	    json_may_str(&p->authorised_by, j, "authorised_by", e) &&
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

/*
 * TUQ.: in writing, by one who holds the right himself, and not passed on (Decree
 * 30/2020, art. 13): no more than that right, in agencies, kinds and days.
 */

static bool
kinds_within(const char *few, const char *many)
{
	char kind[64];

	for (const char *w = few; *w != '\0'; w += strspn(w, " ")) {
		size_t n = strcspn(w, " ");

		snprintf(kind, sizeof(kind), "%.*s", (int)n, w);
		if (strcmp(many, "*") != 0 && !word_in(many, kind))
			return false;
		w += n;
	}
	return true;
}

static bool
check_authority(struct appointing *p, struct err *e)
{
	const struct appointment *by = &p->under;
	const struct { bool kept; struct err_rule rule; } rules[] = {
		{ strcmp(by->mode, MODE_AUTHORISED) != 0, { ERR_POLICY, "who is authorised authorises nobody: TUQ. is not passed on", "authority-passed-on", "người được ủy quyền không được ủy quyền lại" } },
		{ strcmp(by->person, p->person) != 0, { ERR_POLICY, "nobody authorises himself", "authority-self", "không ai tự ủy quyền cho mình" } },
		{ strcmp(p->role, "officer") == 0 && strcmp(by->role, "officer") == 0, { ERR_POLICY, "TUQ. is an officer's, by the right of an officer", "authority-role",
		    "TUQ. chỉ dành cho người ký, theo quyền của người ký" } },
		{ agency_within(p->agency, by->agency), { ERR_POLICY, "the agency lies outside that of who authorises", "authority-agency", "cơ quan nằm ngoài phạm vi của người ủy quyền" } },
		{ kinds_within(buf_str(&p->kinds), by->kinds), { ERR_POLICY, "who authorises may not sign all of these kinds", "authority-kinds",
		    "có loại giấy phép mà người ủy quyền không được ký" } },
		{ p->from_day >= by->from_day && (p->to == NULL ? INT32_MAX : p->to_day) <= by->to_day, { ERR_POLICY, "who authorises does not hold the right on all of these days",
		    "authority-days", "thời gian ủy quyền vượt ra ngoài thời gian của người ủy quyền" } },
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (!rules[i].kept)
			return fail_by(e, &rules[i].rule);
	return true;
}

/* That the right has not ended the register says, in the unit that appoints. */
static bool
take_authority(struct appointing *p, struct authority *a, struct err *e)
{
	static const struct err_rule unnamed = { ERR_INPUT, "an appointment in the mode TUQ. names in \"authorised_by\" the appointment of who authorises, and no other mode does",
		"authority-unnamed", "phân công TUQ., và chỉ TUQ., phải nêu phân công của người ủy quyền" };
	unsigned char id[APPOINTMENT_ID];

	if ((strcmp(p->mode, MODE_AUTHORISED) == 0) != (p->authorised_by != NULL))
		return fail_by(e, &unnamed);
	if (p->authorised_by == NULL)
		return true;
	if (!hex_get_fixed(id, sizeof(id), span_str(p->authorised_by), e) || !appointment_read(a, id, &p->under, e))
		return fail_in(e, "\"authorised_by\"");
	return check_authority(p, e);
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
	if (p->authorised_by != NULL)
		reg_bytes(u, "authorised_by", span_of(p->under.id, APPOINTMENT_ID));
	else
		reg_null(u, "authorised_by");
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
	if (!act_may(t, p.agency, e) || !act_other_person(t, p.person, e) || !take_authority(&p, t->a, e))
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
