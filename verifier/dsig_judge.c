/* A foreign XML document judged (dsig.h), by the steps that permits are judged by. */
#include "verifier/dsig.h"

#include "verifier/foreign.h"
#include "verifier/signature.h"

#include <stdio.h>
#include <stdlib.h>

struct judging {
	struct report *out;
	const struct judge_question *q;
	const struct document_content *contents;
	size_t n;
	struct dsig d;
	struct judged signer[DSIG_SIGNATURES_MAX];
	struct buf covers[DSIG_STAMPS_MAX];
};

/*
 * One signature.
 */

static bool
use_algorithm(struct judged *j, const char *uri, const struct judge_question *q)
{
	const struct algorithm *a = policy_algorithm_by_uri(q->policy, uri);
	struct signature_parts *p = &j->parts;

	if (a == NULL)
		return signature_failed(j, VERDICT_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE, uri), false;
	for (size_t i = 0; i < p->nused; i++)
		if (p->used[i] == a)
			return true;
	promise(p->nused < sizeof(p->used) / sizeof(p->used[0]));	/* fewer are known at all */
	p->used[p->nused++] = a;
	return true;
}

/* The method's row comes first. */
static bool
use_algorithms(struct judged *j, const struct dsig_signature *s, const struct judge_question *q)
{
	if (!use_algorithm(j, s->method->uri, q))
		return false;
	for (size_t i = 0; i < s->nrefs; i++)
		if (!use_algorithm(j, s->ref[i].digest.hash->uri, q))
			return false;
	return !s->has_certificate || use_algorithm(j, s->certificate.hash->uri, q);
}

/* The sentence of the sub-indication speaks of permits. */
static void
no_form(struct judged *j, const struct err *why)
{
	j->out->verdict = VERDICT_FAILED;
	j->out->sub = SUB_FORMAT_FAILURE;
	j->stopped = true;
	reason_add(&j->out->reasons, SAID_NO_DSIG_FORM, why->text, NULL);
}

static void
begin(struct judging *g, struct judged *j, const struct dsig_signature *s)
{
	struct dsig_check check = { .contents = g->contents, .ncontents = g->n };
	struct err why = { ERR_NONE, "" };
	struct cert_facts facts;
	enum sub_indication sub;

	if (!use_algorithms(j, s, g->q))
		return;
	j->signer = check.signer = dsig_signer_certificate(s, g->q->evidence->bag, &why);
	if (j->signer == NULL)
		return signature_failed(j, VERDICT_INDETERMINATE, SUB_NO_SIGNING_CERTIFICATE_FOUND, why.text);
	if (!cert_facts_read(&facts, j->signer, &why))
		return no_form(j, &why);
	signature_facts(j->out, &facts);
	if (!foreign_key(j, g->q))
		return;
	sub = dsig_verify(&g->d, s, &check, &why);
	if (sub == SUB_FORMAT_FAILURE)
		return no_form(j, &why);
	if (sub != SUB_NONE)
		return signature_failed(j, sub == SUB_SIGNED_DATA_NOT_FOUND ? VERDICT_INDETERMINATE : VERDICT_FAILED, sub, why.text);
	j->out->integrity = true;
	if (s->has_policy)
		return signature_failed(j, VERDICT_INDETERMINATE, SUB_SIGNATURE_POLICY_NOT_AVAILABLE, NULL);
	if (!cert_may_sign(j->signer))
		signature_failed(j, VERDICT_INDETERMINATE, SUB_CHAIN_CONSTRAINTS_FAILURE, "the signer's certificate is not for signatures");
}

static void
stamps(struct judging *g, struct judged *j, const struct dsig_signature *s)
{
	struct err why;

	for (size_t i = 0; i < s->nstamps && !j->stopped; i++) {
		g->covers[i] = buf_new(1 << 16);
		if (!dsig_stamped(&g->covers[i], &g->d, s, i, &why))
			no_form(j, &why);
	}
	signature_stamps(j, g->q->at, g->q);
	for (size_t i = 0; i < s->nstamps; i++)
		buf_drop(&g->covers[i]);
}

static void
judge_signature(struct judging *g, size_t i)
{
	const struct dsig_signature *s = &g->d.signature[i];
	struct judged *j = &g->signer[i];

	*j = (struct judged){ .out = &g->out->signature[i], .parts = { .named = s->has_certificate, .bag = s->bag, .crls = s->crls, .stamp = s->stamp, .nstamps = s->nstamps, .covers = g->covers } };
	*j->out = (struct report_signature)REPORT_SIGNATURE_NONE;
	j->out->claimed = s->claimed;
	snprintf(j->out->id, sizeof(j->out->id), "signer-%u", (unsigned)i + 1);
	begin(g, j, s);
	if (j->out->integrity)
		dsig_cover(&g->d, i);
	stamps(g, j, s);
	signature_end(j, g->q);
	signature_window(j);
}

/*
 * All of them.
 */

static void
count_contents(const struct judging *g, size_t *covered)
{
	for (size_t c = 0; c < g->n; c++) {
		covered[c] = 0;
		for (size_t i = 0; i < g->d.n; i++) {
			const struct dsig_signature *s = &g->d.signature[i];
			bool names = false;

			for (size_t r = 0; r < s->nrefs; r++)
				names |= s->ref[r].about == DSIG_CONTENT && strcmp(s->ref[r].name, g->contents[c].name) == 0;
			covered[c] += names && s->counters == DSIG_NONE && g->out->signature[i].integrity;
		}
	}
}

