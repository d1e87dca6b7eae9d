/*
 * register/report_page.h -- a report as a page: bars, tables, and how to make
 * it again.
 *
 * HTML without script; bars are SVG within it.  Vietnamese first, English
 * beside it.  Its looks are report.css, a file beside the page, so that the
 * page is the same octets on the site and in anybody's folder.
 */
#pragma once

#include "base/ossl.h"
#include "register/report.h"

/* The three files of a report. */
struct log_report_files { struct buf csv, json, html; unsigned char sha256[SHA256_LEN]; /* of csv */ };
void log_report_files_drop(struct log_report_files *);
must_check bool log_report_files_make(struct log_report_files *out, const struct log_report *, struct err *);

/* The page that lists reports; files[i] are those of r[i]. */
must_check bool log_report_index(struct buf *out, const struct log_report *r, const struct log_report_files *files, size_t n, struct err *);
/* report.css */
extern const char log_report_css[];
