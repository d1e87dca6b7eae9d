/*
 * signer/status_prefix.h -- a status list made again from the log alone.
 *
 * What antin-signer signs as status list is a function of a prefix of the log
 * and of the parameters in the list's own entry: the first `size` entries and
 * their root, thisUpdate, nextUpdate, the list's address and the signer's
 * certificate.  Place idx is in force once a type 5 entry names it, and what the
 * type 6 and 7 entries about it make of it on the day of thisUpdate in Vietnam
 * (policy/life.h); a place below the last one that no
 * type 5 entry names is STATUS_NONE: no permit there, as far as this log goes.
 *
 * The list travels deflated (zlib): another compressor may give other octets
 * for the same list.  Reads tiles; no database, no key.
 */
#pragma once

#include "base/ossl.h"
#include "register/list_entry.h"

/* The to-be-signed octets of the newest status list among the first `size`
 * entries, and its entry; refused when they are not what the entry says. */
must_check bool status_from_prefix(struct buf *tbs, struct list_entry *said, const struct prefix *, uint64_t size,
    X509 *signer, const char *uri, struct err *);
