/* The root's CRL: what the yearly ceremony makes and refuses to make, and the order
 * that publishes it, given to a whole authority. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "base/file.h"
#include "ca/crl_issue.h"
#include "ca/der.h"
#include "ca/root_crl.h"
#include "tests/ca/next_key.h"
#include "tests/register/database.h"

#include <signal.h>
#include <unistd.h>

#define DAY INT64_C(86400)

static struct world w;
static struct next_key next;
static struct ceremony_result theirs;	/* another authority's */
static EVP_PKEY *their_key;
static X509 *their_root, *their_issuing;
static pid_t second;			/* antin-hsm of the second token */
static int64_t now;

static void
another_authority(void)
{
	struct ceremony_person person = { w.admin[MAI].person, w.admin[MAI].name, w.admin[MAI].title, "H99", "approver", buf_span(&w.admin[MAI].csr) };
	own(EVP_PKEY) *issuing = key_new();
	struct ceremony_plan plan = { .policy = w.policy, .tier = "demonstration", .agency = "H99", .root_name = "Hòa Giang – gốc THỬ NGHIỆM", .issuing_name = NEXT_NAME, .site = NEXT_SITE,
		.log_vkey = "log+00000000+", .issuing_key = issuing, .person = &person, .npersons = 1, .now = clock_now() };
	struct err e;

	plan.root_key = their_key = key_new();
	assert_done(ceremony_make(&theirs, &plan, &e), e);
	assert_done(cert_from_der(&their_root, buf_span(&theirs.root), &e) && cert_from_der(&their_issuing, buf_span(&theirs.issuing), &e), e);
}

static int
begin(void **state)
{
	next_make(&w, &next);
	another_authority();
	now = clock_now();
	return 0;
}

static int
end(void **state)
{
	if (second > 0)
		world_stop(&second, SIGTERM);
	ceremony_result_drop(&theirs);
	EVP_PKEY_free(their_key);
	X509_free(their_root);
	X509_free(their_issuing);
	next_drop(&next);
	world_end(&w);
	return 0;
}

/*
 * The ceremony.
 */

static struct buf
made(const struct root_crl_plan *with)
{
	struct root_crl_plan p = *with;
	struct buf der = buf_new(ROOT_CRL_MAX);
	struct err e;

	p.key = next.root_pkey;
	p.root = w.root;
	p.last = p.last.len > 0 ? p.last : buf_span(&w.made.root_crl);
	p.now = p.now != 0 ? p.now : clock_now();
	assert_done(root_crl_make(&der, &p, &e), e);
	return der;
}

/* Any CRL by this key under the root's name. */
struct odd { EVP_PKEY *key; int64_t number, from, to; const struct crl_row *row; size_t n; };

static struct buf
odd_crl(const struct odd *o)
{
	own_struct(buf) tbs = buf_new(ROOT_CRL_MAX);
	struct buf der = buf_new(ROOT_CRL_MAX);
	struct err e;

	assert_done(crl_tbs(&tbs, w.root, o->number, o->from, o->to, o->row, o->n, &e), e);
	assert_done(signed_by(&der, o->key != NULL ? o->key : next.root_pkey, buf_span(&tbs), &e), e);
	return der;
}

static struct crl_row
row_of(const X509 *cert, int64_t date, int reason)
{
	struct crl_row r = { .date = date, .reason = reason, .invalidity = INT64_MIN };

	memcpy(r.serial, ASN1_STRING_get0_data(X509_get0_serialNumber(cert)), sizeof(r.serial));
	return r;
}

static uint64_t
number_of(struct span der)
{
	own(X509_CRL) *crl = NULL;
	struct crl_facts f;
	struct err e;

	assert_done(crl_from_any(&crl, der, &e) && crl_check(&f, crl, w.root, &e), e);
	assert_int_equal(f.next_update - f.this_update, 366 * DAY);
	return f.number;
}

