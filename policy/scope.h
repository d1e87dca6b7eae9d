/*
 * policy/scope.h -- what a program may do, as a security officer's order
 * program.register says it: rights, for agencies (each with all below it) and
 * kinds of permit, until a day.
 *
 * Words as the register keeps them, separated by spaces; the kind "*" is every
 * kind.  It does not say who the program is: whoever reads the row does.
 */
#pragma once

#include "base/bytes.h"

#define RIGHT_SUBMIT "submit"
#define RIGHT_READ "read"
#define RIGHT_REPORT "report"		/* of dossiers: what happened to them */

struct scope {
	char *agencies, *kinds, *rights;
	int64_t expires;
};
void scope_drop(struct scope *);

bool right_known(const char *word);
/* Refused (policy) without the right or after its end. */
must_check bool scope_allows(const struct scope *, const char *right, int64_t now, struct err *);
bool scope_has_agency(const struct scope *, const char *agency);
/* What it has of an agency with all below it (NULL: all that it has): appended as codes,
 * each again with all below it, separated by spaces. */
void scope_put_within(struct buf *, const struct scope *, const char *agency);
bool scope_has_kind(const struct scope *, const char *kind);
