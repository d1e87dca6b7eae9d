/* Every type of field: what it takes, and by which rule it refuses. */
#include "tests/base/test.h"

#include "base/file.h"
#include "policy/field.h"

#define TODAY 20779	/* 2026-11-22 */

static char none[] = "";

/* A field of this type without limits of its own. */
static struct field
field_of(const char *type)
{
	struct field f = { .name = none, .vi = none, .en = none, .fr = none, .type = field_type_from_word(type), .min = none, .max = none, .unit = none, .shape = none, .list = none,
		.decimals = FIELD_DECIMALS_ANY };

	assert_int_not_equal(f.type, FIELD_TYPES);
	field_limits_default(&f);
	return f;
}

/* code NULL: taken. */
static const struct { const char *name, *type, *text, *code; } cases[] = {
	{ "a word", "text", "Nhà", NULL },
	{ "an address", "address", "Số 12/34/5A, hẻm 212", NULL },
	{ "lines", "lines", "một\nhai", NULL },

	{ "a whole number", "integer", "-12", NULL },
	{ "a number", "decimal", "331.25", NULL },
	{ "no money", "money", "0", NULL },
	{ "money", "money", "25000000000", NULL },
	{ "a debt", "money", "-1", "below" },
	{ "more than there is", "money", "1000000000000001", "above" },

	{ "29 February of a leap year", "date", "2028-02-29", NULL },
	{ "29 February of another", "date", "2027-02-29", "type" },
	{ "a date of people", "date", "3/11/2026", "type" },
	{ "a date with an hour", "date", "2026-11-03T00:00:00Z", "too-long" },
	{ "no date", "date", "x", "type" },
	{ "a range", "date-range", "2026-11-03/2027-11-02", NULL },
	{ "a range of one day", "date-range", "2026-11-03/2026-11-03", NULL },
	{ "a range backwards", "date-range", "2027-11-02/2026-11-03", "range-order" },
	{ "a range of one end", "date-range", "2026-11-03/", "type" },
	{ "a range to no day", "date-range", "2026-11-03/2026-11-31", "type" },
	{ "a range from no day", "date-range", "2026-11-31/2026-12-01", "type" },
	{ "a range with a hyphen", "date-range", "2026-11-03-2027-11-02", "type" },
	{ "half a range", "date-range", "2026", "type" },
	{ "a year", "year", "1979", NULL },
	{ "a year of two digits", "year", "79", "type" },
	{ "a year before our era", "year", "-179", "type" },
	{ "a year with a nought", "year", "0079", "type" },
	{ "yes", "boolean", "true", NULL },
	{ "no", "boolean", "false", NULL },
	{ "perhaps", "boolean", "maybe", "type" },

	{ "a woman's", "personal-id", "099185004217", NULL },
	{ "a boy's of this century", "personal-id", "099226001966", NULL },
	{ "of next year", "personal-id", "099227001966", "birth-year" },
	{ "of the 24th century", "personal-id", "099900001966", "birth-year" },
	{ "of no place", "personal-id", "000185004217", "birth-place" },
	{ "one digit short", "personal-id", "09918500421", "digits" },
	{ "one digit more", "personal-id", "0991850042170", "digits" },
	{ "the old nine digits", "personal-id", "025123456", "digits" },
	{ "one digit", "personal-id", "0", "digits" },
	{ "three digits, as far as the century", "personal-id", "099", "digits" },
	{ "a letter in it", "personal-id", "09918500421O", "digits" },
	{ "spaces in it", "personal-id", "099 185 00421", "digits" },
	{ "digits of another script", "personal-id", "٠٩٩١٨٥٠٠٤٢١٧", "digits" },
	{ "an enterprise", "tax-code", "9901234560", NULL },
	{ "a branch", "tax-code", "9901234560-001", NULL },
	{ "its check digit", "tax-code", "9901234561", "check-digit" },
	{ "two digits exchanged", "tax-code", "9910234560", "check-digit" },
	{ "a branch of a wrong one", "tax-code", "9901234561-001", "check-digit" },
	{ "a branch without its sign", "tax-code", "9901234560001", "digits" },
	{ "a branch of two digits", "tax-code", "9901234560-01", "digits" },
	{ "a branch of letters", "tax-code", "9901234560-ABC", "digits" },
	{ "nine digits", "tax-code", "990123456", "digits" },
	{ "one digit of a code", "tax-code", "9", "digits" },

	{ "a mobile", "phone", "0909 999 999", NULL },
	{ "a line", "phone", "028.3999.9999", NULL },
	{ "from abroad", "phone", "+84 28 3999 9999", NULL },
	{ "a service", "phone", "1900 9999", NULL },
	{ "too few", "phone", "0909999", "type" },
	{ "too many", "phone", "090999999999", "type" },
	{ "without its nought", "phone", "909999999", "type" },
	{ "two signs", "phone", "0909--999999", "type" },
	{ "a sign at the end", "phone", "0909999999-", "type" },
	{ "a plus inside", "phone", "0909+999999", "type" },
	{ "a plus alone", "phone", "+", "type" },
	{ "words", "phone", "không có", "type" },
	{ "mail", "mail", "nguyen.a@thu-nghiem.example", NULL },
	{ "mail in capitals", "mail", "A@Example.VN", NULL },
	{ "mail of nobody", "mail", "@example.vn", "type" },
	{ "mail nowhere", "mail", "a@", "type" },
	{ "mail in no domain", "mail", "a@example", "type" },
	{ "mail twice", "mail", "a@b.example c@d.example", "type" },
	{ "no mail", "mail", "a.example", "type" },
	{ "mail with letters of Vietnamese", "mail", "nguyễn@example.vn", "type" },

	{ "a province", "unit", "01", NULL },
	{ "a commune", "unit", "00070", NULL },
	{ "a district, of which there are none", "unit", "007", "digits" },
	{ "a name", "unit", "Hòa", "digits" },
	{ "a parcel", "parcel", "00070/45/1027", NULL },
	{ "a parcel without its commune", "parcel", "45/1027", "type" },
	{ "a parcel of no number", "parcel", "00070/45/", "type" },
	{ "parcel nought", "parcel", "00070/45/0", "type" },
	{ "sheet nought", "parcel", "00070/00/1", "type" },
	{ "a parcel and more", "parcel", "00070/45/1027/2", "type" },
	{ "a commune alone", "parcel", "00070", "type" },
	{ "a parcel by hyphens", "parcel", "00070-45-1027", "type" },
	{ "a decision", "document", "512/QĐ-SCT", NULL },
	{ "a title", "document", "CQ 01234567", NULL },
	{ "no digit", "document", "QĐ-SCT", "type" },
	{ "a sign at its end", "document", "512/", "type" },
	{ "two signs together", "document", "512//QĐ", "type" },
	{ "a sign that documents have not", "document", "512/QĐ;SCT", "type" },
	{ "a formula", "document", "=1+1", "type" },
	{ "longer than documents' numbers", "document", "1234567890123456789012345678901234567890123456789012345678901", "too-long" },
};

