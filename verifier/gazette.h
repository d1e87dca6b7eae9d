/*
 * verifier/gazette.h -- what an agency makes public of its permits: that they were
 * issued, and what was decided about them since, the newest first.
 *
 * Of the kinds whose rule says so (policy/kind.h) and of no others, not even that
 * there are any.  An issue shows the kind's public fields as long as its permit
 * stands (in force or suspended) and the kind's years are not over; then number, days
 * and state remain, which the public log tells as well.  No name leads to an item:
 * a list is asked for by agency and year alone.
 *
 * A page ends after GAZETTE_ITEMS items or GAZETTE_OCTETS octets of contents, and the
 * next one goes on behind its last entry, whatever was recorded meanwhile.
 *
 * The same of all agencies, as it was recorded in the course of one day, the oldest
 * first, is for those who keep a copy.
 *
 * Of kinds that say so one permit is looked up, by its number and its holder's name: its
 * issue, as the list shows it.  Numbers run on from one another, so that a number alone
 * opens nothing; who knows one of the two is told nothing of the other.  A number is
 * found as it was typed, and in capitals without blanks, as books write it.  Names are
 * compared without case and diacritics, word by word; a permit of several holders is
 * known by the first that it names.
 *
 * Content is XML: it is put together here, and read by a worker.
 * Read through register/client.h; one of the few files of verifier that may.
 */
#pragma once

#include "base/json.h"
#include "verifier/known.h"

#define GAZETTE_OCTETS (256u << 10)	/* their lines stay far below JSON_MAX */

/* year 0: every one.  after: the last entry of the page before; 0: from the newest. */
struct gazette_question { const char *agency; uint64_t year, after; };

struct gazette {
	json_t *items;		/* [{"entry","recorded","what","say","kind","number","version","day","state","from","until","decision","lines"}] */
	int64_t next;		/* what comes after it; 0: nothing */
	struct seen seen;
	size_t nshown;		/* of the items whose contents a worker is to read */
	json_t *shown;		/* those items, in that order */
	struct buf contents;	/* theirs, each a CBOR byte string */
};
void gazette_drop(struct gazette *);

/* Refused: an agency that there never was. */
must_check bool gazette_read(struct gazette *out, struct reg *, const struct policy *, const struct gazette_question *, int32_t today, struct err *);
/* What was recorded on a day, behind entry `after` (0: from its first); items have "agency".  A
 * day that is not over is refused. */
struct gazette_day { int32_t day; uint64_t after; };
must_check bool gazette_of_day(struct gazette *out, struct reg *, const struct policy *, const struct gazette_day *, int32_t today, struct err *);
struct gazette_lookup { const char *kind, *number, *holder; };
/* Refused: a kind that is not looked up so, what can be no number or name. */
must_check bool gazette_lookup_check(const struct policy *, const struct gazette_lookup *, struct err *);
/* Of the newest issue with both: it is the one item, and its handle.  *found is false where
 * there is none. */
must_check bool gazette_find(struct gazette *out, bool *found, unsigned char handle[HANDLE_LEN], struct reg *, const struct policy *, const struct gazette_lookup *, int32_t today, struct err *);

/* The worker's answer: of each content its lines, or null. */
must_check bool gazette_put_lines(struct gazette *, struct span json, struct err *);
