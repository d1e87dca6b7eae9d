/* One connection writes without a pause; another is heard all the same, between
 * two of its transactions. */
#include "tests/base/test.h"

#include "register/store.h"
#include "tests/register/database.h"

#include <pthread.h>
#include <unistd.h>

#define LETTERS 20
#define HURRIED_US 2000

static char dir[] = "/tmp/antin-turns-XXXXXX";
static char *database;

struct busy { struct store *store; unsigned done; bool stop, good; };

static void *
write_for_ever(void *arg)
{
	struct busy *b = arg;
	struct values v = { .n = 0 };
	struct err e;

	values_int(&v, "time", 1);
	while (b->good && !__atomic_load_n(&b->stop, __ATOMIC_SEQ_CST)) {
		b->good = store_begin(b->store, STORE_LOCK, &e) && store_do(b->store, "UPDATE log_head SET time = $time WHERE one = 1", &v, &e);
		usleep(HURRIED_US);
		b->good = b->good && store_commit(b->store, &e);
		__atomic_fetch_add(&b->done, 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

static void
test_the_other_is_heard(void **state)
{
	struct busy b = { .good = true };
	struct store *other = NULL;
	pthread_t thread;
	struct err e;

	assert_done(store_open(&b.store, database, STORE_WRITE, &e) && store_open(&other, database, STORE_WRITE, &e), e);
	assert_int_equal(pthread_create(&thread, NULL, write_for_ever, &b), 0);
	while (__atomic_load_n(&b.done, __ATOMIC_SEQ_CST) < 3)
		usleep(HURRIED_US);
	for (int64_t i = 0; i < LETTERS; i++) {
		unsigned before = __atomic_load_n(&b.done, __ATOMIC_SEQ_CST);
		struct values v = { .n = 0 };

		values_int(&v, "time", i);
		assert_done(store_do(other, "INSERT INTO log_beat (one, time) VALUES (1, $time) ON CONFLICT (one) DO UPDATE SET time = excluded.time", &v, &e), e);
		assert_in_range(__atomic_load_n(&b.done, __ATOMIC_SEQ_CST) - before, 0, 3);
	}
	__atomic_store_n(&b.stop, true, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);
	assert_true(b.good);
	store_free(other);
	store_free(b.store);
}

/* What fails ends its turn, as does a connection that is closed in the middle. */
static void
test_turns_end(void **state)
{
	struct store *one = NULL, *other = NULL;
	struct err e;

	assert_done(store_open(&one, database, STORE_WRITE, &e) && store_open(&other, database, STORE_WRITE, &e), e);
	assert_false(store_do(one, "UPDATE log_head SET size = NULL WHERE one = 1", NULL, &e));
	assert_done(store_begin(other, STORE_LOCK, &e), e);
	assert_false(store_do(other, "UPDATE log_head SET size = NULL WHERE one = 1", NULL, &e) && store_settle(other, &e));
	store_rollback(other);
	assert_done(store_begin(one, STORE_LOCK, &e), e);
	store_free(one);
	assert_done(store_begin(other, STORE_LOCK, &e) && store_commit(other, &e), e);
	store_free(other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_the_other_is_heard), cmocka_unit_test(test_turns_end) };
	int failed;

	if (mkdtemp(dir) == NULL)
		return 1;
	database = database_new(dir);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	database_remove(database);
	rmdir(dir);
	return failed;
}
