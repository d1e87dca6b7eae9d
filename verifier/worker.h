/*
 * verifier/worker.h -- what a worker does with the one document it is given.
 *
 * Runs behind zygote.h: no file, no network, no fork.  The evidence comes with
 * the document, as a pack that the broker made of public/: deterministic CBOR,
 * an array of [name, octets].
 */
#pragma once

#include "base/msg.h"
#include "verifier/judge.h"

struct workshop {
	const struct policy *policy;
	struct permit_grammars *grammars;
	struct buf trust;		/* a pack: anchors and the log's key */
};

/* Messages between broker and worker (proto.h's numbers are kept apart). */
#define WORK_MESSAGES(X) \
	X(WORK_JUDGE, 0, "uusFF", "s") \
	X(WORK_CSR, 0, "F", "b") \
	X(WORK_SUBMISSION, 0, "sF", "bs")

enum work_message { WORK_FIRST = 0x480, WORK_MESSAGES(MSG_ENUM) };

#define WORK_ANSWER_MAX (10u << 20)

must_check bool work(void *workshop, const struct msg *in, struct msg *out, struct err *e);

/* Packs: add appends [name, octets] to the items; *n counts. */
void pack_add(struct buf *items, size_t *n, const char *name, struct span octets);
void pack_end(struct buf *pack, struct span items, size_t n);
must_check bool pack_into(struct evidence *, struct span pack, bool trusted, struct err *);
