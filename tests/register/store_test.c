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

/* Those of names that were there before the words. */
static void
words_are(struct store *s, const char *want)
{
	static const enum reg_type type[] = { REG_TEXT };
	own_struct(buf) text = buf_new(1000);
	struct err e;

	assert_done(store_run(s, "SELECT words || ',' FROM certificate ORDER BY entry", NULL, type, 1, take_text, &text, NULL, &e), e);
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
put(struct store *s, const char *sql, int64_t idx, const char *id, const char *state, const char *record)
{
	struct values v = { .n = 0 };
	struct err e;

	values_int(&v, "idx", idx);
	values_span(&v, "id", REG_BYTES, span_str(id));
	values_span(&v, "state", REG_TEXT, span_str(state));
	values_span(&v, "record", REG_BYTES, span_str(record));
	assert_done(store_do(s, sql, &v, &e), e);
}

/* A certificate that was voided, one that was not, a permit withdrawn; and
 * entries, of which those that did it are found. */
static void
put_history(struct store *s)
{
	/* Of types 9, 1, 2, 2, 5, 7, 1. */
	static const char *const entries[] = { "\x8a\x02\x09S1", "\x8a\x02\x01S1", "\x8a\x02\x02S3", "\x8a\x02\x02S1", "\x8a\x02\x05P1", "\x8a\x02\x07P1", "\x8a\x02\x01S2" };
	static const char request[] = "INSERT INTO request (id, facts, csr, key_id, profile, agency, state, entry, time) VALUES ($id, 'f', $record, $record, 'official', $state, 'approved', $idx, $idx)";
	static const char certificate[] = "INSERT INTO certificate (serial, request, profile, name, agency, key_id, tbs, not_before, not_after, state, entry, time) "
	    "VALUES ($id, $record, 'official', 'Đỗ Thị Ngọc (' || $state || ')', 'H99', $id, $id, 1, 2, $state, $idx, $idx)";
	static const char permit[] = "INSERT INTO permit (handle, kind, agency, dossier, holder, content, state, entry, time) VALUES ($id, 'construction', 'H99', 'd', 'h', $record, $state, $idx, $idx)";
	static const char entry[] = "INSERT INTO log_entry (idx, entry, record, salt) VALUES ($idx, $record, $id, NULL)";

	put(s, request, 1, "R", "H99", "x");
	put(s, certificate, 5, "S1", "void", "R");
	put(s, certificate, 6, "S2", "active", "R");
	put(s, permit, 1, "P1", "issued", "x");
	for (size_t i = 0; i < COUNT(entries); i++)
		put(s, entry, 4 + (int64_t)i, "r", "", entries[i]);
}

static void
an_older_database_is_brought_forward(void **state)
{
	own_struct(buf) fresh = buf_new(1 << 16), forward = buf_new(1 << 16);
	struct store *s = NULL;
	int64_t entry;
	struct err e;

	assert_done(store_open(&s, database, STORE_WRITE, &e), e);
	shape_of(&fresh, s);
	put_history(s);
	store_free(s);
	database_do(database, "ALTER TABLE program DROP COLUMN rights; ALTER TABLE log_published DROP COLUMN key; ALTER TABLE book DROP COLUMN is_public; "
	    "ALTER TABLE book DROP COLUMN closed; DROP TABLE reimport; DROP TABLE certificate_lost; DROP TABLE permit_lost; DROP TABLE list_lost; "
	    "DROP TABLE dossier_event; DROP TABLE dossier_step; DROP TABLE dossier; DROP TABLE dossier_edge; "
	    "DROP INDEX publication_seq; DROP INDEX certificate_listed; DROP INDEX appointment_role; DROP INDEX certificate_ended; DROP INDEX certificate_issued; ALTER TABLE certificate DROP COLUMN issued_entry; DROP TABLE ocsp; "
	    "DROP INDEX certificate_entry; ALTER TABLE certificate DROP COLUMN words; CREATE INDEX certificate_entry ON certificate (entry); "
	    "ALTER TABLE certificate DROP COLUMN generation; ALTER TABLE certificate DROP COLUMN ended_entry; DROP TABLE report; DROP TABLE log_beat; DROP TABLE certificate_hold; DROP TABLE key_blocked; "
	    "DROP TABLE permit_reaffirmation; DROP TABLE permit_renewal; DROP INDEX permit_proven; DROP INDEX permit_proven_by; ALTER TABLE permit DROP COLUMN proven_until; ALTER TABLE permit DROP COLUMN proven_by; ALTER TABLE permit DROP COLUMN converted; "
	    "ALTER TABLE appointment DROP COLUMN authorised_by; DROP TABLE permit_parcel; ALTER TABLE permit DROP COLUMN parcels; ALTER TABLE permit DROP COLUMN plots; DROP TABLE permit_turn; DROP TABLE permit_change; DROP INDEX permit_amends; DROP INDEX permit_submitted; DROP INDEX permit_signed; DROP INDEX permit_reserved; DROP INDEX permit_issued; DROP INDEX permit_agency; DROP INDEX permit_number; ALTER TABLE permit DROP COLUMN version; ALTER TABLE permit DROP COLUMN amends; ALTER TABLE permit DROP COLUMN signed_entry; "
	    "ALTER TABLE permit ADD COLUMN reason TEXT; ALTER TABLE permit ADD COLUMN decision TEXT; UPDATE permit SET decision = '512/QĐ', reason = 'r'; "
	    "DROP TABLE order_waiting; DROP TABLE token; DROP INDEX request_token; ALTER TABLE request DROP COLUMN token; "
	    "DROP INDEX request_mail; ALTER TABLE request DROP COLUMN mail; ALTER TABLE certificate DROP COLUMN commits");
	database_do(database, database_is_server() ?
	    "INSERT INTO program (id, name, agencies, kinds, responsible, expires, entry) VALUES ('a', 'a', 'H99', '*', 'b', 1, 0)" :
	    "INSERT INTO program (id, name, agencies, kinds, responsible, expires, entry) VALUES (x'00', 'a', 'H99', '*', 'b', 1, 0)");
	database_do(database, database_is_server() ?
	    "ALTER TABLE permit ADD COLUMN withdrawn_day bigint; UPDATE permit SET state = 'withdrawn', withdrawn_day = 20001" :
	    "ALTER TABLE permit ADD COLUMN withdrawn_day INTEGER; UPDATE permit SET state = 'withdrawn', withdrawn_day = 20001");
	set_version(1);
	assert_false(store_open(&s, database, STORE_READ, &e));
	assert_int_equal(e.class, ERR_STORE);
	assert_done(store_open(&s, database, STORE_WRITE, &e), e);
	rights_are(s, "submit");
	shape_of(&forward, s);
	assert_non_null(strstr(buf_str(&fresh), "received done"));
	assert_string_equal(buf_str(&forward), buf_str(&fresh));
	assert_done(store_int(s, "SELECT ended_entry FROM certificate WHERE state = 'void'", NULL, -1, &entry, &e), e);
	assert_int_equal(entry, 7);	/* neither the order, nor the entry that issued */
	assert_done(store_int(s, "SELECT ended_entry FROM certificate WHERE state = 'active'", NULL, -1, &entry, &e), e);
	assert_int_equal(entry, -1);
	assert_done(store_int(s, "SELECT count(*) FROM certificate WHERE commits = 1", NULL, -1, &entry, &e), e);
	assert_int_equal(entry, 2);	/* of the profile official */
	assert_done(store_int(s, "SELECT issued_entry FROM certificate WHERE state = 'active'", NULL, -1, &entry, &e), e);
	assert_int_equal(entry, 10);
	assert_done(store_int(s, "SELECT issued_entry FROM certificate WHERE state = 'void'", NULL, -1, &entry, &e), e);
	assert_int_equal(entry, -1);
	assert_done(store_int(s, "SELECT count(*) FROM certificate WHERE commits = 1", NULL, -1, &entry, &e), e);
	assert_int_equal(entry, 2);	/* of the profile official */
	assert_done(store_int(s, "SELECT entry FROM permit_change WHERE act = 1 AND from_day = 20001 AND decision = '512/QĐ' AND reason = 'r' AND "
	    "handle = (SELECT handle FROM permit WHERE state = 'issued')", NULL, -1, &entry, &e), e);
	assert_int_equal(entry, 9);
	words_are(s, " do thi ngoc void, do thi ngoc active,");
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
