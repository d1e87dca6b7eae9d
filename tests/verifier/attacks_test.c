/*
 * What is known to have broken judges of signed XML, by the numbers of a survey of them
 * (the containers' 13 to 15 aside): of each number fixtures made here, foreign
 * documents and permits, with the answer that they must have, fixed before; and a
 * benign twin of the same making that passes.  Every judgement is made by a process of
 * its own that must stay under 64 MB.
 */
#include "tests/base/test.h"
#include "tests/verifier/dsig_maker.h"
#include "tests/verifier/permit_maker.h"

#include "verifier/canon.h"

#include <libxml/c14n.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEMORY_KB 65536
#define TEXT_MAX (12u << 20)

static policy_t *policy;
static struct maker *m;
static struct evidence *permits_evidence;
static struct pki_party root, middle, fake, signer, twin, other, under, faked, by_leaf, ended, tsa, weak, p384, rsa;
static struct buf permit;

static int
begin(void **state)
{
	struct err e;

	if (!policy_load(&policy, SOURCE_DIR "/policy", &e))
		return 1;
	root = pki_ca("Gốc (thử nghiệm)", NULL);
	middle = pki_ca("Nơi cấp (thử nghiệm)", &root);
	fake = pki_ca("Gốc giả (thử nghiệm)", NULL);
	signer = pki_party(&(struct pki_wish){ .name = "Người ký (thử nghiệm)" }, &root);
	assert_int_equal(EVP_PKEY_up_ref(signer.key), 1);
	twin = pki_party(&(struct pki_wish){ .name = "Người ký (thử nghiệm)", .key = signer.key }, &root);
	other = pki_party(&(struct pki_wish){ .name = "Người khác (thử nghiệm)" }, &root);
	under = pki_party(&(struct pki_wish){ .name = "Người ký (thử nghiệm)" }, &middle);
	faked = pki_party(&(struct pki_wish){ .name = "Người ký (thử nghiệm)" }, &fake);
	by_leaf = pki_party(&(struct pki_wish){ .name = "Người ký (thử nghiệm)" }, &other);
	ended = pki_party(&(struct pki_wish){ .name = "Hết hạn (thử nghiệm)", .to = PKI_NOW - 3600 }, &root);
	tsa = pki_party(&(struct pki_wish){ .name = "TSA (thử nghiệm)", .eku = "critical,timeStamping" }, &root);
	weak = pki_party(&(struct pki_wish){ .name = "RSA 1024", .key = EVP_RSA_gen(1024) }, &root);
	rsa = pki_party(&(struct pki_wish){ .name = "RSA 2048", .key = EVP_RSA_gen(2048) }, &root);
	p384 = pki_party(&(struct pki_wish){ .name = "P-384", .key = EVP_EC_gen("P-384") }, &root);
	m = maker_new();
	permits_evidence = maker_evidence(m, NULL);
	permit = buf_new(XML_SIZE_MAX);
	maker_permit(m, &(struct maker_recipe){ 0 }, &permit);
	return 0;
}

static int
end(void **state)
{
	struct pki_party *all[] = { &root, &middle, &fake, &signer, &twin, &other, &under, &faked, &by_leaf, &ended, &tsa, &weak, &p384, &rsa };

	for (size_t i = 0; i < COUNT(all); i++)
		pki_drop(all[i]);
	buf_drop(&permit);
	evidence_free(permits_evidence);
	maker_free(m);
	policy_free(policy);
	return 0;
}

/*
 * Judging, in a child: verdict, sub-indication, and how much memory it took.
 */

struct answer_of { enum verdict verdict; enum sub_indication sub; bool no_signature; long kilobytes; char why[512]; };

static struct evidence *
evidence_of(void)
{
	struct evidence *v = evidence_new();
	own(X509_CRL) *crl = pki_crl(&root, &(struct pki_crl){ 0 });
	own(X509_CRL) *below = pki_crl(&middle, &(struct pki_crl){ 0 });

	assert_true(X509_up_ref(root.cert) == 1 && sk_X509_push(v->anchors, root.cert) > 0);
	evidence_add_crl(v, crl);
	evidence_add_crl(v, below);
	evidence_settle(v);
	return v;
}

/* The most that it ever had, of what it has for itself: `before` is the parent's. */
static long
most_kilobytes(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[200];
	long kb = -1;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "VmHWM: %ld", &kb) == 1)
			break;
	if (f != NULL)
		fclose(f);
	return kb;
}

static void
judge_here(struct answer_of *out, struct span document, const char *content, bool ours)
{
	own(evidence_t) *v = ours ? NULL : evidence_of();
	const struct judge_question q = { .document = document, .at = ours ? maker_now : PKI_NOW, .policy = ours ? m->policy : policy, .grammars = m->grammars,
		.evidence = ours ? permits_evidence : v };
	const struct document_content given = { "tep 1.txt", span_str(content) };
	struct report r;

	document_judge(&r, &q, content != NULL ? &given : NULL);
	*out = (struct answer_of){ .verdict = r.verdict, .sub = r.sub, .no_signature = r.no_signature, .kilobytes = most_kilobytes() };
	snprintf(out->why, sizeof(out->why), "%s", r.reasons.n > 0 ? r.reasons.at[0].en : "");
	report_drop(&r);
}

static void
judge(struct answer_of *out, struct span document, const char *content, bool ours)
{
	int ends[2], status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		judge_here(out, document, content, ours);
		_exit(write(ends[1], out, sizeof(*out)) == sizeof(*out) ? 0 : 1);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], out, sizeof(*out)), sizeof(*out));
	close(ends[0]);
	assert_true(waitpid(child, &status, 0) == child && status == 0);
}

/*
 * The table.
 */

struct edit { const char *from, *to; };
struct row {
	int number;
	const char *name;
	const struct dsig_recipe recipe;	/* document NULL: a permit */
	struct edit edit[3];
	enum verdict verdict;
	enum sub_indication sub;
	const char *content;
	bool unsigned_;
};

