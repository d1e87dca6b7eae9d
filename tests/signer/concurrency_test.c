/* Many programs, officers and clerks at once: no draft twice, no signature twice or on
 * another's bytes, no number twice, no gap, no act twice. */
#include "tests/base/test.h"

#include "base/json.h"
#include "tests/register/database.h"
#include "tests/signer/world.h"

#include <pthread.h>

#define MANY 50
#define FIRST 101

static struct office o;

static int
begin(void **state)
{
	office_begin(&o);
	office_book(&o, "H99.31.07", "GPXD", FIRST);
	return 0;
}

static int end(void **state) { office_end(&o); return 0; }

/* body is the message's last field, or the only one. */
struct sender { uint16_t type; struct span before[2]; size_t nbefore; struct buf body; json_t *answer; bool done; struct err e; };

static void *
send_one(void *arg)
{
	struct sender *s = arg;
	struct span field[3];

	memcpy(field, s->before, sizeof(s->before));
	field[s->nbefore] = buf_span(&s->body);
	s->done = office_call(&o, &s->answer, s->type, field, s->nbefore + 1, &s->e);
	return NULL;
}

static void
senders_new(struct sender *s, size_t n, uint16_t type)
{
	for (size_t i = 0; i < n; i++)
		s[i] = (struct sender){ .type = type, .body = buf_new(1 << 20) };
}

static void
send_all(struct sender *s, size_t n)
{
	pthread_t id[MANY];

	for (size_t i = 0; i < n; i++)
		assert_int_equal(pthread_create(&id[i], NULL, send_one, &s[i]), 0);
	for (size_t i = 0; i < n; i++)
		pthread_join(id[i], NULL);
}

static void
senders_drop(struct sender *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		json_decref(s[i].answer);
		buf_drop(&s[i].body);
	}
}

/* Permits that DIEP has signed, in one preparation. */
static void
many_signed(char handle[][33], size_t n)
{
	const char *all[MANY];
	own(json_t) *prepared = NULL, *answer = NULL;
	own_str char *signatures = NULL;
	struct err e;

	for (size_t i = 0; i < n; i++) {
		office_draft(&o, handle[i], "gpxd-01", NULL);
		all[i] = handle[i];
	}
	assert_done(office_prepare(&o, &prepared, o.staff[DIEP].cert, all, n, &e), e);
	signatures = office_signatures(prepared, o.staff[DIEP].key);
	assert_done(office_finish(&o, &answer, signatures, &e), e);
	for (size_t i = 0; i < n; i++)
		office_result("signing", answer, i, ERR_NONE, NULL);
}

static void
fifty_orders_one_book(void **state)
{
	static char handle[MANY][33];
	static bool seen[MANY];
	struct sender s[MANY];

	many_signed(handle, MANY);
	senders_new(s, MANY, SIGNER_ORDER);
	for (size_t i = 0; i < MANY; i++)
		office_order_cms(&o, &(struct permit_order){ CLERK, "permit.seal", (const char *const[]){ handle[i] }, 1, NULL }, &s[i].body);
	send_all(s, MANY);
	for (size_t i = 0; i < MANY; i++) {
		own(json_t) *row = NULL;
		int n;

		assert_done(s[i].done, s[i].e);
		office_result("sealing", s[i].answer, 0, ERR_NONE, NULL);
		row = office_row(&o, handle[i]);
		assert_string_equal(json_string_value(json_object_get(row, "state")), "issued");
		assert_int_equal(sscanf(json_string_value(json_object_get(row, "number")), "%d/GPXD", &n), 1);
		assert_true(n >= FIRST && n < FIRST + MANY && !seen[n - FIRST]);
		seen[n - FIRST] = true;
	}
	senders_drop(s, MANY);
}

/* Different orders about one permit: one acts, the others are told. */
static void
one_wins(const char *verb, const char *handle, const json_t *with, size_t n, const char *state)
{
	struct sender s[MANY];
	size_t won = 0;

	senders_new(s, n, SIGNER_ORDER);
	for (size_t i = 0; i < n; i++)
		office_order_cms(&o, &(struct permit_order){ CLERK, verb, &handle, 1, with }, &s[i].body);
	send_all(s, n);
	for (size_t i = 0; i < n; i++) {
		won += s[i].done;
		if (s[i].done)
			office_result(verb, s[i].answer, 0, ERR_NONE, NULL);
		else
			assert_case(verb, s[i].e.class == ERR_CONFLICT);
	}
	senders_drop(s, n);
	assert_int_equal(won, 1);
	assert_true(office_is(&o, handle, state));
}

