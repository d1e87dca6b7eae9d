#include "api/lookup.h"

#include "api/answer.h"
#include "api/form.h"
#include "api/forward.h"
#include "api/gazette.h"
#include "base/text.h"
#include "verifier/proto.h"

static bool
put_text(struct msg *m, const char *text, const char *name, struct err *e)
{
	struct span s = span_trim(span_str(text));

	msg_put(m, s);
	return s.len == 0 || text_fits(s, name, e);
}

static bool
ask(json_t **out, struct call *c, const char *kind, const char *number, const char *holder, struct err *e)
{
	own_struct(msg) m = msg_new(VERIFY_NUMBER, HTTP_REPLY_MAX);
	own_struct(msg) reply = msg_new(0, HTTP_REPLY_MAX);

	if (!put_text(&m, kind, "the kind", e) || !put_text(&m, number, "the number", e) || !put_text(&m, holder, "the holder's name", e))
		return false;
	msg_put_str(&m, c->in->asker);
	if (!peer_call(c->api->verifier, &m, &reply, e) || !answer_read(out, msg_span(&reply, 0), e))
		return false;
	answer_status_put(c->out, *out);
	return true;
}

bool
lookup_run(struct call *c, struct err *e)
{
	static const char *const keys[] = { "kind", "number", "holder", NULL };
	const char *kind, *number, *holder;
	own(json_t) *asked = NULL, *answer = NULL;

	if (!json_read(&asked, c->in->body, e) || !json_only(asked, keys, e) || !json_take_str(&kind, asked, "kind", e) || !json_take_str(&number, asked, "number", e) ||
	    !json_take_str(&holder, asked, "holder", e) || !ask(&answer, c, kind, number, holder, e))
		return false;
	c->out->type = "application/json";
	json_write(&c->out->body, answer);
	return buf_ok(&c->out->body, "the answer", e);
}

/*
 * Pages.
 */

static const char title[] = "Tra cứu giấy phép theo số và họ tên";

static bool
put_page(struct call *c, struct err *e)
{
	c->out->type = "text/html; charset=utf-8";
	return buf_ok(&c->out->body, "the page", e);
}

static void
put_field(struct buf *out, const char *name, int max, const char *vi, const char *en, const char *hint)
{
	buf_printf(out, "<p><label for=\"%s\">%s <span lang=\"en\">(%s)</span></label><input id=\"%s\" name=\"%s\" type=\"text\" required maxlength=\"%d\" autocomplete=\"off\" "
	    "spellcheck=\"false\" aria-describedby=\"%s-hint\"><span id=\"%s-hint\" class=\"hint\">%s</span></p>\n", name, vi, en, name, name, max, name, name, hint);
}

/* Where there is one there is nothing to choose. */
static void
put_kinds(struct buf *out, const json_t *kinds)
{
	const json_t *k = json_array_get(kinds, 0);
	size_t i;

	if (json_array_size(kinds) == 1) {
		text_put_html_part(out, "<p><input type=\"hidden\" name=\"kind\" value=\"", json_text(k, "id"), "\">");
		text_put_html_part(out, "<strong>", json_text(k, "vi"), "</strong>");
		text_put_html_part(out, " – <span lang=\"en\">", json_text(k, "en"), "</span></p>\n");
		return;
	}
	buf_put_str(out, "<p><label for=\"kind\">Loại giấy <span lang=\"en\">(kind)</span></label><select id=\"kind\" name=\"kind\" required>\n");
	json_array_foreach(kinds, i, k) {
		text_put_html_part(out, "<option value=\"", json_text(k, "id"), "\">");
		text_put_html(out, span_str(json_text(k, "vi")));
		buf_put_str(out, "</option>\n");
	}
	buf_put_str(out, "</select></p>\n");
}

