/*
 * register/fsck_public.h -- fsck's look at what everybody may copy.
 *
 * Every file below tile/ must be a tile or an entry bundle of this log, octet
 * for octet: those of the published size, and those of earlier sizes that were
 * left; a full one or one of the published size may not be missing.  Files of
 * the table `publication` must be what their rows say.  A file that was begun
 * and never renamed (a process ended) is nobody's, and passed over.
 *
 * What is published is read before the database, which goes on growing: then
 * it has at least that much.
 */
#pragma once

#include "register/note.h"
#include "register/store.h"

struct fsck_public { struct store *db, *replay; const char *folder; uint64_t entries; };

/* The published checkpoint, under the published key. */
must_check bool fsck_public_read(struct checkpoint *out, const char *folder, struct err *);
/* Root, tiles, bundles.  replay holds the recomputed tiles. */
must_check bool fsck_public_check(const struct fsck_public *, const struct checkpoint *, struct err *);
/* The remembered checkpoint, under the published key. */
must_check bool fsck_public_note(struct store *db, const char *folder, struct err *);
/* The cosigned checkpoint, remembered or not, and its file, under the published key:
 * cosignatures are for whoever trusts a policy. */
must_check bool fsck_public_witnessed(struct store *db, bool remembered, const char *folder, struct err *);
/* Rows of `publication` and their files; waits some seconds for what a publisher
 * at work is about to write.  A file may also be the list that is recorded and not
 * signed yet: signed after a backup.  Outside a transaction. */
must_check bool fsck_public_rows(struct store *db, const char *folder, struct err *);
