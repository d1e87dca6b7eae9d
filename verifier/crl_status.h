/*
 * verifier/crl_status.h -- what lists say of one certificate whose issuer is
 * known (RFC 5280 6.3.3): complete and partial ones, for some reasons, indirect
 * ones and deltas.
 *
 * A list counts when a key of its issuer's name signed it that may sign lists and
 * that is the issuer's or has a path to it; what is forged, over or without a
 * nextUpdate says nothing.  Nothing is asked of the certificate but its issuer.
 *
 * Permits are not judged by this: theirs are complete lists (crl.h).
 */
#pragma once

#include "verifier/crl.h"

/* Is it a delta that is over, or not valid yet?  OpenSSL takes one whatever its time. */
bool crl_delta_is_away(X509_CRL *, int64_t at);
/* Those that are indirect, borrowed.  RFC 5280 6.3.3 asks the lists of a point
 * first, OpenSSL prefers the issuer's own: who has both asks these alone, too. */
STACK_OF(X509_CRL) *crls_indirect(const STACK_OF(X509_CRL) *);
/* issuer: the certificate's, or an anchor above it.  more: further certificates on
 * the way and of issuers of lists; may be NULL.  why: "" or what stood against an
 * answer. */
enum cert_state crl_status(const char **why, X509 *cert, X509 *issuer, const cert_list *more, const STACK_OF(X509_CRL) *, int64_t at);