static void
ten_orders_one_permit(void **state)
{
	own(json_t) *decision = json_pack("{s:s}", "decision", "1/QĐ-TN");
	own(json_t) *row = NULL;
	own_str char *next = xprintf("%d/GPXD", FIRST + MANY);
	char handle[1][33];

	many_signed(handle, 1);
	one_wins("permit.seal", handle[0], NULL, 10, "issued");
	row = office_row(&o, handle[0]);
	assert_string_equal(json_string_value(json_object_get(row, "number")), next);
	one_wins("permit.withdraw", handle[0], decision, 10, "withdrawn");
}

/* Each order has a permit of its own and one that all have: nine are refused whole, and
 * use no number up. */
static void
ten_orders_that_share_one(void **state)
{
	own_str char *next = xprintf("%d/GPXD", FIRST + MANY + 3);
	own(json_t) *row = NULL;
	char handle[12][33];
	struct sender s[10];
	size_t won = 0;

	many_signed(handle, COUNT(handle));
	senders_new(s, 10, SIGNER_ORDER);
	for (size_t i = 0; i < 10; i++)
		office_order_cms(&o, &(struct permit_order){ CLERK, "permit.seal", (const char *const[]){ handle[i], handle[10] }, 2, NULL }, &s[i].body);
	send_all(s, 10);
	for (size_t i = 0; i < 10; i++) {
		won += s[i].done;
		assert_true(s[i].done || s[i].e.class == ERR_CONFLICT);
		assert_true(office_is(&o, handle[i], s[i].done ? "issued" : "signed"));
	}
	senders_drop(s, 10);
	assert_true(won == 1 && office_is(&o, handle[10], "issued"));
	office_seal(&o, handle[11]);
	row = office_row(&o, handle[11]);
	assert_string_equal(json_string_value(json_object_get(row, "number")), next);
}

/* One signed order on ten connections. */
static void
one_order_ten_times(void **state)
{
	char handle[1][33];
	struct sender s[10];
	size_t won = 0;

	many_signed(handle, 1);
	senders_new(s, 10, SIGNER_ORDER);
	office_order_cms(&o, &(struct permit_order){ CLERK, "permit.seal", (const char *const[]){ handle[0] }, 1, NULL }, &s[0].body);
	for (size_t i = 1; i < 10; i++)
		buf_put_span(&s[i].body, buf_span(&s[0].body));
	send_all(s, 10);
	for (size_t i = 0; i < 10; i++) {
		won += s[i].done;
		assert_true(s[i].done || s[i].e.class == ERR_CONFLICT);
	}
	senders_drop(s, 10);
	assert_int_equal(won, 1);
}

/* One session finished on ten connections: one signature. */
static void
one_session_ten_times(void **state)
{
	own(json_t) *prepared = NULL;
	own_str char *signatures = NULL;
	char handle[33];
	struct sender s[10];
	size_t won = 0;
	struct err e;

	office_draft(&o, handle, "gpxd-01", NULL);
	assert_done(office_prepare(&o, &prepared, o.staff[DIEP].cert, (const char *const[]){ handle }, 1, &e), e);
	signatures = office_signatures(prepared, o.staff[DIEP].key);
	senders_new(s, 10, SIGNER_FINISH);
	for (size_t i = 0; i < 10; i++)
		buf_put_str(&s[i].body, signatures);
	send_all(s, 10);
	for (size_t i = 0; i < 10; i++) {
		won += s[i].done;
		if (s[i].done)
			office_result("finish", s[i].answer, 0, ERR_NONE, NULL);
		else
			office_refused("finish", false, &s[i].e, ERR_CONFLICT, "used, expired or unknown");
	}
	senders_drop(s, 10);
	assert_int_equal(won, 1);
	assert_true(office_is(&o, handle, "signed"));
}

/* Two permits with one given number, ordered at once: one of them gets it. */
static void
one_given_number_for_two(void **state)
{
	char handle[2][33];
	struct sender s[2];
	size_t loser;

	office_signed(&o, handle[0], "vpdd-01", "99-00500-01");
	office_signed(&o, handle[1], "vpdd-02", "99-00500-01");
	senders_new(s, 2, SIGNER_ORDER);
	for (size_t i = 0; i < 2; i++)
		office_order_cms(&o, &(struct permit_order){ CLERK, "permit.seal", (const char *const[]){ handle[i] }, 1, NULL }, &s[i].body);
	send_all(s, 2);
	assert_true(s[0].done != s[1].done);
	loser = s[0].done ? 1 : 0;
	office_refused("the second", false, &s[loser].e, ERR_CONFLICT, "used already");
	assert_true(office_is(&o, handle[loser], "signed") && office_is(&o, handle[1 - loser], "issued"));
	senders_drop(s, 2);
}

