/*
 * ca/ocsp_response.h -- the octets of one OCSP response (RFC 6960 4.2.1, in the
 * profile of RFC 5019 and its successor), but for its signature.
 *
 * A response answers for one certificate, under both of the names by which it
 * can be asked for: two SingleResponses, with SHA-1 and with SHA-256.  byKey,
 * producedAt = thisUpdate, nextUpdate always, no extension.  By hand for the
 * reason that ca/der.h gives; reading stays with OpenSSL (verifier/ocsp.h).
 *
 * A response on the wire is its body and a tail, the responder's certificate,
 * that all of a batch share (base/pack.h).
 *
 * Pure; any thread.
 */
#pragma once

#include "base/ossl.h"

#define SHA1_LEN 20
#define OCSP_SERIAL_LEN 20
#define OCSP_GOOD (-1)

/* An issuer as requests name it; 104 octets, what a pack is about. */
struct ocsp_issuer { unsigned char name_sha1[SHA1_LEN], key_sha1[SHA1_LEN], name_sha256[SHA256_LEN], key_sha256[SHA256_LEN]; };

struct ocsp_about { struct ocsp_issuer issuer; unsigned char responder[SHA1_LEN]; int64_t this_update, next_update; };

/* reason: of RFC 5280 5.3.1, or OCSP_GOOD. */
struct ocsp_row { unsigned char serial[OCSP_SERIAL_LEN]; int64_t date; int reason; };

/* The dates are the caller's. */
void ocsp_about_fill(struct ocsp_about *, X509 *issuer, X509 *responder);
struct span ocsp_issuer_span(const struct ocsp_issuer *);

/* ResponseData, appended: what is signed. */
void ocsp_tbs(struct buf *out, const struct ocsp_about *, const struct ocsp_row *);
/* The certificates behind the signature. */
void ocsp_tail(struct buf *out, X509 *responder);
/* Everything before the tail; sig: ECDSA, DER. */
void ocsp_body(struct buf *out, struct span tbs, struct span sig, size_t tail_len);
