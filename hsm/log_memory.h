/*
 * hsm/log_memory.h -- what the log's key signed last, and whether it may sign
 * what is asked now.
 *
 * One small file, STATE/last-checkpoint, written durably *before* the key signs:
 *	antin log memory 1
 *	<key id in hex>
 *	<checkpoint: origin, size, root>
 * A missing file refuses the start: who could delete it could otherwise make
 * the key sign a second history.  log_memory_begin() makes the first, size 0.
 *
 * Not thread-safe: the caller holds a lock over check, advance and signature.
 */
#pragma once

#include "base/ossl.h"
#include "register/note.h"

struct log_memory { char *path; unsigned char key_id[KEY_ID_LEN]; struct checkpoint last; };

/* For a new log.  An existing memory of the same key and size 0 is fine,
 * anything else is refused (ERR_CONFLICT). */
must_check bool log_memory_begin(const char *folder, const unsigned char key_id[KEY_ID_LEN], const char *origin, struct err *);
/* Refuses a missing file, another key's, another origin's. */
must_check bool log_memory_open(struct log_memory *, const char *folder, const unsigned char key_id[KEY_ID_LEN],
    const char *origin, struct err *);

/* What a memory says, whoever's key it is: for a restore. */
must_check bool log_memory_read(struct checkpoint *, const char *path, struct err *);

/* May the key sign next?  ERR_POLICY: another origin, smaller, the same size
 * with another root, or not proven consistent with the last. */
must_check bool log_memory_allows(const struct log_memory *, const struct checkpoint *next, struct span proof, struct err *);
/* Remembers next durably; on failure (ERR_STORE) nothing may be signed. */
must_check bool log_memory_advance(struct log_memory *, const struct checkpoint *next, struct err *);
