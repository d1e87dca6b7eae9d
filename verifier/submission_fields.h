/*
 * verifier/submission_fields.h -- the fields of a kind, out of a submission's
 * JSON into canonical XML: the half of submission.c that walks the tree.
 *
 * For submission.c alone.
 */
#pragma once

#include "verifier/submission.h"

/* One reading: what is being built, by which policy. */
struct reading { struct submission *s; const struct policy *policy; };

/* Appends {"field","vi","en"}; vi and en are given away, here and below. */
void submission_note(json_t *list, const char *path, char *vi, char *en);
/* Problems are collected, up to a number; false always. */
bool submission_problem(struct reading *, const char *path, char *vi, char *en);
/* Text as it will be signed: NFC, nothing that deceives, of sensible length. */
must_check bool submission_text(struct buf *out, struct reading *, const json_t *, const char *path, const char *vi, const char *en, size_t chars_max);
/* The elements of a group, in the order of the kind, whatever the order of the
 * JSON. */
must_check bool submission_group(struct buf *out, struct reading *, const struct field *group, const json_t *, const char *path);
