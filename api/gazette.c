#include "api/gazette.h"

#include "api/answer.h"
#include "api/forward.h"
#include "api/public.h"
#include "base/text.h"
#include "verifier/proto.h"

#include <stdio.h>

#define SAY(vi, en, fr) ((const char *const[LANGS]){ vi, en, fr })
#define AGENCY_MAX 64
#define YEAR_MIN 1000
#define YEAR_MAX 9999
#define NEVER "1970-01-01T00:00:00Z"	/* a feed has a time also where nothing happened */

/* Where a page starts: which year (0: every one), and behind which entry (0: none). */
struct start { int64_t year, after; };

/*
 * What is asked.
 */

/* min to max where something is given, else 0. */
static bool
take_number(int64_t *out, const char *text, int64_t min, int64_t max, const char *name, struct err *e)
{
	return number_read(out, text, 0, max, name, e) && (text == NULL || *out >= min || fail(e, ERR_INPUT, "\"%s\" begins at %lld", name, (long long)min));
}

/* An empty year is that of a form in which nothing was written. */
static bool
take_start(struct start *out, const struct call *c, struct err *e)
{
	const char *year = http_query(c->in, "year");

	return take_number(&out->year, year != NULL && year[0] == '\0' ? NULL : year, YEAR_MIN, YEAR_MAX, "year", e) &&
	    take_number(&out->after, http_query(c->in, "after"), 1, INT64_MAX, "after", e);
}

static bool
ask(json_t **out, struct call *c, const struct msg *m, struct err *e)
{
	own_struct(msg) reply = msg_new(0, HTTP_REPLY_MAX);

	return peer_call(c->api->verifier, m, &reply, e) && answer_read(out, msg_span(&reply, 0), e);
}

static bool
ask_agency(json_t **out, struct call *c, const char *agency, const struct start *p, struct err *e)
{
	own_struct(msg) m = msg_new(VERIFY_PUBLICATIONS, HTTP_REPLY_MAX);

	if (!text_fits(span_str(agency), "the agency", e))
		return false;
	if (strlen(agency) > AGENCY_MAX)
		return fail(e, ERR_ABSENT, "there is no such agency");
	msg_put_str(&m, agency);
	msg_put_u64(&m, (uint64_t)p->year);
	msg_put_u64(&m, (uint64_t)p->after);
	return ask(out, c, &m, e);
}

/*
 * Words.
 */

static const char *
word_of(const json_t *obj, const char *key, const char *lang)
{
	return json_text(json_object_get(obj, key), lang);
}

/* "Giấy phép xây dựng số 12/GPXD-UBND: thu hồi" */
static char *
heading(const json_t *item, const char *lang)
{
	const char *number = strcmp(lang, "vi") == 0 ? "số" : strcmp(lang, "fr") == 0 ? "n°" : "no.";

	return xprintf("%s %s %s: %s", word_of(item, "kind", lang), number, json_text(item, "number"), word_of(item, "say", lang));
}

/*
 * Pages.
 */

static void
head(struct buf *out, const json_t *answer, const char *title, const char *feed)
{
	buf_put_str(out, "<!doctype html>\n<html lang=\"vi\"><head><meta charset=\"utf-8\">"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"robots\" content=\"noindex, nofollow\"><title>");
	text_put_html(out, span_str(title));
	buf_put_str(out, "</title><link rel=\"stylesheet\" href=\"/style.css\">");
	text_put_html_part(out, "<link rel=\"alternate\" type=\"application/atom+xml\" href=\"/cong-khai/", feed, "/atom\">");
	buf_put_str(out, "</head><body class=\"gazette\">\n");
	if (word_of(answer, "prefix", "vi")[0] != '\0') {
		text_put_html_part(out, "<p id=\"demonstration\" role=\"note\">", word_of(answer, "prefix", "vi"), "");
		text_put_html_part(out, " – <span lang=\"en\">", word_of(answer, "prefix", "en"), "</span>");
		buf_put_str(out, "</p>\n");
	}
	text_put_html_part(out, "<header><h1>", title, "</h1>\n");
}

static void
foot(struct buf *out)
{
	buf_put_str(out, "</main><footer><p><a href=\"/\">Kiểm tra một giấy phép – <span lang=\"en\">Check a permit</span></a></p></footer></body></html>\n");
}

static void
put_row(struct buf *out, const char *term, const char *value, int depth)
{
	buf_printf(out, "<div class=\"%sdepth%d\"><dt>", value[0] == '\0' ? "group " : "", depth < 0 ? 0 : depth > 3 ? 3 : depth);
	text_put_html(out, span_str(term));
	buf_put_str(out, "</dt><dd>");
	text_put_html(out, span_str(value));
	buf_put_str(out, "</dd></div>\n");
}

static void
put_fact(struct buf *out, const char *term, const char *value)
{
	if (value[0] != '\0')
		put_row(out, term, value, 0);
}

