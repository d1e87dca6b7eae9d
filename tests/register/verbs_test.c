/* The table of verbs: what its readers count on.  With --list it prints the
 * verbs' names, from which tests/crash/sweep.py makes its places. */
#include "tests/base/test.h"

#include "register/verbs.h"

#include <stdio.h>

static void
each_verb_is_found_by_its_name(void **state)
{
	const struct verb *v;

	for (size_t i = 0; (v = verb_nth(i)) != NULL; i++)
		assert_case(v->name, verb_find(v->name) == v);
	assert_null(verb_find("permit.forge"));
}

static void
each_verb_has_callers_and_an_effect(void **state)
{
	const struct verb *v;

	for (size_t i = 0; (v = verb_nth(i)) != NULL; i++) {
		assert_case(v->name, v->callers != 0);
		assert_case(v->name, v->project[0] != NULL || v->check[0].sql != NULL);
		assert_case(v->name, v->entry != VERB_QUIET || (v->handle == NULL && v->public == NULL));
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_verb_is_found_by_its_name),
		cmocka_unit_test(each_verb_has_callers_and_an_effect),
	};
	const struct verb *v;

	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		for (size_t i = 0; (v = verb_nth(i)) != NULL; i++)
			if (v->callers != CALLER_REGISTER)	/* log.reimported: tests/flow/restore.sh */
				printf("%s\n", v->name);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
