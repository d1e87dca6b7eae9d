/* Rows of publications and their files, while a publisher is at work and when
 * somebody has altered one. */
#include "tests/base/test.h"

#include "base/cbor.h"
#include "base/file.h"
#include "base/pack.h"
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
put_octets(const char *name, struct span body)
{
	own_str char *path = xprintf("%s/%s", dir, name), *folder = xstrdup(path);
	struct err e;

	*strrchr(folder, '/') = '\0';
	assert_done(folder_make(folder, 0755, &e) && file_write(path, body, 0644, &e), e);
}

static void
put_file(const char *name, const char *body)
{
	put_octets(name, span_str(body));
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

/*
 * A backup that was made between a list's record and its signature: the file may be
 * the list that was signed afterwards, and no other; it may not be missing.
 */

#define STATUS_PAYLOAD "statuses of the day"

/* What is signed of a status list, RFC 9052 4.4. */
static void
put_status_tbs(struct buf *out)
{
	cbor_put_array(out, 4);
	cbor_put_text(out, "Signature1");
	cbor_put_bytes(out, span_str("protected"));
	cbor_put_bytes(out, SPAN_NONE);
	cbor_put_bytes(out, span_str(STATUS_PAYLOAD));
}

static void
put_pack(struct buf *out, int64_t number)
{
	struct pack_writer w = pack_begin(4);
	struct pack_head head = { .kind = span_str("ocsp-delta"), .number = number, .follows = 3, .this_update = 1, .next_update = 2, .size = 3 };
	struct err e;

	pack_add(&w, span_str("abcd"), span_str("an answer"));
	assert_done(pack_end(out, &w, &head, span_str("tail"), &e), e);
	pack_writer_drop(&w);
}

struct recorded { const char *path, *other, *recorded, *is_signed; struct buf tbs, file, another; };

static void
record(const struct recorded *r, const char *sql)
{
	struct values v = { .n = 0 };
	struct store *s;
	struct err e;

	values_span(&v, "octets", REG_BYTES, buf_span(&r->tbs));
	assert_done(store_open(&s, database, STORE_WRITE, &e), e);
	assert_done(store_do(s, sql, &v, &e) && store_settle(s, &e), e);
	store_free(s);
}

static void
is_refused(const char *name, const char *says)
{
	struct err e;

	assert_false(look(NULL, &e));
	assert_case(name, strstr(e.text, name) != NULL && strstr(e.text, says) != NULL);
}

static void
judge_recorded(const struct recorded *r)
{
	own_str char *path = xprintf("%s/%s", dir, r->path);
	struct err e;

	put_octets(r->path, buf_span(&r->file));
	is_refused(r->path, "is another");		/* nothing is recorded */
	record(r, r->recorded);
	assert_done(look(NULL, &e), e);
	put_octets(r->path, buf_span(&r->another));
	is_refused(r->path, "is another");
	assert_int_equal(unlink(path), 0);
	is_refused(r->path, "is missing");
	put_octets(r->path, buf_span(&r->file));
	put_octets(r->other, buf_span(&r->file));
	is_refused(r->other, "is another");
	put_octets(r->other, span_str("old"));
	record(r, r->is_signed);
	is_refused(r->path, "is another");
	put_octets(r->path, span_str("old"));
}

static void
a_list_that_is_not_signed_here_may_be_public(void **state)
{
	struct recorded row[] = {
		{ "crl/1.crl", "crl/0.crl", "INSERT INTO crl (number, shard, this_update, next_update, entry, tbs) VALUES (7, 1, 1, 2, 3, $octets)", "UPDATE crl SET der = $octets WHERE number = 7" },
		{ "status/1.cwt", "status/2.cwt", "INSERT INTO status_list (number, list, tbs, this_update, next_update, entry) VALUES (7, 1, $octets, 1, 2, 3)",
		  "UPDATE status_list SET cwt = $octets WHERE number = 7" },
		{ "ocsp/delta.pack", "ocsp1/delta.pack", "INSERT INTO ocsp (number, follows, responder, this_update, next_update, size, sha256, signed, entry, shard) VALUES (7, 3, $octets, 1, 2, 3, $octets, 0, 4, 0)",
		  "UPDATE ocsp SET signed = 1, sha256 = $octets WHERE number = 7" },
	};

	for (size_t i = 0; i < COUNT(row); i++) {
		row[i].tbs = buf_new(1024), row[i].file = buf_new(1024), row[i].another = buf_new(1024);
		put_row(row[i].path, "old", 10 + (int64_t)(2 * i));
		put_row(row[i].other, "old", 11 + (int64_t)(2 * i));
		put_octets(row[i].path, span_str("old"));
		put_octets(row[i].other, span_str("old"));
	}
	buf_put_str(&row[0].tbs, "the serial numbers");
	buf_put_str(&row[0].file, "[the serial numbers, signed]");
	buf_put_str(&row[0].another, "[the serial number, signed]");
	put_status_tbs(&row[1].tbs);
	buf_put_str(&row[1].file, "[" STATUS_PAYLOAD ", signed]");
	buf_put_str(&row[1].another, "[statuses of a day, signed]");
	buf_put_str(&row[2].tbs, "anything");
	put_pack(&row[2].file, 7);
	put_pack(&row[2].another, 6);
	for (size_t i = 0; i < COUNT(row); i++) {
		judge_recorded(&row[i]);
		buf_drop(&row[i].tbs);
		buf_drop(&row[i].file);
		buf_drop(&row[i].another);
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
