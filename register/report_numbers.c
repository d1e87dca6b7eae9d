/* Numbers of permits, by agency, book and year: first and last seen, how many,
 * and the gaps between them.  Only of kinds whose numbers are public. */
#include "register/report.h"

#include "register/keyed.h"
#include "register/public_item.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROW, AGENCY, BOOK, YEAR, FIRST, LAST, ISSUED, MISSING };

static const struct log_report_column columns[] = {
	{ "row", "dòng", "row" }, { "agency", "Cơ quan", "Agency" }, { "book", "Sổ", "Book" }, { "year", "Năm", "Year" },
	{ "first", "Số đầu", "First", true }, { "last", "Số cuối", "Last", true }, { "issued", "Đã cấp", "Issued", true }, { "missing", "Thiếu", "Missing", true },
	{ NULL },
};

static const struct log_report_part parts[] = {
	{ "book", "Các sổ", "Books", "agency", { "issued", "missing" } },
	{ "gap", "Số bị thiếu", "Gaps", NULL, { NULL } },
	{ NULL },
};

struct numbers { int64_t *n; size_t len, room; };

static void *begin(void) { return keyed_make(sizeof(struct numbers)); }

static void
numbers_free(void *thing)
{
	free(((struct numbers *)thing)->n);
}

static void
drop(void *state)
{
	keyed_drop_with(state, numbers_free);
	free(state);
}

/* 5: [list, idx, day, ?[book, year, n]]. */
static bool
entry(void *state, uint64_t index, const struct entry *x, struct err *e)
{
	static const char *const shapes[] = { "iii", "iiitii", NULL };
	struct public_item p[PUBLIC_ITEMS_MAX];
	struct numbers *all;
	char year[24];
	size_t shape;

	if (x->type != 5)
		return true;
	if (!public_items(p, x, shapes, &shape, e))
		return false;
	if (shape == 0)
		return true;
	snprintf(year, sizeof(year), "%lld", (long long)p[4].i);
	all = keyed_at(state, x->org, p[3].s, span_str(year));
	if (all->len == all->room) {
		all->room = all->room * 2 + 16;
		all->n = xrealloc(all->n, all->room * sizeof(*all->n));
	}
	all->n[all->len++] = p[5].i;
	return true;
}

static int
by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void
add_gap(struct log_report *r, const struct span key[KEYED_TEXTS], int64_t first, int64_t last)
{
	log_report_add(r, (const struct log_report_cell[REPORT_COLUMNS_MAX]){ [ROW] = cell_text(span_str("gap")), [AGENCY] = cell_text(key[0]), [BOOK] = cell_text(key[1]), [YEAR] = cell_text(key[2]),
	    [FIRST] = cell_number(first), [LAST] = cell_number(last), [MISSING] = cell_number(last - first + 1) });
}

static void
add(void *report, const struct span key[KEYED_TEXTS], void *thing)
{
	struct numbers *all = thing;
	int64_t missing = 0;

	qsort(all->n, all->len, sizeof(*all->n), by_number);
	for (size_t i = 1; i < all->len; i++)
		if (all->n[i] > all->n[i - 1] + 1) {
			add_gap(report, key, all->n[i - 1] + 1, all->n[i] - 1);
			missing += all->n[i] - all->n[i - 1] - 1;
		}
	log_report_add(report, (const struct log_report_cell[REPORT_COLUMNS_MAX]){ [ROW] = cell_text(span_str("book")), [AGENCY] = cell_text(key[0]), [BOOK] = cell_text(key[1]), [YEAR] = cell_text(key[2]),
	    [FIRST] = cell_number(all->n[0]), [LAST] = cell_number(all->n[all->len - 1]), [ISSUED] = cell_number((int64_t)all->len), [MISSING] = cell_number(missing) });
}

static void
end(void *state, int64_t time, struct log_report *r)
{
	keyed_each(state, add, r);
}

static const struct log_report_spec spec = {
	.name = "numbers", .vi = "Số giấy và số bị thiếu", .en = "Permit numbers and gaps",
	.counts_vi = "Giữa số đầu và số cuối của mỗi sổ trong sổ công khai; năm 0 là sổ không đánh lại theo năm. Số vừa giữ chỗ mà chưa đóng dấu cũng là thiếu.",
	.counts_en = "Between the first and the last number of each book that the log shows; year 0 is a book that never restarts. A number that waits for its seal is missing, too.",
	.columns = columns, .parts = parts, .begin = begin, .entry = entry, .end = end, .drop = drop,
};

const struct log_report_spec *log_report_numbers(void) { return &spec; }
