/*
 * api/cli/transcript.h -- what an auditor signs after a ceremony: a page of text,
 * one line a fact, with the hash of everything that went in and came out.
 *
 * Written once, beside what was made; printed on paper and signed there by the
 * custodians who were present and by the auditor.  It says nothing that is
 * secret: of shares, whose were used.  Names of administrators stand in it as
 * they stand in the ceremony's file.
 *
 * Whoever has the files checks it with sha256sum and openssl alone.
 */
#pragma once

#include "ca/ceremony.h"

struct transcript {
	const char *plan_name;		/* the ceremony's file */
	struct span plan;
	const struct ceremony_plan *p;		/* NULL: the yearly one, which makes a CRL alone */
	const struct root_crl_plan *crl;	/* of a later one: the last CRL, what was revoked */
	const struct ceremony_result *r;
	const EVP_PKEY *root_key;
	int64_t now;
	const char *root_token, *custody;	/* custody: who opened it */
	unsigned signatures;		/* lines for custodians */
	bool rehearsal;
};
must_check bool transcript_write(struct buf *out, const struct transcript *, struct err *);
