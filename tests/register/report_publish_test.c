/* The day's reports are recorded and published together: all of them or none,
 * whenever the process ends; and never from tiles that are not the log's. */
#include "tests/base/test.h"

#include "base/cbor.h"
#include "base/clock.h"
#include "base/file.h"
#include "register/report_check.h"
#include "register/report_page.h"
#include "register/report_publish.h"
#include "tests/register/database.h"
#include "tests/register/tiles.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define REPORTS 6

static char dir[] = "/tmp/antin-reports-XXXXXX";
static char *database;
static struct tiles t;

/* Some entries, by a verb that needs nothing. */
static void
work(struct runner *r)
{
	for (int i = 0; i < 3; i++) {
		own_struct(buf) unit = buf_new(1000);
		own_struct(buf) result = buf_new(1000);
		struct err e;

		cbor_put_array(&unit, 1);
		cbor_put_array(&unit, 2);
		cbor_put_text(&unit, "policy.adopt");
		cbor_put_map(&unit, 4);
		cbor_put_text(&unit, "org");
		cbor_put_text(&unit, "H99");
		cbor_put_text(&unit, "body");
		cbor_put_null(&unit);
		cbor_put_text(&unit, "hash");
		cbor_put_bytes(&unit, span_str("01234567890123456789012345678901"));
		cbor_put_text(&unit, "what");
		cbor_put_text(&unit, "policy");
		assert_done(runner_unit(r, CALLER_CA, buf_span(&unit), &result, &e), e);
	}
}

static bool
put_octets(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	tiles_octets(&t, c[0].s);
	return true;
}

/* What the database has beyond the tiles, as the publisher would bring it. */
static void
publish(void)
{
	static const enum reg_type type[] = { REG_BYTES };
	struct store *s = NULL;
	struct values v = { .n = 0 };
	struct err e;

	values_int(&v, "from", (int64_t)t.edge.size);
	assert_done(store_open(&s, database, STORE_READ, &e), e);
	assert_done(store_run(s, "SELECT entry FROM log_entry WHERE idx >= $from ORDER BY idx", &v, type, 1, put_octets, NULL, NULL, &e), e);
	store_free(s);
	tiles_publish(&t);
}

static int64_t
count(const char *sql)
{
	struct store *s = NULL;
	int64_t n = -1;
	struct err e;

	assert_done(store_open(&s, database, STORE_READ, &e), e);
	assert_done(store_int(s, sql, NULL, -1, &n, &e), e);
	store_free(s);
	return n;
}

#define RECORDED count("SELECT count(*) FROM report")
#define PUT count("SELECT count(*) FROM publication WHERE path >= 'report/' AND path < 'report0'")

static int
begin(void **state)
{
	struct runner *r;
	struct err e;

	if (mkdtemp(dir) == NULL)
		return -1;
	database = database_new(dir);
	tiles_begin(&t);
	assert_done(runner_new(&r, database, TILES_ORIGIN, &e), e);
	work(r);
	runner_stop(r);
	publish();
	return 0;
}

static int
end(void **state)
{
	tiles_end(&t);
	database_remove(database);
	free(database);
	return rmdir(dir);
}

static bool
make(struct err *e)
{
	struct reporter *reporter;
	struct runner *r;
	bool good;

	assert_done(runner_new(&r, database, TILES_ORIGIN, e), *e);
	assert_done(reporter_new(&reporter, r, t.dir, 0, clock_now(), e), *e);
	good = reporter_make(reporter, e);
	reporter_stop(reporter);
	runner_stop(r);
	return good;
}

