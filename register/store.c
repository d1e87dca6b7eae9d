#include "register/store.h"

#include "base/ossl.h"
#include "base/text.h"
#include "register/schema.h"
#include "register/store_backend.h"

#include <stdio.h>
#include <stdlib.h>

#define NAMED_MAX 40		/* octets of a value that a refusal shows */

#define ENDED_COLUMNS(integer) \
	"ALTER TABLE certificate ADD COLUMN ended_entry " integer ";ALTER TABLE certificate_lost ADD COLUMN ended_entry " integer ";" \
	"ALTER TABLE permit ADD COLUMN withdrawn_entry " integer ";ALTER TABLE permit_lost ADD COLUMN changed_entry " integer ";"
#define ENDED_FILL_ONE(table, column, type, found, condition) \
	"WITH ended AS MATERIALIZED (SELECT idx, entry FROM log_entry WHERE " type ") " \
	"UPDATE " table " SET " column " = (SELECT idx FROM ended WHERE " found " > 0) WHERE " condition ";"
#define ENDED_FILL(type2, type7, serial, handle) \
	ENDED_FILL_ONE("certificate", "ended_entry", type2, serial, "state IN ('revoked', 'void')") \
	ENDED_FILL_ONE("certificate_lost", "ended_entry", type2, serial, "state = 'revoked'") \
	ENDED_FILL_ONE("permit", "withdrawn_entry", type7, handle, "state = 'withdrawn'") \
	ENDED_FILL_ONE("permit_lost", "changed_entry", type7, handle, "status <> 0")
#define ISSUED(integer, type1, serial) \
	"ALTER TABLE certificate ADD COLUMN issued_entry " integer ";" \
	ENDED_FILL_ONE("certificate", "issued_entry", type1, serial, "state IN ('active', 'revoked')") \
	"CREATE INDEX certificate_issued ON certificate (issued_entry);" \
	"CREATE INDEX certificate_ended ON certificate (ended_entry) WHERE ended_entry IS NOT NULL;"

/*
 * Row i makes a database of version i + 1 one of version i + 2; the schema files
 * are the newest version.  A column that comes later is also in the verb's
 * `project`, so that replaying older records gives what the row gave.  Where a
 * server wants other words than SQLite (types; COLLATE "C" for text) they stand
 * beside; NULL: the same.  fill: what SQL cannot, afterwards.
 */
#define BOOKS_PUBLIC "UPDATE book SET is_public = 1 WHERE EXISTS (SELECT 1 FROM number_used n JOIN permit p ON p.handle = n.handle " \
	"WHERE n.agency = book.agency AND n.scope = book.book AND n.year = book.year AND p.issued_entry IS NOT NULL);"
#define GENERATIONS(integer) "ALTER TABLE certificate ADD COLUMN generation " integer " NOT NULL DEFAULT 1;" \
	"ALTER TABLE certificate_lost ADD COLUMN generation " integer " NOT NULL DEFAULT 1;" \
	"ALTER TABLE ocsp ADD COLUMN shard " integer " NOT NULL DEFAULT 0"
#define LOST_INDEXES "CREATE INDEX certificate_lost_entry ON certificate_lost (entry);" \
	"CREATE UNIQUE INDEX permit_lost_place ON permit_lost (list, idx);" \
	"CREATE INDEX list_lost_number ON list_lost (kind, number)"
#define WORDS(text) "ALTER TABLE certificate ADD COLUMN words " text " NOT NULL DEFAULT '';DROP INDEX certificate_entry;" \
	"CREATE INDEX certificate_entry ON certificate (entry, agency, not_after, state, words)"

#define TOKENS(text, integer, strict) "ALTER TABLE request ADD COLUMN token " text ";CREATE INDEX request_token ON request (token) WHERE token IS NOT NULL;" \
	"CREATE TABLE token (serial " text " PRIMARY KEY, model " text " NOT NULL, person " text " NOT NULL, agency " text " NOT NULL, " \
	"state " text " NOT NULL CHECK (state IN ('held', 'lost')), entry " integer " NOT NULL)" strict ";CREATE INDEX token_person ON token (person)"

#define COMMITS(integer) "ALTER TABLE certificate ADD COLUMN commits " integer " NOT NULL DEFAULT 0;UPDATE certificate SET commits = 1 WHERE profile IN ('administrator', 'official');"
/* Requests for mail that were recorded without it keep none. */
#define MAILBOXES(text) "ALTER TABLE request ADD COLUMN mail " text ";CREATE INDEX request_mail ON request (mail) WHERE mail IS NOT NULL"

