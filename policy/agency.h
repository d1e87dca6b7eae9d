/*
 * policy/agency.h -- agencies, with their history: policy/agencies.xml.
 *
 * A code never changes its meaning.  An agency that is merged or abolished keeps
 * its row, with its last day (`to`) and perhaps its successor; one that is
 * renamed keeps its code and its earlier names, each with its days.  So what it
 * issued is judged and named as of then, and nothing new is issued in its name.
 *
 * Whether an agency had the right to issue, the certificates say, not this.
 */
#pragma once

#include "policy/file.h"

struct agency_name { char *name, *brief; int32_t from, to; };
struct agency {
	char *id, *name, *brief, *symbol, *suffix, *parent, *telephone, *place, *successor;
	int32_t from, to;		/* to: its last day, INT32_MAX: it goes on */
	struct agency_name *was;	/* earlier names, the oldest first */
	size_t nwas;
};

/* One row; a refusal names file, line and rule.  What the row says of other rows
 * agencies_agree checks when all are there. */
must_check bool agency_read(struct agency *, const struct policy_file *, xmlNode *, struct err *);
must_check bool agencies_agree(const struct agency *, size_t n, struct err *);
void agency_free_members(struct agency *);

/* Is it there on that day? */
bool agency_on(const struct agency *, int32_t day);
/* What it is called on that day: after its end as last, before its beginning as first. */
const char *agency_name_on(const struct agency *, int32_t day);
const char *agency_brief_on(const struct agency *, int32_t day);
