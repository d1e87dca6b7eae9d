/*
 * api/groups.h -- lines that are answered as they come, some at a time: what batches of
 * submissions (batch.h) and of documents to be judged (checks.h) have in common.
 *
 * Lines are kept until their group is full; then the group is worked on by a few threads
 * and answered, in the order of the lines, before more is taken: whoever sends faster waits.
 * What is kept is a group and the answers, whatever the length.  Every line has one
 * answer: what the work gave with "line" and "status", or its refusal.  A line
 * that found no room for its answer, came after FAILED_IN_A_ROW_MAX that failed for reasons of
 * ours, or whose turn came after the work's time, is answered "ask-again": a batch of slow
 * documents holds its seat and its thread for so long and no longer.
 *
 * One thread at a time gives lines; the work runs on several.
 */
#pragma once

#include "base/json.h"

#define GROUP_LINES 32
#define FAILED_IN_A_ROW_MAX 16

struct group_line { size_t number; struct span text; };	/* number: from 1 */

struct group_work {
	/* A line's answer, an object; false: its refusal, with members of its own in *more, or NULL. */
	bool (*answer)(void *state, json_t **answer, json_t **more, const struct group_line *, struct err *);
	unsigned (*status)(const json_t *answer);
	const struct err_rule *ask_again;
	unsigned crew;			/* lines at once */
	size_t lines_max, line_octets, group_octets;
	unsigned secs;			/* from the first on; a group that has begun is ended */
};

struct groups;
struct groups *groups_new(const struct group_work *, void *state);
void groups_free(struct groups *);

/* A line; empty ones are the caller's to leave out. */
void groups_add(struct groups *, size_t number, struct span text);
/* One that is longer than it may be. */
void groups_add_long(struct groups *, size_t number);
/* Answers what is kept; the answers, JSON Lines, are the caller's afterwards. */
struct buf groups_end(struct groups *);
