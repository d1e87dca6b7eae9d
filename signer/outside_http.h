/*
 * signer/outside_http.h -- one connection to another authority: a request carried to an
 * address of the configuration, and its answer back.
 *
 * HTTP or HTTPS and nothing else, no redirection, no proxy but the configured one, a
 * bound on the octets and on the time of the whole.  An answer counts with status 200
 * and the media type that is asked for (RFC 3161 3.4); what it says is the peer's.
 *
 * One thread at a time.
 */
#pragma once

#include "base/bytes.h"

struct outside_way {
	const char *proxy, *ca;		/* "": none; the system's */
	const char *authorization;	/* value of that header for stamps, "": none */
	long connect_ms, whole_ms;
};

/* An address that may be asked. */
must_check bool outside_url(const char *url, struct err *);
/* Nobody on the way there reads what is said: https, or an address of this machine. */
bool outside_url_keeps(const char *url);

struct outside_http;
/* Borrows the way. */
struct outside_http *outside_http_new(const struct outside_way *);
/* out's bound is the answer's. */
must_check bool outside_http_stamp(struct outside_http *, const char *url, struct span request, struct buf *out, struct err *);
must_check bool outside_http_get(struct outside_http *, const char *url, struct buf *out, struct err *);
/* Once, before the first thread. */
void outside_http_begin(void);
