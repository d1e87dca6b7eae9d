/* What becomes of an issued permit: by the right clerk, lawful on the day it takes
 * effect, all or none, and said to everybody; and what is returned before. */
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
	office_begin(&o);
	decision = json_pack("{s:s}", "decision", "512/QĐ-SCT");
	office_book(&o, "H99.31.07", "GPXD", 1);
	return 0;
}

static int
end(void **state)
{
	json_decref(decision);
	o.w.broken = true;	/* something was erased */
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
	office_issued(&o, issued, "gpxd-01", NULL);
	office_issued(&o, given, "vpdd-01", "99-00100-01");

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

	office_issued(&o, issued, "gpxd-01", NULL);
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

/* Is the published list the newest that the log names?  While one is being signed it
 * is not. */
static bool
is_newest(struct span tbs)
{
	own_str char *path = world_path(&o.w, "public/status/1.cwt");
	own_struct(buf) cwt = buf_new(STATUS_LIST_MAX);
	own_struct(buf) want = buf_new(STATUS_LIST_MAX);
	struct cose c;
	struct err e;

	assert_done(file_read(&cwt, path, &e), e);
	assert_done(cose_read(&c, buf_span(&cwt), &e), e);
	cose_tbs(&want, c.protected_, SPAN_NONE, c.payload);
	return span_eq(buf_span(&want), tbs);
}

/* The published list, made again from the published tiles. */
static void
follows_from_the_log(X509 *signer)
{
	own_str char *socket = world_path(&o.w, "run/antin-register.signer.sock");
	own_str char *folder = world_path(&o.w, "public");
	own_struct(buf) tbs = buf_new(STATUS_LIST_MAX);
	struct list_entry said;
	struct prefix p;
	struct err e;
	bool same = false;

	if (reg == NULL)
		reg = reg_new(socket);
	for (time_t until = 0; !same && (tbs.len == 0 || wait_more(&until));) {
		buf_reset(&tbs);
		assert_done(reg_flush(reg, &e), e);
		assert_done(prefix_open(&p, folder, NULL, &e), e);
		assert_done(status_from_prefix(&tbs, &said, &p, p.head.size, signer, STATUS_URI, &e), e);
		same = is_newest(buf_span(&tbs));
	}
	assert_true(same);
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

	office_issued(&o, first, "gpxd-01", NULL);
	office_issued(&o, second, "gpxd-01", NULL);
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

/*
 * The other acts.
 */

#define DECIDED "{\"decision\":\"1/QĐ\"}"
#define NOTED "{\"decision\":\"1/QĐ\",\"note\":\"Tòa án đang thụ lý\"}"

static void
sayings_that_are_refused(void **state)
{
	static const struct { const char *name, *verb, *with; int days; enum err_class class; const char *word; } cases[] = {
		{ "nothing", "permit.suspend", NULL, 0, ERR_INPUT, "a suspension names its decision" },
		{ "no decision", "permit.suspend", "{\"until\":\"2030-01-01\"}", 0, ERR_INPUT, "names its decision" },
		{ "an empty decision", "permit.suspend", "{\"decision\":\"\"}", 0, ERR_INPUT, "1 to 100 characters" },
		{ "a decision of 101 letters", "permit.suspend", "{\"decision\":\"đđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđđ\"}", 0, ERR_INPUT, "1 to 100" },
		{ "a decision of two lines", "permit.suspend", "{\"decision\":\"1\\n2\"}", 0, ERR_INPUT, "decision" },
		{ "a decision that reads backwards", "permit.suspend", "{\"decision\":\"1\u202e/QĐ\"}", 0, ERR_INPUT, "decision" },
		{ "until no day", "permit.suspend", "{\"decision\":\"1/QĐ\",\"until\":\"2030-02-30\"}", 0, ERR_INPUT, "until" },
		{ "until a number", "permit.suspend", "{\"decision\":\"1/QĐ\",\"until\":20300101}", 0, ERR_INPUT, "until" },
		{ "until yesterday", "permit.suspend", "{\"decision\":\"1/QĐ\",\"until\":\"2020-01-01\"}", 0, ERR_INPUT, "last day" },
		{ "until a day long after", "permit.suspend", "{\"decision\":\"1/QĐ\",\"until\":\"2099-01-01\"}", 0, ERR_INPUT, "ten years" },
		{ "what a suspension has not", "permit.suspend", NOTED, 0, ERR_INPUT, "names its decision" },
		{ "from two years on", "permit.suspend", DECIDED, 730, ERR_INPUT, "within a year" },
		{ "before it was issued", "permit.suspend", DECIDED, -1, ERR_INPUT, "before the day it was issued" },
		{ "withdrawn before it was issued", "permit.withdraw", DECIDED, -3, ERR_INPUT, "before the day it was issued" },
		{ "resumed until", "permit.resume", "{\"decision\":\"1/QĐ\",\"until\":\"2030-01-01\"}", 0, ERR_INPUT, "names its decision" },
		{ "no note", "permit.annotate", DECIDED, 0, ERR_INPUT, "has \"note\", or \"lifts\"" },
		{ "a note, and one that is lifted", "permit.annotate", "{\"decision\":\"1/QĐ\",\"note\":\"x\",\"lifts\":1}", 0, ERR_INPUT, "or \"lifts\"" },
		{ "an empty note", "permit.annotate", "{\"decision\":\"1/QĐ\",\"note\":\"\"}", 0, ERR_INPUT, "1 to 1000" },
		{ "a note with a zero-width letter", "permit.annotate", "{\"decision\":\"1/QĐ\",\"note\":\"a\u200bb\"}", 0, ERR_INPUT, "note" },
		{ "lifts no note", "permit.annotate", "{\"decision\":\"1/QĐ\",\"lifts\":1}", 0, ERR_CONFLICT, "no such note" },
		{ "lifts a word", "permit.annotate", "{\"decision\":\"1/QĐ\",\"lifts\":\"1\"}", 0, ERR_INPUT, "lifts" },
		{ "a replacement that is none", "permit.void", "{\"decision\":\"1/QĐ\",\"replacement\":\"245/GPXD\"}", 0, ERR_INPUT, "replacement" },
		{ "a replacement that is not there", "permit.void", "{\"decision\":\"1/QĐ\",\"replacement\":\"00000000000000000000000000000000\"}", 0, ERR_ABSENT, "replacement" },
		{ "a return that decides", "permit.return", DECIDED, 0, ERR_INPUT, "nothing in \"with\"" },
		{ "a return of what is issued", "permit.return", NULL, 0, ERR_CONFLICT, "only what is not numbered yet" },
	};
	char handle[33];

	office_issued(&o, handle, "gpxd-01", NULL);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { ERR_NONE, "" };
		bool done = office_act(&o, handle, cases[i].verb, cases[i].with, cases[i].days, &e);

		office_refused(cases[i].name, done, &e, cases[i].class, cases[i].word);
		assert_case(cases[i].name, office_is(&o, handle, "issued"));
	}
}

/* What was done to a permit before, and which of the acts may follow. */
static void
lawful_and_unlawful(void **state)
{
	static const struct { const char *verb, *with; char letter; } acts[] = { { "permit.suspend", DECIDED, 'S' }, { "permit.resume", DECIDED, 'R' },
		{ "permit.withdraw", DECIDED, 'W' }, { "permit.restore", DECIDED, 'A' }, { "permit.void", DECIDED, 'V' }, { "permit.annotate", NOTED, 'N' } };
	static const struct { const char *before, *state, *lawful; } rows[] = {
		{ "d", "draft", "" }, { "s", "signed", "" }, { "dB", "returned", "" }, { "sB", "returned", "" },
		{ "i", "issued", "SWVN" }, { "iS", "suspended", "SRWVN" }, { "iW", "withdrawn", "AVN" }, { "iV", "void", "" }, { "iN", "issued", "SWVN" },
		{ "iSR", "issued", "SWVN" }, { "iWA", "issued", "SWVN" }, { "iSW", "withdrawn", "AVN" }, { "iSWA", "suspended", "SRWVN" }, { "iWV", "void", "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t k = 0; k < COUNT(acts); k++) {
			own_str char *name = xprintf("%s, then %s", rows[i].before, acts[k].verb);
			bool lawful = strchr(rows[i].lawful, acts[k].letter) != NULL;
			struct err e = { ERR_NONE, "" };
			char handle[33];

			if (rows[i].before[0] == 'd')
				office_draft(&o, handle, "gpxd-01", NULL);
			else
				office_signed(&o, handle, "gpxd-01", NULL);
			if (rows[i].before[0] == 'i')
				office_seal(&o, handle);
			for (const char *p = rows[i].before + 1; *p != '\0'; p++)
				if (*p == 'B')
					office_acted(&o, handle, "permit.return", NULL, 0);
				else
					for (size_t n = 0; n < COUNT(acts); n++)
						if (acts[n].letter == *p)
							office_acted(&o, handle, acts[n].verb, acts[n].with, 0);
			assert_case(name, office_is(&o, handle, rows[i].state));
			assert_case(name, office_act(&o, handle, acts[k].verb, acts[k].with, 0, &e) == lawful);
			/* A refusal has its rule; it changes nothing. */
			assert_case(name, lawful || (e.class == ERR_CONFLICT && (e.code[0] != '\0' || rows[i].before[0] == 'd')));
			assert_case(name, lawful || office_is(&o, handle, rows[i].state));
		}
}

/* All or none; one by another clerk is none. */
static void
many_at_once(void **state)
{
	own(json_t) *answer = NULL;
	char first[33], second[33];
	const char *const both[] = { first, second };
	struct permit_order two = { CLERK, "permit.suspend", both, 2, decision, 0 };
	struct err e;

	office_issued(&o, first, "gpxd-01", NULL);
	office_issued(&o, second, "gpxd-01", NULL);
	office_acted(&o, second, "permit.withdraw", DECIDED, 0);
	office_refused("one of two is withdrawn", office_order(&o, &answer, &two, &e), &e, ERR_CONFLICT, "subject 2");
	assert_true(office_is(&o, first, "issued"));
	office_acted(&o, second, "permit.restore", DECIDED, 0);
	two.by = LOCAL_CLERK;
	office_refused("another agency's clerk", office_order(&o, &answer, &two, &e), &e, ERR_POLICY, "no appointment (clerk)");
	two.by = CLERK;
	assert_done(office_order(&o, &answer, &two, &e), e);
	assert_true(office_is(&o, first, "suspended") && office_is(&o, second, "suspended"));
}

/* What takes effect later is lawful as of then, and changes nothing before. */
static void
days_to_come(void **state)
{
	char handle[33];
	struct err e;

	office_issued(&o, handle, "gpxd-01", NULL);
	office_acted(&o, handle, "permit.withdraw", DECIDED, 7);
	assert_true(office_is(&o, handle, "issued"));
	office_refused("restored before it is withdrawn", office_act(&o, handle, "permit.restore", DECIDED, 0, &e), &e, ERR_CONFLICT, "only a permit that is withdrawn on that day");
	office_refused("suspended when it is withdrawn", office_act(&o, handle, "permit.suspend", DECIDED, 7, &e), &e, ERR_CONFLICT, "only a permit in force");
	office_acted(&o, handle, "permit.suspend", DECIDED, 0);
	office_acted(&o, handle, "permit.restore", DECIDED, 8);
	office_refused("restored twice", office_act(&o, handle, "permit.restore", DECIDED, 9, &e), &e, ERR_CONFLICT, "only a permit that is withdrawn on that day");
	assert_true(office_is(&o, handle, "suspended"));
}

static void
cancelled_and_replaced(void **state)
{
	own_str char *itself = NULL, *other = NULL, *draft = NULL;
	char wrong[33], right[33], drafted[33];
	struct err e;

	office_issued(&o, wrong, "gpxd-01", NULL);
	office_issued(&o, right, "gpxd-01", NULL);
	office_draft(&o, drafted, "gpxd-01", NULL);
	itself = xprintf("{\"decision\":\"1/QĐ\",\"replacement\":\"%s\"}", wrong);
	other = xprintf("{\"decision\":\"1/QĐ\",\"replacement\":\"%s\"}", right);
	draft = xprintf("{\"decision\":\"1/QĐ\",\"replacement\":\"%s\"}", drafted);
	office_refused("itself", office_act(&o, wrong, "permit.void", itself, 0, &e), &e, ERR_INPUT, "does not replace itself");
	office_refused("a draft", office_act(&o, wrong, "permit.void", draft, 0, &e), &e, ERR_CONFLICT, "is not issued");
	office_acted(&o, right, "permit.void", DECIDED, 0);
	office_refused("one that is void", office_act(&o, wrong, "permit.void", other, 0, &e), &e, ERR_CONFLICT, "void itself");
	assert_true(office_is(&o, wrong, "issued"));
	office_issued(&o, right, "gpxd-01", NULL);
	free(other);
	other = xprintf("{\"decision\":\"1/QĐ\",\"replacement\":\"%s\"}", right);
	office_acted(&o, wrong, "permit.void", other, 0);
	assert_true(office_is(&o, wrong, "void") && office_is(&o, right, "issued"));
}

/* It is over: neither signed nor sealed; what it said can be erased, the return's
 * reason with it. */
static void
returned(void **state)
{
	own(json_t) *answer = NULL;
	char draft[33], done[33];
	const char *const both[] = { draft, done };
	struct err e;

	office_draft(&o, draft, "gpxd-01", NULL);
	office_signed(&o, done, "gpxd-01", NULL);
	assert_done(office_order(&o, &answer, &(struct permit_order){ CLERK, "permit.return", both, 2, NULL, 0 }, &e), e);
	assert_true(office_is(&o, draft, "returned") && office_is(&o, done, "returned"));
	office_refused("returned twice", office_act(&o, draft, "permit.return", NULL, 0, &e), &e, ERR_CONFLICT, "only what is not numbered yet");
	office_refused("sealed", office_act(&o, done, "permit.seal", NULL, 0, &e), &e, ERR_CONFLICT, "does not wait for its seal");
	office_refused("signed", office_prepare(&o, &answer, o.staff[DIEP].cert, both, 1, &e), &e, ERR_CONFLICT, "not a draft any more");
	assert_int_equal(office_number(&o, "SELECT count(*) FROM permit_change WHERE handle = $handle", done), 1);
	assert_done(office_erase(&o, both, 2, &e), e);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(office_number(&o, "SELECT count(*) FROM permit WHERE handle = $handle", both[i]), 0);
		assert_int_equal(office_number(&o, "SELECT count(*) FROM permit_change WHERE handle = $handle", both[i]), 0);
	}
}

/* The list says on its day what holds on that day. */
static void
said_to_everybody(void **state)
{
	static const struct { const char *verb, *with; int days; unsigned says; } rows[] = {
		{ "permit.withdraw", DECIDED, 30, STATUS_IN_FORCE }, { "permit.annotate", NOTED, 0, STATUS_NOTED }, { "permit.suspend", DECIDED, 0, STATUS_SUSPENDED },
		{ "permit.resume", DECIDED, 0, STATUS_NOTED }, { "permit.withdraw", DECIDED, 0, STATUS_WITHDRAWN }, { "permit.restore", DECIDED, 0, STATUS_NOTED },
		{ "permit.void", DECIDED, 0, STATUS_WITHDRAWN },
	};
	own(X509) *signer = NULL;
	char handle[33];
	uint64_t place;

	office_issued(&o, handle, "gpxd-01", NULL);
	place = (uint64_t)office_number(&o, "SELECT idx FROM permit WHERE handle = $handle", handle);
	service_signer(&signer);
	for (size_t i = 0; i < COUNT(rows); i++) {
		office_acted(&o, handle, rows[i].verb, rows[i].with, rows[i].days);
		for (time_t until = 0; published_status(place) != rows[i].says && wait_more(&until);)
			;
		assert_case(rows[i].verb, published_status(place) == rows[i].says);
		follows_from_the_log(signer);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_withdraw_what),
		cmocka_unit_test(before_anything),
		cmocka_unit_test(once_and_for_all),
		cmocka_unit_test(by_a_mail_certificate),
		cmocka_unit_test(sayings_that_are_refused),
		cmocka_unit_test(lawful_and_unlawful),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(days_to_come),
		cmocka_unit_test(cancelled_and_replaced),
		cmocka_unit_test(returned),
		cmocka_unit_test(said_to_everybody),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
