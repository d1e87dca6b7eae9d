/* Which permits touch a parcel, and where they lie: of which programs, in every state,
 * however the parcel is written; and as GeoJSON, behind a cursor. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "register/proto.h"
#include "signer/parcel.h"
#include "tests/signer/world.h"

#include <math.h>

#define WARD "H99.31.07"
#define PARCEL "26734/27/318"

static struct office o;
enum by { CITY, WARD_BUILDING, DEPARTMENT, PRACTITIONERS, SUBMITS, UNKNOWN, PROGRAMS };
static char program[PROGRAMS][65];
static int32_t today;

static int
begin(void **state)
{
	static const char *const submit[] = { "submit", NULL };
	struct err e;

	office_begin(&o);
	today = day_in_vietnam(clock_now());
	strcpy(program[CITY], o.program);
	office_program(&o, program[WARD_BUILDING], WARD, "construction", clock_now() + DAY_SECS);
	office_program(&o, program[DEPARTMENT], "H99.14", "*", clock_now() + DAY_SECS);
	office_program(&o, program[PRACTITIONERS], "H99", "practitioner", clock_now() + DAY_SECS);
	office_program_with(&o, program[SUBMITS], "H99", "*", submit, clock_now() + DAY_SECS);
	memset(program[UNKNOWN], 'a', 64);
	assert_done(office_open_book(&o, CLERK, WARD, "GPXD", year_of_day(today), 245, &e), e);
	return 0;
}

static int end(void **state) { office_end(&o); return 0; }

static const char *word(const json_t *j, const char *key) { return json_string_value(json_object_get(j, key)) ?: ""; }
static int64_t number(const json_t *j, const char *key) { return json_integer_value(json_object_get(j, key)); }

static void
put_who(struct msg *m, enum by by)
{
	unsigned char who[SHA256_LEN];
	struct err e;

	assert_done(hex_get_fixed(who, sizeof(who), span_str(program[by]), &e), e);
	msg_put(m, span_of(who, sizeof(who)));
}

static bool
ask(json_t **out, enum by by, const char *parcel, uint64_t after, struct err *e)
{
	own_struct(msg) in = msg_new(SIGNER_PARCEL, 4096), reply = msg_new(0, 1);

	put_who(&in, by);
	msg_put_str(&in, parcel);
	msg_put_u64(&in, after);
	return peer_call(o.to_signer, &in, &reply, e) && json_read(out, msg_span(&reply, 0), e);
}

static bool
places(json_t **out, enum by by, uint64_t from, struct err *e)
{
	own_struct(msg) in = msg_new(SIGNER_PLACES, 4096), reply = msg_new(0, 1);

	put_who(&in, by);
	msg_put_u64(&in, from);
	return peer_call(o.to_signer, &in, &reply, e) && json_read(out, msg_span(&reply, 0), e);
}

/* As "state version, ...", in the order of the issues. */
static void
touches(enum by by, const char *parcel, const char *want)
{
	own(json_t) *answer = NULL;
	own_struct(buf) is = buf_new(4096);
	const json_t *item;
	struct err e;
	size_t i;

	assert_done(ask(&answer, by, parcel, 0, &e), e);
	json_array_foreach(json_object_get(answer, "items"), i, item)
		buf_printf(&is, "%s%s %lld", i > 0 ? ", " : "", word(item, "state"), (long long)number(item, "version"));
	if (strcmp(buf_str(&is), want) != 0)
		print_error("%s: %s, not %s\n", parcel, buf_str(&is), want);
	assert_string_equal(buf_str(&is), want);
}

/* parcels: given away. */
static json_t *
sample_on(const char *id, json_t *parcels)
{
	own_str char *text = office_sample(id, NULL);
	json_t *j = NULL;
	struct err e;

	assert_done(json_read(&j, span_str(text), &e), e);
	json_object_set_new(json_object_get(j, "cong_trinh"), "thua_dat", parcels);
	return j;
}

/* j: given away. */
static bool
submit_json(json_t **out, json_t *j, struct err *e)
{
	own_str char *key = xprintf("parcel-%u", o.keys++);
	own_struct(buf) text = buf_new(JSON_MAX);

	json_write(&text, j);
	json_decref(j);
	return office_submit(&o, out, o.program, key, buf_str(&text), e);
}

static void
draft_on(char handle[33], json_t *parcels)
{
	own(json_t) *answer = NULL;
	struct err e;

	assert_done(submit_json(&answer, sample_on("gpxd-01", parcels), &e), e);
	assert_null(json_object_get(answer, "parcels"));
	snprintf(handle, 33, "%s", word(answer, "handle"));
}

