/*
 * api/answer.h -- the answer to a code or a file as a page of HTML: the form of the
 * citizen's page is posted, the page comes back, whole, in one of the languages.
 *
 * Made from what VERIFY_LOOKUP and VERIFY_FILE say and from nothing else.  Whoever has
 * JavaScript gets the same: page.js puts the part `result` of it into the page that asked,
 * so that there is one writer of answers, and what a document holds is escaped in one place.
 */
#pragma once

#include "api/routes.h"
#include "base/json.h"
#include "policy/lang.h"

/* Handler of POST /answer; the body is a form with `code`, `file` or `hash` (the SHA-256 of a
 * file that is not sent; as=hash: this alone counts), and may have `lang`, `day` (which day the
 * answer is to hold for) and `as` (json: the report as a file). */
bool answer_run(struct call *, struct err *);
/* vi, en, fr; another word, or NULL, is Vietnamese. */
enum lang answer_lang(const char *word);
const char *answer_lang_word(enum lang);
/* A page's beginning, to the end of its title; NULL: the citizen's page's. */
void answer_head(struct buf *out, enum lang, const char *title);
/* 2026-11-03, with what may stand behind it, as people write it: 03/11/2026; other text as it is. */
#define DAY_TEXT sizeof("03/11/2026")
const char *day_of_people(char out[DAY_TEXT], const char *iso);
/* What stands above everything where the tier has something to say there. */
void answer_prefix_html(struct buf *out, const json_t *said, enum lang);
/* The box with what is said; and in Vietnamese with English below it. */
void answer_box_html(struct buf *out, const json_t *said, enum lang);
void answer_said_html(struct buf *out, const json_t *said);
