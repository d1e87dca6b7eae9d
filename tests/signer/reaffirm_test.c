/* An officer's token is lost and revoked for that from an hour ago: what he signed since
 * fails, until his agency reaffirms it.  What may be ordered when, what comes of it, and
 * what happens where token or process fail between the reservation and the seal. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "base/file.h"
#include "register/client.h"
#include "register/entry.h"
#include "tests/register/database.h"
#include "tests/signer/world.h"
#include "verifier/proto.h"
#include "verifier/verdicts.h"

#include <signal.h>
#include <unistd.h>

#define EXTRA 5

static struct office o;
static char first[33], extra[EXTRA][33], draft[33], done[33];
static char decided[160];		/* "with" of an order that is lawful */

/* What was done before the token was lost: letters of acts, and whether a reaffirmation is
 * lawful after them. */
static struct history { const char *before; bool lawful; const char *word; char handle[33]; } histories[] = {
	{ "S", true }, { "N", true }, { "SR", true }, { "WA", true }, { "SWA", true },
	{ "W", false, "void, replaced or withdrawn" }, { "V", false, "void, replaced or withdrawn" }, { "SW", false, "void, replaced or withdrawn" },
	{ "WV", false, "void, replaced or withdrawn" }, { "P", false, "void, replaced or withdrawn" },
};
static const struct { char letter; const char *verb, *with; } acts[] = {
	{ 'S', "permit.suspend", "{\"decision\":\"1/QĐ\"}" }, { 'R', "permit.resume", "{\"decision\":\"2/QĐ\"}" }, { 'W', "permit.withdraw", "{\"decision\":\"3/QĐ\"}" },
	{ 'A', "permit.restore", "{\"decision\":\"4/QĐ\"}" }, { 'V', "permit.void", "{\"decision\":\"5/QĐ\"}" }, { 'N', "permit.annotate", "{\"decision\":\"6/QĐ\",\"note\":\"Kê biên\"}" } };

static void
make_history(struct history *h)
{
	char newer[33];

	office_issued(&o, h->handle, "gpxd-01", NULL);
	for (const char *l = h->before; *l != '\0'; l++)
		for (size_t i = 0; i < COUNT(acts); i++)
			if (acts[i].letter == *l)
				office_acted(&o, h->handle, acts[i].verb, acts[i].with, 0);
	if (strcmp(h->before, "P") != 0)
		return;
	office_amended(&o, newer, h->handle, "gpxd-01", NULL);
	office_sign(&o, DIEP, newer);
	office_seal(&o, newer);
}

static int
begin(void **state)
{
	char today[TIME_TEXT];

	office_begin(&o);
	office_book(&o, "H99.31.07", "GPXD", 1);
	office_book(&o, "H99.14", "GPXD", 1);
	date_text(today, day_in_vietnam(clock_now()));
	snprintf(decided, sizeof(decided), "{\"decision\":\"512/QĐ-UBND\",\"decided\":\"%s\"}", today);
	office_issued(&o, first, "gpxd-01", NULL);
	for (size_t i = 0; i < EXTRA; i++)
		office_issued(&o, extra[i], "gpxd-01", NULL);
	for (size_t i = 0; i < COUNT(histories); i++)
		make_history(&histories[i]);
	office_draft(&o, draft, "gpxd-01", NULL);
	office_signed(&o, done, "gpxd-01", NULL);
	return 0;
}

static int
end(void **state)
{
	office_end(&o);
	return 0;
}

static int64_t of(const char *handle, const char *sql) { return office_number(&o, sql, handle); }
static int64_t copies(const char *handle) { return of(handle, "SELECT count(*) FROM permit_renewal WHERE handle = $handle"); }
static int64_t reserved(const char *handle) { return of(handle, "SELECT count(*) FROM permit_reaffirmation WHERE handle = $handle"); }

static json_t *
judged(struct span file)
{
	own_struct(msg) in = msg_new(VERIFY_FILE, 4096);
	json_t *report = NULL;
	struct err e;
	int fd;

	assert_done(memfd_sealed(&fd, file, &e), e);
	msg_put_str(&in, "{}");
	msg_put_fd(&in, fd);
	assert_done(office_verifier(&o, &report, &in, &e), e);
	return report;
}

