/*
 * register/list_entry.h -- what the entry of a CRL or a status list says (type
 * 8): the parameters of a list that is a function of the log's first `size`
 * entries, and the hash of the octets that were signed.
 *
 *	[kind, number, thisUpdate, nextUpdate, size, root, SHA-256]
 *
 * Older entries, and those of time-stamp batches, have a number of octets in
 * place of the size and no root: they tell no prefix.
 *
 * Pure; open to every level above.
 */
#pragma once

#include "register/prefix.h"

struct list_entry {
	uint64_t index;
	char kind[16], org[64];
	int64_t number, this_update, next_update;
	bool tells;			/* size and root are there */
	uint64_t size;
	struct hash root;
	unsigned char sha256[HASH_LEN];
};

#define LIST_ENTRY 8
#define ROOT_CRL_PATH "crl/root.crl"	/* where the root's list is published: of its signing no entry tells */
must_check bool list_entry_read(struct list_entry *out, uint64_t index, const struct entry *, struct err *);

/* The newest of a kind among the first `size` entries; ERR_ABSENT. */
must_check bool list_entry_newest(struct list_entry *out, const struct prefix *, uint64_t size, const char *kind, struct err *);
/* Do these octets and this root bear out what the entry says?  Refuses naming
 * what differs. */
must_check bool list_entry_bears(const struct list_entry *, const struct hash *root, struct span tbs, struct err *);
