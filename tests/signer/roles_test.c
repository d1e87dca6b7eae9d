/* Who may order what, where: every verb of policy/roles.xml, ordered by a person of
 * every role, appointed in every relation to the agency that the order is about, and
 * at every time; what is neither in the table nor in the scope is refused by the
 * daemon, with the sentence that says so.
 *
 * A subject that an acceptance uses up is made anew; a refusal leaves it as it was. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "register/fsck.h"
#include "tests/register/database.h"
#include "tests/signer/world.h"

#include <stdio.h>
#include <stdlib.h>

#define HERE "H99.31.07"		/* what every order is about */
#define ID_MAX 65

static struct office o;

/* Where and when somebody is appointed, and whether that reaches HERE today. */
static const struct place { const char *name, *agency; int from, to; bool ended, reaches; } places[] = {
	{ "the city", "H99", -10, 10, false, true },
	{ "the agency itself", HERE, -10, 10, false, true },
	{ "another ward, whose code begins the same", "H99.31.12", -10, 10, false, false },
	{ "a department", "H99.14", -10, 10, false, false },
	{ "an agency below a department", "H99.15.02", -10, 10, false, false },
	{ "the city, until yesterday", "H99", -10, -1, false, false },
	{ "the city, from tomorrow on", "H99", 1, 10, false, false },
	{ "the city, ended", "H99", -10, 10, true, false },
};
#define ROLES_MAX 12

struct one { char person[16]; const char *role; const struct place *place; EVP_PKEY *key; X509 *cert; };
static struct one people[ROLES_MAX * COUNT(places)];
static size_t npeople, made;		/* made: a number for whatever must be new */

/* What an order is about. */
struct subject { char id[ID_MAX]; unsigned char hash[SHA256_LEN]; json_t *with; };

/*
 * Subjects: a fresh one of each verb, whoever orders it.
 */

static void
name_certificate(struct subject *s, X509 *cert)
{
	const struct order_subject is = subject_of(cert);

	snprintf(s->id, sizeof(s->id), "%.40s", is.id);	/* 20 octets */
	memcpy(s->hash, is.hash, SHA256_LEN);
}

static X509 *
somebody(void)
{
	own_str char *person = xprintf("CB-7%05zu", ++made);
	own(EVP_PKEY) *key = key_new();

	return world_enrol(&o.w, "official", HERE, "Người Khác", person, "Chuyên viên", key);
}

static void
a_request(struct subject *s, const struct one *by)
{
	own_str char *person = xprintf("CB-7%05zu", ++made), *ask = NULL;
	own_struct(buf) csr = buf_new(4096), text = buf_new(CA_MESSAGE_MAX);
	own(EVP_PKEY) *key = key_new();
	own(json_t) *answer = NULL;
	struct err e;

	csr_of(&csr, key);
	ask = ask_text("official", HERE, "Người Xin", person, "Chuyên viên", buf_span(&csr));
	assert_done(world_text(&o.w, CA_REQUEST, ask, &text, &e) && json_read(&answer, buf_span(&text), &e), e);
	snprintf(s->id, sizeof(s->id), "%s", json_string_value(json_object_get(answer, "id")));
	hash_from_hex(s->hash, answer);
}

static void
a_certificate(struct subject *s, const struct one *by)
{
	own(X509) *cert = somebody();

	name_certificate(s, cert);
}

static void
a_certificate_to_change(struct subject *s, const struct one *by)
{
	a_certificate(s, by);
	s->with = json_pack("{s:[{s:s}]}", "changes", "title", "Phó phòng");
}

static void
a_held_certificate(struct subject *s, const struct one *by)
{
	own(X509) *cert = somebody();

	office_certificate(&o, "cert.suspend", cert);
	name_certificate(s, cert);
}

/* With a certificate of HERE. */
static void
a_key(struct subject *s, const struct one *by)
{
	own(X509) *cert = somebody();
	unsigned char id[KEY_ID_LEN];

	key_id_of_cert(id, cert);
	hex_text(s->id, span_of(id, sizeof(id)));
	s->with = json_object();
	hash_json(s->hash, s->with);
}

