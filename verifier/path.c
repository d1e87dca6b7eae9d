#include "verifier/path.h"

#include "verifier/crl_status.h"
#include "verifier/proved.h"

#include <openssl/err.h>

#include <stdio.h>

/* What OpenSSL says -> what the standard calls it (EN 319 102-1 5.2.6.4).  What is not here
 * is RFC 5280's and no rule of ours: 4)e) CERTIFICATE_CHAIN_GENERAL_FAILURE. */
static const struct { int code; enum verdict verdict; enum sub_indication sub; } outcomes[] = {
	{ X509_V_ERR_CERT_HAS_EXPIRED, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE },
	{ X509_V_ERR_CERT_NOT_YET_VALID, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE },
	{ X509_V_ERR_CERT_REVOKED, VERDICT_INDETERMINATE, SUB_REVOKED_NO_POE },
	{ X509_V_ERR_INVALID_PURPOSE, VERDICT_INDETERMINATE, SUB_CHAIN_CONSTRAINTS_FAILURE },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, VERDICT_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, VERDICT_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, VERDICT_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, VERDICT_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, VERDICT_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND },
	{ X509_V_ERR_CERT_UNTRUSTED, VERDICT_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND },
	{ X509_V_ERR_UNABLE_TO_GET_CRL, VERDICT_INDETERMINATE, SUB_TRY_LATER },
	{ X509_V_ERR_CRL_HAS_EXPIRED, VERDICT_INDETERMINATE, SUB_TRY_LATER },
	{ X509_V_ERR_CRL_NOT_YET_VALID, VERDICT_INDETERMINATE, SUB_TRY_LATER },
	{ X509_V_ERR_EE_KEY_TOO_SMALL, VERDICT_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE },
	{ X509_V_ERR_CA_KEY_TOO_SMALL, VERDICT_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE },
	{ X509_V_ERR_CA_MD_TOO_WEAK, VERDICT_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE },
};

static const struct { const char *word; int purpose; } purposes[] = {
	{ "any", 0 }, { "serverAuth", X509_PURPOSE_SSL_SERVER }, { "clientAuth", X509_PURPOSE_SSL_CLIENT },
	{ "emailProtection", X509_PURPOSE_SMIME_SIGN }, { "timeStamping", X509_PURPOSE_TIMESTAMP_SIGN },
	{ "OCSPSigning", -NID_OCSP_sign }, { "codeSigning", -NID_code_sign },
};

void
path_result_drop(struct path_result *r)
{
	cert_list_free(r->chain);
	r->chain = NULL;
}

static bool
purpose_of(const char *word, int *out, struct err *e)
{
	*out = 0;
	for (size_t i = 0; word != NULL && i < sizeof(purposes) / sizeof(purposes[0]); i++)
		if (strcmp(purposes[i].word, word) == 0) {
			*out = purposes[i].purpose;
			return true;
		}
	return word == NULL || fail(e, ERR_INPUT, "there is no purpose %.40s", word);
}

/* Purposes that OpenSSL 3.0 does not judge: this extended key usage.  Without
 * the extension nothing is restricted (RFC 5280 4.2.1.12), but answers about status
 * are never a matter of "any" nor of silence (RFC 6960 4.2.2.2). */
static bool
has_usage(X509 *leaf, int nid)
{
	int critical;
	EXTENDED_KEY_USAGE *all = X509_get_ext_d2i(leaf, NID_ext_key_usage, &critical, NULL);
	bool found = all == NULL && critical == -1 && nid != NID_OCSP_sign;

	for (int i = 0; i < sk_ASN1_OBJECT_num(all); i++)
		found |= OBJ_obj2nid(sk_ASN1_OBJECT_value(all, i)) == nid ||
		    (nid != NID_OCSP_sign && OBJ_obj2nid(sk_ASN1_OBJECT_value(all, i)) == NID_anyExtendedKeyUsage);
	EXTENDED_KEY_USAGE_free(all);
	ERR_clear_error();
	return found;
}

/* Policies are processed whatever is asked: a certificate of the path may require
 * one (RFC 5280 6.1.4 (i)).  None asked for is any (6.1.1 (c)). */
