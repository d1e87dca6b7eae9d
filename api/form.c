#include "api/form.h"

#define BOUNDARY_MAX 70		/* RFC 2046 5.1.1 */
#define PARTS_MAX 16

static bool
decode(struct buf *out, struct span s, struct err *e)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = s.ptr[i];

		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			if (s.len - i < 3 || !hex_get_fixed(&c, 1, span_of(s.ptr + i + 1, 2), e))
				return fail(e, ERR_INPUT, "the form has a %% without two hexadecimal digits");
			i += 2;
		}
		buf_put(out, &c, 1);
	}
	return buf_ok(out, "a field of the form", e);
}

bool
form_value(struct buf *out, struct span form, const char *name, struct err *e)
{
	size_t n = strlen(name);
	const unsigned char *end;

	while (form.len != 0) {
		end = memchr(form.ptr, '&', form.len);
		size_t len = end != NULL ? (size_t)(end - form.ptr) : form.len;

		if (len > n && memcmp(form.ptr, name, n) == 0 && form.ptr[n] == '=')
			return decode(out, span_of(form.ptr + n + 1, len - n - 1), e);
		form = end != NULL ? span_of(end + 1, form.len - len - 1) : SPAN_NONE;
	}
	return fail(e, ERR_ABSENT, "the form has no field \"%s\"", name);
}

/* The boundary that the type names, without its hyphens. */
static bool
boundary_of(char out[BOUNDARY_MAX + 1], const char *type, struct err *e)
{
	const char *b = strcasestr(type, "boundary=");
	size_t n;

	if (b == NULL)
		return fail(e, ERR_INPUT, "multipart/form-data names no boundary");
	b += strlen("boundary=");
	b += *b == '"';
	n = strcspn(b, "\"; ");
	if (n == 0 || n > BOUNDARY_MAX)
		return fail(e, ERR_INPUT, "the boundary of multipart/form-data has 1 to %d characters", BOUNDARY_MAX);
	memcpy(out, b, n);
	out[n] = '\0';
	return true;
}

static bool
begins(struct span s, const char *with)
{
	size_t n = strlen(with);

	return s.len >= n && memcmp(s.ptr, with, n) == 0;
}

static struct span
after(struct span s, size_t n)
{
	return span_of(s.ptr + n, s.len - n);
}

static bool
head_names(struct span head, const char *name)
{
	static const char key[] = "; name=\"";
	const unsigned char *at = memmem(head.ptr, head.len, key, sizeof(key) - 1);
	own_str char *value = xprintf("%s\"", name);

	return at != NULL && begins(after(head, (size_t)(at - head.ptr) + sizeof(key) - 1), value);
}

/* rest: behind a boundary; *next: behind the one after it. */
static bool
take_part(struct span *head, struct span *body, struct span *next, struct span rest, const char *between, struct err *e)
{
	const unsigned char *end = memmem(rest.ptr, rest.len, between, strlen(between)), *blank = memmem(rest.ptr, rest.len, "\r\n\r\n", 4);

	if (!begins(rest, "\r\n") || end == NULL || blank == NULL || blank + 4 > end)
		return fail(e, ERR_INPUT, "the form is cut off, or a part of it has no head");
	*head = span_of(rest.ptr, (size_t)(blank - rest.ptr));
	*body = span_of(blank + 4, (size_t)(end - blank) - 4);
	*next = after(rest, (size_t)(end - rest.ptr) + strlen(between));
	return true;
}

bool
form_part(struct span *out, struct span form, const char *type, const char *name, struct err *e)
{
	char boundary[BOUNDARY_MAX + 1];
	own_str char *between = NULL;
	struct span head = SPAN_NONE, body = SPAN_NONE;

	if (!boundary_of(boundary, type, e))
		return false;
	between = xprintf("\r\n--%s", boundary);
	if (!begins(form, between + 2))
		return fail(e, ERR_INPUT, "the form does not begin with its boundary");
	form = after(form, strlen(between) - 2);
	for (int n = 0; !begins(form, "--"); n++) {
		if (n == PARTS_MAX)
			return fail(e, ERR_LIMIT, "the form has more than %d parts", PARTS_MAX);
		if (!take_part(&head, &body, &form, form, between, e))
			return false;
		if (head_names(head, name)) {
			*out = body;
			return true;
		}
	}
	return fail(e, ERR_ABSENT, "the form has no field \"%s\"", name);
}

static bool
type_is(const char *type, const char *want)
{
	size_t n = strlen(want);

	return type != NULL && strncasecmp(type, want, n) == 0 && (type[n] == '\0' || type[n] == ';' || type[n] == ' ');
}

/* ERR_ABSENT: there is no such field. */
static bool
find_field(struct span *out, struct buf *room, struct call *c, const char *name, struct err *e)
{
	const char *type = http_header(c->in, "Content-Type");

	if (type_is(type, "multipart/form-data"))
		return form_part(out, c->in->body, type, name, e);
	if (!type_is(type, "application/x-www-form-urlencoded")) {
		c->out->status = 415;
		return fail(e, ERR_INPUT, "a form is needed here: application/x-www-form-urlencoded or multipart/form-data");
	}
	if (!form_value(room, c->in->body, name, e))
		return false;
	*out = buf_span(room);
	return true;
}

/* A form without it is a bad one, not a page that is not there. */
static bool
must_be_there(struct err *e)
{
	if (e->class == ERR_ABSENT)
		e->class = ERR_INPUT;
	return false;
}

static bool
find_text(char **out, struct call *c, const char *name, struct err *e)
{
	own_struct(buf) room = buf_new(FORM_TEXT_MAX);
	struct span s;

	if (!find_field(&s, &room, c, name, e))
		return false;
	if (s.len > FORM_TEXT_MAX)
		return fail(e, ERR_LIMIT, "the field \"%s\" is longer than %d octets", name, FORM_TEXT_MAX);
	if (s.len > 0 && memchr(s.ptr, 0, s.len) != NULL)
		return fail(e, ERR_INPUT, "the field \"%s\" contains a NUL", name);
	*out = span_dup_str(s);
	return true;
}

bool
form_text(char **out, struct call *c, const char *name, struct err *e)
{
	return find_text(out, c, name, e) || must_be_there(e);
}

bool
form_field_or_none(struct span *out, struct buf *room, struct call *c, const char *name, struct err *e)
{
	*out = SPAN_NONE;
	return find_field(out, room, c, name, e) || e->class == ERR_ABSENT;
}

bool
form_text_or_none(char **out, struct call *c, const char *name, struct err *e)
{
	if (find_text(out, c, name, e))
		return true;
	if (e->class != ERR_ABSENT)
		return false;
	*out = xstrdup("");
	return true;
}
