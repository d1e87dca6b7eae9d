/* A submission makes a draft and nothing else: which program, for whom, once. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "tests/signer/world.h"

#include <pthread.h>
#include <unistd.h>

#define MANY 20

static struct office o;

static int begin(void **state) { office_begin(&o); return 0; }
static int end(void **state) { office_end(&o); return 0; }

enum program { CITY, DEPARTMENT, WARD_BUILDING, PRACTITIONERS, ENDS_SOON, UNKNOWN, NO_HASH, PROGRAMS };
static char program[PROGRAMS][65];

static void
programs(void **state)
{
	strcpy(program[CITY], o.program);
	office_program(&o, program[DEPARTMENT], "H99.14", "*", clock_now() + DAY_SECS);
	office_program(&o, program[WARD_BUILDING], "H99.31.07", "construction", clock_now() + DAY_SECS);
	office_program(&o, program[PRACTITIONERS], "H99", "practitioner", clock_now() + DAY_SECS);
	office_program(&o, program[ENDS_SOON], "H99", "*", clock_now() + 3);
	memset(program[UNKNOWN], 'a', 64);
	strcpy(program[NO_HASH], "abc");
}

static void
scope_of_a_program(void **state)
{
	static const struct { const char *name; enum program by; const char *sample, *key; enum err_class class; const char *word; } cases[] = {
		{ "its agency", DEPARTMENT, "gpxd-02", "a", ERR_NONE, NULL },
		{ "the agency above", DEPARTMENT, "gpxd-01", "b", ERR_POLICY, "may not submit for agency H99.31.07" },
		{ "a sister", WARD_BUILDING, "gpxd-02", "c", ERR_POLICY, "may not submit for agency H99.14" },
		{ "its kind", WARD_BUILDING, "gpxd-01", "d", ERR_NONE, NULL },
		{ "another kind", PRACTITIONERS, "gpxd-01", "e", ERR_POLICY, "may not submit permits of kind construction" },
		{ "its kind, any agency", PRACTITIONERS, "gphn-01", "f", ERR_NONE, NULL },
		{ "not registered", UNKNOWN, "gpxd-01", "g", ERR_POLICY, "not known here" },
		{ "no hash at all", NO_HASH, "gpxd-01", "h", ERR_POLICY, "programs that are known here" },
		{ "no key", CITY, "gpxd-01", "", ERR_INPUT, "Idempotency-Key" },
		{ "a key too long", CITY, "gpxd-01", "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789x", ERR_INPUT,
		  "Idempotency-Key" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_str char *text = office_sample(cases[i].sample, NULL);
		own(json_t) *answer = NULL;
		struct err e = { ERR_NONE, "" };
		bool done = office_submit(&o, &answer, program[cases[i].by], cases[i].key, text, &e);

		if (cases[i].word != NULL) {
			office_refused(cases[i].name, done, &e, cases[i].class, cases[i].word);
			continue;
		}
		assert_done(done, e);
		assert_true(office_is(&o, json_string_value(json_object_get(answer, "handle")), "draft"));
	}
}

/* Who has a right, asked before a batch. */
static void
who_may(void **state)
{
	static const struct { const char *name; enum program by; const char *right; enum err_class class; const char *word; } cases[] = {
		{ "a program that submits", DEPARTMENT, "submit", ERR_NONE, NULL },
		{ "the right to read", DEPARTMENT, "read", ERR_NONE, NULL },
		{ "a right that it has not", DEPARTMENT, "report", ERR_POLICY, "no right to report" },
		{ "two rights at once", DEPARTMENT, "submit read", ERR_INPUT, "no such right" },
		{ "no right", DEPARTMENT, "", ERR_INPUT, "no such right" },
		{ "the beginning of a right", DEPARTMENT, "sub", ERR_INPUT, "no such right" },
		{ "not registered", UNKNOWN, "submit", ERR_POLICY, "not known here" },
		{ "no hash at all", NO_HASH, "submit", ERR_POLICY, "programs that are known here" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { ERR_NONE, "" };
		bool may = office_may(&o, program[cases[i].by], cases[i].right, &e);

		if (cases[i].word == NULL)
			assert_done(may, e);
		else
			office_refused(cases[i].name, may, &e, cases[i].class, cases[i].word);
	}
}

static void
an_expired_program(void **state)
{
	own_str char *text = office_sample("gpxd-01", NULL);
	own(json_t) *answer = NULL;
	bool done = true;
	struct err e;

	for (int i = 0; done && i < 60; i++) {
		own_str char *key = xprintf("soon-%d", i);
		own(json_t) *ignored = NULL;

		done = office_submit(&o, &ignored, program[ENDS_SOON], key, text, &e);
		usleep(100000);
	}
	office_refused("expired", done, &e, ERR_POLICY, "have expired");
	/* Nor does it learn what became of what it submitted before. */
	office_refused("expired, a batch", office_may(&o, program[ENDS_SOON], "submit", &e), &e, ERR_POLICY, "have expired");
	office_refused("expired, again", office_submit(&o, &answer, program[ENDS_SOON], "soon-0", text, &e), &e, ERR_POLICY, "have expired");
}

static void
what_is_submitted(void **state)
{
	static const struct { const char *name, *from, *to, *sample, *number; enum err_class class; const char *word; } cases[] = {
		{ "an unknown kind", "GIAY_PHEP_XAY_DUNG", "GIAY_PHEP_BAY", "gpxd-01", NULL, ERR_INPUT, "GIAY_PHEP_BAY" },
		{ "an unknown agency", "H99.31.07\"", "H00.01.01\"", "gpxd-01", NULL, ERR_INPUT, "H00.01.01" },
		{ "a dossier whose day does not exist", "261026-0042", "261326-0042", "gpxd-01", NULL, ERR_INPUT, "ma_ho_so" },
		{ "a given number too short", "", "", "vpdd-01", "99-0042-01", ERR_INPUT, "so_ky_hieu" },
		{ "a given number of letters", "", "", "vpdd-01", "AB-00042-01", ERR_INPUT, "so_ky_hieu" },
		{ "a given number and more", "", "", "vpdd-01", "99-00042-011", ERR_INPUT, "so_ky_hieu" },
		{ "no number where one is given", "", "", "vpdd-01", "", ERR_INPUT, "so_ky_hieu" },
		{ "a field that the kind has not", "\"cong_trinh\"", "\"con_trinh\"", "gpxd-01", NULL, ERR_INPUT, "con" },
		{ "a zero-width letter", "Cấp giấy phép", "Cấp gi\xe2\x80\x8b" "ấy phép", "gpxd-01", NULL, ERR_INPUT, "U+200B" },
		{ "no JSON", "{", "[", "gpxd-01", NULL, ERR_INPUT, "JSON" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_str char *text = office_sample(cases[i].sample, cases[i].number);
		char *at = strstr(text, cases[i].from);
		own_str char *changed = NULL;
		own(json_t) *answer = NULL;
		struct err e = { ERR_NONE, "" };

		assert_non_null(at);
		changed = xprintf("%.*s%s%s", (int)(at - text), text, cases[i].to, at + strlen(cases[i].from));
		office_refused(cases[i].name, office_submit(&o, &answer, o.program, cases[i].name, changed, &e), &e, cases[i].class, cases[i].word);
	}
}

static void
once_a_key(void **state)
{
	own_str char *text = office_sample("gpxd-01", NULL), *other = office_sample("gpxd-02", NULL);
	own(json_t) *first = NULL, *again = NULL, *refused = NULL, *of_another = NULL;
	struct err e;

	assert_done(office_submit(&o, &first, o.program, "once", text, &e), e);
	assert_true(json_is_false(json_object_get(first, "again")));
	assert_done(office_submit(&o, &again, o.program, "once", text, &e), e);
	assert_true(json_is_true(json_object_get(again, "again")));
	assert_string_equal(json_string_value(json_object_get(first, "handle")), json_string_value(json_object_get(again, "handle")));
	office_refused("other bytes", office_submit(&o, &refused, o.program, "once", other, &e), &e, ERR_CONFLICT, "another submission");
	/* Each program has keys of its own. */
	assert_done(office_submit(&o, &of_another, program[WARD_BUILDING], "once", text, &e), e);
	assert_string_not_equal(json_string_value(json_object_get(first, "handle")), json_string_value(json_object_get(of_another, "handle")));
}

struct sender { const char *key, *text; json_t *answer; bool done; struct err e; };

static void *
send_one(void *arg)
{
	struct sender *s = arg;

	s->done = office_submit(&o, &s->answer, o.program, s->key, s->text, &s->e);
	return NULL;
}

static void
send_all(struct sender s[MANY])
{
	pthread_t id[MANY];

	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(pthread_create(&id[i], NULL, send_one, &s[i]), 0);
	for (size_t i = 0; i < MANY; i++)
		pthread_join(id[i], NULL);
}

static size_t
drafts(void)
{
	own(json_t) *answer = NULL;
	struct err e;

	assert_done(office_list(&o, &answer, "{\"state\":\"draft\"}", &e), e);
	return json_array_size(json_object_get(answer, "items"));
}

static void
twenty_at_once_are_one(void **state)
{
	own_str char *text = office_sample("gpxd-01", NULL);
	struct sender s[MANY];
	size_t before = drafts(), fresh = 0;

	for (size_t i = 0; i < MANY; i++)
		s[i] = (struct sender){ .key = "twenty", .text = text };
	send_all(s);
	for (size_t i = 0; i < MANY; i++) {
		assert_done(s[i].done, s[i].e);
		assert_string_equal(json_string_value(json_object_get(s[i].answer, "handle")), json_string_value(json_object_get(s[0].answer, "handle")));
		fresh += json_is_false(json_object_get(s[i].answer, "again"));
	}
	for (size_t i = 0; i < MANY; i++)
		json_decref(s[i].answer);
	assert_int_equal(fresh, 1);
	assert_int_equal(drafts(), before + 1);
}

/* Two texts under one key: one of them is the draft, the other is told so. */
static void
twenty_at_once_of_two_texts(void **state)
{
	own_str char *text = office_sample("gpxd-01", NULL), *other = office_sample("gpxd-02", NULL);
	struct sender s[MANY];
	size_t before = drafts(), won[2] = { 0 };

	for (size_t i = 0; i < MANY; i++)
		s[i] = (struct sender){ .key = "two", .text = i % 2 == 0 ? text : other };
	send_all(s);
	for (size_t i = 0; i < MANY; i++) {
		won[i % 2] += s[i].done;
		if (!s[i].done)
			office_refused("the other text", false, &s[i].e, ERR_CONFLICT, "another submission");
		json_decref(s[i].answer);
	}
	assert_true((won[0] == MANY / 2 && won[1] == 0) || (won[0] == 0 && won[1] == MANY / 2));
	assert_int_equal(drafts(), before + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs),
		cmocka_unit_test(scope_of_a_program),
		cmocka_unit_test(who_may),
		cmocka_unit_test(an_expired_program),
		cmocka_unit_test(what_is_submitted),
		cmocka_unit_test(once_a_key),
		cmocka_unit_test(twenty_at_once_are_one),
		cmocka_unit_test(twenty_at_once_of_two_texts),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
