/* What antin-verifier makes public of an agency's permits: of which kinds, which
 * permits, which fields, on which day; and every page of it. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "tests/signer/world.h"
#include "verifier/gazette.h"
#include "verifier/proto.h"

#define WARD "H99.31.07"

static struct office o;
static int32_t today;
static uint64_t year;

static int
begin(void **state)
{
	office_begin(&o);
	today = day_in_vietnam(clock_now());
	year = (uint64_t)year_of_day(today);
	office_book(&o, WARD, "GPXD", 245);
	return 0;
}

static int
end(void **state)
{
	office_end(&o);
	return 0;
}

static bool
ask(json_t **out, const char *agency, uint64_t of, uint64_t after, struct err *e)
{
	own_struct(msg) in = msg_new(VERIFY_PUBLICATIONS, 4096);

	msg_put_str(&in, agency);
	msg_put_u64(&in, of);
	msg_put_u64(&in, after);
	return office_verifier(&o, out, &in, e);
}

/* The first page of an agency. */
static json_t *
newest(const char *agency)
{
	json_t *answer = NULL;
	struct err e;

	assert_done(ask(&answer, agency, 0, 0, &e), e);
	return answer;
}

static const json_t *items_of(const json_t *answer) { return json_object_get(answer, "items"); }
static const char *word(const json_t *j, const char *key) { return json_string_value(json_object_get(j, key)) ?: ""; }

/* As "what state lines?", the newest first. */
static void
assert_items(const char *agency, const char *const want[])
{
	own(json_t) *answer = newest(agency);
	const json_t *item;
	size_t i;

	json_array_foreach(items_of(answer), i, item) {
		own_str char *is = xprintf("%s %s %s", word(item, "what"), word(item, "state"), json_is_array(json_object_get(item, "lines")) ? "lines" : "-");

		if (want[i] == NULL || strcmp(is, want[i]) != 0)
			print_error("%s %zu: %s, not %s\n", agency, i, is, want[i] ?: "the end");
		assert_case(agency, want[i] != NULL && strcmp(is, want[i]) == 0);
	}
	assert_case(agency, want[i] == NULL);
}

/* What never had a number, and what is of another kind, is not there. */
static void
only_what_is_issued_and_of_such_a_kind(void **state)
{
	char draft[33], signed_only[33], issued[33], other[33];

	office_draft(&o, draft, "gpxd-01", NULL);
	office_signed(&o, signed_only, "gpxd-01", NULL);
	assert_items(WARD, (const char *const[]){ NULL });
	office_issued(&o, other, "vpdd-01", "99-00100-01");
	office_issued(&o, issued, "gpxd-01", NULL);
	assert_items(WARD, (const char *const[]){ "issued issued lines", NULL });
	own(json_t) *row = office_row(&o, other);

	assert_string_equal(word(row, "state"), "issued");
	assert_items(word(row, "agency"), (const char *const[]){ NULL });
}

/* Every personal value of the sample, and what its mask would keep. */
static void
nothing_that_is_masked(void **state)
{
	static const char *const held[] = { "099185004217", "099083001966", "217\"", "966\"", "so_dinh_danh", "•", "H99.31.07-261026-0042", "handle", "holder", "shortcode", "voicecode", "officer" };
	static const char *const told[] = { "Nhà ở riêng lẻ", "Nguyễn Hoàng Phước Bảo Quỳnh Trâm Anh", "Địa điểm", "03/11/2027" };
	own(json_t) *answer = newest(WARD);
	own_struct(buf) text = buf_new(1 << 20);

	json_write(&text, answer);
	for (size_t i = 0; i < COUNT(held); i++)
		assert_case(held[i], strstr(buf_str(&text), held[i]) == NULL);
	for (size_t i = 0; i < COUNT(told); i++)
		assert_case(told[i], strstr(buf_str(&text), told[i]) != NULL);
}