static void
a_value_is_taken_or_refused(void **state)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct field f = field_of(cases[i].type);
		struct field_refusal r;
		bool good = field_check(&f, cases[i].text, TODAY, &r);

		if (good != (cases[i].code == NULL) || (!good && strcmp(field_fault_word(r.fault), cases[i].code) != 0))
			print_error("%s: %s\n", cases[i].name, good ? "taken" : field_fault_word(r.fault));
		assert_case(cases[i].name, good == (cases[i].code == NULL));
		assert_case(cases[i].name, good || strcmp(field_fault_word(r.fault), cases[i].code) == 0);
	}
}

/* Every beginning of a number that is right is a number that is wrong, and is
 * read no further than it goes (the sanitizer looks on). */
static void
a_shorter_number_is_not_read_beyond_its_end(void **state)
{
	static const struct { const char *type, *text; size_t also_good; } whole[] = {
		{ "personal-id", "099185004217", 12 }, { "tax-code", "9901234560-001", 10 }, { "parcel", "00070/45/1", 10 }, { "date-range", "2026-11-03/2027-11-02", 21 },
	};

	for (size_t i = 0; i < COUNT(whole); i++)
		for (size_t n = 1; n < strlen(whole[i].text); n++) {
			struct field f = field_of(whole[i].type);
			struct field_refusal r;
			own_str char *part = strndup(whole[i].text, n);

			assert_case(part, field_check(&f, part, TODAY, &r) == (n == whole[i].also_good));
		}
}

static const struct { const char *name; struct { size_t min_length, max_length; const char *min, *max, *shape; unsigned decimals; } limits; const char *type, *text, *code; } narrowed[] = {
	{ "as short as may be", { .min_length = 3 }, "text", "abc", NULL },
	{ "shorter", { .min_length = 3 }, "text", "ab", "too-short" },
	{ "letters count, not octets", { .max_length = 3 }, "text", "ạạạ", NULL },
	{ "longer", { .max_length = 3 }, "text", "ạạạạ", "too-long" },
	{ "at its least", { .min = "0.5" }, "decimal", "0.5", NULL },
	{ "below it", { .min = "0.5" }, "decimal", "0.49", "below" },
	{ "above", { .max = "100" }, "decimal", "100.01", "above" },
	{ "two digits", { .decimals = 2 }, "decimal", "0.25", NULL },
	{ "three", { .decimals = 2 }, "decimal", "0.255", "decimals" },
	{ "today", { .max = "today" }, "date", "2026-11-22", NULL },
	{ "tomorrow", { .max = "today" }, "date", "2026-11-23", "above" },
	{ "yesterday", { .min = "today" }, "date", "2026-11-21", "below" },
	{ "before there were dates", { .min = "1900-01-01" }, "date", "1899-12-31", "below" },
	{ "a range that ends too late", { .max = "2030-01-01" }, "date-range", "2026-01-01/2030-01-02", "above" },
	{ "a year too early", { .min = "1900" }, "year", "1899", "below" },
	{ "of the form", { .shape = "9999/QĐ-AAA" }, "document", "0512/QĐ-SCT", NULL },
	{ "not of the form", { .shape = "9999/QĐ-AAA" }, "document", "512/QĐ-SCT", "shape" },
	{ "more than the form", { .shape = "99" }, "document", "123", "shape" },
};

