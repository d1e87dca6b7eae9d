/*
 * ca/issue.h -- from approved requests to certificates.
 *
 * Invariants:
 *  1. Nothing is signed whose reservation is not durable.
 *  2. Every signature made is findable: the reservation holds the octets that
 *     were signed (the TBS), by serial number, before the token sees their hash.
 *  3. Nothing is returned that is not durable.
 *  4. A state only moves forward; but a suspended certificate may come back.
 *  5. What the order accepts and what it reserves is one unit: an order is used
 *     up if and only if its reservations exist.
 *
 *	            issue_run                      issue_commit      do_resume
 *	pending ----------------> reserved ------------------------> active <---------> held
 *	(request) <----------------.  |                                |
 *	    ^                      |  | issue_void                     | do_revoke  do_suspend
 *	    |  the request waits   |  | issue_recover                  | (orders.c) |
 *	    '----- again ----------'  v                                v            |
 *	                             void                           revoked <------'
 *	                             both on the CRL until notAfter and once more
 *
 * issue_recover runs at the start, before anything is heard: the token may have
 * signed a reservation that never became active, so each is voided and listed;
 * its request waits for a new order.  What cannot be voided at once because the
 * register is away, left_behind.c voids when it is back.
 *
 * Does not: decide who may approve (orders.c), publish the CRL (crl_issue.c).
 * Threads: any number of batches at once; a batch signs on a few threads.
 */
#pragma once

#include "ca/authority.h"
#include "ca/certificate.h"

#define ISSUE_MAX 500		/* an order's subjects (FORMATS 3) */
#define VOID_REASON 5		/* RFC 5280 cessationOfOperation: never in use */

struct issue_item {
	unsigned char request[16];
	struct span facts;		/* borrowed: ca/request.h */
	bool anew;			/* by whoever has looked at the certificate that it renews or replaces */
	int64_t until;			/* of one that replaces another: when that one would have ended; else 0 */
	struct certificate_plan plan;	/* what the request asks, checked */
	struct buf tbs, der;
};

/* also: what becomes durable in one act with the i-th certificate; NULL: nothing. */
struct issue_batch {
	struct issue_item *item; size_t n;
	struct generation *by;		/* whose key signs; NULL: the newest when it is planned */
	void (*also)(struct reg_unit *, size_t i, void *state); void *state;
};
void issue_batch_drop(struct issue_batch *);

/* Items with request and facts -> planned: serial, TBS, lints.  Names the first
 * request that cannot be. */
must_check bool issue_plan(struct authority *, struct issue_batch *, int64_t now, struct err *);

/* Appends the reservations to unit, behind what the caller put there (the
 * order), runs it, signs, checks, commits.  On success every item has its
 * certificate.  If it fails after the reservations are durable, they are voided,
 * at the latest when the register is back. */
must_check bool issue_run(struct authority *, struct issue_batch *, struct reg_unit *unit, int64_t now, struct err *);

/* Voids every reservation that a crash left; *voided: how many.  The caller
 * issues a CRL before anything else is heard. */
must_check bool issue_recover(struct authority *, int64_t now, size_t *voided, struct err *);

/* A reservation that shall be void: the verb, appended to unit. */
struct reservation { struct span request, serial, profile, agency; int64_t not_after, generation; };
void issue_put_void(struct reg_unit *, const struct reservation *, int64_t now);
