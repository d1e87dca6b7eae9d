/*
 * Every element, attribute, namespace declaration and text of sealed permits
 * with two officers: changed, removed, doubled, moved, joined by foreign ones
 * (mutate.h).  A table says for each mutation and each part of a permit the one
 * sub-indication that every mutant comes to; where one path differs, a second
 * table says so and why.  What passes then is compared with FORMATS.md 1: what
 * no signature covers, and what of that is really free.  For each family of
 * mutations there is a benign twin, which passes everywhere.
 */
#include "tests/base/test.h"
#include "tests/verifier/mutate.h"
#include "tests/verifier/permit_maker.h"

#include "base/file.h"

#include <fnmatch.h>

#define YEAR (365 * (int64_t)86400)

static struct maker *m;

/*
 * The permits.
 */

static struct sample {
	const char *id, *agency, *title, *mode, *only;	/* only: the paths that are tried */
	struct maker_party officer, second, seal;
	struct evidence *evidence;	/* with the seal's certificate, as a register has it */
	struct buf text;
	xmlDoc *doc;			/* the same, parsed; copied for each mutant */
	json_t *facts;
} samples[] = {
	{ .id = "gpxd-01", .agency = "H99.31.07", .title = "PHÓ CHỦ TỊCH", .mode = "KT. CHỦ TỊCH", .only = "*" },
	{ .id = "vpdd-01", .agency = "H99.05", .title = "PHÓ GIÁM ĐỐC", .mode = "KT. GIÁM ĐỐC", .only = "/permit/content*" },
};

/* All that a permit tells people. */
static json_t *
facts_of(const struct report *r)
{
	json_t *f = json_pack("{s:O, s:s, s:s, s:s, s:s, s:I, s:[]}", "permit", r->permit, "number", r->number, "shortcode", r->shortcode,
	    "voicecode", r->voicecode, "status", r->status_uri, "index", (json_int_t)r->status_index, "signers");

	assert_non_null(f);
	for (size_t i = 0; i < r->nsignatures; i++)
		json_array_append_new(json_object_get(f, "signers"), json_pack("[s, s, s, s, s, I]", r->signature[i].signer, r->signature[i].title,
		    r->signature[i].mode, r->signature[i].person, r->signature[i].serial, (json_int_t)r->signature[i].claimed));
	return f;
}

static void
make_sample(struct sample *s)
{
	struct report r;

	s->officer = maker_official(m, "Một THỬ NGHIỆM", s->title, s->agency, maker_now - YEAR, maker_now + YEAR);
	s->second = maker_official(m, "Hai THỬ NGHIỆM", s->title, s->agency, maker_now - YEAR, maker_now + YEAR);
	s->seal = maker_seal(m, s->agency, maker_now - YEAR, maker_now + YEAR);
	s->evidence = maker_evidence(m, NULL);
	evidence_add_cert(s->evidence, s->seal.cert);
	s->text = buf_new(XML_SIZE_MAX);
	maker_permit(m, &(struct maker_recipe){ .sample = s->id, .officer = &s->officer, .second = &s->second, .seal = &s->seal,
		.title = s->title, .mode = s->mode, .status_index = 7 }, &s->text);
	maker_judge(m, &r, buf_span(&s->text), s->evidence);
	assert_case(s->id, r.verdict == VERDICT_PASSED && r.nsignatures == 3);
	s->facts = facts_of(&r);
	s->doc = mutate_parse(buf_span(&s->text));
	report_drop(&r);
}

static int
set_up(void **state)
{
	m = maker_new();
	maker_two_sign(m);
	for (size_t i = 0; i < COUNT(samples); i++)
		make_sample(&samples[i]);
	return 0;
}

static int
tear_down(void **state)
{
	for (size_t i = 0; i < COUNT(samples); i++) {
		struct sample *s = &samples[i];

		maker_party_drop(&s->officer);
		maker_party_drop(&s->second);
		maker_party_drop(&s->seal);
		evidence_free(s->evidence);
		buf_drop(&s->text);
		json_decref(s->facts);
		xmlFreeDoc(s->doc);
	}
	maker_free(m);
	return 0;
}

/*
 * What a mutant comes to, as one letter.
 */

static const struct { char letter; enum verdict verdict; enum sub_indication sub; bool no_signature; } outcomes[] = {
	{ 'P', VERDICT_PASSED, SUB_NONE, false },
	{ 'F', VERDICT_FAILED, SUB_FORMAT_FAILURE, false },
	{ 'H', VERDICT_FAILED, SUB_HASH_FAILURE, false },
	{ 'C', VERDICT_FAILED, SUB_SIG_CRYPTO_FAILURE, false },
	{ 'S', VERDICT_INDETERMINATE, SUB_NO_SIGNING_CERTIFICATE_FOUND, false },
	{ 'N', VERDICT_INDETERMINATE, SUB_NONE, true },
};

/* A mutant that passes says to people what the permit says, word for word. */
static char
outcome(const struct sample *s, struct span text, struct err *why)
{
	struct report r;
	char letter = '?';

	maker_judge(m, &r, text, s->evidence);
	for (size_t i = 0; i < COUNT(outcomes); i++)
		if (r.verdict == outcomes[i].verdict && r.sub == outcomes[i].sub && r.no_signature == outcomes[i].no_signature)
			letter = outcomes[i].letter;
	snprintf(why->text, sizeof(why->text), "%s %s: %.150s", verdict_word(r.verdict), sub_word(r.sub), r.reasons.n > 0 ? r.reasons.at[0].en : "");
	if (letter == 'P') {
		json_t *facts = facts_of(&r);

		if (!json_equal(facts, s->facts)) {
			letter = '!';
			snprintf(why->text, sizeof(why->text), "it passes and says something else");
		}
		json_decref(facts);
	}
	report_drop(&r);
	return letter;
}

/*
 * The parts of a permit.
 */

enum part { ROOT, CONTENT, ISSUANCE, O_FRAME, O_INFO, O_VALUE, O_KEY, O_SIGNED, O_UNSIGNED, S_FRAME, S_INFO, S_VALUE, S_KEY, S_SIGNED, S_UNSIGNED, PARTS };

