/*
 * base/clock.h -- time, and only as a value.
 *
 * Time is an argument: clock_now() is called at the edge (a main, a request's
 * first line) and handed down.  Unit: seconds since 1970-01-01T00:00:00Z
 * (int64_t); days are days since 1970-01-01.  People read Vietnam time, which
 * is UTC+07:00 all year.
 *
 * Formats: RFC 3339 with seconds, "Z" or a numeric offset; dates YYYY-MM-DD.
 */
#pragma once

#include "base/bytes.h"

#include <time.h>

#define VIETNAM_OFFSET (7 * 3600)
#define DAY_SECS 86400

int64_t clock_now(void);
/* Milliseconds that never go back, for deadlines. */
int64_t clock_mono_ms(void);
/* The moment in ms milliseconds from now on that clock, for waiting (with
 * pthread_cond_clockwait): a clock that is set back makes nobody wait longer. */
struct timespec clock_mono_in(int64_t ms);

/* "2026-11-03T15:42:07+07:00" or "...Z"; the offset and a fraction are read,
 * the fraction is dropped.  Refuses 30 February, second 60, a missing zone. */
must_check bool time_parse(int64_t *out, const char *text, struct err *);
#define TIME_TEXT 32
void time_text_utc(char out[TIME_TEXT], int64_t t);	/* 2026-11-03T08:42:07Z */
void time_text_vn(char out[TIME_TEXT], int64_t t);	/* 2026-11-03T15:42:07+07:00 */

/* By UTC.  Not gmtime_r, for which threads wait for each other. */
struct time_parts { int year, month, day, hour, minute, second, weekday; };	/* month, day from 1; Sunday is 0 */
struct time_parts time_split(int64_t t);

/* "2026-11-03" -> day number. */
must_check bool date_parse(int32_t *day, const char *text, struct err *);
void date_text(char out[TIME_TEXT], int32_t day);	/* 2026-11-03 */
void date_text_people(char out[TIME_TEXT], int32_t day);	/* 03/11/2026 */
/* The day in Vietnam at t; the first second of a day in Vietnam. */
int32_t day_in_vietnam(int64_t t);
int64_t day_start_vietnam(int32_t day);
int year_of_day(int32_t day);
void time_of_day_people(char out[TIME_TEXT], int64_t t);	/* 15:42, in Vietnam */
