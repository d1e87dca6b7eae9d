/* What a program sees in the authority's lists: the rows of its agencies, however
 * many of others come before them, page by page; and what it finds among certificates
 * by name without diacritics, agency, key, serial number, end, state. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "ca/issue.h"
#include "ca/search.h"
#include "ca/serial.h"
#include "register/run.h"
#include "tests/ca/world.h"
#include "tests/register/database.h"
#include "tests/register/unit.h"

#include <stdio.h>
#include <stdlib.h>

#define OTHERS 600		/* more than a page of requests */
#define VOIDED 250		/* more than a page of certificates */
#define HERS 3
#define TOGETHER 50

static struct world w;
static const unsigned char programs[][SHA256_LEN] = { { 1 }, { 2 }, { 3 } };
enum program { CITY, DEPARTMENT, TWO_WARDS };

/* Officials of two agencies; two bear the same name. */
enum { AN, AN_TOO, DUONG, DAO, LONG, PEOPLE };
static const struct { const char *name, *person, *agency; } people[PEOPLE] = {
	[AN] = { "Nguyễn Văn An", "CB-800001", "H99.14" },
	[AN_TOO] = { "Nguyễn Văn An", "CB-800002", "H99.31.12" },
	[DUONG] = { "Dương Thị Ánh Nguyệt", "CB-800003", "H99.31.12" },
	[DAO] = { "Đặng Thị Hồng Đào", "CB-800004", "H99.14" },
	[LONG] = { "Nguyễn Phúc Quỳnh Hương Giang Thị Ngọc Diễm Thùy Dương (thử n.)", "CB-800005", "H99.14" },
};
static X509 *cert[PEOPLE];
static EVP_PKEY *keys[PEOPLE];
static char serial[PEOPLE][2 * SERIAL_LEN + 1], key_hex[PEOPLE][2 * KEY_ID_LEN + 1];

/*
 * Rows, put in by a register of our own before the authority starts.
 */

static void
put_request(struct reg_unit *u, uint32_t n, const char *agency)
{
	unsigned char id[16] = { 1, (unsigned char)(n >> 8), (unsigned char)n }, key[SHA256_LEN] = { 2, (unsigned char)(n >> 8), (unsigned char)n };
	own_str char *facts = xprintf("{\"agency\":\"%s\",\"n\":%u}", agency, n);

	reg_verb(u, "request.submit");
	reg_null(u, "token");
	reg_null(u, "mail");
	reg_bytes(u, "id", span_of(id, sizeof(id)));
	reg_text(u, "facts", facts);
	reg_bytes(u, "csr", span_str("csr"));
	reg_bytes(u, "key_id", span_of(key, sizeof(key)));
	reg_text(u, "profile", "official");
	reg_text(u, "person", "CB-900001");
	reg_text(u, "agency", agency);
}

/* A reservation that came to nothing, of the request n. */
static void
put_void(struct reg_unit *u, uint32_t n, const char *agency)
{
	unsigned char id[16] = { 1, (unsigned char)(n >> 8), (unsigned char)n }, key[SHA256_LEN] = { 2, (unsigned char)(n >> 8), (unsigned char)n };
	struct serial s = { { 0x41, (unsigned char)(n >> 8), (unsigned char)n } };
	struct reservation r = { .request = span_of(id, sizeof(id)), .serial = span_of(s.octet, SERIAL_LEN),
		.profile = span_str("official"), .agency = span_str(agency), .not_after = clock_now() + 86400 };

	reg_verb(u, "cert.reserve");
	reg_text(u, "org", "H99");
	reg_bytes(u, "serial", r.serial);
	reg_bytes(u, "request", r.request);
	reg_text(u, "profile", "official");
	reg_text(u, "person", "CB-900001");
	reg_text(u, "name", "Người Thử (thử nghiệm)");
	reg_text(u, "agency", agency);
	reg_bytes(u, "key_id", span_of(key, sizeof(key)));
	reg_bytes(u, "tbs", r.serial);
	reg_int(u, "not_before", clock_now());
	reg_int(u, "not_after", r.not_after);
	reg_int(u, "generation", 1);
	reg_int(u, "commits", 1);
	issue_put_void(u, &r, clock_now());
}

