/*
 * policy/mailbox.h -- mailboxes in certificates: which there may be, and where.
 *
 * Local-part@Domain in ASCII (RFC 5280 4.2.1.6, RFC 5321 4.1.2): the local part a
 * Dot-string of 1 to 64 characters, no quoted one; the domain of two labels or more
 * in small letters and one of those that a profile names (mail-domains), not one
 * below it.  254 characters in all (RFC 5321 4.5.3.1).  A local part keeps its case.
 *
 * An internationalised mailbox (RFC 9598) is refused, not converted: no normal form
 * is made of it, because that could make ASCII of what is none (U+212A).
 *
 * Whether the mailbox exists or is the person's, nobody here asks: the approver sees it.
 * That no two people have one, the register sees to (register/cert_verbs.c).
 * Pure; any thread.
 */
#pragma once

#include "base/bytes.h"

/* mail may be NULL: missing.  domains: space-separated. */
must_check bool mailbox_check(const char *mail, const char *domains, struct err *);
/* The refusal of a mailbox where the profile has none. */
must_check bool mailbox_none(const char *profile, struct err *);
/* With the domain's capital letters small; to be freed. */
char *mailbox_lower_domain(const char *mail);
/* With all of them small, to tell whether two are one: no mail server in use keeps
 * two mailboxes apart by the case of a local part.  To be freed. */
char *mailbox_lower(const char *mail);
/* Domains in small letters, one space between two. */
bool mail_domains_good(const char *domains);