/*
 * Submissions.
 */

/* Twenty times the same octets and ten times others under one key: one draft, of
 * whichever came first; all that said the same name it, the others are refused. */
static void
one_key_thirty_times(void **state)
{
	static const char drafts[] = "SELECT count(*) FROM permit WHERE state = 'draft'";
	own_str char *same = office_sample("gpxd-01", NULL), *other = office_sample("gpxd-02", NULL);
	int64_t before = database_int(o.w.database, drafts, NULL, -1);
	size_t done[2] = { 0 }, first = 0;
	unsigned char program[SHA256_LEN];
	const char *handle = NULL;
	struct sender s[30];
	struct err e;

	assert_done(hex_get_fixed(program, sizeof(program), span_str(o.program), &e), e);
	senders_new(s, 30, SIGNER_SUBMIT);
	for (size_t i = 0; i < 30; i++) {
		s[i].before[0] = span_of(program, sizeof(program));
		s[i].before[1] = span_str("one-key");
		s[i].nbefore = 2;
		buf_put_str(&s[i].body, i % 3 == 2 ? other : same);
	}
	send_all(s, 30);
	for (size_t i = 0; i < 30; i++) {
		const char *of = json_string_value(json_object_get(s[i].answer, "handle"));

		if (!s[i].done) {
			office_refused("other octets", false, &s[i].e, ERR_CONFLICT, "this idempotency key was used for another submission");
			continue;
		}
		done[i % 3 == 2]++;
		first += json_is_false(json_object_get(s[i].answer, "again"));
		assert_non_null(of);
		assert_true(handle == NULL || strcmp(of, handle) == 0);
		handle = of;
	}
	assert_true((done[0] == 20 && done[1] == 0) || (done[0] == 0 && done[1] == 10));
	assert_int_equal(first, 1);
	assert_int_equal(database_int(o.w.database, drafts, NULL, -1), before + 1);
	senders_drop(s, 30);
}

/*
 * Officers.  Who signs may be anybody of them; each prepares all permits twice, and
 * beside what is right they send what is not.
 */

#define PERMITS 6
#define OFFICERS 3
#define TRUE_ONES (2 * OFFICERS)
enum { OTHERS_KEY = TRUE_ONES, EXCHANGED, OTHERS_SESSION, EXPIRED, SENT_AGAIN, ATTEMPTS };

struct attempt { enum staff who; json_t *prepared; };

static void
prepare_all(struct attempt a[ATTEMPTS], const enum staff officer[OFFICERS], char handle[PERMITS][33])
{
	json_t *list = json_array();
	own(json_t) *ask = json_pack("{s:o}", "handles", list);
	own_struct(buf) text = buf_new(1 << 20);
	struct buf cert[OFFICERS];
	unsigned char program[SHA256_LEN];
	struct sender s[SENT_AGAIN];
	struct err e;

	assert_done(hex_get_fixed(program, sizeof(program), span_str(o.program), &e), e);
	for (size_t i = 0; i < PERMITS; i++)
		json_array_append_new(list, json_string(handle[i]));
	json_write(&text, ask);
	for (size_t i = 0; i < OFFICERS; i++) {
		cert[i] = buf_new(1 << 14);
		cert_to_der(&cert[i], o.staff[officer[i]].cert);
	}
	senders_new(s, SENT_AGAIN, SIGNER_PREPARE);
	for (size_t i = 0; i < SENT_AGAIN; i++) {
		a[i].who = officer[i % OFFICERS];
		s[i].before[0] = span_of(program, sizeof(program));
		s[i].before[1] = buf_span(&text);
		s[i].nbefore = 2;
		buf_put_span(&s[i].body, buf_span(&cert[i % OFFICERS]));
	}
	send_all(s, SENT_AGAIN);
	for (size_t i = 0; i < SENT_AGAIN; i++) {
		assert_done(s[i].done, s[i].e);
		assert_int_equal(json_array_size(json_object_get(s[i].answer, "documents")), PERMITS);
		a[i].prepared = json_incref(s[i].answer);
	}
	senders_drop(s, SENT_AGAIN);
	for (size_t i = 0; i < OFFICERS; i++)
		buf_drop(&cert[i]);
}

