/* Who looks at a file of ours with the verifier's own code (permit_life.h). */
#include "signer/permit_life.h"

#include "base/clock.h"
#include "verifier/judge.h"

struct judges { pthread_mutex_t lock; pthread_cond_t freed; struct permit_grammars *free[JUDGES]; size_t n; };

bool
judges_new(struct judges **out, const struct policy *p, struct err *e)
{
	struct judges *j = xalloc(sizeof(*j));

	pthread_mutex_init(&j->lock, NULL);
	pthread_cond_init(&j->freed, NULL);
	for (; j->n < JUDGES; j->n++)
		if (!permit_grammars_load(&j->free[j->n], p, e))
			return false;
	*out = j;
	return true;
}

struct permit_grammars *
judges_take(struct judges *j)
{
	struct permit_grammars *g;

	pthread_mutex_lock(&j->lock);
	while (j->n == 0)
		pthread_cond_wait(&j->freed, &j->lock);
	g = j->free[--j->n];
	pthread_mutex_unlock(&j->lock);
	return g;
}

void
judges_give(struct judges *j, struct permit_grammars *g)
{
	pthread_mutex_lock(&j->lock);
	j->free[j->n++] = g;
	pthread_cond_signal(&j->freed);
	pthread_mutex_unlock(&j->lock);
}

/* evidence: what there is beside the anchors; it is used up. */
static void
judge_by(struct report *out, const struct service *s, struct evidence *evidence, struct judge_question *q)
{
	q->day = day_in_vietnam(q->at);
	q->policy = s->policy;
	q->grammars = judges_take(s->judges);
	q->evidence = evidence;
	promise(X509_up_ref(s->root) == 1 && sk_X509_push(evidence->anchors, s->root) > 0);
	evidence_add_cert(evidence, s->issuing);
	judge_permit(out, q);
	judges_give(s->judges, q->grammars);
}

void
judges_report(struct report *out, const struct service *s, struct span file, int64_t now, int64_t known_since)
{
	own(evidence_t) *evidence = evidence_new();

	judge_by(out, s, evidence, &(struct judge_question){ .document = file, .at = now, .known_since = known_since });
}

bool
judges_report_by(struct report *out, const struct service *s, struct span file, int64_t now, const struct lt_evidence *v, struct err *e)
{
	own(evidence_t) *evidence = evidence_new();

	for (size_t i = 0; i < v->ncerts; i++)
		if (!evidence_add(evidence, "issuing.crt", v->cert[i], false, e))
			return false;
	for (size_t i = 0; i < v->ncrls; i++)
		if (!evidence_add(evidence, "list.crl", v->crl[i], false, e))
			return false;
	judge_by(out, s, evidence, &(struct judge_question){ .document = file, .at = now });
	return true;
}
