/* tst_is, tst_judge, tst_imprint_read, tst_check, tst_digest, tst_of_response. */
#include "tests/fuzz/target.h"

#include "verifier/tst.h"
#include "verifier/tst_judge.h"

#include <openssl/err.h>
#include <stdlib.h>

static void
judge(const policy_t *policy, struct span token)
{
	own(evidence_t) *v = evidence_new();
	const struct judge_question q = { .document = token, .at = 1795336920, .policy = policy, .evidence = v };
	const struct span content = span_str("content\n");
	struct report *r = xalloc(sizeof(*r));

	evidence_settle(v);
	tst_judge(r, &q, &content);
	promise(r->verdict != VERDICT_PASSED && r->sub != SUB_NONE);	/* without an anchor */
	report_drop(r);
	free(r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static policy_t *policy;
	const struct span token = span_of(data, size);
	own_struct(buf) inner = buf_new(TST_MAX);
	struct tst_imprint of;
	struct tst t;
	struct err e;

	if (policy == NULL)
		promise(policy_load(&policy, SOURCE_DIR "/policy", &e));
	(void)tst_is(token);
	if (tst_imprint_read(&of, token, &e)) {
		promise(of.len <= EVP_MAX_MD_SIZE && tst_digest(token) == of.md);
		if (of.md != NULL && tst_check(&t, token, of.md, span_of(of.octet, of.len), NULL, &e))
			tst_drop(&t);
	}
	(void)!tst_of_response(&inner, token, &e);
	judge(policy, token);
	promise(ERR_peek_error() == 0);
	return 0;
}