static bool
set_policies(X509_VERIFY_PARAM *param, const struct path_request *r, struct err *e)
{
	static const char *const any[] = { "2.5.29.32.0", NULL };
	unsigned long flags = X509_V_FLAG_POLICY_CHECK;

	for (const char *const *p = r->policies != NULL ? r->policies : any; *p != NULL; p++) {
		own(ASN1_OBJECT) *oid = OBJ_txt2obj(*p, 1);

		if (oid == NULL)
			return fail_ossl(e, ERR_INPUT, "%.60s is no object identifier", *p);
		promise(X509_VERIFY_PARAM_add0_policy(param, take(&oid)) == 1);
	}
	if (r->explicit_policy)
		flags |= X509_V_FLAG_EXPLICIT_POLICY;
	if (r->inhibit_any)
		flags |= X509_V_FLAG_INHIBIT_ANY;
	if (r->inhibit_mapping)
		flags |= X509_V_FLAG_INHIBIT_MAP;
	X509_VERIFY_PARAM_set_flags(param, flags);
	return true;
}

/* Not the store's, which finds lists by the issuer's name alone: indirect ones have another. */
static STACK_OF(X509_CRL) *
crls_of(const struct path_request *r)
{
	STACK_OF(X509_CRL) *crls = sk_X509_CRL_new_null();

	promise(crls != NULL);
	for (int i = 0; i < sk_X509_CRL_num(r->crls); i++)
		if (!crl_delta_is_away(sk_X509_CRL_value(r->crls, i), r->at))
			promise(sk_X509_CRL_push(crls, sk_X509_CRL_value(r->crls, i)) > 0);
	return crls;
}

/* The anchor needs no CRL (RFC 5280 6.1), and without require_crl a certificate
 * that no CRL speaks of passes; what a CRL says counts always.  The request is the
 * store's: the path of a CRL's issuer has a context of its own. */
static int
judge_step(int good, X509_STORE_CTX *ctx)
{
	const struct path_request *r = X509_STORE_get_ex_data(X509_STORE_CTX_get0_store(ctx), 0);
	bool anchor = X509_STORE_CTX_get_error_depth(ctx) == sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) - 1;
	int code = X509_STORE_CTX_get_error(ctx);

	if (good || (code == X509_V_ERR_UNABLE_TO_GET_CRL && (anchor || !r->require_crl)) ||
	    (anchor && (code == X509_V_ERR_CRL_HAS_EXPIRED || code == X509_V_ERR_CRL_NOT_YET_VALID))) {
		X509_STORE_CTX_set_error(ctx, X509_V_OK);
		return 1;
	}
	return 0;
}

/* notAfter is the last second of validity (RFC 5280 4.1.2.5), not the first after it. */
static int
times_code(const X509 *cert, time_t at)
{
	int begun = X509_cmp_time(X509_get0_notBefore(cert), &at), over = X509_cmp_time(X509_get0_notAfter(cert), &at);

	if (begun == 0)
		return X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD;
	if (begun > 0)
		return X509_V_ERR_CERT_NOT_YET_VALID;
	if (over == 0)
		return X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD;
	return over < 0 && asn1_time_secs(X509_get0_notAfter(cert)) != at ? X509_V_ERR_CERT_HAS_EXPIRED : X509_V_OK;
}

static int
step_fails(X509_STORE_CTX *ctx, int depth, int code)
{
	X509_STORE_CTX_set_error_depth(ctx, depth);
	X509_STORE_CTX_set_error(ctx, code);
	return 0;
}

/* RFC 5280 6.1.3 (a) (1), from the anchor down, as OpenSSL does it itself, but that a signature
 * that was found good is not computed anew; then (2), from the leaf up: that it is over is said
 * before what is over above it.  Of the anchor its times alone. */
static int
walk_signatures(X509_STORE_CTX *ctx)
{
	const struct path_request *r = X509_STORE_get_ex_data(X509_STORE_CTX_get0_store(ctx), 0);
	const cert_list *chain = X509_STORE_CTX_get0_chain(ctx);
	int code;

	for (int i = sk_X509_num(chain) - 1; i >= 0; i--) {
		X509 *cert = sk_X509_value(chain, i), *issuer = sk_X509_value(chain, i + 1);

		code = issuer == NULL ? X509_V_OK : X509_check_issued(issuer, cert);
		if (code != X509_V_OK)
			return step_fails(ctx, i + 1, code);
		if (issuer != NULL && X509_get0_pubkey(issuer) == NULL)
			return step_fails(ctx, i + 1, X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY);
		if (issuer != NULL && !proved_cert(cert, issuer))
			return step_fails(ctx, i, X509_V_ERR_CERT_SIGNATURE_FAILURE);
	}
	for (int i = 0; i < sk_X509_num(chain); i++) {
		code = times_code(sk_X509_value(chain, i), (time_t)r->at);
		if (code != X509_V_OK)
			return step_fails(ctx, i, code);
	}
	return 1;
}

