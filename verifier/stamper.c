#include "verifier/stamper.h"

#include "base/clock.h"
#include "verifier/crl.h"

/* What policy names comes before what a stamp brings. */
static void
find(struct path_result *out, const struct time_authority *a, const struct tst *t, const cert_list *bag)
{
	cert_list *all = sk_X509_new_null();
	const struct path_request ask = { .leaf = t->signer, .anchors = a->anchor, .bag = all, .at = t->time, .purpose = "timeStamping" };
	struct err ignored;

	promise(all != NULL);
	cert_list_borrow(all, a->between);
	cert_list_borrow(all, t->bag);
	cert_list_borrow(all, bag);
	promise(path_judge(out, &ask, &ignored));
	sk_X509_free(all);
}

const struct time_authority *
stamper_authority(const struct policy *p, const struct tst *t, const cert_list *bag)
{
	for (const struct time_authority *a = p->time_authority; a < p->time_authority + p->ntime_authorities; a++) {
		struct path_result path;
		bool leads;

		find(&path, a, t, bag);
		leads = sk_X509_num(path.chain) > 1 && X509_cmp(sk_X509_value(path.chain, sk_X509_num(path.chain) - 1), sk_X509_value(a->anchor, 0)) == 0;
		path_result_drop(&path);
		if (leads)
			return a;
	}
	return NULL;
}

bool
stamper_path(struct path_result *out, const struct time_authority *a, const struct tst *t, const cert_list *bag, struct err *e)
{
	find(out, a, t, bag);
	if (out->verdict != VERDICT_PASSED)
		return fail(e, ERR_POLICY, "its certificate: %.150s", out->reason);
	if (!word_in(a->policies, t->policy))
		return fail(e, ERR_POLICY, "it is of the policy %.60s, which is not taken from %s", t->policy, a->id);
	return time_authority_on(a, day_in_vietnam(t->time)) || fail(e, ERR_POLICY, "%s does not stamp for us on its day", a->id);
}

bool
stamp_timely(const struct tst *t, int64_t from, int64_t to, struct err *e)
{
	char text[TIME_TEXT];

	if (t->time >= from - STAMP_SKEW_SECS && t->time <= to + STAMP_SKEW_SECS)
		return true;
	time_text_utc(text, t->time);
	return fail(e, ERR_POLICY, "the time stamp says %s, which is not the time when it was asked for", text);
}

/* The next one from the front. */
static bool
take_crl(X509_CRL **out, struct span *der, struct span *rest, struct err *e)
{
	const unsigned char *p = rest->ptr;

	*out = d2i_X509_CRL(NULL, &p, (long)rest->len);
	if (*out == NULL)
		return fail_ossl(e, ERR_INPUT, "not a CRL");
	*der = span_of(rest->ptr, (size_t)(p - rest->ptr));
	*rest = span_of(p, rest->len - der->len);
	return true;
}

/* The newest of the issuer's that was not over at `at`. */
static bool
find_crl(struct span *used, X509 *cert, X509 *issuer, struct span crls, int64_t at, struct err *e)
{
	struct revocation newest = { .state = CERT_UNKNOWN };
	int64_t this_update = INT64_MIN;

	while (crls.len > 0) {
		own(X509_CRL) *crl = NULL;
		struct span der;
		struct crl_facts f;
		struct err ignored;

		if (!take_crl(&crl, &der, &crls, e))
			return false;
		if (!crl_check(&f, crl, issuer, &ignored) || f.next_update < at || f.this_update <= this_update)
			continue;
		crl_lookup(&newest, crl, X509_get0_serialNumber(cert));
		this_update = f.this_update;
		*used = der;
	}
	if (this_update == INT64_MIN)
		return fail(e, ERR_LATER, "there is no CRL yet for its certificate, or one above it");
	return newest.state != CERT_REVOKED || fail(e, ERR_POLICY, "its certificate, or one above it, is revoked");
}

bool
stamper_status(struct span used[PATH_MAX_CERTS], size_t *n, const struct path_result *path, struct span crls, int64_t at, struct err *e)
{
	size_t below = (size_t)sk_X509_num(path->chain) - 1;

	if (below > PATH_MAX_CERTS)
		return fail(e, ERR_LIMIT, "more than %d certificates on a path", PATH_MAX_CERTS);
	for (size_t i = 0; i < below; i++)
		if (!find_crl(&used[i], sk_X509_value(path->chain, (int)i), sk_X509_value(path->chain, (int)i + 1), crls, at, e))
			return false;
	*n = below;
	return true;
}
