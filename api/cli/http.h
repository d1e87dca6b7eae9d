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

#include "api/cli/args.h"
#include "base/json.h"

#define HTTP_ANSWER_MAX (16u << 20)	/* as much as the service says at once */

/* Rows for an option table: which service, and as which program. */
#define SERVICE_OPTIONS							\
	{ "api", "URL", false, "the service" },				\
	{ "api-key-file", "FILE", false, "the API key of the program that asks" },	\
	{ "client-certificate", "FILE", false, "or its certificate (PEM)" },	\
	{ "client-key", "FILE", false, "and the certificate's key (PEM)" },	\
	{ "ca", "FILE", false, "whom the service's certificate leads to (PEM; else the system's)" }

struct http_service {
	const char *base;		/* http://127.0.0.1:8080 */
	struct secret *api_key;		/* NULL: without one */
	const char *certificate, *key, *ca;	/* files; NULL: none */
};
/* What the options say; --api is needed. */
must_check bool http_service_open(struct http_service *, const struct args *, struct err *);
void http_service_drop(struct http_service *);

struct http_request {
	const struct http_service *service;
	const char *method, *path;	/* "POST", "/v1/permits" */
	const char *type;		/* content type of body; NULL without a body */
	struct span body;
	const char *accept;		/* may be NULL */
	const char *idempotency;	/* Idempotency-Key; may be NULL */
	json_t **refused;		/* where a refusal is put as it came; may be NULL */
};

/* As a part of a path or the value of a query, whatever it is (RFC 3986, 2.1). */
void http_put_escaped(struct buf *path, struct span);
/* The body of a 2xx answer, appended. */
must_check bool http_call(struct buf *answer, const struct http_request *, struct err *);
/* The same with JSON both ways; body may be NULL. */
must_check bool http_json(json_t **answer, const struct http_service *, const char *method, const char *path,
    const json_t *body, struct err *);
