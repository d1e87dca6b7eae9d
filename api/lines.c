#include "api/lines.h"

struct lines
lines_new(size_t max)
{
	return (struct lines){ .part = buf_new(max + 1), .max = max };	/* and its CR */
}

void
lines_drop(struct lines *l)
{
	buf_drop(&l->part);
}

static void
keep(struct lines *l, struct span s)
{
	if (l->too_long || s.len > l->part.max - l->part.len)
		l->too_long = true;
	else
		buf_put_span(&l->part, s);
}

/* What was kept is a line. */
static enum line
whole(struct lines *l, struct span *out)
{
	bool too_long = l->too_long;

	l->number++;
	l->too_long = false;
	*out = buf_span(&l->part);
	l->part.len = 0;		/* its octets stay until the next call */
	if (out->len > 0 && out->ptr[out->len - 1] == '\r')
		out->len--;
	return too_long || out->len > l->max ? LINE_TOO_LONG : LINE_WHOLE;
}

enum line
lines_next(struct lines *l, struct span *piece, struct span *out)
{
	const unsigned char *end = piece->len > 0 ? memchr(piece->ptr, '\n', piece->len) : NULL;
	size_t n = end == NULL ? piece->len : (size_t)(end - piece->ptr);

	keep(l, span_of(piece->ptr, n));
	if (end == NULL) {
		*piece = SPAN_NONE;
		return LINE_NONE;
	}
	*piece = span_of(end + 1, piece->len - n - 1);
	return whole(l, out);
}

enum line
lines_end(struct lines *l, struct span *out)
{
	return l->part.len > 0 || l->too_long ? whole(l, out) : LINE_NONE;
}
