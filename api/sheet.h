/*
 * api/sheet.h -- the permit sheet: one A4 page to print, HTML.
 *
 * Made from the answer that a code gives and from nothing else, so the paper
 * shows what the page shows.  The layout is that of Vietnamese administrative
 * documents (Decree 30/2020/ND-CP, Annex I): agency left, state and motto
 * right, number and place with date, title, content, the officer.  Below, what
 * leads back to the register: short code, voice code with its bar code, QR.
 *
 * The sheet is a copy: it says so, and where to check it.
 */
#pragma once

#include "api/routes.h"
#include "base/json.h"

/* Handler of GET /v1/permits/{code}/sheet. */
bool sheet_run(struct call *, struct err *);
/* answer: what VERIFY_LOOKUP gave.  ERR_ABSENT when there is no permit in it. */
must_check bool sheet_html(struct buf *out, const json_t *answer, const char *host, const char *site, struct err *);
