/*
 * Permits and revocation, as a person without a network meets them: files in a
 * folder, the program antin, its exit code and its JSON.
 *
 * The register's own permits are always stamped (tests/flow/revocation.sh);
 * these are made with and without.
 */
#include "tests/base/test.h"
#include "tests/verifier/permit_maker.h"
#include "tests/verifier/pki.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"

#include <stdlib.h>
#include <sys/stat.h>

#define HOUR 3600

/* Which CRL, and which proof, lie beside the permit. */
enum crl { NOBODY, REVOKED_LATER, REVOKED_BEFORE, LOST_BEFORE, SEAL_LATER, CRLS };
enum log_says { NO_PROOF, PROVEN_BEFORE, PROVEN_AFTER, PROVEN_OTHER };

static const struct {
	const char *name;
	bool bare;			/* without time stamps */
	enum crl crl;
	enum log_says proof;
	bool no_log_key;
	unsigned status;		/* in the status list */
	bool no_list;
	const char *more;		/* options */
	int exit;
	const char *verdict, *sub, *in_force, *proven;
} cases[] = {
	{ "nothing revoked", .exit = 0, .verdict = "TOTAL-PASSED", .sub = "", .in_force = "yes", .proven = "time-stamp" },
	{ "revoked later: the stamp is older", .crl = REVOKED_LATER, .exit = 0, .verdict = "TOTAL-PASSED", .sub = "", .in_force = "yes", .proven = "time-stamp" },
	{ "seal revoked later: its stamp is older", .crl = SEAL_LATER, .exit = 0, .verdict = "TOTAL-PASSED", .sub = "", .in_force = "yes", .proven = "time-stamp" },
	{ "no stamps, nothing revoked", .bare = true, .exit = 0, .verdict = "TOTAL-PASSED", .sub = "", .in_force = "yes", .proven = "none" },
	{ "no stamps, revoked later", .bare = true, .crl = REVOKED_LATER, .exit = 2, .verdict = "INDETERMINATE", .sub = "REVOKED_NO_POE", .in_force = "unknown", .proven = "none" },
	{ "no stamps, revoked later, the log's proof", .bare = true, .crl = REVOKED_LATER, .proof = PROVEN_BEFORE,
	  .exit = 0, .verdict = "TOTAL-PASSED", .sub = "", .in_force = "yes", .proven = "log" },
	{ "the same proof without the log's key", .bare = true, .crl = REVOKED_LATER, .proof = PROVEN_BEFORE, .no_log_key = true,
	  .exit = 2, .verdict = "INDETERMINATE", .sub = "REVOKED_NO_POE", .in_force = "unknown", .proven = "none" },
	{ "the log's proof is younger than the revocation", .bare = true, .crl = REVOKED_LATER, .proof = PROVEN_AFTER,
	  .exit = 2, .verdict = "INDETERMINATE", .sub = "REVOKED_NO_POE", .in_force = "unknown", .proven = "log" },
	{ "the log's proof of another file", .bare = true, .crl = REVOKED_LATER, .proof = PROVEN_OTHER,
	  .exit = 2, .verdict = "INDETERMINATE", .sub = "REVOKED_NO_POE", .in_force = "unknown", .proven = "none" },
	{ "no stamps, seal revoked later", .bare = true, .crl = SEAL_LATER, .exit = 2, .verdict = "INDETERMINATE", .sub = "REVOKED_NO_POE", .in_force = "unknown", .proven = "none" },
	{ "signed after the revocation", .crl = REVOKED_BEFORE, .exit = 1, .verdict = "TOTAL-FAILED", .sub = "REVOKED", .in_force = "unknown", .proven = "time-stamp" },
	{ "signed after the revocation, no stamps", .bare = true, .crl = REVOKED_BEFORE, .exit = 1, .verdict = "TOTAL-FAILED", .sub = "REVOKED", .in_force = "unknown", .proven = "none" },
	{ "no log saves what was signed after the revocation", .bare = true, .crl = REVOKED_BEFORE, .proof = PROVEN_BEFORE,
	  .exit = 1, .verdict = "TOTAL-FAILED", .sub = "REVOKED", .in_force = "unknown", .proven = "log" },
	{ "signed after the key was lost", .crl = LOST_BEFORE, .exit = 1, .verdict = "TOTAL-FAILED", .sub = "REVOKED", .in_force = "unknown", .proven = "time-stamp" },
	{ "withdrawn: the signature", .status = STATUS_WITHDRAWN, .exit = 0, .verdict = "TOTAL-PASSED", .sub = "", .in_force = "withdrawn", .proven = "time-stamp" },
	{ "withdrawn: in force?", .status = STATUS_WITHDRAWN, .more = "--in-force", .exit = 1, .verdict = "TOTAL-PASSED", .sub = "", .in_force = "withdrawn", .proven = "time-stamp" },
	{ "suspended: in force?", .status = STATUS_SUSPENDED, .more = "--in-force", .exit = 1, .verdict = "TOTAL-PASSED", .sub = "", .in_force = "suspended", .proven = "time-stamp" },
	{ "in force?", .more = "--in-force", .exit = 0, .verdict = "TOTAL-PASSED", .sub = "", .in_force = "yes", .proven = "time-stamp" },
	{ "in force, and nobody says so?", .no_list = true, .more = "--in-force", .exit = 2, .verdict = "TOTAL-PASSED", .sub = "", .in_force = "unknown", .proven = "time-stamp" },
	{ "revoked before and withdrawn", .crl = REVOKED_BEFORE, .status = STATUS_WITHDRAWN, .more = "--in-force", .exit = 1, .verdict = "TOTAL-FAILED", .sub = "REVOKED",
	  .in_force = "unknown", .proven = "time-stamp" },
};

