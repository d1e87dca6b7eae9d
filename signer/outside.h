/*
 * signer/outside.h -- another authority's time stamp, asked for and looked at.
 *
 * It may be slow, dead or lying.  Of what it answers nothing is taken but a granted
 * stamp with our imprint and our nonce, by a certificate that leads to the anchor of
 * its row (verifier/stamper.h), at a time between asking and now by our clock, and not
 * revoked.  The signer looks at all of it again (lt_outside.c).
 */
#pragma once

#include "policy/policy.h"
#include "signer/outside_http.h"
#include "verifier/tst.h"

/* Of a token that was brought, with the CRLs at hand now: does it still do?  ERR_LATER:
 * not known yet. */
must_check bool outside_lasts(struct span token, const struct time_authority *, const unsigned char imprint[SHA256_LEN], struct span crls, struct err *);
/* The token, appended. */
must_check bool outside_stamp(struct buf *token, struct outside_http *, const char *url, const struct time_authority *,
    const unsigned char imprint[SHA256_LEN], struct err *);
