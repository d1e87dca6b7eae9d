/*
 * policy/verdict.h -- the words of a judgement (ETSI EN 319 102-1 V1.4.1 clause 5.1.3,
 * tables 5 and 6).
 *
 * A verdict is not an error: "the check ran" and "the signature is good" never
 * share a type.  The zero of each enum is the safe answer.
 *
 * in_force is the second, separate answer: does the permit hold on the day
 * asked about.
 */
#pragma once

#include "base/err.h"

enum verdict { VERDICT_INDETERMINATE = 0, VERDICT_FAILED, VERDICT_PASSED, VERDICTS };

enum sub_indication {
	SUB_NONE = 0,
	/* TOTAL-FAILED */
	SUB_FORMAT_FAILURE, SUB_HASH_FAILURE, SUB_SIG_CRYPTO_FAILURE, SUB_REVOKED, SUB_EXPIRED, SUB_NOT_YET_VALID,
	/* INDETERMINATE */
	SUB_SIG_CONSTRAINTS_FAILURE, SUB_CHAIN_CONSTRAINTS_FAILURE, SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE,
	SUB_CRYPTO_CONSTRAINTS_FAILURE, SUB_POLICY_PROCESSING_ERROR, SUB_SIGNATURE_POLICY_NOT_AVAILABLE,
	SUB_TIMESTAMP_ORDER_FAILURE, SUB_NO_SIGNING_CERTIFICATE_FOUND, SUB_NO_CERTIFICATE_CHAIN_FOUND,
	SUB_NO_CERTIFICATE_CHAIN_FOUND_NO_POE, SUB_REVOKED_NO_POE, SUB_REVOKED_CA_NO_POE, SUB_OUT_OF_BOUNDS_NO_POE,
	SUB_OUT_OF_BOUNDS_NOT_REVOKED, SUB_REVOCATION_OUT_OF_BOUNDS_NO_POE,
	SUB_CRYPTO_CONSTRAINTS_FAILURE_NO_POE, SUB_NO_POE, SUB_TRY_LATER, SUB_SIGNED_DATA_NOT_FOUND,
	SUB_INDICATIONS
};

enum in_force {
	FORCE_UNKNOWN = 0, FORCE_YES, FORCE_WITHDRAWN, FORCE_SUPERSEDED, FORCE_SUSPENDED,
	FORCE_EXPIRED, FORCE_VOID, FORCE_NOTED, FORCES
};

const char *verdict_word(enum verdict);			/* TOTAL-PASSED ... */
const char *verdict_short(enum verdict);		/* passed, failed, indeterminate */
const char *sub_word(enum sub_indication);		/* HASH_FAILURE ...; "" for none */
const char *in_force_word(enum in_force);		/* yes, withdrawn ... */
/* false when the word is none. */
bool sub_from_word(enum sub_indication *, const char *);
bool in_force_from_word(enum in_force *, const char *);
bool verdict_from_word(enum verdict *, const char *);	/* long or short */
