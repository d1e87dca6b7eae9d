/* A kind that two officers sign, one after the other (tests/data/well.xml): each in
 * turn, each once, the later one over what the earlier has signed. */
#include "tests/base/test.h"

#include "register/fsck.h"
#include "tests/register/database.h"
#include "tests/signer/world.h"

static struct office o;

static int
begin(void **state)
{
	office_begin(&o);
	office_book(&o, "H99.31.07", "GPG", 7);
	return 0;
}

static int
end(void **state)
{
	o.w.broken = true;	/* fsck there expects that nothing was erased; the last test does it */
	office_end(&o);
	return 0;
}

static bool
prepare_by(enum staff who, const char *handle, json_t **out, struct err *e)
{
	*e = (struct err){ ERR_NONE, "" };
	return office_prepare(&o, out, o.staff[who].cert, (const char *const[]){ handle }, 1, e);
}

static int64_t
officers(const char *handle)
{
	own(json_t) *row = office_row(&o, handle);

	return json_integer_value(json_object_get(row, "officers"));
}

static bool
order(enum staff who, const char *verb, const char *handle, struct err *e)
{
	own(json_t) *answer = NULL;
	const char *const one[] = { handle };

	*e = (struct err){ ERR_NONE, "" };
	return office_order(&o, &answer, &(struct permit_order){ who, verb, one, 1, NULL, 0 }, e);
}

/* Who may sign when n officers have. */
static void
each_in_turn(void **state)
{
	static const struct { const char *name; size_t n; enum staff who; enum err_class class; const char *code, *word; } rows[] = {
		{ "the second officer first", 0, DIEP, ERR_CONFLICT, "other-turn", "this is the turn of officer 1, and this person signs in that of another; modes of this turn: TL. TUQ." },
		{ "an officer without the right", 0, NOBODY, ERR_POLICY, "", "no appointment (officer)" },
		{ "another agency's", 0, BLIK, ERR_POLICY, "", "no appointment (officer)" },
		{ "one of another kind", 0, HOA, ERR_POLICY, "", "no appointment (officer)" },
		{ "one who was", 0, PAST, ERR_POLICY, "", "no appointment (officer)" },
		{ "the clerk", 0, CLERK, ERR_POLICY, "", "no appointment (officer)" },
		{ "the first again", 1, TL, ERR_POLICY, "signed-already", "one person signs a permit once" },
		{ "nobody second", 1, NOBODY, ERR_POLICY, "", "no appointment (officer)" },
		{ "the first a third time", 2, TL, ERR_CONFLICT, "", "not a draft any more (signed)" },
		{ "the second again", 2, DIEP, ERR_CONFLICT, "", "not a draft any more (signed)" },
	};
	static const enum staff in_turn[] = { TL, DIEP };
	char handle[33];
	size_t n = 0;

	office_draft_well(&o, handle);
	for (size_t i = 0; i < COUNT(rows); i++) {
		own(json_t) *answer = NULL;
		struct err e;

		for (; n < rows[i].n; n++)
			office_sign(&o, in_turn[n], handle);
		assert_case(rows[i].name, office_is(&o, handle, n < 2 ? "draft" : "signed") && officers(handle) == (int64_t)n);
		office_refused(rows[i].name, prepare_by(rows[i].who, handle, &answer, &e), &e, rows[i].class, rows[i].word);
		assert_case(rows[i].name, strcmp(e.code, rows[i].code) == 0);
	}
	office_seal(&o, handle);
	assert_true(office_is(&o, handle, "issued"));
}

/* Whose references are which: the second's and the seal's have the first. */
static void
the_later_over_the_earlier(void **state)
{
	own_struct(buf) file = buf_new(SIGNER_MESSAGE_MAX);
	const char *first, *second, *issuance, *covered;
	char handle[33];

	office_draft_well(&o, handle);
	office_sign(&o, TL, handle);
	office_sign(&o, DIEP, handle);
	office_seal(&o, handle);
	office_file(&o, &file, handle);
	first = strstr(buf_str(&file), "Id=\"officer-1\"");
	second = strstr(buf_str(&file), "Id=\"officer-2\"");
	issuance = strstr(buf_str(&file), "<issuance");
	assert_true(first != NULL && second > first && issuance > second);
	covered = strstr(first, "URI=\"#officer-1\"");
	assert_true(covered > second && covered < issuance);
	assert_non_null(strstr(issuance, "URI=\"#officer-1\""));
	assert_non_null(strstr(issuance, "URI=\"#officer-2\""));
}

