/*
 * verifier/proved.h -- a signature that was found good is not computed anew.
 *
 * A judgement comes by the same certificates and CRLs with each signature of a
 * document, and antin-signer by the signature and the stamp that it has just
 * looked at.  That octets are signed by a key is true for ever: remembered is that
 * and nothing else, under a SHA-256 over the signed thing's whole octets, as they
 * are verified, its signature among them, and the key's.  Another octet, or another key, is another
 * name.  Dates, revocation, usage, algorithms are judged each time.
 *
 * What does not hold is not remembered, and is computed each time it is asked.
 * Nothing outlives the process: a document that has a worker of its own has a
 * memory of its own (zygote.h).  PROVED_PLACES names
 * of certificates and CRLs, and as many of values and stamps; a newer one may drive out
 * an older.
 *
 * Any thread.
 */
#pragma once

#include "base/ossl.h"

#define PROVED_PLACES 512

/* As X509_verify and X509_CRL_verify by the key of `by`, and the same of a digest
 * (ecdsa_verify).  false leaves OpenSSL's reason. */
bool proved_cert(X509 *cert, X509 *by);
bool proved_crl(X509_CRL *crl, X509 *by);
bool proved_ecdsa(struct span digest, struct span sig_der, X509 *by);

/* For whoever computes by himself: the name of "these octets are signed by the key of by"
 * (what: one for each way of computing), whether it is remembered, and that it holds. */
enum proved_what { PROVED_CERT = 1, PROVED_CRL, PROVED_ECDSA, PROVED_STAMP };
struct proved_name { unsigned char octet[SHA256_LEN]; bool passing, unnamed; /* never remembered */ };
struct proved_name proved_name(enum proved_what, struct span octets, const X509 *by);
bool proved_before(const struct proved_name *);
void proved_now(const struct proved_name *);

/* Forgets values and stamps, which are a document's own: a lasting worker begins each so. */
void proved_next_document(void);

/* Forgets everything, for whoever counts. */
void proved_forget(void);

/* How many were computed since the process began, and found good. */
size_t proved_count(void);
