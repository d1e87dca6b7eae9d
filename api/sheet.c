#include "api/sheet.h"

#include "api/answer.h"
#include "api/code128.h"
#include "api/forward.h"
#include "api/history.h"
#include "api/qr.h"
#include "base/text.h"

#include <stdio.h>

#define BAR_HEIGHT 30

/* The first of the keys that has a text. */
static const char *
first_of(const json_t *obj, const char *const keys[])
{
	for (; *keys != NULL; keys++)
		if (json_text(obj, *keys)[0] != 0)
			return json_text(obj, *keys);
	return "";
}

/* 2026-11-03 -> ngày 03 tháng 11 năm 2026; one-digit days and months 1, 2 with a zero. */
static void
put_day(struct buf *out, const char *iso)
{
	if (strlen(iso) != 10)
		return;
	buf_put_str(out, "ngày ");
	text_put_html(out, span_of(iso + 8, 2));
	buf_put_str(out, " tháng ");
	if (iso[5] == '0' && iso[6] > '2')
		text_put_html(out, span_of(iso + 6, 1));
	else
		text_put_html(out, span_of(iso + 5, 2));
	buf_put_str(out, " năm ");
	text_put_html(out, span_of(iso, 4));
}

/* 2026-11-03T15:42:07+07:00 -> 15:42:07 03/11/2026; other text as it is. */
static void
put_time(struct buf *out, const char *t)
{
	char day[DAY_TEXT];

	if (strlen(t) < 19 || t[10] != 'T') {
		text_put_html(out, span_str(t));
		return;
	}
	text_put_html(out, span_of(t + 11, 8));
	buf_put_str(out, " ");
	text_put_html(out, span_str(day_of_people(day, t)));
}

/* Of a permit that replaces an earlier version of itself. */
static void
put_version(struct buf *out, const json_t *permit)
{
	const char *before = json_text(json_object_get(permit, "amends"), "day");
	char day[DAY_TEXT];

	if (before[0] == '\0')
		return;
	buf_printf(out, "<p>Bản thứ %lld, thay bản cấp ngày ", (long long)json_integer_value(json_object_get(permit, "version")));
	text_put_html(out, span_str(day_of_people(day, before)));
	buf_put_str(out, "</p>");
}

