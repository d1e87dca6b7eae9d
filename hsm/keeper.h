/*
 * hsm/keeper.h -- the process that lives as long as antin-hsm: it holds the
 * PIN, the access list and the deadline, owns the listening sockets, and never
 * reads a byte that a peer sent nor runs a line of the vendor's module.
 *
 * Invariants:
 * 1. At most one module child; it alone uses the token.
 * 2. Somebody always serves: the module child, or a deputy that says why not,
 *    or the sockets' backlog while a new child starts.
 * 3. A PIN is tried again only while the token counts it as fine, and never
 *    after the token once refused it.
 * 4. A call into the module that passes its deadline ends the child, not the
 *    service.
 *
 *	start() -> STARTING --ready--> serving --died, hung, token gone--> start()
 *	             |  failed, late                (lived < STEADY_MS: wait first)
 *	             v
 *	          deputy serves; after a pause, growing to RETRY_MAX_MS: start()
 */
#pragma once

#include "hsm/settings.h"

struct keeper_start {
	bool attended;		/* a person has just given the PIN */
	bool begin_log;		/* kind log: the log is new, begin its memory */
};

/* Serves until SIGTERM or SIGINT.  The first start must succeed; its refusal is
 * the caller's. */
must_check bool keeper_run(const struct settings *, struct secret *pin, struct keeper_start, struct err *);
