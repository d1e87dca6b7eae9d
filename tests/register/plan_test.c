/* No statement of a verb or a read walks through a table that grows with the
 * city's work: the database's own plan of each says so.  And each is understood
 * by both databases. */
#include "tests/base/test.h"

#include "register/publish.h"
#include "register/schema.h"
#include "register/store.h"
#include "tests/register/database.h"

#include <unistd.h>

/* What grows. */
static const char *const growing[] = { "certificate", "request", "permit", "number_used", "submission", "log_entry", "log_subject", "log_tile",
	"order_accepted", "permit_change", "permit_turn", "permit_parcel", "publication", "appointment", "stamp_batch", "dossier", "dossier_step", "dossier_event" };

static char dir[] = "/tmp/antin-plan-XXXXXX";
static char *database;
static struct store *db;
static size_t looked_at, bad;

static int
begin(void **state)
{
	struct err e;

	if (mkdtemp(dir) == NULL)
		return -1;
	database = database_new(dir);
	assert_done(store_open(&db, database, STORE_WRITE, &e), e);
	return 0;
}

static int
end(void **state)
{
	store_free(db);
	database_remove(database);
	free(database);
	return rmdir(dir);
}

/* "SCAN certificate", but not "SCAN certificate USING INDEX ..." that ends at
 * its LIMIT: those are read in the order asked for.  "Seq Scan on certificate";
 * the whole of an index only where the order asks for it. */
static bool
walks(const char *step, const char *sql)
{
	for (size_t i = 0; i < COUNT(growing); i++) {
		own_str char *scan = xprintf("SCAN %s", growing[i]);
		own_str char *seq = xprintf("Seq Scan on %s ", growing[i]);
		size_t n = strlen(scan);

		if (strncmp(step, scan, n) == 0 && (step[n] == '\0' || strstr(step + n, "USING COVERING INDEX") != NULL || (step[n] == ' ' && strstr(sql, " LIMIT ") == NULL)))
			return true;
		if (strstr(step, seq) != NULL)
			return true;
	}
	return false;
}

/* SQLite tells a step in its fourth column, a server in its only one. */
static bool
see_step(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	own_str char *step = span_dup_str(c[n - 1].s);

	return !walks(step, ctx) || fail(e, ERR_BUG, "%s", step);
}

static void
look(const char *whose, const char *sql, const struct values *v)
{
	/* Its address must stay its own while the store is open. */
	static char *kept[400];
	struct err e;

	kept[looked_at] = xprintf("%s %s", database_is_server() ? "EXPLAIN" : "EXPLAIN QUERY PLAN", sql);
	if (store_run(db, kept[looked_at++], v, NULL, 0, see_step, (void *)sql, NULL, &e))
		return;
	print_error("%s: %s: %s\n", whose, e.text, sql);
	bad++;
}

static void
put_null(struct values *v, const struct verb_field *in)
{
	for (; in->name != NULL; in++)
		values_null(v, in->name, in->type);
}

static void
verbs(void **state)
{
	const struct verb *v;

	for (size_t i = 0; (v = verb_nth(i)) != NULL; i++) {
		struct values f = { .n = 0 };

		put_null(&f, v->in);
		for (const struct verb_allot *a = v->allot; a->name != NULL; a++)
			values_null(&f, a->name, a->type);
		values_int(&f, "entry", 0);
		values_int(&f, "time", 0);
		if (v->words != NULL)
			values_null(&f, "words", REG_TEXT);
		for (const struct verb_check *c = v->check; c->sql != NULL; c++)
			look(v->name, c->sql, &f);
		for (const struct verb_allot *a = v->allot; a->name != NULL; a++)
			look(v->name, a->sql, &f);
		for (size_t k = 0; v->project[k] != NULL; k++)
			look(v->name, v->project[k], &f);
	}
	assert_true(looked_at > 50);
	assert_int_equal(bad, 0);
}

static void
reads(void **state)
{
	const struct read *const all[] = { log_reads(), cert_reads(), permit_reads(), dossier_reads(), feed_reads(), gazette_reads(), parcel_reads() };

	for (size_t i = 0; i < COUNT(all); i++)
		for (const struct read *r = all[i]; r->name != NULL; r++) {
			struct values f = { .n = 0 };

			put_null(&f, r->in);
			look(r->name, r->sql, &f);
		}
	assert_int_equal(bad, 0);
}

static void
publisher(void **state)
{
	struct values f = { .n = 0 };

	values_int(&f, "seq", 0);
	look("publisher", publish_asks, &f);
	assert_int_equal(bad, 0);
}

static void
the_look_sees(void **state)
{
	const char *some = "SELECT 1 FROM permit ORDER BY handle LIMIT 9", *all = "SELECT 1 FROM permit ORDER BY handle";

	assert_true(walks("SCAN permit", some));
	assert_true(walks("SCAN permit USING COVERING INDEX permit_place", some));
	assert_true(walks("SCAN permit USING INDEX permit_place", all));
	assert_false(walks("SCAN permit USING INDEX permit_place", some));
	assert_false(walks("SEARCH permit USING INDEX permit_state (state=?)", all));
	assert_false(walks("SCAN log_head", all));
	assert_true(walks("  ->  Seq Scan on permit  (cost=0.00..1.00 rows=1 width=8)", all));
	assert_false(walks("Index Scan using permit_pkey on permit  (cost=0.00..1.00 rows=1 width=8)", all));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_look_sees), cmocka_unit_test(verbs), cmocka_unit_test(reads),
		cmocka_unit_test(publisher) };

	return cmocka_run_group_tests(tests, begin, end);
}
