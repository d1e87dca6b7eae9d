/*
 * register/report_publish.h -- the reports, made every day and published.
 *
 * Made out of the tiles in STATE/public as anybody makes them (report.h), of the
 * checkpoint that is published.  One unit records for each its type 11 entry
 * and hands the files to the publisher: a file appears after its entry is
 * committed, and after a crash at any point all of them or none are recorded.
 * report/SPEC.csv, .json, .html, report/index.html, report/report.css hold the
 * newest; older ones are made again from the log.
 *
 * Due when a period (a day in Vietnam) has begun since the last one, or since the
 * start where there was none.  What fails is tried again.  A thread of its own,
 * with a database connection that reads.
 */
#pragma once

#include "register/run.h"

struct reporter;

/* folder is borrowed; every: seconds, 0: no reports. */
must_check bool reporter_new(struct reporter **out, struct runner *, const char *folder, int64_t every, int64_t now, struct err *);
/* Makes and records them now. */
must_check bool reporter_make(struct reporter *, struct err *);
void reporter_start(struct reporter *);
void reporter_stop(struct reporter *);
