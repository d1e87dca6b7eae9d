/* Reports out of a log of tiles: exactly these rows, at every size, from any
 * copy; and a page that shows what a text says and runs nothing of it. */
#include "tests/base/test.h"

#include "base/cbor.h"
#include "base/clock.h"
#include "base/text.h"
#include "register/report_page.h"
#include "tests/register/tiles.h"

#define DAY INT64_C(86400)
#define NOV INT64_C(1793466000)		/* 2026-11-01T00:00:00+07:00 */

static struct tiles t;
static uint64_t size_before_december;

static void
serial(struct buf *b, unsigned n)
{
	unsigned char octets[20] = { 0x40 };

	octets[19] = (unsigned char)n;
	cbor_put_bytes(b, span_of(octets, sizeof(octets)));
}

static void
issued_cert(int64_t time, const char *profile, unsigned n, int64_t not_after)
{
	own_struct(buf) p = buf_new(200);

	cbor_put_array(&p, 3);
	serial(&p, n);
	cbor_put_int(&p, not_after);
	cbor_put_int(&p, 1);
	tiles_event(&t, 1, time, "H99", profile, NULL, buf_span(&p));
}

static void
ended_with(int64_t time, const char *profile, unsigned n, int64_t not_after, int reason)
{
	own_struct(buf) p = buf_new(200);

	cbor_put_array(&p, 5);
	serial(&p, n);
	cbor_put_int(&p, not_after);
	cbor_put_int(&p, reason);
	cbor_put_int(&p, time);
	cbor_put_int(&p, 0);
	tiles_event(&t, 2, time, "H99", profile, NULL, buf_span(&p));
}

static void
ended_cert(int64_t time, const char *profile, unsigned n, int64_t not_after)
{
	ended_with(time, profile, n, not_after, 4);
}

/* book NULL: a number that is not public; flat: the group as it is written. */
static void
issued(int64_t time, const char *agency, const char *kind, unsigned idx, const char *book, int64_t n, bool flat)
{
	own_struct(buf) p = buf_new(200);

	cbor_put_array(&p, book == NULL ? 3 : flat ? 6 : 4);
	cbor_put_int(&p, 1);
	cbor_put_int(&p, idx);
	cbor_put_int(&p, 20779);
	if (book != NULL) {
		if (!flat)
			cbor_put_array(&p, 3);
		cbor_put_text(&p, book);
		cbor_put_int(&p, 2026);
		cbor_put_int(&p, n);
	}
	tiles_event(&t, 5, time, agency, kind, NULL, buf_span(&p));
}

static void
changed(int64_t time, const char *agency, const char *kind, unsigned idx, unsigned status)
{
	own_struct(buf) p = buf_new(200);

	cbor_put_array(&p, 4);
	cbor_put_int(&p, 1);
	cbor_put_int(&p, idx);
	cbor_put_int(&p, status);
	cbor_put_int(&p, 20779);
	tiles_event(&t, 7, time, agency, kind, NULL, buf_span(&p));
}

static int
begin(void **state)
{
	tiles_begin(&t);
	tiles_event(&t, 10, NOV, "H99", "", NULL, SPAN_NONE);
	issued_cert(NOV, "official", 1, NOV + 10 * DAY);
	issued_cert(NOV, "official", 2, NOV + 900 * DAY);
	issued_cert(NOV + 1, "seal", 3, NOV + 900 * DAY);
	issued_cert(NOV + 1, "official", 4, NOV + 10 * DAY);
	ended_cert(NOV + 2, "official", 4, NOV + 10 * DAY);
	ended_cert(NOV + 3, "official", 5, NOV + 900 * DAY);
	issued_cert(NOV + 3, "tsa", 6, NOV + 900 * DAY);
	ended_with(NOV + 3, "tsa", 6, NOV + 900 * DAY, 6);
	issued_cert(NOV + 3, "tsa", 7, NOV + 10 * DAY);	/* a suspension is over when the certificate is */
	ended_with(NOV + 3, "tsa", 7, NOV + 10 * DAY, 6);
	issued_cert(NOV + 3, "tsa", 8, NOV + 900 * DAY);
	ended_with(NOV + 3, "tsa", 8, NOV + 900 * DAY, 6);
	ended_with(NOV + 3, "tsa", 8, NOV + 900 * DAY, 8);
	issued_cert(NOV + 3, "tsa", 9, NOV + 900 * DAY);
	ended_with(NOV + 3, "tsa", 9, NOV + 900 * DAY, 6);
	ended_with(NOV + 3, "tsa", 9, NOV + 900 * DAY, 1);
	tiles_event(&t, 9, NOV + 3, "H99", "clerk", NULL, SPAN_NONE);
	issued(NOV + DAY, "H99.31.07", "construction", 0, "GPXD", 245, false);
	issued(NOV + DAY, "H99.31.07", "construction", 1, "GPXD", 249, true);
	issued(NOV + DAY, "H99.31.07", "construction", 2, "GPXD", 246, true);
	issued(NOV + DAY, "a,\"b\"", "<script>alert(1)</script>", 3, "=1+1", 7, false);
	issued(NOV + 30 * DAY - 1, "H99.14", "investment", 4, NULL, 0, false);
	tiles_publish(&t);
	size_before_december = t.edge.size;
	issued(NOV + 30 * DAY, "H99.14", "investment", 5, NULL, 0, false);
	changed(NOV + 30 * DAY, "H99.31.07", "construction", 0, 1);
	changed(NOV + 30 * DAY, "H99.31.07", "construction", 1, 3);
	tiles_event(&t, 9, NOV + 30 * DAY, "H99", "clerk", NULL, SPAN_NONE);
	tiles_event(&t, 9, NOV + 30 * DAY, "H99", "approver", NULL, SPAN_NONE);
	tiles_publish(&t);
	return 0;
}