static struct maker *m;
static struct buf stamped, bare, other;
static X509_CRL *crls[CRLS];

static X509_CRL *
revoking(X509 *cert, int64_t date, int reason, int64_t invalidity)
{
	const struct maker_revoked one = { cert, date, reason, invalidity };

	return maker_crl(m, maker_now - 60, maker_now + 14 * DAY_SECS, &one, 1);
}

/* Permits are signed ten minutes before maker_now. */
static int
set_up(void **state)
{
	m = maker_new();
	stamped = buf_new(XML_SIZE_MAX);
	bare = buf_new(XML_SIZE_MAX);
	other = buf_new(XML_SIZE_MAX);
	maker_permit(m, &(struct maker_recipe){ 0 }, &stamped);
	maker_permit(m, &(struct maker_recipe){ .no_officer_stamp = true, .no_seal_stamp = true }, &bare);
	maker_permit(m, &(struct maker_recipe){ .no_officer_stamp = true, .no_seal_stamp = true }, &other);
	crls[REVOKED_LATER] = revoking(m->officer.cert, maker_now - 300, 0, 0);
	crls[REVOKED_BEFORE] = revoking(m->officer.cert, maker_now - HOUR, 0, 0);
	crls[LOST_BEFORE] = revoking(m->officer.cert, maker_now - 300, 1, maker_now - HOUR);
	crls[SEAL_LATER] = revoking(m->seal.cert, maker_now - 300, 0, 0);
	return 0;
}

static int
tear_down(void **state)
{
	for (size_t i = 0; i < CRLS; i++)
		X509_CRL_free(crls[i]);
	buf_drop(&stamped);
	buf_drop(&bare);
	buf_drop(&other);
	maker_free(m);
	return 0;
}

static char *
subfolder(const char *folder, const char *name)
{
	char *path = xprintf("%s/%s", folder, name);

	assert_int_equal(mkdir(path, 0700), 0);
	return path;
}

static void
write_proof(const char *trust, const char *evidence, size_t i)
{
	own_struct(buf) vkey = buf_new(1000), proof = buf_new(TLOG_PROOF_MAX);

	if (cases[i].proof == NO_PROOF)
		return;
	maker_log_proof_octets(&vkey, &proof, buf_span(cases[i].proof == PROVEN_OTHER ? &other : &bare), maker_now - (cases[i].proof == PROVEN_AFTER ? 200 : 400));
	pki_write(evidence, "issued.tlog-proof", buf_span(&proof));
	if (!cases[i].no_log_key)
		pki_write(trust, "log.vkey", buf_span(&vkey));
}

static void
write_files(const char *folder, size_t i)
{
	own_str char *trust = subfolder(folder, "trust");
	own_str char *evidence = subfolder(folder, "evidence");
	own_struct(buf) list = buf_new(1 << 20);
	const unsigned char status[] = { (unsigned char)cases[i].status };

	pki_write(folder, "permit.xml", buf_span(cases[i].bare ? &bare : &stamped));
	pki_write_cert(trust, "root.crt", m->root.cert);
	pki_write_cert(evidence, "issuing.crt", m->issuing.cert);
	pki_write_cert(evidence, "service.crt", m->service.cert);
	pki_write_crl(evidence, "root.crl", m->root_crl);
	pki_write_crl(evidence, "issuing.crl", cases[i].crl == NOBODY ? m->issuing_crl : crls[cases[i].crl]);
	if (!cases[i].no_list) {
		maker_status_list_octets(m, &list, status, 1, maker_now - 30);
		pki_write(evidence, "1.cwt", buf_span(&list));
	}
	write_proof(trust, evidence, i);
}

static json_t *
read_report(const char *folder)
{
	own_str char *path = xprintf("%s/report.json", folder);
	own_struct(buf) text = buf_new(JSON_MAX);
	json_t *j = NULL;
	struct err e;

	assert_done(file_read(&text, path, &e), e);
	assert_done(json_read(&j, buf_span(&text), &e), e);
	return j;
}

static const char *
said(const json_t *report, const char *key)
{
	const char *text = json_string_value(json_object_get(report, key));

	return text != NULL ? text : "(nothing)";
}

static void
expect(const char *name, const char *what, const char *got, const char *want)
{
	if (strcmp(got, want) != 0)
		print_error("%s: %s is \"%s\", not \"%s\"\n", name, what, got, want);
	assert_string_equal(got, want);
}

static void
judged_from_files(void **state)
{
	char at[TIME_TEXT];

	time_text_utc(at, maker_now);
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *folder = pki_folder();
		own_str char *command = xprintf(BINARY_DIR "/bin/antin verify permit.xml --trust trust --evidence evidence --policy-folder " SOURCE_DIR
		    "/policy --at %s %s --json >report.json", at, cases[i].more != NULL ? cases[i].more : "");
		own(json_t) *report = NULL;
		int code;

		write_files(folder, i);
		code = pki_run(folder, command);
		report = read_report(folder);
		if (code != cases[i].exit)
			print_error("%s: exit %d, not %d\n", cases[i].name, code, cases[i].exit);
		assert_int_equal(code, cases[i].exit);
		expect(cases[i].name, "verdict", said(report, "verdict"), cases[i].verdict);
		expect(cases[i].name, "sub", said(report, "sub"), cases[i].sub);
		expect(cases[i].name, "in_force", said(json_object_get(report, "in_force"), "answer"), cases[i].in_force);
		expect(cases[i].name, "proof", said(json_array_get(json_object_get(report, "signatures"), 0), "proof"), cases[i].proven);
		pki_remove(folder);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(judged_from_files) };

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