static void
put_form(struct buf *out, const json_t *kinds)
{
	if (json_array_size(kinds) == 0) {
		buf_put_str(out, "<p>Ở đây không loại giấy nào tra được theo số. – <span lang=\"en\">No kind of permit is looked up by its number here.</span></p>\n");
		return;
	}
	buf_put_str(out, "<form method=\"post\" action=\"/tra-cuu\" autocomplete=\"off\">\n");
	put_kinds(out, kinds);
	put_field(out, "number", LOOKUP_NUMBER_MAX, "Số giấy", "number", "Như in trên giấy; chữ hoa, chữ thường đều được. – <span lang=\"en\">As it is printed; capitals or not.</span>");
	put_field(out, "holder", LOOKUP_HOLDER_MAX, "Họ tên đầy đủ của người được cấp", "holder's full name", "Có dấu hay không dấu đều được. – <span lang=\"en\">With or without diacritics.</span>");
	buf_put_str(out, "<p><button type=\"submit\" id=\"go\">Tra cứu – <span lang=\"en\">Look up</span></button></p></form>\n");
}

static void
put_refusal(struct buf *out, const json_t *say)
{
	text_put_html_part(out, "<section id=\"answer\" class=\"said grey\" role=\"alert\"><h2>CHƯA TRA ĐƯỢC</h2><p class=\"say\">", json_text(say, "vi"), "</p>\n");
	text_put_html_part(out, "<div lang=\"en\"><p>", json_text(say, "en"), "</p></div></section>\n");
}

/* refused: the words why nothing was looked up, NULL: nothing was asked yet. */
static bool
put_form_page(struct call *c, const json_t *refused, struct err *e)
{
	own_struct(msg) m = msg_new(VERIFY_PUBLISHERS, 64), reply = msg_new(0, HTTP_REPLY_MAX);
	struct buf *out = &c->out->body;
	own(json_t) *answer = NULL;

	if (!peer_call(c->api->verifier, &m, &reply, e) || !answer_read(&answer, msg_span(&reply, 0), e))
		return false;
	gazette_head(out, answer, title, "");
	buf_put_str(out, "<p class=\"what\">Cho biết giấy mang số và tên này có trong sổ của thành phố không, và còn hiệu lực không. – "
	    "<span lang=\"en\">Tells whether the city's register has a permit with this number and name, and whether it is in force.</span></p></header><main>\n");
	if (refused != NULL)
		put_refusal(out, refused);
	put_form(out, json_object_get(answer, "lookups"));
	gazette_foot(out);
	return put_page(c, e);
}

bool lookup_page_run(struct call *c, struct err *e) { return put_form_page(c, NULL, e); }

/* A person gets a page, with the status that a program would get. */
static bool
put_refused_page(struct call *c, struct err *e)
{
	own(json_t) *problem = NULL;

	c->out->status = (unsigned)err_http(e->class);
	problem = http_problem_json(c->out->status, e, NULL);
	return put_form_page(c, json_object_get(problem, "say"), e);
}

bool
lookup_form_run(struct call *c, struct err *e)
{
	own_str char *kind = NULL, *number = NULL, *holder = NULL;
	struct buf *out = &c->out->body;
	own(json_t) *answer = NULL;
	const json_t *item;

	if (!form_text(&kind, c, "kind", e) || !form_text(&number, c, "number", e) || !form_text(&holder, c, "holder", e))
		return false;
	if (!ask(&answer, c, kind, number, holder, e))
		return put_refused_page(c, e);
	item = json_object_get(answer, "permit");
	gazette_head(out, json_object_get(answer, "answer"), title, "");
	buf_put_str(out, "</header><main>\n");
	answer_said_html(out, json_object_get(answer, "answer"));
	if (item != NULL)
		gazette_item(out, item);
	buf_put_str(out, "<p><a href=\"/tra-cuu\">Tra cứu giấy khác – <span lang=\"en\">Look up another</span></a></p>\n");
	gazette_foot(out);
	return put_page(c, e);
}
