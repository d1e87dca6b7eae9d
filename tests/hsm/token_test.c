/* tests/hsm/token_test.c -- tokens of SoftHSM: made, opened, refused; keys made
 * with the attributes they must have; signatures; URIs. */
#include "tests/base/test.h"

#include "tests/hsm/softhsm.h"

#include "hsm/remote_key.h"

#include <libp11.h>
#include <p11-kit/pkcs11.h>

#include <dlfcn.h>
#include <pthread.h>

static int
begin(void **state)
{
	softhsm_begin();
	softhsm_token("one");
	return 0;
}

static int
end(void **state)
{
	softhsm_end();
	return 0;
}

static void
make_and_sign(enum hsm_alg alg, const char *label)
{
	own_token struct token *t = softhsm_open("one");
	own_struct(buf) raw = buf_new(64);
	own_struct(buf) der = buf_new(80);
	own(EVP_PKEY) *pub = NULL;
	unsigned char digest[SHA256_LEN];
	struct token_key k, again;
	bool lost = true;
	struct err e;

	assert_done(token_generate(t, alg, label, &k, &e), e);
	assert_int_equal(k.alg, alg);
	assert_string_equal(k.label, label);
	assert_done(token_find(t, k.id, &again, &e), e);
	assert_done(token_find_label(t, label, &again, &e), e);
	assert_memory_equal(k.id, again.id, KEY_ID_LEN);
	assert_done(pubkey_from_spki(&pub, span_of(k.spki, k.spki_len), &e), e);
	sha256(digest, span_str("what is signed"));
	assert_done(token_sign(t, &k, span_of(digest, sizeof(digest)), &raw, &lost, &e), e);
	assert_false(lost);
	assert_int_equal(raw.len, HSM_SIGNATURE_LEN);
	if (alg == HSM_ECDSA_P256) {
		assert_done(ecdsa_raw_to_der(&der, buf_span(&raw), &e), e);
		assert_true(ecdsa_verify(pub, span_of(digest, sizeof(digest)), buf_span(&der)));
	} else {
		own(EVP_MD_CTX) *c = EVP_MD_CTX_new();

		assert_int_equal(EVP_DigestVerifyInit(c, NULL, NULL, NULL, pub), 1);
		assert_int_equal(EVP_DigestVerify(c, raw.ptr, raw.len, digest, sizeof(digest)), 1);
	}
}

static void
test_p256(void **state)
{
	make_and_sign(HSM_ECDSA_P256, "a P-256 key");
}

static void
test_label_is_the_key_id(void **state)
{
	own_token struct token *t = softhsm_open("one");
	struct token_key k;
	char text[2 * KEY_ID_LEN + 1];
	struct err e;

	assert_done(token_generate(t, HSM_ECDSA_P256, NULL, &k, &e), e);
	hex_text(text, span_of(k.id, KEY_ID_LEN));
	assert_int_equal(strncmp(text, k.label, strlen(k.label)), 0);
	assert_true(strlen(k.label) > 60);
}

/* Attributes, read by PKCS#11 in the test itself, not by the code under test. */
static CK_FUNCTION_LIST *
raw_functions(void)
{
	void *lib = dlopen(TOKEN_SOFTHSM, RTLD_NOW);
	CK_C_GetFunctionList get;
	CK_FUNCTION_LIST *fn = NULL;

	assert_non_null(lib);
	*(void **)&get = dlsym(lib, "C_GetFunctionList");
	assert_int_equal(get(&fn), CKR_OK);
	return fn;
}

static CK_SLOT_ID
raw_slot(CK_FUNCTION_LIST *fn, const char *label)
{
	CK_SLOT_ID slots[16];
	CK_ULONG n = 16;

	assert_int_equal(fn->C_GetSlotList(CK_TRUE, slots, &n), CKR_OK);
	for (CK_ULONG i = 0; i < n; i++) {
		CK_TOKEN_INFO info;

		assert_int_equal(fn->C_GetTokenInfo(slots[i], &info), CKR_OK);
		if (memcmp(info.label, label, strlen(label)) == 0 && info.label[strlen(label)] == ' ')
			return slots[i];
	}
	assert_true(!"the token is there");
	return 0;
}

