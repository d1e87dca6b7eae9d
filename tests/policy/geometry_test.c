/* Plots that can be, and those that cannot, each with its rule. */
#include "tests/base/test.h"

#include "policy/geometry.h"

#define N 1195000.0
#define E 602000.0

static const struct {
	const char *name, *meridian;
	int64_t zone;
	double corner[8][2];
	size_t n;
	double area;
	const char *code, *what;
} cases[] = {
	{ "a square", "105°45'", 3, { { N, E }, { N + 10, E }, { N + 10, E + 10 }, { N, E + 10 } }, 4, 100, NULL, NULL },
	{ "the other way round", "105°45'", 3, { { N, E + 10 }, { N + 10, E + 10 }, { N + 10, E }, { N, E } }, 4, 100, NULL, NULL },
	{ "its first corner again at the end", "105°45'", 3, { { N, E }, { N + 10, E }, { N + 10, E + 10 }, { N, E + 10 }, { N, E } }, 5, 100, NULL, NULL },
	{ "a triangle of no stated area", "105°45'", 3, { { N, E }, { N + 10, E }, { N, E + 10 } }, 3, -1, NULL, NULL },
	{ "an L", "105°45'", 3, { { N, E }, { N + 20, E }, { N + 20, E + 10 }, { N + 10, E + 10 }, { N + 10, E + 20 }, { N, E + 20 } }, 6, 300, NULL, NULL },
	{ "a corner on a straight side", "105°45'", 3, { { N, E }, { N + 5, E }, { N + 10, E }, { N + 10, E + 10 }, { N, E + 10 } }, 5, 100, NULL, NULL },
	{ "nearly as stated", "105°45'", 3, { { N, E }, { N + 10, E }, { N + 10, E + 10 }, { N, E + 10 } }, 4, 104, NULL, NULL },
	{ "a small one, to the metre", "105°45'", 3, { { N, E }, { N + 2, E }, { N + 2, E + 2 }, { N, E + 2 } }, 4, 4.9, NULL, NULL },
	{ "of a national zone", "105°00'", 6, { { N, 800000 }, { N + 10, 800000 }, { N, 800010 } }, 3, -1, NULL, NULL },

	{ "a zone of 6 degrees on a province's meridian", "105°45'", 6, { { N, E }, { N + 10, E }, { N, E + 10 } }, 3, -1, "reference", "105°45'" },
	{ "a zone of 4 degrees", "105°00'", 4, { { N, E }, { N + 10, E }, { N, E + 10 } }, 3, -1, "reference", NULL },
	{ "a meridian elsewhere", "099°45'", 3, { { N, E }, { N + 10, E }, { N, E + 10 } }, 3, -1, "reference", NULL },
	{ "a meridian of no quarter", "105°40'", 3, { { N, E }, { N + 10, E }, { N, E + 10 } }, 3, -1, "reference", NULL },
	{ "a meridian as a number", "105.75", 3, { { N, E }, { N + 10, E }, { N, E + 10 } }, 3, -1, "reference", NULL },
	{ "a meridian of 75 minutes", "105°75'", 3, { { N, E }, { N + 10, E }, { N, E + 10 } }, 3, -1, "reference", NULL },
	{ "a meridian and more", "105°45'0", 3, { { N, E }, { N + 10, E }, { N, E + 10 } }, 3, -1, "reference", NULL },
	{ "no meridian", "", 3, { { N, E }, { N + 10, E }, { N, E + 10 } }, 3, -1, "reference", NULL },
	{ "no corner", "105°45'", 3, { { 0 } }, 0, -1, "corners", NULL },
	{ "a line", "105°45'", 3, { { N, E }, { N + 10, E } }, 2, -1, "corners", NULL },
	{ "a line closed", "105°45'", 3, { { N, E }, { N + 10, E }, { N, E } }, 3, -1, "corners", NULL },
	{ "as GeoJSON has it", "105°45'", 3, { { E, N }, { E, N + 10 }, { E + 10, N } }, 3, -1, "axes", "1" },
	{ "one corner exchanged", "105°45'", 3, { { N, E }, { E, N + 10 }, { N, E + 10 } }, 3, -1, "axes", "2" },
	{ "degrees for metres", "105°45'", 3, { { 10.8, 106.7 }, { 10.9, 106.7 }, { 10.8, 106.8 } }, 3, -1, "outside", "1" },
	{ "in another country's south", "105°45'", 3, { { 500000, E }, { 500010, E }, { 500000, E + 10 } }, 3, -1, "outside", NULL },
	{ "outside the zone", "105°45'", 3, { { N, E }, { N + 10, 671000 }, { N, E + 10 } }, 3, -1, "outside", "2" },
	{ "no number", "105°45'", 3, { { N, E }, { 0.0 / 0.0, E }, { N, E + 10 } }, 3, -1, "outside", "2" },
	{ "a corner twice in a row", "105°45'", 3, { { N, E }, { N + 10, E }, { N + 10, E }, { N, E + 10 } }, 4, -1, "corner-twice", "2" },
	{ "closed twice", "105°45'", 3, { { N, E }, { N + 10, E }, { N, E + 10 }, { N, E }, { N, E } }, 5, -1, "corner-twice", NULL },
	{ "a bow tie", "105°45'", 3, { { N, E }, { N + 10, E + 10 }, { N + 10, E }, { N, E + 10 } }, 4, -1, "crossed", "1–2, 3–4" },
	{ "a spike", "105°45'", 3, { { N, E }, { N + 10, E }, { N + 10, E + 10 }, { N + 10, E + 5 }, { N, E + 10 } }, 5, -1, "crossed", "3" },
	{ "all on one line", "105°45'", 3, { { N, E }, { N + 10, E }, { N + 20, E } }, 3, -1, "crossed", NULL },
	{ "a corner on another side", "105°45'", 3, { { N, E }, { N + 10, E }, { N + 10, E + 10 }, { N + 5, E }, { N, E + 10 } }, 5, -1, "crossed", "1–2, 3–4" },
	{ "through one corner twice", "105°45'", 3, { { N, E }, { N + 10, E }, { N + 5, E + 5 }, { N + 10, E + 10 }, { N, E + 10 }, { N + 5, E + 5 } }, 6, -1, "crossed", NULL },
	{ "a tenth more", "105°45'", 3, { { N, E }, { N + 10, E }, { N + 10, E + 10 }, { N, E + 10 } }, 4, 110, "area", "100.0" },
	{ "ten times as much", "105°45'", 3, { { N, E }, { N + 10, E }, { N + 10, E + 10 }, { N, E + 10 } }, 4, 1000, "area", "100.0" },
	{ "nothing", "105°45'", 3, { { N, E }, { N + 10, E }, { N + 10, E + 10 }, { N, E + 10 } }, 4, 0, "area", NULL },
};

static void
plots(void **state)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		double corner[8][2];
		struct plot p = { cases[i].meridian, cases[i].zone, corner, cases[i].n, cases[i].area };
		struct field_refusal r = { FAULT_NONE, "" };
		bool good;

		memcpy(corner, cases[i].corner, sizeof(corner));
		good = geometry_check(&p, &r);
		if (good != (cases[i].code == NULL) || (!good && strcmp(field_fault_word(r.fault), cases[i].code) != 0))
			print_error("%s: %s %s\n", cases[i].name, good ? "taken" : field_fault_word(r.fault), r.what);
		assert_case(cases[i].name, good == (cases[i].code == NULL));
		assert_case(cases[i].name, good || strcmp(field_fault_word(r.fault), cases[i].code) == 0);
		assert_case(cases[i].name, cases[i].what == NULL || strcmp(r.what, cases[i].what) == 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(plots) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
