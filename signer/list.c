/* What there is, for those who act on it (permit_life.h). */
#include "signer/permit_life.h"

static json_t *
text_json(struct span s)
{
	return s.len == 0 ? json_null() : json_stringn((const char *)s.ptr, s.len);
}

json_t *
result_json(json_t *handle, bool done, const struct err *why)
{
	json_t *r = json_pack("{s:o, s:b}", "handle", handle, "done", done);

	if (!done) {
		json_object_set_new(r, "class", json_string(err_word(why->class)));
		json_object_set_new(r, "text", json_string(why->text));
	}
	return r;
}

static json_t *
item(const struct permit_row *p)
{
	own_struct(buf) file = buf_new(64u << 20);
	char handle[HANDLE_HEX], hash[2 * SHA256_LEN + 1] = "";
	unsigned char digest[SHA256_LEN];
	struct err ignored;

	hex_text(handle, p->handle);
	if (permit_file(&file, p, &ignored)) {
		sha256(digest, buf_span(&file));
		hex_text(hash, span_of(digest, sizeof(digest)));
	}
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:s}", "handle", handle, "kind", p->kind, "agency", p->agency,
	    "dossier", text_json(p->dossier), "holder", text_json(p->holder), "state", p->state, "number", text_json(p->number),
	    "shortcode", text_json(p->shortcode), "voicecode", text_json(p->voicecode), "hash", hash);
}

bool
list(json_t **out, const struct service *s, const char *request, struct err *e)
{
	static const char *const keys[] = { "state", "after", NULL };
	own_struct(reg_unit) read = reg_read_new("permit.list");
	own_struct(reg_rows) rows = { .left = 0 };
	own(json_t) *j = NULL;
	struct reg_cell c[PERMIT_COLUMNS];
	const char *state;
	int64_t after = -1;
	json_t *items;
	bool more;

	if (!json_read(&j, span_str(request), e) || !json_only(j, keys, e) || !json_take_str(&state, j, "state", e) ||
	    (json_object_get(j, "after") != NULL && !json_take_int(&after, j, "after", e)))
		return false;
	reg_text(&read, "state", state);
	reg_int(&read, "after", after);
	if (!reg_read(s->reg, &read, &rows, e) || !reg_next(&rows, c, PERMIT_COLUMNS, &more, e))
		return false;
	items = json_array();
	while (more) {
		struct permit_row p;

		permit_row_take(&p, c);
		json_array_append_new(items, item(&p));
		if (!reg_next(&rows, c, PERMIT_COLUMNS, &more, e)) {
			json_decref(items);
			return false;
		}
	}
	*out = json_pack("{s:o}", "items", items);
	return true;
}
