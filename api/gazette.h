/*
 * api/gazette.h -- what agencies make public of their permits, for anybody: as JSON,
 * as pages that need no script, and as an Atom feed of each agency.
 *
 * A list is asked for by agency, and no further than by year: nothing here looks for a
 * name, search engines are told to keep nothing (X-Robots-Tag), and the feed has no
 * contents.  What there is to show antin-verifier says (verifier/gazette.h).
 */
#pragma once

#include "api/routes.h"
#include "base/json.h"
#include "policy/lang.h"

/* One item, for pages beside (lookup.h): in that language, its heading in a second one below. */
void gazette_item(struct buf *out, const json_t *item, enum lang);

bool publications_run(struct call *, struct err *);
bool gazette_agencies_run(struct call *, struct err *);
bool gazette_run(struct call *, struct err *);
bool gazette_feed_run(struct call *, struct err *);
