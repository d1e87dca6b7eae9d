/*
 * register/prefix.h -- the first N entries of a log, out of a folder of tiles.
 *
 * The folder is STATE/public or anybody's copy of it (tile.h); partial tiles of
 * any published size will do.  Entries are hashed as they are read; the root of
 * the first N is then checked against a head that is trusted: the same size and
 * root, or a larger one to which the folder's hash tiles prove that it grew.
 * So what prefix_read passed on is the log's, wherever the folder came from.
 *
 * An entry is handed over before the root is known: what its taker makes of it
 * counts only when prefix_read has returned true.
 *
 * No database, one pass, the memory of a bundle; any thread.  Refuses: a bundle
 * that is absent or cut off (ERR_ABSENT, ERR_INPUT), an entry that does not
 * decode, time that goes back, another root.  (c2sp.org/tlog-tiles v0.1.0)
 */
#pragma once

#include "register/entry.h"
#include "register/note.h"

/* folder is borrowed; head is what is trusted. */
struct prefix { const char *folder; struct checkpoint head; };

/* The head is the folder's own checkpoint, signed by key; NULL: by the key in
 * the folder's log.vkey, which proves that the folder is one log, not which. */
must_check bool prefix_open(struct prefix *out, const char *folder, const struct note_key *key, struct err *);

/* Called for entry 0, 1, 2 ...; spans are borrowed for the call. */
typedef bool prefix_entry(void *ctx, uint64_t index, const struct entry *, struct err *);
/* The entries [0, size); root (may be NULL) is theirs. */
must_check bool prefix_read(const struct prefix *, uint64_t size, prefix_entry *, void *ctx, struct hash *root, struct err *);
