#include "api/history.h"

#include "api/answer.h"
#include "base/text.h"

static void
put_change(struct buf *out, const json_t *change)
{
	const json_t *say = json_object_get(change, "say");
	char day[DAY_TEXT];

	buf_put_str(out, "<div><dt>");
	text_put_html(out, span_str(day_of_people(day, json_text(change, "from"))));
	buf_put_str(out, "</dt><dd>");
	text_put_html_part(out, "<strong>", json_text(say, "vi"), "</strong>");
	text_put_html_part(out, " <span lang=\"en\">(", json_text(say, "en"), ")</span>");
	text_put_html_part(out, ", đến hết ngày ", day_of_people(day, json_text(change, "until")), "");
	text_put_html_part(out, ", theo quyết định ", json_text(change, "decision"), "");
	text_put_html_part(out, ", thay bằng số ", json_text(change, "replacement"), "");
	if (json_integer_value(json_object_get(change, "version")) > 1)
		buf_printf(out, ", bản thứ %lld", (long long)json_integer_value(json_object_get(change, "version")));
	text_put_html_part(out, "<br>", json_text(change, "note"), "");
	buf_put_str(out, "</dd></div>\n");
}

void
history_html(struct buf *out, const json_t *answer)
{
	const json_t *history = json_object_get(json_object_get(answer, "register"), "history"), *change;
	size_t i;

	if (json_array_size(history) == 0)
		return;
	buf_put_str(out, "<section id=\"since\"><h2>Ghi sau khi cấp <span lang=\"en\">(recorded since it was issued)</span></h2><dl>\n");
	json_array_foreach(history, i, change)
		put_change(out, change);
	buf_put_str(out, "</dl></section>\n");
}
