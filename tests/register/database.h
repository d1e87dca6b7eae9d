/*
 * tests/register/database.h -- the database that a test runs on.
 *
 * A file in the test's folder; or, where ANTIN_DATABASE is "postgres", a schema
 * of its own in the server that ctest started (tests/postgres.sh).  A test that
 * is given no server ends with 77, skipped.
 *
 * Who asks here for a database is run on both (tests/CMakeLists.txt); nobody asks
 * elsewhere (tests/house.sh).
 */
#pragma once

#include "register/store.h"

bool database_is_server(void);
/* A new, empty database; folder is for a file.  malloc'd. */
char *database_new(const char *folder);
/* Behind the register's back: any statements. */
void database_do(const char *database, const char *sql);
/* One number, fallback where there is no row; params may be NULL. */
int64_t database_int(const char *database, const char *sql, const struct values *params, int64_t fallback);
/* Removes the file and what SQLite put beside it. */
void database_remove(const char *database);
