/* The register is moved out of a file into the database that the tests run on,
 * and back into another file: the same rows, the same log; and backed up from
 * there, and put back there. */
#include "tests/base/test.h"

#include "register/backup.h"
#include "register/client.h"
#include "register/copy.h"
#include "register/hold.h"
#include "register/move.h"
#include "register/restore.h"
#include "register/run.h"
#include "tests/register/database.h"
#include "tests/register/unit.h"

#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/antin-move-XXXXXX";
static char *source;

static char *
in_dir(const char *name)
{
	return xprintf("%s/%s", dir, name);
}

static bool
open_books(struct runner *r, const char *agency, unsigned n, struct err *e)
{
	for (unsigned i = 0; i < n; i++) {
		own_struct(reg_unit) u = reg_unit_new();
		own_str char *name = xprintf("%s.%u", agency, i);

		reg_verb(&u, "book.open");
		reg_text(&u, "agency", name);
		reg_text(&u, "book", "SỔ");
		reg_int(&u, "year", 2026);
		reg_int(&u, "next", 1 + i);
		reg_verb(&u, "session.put");
		reg_bytes(&u, "id", span_of(&i, sizeof(i)));
		reg_bytes(&u, "body", span_str("what somebody is about to sign"));
		reg_int(&u, "expires", 4000000000);
		if (!unit_run(r, CALLER_SIGNER, &u, NULL, e))
			return false;
	}
	return true;
}

static int
start(void **state)
{
	struct runner *r;
	struct err e;

	if (mkdtemp(dir) == NULL)
		return -1;
	source = in_dir("source.db");
	assert_done(runner_new(&r, source, "test.example/log", &e), e);
	assert_done(open_books(r, "H99", 300, &e), e);
	runner_stop(r);
	return 0;
}

static int
stop(void **state)
{
	own_str char *command = xprintf("rm -rf %s", dir);

	free(source);
	return system(command) != 0;
}

static void
there_and_back(void **state)
{
	own_str char *there = database_is_server() ? database_new(dir) : in_dir("there.db");
	own_str char *back = in_dir("back.db");
	struct fsck f, g;
	struct runner *r;
	struct store *s;
	int64_t sessions;
	struct err e;

	assert_done(move_run(&f, source, there, &e), e);
	assert_int_equal(f.entries, 300);
	assert_done(store_open(&s, there, STORE_READ, &e), e);
	assert_done(store_int(s, "SELECT count(*) FROM session", NULL, -1, &sessions, &e), e);
	store_free(s);
	assert_int_equal(sessions, 0);
	/* It goes on there. */
	assert_done(runner_new(&r, there, "test.example/log", &e), e);
	assert_done(open_books(r, "H98", 3, &e), e);
	runner_stop(r);
	assert_done(move_run(&g, there, back, &e), e);
	assert_int_equal(g.entries, 303);
	assert_false(move_run(&g, source, there, &e));
	assert_int_equal(e.class, ERR_CONFLICT);
	assert_false(move_run(&g, there, back, &e));
	assert_int_equal(e.class, ERR_CONFLICT);
}

static void
backed_up_and_put_back(void **state)
{
	own_str char *there = database_is_server() ? database_new(dir) : in_dir("copied.db");
	own_str char *again = database_is_server() ? database_new(dir) : NULL;
	own_str char *folder = in_dir("backup"), *empty = in_dir("empty");
	struct restore q = { .backup = folder, .state = empty, .database = again };
	own_struct(backup) b = { .made = 0 };
	struct restored r;
	struct fsck f;
	struct err e;

	assert_done(move_run(&f, source, there, &e), e);
	assert_done(backup_make(&b, there, folder, 1, &e), e);
	assert_int_equal(b.log.size, 300);
	assert_int_equal(mkdir(empty, 0700), 0);
	assert_done(restore_run(&r, &q, &e), e);
	assert_int_equal(r.entries, 300);
	assert_false(restore_run(&r, &q, &e));
	assert_int_equal(e.class, ERR_CONFLICT);
}

static void
refusals(void **state)
{
	own_str char *there = database_is_server() ? database_new(dir) : in_dir("refused.db");
	own_str char *bad = in_dir("bad.db"), *none = in_dir("none.db");
	own_str char *copy = xprintf("cp %s %s", source, bad);
	struct hold held;
	struct fsck f;
	struct err e;

	/* The source is what it says, and there. */
	assert_int_equal(system(copy), 0);
	database_do(bad, "UPDATE book SET next = 7 WHERE agency = 'H99.3'");
	assert_false(move_run(&f, bad, there, &e));
	assert_int_equal(e.class, ERR_STORE);
	assert_false(move_run(&f, none, there, &e));
	/* Nobody works on either. */
	assert_done(hold_register(&held, source, &e), e);
	assert_false(move_run(&f, source, there, &e));
	assert_int_equal(e.class, ERR_CONFLICT);
	hold_drop(&held);
	assert_done(hold_alone(&held, there, &e), e);
	assert_false(move_run(&f, source, there, &e));
	assert_int_equal(e.class, ERR_CONFLICT);
	hold_drop(&held);
	/* And after all that the target is still empty. */
	assert_done(move_run(&f, source, there, &e), e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(backed_up_and_put_back),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
