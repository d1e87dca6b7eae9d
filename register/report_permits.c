/* Permits issued, superseded, withdrawn: by agency, kind and the month in which
 * it was recorded, whatever day the paper bears. */
#include "register/report.h"

#include "register/keyed.h"
#include "register/public_item.h"

#define STATUS_WITHDRAWN 1
#define STATUS_SUPERSEDED 3

enum { ROW, AGENCY, KIND, MONTH, ISSUED, SUPERSEDED, WITHDRAWN };

static const struct log_report_column columns[] = {
	{ "row", "dòng", "row" }, { "agency", "Cơ quan", "Agency" }, { "kind", "Loại giấy", "Kind" }, { "month", "Tháng", "Month" },
	{ "issued", "Đã cấp", "Issued", true }, { "superseded", "Được thay thế", "Superseded", true }, { "withdrawn", "Thu hồi", "Withdrawn", true },
	{ NULL },
};

static const struct log_report_part parts[] = {
	{ "permits", "Theo cơ quan, loại và tháng", "By agency, kind and month", "month", { "issued", "superseded", "withdrawn" } },
	{ NULL },
};

struct count { int64_t issued, superseded, withdrawn; };

static void *begin(void) { return keyed_make(sizeof(struct count)); }

/* 6 and 7: [list, idx, status, from, ?until]. */
static bool
take_status(const struct entry *x, int64_t *status, struct err *e)
{
	static const char *const shapes[] = { "iiii", "iiiii", NULL };
	struct public_item p[PUBLIC_ITEMS_MAX];

	if (!public_items(p, x, shapes, NULL, e))
		return false;
	*status = p[2].i;
	return true;
}

static bool
entry(void *state, uint64_t index, const struct entry *x, struct err *e)
{
	char month[MONTH_TEXT];
	int64_t status = 0;
	struct count *c;

	if (x->type < 5 || x->type > 7)
		return true;
	if (x->type != 5 && !take_status(x, &status, e))
		return false;
	log_report_month(month, x->time);
	c = keyed_at(state, x->org, x->category, span_str(month));
	c->issued += x->type == 5;
	c->superseded += status == STATUS_SUPERSEDED;
	c->withdrawn += status == STATUS_WITHDRAWN;
	return true;
}

static void
add(void *report, const struct span key[KEYED_TEXTS], void *thing)
{
	const struct count *c = thing;

	log_report_add(report, (const struct log_report_cell[REPORT_COLUMNS_MAX]){ [ROW] = cell_text(span_str("permits")), [AGENCY] = cell_text(key[0]), [KIND] = cell_text(key[1]),
	    [MONTH] = cell_text(key[2]), [ISSUED] = cell_number(c->issued), [SUPERSEDED] = cell_number(c->superseded), [WITHDRAWN] = cell_number(c->withdrawn) });
}

static void
end(void *state, int64_t time, struct log_report *r)
{
	keyed_each(state, add, r);
}

static const struct log_report_spec spec = {
	.name = "permits", .vi = "Giấy phép đã cấp, thay thế, thu hồi", .en = "Permits issued, superseded, withdrawn",
	.counts_vi = "Tính theo tháng ghi vào sổ, không theo ngày ghi trên giấy.",
	.counts_en = "By the month of the entry in the log, whatever date the paper bears.",
	.columns = columns, .parts = parts, .begin = begin, .entry = entry, .end = end, .drop = keyed_unmake,
};

const struct log_report_spec *log_report_permits(void) { return &spec; }
