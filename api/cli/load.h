/*
 * api/cli/load.h -- many HTTP/1.1 connections at once, kept alive, each sending
 * its next request as soon as it has its answer.  For `antin bench` only: one
 * thread, loopback, answers with Content-Length.
 */
#pragma once

#include "base/bytes.h"

#define LOAD_CONNECTIONS_MAX 1024

struct load {
	uint16_t port;			/* on 127.0.0.1 */
	unsigned connections;
	size_t n;			/* requests in all */
	/* The whole i-th request (load_post writes one). */
	void (*request)(void *state, size_t i, struct buf *out);
	/* false ends the load. */
	bool (*answer)(void *state, size_t i, unsigned status, struct span body, struct err *);
	void *state;
};

must_check bool load_run(double *secs, const struct load *, struct err *);
void load_post(struct buf *out, const char *path, const char *type, struct span body);
/* extra: whole header lines. */
void load_post_with(struct buf *out, const char *path, const char *type, const char *extra, struct span body);
must_check bool load_free_port(uint16_t *, struct err *);
/* Waits until something listens there. */
must_check bool load_wait(uint16_t port, int timeout_ms, struct err *);
