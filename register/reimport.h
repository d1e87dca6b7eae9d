/*
 * register/reimport.h -- entries that a backup does not have, out of the public
 * tiles.
 *
 * folder: what antin-register published, or a mirror of it.  It is not trusted:
 * each entry must be the one whose hash stands in its tile, and all of them
 * together with what the backup has must give the root of a checkpoint that the
 * log's key signed.  Refused: a bundle or a tile that is not there (a gap), one
 * that was changed, a log that is another's.
 *
 * Entries come back at their places without record and salt, and do to the
 * tables what their public fields say (lost.h).
 *
 * Runs inside the caller's transaction.
 */
#pragma once

#include "register/note.h"
#include "register/store.h"

/* The checkpoint in folder, by the log's key. */
must_check bool reimport_checkpoint(struct checkpoint *out, const char *folder, const struct note_key *, struct err *);
/* Brings s to target, which may be the size it has, or less: then target must
 * be a part of what is there.  *n: entries that came back. */
must_check bool reimport_run(struct store *s, const char *folder, const struct checkpoint *target, uint64_t *n, struct err *);