/* The first of them are voided, too. */
static void
fill(struct runner *r, uint32_t from, uint32_t to, uint32_t voided, const char *agency)
{
	for (uint32_t n = from; n < to; n += TOGETHER) {
		own_struct(reg_unit) u = reg_unit_new();
		struct err e;

		for (uint32_t i = n; i < to && i < n + TOGETHER; i++) {
			put_request(&u, i, agency);
			if (i < voided)
				put_void(&u, i, agency);
		}
		assert_done(unit_run(r, CALLER_CA, &u, NULL, &e), e);
	}
}

static void
register_program(enum program which, const char *one, const char *two)
{
	own(json_t) *with = json_pack("{s:s, s:[s,s], s:[s], s:[s], s:s, s:s}", "name", "Danh sách", "agencies", one, two, "kinds", "*", "rights", "read",
	    "responsible", "QT-000003", "expires", "2036-01-01T00:00:00Z");
	struct draft d = { .by = SEC, .verb = "program.register" };
	char hex[2 * SHA256_LEN + 1];
	struct err e;

	draft_with(&d, with);
	hex_text(hex, span_of(programs[which], SHA256_LEN));
	d.id = hex;
	assert_done(world_order(&w, &d, NULL, &e), e);
}

static int
begin(void **state)
{
	struct runner *r;
	struct err e;

	world_make(&w);
	assert_done(runner_new(&r, w.database, "xacthuc.hoagiang.example/register", &e), e);
	fill(r, 0, OTHERS, VOIDED, "H99.31.07");
	fill(r, OTHERS, OTHERS + HERS, OTHERS + HERS, "H99.14");
	runner_stop(r);
	world_start(&w);
	register_program(CITY, "H99", "H99");
	register_program(DEPARTMENT, "H99.14", "H99.14");
	register_program(TWO_WARDS, "H99.31.12", "H99.31.07");
	return 0;
}

static int
end(void **state)
{
	for (size_t i = 0; i < PEOPLE; i++) {
		X509_free(cert[i]);
		EVP_PKEY_free(keys[i]);
	}
	world_end(&w);
	return 0;
}

/*
 * Lists.
 */

/* All pages; the first has `first` items. */
static size_t
count(const char *name, enum program which, const char *what, const char *more, size_t *first)
{
	json_int_t after = -1;
	size_t n = 0;

	for (size_t page = 0;; page++) {
		own_str char *query = xprintf("{\"what\":\"%s\",\"after\":%lld%s}", what, (long long)after, more);
		own_struct(buf) text = buf_new(CA_MESSAGE_MAX);
		own(json_t) *answer = NULL;
		json_t *next;
		struct err e;
		size_t items;

		assert_done(world_list_as(&w, span_of(programs[which], SHA256_LEN), query, &text, &e), e);
		assert_done(json_read(&answer, buf_span(&text), &e), e);
		items = json_array_size(json_object_get(answer, "items"));
		*first = page == 0 ? items : *first;
		n += items;
		next = json_object_get(answer, "next");
		assert_case(name, (next != NULL) == (items > 0));
		if (next == NULL)
			return n;
		assert_case(name, json_integer_value(next) > after);
		after = json_integer_value(next);
	}
}

