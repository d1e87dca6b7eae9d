/* What programs report of dossiers, through antin-signer: form, rights, batches,
 * replays; what anybody then reads of a dossier at antin-verifier. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "register/verbs.h"
#include "tests/signer/world.h"
#include "verifier/dossier.h"
#include "verifier/proto.h"

#include <pthread.h>

#define DAY "2025-10-26"
#define CODE "H99.31.07-251026-"
#define RECEIVED(code) "{\"dossier\":\"" code "\",\"step\":\"received\",\"day\":\"2025-10-26\",\"due\":\"2025-11-05\",\"kind\":\"construction\"}"

static struct office o;

enum program { CITY, WARD, DEPARTMENT, PRACTITIONERS, READS, PROGRAMS };
static char program[PROGRAMS][65];

static int
begin(void **state)
{
	static const char *const report[] = { "report", NULL }, *const all[] = { "submit", "read", "report", NULL };

	office_begin(&o);
	office_program_with(&o, program[CITY], "H99", "*", all, clock_now() + DAY_SECS);
	office_program_with(&o, program[WARD], "H99.31.07", "*", report, clock_now() + DAY_SECS);
	office_program_with(&o, program[DEPARTMENT], "H99.14", "*", report, clock_now() + DAY_SECS);
	office_program_with(&o, program[PRACTITIONERS], "H99", "practitioner", report, clock_now() + DAY_SECS);
	strcpy(program[READS], o.program);
	return 0;
}

static int end(void **state) { office_end(&o); return 0; }

static bool
report(json_t **out, enum program by, const char *key, const char *events, struct err *e)
{
	return office_report(&o, out, program[by], key, events, e);
}

static const json_t *
result(const json_t *answer, size_t i)
{
	const json_t *r = json_array_get(json_object_get(answer, "results"), i);

	assert_non_null(r);
	assert_int_equal(json_integer_value(json_object_get(r, "index")), i);
	return r;
}

static const char *
word(const json_t *j, const char *key)
{
	return json_string_value(json_object_get(j, key)) ?: "";
}

static bool
is_done(const json_t *r)
{
	return json_is_true(json_object_get(r, "done"));
}

/* One event by one program; code: NULL where it is recorded. */
static void
one(const char *name, enum program by, const char *event, const char *code, const char *class)
{
	static unsigned n;
	own_str char *key = xprintf("one-%u", n++);
	own(json_t) *answer = NULL;
	const json_t *r;
	struct err e;

	assert_done(report(&answer, by, key, event, &e), e);
	r = result(answer, 0);
	if (is_done(r) != (code == NULL) || (code != NULL && strcmp(word(r, "code"), code) != 0))
		print_error("%s: %s %s\n", name, word(r, "code"), word(r, "en"));
	assert_case(name, is_done(r) == (code == NULL));
	if (code == NULL)
		return;
	assert_case(name, strcmp(word(r, "code"), code) == 0 && strcmp(word(r, "class"), class) == 0);
	assert_case(name, word(r, "vi")[0] != '\0' && word(r, "en")[0] != '\0' && strchr(word(r, "en"), ':') != word(r, "en"));
}

