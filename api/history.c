#include "api/history.h"

#include "base/text.h"

static const char *
text_of(const json_t *obj, const char *key)
{
	const char *s = json_string_value(json_object_get(obj, key));

	return s == NULL ? "" : s;
}

/* 2026-11-03 as people write it: 03/11/2026. */
static void
put_day(struct buf *out, const char *iso)
{
	if (strlen(iso) == 10)
		buf_printf(out, "%.2s/%.2s/%.4s", iso + 8, iso + 5, iso);
}

static void
put_part(struct buf *out, const char *before, const char *text, const char *after)
{
	if (text[0] == '\0')
		return;
	buf_put_str(out, before);
	text_put_html(out, span_str(text));
	buf_put_str(out, after);
}

static void
put_change(struct buf *out, const json_t *change)
{
	const json_t *say = json_object_get(change, "say");

	buf_put_str(out, "<div><dt>");
	put_day(out, text_of(change, "from"));
	buf_put_str(out, "</dt><dd>");
	put_part(out, "<strong>", text_of(say, "vi"), "</strong>");
	put_part(out, " <span lang=\"en\">(", text_of(say, "en"), ")</span>");
	if (text_of(change, "until")[0] != '\0') {
		buf_put_str(out, ", đến hết ngày ");
		put_day(out, text_of(change, "until"));
	}
	put_part(out, ", theo quyết định ", text_of(change, "decision"), "");
	put_part(out, ", thay bằng số ", text_of(change, "replacement"), "");
	if (json_integer_value(json_object_get(change, "version")) > 1)
		buf_printf(out, ", bản thứ %lld", (long long)json_integer_value(json_object_get(change, "version")));
	put_part(out, "<br>", text_of(change, "note"), "");
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
