#include "signer/errands.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define FIRST_REST_SECS 2

enum errand_state { NONE = 0, WAITING, RUNNING, BROUGHT, FAILED };

struct errand {
	enum errand_state state;
	unsigned char name[SHA256_LEN];
	uint64_t nth;			/* the first come is the first served */
	unsigned asking;
	struct buf result;
	struct err why;
};

struct errands {
	pthread_mutex_t lock;
	pthread_cond_t work, back;
	errand_run *run;
	void *state;
	size_t result_max;
	unsigned runners;
	uint64_t n;
	struct errand all[ERRANDS_MAX];
	int64_t rest_until, rest_secs;	/* monotonic ms; how long the last rest was */
	struct err refused;		/* ERR_NONE: something was brought since */
};

struct errands *
errands_new(errand_run *run, void *state, size_t result_max)
{
	struct errands *e = xalloc(sizeof(*e));

	promise(pthread_mutex_init(&e->lock, NULL) == 0 && pthread_cond_init(&e->work, NULL) == 0 && pthread_cond_init(&e->back, NULL) == 0);
	e->run = run;
	e->state = state;
	e->result_max = result_max;
	return e;
}

/*
 * Under the lock.
 */

static struct errand *
find(struct errands *e, const unsigned char name[SHA256_LEN])
{
	for (size_t i = 0; i < ERRANDS_MAX; i++)
		if (e->all[i].state != NONE && e->all[i].state != FAILED && memcmp(e->all[i].name, name, SHA256_LEN) == 0)
			return &e->all[i];
	return NULL;
}

static void
forget(struct errand *x)
{
	buf_drop(&x->result);
	*x = (struct errand){ .state = NONE };
}

/* An empty place, or that of the oldest that was brought and nobody asks for. */
static struct errand *
place(struct errands *e)
{
	struct errand *oldest = NULL;

	for (size_t i = 0; i < ERRANDS_MAX; i++) {
		struct errand *x = &e->all[i];

		if (x->state == NONE)
			return x;
		if (x->state == BROUGHT && x->asking == 0 && (oldest == NULL || x->nth < oldest->nth))
			oldest = x;
	}
	if (oldest != NULL)
		forget(oldest);
	return oldest;
}

static bool
rests(const struct errands *e)
{
	return clock_mono_ms() < e->rest_until;
}

static struct errand *
begin(struct errands *e, const unsigned char name[SHA256_LEN], struct err *why)
{
	struct errand *x;

	if (rests(e)) {
		*why = e->refused;
		return NULL;
	}
	x = place(e);
	if (x == NULL) {
		(void)!fail(why, ERR_LATER, "%d are waited for already", ERRANDS_MAX);
		return NULL;
	}
	*x = (struct errand){ .state = WAITING, .nth = ++e->n, .result = buf_new(e->result_max) };
	memcpy(x->name, name, SHA256_LEN);
	pthread_cond_signal(&e->work);
	return x;
}

static void
wait_for(struct errands *e, const struct errand *x, int64_t patience_ms)
{
	struct timespec until = clock_mono_in(patience_ms);

	while (x->state == WAITING || x->state == RUNNING)
		if (pthread_cond_clockwait(&e->back, &e->lock, CLOCK_MONOTONIC, &until) == ETIMEDOUT)
			return;
}

bool
errands_ask(struct errands *e, const unsigned char name[SHA256_LEN], int64_t patience_ms, struct buf *out, struct err *why)
{
	struct errand *x;
	bool good = false;

	pthread_mutex_lock(&e->lock);
	x = find(e, name);
	if (x == NULL)
		x = begin(e, name, why);
	if (x != NULL) {
		x->asking++;
		wait_for(e, x, patience_ms);
		x->asking--;
		good = x->state == BROUGHT;
		if (good)
			buf_put_span(out, buf_span(&x->result));
		else if (x->state == FAILED)
			*why = x->why;
		else
			(void)!fail(why, ERR_LATER, "it is asked for and not there yet");
		if (x->state == FAILED && x->asking == 0)
			forget(x);
	}
	pthread_mutex_unlock(&e->lock);
	return good && buf_ok(out, "what was asked for", why);
}

