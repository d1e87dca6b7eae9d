/* The ceremony without any daemon: what it makes, what it refuses to make, and
 * bundles that are not opened. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "base/cms.h"
#include "tests/ca/world.h"
#include "verifier/cert.h"
#include "verifier/crl.h"

static struct policy *policy;
static EVP_PKEY *root_key, *issuing_key, *other_key;
static struct buf csr, bad_csr;

static int
begin(void **state)
{
	struct err e;

	assert_done(policy_load(&policy, SOURCE_DIR "/policy", &e), e);
	root_key = key_new();
	issuing_key = key_new();
	other_key = key_new();
	csr = buf_new(4096);
	bad_csr = buf_new(4096);
	csr_of(&csr, other_key);
	csr_of(&bad_csr, other_key);
	bad_csr.ptr[bad_csr.len - 2] ^= 1;
	return 0;
}

static int
end(void **state)
{
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(issuing_key);
	EVP_PKEY_free(other_key);
	buf_drop(&csr);
	buf_drop(&bad_csr);
	policy_free(policy);
	return 0;
}

struct change { const char *tier, *agency, *root, *site, *roles, *person, *profile; bool bad_csr, nobody; };

static bool
hold(struct ceremony_result *r, const struct change *c, struct err *e)
{
	const struct ceremony_person person = { c->person ? c->person : "QT-1", "Quản trị", "Quản trị viên", "H99", c->roles ? c->roles : "approver",
		buf_span(c->bad_csr ? &bad_csr : &csr) };
	const struct ceremony_service service = { c->profile ? c->profile : "tsa", "Dấu thời gian", "H99", buf_span(&csr) };
	const struct ceremony_plan plan = { .policy = policy, .tier = c->tier ? c->tier : "demonstration", .agency = c->agency ? c->agency : "H99",
		.root_name = c->root ? c->root : "Gốc THỬ NGHIỆM", .issuing_name = c->root ? c->root : "Cấp THỬ NGHIỆM",
		.site = c->site ? c->site : "https://a.example", .log_vkey = "log", .root_key = root_key, .issuing_key = issuing_key,
		.person = &person, .npersons = c->nobody ? 0 : 1, .service = &service, .nservices = 1, .now = clock_now() };

	return ceremony_make(r, &plan, e);
}

static void
what_is_made_is_opened(void **state)
{
	own_struct(ceremony_result) r = { .root = buf_new(1) };
	own_struct(ceremony) c = { .json = NULL };
	own(X509) *root = NULL;
	own(X509) *issuing = NULL;
	own(X509_CRL) *crl = NULL;
	struct cert_facts f;
	struct crl_facts cf;
	struct err e;

	assert_done(hold(&r, &(struct change){ .nobody = false }, &e), e);
	assert_done(cert_from_der(&root, buf_span(&r.root), &e), e);
	assert_done(cert_from_der(&issuing, buf_span(&r.issuing), &e), e);
	assert_done(crl_from_any(&crl, buf_span(&r.root_crl), &e), e);
	assert_done(crl_check(&cf, crl, root, &e), e);
	assert_true(X509_verify(root, root_key) == 1 && X509_verify(issuing, root_key) == 1);
	assert_int_equal(X509_get_pathlen(issuing), 0);
	assert_done(cert_facts_read(&f, issuing, &e), e);
	assert_string_equal(f.agency, "H99");
	assert_string_equal(cert_tier(issuing, policy)->id, "demonstration");
	/* Of certificates that were made before its OID was a short one. */
	assert_string_equal(policy_tier_by_oid(policy, "2.25.273849503821049182736450918273645.1")->id, "demonstration");
	assert_string_equal(policy_tier_by_oid(policy, "2.25.273849503821049182736450918273645.2")->id, "city");
	assert_null(policy_tier_by_oid(policy, "2.25.273849503821049182736450918273645.3"));
	assert_null(policy_tier_by_oid(policy, ""));
	assert_true(f.not_after <= asn1_time_secs(X509_get0_notAfter(root)));
	assert_done(ceremony_open(&c, buf_span(&r.bundle), root, policy, &e), e);
	assert_string_equal(c.site, "https://a.example");
}

