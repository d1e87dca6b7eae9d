/*
 * api/cli/portion.h -- many submissions, one a line, handed in by portions (api/batch.h):
 * a portion's answers find room, and between two of them a person sees how far it is.
 *
 * Blank lines are passed over and counted.  What a portion's answers had no room for after
 * all ("ask-again") begins the next one.  The lines' idempotency keys are made of their
 * content: where the portions begin changes nothing, and what is sent twice is recorded once.
 *
 * Each line is answered once, in order: a service that says less, or of other lines, is not
 * believed, and what it left out is not taken for recorded.
 */
#pragma once

#include "api/cli/http.h"

/* So fails what is to be sent again: this text alone, others may be answered. */
extern const struct err_rule portion_again;

/* "line" in the answer counts the whole text's. */
typedef bool line_answered(void *ctx, json_t *answer, struct err *);

struct portions {
	const struct http_service *service;
	const char *key;		/* the lines' keys begin with it */
	struct span rest;		/* not answered yet */
	size_t lines;			/* before it */
	line_answered *answered;	/* false ends it */
	void *ctx;
};

/* Hands in what comes first of the rest, and moves it on; false: the rest stays as it was. */
must_check bool portion_send(struct portions *, struct err *);