size_t
errands_waiting(struct errands *e)
{
	size_t n = 0;

	pthread_mutex_lock(&e->lock);
	for (size_t i = 0; i < ERRANDS_MAX; i++)
		n += e->all[i].state == WAITING || e->all[i].state == RUNNING;
	pthread_mutex_unlock(&e->lock);
	return n;
}

bool
errands_refused(struct errands *e, struct err *why)
{
	pthread_mutex_lock(&e->lock);
	*why = e->refused;
	pthread_mutex_unlock(&e->lock);
	return why->class != ERR_NONE;
}

/*
 * Runners.
 */

static struct errand *
next(struct errands *e)
{
	struct errand *first = NULL;

	for (size_t i = 0; i < ERRANDS_MAX; i++)
		if (e->all[i].state == WAITING && (first == NULL || e->all[i].nth < first->nth))
			first = &e->all[i];
	return first;
}

static void
failed(struct errands *e, struct errand *x, const struct err *why)
{
	x->state = FAILED;
	x->why = *why;
	if (x->asking == 0)
		forget(x);
	pthread_cond_broadcast(&e->back);
}

static void
refused(struct errands *e, const struct err *why)
{
	if (strcmp(e->refused.text, why->text) != 0)
		log_warn("%s", why->text);
	e->refused = *why;
	/* Several that failed together are one failure. */
	if (rests(e))
		return;
	e->rest_secs = e->rest_secs == 0 ? FIRST_REST_SECS : e->rest_secs * 2 > ERRANDS_REST_SECS ? ERRANDS_REST_SECS : e->rest_secs * 2;
	e->rest_until = clock_mono_ms() + e->rest_secs * 1000;
}

void
errands_spoilt(struct errands *e, const unsigned char name[SHA256_LEN], const struct err *why)
{
	struct errand *x;

	pthread_mutex_lock(&e->lock);
	x = find(e, name);
	if (x != NULL && x->state == BROUGHT && x->asking == 0)
		forget(x);
	refused(e, why);
	pthread_mutex_unlock(&e->lock);
}

static void
brought(struct errands *e, struct errand *x)
{
	if (e->refused.class != ERR_NONE)
		log_info("what was refused before is given again");
	x->state = BROUGHT;
	e->refused = (struct err){ ERR_NONE, "" };
	e->rest_until = e->rest_secs = 0;
	pthread_cond_broadcast(&e->back);
}

static void
run_one(struct errands *e, unsigned runner, struct errand *x)
{
	unsigned char name[SHA256_LEN];
	own_struct(buf) result = buf_new(e->result_max);
	struct err why = { ERR_NONE, "" };
	bool good;

	x->state = RUNNING;
	memcpy(name, x->name, SHA256_LEN);
	pthread_mutex_unlock(&e->lock);
	good = e->run(e->state, runner, name, &result, &why);
	pthread_mutex_lock(&e->lock);
	if (good) {
		buf_put_span(&x->result, buf_span(&result));
		brought(e, x);
	} else {
		refused(e, &why);
		failed(e, x, &why);
	}
}

static void *
runner_main(void *arg)
{
	struct errands *e = arg;
	struct errand *x;
	unsigned runner;

	pthread_mutex_lock(&e->lock);
	runner = e->runners++;
	for (;;) {
		x = next(e);
		if (x == NULL) {
			pthread_cond_wait(&e->work, &e->lock);
		} else if (rests(e)) {
			failed(e, x, &e->refused);
		} else {
			run_one(e, runner, x);
		}
	}
	return NULL;
}

void
errands_start(struct errands *e, unsigned runners)
{
	pthread_t thread;

	for (unsigned i = 0; i < runners; i++)
		promise(pthread_create(&thread, NULL, runner_main, e) == 0);
}
