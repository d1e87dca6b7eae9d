/*
 * register/missing.h -- entries whose records are not there, and whether an entry
 * says why: that they were lost (type 18) or erased (type 16).
 *
 * A sorted list of ranges that do not overlap.  Zeroed is the empty one.  What is
 * explained may be explained again: a record that was erased after a backup is
 * one of those that the restore of it lost.
 */
#pragma once

#include "base/bytes.h"

struct missing { struct missing_range { uint64_t first, last; bool explained; } *range; size_t n; };

void missing_drop(struct missing *);
/* idx is greater than all before it. */
void missing_add(struct missing *, uint64_t idx);
/* Each of first to last must be missing (ERR_STORE), and is explained then. */
must_check bool missing_explain(struct missing *, uint64_t first, uint64_t last, struct err *);
/* Is there one that no entry explains?  *idx: the first. */
bool missing_unexplained(const struct missing *, uint64_t *idx);
