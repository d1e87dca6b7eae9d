/* form_part, form_value.  A line with the Content-Type, then the form. */
#include "tests/fuzz/target.h"

#include "api/form.h"

static const char *const names[] = { "code", "file", "day", "lang", "as" };

/* What was found is a piece of the form, ends before its boundary, and alone in a form is found again. */
static void
look_at_part(struct span form, const char *type, const char *name)
{
	own_struct(buf) again = buf_new(form.len + 1000);
	struct span part = SPAN_NONE, second = SPAN_NONE, line;
	const unsigned char *end;
	struct err e;

	if (!form_part(&part, form, type, name, &e))
		return;
	promise(part.ptr >= form.ptr && part.ptr + part.len <= form.ptr + form.len);
	end = memmem(form.ptr, form.len, "\r\n", 2);
	promise(end != NULL);
	line = span_of(form.ptr, (size_t)(end - form.ptr));
	promise((size_t)(form.ptr + form.len - (part.ptr + part.len)) >= 2 + line.len && memcmp(part.ptr + part.len, "\r\n", 2) == 0 &&
	    memcmp(part.ptr + part.len + 2, line.ptr, line.len) == 0);
	buf_put_span(&again, line);
	buf_printf(&again, "\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n", name);
	buf_put_span(&again, part);
	buf_put_str(&again, "\r\n");
	buf_put_span(&again, line);
	buf_put_str(&again, "--\r\n");
	promise(form_part(&second, buf_span(&again), type, name, &e) && span_eq(part, second));
}

/* Written again with a % for every octet it is the same. */
static void
look_at_value(struct span form, const char *name)
{
	own_struct(buf) value = buf_new(FORM_TEXT_MAX), written = buf_new(4 * FORM_TEXT_MAX), second = buf_new(FORM_TEXT_MAX);
	struct err e;

	if (!form_value(&value, form, name, &e))
		return;
	promise(value.len <= FORM_TEXT_MAX);
	buf_printf(&written, "x=1&%s=", name);
	for (size_t i = 0; i < value.len; i++)
		buf_printf(&written, "%%%02X", value.ptr[i]);
	promise(form_value(&second, buf_span(&written), name, &e) && span_eq(buf_span(&value), buf_span(&second)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
	own_str char *type = end == NULL ? xstrdup("") : span_dup_str(span_of(data, (size_t)(end - data)));
	struct span form = end == NULL ? span_of(data, size) : span_of(end + 1, size - (size_t)(end - data) - 1);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		look_at_part(form, type, names[i]);
		look_at_value(form, names[i]);
	}
	return 0;
}
