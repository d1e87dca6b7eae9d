/*
 * Seals that were reserved and could not be made at once (permit_life.h):
 * because the register, the token, the time or a certificate was away.  The
 * number is allotted, so the seal must follow, without a second order and
 * without a new start of this process.
 */
#include "signer/permit_life.h"

#include "base/log.h"

#include <stdlib.h>
#include <time.h>

#define RETRY_SECS 1
#define RETRY_MAX_SECS 30

struct left { unsigned char handle[HANDLE_LEN]; struct left *next; };

struct seals_left {
	pthread_mutex_t lock;
	pthread_cond_t some;
	struct left *first;
	pthread_t thread;
};

void
seal_later(const struct service *s, const unsigned char handle[HANDLE_LEN])
{
	struct left *x = xalloc(sizeof(*x));

	memcpy(x->handle, handle, HANDLE_LEN);
	pthread_mutex_lock(&s->left->lock);
	x->next = s->left->first;
	s->left->first = x;
	pthread_cond_signal(&s->left->some);
	pthread_mutex_unlock(&s->left->lock);
}

static struct left *
take_all(struct seals_left *l)
{
	struct left *all;

	pthread_mutex_lock(&l->lock);
	while (l->first == NULL)
		pthread_cond_wait(&l->some, &l->lock);
	all = l->first;
	l->first = NULL;
	pthread_mutex_unlock(&l->lock);
	return all;
}

/* False: again.  A permit that is not reserved was sealed meanwhile, or never
 * was reserved. */
static bool
settle(const struct service *s, const struct left *x, struct err *e)
{
	if (seal_one(s, x->handle, e)) {
		status_changed(s);
		return true;
	}
	return e->class == ERR_CONFLICT;
}

static void *
later_main(void *arg)
{
	const struct service *s = arg;
	unsigned wait = RETRY_SECS;

	for (;;) {
		struct left *all = take_all(s->left);
		unsigned failed = 0;
		struct err e;

		nanosleep(&(struct timespec){ .tv_sec = wait }, NULL);
		for (struct left *x = all, *next; x != NULL; x = next) {
			next = x->next;
			if (!settle(s, x, &e)) {
				seal_later(s, x->handle);
				failed++;
			}
			free(x);
		}
		wait = failed == 0 ? RETRY_SECS : wait < RETRY_MAX_SECS ? 2 * wait : RETRY_MAX_SECS;
		if (failed > 0)
			log_warn("%u reserved seals wait: %s; again in %u seconds", failed, e.text, wait);
	}
	return NULL;
}

void
seal_later_start(struct service *s)
{
	s->left = xalloc(sizeof(*s->left));
	pthread_mutex_init(&s->left->lock, NULL);
	pthread_cond_init(&s->left->some, NULL);
	promise(pthread_create(&s->left->thread, NULL, later_main, s) == 0);
}
