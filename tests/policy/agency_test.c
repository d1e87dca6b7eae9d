/* Agencies begin, are renamed and end; each day has its name. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "tests/policy/loaded.h"

static void
there_and_called(void **state)
{
	static const struct { const char *name, *id, *day; bool there; const char *called, *brief; } cases[] = {
		{ "before it begins", "H99.16", "2019-12-31", false, "Sở Thông tin và Truyền thông", "Sở TT&TT" },
		{ "its first day", "H99.16", "2020-01-01", true, "Sở Thông tin và Truyền thông", "Sở TT&TT" },
		{ "the last day of its first name", "H99.16", "2025-02-28", true, "Sở Thông tin và Truyền thông", "Sở TT&TT" },
		{ "the first day of its second", "H99.16", "2025-03-01", true, "Sở Khoa học và Công nghệ", "Sở KH&CN" },
		{ "today", "H99.16", "2026-11-22", true, "Sở Khoa học và Công nghệ", "Sở KH&CN" },
		{ "a district", "H99.21", "2025-06-30", true, "Ủy ban nhân dân quận Tân Hòa", "UBND quận Tân Hòa" },
		{ "a district that is no more keeps its name", "H99.21", "2026-11-22", false, "Ủy ban nhân dân quận Tân Hòa", "UBND quận Tân Hòa" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct agency *a = policy_agency(policy, cases[i].id);
		int32_t day;
		struct err e;

		assert_done(date_parse(&day, cases[i].day, &e), e);
		assert_case(cases[i].name, agency_on(a, day) == cases[i].there);
		assert_string_equal(agency_name_on(a, day), cases[i].called);
		assert_string_equal(agency_brief_on(a, day), cases[i].brief);
	}
}

static void
in_the_place_of(void **state)
{
	static const struct { const char *name, *later, *earlier, *day; bool good; } cases[] = {
		{ "itself", "H99.14", "H99.14", "2026-11-22", true }, { "itself when it has ended", "H99.21", "H99.21", "2026-11-22", true },
		{ "its successor", "H99.31.07", "H99.21", "2026-11-22", true }, { "on its last day", "H99.31.07", "H99.21", "2025-06-30", false },
		{ "on the day after", "H99.31.07", "H99.21", "2025-07-01", true }, { "the other way round", "H99.21", "H99.31.07", "2026-11-22", false },
		{ "of one that left none", "H99.31.12", "H99.22", "2026-11-22", false }, { "another", "H99.14", "H99.21", "2026-11-22", false },
		{ "the agency above", "H99", "H99.14", "2026-11-22", false }, { "of none", "H99", "H00", "2026-11-22", false }, { "none", "", "H99.22", "2026-11-22", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		int32_t day;
		struct err e;

		assert_done(date_parse(&day, cases[i].day, &e), e);
		assert_case(cases[i].name, policy_succeeds(policy, cases[i].later, cases[i].earlier, day) == cases[i].good);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(there_and_called), cmocka_unit_test(in_the_place_of) };

	return cmocka_run_group_tests(tests, policy_set_up, policy_tear_down);
}
