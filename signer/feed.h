/*
 * signer/feed.h -- what happened to permits and dossiers, in the order of the log,
 * for the programs that may read: the event feed.
 *
 * A cursor is the index of an entry.  An answer goes on from it and says how far it
 * looked ("next"): behind everything that was durable when it was asked, so that
 * what is recorded later comes later, and nothing in between is passed over.  What
 * lies outside the program's agencies and kinds is not there.
 *
 * A restore (entry type 18) is an item of its own, for everybody, and every answer
 * names the newest: whoever stood behind it begins anew from its "first".  A cursor
 * that lies behind the log's end is refused (cursor-ahead).
 *
 * An answer reads at most FEED_PAGES pages of FEED_SPAN entries, whatever is found.
 */
#pragma once

#include "signer/permit_life.h"

/* {"items":[{"entry","time","what","dossier","handle","kind","agency","number",
 * "shortcode","effective","until"}],"next","restored",?"replica"}.  from: index of the
 * first entry that counts. */
must_check bool feed(json_t **out, const struct service *, struct span who, uint64_t from, int64_t now, struct err *);

/* What other feeds over the log share (parcel.h): how far it is now, refused where the
 * cursor lies behind it; " a b " of a program's kinds, null for all; "restored" and,
 * where there is one, "replica" in the answer. */
struct feed_head { int64_t size; uint64_t replica_size; int64_t as_of; };
must_check bool feed_head(struct feed_head *, const struct service *, uint64_t from, struct err *);
void feed_put_kinds(struct reg_unit *read, const struct scope *);
must_check bool feed_put_state(json_t *answer, const struct service *, const struct feed_head *, struct err *);

/* Waits until the log has another size than this, at most ms; what it has then. */
must_check bool feed_wait(uint64_t *size, const struct service *, uint64_t known, uint64_t ms, struct err *);

/* The word for what a verb did, of a read "feed"; act: of permit.change, word: of
 * dossier.event (may be NULL).  NULL when there is none. */
const char *feed_word(const char *verb, int64_t act, const char *word);
