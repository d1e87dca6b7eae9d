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
 * Reading and proving are apart: csr_read decodes hostile bytes (in a worker,
 * or on the asker's own machine) and says where in them the key, the signed
 * part and the signature stand; csr_prove slices and verifies, decoding
 * nothing.  Whoever proves on his own copy need not believe the reader: another
 * key than the one whose possession is proven in these very bytes cannot come
 * out.
 */
#pragma once

#include "base/cbor.h"
#include "base/ossl.h"

#define CSR_MAX (16u << 10)
#define CSR_NO_PSS (-1)

struct csr_slice { uint32_t at, len; };		/* octets of the request */
struct csr_found { struct csr_slice key, tbs, signature; int digest; /* NID */ int salt; /* of PSS, octets */ };

/* der: PKCS#10 in DER. */
must_check bool csr_read(struct csr_found *out, struct span der, struct err *);
/* spki: a slice of der. */
must_check bool csr_prove(struct span *spki, const struct csr_found *, struct span der, struct err *);
/* Both; csr: DER or PEM.  Appends the DER SubjectPublicKeyInfo. */
must_check bool csr_gate(struct buf *spki, struct span csr, struct err *);

/* As one CBOR item, a byte string. */
void csr_found_put(struct buf *, const struct csr_found *);
must_check bool csr_found_get(struct csr_found *, struct cbor *, struct err *);