#define XPATH(expression) "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>" expression "</ds:XPath></ds:Transform>"
#define XPATH2(expression) "<ds:Transform Algorithm=\"http://www.w3.org/2002/06/xmldsig-filter2\"><f:XPath xmlns:f=\"http://www.w3.org/2002/06/xmldsig-filter2\" Filter=\"subtract\">" expression "</f:XPath></ds:Transform>"
#define XSLT "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"><xsl:stylesheet xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" version=\"1.0\"><xsl:template match=\"/\">x</xsl:template></xsl:stylesheet></ds:Transform>"
#define DOC "<doc xmlns=\"urn:x\" Id=\"doc\"><pay>100</pay>@SIG@</doc>"
#define WRAP "<wrap xmlns=\"urn:x\"><doc Id=\"doc\"><pay>100</pay></doc>@SIG@</wrap>"
#define OBJECT "<ds:Object Id=\"obj\"><pay xmlns=\"urn:x\">100</pay></ds:Object>"
#define REF_ALL { .uri = "", .transforms = DSIG_ALL_BUT DSIG_EXC, .form = XML_C14N_EXCLUSIVE_1_0 }
#define REF_ID(id) { .uri = "#" id, .transforms = DSIG_EXC, .form = XML_C14N_EXCLUSIVE_1_0 }
#define REF_ROOT { .uri = "#doc", .transforms = DSIG_ALL_BUT DSIG_EXC, .form = XML_C14N_EXCLUSIVE_1_0 }
#define REF_FILE(name) { .uri = name, .octets = "Content" }
#define REF_WITH(t) { .uri = "", .transforms = t, .form = XML_C14N_EXCLUSIVE_1_0, .all_left_out = true }
#define ENVELOPED .recipe = { .document = DOC, .by = &signer, .ref = { REF_ALL } }
#define BY_ROOT_ID .recipe = { .document = DOC, .by = &signer, .ref = { REF_ROOT } }
#define BESIDE .recipe = { .document = WRAP, .by = &signer, .ref = { REF_ID("doc") } }
#define ENVELOPING .recipe = { .document = "@SIG@", .by = &signer, .objects = OBJECT, .ref = { REF_ID("obj") } }
#define DETACHED(uri) .recipe = { .document = "@SIG@", .by = &signer, .ref = { REF_FILE(uri) } }
#define DOCUMENT(d) .recipe = { .document = d, .by = &signer, .ref = { REF_ALL } }
#define PASSES VERDICT_PASSED, SUB_NONE
#define REFUSED VERDICT_FAILED, SUB_FORMAT_FAILURE
#define NOT_ALL_SIGNED VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE
#define EXC "Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\""
#define METHOD "<ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256\">"

