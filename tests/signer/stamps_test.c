/* Permits with the time stamps of another authority (tests/signer/tsa.py): what it gives
 * lasts by what stands in the file; while it does not, officers sign once, numbers stay,
 * and whatever needs none goes on. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "base/file.h"
#include "tests/signer/tsa.h"
#include "tests/signer/world.h"

#include <signal.h>

static struct office o;
static struct tsa tsa;
static pid_t outside;

#define MINE "gpxd-01"		/* a kind that the authority stamps */
#define OTHERS "vpdd-01"	/* one that antin-tsa stamps */

static void
outside_start(void)
{
	outside = world_start_process(&o.w, "antin-tsa-outside", "antin-tsa-outside", false);
}

/* Policy and configuration are changed, and antin-signer started again, as an office does it. */
static void
take_authority(void)
{
	static const char section[] = "[antin-signer]\n";
	own_str char *conf = world_path(&o.w, "antin.conf"), *run = world_path(&o.w, "run"), *policy = world_path(&o.w, "policy"), *changed = NULL, *more = NULL;
	own_struct(buf) text = buf_new(1 << 16);
	const char *at;
	struct err e;

	tsa_into_policy(&tsa, policy);
	more = tsa_section(&tsa, run, policy, "issuing.pem", "secs = 20\n");
	assert_done(file_read(&text, conf, &e), e);
	at = strstr(buf_str(&text), section);
	assert_non_null(at);
	at += strlen(section);
	changed = xprintf("%.*sstamps_by = thu\nstamps_of = construction\n%s%s", (int)(at - buf_str(&text)), buf_str(&text), at, more);
	assert_done(file_write(conf, span_str(changed), 0644, &e), e);
	world_stop(&o.signer, SIGTERM);
	outside_start();
	office_start_signer(&o);
}

static int
begin(void **state)
{
	struct err e;

	tsa_begin(&tsa);
	office_begin(&o);
	take_authority();
	assert_done(office_open_book(&o, CLERK, "H99.31.07", "GPXD", year_of_day(day_in_vietnam(clock_now())), 245, &e), e);
	return 0;
}

static int
end(void **state)
{
	world_stop(&outside, SIGTERM);
	office_end(&o);
	tsa_end(&tsa);
	return 0;
}

/* A result under the rule, in words for people. */
static void
waits(const char *name, const json_t *answer, size_t i)
{
	const json_t *r = json_array_get(json_object_get(answer, "results"), i);

	office_result(name, answer, i, ERR_LATER, "the time stamp is waited for");
	assert_case(name, json_is(r, "code", "stamp-waits") && json_is(r, "vi", "đang chờ dấu thời gian"));
	/* How this machine is laid out, and who the authority is, is nobody's business. */
	assert_case(name, strstr(json_string_value(json_object_get(r, "text")), "thu") == NULL);
}

static bool
wait_state(const char *handle, const char *state)
{
	bool is = false;

	for (time_t until = 0; !is && wait_more(&until);)
		is = office_is(&o, handle, state);
	return is;
}

static void
run_tool(const char *name, char *command)
{
	own_str char *quiet = xprintf("(%s) >%s/tool.out 2>&1", command, tsa.folder);
	int status = system(quiet);

	if (status != 0) {
		own_struct(buf) said = buf_new(1 << 20);
		own_str char *path = tsa_path(&tsa, "tool.out");
		struct err e;

		assert_done(file_read(&said, path, &e), e);
		print_error("%s: %s\n%s\n", name, command, buf_str(&said));
	}
	free(command);
	assert_case(name, status == 0);
}

/* By openssl, xmlsec1, and `antin verify` with this policy and our root alone. */
static void
look_at(const char *name, const char *handle, const char *whose)
{
	own_str char *permit = tsa_path(&tsa, "permit.xml"), *root = tsa_path(&tsa, "our-root.pem"), *issuing = tsa_path(&tsa, "our-issuing.pem");
	own_struct(buf) file = buf_new(SIGNER_MESSAGE_MAX), pem = buf_new(1 << 14), second = buf_new(1 << 14);
	struct err e;

	office_file(&o, &file, handle);
	cert_to_pem(&pem, o.w.root);
	cert_to_pem(&second, o.w.issuing);
	assert_done(file_write(permit, buf_span(&file), 0644, &e) && file_write(root, buf_span(&pem), 0644, &e) && file_write(issuing, buf_span(&second), 0644, &e), e);
	run_tool(name, xprintf("python3 " SOURCE_DIR "/tests/signer/stamps_look.py %s %s %s/root.crt '%s'", permit, root, tsa.folder, whose));
	for (int i = 0; i < 2; i++)
		run_tool(name, xprintf("xmlsec1 --verify --id-attr:Id http://www.w3.org/2000/09/xmldsig#:Signature --id-attr:Id urn:antin:permit:1:content --id-attr:Id urn:antin:permit:1:issuance "
		    "--id-attr:Id http://uri.etsi.org/01903/v1.3.2#:SignedProperties --trusted-pem %s --untrusted-pem %s --node-xpath \"//*[local-name()='Signature'][@Id='%s']\" %s",
		    root, issuing, i == 0 ? "officer-1" : "seal", permit));
	run_tool(name, xprintf(BINARY_DIR "/bin/antin verify %s --policy-folder %s --trust %s --json >%s/verdict.json && jq -e '[.signatures[].proof] == [\"time-stamp\", \"time-stamp\"]' %s/verdict.json",
	    permit, o.w.policy_folder, root, tsa.folder, tsa.folder));
}