static void
each_sees_what_is_its_own(void **state)
{
	/* A certificate's row is void, and its request pending again: it is asked for anew. */
	static const struct { const char *name, *what, *more; enum program which; size_t first, all; } rows[] = {
		{ "the city, requests", "requests", "", CITY, 500, OTHERS + HERS },
		{ "a department behind six hundred of others", "requests", "", DEPARTMENT, HERS, HERS },
		{ "two wards", "requests", "", TWO_WARDS, 500, OTHERS },
		{ "of a district, with what is below it", "requests", ",\"agency\":\"H99.31.07\"", CITY, 500, OTHERS },
		{ "of a department", "requests", ",\"agency\":\"H99.14\"", CITY, HERS, HERS },
		{ "of the city, as far as a department sees", "requests", ",\"agency\":\"H99\"", DEPARTMENT, HERS, HERS },
		{ "of another agency", "requests", ",\"agency\":\"H99.31.07\"", DEPARTMENT, 0, 0 },
		{ "of one without any", "requests", ",\"agency\":\"H99.31.12\"", TWO_WARDS, 0, 0 },
		{ "in another state", "requests", ",\"state\":\"rejected\"", CITY, 0, 0 },
		{ "certificates of a ward", "certificates", ",\"agency\":\"H99.31.07\",\"state\":\"void\"", CITY, 200, VOIDED },
		{ "certificates of a department behind them", "certificates", ",\"agency\":\"H99.14\",\"state\":\"void\"", CITY, HERS, HERS },
		{ "certificates of all", "certificates", ",\"agency\":\"H99\",\"state\":\"void\"", CITY, 200, VOIDED + HERS },
		{ "certificates of none", "certificates", ",\"agency\":\"H99.15.02\",\"state\":\"void\"", CITY, 0, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t first = 0, all = count(rows[i].name, rows[i].which, rows[i].what, rows[i].more, &first);

		if (first != rows[i].first || all != rows[i].all)
			print_error("%s: %zu, %zu\n", rows[i].name, first, all);
		assert_case(rows[i].name, first == rows[i].first && all == rows[i].all);
	}
}

static void
what_is_refused(void **state)
{
	static const struct { const char *name, *query, *word; enum err_class class; } rows[] = {
		{ "an agency that is none", "{\"what\":\"requests\",\"agency\":\"H99.1\"}", "no agency H99.1", ERR_ABSENT },
		{ "two agencies", "{\"what\":\"certificates\",\"agency\":\"H99.14 H99\"}", "no agency", ERR_ABSENT },
		{ "an agency that is a number", "{\"what\":\"requests\",\"agency\":99}", "agency", ERR_INPUT },
		{ "a cursor that is a text", "{\"what\":\"requests\",\"after\":\"0\"}", "after", ERR_INPUT },
		{ "a filter that is none", "{\"what\":\"requests\",\"age\":1}", "age", ERR_INPUT },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) text = buf_new(CA_MESSAGE_MAX);
		struct err e = { .class = ERR_NONE };

		world_refused(rows[i].name, world_list_as(&w, span_of(programs[CITY], SHA256_LEN), rows[i].query, &text, &e), &e, rows[i].class, rows[i].word);
	}
}

/*
 * Looking for people.
 */

static void
enrol_all(void)
{
	for (size_t i = 0; i < PEOPLE; i++) {
		own_struct(buf) hex = buf_new(64);
		unsigned char id[KEY_ID_LEN];

		keys[i] = key_new();
		cert[i] = world_enrol(&w, "official", people[i].agency, people[i].name, people[i].person, "Chuyên viên", keys[i]);
		serial_hex(&hex, X509_get0_serialNumber(cert[i]));
		snprintf(serial[i], sizeof(serial[i]), "%s", buf_str(&hex));
		key_id_of_cert(id, cert[i]);
		hex_text(key_hex[i], span_of(id, sizeof(id)));
	}
}

/* Bit i: people[i] is among what is found; bit PEOPLE: so is another. */
static unsigned
found(const char *name, struct span who, const char *query)
{
	own_struct(buf) text = buf_new(CA_MESSAGE_MAX);
	own(json_t) *answer = NULL;
	unsigned bits = 0;
	json_t *item;
	struct err e;
	size_t n;

	assert_done(world_list_as(&w, who, query, &text, &e), e);
	assert_done(json_read(&answer, buf_span(&text), &e), e);
	json_array_foreach(json_object_get(answer, "items"), n, item) {
		const char *id = json_string_value(json_object_get(item, "id"));
		size_t i = 0;

		while (i < PEOPLE && strcmp(serial[i], id) != 0)
			i++;
		assert_case(name, i == PEOPLE || strcmp(json_string_value(json_object_get(item, "name")), people[i].name) == 0);
		bits |= 1u << i;
	}
	return bits;
}

