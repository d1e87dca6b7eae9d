/*
 * signer/amend.h -- a new version of an issued permit, and the one that it amends.
 *
 * For submit.c (which version it becomes, and may it), and for seal.c (may it still;
 * both change places).  Refusals have their rule: amend-not-issued, amend-other-kind,
 * amend-other-agency, amend-other-number, amend-not-in-force, amend-to-come,
 * amend-many; the register's own: amend-under-way, amend-lost, amend-version-taken.
 *
 * Does not number, seal or record: the callers' units do.  Any thread.
 */
#pragma once

#include "signer/permit_life.h"

/* Of the one that amends. */
struct amending { const char *kind, *agency; struct span given; /* its number, where the kind's comes with it */ };

/* The permit that is amended, and all that became of it, in the order of the log. */
struct amended_change { struct reg_cell cell[PERMIT_CHANGE_CELLS]; };
struct amended {
	struct reg_rows rows, change_rows;
	struct permit_row permit;	/* borrows from rows */
	struct amended_change *change;	/* borrows from change_rows */
	size_t nchanges;
};
void amended_drop(struct amended *);
/* Whom the newer one amends; dropped by the caller, found or not. */
must_check bool amended_by(struct amended *, const struct service *, const struct permit_row *newer, struct err *);
/* As of that day, from what was read: in force, of the kind, by the agency or its successor, nothing to come. */
must_check bool amended_may(const struct amended *, const struct service *, const struct amending *, int32_t day, struct err *);
/* Adds to the unit that issues the newer version: the old one is superseded, its notes stand on the newer. */
void amended_supersede(struct reg_unit *, const struct amended *, const struct permit_row *newer);

/* Of a number: when its first version was issued, and which version is the newest. */
struct number { int32_t first_day; int64_t newest; };

/* What a submission becomes; version 0: it was not looked up, or amends nothing.  Of a
 * permit that the program does not see it is told something only where the submission
 * could amend it: of the same kind, by that one's agency or its successor. */
struct amendment { unsigned char handle[HANDLE_LEN]; int64_t version; int32_t day; /* of the version before */ };
must_check bool amend_submission(struct amendment *, const struct service *, const struct program *, const char *handle_hex, const struct amending *, int32_t today, struct err *);
