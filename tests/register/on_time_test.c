/* The on-time report: every rule by a case of its own, then a city's month in
 * which a program forgets what is late and dates returns back. */
#include "tests/base/test.h"

#include "base/cbor.h"
#include "base/clock.h"
#include "register/report.h"
#include "tests/register/tiles.h"

#define MONDAY 20766		/* 2026-11-09 */

struct event { unsigned dossier; const char *step; int day, entry_day, due; const char *running; };
#define NONE (-1000)

static void
handle_of(unsigned char out[HANDLE_LEN], unsigned n)
{
	memset(out, 0x5a, HANDLE_LEN);
	out[0] = (unsigned char)n;
	out[1] = (unsigned char)(n >> 8);
}

static void
put_event(struct tiles *t, const char *agency, const struct event *v)
{
	own_struct(buf) p = buf_new(200);
	unsigned char handle[HANDLE_LEN];

	handle_of(handle, v->dossier);
	cbor_put_array(&p, v->due == NONE ? 3 : 4);
	cbor_put_text(&p, v->step);
	cbor_put_int(&p, MONDAY + v->day);
	if (v->due != NONE) {
		cbor_put_array(&p, 1);
		cbor_put_int(&p, MONDAY + v->due);
	}
	cbor_put_text(&p, v->running);
	tiles_event(t, 19, day_start_vietnam(MONDAY + v->entry_day) + 9 * 3600, agency, "construction", handle, buf_span(&p));
}

/* The last entry, which tells the day of the report. */
static void
put_day(struct tiles *t, int day)
{
	tiles_event(t, 10, day_start_vietnam(MONDAY + day) + 10 * 3600, "H99", "", NULL, SPAN_NONE);
}

static void
report_of(struct log_report *r, struct tiles *t)
{
	const struct log_report_spec *s = log_report_find("on-time");
	struct prefix p;
	struct err e;

	tiles_publish(t);
	assert_done(prefix_open(&p, t->dir, &t->known, &e), e);
	assert_done(log_report_make(r, &s, 1, &p, t->edge.size, &e), e);
}

static size_t
column(const struct log_report *r, const char *name)
{
	size_t i = 0;

	while (strcmp(r->spec->columns[i].name, name) != 0)
		i++;
	return i;
}

static size_t
row(const struct log_report *r, const char *word)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(log_report_text(r, i, 0), word) == 0)
			return i;
	return SIZE_MAX;
}