/* A permit that is withdrawn is an issued one about which something is recorded. */
#define CHANGES(integer, blob, text, strict, type4, handle) "CREATE TABLE permit_change (entry " integer " PRIMARY KEY, handle " blob " NOT NULL, act " integer " NOT NULL, " \
	"from_day " integer " NOT NULL, until_day " integer ", ends " integer ", decision " text ", reason " text ", note " text ", other " blob ")" strict ";" \
	"CREATE INDEX permit_change_handle ON permit_change (handle, entry);" \
	"INSERT INTO permit_change (entry, handle, act, from_day, decision, reason) SELECT withdrawn_entry, handle, 1, withdrawn_day, decision, reason FROM permit WHERE state = 'withdrawn';" \
	"INSERT INTO permit_change (entry, handle, act, from_day) SELECT changed_entry, handle, status, from_day FROM permit_lost WHERE status <> 0;" \
	"UPDATE permit SET state = 'issued' WHERE state = 'withdrawn';" \
	"ALTER TABLE permit DROP COLUMN withdrawn_day;ALTER TABLE permit DROP COLUMN decision;ALTER TABLE permit DROP COLUMN reason;ALTER TABLE permit DROP COLUMN withdrawn_entry;" \
	"ALTER TABLE permit_lost DROP COLUMN status;ALTER TABLE permit_lost DROP COLUMN from_day;ALTER TABLE permit_lost DROP COLUMN changed_entry;" \
	"ALTER TABLE permit ADD COLUMN version " integer " NOT NULL DEFAULT 1;ALTER TABLE permit ADD COLUMN amends " blob ";" \
	"ALTER TABLE permit ADD COLUMN signed_entry " integer ";" ENDED_FILL_ONE("permit", "signed_entry", type4, handle, "officers IS NOT NULL") \
	"CREATE INDEX permit_amends ON permit (amends) WHERE amends IS NOT NULL"

#define PLACES(text, integer, blob, strict) "ALTER TABLE permit ADD COLUMN parcels " text ";ALTER TABLE permit ADD COLUMN plots " text ";" \
	"CREATE TABLE permit_parcel (parcel " text " NOT NULL, entry " integer " NOT NULL, handle " blob " NOT NULL, PRIMARY KEY (parcel, entry))" strict
#define TURNS(blob, text, integer, strict) "CREATE TABLE permit_turn (handle " blob " NOT NULL REFERENCES permit, n " integer " NOT NULL, officers " blob " NOT NULL, " \
	"officer_person " text " NOT NULL, officer_serial " blob " NOT NULL, signed_entry " integer " NOT NULL, PRIMARY KEY (handle, n))" strict ";" \
	"CREATE INDEX permit_turn_signed ON permit_turn (signed_entry)"

/* Of what was issued before it is not known how long its proofs last: those are renewed first. */
#define RENEWALS(blob, text, integer, strict) "ALTER TABLE permit ADD COLUMN proven_until " integer ";ALTER TABLE permit ADD COLUMN proven_by " text ";" \
	"UPDATE permit SET proven_until = 0, proven_by = '' WHERE issued_entry IS NOT NULL;" \
	"CREATE INDEX permit_proven ON permit (proven_until, issued_entry) WHERE issued_entry IS NOT NULL;" \
	"CREATE INDEX permit_proven_by ON permit (proven_by, issued_entry) WHERE issued_entry IS NOT NULL;" \
	"CREATE TABLE permit_renewal (handle " blob " NOT NULL REFERENCES permit, n " integer " NOT NULL, sealed " blob " NOT NULL, sha256 " blob " NOT NULL UNIQUE, " \
	"until " integer " NOT NULL, entry " integer " NOT NULL, PRIMARY KEY (handle, n))" strict

#define REAFFIRMATIONS(blob, text, integer, strict) "CREATE TABLE permit_reaffirmation (handle " blob " PRIMARY KEY REFERENCES permit, base " blob " NOT NULL, decision " text " NOT NULL, " \
	"decided " integer " NOT NULL, day " integer " NOT NULL, reason " text " NOT NULL, entry " integer " NOT NULL, made_entry " integer ")" strict

struct named { struct buf serial, words; };

static bool
take_name(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct named *x = ctx;

	buf_reset(&x->serial);
	buf_put_span(&x->serial, c[0].s);
	return buf_ok(&x->serial, "serial number", e) && text_words(&x->words, c[1].s, e);
}

/* What no SQL can make: the words of the names that are there, one after the other. */
static bool
fill_words(struct store *s, struct err *e)
{
	static const enum reg_type types[] = { REG_BYTES, REG_TEXT };
	struct named x = { buf_new(1 << 10), buf_new(1 << 16) };
	uint64_t rows = 1;
	bool good = true;

	buf_put_byte(&x.serial, 0);	/* no serial number begins with it */
	while (good && rows > 0) {
		struct values v = { .n = 0 };

		buf_reset(&x.words);
		values_span(&v, "serial", REG_BYTES, buf_span(&x.serial));
		good = store_run(s, "SELECT serial, name FROM certificate WHERE serial > $serial ORDER BY serial LIMIT 1", &v, types, 2, take_name, &x, &rows, e);
		v.n = 0;
		values_span(&v, "serial", REG_BYTES, buf_span(&x.serial));
		values_span(&v, "words", REG_TEXT, buf_span(&x.words));
		good = good && (rows == 0 || store_do(s, "UPDATE certificate SET words = $words WHERE serial = $serial", &v, e));
	}
	good = good && store_settle(s, e);
	buf_drop(&x.serial);
	buf_drop(&x.words);
	return good;
}

