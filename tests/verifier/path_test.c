/* One certificate and its way to an anchor: far more ways to have none. */
#include "tests/base/test.h"
#include "tests/verifier/pki.h"

#include "verifier/path.h"

#define POLICY_A "2.25.11"
#define POLICY_B "2.25.12"
#define IN_A { "certificatePolicies", POLICY_A }

static struct pki_party root, other_root, issuing, narrow, named, no_sign, not_ca, unknown_ca, old_ca;

static int
begin(void **state)
{
	const struct pki_wish leaflike = { .name = "Not an authority" }, silent = { .name = "May not sign", .constraints = "critical,CA:TRUE", .usage = "critical,cRLSign" },
	    short_ = { .name = "Leaves only", .constraints = "critical,CA:TRUE,pathlen:0", .usage = "critical,keyCertSign,cRLSign" },
	    within = { .name = "One domain", .constraints = "critical,CA:TRUE", .usage = "critical,keyCertSign,cRLSign",
		.ext = { { "nameConstraints", "critical,permitted;DNS:hoagiang.example" } } },
	    policy = { .name = "Issuing", .constraints = "critical,CA:TRUE", .usage = "critical,keyCertSign,cRLSign", .ext = { IN_A } },
	    odd = { .name = "Odd", .constraints = "critical,CA:TRUE", .usage = "critical,keyCertSign,cRLSign", .unknown_critical = "2.25.97" },
	    old = { .name = "Old", .constraints = "critical,CA:TRUE", .usage = "critical,keyCertSign,cRLSign", .to = PKI_NOW - 60 };

	root = pki_ca("Root THỬ NGHIỆM", NULL);
	other_root = pki_ca("Root THỬ NGHIỆM", NULL);	/* same name, another key */
	issuing = pki_party(&policy, &root);
	narrow = pki_party(&short_, &root);
	named = pki_party(&within, &root);
	no_sign = pki_party(&silent, &root);
	not_ca = pki_party(&leaflike, &root);
	unknown_ca = pki_party(&odd, &root);
	old_ca = pki_party(&old, &root);
	return 0;
}

static int
end(void **state)
{
	struct pki_party *all[] = { &root, &other_root, &issuing, &narrow, &named, &no_sign, &not_ca, &unknown_ca, &old_ca };

	for (size_t i = 0; i < COUNT(all); i++)
		pki_drop(all[i]);
	return 0;
}

struct path_case {
	const char *name;
	struct pki_wish wish;
	const struct pki_party *issuer, *above;
	const char *purpose;
	const char *policies[3];
	bool explicit_policy, no_anchor, other_anchor, no_bag, issuing_anchor;
	int64_t at;
	enum verdict verdict;
	enum sub_indication sub;
};

static void
judge(struct path_result *out, const struct path_case *c, X509 *leaf, const STACK_OF(X509_CRL) *crls, bool require_crl)
{
	cert_list *anchors = sk_X509_new_null(), *bag = sk_X509_new_null();
	const struct path_request q = { .leaf = leaf, .anchors = anchors, .bag = bag, .crls = crls, .at = c->at != 0 ? c->at : PKI_NOW, .purpose = c->purpose,
		.policies = c->policies[0] != NULL ? c->policies : NULL, .explicit_policy = c->explicit_policy, .require_crl = require_crl };
	struct err e;

	if (!c->no_anchor)
		sk_X509_push(anchors, c->issuing_anchor ? issuing.cert : c->other_anchor ? other_root.cert : root.cert);
	if (!c->no_bag && c->issuer != NULL)
		sk_X509_push(bag, c->issuer->cert);
	if (c->above != NULL)
		sk_X509_push(bag, c->above->cert);
	assert_done(path_judge(out, &q, &e), e);
	sk_X509_free(anchors);
	sk_X509_free(bag);
}

static void
try(const struct path_case *c)
{
	struct pki_party leaf = pki_party(&c->wish, c->issuer);
	struct path_result r;

	judge(&r, c, leaf.cert, NULL, false);
	if (r.verdict != c->verdict || r.sub != c->sub)
		print_error("%s: %s %s: %s\n", c->name, verdict_word(r.verdict), sub_word(r.sub), r.reason);
	assert_case(c->name, r.verdict == c->verdict && r.sub == c->sub);
	assert_case(c->name, (r.reason[0] == '\0') == (r.verdict == VERDICT_PASSED));
	path_result_drop(&r);
	pki_drop(&leaf);
}

