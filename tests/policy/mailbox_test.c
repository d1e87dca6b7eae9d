/* Mailboxes: which a certificate may name; the refusals with their codes. */
#include "tests/base/test.h"

#include "policy/mailbox.h"

#include <stdlib.h>

#define DOMAINS "hoagiang.example thu.hoagiang.example"
#define TEN "abcdefghij"
#define SIXTY TEN TEN TEN TEN TEN TEN

static void
mailboxes_that_are_taken(void **state)
{
	static const char *const rows[] = { "ky@hoagiang.example", "van.ky@hoagiang.example", "Van.Ky-1_2+so@thu.hoagiang.example",
		"o'an@hoagiang.example", "1@hoagiang.example", SIXTY "abcd@hoagiang.example" };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e;

		assert_done(mailbox_check(rows[i], DOMAINS, &e), e);
	}
}

static const struct { const char *name, *mail, *code; enum err_class class; } refusals[] = {
	{ "none", NULL, "mail-missing", ERR_INPUT }, { "empty", "", "mail-missing", ERR_INPUT },
	{ "no @", "ky.hoagiang.example", "mail-form", ERR_INPUT }, { "no local part", "@hoagiang.example", "mail-form", ERR_INPUT },
	{ "no domain", "ky@", "mail-form", ERR_INPUT }, { "two @", "ky@other.example@hoagiang.example", "mail-form", ERR_INPUT },
	{ "two mailboxes", "ky@hoagiang.example,mai@hoagiang.example", "mail-form", ERR_INPUT },
	{ "two with a space", "ky@hoagiang.example mai@hoagiang.example", "mail-form", ERR_INPUT },
	{ "a name before it", "Ky <ky@hoagiang.example>", "mail-form", ERR_INPUT }, { "a URI", "mailto:ky@hoagiang.example", "mail-form", ERR_INPUT },
	{ "a space before", " ky@hoagiang.example", "mail-form", ERR_INPUT }, { "a space behind", "ky@hoagiang.example ", "mail-form", ERR_INPUT },
	{ "a line", "ky\n@hoagiang.example", "mail-form", ERR_INPUT }, { "a line behind", "ky@hoagiang.example\n", "mail-form", ERR_INPUT },
	{ "delete", "k\x7fy@hoagiang.example", "mail-form", ERR_INPUT }, { "quoted", "\"k y\"@hoagiang.example", "mail-form", ERR_INPUT },
	{ "a comment", "ky(so)@hoagiang.example", "mail-form", ERR_INPUT }, { "a dot before", ".ky@hoagiang.example", "mail-form", ERR_INPUT },
	{ "a dot behind", "ky.@hoagiang.example", "mail-form", ERR_INPUT }, { "two dots", "van..ky@hoagiang.example", "mail-form", ERR_INPUT },
	{ "65 before the @", SIXTY "abcde@hoagiang.example", "mail-form", ERR_INPUT },
	{ "64 with a dot and one more", SIXTY ".abcd@hoagiang.example", "mail-form", ERR_INPUT },
	{ "255 in all", "ky@" SIXTY "." SIXTY "." SIXTY "." TEN TEN TEN TEN TEN TEN "." "ab.example", "mail-form", ERR_INPUT },
	{ "a label of 64", "ky@" SIXTY "abcd.example", "mail-form", ERR_INPUT }, { "a root dot", "ky@hoagiang.example.", "mail-form", ERR_INPUT },
	{ "an empty label", "ky@hoagiang..example", "mail-form", ERR_INPUT }, { "one label", "ky@localhost", "mail-form", ERR_INPUT },
	{ "a hyphen before", "ky@-hoagiang.example", "mail-form", ERR_INPUT }, { "a hyphen behind", "ky@hoagiang-.example", "mail-form", ERR_INPUT },
	{ "an address", "ky@[127.0.0.1]", "mail-form", ERR_INPUT }, { "capitals", "ky@Hoagiang.example", "mail-form", ERR_INPUT },
	{ "an underscore", "ky@hoa_giang.example", "mail-form", ERR_INPUT },
	{ "an internationalised local part", "ký@hoagiang.example", "mail-not-ascii", ERR_INPUT },
	{ "an internationalised domain", "ky@hòagiang.example", "mail-not-ascii", ERR_INPUT },
	{ "a Kelvin sign", "\u212ay@hoagiang.example", "mail-not-ascii", ERR_INPUT }, { "a wide @", "ky\uff20hoagiang.example", "mail-not-ascii", ERR_INPUT },
	{ "no UTF-8", "k\xffy@hoagiang.example", "mail-not-ascii", ERR_INPUT },
	{ "another domain", "ky@other.example", "mail-domain", ERR_POLICY }, { "one below", "ky@so.hoagiang.example", "mail-domain", ERR_POLICY },
	{ "one above", "ky@xin.example", "mail-domain", ERR_POLICY }, { "an end alike", "ky@xahoagiang.example", "mail-domain", ERR_POLICY },
	{ "a beginning alike", "ky@hoagiang.example.net", "mail-domain", ERR_POLICY }, { "another spelling", "ky@xn--hagiang-r0a.example", "mail-domain", ERR_POLICY },
};

static void
mailboxes_that_are_refused(void **state)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct err e = { ERR_NONE, "" };
		bool done = mailbox_check(refusals[i].mail, DOMAINS, &e);

		if (done || strcmp(e.code, refusals[i].code) != 0)
			print_error("%s: %s\n", refusals[i].name, done ? "done" : e.text);
		assert_case(refusals[i].name, !done && e.class == refusals[i].class && strcmp(e.code, refusals[i].code) == 0);
		assert_case(refusals[i].name, e.vi[0] != '\0' && strchr(e.text, '\n') == NULL);
	}
}

static void
where_there_is_none_none_is_taken(void **state)
{
	struct err e = { ERR_NONE, "" };

	assert_false(mailbox_none("official", &e));
	assert_string_equal(e.code, "mail-unasked");
	assert_false(mailbox_check("ky@hoagiang.example", "", &e));
}

static void
only_the_domain_becomes_small(void **state)
{
	static const struct { const char *in, *out; } rows[] = {
		{ "Van.KY@HoaGiang.Example", "Van.KY@hoagiang.example" }, { "KY", "KY" }, { "", "" }, { "K@A@B", "K@a@b" }, { "K@\u00d0", "K@\u00d0" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_str char *lower = mailbox_lower_domain(rows[i].in);

		assert_string_equal(lower, rows[i].out);
	}
}

static void
domains_of_a_profile(void **state)
{
	static const char *const bad[] = { "", " ", "hoagiang", "Hoagiang.example", "a.example ", " a.example", "a.example  b.example", "a.example,b.example",
		"@a.example", "a..example", "*.example", "-a.example", "a.example.", "hòa.example" };

	assert_true(mail_domains_good(DOMAINS));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_case(bad[i], !mail_domains_good(bad[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mailboxes_that_are_taken),
		cmocka_unit_test(mailboxes_that_are_refused),
		cmocka_unit_test(where_there_is_none_none_is_taken),
		cmocka_unit_test(only_the_domain_becomes_small),
		cmocka_unit_test(domains_of_a_profile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
