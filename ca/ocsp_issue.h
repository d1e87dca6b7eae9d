/*
 * ca/ocsp_issue.h -- OCSP responses, signed beforehand in batches, as a function
 * of a prefix of the log (ocsp_prefix.h; FORMATS 5).
 *
 * A whole batch answers for every certificate that was issued, and every
 * reservation that was voided, in the first `size` entries and has not expired;
 * twice a day, and when an order asks for it (publish_order.h), in PACK_SHARDS packs
 * by ranges of the serial number.  A delta
 * answers for those with an entry since the whole one that it follows; soon
 * after a change, in one pack.  Responses are valid for three days.
 *
 * Invariants:
 *  1. Number and SHA-256 of all that is to be signed are a log entry before the
 *     token signs; numbers grow as a CRL's do (crl_issue.h).
 *  2. A delta follows the last whole batch that was recorded, and only once all
 *     packs of that are published.  A whole batch that a crash left unsigned is
 *     never finished: another takes its place before any delta is made.
 *  3. Packs of a batch are put only while no later one is recorded.
 *  4. A pack says which batch it is and which one it follows: whoever reads packs
 *     of several batches side by side (a batch is being written) knows which one
 *     is newer for a certificate, and that a delta without its whole batch says
 *     nothing of others.
 *
 * Each generation has batches of its own, as RFC 6960 4.2.2.2 asks: the responder's
 * certificate is signed with the key that signed the certificates it answers for.
 * Signing is cut into slices, each of which gives way to orders under way, for the
 * token's and the machine's sake; not for long, so that a revocation is told.
 *
 * Does nothing while the generation has no responder (responder.h).
 *
 * Not here: the octets (ocsp_response.h), when (reissue.h), who asks (api/ocsp.h).
 */
#pragma once

#include "ca/authority.h"

#define OCSP_ADDRESS "ocsp"		/* below the site (api/routes.c) */
#define OCSP_VALID_SECS (3 * 86400)
#define OCSP_EVERY_SECS (86400 / 2)
#define OCSP_DELTA_MAX 2048		/* with more a whole batch is made instead */

struct ocsp_clock *ocsp_clock_new(void);

/* Of a generation's entries in the log and, for a whole batch, of its folder in
 * public/: "ocsp", "ocsp-delta"; of later shards "ocsp1", "ocsp1-delta" ... */
#define OCSP_KIND_TEXT 16
void ocsp_kind(char out[OCSP_KIND_TEXT], int64_t shard, bool delta);

/* Something was issued, revoked or voided. */
void ocsp_ask(struct generation *);
/* What is due now: a whole batch, a delta, or nothing.  *number: the last batch
 * that is published, 0 for none; may be NULL. */
must_check bool ocsp_issue(struct generation *, int64_t now, int64_t *number, struct err *);

/* A thread that issues on schedule and when asked, and tries again after a failure. */
void ocsp_timer_start(struct generation *);
/* Lets a batch that is being made become whole; none is begun afterwards. */
void ocsp_stop(struct authority *);
