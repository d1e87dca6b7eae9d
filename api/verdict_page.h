/*
 * api/verdict_page.h -- a report on a document as an A4 page that a person takes along.
 *
 *	POST /v1/verify/page
 *
 * What those who check digital signatures in Vietnam must be shown: who signed, for which
 * unit, by which authority's certificate and its dates, when and what proves that, whether
 * the document is whole, whether the certificate was good then, and a warning where its status
 * is not known.  Beside it which document it was (SHA-256), when it was judged, and by
 * which rules.  Every word of the document's own is escaped.  The page proves
 * nothing by itself, and says so: the report signed by the service does (?signed=1).
 */
#pragma once

#include "api/routes.h"
#include "base/json.h"

bool verdict_page_run(struct call *, struct err *);
must_check bool verdict_html(struct buf *out, const json_t *report, const char *host, struct err *);
