#include "signer/status_prefix.h"

#include "base/clock.h"
#include "policy/life.h"
#include "register/public_item.h"
#include "verifier/cose.h"
#include "verifier/status_list.h"

#include <stdlib.h>

#define LIST 1
#define PERMITS_MAX (4u << 20)
#define CHANGES_MAX (16u << 20)

struct change { size_t place, nth; struct life_change is; };
struct statuses { struct buf places; struct change *change; size_t n, room; };

static bool
take_place(const struct public_item *p, const struct buf *places, size_t *idx, struct err *e)
{
	if (p[1].i < 0 || p[1].i >= (int64_t)places->max)
		return fail(e, ERR_LIMIT, "place %lld of a status list", (long long)p[1].i);
	*idx = (size_t)p[1].i;
	return true;
}

/* Type 5: [list, idx, day, ?[book, year, n]]. */
static bool
take_issued(struct buf *places, const struct entry *x, struct err *e)
{
	static const char *const shapes[] = { "iii", "iiitii", NULL };
	struct public_item p[PUBLIC_ITEMS_MAX];
	size_t idx = 0;

	if (!public_items(p, x, shapes, NULL, e) || !take_place(p, places, &idx, e))
		return false;
	if (p[0].i != LIST)
		return true;
	while (places->len <= idx && !places->failed)
		buf_put_byte(places, STATUS_NONE);
	if (!buf_ok(places, "status list", e))
		return false;
	if (places->ptr[idx] != STATUS_NONE)
		return fail(e, ERR_INPUT, "two permits at place %zu", idx);
	places->ptr[idx] = STATUS_IN_FORCE;
	return true;
}

/* Types 6 and 7: [list, idx, act, from, ?until]. */
static bool
take_changed(struct statuses *s, const struct entry *x, struct err *e)
{
	static const char *const shapes[] = { "iiii", "iiiii", NULL };
	struct public_item p[PUBLIC_ITEMS_MAX];
	size_t idx = 0, which;

	if (!public_items(p, x, shapes, &which, e) || !take_place(p, &s->places, &idx, e))
		return false;
	if (p[0].i != LIST)
		return true;
	if (idx >= s->places.len || s->places.ptr[idx] == STATUS_NONE || life_word(p[2].i) == NULL)
		return fail(e, ERR_INPUT, "act %lld at place %zu, which has no permit", (long long)p[2].i, idx);
	if (p[3].i < INT32_MIN || p[3].i > INT32_MAX || (which == 1 && (p[4].i < INT32_MIN || p[4].i > INT32_MAX)))
		return fail(e, ERR_INPUT, "a day of place %zu is none", idx);
	if (s->n == CHANGES_MAX)
		return fail(e, ERR_LIMIT, "more than %u changes of permits", CHANGES_MAX);
	if (s->n == s->room)
		s->change = xrealloc(s->change, (s->room = s->room == 0 ? 64 : 2 * s->room) * sizeof(s->change[0]));
	s->change[s->n] = (struct change){ idx, s->n, { .entry = -1, .ends = -1, .act = (enum life_act)p[2].i, .from = (int32_t)p[3].i,
	    .until = which == 1 ? (int32_t)p[4].i : LIFE_OPEN } };
	s->n++;
	return true;
}

static bool
take_entry(void *ctx, uint64_t index, const struct entry *x, struct err *e)
{
	struct statuses *s = ctx;

	switch (x->type) {
	case 5: return take_issued(&s->places, x, e);
	case 6:
	case 7: return take_changed(s, x, e);
	default: return true;
	}
}

static int
by_place(const void *a, const void *b)
{
	const struct change *x = a, *y = b;

	return x->place != y->place ? (x->place < y->place ? -1 : 1) : x->nth < y->nth ? -1 : 1;
}

static void
fold(struct statuses *s, int32_t day)
{
	struct life l;

	if (s->n > 0)
		qsort(s->change, s->n, sizeof(s->change[0]), by_place);
	for (size_t i = 0; i < s->n; i++) {
		if (i == 0 || s->change[i].place != s->change[i - 1].place)
			life_begin(&l, day, LIFE_OPEN);
		life_add(&l, &s->change[i].is);
		s->places.ptr[s->change[i].place] = (unsigned char)life_code(&l);
	}
}

static void
statuses_drop(struct statuses *s)
{
	buf_drop(&s->places);
	free(s->change);
}

bool
status_from_prefix(struct buf *tbs, struct list_entry *said, const struct prefix *p, uint64_t size,
    X509 *signer, const char *uri, struct err *e)
{
	own_struct(statuses) places = { .places = buf_new(PERMITS_MAX) };
	own_struct(buf) protected_ = buf_new(256);
	own_struct(buf) payload = buf_new(STATUS_LIST_MAX);
	unsigned char kid[8];
	struct hash root;

	status_list_kid(kid, signer);
	if (!list_entry_newest(said, p, size, "status", e) || !prefix_read(p, said->size, take_entry, &places, &root, e))
		return false;
	fold(&places, day_in_vietnam(said->this_update));
	if (!status_list_payload(&protected_, &payload, kid, uri, said->this_update, said->next_update, said->size, root.octet,
	    places.places.ptr, places.places.len, e))
		return false;
	cose_tbs(tbs, buf_span(&protected_), SPAN_NONE, buf_span(&payload));
	return buf_ok(tbs, "status list", e) && list_entry_bears(said, &root, buf_span(tbs), e);
}