static void
issued_on(char handle[33], json_t *parcels)
{
	draft_on(handle, parcels);
	office_sign(&o, DIEP, handle);
	office_seal(&o, handle);
}

/* with is given away. */
static void
act(const char *verb, const char *handle, json_t *with, int64_t effective)
{
	const struct permit_order order = { CLERK, verb, &handle, 1, with, effective };
	own(json_t) *answer = NULL;
	struct err e;

	assert_done(office_order(&o, &answer, &order, &e), e);
	office_result(verb, answer, 0, ERR_NONE, NULL);
	json_decref(with);
}

static void
what_is_refused(void **state)
{
	static const struct { const char *name; enum by by; const char *parcel; uint64_t after; enum err_class class; const char *word; } rows[] = {
		{ "not registered", UNKNOWN, PARCEL, 0, ERR_POLICY, "not known here" },
		{ "without the right to read", SUBMITS, PARCEL, 0, ERR_POLICY, "no right to read" },
		{ "nothing", CITY, "", 0, ERR_INPUT, "commune/sheet/parcel" },
		{ "a commune alone", CITY, "26734", 0, ERR_INPUT, "commune/sheet/parcel" },
		{ "no parcel", CITY, "26734/27", 0, ERR_INPUT, "commune/sheet/parcel" },
		{ "a pattern", CITY, "26734/27/%", 0, ERR_INPUT, "commune/sheet/parcel" },
		{ "a sheet of zero", CITY, "26734/0/318", 0, ERR_INPUT, "commune/sheet/parcel" },
		{ "a cursor that wraps", CITY, PARCEL, UINT64_MAX, ERR_INPUT, "behind an entry" },
	};
	own(json_t) *answer = NULL;
	struct err e;

	for (size_t i = 0; i < COUNT(rows); i++)
		office_refused(rows[i].name, ask(&answer, rows[i].by, rows[i].parcel, rows[i].after, &e), &e, rows[i].class, rows[i].word);
	office_refused("places, not registered", places(&answer, UNKNOWN, 0, &e), &e, ERR_POLICY, "not known here");
	office_refused("places, without the right to read", places(&answer, SUBMITS, 0, &e), &e, ERR_POLICY, "no right to read");
	office_refused("a cursor that lies ahead", places(&answer, CITY, 1000000, &e), &e, ERR_CONFLICT, "does not reach as far");
	office_refused("a cursor that wraps", places(&answer, CITY, UINT64_MAX, &e), &e, ERR_CONFLICT, "does not reach as far");
}

/* What is no permit yet touches nothing; one that is does so however it is written. */
static void
from_the_issue_on(void **state)
{
	static const char *const written[] = { PARCEL, "26734/027/318", "26734/0027/00318" };
	static const char *const others[] = { "26734/27/31", "26734/27/3180", "26734/2/7318", "26735/27/318", "26734/318/27" };
	char handle[33];

	draft_on(handle, json_pack("[s, s, s]", "26734/027/00318", PARCEL, "26734/27/319"));
	touches(CITY, PARCEL, "");
	office_sign(&o, DIEP, handle);
	touches(CITY, PARCEL, "");
	office_seal(&o, handle);
	for (size_t i = 0; i < COUNT(written); i++)
		touches(CITY, written[i], "issued 1");
	touches(CITY, "26734/27/319", "issued 1");
	for (size_t i = 0; i < COUNT(others); i++)
		touches(CITY, others[i], "");
}

static void
what_a_program_sees(void **state)
{
	own(json_t) *answer = NULL;
	const json_t *item;
	struct err e;

	touches(WARD_BUILDING, PARCEL, "issued 1");
	touches(DEPARTMENT, PARCEL, "");
	touches(PRACTITIONERS, PARCEL, "");
	assert_done(ask(&answer, CITY, "26734/0027/00318", 0, &e), e);
	assert_string_equal(word(answer, "parcel"), PARCEL);
	assert_true(json_is_null(json_object_get(answer, "next")));
	item = json_array_get(json_object_get(answer, "items"), 0);
	assert_string_equal(word(item, "agency"), WARD);
	assert_string_equal(word(item, "kind"), "construction");
	assert_true(strncmp(word(item, "number"), "245/GPXD", 8) == 0);
	assert_true(json_array_size(json_object_get(item, "parcels")) == 2);
	assert_string_equal(json_string_value(json_array_get(json_object_get(item, "parcels"), 0)), PARCEL);
	own(json_t) *behind = NULL;

	assert_done(ask(&behind, CITY, PARCEL, (uint64_t)number(item, "entry"), &e), e);
	assert_int_equal(json_array_size(json_object_get(behind, "items")), 0);
}