#define PASSES .verdict = VERDICT_PASSED
#define CONSTRAINTS .sub = SUB_CHAIN_CONSTRAINTS_FAILURE
#define BROKEN .sub = SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE
#define OVER_ABOVE .sub = SUB_NO_CERTIFICATE_CHAIN_FOUND_NO_POE
#define NO_CHAIN .sub = SUB_NO_CERTIFICATE_CHAIN_FOUND
#define OUT_OF_TIME .sub = SUB_OUT_OF_BOUNDS_NO_POE
#define WEAK .sub = SUB_CRYPTO_CONSTRAINTS_FAILURE

static void
paths(void **state)
{
	struct pki_party below_narrow = pki_ca("Below", &narrow), false_ca = pki_ca("Issuing", NULL);
	const struct path_case cases[] = {
		{ "ordinary", { "Leaf" }, &issuing, PASSES },
		{ "directly below the root", { "Leaf" }, &root, PASSES },
		{ "an anchor that is no root", { "Leaf" }, &issuing, .issuing_anchor = true, PASSES },
		{ "expired", { "Leaf", .to = PKI_NOW - 1 }, &issuing, OUT_OF_TIME },
		{ "not yet", { "Leaf", .from = PKI_NOW + 1 }, &issuing, OUT_OF_TIME },
		{ "expired, asked about the time before", { "Leaf", .to = PKI_NOW - 1 }, &issuing, .at = PKI_NOW - 100, PASSES },
		{ "an expired authority", { "Leaf" }, &old_ca, BROKEN },
		{ "an expired authority, and the leaf", { "Leaf", .to = PKI_NOW - 1 }, &old_ca, OUT_OF_TIME },
		{ "an expired anchor", { "Leaf", .to = PKI_NOW + 2 * PKI_YEAR }, &issuing, .issuing_anchor = true, .at = PKI_NOW + PKI_YEAR + 1, OVER_ABOVE },
		{ "no anchor", { "Leaf" }, &issuing, .no_anchor = true, NO_CHAIN },
		{ "an anchor of that name with another key", { "Leaf" }, &issuing, .other_anchor = true, NO_CHAIN },
		{ "the authority's certificate is missing", { "Leaf" }, &issuing, .no_bag = true, NO_CHAIN },
		{ "self-signed", { "Leaf" }, NULL, NO_CHAIN },
		{ "an authority that calls itself so", { "Leaf" }, &false_ca, NO_CHAIN },
		{ "issued by no authority", { "Leaf" }, &not_ca, BROKEN },
		{ "issued by one that may not sign certificates", { "Leaf" }, &no_sign, BROKEN },
		{ "a leaf below pathlen 0", { "Leaf" }, &narrow, PASSES },
		{ "longer than pathlen", { "Leaf" }, &below_narrow, &narrow, BROKEN },
		{ "a name inside", { "Leaf", .ext = { { "subjectAltName", "DNS:a.hoagiang.example" } } }, &named, PASSES },
		{ "a name outside", { "Leaf", .ext = { { "subjectAltName", "DNS:a.example" } } }, &named, BROKEN },
		{ "a name that only ends alike", { "Leaf", .ext = { { "subjectAltName", "DNS:xhoagiang.example" } } }, &named, BROKEN },
		{ "an unknown critical extension", { "Leaf", .unknown_critical = "2.25.96" }, &issuing, BROKEN },
		{ "an unknown critical extension above", { "Leaf" }, &unknown_ca, BROKEN },
		{ "SHA-1", { "Leaf", .md = EVP_sha1() }, &issuing, WEAK },
		{ "serverAuth", { "Leaf", .eku = "serverAuth" }, &issuing, .purpose = "serverAuth", PASSES },
		{ "clientAuth asked of a server", { "Leaf", .eku = "serverAuth" }, &issuing, .purpose = "clientAuth", CONSTRAINTS },
		{ "code signing", { "Leaf", .eku = "codeSigning" }, &issuing, .purpose = "codeSigning", PASSES },
		{ "code signing asked of mail", { "Leaf", .eku = "emailProtection" }, &issuing, .purpose = "codeSigning", CONSTRAINTS },
		{ "time stamps", { "Leaf", .eku = "critical,timeStamping" }, &issuing, .purpose = "timeStamping", PASSES },
		{ "time stamps, not critical", { "Leaf", .eku = "timeStamping" }, &issuing, .purpose = "timeStamping", CONSTRAINTS },
		{ "time stamps and more", { "Leaf", .eku = "critical,timeStamping,serverAuth" }, &issuing, .purpose = "timeStamping", CONSTRAINTS },
		{ "OCSP without its usage", { "Leaf", .eku = "serverAuth" }, &issuing, .purpose = "OCSPSigning", CONSTRAINTS },
		{ "OCSP by any usage", { "Leaf", .eku = "anyExtendedKeyUsage" }, &issuing, .purpose = "OCSPSigning", CONSTRAINTS },
		{ "OCSP", { "Leaf", .eku = "OCSPSigning" }, &issuing, .purpose = "OCSPSigning", PASSES },
		{ "the policy", { "Leaf", .ext = { IN_A } }, &issuing, .policies = { POLICY_A }, .explicit_policy = true, PASSES },
		{ "another policy", { "Leaf", .ext = { IN_A } }, &issuing, .policies = { POLICY_B }, .explicit_policy = true, BROKEN },
		{ "a policy that the authority has not", { "Leaf", .ext = { { "certificatePolicies", POLICY_B } } }, &issuing, .policies = { POLICY_B }, .explicit_policy = true,
			BROKEN },
		{ "no policy where one is needed", { "Leaf" }, &issuing, .explicit_policy = true, BROKEN },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		try(&cases[i]);
	pki_drop(&below_narrow);
	pki_drop(&false_ca);
}

static void
a_changed_octet_breaks_the_chain(void **state)
{
	struct pki_party leaf = pki_party(&(struct pki_wish){ "Leaf" }, &issuing);
	own_struct(buf) der = buf_new(1 << 14);
	own(X509) *bent = NULL;
	struct path_result r;
	struct err e;

	cert_to_der(&der, leaf.cert);
	der.ptr[der.len - 1] ^= 1;
	assert_done(cert_from_der(&bent, buf_span(&der), &e), e);
	judge(&r, &(struct path_case){ .issuer = &issuing }, bent, NULL, false);
	assert_true(r.verdict == VERDICT_INDETERMINATE && r.sub == SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE);
	path_result_drop(&r);
	pki_drop(&leaf);
}

static void
revocation_on_the_way(void **state)
{
	struct pki_party leaf = pki_party(&(struct pki_wish){ "Leaf" }, &issuing);
	const struct pki_entry of_leaf = { leaf.cert, PKI_NOW - 7200, 0, 0 }, of_issuing = { issuing.cert, PKI_NOW - 7200, 0, 0 };
	own(X509_CRL) *root_good = pki_crl(&root, &(struct pki_crl){ 0 }), *root_bad = pki_crl(&root, &(struct pki_crl){ .entry = &of_issuing, .n = 1 }),
	    *good = pki_crl(&issuing, &(struct pki_crl){ 0 }), *bad = pki_crl(&issuing, &(struct pki_crl){ .entry = &of_leaf, .n = 1 }),
	    *stale = pki_crl(&issuing, &(struct pki_crl){ .from = PKI_NOW - 7200, .to = PKI_NOW - 3600 }),
	    *future = pki_crl(&issuing, &(struct pki_crl){ .from = PKI_NOW + 60 }), *forged = pki_crl(&(struct pki_party){ other_root.key, issuing.cert }, &(struct pki_crl){ 0 });
	const struct { const char *name; X509_CRL *crl[2]; bool require, anchor; enum verdict verdict; enum sub_indication sub; } cases[] = {
		{ "both CRLs", { root_good, good }, true, false, VERDICT_PASSED, SUB_NONE },
		{ "the leaf revoked", { root_good, bad }, true, false, VERDICT_INDETERMINATE, SUB_REVOKED_NO_POE },
		{ "the authority revoked", { root_bad, good }, true, false, VERDICT_INDETERMINATE, SUB_REVOKED_CA_NO_POE },
		{ "none, required", { NULL }, true, false, VERDICT_INDETERMINATE, SUB_TRY_LATER },
		{ "the authority's missing, required", { good }, true, false, VERDICT_INDETERMINATE, SUB_TRY_LATER },
		{ "the authority's missing, not required", { good }, false, false, VERDICT_PASSED, SUB_NONE },
		{ "the leaf revoked, the rest missing, not required", { bad }, false, false, VERDICT_INDETERMINATE, SUB_REVOKED_NO_POE },
		{ "below an anchor that is no root, required", { good }, true, true, VERDICT_PASSED, SUB_NONE },
		{ "stale", { root_good, stale }, true, false, VERDICT_INDETERMINATE, SUB_TRY_LATER },
		{ "of the future", { root_good, future }, true, false, VERDICT_INDETERMINATE, SUB_TRY_LATER },
		{ "forged", { root_good, forged }, true, false, VERDICT_INDETERMINATE, SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		STACK_OF(X509_CRL) *crls = sk_X509_CRL_new_null();
		struct path_result r;

		for (size_t k = 0; k < 2; k++)
			if (cases[i].crl[k] != NULL)
				sk_X509_CRL_push(crls, cases[i].crl[k]);
		judge(&r, &(struct path_case){ .issuer = &issuing, .issuing_anchor = cases[i].anchor }, leaf.cert, crls, cases[i].require);
		if (r.verdict != cases[i].verdict || r.sub != cases[i].sub)
			print_error("%s: %s: %s\n", cases[i].name, sub_word(r.sub), r.reason);
		assert_case(cases[i].name, r.verdict == cases[i].verdict && r.sub == cases[i].sub);
		path_result_drop(&r);
		sk_X509_CRL_free(crls);
	}
	pki_drop(&leaf);
}

static void
questions_that_cannot_be_judged(void **state)
{
	const char *const bad_oid[] = { "not an oid", NULL };
	struct path_result r;
	struct err e;

	assert_false(path_judge(&r, &(struct path_request){ .leaf = root.cert, .at = PKI_NOW, .purpose = "everything" }, &e));
	assert_int_equal(e.class, ERR_INPUT);
	assert_false(path_judge(&r, &(struct path_request){ .leaf = root.cert, .at = PKI_NOW, .policies = bad_oid }, &e));
	assert_int_equal(e.class, ERR_INPUT);
}

/* `openssl verify` says the same. */
static void
a_second_opinion(void **state)
{
	struct pki_party leaf = pki_party(&(struct pki_wish){ "Leaf" }, &issuing);
	const struct pki_entry of_leaf = { leaf.cert, PKI_NOW - 7200, 0, 0 };
	own(X509_CRL) *good = pki_crl(&issuing, &(struct pki_crl){ 0 }), *bad = pki_crl(&issuing, &(struct pki_crl){ .entry = &of_leaf, .n = 1 });
	char *folder = pki_folder();

	if (pki_run(folder, "openssl version") != 0) {
		pki_remove(folder);
		pki_drop(&leaf);
		skip();
	}
	pki_write_cert(folder, "root.pem", root.cert);
	pki_write_cert(folder, "issuing.pem", issuing.cert);
	pki_write_cert(folder, "leaf.pem", leaf.cert);
	pki_write_crl(folder, "good.pem", good);
	pki_write_crl(folder, "bad.pem", bad);
#define VERIFY "openssl verify -attime 1795336920 -x509_strict -CAfile root.pem -untrusted issuing.pem -crl_check -CRLfile "
	assert_int_equal(pki_run(folder, VERIFY "good.pem leaf.pem"), 0);
	assert_int_not_equal(pki_run(folder, VERIFY "bad.pem leaf.pem"), 0);
	pki_remove(folder);
	pki_drop(&leaf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(a_changed_octet_breaks_the_chain),
		cmocka_unit_test(revocation_on_the_way),
		cmocka_unit_test(questions_that_cannot_be_judged),
		cmocka_unit_test(a_second_opinion),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
