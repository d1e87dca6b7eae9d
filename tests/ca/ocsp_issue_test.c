/* What OCSP says: one row a case, each answer read by `openssl ocsp`, by
 * ocsptool and by the judge's own code; batches that follow from the log; packs
 * of several batches side by side. */
#include "tests/base/test.h"

#include "api/ocsp.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/pack.h"
#include "ca/crl_issue.h"
#include "ca/ocsp_issue.h"
#include "ca/ocsp_prefix.h"
#include "ca/orders.h"
#include "ca/responder_renew.h"
#include "tests/ca/left.h"
#include "tests/ca/world.h"
#include "tests/register/database.h"
#include "verifier/ocsp.h"

#include <openssl/ocsp.h>
#include <signal.h>
#include <unistd.h>

OWN_WITH(OCSP_REQUEST, OCSP_REQUEST_free)
OWN_WITH(OCSP_RESPONSE, OCSP_RESPONSE_free)

enum subject { GOOD, REVOKED, COMPROMISED, HELD, RESUMED, ENDED, EXPIRED, VOID, UNKNOWN, SUBJECTS };
enum { ANSWERED = 0, MALFORMED = 1, TRY_LATER = 3, UNAUTHORIZED = 6 };

static struct world w;
static struct authority a;
static struct ocsp_shelf *shelf;
static char *public;
static X509 *cert[SUBJECTS];		/* of VOID and UNKNOWN there is none */
static struct buf serial[SUBJECTS];
static int64_t now;

static void
enrol(enum subject s, const char *person)
{
	own(EVP_PKEY) *key = key_new();
	const ASN1_INTEGER *n;

	cert[s] = world_enrol(&w, "official", "H99.14", "Người Thử", person, "Chuyên viên", key);
	n = X509_get0_serialNumber(cert[s]);
	serial[s] = buf_new(64);
	buf_put(&serial[s], ASN1_STRING_get0_data(n), (size_t)ASN1_STRING_length(n));
}

static void
order(enum subject s, int by, const char *verb, const char *code)
{
	own(json_t) *with = code != NULL ? json_pack("{s:s}", "code", code) : NULL;
	const struct order_subject subject = subject_of(cert[s]);
	struct draft d = { .by = by, .verb = verb, .with = with, .subjects = &subject, .nsubjects = 1 };
	struct err e;

	assert_done(world_order(&w, &d, NULL, &e), e);
}

/* Reserved; then the token was away. */
static void
make_void(void)
{
	own(EVP_PKEY) *key = key_new();
	own_struct(buf) csr = buf_new(4096);
	own_struct(buf) text = buf_new(CA_MESSAGE_MAX);
	own_str char *body = NULL;
	own(json_t) *request = NULL;
	own(json_t) *list = NULL;
	struct draft d = { .by = MAI, .verb = "cert.approve" };
	struct err e;

	csr_of(&csr, key);
	body = ask_text("official", "H99.14", "Người xin", "CB-600001", "Chuyên viên", buf_span(&csr));
	assert_done(world_text(&w, CA_REQUEST, body, &text, &e) && json_read(&request, buf_span(&text), &e), e);
	d.id = json_string_value(json_object_get(request, "id"));
	hash_from_hex(d.hash, request);
	world_stop(&w.hsm, SIGTERM);
	assert_false(world_order(&w, &d, NULL, &e));
	world_start_hsm(&w);
	list = world_list(&w, "{\"what\":\"certificates\",\"state\":\"void\"}");
	serial[VOID] = buf_new(64);
	assert_done(hex_get(&serial[VOID], span_str(json_string_value(json_object_get(json_array_get(json_object_get(list, "items"), 0), "id"))), &e), e);
}

/* So that what changes afterwards is in a delta. */
static void
wait_for_a_whole_batch(void)
{
	own_str char *last = world_path(&w, "public/ocsp/f.pack");

	for (time_t until = 0; access(last, R_OK) != 0 && wait_more(&until);)
		;
	assert_int_equal(access(last, R_OK), 0);
}