/* Sends finish's request again, as an officer's program does, until it is done. */
static bool
finish_until_done(const char *request)
{
	for (time_t until = 0; wait_more(&until);) {
		own(json_t) *answer = NULL;
		struct err e;

		assert_done(office_finish(&o, &answer, request, &e), e);
		if (json_is_true(json_object_get(json_array_get(json_object_get(answer, "results"), 0), "done")))
			return true;
		waits("again", answer, 0);
	}
	return false;
}

/* Draft -> signed, also where the authority is left alone for a moment. */
static void
signed_by_diep(char handle[33], const char *sample, const char *number)
{
	own(json_t) *prepared = NULL;
	own_str char *request = NULL;
	struct err e;

	tsa_mode(&tsa, "good");
	office_draft(&o, handle, sample, number);
	assert_done(office_prepare(&o, &prepared, o.staff[DIEP].cert, (const char *const[]){ handle }, 1, &e), e);
	request = office_signatures(prepared, o.staff[DIEP].key);
	assert_true(finish_until_done(request));
}

static void
doctor_says(const char *name, const char *health, const char *says)
{
	own_str char *conf = tsa_path(&tsa, "doctor.conf"), *text = NULL;
	struct err e;

	text = xprintf("[antin-doctor]\npublic = %s/public\noutside = %s/run/antin-tsa-outside.cli.sock\n", o.w.dir, o.w.dir);
	assert_done(file_write(conf, span_str(text), 0644, &e), e);
	run_tool(name, xprintf(BINARY_DIR "/bin/antin doctor --config %s --json >%s/doctor.json; jq -e '.[] | select(.check == \"stamps\") | .health == \"%s\" and (.says | test(\"%s\"))' %s/doctor.json",
	    conf, tsa.folder, health, says, tsa.folder));
}

static void
lasts_by_what_is_in_the_file(void **state)
{
	own_str char *permit = tsa_path(&tsa, "permit.xml"), *root = tsa_path(&tsa, "our-root.pem");
	char handle[33], other[33];

	signed_by_diep(handle, MINE, NULL);
	office_seal(&o, handle);
	assert_int_equal(tsa_imprints(&tsa), 2);
	doctor_says("stamped", "well", "thu answered in [0-9.]+ s");
	look_at("stamped by the authority", handle, "theirs theirs");
	/* A policy that does not name it takes nothing of it, and its root is an anchor for
	 * stamps alone. */
	run_tool("another policy", xprintf(BINARY_DIR "/bin/antin verify %s --policy-folder " SOURCE_DIR "/policy --trust %s --json >%s/verdict.json; "
	    "jq -e '[.signatures[].proof] == [\"none\", \"none\"]' %s/verdict.json", permit, root, tsa.folder, tsa.folder));
	run_tool("its root as our own", xprintf("! " BINARY_DIR "/bin/antin verify %s --policy-folder %s --trust %s/root.crt", permit, o.w.policy_folder, tsa.folder));
	signed_by_diep(other, OTHERS, "99-00001-01");
	office_seal(&o, other);
	assert_int_equal(tsa_imprints(&tsa), 2);
	look_at("stamped by our own", other, "ours ours");
}

