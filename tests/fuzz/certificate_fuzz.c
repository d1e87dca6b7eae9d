/* cert_from_any, cert_facts_read, cert_fits_profile, cert_tier, path_judge; and
 * report_json of what they read: a stranger's names are words in a report, whatever
 * octets they have. */
#include "tests/fuzz/target.h"

#include "verifier/path.h"
#include "verifier/signature.h"

#include <openssl/err.h>

#define AT INT64_C(1795336920)	/* 2026-11-22T08:42:00Z, when the seeds were made */
#define TEXT_MAX (1u << 20)

static struct policy *policy;

static void
check_report(const struct cert_facts *f)
{
	own_struct(buf) text = buf_new(TEXT_MAX);
	struct report r = { .verdict = VERDICT_INDETERMINATE, .sub = SUB_NO_CERTIFICATE_CHAIN_FOUND, .nsignatures = 1, .as_of = INT64_MIN };
	own(json_t) *written = NULL;
	own(json_t) *again = NULL;
	struct err e;

	signature_facts(&r.signature[0], f);
	reason_add(&r.signature[0].reasons, SAID_SIGNED_PART, f->name, f->issuer, NULL);
	written = report_json(&r, policy, "file", AT);
	promise(written != NULL);
	json_write(&text, written);
	promise(json_read(&again, buf_span(&text), &e) && json_equal(again, written));
}

static void
look_for_path(X509 *leaf, bool strict)
{
	own(cert_list) *alone = sk_X509_new_null();
	const struct path_request request = { .leaf = leaf, .anchors = alone, .bag = alone, .at = AT, .explicit_policy = strict, .inhibit_any = strict, .require_crl = strict };
	struct path_result found;
	struct err e;

	promise(alone != NULL && X509_up_ref(leaf) == 1 && sk_X509_push(alone, leaf) > 0);
	if (path_judge(&found, &request, &e))
		promise((found.verdict == VERDICT_PASSED) == (found.reason[0] == '\0'));
	path_result_drop(&found);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cert_facts f;
	own(X509) *x = NULL;
	struct err e;

	if (policy == NULL)
		promise(policy_load(&policy, SOURCE_DIR "/policy", &e));
	if (cert_from_any(&x, span_of(data, size), &e)) {
		if (cert_facts_read(&f, x, &e))
			check_report(&f);
		if (!cert_fits_profile(x, policy_profile(policy, "official"), &e))
			promise(e.text[0] != '\0');
		(void)cert_tier(x, policy);
		look_for_path(x, false);
		look_for_path(x, true);
	}
	promise(ERR_peek_error() == 0);
	return 0;
}
