#include "signer/status_prefix.h"

#include "register/public_item.h"
#include "verifier/cose.h"
#include "verifier/status_list.h"

#define LIST 1
#define PERMITS_MAX (4u << 20)

static bool
take_place(const struct public_item *p, struct buf *places, size_t *idx, struct err *e)
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

/* Types 6 and 7: [list, idx, status, from, ?until]. */
static bool
take_changed(struct buf *places, const struct entry *x, struct err *e)
{
	static const char *const shapes[] = { "iiii", "iiiii", NULL };
	struct public_item p[PUBLIC_ITEMS_MAX];
	size_t idx = 0;

	if (!public_items(p, x, shapes, NULL, e) || !take_place(p, places, &idx, e))
		return false;
	if (p[0].i != LIST)
		return true;
	if (idx >= places->len || places->ptr[idx] == STATUS_NONE || p[2].i < 0 || p[2].i > 15)
		return fail(e, ERR_INPUT, "status %lld at place %zu, which has no permit", (long long)p[2].i, idx);
	places->ptr[idx] = (unsigned char)p[2].i;
	return true;
}

static bool
take_entry(void *ctx, uint64_t index, const struct entry *x, struct err *e)
{
	switch (x->type) {
	case 5: return take_issued(ctx, x, e);
	case 6:
	case 7: return take_changed(ctx, x, e);
	default: return true;
	}
}

bool
status_from_prefix(struct buf *tbs, struct list_entry *said, const struct prefix *p, uint64_t size,
    X509 *signer, const char *uri, struct err *e)
{
	own_struct(buf) places = buf_new(PERMITS_MAX);
	own_struct(buf) protected_ = buf_new(256);
	own_struct(buf) payload = buf_new(STATUS_LIST_MAX);
	unsigned char kid[8];
	struct hash root;

	status_list_kid(kid, signer);
	if (!list_entry_newest(said, p, size, "status", e) || !prefix_read(p, said->size, take_entry, &places, &root, e) ||
	    !status_list_payload(&protected_, &payload, kid, uri, said->this_update, said->next_update, said->size, root.octet, places.ptr, places.len, e))
		return false;
	cose_tbs(tbs, buf_span(&protected_), SPAN_NONE, buf_span(&payload));
	return buf_ok(tbs, "status list", e) && list_entry_bears(said, &root, buf_span(tbs), e);
}
