/*
 * register/hold.h -- who has a database for itself.
 *
 * A file has one antin-register: it holds register.db.lock beside the file for as
 * long as it lives.  A server may have several, which agree among themselves by
 * rows (run.h) and one of which leads (store_lead).  What copies, moves or
 * restores a database wants it alone: no register holds the file, none leads on
 * the server.  ERR_CONFLICT when somebody has it.
 */
#pragma once

#include "register/store.h"

struct hold { int fd; struct store *store; };
#define HOLD_NONE ((struct hold){ .fd = -1 })

/* For antin-register. */
must_check bool hold_register(struct hold *, const char *database, struct err *);
/* For tools; a server's schema is made where it has none. */
must_check bool hold_alone(struct hold *, const char *database, struct err *);
void hold_drop(struct hold *);

#define HOLD_SUFFIX ".lock"	/* behind the file's name */
/* As root: what is made in a folder belongs to whose the folder is. */
must_check bool give_to_owner(const char *path, struct err *);
