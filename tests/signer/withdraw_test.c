/* Withdrawal: after issue, once, by the right clerk, and said to everybody. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "base/file.h"
#include "register/client.h"
#include "signer/status_prefix.h"
#include "tests/signer/world.h"
#include "verifier/cose.h"
#include "verifier/status_list.h"

#include <unistd.h>

#define STATUS_URI "https://xacthuc.hoagiang.example/status/1.cwt"

static struct office o;
static json_t *decision;

static int
begin(void **state)
{
	struct err e;

	office_begin(&o);
	decision = json_pack("{s:s}", "decision", "512/QĐ-SCT");
	assert_done(office_open_book(&o, CLERK, "H99.31.07", "GPXD", year_of_day(day_in_vietnam(clock_now())), 1, &e), e);
	return 0;
}

static int
end(void **state)
{
	json_decref(decision);
	office_end(&o);
	return 0;
}

static void
who_may_withdraw_what(void **state)
{
	own(json_t) *nothing = json_object(), *more = json_pack("{s:s, s:s}", "decision", "1/QĐ", "status", "void"), *number = json_pack("{s:i}", "decision", 512);
	char draft[33], done[33], issued[33], given[33];

	office_draft(&o, draft, "gpxd-01", NULL);
	office_signed(&o, done, "gpxd-01", NULL);
	office_signed(&o, issued, "gpxd-01", NULL);
	office_seal(&o, issued);
	office_signed(&o, given, "vpdd-01", "99-00100-01");
	office_seal(&o, given);

	const struct { const char *name; struct permit_order order; enum err_class class; const char *word; } cases[] = {
		{ "signed, not issued", { CLERK, "permit.withdraw", (const char *const[]){ done }, 1, decision }, ERR_CONFLICT, "only an issued permit can be withdrawn" },
		{ "one of two is not issued", { CLERK, "permit.withdraw", (const char *const[]){ issued, done }, 2, decision }, ERR_CONFLICT, "only an issued permit" },
		{ "the officer", { DIEP, "permit.withdraw", (const char *const[]){ issued }, 1, decision }, ERR_POLICY, "no appointment (clerk)" },
		{ "another agency's clerk", { LOCAL_CLERK, "permit.withdraw", (const char *const[]){ issued }, 1, decision }, ERR_POLICY, "no appointment (clerk)" },
		{ "no decision", { CLERK, "permit.withdraw", (const char *const[]){ issued }, 1, NULL }, ERR_INPUT, "names its decision" },
		{ "an empty saying", { CLERK, "permit.withdraw", (const char *const[]){ issued }, 1, nothing }, ERR_INPUT, "names its decision" },
		{ "a decision that is a number", { CLERK, "permit.withdraw", (const char *const[]){ issued }, 1, number }, ERR_INPUT, "names its decision" },
		{ "more than a decision", { CLERK, "permit.withdraw", (const char *const[]){ issued }, 1, more }, ERR_INPUT, "names its decision" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own(json_t) *answer = NULL;
		struct err e = { ERR_NONE, "" };

		office_refused(cases[i].name, office_order(&o, &answer, &cases[i].order, &e), &e, cases[i].class, cases[i].word);
		assert_case(cases[i].name, office_is(&o, issued, "issued") && office_is(&o, done, "signed"));
	}
}

/* A draft has no file that an order could be signed upon. */
static void
before_anything(void **state)
{
	struct order_subject subject = { .number = NULL };
	struct draft d = { .key = o.staff[CLERK].key, .cert = o.staff[CLERK].cert, .verb = "permit.withdraw", .with = decision, .subjects = &subject, .nsubjects = 1 };
	own_struct(buf) cms = buf_new(1 << 20);
	own(json_t) *answer = NULL;
	char draft[33];
	struct err e;

	office_draft(&o, draft, "gpxd-01", NULL);
	snprintf(subject.id, sizeof(subject.id), "%s", draft);
	order_cms(&o.w, &d, &cms);
	office_refused("a draft", office_send_order(&o, &answer, buf_span(&cms), &e), &e, ERR_CONFLICT, "nobody has signed this permit yet");
	snprintf(subject.id, sizeof(subject.id), "00000000000000000000000000000000");
	buf_reset(&cms);
	order_cms(&o.w, &d, &cms);
	office_refused("no permit", office_send_order(&o, &answer, buf_span(&cms), &e), &e, ERR_ABSENT, "no permit with this handle");
}

/* The clerk may, but not by a key that lies in a mail program. */
static void
by_a_mail_certificate(void **state)
{
	own(EVP_PKEY) *key = key_new();
	own_str char *ask = mail_ask("mail", o.staff[CLERK].person, "van.thu@hoagiang.example", key);
	own(X509) *cert = world_enrol_ask(&o.w, ask, MAI);
	const struct official clerk = o.staff[CLERK];
	own(json_t) *answer = NULL;
	char issued[33];
	struct permit_order order = { CLERK, "permit.withdraw", (const char *const[]){ issued }, 1, decision };
	struct err e = { ERR_NONE, "" };

	office_signed(&o, issued, "gpxd-01", NULL);
	office_seal(&o, issued);
	o.staff[CLERK].key = key;
	o.staff[CLERK].cert = cert;
	office_refused("mail", office_order(&o, &answer, &order, &e), &e, ERR_POLICY, "profile mail signs no orders");
	o.staff[CLERK] = clerk;
	assert_true(office_is(&o, issued, "issued"));
	assert_done(office_order(&o, &answer, &order, &e), e);
}

