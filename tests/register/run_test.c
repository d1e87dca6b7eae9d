/* Units against a real database: what is refused leaves no trace, and fsck
 * finds whatever is changed behind the register's back. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "register/client.h"
#include "register/fsck.h"
#include "register/run.h"
#include "tests/register/database.h"
#include "tests/register/unit.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static char dir[] = "/tmp/antin-run-XXXXXX";
static char *database;
static struct runner *runner;

static void
put_book(struct reg_unit *u, const char *agency, int64_t next)
{
	reg_verb(u, "book.open");
	reg_text(u, "agency", agency);
	reg_text(u, "book", "GPXD");
	reg_int(u, "year", 2026);
	reg_int(u, "next", next);
}

static void
put_policy(struct reg_unit *u)
{
	reg_verb(u, "policy.adopt");
	reg_text(u, "org", "H99");
	reg_text(u, "what", "policy");
	reg_bytes(u, "hash", span_str("01234567890123456789012345678901"));
	reg_null(u, "body");
}

/* The wall clock of this program, ahead by so much: the same, to who waits for a
 * moment of it, as a clock that is set back by so much meanwhile. */
static time_t wall_ahead;

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	int done = (int)syscall(SYS_clock_gettime, clock, ts);

	if (clock == CLOCK_REALTIME)
		ts->tv_sec += __atomic_load_n(&wall_ahead, __ATOMIC_SEQ_CST);
	return done;
}

static uint64_t
size_now(void)
{
	uint64_t seen = UINT64_MAX;

	return runner_wait_change(runner, &seen, 0);
}

static bool
sound(struct fsck *f, struct err *e)
{
	return fsck_run(f, database, NULL, e);
}

static void
test_units(void **state)
{
	static const struct { const char *name; unsigned caller; const char *agency; int64_t next; enum err_class want; } cases[] = {
		{ "a book is opened", CALLER_SIGNER, "H99.31.07", 245, ERR_NONE },
		{ "another agency's", CALLER_SIGNER, "H99.14", 118, ERR_NONE },
		{ "a book is opened once", CALLER_SIGNER, "H99.14", 7, ERR_CONFLICT },
		{ "from one", CALLER_SIGNER, "H99.15", 0, ERR_INPUT },
		{ "not by the authority", CALLER_CA, "H99.16", 1, ERR_POLICY },
		{ "not by a reader", CALLER_VERIFIER, "H99.16", 1, ERR_POLICY },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(reg_unit) u = reg_unit_new();
		uint64_t before = size_now();
		struct err e = { ERR_NONE, "" };

		put_book(&u, cases[i].agency, cases[i].next);
		assert_case(cases[i].name, unit_run(runner, cases[i].caller, &u, NULL, &e) == (cases[i].want == ERR_NONE));
		assert_case(cases[i].name, cases[i].want == ERR_NONE || e.class == cases[i].want);
		assert_case(cases[i].name, size_now() == before + (cases[i].want == ERR_NONE));
	}
}

static void
test_a_unit_is_all_or_nothing(void **state)
{
	own_struct(reg_unit) u = reg_unit_new();
	uint64_t before = size_now();
	struct fsck f;
	struct err e;

	put_policy(&u);
	put_book(&u, "H99.20", 1);
	put_book(&u, "H99.20", 2);
	assert_false(unit_run(runner, CALLER_SIGNER, &u, NULL, &e));
	assert_int_equal(e.class, ERR_CONFLICT);
	assert_int_equal(size_now(), before);
	assert_done(sound(&f, &e), e);
	assert_int_equal(f.entries, before);
}

