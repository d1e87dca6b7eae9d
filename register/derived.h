/*
 * register/derived.h -- are the derived columns what the committed ones make?
 *
 *	crl.der          the issuing key's signature over tbs, and nothing else
 *	status_list.cwt  a status-list signer's signature over tbs, and nothing else
 *	ocsp             which batches are signed, by their packs (ocsp_check.h)
 *	publication      root and issuing certificates as the ceremonies recorded them; the
 *	                 root's last CRL that was recorded; the last signed CRL, the last signed list;
 *	                 the last reports (report_check.h)
 *
 * Keys come from records: the issuing certificate from the ceremony's bundle,
 * a list's signer by its key id from the certificates that were issued.  A
 * second opinion on purpose: nothing of the verifier's code is used here.
 *
 * Not here: whether tbs is right (a record commits to it), whether the root is
 * the one that people trust (they have it from elsewhere).
 */
#pragma once

#include "register/store.h"

/* Reserved and never signed: a process ended in between, or somebody took the
 * signature away.  Of the last, which it was. */
struct derived { uint64_t signatures, missing; char missing_last[64]; };

must_check bool derived_check(struct derived *out, struct store *, struct err *);