static const struct { const char *name; CK_ATTRIBUTE_TYPE type; CK_BBOOL want; } attributes[] = {
	{ "token", CKA_TOKEN, 1 }, { "private", CKA_PRIVATE, 1 }, { "sensitive", CKA_SENSITIVE, 1 },
	{ "extractable", CKA_EXTRACTABLE, 0 }, { "local", CKA_LOCAL, 1 },
	{ "always sensitive", CKA_ALWAYS_SENSITIVE, 1 }, { "never extractable", CKA_NEVER_EXTRACTABLE, 1 },
	{ "sign", CKA_SIGN, 1 }, { "decrypt", CKA_DECRYPT, 0 }, { "unwrap", CKA_UNWRAP, 0 }, { "derive", CKA_DERIVE, 0 },
};

static void
test_attributes(void **state)
{
	own_token struct token *t = softhsm_open("one");
	CK_FUNCTION_LIST *fn = raw_functions();
	CK_SESSION_HANDLE s;
	CK_BYTE value[64], id[64];
	CK_ATTRIBUTE secret_value = { CKA_VALUE, value, sizeof(value) };
	CK_ATTRIBUTE cka_id = { CKA_ID, id, sizeof(id) };
	struct token_key k;
	struct err e;

	assert_done(token_generate(t, HSM_ECDSA_P256, "attributes", &k, &e), e);
	assert_int_equal(fn->C_OpenSession(raw_slot(fn, "one"), CKF_SERIAL_SESSION, NULL, NULL, &s), CKR_OK);
	for (size_t i = 0; i < COUNT(attributes); i++) {
		CK_BBOOL got = 2;
		CK_ATTRIBUTE a = { attributes[i].type, &got, sizeof(got) };

		assert_case(attributes[i].name, fn->C_GetAttributeValue(s, k.private_handle, &a, 1) == CKR_OK);
		assert_case(attributes[i].name, got == attributes[i].want);
	}
	assert_int_equal(fn->C_GetAttributeValue(s, k.private_handle, &secret_value, 1), CKR_ATTRIBUTE_SENSITIVE);
	assert_int_equal(fn->C_GetAttributeValue(s, k.private_handle, &cka_id, 1), CKR_OK);
	assert_int_equal(cka_id.ulValueLen, KEY_ID_LEN);
	assert_memory_equal(id, k.id, KEY_ID_LEN);
	fn->C_CloseSession(s);
}

