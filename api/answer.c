#include "api/answer.h"

#include "api/forward.h"
#include "api/history.h"
#include "base/text.h"

#include <stdio.h>

#define FORM_TEXT_MAX 2000

static int
hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
decode(struct buf *out, struct span s, struct err *e)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = s.ptr[i];

		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			int hi = i + 2 < s.len ? hex_digit(s.ptr[i + 1]) : -1, lo = i + 2 < s.len ? hex_digit(s.ptr[i + 2]) : -1;

			if (hi < 0 || lo < 0)
				return fail(e, ERR_INPUT, "the form has a %% without two hexadecimal digits");
			c = (unsigned char)(hi << 4 | lo);
			i += 2;
		}
		buf_put(out, &c, 1);
	}
	return buf_ok(out, "a field of the form", e);
}

bool
form_value(struct buf *out, struct span form, const char *name, struct err *e)
{
	size_t n = strlen(name);
	const unsigned char *end;

	while (form.len != 0) {
		end = memchr(form.ptr, '&', form.len);
		size_t len = end != NULL ? (size_t)(end - form.ptr) : form.len;

		if (len > n && memcmp(form.ptr, name, n) == 0 && form.ptr[n] == '=')
			return decode(out, span_of(form.ptr + n + 1, len - n - 1), e);
		form = end != NULL ? span_of(end + 1, form.len - len - 1) : SPAN_NONE;
	}
	return fail(e, ERR_INPUT, "the form has no field \"%s\"", name);
}

static void
put_tagged(struct buf *out, const char *before, const char *text, const char *after)
{
	if (text[0] == 0)
		return;
	buf_put_str(out, before);
	text_put_html(out, span_str(text));
	buf_put_str(out, after);
}

static void
put_row(struct buf *out, const char *term, const char *value, int depth)
{
	buf_printf(out, "<div class=\"%sdepth%d\"><dt>", value[0] == 0 ? "group " : "", depth < 0 ? 0 : depth > 3 ? 3 : depth);
	text_put_html(out, span_str(term));
	buf_put_str(out, "</dt><dd>");
	text_put_html(out, span_str(value));
	buf_put_str(out, "</dd></div>\n");
}

static void
put_plain_row(struct buf *out, const char *term, const char *value)
{
	put_row(out, term, value, 0);
}

const char *
day_of_people(char out[DAY_TEXT], const char *iso)
{
	if (strlen(iso) < 10 || iso[4] != '-' || iso[7] != '-')
		return iso;
	snprintf(out, DAY_TEXT, "%.2s/%.2s/%.4s", iso + 8, iso + 5, iso);
	return out;
}

static void
put_day_row(struct buf *out, const char *term, const char *iso)
{
	char text[DAY_TEXT];

	put_row(out, term, day_of_people(text, iso), 0);
}

void
answer_said_html(struct buf *out, const json_t *said)
{
	static const char *const colours[] = { "green", "amber", "blue", "red" };
	const json_t *word = json_object_get(said, "word"), *say = json_object_get(said, "say"), *act = json_object_get(said, "act");
	const char *colour = "grey";

	for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++)
		if (strcmp(json_text(said, "colour"), colours[i]) == 0)
			colour = colours[i];
	buf_printf(out, "<section id=\"answer\" class=\"%s\"><h2>", colour);
	put_tagged(out, "<span class=\"sign\" aria-hidden=\"true\">", json_text(said, "sign"), "</span> ");
	text_put_html(out, span_str(json_text(word, "vi")));
	buf_put_str(out, "</h2>\n");
	put_tagged(out, "<p class=\"say\">", json_text(say, "vi"), "</p>\n");
	put_tagged(out, "<p class=\"act\">", json_text(act, "vi"), "</p>\n");
	buf_put_str(out, "<div lang=\"en\">");
	put_tagged(out, "<p><strong>", json_text(word, "en"), "</strong></p>");
	put_tagged(out, "<p>", json_text(say, "en"), "</p>");
	put_tagged(out, "<p>", json_text(act, "en"), "</p>");
	buf_put_str(out, "</div></section>\n");
}

static void
put_version(struct buf *out, const json_t *permit)
{
	const char *before = json_text(json_object_get(permit, "amends"), "day");
	char version[24];

	if (before[0] == '\0')
		return;
	snprintf(version, sizeof(version), "%lld", (long long)json_integer_value(json_object_get(permit, "version")));
	put_plain_row(out, "Bản thứ", version);
	put_day_row(out, "Thay bản cấp ngày", before);
}