static const struct { const char *sqlite, *postgres; bool (*fill)(struct store *, struct err *); } migrations[] = {
	{ "ALTER TABLE program ADD COLUMN rights TEXT NOT NULL DEFAULT 'submit'",
	  "ALTER TABLE program ADD COLUMN rights text COLLATE \"C\" NOT NULL DEFAULT 'submit'" },
	{ "CREATE INDEX IF NOT EXISTS certificate_entry ON certificate (entry);"
	  "CREATE INDEX IF NOT EXISTS certificate_seal ON certificate (agency) WHERE profile = 'seal';"
	  "CREATE INDEX IF NOT EXISTS order_entry ON order_accepted (entry)", NULL },
	{ "ALTER TABLE log_published ADD COLUMN key TEXT NOT NULL DEFAULT '';"
	  "ALTER TABLE book ADD COLUMN is_public INTEGER NOT NULL DEFAULT 0;"
	  "ALTER TABLE book ADD COLUMN closed INTEGER;"
	  BOOKS_PUBLIC
	  "CREATE TABLE reimport (entry INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, places INTEGER NOT NULL) STRICT;"
	  "CREATE TABLE certificate_lost (serial BLOB PRIMARY KEY, request BLOB, profile TEXT, org TEXT NOT NULL, not_after INTEGER NOT NULL, "
	  "state TEXT NOT NULL CHECK (state IN ('active', 'revoked')), revoked_at INTEGER, reason INTEGER, invalidity INTEGER, "
	  "entry INTEGER NOT NULL, time INTEGER NOT NULL) STRICT;"
	  "CREATE TABLE permit_lost (handle BLOB PRIMARY KEY, agency TEXT NOT NULL, kind TEXT NOT NULL, list INTEGER, idx INTEGER, day INTEGER, "
	  "status INTEGER NOT NULL, from_day INTEGER, entry INTEGER NOT NULL, time INTEGER NOT NULL) STRICT;"
	  "CREATE TABLE list_lost (entry INTEGER PRIMARY KEY, kind TEXT NOT NULL, number INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, "
	  "sha256 BLOB NOT NULL) STRICT;"
	  LOST_INDEXES,
	  "ALTER TABLE log_published ADD COLUMN key text COLLATE \"C\" NOT NULL DEFAULT '';"
	  "ALTER TABLE book ADD COLUMN is_public bigint NOT NULL DEFAULT 0;"
	  "ALTER TABLE book ADD COLUMN closed bigint;"
	  BOOKS_PUBLIC
	  "CREATE TABLE reimport (entry bigint PRIMARY KEY, first bigint NOT NULL, last bigint NOT NULL, places bigint NOT NULL);"
	  "CREATE TABLE certificate_lost (serial bytea PRIMARY KEY, request bytea, profile text COLLATE \"C\", org text COLLATE \"C\" NOT NULL, not_after bigint NOT NULL, "
	  "state text COLLATE \"C\" NOT NULL CHECK (state IN ('active', 'revoked')), revoked_at bigint, reason bigint, invalidity bigint, "
	  "entry bigint NOT NULL, time bigint NOT NULL);"
	  "CREATE TABLE permit_lost (handle bytea PRIMARY KEY, agency text COLLATE \"C\" NOT NULL, kind text COLLATE \"C\" NOT NULL, list bigint, idx bigint, day bigint, "
	  "status bigint NOT NULL, from_day bigint, entry bigint NOT NULL, time bigint NOT NULL);"
	  "CREATE TABLE list_lost (entry bigint PRIMARY KEY, kind text COLLATE \"C\" NOT NULL, number bigint NOT NULL, first bigint NOT NULL, last bigint NOT NULL, "
	  "sha256 bytea NOT NULL);"
	  LOST_INDEXES },
	{ "CREATE TABLE dossier_edge (from_step TEXT NOT NULL, to_step TEXT NOT NULL, PRIMARY KEY (from_step, to_step)) STRICT, WITHOUT ROWID;"
	  "INSERT INTO dossier_edge VALUES ('received', 'paused'), ('received', 'returned'), ('received', 'refused'), ('received', 'done'),"
	  "('paused', 'resumed'), ('paused', 'returned'), ('paused', 'refused'),"
	  "('resumed', 'paused'), ('resumed', 'returned'), ('resumed', 'refused'), ('resumed', 'done');"
	  "CREATE TABLE dossier (handle BLOB PRIMARY KEY, code TEXT NOT NULL UNIQUE, agency TEXT NOT NULL, kind TEXT, running TEXT NOT NULL,"
	  "steps INTEGER NOT NULL, step TEXT NOT NULL, since INTEGER NOT NULL, due INTEGER NOT NULL, entry INTEGER NOT NULL, time INTEGER NOT NULL) STRICT;"
	  "CREATE TABLE dossier_step (handle BLOB NOT NULL REFERENCES dossier, n INTEGER NOT NULL, step TEXT NOT NULL, day INTEGER NOT NULL,"
	  "due INTEGER, reason TEXT, entry INTEGER NOT NULL UNIQUE, PRIMARY KEY (handle, n)) STRICT, WITHOUT ROWID;"
	  "CREATE TABLE dossier_event (program BLOB NOT NULL, key TEXT NOT NULL, sha256 BLOB NOT NULL, entry INTEGER NOT NULL,"
	  "PRIMARY KEY (program, key)) STRICT, WITHOUT ROWID",
	  "CREATE TABLE dossier_edge (from_step text COLLATE \"C\" NOT NULL, to_step text COLLATE \"C\" NOT NULL, PRIMARY KEY (from_step, to_step));"
	  "INSERT INTO dossier_edge VALUES ('received', 'paused'), ('received', 'returned'), ('received', 'refused'), ('received', 'done'),"
	  "('paused', 'resumed'), ('paused', 'returned'), ('paused', 'refused'),"
	  "('resumed', 'paused'), ('resumed', 'returned'), ('resumed', 'refused'), ('resumed', 'done');"
	  "CREATE TABLE dossier (handle bytea PRIMARY KEY, code text COLLATE \"C\" NOT NULL UNIQUE, agency text COLLATE \"C\" NOT NULL,"
	  "kind text COLLATE \"C\", running text COLLATE \"C\" NOT NULL, steps bigint NOT NULL, step text COLLATE \"C\" NOT NULL,"
	  "since bigint NOT NULL, due bigint NOT NULL, entry bigint NOT NULL, time bigint NOT NULL);"
	  "CREATE TABLE dossier_step (handle bytea NOT NULL REFERENCES dossier, n bigint NOT NULL, step text COLLATE \"C\" NOT NULL, day bigint NOT NULL,"
	  "due bigint, reason text COLLATE \"C\", entry bigint NOT NULL UNIQUE, PRIMARY KEY (handle, n));"
	  "CREATE TABLE dossier_event (program bytea NOT NULL, key text COLLATE \"C\" NOT NULL, sha256 bytea NOT NULL, entry bigint NOT NULL,"
	  "PRIMARY KEY (program, key))" },
	{ "CREATE TABLE IF NOT EXISTS log_witness (vkey TEXT PRIMARY KEY, size INTEGER NOT NULL, time INTEGER NOT NULL) STRICT;"
	  "CREATE TABLE IF NOT EXISTS log_witnessed (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, as_of INTEGER NOT NULL, note TEXT NOT NULL) STRICT;"
	  "CREATE TABLE IF NOT EXISTS log_split (vkey TEXT NOT NULL, size INTEGER NOT NULL, time INTEGER NOT NULL, sentence TEXT NOT NULL, note TEXT NOT NULL, PRIMARY KEY (vkey, size)) STRICT",
	  "CREATE TABLE IF NOT EXISTS log_witness (vkey text COLLATE \"C\" PRIMARY KEY, size bigint NOT NULL, time bigint NOT NULL);"
	  "CREATE TABLE IF NOT EXISTS log_witnessed (one bigint PRIMARY KEY CHECK (one = 1), size bigint NOT NULL, as_of bigint NOT NULL, note text COLLATE \"C\" NOT NULL);"
	  "CREATE TABLE IF NOT EXISTS log_split (vkey text COLLATE \"C\" NOT NULL, size bigint NOT NULL, time bigint NOT NULL, sentence text COLLATE \"C\" NOT NULL, note text COLLATE \"C\" NOT NULL, PRIMARY KEY (vkey, size))" },
	/* Which entry it was: of type 2 with this serial number, of type 7 with this handle. */
	{ ENDED_COLUMNS("INTEGER") ENDED_FILL("substr(entry, 1, 3) = x'8a0202'", "substr(entry, 1, 3) = x'8a0207'", "instr(entry, serial)", "instr(entry, handle)"),
	  ENDED_COLUMNS("bigint") ENDED_FILL("substring(entry FROM 1 FOR 3) = '\\x8a0202'::bytea", "substring(entry FROM 1 FOR 3) = '\\x8a0207'::bytea",
	      "position(serial IN entry)", "position(handle IN entry)") },
	{ "CREATE TABLE report (entry INTEGER PRIMARY KEY, spec TEXT NOT NULL, size INTEGER NOT NULL, sha256 BLOB NOT NULL,"
	  "json_sha256 BLOB NOT NULL, html_sha256 BLOB NOT NULL, index_sha256 BLOB NOT NULL, css_sha256 BLOB NOT NULL, time INTEGER NOT NULL) STRICT",
	  "CREATE TABLE report (entry bigint PRIMARY KEY, spec text COLLATE \"C\" NOT NULL, size bigint NOT NULL, sha256 bytea NOT NULL,"
	  "json_sha256 bytea NOT NULL, html_sha256 bytea NOT NULL, index_sha256 bytea NOT NULL, css_sha256 bytea NOT NULL, time bigint NOT NULL)" },
	{ "CREATE TABLE log_beat (one INTEGER PRIMARY KEY CHECK (one = 1), time INTEGER NOT NULL) STRICT",
	  "CREATE TABLE log_beat (one bigint PRIMARY KEY CHECK (one = 1), time bigint NOT NULL)" },
	{ "CREATE INDEX IF NOT EXISTS submission_handle ON submission (handle);"
	  "CREATE INDEX IF NOT EXISTS number_used_handle ON number_used (handle)", NULL },
	/* Which entry of type 1 it was. */
	{ ISSUED("INTEGER", "substr(entry, 1, 3) = x'8a0201'", "instr(entry, serial)")
	  "CREATE TABLE ocsp (number INTEGER PRIMARY KEY, follows INTEGER, responder BLOB NOT NULL, this_update INTEGER NOT NULL, next_update INTEGER NOT NULL, "
	  "size INTEGER NOT NULL, sha256 BLOB NOT NULL, signed INTEGER NOT NULL, entry INTEGER NOT NULL) STRICT",
	  ISSUED("bigint", "substring(entry FROM 1 FOR 3) = '\\x8a0201'::bytea", "position(serial IN entry)")
	  "CREATE TABLE ocsp (number bigint PRIMARY KEY, follows bigint, responder bytea NOT NULL, this_update bigint NOT NULL, next_update bigint NOT NULL, "
	  "size bigint NOT NULL, sha256 bytea NOT NULL, signed bigint NOT NULL, entry bigint NOT NULL)" },
	/* SQLite changes no CHECK: the table is made anew. */
	{ "CREATE TABLE certificate_new (serial BLOB PRIMARY KEY, request BLOB NOT NULL REFERENCES request, profile TEXT NOT NULL, person TEXT, name TEXT NOT NULL, agency TEXT NOT NULL, key_id BLOB NOT NULL, tbs BLOB NOT NULL, der BLOB, not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, state TEXT NOT NULL CHECK (state IN ('reserved', 'active', 'held', 'revoked', 'void')), revoked_at INTEGER, reason INTEGER, invalidity INTEGER, ended_entry INTEGER, issued_entry INTEGER, entry INTEGER NOT NULL, time INTEGER NOT NULL) STRICT;"
	  "INSERT INTO certificate_new (serial, request, profile, person, name, agency, key_id, tbs, der, not_before, not_after, state, revoked_at, reason, invalidity, ended_entry, issued_entry, entry, time) SELECT serial, request, profile, person, name, agency, key_id, tbs, der, not_before, not_after, state, revoked_at, reason, invalidity, ended_entry, issued_entry, entry, time FROM certificate;"
	  "DROP TABLE certificate;ALTER TABLE certificate_new RENAME TO certificate;"
	  "CREATE INDEX certificate_key ON certificate (key_id);CREATE INDEX certificate_person ON certificate (person);"
	  "CREATE INDEX certificate_state ON certificate (state, not_after);CREATE INDEX certificate_entry ON certificate (entry);"
	  "CREATE INDEX certificate_seal ON certificate (agency) WHERE profile = 'seal';"
	  "CREATE INDEX certificate_issued ON certificate (issued_entry);CREATE INDEX certificate_ended ON certificate (ended_entry) WHERE ended_entry IS NOT NULL;"
	  "CREATE TABLE certificate_hold (serial BLOB NOT NULL, entry INTEGER NOT NULL, since INTEGER NOT NULL, not_after INTEGER NOT NULL, ended_entry INTEGER, PRIMARY KEY (serial, entry)) STRICT",
	  "ALTER TABLE certificate DROP CONSTRAINT certificate_state_check;"
	  "ALTER TABLE certificate ADD CONSTRAINT certificate_state_check CHECK (state IN ('reserved', 'active', 'held', 'revoked', 'void'));"
	  "CREATE TABLE certificate_hold (serial bytea NOT NULL, entry bigint NOT NULL, since bigint NOT NULL, not_after bigint NOT NULL, ended_entry bigint, PRIMARY KEY (serial, entry))" },
	{ "CREATE TABLE key_blocked (key_id BLOB PRIMARY KEY, reason TEXT, entry INTEGER NOT NULL, time INTEGER NOT NULL) STRICT",
	  "CREATE TABLE key_blocked (key_id bytea PRIMARY KEY, reason text COLLATE \"C\", entry bigint NOT NULL, time bigint NOT NULL)" },
	{ "CREATE INDEX IF NOT EXISTS appointment_approver ON appointment (person) WHERE role = 'approver'", NULL },
	{ "CREATE TABLE order_waiting (id BLOB PRIMARY KEY, person TEXT NOT NULL, sha256 BLOB NOT NULL, expires INTEGER NOT NULL, entry INTEGER NOT NULL, "
	  "outcome TEXT, ended_entry INTEGER) STRICT;"
	  "CREATE INDEX order_waiting_open ON order_waiting (expires) WHERE outcome IS NULL",
	  "CREATE TABLE order_waiting (id bytea PRIMARY KEY, person text COLLATE \"C\" NOT NULL, sha256 bytea NOT NULL, expires bigint NOT NULL, entry bigint NOT NULL, "
	  "outcome text COLLATE \"C\", ended_entry bigint);"
	  "CREATE INDEX order_waiting_open ON order_waiting (expires) WHERE outcome IS NULL" },
	{ GENERATIONS("INTEGER"), GENERATIONS("bigint") },
	{ "CREATE INDEX certificate_listed ON certificate (generation, not_after, ended_entry, serial, revoked_at, reason, invalidity) WHERE state IN ('revoked', 'void');"
	  "CREATE INDEX appointment_role ON appointment (role) WHERE ended_day IS NULL", NULL },
	{ WORDS("TEXT"), WORDS("text COLLATE \"C\""), fill_words },
	{ TOKENS("TEXT", "INTEGER", " STRICT"), TOKENS("text COLLATE \"C\"", "bigint", "") },
	{ CHANGES("INTEGER", "BLOB", "TEXT", " STRICT", "substr(entry, 1, 3) = x'8a0204'", "instr(entry, handle)"),
	  CHANGES("bigint", "bytea", "text COLLATE \"C\"", "", "substring(entry FROM 1 FOR 3) = '\\x8a0204'::bytea", "position(handle IN entry)") },
	{ "CREATE INDEX permit_submitted ON permit (entry);CREATE INDEX permit_signed ON permit (signed_entry) WHERE signed_entry IS NOT NULL;"
	  "CREATE INDEX permit_reserved ON permit (reserved_entry) WHERE reserved_entry IS NOT NULL;"
	  "CREATE INDEX permit_issued ON permit (issued_entry) WHERE issued_entry IS NOT NULL", NULL },
	{ COMMITS("INTEGER") MAILBOXES("TEXT"), COMMITS("bigint") MAILBOXES("text COLLATE \"C\"") },
	/* The publisher asks what is new many times a second; the bodies are long. */
	{ "CREATE INDEX publication_seq ON publication (seq);"
	  "DROP INDEX certificate_listed;"
	  "CREATE INDEX certificate_listed ON certificate (generation, not_after, ended_entry, serial, revoked_at, reason, invalidity, state) WHERE state IN ('revoked', 'void')", NULL },
	/* SQLite reads the octets of a CRL to find what lies behind them; a server keeps them apart. */
	{ "CREATE TABLE crl_new (number INTEGER PRIMARY KEY, shard INTEGER NOT NULL, this_update INTEGER NOT NULL, next_update INTEGER NOT NULL, entry INTEGER NOT NULL, tbs BLOB NOT NULL, der BLOB) STRICT;"
	  "INSERT INTO crl_new (number, shard, this_update, next_update, entry, tbs, der) SELECT number, shard, this_update, next_update, entry, tbs, der FROM crl;"
	  "DROP TABLE crl;ALTER TABLE crl_new RENAME TO crl", "SELECT 1" },
	{ TURNS("BLOB", "TEXT", "INTEGER", " STRICT, WITHOUT ROWID"), TURNS("bytea", "text COLLATE \"C\"", "bigint", "") },
	{ "CREATE INDEX permit_agency ON permit (agency, issued_entry) WHERE issued_entry IS NOT NULL", NULL },
	{ "ALTER TABLE appointment ADD COLUMN authorised_by BLOB", "ALTER TABLE appointment ADD COLUMN authorised_by bytea" },
	{ RENEWALS("BLOB", "TEXT", "INTEGER", " STRICT"), RENEWALS("bytea", "text COLLATE \"C\"", "bigint", "") },
	{ PLACES("TEXT", "INTEGER", "BLOB", " STRICT, WITHOUT ROWID"), PLACES("text COLLATE \"C\"", "bigint", "bytea", "") },
	{ "CREATE INDEX permit_number ON permit (kind, number) WHERE number IS NOT NULL", NULL },
	{ "ALTER TABLE permit ADD COLUMN converted TEXT", "ALTER TABLE permit ADD COLUMN converted text COLLATE \"C\"" },
	{ REAFFIRMATIONS("BLOB", "TEXT", "INTEGER", " STRICT"), REAFFIRMATIONS("bytea", "text COLLATE \"C\"", "bigint", "") },
};
#define SCHEMA_VERSION (1 + (int64_t)(sizeof(migrations) / sizeof(migrations[0])))

