#include "tests/base/test.h"

#include "base/conf.h"

struct sample { char *listen; int64_t workers; bool loud; };

static const struct conf_option options[] = {
	{ "listen", CONF_STR, .field = offsetof(struct sample, listen), .doc = "where" },
	{ "workers", CONF_INT, .field = offsetof(struct sample, workers), .min = 1, .max = 8, .def = "2", .doc = "how many" },
	{ "loud", CONF_BOOL, .field = offsetof(struct sample, loud), .def = "no", .doc = "says more" },
	{ NULL },
};

static void
test_conf(void **state)
{
	static const struct { const char *name, *text, *want; size_t len; } cases[] = {
		{ "whole", "# c\n[a]\nlisten = x y \nworkers=8\nloud = yes\n[b]\nother=1\n", NULL },
		{ "defaults", "[a]\nlisten=x", NULL },
		{ "no section", "[b]\nlisten=x\n", "f has no section [a]" },
		{ "unknown key", "[a]\nlisten=x\nport=1\n", "f:3: unknown key port" },
		{ "twice", "[a]\nlisten=x\nlisten=y\n", "f:3: listen is given twice" },
		{ "section twice", "[a]\nlisten=x\n[a]\n", "f:3: [a] is given twice" },
		{ "missing", "[a]\nworkers=1\n", "f: [a] needs listen (where)" },
		{ "too many", "[a]\nlisten=x\nworkers=9\n", "f:3: workers is a whole number from 1 to 8" },
		{ "not a number", "[a]\nlisten=x\nworkers=2x\n", "f:3: workers is a whole number from 1 to 8" },
		{ "not a bool", "[a]\nlisten=x\nloud=1\n", "f:3: loud is yes or no" },
		{ "no equals", "[a]\nlisten\n", "f:2: expected \"key = value\"" },
		{ "a zero, and more behind it", "[a]\nlisten=x\n\0loud=yes\n", "f has an octet of zero; it is a text", 23 },
		{ "a zero in a value", "[a]\nlisten=x\0y\n", "f has an octet of zero; it is a text", 15 },
		{ "a zero at the end", "[a]\nlisten=x\n\0", "f has an octet of zero; it is a text", 14 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sample s = { 0 };
		struct err e;
		bool good = conf_parse(&s, options, cases[i].len > 0 ? span_of(cases[i].text, cases[i].len) : span_str(cases[i].text), "f", "a", &e);

		assert_case(cases[i].name, good == (cases[i].want == NULL));
		if (!good)
			assert_string_equal(e.text, cases[i].want);
		free(s.listen);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_conf) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