/* One dossier that is due on day 5, looked at on day 20. */
static void
test_rules(void **state)
{
	static const struct { const char *name, *counted; bool moved, came_late; struct event event[6]; } cases[] = {
		{ "done on its last day", "on_time", false, false, { { 1, "received", 0, 0, 5, "0001" }, { 1, "done", 5, 5, NONE, "0001" } } },
		{ "done a day after", "late", false, false, { { 1, "received", 0, 0, 5, "0001" }, { 1, "done", 6, 6, NONE, "0001" } } },
		{ "recorded the next morning", "on_time", false, false, { { 1, "received", 0, 0, 5, "0001" }, { 1, "done", 5, 6, NONE, "0001" } } },
		{ "dated back by two days", "late", false, false, { { 1, "received", 0, 0, 5, "0001" }, { 1, "done", 5, 7, NONE, "0001" } } },
		{ "returned late, dated back", "late", false, false, { { 1, "received", 0, 0, 5, "0001" }, { 1, "returned", 2, 12, NONE, "0001" } } },
		{ "refused in time", "on_time", false, false, { { 1, "received", 0, 0, 5, "0001" }, { 1, "refused", 3, 3, NONE, "0001" } } },
		{ "corrected to an earlier day, later", "late", false, false, { { 1, "received", 0, 0, 5, "0001" }, { 1, "done", 8, 8, NONE, "0001" }, { 1, "done", 4, 9, NONE, "0001" } } },
		{ "corrected the next day", "on_time", false, false, { { 1, "received", 0, 0, 5, "0001" }, { 1, "done", 6, 6, NONE, "0001" }, { 1, "done", 5, 6, NONE, "0001" } } },
		{ "in time, corrected long after", "on_time", false, false, { { 1, "received", 0, 0, 5, "0001" }, { 1, "done", 4, 4, NONE, "0001" }, { 1, "done", 3, 12, NONE, "0001" } } },
		{ "dated back, corrected further back", "late", false, false, { { 1, "received", 0, 0, 5, "0001" }, { 1, "done", 5, 9, NONE, "0001" }, { 1, "done", 3, 12, NONE, "0001" } } },
		{ "in time, corrected long after to a late day", "late", false, false, { { 1, "received", 0, 0, 5, "0001" }, { 1, "done", 4, 4, NONE, "0001" }, { 1, "done", 6, 12, NONE, "0001" } } },
		{ "paused in time, corrected long after", "paused", false, false, { { 1, "received", 0, 0, 5, "0001" }, { 1, "paused", 4, 4, NONE, "0001" }, { 1, "paused", 3, 12, NONE, "0001" } } },
		{ "corrected to a later day", "late", false, false, { { 1, "received", 0, 0, 5, "0001" }, { 1, "done", 4, 4, NONE, "0001" }, { 1, "done", 9, 9, NONE, "0001" } } },
		{ "returned in time, then done late", "late", false, false, { { 1, "received", 0, 0, 5, "0001" }, { 1, "returned", 4, 4, NONE, "0001" }, { 1, "done", 9, 9, NONE, "0001" } } },
		{ "never resolved", "overdue", false, false, { { 1, "received", 0, 0, 5, "0001" } } },
		{ "not due yet", "open", false, false, { { 1, "received", 0, 0, 20, "0001" } } },
		{ "no due date", "no_due", false, false, { { 1, "received", 0, 0, NONE, "0001" }, { 1, "done", 1, 1, NONE, "0001" } } },
		{ "paused", "paused", false, false, { { 1, "received", 0, 0, 5, "0001" }, { 1, "paused", 4, 4, NONE, "0001" } } },
		{ "paused when it was late", "overdue", false, false, { { 1, "received", 0, 0, 5, "0001" }, { 1, "paused", 5, 7, NONE, "0001" } } },
		{ "resumed, with a new due date", "on_time", true, false, { { 1, "received", 0, 0, 5, "0001" }, { 1, "paused", 4, 4, NONE, "0001" },
		    { 1, "resumed", 10, 10, 12, "0001" }, { 1, "done", 12, 12, NONE, "0001" } } },
		{ "resumed, with a new due date, late for it", "late", true, false, { { 1, "received", 0, 0, 5, "0001" }, { 1, "paused", 4, 4, NONE, "0001" },
		    { 1, "resumed", 10, 10, 12, "0001" }, { 1, "done", 13, 13, NONE, "0001" } } },
		{ "paused too late for a new due date", "late", false, false, { { 1, "received", 0, 0, 5, "0001" }, { 1, "paused", 5, 9, NONE, "0001" },
		    { 1, "resumed", 10, 10, 19, "0001" }, { 1, "done", 11, 11, NONE, "0001" } } },
		{ "a later due date in time", "on_time", true, false, { { 1, "received", 0, 0, 5, "0001" }, { 1, "received", 0, 5, 9, "0001" }, { 1, "done", 9, 9, NONE, "0001" } } },
		{ "a later due date too late", "late", false, false, { { 1, "received", 0, 0, 5, "0001" }, { 1, "received", 0, 7, 9, "0001" }, { 1, "done", 9, 9, NONE, "0001" } } },
		{ "a later due date after the end", "late", false, false, { { 1, "received", 0, 0, 5, "0001" }, { 1, "done", 7, 7, NONE, "0001" }, { 1, "received", 0, 7, 9, "0001" } } },
		{ "an earlier due date", "late", false, false, { { 1, "received", 0, 0, 5, "0001" }, { 1, "received", 0, 9, 3, "0001" }, { 1, "done", 10, 10, NONE, "0001" } } },
		{ "reported two days later", "on_time", false, true, { { 1, "received", 0, 2, 5, "0001" }, { 1, "done", 4, 4, NONE, "0001" } } },
		{ "reported the next day", "on_time", false, false, { { 1, "received", 0, 1, 5, "0001" }, { 1, "done", 4, 4, NONE, "0001" } } },
		{ "reported in time, corrected later", "on_time", false, false, { { 1, "received", 0, 0, 5, "0001" }, { 1, "received", 0, 4, 5, "0001" }, { 1, "done", 4, 4, NONE, "0001" } } },
		{ "never said to be received", "no_due", false, false, { { 1, "done", 4, 4, NONE, "0001" } } },
	};
	static const char *const words[] = { "on_time", "late", "overdue", "open", "paused", "no_due" };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct log_report r;
		struct tiles t;
		size_t a;

		tiles_begin(&t);
		for (size_t k = 0; k < 6 && cases[i].event[k].step != NULL; k++)
			put_event(&t, "H99", &cases[i].event[k]);
		put_day(&t, 20);
		report_of(&r, &t);
		a = row(&r, "agency");
		assert_case(cases[i].name, log_report_number(&r, a, column(&r, "dossiers")) == 1);
		for (size_t k = 0; k < COUNT(words); k++) {
			bool want = strcmp(words[k], cases[i].counted) == 0 || (strcmp(words[k], "late") == 0 && strcmp(cases[i].counted, "overdue") == 0);

			if (log_report_number(&r, a, column(&r, words[k])) != want)
				print_error("%s: %s\n", cases[i].name, words[k]);
			assert_case(cases[i].name, log_report_number(&r, a, column(&r, words[k])) == want);
		}
		assert_case(cases[i].name, log_report_number(&r, a, column(&r, "due_moved")) == cases[i].moved);
		assert_case(cases[i].name, log_report_number(&r, a, column(&r, "reported_late")) == cases[i].came_late);
		assert_case(cases[i].name, (row(&r, "reported-late") != SIZE_MAX) == cases[i].came_late);
		log_report_drop(&r);
		tiles_end(&t);
	}
}