static void
what_a_ceremony_refuses(void **state)
{
	static const struct { const char *name; struct change change; enum err_class class; const char *word; } rows[] = {
		{ "no mark", { .root = "Gốc" }, ERR_POLICY, "tier-mark" },
		{ "the mark of another tier", { .tier = "city" }, ERR_POLICY, "mark of the tier" },
		{ "unknown tier", { .tier = "moon" }, ERR_ABSENT, "moon" },
		{ "unknown agency", { .agency = "H98" }, ERR_ABSENT, "H98" },
		{ "no site", { .site = "ftp://a" }, ERR_INPUT, "http" },
		{ "unknown role", { .roles = "approver king" }, ERR_ABSENT, "king" },
		{ "no role", { .roles = "" }, ERR_INPUT, "without a role" },
		{ "small letters", { .person = "qt-1" }, ERR_INPUT, "staff number" },
		{ "bad proof of possession", { .bad_csr = true }, ERR_INPUT, "administrator 1" },
		{ "an authority as a service", { .profile = "issuing" }, ERR_POLICY, "service 1" },
		{ "nobody", { .nobody = true }, ERR_LIMIT, "administrators" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(ceremony_result) r = { .root = buf_new(1) };
		struct err e = { ERR_NONE, "" };

		assert_case(rows[i].name, !hold(&r, &rows[i].change, &e));
		if (e.class != rows[i].class || strstr(e.text, rows[i].word) == NULL)
			print_error("%s: %s: %s\n", rows[i].name, err_word(e.class), e.text);
		assert_case(rows[i].name, e.class == rows[i].class && strstr(e.text, rows[i].word) != NULL);
	}
}

/* The bundle with one member changed, signed again by this key. */
static void
resign(struct buf *out, struct span bundle, X509 *root, EVP_PKEY *key, X509 *cert, const char *member, const char *value)
{
	own(CMS_ContentInfo) *cms = NULL;
	own_struct(buf) text = buf_new(CEREMONY_MAX);
	own_struct(buf) changed = buf_new(CEREMONY_MAX);
	own(json_t) *j = NULL;
	int64_t at;
	struct err e;

	assert_done(cms_read(&cms, bundle, &e) && cms_open(&text, &at, cms, root, &e) && json_read(&j, buf_span(&text), &e), e);
	if (member != NULL)
		json_object_set_new(j, member, json_string(value));
	json_write(&changed, j);
	assert_done(cms_sign_attached(key, cert, buf_span(&changed), out, &e), e);
}

static void
bundles_that_are_not_opened(void **state)
{
	own_struct(ceremony_result) r = { .root = buf_new(1) };
	own_struct(ceremony_result) other = { .root = buf_new(1) };
	own(X509) *root = NULL;
	own(X509) *other_root = NULL;
	own(X509) *issuing = NULL;
	struct err e;

	assert_done(hold(&r, &(struct change){ .nobody = false }, &e), e);
	assert_done(hold(&other, &(struct change){ .nobody = false }, &e), e);
	assert_done(cert_from_der(&root, buf_span(&r.root), &e), e);
	assert_done(cert_from_der(&issuing, buf_span(&r.issuing), &e), e);
	assert_done(cert_from_der(&other_root, buf_span(&other.root), &e), e);
	const struct { const char *name; EVP_PKEY *key; X509 *cert; const char *member, *value; } rows[] = {
		{ "by the issuing key", issuing_key, issuing, NULL, NULL },
		{ "a member too many", root_key, root, "more", "x" },
		{ "another kind", root_key, root, "antin", "order/1" },
		{ "another tier", root_key, root, "tier", "city" },
		{ "another root", root_key, root, "root", "AAAA" },
		{ "no issuing certificate", root_key, root, "issuing", "AAAA" },
		{ "no CRL", root_key, root, "root_crl", "AAAA" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) bundle = buf_new(CEREMONY_MAX);
		own_struct(ceremony) c = { .json = NULL };

		resign(&bundle, buf_span(&r.bundle), root, rows[i].key, rows[i].cert, rows[i].member, rows[i].value);
		assert_case(rows[i].name, !ceremony_open(&c, buf_span(&bundle), root, policy, &e));
	}
	own_struct(ceremony) c = { .json = NULL };

	assert_false(ceremony_open(&c, buf_span(&other.bundle), root, policy, &e));
	assert_false(ceremony_open(&c, span_of(r.bundle.ptr, r.bundle.len - 1), root, policy, &e));
	assert_false(ceremony_open(&c, SPAN_NONE, root, policy, &e));
	assert_done(ceremony_open(&c, buf_span(&r.bundle), root, policy, &e), e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_made_is_opened),
		cmocka_unit_test(what_a_ceremony_refuses),
		cmocka_unit_test(bundles_that_are_not_opened),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
