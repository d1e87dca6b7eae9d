/*
 * verifier/foreign.h -- what the reports of all foreign documents (cades.h, dsig.h)
 * have in common.
 */
#pragma once

#include "verifier/judge.h"

/* An empty report.  format: what it is called until more is known. */
void foreign_begin(struct report *out, const struct judge_question *, const char *format);
/* It could not be read; ERR_ABSENT: there is no signature in it.  what: "CMS". */
void foreign_refused(struct report *, const char *what, const struct err *why);
/* The worst signature decides: failed before indeterminate before passed. */
void foreign_combine(struct report *);
/* That it is no permit. */
void foreign_remark(struct report *);
