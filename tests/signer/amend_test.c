/* A newer version takes an issued permit's place: with its number and its notes, at
 * once and by itself; and when it must not. */
#include "tests/base/test.h"

#include "base/cbor.h"
#include "base/clock.h"
#include "register/client.h"
#include "register/entry.h"
#include "tests/register/database.h"
#include "tests/signer/world.h"

#include <signal.h>
#include <unistd.h>

#define DECIDED "{\"decision\":\"1/QĐ\"}"
#define NOTED "{\"decision\":\"8/QĐ-TA\",\"note\":\"Tòa án đang thụ lý\"}"

static struct office o;

static int
begin(void **state)
{
	office_begin(&o);
	office_book(&o, "H99.31.07", "GPXD", 245);
	return 0;
}

static int
end(void **state)
{
	office_end(&o);
	return 0;
}

/*
 * What people do.
 */

static void
signed_newer(char newer[33], const char *handle, const char *sample, const json_t *change)
{
	office_amended(&o, newer, handle, sample, change);
	office_sign(&o, DIEP, newer);
}

static bool
seal(const char *const *handle, size_t n, json_t **answer, struct err *e)
{
	return office_order(&o, answer, &(struct permit_order){ CLERK, "permit.seal", handle, n, NULL, 0 }, e);
}

/* One number of a permit: of `permit` and, as other, of its version before. */
static int64_t
of(const char *what, const char *handle)
{
	own_str char *sql = xprintf("SELECT %s FROM permit p LEFT JOIN permit other ON other.handle = p.amends WHERE p.handle = $handle", what);

	return office_number(&o, sql, handle);
}

/* Behind the register's back: a statement that ends with "handle = "; "" does nothing. */
static void
of_handle(const char *statement, const char *handle)
{
	own_str char *sql = xprintf(database_is_server() ? "%s decode('%s', 'hex')" : "%s x'%s'", statement, handle);

	if (statement[0] != '\0')
		database_do(o.w.database, sql);
}

static void
set(const char *handle, const char *what)
{
	own_str char *statement = xprintf("UPDATE permit SET %s WHERE handle = ", what);

	of_handle(statement, handle);
}

static void
contains(const char *handle, const char *words)
{
	own_struct(buf) file = buf_new(SIGNER_MESSAGE_MAX);

	office_file(&o, &file, handle);
	assert_case(words, strstr(buf_str(&file), words) != NULL);
}

/*
 * What becomes.
 */

static void
it_takes_the_place(void **state)
{
	own(json_t) *change = json_pack("{s:s}", "ten_thu_tuc", "Điều chỉnh giấy phép xây dựng");
	own(json_t) *was = NULL, *is = NULL;
	own_str char *amends = NULL;
	char first[33], second[33], third[33], day[TIME_TEXT];

	office_issued(&o, first, "gpxd-01", NULL);
	signed_newer(second, first, "gpxd-01", change);
	assert_true(office_is(&o, first, "issued") && office_is(&o, second, "signed"));
	office_seal(&o, second);
	was = office_row(&o, first);
	is = office_row(&o, second);
	assert_string_equal(json_string_value(json_object_get(was, "state")), "superseded");
	assert_string_equal(json_string_value(json_object_get(is, "state")), "issued");
	assert_true(json_equal(json_object_get(was, "number"), json_object_get(is, "number")));
	assert_false(json_equal(json_object_get(was, "shortcode"), json_object_get(is, "shortcode")));
	assert_int_equal(json_integer_value(json_object_get(was, "version")), 1);
	assert_int_equal(json_integer_value(json_object_get(is, "version")), 2);
	assert_int_equal(of("CASE WHEN p.idx <> other.idx THEN 1 END", second), 1);
	date_text(day, (int32_t)of("p.day", first));
	amends = xprintf("<amends day=\"%s\">%s</amends>", day, first);
	contains(second, amends);
	contains(second, "version=\"2\"");
	contains(second, "Điều chỉnh giấy phép xây dựng");
	/* In one unit: the two entries are neighbours, and no number was used up. */
	assert_int_equal(of("(SELECT c.entry - p.issued_entry FROM permit_change c WHERE c.handle = other.handle AND c.act = 3 AND c.other = p.handle AND c.from_day = p.day)", second), 1);
	signed_newer(third, second, "gpxd-01", NULL);
	office_seal(&o, third);
	assert_true(office_is(&o, first, "superseded") && office_is(&o, second, "superseded") && office_is(&o, third, "issued"));
	contains(third, "version=\"3\"");
	assert_int_equal(of("(SELECT count(DISTINCT n.version) FROM number_used n WHERE n.number = p.number)", third), 3);
	assert_int_equal(of("(SELECT b.next FROM book b WHERE b.book = 'GPXD' AND b.agency = p.agency AND b.year > 0)", third), 246);
}

