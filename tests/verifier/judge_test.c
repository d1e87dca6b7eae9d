#include "tests/base/test.h"
#include "tests/verifier/permit_maker.h"

#include "base/clock.h"
#include "base/file.h"

static struct maker *m;

static int set_up(void **state) { m = maker_new(); return 0; }
static int tear_down(void **state) { maker_free(m); return 0; }

static void
an_ordinary_permit_passes(void **state)
{
	own_struct(buf) doc = buf_new(XML_SIZE_MAX);
	own(evidence_t) *v = maker_evidence(m, NULL);
	const struct maker_recipe recipe = { 0 };
	struct report r;

	maker_permit(m, &recipe, &doc);
	maker_judge(m, &r, buf_span(&doc), v);
	own(json_t) *j = report_json(&r, m->policy, "file", maker_now);
	own_struct(buf) text = buf_new(1 << 20);
	json_write(&text, j);
	printf("%s\n", buf_str(&text));
	assert_int_equal(r.verdict, VERDICT_PASSED);
	report_drop(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ordinary_permit_passes),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
