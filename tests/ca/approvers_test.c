/* No order leaves fewer than two active approvers, whichever way it would take
 * one away; and where there is one alone, everything else goes on. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "tests/ca/world.h"
#include "tests/register/database.h"

#define FEWER "fewer than two active approvers"

static struct world w;
static EVP_PKEY *spare_key;
static X509 *spare, *officer;

static int
begin(void **state)
{
	own(EVP_PKEY) *key = key_new();

	world_begin(&w);
	officer = world_enrol(&w, "official", "H99.14", "Người ký", "CB-000500", "Chuyên viên", key);
	return 0;
}

static int
end(void **state)
{
	X509_free(spare);
	X509_free(officer);
	EVP_PKEY_free(spare_key);
	world_end(&w);
	return 0;
}

static bool
on_certificates(enum who by, const char *verb, X509 *const *cert, size_t n, struct err *e)
{
	struct order_subject s[4];
	struct draft d = { .by = by, .verb = verb, .subjects = s, .nsubjects = n };

	for (size_t i = 0; i < n; i++)
		s[i] = subject_of(cert[i]);
	return world_order(&w, &d, NULL, e);
}

static bool
on_certificate(enum who by, const char *verb, X509 *cert, struct err *e)
{
	return on_certificates(by, verb, (X509 *const[]){ cert }, 1, e);
}

static bool
block_key(X509 *cert, struct err *e)
{
	unsigned char id[KEY_ID_LEN];
	char hex[2 * KEY_ID_LEN + 1];
	struct draft d = { .by = SEC, .verb = "key.block", .id = hex };
	own(json_t) *with = json_object();

	key_id_of_cert(id, cert);
	hex_text(hex, span_of(id, sizeof(id)));
	draft_with(&d, with);
	return world_order_of_two(&w, &d, MAI, NULL, e);
}

static bool
appoint(const char *person, int32_t from, int32_t to, struct err *e)
{
	struct draft d = { .by = MAI, .verb = "person.appoint", .id = person };
	char first[TIME_TEXT], last[TIME_TEXT];
	own(json_t) *with = NULL;

	date_text(first, from);
	date_text(last, to);
	with = json_pack("{s:s, s:s, s:s, s:s, s:s, s:[s], s:s, s:s, s:s}", "person", person, "role", "approver",
	    "agency", "H99", "title", "Quản trị viên", "mode", "", "kinds", "*", "from", first, "to", last, "decision", "9/QĐ-UBND");
	draft_with(&d, with);
	return world_order(&w, &d, NULL, e);
}

/* Its only appointment, from this time on. */
static bool
end_appointment(const char *person, int64_t from, struct err *e)
{
	own_str char *query = xprintf("{\"what\":\"appointments\",\"person\":\"%s\"}", person);
	own(json_t) *list = world_list(&w, query);
	const json_t *item = json_array_get(json_object_get(list, "items"), 0);
	struct draft d = { .by = SEC, .verb = "person.end", .id = json_string_value(json_object_get(item, "id")), .effective = from };

	hash_from_hex(d.hash, item);
	return world_order(&w, &d, NULL, e);
}

static void
refused(const char *name, bool done, const struct err *e)
{
	if (done || e->class != ERR_POLICY || strstr(e->text, FEWER) == NULL)
		print_error("%s: %s\n", name, done ? "done" : e->text);
	assert_case(name, !done && e->class == ERR_POLICY && strstr(e->text, FEWER) != NULL);
}

/* Every way to take this approver away. */
static void
stays(const char *why, enum who who)
{
	X509 *cert = w.admin[who].cert;
	const char *person = w.admin[who].person;
	struct err e;

	refused(why, on_certificate(SEC, "cert.revoke", cert, &e), &e);
	refused(why, on_certificate(SEC, "cert.suspend", cert, &e), &e);
	refused(why, on_certificates(SEC, "cert.revoke", (X509 *const[]){ officer, cert }, 2, &e), &e);
	refused(why, end_appointment(person, 0, &e), &e);
	refused(why, end_appointment(person, clock_now() + 90 * DAY_SECS, &e), &e);
	refused(why, block_key(cert, &e), &e);
}

