/*
 * Foreign documents: CMS / CAdES made by `openssl cms`, altered here, judged; what
 * passes is looked at by `openssl cms -verify`, too.
 */
#include "tests/base/test.h"
#include "tests/verifier/pki.h"

#include "base/file.h"
#include "verifier/cades.h"

#include <openssl/rsa.h>

#define CONTENT "Hồ sơ thử nghiệm\n"
#define HOUR 3600

static char *folder;
static policy_t *policy;
static struct pki_party root, signer, other, twin, ended, rsa, p384, tsa;

static void
write_party(const char *name, const struct pki_party *p)
{
	own_str char *crt = xprintf("%s.crt", name), *path = xprintf("%s/%s.key", folder, name);
	FILE *f = fopen(path, "wb");

	pki_write_cert(folder, crt, p->cert);
	assert_true(f != NULL && PEM_write_PrivateKey(f, p->key, NULL, NULL, 0, NULL, NULL) == 1);
	fclose(f);
}

static int
begin(void **state)
{
	const struct pki_wish gone = { .name = "Hết hạn", .to = PKI_NOW - HOUR }, stamping = { .name = "TSA thử", .eku = "critical,timeStamping" };
	struct err e;

	folder = pki_folder();
	if (!policy_load(&policy, SOURCE_DIR "/policy", &e))
		return 1;
	root = pki_ca("Gốc nơi khác (thử nghiệm)", NULL);
	signer = pki_party(&(struct pki_wish){ .name = "Người ký (thử nghiệm)" }, &root);
	other = pki_party(&(struct pki_wish){ .name = "Người khác (thử nghiệm)" }, &root);
	assert_int_equal(EVP_PKEY_up_ref(signer.key), 1);
	twin = pki_party(&(struct pki_wish){ .name = "Người ký (thử nghiệm)", .key = signer.key }, &root);
	ended = pki_party(&gone, &root);
	rsa = pki_party(&(struct pki_wish){ .name = "RSA", .key = EVP_RSA_gen(2048) }, &root);
	p384 = pki_party(&(struct pki_wish){ .name = "P-384", .key = EVP_EC_gen("P-384") }, &root);
	tsa = pki_party(&stamping, &root);
	pki_write(folder, "content", span_str(CONTENT));
	pki_write(folder, "wrong", span_str("Hồ sơ khác\n"));
	write_party("root", &root);
	write_party("signer", &signer);
	write_party("other", &other);
	write_party("twin", &twin);
	write_party("ended", &ended);
	write_party("rsa", &rsa);
	write_party("p384", &p384);
	return 0;
}

static int
end(void **state)
{
	struct pki_party *all[] = { &root, &signer, &other, &twin, &ended, &rsa, &p384, &tsa };

	for (size_t i = 0; i < COUNT(all); i++)
		pki_drop(all[i]);
	policy_free(policy);
	pki_remove(folder);
	return 0;
}

static void
load(struct buf *out, const char *name)
{
	own_str char *path = xprintf("%s/%s", folder, name);
	struct err e;

	assert_done(file_read(out, path, &e), e);
}

/* A file that openssl signs with these options. */
static void
make(struct buf *out, const char *options)
{
	own_str char *command = xprintf("openssl cms -sign -binary -in content -outform DER -out made %s", options);

	assert_case(options, pki_run(folder, command) == 0);
	load(out, "made");
}

#define ATTACHED "-nodetach -cades -md sha256 "
#define BY(name) "-signer " name ".crt -inkey " name ".key "

static X509_CRL *
crl_of(X509 *cert, int64_t date)
{
	const struct pki_entry entry = { .cert = cert, .date = date };

	return pki_crl(&root, &(struct pki_crl){ .entry = &entry, .n = cert == NULL ? 0 : 1 });
}

/* revoked NULL: nobody; no_crl: nothing is known. */
struct world { X509 *revoked; int64_t date; bool no_crl, no_anchor; int64_t at; const char *content; };

static void
judge(struct report *out, struct span document, const struct world *w)
{
	own(evidence_t) *v = evidence_new();
	own(X509_CRL) *crl = crl_of(w->revoked, w->date);
	const struct judge_question q = { .document = document, .at = w->at != 0 ? w->at : PKI_NOW, .policy = policy, .evidence = v };
	const struct span content = span_str(w->content);

	if (!w->no_anchor)
		assert_true(X509_up_ref(root.cert) == 1 && sk_X509_push(v->anchors, root.cert) > 0);
	if (!w->no_crl)
		evidence_add_crl(v, crl);
	evidence_settle(v);
	cades_judge(out, &q, w->content != NULL ? &content : NULL);
}

