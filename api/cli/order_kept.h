/*
 * api/cli/order_kept.h -- an order as the register keeps it: what `antin order
 * list | show` (order_kept.c) and `antin order verify` (order_proof.c) share.
 *
 * Out of a store that the caller opened, within one snapshot.  The texts of a row
 * are the row's, for as long as it is there.
 */
#pragma once

#include "api/cli/args.h"
#include "register/entry.h"
#include "register/store.h"
#include "verifier/order.h"

/* An order with its entry, its signer, and what became of it if it waited. */
enum column { ID, VERB, SIGNER, CMS, ENTRY, TIME, PERSON, NAME, DER, LEAF, RECORD, SALT, OUTCOME, EXPIRES, COLUMNS };

/* One order's row, copied. */
struct kept { struct value c[COLUMNS]; struct buf octets[COLUMNS]; bool found; struct order order; struct entry entry; };
void kept_drop(struct kept *);
/* By its id, which is a->word[1]; nothing is checked. */
must_check bool kept_find(struct kept *, const struct args *a, struct store *, struct err *);
/* An order out of its CMS, and its text, which the caller drops; nothing is checked. */
must_check bool kept_order(struct order *, struct buf *text, struct span cms, struct err *);
/* done, waits, expired or withdrawn. */
const char *kept_state(const struct value *row, int64_t now);

must_check bool order_proof(const struct args *, struct store *, struct err *);	/* antin order verify */
