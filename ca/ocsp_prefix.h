/*
 * ca/ocsp_prefix.h -- a batch of OCSP responses made again from the log alone.
 *
 * What the responder's key signs as a batch is a function of a prefix of the log
 * and of the parameters in the batch's own entry: the first `size` entries,
 * thisUpdate, nextUpdate, and the certificates of issuer and responder.  Of
 * every serial number the newest entry counts: type 1 makes it good, type 2
 * revoked with its reason and date (8, removeFromCRL: good again); those whose
 * notAfter is before thisUpdate have no answer.  A delta holds the serial
 * numbers with an entry since the prefix of the newest whole batch that its own
 * prefix shows.
 *
 * Reads tiles; no database, no key.
 */
#pragma once

#include "base/ossl.h"
#include "register/list_entry.h"

/* Every ResponseData of the shard's newest batch, whole or delta, among the first `size` entries, in the order of serial numbers, and its
 * entry; refused when they are not what the entry says. */
must_check bool ocsp_from_prefix(struct buf *tbs, struct list_entry *said, const struct prefix *, uint64_t size, bool delta,
    X509 *issuer, X509 *responder, int64_t shard, struct err *);