/* antin-verifier learns of a CRL a moment after it is published. */
static json_t *
judged_as(struct span file, const char *verdict)
{
	json_t *report = NULL;

	for (time_t until = 0; wait_more(&until);) {
		json_decref(report);
		report = judged(file);
		if (json_is(report, "verdict", verdict))
			break;
	}
	return report;
}

static const json_t *signature(const json_t *report, size_t i) { return json_array_get(json_object_get(report, "signatures"), i); }

static void
refused(const char *name, const char *handle, const char *with, enum err_class class, const char *word)
{
	struct err e = { ERR_NONE, "" };
	bool good = office_act(&o, handle, "permit.reaffirm", with, 0, &e);

	office_refused(name, good, &e, class, word);
	assert_case(name, reserved(handle) == 0 && copies(handle) == 0);
}

static void
not_while_nobody_lost_anything(void **state)
{
	struct err e;

	refused("nothing is revoked", first, decided, ERR_CONFLICT, "no officer's signature on this permit");
	assert_false(office_act(&o, first, "permit.reaffirm", decided, 0, &e));
	assert_string_equal(e.code, "reaffirm-not-needed");
}

/* A verdict is told again for a while, as of when it was made; not when a newer CRL is there. */
static void
what_is_remembered_ends_with_its_evidence(void **state)
{
	own_struct(buf) file = buf_new(SIGNER_MESSAGE_MAX);
	own(json_t) *failed = NULL;
	bool remembered = false;
	int64_t lost;

	office_file(&o, &file, first);
	for (time_t until = 0; !remembered && wait_more(&until);) {
		own(json_t) *once = judged_as(buf_span(&file), "TOTAL-PASSED"), *again = NULL;

		sleep(1);
		again = judged(buf_span(&file));
		remembered = strcmp(json_text(once, "judged"), json_text(again, "judged")) == 0;
		assert_true(json_is(again, "verdict", "TOTAL-PASSED") && json_is(json_object_get(again, "in_force"), "answer", "yes"));
	}
	assert_true(remembered);
	office_lose_key(&o, o.staff[DIEP].cert);
	lost = clock_mono_ms();
	failed = judged_as(buf_span(&file), "TOTAL-FAILED");
	assert_string_equal(json_text(failed, "sub"), "REVOKED");
	assert_in_range(clock_mono_ms() - lost, 0, VERDICTS_SECS * 1000 / 2);
}

static void
what_the_order_says(void **state)
{
	static const struct { const char *name, *with; enum err_class class; const char *word; } rows[] = {
		{ "nothing", NULL, ERR_INPUT, "names its decision and the day" }, { "no day", "{\"decision\":\"512/QĐ\"}", ERR_INPUT, "names its decision and the day" },
		{ "no number", "{\"decided\":\"2026-01-01\"}", ERR_INPUT, "names its decision and the day" }, { "an empty number", "{\"decision\":\"\",\"decided\":\"2026-01-01\"}", ERR_INPUT, "\"decision\" has 1 to 100" },
		{ "a number that is none", "{\"decision\":512,\"decided\":\"2026-01-01\"}", ERR_INPUT, "names its decision and the day" },
		{ "more", "{\"decision\":\"512/QĐ\",\"decided\":\"2026-01-01\",\"until\":\"2027-01-01\"}", ERR_INPUT, "names its decision and the day" },
		{ "no day of a month", "{\"decision\":\"512/QĐ\",\"decided\":\"2026-02-30\"}", ERR_INPUT, "decided" },
		{ "decided in a century", "{\"decision\":\"512/QĐ\",\"decided\":\"2126-01-01\"}", ERR_INPUT, "has not come yet" },
		{ "decided before the permit", "{\"decision\":\"512/QĐ\",\"decided\":\"2020-01-01\"}", ERR_INPUT, "before that of the issue" },
		{ "with a zero-width letter", "{\"decision\":\"51\u200b2/QĐ\",\"decided\":\"2026-01-01\"}", ERR_INPUT, "decision" },
	};
	struct err e = { ERR_NONE, "" };

	for (size_t i = 0; i < COUNT(rows); i++)
		refused(rows[i].name, first, rows[i].with, rows[i].class, rows[i].word);
	office_refused("from tomorrow", office_act(&o, first, "permit.reaffirm", decided, 1, &e), &e, ERR_INPUT, "on the day on which it is ordered");
	assert_int_equal(reserved(first), 0);
}

