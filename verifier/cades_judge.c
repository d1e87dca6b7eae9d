/* A CMS / CAdES document judged (cades.h), by the steps that permits are judged by. */
#include "verifier/cades.h"

#include "verifier/foreign.h"
#include "verifier/signature.h"

#include <stdio.h>
#include <stdlib.h>

struct judging {
	struct report *out;
	const struct judge_question *q;
	struct cades c;
	struct judged signer[CADES_SIGNERS_MAX];
};

/*
 * One signer, first step.
 */

/* A row of policy for each algorithm; without one nothing is computed by it. */
static bool
take_algorithms(struct judged *j, const struct cades_signer *s, const struct judge_question *q)
{
	const char *const ids[] = { s->method_id, s->digest->policy_id, s->has_ess ? s->ess_digest->policy_id : s->digest->policy_id };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const struct algorithm *a = policy_algorithm(q->policy, ids[i]);

		if (a == NULL)
			return signature_failed(j, VERDICT_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE, ids[i]), false;
		j->parts.used[j->parts.nused++] = a;
	}
	return true;
}

static void
no_signer(struct judged *j, const struct cades_signer *s)
{
	const char *why = s->has_ess ? "none at hand has the digest of signing-certificate and the name of the SignerInfo" :
	    "nothing that is signed names it (no signing-certificate): plain CMS";

	signature_failed(j, VERDICT_INDETERMINATE, SUB_NO_SIGNING_CERTIFICATE_FOUND, why);
}

/* Digests first: what was altered has failed, whoever signed. */
static void
begin(struct judged *j, const struct cades *c, const struct cades_signer *s, const struct span *content, const struct judge_question *q)
{
	struct report_signature *o = j->out;
	struct cert_facts facts;
	struct err why;

	if (!take_algorithms(j, s, q))
		return;
	if (content == NULL)
		return signature_failed(j, VERDICT_INDETERMINATE, SUB_SIGNED_DATA_NOT_FOUND, "the signature is detached; --content names its file");
	if (s->attributes.len > 0 && !cades_digest_holds(s, *content))
		return signature_failed(j, VERDICT_FAILED, SUB_HASH_FAILURE, NULL);
	j->signer = cades_signer_certificate(c, s, q->evidence->bag);
	if (j->signer == NULL)
		return no_signer(j, s);
	if (!cert_facts_read(&facts, j->signer, &why))
		return signature_failed(j, VERDICT_FAILED, SUB_FORMAT_FAILURE, why.text);
	signature_facts(o, &facts);
	if (!cades_signature_holds(s, j->signer))
		return signature_failed(j, VERDICT_FAILED, SUB_SIG_CRYPTO_FAILURE, NULL);
	o->integrity = true;
	if (!foreign_key(j, q))
		return;
	if (s->has_policy)
		return signature_failed(j, VERDICT_INDETERMINATE, SUB_SIGNATURE_POLICY_NOT_AVAILABLE, NULL);
	if (!cert_may_sign(j->signer))
		signature_failed(j, VERDICT_INDETERMINATE, SUB_CHAIN_CONSTRAINTS_FAILURE, "the signer's certificate is not for signatures");
}

static void
judge_signer(struct judging *g, size_t i, const struct span *content)
{
	const struct cades_signer *s = &g->c.signer[i];
	struct judged *j = &g->signer[i];

	*j = (struct judged){ .out = &g->out->signature[i], .parts = { .named = s->has_ess, .bag = g->c.bag, .crls = g->c.crls, .stamp = s->stamp, .nstamps = s->nstamps, .value = s->value } };
	*j->out = (struct report_signature)REPORT_SIGNATURE_NONE;
	j->out->claimed = s->claimed;
	snprintf(j->out->id, sizeof(j->out->id), "signer-%u", (unsigned)i + 1);
	begin(j, &g->c, s, content, g->q);
	signature_stamps(j, g->q->at, g->q);
	signature_end(j, g->q);
	signature_window(j);
	if (s->passed_over > 0)
		reason_add(&j->out->reasons, SAID_CMS_PASSED_OVER, NULL);
}

/*
 * All of them.
 */

/* The octets that were signed; NULL: not at hand. */
static const struct span *
content_of(struct judging *g, const struct span *given)
{
	struct report *r = g->out;

	if (!g->c.attached)
		return given;
	if (given != NULL && !span_eq(*given, g->c.content)) {
		r->verdict = VERDICT_FAILED;
		r->sub = SUB_HASH_FAILURE;
		reason_add(&r->reasons, SAID_OTHER_CONTENT, NULL);
	}
	return &g->c.content;
}

static void
remark(struct judging *g)
{
	if (g->c.other_status > 0)
		reason_add(&g->out->remarks, SAID_NO_CRL_PASSED_OVER, NULL);
	foreign_remark(g->out);
}

void
cades_judge(struct report *out, const struct judge_question *q, const struct span *given)
{
	struct judging *g = xalloc(sizeof(*g));
	struct err why = { ERR_NONE, "" };
	const struct span *content;

	foreign_begin(out, q, "CMS");
	g->out = out;
	g->q = q;
	if (!cades_read(&g->c, q->document, &why)) {
		foreign_refused(out, "CMS", &why);
	} else {
		content = content_of(g, given);
		if (out->sub == SUB_NONE) {
			out->nsignatures = g->c.nsigners;
			out->format = "CAdES";
			for (size_t i = 0; i < g->c.nsigners; i++) {
				judge_signer(g, i, content);
				if (!g->c.signer[i].has_ess)
					out->format = "CMS";
			}
			foreign_combine(out);
			remark(g);
		}
	}
	cades_drop(&g->c);
	free(g);
}
