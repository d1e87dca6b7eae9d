/*
 * verifier/reason.h -- why a verdict is what it is, and what else there is to say of a
 * document: one table of sentences, in the three languages.
 *
 * A value in a sentence, {1} to {3}, is said as it is in all of them.  What OpenSSL or a
 * parser said stands in the English sentence alone.
 */
#pragma once

#include "base/json.h"
#include "policy/lang.h"
#include "policy/verdict.h"

#define REASON_TEXT 512		/* octets of a sentence in one language */
#define REPORT_REASONS_MAX 12

struct reason { char vi[REASON_TEXT], en[REASON_TEXT], fr[REASON_TEXT]; };
struct reasons { struct reason at[REPORT_REASONS_MAX]; size_t n; };

/* The first sentences are those of the sub-indications, by their numbers. */
enum said {
	SAID_NO_SIGNATURE = SUB_INDICATIONS,
	SAID_NO_SIGNATURE_FOUND,	/* what was looked for */
	SAID_NO_FORM,			/* a format, why */
	SAID_NO_DSIG_FORM,		/* why */
	SAID_NO_PERMIT,
	SAID_OLD_ALGORITHM,
	SAID_STAMP_PROVES_NOTHING,	/* which, why */
	SAID_HELD,			/* since when */
	SAID_LIST_LASTS,		/* until when */
	SAID_REAFFIRMED,		/* decision, day as people write it, day */
	SAID_NO_STATUS_LIST,
	SAID_STATUS_LIST_STALE,
	SAID_BEFORE_FIRST_DAY,
	SAID_TIER_LIST_OVER,
	SAID_OTHER_CONTENT,
	SAID_CMS_PASSED_OVER,
	SAID_NO_CRL_PASSED_OVER,
	SAID_CONTENT_UNSIGNED,		/* where */
	SAID_FILE_UNSIGNED,		/* which */
	SAID_PARTLY_SIGNED,
	SAID_SIGNED_PART,		/* whose signature, what */
	SAID_ALL_SIGNED,
	SAID_COMMENTS_UNSIGNED,
	SAID_CERTIFICATE_UNSIGNED,
	SAID_XADES_PASSED_OVER,
	SAID_COUNTERSIGNS,		/* whose signature */
	SAID_TOO_MANY_SIGNERS,
	SAID_CONTENT_NOT_INSIDE,
	SAID_ENTRY_UNSIGNED,		/* which */
	SAID_ENTRIES_PARTLY_SIGNED,
	SAID_ARCHIVE_PASSED_OVER,
	SAID_EXISTED,			/* algorithm, digest, when */
	SAID_NO_RIGHT,
	SAID_OTHER_OCTETS,
	SAID_REAFFIRMED_COPY,
	SAID_NO_REGISTER,
	SAID_SAME_OCTETS,
	SAIDS
};

/* The values, then NULL; beyond REPORT_REASONS_MAX nothing is added. */
void reason_add(struct reasons *, enum said, ...) __attribute__((sentinel));
/* The sentence of a sub-indication; detail (English, may be NULL) goes behind it. */
void reason_sub(struct reasons *, enum sub_indication, const char *detail);
/* {"vi","en","fr"}; a list of them. */
json_t *reason_json(const struct reason *);
json_t *reasons_json(const struct reasons *);
