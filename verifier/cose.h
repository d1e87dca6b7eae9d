/*
 * verifier/cose.h -- COSE_Sign1 with ES256 (RFC 9052), the one form that Antin
 * makes and takes.
 *
 * Tag 18; protected header a map with alg (1) = -7 and kid (4), and whatever
 * else the payload's profile wants; unprotected header empty; payload present.
 * The signature's input is Sig_structure1 ["Signature1", protected, external
 * aad, payload] (4.4).
 *
 * Deterministic CBOR only, except that foreign test vectors may carry a kid in
 * the unprotected header, which is read and never believed.
 */
#pragma once

#include "base/ossl.h"

struct cose { struct span protected_, payload, signature, kid; bool kid_protected; };

/* Spans borrow from octets. */
must_check bool cose_read(struct cose *out, struct span octets, struct err *);
must_check bool cose_check(const struct cose *, EVP_PKEY *, struct span external_aad, struct err *);
/* The octets to be signed, for a protected header and payload. */
void cose_tbs(struct buf *out, struct span protected_, struct span external_aad, struct span payload);
/* The whole COSE_Sign1; signature r||s. */
void cose_write(struct buf *out, struct span protected_, struct span payload, struct span signature);
