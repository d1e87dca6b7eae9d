/* A server as the register's database: which names are refused, what octets
 * come back, how a refused statement and a lost connection are told. */
#include "tests/base/test.h"

#include "register/store.h"
#include "tests/register/database.h"

#include <stdlib.h>
#include <unistd.h>

static void
names(void **state)
{
	static const struct { const char *name; enum err_class want; bool inet; size_t files; } cases[] = {
		{ "/var/lib/antin/register.db", ERR_NONE, false, 0 },
		{ "register.db", ERR_NONE, false, 0 },
		{ "postgresql:///antin?host=/run/postgresql&user=antin", ERR_NONE, false, 0 },
		{ "postgres://antin@127.0.0.1/antin", ERR_NONE, true, 0 },
		{ "postgresql://antin@[::1]:5433/antin?passfile=/etc/antin/pgpass", ERR_NONE, true, 1 },
		{ "postgresql://antin@db.example/antin?hostaddr=127.0.0.1", ERR_NONE, true, 0 },
		{ "postgresql://antin@127.0.0.1,127.0.0.2/antin", ERR_NONE, true, 0 },
		{ "postgresql://antin@192.0.2.1/antin?sslmode=verify-full&sslrootcert=/etc/antin/db.crt", ERR_NONE, true, 1 },
		{ "postgresql://antin@192.0.2.1/antin?sslmode=require", ERR_POLICY, false, 0 },
		{ "postgresql://antin@192.0.2.1/antin", ERR_POLICY, false, 0 },
		{ "postgresql://antin@127.0.0.1,192.0.2.1/antin", ERR_POLICY, false, 0 },
		{ "postgresql://antin:secret@127.0.0.1/antin", ERR_POLICY, false, 0 },
		{ "postgresql:///antin?host=/run/postgresql&user=antin&password=secret", ERR_POLICY, false, 0 },
		{ "postgresql://antin@db.example/antin", ERR_INPUT, false, 0 },
		{ "postgresql://antin@127.0.0.1,db.example/antin", ERR_INPUT, false, 0 },
		{ "postgresql:///antin?host=/run/postgresql", ERR_INPUT, false, 0 },
		{ "postgresql:///antin?user=antin", ERR_INPUT, false, 0 },
		{ "postgresql://antin@127.0.0.1/antin?sslmoed=require", ERR_INPUT, false, 0 },
	};

	unsetenv("PGPASSFILE");
	unsetenv("PGUSER");
	unsetenv("PGHOST");
	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(store_needs) n = { .files = 0 };
		struct err e = { ERR_NONE, "" };
		bool good = store_needs(&n, cases[i].name, &e);

		assert_case(cases[i].name, good == (cases[i].want == ERR_NONE));
		assert_case(cases[i].name, good || e.class == cases[i].want);
		assert_case(cases[i].name, strstr(e.text, "secret") == NULL);
		assert_case(cases[i].name, !good || (n.inet == cases[i].inet && n.files == cases[i].files));
	}
}

static struct store *
open_new(void)
{
	own_str char *database = NULL;
	struct store *s;
	struct err e;

	if (!database_is_server())
		skip();
	database = database_new("");
	assert_done(store_open(&s, database, STORE_WRITE, &e), e);
	return s;
}

/* Sent and answered. */
static bool
do_now(struct store *s, const char *sql, const struct values *v, struct err *e)
{
	return store_do(s, sql, v, e) && store_settle(s, e);
}

static bool
same_octets(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	const struct values *want = ctx;

	assert_int_equal(n, 3);
	assert_true(span_eq(c[0].s, want->v[0].s) && c[0].type == REG_BYTES);
	assert_true(span_eq(c[1].s, want->v[1].s) && c[1].type == REG_TEXT);
	assert_int_equal(c[2].i, want->v[2].i);
	return true;
}

/* Every octet, no octet, both ends of the integers. */
static void
octets_come_back(void **state)
{
	struct store *s = open_new();
	unsigned char all[256];
	static const int64_t numbers[] = { 0, -1, INT64_MAX, INT64_MIN };

	for (unsigned i = 0; i < sizeof(all); i++)
		all[i] = (unsigned char)i;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct values v = { .n = 0 };
		struct err e;
		uint64_t rows;

		values_span(&v, "id", REG_BYTES, span_of(all, i == 1 ? 0 : sizeof(all)));
		values_span(&v, "what", REG_TEXT, span_str(i == 1 ? "" : "Đống Đa $what 'q' \\"));
		values_int(&v, "i", numbers[i]);
		assert_done(store_do(s, "INSERT INTO policy_adopted (entry, what, hash, time) VALUES ($i, $what, $id, 0)", &v, &e), e);
		assert_done(store_run(s, "SELECT hash, what, entry FROM policy_adopted WHERE entry = $i AND what = $what AND '$i' <> $what", &v, NULL, 0, same_octets, &v, &rows, &e), e);
		assert_int_equal(rows, 1);
	}
	store_free(s);
}

