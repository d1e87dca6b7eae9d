#include "hsm/token.h"

#include "hsm/internal.h"

#include <stdlib.h>

/* DER up to the point itself: SubjectPublicKeyInfo of P-256 (RFC 5480) and of
 * Ed25519 (RFC 8410), both of fixed length. */
static const unsigned char spki_p256[] = {
	0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
	0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00 };
static const unsigned char spki_ed25519[] = {
	0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };
static const unsigned char oid_p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };

/* CKA_EC_POINT is a DER OCTET STRING; some tokens leave the wrapping out. */
static const struct {
	enum hsm_alg alg;
	CK_KEY_TYPE type;
	struct span head;
	size_t point_len;
} kinds[] = {
	{ HSM_ECDSA_P256, CKK_EC, { spki_p256, sizeof(spki_p256) }, 65 },
	{ HSM_ED25519, CKK_EC_EDWARDS, { spki_ed25519, sizeof(spki_ed25519) }, 32 },
};

bool
session_take(struct token *t, CK_SESSION_HANDLE *out, struct err *e)
{
	CK_RV rv;

	pthread_mutex_lock(&t->lock);
	if (t->nidle > 0) {
		*out = t->idle[--t->nidle];
		pthread_mutex_unlock(&t->lock);
		return true;
	}
	pthread_mutex_unlock(&t->lock);
	rv = t->fn->C_OpenSession(t->at.slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, out);
	if (rv != CKR_OK)
		return fail_ckr(e, rv, "the token \"%s\" opens no session", t->at.label);
	return true;
}

void
session_give(struct token *t, CK_SESSION_HANDLE s)
{
	pthread_mutex_lock(&t->lock);
	if (t->nidle < TOKEN_SESSIONS) {
		t->idle[t->nidle++] = s;
		s = 0;
	}
	pthread_mutex_unlock(&t->lock);
	if (s != 0)
		session_close(t, s);
}

void
session_close(struct token *t, CK_SESSION_HANDLE s)
{
	t->fn->C_CloseSession(s);
}

/*
 * Opening.
 */

static bool
pin_allows(const struct module_token *at, bool person, struct err *e)
{
	static const char *const why[] = {
		[TOKEN_PIN_LOW] = "few PIN tries are left",
		[TOKEN_PIN_LAST_TRY] = "only one PIN try is left",
		[TOKEN_PIN_LOCKED] = "its PIN is locked",
		[TOKEN_PIN_UNSET] = "it has no user PIN yet",
	};

	if (at->pin == TOKEN_PIN_FINE ||
	    (person && (at->pin == TOKEN_PIN_LOW || at->pin == TOKEN_PIN_LAST_TRY)))
		return true;
	return fail(e, ERR_POLICY, "the token \"%s\" was not logged in to: %s%s", at->label, why[at->pin],
	    at->pin == TOKEN_PIN_LOCKED ? "; its security officer can set a new one" :
	    at->pin == TOKEN_PIN_UNSET ? "" : "; log in by hand once, with the right PIN");
}

static bool
open_as(struct token **out, const char *module, const char *label, const struct secret *pin,
    bool person, struct err *e)
{
	own_token struct token *t = xalloc(sizeof(*t));
	struct module *m;
	CK_RV rv;

	pthread_mutex_init(&t->lock, NULL);
	if (!module_load(&m, module, e) || !module_find(&t->at, m, label, e) || !pin_allows(&t->at, person, e))
		return false;
	if (!module_login(&t->at, pin, e))
		return false;
	t->fn = t->at.fn;
	rv = t->fn->C_OpenSession(t->at.slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &t->home);
	if (rv != CKR_OK) {
		module_logout(&t->at);
		t->fn = NULL;
		return fail_ckr(e, rv, "the token \"%s\" opens no session", label);
	}
	*out = take(&t);
	return true;
}

bool
token_open(struct token **out, const char *module, const char *label, const struct secret *pin, struct err *e)
{
	return open_as(out, module, label, pin, true, e);
}

