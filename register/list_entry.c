#include "register/list_entry.h"

#include "base/ossl.h"
#include "register/public_item.h"

#include <stdio.h>

static const char *const shapes[] = { "tiiiibb", "tiiiib", NULL };
enum { KIND, NUMBER, THIS_UPDATE, NEXT_UPDATE, SIZE, ROOT, DIGEST };

static bool
put_text(char *out, size_t max, struct span s, struct err *e)
{
	if (s.len >= max)
		return fail(e, ERR_LIMIT, "a text of %zu bytes in the entry of a list", s.len);
	snprintf(out, max, "%.*s", (int)s.len, (const char *)s.ptr);
	return true;
}

static bool
put_hash(unsigned char out[HASH_LEN], struct span s, struct err *e)
{
	if (s.len != HASH_LEN)
		return fail(e, ERR_INPUT, "a hash of %zu bytes in the entry of a list", s.len);
	memcpy(out, s.ptr, HASH_LEN);
	return true;
}

bool
list_entry_read(struct list_entry *out, uint64_t index, const struct entry *x, struct err *e)
{
	struct public_item p[PUBLIC_ITEMS_MAX];
	size_t shape;

	*out = (struct list_entry){ .index = index };
	if (!public_items(p, x, shapes, &shape, e) || !put_text(out->kind, sizeof(out->kind), p[KIND].s, e) || !put_text(out->org, sizeof(out->org), x->org, e))
		return false;
	out->number = p[NUMBER].i;
	out->this_update = p[THIS_UPDATE].i;
	out->next_update = p[NEXT_UPDATE].i;
	out->tells = shape == 0;
	if (!out->tells)
		return put_hash(out->sha256, p[DIGEST - 1].s, e);
	if (p[SIZE].i < 0 || (uint64_t)p[SIZE].i > index)
		return fail(e, ERR_INPUT, "a list that is said to follow from %lld entries", (long long)p[SIZE].i);
	out->size = (uint64_t)p[SIZE].i;
	return put_hash(out->root.octet, p[ROOT].s, e) && put_hash(out->sha256, p[DIGEST].s, e);
}

struct search { struct list_entry *out; const char *kind; bool found; };

static bool
take_entry(void *ctx, uint64_t index, const struct entry *x, struct err *e)
{
	struct search *s = ctx;
	struct list_entry l;

	if (x->type != LIST_ENTRY)
		return true;
	if (!list_entry_read(&l, index, x, e))
		return false;
	if (strcmp(l.kind, s->kind) == 0) {
		*s->out = l;
		s->found = true;
	}
	return true;
}

bool
list_entry_newest(struct list_entry *out, const struct prefix *p, uint64_t size, const char *kind, struct err *e)
{
	struct search s = { out, kind, false };

	if (!prefix_read(p, size, take_entry, &s, NULL, e))
		return false;
	if (!s.found)
		return fail(e, ERR_ABSENT, "the first %llu entries show no %s", (unsigned long long)size, kind);
	return out->tells || fail(e, ERR_ABSENT, "entry %llu is older than the rule that a list follows from the log", (unsigned long long)out->index);
}

bool
list_entry_bears(const struct list_entry *l, const struct hash *root, struct span tbs, struct err *e)
{
	unsigned char digest[SHA256_LEN];

	if (!hash_eq(root, &l->root))
		return fail(e, ERR_INPUT, "entry %llu says another root of %llu entries than they have", (unsigned long long)l->index, (unsigned long long)l->size);
	sha256(digest, tbs);
	return memcmp(digest, l->sha256, SHA256_LEN) == 0 ||
	    fail(e, ERR_INPUT, "what follows from the first %llu entries is not what entry %llu says was signed", (unsigned long long)l->size, (unsigned long long)l->index);
}
