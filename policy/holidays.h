/*
 * policy/holidays.h -- the days on which nobody is at work: Saturdays, Sundays,
 * and those of the file `holidays` beside the policy (README.md has its format).
 *
 * For looking ahead: what ends while the office is shut ends unseen.  Not a
 * calendar of deadlines: a Saturday that is worked for a Friday is free here.
 *
 * The file is no part of the policy's hash: it decides nothing but how early
 * somebody is told.  Days are days since 1970-01-01 in Vietnam.
 *
 * Pure but for holidays_read; any thread.
 */
#pragma once

#include "base/bytes.h"

#define HOLIDAYS_MAX 512

struct holiday { int32_t from, to; };
struct holidays { size_t n; struct holiday day[HOLIDAYS_MAX]; };

/* Refuses days that overlap or are out of order, a line that is neither comment
 * nor a day, a day without a name. */
must_check bool holidays_parse(struct holidays *out, struct span text, struct err *);
must_check bool holidays_read(struct holidays *out, const char *path, struct err *);

bool day_is_free(const struct holidays *, int32_t day);
/* The first day from this one on that is not free. */
int32_t day_worked(const struct holidays *, int32_t day);
/* The last day that the file knows; free days beyond it are weekends alone. */
int32_t holidays_end(const struct holidays *);