void
values_int(struct values *v, const char *name, int64_t i)
{
	promise(v->n < VALUES_MAX);
	v->v[v->n++] = (struct value){ .name = name, .type = REG_INT, .i = i };
}

void
values_span(struct values *v, const char *name, enum reg_type type, struct span s)
{
	promise(v->n < VALUES_MAX);
	v->v[v->n++] = (struct value){ .name = name, .type = type, .s = s };
}

void
values_null(struct values *v, const char *name, enum reg_type type)
{
	promise(v->n < VALUES_MAX);
	v->v[v->n++] = (struct value){ .name = name, .type = type, .null = true };
}

const struct value *
values_get(const struct values *v, const char *name)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->v[i].name, name) == 0)
			return &v->v[i];
	return NULL;
}

struct prepared *
prepared_find(struct prepared cache[STATEMENTS_MAX], const char *sql, struct err *e)
{
	size_t at = ((uintptr_t)sql >> 3) % STATEMENTS_MAX;

	for (size_t i = 0; i < STATEMENTS_MAX; i++, at = (at + 1) % STATEMENTS_MAX)
		if (cache[at].sql == sql || cache[at].sql == NULL)
			return &cache[at];
	(void)!fail(e, ERR_BUG, "more than %d statements", STATEMENTS_MAX);
	return NULL;
}

