/*
 * hsm/token_use.c -- what uses a key of a token: signatures, an EVP_PKEY, and
 * the name of a key as a URI.
 */
#include "hsm/token.h"

#include "hsm/ec_key.h"
#include "hsm/internal.h"

#include <p11-kit/uri.h>

static const struct { enum hsm_alg alg; CK_MECHANISM_TYPE mechanism; size_t min, max; } mechanisms[] = {
	{ HSM_ECDSA_P256, CKM_ECDSA, SHA256_LEN, SHA256_LEN },
	{ HSM_ED25519, CKM_EDDSA, 1, 4096 },
};

static bool
mechanism_of(CK_MECHANISM *out, const struct token_key *key, struct span digest, struct err *e)
{
	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
		if (mechanisms[i].alg != key->alg)
			continue;
		if (digest.len < mechanisms[i].min || digest.len > mechanisms[i].max)
			return fail(e, ERR_INPUT, "%zu octets to sign, where %zu to %zu are taken", digest.len,
			    mechanisms[i].min, mechanisms[i].max);
		*out = (CK_MECHANISM){ mechanisms[i].mechanism, NULL, 0 };
		return true;
	}
	return fail(e, ERR_POLICY, "the key \"%s\" is of a kind that Antin does not use", key->label);
}

bool
token_sign(struct token *t, const struct token_key *key, struct span digest, struct buf *raw, bool *lost, struct err *e)
{
	unsigned char out[HSM_SIGNATURE_LEN];
	CK_ULONG len = sizeof(out);
	CK_SESSION_HANDLE s;
	CK_MECHANISM m;
	CK_RV rv;

	if (lost != NULL)
		*lost = false;
	if (!mechanism_of(&m, key, digest, e))
		return false;
	if (!session_take(t, &s, e)) {
		if (lost != NULL)
			*lost = true;
		return false;
	}
	rv = t->fn->C_SignInit(s, &m, key->private_handle);
	if (rv == CKR_OK)
		rv = t->fn->C_Sign(s, (CK_BYTE *)digest.ptr, digest.len, out, &len);
	if (rv != CKR_OK) {
		session_close(t, s);
		if (lost != NULL)
			*lost = ckr_is_lost(rv);
		return fail_ckr(e, rv, "the token \"%s\" did not sign", t->at.label);
	}
	session_give(t, s);
	if (len != HSM_SIGNATURE_LEN)
		return fail(e, ERR_TOKEN, "the token \"%s\" gave a signature of %lu octets", t->at.label, len);
	buf_put(raw, out, len);
	return buf_ok(raw, "signature", e);
}

static bool
sign_here(void *where, const void *key, struct span digest, struct buf *raw, struct err *e)
{
	struct token_key k;

	memcpy(&k, key, sizeof(k));
	return token_sign(where, &k, digest, raw, NULL, e);
}

_Static_assert(sizeof(struct token_key) <= EC_KEY_NOTE_MAX, "a token_key fits the note of an EVP_PKEY");

bool
token_pkey(EVP_PKEY **out, struct token *t, const struct token_key *key, struct err *e)
{
	if (key->alg != HSM_ECDSA_P256)
		return fail(e, ERR_POLICY, "the key \"%s\" is not a P-256 key", key->label);
	return ec_key_elsewhere(out, span_of(key->spki, key->spki_len), sign_here, t,
	    span_of(key, sizeof(*key)), e);
}

/*
 * RFC 7512, read and written by p11-kit.
 */

static void
uri_drop(P11KitUri **u)
{
	if (*u != NULL)
		p11_kit_uri_free(*u);
}
#define own_uri __attribute__((cleanup(uri_drop)))

bool
token_key_uri(struct buf *out, const struct token *t, const struct token_key *key, struct err *e)
{
	own_uri P11KitUri *u = p11_kit_uri_new();
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE a[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_ID, (void *)key->id, KEY_ID_LEN },
		{ CKA_LABEL, (void *)key->label, strlen(key->label) },
	};
	CK_TOKEN_INFO *info;
	char *text = NULL;

	promise(u != NULL);
	info = p11_kit_uri_get_token_info(u);
	memset(info->label, ' ', sizeof(info->label));
	memcpy(info->label, t->at.label, strlen(t->at.label));
	for (size_t i = 0; i < 3; i++)
		promise(p11_kit_uri_set_attribute(u, &a[i]) == P11_KIT_URI_OK);
	promise(p11_kit_uri_format(u, P11_KIT_URI_FOR_OBJECT_ON_TOKEN, &text) == P11_KIT_URI_OK);
	buf_put_str(out, text);
	free(text);
	return buf_ok(out, "URI of a key", e);
}

static bool
copy_field(char *out, size_t size, const void *from, size_t n, const char *what, struct err *e)
{
	if (n >= size || memchr(from, 0, n) != NULL)
		return fail(e, ERR_INPUT, "pkcs11 URI: %s is too long or not text", what);
	memcpy(out, from, n);
	out[n] = '\0';
	return true;
}

static bool
take_attributes(struct token_uri *out, P11KitUri *u, struct err *e)
{
	CK_ATTRIBUTE *label = p11_kit_uri_get_attribute(u, CKA_LABEL);
	CK_ATTRIBUTE *id = p11_kit_uri_get_attribute(u, CKA_ID);
	const CK_TOKEN_INFO *info = p11_kit_uri_get_token_info(u);
	const char *module = p11_kit_uri_get_module_path(u);
	size_t n = sizeof(info->label);

	/* An attribute that is not given is zeros here, one that is given is padded. */
	while (n > 0 && (info->label[n - 1] == ' ' || info->label[n - 1] == '\0'))
		n--;
	if (!copy_field(out->token, sizeof(out->token), info->label, n, "token", e))
		return false;
	if (label != NULL && !copy_field(out->object, sizeof(out->object), label->pValue, label->ulValueLen, "object", e))
		return false;
	if (module != NULL && !copy_field(out->module, sizeof(out->module), module, strlen(module), "module-path", e))
		return false;
	if (id == NULL)
		return true;
	if (id->ulValueLen != KEY_ID_LEN)
		return fail(e, ERR_INPUT, "pkcs11 URI: an id has %d octets here (the SHA-256 of the public key), not %lu",
		    KEY_ID_LEN, id->ulValueLen);
	memcpy(out->id, id->pValue, KEY_ID_LEN);
	out->has_id = true;
	return true;
}

bool
token_uri_parse(struct token_uri *out, const char *text, struct err *e)
{
	own_uri P11KitUri *u = p11_kit_uri_new();
	struct token_uri uri = { .token = "" };
	int code;

	promise(u != NULL);
	code = p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, u);
	if (code != P11_KIT_URI_OK)
		return fail(e, ERR_INPUT, "not a pkcs11 URI (RFC 7512): %s", p11_kit_uri_message(code));
	if (p11_kit_uri_get_pin_value(u) != NULL)
		return fail(e, ERR_POLICY, "a PIN does not belong in a URI: leave pin-value out");
	if (p11_kit_uri_any_unrecognized(u))
		return fail(e, ERR_INPUT, "pkcs11 URI: it has attributes that Antin does not know");
	if (!take_attributes(&uri, u, e))
		return false;
	*out = uri;
	return true;
}
