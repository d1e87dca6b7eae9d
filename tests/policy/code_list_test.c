/* Codes are found whole, and each is used on its days. */
#include "tests/base/test.h"

#include "tests/policy/loaded.h"

#include "base/clock.h"

static const struct code_list *
list(const char *id)
{
	for (size_t i = 0; i < policy->ncodes; i++)
		if (strcmp(policy->codes[i].id, id) == 0)
			return &policy->codes[i];
	return NULL;
}

static void
found_and_used(void **state)
{
	static const struct { const char *name, *list, *value, *day; bool found, used; } cases[] = {
		{ "a province", "provinces", "79", "2026-11-22", true, true },
		{ "one that is no more", "provinces", "74", "2026-11-22", true, false },
		{ "on its last day", "provinces", "74", "2025-06-30", true, true },
		{ "on the day after", "provinces", "74", "2025-07-01", true, false },
		{ "before all codes", "provinces", "74", "1899-12-31", true, false },
		{ "none", "provinces", "03", "2026-11-22", false, false },
		{ "a beginning", "provinces", "7", "2026-11-22", false, false },
		{ "more than one", "provinces", "790", "2026-11-22", false, false },
		{ "nothing", "provinces", "", "2026-11-22", false, false },
		{ "in another case", "land-types", "odt", "2026-11-22", false, false },
		{ "in a list of letters", "land-types", "ODT", "2026-11-22", true, true },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct code *c = code_find(list(cases[i].list), cases[i].value, strlen(cases[i].value));
		int32_t day;
		struct err e;

		assert_done(date_parse(&day, cases[i].day, &e), e);
		assert_case(cases[i].name, (c != NULL) == cases[i].found);
		assert_case(cases[i].name, c == NULL || code_used_on(c, day) == cases[i].used);
	}
	assert_null(code_find(list("birth-places"), "09x", 2));
	assert_non_null(code_find(list("birth-places"), "099185004217", 3));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(found_and_used) };

	return cmocka_run_group_tests(tests, policy_set_up, policy_tear_down);
}