/* A private key that came from outside is told from one made on the token. */
static void
test_imported_key_is_refused(void **state)
{
	own_token struct token *t = softhsm_open("one");
	CK_FUNCTION_LIST *fn = raw_functions();
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	static const CK_BYTE params[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
	CK_BYTE scalar[32] = { 1, 2, 3 };
	CK_ATTRIBUTE a[] = {
		{ CKA_CLASS, &class, sizeof(class) }, { CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &yes, 1 }, { CKA_PRIVATE, &yes, 1 }, { CKA_SENSITIVE, &yes, 1 },
		{ CKA_EXTRACTABLE, &no, 1 }, { CKA_SIGN, &yes, 1 }, { CKA_LABEL, (void *)"imported", 8 },
		{ CKA_EC_PARAMS, (void *)params, sizeof(params) }, { CKA_VALUE, scalar, sizeof(scalar) },
	};
	CK_SESSION_HANDLE s;
	CK_OBJECT_HANDLE o;
	struct token_key k;
	struct err e;

	assert_int_equal(fn->C_OpenSession(raw_slot(fn, "one"), CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &s), CKR_OK);
	assert_int_equal(fn->C_CreateObject(s, a, COUNT(a), &o), CKR_OK);
	assert_done(token_find_label(t, "imported", &k, &e), e);
	assert_int_equal(k.alg, HSM_ALG_NONE);
	assert_false(token_key_check(t, &k, &e));
	assert_int_equal(e.class, ERR_POLICY);
	fn->C_DestroyObject(s, o);
	fn->C_CloseSession(s);
}

static void
test_generate_refusals(void **state)
{
	own_token struct token *t = softhsm_open("one");
	struct token_key k;
	struct err e;

	assert_done(token_generate(t, HSM_ECDSA_P256, "twice", &k, &e), e);
	assert_false(token_generate(t, HSM_ECDSA_P256, "twice", &k, &e));
	assert_int_equal(e.class, ERR_CONFLICT);
	assert_false(token_generate(t, HSM_ALG_NONE, "none", &k, &e));
	assert_int_equal(e.class, ERR_INPUT);
	assert_false(token_generate(t, HSM_ECDSA_P256, "", &k, &e));
	assert_false(token_generate(t, HSM_ECDSA_P256, "line\nbreak", &k, &e));
	assert_false(token_generate(t, HSM_ECDSA_P256, "ends with a space ", &k, &e));
	assert_false(token_find_label(t, "nobody", &k, &e));
	assert_int_equal(e.class, ERR_ABSENT);
	memset(k.id, 7, sizeof(k.id));
	assert_false(token_find(t, k.id, &k, &e));
	assert_int_equal(e.class, ERR_ABSENT);
}

static void
test_sign_refusals(void **state)
{
	own_token struct token *t = softhsm_open("one");
	own_struct(buf) raw = buf_new(64);
	unsigned char big[64] = { 0 };
	struct token_key k;
	bool lost = false;
	struct err e;

	assert_done(token_generate(t, HSM_ECDSA_P256, "to sign", &k, &e), e);
	assert_false(token_sign(t, &k, span_of(big, 31), &raw, NULL, &e));
	assert_int_equal(e.class, ERR_INPUT);
	assert_false(token_sign(t, &k, span_of(big, 33), &raw, NULL, &e));
	assert_false(token_sign(t, &k, SPAN_NONE, &raw, NULL, &e));
	k.private_handle = 999999;
	assert_false(token_sign(t, &k, span_of(big, 32), &raw, &lost, &e));
	assert_int_equal(e.class, ERR_TOKEN);
	assert_true(lost);
	assert_non_null(strstr(e.text, "CKR_"));
	k.alg = HSM_ALG_NONE;
	assert_false(token_sign(t, &k, span_of(big, 32), &raw, NULL, &e));
	assert_int_equal(e.class, ERR_POLICY);
	assert_int_equal(raw.len, 0);
}

/*
 * Tokens and PINs.
 */

static void
test_open_refusals(void **state)
{
	own_secret struct secret *right = secret_of(TEST_PIN);
	own_secret struct secret *wrong = secret_of("0000-wrong");
	own_secret struct secret *empty = secret_of("");
	own_token struct token *t = NULL;
	enum token_pin pin;
	struct err e;

	assert_false(token_open(&t, "/nonexistent/module.so", "one", right, &e));
	assert_int_equal(e.class, ERR_ABSENT);
	assert_non_null(strstr(e.text, "/nonexistent/module.so"));
	assert_false(token_open(&t, "libm.so.6", "one", right, &e));
	assert_non_null(strstr(e.text, "not a PKCS#11 module"));
	assert_false(token_open(&t, TOKEN_SOFTHSM, "no such token", right, &e));
	assert_int_equal(e.class, ERR_ABSENT);
	assert_non_null(strstr(e.text, "\"no such token\""));
	assert_false(token_open(&t, TOKEN_SOFTHSM, "one", wrong, &e));
	assert_int_equal(e.class, ERR_POLICY);
	assert_non_null(strstr(e.text, "wrong PIN"));
	assert_null(strstr(e.text, "0000-wrong"));
	assert_false(token_open(&t, TOKEN_SOFTHSM, "one", empty, &e));
	assert_int_equal(e.class, ERR_INPUT);
	assert_null(t);
	assert_done(token_pin_state(TOKEN_SOFTHSM, "one", &pin, &e), e);
	assert_done(token_open(&t, TOKEN_SOFTHSM, "one", right, &e), e);
	assert_string_equal(token_label(t), "one");
}

static void
test_create_refusals(void **state)
{
	own_secret struct secret *pin = secret_of(TEST_PIN);
	own_secret struct secret *tiny = secret_of("1");
	struct err e;

	assert_false(token_create(TOKEN_SOFTHSM, "one", pin, pin, &e));
	assert_int_equal(e.class, ERR_CONFLICT);
	assert_false(token_create(TOKEN_SOFTHSM, "", pin, pin, &e));
	assert_false(token_create(TOKEN_SOFTHSM, "a label longer than 32 octets.....", pin, pin, &e));
	assert_false(token_create(TOKEN_SOFTHSM, "tab\there", pin, pin, &e));
	assert_false(token_create(TOKEN_SOFTHSM, "two", tiny, pin, &e));
	assert_false(token_create(TOKEN_SOFTHSM, "two", pin, tiny, &e));
	assert_int_equal(e.class, ERR_INPUT);
}

static void
test_change_pin(void **state)
{
	own_secret struct secret *old = secret_of(TEST_PIN);
	own_secret struct secret *fresh = secret_of("another-0815");
	own_secret struct secret *tiny = secret_of("1");
	struct token *t;
	struct err e;

	softhsm_token("changed");
	t = softhsm_open("changed");
	assert_false(token_change_pin(t, fresh, fresh, &e));
	assert_int_equal(e.class, ERR_POLICY);
	assert_false(token_change_pin(t, old, tiny, &e));
	assert_int_equal(e.class, ERR_POLICY);
	assert_done(token_change_pin(t, old, fresh, &e), e);
	token_drop(&t);
	assert_false(token_open(&t, TOKEN_SOFTHSM, "changed", old, &e));
	assert_done(token_open(&t, TOKEN_SOFTHSM, "changed", fresh, &e), e);
	token_drop(&t);
}

/* Two tokens open at once, closed one by one: neither logs the other out. */
static void
test_two_tokens(void **state)
{
	own_struct(buf) raw = buf_new(256);
	unsigned char digest[32] = { 0 };
	struct token *a, *b, *c;
	struct token_key k;
	struct err e;

	softhsm_token("second");
	a = softhsm_open("one");
	b = softhsm_open("second");
	c = softhsm_open("second");
	assert_done(token_generate(b, HSM_ECDSA_P256, "here", &k, &e), e);
	token_drop(&a);
	assert_done(token_sign(b, &k, span_of(digest, 32), &raw, NULL, &e), e);
	token_drop(&c);
	assert_done(token_sign(b, &k, span_of(digest, 32), &raw, NULL, &e), e);
	token_drop(&b);
	b = softhsm_open("second");
	assert_done(token_find_label(b, "here", &k, &e), e);
	assert_done(token_sign(b, &k, span_of(digest, 32), &raw, NULL, &e), e);
	token_drop(&b);
}

/*
 * FACTS.md, trap 1: one Ed25519 key makes libp11 hide every key of the token.
 * Antin finds keys without libp11; the test shows both, so that it tells when
 * libp11 changes.
 */
static void
test_ed25519_beside_p256(void **state)
{
	struct token_key keys[TOKEN_KEYS_MAX], p256, ed;
	own_token struct token *t = NULL;
	static PKCS11_CTX *ctx;		/* never unloaded: that would end our own sessions */
	static PKCS11_SLOT *slots;
	PKCS11_KEY *hidden = NULL;
	unsigned nslots = 0, nhidden = 0;
	size_t n = 0;
	struct err e;

	softhsm_token("mixed");
	t = softhsm_open("mixed");
	assert_done(token_generate(t, HSM_ECDSA_P256, "p256", &p256, &e), e);
	assert_done(token_generate(t, HSM_ED25519, "ed25519", &ed, &e), e);
	assert_done(token_keys(t, keys, &n, &e), e);
	assert_int_equal(n, 2);
	assert_done(token_find(t, p256.id, &keys[0], &e), e);
	assert_done(token_find(t, ed.id, &keys[1], &e), e);
	ctx = PKCS11_CTX_new();
	assert_int_equal(PKCS11_CTX_load(ctx, TOKEN_SOFTHSM), 0);
	assert_int_equal(PKCS11_enumerate_slots(ctx, &slots, &nslots), 0);
	for (unsigned i = 0; i < nslots; i++)
		if (slots[i].token != NULL && slots[i].token->initialized && strcmp(slots[i].token->label, "mixed") == 0)
			assert_int_equal(PKCS11_enumerate_keys(slots[i].token, &hidden, &nhidden), -1);
	make_and_sign(HSM_ED25519, "on the mixed");
}

/*
 * EVP_PKEY over a token key.
 */

static void
test_csr_and_cms(void **state)
{
	own_token struct token *t = softhsm_open("one");
	own(EVP_PKEY) *key = NULL;
	own(X509_REQ) *req = X509_REQ_new();
	own(X509) *cert = X509_new();
	own(BIO) *content = BIO_new_mem_buf("an order", -1);
	own(CMS_ContentInfo) *cms = NULL;
	struct token_key k;
	struct err e;

	assert_done(token_generate(t, HSM_ECDSA_P256, "evp", &k, &e), e);
	assert_done(token_pkey(&key, t, &k, &e), e);
	X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(req), "CN", MBSTRING_UTF8, (const unsigned char *)"Văn thư", -1, -1, 0);
	assert_int_equal(X509_REQ_set_pubkey(req, key), 1);
	assert_true(X509_REQ_sign(req, key, EVP_sha256()) > 0);
	assert_int_equal(X509_REQ_verify(req, X509_REQ_get0_pubkey(req)), 1);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_version(cert, 2);
	assert_int_equal(X509_set_pubkey(cert, key), 1);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	cms = CMS_sign(NULL, NULL, NULL, content, CMS_PARTIAL | CMS_BINARY);
	assert_non_null(cms);
	assert_non_null(CMS_add1_signer(cms, cert, key, EVP_sha256(), CMS_BINARY | CMS_CADES));
	assert_int_equal(CMS_final(cms, content, NULL, CMS_BINARY), 1);
	assert_int_equal(CMS_verify(cms, NULL, NULL, NULL, NULL, CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY), 1);
}

