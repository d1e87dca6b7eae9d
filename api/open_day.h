/*
 * api/open_day.h -- what a day made public, as a file and its detached signature
 * (signer/open_day.h), for everybody.
 *
 * Behind `?after=` the file goes on that did not fit into one.  Nothing is in search
 * engines: who wants to find a person has the permit, or its number and name.
 */
#pragma once

#include "api/routes.h"

bool open_day_run(struct call *, struct err *);
bool open_day_signature_run(struct call *, struct err *);
