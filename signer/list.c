/* What there is, for those who act on it (permit_life.h). */
#include "signer/permit_life.h"

#define LIST_ENTRY 23		/* of permit.list: where the next page begins */
#define LIST_ITEMS 500
#define LIST_PAGES 10		/* of the register, read for one answer */

static json_t *
text_json(struct span s)
{
	return s.len == 0 ? json_null() : json_stringn((const char *)s.ptr, s.len);
}

static json_t *
item(const struct permit_row *p)
{
	own_struct(buf) file = buf_new(64u << 20);
	char handle[HANDLE_HEX], hash[2 * SHA256_LEN + 1] = "";
	unsigned char digest[SHA256_LEN];
	struct err ignored;

	hex_text(handle, p->handle);
	if (permit_erasable(&file, p, &ignored)) {
		sha256(digest, buf_span(&file));
		hex_text(hash, span_of(digest, sizeof(digest)));
	}
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:s}", "handle", handle, "kind", p->kind, "agency", p->agency,
	    "dossier", text_json(p->dossier), "holder", text_json(p->holder), "state", p->state, "number", text_json(p->number),
	    "shortcode", text_json(p->shortcode), "voicecode", text_json(p->voicecode), "hash", hash);
}

/* The register's next rows behind *after, those of them that the program sees. */
static bool
page(json_t *items, size_t *rows_read, const struct service *s, const struct program *asks, const char *state, int64_t *after, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("permit.list");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[PERMIT_COLUMNS];
	struct permit_row p;
	bool more;

	reg_text(&read, "state", state);
	reg_int(&read, "after", *after);
	*rows_read = 0;
	if (!reg_read(s->reg, &read, &rows, e))
		return false;
	for (;;) {
		if (!reg_next(&rows, c, PERMIT_COLUMNS, &more, e))
			return false;
		if (!more)
			return true;
		permit_row_take(&p, c);
		*after = c[LIST_ENTRY].i;
		++*rows_read;
		if (program_sees(asks, &p))
			json_array_append_new(items, item(&p));
	}
}

bool
list(json_t **out, const struct service *s, struct span who, const char *request, int64_t now, struct err *e)
{
	static const char *const keys[] = { "state", "after", NULL };
	own_struct(program) asks = { .id = { 0 } };
	own(json_t) *j = NULL;
	own(json_t) *items = json_array();
	const char *state;
	int64_t after = -1;
	size_t n, pages = 0;

	if (!program_find(&asks, s, who, RIGHT_READ, now, e) ||
	    !json_read(&j, span_str(request), e) || !json_only(j, keys, e) || !json_take_str(&state, j, "state", e) ||
	    (json_object_get(j, "after") != NULL && !json_take_int(&after, j, "after", e)))
		return false;
	/* A program of one ward has its permits far apart among the city's. */
	do {
		if (!page(items, &n, s, &asks, state, &after, e))
			return false;
	} while (n > 0 && json_array_size(items) < LIST_ITEMS && ++pages < LIST_PAGES);
	*out = json_pack("{s:O}", "items", items);
	if (n > 0)
		json_object_set_new(*out, "next", json_integer(after));
	return true;
}
