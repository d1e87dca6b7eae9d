/*
 * api/cli/question.h -- a file of the watched folder: its octets become the lines of a batch
 * (api/batch.h), and the answer gets the form that the question had.
 *
 * Without a code page the text is UTF-8, or UTF-16 with its byte-order mark; with one
 * (base/code_page.h) it is in that and in nothing else, and each of its submissions gets
 * the member "converted".  Nothing is guessed.  Pure.
 */
#pragma once

#include "base/bytes.h"

struct question {
	const char *page;	/* of the folder; NULL: Unicode */
	size_t form;		/* of Unicode; 0 before it is read */
};

#define QUESTION_LINES_MAX 10000
/* many: one submission a line, up to QUESTION_LINES_MAX, else one on however many.  Refused: text in another form, one
 * that is no JSON, none at all.  A line of many that is no JSON the service refuses, by
 * its number. */
must_check bool question_lines(struct buf *lines, struct question *, struct span octets, bool many, struct err *);
/* Appends what stands before the first answer. */
void question_mark(struct buf *out, const struct question *);
/* Appends an answer, JSON in UTF-8; what a code page cannot say becomes \uXXXX. */
void question_tell(struct buf *out, const struct question *, struct span answer);
