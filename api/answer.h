/*
 * api/answer.h -- the answer to a code as a page of HTML, for whoever has no
 * JavaScript: the form of the citizen's page is posted, the page comes back.
 *
 * Made from what VERIFY_LOOKUP says and from nothing else.  Both languages
 * stand below each other.  Files are not taken here.
 */
#pragma once

#include "api/routes.h"
#include "base/json.h"

/* Handler of POST /answer; the body is a form with the one field `code`. */
bool answer_run(struct call *, struct err *);
/* The value of a field of application/x-www-form-urlencoded. */
must_check bool form_value(struct buf *out, struct span form, const char *name, struct err *);
/* The same of the request's body, as text; another Content-Type is refused (415). */
must_check bool form_text(char **out, struct call *, const char *name, struct err *);
/* 2026-11-03, with what may stand behind it, as people write it: 03/11/2026; other text as it is. */
#define DAY_TEXT sizeof("03/11/2026")
const char *day_of_people(char out[DAY_TEXT], const char *iso);
/* The box with what is said. */
void answer_said_html(struct buf *out, const json_t *said);
must_check bool answer_html(struct buf *out, const json_t *answer, struct err *);