static const struct { const char *pattern; enum part part; } parts[] = {
	{ "/permit/content*", CONTENT }, { "/permit/issuance*", ISSUANCE },
	{ "/permit/officer-?/SignedInfo*", O_INFO }, { "/permit/officer-?/SignatureValue*", O_VALUE }, { "/permit/officer-?/KeyInfo*", O_KEY },
	{ "/permit/officer-?/Object/QualifyingProperties/SignedProperties*", O_SIGNED },
	{ "/permit/officer-?/Object/QualifyingProperties/UnsignedProperties*", O_UNSIGNED }, { "/permit/officer-?*", O_FRAME },
	{ "/permit/seal/SignedInfo*", S_INFO }, { "/permit/seal/SignatureValue*", S_VALUE }, { "/permit/seal/KeyInfo*", S_KEY },
	{ "/permit/seal/Object/QualifyingProperties/SignedProperties*", S_SIGNED },
	{ "/permit/seal/Object/QualifyingProperties/UnsignedProperties*", S_UNSIGNED }, { "/permit/seal*", S_FRAME },
	{ "/permit*", ROOT },
};

static enum part
part_of(const char *path)
{
	size_t i = 0;

	while (fnmatch(parts[i].pattern, path, 0) != 0)
		i++;
	return parts[i].part;
}

/*
 * What is expected.  Letters: F format, H hash, C crypto, P passes, N no
 * signature in the file, - no such mutant exists.  Columns: root; content;
 * issuance; of the officers and then of the seal: frame, SignedInfo,
 * SignatureValue, KeyInfo, signed and unsigned properties.
 */

static const struct { const char *mutation; enum site_kind on; const char *letters, *twin; } expected[] = {
	/*						  RCI  FIVKSU FIVKSU */
	{ "removed", SITE_ELEMENT,			"-FF" "FFFFFF" "FFFFFF", "written as a reference" },
	{ "doubled", SITE_ELEMENT,			"-FF" "FFFFFF" "FFFFFF", "declaration repeated" },
	{ "copied to the end", SITE_ELEMENT,		"-FF" "FFFFFF" "FFFFFF", "declaration repeated" },
	{ "swapped with its neighbour", SITE_ELEMENT,	"-FF" "FFFFFF" "FFFFFF", "attributes in another order" },
	{ "moved to the end", SITE_ELEMENT,		"-FF" "FFFFFF" "FFFFFF", "attributes in another order" },
	{ "moved into its neighbour", SITE_ELEMENT,	"-FF" "FFFFFF" "FFFFFF", "attributes in another order" },
	{ "wrapped", SITE_ELEMENT,			"FFF" "FFFFFF" "FFFFFF", "written as CDATA" },
	{ "unwrapped", SITE_ELEMENT,			"-FF" "FFFFFF" "FFFFFF", "written as CDATA" },
	{ "emptied", SITE_ELEMENT,			"NFF" "FFFFFF" "FFFFFF", "written as CDATA" },
	{ "renamed", SITE_ELEMENT,			"FFF" "FFFFFF" "FFFFFF", "another prefix for the root" },
	{ "of another namespace", SITE_ELEMENT,		"FFF" "FFFFFF" "FFFFFF", "another prefix for the seal's frames" },
	{ "foreign element before", SITE_ELEMENT,	"-FF" "FFFFFF" "FFFFFF", "certificate added to the seal" },
	{ "foreign element behind", SITE_ELEMENT,	"-FF" "FFFFFF" "FFFFFF", "certificate added to the seal" },
	{ "foreign element first inside", SITE_ELEMENT,	"FFF" "FFFFFF" "FFFFFF", "certificate added to the seal" },
	{ "foreign element last inside", SITE_ELEMENT,	"FFF" "FFFFFF" "FFFFFF", "certificate added to the seal" },
	{ "element of its namespace inside", SITE_ELEMENT, "FFF" "FFFFFF" "FFFFFF", "CRL added to the seal" },
	{ "text before", SITE_ELEMENT,			"-FF" "FFFFFF" "FFFFFF", "line feed at the end" },
	{ "text inside", SITE_ELEMENT,			"FHF" "FFCFFF" "FFCFFF", "line feed at the end" },
	{ "blank before", SITE_ELEMENT,			"-HH" "FFFFFF" "FFFFFF", "spaces in tags" },
	{ "blank inside", SITE_ELEMENT,			"FHH" "FF-FFF" "FF-FFF", "spaces in end tags" },
	{ "comment before", SITE_ELEMENT,		"FFF" "FFFFFF" "FFFFFF", "XML declaration" },
	{ "comment behind", SITE_ELEMENT,		"FFF" "FFFFFF" "FFFFFF", "line feed at the end" },
	{ "comment inside", SITE_ELEMENT,		"FFF" "FFFFFF" "FFFFFF", "empty elements" },
	{ "instruction before", SITE_ELEMENT,		"FFF" "FFFFFF" "FFFFFF", "XML declaration" },
	{ "instruction behind", SITE_ELEMENT,		"FFF" "FFFFFF" "FFFFFF", "line feed at the end" },
	{ "instruction inside", SITE_ELEMENT,		"FFF" "FFFFFF" "FFFFFF", "empty elements" },
	{ "attribute added", SITE_ELEMENT,		"FFF" "FFFFFF" "FFFFFF", "unused declaration" },
	{ "foreign attribute added", SITE_ELEMENT,	"FFF" "FFFFFF" "FFFFFF", "unused declaration" },
	{ "xml:space added", SITE_ELEMENT,		"FFF" "FFFFFF" "FFFFFF", "unused declaration" },
	{ "xml:id added", SITE_ELEMENT,			"FFF" "FFFFFF" "FFFFFF", "unused declaration" },
	{ "Id of another added", SITE_ELEMENT,		"FFF" "FFFFFF" "FFFFFF", "unused declaration" },

	{ "changed at its head", SITE_ATTRIBUTE,	"-FH" "FF--FF" "FF--FF", "written as a reference" },
	{ "changed at its tail", SITE_ATTRIBUTE,	"-FH" "FF--FF" "FF--FF", "written as a reference" },
	{ "emptied", SITE_ATTRIBUTE,			"-FF" "FF--FF" "FF--FF", "written as a reference" },
	{ "doubled in itself", SITE_ATTRIBUTE,		"-FH" "FF--FF" "FF--FF", "written as a reference" },
	{ "blank behind", SITE_ATTRIBUTE,		"-FF" "FF--FF" "FF--FF", "spaces in tags" },
	{ "removed", SITE_ATTRIBUTE,			"-FF" "FF--FF" "FF--FF", "single quotes" },
	{ "doubled in another namespace", SITE_ATTRIBUTE, "-FF" "FF--FF" "FF--FF", "unused declaration" },
	{ "given a prefix", SITE_ATTRIBUTE,		"-FF" "FF--FF" "FF--FF", "declaration repeated" },
	{ "renamed", SITE_ATTRIBUTE,			"-FF" "FF--FF" "FF--FF", "attributes in another order" },
	{ "moved to a neighbour", SITE_ATTRIBUTE,	"-FF" "-F--FF" "-F--FF", "attributes in another order" },
	{ "moved to the parent", SITE_ATTRIBUTE,	"-FF" "FF--FF" "FF--FF", "attributes in another order" },
	{ "moved to a child", SITE_ATTRIBUTE,		"-FF" "FF--F-" "FF--F-", "attributes in another order" },
	{ "swapped with a neighbour's", SITE_ATTRIBUTE,	"-FH" "FF--F-" "FF--F-", "attributes in another order" },

	{ "changed", SITE_DECLARATION,			"F--" "F-----" "F-----", "declaration repeated" },
	{ "prefix changed", SITE_DECLARATION,		"H--" "C-----" "C-----", "another prefix for the root" },
	{ "hidden by another", SITE_DECLARATION,	"F--" "F-----" "F-----", "unused declaration" },

	{ "changed at its head", SITE_TEXT,		"-HH" "-CCFHF" "-CCFHF", "written as a reference" },
	{ "changed at its tail", SITE_TEXT,		"-HH" "-CCHHH" "-CCPHP", "written as CDATA" },
	{ "emptied", SITE_TEXT,				"-FF" "-FFFFF" "-FFFFF", "written as CDATA" },
	{ "doubled in itself", SITE_TEXT,		"-HF" "----F-" "----F-", "written as CDATA" },
	{ "blank behind", SITE_TEXT,			"-HF" "-CFHHH" "-CFPHP", "written as CDATA" },
	{ "moved to a neighbour", SITE_TEXT,		"-FF" "-FF-FF" "-FF-FF", "written as a reference" },
	{ "element inside", SITE_TEXT,			"-FF" "-FFFFF" "-FFFFF", "written as CDATA" },
	{ "comment inside", SITE_TEXT,			"-FF" "-FFFFF" "-FFFFF", "written as CDATA" },
};

