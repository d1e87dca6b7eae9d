/*
 * api/cli/http.h -- the command line as a client of antin-api (libcurl; the
 * one file with curl.h).
 *
 * One request, one answer, bounded.  A problem+json answer becomes a refusal
 * with the class and the sentence of the service; what cannot be reached is
 * ERR_LATER.  Nothing that comes back is believed: what is signed is shown and
 * checked by the caller.
 */
#pragma once

#include "base/json.h"

#define HTTP_ANSWER_MAX (8u << 20)

struct http_request {
	const char *base;		/* http://127.0.0.1:8080 */
	const char *method, *path;	/* "POST", "/v1/permits" */
	const char *type;		/* content type of body; NULL without a body */
	struct span body;
	const char *accept;		/* may be NULL */
	const char *idempotency;	/* Idempotency-Key; may be NULL */
	const struct secret *api_key;	/* may be NULL */
};

/* The body of a 2xx answer, appended. */
must_check bool http_call(struct buf *answer, const struct http_request *, struct err *);
/* The same with JSON both ways; body may be NULL. */
must_check bool http_json(json_t **answer, const char *base, const char *method, const char *path,
    const json_t *body, struct err *);
