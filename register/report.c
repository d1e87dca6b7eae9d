#include "register/report.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>

typedef const struct log_report_spec *log_report_table(void);
static log_report_table *const tables[] = { log_report_on_time, log_report_permits, log_report_certificates, log_report_orders, log_report_numbers, log_report_publications };

const struct log_report_spec *
log_report_nth(size_t i)
{
	return i < sizeof(tables) / sizeof(tables[0]) ? tables[i]() : NULL;
}

const struct log_report_spec *
log_report_find(const char *name)
{
	const struct log_report_spec *s;

	for (size_t i = 0; (s = log_report_nth(i)) != NULL; i++)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

void
log_report_month(char out[MONTH_TEXT], int64_t time)
{
	char day[TIME_TEXT];

	date_text(day, day_in_vietnam(time));
	snprintf(out, MONTH_TEXT, "%.7s", day);
}

/*
 * Rows.  Each holds its cells as texts, one after the other, and its CSV line.
 */

struct log_report_row { char *line, *cell[REPORT_COLUMNS_MAX]; int64_t number[REPORT_COLUMNS_MAX]; };

static void
put_csv(struct buf *b, struct span s)
{
	if (s.len == 0 || (memchr(s.ptr, ',', s.len) == NULL && memchr(s.ptr, '"', s.len) == NULL &&
	    memchr(s.ptr, '\n', s.len) == NULL && memchr(s.ptr, '\r', s.len) == NULL)) {
		buf_put_span(b, s);
		return;
	}
	buf_put_byte(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"')
			buf_put_byte(b, '"');
		buf_put_byte(b, s.ptr[i]);
	}
	buf_put_byte(b, '"');
}

void
log_report_add(struct log_report *r, const struct log_report_cell *cell)
{
	own_struct(buf) line = buf_new(REPORT_COLUMNS_MAX * 2 * ENTRY_MAX);
	struct log_report_row *row;

	if (r->n == r->room) {
		r->room = r->room * 2 + 64;
		r->row = xrealloc(r->row, r->room * sizeof(*r->row));
	}
	row = &r->row[r->n++];
	*row = (struct log_report_row){ .line = NULL };
	for (size_t i = 0; i < r->columns; i++) {
		row->number[i] = cell[i].kind == CELL_NUMBER ? cell[i].n : 0;
		row->cell[i] = cell[i].kind == CELL_TEXT ? span_dup_str(cell[i].text) : cell[i].kind == CELL_NUMBER ? xprintf("%lld", (long long)cell[i].n) : NULL;
		if (i > 0)
			buf_put_byte(&line, ',');
		put_csv(&line, span_str(row->cell[i]));
	}
	promise(!line.failed);
	row->line = xstrdup(buf_str(&line));
}

const char *
log_report_text(const struct log_report *r, size_t row, size_t column)
{
	return r->row[row].cell[column] != NULL ? r->row[row].cell[column] : "";
}

int64_t
log_report_number(const struct log_report *r, size_t row, size_t column)
{
	return r->row[row].number[column];
}

void
log_report_drop(struct log_report *r)
{
	for (size_t i = 0; i < r->n; i++) {
		for (size_t k = 0; k < r->columns; k++)
			free(r->row[i].cell[k]);
		free(r->row[i].line);
	}
	free(r->row);
	*r = (struct log_report){ .row = NULL };
}

static int
by_line(const void *a, const void *b)
{
	return strcmp(((const struct log_report_row *)a)->line, ((const struct log_report_row *)b)->line);
}

/*
 * Making them.
 */

struct making { const struct log_report_spec *const *specs; void **state; size_t n; int64_t time; };

static bool
take_entry(void *ctx, uint64_t index, const struct entry *x, struct err *e)
{
	struct making *m = ctx;

	m->time = x->time;
	for (size_t i = 0; i < m->n; i++)
		if (!m->specs[i]->entry(m->state[i], index, x, e))
			return false;
	return true;
}

static void
finish(struct log_report *r, const struct log_report_spec *spec, void *state, const struct checkpoint *at, int64_t time)
{
	*r = (struct log_report){ .spec = spec, .at = *at, .time = time };
	while (spec->columns[r->columns].name != NULL)
		r->columns++;
	promise(r->columns <= REPORT_COLUMNS_MAX);
	spec->end(state, time, r);
	if (r->n > 0)
		qsort(r->row, r->n, sizeof(*r->row), by_line);
}

bool
log_report_make(struct log_report *out, const struct log_report_spec *const *specs, size_t n, const struct prefix *p, uint64_t size, struct err *e)
{
	struct making m = { .specs = specs, .state = xalloc((n + 1) * sizeof(*m.state)), .n = n };
	struct checkpoint at = p->head;
	bool good;

	if (size == 0) {
		free(m.state);
		return fail(e, ERR_INPUT, "a report is about at least one entry");
	}
	for (size_t i = 0; i < n; i++)
		m.state[i] = specs[i]->begin();
	good = prefix_read(p, size, take_entry, &m, &at.root, e);
	at.size = size;
	for (size_t i = 0; i < n; i++) {
		if (good)
			finish(&out[i], specs[i], m.state[i], &at, m.time);
		specs[i]->drop(m.state[i]);
	}
	free(m.state);
	return good;
}

/*
 * CSV and JSON.
 */

static void
as_of(char day[TIME_TEXT], const struct log_report *r)
{
	date_text(day, day_in_vietnam(r->time));
}

bool
log_report_csv(struct buf *out, const struct log_report *r, struct err *e)
{
	char day[TIME_TEXT];

	as_of(day, r);
	buf_printf(out, "spec,%s\norigin,", r->spec->name);
	put_csv(out, span_str(r->at.origin));
	buf_printf(out, "\nsize,%llu\nroot,", (unsigned long long)r->at.size);
	base64_put(out, span_of(r->at.root.octet, HASH_LEN));
	buf_printf(out, "\nas-of,%s\n", day);
	for (size_t i = 0; i < r->columns; i++)
		buf_printf(out, "%s%s", i > 0 ? "," : "", r->spec->columns[i].name);
	buf_put_byte(out, '\n');
	for (size_t i = 0; i < r->n; i++) {
		buf_put_str(out, r->row[i].line);
		buf_put_byte(out, '\n');
	}
	return buf_ok(out, "report", e);
}

static json_t *
json_cell(const struct log_report *r, size_t row, size_t column)
{
	if (r->row[row].cell[column] == NULL)
		return json_null();
	return r->spec->columns[column].number ? json_integer(r->row[row].number[column]) : json_string(r->row[row].cell[column]);
}

bool
log_report_json(struct buf *out, const struct log_report *r, struct err *e)
{
	own_struct(buf) root = buf_new(64);
	own(json_t) *j = NULL;
	json_t *columns = json_array(), *rows = json_array();
	char day[TIME_TEXT];

	as_of(day, r);
	base64_put(&root, span_of(r->at.root.octet, HASH_LEN));
	for (size_t i = 0; i < r->columns; i++)
		json_array_append_new(columns, json_string(r->spec->columns[i].name));
	for (size_t i = 0; i < r->n; i++) {
		json_t *cells = json_array();

		for (size_t k = 0; k < r->columns; k++)
			json_array_append_new(cells, json_cell(r, i, k));
		json_array_append_new(rows, cells);
	}
	j = json_pack("{s:s, s:s, s:I, s:s, s:s, s:o, s:o}", "spec", r->spec->name, "origin", r->at.origin, "size", (json_int_t)r->at.size,
	    "root", buf_str(&root), "as-of", day, "columns", columns, "rows", rows);
	promise(j != NULL);
	json_write(out, j);
	buf_put_byte(out, '\n');
	return buf_ok(out, "report", e);
}
