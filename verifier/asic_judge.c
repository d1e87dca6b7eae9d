/* A container judged (asic.h): each of its signatures by who judges it alone. */
#include "verifier/asic.h"

#include "verifier/cades.h"
#include "verifier/signature.h"
#include "verifier/tst_judge.h"

#include <stdio.h>
#include <stdlib.h>

struct judging {
	struct report *out, one;	/* one: of the signature's file that is being judged */
	const struct judge_question *q;
	struct asic a;
	bool too_many;			/* signers */
};

static void
judge_format(struct report *r, const struct err *why)
{
	own_str char *en = NULL;

	r->no_signature = why->class == ERR_ABSENT;
	r->verdict = r->no_signature ? VERDICT_INDETERMINATE : VERDICT_FAILED;
	r->sub = r->no_signature ? SUB_NONE : SUB_FORMAT_FAILURE;
	en = xprintf("%s: %s.", r->no_signature ? "This file has no digital signature" : "The file is not a container as it is taken here", why->text);
	reason_add(&r->reasons, r->no_signature ? "Tệp này không có chữ ký số." : "Tệp không đúng cấu trúc ASiC mà hệ thống nhận.", en);
}

/*
 * One file of signatures.
 */

static void
judge_xades(struct report *one)
{
	one->sub = SUB_GENERIC;
	reason_add(&one->reasons, "Chữ ký XAdES trong tệp ASiC không được xét ở đây.", "XAdES signatures in a container are not judged here.");
}

/* A manifest is signed for the files that it names. */
static void
judge_references(const struct judging *g, const struct asic_signature *s, struct judged *j)
{
	const struct container_entry *altered;

	if (j->out->verdict == VERDICT_FAILED || s->nrefs == 0)
		return;
	for (size_t i = 0; i < s->nrefs; i++)
		if (s->ref[i].digest == NULL)
			return signature_failed(j, VERDICT_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE, "a digest of its manifest");
	if (!asic_references_hold(&g->a, s, &altered)) {
		j->out->integrity = false;
		return signature_failed(j, VERDICT_FAILED, SUB_HASH_FAILURE, altered->name);
	}
	for (size_t i = 0; i < s->nrefs && j->out->verdict == VERDICT_PASSED; i++) {
		j->parts.used[0] = s->ref[i].digest;
		j->parts.nused = 1;
		signature_algorithms(j, g->q);
	}
}

/* Under its file's name; a file that could not be read is one signature that fails. */
static void
take_over(struct judging *g, const struct asic_signature *s)
{
	struct report *r = g->out;

	for (size_t i = 0; i < g->one.nsignatures || (i == 0 && g->one.nsignatures == 0); i++) {
		struct report_signature *o = &r->signature[r->nsignatures];
		struct judged j = { .out = o, .known = g->q->at };

		g->too_many = r->nsignatures == REPORT_SIGNATURES_MAX;
		if (g->too_many)
			return;
		*o = g->one.nsignatures > 0 ? g->one.signature[i] : (struct report_signature){ .verdict = g->one.verdict, .sub = g->one.sub, .reasons = g->one.reasons,
			.claimed = INT64_MIN, .proven = INT64_MAX, .archived = INT64_MIN, .revoked = INT64_MAX };
		r->nsignatures++;
		snprintf(o->id, sizeof(o->id), s->format == ASIC_STAMP ? "time-stamp-%u" : "signer-%u", (unsigned)r->nsignatures);
		snprintf(o->file, sizeof(o->file), "%s", s->entry->name);
		judge_references(g, s, &j);
	}
	for (size_t i = 0; s->format == ASIC_STAMP && i < g->one.remarks.n; i++)
		reason_add(&r->remarks, g->one.remarks.at[i].vi, g->one.remarks.at[i].en);
}

static void
judge_one(struct judging *g, const struct asic_signature *s)
{
	struct judge_question q = *g->q;
	struct span content = s->content != NULL ? buf_span(&s->content->octets) : SPAN_NONE;

	q.document = buf_span(&s->entry->octets);
	g->one = (struct report){ 0 };
	if (s->format == ASIC_CADES)
		cades_judge(&g->one, &q, &content);
	else if (s->format == ASIC_STAMP)
		tst_judge(&g->one, &q, &content);
	else
		judge_xades(&g->one);
	take_over(g, s);
	report_drop(&g->one);
}

