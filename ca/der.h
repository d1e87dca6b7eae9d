/*
 * ca/der.h -- the few DER pieces (X.690) that are written by hand: heads,
 * times, and the signed object that certificates and CRLs both are.
 *
 * By hand because the signature is made elsewhere (antin-hsm, many at a time)
 * over octets that must be recorded first: OpenSSL fills its structures only
 * while it signs itself.  Reading stays with OpenSSL, but for slicing what we
 * wrote ourselves.
 */
#pragma once

#include "base/ossl.h"

void der_head(struct buf *out, unsigned char tag, size_t len);
void der_put(struct buf *out, unsigned char tag, struct span content);
/* RFC 5280 4.1.2.5: UTCTime through 2049, then GeneralizedTime. */
void der_time(struct buf *out, int64_t t);
void der_generalized_time(struct buf *out, int64_t t);
/* The content of the next element, which has this universal tag (DER_TIME: either
 * time's), and *at behind it. */
#define DER_TIME (-1)
must_check bool der_next(struct span *content, struct span *at, int tag, struct err *e);
/* AlgorithmIdentifier ecdsa-with-SHA256 (RFC 5758 3.2: no parameters). */
void der_ecdsa_sha256(struct buf *out);

/* SEQUENCE { tbs, ecdsa-with-SHA256, BIT STRING sig }.  sig: DER of an ECDSA
 * signature. */
must_check bool signed_wrap(struct buf *out, struct span tbs, struct span sig, struct err *e);
/* The same, signed here with a key of a token: at a ceremony. */
must_check bool signed_by(struct buf *out, EVP_PKEY *key, struct span tbs, struct err *e);
/* The same with a signature that is none: for reading octets before they are signed. */
must_check bool signed_wrap_unsigned(struct buf *out, struct span tbs, struct err *e);
/* Refuses an object that is anything but these tbs octets, that algorithm, and
 * a signature over them that key verifies. */
must_check bool signed_check(struct span whole, struct span tbs, EVP_PKEY *key, struct err *e);
/* A certificate's octets as PEM, without decoding them. */
void der_to_pem(struct buf *out, struct span der);
