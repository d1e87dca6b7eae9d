/* A witness: every row of its table of answers, two requests at once, and what
 * it still knows after a new start. */
#include "tests/base/test.h"

#include "register/witness.h"
#include "register/witness_store.h"
#include "tests/register/test_log.h"

#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ORIGIN "test.example/log"
#define NAME "w.example"
#define NOW 1700000000

static struct test_log log_, stranger, second;	/* second: another key of the log */
static struct log_policy logs;
static struct witness_key *key;
static char folder[] = "/tmp/antin-witness-test-XXXXXX";
static char *database;

static struct witness *
open_witness(void)
{
	struct witness *w;
	struct err e;

	assert_done(witness_new(&w, &logs, key, database, &e), e);
	return w;
}

static void
forget(void)
{
	static const char *const ends[] = { "", "-wal", "-shm" };

	for (size_t i = 0; i < COUNT(ends); i++) {
		own_str char *path = xprintf("%s%s", database, ends[i]);

		unlink(path);
	}
}

/* The status; a cosignature must verify over the checkpoint that was sent. */
static unsigned
ask(struct witness *w, struct span request, struct buf *body)
{
	struct witness_answer a;
	unsigned status;

	witness_add(w, request, NOW, &a);
	status = a.status;
	assert_true((status == 409) == (strcmp(a.type, "text/x.tlog.size") == 0));
	if (status == 200) {
		own_struct(buf) note = buf_new(2 * NOTE_MAX);
		const unsigned char *gap = memmem(request.ptr, request.len, "\n\n", 2);
		struct note_word word;
		struct err e;

		buf_put(&note, gap + 2, (size_t)(request.ptr + request.len - gap - 2));
		buf_put_span(&note, buf_span(&a.body));
		assert_done(note_look(&word, buf_span(&note), witness_key_name(key), &e), e);
		assert_true(word.there && word.time == NOW);
	}
	if (body != NULL)
		buf_put_span(body, buf_span(&a.body));
	witness_answer_drop(&a);
	return status;
}

static unsigned
ask_of(struct witness *w, const struct test_log *l, uint64_t old, uint64_t size, uint64_t fork)
{
	own_struct(buf) request = buf_new(WITNESS_REQUEST_MAX);

	test_log_request(&request, l, old, size, fork);
	return ask(w, buf_span(&request), NULL);
}

/* Requests one after another against one view; old, size, fork -> status. */
static void
test_status_table(void **state)
{
	const struct { const char *name; const struct test_log *by; uint64_t old, size, fork; unsigned status; } steps[] = {
		{ "another log", &stranger, 0, 5, NO_FORK, 404 },
		{ "not from the beginning", &log_, 3, 5, NO_FORK, 409 },
		{ "old beyond new, nothing cosigned", &log_, 6, 5, NO_FORK, 400 },
		{ "the empty log", &log_, 0, 0, NO_FORK, 200 },
		{ "the first", &log_, 0, 5, NO_FORK, 200 },
		{ "the first again, as if for the first time", &log_, 0, 5, NO_FORK, 409 },
		{ "the same again", &log_, 5, 5, NO_FORK, 200 },
		{ "the same size, another root", &log_, 5, 5, 2, 422 },
		{ "the same size, another root, as if for the first time", &log_, 0, 5, 2, 409 },
		{ "back", &log_, 5, 4, NO_FORK, 400 },
		{ "back, honestly", &log_, 4, 4, NO_FORK, 409 },
		{ "on", &log_, 5, 300, NO_FORK, 200 },
		{ "on, from an old size that is over", &log_, 5, 301, NO_FORK, 409 },
		{ "on, from a size never cosigned", &log_, 200, 301, NO_FORK, 409 },
		{ "on, from a larger one", &log_, 301, 302, NO_FORK, 409 },
		{ "on, with another past", &log_, 300, 301, 299, 422 },
		{ "on, with quite another past", &log_, 300, 301, 0, 422 },
		{ "on, with the log's other key", &second, 300, 301, NO_FORK, 200 },
		{ "on by one", &log_, 301, 302, NO_FORK, 200 },
	};
	struct witness *w;

	forget();
	w = open_witness();
	for (size_t i = 0; i < COUNT(steps); i++) {
		unsigned status = ask_of(w, steps[i].by, steps[i].old, steps[i].size, steps[i].fork);

		if (status != steps[i].status)
			print_error("%u, not %u\n", status, steps[i].status);
		assert_case(steps[i].name, status == steps[i].status);
	}
	witness_free(w);
	/* Whatever was refused, the view is that of the last 200; and a new start
	 * knows it. */
	w = open_witness();
	assert_int_equal(ask_of(w, &log_, 300, 303, NO_FORK), 409);
	assert_int_equal(ask_of(w, &log_, 302, 303, NO_FORK), 200);
	witness_free(w);
}

