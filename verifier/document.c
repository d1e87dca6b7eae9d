#include "verifier/document.h"

#include "verifier/asic.h"
#include "verifier/cades.h"
#include "verifier/dsig.h"
#include "verifier/tst_judge.h"

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

void
document_judge(struct report *out, const struct judge_question *q, const struct document_content *content)
{
	size_t i = kind_of(q->document);

	if (i < KINDS)
		kinds[i].judge(out, q, content);
	else
		judge_permit(out, q);
}