/*
 * Opening.
 */

bool
store_is_server(const char *database)
{
	return strncmp(database, "postgresql://", 13) == 0 || strncmp(database, "postgres://", 11) == 0;
}

bool
store_needs(struct store_needs *out, const char *database, struct err *e)
{
	*out = (struct store_needs){ .files = 0 };
	return !store_is_server(database) || store_postgres_needs(out, database, e);
}

void
store_needs_drop(struct store_needs *n)
{
	for (size_t i = 0; i < n->files; i++)
		free(n->file[i]);
	n->files = 0;
}

static bool
make_schema(struct store *s, int64_t version, struct err *e)
{
	if (version == 0)
		return s->ops->script(s, s->ops->schema, e);
	for (; version < SCHEMA_VERSION; version++) {
		const char *postgres = migrations[version - 1].postgres;
		bool other = postgres != NULL && s->ops->schema == register_schema_postgres;

		if (!s->ops->script(s, other ? postgres : migrations[version - 1].sqlite, e) ||
		    (migrations[version - 1].fill != NULL && !migrations[version - 1].fill(s, e)))
			return false;
	}
	return true;
}

/* A new database gets the schema, an older one the rows that it lacks; one of a
 * later version is refused.  Two that open a new one at once: the second waits. */
static bool
migrate(struct store *s, enum store_mode mode, const char *database, struct err *e)
{
	int64_t version;

	if (!s->ops->get_version(s, &version, e))
		return false;
	if (version == SCHEMA_VERSION)
		return true;
	if (version < 0 || version > SCHEMA_VERSION || mode == STORE_READ)
		return fail(e, ERR_STORE, "%s has schema version %lld; this program knows %lld", database, (long long)version, (long long)SCHEMA_VERSION);
	if (!s->ops->begin(s, STORE_SCHEMA, e) || !s->ops->get_version(s, &version, e))
		return false;
	return make_schema(s, version, e) && s->ops->set_version(s, SCHEMA_VERSION, e) && s->ops->commit(s, e);
}

