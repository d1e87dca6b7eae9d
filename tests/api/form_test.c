/* Forms as browsers send them, and as nobody should. */
#include "tests/base/test.h"

#include "api/form.h"

#define TYPE "multipart/form-data; boundary=B"
#define PART(name, body) "--B\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" body "\r\n"
#define END "--B--\r\n"
static const char absent[] = "has no field \"code\"";
#define CUT "cut off"

/* want: of "code"; refusal: in its place. */
static const struct { const char *name, *type, *form, *want, *refusal; } parts[] = {
	{ "one", TYPE, PART("code", "x") END, "x", NULL },
	{ "behind a file", TYPE, PART("file", "a\r\n--C\r\n") PART("code", "x") END, "x", NULL },
	{ "the first of two", TYPE, PART("code", "x") PART("code", "y") END, "x", NULL },
	{ "empty", TYPE, PART("code", "") END, "", NULL },
	{ "boundary in quotes", "Multipart/Form-Data; Boundary=\"B\"; x=y", PART("code", "x") END, "x", NULL },
	{ "a line of its own", TYPE, PART("code", "\r\n") END, "\r\n", NULL },
	{ "another name", TYPE, PART("codes", "x") PART("xcode", "x") END, NULL, absent },
	{ "a form in a file", TYPE, PART("file", "--C\r\nContent-Disposition: form-data; name=\"code\"\r\n\r\nx\r\n--C--") END, NULL, absent },
	{ "a longer boundary in a file", TYPE, PART("file", "a\r\n--BB\r\nb") PART("code", "x") END, NULL, CUT },
	{ "nothing", TYPE, "", NULL, "does not begin" },
	{ "no part", TYPE, END, NULL, absent },
	{ "something before", TYPE, "x\r\n" PART("code", "x") END, NULL, "does not begin" },
	{ "without its end", TYPE, PART("file", "a"), NULL, CUT },
	{ "cut off in it", TYPE, "--B\r\nContent-Disposition: form-data; name=\"code\"\r\n\r\nx", NULL, CUT },
	{ "cut off in its head", TYPE, "--B\r\nContent-Disposition: form-data; name=\"code\"", NULL, CUT },
	{ "its head is the boundary", TYPE, "--B\r\n\r\n--B--\r\n", NULL, CUT },
	{ "no boundary", "multipart/form-data", PART("code", "x") END, NULL, "no boundary" },
	{ "an empty boundary", "multipart/form-data; boundary=\"\"", PART("code", "x") END, NULL, "1 to 70" },
};

static void
of_several_parts(void **state)
{
	for (size_t i = 0; i < COUNT(parts); i++) {
		struct span out = SPAN_NONE;
		struct err e = { ERR_NONE, "" };
		bool good = form_part(&out, span_str(parts[i].form), parts[i].type, "code", &e);

		assert_case(parts[i].name, good == (parts[i].want != NULL));
		if (good)
			assert_case(parts[i].name, span_eq(out, span_str(parts[i].want)));
		else
			assert_case(parts[i].name, e.class == (parts[i].refusal == absent ? ERR_ABSENT : ERR_INPUT) && strstr(e.text, parts[i].refusal) != NULL);
	}
}

static const struct { const char *name, *form, *want, *refusal; } values[] = {
	{ "one", "code=x", "x", NULL },
	{ "the first of two", "a=b&code=x&code=y", "x", NULL },
	{ "encoded", "code=%41+%2b%26", "A +&", NULL },
	{ "empty", "code=&a=b", "", NULL },
	{ "another name", "codes=x&xcode=y&code", NULL, absent },
	{ "nothing", "", NULL, absent },
	{ "half of an octet", "code=a%4", NULL, "hexadecimal" },
	{ "no octet", "code=%zz", NULL, "hexadecimal" },
};

static void
encoded(void **state)
{
	for (size_t i = 0; i < COUNT(values); i++) {
		own_struct(buf) out = buf_new(100);
		struct err e = { ERR_NONE, "" };
		bool good = form_value(&out, span_str(values[i].form), "code", &e);

		assert_case(values[i].name, good == (values[i].want != NULL));
		if (good)
			assert_case(values[i].name, strcmp(buf_str(&out), values[i].want) == 0);
		else
			assert_case(values[i].name, e.class == (values[i].refusal == absent ? ERR_ABSENT : ERR_INPUT) && strstr(e.text, values[i].refusal) != NULL);
	}
}

static void
no_longer_than_it_may_be(void **state)
{
	own_struct(buf) form = buf_new(10000), out = buf_new(100);
	struct span part;
	struct err e;

	buf_put_str(&form, "code=");
	memset(buf_extend(&form, 101), 'x', 101);
	assert_false(form_value(&out, buf_span(&form), "code", &e));
	assert_int_equal(e.class, ERR_LIMIT);
	buf_reset(&form);
	for (int i = 0; i < 17; i++)
		buf_put_str(&form, PART("x", ""));
	buf_put_str(&form, PART("code", "x") END);
	assert_false(form_part(&part, buf_span(&form), TYPE, "code", &e));
	assert_int_equal(e.class, ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(of_several_parts), cmocka_unit_test(encoded), cmocka_unit_test(no_longer_than_it_may_be) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
