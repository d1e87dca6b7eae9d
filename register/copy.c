#include "register/copy.h"

#include "base/fault.h"

#include <pthread.h>
#include <stdlib.h>

#define TABLES_MAX 64

/* One table: its statements, whose texts live as long as the process, because
 * a store knows a statement by its address. */
struct table_plan {
	char *name, *select, *clear, *insert;
	struct { char *name; enum reg_type type; } column[VALUES_MAX];
	unsigned n;
};

static struct plan { struct table_plan table[TABLES_MAX]; size_t n; bool made; } plan;
static pthread_mutex_t plan_lock = PTHREAD_MUTEX_INITIALIZER;

/*
 * What is to be copied: out of an empty database of this schema.
 */

static bool
take_table(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct plan *p = ctx;

	if (span_eq_str(c[0].s, "session"))
		return true;
	promise(p->n < TABLES_MAX);
	p->table[p->n++].name = span_dup_str(c[0].s);
	return true;
}

static bool
take_column(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct table_plan *t = ctx;

	promise(t->n < VALUES_MAX);
	t->column[t->n].name = span_dup_str(c[0].s);
	t->column[t->n++].type = span_eq_str(c[1].s, "INTEGER") ? REG_INT : span_eq_str(c[1].s, "TEXT") ? REG_TEXT : REG_BYTES;
	return true;
}

static void
write_statements(struct table_plan *t)
{
	own_struct(buf) names = buf_new(1 << 16);
	own_struct(buf) params = buf_new(1 << 16);

	for (unsigned i = 0; i < t->n; i++) {
		buf_printf(&names, "%s%s", i > 0 ? ", " : "", t->column[i].name);
		buf_printf(&params, "%s$%s", i > 0 ? ", " : "", t->column[i].name);
	}
	t->select = xprintf("SELECT %s FROM %s", buf_str(&names), t->name);
	t->clear = xprintf("DELETE FROM %s", t->name);
	t->insert = xprintf("INSERT INTO %s (%s) VALUES (%s)", t->name, buf_str(&names), buf_str(&params));
}

static bool
read_schema(struct plan *p, struct store *s, struct err *e)
{
	static const enum reg_type types[] = { REG_TEXT, REG_TEXT };

	/* In the order in which they were made: what is referred to comes first. */
	if (!store_run(s, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid", NULL, types, 1, take_table, p, NULL, e))
		return false;
	for (size_t i = 0; i < p->n; i++) {
		struct values v = { .n = 0 };

		values_span(&v, "table", REG_TEXT, span_str(p->table[i].name));
		if (!store_run(s, "SELECT name, type FROM pragma_table_info($table) ORDER BY cid", &v, types, 2, take_column, &p->table[i], NULL, e))
			return false;
		write_statements(&p->table[i]);
	}
	return true;
}

static bool
plan_get(const struct plan **out, struct err *e)
{
	bool good = true;

	pthread_mutex_lock(&plan_lock);
	if (!plan.made) {
		struct store *empty = NULL;

		plan.n = 0;
		good = store_open(&empty, "", STORE_MEMORY, e) && read_schema(&plan, empty, e);
		plan.made = good;
		store_free(empty);
	}
	pthread_mutex_unlock(&plan_lock);
	*out = &plan;
	return good;
}

/*
 * Copying.
 */

struct copying { const struct table_plan *table; struct store *to; };

static bool
put_row(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct copying *k = ctx;
	struct values v = { .n = 0 };

	for (unsigned i = 0; i < n; i++) {
		v.v[i] = c[i];
		v.v[i].name = k->table->column[i].name;
	}
	v.n = n;
	return store_do(k->to, k->table->insert, &v, e);
}

static bool
copy_table(const struct table_plan *t, struct store *from, struct store *to, struct err *e)
{
	struct copying k = { t, to };
	enum reg_type types[VALUES_MAX];

	for (unsigned i = 0; i < t->n; i++)
		types[i] = t->column[i].type;
	return store_do(to, t->clear, NULL, e) && store_run(from, t->select, NULL, types, t->n, put_row, &k, NULL, e);
}

static bool
check_empty(struct store *to, struct err *e)
{
	int64_t size;

	if (!store_int(to, "SELECT size FROM log_head WHERE one = 1", NULL, 0, &size, e))
		return false;
	return size == 0 || fail(e, ERR_CONFLICT, "there is a register of %lld entries already; it is not written over", (long long)size);
}

static bool
copy_tables(const struct plan *p, struct store *from, struct store *to, struct err *e)
{
	if (!check_empty(to, e))
		return false;
	for (size_t i = 0; i < p->n; i++)
		if (!copy_table(&p->table[i], from, to, e))
			return fail_in(e, "table %s", p->table[i].name);
	return true;
}

bool
store_copy(struct store *from, struct store *to, struct err *e)
{
	const struct plan *p;
	bool good;

	if (!plan_get(&p, e) || !store_begin(from, STORE_SNAPSHOT, e))
		return false;
	good = store_begin(to, STORE_LOCK, e);
	if (good && !copy_tables(p, from, to, e)) {
		good = false;
		store_rollback(to);
	}
	FAULT_POINT("copy.before-commit");
	good = good && store_commit(to, e);
	store_rollback(from);
	return good;
}
