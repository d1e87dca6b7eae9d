/* An entry's whole life, with time as the argument that it is: on the CRL while
 * the certificate lives, on one more after its end, then gone; and a clock that
 * goes back.  Each CRL follows from the log alone. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "base/file.h"
#include "ca/crl_issue.h"
#include "ca/crl_prefix.h"
#include "ca/ocsp_issue.h"
#include "tests/ca/world.h"
#include "tests/register/database.h"
#include "verifier/crl.h"

#include <signal.h>
#include <unistd.h>

static struct world w;
static struct authority a;

static int
begin(void **state)
{
	struct err e;

	world_begin(&w);
	own_str char *reg = world_path(&w, "run/antin-register.ca.sock");
	own_str char *hsm = world_path(&w, "run/antin-hsm-issuing.ca.sock");
	a.policy = w.policy;
	assert_done(authority_take(&a, X509_dup(w.root), X509_dup(w.issuing), "https://a.example", clock_now(), &e), e);
	a.reg = reg_new(reg);
	a.newest->hsm = hsm_new(hsm);
	a.newest->crl = crl_clock_new();
	a.newest->ocsp = ocsp_clock_new();
	return 0;
}

static int
end(void **state)
{
	world_end(&w);
	return 0;
}

/* The CRL with this number, once it is public. */
static void
published(X509_CRL **out, int64_t number, struct crl_facts *f)
{
	struct err e;

	for (time_t until = 0; wait_more(&until);) {
		own(X509_CRL) *crl = world_crl(&w);

		if (crl == NULL)	/* the very first may be under way */
			continue;
		assert_done(crl_check(f, crl, w.issuing, &e), e);
		if (f->number == (uint64_t)number) {
			*out = take(&crl);
			return;
		}
	}
	assert_true(!"the CRL is published");
}

/* Made again from the published tiles, octet for octet. */
static void
follows_from_the_log(const char *name, X509_CRL *crl, int64_t number)
{
	own_str char *folder = world_path(&w, "public");
	own_struct(buf) tbs = buf_new(1 << 20);
	own_struct(buf) der = buf_new(1 << 20);
	struct list_entry said;
	struct prefix p;
	struct err e;

	assert_done(reg_flush(a.reg, &e), e);
	assert_done(prefix_open(&p, folder, NULL, &e), e);
	assert_done(crl_from_prefix(&tbs, &said, &p, p.head.size, w.issuing, 0, &e), e);
	crl_to_der(&der, crl);
	assert_case(name, said.number == number && said.size <= said.index);
	assert_case(name, memmem(der.ptr, der.len, tbs.ptr, tbs.len) != NULL);
	/* Of another issuer, or when the newest is older, it is another. */
	buf_reset(&tbs);
	assert_case(name, !crl_from_prefix(&tbs, &said, &p, p.head.size, w.root, 0, &e));
	buf_reset(&tbs);
	assert_case(name, !crl_from_prefix(&tbs, &said, &p, said.index, w.issuing, 0, &e) || said.number < number);
}

static int64_t
unsigned_crls(void)
{
	return database_int(w.database, "SELECT count(*) FROM crl WHERE der IS NULL", NULL, -1);
}

/* Recorded while the token was away: signed before the next, so that no entry
 * was shown once more by a CRL that nobody saw. */
static void
what_is_recorded_is_signed(void **state)
{
	int64_t now = clock_now() + 900 * 86400, number;
	own(X509_CRL) *crl = NULL;
	struct crl_facts f;
	struct err e;

	world_stop(&w.hsm, SIGTERM);
	for (int i = 0; i < 3; i++)
		assert_false(crl_issue(&a, now, &number, &e));
	assert_int_equal(unsigned_crls(), 1);
	world_start_hsm(&w);
	assert_done(crl_issue(&a, now + 86400, &number, &e), e);
	assert_int_equal(unsigned_crls(), 0);
	published(&crl, number, &f);
	follows_from_the_log("after an outage", crl, number);
}

static uint64_t
number_now(void)
{
	own_str char *path = world_path(&w, "public/crl/0.crl");
	own_struct(buf) der = buf_new(1 << 20);
	own(X509_CRL) *crl = NULL;
	struct crl_facts f;
	struct err e;

	assert_done(file_read(&der, path, &e) && crl_from_any(&crl, buf_span(&der), &e) && crl_check(&f, crl, w.issuing, &e), e);
	return f.number;
}

static uint64_t
log_size(void)
{
	own_str char *path = world_path(&w, "public/checkpoint");
	own_struct(buf) note = buf_new(1 << 16);
	struct err e;

	assert_done(file_read(&note, path, &e), e);
	return strtoull(strchr(buf_str(&note), '\n') + 1, NULL, 10);
}

