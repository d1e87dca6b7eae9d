#include "register/witness_store.h"

#include "base/fault.h"

#include <sqlite3.h>

#include <stdlib.h>

#define VERSION "1"
#define FORKS_MAX "1000"	/* a log that forks without end does not fill the disk */

enum statement { GET, PUT, FORK, BEGIN, COMMIT, ROLLBACK, STATEMENTS };

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS view (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, "
    "note TEXT NOT NULL, time INTEGER NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS fork (origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL, "
    "seen TEXT NOT NULL, time INTEGER NOT NULL, PRIMARY KEY (origin, size, root)) STRICT;"
    "PRAGMA user_version = " VERSION;

static const char *const sql[STATEMENTS] = {
	[GET] = "SELECT size, root, note FROM view WHERE origin = ?1",
	[PUT] = "INSERT INTO view (origin, size, root, note, time) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (origin) DO UPDATE "
		"SET size = excluded.size, root = excluded.root, note = excluded.note, time = excluded.time",
	/* seen: the view that it contradicts. */
	[FORK] = "INSERT INTO fork (origin, size, root, note, seen, time) SELECT ?1, ?2, ?3, ?4, note, ?5 FROM view WHERE origin = ?1 "
		"AND (SELECT count(*) FROM fork) < " FORKS_MAX " ON CONFLICT DO NOTHING",
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
};

struct witness_store { sqlite3 *db; sqlite3_stmt *stmt[STATEMENTS]; };

void
witness_view_drop(struct witness_view *v)
{
	buf_drop(&v->note);
}

static bool
fail_store(struct witness_store *s, struct err *e)
{
	return fail(e, ERR_STORE, "the witness's memory: %s", s->db != NULL ? sqlite3_errmsg(s->db) : "no memory");
}

static bool
exec(struct witness_store *s, const char *text, struct err *e)
{
	return sqlite3_exec(s->db, text, NULL, NULL, NULL) == SQLITE_OK || fail_store(s, e);
}

/* A file of another program, or of a later version, is not written over. */
static bool
prepare(struct witness_store *s, const char *path, struct err *e)
{
	sqlite3_stmt *version = NULL;
	int v = -1;

	if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return fail_store(s, e);
	if (!exec(s, "PRAGMA busy_timeout = 5000; PRAGMA trusted_schema = OFF; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", e))
		return false;
	if (sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &version, NULL) == SQLITE_OK && sqlite3_step(version) == SQLITE_ROW)
		v = sqlite3_column_int(version, 0);
	sqlite3_finalize(version);
	if (v != 0 && v != (int)strtol(VERSION, NULL, 10))
		return fail(e, ERR_STORE, "%s is no memory of a witness that this program knows (version %d)", path, v);
	if (!exec(s, schema, e))
		return false;
	for (int i = 0; i < STATEMENTS; i++)
		if (sqlite3_prepare_v3(s->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &s->stmt[i], NULL) != SQLITE_OK)
			return fail_store(s, e);
	return true;
}

bool
witness_store_open(struct witness_store **out, const char *path, struct err *e)
{
	struct witness_store *s = xalloc(sizeof(*s));

	if (!prepare(s, path, e)) {
		witness_store_free(s);
		return false;
	}
	*out = s;
	return true;
}

void
witness_store_free(struct witness_store *s)
{
	if (s == NULL)
		return;
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(s->stmt[i]);
	sqlite3_close(s->db);
	free(s);
}

static void
bind_text(sqlite3_stmt *stmt, int at, struct span s)
{
	promise(sqlite3_bind_text64(stmt, at, s.len > 0 ? (const char *)s.ptr : "", s.len, SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK);
}

/* Runs to the end; what was bound is forgotten. */
static bool
run(struct witness_store *s, enum statement which, struct err *e)
{
	bool good = sqlite3_step(s->stmt[which]) == SQLITE_DONE || fail_store(s, e);

	sqlite3_reset(s->stmt[which]);
	sqlite3_clear_bindings(s->stmt[which]);
	return good;
}

static bool
take_view(struct witness_view *v, sqlite3_stmt *stmt, struct err *e)
{
	int64_t size = sqlite3_column_int64(stmt, 0);
	const void *root = sqlite3_column_blob(stmt, 1), *note = sqlite3_column_blob(stmt, 2);

	if (size < 0 || sqlite3_column_bytes(stmt, 1) != HASH_LEN)
		return fail(e, ERR_STORE, "the witness's memory is damaged");
	v->any = true;
	v->size = (uint64_t)size;
	memcpy(v->root.octet, root, HASH_LEN);
	buf_put(&v->note, note, (size_t)sqlite3_column_bytes(stmt, 2));
	return buf_ok(&v->note, "note", e);
}

bool
witness_store_get(struct witness_store *s, const char *origin, struct witness_view *out, struct err *e)
{
	sqlite3_stmt *stmt = s->stmt[GET];
	bool good;
	int r;

	*out = (struct witness_view){ .note = buf_new(2 * NOTE_MAX) };
	bind_text(stmt, 1, span_str(origin));
	r = sqlite3_step(stmt);
	good = r == SQLITE_DONE || (r == SQLITE_ROW ? take_view(out, stmt, e) : fail_store(s, e));
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return good;
}

bool
witness_store_begin(struct witness_store *s, struct err *e)
{
	return run(s, BEGIN, e);
}

static void
bind_view(sqlite3_stmt *stmt, const char *origin, uint64_t size, const struct hash *root, struct span note, int64_t time)
{
	bind_text(stmt, 1, span_str(origin));
	promise(sqlite3_bind_int64(stmt, 2, (int64_t)size) == SQLITE_OK &&
	    sqlite3_bind_blob(stmt, 3, root->octet, HASH_LEN, SQLITE_STATIC) == SQLITE_OK);
	bind_text(stmt, 4, note);
	promise(sqlite3_bind_int64(stmt, 5, time) == SQLITE_OK);
}

bool
witness_store_put(struct witness_store *s, const char *origin, const struct witness_view *v, int64_t time, struct err *e)
{
	bind_view(s->stmt[PUT], origin, v->size, &v->root, buf_span(&v->note), time);
	return run(s, PUT, e);
}

bool
witness_store_fork(struct witness_store *s, const struct checkpoint *c, struct span note, int64_t time, bool *new, struct err *e)
{
	bind_view(s->stmt[FORK], c->origin, c->size, &c->root, note, time);
	if (!run(s, FORK, e))
		return false;
	*new = sqlite3_changes(s->db) > 0;
	return true;
}

bool
witness_store_commit(struct witness_store *s, struct err *e)
{
	FAULT_POINT("witness.commit");
	if (!run(s, COMMIT, e))
		return false;
	FAULT_POINT("witness.committed");
	return true;
}

void
witness_store_cancel(struct witness_store *s)
{
	struct err ignored;

	if (sqlite3_get_autocommit(s->db) == 0 && !run(s, ROLLBACK, &ignored))
		promise(!"a transaction that ends");
}
