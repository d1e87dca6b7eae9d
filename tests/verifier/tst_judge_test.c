/*
 * Time stamps as documents: tokens made here and responses by `openssl ts`, altered and
 * judged; what passes is looked at by `openssl ts -verify`, too.
 */
#include "tests/base/test.h"
#include "tests/verifier/permit_maker.h"
#include "tests/verifier/pki.h"

#include "base/clock.h"
#include "base/file.h"
#include "verifier/document.h"
#include "verifier/tst.h"
#include "verifier/tst_judge.h"

#define CONTENT "Hồ sơ thử nghiệm\n"
#define HOUR 3600

static char *folder;
static policy_t *policy;
static struct pki_party root, tsa, ended, soft, other, weak, old;

static int
begin(void **state)
{
	struct err e;
	own_str char *key = NULL;
	FILE *f;

	folder = pki_folder();
	root = pki_ca("Gốc nơi khác (thử nghiệm)", NULL);
	tsa = pki_party(&(struct pki_wish){ .name = "TSA thử", .eku = "critical,timeStamping" }, &root);
	ended = pki_party(&(struct pki_wish){ .name = "TSA cũ", .eku = "critical,timeStamping", .to = PKI_NOW - HOUR }, &root);
	soft = pki_party(&(struct pki_wish){ .name = "TSA mềm", .eku = "timeStamping" }, &root);
	other = pki_party(&(struct pki_wish){ .name = "Người khác" }, &root);
	weak = pki_party(&(struct pki_wish){ .name = "TSA RSA 1024", .eku = "critical,timeStamping", .key = EVP_RSA_gen(1024) }, &root);
	old = pki_party(&(struct pki_wish){ .name = "TSA ký bằng SHA-1", .eku = "critical,timeStamping", .md = EVP_sha1() }, &root);
	pki_write_cert(folder, "root.crt", root.cert);
	pki_write_cert(folder, "tsa.crt", tsa.cert);
	pki_write(folder, "content", span_str(CONTENT));
	key = xprintf("%s/tsa.key", folder);
	f = fopen(key, "wb");
	assert_true(f != NULL && PEM_write_PrivateKey(f, tsa.key, NULL, NULL, 0, NULL, NULL) == 1);
	fclose(f);
	return policy_load(&policy, SOURCE_DIR "/policy", &e) ? 0 : 1;
}

static int
end(void **state)
{
	struct pki_party *all[] = { &root, &tsa, &ended, &soft, &other, &weak, &old };

	for (size_t i = 0; i < COUNT(all); i++)
		pki_drop(all[i]);
	policy_free(policy);
	pki_remove(folder);
	return 0;
}

struct world { X509 *revoked; int reason; bool no_crl, no_anchor; int64_t at; const char *content; };

static void
judge(struct report *out, struct span document, const struct world *w)
{
	const struct pki_entry entry = { .cert = w->revoked, .date = PKI_NOW - HOUR, .reason = w->reason };
	own(evidence_t) *v = evidence_new();
	own(X509_CRL) *crl = pki_crl(&root, &(struct pki_crl){ .entry = &entry, .n = w->revoked == NULL ? 0 : 1 });
	const struct judge_question q = { .document = document, .at = w->at != 0 ? w->at : PKI_NOW, .policy = policy, .evidence = v };
	const struct document_content given = { "content", span_str(w->content) };

	if (!w->no_anchor)
		assert_true(X509_up_ref(root.cert) == 1 && sk_X509_push(v->anchors, root.cert) > 0);
	if (!w->no_crl)
		evidence_add_crl(v, crl);
	evidence_settle(v);
	document_judge(out, &q, w->content != NULL ? &given : NULL);
}

static void
expect(const char *name, struct span document, const struct world *w, enum verdict verdict, enum sub_indication sub)
{
	struct report r;

	judge(&r, document, w);
	maker_expect(name, &r, verdict, sub);
	assert_case(name, r.in_force == FORCE_UNKNOWN && r.format != NULL);
	report_drop(&r);
}

static void
make(struct buf *out, const struct pki_party *by, const struct pki_stamp *wish)
{
	static const struct { int nid; const char *name; } digests[] = { { NID_sha256, "SHA256" }, { NID_sha512, "SHA512" }, { NID_sha1, "SHA1" } };
	const char *name = "SHA256";
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned len;

	for (size_t i = 0; i < COUNT(digests); i++)
		if (digests[i].nid == wish->imprint_nid)
			name = digests[i].name;
	assert_int_equal(EVP_Digest(CONTENT, strlen(CONTENT), hash, &len, EVP_get_digestbyname(name), NULL), 1);
	pki_stamp(out, by, span_of(hash, len), wish);
}

static const struct world given = { .content = CONTENT };

