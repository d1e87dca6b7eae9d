/* The classics against signed XML, and a second opinion on what we write. */
#include "tests/base/test.h"
#include "tests/verifier/permit_maker.h"

#include "base/clock.h"
#include "base/file.h"

#include <unistd.h>
#include <sys/wait.h>

static struct maker *m;
static struct evidence *evidence;
static struct buf original;

static int
set_up(void **state)
{
	m = maker_new();
	evidence = maker_evidence(m, NULL);
	original = buf_new(XML_SIZE_MAX);
	maker_permit(m, &(struct maker_recipe){ 0 }, &original);
	return 0;
}

static int
tear_down(void **state)
{
	buf_drop(&original);
	evidence_free(evidence);
	maker_free(m);
	return 0;
}

/* The first occurrence of `from` behind `after` becomes `to`. */
static void
replaced(struct buf *out, struct span in, const char *after, const char *from, const char *to)
{
	own_str char *s = span_dup_str(in);
	char *at = strstr(s, after);

	assert_non_null(at);
	at = strstr(at, from);
	assert_non_null(at);
	buf_put(out, s, (size_t)(at - s));
	buf_put_str(out, to);
	buf_put_str(out, at + strlen(from));
}

static void
expect(const char *name, struct span text, enum verdict verdict, enum sub_indication sub)
{
	struct report r;

	maker_judge(m, &r, text, evidence);
	if (r.verdict != verdict || r.sub != sub)
		print_error("%s: %s %s: %s\n", name, verdict_word(r.verdict), sub_word(r.sub), r.reasons.n > 0 ? r.reasons.at[0].en : "");
	assert_case(name, r.verdict == verdict && r.sub == sub);
	report_drop(&r);
}

/* The text between two marks, marks included. */
static char *
piece(const char *from, const char *to)
{
	const char *s = buf_str(&original), *a = strstr(s, from), *b;

	assert_non_null(a);
	b = strstr(a, to);
	assert_non_null(b);
	return span_dup_str(span_of(a, (size_t)(b - a) + strlen(to)));
}

#define SEAL "Id=\"seal\""

