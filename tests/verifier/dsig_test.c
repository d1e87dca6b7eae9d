/*
 * Foreign XML documents: what is made here (dsig_maker.h), in every form that is taken, is
 * judged right, and by xmlsec1, too; no altered octet of it passes; what is said of it;
 * contents and counter-signatures; levels.
 */
#include "tests/base/test.h"
#include "tests/verifier/dsig_maker.h"
#include "tests/verifier/mutate.h"
#include "tests/verifier/permit_maker.h"

#include "verifier/dsig.h"

#include <libxml/c14n.h>

#define HOUR 3600
#define TEXT_MAX (12u << 20)
#define DOC "<doc xmlns=\"urn:x\" Id=\"doc\"><pay>100</pay>@SIG@</doc>"
#define EXC XML_C14N_EXCLUSIVE_1_0
#define REF_ALL { .uri = "", .transforms = DSIG_ALL_BUT DSIG_EXC, .form = EXC }
#define MORE "http://www.w3.org/2001/04/xmldsig-more#"
#define MGF "http://www.w3.org/2007/05/xmldsig-more#"
#define FORM(uri) "<ds:Transform Algorithm=\"" uri "\"/>"
#define C14N "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
#define C14N11 "http://www.w3.org/2006/12/xml-c14n11"

static char *folder;
static policy_t *policy;
static struct pki_party root, signer, other, ended, rsa, p384, p521, tsa, no_signer;

static int
begin(void **state)
{
	struct err e;

	folder = pki_folder();
	if (!policy_load(&policy, SOURCE_DIR "/policy", &e))
		return 1;
	root = pki_ca("Gốc nơi khác (thử nghiệm)", NULL);
	signer = pki_party(&(struct pki_wish){ .name = "Người ký (thử nghiệm)" }, &root);
	other = pki_party(&(struct pki_wish){ .name = "Người khác (thử nghiệm)" }, &root);
	ended = pki_party(&(struct pki_wish){ .name = "Hết hạn", .to = PKI_NOW - HOUR }, &root);
	rsa = pki_party(&(struct pki_wish){ .name = "RSA", .key = EVP_RSA_gen(2048) }, &root);
	p384 = pki_party(&(struct pki_wish){ .name = "P-384", .key = EVP_EC_gen("P-384") }, &root);
	p521 = pki_party(&(struct pki_wish){ .name = "P-521", .key = EVP_EC_gen("P-521") }, &root);
	tsa = pki_party(&(struct pki_wish){ .name = "TSA thử", .eku = "critical,timeStamping" }, &root);
	no_signer = pki_party(&(struct pki_wish){ .name = "Máy chủ", .usage = "critical,keyEncipherment" }, &root);
	pki_write_cert(folder, "root.crt", root.cert);
	return 0;
}

static int
end(void **state)
{
	struct pki_party *all[] = { &root, &signer, &other, &ended, &rsa, &p384, &p521, &tsa, &no_signer };

	for (size_t i = 0; i < COUNT(all); i++)
		pki_drop(all[i]);
	policy_free(policy);
	pki_remove(folder);
	return 0;
}

/* no_crl: nothing is known; revoked: this one, three hours ago. */
struct world { X509 *revoked; bool no_crl; const struct document_content *contents; size_t n, *covered; };

static void
judge(struct report *out, struct span document, const struct world *w)
{
	const struct pki_entry entry = { .cert = w->revoked, .date = PKI_NOW - 3 * HOUR };
	own(evidence_t) *v = evidence_new();
	own(X509_CRL) *crl = pki_crl(&root, &(struct pki_crl){ .entry = &entry, .n = w->revoked == NULL ? 0 : 1 });
	const struct judge_question q = { .document = document, .at = PKI_NOW, .policy = policy, .evidence = v };

	assert_true(X509_up_ref(root.cert) == 1 && sk_X509_push(v->anchors, root.cert) > 0);
	if (!w->no_crl)
		evidence_add_crl(v, crl);
	evidence_settle(v);
	dsig_judge(out, &q, w->contents, w->n, w->covered);
}

static void
expect(const char *name, struct span document, const struct world *w, enum verdict verdict, enum sub_indication sub)
{
	struct report r;

	judge(&r, document, w);
	maker_expect(name, &r, verdict, sub);
	assert_case(name, r.in_force == FORCE_UNKNOWN);
	report_drop(&r);
}