static void
wait_for(struct subject *s, EVP_PKEY *key, X509 *cert)
{
	struct subject about = { .with = NULL };
	struct draft d = { .key = key, .cert = cert, .verb = "key.block", .life = 3600 };
	own(json_t) *answer = NULL;
	const json_t *waits;
	struct err e;

	a_key(&about, NULL);
	d.id = about.id;
	d.with = about.with;
	memcpy(d.hash, about.hash, SHA256_LEN);
	assert_done(world_order(&o.w, &d, &answer, &e), e);
	json_decref(about.with);
	waits = json_object_get(answer, "waits");
	snprintf(s->id, sizeof(s->id), "%s", json_string_value(json_object_get(waits, "id")));
	hash_from_hex(s->hash, waits);
}

static const struct one *
of_here(const char *role)
{
	const struct one *p = people;

	while (strcmp(p->role, role) != 0 || strcmp(p->place->agency, HERE) != 0)
		p++;
	return p;
}

/* Signed first by HERE's own security officer, to whom another consents. */
static void
an_order_that_waits(struct subject *s, const struct one *by)
{
	const struct one *first = of_here("security-officer");

	if (first == by)
		first = of_here("approver");
	wait_for(s, first->key, first->cert);
}

static json_t *
appointing(const char *person, const char *role, const char *agency, int32_t from, int32_t to)
{
	char first[TIME_TEXT], last[TIME_TEXT];

	date_text(first, from);
	date_text(last, to);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:[s], s:s, s:s, s:s}", "person", person, "role", role, "agency", agency, "title", "Chuyên viên",
	    "mode", "", "kinds", "*", "from", first, "to", last, "decision", "3/QĐ-TN");
}

static void
an_appointment_to_be(struct subject *s, const struct one *by)
{
	int32_t today = day_in_vietnam(clock_now());

	snprintf(s->id, sizeof(s->id), "CB-7%05zu", ++made);
	s->with = appointing(s->id, "officer", HERE, today, today + 10);
	hash_json(s->hash, s->with);
}

/* The appointment of a person with one alone. */
static void
name_appointment(struct subject *s, const char *person)
{
	own_str char *query = xprintf("{\"what\":\"appointments\",\"person\":\"%s\"}", person);
	own(json_t) *list = world_list(&o.w, query);
	const json_t *item = json_array_get(json_object_get(list, "items"), 0);

	snprintf(s->id, sizeof(s->id), "%s", json_string_value(json_object_get(item, "id")));
	hash_from_hex(s->hash, item);
}

static void
appoint(const char *person, const char *role, const char *agency, int32_t from, int32_t to)
{
	own(json_t) *with = appointing(person, role, agency, from, to);
	struct draft d = { .by = MAI, .verb = "person.appoint", .id = person, .with = with };
	struct err e;

	hash_json(d.hash, with);
	assert_done(world_order(&o.w, &d, NULL, &e), e);
}

static void
an_appointment(struct subject *s, const struct one *by)
{
	own_str char *person = xprintf("CB-7%05zu", ++made);
	int32_t today = day_in_vietnam(clock_now());

	appoint(person, "officer", HERE, today, today + 10);
	name_appointment(s, person);
}

static void
a_program(struct subject *s, const struct one *by)
{
	snprintf(s->id, sizeof(s->id), "%064zx", ++made);
	s->with = json_pack("{s:s, s:[s], s:[s], s:[s], s:s, s:s}", "name", "một cửa", "agencies", HERE, "kinds", "*", "rights", "read", "responsible", "CB-000001",
	    "expires", "2036-01-01T00:00:00Z");
	hash_json(s->hash, s->with);
}

static void
a_token(struct subject *s, const struct one *by)
{
	snprintf(s->id, sizeof(s->id), "TK-%05zu", ++made);
	s->with = json_pack("{s:s, s:s, s:s, s:s}", "model", "thẻ thử nghiệm", "person", "CB-700001", "agency", HERE, "state", "held");
	hash_json(s->hash, s->with);
}

static void
a_book(struct subject *s, const struct one *by)
{
	own_str char *book = xprintf("SO%zu", ++made);

	snprintf(s->id, sizeof(s->id), "%s", HERE);
	s->with = json_pack("{s:s, s:i, s:i}", "book", book, "year", 2026, "next", 1);
	hash_json(s->hash, s->with);
}

static void
a_signed_permit(struct subject *s, const struct one *by)
{
	office_signed(&o, s->id, "gpxd-01", NULL);
	office_hash(&o, s->hash, s->id);
}

static void
an_issued_permit(struct subject *s, const struct one *by)
{
	office_issued(&o, s->id, "gpxd-01", NULL);
	office_hash(&o, s->hash, s->id);
	s->with = json_pack("{s:s}", "decision", "512/QĐ-UBND");
}

