/*
 * base/http.h -- the HTTP server: libmicrohttpd made narrow (the one file with
 * microhttpd.h).
 *
 * A request is first admitted by its method and path, before its body is read:
 * what has no route, or says that it is larger than the route takes, is
 * answered at once.  Then the body is collected, then the handler runs, on one
 * of a fixed number of threads: however many of them wait for somebody, requests are
 * read, and what waits for nobody (at_once) is answered without them.
 *
 * Every limit is a required argument: a server without them cannot be started.
 * A refusal is problem+json (RFC 9457) with the class of base/err.h, and the code
 * of its rule where it has one.
 *
 * Three things are different where a route says so.  A handler may wait: it lets
 * its request be parked, which costs no thread, and is run again when http_wake says
 * that something happened, or when its time is over.  A body may be taken piece
 * by piece instead of being collected; the pieces of one request come one after
 * the other.  And an answer may be a stream, which goes on until its source ends it
 * or the client goes.
 *
 * Handlers run on many threads at once.  With a tls_site the server speaks TLS
 * and nothing else; a client may show a certificate, and when what it shows
 * does not lead to the authority its requests are refused.  Without one, TLS is
 * the business of the proxy in front.
 */
#pragma once

#include "base/tls.h"
#include "base/bytes.h"
#include "base/json.h"

#define HTTP_ADDRESS_MAX 64

struct http_limits {
	size_t header_max;		/* memory of a connection: request line and headers */
	size_t bodies_max;		/* of all requests together */
	unsigned threads;		/* requests being answered at once, beside those that wait for nobody */
	unsigned connections;		/* at once */
	unsigned per_address;		/* at once, from one address */
	unsigned idle_secs;		/* without a byte */
	unsigned request_secs;		/* for a whole body */
};

struct http_request {
	const char *method, *path;	/* path decoded, without the query */
	struct span body;
	struct span certificate;	/* the client's, DER, its key proven; empty without one */
	char asker[HTTP_ADDRESS_MAX];	/* IPv4 address, or the /64 of an IPv6 one */
	void *connection;		/* for http_header, http_query */
	bool over;			/* it was parked, and its time is over: answer now */
	int64_t mark;			/* what the handler that parked it left in the reply */
	void *work;			/* of a body taken piece by piece: the taker's own */
	bool at_once;			/* set by admit: its handler waits for no other process, and is not parked */
	const void *route;		/* the site's own, from admit on */
};

/* NULL when absent; live as long as the request. */
const char *http_header(const struct http_request *, const char *name);
const char *http_query(const struct http_request *, const char *name);

#define HTTP_REPLY_MAX (16u << 20)

/* An answer without an end.  more appends what there is now; nothing: it is asked
 * again when http_wake was called or after *wait_ms.  false: that was all.  drop frees
 * the state, once. */
struct http_stream {
	bool (*more)(void *state, const struct http_request *, struct buf *out, int64_t *wait_ms);
	void (*drop)(void *state);
	void *state;
};
#define HTTP_STREAM_MAX (1u << 20)	/* octets that more may append at once */

struct http_reply {
	unsigned status;
	const char *type;		/* static text */
	const char *cache;		/* Cache-Control; NULL: no-store */
	struct { const char *name, *value; } extra;	/* one header more: Allow, WWW-Authenticate */
	char file_name[80];		/* offered to save as; "" for none */
	char etag[72];			/* without quotes; "" for none */
	bool no_page;			/* for programs: without the headers that restrain a page */
	unsigned retry_secs;		/* 0: none */
	int64_t modified, expires;	/* Last-Modified, Expires; 0: none */
	unsigned cache_secs;		/* max-age of a public answer that is not to be changed; wins over cache; 0: none */
	int64_t park_ms;		/* more than 0: no answer yet, run again when woken, or after so long */
	int64_t mark;			/* the request's, next time */
	struct http_stream stream;	/* more not NULL: in the body's place */
	struct buf body;
};
void http_reply_drop(struct http_reply *);
/* Fills in problem+json; of what stood in the reply only extra and retry_secs stay. */
void http_problem(struct http_reply *, unsigned status, const struct err *);
/* The status of the class. */
void http_refuse(struct http_reply *, const struct err *);
/* With members of its own (RFC 9457 3.2), which win over those that all have. */
void http_refuse_with(struct http_reply *, const struct err *, json_t *more);
/* The same as an object, for an answer that has several; more may be NULL. */
json_t *http_problem_json(unsigned status, const struct err *, json_t *more);

struct http_site {
	/* May the request have a body, how large?  false: the reply is the answer.  Who will
	 * take a body piece by piece puts its work into the request here.  It runs where
	 * requests are read, and others wait as long as it does. */
	bool (*admit)(void *state, struct http_request *, size_t *body_max, struct http_reply *);
	void (*run)(void *state, const struct http_request *, struct http_reply *);
	void *state;
	const char *proxy;		/* address whose X-Forwarded-For names the asker; "": nobody's */
	/* Only for bodies that admit gave HTTP_PIECES as their largest: called for each piece,
	 * then run with an empty body; drop frees work, if there is any. */
	void (*piece)(void *state, struct http_request *, struct span octets);
	void (*drop)(void *state, struct http_request *);
};

#define HTTP_PIECES SIZE_MAX
#define HTTP_PIECES_SECS 900		/* for such a body, instead of request_secs */

/* A listening socket for "address:port" ([::1]:8080, 127.0.0.1:0); *port is the one it got. */
must_check bool http_listen(int *out, uint16_t *port, const char *where, struct err *);

struct http;
/* Takes the socket.  tls: NULL for HTTP without TLS; may be dropped afterwards.
 * Starts the threads: call it inside the jail. */
must_check bool http_start(struct http **out, int socket, const struct http_limits *, const struct http_site *, const struct tls_site *tls, struct err *);
/* Runs again what is parked: all of it, or what has waited long enough. */
void http_wake(struct http *, bool all);
/* Waits until something is parked; false: nothing was, for so long. */
bool http_parked_wait(struct http *, int timeout_ms);
/* Lets running requests end; what is parked is answered. */
void http_stop(struct http *);
