/* Several registers on one database, and a database that goes away in the
 * middle: one history, every number once, nothing answered as refused that was
 * done. */
#include "tests/base/test.h"

#include "register/client.h"
#include "register/fsck.h"
#include "register/run.h"
#include "tests/register/database.h"
#include "tests/register/unit.h"

#include <pthread.h>
#include <unistd.h>

#define RUNNERS 2
#define THREADS 4		/* a runner */
#define UNITS 60		/* a thread */

static char dir[] = "/tmp/antin-several-XXXXXX";
static char *database;
static struct runner *runner[RUNNERS];

static bool
open_book(struct runner *r, const char *agency, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	own_struct(buf) result = buf_new(1 << 20);

	reg_verb(&u, "book.open");
	reg_text(&u, "agency", agency);
	reg_text(&u, "book", "GPXD");
	reg_int(&u, "year", 2026);
	reg_int(&u, "next", 1);
	return unit_run(r, CALLER_SIGNER | CALLER_TSA, &u, &result, e);
}

/* Takes the next number of its kind. */
static bool
take_number(struct runner *r, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	own_struct(buf) result = buf_new(1 << 20);

	reg_verb(&u, "stamp.batch");
	reg_text(&u, "org", "H99");
	reg_text(&u, "kind", "tst");
	reg_int(&u, "first", 1);
	reg_int(&u, "last", 2);
	reg_int(&u, "size", 1);
	reg_bytes(&u, "sha256", span_str("01234567890123456789012345678901"));
	reg_bytes(&u, "body", span_str("b"));
	return unit_run(r, CALLER_SIGNER | CALLER_TSA, &u, &result, e);
}

struct work { struct runner *r; unsigned number, won, lost, later, wrong; };

/* Both runners' n-th threads want the same books; each gets numbers of its own. */
static void *
compete(void *arg)
{
	struct work *w = arg;

	for (unsigned i = 0; i < UNITS; i++) {
		char agency[40];
		struct err e;

		snprintf(agency, sizeof(agency), "C%u.%u", w->number, i);
		if (open_book(w->r, agency, &e))
			w->won++;
		else if (e.class == ERR_CONFLICT)
			w->lost++;
		else
			w->wrong++;
		w->wrong += !take_number(w->r, &e);
	}
	return NULL;
}

static int64_t
count(const char *sql)
{
	struct store *s;
	int64_t n;
	struct err e;

	assert_done(store_open(&s, database, STORE_READ, &e), e);
	assert_done(store_int(s, sql, NULL, -1, &n, &e), e);
	store_free(s);
	return n;
}

static void
one_history(void)
{
	struct fsck f;
	struct err e;

	assert_done(fsck_run(&f, database, NULL, &e), e);
}

static void
two_registers(void **state)
{
	struct work w[RUNNERS * THREADS];
	pthread_t t[RUNNERS * THREADS];
	unsigned won = 0, lost = 0, wrong = 0;

	for (unsigned i = 0; i < COUNT(t); i++) {
		w[i] = (struct work){ .r = runner[i % RUNNERS], .number = i / RUNNERS };
		pthread_create(&t[i], NULL, compete, &w[i]);
	}
	for (unsigned i = 0; i < COUNT(t); i++) {
		pthread_join(t[i], NULL);
		won += w[i].won;
		lost += w[i].lost;
		wrong += w[i].wrong;
	}
	assert_int_equal(wrong, 0);
	assert_int_equal(won, THREADS * UNITS);
	assert_int_equal(lost, THREADS * UNITS);
	assert_int_equal(count("SELECT count(*) FROM book"), THREADS * UNITS);
	assert_int_equal(count("SELECT max(number) FROM stamp_batch"), RUNNERS * THREADS * UNITS);
	one_history();
}

/* A unit whose book nobody else wants is never refused. */
static void *
insist(void *arg)
{
	struct work *w = arg;

	for (unsigned i = 0; i < UNITS; i++) {
		char agency[40];
		struct err e;

		snprintf(agency, sizeof(agency), "D%u.%u", w->number, i);
		if (open_book(w->r, agency, &e))
			w->won++;
		else if (e.class == ERR_LATER)
			w->later++;
		else {
			print_error("%s\n", e.text);
			w->wrong++;
		}
	}
	return NULL;
}