static void
the_next_one_follows(void **state)
{
	const struct root_revocation first = { next.issuing, 2, now - 60 }, later = { w.issuing, 4, now - 30 };
	own_struct(buf) one = made(&(struct root_crl_plan){ .now = now }), again = made(&(struct root_crl_plan){ .last = buf_span(&one), .now = now });
	own_struct(buf) two = made(&(struct root_crl_plan){ .last = buf_span(&again), .revoke = &first, .nrevoke = 1 });
	own_struct(buf) three = made(&(struct root_crl_plan){ .last = buf_span(&two), .revoke = &later, .nrevoke = 1, .now = clock_now() + 300 * DAY });
	own_struct(buf) four = made(&(struct root_crl_plan){ .last = buf_span(&three), .now = clock_now() + 3000 * DAY });
	own_str char *path = world_path(&w, "four.crl");
	own(X509_CRL) *crl = NULL;
	struct revocation r;
	struct err e;

	assert_true(number_of(buf_span(&one)) > number_of(buf_span(&w.made.root_crl)));
	assert_int_equal(number_of(buf_span(&again)), number_of(buf_span(&one)) + 1);
	assert_done(root_crl_follows(buf_span(&four), buf_span(&w.made.root_crl), w.root, &e), e);
	assert_done(crl_from_any(&crl, buf_span(&four), &e), e);
	crl_lookup(&r, crl, X509_get0_serialNumber(next.issuing));
	assert_true(r.state == CERT_REVOKED && r.reason == 2 && r.date == now - 60);
	crl_lookup(&r, crl, X509_get0_serialNumber(w.issuing));
	assert_true(r.state == CERT_REVOKED && r.reason == 4 && r.date == now - 30);
	assert_done(file_write(path, buf_span(&four), 0644, &e), e);
	world_pem(&w, "root.pem", w.root);
	assert_int_equal(world_shell(&w, "openssl crl -inform DER -in four.crl -noout -verify -CAfile root.pem 2>&1 | grep -q 'verify OK' && "
	    "openssl crl -inform DER -in four.crl -noout -text >four && test $(grep -c 'Serial Number:' four) = 2 && grep -q 'CA Compromise' four && grep -q Superseded four"), 0);
}

