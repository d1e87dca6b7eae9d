/*
 * register/report.h -- reports that anybody can make again.
 *
 * A report is a pure function of a prefix of the log and of a specification: a
 * row of the table in report.c, a file report_NOUN.c each.  It is one table of
 * cells.  Its canonical form is CSV (RFC 4180, UTF-8, lines end in LF):
 *
 *	spec,NAME
 *	origin,ORIGIN
 *	size,N
 *	root,BASE64
 *	as-of,YYYY-MM-DD	the day in Vietnam of the last of the N entries
 *	row,COLUMN,...		the columns; the first cell says what a row is
 *	...			the rows in bytewise order of their lines
 *
 * whose SHA-256 is recorded.  JSON (log_report_json) and the page (report_page.h)
 * say the same.
 *
 * Nothing but the public fields of entries is read: no database, no record.
 * Pure; open to every level above.
 */
#pragma once

#include "base/json.h"
#include "register/prefix.h"

#define REPORT_COLUMNS_MAX 20

struct log_report_column { const char *name, *vi, *en; bool number; };
/* The rows whose first cell is `word`: to people a table of their own, and bars
 * of some number columns summed over the cells of `over` (NULL: none). */
struct log_report_part { const char *word, *vi, *en, *over, *bars[4]; };

struct log_report;
struct log_report_spec {
	const char *name, *vi, *en, *counts_vi, *counts_en;	/* title; what is counted how */
	const struct log_report_column *columns;			/* ends with a NULL name, as all lists here */
	const struct log_report_part *parts;
	void *(*begin)(void);
	prefix_entry *entry;					/* ctx: what begin gave */
	void (*end)(void *state, int64_t time, struct log_report *);	/* adds the rows; time: of the last entry */
	void (*drop)(void *state);
};

/* In the order in which they are listed; NULL after the last. */
const struct log_report_spec *log_report_nth(size_t i);
const struct log_report_spec *log_report_find(const char *name);
const struct log_report_spec *log_report_on_time(void);
const struct log_report_spec *log_report_permits(void);
const struct log_report_spec *log_report_certificates(void);
const struct log_report_spec *log_report_orders(void);
const struct log_report_spec *log_report_numbers(void);
const struct log_report_spec *log_report_publications(void);
/* Its columns, for whoever holds it against rules. */
enum { PUBLICATIONS_ROW, PUBLICATIONS_AGENCY, PUBLICATIONS_KIND, PUBLICATIONS_WHAT, PUBLICATIONS_DAYS, PUBLICATIONS_RECORDED };

struct log_report_cell { enum { CELL_NONE, CELL_TEXT, CELL_NUMBER } kind; struct span text; int64_t n; };
static inline struct log_report_cell cell_text(struct span s) { return (struct log_report_cell){ CELL_TEXT, s, 0 }; }
static inline struct log_report_cell cell_number(int64_t n) { return (struct log_report_cell){ CELL_NUMBER, SPAN_NONE, n }; }

struct log_report_row;
struct log_report {
	const struct log_report_spec *spec;
	struct checkpoint at;		/* origin, size, root */
	int64_t time;
	size_t columns, n, room;
	struct log_report_row *row;
};
void log_report_drop(struct log_report *);
/* One row: a cell for each column, in their order; copied. */
void log_report_add(struct log_report *, const struct log_report_cell *);
/* A cell as text; empty where there is none. */
const char *log_report_text(const struct log_report *, size_t row, size_t column);
/* A number cell; 0 where there is none. */
int64_t log_report_number(const struct log_report *, size_t row, size_t column);

/* n reports in one pass over the first `size` entries (at least one); on refusal
 * there is nothing to drop. */
must_check bool log_report_make(struct log_report *out, const struct log_report_spec *const *specs, size_t n, const struct prefix *, uint64_t size, struct err *);

#define LOG_REPORT_MAX (32u << 20)
must_check bool log_report_csv(struct buf *out, const struct log_report *, struct err *);
must_check bool log_report_json(struct buf *out, const struct log_report *, struct err *);
/* "2026-11" in Vietnam. */
#define MONTH_TEXT 16
void log_report_month(char out[MONTH_TEXT], int64_t time);