static struct field
narrow(size_t i)
{
	struct field f = field_of(narrowed[i].type);
	const __typeof__(narrowed[i].limits) *l = &narrowed[i].limits;

	f.min_length = l->min_length ?: f.min_length;
	f.max_length = l->max_length ?: f.max_length;
	f.min = (char *)(l->min ?: none);
	f.max = (char *)(l->max ?: none);
	f.shape = (char *)(l->shape ?: none);
	f.decimals = l->decimals ?: f.decimals;
	return f;
}

static void
a_kind_narrows_its_fields(void **state)
{
	for (size_t i = 0; i < COUNT(narrowed); i++) {
		struct field f = narrow(i);
		struct field_refusal r;
		struct err e;
		bool good;

		assert_done(field_limits_good(&f, &e), e);
		good = field_check(&f, narrowed[i].text, TODAY, &r);
		assert_case(narrowed[i].name, good == (narrowed[i].code == NULL) && (good || strcmp(field_fault_word(r.fault), narrowed[i].code) == 0));
	}
}

/* Each fault says something in both languages, and no sentence keeps a brace. */
static void
every_fault_has_words(void **state)
{
	struct field f = field_of("decimal");

	f.unit = (char *)"m";
	for (int fault = FAULT_NONE + 1; fault < FIELD_FAULTS; fault++) {
		for (enum field_lang lang = FIELD_VI; lang <= FIELD_EN; lang++) {
			own_struct(buf) said = buf_new(1000);
			struct field_refusal r;

			assert_false(field_refuse(&r, (enum field_fault)fault, "7"));
			field_say(&said, lang, &f, &r);
			assert_true(said.len > 4 && strchr(buf_str(&said), '{') == NULL);
			assert_true(field_fault_word(r.fault)[0] != '\0');
		}
	}
}

static void
every_code_is_documented(void **state)
{
	own_struct(buf) page = buf_new(1 << 20);
	struct err e;

	assert_done(file_read(&page, SOURCE_DIR "/policy/FORMATS.md", &e), e);
	for (int fault = FAULT_NONE + 1; fault < FIELD_FAULTS; fault++) {
		own_str char *word = xprintf("`%s`", field_fault_word((enum field_fault)fault));

		assert_case(word, strstr(buf_str(&page), word) != NULL);
	}
}

static void
what_is_named_is_cut_at_a_character(void **state)
{
	struct field_refusal r;
	own_struct(buf) text = buf_new(1000);

	for (int i = 0; i < 40; i++)
		buf_put_str(&text, i == 0 ? "x" : "ạ");
	(void)field_refuse(&r, FAULT_KIND, buf_str(&text));
	assert_int_equal(strlen(r.what), 61);	/* x and 20 of three octets; 64 would be half a letter too many */
}

static void
a_field_of_a_list(void **state)
{
	static struct code code[] = { { (char *)"001", none, none, 0, INT32_MAX }, { (char *)"74", none, none, 0, TODAY - 1 }, { (char *)"75", none, none, TODAY + 1, INT32_MAX } };
	static const struct code_list list = { none, (char *)"tỉnh", (char *)"provinces", code, COUNT(code) };
	static const struct { const char *name, *type, *text, *code; } of_list[] = {
		{ "in it", "code", "001", NULL }, { "not in it", "code", "002", "code" }, { "no more", "code", "74", "code-closed" }, { "not yet", "code", "75", "code-closed" },
		{ "born there", "personal-id", "001185004217", NULL }, { "born nowhere", "personal-id", "099185004217", "birth-place" },
		{ "born at 100", "personal-id", "100185004217", "birth-place" }, { "born abroad", "personal-id", "101185004217", NULL },
		{ "a unit of none", "unit", "79", "code" }, { "a unit that is no more", "unit", "74", "code-closed" },
	};

	for (size_t i = 0; i < COUNT(of_list); i++) {
		struct field f = field_of(of_list[i].type);
		struct field_refusal r;
		bool good;

		f.codes = &list;
		good = field_check(&f, of_list[i].text, TODAY, &r);
		assert_case(of_list[i].name, good == (of_list[i].code == NULL) && (good || strcmp(field_fault_word(r.fault), of_list[i].code) == 0));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_taken_or_refused),
		cmocka_unit_test(a_shorter_number_is_not_read_beyond_its_end),
		cmocka_unit_test(a_kind_narrows_its_fields),
		cmocka_unit_test(a_field_of_a_list),
		cmocka_unit_test(every_fault_has_words),
		cmocka_unit_test(every_code_is_documented),
		cmocka_unit_test(what_is_named_is_cut_at_a_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
