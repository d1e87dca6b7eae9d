#include "verifier/verify.h"

#include "base/file.h"
#include "base/jail.h"
#include "verifier/cades.h"

static bool
gather(struct evidence *v, const struct verify_request *q, struct err *e)
{
	for (const char *const *path = q->trust; path != NULL && *path != NULL; path++)
		if (!evidence_add_trust(v, *path, e))
			return false;
	return q->evidence == NULL || evidence_add_path(v, q->evidence, e);
}

/* A stranger's octets are read by a process that can do nothing but compute and write what
 * it says.  A content that is given and cannot be read is never judged without. */
static bool
judge_cades(struct report *out, const struct judge_question *question, const char *path, struct err *e)
{
	const struct jail jail = { .memory_max = 1ull << 30, .cpu_secs = 30 };
	own_struct(buf) content = buf_new(CADES_CONTENT_MAX);
	struct span octets;

	if (path != NULL && !file_read(&content, path, e))
		return false;
	if (!jail_enter(&jail, e))
		return false;
	octets = buf_span(&content);
	cades_judge(out, question, path != NULL ? &octets : NULL);
	return true;
}

bool
verify_file(struct report *out, const struct verify_request *q, const struct policy *policy, struct err *e)
{
	own(evidence_t) *evidence = evidence_new();
	own(permit_grammars) *grammars = NULL;
	own_struct(buf) document = buf_new(XML_SIZE_MAX + (1u << 20));
	struct judge_question question;

	if (!gather(evidence, q, e) || !permit_grammars_load(&grammars, policy, q->policy_folder, e))
		return false;
	/* A file too long to be read is still answered: its beginning is judged,
	 * and refused for its length. */
	if (!file_read(&document, q->document, e) && e->class != ERR_LIMIT)
		return false;
	evidence_settle(evidence);
	question = (struct judge_question){ .document = buf_span(&document), .at = q->at, .day = q->day, .policy = policy,
		.grammars = grammars, .evidence = evidence, .insecure_no_revocation = q->insecure_no_revocation };
	if (cades_is(question.document))
		return judge_cades(out, &question, q->content, e);
	judge_permit(out, &question);
	return true;
}
