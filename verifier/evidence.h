/*
 * verifier/evidence.h -- what a judgement may rely on beside the document:
 * anchors, further certificates, CRLs, status lists, proofs of the log.
 *
 * Gathered from files and folders (DER or PEM; the ending tells: .crt .cer
 * .pem certificates, .crl, .cwt status lists, .tlog-proof, .vkey the log's
 * key) or added one by one.  Nothing in it is believed for being there: CRLs
 * and lists are checked by signature when they are used.  The log's key is an
 * anchor and is taken from the trust folder alone.
 *
 * Limits: EVIDENCE_FILES_MAX files of EVIDENCE_FILE_MAX octets.
 */
#pragma once

#include "register/tlog_proof.h"
#include "verifier/crl.h"
#include "verifier/status_list.h"

#define EVIDENCE_FILES_MAX 2000
#define EVIDENCE_FILE_MAX (16u << 20)

typedef STACK_OF(X509_CRL) crl_list;

/* A CRL that was checked once, before any document came. */
struct settled_crl { X509 *issuer; struct crl_facts facts; };	/* issuer NULL: not known to be right */

struct evidence {
	cert_list *anchors, *bag;
	crl_list *crls;
	struct settled_crl *settled; int nsettled;	/* in the order of crls */
	struct buf *list; size_t nlists;	/* status lists, octets */
	struct buf *proof; size_t nproofs;	/* .tlog-proof, octets */
	struct note_key log; bool has_log;
};

struct evidence *evidence_new(void);
void evidence_free(struct evidence *);
typedef struct evidence evidence_t;
OWN_WITH(evidence_t, evidence_free)

/* A file or a folder (not its subfolders' subfolders). */
must_check bool evidence_add_trust(struct evidence *, const char *path, struct err *);
must_check bool evidence_add_path(struct evidence *, const char *path, struct err *);
/* One piece, by the ending of its name; an unknown ending is passed over. */
must_check bool evidence_add(struct evidence *, const char *name, struct span octets, bool trusted, struct err *);
void evidence_add_cert(struct evidence *, X509 *);		/* takes a reference */
void evidence_add_crl(struct evidence *, X509_CRL *);		/* takes a reference */

/* Checks the signature of every certificate and CRL added so far once and for all:
 * whoever judges many documents calls it before the first.  Certificates and CRLs are only read after it. */
void evidence_settle(struct evidence *);

/* The issuer of a certificate (by name and signature) among anchors and bag;
 * borrowed, NULL when it is not there. */
X509 *evidence_issuer(const struct evidence *, const cert_list *more, X509 *cert);

/* What the CRLs say of a certificate at a time.  A CRL counts when it is its
 * issuer's and right, and was not over at `at` (a later CRL knows all that an
 * earlier one did); the newest decides.  One that was over says no longer that a
 * certificate is good, but still that it was revoked (EN 319 102-1 5.2.6.4 4): the latest
 * is used, and only a path that holds is asked for freshness).  One made after the certificate had
 * expired need not list it any more: it counts only when it does.  *as_of: its
 * thisUpdate.  CERT_UNKNOWN when no CRL counts. */
void evidence_status(struct revocation *out, int64_t *as_of, const struct evidence *, const crl_list *more,
    X509 *cert, X509 *issuer, int64_t at);

/* The newest status list for a URI that a certificate of the evidence with a
 * path to an anchor signed; signer_ok decides of that certificate.  false with
 * ERR_ABSENT when there is none. */
typedef bool evidence_signer_ok(void *ctx, X509 *cert, int64_t at);
must_check bool evidence_status_list(struct status_list *out, const struct evidence *, const char *uri, int64_t at,
    evidence_signer_ok *, void *ctx, struct err *);

/* A checked proof whose entry has this type and handle; *t its time.  The
 * record is given back for reading (borrows from proof). */
must_check bool evidence_proof(const struct evidence *, uint64_t type, const unsigned char handle[HANDLE_LEN],
    struct tlog_proof *proof, int64_t *t, struct err *);