/* The keeper's child, which signs. */
static pid_t
child_of(pid_t keeper)
{
	own_str char *path = xprintf("/proc/%d/task/%d/children", (int)keeper, (int)keeper);
	own_struct(buf) text = buf_new(1000);
	struct err e;

	assert_done(file_read(&text, path, &e), e);
	return (pid_t)strtol(buf_str(&text), NULL, 10);
}

/* The log that a CRL rests on is public before it; but while the log's key is
 * away, the CRL is not kept back. */
static void
a_list_follows_its_log(void **state)
{
	own(X509_CRL) *crl = NULL;
	own(X509_CRL) *without = NULL;
	struct crl_facts f;
	uint64_t size, shown;
	int64_t number;
	struct err e;
	pid_t child;

	assert_done(crl_issue(&a, clock_now(), &number, &e), e);
	published(&crl, number, &f);
	X509_CRL_free(take(&crl));
	child = child_of(w.log);
	assert_true(child > 0 && kill(child, SIGSTOP) == 0);
	assert_done(crl_issue(&a, clock_now(), &number, &e), e);
	usleep(400000);
	shown = number_now();
	size = log_size();
	kill(child, SIGCONT);
	assert_true(shown < (uint64_t)number);
	published(&crl, number, &f);
	assert_true(log_size() > size);

	world_stop(&w.log, SIGKILL);
	usleep(200000);		/* for what was signed just before */
	size = log_size();
	assert_done(crl_issue(&a, clock_now(), &number, &e), e);
	published(&without, number, &f);
	assert_int_equal(log_size(), size);
	w.log = world_start_process(&w, "antin-hsm", "antin-hsm-log", true);
}

/* An order of SEC or MAI about a certificate; the number of its CRL. */
static bool
about(enum who by, const char *verb, X509 *cert, const json_t *with, int64_t *number, struct err *e)
{
	const struct order_subject subject = subject_of(cert);
	struct draft d = { .by = by, .verb = verb, .with = with, .subjects = &subject, .nsubjects = 1 };
	own(json_t) *answer = NULL;

	if (!world_order(&w, &d, &answer, e))
		return false;
	*number = json_integer_value(json_object_get(answer, "crl"));
	return true;
}

static void
suspended_resumed_revoked(void **state)
{
	own(EVP_PKEY) *key = key_new();
	own(X509) *cert = world_enrol(&w, "official", "H99.14", "Người tạm nghỉ", "CB-000610", "Chuyên viên", key);
	own(json_t) *why = json_pack("{s:s}", "code", "keyCompromise");
	/* want: the class of a refusal; else what the next CRL says. */
	const struct { const char *name; enum who by; const char *verb; X509 *of; const json_t *with; enum err_class want; const char *word; enum cert_state state; int reason; } rows[] = {
		{ "resumed, never suspended", MAI, "cert.resume", cert, NULL, ERR_CONFLICT, "is active" },
		{ "suspended from outside its agency", LOCAL, "cert.suspend", w.admin[NAM].cert, NULL, ERR_POLICY, "outside the scope" },
		{ "suspended with a reason of one's own", SEC, "cert.suspend", cert, why, ERR_INPUT, "has no \"with\"" },
		{ "suspended", SEC, "cert.suspend", cert, NULL, ERR_NONE, NULL, CERT_REVOKED, CRL_HOLD },
		{ "suspended twice", MAI, "cert.suspend", cert, NULL, ERR_CONFLICT, "is held" },
		{ "resumed by a role that may only suspend", SEC, "cert.resume", cert, NULL, ERR_POLICY, "no role" },
		{ "resumed with a reason", MAI, "cert.resume", cert, why, ERR_INPUT, "has no \"with\"" },
		{ "resumed", MAI, "cert.resume", cert, NULL, ERR_NONE, NULL, CERT_GOOD, 0 },
		{ "resumed twice", MAI, "cert.resume", cert, NULL, ERR_CONFLICT, "is active" },
		{ "suspended again", MAI, "cert.suspend", cert, NULL, ERR_NONE, NULL, CERT_REVOKED, CRL_HOLD },
		{ "revoked out of it", SEC, "cert.revoke", cert, why, ERR_NONE, NULL, CERT_REVOKED, 1 },
		{ "revoked twice", SEC, "cert.revoke", cert, why, ERR_CONFLICT, "is revoked" },
		{ "resumed, revoked", MAI, "cert.resume", cert, NULL, ERR_CONFLICT, "is revoked" },
		{ "suspended, revoked", MAI, "cert.suspend", cert, NULL, ERR_CONFLICT, "is revoked" },
	};
	int64_t number = 0, held_since = 0;

	for (size_t i = 0; i < COUNT(rows); i++) {
		own(X509_CRL) *crl = NULL;
		struct crl_facts f;
		struct revocation r;
		struct err e = { ERR_NONE, "" };
		bool good = about(rows[i].by, rows[i].verb, rows[i].of, rows[i].with, &number, &e);

		if (e.class != rows[i].want)
			print_error("%s: %s\n", rows[i].name, e.text);
		assert_case(rows[i].name, good == (rows[i].want == ERR_NONE) && e.class == rows[i].want && (good || strstr(e.text, rows[i].word) != NULL));
		if (!good)
			continue;
		published(&crl, number, &f);
		crl_lookup(&r, crl, X509_get0_serialNumber(cert));
		assert_case(rows[i].name, r.state == rows[i].state && (r.state == CERT_GOOD || r.reason == rows[i].reason));
		/* What was signed under suspension does not become good by the revocation's date. */
		if (r.state == CERT_REVOKED && r.reason == CRL_HOLD) {
			held_since = r.date;
			sleep(1);
		} else if (r.state == CERT_REVOKED)
			assert_case(rows[i].name, r.date == held_since);
		follows_from_the_log(rows[i].name, crl, number);
	}
}