static void
tokens(void **state)
{
	const int64_t then = PKI_NOW - 2 * HOUR;
	const struct { const char *name; const struct pki_party *by; struct pki_stamp wish; struct world world; enum verdict verdict; enum sub_indication sub; } rows[] = {
		{ "right", &tsa, { .when = then }, given, VERDICT_PASSED, SUB_NONE },
		{ "over SHA-512", &tsa, { .when = then, .imprint_nid = NID_sha512 }, given, VERDICT_PASSED, SUB_NONE },
		{ "revoked after it, superseded", &tsa, { .when = then }, { .content = CONTENT, .revoked = tsa.cert, .reason = CRL_REASON_SUPERSEDED }, VERDICT_PASSED, SUB_NONE },
		{ "nothing given", &tsa, { .when = then }, { 0 }, VERDICT_INDETERMINATE, SUB_SIGNED_DATA_NOT_FOUND },
		{ "another given", &tsa, { .when = then }, { .content = "x" }, VERDICT_FAILED, SUB_HASH_FAILURE },
		{ "an empty one given", &tsa, { .when = then }, { .content = "" }, VERDICT_FAILED, SUB_HASH_FAILURE },
		{ "no anchor", &tsa, { .when = then }, { .content = CONTENT, .no_anchor = true }, VERDICT_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND },
		{ "no CRL", &tsa, { .when = then }, { .content = CONTENT, .no_crl = true }, VERDICT_INDETERMINATE, SUB_TRY_LATER },
		{ "its key lost", &tsa, { .when = then }, { .content = CONTENT, .revoked = tsa.cert, .reason = CRL_REASON_KEY_COMPROMISE }, VERDICT_INDETERMINATE, SUB_REVOKED_NO_POE },
		{ "expired since", &ended, { .when = then }, given, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE },
		{ "of tomorrow", &tsa, { .when = PKI_NOW + 24 * HOUR }, given, VERDICT_INDETERMINATE, SUB_TIMESTAMP_ORDER_FAILURE },
		{ "over SHA-1", &tsa, { .when = then, .imprint_nid = NID_sha1 }, given, VERDICT_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE },
		{ "signed over SHA-1", &tsa, { .when = then, .md = EVP_sha1() }, given, VERDICT_INDETERMINATE, SUB_CHAIN_CONSTRAINTS_FAILURE },
		{ "by a short key", &weak, { .when = then }, given, VERDICT_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE },
		{ "by a certificate signed over SHA-1", &old, { .when = then }, given, VERDICT_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE },
		{ "by whoever", &other, { .when = then }, given, VERDICT_INDETERMINATE, SUB_CHAIN_CONSTRAINTS_FAILURE },
		{ "usage not critical", &soft, { .when = then }, given, VERDICT_INDETERMINATE, SUB_CHAIN_CONSTRAINTS_FAILURE },
		{ "without naming its signer", &tsa, { .when = then, .no_ess = true }, given, VERDICT_INDETERMINATE, SUB_CHAIN_CONSTRAINTS_FAILURE },
		{ "without its certificate", &tsa, { .when = then, .no_cert = true }, given, VERDICT_INDETERMINATE, SUB_NO_SIGNING_CERTIFICATE_FOUND },
		{ "two signers", &tsa, { .when = then, .two_signers = true, .also = &ended }, given, VERDICT_FAILED, SUB_FORMAT_FAILURE },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) token = buf_new(TST_MAX);

		make(&token, rows[i].by, &rows[i].wish);
		assert_case(rows[i].name, tst_is(buf_span(&token)));
		expect(rows[i].name, buf_span(&token), &rows[i].world, rows[i].verdict, rows[i].sub);
	}
}

/* As of a signature: what policy ends for new ones is no proof when it is made afterwards. */
static void
algorithms_end_for_new_ones(void **state)
{
	struct algorithm *a = (struct algorithm *)policy_algorithm(policy, "sha256");
	own_struct(buf) token = buf_new(TST_MAX);
	const int32_t was = a->new_until;

	make(&token, &tsa, &(struct pki_stamp){ .when = PKI_NOW - 2 * HOUR });
	a->new_until = day_in_vietnam(PKI_NOW);
	expect("on its last day", buf_span(&token), &given, VERDICT_PASSED, SUB_NONE);
	a->new_until--;
	expect("the day after it", buf_span(&token), &given, VERDICT_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE_NO_POE);
	a->new_until = was;
}

