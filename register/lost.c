#include "register/lost.h"

#include "base/cbor.h"

#define FIELDS_MAX 8
#define PROJECT_MAX 8

/* A seal that was reserved, and nothing public says its place: it may have had
 * any of the next ones. */
#define LOST_PLACES \
	"INSERT INTO reimport (entry, first, last, places) SELECT $entry, $first, $last, max(n) + 1 + " \
	"(SELECT count(*) FROM permit_lost WHERE list IS NULL AND entry BETWEEN $first AND $last) FROM (" \
	"SELECT coalesce(max(idx), -1) AS n FROM permit WHERE list = 1 UNION ALL SELECT coalesce(max(idx), -1) FROM permit_lost WHERE list = 1 " \
	"UNION ALL SELECT coalesce(max(places), 0) - 1 FROM reimport) AS given"
/* A book goes on by itself only when its numbers are public, and every seal
 * that its agency reserved has shown its number. */
#define LOST_BOOKS \
	"UPDATE book SET closed = $entry WHERE closed IS NULL AND (is_public = 0 OR EXISTS (SELECT 1 FROM permit_lost WHERE agency = book.agency " \
	"AND list IS NULL AND entry BETWEEN $first AND $last))"
const char lost_places[] = LOST_PLACES, lost_books[] = LOST_BOOKS;

/* fields: what stands in `public`, in its order (verbs.h); all or none of the
 * optional ones. */
struct lost {
	uint64_t type;
	struct verb_field field[FIELDS_MAX];
	const char *project[PROJECT_MAX];
};

/* What became of a permit, of one that the backup has and of one that is lost. */
#define LOST_CHANGE \
	{ { "list", REG_INT }, { "idx", REG_INT }, { "act", REG_INT }, { "from", REG_INT }, { "until", REG_INT, true } }, \
	{ "INSERT INTO permit_change (entry, handle, act, from_day, until_day) VALUES ($entry, $handle, $act, $from, $until)" }

