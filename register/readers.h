/*
 * register/readers.h -- the connections that reads of the database take turns on,
 * so that a long list keeps nobody else waiting.
 *
 * A few, opened together; who takes one gives it back.  The one that was used last
 * is the next, as its pages are at hand.  Any thread.
 *
 * Not here: what is read (run.h), and the one connection that writes.
 */
#pragma once

#include "register/store.h"

#include <pthread.h>

#define READERS 4
struct readers { pthread_mutex_t lock; pthread_cond_t back; struct store *idle[READERS]; size_t n; };

/* On a refusal some may be open: readers_close. */
must_check bool readers_open(struct readers *, const char *database, struct err *);
/* When all are back. */
void readers_close(struct readers *);
/* Waits until one is idle. */
struct store *readers_take(struct readers *);
void readers_give(struct readers *, struct store *);
