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

#define SAY(vi, en, fr) ((const char *const[LANGS]){ vi, en, fr })

static const char *const titles[LANGS] = { "Tra cứu giấy phép theo số và họ tên", "Look up a permit by number and name", "Chercher un permis par numéro et nom" };
static const char *const names[LANGS] = { "Tiếng Việt", "English", "Français" };

/* Up to what is in <main>; said: has the member "prefix". */
static void
put_head(struct buf *out, const json_t *said, enum lang l)
{
	answer_head(out, l, titles[l]);
	buf_put_str(out, "<link rel=\"stylesheet\" href=\"/style.css\">\n</head>\n<body class=\"gazette\">\n");
	answer_prefix_html(out, said, l);
	buf_printf(out, "<header><h1>%s</h1>\n<nav class=\"languages\" aria-label=\"Ngôn ngữ, language, langue\">", titles[l]);
	for (enum lang x = 0; x < LANGS; x++)
		buf_printf(out, "<a href=\"/tra-cuu?lang=%s\" id=\"to-%s\" lang=\"%s\" hreflang=\"%s\">%s</a> ", answer_lang_word(x), answer_lang_word(x), answer_lang_word(x), answer_lang_word(x), names[x]);
	buf_put_str(out, "</nav>\n");
}

static bool
put_foot(struct call *c, enum lang l, struct err *e)
{
	c->out->type = "text/html; charset=utf-8";
	buf_printf(&c->out->body, "</main>\n<footer><p><a href=\"/?lang=%s\">%s</a></p></footer>\n</body>\n</html>\n", answer_lang_word(l), SAY("Kiểm tra một giấy phép", "Check a permit", "Vérifier un permis")[l]);
	return buf_ok(&c->out->body, "the page", e);
}

static void
put_field(struct buf *out, const char *name, int max, const char *label, const char *hint)
{
	buf_printf(out, "<p><label for=\"%s\">%s</label><input id=\"%s\" name=\"%s\" type=\"text\" required maxlength=\"%d\" autocomplete=\"off\" "
	    "spellcheck=\"false\" aria-describedby=\"%s-hint\"><span id=\"%s-hint\" class=\"hint\">%s</span></p>\n", name, label, name, name, max, name, name, hint);
}

/* Where there is one there is nothing to choose.  The paper has its name in Vietnamese. */
static void
put_kinds(struct buf *out, const json_t *kinds, enum lang l)
{
	const char *lang = answer_lang_word(l);
	const json_t *k = json_array_get(kinds, 0);
	size_t i;

	if (json_array_size(kinds) == 1) {
		text_put_html_part(out, "<p><input type=\"hidden\" name=\"kind\" value=\"", json_text(k, "id"), "\">");
		text_put_html_part(out, "<strong>", json_text(k, lang), "</strong>");
		text_put_html_part(out, " <span lang=\"vi\">(", l == LANG_VI ? "" : json_text(k, "vi"), ")</span>");
		buf_put_str(out, "</p>\n");
		return;
	}
	buf_printf(out, "<p><label for=\"kind\">%s</label><select id=\"kind\" name=\"kind\" required>\n", SAY("Loại giấy", "Kind", "Type")[l]);
	json_array_foreach(kinds, i, k) {
		text_put_html_part(out, "<option value=\"", json_text(k, "id"), "\">");
		text_put_html(out, span_str(json_text(k, lang)));
		buf_put_str(out, "</option>\n");
	}
	buf_put_str(out, "</select></p>\n");
}

static void
put_form(struct buf *out, const json_t *kinds, enum lang l)
{
	if (json_array_size(kinds) == 0) {
		buf_printf(out, "<p>%s</p>\n", SAY("Ở đây không loại giấy nào tra được theo số.", "No kind of permit is looked up by its number here.", "Aucun type de permis ne se cherche ici par numéro.")[l]);
		return;
	}
	buf_printf(out, "<form method=\"post\" action=\"/tra-cuu\" autocomplete=\"off\">\n<input type=\"hidden\" name=\"lang\" value=\"%s\">\n", answer_lang_word(l));
	put_kinds(out, kinds, l);
	put_field(out, "number", LOOKUP_NUMBER_MAX, SAY("Số giấy", "Number", "Numéro")[l],
	    SAY("Như in trên giấy; chữ hoa, chữ thường đều được.", "As it is printed; capitals or not.", "Tel qu’il est imprimé ; majuscules ou non.")[l]);
	put_field(out, "holder", LOOKUP_HOLDER_MAX, SAY("Họ tên đầy đủ của người được cấp", "Holder's full name", "Nom complet du titulaire")[l],
	    SAY("Có dấu hay không dấu đều được.", "With or without diacritics.", "Avec ou sans signes diacritiques.")[l]);
	buf_printf(out, "<p><button type=\"submit\" id=\"go\">%s</button></p></form>\n", SAY("Tra cứu", "Look up", "Chercher")[l]);
}

