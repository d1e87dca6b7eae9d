/* Records that are missing, against a table of what was said of each. */
#include "tests/base/test.h"

#include "register/missing.h"

#include <stdlib.h>

#define ENTRIES 40

static void
test_ranges(void **state)
{
	srand(7);
	for (int round = 0; round < 2000; round++) {
		bool is_missing[ENTRIES + 1] = { false }, said[ENTRIES + 1] = { false };
		struct missing m = { 0 };
		uint64_t first_left = ENTRIES, idx = ENTRIES;

		for (unsigned i = 0; i < ENTRIES; i++) {
			/* Entries that explain come in between. */
			for (int j = 0; j < 2; j++) {
				uint64_t first = (uint64_t)rand() % ENTRIES, last = first + (uint64_t)rand() % 4;
				bool all = last <= ENTRIES;
				struct err e;

				for (uint64_t k = first; k <= last && all; k++)
					all = is_missing[k];
				assert_true(missing_explain(&m, first, last, &e) == all);
				for (uint64_t k = first; k <= last && all; k++)
					said[k] = true;
			}
			if (rand() % 3 > 0) {
				missing_add(&m, i);
				is_missing[i] = true;
			}
		}
		for (uint64_t k = ENTRIES; k-- > 0;)
			if (is_missing[k] && !said[k])
				first_left = k;
		assert_true(missing_unexplained(&m, &idx) == (first_left < ENTRIES));
		assert_int_equal(idx, first_left);
		missing_drop(&m);
	}
}

static void
test_refusals(void **state)
{
	struct missing m = { 0 };
	struct err e;

	assert_false(missing_explain(&m, 0, 0, &e));
	missing_add(&m, 3);
	missing_add(&m, 4);
	assert_false(missing_explain(&m, 4, 3, &e));
	assert_false(missing_explain(&m, 2, 3, &e));
	assert_false(missing_explain(&m, 4, 5, &e));
	assert_int_equal(e.class, ERR_STORE);
	assert_true(missing_explain(&m, 4, 4, &e));
	assert_true(missing_explain(&m, 3, 4, &e));
	missing_drop(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_ranges), cmocka_unit_test(test_refusals) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
