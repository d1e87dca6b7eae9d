/*
 * register/restore.h -- a backup put back, so that the log goes on and does not
 * fork.
 *
 *	1  the backup is whole (backup.h), and no register runs on the state
 *	2  a copy beside the database's name, brought to the newest schema
 *	3  with tiles: what was published after it comes back (reimport.h), one
 *	   transaction, up to the newest checkpoint of those published, signed and
 *	   cosigned that are shown to it; one that is beyond the tiles is a refusal
 *	4  if anything came back, an entry of type 18 says which records are lost
 *	   (verb log.reimported): from then on orders signed before are refused, and
 *	   books whose numbers are not all known are closed
 *	5  fsck judges the whole; fsync, rename; or into an empty server, in one
 *	   transaction (move.h)
 *
 * Under the database's name there is nothing or the whole of it, wherever the
 * power goes; what a try left beside it the next one removes.
 *
 * Refuses (ERR_CONFLICT) a state that holds anything, or that a register holds.
 */
#pragma once

#include "register/note.h"

struct restore {
	const char *backup, *state;
	const char *database;			/* a server's name; NULL: register.db in state */
	const char *tiles;			/* may be NULL: as the backup has it */
	const char *key;			/* vkey; may be NULL: the backup's */
	const struct checkpoint *is_signed;	/* what the log's key signed last, where it is more than what is published; may be NULL */
	const char *witnessed;			/* file: a checkpoint that witnesses have cosigned, of which nothing may be missing; may be NULL */
};

struct restored {
	uint64_t entries;		/* as they are now */
	uint64_t first, count;		/* came back without their records */
	uint64_t closed;		/* books that wait for an order */
};

must_check bool restore_run(struct restored *out, const struct restore *, struct err *);
