/* Lines in groups: no more of them once the time of the whole is over. */
#include "tests/base/test.h"

#include "api/groups.h"

#include <stdatomic.h>

#define LINES 100

static bool
answer(void *state, json_t **out, json_t **more, const struct group_line *line, struct err *e)
{
	atomic_fetch_add((_Atomic unsigned *)state, 1);
	*out = json_object();
	return true;
}

static unsigned
status(const json_t *j)
{
	return 200;
}

static const struct err_rule again = { ERR_LATER, "come again", "ask-again", "Xin gửi lại." };

static const struct { const char *name; unsigned secs, asked, status; } cases[] = {
	{ "in time", 900, LINES, 200 },
	{ "its time is over", 0, 0, 503 },
};

static void
each_line_is_answered_in_time_or_told_to_come_again(void **state)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct group_work work = { answer, status, &again, 4, LINES, 100, 1000, cases[i].secs };
		_Atomic unsigned asked = 0;
		struct groups *g = groups_new(&work, &asked);
		struct span rest, line;
		size_t n = 0;

		for (size_t k = 1; k <= LINES; k++)
			groups_add(g, k, span_str("x"));
		own_struct(buf) all = groups_end(g);
		rest = buf_span(&all);
		while (span_take_line(&rest, &line)) {
			own(json_t) *j = NULL;
			struct err e;

			assert_done(json_read(&j, line, &e), e);
			assert_case(cases[i].name, json_integer_value(json_object_get(j, "line")) == (json_int_t)++n &&
			    json_integer_value(json_object_get(j, "status")) == cases[i].status);
			assert_case(cases[i].name, (strcmp(json_text(j, "code"), "ask-again") == 0) == (cases[i].status == 503));
		}
		assert_int_equal(n, LINES);
		assert_int_equal(asked, cases[i].asked);
		groups_free(g);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_line_is_answered_in_time_or_told_to_come_again) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
