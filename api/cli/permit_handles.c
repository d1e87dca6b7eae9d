#include "api/cli/permit_handles.h"

#include "base/file.h"
#include "register/entry.h"

#define HANDLES_MAX 10000

struct naming { json_t *out, *seen; };

static bool
add_handle(struct naming *n, struct span word, struct err *e)
{
	unsigned char handle[HANDLE_LEN];
	char hex[2 * HANDLE_LEN + 1];

	if (!hex_get_fixed(handle, HANDLE_LEN, word, e))
		return false;
	hex_text(hex, span_of(handle, HANDLE_LEN));
	if (json_object_get(n->seen, hex) != NULL)
		return true;
	if (json_array_size(n->out) == HANDLES_MAX)
		return fail(e, ERR_LIMIT, "more than %d permits", HANDLES_MAX);
	json_object_set_new(n->seen, hex, json_true());
	json_array_append_new(n->out, json_string(hex));
	return true;
}

static struct span
first_word(struct span line)
{
	size_t n = 0;

	while (line.len > 0 && span_is_blank(span_of(line.ptr, 1)))
		line = span_of(line.ptr + 1, line.len - 1);
	while (n < line.len && !span_is_blank(span_of(line.ptr + n, 1)))
		n++;
	return span_of(line.ptr, n);
}

static bool
handles_of_file(struct naming *n, const char *path, struct err *e)
{
	own_struct(buf) text = buf_new(16u << 20);
	struct span rest, line;

	if (!file_read(&text, path, e))
		return false;
	rest = buf_span(&text);
	for (size_t number = 1; span_next_line(&rest, &line); number++)
		if (!span_is_blank(line) && !add_handle(n, first_word(line), e))
			return fail_in(e, "line %zu", number);
	return true;
}

bool
permit_handles(json_t *out, const struct args *a, struct err *e)
{
	own(json_t) *seen = json_object();
	struct naming n = { out, seen };
	const char *file = args_get(a, "handles");

	for (size_t i = 1; i < a->nwords; i++)
		if (!add_handle(&n, span_str(a->word[i]), e))
			return fail_in(e, "%.40s", a->word[i]);
	return file == NULL || handles_of_file(&n, file, e) || fail_in(e, "%s", file);
}