static const struct row rows[] = {
	/* 1: what was signed is moved, something else stands in its place */
	{ 1, "twin: an element in a frame", BESIDE, {}, PASSES },
	{ 1, "another before it", BESIDE, { { "<doc Id=\"doc\">", "<doc Id=\"evil\"><pay>999</pay></doc><doc Id=\"doc\">" } }, NOT_ALL_SIGNED },
	{ 1, "another behind it", BESIDE, { { "</wrap>", "<doc><pay>999</pay></doc></wrap>" } }, NOT_ALL_SIGNED },
	{ 1, "moved into an Object", BESIDE, { { "<doc Id=\"doc\"><pay>100</pay></doc>", "<doc Id=\"evil\"><pay>999</pay></doc>" },
	    { "</ds:KeyInfo>", "</ds:KeyInfo><ds:Object><doc xmlns=\"urn:x\" Id=\"doc\"><pay>100</pay></doc></ds:Object>" } }, NOT_ALL_SIGNED },
	{ 1, "around it", BESIDE, { { "<doc Id=\"doc\"><pay>100</pay></doc>", "<doc Id=\"evil\"><pay>999</pay><doc Id=\"doc\"><pay>100</pay></doc></doc>" } }, NOT_ALL_SIGNED },
	{ 1, "in the frame's attributes", BESIDE, { { "<wrap ", "<wrap pay=\"999\" " } }, NOT_ALL_SIGNED },
	{ 1, "in the frame's text", BESIDE, { { "<doc Id", "999<doc Id" } }, NOT_ALL_SIGNED },
	{ 1, "an empty element", BESIDE, { { "<doc Id", "<void/><doc Id" } }, NOT_ALL_SIGNED },
	{ 1, "an instruction how to show it", BESIDE, { { "<wrap ", "<?xml-stylesheet href=\"evil.xsl\"?><wrap " } }, NOT_ALL_SIGNED },
	{ 1, "twin: by the root's Id", BY_ROOT_ID, {}, PASSES },
	{ 1, "the root is moved down", BY_ROOT_ID, { { "<doc ", "<evil xmlns=\"urn:x\"><pay>999</pay><doc " }, { "</doc>", "</doc></evil>" } }, NOT_ALL_SIGNED },
	{ 1, "twin: enveloping", ENVELOPING, {}, PASSES },
	{ 1, "an Object more", ENVELOPING, { { "<ds:Object Id=\"obj\">", "<ds:Object Id=\"evil\"><pay>999</pay></ds:Object><ds:Object Id=\"obj\">" } }, NOT_ALL_SIGNED },
	{ 1, "in KeyInfo", ENVELOPED, { { "</ds:KeyInfo>", "<doc xmlns=\"urn:x\"><pay>999</pay></doc></ds:KeyInfo>" } }, REFUSED },
	{ 1, "as text of the signature", ENVELOPED, { { "<ds:KeyInfo>", "999<ds:KeyInfo>" } }, REFUSED },
	{ 1, "as text beside the properties", ENVELOPED, { { "<xades:SignedProperties", "999<xades:SignedProperties" } }, REFUSED },
	{ 1, "in an Object in KeyInfo", ENVELOPED, { { "</ds:KeyInfo>", "<ds:Object><doc xmlns=\"urn:x\"><pay>999</pay></doc></ds:Object></ds:KeyInfo>" } }, REFUSED },
	{ 1, "in an unsigned property", .recipe = { .document = DOC, .by = &signer, .ref = { REF_ALL }, .unsigned_ = "<xades:Place/>" }, { { "<xades:Place/>", "<xades:Place><pay xmlns=\"urn:x\">999</pay></xades:Place>" } }, REFUSED },
	{ 1, "twin: an unsigned property", .recipe = { .document = DOC, .by = &signer, .ref = { REF_ALL }, .unsigned_ = "<xades:Place/>" }, {}, PASSES },
	{ 1, "the signature within an Object of another", ENVELOPING, { { "<ds:Signature ", "<ds:Signature xmlns:ds=\"" NS_DS "\"><ds:Object><ds:Signature " }, { "</ds:Signature>", "</ds:Signature></ds:Object></ds:Signature>" } }, REFUSED },
	{ 1, "whole document altered", ENVELOPED, { { "100", "999" } }, VERDICT_FAILED, SUB_HASH_FAILURE },
	{ 1, "a permit in another document", {}, { { "<permit ", "<evil><permit " }, { "</permit>", "</permit></evil>" } }, REFUSED },
	{ 1, "a permit's content twice", {}, { { "<content ", "<content xmlns=\"urn:antin:permit:1\"/><content " } }, REFUSED },
	/* 2: one Id, two elements */
	{ 2, "twin: another Id", DOCUMENT("<doc xmlns=\"urn:x\" Id=\"doc\"><pay Id=\"pay\">100</pay>@SIG@</doc>"), {}, PASSES },
	{ 2, "twice", BESIDE, { { "<wrap ", "<wrap Id=\"doc\" " } }, REFUSED },
	{ 2, "once more as xml:id", BESIDE, { { "<wrap ", "<wrap xml:id=\"doc\" " } }, REFUSED },
	{ 2, "the properties' Id", ENVELOPED, { { "<pay>", "<pay Id=\"s-props\">" } }, REFUSED },
	{ 2, "in a permit", {}, { { "id=\"H99.31.07\"", "id=\"content\"" } }, REFUSED },
	/* 3: other SignedProperties */
	{ 3, "twin", ENVELOPED, {}, PASSES },
	{ 3, "forged ones in their place", ENVELOPED, { { "<xades:SignedProperties Id=\"s-props\">", "<xades:SignedProperties Id=\"forged\"><xades:SignedSignatureProperties/></xades:SignedProperties></xades:QualifyingProperties></ds:Object>"
	    "<ds:Object><xades:QualifyingProperties xmlns:xades=\"" NS_XADES "\" Target=\"#s\"><xades:SignedProperties Id=\"s-props\">" } }, REFUSED },
	{ 3, "those elsewhere", ENVELOPED, { { "<pay>", "<xades:SignedProperties xmlns:xades=\"" NS_XADES "\" Id=\"forged\"/><pay>" } }, REFUSED },
	{ 3, "of another signature", ENVELOPED, { { "Target=\"#s\"", "Target=\"#t\"" } }, REFUSED },
	{ 3, "another Id for them", ENVELOPED, { { "<xades:SignedProperties Id=\"s-props\">", "<xades:SignedProperties Id=\"forged\">" } }, REFUSED },
	{ 3, "of a permit", {}, { { "Id=\"seal-props\"", "Id=\"forged\"" } }, REFUSED },
	/* 4: a key that nobody vouches for */
	{ 4, "twin: KeyValue beside the certificate", .recipe = { .document = DOC, .by = &signer, .ref = { REF_ALL }, .key_info = "<ds:KeyValue/><ds:X509Data><ds:X509Certificate>@CERT@</ds:X509Certificate></ds:X509Data>" }, {}, PASSES },
	{ 4, "KeyValue alone", .recipe = { .document = DOC, .by = &faked, .plain = true, .ref = { REF_ALL }, .key_info = "<ds:KeyValue/>" }, {}, VERDICT_INDETERMINATE, SUB_NO_SIGNING_CERTIFICATE_FOUND },
	{ 4, "the victim's certificate, another key", .recipe = { .document = DOC, .by = &faked, .key_of = &signer, .named = &signer, .ref = { REF_ALL } }, {}, VERDICT_FAILED, SUB_SIG_CRYPTO_FAILURE },
	{ 4, "two certificates, nothing says whose", .recipe = { .document = DOC, .by = &signer, .plain = true, .key_of = &other, .ref = { REF_ALL }, .key_info = "<ds:X509Data><ds:X509Certificate>@CERT@</ds:X509Certificate><ds:X509Certificate>@MORE@</ds:X509Certificate></ds:X509Data>" },
	    { { "@MORE@", "@SIGNER@" } }, VERDICT_INDETERMINATE, SUB_NO_SIGNING_CERTIFICATE_FOUND },
	{ 4, "KeyValue in a permit", {}, { { "<ds:X509Data>", "<ds:KeyValue/><ds:X509Data>" } }, REFUSED },
	/* 5: another certificate for the same key */
	{ 5, "twin: both come along", .recipe = { .document = DOC, .by = &signer, .key_of = &twin, .ref = { REF_ALL }, .key_info = "<ds:X509Data><ds:X509Certificate>@CERT@</ds:X509Certificate><ds:X509Certificate>@MORE@</ds:X509Certificate></ds:X509Data>" },
	    { { "@MORE@", "@SIGNER@" } }, PASSES },
	{ 5, "the other in KeyInfo", .recipe = { .document = DOC, .by = &signer, .key_of = &twin, .ref = { REF_ALL } }, {}, VERDICT_INDETERMINATE, SUB_NO_SIGNING_CERTIFICATE_FOUND },
	{ 5, "another named", .recipe = { .document = DOC, .by = &signer, .named = &twin, .ref = { REF_ALL } }, {}, VERDICT_INDETERMINATE, SUB_NO_SIGNING_CERTIFICATE_FOUND },
	{ 5, "the elder form's number is another's", .recipe = { .document = DOC, .by = &signer, .elder = true, .ref = { REF_ALL } }, { { "X509SerialNumber>", "X509SerialNumber>1" } }, VERDICT_INDETERMINATE, SUB_NO_SIGNING_CERTIFICATE_FOUND },
	/* 6: an authority of the document's own */
	{ 6, "twin: an authority under ours", .recipe = { .document = DOC, .by = &under, .ref = { REF_ALL }, .key_info = "<ds:X509Data><ds:X509Certificate>@CERT@</ds:X509Certificate><ds:X509Certificate>@MORE@</ds:X509Certificate></ds:X509Data>" },
	    { { "@MORE@", "@SUB@" } }, PASSES },
	{ 6, "its own root", .recipe = { .document = DOC, .by = &faked, .ref = { REF_ALL }, .key_info = "<ds:X509Data><ds:X509Certificate>@CERT@</ds:X509Certificate><ds:X509Certificate>@MORE@</ds:X509Certificate></ds:X509Data>" },
	    { { "@MORE@", "@FAKE@" } }, VERDICT_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND },
	{ 6, "issued by who may not", .recipe = { .document = DOC, .by = &by_leaf, .ref = { REF_ALL }, .key_info = "<ds:X509Data><ds:X509Certificate>@CERT@</ds:X509Certificate><ds:X509Certificate>@MORE@</ds:X509Certificate></ds:X509Data>" },
	    { { "@MORE@", "@OTHER@" } }, VERDICT_INDETERMINATE, SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE },
	/* 7, 8: entities, and more than fits */
	{ 7, "twin: the five of XML", DOCUMENT("<doc xmlns=\"urn:x\"><pay>&lt;&amp;&#x31;&quot;</pay>@SIG@</doc>"), {}, PASSES },
	{ 7, "a file as an entity", ENVELOPED, { { "<doc ", "<!DOCTYPE doc [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><doc " }, { "100", "&x;" } }, REFUSED },
	{ 7, "a DTD elsewhere", ENVELOPED, { { "<doc ", "<!DOCTYPE doc SYSTEM \"http://127.0.0.1/x.dtd\"><doc " } }, REFUSED },
	{ 7, "in a permit", {}, { { "<permit ", "<!DOCTYPE permit [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><permit " } }, REFUSED },
	{ 8, "twin: an element with 7 MB", DOCUMENT("<doc xmlns=\"urn:x\"><pay>@LONG@</pay>@SIG@</doc>"), {}, PASSES },
	{ 8, "laughs", ENVELOPED, { { "<doc ", "<!DOCTYPE doc [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]><doc " }, { "100", "&c;" } }, REFUSED },
	{ 8, "too deep", ENVELOPED, { { "<pay>", "@DEEP@<pay>" } }, REFUSED },
	{ 8, "too many elements", ENVELOPED, { { "<pay>", "@MANY@<pay>" } }, REFUSED },
	{ 8, "too many comments", ENVELOPED, { { "<pay>", "@COMMENTS@<pay>" } }, REFUSED },
	{ 8, "too long", ENVELOPED, { { "<pay>", "<pay>@LONG@@LONG@" } }, REFUSED },
	/* 9 to 11: transforms */
	{ 9, "twin: a canonical form", ENVELOPED, {}, PASSES },
	{ 9, "a stylesheet", .recipe = { .document = DOC, .by = &signer, .ref = { REF_WITH(XSLT) } }, {}, REFUSED },
	{ 9, "in a permit", {}, { { "<ds:Transform " EXC ">", "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\">" } }, REFUSED },
	{ 10, "twin: all but signatures", .recipe = { .document = DOC, .by = &signer, .ref = { REF_WITH(XPATH("not(ancestor-or-self::ds:Signature)") DSIG_EXC) } }, {}, PASSES },
	{ 10, "twin: by another prefix", .recipe = { .document = "<doc xmlns=\"urn:x\" xmlns:dsig=\"" NS_DS "\"><pay>100</pay>@SIG@</doc>", .by = &signer, .ref = { REF_WITH(XPATH(" not(ancestor-or-self::dsig:Signature) ") DSIG_EXC) } }, {}, PASSES },
	{ 10, "twin: by the second filter", .recipe = { .document = DOC, .by = &signer, .ref = { REF_WITH(XPATH2("/descendant::ds:Signature") DSIG_EXC) } }, {}, PASSES },
	{ 10, "all but a field", .recipe = { .document = DOC, .by = &signer, .ref = { REF_WITH(XPATH("not(ancestor-or-self::pay)") DSIG_EXC) } }, {}, REFUSED },
	{ 10, "all but signatures and a field", .recipe = { .document = DOC, .by = &signer, .ref = { REF_WITH(XPATH("not(ancestor-or-self::ds:Signature) and not(self::pay)") DSIG_EXC) } }, {}, REFUSED },
	{ 10, "the prefix is bound to something else", .recipe = { .document = DOC, .by = &signer, .ref = { REF_WITH("<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><d:XPath xmlns:d=\"" NS_DS "\" xmlns:ds=\"urn:x\">not(ancestor-or-self::ds:Signature)</d:XPath></ds:Transform>") } }, {}, REFUSED },
	{ 10, "a field by the second filter", .recipe = { .document = DOC, .by = &signer, .ref = { REF_WITH(XPATH2("/descendant::pay") DSIG_EXC) } }, {}, REFUSED },
	{ 10, "the second filter's other way", .recipe = { .document = DOC, .by = &signer, .ref = { REF_WITH(XPATH2("/descendant::ds:Signature") DSIG_EXC) } }, { { "\"subtract\"", "\"intersect\"" } }, REFUSED },
	{ 11, "twin: three transforms", .recipe = { .document = DOC, .by = &signer, .ref = { REF_WITH(DSIG_ALL_BUT XPATH("not(ancestor-or-self::ds:Signature)") DSIG_EXC) } }, {}, PASSES },
	{ 11, "four", .recipe = { .document = DOC, .by = &signer, .ref = { REF_WITH(DSIG_ALL_BUT DSIG_ALL_BUT DSIG_ALL_BUT DSIG_EXC) } }, {}, REFUSED },
	{ 11, "a canonical form before something else", .recipe = { .document = DOC, .by = &signer, .ref = { REF_WITH(DSIG_EXC DSIG_ALL_BUT) } }, {}, REFUSED },
	{ 11, "hundreds of references", ENVELOPED, { { "<ds:Reference URI=\"\">", "@REFERENCES@<ds:Reference URI=\"\">" } }, REFUSED },
	{ 11, "a list of what is signed", .recipe = { .document = "@SIG@", .by = &signer, .objects = "<ds:Object Id=\"obj\"><ds:Manifest/></ds:Object>", .ref = { REF_ID("obj") } }, {}, REFUSED },
	/* 12: elsewhere */
	{ 12, "twin: the file that is given", DETACHED("tep%201.txt"), {}, PASSES, .content = "Content" },
	{ 12, "another content", DETACHED("tep%201.txt"), {}, VERDICT_FAILED, SUB_HASH_FAILURE, .content = "content" },
	{ 12, "not given", DETACHED("tep%201.txt"), {}, VERDICT_INDETERMINATE, SUB_SIGNED_DATA_NOT_FOUND },
	{ 12, "another file given", DETACHED("tep%202.txt"), {}, VERDICT_INDETERMINATE, SUB_SIGNED_DATA_NOT_FOUND, .content = "Content" },
	{ 12, "a file that nothing signs", ENVELOPED, {}, VERDICT_INDETERMINATE, SUB_SIGNED_DATA_NOT_FOUND, .content = "Content" },
	{ 12, "a file of this machine", DETACHED("file:///etc/passwd"), {}, REFUSED, .content = "Content" },
	{ 12, "by its path", DETACHED("/etc/passwd"), {}, REFUSED, .content = "Content" },
	{ 12, "above", DETACHED("../tep%201.txt"), {}, REFUSED, .content = "Content" },
	{ 12, "above, disguised", DETACHED("a/%2e%2e/tep%201.txt"), {}, REFUSED, .content = "Content" },
	{ 12, "another machine's", DETACHED("http://127.0.0.1/"), {}, REFUSED, .content = "Content" },
	{ 12, "a pointer", .recipe = { .document = DOC, .by = &signer, .ref = { { .uri = "#xpointer(/)", .transforms = DSIG_EXC } } }, {}, REFUSED },
	{ 12, "an Id that is not there", .recipe = { .document = DOC, .by = &signer, .ref = { REF_ALL, { .uri = "#none", .transforms = DSIG_EXC } } }, {}, VERDICT_INDETERMINATE, SUB_SIGNED_DATA_NOT_FOUND },
	{ 12, "one file twice", .recipe = { .document = "@SIG@", .by = &signer, .ref = { REF_FILE("tep%201.txt"), REF_FILE("tep%20%31.txt") } }, {}, REFUSED, .content = "Content" },
	{ 12, "from a permit", {}, { { "URI=\"#content\"", "URI=\"file:///etc/hostname\"" } }, REFUSED },
	/* 16 to 18: methods */
	{ 16, "twin", ENVELOPED, {}, PASSES },
	{ 16, "a short HMAC", .recipe = { .document = DOC, .by = &signer, .hmac = true, .method = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", .method_inside = "<ds:HMACOutputLength>0</ds:HMACOutputLength>", .ref = { REF_ALL } }, {}, REFUSED },
	{ 16, "a length for ECDSA", .recipe = { .document = DOC, .by = &signer, .method_inside = "<ds:HMACOutputLength>0</ds:HMACOutputLength>", .ref = { REF_ALL } }, {}, REFUSED },
	{ 16, "in a permit", {}, { { "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", "http://www.w3.org/2000/09/xmldsig#hmac-sha1" } }, REFUSED },
	{ 17, "twin: the private key's", ENVELOPED, {}, PASSES },
	{ 17, "HMAC by the public key", .recipe = { .document = DOC, .by = &signer, .hmac = true, .method = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", .ref = { REF_ALL } }, {}, REFUSED },
	{ 17, "called ECDSA", .recipe = { .document = DOC, .by = &signer, .hmac = true, .ref = { REF_ALL } }, {}, VERDICT_FAILED, SUB_SIG_CRYPTO_FAILURE },
	{ 18, "twin: another method, its own key", .recipe = { .document = DOC, .by = &p384, .md = NULL, .ref = { REF_ALL } }, {}, PASSES },
	{ 18, "one that is unknown", .recipe = { .document = DOC, .by = &signer, .method = "urn:none", .ref = { REF_ALL } }, {}, REFUSED },
	{ 18, "a digest's", .recipe = { .document = DOC, .by = &signer, .method = "http://www.w3.org/2001/04/xmlenc#sha256", .ref = { REF_ALL } }, {}, REFUSED },
	{ 18, "for another kind of key", .recipe = { .document = DOC, .by = &signer, .method = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", .ref = { REF_ALL } }, {}, VERDICT_FAILED, SUB_SIG_CRYPTO_FAILURE },
	{ 18, "PSS said of PKCS #1", .recipe = { .document = DOC, .by = &rsa, .method = "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1", .ref = { REF_ALL } }, {}, VERDICT_FAILED, SUB_SIG_CRYPTO_FAILURE },
	{ 18, "an unknown digest", .recipe = { .document = DOC, .by = &signer, .digest = "urn:none", .ref = { REF_ALL } }, {}, REFUSED },
	{ 18, "in a permit", {}, { { "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256" } }, REFUSED },
	/* 19: comments */
	{ 19, "twin: between elements", ENVELOPED, { { "<pay>", "<!-- x --><pay>" } }, PASSES },
	{ 19, "in a text", ENVELOPED, { { "100", "1<!-- -->00" } }, REFUSED },
	{ 19, "at the end of a text", ENVELOPED, { { "100", "100<!-- -->" } }, REFUSED },
	{ 19, "in a digest", ENVELOPED, { { "<ds:DigestValue>", "<ds:DigestValue><!-- -->" } }, REFUSED },
	{ 19, "in a permit", {}, { { "Nguyễn", "Nguyễn<!-- -->" } }, REFUSED },
	/* 20: SignedInfo */
	{ 20, "twin", ENVELOPED, {}, PASSES },
	{ 20, "two", ENVELOPED, { { "<ds:SignedInfo>", "<ds:SignedInfo/><ds:SignedInfo>" } }, REFUSED },
	{ 20, "wrapped", ENVELOPED, { { "<ds:SignedInfo>", "<ds:Object><ds:SignedInfo>" }, { "</ds:SignedInfo>", "</ds:SignedInfo></ds:Object>" } }, REFUSED },
	{ 20, "one more elsewhere", ENVELOPED, { { "<pay>", "<ds:SignedInfo xmlns:ds=\"" NS_DS "\"/><pay>" } }, REFUSED },
	{ 20, "the value before it", ENVELOPED, { { "<ds:SignedInfo>", "<ds:SignatureValue/><ds:SignedInfo>" } }, REFUSED },
	{ 20, "in a permit", {}, { { "<ds:SignedInfo>", "<ds:SignedInfo></ds:SignedInfo><ds:SignedInfo>" } }, REFUSED },
	/* 21: namespaces */
	{ 21, "twin: one that is not used", BESIDE, { { "<wrap ", "<wrap xmlns:u=\"urn:u\" " } }, PASSES },
	{ 21, "another for a field", ENVELOPED, { { "<pay>", "<pay xmlns=\"urn:evil\">" } }, VERDICT_FAILED, SUB_HASH_FAILURE },
	{ 21, "a relative one", ENVELOPED, { { "<pay>", "<pay xmlns:r=\"relative\" r:a=\"1\">" } }, REFUSED },
	{ 21, "one around an inclusive form", .recipe = { .document = WRAP, .by = &signer, .ref = { { .uri = "#doc", .form = XML_C14N_1_0 } } }, { { "<wrap ", "<wrap xmlns:u=\"urn:u\" " } }, VERDICT_FAILED, SUB_HASH_FAILURE },
	{ 21, "in a permit", {}, { { "<fields>", "<fields xmlns:x=\"relative\">" } }, REFUSED },
	/* 22: canonical forms */
	{ 22, "twin: C14N 1.1", .recipe = { .document = DOC, .by = &signer, .form = "http://www.w3.org/2006/12/xml-c14n11", .ref = { REF_ALL } }, {}, PASSES },
	{ 22, "twin: a few namespaces", DOCUMENT("<doc xmlns=\"urn:x\"><pay>100</pay>@SCOPES:3@@SIG@</doc>"), {}, PASSES },
	{ 22, "one that is none", .recipe = { .document = DOC, .by = &signer, .form = "urn:c14n", .ref = { REF_ALL } }, {}, REFUSED },
	{ 22, "a transform as the form", .recipe = { .document = DOC, .by = &signer, .form = "http://www.w3.org/2000/09/xmldsig#base64", .ref = { REF_ALL } }, {}, REFUSED },
	{ 22, "a long PrefixList", ENVELOPED, { { "<ds:CanonicalizationMethod " EXC "/>", "<ds:CanonicalizationMethod " EXC "><i:InclusiveNamespaces xmlns:i=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"a b c d e f g h i j k l m n o p q\"/></ds:CanonicalizationMethod>" } }, REFUSED },
	{ 22, "hundreds of namespaces in scope", ENVELOPED, { { "<pay>", "@SCOPES:18@<pay>" } }, REFUSED },
	{ 22, "in a permit", {}, { { "<ds:CanonicalizationMethod " EXC, "<ds:CanonicalizationMethod Algorithm=\"urn:none\"" } }, REFUSED },
	/* 23: no signature */
	{ 23, "twin", ENVELOPED, {}, PASSES },
	{ 23, "none", ENVELOPED, { { "@ALL@", "<doc xmlns=\"urn:x\"><pay>100</pay></doc>" } }, VERDICT_INDETERMINATE, SUB_NONE, .unsigned_ = true },
	{ 23, "none, but the namespace", ENVELOPED, { { "@ALL@", "<doc xmlns=\"urn:x\" xmlns:ds=\"" NS_DS "\"><pay>100</pay></doc>" } }, VERDICT_INDETERMINATE, SUB_NONE, .unsigned_ = true },
	{ 23, "another's Signature", ENVELOPED, { { "@ALL@", "<doc xmlns=\"urn:x\" xmlns:ds=\"" NS_DS "\"><Signature/></doc>" } }, VERDICT_INDETERMINATE, SUB_NONE, .unsigned_ = true },
	{ 23, "an empty one", ENVELOPED, { { "@ALL@", "<doc xmlns=\"urn:x\"><Signature xmlns=\"" NS_DS "\"/></doc>" } }, REFUSED },
	{ 23, "an empty value", ENVELOPED, { { "<ds:SignatureValue Id=\"s-value\">", "<ds:SignatureValue Id=\"s-value\"></ds:SignatureValue><ds:SignatureValue>" } }, REFUSED },
	/* 24: references */
	{ 24, "twin: plain XML-DSig", .recipe = { .document = DOC, .by = &signer, .plain = true, .ref = { REF_ALL } }, {}, PASSES },
	{ 24, "the properties are not signed", .recipe = { .document = DOC, .by = &signer, .no_properties_reference = true, .ref = { REF_ALL } }, {}, REFUSED },
	{ 24, "nothing else is", .recipe = { .document = DOC, .by = &signer }, {}, REFUSED },
	{ 24, "one is taken away", ENVELOPED, { { "<ds:Reference URI=\"\"", "<ds:Gone URI=\"\"" }, { "</ds:Reference>", "</ds:Gone>" } }, REFUSED },
	{ 24, "another Type", ENVELOPED, { { "http://uri.etsi.org/01903#SignedProperties", "http://uri.etsi.org/01903#Other" } }, REFUSED },
	{ 24, "in a permit", {}, { { "http://uri.etsi.org/01903#SignedProperties", "http://uri.etsi.org/01903#Other" } }, REFUSED },
	/* 27, 28: weak, and otherwise written */
	{ 27, "twin: RSA 2048", .recipe = { .document = DOC, .by = &rsa, .method = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", .ref = { REF_ALL } }, {}, PASSES },
	{ 27, "RSA 1024", .recipe = { .document = DOC, .by = &weak, .method = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", .ref = { REF_ALL } }, {}, VERDICT_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE_NO_POE },
	{ 27, "MD5", ENVELOPED, { { "http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>", "http://www.w3.org/2001/04/xmldsig-more#md5\"/><ds:DigestValue>AAAAAAAAAAAAAAAAAAAAAA==</ds:DigestValue></ds:Reference><ds:Reference URI=\"#doc\"><ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>" } }, VERDICT_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE },
	{ 27, "MD5 in a permit", {}, { { "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#md5" } }, REFUSED },
	{ 28, "twin: r and s", ENVELOPED, {}, PASSES },
	{ 28, "DER", .recipe = { .document = DOC, .by = &signer, .der = true, .ref = { REF_ALL } }, {}, VERDICT_FAILED, SUB_SIG_CRYPTO_FAILURE },
	/* 29: two readers, one file */
	{ 29, "twin: a declaration and CDATA", DOCUMENT("<?xml version=\"1.0\" encoding=\"UTF-8\"?><doc xmlns=\"urn:x\"><pay><![CDATA[100]]></pay>@SIG@</doc>"), {}, PASSES },
	{ 29, "another encoding", ENVELOPED, { { "<doc ", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><doc " } }, REFUSED },
	{ 29, "UTF-7", ENVELOPED, { { "<doc ", "<?xml version=\"1.0\" encoding=\"UTF-7\"?><doc " } }, REFUSED },
	{ 29, "a second document behind it", ENVELOPED, { { "</doc>", "</doc><doc/>" } }, REFUSED },
	{ 29, "octets that are no UTF-8", ENVELOPED, { { "100", "1\xc0\xb0" "0" } }, REFUSED },
	{ 29, "an attribute twice", ENVELOPED, { { "<pay>", "<pay a=\"1\" a=\"2\">" } }, REFUSED },
	{ 29, "in a permit", {}, { { "<permit ", "<?xml version=\"1.0\" encoding=\"UTF-16\"?><permit " } }, REFUSED },
};

/*
 * What a row's words in @ stand for.
 */

static void
put_times(struct buf *out, size_t n, const char *what)
{
	for (size_t i = 0; i < n; i++)
		buf_put_str(out, what);
}

static void
put_scopes(struct buf *out, size_t depth)
{
	for (size_t i = 0; i < depth; i++) {
		buf_printf(out, "<n%u xmlns=\"urn:x\"", (unsigned)i);
		for (unsigned k = 0; k < 14; k++)
			buf_printf(out, " xmlns:p%u-%u=\"urn:%u\"", (unsigned)i, k, k);
		buf_put_str(out, ">");
	}
	put_times(out, 3000, "<e>1</e>");
	for (size_t i = depth; i > 0; i--)
		buf_printf(out, "</n%u>", (unsigned)i - 1);
}

static void
expand(struct buf *out, const char *text)
{
	static const struct { const char *word, *what; size_t n; } repeated[] = {
		{ "@LONG@", "0123456789abcdef", 7u << 16 }, { "@DEEP@", "<d>", XML_DEPTH_MAX }, { "@MANY@", "<e/>", XML_ELEMENTS_MAX }, { "@COMMENTS@", "<!---->", XML_ELEMENTS_MAX },
		{ "@REFERENCES@", "<ds:Reference URI=\"\"><ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=</ds:DigestValue></ds:Reference>", 400 },
	};
	const struct { const char *word; const struct pki_party *whose; } certs[] = { { "@SIGNER@", &signer }, { "@SUB@", &middle }, { "@FAKE@", &fake }, { "@OTHER@", &other } };
	const char *scopes = strstr(text, "@SCOPES:");

	if (scopes != NULL) {
		buf_put(out, text, (size_t)(scopes - text));
		put_scopes(out, (size_t)atoi(scopes + 8));
		text = strchr(scopes + 1, '@') + 1;
	}
	while (*text != '\0') {
		bool known = false;

		for (size_t i = 0; i < COUNT(repeated) && !known; i++) {
			known = strncmp(text, repeated[i].word, strlen(repeated[i].word)) == 0;
			if (known) {
				put_times(out, repeated[i].n, repeated[i].what);
				text += strlen(repeated[i].word);
			}
		}
		for (size_t i = 0; i < COUNT(certs) && !known; i++) {
			known = strncmp(text, certs[i].word, strlen(certs[i].word)) == 0;
			if (known) {
				own_str char *base64 = dsig_base64(certs[i].whose->cert);

				buf_put_str(out, base64);
				text += strlen(certs[i].word);
			}
		}
		if (!known)
			buf_put_byte(out, (unsigned char)*text++);
	}
	assert_false(out->failed);
}

static void
apply(struct buf *text, const struct row *r)
{
	for (size_t i = 0; i < COUNT(r->edit) && r->edit[i].from != NULL; i++) {
		own_struct(buf) to = buf_new(2 * TEXT_MAX);

		expand(&to, r->edit[i].to);
		if (strcmp(r->edit[i].from, "@ALL@") == 0) {
			buf_reset(text);
			buf_put_span(text, buf_span(&to));
		} else {
			dsig_edit(text, r->edit[i].from, buf_str(&to));
		}
	}
}

static void
make_row(struct buf *out, const struct row *r)
{
	own_struct(buf) document = buf_new(TEXT_MAX);
	struct dsig_recipe recipe = r->recipe;

	if (recipe.document == NULL) {
		buf_put_span(out, buf_span(&permit));
	} else {
		expand(&document, recipe.document);
		recipe.document = buf_str(&document);
		dsig_make(out, &recipe);
	}
	apply(out, r);
}

static void
expect(const char *name, const struct answer_of *got, enum verdict verdict, enum sub_indication sub)
{
	if (got->verdict != verdict || got->sub != sub)
		print_error("%s: %s %s: %s\n", name, verdict_word(got->verdict), sub_word(got->sub), got->why);
	assert_case(name, got->verdict == verdict && got->sub == sub);
#ifndef __SANITIZE_ADDRESS__
	assert_case(name, got->kilobytes > 0 && got->kilobytes < MEMORY_KB);
#endif
}

static void
every_row_is_judged_so(void **state)
{
	for (const struct row *r = rows; r < rows + COUNT(rows); r++) {
		own_struct(buf) text = buf_new(2 * TEXT_MAX);
		own_str char *name = xprintf("%d %s", r->number, r->name);
		struct answer_of got;

		make_row(&text, r);
		judge(&got, buf_span(&text), r->content, r->recipe.document == NULL);
		expect(name, &got, r->verdict, r->sub);
		assert_case(name, got.no_signature == r->unsigned_);
	}
}

/* 25, 26 are made in two steps, below. */
static void
every_number_has_both(void **state)
{
	static const int numbers[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 16, 17, 18, 19, 20, 21, 22, 23, 24, 27, 28, 29 };

	for (size_t i = 0; i < COUNT(numbers); i++) {
		bool passes = false, refused = false;

		for (const struct row *r = rows; r < rows + COUNT(rows); r++)
			if (r->number == numbers[i]) {
				passes |= r->verdict == VERDICT_PASSED;
				refused |= r->verdict != VERDICT_PASSED;
			}
		assert_true(passes && refused);
	}
}

static void
the_permit_passes(void **state)
{
	struct answer_of got;

	judge(&got, buf_span(&permit), NULL, true);
	expect("twin of all permits", &got, PASSES);
}

/* 25: what a counter-signature counter-signs. */
static void
a_counter_signature_is_of_its_parent(void **state)
{
	static const struct { const char *name; struct dsig_ref ref; const char *within; enum verdict verdict; enum sub_indication sub; } cases[] = {
		{ "25 twin", REF_ID("s-value"), "<xades:CounterSignature>@SIG@</xades:CounterSignature>", PASSES },
		{ "25 of something else", REF_ID("doc"), "<xades:CounterSignature>@SIG@</xades:CounterSignature>", REFUSED },
		{ "25 of its own", REF_ID("c-value"), "<xades:CounterSignature>@SIG@</xades:CounterSignature>", REFUSED },
		{ "25 in no property", REF_ID("s-value"), "@SIG@", REFUSED },
		{ "25 in another property", REF_ID("s-value"), "<xades:Other>@SIG@</xades:Other>", REFUSED },
		{ "25 altered", REF_ID("s-value"), "<xades:CounterSignature>@SIG@</xades:CounterSignature>", VERDICT_FAILED, SUB_SIG_CRYPTO_FAILURE },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) inner = buf_new(TEXT_MAX), text = buf_new(TEXT_MAX);
		struct dsig_recipe r = { .document = WRAP, .by = &signer, .ref = { REF_ID("doc") }, .unsigned_ = "<xades:Place/>" };
		struct answer_of got;

		dsig_make(&inner, &r);
		dsig_edit(&inner, "<xades:Place/>", cases[i].within);
		r = (struct dsig_recipe){ .document = buf_str(&inner), .id = "c", .by = &other, .ref = { cases[i].ref } };
		dsig_make(&text, &r);
		if (strstr(cases[i].name, "altered") != NULL)
			dsig_edit(&text, "Id=\"c\"><ds:SignedInfo>", "Id=\"c\"><ds:SignedInfo a=\"1\">");
		judge(&got, buf_span(&text), NULL, false);
		expect(cases[i].name, &got, cases[i].verdict, cases[i].sub);
	}
}

/* 26: the certificate has ended; a time stamp shows that the signature is older. */
static void
a_stamp_is_of_its_signature(void **state)
{
	own_struct(buf) one = buf_new(TEXT_MAX), another = buf_new(TEXT_MAX);
	const struct dsig_recipe r = { .document = DOC, .by = &ended, .ref = { REF_ALL }, .unsigned_ = "<xades:Place/>" };
	own_str char *right = NULL, *copied = NULL, *late = NULL;
	struct answer_of got;

	dsig_make(&one, &r);
	dsig_make(&another, &r);
	right = dsig_stamp(buf_span(&one), "s-value", &tsa, PKI_NOW - 2 * 3600);
	copied = dsig_stamp(buf_span(&another), "s-value", &tsa, PKI_NOW - 2 * 3600);
	late = dsig_stamp(buf_span(&one), "s-value", &tsa, PKI_NOW - 60);
	const struct { const char *name, *stamp; enum verdict verdict; enum sub_indication sub; } cases[] = {
		{ "26 twin", right, PASSES },
		{ "26 copied from another signature", copied, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE },
		{ "26 too late", late, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE },
		{ "26 none", "", VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) text = buf_new(TEXT_MAX);

		buf_put_span(&text, buf_span(&one));
		dsig_edit(&text, "<xades:Place/>", cases[i].stamp);
		judge(&got, buf_span(&text), NULL, false);
		expect(cases[i].name, &got, cases[i].verdict, cases[i].sub);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_judged_so),
		cmocka_unit_test(every_number_has_both),
		cmocka_unit_test(the_permit_passes),
		cmocka_unit_test(a_counter_signature_is_of_its_parent),
		cmocka_unit_test(a_stamp_is_of_its_signature),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