/* MAI, NAM and LOCAL approve. */
static void
of_three_one_may_go(void **state)
{
	int32_t today = day_in_vietnam(clock_now());
	X509 *const two[] = { w.admin[NAM].cert, w.admin[LOCAL].cert };
	struct err e;

	refused("two in one order", on_certificates(SEC, "cert.revoke", two, 2, &e), &e);
	refused("two in one order, suspended", on_certificates(SEC, "cert.suspend", two, 2, &e), &e);
	assert_done(on_certificate(SEC, "cert.suspend", w.admin[LOCAL].cert, &e), e);
	stays("the third is suspended", MAI);
	stays("the third is suspended", NAM);
	assert_done(appoint("QT-000501", today, today + 30, &e), e);
	stays("a third without a certificate", NAM);
	assert_done(appoint("CB-000500", today + 1, today + 30, &e), e);
	stays("a third from tomorrow on", NAM);
	assert_done(appoint("CB-000500", today - 30, today - 1, &e), e);
	stays("a third until yesterday", NAM);
}

/* A key for mail orders nothing: whoever has no other approves nothing. */
static void
a_mail_certificate_is_no_approvers(void **state)
{
	own(EVP_PKEY) *key = key_new();
	own_str char *ask = mail_ask("mail", "QT-000501", "duyet@hoagiang.example", key);
	own(X509) *cert = world_enrol_ask(&w, ask, MAI);
	struct err e;

	stays("a third with mail alone", NAM);
	assert_int_equal(database_int(w.database, "SELECT count(*) FROM certificate WHERE person = 'QT-000501' AND commits = 0", NULL, -1), 1);
	assert_int_equal(database_int(w.database, "SELECT count(*) FROM certificate WHERE person IS NOT NULL AND person <> 'QT-000501' AND commits = 0", NULL, -1), 0);
	assert_int_equal(database_int(w.database, "SELECT count(*) FROM certificate WHERE person IS NULL AND commits = 1", NULL, -1), 0);
	assert_done(on_certificate(SEC, "cert.revoke", cert, &e), e);
}

/* A second certificate of a person stands in for the first, and is no second person. */
static void
a_spare_certificate(void **state)
{
	struct err e;

	spare_key = key_new();
	spare = world_enrol(&w, "official", "H99", "Người duyệt hai", "QT-000002", "Phó phòng", spare_key);
	stays("NAM's two certificates are one person", MAI);
	refused("both at once", on_certificates(SEC, "cert.revoke", (X509 *const[]){ w.admin[NAM].cert, spare }, 2, &e), &e);
	assert_done(on_certificate(SEC, "cert.suspend", spare, &e), e);
	stays("the spare is suspended", NAM);
	assert_done(on_certificate(MAI, "cert.resume", spare, &e), e);
	assert_done(on_certificate(SEC, "cert.revoke", w.admin[NAM].cert, &e), e);
	refused("the last one", on_certificate(SEC, "cert.revoke", spare, &e), &e);
}

static void
whoever_is_due_to_go_counts_no_more(void **state)
{
	struct err e;

	assert_done(on_certificate(MAI, "cert.resume", w.admin[LOCAL].cert, &e), e);
	assert_done(end_appointment("QT-000004", clock_now() + 90 * DAY_SECS, &e), e);
	stays("the third goes in 90 days", MAI);
	/* What takes no approver away goes on. */
	assert_done(on_certificate(SEC, "cert.suspend", officer, &e), e);
	assert_done(on_certificate(SEC, "cert.revoke", w.admin[LOCAL].cert, &e), e);
}

/* Behind the register's back: as a demonstration, which begins with one. */
static void
one_alone(void **state)
{
	struct err e;

	w.broken = true;
	database_do(w.database, "UPDATE certificate SET not_after = time - 1 WHERE person = 'QT-000002'");
	stays("the second has expired", MAI);
	database_do(w.database, "UPDATE certificate SET not_after = time + 1000000, commits = 0 WHERE person = 'QT-000002'");
	stays("the second's commits nobody", MAI);
	assert_done(on_certificate(SEC, "cert.revoke", officer, &e), e);
	assert_done(end_appointment("QT-000501", 0, &e), e);
	assert_done(on_certificate(SEC, "cert.revoke", spare, &e), e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_three_one_may_go),
		cmocka_unit_test(a_mail_certificate_is_no_approvers),
		cmocka_unit_test(a_spare_certificate),
		cmocka_unit_test(whoever_is_due_to_go_counts_no_more),
		cmocka_unit_test(one_alone),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
