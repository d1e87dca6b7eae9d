/* What the log's key has signed, wherever it is kept: a database that has less,
 * or another history, is refused with its place's name. */
#include "tests/base/test.h"

#include "base/file.h"
#include "register/client.h"
#include "register/fsck.h"
#include "register/promised.h"
#include "register/run.h"
#include "tests/register/database.h"
#include "tests/register/test_log.h"
#include "tests/register/unit.h"

#include <unistd.h>

#define ORIGIN "test.example/log"
#define ENTRIES 7

static char dir[] = "/tmp/antin-promised-XXXXXX";
static char *database;
static struct test_log log_;
static struct hash root[ENTRIES + 1];	/* of the first n entries */

static bool
open_book(struct runner *r, unsigned n, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	own_str char *agency = xprintf("H99.%u", n);

	reg_verb(&u, "book.open");
	reg_text(&u, "agency", agency);
	reg_text(&u, "book", "GPXD");
	reg_int(&u, "year", 2026);
	reg_int(&u, "next", 1);
	return unit_run(r, CALLER_SIGNER, &u, NULL, e);
}

static void
sign(struct buf *note, uint64_t size, const struct hash *of)
{
	struct checkpoint c = { .origin = ORIGIN, .size = size, .root = *of };
	unsigned char signature[64];

	checkpoint_text(note, &c);
	test_sign(signature, log_.key, buf_span(note));
	buf_put_byte(note, '\n');
	note_line(note, &log_.name, signature);
}

enum place { IN_PUBLISHED, IN_WITNESSED, IN_CHECKPOINT, IN_COSIGNED, PLACES };

static void
keep(enum place place, struct span note)
{
	static const char *const rows[] = { [IN_PUBLISHED] = "INSERT INTO log_published (one, size, note, key) VALUES (1, 1, $note, 'k')",
		[IN_WITNESSED] = "INSERT INTO log_witnessed (one, size, as_of, note) VALUES (1, 1, 1, $note)" };
	own_str char *path = xprintf("%s/%s", dir, place == IN_CHECKPOINT ? "checkpoint" : "checkpoint.witnessed");
	struct values v = { .n = 0 };
	struct store *s;
	struct err e;

	if (place >= IN_CHECKPOINT) {
		assert_done(file_write(path, note, 0600, &e), e);
		return;
	}
	values_span(&v, "note", REG_TEXT, note);
	assert_done(store_open(&s, database, STORE_WRITE, &e), e);
	assert_done(store_do(s, rows[place], &v, &e), e);
	store_free(s);
}

static int
nothing_kept(void **state)
{
	own_str char *command = xprintf("rm -f %s/checkpoint*", dir);

	database_do(database, "DELETE FROM log_published");
	database_do(database, "DELETE FROM log_witnessed");
	return system(command);
}

static bool
check(struct checkpoint *published, uint64_t is_signed, bool may_lag, struct err *e)
{
	const struct promised p = { database, dir, &log_.name, is_signed, may_lag };
	struct store *s;
	bool good;

	if (!store_open(&s, database, STORE_READ, e))
		return false;
	good = promised_check(published, &p, s, e);
	store_free(s);
	return good;
}

