/*
 * tests/verifier/dsig_maker.h -- foreign XML with signatures, each as wrong as the case
 * wants it: keys in memory (pki.h).
 *
 * The document is text with @SIG@ where its signature goes; what comes out may be
 * signed again.  Every call asserts.
 */
#pragma once

#include "tests/verifier/pki.h"
#include "verifier/document.h"

#define DSIG_ALL_BUT "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>"
#define DSIG_EXC "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>"

/* uri NULL: none further.  transforms: as they stand there; form: the canonical form that
 * they end in, an XML_C14N_* number of libxml2.  octets: of a content beside it. */
struct dsig_ref { const char *uri, *transforms, *type; int form; const char *octets; bool all_left_out, base64; };

struct dsig_recipe {
	const char *document, *id;		/* id: of the signature; "s" */
	struct dsig_ref ref[3];
	const struct pki_party *by;
	const char *method, *digest, *form;	/* URIs; ecdsa-sha256, sha256, exclusive */
	const char *method_inside;		/* of SignatureMethod */
	const EVP_MD *md;			/* of the method and of digests: SHA-256 */
	bool pss, der, hmac, plain, elder;	/* plain: no XAdES; elder: SigningCertificate */
	const char *key_info;			/* instead of the certificate; "@CERT@" stands for its base64 */
	const struct pki_party *key_of, *named;	/* whose certificate is in KeyInfo, is named by the properties; by's */
	const char *objects;			/* before that of the properties */
	const char *unsigned_;			/* in UnsignedSignatureProperties */
	bool no_properties_reference;
};
void dsig_make(struct buf *out, const struct dsig_recipe *);
/* <xades:SignatureTimeStamp> for the SignatureValue with this Id, in text. */
char *dsig_stamp(struct span text, const char *value_id, const struct pki_party *tsa, int64_t when);
/* The first `from` of it becomes `to`. */
void dsig_edit(struct buf *text, const char *from, const char *to);
char *dsig_base64(const X509 *);
