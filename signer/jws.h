/*
 * signer/jws.h -- octets signed by the key of the service, as a JWS (RFC 7515): ES256, with
 * the service's certificate and the issuing one in x5c, checked before it is given away.
 *
 * What is signed says itself what it is: a day's file begins with its name, a report has its
 * type in the header.  Not here: a time stamp.
 */
#pragma once

#include "signer/permit_life.h"

#define JWS_OCTETS_MAX (32u << 10)		/* of a detached one; a compact one has its payload, in base64, too */

/* Detached (appendix F), over the octets as they are (RFC 7797). */
must_check bool jws_detached(struct buf *out, const struct service *, struct span payload, struct err *);
/* Compact; type: what the payload is, in "typ". */
must_check bool jws_compact(struct buf *out, const struct service *, const char *type, struct span payload, struct err *);
