#include "ca/authority.h"

#include "base/fault.h"
#include "ca/der.h"
#include "verifier/cert.h"
#include "verifier/path.h"

#include <stdio.h>
#include <stdlib.h>

/* The issuing certificate under the root, by the judge's own code. */
static bool
check_chain(X509 *root, X509 *issuing, int64_t now, struct err *e)
{
	cert_list *anchors = sk_X509_new_null();
	struct path_request r = { .leaf = issuing, .anchors = anchors, .at = now };
	struct path_result out = { 0 };
	bool good;

	promise(anchors != NULL && X509_up_ref(root) == 1 && sk_X509_push(anchors, root) > 0);
	good = path_judge(&out, &r, e);
	if (good && out.verdict != VERDICT_PASSED)
		good = fail(e, ERR_POLICY, "the issuing certificate is not the root's: %s", out.reason);
	path_result_drop(&out);
	cert_list_free(anchors);
	return good;
}

static bool
check_issuing(struct cert_facts *facts, const struct tier **tier, const struct authority *a, X509 *issuing, int64_t now, struct err *e)
{
	const struct profile *f = policy_profile(a->policy, "issuing");

	if (f == NULL)
		return fail(e, ERR_POLICY, "the policy has no profile issuing");
	if (!check_chain(a->root, issuing, now, e) || !cert_fits_profile(issuing, f, e) || !cert_facts_read(facts, issuing, e))
		return false;
	*tier = cert_tier(issuing, a->policy);
	return *tier != NULL || fail(e, ERR_POLICY, "the issuing certificate is of no tier of this policy");
}

static struct generation *
generation_of(struct authority *a, X509 *issuing, const struct cert_facts *facts)
{
	struct generation *g = xalloc(sizeof(*g));

	*g = (struct generation){ .a = a, .n = 1, .issuing = issuing };
	memcpy(g->key_id, facts->key_id, KEY_ID_LEN);
	memcpy(g->policy, facts->policy_oid, sizeof(g->policy));
	return g;
}

bool
authority_take(struct authority *a, X509 *root, X509 *issuing, const char *site, int64_t now, struct err *e)
{
	struct cert_facts facts;

	a->root = root;
	if (!check_issuing(&facts, &a->tier, a, issuing, now, e))
		return false;
	snprintf(a->org, sizeof(a->org), "%s", facts.agency);
	a->site = xstrdup(site);
	a->newest = generation_of(a, issuing, &facts);
	return true;
}

/* RFC 5280 4.1.2.4: whoever compares names compares these octets. */
static bool
same_name(X509 *x, X509 *y)
{
	const unsigned char *a, *b;
	size_t a_len, b_len;

	promise(X509_NAME_get0_der(X509_get_subject_name(x), &a, &a_len) == 1 && X509_NAME_get0_der(X509_get_subject_name(y), &b, &b_len) == 1);
	return span_eq(span_of(a, a_len), span_of(b, b_len));
}

int64_t
generation_shard(const struct generation *g)
{
	return g->n - 1;
}

bool
generation_new(struct generation **out, struct authority *a, X509 *issuing, int64_t now, struct err *e)
{
	own(X509) *cert = issuing;
	struct generation *newest = a->newest;
	const struct tier *tier;
	struct cert_facts facts;

	if (!check_issuing(&facts, &tier, a, issuing, now, e))
		return false;
	if (tier != a->tier || !same_name(issuing, newest->issuing))
		return fail(e, ERR_POLICY, "the new issuing certificate is of another name or tier than this authority's");
	for (const struct generation *g = newest; g != NULL; g = g->older)
		if (memcmp(g->key_id, facts.key_id, KEY_ID_LEN) == 0)
			return fail(e, ERR_POLICY, "the new issuing certificate has the key of generation %lld", (long long)g->n);
	if (newest->n == GENERATIONS_MAX)
		return fail(e, ERR_LIMIT, "an authority has at most %d generations", GENERATIONS_MAX);
	*out = generation_of(a, take(&cert), &facts);
	(*out)->n = newest->n + 1;
	(*out)->older = newest;
	return true;
}

void
generation_free(struct generation *g)
{
	if (g == NULL)
		return;
	X509_free(g->issuing);
	free(g);
}

void
authority_put(struct authority *a, struct generation *g)
{
	promise(g->older == a->newest);
	a->newest = g;
}

void
authority_close(struct authority *a)
{
	for (struct generation *g = a->newest, *older; g != NULL; g = older) {
		older = g->older;
		generation_free(g);
	}
	X509_free(a->root);
	free(a->site);
	*a = (struct authority){ .policy = NULL };
}

bool
authority_raw(struct generation *g, const unsigned char key_id[KEY_ID_LEN], const struct span *tbs, size_t n, struct buf *raw, struct err *e)
{
	unsigned char digest[HSM_BATCH_MAX * SHA256_LEN];
	size_t before = raw->len;

	promise(n >= 1 && n <= HSM_BATCH_MAX);
	for (size_t i = 0; i < n; i++)
		sha256(digest + i * SHA256_LEN, tbs[i]);
	if (!hsm_sign_many(g->hsm, key_id, HSM_ECDSA_P256, span_of(digest, n * SHA256_LEN), raw, e))
		return false;
	return raw->len - before == n * HSM_SIGNATURE_LEN ||
	    fail(e, ERR_TOKEN, "antin-hsm answered with %zu bytes for %zu signatures", raw->len - before, n);
}

bool
authority_sign(struct generation *g, const struct span *tbs, struct buf *out, size_t n, struct err *e)
{
	own_struct(buf) raw = buf_new(HSM_BATCH_MAX * HSM_SIGNATURE_LEN);

	FAULT_POINT("ca sign");
	if (!authority_raw(g, g->key_id, tbs, n, &raw, e))
		return false;
	FAULT_POINT("ca sign done");
	for (size_t i = 0; i < n; i++) {
		own_struct(buf) sig = buf_new(128);

		if (!ecdsa_raw_to_der(&sig, span_of(raw.ptr + i * HSM_SIGNATURE_LEN, HSM_SIGNATURE_LEN), e) ||
		    !signed_wrap(&out[i], tbs[i], buf_span(&sig), e))
			return false;
	}
	return true;
}

bool
authority_run(struct authority *a, const char *step, struct reg_unit *u, struct reg_results *results, struct err *e)
{
	char name[64];

	snprintf(name, sizeof(name), "ca %s", step);
	FAULT_POINT(name);
	if (!reg_run(a->reg, u, results, e))
		return false;
	snprintf(name, sizeof(name), "ca %s done", step);
	FAULT_POINT(name);
	return true;
}
