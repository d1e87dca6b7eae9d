/*
 * register/missing.h -- entries whose records are not there, until an entry
 * says why: that they were lost (type 18) or erased (type 16).
 *
 * A sorted list of ranges that do not touch.  Zeroed is the empty one.
 */
#pragma once

#include "base/bytes.h"

struct missing { struct { uint64_t first, last; } *range; size_t n; };

void missing_drop(struct missing *);
/* idx is greater than all before it. */
void missing_add(struct missing *, uint64_t idx);
/* Each of first to last must be missing (ERR_STORE), and is explained then. */
must_check bool missing_explain(struct missing *, uint64_t first, uint64_t last, struct err *);
