/*
 * hsm/remote_key.h -- keys of a token, used by a daemon that does not have it.
 *
 * struct hsm is the antin-hsm behind one socket.  remote_key() makes an
 * EVP_PKEY whose public half is here and whose signing asks antin-hsm; it works
 * with X509_sign, X509_CRL_sign, X509_REQ_sign, CMS_add1_signer and
 * TS_RESP_CTX_set_signer_key (an EC_KEY with an EC_KEY_METHOD: FACTS.md, trap
 * 4).  hsm_sign() is the direct call for a digest (XAdES, COSE).
 *
 * Checked here: length of the answer, 0 < r, s < order.  Not here: whether the
 * signature is good; each daemon verifies what it made with the certificate it
 * belongs to before anything leaves.
 *
 * A request that may have reached antin-hsm is sent once more over a fresh
 * connection when the first one broke: to sign the same digest twice does no
 * harm.  A refusal is never repeated.
 *
 * Any number of threads; connections are pooled.  A remote_key must not outlive
 * its struct hsm.
 */
#pragma once

#include "base/ossl.h"
#include "hsm/proto.h"

struct hsm;

struct hsm *hsm_new(const char *socket);
void hsm_free(struct hsm *);
/* Waits until antin-hsm accepts a connection; for start-up. */
must_check bool hsm_wait(struct hsm *, int timeout_ms, struct err *);

struct hsm_key {
	unsigned char id[KEY_ID_LEN];
	enum hsm_alg alg;
	char label[64];
	unsigned char spki[128];
	size_t spki_len;
};
#define HSM_KEYS_MAX 64

/* The keys that this caller may use, at most HSM_KEYS_MAX; *n of them in out. */
must_check bool hsm_keys(struct hsm *, struct hsm_key out[HSM_KEYS_MAX], size_t *n, struct err *);

/* Appends the raw signature (r||s) to raw.  ERR_POLICY: not allowed; ERR_TOKEN:
 * the token is away or refused; ERR_LATER: antin-hsm is not there. */
must_check bool hsm_sign(struct hsm *, const unsigned char key_id[KEY_ID_LEN], enum hsm_alg,
    struct span digest, struct buf *raw, struct err *);

/* n digests of 32 octets, one after the other -> n signatures of 64, appended;
 * all or none.  For whoever has several at hand: the way to antin-hsm costs about
 * as much as a signature, and is paid once (measured: one by one 0.6 of the
 * token's own speed, 32 together 0.95). */
must_check bool hsm_sign_many(struct hsm *, const unsigned char key_id[KEY_ID_LEN], enum hsm_alg,
    struct span digests, struct buf *raw, struct err *);

/* spki: DER of a P-256 public key. */
must_check bool remote_key(EVP_PKEY **out, struct hsm *, struct span spki, struct err *);
/* The same, for the key in a certificate. */
must_check bool remote_key_of_cert(EVP_PKEY **out, struct hsm *, const X509 *, struct err *);
/* After X509_sign, CMS_final ... failed over a remote key or a token key: class
 * and sentence of the refusal, if there was one, else OpenSSL's own reason.
 * Empties OpenSSL's queue; returns false. */
bool fail_key(struct err *, enum err_class, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
