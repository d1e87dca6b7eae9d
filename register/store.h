/*
 * register/store.h -- the database, whichever it is: a file (SQLite) or a
 * server (PostgreSQL), chosen by how it is named.
 *
 *	/var/lib/antin/register.db		a file
 *	postgresql:///antin?host=/run/postgresql&user=antin	a server
 *
 * Both take the same statements: parameters are named ($serial), text compares
 * bytewise, and what one of them lacks is not used.  A statement's text is
 * static and is prepared once a connection.  Two things are not statements:
 * how a transaction begins and ends (store_begin, store_commit), and the schema
 * (register/schema/, register/schema/postgres/).
 *
 * What is committed is durable: SQLite with WAL and synchronous FULL, a server
 * only with fsync, and with its synchronous standby where one is named.
 *
 * Errors: a full disk, a locked or a damaged database is ERR_STORE with the
 * database's reason.  A connection that ended is ERR_LATER and the store is
 * lost until store_revive; what a commit that was under way came to is then
 * unknown, and run.c finds it out.
 *
 * One thread a store.
 */
#pragma once

#include "register/verbs.h"

struct store;

struct value { const char *name; enum reg_type type; bool null; int64_t i; struct span s; };
#define VALUES_MAX 40
struct values { struct value v[VALUES_MAX]; size_t n; };

void values_int(struct values *, const char *name, int64_t);
void values_span(struct values *, const char *name, enum reg_type, struct span);
void values_null(struct values *, const char *name, enum reg_type);
const struct value *values_get(const struct values *, const char *name);

enum store_mode { STORE_WRITE, STORE_READ, STORE_MEMORY };
/* STORE_WRITE creates and migrates; STORE_READ refuses another schema version. */
must_check bool store_open(struct store **out, const char *database, enum store_mode, struct err *);
void store_free(struct store *);
/* Is it a server's name?  And what a process that will be jailed must keep for
 * it: the network, files that hold passwords or certificates.  A password in
 * the name itself is refused, as is a host that is no address. */
bool store_is_server(const char *database);
struct store_needs { bool inet; char *file[4]; size_t files; };
void store_needs_drop(struct store_needs *);
must_check bool store_needs(struct store_needs *out, const char *database, struct err *);
/* The standby of this name follows synchronously; else ERR_STORE. */
must_check bool store_check_standby(struct store *, const char *standby, struct err *);

/* The last call failed because there was no room on the disk. */
bool store_is_full(const struct store *);
/* The connection ended, and with it the transaction that was open. */
bool store_is_lost(const struct store *);
/* One attempt to connect again; nothing to do when the store is not lost. */
must_check bool store_revive(struct store *, struct err *);
/* True in *leads while this store, of all that are open on the database, is the
 * one that publishes; asked again after store_revive. */
must_check bool store_lead(struct store *, bool *leads, struct err *);

/* STORE_LOCK: alone among writers until the end.  STORE_SNAPSHOT: reads see one
 * moment.  STORE_SCHEMA: alone among those that would make the schema. */
enum store_begin { STORE_LOCK, STORE_SNAPSHOT, STORE_SCHEMA };
must_check bool store_begin(struct store *, enum store_begin, struct err *);
/* Durable when it returns true. */
must_check bool store_commit(struct store *, struct err *);
void store_rollback(struct store *);

/* Called for every row; columns as asked for, borrowed for the call.  false
 * (with e filled) ends the statement with that refusal.  It may not use the
 * same store. */
typedef bool store_row(void *ctx, const struct value *columns, unsigned n, struct err *);
#define COLUMNS_MAX 40
/* params may be NULL; types gives each column's type, or NULL: as the database
 * has them, all there are. *rows counts rows (or changed rows for DML); may be
 * NULL. */
must_check bool store_run(struct store *, const char *sql, const struct values *params,
    const enum reg_type *types, unsigned columns, store_row *, void *ctx, uint64_t *rows, struct err *);
/* DML and savepoints, without results.  Between store_begin(STORE_LOCK) and the
 * end of the transaction the server is not waited for: the statement goes on its
 * way, and a refusal comes with store_settle, or with the next statement that
 * has results. */
must_check bool store_do(struct store *, const char *sql, const struct values *params, struct err *);
/* The same for a SELECT that must give a row, else the rule refuses with its own sentence; it is copied, its texts are borrowed. */
must_check bool store_expect(struct store *, const char *sql, const struct values *params, const struct err_rule *, struct err *);
/* Waits for what was sent; the first refusal among it, after which nothing that
 * was sent later was done, or it must be undone. */
must_check bool store_settle(struct store *, struct err *);
/* One integer; fallback when there is no row or it is NULL. */
must_check bool store_int(struct store *, const char *sql, const struct values *params, int64_t fallback, int64_t *out, struct err *);
/* Compares a table of two stores, of either kind, row by row; the first
 * difference is the refusal: the row, by the first `keys` columns, and the
 * column.  The second store is right. */
must_check bool store_same_table(struct store *, struct store *, const char *table, const char *columns, unsigned keys, struct err *);
