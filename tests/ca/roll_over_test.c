/* The authority goes on with a new key: the same name, two generations side by
 * side, each with its own CRL and OCSP responses. */
#include "tests/base/test.h"

#include "api/ocsp.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/pack.h"
#include "tests/ca/world.h"
#include "verifier/crl.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct world w;
static pid_t second;			/* antin-hsm of the second token */
static struct token *root_token;		/* in the safe at other times */
static EVP_PKEY *root_pkey;
static struct ceremony_result next;	/* the roll-over */
static X509 *issuing2, *old, *new;
static EVP_PKEY *old_key, *new_key;

static const char *
section_two(const struct world *v)
{
	static char text[1024];

	snprintf(text, sizeof(text), "[antin-hsm-issuing-2]\nrun = %s/run\ntoken = issuing-2\nsign.ca = *\nmodule_config = %s/softhsm2.conf\nwrites = %s/tokens\n", v->dir, v->dir, v->dir);
	return text;
}

static void
with_ocsp(const struct world *v, struct ceremony_plan *plan)
{
	static struct ceremony_service service;
	static struct buf csr;

	buf_drop(&csr);
	token_csr(&csr, v->issuing_token, "ocsp");
	service = (struct ceremony_service){ "ocsp", "Trả lời trạng thái THỬ NGHIỆM", "H99", buf_span(&csr) };
	plan->service = &service;
	plan->nservices = 1;
}

#define NAME "Hòa Giang – cấp chứng thư THỬ NGHIỆM"
#define SITE "https://xacthuc.hoagiang.example"

/* A ceremony for a later generation; of its parts one may be another. */
struct variant { const char *name, *site; int64_t generation; EVP_PKEY *issuing, *root_key; X509 *root; };

static bool
hold(struct ceremony_result *out, const struct variant *v, struct span csr, struct err *e)
{
	const struct ceremony_service service = { "ocsp", "Trả lời trạng thái 2 THỬ NGHIỆM", "H99", csr };
	struct ceremony_plan plan = {
		.policy = w.policy, .tier = "demonstration", .agency = "H99", .issuing_name = v->name != NULL ? v->name : NAME,
		.site = v->site != NULL ? v->site : SITE, .root_key = v->root_key != NULL ? v->root_key : root_pkey, .root = v->root != NULL ? v->root : w.root,
		.issuing_key = v->issuing, .generation = v->generation != 0 ? v->generation : 2, .now = clock_now(),
		.service = &service, .nservices = csr.len > 0,
	};

	return ceremony_make(out, &plan, e);
}

static void
hold_next(void)
{
	own_struct(buf) csr = buf_new(4096);
	own_token struct token *token2 = world_token("issuing-2");
	own(EVP_PKEY) *pkey = NULL;
	struct token_key key, keys[TOKEN_KEYS_MAX];
	struct err e;
	size_t n;

	root_token = world_token_again("root");
	assert_done(token_keys(root_token, keys, &n, &e) && token_pkey(&root_pkey, root_token, &keys[0], &e), e);
	assert_done(token_generate(token2, HSM_ECDSA_P256, "issuing", &key, &e), e);
	assert_done(token_pkey(&pkey, token2, &key, &e), e);
	token_csr(&csr, token2, "ocsp");
	assert_done(hold(&next, &(struct variant){ .issuing = pkey }, buf_span(&csr), &e), e);
	assert_done(cert_from_der(&issuing2, buf_span(&next.issuing), &e), e);
}

static int
begin(void **state)
{
	static const struct world_more more = { with_ocsp, section_two };

	world_make_more(&w, &more);
	hold_next();
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
	ceremony_result_drop(&next);
	X509_free(issuing2);
	X509_free(old);
	X509_free(new);
	EVP_PKEY_free(old_key);
	EVP_PKEY_free(new_key);
	EVP_PKEY_free(root_pkey);
	token_free(root_token);
	world_end(&w);
	return 0;
}

/* MAI's order with this bundle. */
static bool
roll_over(const struct draft *as, struct span bundle, json_t **answer, struct err *e)
{
	own_struct(buf) base64 = buf_new(1 << 20), text = buf_new(1 << 20);
	own(json_t) *with = NULL;
	char hex[2 * SHA256_LEN + 1];
	unsigned char hash[SHA256_LEN];
	struct draft d = *as;

	base64_put(&base64, bundle);
	with = json_pack("{s:s}", "bundle", buf_str(&base64));
	json_write(&text, with);
	sha256(hash, bundle);
	hex_text(hex, span_of(hash, sizeof(hash)));
	d.verb = "authority.roll-over";
	d.with = d.with == NULL ? with : d.with;
	d.id = d.id == NULL ? hex : d.id;
	sha256(d.hash, buf_span(&text));
	return world_order(&w, &d, answer, e);
}