static void
expect(const char *name, struct span document, const struct world *w, enum verdict verdict, enum sub_indication sub)
{
	struct report r;

	judge(&r, document, w);
	if (r.verdict != verdict || r.sub != sub)
		print_error("%s: %s %s: %s\n", name, verdict_word(r.verdict), sub_word(r.sub), r.reasons.n > 0 ? r.reasons.at[0].en : "");
	assert_case(name, r.verdict == verdict && r.sub == sub && r.in_force == FORCE_UNKNOWN);
	report_drop(&r);
}

static const struct world plain = { 0 };

static void
what_openssl_makes_passes(void **state)
{
	static const struct { const char *name, *options; bool detached; } rows[] = {
		{ "P-256", ATTACHED BY("signer"), false },
		{ "named by key identifier", ATTACHED "-keyid " BY("signer"), false },
		{ "P-384", "-nodetach -cades -md sha384 " BY("p384"), false },
		{ "RSA PKCS#1", ATTACHED BY("rsa"), false },
		{ "RSA PKCS#1, SHA-512", "-nodetach -cades -md sha512 " BY("rsa"), false },
		{ "RSA-PSS", ATTACHED BY("rsa") "-keyopt rsa_padding_mode:pss", false },
		{ "detached", "-cades -md sha256 " BY("signer"), true },
		{ "two signers", ATTACHED BY("signer") BY("rsa"), false },
		{ "many certificates", ATTACHED BY("signer") "-certfile other.crt", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) der = buf_new(1 << 20);

		make(&der, rows[i].options);
		expect(rows[i].name, buf_span(&der), &(struct world){ .content = rows[i].detached ? CONTENT : NULL }, VERDICT_PASSED, SUB_NONE);
		assert_case(rows[i].name, pki_run(folder, "openssl cms -verify -binary -cades -inform DER -in made -content content -CAfile root.crt -purpose any -attime 1795336920 -out /dev/null") == 0);
	}
}

static void
what_is_said_of_it(void **state)
{
	own_struct(buf) der = buf_new(1 << 20), pem = buf_new(1 << 20);
	own(json_t) *j = NULL;
	struct report r;

	make(&der, ATTACHED BY("signer"));
	judge(&r, buf_span(&der), &plain);
	j = report_json(&r, policy, "file", PKI_NOW);
	assert_string_equal(r.format, "CAdES");
	assert_int_equal(r.nsignatures, 1);
	assert_string_equal(r.signature[0].signer, "Người ký (thử nghiệm)");
	assert_string_equal(r.signature[0].issuer, "Gốc nơi khác (thử nghiệm)");
	assert_true(r.signature[0].claimed != INT64_MIN);
	assert_int_equal(report_exit(&r, false), 0);
	assert_int_equal(report_exit(&r, true), 2);
	assert_string_equal(json_string_value(json_object_get(j, "scope")), "full");
	assert_true(json_is_null(json_object_get(j, "answer")) && json_is_null(json_object_get(j, "permit")));
	report_drop(&r);
	assert_int_equal(pki_run(folder, "openssl cms -cmsout -inform DER -in made -outform PEM -out made.pem"), 0);
	load(&pem, "made.pem");
	expect("PEM", buf_span(&pem), &plain, VERDICT_PASSED, SUB_NONE);
	buf_put_str(&pem, "x");
	expect("behind PEM", buf_span(&pem), &plain, VERDICT_FAILED, SUB_FORMAT_FAILURE);
}

/* A file with one signer: whatever octet is another, and whatever is cut off or put behind it. */
static void
no_altered_octet_passes(void **state)
{
	own_struct(buf) der = buf_new(1 << 20);

	make(&der, ATTACHED BY("signer"));
	for (size_t i = 0; i < der.len; i++) {
		static const unsigned char by[] = { 0x01, 0x02, 0x20, 0x80, 0xff };

		for (size_t k = 0; k < COUNT(by); k++) {
			struct report r;

			der.ptr[i] ^= by[k];
			judge(&r, buf_span(&der), &plain);
			if (r.verdict == VERDICT_PASSED)
				print_error("octet %zu ^ %02x passes\n", i, by[k]);
			assert_true(r.verdict != VERDICT_PASSED);
			report_drop(&r);
			der.ptr[i] ^= by[k];
		}
	}
	for (size_t n = 0; n < der.len; n += 1 + n / 8)
		expect("cut short", span_of(der.ptr, n), &plain, VERDICT_FAILED, SUB_FORMAT_FAILURE);
	buf_put_byte(&der, 0);
	expect("an octet behind it", buf_span(&der), &plain, VERDICT_FAILED, SUB_FORMAT_FAILURE);
}

