#include "register/readers.h"

bool
readers_open(struct readers *s, const char *database, struct err *e)
{
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->back, NULL);
	for (s->n = 0; s->n < READERS; s->n++)
		if (!store_open(&s->idle[s->n], database, STORE_READ, e))
			return false;
	return true;
}

void
readers_close(struct readers *s)
{
	while (s->n > 0)
		store_free(s->idle[--s->n]);
}

struct store *
readers_take(struct readers *s)
{
	struct store *reader;

	pthread_mutex_lock(&s->lock);
	while (s->n == 0)
		pthread_cond_wait(&s->back, &s->lock);
	reader = s->idle[--s->n];
	pthread_mutex_unlock(&s->lock);
	return reader;
}

void
readers_give(struct readers *s, struct store *reader)
{
	pthread_mutex_lock(&s->lock);
	s->idle[s->n++] = reader;
	pthread_cond_signal(&s->back);
	pthread_mutex_unlock(&s->lock);
}