/* Prepared twice by the first, and only then signed. */
static void
a_turn_that_has_passed(void **state)
{
	own(json_t) *one = NULL, *two = NULL, *first = NULL, *second = NULL;
	own_str char *by_one = NULL, *by_two = NULL;
	char handle[33];
	struct err e;

	office_draft_well(&o, handle);
	assert_done(prepare_by(TL, handle, &one, &e), e);
	assert_done(prepare_by(TL, handle, &two, &e), e);
	by_one = office_signatures(one, o.staff[TL].key);
	by_two = office_signatures(two, o.staff[TL].key);
	assert_done(office_finish(&o, &first, by_one, &e), e);
	office_result("the first", first, 0, ERR_NONE, NULL);
	assert_done(office_finish(&o, &second, by_two, &e), e);
	office_result("the same turn again", second, 0, ERR_CONFLICT, "another officer has signed since");
	assert_int_equal(officers(handle), 1);
}

static void
half_signed_is_a_draft(void **state)
{
	char handle[33];
	struct err e;

	office_draft_well(&o, handle);
	office_sign(&o, TL, handle);
	office_refused("sealed", order(CLERK, "permit.seal", handle, &e), &e, ERR_CONFLICT, "does not wait for its seal (draft)");
	/* As if somebody had set its state. */
	database_do(o.w.database, "UPDATE permit SET state = 'signed' WHERE kind = 'well' AND state = 'draft'");
	office_refused("sealed all the same", order(CLERK, "permit.seal", handle, &e), &e, ERR_POLICY, "the officers who have signed are 1, and on this day");
	database_do(o.w.database, "UPDATE permit SET state = 'draft' WHERE kind = 'well' AND state = 'signed'");
	assert_done(order(DIEP, "permit.return", handle, &e), e);
	assert_true(office_is(&o, handle, "returned"));
}

/* Each officer's record goes. */
static void
erased_with_all_that_was_signed(void **state)
{
	static const struct { const char *name; size_t n; bool back; } rows[] = {
		{ "half signed", 1, false }, { "signed by both", 2, false }, { "half signed and returned", 1, true }, { "signed by both and returned", 2, true },
	};
	static const enum staff in_turn[] = { TL, DIEP };

	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t erased = database_int(o.w.database, "SELECT count(*) FROM log_entry WHERE record IS NULL", NULL, -1);
		char handle[33];
		const char *const one[] = { handle };
		struct err e;

		office_draft_well(&o, handle);
		for (size_t k = 0; k < rows[i].n; k++)
			office_sign(&o, in_turn[k], handle);
		assert_case(rows[i].name, office_number(&o, "SELECT count(*) FROM permit_turn WHERE handle = $handle", handle) == (int64_t)rows[i].n - 1);
		if (rows[i].back)
			assert_done(order(CLERK, "permit.return", handle, &e), e);
		assert_done(office_erase(&o, one, 1, &e), e);
		assert_case(rows[i].name, office_number(&o, "SELECT (SELECT count(*) FROM permit WHERE handle = $handle) + (SELECT count(*) FROM permit_turn WHERE handle = $handle)", handle) == 0);
		assert_case(rows[i].name, database_int(o.w.database, "SELECT count(*) FROM log_entry WHERE record IS NULL", NULL, -1) == erased + 1 + (int64_t)rows[i].n + rows[i].back);
	}
}

/* From here on TL may sign in either turn, but not in both. */
static void
one_person_in_both_turns(void **state)
{
	own(json_t) *answer = NULL;
	char handle[33];
	struct err e;

	office_appoint(&o, TL, "officer", "H99", "KT.", "*", NULL);
	office_draft_well(&o, handle);
	office_sign(&o, TL, handle);
	office_refused("twice", prepare_by(TL, handle, &answer, &e), &e, ERR_POLICY, "one person signs a permit once");
	office_sign(&o, DIEP, handle);
	office_seal(&o, handle);
}

static void
sound_in_the_end(void **state)
{
	own_str char *public = world_path(&o.w, "public");
	struct fsck f;
	struct err e;

	assert_done(fsck_run(&f, o.w.database, public, &e), e);
	assert_true(f.erased > 0 && f.lost == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_in_turn),
		cmocka_unit_test(the_later_over_the_earlier),
		cmocka_unit_test(a_turn_that_has_passed),
		cmocka_unit_test(half_signed_is_a_draft),
		cmocka_unit_test(erased_with_all_that_was_signed),
		cmocka_unit_test(one_person_in_both_turns),
		cmocka_unit_test(sound_in_the_end),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
