#include "api/cli/story_page.h"

#include "api/cli/permit_story.h"
#include "base/ossl.h"
#include "base/text.h"

#include <string.h>

/*
 * Words.
 */

static void
put(struct buf *out, const char *text)
{
	text_put_html(out, span_str(text));
}

static void
put_both(struct buf *out, const char *vi, const char *en)
{
	put(out, vi);
	text_put_html_part(out, " <span class=\"en\" lang=\"en\">", en, "</span>");
}

/* As they are told: a day, a moment, a code that may break anywhere. */
enum shown { SHOWN_TEXT, SHOWN_DAY, SHOWN_TIME, SHOWN_CODE };

static const struct fact { const char *key, *vi, *en; enum shown as; } facts[] = {
	{ "kind_vi", "Loại", "Kind", SHOWN_TEXT },
	{ "kind", "Mã loại", "Code of the kind", SHOWN_CODE },
	{ "number", "Số", "Number", SHOWN_TEXT },
	{ "book", "Sổ", "Book", SHOWN_TEXT },
	{ "agency_vi", "Cơ quan", "Agency", SHOWN_TEXT },
	{ "agency", "Mã cơ quan", "Code of the agency", SHOWN_CODE },
	{ "dossier", "Hồ sơ", "Dossier", SHOWN_CODE },
	{ "handle", "Mã giấy phép", "Handle", SHOWN_CODE },
	{ "program", "Chương trình nộp", "Submitted by the program", SHOWN_TEXT },
	{ "received", "Ngày nhận", "Received", SHOWN_DAY },
	{ "version", "Bản thứ", "Version", SHOWN_TEXT },
	{ "amends", "Điều chỉnh giấy phép", "Amends", SHOWN_CODE },
	{ "converted", "Chuyển từ bảng mã", "Converted from", SHOWN_TEXT },
	{ "name", "Người ra lệnh", "Ordered by", SHOWN_TEXT },
	{ "signer", "Người ký", "Signer", SHOWN_TEXT },
	{ "person", "Số hiệu", "Person", SHOWN_CODE },
	{ "mode", "Thể thức", "Mode", SHOWN_TEXT },
	{ "title", "Chức danh", "Title", SHOWN_TEXT },
	{ "organisation", "Đơn vị", "Organisation", SHOWN_TEXT },
	{ "appointment", "Quyết định bổ nhiệm, phân công", "Appointed by decision", SHOWN_TEXT },
	{ "appointment_entry", "Dòng của quyết định ấy", "Entry of that decision", SHOWN_TEXT },
	{ "certificate", "Chứng thư", "Certificate", SHOWN_CODE },
	{ "stamped", "Dấu thời gian", "Time stamp", SHOWN_TIME },
	{ "signature", "Chữ ký", "Signature", SHOWN_CODE },
	{ "verdict", "Kết quả kiểm tra", "Verdict", SHOWN_CODE },
	{ "verb", "Lệnh", "Order", SHOWN_CODE },
	{ "order", "Mã lệnh", "Order's id", SHOWN_CODE },
	{ "day", "Ngày", "Day", SHOWN_DAY },
	{ "proven_until", "Chứng minh được đến", "Proven until", SHOWN_TIME },
	{ "act", "Việc được ghi nhận", "What became of it", SHOWN_CODE },
	{ "decision", "Quyết định số", "Decision", SHOWN_TEXT },
	{ "from", "Từ ngày", "From", SHOWN_DAY },
	{ "until", "Đến hết ngày", "Until", SHOWN_DAY },
	{ "other", "Thay bằng giấy phép", "Replaced by", SHOWN_CODE },
	{ "note", "Ghi chú", "Note", SHOWN_TEXT },
	{ "reason", "Lý do", "Reason", SHOWN_TEXT },
	{ "word", "Mã tình trạng", "Status", SHOWN_CODE },
	{ "type", "Loại dòng", "Type of the entry", SHOWN_TEXT },
};