/* A suspension that the register lost, without a resume, stops the CRL. */
static void
a_lost_suspension_is_not_signed_away(void **state)
{
	own(EVP_PKEY) *key = key_new();
	own(X509) *cert = world_enrol(&w, "official", "H99.14", "Người tạm nghỉ", "CB-000611", "Chuyên viên", key);
	own(X509_CRL) *crl = NULL;
	struct crl_facts f;
	int64_t number, none;
	struct err e;

	assert_done(about(SEC, "cert.suspend", cert, NULL, &number, &e), e);
	published(&crl, number, &f);
	database_do(w.database, "CREATE TABLE kept AS SELECT * FROM certificate_hold; DELETE FROM certificate_hold WHERE ended_entry IS NULL");
	assert_false(crl_issue(&a, clock_now(), &none, &e));
	assert_true(e.class == ERR_BUG && strstr(e.text, "CRL guard") != NULL);
	database_do(w.database, "INSERT INTO certificate_hold SELECT * FROM kept WHERE ended_entry IS NULL; DROP TABLE kept");
	assert_done(crl_issue(&a, clock_now(), &number, &e), e);
	assert_done(about(MAI, "cert.resume", cert, NULL, &number, &e), e);
}

static void
an_entry_stays_for_one_more(void **state)
{
	own(EVP_PKEY) *key = key_new();
	own(X509) *cert = world_enrol(&w, "official", "H99.14", "Người nghỉ", "CB-000600", "Chuyên viên", key);
	int64_t over = asn1_time_secs(X509_get0_notAfter(cert)) + 5, now = clock_now(), last = 0;
	const struct order_subject subject = subject_of(cert);
	struct draft d = { .by = SEC, .verb = "cert.revoke", .subjects = &subject, .nsubjects = 1 };
	const struct { const char *name; int64_t at, this_update; enum cert_state state; } rows[] = {
		{ "while it lives", now + 86400, now + 86400, CERT_REVOKED },
		{ "the clock goes back", now - 86400, now + 86400, CERT_REVOKED },
		{ "just expired", over, over, CERT_REVOKED },
		{ "shown once more", over + 86400, over + 86400, CERT_GOOD },
	};
	struct err e;

	assert_done(world_order(&w, &d, NULL, &e), e);
	assert_int_equal(world_stop_ca(&w, SIGTERM), 0);	/* this process is the authority now */
	for (size_t i = 0; i < COUNT(rows); i++) {
		own(X509_CRL) *crl = NULL;
		struct crl_facts f;
		struct revocation r;
		int64_t number;

		assert_done(crl_issue(&a, rows[i].at, &number, &e), e);
		assert_case(rows[i].name, number > last);
		last = number;
		published(&crl, number, &f);
		assert_case(rows[i].name, f.this_update == rows[i].this_update && f.next_update == f.this_update + CRL_VALID_SECS);
		crl_lookup(&r, crl, X509_get0_serialNumber(cert));
		assert_case(rows[i].name, r.state == rows[i].state);
		follows_from_the_log(rows[i].name, crl, number);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(suspended_resumed_revoked), cmocka_unit_test(a_lost_suspension_is_not_signed_away), cmocka_unit_test(a_list_follows_its_log), cmocka_unit_test(an_entry_stays_for_one_more), cmocka_unit_test(what_is_recorded_is_signed) };

	return cmocka_run_group_tests(tests, begin, end);
}
