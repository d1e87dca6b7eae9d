/*
 * api/routes.h -- every door of antin-api, in one table.
 *
 * A handler passes octets on to the daemon whose business they are and its
 * answer back; it opens no order, believes no claim and keeps nothing.  What
 * the world may copy is read from the folder `public`.
 *
 * In a pattern {x} stands for one segment of the path; at the end of a row
 * with `rest` it takes all that is left, slashes too.  openapi.yaml says the
 * same in public; a test compares the two.
 */
#pragma once

#include "base/http.h"
#include "base/msg.h"

struct api {
	struct peer *ca, *signer, *verifier, *tsa;
	const char *public;		/* folder */
	struct ocsp_shelf *ocsp;	/* ocsp.h */
	const char *host;		/* as printed on paper: xacthuc.example.vn */
	const char *site;		/* name of the service, for people */
	struct streams *streams;	/* events.h */
	struct seats *batches;		/* batch.h */
	struct seats *checks;		/* checks.h */
	struct seats *signings;		/* reports that are being signed: forward.h */
};

/* Connects to nobody yet; run is the folder of the sockets. */
void api_peers(struct api *, const char *run);

struct call {
	const struct api *api;
	const struct http_request *in;
	struct http_reply *out;
	const char *arg;		/* what {x} stands for; "" without one */
};

/* A body that is taken piece by piece (base/http.h): begin refuses, or makes the work
 * before the body comes; `run` finds it in the request. */
struct route_pieces {
	bool (*begin)(void **work, struct call *, struct err *);
	void (*piece)(void *work, struct span octets);
	void (*drop)(void *work);
};

enum { SLASHES = 1, AT_ONCE = 2 };	/* {x} takes slashes, too; base/http.h */

struct route {
	const char *method, *pattern;
	int how;
	size_t body_max;
	bool (*run)(struct call *, struct err *);
	const char *doc;
	const struct route_pieces *pieces;	/* where body_max is HTTP_PIECES */
};

/* Ends with a row without a method. */
const struct route *routes_all(void);

/* How this machine is laid out is told to the log, not to the world. */
void routes_hide_inside(struct err *);

/* The server's site, whose state is the struct api; proxy: of base/http.h. */
struct http_site routes_site(struct api *, const char *proxy);