static X509_STORE *
store_of(const struct path_request *r)
{
	X509_STORE *store = X509_STORE_new();

	promise(store != NULL && X509_STORE_set_ex_data(store, 0, (void *)r) == 1);
	X509_STORE_set_verify(store, walk_signatures);
	for (int i = 0; i < sk_X509_num(r->anchors); i++)
		X509_STORE_add_cert(store, sk_X509_value(r->anchors, i));
	for (int i = 0; i < sk_X509_num(r->bag); i++)
		X509_get_extension_flags(sk_X509_value(r->bag, i));	/* OpenSSL does not read those of a CRL's issuer before it asks for cRLSign */
	ERR_clear_error();
	return store;
}

/* Whose certificate it is: step 7) means the leaf alone; an anchor's end is its sunset date (3). */
static enum sub_indication
of_depth(enum sub_indication sub, int depth, int last)
{
	if (depth > 0 && sub == SUB_REVOKED_NO_POE)
		return SUB_REVOKED_CA_NO_POE;
	if (depth > 0 && sub == SUB_OUT_OF_BOUNDS_NO_POE)
		return depth == last ? SUB_NO_CERTIFICATE_CHAIN_FOUND_NO_POE : SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE;
	return sub;
}

static void
set_outcome(struct path_result *out, int code, int depth)
{
	out->verdict = VERDICT_INDETERMINATE;
	out->sub = SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE;
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
		if (outcomes[i].code == code) {
			out->verdict = outcomes[i].verdict;
			out->sub = outcomes[i].sub;
		}
	out->sub = of_depth(out->sub, depth, sk_X509_num(out->chain) - 1);
	snprintf(out->reason, sizeof(out->reason), "%s", X509_verify_cert_error_string(code));
}

/* RFC 5280 4.2: one instance of an extension; OpenSSL sees it of those that it reads. */
static bool
has_ext_twice(const X509 *cert)
{
	for (int i = 0; i < X509_get_ext_count(cert); i++)
		if (X509_get_ext_by_OBJ(cert, X509_EXTENSION_get_object(X509_get_ext(cert, i)), i) >= 0)
			return true;
	return false;
}

/* What the ways of one request have in common. */
struct ways { X509_STORE *store; STACK_OF(X509_CRL) *crls; int purpose, left; };

static void
judge_result(struct path_result *out, X509_STORE_CTX *ctx, bool valid, X509 *leaf, int purpose)
{
	out->chain = X509_STORE_CTX_get1_chain(ctx);
	if (!valid)
		set_outcome(out, X509_STORE_CTX_get_error(ctx), X509_STORE_CTX_get_error_depth(ctx));
	else if (purpose < 0 && !has_usage(leaf, -purpose))
		set_outcome(out, X509_V_ERR_INVALID_PURPOSE, 0);
	else
		out->verdict = VERDICT_PASSED;
	for (int i = 0; valid && i < sk_X509_num(out->chain) - 1; i++)
		if (has_ext_twice(sk_X509_value(out->chain, i)))
			set_outcome(out, X509_V_ERR_INVALID_EXTENSION, i);
	ERR_clear_error();
}

/* OpenSSL does not count a self-issued end down (RFC 5280 6.1.5 (a)): where a
 * certificate of such a path limits policies, one is required. */
static bool
is_counted_short(const cert_list *chain)
{
	X509 *leaf = sk_X509_value(chain, 0);

	if (X509_NAME_cmp(X509_get_subject_name(leaf), X509_get_issuer_name(leaf)) != 0)
		return false;
	for (int i = 1; i < sk_X509_num(chain) - 1; i++)
		if (X509_get_ext_by_NID(sk_X509_value(chain, i), NID_policy_constraints, -1) >= 0)
			return true;
	return false;
}

