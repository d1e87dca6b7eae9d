/*
 * base/fault.h -- named places where a test can end the process.
 *
 * Empty in every build that is shipped.  In a build with ANTIN_FAULTS (tests
 * only) two things arm a place:
 *
 *  - ANTIN_FAULT=name:n kills the process with SIGKILL when it reaches the
 *    place of that name for the n-th time: for a test of one process.
 *  - ANTIN_FAULT_PAGE=file, for a whole authority (tests/crash/sweep.py): every
 *    process maps that file when it begins, before any jail, and the test arms
 *    in it, while all are running, a place of one program.  What fired is armed
 *    no more, so that the process started in its place lives.  Each place that
 *    is reached is written there, as "program TAB place", and each note as
 *    "program TAB !what TAB octets in hex": how a test proves that a place was
 *    reached, and knows what a token was asked to sign.
 *
 * A program is called after its section of the configuration.
 */
#pragma once

#include "base/bytes.h"

#ifdef ANTIN_FAULTS
void fault_point(const char *name);
void fault_step(const char *name);		/* a point, remembered ... */
void fault_steps(const char *suffix);		/* ... as "name suffix" for each, by this thread ... */
void fault_steps_end(const char *suffix);	/* ... and forgotten */
void fault_path(const char *what, const char *path);	/* "what" and the path's end, numbers as N */
void fault_note(const char *what, struct span);
#define FAULT_POINT(name) fault_point(name)
#define FAULT_STEP(name) fault_step(name)
#define FAULT_STEPS(suffix) fault_steps(suffix)
#define FAULT_STEPS_END(suffix) fault_steps_end(suffix)
#define FAULT_PATH(what, path) fault_path(what, path)
#define FAULT_NOTE(what, span) fault_note(what, span)
#else
#define FAULT_POINT(name) ((void)(name))
#define FAULT_STEP(name) ((void)(name))
#define FAULT_STEPS(suffix) ((void)(suffix))
#define FAULT_STEPS_END(suffix) ((void)(suffix))
#define FAULT_PATH(what, path) ((void)(path))
#define FAULT_NOTE(what, span) ((void)0)
#endif
