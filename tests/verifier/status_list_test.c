/* COSE_Sign1 and status lists: the published examples, our own, and wrong ones. */
#include "tests/base/test.h"
#include "tests/verifier/pki.h"

#include "base/file.h"
#include "base/json.h"
#include "verifier/cose.h"
#include "verifier/status_list.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include <unistd.h>

#define VECTORS SOURCE_DIR "/../shared/vectors"
#define URI "https://giay.hoagiang.example/status/1.cwt"

static struct pki_party service, other;

static int
begin(void **state)
{
	service = pki_party(&(struct pki_wish){ "Service" }, NULL);
	other = pki_party(&(struct pki_wish){ "Other" }, NULL);
	return 0;
}

static int
end(void **state)
{
	pki_drop(&service);
	pki_drop(&other);
	return 0;
}

static EVP_PKEY *
vector_key(const json_t *jwk)
{
	own_struct(buf) point = buf_new(65);
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params;
	struct err e;

	buf_put_byte(&point, 4);
	assert_done(base64url_get(&point, span_str(json_string_value(json_object_get(jwk, "x"))), &e), e);
	assert_done(base64url_get(&point, span_str(json_string_value(json_object_get(jwk, "y"))), &e), e);
	OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
	OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point.ptr, point.len);
	params = OSSL_PARAM_BLD_to_param(b);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static void
published_signatures(void **state)
{
	/* Stricter than the examples where it says so. */
	static const struct { const char *file; bool good; } cases[] = {
		{ "sign-pass-02", true }, { "sign-pass-01", false /* alg unprotected */ }, { "sign-pass-03", false /* no tag */ },
		{ "sign-fail-01", false }, { "sign-fail-02", false }, { "sign-fail-03", false }, { "sign-fail-04", false }, { "sign-fail-06", false }, { "sign-fail-07", false },
	};

	if (access(VECTORS "/cose", R_OK) != 0)
		skip();
	for (size_t i = 0; i < COUNT(cases); i++) {
		own_str char *path = xprintf(VECTORS "/cose/sign1-tests/%s.json", cases[i].file);
		own_struct(buf) text = buf_new(1 << 16), octets = buf_new(1 << 14), aad = buf_new(1 << 10);
		own(json_t) *j = NULL;
		own(EVP_PKEY) *key = NULL;
		const json_t *sign, *external;
		struct cose c;
		struct err e;
		bool good;

		assert_done(file_read(&text, path, &e), e);
		assert_done(json_read(&j, buf_span(&text), &e), e);
		sign = json_object_get(json_object_get(j, "input"), "sign0");
		key = vector_key(json_object_get(sign, "key"));
		external = json_object_get(sign, "external");
		if (external != NULL)
			assert_done(hex_get(&aad, span_str(json_string_value(external)), &e), e);
		assert_done(hex_get(&octets, span_str(json_string_value(json_object_get(json_object_get(j, "output"), "cbor"))), &e), e);
		good = cose_read(&c, buf_span(&octets), &e) && cose_check(&c, key, buf_span(&aad), &e);
		if (good != cases[i].good)
			print_error("%s: %s\n", cases[i].file, good ? "taken" : e.text);
		assert_case(cases[i].file, good == cases[i].good);
	}
}

/* The `lst` of the published examples inside a payload of ours, keys in order:
 * as published (bits before lst) the map is not deterministic CBOR and is refused. */
static void
published_lists(void **state)
{
	static const unsigned one[] = { 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1 }, two[] = { 1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3 };
	static const struct { const char *name, *map; const unsigned *want; size_t n; } cases[] = {
		{ "1 bit", "a2636c73744a78dadbb918000217015d646269747301", one, COUNT(one) },
		{ "2 bits", "a2636c73744b78da3be9f2130003df0207646269747302", two, COUNT(two) },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) payload = buf_new(1 << 10);
		struct status_list l;
		struct err e;
		unsigned v;

		assert_done(hex_get(&payload, span_str("a3026161061a648c5bea19fffd"), &e), e);
		assert_done(hex_get(&payload, span_str(cases[i].map), &e), e);
		assert_done(status_list_read_payload(&l, buf_span(&payload), &e), e);
		for (size_t k = 0; k < cases[i].n; k++) {
			assert_done(status_list_get(&l, k, &v, &e), e);
			assert_case(cases[i].name, v == cases[i].want[k]);
		}
		assert_false(status_list_get(&l, cases[i].n, &v, &e));
		assert_int_equal(e.class, ERR_ABSENT);
		status_list_drop(&l);
	}
}

static void
make_list(struct buf *cwt, const struct pki_party *by, X509 *named, const unsigned char *values, size_t n)
{
	static const unsigned char log_root[SHA256_LEN];
	own_struct(buf) prot = buf_new(1 << 10), payload = buf_new(1 << 20), tbs = buf_new(1 << 20);
	own(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	unsigned char kid[8], sig[128], raw[64];
	size_t len = sizeof(sig);
	struct err e;

	status_list_kid(kid, named);
	assert_done(status_list_payload(&prot, &payload, kid, URI, PKI_NOW, PKI_NOW + 3600, 7, log_root, values, n, &e), e);
	cose_tbs(&tbs, buf_span(&prot), SPAN_NONE, buf_span(&payload));
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, by->key), 1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &len, tbs.ptr, tbs.len), 1);
	assert_done(ecdsa_der_to_raw(raw, span_of(sig, len), &e), e);
	cose_write(cwt, buf_span(&prot), buf_span(&payload), span_of(raw, sizeof(raw)));
}

