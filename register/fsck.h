/*
 * register/fsck.h -- is the register what its log says?
 *
 * From the database: every entry decodes, its record and salt are behind its
 * commitment, times do not decrease, prev points at the same handle's last
 * entry; tiles, edge and root are recomputed; the records are replayed through
 * the verbs' projections into an empty database and every committed column is
 * compared.  With a public folder: every tile, bundle and the checkpoint there
 * is compared with what was recomputed.
 *
 * Read-only.  The first difference is the refusal's sentence.
 */
#pragma once

#include "register/note.h"

struct fsck { uint64_t entries, records, erased; struct hash root; uint64_t published; };

/* public_folder may be NULL. */
must_check bool fsck_run(struct fsck *out, const char *database, const char *public_folder, struct err *);
