/*
 * ca/reissue.h -- when a list is made again: on the day that it is due, soon after
 * something changed, and again and again after a failure.
 *
 * One is made at a time; what waits meanwhile is covered by the next.  Whoever
 * changes something asks after its commit, so that a list made later has it.
 *
 * Not here: what is made (crl_issue.h, ocsp_issue.h), and two authorities over one
 * register, which the register keeps apart.  Any thread.
 */
#pragma once

#include "base/bytes.h"

struct reissue;
struct reissue *reissue_new(void);

/* Something changed: a number that grows, for reissue_begin. */
int64_t reissue_want(struct reissue *);
/* The same, and the timer makes one soon. */
void reissue_ask(struct reissue *);

/* Waits until nobody makes one.  False: what `wanted` is for was made meanwhile
 * (0: never).  True: make one, and say so with reissue_made; what it holds was
 * asked for before *covers.  Either way reissue_end lets the next one in. */
must_check bool reissue_begin(struct reissue *, int64_t wanted, int64_t *covers);
void reissue_made(struct reissue *, int64_t covers, int64_t due);	/* due: when the next one is */
void reissue_end(struct reissue *);

/* A thread that calls make when it is time; gather_ns: how long changes wait for
 * others that come with them.  what: "no CRL" ..., for the log. */
typedef bool reissue_make(void *ctx, int64_t now, struct err *);
void reissue_timer_start(struct reissue *, const char *what, long gather_ns, reissue_make *, void *ctx);
/* Lets the one that is being made become whole; none is begun afterwards. */
void reissue_stop(struct reissue *);
