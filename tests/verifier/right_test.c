/* An appointment against a signature: everything has to fit. */
#include "tests/base/test.h"

#include "verifier/right.h"

#define NONE INT64_MAX

/* What a row leaves out is as in the first. */
static struct span
text(const char *given, const char *usual)
{
	return span_str(given == NULL ? usual : given);
}

static int64_t
day(int64_t given, int64_t usual)
{
	return given == 0 ? usual : given;
}

static void
covers(void **state)
{
	static const struct { const char *name; struct { const char *person, *agency, *mode, *kinds; int64_t from, to, ended, authority; } held; int64_t day; bool want; } rows[] = {
		{ "held", { "CB-1", "H99.31", "KT.", "construction land-use", 100, 200, NONE, NONE }, 150, true },
		{ "the first day", { .from = 100 }, 100, true },
		{ "the last day", { .from = 100 }, 200, true },
		{ "without end", { .to = NONE }, 99999, true },
		{ "every kind", { .kinds = "*" }, 150, true },
		{ "this agency alone", { .agency = "H99.31.07" }, 150, true },
		{ "the day before it ended", { .ended = 151 }, 150, true },
		{ "the day before who authorises ended", { .authority = 151 }, 150, true },
		{ "a day early", { .from = 100 }, 99, false },
		{ "a day late", { .from = 100 }, 201, false },
		{ "the day on which it ended", { .ended = 150 }, 150, false },
		{ "the day on which who authorises ended", { .authority = 150 }, 150, false },
		{ "another person", { .person = "CB-10" }, 150, false },
		{ "no person", { .person = "" }, 150, false },
		{ "another agency", { .agency = "H99.14" }, 150, false },
		{ "one that begins with the same signs", { .agency = "H99.3" }, 150, false },
		{ "one below", { .agency = "H99.31.07.01" }, 150, false },
		{ "another mode", { .mode = "TUQ." }, 150, false },
		{ "no mode", { .mode = "" }, 150, false },
		{ "another kind", { .kinds = "land-use" }, 150, false },
		{ "a kind that begins so", { .kinds = "construction-2" }, 150, false },
		{ "no kind", { .kinds = "" }, 150, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct right_held held = { .person = text(rows[i].held.person, "CB-1"), .agency = text(rows[i].held.agency, "H99.31"),
			.mode = text(rows[i].held.mode, "KT."), .kinds = text(rows[i].held.kinds, "construction land-use"), .from = day(rows[i].held.from, 100),
			.to = day(rows[i].held.to, 200), .ended = day(rows[i].held.ended, NONE), .authority_ended = day(rows[i].held.authority, NONE) };
		const struct right_used used = { "CB-1", "KT.", "H99.31.07", "construction", rows[i].day };

		assert_case(rows[i].name, right_covers(&held, &used) == rows[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(covers) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