#define PROPS "/permit/@(officer-?|seal)/Object/QualifyingProperties/SignedProperties/SignedSignatureProperties/"
#define O_EVIDENCE "/permit/officer-?/Object/QualifyingProperties/UnsignedProperties"
#define S_EVIDENCE "/permit/seal/Object/QualifyingProperties/UnsignedProperties"
#define STAMP "/UnsignedSignatureProperties/SignatureTimeStamp"
#define CERTS "/UnsignedSignatureProperties/CertificateValues"
#define CRLS "/UnsignedSignatureProperties/RevocationValues"

/* The first that fits is taken; sample NULL: of both. */
static struct exception { const char *mutation; enum site_kind on; const char *sample, *pattern; char letter; const char *why; size_t used; } exceptions[] = {
	/* What a grammar lets go or repeat is missed by the digest. */
	{ "removed", SITE_ELEMENT, NULL, "/permit/content/fields/cong_trinh/@(ten|loai|cap|dia_diem)", 'F', "the kind asks for them" },
	{ "removed", SITE_ELEMENT, NULL, "/permit/content/fields/@(chu_dau_tu?(:2)|quyen_su_dung_dat|ten_nuoc_ngoai)", 'H', "optional, or many" },
	{ "removed", SITE_ELEMENT, NULL, "/permit/content/fields/@(chu_dau_tu?(:2)|cong_trinh)/*", 'H', "optional in the kind" },
	{ "removed", SITE_ELEMENT, NULL, "/permit/content/holders/holder?(:2)/@(id|address)", 'H', "optional" },
	{ "removed", SITE_ELEMENT, "gpxd-01", "/permit/content/holders/holder?(:2)", 'H', "another holder stays" },
	{ "removed", SITE_ELEMENT, NULL, "/permit/content/@(agency/parent|validity)", 'H', "optional" },
	{ "removed", SITE_ELEMENT, NULL, "/permit/issuance/book", 'H', "optional" },
	{ "removed", SITE_ELEMENT, NULL, PROPS "SignerRoleV2", 'H', "a seal has none" },
	{ "removed", SITE_ELEMENT, NULL, PROPS "SignerRoleV2/ClaimedRoles/ClaimedRole?(:2)", 'H', "title and mode look alike" },
	{ "removed", SITE_ATTRIBUTE, NULL, "/permit/content/validity/@*", 'H', "a permit may be open" },
	{ "@(doubled|swapped with its neighbour)", SITE_ELEMENT, "gpxd-01", "/permit/content/holders/holder?(:2)", 'H', "there may be many" },
	{ "doubled", SITE_ELEMENT, NULL, "/permit/content/holders/holder?(:2)", 'H', "there may be many" },
	{ "@(doubled|emptied)", SITE_ELEMENT, NULL, "/permit/content/fields/chu_dau_tu?(:2)", 'H', "there may be many, and all in it is optional" },
	{ "swapped with its neighbour", SITE_ELEMENT, NULL, "/permit/content/fields/chu_dau_tu", 'H', "with the second of them" },
	{ "swapped with its neighbour", SITE_ELEMENT, NULL, PROPS "SignerRoleV2/ClaimedRoles/ClaimedRole?(:2)", 'H', "title and mode look alike" },

