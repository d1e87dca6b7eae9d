/* code_page_get, code_page_put_json: what a page has comes back as the same octets, and as the
 * same text; of any text what the page has not is escaped, and read again as JSON is the text. */
#include "tests/fuzz/target.h"

#include "base/code_page.h"
#include "base/json.h"
#include "base/text.h"

/* 1258 has some letters in two writings. */
static void
read_in(const struct code_page *p, struct span s)
{
	own_struct(buf) utf8 = buf_new(1 << 24), octets = buf_new(1 << 24), again = buf_new(1 << 24);
	struct err e = { ERR_NONE, "" };

	if (!code_page_get(&utf8, p, s, &e)) {
		promise(e.class == ERR_INPUT && e.code[0] != '\0' && e.vi[0] != '\0' && utf8_check(span_str(e.vi), &e));
		return;
	}
	promise(text_is_nfc(buf_span(&utf8)));
	code_page_put_json(&octets, p, buf_span(&utf8));
	promise(octets.len <= s.len && memchr(s.ptr ?: (const unsigned char *)"", 0, s.len) == NULL);
	promise(strcmp(code_page_name(p), "windows-1258") == 0 || span_eq(buf_span(&octets), s));
	promise(code_page_get(&again, p, buf_span(&octets), &e) && span_eq(buf_span(&again), buf_span(&utf8)));
}

static void
write_in(const struct code_page *p, struct span text)
{
	own(json_t) *string = json_stringn((const char *)text.ptr, text.len), *back = NULL;
	own_struct(buf) json = buf_new(1 << 24), octets = buf_new(1 << 24), utf8 = buf_new(1 << 24);
	own(json_t) *list = json_pack("[O]", string);
	struct err e = { ERR_NONE, "" };

	json_write(&json, list);
	code_page_put_json(&octets, p, buf_span(&json));
	/* Of ASCII one thing has a page not that JSON may have raw: DEL. */
	if (!code_page_get(&utf8, p, buf_span(&octets), &e)) {
		promise(memchr(text.ptr, 0x7f, text.len) != NULL || strcmp(e.code, "is-utf-8") == 0);
		return;
	}
	promise(json_read(&back, buf_span(&utf8), &e) && json_equal(back, list));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = span_of(data, size);
	struct err e;

	for (size_t i = 0; code_page_nth(i) != NULL; i++) {
		read_in(code_page_nth(i), s);
		if (size > 0 && size < 100000 && utf8_check(s, &e) && memchr(data, 0, size) == NULL)
			write_in(code_page_nth(i), s);
	}
	return 0;
}
