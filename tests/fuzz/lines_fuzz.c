/* The lines of a batch: wherever the text is cut, the same lines come out, none longer
 * than it may be, and those that are longer are told as such. */
#include "tests/fuzz/target.h"

#include "api/lines.h"

#define STRETCHED_MAX 4

/* An octet that no text has stands for a line's worth but three, so that a few octets
 * are a line that is too long by one; the first of them do. */
static void
stretch(struct buf *out, struct span seed)
{
	size_t stretched = 0;

	for (size_t i = 0; i < seed.len; i++)
		if (seed.ptr[i] == 0xff && stretched++ < STRETCHED_MAX)
			memset(buf_extend(out, LINE_OCTETS_MAX - 3), 'x', LINE_OCTETS_MAX - 3);
		else
			buf_put_byte(out, seed.ptr[i]);
}

static void
tell(struct buf *told, enum line what, struct span line)
{
	promise(what == LINE_WHOLE || what == LINE_TOO_LONG);
	buf_put_byte(told, (unsigned char)what);
	if (what == LINE_WHOLE)
		buf_put_span(told, line);
	buf_put_byte(told, '\n');
}

/* Looked at as a whole. */
static void
lines_are(struct buf *told, struct span text)
{
	while (text.len > 0) {
		const unsigned char *end = memchr(text.ptr, '\n', text.len);
		struct span line = span_of(text.ptr, end == NULL ? text.len : (size_t)(end - text.ptr));

		text = end == NULL ? SPAN_NONE : span_of(end + 1, text.len - line.len - 1);
		if (line.len > 0 && line.ptr[line.len - 1] == '\r')
			line.len--;
		tell(told, line.len > LINE_OCTETS_MAX ? LINE_TOO_LONG : LINE_WHOLE, line);
	}
}

/* Cut into pieces of so many octets. */
static void
lines_cut(struct buf *told, struct span text, size_t size)
{
	own_struct(lines) l = lines_new(LINE_OCTETS_MAX);
	struct span line;
	enum line what;
	size_t n = 0;

	while (text.len > 0) {
		struct span piece = span_of(text.ptr, text.len < size ? text.len : size);

		text = span_of(text.ptr + piece.len, text.len - piece.len);
		while ((what = lines_next(&l, &piece, &line)) != LINE_NONE) {
			tell(told, what, line);
			promise(l.number == ++n);
		}
	}
	what = lines_end(&l, &line);
	if (what != LINE_NONE) {
		tell(told, what, line);
		promise(l.number == ++n);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t cuts[] = { 1, 2, 7, 4096, SIZE_MAX };
	own_struct(buf) text = buf_new(64 << 20), are = buf_new(64 << 20);

	stretch(&text, span_of(data, size));
	lines_are(&are, buf_span(&text));
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		own_struct(buf) told = buf_new(64 << 20);

		lines_cut(&told, buf_span(&text), cuts[i]);
		promise(span_eq(buf_span(&told), buf_span(&are)));
	}
	return 0;
}
