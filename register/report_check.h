/*
 * register/report_check.h -- for fsck: are the reports that lie there the ones
 * that were recorded, and does the log bear them out?
 *
 * The newest record of each report names the hashes of its three files, of the
 * list of reports and of their looks.  The CSV is also made again from the
 * published tiles.
 */
#pragma once

#include "register/store.h"

#define REPORT_CHECK_MAX 32
#define REPORT_FILES 5		/* csv, json, html; index.html, report.css */

struct report_check {
	size_t n;
	struct { char spec[32]; uint64_t size; unsigned char hash[REPORT_FILES][32]; bool seen[REPORT_FILES]; } of[REPORT_CHECK_MAX];
};

/* The newest records. */
must_check bool report_check_begin(struct report_check *, struct store *, struct err *);
/* Is the publication at report/... what was recorded? */
must_check bool report_check_file(struct report_check *, struct span path, struct span body, struct err *);
/* Was each one there? */
must_check bool report_check_end(const struct report_check *, struct err *);
/* Made again from the folder's tiles. */
must_check bool report_check_again(struct store *, const char *folder, struct err *);