static const struct world plain = { 0 };

static void
every_form_passes(void **state)
{
	static const struct { const char *name; struct dsig_recipe r; } rows[] = {
		{ "P-256", { .document = DOC, .by = &signer, .ref = { REF_ALL } } },
		{ "P-384", { .document = DOC, .by = &p384, .method = MORE "ecdsa-sha384", .digest = MORE "sha384", .md = NULL, .ref = { REF_ALL } } },
		{ "P-521", { .document = DOC, .by = &p521, .method = MORE "ecdsa-sha512", .digest = "http://www.w3.org/2001/04/xmlenc#sha512", .ref = { REF_ALL } } },
		{ "RSA", { .document = DOC, .by = &rsa, .method = MORE "rsa-sha256", .ref = { REF_ALL } } },
		{ "RSA, SHA-384", { .document = DOC, .by = &rsa, .method = MORE "rsa-sha384", .digest = MORE "sha384", .ref = { REF_ALL } } },
		{ "RSA, SHA-512", { .document = DOC, .by = &rsa, .method = MORE "rsa-sha512", .digest = "http://www.w3.org/2001/04/xmlenc#sha512", .ref = { REF_ALL } } },
		{ "elder XAdES", { .document = DOC, .by = &signer, .elder = true, .ref = { REF_ALL } } },
		{ "plain", { .document = DOC, .by = &signer, .plain = true, .ref = { REF_ALL } } },
		{ "C14N 1.0", { .document = DOC, .by = &signer, .form = C14N, .ref = { { .uri = "", .transforms = DSIG_ALL_BUT FORM(C14N), .form = XML_C14N_1_0 } } } },
		{ "C14N 1.1", { .document = DOC, .by = &signer, .form = C14N11, .ref = { { .uri = "", .transforms = DSIG_ALL_BUT FORM(C14N11), .form = XML_C14N_1_1 } } } },
		{ "no form said", { .document = DOC, .by = &signer, .ref = { { .uri = "", .transforms = DSIG_ALL_BUT, .form = XML_C14N_1_0 } } } },
		{ "namespaces around", { .document = "<a:wrap xmlns:a=\"urn:a\" xmlns:b=\"urn:b\" xml:lang=\"vi\"><a:doc Id=\"doc\" b:x=\"1\">100</a:doc>@SIG@</a:wrap>", .by = &signer,
		    .ref = { { .uri = "#doc", .transforms = FORM(C14N), .form = XML_C14N_1_0 } } } },
		{ "enveloping", { .document = "@SIG@", .by = &signer, .objects = "<ds:Object Id=\"obj\"><pay>100</pay></ds:Object>", .ref = { { .uri = "#obj", .transforms = DSIG_EXC, .form = EXC } } } },
		{ "enveloping, base64", { .document = "@SIG@", .by = &signer, .objects = "<ds:Object Id=\"obj\">SGVs\nbG8=</ds:Object>",
		    .ref = { { .uri = "#obj", .transforms = FORM("http://www.w3.org/2000/09/xmldsig#base64"), .base64 = true } } } },
		{ "two references", { .document = DOC, .by = &signer, .objects = "<ds:Object Id=\"obj\"><pay>100</pay></ds:Object>", .ref = { REF_ALL, { .uri = "#obj", .transforms = DSIG_EXC, .form = EXC } } } },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) text = buf_new(TEXT_MAX);
		struct dsig_recipe r = rows[i].r;

		r.md = strstr(r.digest == NULL ? "" : r.digest, "sha384") != NULL ? EVP_sha384() : strstr(r.digest == NULL ? "" : r.digest, "sha512") != NULL ? EVP_sha512() : NULL;
		dsig_make(&text, &r);
		expect(rows[i].name, buf_span(&text), &plain, VERDICT_PASSED, SUB_NONE);
		pki_write(folder, "made.xml", buf_span(&text));
		assert_case(rows[i].name, pki_run(folder, "xmlsec1 --verify --enabled-reference-uris empty,same-doc --id-attr:Id doc --id-attr:Id urn:a:doc --id-attr:Id http://uri.etsi.org/01903/v1.3.2#:SignedProperties "
		    "--id-attr:Id http://www.w3.org/2000/09/xmldsig#:Object --trusted-pem root.crt --verification-time '2026-11-22 08:42:00' made.xml") == 0);
	}
}