/*
 * The whole.
 */

/* Whatever its signatures are worth; the first failure gives the sub-indication. */
static void
fails(struct report *r, enum sub_indication sub, const char *vi, const char *en)
{
	if (r->verdict != VERDICT_FAILED) {
		r->verdict = VERDICT_FAILED;
		r->sub = sub;
		r->reasons.n = 0;
	}
	reason_add(&r->reasons, vi, en);
}

/* Which signatures stand for it. */
static json_t *
signed_in(const struct asic *a, size_t file)
{
	json_t *list = json_array();

	for (size_t i = 0; i < a->nsignatures; i++)
		if (a->signature[i].covers[file])
			json_array_append_new(list, json_string(a->signature[i].entry->name));
	return list;
}

static bool
has_xades(const struct asic *a)
{
	for (size_t i = 0; i < a->nsignatures; i++)
		if (a->signature[i].format == ASIC_XADES)
			return true;
	return false;
}

static void
name_files(struct judging *g)
{
	struct report *r = g->out;

	r->files = json_array();
	for (size_t i = 0; i < g->a.c.n; i++) {
		const struct container_entry *n = &g->a.c.entry[i];
		json_t *by = asic_is_data(n) ? signed_in(&g->a, i) : NULL;
		unsigned char hash[SHA256_LEN];
		char hex[2 * SHA256_LEN + 1];

		if (json_array_size(by) > 0) {
			sha256(hash, buf_span(&n->octets));
			hex_text(hex, span_of(hash, SHA256_LEN));
			r->partial |= json_array_size(by) < g->a.nsignatures;
			json_array_append_new(r->files, json_pack("{s:s, s:s, s:O}", "name", n->name, "sha256", hex, "signed_in", by));
		} else if (by != NULL && !has_xades(&g->a)) {
			own_str char *vi = xprintf("Tệp %s trong gói không được ai ký.", n->name), *en = xprintf("The file %s in it is signed by nobody.", n->name);

			fails(r, SUB_FORMAT_FAILURE, vi, en);
		}
		json_decref(by);
	}
}

static bool
is_inside(const struct asic *a, struct span content)
{
	for (size_t i = 0; i < a->c.n; i++)
		if (asic_is_data(&a->c.entry[i]) && span_eq(buf_span(&a->c.entry[i].octets), content))
			return true;
	return false;
}

static void
remark(struct judging *g)
{
	struct reasons *r = &g->out->remarks;

	if (g->a.passed_over > 0)
		reason_add(r, "Danh mục lưu trữ hoặc bằng chứng lưu trữ kèm theo không được xét.", "Archive manifests or evidence records in it were not judged.");
	reason_add(r, "Đây không phải giấy do thành phố cấp; chỉ chữ ký số được xét.", "This is no permit of the city; its digital signatures alone were judged.");
}

static void
judge_all(struct judging *g, const struct span *given)
{
	g->out->format = g->a.extended ? "ASiC-E" : "ASiC-S";
	for (size_t i = 0; i < g->a.nsignatures && !g->too_many; i++)
		judge_one(g, &g->a.signature[i]);
	report_combine(g->out);
	if (g->too_many)
		fails(g->out, SUB_FORMAT_FAILURE, "Có quá nhiều người ký.", "There are more signers than are judged.");
	name_files(g);
	if (given != NULL && !is_inside(&g->a, *given))
		fails(g->out, SUB_HASH_FAILURE, "Tệp nội dung đưa kèm không có trong gói này.", "The content that was given is none of the files in this container.");
	remark(g);
}

void
asic_judge(struct report *out, const struct judge_question *q, const struct span *given)
{
	struct judging *g = xalloc(sizeof(*g));
	struct err why = { ERR_NONE, "" };

	*out = (struct report){ .format = "ASiC", .as_of = INT64_MIN, .from = INT32_MIN, .until = INT32_MAX, .insecure_no_revocation = q->insecure_no_revocation };
	g->out = out;
	g->q = q;
	sha256(out->sha256, q->document);
	if (asic_read(&g->a, q->document, q->policy, &why))
		judge_all(g, given);
	else
		judge_format(out, &why);
	asic_drop(&g->a);
	free(g);
}