static void
form(void **state)
{
	static const struct { const char *name, *event, *code; } rows[] = {
		{ "no object", "[1]", "shape" },
		{ "null", "[null]", "shape" },
		{ "an array in it", "[[]]", "shape" },
		{ "empty", "[{}]", "shape" },
		{ "no JSON, a line", "dossier", "shape" },
		{ "half a line", "{\"dossier\":", "shape" },
		{ "two on a line", RECEIVED(CODE "0001") " " RECEIVED(CODE "0001"), "shape" },
		{ "a key twice", "{\"dossier\":\"" CODE "0001\",\"dossier\":\"" CODE "0001\",\"step\":\"received\",\"day\":\"" DAY "\"}", "shape" },
		{ "an unknown field", "{\"dossier\":\"" CODE "0001\",\"step\":\"received\",\"day\":\"" DAY "\",\"name\":\"Nguyễn Văn A\"}", "shape" },
		{ "without a code", "{\"step\":\"received\",\"day\":\"" DAY "\"}", "shape" },
		{ "without a step", "{\"dossier\":\"" CODE "0001\",\"day\":\"" DAY "\"}", "shape" },
		{ "without a day", "{\"dossier\":\"" CODE "0001\",\"step\":\"received\"}", "shape" },
		{ "a day of numbers", "{\"dossier\":\"" CODE "0001\",\"step\":\"received\",\"day\":20752}", "shape" },
		{ "a day that is none", "{\"dossier\":\"" CODE "0001\",\"step\":\"received\",\"day\":\"2026-02-29\"}", "day-form" },
		{ "a day as people write it", "{\"dossier\":\"" CODE "0001\",\"step\":\"received\",\"day\":\"26/10/2026\"}", "day-form" },
		{ "a due day that is none", "{\"dossier\":\"" CODE "0001\",\"step\":\"received\",\"day\":\"" DAY "\",\"due\":\"soon\"}", "day-form" },
		{ "a permit's code", "{\"dossier\":\"7K2M-9XHT-V40R-B\",\"step\":\"received\",\"day\":\"" DAY "\"}", "code-form" },
		{ "a code in small letters", "{\"dossier\":\"h99.31.07-251026-0001\",\"step\":\"received\",\"day\":\"" DAY "\"}", "code-form" },
		{ "a code of no day", "{\"dossier\":\"H99.31.07-261326-0001\",\"step\":\"received\",\"day\":\"" DAY "\"}", "code-form" },
		{ "a code of full-width digits", "{\"dossier\":\"" CODE "000１\",\"step\":\"received\",\"day\":\"" DAY "\"}", "code-form" },
		{ "another step", "{\"dossier\":\"" CODE "0001\",\"step\":\"đã nhận\",\"day\":\"" DAY "\"}", "step-unknown" },
		{ "an empty key", "{\"dossier\":\"" CODE "0001\",\"step\":\"received\",\"day\":\"" DAY "\",\"key\":\"\"}", "key-form" },
		{ "an empty kind", "{\"dossier\":\"" CODE "0001\",\"step\":\"received\",\"day\":\"" DAY "\",\"kind\":\"\"}", "kind-unknown" },
		{ "an unknown kind", "{\"dossier\":\"" CODE "0001\",\"step\":\"received\",\"day\":\"" DAY "\",\"kind\":\"flying\"}", "kind-unknown" },
		{ "a zero-width reason", "{\"dossier\":\"" CODE "0001\",\"step\":\"received\",\"day\":\"" DAY "\",\"reason\":\"a\xe2\x80\x8b" "b\"}", "reason-text" },
		{ "a reason of two lines", "{\"dossier\":\"" CODE "0001\",\"step\":\"received\",\"day\":\"" DAY "\",\"reason\":\"a\\nb\"}", "reason-text" },
		{ "corrects a word", "{\"dossier\":\"" CODE "0001\",\"step\":\"received\",\"day\":\"" DAY "\",\"corrects\":\"1\"}", "shape" },
		{ "corrects before the log", "{\"dossier\":\"" CODE "0001\",\"step\":\"received\",\"day\":\"" DAY "\",\"corrects\":-1}", "shape" },
		{ "an agency of another city", "{\"dossier\":\"H30.31.07-251026-0001\",\"step\":\"received\",\"day\":\"" DAY "\",\"due\":\"" DAY "\"}", "agency-unknown" },
		{ "no agency of the city", "{\"dossier\":\"H99.77-251026-0001\",\"step\":\"received\",\"day\":\"" DAY "\",\"due\":\"" DAY "\"}", "agency-unknown" },
		{ "a due day in the past of the day", "{\"dossier\":\"" CODE "0001\",\"step\":\"received\",\"day\":\"" DAY "\",\"due\":\"2025-10-25\"}", "due-before" },
		{ "not the code's day", "{\"dossier\":\"" CODE "0001\",\"step\":\"received\",\"day\":\"2025-10-27\",\"due\":\"2026-10-30\"}", "day-of-code" },
		{ "a day to come", "{\"dossier\":\"H99.31.07-991231-0001\",\"step\":\"received\",\"day\":\"2099-12-31\",\"due\":\"2099-12-31\"}", "day-future" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		one(rows[i].name, CITY, rows[i].event, rows[i].code, "input");
}

static void
whole_batches(void **state)
{
	own_struct(buf) many = buf_new(1 << 20);
	static const struct { const char *name, *key, *events; enum err_class class; const char *word; } rows[] = {
		{ "nothing", "b1", "", ERR_INPUT, "at least one" },
		{ "an empty array", "b2", "[]", ERR_INPUT, "at least one" },
		{ "empty lines", "b3", "\n\n  \n", ERR_INPUT, "at least one" },
		{ "half an array", "b4", "[" RECEIVED(CODE "0001"), ERR_INPUT, "JSON" },
		{ "more behind the array", "b5", "[" RECEIVED(CODE "0001") "] {}", ERR_INPUT, "JSON" },
		{ "no key", "", "[" RECEIVED(CODE "0001") "]", ERR_INPUT, "Idempotency-Key" },
		{ "a key too long", "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789", "[]", ERR_INPUT, "Idempotency-Key" },
	};
	struct err e;

	for (size_t i = 0; i < COUNT(rows); i++) {
		own(json_t) *ignored = NULL;

		office_refused(rows[i].name, report(&ignored, CITY, rows[i].key, rows[i].events, &e), &e, rows[i].class, rows[i].word);
	}
	for (size_t i = 0; i <= DOSSIER_BATCH_MAX; i++)
		buf_put_str(&many, "{}\n");
	office_refused("501", report(NULL, CITY, "b6", buf_str(&many), &e), &e, ERR_LIMIT, "at most 500");
}

static void
who_may(void **state)
{
	static const struct { const char *name; enum program by; const char *event, *code, *class; } rows[] = {
		{ "its own ward", WARD, RECEIVED(CODE "0100"), NULL, NULL },
		{ "another agency", DEPARTMENT, RECEIVED(CODE "0101"), "scope", "policy" },
		{ "another kind", PRACTITIONERS, RECEIVED(CODE "0101"), "scope", "policy" },
		{ "no kind, by a program of one kind", PRACTITIONERS, "{\"dossier\":\"" CODE "0101\",\"step\":\"received\",\"day\":\"" DAY "\",\"due\":\"" DAY "\"}", "scope", "policy" },
		{ "the agency above", WARD, "{\"dossier\":\"H99-251026-0101\",\"step\":\"received\",\"day\":\"" DAY "\",\"due\":\"" DAY "\"}", "scope", "policy" },
		{ "no kind, by a program of all", WARD, "{\"dossier\":\"" CODE "0102\",\"step\":\"received\",\"day\":\"" DAY "\",\"due\":\"" DAY "\"}", NULL, NULL },
		{ "the old order of the code", DEPARTMENT, "{\"dossier\":\"000.00.14.H99-261001-0007\",\"step\":\"received\",\"day\":\"2026-10-01\",\"due\":\"2026-10-20\"}", NULL, NULL },
		/* What is another's is answered like what is not there. */
		{ "another's, paused", DEPARTMENT, "{\"dossier\":\"" CODE "0100\",\"step\":\"paused\",\"day\":\"2025-10-27\"}", "not-received", "absent" },
		{ "nobody's, paused", DEPARTMENT, "{\"dossier\":\"" CODE "9999\",\"step\":\"paused\",\"day\":\"2025-10-27\"}", "not-received", "absent" },
		{ "another kind's, paused", PRACTITIONERS, "{\"dossier\":\"" CODE "0100\",\"step\":\"paused\",\"day\":\"2025-10-27\"}", "not-received", "absent" },
		{ "its own, of another kind now", WARD, "{\"dossier\":\"" CODE "0100\",\"step\":\"paused\",\"day\":\"2025-10-27\",\"kind\":\"enterprise\"}", "kind-other", "conflict" },
		{ "begun by one program, carried on by another", CITY, "{\"dossier\":\"" CODE "0100\",\"step\":\"paused\",\"day\":\"2025-10-27\"}", NULL, NULL },
		{ "and back", WARD, "{\"dossier\":\"" CODE "0100\",\"step\":\"resumed\",\"day\":\"2025-10-28\",\"due\":\"2025-11-07\"}", NULL, NULL },
	};
	struct err e;

	for (size_t i = 0; i < COUNT(rows); i++)
		one(rows[i].name, rows[i].by, rows[i].event, rows[i].code, rows[i].class);
	office_refused("a program without the right", report(NULL, READS, "r", RECEIVED(CODE "0103"), &e), &e, ERR_POLICY, "no right to report");
	memset(program[READS], 'a', 64);
	office_refused("an unknown program", report(NULL, READS, "r", RECEIVED(CODE "0103"), &e), &e, ERR_POLICY, "not known here");
	strcpy(program[READS], o.program);
}

static char *
batch_of_200(void)
{
	own_struct(buf) text = buf_new(1 << 20);

	for (int i = 0; i < 200; i++)
		switch (i % 10) {
		case 3: buf_printf(&text, "{\"dossier\":\"" CODE "%04d\",\"step\":\"received\",\"day\":\"2025-10-27\",\"due\":\"2025-11-05\"}\n", 1000 + i); break;	/* not the code's day */
		case 4: buf_printf(&text, "{\"dossier\":\"" CODE "%04d\",\"step\":\"done\",\"day\":\"2025-11-01\"}\n", 1000 + i - 2); break;	/* of one before in this batch */
		case 5: buf_printf(&text, "{\"dossier\":\"" CODE "%04d\",\"step\":\"paused\",\"day\":\"2025-11-02\"}\n", 1000 + i - 3); break;	/* after its end */
		case 7: buf_put_str(&text, "{\n"); break;
		default: buf_printf(&text, "{\"dossier\":\"" CODE "%04d\",\"step\":\"received\",\"day\":\"" DAY "\",\"due\":\"2025-11-05\",\"kind\":\"construction\"}\n", 1000 + i);
		}
	return xstrdup(buf_str(&text));
}

static const char *
code_wanted(int i)
{
	return i % 10 == 3 ? "day-of-code" : i % 10 == 5 ? "step-order" : i % 10 == 7 ? "shape" : "";
}

static void
a_batch_and_its_replay(void **state)
{
	own_str char *text = batch_of_200();
	own(json_t) *first = NULL, *again = NULL, *other = NULL;
	int64_t began = clock_mono_ms();
	struct err e;

	assert_done(report(&first, WARD, "batch", text, &e), e);
	print_message("200 events: %lld ms\n", (long long)(clock_mono_ms() - began));
	assert_done(report(&again, WARD, "batch", text, &e), e);
	assert_int_equal(json_integer_value(json_object_get(first, "done")), 140);
	assert_int_equal(json_integer_value(json_object_get(first, "refused")), 60);
	for (int i = 0; i < 200; i++) {
		const json_t *a = result(first, (size_t)i), *b = result(again, (size_t)i);

		assert_string_equal(word(a, "code"), code_wanted(i));
		assert_string_equal(word(b, "code"), code_wanted(i));
		assert_int_equal(is_done(a), code_wanted(i)[0] == '\0');
		assert_int_equal(json_is_true(json_object_get(b, "again")), is_done(a));
		assert_false(json_is_true(json_object_get(a, "again")));
		assert_int_equal(json_integer_value(json_object_get(a, "entry")), json_integer_value(json_object_get(b, "entry")));
	}
	/* The same key with another event in its place; a program's keys are its own. */
	assert_done(report(&other, WARD, "batch", RECEIVED(CODE "2000"), &e), e);
	assert_string_equal(word(result(other, 0), "code"), "key-used");
	json_decref(other);
	assert_done(report(&other, CITY, "batch", RECEIVED(CODE "2000"), &e), e);
	assert_true(is_done(result(other, 0)));
}

static int64_t
entry_of(enum program by, const char *key, const char *event)
{
	own(json_t) *answer = NULL;
	struct err e;

	assert_done(report(&answer, by, key, event, &e), e);
	if (!is_done(result(answer, 0)))
		print_error("%s\n", word(result(answer, 0), "en"));
	assert_true(is_done(result(answer, 0)));
	return json_integer_value(json_object_get(result(answer, 0), "entry"));
}

static void
a_correction(void **state)
{
	int64_t received = entry_of(WARD, "c1", RECEIVED(CODE "3000"));
	own_str char *due = xprintf("{\"dossier\":\"" CODE "3000\",\"step\":\"received\",\"day\":\"" DAY "\",\"due\":\"2025-11-09\",\"corrects\":%lld}", (long long)received);
	own_str char *wrong = xprintf("{\"dossier\":\"" CODE "3001\",\"step\":\"received\",\"day\":\"" DAY "\",\"due\":\"2025-11-09\",\"corrects\":%lld}", (long long)received);

	one("of another dossier", WARD, RECEIVED(CODE "3001"), NULL, NULL);
	one("its reception", WARD, wrong, "corrects-other", "conflict");
	one("by a program of another agency", DEPARTMENT, due, "not-received", "absent");
	one("the due day", WARD, due, NULL, NULL);
	one("what does not stand any more", WARD, due, "corrects-other", "conflict");
}

#define MANY 12
struct sender { json_t *answer; bool good; struct err e; };

static void *
send_one(void *arg)
{
	struct sender *s = arg;

	s->good = report(&s->answer, WARD, "at once", RECEIVED(CODE "4000") "\n" RECEIVED(CODE "4001") "\n", &s->e);
	return NULL;
}

static void
many_at_once_are_one(void **state)
{
	struct sender s[MANY] = { { NULL } };
	pthread_t id[MANY];
	size_t fresh = 0;

	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(pthread_create(&id[i], NULL, send_one, &s[i]), 0);
	for (size_t i = 0; i < MANY; i++)
		pthread_join(id[i], NULL);
	for (size_t i = 0; i < MANY; i++) {
		assert_done(s[i].good, s[i].e);
		for (size_t k = 0; k < 2; k++) {
			const json_t *r = result(s[i].answer, k);

			assert_true(is_done(r));
			assert_true(json_equal(json_object_get(r, "entry"), json_object_get(result(s[0].answer, k), "entry")));
			fresh += !json_is_true(json_object_get(r, "again"));
		}
	}
	for (size_t i = 0; i < MANY; i++)
		json_decref(s[i].answer);
	assert_int_equal(fresh, 2);
}

static void
each_refusal_has_its_vietnamese(void **state)
{
	const struct verb *v = verb_find("dossier.event");

	for (const struct verb_check *c = v->check; c->sql != NULL; c++) {
		struct err e;
		struct dossier_why why;

		(void)!fail(&e, c->class, "%s", c->sentence);
		dossier_why(&why, &e);
		assert_case(c->sentence, strcmp(why.word, "inside") != 0 && dossier_why_known(why.word));
		assert_case(c->sentence, strncmp(c->sentence, why.word, strlen(why.word)) == 0 && strcmp(c->sentence + strlen(why.word) + 2, why.en) == 0);
	}
}

static void
the_inside_is_not_told(void **state)
{
	static const char *const sentences[] = { "database, COMMIT: disk I/O error", "antin-register.signer.sock: cannot connect", "nothing to allot", "" };

	for (size_t i = 0; i < COUNT(sentences); i++) {
		struct err e;
		struct dossier_why why;

		(void)!fail(&e, ERR_STORE, "%s", sentences[i]);
		dossier_why(&why, &e);
		assert_case(sentences[i], strcmp(why.word, "inside") == 0 && strstr(why.en, "database") == NULL && strstr(why.en, "sock") == NULL);
	}
}

/*
 * What anybody reads.
 */

static bool
look(json_t **out, uint16_t type, const char *code, struct err *e)
{
	own_struct(msg) in = msg_new(type, 4096);

	msg_put_str(&in, code);
	msg_put_str(&in, "addr:test");
	if (type == VERIFY_LOOKUP)
		msg_put_str(&in, "");
	return office_verifier(&o, out, &in, e);
}

static void
anybody_reads(void **state)
{
	static const struct { const char *code, *step, *since, *due, *kind; } rows[] = {
		{ CODE "0100", "resumed", "2025-10-28", "2025-11-07", "construction" },
		{ "h99.31.07-251026-0100 ", "resumed", "2025-10-28", "2025-11-07", "construction" },
		{ CODE "0102", "received", "2025-10-26", "2025-10-26", "" },
		{ CODE "1002", "done", "2025-11-01", "2025-11-05", "construction" },
		{ CODE "3000", "received", "2025-10-26", "2025-11-09", "construction" },
		{ "000.00.14.H99-261001-0007", "received", "2026-10-01", "2026-10-20", "" },
	};
	char handle[33];

	office_draft(&o, handle, "gpxd-02", NULL);	/* of 000.00.14.H99-261001-0007 */
	for (size_t i = 0; i < COUNT(rows); i++) {
		own(json_t) *answer = NULL, *plain = NULL;
		const json_t *d;
		struct err e;

		assert_done(look(&answer, VERIFY_DOSSIER, rows[i].code, &e), e);
		assert_done(look(&plain, VERIFY_LOOKUP, rows[i].code, &e), e);
		d = json_object_get(answer, "dossier");
		assert_case(rows[i].code, strcmp(word(json_object_get(answer, "answer"), "id"), "dossier-code") == 0);
		assert_case(rows[i].code, strcmp(word(d, "step"), rows[i].step) == 0 && strcmp(word(d, "since"), rows[i].since) == 0 && strcmp(word(d, "due"), rows[i].due) == 0);
		assert_case(rows[i].code, strcmp(word(json_object_get(d, "kind"), "id"), rows[i].kind) == 0);
		assert_case(rows[i].code, json_object_get(d, "as_of") != NULL && json_equal(json_object_get(d, "since"), json_object_get(json_object_get(plain, "dossier"), "since")));
		assert_case(rows[i].code, json_array_size(json_object_get(d, "permits")) == (i == 5));
	}
}

static void
no_name_and_no_permits_code(void **state)
{
	own_struct(buf) text = buf_new(1 << 20);
	own(json_t) *answer = NULL;
	const json_t *permit, *p;
	const char *key;
	json_t *v;
	struct err e;

	assert_done(look(&answer, VERIFY_DOSSIER, "000.00.14.H99-261001-0007", &e), e);
	permit = json_array_get(json_object_get(json_object_get(answer, "dossier"), "permits"), 0);
	assert_string_equal(word(permit, "state"), "draft");
	assert_string_equal(word(json_object_get(permit, "kind"), "id"), "construction");
	json_object_foreach((json_t *)permit, key, v)
		assert_case(key, strcmp(key, "kind") == 0 || strcmp(key, "agency") == 0 || strcmp(key, "state") == 0 || strcmp(key, "state_say") == 0 || strcmp(key, "day") == 0);
	p = json_object_get(answer, "dossier");
	json_write(&text, p);
	assert_null(strstr(buf_str(&text), "holder"));
	assert_null(strstr(buf_str(&text), "handle"));
}

static void
a_program_reads_more(void **state)
{
	static const struct { const char *name; enum program by; enum err_class class; size_t permits; } rows[] = {
		{ "of the city", CITY, ERR_NONE, 1 }, { "that reads", READS, ERR_NONE, 1 }, { "that only reports", WARD, ERR_POLICY, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned char who[SHA256_LEN];
		own(json_t) *answer = NULL;
		struct err e;
		bool done;

		assert_done(hex_get_fixed(who, sizeof(who), span_str(program[rows[i].by]), &e), e);
		const struct span fields[] = { span_of(who, sizeof(who)), span_str("000.00.14.H99-261001-0007") };

		done = office_call(&o, &answer, SIGNER_DOSSIER_PERMITS, fields, 2, &e);
		assert_case(rows[i].name, done == (rows[i].class == ERR_NONE) && (done || e.class == rows[i].class));
		assert_case(rows[i].name, json_array_size(json_object_get(answer, "permits")) == rows[i].permits);
	}
}

static void
what_is_not_there(void **state)
{
	static const struct { const char *code, *word; } wrong[] = {
		{ "7K2M-9XHT-V40R-B", "short code" }, { "5724830196464", "voice code" }, { "5724830196463", "mistyped" }, { "H99.31.07-261326-0042", "date does not exist" },
		{ "xin chào", "no code of a dossier" }, { "123/GPXD", "form of a dossier" }, { "https://x.vn/#123456789012345678901234567890123456789012345678901234567890", "QR" },
		{ " ", "no code" },
	};
	own(json_t) *absent = NULL, *counted = NULL;
	struct err e;

	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < COUNT(wrong); i++) {
			own(json_t) *answer = NULL;

			office_refused(wrong[i].code, look(&answer, VERIFY_DOSSIER, wrong[i].code, &e), &e, ERR_INPUT, wrong[i].word);
		}
	/* None of those was counted; a code that could be one is, and then waits. */
	for (int i = 0; i < 5; i++) {
		json_decref(absent);
		assert_done(look(&absent, VERIFY_DOSSIER, CODE "9999", &e), e);
		assert_string_equal(word(absent, "case"), "code-not-found");
		assert_null(json_object_get(absent, "dossier"));
	}
	assert_done(look(&counted, VERIFY_DOSSIER, CODE "0100", &e), e);
	assert_string_equal(word(counted, "case"), "too-many-tries");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(form),
		cmocka_unit_test(whole_batches),
		cmocka_unit_test(who_may),
		cmocka_unit_test(a_batch_and_its_replay),
		cmocka_unit_test(a_correction),
		cmocka_unit_test(many_at_once_are_one),
		cmocka_unit_test(each_refusal_has_its_vietnamese),
		cmocka_unit_test(the_inside_is_not_told),
		cmocka_unit_test(anybody_reads),
		cmocka_unit_test(no_name_and_no_permits_code),
		cmocka_unit_test(a_program_reads_more),
		cmocka_unit_test(what_is_not_there),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
