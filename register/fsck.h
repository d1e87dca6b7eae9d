/*
 * register/fsck.h -- is the register what its log says?
 *
 * From the database: every entry decodes, stands in its tile, has its record
 * and salt behind its commitment and says to everybody what that record says;
 * times do not decrease, prev points at the same handle's last entry; tiles,
 * edge and root are recomputed; the records are replayed through the verbs'
 * projections into an empty database and every committed column is compared;
 * what is derived is checked against what it was derived from (derived.h), and
 * the remembered checkpoint against the log.  With a public folder: every tile,
 * bundle, publication and the checkpoint there (fsck_public.h), and the newest
 * reports made again from them (report_check.h).
 *
 * A record may be missing only where an entry of type 18 says that a restore
 * lost it; its public fields are replayed then (lost.h).
 *
 * What this cannot find: a history that was recomputed from one end to the
 * other.  That differs from every checkpoint that somebody else has seen
 * (antin log verify), and the log's key signs no second history (hsm/log_memory.h).
 *
 * Read-only.  The first difference is the refusal's sentence; it names table
 * and row, or the file.
 */
#pragma once

#include "register/derived.h"
#include "register/note.h"

struct fsck { uint64_t entries, records, erased, lost; struct hash root; uint64_t published; struct derived derived; };

/* public_folder may be NULL. */
must_check bool fsck_run(struct fsck *out, const char *database, const char *public_folder, struct err *);