static void
test_size_told(void **state)
{
	own_struct(buf) request = buf_new(WITNESS_REQUEST_MAX);
	own_struct(buf) told = buf_new(100);
	struct witness *w;

	forget();
	w = open_witness();
	assert_int_equal(ask_of(w, &log_, 0, 77, NO_FORK), 200);
	test_log_request(&request, &log_, 5, 90, NO_FORK);
	assert_int_equal(ask(w, buf_span(&request), &told), 409);
	assert_string_equal(buf_str(&told), "77\n");
	witness_free(w);
}

/* One request, spoilt in one place. */
static void
test_spoilt_requests(void **state)
{
	static const struct { const char *name, *from, *to; unsigned status; } cases[] = {
		{ "as it should be", "old 5", "old 5", 200 },
		{ "no old", "old 5\n", "", 400 },
		{ "old without a size", "old 5", "old ", 400 },
		{ "two spaces", "old 5", "old  5", 400 },
		{ "a leading zero", "old 5", "old 05", 400 },
		{ "a sign", "old 5", "old +5", 400 },
		{ "a carriage return", "old 5\n", "old 5\r\n", 400 },
		{ "upper case", "old 5", "Old 5", 400 },
		{ "an old size of 20 digits", "old 5", "old 10000000000000000000", 400 },
		{ "no empty line", "\n\n", "\n", 400 },
		{ "two empty lines", "\n\n", "\n\n\n", 400 },
		{ "a line that is no hash", "\n\n", "\nAAAA\n\n", 400 },
		{ "a line that is no base64", "\n\n", "\n?\n\n", 400 },
		{ "one hash too many", "\n\n", "\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n", 422 },
		{ "another origin", "\n\n" ORIGIN, "\n\nother.example/log", 404 },
		{ "another size", "\n9\n", "\n8\n", 403 },
		{ "a size that is none", "\n9\n", "\nnine\n", 400 },
		{ "an extension line that was not signed", "=\n\n\xe2", "=\nmore\n\n\xe2", 403 },
		{ "signed by another name", "\xe2\x80\x94 " ORIGIN, "\xe2\x80\x94 test.example/lag", 403 },
		{ "no signature", "\xe2\x80\x94 " ORIGIN, "- " ORIGIN, 403 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(buf) whole = buf_new(WITNESS_REQUEST_MAX);
		own_struct(buf) spoilt = buf_new(2 * WITNESS_REQUEST_MAX);
		struct witness *w;
		const char *text, *at;

		forget();
		w = open_witness();
		assert_int_equal(ask_of(w, &log_, 0, 5, NO_FORK), 200);
		test_log_request(&whole, &log_, 5, 9, NO_FORK);
		text = buf_str(&whole);
		at = strstr(text, cases[i].from);
		assert_case(cases[i].name, at != NULL);
		buf_put(&spoilt, text, (size_t)(at - text));
		buf_put_str(&spoilt, cases[i].to);
		buf_put_str(&spoilt, at + strlen(cases[i].from));
		assert_case(cases[i].name, ask(w, buf_span(&spoilt), NULL) == cases[i].status);
		witness_free(w);
	}
}

/* Every proof of the right length but one true one is refused, every octet of
 * a request counts, and none of it moves the view. */
static void
test_every_octet_counts(void **state)
{
	own_struct(buf) r = buf_new(WITNESS_REQUEST_MAX);
	struct witness *w;

	forget();
	w = open_witness();
	assert_int_equal(ask_of(w, &log_, 0, 5, NO_FORK), 200);
	test_log_request(&r, &log_, 5, 9, NO_FORK);
	for (size_t i = 0; i < r.len; i++) {
		r.ptr[i] ^= 1;
		assert_int_not_equal(ask(w, buf_span(&r), NULL), 200);
		r.ptr[i] ^= 1;
		assert_int_not_equal(ask(w, span_of(r.ptr, i), NULL), 200);
	}
	assert_int_equal(ask(w, buf_span(&r), NULL), 200);
	witness_free(w);
}

static void
test_too_much(void **state)
{
	own_struct(buf) proof = buf_new(WITNESS_REQUEST_MAX);
	own_struct(buf) note = buf_new(4 * WITNESS_REQUEST_MAX);
	struct witness *w;

	forget();
	w = open_witness();
	buf_put_str(&proof, "old 0\n");
	for (int i = 0; i <= WITNESS_PROOF_MAX; i++)
		buf_put_str(&proof, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
	buf_put_byte(&proof, '\n');
	test_log_note(&proof, &log_, 5, NO_FORK);
	assert_int_equal(ask(w, buf_span(&proof), NULL), 400);

	test_log_request(&note, &log_, 0, 5, NO_FORK);
	for (int i = 0; i < NOTE_SIGNATURES_MAX; i++)
		buf_put_str(&note, "\xe2\x80\x94 x AAAAAAAA\n");
	assert_int_equal(ask(w, buf_span(&note), NULL), 403);
	while (note.len < 2 * NOTE_MAX)
		buf_put_str(&note, "\xe2\x80\x94 x AAAAAAAA\n");
	assert_int_equal(ask(w, buf_span(&note), NULL), 400);
	witness_free(w);
}

/* What the log signed twice is kept, with what it contradicts. */
static void
test_a_fork_is_kept(void **state)
{
	own_struct(buf) sql = buf_new(1000);
	struct witness_view view;
	struct witness_store *s;
	struct witness *w;
	struct err e;

	forget();
	w = open_witness();
	assert_int_equal(ask_of(w, &log_, 0, 5, NO_FORK), 200);
	assert_int_equal(ask_of(w, &log_, 5, 5, 1), 422);
	assert_int_equal(ask_of(w, &log_, 5, 5, 1), 422);
	assert_int_equal(ask_of(w, &log_, 0, 5, 2), 409);
	assert_int_equal(ask_of(w, &stranger, 0, 5, 2), 404);
	witness_free(w);
	assert_done(witness_store_open(&s, database, &e), e);
	assert_done(witness_store_get(s, ORIGIN, &view, &e), e);
	assert_true(view.any && view.size == 5);
	witness_view_drop(&view);
	witness_store_free(s);
	buf_printf(&sql, "test \"$(sqlite3 %s 'SELECT count(*), count(DISTINCT seen), count(DISTINCT note) FROM fork')\" = '2|1|2'", database);
	assert_int_equal(system(buf_str(&sql)), 0);
}

static void
test_show(void **state)
{
	struct witness_answer a;
	struct witness *w;
	char hex[65];
	unsigned char digest[32];
	struct note_word word;
	struct err e;

	assert_int_equal(EVP_Digest(ORIGIN, strlen(ORIGIN), digest, NULL, EVP_sha256(), NULL), 1);
	hex_text(hex, span_of(digest, 32));
	forget();
	w = open_witness();
	witness_show(w, hex, &a);
	assert_int_equal(a.status, 404);
	witness_answer_drop(&a);
	assert_int_equal(ask_of(w, &log_, 0, 5, NO_FORK), 200);
	witness_show(w, hex, &a);
	assert_int_equal(a.status, 200);
	assert_done(note_look(&word, buf_span(&a.body), witness_key_name(key), &e), e);
	assert_true(word.there);
	assert_done(note_look(&word, buf_span(&a.body), &log_.name, &e), e);
	assert_true(word.there);
	witness_answer_drop(&a);
	hex[0] = hex[0] == '0' ? '1' : '0';
	witness_show(w, hex, &a);
	assert_int_equal(a.status, 404);
	witness_answer_drop(&a);
	witness_free(w);
}

/*
 * The race of the standard: of requests with one old size, one moves the view.
 */

#define RACERS 8
#define ROUNDS 20

struct racer { struct witness *w; pthread_barrier_t *at; uint64_t old, size; unsigned status; };

static void *
race(void *arg)
{
	struct racer *r = arg;
	own_struct(buf) request = buf_new(WITNESS_REQUEST_MAX);
	struct witness_answer a;

	test_log_request(&request, &log_, r->old, r->size, NO_FORK);
	pthread_barrier_wait(r->at);
	witness_add(r->w, buf_span(&request), NOW, &a);
	r->status = a.status;
	witness_answer_drop(&a);
	return NULL;
}

/* apart: each with the file opened for itself, as of two processes. */
static void
race_with(bool apart)
{
	struct witness *w[RACERS];
	uint64_t old = 0;

	forget();
	for (int i = 0; i < RACERS; i++)
		w[i] = i == 0 || apart ? open_witness() : w[0];
	for (int round = 0; round < ROUNDS; round++) {
		struct racer racers[RACERS];
		pthread_t thread[RACERS];
		pthread_barrier_t at;
		uint64_t moved = old;
		int won = 0;

		assert_int_equal(pthread_barrier_init(&at, NULL, RACERS), 0);
		for (int i = 0; i < RACERS; i++) {
			racers[i] = (struct racer){ w[i], &at, old, old + 1 + (uint64_t)i, 0 };
			assert_int_equal(pthread_create(&thread[i], NULL, race, &racers[i]), 0);
		}
		for (int i = 0; i < RACERS; i++) {
			pthread_join(thread[i], NULL);
			assert_true(racers[i].status == 200 || racers[i].status == 409);
			if (racers[i].status == 200) {
				won++;
				moved = racers[i].size;
			}
		}
		pthread_barrier_destroy(&at);
		assert_int_equal(won, 1);
		old = moved;
	}
	for (int i = 0; i < RACERS; i++)
		if (i == 0 || apart)
			witness_free(w[i]);
}

static void
test_race(void **state)
{
	race_with(false);
}

static void
test_race_of_processes(void **state)
{
	race_with(true);
}

static void
test_another_file(void **state)
{
	own_struct(buf) sql = buf_new(1000);
	struct witness_store *s;
	struct err e;

	forget();
	buf_printf(&sql, "sqlite3 %s 'PRAGMA user_version = 7'", database);
	assert_int_equal(system(buf_str(&sql)), 0);
	assert_false(witness_store_open(&s, database, &e));
	assert_int_equal(e.class, ERR_STORE);
	assert_false(witness_store_open(&s, "/nonexistent/witness.db", &e));
	forget();
}

static void
test_key_files(void **state)
{
	own_str char *path = xprintf("%s/other.key", folder), *text = xprintf("%s/text.key", folder), *p256 = xprintf("%s/p256.key", folder);
	own_str char *make = xprintf("echo no key >%s; openssl ecparam -genkey -name prime256v1 -noout -out %s 2>/dev/null; chmod 600 %s/*.key", text, p256, folder);
	struct witness_key *k;
	struct stat st;
	struct err e;

	assert_false(witness_key_read(&k, path, NAME, &e));
	assert_int_equal(e.class, ERR_ABSENT);
	assert_done(witness_key_make(path, &e), e);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_false(witness_key_make(path, &e));
	assert_int_equal(e.class, ERR_CONFLICT);
	assert_done(witness_key_read(&k, path, NAME, &e), e);
	assert_int_equal(witness_key_name(k)->kind, NOTE_WITNESS);
	assert_memory_not_equal(witness_key_name(k)->key, witness_key_name(key)->key, NOTE_KEY_LEN);
	witness_key_free(k);
	assert_false(witness_key_read(&k, path, "a name with spaces", &e));
	assert_int_equal(chmod(path, 0640), 0);
	assert_false(witness_key_read(&k, path, NAME, &e));
	assert_int_equal(e.class, ERR_POLICY);
	assert_int_equal(system(make), 0);
	assert_false(witness_key_read(&k, text, NAME, &e));
	assert_false(witness_key_read(&k, p256, NAME, &e));
	assert_int_equal(e.class, ERR_INPUT);
}

static int
start(void **state)
{
	own_str char *path = NULL, *policy = NULL;
	struct err e;

	if (mkdtemp(folder) == NULL)
		return -1;
	test_log_new(&log_, ORIGIN);
	test_log_new(&second, ORIGIN);
	test_log_new(&stranger, "stranger.example/log");
	database = xprintf("%s/witness.db", folder);
	path = xprintf("%s/witness.key", folder);
	policy = xprintf("log %s\nlog %s\nquorum none\n", log_.vkey, second.vkey);
	return log_policy_parse(&logs, span_str(policy), &e) && witness_key_make(path, &e) && witness_key_read(&key, path, NAME, &e) ? 0 : -1;
}

static int
stop(void **state)
{
	own_str char *remove = xprintf("rm -r %s", folder);

	witness_key_free(key);
	test_log_drop(&log_);
	test_log_drop(&second);
	test_log_drop(&stranger);
	free(database);
	return system(remove);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status_table),
		cmocka_unit_test(test_size_told),
		cmocka_unit_test(test_spoilt_requests),
		cmocka_unit_test(test_every_octet_counts),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_a_fork_is_kept),
		cmocka_unit_test(test_show),
		cmocka_unit_test(test_race),
		cmocka_unit_test(test_race_of_processes),
		cmocka_unit_test(test_another_file),
		cmocka_unit_test(test_key_files),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
