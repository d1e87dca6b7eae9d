#include "ca/left_behind.h"

#include "base/clock.h"
#include "base/log.h"
#include "ca/crl_issue.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define RETRY_SECS 1

struct one {
	unsigned char request[16], serial[SERIAL_LEN];
	char *profile, *agency;
	int64_t not_after, generation;
	struct one *next;
};

struct left_behind {
	pthread_mutex_t lock;
	pthread_cond_t some;
	struct one *first;
};

struct left_behind *
left_behind_new(void)
{
	struct left_behind *l = xalloc(sizeof(*l));

	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->some, NULL);
	return l;
}

static void
one_free(struct one *x)
{
	free(x->profile);
	free(x->agency);
	free(x);
}

static void
put(struct left_behind *l, struct one *x)
{
	pthread_mutex_lock(&l->lock);
	x->next = l->first;
	l->first = x;
	pthread_cond_signal(&l->some);
	pthread_mutex_unlock(&l->lock);
}

void
left_behind_add(struct authority *a, const struct reservation *r)
{
	struct one *x = xalloc(sizeof(*x));

	promise(r->request.len == sizeof(x->request) && r->serial.len == sizeof(x->serial));
	memcpy(x->request, r->request.ptr, sizeof(x->request));
	memcpy(x->serial, r->serial.ptr, sizeof(x->serial));
	x->profile = span_dup_str(r->profile);
	x->agency = span_dup_str(r->agency);
	x->not_after = r->not_after;
	x->generation = r->generation;
	put(a->left, x);
}

static struct one *
take_all(struct left_behind *l)
{
	struct one *all;

	pthread_mutex_lock(&l->lock);
	while (l->first == NULL)
		pthread_cond_wait(&l->some, &l->lock);
	all = l->first;
	l->first = NULL;
	pthread_mutex_unlock(&l->lock);
	return all;
}

/* A conflict: it never was reserved, is void already (an answer was lost), or
 * became a certificate after all. */
static bool
settle(struct authority *a, const struct one *x, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	struct reservation r = { .request = span_of(x->request, sizeof(x->request)), .serial = span_of(x->serial, sizeof(x->serial)),
		.profile = span_str(x->profile), .agency = span_str(x->agency), .not_after = x->not_after, .generation = x->generation };

	issue_put_void(&u, &r, clock_now());
	return authority_run(a, "void later", &u, NULL, e) || e->class == ERR_CONFLICT;
}

static void *
left_behind_main(void *arg)
{
	struct authority *a = arg;

	for (;;) {
		struct one *all = take_all(a->left);
		size_t settled = 0;
		struct err e;

		nanosleep(&(struct timespec){ .tv_sec = RETRY_SECS }, NULL);
		for (struct one *x = all, *next; x != NULL; x = next) {
			next = x->next;
			if (settle(a, x, &e)) {
				settled++;
				one_free(x);
			} else {
				put(a->left, x);
			}
		}
		if (settled == 0)
			continue;
		log_warn("%zu reservations that the register's absence had left are settled", settled);
		crl_ask(a);
	}
	return NULL;
}

void
left_behind_start(struct authority *a)
{
	pthread_t thread;

	promise(pthread_create(&thread, NULL, left_behind_main, a) == 0);
	pthread_detach(thread);
}
