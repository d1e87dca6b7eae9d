#include "base/gather.h"

#include "base/bytes.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#define MOST 128

struct waiting { void *item; bool done; pthread_cond_t told; struct waiting *next; };

struct gather {
	pthread_mutex_t lock;
	struct waiting *first, *last;
	unsigned ways, busy;
	size_t most;
	gather_run *run;
	void *state;
};

struct gather *
gather_new(unsigned ways, size_t most, gather_run *run, void *state)
{
	struct gather *g = xalloc(sizeof(*g));

	promise(ways > 0 && most > 0 && most <= MOST);
	*g = (struct gather){ .ways = ways, .most = most, .run = run, .state = state };
	pthread_mutex_init(&g->lock, NULL);
	return g;
}

void
gather_free(struct gather *g)
{
	if (g == NULL)
		return;
	promise(g->first == NULL && g->busy == 0);
	pthread_mutex_destroy(&g->lock);
	free(g);
}

static void
join_queue(struct gather *g, struct waiting *w)
{
	if (g->last != NULL)
		g->last->next = w;
	else
		g->first = w;
	g->last = w;
}

static size_t
take_first(struct gather *g, struct waiting *who[MOST])
{
	size_t n = 0;

	while (n < g->most && g->first != NULL) {
		who[n++] = g->first;
		g->first = g->first->next;
	}
	if (g->first == NULL)
		g->last = NULL;
	return n;
}

/* With the lock, which is let go on the way. */
static void
go(struct gather *g)
{
	struct waiting *who[MOST];
	void *item[MOST];
	size_t n = take_first(g, who);

	for (size_t i = 0; i < n; i++)
		item[i] = who[i]->item;
	g->busy++;
	if (g->first != NULL && g->busy < g->ways)
		pthread_cond_signal(&g->first->told);
	pthread_mutex_unlock(&g->lock);
	g->run(g->state, item, n);
	pthread_mutex_lock(&g->lock);
	g->busy--;
	for (size_t i = 0; i < n; i++) {
		who[i]->done = true;
		pthread_cond_signal(&who[i]->told);
	}
}

void
gather_do(struct gather *g, void *item)
{
	struct waiting w = { .item = item, .told = PTHREAD_COND_INITIALIZER };

	pthread_mutex_lock(&g->lock);
	join_queue(g, &w);
	while (!w.done) {
		if (g->busy < g->ways && g->first != NULL)
			go(g);
		else
			pthread_cond_wait(&w.told, &g->lock);
	}
	/* The way is free, and somebody may wait for just that. */
	if (g->first != NULL && g->busy < g->ways)
		pthread_cond_signal(&g->first->told);
	pthread_mutex_unlock(&g->lock);
	pthread_cond_destroy(&w.told);
}