static void
our_own(void **state)
{
	static const unsigned char values[] = { STATUS_IN_FORCE, STATUS_WITHDRAWN, STATUS_SUSPENDED, STATUS_SUPERSEDED, STATUS_NOTED };
	own_struct(buf) cwt = buf_new(1 << 20);
	struct status_list l;
	struct err e;
	unsigned v;

	make_list(&cwt, &service, service.cert, values, COUNT(values));
	assert_done(status_list_open(&l, buf_span(&cwt), service.cert, &e), e);
	assert_true(strcmp(l.uri, URI) == 0 && l.issued == PKI_NOW && l.expires == PKI_NOW + 3600 && l.bits == STATUS_BITS);
	for (size_t i = 0; i < COUNT(values); i++) {
		assert_done(status_list_get(&l, i, &v, &e), e);
		assert_int_equal(v, values[i]);
	}
	assert_false(status_list_get(&l, 6, &v, &e));
	assert_false(status_list_get(&l, UINT64_MAX, &v, &e));
	status_list_drop(&l);
}

static void
lists_that_are_refused(void **state)
{
	static const unsigned char values[] = { 0, 1, 0 };
	own_struct(buf) cwt = buf_new(1 << 20), by_other = buf_new(1 << 20), named_other = buf_new(1 << 20);
	struct status_list l;
	struct err e;

	make_list(&cwt, &service, service.cert, values, COUNT(values));
	assert_false(status_list_open(&l, buf_span(&cwt), other.cert, &e));
	for (size_t i = 0; i < cwt.len; i++) {
		cwt.ptr[i] ^= 1;
		assert_false(status_list_open(&l, buf_span(&cwt), service.cert, &e));
		cwt.ptr[i] ^= 1;
		assert_false(status_list_open(&l, span_of(cwt.ptr, i), service.cert, &e));
	}
	buf_put_byte(&cwt, 0);
	assert_false(status_list_open(&l, buf_span(&cwt), service.cert, &e));
	make_list(&by_other, &other, service.cert, values, COUNT(values));
	assert_false(status_list_open(&l, buf_span(&by_other), service.cert, &e));
	make_list(&named_other, &service, other.cert, values, COUNT(values));
	assert_false(status_list_open(&l, buf_span(&named_other), service.cert, &e));
	assert_false(status_list_open(&l, span_str("a list"), service.cert, &e));
}

static void
payloads_that_are_refused(void **state)
{
	static const char good[] = "a3026161061a648c5bea19fffda2636c73744a78dadbb918000217015d646269747301";
	static const struct { const char *name, *hex, *says; } cases[] = {
		{ "nothing", "", "" },
		{ "an empty map", "a0", "without its list" },
		{ "no list", "a2026161061a648c5bea", "without its list" },
		{ "no time", "a202616119fffda2636c73744a78dadbb918000217015d646269747301", "without its list, subject or time" },
		{ "no subject", "a2061a648c5bea19fffda2636c73744a78dadbb918000217015d646269747301", "without its list, subject or time" },
		{ "3 bits", "a3026161061a648c5bea19fffda2636c73744a78dadbb918000217015d646269747303", "1, 2, 4 or 8 bits" },
		{ "no bits", "a3026161061a648c5bea19fffda1636c73744a78dadbb918000217015d", "1, 2, 4 or 8 bits" },
		{ "no octets", "a3026161061a648c5bea19fffda1646269747301", "without its list" },
		{ "not zlib", "a3026161061a648c5bea19fffda2636c73744a00000000000000000000646269747301", "does not inflate" },
		{ "zlib cut short", "a3026161061a648c5bea19fffda2636c73744978dadbb91800021701646269747301", "does not inflate" },
		{ "octets behind zlib", "a3026161061a648c5bea19fffda2636c73744b78dadbb918000217015d00646269747301", "does not inflate" },
		{ "octets behind the map", "a3026161061a648c5bea19fffda2636c73744a78dadbb918000217015d64626974730100", "" },
		{ "a time as text", "a302616106616119fffda2636c73744a78dadbb918000217015d646269747301", "iat" },
		{ "a claim twice", "a4026161026161061a648c5bea19fffda2636c73744a78dadbb918000217015d646269747301", "twice" },
		{ "keys as published, out of order", "a3026161061a648c5bea19fffda2646269747301636c73744a78dadbb918000217015d", "out of order" },
	};
	own_struct(buf) sound = buf_new(1 << 10);
	struct status_list l;
	struct err e;

	assert_done(hex_get(&sound, span_str(good), &e), e);
	assert_done(status_list_read_payload(&l, buf_span(&sound), &e), e);
	status_list_drop(&l);
	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) payload = buf_new(1 << 10);
		bool taken;

		assert_done(hex_get(&payload, span_str(cases[i].hex), &e), e);
		taken = status_list_read_payload(&l, buf_span(&payload), &e);
		if (taken || strstr(e.text, cases[i].says) == NULL)
			print_error("%s: %s\n", cases[i].name, taken ? "taken" : e.text);
		assert_case(cases[i].name, !taken && strstr(e.text, cases[i].says) != NULL);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_signatures),
		cmocka_unit_test(published_lists),
		cmocka_unit_test(our_own),
		cmocka_unit_test(lists_that_are_refused),
		cmocka_unit_test(payloads_that_are_refused),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
