/* CRLs: what makes one unusable, and what a usable one says. */
#include "tests/base/test.h"
#include "tests/verifier/pki.h"

#include "verifier/evidence.h"

#include <openssl/err.h>

static struct pki_party ca, twin, other, no_crl_sign, leaf, second;

static int
begin(void **state)
{
	const struct pki_wish silent = { .name = "Issuing", .constraints = "critical,CA:TRUE", .usage = "critical,keyCertSign" };

	ca = pki_ca("Issuing", NULL);
	twin = pki_ca("Issuing", NULL);
	other = pki_ca("Another", NULL);
	no_crl_sign = pki_party(&silent, NULL);
	leaf = pki_party(&(struct pki_wish){ "Leaf" }, &ca);
	second = pki_party(&(struct pki_wish){ "Second" }, &ca);
	return 0;
}

static int
end(void **state)
{
	struct pki_party *all[] = { &ca, &twin, &other, &no_crl_sign, &leaf, &second };

	for (size_t i = 0; i < COUNT(all); i++)
		pki_drop(all[i]);
	return 0;
}

static void
refusals(void **state)
{
	const struct pki_entry odd = { .cert = leaf.cert, .date = PKI_NOW - 60, .unknown_critical = true };
	const struct { const char *name; struct pki_crl wish; const struct pki_party *signer, *issuer; const char *says; } cases[] = {
		{ "another issuer", { 0 }, &ca, &other, "another issuer" },
		{ "the issuer's name, another key", { 0 }, &twin, &ca, "signature does not verify" },
		{ "an issuer that may not sign CRLs", { 0 }, &no_crl_sign, &no_crl_sign, "may not sign CRLs" },
		{ "version 1", { .v1 = true }, &ca, &ca, "version 2" },
		{ "no number", { .no_number = true }, &ca, &ca, "no number" },
		{ "delta", { .delta = true }, &ca, &ca, "delta" },
		{ "an unknown critical extension", { .unknown_critical = true }, &ca, &ca, "critical extension of the CRL" },
		{ "an unknown critical extension of an entry", { .entry = &odd, .n = 1 }, &ca, &ca, "critical extension of a CRL entry" },
		{ "indirect", { .idp = "critical,indirectCRL:TRUE" }, &ca, &ca, "indirect or partial" },
		{ "indirect, not critical", { .idp = "indirectCRL:TRUE" }, &ca, &ca, "indirect or partial" },
		{ "attributes only", { .idp = "critical,onlyAA:TRUE" }, &ca, &ca, "indirect or partial" },
		{ "some reasons only", { .idp = "critical,onlysomereasons:keyCompromise" }, &ca, &ca, "indirect or partial" },
		{ "users only", { .idp = "critical,onlyuser:TRUE" }, &ca, &ca, "indirect or partial" },
		{ "authorities only", { .idp = "critical,onlyCA:TRUE" }, &ca, &ca, "indirect or partial" },
		{ "over before it begins", { .from = PKI_NOW, .to = PKI_NOW - 1 }, &ca, &ca, "later nextUpdate" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own(X509_CRL) *crl = pki_crl(cases[i].signer, &cases[i].wish);
		struct crl_facts f;
		struct err e = { 0 };
		bool taken = crl_check(&f, crl, cases[i].issuer->cert, &e);

		if (taken || strstr(e.text, cases[i].says) == NULL)
			print_error("%s: %s\n", cases[i].name, e.text);
		assert_case(cases[i].name, !taken && strstr(e.text, cases[i].says) != NULL);
	}
}

static void
octets_that_are_no_crl(void **state)
{
	own(X509_CRL) *crl = pki_crl(&ca, &(struct pki_crl){ 0 });
	own_struct(buf) der = buf_new(1 << 16);
	X509_CRL *out = NULL;
	struct crl_facts f;
	struct err e;

	crl_to_der(&der, crl);
	buf_put_byte(&der, 0);
	assert_false(crl_from_any(&out, buf_span(&der), &e));
	assert_non_null(strstr(e.text, "1 bytes after"));
	assert_false(crl_from_any(&out, span_of(der.ptr, der.len - 2), &e));
	assert_false(crl_from_any(&out, SPAN_NONE, &e));
	assert_false(crl_from_any(&out, span_str("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"), &e));
	der.ptr[der.len - 2] ^= 1;
	assert_done(crl_from_any(&out, span_of(der.ptr, der.len - 1), &e), e);
	assert_false(crl_check(&f, out, ca.cert, &e));
	X509_CRL_free(out);
}

static void
what_it_says(void **state)
{
	const struct pki_entry all[] = { { leaf.cert, PKI_NOW - 7200, 1, PKI_NOW - 90000, false } };
	own(X509_CRL) *crl = pki_crl(&ca, &(struct pki_crl){ .entry = all, .n = 1 }), *hold = NULL, *plain = NULL;
	const struct pki_entry held = { .cert = leaf.cert, .date = PKI_NOW - 60, .reason = 6 }, bare = { .cert = leaf.cert, .date = PKI_NOW - 60 };
	struct revocation r;
	struct crl_facts f;
	struct err e;

	assert_done(crl_check(&f, crl, ca.cert, &e), e);
	assert_int_equal(f.this_update, PKI_NOW - 3600);
	assert_int_equal(f.next_update, PKI_NOW + 86400);
	assert_int_equal(f.entries, 1);
	assert_true(f.number > 0);
	crl_lookup(&r, crl, X509_get0_serialNumber(leaf.cert));
	assert_true(r.state == CERT_REVOKED && r.date == PKI_NOW - 7200 && r.reason == 1 && r.invalidity == PKI_NOW - 90000);
	crl_lookup(&r, crl, X509_get0_serialNumber(second.cert));
	assert_true(r.state == CERT_GOOD && r.invalidity == INT64_MIN);
	hold = pki_crl(&ca, &(struct pki_crl){ .entry = &held, .n = 1 });
	crl_lookup(&r, hold, X509_get0_serialNumber(leaf.cert));
	assert_true(r.state == CERT_REVOKED && r.reason == 6);
	plain = pki_crl(&ca, &(struct pki_crl){ .entry = &bare, .n = 1 });
	crl_lookup(&r, plain, X509_get0_serialNumber(leaf.cert));
	assert_true(r.state == CERT_REVOKED && r.reason == 0 && r.invalidity == INT64_MIN);
}

/* What cannot be read is read strictly; each row's twin is the plain entry above. */
static void
entries_that_cannot_be_read(void **state)
{
	static const struct { const char *name; int reason, nid; const char *der[2]; } rows[] = {
		{ "a reason that is no number", 0, NID_crl_reason, { "\x31\x01\x06" } },
		{ "a hold, and another reason", 6, NID_crl_reason, { "\x0a\x01\x01" } },
		{ "a reason cut short", 0, NID_crl_reason, { "\x0a\x01" } },
		{ "an invalidity date that is a number", 6, NID_invalidity_date, { "\x02\x01\x05" } },
		{ "an invalidity date that is none", 6, NID_invalidity_date, { "\x18\x04" "2026" } },
		{ "two invalidity dates", 6, NID_invalidity_date, { "\x18\x0f" "20260101000000Z", "\x18\x0f" "20260201000000Z" } },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pki_entry entry = { .cert = leaf.cert, .date = PKI_NOW - 60, .reason = rows[i].reason };
		own(X509_CRL) *made = NULL, *crl = NULL;
		own_struct(buf) der = buf_new(1 << 16);
		struct revocation r;
		struct crl_facts f;
		struct err e;

		for (int k = 0; k < 2 && rows[i].der[k] != NULL; k++) {
			entry.odd[k].nid = rows[i].nid;
			entry.odd[k].der = rows[i].der[k];
		}
		made = pki_crl(&ca, &(struct pki_crl){ .entry = &entry, .n = 1 });
		crl_to_der(&der, made);
		assert_done(crl_from_any(&crl, buf_span(&der), &e), e);
		assert_case(rows[i].name, ERR_peek_error() == 0);
		assert_done(crl_check(&f, crl, ca.cert, &e), e);
		crl_lookup(&r, crl, X509_get0_serialNumber(leaf.cert));
		assert_case(rows[i].name, r.state == CERT_REVOKED && r.date == 0 && r.reason == 0 && ERR_peek_error() == 0);
		crl_lookup(&r, crl, X509_get0_serialNumber(second.cert));
		assert_case(rows[i].name, r.state == CERT_GOOD);
	}
}

static void
add_crl(struct evidence *v, const struct pki_party *by, const struct pki_crl *w)
{
	own(X509_CRL) *crl = pki_crl(by, w);

	evidence_add_crl(v, crl);
}

/* Of several the newest that counts decides; none is no answer. */
static void
the_best_of_several(void **state)
{
	const struct pki_entry revoked = { .cert = leaf.cert, .date = PKI_NOW - 1000 };
	const struct pki_crl old = { .from = PKI_NOW - 5000, .to = PKI_NOW - 2000 }, good = { .from = PKI_NOW - 2000, .to = PKI_NOW + 1000 },
	    bad = { .from = PKI_NOW - 900, .to = PKI_NOW + 1000, .entry = &revoked, .n = 1 };
	const struct { const char *name; struct { const struct pki_party *by; const struct pki_crl *wish; } crl[3]; enum cert_state state; int64_t as_of; } cases[] = {
		{ "none", { { NULL } }, CERT_UNKNOWN, INT64_MIN },
		{ "good", { { &ca, &good } }, CERT_GOOD, PKI_NOW - 2000 },
		{ "newer, revoked", { { &ca, &good }, { &ca, &bad } }, CERT_REVOKED, PKI_NOW - 900 },
		{ "newer, revoked, the other way about", { { &ca, &bad }, { &ca, &good } }, CERT_REVOKED, PKI_NOW - 900 },
		{ "stale", { { &ca, &old } }, CERT_UNKNOWN, INT64_MIN },
		{ "stale and another issuer's", { { &ca, &old }, { &other, &good } }, CERT_UNKNOWN, INT64_MIN },
		{ "forged in the issuer's name", { { &twin, &good } }, CERT_UNKNOWN, INT64_MIN },
		{ "forged and newer", { { &ca, &bad }, { &twin, &(struct pki_crl){ .from = PKI_NOW - 1, .to = PKI_NOW + 1000 } } }, CERT_REVOKED, PKI_NOW - 900 },
		{ "a delta on top", { { &ca, &bad }, { &ca, &(struct pki_crl){ .from = PKI_NOW - 1, .to = PKI_NOW + 1000, .delta = true } } }, CERT_REVOKED, PKI_NOW - 900 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own(evidence_t) *v = evidence_new();
		struct revocation r;
		int64_t as_of;

		for (size_t k = 0; k < 3 && cases[i].crl[k].by != NULL; k++)
			add_crl(v, cases[i].crl[k].by, cases[i].crl[k].wish);
		evidence_status(&r, &as_of, v, NULL, leaf.cert, ca.cert, PKI_NOW);
		assert_case(cases[i].name, r.state == cases[i].state && as_of == cases[i].as_of);
	}
}

/* Certificates of one name: the one whose key signed is the issuer. */
static void
the_issuer_is_found_by_signature(void **state)
{
	own(evidence_t) *v = evidence_new();

	assert_null(evidence_issuer(v, NULL, leaf.cert));
	evidence_add_cert(v, twin.cert);
	assert_null(evidence_issuer(v, NULL, leaf.cert));
	evidence_add_cert(v, ca.cert);
	assert_ptr_equal(evidence_issuer(v, NULL, leaf.cert), ca.cert);
}

static void
pieces_of_evidence(void **state)
{
	own(evidence_t) *v = evidence_new();
	own(X509_CRL) *crl = pki_crl(&ca, &(struct pki_crl){ 0 });
	own_struct(buf) der = buf_new(1 << 16);
	char *folder = pki_folder();
	struct err e;

	cert_to_der(&der, ca.cert);
	assert_false(evidence_add(v, "a.crt", span_str("nonsense"), false, &e));
	assert_non_null(strstr(e.text, "a.crt"));
	assert_false(evidence_add(v, "a.crl", buf_span(&der), false, &e));
	assert_false(evidence_add(v, "a.vkey", span_str("no key"), true, &e));
	assert_done(evidence_add(v, "a.vkey", span_str("no key, and not asked"), false, &e), e);
	assert_false(v->has_log);
	assert_done(evidence_add(v, "a.txt", span_str("passed over"), false, &e), e);
	assert_int_equal(sk_X509_num(v->bag) + sk_X509_num(v->anchors), 0);
	pki_write(folder, "a.crt", buf_span(&der));
	pki_write_cert(folder, "b.pem", leaf.cert);
	pki_write_crl(folder, "c.crl", crl);
	pki_write(folder, ".hidden.crt", span_str("nonsense"));
	pki_write(folder, "readme", span_str("nonsense"));
	assert_done(evidence_add_path(v, folder, &e), e);
	assert_int_equal(sk_X509_num(v->bag), 2);
	assert_int_equal(sk_X509_num(v->anchors), 0);
	assert_int_equal(sk_X509_CRL_num(v->crls), 1);
	assert_done(evidence_add_trust(v, folder, &e), e);
	assert_int_equal(sk_X509_num(v->anchors), 2);
	pki_write(folder, "d.crt", span_str("nonsense"));
	assert_false(evidence_add_path(v, folder, &e));
	assert_false(evidence_add_path(v, "/nowhere/at/all", &e));
	assert_int_equal(e.class, ERR_ABSENT);
	pki_remove(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusals),
		cmocka_unit_test(octets_that_are_no_crl),
		cmocka_unit_test(what_it_says),
		cmocka_unit_test(entries_that_cannot_be_read),
		cmocka_unit_test(the_best_of_several),
		cmocka_unit_test(the_issuer_is_found_by_signature),
		cmocka_unit_test(pieces_of_evidence),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
