/*
 * register/turns.h -- whose turn it is to write a file: first come, first served.
 *
 * SQLite lets one connection write at a time and the others ask again now and
 * then; beside one that hardly pauses, the others would never be heard.  The
 * connections of this process take turns instead.  Other processes only read.
 * Not here: the lock itself, which is SQLite's, nor a server's, which has its own.
 *
 * A turn is taken by a connection, which holds one at most.
 */
#pragma once

struct turns;

/* The turns of this file (by the path as given); released by turns_drop. */
struct turns *turns_of(const char *path);
void turns_drop(struct turns *);
void turns_take(struct turns *);	/* waits */
void turns_give(struct turns *);
