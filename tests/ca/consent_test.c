/* Orders that take two people: key.block is one.  The first signature waits and
 * does nothing; the second, of another person with the right to the same order in
 * the same place, carries it out, once. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "base/cms.h"
#include "base/file.h"
#include "tests/ca/world.h"
#include "tests/register/database.h"

#include <unistd.h>

#define READER "b0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct world w;
static json_t *nothing;			/* what key.block has to say */
static EVP_PKEY *key;
static X509 *leaked;			/* its key is what the orders are about */
static char key_hex[2 * KEY_ID_LEN + 1];

static int
begin(void **state)
{
	own(json_t) *with = json_pack("{s:s, s:[s], s:[s], s:[s], s:s, s:s}", "name", "bàn trực", "agencies", "H99", "kinds", "*", "rights", "read",
	    "responsible", "QT-000003", "expires", "2036-01-01T00:00:00+07:00");
	struct draft reader = { .by = SEC, .verb = "program.register", .id = READER };
	unsigned char id[KEY_ID_LEN];
	struct err e;

	world_begin(&w);
	nothing = json_object();
	key = key_new();
	leaked = world_enrol(&w, "official", "H99.31.07", "Người lộ khóa", "CB-000600", "Chuyên viên", key);
	key_id_of_cert(id, leaked);
	hex_text(key_hex, span_of(id, sizeof(id)));
	draft_with(&reader, with);
	assert_done(world_order(&w, &reader, NULL, &e), e);
	return 0;
}

static int
end(void **state)
{
	json_decref(nothing);
	X509_free(leaked);
	EVP_PKEY_free(key);
	world_end(&w);
	return 0;
}

static struct draft
block(enum who by)
{
	struct draft d = { .by = by, .verb = "key.block", .id = key_hex };

	draft_with(&d, nothing);
	return d;
}

/* What waits, as those see it who may consent. */
static json_t *
waiting(const char *id)
{
	own_str char *query = id == NULL ? xstrdup("{\"what\":\"waiting\"}") : xprintf("{\"what\":\"waiting\",\"id\":\"%s\"}", id);
	own_struct(buf) who = buf_new(64), text = buf_new(CA_MESSAGE_MAX);
	json_t *list = NULL, *items;
	struct err e;

	assert_done(hex_get(&who, span_str(READER), &e), e);
	assert_done(world_list_as(&w, buf_span(&who), query, &text, &e) && json_read(&list, buf_span(&text), &e), e);
	items = json_incref(json_object_get(list, "items"));
	json_decref(list);
	return items;
}

static size_t
how_many_wait(void)
{
	own(json_t) *items = waiting(NULL);

	return json_array_size(items);
}

static bool
is_active(void)
{
	own(json_t) *list = world_list(&w, "{\"what\":\"certificates\",\"person\":\"CB-000600\",\"state\":\"active\"}");

	return json_array_size(json_object_get(list, "items")) == 1;
}

/* Another person's certificate for a second seat of this administrator. */
static void
seat(struct draft *d, EVP_PKEY *second_key, X509 *cert)
{
	d->key = second_key;
	d->cert = cert;
}

static void
first_signatures_that_are_refused(void **state)
{
	struct draft d = block(LOCAL);

	world_refuses(&w, "outside the scope of who signs first", &d, ERR_POLICY, "outside the scope");
	d = block(SEC);
	d.hash[0] ^= 1;
	world_refuses(&w, "the hash of something else", &d, ERR_CONFLICT, "hash of subject");
	d = block(SEC);
	d.life = 86400 + 60;
	world_refuses(&w, "waits for more than a day", &d, ERR_POLICY, "at most");
	assert_int_equal(how_many_wait(), 0);
}