static int
begin(void **state)
{
	struct err e;

	world_make_with_ocsp(&w);
	world_start(&w);
	wait_for_a_whole_batch();
	enrol(GOOD, "CB-500001");
	enrol(REVOKED, "CB-500002");
	enrol(COMPROMISED, "CB-500003");
	enrol(EXPIRED, "CB-500004");
	enrol(HELD, "CB-500005");
	enrol(RESUMED, "CB-500006");
	enrol(ENDED, "CB-500007");
	serial[UNKNOWN] = buf_new(64);
	assert_done(hex_get(&serial[UNKNOWN], span_str("4001020304050607080910111213141516171819"), &e), e);
	make_void();
	order(REVOKED, SEC, "cert.revoke", NULL);
	order(COMPROMISED, SEC, "cert.revoke", "keyCompromise");
	order(HELD, SEC, "cert.suspend", NULL);
	order(RESUMED, SEC, "cert.suspend", NULL);
	order(RESUMED, MAI, "cert.resume", NULL);
	order(ENDED, SEC, "cert.suspend", NULL);
	order(ENDED, SEC, "cert.revoke", "keyCompromise");
	/* From here on batches are made in this process, at times of our choice. */
	assert_int_equal(WEXITSTATUS(world_stop_ca(&w, SIGTERM)), 0);
	own_str char *reg = world_path(&w, "run/antin-register.ca.sock");
	own_str char *hsm = world_path(&w, "run/antin-hsm-issuing.ca.sock");
	a.policy = w.policy;
	now = clock_now();
	assert_done(authority_take(&a, X509_dup(w.root), X509_dup(w.issuing), "https://a.example", now, &e), e);
	a.reg = reg_new(reg);
	a.newest->hsm = hsm_new(hsm);
	a.newest->crl = crl_clock_new();
	a.newest->ocsp = ocsp_clock_new();
	public = world_path(&w, "public");
	shelf = ocsp_shelf_new(public);
	return 0;
}

static int
end(void **state)
{
	ocsp_shelf_free(shelf);
	free(public);
	world_end(&w);
	return 0;
}

/*
 * Asking.
 */

struct ask { enum subject who; const EVP_MD *md; X509 *issuer; int nonce; enum subject also; };

static void
add(OCSP_REQUEST *r, const struct ask *q, enum subject who)
{
	X509 *issuer = q->issuer != NULL ? q->issuer : w.issuing;
	own(BIGNUM) *bn = BN_bin2bn(serial[who].ptr, (int)serial[who].len, NULL);
	own(ASN1_INTEGER) *n = BN_to_ASN1_INTEGER(bn, NULL);

	assert_non_null(OCSP_request_add0_id(r, OCSP_cert_id_new(q->md, X509_get_subject_name(issuer), X509_get0_pubkey_bitstr(issuer), n)));
}

static void
request_of(struct buf *out, const struct ask *q)
{
	own(OCSP_REQUEST) *r = OCSP_REQUEST_new();
	unsigned char *der = NULL, nonce[64] = { 3 };
	int n;

	add(r, q, q->who);
	if (q->also != q->who)
		add(r, q, q->also);
	if (q->nonce > 0)
		assert_int_equal(OCSP_request_add1_nonce(r, nonce, q->nonce), 1);
	n = i2d_OCSP_REQUEST(r, &der);
	*out = buf_new(4096);
	buf_put(out, der, (size_t)n);
	OPENSSL_free(der);
}

/* The OCSPResponseStatus; the answer in out. */
static int
answer(struct ocsp_shelf *s, const struct ask *q, int64_t at, struct buf *out)
{
	own_struct(buf) request = buf_new(1);
	own(OCSP_RESPONSE) *r = NULL;
	struct pack_head head;
	const unsigned char *p;

	request_of(&request, q);
	*out = buf_new(1 << 16);
	ocsp_answer(s, buf_span(&request), at, out, &head);
	p = out->ptr;
	r = d2i_OCSP_RESPONSE(NULL, &p, (long)out->len);
	assert_non_null(r);
	assert_true((head.kind.len > 0) == (OCSP_response_status(r) == ANSWERED));
	return OCSP_response_status(r);
}

/* A batch at this time, and its packs where they can be seen. */
static int64_t
issue(int64_t at)
{
	int64_t number;
	struct err e;

	assert_done(ocsp_issue(a.newest, at, &number, &e) && reg_flush(a.reg, &e), e);
	assert_done(reg_flush(a.reg, &e), e);	/* lists come after the log that they rest on */
	usleep(300000);		/* the shelf looks five times a second */
	left_take(&w);		/* the next batch takes its packs' place */
	return number;
}

/*
 * By others' programs.
 */

static void
put(const char *name, struct span octets)
{
	own_str char *path = world_path(&w, name);
	struct err e;

	assert_done(file_write(path, octets, 0644, &e), e);
}

