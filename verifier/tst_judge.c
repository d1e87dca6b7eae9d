#include "verifier/tst_judge.h"

#include "base/clock.h"
#include "verifier/foreign.h"
#include "verifier/signature.h"
#include "verifier/tlv.h"

#include <stdio.h>

#define DEPTH_MAX 32

static const unsigned char oid_signed_data[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02 };
static const unsigned char oid_tst_info[] = { 0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04 };

/* ContentInfo { SignedData { version, digests, { TSTInfo */
static bool
is_token(struct span body)
{
	struct tlv oid, explicit, data, version, digests, content, type;

	return tlv_take(&oid, &body, TLV_OID) && span_eq(oid.whole, span_of(oid_signed_data, sizeof(oid_signed_data))) &&
	    tlv_take(&explicit, &body, 0xa0) && tlv_take(&data, &explicit.body, TLV_SEQUENCE) && tlv_take(&version, &data.body, TLV_INTEGER) &&
	    tlv_take(&digests, &data.body, TLV_SET) && tlv_take(&content, &data.body, TLV_SEQUENCE) && tlv_take(&type, &content.body, TLV_OID) &&
	    span_eq(type.whole, span_of(oid_tst_info, sizeof(oid_tst_info)));
}

/* TimeStampResp { PKIStatusInfo { PKIStatus ... }, ?token } */
static bool
is_response(struct span body)
{
	struct tlv status, number, token;

	return tlv_take(&status, &body, TLV_SEQUENCE) && tlv_take(&number, &status.body, TLV_INTEGER) &&
	    (body.len == 0 || (tlv_take(&token, &body, TLV_SEQUENCE) && is_token(token.body)));
}

static bool
whole(struct tlv *out, struct span document)
{
	return tlv_take(out, &document, TLV_SEQUENCE);
}

bool
tst_is(struct span document)
{
	struct tlv d;

	return whole(&d, document) && (is_token(d.body) || is_response(d.body));
}

static bool
token_of(struct buf *out, struct span document, struct err *e)
{
	struct tlv d;

	if (document.len > TST_MAX)
		return fail(e, ERR_LIMIT, "a time stamp of more than %u bytes", TST_MAX);
	if (!whole(&d, document) || d.whole.len != document.len || !tlv_well_formed(document, DEPTH_MAX))
		return fail(e, ERR_INPUT, "the time stamp is not DER from its first byte to its last");
	if (!is_token(d.body))
		return tst_of_response(out, document, e);
	buf_put_span(out, document);
	return true;
}

/* What is left to refuse when the token is well-formed and of the content. */
static void
unsound(struct judged *j, const struct err *why)
{
	if (why->class == ERR_ABSENT)
		signature_failed(j, VERDICT_INDETERMINATE, SUB_NO_SIGNING_CERTIFICATE_FOUND, why->text);
	else if (why->class == ERR_POLICY)
		signature_failed(j, VERDICT_INDETERMINATE, SUB_CHAIN_CONSTRAINTS_FAILURE, why->text);
	else
		signature_failed(j, VERDICT_FAILED, SUB_SIG_CRYPTO_FAILURE, why->text);
}

static void
take_facts(struct report_signature *o, const struct tst *t)
{
	struct cert_facts facts;
	struct err ignored;

	o->claimed = t->time;
	if (cert_facts_read(&facts, t->signer, &ignored))
		signature_facts(o, &facts);
}

/* In words, what is proven and of what. */
static void
say_proven(struct report *r, const struct tst *t, const struct tst_imprint *of)
{
	char when[TIME_TEXT], digest[2 * EVP_MAX_MD_SIZE + 1];

	time_text_vn(when, t->time);
	hex_text(digest, span_of(of->octet, of->len));
	reason_add(&r->remarks, SAID_EXISTED, t->algorithm[0], digest, when, NULL);
}

static void
judge_sound(struct judged *j, struct report *r, const struct tst *t, const struct tst_imprint *of, const struct judge_question *q)
{
	enum sub_indication sub;
	struct err why;
	cert_list *bag = sk_X509_new_null();
	bool good;

	promise(bag != NULL);
	cert_list_borrow(bag, q->evidence->bag);
	cert_list_borrow(bag, t->bag);
	j->out->integrity = true;
	good = stamp_counts(t, q->at, bag, NULL, q, &sub, &why);
	sk_X509_free(bag);
	if (!good)
		return signature_failed(j, VERDICT_INDETERMINATE, sub, why.text);
	if (t->time > q->at)
		return signature_failed(j, VERDICT_INDETERMINATE, SUB_TIMESTAMP_ORDER_FAILURE, "its time is later than the time of the judgement");
	signature_proven(j, t->time, PROOF_STAMP);
	j->out->valid_then = true;
	j->out->verdict = VERDICT_PASSED;
	say_proven(r, t, of);
}

static void
judge_token(struct judged *j, struct report *r, struct span token, const struct tst_imprint *of, const struct span *content, const struct judge_question *q)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len;
	struct err why;
	struct tst t = { 0 };

	if (of->md == NULL)
		return signature_failed(j, VERDICT_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE, "it names its content by another digest than SHA-256, SHA-384 or SHA-512");
	if (content == NULL)
		return signature_failed(j, VERDICT_INDETERMINATE, SUB_SIGNED_DATA_NOT_FOUND, "it is a time stamp of a content; --content names its file");
	promise(EVP_Digest(content->ptr, content->len, digest, &len, of->md, NULL) == 1);
	if (!span_eq(span_of(digest, len), span_of(of->octet, of->len)))
		return signature_failed(j, VERDICT_FAILED, SUB_HASH_FAILURE, "it is a time stamp of something else");
	if (!tst_check(&t, token, of->md, span_of(digest, len), q->evidence->bag, &why))
		return unsound(j, &why);
	take_facts(j->out, &t);
	judge_sound(j, r, &t, of, q);
	tst_drop(&t);
}

void
tst_judge(struct report *out, const struct judge_question *q, const struct span *content)
{
	own_struct(buf) token = buf_new(TST_MAX);
	struct tst_imprint of;
	struct judged j;
	struct err why;

	foreign_begin(out, q, "RFC 3161");
	if (!token_of(&token, q->document, &why) || !tst_imprint_read(&of, buf_span(&token), &why))
		return foreign_refused(out, "RFC 3161", &why);
	out->nsignatures = 1;
	out->signature[0] = (struct report_signature)REPORT_SIGNATURE_NONE;
	snprintf(out->signature[0].id, sizeof(out->signature[0].id), "time-stamp");
	j = (struct judged){ .out = &out->signature[0] };
	judge_token(&j, out, buf_span(&token), &of, content, q);
	foreign_combine(out);
	foreign_remark(out);
}