/* Series: an agency, a day, a length, and from six digits on their owner. */
static void
test_missing_numbers(void **state)
{
	static const struct event events[] = {
		{ 1, "received", 0, 0, 5, "0002" }, { 2, "received", 0, 0, 5, "0005" }, { 3, "received", 0, 0, 5, "0005" },	/* twice: 1 and 3..4 are missing */
		{ 4, "received", 1, 1, 5, "0001" }, { 5, "received", 1, 1, 5, "0002" },						/* none */
		{ 6, "received", 1, 1, 5, "00001" },										/* another length */
		{ 7, "received", 1, 1, 5, "120003" }, { 8, "received", 1, 1, 5, "120001" },					/* owner 12: 120002 */
		{ 9, "received", 1, 1, 5, "130001" }, { 10, "received", 1, 1, 5, "1200003" },					/* 1200001..1200002 */
		{ 11, "received", 1, 1, 5, "" }, { 12, "received", 1, 1, 5, "1234567890" },					/* no number that can be counted */
		{ 13, "done", 1, 1, NONE, "0009" },										/* never said to be received */
	};
	static const char want[] = "missing,H99,,2026-11-09,0001,0001,,,,,,,,,,1,\nmissing,H99,,2026-11-09,0003,0004,,,,,,,,,,2,\n"
	    "missing,H99,,2026-11-10,1200001,1200002,,,,,,,,,,2,\nmissing,H99,,2026-11-10,120002,120002,,,,,,,,,,1,\n";
	own_struct(buf) csv = buf_new(1 << 20);
	struct log_report r;
	struct tiles t;
	struct err e;

	tiles_begin(&t);
	for (size_t i = 0; i < COUNT(events); i++)
		put_event(&t, "H99", &events[i]);
	put_event(&t, "H99.14", &(struct event){ 14, "received", 0, 1, 5, "0001" });
	report_of(&r, &t);
	assert_done(log_report_csv(&csv, &r, &e), e);
	assert_non_null(strstr(buf_str(&csv), want));
	assert_null(strstr(strstr(buf_str(&csv), want) + strlen(want), "\nmissing"));
	assert_int_equal(log_report_number(&r, row(&r, "agency"), column(&r, "missing")), 6);
	log_report_drop(&r);
	tiles_end(&t);
}

/* A month of one agency: 20 working days, 50 dossiers a day, every tenth late. */
enum trick { HONEST, FORGETS_THE_LATE, DATES_BACK, PAUSES_THE_LATE, MOVES_DUE_DATES };

/* Half of the late. */
static bool
forgotten(int received, unsigned k)
{
	return (received * 5 + (int)k / 10) % 2 == 0;
}

static void
month(struct log_report *r, enum trick trick)
{
	struct tiles t;
	unsigned back = 0;

	tiles_begin(&t);
	/* Day by day, as entries are made: receipts, then what is done that day. */
	for (int day = 0; day < 32; day++) {
		for (unsigned k = 0; day < 20 && k < 50; k++) {
			own_str char *running = xprintf("%04u", k + 1);
			bool late = k % 10 == 3;

			if (!(trick == FORGETS_THE_LATE && late && forgotten(day, k)))
				put_event(&t, "H99", &(struct event){ (unsigned)day * 50 + k, "received", day, day, day + 5, running });
		}
		for (unsigned k = 0; k < 50; k++) {
			own_str char *running = xprintf("%04u", k + 1);
			bool late = k % 10 == 3;
			int received = day - (late ? 9 : 3);
			struct event done = { (unsigned)received * 50 + k, "done", day, day, NONE, running };

			if (received < 0 || received >= 20 || (trick == FORGETS_THE_LATE && late && forgotten(received, k)))
				continue;
			if (trick == DATES_BACK && late && back < 10) {
				done.step = "returned";
				done.day = received + 4;
				back++;
			}
			if (trick == PAUSES_THE_LATE && late)
				put_event(&t, "H99", &(struct event){ done.dossier, "paused", received + 4, day, NONE, running });
			if (trick == MOVES_DUE_DATES && late)
				put_event(&t, "H99", &(struct event){ done.dossier, "resumed", received + 4, day, day, running });
			put_event(&t, "H99", &done);
		}
	}
	put_day(&t, 40);
	report_of(r, &t);
	tiles_end(&t);
}

