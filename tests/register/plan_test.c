/* No statement of a verb or a read walks through a table that grows with the
 * city's work: SQLite's own plan of each says so. */
#include "tests/base/test.h"

#include "register/schema.h"
#include "register/verbs.h"

#include <sqlite3.h>

/* What grows. */
static const char *const growing[] = { "certificate", "request", "permit", "number_used", "submission", "log_entry", "log_subject", "log_tile",
	"order_accepted", "appointment", "stamp_batch" };

static sqlite3 *db;
static size_t looked_at;

static int
begin(void **state)
{
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, register_schema, NULL, NULL, NULL), SQLITE_OK);
	return 0;
}

static int
end(void **state)
{
	return sqlite3_close(db);
}

/* "SCAN certificate", but not "SCAN certificate USING INDEX ..." that ends at
 * its LIMIT: those are read in the order asked for. */
static bool
walks(const char *step)
{
	for (size_t i = 0; i < COUNT(growing); i++) {
		own_str char *scan = xprintf("SCAN %s", growing[i]);
		size_t n = strlen(scan);

		if (strncmp(step, scan, n) == 0 && (step[n] == '\0' || strstr(step + n, "USING COVERING INDEX") != NULL))
			return true;
	}
	return false;
}

static void
look(const char *whose, const char *sql)
{
	own_str char *explain = xprintf("EXPLAIN QUERY PLAN %s", sql);
	sqlite3_stmt *s = NULL;

	looked_at++;
	if (sqlite3_prepare_v2(db, explain, -1, &s, NULL) != SQLITE_OK)
		print_error("%s: %s: %s\n", whose, sqlite3_errmsg(db), sql);
	assert_non_null(s);
	while (sqlite3_step(s) == SQLITE_ROW) {
		const char *step = (const char *)sqlite3_column_text(s, 3);

		if (walks(step))
			print_error("%s: %s: %s\n", whose, step, sql);
		assert_false(walks(step));
	}
	sqlite3_finalize(s);
}

static void
verbs(void **state)
{
	const struct verb *v;

	for (size_t i = 0; (v = verb_nth(i)) != NULL; i++) {
		for (const struct verb_check *c = v->check; c->sql != NULL; c++)
			look(v->name, c->sql);
		for (const struct verb_allot *a = v->allot; a->name != NULL; a++)
			look(v->name, a->sql);
		for (size_t k = 0; v->project[k] != NULL; k++)
			look(v->name, v->project[k]);
	}
	assert_true(looked_at > 50);
}

static void
reads(void **state)
{
	const struct read *const all[] = { log_reads(), cert_reads(), permit_reads() };

	for (size_t i = 0; i < COUNT(all); i++)
		for (const struct read *r = all[i]; r->name != NULL; r++)
			look(r->name, r->sql);
}

static void
the_look_sees(void **state)
{
	assert_true(walks("SCAN permit"));
	assert_true(walks("SCAN permit USING COVERING INDEX permit_place"));
	assert_false(walks("SEARCH permit USING INDEX permit_state (state=?)"));
	assert_false(walks("SCAN log_head"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_look_sees), cmocka_unit_test(verbs), cmocka_unit_test(reads) };

	return cmocka_run_group_tests(tests, begin, end);
}
