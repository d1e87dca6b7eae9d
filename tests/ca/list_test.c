/* What a program sees in the authority's lists: the rows of its agencies, however
 * many of others come before them, page by page. */
#include "tests/base/test.h"

#include "base/cbor.h"
#include "base/clock.h"
#include "ca/issue.h"
#include "register/run.h"
#include "tests/ca/world.h"
#include "tests/register/database.h"

#define OTHERS 600		/* more than a page of requests */
#define VOIDED 250		/* more than a page of certificates */
#define HERS 3
#define TOGETHER 50

static struct world w;
static const unsigned char programs[][SHA256_LEN] = { { 1 }, { 2 }, { 3 } };
enum program { CITY, DEPARTMENT, TWO_WARDS };

/*
 * Rows, put in by a register of our own before the authority starts.
 */

static void
put_request(struct reg_unit *u, uint32_t n, const char *agency)
{
	unsigned char id[16] = { 1, (unsigned char)(n >> 8), (unsigned char)n }, key[SHA256_LEN] = { 2, (unsigned char)(n >> 8), (unsigned char)n };
	own_str char *facts = xprintf("{\"agency\":\"%s\",\"n\":%u}", agency, n);

	reg_verb(u, "request.submit");
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
	issue_put_void(u, &r, clock_now());
}

static void
run(struct runner *r, struct reg_unit *u, size_t verbs)
{
	own_struct(buf) body = buf_new(8 << 20);
	own_struct(buf) result = buf_new(8 << 20);
	struct err e;

	reg_verb(u, "end");	/* closes the last */
	cbor_put_array(&body, verbs);
	buf_put_span(&body, buf_span(&u->verbs));
	assert_done(runner_unit(r, CALLER_CA, buf_span(&body), &result, &e), e);
}

/* The first of them are voided, too. */
static void
fill(struct runner *r, uint32_t from, uint32_t to, uint32_t voided, const char *agency)
{
	for (uint32_t n = from; n < to; n += TOGETHER) {
		own_struct(reg_unit) u = reg_unit_new();
		size_t verbs = 0;

		for (uint32_t i = n; i < to && i < n + TOGETHER; i++) {
			put_request(&u, i, agency);
			verbs++;
			if (i >= voided)
				continue;
			put_void(&u, i, agency);
			verbs += 2;
		}
		run(r, &u, verbs);
	}
}

static void
register_program(enum program which, const char *one, const char *two)
{
	own(json_t) *with = json_pack("{s:s, s:[s,s], s:[s], s:[s], s:s, s:s}", "name", "Danh sách", "agencies", one, two, "kinds", "*", "rights", "read",
	    "responsible", "QT-000003", "expires", "2036-01-01T00:00:00Z");
	struct draft d = { .by = SEC, .verb = "program.register", .with = with };
	own_struct(buf) text = buf_new(4096);
	char hex[2 * SHA256_LEN + 1];
	struct err e;

	json_write(&text, with);
	sha256(d.hash, buf_span(&text));
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

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_sees_what_is_its_own), cmocka_unit_test(what_is_refused) };

	return cmocka_run_group_tests(tests, begin, end);
}