bool
store_open(struct store **out, const char *database, enum store_mode mode, struct err *e)
{
	struct store *s = mode != STORE_MEMORY && store_is_server(database) ? store_postgres() : store_sqlite();

	if (!s->ops->open(s, database, mode, e) || !migrate(s, mode, database, e)) {
		store_free(s);
		return false;
	}
	*out = s;
	return true;
}

void
store_free(struct store *s)
{
	char **kept;
	size_t n;

	if (s == NULL)
		return;
	kept = s->kept;
	n = s->nkept;
	s->ops->close(s);
	for (size_t i = 0; i < n; i++)
		free(kept[i]);
	free(kept);
}

/*
 * What the two do in their own way.
 */

bool store_is_full(const struct store *s) { return s->ops->is_full(s); }
bool store_is_lost(const struct store *s) { return s->ops->is_lost(s); }
bool store_revive(struct store *s, struct err *e) { return !s->ops->is_lost(s) || s->ops->revive(s, e); }
bool store_lead(struct store *s, bool *leads, struct err *e) { return s->ops->lead(s, leads, e); }
bool store_check_standby(struct store *s, const char *standby, struct err *e) { return s->ops->check_standby(s, standby, e); }
bool store_begin(struct store *s, enum store_begin how, struct err *e) { return s->ops->begin(s, how, e); }
bool store_commit(struct store *s, struct err *e) { return s->ops->commit(s, e); }