static void
test_killed(void **state)
{
#ifdef ANTIN_FAULTS
	static const struct { const char *fault; bool recorded; } rows[] = {
		{ "report.publish:1", false }, { "report.publish:3", false }, { "publish.put:2", false },
		{ "report.publish before-commit:1", false }, { "report.publish after-commit:1", true },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t recorded = RECORDED, status = 0;
		pid_t child = fork();
		int how;

		assert_true(child >= 0);
		if (child == 0) {
			struct err e;

			setenv("ANTIN_FAULT", rows[i].fault, 1);
			(void)!make(&e);
			_exit(0);
		}
		assert_int_equal(waitpid(child, &how, 0), child);
		assert_case(rows[i].fault, WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
		status = RECORDED - recorded;
		assert_case(rows[i].fault, status == (rows[i].recorded ? REPORTS : 0));
		assert_case(rows[i].fault, PUT == (RECORDED > 0 ? 3 * REPORTS + 2 : 0));
	}
#endif
}

static bool
check_row(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	return report_check_file(ctx, c[0].s, c[1].s, e);
}

static void
test_recorded_and_put_together(void **state)
{
	static const enum reg_type types[] = { REG_TEXT, REG_BYTES };
	int64_t before = RECORDED, size = (int64_t)t.edge.size;
	struct report_check k;
	struct store *s = NULL;
	struct err e;

	assert_done(make(&e), e);
	assert_int_equal(RECORDED, before + REPORTS);
	assert_int_equal(PUT, 3 * REPORTS + 2);
	assert_int_equal(count("SELECT min(size) FROM report WHERE entry >= (SELECT max(entry) - 4 FROM report)"), size);
	assert_done(store_open(&s, database, STORE_READ, &e), e);
	assert_done(report_check_begin(&k, s, &e), e);
	assert_done(store_run(s, "SELECT path, body FROM publication WHERE path >= 'report/' AND path < 'report0'", NULL, types, 2, check_row, &k, NULL, &e), e);
	assert_done(report_check_end(&k, &e), e);
	assert_done(report_check_again(s, t.dir, &e), e);
	/* Another file, another place. */
	assert_false(report_check_file(&k, span_str("report/permits.csv"), span_str("spec,permits\n"), &e));
	assert_non_null(strstr(e.text, "report/permits.csv is not what was recorded"));
	assert_false(report_check_file(&k, span_str("report/permits.exe"), SPAN_NONE, &e));
	assert_non_null(strstr(e.text, "nothing recorded"));
	store_free(s);
}

/* The same day again, beyond the reports' own entries. */
static void
test_once_more(void **state)
{
	int64_t before = RECORDED, css = count("SELECT seq FROM publication WHERE path = 'report/report.css'");
	struct err e;

	publish();
	assert_done(make(&e), e);
	/* What is the same as before is not published again: fsck takes a file that is
	 * there for the sign that all before it are. */
	assert_int_equal(count("SELECT seq FROM publication WHERE path = 'report/report.css'"), css);
	assert_true(count("SELECT min(seq) FROM publication WHERE path >= 'report/' AND path < 'report0' AND path <> 'report/report.css'") > css);
	assert_int_equal(RECORDED, before + REPORTS);
	assert_int_equal(PUT, 3 * REPORTS + 2);
	assert_int_equal(count("SELECT count(*) FROM report r WHERE size > entry"), 0);
}

static void
test_nothing_from_other_tiles(void **state)
{
	static const char *const names[] = { "checkpoint", "log.vkey", NULL };
	own_struct(buf) bundle = buf_new(100);
	int64_t before = RECORDED;
	struct err e;

	tile_path(&bundle, TILE_ENTRIES, 0, (unsigned)t.edge.size);
	for (size_t i = 0; i < COUNT(names); i++) {
		own_str char *path = tiles_path(&t, names[i] != NULL ? names[i] : buf_str(&bundle));
		own_struct(buf) octets = buf_new(1 << 20);

		assert_done(file_read(&octets, path, &e), e);
		octets.ptr[octets.len / 2] ^= 1;
		assert_done(file_write(path, buf_span(&octets), 0644, &e), e);
		assert_case(path, !make(&e));
		octets.ptr[octets.len / 2] ^= 1;
		assert_done(file_write(path, buf_span(&octets), 0644, &e), e);
		assert_int_equal(RECORDED, before);
	}
	assert_done(make(&e), e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed), cmocka_unit_test(test_recorded_and_put_together), cmocka_unit_test(test_once_more), cmocka_unit_test(test_nothing_from_other_tiles),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
