/*
 * policy/time_authority.h -- other people's time-stamping authorities:
 * policy/timestamps.xml.
 *
 * What is taken from one: stamps of its policies, on its days, by a certificate that
 * leads to its anchor.  The anchor is one for stamps and nothing else.
 *
 * Judging a stamp by it is verifier/stamper.h's.
 */
#pragma once

#include "base/ossl.h"
#include "policy/file.h"

#define TIME_AUTHORITY_CERTS_MAX 8	/* between anchor and stamper */

struct time_authority {
	char *id, *vi, *en, *policies;	/* policies: OIDs, a space between two */
	int32_t from, to;		/* to: its last day, INT32_MAX: it goes on */
	cert_list *anchor, *between;	/* anchor: one */
};

/* One row; a refusal names file, line and rule. */
must_check bool time_authority_read(struct time_authority *, const struct policy_file *, xmlNode *, struct err *);
void time_authority_free_members(struct time_authority *);

/* Does it stamp for us on that day? */
bool time_authority_on(const struct time_authority *, int32_t day);
