/* A permit's status on a day, out of what was recorded; and which act may
 * follow which. */
#include "tests/base/test.h"

#include "policy/life.h"

/* "W10" withdrawn from day 10; "S10-20" suspended to the end of day 20, "S10-"
 * without an end; R resumed, A annulled, V void, P superseded, F reaffirmed, N noted,
 * L12/3 the note of entry 3 lifted from day 12.  Entries count from 1. */
static size_t
changes_of(const char *text, struct life_change *out)
{
	static const struct { char letter; enum life_act act; } letters[] = { { 'W', LIFE_WITHDRAWN }, { 'S', LIFE_SUSPENDED }, { 'R', LIFE_RESUMED },
		{ 'A', LIFE_RESTORED }, { 'V', LIFE_VOID }, { 'P', LIFE_SUPERSEDED }, { 'N', LIFE_NOTED }, { 'L', LIFE_LIFTED }, { 'F', LIFE_REAFFIRMED } };
	size_t n = 0;

	while (*text != '\0') {
		struct life_change c = { .until = LIFE_OPEN, .entry = (int64_t)n + 1, .ends = -1 };
		char *end;
		size_t i = 0;

		while (letters[i].letter != *text)
			promise(++i < COUNT(letters));
		c.act = letters[i].act;
		c.from = (int32_t)strtol(text + 1, &end, 10);
		if (*end == '-')
			c.until = end[1] >= '0' && end[1] <= '9' ? (int32_t)strtol(end + 1, &end, 10) : (end++, LIFE_OPEN);
		if (*end == '/')
			c.ends = strtol(end + 1, &end, 10);
		out[n++] = c;
		text = *end == ' ' ? end + 1 : end;
	}
	return n;
}

static void
replay(struct life *l, const char *changes, int32_t day, int32_t valid_to)
{
	struct life_change c[80];
	size_t n = changes_of(changes, c);

	life_begin(l, day, valid_to);
	for (size_t i = 0; i < n; i++)
		life_add(l, &c[i]);
}

