#include "api/seats.h"

#include <pthread.h>

struct seats {
	pthread_mutex_t lock;
	struct { unsigned char program[SHA256_LEN]; unsigned taken; } of[SEATS_MAX];
	unsigned all_max, program_max, all;
	const struct err_rule *full;
};

struct seats *
seats_new(unsigned all, unsigned of_program, const struct err_rule *full)
{
	struct seats *s = xalloc(sizeof(*s));

	promise(all <= SEATS_MAX);
	pthread_mutex_init(&s->lock, NULL);
	s->all_max = all;
	s->program_max = of_program;
	s->full = full;
	return s;
}

/* Its place, or a free one: there is one while `all` is below its largest. */
static size_t
place_of(const struct seats *s, const unsigned char program[SHA256_LEN])
{
	size_t free_one = 0;

	for (size_t i = 0; i < SEATS_MAX; i++) {
		if (s->of[i].taken > 0 && memcmp(s->of[i].program, program, SHA256_LEN) == 0)
			return i;
		if (s->of[i].taken == 0)
			free_one = i;
	}
	return free_one;
}

bool
seats_take(struct seats *s, const unsigned char program[SHA256_LEN], struct err *e)
{
	bool may;
	size_t i;

	pthread_mutex_lock(&s->lock);
	i = place_of(s, program);
	may = s->all < s->all_max && s->of[i].taken < s->program_max;
	if (may) {
		memcpy(s->of[i].program, program, SHA256_LEN);
		s->of[i].taken++;
		s->all++;
	}
	pthread_mutex_unlock(&s->lock);
	return may || fail_by(e, s->full);
}

void
seats_leave(struct seats *s, const unsigned char program[SHA256_LEN])
{
	pthread_mutex_lock(&s->lock);
	s->of[place_of(s, program)].taken--;
	s->all--;
	pthread_mutex_unlock(&s->lock);
}
