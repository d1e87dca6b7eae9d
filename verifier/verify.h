/*
 * verifier/verify.h -- `antin verify`: files in, report out, without a daemon or
 * network.
 *
 * Anchors, evidence and policy (opened is enough: policy.h) are read as their owner gives them.
 * The document is a stranger's: it is judged after the process has given up everything but what it has
 * open (base/jail.h), so that after verify_file it can write its answer and end.  Not
 * for a process that goes on.
 */
#pragma once

#include "verifier/report.h"

#define VERIFY_CONTENT_MAX (64u << 20)

struct verify_request {
	const char *document;		/* path */
	const char *content;		/* path of a detached content of a foreign document, may be NULL; permits have none */
	const char *const *trust;	/* files or folders; NULL-terminated */
	const char *evidence;		/* folder, may be NULL */
	const char *tiers, *tiers_seen;	/* a tier list, and which was seen last; may be NULL */
	int64_t at, now;		/* now: for the tier list, whatever the time of the judgement */
	int32_t day;
	bool insecure_no_revocation;
};
/* false only when nothing could be judged: a file or folder that cannot be
 * read, a policy whose kind of this permit does not hold. */
must_check bool verify_file(struct report *out, const struct verify_request *, const struct policy *, struct err *);
