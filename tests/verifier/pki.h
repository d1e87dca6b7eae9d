/*
 * tests/verifier/pki.h -- certificates and CRLs for tests, each as wrong as the
 * case wants it: keys in memory, P-256 unless a key is given.
 *
 * Every call asserts; what comes back is the caller's.
 */
#pragma once

#include "base/ossl.h"

#define PKI_NOW INT64_C(1795336920)	/* 2026-11-22T08:42:00Z */
#define PKI_YEAR (INT64_C(365) * 86400)

struct pki_party { EVP_PKEY *key; X509 *cert; };

struct pki_ext { const char *oid, *value; };	/* as `openssl req` writes them */

/* Zero members mean the ordinary: a leaf for signing, valid a year each way. */
struct pki_wish {
	const char *name;			/* CN */
	const char *constraints, *usage;	/* "" leaves the extension out */
	const char *eku;
	int64_t from, to;
	const EVP_MD *md;
	EVP_PKEY *key;				/* taken over */
	struct pki_ext ext[3];
	const char *unknown_critical;		/* an OID */
};

/* issuer NULL: self-signed. */
struct pki_party pki_party(const struct pki_wish *, const struct pki_party *issuer);
struct pki_party pki_ca(const char *name, const struct pki_party *issuer);
void pki_drop(struct pki_party *);

struct pki_entry { X509 *cert; int64_t date; int reason; int64_t invalidity; bool unknown_critical; struct { int nid; const char *der; } odd[2]; };	/* odd: extensions that are none */

struct pki_crl {
	int64_t from, to;			/* default: an hour ago, in a day */
	const struct pki_entry *entry;
	size_t n;
	bool v1, no_number, delta, unknown_critical;
	const char *idp;			/* issuingDistributionPoint, as openssl.cnf has it */
	const EVP_MD *md;
};
X509_CRL *pki_crl(const struct pki_party *issuer, const struct pki_crl *);

/* A time-stamp token, with everything about it open to be wrong. */
struct pki_stamp {
	int64_t when;
	const EVP_MD *md;		/* of the signature; NULL: SHA-256 */
	int imprint_nid;		/* 0: SHA-256 */
	bool no_ess, no_cert, two_signers, other_content;
	const struct pki_party *also;	/* a certificate that comes along, or the second signer */
};
void pki_stamp(struct buf *token, const struct pki_party *tsa, struct span imprint, const struct pki_stamp *);

/* Writes PEM (a certificate, a CRL) or octets into a file of a fresh folder. */
char *pki_folder(void);
void pki_write_cert(const char *folder, const char *name, X509 *);
void pki_write_party(const char *folder, const char *name, const struct pki_party *);	/* name.crt, name.key */
void pki_write_crl(const char *folder, const char *name, X509_CRL *);
void pki_write(const char *folder, const char *name, struct span);
/* A shell command in that folder; its exit code.  Output is thrown away. */
int pki_run(const char *folder, const char *command);
/* Removes the folder and its files. */
void pki_remove(char *folder);