static const struct lost table[] = {
	{ 1, { { "serial", REG_BYTES }, { "not_after", REG_INT }, { "generation", REG_INT } },
	  { /* Reserved in the backup: the octets are known, but not the signature. */
	    "UPDATE certificate SET state = 'active', issued_entry = $entry WHERE serial = $serial AND state = 'reserved'",
	    "INSERT INTO certificate_lost (serial, request, profile, org, not_after, state, entry, time, generation) "
	    "SELECT $serial, $handle, $category, $org, $not_after, 'active', $entry, $time, $generation WHERE NOT EXISTS (SELECT 1 FROM certificate WHERE serial = $serial)",
	    "UPDATE request SET state = 'approved' WHERE id = $handle AND state = 'pending'" } },

	{ 2, { { "serial", REG_BYTES }, { "not_after", REG_INT }, { "reason", REG_INT }, { "date", REG_INT }, { "invalidity", REG_INT, true }, { "shard", REG_INT } },
	  { "UPDATE certificate SET state = CASE WHEN $reason = 8 THEN 'active' WHEN $reason = 6 THEN 'held' ELSE 'revoked' END, "
	    "revoked_at = CASE WHEN $reason <> 8 THEN $date END, reason = CASE WHEN $reason <> 8 THEN $reason END, invalidity = $invalidity, "
	    "ended_entry = $entry WHERE serial = $serial AND state IN ('active', 'held')",
	    "UPDATE certificate SET state = 'void', revoked_at = $date, reason = $reason, ended_entry = $entry WHERE serial = $serial AND state = 'reserved'",
	    "UPDATE request SET state = 'pending' WHERE id = $handle AND state = 'approved' AND EXISTS (SELECT 1 FROM certificate WHERE serial = $serial AND state = 'void')",
	    "UPDATE certificate_lost SET state = CASE WHEN $reason IN (6, 8) THEN 'active' ELSE 'revoked' END, revoked_at = CASE WHEN $reason <> 8 THEN $date END, "
	    "reason = CASE WHEN $reason <> 8 THEN $reason END, invalidity = $invalidity, ended_entry = $entry WHERE serial = $serial",
	    "INSERT INTO certificate_lost (serial, request, profile, org, not_after, state, revoked_at, reason, invalidity, ended_entry, entry, time, generation) "
	    "SELECT $serial, $handle, $category, $org, $not_after, 'revoked', $date, $reason, $invalidity, $entry, $entry, $time, $shard + 1 "
	    "WHERE NOT EXISTS (SELECT 1 FROM certificate WHERE serial = $serial) AND NOT EXISTS (SELECT 1 FROM certificate_lost WHERE serial = $serial)",
	    "UPDATE certificate_hold SET ended_entry = $entry WHERE serial = $serial AND ended_entry IS NULL",
	    "INSERT INTO certificate_hold (serial, entry, since, not_after) SELECT $serial, $entry, $date, $not_after WHERE $reason = 6" } },

	{ 5, { { "list", REG_INT }, { "idx", REG_INT }, { "day", REG_INT }, { "book", REG_TEXT, true }, { "year", REG_INT, true }, { "n", REG_INT, true } },
	  { "INSERT INTO permit_lost (handle, agency, kind, list, idx, day, entry, time) VALUES ($handle, $org, $category, $list, $idx, $day, $entry, $time) "
	    "ON CONFLICT (handle) DO UPDATE SET list = excluded.list, idx = excluded.idx, day = excluded.day, entry = excluded.entry, time = excluded.time",
	    "INSERT INTO book (agency, book, year, next, is_public) SELECT $org, $book, $year, $n + 1, 1 WHERE $book IS NOT NULL "
	    "ON CONFLICT (agency, book, year) DO UPDATE SET next = max(next, excluded.next), is_public = 1" } },

	{ 6, LOST_CHANGE }, { 7, LOST_CHANGE },

	{ 8, { { "kind", REG_TEXT }, { "number", REG_INT }, { "first", REG_INT }, { "last", REG_INT }, { "size", REG_INT }, { "root", REG_BYTES, true },
	       { "sha256", REG_BYTES } },
	  { "INSERT INTO list_lost (entry, kind, number, first, last, sha256) VALUES ($entry, $kind, $number, $first, $last, $sha256)" } },

	{ 10, { { NULL } },
	  { "UPDATE appointment SET ended_day = ($time + 25200) / 86400 WHERE id = $handle AND ended_day IS NULL" } },

	{ 17, { { NULL } },
	  { "UPDATE permit SET state = 'void' WHERE handle = $handle AND state IN ('draft', 'signed')" } },

	{ 13, { { NULL } },
	  { "UPDATE request SET state = 'rejected' WHERE id = $handle AND state = 'pending'" } },

	{ 14, { { NULL } },
	  { "INSERT INTO permit_lost (handle, agency, kind, entry, time) VALUES ($handle, $org, $category, $entry, $time) ON CONFLICT (handle) DO NOTHING" } },

	/* A backup from before brings back what was erased: it is erased again. */
	{ ENTRY_ERASED, { { "idx", REG_INT }, { "order_id", REG_BYTES } },
	  { "UPDATE log_entry SET record = NULL, salt = NULL WHERE idx = $idx",
	    erase_signed, erase_turn, erase_returned, "DELETE FROM permit_change WHERE entry = $idx",
	    "DELETE FROM submission WHERE handle IN (SELECT handle FROM permit WHERE entry = $idx)",
	    "DELETE FROM permit WHERE entry = $idx" } },

	{ 18, { { "first", REG_INT }, { "last", REG_INT } }, { LOST_PLACES, LOST_BOOKS } },

	/* A step where an edge leads to it, else a correction (dossier_verbs.c).  Of a
	 * dossier that is lost whole the code is not known: it is received again. */
	{ 19, { { "step", REG_TEXT }, { "day", REG_INT }, { "due", REG_INT, true }, { "running", REG_TEXT } },
	  { "INSERT INTO dossier_step (handle, n, step, day, due, entry) SELECT handle, steps + 1, $step, $day, $due, $entry FROM dossier "
	    "JOIN dossier_edge ON from_step = step AND to_step = $step WHERE handle = $handle",
	    "UPDATE dossier_step SET day = $day, due = $due, reason = NULL, entry = $entry WHERE handle = $handle "
	    "AND n = (SELECT max(n) FROM dossier_step WHERE handle = $handle AND step = $step) AND NOT EXISTS (SELECT 1 FROM dossier_step WHERE entry = $entry)",
	    "UPDATE dossier SET steps = (SELECT max(n) FROM dossier_step WHERE handle = $handle) WHERE handle = $handle",
	    "UPDATE dossier SET step = (SELECT s.step FROM dossier_step s WHERE s.handle = $handle AND s.n = dossier.steps), "
	    "since = (SELECT s.day FROM dossier_step s WHERE s.handle = $handle AND s.n = dossier.steps), "
	    "due = (SELECT s.due FROM dossier_step s WHERE s.handle = $handle AND s.due IS NOT NULL ORDER BY s.n DESC LIMIT 1) WHERE handle = $handle" } },

	{ 20, { { "key_id", REG_BYTES } },
	  { "INSERT INTO key_blocked (key_id, reason, entry, time) VALUES ($key_id, NULL, $entry, $time)",
	    "UPDATE request SET state = 'rejected' WHERE key_id = $key_id AND state = 'pending'" } },
};