void
store_rollback(struct store *s)
{
	struct err ignored;

	/* The first fails where something was refused, the second where the database
	 * has ended the transaction by itself. */
	if (!store_settle(s, &ignored))
		ignored.class = ERR_NONE;
	if (!store_is_lost(s) && !store_run(s, "ROLLBACK", NULL, NULL, 0, NULL, NULL, NULL, &ignored))
		ignored.class = ERR_NONE;
}

/*
 * Statements.
 */

bool
store_run(struct store *s, const char *sql, const struct values *params, const enum reg_type *types,
    unsigned columns, store_row *row, void *ctx, uint64_t *rows, struct err *e)
{
	promise(columns <= COLUMNS_MAX);
	return s->ops->run(s, sql, params, types, columns, row, ctx, rows, e);
}

bool
store_do(struct store *s, const char *sql, const struct values *params, struct err *e)
{
	return s->ops->send(s, sql, params, NULL, e);
}

bool
store_expect(struct store *s, const char *sql, const struct values *params, const struct err_rule *rule, struct err *e)
{
	return s->ops->send(s, sql, params, rule, e);
}

bool
store_settle(struct store *s, struct err *e)
{
	return s->ops->settle(s, e);
}

static bool
take_int(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	if (!c[0].null)
		*(int64_t *)ctx = c[0].i;
	return true;
}

bool
store_int(struct store *s, const char *sql, const struct values *params, int64_t fallback, int64_t *out, struct err *e)
{
	static const enum reg_type type[] = { REG_INT };

	*out = fallback;
	return store_run(s, sql, params, type, 1, take_int, out, NULL, e);
}

/*
 * Comparing.  The rows of the one leave their digests, the rows of the other are
 * held against them; the first that differs is fetched again from both.
 */

struct compared { struct buf digests; uint64_t row; bool second, differs; };

static void
put_cell(struct buf *b, const struct value *v)
{
	if (v->null)
		buf_put_str(b, "null:");
	else if (v->type == REG_INT)
		buf_printf(b, "%lld:", (long long)v->i);
	else
		buf_printf(b, "%c%zu:", v->type == REG_TEXT ? 't' : 'b', v->s.len);
	if (!v->null && v->type != REG_INT)
		buf_put_span(b, v->s);
}

