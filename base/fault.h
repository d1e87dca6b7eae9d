/*
 * base/fault.h -- named places where a test can end the process.
 *
 * Empty in every build that is shipped.  In a build with ANTIN_FAULTS (tests
 * only) the environment variable ANTIN_FAULT=name:n kills the process with
 * SIGKILL when it reaches the place of that name for the n-th time, and
 * ANTIN_FAULT_TRACE=file appends every name reached, so that a test can prove
 * that each was.
 */
#pragma once

#define FAULT_EXIT 137		/* where the jail forbids kill: ends as abruptly */

#ifdef ANTIN_FAULTS
void fault_point(const char *name);
#define FAULT_POINT(name) fault_point(name)
#else
#define FAULT_POINT(name) ((void)(name))
#endif