bool
token_open_unattended(struct token **out, const char *module, const char *label, const struct secret *pin, struct err *e)
{
	return open_as(out, module, label, pin, false, e);
}

bool
token_pin_state(const char *module, const char *label, enum token_pin *out, struct err *e)
{
	struct module_token at;
	struct module *m;

	if (!module_load(&m, module, e) || !module_find(&at, m, label, e))
		return false;
	*out = at.pin;
	return true;
}

void
token_free(struct token *t)
{
	if (t == NULL)
		return;
	if (t->fn != NULL) {
		while (t->nidle > 0)
			session_close(t, t->idle[--t->nidle]);
		session_close(t, t->home);
		module_logout(&t->at);
	}
	pthread_mutex_destroy(&t->lock);
	free(t);
}

void
token_drop(struct token **t)
{
	token_free(*t);
	*t = NULL;
}

const char *
token_label(const struct token *t)
{
	return t->at.label;
}

bool
token_change_pin(struct token *t, const struct secret *old, const struct secret *fresh, struct err *e)
{
	CK_SESSION_HANDLE s;
	CK_RV rv;

	if (!session_take(t, &s, e))
		return false;
	rv = t->fn->C_SetPIN(s, (CK_UTF8CHAR *)old->octet, old->len, (CK_UTF8CHAR *)fresh->octet, fresh->len);
	session_give(t, s);
	if (rv == CKR_PIN_INCORRECT)
		return fail(e, ERR_POLICY, "wrong PIN for the token \"%s\": one try was spent", t->at.label);
	if (rv == CKR_PIN_LEN_RANGE)
		return fail(e, ERR_POLICY, "the token \"%s\" does not take a PIN of that length", t->at.label);
	if (rv != CKR_OK)
		return fail_ckr(e, rv, "the token \"%s\" did not change its PIN", t->at.label);
	return true;
}

/*
 * Finding keys.
 */

bool
objects_find(struct token *t, CK_SESSION_HANDLE s, CK_ATTRIBUTE *match, CK_ULONG nmatch,
    CK_OBJECT_HANDLE *out, CK_ULONG max, CK_ULONG *n, struct err *e)
{
	CK_RV rv = t->fn->C_FindObjectsInit(s, match, nmatch);

	if (rv == CKR_OK) {
		rv = t->fn->C_FindObjects(s, out, max, n);
		t->fn->C_FindObjectsFinal(s);
	}
	if (rv != CKR_OK)
		return fail_ckr(e, rv, "the token \"%s\" does not list its objects", t->at.label);
	return true;
}

/* One attribute as octets; false when the object has none or it is longer. */
static bool
attribute(struct token *t, CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE_TYPE type,
    void *out, size_t max, size_t *len)
{
	CK_ATTRIBUTE a = { type, out, max };

	if (t->fn->C_GetAttributeValue(s, o, &a, 1) != CKR_OK || a.ulValueLen > max)
		return false;
	*len = a.ulValueLen;
	return true;
}

/* The point out of its OCTET STRING. */
static struct span
unwrap_point(struct span p, size_t point_len)
{
	if (p.len == point_len + 2 && p.ptr[0] == 0x04 && p.ptr[1] == point_len)
		return span_of(p.ptr + 2, point_len);
	return p;
}

static bool
spki_of(struct token_key *out, CK_KEY_TYPE type, struct span params, struct span point)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct span p = unwrap_point(point, kinds[i].point_len);

		if (kinds[i].type != type || p.len != kinds[i].point_len)
			continue;
		if (type == CKK_EC && !span_eq(params, span_of(oid_p256, sizeof(oid_p256))))
			continue;
		memcpy(out->spki, kinds[i].head.ptr, kinds[i].head.len);
		memcpy(out->spki + kinds[i].head.len, p.ptr, p.len);
		out->spki_len = kinds[i].head.len + p.len;
		out->alg = kinds[i].alg;
		sha256(out->id, span_of(out->spki, out->spki_len));
		return true;
	}
	return false;
}

