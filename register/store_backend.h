/*
 * register/store_backend.h -- what a database must be able to do to be the
 * register's; included by store.c and the two that can, by nobody else.
 *
 * A backend's own struct begins with a struct store.  Errors as store.h says.
 */
#pragma once

#include "register/store.h"

#define STATEMENTS_MAX 512

struct store_ops {
	const char *schema;		/* the newest version, for an empty database */
	bool (*open)(struct store *, const char *database, enum store_mode, struct err *);
	void (*close)(struct store *);	/* frees it */
	/* Statements without parameters or results, separated by semicolons. */
	bool (*script)(struct store *, const char *sql, struct err *);
	/* 0: an empty database. */
	bool (*get_version)(struct store *, int64_t *, struct err *);
	bool (*set_version)(struct store *, int64_t, struct err *);
	bool (*run)(struct store *, const char *sql, const struct values *params, const enum reg_type *types, unsigned columns,
	    store_row *, void *ctx, uint64_t *rows, struct err *);
	/* store_do; and store_expect, where there is a rule. */
	bool (*send)(struct store *, const char *sql, const struct values *params, const struct err_rule *, struct err *);
	bool (*settle)(struct store *, struct err *);
	bool (*begin)(struct store *, enum store_begin, struct err *);
	bool (*commit)(struct store *, struct err *);
	bool (*is_full)(const struct store *);
	bool (*is_lost)(const struct store *);
	bool (*revive)(struct store *, struct err *);
	bool (*lead)(struct store *, bool *leads, struct err *);
	bool (*check_standby)(struct store *, const char *standby, struct err *);
};

/* kept: texts of statements that are not static, freed after the backend. */
struct store { const struct store_ops *ops; char **kept; size_t nkept; };

/* Allocated, not opened. */
struct store *store_sqlite(void);
struct store *store_postgres(void);
/* store_needs of a server. */
bool store_postgres_needs(struct store_needs *, const char *database, struct err *);

/* Where a statement of this text is among the prepared ones, or belongs: texts
 * are static, so their addresses tell them apart.  NULL: there are too many. */
struct prepared { const char *sql; void *statement; };
struct prepared *prepared_find(struct prepared cache[STATEMENTS_MAX], const char *sql, struct err *);
