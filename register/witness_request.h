/*
 * register/witness_request.h -- the body of add-checkpoint (c2sp.org/tlog-witness):
 *
 *	old <size> LF
 *	<base64 hash> LF, 0 to 63 times	proof of consistency from the old size
 *	LF
 *	<checkpoint, a signed note>
 *
 * Pure; open to every level above.
 */
#pragma once

#include "register/note.h"

#define WITNESS_PROOF_MAX 63
#define WITNESS_REQUEST_MAX (NOTE_MAX + 4096)

struct witness_request {
	uint64_t old;
	struct hash proof[MERKLE_PROOF_MAX];
	size_t n;
	struct span note, text;		/* text: what is signed of the note; both borrow */
	struct checkpoint c;
};

/* old, proof and note. */
void witness_request_write(struct buf *out, const struct witness_request *);
must_check bool witness_request_read(struct witness_request *out, struct span body, struct err *);
