/*
 * verifier/document.h -- a document of any kind -> a report: who judges it is told by
 * its octets alone, never by a name or a media type.
 *
 * A foreign document is judged by the anchors of the evidence, and beside it under each tier of the
 * tier list by its anchors alone.  Where our own know no path, the first tier that
 * knows one gives the verdict; never do two tiers together.  A list that is over at the time
 * of the judgement gives none.  Permits are the city's own: no tier list changes their verdict.
 *
 * Permits (judge.h) are what is left when no kind of foreign document knows itself in
 * the first octets.  Pure; one thread a document.
 */
#pragma once

#include "verifier/judge.h"

/* What a detached signature is about; name: the file's, as a URI reference may name it. */
struct document_content { const char *name; struct span octets; };

/* Is it a document of a kind that may have a content beside it? */
bool document_is_foreign(struct span);
/* content: may be NULL. */
void document_judge(struct report *out, const struct judge_question *, const struct document_content *content);
