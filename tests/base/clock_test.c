#include "tests/base/test.h"

#include "base/clock.h"

static void
test_times(void **state)
{
	static const struct { const char *text; bool good; int64_t want; } cases[] = {
		{ "1970-01-01T00:00:00Z", true, 0 },
		{ "2026-11-03T15:42:07+07:00", true, 1793695327 },
		{ "2026-11-03T08:42:07Z", true, 1793695327 },
		{ "2026-11-03T08:42:07.999Z", true, 1793695327 },
		{ "2024-02-29T00:00:00Z", true, 1709164800 },
		{ "2023-02-29T00:00:00Z", false, 0 }, { "2026-13-01T00:00:00Z", false, 0 },
		{ "2026-11-03T24:00:00Z", false, 0 }, { "2026-11-03T15:42:60Z", false, 0 },
		{ "2026-11-03T15:42:07", false, 0 }, { "2026-11-03 15:42:07Z", false, 0 },
		{ "2026-11-03T15:42:07Zx", false, 0 }, { "2026-11-03T15:42:07.Z", false, 0 }, { "", false, 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t t = -1;
		struct err e;

		assert_case(cases[i].text, time_parse(&t, cases[i].text, &e) == cases[i].good);
		if (cases[i].good)
			assert_int_equal(t, cases[i].want);
	}
}

static void
test_days_are_vietnamese(void **state)
{
	char text[TIME_TEXT];
	struct err e;
	int64_t t;

	/* 00:30 in Vietnam is still the day before in UTC. */
	assert_true(time_parse(&t, "2026-11-20T00:30:00+07:00", &e));
	date_text(text, day_in_vietnam(t));
	assert_string_equal(text, "2026-11-20");
	date_text_people(text, day_in_vietnam(t));
	assert_string_equal(text, "20/11/2026");
	time_text_vn(text, t);
	assert_string_equal(text, "2026-11-20T00:30:00+07:00");
	time_text_utc(text, t);
	assert_string_equal(text, "2026-11-19T17:30:00Z");
	time_of_day_people(text, t);
	assert_string_equal(text, "00:30");
	assert_int_equal(day_start_vietnam(day_in_vietnam(t)), t - 1800);
	assert_int_equal(year_of_day(day_in_vietnam(t)), 2026);
}

static void
test_every_day_of_two_centuries_comes_back(void **state)
{
	for (int32_t day = -40000; day < 60000; day++) {
		char text[TIME_TEXT];
		int32_t back;
		struct err e;

		date_text(text, day);
		assert_true(date_parse(&back, text, &e));
		assert_int_equal(back, day);
	}
}

/* The C library's own, over three thousand years. */
static void
test_split(void **state)
{
	for (int64_t t = -INT64_C(40000000000); t < INT64_C(60000000000); t += 999983) {
		struct time_parts p = time_split(t);
		time_t when = (time_t)t;
		struct tm tm;

		assert_non_null(gmtime_r(&when, &tm));
		assert_true(p.year == tm.tm_year + 1900 && p.month == tm.tm_mon + 1 && p.day == tm.tm_mday && p.weekday == tm.tm_wday);
		assert_true(p.hour == tm.tm_hour && p.minute == tm.tm_min && p.second == tm.tm_sec);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_days_are_vietnamese),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_every_day_of_two_centuries_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
