/* Threads that share a way: nobody is lost, none goes twice, no way is too full. */
#include "tests/base/test.h"

#include "base/gather.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdatomic.h>
#include <unistd.h>

#define THREADS 32
#define TURNS 50
#define WAYS 2
#define MOST 8

struct item { int asked, answered; };

static atomic_int under_way, too_many, too_full, gone, crowded;

static void
answer(void *state, void *const item[], size_t n)
{
	if (atomic_fetch_add(&under_way, 1) >= WAYS)
		atomic_fetch_add(&too_many, 1);
	if (n < 1 || n > MOST)
		atomic_fetch_add(&too_full, 1);
	if (n > 1)
		atomic_fetch_add(&crowded, 1);
	usleep(200);
	for (size_t i = 0; i < n; i++) {
		struct item *it = item[i];

		it->answered += it->asked;
		atomic_fetch_add(&gone, 1);
	}
	atomic_fetch_sub(&under_way, 1);
}

struct asker { struct gather *g; int number; bool good; };

static void *
ask(void *arg)
{
	struct asker *a = arg;

	a->good = true;
	for (int i = 0; i < TURNS; i++) {
		struct item it = { .asked = a->number * TURNS + i + 1 };

		gather_do(a->g, &it);
		a->good &= it.answered == it.asked;
	}
	return NULL;
}

static void
each_goes_once(void **state)
{
	struct gather *g = gather_new(WAYS, MOST, answer, NULL);
	struct asker a[THREADS];
	pthread_t thread[THREADS];

	for (int i = 0; i < THREADS; i++) {
		a[i] = (struct asker){ .g = g, .number = i };
		assert_int_equal(pthread_create(&thread[i], NULL, ask, &a[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		assert_true(a[i].good);
	}
	assert_int_equal(gone, THREADS * TURNS);
	assert_int_equal(too_many, 0);
	assert_int_equal(too_full, 0);
	assert_true(crowded > 0);
	gather_free(g);
}

static void
alone_one_goes_alone(void **state)
{
	struct gather *g = gather_new(1, MOST, answer, NULL);
	struct item it = { .asked = 7 };
	int before = crowded;

	gather_do(g, &it);
	assert_int_equal(it.answered, 7);
	assert_int_equal(crowded, before);
	gather_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_goes_once), cmocka_unit_test(alone_one_goes_alone) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