static void
why_and_by_whom(void **state)
{
	struct order_subject subject = { .number = NULL };
	own(json_t) *with = NULL, *answer = NULL;
	own_struct(buf) cms = buf_new(1 << 20), other = buf_new(1 << 20);
	struct draft d = { .key = o.staff[CLERK].key, .cert = o.staff[CLERK].cert, .verb = "permit.reaffirm", .subjects = &subject, .nsubjects = 1, .reason = "" };
	struct err e = { ERR_NONE, "" };

	assert_done(json_read(&with, span_str(decided), &e), e);
	d.with = with;
	snprintf(subject.id, sizeof(subject.id), "%s", first);
	office_hash(&o, subject.hash, first);
	order_cms(&o.w, &d, &cms);
	office_refused("for no reason", office_send_order(&o, &answer, buf_span(&cms), &e), &e, ERR_INPUT, "\"reason\" has 1 to 1000");
	d.reason = NULL;
	subject.hash[0] ^= 1;
	order_cms(&o.w, &d, &other);
	office_refused("upon other octets", office_send_order(&o, &answer, buf_span(&other), &e), &e, ERR_CONFLICT, "another version");
	office_refused("another agency's clerk", office_order(&o, &answer, &(struct permit_order){ LOCAL_CLERK, "permit.reaffirm", (const char *const[]){ first }, 1, with, 0 }, &e), &e, ERR_POLICY, "no appointment (clerk)");
	office_refused("an officer", office_order(&o, &answer, &(struct permit_order){ HOA, "permit.reaffirm", (const char *const[]){ first }, 1, with, 0 }, &e), &e, ERR_POLICY, "no appointment (clerk)");
	office_refused("the one whose token was lost", office_order(&o, &answer, &(struct permit_order){ DIEP, "permit.reaffirm", (const char *const[]){ first }, 1, with, 0 }, &e), &e, ERR_POLICY, "");
	assert_int_equal(reserved(first), 0);
}

static void
what_is_no_permit(void **state)
{
	struct err e = { ERR_NONE, "" };

	refused("signed, not issued", done, decided, ERR_CONFLICT, "only an issued permit is reaffirmed");
	office_refused("a draft", office_act(&o, draft, "permit.reaffirm", decided, 0, &e), &e, ERR_CONFLICT, "nobody has signed");
}

static void
by_other_tools(const char *name, struct span file)
{
	own_str char *permit = world_path(&o.w, "permit.xml"), *root = world_path(&o.w, "our-root.pem"), *issuing = world_path(&o.w, "our-issuing.pem");
	own_struct(buf) pem = buf_new(1 << 14), second = buf_new(1 << 14);
	static const char *const ids[] = { "officer-1", "seal", "reaffirm" };
	struct err e;

	cert_to_pem(&pem, o.w.root);
	cert_to_pem(&second, o.w.issuing);
	assert_done(file_write(permit, file, 0644, &e) && file_write(root, buf_span(&pem), 0644, &e) && file_write(issuing, buf_span(&second), 0644, &e), e);
	own_str char *stamps = xprintf("python3 " SOURCE_DIR "/tests/signer/stamps_look.py %s %s %s 'ours ours ours'", permit, root, root);
	own_str char *verify = xprintf(BINARY_DIR "/bin/antin verify %s --policy-folder %s --trust %s --evidence public/crl/0.crl --json >verdict.json && jq -e '.verdict == \"TOTAL-PASSED\" and .signatures[0].reaffirmed and "
	    "(.permit.reaffirmation.decision == \"512/QĐ-UBND\") and ([.signatures[].proof] == [\"time-stamp\", \"time-stamp\", \"time-stamp\"])' verdict.json", permit, o.w.policy_folder, root);

	assert_case(name, world_shell(&o.w, stamps) == 0);
	assert_case(name, world_shell(&o.w, verify) == 0);
	for (size_t i = 0; i < COUNT(ids) && access("/usr/bin/xmlsec1", X_OK) == 0; i++) {
		own_str char *command = xprintf("xmlsec1 --verify --id-attr:Id http://www.w3.org/2000/09/xmldsig#:Signature --id-attr:Id urn:antin:permit:1:content --id-attr:Id urn:antin:permit:1:issuance "
		    "--id-attr:Id urn:antin:permit:1:reaffirmation --id-attr:Id http://uri.etsi.org/01903/v1.3.2#:SignedProperties --trusted-pem %s --untrusted-pem %s --node-xpath \"//*[local-name()='Signature'][@Id='%s']\" %s",
		    root, issuing, ids[i], permit);

		assert_case(ids[i], world_shell(&o.w, command) == 0);
	}
}

