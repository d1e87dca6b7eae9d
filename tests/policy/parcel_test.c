/* Codes of parcels: one key each, however they are written, and what is none. */
#include "tests/base/test.h"

#include "policy/parcel.h"

static const struct { const char *text, *key, *plain; } good[] = {
	{ "00070/45/1027", "00070/0045/01027", "00070/45/1027" },
	{ "00070/045/01027", "00070/0045/01027", "00070/45/1027" },
	{ "00070/1/1", "00070/0001/00001", "00070/1/1" },
	{ "26734/9999/99999", "26734/9999/99999", "26734/9999/99999" },
	{ "00000/10/10", "00000/0010/00010", "00000/10/10" },
};

static const char *const bad[] = { "", "/", "//", "00070", "00070/", "00070/45", "00070/45/", "0070/45/1027", "000070/45/1027", "00070/0/1027", "00070/00/1027", "00070/45/0",
	"00070/45/00000", "00070/00045/1027", "00070/45/001027", "00070/45/1027/", "00070/45/1027 ", " 00070/45/1027", "00070/-45/1027", "00070/+45/1027", "00070/ 45/1027",
	"00070/45/1027/1", "00070-45-1027", "00070/45.0/1027", "xa/45/1027", "00070/45/1o27", "00070/45/1027\n", "٠٠٠٧٠/45/1027" };

static void
one_key_however_written(void **state)
{
	char key[PARCEL_TEXT], text[PARCEL_TEXT], again[PARCEL_TEXT];

	for (size_t i = 0; i < COUNT(good); i++) {
		assert_true(parcel_key(key, good[i].text));
		assert_string_equal(key, good[i].key);
		assert_int_equal(strlen(key), PARCEL_KEY_LEN);
		parcel_text(text, key);
		assert_string_equal(text, good[i].plain);
		assert_true(parcel_key(again, text));
		assert_string_equal(again, key);
	}
}

static void
what_is_none(void **state)
{
	char key[PARCEL_TEXT];

	for (size_t i = 0; i < COUNT(bad); i++)
		assert_case(bad[i], !parcel_key(key, bad[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_key_however_written),
		cmocka_unit_test(what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
