#include "api/cli/csv.h"

#include <stdlib.h>

struct csv
csv_open(struct span text)
{
	static const char mark[] = "\xef\xbb\xbf";
	const unsigned char *end;
	size_t n;

	if (text.len >= 3 && memcmp(text.ptr, mark, 3) == 0)
		text = span_of(text.ptr + 3, text.len - 3);
	end = text.len == 0 ? NULL : memchr(text.ptr, '\n', text.len);
	n = end == NULL ? text.len : (size_t)(end - text.ptr);
	return (struct csv){ .rest = text, .line = 1,
		.separator = n > 0 && memchr(text.ptr, ',', n) == NULL && memchr(text.ptr, ';', n) != NULL ? ';' : ',' };
}

void
csv_row_drop(struct csv_row *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->field[i]);
	r->n = 0;
}

static int
peek(const struct csv *c)
{
	return c->rest.len == 0 ? -1 : c->rest.ptr[0];
}

static int
take_octet(struct csv *c)
{
	int octet = peek(c);

	c->rest = octet < 0 ? c->rest : span_of(c->rest.ptr + 1, c->rest.len - 1);
	c->line += octet == '\n';
	return octet;
}

static bool
ends_field(const struct csv *c)
{
	int octet = peek(c);

	return octet < 0 || octet == c->separator || octet == '\n' || (octet == '\r' && (c->rest.len == 1 || c->rest.ptr[1] == '\n'));
}

static bool
take_quoted(struct buf *out, struct csv *c, struct err *e)
{
	size_t began = c->line;

	(void)take_octet(c);
	for (;;) {
		int octet = take_octet(c);

		if (octet < 0)
			return fail(e, ERR_INPUT, "line %zu: a quote is not closed", began);
		if (octet == '"' && peek(c) != '"')
			return ends_field(c) || fail(e, ERR_INPUT, "line %zu: something stands behind a closing quote", c->line);
		if (octet == '"')
			(void)take_octet(c);
		buf_put_byte(out, (unsigned char)octet);
	}
}

static bool
take_plain(struct buf *out, struct csv *c, struct err *e)
{
	while (!ends_field(c)) {
		int octet = take_octet(c);

		if (octet == '"')
			return fail(e, ERR_INPUT, "line %zu: a quote inside a field that does not begin with one", c->line);
		buf_put_byte(out, (unsigned char)octet);
	}
	return true;
}

static bool
take_field(struct csv_row *r, struct csv *c, struct err *e)
{
	own_struct(buf) field = buf_new(64u << 20);

	if (r->n == CSV_FIELDS_MAX)
		return fail(e, ERR_LIMIT, "line %zu: more than %d fields", c->line, CSV_FIELDS_MAX);
	if (!(peek(c) == '"' ? take_quoted : take_plain)(&field, c, e) || !buf_ok(&field, "a field", e))
		return false;
	if (field.len > 0 && memchr(field.ptr, 0, field.len) != NULL)
		return fail(e, ERR_INPUT, "line %zu: a NUL", c->line);
	r->field[r->n++] = xstrdup(buf_str(&field));
	return true;
}

static void
skip_empty_lines(struct csv *c)
{
	while (peek(c) == '\n' || (peek(c) == '\r' && ends_field(c)))
		(void)take_octet(c);
}

bool
csv_next(struct csv *c, struct csv_row *out, bool *more, struct err *e)
{
	own_struct(csv_row) r = { .n = 0 };

	skip_empty_lines(c);
	*more = c->rest.len > 0;
	r.line = c->line;
	while (*more) {
		if (!take_field(&r, c, e))
			return false;
		if (peek(c) != c->separator)
			break;
		(void)take_octet(c);
	}
	if (peek(c) == '\r')
		(void)take_octet(c);
	(void)take_octet(c);
	*out = r;
	r.n = 0;
	return true;
}
