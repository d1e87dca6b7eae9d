/*
 * verifier/right.h -- by what right an officer signed: an appointment, as the
 * register has it, held against a signature.
 *
 * The register's read known.appointed gives the appointments of who signed that were
 * there when the signature was recorded.  Who may sign now is another question
 * (signer/turn.h).
 *
 * Pure; any thread.
 */
#pragma once

#include "base/bytes.h"

/* Days; INT64_MAX: none.  Ended: on that day it was no more. */
struct right_held { struct span person, agency, mode, kinds; int64_t from, to, ended, authority_ended; };
struct right_used { const char *person, *mode, *agency, *kind; int64_t day; };
bool right_covers(const struct right_held *, const struct right_used *);
