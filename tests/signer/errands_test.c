/* Errands that take as long as the test wants: each is run once for all who ask, kept for
 * those who come later, bounded in number, and none is run while one has just failed. */
#include "tests/base/test.h"

#include "signer/errands.h"

#include <pthread.h>
#include <stdatomic.h>

struct town { atomic_bool open; atomic_uint runs, within, most; bool refuses; };

static bool
run(void *state, unsigned runner, const unsigned char name[SHA256_LEN], struct buf *out, struct err *e)
{
	struct town *t = state;
	unsigned within = atomic_fetch_add(&t->within, 1) + 1;

	atomic_fetch_add(&t->runs, 1);
	for (unsigned most = atomic_load(&t->most); within > most && !atomic_compare_exchange_weak(&t->most, &most, within);)
		continue;
	for (time_t until = 0; !atomic_load(&t->open) && wait_more(&until);)
		continue;
	atomic_fetch_sub(&t->within, 1);
	if (t->refuses)
		return fail(e, ERR_POLICY, "the town refuses");
	buf_put(out, name, SHA256_LEN);
	return true;
}

static void
name_of(unsigned char out[SHA256_LEN], unsigned n)
{
	sha256(out, span_of(&n, sizeof(n)));
}

static bool
ask(struct errands *e, unsigned n, int64_t patience, struct err *why)
{
	own_struct(buf) out = buf_new(SHA256_LEN);
	unsigned char name[SHA256_LEN];

	name_of(name, n);
	if (!errands_ask(e, name, patience, &out, why))
		return false;
	assert_true(span_eq(buf_span(&out), span_of(name, SHA256_LEN)));
	return true;
}

static void *
ask_for_the_first(void *e)
{
	struct err why;

	return ask(e, 0, 60000, &why) ? e : NULL;
}

static void
once_for_all_who_ask(void **state)
{
	static struct town t;
	struct errands *e = errands_new(run, &t, SHA256_LEN);
	pthread_t thread[8];
	struct err why;

	errands_start(e, 2);
	for (size_t i = 0; i < COUNT(thread); i++)
		assert_int_equal(pthread_create(&thread[i], NULL, ask_for_the_first, e), 0);
	assert_false(ask(e, 0, 10, &why));
	assert_int_equal(why.class, ERR_LATER);
	assert_int_equal(errands_waiting(e), 1);
	atomic_store(&t.open, true);
	for (size_t i = 0; i < COUNT(thread); i++) {
		void *done;

		assert_int_equal(pthread_join(thread[i], &done), 0);
		assert_ptr_equal(done, e);
	}
	assert_true(ask(e, 0, 0, &why));
	assert_int_equal(atomic_load(&t.runs), 1);
	assert_int_equal(errands_waiting(e), 0);
}

static void
no_more_than_there_is_room_for(void **state)
{
	static struct town t;
	struct errands *e = errands_new(run, &t, SHA256_LEN);
	struct err why;

	errands_start(e, 3);
	for (unsigned i = 0; i < ERRANDS_MAX; i++) {
		assert_false(ask(e, i, 0, &why));
		assert_non_null(strstr(why.text, "not there yet"));
	}
	assert_false(ask(e, ERRANDS_MAX, 0, &why));
	assert_true(why.class == ERR_LATER && strstr(why.text, "are waited for already") != NULL);
	atomic_store(&t.open, true);
	for (unsigned i = 0; i < ERRANDS_MAX; i++)
		assert_done(ask(e, i, 60000, &why), why);
	assert_true(atomic_load(&t.most) <= 3);
	assert_int_equal(atomic_load(&t.runs), ERRANDS_MAX);
	/* One more: the oldest gives way, and is run again when it is asked for. */
	assert_done(ask(e, ERRANDS_MAX, 60000, &why), why);
	assert_done(ask(e, 1, 0, &why), why);
	assert_int_equal(atomic_load(&t.runs), ERRANDS_MAX + 1);
	assert_done(ask(e, 0, 60000, &why), why);
	assert_int_equal(atomic_load(&t.runs), ERRANDS_MAX + 2);
}

static void
a_refusal_is_told_to_those_who_wait_and_those_who_come(void **state)
{
	static struct town t = { .refuses = true };
	struct errands *e = errands_new(run, &t, SHA256_LEN);
	struct err why;

	atomic_store(&t.open, true);
	errands_start(e, 2);
	assert_false(errands_refused(e, &why));
	for (unsigned i = 0; i < 20; i++) {
		assert_false(ask(e, i, 60000, &why));
		assert_true(why.class == ERR_POLICY && strcmp(why.text, "the town refuses") == 0);
	}
	assert_int_equal(atomic_load(&t.runs), 1);
	assert_true(errands_refused(e, &why));
	t.refuses = false;
	for (time_t until = 0; !ask(e, 0, 60000, &why) && wait_more(&until);)
		continue;
	assert_false(errands_refused(e, &why));
	assert_int_equal(atomic_load(&t.runs), 2);
}

static void
what_is_spoilt_is_brought_anew(void **state)
{
	static struct town t;
	struct errands *e = errands_new(run, &t, SHA256_LEN);
	const struct err bad = { ERR_POLICY, "it is of no use" };
	unsigned char name[SHA256_LEN];
	struct err why;

	atomic_store(&t.open, true);
	errands_start(e, 1);
	assert_done(ask(e, 0, 60000, &why), why);
	name_of(name, 0);
	errands_spoilt(e, name, &bad);
	assert_false(ask(e, 0, 60000, &why));
	assert_string_equal(why.text, "it is of no use");
	for (time_t until = 0; !ask(e, 0, 60000, &why) && wait_more(&until);)
		continue;
	assert_int_equal(atomic_load(&t.runs), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(once_for_all_who_ask),
		cmocka_unit_test(no_more_than_there_is_room_for),
		cmocka_unit_test(a_refusal_is_told_to_those_who_wait_and_those_who_come),
		cmocka_unit_test(what_is_spoilt_is_brought_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
