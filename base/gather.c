#include "base/gather.h"

#include "base/bytes.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>

#define MOST 128

/* Told once: the item is done, or (go) a way is kept for the first in the queue. */
struct waiting { void *item; sem_t told; bool go; struct waiting *next; };

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

/* With the lock.  A way that is free is busy as soon as it is kept for somebody, so
 * that nobody who comes later takes it. */
static struct waiting *
keep_way(struct gather *g)
{
	struct waiting *w = g->first;

	if (w == NULL || w->go || g->busy == g->ways)
		return NULL;
	g->busy++;
	w->go = true;
	return w;
}

/* Who is told may be gone at once, so that this comes last. */
static void
tell(struct waiting *w)
{
	if (w != NULL)
		sem_post(&w->told);
}

/* The caller is the first in the queue and has a way. */
static void
go(struct gather *g, const struct waiting *mine)
{
	struct waiting *who[MOST], *next;
	void *item[MOST];
	size_t n;

	pthread_mutex_lock(&g->lock);
	n = take_first(g, who);
	next = keep_way(g);
	pthread_mutex_unlock(&g->lock);
	tell(next);
	promise(n > 0 && who[0] == mine);
	for (size_t i = 0; i < n; i++)
		item[i] = who[i]->item;
	g->run(g->state, item, n);
	pthread_mutex_lock(&g->lock);
	g->busy--;
	next = keep_way(g);
	pthread_mutex_unlock(&g->lock);
	tell(next);
	for (size_t i = 1; i < n; i++)
		tell(who[i]);
}

void
gather_do(struct gather *g, void *item)
{
	struct waiting mine = { .item = item };

	sem_init(&mine.told, 0, 0);
	pthread_mutex_lock(&g->lock);
	join_queue(g, &mine);
	if (keep_way(g) == &mine)
		sem_post(&mine.told);
	pthread_mutex_unlock(&g->lock);
	while (sem_wait(&mine.told) != 0)
		continue;		/* a signal */
	if (mine.go)
		go(g, &mine);
	sem_destroy(&mine.told);
}
