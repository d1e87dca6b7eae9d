/*
 * api/history.h -- what became of a permit since it was issued, as part of a page.
 *
 * From an answer's register.history (verifier/known.h), oldest first: the day from
 * which it holds, what, until when, by which decision, the note's words, which
 * permit replaces it.  Nothing is written where nothing happened.
 */
#pragma once

#include "base/json.h"
#include "policy/lang.h"

/* beside: with English behind it. */
void history_html(struct buf *out, const json_t *answer, enum lang, bool beside);
