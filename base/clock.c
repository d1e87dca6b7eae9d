#include "base/clock.h"

#include <stdio.h>

int64_t
clock_now(void)
{
	struct timespec ts;

	promise(clock_gettime(CLOCK_REALTIME, &ts) == 0);
	return ts.tv_sec;
}

int64_t
clock_mono_ms(void)
{
	struct timespec ts;

	promise(clock_gettime(CLOCK_MONOTONIC, &ts) == 0);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

struct timespec
clock_mono_in(int64_t ms)
{
	struct timespec ts;

	promise(clock_gettime(CLOCK_MONOTONIC, &ts) == 0);
	ts.tv_nsec += ms % 1000 * 1000000;
	ts.tv_sec += ms / 1000 + ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	return ts;
}

static bool
is_leap(int y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static int
days_in_month(int y, int m)
{
	static const int days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return m == 2 && is_leap(y) ? 29 : days[m - 1];
}

/* Days from 1970-01-01 in the proleptic Gregorian calendar, counting years
 * from March so that the leap day comes last. */
static int32_t
day_of(int y, int m, int d)
{
	int yy = m <= 2 ? y - 1 : y;
	int era = (yy >= 0 ? yy : yy - 399) / 400;
	int year_of_era = yy - era * 400;
	int day_of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* day_of the other way. */
struct time_parts
time_split(int64_t t)
{
	int64_t days = floor_div(t, DAY_SECS), era = floor_div(days + 719468, 146097);
	int day_of_era = (int)(days + 719468 - era * 146097), second = (int)(t - days * DAY_SECS);
	int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int from_march = (5 * day_of_year + 2) / 153, month = from_march < 10 ? from_march + 3 : from_march - 9;

	return (struct time_parts){ .year = (int)(era * 400) + year_of_era + (month <= 2), .month = month,
		.day = day_of_year - (153 * from_march + 2) / 5 + 1, .hour = second / 3600, .minute = second / 60 % 60, .second = second % 60,
		.weekday = (int)(days + 4 - 7 * floor_div(days + 4, 7)) };
}

/* Exactly n digits at *s, which moves on; -1 otherwise. */
static int
take_digits(const char **s, int n)
{
	int v = 0;

	for (; n > 0; n--, (*s)++) {
		if (**s < '0' || **s > '9')
			return -1;
		v = v * 10 + (**s - '0');
	}
	return v;
}

static bool
take_char(const char **s, char c)
{
	if (**s != c)
		return false;
	(*s)++;
	return true;
}

static bool
take_date(const char **s, int32_t *day)
{
	int y, m, d;

	y = take_digits(s, 4);
	if (y < 0 || !take_char(s, '-'))
		return false;
	m = take_digits(s, 2);
	if (m < 1 || m > 12 || !take_char(s, '-'))
		return false;
	d = take_digits(s, 2);
	if (d < 1 || d > days_in_month(y, m))
		return false;
	*day = day_of(y, m, d);
	return true;
}

static bool
take_time_of_day(const char **s, int *secs)
{
	int h, m, sec;

	h = take_digits(s, 2);
	if (h < 0 || h > 23 || !take_char(s, ':'))
		return false;
	m = take_digits(s, 2);
	if (m < 0 || m > 59 || !take_char(s, ':'))
		return false;
	sec = take_digits(s, 2);
	if (sec < 0 || sec > 59)
		return false;
	if (take_char(s, '.')) {
		if (take_digits(s, 1) < 0)
			return false;
		while (**s >= '0' && **s <= '9')
			(*s)++;
	}
	*secs = h * 3600 + m * 60 + sec;
	return true;
}

static bool
take_zone(const char **s, int *offset)
{
	int sign, h, m;

	*offset = 0;
	if (take_char(s, 'Z'))
		return true;
	sign = **s == '+' ? 1 : **s == '-' ? -1 : 0;
	if (sign == 0)
		return false;
	(*s)++;
	h = take_digits(s, 2);
	if (h < 0 || h > 23 || !take_char(s, ':'))
		return false;
	m = take_digits(s, 2);
	if (m < 0 || m > 59)
		return false;
	*offset = sign * (h * 3600 + m * 60);
	return true;
}

bool
time_parse(int64_t *out, const char *text, struct err *e)
{
	const char *s = text;
	int32_t day;
	int secs, offset;

	if (!take_date(&s, &day) || !take_char(&s, 'T') || !take_time_of_day(&s, &secs) ||
	    !take_zone(&s, &offset) || *s != '\0')
		return fail(e, ERR_INPUT, "not a time of the form 2026-11-03T15:42:07+07:00 (RFC 3339)");
	*out = (int64_t)day * DAY_SECS + secs - offset;
	return true;
}

bool
date_parse(int32_t *day, const char *text, struct err *e)
{
	const char *s = text;
	int32_t d;

	if (!take_date(&s, &d) || *s != '\0')
		return fail(e, ERR_INPUT, "not a date of the form 2026-11-03");
	*day = d;
	return true;
}

static void
time_text(char out[TIME_TEXT], int64_t t, const char *fmt)
{
	time_t tt = (time_t)t;
	struct tm tm;

	promise(gmtime_r(&tt, &tm) != NULL);
	promise(strftime(out, TIME_TEXT, fmt, &tm) > 0);
}

void
time_text_utc(char out[TIME_TEXT], int64_t t)
{
	time_text(out, t, "%Y-%m-%dT%H:%M:%SZ");
}

void
time_text_vn(char out[TIME_TEXT], int64_t t)
{
	time_text(out, t + VIETNAM_OFFSET, "%Y-%m-%dT%H:%M:%S+07:00");
}

void
time_of_day_people(char out[TIME_TEXT], int64_t t)
{
	time_text(out, t + VIETNAM_OFFSET, "%H:%M");
}

void
date_text(char out[TIME_TEXT], int32_t day)
{
	time_text(out, (int64_t)day * DAY_SECS, "%Y-%m-%d");
}

void
date_text_people(char out[TIME_TEXT], int32_t day)
{
	time_text(out, (int64_t)day * DAY_SECS, "%d/%m/%Y");
}

int32_t
day_in_vietnam(int64_t t)
{
	return (int32_t)floor_div(t + VIETNAM_OFFSET, DAY_SECS);
}

int64_t
day_start_vietnam(int32_t day)
{
	return (int64_t)day * DAY_SECS - VIETNAM_OFFSET;
}

int
year_of_day(int32_t day)
{
	return time_split((int64_t)day * DAY_SECS).year;
}
