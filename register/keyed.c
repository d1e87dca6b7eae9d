#include "register/keyed.h"

#include <search.h>
#include <stdlib.h>

/* The texts follow each other in `text`; the thing lies behind the node. */
struct node { struct span key[KEYED_TEXTS]; unsigned char *text; max_align_t thing[]; };

static int
by_key(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	for (unsigned i = 0; i < KEYED_TEXTS; i++) {
		struct span s = x->key[i], t = y->key[i];
		int order;

		if (s.len != t.len)
			return s.len < t.len ? -1 : 1;
		order = s.len == 0 ? 0 : memcmp(s.ptr, t.ptr, s.len);
		if (order != 0)
			return order;
	}
	return 0;
}

static struct node *
node_new(const struct node *like, size_t size)
{
	struct node *n = xalloc(sizeof(*n) + size);
	size_t at = 0;

	n->text = xalloc(like->key[0].len + like->key[1].len + like->key[2].len + 1);
	for (unsigned i = 0; i < KEYED_TEXTS; i++) {
		if (like->key[i].len > 0)
			memcpy(n->text + at, like->key[i].ptr, like->key[i].len);
		n->key[i] = span_of(n->text + at, like->key[i].len);
		at += like->key[i].len;
	}
	return n;
}

void *
keyed_at(struct keyed *k, struct span a, struct span b, struct span c)
{
	const struct node like = { .key = { a, b, c } };
	struct node **found = tfind(&like, &k->root, by_key);

	if (found == NULL)
		found = tsearch(node_new(&like, k->size), &k->root, by_key);
	promise(found != NULL);
	return (*found)->thing;
}

struct walk { keyed_thing *each; void *ctx; };

static void
visit(const void *at, VISIT which, void *ctx)
{
	struct node *n = *(struct node *const *)at;
	const struct walk *w = ctx;

	if (which == postorder || which == leaf)
		w->each(w->ctx, n->key, n->thing);
}

void
keyed_each(const struct keyed *k, keyed_thing *each, void *ctx)
{
	struct walk w = { each, ctx };

	twalk_r(k->root, visit, &w);
}

void
keyed_drop_with(struct keyed *k, void (*drop)(void *thing))
{
	while (k->root != NULL) {
		struct node *n = *(struct node **)k->root;

		tdelete(n, &k->root, by_key);
		if (drop != NULL)
			drop(n->thing);
		free(n->text);
		free(n);
	}
}

void
keyed_drop(struct keyed *k)
{
	keyed_drop_with(k, NULL);
}

struct keyed *
keyed_make(size_t size)
{
	struct keyed *k = xalloc(sizeof(*k));

	*k = keyed_new(size);
	return k;
}

void
keyed_unmake(void *keyed)
{
	keyed_drop(keyed);
	free(keyed);
}
