#include "ca/reissue.h"

#include "base/clock.h"
#include "base/log.h"

#include <pthread.h>
#include <stdlib.h>

#define LOOK_SECS 60		/* between two looks at the time, because the clock may be set */
#define RETRY_MAX_SECS 30	/* the first try again comes after one */

/* asked counts changes, done those that are covered. */
struct reissue {
	pthread_mutex_t one;		/* held while one is made */
	pthread_mutex_t lock;		/* guards what follows */
	pthread_cond_t wake;
	int64_t asked, done, due;
	const char *what;
	long gather_ns;
	reissue_make *make;
	void *ctx;
};

struct reissue *
reissue_new(void)
{
	struct reissue *r = xalloc(sizeof(*r));

	pthread_mutex_init(&r->one, NULL);
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->wake, NULL);
	return r;
}

int64_t
reissue_want(struct reissue *r)
{
	int64_t mine;

	pthread_mutex_lock(&r->lock);
	mine = ++r->asked;
	pthread_mutex_unlock(&r->lock);
	return mine;
}

void
reissue_ask(struct reissue *r)
{
	pthread_mutex_lock(&r->lock);
	r->asked++;
	pthread_cond_signal(&r->wake);
	pthread_mutex_unlock(&r->lock);
}

bool
reissue_begin(struct reissue *r, int64_t wanted, int64_t *covers)
{
	bool needed;

	pthread_mutex_lock(&r->one);
	pthread_mutex_lock(&r->lock);
	*covers = r->asked;
	needed = wanted == 0 || r->done < wanted;
	pthread_mutex_unlock(&r->lock);
	return needed;
}

void
reissue_made(struct reissue *r, int64_t covers, int64_t due)
{
	pthread_mutex_lock(&r->lock);
	r->done = covers;
	r->due = due;
	pthread_mutex_unlock(&r->lock);
}

void
reissue_end(struct reissue *r)
{
	pthread_mutex_unlock(&r->one);
}

/*
 * The timer.
 */

/* Until it is time; retry: seconds to wait after a failure, 0: none. */
static void
wait_due(struct reissue *r, unsigned retry)
{
	bool asked;

	pthread_mutex_lock(&r->lock);
	if (retry > 0 || r->asked == r->done) {
		int64_t left = retry > 0 ? (int64_t)retry : r->due - clock_now();
		struct timespec until = clock_mono_in(1000 * (left < LOOK_SECS ? left > 0 ? left : 0 : LOOK_SECS));

		pthread_cond_clockwait(&r->wake, &r->lock, CLOCK_MONOTONIC, &until);
	}
	asked = r->asked > r->done;
	pthread_mutex_unlock(&r->lock);
	if (asked && retry == 0)
		nanosleep(&(struct timespec){ .tv_nsec = r->gather_ns }, NULL);
}

static bool
is_due(struct reissue *r, int64_t now)
{
	bool due;

	pthread_mutex_lock(&r->lock);
	due = r->asked > r->done || now >= r->due;
	pthread_mutex_unlock(&r->lock);
	return due;
}

static void *
timer_main(void *arg)
{
	struct reissue *r = arg;
	unsigned retry = 0;
	struct err e;

	for (;;) {
		wait_due(r, retry);
		if (!is_due(r, clock_now()) || r->make(r->ctx, clock_now(), &e)) {
			retry = 0;
			continue;
		}
		retry = retry == 0 ? 1 : 2 * retry < RETRY_MAX_SECS ? 2 * retry : RETRY_MAX_SECS;
		log_warn("%s: %s; again in %u seconds", r->what, e.text, retry);
	}
	return NULL;
}

void
reissue_timer_start(struct reissue *r, const char *what, long gather_ns, reissue_make *make, void *ctx)
{
	pthread_t thread;

	r->what = what;
	r->gather_ns = gather_ns;
	r->make = make;
	r->ctx = ctx;
	promise(pthread_create(&thread, NULL, timer_main, r) == 0);
	pthread_detach(thread);
}

/* The lock is kept: the process ends. */
void
reissue_stop(struct reissue *r)
{
	pthread_mutex_lock(&r->one);
}
