#include "verifier/foreign.h"

void
foreign_begin(struct report *out, const struct judge_question *q, const char *format)
{
	*out = (struct report){ .format = format, .as_of = INT64_MIN, .from = INT32_MIN, .until = INT32_MAX, .insecure_no_revocation = q->insecure_no_revocation };
	sha256(out->sha256, q->document);
}

void
foreign_refused(struct report *r, const char *what, const struct err *why)
{
	r->no_signature = why->class == ERR_ABSENT;
	r->verdict = r->no_signature ? VERDICT_INDETERMINATE : VERDICT_FAILED;
	r->sub = r->no_signature ? SUB_NONE : SUB_FORMAT_FAILURE;
	if (r->no_signature)
		reason_add(&r->reasons, SAID_NO_SIGNATURE_FOUND, why->text, NULL);
	else
		reason_add(&r->reasons, SAID_NO_FORM, what, why->text, NULL);
}

void
foreign_combine(struct report *r)
{
	static const enum verdict order[] = { VERDICT_FAILED, VERDICT_INDETERMINATE };

	r->verdict = VERDICT_PASSED;
	r->tier = r->signature[0].tier;
	for (size_t i = 0; i < r->nsignatures; i++)
		if (r->signature[i].tier != r->tier)
			r->tier = NULL;
	for (size_t o = 0; o < sizeof(order) / sizeof(order[0]); o++)
		for (size_t i = 0; i < r->nsignatures; i++)
			if (r->signature[i].verdict == order[o]) {
				r->verdict = order[o];
				r->sub = r->signature[i].sub;
				r->reasons = r->signature[i].reasons;
				return;
			}
}

void
foreign_remark(struct report *r)
{
	reason_add(&r->remarks, SAID_NO_PERMIT, NULL);
}

bool
foreign_key(struct judged *j, const struct judge_question *q)
{
	const struct algorithm *dated;

	if (!cert_key_strong(&dated, X509_get0_pubkey(j->signer), q->policy))
		return signature_failed(j, VERDICT_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE, "the signer's key is too short"), false;
	if (dated != NULL)
		j->parts.used[j->parts.nused++] = dated;
	return true;
}