/* Type 6, of the old one's place; and the newer one's entry shows no number again. */
static void
the_log_says_so(void **state)
{
	static const struct { const char *name, *entry; uint64_t type; size_t items; } rows[] = {
		{ "the first", "other.issued_entry", 5, 6 }, { "its end", "(SELECT c.entry FROM permit_change c WHERE c.handle = other.handle)", 6, 4 }, { "the newer", "p.issued_entry", 5, 3 },
	};
	own_str char *socket = world_path(&o.w, "run/antin-register.signer.sock");
	static struct reg *reg;		/* as long as the process, as everywhere */
	char first[33], second[33];

	office_issued(&o, first, "gpxd-01", NULL);
	signed_newer(second, first, "gpxd-01", NULL);
	office_seal(&o, second);
	reg = reg_new(socket);
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(reg_unit) read = reg_read_new("permit.reservation");
		own_struct(reg_rows) got = { .left = 0 };
		struct reg_cell c[2];
		struct entry x;
		struct err e;
		struct cbor public;
		size_t n;

		reg_int(&read, "entry", of(rows[i].entry, second));
		assert_done(reg_one(reg, &read, &got, c, 2, "entry", &e), e);
		assert_done(entry_read(&x, c[1].s, &e), e);
		assert_case(rows[i].name, x.type == rows[i].type);
		public = cbor_read(x.public_);
		assert_done(cbor_get_array(&public, &n, "public", &e), e);
		assert_case(rows[i].name, n == rows[i].items);
	}
}

static void
its_notes_stand_on_the_newer(void **state)
{
	static const char lift[] = "{\"decision\":\"9/QĐ\",\"lifts\":%lld}";
	own_str char *lifts = NULL;
	char first[33], second[33];

	office_issued(&o, first, "gpxd-01", NULL);
	office_acted(&o, first, "permit.annotate", "{\"decision\":\"7/QĐ-TA\",\"note\":\"Kê biên\"}", 0);
	lifts = xprintf(lift, (long long)of("(SELECT c.entry FROM permit_change c WHERE c.handle = p.handle)", first));
	office_acted(&o, first, "permit.annotate", NOTED, 0);
	office_acted(&o, first, "permit.annotate", lifts, 0);
	office_acted(&o, first, "permit.annotate", "{\"decision\":\"10/QĐ\",\"note\":\"Từ tuần sau\"}", 7);
	signed_newer(second, first, "gpxd-01", NULL);
	office_seal(&o, second);
	assert_int_equal(of("(SELECT count(*) FROM permit_change c WHERE c.handle = p.handle)", second), 2);
	assert_int_equal(of("(SELECT count(*) FROM permit_change c WHERE c.handle = p.handle AND c.act = 12 AND c.decision = '8/QĐ-TA' AND c.note = 'Tòa án đang thụ lý' AND c.from_day = p.day)", second), 1);
	assert_int_equal(of("(SELECT count(*) FROM permit_change c WHERE c.handle = p.handle AND c.act = 12 AND c.decision = '10/QĐ' AND c.from_day = p.day + 7)", second), 1);
	/* They are the newer one's own: one is lifted there. */
	free(lifts);
	lifts = xprintf(lift, (long long)of("(SELECT min(c.entry) FROM permit_change c WHERE c.handle = p.handle)", second));
	office_acted(&o, second, "permit.annotate", lifts, 0);
}