static void
rewritten_structures_are_refused(void **state)
{
	static const struct { const char *name, *after, *from, *to; enum sub_indication sub; } cases[] = {
		/* 7, 8: entities */
		{ "a DOCTYPE in front", "", "<permit", "<!DOCTYPE permit [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><permit", SUB_FORMAT_FAILURE },
		/* 9..12, 18, 22: transforms, references, algorithms */
		{ "XSLT", SEAL, "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">", "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\">", SUB_FORMAT_FAILURE },
		{ "XPath", SEAL, "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">", "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\">", SUB_FORMAT_FAILURE },
		{ "enveloped signature", "officer-1", "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">", "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\">", SUB_FORMAT_FAILURE },
		{ "a second transform", SEAL, "</ds:Transform>", "</ds:Transform><ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>", SUB_FORMAT_FAILURE },
		{ "inclusive C14N", SEAL, "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">", "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\">", SUB_FORMAT_FAILURE },
		{ "C14N with comments", SEAL, "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">", "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#WithComments\">", SUB_FORMAT_FAILURE },
		{ "PrefixList", SEAL, "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">", "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"><ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"#default\"/>", SUB_FORMAT_FAILURE },
		{ "a file as reference", SEAL, "URI=\"#content\"", "URI=\"file:///etc/hostname\"", SUB_FORMAT_FAILURE },
		{ "an address as reference", SEAL, "URI=\"#content\"", "URI=\"http://127.0.0.1/\"", SUB_FORMAT_FAILURE },
		{ "the whole document as reference", SEAL, "URI=\"#content\"", "URI=\"\"", SUB_FORMAT_FAILURE },
		{ "XPointer", SEAL, "URI=\"#content\"", "URI=\"#xpointer(id('content'))\"", SUB_FORMAT_FAILURE },
		{ "references changed over", SEAL, "URI=\"#content\"", "URI=\"#issuance\"", SUB_FORMAT_FAILURE },
		{ "HMAC", SEAL, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", "http://www.w3.org/2000/09/xmldsig#hmac-sha1", SUB_FORMAT_FAILURE },
		{ "SHA-384 signature, which others make", SEAL, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384", SUB_FORMAT_FAILURE },
		{ "Ed25519 signature", SEAL, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519", SUB_FORMAT_FAILURE },
		{ "no signature algorithm", SEAL, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", "", SUB_FORMAT_FAILURE },
		{ "SHA-1 digest, dated by policy", SEAL, "<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\">", "<ds:DigestMethod Algorithm=\"http://www.w3.org/2000/09/xmldsig#sha1\">", SUB_FORMAT_FAILURE },
		{ "SHA-3 digest", SEAL, "<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\">", "<ds:DigestMethod Algorithm=\"http://www.w3.org/2007/05/xmldsig-more#sha3-256\">", SUB_FORMAT_FAILURE },
		{ "SHA-1 signature", SEAL, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1", SUB_FORMAT_FAILURE },
		{ "RSA for an EC key", SEAL, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", SUB_SIG_CRYPTO_FAILURE },
		{ "a digest as signature algorithm", SEAL, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", "http://www.w3.org/2001/04/xmlenc#sha256", SUB_FORMAT_FAILURE },
		{ "a signature as digest algorithm", SEAL, "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", SUB_FORMAT_FAILURE },
		{ "MD5", SEAL, "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#md5", SUB_FORMAT_FAILURE },
		{ "SHA-512 named, SHA-256 given", SEAL, "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmlenc#sha512", SUB_FORMAT_FAILURE },
		/* 2: Ids */
		{ "an Id twice", "<agency", "id=\"H99.31.07\"", "id=\"content\"", SUB_FORMAT_FAILURE },
		{ "an Id twice, as xml:id", "<number", "<number", "<number xml:id=\"content\"", SUB_FORMAT_FAILURE },
		/* 4: keys beside the certificate */
		{ "KeyValue", SEAL, "<ds:X509Data>", "<ds:KeyValue/><ds:X509Data>", SUB_FORMAT_FAILURE },
		/* 19: comments */
		{ "a comment in a text", "<holders", "Nguyễn", "Nguyễn<!-- -->", SUB_FORMAT_FAILURE },
		{ "a comment in a digest", SEAL, "<ds:DigestValue>", "<ds:DigestValue><!-- -->", SUB_FORMAT_FAILURE },
		/* 21: namespaces */
		{ "a relative namespace", "<fields", "<fields>", "<fields xmlns:x=\"relative\">", SUB_FORMAT_FAILURE },
		{ "another namespace", "<fields", "<fields>", "<fields xmlns=\"urn:evil\">", SUB_FORMAT_FAILURE },
		/* 24: references */
		{ "another type for the properties", SEAL, "http://uri.etsi.org/01903#SignedProperties", "http://uri.etsi.org/01903#Other", SUB_FORMAT_FAILURE },
		{ "other object for the properties", SEAL, "Target=\"#seal\"", "Target=\"#officer-1\"", SUB_FORMAT_FAILURE },
		{ "text between the parts", "</content>", "<ds:Signature", "x<ds:Signature", SUB_FORMAT_FAILURE },
		{ "space between the parts", "</content>", "<ds:Signature", "\n<ds:Signature", SUB_FORMAT_FAILURE },
		{ "an attribute on the root", "", "<permit xmlns=\"urn:antin:permit:1\"", "<permit xmlns=\"urn:antin:permit:1\" note=\"x\"", SUB_FORMAT_FAILURE },
		{ "a kind that is none", "", "kind=\"construction\"", "kind=\"demolition\"", SUB_FORMAT_FAILURE },
		{ "another kind", "", "kind=\"construction\"", "kind=\"land-use\"", SUB_FORMAT_FAILURE },
		{ "another version", "", "version=\"1\"", "version=\"2\"", SUB_FORMAT_FAILURE },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) text = buf_new(XML_SIZE_MAX);

		replaced(&text, buf_span(&original), cases[i].after, cases[i].from, cases[i].to);
		expect(cases[i].name, buf_span(&text), cases[i].sub == SUB_NONE ? VERDICT_PASSED : VERDICT_FAILED, cases[i].sub);
	}
}

/* 1: the signed content is kept somewhere, another is shown in its place. */
static void
wrapping(void **state)
{
	own_str char *content = piece("<content", "</content>"), *officer = piece("<ds:Signature", "</ds:Signature>"),
	    *issuance = piece("<issuance", "</issuance>"), *seal = NULL;
	own_struct(buf) forged = buf_new(XML_SIZE_MAX);
	const char *root = "<permit xmlns=\"urn:antin:permit:1\">", *end = "</permit>";

	seal = span_dup_str(span_str(strstr(strstr(buf_str(&original), "</issuance>"), "<ds:Signature")));
	seal[strlen(seal) - strlen(end)] = '\0';
	replaced(&forged, span_str(content), "<content", "Nguyễn", "Kẻ Gian");
	const char *evil = buf_str(&forged);
	own_str char *no_id = xstrdup(content);
	memcpy(strstr(no_id, "Id=\"content\""), "Ix=\"content\"", 12);
	char *cases[] = {
		xprintf("%s%s%s%s%s%s", root, evil, officer, issuance, seal, end),			/* plainly */
		xprintf("%s%s%s%s%s%s%s", root, evil, content, officer, issuance, seal, end),		/* both, the forged first */
		xprintf("%s%s%s%s%s%s%s", root, content, evil, officer, issuance, seal, end),
		xprintf("%s%s%s%s%s%s%s", root, evil, officer, issuance, seal, content, end),		/* the signed one behind */
		xprintf("%s%s%s%s%s<x>%s</x>%s", root, evil, officer, issuance, seal, content, end),	/* the signed one hidden */
		xprintf("<x>%s%s%s%s%s%s%s</x>", root, content, officer, issuance, seal, end, evil),	/* inside another root */
		xprintf("%s%s%s%s%s%s%s", root, content, officer, officer, issuance, seal, end),		/* an officer twice */
		xprintf("%s%s%s%s%s%s%s", root, content, officer, issuance, issuance, seal, end),
		xprintf("%s%s%s%s%s%s%s", root, content, officer, issuance, seal, seal, end),
		xprintf("%s%s%s%s%s%s", root, content, issuance, officer, seal, end),			/* moved */
		xprintf("%s%s%s%s%s%s", root, content, seal, issuance, officer, end),
		xprintf("%s%s%s%s", root, content, officer, end),					/* the seal taken off */
		xprintf("%s%s%s%s%s", root, content, officer, issuance, end),
		xprintf("%s%s%s%s%s", root, content, issuance, seal, end),				/* the officer taken off */
		xprintf("%s%s%s%s%s", root, content, officer, seal, end),				/* the issuance taken off */
		xprintf("%s%s%s%s%s", root, officer, issuance, seal, end),				/* the content taken off */
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_str char *name = xprintf("wrapping %zu", i + 1);
		struct report r;

		maker_judge(m, &r, span_str(cases[i]), evidence);
		assert_case(name, r.verdict == VERDICT_FAILED && (r.sub == SUB_FORMAT_FAILURE || (i == 0 && r.sub == SUB_HASH_FAILURE)));
		assert_case(name, report_exit(&r, false) == 1);
		report_drop(&r);
	}
	for (size_t i = 0; i < COUNT(cases); i++)
		str_drop(&cases[i]);
}

/* 3, 24: the SignedProperties of another signature in place of one's own. */
static void
properties_of_another(void **state)
{
	own_struct(buf) other = buf_new(XML_SIZE_MAX), text = buf_new(XML_SIZE_MAX);

	maker_permit(m, &(struct maker_recipe){ .officer_time = maker_now - 5000 }, &other);
	own_str char *mine = piece("<xades:SignedProperties", "</xades:SignedProperties>");
	const char *theirs_at = strstr(buf_str(&other), "<xades:SignedProperties"), *theirs_end = strstr(theirs_at, "</xades:SignedProperties>");
	own_str char *theirs = span_dup_str(span_of(theirs_at, (size_t)(theirs_end - theirs_at) + strlen("</xades:SignedProperties>")));

	replaced(&text, buf_span(&original), "", mine, theirs);
	expect("other SignedProperties", buf_span(&text), VERDICT_FAILED, SUB_HASH_FAILURE);
}

/* 4, 5: the bag may hold whatever it likes; it never chooses the signer. */
static void
certificates_beside_the_signer(void **state)
{
	own_struct(buf) der = buf_new(1 << 14), b64 = buf_new(1 << 15), added = buf_new(XML_SIZE_MAX), only = buf_new(XML_SIZE_MAX);
	own_str char *mine = NULL;
	const char *seal = strstr(buf_str(&original), SEAL), *at = strstr(seal, "<ds:X509Certificate>"), *end = strstr(at, "</ds:X509Certificate>");

	mine = span_dup_str(span_of(at, (size_t)(end - at) + strlen("</ds:X509Certificate>")));
	cert_to_der(&der, m->stranger.cert);
	buf_put_str(&b64, "<ds:X509Certificate>");
	base64_put(&b64, buf_span(&der));
	buf_put_str(&b64, "</ds:X509Certificate>");
	own_str char *both = xprintf("%s%s", buf_str(&b64), mine);
	replaced(&added, buf_span(&original), SEAL, mine, both);
	expect("a stranger's certificate first", buf_span(&added), VERDICT_PASSED, SUB_NONE);
	replaced(&only, buf_span(&original), SEAL, mine, buf_str(&b64));
	expect("a stranger's certificate alone", buf_span(&only), VERDICT_INDETERMINATE, SUB_NO_SIGNING_CERTIFICATE_FOUND);
}

/* 28: ECDSA in XML is r||s, DER is not taken for it. */
static void
der_for_ecdsa(void **state)
{
	const char *at = strstr(strstr(buf_str(&original), SEAL), "<ds:SignatureValue>") + strlen("<ds:SignatureValue>");
	own_str char *value = span_dup_str(span_of(at, (size_t)(strstr(at, "</") - at)));
	own_struct(buf) raw = buf_new(64), der = buf_new(100), b64 = buf_new(200), text = buf_new(XML_SIZE_MAX);
	struct err e;

	assert_done(base64_get(&raw, span_str(value), &e), e);
	assert_done(ecdsa_raw_to_der(&der, buf_span(&raw), &e), e);
	base64_put(&b64, buf_span(&der));
	replaced(&text, buf_span(&original), SEAL, value, buf_str(&b64));
	expect("DER", buf_span(&text), VERDICT_FAILED, SUB_SIG_CRYPTO_FAILURE);
}

/* 20: SignedInfo twice. */
static void
two_signed_infos(void **state)
{
	own_str char *info = piece("<ds:SignedInfo", "</ds:SignedInfo>"), *twice = xprintf("%s%s", info, info);
	own_struct(buf) text = buf_new(XML_SIZE_MAX);

	replaced(&text, buf_span(&original), "", info, twice);
	expect("two SignedInfos", buf_span(&text), VERDICT_FAILED, SUB_FORMAT_FAILURE);
}

/* 26: a stamp of another signature proves nothing here. */
static void
a_copied_stamp(void **state)
{
	own_struct(buf) text = buf_new(XML_SIZE_MAX);
	const struct maker_revoked revoked = { m->seal.cert, maker_now - 300, 0, 0 };
	own(X509_CRL) *crl = maker_crl(m, maker_now - 60, maker_now + DAY_SECS, &revoked, 1);
	own(evidence_t) *v = maker_evidence(m, crl);
	const char *s = buf_str(&original), *seal = strstr(s, SEAL), *mine = strstr(seal, "<xades:EncapsulatedTimeStamp>"), *officers = strstr(s, "<xades:EncapsulatedTimeStamp>");
	own_str char *a = span_dup_str(span_of(mine, (size_t)(strstr(mine, "</") - mine))), *b = span_dup_str(span_of(officers, (size_t)(strstr(officers, "</") - officers)));
	struct report r;

	maker_judge(m, &r, buf_span(&original), v);
	assert_int_equal(r.verdict, VERDICT_PASSED);
	report_drop(&r);
	replaced(&text, buf_span(&original), SEAL, a, b);
	maker_judge(m, &r, buf_span(&text), v);
	assert_int_equal(r.verdict, VERDICT_INDETERMINATE);
	assert_int_equal(r.sub, SUB_REVOKED_NO_POE);
	report_drop(&r);
}

/*
 * xmlsec1, one signature at a time (it looks at the first alone otherwise).
 */

static int
run_xmlsec1(const char *folder, const char *id)
{
	own_str char *xpath = xprintf("//*[local-name()='Signature'][@Id='%s']", id), *root = xprintf("%s/root.pem", folder),
	    *issuing = xprintf("%s/issuing.pem", folder), *file = xprintf("%s/permit.xml", folder);
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (freopen("/dev/null", "w", stdout) == NULL || freopen("/dev/null", "w", stderr) == NULL)
			_exit(126);
		execlp("xmlsec1", "xmlsec1", "--verify", "--node-xpath", xpath, "--id-attr:Id", "urn:antin:permit:1:content",
		    "--id-attr:Id", "urn:antin:permit:1:issuance", "--id-attr:Id", "http://www.w3.org/2000/09/xmldsig#:Signature",
		    "--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties", "--trusted-pem", root, "--untrusted-pem", issuing,
		    "--enabled-key-data", "x509", "--verification-time", "2026-11-22 08:42:00", file, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
write_pem(const char *folder, const char *name, X509 *cert)
{
	own_str char *path = xprintf("%s/%s", folder, name);
	own_struct(buf) pem = buf_new(1 << 14);
	struct err e;

	cert_to_pem(&pem, cert);
	assert_done(file_write(path, buf_span(&pem), 0600, &e), e);
}

static void
xmlsec1_verifies_each_signature(void **state)
{
	char folder[] = "/tmp/antin-xades-XXXXXX";
	struct maker_party second = maker_official(m, "Trần Lê", "PHÓ CHỦ TỊCH", "H99.31.07", maker_now - DAY_SECS, maker_now + DAY_SECS);
	own_struct(buf) doc = buf_new(XML_SIZE_MAX), bad = buf_new(XML_SIZE_MAX);
	struct err e;

	if (access("/usr/bin/xmlsec1", X_OK) != 0)
		skip();
	assert_non_null(mkdtemp(folder));
	own_str char *path = xprintf("%s/permit.xml", folder), *clean = xprintf("rm -rf %s", folder);
	write_pem(folder, "root.pem", m->root.cert);
	write_pem(folder, "issuing.pem", m->issuing.cert);
	maker_permit(m, &(struct maker_recipe){ .second = &second }, &doc);
	assert_done(file_write(path, buf_span(&doc), 0600, &e), e);
	assert_int_equal(run_xmlsec1(folder, "officer-1"), 0);
	assert_int_equal(run_xmlsec1(folder, "officer-2"), 0);
	assert_int_equal(run_xmlsec1(folder, "seal"), 0);
	replaced(&bad, buf_span(&doc), "", "245/GPXD", "246/GPXD");
	assert_done(file_write(path, buf_span(&bad), 0600, &e), e);
	assert_int_equal(run_xmlsec1(folder, "officer-1"), 0);
	assert_int_not_equal(run_xmlsec1(folder, "seal"), 0);
	assert_int_equal(system(clean), 0);
	maker_party_drop(&second);
}

/* The writer's octets are the canonical ones. */
static void
what_we_write_is_canonical(void **state)
{
	own_struct(buf) again = buf_new(XML_SIZE_MAX);
	struct xml x;
	struct err e;

	assert_done(xml_parse(&x, buf_span(&original), &e), e);
	assert_done(xml_c14n(&again, x.root, &e), e);
	assert_true(span_eq(buf_span(&again), buf_span(&original)));
	xml_drop(&x);
}

static void
the_writer_refuses(void **state)
{
	struct xades_tbs t;
	struct xades_target target = { .id = "content" };
	struct xades_signer s = { .id = "officer-1", .certificate = span_str("x"), .title = "Đ", .mode = "" };
	struct span split[XADES_OFFICERS_MAX];
	own_struct(buf) out = buf_new(1 << 20);
	struct err e;
	size_t n;

	assert_false(xades_prepare(&t, &s, &target, 0, &e));
	assert_false(xades_prepare(&t, &s, &target, XADES_TARGETS_MAX + 1, &e));
	s.title = "\xc3\x90";	/* U+00D0 */
	assert_false(xades_prepare(&t, &s, &target, 1, &e));
	s.title = "";
	assert_false(xades_prepare(&t, &s, &target, 1, &e));
	s.title = "T";
	s.certificate = SPAN_NONE;
	assert_false(xades_prepare(&t, &s, &target, 1, &e));
	s.certificate = span_str("x");
	assert_done(xades_prepare(&t, &s, &target, 1, &e), e);
	assert_false(xades_element(&out, &s, &t, span_str("too short"), NULL, &e));
	xades_tbs_drop(&t);
	assert_false(xades_split(split, &n, span_str("<ds:Signature"), &e));
	assert_false(xades_split(split, &n, span_str("garbage"), &e));
	assert_false(permit_write(&out, span_str("<content>"), SPAN_NONE, SPAN_NONE, SPAN_NONE, &e));
}

/* What policy dates for old documents, and knows of foreign ones, signs no permit. */
static void
who_may_sign_permits(void **state)
{
	const struct { const char *name; EVP_PKEY *key; bool may; } rows[] = {
		{ "P-256", EVP_EC_gen("P-256"), true }, { "RSA 2048", EVP_RSA_gen(2048), true }, { "RSA 1024", EVP_RSA_gen(1024), false }, { "RSA 1536", EVP_RSA_gen(1536), false },
		{ "P-384", EVP_EC_gen("P-384"), false }, { "P-521", EVP_EC_gen("P-521"), false }, { "Ed25519", EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		enum xades_alg alg;
		struct err e;

		assert_case(rows[i].name, xades_alg_of(&alg, rows[i].key, &e) == rows[i].may);
		EVP_PKEY_free(rows[i].key);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rewritten_structures_are_refused), cmocka_unit_test(who_may_sign_permits),
		cmocka_unit_test(wrapping),
		cmocka_unit_test(properties_of_another),
		cmocka_unit_test(certificates_beside_the_signer),
		cmocka_unit_test(der_for_ecdsa),
		cmocka_unit_test(two_signed_infos),
		cmocka_unit_test(a_copied_stamp),
		cmocka_unit_test(xmlsec1_verifies_each_signature),
		cmocka_unit_test(what_we_write_is_canonical),
		cmocka_unit_test(the_writer_refuses),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