/* with is given away. */
static void
act(const char *verb, const char *handle, json_t *with)
{
	const struct permit_order order = { CLERK, verb, &handle, 1, with };
	own(json_t) *answer = NULL;
	struct err e;

	assert_done(office_order(&o, &answer, &order, &e), e);
	office_result(verb, answer, 0, ERR_NONE, NULL);
	json_decref(with);
}

static json_t *decided(const char *number) { return json_pack("{s:s}", "decision", number); }

/* The newest first; a permit that does not stand any more shows nothing of itself. */
static void
decisions(void **state)
{
	own(json_t) *answer = NULL;
	const json_t *first;
	char handle[33], today_text[TIME_TEXT];

	office_issued(&o, handle, "gpxd-01", NULL);
	act("permit.suspend", handle, decided("1/QĐ-UBND"));
	assert_items(WARD, (const char *const[]){ "suspended suspended -", "issued suspended lines", "issued issued lines", NULL });
	act("permit.resume", handle, decided("2/QĐ-UBND"));
	assert_items(WARD, (const char *const[]){ "resumed issued -", "suspended issued -", "issued issued lines", "issued issued lines", NULL });
	act("permit.annotate", handle, json_pack("{s:s, s:s}", "decision", "3/QĐ-UBND", "note", "Đã đổi chủ sang ông Giả Định"));
	act("permit.withdraw", handle, decided("4/QĐ-UBND"));
	assert_items(WARD, (const char *const[]){ "withdrawn withdrawn -", "resumed withdrawn -", "suspended withdrawn -", "issued withdrawn -", "issued issued lines", NULL });
	answer = newest(WARD);
	first = json_array_get(items_of(answer), 0);
	date_text(today_text, today);
	assert_string_equal(word(first, "decision"), "4/QĐ-UBND");
	assert_string_equal(word(first, "from"), today_text);
	assert_string_equal(word(json_object_get(first, "say"), "vi"), life_say(LIFE_WITHDRAWN)[LANG_VI]);
	assert_true(json_is_string(json_object_get(json_object_get(first, "state_say"), "vi")));
	act("permit.restore", handle, decided("5/QĐ-UBND"));
	act("permit.void", handle, decided("6/QĐ-UBND"));
	assert_items(WARD, (const char *const[]){ "void void -", "restored void -", "withdrawn void -", "resumed void -", "suspended void -", "issued void -", "issued issued lines", NULL });
	own(json_t) *last = newest(WARD);
	own_struct(buf) text = buf_new(1 << 20);

	json_write(&text, last);
	assert_null(strstr(buf_str(&text), "Giả Định"));
}

/* A year is that of the issue or of the decision's first day; what lies behind an entry
 * is older than it, and all of it together is the whole. */
static void
by_year_and_behind_an_entry(void **state)
{
	own(json_t) *all = newest(WARD), *this_year = NULL, *last_year = NULL;
	size_t n = json_array_size(items_of(all));
	struct err e;

	assert_true(n > 3);
	assert_done(ask(&this_year, WARD, year, 0, &e), e);
	assert_done(ask(&last_year, WARD, year - 1, 0, &e), e);
	assert_true(json_equal(items_of(this_year), items_of(all)));
	assert_int_equal(json_array_size(items_of(last_year)), 0);
	assert_true(json_is_null(json_object_get(all, "next")));
	for (size_t i = 0; i < n; i++) {
		own(json_t) *rest = NULL;
		uint64_t entry = (uint64_t)json_integer_value(json_object_get(json_array_get(items_of(all), i), "entry"));

		assert_done(ask(&rest, WARD, 0, entry, &e), e);
		assert_int_equal(json_array_size(items_of(rest)), n - i - 1);
		for (size_t k = i + 1; k < n; k++)
			assert_true(json_equal(json_array_get(items_of(rest), k - i - 1), json_array_get(items_of(all), k)));
	}
}

