/*
 * ca/publish_order.h -- an administrator has the authority publish now, before a
 * row of holidays or after a clock was mended: what it would publish by itself
 * later on.
 *
 *	"subject"	one: the authority's own agency
 *	"with"		{"what": ["crl", "ocsp"]}, or one of them
 *
 * crl: a CRL of every generation before the order is answered, or, while a token
 * is away, as soon as it is back.  ocsp: a whole batch of every generation that has
 * a responder, soon; that it is still to be made follows from the register alone
 * (the order's entry is younger than the last whole batch), so that no crash
 * forgets it.
 *
 * Not here: how they are made (crl_issue.h, ocsp_issue.h).
 */
#pragma once

#include "ca/authority.h"

/* Does an order among the entries from `since` on ask for OCSP responses? */
must_check bool publish_ordered(struct authority *, uint64_t since, bool *ordered, struct err *);
