/* What a CRL says: one row a case, each list read by `openssl verify`, by certtool
 * and by the verifier; and lists that say nothing, refused by each of them. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "base/file.h"
#include "ca/crl_issue.h"
#include "tests/ca/world.h"
#include "verifier/crl.h"

#include <stdio.h>

enum subject { GOOD, REVOKED, COMPROMISED, DATED, HELD, RESUMED, ENDED, SUBJECTS };

static struct world w;
static X509 *cert[SUBJECTS];
static int64_t lost;		/* when DATED was, as its revocation says */

static void
order(enum subject s, enum who by, const char *verb, json_t *with)
{
	own(json_t) *kept = with;
	const struct order_subject subject = subject_of(cert[s]);
	struct draft d = { .by = by, .verb = verb, .with = kept, .subjects = &subject, .nsubjects = 1 };
	struct err e;

	assert_done(world_order(&w, &d, NULL, &e), e);
}

static void
put(const char *name, const X509 *c)
{
	own_str char *path = world_path(&w, name);
	own_struct(buf) pem = buf_new(1 << 16);
	struct err e;

	cert_to_pem(&pem, (X509 *)c);
	assert_done(file_write(path, buf_span(&pem), 0644, &e), e);
}

static int
begin(void **state)
{
	char text[TIME_TEXT];
	struct revocation r;

	world_begin(&w);
	for (int s = 0; s < SUBJECTS; s++) {
		own(EVP_PKEY) *key = key_new();
		char person[16];

		snprintf(person, sizeof(person), "CB-%06d", 700000 + s);
		cert[s] = world_enrol(&w, "official", "H99.14", "Người Thử", person, "Chuyên viên", key);
	}
	lost = clock_now() - 3600;
	time_text_utc(text, lost);
	order(REVOKED, SEC, "cert.revoke", NULL);
	order(COMPROMISED, SEC, "cert.revoke", json_pack("{s:s}", "code", "keyCompromise"));
	order(DATED, SEC, "cert.revoke", json_pack("{s:s, s:s}", "code", "keyCompromise", "invalidity", text));
	order(HELD, SEC, "cert.suspend", NULL);
	order(RESUMED, SEC, "cert.suspend", NULL);
	order(RESUMED, MAI, "cert.resume", NULL);
	order(ENDED, SEC, "cert.suspend", NULL);
	order(ENDED, SEC, "cert.revoke", json_pack("{s:s}", "code", "keyCompromise"));
	assert_true(world_revoked(&w, cert[ENDED], &r));
	for (time_t until = 0; r.reason != 1 && wait_more(&until);)
		assert_true(world_revoked(&w, cert[ENDED], &r));
	put("root.pem", w.root);
	put("issuing.pem", w.issuing);
	assert_int_equal(world_shell(&w, "openssl crl -inform DER -in public/crl/0.crl -out list.pem && openssl crl -inform DER -in public/crl/root.crl -out root-list.pem"), 0);
	return 0;
}

static int
end(void **state)
{
	for (int s = 0; s < SUBJECTS; s++)
		X509_free(cert[s]);
	world_end(&w);
	return 0;
}

/* A shell's pipeline finds the word. */
static void
others_say(const char *name, const char *command, const char *word)
{
	own_str char *asks = xprintf("%s >said 2>&1; grep -q '%s' said || { cat said; false; }", command, word);

	assert_case(name, world_shell(&w, asks) == 0);
}

#define BY_OPENSSL "openssl verify -crl_check -CAfile root.pem -untrusted issuing.pem"
#define BY_GNUTLS "certtool --verify --load-ca-certificate issuing.pem"

