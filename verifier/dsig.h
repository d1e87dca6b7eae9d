/*
 * verifier/dsig.h -- a foreign document: XML with XML-DSig / XAdES signatures (W3C
 * XML Signature 1.1; ETSI EN 319 132-1), enveloped, enveloping or detached.
 *
 * dsig_read walks every ds:Signature before anything is computed: parts in the order
 * of the schema, at most DSIG_SIGNATURES_MAX signatures of DSIG_REFERENCES_MAX
 * references of DSIG_TRANSFORMS_MAX transforms; algorithms that are known here; a URI
 * is "", "#Id" or a relative name without "..".  Transforms are enveloped-signature,
 * C14N 1.0, 1.1 and exclusive, base64 on a ds:Object; three XPath expressions that mean
 * "all but the signatures" are taken for that by their letters, and there is no engine
 * for any other, nor for XSLT.  SignedProperties are reached by position and must be
 * what the reference of that Type names.  A signature within another is its
 * counter-signature (XAdES) or refused; a ds:Manifest is refused.  What the walk
 * refuses is FORMAT_FAILURE.
 *
 * The signer is the certificate that SigningCertificateV2, or the elder
 * SigningCertificate, names by digest; KeyInfo is a bag.  Without them it is the one
 * certificate of KeyInfo that is no CA's, with a remark.  A bare key is nobody's.
 *
 * Every element of the document is covered by a reference that holds, or is a frame
 * around such elements without text or attributes of its own, or a part of a
 * signature (of an Object in base64 the octets are signed, and not its MimeType): a document with data that nobody signed does not pass
 * (SIG_CONSTRAINTS_FAILURE).  report.partial: there are frames, or not everybody
 * signed everything.
 *
 * Not judged, with a remark: archive time stamps, OCSP responses, signed time stamps
 * of content, other unsigned properties.  Judged without a tier, as cades.h has it.
 * Pure; one thread a document.
 */
#pragma once

#include "verifier/canon.h"
#include "verifier/document.h"

#define DSIG_SIGNATURES_MAX REPORT_SIGNATURES_MAX
#define DSIG_REFERENCES_MAX 32
#define DSIG_TRANSFORMS_MAX 3
#define DSIG_CERTS_MAX 64
#define DSIG_CRLS_MAX 48
#define DSIG_STAMPS_MAX 4
#define DSIG_VALUE_MAX 1024
#define DSIG_NONE SIZE_MAX

/* An algorithm as XML names it; policy, by the same URI, says until when. */
struct dsig_hash { const char *uri, *md; };
struct dsig_method { const char *uri, *md; int key; bool pss; };

struct dsig_digest { const struct dsig_hash *hash; unsigned char octet[EVP_MAX_MD_SIZE]; size_t len; };

struct dsig_reference {
	const xmlNode *element;
	enum { DSIG_DOCUMENT, DSIG_ELEMENT, DSIG_CONTENT } about;
	const xmlNode *target;		/* the element; NULL: nothing in the document has that Id */
	char *name;			/* of the content */
	bool left_out, all_left_out;	/* its own signature, or every one */
	bool base64;
	bool transformed;		/* by anything */
	struct canon_form form;
	struct dsig_digest digest;
};

struct dsig_signature {
	const xmlNode *element, *signed_info, *value_node, *key_info;
	const xmlNode *object;			/* the one of the qualifying properties; NULL: plain XML-DSig, this and the next two */
	const xmlNode *properties, *unsigned_list;
	size_t counters;			/* the place of the signature that it counter-signs; DSIG_NONE */
	struct canon_form form;
	const struct dsig_method *method;
	struct dsig_reference ref[DSIG_REFERENCES_MAX];
	size_t nrefs;
	unsigned char value[DSIG_VALUE_MAX];
	size_t value_len;
	bool has_certificate, has_policy;
	struct dsig_digest certificate;		/* the signer's */
	struct buf issuer_serial;		/* DER IssuerSerial; empty: not named */
	char serial[64];			/* of the elder form, as it stands there; "" */
	int64_t claimed;			/* INT64_MIN: none */
	cert_list *bag; int nkey_info;		/* so many of them of KeyInfo */
	crl_stack *crls;
	struct buf stamp[DSIG_STAMPS_MAX];
	struct canon_form stamp_form[DSIG_STAMPS_MAX];	/* of what each covers */
	size_t nstamps, passed_over;		/* properties that are not judged */
};

struct dsig {
	struct xml xml;
	struct canon_budget budget;
	struct dsig_signature *signature;	/* in the order of the document */
	size_t n;
	bool comments;			/* which no signature covers */
};

/* By its octets: XML that speaks of XML-DSig, and not of permits?  Nothing is parsed. */
bool dsig_is(struct span document);
/* ERR_ABSENT: no signature in it. */
must_check bool dsig_read(struct dsig *out, struct span document, struct err *);
void dsig_drop(struct dsig *);

/* The signer's certificate, out of what came along and of more (may be NULL); borrowed,
 * NULL, and a sentence, when it is not there. */
X509 *dsig_signer_certificate(const struct dsig_signature *, const cert_list *more, struct err *why);
/* What a signature is asked with; how long its key must be is policy's (foreign.h). */
struct dsig_check { X509 *signer; const struct document_content *contents; size_t ncontents; };
/* The value by the key, then each reference: SUB_NONE, SUB_SIG_CRYPTO_FAILURE,
 * SUB_SIGNED_DATA_NOT_FOUND, SUB_HASH_FAILURE or, where there is no canonical form,
 * SUB_FORMAT_FAILURE; and a sentence. */
enum sub_indication dsig_verify(struct dsig *, const struct dsig_signature *, const struct dsig_check *, struct err *why);
/* What a time stamp of the signature covers, appended. */
must_check bool dsig_stamped(struct buf *out, struct dsig *, const struct dsig_signature *, size_t stamp, struct err *);

/* Marks what a signature that holds covers. */
void dsig_cover(struct dsig *, size_t signature);
/* false: there is data, at `where`, that nobody signed.  *partial as report.h has it. */
bool dsig_covered(const struct dsig *, bool *partial, char where[160]);

/*
 * contents: what references may name beside the document, octets by name (a detached
 * signature's file, a container's files; the name as a URI has it once %xx is read).
 * covered: NULL, or room for as many numbers: by how many signatures, counter-signatures
 * left aside, each content is signed.  That all are is then the caller's to ask; without
 * it a content that is not signed by all does not pass.
 */
void dsig_judge(struct report *out, const struct judge_question *, const struct document_content *contents, size_t n, size_t *covered);