/* A prepared answer with one member of another. */
static json_t *
with_of(const json_t *prepared, const char *member, json_t *value)
{
	json_t *j = json_deep_copy(prepared);

	json_object_set_new(j, member, value);
	return j;
}

/* The digests of its permits, each one further. */
static json_t *
exchanged(const json_t *prepared)
{
	json_t *list = json_deep_copy(json_object_get(prepared, "documents"));

	for (size_t i = 0; i < PERMITS; i++)
		json_object_set(json_array_get(list, i), "digest", json_object_get(json_array_get(json_object_get(prepared, "documents"), (i + 1) % PERMITS), "digest"));
	return list;
}

static void
expire(const json_t *prepared)
{
	own_str char *sql = xprintf(database_is_server() ? "UPDATE session SET expires = 1 WHERE id = decode('%s', 'hex')" : "UPDATE session SET expires = 1 WHERE id = x'%s'",
	    json_string_value(json_object_get(prepared, "session")));

	database_do(o.w.database, sql);
}

static void
put_attempt(struct buf *out, const struct attempt a[ATTEMPTS], size_t i, const enum staff officer[OFFICERS])
{
	const struct attempt *of = &a[i == SENT_AGAIN ? 0 : i];
	own(json_t) *asks = i == EXCHANGED ? with_of(of->prepared, "documents", exchanged(of->prepared))
	    : i == OTHERS_SESSION ? with_of(a[0].prepared, "session", json_incref(json_object_get(of->prepared, "session"))) : json_incref(of->prepared);
	own_str char *text = office_signatures(asks, o.staff[i == OTHERS_KEY ? officer[1] : i == OTHERS_SESSION ? a[0].who : of->who].key);

	buf_put_str(out, text);
}

/* Why one permit's signature may be refused: somebody was quicker, or it is not the
 * officer's over these octets. */
static void
check_refused(size_t i, const json_t *result)
{
	static const struct { bool only_false; const char *class, *word; } rules[] = {
		{ false, "conflict", "not a draft any more" }, { false, "conflict", "another officer has signed since this was prepared" },
		{ true, "input", "the signature is not the officer's over what was prepared" },
	};
	const char *text = json_string_value(json_object_get(result, "text")), *class = json_string_value(json_object_get(result, "class"));

	for (size_t k = 0; k < COUNT(rules); k++)
		if (strstr(text, rules[k].word) != NULL && strcmp(class, rules[k].class) == 0 && (i >= TRUE_ONES || !rules[k].only_false))
			return;
	print_error("attempt %zu: %s: %s\n", i, class, text);
	assert_true(!"a refusal with its rule");
}

/* Whose signature it is: that officer's certificate is in the file, once more. */
static void
check_file(const char *handle, enum staff who)
{
	own_struct(buf) file = buf_new(SIGNER_MESSAGE_MAX);
	own_struct(buf) der = buf_new(1 << 14);
	own_struct(buf) text = buf_new(1 << 15);
	const char *first;

	cert_to_der(&der, o.staff[who].cert);
	base64_put(&text, buf_span(&der));
	office_file(&o, &file, handle);
	first = strstr(buf_str(&file), buf_str(&text));
	assert_non_null(first);
	assert_null(strstr(first + 1, buf_str(&text)));
}

static void
officers_race(const enum staff officer[OFFICERS], char handle[PERMITS][33])
{
	static const char signatures[] = "SELECT (SELECT count(*) FROM permit WHERE officers IS NOT NULL) + (SELECT count(*) FROM permit_turn)";
	int64_t before = database_int(o.w.database, signatures, NULL, -1);
	struct attempt a[ATTEMPTS] = { { .prepared = NULL } };
	size_t won[PERMITS] = { 0 }, whole = 0;
	enum staff winner[PERMITS];
	struct sender s[ATTEMPTS];

	prepare_all(a, officer, handle);
	expire(a[EXPIRED].prepared);
	senders_new(s, ATTEMPTS, SIGNER_FINISH);
	for (size_t i = 0; i < ATTEMPTS; i++)
		put_attempt(&s[i].body, a, i, officer);
	send_all(s, ATTEMPTS);
	for (size_t i = 0; i < ATTEMPTS; i++) {
		if (!s[i].done) {
			office_refused("a session that is over", false, &s[i].e, ERR_CONFLICT, "this preparation is used, expired or unknown");
			assert_true(i == EXPIRED || i == SENT_AGAIN || i == 0);
			whole++;
			continue;
		}
		assert_int_equal(json_array_size(json_object_get(s[i].answer, "results")), PERMITS);
		for (size_t k = 0; k < PERMITS; k++) {
			const json_t *result = json_array_get(json_object_get(s[i].answer, "results"), k);

			if (!json_is_true(json_object_get(result, "done"))) {
				check_refused(i, result);
				continue;
			}
			assert_true(i < TRUE_ONES || i == SENT_AGAIN);
			won[k]++;
			winner[k] = a[i == SENT_AGAIN ? 0 : i].who;
		}
	}
	assert_int_equal(whole, 2);	/* the expired one, and one of the two that are the same */
	for (size_t k = 0; k < PERMITS; k++) {
		assert_int_equal(won[k], 1);
		check_file(handle[k], winner[k]);
	}
	assert_int_equal(database_int(o.w.database, signatures, NULL, -1), before + PERMITS);
	senders_drop(s, ATTEMPTS);
	for (size_t i = 0; i < ATTEMPTS; i++)
		json_decref(a[i].prepared);
}

