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
};

/* Connects to nobody yet; run is the folder of the sockets. */
void api_peers(struct api *, const char *run);

struct call {
	const struct api *api;
	const struct http_request *in;
	struct http_reply *out;
	const char *arg;		/* what {x} stands for; "" without one */
};

struct route {
	const char *method, *pattern;
	bool rest;
	size_t body_max;
	bool (*run)(struct call *, struct err *);
	const char *doc;
};

/* Ends with a row without a method. */
const struct route *routes_all(void);

/* The two functions of a struct http_site whose state is a struct api. */
bool routes_admit(void *api, const struct http_request *, size_t *body_max, struct http_reply *);
void routes_run(void *api, const struct http_request *, struct http_reply *);
