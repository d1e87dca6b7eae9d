/*
 * verifier/status_list.h -- the state of every permit in a few bytes: a CWT
 * Token Status List (draft-ietf-oauth-status-list), COSE_Sign1 by the service
 * signer (FORMATS: the printed seal).
 *
 * Protected header: alg ES256, kid = first 8 octets of SHA-256(certificate
 * DER), typ (16) = "application/statuslist+cwt".  Payload, deterministic CBOR:
 *	{2: uri, 4: exp, 6: iat, -65539: [log size, root], 65533: {"bits": 4, "lst": zlib}}
 * Four bits a permit, index counting up, the low nibble first.
 *
 * Read with any of 1, 2, 4, 8 bits (the published examples have them all).
 */
#pragma once

#include "base/ossl.h"

#define STATUS_LIST_MAX (4u << 20)
#define STATUS_BITS 4
#define STATUS_TYPE "application/statuslist+cwt"

enum permit_status { STATUS_IN_FORCE = 0, STATUS_WITHDRAWN = 1, STATUS_SUSPENDED = 2, STATUS_SUPERSEDED = 3, STATUS_NOTED = 12,
	STATUS_NONE = 15 };	/* no permit there, as far as the list's log goes */

struct status_list {
	char uri[256];
	int64_t issued, expires;
	unsigned bits;
	struct buf values;		/* inflated */
	unsigned char kid[8];
};
void status_list_drop(struct status_list *);

/* statuses: one octet a permit.  Gives the protected header and the payload,
 * both needed again by cose_write. */
must_check bool status_list_payload(struct buf *protected_, struct buf *payload, const unsigned char kid[8], const char *uri,
    int64_t issued, int64_t expires, uint64_t log_size, const unsigned char log_root[SHA256_LEN],
    const unsigned char *statuses, size_t n, struct err *);
void status_list_kid(unsigned char out[8], X509 *cert);

/* The list, if cert signed it.  kid must be cert's. */
must_check bool status_list_open(struct status_list *out, struct span cwt, X509 *cert, struct err *);
/* The payload alone, for tests of published examples. */
must_check bool status_list_read_payload(struct status_list *out, struct span payload, struct err *);
/* The value at an index; ERR_ABSENT beyond the list. */
must_check bool status_list_get(const struct status_list *, uint64_t index, unsigned *value, struct err *);
/* The kid that a CWT names, before anything is believed. */
must_check bool status_list_peek_kid(unsigned char out[8], struct span cwt, struct err *);