static void
consents_that_are_refused(void **state)
{
	own(EVP_PKEY) *second_key = key_new(), *plain_key = key_new();
	own(X509) *second = world_enrol(&w, "official", "H99", "Cán bộ an toàn", "QT-000003", "Trưởng phòng", second_key);
	own(X509) *plain = world_enrol(&w, "official", "H99", "Người ký", "CB-000601", "Chuyên viên", plain_key);
	own(json_t) *waits = NULL;
	struct draft first = block(SEC), d;
	struct err e;

	first.life = 3600;
	assert_done(world_order(&w, &first, &waits, &e), e);
	assert_null(json_object_get(waits, "done"));
	assert_true(is_active());

	d = consent_to(waits, SEC);
	world_refuses(&w, "who signed first", &d, ERR_POLICY, "one person's two signatures are one");
	seat(&d, second_key, second);
	world_refuses(&w, "with a second certificate", &d, ERR_POLICY, "one person's two signatures are one");
	d = consent_to(waits, LOCAL);
	world_refuses(&w, "outside the scope", &d, ERR_POLICY, "consent: the agency");
	d = consent_to(waits, MAI);
	seat(&d, plain_key, plain);
	world_refuses(&w, "without a role", &d, ERR_POLICY, "consent: who signed the order has no role that may order key.block");
	d = consent_to(waits, MAI);
	d.hash[31] ^= 1;
	world_refuses(&w, "to other octets", &d, ERR_CONFLICT, "hash of subject");
	d = consent_to(waits, MAI);
	d.id = "00112233445566778899aabbccddeeff";
	world_refuses(&w, "to an order that is none", &d, ERR_ABSENT, "no such order that waits");
	d = consent_to(waits, MAI);
	d.id = "sixteen";
	world_refuses(&w, "to no id", &d, ERR_INPUT, "is no order");
	d = consent_to(waits, MAI);
	d.with = nothing;
	world_refuses(&w, "and more", &d, ERR_INPUT, "has no \"with\"");
	d = consent_to(waits, MAI);
	d.life = 3600;
	world_refuses(&w, "that could be used later", &d, ERR_POLICY, "at most");
	d = consent_to(waits, MAI);
	d.verb = "order.withdraw";
	world_refuses(&w, "withdrawn by somebody else", &d, ERR_POLICY, "by who signed it");
	d = consent_to(waits, LOCAL);
	d.verb = "order.withdraw";
	world_refuses(&w, "withdrawn by a third", &d, ERR_POLICY, "by who signed it");
	assert_true(is_active());
	assert_int_equal(how_many_wait(), 1);
}

/* Whoever consents sees the octets that the hash is of. */
static void
what_waits_is_shown(void **state)
{
	own(json_t) *items = waiting(NULL), *one = waiting(json_string_value(json_object_get(json_array_get(items, 0), "id")));
	own(json_t) *other = waiting("00112233445566778899aabbccddeeff");
	const json_t *item = json_array_get(one, 0);
	own_struct(buf) cms = buf_new(ORDER_MAX), none = buf_new(CA_MESSAGE_MAX);
	own_struct(order) o = { .nsubjects = 0 };
	unsigned char hash[SHA256_LEN], said[SHA256_LEN];
	struct err e;

	assert_int_equal(json_array_size(other), 0);
	assert_null(json_object_get(json_array_get(items, 0), "cms"));
	assert_done(base64_get(&cms, span_str(json_string_value(json_object_get(item, "cms"))), &e), e);
	sha256(hash, buf_span(&cms));
	hash_from_hex(said, item);
	assert_memory_equal(hash, said, SHA256_LEN);
	assert_done(order_open(&o, buf_span(&cms), w.admin[SEC].cert, &e), e);
	assert_string_equal(o.verb, "key.block");
	assert_string_equal(o.subject[0].id, key_hex);
	assert_string_equal(json_string_value(json_object_get(item, "person")), "QT-000003");
	assert_false(world_list_as(&w, SPAN_NONE, "{\"what\":\"waiting\"}", &none, &e));
	assert_int_equal(e.class, ERR_POLICY);
}

