/*
 * api/cli/stored.h -- the permits of a register, judged as they are stored.
 *
 * Read only, beside a register that works, through the verifier's own judge; no
 * worker and no jail, because every octet here was judged before it was recorded
 * (and is one that the log commits to).
 *
 * The anchor is the root that the register publishes; fsck says whether that is
 * the one of its ceremony.  CRLs are those that each permit brings with it, and
 * with STORED_TODAY the published ones, too: then a revocation of yesterday
 * counts.
 *
 * Permits come a few at a time, in the order of their handles (of time, as it
 * happens), so that memory does not grow with the register.  One thread.
 */
#pragma once

#include "register/store.h"
#include "verifier/judge.h"
#include "verifier/right.h"

enum stored_evidence { STORED_THEN, STORED_TODAY };

struct stored { struct store *db; struct policy *policy; struct permit_grammars *grammars; struct evidence *evidence; };
must_check bool stored_open(struct stored *out, const char *database, const char *policy_folder, enum stored_evidence, struct err *);
void stored_drop(struct stored *);

/* One that somebody has signed; borrowed for the call.  number, file and sha256
 * are empty without a seal. */
struct stored_permit {
	struct span handle, state, number, agency, kind;
	struct span content, officers, file, sha256;
	int64_t recorded;		/* when the file was; INT64_MIN without a seal */
};
/* As it is in the file, or would be: appended. */
must_check bool stored_file(struct buf *out, const struct stored_permit *, struct err *);
/* Gives a report, always; file is what stored_file gave.  known_since: as of judge.h. */
void stored_judge(struct report *out, const struct stored *, const struct stored_permit *, struct span file, int64_t at, int64_t known_since);

/* A text of a row, cut to what has room; "" where there is none. */
void stored_text(char *out, size_t size, const struct value *);

/* false ends it with that refusal.  It may not use the database. */
typedef bool stored_each(void *ctx, const struct stored_permit *, struct err *);
/* Of the next STORED_PAGE permits behind *after (HANDLE_LEN octets; zeros: from
 * the first), which moves on; *n counts them: 0 after the last.  NEWEST: as the copy whose
 * proofs last longest (signer/renew.h). */
#define STORED_PAGE 64
enum stored_copy { STORED_ISSUED, STORED_NEWEST };
must_check bool stored_page(const struct stored *, enum stored_copy, unsigned char after[HANDLE_LEN], stored_each *, void *ctx, uint64_t *n, struct err *);

/* An appointment of who signed as the n-th officer (from 1) that was there when that was
 * recorded, the oldest first; entry -1: there was none.  Borrowed for the call. */
struct stored_right { int64_t n; struct right_held held; int64_t entry; struct span decision, title; };
typedef bool stored_right_each(void *ctx, const struct stored_right *, struct err *);
must_check bool stored_rights(const struct stored *, const unsigned char handle[HANDLE_LEN], stored_right_each *, void *ctx, struct err *);
