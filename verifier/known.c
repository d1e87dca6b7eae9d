#include "verifier/known.h"

#include "base/clock.h"
#include "register/tlog_proof.h"
#include "verifier/right.h"

#include <stdio.h>
#include <stdlib.h>

#define COLUMNS 19
#define CHANGE_CELLS 11	/* of permit.changes */
#define PERMIT_MAX (12u << 20)

void
known_drop(struct known *k)
{
	buf_drop(&k->sealed);
	free(k->change);
	*k = (struct known){ 0 };
}

static void
copy(char *out, size_t size, const struct reg_cell *c)
{
	snprintf(out, size, "%.*s", c->null ? 0 : (int)c->s.len, c->null ? "" : (const char *)c->s.ptr);
}

static int32_t
day_cell(const struct reg_cell *c, int32_t none)
{
	return c->null ? none : (int32_t)c->i;
}

static void
take_row(struct known *k, const struct reg_cell c[COLUMNS])
{
	struct entry came;
	struct err ignored;

	k->found = true;
	if (c[0].s.len == sizeof(k->handle))
		memcpy(k->handle, c[0].s.ptr, sizeof(k->handle));
	copy(k->state, sizeof(k->state), &c[1]);
	copy(k->kind, sizeof(k->kind), &c[2]);
	copy(k->agency, sizeof(k->agency), &c[3]);
	copy(k->dossier, sizeof(k->dossier), &c[4]);
	copy(k->number, sizeof(k->number), &c[5]);
	k->day = day_cell(&c[6], INT32_MIN);
	k->valid_to = day_cell(&c[7], INT32_MAX);
	k->nchanges = c[8].i > 0 ? (size_t)c[8].i : 0;
	k->sealed = buf_new(PERMIT_MAX);
	if (!c[10].null)
		buf_put_span(&k->sealed, c[10].s);
	if (!c[11].null && c[11].s.len == sizeof(k->sha256))
		memcpy(k->sha256, c[11].s.ptr, sizeof(k->sha256));
	copy(k->shortcode, sizeof(k->shortcode), &c[12]);
	copy(k->voicecode, sizeof(k->voicecode), &c[13]);
	k->issued_entry = c[14].null ? -1 : c[14].i;
	k->time = c[15].i;
	k->witnessed = c[16].null ? -1 : c[16].i;
	k->witnessed_as_of = c[17].null ? 0 : c[17].i;
	k->since = !c[18].null && entry_read(&came, c[18].s, &ignored) ? came.time : 0;
}

static void
take_change(struct known_change *x, const struct reg_cell c[CHANGE_CELLS])
{
	struct entry entry;
	struct err ignored;

	*x = (struct known_change){ .is = { .entry = c[0].i, .act = (enum life_act)c[1].i, .from = (int32_t)c[2].i,
	    .until = day_cell(&c[3], LIFE_OPEN), .ends = c[4].null ? -1 : c[4].i } };
	copy(x->decision, sizeof(x->decision), &c[5]);
	copy(x->note, sizeof(x->note), &c[7]);
	copy(x->replacement, sizeof(x->replacement), &c[8]);
	x->version = c[10].null ? 0 : c[10].i;
	x->recorded = entry_read(&entry, c[9].s, &ignored) ? entry.time : INT64_MIN;
}

/* What became of it; rows that came since it was counted are left for the next. */
static bool
read_changes(struct known *k, struct reg *reg, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("permit.changes");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[CHANGE_CELLS];
	size_t n = 0;
	bool more;

	if (k->nchanges == 0)
		return true;
	reg_bytes(&read, "handle", span_of(k->handle, sizeof(k->handle)));
	k->change = xalloc(k->nchanges * sizeof(k->change[0]));
	if (!reg_read(reg, &read, &rows, e) || !reg_next(&rows, c, CHANGE_CELLS, &more, e))
		return false;
	while (more && n < k->nchanges) {
		take_change(&k->change[n++], c);
		if (!reg_next(&rows, c, CHANGE_CELLS, &more, e))
			return false;
	}
	return n == k->nchanges || fail(e, ERR_LATER, "what became of this permit cannot be read now");
}