static void
who_signed_first_takes_it_back(void **state)
{
	own(json_t) *items = waiting(NULL);
	const json_t *item = json_array_get(items, 0);
	struct draft d = { .by = SEC, .verb = "order.withdraw", .id = json_string_value(json_object_get(item, "id")) };
	struct err e;

	hash_from_hex(d.hash, item);
	assert_done(world_order(&w, &d, NULL, &e), e);
	assert_int_equal(how_many_wait(), 0);
	world_refuses(&w, "withdrawn twice", &d, ERR_CONFLICT, "was withdrawn");
	d.by = MAI;
	d.verb = "order.consent";
	world_refuses(&w, "consent to what was withdrawn", &d, ERR_CONFLICT, "was withdrawn");
	assert_true(is_active());
}

static void
an_order_that_waited_too_long(void **state)
{
	struct draft first = block(SEC), d;
	own(json_t) *waits = NULL;
	struct err e;

	first.life = 8;
	assert_done(world_order(&w, &first, &waits, &e), e);
	d = consent_to(waits, MAI);
	while (how_many_wait() > 0)
		usleep(100000);
	world_refuses(&w, "expired", &d, ERR_CONFLICT, "expired");
	assert_true(is_active());
}

/* The first signer counts as of now: suspended meanwhile, the order is nobody's. */
static void
the_first_signer_must_still_have_the_right(void **state)
{
	const struct order_subject subject = subject_of(w.admin[SEC].cert);
	struct draft first = block(SEC), hold = { .by = MAI, .verb = "cert.suspend", .subjects = &subject, .nsubjects = 1 }, d;
	own(json_t) *waits = NULL;
	struct err e;

	assert_done(world_order(&w, &first, &waits, &e), e);
	assert_done(world_order(&w, &hold, NULL, &e), e);
	d = consent_to(waits, MAI);
	world_refuses(&w, "the first is suspended", &d, ERR_POLICY, "the order that waits: the signer's certificate is held");
	hold.verb = "cert.resume";
	assert_done(world_order(&w, &hold, NULL, &e), e);
	assert_true(is_active());
}

static void
two_people_carry_it_out_once(void **state)
{
	own(json_t) *waits = NULL, *other = NULL, *answer = NULL;
	struct draft first = block(SEC), same = block(MAI), d, second;
	struct err e;

	assert_done(world_order(&w, &first, &waits, &e), e);
	assert_done(world_order(&w, &same, &other, &e), e);	/* two first signatures are no consent */
	assert_true(is_active());
	assert_int_equal(how_many_wait(), 3);	/* with that of the test before */
	d = consent_to(waits, MAI);
	assert_done(world_order(&w, &d, &answer, &e), e);
	assert_string_equal(json_string_value(json_object_get(answer, "done")), "key.block");
	assert_int_equal(json_array_size(json_object_get(answer, "ids")), 1);
	assert_false(is_active());
	world_refuses(&w, "consent twice", &d, ERR_CONFLICT, "was consented");
	second = consent_to(other, SEC);
	world_refuses(&w, "the same done by others meanwhile", &second, ERR_CONFLICT, "blocked already");
}

/* As two orders; and what was withdrawn stays, too. */
static void
both_are_kept(void **state)
{
	static const char sql[] = "SELECT count(*) FROM order_waiting w JOIN order_accepted a ON a.id = w.id JOIN order_accepted c ON c.entry = w.ended_entry "
	    "WHERE w.outcome = 'consented' AND c.verb = 'order.consent' AND a.signer <> c.signer";

	assert_int_equal(database_int(w.database, sql, NULL, -1), 1);
	assert_int_equal(database_int(w.database, "SELECT count(*) FROM order_waiting WHERE outcome = 'withdrawn'", NULL, -1), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_signatures_that_are_refused),
		cmocka_unit_test(consents_that_are_refused),
		cmocka_unit_test(what_waits_is_shown),
		cmocka_unit_test(who_signed_first_takes_it_back),
		cmocka_unit_test(an_order_that_waited_too_long),
		cmocka_unit_test(the_first_signer_must_still_have_the_right),
		cmocka_unit_test(two_people_carry_it_out_once),
		cmocka_unit_test(both_are_kept),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
