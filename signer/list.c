/* What there is, for those who act on it (permit_life.h). */
#include "signer/permit_life.h"

#include "base/clock.h"

#define LIST_ENTRY 24		/* of permit.list: where the next page begins */
#define LIST_ITEMS 500
#define LIST_PAGES 10		/* of the register, read for one answer */

static json_t *
text_json(struct span s)
{
	return s.len == 0 ? json_null() : json_stringn((const char *)s.ptr, s.len);
}

/* Of a seal that follows: the rule under which it could not be made yet. */
static json_t *
waits_json(const struct service *s, const struct permit_row *p)
{
	struct err why;

	if (strcmp(p->state, "sealing") != 0 || !seal_again_why(s, p->handle.ptr, &why) || why.code[0] == '\0')
		return NULL;
	return json_pack("{s:s, s:s}", "code", why.code, "vi", why.vi);
}

static json_t *
item(const struct service *s, const struct permit_row *p, const char *word)
{
	own_struct(buf) file = buf_new(64u << 20);
	char handle[HANDLE_HEX], hash[2 * SHA256_LEN + 1] = "";
	unsigned char digest[SHA256_LEN];
	struct span officer[XADES_OFFICERS_MAX];
	size_t signatures = 0;
	struct err ignored;

	hex_text(handle, p->handle);
	if (!xades_split(officer, &signatures, p->officers, &ignored))
		signatures = 0;
	if (permit_erasable(&file, p, &ignored)) {
		sha256(digest, buf_span(&file));
		hex_text(hash, span_of(digest, sizeof(digest)));
	}
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:o, s:I, s:o, s:o, s:I, s:s, s:o, s:o*}", "handle", handle, "kind", p->kind, "agency", p->agency,
	    "dossier", text_json(p->dossier), "holder", text_json(p->holder), "state", word, "number", text_json(p->number),
	    "version", (json_int_t)p->version, "shortcode", text_json(p->shortcode), "voicecode", text_json(p->voicecode), "officers", (json_int_t)signatures, "hash", hash, "converted", text_json(p->converted),
	    "waits", waits_json(s, p));
}

/* What is asked for, and where it is found.  */
static const struct state { const char *word, *read, *kept; } states[] = {
	{ "draft", "permit.list", "draft" }, { "signed", "permit.list", "signed" }, { "sealing", "permit.list", "sealing" },
	{ "returned", "permit.list", "void" }, { "issued", "permit.list", "issued" }, { "suspended", "permit.list_changed", NULL },
	{ "withdrawn", "permit.list_changed", NULL }, { "superseded", "permit.list_changed", NULL }, { "void", "permit.list_changed", NULL },
};

struct listing { const struct service *s; const struct program *asks; const struct state *state; int32_t today; json_t *items; int64_t after; };

static bool
take_state(const struct state **out, const char *word, struct err *e)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(states[i].word, word) == 0) {
			*out = &states[i];
			return true;
		}
	return fail(e, ERR_INPUT, "\"state\" is draft, signed, sealing, returned, issued, suspended, withdrawn, superseded or void");
}

static bool
take_row(struct listing *l, const struct permit_row *p, struct err *e)
{
	const char *word;

	if (!program_sees(l->asks, p))
		return true;
	if (!permit_word(&word, l->s, p, l->today, e))
		return false;
	if (strcmp(word, l->state->word) == 0)
		json_array_append_new(l->items, item(l->s, p, word));
	return true;
}

/* The register's next rows behind l->after, those of them that the program sees. */
static bool
page(struct listing *l, size_t *rows_read, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new(l->state->read);
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[PERMIT_COLUMNS];
	struct permit_row p;
	bool more;

	if (l->state->kept != NULL)
		reg_text(&read, "state", l->state->kept);
	reg_int(&read, "after", l->after);
	*rows_read = 0;
	if (!reg_read(l->s->reg, &read, &rows, e))
		return false;
	for (;;) {
		if (!reg_next(&rows, c, PERMIT_COLUMNS, &more, e))
			return false;
		if (!more)
			return true;
		permit_row_take(&p, c);
		l->after = c[LIST_ENTRY].i;
		++*rows_read;
		if (!take_row(l, &p, e))
			return false;
	}
}

bool
list(json_t **out, const struct service *s, struct span who, const char *request, int64_t now, struct err *e)
{
	static const char *const keys[] = { "state", "after", NULL };
	own_struct(program) asks = { .id = { 0 } };
	own(json_t) *j = NULL;
	own(json_t) *items = json_array();
	struct listing l = { .s = s, .asks = &asks, .today = day_in_vietnam(now), .items = items, .after = -1 };
	const char *state;
	size_t n, pages = 0;

	if (!program_find(&asks, s, who, RIGHT_READ, now, e) ||
	    !json_read(&j, span_str(request), e) || !json_only(j, keys, e) || !json_take_str(&state, j, "state", e) ||
	    !take_state(&l.state, state, e) || (json_object_get(j, "after") != NULL && !json_take_int(&l.after, j, "after", e)))
		return false;
	/* A program of one ward has its permits far apart among the city's. */
	do {
		if (!page(&l, &n, e))
			return false;
	} while (n > 0 && json_array_size(items) < LIST_ITEMS && ++pages < LIST_PAGES);
	*out = json_pack("{s:O}", "items", items);
	if (n > 0)
		json_object_set_new(*out, "next", json_integer(l.after));
	return true;
}
