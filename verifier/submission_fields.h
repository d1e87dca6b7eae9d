/*
 * verifier/submission_fields.h -- the fields of a kind, out of a submission's
 * JSON into canonical XML: the half of submission.c that walks the tree.
 *
 * For submission.c alone.
 */
#pragma once

#include "verifier/submission.h"

/* One reading: what is being built, by which policy, on which day. */
struct reading { struct submission *s; const struct policy *policy; int32_t today; };

/* What is spoken of: as people find it ("chu_dau_tu[1].ho_ten"), as programs do
 * (RFC 6901: "/chu_dau_tu/0/ho_ten"), what the clerk calls it, and the field, NULL
 * for the head of a submission.  Its strings are its own. */
struct spot { char *field, *path, *vi, *en; const struct field *f; };
struct spot spot_new(const char *field, const char *path, const char *vi, const char *en);
void spot_drop(struct spot *);

/* Appends {"field","vi","en"}; vi and en are given away. */
void submission_note(json_t *list, const char *field, char *vi, char *en);
/* Problems are collected, up to a number; false always. */
bool submission_problem(struct reading *, const struct spot *, enum field_fault, const char *what);
/* Text as it will be signed: NFC, nothing that deceives, not empty. */
must_check bool submission_text(struct buf *out, struct reading *, const json_t *, const struct spot *, bool lines);
/* The elements of a group, in the order of the kind, whatever the order of the
 * JSON. */
must_check bool submission_group(struct buf *out, struct reading *, const struct field *group, const json_t *, const struct spot *);