/* What a step is, by its verb. */
static const struct { const char *what, *vi, *en; } steps[] = {
	{ "permit.submit", "Nộp", "Submitted" },
	{ "permit.officer_signed", "Ký", "Signed" },
	{ "order", "Ra lệnh", "Ordered" },
	{ "permit.reserve_allotted", "Cấp số", "Numbered" }, { "permit.reserve_given", "Cấp số", "Numbered" }, { "permit.reserve_amended", "Giữ số", "Number kept" },
	{ "permit.issue", "Đóng dấu, phát hành", "Sealed and issued" },
	{ "permit.renew", "Gia hạn bằng chứng", "Evidence renewed" },
	{ "permit.reserve_reaffirm", "Ra lệnh xác nhận lại", "To be reaffirmed" }, { "permit.reaffirm", "Xác nhận lại", "Reaffirmed" },
	{ "lost", "Bản ghi không còn", "Record lost" },
	{ NULL, "Ghi nhận", "Recorded" },
};

/* What lies in a bundle, by folder. */
static const struct { const char *folder, *vi, *en; } folders[] = {
	{ "certificates/", "Chứng thư", "Certificates" },
	{ "crls/", "Danh sách thu hồi của ngày ấy", "Revocation lists of that day" },
	{ "log/", "Nhật ký công khai: dòng, bản ghi, bằng chứng", "Public log: entries, records, proofs" },
	{ "orders/", "Lệnh", "Orders" },
	{ "policy/", "Chính sách khi ấy", "Policy of then" },
	{ "stamps/", "Dấu thời gian", "Time stamps" },
	{ "", "Giấy phép, và cách kiểm tra", "The permit, and how to check" },
};

/*
 * Facts.
 */

static void
put_value(struct buf *out, const json_t *v, enum shown as)
{
	char when[2 * TIME_TEXT];
	const char *text = json_string_value(v);
	struct err not;
	int32_t day;
	int64_t t;

	if (text == NULL) {
		buf_printf(out, "%lld", (long long)json_integer_value(v));
		return;
	}
	if (as == SHOWN_DAY && date_parse(&day, text, &not)) {
		date_text_people(when, day);
		text = when;
	} else if (as == SHOWN_TIME && time_parse(&t, text, &not)) {
		story_time(when, t);
		text = when;
	}
	put(out, text);
}

static void
put_fact(struct buf *out, const struct fact *f, const json_t *v)
{
	buf_put_str(out, "<div><dt>");
	put_both(out, f->vi, f->en);
	buf_put_str(out, f->as == SHOWN_CODE ? "</dt><dd class=\"code\">" : "</dt><dd>");
	put_value(out, v, f->as);
	buf_put_str(out, "</dd></div>\n");
}

static bool
is_empty(const json_t *v)
{
	return json_is_string(v) && json_string_length(v) == 0;
}

static bool
is_among(const char *const keys[], const char *key)
{
	for (; *keys != NULL; keys++)
		if (strcmp(*keys, key) == 0)
			return true;
	return false;
}

static bool
has_name(const char *key)
{
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (strcmp(facts[i].key, key) == 0)
			return true;
	return false;
}

/* In the order of the table, then what has no name there; told: those that stand elsewhere. */
static void
put_facts(struct buf *out, json_t *of, const char *const told[])
{
	const char *key;
	json_t *v;

	buf_put_str(out, "<dl>\n");
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		v = json_object_get(of, facts[i].key);
		if (v != NULL && !is_empty(v) && !is_among(told, facts[i].key))
			put_fact(out, &facts[i], v);
	}
	json_object_foreach(of, key, v)
		if (!has_name(key) && !is_among(told, key))
			put_fact(out, &(struct fact){ key, key, "", SHOWN_CODE }, v);
	buf_put_str(out, "</dl>\n");
}

/*
 * The sheet.
 */

static void
put_head(struct buf *out, const json_t *permit)
{
	buf_put_str(out, "<!DOCTYPE html>\n<html lang=\"vi\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n<meta charset=\"utf-8\"/>\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>Lịch sử giấy phép ");
	put(out, json_text(permit, json_text(permit, "number")[0] != '\0' ? "number" : "handle"));
	buf_put_str(out, "</title>\n<style>\n");
	buf_put_str(out, story_css);
	buf_put_str(out, "</style>\n</head>\n<body>\n<header>\n<h1>");
	put_both(out, "Lịch sử một giấy phép", "The history of a permit");
	buf_put_str(out, "</h1>\n</header>\n<main>\n");
}

static void
put_permit(struct buf *out, json_t *permit)
{
	buf_put_str(out, "<section class=\"permit\">\n");
	put_facts(out, permit, (const char *const[]){ NULL });
	buf_put_str(out, "</section>\n");
}

