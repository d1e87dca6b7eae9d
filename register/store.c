#include "register/store.h"

#include "register/schema.h"

#include <sqlite3.h>

#include <stdlib.h>

#define STATEMENTS_MAX 256
#define NAMED_MAX 40		/* octets of a value that a refusal shows */

/* Row i makes a database of version i + 1 one of version i + 2; the schema files
 * are the newest version.  A column that comes later is also in the verb's
 * `project`, so that replaying older records gives what the row gave. */
static const char *const migrations[] = {
	"ALTER TABLE program ADD COLUMN rights TEXT NOT NULL DEFAULT 'submit'",
	"CREATE INDEX IF NOT EXISTS certificate_entry ON certificate (entry);"
	"CREATE INDEX IF NOT EXISTS certificate_seal ON certificate (agency) WHERE profile = 'seal';"
	"CREATE INDEX IF NOT EXISTS order_entry ON order_accepted (entry)",
};
#define SCHEMA_VERSION (1 + (int64_t)(sizeof(migrations) / sizeof(migrations[0])))

struct store {
	sqlite3 *db;
	struct { const char *sql; sqlite3_stmt *stmt; } cache[STATEMENTS_MAX];
};

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

bool
store_is_full(const struct store *s)
{
	return (sqlite3_errcode(s->db) & 0xff) == SQLITE_FULL;
}

static bool
fail_store(struct store *s, struct err *e, const char *what)
{
	if (store_is_full(s))
		return fail(e, ERR_STORE, "the register's disk is full: nothing was recorded; make room and try again");
	return fail(e, ERR_STORE, "database, %s: %s", what, sqlite3_errmsg(s->db));
}

static bool
exec(struct store *s, const char *sql, const char *what, struct err *e)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK || fail_store(s, e, what);
}

static bool
make_schema(struct store *s, int64_t version, struct err *e)
{
	if (version == 0)
		return exec(s, register_schema, "schema", e);
	for (; version < SCHEMA_VERSION; version++)
		if (!exec(s, migrations[version - 1], "migration", e))
			return false;
	return true;
}

/* A new database gets the schema, an older one the rows that it lacks; one of a
 * later version is refused. */
static bool
migrate(struct store *s, enum store_mode mode, const char *path, struct err *e)
{
	own_str char *mark = xprintf("PRAGMA user_version = %lld", (long long)SCHEMA_VERSION);
	int64_t version;

	if (!store_int(s, "PRAGMA user_version", NULL, 0, &version, e))
		return false;
	if (version == SCHEMA_VERSION)
		return true;
	if (version < 0 || version > SCHEMA_VERSION || mode == STORE_READ)
		return fail(e, ERR_STORE, "%s has schema version %lld; this program knows %lld", path, (long long)version, (long long)SCHEMA_VERSION);
	return exec(s, "BEGIN IMMEDIATE", "schema", e) && make_schema(s, version, e) && exec(s, mark, "schema", e) && exec(s, "COMMIT", "schema", e);
}