static bool
read_row(struct known *out, struct reg *reg, struct reg_unit *read, struct err *e)
{
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[COLUMNS];
	bool more;

	*out = (struct known){ 0 };
	if (!reg_read(reg, read, &rows, e) || !reg_next(&rows, c, COLUMNS, &more, e))
		return false;
	if (more)
		take_row(out, c);
	out->seen = (struct seen){ rows.as_of, rows.size };
	if (read_changes(out, reg, e))
		return true;
	known_drop(out);
	return false;
}

bool
known_by_text(struct known *out, struct reg *reg, const char *name, const char *field, const char *text, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new(name);

	reg_text(&read, field, text);
	return read_row(out, reg, &read, e);
}

bool
known_by_bytes(struct known *out, struct reg *reg, const char *name, const char *field, struct span octets, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new(name);

	reg_bytes(&read, field, octets);
	return read_row(out, reg, &read, e);
}

static void
life_of(struct life *l, const struct known *k, int32_t day)
{
	life_begin(l, day, k->valid_to);
	for (size_t i = 0; i < k->nchanges; i++)
		life_add(l, &k->change[i].is);
}

bool
known_life(struct life *out, struct reg *reg, const struct known_handle *h, int32_t day, struct err *e)
{
	own_struct(known) k = { .valid_to = h->valid_to, .nchanges = h->changes > 0 ? (size_t)h->changes : 0 };

	if (h->handle.len != sizeof(k.handle))
		return fail(e, ERR_BUG, "the register holds a handle of %zu octets", h->handle.len);
	memcpy(k.handle, h->handle.ptr, sizeof(k.handle));
	if (!read_changes(&k, reg, e))
		return false;
	life_of(out, &k, day);
	return true;
}

/* The change that a pointer into the life means. */
static const struct known_change *
change_of(const struct known *k, const struct life_change *why)
{
	for (size_t i = 0; why != NULL && i < k->nchanges; i++)
		if (k->change[i].is.entry == why->entry)
			return &k->change[i];
	return NULL;
}

enum in_force
known_in_force(const struct known *k, int32_t day, const struct known_change **why)
{
	const struct life_change *is;
	enum in_force status;
	struct life l;

	*why = NULL;
	if (strcmp(k->state, "issued") != 0)
		return FORCE_UNKNOWN;
	life_of(&l, k, day);
	status = life_status(&l, &is);
	*why = change_of(k, is);
	return status;
}

static json_t *
day_or_null(int32_t day)
{
	char text[TIME_TEXT];

	if (day == INT32_MIN || day == INT32_MAX)
		return json_null();
	date_text(text, day);
	return json_string(text);
}

/* How public the issue is.  Where no witness is asked, the index alone. */
static json_t *
log_json(const struct known *k)
{
	bool covered = k->witnessed > k->issued_entry;
	char text[TIME_TEXT];

	if (k->issued_entry < 0)
		return json_null();
	if (k->witnessed < 0)
		return json_pack("{s:I}", "index", (json_int_t)k->issued_entry);
	time_text_vn(text, covered ? k->witnessed_as_of : k->time);
	return json_pack("{s:I, s:s}", "index", (json_int_t)k->issued_entry, covered ? "witnessed" : "pending_since", text);
}

static json_t *
text_or_null(const char *text)
{
	return text[0] == '\0' ? json_null() : json_string(text);
}

