#include "base/crew.h"

#include <pthread.h>
#include <stdatomic.h>

#define THREADS_MAX 16

struct crew { size_t n; atomic_size_t next; crew_piece *piece; void *state; };

static void *
work(void *arg)
{
	struct crew *c = arg;

	for (size_t i = atomic_fetch_add(&c->next, 1); i < c->n; i = atomic_fetch_add(&c->next, 1))
		c->piece(c->state, i);
	return NULL;
}

void
crew_run(unsigned threads, size_t n, crew_piece *piece, void *state)
{
	struct crew c = { .n = n, .piece = piece, .state = state };
	pthread_t helper[THREADS_MAX];
	size_t helpers = 0;

	while (helpers < THREADS_MAX && helpers + 1 < threads && helpers + 1 < n && pthread_create(&helper[helpers], NULL, work, &c) == 0)
		helpers++;
	work(&c);
	for (size_t i = 0; i < helpers; i++)
		pthread_join(helper[i], NULL);
}