/* xmlsec1 1.2 knows no RSA-PSS. */
static void
pss_passes(void **state)
{
	own_struct(buf) text = buf_new(TEXT_MAX);

	dsig_make(&text, &(struct dsig_recipe){ .document = DOC, .by = &rsa, .method = MGF "sha256-rsa-MGF1", .pss = true, .ref = { REF_ALL } });
	expect("PSS", buf_span(&text), &plain, VERDICT_PASSED, SUB_NONE);
	dsig_edit(&text, MGF "sha256-rsa-MGF1", MGF "sha384-rsa-MGF1");
	expect("PSS of another digest", buf_span(&text), &plain, VERDICT_FAILED, SUB_SIG_CRYPTO_FAILURE);
}

/* Up to the end of SignedInfo; behind it base64 may be written otherwise. */
static void
no_altered_content_passes(void **state)
{
	own_struct(buf) text = buf_new(TEXT_MAX);
	size_t close;

	dsig_make(&text, &(struct dsig_recipe){ .document = DOC, .by = &signer, .ref = { REF_ALL } });
	close = (size_t)(strstr(buf_str(&text), "</ds:SignedInfo>") - buf_str(&text));
	for (size_t i = 0; i < close; i++) {
		static const unsigned char by[] = { 0x01, 0x02, 0x20 };

		for (size_t k = 0; k < COUNT(by); k++) {
			struct report r;

			text.ptr[i] ^= by[k];
			judge(&r, buf_span(&text), &plain);
			if (r.verdict == VERDICT_PASSED)
				print_error("octet %zu by %02x: %.40s\n", i, by[k], buf_str(&text) + (i < 20 ? 0 : i - 20));
			assert_true(r.verdict != VERDICT_PASSED);
			report_drop(&r);
			text.ptr[i] ^= by[k];
		}
	}
	for (size_t i = 0; i < text.len; i += 7) {
		struct report r;

		judge(&r, span_of(text.ptr, i), &plain);
		assert_true(r.verdict != VERDICT_PASSED);
		report_drop(&r);
	}
}

static void
what_is_said_of_it(void **state)
{
	own_struct(buf) text = buf_new(TEXT_MAX), part = buf_new(TEXT_MAX), bare = buf_new(TEXT_MAX);
	own(json_t) *j = NULL;
	struct report r;

	dsig_make(&text, &(struct dsig_recipe){ .document = DOC, .by = &signer, .ref = { REF_ALL } });
	judge(&r, buf_span(&text), &plain);
	j = report_json(&r, policy, "file", PKI_NOW);
	assert_string_equal(r.format, "XAdES");
	assert_true(r.nsignatures == 1 && !r.partial);
	assert_string_equal(r.signature[0].signer, "Người ký (thử nghiệm)");
	assert_true(r.signature[0].claimed != INT64_MIN);
	assert_string_equal(json_string_value(json_object_get(j, "scope")), "full");
	assert_true(json_is_null(json_object_get(j, "answer")) && json_is_null(json_object_get(j, "permit")));
	report_drop(&r);

	dsig_make(&part, &(struct dsig_recipe){ .document = "<wrap xmlns=\"urn:x\"><doc Id=\"doc\"><pay>100</pay></doc>@SIG@</wrap>", .by = &signer, .ref = { { .uri = "#doc", .transforms = DSIG_EXC, .form = EXC } } });
	judge(&r, buf_span(&part), &plain);
	assert_true(r.verdict == VERDICT_PASSED && r.partial && r.remarks.n >= 2);
	assert_string_equal(r.remarks.at[1].en, "signer-1 signed: /wrap/doc");
	report_drop(&r);

	dsig_make(&bare, &(struct dsig_recipe){ .document = DOC, .by = &signer, .plain = true, .ref = { REF_ALL } });
	judge(&r, buf_span(&bare), &plain);
	assert_string_equal(r.format, "XML-DSig");
	assert_non_null(strstr(r.signature[0].reasons.at[0].en, "plain XML-DSig"));
	report_drop(&r);
}