static void
what_it_says(void **state)
{
	const struct { const char *name; enum subject who; enum cert_state says; int reason; const char *openssl_reason; bool dated; } rows[] = {
		{ "good", GOOD, CERT_GOOD, 0, NULL },
		{ "revoked, no reason", REVOKED, CERT_REVOKED, 0, NULL },
		{ "revoked, keyCompromise", COMPROMISED, CERT_REVOKED, 1, "Key Compromise" },
		{ "revoked, with a date of invalidity", DATED, CERT_REVOKED, 1, "Invalidity Date", true },
		{ "suspended", HELD, CERT_REVOKED, CRL_HOLD, "Certificate Hold" },
		{ "resumed", RESUMED, CERT_GOOD, 0, NULL },
		{ "revoked while suspended", ENDED, CERT_REVOKED, 1, "Key Compromise" },
	};
	own(X509_CRL) *crl = world_crl(&w);

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) serial = buf_new(64);
		own_str char *listed = NULL;
		bool good = rows[i].says == CERT_GOOD;
		struct revocation r;

		crl_lookup(&r, crl, X509_get0_serialNumber(cert[rows[i].who]));
		assert_case(rows[i].name, r.state == rows[i].says && (good || r.reason == rows[i].reason));
		assert_case(rows[i].name, good || (rows[i].dated ? r.invalidity == lost : r.invalidity == INT64_MIN));
		put("cert.pem", cert[rows[i].who]);
		others_say(rows[i].name, BY_OPENSSL " -CRLfile list.pem cert.pem", good ? "cert.pem: OK" : "certificate revoked");
		others_say(rows[i].name, BY_GNUTLS " --load-crl list.pem --infile cert.pem", good ? "Chain verification output: Verified" : "revoked");
		serial_hex(&serial, X509_get0_serialNumber(cert[rows[i].who]));
		listed = xprintf("openssl crl -in list.pem -noout -text | sed 's/Serial Number/\\n&/' | sed -n '/Number: %s/I,/^$/p'", buf_str(&serial));
		if (rows[i].openssl_reason != NULL)
			others_say(rows[i].name, listed, rows[i].openssl_reason);
	}
}

/* Refused by each: another's list, one octet changed, and one that is too old. */
static void
what_says_nothing(void **state)
{
	static const struct { const char *name, *list, *openssl, *openssl_word, *gnutls; } rows[] = {
		{ "the root's list", "root-list.pem", "", "unable to get certificate CRL", "certtool --verify-crl --load-ca-certificate issuing.pem --infile root-list.pem" },
		{ "one octet changed", "altered.pem", "", "CRL signature failure", "certtool --verify-crl --load-ca-certificate issuing.pem --infile altered.pem" },
		{ "too old", "list.pem", "-attime $(( $(date +%s) + 15 * 86400 ))", "CRL has expired", NULL },
	};
	own(X509_CRL) *crl = world_crl(&w);
	own_struct(buf) der = buf_new(1 << 20);
	own(X509_CRL) *altered = NULL;
	own_str char *path = world_path(&w, "altered.crl");
	struct crl_facts f;
	struct err e;

	assert_false(crl_check(&f, crl, w.root, &e));
	crl_to_der(&der, crl);
	der.ptr[der.len - 1] ^= 1;
	assert_done(crl_from_any(&altered, buf_span(&der), &e), e);
	assert_false(crl_check(&f, altered, w.issuing, &e));
	assert_done(crl_check(&f, crl, w.issuing, &e), e);
	assert_int_equal(f.next_update - f.this_update, CRL_VALID_SECS);
	assert_done(file_write(path, buf_span(&der), 0644, &e), e);
	assert_int_equal(world_shell(&w, "openssl crl -inform DER -in altered.crl -out altered.pem"), 0);
	put("cert.pem", cert[GOOD]);
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_str char *by_openssl = xprintf(BY_OPENSSL " %s -CRLfile %s cert.pem", rows[i].openssl, rows[i].list);

		others_say(rows[i].name, by_openssl, rows[i].openssl_word);
		if (rows[i].gnutls != NULL)
			others_say(rows[i].name, rows[i].gnutls, "Not verified");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_it_says), cmocka_unit_test(what_says_nothing) };

	return cmocka_run_group_tests(tests, begin, end);
}
