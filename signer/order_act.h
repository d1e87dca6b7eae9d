/*
 * signer/order_act.h -- one order about permits while it is carried out: who
 * signed it, its subjects, the unit that records it with its effect.
 *
 * For the acts (orders.c: seal, erase, open-book; order_change.c: what becomes of
 * an issued permit, return; reaffirm.c), in their order of use: act_subjects, the unit, then
 * act_run.  Refusals have their sentence; nothing is done before act_run.
 */
#pragma once

#include "signer/permit_life.h"

struct acting {
	const struct service *s;
	struct order order;
	const struct order_verb *verb;
	struct active_cert signer;
	struct reg_unit unit;
	struct span cms;
	int64_t now;
	struct reg_rows *rows;		/* of the subjects */
	bool (*ordered_upon)(struct buf *, const struct permit_row *, struct err *);
	struct permit_row *permit;	/* one a subject */
};

/* Role and scope of who signed, for one agency. */
must_check bool act_may(const struct acting *, const char *agency, struct err *);
/* The permits as the signer saw them, and the order in the unit. */
must_check bool act_subjects(struct acting *, struct err *);
/* Runs the unit; {"results":[{"handle","done":true}]} for each subject. */
must_check bool act_run(struct acting *, json_t **out, struct err *);

/* Runs the unit that reserves the seal of each subject; then the seals.  next: what is said of
 * one whose seal follows. */
must_check bool act_seal_reserved(struct acting *, json_t **out, enum seal_work, const char *next, struct err *);

/* Text of a person: 1 to `most` characters; lines: on several. */
must_check bool act_text(const char *text, size_t most, bool lines, const char *what, struct err *);
#define DECISION_MAX 100	/* characters */

/* reaffirm.c */
bool act_reaffirm(struct acting *, json_t **out, struct err *);
/* order_change.c */
bool act_change(struct acting *, json_t **out, struct err *);
bool act_return(struct acting *, json_t **out, struct err *);