/* The way that OpenSSL takes with this bag. */
static bool
judge_way(struct path_result *out, const struct path_request *r, const struct ways *w, cert_list *bag, struct err *e)
{
	own(X509_STORE_CTX) *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_X509_STRICT;

	*out = (struct path_result){ 0 };
	promise(ctx != NULL);
	if (X509_STORE_CTX_init(ctx, w->store, r->leaf, bag) != 1)
		return fail_ossl(e, ERR_BUG, "cannot begin a path");
	param = X509_STORE_CTX_get0_param(ctx);
	if (!set_policies(param, r, e))
		return false;
	if (r->require_crl || sk_X509_CRL_num(r->crls) > 0)
		flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL | X509_V_FLAG_EXTENDED_CRL_SUPPORT | X509_V_FLAG_USE_DELTAS;
	X509_VERIFY_PARAM_set_flags(param, flags);
	X509_VERIFY_PARAM_set_time(param, (time_t)r->at);
	X509_VERIFY_PARAM_set_depth(param, PATH_MAX_CERTS);
	X509_VERIFY_PARAM_set_auth_level(param, r->any_strength ? 0 : 2);	/* 112 bits: RSA 2048, no SHA-1 */
	if (w->purpose > 0)
		X509_VERIFY_PARAM_set_purpose(param, w->purpose);
	X509_STORE_CTX_set0_crls(ctx, w->crls);
	X509_STORE_CTX_set_verify_cb(ctx, judge_step);
	judge_result(out, ctx, X509_verify_cert(ctx) == 1, r->leaf, w->purpose);
	if (out->verdict == VERDICT_PASSED && !r->explicit_policy && is_counted_short(out->chain)) {
		struct path_request strict = *r;

		strict.explicit_policy = true;
		path_result_drop(out);
		return judge_way(out, &strict, w, bag, e);
	}
	return true;
}

/* Another certificate of that name, which might have been the issuer. */
static bool
has_rival(X509 *cert, const cert_list *list)
{
	for (int i = 0; i < sk_X509_num(list); i++)
		if (X509_cmp(sk_X509_value(list, i), cert) != 0 &&
		    X509_NAME_cmp(X509_get_subject_name(sk_X509_value(list, i)), X509_get_subject_name(cert)) == 0)
			return true;
	return false;
}

static cert_list *
bag_without(const cert_list *bag, X509 *cert)
{
	cert_list *rest = sk_X509_new_null();

	promise(rest != NULL);
	for (int i = 0; i < sk_X509_num(bag); i++)
		if (X509_cmp(sk_X509_value(bag, i), cert) != 0)
			promise(sk_X509_push(rest, sk_X509_value(bag, i)) > 0);
	return rest;
}

/* OpenSSL follows one candidate for each issuer and never comes back.  Where a way
 * ends and a certificate on it has a rival, the way without it is tried; what the
 * first way said stays the reason.  Nobody goes around a revocation. */
static bool
judge_ways(struct path_result *out, const struct path_request *r, struct ways *w, cert_list *bag, struct err *e)
{
	if (!judge_way(out, r, w, bag, e))
		return false;
	for (int i = 1; i < sk_X509_num(out->chain) && out->verdict != VERDICT_PASSED && out->sub != SUB_REVOKED_NO_POE &&
	    out->sub != SUB_REVOKED_CA_NO_POE && w->left > 0; i++) {
		X509 *cert = sk_X509_value(out->chain, i);
		cert_list *rest = bag_without(bag, cert);
		struct path_result other = { 0 };
		bool good = true;

		if (sk_X509_num(rest) < sk_X509_num(bag) && (has_rival(cert, bag) || has_rival(cert, r->anchors)) && w->left-- > 0)
			good = judge_ways(&other, r, w, rest, e);
		sk_X509_free(rest);
		if (!good)
			return false;
		if (other.verdict == VERDICT_PASSED) {
			path_result_drop(out);
			*out = other;
			return true;
		}
		path_result_drop(&other);
	}
	return true;
}

/* crl_status.h says why. */
static void
ask_indirect_alone(struct path_result *out, const struct path_request *r, const struct ways *w)
{
	STACK_OF(X509_CRL) *indirect = crls_indirect(w->crls);
	int last = sk_X509_num(out->chain) - 1;
	const char *why;

	for (int i = 0; sk_X509_CRL_num(indirect) > 0 && i < last && out->verdict == VERDICT_PASSED; i++)
		if (crl_status(&why, sk_X509_value(out->chain, i), sk_X509_value(out->chain, last), r->bag, indirect, r->at) == CERT_REVOKED)
			set_outcome(out, X509_V_ERR_CERT_REVOKED, i);
	sk_X509_CRL_free(indirect);
}

bool
path_judge(struct path_result *out, const struct path_request *r, struct err *e)
{
	own(X509_STORE) *store = store_of(r);
	struct ways w = { .store = store, .crls = crls_of(r), .left = PATH_MAX_WAYS };
	bool good;

	*out = (struct path_result){ 0 };
	good = purpose_of(r->purpose, &w.purpose, e) && judge_ways(out, r, &w, (cert_list *)r->bag, e);
	if (good)
		ask_indirect_alone(out, r, &w);
	sk_X509_CRL_free(w.crls);
	return good;
}
