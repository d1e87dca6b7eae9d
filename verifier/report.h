/*
 * verifier/report.h -- the result of a judgement, and its one JSON form.
 *
 *	{"verdict":"TOTAL-PASSED","sub":"","signature":"passed",
 *	 "in_force":{"answer":"yes","as_of":...,"from":...,"until":...},
 *	 "tier":"demonstration","reasons":[{"vi","en","fr"}],"remarks":[...],
 *	 "permit":{"handle","kind","number","agency","dossier","holder","day",...},
 *	 "scope":"full","signatures":[{"id","verdict","sub","signer":{...},"issuer",
 *	 "claimed","proven","proof","archived","integrity","certificate":{...},"reasons",
 *	 ?"appointed" (of an officer, by the broker: known.h),
 *	 ?"reaffirmed" (of an officer: true, and the document does not fail for it)}],
 *	 "sha256":...,"answer":{...}}
 *
 * "scope" is full, partial or, of what did not pass, none.  Of a container (asic.h) it has
 * "files":[{"name","sha256","signed_in":[..]}], and each signature "file".
 *
 * And "policy":{"id","sha256"}, "judged": by which rules, as of when.  Where it was asked for, each
 * signature has "used":{"path":[certificates],"status":[{"serial","state","as_of","crl"}]}, in base64 of
 * DER; a CRL beyond REPORT_CRL_MAX is told by its SHA-256 alone.
 *
 * Of a foreign document (cades.h, dsig.h, asic.h, tst_judge.h) it has "format", too; "permit" and "answer", which
 * speak of permits, are null, and whether it is in force is unknown.
 *
 * Where a tier list is in force (tier_list.h) it has "tiers":[{"tier","vi","en","verdict","sub"}], the
 * verdict under each, our own anchors' first as "own", and "tier_list":{"version","until","sha256"}.
 *
 * "permit" is there only when every signature holds and leads to an anchor:
 * nobody is shown content that anybody could have written.
 *
 * "signature" is the word of the command-line contract: passed, failed or
 * indeterminate; report_exit tells its exit code.
 */
#pragma once

#include "base/json.h"
#include "policy/policy.h"
#include "verifier/reason.h"
#include "verifier/xades_write.h"

#define REPORT_CRL_MAX (256u << 10)	/* octets */
#define REPORT_SIGNATURES_MAX 16	/* officers, the seal, what reaffirms; signers of a foreign document */
_Static_assert(XADES_OFFICERS_MAX + 2 <= REPORT_SIGNATURES_MAX, "room for all signatures of a permit");

enum proof { PROOF_NONE = 0, PROOF_STAMP, PROOF_LOG };

struct report_signature {
	char id[24], file[204];		/* file: in which of a container it stands; "" */
	enum verdict verdict;
	enum sub_indication sub;
	char signer[256], title[256], mode[256], person[64];
	char organisation[256], agency[64];	/* managing unit */
	char issuer[256], serial[64];
	int64_t claimed, proven;	/* proven: INT64_MAX without proof */
	enum proof proof;
	size_t archives;		/* archive time stamps on it, whether they hold or not */
	int64_t archived;		/* the newest archive time stamp; INT64_MIN: it does not hold, or there is none */
	bool integrity;			/* signature and digests hold */
	bool reaffirmable;		/* fails for nothing but a key lost before, and revoked after, it was made ... */
	bool reaffirmed;		/* ... and the agency stands by it: its verdict stays, and the document does not fail for it (judge.h) */
	bool valid_then;		/* path and revocation at the best signature time */
	int64_t not_before, not_after;
	int64_t revoked;		/* INT64_MAX: not known to be revoked */
	const struct tier *tier;
	json_t *used;			/* owned; NULL: not asked for */
	struct reasons reasons;
};
/* One of which nothing is known yet: no time, no dates of a certificate. */
#define REPORT_SIGNATURE_NONE { .claimed = INT64_MIN, .proven = INT64_MAX, .archived = INT64_MIN, .not_before = INT64_MIN, .not_after = INT64_MAX, .revoked = INT64_MAX }

/* The verdict under one tier of a tier list, or (tier NULL) under the anchors of the installation. */
struct report_under { const struct tier *tier; enum verdict verdict; enum sub_indication sub; };
#define REPORT_UNDER_MAX 9		/* TIERS_MAX of tier_list.h, and our own */

struct report {
	enum verdict verdict;
	enum sub_indication sub;
	const char *format;		/* "CAdES", "CMS": a foreign document's; NULL: a permit, or nothing known */
	bool partial;			/* of a foreign document not all was signed by everybody: "scope" */
	json_t *files;			/* owned; what was signed in a container (asic.h), NULL: none */
	bool no_signature;		/* no document of ours: nothing to judge */
	struct reasons reasons, remarks;
	const struct tier *tier;	/* NULL: no path to an anchor */
	size_t nunder; struct report_under under[REPORT_UNDER_MAX];	/* where there is a tier list */
	int64_t list_version, list_until; unsigned char list_sha256[SHA256_LEN];
	enum in_force in_force;
	int64_t as_of;			/* of the status; INT64_MIN: none known */
	int32_t from, until;		/* days; INT32_MIN, INT32_MAX: open */
	bool insecure_no_revocation;
	unsigned char sha256[SHA256_LEN];
	/* Facts of the permit; NULL or "" when it could not be read. */
	json_t *permit;			/* owned */
	char handle[40], kind[64], agency[64];
	char number[128], shortcode[32], voicecode[16], log_origin[128], status_uri[256];
	uint64_t log_index, status_index;
	size_t nsignatures;
	struct report_signature signature[REPORT_SIGNATURES_MAX];	/* last: a third of a megabyte, of which most documents touch little */
};
/* A report of which nothing is known yet; its signatures are set as they are judged. */
void report_begin(struct report *);
void report_drop(struct report *);

/* The report with its answer filled in: way is "file" or "code"; NULL: whoever asks for it words the answer. */
json_t *report_json(const struct report *, const struct policy *, const char *way, int64_t at);
/* Exit code of `antin verify`: the signature's; with in_force the worse of both. */
int report_exit(const struct report *, bool with_in_force);

/* What an answer's sentences are filled with; NULL, 0 days (INT32_MIN,
 * INT32_MAX) and INT64_MIN where not known. */
struct answer_facts {
	const char *agency, *telephone, *number, *decision, *replacement, *host;
	const char *const *step;	/* by enum lang */
	int32_t day, from, until, golive;
	int64_t at, as_of;
	int wait_minutes, retry_secs;
};
#define ANSWER_FACTS_NONE { .day = INT32_MIN, .from = INT32_MIN, .until = INT32_MAX, .golive = INT32_MIN, .as_of = INT64_MIN }
/* That of the case; of a status that is not known and of which there is no data at all, the one that names no day. */
const struct answer *answer_for(const struct policy *, const struct answer_case *, const struct answer_facts *);
/* {"id","sign","colour","word":{"vi","en","fr"},"say":{..},"act":{..},"line":{..},
 * "prefix":{..},"sms"}: line is say behind the tier's prefix; tier may be NULL. */
json_t *answer_json(const struct answer *, const struct tier *, const struct answer_facts *);
