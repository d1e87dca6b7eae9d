/*
 * api/events.h -- the event feed: what happened to permits and dossiers, for
 * programs with the right to read (signer/feed.h has what, and for whom).
 *
 *	GET /v1/events?after=N			what there is, at once
 *	GET /v1/events?after=N&wait=60		the same, as soon as there is anything
 *	Accept: text/event-stream		the same, on and on; Last-Event-ID is N
 *
 * Who waits costs a connection and no thread: one thread of this module asks
 * antin-signer whether the log grew, while anybody waits, and wakes them all.
 * Rights are looked at again each time: a program narrowed while it waits sees
 * nothing that it may not see any more.
 */
#pragma once

#include "api/routes.h"

#define EVENTS_WAIT_MAX 60		/* seconds */
#define STREAMS_MAX 256			/* at once */
#define STREAMS_OF_PROGRAM 4

bool events_run(struct call *, struct err *);

/* The streams that are open, counted by program; one of it a process. */
struct streams *streams_new(void);
/* The thread; call it inside the jail.  The server must be there until it ended. */
must_check bool events_watch(const struct api *, struct http *, struct err *);
void events_watch_end(const struct api *);