static void
refused(const char *name, bool done, const struct err *e, enum err_class class, const char *word)
{
	if (done || e->class != class || strstr(e->text, word) == NULL)
		print_error("%s: %s\n", name, done ? "done" : e->text);
	assert_case(name, !done && e->class == class && strstr(e->text, word) != NULL);
}

/*
 * Before.
 */

static void
bundles_that_are_refused(void **state)
{
	own(EVP_PKEY) *key = key_new();
	own(EVP_PKEY) *same = X509_get_pubkey(w.issuing);
	const struct { const char *name; struct variant v; enum err_class class; const char *word; } rows[] = {
		{ "the generation after next", { .issuing = key, .generation = 3 }, ERR_CONFLICT, "the next one is 2" },
		{ "another name", { .issuing = key, .name = "Hòa Giang – nơi khác THỬ NGHIỆM" }, ERR_POLICY, "another name" },
		{ "another site", { .issuing = key, .site = "https://elsewhere.example" }, ERR_POLICY, "site" },
		{ "the same key", { .issuing = same }, ERR_POLICY, "has the key of generation 1" },
		{ "a token that is not there", { .issuing = key }, ERR_LATER, "token of generation 2" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ceremony_result r = { .root = buf_new(1) };
		struct err e = { ERR_NONE, "" };

		assert_done(hold(&r, &rows[i].v, SPAN_NONE, &e), e);
		refused(rows[i].name, roll_over(&(struct draft){ .by = MAI }, buf_span(&r.bundle), NULL, &e), &e, rows[i].class, rows[i].word);
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
	struct ceremony_plan plan = { .policy = w.policy, .tier = "demonstration", .agency = "H99", .root_name = "Gốc khác THỬ NGHIỆM", .issuing_name = NAME, .site = SITE,
		.log_vkey = "log+00000000+", .root_key = root, .issuing_key = key, .person = &person, .npersons = 1, .now = clock_now() };
	struct ceremony_result theirs, r = { .root = buf_new(1) };
	own(X509) *their_root = NULL;
	struct err e;

	assert_done(ceremony_make(&theirs, &plan, &e), e);
	assert_done(cert_from_der(&their_root, buf_span(&theirs.root), &e), e);
	refused("the key of another root", hold(&r, &(struct variant){ .issuing = key, .root_key = root }, SPAN_NONE, &e), &e, ERR_INPUT, "another key");
	refused("a whole ceremony's bundle", roll_over(&(struct draft){ .by = MAI }, buf_span(&theirs.bundle), NULL, &e), &e, ERR_INPUT, "ceremony bundle");
	assert_done(hold(&r, &(struct variant){ .issuing = key, .root_key = root, .root = their_root }, SPAN_NONE, &e), e);
	refused("another root's bundle", roll_over(&(struct draft){ .by = MAI }, buf_span(&r.bundle), NULL, &e), &e, ERR_INPUT, "ceremony bundle");
	refused("our own first ceremony's", roll_over(&(struct draft){ .by = MAI }, buf_span(&w.made.bundle), NULL, &e), &e, ERR_CONFLICT, "generation 1");
	ceremony_result_drop(&theirs);
	ceremony_result_drop(&r);
}

static void
orders_that_are_refused(void **state)
{
	own(json_t) *more = json_pack("{s:s, s:s}", "bundle", "", "more", "");
	own_struct(buf) cut = buf_new(1 << 20);
	struct err e;

	second = world_start_process(&w, "antin-hsm", "antin-hsm-issuing-2", true);
	refused("the security officer", roll_over(&(struct draft){ .by = SEC }, buf_span(&next.bundle), NULL, &e), &e, ERR_POLICY, "no role");
	refused("an approver of one agency", roll_over(&(struct draft){ .by = LOCAL }, buf_span(&next.bundle), NULL, &e), &e, ERR_POLICY, "outside the scope");
	refused("another hash", roll_over(&(struct draft){ .by = MAI, .id = "ab" }, buf_span(&next.bundle), NULL, &e), &e, ERR_INPUT, "no hash of a bundle");
	refused("the hash of something else", roll_over(&(struct draft){ .by = MAI, .with = more }, buf_span(&next.bundle), NULL, &e), &e, ERR_CONFLICT, "hash of subject");
	buf_put(&cut, next.bundle.ptr, next.bundle.len);
	cut.ptr[cut.len / 2] ^= 1;
	refused("one octet changed", roll_over(&(struct draft){ .by = MAI }, buf_span(&cut), NULL, &e), &e, ERR_INPUT, "ceremony bundle");
}

/*
 * And after.
 */

static int
shell(const char *command)
{
	own_str char *all = xprintf("cd '%s' && { %s; }", w.dir, command);

	return WEXITSTATUS(system(all));
}

static void
write_pem(const char *name, X509 *cert)
{
	own_str char *path = world_path(&w, name);
	own_struct(buf) pem = buf_new(1 << 14);
	struct err e;

	cert_to_pem(&pem, cert);
	assert_done(file_write(path, buf_span(&pem), 0644, &e), e);
}

/* Soon, for lists come after the order. */
static void
wait_for(const char *what, const char *command)
{
	int status = 1;

	for (int i = 0; i < 600 && status != 0; i++, usleep(20000))
		status = shell(command);
	assert_case(what, status == 0);
}

/* openssl and GnuTLS, with the CRL of the certificate's own key. */
static void
is_judged(const char *name, const char *cert, const char *issuing, const char *crl, const char *word)
{
	own_str char *lists = xprintf("{ openssl crl -inform DER -in public/crl/%s.crl; openssl crl -inform DER -in public/crl/root.crl; } >lists.pem 2>/dev/null", crl);
	own_str char *ossl = xprintf("openssl verify -crl_check_all -CAfile root.pem -untrusted %s -CRLfile lists.pem %s 2>&1 | grep -q '%s'", issuing, cert, word);
	own_str char *gnutls = xprintf("cat %s %s root.pem >chain.pem && certtool --verify-chain --load-crl lists.pem --infile chain.pem 2>&1 | grep -q 'Chain verification output'", cert, issuing);

	assert_case(name, shell(lists) == 0 && shell(ossl) == 0);
	if (shell("command -v certtool >/dev/null") == 0)
		assert_case(name, shell(gnutls) == 0);
}

static void
write_all(void)
{
	write_pem("root.pem", w.root);
	write_pem("issuing1.pem", w.issuing);
	write_pem("issuing2.pem", issuing2);
	write_pem("old.pem", old);
	write_pem("new.pem", new);
}

static void
it_goes_on(void **state)
{
	own(json_t) *answer = NULL;
	struct err e;

	assert_done(roll_over(&(struct draft){ .by = MAI }, buf_span(&next.bundle), &answer, &e), e);
	refused("the same again", roll_over(&(struct draft){ .by = NAM }, buf_span(&next.bundle), NULL, &e), &e, ERR_CONFLICT, "the next one is 3");
	new_key = key_new();
	new = world_enrol(&w, "official", "H99.14", "Người của khóa mới", "CB-700002", "Chuyên viên", new_key);
	assert_int_equal(X509_verify(old, X509_get0_pubkey(w.issuing)), 1);
	assert_int_equal(X509_verify(new, X509_get0_pubkey(issuing2)), 1);
	assert_true(X509_verify(new, X509_get0_pubkey(w.issuing)) != 1);
	assert_int_equal(X509_NAME_cmp(X509_get_issuer_name(old), X509_get_issuer_name(new)), 0);
	assert_int_equal(X509_check_issued(issuing2, new), X509_V_OK);	/* names, and key identifiers */
	assert_int_equal(X509_check_issued(w.issuing, new), X509_V_ERR_AKID_SKID_MISMATCH);
}

static void
both_are_judged(void **state)
{
	write_all();
	wait_for("both CRLs", "test -s public/crl/0.crl -a -s public/crl/1.crl -a -s public/ca/issuing-2.crt");
	is_judged("the old one", "old.pem", "issuing1.pem", "0", "old.pem: OK");
	is_judged("the new one", "new.pem", "issuing2.pem", "1", "new.pem: OK");
	is_judged("the new one under the old key", "new.pem", "issuing1.pem", "1", "error");
	is_judged("the old one with the new key's CRL", "old.pem", "issuing1.pem", "1", "error");
	assert_int_equal(shell("openssl x509 -in new.pem -noout -text | grep -q '/crl/1.crl' && openssl x509 -in old.pem -noout -text | grep -q '/crl/0.crl'"), 0);
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
	is_judged("the old one", "old.pem", "issuing1.pem", "0", "certificate revoked");
	is_judged("the new one", "new.pem", "issuing2.pem", "1", "new.pem: OK");
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

	assert_case(name, shell(request) == 0);
	for (int i = 0; i < 300 && status != 0; i++, usleep(50000)) {
		own_struct(buf) asked = buf_new(4096), answer = buf_new(1 << 16);
		struct pack_head head;

		assert_done(file_read(&asked, in, &e), e);
		ocsp_answer(shelf, buf_span(&asked), clock_now(), &answer, &head);
		assert_done(file_write(out, buf_span(&answer), 0644, &e), e);
		status = shell(ossl);
	}
	ocsp_shelf_free(shelf);
	assert_case(name, status == 0);
	if (shell("command -v ocsptool >/dev/null") == 0)
		assert_case(name, shell(gnutls) == 0);
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

		assert_case(wrong[i], shell(wrong[i]) == 0);
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
	assert_int_equal(X509_verify(cert, X509_get0_pubkey(issuing2)), 1);
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
	second = world_start_process(&w, "antin-hsm", "antin-hsm-issuing-2", true);
	assert_done(world_order(&w, &d, NULL, &e), e);
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
	};

	return cmocka_run_group_tests(tests, begin, end);
}
