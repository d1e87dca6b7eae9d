/*
 * api/ocsp.h -- OCSP over HTTP (RFC 6960 A.1): the answers that antin-ca signed
 * beforehand, out of the packs in public/ocsp (base/pack.h, ca/ocsp_issue.h).
 *
 * Packs are mapped for reading and looked for again a few times a second; a
 * request is read by ocsp_request.h; no key is here, no certificate is parsed,
 * no answer is made but these, which carry no signature:
 *
 *	malformedRequest	what is no request
 *	unauthorized		another issuer, a serial number that was never
 *				issued or has expired, two certificates at once
 *	tryLater		no pack, one that is older than its nextUpdate or
 *				cannot be read, a delta whose whole batch is not
 *				there
 *
 * A nonce gets the same answer without it (RFC 9654 2.1).  Every answer is HTTP
 * 200; those that are signed may be cached (RFC 5019 6).
 */
#pragma once

#include "api/routes.h"

struct ocsp_shelf;
/* public: the folder; borrowed for ever. */
struct ocsp_shelf *ocsp_shelf_new(const char *public);
void ocsp_shelf_free(struct ocsp_shelf *);

/* The DER answer to a request; *head, of the pack it came from, has kind.len 0
 * when none did, and in `about` the serial number, which lies in the request.
 * For handlers and tests. */
struct pack_head;
void ocsp_answer(struct ocsp_shelf *, struct span request, int64_t now, struct buf *out, struct pack_head *head);

bool ocsp_get(struct call *, struct err *);
bool ocsp_post(struct call *, struct err *);
