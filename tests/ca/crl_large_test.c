/* A list of a hundred thousand: its rows are in the register, the authority makes
 * the CRL of them, signs and publishes it, antin-api hands it out, openssl reads
 * it; then one more is revoked.  certtool, whose time grows with the square (ten
 * minutes and more for all), reads the same list when it has two thousand. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "base/file.h"
#include "ca/crl_issue.h"
#include "ca/issue.h"
#include "register/run.h"
#include "tests/ca/world.h"
#include "tests/register/database.h"
#include "tests/register/unit.h"
#include "verifier/crl.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LARGE 100000
#define LARGE_ON_SERVER 10000	/* minutes would go by while it is filled with more */
#define SMALL 2000
#define TOGETHER 500
#define CRL_MAX (16u << 20)
#define WAIT_MS 60000

static struct world w;
static pid_t api;
static uint32_t large;
static const unsigned char request[16] = { 1 };

/* In the order of n, so that the last is the greatest. */
static struct serial
nth_serial(uint32_t n)
{
	struct serial s = { { 0x41 } };

	for (int i = 0; i < 4; i++)
		s.octet[SERIAL_LEN - 1 - i] = (unsigned char)(n >> (8 * i));
	return s;
}

/*
 * Rows: one request, reserved and voided again and again; each void is an entry.
 */

static void
put_request(struct reg_unit *u)
{
	reg_verb(u, "request.submit");
	reg_null(u, "token");
	reg_null(u, "mail");
	reg_bytes(u, "id", span_of(request, sizeof(request)));
	reg_text(u, "facts", "{}");
	reg_bytes(u, "csr", span_str("csr"));
	reg_bytes(u, "key_id", span_of(request, sizeof(request)));
	reg_text(u, "profile", "official");
	reg_text(u, "person", "CB-900001");
	reg_text(u, "agency", "H99.14");
}

static void
put_void(struct reg_unit *u, uint32_t n, int64_t now)
{
	struct serial s = nth_serial(n);
	struct reservation r = { .request = span_of(request, sizeof(request)), .serial = span_of(s.octet, SERIAL_LEN),
		.profile = span_str("official"), .agency = span_str("H99.14"), .not_after = now + 86400 };

	reg_verb(u, "cert.reserve");
	reg_text(u, "org", "H99");
	reg_bytes(u, "serial", r.serial);
	reg_bytes(u, "request", r.request);
	reg_text(u, "profile", "official");
	reg_text(u, "person", "CB-900001");
	reg_text(u, "name", "Người Thử");
	reg_text(u, "agency", "H99.14");
	reg_bytes(u, "key_id", r.request);
	reg_bytes(u, "tbs", r.serial);
	reg_int(u, "not_before", now);
	reg_int(u, "not_after", r.not_after);
	reg_int(u, "generation", 1);
	reg_int(u, "commits", 1);
	issue_put_void(u, &r, now);
}

/* Numbers from `from` to before `to`; the register does not run. */
static void
fill(uint32_t from, uint32_t to)
{
	own_struct(reg_unit) first = reg_unit_new();
	struct runner *r;
	struct err e;

	assert_done(runner_new(&r, w.database, "xacthuc.hoagiang.example/register", &e), e);
	put_request(&first);
	if (from == 0)
		assert_done(unit_run(r, CALLER_CA, &first, NULL, &e), e);
	for (uint32_t n = from; n < to; n += TOGETHER) {
		own_struct(reg_unit) u = reg_unit_new();

		for (uint32_t i = 0; i < TOGETHER; i++)
			put_void(&u, n + i, clock_now());
		assert_done(unit_run(r, CALLER_CA, &u, NULL, &e), e);
	}
	runner_stop(r);
}

/*
 * The world.
 */

static void
no_more(const struct world *x, struct ceremony_plan *plan)
{
}

static const char *
api_section(const struct world *x)
{
	static char text[512];

	snprintf(text, sizeof(text), "[antin-api]\nrun = %s/run\npublic = %s/public\nlisten = 127.0.0.1:0\nport_file = %s/port\nhost = xacthuc.hoagiang.example\n",
	    x->dir, x->dir, x->dir);
	return text;
}

static int
begin(void **state)
{
	static const struct world_more more = { no_more, api_section };

	large = database_is_server() ? LARGE_ON_SERVER : LARGE;
	world_make_more(&w, &more);
	fill(0, SMALL);
	world_start(&w);
	api = world_start_process(&w, "antin-api", "antin-api", false);
	return 0;
}

static int
end(void **state)
{
	world_stop(&api, SIGTERM);
	world_end(&w);
	return 0;
}

/*
 * What is published.
 */

