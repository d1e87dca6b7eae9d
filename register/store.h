/*
 * register/store.h -- SQLite, behind six functions; the only file that knows
 * sqlite3.h.
 *
 * WAL, synchronous FULL, STRICT tables, foreign keys on.  A statement's text is
 * static and is prepared once a connection; parameters are bound by name.
 * A full disk, a locked or a damaged database is ERR_STORE with SQLite's reason.
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
must_check bool store_open(struct store **out, const char *path, enum store_mode, struct err *);
void store_free(struct store *);
/* The last call failed because there was no room on the disk. */
bool store_is_full(const struct store *);

/* Called for every row; columns as asked for, borrowed for the call.  false
 * (with e filled) ends the statement with that refusal. */
typedef bool store_row(void *ctx, const struct value *columns, unsigned n, struct err *);
/* params may be NULL; types gives each column's type. *rows counts rows (or
 * changed rows for DML); may be NULL. */
must_check bool store_run(struct store *, const char *sql, const struct values *params,
    const enum reg_type *types, unsigned columns, store_row *, void *ctx, uint64_t *rows, struct err *);
/* DML and transaction control without results. */
must_check bool store_do(struct store *, const char *sql, const struct values *params, struct err *);
/* One integer; fallback when there is no row or it is NULL. */
must_check bool store_int(struct store *, const char *sql, const struct values *params, int64_t fallback, int64_t *out, struct err *);
/* Compares a table of two stores row by row; the first difference is the
 * refusal: the row, by the first `keys` columns, and the column.  The second
 * store is right. */
must_check bool store_same_table(struct store *, struct store *, const char *table, const char *columns, unsigned keys, struct err *);
