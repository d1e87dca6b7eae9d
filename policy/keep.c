#include "policy/keep.h"

#include "base/clock.h"

#include <stdio.h>

const char *
keep_word(enum keep_state state)
{
	static const char *const words[KEEP_STATES] = { [KEEP_FOREVER] = "for-ever", [KEEP_STANDS] = "stands", [KEEP_STILL] = "kept", [KEEP_OVER] = "over" };

	return words[state];
}

/* The same day of that year; LIFE_OPEN beyond what a date can say. */
static int32_t
years_after(int32_t day, int64_t years)
{
	char text[TIME_TEXT], then[TIME_TEXT];
	struct err not;
	int32_t out;

	date_text(text, day);
	snprintf(then, sizeof(then), "%04lld%.6s", (long long)(year_of_day(day) + years), text + 4);
	if (date_parse(&out, then, &not))
		return out;
	snprintf(then, sizeof(then), "%04lld-03-01", (long long)(year_of_day(day) + years));
	return date_parse(&out, then, &not) ? out : LIFE_OPEN;
}

static void
find_end(struct keep *k, const struct life *l)
{
	const struct { bool so; int32_t from; enum in_force by; } acts[] = {
		{ l->is_void, l->void_.from, FORCE_VOID }, { l->is_superseded, l->superseded.from, FORCE_SUPERSEDED }, { l->is_withdrawn, l->withdrawn.from, FORCE_WITHDRAWN },
	};

	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (acts[i].so && (k->ended == LIFE_OPEN || acts[i].from > k->ended)) {
			k->ended = acts[i].from;
			k->by = acts[i].by;
		}
	if (k->ended == LIFE_OPEN && l->day > l->valid_to) {
		k->ended = l->valid_to;
		k->by = FORCE_EXPIRED;
	}
}

struct keep
keep_of(const struct kind *kind, const struct life *l)
{
	struct keep k = { .ended = LIFE_OPEN, .until = LIFE_OPEN, .by = FORCE_YES, .years = kind != NULL ? kind->keep_years : 0 };

	find_end(&k, l);
	if (k.years > 0 && k.ended != LIFE_OPEN)
		k.until = years_after(k.ended, k.years);
	k.state = k.years == 0 ? KEEP_FOREVER : k.ended == LIFE_OPEN ? KEEP_STANDS : l->day > k.until ? KEEP_OVER : KEEP_STILL;
	return k;
}

void
keep_text(char out[KEEP_TEXT], const struct keep *k)
{
	char ended[TIME_TEXT], until[TIME_TEXT];

	if (k->state == KEEP_FOREVER || k->state == KEEP_STANDS) {
		snprintf(out, KEEP_TEXT, k->state == KEEP_FOREVER ? "kept for ever" : "kept for %lld years from its end, and has not ended", (long long)k->years);
		return;
	}
	date_text(ended, k->ended);
	date_text(until, k->until);
	snprintf(out, KEEP_TEXT, "kept for %lld years from its end (%s %s), until %s", (long long)k->years, in_force_word(k->by), ended, k->until == LIFE_OPEN ? "no day" : until);
}
