#include "verifier/known.h"

#include "base/clock.h"
#include "register/tlog_proof.h"

#include <stdio.h>

#define COLUMNS 18
#define PERMIT_MAX (12u << 20)

void
known_drop(struct known *k)
{
	buf_drop(&k->sealed);
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
	k->withdrawn_day = day_cell(&c[8], INT32_MIN);
	copy(k->decision, sizeof(k->decision), &c[9]);
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
	return true;
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

enum in_force
known_in_force(const struct known *k, int32_t day)
{
	if (strcmp(k->state, "void") == 0)
		return FORCE_VOID;
	if (strcmp(k->state, "withdrawn") == 0 && day >= k->withdrawn_day)
		return FORCE_WITHDRAWN;
	if (strcmp(k->state, "issued") != 0 && strcmp(k->state, "withdrawn") != 0)
		return FORCE_UNKNOWN;
	return day > k->valid_to ? FORCE_EXPIRED : FORCE_YES;
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

json_t *
known_json(const struct known *k)
{
	char handle[2 * HANDLE_LEN + 1];

	if (!k->found)
		return json_pack("{s:b}", "known", 0);
	hex_text(handle, span_of(k->handle, sizeof(k->handle)));
	return json_pack("{s:b, s:s, s:s, s:s, s:o, s:o, s:s, s:o}", "known", 1, "state", k->state, "number", k->number, "handle", handle,
	    "from", day_or_null(k->withdrawn_day), "until", day_or_null(k->valid_to), "decision", k->decision, "log", log_json(k));
}

/*
 * Dossiers.
 */

#define DOSSIER_COLUMNS 5

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

/* kind, agency, state, day, time */
static void
take_permit(struct known_permits *p, const struct reg_cell c[DOSSIER_COLUMNS])
{
	char kind[64];

	copy(kind, sizeof(kind), &c[0]);
	copy(p->agency, sizeof(p->agency), &c[1]);
	copy(p->state, sizeof(p->state), &c[2]);
	p->since = day_in_vietnam(c[4].i);
	json_array_append_new(p->list, json_pack("{s:s, s:s, s:s, s:o}", "kind", kind, "agency", p->agency, "state", p->state,
	    "day", day_or_null(day_cell(&c[3], INT32_MIN))));
}

bool
known_permits(struct known_permits *out, struct reg *reg, const char *dossier, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("known.dossier_permits");
	own_struct(reg_rows) rows = { .left = 0 };
	own_struct(known_permits) p = { .list = json_array() };
	struct reg_cell c[DOSSIER_COLUMNS];
	bool more;

	reg_text(&read, "code", dossier);
	if (!reg_read(reg, &read, &rows, e) || !reg_next(&rows, c, DOSSIER_COLUMNS, &more, e))
		return false;
	while (more) {
		take_permit(&p, c);
		if (!reg_next(&rows, c, DOSSIER_COLUMNS, &more, e))
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
