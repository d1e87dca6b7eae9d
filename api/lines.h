/*
 * api/lines.h -- the lines of a text that comes in pieces (JSON Lines).
 *
 * A line ends in LF, or in CR LF; the last one may end with the text.  Wherever the
 * text is cut, the same lines come out.  No more than one line is ever kept: one
 * longer than its maximum is passed over to its end, and told as such.
 *
 * Nothing is read of what stands in a line.
 */
#pragma once

#include "base/bytes.h"

#define LINE_OCTETS_MAX (256u << 10)		/* octets, as one submission may have (verifier/submission.h) */

enum line { LINE_NONE = 0, LINE_WHOLE, LINE_TOO_LONG };

struct lines { struct buf part; size_t number, max; bool too_long; };	/* number: of the newest, from 1 */
/* max: octets of a line. */
struct lines lines_new(size_t max);
void lines_drop(struct lines *);

/* The next line that ends in the piece; the piece is shortened.  LINE_NONE: it is used
 * up, and what began in it is kept.  out lives until the next call. */
enum line lines_next(struct lines *, struct span *piece, struct span *out);
/* There is no further piece: what is left, if anything. */
enum line lines_end(struct lines *, struct span *out);
