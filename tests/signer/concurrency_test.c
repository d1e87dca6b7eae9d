/* Many clerks and officers at once: no number twice, no gap, no act twice. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "base/json.h"
#include "tests/signer/world.h"

#include <pthread.h>

#define MANY 50
#define FIRST 101

static struct office o;

static int
begin(void **state)
{
	struct err e;

	office_begin(&o);
	assert_done(office_open_book(&o, CLERK, "H99.31.07", "GPXD", year_of_day(day_in_vietnam(clock_now())), FIRST, &e), e);
	return 0;
}

static int end(void **state) { office_end(&o); return 0; }

struct sender { uint16_t type; struct buf body; json_t *answer; bool done; struct err e; };

static void *
send_one(void *arg)
{
	struct sender *s = arg;
	const struct span field = buf_span(&s->body);

	s->done = office_call(&o, &s->answer, s->type, &field, 1, &s->e);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fifty_orders_one_book),
		cmocka_unit_test(ten_orders_one_permit),
		cmocka_unit_test(one_order_ten_times),
		cmocka_unit_test(one_session_ten_times),
		cmocka_unit_test(one_given_number_for_two),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