/* Oldest first: all that was recorded of it. */
static json_t *
history_json(const struct known *k)
{
	json_t *list = json_array();

	for (size_t i = 0; i < k->nchanges; i++) {
		const struct known_change *x = &k->change[i];
		const char *const *say = life_say(x->is.act);
		const char *word = life_word(x->is.act);
		char recorded[TIME_TEXT];

		if (word == NULL)
			continue;
		time_text_vn(recorded, x->recorded);
		json_array_append_new(list, json_pack("{s:s, s:{s:s, s:s, s:s}, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:s}", "what", word,
		    "say", "vi", say[LANG_VI], "en", say[LANG_EN], "fr", say[LANG_FR], "from", day_or_null(x->is.from), "until", day_or_null(x->is.until),
		    "decision", text_or_null(x->decision), "note", text_or_null(x->note), "replacement", text_or_null(x->replacement),
		    "version", x->version > 0 ? json_integer(x->version) : json_null(), "index", (json_int_t)x->is.entry, "recorded", recorded));
	}
	return list;
}

json_t *
known_json(const struct known *k, int32_t day)
{
	const struct known_change *why;
	char handle[2 * HANDLE_LEN + 1];
	struct life l;

	if (!k->found)
		return json_pack("{s:b}", "known", 0);
	hex_text(handle, span_of(k->handle, sizeof(k->handle)));
	life_of(&l, k, day);
	known_in_force(k, day, &why);
	return json_pack("{s:b, s:s, s:s, s:s, s:o, s:o, s:s, s:o, s:o}", "known", 1, "state", life_state(k->state, &l), "number", k->number, "handle", handle,
	    "from", day_or_null(known_from(why)), "until", day_or_null(known_until(k, why)), "decision", why == NULL ? "" : why->decision,
	    "history", history_json(k), "log", log_json(k));
}

bool
known_reaffirmed(const struct known *k)
{
	for (size_t i = 0; i < k->nchanges; i++)
		if (k->change[i].is.act == LIFE_REAFFIRMED)
			return true;
	return false;
}

int32_t
known_from(const struct known_change *why)
{
	return why == NULL ? LIFE_NONE : why->is.from;
}

int32_t
known_until(const struct known *k, const struct known_change *why)
{
	return why != NULL && why->is.act == LIFE_SUSPENDED ? why->is.until : k->valid_to;
}

/*
 * By what right.
 */

#define APPOINTED_CELLS 12	/* n, person, agency, mode, kinds, from, to, ended, ended of who authorises; entry, decision, title */

static json_t *
signature_of(json_t *signatures, int64_t n)
{
	own_str char *id = xprintf("officer-%lld", (long long)n);
	json_t *s;
	size_t i;

	json_array_foreach(signatures, i, s) {
		const char *is = json_string_value(json_object_get(s, "id"));

		if (is != NULL && strcmp(is, id) == 0)
			return s;
	}
	return NULL;
}

/* The day is that of the claimed time, on which the right was looked up (signer/turn.h). */
static bool
appointed(const struct reg_cell c[APPOINTED_CELLS], const json_t *signature, const struct known *k, struct err *e)
{
	const struct right_held held = { .person = c[1].s, .agency = c[2].s, .mode = c[3].s, .kinds = c[4].s, .from = c[5].i,
		.to = c[6].null ? INT64_MAX : c[6].i, .ended = c[7].null ? INT64_MAX : c[7].i, .authority_ended = c[8].null ? INT64_MAX : c[8].i };
	struct right_used used = { .agency = k->agency, .kind = k->kind };
	const json_t *signer = json_object_get(signature, "signer");
	const char *claimed;
	int64_t at;

	if (c[2].null || !json_take_str(&used.person, signer, "person", e) || !json_take_str(&used.mode, signer, "mode", e) ||
	    !json_take_str(&claimed, signature, "claimed", e) || !time_parse(&at, claimed, e))
		return false;
	used.day = day_in_vietnam(at);
	return right_covers(&held, &used);
}

