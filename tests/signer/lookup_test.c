/* A permit looked up by its number and its holder's name: who knows one of the two learns
 * nothing of the other, and who knows both is told what is public and no more. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "base/text.h"
#include "tests/signer/world.h"
#include "verifier/misses.h"
#include "verifier/proto.h"

#define KIND "practitioner"

static struct office o;
static struct peer *to_verifier;
static char handle[33], number[128], holder[512];

static const char *word(const json_t *j, const char *key) { return json_string_value(json_object_get(j, key)) ?: ""; }

/* An asker of its own unless it is named: misses are counted. */
static bool
ask(json_t **out, const char *kind, const char *of, const char *name, const char *asker, struct err *e)
{
	static unsigned askers;
	own_str char *fresh = xprintf("192.0.2.%u", askers++ % 250);
	own_struct(msg) in = msg_new(VERIFY_NUMBER, 8192), reply = msg_new(0, 1);

	msg_put_str(&in, kind);
	msg_put_str(&in, of);
	msg_put_str(&in, name);
	msg_put_str(&in, asker != NULL ? asker : fresh);
	return peer_call(to_verifier, &in, &reply, e) && json_read(out, msg_span(&reply, 0), e);
}

static const char *said(const json_t *answer) { return word(json_object_get(answer, "answer"), "id"); }

static void
assert_said(const char *of, const char *name, const char *want)
{
	own(json_t) *answer = NULL;
	struct err e;

	assert_done(ask(&answer, KIND, of, name, NULL, &e), e);
	if (strcmp(said(answer), want) != 0)
		print_error("%s, %s: %s, not %s\n", of, name, said(answer), want);
	assert_string_equal(said(answer), want);
	assert_true((json_object_get(answer, "permit") != NULL) == (strcmp(want, "number-not-found") != 0));
}

static int
begin(void **state)
{
	static const struct msg_type types[] = { VERIFY_MESSAGES(MSG_TYPE) };
	own_str char *socket = NULL;
	own(json_t) *row = NULL;
	struct err e;

	office_begin(&o);
	socket = world_path(&o.w, "run/antin-verifier.api.sock");
	to_verifier = peer_new(socket, types, COUNT(types), VERIFY_MESSAGE_MAX, 10000);
	assert_done(office_open_book(&o, CLERK, "H99.17", "GPHN", 0, 455, &e), e);
	office_signed(&o, handle, "gphn-01", NULL);
	row = office_row(&o, handle);
	snprintf(holder, sizeof(holder), "%s", word(row, "holder"));
	return 0;
}

static int
end(void **state)
{
	peer_free(to_verifier);
	office_end(&o);
	return 0;
}

