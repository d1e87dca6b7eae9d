/* tests/register/unit.h -- a client's unit done by a runner of this process, past the
 * sockets. */
#pragma once

#include "register/client.h"
#include "register/run.h"

/* The octets that travel; no more verbs are put to it. */
void unit_body(struct buf *out, struct reg_unit *);
/* result: may be NULL. */
must_check bool unit_run(struct runner *, unsigned callers, struct reg_unit *, struct buf *result, struct err *);
