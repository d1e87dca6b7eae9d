/*
 * policy/code_list.h -- a list of codes with the days on which each is used:
 * policy/codes/<id>.xml.
 *
 * A code never changes its meaning and never comes back: one that is used no
 * more gets a `to` and stays, so that what names it can still be read.  A field
 * of type code names its list; what was signed is not looked up again.
 */
#pragma once

#include "policy/file.h"

struct code { char *value, *vi, *en; int32_t from, to; };	/* to: the last day */
struct code_list { char *id, *vi, *en; struct code *code; size_t n; };

must_check bool code_list_read(struct code_list *out, const struct policy_file *, struct err *);
void code_list_free_members(struct code_list *);

/* NULL when there is none.  len: of the value, which need not end there. */
const struct code *code_find(const struct code_list *, const char *value, size_t len);
bool code_used_on(const struct code *, int32_t day);