static void
status_on_a_day(void **state)
{
	/* from: of the change that makes it so; 0: none. */
	static const struct { const char *changes; int32_t valid_to, day; const char *status; int32_t from; unsigned code; } rows[] = {
		{ "", LIFE_OPEN, 5, "yes", 0, 0 },
		{ "", 5, 5, "yes", 0, 0 }, { "", 5, 6, "expired", 0, 0 },
		{ "W10", LIFE_OPEN, 9, "yes", 0, 0 }, { "W10", LIFE_OPEN, 10, "withdrawn", 10, 1 }, { "W10", 12, 13, "withdrawn", 10, 1 },
		{ "W10 A15", LIFE_OPEN, 14, "withdrawn", 10, 1 }, { "W10 A15", LIFE_OPEN, 15, "yes", 0, 0 }, { "W10 A10", LIFE_OPEN, 10, "yes", 0, 0 },
		{ "W10 A15 W20", LIFE_OPEN, 20, "withdrawn", 20, 1 }, { "W10 A15 W12", LIFE_OPEN, 16, "withdrawn", 12, 1 },
		/* One for next month, one at once; the latter is annulled. */
		{ "W30 W10 A15", LIFE_OPEN, 12, "withdrawn", 10, 1 }, { "W30 W10 A15", LIFE_OPEN, 16, "yes", 0, 0 }, { "W30 W10 A15", LIFE_OPEN, 30, "withdrawn", 30, 1 },
		{ "S10-20", LIFE_OPEN, 9, "yes", 0, 0 }, { "S10-20", LIFE_OPEN, 10, "suspended", 10, 2 }, { "S10-20", LIFE_OPEN, 20, "suspended", 10, 2 },
		{ "S10-20", LIFE_OPEN, 21, "yes", 0, 0 },
		{ "S10-", LIFE_OPEN, 9999, "suspended", 10, 2 }, { "S10- R15", LIFE_OPEN, 14, "suspended", 10, 2 }, { "S10- R15", LIFE_OPEN, 15, "yes", 0, 0 },
		{ "S10-20 R15", LIFE_OPEN, 18, "yes", 0, 0 },
		/* The newest counts: longer, shorter. */
		{ "S10-20 S15-30", LIFE_OPEN, 25, "suspended", 15, 2 }, { "S10-40 S15-20", LIFE_OPEN, 25, "yes", 0, 0 }, { "S10-40 S15-20", LIFE_OPEN, 12, "suspended", 10, 2 },
		/* A resume ends no suspension that begins later. */
		{ "S10-20 S30-40 R15", LIFE_OPEN, 16, "yes", 0, 0 }, { "S10-20 S30-40 R15", LIFE_OPEN, 35, "suspended", 30, 2 },
		{ "S10-30 W20", LIFE_OPEN, 19, "suspended", 10, 2 }, { "S10-30 W20", LIFE_OPEN, 20, "withdrawn", 20, 1 },
		{ "S10-30 W20 A25", LIFE_OPEN, 25, "suspended", 10, 2 }, { "S10-30 W20 A25", LIFE_OPEN, 31, "yes", 0, 0 },
		{ "W30 S10-40", LIFE_OPEN, 35, "withdrawn", 30, 1 }, { "W30 S10-40", LIFE_OPEN, 29, "suspended", 10, 2 },
		{ "S10-30", 20, 20, "suspended", 10, 2 }, { "S10-30", 20, 31, "expired", 0, 0 }, { "S10-30", 20, 25, "suspended", 10, 2 },
		{ "N10", LIFE_OPEN, 9, "yes", 0, 0 }, { "N10", LIFE_OPEN, 10, "noted", 10, 12 }, { "N10", 12, 13, "expired", 0, 12 },
		{ "N10 N12", LIFE_OPEN, 12, "noted", 12, 12 }, { "N10 N12 L15/2", LIFE_OPEN, 15, "noted", 10, 12 }, { "N10 N12 L15/1", LIFE_OPEN, 15, "noted", 12, 12 },
		{ "N10 L15/1", LIFE_OPEN, 14, "noted", 10, 12 }, { "N10 L15/1", LIFE_OPEN, 15, "yes", 0, 0 }, { "N10 L15/7", LIFE_OPEN, 15, "noted", 10, 12 },
		{ "N10 N11 L15", LIFE_OPEN, 15, "noted", 10, 12 }, { "N10 L15", LIFE_OPEN, 15, "yes", 0, 0 },
		{ "N10 S12-13", LIFE_OPEN, 12, "suspended", 12, 2 }, { "N10 S12-13", LIFE_OPEN, 14, "noted", 10, 12 }, { "S10- N12 R15", LIFE_OPEN, 15, "noted", 12, 12 },
		{ "F10", LIFE_OPEN, 9, "yes", 0, 0 }, { "F10", LIFE_OPEN, 10, "noted", 10, 12 }, { "F10", 12, 13, "expired", 0, 12 }, { "F10 N12", LIFE_OPEN, 12, "noted", 12, 12 },
		/* No note of its own: nothing lifts it, and it lifts none. */
		{ "F10 L12", LIFE_OPEN, 12, "noted", 10, 12 }, { "N9 F10 L12", LIFE_OPEN, 12, "noted", 10, 12 }, { "N9 F10 L12/2", LIFE_OPEN, 12, "noted", 9, 12 },
		{ "F10 S11-12", LIFE_OPEN, 12, "suspended", 11, 2 }, { "F10 W11", LIFE_OPEN, 11, "withdrawn", 11, 1 }, { "F10 W11 A12", LIFE_OPEN, 12, "noted", 10, 12 },
		{ "F10 P11", LIFE_OPEN, 11, "superseded", 11, 3 }, { "F10 V11", LIFE_OPEN, 11, "void", 11, 1 },
		{ "V10", LIFE_OPEN, 10, "void", 10, 1 }, { "V10", LIFE_OPEN, 3, "void", 10, 1 }, { "W5 V10", LIFE_OPEN, 6, "void", 10, 1 }, { "V10", 5, 20, "void", 10, 1 },
		{ "P10", LIFE_OPEN, 9, "yes", 0, 0 }, { "P10", LIFE_OPEN, 10, "superseded", 10, 3 }, { "P10 W12", LIFE_OPEN, 12, "superseded", 10, 3 },
		{ "P10 A15", LIFE_OPEN, 15, "yes", 0, 0 }, { "P10 A15", LIFE_OPEN, 14, "superseded", 10, 3 }, { "N5 P10 V20", LIFE_OPEN, 11, "void", 20, 1 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct life_change *why;
		struct life l;
		enum in_force status;
		char name[120];

		replay(&l, rows[i].changes, rows[i].day, rows[i].valid_to);
		status = life_status(&l, &why);
		snprintf(name, sizeof(name), "%s on %d: %s", rows[i].changes, (int)rows[i].day, in_force_word(status));
		assert_case(name, strcmp(in_force_word(status), rows[i].status) == 0);
		assert_case(name, (why == NULL ? 0 : why->from) == rows[i].from);
		assert_case(name, life_code(&l) == rows[i].code);
	}
}

static void
what_may_follow(void **state)
{
	static const char letters[] = "WSRAVNLPF";
	static const enum life_act acts[] = { LIFE_WITHDRAWN, LIFE_SUSPENDED, LIFE_RESUMED, LIFE_RESTORED, LIFE_VOID, LIFE_NOTED, LIFE_LIFTED, LIFE_SUPERSEDED, LIFE_REAFFIRMED };
	/* lawful: the letters of the acts that may be ordered for day 12. */
	static const struct { const char *changes; int32_t valid_to; const char *lawful; } rows[] = {
		{ "", LIFE_OPEN, "WSVNPF" }, { "", 11, "WVNF" },
		{ "W10", LIFE_OPEN, "AVN" }, { "W13", LIFE_OPEN, "WSVNPF" }, { "W10 A11", LIFE_OPEN, "WSVNPF" },
		{ "S10-20", LIFE_OPEN, "WSRVNF" }, { "S10-11", LIFE_OPEN, "WSVNPF" }, { "S13-20", LIFE_OPEN, "WSVNPF" }, { "S10- R11", LIFE_OPEN, "WSVNPF" },
		{ "S10- W11", LIFE_OPEN, "AVN" },
		{ "N10", LIFE_OPEN, "WSVNLPF" }, { "W10 N11", LIFE_OPEN, "AVN" }, { "F10", LIFE_OPEN, "WSVNPF" },
		{ "V10", LIFE_OPEN, "" }, { "N9 V10", LIFE_OPEN, "" }, { "P10", LIFE_OPEN, "V" }, { "P13", LIFE_OPEN, "WSVNPF" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t k = 0; k < COUNT(acts); k++) {
			struct err e = { ERR_NONE, "" };
			struct life l;
			bool lawful = strchr(rows[i].lawful, letters[k]) != NULL, may;
			char name[120];

			replay(&l, rows[i].changes, 12, rows[i].valid_to);
			may = life_may(&l, acts[k], 1, &e);
			snprintf(name, sizeof(name), "after %s: %s", rows[i].changes, life_word(acts[k]));
			assert_case(name, may == lawful);
			assert_case(name, may || (e.code[0] != '\0' && e.vi[0] != '\0' && (e.class == ERR_CONFLICT || e.class == ERR_LIMIT)));
		}
}

static void
notes_have_a_limit(void **state)
{
	struct life_change c = { .act = LIFE_NOTED, .from = 1, .until = LIFE_OPEN, .ends = -1 };
	struct life l;
	struct err e;

	life_begin(&l, 5, LIFE_OPEN);
	for (c.entry = 1; c.entry <= LIFE_NOTES_MAX; c.entry++) {
		assert_true(life_may(&l, LIFE_NOTED, -1, &e));
		life_add(&l, &c);
	}
	assert_false(life_may(&l, LIFE_NOTED, -1, &e));
	assert_string_equal(e.code, "notes-full");
	assert_int_equal(e.class, ERR_LIMIT);
	/* A log that has more all the same: it is noted. */
	life_add(&l, &c);
	assert_int_equal(life_code(&l), 12);
	assert_false(life_may(&l, LIFE_LIFTED, 99, &e));
	assert_string_equal(e.code, "note-absent");
	assert_true(life_may(&l, LIFE_LIFTED, 7, &e));
}

static void
words(void **state)
{
	static const struct { int64_t act; const char *word; } rows[] = { { 0, "resumed" }, { 1, "withdrawn" }, { 2, "suspended" }, { 3, "superseded" }, { 4, "void" },
		{ 5, "restored" }, { 12, "noted" }, { 13, "lifted" }, { 14, "reaffirmed" }, { 6, NULL }, { -1, NULL }, { 15, NULL }, { 1LL << 40, NULL } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *word = life_word(rows[i].act);

		assert_true((word == NULL) == (rows[i].word == NULL) && (word == NULL || strcmp(word, rows[i].word) == 0));
		assert_true((life_say(rows[i].act) == NULL) == (rows[i].word == NULL));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_on_a_day),
		cmocka_unit_test(what_may_follow),
		cmocka_unit_test(notes_have_a_limit),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
