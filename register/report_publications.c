/* How soon an issue or a decision stood in the log, from when on it is public and, of
 * kinds that are made public, on the agency's list: in working days after its own day,
 * by agency, kind and what it was.  Which of them is late, a kind's rule says (`within`
 * of `publish`, policy/kind.h), and nobody here: a report follows from the log alone. */
#include "register/report.h"

#include "base/clock.h"
#include "register/keyed.h"
#include "register/public_item.h"

#include <stdio.h>
#include <stdlib.h>

static const struct log_report_column columns[] = {
	{ "row", "dòng", "row" }, { "agency", "Cơ quan", "Agency" }, { "kind", "Loại giấy", "Kind" }, { "what", "Việc", "What" },
	{ "days", "Ngày làm việc", "Working days", true }, { "recorded", "Đã ghi", "Recorded", true },
	{ NULL },
};

static const struct log_report_part parts[] = {
	{ "recorded", "Sau bao nhiêu ngày làm việc", "After how many working days", NULL, { NULL } },
	{ NULL },
};

/* By number of the act, as in the list (verifier/gazette.h): a newer version's own issue
 * stands for the replacement, and notes are nobody's to read. */
static const char *const acts[] = { "resumed", "withdrawn", "suspended", NULL, "void", "restored" };

static void *begin(void) { return keyed_make(sizeof(int64_t)); }

/* Monday to Friday, after the first up to the last; which of them are holidays the log
 * does not know. */
static int64_t
working_days(int64_t first, int64_t last)
{
	enum { MONDAY = 4 };	/* 1970-01-05 */
	int64_t weeks = last > first ? (last - first) / 7 : 0, n = 5 * weeks;

	for (int64_t day = first + 7 * weeks + 1; day <= last; day++)
		n += ((day - MONDAY) % 7 + 7) % 7 < 5;
	return n;
}

/* 5: [list, idx, day, ?[book, year, n]]; 6 and 7: [list, idx, act, from, ?until]. */
static bool
take_public(const char **what, int32_t *day, const struct entry *x, struct err *e)
{
	static const char *const issue[] = { "iii", "iiitii", NULL }, *const change[] = { "iiii", "iiiii", NULL };
	struct public_item p[PUBLIC_ITEMS_MAX];
	bool issued = x->type == 5;

	if (!public_items(p, x, issued ? issue : change, NULL, e))
		return false;
	*what = issued ? "issued" : p[2].i >= 0 && (size_t)p[2].i < sizeof(acts) / sizeof(acts[0]) ? acts[p[2].i] : NULL;
	return public_day(day, p[issued ? 2 : 3].i, e);
}

static bool
entry(void *state, uint64_t index, const struct entry *x, struct err *e)
{
	const char *what;
	char key[64];
	int32_t day;

	if (x->type < 5 || x->type > 7)
		return true;
	if (!take_public(&what, &day, x, e))
		return false;
	if (what == NULL)
		return true;
	snprintf(key, sizeof(key), "%s %lld", what, (long long)working_days(day, day_in_vietnam(x->time)));
	++*(int64_t *)keyed_at(state, x->org, x->category, span_str(key));
	return true;
}

static void
add(void *report, const struct span key[KEYED_TEXTS], void *thing)
{
	own_str char *what = span_dup_str(key[2]);
	char *days = strchr(what, ' ');

	*days++ = '\0';
	log_report_add(report, (const struct log_report_cell[REPORT_COLUMNS_MAX]){ [PUBLICATIONS_ROW] = cell_text(span_str("recorded")), [PUBLICATIONS_AGENCY] = cell_text(key[0]), [PUBLICATIONS_KIND] = cell_text(key[1]),
	    [PUBLICATIONS_WHAT] = cell_text(span_str(what)), [PUBLICATIONS_DAYS] = cell_number(strtoll(days, NULL, 10)), [PUBLICATIONS_RECORDED] = cell_number(*(const int64_t *)thing) });
}

static void
end(void *state, int64_t time, struct log_report *r)
{
	keyed_each(state, add, r);
}

static const struct log_report_spec spec = {
	.name = "publications", .vi = "Thời gian đến khi công khai", .en = "How soon it was made public",
	.counts_vi = "Ngày làm việc (thứ Hai đến thứ Sáu, không trừ ngày lễ) từ ngày cấp hoặc ngày quyết định có hiệu lực đến ngày ghi vào sổ công khai.",
	.counts_en = "Working days (Monday to Friday, holidays not left out) from the day of the issue, or from which a decision holds, to the day of its entry in the public log.",
	.columns = columns, .parts = parts, .begin = begin, .entry = entry, .end = end, .drop = keyed_unmake,
};

const struct log_report_spec *log_report_publications(void) { return &spec; }
