/* Orders accepted, by the role in which they were given and month. */
#include "register/report.h"

#include "register/keyed.h"

enum { ROW, ROLE, MONTH, ORDERS };

static const struct log_report_column columns[] = {
	{ "row", "dòng", "row" }, { "role", "Vai trò", "Role" }, { "month", "Tháng", "Month" }, { "orders", "Số lệnh", "Orders", true },
	{ NULL },
};

static const struct log_report_part parts[] = {
	{ "orders", "Theo vai trò và tháng", "By role and month", "role", { "orders" } },
	{ NULL },
};

static void *begin(void) { return keyed_make(sizeof(int64_t)); }

static bool
entry(void *state, uint64_t index, const struct entry *x, struct err *e)
{
	char month[MONTH_TEXT];

	if (x->type != 9)
		return true;
	log_report_month(month, x->time);
	++*(int64_t *)keyed_at(state, x->category, span_str(month), SPAN_NONE);
	return true;
}

static void
add(void *report, const struct span key[KEYED_TEXTS], void *thing)
{
	log_report_add(report, (const struct log_report_cell[REPORT_COLUMNS_MAX]){ [ROW] = cell_text(span_str("orders")), [ROLE] = cell_text(key[0]), [MONTH] = cell_text(key[1]),
	    [ORDERS] = cell_number(*(int64_t *)thing) });
}

static void
end(void *state, int64_t time, struct log_report *r)
{
	keyed_each(state, add, r);
}

static const struct log_report_spec spec = {
	.name = "orders", .vi = "Lệnh đã nhận theo vai trò", .en = "Orders accepted, by role",
	.counts_vi = "Mỗi lệnh là một chữ ký bằng thiết bị của một người và chỉ có tác dụng một lần.",
	.counts_en = "Each order is a signature by a person's own token and acts once.",
	.columns = columns, .parts = parts, .begin = begin, .entry = entry, .end = end, .drop = keyed_unmake,
};

const struct log_report_spec *log_report_orders(void) { return &spec; }
