/*
 * verifier/csr.h -- the gate for certificate requests (PKCS#10, RFC 2986).
 *
 * A CSR is evidence, not a template: of what it says only the key is taken, and
 * its signature as proof of possession.  Refused, each with its rule: larger
 * than CSR_MAX, bytes behind it, MD5 and SHA-1, a signature that does not
 * verify, RSA below 2048 or above 8192 bits, even or small exponent, a modulus
 * with a small factor, the ROCA fingerprint, two primes close together, curves
 * other than P-256, P-384, P-521, a point that is not on its curve.
 *
 * Hostile bytes: run in a worker for a daemon, or on the asker's own machine.
 */
#pragma once

#include "base/ossl.h"

#define CSR_MAX (16u << 10)

/* Appends the DER SubjectPublicKeyInfo when the request passes. */
must_check bool csr_gate(struct buf *spki, struct span csr, struct err *);