static void
what_is_erased(struct subject *s, const struct one *by)
{
	office_signed(&o, s->id, "gpxd-01", NULL);
	office_hash(&o, s->hash, s->id);
	s->with = json_pack("{s:s}", "decision", "513/QĐ-UBND");
}

static void
what_is_returned(struct subject *s, const struct one *by)
{
	office_draft(&o, s->id, "gpxd-01", NULL);
	office_hash(&o, s->hash, s->id);
}

/* A clerk of the city has done this to it before. */
static void
a_permit_after(struct subject *s, const char *verb)
{
	const char *const handle[] = { s->id };
	own(json_t) *answer = NULL;
	struct err e;

	an_issued_permit(s, NULL);
	assert_done(office_order(&o, &answer, &(struct permit_order){ CLERK, verb, handle, 1, s->with, 0 }, &e), e);
}

static void a_suspended_permit(struct subject *s, const struct one *by) { a_permit_after(s, "permit.suspend"); }
static void a_withdrawn_permit(struct subject *s, const struct one *by) { a_permit_after(s, "permit.withdraw"); }

static void
what_is_noted(struct subject *s, const struct one *by)
{
	an_issued_permit(s, by);
	json_object_set_new(s->with, "note", json_string("Tòa án đang thụ lý tranh chấp"));
}

/* All are signed before the key is lost: nothing is signed after. */
static void
what_is_reaffirmed(struct subject *s, const struct one *by)
{
	static char handles[20][33];
	static size_t used;
	char today[TIME_TEXT];

	for (size_t i = 0; used == 0 && i < COUNT(handles); i++)
		office_issued(&o, handles[i], "gpxd-01", NULL);
	if (used == 0)
		office_lose_key(&o, o.staff[DIEP].cert);
	assert_true(used < COUNT(handles));
	snprintf(s->id, sizeof(s->id), "%s", handles[used++]);
	office_hash(&o, s->hash, s->id);
	date_text(today, day_in_vietnam(clock_now()));
	s->with = json_pack("{s:s, s:s}", "decision", "512/QĐ-UBND", "decided", today);
}

/* The last one takes the officer's key away. */
static const struct { const char *verb; void (*subject)(struct subject *, const struct one *by); } verbs[] = {
	{ "cert.approve", a_request }, { "cert.reject", a_request }, { "cert.revoke", a_certificate }, { "cert.suspend", a_certificate },
	{ "cert.resume", a_held_certificate }, { "cert.modify", a_certificate_to_change }, { "key.block", a_key }, { "person.appoint", an_appointment_to_be }, { "person.end", an_appointment },
	{ "program.register", a_program }, { "token.register", a_token }, { "order.consent", an_order_that_waits },
	{ "permit.open-book", a_book }, { "permit.seal", a_signed_permit }, { "permit.erase", what_is_erased }, { "permit.withdraw", an_issued_permit },
	{ "permit.return", what_is_returned }, { "permit.suspend", an_issued_permit }, { "permit.resume", a_suspended_permit }, { "permit.restore", a_withdrawn_permit },
	{ "permit.void", an_issued_permit }, { "permit.annotate", what_is_noted }, { "permit.reaffirm", what_is_reaffirmed },
};

/*
 * People.
 */

static void
enrol(struct one *p, const char *role, const struct place *place)
{
	int32_t today = day_in_vietnam(clock_now());
	struct subject s = { .with = NULL };
	struct draft d = { .by = MAI, .verb = "person.end" };
	struct err e;

	*p = (struct one){ .role = role, .place = place, .key = key_new() };
	snprintf(p->person, sizeof(p->person), "CB-6%05zu", npeople);
	p->cert = world_enrol(&o.w, "official", place->agency, "Người Ra Lệnh", p->person, "Chuyên viên", p->key);
	appoint(p->person, role, place->agency, today + place->from, today + place->to);
	if (!place->ended)
		return;
	name_appointment(&s, p->person);
	d.id = s.id;
	memcpy(d.hash, s.hash, SHA256_LEN);
	assert_done(world_order(&o.w, &d, NULL, &e), e);
}

