/*
 * api/cli/permit_handles.h -- the permits that a command is about: those of its words, then
 * those of --handles FILE, the first word of each line (what submit and list print is taken
 * as it is).
 *
 * Each stands once, where it was first named.  What is no handle is refused, by its place.
 */
#pragma once

#include "api/cli/args.h"
#include "base/json.h"

/* Appends them as texts, in small digits. */
must_check bool permit_handles(json_t *out, const struct args *, struct err *);
