/*
 * register/move.h -- the register out of one database into another, of either
 * kind (SQLite's file, PostgreSQL's server).
 *
 * Both are held alone meanwhile (hold.h).  The source is judged by fsck first
 * and left as it is; the target must be empty, and gets every row in one
 * transaction: it is the whole of it or empty.  Then fsck judges the target,
 * and each table is compared with the source's, row by row.
 *
 * One log has one register: the source is not to be started again.  It could
 * not go on anyway, because the log's key signs no second history.
 */
#pragma once

#include "register/fsck.h"

/* out: of the target. */
must_check bool move_run(struct fsck *out, const char *from, const char *to, struct err *);
/* The copying and judging alone; both are the caller's alone. */
must_check bool move_rows(struct fsck *out, const char *from, const char *to, struct err *);
