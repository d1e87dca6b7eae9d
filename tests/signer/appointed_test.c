/* What is said of a permit by its code, where its officers held the right to sign it, where
 * the register has it that they did not, and where it cannot say. */
#include "tests/base/test.h"

#include "base/file.h"
#include "tests/register/database.h"
#include "tests/signer/world.h"
#include "verifier/proto.h"

static struct office o;
static char by_diep[33], by_nobody[33], by_both[33];	/* NOBODY: authorised by PAST; both: TL, then DIEP */

static int
begin(void **state)
{
	office_begin(&o);
	office_book(&o, "H99.31.07", "GPXD", 1);
	office_book(&o, "H99.31.07", "GPG", 1);
	office_appoint(&o, PAST, "officer", "H99", "KT.", "*", NULL);
	office_authorise(&o, NOBODY, PAST, "H99", "construction");
	office_signed(&o, by_diep, "gpxd-01", NULL);
	office_draft(&o, by_nobody, "gpxd-01", NULL);
	office_sign(&o, NOBODY, by_nobody);
	office_draft_well(&o, by_both);
	office_sign(&o, TL, by_both);
	office_sign(&o, DIEP, by_both);
	office_seal(&o, by_diep);
	office_seal(&o, by_nobody);
	office_seal(&o, by_both);
	return 0;
}

static int
end(void **state)
{
	office_end(&o);
	return 0;
}

static json_t *
ask(struct msg *in)
{
	json_t *answer = NULL;
	struct err e;

	assert_done(office_verifier(&o, &answer, in, &e), e);
	return answer;
}

static json_t *
by_code(const char *handle)
{
	own_struct(msg) in = msg_new(VERIFY_LOOKUP, 4096);
	own(json_t) *row = office_row(&o, handle);

	msg_put_str(&in, json_string_value(json_object_get(row, "shortcode")));
	msg_put_str(&in, "addr:test");
	msg_put_str(&in, "");
	return ask(&in);
}

static json_t *
by_file(const char *handle, const char *options)
{
	own_struct(msg) in = msg_new(VERIFY_FILE, 4096);
	own_struct(buf) file = buf_new(SIGNER_MESSAGE_MAX);
	struct err e;
	int fd;

	office_file(&o, &file, handle);
	assert_done(memfd_sealed(&fd, buf_span(&file), &e), e);
	msg_put_str(&in, options);
	msg_put_fd(&in, fd);
	return ask(&in);
}

static const char *
word(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s == NULL ? "" : s;
}

/* Of each signature in turn: y, n, or - where nothing is said; the seal's is the last. */
static void
said(char out[8], const json_t *report)
{
	json_t *s;
	size_t i;

	memset(out, 0, 8);
	json_array_foreach(json_object_get(report, "signatures"), i, s) {
		const json_t *a = json_object_get(s, "appointed");

		assert_true(i < 7);
		out[i] = json_is_true(a) ? 'y' : json_is_false(a) ? 'n' : '-';
	}
}

static void
check(const char *name, const char *handle, const char *want)
{
	bool held = strchr(want, 'n') == NULL;

	for (int file = 0; file < 2; file++) {
		own(json_t) *report = file ? by_file(handle, "{}") : by_code(handle);
		const char *answer = !held ? "no-authority" : file ? "in-force" : "in-force-by-code";
		char is[8];

		said(is, report);
		if (strcmp(is, want) != 0 || strcmp(word(json_object_get(report, "answer"), "id"), answer) != 0)
			print_error("%s: %s, %s\n", name, is, word(json_object_get(report, "answer"), "id"));
		assert_case(name, strcmp(is, want) == 0 && strcmp(word(json_object_get(report, "answer"), "id"), answer) == 0);
		assert_case(name, strcmp(word(report, "signature"), held ? "passed" : "failed") == 0);
		assert_case(name, strcmp(word(report, "sub"), held ? "" : "SIG_CONSTRAINTS_FAILURE") == 0);
		assert_case(name, strcmp(word(json_object_get(report, "in_force"), "answer"), held ? "yes" : "unknown") == 0);
	}
}

#define OF_DIEP " WHERE person = 'CB-000101'"
#define OF_TL " WHERE person = 'CB-000104'"
#define OF_NOBODY " WHERE person = 'CB-000106'"
#define OF_PAST " WHERE person = 'CB-000105' AND to_day IS NULL"
#define APPOINTMENT(to, back, of) "UPDATE appointment SET " to of, "UPDATE appointment SET " back of

