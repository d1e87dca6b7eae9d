/* The bench measures something, refuses what it cannot do and leaves nothing. */
#include "tests/base/test.h"

#include "register/bench.h"

#include <unistd.h>

static void
test_appends(void **state)
{
	char dir[] = "/tmp/antin-bench-XXXXXX";
	struct register_bench_result r;
	struct err e;

	assert_non_null(mkdtemp(dir));
	assert_done(register_bench_append(&r, &(struct register_bench){ .folder = dir, .threads = 64, .secs = 1 }, &e), e);
	printf("%.0f entries a second, durable; %.0f fdatasync a second; ratio %.1f\n", r.appends_per_sec, r.fdatasync_per_sec,
	    r.appends_per_sec / r.fdatasync_per_sec);
	assert_true(r.appends_per_sec > 0 && r.fdatasync_per_sec > 0);
	/* Empty again, or it could not be removed. */
	assert_int_equal(rmdir(dir), 0);
}

static void
test_refusals(void **state)
{
	struct register_bench_result r;
	struct err e;

	assert_false(register_bench_append(&r, &(struct register_bench){ .folder = "/tmp", .threads = 0, .secs = 0.1 }, &e));
	assert_int_equal(e.class, ERR_INPUT);
	assert_false(register_bench_append(&r, &(struct register_bench){ .folder = "/tmp", .threads = 513, .secs = 0.1 }, &e));
	assert_int_equal(e.class, ERR_INPUT);
	assert_false(register_bench_append(&r, &(struct register_bench){ .folder = "/nowhere/at/all", .threads = 1, .secs = 0.1 }, &e));
	assert_int_equal(e.class, ERR_STORE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_appends),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