/* Once as many entries are public. */
static void
wait_published(X509_CRL **out, size_t entries)
{
	own_str char *path = world_path(&w, "public/crl/0.crl");
	struct crl_facts f = { 0 };
	struct err e;

	for (int64_t until = clock_mono_ms() + WAIT_MS; clock_mono_ms() < until; usleep(50000)) {
		own_struct(buf) der = buf_new(CRL_MAX);
		own(X509_CRL) *crl = NULL;

		if (!file_read(&der, path, &e))
			continue;
		assert_done(crl_from_any(&crl, buf_span(&der), &e) && crl_check(&f, crl, w.issuing, &e), e);
		if (f.entries == entries) {
			*out = take(&crl);
			return;
		}
	}
	assert_int_equal(f.entries, entries);
}

/* As handed out: the same octets, and what other programs make of them. */
static void
openssl_reads(size_t entries)
{
	own_str char *count = xprintf("test $(grep -c 'Serial Number: [4-7]' crl.txt) = %zu", entries);

	assert_int_equal(world_shell(&w, "curl -sf -o served.crl http://127.0.0.1:$(cat port)/crl/0.crl && cmp served.crl public/crl/0.crl"), 0);
	assert_int_equal(world_shell(&w, "openssl x509 -inform DER -in issuing.crt -out issuing.pem && openssl x509 -inform DER -in root.crt -out root.pem"), 0);
	assert_int_equal(world_shell(&w, "openssl crl -inform DER -in served.crl -noout -CAfile issuing.pem 2>&1 | grep -q 'verify OK'"), 0);
	assert_int_equal(world_shell(&w, "openssl crl -inform DER -in served.crl -noout -CAfile root.pem 2>&1 | grep -q 'verify OK'"), 1);
	assert_int_equal(world_shell(&w, "openssl crl -inform DER -in served.crl -noout -text > crl.txt"), 0);
	assert_int_equal(world_shell(&w, count), 0);
}

static void
certtool_reads(size_t entries)
{
	own_str char *count = xprintf("test $(grep -c 'Serial Number (hex): 4' crl.txt) = %zu", entries);

	assert_int_equal(world_shell(&w, "certtool --crl-info --inder --infile served.crl > crl.txt 2>&1"), 0);
	assert_int_equal(world_shell(&w, count), 0);
	assert_int_equal(world_shell(&w, "certtool --verify-crl --inder --infile served.crl --load-ca-certificate issuing.crt 2>&1 | grep -q '^Verification output: Verified'"), 0);
}

static void
state_of(X509_CRL *crl, struct span serial, enum cert_state want)
{
	own(BIGNUM) *n = BN_bin2bn(serial.ptr, (int)serial.len, NULL);
	own(ASN1_INTEGER) *number = BN_to_ASN1_INTEGER(n, NULL);
	struct revocation r;

	crl_lookup(&r, crl, number);
	assert_int_equal(r.state, want);
}

static void
two_thousand(void **state)
{
	own(X509_CRL) *crl = NULL;

	wait_published(&crl, SMALL);
	openssl_reads(SMALL);
	certtool_reads(SMALL);
}

static void
all_are_listed(void **state)
{
	const struct { uint32_t n; enum cert_state want; } cases[] = {
		{ 0, CERT_REVOKED }, { 1, CERT_REVOKED }, { large / 2, CERT_REVOKED }, { large - 1, CERT_REVOKED },
		{ large, CERT_GOOD }, { UINT32_MAX, CERT_GOOD },
	};
	own(X509_CRL) *crl = NULL;

	assert_int_equal(WEXITSTATUS(world_stop_ca(&w, SIGTERM)), 0);
	world_stop(&w.reg, SIGTERM);
	fill(SMALL, large);
	world_start_register(&w);
	world_start(&w);
	wait_published(&crl, large);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct serial s = nth_serial(cases[i].n);

		state_of(crl, span_of(s.octet, SERIAL_LEN), cases[i].want);
	}
	openssl_reads(large);
}

static void
one_more(void **state)
{
	own(EVP_PKEY) *key = key_new();
	own(X509) *cert = world_enrol(&w, "official", "H99.14", "Người Thử", "CB-900002", "Chuyên viên", key);
	const ASN1_INTEGER *number = X509_get0_serialNumber(cert);
	struct span serial = span_of(ASN1_STRING_get0_data(number), (size_t)ASN1_STRING_length(number));
	const struct order_subject subject = subject_of(cert);
	struct draft d = { .by = SEC, .verb = "cert.revoke", .subjects = &subject, .nsubjects = 1 };
	own(X509_CRL) *before = NULL;
	own(X509_CRL) *after = NULL;
	struct err e;

	wait_published(&before, large);
	state_of(before, serial, CERT_GOOD);
	assert_done(world_order(&w, &d, NULL, &e), e);
	wait_published(&after, large + 1);
	state_of(after, serial, CERT_REVOKED);
	openssl_reads(large + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(two_thousand), cmocka_unit_test(all_are_listed), cmocka_unit_test(one_more) };

	return cmocka_run_group_tests(tests, begin, end);
}
