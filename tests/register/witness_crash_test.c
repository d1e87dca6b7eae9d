/* kill -9 of a witness between looking, remembering and answering, then a start:
 * whatever it may have cosigned, it never cosigns another view of that size. */
#include "tests/base/test.h"

#include "register/witness.h"
#include "tests/register/test_log.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef ANTIN_FAULTS
int
main(void)
{
	return 77;		/* a build without fault points */
}
#else

#define ORIGIN "test.example/log"
#define NOW 1700000000

static struct test_log log_;
static struct log_policy logs;
static struct witness_key *key;
static char folder[] = "/tmp/antin-witness-crash-XXXXXX";
static char *database;

static unsigned
ask(uint64_t old, uint64_t size, uint64_t fork_at)
{
	own_struct(buf) request = buf_new(WITNESS_REQUEST_MAX);
	struct witness_answer a;
	struct witness *w;
	unsigned status;
	struct err e;

	assert_done(witness_new(&w, &logs, key, database, &e), e);
	test_log_request(&request, &log_, old, size, fork_at);
	witness_add(w, buf_span(&request), NOW, &a);
	status = a.status;
	witness_answer_drop(&a);
	witness_free(w);
	return status;
}

/* In a process of its own, which the place kills. */
static void
ask_and_die(const char *place, uint64_t old, uint64_t size)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		own_str char *fault = xprintf("%s:1", place);

		setenv("ANTIN_FAULT", fault, 1);
		ask(old, size, NO_FORK);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void
test_kills(void **state)
{
	static const struct { const char *place; bool kept; } places[] = {
		{ "witness.commit", false },	/* nothing happened */
		{ "witness.committed", true },	/* cosigned, and nobody has it */
	};

	for (size_t i = 0; i < COUNT(places); i++) {
		own_str char *remove = xprintf("rm -f %s*", database);

		assert_int_equal(system(remove), 0);
		assert_int_equal(ask(0, 5, NO_FORK), 200);
		ask_and_die(places[i].place, 5, 9);
		assert_case(places[i].place, ask(5, 9, NO_FORK) == (places[i].kept ? 409 : 200));
		/* The other view of that size: never, from wherever it begins. */
		assert_case(places[i].place, ask(9, 9, 6) == 422);
		assert_case(places[i].place, ask(5, 9, 6) == 409);
		assert_case(places[i].place, ask(0, 9, 6) == 409);
		/* The same view: once more, and on. */
		assert_case(places[i].place, ask(9, 9, NO_FORK) == 200);
		assert_case(places[i].place, ask(9, 12, NO_FORK) == 200);
	}
}

/* The first of all: a witness that died over it has or has not a view, and one. */
static void
test_first(void **state)
{
	own_str char *remove = xprintf("rm -f %s*", database);

	assert_int_equal(system(remove), 0);
	ask_and_die("witness.commit", 0, 5);
	assert_int_equal(ask(5, 5, NO_FORK), 409);
	ask_and_die("witness.committed", 0, 5);
	assert_int_equal(ask(0, 5, 2), 409);
	assert_int_equal(ask(5, 5, 2), 422);
	assert_int_equal(ask(5, 5, NO_FORK), 200);
}

static int
start(void **state)
{
	own_str char *path = NULL, *policy = NULL;
	struct err e;

	if (mkdtemp(folder) == NULL)
		return -1;
	test_log_new(&log_, ORIGIN);
	database = xprintf("%s/witness.db", folder);
	path = xprintf("%s/witness.key", folder);
	policy = xprintf("log %s\nquorum none\n", log_.vkey);
	return log_policy_parse(&logs, span_str(policy), &e) && witness_key_make(path, &e) && witness_key_read(&key, path, "w.example", &e) ? 0 : -1;
}

static int
stop(void **state)
{
	own_str char *remove = xprintf("rm -r %s", folder);

	witness_key_free(key);
	test_log_drop(&log_);
	free(database);
	return system(remove);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_kills), cmocka_unit_test(test_first) };

	return cmocka_run_group_tests(tests, start, stop);
}
#endif
