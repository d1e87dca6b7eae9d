/*
 * api/seats.h -- how many of a thing are open at once, in all and by program: event
 * streams, batches.
 *
 * Any thread.
 */
#pragma once

#include "base/err.h"
#include "base/ossl.h"

#define SEATS_MAX 256

struct seats;
/* full: what who finds none is told.  One of it a process, for ever. */
struct seats *seats_new(unsigned all, unsigned of_program, const struct err_rule *full);
must_check bool seats_take(struct seats *, const unsigned char program[SHA256_LEN], struct err *);
void seats_leave(struct seats *, const unsigned char program[SHA256_LEN]);