static bool
program_says(const char *command, const char *word)
{
	own_struct(buf) text = buf_new(1 << 16);
	FILE *f = popen(command, "r");
	char line[1000];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		buf_put_str(&text, line);
	pclose(f);
	if (strstr(buf_str(&text), word) != NULL)
		return true;
	print_error("%s\n%s\nlacks \"%s\"\n", command, buf_str(&text), word);
	return false;
}

static void
by_others(const char *name, enum subject who, struct span der, const char *openssl_word, const char *gnutls_word)
{
	own_struct(buf) hex = buf_new(64);
	own_struct(buf) pem = buf_new(1 << 16);
	own_str char *by_openssl = NULL, *by_gnutls = NULL;

	cert_to_pem(&pem, w.issuing);
	put("resp.der", der);
	put("issuing.pem", buf_span(&pem));
	buf_reset(&pem);
	cert_to_pem(&pem, w.root);
	put("root.pem", buf_span(&pem));
	hex_put(&hex, buf_span(&serial[who]));
	by_openssl = xprintf("cd %s && openssl ocsp -respin resp.der -issuer issuing.pem -serial 0x%s -CAfile root.pem -verify_other issuing.pem 2>&1", w.dir, buf_str(&hex));
	by_gnutls = xprintf("cd %s && ocsptool --response-info --infile=resp.der --inder 2>&1; ocsptool --verify-response --infile=resp.der --inder --load-trust=issuing.pem 2>&1", w.dir);
	assert_case(name, program_says(by_openssl, "Response verify OK") && program_says(by_openssl, openssl_word));
	assert_case(name, program_says(by_gnutls, gnutls_word) && program_says(by_gnutls, "Verifying OCSP Response: Success"));
}

/*
 * The table.
 */

static void
the_table(void **state)
{
	const struct { const char *name; struct ask q; int64_t later; int status; enum cert_state says; int reason; } rows[] = {
		{ "good, by SHA-1", { GOOD, EVP_sha1(), .also = GOOD }, 0, ANSWERED, CERT_GOOD },
		{ "good, by SHA-256", { GOOD, EVP_sha256(), .also = GOOD }, 0, ANSWERED, CERT_GOOD },
		{ "good, with a nonce", { GOOD, EVP_sha1(), .nonce = 32, .also = GOOD }, 0, ANSWERED, CERT_GOOD },
		{ "good, a day later", { GOOD, EVP_sha1(), .also = GOOD }, 86400, ANSWERED, CERT_GOOD },
		{ "revoked, no reason", { REVOKED, EVP_sha1(), .also = REVOKED }, 0, ANSWERED, CERT_REVOKED, 0 },
		{ "revoked, keyCompromise", { COMPROMISED, EVP_sha256(), .also = COMPROMISED }, 0, ANSWERED, CERT_REVOKED, 1 },
		{ "held, by SHA-1", { HELD, EVP_sha1(), .also = HELD }, 0, ANSWERED, CERT_REVOKED, 6 },
		{ "held, by SHA-256 with a nonce", { HELD, EVP_sha256(), .nonce = 32, .also = HELD }, 0, ANSWERED, CERT_REVOKED, 6 },
		{ "resumed, by SHA-1", { RESUMED, EVP_sha1(), .also = RESUMED }, 0, ANSWERED, CERT_GOOD },
		{ "resumed, by SHA-256", { RESUMED, EVP_sha256(), .also = RESUMED }, 0, ANSWERED, CERT_GOOD },
		{ "held, then revoked", { ENDED, EVP_sha1(), .also = ENDED }, 0, ANSWERED, CERT_REVOKED, 1 },
		{ "a reservation that was voided", { VOID, EVP_sha1(), .also = VOID }, 0, ANSWERED, CERT_REVOKED, 5 },
		{ "not expired yet", { EXPIRED, EVP_sha1(), .also = EXPIRED }, 0, ANSWERED, CERT_GOOD },
		{ "never issued", { UNKNOWN, EVP_sha1(), .also = UNKNOWN }, 0, UNAUTHORIZED },
		{ "never issued, by SHA-256", { UNKNOWN, EVP_sha256(), .also = UNKNOWN }, 0, UNAUTHORIZED },
		{ "another issuer", { GOOD, EVP_sha1(), .issuer = w.root, .also = GOOD }, 0, UNAUTHORIZED },
		{ "another hash", { GOOD, EVP_sha384(), .also = GOOD }, 0, UNAUTHORIZED },
		{ "two certificates", { GOOD, EVP_sha1(), .also = REVOKED }, 0, UNAUTHORIZED },
		{ "two certificates, one held", { HELD, EVP_sha256(), .also = GOOD }, 0, UNAUTHORIZED },
		{ "held, of another issuer", { HELD, EVP_sha256(), .issuer = w.root, .also = HELD }, 0, UNAUTHORIZED },
		{ "stale", { GOOD, EVP_sha1(), .also = GOOD }, OCSP_VALID_SECS + 10, TRY_LATER },
		{ "stale, and held", { HELD, EVP_sha1(), .also = HELD }, OCSP_VALID_SECS + 10, TRY_LATER },
		{ "stale, and revoked", { REVOKED, EVP_sha1(), .also = REVOKED }, OCSP_VALID_SECS + 10, TRY_LATER },
	};

	issue(now);
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) der = buf_new(1);
		enum subject who = rows[i].q.who;
		struct revocation says;
		struct err e;

		assert_case(rows[i].name, answer(shelf, &rows[i].q, now + rows[i].later, &der) == rows[i].status);
		if (rows[i].status != ANSWERED)
			continue;
		by_others(rows[i].name, who, buf_span(&der), rows[i].says == CERT_GOOD ? ": good" : ": revoked", rows[i].says == CERT_GOOD ? "good" : "revoked");
		if (cert[who] == NULL)
			continue;
		assert_done(ocsp_lookup(&says, buf_span(&der), cert[who], w.issuing, now + 10, &e), e);
		assert_case(rows[i].name, says.state == rows[i].says && says.reason == rows[i].reason);
		assert_done(ocsp_lookup(&says, buf_span(&der), cert[who], w.issuing, now + 10 + OCSP_VALID_SECS, &e), e);
		assert_case(rows[i].name, says.state == CERT_UNKNOWN);
		/* Of another certificate it says nothing, and to another issuer it is no word. */
		assert_done(ocsp_lookup(&says, buf_span(&der), cert[who == GOOD ? REVOKED : GOOD], w.issuing, now + 10, &e), e);
		assert_case(rows[i].name, says.state == CERT_UNKNOWN);
		assert_case(rows[i].name, !ocsp_lookup(&says, buf_span(&der), cert[who], w.root, now + 10, &e));
		der.ptr[der.len / 4] ^= 1;
		assert_case(rows[i].name, !ocsp_lookup(&says, buf_span(&der), cert[who], w.issuing, now + 10, &e) || says.state == CERT_UNKNOWN);
	}
}