/* A number that comes with the submission comes again. */
static void
the_given_number_stays(void **state)
{
	own(json_t) *same = json_pack("{s:s}", "so_ky_hieu", "99-00777-01"), *other = json_pack("{s:s}", "so_ky_hieu", "99-00778-01");
	own(json_t) *answer = NULL;
	char first[33], second[33];
	struct err e;

	office_issued(&o, first, "vpdd-01", "99-00777-01");
	office_refused("another number", office_amend(&o, &answer, first, "vpdd-01", other, &e), &e, ERR_INPUT, "keeps its number");
	assert_string_equal(e.code, "amend-other-number");
	signed_newer(second, first, "vpdd-01", same);
	office_seal(&o, second);
	assert_true(office_is(&o, first, "superseded") && office_is(&o, second, "issued"));
	assert_int_equal(of("CASE WHEN p.number = '99-00777-01' AND p.version = 2 THEN 1 END", second), 1);
}

/*
 * What is refused.
 */

/* What was DECIDED of the permit before; refused so when the newer version is
 * submitted, and when it was signed before that. */
static const struct { const char *name, *verb; int days; const char *code; } spoilt[] = {
	{ "withdrawn", "permit.withdraw", 0, "amend-not-in-force" },
	{ "void", "permit.void", 0, "amend-not-in-force" },
	{ "suspended", "permit.suspend", 0, "amend-not-in-force" },
	{ "withdrawn next week", "permit.withdraw", 7, "amend-to-come" },
	{ "suspended next week", "permit.suspend", 7, "amend-to-come" },
};

static void
what_is_not_in_force(void **state)
{
	for (size_t i = 0; i < COUNT(spoilt); i++) {
		own(json_t) *answer = NULL;
		char before[33], newer[33];
		const char *const one[] = { newer };
		struct err e = { ERR_NONE, "" };

		office_issued(&o, before, "gpxd-01", NULL);
		signed_newer(newer, before, "gpxd-01", NULL);
		office_acted(&o, before, spoilt[i].verb, DECIDED, spoilt[i].days);
		office_refused(spoilt[i].name, office_amend(&o, &answer, before, "gpxd-01", NULL, &e), &e, ERR_CONFLICT, "amends");
		assert_case(spoilt[i].name, strcmp(e.code, spoilt[i].code) == 0 && e.vi[0] != '\0');
		e = (struct err){ ERR_NONE, "" };
		office_refused(spoilt[i].name, seal(one, 1, &answer, &e), &e, ERR_CONFLICT, "the permit that it amends");
		assert_case(spoilt[i].name, strcmp(e.code, spoilt[i].code) == 0);
		assert_case(spoilt[i].name, office_is(&o, newer, "signed"));
	}
}

/* What was annulled for the same day is nothing to come. */
static void
what_was_annulled(void **state)
{
	char before[33], newer[33];

	office_issued(&o, before, "gpxd-01", NULL);
	office_acted(&o, before, "permit.withdraw", DECIDED, 7);
	office_acted(&o, before, "permit.restore", DECIDED, 7);
	office_acted(&o, before, "permit.suspend", DECIDED, 0);
	office_acted(&o, before, "permit.resume", DECIDED, 0);
	signed_newer(newer, before, "gpxd-01", NULL);
	office_seal(&o, newer);
	assert_true(office_is(&o, before, "superseded"));
}

static void
a_note_that_will_be_lifted(void **state)
{
	own(json_t) *answer = NULL;
	own_str char *lifts = NULL;
	char before[33];
	struct err e;

	office_issued(&o, before, "gpxd-01", NULL);
	office_acted(&o, before, "permit.annotate", NOTED, 0);
	lifts = xprintf("{\"decision\":\"9/QĐ\",\"lifts\":%lld}", (long long)of("(SELECT c.entry FROM permit_change c WHERE c.handle = p.handle)", before));
	office_acted(&o, before, "permit.annotate", lifts, 7);
	office_refused("lifted next week", office_amend(&o, &answer, before, "gpxd-01", NULL, &e), &e, ERR_CONFLICT, "on a later day");
	assert_string_equal(e.code, "amend-to-come");
}

