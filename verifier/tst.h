/*
 * verifier/tst.h -- one RFC 3161 time-stamp token: is it a time stamp over this
 * imprint, by a certificate that may give time?
 *
 * Checked: one signer; SHA-256/384/512 imprint of the right length and equal to
 * what is asked; signing-certificate-v2 naming the signer (RFC 5816, the SHA-1
 * form is refused); the signer's certificate, not a CA, with timeStamping as its
 * only extended key usage, critical; the signature; bytes behind the token.
 * Not here: whether that certificate is trusted (path.h, at genTime).
 *
 * Certificates that came along are a bag for the chain and nothing more.
 */
#pragma once

#include "base/ossl.h"

#define TST_MAX (64u << 10)
#define TST_ALGORITHMS 3		/* digest of the imprint, digest that is signed, signature */
#define TST_NONCE_MAX 32

struct tst {
	int64_t time;			/* genTime */
	int64_t accuracy_secs;		/* rounded up; 0 when it says none */
	char serial[80], policy[80];
	char algorithm[TST_ALGORITHMS][24];	/* what it relies on, as policy/algorithms.xml calls it; of the signature "ecdsa-sha256" or
						 * "rsa-sha256", whose digest is told apart */
	unsigned char nonce[TST_NONCE_MAX]; size_t nonce_len;	/* of the request; 0: none, or longer */
	X509 *signer;			/* own */
	cert_list *bag;			/* own */
};
void tst_drop(struct tst *);

/* token: the CMS (TimeStampToken), not the response.  bag may be NULL: further
 * certificates among which the signer may be. */
must_check bool tst_check(struct tst *out, struct span token, const EVP_MD *md, struct span imprint, const cert_list *bag, struct err *);
/* The digest algorithm that the token's imprint uses; NULL if it is not taken. */
const EVP_MD *tst_digest(struct span token);
/* What it is a time stamp of, by the token's own word; md NULL: by a digest that is not
 * taken.  Refuses what is no token: another type, another version, not one signer. */
struct tst_imprint { const EVP_MD *md; unsigned char octet[EVP_MAX_MD_SIZE]; size_t len; };
must_check bool tst_imprint_read(struct tst_imprint *out, struct span token, struct err *);
/* RFC 3161 2.4.1: a TimeStampReq for this imprint, the stamp's certificate asked for, appended.
 * nonce: a positive number without leading zeros, empty: none. */
void tst_request(struct buf *out, const EVP_MD *md, struct span imprint, struct span nonce);
/* A response: granted -> its token appended; a rejection is ERR_LATER or
 * ERR_POLICY with the PKIFailureInfo's name. */
must_check bool tst_of_response(struct buf *token, struct span response, struct err *);
