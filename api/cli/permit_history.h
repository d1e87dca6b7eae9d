/*
 * api/cli/permit_history.h -- one permit as the register keeps it: its row, every
 * entry of the log about it with its record, the orders behind them, and what
 * the verifier says of its signatures.
 *
 * The entries are those of the chain that ends in the permit's last one (each
 * names the one before it), and before each that was ordered its order's own.  Of a
 * replacement (type 6) there is none: what was ordered is the newer permit's seal, and
 * stands in that one's history.  Oldest first.  What an entry says is read out of its record, to which the log
 * commits; where a restore lost the record, verb is NULL.
 *
 * Signatures are judged as of the seal, with what is published today, so that a
 * revocation since counts (stored.h).
 *
 * Read only, of one moment: the caller's snapshot.  One thread.
 */
#pragma once

#include "api/cli/stored.h"
#include "policy/life.h"
#include "register/entry.h"
#include "verifier/order.h"

/* An order about the permit, with who signed it. */
struct history_order { struct order order; struct buf cms, text; X509 *signer; char person[64], name[256]; };

struct history_entry {
	int64_t index;
	struct buf octets, record;
	unsigned char salt[SALT_LEN];
	struct entry entry;		/* these three borrow from the two buffers */
	const struct verb *verb;
	struct values fields;
	struct history_order *order;	/* an order's entry; else NULL */
};

struct history {
	const struct stored *stored;
	unsigned char handle[HANDLE_LEN];
	char hex[2 * HANDLE_LEN + 1], kind[64], agency[64], state[16], dossier[64], number[128];
	int32_t valid_to;		/* LIFE_OPEN: without end */
	struct buf content, officers, sealed, reaffirmed;	/* reaffirmed: the copy that a reaffirmation made; empty: none */
	struct history_entry *at;
	size_t n;
	struct report *report;		/* NULL of a draft */
};

/* word: a handle, or the code on the paper. */
must_check bool history_read(struct history *out, const struct stored *, const char *word, struct err *);
void history_drop(struct history *);

/* Any entry of the log, with its record; the caller drops it. */
must_check bool history_entry_read(struct history_entry *out, const struct history *, int64_t index, struct err *);
void history_entry_drop(struct history_entry *);
/* A field of an entry's record; the empty one where there is none. */
struct value history_field(const struct history_entry *, const char *name);
/* What became of it until that day. */
must_check bool history_life(struct life *out, const struct history *, int32_t day, struct err *);

/* The appointment that gave an officer the right to sign, as the verifier sees it
 * (right.h), the newest; entry -1 where there is none (any more). */
struct history_appointment { int64_t entry; char decision[256]; };
must_check bool history_appointment(struct history_appointment *out, const struct history *, const struct report_signature *, struct err *);