static void
what_it_may_not_amend(void **state)
{
	own(json_t) *land = json_pack("{s:s}", "so_ky_hieu", "AA 01234567"), *elsewhere = json_pack("{s:{s:s}}", "co_quan_cap", "ma", "H99.14");
	char draft[33], done[33], issued[33], newest[33], void_[33];

	office_draft(&o, draft, "gpxd-01", NULL);
	office_signed(&o, done, "gpxd-01", NULL);
	office_issued(&o, issued, "gpxd-01", NULL);
	office_issued(&o, void_, "gpxd-01", NULL);
	signed_newer(newest, void_, "gpxd-01", NULL);
	office_seal(&o, newest);

	const struct { const char *name, *handle, *sample; const json_t *change; enum err_class class; const char *code, *word; } rows[] = {
		{ "a draft", draft, "gpxd-01", NULL, ERR_CONFLICT, "amend-not-issued", "this one is draft" },
		{ "signed", done, "gpxd-01", NULL, ERR_CONFLICT, "amend-not-issued", "this one is signed" },
		{ "superseded already", void_, "gpxd-01", NULL, ERR_CONFLICT, "amend-not-in-force", "only a permit in force" },
		{ "another kind", issued, "qsdd-01", land, ERR_POLICY, "amend-other-kind", "of the same kind" },
		{ "another agency", issued, "gpxd-01", elsewhere, ERR_POLICY, "amend-other-agency", "by its successor" },
		{ "none", "00000000000000000000000000000000", "gpxd-01", NULL, ERR_ABSENT, "", "no permit with this handle" },
		{ "no handle", "245/GPXD", "gpxd-01", NULL, ERR_INPUT, "", "amends: giấy phép được điều chỉnh: phải là mã 32 chữ số" },
		{ "a handle in capitals", "000102030405060708090A0B0C0D0E0F", "gpxd-01", NULL, ERR_INPUT, "", "amends" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own(json_t) *answer = NULL;
		struct err e = { ERR_NONE, "" };

		office_refused(rows[i].name, office_amend(&o, &answer, rows[i].handle, rows[i].sample, rows[i].change, &e), &e, rows[i].class, rows[i].word);
		assert_case(rows[i].name, strcmp(e.code, rows[i].code) == 0);
	}
	assert_true(office_is(&o, issued, "issued"));
}

/* Of a permit of others a program learns nothing, not even that it is there. */
static void
what_another_program_learns(void **state)
{
	own(json_t) *elsewhere = json_pack("{s:{s:s}}", "co_quan_cap", "ma", "H99.14"), *land = json_pack("{s:s}", "so_ky_hieu", "AA 01234567");
	char city[65], department[65], land_office[65], draft[33], issued[33];

	office_program(&o, department, "H99.14", "*", clock_now() + DAY_SECS);
	office_program(&o, land_office, "H99.15.02", "land-use", clock_now() + DAY_SECS);
	office_draft(&o, draft, "gpxd-01", NULL);
	office_issued(&o, issued, "gpxd-01", NULL);

	const struct { const char *name, *by, *handle, *sample; const json_t *change; } rows[] = {
		{ "another agency's, issued", department, issued, "gpxd-01", elsewhere },
		{ "another agency's, a draft", department, draft, "gpxd-01", elsewhere },
		{ "of another kind and agency", land_office, issued, "qsdd-01", land },
		{ "a draft of that kind", land_office, draft, "qsdd-01", land },
		{ "none at all", department, "00000000000000000000000000000000", "gpxd-01", elsewhere },
	};

	strcpy(city, o.program);
	for (size_t i = 0; i < COUNT(rows); i++) {
		own(json_t) *answer = NULL;
		struct err e = { ERR_NONE, "" };

		strcpy(o.program, rows[i].by);
		office_refused(rows[i].name, office_amend(&o, &answer, rows[i].handle, rows[i].sample, rows[i].change, &e), &e, ERR_ABSENT, "there is no permit with this handle");
		assert_case(rows[i].name, e.code[0] == '\0');
	}
	strcpy(o.program, city);
}

static void
what_has_expired(void **state)
{
	own(json_t) *same = json_pack("{s:s}", "so_ky_hieu", "99-00780-01"), *answer = NULL;
	own_str char *back = NULL;
	char before[33], newer[33];
	struct err e;

	office_issued(&o, before, "vpdd-01", "99-00780-01");
	back = xprintf("valid_to = %lld", (long long)of("p.valid_to", before));
	set(before, "valid_to = day - 1");
	office_refused("expired", office_amend(&o, &answer, before, "vpdd-01", same, &e), &e, ERR_CONFLICT, "only a permit in force");
	assert_string_equal(e.code, "amend-not-in-force");
	set(before, back);
	office_amended(&o, newer, before, "vpdd-01", same);
}

/* What the register itself refuses, whatever antin-signer has looked at. */
static void
what_the_register_refuses(void **state)
{
	static const struct { const char *name, *spoil, *mend; int64_t seen; const char *code, *word; } rows[] = {
		{ "something became of it since", "", "", 1, "", "something became of the permit that is amended just now" },
		{ "the one before is no permit", "UPDATE permit SET state = 'void' WHERE handle = ", "UPDATE permit SET state = 'issued' WHERE handle = ", 0, "", "no issued permit" },
		{ "another one was lost on its way", "INSERT INTO permit_lost (handle, agency, kind, entry, time) SELECT handle, agency, kind, entry, time FROM permit WHERE state = 'draft' AND amends = ",
		    "DELETE FROM permit_lost WHERE (SELECT p.amends FROM permit p WHERE p.handle = permit_lost.handle) = ", 0, "amend-lost", "it is issued anew" },
		{ "its place is taken", "UPDATE number_used SET version = 2 WHERE handle = ", "UPDATE number_used SET version = 1 WHERE handle = ", 0, "amend-version-taken", "another version took this one's place" },
	};
	own_str char *socket = world_path(&o.w, "run/antin-register.signer.sock");
	static struct reg *reg;		/* as long as the process, as everywhere */
	char before[33], newer[33], draft[33];
	unsigned char id[HANDLE_LEN];
	struct err e;

	office_issued(&o, before, "gpxd-01", NULL);
	signed_newer(newer, before, "gpxd-01", NULL);
	office_amended(&o, draft, before, "gpxd-01", NULL);
	assert_done(hex_get_fixed(id, sizeof(id), span_str(newer), &e), e);
	reg = reg_new(socket);
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(reg_unit) u = reg_unit_new();

		reg_verb(&u, "permit.reserve_amended");
		reg_bytes(&u, "handle", span_of(id, sizeof(id)));
		reg_text(&u, "agency", "H99.31.07");
		reg_text(&u, "kind", "construction");
		reg_int(&u, "day", day_in_vietnam(clock_now()));
		reg_text(&u, "short_code", "C");
		reg_text(&u, "voice_code", "V");
		reg_bytes(&u, "officers_sha256", span_str("o"));
		reg_int(&u, "seen", rows[i].seen);
		of_handle(rows[i].spoil, before);
		office_refused(rows[i].name, reg_run(reg, &u, NULL, &e), &e, ERR_CONFLICT, rows[i].word);
		assert_case(rows[i].name, strcmp(e.code, rows[i].code) == 0);
		of_handle(rows[i].mend, before);
	}
	office_seal(&o, newer);
}