static void
service_signer(X509 **signer)
{
	own(json_t) *list = world_list(&o.w, "{\"what\":\"certificates\",\"state\":\"active\"}");
	json_t *item;
	struct err e;
	size_t i;

	json_array_foreach(json_object_get(list, "items"), i, item) {
		own_struct(buf) der = buf_new(8192);

		if (strcmp(json_string_value(json_object_get(item, "profile")), "service-signer") != 0)
			continue;
		assert_done(world_text(&o.w, CA_CERTIFICATE, json_string_value(json_object_get(item, "id")), &der, &e), e);
		assert_done(cert_from_der(signer, buf_span(&der), &e), e);
	}
}

/* The status list says it, within a second or two. */
static unsigned
published_status(uint64_t place)
{
	own_str char *path = world_path(&o.w, "public/status/1.cwt");
	own_struct(buf) cwt = buf_new(STATUS_LIST_MAX);
	own(X509) *signer = NULL;
	struct status_list s;
	unsigned status;
	struct err e;

	service_signer(&signer);
	if (!file_read(&cwt, path, &e) || !status_list_open(&s, buf_span(&cwt), signer, &e))
		return 99;
	if (!status_list_get(&s, place, &status, &e))
		status = 99;
	status_list_drop(&s);
	return status;
}

struct reg *reg;		/* as long as the process, as everywhere */

/* The published list, made again from the published tiles. */
static void
follows_from_the_log(X509 *signer)
{
	own_str char *socket = world_path(&o.w, "run/antin-register.signer.sock");
	own_str char *folder = world_path(&o.w, "public");
	own_str char *path = world_path(&o.w, "public/status/1.cwt");
	own_struct(buf) cwt = buf_new(STATUS_LIST_MAX);
	own_struct(buf) tbs = buf_new(STATUS_LIST_MAX);
	own_struct(buf) want = buf_new(STATUS_LIST_MAX);
	struct list_entry said;
	struct prefix p;
	struct cose c;
	struct err e;

	reg = reg_new(socket);
	assert_done(reg_flush(reg, &e), e);
	assert_done(prefix_open(&p, folder, NULL, &e), e);
	assert_done(status_from_prefix(&tbs, &said, &p, p.head.size, signer, STATUS_URI, &e), e);
	assert_done(file_read(&cwt, path, &e), e);
	assert_done(cose_read(&c, buf_span(&cwt), &e), e);
	cose_tbs(&want, c.protected_, SPAN_NONE, c.payload);
	assert_true(span_eq(buf_span(&want), buf_span(&tbs)));
	buf_reset(&tbs);
	assert_false(status_from_prefix(&tbs, &said, &p, p.head.size, signer, STATUS_URI "x", &e));
	buf_reset(&tbs);
	assert_false(status_from_prefix(&tbs, &said, &p, p.head.size, o.w.issuing, STATUS_URI, &e));
}

static void
once_and_for_all(void **state)
{
	char first[33], second[33];
	const char *const both[] = { first, second };
	const struct permit_order one = { CLERK, "permit.withdraw", both, 1, decision }, pair = { CLERK, "permit.withdraw", both, 2, decision };
	own_struct(buf) before = buf_new(SIGNER_MESSAGE_MAX), after = buf_new(SIGNER_MESSAGE_MAX), cms = buf_new(1 << 20);
	own(json_t) *answer = NULL, *again = NULL;
	own(X509) *signer = NULL;
	uint64_t place = 2;		/* two were issued before, in who_may_withdraw_what */
	struct err e;

	office_signed(&o, first, "gpxd-01", NULL);
	office_seal(&o, first);
	office_signed(&o, second, "gpxd-01", NULL);
	office_seal(&o, second);
	office_file(&o, &before, first);
	for (time_t until = 0; published_status(place + 1) != STATUS_IN_FORCE && wait_more(&until);)
		;
	assert_int_equal(published_status(place), STATUS_IN_FORCE);
	office_order_cms(&o, &one, &cms);
	assert_done(office_send_order(&o, &answer, buf_span(&cms), &e), e);
	office_result("withdrawn", answer, 0, ERR_NONE, NULL);
	assert_true(office_is(&o, first, "withdrawn") && office_is(&o, second, "issued"));
	office_refused("the same order", office_send_order(&o, &again, buf_span(&cms), &e), &e, ERR_CONFLICT, "accepted before");
	office_refused("twice", office_order(&o, &again, &one, &e), &e, ERR_CONFLICT, "only an issued permit can be withdrawn, and once");
	office_refused("one of two is withdrawn", office_order(&o, &again, &pair, &e), &e, ERR_CONFLICT, "only an issued permit can be withdrawn, and once");
	assert_true(office_is(&o, second, "issued"));
	/* The file is what it was: only what is said of it changed. */
	office_file(&o, &after, first);
	assert_true(span_eq(buf_span(&before), buf_span(&after)));
	for (time_t until = 0; published_status(place) != STATUS_WITHDRAWN && wait_more(&until);)
		;
	assert_int_equal(published_status(place), STATUS_WITHDRAWN);
	assert_int_equal(published_status(place + 1), STATUS_IN_FORCE);
	service_signer(&signer);
	follows_from_the_log(signer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_withdraw_what),
		cmocka_unit_test(before_anything),
		cmocka_unit_test(once_and_for_all),
		cmocka_unit_test(by_a_mail_certificate),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