static void
who_may_not_and_what_is_not_known(void **state)
{
	own_struct(buf) text = buf_new(TEXT_MAX), server = buf_new(TEXT_MAX), late = buf_new(TEXT_MAX);

	dsig_make(&text, &(struct dsig_recipe){ .document = DOC, .by = &signer, .ref = { REF_ALL } });
	expect("revoked", buf_span(&text), &(struct world){ .revoked = signer.cert }, VERDICT_FAILED, SUB_REVOKED);
	expect("no CRL", buf_span(&text), &(struct world){ .no_crl = true }, VERDICT_INDETERMINATE, SUB_TRY_LATER);
	dsig_edit(&text, "<xades:SigningTime>", "<xades:SigningTime>2026-11-22T06:30:01Z</xades:SigningTime><xades:SigningTime>");
	expect("two times", buf_span(&text), &plain, VERDICT_FAILED, SUB_FORMAT_FAILURE);
	dsig_make(&server, &(struct dsig_recipe){ .document = DOC, .by = &no_signer, .ref = { REF_ALL } });
	expect("not for signatures", buf_span(&server), &plain, VERDICT_INDETERMINATE, SUB_CHAIN_CONSTRAINTS_FAILURE);
	dsig_make(&late, &(struct dsig_recipe){ .document = DOC, .by = &ended, .ref = { REF_ALL } });
	expect("expired", buf_span(&late), &plain, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE);
}

#define ALL_OTHERS "<ds:Transform Algorithm=\"http://www.w3.org/2002/06/xmldsig-filter2\"><f:XPath xmlns:f=\"http://www.w3.org/2002/06/xmldsig-filter2\" Filter=\"subtract\">/descendant::ds:Signature</f:XPath></ds:Transform>"

static void
several_sign(void **state)
{
	static const struct dsig_ref all = { .uri = "", .transforms = ALL_OTHERS DSIG_EXC, .form = EXC, .all_left_out = true }, one = { .uri = "#a", .transforms = DSIG_EXC, .form = EXC };
	own_struct(buf) first = buf_new(TEXT_MAX), both = buf_new(TEXT_MAX), part = buf_new(TEXT_MAX);
	struct report r;

	dsig_make(&first, &(struct dsig_recipe){ .document = "<doc xmlns=\"urn:x\"><pay Id=\"a\">100</pay>@SIG@<next/></doc>", .by = &signer, .ref = { all } });
	expect("<next/> is signed", buf_span(&first), &plain, VERDICT_PASSED, SUB_NONE);
	dsig_edit(&first, "<next/>", "<next/>@SIG@");
	dsig_make(&both, &(struct dsig_recipe){ .document = buf_str(&first), .id = "t", .by = &rsa, .method = MORE "rsa-sha256", .ref = { all } });
	judge(&r, buf_span(&both), &plain);
	assert_true(r.verdict == VERDICT_PASSED && r.nsignatures == 2 && !r.partial);
	report_drop(&r);
	dsig_make(&part, &(struct dsig_recipe){ .document = buf_str(&first), .id = "t", .by = &rsa, .method = MORE "rsa-sha256", .ref = { one } });
	judge(&r, buf_span(&part), &plain);
	assert_true(r.verdict == VERDICT_PASSED && r.nsignatures == 2 && r.partial);
	report_drop(&r);
	dsig_edit(&both, "Id=\"t\"><ds:SignedInfo>", "Id=\"t\"><ds:SignedInfo a=\"1\">");
	expect("the worst decides", buf_span(&both), &plain, VERDICT_FAILED, SUB_SIG_CRYPTO_FAILURE);
}

