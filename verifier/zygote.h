/*
 * verifier/zygote.h -- a process a document.
 *
 * The zygote is single-threaded, jailed, and has loaded what every worker
 * needs (policy, anchors, CRLs).  For each piece of work it forks a worker,
 * which takes away from itself all but computing, does the one piece, answers
 * and exits.  What a hostile document does to its worker no other document
 * sees; and such a worker has less of the machine than a lasting one, so that
 * a flood of strangers' documents holds up nobody who asks about a known one.
 *
 * A lasting worker does up to 200 pieces of one type, one after the other.  It is
 * for bytes that Antin made itself, and for work whose answer the asker proves
 * on its own copy (csr.h): where one document could harm the next, it is not
 * asked for.
 *
 * The caller has the deadline and the kill: before the worker begins, the
 * caller holds its pidfd.  A worker that dies or stalls costs one ERR_LATER
 * sentence.
 *
 * zygote_do may be called by any number of threads.
 */
#pragma once

#include <sys/types.h>

#include "base/msg.h"

struct zygote;

/* One piece of work in the worker: request in, reply out; as a serve handler. */
typedef bool zygote_work(void *state, const struct msg *in, struct msg *out, struct err *e);

struct zygote_settings {
	void *state;			/* loaded before the fork */
	zygote_work *work;
	uint64_t memory_max;		/* of a worker */
	unsigned cpu_secs;
	uid_t uid;			/* 0: keep */
};

/* Forks the zygote; call before any thread is started. */
must_check bool zygote_start(struct zygote **out, const struct zygote_settings *, struct err *);
void zygote_stop(struct zygote *);
enum zygote_worker { ZYGOTE_OWN, ZYGOTE_LASTING };
/* Takes the request's descriptors along.  reply has the work's own type. */
must_check bool zygote_do(struct zygote *, enum zygote_worker, struct msg *request, struct msg *reply, size_t reply_max, int timeout_ms, struct err *);

/* A zygote forked by one process and used by another: release gives its control
 * descriptor and forgets it, adopt takes one. */
int zygote_release(struct zygote *);
struct zygote *zygote_adopt(int control);
/* false once the zygote itself is gone. */
bool zygote_alive(const struct zygote *);
