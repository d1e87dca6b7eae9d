/* Time-stamp tokens, right and wrong. */
#include "tests/base/test.h"
#include "tests/verifier/pki.h"

#include "verifier/tst.h"

static const unsigned char imprint[64] = { 0x17, 0x2a };
static struct pki_party root, tsa, twin, soft, wide, none, authority;

static int
begin(void **state)
{
	root = pki_ca("Root", NULL);
	tsa = pki_party(&(struct pki_wish){ "TSA", .eku = "critical,timeStamping" }, &root);
	twin = pki_party(&(struct pki_wish){ "TSA", .eku = "critical,timeStamping" }, &root);
	soft = pki_party(&(struct pki_wish){ "Soft", .eku = "timeStamping" }, &root);
	wide = pki_party(&(struct pki_wish){ "Wide", .eku = "critical,timeStamping,codeSigning" }, &root);
	none = pki_party(&(struct pki_wish){ "None" }, &root);
	authority = pki_party(&(struct pki_wish){ "CA", .constraints = "critical,CA:TRUE", .usage = "critical,digitalSignature,keyCertSign",
		.eku = "critical,timeStamping" }, &root);
	return 0;
}

static int
end(void **state)
{
	struct pki_party *all[] = { &root, &tsa, &twin, &soft, &wide, &none, &authority };

	for (size_t i = 0; i < COUNT(all); i++)
		pki_drop(all[i]);
	return 0;
}

static void
tokens(void **state)
{
	const struct { const char *name; const struct pki_party *by; struct pki_stamp wish; size_t len; unsigned char first; bool good; } cases[] = {
		{ "ordinary", &tsa, { 0 }, 32, 0x17, true },
		{ "SHA-512 imprint", &tsa, { .imprint_nid = NID_sha512 }, 64, 0x17, true },
		/* RFC 5816 allows it; only hashes by SHA-256 are read so far. */
		{ "signing-certificate-v2 by SHA-384", &tsa, { .md = EVP_sha384() }, 32, 0x17, false },
		{ "a certificate came along", &tsa, { .also = &none }, 32, 0x17, true },
		{ "of something else", &tsa, { 0 }, 32, 0x18, false },
		{ "half an imprint", &tsa, { 0 }, 16, 0x17, false },
		{ "SHA-1 imprint", &tsa, { .imprint_nid = NID_sha1 }, 20, 0x17, false },
		{ "signed over SHA-1", &tsa, { .md = EVP_sha1() }, 32, 0x17, false },
		{ "no signing-certificate-v2", &tsa, { .no_ess = true }, 32, 0x17, false },
		{ "two signers", &tsa, { .two_signers = true, .also = &twin }, 32, 0x17, false },
		{ "not TSTInfo", &tsa, { .other_content = true }, 32, 0x17, false },
		{ "no certificate at hand", &tsa, { .no_cert = true }, 32, 0x17, false },
		{ "usage not critical", &soft, { 0 }, 32, 0x17, false },
		{ "further usage", &wide, { 0 }, 32, 0x17, false },
		{ "no usage", &none, { 0 }, 32, 0x17, false },
		{ "an authority", &authority, { 0 }, 32, 0x17, false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) token = buf_new(1 << 16);
		struct pki_stamp wish = cases[i].wish;
		unsigned char asked[64] = { cases[i].first, 0x2a };
		struct tst t;
		struct err e = { 0 };
		bool taken;

		wish.when = PKI_NOW;
		pki_stamp(&token, cases[i].by, span_of(imprint, cases[i].len), &wish);
		taken = tst_check(&t, buf_span(&token), wish.imprint_nid == NID_sha512 ? EVP_sha512() : EVP_sha256(),
		    span_of(asked, wish.imprint_nid == NID_sha512 ? 64 : 32), NULL, &e);
		if (taken != cases[i].good)
			print_error("%s: %s\n", cases[i].name, e.text);
		assert_case(cases[i].name, taken == cases[i].good && (taken || e.text[0] != '\0'));
		if (taken) {
			assert_case(cases[i].name, t.time == PKI_NOW && X509_cmp(t.signer, cases[i].by->cert) == 0);
			assert_case(cases[i].name, strcmp(t.policy, "2.25.1") == 0);
			tst_drop(&t);
		}
	}
}

