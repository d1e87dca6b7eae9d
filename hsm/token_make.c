/*
 * hsm/token_make.c -- what makes something new on a token: the token itself
 * and key pairs.  PKCS#11 directly: libp11 0.4.12 makes RSA keys only.
 */
#include "hsm/token.h"

#include "hsm/internal.h"

#define PIN_MIN 4
#define PIN_MAX 32

static bool
pin_length_ok(const struct secret *pin, const char *whose, struct err *e)
{
	if (pin->len < PIN_MIN || pin->len > PIN_MAX)
		return fail(e, ERR_INPUT, "%s PIN has %d to %d characters", whose, PIN_MIN, PIN_MAX);
	return true;
}

static bool
label_ok(const char *label, size_t max, struct err *e)
{
	size_t n = strlen(label);

	if (n == 0 || n > max)
		return fail(e, ERR_INPUT, "a label has 1 to %zu octets", max);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)label[i] < 0x20 || label[i] == 0x7f)
			return fail(e, ERR_INPUT, "a label has no control characters");
	if (label[n - 1] == ' ')
		return fail(e, ERR_INPUT, "a label does not end with a space: PKCS#11 pads with them");
	return true;
}

static bool
set_user_pin(const struct module_token *at, const struct secret *so_pin, const struct secret *pin, struct err *e)
{
	CK_SESSION_HANDLE s;
	CK_RV rv = at->fn->C_OpenSession(at->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &s);

	if (rv != CKR_OK)
		return fail_ckr(e, rv, "the new token opens no session");
	rv = at->fn->C_Login(s, CKU_SO, (CK_UTF8CHAR *)so_pin->octet, so_pin->len);
	if (rv == CKR_OK)
		rv = at->fn->C_InitPIN(s, (CK_UTF8CHAR *)pin->octet, pin->len);
	at->fn->C_Logout(s);
	at->fn->C_CloseSession(s);
	if (rv != CKR_OK)
		return fail_ckr(e, rv, "the new token took no user PIN");
	return true;
}

bool
token_create(const char *module, const char *label, const struct secret *so_pin,
    const struct secret *pin, struct err *e)
{
	struct module_token at;
	struct module *m;
	CK_UTF8CHAR padded[TOKEN_LABEL_MAX];
	CK_RV rv;

	if (!label_ok(label, TOKEN_LABEL_MAX, e) || !pin_length_ok(so_pin, "the security officer's", e) ||
	    !pin_length_ok(pin, "the user's", e) || !module_load(&m, module, e))
		return false;
	if (module_find(&at, m, label, e))
		return fail(e, ERR_CONFLICT, "there is a token labelled \"%s\" already", label);
	if (e->class != ERR_ABSENT || !module_free_slot(&at, m, e))
		return false;
	memset(padded, ' ', sizeof(padded));
	memcpy(padded, label, strlen(label));
	rv = at.fn->C_InitToken(at.slot, (CK_UTF8CHAR *)so_pin->octet, so_pin->len, padded);
	if (rv != CKR_OK)
		return fail_ckr(e, rv, "the token \"%s\" could not be made", label);
	/* The slot may have another number now. */
	return module_find(&at, m, label, e) && set_user_pin(&at, so_pin, pin, e);
}

/*
 * Key pairs.
 */

static const unsigned char params_p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
static const unsigned char params_ed25519[] = { 0x06, 0x03, 0x2b, 0x65, 0x70 };

static const struct recipe {
	enum hsm_alg alg;
	CK_MECHANISM_TYPE mechanism;
	CK_KEY_TYPE type;
	struct span params;
} recipes[] = {
	{ HSM_ECDSA_P256, CKM_EC_KEY_PAIR_GEN, CKK_EC, { params_p256, sizeof(params_p256) } },
	{ HSM_ED25519, CKM_EC_EDWARDS_KEY_PAIR_GEN, CKK_EC_EDWARDS, { params_ed25519, sizeof(params_ed25519) } },
};

#define BOOL_ATTR(type, value) { type, (value) ? &yes : &no, sizeof(CK_BBOOL) }

struct pair { CK_OBJECT_HANDLE pub, priv; };

static CK_RV
make_pair(struct token *t, CK_SESSION_HANDLE s, const struct recipe *r, struct span id, const char *label, struct pair *out)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_KEY_TYPE type = r->type;
	CK_MECHANISM mechanism = { r->mechanism, NULL, 0 };
	CK_ATTRIBUTE pub[] = {
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_EC_PARAMS, (void *)r->params.ptr, r->params.len },
		{ CKA_ID, (void *)id.ptr, id.len },
		{ CKA_LABEL, (void *)label, strlen(label) },
		BOOL_ATTR(CKA_TOKEN, true), BOOL_ATTR(CKA_PRIVATE, false), BOOL_ATTR(CKA_VERIFY, true),
		BOOL_ATTR(CKA_ENCRYPT, false), BOOL_ATTR(CKA_WRAP, false),
	};
	CK_ATTRIBUTE priv[] = {
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_ID, (void *)id.ptr, id.len },
		{ CKA_LABEL, (void *)label, strlen(label) },
		BOOL_ATTR(CKA_TOKEN, true), BOOL_ATTR(CKA_PRIVATE, true), BOOL_ATTR(CKA_SENSITIVE, true),
		BOOL_ATTR(CKA_EXTRACTABLE, false), BOOL_ATTR(CKA_SIGN, true), BOOL_ATTR(CKA_DECRYPT, false),
		BOOL_ATTR(CKA_UNWRAP, false), BOOL_ATTR(CKA_DERIVE, false),
	};

	return t->fn->C_GenerateKeyPair(s, &mechanism, pub, sizeof(pub) / sizeof(pub[0]),
	    priv, sizeof(priv) / sizeof(priv[0]), &out->pub, &out->priv);
}

