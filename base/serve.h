/*
 * base/serve.h -- the door of a daemon: one listening socket a caller, one
 * thread a connection, the permission column checked before a handler runs.
 *
 * Sockets are RUN/<daemon>.<caller>.sock.  When the program was started as
 * root each belongs to its caller's user id (uid_base + number of the caller)
 * with mode 0600, and the id at the other end is checked on accept; started as
 * an ordinary user, all processes share one id and the socket is the only
 * difference.
 *
 * A handler gets the request, fills the reply (already of the right type) and
 * returns true, or fails; the refusal is sent for it.  Handlers run on many
 * threads at once.
 */
#pragma once

#include <sys/types.h>

#include "base/msg.h"

struct place { const char *run; uid_t uid_base; };	/* uid_base 0: one id for all */

/* "api", "ca", "signer" ... */
const char *caller_word(enum msg_caller);
/* The user id of a caller's process at this place, 0 where there is one id. */
uid_t place_uid(const struct place *, enum msg_caller);
/* RUN/<daemon>.<caller>.sock, malloc'd. */
char *place_socket(const struct place *, const char *daemon, enum msg_caller);

typedef bool serve_handler(void *state, enum msg_caller who, const struct msg *in,
    struct msg *out, struct err *);

struct serve_route { struct msg_type type; serve_handler *run; };

struct serve;
/* Opens one socket for each caller named in any route.  Routes and state are
 * borrowed for the life of the process.  max: largest frame accepted and sent;
 * connections: how many at once, further ones wait in the backlog. */
must_check bool serve_new(struct serve **out, const struct place *, const char *daemon,
    const struct serve_route *, size_t nroutes, size_t max, unsigned connections, struct err *);
/* Serves until SIGTERM or SIGINT (blocked and read as a descriptor), then lets
 * running handlers end and returns true. */
must_check bool serve_run(struct serve *, void *state, struct err *);
