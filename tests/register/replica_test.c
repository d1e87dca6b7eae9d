/* Of when a replica speaks: not at all before it has heard, not beyond the age, and
 * not of a moment that is still to come. */
#include "tests/base/test.h"

#include "register/replica.h"
#include "tests/register/database.h"

#include <unistd.h>

#define AGE 300
#define NOW 1700000000

static char dir[] = "/tmp/antin-replica-XXXXXX";

static void
test_as_of(void **state)
{
	static const struct { const char *name; int64_t beat; const char *refusal; } rows[] = {
		{ "it never heard", 0, "has not heard" }, { "long ago", NOW - AGE - 1, "more than 300 seconds ago" },
		{ "just in time", NOW - AGE, NULL }, { "now", NOW, NULL }, { "clocks a little apart", NOW + 60, NULL },
		{ "still to come", NOW + 61, "still to come" }, { "for ever", INT64_C(1) << 40, "still to come" },
	};
	own_str char *database = database_new(dir);
	struct store *s;
	struct err e;

	assert_done(store_open(&s, database, STORE_WRITE, &e), e);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct as_of as_of;
		bool good;

		if (rows[i].beat != 0)
			assert_done(replica_beat(s, rows[i].beat, &e), e);
		good = replica_as_of(&as_of, s, NOW, AGE, &e);
		assert_case(rows[i].name, good == (rows[i].refusal == NULL));
		assert_case(rows[i].name, good ? as_of.time == rows[i].beat : strstr(e.text, rows[i].refusal) != NULL);
	}
	/* It never goes back. */
	assert_done(replica_beat(s, NOW, &e), e);
	struct as_of as_of;
	assert_false(replica_as_of(&as_of, s, NOW, AGE, &e));
	store_free(s);
	database_remove(database);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_as_of) };
	int failed;

	if (mkdtemp(dir) == NULL)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return failed;
}