static void
it_fails_and_passes_again(void **state)
{
	own_struct(buf) issued = buf_new(SIGNER_MESSAGE_MAX), copy = buf_new(SIGNER_MESSAGE_MAX), still = buf_new(SIGNER_MESSAGE_MAX);
	own(json_t) *before = NULL, *after = NULL, *as_issued = NULL;
	struct err e;

	office_archived(&o, &issued, first);
	before = judged_as(buf_span(&issued), "TOTAL-FAILED");
	assert_string_equal(json_text(before, "sub"), "REVOKED");
	office_acted(&o, first, "permit.reaffirm", decided, 0);
	office_archived(&o, &copy, first);
	office_file(&o, &still, first);
	assert_true(span_eq(buf_span(&issued), buf_span(&still)) && copy.len > issued.len);
	assert_memory_equal(copy.ptr, issued.ptr, issued.len - strlen("</permit>"));
	after = judged_as(buf_span(&copy), "TOTAL-PASSED");
	assert_string_equal(json_text(after, "verdict"), "TOTAL-PASSED");
	assert_string_equal(json_text(json_object_get(after, "in_force"), "answer"), "noted");
	assert_true(json_is_true(json_object_get(json_object_get(after, "register"), "known")));
	assert_true(json_is(signature(after, 0), "sub", "REVOKED") && json_is_true(json_object_get(signature(after, 0), "reaffirmed")) && json_is_true(json_object_get(signature(after, 0), "appointed")));
	assert_true(json_is(signature(after, 2), "id", "reaffirm") && json_is(signature(after, 2), "verdict", "TOTAL-PASSED"));
	as_issued = judged(buf_span(&issued));
	assert_string_equal(json_text(as_issued, "verdict"), "TOTAL-FAILED");
	assert_non_null(strstr(json_text(json_array_get(json_object_get(as_issued, "remarks"), 0), "en"), "The agency has reaffirmed this permit"));
	assert_int_equal(json_array_size(json_object_get(before, "remarks")), 0);
	assert_int_equal(of(first, "SELECT count(*) FROM permit_change WHERE handle = $handle AND act = 14 AND decision = '512/QĐ-UBND' AND reason = 'theo quyết định'"), 1);
	assert_int_equal(of(first, "SELECT count(*) FROM permit_renewal r JOIN permit p ON p.handle = r.handle JOIN permit_reaffirmation f ON f.handle = r.handle "
	    "WHERE r.handle = $handle AND r.n = 1 AND f.made_entry = r.entry AND f.base = p.sha256 AND p.proven_until = r.until AND f.entry < f.made_entry"), 1);
	assert_true(office_is(&o, first, "issued"));
	by_other_tools("reaffirmed", buf_span(&copy));
	assert_false(office_act(&o, first, "permit.reaffirm", decided, 0, &e));
	office_refused("again", false, &e, ERR_CONFLICT, "reaffirmed already");
	assert_string_equal(e.code, "reaffirmed-already");
	/* It goes on as any issued permit does. */
	office_acted(&o, first, "permit.suspend", "{\"decision\":\"600/QĐ\"}", 0);
	office_acted(&o, first, "permit.resume", "{\"decision\":\"601/QĐ\"}", 0);
}

static void
by_its_code(void **state)
{
	own_struct(msg) in = msg_new(VERIFY_LOOKUP, 4096);
	own(json_t) *row = office_row(&o, first), *answer = NULL;
	const json_t *history;
	struct err e;

	msg_put_str(&in, json_string_value(json_object_get(row, "shortcode")));
	msg_put_str(&in, "addr:test");
	msg_put_str(&in, "");
	assert_done(office_verifier(&o, &answer, &in, &e), e);
	assert_string_equal(json_text(answer, "verdict"), "TOTAL-PASSED");
	assert_string_equal(json_text(json_object_get(answer, "in_force"), "answer"), "noted");
	history = json_object_get(json_object_get(answer, "register"), "history");
	assert_string_equal(json_text(json_array_get(history, 0), "what"), "reaffirmed");
	assert_string_equal(json_text(json_array_get(history, 0), "decision"), "512/QĐ-UBND");
}

