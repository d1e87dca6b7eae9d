#include "register/turns.h"

#include "base/bytes.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

struct turns {
	struct turns *next;
	char *path;
	unsigned users;
	uint64_t ticket, serving;	/* the next to be given out; whose turn it is */
	pthread_cond_t changed;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;	/* of all that follows */
static struct turns *files;

struct turns *
turns_of(const char *path)
{
	struct turns *t;

	pthread_mutex_lock(&lock);
	for (t = files; t != NULL && strcmp(t->path, path) != 0; t = t->next)
		;
	if (t == NULL) {
		t = xalloc(sizeof(*t));
		*t = (struct turns){ .next = files, .path = xstrdup(path), .changed = PTHREAD_COND_INITIALIZER };
		files = t;
	}
	t->users++;
	pthread_mutex_unlock(&lock);
	return t;
}

void
turns_drop(struct turns *t)
{
	pthread_mutex_lock(&lock);
	if (--t->users == 0) {
		struct turns **at = &files;

		while (*at != t)
			at = &(*at)->next;
		*at = t->next;
		pthread_cond_destroy(&t->changed);
		free(t->path);
		free(t);
	}
	pthread_mutex_unlock(&lock);
}

void
turns_take(struct turns *t)
{
	uint64_t mine;

	pthread_mutex_lock(&lock);
	for (mine = t->ticket++; t->serving != mine;)
		pthread_cond_wait(&t->changed, &lock);
	pthread_mutex_unlock(&lock);
}

void
turns_give(struct turns *t)
{
	pthread_mutex_lock(&lock);
	t->serving++;
	pthread_cond_broadcast(&t->changed);
	pthread_mutex_unlock(&lock);
}
