/*
 * register/witness_ask.h -- one witness, asked for one checkpoint: request,
 * courier, answer.
 *
 * Of the answer one line is taken, that for which the witness's key in the
 * policy stands; nothing else is believed.  A witness that tells another size
 * than we thought is asked once more from there.  One that has cosigned more
 * than this log ever had, or refuses what this log can prove, has seen another
 * log under its name: *split says so (its sentence is not empty).
 *
 * Any number of threads, each with a witness of its own.
 */
#pragma once

#include "base/msg.h"
#include "register/witness_memory.h"

struct witness_ask {
	const char *name;		/* in the policy */
	const struct note_key *key;
	struct peer *courier;
	struct witness_memory *memory;
};

/* A peer that speaks to the courier. */
struct peer *witness_courier(const char *socket);
/* old: what it cosigned last, as far as we know.  note: the checkpoint as the
 * log signed it.  line and time: its cosignature. */
must_check bool witness_ask(const struct witness_ask *, uint64_t old, const struct checkpoint *, struct span note,
    struct buf *line, int64_t *time, struct witness_split *split, struct err *);
