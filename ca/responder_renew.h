/*
 * ca/responder_renew.h -- the OCSP responder's certificate is renewed before it
 * ends, without an order: nobody asks for its own status (nocheck), so it is short
 * of life, and without it no certificate of the city has an answer.
 *
 * Each generation's newest, active one, in the last `renew-days` of the profile
 * `ocsp` (none there: never): the same words on the same key, signed by the key of
 * its own generation, as cert.renew makes them (order_anew.c); the next batch of
 * responses bears it, and what was signed under the old one stays valid.  A request
 * that names the old certificate makes it a thing that is done once; after a crash
 * the request that waits is taken up.  One whose renewal an order revoked is not
 * renewed again, nor one that would not live a day longer (its issuer ends).
 *
 * Not here: another key (request and order as any other), a responder that has
 * ended already (the same), who answers (responder.h).
 */
#pragma once

#include "ca/authority.h"

/* What is due; *renewed: it was.  Any thread. */
must_check bool responder_renew(struct generation *, int64_t now, bool *renewed, struct err *);

/* A thread that looks once a day, and tries again after a failure. */
void responder_timer_start(struct authority *);
/* Lets one that is being made become whole; none is begun afterwards. */
void responder_timer_stop(void);
