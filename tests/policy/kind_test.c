/* For how long the public fields of a permit are made public. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "policy/kind.h"

static int32_t
day(const char *text)
{
	int32_t d;
	struct err e;

	assert_done(date_parse(&d, text, &e), e);
	return d;
}

static void
until_the_years_are_full(void **state)
{
	static const struct { const char *name; bool published; int64_t years; const char *issued, *today; bool shown; } rows[] = {
		{ "not made public", false, 0, "2026-11-03", "2026-11-03", false },
		{ "not made public, whatever the years", false, 1, "2026-11-03", "2026-11-03", false },
		{ "without years", true, 0, "2026-11-03", "2126-11-03", true },
		{ "on its day", true, 1, "2026-11-03", "2026-11-03", true },
		{ "at the end of that year", true, 1, "2026-11-03", "2026-12-31", true },
		{ "the day before a year is full", true, 1, "2026-11-03", "2027-11-02", true },
		{ "the day on which it is", true, 1, "2026-11-03", "2027-11-03", true },
		{ "the day after", true, 1, "2026-11-03", "2027-11-04", false },
		{ "a month later", true, 1, "2026-11-03", "2027-12-01", false },
		{ "a year later, earlier in the year", true, 1, "2026-11-03", "2028-01-01", false },
		{ "of two years, the first is over", true, 2, "2026-11-03", "2027-11-04", true },
		{ "of two years, both are", true, 2, "2026-11-03", "2028-11-04", false },
		{ "a leap day, the last of February", true, 1, "2028-02-29", "2029-02-28", true },
		{ "a leap day, the first of March", true, 1, "2028-02-29", "2029-03-01", false },
		{ "a day that is to come", true, 1, "2026-11-03", "2026-11-02", true },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct kind k = { .published = rows[i].published, .publish_years = rows[i].years };

		assert_case(rows[i].name, kind_publishes_fields(&k, day(rows[i].issued), day(rows[i].today)) == rows[i].shown);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(until_the_years_are_full) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
