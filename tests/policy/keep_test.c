/* How long a permit is kept: from its end, for its kind's years. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "policy/keep.h"

static int32_t
day(const char *text)
{
	struct err e;
	int32_t out;

	assert_true(date_parse(&out, text, &e));
	return out;
}

#define W LIFE_WITHDRAWN
#define A LIFE_RESTORED
#define V LIFE_VOID
#define P LIFE_SUPERSEDED
#define S LIFE_SUSPENDED

struct row { const char *name; int64_t years; const char *valid_to; struct { enum life_act act; const char *from; } acts[4]; const char *on; enum keep_state want; const char *says; };

static struct keep
kept(const struct row *r)
{
	struct kind kind = { .keep_years = r->years };
	struct life l;

	life_begin(&l, day(r->on), r->valid_to != NULL ? day(r->valid_to) : LIFE_OPEN);
	for (size_t i = 0; i < COUNT(r->acts) && r->acts[i].from != NULL; i++)
		life_add(&l, &(struct life_change){ .act = r->acts[i].act, .from = day(r->acts[i].from), .until = LIFE_OPEN, .entry = (int64_t)i + 1, .ends = -1 });
	return keep_of(r->years < 0 ? NULL : &kind, &l);
}

static void
until_when(void **state)
{
	static const struct row rows[] = {
		{ "no rule", 0, "2020-01-01", { { W, "2019-01-01" } }, "2099-01-01", KEEP_FOREVER, "kept for ever" },
		{ "no such kind", -1, "2020-01-01", { { 0 } }, "2099-01-01", KEEP_FOREVER, "kept for ever" },
		{ "it holds", 10, NULL, { { 0 } }, "2099-01-01", KEEP_STANDS, "kept for 10 years from its end, and has not ended" },
		{ "on its last day", 10, "2026-05-10", { { 0 } }, "2026-05-10", KEEP_STANDS, "has not ended" },
		{ "the day after", 10, "2026-05-10", { { 0 } }, "2026-05-11", KEEP_STILL, "kept for 10 years from its end (expired 2026-05-10), until 2036-05-10" },
		{ "on the last day of ten years", 10, "2026-05-10", { { 0 } }, "2036-05-10", KEEP_STILL, "until 2036-05-10" },
		{ "and after it", 10, "2026-05-10", { { 0 } }, "2036-05-11", KEEP_OVER, "until 2036-05-10" },
		{ "a leap day", 1, "2028-02-29", { { 0 } }, "2029-03-01", KEEP_STILL, "until 2029-03-01" },
		{ "a leap day, over", 1, "2028-02-29", { { 0 } }, "2029-03-02", KEEP_OVER, "until 2029-03-01" },
		{ "a leap day after four years", 4, "2028-02-29", { { 0 } }, "2032-02-29", KEEP_STILL, "until 2032-02-29" },
		{ "suspended for good", 1, NULL, { { S, "2020-01-01" } }, "2099-01-01", KEEP_STANDS, "has not ended" },
		{ "withdrawn before its last day", 5, "2030-01-01", { { W, "2027-01-01" } }, "2032-01-02", KEEP_OVER, "(withdrawn 2027-01-01), until 2032-01-01" },
		{ "withdrawn from a day to come", 5, NULL, { { W, "2027-01-01" } }, "2026-12-31", KEEP_STANDS, "has not ended" },
		{ "withdrawn after its last day: kept longer", 5, "2020-01-01", { { W, "2027-01-01" } }, "2030-01-01", KEEP_STILL, "(withdrawn 2027-01-01), until 2032-01-01" },
		{ "a withdrawal that was annulled", 5, NULL, { { W, "2020-01-01" }, { A, "2021-01-01" } }, "2099-01-01", KEEP_STANDS, "has not ended" },
		{ "the same, expired since", 5, "2022-01-01", { { W, "2020-01-01" }, { A, "2021-01-01" } }, "2026-01-01", KEEP_STILL, "(expired 2022-01-01), until 2027-01-01" },
		{ "superseded", 5, NULL, { { P, "2020-01-01" } }, "2025-01-02", KEEP_OVER, "(superseded 2020-01-01), until 2025-01-01" },
		{ "void is the last word", 5, NULL, { { W, "2020-01-01" }, { V, "2024-01-01" } }, "2026-01-01", KEEP_STILL, "(void 2024-01-01), until 2029-01-01" },
		{ "withdrawn again", 5, NULL, { { W, "2020-01-01" }, { A, "2021-01-01" }, { W, "2023-01-01" } }, "2026-01-01", KEEP_STILL, "(withdrawn 2023-01-01)" },
		{ "beyond what a date says", 99, "9950-01-01", { { 0 } }, "9999-12-31", KEEP_STILL, "until no day" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct keep k = kept(&rows[i]);
		char text[KEEP_TEXT];

		keep_text(text, &k);
		assert_case(rows[i].name, k.state == rows[i].want && strstr(text, rows[i].says) != NULL);
	}
}

/* Whatever happened, a day more never makes an end of keeping undone. */
static void
once_over_it_stays_over(void **state)
{
	static const struct row rows[] = {
		{ "expired", 2, "2025-06-15", { { 0 } }, NULL, 0, NULL }, { "withdrawn first", 2, "2027-01-01", { { W, "2025-01-01" } }, NULL, 0, NULL },
		{ "withdrawn later", 2, "2025-01-01", { { W, "2025-09-01" } }, NULL, 0, NULL }, { "void", 2, "2026-01-01", { { V, "2025-03-01" } }, NULL, 0, NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		enum keep_state last = KEEP_STANDS;

		for (int32_t d = day("2025-01-01"); d < day("2030-01-01"); d++) {
			struct row r = rows[i];
			char on[TIME_TEXT];
			struct keep k;

			date_text(on, d);
			r.on = on;
			k = kept(&r);
			assert_case(rows[i].name, k.state >= last);
			last = k.state;
		}
		assert_case(rows[i].name, last == KEEP_OVER);
	}
}

static void
its_words(void **state)
{
	static const char *const words[KEEP_STATES] = { "for-ever", "stands", "kept", "over" };

	for (int s = 0; s < KEEP_STATES; s++)
		assert_string_equal(keep_word((enum keep_state)s), words[s]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(until_when), cmocka_unit_test(once_over_it_stays_over), cmocka_unit_test(its_words) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