/* What a court gets: with openssl and xmlsec1 alone, in an empty folder. */
static void
a_bundle_holds_by_its_anchor(void **state)
{
	own_str char *folder = tsa_path(&tsa, "bundle"), *make = NULL;
	char handle[33];
	bool made = false;

	signed_by_diep(handle, MINE, NULL);
	office_seal(&o, handle);
	make = xprintf("mkdir -p %s && cd %s && " BINARY_DIR "/bin/antin permit bundle %s --database '%s' --policy-folder %s --out x.zip >bundle.out 2>&1", folder, folder, handle, o.w.database, o.w.policy_folder);
	/* The log is published by and by. */
	for (time_t until = 0; !made && wait_more(&until);)
		made = system(make) == 0;
	assert_true(made);
	run_tool("CHECK.txt", xprintf("cd %s && python3 -m zipfile -e x.zip . && sh CHECK.txt", folder));
	run_tool("their root's fingerprint", xprintf("cd %s && grep -q \"$(openssl x509 -in ../root.crt -outform DER | sha256sum | cut -c1-64)\" CHECK.txt", folder));
	run_tool("another root", xprintf("cd %s && cp ../strange-root.crt certificates/seal-stamp-root.pem && ! sh CHECK.txt", folder));
}

/*
 * While it is away.
 */

/* Dead, lying, and not to be believed any more; all that outside_test.c has comes to the same here. */
static const struct { const char *mode; } bad[] = { { "hang up" }, { "wrong nonce" }, { "revoked" } };

static void
a_seal_waits_and_keeps_its_number(void **state)
{
	for (size_t i = 0; i < COUNT(bad); i++) {
		char handle[33];
		const struct permit_order p = { CLERK, "permit.seal", (const char *const[]){ handle }, 1, NULL };
		own(json_t) *answer = NULL, *again = NULL, *before = NULL, *after = NULL;
		unsigned imprints;
		struct err e;

		signed_by_diep(handle, MINE, NULL);
		imprints = tsa_imprints(&tsa);
		tsa_mode(&tsa, bad[i].mode);
		assert_done(office_order(&o, &answer, &p, &e), e);
		waits(bad[i].mode, answer, 0);
		before = office_row(&o, handle);
		assert_case(bad[i].mode, json_is(before, "state", "sealing") && json_is_string(json_object_get(before, "number")));
		doctor_says(bad[i].mode, "ALARM", "thu");
		assert_case(bad[i].mode, json_is(json_object_get(before, "waits"), "code", "stamp-waits") && json_is(json_object_get(before, "waits"), "vi", "đang chờ dấu thời gian"));
		office_refused(bad[i].mode, office_order(&o, &again, &p, &e), &e, ERR_CONFLICT, "does not wait for its seal (sealing)");
		tsa_mode(&tsa, "good");
		assert_case(bad[i].mode, wait_state(handle, "issued"));
		after = office_row(&o, handle);
		assert_case(bad[i].mode, strcmp(json_string_value(json_object_get(before, "number")), json_string_value(json_object_get(after, "number"))) == 0);
		assert_case(bad[i].mode, json_object_get(after, "waits") == NULL);
		/* One signature of the seal, however often its stamp was asked for. */
		assert_case(bad[i].mode, tsa_imprints(&tsa) == imprints + 1);
		look_at(bad[i].mode, handle, "theirs theirs");
	}
}

static void
an_officer_signs_once(void **state)
{
	for (size_t i = 0; i < COUNT(bad); i++) {
		char handle[33];
		const char *const handles[] = { handle };
		own(json_t) *prepared = NULL, *answer = NULL, *once_more = NULL;
		own_str char *request = NULL;
		unsigned imprints = tsa_imprints(&tsa);
		struct err e;

		tsa_mode(&tsa, bad[i].mode);
		office_draft(&o, handle, MINE, NULL);
		assert_done(office_prepare(&o, &prepared, o.staff[DIEP].cert, handles, 1, &e), e);
		request = office_signatures(prepared, o.staff[DIEP].key);
		assert_done(office_finish(&o, &answer, request, &e), e);
		waits(bad[i].mode, answer, 0);
		assert_case(bad[i].mode, office_is(&o, handle, "draft"));
		tsa_mode(&tsa, "good");
		assert_case(bad[i].mode, finish_until_done(request));
		assert_case(bad[i].mode, office_is(&o, handle, "signed"));
		assert_case(bad[i].mode, tsa_imprints(&tsa) == imprints + 1);
		office_refused("done, and the session is over", office_finish(&o, &once_more, request, &e), &e, ERR_CONFLICT, "this preparation is used");
	}
}

/* What waits in a session is what was prepared in it, and a signature that is none ends it. */
static void
a_session_that_waits_takes_nothing_else(void **state)
{
	char handle[33];
	const char *const handles[] = { handle };
	own(json_t) *prepared = NULL, *answer = NULL, *other = NULL, *after = NULL;
	own_str char *request = NULL, *forged = NULL;
	struct err e;

	tsa_mode(&tsa, "hang up");
	office_draft(&o, handle, MINE, NULL);
	assert_done(office_prepare(&o, &prepared, o.staff[DIEP].cert, handles, 1, &e), e);
	request = office_signatures(prepared, o.staff[DIEP].key);
	forged = office_signatures(prepared, o.staff[HOA].key);
	assert_done(office_finish(&o, &answer, request, &e), e);
	waits("the officer's own", answer, 0);
	assert_done(office_finish(&o, &other, forged, &e), e);
	office_result("another's", other, 0, ERR_INPUT, "not the officer's");
	office_refused("the session is over", office_finish(&o, &after, request, &e), &e, ERR_CONFLICT, "this preparation is used");
	assert_true(office_is(&o, handle, "draft"));
}

