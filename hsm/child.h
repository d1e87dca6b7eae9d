/*
 * hsm/child.h -- the processes that the keeper forks, and the page that they
 * share with it.
 *
 * The module child loads the PKCS#11 module, logs in, enters its jail, says so
 * in the page and serves.  Around every call into the module it leaves the time
 * in a slot of the page, so that the keeper sees one that hangs.  When the
 * token is gone it answers that, and ends: a new process is the cure.
 *
 * The deputy serves while there is no module child: it holds nothing and
 * answers every request with the sentence in the page.
 */
#pragma once

#include "hsm/settings.h"

#include <stdatomic.h>

#define PAGE_SLOTS 128		/* >= connections: one call each */

enum child_state { CHILD_STARTING, CHILD_READY, CHILD_FAILED };

struct page {
	_Atomic int state;
	_Atomic bool pin_refused;		/* the token said no to this PIN: never again */
	_Atomic int64_t started[PAGE_SLOTS];	/* clock_mono_ms of a running call, 0: none */
	struct err why;				/* when CHILD_FAILED; what a deputy answers */
};

struct child_job {
	const struct settings *settings;
	struct serve *serve;
	struct page *page;
	struct secret *pin;		/* the child wipes its copy */
	int bell;			/* eventfd: written when page->state changed */
	bool attended;			/* a person has just given the PIN */
	bool begin_log;			/* kind log: the log is new */
};

/* The routes for these settings: the sockets that the keeper opens. */
const struct serve_route *child_routes(const struct settings *, size_t *n);

/* Run in a fresh fork; neither returns. */
void child_run(const struct child_job *);
void deputy_run(const struct child_job *);
