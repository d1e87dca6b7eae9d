/*
 * verifier/tst_judge.h -- a foreign document: an RFC 3161 time stamp by itself, a
 * TimeStampToken or a whole TimeStampResp, in DER.
 *
 * It says when a content was there, not who made it.  Judged is the token (tst.h), over
 * the content, and by whom it was made, as of every time stamp on a signature
 * (signature.h: stamp_counts); nothing else shows that it was there, so that it proves
 * something while its certificate lasts.  The report has one signature, called
 * "time-stamp": the authority's, with the time that is proven.
 *
 * Pure; one thread a document.
 */
#pragma once

#include "verifier/judge.h"

/* Is it CMS with a TSTInfo, or a TimeStampResp? */
bool tst_is(struct span document);
/* content: what it is a time stamp of; may be NULL. */
void tst_judge(struct report *out, const struct judge_question *, const struct span *content);
