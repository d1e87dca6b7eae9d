/*
 * register/entry.h -- the bytes of a log entry and of a record (FORMATS: the
 * register).
 *
 *	entry   deterministic CBOR [2, type, time, org, category, handle(16)|null,
 *	        commit(32), kid(8), prev|null, public|null], at most 512 octets
 *	commit  HMAC-SHA-256(salt of 16 octets, 0x01 || SHA-256(record))
 *
 * The record is the event itself; whoever has record and salt can show that an
 * entry means it, and once both are erased the entry means nothing to anybody.
 *
 * Pure; open to every level above.
 */
#pragma once

#include "base/bytes.h"

#define ENTRY_MAX 512
#define ENTRY_VERSION 2
#define ENTRY_ERASED 16		/* permit.erase */
#define ENTRY_REIMPORTED 18	/* register/lost.h */
#define SALT_LEN 16
#define HANDLE_LEN 16
#define KID_LEN 8
#define COMMIT_LEN 32

struct entry {
	uint64_t type;
	int64_t time;
	struct span org, category;	/* text; category may be empty: null */
	struct span handle;		/* 16 octets or empty: null */
	unsigned char commit[COMMIT_LEN], kid[KID_LEN];
	int64_t prev;			/* -1: null */
	struct span public_;		/* one CBOR item, or empty: null */
};

/*
 * A new handle: 5 octets of the seconds since 1970, then 11 random ones.  What was
 * made one after the other lies together in every index, so an entry costs a
 * large register what it costs a small one; its time is public in the entry.
 */
must_check bool handle_draw(unsigned char out[HANDLE_LEN], int64_t now, struct err *);

void entry_commit(unsigned char out[COMMIT_LEN], const unsigned char salt[SALT_LEN], struct span record);
must_check bool entry_write(struct buf *out, const struct entry *, struct err *);
/* Spans borrow from octets. */
must_check bool entry_read(struct entry *out, struct span octets, struct err *);
/* Does the entry commit to this record? */
must_check bool entry_means(const struct entry *, struct span record, const unsigned char salt[SALT_LEN], struct err *);