/* The district that issued it is no more; the ward is its successor, the department is not. */
static void
by_the_successor(void **state)
{
	own(json_t) *elsewhere = json_pack("{s:{s:s}}", "co_quan_cap", "ma", "H99.14"), *answer = NULL;
	char before[33], newer[33];
	struct err e;

	office_issued(&o, before, "gpxd-01", NULL);
	set(before, "agency = 'H99.22'");
	office_refused("of one without a successor", office_amend(&o, &answer, before, "gpxd-01", NULL, &e), &e, ERR_POLICY, "by its successor");
	set(before, "agency = 'H99.21'");
	office_refused("another one's", office_amend(&o, &answer, before, "gpxd-01", elsewhere, &e), &e, ERR_POLICY, "by its successor");
	signed_newer(newer, before, "gpxd-01", NULL);
	office_seal(&o, newer);
	set(before, "agency = 'H99.31.07'");
	assert_true(office_is(&o, before, "superseded") && office_is(&o, newer, "issued"));
}

static void
two_at_once(void **state)
{
	own(json_t) *answer = NULL;
	char before[33], one[33], two[33];
	const char *const both[] = { one, two };
	struct err e;

	office_issued(&o, before, "gpxd-01", NULL);
	signed_newer(one, before, "gpxd-01", NULL);
	signed_newer(two, before, "gpxd-01", NULL);
	office_refused("both in one order", seal(both, 2, &answer, &e), &e, ERR_CONFLICT, "another amendment");
	assert_string_equal(e.code, "amend-under-way");
	assert_true(office_is(&o, before, "issued") && office_is(&o, one, "signed") && office_is(&o, two, "signed"));
	office_seal(&o, one);
	office_refused("the second", seal(both + 1, 1, &answer, &e), &e, ERR_CONFLICT, "only a permit in force");
	assert_true(office_is(&o, one, "issued") && office_is(&o, two, "signed"));
}

