/*
 * verifier/cert.h -- facts read out of a certificate.
 *
 * Only reading: nothing here says that the certificate is to be trusted
 * (path.h) or valid (status.h).
 */
#pragma once

#include "base/ossl.h"
#include "policy/policy.h"

struct cert_facts {
	char serial[64];		/* hex */
	char person[64];		/* subject serialNumber, "" if none */
	char name[256], title[256];	/* CN, title */
	char organisation[256], agency[64];	/* O, organizationIdentifier */
	char issuer[256];		/* issuer's CN */
	char policy_oid[128];		/* the first certificate policy, "" if none */
	int64_t not_before, not_after;
	unsigned key_usage;		/* X509v3_KU_*, UINT32_MAX if the extension is missing */
	bool is_ca;
	unsigned char key_id[KEY_ID_LEN];
};

must_check bool cert_facts_read(struct cert_facts *out, X509 *cert, struct err *);
/* RFC 5280 4.2.1.3: no CA's, and for digitalSignature or nonRepudiation, where it says for what. */
bool cert_may_sign(X509 *);
/* Has it this issuer (DER of the name) and serial number (an INTEGER's octets)? */
bool cert_is_issued(X509 *, struct span issuer, struct span serial);
/* P-256, P-384, P-521, by name. */
bool key_is_curve(const EVP_PKEY *);
/* Does the certificate have what the profile asks for: CA flag, key usage,
 * extended key usage, subject?  Refuses with the first that is missing. */
must_check bool cert_fits_profile(X509 *cert, const struct profile *, struct err *);
/* The tier whose policy OID the certificate carries, NULL if none. */
const struct tier *cert_tier(X509 *cert, const struct policy *);
/* Is a key long enough for any time that policy knows?  *dated: the row that says until
 * when, of one that is shorter than methods ask for now; NULL: none is needed. */
bool cert_key_strong(const struct algorithm **dated, const EVP_PKEY *, const struct policy *);
/* The digest that a certificate, or a CRL, is signed over, as policy calls it; "" one that
 * policy cannot know; NULL: the algorithm has none apart (Ed25519). */
const char *cert_digest_id(X509 *cert);
const char *crl_digest_id(const X509_CRL *);
