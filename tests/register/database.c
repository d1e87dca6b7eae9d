#include "tests/register/database.h"

#include "base/file.h"
#include "tests/base/test.h"

#include <libpq-fe.h>
#include <sqlite3.h>

#include <stdlib.h>
#include <unistd.h>

bool
database_is_server(void)
{
	const char *which = getenv("ANTIN_DATABASE");

	return which != NULL && strcmp(which, "postgres") == 0;
}

static void
on_server(const char *database, const char *sql)
{
	PGconn *c = PQconnectdb(database);
	PGresult *r = PQexec(c, sql);
	ExecStatusType status = PQresultStatus(r);

	if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE)
		print_error("%s: %s\n", sql, PQerrorMessage(c));
	assert_true(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY);
	PQclear(r);
	PQfinish(c);
}

static char *
new_schema(void)
{
	static unsigned number;
	own_str char *schema = xprintf("t%d_%u", (int)getpid(), ++number);
	own_struct(buf) folder = buf_new(200);
	own_str char *server = NULL;
	own_str char *make = xprintf("SET client_min_messages = warning; DROP SCHEMA IF EXISTS %s CASCADE; CREATE SCHEMA %s", schema, schema);
	struct err e;

	if (!file_read(&folder, BINARY_DIR "/postgres.dir", &e)) {
		print_error("no server: %s\n", e.text);
		_exit(77);
	}
	folder.len--;
	server = xprintf("postgresql:///postgres?host=%s&user=antin", buf_str(&folder));
	on_server(server, make);
	return xprintf("%s&options=-csearch_path%%3D%s", server, schema);
}

char *
database_new(const char *folder)
{
	return database_is_server() ? new_schema() : xprintf("%s/register.db", folder);
}

void
database_do(const char *database, const char *sql)
{
	sqlite3 *db = NULL;
	char *why = NULL;

	if (store_is_server(database)) {
		on_server(database, sql);
		return;
	}
	assert_int_equal(sqlite3_open(database, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		print_error("%s: %s\n", sql, why);
	assert_null(why);
	sqlite3_close(db);
}

int64_t
database_int(const char *database, const char *sql, const struct values *params, int64_t fallback)
{
	struct store *s = NULL;
	struct err e;
	int64_t n;

	assert_done(store_open(&s, database, STORE_READ, &e), e);
	assert_done(store_int(s, sql, params, fallback, &n, &e), e);
	store_free(s);
	return n;
}

void
database_remove(const char *database)
{
	static const char *const tails[] = { "", "-wal", "-shm" };

	for (size_t i = 0; i < COUNT(tails); i++) {
		own_str char *path = xprintf("%s%s", database, tails[i]);

		unlink(path);
	}
}