static const struct lost *
find(uint64_t type)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].type == type)
			return &table[i];
	return NULL;
}

/* The items of `public`, groups opened. */
static bool
take_items(struct cbor item[FIELDS_MAX], size_t *n, struct cbor *c, struct err *e)
{
	enum cbor_kind kind;
	struct span skipped;
	size_t inside;

	if (!cbor_get_array(c, &inside, "public fields", e))
		return false;
	for (; inside > 0; inside--) {
		if (!cbor_peek(c, &kind, e))
			return false;
		if (kind == CBOR_ARRAY) {
			if (!take_items(item, n, c, e))
				return false;
			continue;
		}
		if (*n == FIELDS_MAX)
			return fail(e, ERR_INPUT, "more than %d public fields", FIELDS_MAX);
		item[(*n)++] = *c;
		if (!cbor_skip(c, &skipped, e))
			return false;
	}
	return true;
}

static bool
put_field(struct values *v, const struct verb_field *f, struct cbor c, struct err *e)
{
	struct span s;
	int64_t i;

	if (f->type == REG_INT) {
		if (!cbor_get_int(&c, &i, f->name, e))
			return false;
		values_int(v, f->name, i);
		return true;
	}
	if (!(f->type == REG_TEXT ? cbor_get_text(&c, &s, f->name, e) : cbor_get_bytes(&c, &s, f->name, e)))
		return false;
	values_span(v, f->name, f->type, s);
	return true;
}

/* As many items as fields, or as fields that are not optional. */
static bool
put_public(struct values *v, const struct lost *l, struct span public, struct err *e)
{
	struct cbor item[FIELDS_MAX], c = cbor_read(public);
	size_t n = 0, all = 0, needed = 0, at = 0;

	for (; l->field[all].name != NULL; all++)
		needed += !l->field[all].optional;
	if (all == 0)
		return true;
	if (public.len > 0 && !take_items(item, &n, &c, e))
		return false;
	if (n != all && n != needed)
		return fail(e, ERR_INPUT, "%zu public fields where its type has %zu", n, all);
	for (size_t i = 0; i < all; i++) {
		const struct verb_field *f = &l->field[i];

		if (f->optional && n == needed)
			values_null(v, f->name, f->type);
		else if (!put_field(v, f, item[at++], e))
			return false;
	}
	return true;
}

static void
put_text(struct values *v, const char *name, enum reg_type type, struct span s)
{
	if (s.len > 0)
		values_span(v, name, type, s);
	else
		values_null(v, name, type);
}

bool
lost_project(struct store *s, const struct entry *x, int64_t idx, struct err *e)
{
	const struct lost *l = find(x->type);
	struct values v = { .n = 0 };

	if (l == NULL)
		return true;
	values_int(&v, "entry", idx);
	values_int(&v, "time", x->time);
	put_text(&v, "org", REG_TEXT, x->org);
	put_text(&v, "category", REG_TEXT, x->category);
	put_text(&v, "handle", REG_BYTES, x->handle);
	if (!put_public(&v, l, x->public_, e))
		return false;
	for (size_t i = 0; i < PROJECT_MAX && l->project[i] != NULL; i++)
		if (!store_do(s, l->project[i], &v, e))
			return false;
	return true;
}