static bool
compare_row(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	own_struct(buf) text = buf_new((size_t)1 << 30);
	struct compared *x = ctx;
	unsigned char digest[SHA256_LEN];
	size_t at = x->row * SHA256_LEN;

	for (unsigned i = 0; i < n; i++)
		put_cell(&text, &c[i]);
	sha256(digest, buf_span(&text));
	if (!x->second) {
		x->row++;
		buf_put(&x->digests, digest, sizeof(digest));
		return buf_ok(&text, "row", e) && buf_ok(&x->digests, "rows", e);
	}
	x->differs = at + SHA256_LEN > x->digests.len || memcmp(x->digests.ptr + at, digest, SHA256_LEN) != 0;
	if (x->differs)
		return fail(e, ERR_STORE, "differs");
	x->row++;
	return true;
}

/* A row, each cell as it is compared and as a person writes it down. */
struct seen { uint64_t at, row; bool found; unsigned n; struct buf cell[COLUMNS_MAX], text[COLUMNS_MAX]; char name[COLUMNS_MAX][32]; };

static void
put_text(struct buf *b, const struct value *v)
{
	struct span s = span_of(v->s.ptr, v->s.len < NAMED_MAX ? v->s.len : NAMED_MAX);

	if (v->null)
		buf_put_str(b, "null");
	else if (v->type == REG_INT)
		buf_printf(b, "%lld", (long long)v->i);
	else if (v->type == REG_BYTES)
		hex_put(b, s);
	else
		buf_put_span(b, s);
}

static bool
see_row(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct seen *x = ctx;

	if (x->row++ != x->at)
		return true;
	x->found = true;
	x->n = n;
	for (unsigned i = 0; i < n; i++) {
		x->cell[i] = buf_new((size_t)1 << 30);
		x->text[i] = buf_new(4 * NAMED_MAX);
		put_cell(&x->cell[i], &c[i]);
		put_text(&x->text[i], &c[i]);
		snprintf(x->name[i], sizeof(x->name[i]), "%s", c[i].name);
	}
	return true;
}

static void
seen_drop(struct seen *x)
{
	for (unsigned i = 0; i < x->n; i++) {
		buf_drop(&x->cell[i]);
		buf_drop(&x->text[i]);
	}
}

/* A row's name: the columns of its key, which stand first. */
static void
put_name(struct buf *b, const struct seen *x, unsigned keys)
{
	for (unsigned i = 0; i < keys && i < x->n; i++) {
		buf_put_str(b, i > 0 ? ", " : "");
		buf_put_span(b, buf_span(&x->text[i]));
	}
}

static bool
name_difference(const struct seen *a, const struct seen *b, const char *table, unsigned keys, struct err *e)
{
	own_struct(buf) in_a = buf_new(1024);
	own_struct(buf) in_b = buf_new(1024);
	unsigned i = 0;

	put_name(&in_a, a, keys);
	put_name(&in_b, b, keys);
	if (!b->found)
		return fail(e, ERR_STORE, "%s, row %s: no record made it", table, buf_str(&in_a));
	if (!a->found)
		return fail(e, ERR_STORE, "%s, row %s is missing", table, buf_str(&in_b));
	while (i + 1 < a->n && span_eq(buf_span(&a->cell[i]), buf_span(&b->cell[i])))
		i++;
	if (i < keys)
		return fail(e, ERR_STORE, "%s: the records make the row %s where the row %s stands", table, buf_str(&in_b), buf_str(&in_a));
	return fail(e, ERR_STORE, "%s, row %s: %s is not what the records say", table, buf_str(&in_b), a->name[i]);
}

/* "a, b" -> "a NULLS FIRST, b NULLS FIRST": the one order that both know. */
static const char *
ordered_select(struct store *s, const char *table, const char *columns)
{
	own_struct(buf) sql = buf_new(1 << 16);

	buf_printf(&sql, "SELECT %s FROM %s ORDER BY ", columns, table);
	for (const char *p = columns; *p != '\0'; p++) {
		if (*p == ',')
			buf_put_str(&sql, " NULLS FIRST");
		buf_put_byte(&sql, (unsigned char)*p);
	}
	buf_put_str(&sql, " NULLS FIRST");
	s->kept = xrealloc(s->kept, (s->nkept + 1) * sizeof(s->kept[0]));
	return s->kept[s->nkept++] = xstrdup(buf_str(&sql));
}

bool
store_same_table(struct store *a, struct store *b, const char *table, const char *columns, unsigned keys, struct err *e)
{
	const char *sql_a = ordered_select(a, table, columns), *sql_b = ordered_select(b, table, columns);
	struct compared x = { .digests = buf_new((size_t)4 << 30) };
	struct seen in_a = { .at = 0 }, in_b = { .at = 0 };
	bool good = store_run(a, sql_a, NULL, NULL, 0, compare_row, &x, NULL, e);
	uint64_t rows = x.row;

	x.row = 0;
	x.second = true;
	good = good && store_run(b, sql_b, NULL, NULL, 0, compare_row, &x, NULL, e);
	buf_drop(&x.digests);
	if (good && x.row == rows)
		return true;
	if (!good && !x.differs)
		return false;
	in_a.at = in_b.at = x.row;
	good = store_run(a, sql_a, NULL, NULL, 0, see_row, &in_a, NULL, e) && store_run(b, sql_b, NULL, NULL, 0, see_row, &in_b, NULL, e) &&
	    name_difference(&in_a, &in_b, table, keys, e);
	seen_drop(&in_a);
	seen_drop(&in_b);
	return good;
}
