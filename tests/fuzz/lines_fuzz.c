/* The lines of a batch: wherever the text is cut, the same lines come out, none longer
 * than it may be, and together they are the text. */
#include "tests/fuzz/target.h"

#include "api/lines.h"

struct told { struct buf text; size_t lines; };

static void
tell(struct told *t, const struct lines *l, enum line what, struct span line)
{
	t->lines++;
	promise(what == LINE_WHOLE || what == LINE_TOO_LONG);
	promise(l->number == t->lines);
	buf_put_byte(&t->text, (unsigned char)what);
	if (what != LINE_WHOLE)
		return;
	promise(line.len <= LINE_OCTETS_MAX && (line.len == 0 || memchr(line.ptr, '\n', line.len) == NULL));
	buf_put_span(&t->text, line);
	buf_put_byte(&t->text, '\n');
}

/* Cut into pieces of so many octets. */
static struct told
lines_of(struct span text, size_t size)
{
	struct told t = { .text = buf_new(64 << 20) };
	own_struct(lines) l = lines_new();
	struct span line;
	enum line what;

	while (text.len > 0) {
		struct span piece = span_of(text.ptr, text.len < size ? text.len : size);

		text = span_of(text.ptr + piece.len, text.len - piece.len);
		while ((what = lines_next(&l, &piece, &line)) != LINE_NONE)
			tell(&t, &l, what, line);
	}
	what = lines_end(&l, &line);
	if (what != LINE_NONE)
		tell(&t, &l, what, line);
	return t;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t cuts[] = { 1, 2, 7, 4096 };
	struct span text = span_of(data, size);
	struct told whole = lines_of(text, size + 1);
	size_t ends = 0;

	for (size_t i = 0; i < size; i++)
		ends += data[i] == '\n';
	promise(whole.lines == ends + (size > 0 && data[size - 1] != '\n'));
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		struct told cut = lines_of(text, cuts[i]);

		promise(cut.lines == whole.lines && span_eq(buf_span(&cut.text), buf_span(&whole.text)));
		buf_drop(&cut.text);
	}
	buf_drop(&whole.text);
	return 0;
}