static void
list_octets(struct buf *out)
{
	own_str char *path = world_path(&o.w, "public/status/1.cwt");
	struct err e;

	assert_done(file_read(out, path, &e), e);
}

/* An authority that does not answer and does not hang up either. */
static void
nothing_else_waits(void **state)
{
	char slow[33], slow_too[33], other[33];
	const struct permit_order p = { CLERK, "permit.seal", (const char *const[]){ slow, slow_too }, 2, NULL };
	own_struct(buf) before = buf_new(1 << 20), now = buf_new(1 << 20);
	own(json_t) *answer = NULL;
	struct err e;

	signed_by_diep(slow, MINE, NULL);
	signed_by_diep(slow_too, MINE, NULL);
	tsa_mode(&tsa, "hold");
	assert_done(office_order(&o, &answer, &p, &e), e);
	waits("the first", answer, 0);
	waits("the second", answer, 1);
	office_signed(&o, other, OTHERS, "99-00002-01");
	list_octets(&before);
	office_seal(&o, other);
	for (time_t until = 0; (now.len == 0 || span_eq(buf_span(&now), buf_span(&before))) && wait_more(&until);) {
		buf_reset(&now);
		list_octets(&now);
	}
	assert_false(span_eq(buf_span(&now), buf_span(&before)));
	assert_true(office_is(&o, slow, "sealing") && office_is(&o, slow_too, "sealing"));
	tsa_mode(&tsa, "good");
	assert_true(wait_state(slow, "issued") && wait_state(slow_too, "issued"));
}

/* Whichever process ends meanwhile: memory is lost, and nothing else. */
static void
processes_that_end_in_between(void **state)
{
	for (int which = 0; which < 2; which++) {
		char handle[33];
		const struct permit_order p = { CLERK, "permit.seal", (const char *const[]){ handle }, 1, NULL };
		own(json_t) *answer = NULL, *before = NULL, *after = NULL;
		const char *name = which == 0 ? "antin-signer" : "antin-tsa-outside";
		struct err e;

		signed_by_diep(handle, MINE, NULL);
		tsa_mode(&tsa, "hang up");
		assert_done(office_order(&o, &answer, &p, &e), e);
		waits(name, answer, 0);
		before = office_row(&o, handle);
		world_stop(which == 0 ? &o.signer : &outside, SIGKILL);
		if (which == 0)
			office_start_signer(&o);
		else
			outside_start();
		tsa_mode(&tsa, "good");
		assert_case(name, wait_state(handle, "issued"));
		after = office_row(&o, handle);
		assert_case(name, strcmp(json_string_value(json_object_get(before, "number")), json_string_value(json_object_get(after, "number"))) == 0);
		look_at(name, handle, "theirs theirs");
	}
}

/* Who has lost the right while the stamp was waited for, has not signed. */
static void
a_certificate_that_ends_while_it_waits(void **state)
{
	char handle[33];
	const char *const handles[] = { handle };
	own(json_t) *prepared = NULL, *answer = NULL, *after = NULL;
	own_str char *request = NULL;
	struct err e;

	tsa_mode(&tsa, "hang up");
	office_draft(&o, handle, MINE, NULL);
	assert_done(office_prepare(&o, &prepared, o.staff[DIEP].cert, handles, 1, &e), e);
	request = office_signatures(prepared, o.staff[DIEP].key);
	assert_done(office_finish(&o, &answer, request, &e), e);
	waits("before", answer, 0);
	office_revoke(&o, o.staff[DIEP].cert);
	tsa_mode(&tsa, "good");
	assert_false(office_finish(&o, &after, request, &e));
	assert_true(office_is(&o, handle, "draft"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lasts_by_what_is_in_the_file),
		cmocka_unit_test(a_bundle_holds_by_its_anchor),
		cmocka_unit_test(a_seal_waits_and_keeps_its_number),
		cmocka_unit_test(an_officer_signs_once),
		cmocka_unit_test(a_session_that_waits_takes_nothing_else),
		cmocka_unit_test(nothing_else_waits),
		cmocka_unit_test(processes_that_end_in_between),
		cmocka_unit_test(a_certificate_that_ends_while_it_waits),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