#define B(i) (1u << (i))
#define ALL (B(PEOPLE) - 1)
static void
people_are_found(void **state)
{
	static const struct { const char *more; enum program which; unsigned want; } rows[] = {
		{ "\"name\":\"nguyen\"", CITY, ALL & ~B(DAO) & ~B(DUONG) },
		{ "\"name\":\"Nguyễn\"", CITY, ALL & ~B(DAO) & ~B(DUONG) },
		{ "\"name\":\"NGUYE\\u0302\\u0303N\"", CITY, ALL & ~B(DAO) & ~B(DUONG) },
		{ "\"name\":\"nguy\"", CITY, ALL & ~B(DAO) },
		{ "\"name\":\"nguyen an\"", CITY, B(AN) | B(AN_TOO) },
		{ "\"name\":\"an nguyen\"", CITY, 0 },		/* in their order */
		{ "\"name\":\"anh nguyet\"", CITY, B(DUONG) },
		{ "\"name\":\"d\"", CITY, B(DUONG) | B(DAO) | B(LONG) },
		{ "\"name\":\"Đ\"", CITY, B(DUONG) | B(DAO) | B(LONG) },
		{ "\"name\":\"dao\"", CITY, B(DAO) },
		{ "\"name\":\"guyen\"", CITY, 0 },			/* no word begins so */
		{ "\"name\":\"diem thuy\"", CITY, B(LONG) },
		{ "\"name\":\"van an\",\"agency\":\"H99.14\"", CITY, B(AN) },
		{ "\"name\":\"van an\",\"agency\":\"H99.31.12\"", CITY, B(AN_TOO) },
		{ "\"name\":\"van an\"", DEPARTMENT, B(AN) },
		{ "\"name\":\"van an\"", TWO_WARDS, B(AN_TOO) },
		{ "\"name\":\"van an\",\"agency\":\"H99.31.12\"", DEPARTMENT, 0 },
		{ "\"name\":\"van an\",\"agency\":\"H99\"", DEPARTMENT, B(AN) },
		{ "\"name\":\"van an\",\"person\":\"CB-800002\"", CITY, B(AN_TOO) },
		{ "\"name\":\"van an\",\"person\":\"CB-800002\"", DEPARTMENT, 0 },
		{ "\"name\":\"nguyen\",\"state\":\"held\"", CITY, 0 },
		{ "\"name\":\"nguyen\",\"expires_before\":\"2026-01-01\"", CITY, 0 },
		{ "\"name\":\"nguyen\",\"expires_before\":\"2099-01-01\"", CITY, ALL & ~B(DAO) & ~B(DUONG) },
		{ "\"name\":\"%\\u00e2\"", CITY, B(AN) | B(AN_TOO) | B(DUONG) },	/* a sign of LIKE is none here */
		{ "\"name\":\"n_uyen\"", CITY, 0 },
	};

	enrol_all();
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_str char *query = xprintf("{\"what\":\"certificates\",\"state\":\"active\",%s}", rows[i].more);
		unsigned got;

		if (strstr(rows[i].more, "\"state\"") != NULL) {
			free(query);
			query = xprintf("{\"what\":\"certificates\",%s}", rows[i].more);
		}
		got = found(rows[i].more, span_of(programs[rows[i].which], SHA256_LEN), query) & ALL;
		if (got != rows[i].want)
			print_error("%s: %x, not %x\n", rows[i].more, got, rows[i].want);
		assert_case(rows[i].more, got == rows[i].want);
	}
}