/* Behind the register's back, and put back. */
static void
as_the_register_has_it(void **state)
{
	static const struct { const char *name, *spoil, *mend, *handle, *want; } rows[] = {
		{ "held", "", "", by_diep, "y-" },
		{ "held by authorisation", "", "", by_nobody, "y-" },
		{ "held by both", "", "", by_both, "yy-" },
		{ "another kind", APPOINTMENT("kinds = 'land-use'", "kinds = '*'", OF_DIEP), by_diep, "n-" },
		{ "this kind among others", APPOINTMENT("kinds = 'land-use construction'", "kinds = '*'", OF_DIEP), by_diep, "y-" },
		{ "another agency", APPOINTMENT("agency = 'H99.14'", "agency = 'H99'", OF_DIEP), by_diep, "n-" },
		{ "this agency alone", APPOINTMENT("agency = 'H99.31.07'", "agency = 'H99'", OF_DIEP), by_diep, "y-" },
		{ "another mode", APPOINTMENT("mode = 'TL.'", "mode = 'KT.'", OF_DIEP), by_diep, "n-" },
		{ "another role", APPOINTMENT("role = 'clerk'", "role = 'officer'", OF_DIEP), by_diep, "n-" },
		{ "from a later day", APPOINTMENT("from_day = from_day + 36500", "from_day = from_day - 36500", OF_DIEP), by_diep, "n-" },
		{ "until an earlier day", APPOINTMENT("to_day = 20000", "to_day = NULL", OF_DIEP), by_diep, "n-" },
		{ "ended before", APPOINTMENT("ended_day = 20000", "ended_day = NULL", OF_DIEP), by_diep, "n-" },
		{ "appointed after it was signed", APPOINTMENT("entry = entry + 100000", "entry = entry - 100000", OF_DIEP), by_diep, "n-" },
		{ "signed by somebody else", "UPDATE permit SET officer_person = 'CB-000103' WHERE officer_person = 'CB-000101'",
		  "UPDATE permit SET officer_person = 'CB-000101' WHERE officer_person = 'CB-000103'", by_diep, "n-" },
		{ "the first of two", APPOINTMENT("kinds = 'land-use'", "kinds = '*'", OF_TL), by_both, "ny-" },
		{ "the second of two", APPOINTMENT("kinds = 'land-use'", "kinds = '*'", OF_DIEP), by_both, "yn-" },
		{ "who authorises, ended before", APPOINTMENT("ended_day = 20000", "ended_day = NULL", OF_PAST), by_nobody, "n-" },
		{ "who is authorised, ended before", APPOINTMENT("ended_day = 20000", "ended_day = NULL", OF_NOBODY), by_nobody, "n-" },
		{ "no record of the signing", "CREATE TABLE kept AS SELECT handle, signed_entry FROM permit; UPDATE permit SET signed_entry = NULL WHERE kind = 'construction'",
		  "UPDATE permit SET signed_entry = (SELECT k.signed_entry FROM kept k WHERE k.handle = permit.handle) WHERE kind = 'construction'; DROP TABLE kept", by_diep, "--" },
		{ "put back", "", "", by_diep, "y-" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		if (rows[i].spoil[0] != '\0')
			database_do(o.w.database, rows[i].spoil);
		check(rows[i].name, rows[i].handle, rows[i].want);
		if (rows[i].mend[0] != '\0')
			database_do(o.w.database, rows[i].mend);
	}
}

/* A right that was held makes nothing good. */
static void
what_does_not_pass(void **state)
{
	own(json_t) *report = by_file(by_diep, "{\"at\":\"2020-01-01T00:00:00+07:00\"}");
	char is[8];

	said(is, report);
	assert_string_equal(is, "y-");
	assert_string_not_equal(word(report, "verdict"), "TOTAL-PASSED");
	assert_string_not_equal(word(report, "signature"), "passed");
}

static void
unasked(const char *name, const char *handle, const char *force, const char *answer)
{
	for (int file = 0; file < 2; file++) {
		own(json_t) *report = file ? by_file(handle, "{}") : by_code(handle);
		own_str char *remarks = json_dumps(json_object_get(report, "remarks"), 0);
		const char *is = word(json_object_get(report, "in_force"), "answer"), *id = word(json_object_get(report, "answer"), "id");
		char signatures[8];

		said(signatures, report);
		if (strcmp(is, force) != 0 || strcmp(id, answer) != 0 || strcmp(signatures, "--") != 0)
			print_error("%s: %s, %s, %s\n", name, is, id, signatures);
		assert_case(name, strcmp(is, force) == 0 && strcmp(id, answer) == 0 && strcmp(signatures, "--") == 0);
		assert_case(name, strcmp(word(report, "signature"), "passed") == 0);
		assert_case(name, remarks != NULL && strstr(remarks, "The city's register could not be asked.") != NULL);
	}
}

/* While the register does not say by what right a permit was signed, none is in force;
 * what is over is over. */
static void
when_it_cannot_be_looked_up(void **state)
{
	static const struct { const char *name, *verb, *with, *force, *answer; } rows[] = {
		{ "in force", NULL, NULL, "unknown", "status-unknown" },
		{ "in force, with a note", "permit.annotate", "{\"decision\":\"1/QĐ\",\"note\":\"Kê biên\"}", "unknown", "status-unknown" },
		{ "suspended", "permit.suspend", "{\"decision\":\"1/QĐ\"}", "suspended", "suspended-open" },
		{ "withdrawn", "permit.withdraw", "{\"decision\":\"1/QĐ\"}", "withdrawn", "withdrawn" },
		{ "void", "permit.void", "{\"decision\":\"1/QĐ\"}", "void", "void-alone" },
	};
	char handle[COUNT(rows)][33];

	for (size_t i = 0; i < COUNT(rows); i++) {
		office_issued(&o, handle[i], "gpxd-01", NULL);
		if (rows[i].verb != NULL)
			office_acted(&o, handle[i], rows[i].verb, rows[i].with, 0);
	}
	database_do(o.w.database, "ALTER TABLE appointment RENAME TO taken_away");
	for (size_t i = 0; i < COUNT(rows); i++)
		unasked(rows[i].name, handle[i], rows[i].force, rows[i].answer);
	database_do(o.w.database, "ALTER TABLE taken_away RENAME TO appointment");
	check("put back", handle[0], "y-");
}

/* By orders: on the very day, after it was signed. */
static void
what_ended_later(void **state)
{
	office_dismiss(&o, DIEP);
	office_dismiss(&o, PAST);
	check("who signed", by_diep, "y-");
	check("who authorised", by_nobody, "y-");
	office_dismiss(&o, NOBODY);
	check("who was authorised", by_nobody, "y-");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_the_register_has_it),
		cmocka_unit_test(what_does_not_pass),
		cmocka_unit_test(when_it_cannot_be_looked_up),
		cmocka_unit_test(what_ended_later),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