	/* Evidence: the officers' is frozen by the seal, the seal's own is free. */
	{ "removed", SITE_ELEMENT, NULL, O_EVIDENCE, 'H', "optional, but frozen" },
	{ "removed", SITE_ELEMENT, NULL, S_EVIDENCE, 'P', "free" },
	{ "removed", SITE_ELEMENT, NULL, O_EVIDENCE "@(" STAMP "|" CERTS "|" CRLS "|" CRLS "/CRLValues/EncapsulatedCRLValue?(:2))", 'H', "optional, but frozen" },
	{ "removed", SITE_ELEMENT, NULL, S_EVIDENCE "@(" STAMP "|" CERTS "|" CRLS "|" CRLS "/CRLValues/EncapsulatedCRLValue?(:2))", 'P', "free" },
	{ "doubled", SITE_ELEMENT, NULL, O_EVIDENCE "@(" STAMP "|" CERTS "/EncapsulatedX509Certificate|" CRLS "/CRLValues/EncapsulatedCRLValue?(:2))", 'H', "there may be many, but frozen" },
	{ "doubled", SITE_ELEMENT, NULL, S_EVIDENCE "@(" STAMP "|" CERTS "/EncapsulatedX509Certificate|" CRLS "/CRLValues/EncapsulatedCRLValue?(:2))", 'P', "free" },
	{ "doubled", SITE_ELEMENT, NULL, "/permit/officer-?/KeyInfo/X509Data/X509Certificate", 'H', "there may be many, but frozen" },
	{ "doubled", SITE_ELEMENT, NULL, "/permit/seal/KeyInfo/X509Data/X509Certificate", 'P', "free" },
	{ "swapped with its neighbour", SITE_ELEMENT, NULL, O_EVIDENCE CRLS "/CRLValues/EncapsulatedCRLValue?(:2)", 'H', "no order is asked for, but frozen" },
	{ "swapped with its neighbour", SITE_ELEMENT, NULL, S_EVIDENCE CRLS "/CRLValues/EncapsulatedCRLValue?(:2)", 'P', "free" },
	{ "@(emptied|text inside)", SITE_ELEMENT, NULL, O_EVIDENCE STAMP "/EncapsulatedTimeStamp", 'H', "frozen" },
	{ "@(emptied|text inside)", SITE_ELEMENT, NULL, S_EVIDENCE STAMP "/EncapsulatedTimeStamp", 'P', "a stamp that does not hold proves nothing and spoils nothing" },
	{ "@(changed at its head|emptied)", SITE_TEXT, NULL, O_EVIDENCE STAMP "/EncapsulatedTimeStamp/text()", 'H', "frozen" },
	{ "@(changed at its head|emptied)", SITE_TEXT, NULL, S_EVIDENCE STAMP "/EncapsulatedTimeStamp/text()", 'P', "a stamp that does not hold proves nothing and spoils nothing" },

	/* Where words may stand, words are signed; where numbers, the grammar is first. */
	{ "text inside", SITE_ELEMENT, NULL, "/permit/content@(|/agency|/fields|/holders|/holders/holder?(:2)|/validity|/fields/chu_dau_tu?(:2)|/fields/cong_trinh|/fields/nguoi_dung_dau|/fields/thuong_nhan)", 'F', "only elements may stand there" },
	{ "text inside", SITE_ELEMENT, NULL, "/permit/content/@(code|fields/cong_trinh/@(*_m|*_m2|*_dat|*_pct|khoi_cong_truoc)|fields/hieu_luc_@(tu|den))", 'F', "hexadecimal digits, a number, a day" },
	{ "text inside", SITE_ELEMENT, NULL, "/permit/issuance/@(book|number|place)", 'H', "any words" },
	{ "text inside", SITE_ELEMENT, NULL, PROPS "SignerRoleV2/ClaimedRoles/ClaimedRole?(:2)", 'H', "any words" },
	{ "blank before", SITE_ELEMENT, NULL, "/permit/@(content|issuance)", 'F', "nothing stands between the parts" },
	{ "blank behind", SITE_TEXT, NULL, "/permit/content/code/text()", 'F', "32 digits" },
	{ "@(blank behind|doubled in itself)", SITE_TEXT, NULL, "/permit/issuance/@(book|number|place)/text()", 'H', "any words" },
	{ "blank behind", SITE_TEXT, NULL, PROPS "SigningTime/text()", 'F', "a time" },
	{ "doubled in itself", SITE_TEXT, NULL, "/permit/content/@(code|fields/cong_trinh/@(*_m|*_m2|*_dat|khoi_cong_truoc)|fields/hieu_luc_@(tu|den))/text()", 'F', "hexadecimal digits, a number, a day" },
	{ "doubled in itself", SITE_TEXT, NULL, PROPS "@(SignerRoleV2/ClaimedRoles/ClaimedRole?(:2)|SignaturePolicyIdentifier/SignaturePolicyId/SigPolicyId/Identifier)/text()", 'H', "any words" },
	{ "changed at its head", SITE_TEXT, NULL, "/permit/issuance/@(date|year)/text()", 'F', "the year is that of the date" },
	{ "changed at its tail", SITE_TEXT, NULL, "/permit/issuance/year/text()", 'F', "the year is that of the date" },
	{ "changed at its @(head|tail)", SITE_TEXT, NULL, "*/SignedDataObjectProperties/DataObjectFormat*/MimeType/text()", 'F', "one value" },
	{ "changed at its head", SITE_TEXT, NULL, PROPS "SignaturePolicyIdentifier/SignaturePolicyId/SigPolicyId/Identifier/text()", 'F', "begins with urn:oid:" },

	/* Attributes that the grammar lets be anything of their kind. */
	{ "@(changed at its head|changed at its tail|doubled in itself|blank behind)", SITE_ATTRIBUTE, NULL, "/permit/content/agency/@id", 'H', "any code" },
	{ "changed at its @(head|tail)", SITE_ATTRIBUTE, NULL, "/permit/content/validity/@*", 'H', "another day" },
	{ "blank behind", SITE_ATTRIBUTE, NULL, "/permit/issuance/@(log/@origin|status/@list)", 'H', "any line" },
	{ "@(changed at its head|changed at its tail|doubled in itself|swapped*)", SITE_ATTRIBUTE, NULL, "/permit/issuance/@Id", 'F', "one value" },

