#include "api/verdict_page.h"

#include "api/answer.h"
#include "api/forward.h"
#include "base/text.h"

#include <stdio.h>

/* A row that has a value. */
static void
row(struct buf *out, const char *vi, const char *en, const char *value)
{
	if (value[0] == '\0')
		return;
	buf_printf(out, "<div><dt>%s <span lang=\"en\">(%s)</span></dt><dd>", vi, en);
	text_put_html(out, span_str(value));
	buf_put_str(out, "</dd></div>\n");
}

/* "2026-11-03T15:42:07+07:00" as people write it; what has not that form, as it is. */
static const char *
time_of_people(char out[40], const char *iso)
{
	char day[DAY_TEXT];

	if (strlen(iso) < 19 || iso[10] != 'T')
		return iso;
	snprintf(out, 40, "%.8s, %s", iso + 11, day_of_people(day, iso));
	return out;
}

static void
time_row(struct buf *out, const char *vi, const char *en, const char *iso)
{
	char text[40];

	row(out, vi, en, time_of_people(text, iso));
}

static void
put_reasons(struct buf *out, const json_t *reasons)
{
	const json_t *r;
	size_t i;

	json_array_foreach(reasons, i, r) {
		text_put_html_part(out, "<p>", json_text(r, "vi"), "");
		text_put_html_part(out, " <span lang=\"en\">", json_text(r, "en"), "</span>");
		buf_put_str(out, "</p>\n");
	}
}

static const char *
yes(const json_t *j, const char *key)
{
	return json_is_true(json_object_get(j, key)) ? "Có – yes" : "Không – no";
}

static const struct said { const char *word, *say; } verdicts[] = {
	{ "TOTAL-PASSED", "Chữ ký đúng – the signature is right" }, { "TOTAL-FAILED", "Chữ ký không đúng – the signature is not right" },
	{ "INDETERMINATE", "Chưa kết luận – no conclusion" }, { NULL, NULL },
}, proofs[] = {
	{ "time-stamp", "dấu thời gian – a time stamp" }, { "log", "sổ công khai – the public log" }, { "none", "không có bằng chứng – nothing proves it" }, { NULL, NULL },
};

static const char *
say(const struct said *table, const char *word)
{
	while (table->word != NULL && strcmp(table->word, word) != 0)
		table++;
	return table->word != NULL ? table->say : word;
}

static void
put_verdict(struct buf *out, const json_t *of)
{
	own_str char *code = xprintf("%s%s%s", json_text(of, "verdict"), json_text(of, "sub")[0] != '\0' ? " / " : "", json_text(of, "sub"));

	row(out, "Kết luận", "conclusion", say(verdicts, json_text(of, "verdict")));
	row(out, "Mã kết luận EN 319 102-1", "indication", code);
}

/* Where nobody can say whether a certificate was revoked, that is the first to be seen. */
static void
put_warning(struct buf *out, const json_t *s)
{
	if (strcmp(json_text(s, "sub"), "TRY_LATER") == 0)
		buf_put_str(out, "<p class=\"demonstration\" role=\"note\">CẢNH BÁO: chưa biết chứng thư có bị thu hồi hay không. "
		    "<span lang=\"en\">WARNING: it is not known whether the certificate was revoked.</span></p>\n");
}

static void
put_signature(struct buf *out, const json_t *s, size_t number)
{
	const json_t *signer = json_object_get(s, "signer"), *certificate = json_object_get(s, "certificate");

	buf_printf(out, "<section><h2>Chữ ký %zu <span lang=\"en\">(signature %zu)</span></h2>\n", number, number);
	put_warning(out, s);
	buf_put_str(out, "<dl>\n");
	row(out, "Tệp chữ ký trong gói", "signature file in the container", json_text(s, "file"));
	row(out, "Người ký", "signer", json_text(signer, "name"));
	row(out, "Chức vụ", "title", json_text(signer, "title"));
	row(out, "Cơ quan, tổ chức quản lý", "managing unit", json_text(signer, "unit"));
	row(out, "Mã định danh cơ quan", "its code", json_text(signer, "agency"));
	row(out, "Tổ chức cấp chứng thư", "issuing authority", json_text(s, "issuer"));
	row(out, "Số chứng thư", "certificate", json_text(certificate, "serial"));
	time_row(out, "Chứng thư có hiệu lực từ", "valid from", json_text(certificate, "from"));
	time_row(out, "đến", "to", json_text(certificate, "to"));
	time_row(out, "Chứng thư bị thu hồi", "revoked", json_text(certificate, "revoked"));
	time_row(out, "Thời điểm ký (tự khai)", "claimed time of signing", json_text(s, "claimed"));
	time_row(out, "Thời điểm được chứng minh", "proven time", json_text(s, "proven"));
	row(out, "Chứng minh bằng", "proven by", say(proofs, json_text(s, "proof")));
	row(out, "Nội dung toàn vẹn", "integrity", yes(s, "integrity"));
	row(out, "Chứng thư còn hiệu lực khi ký", "certificate good at signing", yes(s, "valid_then"));
	row(out, "Được tin cậy theo", "trust tier", json_text(s, "tier"));
	put_verdict(out, s);
	buf_put_str(out, "</dl>\n");
	put_reasons(out, json_object_get(s, "reasons"));
	buf_put_str(out, "</section>\n");
}

