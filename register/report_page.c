#include "register/report_page.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdlib.h>

#define BARS_MAX 24		/* the last months, else the longest */
#define ROWS_MAX 500		/* a page's; the CSV has them all */
#define BAR_WIDTH 1000

/* In the order of a part's bars; the numbers beside them say the same. */
static const char *const colours[4] = { "#0b4f9c", "#a35c00", "#b3161b", "#6b7280" };

/*
 * Words.
 */

static void
put(struct buf *b, const char *text)
{
	text_put_html(b, span_str(text));
}

/* Vietnamese, and English beside it. */
static void
put_both(struct buf *b, const char *vi, const char *en)
{
	put(b, vi);
	buf_put_str(b, " <span class=\"en\" lang=\"en\">");
	put(b, en);
	buf_put_str(b, "</span>");
}

static void
put_head(struct buf *b, const char *vi, const char *en)
{
	buf_put_str(b, "<!doctype html>\n<html lang=\"vi\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
	put(b, vi);
	buf_put_str(b, "</title>\n<link rel=\"stylesheet\" href=\"report.css\">\n</head>\n<body>\n<header>\n<h1>");
	put_both(b, vi, en);
	buf_put_str(b, "</h1>\n");
}

static void
put_as_of(struct buf *b, const struct log_report *r)
{
	char day[TIME_TEXT];

	date_text_people(day, day_in_vietnam(r->time));
	buf_printf(b, "<p class=\"as-of\">Tính đến ngày %s, từ %llu mục đầu của sổ công khai "
	    "<span class=\"en\" lang=\"en\">As of %s, from the first %llu entries of the public log</span></p>\n",
	    day, (unsigned long long)r->at.size, day, (unsigned long long)r->at.size);
}

/*
 * Parts.
 */

static size_t
column_of(const struct log_report *r, const char *name)
{
	size_t i = 0;

	while (strcmp(r->spec->columns[i].name, name) != 0)
		promise(++i < r->columns);
	return i;
}

static bool
is_of(const struct log_report *r, size_t row, const struct log_report_part *part)
{
	return strcmp(log_report_text(r, row, 0), part->word) == 0;
}

static size_t
rows_of(const struct log_report *r, const struct log_report_part *part)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += is_of(r, i, part);
	return n;
}

/* Sums over the rows with the same text in one column. */
struct bar { const char *label; int64_t sum[4], length; };
struct bars { struct bar *bar; size_t n, series; int64_t longest; size_t column[4]; };

static int
by_label(const void *a, const void *b)
{
	return strcmp(((const struct bar *)a)->label, ((const struct bar *)b)->label);
}

static void
bars_gather(struct bars *out, const struct log_report *r, const struct log_report_part *part)
{
	size_t over = column_of(r, part->over), n = 0;

	*out = (struct bars){ .bar = xalloc((r->n + 1) * sizeof(*out->bar)) };
	while (out->series < 4 && part->bars[out->series] != NULL) {
		out->column[out->series] = column_of(r, part->bars[out->series]);
		out->series++;
	}
	for (size_t i = 0; i < r->n; i++) {
		if (!is_of(r, i, part))
			continue;
		out->bar[n].label = log_report_text(r, i, over);
		for (size_t k = 0; k < out->series; k++)
			out->bar[n].sum[k] = log_report_number(r, i, out->column[k]);
		n++;
	}
	qsort(out->bar, n, sizeof(*out->bar), by_label);
	for (size_t i = 0; i < n; i++) {
		struct bar *last = out->n > 0 ? &out->bar[out->n - 1] : NULL;

		if (last == NULL || strcmp(last->label, out->bar[i].label) != 0) {
			out->bar[out->n++] = out->bar[i];
			continue;
		}
		for (size_t k = 0; k < out->series; k++)
			last->sum[k] += out->bar[i].sum[k];
	}
}

static int64_t
bar_length(const struct bars *all, const struct bar *x)
{
	int64_t n = 0;

	for (size_t k = 0; k < all->series; k++)
		n += x->sum[k];
	return n;
}

static void
put_bar(struct buf *b, const struct bars *all, const struct bar *x)
{
	int64_t at = 0, from = 0;

	buf_put_str(b, "<li><span class=\"of\">");
	put(b, x->label[0] != '\0' ? x->label : "–");
	buf_put_str(b, "</span> <span class=\"value\">");
	for (size_t k = 0; k < all->series; k++)
		buf_printf(b, "%s%lld", k > 0 ? " · " : "", (long long)x->sum[k]);
	buf_printf(b, "</span><svg viewBox=\"0 0 %d 20\" preserveAspectRatio=\"none\" aria-hidden=\"true\">", BAR_WIDTH);
	for (size_t k = 0; k < all->series; k++) {
		int64_t to;

		at += x->sum[k];
		to = all->longest > 0 ? (int64_t)((__int128)at * BAR_WIDTH / all->longest) : 0;
		buf_printf(b, "<rect x=\"%lld\" y=\"0\" width=\"%lld\" height=\"20\" fill=\"%s\"/>", (long long)from, (long long)(to - from), colours[k]);
		from = to;
	}
	buf_put_str(b, "</svg></li>\n");
}