	{ "prefix changed", SITE_DECLARATION, NULL, "/permit/@(officer-?|seal)/Object/QualifyingProperties/@xmlns:xades", 'H', "used in the signed properties, not in SignedInfo" },
};

static const char *
expected_letters(const struct mutation *x)
{
	if (x->benign)
		return "PPPPPPPPPPPPPPP";
	for (size_t i = 0; i < COUNT(expected); i++)
		if (expected[i].on == x->on && strcmp(expected[i].mutation, x->name) == 0)
			return expected[i].letters;
	return "";
}

static char
expected_letter(const struct mutation *x, const struct sample *s, const char *path)
{
	for (size_t i = 0; !x->benign && i < COUNT(exceptions); i++) {
		struct exception *o = &exceptions[i];

		if (o->on == x->on && fnmatch(o->mutation, x->name, FNM_EXTMATCH) == 0 && (o->sample == NULL || strcmp(o->sample, s->id) == 0) &&
		    fnmatch(o->pattern, path, FNM_EXTMATCH) == 0) {
			o->used++;
			return o->letter;
		}
	}
	return expected_letters(x)[part_of(path)];
}

/*
 * All mutants.
 */

#define PATHS_MAX 200

struct paths { size_t n; char at[PATHS_MAX][400]; };

static void
paths_add(struct paths *p, const char *path)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->at[i], path) == 0)
			return;
	assert_true(p->n < PATHS_MAX);
	strcpy(p->at[p->n++], path);
}

static struct paths really_free;
static size_t tried, wrong;
static bool seen[COUNT(expected) * 2][PARTS];

static void
check_mutant(const struct mutation *x, size_t row, const struct sample *s, const char *path, struct span text)
{
	struct err why;
	char want = expected_letter(x, s, path), got = outcome(s, text, &why);

	tried++;
	seen[row][part_of(path)] = true;
	if (got == 'P' && !x->benign)
		paths_add(&really_free, path);
	if (got == want)
		return;
	wrong++;
	print_error("%s, %s, %s: %c, and not %c: %s\n", s->id, path, x->name, got, want, why.text);
}

/* False when there is no n-th site. */
static bool
try_site(const struct mutation *x, size_t row, const struct sample *s, size_t n)
{
	own_struct(buf) text = buf_new(XML_SIZE_MAX * 2);
	struct site site;
	xmlDoc *doc;

	if (!site_find(&site, s->doc, n))
		return false;
	if (site.kind != x->on || fnmatch(s->only, site.path, 0) != 0)
		return true;
	doc = xmlCopyDoc(s->doc, 1);
	assert_true(doc != NULL && site_find(&site, doc, n));
	if (x->apply(&site)) {
		mutate_dump(&text, doc);
		check_mutant(x, row, s, site.path, buf_span(&text));
	}
	xmlFreeDoc(doc);
	return true;
}

static void
every_mutant_is_what_the_table_says(void **state)
{
	size_t n;
	const struct mutation *x = mutations(&n);

	assert_true(n <= COUNT(seen));
	for (size_t i = 0; i < n; i++) {
		assert_case(x[i].name, strlen(expected_letters(&x[i])) == PARTS);
		for (size_t k = 0; k < COUNT(samples); k++)
			for (size_t site = 0; try_site(&x[i], i, &samples[k], site); site++)
				continue;
	}
	print_message("%zu mutants\n", tried);
	assert_int_equal(wrong, 0);
	assert_true(tried > 10000);
}

/* No row, column or exception that nothing comes to. */
static void
the_tables_are_not_idle(void **state)
{
	size_t n;
	const struct mutation *x = mutations(&n);

	for (size_t i = 0; i < n; i++)
		for (int p = 0; p < PARTS; p++)
			if (!x[i].benign && seen[i][p] != (expected_letters(&x[i])[p] != '-')) {
				print_error("%s, column %d: %s\n", x[i].name, p, seen[i][p] ? "a mutant exists" : "no mutant exists");
				wrong++;
			}
	for (size_t i = 0; i < COUNT(expected); i++)
		assert_case(expected[i].mutation, mutation_find(expected[i].mutation, expected[i].on) != NULL);
	for (size_t i = 0; i < COUNT(exceptions); i++)
		if (exceptions[i].used == 0) {
			print_error("exception %s %s: never used\n", exceptions[i].mutation, exceptions[i].pattern);
			wrong++;
		}
	assert_int_equal(wrong, 0);
}

/*
 * What no signature covers, by exclusive C14N alone, whatever the grammar says;
 * and what of it is really free.
 */

#define UNSIGNED S_EVIDENCE "/UnsignedSignatureProperties"

static const struct { const char *path, *formats; bool free; } uncovered[] = {
	{ "/permit", "the name of the root", false },
	{ "/permit/seal", "the name and `Id` of the seal", false },
	{ "/permit/seal/@Id", "the name and `Id` of the seal", false },
	{ "/permit/seal/SignatureValue", "the frames (name and attributes) of its SignatureValue, ds:Object and QualifyingProperties", false },
	{ "/permit/seal/KeyInfo", "its KeyInfo", false },
	{ "/permit/seal/KeyInfo/X509Data", "its KeyInfo", false },
	{ "/permit/seal/KeyInfo/X509Data/X509Certificate", "its KeyInfo", true },
	{ "/permit/seal/KeyInfo/X509Data/X509Certificate/text()", "its KeyInfo", true },
	{ "/permit/seal/Object", "the frames (name and attributes) of its SignatureValue, ds:Object and QualifyingProperties", false },
	{ "/permit/seal/Object/QualifyingProperties", "the frames (name and attributes) of its SignatureValue, ds:Object and QualifyingProperties", false },
	{ "/permit/seal/Object/QualifyingProperties/@Target", "the frames (name and attributes) of its SignatureValue, ds:Object and QualifyingProperties", false },
	{ S_EVIDENCE, "its unsigned properties", true },
	{ UNSIGNED, "its unsigned properties", false },
	{ S_EVIDENCE STAMP, "its unsigned properties", true },
	{ S_EVIDENCE STAMP "/CanonicalizationMethod", "its unsigned properties", false },
	{ S_EVIDENCE STAMP "/CanonicalizationMethod/@Algorithm", "its unsigned properties", false },
	{ S_EVIDENCE STAMP "/EncapsulatedTimeStamp", "its unsigned properties", true },
	{ S_EVIDENCE STAMP "/EncapsulatedTimeStamp/text()", "its unsigned properties", true },
	{ S_EVIDENCE CERTS, "its unsigned properties", true },
	{ S_EVIDENCE CERTS "/EncapsulatedX509Certificate", "its unsigned properties", true },
	{ S_EVIDENCE CERTS "/EncapsulatedX509Certificate/text()", "its unsigned properties", true },
	{ S_EVIDENCE CRLS, "its unsigned properties", true },
	{ S_EVIDENCE CRLS "/CRLValues", "its unsigned properties", false },
	{ S_EVIDENCE CRLS "/CRLValues/EncapsulatedCRLValue", "its unsigned properties", true },
	{ S_EVIDENCE CRLS "/CRLValues/EncapsulatedCRLValue/text()", "its unsigned properties", true },
	{ S_EVIDENCE CRLS "/CRLValues/EncapsulatedCRLValue:2", "its unsigned properties", true },
	{ S_EVIDENCE CRLS "/CRLValues/EncapsulatedCRLValue:2/text()", "its unsigned properties", true },
};