static X509 *
responder(void)
{
	own_struct(reg_unit) ask = reg_read_new("cert.by_profile");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[15];
	X509 *x = NULL;
	struct err e;

	reg_text(&ask, "profile", "ocsp");
	assert_done(reg_one(a.reg, &ask, &rows, c, 15, "responder", &e) && cert_from_der(&x, c[6].s, &e), e);
	return x;
}

static void
it_follows_from_the_log(void **state)
{
	static const char *const kinds[] = { "ocsp", "ocsp-delta" };
	own_str char *folder = world_path(&w, "public");
	own(X509) *by = responder();
	struct prefix p;
	struct err e;

	assert_done(reg_flush(a.reg, &e) && prefix_open(&p, folder, NULL, &e), e);
	for (size_t i = 0; i < 2; i++) {
		own_struct(buf) tbs = buf_new(1 << 20);
		struct list_entry said;

		assert_done(ocsp_from_prefix(&tbs, &said, &p, p.head.size, i == 1, w.issuing, by, 0, &e), e);
		assert_true(tbs.len > 0 && said.size <= said.index);
		buf_reset(&tbs);
		assert_case(kinds[i], !ocsp_from_prefix(&tbs, &said, &p, p.head.size, i == 1, w.root, by, 0, &e));
		buf_reset(&tbs);
		assert_case(kinds[i], !ocsp_from_prefix(&tbs, &said, &p, p.head.size, i == 1, w.issuing, w.issuing, 0, &e));
	}
}

static void
copy_packs(const char *from, const char *what, const char *to)
{
	own_str char *command = xprintf("mkdir -p %s/%s/ocsp && cp %s/%s/ocsp/%s %s/%s/ocsp/", w.dir, to, w.dir, from, what, w.dir, to);

	assert_int_equal(system(command), 0);
}

static int
asked_in(const char *folder, enum subject who, int64_t at)
{
	own_str char *path = world_path(&w, folder);
	struct ocsp_shelf *s = ocsp_shelf_new(path);
	struct ask q = { who, EVP_sha1(), .also = who };
	own_struct(buf) der = buf_new(1);
	int status = answer(s, &q, at, &der);

	ocsp_shelf_free(s);
	return status;
}

