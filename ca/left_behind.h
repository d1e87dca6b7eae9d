/*
 * ca/left_behind.h -- reservations that could not be voided at once.
 *
 * The register went away in the middle of an issuance, or nobody knows whether
 * it had reserved.  A thread voids them when it is back, so that the request
 * can be approved again and the serial number is on the CRL without a new start
 * of antin-ca.  Kept in memory only: after a start, issue_recover finds them.
 */
#pragma once

#include "ca/issue.h"

struct left_behind *left_behind_new(void);
void left_behind_start(struct authority *);
void left_behind_add(struct authority *, const struct reservation *);
