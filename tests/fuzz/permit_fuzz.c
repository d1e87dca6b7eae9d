/* judge_permit and report_json, with the anchor of the seeds: whatever is done to a
 * permit, what passes says what its signers signed. */
#include "tests/fuzz/target.h"

#include "verifier/judge.h"

#include <openssl/err.h>

#define SEEDS SOURCE_DIR "/tests/fuzz"
#define AT INT64_C(1795336920)	/* 2026-11-22T08:42:00Z, when the seeds were made */
#define TEXT_MAX (8u << 20)

static struct policy *policy;
static struct permit_grammars *grammars;
static struct evidence *evidence;
static json_t *signed_once;

/* What is written can be read again. */
static void
check_report(const struct report *r)
{
	own_struct(buf) text = buf_new(TEXT_MAX);
	own(json_t) *written = report_json(r, policy, "file", AT);
	own(json_t) *again = NULL;
	struct err e;

	promise(written != NULL);
	json_write(&text, written);
	promise(json_read(&again, buf_span(&text), &e) && json_equal(again, written));
}

static void
judge(struct report *r, struct span document)
{
	const struct judge_question q = { .document = document, .at = AT, .day = 20779, .policy = policy, .grammars = grammars, .evidence = evidence };

	judge_permit(r, &q);
	promise((r->verdict == VERDICT_PASSED) == (report_exit(r, false) == 0));
	check_report(r);
}

static void
begin(void)
{
	own_struct(buf) whole = buf_new(XML_SIZE_MAX);
	struct report r;
	struct err e;

	evidence = evidence_new();
	promise(policy_load(&policy, SOURCE_DIR "/policy", &e) && permit_grammars_load(&grammars, policy, &e));
	promise(evidence_add_trust(evidence, SEEDS "/permit_root.pem", &e) && file_read(&whole, SEEDS "/permit.in/whole", &e));
	evidence_settle(evidence);
	judge(&r, buf_span(&whole));
	promise(r.verdict == VERDICT_PASSED && r.permit != NULL);
	signed_once = json_incref(r.permit);
	report_drop(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report r;

	if (policy == NULL)
		begin();
	judge(&r, span_of(data, size));
	if (r.verdict == VERDICT_PASSED) {
		json_object_del(r.permit, "reaffirmation");	/* added later, by another signature */
		promise(json_equal(r.permit, signed_once));
	}
	report_drop(&r);
	promise(ERR_peek_error() == 0);
	return 0;
}