static void
contents_are_counted(void **state)
{
	static const struct dsig_ref a = { .uri = "a%20b.txt", .octets = "A" }, b = { .uri = "c/d.txt", .octets = "B" };
	const struct document_content contents[] = { { "a b.txt", { (const unsigned char *)"A", 1 } }, { "c/d.txt", { (const unsigned char *)"B", 1 } }, { "more", { (const unsigned char *)"C", 1 } } };
	own_struct(buf) text = buf_new(TEXT_MAX), asic = buf_new(TEXT_MAX);
	size_t covered[3] = { 9, 9, 9 };
	struct report r;

	dsig_make(&text, &(struct dsig_recipe){ .document = "@SIG@", .by = &signer, .ref = { a, b } });
	expect("both", buf_span(&text), &(struct world){ .contents = contents, .n = 2 }, VERDICT_PASSED, SUB_NONE);
	expect("one more", buf_span(&text), &(struct world){ .contents = contents, .n = 3 }, VERDICT_INDETERMINATE, SUB_SIGNED_DATA_NOT_FOUND);
	expect("one is missing", buf_span(&text), &(struct world){ .contents = contents, .n = 1 }, VERDICT_INDETERMINATE, SUB_SIGNED_DATA_NOT_FOUND);
	expect("one more, counted", buf_span(&text), &(struct world){ .contents = contents, .n = 3, .covered = covered }, VERDICT_PASSED, SUB_NONE);
	assert_true(covered[0] == 1 && covered[1] == 1 && covered[2] == 0);

	dsig_make(&asic, &(struct dsig_recipe){ .document = "<asic:XAdESSignatures xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\">@SIG@</asic:XAdESSignatures>", .by = &signer, .ref = { a } });
	judge(&r, buf_span(&asic), &(struct world){ .contents = contents, .n = 1 });
	assert_true(r.verdict == VERDICT_PASSED && !r.partial);
	report_drop(&r);
}

#define WRAP(more) "<wrap xmlns=\"urn:x\"" more "><doc Id=\"doc\"><pay>100</pay></doc>@SIG@</wrap>"
#define OBJECT(more) "<ds:Object Id=\"obj\"" more ">SGVsbG8=</ds:Object>"

/* Nobody signs what stands on a frame, nor on an Object whose octets alone are signed. */
static void
unsigned_attributes(void **state)
{
	static const struct { const char *document, *objects; enum verdict verdict; enum sub_indication sub; } rows[] = {
		{ WRAP(" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"urn:x x.xsd\" xml:space=\"preserve\""), NULL, VERDICT_PASSED, SUB_NONE },
		{ WRAP(" xml:base=\"http://elsewhere.example/\""), NULL, VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE },
		{ WRAP(" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:nil=\"true\""), NULL, VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE },
		{ WRAP(" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"draft\""), NULL, VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE },
		{ "@SIG@", OBJECT(" MimeType=\"text/plain\" Encoding=\"http://www.w3.org/2000/09/xmldsig#base64\""), VERDICT_PASSED, SUB_NONE },
		{ "@SIG@", OBJECT(" note=\"void\""), VERDICT_FAILED, SUB_FORMAT_FAILURE },
		{ "@SIG@", OBJECT(" xmlns:a=\"urn:a\" a:MimeType=\"text/plain\""), VERDICT_FAILED, SUB_FORMAT_FAILURE },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) text = buf_new(TEXT_MAX);
		const struct dsig_ref doc = { .uri = "#doc", .transforms = DSIG_EXC, .form = EXC }, obj = { .uri = "#obj", .transforms = FORM("http://www.w3.org/2000/09/xmldsig#base64"), .base64 = true };

		dsig_make(&text, &(struct dsig_recipe){ .document = rows[i].document, .by = &signer, .objects = rows[i].objects, .ref = { rows[i].objects == NULL ? doc : obj } });
		expect(rows[i].objects != NULL ? rows[i].objects : rows[i].document, buf_span(&text), &plain, rows[i].verdict, rows[i].sub);
	}
}

#define LETTERS "ộộộộộộộộộộộộộộộộộộộộ"

/* A name that is cut within a letter takes no sentence out of the answer, and one that is no text is refused. */
static void
names_are_text(void **state)
{
	static const char *const names[] = { "a%ff.txt", "a%e2%80%aetxt.exe", "a%c2%85b", "a%1bb" };
	own_struct(buf) text = buf_new(TEXT_MAX);
	own(json_t) *j = NULL;
	struct report r;

	for (int before = 0; before < 3; before++) {
		own_struct(buf) part = buf_new(TEXT_MAX);
		own_str char *document = xprintf("<%.*s" LETTERS LETTERS " xmlns=\"urn:x\"><" LETTERS LETTERS "><doc Id=\"doc\">1</doc></" LETTERS LETTERS ">@SIG@</%.*s" LETTERS LETTERS ">", before, "aa", before, "aa");
		own(json_t) *told = NULL;

		dsig_make(&part, &(struct dsig_recipe){ .document = document, .by = &signer, .ref = { { .uri = "#doc", .transforms = DSIG_EXC, .form = EXC } } });
		judge(&r, buf_span(&part), &plain);
		assert_true(r.verdict == VERDICT_PASSED && r.partial);
		told = report_json(&r, policy, "file", PKI_NOW);
		assert_int_equal(json_array_size(json_object_get(told, "remarks")), r.remarks.n);
		report_drop(&r);
	}
	for (size_t i = 0; i < COUNT(names); i++) {
		own_struct(buf) odd = buf_new(TEXT_MAX);

		dsig_make(&odd, &(struct dsig_recipe){ .document = "@SIG@", .by = &signer, .ref = { { .uri = names[i], .octets = "A" } } });
		expect(names[i], buf_span(&odd), &plain, VERDICT_FAILED, SUB_FORMAT_FAILURE);
	}
	dsig_make(&text, &(struct dsig_recipe){ .document = "@SIG@", .by = &signer, .ref = { { .uri = "%e1%bb%99" LETTERS LETTERS LETTERS ".txt", .octets = "A" } } });
	judge(&r, buf_span(&text), &plain);
	assert_true(r.sub == SUB_SIGNED_DATA_NOT_FOUND);
	j = report_json(&r, policy, "file", PKI_NOW);
	assert_int_equal(json_array_size(json_object_get(j, "reasons")), r.reasons.n);
	report_drop(&r);
}