static void
put_day_fact(struct buf *out, const char *term, const char *iso)
{
	char text[DAY_TEXT];

	put_fact(out, term, day_of_people(text, iso));
}

/* An issue holds until its day; a decision from its day, and some until another. */
static void
put_facts(struct buf *out, const json_t *item, enum lang l)
{
	bool issue = strcmp(json_text(item, "what"), "issued") == 0;
	long long version = json_integer_value(json_object_get(item, "version"));
	char nth[24] = "";

	put_day_fact(out, SAY("Ngày cấp", "Issued on", "Délivré le")[l], json_text(item, "day"));
	put_day_fact(out, SAY("Kể từ ngày", "From", "À partir du")[l], issue ? "" : json_text(item, "from"));
	put_day_fact(out, issue ? SAY("Có hiệu lực đến hết", "Valid through", "Valable jusqu’au")[l] : SAY("Đến hết ngày", "Through", "Jusqu’au")[l], json_text(item, "until"));
	put_fact(out, SAY("Quyết định", "Decision", "Décision")[l], json_text(item, "decision"));
	if (version > 1)
		snprintf(nth, sizeof(nth), "%lld", version);
	put_fact(out, SAY("Bản thứ", "Version", "Version")[l], nth);
	put_fact(out, SAY("Hiện nay", "Now", "Aujourd’hui")[l], word_of(item, "state_say", answer_lang_word(l)));
	put_day_fact(out, SAY("Ghi vào sổ ngày", "Recorded on", "Inscrit le")[l], json_text(item, "recorded"));
}

void
gazette_item(struct buf *out, const json_t *item, enum lang l)
{
	const char *lang = answer_lang_word(l), *beside = l == LANG_VI ? "en" : "vi";
	own_str char *first = heading(item, lang), *second = heading(item, beside);
	const json_t *line;
	size_t i;

	buf_printf(out, "<section class=\"box\" id=\"m%lld\"><h2>", (long long)json_integer_value(json_object_get(item, "entry")));
	text_put_html(out, span_str(first));
	buf_printf(out, "</h2><p lang=\"%s\">", beside);
	text_put_html(out, span_str(second));
	buf_put_str(out, "</p><dl>\n");
	put_facts(out, item, l);
	json_array_foreach(json_object_get(item, "lines"), i, line)
		put_row(out, json_text(line, lang), json_text(line, "value"), (int)json_integer_value(json_object_get(line, "depth")));
	buf_put_str(out, "</dl></section>\n");
}

/* A form, so that a year is chosen without a script. */
static void
put_choice(struct buf *out, const struct start *p)
{
	buf_put_str(out, "<form method=\"get\"><p><label for=\"year\">Năm <span lang=\"en\">(year)</span></label>"
	    "<input id=\"year\" name=\"year\" type=\"text\" inputmode=\"numeric\" pattern=\"[0-9]{4}\" maxlength=\"4\" autocomplete=\"off\" value=\"");
	if (p->year > 0)
		buf_printf(out, "%lld", (long long)p->year);
	buf_put_str(out, "\"></p><p><button type=\"submit\" id=\"go\">Xem – <span lang=\"en\">Show</span></button></p></form>\n");
}

static void
put_next(struct buf *out, const json_t *answer, const struct start *p)
{
	const json_t *next = json_object_get(answer, "next");

	if (!json_is_integer(next))
		return;
	buf_put_str(out, "<p id=\"links\"><a rel=\"next\" href=\"?");
	if (p->year > 0)
		buf_printf(out, "year=%lld&amp;", (long long)p->year);
	buf_printf(out, "after=%lld\">Cũ hơn – <span lang=\"en\">Older</span></a></p>\n", (long long)json_integer_value(next));
}

static void
page(struct buf *out, const json_t *answer, const struct start *p)
{
	const json_t *agency = json_object_get(answer, "agency"), *items = json_object_get(answer, "items"), *item;
	own_str char *title = xprintf("Công khai giấy phép – %s", json_text(agency, "name"));
	size_t i;

	head(out, answer, title, json_text(agency, "id"));
	buf_put_str(out, "<p class=\"what\">Giấy phép đã cấp và các quyết định về giấy phép, mới nhất trước. – <span lang=\"en\">Permits issued and what was decided about them, the newest first.</span></p>\n");
	text_put_html_part(out, "<p id=\"links\"><a href=\"/cong-khai\">Cơ quan khác – <span lang=\"en\">Other agencies</span></a> <a href=\"/cong-khai/", json_text(agency, "id"), "/atom\">Atom</a></p></header><main>\n");
	put_choice(out, p);
	text_put_html_part(out, "<p class=\"what\">Theo sổ đến <span lang=\"en\">(as of)</span> ", word_of(answer, "replica", "as_of"), "</p>\n");
	if (json_array_size(items) == 0)
		buf_put_str(out, "<p class=\"box\">Chưa có gì được công khai ở đây. – <span lang=\"en\">Nothing has been made public here.</span></p>\n");
	json_array_foreach(items, i, item)
		gazette_item(out, item, LANG_VI);
	put_next(out, answer, p);
	foot(out);
}

