/*
 * base/crew.h -- n pieces of work shared by a few threads, the caller's among
 * them; returns when all are done.
 *
 * Which thread does which piece is not told, nor in which order; a piece that
 * fails says so in the state.  When no thread can be made the caller does all.
 */
#pragma once

#include <stddef.h>

typedef void crew_piece(void *state, size_t i);
void crew_run(unsigned threads, size_t n, crew_piece *, void *state);
