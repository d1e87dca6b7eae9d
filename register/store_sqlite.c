/* SQLite; the only home of sqlite3.h. */
#include "register/schema.h"
#include "register/store_backend.h"
#include "register/turns.h"

#include <sqlite3.h>

#include <pthread.h>
#include <stdlib.h>

struct sqlite { struct store store; sqlite3 *db; struct prepared cache[STATEMENTS_MAX]; struct turns *turns; bool my_turn; };

static struct sqlite *of(struct store *s) { return (struct sqlite *)s; }

static bool
is_full(const struct store *s)
{
	return (sqlite3_errcode(((const struct sqlite *)s)->db) & 0xff) == SQLITE_FULL;
}

static bool
fail_store(struct store *s, struct err *e, const char *what)
{
	if (is_full(s))
		return fail(e, ERR_STORE, "the register's disk is full: nothing was recorded; make room and try again");
	return fail(e, ERR_STORE, "database, %s: %s", what, sqlite3_errmsg(of(s)->db));
}

static bool
exec(struct store *s, const char *sql, const char *what, struct err *e)
{
	return sqlite3_exec(of(s)->db, sql, NULL, NULL, NULL) == SQLITE_OK || fail_store(s, e, what);
}

static bool
script(struct store *s, const char *sql, struct err *e)
{
	return exec(s, sql, "schema", e);
}