static void
check_paths(const struct paths *got, bool only_free)
{
	size_t found = 0;

	for (size_t i = 0; i < COUNT(uncovered); i++) {
		bool there = false;

		for (size_t k = 0; k < got->n; k++)
			there = there || strcmp(got->at[k], uncovered[i].path) == 0;
		assert_case(uncovered[i].path, there == (!only_free || uncovered[i].free));
		found += there;
	}
	for (size_t k = 0; k < got->n && found != got->n; k++)
		print_error("%s\n", got->at[k]);
	assert_int_equal(found, got->n);
}

static void
what_is_really_free(void **state)
{
	check_paths(&really_free, true);
}

/* The octets that the seal signs for: its references, SignedInfo, and the value. */
static void
signed_octets(struct buf *out, xmlNode *const targets[], size_t n, const xmlNode *value)
{
	own_str char *text = xml_text_dup(value);
	struct err e;

	for (size_t i = 0; i < n; i++)
		assert_done(xml_c14n(out, targets[i], &e), e);
	buf_put_str(out, text);
}

static xmlNode *
below(xmlNode *n, const char *const names[])
{
	for (size_t i = 0; names[i] != NULL; i++) {
		n = xml_child(n);
		while (strcmp((const char *)n->name, names[i]) != 0)
			n = xml_next(n);
	}
	return n;
}

/* True when site n exists and its change is one that the octets do not show. */
static bool
change_shows(struct site *s, xmlDoc *doc, bool *shows)
{
	static const char *const ways[] = { [SITE_ELEMENT] = "renamed", [SITE_ATTRIBUTE] = "changed at its head", [SITE_DECLARATION] = "changed",
		[SITE_TEXT] = "changed at its head" };
	static const char *const properties[] = { "Object", "QualifyingProperties", "SignedProperties", NULL }, *const info[] = { "SignedInfo", NULL },
	    *const value[] = { "SignatureValue", NULL };
	own_struct(buf) before = buf_new(XML_SIZE_MAX), after = buf_new(XML_SIZE_MAX);
	xmlNode *targets[6], *seal = xml_child(xmlDocGetRootElement(doc));
	size_t n = 0;

	for (; xml_next(seal) != NULL; seal = xml_next(seal))
		targets[n++] = seal;
	targets[n++] = below(seal, properties);
	targets[n++] = below(seal, info);
	signed_octets(&before, targets, n, below(seal, value));
	xmlNode *v = below(seal, value);

	if (!mutation_find(ways[s->kind], s->kind)->apply(s))
		return false;
	signed_octets(&after, targets, n, v);
	*shows = !span_eq(buf_span(&before), buf_span(&after));
	return true;
}

static void
what_no_signature_covers(void **state)
{
	static struct paths bare;
	bool more = true;

	for (size_t n = 0; more; n++) {
		xmlDoc *doc = mutate_parse(buf_span(&samples[0].text));
		struct site site;
		bool shows = true;

		more = site_find(&site, doc, n);
		if (more && change_shows(&site, doc, &shows) && !shows)
			paths_add(&bare, site.path);
		xmlFreeDoc(doc);
	}
	check_paths(&bare, false);
}

/* FORMATS.md says the same, in these words. */
static void
the_page_says_so(void **state)
{
	own_struct(buf) page = buf_new(1 << 20);
	const char *sentence, *end;
	struct err e;

	assert_done(file_read(&page, SOURCE_DIR "/policy/FORMATS.md", &e), e);
	sentence = strstr(buf_str(&page), "**What no signature covers** is exactly: ");
	assert_non_null(sentence);
	end = strchr(sentence, '\n');
	for (size_t i = 0; i < COUNT(uncovered); i++) {
		const char *at = strstr(sentence, uncovered[i].formats);

		assert_case(uncovered[i].path, at != NULL && at < end);
	}
}

/*
 * Benign twins that need more than one site; and those of the table.
 */

static void
replaced(struct buf *out, const char *s, const char *from, const char *to, bool everywhere)
{
	const char *at;

	while ((at = strstr(s, from)) != NULL) {
		buf_put(out, s, (size_t)(at - s));
		buf_put_str(out, to);
		s = at + strlen(from);
		if (!everywhere)
			break;
	}
	buf_put_str(out, s);
}

#define DS "http://www.w3.org/2000/09/xmldsig#"

/* In the seal, or in the whole file.  @CERT@ and @LIST@: a stranger's
 * certificate and an older CRL. */