static void
after_what_was_done_before(void **state)
{
	for (size_t i = 0; i < COUNT(histories); i++) {
		const struct history *h = &histories[i];

		if (h->lawful) {
			office_acted(&o, h->handle, "permit.reaffirm", decided, 0);
			assert_case(h->before, copies(h->handle) == 1);
		} else {
			refused(h->before, h->handle, decided, ERR_CONFLICT, h->word);
		}
	}
	assert_true(office_is(&o, histories[0].handle, "suspended"));
}

/* One decision, all or none. */
static void
many_at_once(void **state)
{
	own(json_t) *with = NULL, *answer = NULL;
	const char *const mixed[] = { extra[0], first }, *const two[] = { extra[0], extra[1] };
	struct err e;

	assert_done(json_read(&with, span_str(decided), &e), e);
	office_refused("one is reaffirmed already", office_order(&o, &answer, &(struct permit_order){ CLERK, "permit.reaffirm", mixed, 2, with, 0 }, &e), &e, ERR_CONFLICT, "subject 2");
	assert_int_equal(reserved(extra[0]), 0);
	assert_done(office_order(&o, &answer, &(struct permit_order){ CLERK, "permit.reaffirm", two, 2, with, 0 }, &e), e);
	for (size_t i = 0; i < 2; i++) {
		office_result(two[i], answer, i, ERR_NONE, NULL);
		assert_int_equal(copies(two[i]), 1);
	}
}

static bool
made(const char *handle)
{
	for (time_t until = 0; wait_more(&until);)
		if (copies(handle) == 1)
			return true;
	return false;
}

/* What is going to be sealed is of the newest copy: none comes in between. */
static void
no_copy_meanwhile(const char *handle)
{
	own_str char *socket = world_path(&o.w, "run/antin-register.signer.sock");
	static const unsigned char digest[SHA256_LEN] = { 1 };
	own_struct(reg_unit) u = reg_unit_new();
	static struct reg *reg;		/* as long as the process, as everywhere */
	unsigned char id[HANDLE_LEN];
	struct err e = { ERR_NONE, "" };

	assert_done(hex_get_fixed(id, sizeof(id), span_str(handle), &e), e);
	reg = reg_new(socket);
	reg_verb(&u, "permit.renew");
	reg_bytes(&u, "handle", span_of(id, sizeof(id)));
	reg_text(&u, "agency", "H99.31.07");
	reg_text(&u, "kind", "construction");
	reg_bytes(&u, "sealed", span_str("a copy"));
	reg_bytes(&u, "sha256", span_of(digest, sizeof(digest)));
	reg_int(&u, "until", INT64_C(1) << 40);
	reg_text(&u, "by", "sha512");
	office_refused("a renewal meanwhile", reg_run(reg, &u, NULL, &e), &e, ERR_CONFLICT, "is being reaffirmed");
}

/* The order is taken, the seal follows; until then it is not reaffirmed, nor again. */
static void
a_token_that_is_away(void **state)
{
	own(json_t) *with = NULL, *answer = NULL;
	const char *const one[] = { extra[2] };
	struct err e;

	assert_done(json_read(&with, span_str(decided), &e), e);
	world_stop(&o.seal, SIGKILL);
	assert_done(office_order(&o, &answer, &(struct permit_order){ CLERK, "permit.reaffirm", one, 1, with, 0 }, &e), e);
	office_result("the seal's token is away", answer, 0, ERR_LATER, "the seal follows by itself");
	assert_true(reserved(extra[2]) == 1 && copies(extra[2]) == 0 && of(extra[2], "SELECT count(*) FROM permit_change WHERE handle = $handle") == 0);
	assert_false(office_act(&o, extra[2], "permit.reaffirm", decided, 0, &e));
	office_refused("while it waits", false, &e, ERR_CONFLICT, "reaffirmed already");
	no_copy_meanwhile(extra[2]);
	/* Another order about it is no matter. */
	office_acted(&o, extra[2], "permit.suspend", "{\"decision\":\"700/QĐ\"}", 0);
	office_start_seal(&o);
	assert_true(made(extra[2]));
}

