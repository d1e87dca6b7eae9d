/* register/schema.h -- the text of register/schema/ (all .sql files), put together at build time. */
#pragma once

#include <stddef.h>

extern const char register_schema[];

/* The state tables, and for each the columns that records determine, its key
 * first (keys: how many columns that is; 0 stands for one).  A table or column
 * not listed is derived or ephemeral. */
struct table { const char *name, *committed; unsigned keys; };
const struct table *table_nth(size_t i);