/* Sealed, they were judged as the world judges them: what is in the file signs the
 * file's own octets. */
static void
all_sealed(char handle[PERMITS][33])
{
	for (size_t k = 0; k < PERMITS; k++) {
		office_seal(&o, handle[k]);
		assert_true(office_is(&o, handle[k], "issued"));
	}
}

static void
officers_on_the_same_permits(void **state)
{
	static const enum staff officer[OFFICERS] = { DIEP, NOBODY, HOA };
	char handle[PERMITS][33];

	office_appoint(&o, NOBODY, "officer", "H99", "KT.", "*", NULL);
	office_appoint(&o, HOA, "officer", "H99", "KT.", "*", NULL);
	for (size_t k = 0; k < PERMITS; k++)
		office_draft(&o, handle[k], "gpxd-01", NULL);
	officers_race(officer, handle);
	all_sealed(handle);
}

/* A kind that two officers sign: in each of the two turns. */
static void
officers_in_two_turns(void **state)
{
	static const enum staff first[OFFICERS] = { TL, PAST, CLERK }, second[OFFICERS] = { DIEP, NOBODY, HOA };
	char handle[PERMITS][33];

	office_book(&o, "H99.31.07", "GPG", 1);
	office_appoint(&o, PAST, "officer", "H99", "TL.", "*", NULL);
	office_appoint(&o, CLERK, "officer", "H99", "TL.", "*", NULL);
	for (size_t k = 0; k < PERMITS; k++)
		office_draft_well(&o, handle[k]);
	officers_race(first, handle);
	officers_race(second, handle);
	all_sealed(handle);
}

/*
 * Newer versions.
 */

/* Six amendments of one permit, each sealed by an order of its own. */
static void
one_amendment_wins(void **state)
{
	char before[33], newer[6][33];
	struct sender s[6];
	size_t won = 0;

	office_issued(&o, before, "gpxd-01", NULL);
	senders_new(s, 6, SIGNER_ORDER);
	for (size_t i = 0; i < 6; i++) {
		office_amended(&o, newer[i], before, "gpxd-01", NULL);
		office_sign(&o, DIEP, newer[i]);
		office_order_cms(&o, &(struct permit_order){ CLERK, "permit.seal", (const char *const[]){ newer[i] }, 1, NULL }, &s[i].body);
	}
	send_all(s, 6);
	for (size_t i = 0; i < 6; i++) {
		won += s[i].done;
		if (s[i].done)
			office_result("the one", s[i].answer, 0, ERR_NONE, NULL);
		else
			assert_true(s[i].e.class == ERR_CONFLICT && (strcmp(s[i].e.code, "amend-under-way") == 0 || strcmp(s[i].e.code, "amend-not-in-force") == 0 ||
			    strstr(s[i].e.text, "something became of the permit that is amended just now") != NULL));
		assert_true(office_is(&o, newer[i], s[i].done ? "issued" : "signed"));
	}
	senders_drop(s, 6);
	assert_int_equal(won, 1);
	assert_true(office_is(&o, before, "superseded"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fifty_orders_one_book),
		cmocka_unit_test(ten_orders_one_permit),
		cmocka_unit_test(ten_orders_that_share_one),
		cmocka_unit_test(one_order_ten_times),
		cmocka_unit_test(one_session_ten_times),
		cmocka_unit_test(one_given_number_for_two),
		cmocka_unit_test(one_key_thirty_times),
		cmocka_unit_test(officers_on_the_same_permits),
		cmocka_unit_test(officers_in_two_turns),
		cmocka_unit_test(one_amendment_wins),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