static void
put_tiers(struct buf *out, const json_t *tiers)
{
	const json_t *t;
	size_t i;

	json_array_foreach(tiers, i, t) {
		own_str char *under = xprintf("%s: %s%s%s", json_text(t, "vi")[0] != '\0' ? json_text(t, "vi") : json_text(t, "tier"), json_text(t, "verdict"),
		    json_text(t, "sub")[0] != '\0' ? " / " : "", json_text(t, "sub"));

		row(out, "Theo nguồn tin cậy", "under the trust tier", under);
	}
}

/* Of a container: which of its files is signed, and in which signature files. */
static void
put_files(struct buf *out, const json_t *files)
{
	const json_t *f, *by;
	size_t i, n;

	json_array_foreach(files, i, f) {
		own_struct(buf) text = buf_new(1u << 20);

		buf_printf(&text, "%s (SHA-256 %s):", json_text(f, "name"), json_text(f, "sha256"));
		json_array_foreach(json_object_get(f, "signed_in"), n, by)
			buf_printf(&text, "%s %s", n > 0 ? "," : "", json_string_value(by) ?: "");
		row(out, "Tệp được ký trong gói", "signed file in the container", buf_str(&text));
	}
}

static void
put_document(struct buf *out, const json_t *report)
{
	const json_t *policy = json_object_get(report, "policy"), *permit = json_object_get(report, "permit");

	buf_put_str(out, "<section><h2>Tài liệu <span lang=\"en\">(the document)</span></h2>\n<dl>\n");
	row(out, "SHA-256 của tệp", "of the file", json_text(report, "sha256"));
	row(out, "Dạng", "format", json_object_size(permit) > 0 ? "giấy do thành phố cấp – the city’s permit" : json_text(report, "format"));
	row(out, "Loại giấy", "kind", json_text(permit, "kind_vi"));
	row(out, "Số", "number", json_text(permit, "number"));
	row(out, "Cơ quan cấp", "agency", json_text(permit, "agency_name"));
	row(out, "Cấp cho", "holder", json_text(permit, "holder"));
	time_row(out, "Kiểm tra lúc", "judged", json_text(report, "judged"));
	row(out, "Theo chính sách", "by the policy", json_text(policy, "id"));
	row(out, "SHA-256 của chính sách", "of the policy", json_text(policy, "sha256"));
	put_verdict(out, report);
	put_tiers(out, json_object_get(report, "tiers"));
	put_files(out, json_object_get(report, "files"));
	buf_put_str(out, "</dl>\n");
	put_reasons(out, json_object_get(report, "remarks"));
	buf_put_str(out, "</section>\n");
}

bool
verdict_html(struct buf *out, const json_t *report, const char *host, struct err *e)
{
	const json_t *said = json_object_get(report, "answer"), *prefix = json_object_get(said, "prefix"), *s;
	size_t i;

	buf_put_str(out, "<!doctype html>\n<html lang=\"vi\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
	    "<meta name=\"robots\" content=\"noindex\"><title>Phiếu kết quả kiểm tra chữ ký số</title><link rel=\"stylesheet\" href=\"/sheet.css\"></head>"
	    "<body><main class=\"sheet verdict\">\n");
	text_put_html_part(out, "<p class=\"demonstration\" role=\"note\">", json_text(prefix, "vi"), "</p>\n");
	buf_put_str(out, "<h1>Phiếu kết quả kiểm tra chữ ký số</h1>\n");
	text_put_html_part(out, "<p class=\"status\"><strong>", json_text(json_object_get(said, "word"), "vi"), "</strong>");
	text_put_html_part(out, " – ", json_text(json_object_get(said, "say"), "vi"), "");
	text_put_html_part(out, " ", json_text(json_object_get(said, "act"), "vi"), "");
	text_put_html_part(out, "<br><span lang=\"en\">", json_text(json_object_get(said, "say"), "en"), "</span>");
	buf_put_str(out, "</p>\n");
	put_document(out, report);
	json_array_foreach(json_object_get(report, "signatures"), i, s)
		put_signature(out, s, i + 1);
	text_put_html_part(out, "<footer><p>Phiếu này ghi lại kết quả lúc kiểm tra, tự nó không chứng minh gì; kiểm tra lại bằng chính tệp ấy tại ", host, ". ");
	text_put_html_part(out, "<span lang=\"en\">This page records what was found then and proves nothing by itself: check the same file again at ", host, ".</span></p></footer>\n");
	buf_put_str(out, "</main></body></html>\n");
	return buf_ok(out, "the page", e);
}

bool
verdict_page_run(struct call *c, struct err *e)
{
	own_struct(buf) text = buf_new(HTTP_REPLY_MAX);
	own(json_t) *report = NULL;

	if (!verify_body(c, false, &text, e) || !answer_read(&report, buf_span(&text), e))
		return false;
	c->out->type = "text/html; charset=utf-8";
	return verdict_html(&c->out->body, report, c->api->host, e);
}
