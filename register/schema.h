/* register/schema.h -- the texts of register/schema/ (SQLite) and
 * register/schema/postgres/, put together at build time, and what each column
 * is worth. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

extern const char register_schema[], register_schema_postgres[];

/*
 * Every column of every table stands in one of three lists ("a, b", NULL: none),
 * those of the key first (keys: how many that is; 0 stands for one):
 *
 *	committed	records determine it: fsck replays them and compares
 *	derived		follows from committed octets: recomputed, or a signature over them
 *	ephemeral	may be lost or changed without changing what the register says
 *
 * The log's own tables are checked by hashes, not by replaying: committed there
 * is what the leaf hashes fix.
 */
struct table { const char *name, *committed; unsigned keys; const char *derived, *ephemeral; bool log; };
/* NULL after the last. */
const struct table *table_nth(size_t i);