/* Nothing is taken off the list: it is told what became of it, also what is to come. */
static void
with_their_states(void **state)
{
	char handle[33];
	own(json_t) *answer = NULL, *amended = NULL;
	own(json_t) *sample = sample_on("gpxd-01", json_pack("[s]", "26734/9/9"));
	own(json_t) *change = json_pack("{s:O}", "cong_trinh", json_object_get(sample, "cong_trinh"));
	const json_t *acts;
	struct err e;

	issued_on(handle, json_pack("[s]", "26734/9/8"));
	act("permit.suspend", handle, json_pack("{s:s}", "decision", "1/QĐ-UBND"), clock_now() + 3 * DAY_SECS);
	touches(CITY, "26734/9/8", "issued 1");
	assert_done(ask(&answer, CITY, "26734/9/8", 0, &e), e);
	acts = json_object_get(json_array_get(json_object_get(answer, "items"), 0), "acts");
	assert_int_equal(json_array_size(acts), 1);
	assert_string_equal(word(json_array_get(acts, 0), "what"), "suspended");
	act("permit.withdraw", handle, json_pack("{s:s}", "decision", "2/QĐ-UBND"), 0);
	touches(CITY, "26734/9/8", "withdrawn 1");
	act("permit.void", handle, json_pack("{s:s}", "decision", "3/QĐ-UBND"), 0);
	touches(CITY, "26734/9/8", "void 1");
	issued_on(handle, json_pack("[s]", "26734/9/9"));
	assert_done(office_amend(&o, &amended, handle, "gpxd-01", change, &e), e);
	touches(CITY, "26734/9/9", "issued 1");
	office_sign(&o, DIEP, word(amended, "handle"));
	office_seal(&o, word(amended, "handle"));
	touches(CITY, "26734/9/9", "superseded 1, issued 2");
}

/* A land certificate says it in parts; without its commune it names no parcel. */
static json_t *
land(const char *given, const char *commune)
{
	own_str char *text = office_sample("qsdd-01", given);
	json_t *j = NULL;
	struct err e;

	assert_done(json_read(&j, span_str(text), &e), e);
	json_object_set_new(json_object_get(j, "co_quan_cap"), "ma", json_string("H99.05"));	/* it has a seal */
	if (commune != NULL)
		json_object_set_new(json_object_get(j, "thua"), "ma_xa", json_string(commune));
	return j;
}

static void
in_parts(void **state)
{
	own(json_t) *refused = NULL, *taken = NULL, *without = NULL;
	struct err e;

	office_refused("a province for a commune", submit_json(&refused, land("AA 01234560", "79"), &e), &e, ERR_INPUT, "thua.ma_xa: Thửa đất › Mã xã");
	assert_done(submit_json(&without, land("AA 01234561", NULL), &e), e);
	office_sign(&o, HOA, word(without, "handle"));
	office_seal(&o, word(without, "handle"));
	touches(CITY, "00000/27/318", "");
	assert_done(submit_json(&taken, land("AA 01234562", "26735"), &e), e);
	office_sign(&o, HOA, word(taken, "handle"));
	office_seal(&o, word(taken, "handle"));
	touches(CITY, "26735/27/318", "issued 1");
}

/*
 * Places.
 */

static double
at(const json_t *ring, size_t i, size_t axis)
{
	return json_real_value(json_array_get(json_array_get(ring, i), axis));
}

/* RFC 7946 3.1.6: closed, against the clock; and in the city's own quarter of the world. */
static void
ring_is_good(const json_t *ring)
{
	size_t n = json_array_size(ring);
	double twice = 0;

	assert_true(n >= 4);
	assert_true(json_equal(json_array_get(ring, 0), json_array_get(ring, n - 1)));
	for (size_t i = 0; i + 1 < n; i++) {
		assert_true(at(ring, i, 0) > 106 && at(ring, i, 0) < 107.5 && at(ring, i, 1) > 10 && at(ring, i, 1) < 11.5);
		twice += (at(ring, i, 0) - at(ring, 0, 0)) * (at(ring, i + 1, 1) - at(ring, 0, 1)) - (at(ring, i + 1, 0) - at(ring, 0, 0)) * (at(ring, i, 1) - at(ring, 0, 1));
	}
	assert_true(twice > 0);
}

