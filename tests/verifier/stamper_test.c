/* Another authority's time stamps, by its row of policy: whose they are, and all for which
 * they are not taken. */
#include "tests/base/test.h"
#include "tests/verifier/pki.h"

#include "base/clock.h"
#include "verifier/stamper.h"

static const unsigned char imprint[32] = { 0x17, 0x2a };
static struct pki_party root, issuing, unknown, tsa, direct, over, by_unknown, stranger, strange_tsa, coder;

static int
begin(void **state)
{
	root = pki_ca("Their root", NULL);
	issuing = pki_ca("Their issuing", &root);
	unknown = pki_ca("Their other issuing", &root);
	stranger = pki_ca("Their root", NULL);	/* of the same name */
	tsa = pki_party(&(struct pki_wish){ "TSA", .eku = "critical,timeStamping" }, &issuing);
	direct = pki_party(&(struct pki_wish){ "TSA 2", .eku = "critical,timeStamping" }, &root);
	over = pki_party(&(struct pki_wish){ "TSA 3", .eku = "critical,timeStamping", .from = PKI_NOW - PKI_YEAR, .to = PKI_NOW - 60 }, &issuing);
	by_unknown = pki_party(&(struct pki_wish){ "TSA 4", .eku = "critical,timeStamping" }, &unknown);
	strange_tsa = pki_party(&(struct pki_wish){ "TSA 5", .eku = "critical,timeStamping" }, &stranger);
	coder = pki_party(&(struct pki_wish){ "TSA 6", .eku = "critical,timeStamping" }, &tsa);	/* by no authority */
	return 0;
}

static int
end(void **state)
{
	struct pki_party *all[] = { &root, &issuing, &unknown, &tsa, &direct, &over, &by_unknown, &stranger, &strange_tsa, &coder };

	for (size_t i = 0; i < COUNT(all); i++)
		pki_drop(all[i]);
	return 0;
}

static cert_list *
list_of(const struct pki_party *p)
{
	cert_list *list = sk_X509_new_null();

	assert_non_null(list);
	if (p != NULL)
		assert_true(X509_up_ref(p->cert) == 1 && sk_X509_push(list, p->cert) > 0);
	return list;
}

static void
stamp_of(struct tst *t, const struct pki_party *by, const struct pki_party *also)
{
	own_struct(buf) token = buf_new(1 << 16);
	const struct pki_stamp wish = { .when = PKI_NOW, .also = also };
	struct err e;

	pki_stamp(&token, by, span_of(imprint, sizeof(imprint)), &wish);
	assert_done(tst_check(t, buf_span(&token), EVP_sha256(), span_of(imprint, sizeof(imprint)), NULL, &e), e);
}

static void
paths(void **state)
{
	const int32_t today = day_in_vietnam(PKI_NOW);
	const struct { const char *name; const struct pki_party *by, *anchor, *between, *also; const char *policies; int32_t from, to; bool theirs; const char *says; } cases[] = {
		{ "ordinary", &tsa, &root, &issuing, NULL, "2.25.1", today, today, true, NULL },
		{ "one of its policies", &tsa, &root, &issuing, NULL, "2.25.2 2.25.1", today, INT32_MAX, true, NULL },
		{ "an issuing certificate that came along", &by_unknown, &root, &issuing, &unknown, "2.25.1", today, today, true, NULL },
		{ "by the anchor itself", &direct, &root, NULL, NULL, "2.25.1", today, today, true, NULL },
		{ "an anchor that is no root", &tsa, &issuing, NULL, NULL, "2.25.1", today, today, true, NULL },
		{ "another policy", &tsa, &root, &issuing, NULL, "2.25.2", today, today, true, "policy 2.25.1, which is not taken" },
		{ "a policy that begins as its does", &tsa, &root, &issuing, NULL, "2.25.11", today, today, true, "policy 2.25.1, which is not taken" },
		{ "before its first day", &tsa, &root, &issuing, NULL, "2.25.1", today + 1, INT32_MAX, true, "does not stamp for us on its day" },
		{ "after its last day", &tsa, &root, &issuing, NULL, "2.25.1", 0, today - 1, true, "does not stamp for us on its day" },
		{ "expired when it stamped", &over, &root, &issuing, NULL, "2.25.1", today, today, true, "certificate has expired" },
		{ "its issuing certificate is not at hand", &by_unknown, &root, &issuing, NULL, "2.25.1", today, today, false, "unable to get" },
		{ "a root of the same name", &strange_tsa, &root, &issuing, NULL, "2.25.1", today, today, false, NULL },
		{ "a root of the same name that came along", &strange_tsa, &root, &issuing, &stranger, "2.25.1", today, today, false, NULL },
		{ "a stamper's certificate by a stamper", &coder, &root, &issuing, &tsa, "2.25.1", today, today, true, "invalid CA certificate" },
		{ "another anchor", &tsa, &stranger, NULL, &issuing, "2.25.1", today, today, false, NULL },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct time_authority a = { .id = (char *)"thu", .policies = (char *)cases[i].policies, .from = cases[i].from, .to = cases[i].to,
			.anchor = list_of(cases[i].anchor), .between = list_of(cases[i].between) };
		const struct policy p = { .time_authority = &a, .ntime_authorities = 1 };
		struct path_result path;
		struct err e = { ERR_NONE, "" };
		own_struct(tst) t = { .time = 0 };
		bool taken;

		stamp_of(&t, cases[i].by, cases[i].also);
		taken = stamper_path(&path, &a, &t, NULL, &e);
		path_result_drop(&path);
		if (cases[i].says != NULL && strstr(e.text, cases[i].says) == NULL)
			print_error("%s: %s\n", cases[i].name, e.text);
		assert_case(cases[i].name, taken == (cases[i].theirs && cases[i].says == NULL));
		assert_case(cases[i].name, taken || (e.class == ERR_POLICY && (cases[i].says == NULL || strstr(e.text, cases[i].says) != NULL)));
		assert_case(cases[i].name, (stamper_authority(&p, &t, NULL) == &a) == cases[i].theirs);
		cert_list_free(a.anchor);
		cert_list_free(a.between);
	}
}