static int
begin(void **state)
{
	office_begin(&o);
	assert_true(o.w.policy->nroles <= ROLES_MAX);
	for (size_t r = 0; r < o.w.policy->nroles; r++)
		for (size_t i = 0; i < COUNT(places); i++, npeople++)
			enrol(&people[npeople], o.w.policy->role[r].id, &places[i]);
	office_book(&o, HERE, "GPXD", 1);
	return 0;
}

static int
end(void **state)
{
	struct fsck f;
	struct err e;

	for (size_t i = 0; i < npeople; i++) {
		EVP_PKEY_free(people[i].key);
		X509_free(people[i].cert);
	}
	assert_done(fsck_run(&f, o.w.database, NULL, &e), e);
	assert_true(f.erased > 0);
	o.w.broken = true;	/* its own fsck expects that nothing was erased */
	office_end(&o);
	return 0;
}

/*
 * The table.
 */

static bool
send(const struct one *by, const char *verb, const struct subject *s, struct err *e)
{
	struct draft d = { .key = by->key, .cert = by->cert, .verb = verb, .id = s->id, .with = s->with };
	own_struct(buf) cms = buf_new(1 << 20), answer = buf_new(CA_MESSAGE_MAX);

	memcpy(d.hash, s->hash, SHA256_LEN);
	order_cms(&o.w, &d, &cms);
	if (strncmp(verb, "permit.", 7) == 0)
		return office_send_order(&o, NULL, buf_span(&cms), e);
	return world_bytes(&o.w, CA_ORDER, buf_span(&cms), &answer, e);
}

static int64_t
accepted(const char *verb)
{
	struct values v = { .n = 0 };

	values_span(&v, "verb", REG_TEXT, span_str(verb));
	return database_int(o.w.database, "SELECT count(*) FROM order_accepted WHERE verb = $verb", &v, -1);
}

/* Of a right, and of nothing else. */
static bool
is_of_right(const struct err *e)
{
	return e->class == ERR_POLICY && (strstr(e->text, "has no role that may order") != NULL || strstr(e->text, "outside the scope") != NULL ||
	    strstr(e->text, "has no appointment") != NULL);
}

static void
subject_drop(struct subject *s)
{
	json_decref(s->with);
	*s = (struct subject){ .with = NULL };
}

static size_t refusals, acceptances;

static void
one_order(const char *verb, const struct one *by, bool may, const struct subject *s)
{
	own_str char *name = xprintf("%s by role %s, %s", verb, by->role, by->place->name);
	struct err e = { ERR_NONE, "" };
	bool done = send(by, verb, s, &e);

	if (done != may || (!done && !is_of_right(&e)))
		print_error("%s: %s\n", name, done ? "done" : e.text);
	assert_case(name, done == may && (done || is_of_right(&e)));
	*(may ? &acceptances : &refusals) += 1;
}

static void
every_role_orders_every_verb_everywhere(void **state)
{
	for (size_t i = 0; i < COUNT(verbs); i++) {
		const struct order_verb *v = policy_verb(o.w.policy, verbs[i].verb);
		struct subject s = { .with = NULL };
		int64_t before, more = 0;

		assert_non_null(v);
		verbs[i].subject(&s, &people[npeople - 1]);
		for (size_t p = 0; p < npeople; p++) {
			bool may = word_in(v->roles, people[p].role) && people[p].place->reaches;

			if (may) {
				subject_drop(&s);
				verbs[i].subject(&s, &people[p]);
			}
			before = accepted(v->id);
			one_order(v->id, &people[p], may, &s);
			assert_case(v->id, accepted(v->id) == before + may);
			if (!may)
				continue;
			more++;
			subject_drop(&s);
			verbs[i].subject(&s, &people[npeople - 1]);
		}
		assert_case(v->id, more > 0);
		subject_drop(&s);
	}
	assert_true(refusals > 5 * acceptances);
	print_message("%zu refused, %zu done\n", refusals, acceptances);
}

/* Whose order it is decides here, not the agency. */
static void
order_withdraw_is_for_who_signed(void **state)
{
	const struct order_verb *v = policy_verb(o.w.policy, "order.withdraw");

	for (size_t p = 0; p < npeople; p++) {
		const struct place *place = people[p].place;
		bool in_force = place->from <= 0 && place->to >= 0 && !place->ended;
		bool may = word_in(v->roles, people[p].role) && in_force && place->reaches;
		struct subject s = { .with = NULL };

		if (may)
			wait_for(&s, people[p].key, people[p].cert);
		else
			an_order_that_waits(&s, &people[npeople - 1]);
		if (may || !in_force || !word_in(v->roles, people[p].role))
			one_order(v->id, &people[p], may, &s);
		else {
			struct err e;

			assert_false(send(&people[p], v->id, &s, &e));
			assert_non_null(strstr(e.text, "by who signed it"));
		}
	}
}

