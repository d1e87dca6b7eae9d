/*
 * verifier/ocsp.h -- one OCSP response (RFC 6960): is it right, and what does it
 * say of a certificate?
 *
 * Checked: signed by the issuer itself or by whom the issuer delegated (4.2.2.2:
 * its certificate by the issuer's key, OCSPSigning, valid at the time asked
 * about), thisUpdate and nextUpdate around that time, no unknown critical
 * extension, the certificate's name by whatever hash; of several answers about it
 * the one that says revoked.  A responder without nextUpdate is not taken: nothing
 * would ever make its answer old.
 *
 * Not checked: whether a delegate was revoked (ours bear nocheck); which of
 * several answers is the best.
 */
#pragma once

#include "verifier/crl.h"

#define OCSP_RESPONSE_MAX (64u << 10)

/* CERT_UNKNOWN: it says so, it is no answer (tryLater, ...), it is not of that
 * time, or speaks of another certificate.  Refuses what is wrong. */
must_check bool ocsp_lookup(struct revocation *out, struct span der, X509 *cert, X509 *issuer, int64_t at, struct err *);