static void
put_agency(struct buf *out, const json_t *a)
{
	text_put_html_part(out, "<li><a href=\"/cong-khai/", json_text(a, "id"), "\">");
	text_put_html(out, span_str(json_text(a, "name")));
	buf_put_str(out, json_is_true(json_object_get(a, "ended")) ? "</a> (đã kết thúc hoạt động)</li>\n" : "</a></li>\n");
}

/*
 * The feed (RFC 4287).
 */

static void
put_xml(struct buf *out, const char *before, const char *text, const char *after)
{
	buf_put_str(out, before);
	text_put_xml_attr(out, span_str(text));
	buf_put_str(out, after);
}

static void
feed_item(struct buf *out, const json_t *item, const char *address)
{
	own_str char *where = xprintf("%s#m%lld", address, (long long)json_integer_value(json_object_get(item, "entry")));
	own_str char *title = heading(item, "vi");

	put_xml(out, "<entry><id>", where, "</id>");
	put_xml(out, "<title>", title, "</title>");
	put_xml(out, "<updated>", json_text(item, "recorded"), "</updated>");
	put_xml(out, "<link href=\"", where, "\"/>");
	put_xml(out, "<summary>", json_text(item, "decision")[0] != '\0' ? json_text(item, "decision") : json_text(item, "from"), "</summary></entry>\n");
}

static void
feed(struct buf *out, const json_t *answer, const char *host)
{
	const json_t *agency = json_object_get(answer, "agency"), *items = json_object_get(answer, "items"), *item;
	own_str char *address = xprintf("https://%s/cong-khai/%s", host, json_text(agency, "id"));
	const char *prefix = word_of(answer, "prefix", "vi"), *updated = json_text(json_array_get(items, 0), "recorded");
	size_t i;

	buf_put_str(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"vi\">");
	put_xml(out, "<id>", address, "</id>");
	put_xml(out, "<title>Công khai giấy phép – ", json_text(agency, "name"), "</title>");
	if (prefix[0] != '\0')
		put_xml(out, "<subtitle>", prefix, "</subtitle>");
	put_xml(out, "<updated>", updated[0] != '\0' ? updated : NEVER, "</updated>");
	put_xml(out, "<author><name>", json_text(agency, "name"), "</name></author>");
	put_xml(out, "<link rel=\"self\" href=\"", address, "/atom\"/>");
	put_xml(out, "<link href=\"", address, "\"/>\n");
	json_array_foreach(items, i, item)
		feed_item(out, item, address);
	buf_put_str(out, "</feed>\n");
}

/*
 * Handlers.
 */

bool
publications_run(struct call *c, struct err *e)
{
	const char *agency = http_query(c->in, "agency");
	own(json_t) *answer = NULL;
	struct start p;

	if (agency == NULL)
		return fail(e, ERR_INPUT, "\"agency\" is needed");
	if (!take_start(&p, c, e) || !ask_agency(&answer, c, agency, &p, e))
		return false;
	json_write(&c->out->body, answer);
	return public_unindexed(c, "application/json", e);
}

bool
gazette_run(struct call *c, struct err *e)
{
	own(json_t) *answer = NULL;
	struct start p;

	if (!take_start(&p, c, e) || !ask_agency(&answer, c, c->arg, &p, e))
		return false;
	page(&c->out->body, answer, &p);
	return public_unindexed(c, "text/html; charset=utf-8", e);
}

bool
gazette_feed_run(struct call *c, struct err *e)
{
	const struct start newest = { 0, 0 };
	own(json_t) *answer = NULL;

	if (!ask_agency(&answer, c, c->arg, &newest, e))
		return false;
	feed(&c->out->body, answer, c->api->host);
	return public_unindexed(c, "application/atom+xml", e);
}

bool
gazette_agencies_run(struct call *c, struct err *e)
{
	own_struct(msg) m = msg_new(VERIFY_PUBLISHERS, 64);
	own(json_t) *answer = NULL;
	const json_t *a;
	size_t i;

	if (!ask(&answer, c, &m, e))
		return false;
	head(&c->out->body, answer, "Công khai giấy phép", "");
	buf_put_str(&c->out->body, "<p class=\"what\">Giấy phép đã cấp và quyết định thu hồi, đình chỉ, hủy của từng cơ quan. – "
	    "<span lang=\"en\">Permits issued, withdrawn, suspended and cancelled, by agency.</span></p></header><main><ul>\n");
	json_array_foreach(json_object_get(answer, "agencies"), i, a)
		put_agency(&c->out->body, a);
	buf_put_str(&c->out->body, "</ul>\n");
	foot(&c->out->body);
	return public_unindexed(c, "text/html; charset=utf-8", e);
}
