/*
 * signer/renew.h -- sealed permits outlive their time stamps: a copy of each gets an
 * archive time stamp (B-LTA, verifier/xades.h) before the newest stamp on it proves
 * nothing any more by itself: its certificate expires, or policy stops relying on one
 * of its algorithms.
 *
 * A thread looks at the start and hourly, those first whose proofs end first, `days`
 * before they do; then, where policy ends an algorithm within as many days, at all that
 * rely on it.  Nothing is renewed that would not last longer: while antin-tsa has
 * the certificate that it had, it waits for the next one (one stamp a round tells).
 *
 * The register keeps the permit as issued, which orders, codes and the log mean, and
 * every copy beside it (permit.renew, type 22 in the log; reaffirm.c makes one, too, and
 * while its seal is waited for, none is renewed).  Withdrawn or void, a permit
 * is renewed all the same: what it once said must be shown as long.
 *
 * A copy is recorded only after the verifier's own code has found the new stamp good, and
 * none is made where it would prove less than the register's word does: of a permit whose
 * own proofs have ended before, because its stamper was revoked or nothing was renewed in
 * time.  A revocation is no reason to renew; what the register says goes on.
 * What cannot be renewed delays no other, is told to the log and is tried again after
 * seconds, later after up to an hour; antin doctor counts what is due.
 *
 * ETSI EN 319 132-1 5.5; EN 319 102-1 5.6.3.
 */
#pragma once

#include "signer/permit_life.h"

#define RENEW_DAYS "180"	/* before its proofs end */

void renew_start(const struct service *, int64_t days);
/* The copy of an issued permit whose proofs last longest, appended; without any, as issued. */
must_check bool renew_copy(struct buf *out, const struct service *, struct span handle, struct err *);