static void
put_permit(struct buf *out, const json_t *permit)
{
	static const struct { const char *key, *term; void (*put)(struct buf *, const char *, const char *); } rows[] = {
		{ "kind_vi", "Loại giấy", put_plain_row }, { "number", "Số", put_plain_row }, { "agency_name", "Cơ quan cấp", put_plain_row },
		{ "day", "Ngày cấp", put_day_row }, { "holder", "Cấp cho", put_plain_row }, { "valid_from", "Có hiệu lực từ", put_day_row },
		{ "valid_to", "Có hiệu lực đến hết", put_day_row },
	};
	const json_t *line;
	size_t i;

	if (json_object_size(permit) == 0)
		return;
	buf_put_str(out, "<section id=\"permit\"><h2>Trên giấy phải ghi <span lang=\"en\">(the paper must say)</span></h2><dl>\n");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (json_text(permit, rows[i].key)[0] != 0)
			rows[i].put(out, rows[i].term, json_text(permit, rows[i].key));
	put_version(out, permit);
	json_array_foreach(json_object_get(permit, "lines"), i, line)
		put_row(out, json_text(line, "vi"), json_text(line, "value"), (int)json_integer_value(json_object_get(line, "depth")));
	buf_put_str(out, "</dl></section>\n");
}

static void
put_dossier(struct buf *out, const json_t *dossier)
{
	static const struct { const char *key, *term; } days[] = { { "since", "Từ ngày" }, { "due", "Hẹn trả kết quả" } };
	const json_t *permit;
	size_t i;

	if (json_object_size(dossier) == 0)
		return;
	buf_put_str(out, "<section id=\"dossier\"><h2>Hồ sơ <span lang=\"en\">(the dossier)</span></h2><dl>\n");
	put_plain_row(out, "Mã hồ sơ", json_text(dossier, "code"));
	put_plain_row(out, "Cơ quan", json_text(json_object_get(dossier, "agency"), "name"));
	put_plain_row(out, "Bước hiện tại", json_text(json_object_get(dossier, "step_say"), "vi"));
	for (i = 0; i < sizeof(days) / sizeof(days[0]); i++)
		if (json_text(dossier, days[i].key)[0] != 0)
			put_day_row(out, days[i].term, json_text(dossier, days[i].key));
	json_array_foreach(json_object_get(dossier, "permits"), i, permit) {
		own_str char *text = xprintf("%s: %s", json_text(json_object_get(permit, "kind"), "vi"), json_text(json_object_get(permit, "state_say"), "vi"));

		put_plain_row(out, "Giấy phép từ hồ sơ này", text);
	}
	buf_put_str(out, "</dl></section>\n");
}

bool
answer_html(struct buf *out, const json_t *answer, struct err *e)
{
	const json_t *said = json_object_get(answer, "answer"), *prefix = json_object_get(said, "prefix");

	buf_put_str(out, "<!doctype html>\n<html lang=\"vi\"><head><meta charset=\"utf-8\">"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"robots\" content=\"noindex\">"
	    "<title>Kiểm tra giấy phép</title><link rel=\"stylesheet\" href=\"/style.css\"></head><body>\n");
	if (json_text(prefix, "vi")[0] != 0) {
		put_tagged(out, "<p id=\"demonstration\" role=\"note\">", json_text(prefix, "vi"), "");
		put_tagged(out, " – <span lang=\"en\">", json_text(prefix, "en"), "</span>");
		buf_put_str(out, "</p>\n");
	}
	buf_put_str(out, "<header><h1>Kiểm tra giấy phép</h1></header><main>\n");
	answer_said_html(out, said);
	history_html(out, answer);
	put_permit(out, json_object_get(answer, "permit"));
	put_dossier(out, json_object_get(answer, "dossier"));
	buf_put_str(out, "<p><a href=\"/\">Kiểm tra mã khác – <span lang=\"en\">Check another code</span></a></p></main></body></html>\n");
	return buf_ok(out, "the answer", e);
}

bool
form_text(char **out, struct call *c, const char *name, struct err *e)
{
	static const char form[] = "application/x-www-form-urlencoded";
	const char *type = http_header(c->in, "Content-Type");
	own_struct(buf) typed = buf_new(FORM_TEXT_MAX);

	if (type == NULL || strncasecmp(type, form, sizeof(form) - 1) != 0) {
		c->out->status = 415;
		return fail(e, ERR_INPUT, "a form is needed here: %s", form);
	}
	if (!form_value(&typed, c->in->body, name, e))
		return false;
	if (memchr(typed.ptr ?: (unsigned char *)"", 0, typed.len) != NULL)
		return fail(e, ERR_INPUT, "the field \"%s\" contains a NUL", name);
	*out = span_dup_str(buf_span(&typed));
	return true;
}

bool
answer_run(struct call *c, struct err *e)
{
	own_str char *text = NULL;
	own(json_t) *answer = NULL;

	if (!form_text(&text, c, "code", e) || !lookup_answer(&answer, c, text, e))
		return false;
	c->out->type = "text/html; charset=utf-8";
	return answer_html(&c->out->body, answer, e);
}
