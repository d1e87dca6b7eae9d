#include "hsm/ec_key.h"

#include "hsm/remote_key.h"

#include <openssl/err.h>

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct note {
	ec_sign_fn *sign;
	void *where;
	size_t len;
	unsigned char key[EC_KEY_NOTE_MAX];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static EC_KEY_METHOD *method;
static int ex_index;
static int err_lib;

/* OpenSSL copies keys (CMS does); the note goes with each copy. */
static int
note_dup(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **from_d, int idx, long argl, void *argp)
{
	struct note *copy;

	if (*from_d == NULL)
		return 1;
	copy = xalloc(sizeof(*copy));
	memcpy(copy, *from_d, sizeof(*copy));
	*from_d = copy;
	return 1;
}

static void
note_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
	free(ptr);
}

static bool
in_range(const ECDSA_SIG *sig, const EC_KEY *k)
{
	const BIGNUM *order = EC_GROUP_get0_order(EC_KEY_get0_group(k));
	const BIGNUM *part[2];

	ECDSA_SIG_get0(sig, &part[0], &part[1]);
	for (int i = 0; i < 2; i++)
		if (BN_is_zero(part[i]) || BN_cmp(part[i], order) >= 0)
			return false;
	return true;
}

static bool
ask(ECDSA_SIG **out, EC_KEY *k, struct span digest, struct err *e)
{
	const struct note *n = EC_KEY_get_ex_data(k, ex_index);
	own_struct(buf) raw = buf_new(HSM_SIGNATURE_LEN);
	own(ECDSA_SIG) *sig = ECDSA_SIG_new();
	BIGNUM *r, *s;

	promise(n != NULL && sig != NULL);
	/* Of a longer digest ECDSA takes the leftmost octets (FIPS 186-5, 6.4.1). */
	if (digest.len < SHA256_LEN)
		return fail(e, ERR_INPUT, "a token's P-256 key signs digests of %d octets and more, not of %zu", SHA256_LEN, digest.len);
	if (!n->sign(n->where, n->key, span_of(digest.ptr, SHA256_LEN), &raw, e))
		return false;
	if (raw.len != HSM_SIGNATURE_LEN)
		return fail(e, ERR_TOKEN, "a signature of %zu octets came back, not of %d", raw.len, HSM_SIGNATURE_LEN);
	r = BN_bin2bn(raw.ptr, 32, NULL);
	s = BN_bin2bn(raw.ptr + 32, 32, NULL);
	promise(r != NULL && s != NULL && ECDSA_SIG_set0(sig, r, s) == 1);
	if (!in_range(sig, k))
		return fail(e, ERR_TOKEN, "a signature out of range came back");
	*out = take(&sig);
	return true;
}

static ECDSA_SIG *
sign_sig(const unsigned char *digest, int len, const BIGNUM *kinv, const BIGNUM *r, EC_KEY *k)
{
	ECDSA_SIG *sig = NULL;
	struct err e;

	if (ask(&sig, k, span_of(digest, (size_t)len), &e))
		return sig;
	ERR_new();
	ERR_set_error(err_lib, (int)e.class, "%s", e.text);
	return NULL;
}

static int
sign_der(int type, const unsigned char *digest, int len, unsigned char *out, unsigned *out_len,
    const BIGNUM *kinv, const BIGNUM *r, EC_KEY *k)
{
	own(ECDSA_SIG) *sig = sign_sig(digest, len, kinv, r, k);

	if (sig == NULL)
		return 0;
	*out_len = (unsigned)i2d_ECDSA_SIG(sig, &out);
	return 1;
}

static int
sign_setup(EC_KEY *k, BN_CTX *ctx, BIGNUM **kinv, BIGNUM **r)
{
	return 1;
}

static void
make_method(void)
{
	err_lib = ERR_get_next_error_library();
	ex_index = EC_KEY_get_ex_new_index(0, NULL, NULL, note_dup, note_free);
	method = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
	promise(ex_index >= 0 && method != NULL);
	EC_KEY_METHOD_set_sign(method, sign_der, sign_setup, sign_sig);
}

/* The public key as an EC_KEY of our own, with the method. */
static bool
public_ec(EC_KEY **out, struct span spki, struct err *e)
{
	own(EVP_PKEY) *pub = NULL;
	own(EC_KEY) *k = NULL;

	if (!pubkey_from_spki(&pub, spki, e))
		return false;
	if (EVP_PKEY_get_base_id(pub) != EVP_PKEY_EC)
		return fail(e, ERR_INPUT, "a key elsewhere is a P-256 key");
	k = EVP_PKEY_get1_EC_KEY(pub);
	if (k == NULL || EC_GROUP_get_curve_name(EC_KEY_get0_group(k)) != NID_X9_62_prime256v1)
		return fail_ossl(e, ERR_INPUT, "a key elsewhere is a P-256 key");
	*out = EC_KEY_new_method(NULL);
	promise(*out != NULL && EC_KEY_set_method(*out, method) == 1 &&
	    EC_KEY_set_group(*out, EC_KEY_get0_group(k)) == 1 &&
	    EC_KEY_set_public_key(*out, EC_KEY_get0_public_key(k)) == 1);
	return true;
}

bool
ec_key_elsewhere(EVP_PKEY **out, struct span spki, ec_sign_fn *sign, void *where, struct span key, struct err *e)
{
	own(EC_KEY) *k = NULL;
	own(EVP_PKEY) *p = EVP_PKEY_new();
	struct note *n;

	promise(pthread_once(&once, make_method) == 0 && p != NULL && key.len <= EC_KEY_NOTE_MAX);
	if (!public_ec(&k, spki, e))
		return false;
	n = xalloc(sizeof(*n));
	*n = (struct note){ .sign = sign, .where = where, .len = key.len };
	memcpy(n->key, key.ptr, key.len);
	promise(EC_KEY_set_ex_data(k, ex_index, n) == 1);
	promise(EVP_PKEY_assign_EC_KEY(p, k) == 1);
	k = NULL;
	*out = take(&p);
	return true;
}

bool
fail_key(struct err *e, enum err_class class, const char *fmt, ...)
{
	char text[160];
	const char *data;
	unsigned long code, last = 0;
	va_list ap;
	int flags;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	promise(pthread_once(&once, make_method) == 0);
	while ((code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags)) != 0) {
		last = code;
		if (ERR_GET_LIB(code) != err_lib || !(flags & ERR_TXT_STRING))
			continue;
		fail(e, (enum err_class)ERR_GET_REASON(code), "%s: %s", text, data);
		ERR_clear_error();
		return false;
	}
	if (last == 0 || ERR_reason_error_string(last) == NULL)
		return fail(e, class, "%s", text);
	return fail(e, class, "%s (%s)", text, ERR_reason_error_string(last));
}
