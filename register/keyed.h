/*
 * register/keyed.h -- things found by a key of up to three texts.
 *
 * keyed_at gives the thing of a key, zeroed when the key is new; keyed_each
 * passes over them in no order that matters.  The things are memory of the size
 * that the table was made for; what hangs on them is their owner's.
 */
#pragma once

#include "base/bytes.h"

#define KEYED_TEXTS 3

struct keyed { void *root; size_t size; };

/* struct keyed k = keyed_new(sizeof(struct x)); */
static inline struct keyed keyed_new(size_t size) { return (struct keyed){ NULL, size }; }
/* The same for itself alone: what a report begins with, and its end. */
struct keyed *keyed_make(size_t size);
void keyed_unmake(void *keyed);
void *keyed_at(struct keyed *, struct span a, struct span b, struct span c);
typedef void keyed_thing(void *ctx, const struct span key[KEYED_TEXTS], void *thing);
void keyed_each(const struct keyed *, keyed_thing *, void *ctx);
/* drop (may be NULL) frees what hangs on a thing. */
void keyed_drop_with(struct keyed *, void (*drop)(void *thing));
void keyed_drop(struct keyed *);