/* Of a longer digest the leftmost octets are signed, as whoever verifies takes them. */
static void
test_longer_digests(void **state)
{
	const EVP_MD *const longer[] = { EVP_sha384(), EVP_sha512() };
	own_token struct token *t = softhsm_open("one");
	own(EVP_PKEY) *key = NULL;
	own(EVP_PKEY) *public = NULL;
	own_struct(buf) spki = buf_new(512);
	struct token_key k;
	struct err e;

	assert_done(token_generate(t, HSM_ECDSA_P256, "longer", &k, &e) && token_pkey(&key, t, &k, &e), e);
	pubkey_to_spki(&spki, key);
	assert_done(pubkey_from_spki(&public, buf_span(&spki), &e), e);
	for (size_t i = 0; i < COUNT(longer); i++) {
		own(X509) *cert = X509_new();

		assert_int_equal(X509_set_pubkey(cert, key), 1);
		assert_true(X509_sign(cert, key, longer[i]) > 0);
		assert_int_equal(X509_verify(cert, public), 1);
	}
}

/* What the token refuses is what the caller reads, not "EVP lib". */
static void
test_evp_refusal_is_a_sentence(void **state)
{
	own_token struct token *t = softhsm_open("one");
	own(EVP_PKEY) *key = NULL;
	own(X509) *cert = X509_new();
	struct token_key k;
	struct err e;

	assert_done(token_generate(t, HSM_ECDSA_P256, "gone", &k, &e), e);
	k.private_handle = 999999;
	assert_done(token_pkey(&key, t, &k, &e), e);
	assert_int_equal(X509_set_pubkey(cert, key), 1);
	assert_false(X509_sign(cert, key, EVP_sha256()) > 0);
	assert_false(fail_key(&e, ERR_BUG, "a certificate"));
	assert_int_equal(e.class, ERR_TOKEN);
	assert_non_null(strstr(e.text, "the token \"one\" did not sign"));
	assert_false(X509_sign(cert, key, EVP_sha224()) > 0);
	assert_false(fail_key(&e, ERR_BUG, "a certificate"));
	assert_int_equal(e.class, ERR_INPUT);
	assert_false(fail_key(&e, ERR_BUG, "nothing in the queue"));
	assert_string_equal(e.text, "nothing in the queue");
	k.alg = HSM_ED25519;
	assert_false(token_pkey(&key, t, &k, &e));
}

