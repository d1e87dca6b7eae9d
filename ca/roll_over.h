/*
 * ca/roll_over.h -- the authority goes on with a new key: the same name, a second
 * generation beside the first (FORMATS 5; RFC 5280 4.2.1.1: the key identifier
 * tells one from the other).
 *
 * A small ceremony under the same root makes the new issuing certificate and a
 * bundle (ceremony.h); an order authority.roll-over brings the bundle here:
 *
 *	"subject"	one: the SHA-256 of the bundle
 *	"with"		{"bundle": base64 of its DER}
 *
 * With the order's entry the new generation is in front: it issues, and the older
 * ones sign their CRLs and OCSP responses until the last certificate of theirs has
 * ended.  Each has a token of its own.  Refused while the new token does not
 * sign, which is tried: an authority that cannot sign is no authority.
 *
 * Not here: the root's own roll-over; that is another authority's beginning.
 */
#pragma once

#include "ca/authority.h"

/* Puts in front what the register has recorded and this process has not seen:
 * at the start, and before each order, because another antin-ca over the same
 * register may have rolled over.  Any thread. */
must_check bool roll_over_follow(struct authority *, int64_t now, struct err *);

/* Its token, and its clocks of CRLs and OCSP responses. */
void roll_over_connect(struct generation *);
/* The timers of every generation, also of those to come, and one that sees to it
 * that the newest bundle's services get their certificates. */
void roll_over_start_timers(struct authority *);
/* Lets an issuance of theirs become whole; none is begun afterwards. */
void roll_over_stop(void);