/* A fresh certificate is renewed by nobody: who has the right hears that it is too early. */
static void
cert_renew_is_too_early_for_who_may(void **state)
{
	const struct order_verb *v = policy_verb(o.w.policy, "cert.renew");
	struct subject s = { .with = NULL };
	size_t early = 0;

	a_certificate(&s, &people[npeople - 1]);
	for (size_t p = 0; p < npeople; p++) {
		struct err e = { ERR_NONE, "" };

		if (!word_in(v->roles, people[p].role) || !people[p].place->reaches) {
			one_order(v->id, &people[p], false, &s);
			continue;
		}
		assert_case(people[p].role, !send(&people[p], v->id, &s, &e) && e.class == ERR_POLICY && strstr(e.text, "in its last 90 days") != NULL);
		early++;
	}
	assert_true(early > 0);
}

/* They are the authority's own agency's; who has the right there hears that this is none. */
static void
what_the_root_made_is_for_the_authority_alone(void **state)
{
	static const struct { const char *verb, *key, *heard; } rows[] = {
		{ "authority.roll-over", "bundle", "ceremony bundle" }, { "authority.root-crl", "crl", "the root's new CRL" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct order_verb *v = policy_verb(o.w.policy, rows[i].verb);
		struct subject s = { .with = json_pack("{s:s}", rows[i].key, "AAAA") };
		unsigned char hash[SHA256_LEN];
		size_t heard = 0;

		sha256(hash, span_of("\0\0\0", 3));
		hex_text(s.id, span_of(hash, sizeof(hash)));
		hash_json(s.hash, s.with);
		for (size_t p = 0; p < npeople; p++) {
			const struct place *place = people[p].place;
			struct err e = { ERR_NONE, "" };

			if (!word_in(v->roles, people[p].role) || !place->reaches || strcmp(place->agency, "H99") != 0) {
				one_order(v->id, &people[p], false, &s);
				continue;
			}
			assert_case(people[p].role, !send(&people[p], v->id, &s, &e) && e.class == ERR_INPUT && strstr(e.text, rows[i].heard) != NULL);
			heard++;
		}
		assert_true(heard > 0);
		subject_drop(&s);
	}
}

/* As a roll-over: it is the authority's own agency's, whose right ends at no ward. */
static void
to_publish_is_for_the_authority_alone(void **state)
{
	const struct order_verb *v = policy_verb(o.w.policy, "authority.publish");
	struct subject s = { .id = "H99", .with = json_pack("{s:[s]}", "what", "crl") };

	hash_json(s.hash, s.with);
	for (size_t p = 0; p < npeople; p++) {
		const struct place *place = people[p].place;

		one_order(v->id, &people[p], word_in(v->roles, people[p].role) && place->reaches && strcmp(place->agency, "H99") == 0, &s);
	}
	subject_drop(&s);
}

/* A verb that comes later has its row here, too. */
static void
every_verb_of_the_policy_is_here(void **state)
{
	for (size_t k = 0; k < o.w.policy->nverbs; k++) {
		bool found = strcmp(o.w.policy->verb[k].id, "order.withdraw") == 0 || strcmp(o.w.policy->verb[k].id, "cert.renew") == 0 ||
		    strcmp(o.w.policy->verb[k].id, "authority.roll-over") == 0 || strcmp(o.w.policy->verb[k].id, "authority.root-crl") == 0 ||
		    strcmp(o.w.policy->verb[k].id, "authority.publish") == 0;

		for (size_t i = 0; i < COUNT(verbs); i++)
			found |= strcmp(o.w.policy->verb[k].id, verbs[i].verb) == 0;
		assert_case(o.w.policy->verb[k].id, found);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_root_made_is_for_the_authority_alone),
		cmocka_unit_test(to_publish_is_for_the_authority_alone),
		cmocka_unit_test(every_verb_of_the_policy_is_here),
		cmocka_unit_test(every_role_orders_every_verb_everywhere),
		cmocka_unit_test(order_withdraw_is_for_who_signed),
		cmocka_unit_test(cert_renew_is_too_early_for_who_may),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
