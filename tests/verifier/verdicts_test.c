/* What was judged a moment ago: found for the same file, day and record, and for nothing else. */
#include "tests/base/test.h"

#include "verifier/verdicts.h"

static const struct verdict_of one = { .sha256 = { 7, 1 }, .since = 1000, .day = 20000 };

static void
assert_found(struct verdicts *v, const struct verdict_of *of, int64_t now, const char *want)
{
	own_struct(buf) report = buf_new(VERDICTS_LEN_MAX);

	assert_int_equal(verdicts_find(&report, v, of, now), want != NULL);
	assert_string_equal(buf_str(&report), want == NULL ? "" : want);
}

static void
found_for_the_same_and_no_other(void **state)
{
	static const struct { const char *name; struct verdict_of of; int64_t now; bool found; } cases[] = {
		{ "the same", { { 7, 1 }, 1000, 20000 }, 50, true },
		{ "its last second", { { 7, 1 }, 1000, 20000 }, 50 + VERDICTS_SECS - 1, true },
		{ "too late", { { 7, 1 }, 1000, 20000 }, 50 + VERDICTS_SECS, false },
		{ "another file of its place", { { 7, 2 }, 1000, 20000 }, 50, false },
		{ "another file", { { 8, 1 }, 1000, 20000 }, 50, false },
		{ "another day", { { 7, 1 }, 1000, 20001 }, 50, false },
		{ "recorded at another time", { { 7, 1 }, 1001, 20000 }, 50, false },
	};
	struct verdicts *v = verdicts_new();

	assert_found(v, &one, 0, NULL);
	verdicts_keep(v, &one, span_str("{}"), 50);
	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) report = buf_new(VERDICTS_LEN_MAX);

		assert_case(cases[i].name, verdicts_find(&report, v, &cases[i].of, cases[i].now) == cases[i].found);
	}
	verdicts_free(v);
}

static void
a_newer_one_takes_the_place(void **state)
{
	const struct verdict_of other = { .sha256 = { 7, 2 }, .since = 1000, .day = 20000 };
	struct verdicts *v = verdicts_new();
	static unsigned char long_one[VERDICTS_LEN_MAX + 1];

	verdicts_keep(v, &one, span_str("old and long"), 50);
	verdicts_keep(v, &one, span_str("new"), 60);
	assert_found(v, &one, 60, "new");
	verdicts_keep(v, &other, span_of(long_one, sizeof(long_one)), 60);
	assert_found(v, &other, 60, NULL);
	assert_found(v, &one, 60, "new");
	verdicts_keep(v, &other, span_str("other"), 60);
	assert_found(v, &one, 60, NULL);
	assert_found(v, &other, 60, "other");
	verdicts_free(v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_for_the_same_and_no_other),
		cmocka_unit_test(a_newer_one_takes_the_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