static void
put_head(struct buf *out, const json_t *permit, const char *site)
{
	static const char *const agency[] = { "agency_name", "agency", NULL };

	buf_put_str(out, "<!doctype html>\n<html lang=\"vi\"><head><meta charset=\"utf-8\">"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>");
	text_put_html(out, span_str(json_text(permit, "number")));
	text_put_html_part(out, " – ", site, "");
	buf_put_str(out, "</title><link rel=\"stylesheet\" href=\"/sheet.css\"></head><body><main class=\"sheet\">\n<header><div class=\"agency\">");
	text_put_html_part(out, "<p>", json_text(permit, "parent"), "</p>");
	text_put_html_part(out, "<p><strong>", first_of(permit, agency), "</strong></p>");
	text_put_html_part(out, "<p class=\"number\">Số: ", json_text(permit, "number"), "</p>");
	put_version(out, permit);
	buf_put_str(out, "</div><div class=\"state\"><p><strong>CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM</strong></p>"
	    "<p class=\"motto\"><strong>Độc lập - Tự do - Hạnh phúc</strong></p><p class=\"day\"><em>");
	text_put_html_part(out, "", json_text(permit, "place"), ", ");
	put_day(out, json_text(permit, "day"));
	buf_put_str(out, "</em></p></div></header>\n");
}

static void
put_lines(struct buf *out, const json_t *permit)
{
	static const char *const title[] = { "title", "kind_name", "kind_vi", NULL };
	const json_t *name = json_object_get(permit, "name"), *line;
	const char *heading = first_of(permit, title);
	size_t i;

	text_put_html_part(out, "<h1>", heading[0] != 0 ? heading : json_is_object(name) ? json_text(name, "vi") : "Giấy phép", "</h1>\n");
	buf_put_str(out, "<dl>");
	text_put_html_part(out, "<div><dt>Cấp cho</dt><dd>", json_text(permit, "holder"), "</dd></div>\n");
	text_put_html_part(out, "<div><dt>Mã hồ sơ</dt><dd>", json_text(permit, "dossier"), "</dd></div>\n");
	json_array_foreach(json_object_get(permit, "lines"), i, line) {
		int depth = (int)json_integer_value(json_object_get(line, "depth"));

		buf_printf(out, "<div class=\"depth%d\"><dt>", depth < 0 ? 0 : depth > 3 ? 3 : depth);
		text_put_html(out, span_str(json_text(line, "vi")));
		buf_put_str(out, "</dt><dd>");
		text_put_html(out, span_str(json_text(line, "value")));
		buf_put_str(out, "</dd></div>\n");
	}
	buf_put_str(out, "</dl>\n");
}

static void
put_officer(struct buf *out, const json_t *answer)
{
	const json_t *one, *signer;
	size_t i;

	buf_put_str(out, "<div class=\"officers\">");
	json_array_foreach(json_object_get(answer, "signatures"), i, one) {
		signer = json_object_get(one, "signer");
		if (strncmp(json_text(one, "id"), "officer", 7) != 0)
			continue;
		text_put_html_part(out, "<div class=\"officer\"><p><strong>", json_text(signer, "mode"), "</strong></p>");
		text_put_html_part(out, "<p><strong>", json_text(signer, "title"), "</strong></p>");
		buf_put_str(out, "<p class=\"signed\">Đã ký số ");
		put_time(out, json_text(one, "claimed"));
		buf_put_str(out, "</p>");
		text_put_html_part(out, "<p><strong>", json_text(signer, "name"), "</strong></p></div>");
	}
	buf_put_str(out, "</div>\n");
}

/* In groups of four, unless it has them. */
static void
put_grouped(struct buf *out, const char *code, const char *between)
{
	for (size_t i = 0; code[i] != 0; i++) {
		if (i > 0 && i % 4 == 0 && strpbrk(code, "- ") == NULL)
			buf_put_str(out, between);
		text_put_html(out, span_of(code + i, 1));
	}
}

/* What leads from the paper back to the register. */
static bool
put_foot(struct buf *out, const json_t *permit, const char *host, struct err *e)
{
	own_str char *address = xprintf("https://%s/#", host);
	const char *voice = json_text(permit, "voicecode"), *code = json_text(permit, "shortcode");

	buf_put_str(out, "<footer><div class=\"codes\">");
	if (code[0] != 0) {
		buf_put_str(out, "<p>Mã tra cứu: <strong class=\"code\">");
		put_grouped(out, code, "-");
		buf_put_str(out, "</strong></p>");
	}
	if (voice[0] != 0 && !code128_svg(out, voice, BAR_HEIGHT, e))
		return false;
	if (voice[0] != 0) {
		buf_put_str(out, "<p>Mã gọi điện: <strong class=\"code\">");
		put_grouped(out, voice, " ");
		buf_put_str(out, "</strong></p>");
	}
	text_put_html_part(out, "<p class=\"where\">Đây là bản in để đọc. Muốn biết giấy thật và còn hiệu lực hay không: vào ", host,
	    ", gõ mã trên, rồi so từng dòng.</p></div>");
	if (voice[0] != 0) {
		buf_put_str(out, "<div class=\"square\">");
		if (!qr_svg(out, address, voice, e))
			return false;
		text_put_html_part(out, "<p>", host, "</p></div>");
	}
	buf_put_str(out, "</footer></main></body></html>\n");
	return true;
}

bool
sheet_html(struct buf *out, const json_t *answer, const char *host, const char *site, struct err *e)
{
	const json_t *permit = json_object_get(answer, "permit"), *said = json_object_get(answer, "answer");
	const char *prefix = json_text(json_object_get(said, "prefix"), "vi");

	if (!json_is_object(permit) || json_object_size(permit) == 0)
		return fail(e, ERR_ABSENT, "there is no permit to print for this code");
	put_head(out, permit, site);
	text_put_html_part(out, "<p class=\"demonstration\" role=\"note\">", prefix, "</p>\n");
	text_put_html_part(out, "<p class=\"status\"><strong>", json_text(json_object_get(said, "word"), "vi"), "</strong>");
	text_put_html_part(out, " – ", json_text(json_object_get(said, "say"), "vi"), "</p>\n");
	history_html(out, answer, LANG_VI, true);
	put_lines(out, permit);
	put_officer(out, answer);
	return put_foot(out, permit, host, e) && buf_ok(out, "the sheet", e);
}

static bool
was_issued(const char *state)
{
	static const char *const before[] = { "draft", "signed", "sealing", "returned" };

	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		if (strcmp(state, before[i]) == 0)
			return false;
	return true;
}

/* For a program: the permit is judged as a file. */
static bool
answer_of_handle(json_t **out, struct call *c, const char *handle, struct err *e)
{
	own_struct(msg) file = msg_new(0, HTTP_REPLY_MAX);
	own_struct(buf) state = buf_new(64), report = buf_new(HTTP_REPLY_MAX);

	if (!may_read(&state, c, handle, e))
		return false;
	if (!was_issued(buf_str(&state)))
		return fail(e, ERR_CONFLICT, "this permit is not issued yet");
	return permit_fetch(&file, c, handle, e) && verify_document(c->api, msg_span(&file, 0), &(struct verify_wish){ NULL }, &report, e) &&
	    json_read(out, buf_span(&report), e);
}

bool
sheet_run(struct call *c, struct err *e)
{
	own(json_t) *answer = NULL;
	char code[40];

	if (!code_plain(code, c->arg, e) ||
	    !(is_handle(code) ? answer_of_handle(&answer, c, code, e) : lookup_permit(&answer, c, code, e)))
		return false;
	c->out->type = "text/html; charset=utf-8";
	return sheet_html(&c->out->body, answer, c->api->host, c->api->site, e);
}