static void
what_is_refused(void **state)
{
	static const struct { const char *name, *agency; uint64_t year, after; enum err_class class; const char *word; } rows[] = {
		{ "no agency", "", 0, 0, ERR_ABSENT, "no such agency" },
		{ "an unknown one", "H99.77", 0, 0, ERR_ABSENT, "no such agency" },
		{ "of another city", "H30.31.07", 0, 0, ERR_ABSENT, "no such agency" },
		{ "a part of a code", "H99.31.0", 0, 0, ERR_ABSENT, "no such agency" },
		{ "a pattern", "H99.%", 0, 0, ERR_ABSENT, "no such agency" },
		{ "all of them", "*", 0, 0, ERR_ABSENT, "no such agency" },
		{ "small letters", "h99.31.07", 0, 0, ERR_ABSENT, "no such agency" },
		{ "two digits", WARD, 26, 0, ERR_INPUT, "four digits" },
		{ "a year too far", WARD, 10000, 0, ERR_INPUT, "four digits" },
		{ "a year that wraps", WARD, UINT64_MAX, 0, ERR_INPUT, "four digits" },
		{ "a cursor that wraps", WARD, 0, UINT64_MAX, ERR_INPUT, "no entry" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own(json_t) *answer = NULL;
		struct err e;

		office_refused(rows[i].name, ask(&answer, rows[i].agency, rows[i].year, rows[i].after, &e), &e, rows[i].class, rows[i].word);
	}
}

/* An agency above shows its own. */
static void
an_agency_is_itself(void **state)
{
	static const char *const others[] = { "H99", "H99.14", "H99.05" };

	for (size_t i = 0; i < COUNT(others); i++)
		assert_items(others[i], (const char *const[]){ NULL });
}

static void
the_agencies(void **state)
{
	own_struct(msg) in = msg_new(VERIFY_PUBLISHERS, 64);
	own(json_t) *answer = NULL;
	const json_t *a;
	bool found = false;
	struct err e;
	size_t i;

	assert_done(office_verifier(&o, &answer, &in, &e), e);
	json_array_foreach(json_object_get(answer, "agencies"), i, a)
		found |= strcmp(word(a, "id"), WARD) == 0 && word(a, "name")[0] != '\0' && json_is_false(json_object_get(a, "ended"));
	assert_true(found);
	assert_true(word(json_object_get(answer, "prefix"), "vi")[0] != '\0');
}

/* More than one page: none is missed, none comes twice. */
static void
page_after_page(void **state)
{
	uint64_t after = 0, before = UINT64_MAX;
	size_t seen = 0, pages = 0;
	char handle[33];
	struct err e;

	office_issued(&o, handle, "gpxd-01", NULL);
	for (int i = 0; i < GAZETTE_ITEMS / 2; i++) {
		act("permit.suspend", handle, decided("7/QĐ-UBND"));
		act("permit.resume", handle, decided("8/QĐ-UBND"));
	}
	do {
		own(json_t) *answer = NULL;
		const json_t *item;
		size_t i;

		assert_done(ask(&answer, WARD, 0, after, &e), e);
		json_array_foreach(items_of(answer), i, item) {
			uint64_t entry = (uint64_t)json_integer_value(json_object_get(item, "entry"));

			assert_true(entry < before);
			before = entry;
			seen++;
		}
		assert_true(json_array_size(items_of(answer)) <= GAZETTE_ITEMS);
		after = (uint64_t)json_integer_value(json_object_get(answer, "next"));
		pages++;
	} while (after != 0);
	assert_int_equal(pages, 2);
	assert_int_equal(seen, GAZETTE_ITEMS + 1 + 7);
}

#define ADDRESS "Số 12/34/5A, hẻm 212, đường Thử Nghiệm, khu phố 3, phường An Phú Đông, Thành phố Hòa Giang (dữ liệu giả định)"

/* A permit of so many fictitious owners, some 450 octets of content each. */
static void
issue_long(size_t owners)
{
	own_str char *sample = office_sample("gpxd-01", NULL);
	own_struct(buf) text = buf_new(1 << 20);
	own(json_t) *j = NULL;
	json_t *all = json_array();
	char handle[33];
	struct err e;

	assert_done(json_read(&j, span_str(sample), &e), e);
	for (size_t i = 0; i < owners; i++) {
		own_str char *name = xprintf("Người Giả Định Thứ %zu", i);

		json_array_append_new(all, json_pack("{s:s, s:s}", "ho_ten", name, "dia_chi", ADDRESS));
	}
	json_object_set_new(j, "chu_dau_tu", all);
	json_write(&text, j);
	office_draft_of(&o, handle, buf_str(&text));
	office_sign(&o, DIEP, handle);
	office_seal(&o, handle);
}

/* A page ends where it has shown enough, and the next goes on; what alone is longer
 * than a list can bear has no lines. */
static void
long_contents(void **state)
{
	enum { LONG = 12 };
	size_t with = 0, without = 0, pages = 0;
	uint64_t after = 0, before = UINT64_MAX;
	struct err e;

	for (int i = 0; i < LONG; i++)
		issue_long(120);
	issue_long(200);
	while (with + without < LONG + 1) {
		own(json_t) *answer = NULL;
		const json_t *item;
		size_t i;

		assert_done(ask(&answer, WARD, 0, after, &e), e);
		json_array_foreach(items_of(answer), i, item) {
			uint64_t entry = (uint64_t)json_integer_value(json_object_get(item, "entry"));
			bool lines = json_is_array(json_object_get(item, "lines"));

			assert_true(entry < before);
			before = entry;
			if (with + without == LONG + 1)
				continue;
			assert_string_equal(word(item, "what"), "issued");
			assert_true(lines == (with + without > 0));
			lines ? with++ : without++;
		}
		after = (uint64_t)json_integer_value(json_object_get(answer, "next"));
		assert_true(after == 0 || after == before);
		pages++;
	}
	assert_int_equal(with, LONG);
	assert_int_equal(without, 1);
	assert_int_equal(pages, 3);
}

/* A licence of which the first and last day are these, or those of the sample. */
static void
issue_licence(const char *from, const char *to)
{
	own_str char *sample = office_sample("gphn-01", NULL);
	own_struct(buf) text = buf_new(1 << 20);
	own(json_t) *j = NULL;
	char handle[33];
	struct err e;

	assert_done(json_read(&j, span_str(sample), &e), e);
	if (from != NULL) {
		json_object_set_new(j, "hieu_luc_tu", json_string(from));
		json_object_set_new(j, "hieu_luc_den", json_string(to));
	}
	json_write(&text, j);
	office_draft_of(&o, handle, buf_str(&text));
	office_sign(&o, DIEP, handle);
	office_seal(&o, handle);
}

/* A licence is shown until it has expired, without number and day of birth of the person. */
static void
licences(void **state)
{
	static const char *const held[] = { "099188003307", "307\"", "1988-02-29", "29/02/1988", "Ngày sinh", "•" };
	own_struct(buf) text = buf_new(1 << 20);
	own(json_t) *answer = NULL;
	struct err e;

	assert_done(office_open_book(&o, CLERK, "H99.17", "GPHN", 0, 912, &e), e);
	issue_licence(NULL, NULL);
	issue_licence("2019-01-01", "2023-12-31");
	assert_items("H99.17", (const char *const[]){ "issued issued -", "issued issued lines", NULL });
	answer = newest("H99.17");
	json_write(&text, answer);
	assert_non_null(strstr(buf_str(&text), "Đặng Huỳnh Mai Phương"));
	for (size_t i = 0; i < COUNT(held); i++)
		assert_case(held[i], strstr(buf_str(&text), held[i]) == NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_issued_and_of_such_a_kind),
		cmocka_unit_test(nothing_that_is_masked),
		cmocka_unit_test(decisions),
		cmocka_unit_test(by_year_and_behind_an_entry),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(an_agency_is_itself),
		cmocka_unit_test(the_agencies),
		cmocka_unit_test(page_after_page),
		cmocka_unit_test(long_contents),
		cmocka_unit_test(licences),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
