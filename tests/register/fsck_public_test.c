/* Rows of publications and their files, while a publisher is at work and when
 * somebody has altered one. */
#include "tests/base/test.h"

#include "base/file.h"
#include "register/fsck_public.h"
#include "tests/register/database.h"

#include <pthread.h>
#include <unistd.h>

static char dir[] = "/tmp/antin-fsck-public-XXXXXX";
static char *database;

static void
put_row_in(struct store *s, const char *path, const char *body, int64_t seq)
{
	struct values v = { .n = 0 };
	struct err e;

	values_span(&v, "path", REG_TEXT, span_str(path));
	values_span(&v, "body", REG_BYTES, span_str(body));
	values_int(&v, "seq", seq);
	assert_done(store_do(s, "INSERT INTO publication (path, body, seq) VALUES ($path, $body, $seq) "
	    "ON CONFLICT (path) DO UPDATE SET body = excluded.body, seq = excluded.seq", &v, &e) && store_settle(s, &e), e);
}

static void
put_row(const char *path, const char *body, int64_t seq)
{
	struct store *s;
	struct err e;

	assert_done(store_open(&s, database, STORE_WRITE, &e), e);
	put_row_in(s, path, body, seq);
	store_free(s);
}

static void
put_file(const char *name, const char *body)
{
	own_str char *path = xprintf("%s/%s", dir, name);
	struct err e;

	assert_done(file_write(path, span_str(body), 0644, &e), e);
}

static void
put_file_below(const char *name, const char *body)
{
	own_str char *path = xprintf("%s/%s", dir, name);
	struct err e;

	*strrchr(path, '/') = '\0';
	assert_done(folder_make(path, 0755, &e), e);
	put_file(name, body);
}

/* What happens a moment after the first look, and before the second: the store is
 * open by then, because a busy server takes its time. */
struct later { const char *file, *row, *body; int64_t seq; struct store *store; };

static void *
later_main(void *arg)
{
	const struct later *l = arg;

	usleep(50000);
	if (l->row != NULL)
		put_row_in(l->store, l->row, l->body, l->seq);
	if (l->file != NULL)
		put_file(l->file, l->body);
	return NULL;
}

static bool
look(struct later *later, struct err *e)
{
	pthread_t thread;
	struct store *s;
	bool good;

	assert_done(store_open(&s, database, STORE_READ, e), *e);
	if (later != NULL) {
		assert_done(store_open(&later->store, database, STORE_WRITE, e), *e);
		assert_int_equal(pthread_create(&thread, NULL, later_main, later), 0);
	}
	good = fsck_public_rows(s, dir, e);
	if (later != NULL) {
		pthread_join(thread, NULL);
		store_free(later->store);
	}
	store_free(s);
	return good;
}

static int
begin(void **state)
{
	put_row("a", "first", 1);
	put_row("b", "second", 2);
	put_file("a", "first");
	put_file("b", "second");
	return 0;
}

static void
a_file_that_is_yet_to_be_written_is_waited_for(void **state)
{
	struct later written = { .file = "a", .body = "new" };
	struct err e;

	assert_done(look(NULL, &e), e);
	put_row("a", "new", 3);
	assert_done(look(&written, &e), e);
}

/* Written after its row was read: the next look reads another row. */
static void
a_file_newer_than_its_row_is_looked_at_again(void **state)
{
	struct later recorded = { .row = "a", .body = "newer", .seq = 5 };
	struct err e;

	put_row("c", "third", 4);
	put_file("c", "third");
	put_file("a", "newer");
	assert_done(look(&recorded, &e), e);
}

static void
an_altered_or_missing_file_is_named(void **state)
{
	own_str char *path = xprintf("%s/b", dir);
	struct err e;

	put_file("b", "secnod");
	assert_false(look(NULL, &e));
	assert_int_equal(ERR_STORE, e.class);
	assert_non_null(strstr(e.text, "row b: the file"));
	assert_non_null(strstr(e.text, "is another"));
	assert_int_equal(unlink(path), 0);
	assert_false(look(NULL, &e));
	assert_non_null(strstr(e.text, "is missing"));
	put_file("b", "second");
	/* The last that was written: it alone could still be on its way, and is not. */
	put_file("a", "altered");
	assert_false(look(NULL, &e));
	assert_non_null(strstr(e.text, "row a: the file"));
}

/* Some, for both databases. */
#define OCTETS "(SELECT body FROM publication WHERE path = 'a')"

/* A backup that was made between a list's record and its signature: the file may be
 * the list that was signed afterwards; it may not be missing, and no other is excused. */
static void
a_list_that_is_not_signed_here_may_be_public(void **state)
{
	static const struct { const char *path, *other, *recorded, *is_signed; } row[] = {
		{ "crl/1.crl", "crl/0.crl", "INSERT INTO crl (number, shard, this_update, next_update, entry, tbs) VALUES (7, 1, 1, 2, 3, " OCTETS ")", "UPDATE crl SET der = " OCTETS " WHERE number = 7" },
		{ "ocsp/delta.pack", "ocsp1/delta.pack", "INSERT INTO ocsp (number, follows, responder, this_update, next_update, size, sha256, signed, entry, shard) VALUES (7, 3, " OCTETS ", 1, 2, 3, " OCTETS ", 0, 4, 0)",
		  "UPDATE ocsp SET signed = 1 WHERE number = 7" },
		{ "status/1.cwt", "status/2.cwt", "INSERT INTO status_list (number, list, tbs, this_update, next_update, entry) VALUES (7, 1, " OCTETS ", 1, 2, 3)", "UPDATE status_list SET cwt = " OCTETS " WHERE number = 7" },
	};
	struct err e;

	for (size_t i = 0; i < COUNT(row); i++) {
		own_str char *path = xprintf("%s/%s", dir, row[i].path);
		const char *const both[] = { row[i].path, row[i].other };

		for (size_t k = 0; k < COUNT(both); k++) {
			put_row(both[k], "old", 10 + (int64_t)(2 * i + k));
			put_file_below(both[k], "old");
		}
		put_file(row[i].path, "newer");
		assert_false(look(NULL, &e));
		database_do(database, row[i].recorded);
		assert_done(look(NULL, &e), e);
		put_file(row[i].other, "newer");
		assert_false(look(NULL, &e));
		assert_non_null(strstr(e.text, row[i].other));
		put_file(row[i].other, "old");
		assert_int_equal(unlink(path), 0);
		assert_false(look(NULL, &e));
		assert_non_null(strstr(e.text, "is missing"));
		put_file(row[i].path, "newer");
		database_do(database, row[i].is_signed);
		assert_false(look(NULL, &e));
		assert_non_null(strstr(e.text, "is another"));
		put_file(row[i].path, "old");
	}
}

static int
set_up(void **state)
{
	assert_non_null(mkdtemp(dir));
	database = database_new(dir);
	return 0;
}

static int
tear_down(void **state)
{
	own_str char *command = xprintf("rm -r %s", dir);

	free(database);
	return system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_file_that_is_yet_to_be_written_is_waited_for, begin),
		cmocka_unit_test_setup(a_file_newer_than_its_row_is_looked_at_again, begin),
		cmocka_unit_test_setup(an_altered_or_missing_file_is_named, begin),
		cmocka_unit_test_setup(a_list_that_is_not_signed_here_may_be_public, begin),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
