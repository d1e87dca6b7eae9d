#include "register/move.h"

#include "base/fault.h"
#include "register/copy.h"
#include "register/hold.h"
#include "register/schema.h"

static bool
same_tables(struct store *a, struct store *b, struct err *e)
{
	const struct table *t;

	for (size_t i = 0; (t = table_nth(i)) != NULL; i++) {
		own_struct(buf) columns = buf_new(1 << 16);

		if (t->committed == NULL && t->derived == NULL)
			continue;
		buf_printf(&columns, "%s%s%s", t->committed ?: "", t->committed != NULL && t->derived != NULL ? ", " : "", t->derived ?: "");
		if (!store_same_table(b, a, t->name, buf_str(&columns), t->keys > 0 ? t->keys : 1, e))
			return fail_in(e, "the copy");
	}
	return true;
}

bool
move_rows(struct fsck *out, const char *from, const char *to, struct err *e)
{
	struct store *a = NULL, *b = NULL;
	struct fsck before;
	bool good = fsck_run(&before, from, NULL, e) && store_open(&a, from, STORE_READ, e) && store_open(&b, to, STORE_WRITE, e) &&
	    store_copy(a, b, e);

	FAULT_POINT("move.copied");
	good = good && fsck_run(out, to, NULL, e) && same_tables(a, b, e);
	store_free(a);
	store_free(b);
	return good && ((before.entries == out->entries && hash_eq(&before.root, &out->root)) || fail(e, ERR_BUG, "the copy is another log"));
}

bool
move_run(struct fsck *out, const char *from, const char *to, struct err *e)
{
	own_struct(hold) of_from = HOLD_NONE;
	own_struct(hold) of_to = HOLD_NONE;

	return hold_alone(&of_from, from, e) && hold_alone(&of_to, to, e) && move_rows(out, from, to, e);
}
