/* A database of the first version is brought forward; what replaying its
 * records gives is the same. */
#include "tests/base/test.h"

#include "register/run.h"
#include "tests/register/database.h"

#include <unistd.h>

static char dir[] = "/tmp/antin-store-XXXXXX";
static char *database;

/* SQLite keeps the schema's version in the file's head, a server in a table. */
static void
set_version(int version)
{
	own_str char *sql = xprintf(database_is_server() ? "UPDATE schema_version SET version = %d" : "PRAGMA user_version = %d", version);

	database_do(database, sql);
}

static bool
take_text(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	buf_put_span(ctx, c[0].s);
	return true;
}

static void
rights_are(struct store *s, const char *want)
{
	static const enum reg_type type[] = { REG_TEXT };
	own_struct(buf) text = buf_new(1000);
	struct err e;

	assert_done(store_run(s, "SELECT rights FROM program", NULL, type, 1, take_text, &text, NULL, &e), e);
	assert_string_equal(buf_str(&text), want);
}

/* Tables with their columns, whatever their order, and the rows that come with
 * the schema. */
static void
shape_of(struct buf *out, struct store *s)
{
	static const enum reg_type type[] = { REG_TEXT };
	struct err e;

	assert_done(store_run(s, database_is_server() ?
	    "SELECT table_name || ' ' || column_name || ' ' || data_type || coalesce(collation_name, '') || is_nullable || chr(10) FROM information_schema.columns "
	    "WHERE table_schema = current_schema() ORDER BY 1" :
	    "SELECT m.name || ' ' || c.name || ' ' || c.type || c.\"notnull\" || c.pk || char(10) FROM sqlite_master m, pragma_table_info(m.name) c "
	    "WHERE m.type = 'table' ORDER BY 1", NULL, type, 1, take_text, out, NULL, &e), e);
	assert_done(store_run(s, "SELECT from_step || ' ' || to_step || ' ' FROM dossier_edge ORDER BY 1", NULL, type, 1, take_text, out, NULL, &e), e);
}

static void
an_older_database_is_brought_forward(void **state)
{
	own_struct(buf) fresh = buf_new(1 << 16), forward = buf_new(1 << 16);
	struct store *s = NULL;
	struct err e;

	assert_done(store_open(&s, database, STORE_WRITE, &e), e);
	shape_of(&fresh, s);
	store_free(s);
	database_do(database, "ALTER TABLE program DROP COLUMN rights; ALTER TABLE log_published DROP COLUMN key; ALTER TABLE book DROP COLUMN is_public; "
	    "ALTER TABLE book DROP COLUMN closed; DROP TABLE reimport; DROP TABLE certificate_lost; DROP TABLE permit_lost; DROP TABLE list_lost; "
	    "DROP TABLE dossier_event; DROP TABLE dossier_step; DROP TABLE dossier; DROP TABLE dossier_edge");
	database_do(database, database_is_server() ?
	    "INSERT INTO program (id, name, agencies, kinds, responsible, expires, entry) VALUES ('a', 'a', 'H99', '*', 'b', 1, 0)" :
	    "INSERT INTO program (id, name, agencies, kinds, responsible, expires, entry) VALUES (x'00', 'a', 'H99', '*', 'b', 1, 0)");
	set_version(1);
	assert_false(store_open(&s, database, STORE_READ, &e));
	assert_int_equal(e.class, ERR_STORE);
	assert_done(store_open(&s, database, STORE_WRITE, &e), e);
	rights_are(s, "submit");
	shape_of(&forward, s);
	assert_non_null(strstr(buf_str(&fresh), "received done"));
	assert_string_equal(buf_str(&forward), buf_str(&fresh));
	store_free(s);
	assert_done(store_open(&s, database, STORE_READ, &e), e);
	store_free(s);
}

static void
a_later_database_is_refused(void **state)
{
	struct store *s = NULL;
	struct err e;

	set_version(99);
	assert_false(store_open(&s, database, STORE_WRITE, &e));
	assert_int_equal(e.class, ERR_STORE);
	assert_non_null(strstr(e.text, "schema version 99"));
}

static void
put_program(struct values *v)
{
	values_span(v, "org", REG_TEXT, span_str("H99"));
	values_span(v, "id", REG_BYTES, span_str("0123456789abcdef0123456789abcdef"));
	values_span(v, "name", REG_TEXT, span_str("a"));
	values_span(v, "agencies", REG_TEXT, span_str("H99"));
	values_span(v, "kinds", REG_TEXT, span_str("*"));
	values_span(v, "responsible", REG_TEXT, span_str("b"));
	values_int(v, "expires", 1);
}

static void
an_older_record_is_replayed(void **state)
{
	const struct verb *verb = verb_find("program.register");
	own_struct(buf) old = buf_new(4096), new = buf_new(4096);
	struct values v = { .n = 0 };
	struct store *s = NULL;
	struct err e;

	put_program(&v);
	record_write(&old, verb, &v);
	values_span(&v, "rights", REG_TEXT, span_str("submit read"));
	record_write(&new, verb, &v);
	assert_done(store_open(&s, "", STORE_MEMORY, &e), e);
	assert_done(verb_replay(s, verb, buf_span(&old), 0, 0, &e), e);
	rights_are(s, "submit");
	assert_done(verb_replay(s, verb, buf_span(&new), 1, 0, &e), e);
	rights_are(s, "submit read");
	store_free(s);
}

static int
begin(void **state)
{
	if (mkdtemp(dir) == NULL)
		return -1;
	database = database_new(dir);
	return 0;
}

static int
end(void **state)
{
	database_remove(database);
	free(database);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_older_database_is_brought_forward),
		cmocka_unit_test(a_later_database_is_refused),
		cmocka_unit_test(an_older_record_is_replayed),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
