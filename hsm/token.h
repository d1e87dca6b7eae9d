/*
 * hsm/token.h -- a token in this very process: for antin-hsm's module child,
 * the command line and the tests.
 *
 * A token is opened by module, label and PIN; keys are named by key id, the
 * SHA-256 of the SubjectPublicKeyInfo, which is also their CKA_ID.  libp11
 * loads the module, finds tokens, reads PIN flags and logs in; keys are found,
 * made and used by PKCS#11 directly, because libp11 0.4.12 makes no EC keys,
 * hides every key of a token that has one Ed25519 key, and waits for ever on a
 * pulled token (FACTS.md, trap 1).
 *
 * Not here: processes and deadlines (a call into a module may hang: see
 * keeper.c).  Does not log out: that would end every session of this process.
 *
 * Threads: after token_open any number may sign; each call takes a session of
 * its own from a pool.  A module, once loaded, stays until the process ends;
 * load it after fork.  SoftHSM reads SOFTHSM2_CONF at the first load.
 *
 * own_token struct token *t = NULL;
 */
#pragma once

#include "base/ossl.h"
#include "hsm/proto.h"

#define TOKEN_LABEL_MAX 32	/* PKCS#11: CK_TOKEN_INFO.label */
#define TOKEN_KEYS_MAX 64
#define TOKEN_SOFTHSM "/usr/lib/softhsm/libsofthsm2.so"

struct token;

struct token_key {
	unsigned char id[KEY_ID_LEN];
	enum hsm_alg alg;		/* HSM_ALG_NONE: a kind that Antin does not use */
	char label[64];
	unsigned char spki[128];	/* DER */
	size_t spki_len;
	unsigned long private_handle;	/* CK_OBJECT_HANDLE */
};

/* Where a token's PIN stands (CKF_USER_PIN_*). */
enum token_pin { TOKEN_PIN_FINE, TOKEN_PIN_LOW, TOKEN_PIN_LAST_TRY, TOKEN_PIN_LOCKED, TOKEN_PIN_UNSET };

/* Makes a token in a free slot.  Refuses a label that exists already. */
must_check bool token_create(const char *module, const char *label,
    const struct secret *so_pin, const struct secret *pin, struct err *);

/* Looks at the PIN's state without spending a try.  ERR_ABSENT: no such token. */
must_check bool token_pin_state(const char *module, const char *label, enum token_pin *, struct err *);

/* A person is at the keyboard: logs in also when few tries are left, not when
 * the PIN is locked.  ERR_ABSENT no module or token, ERR_POLICY wrong or locked
 * PIN, ERR_TOKEN anything else. */
must_check bool token_open(struct token **out, const char *module, const char *label,
    const struct secret *pin, struct err *);
/* No person is there: refuses (ERR_POLICY) before the login unless the PIN
 * counter is fine, so that no try is spent. */
must_check bool token_open_unattended(struct token **out, const char *module, const char *label,
    const struct secret *pin, struct err *);
void token_free(struct token *);
#define own_token __attribute__((cleanup(token_drop)))
void token_drop(struct token **);
const char *token_label(const struct token *);

must_check bool token_change_pin(struct token *, const struct secret *old, const struct secret *fresh, struct err *);

/* A new key pair: private half sensitive, not extractable, made on the token,
 * and never anything else; checked on the token afterwards.  label may be NULL
 * (then the key id in hex).  Refuses a label that a key has already. */
must_check bool token_generate(struct token *, enum hsm_alg, const char *label,
    struct token_key *out, struct err *);
/* Are the private half's attributes as token_generate leaves them? */
must_check bool token_key_check(struct token *, const struct token_key *, struct err *);

/* Every private key, also of kinds that Antin does not use. */
must_check bool token_keys(struct token *, struct token_key out[TOKEN_KEYS_MAX], size_t *n, struct err *);
must_check bool token_find(struct token *, const unsigned char id[KEY_ID_LEN], struct token_key *out, struct err *);
must_check bool token_find_label(struct token *, const char *label, struct token_key *out, struct err *);

/* Appends HSM_SIGNATURE_LEN octets.  *lost (may be NULL) tells whether the
 * token or the session is gone, so that this process should be replaced. */
must_check bool token_sign(struct token *, const struct token_key *, struct span digest,
    struct buf *raw, bool *lost, struct err *);

/* An EVP_PKEY over a P-256 token key, for X509_REQ_sign, X509_sign,
 * X509_CRL_sign and CMS_add1_signer; must not outlive its token. */
must_check bool token_pkey(EVP_PKEY **out, struct token *, const struct token_key *, struct err *);

/* RFC 7512: pkcs11:token=...;object=...;id=%..;type=private */
must_check bool token_key_uri(struct buf *out, const struct token *, const struct token_key *, struct err *);
struct token_uri {
	char token[TOKEN_LABEL_MAX + 1];	/* "": not given */
	char object[64];
	unsigned char id[KEY_ID_LEN];
	bool has_id;
	char module[256];			/* ?module-path= */
};
/* Refuses a pin-value: a PIN does not belong in a text. */
must_check bool token_uri_parse(struct token_uri *out, const char *text, struct err *);
