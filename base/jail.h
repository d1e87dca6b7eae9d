/*
 * base/jail.h -- what a process gives up before it listens.
 *
 * jail_enter() is called once, after files and sockets are open and modules
 * are loaded, before the first byte of a peer is read: ids dropped, core dumps
 * off, no new privileges, rlimits, Landlock over the named paths, seccomp over
 * the named abilities.  Each step is fatal to the start; without Landlock a
 * process refuses to start (ABI 2 is enough: what it lets through, seccomp
 * denies).  Before any of it a process closes every descriptor it does not
 * know (jail_close_others).
 *
 * What is left must be listed: abilities are bits, paths are a table.
 * A worker has no ability and no path: it can compute, read and write
 * descriptors it holds, allocate, and exit.
 */
#pragma once

#include <sys/types.h>

#include "base/bytes.h"

enum jail_ability {
	JAIL_THREADS  = 1 << 0,		/* clone of threads */
	JAIL_FORK     = 1 << 1,		/* fork, wait, kill own children */
	JAIL_UNIX     = 1 << 2,		/* socket + connect, AF_UNIX only; accept */
	JAIL_INET     = 1 << 3,		/* accept and use inet sockets already open */
	JAIL_CONNECT  = 1 << 4,		/* inet connect, DNS (courier) */
	JAIL_READ     = 1 << 5,		/* open for reading (below its paths) */
	JAIL_WRITE    = 1 << 6,		/* create, rename, unlink, truncate (below its paths) */
	JAIL_EXEC     = 1 << 7,		/* execve (antin up only) */
	JAIL_MEMFD    = 1 << 8,		/* memfd_create */
	JAIL_CLOCK    = 1 << 9,		/* ntp_adjtime, read-only (tsa) */
};

struct jail_path { const char *path; bool write; };	/* table ends with NULL */

struct jail {
	unsigned abilities;			/* or of jail_ability */
	const struct jail_path *paths;		/* may be NULL; a missing path is fatal */
	uid_t uid; gid_t gid;			/* 0: keep */
	uint64_t memory_max;			/* RLIMIT_AS in bytes; 0: none (ASan builds: ignored) */
	unsigned files_max;			/* RLIMIT_NOFILE; 0: keep */
	unsigned cpu_secs;			/* RLIMIT_CPU; 0: none */
};

/* What names and certificates of servers are looked up in, and one file more ("":
 * none); what this machine lacks it does without.  Ends with NULL. */
#define JAIL_OUTWARD_MAX 16
void jail_outward(struct jail_path out[JAIL_OUTWARD_MAX], const char *more);

must_check bool jail_enter(const struct jail *, struct err *);
/* Compiles the filter of these abilities now, so that children forked later
 * only load it: a millisecond becomes microseconds for each. */
must_check bool jail_prepare(unsigned abilities, struct err *);
/* Closes everything from 3 up but those in keep. */
void jail_close_others(const int *keep, size_t n);
/* Dies when the parent dies (SIGKILL); call right after fork. */
void jail_die_with_parent(void);
