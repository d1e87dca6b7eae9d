/*
 * signer/stamp.h -- time stamps (RFC 3161, RFC 5816) with OpenSSL's TS_*.
 *
 * A request of at most STAMP_REQUEST_MAX octets and nothing behind it; imprints
 * of SHA-256, SHA-384, SHA-512; one policy; no extensions; a nonce of at most
 * 32 octets.  Serial numbers of 16 octets: milliseconds, then random, never one
 * twice.  Signed over SHA-512, so that an archive time stamp outlives SHA-256 (renew.h);
 * signing-certificate-v2 with SHA-256.  Accuracy one second, and only
 * while the clock says that it is that good: else timeNotAvailable.
 *
 * Every response is one: a refusal is a PKIStatus of rejection, not an error.
 * Nothing is signed before the stamper's recorder has taken it; if it does not,
 * that is an error.
 *
 * Threads: stamper_answer may be called by any; a TS context is made for each
 * call, because it keeps state.
 */
#pragma once

#include "base/ossl.h"

#define STAMP_REQUEST_MAX 4096
#define STAMP_NONCE_MAX 32
#define STAMP_ACCURACY_SECS 1

/* What is stamped, for the register: serial, imprint, time. */
struct stamp_record { unsigned char serial[16]; unsigned char imprint[64]; size_t imprint_len; int64_t time; bool granted; };

struct stamper {
	X509 *cert;
	EVP_PKEY *key;			/* signs elsewhere */
	const char *policy;		/* OID */
	bool trust_unsynchronised;	/* loud: a machine whose clock reports no state */
	/* Called with what is about to be signed; false: it is not signed. */
	bool (*record)(void *, const struct stamp_record *, struct err *);
	void *recorder;
};

/* Is the clock good enough to vouch for a second? */
bool stamp_clock_ok(void);
must_check bool stamper_answer(struct buf *response, struct stamp_record *, const struct stamper *, struct span request, struct err *);
