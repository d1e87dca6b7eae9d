/* The benchmark runs and counts; its figures are printed, not judged. */
#include "tests/base/test.h"

#include "ca/bench.h"
#include "tests/ca/world.h"

static void
the_benchmark_counts(void **state)
{
	struct world w;
	struct ca_bench_result r;
	struct err e;

	world_begin(&w);
	own_str char *socket = world_path(&w, "run/antin-ca.cli.sock");
	const struct ca_bench b = { .socket = socket, .key = w.admin[MAI].key, .cert = w.admin[MAI].cert, .agency = "H99.14",
		.connections = 16, .orders = 4, .together = 250 };
	assert_done(ca_bench_issue(&r, &b, &e), e);
	print_message("requests %.0f/s, issued %.0f/s, whole %.0f/s\n", r.requests_per_sec, r.issued_per_sec, r.whole_per_sec);
	assert_true(r.requests_per_sec > 0 && r.issued_per_sec > 0 && r.whole_per_sec > 0);
	world_end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_benchmark_counts) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