bool
store_open(struct store **out, const char *path, enum store_mode mode, struct err *e)
{
	struct store *s = xalloc(sizeof(*s));
	int flags = SQLITE_OPEN_NOMUTEX | (mode == STORE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
	bool good = sqlite3_open_v2(mode == STORE_MEMORY ? ":memory:" : path, &s->db, flags, NULL) == SQLITE_OK;

	if (!good)
		fail(e, ERR_STORE, "cannot open the database %s: %s", path, s->db ? sqlite3_errmsg(s->db) : "no memory");
	else
		good = exec(s, "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY; PRAGMA busy_timeout = 10000", "options", e) &&
		    (mode != STORE_WRITE || exec(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -16000", "options", e)) &&
		    migrate(s, mode, path, e);
	if (!good) {
		store_free(s);
		return false;
	}
	*out = s;
	return true;
}

void
store_free(struct store *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < STATEMENTS_MAX; i++)
		sqlite3_finalize(s->cache[i].stmt);
	sqlite3_close(s->db);
	free(s);
}

/* Open addressing by the address of the text, which is static. */
static bool
prepare(struct store *s, const char *sql, sqlite3_stmt **out, struct err *e)
{
	size_t at = ((uintptr_t)sql >> 3) % STATEMENTS_MAX;

	for (size_t i = 0; i < STATEMENTS_MAX; i++, at = (at + 1) % STATEMENTS_MAX) {
		if (s->cache[at].sql == sql) {
			*out = s->cache[at].stmt;
			return true;
		}
		if (s->cache[at].sql != NULL)
			continue;
		if (sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->cache[at].stmt, NULL) != SQLITE_OK)
			return fail(e, ERR_BUG, "SQL: %s in: %.120s", sqlite3_errmsg(s->db), sql);
		s->cache[at].sql = sql;
		*out = s->cache[at].stmt;
		return true;
	}
	return fail(e, ERR_BUG, "more than %d statements", STATEMENTS_MAX);
}

static int
bind_value(sqlite3_stmt *stmt, int at, const struct value *v)
{
	static const char empty[1] = "";
	const char *p = v->s.ptr != NULL ? (const char *)v->s.ptr : empty;

	if (v->null)
		return sqlite3_bind_null(stmt, at);
	switch (v->type) {
	case REG_INT: return sqlite3_bind_int64(stmt, at, v->i);
	case REG_TEXT: return sqlite3_bind_text64(stmt, at, p, v->s.len, SQLITE_STATIC, SQLITE_UTF8);
	case REG_BYTES: return sqlite3_bind_blob64(stmt, at, p, v->s.len, SQLITE_STATIC);
	}
	return SQLITE_MISUSE;
}

/* Every parameter of the statement must be among the values. */
static bool
bind_all(sqlite3_stmt *stmt, const struct values *params, struct err *e)
{
	int n = sqlite3_bind_parameter_count(stmt);

	for (int i = 1; i <= n; i++) {
		const char *name = sqlite3_bind_parameter_name(stmt, i);
		const struct value *v = params == NULL || name == NULL ? NULL : values_get(params, name + 1);

		if (v == NULL)
			return fail(e, ERR_BUG, "SQL asks for %s, which is no field", name ? name : "?");
		if (bind_value(stmt, i, v) != SQLITE_OK)
			return fail(e, ERR_BUG, "SQL parameter %s does not bind", name);
	}
	return true;
}

static struct value
column(sqlite3_stmt *stmt, int i, enum reg_type type)
{
	struct value v = { .name = sqlite3_column_name(stmt, i), .type = type,
		.null = sqlite3_column_type(stmt, i) == SQLITE_NULL };

	if (!v.null && type == REG_INT)
		v.i = sqlite3_column_int64(stmt, i);
	else if (!v.null) {
		const void *p = sqlite3_column_blob(stmt, i);

		v.s = span_of(p, (size_t)sqlite3_column_bytes(stmt, i));
	}
	return v;
}

static bool
step_all(struct store *s, sqlite3_stmt *stmt, const enum reg_type *types, unsigned columns,
    store_row *row, void *ctx, uint64_t *rows, struct err *e)
{
	struct value out[24];
	uint64_t n = 0;
	int r;

	promise(columns <= 24);
	while ((r = sqlite3_step(stmt)) == SQLITE_ROW) {
		n++;
		if (row == NULL)
			continue;
		for (unsigned i = 0; i < columns; i++)
			out[i] = column(stmt, (int)i, types[i]);
		if (!row(ctx, out, columns, e))
			return false;
	}
	if (r != SQLITE_DONE)
		return fail_store(s, e, sqlite3_sql(stmt));
	if (rows != NULL)
		*rows = sqlite3_column_count(stmt) > 0 ? n : (uint64_t)sqlite3_changes64(s->db);
	return true;
}

bool
store_run(struct store *s, const char *sql, const struct values *params, const enum reg_type *types,
    unsigned columns, store_row *row, void *ctx, uint64_t *rows, struct err *e)
{
	sqlite3_stmt *stmt = NULL;
	bool good;

	if (!prepare(s, sql, &stmt, e))
		return false;
	good = bind_all(stmt, params, e) && step_all(s, stmt, types, columns, row, ctx, rows, e);
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return good;
}

bool
store_do(struct store *s, const char *sql, const struct values *params, struct err *e)
{
	return store_run(s, sql, params, NULL, 0, NULL, NULL, NULL, e);
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

/* A value with its type and length. */
static void
put_cell(sqlite3_stmt *stmt, int i, struct buf *b)
{
	const void *p = sqlite3_column_blob(stmt, i);
	int n = sqlite3_column_bytes(stmt, i);

	buf_printf(b, "%d:%d:", sqlite3_column_type(stmt, i), n);
	if (p != NULL)
		buf_put(b, p, (size_t)n);
}

static void
row_text(sqlite3_stmt *stmt, struct buf *b)
{
	buf_reset(b);
	for (int i = 0; i < sqlite3_column_count(stmt); i++)
		put_cell(stmt, i, b);
}

/* A value as a person writes it down; octets in hex, long ones cut. */
static void
put_value(struct buf *b, sqlite3_stmt *stmt, int i)
{
	const void *p = sqlite3_column_blob(stmt, i);
	size_t n = (size_t)sqlite3_column_bytes(stmt, i);

	switch (sqlite3_column_type(stmt, i)) {
	case SQLITE_NULL: buf_put_str(b, "null"); break;
	case SQLITE_BLOB: hex_put(b, span_of(p, n < NAMED_MAX ? n : NAMED_MAX)); break;
	default: buf_put(b, p, n < NAMED_MAX ? n : NAMED_MAX);
	}
}

/* A row's name: the columns of its key, which stand first. */
static void
put_name(struct buf *b, sqlite3_stmt *stmt, unsigned keys)
{
	for (unsigned i = 0; i < keys; i++) {
		buf_put_str(b, i > 0 ? ", " : "");
		put_value(b, stmt, (int)i);
	}
}

static int
first_difference(sqlite3_stmt *a, sqlite3_stmt *b)
{
	own_struct(buf) ta = buf_new(64u << 20);
	own_struct(buf) tb = buf_new(64u << 20);
	int i = 0;

	for (; i < sqlite3_column_count(a); i++) {
		buf_reset(&ta);
		buf_reset(&tb);
		put_cell(a, i, &ta);
		put_cell(b, i, &tb);
		if (!span_eq(buf_span(&ta), buf_span(&tb)))
			break;
	}
	return i;
}

/* a stands at a row of the database, b at one of its records; either may have
 * ended (ra, rb). */
static bool
name_difference(sqlite3_stmt *a, int ra, sqlite3_stmt *b, int rb, const char *table, unsigned keys, struct err *e)
{
	own_struct(buf) in_a = buf_new(1024);
	own_struct(buf) in_b = buf_new(1024);
	int i = ra == SQLITE_ROW && rb == SQLITE_ROW ? first_difference(a, b) : 0;

	if (ra == SQLITE_ROW)
		put_name(&in_a, a, keys);
	if (rb == SQLITE_ROW)
		put_name(&in_b, b, keys);
	if (rb != SQLITE_ROW)
		return fail(e, ERR_STORE, "%s, row %s: no record made it", table, buf_str(&in_a));
	if (ra != SQLITE_ROW)
		return fail(e, ERR_STORE, "%s, row %s is missing", table, buf_str(&in_b));
	if (i < (int)keys)
		return fail(e, ERR_STORE, "%s: the records make the row %s where the row %s stands", table, buf_str(&in_b), buf_str(&in_a));
	return fail(e, ERR_STORE, "%s, row %s: %s is not what the records say", table, buf_str(&in_b), sqlite3_column_name(a, i));
}

bool
store_same_table(struct store *a, struct store *b, const char *table, const char *columns, unsigned keys, struct err *e)
{
	own_str char *sql = xprintf("SELECT %s FROM %s ORDER BY %s", columns, table, columns);
	own_struct(buf) ta = buf_new(64u << 20);
	own_struct(buf) tb = buf_new(64u << 20);
	sqlite3_stmt *sa = NULL, *sb = NULL;
	bool good = sqlite3_prepare_v2(a->db, sql, -1, &sa, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(b->db, sql, -1, &sb, NULL) == SQLITE_OK;

	if (!good)
		fail(e, ERR_BUG, "cannot compare the table %s: %s", table, sqlite3_errmsg(a->db));
	while (good) {
		int ra = sqlite3_step(sa), rb = sqlite3_step(sb);

		if (ra == SQLITE_DONE && rb == SQLITE_DONE)
			break;
		good = (ra == SQLITE_ROW || ra == SQLITE_DONE) || fail_store(a, e, sql);
		if (good && ra == rb) {
			row_text(sa, &ta);
			row_text(sb, &tb);
			good = span_eq(buf_span(&ta), buf_span(&tb));
		} else {
			good = false;
		}
		if (!good && (ra == SQLITE_ROW || ra == SQLITE_DONE))
			name_difference(sa, ra, sb, rb, table, keys, e);
	}
	sqlite3_finalize(sa);
	sqlite3_finalize(sb);
	return good;
}