static void
put_status(struct buf *out, json_t *status)
{
	buf_put_str(out, "<section class=\"status\">\n<h2>Tình trạng ngày ");
	put_value(out, json_object_get(status, "day"), SHOWN_DAY);
	buf_put_str(out, " <span class=\"en\" lang=\"en\">Status on that day</span></h2>\n<p class=\"say\">");
	put(out, json_text(status, "vi"));
	buf_put_str(out, "</p>\n");
	put_facts(out, status, (const char *const[]){ "day", "vi", NULL });
	buf_put_str(out, "</section>\n");
}

static void
put_step(struct buf *out, json_t *step)
{
	size_t i = 0;

	while (steps[i].what != NULL && strcmp(steps[i].what, json_text(step, "what")) != 0)
		i++;
	buf_put_str(out, "<li>\n<h3>");
	put_both(out, steps[i].vi, steps[i].en);
	buf_put_str(out, "</h3>\n<p class=\"when\">");
	put_value(out, json_object_get(step, "time"), SHOWN_TIME);
	buf_put_str(out, " · dòng ");
	put_value(out, json_object_get(step, "entry"), SHOWN_TEXT);
	buf_put_str(out, " <span class=\"en\" lang=\"en\">entry</span> · <span class=\"code\">");
	put(out, json_text(step, "what"));
	buf_put_str(out, "</span></p>\n<p class=\"say\">");
	put(out, json_text(step, "vi"));
	buf_put_str(out, "</p>\n");
	put_facts(out, step, (const char *const[]){ "entry", "time", "what", "vi", NULL });
	buf_put_str(out, "</li>\n");
}

static void
put_steps(struct buf *out, const json_t *story)
{
	json_t *step;
	size_t i;

	buf_put_str(out, "<section>\n<h2>");
	put_both(out, "Từng bước, giờ Việt Nam", "Step by step, Vietnam time");
	buf_put_str(out, "</h2>\n<ol>\n");
	json_array_foreach(json_object_get(story, "steps"), i, step)
		put_step(out, step);
	buf_put_str(out, "</ol>\n</section>\n");
}

/*
 * The pieces beside it.
 */

static size_t
folder_of(const char *name)
{
	size_t i = 0;

	while (strncmp(name, folders[i].folder, strlen(folders[i].folder)) != 0)
		i++;
	return i;
}

static void
put_piece(struct buf *out, const struct story_piece *p)
{
	unsigned char digest[SHA256_LEN];

	sha256(digest, p->octets);
	buf_put_str(out, "<tr><td>");
	put(out, p->name);
	buf_put_str(out, "</td><td class=\"hash\">");
	hex_put(out, span_of(digest, sizeof(digest)));
	buf_put_str(out, "</td></tr>\n");
}

static void
put_folder(struct buf *out, size_t folder, const struct story_piece *pieces, size_t n)
{
	bool begun = false;

	for (size_t i = 0; i < n; i++) {
		if (folder_of(pieces[i].name) != folder)
			continue;
		if (!begun) {
			buf_put_str(out, "<table>\n<caption>");
			put_both(out, folders[folder].vi, folders[folder].en);
			buf_put_str(out, "</caption>\n<tbody>\n");
		}
		begun = true;
		put_piece(out, &pieces[i]);
	}
	if (begun)
		buf_put_str(out, "</tbody>\n</table>\n");
}

static void
put_pieces(struct buf *out, const struct story_piece *pieces, size_t n)
{
	buf_put_str(out, "<section class=\"pieces\">\n<h2>");
	put_both(out, "Những tệp đi cùng, với SHA-256", "The files beside it, with their SHA-256");
	buf_put_str(out, "</h2>\n<p>Chạy <code>sh CHECK.txt</code> trong thư mục của gói để kiểm tra tất cả. "
	    "<span class=\"en\" lang=\"en\">Run <code>sh CHECK.txt</code> in the bundle's folder to check them all.</span></p>\n");
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		put_folder(out, i, pieces, n);
	buf_put_str(out, "</section>\n");
}

void
story_page(struct buf *out, const json_t *story, const struct story_piece *pieces, size_t n)
{
	put_head(out, json_object_get(story, "permit"));
	put_permit(out, json_object_get(story, "permit"));
	put_status(out, json_object_get(story, "status"));
	put_steps(out, story);
	if (n > 0)
		put_pieces(out, pieces, n);
	buf_put_str(out, "</main>\n</body>\n</html>\n");
}