bool
public_half(struct token *t, CK_SESSION_HANDLE s, struct span cka_id, struct token_key *out, struct err *e)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_ATTRIBUTE match[] = { { CKA_CLASS, &class, sizeof(class) }, { CKA_ID, (void *)cka_id.ptr, cka_id.len } };
	CK_OBJECT_HANDLE o;
	CK_KEY_TYPE type;
	CK_ULONG n = 0;
	unsigned char params[32], point[160];
	size_t nparams, npoint, ntype;

	if (!objects_find(t, s, match, 2, &o, 1, &n, e))
		return false;
	if (n == 0 || !attribute(t, s, o, CKA_KEY_TYPE, &type, sizeof(type), &ntype) ||
	    !attribute(t, s, o, CKA_EC_PARAMS, params, sizeof(params), &nparams) ||
	    !attribute(t, s, o, CKA_EC_POINT, point, sizeof(point), &npoint) ||
	    !spki_of(out, type, span_of(params, nparams), span_of(point, npoint)))
		return fail(e, ERR_ABSENT, "not a P-256 or Ed25519 key");
	return true;
}

/* Private key object -> token_key; a kind that Antin does not use keeps
 * HSM_ALG_NONE, so that it is seen and not used. */
static void
describe_key(struct token *t, CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, struct token_key *out)
{
	unsigned char id[128];
	size_t nid, nlabel;
	struct err ignored;

	*out = (struct token_key){ .private_handle = o };
	if (!attribute(t, s, o, CKA_LABEL, out->label, sizeof(out->label) - 1, &nlabel))
		out->label[0] = '\0';
	if (attribute(t, s, o, CKA_ID, id, sizeof(id), &nid) && nid > 0 &&
	    !public_half(t, s, span_of(id, nid), out, &ignored))
		out->alg = HSM_ALG_NONE;
}

bool
token_keys(struct token *t, struct token_key out[TOKEN_KEYS_MAX], size_t *n, struct err *e)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE match = { CKA_CLASS, &class, sizeof(class) };
	CK_OBJECT_HANDLE found[TOKEN_KEYS_MAX + 1];
	CK_SESSION_HANDLE s;
	CK_ULONG count = 0;
	bool done;

	if (!session_take(t, &s, e))
		return false;
	done = objects_find(t, s, &match, 1, found, TOKEN_KEYS_MAX + 1, &count, e);
	if (done && count > TOKEN_KEYS_MAX)
		done = fail(e, ERR_LIMIT, "the token \"%s\" has more than %d keys", t->at.label, TOKEN_KEYS_MAX);
	for (CK_ULONG i = 0; done && i < count; i++)
		describe_key(t, s, found[i], &out[i]);
	session_give(t, s);
	if (done)
		*n = count;
	return done;
}

bool
token_find(struct token *t, const unsigned char id[KEY_ID_LEN], struct token_key *out, struct err *e)
{
	struct token_key keys[TOKEN_KEYS_MAX];
	char text[2 * KEY_ID_LEN + 1];
	size_t n;

	if (!token_keys(t, keys, &n, e))
		return false;
	for (size_t i = 0; i < n; i++)
		if (keys[i].alg != HSM_ALG_NONE && memcmp(keys[i].id, id, KEY_ID_LEN) == 0) {
			*out = keys[i];
			return true;
		}
	hex_text(text, span_of(id, KEY_ID_LEN));
	return fail(e, ERR_ABSENT, "the key %.16s... is not on the token \"%s\"", text, t->at.label);
}

bool
token_find_label(struct token *t, const char *label, struct token_key *out, struct err *e)
{
	struct token_key keys[TOKEN_KEYS_MAX];
	const struct token_key *found = NULL;
	size_t n;

	if (!token_keys(t, keys, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(keys[i].label, label) != 0)
			continue;
		if (found != NULL)
			return fail(e, ERR_CONFLICT, "two keys of the token \"%s\" are labelled \"%s\"", t->at.label, label);
		found = &keys[i];
	}
	if (found == NULL)
		return fail(e, ERR_ABSENT, "no key of the token \"%s\" is labelled \"%s\"", t->at.label, label);
	*out = *found;
	return true;
}
