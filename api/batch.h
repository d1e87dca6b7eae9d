/*
 * api/batch.h -- many submissions in one request: JSON Lines in, JSON Lines out.
 *
 *	POST /v1/permits/batch
 *
 * Each line is a submission as POST /v1/permits takes it, and is answered by a line
 * of its own, in the order of the lines: what that would have answered, with
 * "line" (from 1) and "status".  A line that is refused is refused alone.  Empty lines are
 * passed over and counted.
 *
 * A line's idempotency key is the header's, "/" and the first 32 hex digits of its
 * SHA-256: sent again, in another order or with some lines mended, a batch records
 * nothing twice; a line that stands twice is one permit.
 *
 * The body is read as it comes, some lines at a time, and each group is answered by
 * antin-signer before more is read: a client that is faster waits.  What is kept is a group
 * and the answers, whatever the length; HTTP/1.1 has no answer before the end of the
 * question (base/http.h), so the answers of a batch have a limit, too.  A line that found
 * no room, or came after too many that could not be recorded for reasons of ours, is
 * answered "ask-again".  When the client goes, what was recorded stays, and sending
 * again finds it.
 */
#pragma once

#include "api/routes.h"

#define BATCH_LINES_MAX 10000
#define BATCH_KEY_MAX 64		/* octets of the header's key: antin-signer takes 100 */
#define BATCHES_MAX 8			/* at once */
#define BATCHES_OF_PROGRAM 2

extern const struct route_pieces batch_pieces;
bool batch_run(struct call *, struct err *);

/* The batches that are open; one of it a process. */
struct seats *batches_new(void);
