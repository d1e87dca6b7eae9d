/*
 * verifier/verdicts.h -- what was judged of the register's own files a moment ago.
 *
 * A permit on a wall is looked at again and again.  Remembered is what a worker said
 * of a whole file, under all that it follows from: the file's SHA-256, since when the
 * register has it, the day that it was asked for.  The evidence is the same by whose
 * memory it is: each zygote's own (nursery.h), so that a newer CRL begins with none.
 * What the register says of the permit (withdrawn, suspended, by what right it was
 * signed) is no part of it and is asked each time.
 *
 * Only what passed, and only for VERDICTS_SECS: a report says as of when it judges.
 * VERDICTS_PLACES reports of VERDICTS_LEN_MAX octets, a newer one in an older's place.
 *
 * Nothing of what strangers send comes here: a file that the register does not have
 * meets a process of its own, whose word is not kept.  Any thread.
 */
#pragma once

#include "base/ossl.h"

#define VERDICTS_PLACES 64
#define VERDICTS_LEN_MAX (16u << 10)
#define VERDICTS_SECS 60

struct verdicts;
struct verdicts *verdicts_new(void);
void verdicts_free(struct verdicts *);

struct verdict_of { unsigned char sha256[SHA256_LEN]; int64_t since; int32_t day; };
/* Appends the report; now is seconds of any steady clock, the same for both. */
bool verdicts_find(struct buf *report, struct verdicts *, const struct verdict_of *, int64_t now);
/* One that is too long is not kept. */
void verdicts_keep(struct verdicts *, const struct verdict_of *, struct span report, int64_t now);
