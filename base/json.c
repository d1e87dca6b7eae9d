#include "base/json.h"

bool
json_read(json_t **out, struct span text, struct err *e)
{
	json_error_t je;
	json_t *j;

	if (text.len > JSON_MAX)
		return fail(e, ERR_LIMIT, "JSON of more than %u bytes", JSON_MAX);
	if (text.len == 0)
		return fail(e, ERR_INPUT, "empty where JSON was expected");
	j = json_loadb((const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES, &je);
	if (j == NULL)
		return fail(e, ERR_INPUT, "JSON, line %d column %d: %s", je.line, je.column, je.text);
	*out = j;
	return true;
}

static int
write_piece(const char *piece, size_t n, void *b)
{
	buf_put(b, piece, n);
	return 0;
}

void
json_write(struct buf *b, const json_t *j)
{
	promise(json_dump_callback(j, write_piece, b,
	    JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) == 0);
}

static bool
member(json_t **out, const json_t *obj, const char *key, json_type type,
    const char *type_word, struct err *e)
{
	json_t *v;

	if (!json_is_object(obj))
		return fail(e, ERR_INPUT, "expected a JSON object with \"%s\"", key);
	v = json_object_get(obj, key);
	if (v == NULL)
		return fail(e, ERR_INPUT, "\"%s\" is missing", key);
	if (json_typeof(v) != type)
		return fail(e, ERR_INPUT, "\"%s\" is not %s", key, type_word);
	*out = v;
	return true;
}

bool
json_take_str(const char **out, const json_t *obj, const char *key, struct err *e)
{
	json_t *v = NULL;

	if (!member(&v, obj, key, JSON_STRING, "a string", e))
		return false;
	*out = json_string_value(v);
	return true;
}

bool
json_take_int(int64_t *out, const json_t *obj, const char *key, struct err *e)
{
	json_t *v = NULL;

	if (!member(&v, obj, key, JSON_INTEGER, "a whole number", e))
		return false;
	*out = json_integer_value(v);
	return true;
}

bool
json_take_obj(json_t **out, const json_t *obj, const char *key, struct err *e)
{
	return member(out, obj, key, JSON_OBJECT, "an object", e);
}

bool
json_take_arr(json_t **out, const json_t *obj, const char *key, struct err *e)
{
	return member(out, obj, key, JSON_ARRAY, "an array", e);
}

bool
json_may_str(const char **out, const json_t *obj, const char *key, struct err *e)
{
	if (json_object_get(obj, key) == NULL) {
		*out = NULL;
		return true;
	}
	return json_take_str(out, obj, key, e);
}

const char *
json_text(const json_t *obj, const char *key)
{
	return json_string_value(json_object_get(obj, key)) ?: "";
}

bool
json_take_hex(unsigned char *out, size_t len, const json_t *obj, const char *key, struct err *e)
{
	const char *text;

	if (!json_take_str(&text, obj, key, e))
		return false;
	if (!hex_get_fixed(out, len, span_str(text), e))
		return fail_in(e, "\"%s\"", key);
	return true;
}

bool
json_only(const json_t *obj, const char *const keys[], struct err *e)
{
	const char *key;
	json_t *v;

	if (!json_is_object(obj))
		return fail(e, ERR_INPUT, "expected a JSON object");
	json_object_foreach((json_t *)obj, key, v) {
		size_t i = 0;

		while (keys[i] != NULL && strcmp(keys[i], key) != 0)
			i++;
		if (keys[i] == NULL)
			return fail(e, ERR_INPUT, "unknown key \"%.40s\"", key);
	}
	return true;
}