static void
times(void **state)
{
	static const struct { const char *name; int64_t when, from, to; bool good; } cases[] = {
		{ "between", 1000, 990, 1010, true }, { "their clock is a little behind", 1000, 1050, 1060, true }, { "or before ours", 1000, 900, 950, true },
		{ "far behind", 1000, 1061, 1070, false }, { "far before", 1000, 900, 939, false }, { "a century ago", INT64_C(-3000000000), 900, 1000, false },
		{ "in a century", INT64_C(5000000000), 900, 1000, false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct tst t = { .time = cases[i].when };
		struct err e = { ERR_NONE, "" };

		assert_case(cases[i].name, stamp_timely(&t, cases[i].from, cases[i].to, &e) == cases[i].good && (cases[i].good || e.class == ERR_POLICY));
	}
}

static void
put_crl(struct buf *out, const struct pki_party *by, const struct pki_crl *w)
{
	own(X509_CRL) *crl = pki_crl(by, w);

	crl_to_der(out, crl);
}

/* Two certificates below the root, each with a CRL of its issuer. */
static void
status(void **state)
{
	const struct pki_entry tsa_out = { .cert = tsa.cert, .date = PKI_NOW - 60, .reason = CRL_REASON_KEY_COMPROMISE },
	    issuing_out = { .cert = issuing.cert, .date = PKI_NOW - 60, .reason = CRL_REASON_CA_COMPROMISE };
	const struct pki_crl plain = { 0 }, past = { .from = PKI_NOW - 7200, .to = PKI_NOW - 3600 }, out = { .entry = &tsa_out, .n = 1 }, ca_out = { .entry = &issuing_out, .n = 1 }, delta = { .delta = true };
	const struct { const char *name; struct { const struct pki_party *by; const struct pki_crl *is; } crl[3]; const char *behind; enum err_class class; } cases[] = {
		{ "both", { { &issuing, &plain }, { &root, &plain } }, "", ERR_NONE },
		{ "in another order", { { &root, &plain }, { &issuing, &plain } }, "", ERR_NONE },
		{ "among others", { { &stranger, &plain }, { &root, &plain }, { &issuing, &plain } }, "", ERR_NONE },
		{ "an old one before the new", { { &issuing, &past }, { &issuing, &plain }, { &root, &plain } }, "", ERR_NONE },
		{ "none", { { NULL, NULL } }, "", ERR_LATER },
		{ "of the root alone", { { &root, &plain } }, "", ERR_LATER },
		{ "of the issuing alone", { { &issuing, &plain } }, "", ERR_LATER },
		{ "out of date", { { &issuing, &past }, { &root, &plain } }, "", ERR_LATER },
		{ "of one of the same name", { { &issuing, &plain }, { &stranger, &plain } }, "", ERR_LATER },
		{ "a delta", { { &issuing, &delta }, { &root, &plain } }, "", ERR_LATER },
		{ "revoked", { { &issuing, &out }, { &root, &plain } }, "", ERR_POLICY },
		{ "the one above is revoked", { { &issuing, &plain }, { &root, &ca_out } }, "", ERR_POLICY },
		{ "something else behind them", { { &root, &plain } }, "garbage", ERR_INPUT },
	};
	struct time_authority a = { .id = (char *)"thu", .policies = (char *)"2.25.1", .from = 0, .to = INT32_MAX, .anchor = list_of(&root), .between = list_of(&issuing) };
	own_struct(tst) t = { .time = 0 };
	struct path_result path;
	struct err e = { ERR_NONE, "" };

	stamp_of(&t, &tsa, NULL);
	assert_done(stamper_path(&path, &a, &t, NULL, &e), e);
	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) crls = buf_new(1 << 20);
		struct span used[PATH_MAX_CERTS];
		size_t n = 0;
		bool good;

		for (size_t k = 0; k < COUNT(cases[i].crl) && cases[i].crl[k].by != NULL; k++)
			put_crl(&crls, cases[i].crl[k].by, cases[i].crl[k].is);
		buf_put_str(&crls, cases[i].behind);
		e = (struct err){ ERR_NONE, "" };
		good = stamper_status(used, &n, &path, buf_span(&crls), t.time, &e);
		if (good != (cases[i].class == ERR_NONE) || e.class != cases[i].class)
			print_error("%s: %s\n", cases[i].name, e.text);
		assert_case(cases[i].name, good == (cases[i].class == ERR_NONE) && e.class == cases[i].class && n == (good ? 2u : 0u));
	}
	path_result_drop(&path);
	cert_list_free(a.anchor);
	cert_list_free(a.between);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(paths), cmocka_unit_test(times), cmocka_unit_test(status) };

	return cmocka_run_group_tests(tests, begin, end);
}
