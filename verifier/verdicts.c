#include "verifier/verdicts.h"

#include <pthread.h>
#include <stdlib.h>

struct place { struct verdict_of of; int64_t until; struct buf report; };	/* until 0: empty */

struct verdicts { pthread_mutex_t lock; struct place place[VERDICTS_PLACES]; };

struct verdicts *
verdicts_new(void)
{
	struct verdicts *v = xalloc(sizeof(*v));

	pthread_mutex_init(&v->lock, NULL);
	for (size_t i = 0; i < VERDICTS_PLACES; i++)
		v->place[i].report = buf_new(VERDICTS_LEN_MAX);
	return v;
}

void
verdicts_free(struct verdicts *v)
{
	for (size_t i = 0; i < VERDICTS_PLACES; i++)
		buf_drop(&v->place[i].report);
	pthread_mutex_destroy(&v->lock);
	free(v);
}

static struct place *
place_of(struct verdicts *v, const struct verdict_of *of)
{
	return &v->place[of->sha256[0] % VERDICTS_PLACES];
}

static bool
is_same(const struct verdict_of *a, const struct verdict_of *b)
{
	return memcmp(a->sha256, b->sha256, SHA256_LEN) == 0 && a->since == b->since && a->day == b->day;
}

bool
verdicts_find(struct buf *report, struct verdicts *v, const struct verdict_of *of, int64_t now)
{
	struct place *p = place_of(v, of);
	bool found;

	pthread_mutex_lock(&v->lock);
	found = now < p->until && is_same(&p->of, of);
	if (found)
		buf_put_span(report, buf_span(&p->report));
	pthread_mutex_unlock(&v->lock);
	return found && !report->failed;
}

void
verdicts_keep(struct verdicts *v, const struct verdict_of *of, struct span report, int64_t now)
{
	struct place *p = place_of(v, of);

	if (report.len > VERDICTS_LEN_MAX)
		return;
	pthread_mutex_lock(&v->lock);
	p->of = *of;
	p->until = now + VERDICTS_SECS;
	buf_reset(&p->report);
	buf_put_span(&p->report, report);
	pthread_mutex_unlock(&v->lock);
}
