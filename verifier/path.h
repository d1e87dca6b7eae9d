/*
 * verifier/path.h -- one certificate: a path to an anchor, or the reason why
 * there is none (RFC 5280 6).
 *
 * OpenSSL builds and walks the path, and where one of several issuers of a name was
 * the wrong one, another (at most PATH_MAX_WAYS times); anchors are taken as given, roots or not;
 * intermediates are a bag.  CRLs given are used: with require_crl every
 * certificate below the anchor needs one that is valid at the time: complete,
 * partial, indirect or with a delta.  Nothing is fetched.  What RFC 5280 says of
 * each step and where this is stricter: tests/verifier/paths.
 */
#pragma once

#include "base/ossl.h"
#include "policy/verdict.h"

#define PATH_MAX_CERTS 10
#define PATH_MAX_WAYS 16

struct path_request {
	X509 *leaf;
	const cert_list *anchors, *bag;		/* may be NULL: none */
	const STACK_OF(X509_CRL) *crls;		/* may be NULL: none */
	int64_t at;
	const char *purpose;			/* NULL or "any": any */
	const char *const *policies;		/* NULL-terminated OIDs, or NULL */
	bool explicit_policy, inhibit_mapping, inhibit_any, require_crl;
	bool any_strength;			/* the caller judges algorithms and lengths, by their dates */
};

struct path_result {
	enum verdict verdict;
	enum sub_indication sub;
	char reason[200];			/* "" when passed */
	cert_list *chain;			/* leaf first; NULL when none was built */
};

void path_result_drop(struct path_result *);
/* false only for a request that cannot be judged (unknown purpose, bad OID). */
must_check bool path_judge(struct path_result *out, const struct path_request *, struct err *);
