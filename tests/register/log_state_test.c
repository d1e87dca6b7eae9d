/* The log's end in memory follows the one in the database, whole or not at all. */
#include "tests/base/test.h"

#include "register/log_state.h"
#include "tests/register/database.h"

#include <unistd.h>

static char dir[] = "/tmp/antin-log-state-XXXXXX";
static char *database;

static struct store *
log_of(struct log_state *s, unsigned entries)
{
	struct store *store;
	struct hash leaf;
	struct err e;

	assert_done(store_open(&store, database, STORE_WRITE, &e), e);
	assert_done(log_state_load(s, store, &e), e);
	for (unsigned i = 0; i < entries; i++) {
		merkle_leaf(&leaf, span_of(&i, sizeof(i)));
		assert_done(log_state_append(s, store, &leaf, &e), e);
	}
	assert_done(log_state_save(s, store, &e), e);
	return store;
}

/* A load that ends in the middle (a connection lost, a tile that is not there)
 * leaves what was known, and is tried again from the start. */
static void
what_could_not_be_loaded_is_not_known(void **state)
{
	static struct log_state whole, half, before;
	struct store *store = log_of(&whole, 300);
	struct err e;

	assert_done(store_do(store, "UPDATE log_tile SET n = n + 100 WHERE level = 0 AND n = 1", NULL, &e), e);
	before = half;
	for (unsigned i = 0; i < 2; i++) {
		assert_false(log_state_follow(&half, store, &e));
		assert_string_equal(e.text, "the last tile of level 0 does not fit the log's size");
		assert_memory_equal(&half, &before, sizeof(half));
	}
	assert_done(store_do(store, "UPDATE log_tile SET n = n - 100 WHERE n > 100", NULL, &e), e);
	assert_done(log_state_follow(&half, store, &e), e);
	assert_int_equal(half.edge.size, 300);
	assert_int_equal(half.tile[0].width, 44);
	assert_memory_equal(half.tile[0].hash, whole.tile[0].hash, 44 * sizeof(struct hash));
	store_free(store);
}

static int
set_up(void **state)
{
	assert_non_null(mkdtemp(dir));
	database = database_new(dir);
	return 0;
}

static int
tear_down(void **state)
{
	database_remove(database);
	free(database);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_could_not_be_loaded_is_not_known) };

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
