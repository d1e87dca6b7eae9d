/*
 * ca/ceremony.h -- how an authority begins: the root signs an issuing
 * certificate, the root's CRL, and a bundle that says who the first
 * administrators and services are (FORMATS 3: the first administrators come
 * from the ceremony's entry and from nowhere else).  And how it goes on with a
 * new key: a smaller ceremony under the same root (roll_over.h).  Each year a
 * ceremony without any bundle makes the root's next CRL (root_crl.h).
 *
 * The bundle is CMS SignedData by the root key over canonical JSON
 *   {"antin":"ceremony/1","tier","site","root","issuing","root_crl" (base64 DER),
 *    "log" (the log's verifier key), "made" (RFC 3339),
 *    "administrators":[{"person","name","title","agency","roles":[...],"csr"}],
 *    "services":[{"profile","name","agency","csr"}]}
 * A later generation's is "roll-over/1", says which "generation" begins, has no
 * "administrators" and no "log": people and log stay.
 *
 * ceremony_make runs in the command line, where the root's and the issuing
 * token are; ceremony_open checks a bundle under a root that the caller has
 * from elsewhere; ceremony_adopt is antin-ca's first start.
 */
#pragma once

#include "base/json.h"
#include "base/ossl.h"
#include "ca/root_crl.h"
#include "policy/policy.h"

#define CEREMONY_MAX (1u << 20)
#define CEREMONY_PEOPLE_MAX 50

struct ceremony_person { const char *person, *name, *title, *agency, *roles /* separated by spaces */; struct span csr; };
struct ceremony_service { const char *profile, *name, *agency; struct span csr; };

struct ceremony_plan {
	const struct policy *policy;
	const char *tier, *agency;		/* agency: code of the authority's own (H99) */
	const char *root_name, *issuing_name;	/* CN; must bear the tier's mark */
	const char *site, *log_vkey;
	EVP_PKEY *root_key, *issuing_key;	/* keys of tokens; of issuing only the public half is used */
	X509 *root;				/* of a later generation: the root as it is; root_name is not used */
	int64_t generation;			/* then 2 ..., else 0 */
	struct root_crl_plan crl;		/* then its last, and what is to be revoked; the rest is filled in */
	const struct ceremony_person *person; size_t npersons;
	const struct ceremony_service *service; size_t nservices;
	int64_t now;
};

struct ceremony_result { struct buf root, issuing, root_crl, bundle; };	/* DER */
void ceremony_result_drop(struct ceremony_result *);

must_check bool ceremony_make(struct ceremony_result *out, const struct ceremony_plan *, struct err *);

struct ceremony {
	json_t *json;
	X509 *root, *issuing;
	struct buf root_crl;
	const char *site, *tier, *log_vkey;	/* log_vkey NULL: a later generation's */
	int64_t generation;			/* 1: the first */
	unsigned char hash[SHA256_LEN];
};
void ceremony_drop(struct ceremony *);
/* root: the anchor, from a file of its own. */
must_check bool ceremony_open(struct ceremony *out, struct span bundle, X509 *root, const struct policy *, struct err *);

struct authority;
/* Records the bundle on an empty register, its requests and appointments with
 * it in one unit; issues what of it has no certificate yet.  Run again after a
 * crash it goes on where it stopped.  Refuses another bundle than the one
 * recorded. */
must_check bool ceremony_adopt(struct authority *, const struct ceremony *, struct span bundle, int64_t now, struct err *);

/* For a roll-over: what comes with the verb that records the bundle, in its unit;
 * and what of it has no certificate yet is issued. */
struct reg_unit;
must_check bool ceremony_put(struct reg_unit *, struct authority *, const struct ceremony *, int64_t now, struct err *);
must_check bool ceremony_issue(struct authority *, const struct ceremony *, int64_t now, struct err *);
