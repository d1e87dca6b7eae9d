/*
 * register/tlog_proof.h -- c2sp.org/tlog-proof@v1: what shows that an entry is
 * in the log.
 *
 *	c2sp.org/tlog-proof@v1
 *	extra <base64>          ours: deterministic CBOR [entry, record, salt]
 *	index <decimal>
 *	<base64 hash> ...       the leaf's sibling first
 *	<empty line>
 *	<checkpoint, a signed note>
 *
 * extra is not authenticated by the format; here it is, because the entry must
 * hash to the proven leaf and commit to the record.
 *
 * Pure; open to every level above.
 */
#pragma once

#include "register/entry.h"
#include "register/note.h"

#define TLOG_PROOF_MAX (2u << 20)

struct tlog_proof {
	uint64_t index;
	struct hash path[MERKLE_PROOF_MAX];
	size_t n;
	struct span note;		/* borrows from the text */
	struct buf extra;		/* owned: the CBOR */
	struct span entry, record;	/* inside extra */
	unsigned char salt[SALT_LEN];
};

void tlog_proof_drop(struct tlog_proof *);
void tlog_proof_write(struct buf *out, uint64_t index, const struct hash *path, size_t n,
    struct span entry, struct span record, const unsigned char salt[SALT_LEN], struct span note);
must_check bool tlog_proof_read(struct tlog_proof *out, struct span text, struct err *);
/* The whole chain: note by key, entry at index under its root, record behind
 * the entry.  *checkpoint and *entry tell what was proven. */
must_check bool tlog_proof_check(const struct tlog_proof *, const struct note_key *, struct checkpoint *,
    struct entry *, struct err *);
