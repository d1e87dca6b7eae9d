/*
 * verifier/crl.h -- one CRL (RFC 5280 5): is it right, and what does it say of
 * a certificate?
 *
 * Checked: version 2, signature by the issuer, its name and key usage, known
 * critical extensions only, a CRL number; delta and indirect CRLs are refused.
 * Not here: which CRL is the best of several (status.h).
 */
#pragma once

#include "base/ossl.h"

enum cert_state { CERT_UNKNOWN = 0, CERT_GOOD, CERT_REVOKED };

struct crl_facts { int64_t this_update, next_update; uint64_t number; size_t entries; };

/* issuer: the CA's certificate. */
must_check bool crl_check(struct crl_facts *out, X509_CRL *, X509 *issuer, struct err *);
/* All but the signature: of octets that are yet to be signed. */
must_check bool crl_check_unsigned(struct crl_facts *out, X509_CRL *, X509 *issuer, struct err *);

struct revocation {
	enum cert_state state;
	int64_t date;
	int reason;
	int64_t invalidity;	/* INT64_MIN: none */
	X509_CRL *by;		/* of evidence_status: which says so; borrowed, NULL: none ... */
	int64_t due;		/* ... and until when it, or else the newest that was over, was to last; INT64_MIN: none */
};
/* What a checked CRL says of this serial number.  An entry that cannot be read
 * whole has the strictest reading: revoked since 1970, for no reason given. */
void crl_lookup(struct revocation *out, X509_CRL *, const ASN1_INTEGER *serial);