static bool
look_at_each(json_t *signatures, struct reg *reg, const struct known *k, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("known.appointed");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[APPOINTED_CELLS];
	struct err why;
	json_t *s;
	bool more;

	reg_bytes(&read, "handle", span_of(k->handle, sizeof(k->handle)));
	if (!reg_read(reg, &read, &rows, e) || !reg_next(&rows, c, APPOINTED_CELLS, &more, e))
		return false;
	while (more) {
		s = signature_of(signatures, c[0].i);
		if (s != NULL && !json_is_true(json_object_get(s, "appointed")))
			json_object_set_new(s, "appointed", json_boolean(appointed(c, s, k, &why)));
		if (!reg_next(&rows, c, APPOINTED_CELLS, &more, e))
			return false;
	}
	return true;
}

bool
known_appointed(bool *lacking, json_t *signatures, struct reg *reg, const struct known *k, struct err *e)
{
	bool asked = look_at_each(signatures, reg, k, e);
	json_t *s;
	size_t i;

	*lacking = false;
	json_array_foreach(signatures, i, s) {
		if (!asked)
			json_object_del(s, "appointed");	/* half an answer is none */
		*lacking |= json_is_false(json_object_get(s, "appointed"));
	}
	return asked;
}

/*
 * Dossiers.
 */

#define DOSSIER_COLUMNS 5
#define OF_DOSSIER 8		/* columns of known.dossier_permits */

bool
known_dossier(struct known_dossier *out, struct reg *reg, const char *code, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("known.dossier");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[DOSSIER_COLUMNS];
	bool more;

	*out = (struct known_dossier){ .due = INT32_MAX };
	reg_text(&read, "code", code);
	if (!reg_read(reg, &read, &rows, e) || !reg_next(&rows, c, DOSSIER_COLUMNS, &more, e))
		return false;
	out->seen = (struct seen){ rows.as_of, rows.size };
	if (!more)
		return true;
	out->found = true;
	copy(out->agency, sizeof(out->agency), &c[0]);
	copy(out->kind, sizeof(out->kind), &c[1]);
	copy(out->step, sizeof(out->step), &c[2]);
	out->since = (int32_t)c[3].i;
	out->due = (int32_t)c[4].i;
	return true;
}

void
known_permits_drop(struct known_permits *p)
{
	json_decref(p->list);
	*p = (struct known_permits){ .list = NULL };
}

/* kind, agency, state, day, time, handle, valid_to, changes.  Its state is that of today. */
static bool
take_permit(struct known_permits *p, struct reg *reg, const struct reg_cell c[OF_DOSSIER], int32_t today, struct err *e)
{
	const struct known_handle h = { c[5].s, day_cell(&c[6], LIFE_OPEN), c[7].i };
	char kind[64], kept[16];
	struct life l;

	copy(kind, sizeof(kind), &c[0]);
	copy(p->agency, sizeof(p->agency), &c[1]);
	p->since = day_in_vietnam(c[4].i);
	copy(kept, sizeof(kept), &c[2]);
	if (!known_life(&l, reg, &h, today, e))
		return false;
	snprintf(p->state, sizeof(p->state), "%s", life_state(kept, &l));
	json_array_append_new(p->list, json_pack("{s:s, s:s, s:s, s:o}", "kind", kind, "agency", p->agency, "state", p->state,
	    "day", day_or_null(day_cell(&c[3], INT32_MIN))));
	return true;
}

bool
known_permits(struct known_permits *out, struct reg *reg, const char *dossier, int32_t today, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("known.dossier_permits");
	own_struct(reg_rows) rows = { .left = 0 };
	own_struct(known_permits) p = { .list = json_array() };
	struct reg_cell c[OF_DOSSIER];
	bool more;

	reg_text(&read, "code", dossier);
	if (!reg_read(reg, &read, &rows, e) || !reg_next(&rows, c, OF_DOSSIER, &more, e))
		return false;
	while (more) {
		if (!take_permit(&p, reg, c, today, e) || !reg_next(&rows, c, OF_DOSSIER, &more, e))
			return false;
	}
	*out = p;
	p = (struct known_permits){ .list = NULL };
	return true;
}

