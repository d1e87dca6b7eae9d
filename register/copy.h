/*
 * register/copy.h -- every row of one database into another, through the store.
 *
 * Which tables and columns there are, the schema itself says: nothing is listed
 * here that could be forgotten.  The source is read as of one moment, while
 * others write it; the copy is one transaction.  Sessions are left out: they
 * live for minutes and hold what somebody is about to sign.
 *
 * Refuses (ERR_CONFLICT) a target that holds anything.
 */
#pragma once

#include "register/store.h"

must_check bool store_copy(struct store *from, struct store *to, struct err *);