/* Nothing changed: no batch.  Half a day later a whole one; the packs of both in
 * every mixture say what is true, or nothing. */
static void
several_batches_side_by_side(void **state)
{
	int64_t was = issue(now + 60), is;

	assert_true(issue(now + 120) == was);
	copy_packs("public", "[0-9a-f].pack", "old");
	copy_packs("public", "delta.pack", "old");
	is = issue(now + OCSP_EVERY_SECS + 60);
	assert_true(is > was);
	copy_packs("public", "[0-9a-f].pack", "new");

	/* The new whole batch beside the old delta, which it has overtaken. */
	copy_packs("new", "[0-9a-f].pack", "over");
	copy_packs("old", "delta.pack", "over");
	assert_int_equal(asked_in("over", GOOD, now + OCSP_EVERY_SECS + 70), ANSWERED);
	assert_int_equal(asked_in("over", REVOKED, now + OCSP_EVERY_SECS + 70), ANSWERED);
	/* A whole batch that is lost, its delta not; no pack at all. */
	copy_packs("old", "delta.pack", "alone");
	assert_int_equal(asked_in("alone", GOOD, now + 70), TRY_LATER);
	assert_int_equal(asked_in("nowhere", GOOD, now + 70), TRY_LATER);
	/* A pack that is cut off. */
	copy_packs("old", "[0-9a-f].pack", "cut");
	{
		own_str char *command = xprintf("for f in %s/cut/ocsp/*.pack; do truncate -s -1 $f; done", w.dir);

		assert_int_equal(system(command), 0);
	}
	assert_int_equal(asked_in("cut", GOOD, now + 70), TRY_LATER);
	/* A delta that is there and cannot be read: who is in it? */
	copy_packs("old", "*.pack", "torn");
	assert_int_equal(asked_in("torn", GOOD, now + 70), ANSWERED);
	{
		own_str char *command = xprintf("head -c 30 %s/old/ocsp/delta.pack >%s/torn/ocsp/delta.pack", w.dir, w.dir);

		assert_int_equal(system(command), 0);
	}
	assert_int_equal(asked_in("torn", GOOD, now + 70), TRY_LATER);
	{
		own_str char *command = xprintf("rm %s/torn/ocsp/delta.pack && mkdir %s/torn/ocsp/delta.pack", w.dir, w.dir);

		assert_int_equal(system(command), 0);
	}
	assert_int_equal(asked_in("torn", GOOD, now + 70), TRY_LATER);
}

static int64_t
whole_number(void)
{
	struct values v = { .n = 0 };

	return database_int(w.database, "SELECT max(number) FROM ocsp WHERE follows IS NULL", &v, -1);
}

/* Carried out in this process; batches are made by the test itself. */
static void
order_here(struct draft d)
{
	own_struct(buf) cms = buf_new(ORDER_MAX), answer = buf_new(CA_MESSAGE_MAX);
	struct hash root;
	uint64_t size;
	struct err e;

	assert_done(reg_head(a.reg, &size, &root, &e), e);
	d.after_size = (int64_t)size;
	d.after_root = root.octet;
	order_cms(&w, &d, &cms);
	assert_done(order_carry_out(&a, buf_span(&cms), clock_now(), &answer, &e), e);
}

static void
order_to_publish(const char *with)
{
	own(json_t) *j = json_loads(with, 0, NULL);
	struct draft d = { .by = SEC, .verb = "authority.publish", .id = "H99", .with = j };

	sha256(d.hash, span_str(with));
	order_here(d);
}

/* Though nothing changed and none is due; once; and not for an order of a CRL alone. */
static void
a_whole_batch_when_ordered(void **state)
{
	int64_t at = now + OCSP_EVERY_SECS + 100, last = whole_number(), shown;

	order_to_publish("{\"what\":[\"crl\"]}");
	issue(at);
	assert_int_equal(whole_number(), last);
	order_to_publish("{\"what\":[\"crl\",\"ocsp\"]}");
	order_to_publish("{\"what\":[\"crl\"]}");
	shown = issue(at + 10);
	assert_true(shown > last && whole_number() == shown);
	assert_int_equal(asked_in("public", GOOD, at + 20), ANSWERED);
	issue(at + 30);
	assert_int_equal(whole_number(), shown);
}