static void
test_wrong_fields(void **state)
{
	own_struct(reg_unit) missing = reg_unit_new();
	own_struct(reg_unit) more = reg_unit_new();
	own_struct(reg_unit) type = reg_unit_new();
	own_struct(reg_unit) unknown = reg_unit_new();
	struct err e;

	reg_verb(&missing, "book.open");
	reg_text(&missing, "agency", "H99");
	assert_false(unit_run(runner, CALLER_SIGNER, &missing, NULL, &e));
	put_book(&more, "H99.21", 1);
	reg_int(&more, "extra", 1);
	assert_false(unit_run(runner, CALLER_SIGNER, &more, NULL, &e));
	reg_verb(&type, "book.open");
	reg_int(&type, "agency", 5);
	reg_text(&type, "book", "GPXD");
	reg_int(&type, "year", 2026);
	reg_int(&type, "next", 1);
	assert_false(unit_run(runner, CALLER_SIGNER, &type, NULL, &e));
	reg_verb(&unknown, "book.burn");
	assert_false(unit_run(runner, CALLER_SIGNER, &unknown, NULL, &e));
}

/* An order: once, looking at this log, with nothing newer about its subject. */
static bool
accept_order(unsigned char id, uint64_t size, const struct hash *root, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	unsigned char order_id[16] = { id };

	reg_verb(&u, "order.accept");
	reg_text(&u, "org", "H99");
	reg_text(&u, "role", "clerk");
	reg_bytes(&u, "order_id", span_of(order_id, 16));
	reg_text(&u, "act", "permit.seal");
	reg_bytes(&u, "signer", span_str("s"));
	reg_bytes(&u, "cms", span_str("c"));
	reg_int(&u, "after_size", (int64_t)size);
	reg_bytes(&u, "after_root", span_of(root->octet, HASH_LEN));
	return unit_run(runner, CALLER_SIGNER, &u, NULL, e);
}

static void
test_orders(void **state)
{
	struct hash wrong = { { 1 } };
	struct fsck f;
	struct err e;

	assert_done(sound(&f, &e), e);
	assert_false(accept_order(1, f.entries, &wrong, &e));
	assert_int_equal(e.class, ERR_CONFLICT);
	assert_false(accept_order(1, f.entries + 1, &f.root, &e));
	assert_int_equal(e.class, ERR_CONFLICT);
	assert_done(accept_order(1, f.entries, &f.root, &e), e);
	assert_false(accept_order(1, f.entries, &f.root, &e));
	assert_string_equal(e.text, "this order was accepted before; an order acts once");
	/* An older view of the same log is still this log. */
	assert_done(accept_order(2, f.entries, &f.root, &e), e);
}

static void *
many_units(void *arg)
{
	for (int i = 0; i < 100; i++) {
		own_struct(reg_unit) u = reg_unit_new();
		char agency[40];
		struct err e;

		snprintf(agency, sizeof(agency), "H99.%d.%d", (int)(intptr_t)arg, i);
		put_book(&u, agency, 1);
		if (!unit_run(runner, CALLER_SIGNER, &u, NULL, &e))
			return (void *)1;
	}
	return NULL;
}

static void
test_many_threads_one_log(void **state)
{
	pthread_t t[8];
	uint64_t before = size_now();
	struct fsck f;
	struct err e;

	for (intptr_t i = 0; i < 8; i++)
		pthread_create(&t[i], NULL, many_units, (void *)(i + 100));
	for (int i = 0; i < 8; i++) {
		void *bad;

		pthread_join(t[i], &bad);
		assert_null(bad);
	}
	assert_int_equal(size_now(), before + 800);
	assert_done(sound(&f, &e), e);
	assert_int_equal(f.records, before + 800);
}