/* A name in anybody's certificate writes no lines of the report. */
static void
names_of_signers_are_one_line(void **state)
{
	struct pki_party liar = pki_party(&(struct pki_wish){ .name = "Ng\nTOTAL-PASSED \033[2K\u202e" }, &root);
	own_struct(buf) text = buf_new(TEXT_MAX);
	struct report r;

	dsig_make(&text, &(struct dsig_recipe){ .document = DOC, .by = &liar, .ref = { REF_ALL } });
	judge(&r, buf_span(&text), &plain);
	assert_string_equal(r.signature[0].signer, "Ng?TOTAL-PASSED ?[2K?");
	report_drop(&r);
	pki_drop(&liar);
}

/* B-LT: certificates and the CRL come along. */
static void
it_brings_its_evidence(void **state)
{
	own_struct(buf) text = buf_new(TEXT_MAX), der = buf_new(1 << 20);
	own(X509_CRL) *crl = pki_crl(&root, &(struct pki_crl){ 0 });
	own_struct(buf) base64 = buf_new(1 << 20);
	own_str char *unsigned_ = NULL, *stamp = NULL;

	crl_to_der(&der, crl);
	base64_put(&base64, buf_span(&der));
	unsigned_ = xprintf("<xades:RevocationValues><xades:CRLValues><xades:EncapsulatedCRLValue>%s</xades:EncapsulatedCRLValue></xades:CRLValues></xades:RevocationValues>", buf_str(&base64));
	dsig_make(&text, &(struct dsig_recipe){ .document = DOC, .by = &ended, .ref = { REF_ALL }, .unsigned_ = "<xades:Place/>" });
	stamp = dsig_stamp(buf_span(&text), "s-value", &tsa, PKI_NOW - 2 * HOUR);
	expect("an unknown property", buf_span(&text), &plain, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE);
	dsig_edit(&text, "<xades:Place/>", unsigned_);
	dsig_edit(&text, "<xades:RevocationValues>", stamp);
	assert_non_null(strstr(buf_str(&text), "EncapsulatedTimeStamp"));
	dsig_edit(&text, "</xades:SignatureTimeStamp>", "</xades:SignatureTimeStamp><xades:RevocationValues>");
	expect("by its own evidence", buf_span(&text), &(struct world){ .no_crl = true }, VERDICT_PASSED, SUB_NONE);
	dsig_edit(&text, "<xades:EncapsulatedCRLValue>", "<xades:EncapsulatedCRLValue>AAAA");
	expect("a CRL that is none", buf_span(&text), &plain, VERDICT_FAILED, SUB_FORMAT_FAILURE);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_passes),
		cmocka_unit_test(pss_passes),
		cmocka_unit_test(no_altered_content_passes),
		cmocka_unit_test(what_is_said_of_it),
		cmocka_unit_test(who_may_not_and_what_is_not_known),
		cmocka_unit_test(several_sign),
		cmocka_unit_test(contents_are_counted),
		cmocka_unit_test(unsigned_attributes),
		cmocka_unit_test(names_are_text),
		cmocka_unit_test(names_of_signers_are_one_line),
		cmocka_unit_test(it_brings_its_evidence),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
