/*
 * ca/crl_prefix.h -- a CRL made again from the log alone.
 *
 * What antin-ca signs as CRL is a function of a prefix of the log and of the
 * parameters in the CRL's own entry: the first `size` entries, number,
 * thisUpdate, nextUpdate, and the issuer's certificate.  It holds the serial of
 * every certificate of its shard with a type 2 entry, as the last of them says
 * (not, if that is a resume, reason 8), whose notAfter is not before the
 * thisUpdate of the newest CRL that the prefix shows (all, if it shows none):
 * an entry that has expired stays for one CRL more.
 *
 * Reads tiles; no database, no key.
 */
#pragma once

#include "base/ossl.h"
#include "register/list_entry.h"

/* The to-be-signed octets of the shard's newest CRL among the first `size` entries, and
 * its entry; refused when they are not what the entry says. */
must_check bool crl_from_prefix(struct buf *tbs, struct list_entry *said, const struct prefix *, uint64_t size, X509 *issuer, int64_t shard, struct err *);