/* A refusal has no French: then it is in English, and marked as such. */
static void
put_refusal(struct buf *out, const json_t *say, enum lang l)
{
	buf_printf(out, "<section id=\"answer\" class=\"said grey\" role=\"alert\"><h2>%s</h2>", SAY("CHƯA TRA ĐƯỢC", "NOT LOOKED UP", "NON CHERCHÉ")[l]);
	text_put_html_part(out, l == LANG_VI ? "<p class=\"say\">" : "<p class=\"say\" lang=\"en\">", json_text(say, l == LANG_VI ? "vi" : "en"), "</p>");
	buf_put_str(out, "</section>\n");
}

/* refused: the words why nothing was looked up, NULL: nothing was asked yet. */
static bool
put_form_page(struct call *c, enum lang l, const json_t *refused, struct err *e)
{
	own_struct(msg) m = msg_new(VERIFY_PUBLISHERS, 64), reply = msg_new(0, HTTP_REPLY_MAX);
	struct buf *out = &c->out->body;
	own(json_t) *answer = NULL;

	if (!peer_call(c->api->verifier, &m, &reply, e) || !answer_read(&answer, msg_span(&reply, 0), e))
		return false;
	put_head(out, answer, l);
	buf_printf(out, "<p class=\"what\">%s</p></header>\n<main>\n", SAY("Cho biết giấy mang số và tên này có trong sổ của thành phố không, và còn hiệu lực không.",
	    "Tells whether the city's register has a permit with this number and name, and whether it is in force.", "Dit si le registre de la ville a un permis à ce numéro et à ce nom, et s’il est en vigueur.")[l]);
	if (refused != NULL)
		put_refusal(out, refused, l);
	put_form(out, json_object_get(answer, "lookups"), l);
	return put_foot(c, l, e);
}

bool
lookup_page_run(struct call *c, struct err *e)
{
	return put_form_page(c, answer_lang(http_query(c->in, "lang")), NULL, e);
}

/* A person gets a page, with the status that a program would get. */
static bool
put_refused_page(struct call *c, enum lang l, struct err *e)
{
	own(json_t) *problem = NULL;

	c->out->status = (unsigned)err_http(e->class);
	problem = http_problem_json(c->out->status, e, NULL);
	return put_form_page(c, l, json_object_get(problem, "say"), e);
}

bool
lookup_form_run(struct call *c, struct err *e)
{
	own_str char *kind = NULL, *number = NULL, *holder = NULL, *lang = NULL;
	struct buf *out = &c->out->body;
	own(json_t) *answer = NULL;
	const json_t *item;
	enum lang l;

	if (!form_text(&kind, c, "kind", e) || !form_text(&number, c, "number", e) || !form_text(&holder, c, "holder", e) || !form_text_or_none(&lang, c, "lang", e))
		return false;
	l = answer_lang(lang);
	if (!ask(&answer, c, kind, number, holder, e))
		return put_refused_page(c, l, e);
	item = json_object_get(answer, "permit");
	put_head(out, NULL, l);
	buf_put_str(out, "</header>\n<main>\n");
	answer_box_html(out, json_object_get(answer, "answer"), l);
	if (item != NULL)
		gazette_item(out, item, l);
	buf_printf(out, "<p class=\"again\"><a href=\"/tra-cuu?lang=%s\">%s</a></p>\n", answer_lang_word(l), SAY("Tra cứu giấy khác", "Look up another permit", "Chercher un autre permis")[l]);
	return put_foot(c, l, e);
}
