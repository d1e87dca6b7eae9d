/* The authority goes on with a new key: the same name, two generations side by
 * side, each with its own CRL and OCSP responses. */
#include "tests/base/test.h"

#include "api/ocsp.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/pack.h"
#include "tests/ca/next_key.h"
#include "tests/register/database.h"
#include "verifier/crl.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct world w;
static struct next_key next;
static pid_t second;			/* antin-hsm of the second token */
static X509 *old, *new;
static EVP_PKEY *old_key, *new_key;

static int
begin(void **state)
{
	next_make(&w, &next);
	world_start(&w);
	old_key = key_new();
	old = world_enrol(&w, "official", "H99.14", "Người của khóa cũ", "CB-700001", "Chuyên viên", old_key);
	return 0;
}

static int
end(void **state)
{
	if (second > 0)
		world_stop(&second, SIGTERM);
	next_drop(&next);
	X509_free(old);
	X509_free(new);
	EVP_PKEY_free(old_key);
	EVP_PKEY_free(new_key);
	world_end(&w);
	return 0;
}

/*
 * Before.
 */

static void
bundles_that_are_refused(void **state)
{
	own(EVP_PKEY) *key = key_new();
	own(EVP_PKEY) *same = X509_get_pubkey(w.issuing);
	const struct { const char *name; struct next_variant v; enum err_class class; const char *word; } rows[] = {
		{ "the generation after next", { .issuing = key, .generation = 3 }, ERR_CONFLICT, "the next one is 2" },
		{ "another name", { .issuing = key, .name = "Hòa Giang – nơi khác THỬ NGHIỆM" }, ERR_POLICY, "another name" },
		{ "another site", { .issuing = key, .site = "https://elsewhere.example" }, ERR_POLICY, "site" },
		{ "the same key", { .issuing = same }, ERR_POLICY, "has the key of generation 1" },
		{ "a token that is not there", { .issuing = key }, ERR_LATER, "token of generation 2" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ceremony_result r = { .root = buf_new(1) };
		struct err e = { ERR_NONE, "" };

		assert_done(next_hold(&r, &w, &next, &rows[i].v, SPAN_NONE, &e), e);
		world_refused(rows[i].name, next_order(&w, &(struct draft){ .by = MAI }, buf_span(&r.bundle), NULL, &e), &e, rows[i].class, rows[i].word);
		ceremony_result_drop(&r);
	}
}

/* A root of another authority's, or one that the plan's key is not of. */
static void
another_root(void **state)
{
	own(EVP_PKEY) *key = key_new();
	own(EVP_PKEY) *root = key_new();
	struct ceremony_person person = { w.admin[MAI].person, w.admin[MAI].name, w.admin[MAI].title, "H99", "approver", buf_span(&w.admin[MAI].csr) };
	struct ceremony_plan plan = { .policy = w.policy, .tier = "demonstration", .agency = "H99", .root_name = "Gốc khác THỬ NGHIỆM", .issuing_name = NEXT_NAME, .site = NEXT_SITE,
		.log_vkey = "log+00000000+", .root_key = root, .issuing_key = key, .person = &person, .npersons = 1, .now = clock_now() };
	struct ceremony_result theirs, r = { .root = buf_new(1) };
	own(X509) *their_root = NULL;
	struct err e;

	assert_done(ceremony_make(&theirs, &plan, &e), e);
	assert_done(cert_from_der(&their_root, buf_span(&theirs.root), &e), e);
	world_refused("the key of another root", next_hold(&r, &w, &next, &(struct next_variant){ .issuing = key, .root_key = root }, SPAN_NONE, &e), &e, ERR_INPUT, "another key");
	world_refused("a whole ceremony's bundle", next_order(&w, &(struct draft){ .by = MAI }, buf_span(&theirs.bundle), NULL, &e), &e, ERR_INPUT, "ceremony bundle");
	assert_done(next_hold(&r, &w, &next, &(struct next_variant){ .issuing = key, .root_key = root, .root = their_root, .last_crl = buf_span(&theirs.root_crl) }, SPAN_NONE, &e), e);
	world_refused("another root's bundle", next_order(&w, &(struct draft){ .by = MAI }, buf_span(&r.bundle), NULL, &e), &e, ERR_INPUT, "ceremony bundle");
	world_refused("our own first ceremony's", next_order(&w, &(struct draft){ .by = MAI }, buf_span(&w.made.bundle), NULL, &e), &e, ERR_CONFLICT, "generation 1");
	ceremony_result_drop(&theirs);
	ceremony_result_drop(&r);
}

static void
orders_that_are_refused(void **state)
{
	own(json_t) *more = json_pack("{s:s, s:s}", "bundle", "", "more", "");
	own_struct(buf) cut = buf_new(1 << 20);
	own(EVP_PKEY) *key = key_new();
	struct ceremony_result r = { .root = buf_new(1) };
	struct err e;

	second = next_start_hsm(&w);
	assert_done(next_hold(&r, &w, &next, &(struct next_variant){ .issuing = key }, SPAN_NONE, &e), e);
	world_refused("a key that its token does not hold", next_order(&w, &(struct draft){ .by = MAI }, buf_span(&r.bundle), NULL, &e), &e, ERR_POLICY, "token of generation 2");
	ceremony_result_drop(&r);
	world_refused("the security officer", next_order(&w, &(struct draft){ .by = SEC }, buf_span(&next.made.bundle), NULL, &e), &e, ERR_POLICY, "no role");
	world_refused("an approver of one agency", next_order(&w, &(struct draft){ .by = LOCAL }, buf_span(&next.made.bundle), NULL, &e), &e, ERR_POLICY, "outside the scope");
	world_refused("another hash", next_order(&w, &(struct draft){ .by = MAI, .id = "ab" }, buf_span(&next.made.bundle), NULL, &e), &e, ERR_INPUT, "no hash of a bundle");
	world_refused("the hash of something else", next_order(&w, &(struct draft){ .by = MAI, .with = more }, buf_span(&next.made.bundle), NULL, &e), &e, ERR_CONFLICT, "hash of subject");
	buf_put(&cut, next.made.bundle.ptr, next.made.bundle.len);
	cut.ptr[cut.len / 2] ^= 1;
	world_refused("one octet changed", next_order(&w, &(struct draft){ .by = MAI }, buf_span(&cut), NULL, &e), &e, ERR_INPUT, "ceremony bundle");
}

/*
 * And after.
 */

/* Soon, for lists come after the order. */
static void
wait_for(const char *what, const char *command)
{
	int status = 1;

	for (time_t until = 0; status != 0 && wait_more(&until);)
		status = world_shell(&w, command);
	assert_case(what, status == 0);
}

/* openssl and GnuTLS, with one CRL and one issuing certificate.  A CRL of another
 * key is none to openssl; GnuTLS does not ask for one. */
static void
is_judged(const char *name, const char *cert, const char *issuing, const char *crl, const char *ossl_word, const char *gnutls_word)
{
	own_str char *lists = xprintf("{ openssl crl -inform DER -in public/crl/%s.crl; openssl crl -inform DER -in public/crl/root.crl; } >lists.pem 2>/dev/null", crl);
	own_str char *ossl = xprintf("openssl verify -crl_check_all -CAfile root.pem -untrusted %s -CRLfile lists.pem %s 2>&1 | grep -q '%s'", issuing, cert, ossl_word);
	own_str char *gnutls = xprintf("cat %s %s >path.pem && certtool --verify --load-ca-certificate root.pem --load-crl lists.pem --infile path.pem 2>&1 | grep -q 'Chain verification output:.*%s'", cert, issuing, gnutls_word);

	assert_case(name, world_shell(&w, lists) == 0 && world_shell(&w, ossl) == 0);
	if (world_shell(&w, "command -v certtool >/dev/null") == 0)
		assert_case(name, world_shell(&w, gnutls) == 0);
}

static void
write_all(void)
{
	world_pem(&w, "root.pem", w.root);
	world_pem(&w, "issuing1.pem", w.issuing);
	world_pem(&w, "issuing2.pem", next.issuing);
	world_pem(&w, "old.pem", old);
	world_pem(&w, "new.pem", new);
}

static void
it_goes_on(void **state)
{
	own(json_t) *answer = NULL;
	struct err e;

	assert_done(next_order(&w, &(struct draft){ .by = MAI }, buf_span(&next.made.bundle), &answer, &e), e);
	world_refused("the same again", next_order(&w, &(struct draft){ .by = NAM }, buf_span(&next.made.bundle), NULL, &e), &e, ERR_CONFLICT, "the next one is 3");
	new_key = key_new();
	new = world_enrol(&w, "official", "H99.14", "Người của khóa mới", "CB-700002", "Chuyên viên", new_key);
	assert_int_equal(X509_verify(old, X509_get0_pubkey(w.issuing)), 1);
	assert_int_equal(X509_verify(new, X509_get0_pubkey(next.issuing)), 1);
	assert_true(X509_verify(new, X509_get0_pubkey(w.issuing)) != 1);
	assert_int_equal(X509_NAME_cmp(X509_get_issuer_name(old), X509_get_issuer_name(new)), 0);
	assert_int_equal(X509_check_issued(next.issuing, new), X509_V_OK);	/* names, and key identifiers */
	assert_int_equal(X509_check_issued(w.issuing, new), X509_V_ERR_AKID_SKID_MISMATCH);
}

static void
both_are_judged(void **state)
{
	write_all();
	wait_for("both CRLs", "test -s public/crl/0.crl -a -s public/crl/1.crl -a -s public/ca/issuing-2.crt");
	is_judged("the old one", "old.pem", "issuing1.pem", "0", "old.pem: OK", " Verified");
	is_judged("the new one", "new.pem", "issuing2.pem", "1", "new.pem: OK", " Verified");
	is_judged("the new one under the old key", "new.pem", "issuing1.pem", "1", "error", "Not verified");
	is_judged("the old one with the new key's CRL", "old.pem", "issuing1.pem", "1", "error", " Verified");
	assert_int_equal(world_shell(&w, "openssl x509 -in new.pem -noout -text | grep -q '/crl/1.crl' && openssl x509 -in old.pem -noout -text | grep -q '/crl/0.crl'"), 0);
}

static struct draft
revocation(char hex[64], X509 *cert)
{
	own_str char *query = xprintf("{\"what\":\"certificates\",\"person\":\"%s\"}", cert == old ? "CB-700001" : "CB-700002");
	own(json_t) *list = world_list(&w, query);
	const json_t *item = json_array_get(json_object_get(list, "items"), 0);
	struct draft d = { .by = MAI, .verb = "cert.revoke", .id = hex };

	snprintf(hex, 64, "%s", json_string_value(json_object_get(item, "id")));
	hash_from_hex(d.hash, item);
	return d;
}

static void
each_key_lists_its_own(void **state)
{
	char hex[64];
	struct draft d = revocation(hex, old);
	struct err e;

	assert_done(world_order(&w, &d, NULL, &e), e);
	wait_for("the old one is listed", "s=$(openssl x509 -in old.pem -noout -serial | cut -d= -f2); openssl crl -inform DER -in public/crl/0.crl -noout -text | grep -q $s && "
	    "! openssl crl -inform DER -in public/crl/1.crl -noout -text | grep -q $s");
	is_judged("the old one", "old.pem", "issuing1.pem", "0", "certificate revoked", "revoked");
	is_judged("the new one", "new.pem", "issuing2.pem", "1", "new.pem: OK", " Verified");
}

/* What the shelf answers about cert, asked with its own issuing certificate, is
 * judged by openssl and GnuTLS. */
static void
is_answered(const char *name, const char *cert, const char *issuing, const char *word)
{
	own_str char *request = xprintf("openssl ocsp -issuer %s -cert %s -no_nonce -reqout request.der 2>/dev/null", issuing, cert);
	own_str char *ossl = xprintf("cat root.pem %s >anchors.pem && openssl ocsp -respin answer.der -issuer %s -cert %s -CAfile anchors.pem 2>&1 | tee said | grep -q '%s: %s' && grep -q 'Response verify OK' said", issuing, issuing, cert, cert, word);
	own_str char *gnutls = xprintf("ocsptool --verify-response --infile=answer.der --inder --load-trust=%s 2>&1 | grep -q 'Verifying OCSP Response: Success'", issuing);
	own_str char *public = world_path(&w, "public"), *in = world_path(&w, "request.der"), *out = world_path(&w, "answer.der");
	struct ocsp_shelf *shelf = ocsp_shelf_new(public);
	int status = 1;
	struct err e;

	assert_case(name, world_shell(&w, request) == 0);
	for (time_t until = 0; status != 0 && wait_more(&until);) {
		own_struct(buf) asked = buf_new(4096), answer = buf_new(1 << 16);
		struct pack_head head;

		assert_done(file_read(&asked, in, &e), e);
		ocsp_answer(shelf, buf_span(&asked), clock_now(), &answer, &head);
		assert_done(file_write(out, buf_span(&answer), 0644, &e), e);
		status = world_shell(&w, ossl);
	}
	ocsp_shelf_free(shelf);
	assert_case(name, status == 0);
	if (world_shell(&w, "command -v ocsptool >/dev/null") == 0)
		assert_case(name, world_shell(&w, gnutls) == 0);
}

static void
each_responder_answers(void **state)
{
	is_answered("revoked, of the old key", "old.pem", "issuing1.pem", "revoked");
	is_answered("good, of the new key", "new.pem", "issuing2.pem", "good");
}

/* Nobody is asked about a certificate by a key that did not sign it. */
static void
the_other_key_knows_nothing(void **state)
{
	own_str char *public = world_path(&w, "public"), *in = world_path(&w, "request.der");
	struct ocsp_shelf *shelf = ocsp_shelf_new(public);
	static const char *const wrong[] = { "openssl ocsp -issuer issuing2.pem -cert old.pem -no_nonce -reqout request.der", "openssl ocsp -issuer issuing1.pem -cert new.pem -no_nonce -reqout request.der" };
	struct err e;

	for (size_t i = 0; i < COUNT(wrong); i++) {
		own_struct(buf) asked = buf_new(4096), answer = buf_new(1 << 16);
		struct pack_head head;

		assert_case(wrong[i], world_shell(&w, wrong[i]) == 0);
		assert_done(file_read(&asked, in, &e), e);
		ocsp_answer(shelf, buf_span(&asked), clock_now(), &answer, &head);
		assert_case(wrong[i], head.kind.len == 0 && answer.len == 5 && answer.ptr[4] == 6);	/* unauthorized */
	}
	ocsp_shelf_free(shelf);
}

static void
it_begins_again_with_both(void **state)
{
	own(EVP_PKEY) *key = key_new();
	own(X509) *cert = NULL;
	char hex[64];
	struct draft d;
	struct err e;

	assert_int_equal(WEXITSTATUS(world_stop_ca(&w, SIGTERM)), 0);
	assert_true(world_start_ca(&w, NULL, NULL));
	cert = world_enrol(&w, "official", "H99.14", "Người đến sau", "CB-700003", "Chuyên viên", key);
	assert_int_equal(X509_verify(cert, X509_get0_pubkey(next.issuing)), 1);
	d = revocation(hex, new);
	assert_done(world_order(&w, &d, NULL, &e), e);
	wait_for("the new one is listed", "s=$(openssl x509 -in new.pem -noout -serial | cut -d= -f2); openssl crl -inform DER -in public/crl/1.crl -noout -text | grep -q $s && "
	    "! openssl crl -inform DER -in public/crl/0.crl -noout -text | grep -q $s");
	is_answered("revoked, of the new key", "new.pem", "issuing2.pem", "revoked");
}

/* The second token away: nothing is issued and nothing lost; the old key's lists go on. */
static void
a_token_is_away(void **state)
{
	own(EVP_PKEY) *key = key_new();
	own_struct(buf) csr = buf_new(4096), text = buf_new(CA_MESSAGE_MAX);
	own(json_t) *asked = NULL;
	own_str char *body = NULL;
	struct draft d = { .by = MAI, .verb = "cert.approve" };
	char hex[64];
	struct err e;

	world_stop(&second, SIGTERM);
	csr_of(&csr, key);
	body = ask_text("official", "H99.14", "Người chờ", "CB-700004", "Chuyên viên", buf_span(&csr));
	assert_done(world_text(&w, CA_REQUEST, body, &text, &e) && json_read(&asked, buf_span(&text), &e), e);
	snprintf(hex, sizeof(hex), "%s", json_string_value(json_object_get(asked, "id")));
	d.id = hex;
	hash_from_hex(d.hash, asked);
	assert_false(world_order(&w, &d, NULL, &e));
	assert_int_equal(e.class, ERR_LATER);
	second = next_start_hsm(&w);
	assert_done(world_order(&w, &d, NULL, &e), e);
}

/* The register's date is moved, because nobody waits a year: last, for fsck would see it. */
static void
the_old_responder_is_renewed_by_the_old_key(void **state)
{
	static const char count[] = "SELECT count(*) FROM certificate WHERE profile = 'ocsp' AND generation = 1 AND state = 'active'";
	own(json_t) *list = NULL;
	const json_t *item;
	size_t i, seen = 0;

	assert_int_equal(WEXITSTATUS(world_stop_ca(&w, SIGTERM)), 0);
	w.broken = true;
	database_do(w.database, "UPDATE certificate SET not_after = not_after - 300 * 86400 WHERE profile = 'ocsp' AND generation = 1");
	assert_true(world_start_ca(&w, NULL, NULL));
	for (int t = 0; t < 3000 && database_int(w.database, count, NULL, -1) < 2; t++)
		usleep(10000);
	assert_int_equal(database_int(w.database, count, NULL, -1), 2);
	list = world_list(&w, "{\"what\":\"certificates\",\"state\":\"active\"}");
	json_array_foreach(json_object_get(list, "items"), i, item) {
		own_struct(buf) der = buf_new(CA_MESSAGE_MAX);
		own(X509) *cert = NULL;
		struct err e;

		if (strcmp(json_string_value(json_object_get(item, "profile")) ?: "", "ocsp") != 0)
			continue;
		assert_done(world_text(&w, CA_CERTIFICATE, json_string_value(json_object_get(item, "id")), &der, &e) && cert_from_any(&cert, buf_span(&der), &e), e);
		seen += X509_verify(cert, X509_get0_pubkey(w.issuing)) == 1;
	}
	assert_int_equal(seen, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bundles_that_are_refused),
		cmocka_unit_test(another_root),
		cmocka_unit_test(orders_that_are_refused),
		cmocka_unit_test(it_goes_on),
		cmocka_unit_test(both_are_judged),
		cmocka_unit_test(each_key_lists_its_own),
		cmocka_unit_test(each_responder_answers),
		cmocka_unit_test(the_other_key_knows_nothing),
		cmocka_unit_test(it_begins_again_with_both),
		cmocka_unit_test(a_token_is_away),
		cmocka_unit_test(the_old_responder_is_renewed_by_the_old_key),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