/* Colons and capitals as a viewer shows them. */
static void
one_is_found_by_its_numbers(void **state)
{
	own_str char *by_serial = xprintf("{\"what\":\"certificates\",\"serial\":\"%s\"}", serial[AN]);
	own_str char *by_key = xprintf("{\"what\":\"certificates\",\"key\":\"%s\"}", key_hex[DAO]);
	own_str char *spelt = xprintf("{\"what\":\"certificates\",\"serial\":\"%.2s:%.38s\"}", serial[AN], serial[AN] + 2);
	own_str char *both = xprintf("{\"what\":\"certificates\",\"serial\":\"%s\",\"key\":\"%s\"}", serial[AN], key_hex[AN]);
	struct span city = span_of(programs[CITY], SHA256_LEN), ward = span_of(programs[TWO_WARDS], SHA256_LEN);
	own_struct(buf) text = buf_new(CA_MESSAGE_MAX);
	struct err e = { .class = ERR_NONE };

	for (char *p = spelt + strlen("{\"what\":\"certificates\",\"serial\":\""); *p != '"'; p++)
		*p = *p >= 'a' && *p <= 'f' ? *p - 'a' + 'A' : *p;
	assert_int_equal(found("serial", city, by_serial), B(AN));
	assert_int_equal(found("serial, nobody asks", SPAN_NONE, by_serial), B(AN));
	assert_int_equal(found("serial, spelt", city, spelt), B(AN));
	assert_int_equal(found("key", city, by_key), B(DAO));
	assert_int_equal(found("key of another agency's", ward, by_key), 0);
	world_refused("both", world_list_as(&w, city, both, &text, &e), &e, ERR_INPUT, "not both");
}

static void
searches_that_are_refused(void **state)
{
	static const unsigned char unknown[SHA256_LEN] = { 9 };
	static const struct { const char *name, *more, *word; bool nobody, stranger; enum err_class class; } rows[] = {
		{ "nobody, by name", "\"name\":\"an\"", "program", true, false, ERR_POLICY },
		{ "nobody, by key", "\"key\":\"00\"", "program", true, false, ERR_POLICY },
		{ "nobody, by end", "\"expires_before\":\"2030-01-01\"", "program", true, false, ERR_POLICY },
		{ "a stranger, by name", "\"name\":\"an\"", "not known", false, true, ERR_POLICY },
		{ "no letter", "\"name\":\"%\"", "no letter", false, false, ERR_INPUT },
		{ "an empty name", "\"name\":\"\"", "no letter", false, false, ERR_INPUT },
		{ "a name that is a number", "\"name\":1", "name", false, false, ERR_INPUT },
		{ "no day", "\"expires_before\":\"soon\"", "expires_before", false, false, ERR_INPUT },
		{ "30 February", "\"expires_before\":\"2027-02-30\"", "expires_before", false, false, ERR_INPUT },
		{ "no state", "\"state\":\"gone\"", "reserved, active", false, false, ERR_INPUT },
		{ "a short serial", "\"serial\":\"41\"", "40 hex digits", false, false, ERR_INPUT },
		{ "no serial", "\"serial\":\"zz\"", "40 hex digits", false, false, ERR_INPUT },
		{ "a short key", "\"key\":\"41\"", "64 hex digits", false, false, ERR_INPUT },
		{ "no agency", "\"agency\":\"H98\"", "no agency H98", false, false, ERR_ABSENT },
		{ "another filter", "\"title\":\"x\"", "title", false, false, ERR_INPUT },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_str char *query = xprintf("{\"what\":\"certificates\",%s}", rows[i].more);
		own_struct(buf) text = buf_new(CA_MESSAGE_MAX);
		struct err e = { .class = ERR_NONE };
		struct span who = rows[i].nobody ? SPAN_NONE : rows[i].stranger ? span_of(unknown, SHA256_LEN) : span_of(programs[CITY], SHA256_LEN);

		world_refused(rows[i].name, world_list_as(&w, who, query, &text, &e), &e, rows[i].class, rows[i].word);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_sees_what_is_its_own), cmocka_unit_test(what_is_refused),
		cmocka_unit_test(people_are_found), cmocka_unit_test(one_is_found_by_its_numbers), cmocka_unit_test(searches_that_are_refused) };

	return cmocka_run_group_tests(tests, begin, end);
}
