/*
 * register/publish.h -- what the world may copy: STATE/public.
 *
 * In the order of sunlight: the transaction is committed first; then entry
 * bundles and tiles, durable; then the checkpoint, signed by the log's own
 * token, durable; then log_published; then publications (CRLs, status lists,
 * certificates), which do not wait while no checkpoint can be made.  A failed fsync ends the
 * process: what the page cache says afterwards is not to be trusted.
 *
 * At start the committed log must hold all that is known to be signed
 * (promised.h); else antin-register refuses to start.
 *
 * Of several registers on one database the one that holds the lead signs and
 * remembers; the others write what it published into their own folders, and one
 * of them leads when it goes.
 *
 * One thread, with a database connection of its own.
 */
#pragma once

#include "register/note.h"
#include "register/run.h"

struct publisher;

/* key: the socket of the log's antin-hsm; empty: no checkpoint is signed
 * (tools only). */
must_check bool publisher_new(struct publisher **out, struct runner *, const char *folder, const char *origin,
    const char *key_socket, struct err *);
/* Of a replica: writes into its folder what was published elsewhere; vkey: the
 * file with the log's key. */
must_check bool publisher_new_replica(struct publisher **out, struct runner *, const char *folder, const char *origin,
    const char *vkey, struct err *);
/* True when what is committed now is published, by whomever. */
must_check bool publisher_flush(struct publisher *, struct err *);
/* The log's key. */
const struct note_key *publisher_key(const struct publisher *);
/* The newest that the log's key signed, as far as is known here; of a new log,
 * the empty one. */
must_check bool publisher_newest(struct publisher *, struct checkpoint *, struct buf *note, struct err *);
/* A file beside the checkpoint. */
must_check bool publisher_put(struct publisher *, const char *name, struct span content, struct err *);
/* A published checkpoint that witnesses have cosigned. */
must_check bool publisher_cosigned(struct publisher *, uint64_t size, struct span note, struct err *);
/* What it asks the database many times a second (for the test of plans). */
extern const char publish_asks[];
void publisher_start(struct publisher *);
void publisher_stop(struct publisher *);
