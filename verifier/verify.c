#include "verifier/verify.h"

#include "base/file.h"
#include "base/jail.h"
#include "verifier/document.h"

static bool
gather(struct evidence *v, const struct verify_request *q, struct err *e)
{
	for (const char *const *path = q->trust; path != NULL && *path != NULL; path++)
		if (!evidence_add_trust(v, *path, e))
			return false;
	return q->evidence == NULL || evidence_add_path(v, q->evidence, e);
}

static bool
open_tiers(struct tier_list *l, const struct verify_request *q, const struct evidence *v, const struct policy *policy, struct err *e)
{
	own_struct(buf) octets = buf_new(TIER_LIST_MAX);

	return file_read(&octets, q->tiers, e) && tier_list_open(l, buf_span(&octets), v->anchors, policy, q->now, e) && (q->tiers_seen == NULL || tier_list_seen(l, q->tiers_seen, e));
}

static const char *
last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* What a document may do to its judge: compute, and write what it says. */
static const struct jail jail = { .memory_max = 1ull << 30, .cpu_secs = 30 };

bool
verify_file(struct report *out, const struct verify_request *q, const struct policy *policy, struct err *e)
{
	own(evidence_t) *evidence = evidence_new();
	own(permit_grammars) *grammars = NULL;
	own_struct(buf) document = buf_new(XML_SIZE_MAX + (1u << 20));
	own_struct(buf) content = buf_new(VERIFY_CONTENT_MAX);
	struct judge_question question;
	static struct tier_list tiers;		/* the report names its tiers */
	struct document_content given;
	bool with;

	if (!gather(evidence, q, e) || !permit_grammars_load(&grammars, policy, e))
		return false;
	/* A file too long to be read is still answered: its beginning is judged,
	 * and refused for its length. */
	if (!file_read(&document, q->document, e) && e->class != ERR_LIMIT)
		return false;
	with = q->content != NULL && document_is_foreign(buf_span(&document));
	/* A content that is given and cannot be read is never judged without. */
	if (with && !file_read(&content, q->content, e))
		return false;
	evidence_settle(evidence);
	if (q->tiers != NULL && !open_tiers(&tiers, q, evidence, policy, e))
		return false;
	if (!jail_enter(&jail, e))
		return false;
	question = (struct judge_question){ .tiers = q->tiers != NULL ? &tiers : NULL, .document = buf_span(&document), .at = q->at, .day = q->day, .policy = policy,
		.grammars = grammars, .evidence = evidence, .insecure_no_revocation = q->insecure_no_revocation };
	given = (struct document_content){ with ? last_part(q->content) : NULL, buf_span(&content) };
	document_judge(out, &question, with ? &given : NULL);
	if (permit_grammars_held(grammars, e))
		return true;
	report_drop(out);
	return false;
}