static void
test_tricks(void **state)
{
	static const char *const names[] = { "honest", "forgets the late, 5 of 100", "dates ten returns back", "pauses the late", "moves due dates" };
	struct log_report r;

	for (unsigned trick = HONEST; trick <= MOVES_DUE_DATES; trick++) {
		size_t a;

		month(&r, trick);
		a = row(&r, "agency");
		if (strcmp(log_report_text(&r, a, column(&r, "rate")), "90.00") != 0)
			print_error("%s: %s\n", names[trick], log_report_text(&r, a, column(&r, "rate")));
		assert_case(names[trick], strcmp(log_report_text(&r, a, column(&r, "rate")), "90.00") == 0);
		assert_case(names[trick], log_report_number(&r, a, column(&r, "missing")) == (trick == FORGETS_THE_LATE ? 50 : 0));
		assert_case(names[trick], log_report_number(&r, a, column(&r, "late")) == (trick == FORGETS_THE_LATE ? 50 : 100));
		assert_case(names[trick], (row(&r, "missing") != SIZE_MAX) == (trick == FORGETS_THE_LATE));
		log_report_drop(&r);
	}
}

static void
test_refusals(void **state)
{
	static const struct { const char *name; struct event event; } cases[] = {
		{ "a step that is none", { 1, "received ", 0, 0, 5, "0001" } },
		{ "letters in the number", { 1, "received", 0, 0, 5, "00A1" } },
		{ "a sign", { 1, "received", 0, 0, 5, "-001" } },
		{ "a day before all days", { 1, "received", -30000, 0, 5, "0001" } },
		{ "a due date without a date", { 1, "received", 0, 0, 5000000, "0001" } },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct log_report_spec *s = log_report_find("on-time");
		struct log_report r;
		struct prefix p;
		struct tiles t;
		struct err e;

		tiles_begin(&t);
		put_event(&t, "H99", &cases[i].event);
		tiles_publish(&t);
		assert_done(prefix_open(&p, t.dir, &t.known, &e), e);
		assert_case(cases[i].name, !log_report_make(&r, &s, 1, &p, 1, &e) && strstr(e.text, "entry 0: ") != NULL);
		tiles_end(&t);
	}
}

/*
 * A city of any size, for tests/long/on_time.sh: 400 agencies, each dossier
 * received and done, every twentieth late, every fortieth never reported.
 */

#define AGENCIES 400
#define A_DAY 25		/* dossiers of an agency */

static void
city(unsigned dossiers)
{
	static char agency[AGENCIES][16];
	struct tiles t;

	tiles_begin(&t);
	for (unsigned i = 0; i < AGENCIES; i++)
		snprintf(agency[i], sizeof(agency[i]), "H99.%u.%02u", i / 20 + 10, i % 20);
	for (unsigned i = 0; i < 2 * dossiers; i++) {
		/* A day's receipts and what is done that day of the dossiers of eight days before. */
		unsigned day = i / (2 * AGENCIES * A_DAY), k = i % (2 * AGENCIES * A_DAY) / 2, n = k / AGENCIES;
		bool done = i % 2 != 0;
		unsigned received = day - (done ? 8 : 0);
		char running[8];
		own_struct(buf) p = buf_new(100);
		unsigned char handle[HANDLE_LEN] = { 0 };

		if ((done && day < 8) || (n == 12 && k % 2 == 0))
			continue;
		snprintf(running, sizeof(running), "%04u", n + 1);
		cbor_put_array(&p, done ? 3 : 4);
		cbor_put_text(&p, done ? "done" : "received");
		cbor_put_int(&p, MONDAY + (int)day);
		if (!done)
			cbor_put_int(&p, MONDAY + (int)day + (n == 3 ? 7 : 10));
		cbor_put_text(&p, running);
		/* Spread, as random ones are. */
		for (unsigned b = 0; b < HANDLE_LEN; b += 8) {
			uint64_t x = ((uint64_t)received << 32 | k) * UINT64_C(0x9e3779b97f4a7c15) + b;

			x ^= x >> 29;
			memcpy(handle + b, &x, 8);
		}
		tiles_event(&t, 19, day_start_vietnam(MONDAY + (int)day) + 9 * 3600, agency[k % AGENCIES], "construction", handle, buf_span(&p));
	}
	tiles_publish(&t);
	printf("%s\n", t.dir);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules), cmocka_unit_test(test_missing_numbers), cmocka_unit_test(test_tricks), cmocka_unit_test(test_refusals),
	};

	if (argc > 1) {
		city((unsigned)strtoul(argv[1], NULL, 10));
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
