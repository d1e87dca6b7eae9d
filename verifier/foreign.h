/*
 * verifier/foreign.h -- what the reports of all foreign documents (cades.h, dsig.h, asic.h,
 * tst_judge.h) have in common.  Not here: which of them a document is (document.h).
 */
#pragma once

#include "verifier/signature.h"

/* An empty report.  format: what it is called until more is known. */
void foreign_begin(struct report *out, const struct judge_question *, const char *format);
/* It could not be read; ERR_ABSENT: there is no signature in it.  what: "CMS". */
void foreign_refused(struct report *, const char *what, const struct err *why);
/* The worst signature decides: failed before indeterminate before passed. */
void foreign_combine(struct report *);
/* That it is no permit. */
void foreign_remark(struct report *);
/* Is the signer's key as long as policy asks?  One that is shorter than its method asks
 * for now has a row of its own, which counts for the signature; without it is refused. */
bool foreign_key(struct judged *, const struct judge_question *);
