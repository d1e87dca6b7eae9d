/*
 * register/public_item.h -- the public item of an entry, as values.
 *
 * A CBOR array of numbers, texts and octets; an optional group may stand in an
 * array of its own and reads as if it did not.  Which shapes a type of entry
 * has, one letter a value (i number, t text, b octets), the caller says; any
 * other refuses.  (FORMATS: the public log.)
 *
 * Pure; open to every level above.
 */
#pragma once

#include "register/entry.h"

#define PUBLIC_ITEMS_MAX 16

struct public_item { char kind; int64_t i; struct span s; };	/* kind: i, t or b; s borrows from the entry */

/* shapes: ends with NULL; *which (may be NULL) is the row that fits. */
must_check bool public_items(struct public_item out[PUBLIC_ITEMS_MAX], const struct entry *, const char *const *shapes, size_t *which, struct err *);
/* A day (since 1970) that an item tells: not before that, nor later than any calendar goes. */
must_check bool public_day(int32_t *out, int64_t day, struct err *);