/*
 * The proof: out of the register's own tiles, under the checkpoint that was
 * published last.
 */

static bool
get_tile(void *reg, unsigned level, uint64_t from, unsigned count, struct hash *out, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("log.tile");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[2];
	size_t skip = from % TILE_WIDTH * HASH_LEN;

	reg_int(&read, "level", (int64_t)level);
	reg_int(&read, "n", (int64_t)(from / TILE_WIDTH));
	if (!reg_one(reg, &read, &rows, c, 2, "such tile", e))
		return false;
	if (c[1].s.len < skip + count * HASH_LEN)
		return fail(e, ERR_BUG, "a tile of the log is too short");
	memcpy(out, c[1].s.ptr + skip, count * HASH_LEN);
	return true;
}

/* Before it leaves: does it show the entry under this checkpoint? */
static bool
proves(const struct hash *path, size_t n, uint64_t index, struct span entry, struct span note, struct err *e)
{
	struct span text, signatures;
	struct checkpoint c;
	struct hash leaf;

	merkle_leaf(&leaf, entry);
	if (!note_split(&text, &signatures, note, e) || !checkpoint_parse(&c, text, e) || !merkle_check_inclusion(&leaf, index, c.size, path, n, &c.root, e))
		return fail_in(e, "the log's tiles against its checkpoint");
	return true;
}

static bool
write_proof(struct buf *out, struct reg *reg, struct tile_cache *tiles, int64_t index, uint64_t size, struct span note, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("log.entry");
	own_struct(reg_rows) rows = { .left = 0 };
	struct tile_tree tree = { tiles, { get_tile, reg }, size };
	struct hash path[MERKLE_PROOF_MAX];
	struct reg_cell c[3];
	size_t n;

	reg_int(&read, "idx", index);
	if (!reg_one(reg, &read, &rows, c, 3, "such entry", e))
		return false;
	if (c[1].null || c[2].null || c[2].s.len != SALT_LEN)
		return fail(e, ERR_ABSENT, "the record of this entry was erased");
	if (!merkle_prove_inclusion(path, &n, (uint64_t)index, size, tile_tree_node, &tree, e) || !proves(path, n, (uint64_t)index, c[0].s, note, e))
		return false;
	tlog_proof_write(out, (uint64_t)index, path, n, c[0].s, c[1].s, c[2].s.ptr, note);
	return buf_ok(out, "the proof", e);
}

/* The checkpoint of a read, when it covers the entry; else empty. */
static bool
covering(struct reg *reg, const char *name, size_t columns, int64_t index, uint64_t *size, struct buf *note, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new(name);
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[3];
	bool more;

	if (!reg_read(reg, &read, &rows, e) || !reg_next(&rows, c, columns, &more, e))
		return false;
	if (!more || c[0].i <= index)
		return true;
	*size = (uint64_t)c[0].i;
	buf_put_span(note, c[1].s);
	return buf_ok(note, "checkpoint", e);
}

/* The newest checkpoint with its quorum of witnesses; where none covers the
 * entry yet, the newest that the log alone has signed. */
bool
known_proof(struct buf *out, struct reg *reg, struct tile_cache *tiles, const struct known *k, struct err *e)
{
	own_struct(buf) note = buf_new(2 * NOTE_MAX);
	uint64_t size;

	if (!k->found || k->issued_entry < 0)
		return fail(e, ERR_ABSENT, "no permit with this code was issued");
	if (!covering(reg, "log.witnessed", 3, k->issued_entry, &size, &note, e) ||
	    (note.len == 0 && !covering(reg, "log.published", 2, k->issued_entry, &size, &note, e)))
		return false;
	if (note.len == 0)
		return fail(e, ERR_LATER, "the public proof of this permit is pending");
	return write_proof(out, reg, tiles, k->issued_entry, size, buf_span(&note), e);
}
