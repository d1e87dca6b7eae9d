/*
 * api/ocsp_request.h -- an OCSP request (RFC 6960 4.1.1), read as far as an
 * answer signed beforehand needs it: which certificate is asked about.
 *
 * A reader of its own, of the few elements that there are, because these octets
 * are anybody's: no allocation, no recursion, nothing of OpenSSL's ASN.1.
 * DER only: shortest lengths, no end without its octets.
 *
 * A request may name one certificate several times (by SHA-1 and by SHA-256):
 * one response answers all of that.  Two certificates in one request have no
 * answer that was signed beforehand.
 *
 * Read and passed over: version 1, requestorName, a signature, a nonce of 1 to
 * 128 octets (RFC 9654), extensions that are not critical.  Refused: anything
 * else.
 *
 * Pure; any thread.
 */
#pragma once

#include "base/bytes.h"

#define OCSP_REQUEST_MAX 4096
#define OCSP_CERT_IDS_MAX 8

enum ocsp_hash { OCSP_HASH_OTHER = 0, OCSP_HASH_SHA1, OCSP_HASH_SHA256 };

/* Borrow from the request. */
struct ocsp_cert_id { enum ocsp_hash hash; struct span name, key, serial; };
struct ocsp_request { struct ocsp_cert_id id[OCSP_CERT_IDS_MAX]; size_t n; };

/* n >= 1.  ERR_INPUT or ERR_LIMIT: what RFC 6960 calls malformedRequest. */
must_check bool ocsp_request_read(struct ocsp_request *out, struct span octets, struct err *);