static const struct { const char *name; bool seal, everywhere; const char *from, *to, *from2, *to2; } twins[] = {
	{ "single quotes", false, false, "Id=\"content\"", "Id='content'" },
	{ "spaces in tags", false, false, "<issuance Id=\"issuance\">", "<issuance   Id = \"issuance\"\n>" },
	{ "spaces in end tags", false, false, "</number>", "</number >" },
	{ "empty elements", false, true, "></ds:Transform>", "/>" },
	{ "XML declaration", false, false, "<permit", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<permit" },
	{ "line feed at the end", false, false, "</permit>", "</permit>\n" },
	{ "another prefix for the root", false, false, "<permit xmlns=\"" NS_PERMIT "\">",
		"<p:permit xmlns:p=\"" NS_PERMIT "\" xmlns=\"" NS_PERMIT "\">", "</permit>", "</p:permit>" },
	{ "another prefix for the seal", true, false, "<ds:Signature xmlns:ds=\"" DS "\"", "<d:Signature xmlns:d=\"" DS "\" xmlns:ds=\"" DS "\"", "</ds:Signature>", "</d:Signature>" },
	{ "another prefix for the seal's frames", true, false, "<ds:Object>", "<d:Object xmlns:d=\"" DS "\">", "</ds:Object>", "</d:Object>" },
	{ "certificate added to the seal", true, false, "<ds:X509Certificate>", "<ds:X509Certificate>@CERT@</ds:X509Certificate><ds:X509Certificate>" },
	{ "certificate added to its evidence", true, false, "<xades:EncapsulatedX509Certificate>",
		"<xades:EncapsulatedX509Certificate>@CERT@</xades:EncapsulatedX509Certificate><xades:EncapsulatedX509Certificate>" },
	{ "CRL added to the seal", true, false, "<xades:EncapsulatedCRLValue>", "<xades:EncapsulatedCRLValue>@LIST@</xades:EncapsulatedCRLValue><xades:EncapsulatedCRLValue>" },
	{ "lines in the seal's evidence", true, false, "<ds:X509Certificate>MII", "<ds:X509Certificate>\nMII\n" },
};

static void
certificate_base64(struct buf *out)
{
	own_struct(buf) der = buf_new(1 << 16);

	cert_to_der(&der, m->stranger.cert);
	base64_put(out, buf_span(&der));
}

static void
crl_base64(struct buf *out)
{
	own_struct(buf) der = buf_new(1 << 16);
	own(X509_CRL) *crl = maker_crl(m, maker_now - 7200, maker_now + 86400, NULL, 0);

	crl_to_der(&der, crl);
	base64_put(out, buf_span(&der));
}

static void
make_twin(struct buf *out, size_t i)
{
	own_struct(buf) cert = buf_new(1 << 16), crl = buf_new(1 << 16), half = buf_new(1 << 17), to = buf_new(1 << 18), text = buf_new(XML_SIZE_MAX);
	const char *all = buf_str(&samples[0].text), *from = twins[i].seal ? strstr(all, "<ds:Signature xmlns:ds=\"" DS "\" Id=\"seal\"") : all;

	assert_non_null(from);
	certificate_base64(&cert);
	crl_base64(&crl);
	replaced(&half, twins[i].to, "@CERT@", buf_str(&cert), false);
	replaced(&to, buf_str(&half), "@LIST@", buf_str(&crl), false);
	replaced(&text, from, twins[i].from, buf_str(&to), twins[i].everywhere);
	buf_put(out, all, (size_t)(from - all));
	replaced(out, buf_str(&text), twins[i].from2 != NULL ? twins[i].from2 : "@", twins[i].from2 != NULL ? twins[i].to2 : "@", false);
}

static void
benign_twins_pass(void **state)
{
	for (size_t i = 0; i < COUNT(twins); i++) {
		own_struct(buf) text = buf_new(XML_SIZE_MAX);
		struct err why;
		char got;

		make_twin(&text, i);
		assert_case(twins[i].name, !span_eq(buf_span(&text), buf_span(&samples[0].text)));
		got = outcome(&samples[0], buf_span(&text), &why);
		if (got != 'P')
			print_error("%s: %s\n", twins[i].name, why.text);
		assert_case(twins[i].name, got == 'P');
	}
}

static bool
is_twin(const char *name)
{
	size_t n;
	const struct mutation *x = mutations(&n);

	for (size_t i = 0; i < COUNT(twins); i++)
		if (strcmp(twins[i].name, name) == 0)
			return true;
	for (size_t i = 0; i < n; i++)
		if (x[i].benign && strcmp(x[i].name, name) == 0)
			return true;
	return false;
}

static void
every_family_has_a_benign_twin(void **state)
{
	for (size_t i = 0; i < COUNT(expected); i++)
		assert_case(expected[i].mutation, is_twin(expected[i].twin));
}

/*
 * Whole parts: C content, 1 and 2 the officers, I issuance, S the seal.
 */

static const char whole[] = "C12IS";

/* The part of a permit that a letter names. */
static struct span
part_text(struct sample *s, char letter)
{
	static const char *const starts[] = { "<content ", "<ds:Signature xmlns:ds=\"" DS "\" Id=\"officer-1\">",
		"<ds:Signature xmlns:ds=\"" DS "\" Id=\"officer-2\">", "<issuance ", "<ds:Signature xmlns:ds=\"" DS "\" Id=\"seal\">", "</permit>" };
	size_t i = (size_t)(strchr(whole, letter) - whole);
	const char *from = strstr(buf_str(&s->text), starts[i]), *to = strstr(buf_str(&s->text), starts[i + 1]);

	assert_true(from != NULL && to > from);
	return span_of(from, (size_t)(to - from));
}

static char
arranged(const char *letters, struct sample *const from[5], struct err *why)
{
	own_struct(buf) text = buf_new(XML_SIZE_MAX);

	buf_put_str(&text, "<permit xmlns=\"" NS_PERMIT "\">");
	for (const char *l = letters; *l != '\0'; l++)
		buf_put_span(&text, part_text(from[strchr(whole, *l) - whole], *l));
	buf_put_str(&text, "</permit>");
	return outcome(from[0], buf_span(&text), why);
}

/* No signature at all; but two elements with one Id are refused before that is seen. */
static bool
is_unsigned(const char *letters)
{
	return strpbrk(letters, "12S") == NULL && strlen(letters) <= 2 && letters[0] != letters[1];
}

static void
check_order(const char *letters)
{
	struct sample *const from[5] = { samples, samples, samples, samples, samples };
	char want = strcmp(letters, whole) == 0 ? 'P' : is_unsigned(letters) ? 'N' : 'F', got;
	struct err why;

	got = arranged(letters, from, &why);
	if (got != want)
		print_error("%s: %c, and not %c: %s\n", letters, got, want, why.text);
	assert_true(got == want);
}

/* All sequences of up to five parts: only the one is a permit. */
static void
parts_in_every_order(void **state)
{
	size_t all = 1;

	for (size_t len = 1; len <= 5; len++) {
		all *= 5;
		for (size_t i = 0; i < all; i++) {
			char letters[8] = "";
			size_t v = i;

			for (size_t k = 0; k < len; k++, v /= 5)
				letters[k] = whole[v % 5];
			check_order(letters);
		}
	}
}

/* The permit, and any one of its parts once more at any place. */
static void
one_part_too_many(void **state)
{
	for (int at = 0; at <= 5; at++)
		for (size_t k = 0; k < 5; k++) {
			char letters[16];

			snprintf(letters, sizeof(letters), "%.*s%c%s", at, whole, whole[k], whole + at);
			check_order(letters);
		}
}

/* Parts of two genuine permits by the same hands: every mixture is found out. */
static void
parts_of_two_permits(void **state)
{
	struct sample other = samples[0];

	other.text = buf_new(XML_SIZE_MAX);
	maker_permit(m, &(struct maker_recipe){ .sample = "gpxd-02", .officer = &other.officer, .second = &other.second, .seal = &other.seal,
		.title = other.title, .mode = other.mode, .officer_time = maker_now - 900, .status_index = 8 }, &other.text);
	for (unsigned mix = 0; mix < 31; mix++) {
		struct sample *from[5];
		struct err why;
		char got;

		for (unsigned k = 0; k < 5; k++)
			from[k] = (mix >> k & 1) != 0 ? &other : &samples[0];
		got = arranged(whole, from, &why);
		if (got != (mix == 0 ? 'P' : 'H'))
			print_error("mixture %x: %c: %s\n", mix, got, why.text);
		assert_true(got == (mix == 0 ? 'P' : 'H'));
	}
	buf_drop(&other.text);
}

/* Signatures with every name in them changed to fit another's place: part by
 * part, the letter and the word to be put for its own. */
static void
renamed_signatures(void **state)
{
	static const struct { const char *name; struct { char letter; const char *own, *put; } part[5]; char want; } cases[] = {
		{ "nothing renamed", { { 'C' }, { '1' }, { '2' }, { 'I' }, { 'S' } }, 'P' },
		{ "officers swapped", { { 'C' }, { '2', "officer-2", "officer-1" }, { '1', "officer-1", "officer-2" }, { 'I' }, { 'S' } }, 'F' },
		{ "an officer twice", { { 'C' }, { '1' }, { '1', "officer-1", "officer-2" }, { 'I' }, { 'S' } }, 'F' },
		{ "the seal for an officer", { { 'C' }, { '1' }, { 'S', "seal", "officer-2" }, { 'I' }, { 'S' } }, 'F' },
		{ "an officer for the seal", { { 'C' }, { '1' }, { '2' }, { 'I' }, { '2', "officer-2", "seal" } }, 'F' },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) text = buf_new(XML_SIZE_MAX);
		struct err why;

		buf_put_str(&text, "<permit xmlns=\"" NS_PERMIT "\">");
		for (size_t k = 0; k < 5; k++) {
			own_struct(buf) plain = buf_new(XML_SIZE_MAX);
			const char *own = cases[i].part[k].own, *put = cases[i].part[k].put;

			buf_put_span(&plain, part_text(&samples[0], cases[i].part[k].letter));
			replaced(&text, buf_str(&plain), own != NULL ? own : "@", put != NULL ? put : "@", true);
		}
		buf_put_str(&text, "</permit>");
		assert_case(cases[i].name, outcome(&samples[0], buf_span(&text), &why) == cases[i].want);
	}
}