static void
what_a_ceremony_refuses(void **state)
{
	const struct root_revocation itself = { w.root, 1, now - 60 }, foreign = { their_issuing, 1, now - 60 }, ahead = { next.issuing, 1, now + DAY }, early = { next.issuing, 1, now - 400 * DAY };
	const struct root_revocation twice[] = { { next.issuing, 1, now - 60 }, { next.issuing, 4, now - 60 } };
	own_struct(buf) last = made(&(struct root_crl_plan){ .revoke = twice, .nrevoke = 1, .now = now }), pem = buf_new(ROOT_CRL_MAX);
	own_str char *path = world_path(&w, "last.crl"), *out = world_path(&w, "last.pem");
	struct err e;

	assert_done(file_write(path, buf_span(&last), 0644, &e), e);
	assert_int_equal(world_shell(&w, "openssl crl -inform DER -in last.crl -out last.pem"), 0);
	assert_done(file_read(&pem, out, &e), e);
	const struct { const char *name; struct root_crl_plan p; enum err_class class; const char *word; } rows[] = {
		{ "another key", { .key = their_key }, ERR_INPUT, "another key" },
		{ "another root's last CRL", { .last = buf_span(&theirs.root_crl) }, ERR_INPUT, "signature does not verify" },
		{ "a last CRL cut short", { .last = span_of(last.ptr, last.len - 1) }, ERR_INPUT, "last CRL" },
		{ "a last CRL in PEM", { .last = buf_span(&pem) }, ERR_INPUT, "not in DER" },
		{ "a clock that is slow", { .now = now - DAY }, ERR_POLICY, "is the clock right" },
		{ "the root itself", { .revoke = &itself, .nrevoke = 1 }, ERR_POLICY, "does not revoke itself" },
		{ "another root's issuing certificate", { .revoke = &foreign, .nrevoke = 1 }, ERR_POLICY, "not this root's" },
		{ "a date in the future", { .revoke = &ahead, .nrevoke = 1 }, ERR_POLICY, "in the future" },
		{ "a date before the certificate", { .revoke = &early, .nrevoke = 1 }, ERR_POLICY, "before it began" },
		{ "twice", { .last = buf_span(&w.made.root_crl), .revoke = twice, .nrevoke = 2 }, ERR_CONFLICT, "certificate 2 to be revoked: it is revoked already" },
		{ "revoked already", { .revoke = &twice[1], .nrevoke = 1 }, ERR_CONFLICT, "revoked already" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct root_crl_plan p = rows[i].p;
		own_struct(buf) der = buf_new(ROOT_CRL_MAX);

		p.key = p.key != NULL ? p.key : next.root_pkey;
		p.root = w.root;
		p.last = p.last.len > 0 ? p.last : buf_span(&last);
		p.now = p.now != 0 ? p.now : now;
		world_refused(rows[i].name, root_crl_make(&der, &p, &e), &e, rows[i].class, rows[i].word);
		assert_case(rows[i].name, der.len == 0);
	}
}

static void
reasons(void **state)
{
	static const char *const none[] = { "", "certificateHold", "removeFromCRL", "privilegeWithdrawn", "keycompromise", "1" };
	int code;
	struct err e;

	for (size_t i = 0; i < COUNT(none); i++)
		world_refused(none[i], root_crl_reason(&code, none[i], &e), &e, ERR_INPUT, "is no reason");
	assert_true(root_crl_reason(&code, "cACompromise", &e) && code == 2);
}

static void
what_does_not_follow(void **state)
{
	const struct root_revocation one = { next.issuing, 1, now - 60 };
	const struct crl_row later = row_of(next.issuing, now - 30, 1), milder = row_of(next.issuing, now - 60, 4), other = row_of(w.issuing, now - 60, 1);
	own_struct(buf) last = made(&(struct root_crl_plan){ .revoke = &one, .nrevoke = 1, .now = now });
	const struct { const char *name; struct odd odd; enum err_class class; const char *word; } rows[] = {
		{ "the same number", { .number = now, .from = now, .to = now + DAY, .row = &later, .n = 1 }, ERR_CONFLICT, "already" },
		{ "a smaller number", { .number = 1, .from = now, .to = now + DAY, .row = &later, .n = 1 }, ERR_CONFLICT, "already" },
		{ "an earlier thisUpdate", { .number = now + 9, .from = now - 1, .to = now + DAY, .row = &later, .n = 1 }, ERR_POLICY, "before the last one's" },
		{ "an entry is missing", { .number = now + 9, .from = now, .to = now + DAY }, ERR_POLICY, "is missing" },
		{ "another entry instead", { .number = now + 9, .from = now, .to = now + DAY, .row = &other, .n = 1 }, ERR_POLICY, "is missing" },
		{ "its date is later", { .number = now + 9, .from = now, .to = now + DAY, .row = &later, .n = 1 }, ERR_POLICY, "is another" },
		{ "its reason is milder", { .number = now + 9, .from = now, .to = now + DAY, .row = &milder, .n = 1 }, ERR_POLICY, "is another" },
		{ "another key", { .key = their_key, .number = now + 9, .from = now, .to = now + DAY }, ERR_INPUT, "signature" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) der = odd_crl(&rows[i].odd);
		struct err e;

		world_refused(rows[i].name, root_crl_follows(buf_span(&der), buf_span(&last), w.root, &e), &e, rows[i].class, rows[i].word);
	}
}

/* A later generation's takes over what the last one revoked; the first has none before it. */
static void
a_roll_over_forgets_nothing(void **state)
{
	const struct root_revocation one = { w.issuing, 2, now - 60 };
	own_struct(buf) last = made(&(struct root_crl_plan){ .revoke = &one, .nrevoke = 1 });
	own_struct(ceremony_result) r = { .root = buf_new(1) };
	own_struct(ceremony_result) none = { .root = buf_new(1) };
	own(EVP_PKEY) *key = key_new();
	struct ceremony_plan plan = { .policy = w.policy, .tier = "demonstration", .agency = "H99", .issuing_name = NEXT_NAME, .site = NEXT_SITE, .root_key = next.root_pkey, .root = w.root,
		.issuing_key = key, .generation = 2, .now = clock_now() };
	struct err e;

	assert_done(next_hold(&r, &w, &next, &(struct next_variant){ .issuing = key, .last_crl = buf_span(&last) }, SPAN_NONE, &e), e);
	assert_done(root_crl_follows(buf_span(&r.root_crl), buf_span(&last), w.root, &e), e);
	world_refused("a roll-over without the last CRL", ceremony_make(&none, &plan, &e), &e, ERR_INPUT, "is given the root's last CRL");
}

/*
 * The order.
 */

static bool
order(const struct draft *as, struct span der, json_t **answer, struct err *e)
{
	own_struct(buf) base64 = buf_new(1 << 20);
	own(json_t) *with = NULL;
	char hex[2 * SHA256_LEN + 1];
	unsigned char hash[SHA256_LEN];
	struct draft d = *as;

	base64_put(&base64, der);
	with = json_pack("{s:s}", "crl", buf_str(&base64));
	sha256(hash, der);
	hex_text(hex, span_of(hash, sizeof(hash)));
	d.verb = "authority.root-crl";
	d.id = d.id == NULL ? hex : d.id;
	draft_with(&d, d.with == NULL ? with : d.with);
	return world_order_of_two(&w, &d, d.by == NAM ? MAI : NAM, answer, e);
}

static int64_t
recorded(void)
{
	return database_int(w.database, "SELECT count(*) FROM policy_adopted WHERE what = 'root-crl'", NULL, -1);
}

static bool
is_public(struct span der)
{
	own_str char *path = world_path(&w, "public/crl/root.crl");
	bool same = false;

	for (time_t until = 0; !same && wait_more(&until);) {
		own_struct(buf) text = buf_new(ROOT_CRL_MAX);
		struct err e;

		same = file_read(&text, path, &e) && span_eq(buf_span(&text), der);
	}
	return same;
}

static void
orders_that_are_refused(void **state)
{
	own(json_t) *more = json_pack("{s:s, s:s}", "crl", "AAAA", "more", ""), *bundle = json_pack("{s:s}", "bundle", "AAAA");
	own_struct(buf) good = made(&(struct root_crl_plan){ .now = 0 }), changed = made(&(struct root_crl_plan){ .now = 0 });
	const int64_t to = clock_now() + 30 * DAY;
	const struct { const char *name; struct odd odd; enum err_class class; const char *word; } odds[] = {
		{ "of a time to come", { .from = clock_now() + 3600, .to = to }, ERR_POLICY, "in the future" },
		{ "of another key", { .key = their_key, .from = clock_now(), .to = to }, ERR_INPUT, "signature" },
		{ "for ever", { .from = clock_now(), .to = clock_now() + 400 * DAY }, ERR_POLICY, "lasts longer than 366 days" },
		{ "of yesterday", { .from = clock_now() - DAY, .to = to }, ERR_POLICY, "before the last one's" },
	};
	struct err e;

	world_start(&w);
	for (size_t i = 0; i < COUNT(odds); i++) {
		struct odd o = odds[i].odd;

		o.number = clock_now() + 1000000;
		own_struct(buf) der = odd_crl(&o);
		world_refused(odds[i].name, order(&(struct draft){ .by = MAI }, buf_span(&der), NULL, &e), &e, odds[i].class, odds[i].word);
	}
	{
		own(X509_CRL) *first = NULL;
		struct crl_facts f;

		assert_done(crl_from_any(&first, buf_span(&w.made.root_crl), &e) && crl_check(&f, first, w.root, &e), e);
		while (clock_now() <= f.this_update + 1)
			usleep(100000);
		own_struct(buf) der = odd_crl(&(struct odd){ .number = clock_now() + 1000000, .from = f.this_update, .to = f.this_update + 1 });
		world_refused("that has ended", order(&(struct draft){ .by = MAI }, buf_span(&der), NULL, &e), &e, ERR_POLICY, "has ended");
	}
	changed.ptr[changed.len - 1] ^= 1;
	world_refused("the one that is published", order(&(struct draft){ .by = MAI }, buf_span(&w.made.root_crl), NULL, &e), &e, ERR_CONFLICT, "already");
	world_refused("another root's", order(&(struct draft){ .by = MAI }, buf_span(&theirs.root_crl), NULL, &e), &e, ERR_INPUT, "signature");
	world_refused("one octet changed", order(&(struct draft){ .by = MAI }, buf_span(&changed), NULL, &e), &e, ERR_INPUT, "new CRL");
	world_refused("cut short", order(&(struct draft){ .by = MAI }, span_of(good.ptr, good.len - 1), NULL, &e), &e, ERR_INPUT, "new CRL");
	world_refused("a certificate", order(&(struct draft){ .by = MAI }, buf_span(&w.made.root), NULL, &e), &e, ERR_INPUT, "new CRL");
	world_refused("nothing", order(&(struct draft){ .by = MAI }, SPAN_NONE, NULL, &e), &e, ERR_INPUT, "new CRL");
	world_refused("the security officer", order(&(struct draft){ .by = SEC }, buf_span(&good), NULL, &e), &e, ERR_POLICY, "no role");
	world_refused("an approver of one agency", order(&(struct draft){ .by = LOCAL }, buf_span(&good), NULL, &e), &e, ERR_POLICY, "outside the scope");
	world_refused("no hash", order(&(struct draft){ .by = MAI, .id = "ab" }, buf_span(&good), NULL, &e), &e, ERR_INPUT, "no hash of a CRL");
	world_refused("the hash of something else", order(&(struct draft){ .by = MAI, .id = "00000000000000000000000000000000000000000000000000000000000000aa" }, buf_span(&good), NULL, &e), &e, ERR_INPUT, "not the SHA-256");
	world_refused("a member too many", order(&(struct draft){ .by = MAI, .with = more }, buf_span(&good), NULL, &e), &e, ERR_INPUT, "more");
	world_refused("a bundle", order(&(struct draft){ .by = MAI, .with = bundle }, buf_span(&good), NULL, &e), &e, ERR_INPUT, "bundle");
	assert_int_equal(recorded(), 0);
	assert_true(is_public(buf_span(&w.made.root_crl)));
}

static void
it_is_published(void **state)
{
	own_struct(buf) first = made(&(struct root_crl_plan){ .now = 0 });
	struct err e;

	assert_done(order(&(struct draft){ .by = MAI }, buf_span(&first), NULL, &e), e);
	assert_int_equal(recorded(), 1);
	assert_true(is_public(buf_span(&first)));
	world_refused("the same again", order(&(struct draft){ .by = NAM }, buf_span(&first), NULL, &e), &e, ERR_CONFLICT, "already");
	world_refused("an older one", order(&(struct draft){ .by = NAM }, buf_span(&next.made.root_crl), NULL, &e), &e, ERR_CONFLICT, "already");
}

/* Its bundle is from before: what was published meanwhile stays. */
static void
an_older_bundle_takes_nothing_back(void **state)
{
	own_str char *path = world_path(&w, "public/crl/root.crl");
	own_struct(buf) before = buf_new(ROOT_CRL_MAX);
	struct err e;

	second = next_start_hsm(&w);
	assert_done(file_read(&before, path, &e), e);
	assert_done(next_order(&w, &(struct draft){ .by = MAI }, buf_span(&next.made.bundle), NULL, &e), e);
	assert_int_equal(recorded(), 1);
	assert_true(is_public(buf_span(&before)));
}

static void
a_revocation_stays(void **state)
{
	own_str char *path = world_path(&w, "public/crl/root.crl");
	const struct root_revocation one = { w.issuing, 2, now };
	own_struct(buf) before = buf_new(ROOT_CRL_MAX);
	struct err e;

	assert_done(file_read(&before, path, &e), e);
	own_struct(buf) tells = made(&(struct root_crl_plan){ .last = buf_span(&before), .revoke = &one, .nrevoke = 1 });
	own_struct(buf) goes_on = made(&(struct root_crl_plan){ .last = buf_span(&tells), .now = clock_now() });
	own_struct(buf) other = odd_crl(&(struct odd){ .number = clock_now() + 1000, .from = clock_now(), .to = clock_now() + DAY });
	assert_done(order(&(struct draft){ .by = MAI }, buf_span(&tells), NULL, &e), e);
	assert_true(is_public(buf_span(&tells)));
	world_pem(&w, "issuing.pem", w.issuing);
	assert_int_equal(world_shell(&w, "openssl crl -inform DER -in public/crl/root.crl -out r.pem && openssl verify -crl_check -CAfile root.pem -CRLfile r.pem issuing.pem 2>&1 | grep -q 'certificate revoked'"), 0);
	world_refused("one without the entry", order(&(struct draft){ .by = MAI }, buf_span(&other), NULL, &e), &e, ERR_POLICY, "is missing");
	assert_done(order(&(struct draft){ .by = MAI }, buf_span(&goes_on), NULL, &e), e);
	assert_int_equal(recorded(), 3);
	assert_true(is_public(buf_span(&goes_on)));
	assert_int_equal(world_shell(&w, "openssl crl -inform DER -in public/crl/root.crl -noout -text | grep -q 'CA Compromise'"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_one_follows),
		cmocka_unit_test(what_a_ceremony_refuses),
		cmocka_unit_test(reasons),
		cmocka_unit_test(what_does_not_follow),
		cmocka_unit_test(a_roll_over_forgets_nothing),
		cmocka_unit_test(orders_that_are_refused),
		cmocka_unit_test(it_is_published),
		cmocka_unit_test(an_older_bundle_takes_nothing_back),
		cmocka_unit_test(a_revocation_stays),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