/* Its count of memory, which nobody asks for, takes a lock at each allocation. */
static void
configure(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static bool
open_file(struct store *s, const char *path, enum store_mode mode, struct err *e)
{
	static pthread_once_t configured = PTHREAD_ONCE_INIT;
	int flags = SQLITE_OPEN_NOMUTEX | (mode == STORE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);

	promise(pthread_once(&configured, configure) == 0);
	if (sqlite3_open_v2(mode == STORE_MEMORY ? ":memory:" : path, &of(s)->db, flags, NULL) != SQLITE_OK)
		return fail(e, ERR_STORE, "cannot open the database %s: %s", path, of(s)->db ? sqlite3_errmsg(of(s)->db) : "no memory");
	if (mode == STORE_WRITE)
		of(s)->turns = turns_of(path);
	return exec(s, "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY; PRAGMA busy_timeout = 10000", "options", e) &&
	    (mode != STORE_WRITE || exec(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA secure_delete = ON; PRAGMA cache_size = -16000", "options", e));
}

static void
close_file(struct store *s)
{
	for (size_t i = 0; i < STATEMENTS_MAX; i++)
		sqlite3_finalize(of(s)->cache[i].statement);
	sqlite3_close(of(s)->db);
	if (of(s)->my_turn)
		turns_give(of(s)->turns);
	if (of(s)->turns != NULL)
		turns_drop(of(s)->turns);
	free(s);
}

static bool
prepare(struct store *s, const char *sql, sqlite3_stmt **out, struct err *e)
{
	struct prepared *p = prepared_find(of(s)->cache, sql, e);

	if (p == NULL)
		return false;
	if (p->sql == NULL) {
		if (sqlite3_prepare_v3(of(s)->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL) != SQLITE_OK)
			return fail(e, ERR_BUG, "SQL: %s in: %.120s", sqlite3_errmsg(of(s)->db), sql);
		*p = (struct prepared){ sql, *out };
	}
	*out = p->statement;
	return true;
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

static enum reg_type
own_type(sqlite3_stmt *stmt, int i)
{
	switch (sqlite3_column_type(stmt, i)) {
	case SQLITE_INTEGER: return REG_INT;
	case SQLITE_TEXT: return REG_TEXT;
	}
	return REG_BYTES;
}

static struct value
column(sqlite3_stmt *stmt, int i, const enum reg_type *types)
{
	struct value v = { .name = sqlite3_column_name(stmt, i), .type = types != NULL ? types[i] : own_type(stmt, i),
		.null = sqlite3_column_type(stmt, i) == SQLITE_NULL };

	if (!v.null && v.type == REG_INT)
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
	struct value out[COLUMNS_MAX];
	uint64_t n = 0;
	int r;

	if (types == NULL)
		columns = (unsigned)sqlite3_column_count(stmt);
	promise(columns <= COLUMNS_MAX);
	while ((r = sqlite3_step(stmt)) == SQLITE_ROW) {
		n++;
		if (row == NULL)
			continue;
		for (unsigned i = 0; i < columns; i++)
			out[i] = column(stmt, (int)i, types);
		if (!row(ctx, out, columns, e))
			return false;
	}
	if (r != SQLITE_DONE)
		return fail_store(s, e, sqlite3_sql(stmt));
	if (rows != NULL)
		*rows = sqlite3_column_count(stmt) > 0 ? n : (uint64_t)sqlite3_changes64(of(s)->db);
	return true;
}

/* Before what writes; until the transaction, or the statement alone, has ended. */
static void
take_turn(struct sqlite *s, sqlite3_stmt *stmt)
{
	if (s->turns == NULL || s->my_turn || sqlite3_stmt_readonly(stmt))
		return;
	turns_take(s->turns);
	s->my_turn = true;
}

static void
end_turn(struct sqlite *s)
{
	if (!s->my_turn || !sqlite3_get_autocommit(s->db))
		return;
	s->my_turn = false;
	turns_give(s->turns);
}

static bool
run(struct store *s, const char *sql, const struct values *params, const enum reg_type *types,
    unsigned columns, store_row *row, void *ctx, uint64_t *rows, struct err *e)
{
	sqlite3_stmt *stmt = NULL;
	bool good;

	if (!prepare(s, sql, &stmt, e))
		return false;
	take_turn(of(s), stmt);
	good = bind_all(stmt, params, e) && step_all(s, stmt, types, columns, row, ctx, rows, e);
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	end_turn(of(s));
	return good;
}

/* Nothing is waited for: a statement is done when it was called. */
static bool
send_now(struct store *s, const char *sql, const struct values *params, const struct err_rule *rule, struct err *e)
{
	uint64_t rows;

	return run(s, sql, params, NULL, 0, NULL, NULL, &rows, e) && (rule == NULL || rows > 0 || fail_by(e, rule));
}

static bool settle(struct store *s, struct err *e) { return true; }

static bool
take_version(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	*(int64_t *)ctx = c[0].i;
	return true;
}

static bool
get_version(struct store *s, int64_t *version, struct err *e)
{
	static const enum reg_type type[] = { REG_INT };

	return run(s, "PRAGMA user_version", NULL, type, 1, take_version, version, NULL, e);
}

static bool
set_version(struct store *s, int64_t version, struct err *e)
{
	own_str char *mark = xprintf("PRAGMA user_version = %lld", (long long)version);

	return exec(s, mark, "schema", e);
}

static bool
begin(struct store *s, enum store_begin how, struct err *e)
{
	return run(s, how == STORE_SNAPSHOT ? "BEGIN" : "BEGIN IMMEDIATE", NULL, NULL, 0, NULL, NULL, NULL, e);
}

static bool
commit(struct store *s, struct err *e)
{
	return run(s, "COMMIT", NULL, NULL, 0, NULL, NULL, NULL, e);
}

/* A file is there or the call has failed; and it has one antin-register. */
static bool is_lost(const struct store *s) { return false; }
static bool revive(struct store *s, struct err *e) { return true; }

static bool
lead(struct store *s, bool *leads, struct err *e)
{
	*leads = true;
	return true;
}

static bool
check_standby(struct store *s, const char *standby, struct err *e)
{
	return fail(e, ERR_STORE, "the standby %s is configured, but a file has none: give the database of a server, or no standby", standby);
}

static const struct store_ops ops = {
	.schema = register_schema, .open = open_file, .close = close_file, .script = script, .get_version = get_version,
	.set_version = set_version, .run = run, .send = send_now, .settle = settle, .begin = begin, .commit = commit, .is_full = is_full, .is_lost = is_lost, .revive = revive,
	.lead = lead, .check_standby = check_standby,
};

struct store *
store_sqlite(void)
{
	struct sqlite *s = xalloc(sizeof(*s));

	s->store.ops = &ops;
	return &s->store;
}