/* While the seal's token is away the number is reserved: nothing else becomes of the
 * one before, and when the token is back they change places by themselves. */
static void
between_number_and_seal(void **state)
{
	own(json_t) *answer = NULL;
	char before[33], one[33], two[33];
	const char *const first[] = { one }, *const second[] = { two };
	struct err e;

	office_issued(&o, before, "gpxd-01", NULL);
	signed_newer(one, before, "gpxd-01", NULL);
	signed_newer(two, before, "gpxd-01", NULL);
	world_stop(&o.seal, SIGTERM);
	assert_done(seal(first, 1, &answer, &e), e);
	office_result("the seal's token is away", answer, 0, ERR_LATER, "the seal follows by itself");
	assert_true(office_is(&o, before, "issued") && office_is(&o, one, "sealing"));
	office_refused("another", seal(second, 1, &answer, &e), &e, ERR_CONFLICT, "another amendment");
	for (size_t i = 0; i < 3; i++) {
		office_refused(spoilt[i].name, office_act(&o, before, spoilt[i].verb, DECIDED, 0, &e), &e, ERR_CONFLICT, "a newer version of this permit is being sealed");
		assert_case(spoilt[i].name, strcmp(e.code, "amended-now") == 0 && e.vi[0] != '\0');
	}
	office_refused("noted", office_act(&o, before, "permit.annotate", NOTED, 0, &e), &e, ERR_CONFLICT, "a newer version of this permit is being sealed");
	office_start_seal(&o);
	for (time_t until = 0; !office_is(&o, one, "issued") && wait_more(&until);)
		;
	assert_true(office_is(&o, before, "superseded") && office_is(&o, one, "issued"));
}

/* Nothing becomes of one that was replaced, also not from a day before; it may have been issued in error. */
static void
after_it_was_replaced(void **state)
{
	static const struct { const char *verb, *with, *word; } rows[] = {
		{ "permit.withdraw", DECIDED, "withdrawn, and once" }, { "permit.suspend", DECIDED, "only a permit in force" }, { "permit.resume", DECIDED, "only a permit that is suspended" },
		{ "permit.restore", DECIDED, "only a permit that is withdrawn" }, { "permit.annotate", NOTED, "the newest version does" },
	};
	own_str char *back = NULL;
	char before[33], newer[33];
	struct err e;

	office_issued(&o, before, "gpxd-01", NULL);
	signed_newer(newer, before, "gpxd-01", NULL);
	office_seal(&o, newer);
	/* As if it had been issued ten days ago. */
	back = xprintf("day = %lld", (long long)of("p.day", before));
	set(before, "day = day - 10");
	for (int days = 0; days >= -5; days -= 5)
		for (size_t i = 0; i < COUNT(rows); i++)
			office_refused(rows[i].verb, office_act(&o, before, rows[i].verb, rows[i].with, days, &e), &e, ERR_CONFLICT, rows[i].word);
	office_acted(&o, before, "permit.void", DECIDED, 0);
	set(before, back);
	assert_true(office_is(&o, before, "void") && office_is(&o, newer, "issued"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_takes_the_place),
		cmocka_unit_test(the_log_says_so),
		cmocka_unit_test(its_notes_stand_on_the_newer),
		cmocka_unit_test(the_given_number_stays),
		cmocka_unit_test(what_is_not_in_force),
		cmocka_unit_test(what_was_annulled),
		cmocka_unit_test(a_note_that_will_be_lifted),
		cmocka_unit_test(what_it_may_not_amend),
		cmocka_unit_test(what_another_program_learns),
		cmocka_unit_test(what_has_expired),
		cmocka_unit_test(what_the_register_refuses),
		cmocka_unit_test(by_the_successor),
		cmocka_unit_test(two_at_once),
		cmocka_unit_test(between_number_and_seal),
		cmocka_unit_test(after_it_was_replaced),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