static void
connections_that_end(void **state)
{
	struct work w[RUNNERS * THREADS];
	pthread_t t[RUNNERS * THREADS];
	unsigned won = 0, later = 0;
	int64_t there;

	if (!database_is_server())
		skip();
	for (unsigned i = 0; i < COUNT(t); i++) {
		w[i] = (struct work){ .r = runner[i % RUNNERS], .number = i };
		pthread_create(&t[i], NULL, insist, &w[i]);
	}
	for (unsigned i = 0; i < 12; i++) {
		usleep(20000);
		/* Of this test alone: the other backends on the table of its schema. */
		database_do(database, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE relation = 'log_head'::regclass AND pid <> pg_backend_pid()");
	}
	for (unsigned i = 0; i < COUNT(t); i++) {
		pthread_join(t[i], NULL);
		assert_int_equal(w[i].wrong, 0);
		won += w[i].won;
		later += w[i].later;
	}
	assert_int_equal(won + later, COUNT(t) * UNITS);
	there = count("SELECT count(*) FROM book WHERE agency LIKE 'D%'");
	assert_true(there >= won && there <= won + later);
	assert_true(won > COUNT(t));
	one_history();
}

/*
 * A commit that hangs, because the standby it waits for is not there, and whose
 * connection then ends: it was carried out, and nobody was told.
 */

static char server[64];

static void
private_server(const char *what)
{
	own_str char *command = xprintf(SOURCE_DIR "/tests/postgres.sh %s %s", what, server);

	assert_int_equal(system(command), 0);
}

static void *
one_book(void *arg)
{
	struct work *w = arg;
	struct err e;

	w->won = open_book(w->r, "E", &e);
	w->later = !w->won && e.class == ERR_LATER;
	return NULL;
}

static void *
one_session(void *arg)
{
	own_struct(reg_unit) u = reg_unit_new();
	own_struct(buf) result = buf_new(1 << 20);
	struct work *w = arg;
	struct err e;

	reg_verb(&u, "session.put");
	reg_bytes(&u, "id", span_str("0123456789abcdef"));
	reg_bytes(&u, "body", span_str("b"));
	reg_int(&u, "expires", INT64_MAX);
	w->won = unit_run(w->r, CALLER_SIGNER | CALLER_TSA, &u, &result, &e);
	w->later = !w->won && e.class == ERR_LATER && strstr(e.text, "not known") != NULL;
	return NULL;
}

static void
set_standby(const char *name)
{
	own_str char *sql = xprintf("ALTER SYSTEM SET synchronous_standby_names = '%s'", name);

	database_do(database, sql);
	database_do(database, "SELECT pg_reload_conf()");
	usleep(300000);
}

static void
answer_lost(struct work *w, void *(*what)(void *))
{
	pthread_t t;

	set_standby("nobody");
	pthread_create(&t, NULL, what, w);
	usleep(300000);
	database_do(database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
	usleep(300000);
	/* What was recorded there is not called done while the standby lacks it. */
	assert_false(w->won);
	set_standby("");
	pthread_join(t, NULL);
}

static void
answers_that_are_lost(void **state)
{
	own_struct(buf) folder = buf_new(200);
	char *shared = database;
	struct work w = { .number = 0 };
	FILE *f;

	if (!database_is_server())
		skip();
	snprintf(server, sizeof(server), "%s/server", dir);
	private_server("start");
	f = fopen(server, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%60s", (char *)buf_extend(&folder, 61)), 1);
	fclose(f);
	database = xprintf("postgresql:///postgres?host=%s&user=antin", (char *)folder.ptr);
	{
		struct err e;

		assert_done(runner_new(&w.r, database, "test.example/log", &e), e);
	}
	answer_lost(&w, one_book);
	assert_true(w.won);
	assert_int_equal(count("SELECT count(*) FROM book WHERE agency = 'E'"), 1);
	w.won = 0;
	answer_lost(&w, one_session);
	assert_true(w.later);
	assert_int_equal(count("SELECT count(*) FROM session"), 1);
	one_history();
	runner_stop(w.r);
	free(database);
	database = shared;
	private_server("stop");
}

static int
begin(void **state)
{
	struct err e;

	if (mkdtemp(dir) == NULL)
		return -1;
	database = database_new(dir);
	for (size_t i = 0; i < RUNNERS; i++)
		assert_done(runner_new(&runner[i], database, "test.example/log", &e), e);
	return 0;
}

static int
end(void **state)
{
	for (size_t i = 0; i < RUNNERS; i++)
		runner_stop(runner[i]);
	database_remove(database);
	free(database);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_registers),
		cmocka_unit_test(connections_that_end),
		cmocka_unit_test(answers_that_are_lost),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