#define THREADS 8
#define ROUNDS 50
struct work { struct token *t; struct token_key k; EVP_PKEY *pub; unsigned good; };

static void *
sign_many(void *arg)
{
	struct work *w = arg;

	for (unsigned i = 0; i < ROUNDS; i++) {
		own_struct(buf) raw = buf_new(64);
		own_struct(buf) der = buf_new(80);
		unsigned char digest[32];
		struct err e;

		sha256(digest, span_of(&i, sizeof(i)));
		w->good += token_sign(w->t, &w->k, span_of(digest, 32), &raw, NULL, &e) &&
		    ecdsa_raw_to_der(&der, buf_span(&raw), &e) && ecdsa_verify(w->pub, span_of(digest, 32), buf_span(&der));
	}
	return NULL;
}

static void
test_threads(void **state)
{
	own_token struct token *t = softhsm_open("one");
	own(EVP_PKEY) *pub = NULL;
	struct work w[THREADS];
	pthread_t thread[THREADS];
	struct token_key k;
	struct err e;

	assert_done(token_generate(t, HSM_ECDSA_P256, "threads", &k, &e), e);
	assert_done(pubkey_from_spki(&pub, span_of(k.spki, k.spki_len), &e), e);
	for (int i = 0; i < THREADS; i++) {
		w[i] = (struct work){ t, k, pub, 0 };
		assert_int_equal(pthread_create(&thread[i], NULL, sign_many, &w[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		assert_int_equal(w[i].good, ROUNDS);
	}
}

/*
 * URIs.
 */

static void
test_uri(void **state)
{
	own_token struct token *t = softhsm_open("one");
	own_struct(buf) text = buf_new(1024);
	struct token_uri u;
	struct token_key k;
	struct err e;

	assert_done(token_generate(t, HSM_ECDSA_P256, "khoá; của=văn thư", &k, &e), e);
	assert_done(token_key_uri(&text, t, &k, &e), e);
	assert_int_equal(strncmp(buf_str(&text), "pkcs11:", 7), 0);
	assert_done(token_uri_parse(&u, buf_str(&text), &e), e);
	assert_string_equal(u.token, "one");
	assert_string_equal(u.object, "khoá; của=văn thư");
	assert_true(u.has_id);
	assert_memory_equal(u.id, k.id, KEY_ID_LEN);
	assert_done(token_uri_parse(&u, "pkcs11:token=root?module-path=/usr/lib/m.so", &e), e);
	assert_string_equal(u.module, "/usr/lib/m.so");
	assert_false(u.has_id);
	assert_string_equal(u.object, "");
}

static const struct { const char *name, *uri; enum err_class want; } bad_uris[] = {
	{ "empty", "", ERR_INPUT },
	{ "another scheme", "http:token=one", ERR_INPUT },
	{ "a PIN", "pkcs11:token=one?pin-value=1234", ERR_POLICY },
	{ "broken escape", "pkcs11:token=%4", ERR_INPUT },
	{ "unknown attribute", "pkcs11:token=one;colour=red", ERR_INPUT },
	{ "short id", "pkcs11:token=one;id=%01%02", ERR_INPUT },
	{ "NUL in a label", "pkcs11:token=one;object=a%00b", ERR_INPUT },
	{ "long token label", "pkcs11:token=0123456789012345678901234567890123456789", ERR_INPUT },
	{ "object of 80", "pkcs11:object=01234567890123456789012345678901234567890123456789012345678901234567890123456789", ERR_INPUT },
};

static void
test_uri_refusals(void **state)
{
	for (size_t i = 0; i < COUNT(bad_uris); i++) {
		struct token_uri u;
		struct err e;

		assert_case(bad_uris[i].name, !token_uri_parse(&u, bad_uris[i].uri, &e));
		assert_case(bad_uris[i].name, e.class == bad_uris[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_p256),
		cmocka_unit_test(test_label_is_the_key_id),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_imported_key_is_refused),
		cmocka_unit_test(test_generate_refusals),
		cmocka_unit_test(test_sign_refusals),
		cmocka_unit_test(test_open_refusals),
		cmocka_unit_test(test_create_refusals),
		cmocka_unit_test(test_change_pin),
		cmocka_unit_test(test_two_tokens),
		cmocka_unit_test(test_csr_and_cms),
		cmocka_unit_test(test_longer_digests), cmocka_unit_test(test_evp_refusal_is_a_sentence),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_uri),
		cmocka_unit_test(test_uri_refusals),
		cmocka_unit_test(test_ed25519_beside_p256),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