/* Signing in the other order is no tampering. */
static void
officers_in_the_other_order(void **state)
{
	struct sample *s = &samples[0];
	own_struct(buf) text = buf_new(XML_SIZE_MAX);
	struct report r;

	maker_permit(m, &(struct maker_recipe){ .officer = &s->second, .second = &s->officer, .seal = &s->seal, .title = s->title, .mode = s->mode }, &text);
	maker_judge(m, &r, buf_span(&text), s->evidence);
	assert_int_equal(r.verdict, VERDICT_PASSED);
	report_drop(&r);
}

/*
 * KeyInfo decides nothing: without the certificate that SigningCertificateV2
 * names there is no signer, whoever's else is put there.
 */
static void
key_info_names_nobody(void **state)
{
	struct sample bare = samples[0];
	own_struct(buf) own = buf_new(1 << 16), other = buf_new(1 << 16), text = buf_new(XML_SIZE_MAX), der = buf_new(1 << 16);
	struct err why;

	bare.evidence = maker_evidence(m, NULL);
	cert_to_der(&der, bare.seal.cert);
	base64_put(&own, buf_span(&der));
	certificate_base64(&other);
	assert_int_equal(outcome(&bare, buf_span(&bare.text), &why), 'P');
	replaced(&text, buf_str(&bare.text), buf_str(&own), buf_str(&other), true);
	assert_int_equal(outcome(&bare, buf_span(&text), &why), 'S');
	assert_int_equal(outcome(&samples[0], buf_span(&text), &why), 'P');
	evidence_free(bare.evidence);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mutant_is_what_the_table_says),
		cmocka_unit_test(the_tables_are_not_idle),
		cmocka_unit_test(what_is_really_free),
		cmocka_unit_test(what_no_signature_covers),
		cmocka_unit_test(the_page_says_so),
		cmocka_unit_test(benign_twins_pass),
		cmocka_unit_test(every_family_has_a_benign_twin),
		cmocka_unit_test(parts_in_every_order),
		cmocka_unit_test(one_part_too_many),
		cmocka_unit_test(parts_of_two_permits),
		cmocka_unit_test(renamed_signatures),
		cmocka_unit_test(officers_in_the_other_order),
		cmocka_unit_test(key_info_names_nobody),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
