#include "verifier/misses.h"

#include <pthread.h>
#include <stdlib.h>

#define ASKERS 4096
#define PROBES 8

struct asker { uint64_t key; int64_t first, last; int count; };

struct misses { pthread_mutex_t lock; struct asker asker[ASKERS]; int64_t minute; int looked, missed; };

struct misses *
misses_new(void)
{
	struct misses *m = xalloc(sizeof(*m));

	pthread_mutex_init(&m->lock, NULL);
	return m;
}

void
misses_free(struct misses *m)
{
	pthread_mutex_destroy(&m->lock);
	free(m);
}

/* FNV-1a: a collision only makes two askers share a count. */
static uint64_t
key_of(const char *who)
{
	uint64_t h = 14695981039346656037u;

	for (; *who != '\0'; who++)
		h = (h ^ (unsigned char)*who) * 1099511628211u;
	return h == 0 ? 1 : h;
}

static bool
is_device(const char *who)
{
	return strncmp(who, "device:", 7) == 0;
}

/* The asker's row, or the one of its neighbours that was seen longest ago. */
static struct asker *
row_of(struct misses *m, uint64_t key)
{
	struct asker *oldest = &m->asker[key % ASKERS];

	for (size_t i = 0; i < PROBES; i++) {
		struct asker *a = &m->asker[(key + i) % ASKERS];

		if (a->key == key)
			return a;
		if (a->last < oldest->last)
			oldest = a;
	}
	return oldest;
}

static bool
city_brakes(const struct misses *m, int64_t now)
{
	return m->minute == now / 60 && m->missed >= MISSES_CITY_MIN && 2 * m->missed > m->looked;
}

static bool
counts(const struct asker *a, uint64_t key, int64_t now)
{
	return a->key == key && a->count > 0 && now < a->first + MISSES_SECS && now >= a->first;
}

/* The lock is held, here and in note. */
static int
wait_of(struct misses *m, const char *who, int64_t now)
{
	uint64_t key = key_of(who);
	const struct asker *a = row_of(m, key);

	if (!counts(a, key, now))
		return 0;
	if (a->count >= (is_device(who) ? MISSES_DEVICE_MAX : MISSES_MAX))
		return (int)(a->first + MISSES_SECS - now);
	return !is_device(who) && city_brakes(m, now) ? 60 : 0;
}

static void
note(struct misses *m, const char *who, bool found, int64_t now)
{
	uint64_t key = key_of(who);
	struct asker *a = row_of(m, key);

	if (m->minute != now / 60) {
		m->minute = now / 60;
		m->looked = m->missed = 0;
	}
	m->looked++;
	if (found)
		return;
	m->missed++;
	if (!counts(a, key, now))
		*a = (struct asker){ .key = key, .first = now };
	a->count++;
	a->last = now;
}

int
misses_wait(struct misses *m, const char *who, int64_t now)
{
	int wait;

	pthread_mutex_lock(&m->lock);
	wait = wait_of(m, who, now);
	pthread_mutex_unlock(&m->lock);
	return wait;
}

void
misses_note(struct misses *m, const char *who, bool found, int64_t now)
{
	pthread_mutex_lock(&m->lock);
	note(m, who, found, now);
	pthread_mutex_unlock(&m->lock);
}

int
misses_take(struct misses *m, const char *who, int64_t now)
{
	int wait;

	pthread_mutex_lock(&m->lock);
	wait = wait_of(m, who, now);
	if (wait == 0)
		note(m, who, false, now);
	pthread_mutex_unlock(&m->lock);
	return wait;
}

/* Whoever's row, or minute, has gone since has nothing to be taken from. */
void
misses_take_back(struct misses *m, const char *who, int64_t now)
{
	uint64_t key = key_of(who);

	pthread_mutex_lock(&m->lock);
	struct asker *a = row_of(m, key);

	if (counts(a, key, now))
		a->count--;
	if (m->minute == now / 60 && m->missed > 0)
		m->missed--;
	pthread_mutex_unlock(&m->lock);
}
