/*
 * ca/serial.h -- certificate serial numbers.
 *
 * A serial is 20 octets: 0x40..0x7f first, so that its DER is always 20 octets
 * and positive (RFC 5280 4.1.2.2), the rest from the DRBG: 158 bits of it
 * random (CABF BR 7.1 asks for 64).
 *
 * A serial is used up when it is reserved, not when the certificate comes out:
 * a failed issuance leaves a hole on purpose.
 *
 * Pure but for the DRBG; any thread.
 */
#pragma once

#include "base/err.h"

#define SERIAL_LEN 20

struct serial { unsigned char octet[SERIAL_LEN]; };

/* A fresh serial.  Refuses (ERR_BUG) when the DRBG does: never falls back. */
must_check bool serial_draw(struct serial *out, struct err *e);
/* Of this authority's form? */
bool serial_well_formed(const struct serial *);