static void
put_legend(struct buf *b, const struct log_report *r, const struct bars *all)
{
	buf_put_str(b, "<p class=\"legend\">");
	for (size_t k = 0; k < all->series; k++) {
		const struct log_report_column *c = &r->spec->columns[all->column[k]];

		buf_printf(b, "<span><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect width=\"10\" height=\"10\" fill=\"%s\"/></svg> ", colours[k]);
		put_both(b, c->vi, c->en);
		buf_put_str(b, "</span> ");
	}
	buf_put_str(b, "</p>\n");
}

/* The longest first, those of one length by label. */
static int
by_length(const void *a, const void *b)
{
	const struct bar *x = a, *y = b;

	return x->length != y->length ? (x->length < y->length ? 1 : -1) : strcmp(x->label, y->label);
}

/* Those that are shown, in the order of their labels; *from: where they begin. */
static void
bars_choose(struct bars *all, const char *over, size_t *from)
{
	*from = all->n > BARS_MAX ? all->n - BARS_MAX : 0;
	if (*from == 0 || strcmp(over, "month") == 0)
		return;
	for (size_t i = 0; i < all->n; i++)
		all->bar[i].length = bar_length(all, &all->bar[i]);
	qsort(all->bar, all->n, sizeof(*all->bar), by_length);
	qsort(all->bar, BARS_MAX, sizeof(*all->bar), by_label);
	all->n = BARS_MAX;
	*from = 0;
}

static void
put_bars(struct buf *b, const struct log_report *r, const struct log_report_part *part)
{
	struct bars all;
	size_t from, gathered;

	bars_gather(&all, r, part);
	gathered = all.n;
	bars_choose(&all, part->over, &from);
	for (size_t i = from; i < all.n; i++)
		if (bar_length(&all, &all.bar[i]) > all.longest)
			all.longest = bar_length(&all, &all.bar[i]);
	put_legend(b, r, &all);
	buf_put_str(b, "<ul class=\"bars\">\n");
	for (size_t i = from; i < all.n; i++)
		put_bar(b, &all, &all.bar[i]);
	buf_put_str(b, "</ul>\n");
	if (all.n < gathered)
		buf_printf(b, "<p>%d nhiều nhất trong %zu. <span class=\"en\" lang=\"en\">The %d largest of %zu.</span></p>\n", BARS_MAX, gathered, BARS_MAX, gathered);
	free(all.bar);
}

/* Columns that are empty throughout a part are left out of its table. */
static void
columns_used(bool used[REPORT_COLUMNS_MAX], const struct log_report *r, const struct log_report_part *part)
{
	for (size_t k = 0; k < r->columns; k++) {
		used[k] = false;
		for (size_t i = 0; i < r->n && k > 0 && !used[k]; i++)
			used[k] = is_of(r, i, part) && log_report_text(r, i, k)[0] != '\0';
	}
}

static void
put_table(struct buf *b, const struct log_report *r, const struct log_report_part *part)
{
	bool used[REPORT_COLUMNS_MAX];
	size_t shown = 0;

	columns_used(used, r, part);
	buf_put_str(b, "<div class=\"wide\" tabindex=\"0\"><table>\n<tr>");
	for (size_t k = 0; k < r->columns; k++)
		if (used[k]) {
			buf_printf(b, "<th scope=\"col\"%s>", r->spec->columns[k].number ? " class=\"n\"" : "");
			put_both(b, r->spec->columns[k].vi, r->spec->columns[k].en);
			buf_put_str(b, "</th>");
		}
	buf_put_str(b, "</tr>\n");
	for (size_t i = 0; i < r->n && shown < ROWS_MAX; i++) {
		if (!is_of(r, i, part))
			continue;
		shown++;
		buf_put_str(b, "<tr>");
		for (size_t k = 0; k < r->columns; k++)
			if (used[k]) {
				buf_put_str(b, r->spec->columns[k].number ? "<td class=\"n\">" : "<td>");
				put(b, log_report_text(r, i, k));
				buf_put_str(b, "</td>");
			}
		buf_put_str(b, "</tr>\n");
	}
	buf_put_str(b, "</table></div>\n");
}

static void
put_part(struct buf *b, const struct log_report *r, const struct log_report_part *part)
{
	size_t rows = rows_of(r, part);

	buf_put_str(b, "<section>\n<h2>");
	put_both(b, part->vi, part->en);
	buf_put_str(b, "</h2>\n");
	if (rows == 0) {
		buf_put_str(b, "<p>Không có. <span class=\"en\" lang=\"en\">None.</span></p>\n</section>\n");
		return;
	}
	if (part->over != NULL)
		put_bars(b, r, part);
	put_table(b, r, part);
	if (rows > ROWS_MAX)
		buf_printf(b, "<p>%d trong %zu dòng; tệp CSV có đủ. <span class=\"en\" lang=\"en\">%d of %zu rows; the CSV has them all.</span></p>\n", ROWS_MAX, rows, ROWS_MAX, rows);
	buf_put_str(b, "</section>\n");
}