static size_t
rings_of(const json_t *feature)
{
	const json_t *geometry = json_object_get(feature, "geometry"), *polygon;
	size_t i;

	if (json_is_null(geometry))
		return 0;
	assert_string_equal(word(geometry, "type"), "MultiPolygon");
	json_array_foreach(json_object_get(geometry, "coordinates"), i, polygon) {
		assert_int_equal(json_array_size(polygon), 1);
		ring_is_good(json_array_get(polygon, 0));
	}
	return i;
}

/* Every permit with a place once, as it is now, and again when something becomes of it. */
static void
as_geojson(void **state)
{
	own(json_t) *all = NULL, *again = NULL, *changed = NULL, *other = NULL;
	const json_t *feature;
	size_t i, plots = 0, n;
	int64_t last = -1;
	char handle[33];
	struct err e;

	/* With a plot, and with neither: a licence has no place. */
	office_signed(&o, handle, "gphn-01", NULL);
	assert_done(places(&all, CITY, 0, &e), e);
	assert_string_equal(word(all, "type"), "FeatureCollection");
	n = json_array_size(json_object_get(all, "features"));
	json_array_foreach(json_object_get(all, "features"), i, feature) {
		const json_t *p = json_object_get(feature, "properties");

		assert_string_equal(word(feature, "type"), "Feature");
		assert_string_equal(word(feature, "id"), word(p, "handle"));
		assert_true(number(p, "entry") > last);
		last = number(p, "entry");
		assert_int_equal(rings_of(feature), json_array_size(json_object_get(p, "vn2000")));
		plots += rings_of(feature);
	}
	assert_int_equal(n, 6);
	assert_int_equal(plots, 2);
	assert_true(number(all, "next") >= last);
	assert_done(places(&again, CITY, (uint64_t)number(all, "next") + 1, &e), e);
	assert_int_equal(json_array_size(json_object_get(again, "features")), 0);
	feature = json_array_get(json_object_get(all, "features"), 0);
	act("permit.suspend", word(feature, "id"), json_pack("{s:s}", "decision", "9/QĐ-UBND"), 0);
	assert_done(places(&changed, CITY, (uint64_t)number(all, "next") + 1, &e), e);
	assert_int_equal(json_array_size(json_object_get(changed, "features")), 1);
	assert_string_equal(word(json_array_get(json_object_get(changed, "features"), 0), "id"), word(feature, "id"));
	assert_string_equal(word(json_object_get(json_array_get(json_object_get(changed, "features"), 0), "properties"), "state"), "suspended");
	assert_done(places(&other, PRACTITIONERS, 0, &e), e);
	assert_int_equal(json_array_size(json_object_get(other, "features")), 0);
}

/* From every cursor the rest, none missed and none twice; more than a page, too. */
static void
page_after_page(void **state)
{
	uint64_t from = 0;
	size_t pages = 0, seen = 0, before;
	own(json_t) *all = NULL, *touching = NULL, *more = NULL;
	char handle[33];
	struct err e;

	assert_done(places(&all, CITY, 0, &e), e);
	before = json_array_size(json_object_get(all, "features"));
	for (int i = 0; i < PARCEL_ITEMS; i++)
		issued_on(handle, json_pack("[s]", "26734/100/1"));
	for (;;) {
		own(json_t) *answer = NULL;

		assert_done(places(&answer, CITY, from, &e), e);
		if (json_array_size(json_object_get(answer, "features")) == 0)
			break;
		seen += json_array_size(json_object_get(answer, "features"));
		from = (uint64_t)number(answer, "next") + 1;
		pages++;
	}
	assert_int_equal(pages, 2);
	assert_int_equal(seen, before + PARCEL_ITEMS);
	issued_on(handle, json_pack("[s]", "26734/100/1"));
	assert_done(ask(&touching, CITY, "26734/100/1", 0, &e), e);
	assert_int_equal(json_array_size(json_object_get(touching, "items")), PARCEL_ITEMS);
	assert_done(ask(&more, CITY, "26734/100/1", (uint64_t)number(touching, "next"), &e), e);
	assert_int_equal(json_array_size(json_object_get(more, "items")), 1);
	assert_true(json_is_null(json_object_get(more, "next")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(from_the_issue_on),
		cmocka_unit_test(what_a_program_sees),
		cmocka_unit_test(with_their_states),
		cmocka_unit_test(in_parts),
		cmocka_unit_test(as_geojson),
		cmocka_unit_test(page_after_page),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