/* A refused statement ends its savepoint, not the transaction. */
static void
refused_statements(void **state)
{
	static const char put[] = "INSERT INTO book (agency, book, year, next) VALUES ('A', 'B', $year, 1)";
	struct store *s = open_new();
	struct values v = { .n = 0 };
	int64_t n;
	struct err e;

	values_int(&v, "year", 1);
	assert_done(store_begin(s, STORE_LOCK, &e), e);
	assert_done(do_now(s, put, &v, &e), e);
	assert_done(do_now(s, "SAVEPOINT unit", NULL, &e), e);
	assert_false(do_now(s, put, &v, &e));
	assert_int_equal(e.class, ERR_STORE);
	assert_null(strstr(e.text, "(A, B, 1)"));	/* the row itself is nobody's business */
	assert_false(do_now(s, "SELECT 1", NULL, &e));
	assert_done(do_now(s, "ROLLBACK TO unit", NULL, &e), e);
	assert_done(do_now(s, "RELEASE unit", NULL, &e), e);
	/* Of several on their way the first refusal is told, whatever follows it. */
	assert_done(store_do(s, "SAVEPOINT unit", NULL, &e), e);
	assert_done(store_expect(s, "SELECT 1 FROM book WHERE agency = 'A'", NULL, &(struct err_rule){ ERR_BUG, "it is there" }, &e), e);
	assert_done(store_expect(s, "SELECT 1 FROM book WHERE agency = 'C'", NULL, &(struct err_rule){ ERR_CONFLICT, "no such book", "no-book", "Không có sách này." }, &e), e);
	assert_done(store_do(s, put, &v, &e), e);
	assert_false(store_int(s, "SELECT 7", NULL, 0, &n, &e));
	assert_string_equal(e.text, "no such book");
	assert_string_equal(e.code, "no-book");
	assert_string_equal(e.vi, "Không có sách này.");
	assert_int_equal(e.class, ERR_CONFLICT);
	assert_done(do_now(s, "ROLLBACK TO unit", NULL, &e), e);
	assert_done(do_now(s, "RELEASE unit", NULL, &e), e);
	assert_done(store_commit(s, &e), e);
	assert_done(store_int(s, "SELECT count(*) FROM book", NULL, 0, &n, &e), e);
	assert_int_equal(n, 1);
	/* A transaction that failed cannot be committed, whatever the server calls it. */
	assert_done(store_begin(s, STORE_LOCK, &e), e);
	assert_false(do_now(s, put, &v, &e));
	assert_false(store_commit(s, &e));
	assert_false(store_is_lost(s));
	store_free(s);
}

static bool
stop_at_once(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	return fail(e, ERR_LIMIT, "enough");
}

static void
a_reader_that_stops(void **state)
{
	struct store *s = open_new();
	int64_t n;
	struct err e;

	assert_false(store_run(s, "SELECT generate_series(1, 1000)", NULL, NULL, 0, stop_at_once, NULL, NULL, &e));
	assert_int_equal(e.class, ERR_LIMIT);
	assert_done(store_int(s, "SELECT 7", NULL, 0, &n, &e), e);
	assert_int_equal(n, 7);
	store_free(s);
}

static void
a_lost_connection(void **state)
{
	struct store *s = open_new();
	int64_t n;
	struct err e;

	assert_done(store_begin(s, STORE_LOCK, &e), e);
	assert_false(do_now(s, "SELECT pg_terminate_backend(pg_backend_pid())", NULL, &e));
	assert_int_equal(e.class, ERR_LATER);
	assert_true(store_is_lost(s));
	assert_false(store_commit(s, &e));
	assert_int_equal(e.class, ERR_LATER);
	assert_false(store_begin(s, STORE_LOCK, &e));
	assert_done(store_revive(s, &e), e);
	assert_false(store_is_lost(s));
	assert_done(store_int(s, "SELECT 7", NULL, 0, &n, &e), e);
	store_free(s);
}

/* One of those that are open on the database publishes; the next when it ends. */
static void
one_leads(void **state)
{
	own_str char *database = database_is_server() ? database_new("") : NULL;
	struct store *a, *b;
	bool leads;
	struct err e;

	if (database == NULL)
		skip();
	assert_done(store_open(&a, database, STORE_WRITE, &e), e);
	assert_done(store_open(&b, database, STORE_WRITE, &e), e);
	assert_done(store_lead(a, &leads, &e), e);
	assert_true(leads);
	assert_done(store_lead(b, &leads, &e), e);
	assert_false(leads);
	store_free(a);
	for (time_t until = 0; !leads && wait_more(&until);)
		assert_done(store_lead(b, &leads, &e), e);
	assert_true(leads);
	store_free(b);
}

static void
no_standby(void **state)
{
	struct store *s = open_new();
	struct err e;

	assert_false(store_check_standby(s, "second", &e));
	assert_string_equal(e.text, "the standby second does not follow this database");
	store_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(octets_come_back),
		cmocka_unit_test(refused_statements),
		cmocka_unit_test(a_reader_that_stops),
		cmocka_unit_test(a_lost_connection),
		cmocka_unit_test(one_leads),
		cmocka_unit_test(no_standby),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