static size_t
signatures(const struct judging *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->d.n; i++)
		n += g->d.signature[i].counters == DSIG_NONE;
	return n;
}

static void
not_signed(struct report *r, enum sub_indication sub, enum said said, const char *what)
{
	own_str char *brief = xprintf("%.150s", what);

	r->verdict = VERDICT_INDETERMINATE;
	r->sub = sub;
	r->reasons = (struct reasons){ .n = 0 };
	reason_add(&r->reasons, said, brief, NULL);
}

/* What passes is looked at once more: is all of it signed? */
static void
judge_scope(struct judging *g, const size_t *covered, bool asked)
{
	struct report *r = g->out;
	char where[160];

	if (r->verdict != VERDICT_PASSED)
		return;
	if (!dsig_covered(&g->d, &r->partial, where))
		return not_signed(r, SUB_SIG_CONSTRAINTS_FAILURE, SAID_CONTENT_UNSIGNED, where);
	for (size_t i = 0; !asked && i < g->n; i++)
		r->partial |= covered[i] > 0 && covered[i] != signatures(g);
	for (size_t i = 0; asked && i < g->n; i++)
		if (covered[i] == 0 || covered[i] != signatures(g))
			return not_signed(r, SUB_SIGNED_DATA_NOT_FOUND, SAID_FILE_UNSIGNED, g->contents[i].name);
}

static void
describe(struct buf *out, const struct dsig_reference *r)
{
	char where[160];

	if (r->about == DSIG_ELEMENT && r->target != NULL)
		xml_where(where, sizeof(where), r->target);
	if (out->len > 0)
		buf_put_str(out, ", ");
	buf_printf(out, "%.150s", r->about == DSIG_CONTENT ? r->name : r->about == DSIG_DOCUMENT ? "/" : r->target == NULL ? "?" : where);
}

/* What each signature is about, where they are not all about everything. */
static void
remark_parts(struct judging *g)
{
	for (size_t i = 0; i < g->d.n; i++) {
		const struct dsig_signature *s = &g->d.signature[i];
		own_struct(buf) list = buf_new(400);

		for (size_t r = 0; r < s->nrefs && list.len < 200; r++)
			if (s->ref[r].target == NULL || s->ref[r].target != s->properties)
				describe(&list, &s->ref[r]);
		reason_add(&g->out->remarks, SAID_SIGNED_PART, g->out->signature[i].id, buf_str(&list), NULL);
	}
}

static void
remark_scope(struct judging *g)
{
	struct report *r = g->out;

	if (r->verdict != VERDICT_PASSED)
		return;
	if (r->partial) {
		reason_add(&r->remarks, SAID_PARTLY_SIGNED, NULL);
		remark_parts(g);
	} else {
		reason_add(&r->remarks, SAID_ALL_SIGNED, NULL);
	}
	if (g->d.comments)
		reason_add(&r->remarks, SAID_COMMENTS_UNSIGNED, NULL);
}

static void
remark_signature(struct judging *g, size_t i)
{
	const struct dsig_signature *s = &g->d.signature[i];
	struct reasons *out = &g->out->signature[i].reasons;

	if (!s->has_certificate && g->signer[i].signer != NULL)
		reason_add(out, SAID_CERTIFICATE_UNSIGNED, NULL);
	if (s->passed_over > 0)
		reason_add(out, SAID_XADES_PASSED_OVER, NULL);
	if (s->counters != DSIG_NONE)
		reason_add(out, SAID_COUNTERSIGNS, g->out->signature[s->counters].id, NULL);
}

static void
judge_all(struct judging *g, size_t *covered)
{
	struct report *r = g->out;
	size_t *counts = xalloc((g->n + 1) * sizeof(*counts));

	r->nsignatures = g->d.n;
	r->format = "XAdES";
	for (size_t i = 0; i < g->d.n; i++) {
		judge_signature(g, i);
		if (!g->d.signature[i].has_certificate)
			r->format = "XML-DSig";
	}
	count_contents(g, counts);
	foreign_combine(r);
	judge_scope(g, counts, covered == NULL);
	for (size_t i = 0; i < g->d.n; i++)
		remark_signature(g, i);
	remark_scope(g);
	foreign_remark(r);
	if (covered != NULL)
		memcpy(covered, counts, g->n * sizeof(*counts));
	free(counts);
}

void
dsig_judge(struct report *out, const struct judge_question *q, const struct document_content *contents, size_t n, size_t *covered)
{
	struct judging *g = xalloc(sizeof(*g));
	struct err why = { ERR_NONE, "" };

	foreign_begin(out, q, "XML-DSig");
	*g = (struct judging){ .out = out, .q = q, .contents = contents, .n = n };
	for (size_t i = 0; covered != NULL && i < n; i++)
		covered[i] = 0;
	if (dsig_read(&g->d, q->document, &why))
		judge_all(g, covered);
	else
		foreign_refused(out, "XML-DSig", &why);
	dsig_drop(&g->d);
	free(g);
}