static void
what_is_refused(void **state)
{
	own_str char *long_number = xalloc(LOOKUP_NUMBER_MAX + 2), *long_name = xalloc(LOOKUP_HOLDER_MAX + 2);
	const struct { const char *name, *kind, *number, *holder; enum err_class class; const char *word; } rows[] = {
		{ "no kind", "", "000455/HGI-GPHN", holder, ERR_ABSENT, "not looked up by their numbers" },
		{ "no such kind", "luck", "000455/HGI-GPHN", holder, ERR_ABSENT, "not looked up by their numbers" },
		{ "a kind that is not looked up so", "land-use", "AA 01234567", holder, ERR_ABSENT, "not looked up by their numbers" },
		{ "one that is published, and not looked up", "construction", "245/GPXD-UBND", holder, ERR_ABSENT, "not looked up by their numbers" },
		{ "no number", KIND, "", holder, ERR_INPUT, "\"number\"" },
		{ "a number too long", KIND, memset(long_number, '1', LOOKUP_NUMBER_MAX + 1), holder, ERR_INPUT, "\"number\"" },
		{ "no name", KIND, "000455/HGI-GPHN", "", ERR_INPUT, "\"holder\"" },
		{ "a number of blanks", KIND, " \t ", holder, ERR_INPUT, "\"number\"" },
		{ "a name of signs", KIND, "000455/HGI-GPHN", "% _ *", ERR_INPUT, "\"holder\"" },
		{ "a name too long", KIND, "000455/HGI-GPHN", memset(long_name, 'a', LOOKUP_HOLDER_MAX + 1), ERR_INPUT, "\"holder\"" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own(json_t) *answer = NULL;
		struct err e;

		office_refused(rows[i].name, ask(&answer, rows[i].kind, rows[i].number, rows[i].holder, NULL, &e), &e, rows[i].class, rows[i].word);
	}
}

/* Before its seal it has no number; then it has one. */
static void
from_the_issue_on(void **state)
{
	own(json_t) *row = NULL;

	assert_said("000455/HGI-GPHN", holder, "number-not-found");
	office_seal(&o, handle);
	row = office_row(&o, handle);
	snprintf(number, sizeof(number), "%s", word(row, "number"));
	assert_string_equal(number, "000455/HGI-GPHN");
	assert_said(number, holder, "in-force-by-number");
}

/* The name in every spelling of the same words; nothing less, nothing more. */
static void
names(void **state)
{
	own_struct(buf) folded = buf_new(1024), upper = buf_new(1024);
	own_str char *short_name = xstrdup(holder), *longer = xprintf("%s Anh", holder), *pattern = xprintf("%.*s%%", (int)strcspn(holder, " "), holder), *spaced = xprintf("  %s ", holder);
	struct err e;

	assert_done(text_fold(&folded, span_str(holder), false, &e) && text_fold(&upper, span_str(holder), true, &e), e);
	*strrchr(short_name, ' ') = '\0';
	assert_said(number, buf_str(&folded), "in-force-by-number");
	assert_said(number, buf_str(&upper), "in-force-by-number");
	assert_said(number, spaced, "in-force-by-number");
	assert_said(number, short_name, "number-not-found");
	assert_said(number, strrchr(holder, ' ') + 1, "number-not-found");
	assert_said(number, longer, "number-not-found");
	assert_said(number, pattern, "number-not-found");
	assert_said("000456/HGI-GPHN", holder, "number-not-found");
	assert_said("000455", holder, "number-not-found");
	assert_said("%", holder, "number-not-found");
	assert_said(handle, holder, "number-not-found");
}

/* The number in every spelling of the same signs; what is longer than a number in octets
 * alone is looked up. */
static void
numbers(void **state)
{
	static const char *const same[] = { "000455/hgi-gphn", " 000455 / HGI - GPHN ", "000455/Hgi-Gphn\u00a0" };
	static const char *const others[] = { "455/HGI-GPHN", "000455HGIGPHN", "000455/HGI-GPHN.", "000455/HGI\u2013GPHN", "o00455/HGI-GPHN" };
	own_struct(buf) many = buf_new(1024), more = buf_new(1024);
	own(json_t) *answer = NULL;
	struct err e;

	for (size_t i = 0; i < COUNT(same); i++)
		assert_said(same[i], holder, "in-force-by-number");
	for (size_t i = 0; i < COUNT(others); i++)
		assert_said(others[i], holder, "number-not-found");
	for (int i = 0; i < LOOKUP_NUMBER_MAX; i++)
		buf_put_str(&many, "Đ");
	for (int i = 0; i < LOOKUP_HOLDER_MAX; i++)
		buf_put_str(&more, "ế");
	assert_said(buf_str(&many), buf_str(&more), "number-not-found");
	buf_put_str(&many, "Đ");
	office_refused("a character more", ask(&answer, KIND, buf_str(&many), holder, NULL, &e), &e, ERR_INPUT, "\"number\"");
	assert_string_equal(e.code, "lookup-number");
	assert_true(strstr(e.vi, "Số giấy") != NULL);
	buf_put_str(&more, "ế");
	office_refused("a character more", ask(&answer, KIND, number, buf_str(&more), NULL, &e), &e, ERR_INPUT, "\"holder\"");
	assert_string_equal(e.code, "lookup-holder");
	assert_true(strstr(e.vi, "Họ tên") != NULL);
}

/* Which of the two was wrong, nobody learns. */
static void
one_refusal(void **state)
{
	own(json_t) *wrong_name = NULL, *wrong_number = NULL, *both = NULL;
	struct err e;

	assert_done(ask(&wrong_name, KIND, number, "Người Khác", NULL, &e) && ask(&wrong_number, KIND, "000999/HGI-GPHN", holder, NULL, &e) &&
	    ask(&both, KIND, "000999/HGI-GPHN", "Người Khác", NULL, &e), e);
	assert_true(json_equal(wrong_name, wrong_number));
	assert_true(json_equal(wrong_name, both));
}

/* Neither what is masked, not even its last digits, nor what opens the file. */
static void
nothing_that_is_masked(void **state)
{
	own(json_t) *answer = NULL, *row = office_row(&o, handle);
	own_str char *sample = office_sample("gphn-01", NULL);
	own(json_t) *fields = NULL;
	own_struct(buf) text = buf_new(1 << 20);
	const char *id;
	struct err e;

	assert_done(json_read(&fields, span_str(sample), &e), e);
	assert_done(ask(&answer, KIND, number, holder, NULL, &e), e);
	json_write(&text, answer);
	id = word(fields, "so_dinh_danh");
	assert_true(strlen(id) == 12 && strlen(word(row, "shortcode")) > 0);
	const char *const held[] = { id, id + 9, word(fields, "ngay_sinh"), word(row, "shortcode"), word(row, "voicecode"), handle, word(row, "dossier"), "•", "signatures", "shortcode", "handle", "so_dinh_danh", "ngay_sinh" };
	const char *const told[] = { number, word(fields, "chuc_danh"), "in-force-by-number", "\"state\":\"issued\"" };

	for (size_t i = 0; i < COUNT(held); i++)
		assert_case(held[i], strstr(buf_str(&text), held[i]) == NULL);
	for (size_t i = 0; i < COUNT(told); i++)
		assert_case(told[i], strstr(buf_str(&text), told[i]) != NULL);
}

/* Each state in words of its own: a number says what the register has, never that a paper
 * is genuine; what stands no more shows no fields. */
static void
states(void **state)
{
	static const struct { const char *verb, *with, *said, *force; bool fields; } rows[] = {
		{ "permit.annotate", "{\"decision\":\"1/QĐ-SYT\",\"note\":\"Điều chỉnh (kiểm thử)\"}", "in-force-with-notes-by-number", "noted", true },
		{ "permit.suspend", "{\"decision\":\"2/QĐ-SYT\"}", "suspended-open-by-number", "suspended", true },
		{ "permit.resume", "{\"decision\":\"3/QĐ-SYT\"}", "in-force-with-notes-by-number", "noted", true },
		{ "permit.withdraw", "{\"decision\":\"4/QĐ-SYT\"}", "withdrawn-by-number", "withdrawn", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own(json_t) *answer = NULL;
		own_struct(buf) text = buf_new(1 << 20);
		struct err e;

		office_acted(&o, handle, rows[i].verb, rows[i].with, 0);
		assert_done(ask(&answer, KIND, number, holder, NULL, &e), e);
		json_write(&text, answer);
		assert_string_equal(said(answer), rows[i].said);
		assert_string_equal(word(json_object_get(answer, "in_force"), "answer"), rows[i].force);
		assert_case(rows[i].verb, json_is_null(json_object_get(json_object_get(answer, "permit"), "lines")) != rows[i].fields);
		assert_case(rows[i].verb, strstr(buf_str(&text), "Giấy thật") == NULL && strstr(buf_str(&text), "Genuine") == NULL);
		assert_case(rows[i].verb, strstr(buf_str(&text), "chép được số và tên") != NULL);
		assert_case(rows[i].verb, strstr(buf_str(&text), "kiểm thử") == NULL);
	}
}

static bool
looks_up_codes(const char *asker)
{
	own_struct(msg) in = msg_new(VERIFY_LOOKUP, 8192), reply = msg_new(0, 1);
	own(json_t) *row = office_row(&o, handle), *answer = NULL;
	struct err e;

	msg_put_str(&in, word(row, "shortcode"));
	msg_put_str(&in, asker);
	msg_put_str(&in, "");
	assert_done(peer_call(to_verifier, &in, &reply, &e) && json_read(&answer, msg_span(&reply, 0), &e), e);
	return strcmp(said(answer), "withdrawn") == 0;
}

/* Who is right often waits for nobody. */
static void
who_is_right_goes_on(void **state)
{
	for (int i = 0; i < 3 * MISSES_MAX; i++) {
		own(json_t) *answer = NULL;
		struct err e;

		assert_done(ask(&answer, KIND, number, holder, "198.51.100.8", &e), e);
		assert_string_equal(said(answer), "withdrawn-by-number");
	}
}

/* Wrong numbers and wrong names count alike, and together. */
static void
who_tries_waits(void **state)
{
	own(json_t) *last = NULL;
	struct err e;

	for (int i = 0; i < MISSES_MAX; i++) {
		own(json_t) *answer = NULL;

		assert_done(ask(&answer, KIND, i % 2 ? number : "000999/HGI-GPHN", i % 2 ? "Người Khác" : holder, "198.51.100.7", &e), e);
		assert_string_equal(said(answer), "number-not-found");
	}
	assert_done(ask(&last, KIND, number, holder, "198.51.100.7", &e), e);
	assert_string_equal(said(last), "too-many-numbers");
	assert_true(json_integer_value(json_object_get(last, "wait")) > 0);
	assert_case("codes are looked up for him", looks_up_codes("198.51.100.7"));
	assert_said(number, holder, "withdrawn-by-number");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(from_the_issue_on),
		cmocka_unit_test(names),
		cmocka_unit_test(numbers),
		cmocka_unit_test(one_refusal),
		cmocka_unit_test(nothing_that_is_masked),
		cmocka_unit_test(states),
		cmocka_unit_test(who_is_right_goes_on),
		cmocka_unit_test(who_tries_waits),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
