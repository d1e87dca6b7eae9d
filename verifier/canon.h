/*
 * verifier/canon.h -- canonical octets of a part of a foreign document: C14N 1.0, 1.1
 * and exclusive (W3C), without comments, with an element's signatures left out.
 *
 * Octets go straight into a digest or a bounded buffer.  The work on one document has
 * a budget, since a namespace in scope costs every element below it: what would go
 * beyond is refused (ERR_LIMIT), before it is done.
 *
 * Pure; one document is one thread's.
 */
#pragma once

#include "verifier/xml.h"

#define CANON_PREFIXES_MAX 16
#define CANON_WORK_MAX (size_t)100000000	/* steps of about 5 ns */
#define CANON_OCTETS_MAX (4 * XML_SIZE_MAX)

struct canon_form {
	enum { CANON_INCLUSIVE, CANON_INCLUSIVE_11, CANON_EXCLUSIVE } method;
	char *prefixes;			/* NULL, or InclusiveNamespaces' PrefixList */
};
void canon_form_drop(struct canon_form *);
/* A CanonicalizationMethod or Transform whose Algorithm is one of these? */
bool canon_form_is(const xmlNode *);
must_check bool canon_form_read(struct canon_form *out, const xmlNode *, struct err *);

struct canon_part {
	const xmlNode *top;		/* NULL: the whole document */
	const xmlNode *left_out;	/* NULL: nothing */
	bool no_signatures;		/* every ds:Signature left out */
};

struct canon_budget { size_t weight, work, octets; };	/* of one pass over the document; left */
struct canon_budget canon_budget_of(const struct xml *);

must_check bool canon_digest(unsigned char out[EVP_MAX_MD_SIZE], const xmlDoc *, const struct canon_part *, const struct canon_form *,
    const EVP_MD *, struct canon_budget *, struct err *);
must_check bool canon_octets(struct buf *out, const xmlDoc *, const struct canon_part *, const struct canon_form *, struct canon_budget *, struct err *);
