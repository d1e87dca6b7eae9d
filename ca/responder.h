/*
 * ca/responder.h -- whose key answers about certificates: the delegated OCSP
 * responder (RFC 6960 4.2.2.2).
 *
 * Its key lies on the issuing token, its certificate has the profile `ocsp`
 * (ceremony, or request and order as any other): OCSPSigning, nocheck, and short
 * of life, because nobody asks for its own status; it is renewed by itself
 * (responder_renew.h).  Of several the newest that
 * is active answers.
 */
#pragma once

#include "ca/authority.h"

struct responder { X509 *cert; unsigned char key_id[KEY_ID_LEN], serial[20]; int64_t not_after; };
void responder_drop(struct responder *);

/* *found false: the generation has none now. */
must_check bool responder_find(struct generation *, int64_t now, struct responder *out, bool *found, struct err *);