/* The pair gets its lasting name once its public key is known. */
static bool
name_pair(struct token *t, CK_SESSION_HANDLE s, const struct pair *p, const struct token_key *key, struct err *e)
{
	CK_ATTRIBUTE a[] = {
		{ CKA_ID, (void *)key->id, KEY_ID_LEN },
		{ CKA_LABEL, (void *)key->label, strlen(key->label) },
	};
	CK_RV rv = t->fn->C_SetAttributeValue(s, p->pub, a, 2);

	if (rv == CKR_OK)
		rv = t->fn->C_SetAttributeValue(s, p->priv, a, 2);
	if (rv != CKR_OK)
		return fail_ckr(e, rv, "the token \"%s\" does not name the new key", t->at.label);
	return true;
}

static void
destroy_pair(struct token *t, CK_SESSION_HANDLE s, const struct pair *p)
{
	t->fn->C_DestroyObject(s, p->priv);
	t->fn->C_DestroyObject(s, p->pub);
}

static bool
generate_in(struct token *t, CK_SESSION_HANDLE s, const struct recipe *r, const char *label,
    struct token_key *key, struct err *e)
{
	unsigned char draft[16] = { 0 };
	struct span id = span_of(draft, sizeof(draft));
	struct pair p;
	CK_RV rv;

	if (!random_bytes(draft, sizeof(draft), e))
		return false;
	rv = make_pair(t, s, r, id, label != NULL ? label : "new", &p);
	if (rv != CKR_OK)
		return fail_ckr(e, rv, "the token \"%s\" made no key", t->at.label);
	*key = (struct token_key){ .private_handle = p.priv };
	if (!public_half(t, s, id, key, e)) {
		destroy_pair(t, s, &p);
		return false;
	}
	if (label != NULL)
		snprintf(key->label, sizeof(key->label), "%s", label);
	else
		hex_text(key->label, span_of(key->id, (sizeof(key->label) - 1) / 2));
	if (!name_pair(t, s, &p, key, e) || !token_key_check(t, key, e)) {
		destroy_pair(t, s, &p);
		return false;
	}
	return true;
}

bool
token_generate(struct token *t, enum hsm_alg alg, const char *label, struct token_key *out, struct err *e)
{
	const struct recipe *r = NULL;
	CK_SESSION_HANDLE s;
	bool done;

	for (size_t i = 0; i < sizeof(recipes) / sizeof(recipes[0]); i++)
		if (recipes[i].alg == alg)
			r = &recipes[i];
	if (r == NULL)
		return fail(e, ERR_INPUT, "keys are made for P-256 or Ed25519");
	if (label != NULL) {
		struct token_key other;

		if (!label_ok(label, sizeof(out->label) - 1, e))
			return false;
		if (token_find_label(t, label, &other, e))
			return fail(e, ERR_CONFLICT, "a key of the token \"%s\" is labelled \"%s\" already", t->at.label, label);
		if (e->class != ERR_ABSENT)
			return false;
	}
	if (!session_take(t, &s, e))
		return false;
	done = generate_in(t, s, r, label, out, e);
	session_give(t, s);
	return done;
}

/* PKCS#11 4.9: what tells that a private key was made here and never was
 * anywhere else. */
static const struct { CK_ATTRIBUTE_TYPE type; bool want; const char *name; } wanted[] = {
	{ CKA_TOKEN, true, "CKA_TOKEN" },
	{ CKA_PRIVATE, true, "CKA_PRIVATE" },
	{ CKA_SENSITIVE, true, "CKA_SENSITIVE" },
	{ CKA_EXTRACTABLE, false, "CKA_EXTRACTABLE" },
	{ CKA_LOCAL, true, "CKA_LOCAL" },
	{ CKA_ALWAYS_SENSITIVE, true, "CKA_ALWAYS_SENSITIVE" },
	{ CKA_NEVER_EXTRACTABLE, true, "CKA_NEVER_EXTRACTABLE" },
	{ CKA_SIGN, true, "CKA_SIGN" },
	{ CKA_DECRYPT, false, "CKA_DECRYPT" },
	{ CKA_UNWRAP, false, "CKA_UNWRAP" },
	{ CKA_DERIVE, false, "CKA_DERIVE" },
};

bool
token_key_check(struct token *t, const struct token_key *key, struct err *e)
{
	CK_SESSION_HANDLE s;
	bool done = true;

	if (!session_take(t, &s, e))
		return false;
	for (size_t i = 0; done && i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		CK_BBOOL value = CK_FALSE;
		CK_ATTRIBUTE a = { wanted[i].type, &value, sizeof(value) };
		CK_RV rv = t->fn->C_GetAttributeValue(s, key->private_handle, &a, 1);

		if (rv != CKR_OK)
			done = fail_ckr(e, rv, "the token \"%s\" does not tell %s of the key \"%s\"", t->at.label, wanted[i].name, key->label);
		else if (value != (wanted[i].want ? CK_TRUE : CK_FALSE))
			done = fail(e, ERR_POLICY, "the key \"%s\" of the token \"%s\" has %s %s: it must be %s", key->label,
			    t->at.label, wanted[i].name, value ? "true" : "false", wanted[i].want ? "true" : "false");
	}
	session_give(t, s);
	return done;
}
