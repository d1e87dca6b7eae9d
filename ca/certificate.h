/*
 * ca/certificate.h -- what a certificate will say: from a profile, names and a
 * key to the to-be-signed octets (RFC 5280 4.1), and from those and a signature
 * to the certificate.
 *
 * The octets are put together here, so that they can be recorded before any
 * signature; names and extensions are OpenSSL's, and lint.h has OpenSSL encode
 * the whole once more and compares.
 *
 * A server's name stands in the subject and the subjectAltName, a mailbox in the
 * subjectAltName alone (RFC 5280 4.1.2.6).  Of a certificate request only the key is taken.  The issuer's name is copied
 * byte for byte (RFC 5280 4.1.2.4).  Texts are UTF8String, but country and
 * serialNumber, which X.520 makes PrintableString.  The tier's policy OID goes
 * into every certificate.
 *
 * Does not: look whether the result is right (lint.h), reserve or sign.
 * Pure but for the serial; any thread.
 */
#pragma once

#include "base/ossl.h"
#include "ca/serial.h"
#include "policy/policy.h"

#define BACKDATE_SECS 600		/* for clocks that are slow */

struct certificate_plan {
	const struct profile *profile;
	const struct tier *tier;
	const char *policy;				/* OID: the tier's, or that which the issuer has */
	struct serial serial;
	char person[64], name[256], title[256], mail[256];	/* "": none */
	char organisation[256], agency[64];
	unsigned char spki[1100];
	size_t spki_len;
	unsigned char key_id[KEY_ID_LEN];
	int64_t not_before, not_after;
	char crl_url[256];				/* "": none (root) */
	char ocsp_url[256];				/* for a profile that names it */
};

/* validity: from now - 10 minutes for the profile's years, inside the issuer's. */
must_check bool certificate_dates(struct certificate_plan *, X509 *issuer, int64_t now, struct err *);

/* The extensions that all certificates have which one authority makes by one profile:
 * encoded for the first of them, and kept by whoever makes several (the lints look at
 * each certificate).  Begins as { NULL }. */
struct certificate_common { const struct profile *profile; struct buf first, issuer_id, last; };
void certificate_common_drop(struct certificate_common *);

/* issuer NULL: self-signed (the root); then its own name and key id are used.
 * common: of one authority and one thread; NULL: nothing is kept. */
must_check bool certificate_tbs(struct buf *out, const struct certificate_plan *, X509 *issuer, struct certificate_common *common, struct err *);
