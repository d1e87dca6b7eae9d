/*
 * Seals that were reserved and could not be made at once (permit_life.h): the
 * token was pulled out, the time stamp did not come, the disk was full, the
 * process ended.
 *
 * Only what is in the queue is tried, so that an order and this thread never
 * seal the same permit at once.  The queue is memory: the register knows what is
 * reserved, and a new process asks it.  A permit that cannot be sealed delays no
 * other, and is tried for ever: its number is given.  One that waits for another
 * authority's time stamp is not waited for here, and tried less and less often.
 */
#include "signer/permit_life.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdlib.h>
#include <time.h>

#define EVERY_SECS 2
#define STAMP_EVERY_MAX_SECS 30

struct waiting {
	enum seal_work work;
	unsigned char handle[HANDLE_LEN];
	struct err why;			/* of the last try */
	int64_t rest_secs, due;		/* due: monotonic ms */
	struct waiting *next;
};

struct seal_again {
	pthread_mutex_t lock;
	struct waiting *first;		/* others put in front; this file's thread alone takes out */
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
note(struct waiting *w, const struct err *why)
{
	bool stamp = stamp_waits(why);

	w->rest_secs = !stamp || w->rest_secs == 0 ? EVERY_SECS : w->rest_secs * 2 > STAMP_EVERY_MAX_SECS ? STAMP_EVERY_MAX_SECS : w->rest_secs * 2;
	w->due = clock_mono_ms() + (stamp ? w->rest_secs * 1000 : 0);
	w->why = *why;
}

void
seal_again_put(const struct service *s, enum seal_work work, const unsigned char handle[HANDLE_LEN], const struct err *why)
{
	struct waiting *w = xalloc(sizeof(*w));

	*w = (struct waiting){ .work = work };
	memcpy(w->handle, handle, HANDLE_LEN);
	note(w, why);
	pthread_mutex_lock(&s->again->lock);
	w->next = s->again->first;
	s->again->first = w;
	pthread_mutex_unlock(&s->again->lock);
}

bool
seal_again_why(const struct service *s, const unsigned char handle[HANDLE_LEN], struct err *why)
{
	const struct waiting *w;

	pthread_mutex_lock(&s->again->lock);
	for (w = s->again->first; w != NULL && memcmp(w->handle, handle, HANDLE_LEN) != 0; w = w->next)
		continue;
	if (w != NULL)
		*why = w->why;
	pthread_mutex_unlock(&s->again->lock);
	return w != NULL;
}

/* From here on what hangs behind it does not change but by this thread. */
static struct waiting *
first_of(struct seal_again *q)
{
	struct waiting *first;

	pthread_mutex_lock(&q->lock);
	first = q->first;
	pthread_mutex_unlock(&q->lock);
	return first;
}

static void
take_out(struct seal_again *q, struct waiting *w)
{
	struct waiting **at;

	pthread_mutex_lock(&q->lock);
	for (at = &q->first; *at != w; at = &(*at)->next)
		continue;
	*at = w->next;
	pthread_mutex_unlock(&q->lock);
	free(w);
}

static bool
is_issued(const struct service *s, const unsigned char handle[HANDLE_LEN])
{
	own_struct(reg_rows) rows = { .left = 0 };
	struct permit_row p;
	struct err ignored;

	return permit_by_handle(s, &rows, &p, handle, &ignored) && strcmp(p.state, "sealing") != 0;
}

/* settled: its seal was made after all and only the answer was lost, or it was never
 * reserved: nobody knew (orders.c).  read: what was reserved. */
static const struct {
	bool (*make)(const struct service *, const unsigned char handle[HANDLE_LEN], int64_t until, struct err *);
	bool (*settled)(const struct service *, const unsigned char handle[HANDLE_LEN]);
	const char *read;
} works[] = {
	[SEAL_ISSUE] = { seal_one, is_issued, "permit.sealing" },
	[SEAL_REAFFIRM] = { reaffirm_one, reaffirm_settled, "permit.reaffirming" },
};

/* One round; the first reason is told to the log when it changes. */
static void
try_all(const struct service *s, struct err *told)
{
	struct waiting *w = first_of(s->again), *next;
	struct err first = { ERR_NONE, "" };
	size_t made = 0;

	for (; w != NULL; w = next) {
		struct err e;

		next = w->next;
		if (clock_mono_ms() < w->due) {
			if (first.class == ERR_NONE)
				first = w->why;
		} else if (works[w->work].make(s, w->handle, 0, &e)) {
			made++;
			take_out(s->again, w);
		} else if (e.class == ERR_CONFLICT && works[w->work].settled(s, w->handle)) {
			take_out(s->again, w);
		} else {
			if (first.class == ERR_NONE)
				first = e;
			pthread_mutex_lock(&s->again->lock);
			note(w, &e);
			pthread_mutex_unlock(&s->again->lock);
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

static bool
put_reserved(const struct service *s, enum seal_work work, struct err *e)
{
	const struct err reserved = { ERR_LATER, "it was reserved before" };
	int64_t after = -1;
	bool more;

	do {
		own_struct(reg_unit) read = reg_read_new(works[work].read);
		own_struct(reg_rows) rows = { .left = 0 };
		struct reg_cell c[2];

		reg_int(&read, "after", after);
		if (!reg_read(s->reg, &read, &rows, e) || !reg_next(&rows, c, 2, &more, e))
			return false;
		for (bool row = more; row;) {
			seal_again_put(s, work, c[0].s.ptr, &reserved);
			after = c[1].i;
			if (!reg_next(&rows, c, 2, &row, e))
				return false;
		}
	} while (more);
	return true;
}

bool
seal_again_start(const struct service *s, struct err *e)
{
	if (!put_reserved(s, SEAL_ISSUE, e) || !put_reserved(s, SEAL_REAFFIRM, e))
		return false;
	promise(pthread_create(&s->again->thread, NULL, again_main, (void *)s) == 0);
	return true;
}
