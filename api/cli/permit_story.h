/*
 * api/cli/permit_story.h -- a permit's history as people read it: one line a step,
 * each with its time and its entry of the log.
 *
 * {"permit":{"handle","kind","kind_vi","agency","agency_vi","dossier","number"},
 *  "status":{"word","vi","day"},
 *  "steps":[{"entry","time","what","vi", and what the step says}]}
 *
 * "what" is the verb of the entry's record (register/verbs.h), "order" of an
 * order's entry, "lost" where a restore lost the record.  "vi" says all of it in
 * Vietnamese; the text is those sentences on one sheet, and story_page.h has them to
 * print.  The same history gives the same words on the same day.
 */
#pragma once

#include "api/cli/permit_history.h"
#include "base/clock.h"
#include "base/json.h"

#define STORY_MAX (8u << 20)
/* day: whose status is told. */
must_check bool story_tell(json_t **out, const struct history *, int32_t day, struct err *);
void story_text(struct buf *out, const json_t *story);
/* 27/11/2026 23:15:40, in Vietnam. */
void story_time(char out[2 * TIME_TEXT], int64_t time);