static void
test_places(void **state)
{
	static const char *const names[PLACES] = { "published", "cosigned", "published", "cosigned" };
	static const struct { const char *name; uint64_t size, of; bool spoilt, kept, lags; const char *says; } cases[] = {
		{ "all of it", ENTRIES, ENTRIES, false, true, true, "" },
		{ "a part", 3, 3, false, true, true, "" },
		{ "one more", ENTRIES + 1, ENTRIES, false, false, true, "7 entries here, 8 %s: refusing to fork the log; into an empty" },
		{ "another history", ENTRIES, 3, false, false, false, "the %s checkpoint of size 7 is of another log" },
		{ "another past", 3, 2, false, false, false, "the %s checkpoint of size 3 is of another log" },
		{ "nobody's", 3, 3, true, false, false, "the %s checkpoint" },
	};

	for (enum place place = 0; place < PLACES; place++)
		for (size_t i = 0; i < COUNT(cases); i++) {
			own_struct(buf) note = buf_new(NOTE_MAX);
			own_str char *name = xprintf("%u: %s", place, cases[i].name);
			own_struct(buf) says = buf_new(300);
			struct checkpoint published = { .size = 99 };
			const char *at = strstr(cases[i].says, "%s");
			struct err e = { ERR_NONE, "" };

			nothing_kept(NULL);
			sign(&note, cases[i].size, &root[cases[i].of]);
			if (cases[i].spoilt)
				note.ptr[note.len - 20] ^= 1;
			keep(place, buf_span(&note));
			if (at != NULL)
				buf_printf(&says, "%.*s%s%s", (int)(at - cases[i].says), cases[i].says, names[place], at + 2);
			assert_case(name, check(&published, 0, false, &e) == cases[i].kept);
			if (!cases[i].kept && strstr(e.text, buf_str(&says)) == NULL)
				print_error("%s\n", e.text);
			assert_case(name, cases[i].kept || strstr(e.text, buf_str(&says)) != NULL);
			assert_case(name, !cases[i].kept || published.size == 0);	/* not both */
			assert_case(name, check(&published, 0, true, &e) == cases[i].lags);
		}
	nothing_kept(NULL);
}

static void
test_the_command(void **state)
{
	own_struct(buf) note = buf_new(NOTE_MAX);
	own_str char *want = xprintf(store_is_server(database) ? "into an empty database: antin restore --from BACKUP --database postgresql://" :
	    "into an empty state: antin restore --from BACKUP --state %s --tiles %s", dir, dir);
	struct checkpoint c;
	struct err e;

	nothing_kept(NULL);
	assert_true(check(&c, ENTRIES, false, &e));
	assert_false(check(&c, ENTRIES + 2, false, &e));
	assert_non_null(strstr(e.text, "7 entries here, 9 signed: refusing to fork the log"));
	assert_non_null(strstr(e.text, want));
	/* What is on the disk and was not remembered is published again, but for a replica. */
	sign(&note, 5, &root[5]);
	keep(IN_CHECKPOINT, buf_span(&note));
	buf_reset(&note);
	sign(&note, 3, &root[3]);
	keep(IN_PUBLISHED, buf_span(&note));
	assert_true(check(&c, ENTRIES, false, &e));
	assert_int_equal(c.size, 3);
	assert_true(check(&c, 0, true, &e));
	assert_int_equal(c.size, 5);
	keep(IN_CHECKPOINT, buf_span(&note));
	/* The newest counts, wherever it is. */
	buf_reset(&note);
	sign(&note, ENTRIES + 5, &root[3]);
	keep(IN_COSIGNED, buf_span(&note));
	assert_false(check(&c, ENTRIES, false, &e));
	assert_non_null(strstr(e.text, "12 cosigned"));
}

static int
start(void **state)
{
	struct runner *r;
	struct fsck f;
	struct err e;

	if (mkdtemp(dir) == NULL)
		return -1;
	test_log_new(&log_, ORIGIN);
	database = database_new(dir);
	assert_done(runner_new(&r, database, ORIGIN, &e), e);
	for (unsigned n = 0; n < ENTRIES; n++) {
		assert_done(open_book(r, n, &e), e);
		assert_done(fsck_run(&f, database, NULL, &e), e);
		root[n + 1] = f.root;
	}
	runner_stop(r);
	return 0;
}

static int
stop(void **state)
{
	own_str char *command = xprintf("rm -r %s", dir);

	test_log_drop(&log_);
	free(database);
	return system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_places), cmocka_unit_test(test_the_command) };

	return cmocka_run_group_tests(tests, start, stop);
}
