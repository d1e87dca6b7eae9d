#include "policy/verdict.h"

#include <string.h>

static const struct { const char *word, *brief; } verdicts[VERDICTS] = {
	[VERDICT_INDETERMINATE] = { "INDETERMINATE", "indeterminate" },
	[VERDICT_FAILED] = { "TOTAL-FAILED", "failed" },
	[VERDICT_PASSED] = { "TOTAL-PASSED", "passed" },
};

#define SUB(name) [SUB_##name] = #name
static const char *const subs[SUB_INDICATIONS] = {
	[SUB_NONE] = "",
	SUB(FORMAT_FAILURE), SUB(HASH_FAILURE), SUB(SIG_CRYPTO_FAILURE), SUB(REVOKED), SUB(EXPIRED), SUB(NOT_YET_VALID),
	SUB(SIG_CONSTRAINTS_FAILURE), SUB(CHAIN_CONSTRAINTS_FAILURE), SUB(CERTIFICATE_CHAIN_GENERAL_FAILURE),
	SUB(CRYPTO_CONSTRAINTS_FAILURE), SUB(POLICY_PROCESSING_ERROR), SUB(SIGNATURE_POLICY_NOT_AVAILABLE),
	SUB(TIMESTAMP_ORDER_FAILURE), SUB(NO_SIGNING_CERTIFICATE_FOUND), SUB(NO_CERTIFICATE_CHAIN_FOUND),
	SUB(NO_CERTIFICATE_CHAIN_FOUND_NO_POE), SUB(REVOKED_NO_POE), SUB(REVOKED_CA_NO_POE), SUB(OUT_OF_BOUNDS_NO_POE),
	SUB(OUT_OF_BOUNDS_NOT_REVOKED), SUB(REVOCATION_OUT_OF_BOUNDS_NO_POE),
	SUB(CRYPTO_CONSTRAINTS_FAILURE_NO_POE), SUB(NO_POE), SUB(TRY_LATER), SUB(SIGNED_DATA_NOT_FOUND),
};

static const char *const forces[FORCES] = {
	[FORCE_UNKNOWN] = "unknown", [FORCE_YES] = "yes", [FORCE_WITHDRAWN] = "withdrawn", [FORCE_SUPERSEDED] = "superseded",
	[FORCE_SUSPENDED] = "suspended", [FORCE_EXPIRED] = "expired", [FORCE_VOID] = "void", [FORCE_NOTED] = "noted",
};

const char *verdict_word(enum verdict v) { promise((unsigned)v < VERDICTS); return verdicts[v].word; }
const char *verdict_short(enum verdict v) { promise((unsigned)v < VERDICTS); return verdicts[v].brief; }
const char *sub_word(enum sub_indication s) { promise((unsigned)s < SUB_INDICATIONS); return subs[s]; }
const char *in_force_word(enum in_force f) { promise((unsigned)f < FORCES); return forces[f]; }

static bool
find(const char *const words[], int n, const char *word, int *out)
{
	for (int i = 0; i < n; i++)
		if (strcmp(words[i], word) == 0) {
			*out = i;
			return true;
		}
	return false;
}

bool
sub_from_word(enum sub_indication *out, const char *word)
{
	int i;

	if (!find(subs, SUB_INDICATIONS, word, &i))
		return false;
	*out = (enum sub_indication)i;
	return true;
}

bool
in_force_from_word(enum in_force *out, const char *word)
{
	int i;

	if (!find(forces, FORCES, word, &i))
		return false;
	*out = (enum in_force)i;
	return true;
}

bool
verdict_from_word(enum verdict *out, const char *word)
{
	for (int i = 0; i < VERDICTS; i++)
		if (strcmp(verdicts[i].word, word) == 0 || strcmp(verdicts[i].brief, word) == 0) {
			*out = (enum verdict)i;
			return true;
		}
	return false;
}