static void
test_fsck_sees_every_change(void **state)
{
	static const struct { const char *name, *change, *back; } cases[] = {
		{ "a number is changed", "UPDATE book SET next = 9 WHERE agency = 'H99.14'", "UPDATE book SET next = 118 WHERE agency = 'H99.14'" },
		{ "a row is added", "INSERT INTO book (agency, book, year, next) VALUES ('X', 'Y', 1, 1)", "DELETE FROM book WHERE agency = 'X'" },
		{ "a record is changed", "CREATE TABLE keep AS SELECT * FROM log_entry WHERE idx = 1; UPDATE log_entry SET record = substr(record, 1, length(record) - 1) WHERE idx = 1",
		  "UPDATE log_entry SET record = (SELECT record FROM keep) WHERE idx = 1; DROP TABLE keep" },
		{ "a record is gone", "CREATE TABLE keep AS SELECT * FROM log_entry WHERE idx = 0; UPDATE log_entry SET record = NULL WHERE idx = 0",
		  "UPDATE log_entry SET record = (SELECT record FROM keep) WHERE idx = 0; DROP TABLE keep" },
		{ "an entry is gone", "CREATE TABLE keep AS SELECT * FROM log_entry WHERE idx = 3; DELETE FROM log_entry WHERE idx = 3",
		  "INSERT INTO log_entry SELECT * FROM keep; DROP TABLE keep" },
		{ "a tile is changed", "UPDATE log_tile SET hashes = (SELECT salt FROM log_entry WHERE idx = 2) WHERE level = 1", "" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fsck f;
		struct err e;

		database_do(database, cases[i].change);
		assert_case(cases[i].name, !sound(&f, &e));
		database_do(database, cases[i].back);
	}
}

static int
start(void **state)
{
	struct err e;

	if (mkdtemp(dir) == NULL)
		return -1;
	database = database_new(dir);
	return runner_new(&runner, database, "test.example/log", &e) ? 0 : -1;
}

/* Units that came in one frame are each run or refused by themselves. */
static void
test_units_together(void **state)
{
	static const struct { const char *agency; enum err_class want; } cases[] = {
		{ "H99.41", ERR_NONE }, { "H99.41", ERR_CONFLICT }, { "H99.42", ERR_NONE }, { NULL, ERR_INPUT }, { "H99.43", ERR_NONE },
	};
	struct runner_unit u[COUNT(cases)];
	struct buf body[COUNT(cases)];
	uint64_t before = size_now();

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(reg_unit) one = reg_unit_new();

		body[i] = buf_new(1 << 16);
		u[i] = (struct runner_unit){ .result = buf_new(1 << 16) };
		if (cases[i].agency != NULL) {
			put_book(&one, cases[i].agency, 1);
			unit_body(&body[i], &one);
		} else {
			buf_put_str(&body[i], "\x9f\xff");	/* an indefinite length */
		}
		u[i].unit = buf_span(&body[i]);
	}
	runner_units(runner, CALLER_SIGNER, u, COUNT(cases));
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(u[i].good, cases[i].want == ERR_NONE);
		if (!u[i].good)
			assert_int_equal(u[i].e.class, cases[i].want);
		else
			assert_true(u[i].result.len > 0);
		buf_drop(&u[i].result);
		buf_drop(&body[i]);
	}
	assert_int_equal(size_now(), before + 3);
}

/* Whoever waits for the log to grow has waited when the time is over, whatever
 * became of the clock on the wall. */
static void
test_a_clock_that_is_set_back(void **state)
{
	uint64_t seen = UINT64_MAX;
	int64_t began;

	runner_wait_change(runner, &seen, 0);
	__atomic_store_n(&wall_ahead, 3600, __ATOMIC_SEQ_CST);
	alarm(20);
	began = clock_mono_ms();
	runner_wait_change(runner, &seen, 100);
	assert_in_range(clock_mono_ms() - began, 95, 15000);
	alarm(0);
	__atomic_store_n(&wall_ahead, 0, __ATOMIC_SEQ_CST);
}

static int
stop(void **state)
{
	runner_stop(runner);
	database_remove(database);
	free(database);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_a_unit_is_all_or_nothing),
		cmocka_unit_test(test_wrong_fields),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_many_threads_one_log),
		cmocka_unit_test(test_units_together),
		cmocka_unit_test(test_a_clock_that_is_set_back),
		cmocka_unit_test(test_fsck_sees_every_change),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