/* The register's row is altered, because nobody waits three years. */
static void
who_has_expired_has_no_answer(void **state)
{
	own_struct(buf) hex = buf_new(64);
	own_struct(buf) der = buf_new(1);
	struct ask q = { EXPIRED, EVP_sha1(), .also = EXPIRED };
	int64_t at = now + 2 * OCSP_EVERY_SECS + 200;
	own_str char *sql = NULL;

	hex_put(&hex, buf_span(&serial[EXPIRED]));
	sql = xprintf(database_is_server() ? "UPDATE certificate SET not_after = %lld WHERE serial = '\\x%s'" : "UPDATE certificate SET not_after = %lld WHERE serial = x'%s'",
	    (long long)at - 1, buf_str(&hex));
	database_do(w.database, sql);
	w.broken = true;
	issue(at);
	assert_int_equal(answer(shelf, &q, at, &der), UNAUTHORIZED);
	buf_drop(&der);
	q.who = q.also = GOOD;
	assert_int_equal(answer(shelf, &q, at, &der), ANSWERED);
}

/* By openssl, at that time. */
static void
answers_at(int64_t at, X509 *by)
{
	struct ask q = { GOOD, EVP_sha256(), .also = GOOD };
	own_struct(buf) der = buf_new(1), hex = buf_new(64), pem = buf_new(1 << 16), octets = buf_new(8192);
	own_str char *command = NULL;

	assert_int_equal(answer(shelf, &q, at, &der), ANSWERED);
	cert_to_der(&octets, by);
	assert_non_null(memmem(der.ptr, der.len, octets.ptr, octets.len));
	put("resp.der", buf_span(&der));
	cert_to_pem(&pem, w.issuing);
	put("issuing.pem", buf_span(&pem));
	buf_reset(&pem);
	cert_to_pem(&pem, w.root);
	put("root.pem", buf_span(&pem));
	hex_put(&hex, buf_span(&serial[GOOD]));
	command = xprintf("cd %s && openssl ocsp -respin resp.der -issuer issuing.pem -serial 0x%s -CAfile root.pem -verify_other issuing.pem -attime %lld -validity_period 400000000 2>&1",
	    w.dir, buf_str(&hex), (long long)at);
	assert_true(program_says(command, "Response verify OK") && program_says(command, ": good"));
}

static int64_t
ends(X509 *x)
{
	return asn1_time_secs(X509_get0_notAfter(x));
}

static bool
renewed_at(int64_t at)
{
	bool renewed;
	struct err e;

	assert_done(responder_renew(a.newest, at, &renewed, &e), e);
	return renewed;
}

/* Last, because batches know no way back in time. */
static void
the_responder_is_renewed_by_itself(void **state)
{
	own(X509) *old = responder(), *new = NULL;
	int64_t early = ends(old) - 91 * DAY_SECS, at = ends(old) - 89 * DAY_SECS;
	struct order_subject subject;
	struct draft revoke = { .by = SEC, .verb = "cert.revoke", .subjects = &subject, .nsubjects = 1 };
	struct ask q = { GOOD, EVP_sha1(), .also = GOOD };
	own_struct(buf) before = buf_new(1);
	struct revocation says;
	int64_t last;
	struct err e;

	assert_false(renewed_at(now) || renewed_at(early));
	issue(early);
	answers_at(early + 10, old);
	assert_int_equal(answer(shelf, &q, early + 10, &before), ANSWERED);
	last = issue(at);
	assert_true(renewed_at(at));
	new = responder();
	assert_true(ends(new) > ends(old) && EVP_PKEY_eq(X509_get0_pubkey(old), X509_get0_pubkey(new)) == 1);
	assert_int_equal(X509_NAME_cmp(X509_get_subject_name(new), X509_get_subject_name(old)), 0);
	assert_false(renewed_at(at) || renewed_at(at + 80 * DAY_SECS));
	assert_true(issue(at + 10) > last);
	answers_at(at + 20, new);
	assert_done(ocsp_lookup(&says, buf_span(&before), cert[GOOD], w.issuing, early + 20, &e), e);
	assert_int_equal(says.state, CERT_GOOD);

	/* What an order ended is not made again. */
	subject = subject_of(new);
	order_here(revoke);
	assert_false(renewed_at(at + DAY_SECS));
	/* And one that has ended is nobody's. */
	assert_false(renewed_at(ends(old) + 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table),
		cmocka_unit_test(it_follows_from_the_log),
		cmocka_unit_test(several_batches_side_by_side),
		cmocka_unit_test(a_whole_batch_when_ordered),
		cmocka_unit_test(who_has_expired_has_no_answer),
		cmocka_unit_test(the_responder_is_renewed_by_itself),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
