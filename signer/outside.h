/*
 * signer/outside.h -- another authority's time stamp, asked for and looked at.
 *
 * It may be slow, dead or lying.  Of what it answers nothing is taken but a granted
 * stamp with our imprint and our nonce, by a certificate that leads to the anchor of
 * its row (verifier/stamper.h), at a time between asking and now by our clock.  The
 * signer looks at the stamp again, with its revocation (lt_outside.c).
 */
#pragma once

#include "policy/policy.h"
#include "signer/outside_http.h"
#include "verifier/tst.h"

/* The token, appended. */
must_check bool outside_stamp(struct buf *token, struct outside_http *, const char *url, const struct time_authority *,
    const unsigned char imprint[SHA256_LEN], struct err *);
