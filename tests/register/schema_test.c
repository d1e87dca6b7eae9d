/* The two schemas are the same: tables, columns in their order, types, what may
 * be null, keys, indexes, foreign keys.  And each column of each table is
 * flagged, once. */
#include "tests/base/test.h"

#include "register/schema.h"
#include "register/store.h"
#include "tests/register/database.h"

#include <unistd.h>

static const char *const of_file[] = {
	"SELECT m.name || '.' || p.name || ' ' || p.cid || ' ' || p.type || CASE WHEN p.\"notnull\" OR p.pk > 0 THEN ' not null' ELSE '' END || "
	"CASE WHEN p.pk > 0 THEN ' key ' || p.pk ELSE '' END FROM sqlite_schema m, pragma_table_info(m.name) p WHERE m.type = 'table' ORDER BY 1",
	"SELECT m.name || CASE WHEN i.\"unique\" THEN ' unique' ELSE '' END || CASE WHEN i.partial THEN ' partial' ELSE '' END || "
	"CASE WHEN i.origin = 'c' THEN ' ' || i.name ELSE '' END || ' (' || (SELECT group_concat(c.name, ' ') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno) c) || ')' "
	"FROM sqlite_schema m, pragma_index_list(m.name) i WHERE m.type = 'table' AND i.origin <> 'pk' ORDER BY 1",
	"SELECT m.name || '.' || f.\"from\" || ' references ' || f.\"table\" FROM sqlite_schema m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table' ORDER BY 1",
};

/* Text that does not compare bytewise shows as "text?". */
static const char *const of_server[] = {
	"SELECT (c.relname || '.' || a.attname || ' ' || row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum) - 1 || ' ' || "
	"CASE format_type(a.atttypid, NULL) WHEN 'bigint' THEN 'INTEGER' WHEN 'bytea' THEN 'BLOB' WHEN 'text' THEN CASE WHEN l.collname = 'C' THEN 'TEXT' ELSE 'text?' END ELSE 'strange' END || "
	"CASE WHEN a.attnotnull THEN ' not null' ELSE '' END || coalesce(' key ' || array_position(k.conkey, a.attnum), '')) COLLATE \"C\" "
	"FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_collation l ON l.oid = a.attcollation "
	"LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p' "
	"WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND c.relname <> 'schema_version' ORDER BY 1",
	"SELECT (c.relname || CASE WHEN i.indisunique THEN ' unique' ELSE '' END || CASE WHEN i.indpred IS NOT NULL THEN ' partial' ELSE '' END || "
	"CASE WHEN EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid) THEN '' ELSE ' ' || x.relname END || ' (' || "
	"(SELECT string_agg(a.attname, ' ' ORDER BY array_position(i.indkey::smallint[], a.attnum)) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey)) || ')') COLLATE \"C\" "
	"FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid "
	"WHERE c.relnamespace = current_schema()::regnamespace AND NOT i.indisprimary ORDER BY 1",
	("SELECT (c.relname || '.' || a.attname || ' references ' || r.relname) COLLATE \"C\" FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class r ON r.oid = k.confrelid "
	"JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1] WHERE k.contype = 'f' AND c.relnamespace = current_schema()::regnamespace ORDER BY 1"),
};

static char dir[] = "/tmp/antin-schema-XXXXXX";

static bool
take_line(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	buf_put_span(ctx, c[0].s);
	buf_put_str(ctx, "\n");
	return true;
}

static void
describe(struct buf *out, struct store *s, const char *const *queries)
{
	struct err e;

	for (size_t i = 0; i < COUNT(of_file); i++)
		assert_done(store_run(s, queries[i], NULL, NULL, 0, take_line, out, NULL, &e), e);
}

static void
the_same_on_both(void **state)
{
	own_struct(buf) file = buf_new(1 << 20), server = buf_new(1 << 20);
	own_str char *database = NULL;
	struct store *s;
	struct err e;

	if (!database_is_server())
		skip();		/* jumps: nothing may be owned yet */
	database = database_new(dir);
	assert_done(store_open(&s, "", STORE_MEMORY, &e), e);
	describe(&file, s, of_file);
	store_free(s);
	assert_done(store_open(&s, database, STORE_WRITE, &e), e);
	describe(&server, s, of_server);
	store_free(s);
	assert_non_null(strstr(buf_str(&file), "permit.handle 0 BLOB not null key 1\n"));
	assert_non_null(strstr(buf_str(&file), "permit unique permit_place (list idx)\n"));
	assert_non_null(strstr(buf_str(&file), "submission.handle references permit\n"));
	assert_string_equal(buf_str(&file), buf_str(&server));
}

/* How often a column stands in a list. */
static unsigned
times(const char *list, const char *column)
{
	own_str char *copy = xstrdup(list != NULL ? list : "");
	char *rest = copy;
	unsigned n = 0;

	for (char *word = strsep(&rest, ","); word != NULL; word = strsep(&rest, ","))
		n += strcmp(word + strspn(word, " "), column) == 0;
	return n;
}

static const struct table *
table_of(const char *name)
{
	const struct table *t;

	for (size_t i = 0; (t = table_nth(i)) != NULL; i++)
		if (strcmp(t->name, name) == 0)
			return t;
	return NULL;
}

static bool
is_flagged_once(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	own_str char *table = span_dup_str(c[0].s), *column = span_dup_str(c[1].s);
	const struct table *t = table_of(table);

	(*(unsigned *)ctx)++;
	if (t == NULL)
		return fail(e, ERR_BUG, "the table %s is not in tables.c", table);
	if (times(t->committed, column) + times(t->derived, column) + times(t->ephemeral, column) != 1)
		return fail(e, ERR_BUG, "%s.%s is not flagged once", table, column);
	return true;
}

static unsigned
words(const char *list)
{
	unsigned n = list != NULL;

	for (; list != NULL && *list != '\0'; list++)
		n += *list == ',';
	return n;
}

static void
each_column_is_flagged(void **state)
{
	unsigned columns = 0, flags = 0;
	const struct table *t;
	struct store *s;
	struct err e;

	assert_done(store_open(&s, "", STORE_MEMORY, &e), e);
	assert_done(store_run(s, "SELECT m.name, p.name FROM sqlite_schema m, pragma_table_info(m.name) p WHERE m.type = 'table'", NULL, NULL, 0,
	    is_flagged_once, &columns, NULL, &e), e);
	store_free(s);
	for (size_t i = 0; (t = table_nth(i)) != NULL; i++)
		flags += words(t->committed) + words(t->derived) + words(t->ephemeral);
	assert_int_equal(flags, columns);
}

static int
begin(void **state)
{
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
end(void **state)
{
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_same_on_both), cmocka_unit_test(each_column_is_flagged) };

	return cmocka_run_group_tests(tests, begin, end);
}
