/* question_lines, question_tell: a file of the watched folder, in every form.  What is read
 * are lines in UTF-8, as many as the file has; of a code page each that is an object says so. */
#include "tests/fuzz/target.h"

#include "api/cli/question.h"
#include "base/json.h"
#include "base/text.h"

static size_t
count(struct span s, unsigned char octet)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.ptr[i] == octet;
	return n;
}

static void
says_so(struct span lines, const char *page)
{
	struct span line;

	while (span_take_line(&lines, &line)) {
		own(json_t) *j = NULL;
		struct err ignored;

		if (json_read(&j, line, &ignored) && json_is_object(j))
			promise(strcmp(json_text(j, "converted"), page) == 0);
	}
}

static void
ask(const char *page, bool many, struct span octets)
{
	own_struct(buf) lines = buf_new(1 << 24), told = buf_new(1 << 24);
	struct question q = { .page = page };
	struct err e = { ERR_NONE, "" };
	bool read = question_lines(&lines, &q, octets, many, &e);

	promise(read || (e.text[0] != '\0' && (e.class == ERR_INPUT || e.class == ERR_LIMIT)));
	if (read) {
		promise(lines.len > 0 && utf8_check(buf_span(&lines), &e) && (many || count(buf_span(&lines), '\n') == 0));
		if (page != NULL && many) {
			promise(count(buf_span(&lines), '\n') == count(octets, '\n') + (octets.ptr[octets.len - 1] != '\n'));
			says_so(buf_span(&lines), page);
		}
	}
	question_mark(&told, &q);
	question_tell(&told, &q, span_str("{\"a\":\"Ặ 😀\"}\n"));
	promise(!told.failed && told.len >= 12);
	/* In Unicode the answer is read as the question was. */
	if (page == NULL && read) {
		own_struct(buf) back = buf_new(1000);

		promise(question_lines(&back, &q, buf_span(&told), true, &e) && span_eq_str(buf_span(&back), "{\"a\":\"Ặ 😀\"}\n"));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const pages[] = { NULL, "windows-1258", "TCVN3", "VNI" };

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		ask(pages[i], false, span_of(data, size));
		ask(pages[i], true, span_of(data, size));
	}
	return 0;
}