static void
content(void **state)
{
	own_struct(buf) attached = buf_new(1 << 20), detached = buf_new(1 << 20);
	unsigned char *at;

	make(&attached, ATTACHED BY("signer"));
	make(&detached, "-cades -md sha256 " BY("signer"));
	expect("detached, none given", buf_span(&detached), &plain, VERDICT_INDETERMINATE, SUB_SIGNED_DATA_NOT_FOUND);
	expect("detached, another", buf_span(&detached), &(struct world){ .content = "x" }, VERDICT_FAILED, SUB_HASH_FAILURE);
	expect("detached, empty", buf_span(&detached), &(struct world){ .content = "" }, VERDICT_FAILED, SUB_HASH_FAILURE);
	expect("attached, the same given", buf_span(&attached), &(struct world){ .content = CONTENT }, VERDICT_PASSED, SUB_NONE);
	expect("attached, another given", buf_span(&attached), &(struct world){ .content = "x" }, VERDICT_FAILED, SUB_HASH_FAILURE);
	at = memmem(attached.ptr, attached.len, CONTENT, strlen(CONTENT));
	assert_non_null(at);
	at[0] ^= 1;
	expect("content swapped", buf_span(&attached), &plain, VERDICT_FAILED, SUB_HASH_FAILURE);
}

static void
time_and_status(void **state)
{
	own_struct(buf) der = buf_new(1 << 20), late = buf_new(1 << 20);

	make(&der, ATTACHED BY("signer"));
	make(&late, ATTACHED BY("ended"));
	expect("no anchor", buf_span(&der), &(struct world){ .no_anchor = true }, VERDICT_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND);
	expect("no CRL", buf_span(&der), &(struct world){ .no_crl = true }, VERDICT_INDETERMINATE, SUB_TRY_LATER);
	expect("expired, no stamp", buf_span(&late), &plain, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE);
}

static void
others_are_not_taken(void **state)
{
	static const struct { const char *name, *command; enum verdict verdict; enum sub_indication sub; bool none; } rows[] = {
		{ "plain CMS", "openssl cms -sign -binary -nodetach -md sha256 -in content -outform DER -out made -signer signer.crt -inkey signer.key", VERDICT_INDETERMINATE, SUB_NO_SIGNING_CERTIFICATE_FOUND, false },
		{ "no attributes", "openssl cms -sign -binary -nodetach -noattr -md sha256 -in content -outform DER -out made -signer signer.crt -inkey signer.key", VERDICT_INDETERMINATE, SUB_NO_SIGNING_CERTIFICATE_FOUND, false },
		{ "SHA-1", "openssl cms -sign -binary -nodetach -cades -md sha1 -in content -outform DER -out made -signer signer.crt -inkey signer.key", VERDICT_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE, false },
		{ "without its certificate", "openssl cms -sign -binary -nodetach -cades -nocerts -md sha256 -in content -outform DER -out made -signer signer.crt -inkey signer.key", VERDICT_INDETERMINATE, SUB_NO_SIGNING_CERTIFICATE_FOUND, false },
		{ "another's certificate of that key", "openssl cms -sign -binary -nodetach -cades -nocerts -md sha256 -in content -outform DER -out made -signer signer.crt -inkey signer.key -certfile twin.crt", VERDICT_INDETERMINATE, SUB_NO_SIGNING_CERTIFICATE_FOUND, false },
		{ "streamed, of indefinite length", "openssl cms -sign -binary -nodetach -cades -stream -md sha256 -in content -outform DER -out made -signer signer.crt -inkey signer.key", VERDICT_FAILED, SUB_FORMAT_FAILURE, false },
		{ "certificates alone", "openssl crl2pkcs7 -nocrl -certfile signer.crt -outform DER -out made", VERDICT_INDETERMINATE, SUB_NONE, true },
		{ "an envelope", "openssl cms -encrypt -binary -in content -outform DER -out made -aes256 signer.crt", VERDICT_INDETERMINATE, SUB_NONE, true },
		{ "a digest", "openssl cms -digest_create -binary -in content -outform DER -out made", VERDICT_INDETERMINATE, SUB_NONE, true },
		{ "a signer of two without a path", "openssl cms -sign -binary -nodetach -cades -md sha256 -in content -outform DER -out made -signer signer.crt -inkey signer.key -signer ended.crt -inkey ended.key", VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) der = buf_new(1 << 20);
		struct report r;

		assert_case(rows[i].name, pki_run(folder, rows[i].command) == 0);
		load(&der, "made");
		assert_case(rows[i].name, cades_is(buf_span(&der)));
		expect(rows[i].name, buf_span(&der), &plain, rows[i].verdict, rows[i].sub);
		judge(&r, buf_span(&der), &plain);
		assert_case(rows[i].name, r.no_signature == rows[i].none && report_exit(&r, false) == (rows[i].none || rows[i].verdict == VERDICT_FAILED ? 1 : 2));
		report_drop(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_openssl_makes_passes), cmocka_unit_test(what_is_said_of_it), cmocka_unit_test(no_altered_octet_passes),
		cmocka_unit_test(content), cmocka_unit_test(time_and_status), cmocka_unit_test(others_are_not_taken),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