/* A new process asks the register what is reserved. */
static void
a_process_that_ends_in_between(void **state)
{
	own(json_t) *with = NULL, *answer = NULL;
	const char *const one[] = { extra[3] };
	struct err e;

	assert_done(json_read(&with, span_str(decided), &e), e);
	world_stop(&o.seal, SIGKILL);
	assert_done(office_order(&o, &answer, &(struct permit_order){ CLERK, "permit.reaffirm", one, 1, with, 0 }, &e), e);
	office_result("the seal's token is away", answer, 0, ERR_LATER, "the seal follows by itself");
	world_stop(&o.signer, SIGKILL);
	office_start_seal(&o);
	office_start_signer(&o);
	assert_true(made(extra[3]));
	assert_int_equal(of(extra[3], "SELECT count(*) FROM permit_change WHERE handle = $handle AND act = 14"), 1);
}

/* The signature that reaffirms is the one that is renewed. */
static void
renewed_after_that(void **state)
{
	own_struct(buf) copy = buf_new(SIGNER_MESSAGE_MAX);
	own(json_t) *report = NULL;

	office_renew_from_now(&o);
	office_next_stamper(&o);
	world_stop(&o.signer, SIGTERM);
	office_start_signer(&o);
	for (time_t until = 0; (copies(first) != 2 || copies(extra[4]) != 1) && wait_more(&until);)
		continue;
	assert_int_equal(copies(first), 2);
	assert_int_equal(copies(extra[4]), 1);		/* the next test's, which nobody may renew while it is ordered about */
	office_archived(&o, &copy, first);
	report = judged_as(buf_span(&copy), "TOTAL-PASSED");
	assert_string_equal(json_text(report, "verdict"), "TOTAL-PASSED");
	assert_true(json_is_null(json_object_get(signature(report, 1), "archived")));
	assert_false(json_is_null(json_object_get(signature(report, 2), "archived")));
	assert_true(json_is_true(json_object_get(signature(report, 0), "reaffirmed")));
}

/* The ward was closed yesterday; the department that comes after it has the seal. */
static void
by_the_successor(void **state)
{
	own_str char *permit = world_path(&o.w, "permit.xml"), *root = world_path(&o.w, "our-root.pem");
	own_struct(buf) copy = buf_new(SIGNER_MESSAGE_MAX);
	char yesterday[TIME_TEXT];
	struct err e;

	date_text(yesterday, day_in_vietnam(clock_now()) - 1);
	own_str char *end = xprintf("sed -i '/id=\"H99.31.07\"/s|/>| to=\"%s\" successor=\"H99.14\"/>|' '%s/agencies.xml'", yesterday, o.w.policy_folder);
	own_str char *verify = xprintf(BINARY_DIR "/bin/antin verify %s --policy-folder %s --trust %s --evidence public/crl/0.crl --json >verdict.json && jq -e '.verdict == \"TOTAL-PASSED\" and "
	    "([.signatures[] | .signer.agency] == [\"H99\", \"H99.31.07\", \"H99.14\"])' verdict.json", permit, o.w.policy_folder, root);
	own_str char *before = xprintf("! " BINARY_DIR "/bin/antin verify %s --policy-folder " SOURCE_DIR "/policy --trust %s --evidence public/crl/0.crl --json >/dev/null", permit, root);

	assert_int_equal(world_shell(&o.w, end), 0);
	world_stop(&o.signer, SIGTERM);
	office_start_signer(&o);
	office_acted(&o, extra[4], "permit.reaffirm", decided, 0);
	office_archived(&o, &copy, extra[4]);
	assert_done(file_write(permit, buf_span(&copy), 0644, &e), e);
	assert_int_equal(world_shell(&o.w, verify), 0);
	/* Where the ward goes on, the department has no right to. */
	assert_int_equal(world_shell(&o.w, before), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(not_while_nobody_lost_anything), cmocka_unit_test(what_is_remembered_ends_with_its_evidence), cmocka_unit_test(what_the_order_says), cmocka_unit_test(why_and_by_whom), cmocka_unit_test(what_is_no_permit),
		cmocka_unit_test(it_fails_and_passes_again), cmocka_unit_test(by_its_code), cmocka_unit_test(after_what_was_done_before), cmocka_unit_test(many_at_once),
		cmocka_unit_test(a_token_that_is_away), cmocka_unit_test(a_process_that_ends_in_between), cmocka_unit_test(renewed_after_that),
		cmocka_unit_test(by_the_successor),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