static void
what_is_said_of_it(void **state)
{
	own_struct(buf) token = buf_new(TST_MAX);
	own(json_t) *j = NULL;
	json_t *mine, *remark;
	unsigned char hash[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];
	struct report r;

	make(&token, &tsa, &(struct pki_stamp){ .when = PKI_NOW - HOUR });
	judge(&r, buf_span(&token), &given);
	j = report_json(&r, policy, "file", PKI_NOW);
	mine = json_array_get(json_object_get(j, "signatures"), 0);
	remark = json_array_get(json_object_get(j, "remarks"), 0);
	sha256(hash, span_str(CONTENT));
	hex_text(hex, span_of(hash, sizeof(hash)));
	assert_string_equal(json_text(j, "format"), "RFC 3161");
	assert_string_equal(json_text(mine, "id"), "time-stamp");
	assert_string_equal(json_text(mine, "proof"), "time-stamp");
	assert_string_equal(json_text(mine, "proven"), "2026-11-22T14:42:00+07:00");
	assert_string_equal(json_text(json_object_get(mine, "signer"), "name"), "TSA thử");
	assert_non_null(strstr(json_text(remark, "en"), hex));
	assert_non_null(strstr(json_text(remark, "vi"), hex));
	assert_non_null(strstr(json_text(remark, "en"), "2026-11-22T14:42:00+07:00"));
	report_drop(&r);
}

/* Whatever is another: what passes says the same time. */
static void
no_altered_octet_proves_another_time(void **state)
{
	own_struct(buf) token = buf_new(TST_MAX);
	size_t passed = 0, refused = 0;

	make(&token, &tsa, &(struct pki_stamp){ .when = PKI_NOW - HOUR });
	for (size_t i = 0; i < token.len; i++) {
		struct report r;

		token.ptr[i] ^= 0x01;
		judge(&r, buf_span(&token), &given);
		passed += r.verdict == VERDICT_PASSED;
		refused += r.verdict != VERDICT_PASSED;
		assert_true(r.verdict != VERDICT_PASSED || (r.nsignatures == 1 && r.signature[0].proven == PKI_NOW - HOUR));
		report_drop(&r);
		token.ptr[i] ^= 0x01;
	}
	assert_true(refused > 50 * passed);	/* CMS's version is nobody's word */
	buf_put_byte(&token, 0);
	expect("an octet behind it", buf_span(&token), &given, VERDICT_FAILED, SUB_FORMAT_FAILURE);
}

/* As an authority answers, by OpenSSL's own program and clock. */
static void
responses(void **state)
{
	static const unsigned char refusal[] = { 0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02 };
	own_struct(buf) response = buf_new(TST_MAX);
	own_str char *path = xprintf("%s/r.tsr", folder);
	struct world w = { .content = CONTENT, .at = (int64_t)time(NULL) + 60 };
	const struct pki_crl wish = { .from = w.at - HOUR, .to = w.at + HOUR };
	own(evidence_t) *v = evidence_new();
	own(X509_CRL) *crl = pki_crl(&root, &wish);
	struct judge_question q = { .at = w.at, .policy = policy, .evidence = v };
	const struct span content = span_str(CONTENT);
	struct report r;
	struct err e;

	pki_write(folder, "ts.conf", span_str("[tsa]\ndefault_tsa=t\n[t]\nserial=serial\nsigner_digest=sha256\ndefault_policy=2.25.1\ndigests=sha256\ness_cert_id_alg=sha256\naccuracy=secs:1\n"));
	assert_int_equal(pki_run(folder, "openssl ts -query -data content -sha256 -cert -out r.tsq && "
	    "openssl ts -reply -config ts.conf -queryfile r.tsq -signer tsa.crt -inkey tsa.key -out r.tsr && openssl ts -verify -data content -in r.tsr -CAfile root.crt"), 0);
	assert_done(file_read(&response, path, &e), e);
	assert_true(X509_up_ref(root.cert) == 1 && sk_X509_push(v->anchors, root.cert) > 0);
	evidence_add_crl(v, crl);
	evidence_settle(v);
	q.document = buf_span(&response);
	assert_true(tst_is(q.document));
	tst_judge(&r, &q, &content);
	if (r.verdict != VERDICT_PASSED)
		print_error("%s: %s\n", sub_word(r.sub), r.reasons.at[0].en);
	assert_true(r.verdict == VERDICT_PASSED && r.signature[0].proven <= w.at);
	report_drop(&r);
	expect("a response, nothing known", buf_span(&response), &(struct world){ .content = CONTENT, .at = w.at, .no_crl = true }, VERDICT_INDETERMINATE, SUB_TRY_LATER);
	expect("a refusal", span_of(refusal, sizeof(refusal)), &given, VERDICT_FAILED, SUB_FORMAT_FAILURE);
	response.ptr[8] ^= 2;	/* granted -> rejection */
	expect("a refusal with a token", buf_span(&response), &w, VERDICT_FAILED, SUB_FORMAT_FAILURE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(tokens), cmocka_unit_test(algorithms_end_for_new_ones), cmocka_unit_test(what_is_said_of_it), cmocka_unit_test(no_altered_octet_proves_another_time), cmocka_unit_test(responses) };

	return cmocka_run_group_tests(tests, begin, end);
}
