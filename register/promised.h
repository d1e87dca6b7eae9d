/*
 * register/promised.h -- the checkpoints that the log's key has signed, wherever
 * they are kept: a database that goes on with the log must hold all that each of
 * them stood for.
 *
 *	published	log_published, PUBLIC/checkpoint
 *	cosigned	log_witnessed, PUBLIC/checkpoint.witnessed
 *	signed		the memory of the key itself (a size)
 *
 * A database that was put back may have less, and the folder may be older, or
 * gone; what nobody here remembers the witnesses do (witnessing.h).
 *
 * Reads only.  Whoever cosigned, it is the log's signature that is checked.
 */
#pragma once

#include "register/note.h"
#include "register/store.h"

struct promised {
	const char *database, *folder;		/* folder: PUBLIC */
	const struct note_key *key;
	uint64_t is_signed;			/* the key's memory; 0: nothing, or unknown */
	bool may_lag;				/* a replica: it may be behind the folder that it was given */
};

/* published: what the folder has and the database remembers, the lesser of the
 * two (a replica: what the folder has); size 0 when there is nothing.  Refuses
 * (ERR_STORE) a database that is behind, or has another history. */
must_check bool promised_check(struct checkpoint *published, const struct promised *, struct store *, struct err *);
