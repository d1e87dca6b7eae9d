/* Numbers and seals: only on the clerk's order upon these bytes, each number
 * once, nothing numbered in vain; a token that is away delays and loses nothing. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "base/file.h"
#include "signer/permit_life.h"
#include "tests/signer/world.h"
#include "verifier/proto.h"

#include <signal.h>
#include <unistd.h>

static struct office o;

static int64_t
this_year(void)
{
	return year_of_day(day_in_vietnam(clock_now()));
}

static int
begin(void **state)
{
	office_begin(&o);
	office_book(&o, "H99.31.07", "GPXD", 245);
	return 0;
}

static int end(void **state) { office_end(&o); return 0; }

static void
number_is(const char *handle, const char *want)
{
	own(json_t) *row = office_row(&o, handle);
	const char *number = json_string_value(json_object_get(row, "number"));

	if (number == NULL || strcmp(number, want) != 0)
		print_error("the number is %s, not %s\n", number != NULL ? number : "none", want);
	assert_true(number != NULL && strcmp(number, want) == 0);
}

static void
unnumbered(const char *name, const char *handle, const char *state)
{
	own(json_t) *row = office_row(&o, handle);

	assert_case(name, strcmp(json_string_value(json_object_get(row, "state")), state) == 0);
	assert_case(name, json_is_null(json_object_get(row, "number")));
}

static void
refused_order(const char *name, const struct permit_order *p, enum err_class class, const char *word)
{
	own(json_t) *answer = NULL;
	struct err e = { ERR_NONE, "" };

	office_refused(name, office_order(&o, &answer, p, &e), &e, class, word);
}

/* Who orders, what, in which state; nothing of it numbers anything. */
static void
who_may_seal_what(void **state)
{
	own(json_t) *yesterday = json_pack("{s:s}", "day", "2026-01-01"), *no_day = json_pack("{s:s}", "day", "2026-13-01"),
	    *more = json_pack("{s:s}", "number", "1/GPXD");
	char mine[33], others[33], sealed[33], running[33], seal_less[33];

	office_signed(&o, mine, "gpxd-01", NULL);
	office_signed(&o, others, "gpxd-02", NULL);
	office_issued(&o, sealed, "vpdd-01", "99-00001-01");
	office_signed(&o, running, "gphn-01", NULL);
	office_signed(&o, seal_less, "dkdt-01", NULL);

	const struct { const char *name; struct permit_order order; enum err_class class; const char *word; } cases[] = {
		{ "the officer", { DIEP, "permit.seal", (const char *const[]){ mine }, 1, NULL }, ERR_POLICY, "no appointment (clerk)" },
		{ "an official without a role", { NOBODY, "permit.seal", (const char *const[]){ mine }, 1, NULL }, ERR_POLICY, "no appointment (clerk)" },
		{ "the clerk of another agency", { LOCAL_CLERK, "permit.seal", (const char *const[]){ mine }, 1, NULL }, ERR_POLICY, "for agency H99.31.07" },
		{ "one of two is another agency's", { LOCAL_CLERK, "permit.seal", (const char *const[]){ others, mine }, 2, NULL }, ERR_POLICY, "for agency H99.31.07" },
		{ "issued already", { CLERK, "permit.seal", (const char *const[]){ sealed }, 1, NULL }, ERR_CONFLICT, "does not wait for its seal (issued)" },
		{ "one of two is issued", { CLERK, "permit.seal", (const char *const[]){ mine, sealed }, 2, NULL }, ERR_CONFLICT, "does not wait for its seal" },
		{ "one permit twice", { CLERK, "permit.seal", (const char *const[]){ mine, mine }, 2, NULL }, ERR_INPUT, "stands twice" },
		{ "book not open", { CLERK, "permit.seal", (const char *const[]){ others }, 1, NULL }, ERR_POLICY, "book of this agency and year is not open" },
		{ "running book not open", { CLERK, "permit.seal", (const char *const[]){ running }, 1, NULL }, ERR_POLICY, "book of this agency and year is not open" },
		{ "one of two has no book", { CLERK, "permit.seal", (const char *const[]){ mine, others }, 2, NULL }, ERR_POLICY, "book" },
		{ "an agency without a seal", { CLERK, "permit.seal", (const char *const[]){ seal_less }, 1, NULL }, ERR_POLICY, "has no active seal certificate" },
		{ "dated back", { CLERK, "permit.seal", (const char *const[]){ mine }, 1, yesterday }, ERR_POLICY, "dated on the day it is sealed" },
		{ "a day that does not exist", { CLERK, "permit.seal", (const char *const[]){ mine }, 1, no_day }, ERR_INPUT, "day" },
		{ "a number of one's own", { CLERK, "permit.seal", (const char *const[]){ mine }, 1, more }, ERR_INPUT, "number" },
		{ "an order of the authority", { CLERK, "cert.revoke", (const char *const[]){ mine }, 1, NULL }, ERR_POLICY, "no order cert.revoke about permits" },
		{ "an order that does not exist", { CLERK, "permit.sell", (const char *const[]){ mine }, 1, NULL }, ERR_POLICY, "no order permit.sell" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		refused_order(cases[i].name, &cases[i].order, cases[i].class, cases[i].word);
		unnumbered(cases[i].name, mine, "signed");
		unnumbered(cases[i].name, others, "signed");
	}
	/* Everything refused, and the book is where it was. */
	office_seal(&o, mine);
	number_is(mine, "245/GPXD");
}

static void
upon_these_bytes(void **state)
{
	own(json_t) *answer = NULL;
	own_struct(buf) cms = buf_new(1 << 20);
	struct order_subject subject = { .number = NULL };
	struct draft d = { .key = o.staff[CLERK].key, .cert = o.staff[CLERK].cert, .verb = "permit.seal", .subjects = &subject, .nsubjects = 1 };
	char handle[33], draft[33];
	struct err e;

	office_signed(&o, handle, "gpxd-01", NULL);
	office_draft(&o, draft, "gpxd-01", NULL);
	snprintf(subject.id, sizeof(subject.id), "%s", handle);
	office_hash(&o, subject.hash, handle);
	subject.hash[31] ^= 1;
	order_cms(&o.w, &d, &cms);
	office_refused("hash of other bytes", office_send_order(&o, &answer, buf_span(&cms), &e), &e, ERR_CONFLICT, "another version of this permit");
	snprintf(subject.id, sizeof(subject.id), "%s", draft);
	buf_reset(&cms);
	order_cms(&o.w, &d, &cms);
	office_refused("a draft", office_send_order(&o, &answer, buf_span(&cms), &e), &e, ERR_CONFLICT, "nobody has signed this permit yet");
	unnumbered("hash of other bytes", handle, "signed");
	unnumbered("a draft", draft, "draft");
}

/* Everything that antin-signer hears, with what could mean "seal it" and no order
 * of a clerk; its own ticket and the officer's session among them. */
static void
no_other_message_seals(void **state)
{
	own(json_t) *prepared = NULL;
	own_struct(buf) ticket = buf_new(1 << 17), cms = buf_new(1 << 20), der = buf_new(1 << 14);
	char handle[33], draft[33];
	own_str char *handles = NULL, *signatures = NULL;
	struct order_subject subject = { .number = NULL };
	struct draft d = { .by = MAI, .verb = "permit.seal", .subjects = &subject, .nsubjects = 1 };
	unsigned char program[SHA256_LEN];
	struct span who;
	struct err e;

	office_signed(&o, handle, "gpxd-01", NULL);
	office_draft(&o, draft, "gpxd-01", NULL);
	assert_done(office_prepare(&o, &prepared, o.staff[DIEP].cert, (const char *const[]){ draft }, 1, &e), e);
	assert_done(base64_get(&ticket, span_str(json_string_value(json_object_get(prepared, "ticket"))), &e), e);
	signatures = office_signatures(prepared, o.staff[DIEP].key);
	handles = xprintf("{\"handles\":[\"%s\"]}", handle);
	cert_to_der(&der, o.staff[CLERK].cert);
	snprintf(subject.id, sizeof(subject.id), "%s", handle);
	office_hash(&o, subject.hash, handle);
	assert_true(hex_get_fixed(program, sizeof(program), span_str(o.program), &e));
	who = span_of(program, sizeof(program));
	order_cms(&o.w, &d, &cms);

	const struct { const char *name; uint16_t type; struct span field[3]; size_t n; enum err_class class; } cases[] = {
		{ "an approver's order", SIGNER_ORDER, { buf_span(&cms) }, 1, ERR_POLICY },
		{ "the signer's own ticket as an order", SIGNER_ORDER, { buf_span(&ticket) }, 1, ERR_INPUT },
		{ "an officer's session as an order", SIGNER_ORDER, { span_str(signatures) }, 1, ERR_INPUT },
		{ "a handle as an order", SIGNER_ORDER, { span_str(handle) }, 1, ERR_INPUT },
		{ "a handle as a submission", SIGNER_SUBMIT, { who, span_str("seal"), span_str(handles) }, 3, ERR_INPUT },
		{ "prepared by a clerk", SIGNER_PREPARE, { who, span_str(handles), buf_span(&der) }, 3, ERR_CONFLICT },
		{ "finished without a session", SIGNER_FINISH, { span_str(handles) }, 1, ERR_INPUT },
		{ "a list of handles", SIGNER_LIST, { who, span_str(handles) }, 2, ERR_INPUT },
		{ "a list for nobody", SIGNER_LIST, { SPAN_NONE, span_str("{\"state\":\"signed\"}") }, 2, ERR_POLICY },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own(json_t) *answer = NULL;
		bool done = office_call(&o, &answer, cases[i].type, cases[i].field, cases[i].n, &e);

		office_refused(cases[i].name, done, &e, cases[i].class, "");
		unnumbered(cases[i].name, handle, "signed");
	}
	office_seal(&o, handle);
}

/* A good order twice, and orders that come too late. */
static void
fresh_and_once(void **state)
{
	own_struct(buf) first = buf_new(1 << 20), second = buf_new(1 << 20), late = buf_new(1 << 20);
	own(json_t) *answer = NULL, *done = NULL;
	char handle[33];
	const struct permit_order p = { CLERK, "permit.seal", (const char *const[]){ handle }, 1, NULL };
	struct order_subject subject = { .number = NULL };
	struct draft old = { .key = o.staff[CLERK].key, .cert = o.staff[CLERK].cert, .verb = "permit.seal", .subjects = &subject, .nsubjects = 1, .made_ago = 900 };
	struct err e;

	office_signed(&o, handle, "gpxd-01", NULL);
	snprintf(subject.id, sizeof(subject.id), "%s", handle);
	office_hash(&o, subject.hash, handle);
	order_cms(&o.w, &old, &late);
	office_refused("expired", office_send_order(&o, &answer, buf_span(&late), &e), &e, ERR_CONFLICT, "has expired");
	old.made_ago = 0;
	old.life = 3600;
	buf_reset(&late);
	order_cms(&o.w, &old, &late);
	office_refused("lives too long", office_send_order(&o, &answer, buf_span(&late), &e), &e, ERR_POLICY, "10 minutes at most");
	unnumbered("expired", handle, "signed");
	office_order_cms(&o, &p, &first);
	office_order_cms(&o, &p, &second);
	assert_done(office_send_order(&o, &done, buf_span(&first), &e), e);
	office_result("the first", done, 0, ERR_NONE, NULL);
	office_refused("the same once more", office_send_order(&o, &answer, buf_span(&first), &e), &e, ERR_CONFLICT, "accepted before");
	office_refused("another one, made when it still was to do", office_send_order(&o, &answer, buf_span(&second), &e), &e, ERR_CONFLICT, "subject 1");
}

static void
books(void **state)
{
	static const struct { const char *name; enum staff by; const char *agency, *book; int64_t next; enum err_class class; const char *word; } cases[] = {
		{ "an officer", DIEP, "H99.14", "GPXD", 1, ERR_POLICY, "no appointment (clerk)" },
		{ "another agency's clerk", LOCAL_CLERK, "H99.31.07", "TN", 1, ERR_POLICY, "no appointment (clerk)" },
		{ "no such agency", CLERK, "H99.99", "GPXD", 1, ERR_ABSENT, "no agency H99.99" },
		{ "number zero", CLERK, "H99.14", "GPXD", 0, ERR_INPUT, "1 to 99999999" },
		{ "a number too great", CLERK, "H99.14", "GPXD", 100000000, ERR_INPUT, "1 to 99999999" },
		{ "open already", CLERK, "H99.31.07", "GPXD", 1, ERR_CONFLICT, "open already" },
	};
	char handle[33];
	struct err e;

	for (size_t i = 0; i < COUNT(cases); i++)
		office_refused(cases[i].name, office_open_book(&o, cases[i].by, cases[i].agency, cases[i].book, this_year(), cases[i].next, &e), &e, cases[i].class, cases[i].word);
	assert_done(office_open_book(&o, LOCAL_CLERK, "H99.14", "GPXD", this_year(), 118, &e), e);
	assert_done(office_open_book(&o, CLERK, "H99.17", "GPHN", 0, 912, &e), e);
	office_issued(&o, handle, "gpxd-02", NULL);
	number_is(handle, "118/GPXD-SXD");
	office_issued(&o, handle, "gphn-01", NULL);
	number_is(handle, "000912/HGI-GPHN");
}

static void
a_given_number_once(void **state)
{
	char first[33], second[33], other[33];
	const struct permit_order both = { CLERK, "permit.seal", (const char *const[]){ other, second }, 2, NULL };

	office_signed(&o, first, "vpdd-01", "99-00042-01");
	office_signed(&o, second, "vpdd-02", "99-00042-01");
	office_signed(&o, other, "vpdd-02", "99-00043-01");
	office_seal(&o, first);
	number_is(first, "99-00042-01");
	refused_order("used twice", &(struct permit_order){ CLERK, "permit.seal", (const char *const[]){ second }, 1, NULL }, ERR_CONFLICT, "used already");
	/* One order is one act: its other permit gets no number either. */
	refused_order("used twice, among others", &both, ERR_CONFLICT, "used already");
	unnumbered("used twice", second, "signed");
	unnumbered("used twice, among others", other, "signed");
	office_seal(&o, other);
	number_is(other, "99-00043-01");
}

/*
 * What is reserved is sealed, whatever happens between.
 */

static bool
wait_issued(const char *handle)
{
	bool issued = false;

	for (time_t until = 0; !issued && wait_more(&until);)
		issued = office_is(&o, handle, "issued");
	return issued;
}

static void
a_token_that_is_away(void **state)
{
	char handle[33], next[33];
	const struct permit_order p = { CLERK, "permit.seal", (const char *const[]){ handle }, 1, NULL };
	own(json_t) *answer = NULL, *again = NULL;
	own(json_t) *before = NULL;
	own(json_t) *after = NULL;
	struct err e;

	office_signed(&o, handle, "gpxd-01", NULL);
	office_signed(&o, next, "gpxd-01", NULL);
	world_stop(&o.seal, SIGKILL);
	assert_done(office_order(&o, &answer, &p, &e), e);
	office_result("the seal's token is away", answer, 0, ERR_LATER, "the seal follows by itself");
	assert_null(strstr(json_string_value(json_object_get(json_array_get(json_object_get(answer, "results"), 0), "text")), ".sock"));
	before = office_row(&o, handle);
	assert_string_equal(json_string_value(json_object_get(before, "state")), "sealing");
	office_refused("ordered again", office_order(&o, &again, &p, &e), &e, ERR_CONFLICT, "does not wait for its seal (sealing)");
	office_start_seal(&o);
	assert_true(wait_issued(handle));
	after = office_row(&o, handle);
	assert_string_equal(json_string_value(json_object_get(before, "number")), json_string_value(json_object_get(after, "number")));
	office_seal(&o, next);
}

/* A new process asks the register what is reserved. */
static void
a_process_that_ends_in_between(void **state)
{
	char handle[33];
	const struct permit_order p = { CLERK, "permit.seal", (const char *const[]){ handle }, 1, NULL };
	own(json_t) *answer = NULL;
	char other[33];
	struct err e;

	office_signed(&o, handle, "gpxd-01", NULL);
	world_stop(&o.seal, SIGKILL);
	assert_done(office_order(&o, &answer, &p, &e), e);
	office_result("the seal's token is away", answer, 0, ERR_LATER, "the seal follows by itself");
	world_stop(&o.signer, SIGKILL);
	office_start_seal(&o);
	office_start_signer(&o);
	assert_true(wait_issued(handle));
	office_draft(&o, other, "gpxd-01", NULL);
}

/* All numbers of the ward's book, from the first to the last. */
static void
no_gap_in_the_book(void **state)
{
	static bool seen[1000];
	own(json_t) *answer = NULL;
	json_t *item;
	int most = 0;
	struct err e;
	size_t i;

	assert_done(office_list(&o, &answer, "{\"state\":\"issued\"}", &e), e);
	json_array_foreach(json_object_get(answer, "items"), i, item) {
		int n;

		if (strcmp(json_string_value(json_object_get(item, "agency")), "H99.31.07") != 0)
			continue;
		assert_int_equal(sscanf(json_string_value(json_object_get(item, "number")), "%d/GPXD", &n), 1);
		assert_true(n >= 245 && n < 1000 && !seen[n]);
		seen[n] = true;
		most = n > most ? n : most;
	}
	assert_true(most > 245);
	for (int n = 245; n <= most; n++)
		assert_true(seen[n]);
}

/* Before a number is given: what could be read by nobody is not sealed. */
static void
room_for_the_seal(void **state)
{
	static const struct { const char *name; size_t content, officers, last; bool want; } rows[] = {
		{ "a small one", 20u << 10, 60u << 10, 60u << 10, true },
		{ "one officer and a CRL of a great city", 20u << 10, 3u << 20, 3u << 20, true },
		{ "two such officers", 20u << 10, 6u << 20, 3u << 20, false },
		{ "eight small ones", 20u << 10, 8 * (60u << 10), 60u << 10, true },
		{ "eight greater ones", 20u << 10, 8u << 20, 1u << 20, false },
		{ "what is full without its seal", VERIFY_DOCUMENT_MAX, 1, 1, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e;

		assert_case(rows[i].name, seal_has_room(rows[i].content, rows[i].officers, rows[i].last, &e) == rows[i].want);
		assert_case(rows[i].name, rows[i].want || e.class == ERR_LIMIT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_seal_what),
		cmocka_unit_test(upon_these_bytes),
		cmocka_unit_test(no_other_message_seals),
		cmocka_unit_test(fresh_and_once),
		cmocka_unit_test(books),
		cmocka_unit_test(a_given_number_once),
		cmocka_unit_test(a_token_that_is_away),
		cmocka_unit_test(a_process_that_ends_in_between),
		cmocka_unit_test(no_gap_in_the_book),
		cmocka_unit_test(room_for_the_seal),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
