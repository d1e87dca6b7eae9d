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
	own_str char *en = NULL, *vi = xprintf("Tệp chữ ký số không đúng cấu trúc %s mà hệ thống nhận.", what);

	r->no_signature = why->class == ERR_ABSENT;
	r->verdict = r->no_signature ? VERDICT_INDETERMINATE : VERDICT_FAILED;
	r->sub = r->no_signature ? SUB_NONE : SUB_FORMAT_FAILURE;
	en = r->no_signature ? xprintf("This file has no digital signature: %s.", why->text) : xprintf("The file is not %s as it is taken here: %s.", what, why->text);
	reason_add(&r->reasons, r->no_signature ? "Tệp này không có chữ ký số." : vi, en);
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
	reason_add(&r->remarks, "Đây không phải giấy do thành phố cấp; chỉ chữ ký số được xét.", "This is no permit of the city; its digital signature alone was judged.");
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
