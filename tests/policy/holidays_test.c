/* Which days are free; what the file must look like; and the years that ours has
 * are those of the law and of the moon. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "policy/holidays.h"

static int32_t
day_of(const char *text)
{
	struct err e;
	int32_t day;

	assert_done(date_parse(&day, text, &e), e);
	return day;
}

static void
files_that_are_refused(void **state)
{
	static const struct { const char *name, *text, *word; } rows[] = {
		{ "nothing", "", "no holiday" },
		{ "comments alone", "# 2027-01-01 Tet\n\n", "no holiday" },
		{ "no day", "Tet\n", "begins with its day" },
		{ "no such day", "2027-02-30 Tet\n", "begins with its day" },
		{ "day and word in one", "2027-01-01Tet\n", "begins with its day" },
		{ "no name", "2027-01-01\n", "has a name" },
		{ "no name, two days", "2027-01-01 2027-01-02  \n", "has a name" },
		{ "ends before", "2027-01-02 2027-01-01 Tet\n", "in their order" },
		{ "overlap", "2027-01-01 2027-01-03 a\n2027-01-03 b\n", "line 2" },
		{ "out of order", "2027-01-05 a\n2027-01-03 b\n", "in their order" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct holidays h;
		struct err e = { ERR_NONE, "" };

		assert_case(rows[i].name, !holidays_parse(&h, span_str(rows[i].text), &e));
		assert_case(rows[i].name, e.class == ERR_INPUT && strstr(e.text, rows[i].word) != NULL);
	}
}

static void
days_that_are_free(void **state)
{
	static const char text[] = "# two\n2027-01-01 a\n\t2027-02-04 2027-02-10\tb c\n";
	static const struct { const char *day; bool free; const char *worked; } rows[] = {
		{ "2026-12-31", false, "2026-12-31" },	/* a Thursday */
		{ "2027-01-01", true, "2027-01-04" },	/* a Friday, and the weekend behind it */
		{ "2027-01-02", true, "2027-01-04" },
		{ "2027-01-04", false, "2027-01-04" },
		{ "2027-02-03", false, "2027-02-03" },
		{ "2027-02-04", true, "2027-02-11" },
		{ "2027-02-10", true, "2027-02-11" },
		{ "1969-12-27", true, "1969-12-29" },	/* a Saturday */
	};
	struct holidays h;
	struct err e;

	assert_done(holidays_parse(&h, span_str(text), &e), e);
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_case(rows[i].day, day_is_free(&h, day_of(rows[i].day)) == rows[i].free);
		assert_case(rows[i].day, day_worked(&h, day_of(rows[i].day)) == day_of(rows[i].worked));
	}
	assert_int_equal(holidays_end(&h), day_of("2027-02-10"));
}

/* Each year has what the law names; Tet and the 10th of the 3rd month by the
 * new moons of Vietnam's zone. */
static void
our_years_are_whole(void **state)
{
	static const struct { int year; const char *tet, *hung; } moons[] = {
		{ 2027, "2027-02-06", "2027-04-16" }, { 2028, "2028-01-26", "2028-04-04" }, { 2029, "2029-02-13", "2029-04-23" },
		{ 2030, "2030-02-02", "2030-04-12" }, { 2031, "2031-01-23", "2031-04-01" },
	};
	static const char *const fixed[] = { "01-01", "04-30", "05-01", "09-01", "09-02", "09-03" };
	struct holidays h;
	struct err e;

	assert_done(holidays_read(&h, SOURCE_DIR "/policy/holidays", &e), e);
	for (size_t i = 0; i < COUNT(moons); i++) {
		for (int d = -2; d <= 4; d++)
			assert_case(moons[i].tet, day_is_free(&h, day_of(moons[i].tet) + d));
		assert_case(moons[i].hung, day_is_free(&h, day_of(moons[i].hung)));
		for (size_t f = 0; f < COUNT(fixed); f++) {
			own_str char *day = xprintf("%d-%s", moons[i].year, fixed[f]);

			assert_case(day, day_is_free(&h, day_of(day)));
		}
		/* A month of work without a holiday is worked. */
		for (int d = 1; d <= 31; d++) {
			own_str char *day = xprintf("%d-07-%02d", moons[i].year, d);

			assert_case(day, day_worked(&h, day_of(day)) - day_of(day) <= 2);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_that_are_refused),
		cmocka_unit_test(days_that_are_free),
		cmocka_unit_test(our_years_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
