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

int
misses_wait(struct misses *m, const char *who, int64_t now)
{
	uint64_t key = key_of(who);
	int limit = is_device(who) ? MISSES_DEVICE_MAX : MISSES_MAX;
	int wait = 0;

	pthread_mutex_lock(&m->lock);
	const struct asker *a = row_of(m, key);

	if (a->key == key && now < a->first + MISSES_SECS && now >= a->first) {
		if (a->count >= limit)
			wait = (int)(a->first + MISSES_SECS - now);
		else if (a->count > 0 && !is_device(who) && city_brakes(m, now))
			wait = 60;
	}
	pthread_mutex_unlock(&m->lock);
	return wait;
}

void
misses_note(struct misses *m, const char *who, bool found, int64_t now)
{
	uint64_t key = key_of(who);

	pthread_mutex_lock(&m->lock);
	if (m->minute != now / 60) {
		m->minute = now / 60;
		m->looked = m->missed = 0;
	}
	m->looked++;
	if (!found) {
		struct asker *a = row_of(m, key);

		m->missed++;
		if (a->key != key || now >= a->first + MISSES_SECS || now < a->first)
			*a = (struct asker){ .key = key, .first = now };
		a->count++;
		a->last = now;
	}
	pthread_mutex_unlock(&m->lock);
}