/* Without its certificate a token is good with the right one from elsewhere. */
static void
the_certificate_from_elsewhere(void **state)
{
	own_struct(buf) token = buf_new(1 << 16);
	cert_list *bag = sk_X509_new_null();
	struct tst t;
	struct err e;

	pki_stamp(&token, &tsa, span_of(imprint, 32), &(struct pki_stamp){ .when = PKI_NOW, .no_cert = true });
	sk_X509_push(bag, twin.cert);
	assert_false(tst_check(&t, buf_span(&token), EVP_sha256(), span_of(imprint, 32), bag, &e));
	sk_X509_push(bag, tsa.cert);
	assert_done(tst_check(&t, buf_span(&token), EVP_sha256(), span_of(imprint, 32), bag, &e), e);
	assert_int_equal(X509_cmp(t.signer, tsa.cert), 0);
	tst_drop(&t);
	sk_X509_free(bag);
}

static void
octets_that_are_no_token(void **state)
{
	own_struct(buf) token = buf_new(1 << 16), large = buf_new(TST_MAX + 1), out = buf_new(1 << 16);
	struct tst t;
	struct err e;

	pki_stamp(&token, &tsa, span_of(imprint, 32), &(struct pki_stamp){ .when = PKI_NOW });
	assert_int_equal(EVP_MD_get_type(tst_digest(buf_span(&token))), NID_sha256);
	for (size_t n = 0; n < token.len; n++)
		assert_false(tst_check(&t, span_of(token.ptr, n), EVP_sha256(), span_of(imprint, 32), NULL, &e));
	token.ptr[token.len - 1] ^= 1;
	assert_false(tst_check(&t, buf_span(&token), EVP_sha256(), span_of(imprint, 32), NULL, &e));
	token.ptr[token.len - 1] ^= 1;
	buf_put_byte(&token, 0);
	assert_false(tst_check(&t, buf_span(&token), EVP_sha256(), span_of(imprint, 32), NULL, &e));
	assert_non_null(strstr(e.text, "1 bytes after"));
	while (large.len <= TST_MAX)
		buf_put_byte(&large, 0x30);
	assert_false(tst_check(&t, buf_span(&large), EVP_sha256(), span_of(imprint, 32), NULL, &e));
	assert_int_equal(e.class, ERR_LIMIT);
	assert_false(tst_check(&t, span_str("a time stamp"), EVP_sha256(), span_of(imprint, 32), NULL, &e));
	assert_null(tst_digest(span_str("a time stamp")));
	assert_false(tst_of_response(&out, span_str("a response"), &e));
}

static void
a_second_opinion(void **state)
{
	own_struct(buf) token = buf_new(1 << 16);
	char *folder = pki_folder();

	if (pki_run(folder, "openssl version") != 0) {
		pki_remove(folder);
		skip();
	}
	pki_stamp(&token, &tsa, span_of(imprint, 32), &(struct pki_stamp){ .when = PKI_NOW });
	pki_write(folder, "token.der", buf_span(&token));
	pki_write_cert(folder, "root.pem", root.cert);
#define VERIFY "openssl ts -verify -token_in -in token.der -CAfile root.pem -attime 1795336920 -digest "
#define REST "000000000000000000000000000000000000000000000000000000000000"
	assert_int_equal(pki_run(folder, VERIFY "172a" REST), 0);
	assert_int_not_equal(pki_run(folder, VERIFY "182a" REST), 0);
	pki_remove(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens),
		cmocka_unit_test(the_certificate_from_elsewhere),
		cmocka_unit_test(octets_that_are_no_token),
		cmocka_unit_test(a_second_opinion),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
