/* Work shared by threads: every piece once, with any number of threads. */
#include "tests/base/test.h"

#include "base/crew.h"

#include <stdatomic.h>
#include <unistd.h>

#define MOST 100

struct tally { atomic_int times[MOST]; atomic_int now, most; };

static void
count(void *state, size_t i)
{
	struct tally *t = state;
	int now = atomic_fetch_add(&t->now, 1) + 1, most = atomic_load(&t->most);

	while (now > most && !atomic_compare_exchange_weak(&t->most, &most, now))
		continue;
	usleep(500);
	atomic_fetch_add(&t->times[i], 1);
	atomic_fetch_sub(&t->now, 1);
}

static void
every_piece_once(void **state)
{
	static const struct { unsigned threads; size_t n; } cases[] = { { 1, 5 }, { 3, 0 }, { 3, 1 }, { 3, 100 }, { 16, 7 }, { 1000, 100 } };

	for (size_t c = 0; c < COUNT(cases); c++) {
		struct tally t = { .now = 0 };

		crew_run(cases[c].threads, cases[c].n, count, &t);
		for (size_t i = 0; i < MOST; i++)
			assert_int_equal(t.times[i], i < cases[c].n);
		assert_true((unsigned)t.most <= cases[c].threads);
		if (cases[c].threads > 1 && cases[c].n > 50)
			assert_true(t.most > 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_piece_once) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
