/*
 * Seals that were reserved and could not be made at once (permit_life.h): the
 * token was pulled out, the time stamp did not come, the disk was full, the
 * process ended.
 *
 * Only what is in the queue is tried, so that an order and this thread never
 * seal the same permit at once.  The queue is memory: the register knows what is
 * reserved, and a new process asks it.  A permit that cannot be sealed delays no
 * other, and is tried for ever: its number is given.
 */
#include "signer/permit_life.h"

#include "base/log.h"

#include <stdlib.h>
#include <time.h>

#define EVERY_SECS 2

struct waiting { unsigned char handle[HANDLE_LEN]; struct waiting *next; };

struct seal_again {
	pthread_mutex_t lock;
	struct waiting *first;
	pthread_t thread;
};

struct seal_again *
seal_again_new(void)
{
	struct seal_again *q = xalloc(sizeof(*q));

	pthread_mutex_init(&q->lock, NULL);
	return q;
}

static void
put(struct seal_again *q, struct waiting *w)
{
	pthread_mutex_lock(&q->lock);
	w->next = q->first;
	q->first = w;
	pthread_mutex_unlock(&q->lock);
}

void
seal_again_put(const struct service *s, const unsigned char handle[HANDLE_LEN])
{
	struct waiting *w = xalloc(sizeof(*w));

	memcpy(w->handle, handle, HANDLE_LEN);
	put(s->again, w);
}

static struct waiting *
take_all(struct seal_again *q)
{
	struct waiting *all;

	pthread_mutex_lock(&q->lock);
	all = q->first;
	q->first = NULL;
	pthread_mutex_unlock(&q->lock);
	return all;
}

/* Its seal was made after all and only the answer was lost, or it was never
 * reserved: nobody knew (orders.c). */
static bool
is_settled(const struct service *s, const unsigned char handle[HANDLE_LEN])
{
	own_struct(reg_rows) rows = { .left = 0 };
	struct permit_row p;
	struct err ignored;

	return permit_by_handle(s, &rows, &p, handle, &ignored) && strcmp(p.state, "sealing") != 0;
}

/* One round; the first reason is told to the log when it changes. */
static void
try_all(const struct service *s, struct err *told)
{
	struct waiting *w = take_all(s->again), *next;
	struct err first = { ERR_NONE, "" };
	size_t made = 0;

	for (; w != NULL; w = next) {
		struct err e;

		next = w->next;
		if (seal_one(s, w->handle, &e)) {
			made++;
			free(w);
		} else if (e.class == ERR_CONFLICT && is_settled(s, w->handle)) {
			free(w);
		} else {
			if (first.class == ERR_NONE)
				first = e;
			put(s->again, w);
		}
	}
	if (first.class != ERR_NONE && strcmp(first.text, told->text) != 0)
		log_warn("a seal that was reserved waits: %s", first.text);
	*told = first;
	if (made == 0)
		return;
	log_info("%zu seals that were reserved before are made", made);
	status_changed(s);
}

static void *
again_main(void *arg)
{
	const struct service *s = arg;
	struct err told = { ERR_NONE, "" };

	for (;;) {
		try_all(s, &told);
		nanosleep(&(struct timespec){ .tv_sec = EVERY_SECS }, NULL);
	}
	return NULL;
}

bool
seal_again_start(const struct service *s, struct err *e)
{
	int64_t after = -1;
	bool more;

	do {
		own_struct(reg_unit) read = reg_read_new("permit.sealing");
		own_struct(reg_rows) rows = { .left = 0 };
		struct reg_cell c[2];

		reg_int(&read, "after", after);
		if (!reg_read(s->reg, &read, &rows, e) || !reg_next(&rows, c, 2, &more, e))
			return false;
		for (bool row = more; row;) {
			seal_again_put(s, c[0].s.ptr);
			after = c[1].i;
			if (!reg_next(&rows, c, 2, &row, e))
				return false;
		}
	} while (more);
	promise(pthread_create(&s->again->thread, NULL, again_main, (void *)s) == 0);
	return true;
}
