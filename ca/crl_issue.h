/*
 * ca/crl_issue.h -- the certificate revocation list, as a function of a prefix
 * of the log (crl_prefix.h; RFC 5280 5; FORMATS 5).
 *
 * Entries: every certificate of its shard that is revoked or suspended and every serial whose
 * reservation was voided in the first `size` entries, until notAfter has passed and one more
 * CRL has shown it.  Number:
 * the greater of last + 1 and the clock, so it grows across crash and restore.
 * Valid 14 days, reissued daily and at once on a revocation.
 *
 * Invariants:
 *  1. Number and SHA-256 of the to-be-signed octets are a log entry before the
 *     token signs them.
 *  2. No entry that the last CRL shows and that has not expired is missing from
 *     the next (crl_guard), but a suspended one whose resume is an entry: such a
 *     CRL is refused, whatever the register says.
 *  3. The octets in public/ are a CRL that is recorded, checked and signed.
 *  4. A CRL that was recorded is signed before the next is recorded.
 */
#pragma once

#include "ca/authority.h"

#define CRL_VALID_SECS (14 * 86400)
#define CRL_EVERY_SECS 86400
#define CRL_KEY_COMPROMISE 1
#define CRL_HOLD 6		/* certificateHold */
#define CRL_RESUMED 8		/* removeFromCRL: in the log, never in a CRL (no delta CRLs are made) */
#define CRL_PATH "crl/%d.crl"	/* of a shard */

struct crl_row { unsigned char serial[20]; int64_t date; int reason; int64_t invalidity; /* INT64_MIN: none */ };

struct crl_clock *crl_clock_new(void);

/* Of a shard's entries in the log (one key signs a CRL): "crl", of later shards "crl1" ... */
#define CRL_KIND_TEXT 8
void crl_kind(char out[CRL_KIND_TEXT], int64_t shard);

/* The to-be-signed octets; rows in order of serial. */
must_check bool crl_tbs(struct buf *out, X509 *issuer, int64_t number, int64_t this_update, int64_t next_update,
    const struct crl_row *, size_t n, struct err *);

/* tbs of two CRLs: the serials (20 octets each, appended) that last shows and
 * next does not; in held those that last shows as suspended. */
must_check bool crl_missing(struct buf *serials, struct buf *held, struct span last_tbs, struct span next_tbs, struct err *);

/* Of every generation a CRL that holds every revocation committed before the call;
 * none of them has a number below *number (may be NULL), which counts over all
 * shards.  Calls that wait for each other share one CRL. */
must_check bool crl_issue(struct authority *, int64_t now, int64_t *number, struct err *);

/* The same of one generation, for a start. */
must_check bool crl_issue_first(struct generation *, int64_t now, struct err *);

/* Something was revoked or voided: the timer issues soon. */
void crl_ask(struct authority *);

/* A thread that issues daily, when asked, and tries again after a failure, for ever. */
void crl_timer_start(struct generation *);
/* Lets a CRL that is being made become whole; none is begun afterwards. */
void crl_stop(struct authority *);
