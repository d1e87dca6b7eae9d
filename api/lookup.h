/*
 * api/lookup.h -- a permit looked up by its number and its holder's name, by anybody, of
 * the kinds that say so (policy/kind.h): as JSON, and as a page that needs no script.
 *
 * Number and name are always in a body: an address is written into the logs of every
 * proxy, and names are not for there.  What is told antin-verifier says
 * (verifier/gazette.h), which also counts the misses.
 */
#pragma once

#include "api/routes.h"

bool lookup_run(struct call *, struct err *);
bool lookup_page_run(struct call *, struct err *);
bool lookup_form_run(struct call *, struct err *);
