#include "api/history.h"

#include "api/answer.h"
#include "base/text.h"

/* What stands before each, by enum lang. */
static const struct { const char *key, *say[LANGS]; bool day; } facts[] = {
	{ "until", { ", đến hết ngày ", ", through ", ", jusqu’au " }, true },
	{ "decision", { ", theo quyết định ", ", decision ", ", décision " }, false },
	{ "replacement", { ", thay bằng số ", ", replaced by number ", ", remplacé par le numéro " }, false },
};
static const char *const version_say[LANGS] = { ", bản thứ ", ", version ", ", version " };

static void
put_change(struct buf *out, const json_t *change, enum lang lang, bool beside)
{
	const json_t *say = json_object_get(change, "say");
	char day[DAY_TEXT];

	buf_put_str(out, "<div><dt>");
	text_put_html(out, span_str(day_of_people(day, json_text(change, "from"))));
	buf_put_str(out, "</dt><dd>");
	text_put_html_part(out, "<strong>", json_text(say, answer_lang_word(lang)), "</strong>");
	if (beside)
		text_put_html_part(out, " <span lang=\"en\">(", json_text(say, "en"), ")</span>");
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		const char *value = json_text(change, facts[i].key);

		text_put_html_part(out, facts[i].say[lang], facts[i].day ? day_of_people(day, value) : value, "");
	}
	if (json_integer_value(json_object_get(change, "version")) > 1)
		buf_printf(out, "%s%lld", version_say[lang], (long long)json_integer_value(json_object_get(change, "version")));
	text_put_html_part(out, "<br><span lang=\"vi\">", json_text(change, "note"), "</span>");
	buf_put_str(out, "</dd></div>\n");
}

void
history_html(struct buf *out, const json_t *answer, enum lang lang, bool beside)
{
	static const char *const title[LANGS] = { "Ghi sau khi cấp", "Recorded since it was issued", "Inscrit depuis la délivrance" };
	const json_t *history = json_object_get(json_object_get(answer, "register"), "history"), *change;
	size_t i;

	if (json_array_size(history) == 0)
		return;
	buf_printf(out, "<section id=\"since\"><h2>%s%s</h2><dl id=\"changes\">\n", title[lang], beside ? " <span lang=\"en\">(recorded since it was issued)</span>" : "");
	json_array_foreach(history, i, change)
		put_change(out, change, lang, beside);
	buf_put_str(out, "</dl></section>\n");
}
