#include "verifier/document.h"

#include "verifier/asic.h"
#include "verifier/cades.h"
#include "verifier/dsig.h"
#include "verifier/tst_judge.h"

#include <stdlib.h>

_Static_assert(TIERS_MAX + 1 <= REPORT_UNDER_MAX, "room for every tier and our own");

static void
judge_asic(struct report *out, const struct judge_question *q, const struct document_content *content)
{
	asic_judge(out, q, content != NULL ? &content->octets : NULL);
}

static void
judge_tst(struct report *out, const struct judge_question *q, const struct document_content *content)
{
	tst_judge(out, q, content != NULL ? &content->octets : NULL);
}

static void
judge_cades(struct report *out, const struct judge_question *q, const struct document_content *content)
{
	cades_judge(out, q, content != NULL ? &content->octets : NULL);
}

static void
judge_dsig(struct report *out, const struct judge_question *q, const struct document_content *content)
{
	dsig_judge(out, q, content, content != NULL ? 1 : 0, NULL);
}

static const struct {
	bool (*is)(struct span);
	void (*judge)(struct report *, const struct judge_question *, const struct document_content *);
} kinds[] = {
	{ asic_is, judge_asic },
	{ tst_is, judge_tst },		/* CMS, too */
	{ cades_is, judge_cades },
	{ dsig_is, judge_dsig },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static size_t
kind_of(struct span document)
{
	size_t i = 0;

	while (i < KINDS && !kinds[i].is(document))
		i++;
	return i;
}

bool
document_is_foreign(struct span document)
{
	return kind_of(document) < KINDS;
}

static void
note_under(struct report *out, const struct tier *tier, const struct report *r)
{
	out->under[out->nunder++] = (struct report_under){ tier, r->verdict, r->sub };
}

/* What the report of one has, in the other's place; the verdicts under all tiers stay. */
static void
give_way(struct report *out, struct report *other)
{
	struct report was = *out;

	*out = *other;
	memcpy(out->under, was.under, sizeof(out->under));
	out->nunder = was.nunder;
	*other = was;
}

static void
judge_under(struct report *out, const struct judge_question *q, const struct document_content *content, const struct listed_tier *t, size_t kind)
{
	struct evidence theirs = *q->evidence;
	struct judge_question under = *q;
	struct report *other = xalloc(sizeof(*other));

	theirs.anchors = t->anchors;
	under.evidence = &theirs;
	under.under = &t->is;
	kinds[kind].judge(other, &under, content);
	note_under(out, &t->is, other);
	if (out->sub == SUB_NO_CERTIFICATE_CHAIN_FOUND && other->sub != SUB_NO_CERTIFICATE_CHAIN_FOUND) {
		other->tier = &t->is;	/* time stamps have none, nor what fails on its path */
		give_way(out, other);
	}
	report_drop(other);
	free(other);
}

static void
judge_tiers(struct report *out, const struct judge_question *q, const struct document_content *content, size_t kind)
{
	const struct tier_list *l = q->tiers;

	if (q->at > l->until)
		return reason_add(&out->remarks, SAID_TIER_LIST_OVER, NULL);
	note_under(out, NULL, out);
	for (size_t i = 0; i < l->n; i++)
		judge_under(out, q, content, &l->tier[i], kind);
	out->list_version = l->version;
	out->list_until = l->until;
	memcpy(out->list_sha256, l->sha256, SHA256_LEN);
}

void
document_judge(struct report *out, const struct judge_question *q, const struct document_content *content)
{
	size_t i = kind_of(q->document);

	if (i == KINDS)
		return judge_permit(out, q);
	kinds[i].judge(out, q, content);
	if (q->tiers != NULL && out->nsignatures > 0)
		judge_tiers(out, q, content, i);
}