/*
 * How to make it again.
 */

static void
put_check(struct buf *b, const struct log_report *r, const unsigned char sha256_[SHA256_LEN])
{
	char hex[2 * SHA256_LEN + 1];

	hex_text(hex, span_of(sha256_, SHA256_LEN));
	buf_put_str(b, "<section class=\"check\">\n<h2>Tự kiểm tra <span class=\"en\" lang=\"en\">Check it yourself</span></h2>\n"
	    "<p>Ai cũng tính lại được báo cáo này từ sổ công khai. Chép <code>/checkpoint</code>, <code>/log.vkey</code> và <code>/tile/</code> của trang này vào một thư mục, rồi chạy: "
	    "<span class=\"en\" lang=\"en\">Anybody can make this report again from the public log. Copy <code>/checkpoint</code>, <code>/log.vkey</code> and <code>/tile/</code> of this site into a folder, then run:</span></p>\n");
	buf_printf(b, "<pre>antin report %s --size %llu --tiles FOLDER | sha256sum</pre>\n", r->spec->name, (unsigned long long)r->at.size);
	buf_printf(b, "<p>Kết quả phải là <span class=\"en\" lang=\"en\">It must print</span></p>\n<pre>%s</pre>\n", hex);
	buf_put_str(b, "<dl><div><dt>Sổ <span class=\"en\" lang=\"en\">Log</span></dt><dd>");
	put(b, r->at.origin);
	buf_printf(b, "</dd></div><div><dt>Số mục <span class=\"en\" lang=\"en\">Entries</span></dt><dd>%llu</dd></div>"
	    "<div><dt>Gốc <span class=\"en\" lang=\"en\">Root</span></dt><dd>", (unsigned long long)r->at.size);
	base64_put(b, span_of(r->at.root.octet, HASH_LEN));
	buf_printf(b, "</dd></div></dl>\n<p>Tệp: <span class=\"en\" lang=\"en\">Files:</span> <a href=\"%s.csv\">CSV</a> <a href=\"%s.json\">JSON</a></p>\n</section>\n", r->spec->name, r->spec->name);
}

static bool
put_page(struct buf *b, const struct log_report *r, const unsigned char sha256_[SHA256_LEN], struct err *e)
{
	put_head(b, r->spec->vi, r->spec->en);
	put_as_of(b, r);
	buf_put_str(b, "<p>");
	put_both(b, r->spec->counts_vi, r->spec->counts_en);
	buf_put_str(b, "</p>\n</header>\n<main>\n");
	for (const struct log_report_part *p = r->spec->parts; p->word != NULL; p++)
		put_part(b, r, p);
	put_check(b, r, sha256_);
	buf_put_str(b, "</main>\n<footer><p><a href=\"index.html\">Các báo cáo khác <span class=\"en\" lang=\"en\">Other reports</span></a></p></footer>\n</body>\n</html>\n");
	return buf_ok(b, "report", e);
}

void
log_report_files_drop(struct log_report_files *f)
{
	buf_drop(&f->csv);
	buf_drop(&f->json);
	buf_drop(&f->html);
}

bool
log_report_files_make(struct log_report_files *out, const struct log_report *r, struct err *e)
{
	*out = (struct log_report_files){ .csv = buf_new(LOG_REPORT_MAX), .json = buf_new(LOG_REPORT_MAX), .html = buf_new(LOG_REPORT_MAX) };
	if (!log_report_csv(&out->csv, r, e) || !log_report_json(&out->json, r, e))
		return false;
	sha256(out->sha256, buf_span(&out->csv));
	return put_page(&out->html, r, out->sha256, e);
}

bool
log_report_index(struct buf *b, const struct log_report *r, const struct log_report_files *files, size_t n, struct err *e)
{
	put_head(b, "Báo cáo tự động", "Automatic reports");
	buf_put_str(b, "<p>Lập hằng ngày từ sổ công khai, không ai sửa được mà không bị thấy; mỗi báo cáo có cách tự kiểm tra. "
	    "<span class=\"en\" lang=\"en\">Made every day from the public log; nobody can change one unseen; each tells how to check it.</span></p>\n</header>\n<main>\n");
	for (size_t i = 0; i < n; i++) {
		char hex[2 * SHA256_LEN + 1];

		hex_text(hex, span_of(files[i].sha256, SHA256_LEN));
		buf_printf(b, "<section>\n<h2><a href=\"%s.html\">", r[i].spec->name);
		put_both(b, r[i].spec->vi, r[i].spec->en);
		buf_put_str(b, "</a></h2>\n");
		put_as_of(b, &r[i]);
		buf_printf(b, "<p class=\"hash\">SHA-256 %s</p>\n</section>\n", hex);
	}
	buf_put_str(b, "</main>\n<footer><p><a href=\"/\">Kiểm tra giấy phép <span class=\"en\" lang=\"en\">Check a permit</span></a></p></footer>\n</body>\n</html>\n");
	return buf_ok(b, "report", e);
}