static int
end(void **state)
{
	tiles_end(&t);
	return 0;
}

static void
csv_of(struct buf *out, const char *spec, uint64_t size)
{
	const struct log_report_spec *s = log_report_find(spec);
	struct log_report r;
	struct prefix p;
	struct err e;

	assert_non_null(s);
	assert_done(prefix_open(&p, t.dir, &t.known, &e), e);
	assert_done(log_report_make(&r, &s, 1, &p, size, &e), e);
	assert_done(log_report_csv(out, &r, &e), e);
	log_report_drop(&r);
}

static void
test_rows(void **state)
{
	static const struct { const char *spec; bool december; const char *day, *rows; } cases[] = {
		{ "permits", false, "2026-11-30", "row,agency,kind,month,issued,superseded,withdrawn\n"
		    "permits,\"a,\"\"b\"\"\",<script>alert(1)</script>,2026-11,1,0,0\npermits,H99.14,investment,2026-11,1,0,0\npermits,H99.31.07,construction,2026-11,3,0,0\n" },
		{ "permits", true, "2026-12-01", "row,agency,kind,month,issued,superseded,withdrawn\n"
		    "permits,\"a,\"\"b\"\"\",<script>alert(1)</script>,2026-11,1,0,0\npermits,H99.14,investment,2026-11,1,0,0\npermits,H99.14,investment,2026-12,1,0,0\n"
		    "permits,H99.31.07,construction,2026-11,3,0,0\npermits,H99.31.07,construction,2026-12,0,1,1\n" },
		{ "certificates", false, "2026-11-30", "row,profile,state,certificates\ncertificates,official,active,1\ncertificates,official,expired,1\n"
		    "certificates,official,revoked,1\ncertificates,official,void,1\ncertificates,seal,active,1\n"
		    "certificates,tsa,active,1\ncertificates,tsa,expired,1\ncertificates,tsa,held,1\ncertificates,tsa,revoked,1\n" },
		{ "orders", false, "2026-11-30", "row,role,month,orders\norders,clerk,2026-11,1\n" },
		{ "orders", true, "2026-12-01", "row,role,month,orders\norders,approver,2026-12,1\norders,clerk,2026-11,1\norders,clerk,2026-12,1\n" },
		/* From Sunday 22 November: to Monday 30 six working days, to Tuesday seven; what holds from a later day has none. */
		{ "publications", true, "2026-12-01", "row,agency,kind,what,days,recorded\nrecorded,\"a,\"\"b\"\"\",<script>alert(1)</script>,issued,0,1\n"
		    "recorded,H99.14,investment,issued,6,1\nrecorded,H99.14,investment,issued,7,1\nrecorded,H99.31.07,construction,issued,0,3\nrecorded,H99.31.07,construction,withdrawn,7,1\n" },
		{ "numbers", true, "2026-12-01", "row,agency,book,year,first,last,issued,missing\nbook,\"a,\"\"b\"\"\",=1+1,2026,7,7,1,0\n"
		    "book,H99.31.07,GPXD,2026,245,249,3,2\ngap,H99.31.07,GPXD,2026,247,248,,2\n" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t size = cases[i].december ? t.edge.size : size_before_december;
		own_struct(buf) csv = buf_new(1 << 20);
		own_str char *end_ = xprintf("\nas-of,%s\n%s", cases[i].day, cases[i].rows);
		own_str char *begin_ = xprintf("spec,%s\norigin," TILES_ORIGIN "\nsize,%llu\nroot,", cases[i].spec, (unsigned long long)size);

		csv_of(&csv, cases[i].spec, size);
		buf_str(&csv);
		if (strncmp(buf_str(&csv), begin_, strlen(begin_)) != 0 || strcmp(buf_str(&csv) + strlen(begin_) + 44, end_) != 0)
			print_error("%s\n", buf_str(&csv));
		assert_case(cases[i].spec, strncmp(buf_str(&csv), begin_, strlen(begin_)) == 0 && strcmp(buf_str(&csv) + strlen(begin_) + 44, end_) == 0);
	}
}

/* JSON and page say what the CSV says. */
static void
test_the_same_everywhere(void **state)
{
	const struct log_report_spec *s;
	struct prefix p;
	struct err e;

	assert_done(prefix_open(&p, t.dir, &t.known, &e), e);
	for (size_t i = 0; (s = log_report_nth(i)) != NULL; i++) {
		struct log_report_files f;
		struct log_report r;
		own(json_t) *j = NULL;
		json_t *rows;
		char hex[65];

		assert_done(log_report_make(&r, &s, 1, &p, t.edge.size, &e), e);
		assert_done(log_report_files_make(&f, &r, &e), e);
		f.json.len--;	/* its line's end */
		assert_done(json_read(&j, buf_span(&f.json), &e), e);
		rows = json_object_get(j, "rows");
		assert_case(s->name, json_array_size(rows) == r.n);
		hex_text(hex, span_of(f.sha256, sizeof(f.sha256)));
		assert_case(s->name, strstr(buf_str(&f.html), hex) != NULL && strstr(buf_str(&f.html), "<script") == NULL);
		for (size_t k = 0; k < r.n; k++)
			for (size_t c = 0; c < r.columns; c++) {
				const json_t *cell = json_array_get(json_array_get(rows, k), c);
				own_struct(buf) text = buf_new(1000);

				text_put_html(&text, span_str(log_report_text(&r, k, c)));
				assert_case(s->name, c == 0 || strstr(buf_str(&f.html), buf_str(&text)) != NULL);
				if (json_is_string(cell))
					assert_string_equal(json_string_value(cell), log_report_text(&r, k, c));
				else
					assert_case(s->name, json_is_null(cell) ? log_report_text(&r, k, c)[0] == '\0' : json_integer_value(cell) == log_report_number(&r, k, c));
			}
		log_report_files_drop(&f);
		log_report_drop(&r);
	}
}

static void
test_refusals(void **state)
{
	const struct log_report_spec *s = log_report_find("permits");
	struct log_report r;
	struct prefix p;
	struct err e;

	assert_null(log_report_find(""));
	assert_null(log_report_find("permit"));
	assert_done(prefix_open(&p, t.dir, &t.known, &e), e);
	assert_false(log_report_make(&r, &s, 1, &p, 0, &e));
	assert_false(log_report_make(&r, &s, 1, &p, t.edge.size + 1, &e));
	p.head.root.octet[0] ^= 1;
	assert_false(log_report_make(&r, &s, 1, &p, t.edge.size, &e));
}

/* Entries whose public item is not what their type has. */
static void
test_other_shapes(void **state)
{
	static const struct { const char *name; unsigned type; const char *spec; } rows[] = {
		{ "issued", 5, "permits" }, { "issued", 5, "numbers" }, { "withdrawn", 7, "permits" }, { "an issue", 5, "publications" }, { "a withdrawal", 7, "publications" }, { "certificate", 1, "certificates" }, { "revoked", 2, "certificates" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct log_report_spec *s = log_report_find(rows[i].spec);
		own_struct(buf) p = buf_new(100);
		struct tiles bad;
		struct log_report r;
		struct prefix prefix;
		struct err e;

		tiles_begin(&bad);
		cbor_put_array(&p, 2);
		cbor_put_text(&p, "x");
		cbor_put_null(&p);
		tiles_event(&bad, rows[i].type, NOV, "H99", "construction", NULL, i % 2 == 0 ? buf_span(&p) : SPAN_NONE);
		tiles_publish(&bad);
		assert_done(prefix_open(&prefix, bad.dir, &bad.known, &e), e);
		/* permits counts what was issued without looking at it */
		assert_case(rows[i].name, log_report_make(&r, &s, 1, &prefix, 1, &e) == (rows[i].type == 5 && strcmp(rows[i].spec, "permits") == 0));
		if (rows[i].type == 5 && strcmp(rows[i].spec, "permits") == 0)
			log_report_drop(&r);
		tiles_end(&bad);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows), cmocka_unit_test(test_the_same_everywhere), cmocka_unit_test(test_refusals), cmocka_unit_test(test_other_shapes),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
