#include "verifier/path.h"

#include "verifier/proved.h"

#include <openssl/err.h>

#include <stdio.h>

/* What OpenSSL says -> what the standard calls it (EN 319 102-1 5.2.6). */
static const struct { int code; enum verdict verdict; enum sub_indication sub; } outcomes[] = {
	{ X509_V_ERR_CERT_HAS_EXPIRED, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE },
	{ X509_V_ERR_CERT_NOT_YET_VALID, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE },
	{ X509_V_ERR_CERT_REVOKED, VERDICT_INDETERMINATE, SUB_REVOKED_NO_POE },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, VERDICT_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, VERDICT_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, VERDICT_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, VERDICT_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, VERDICT_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND },
	{ X509_V_ERR_CERT_UNTRUSTED, VERDICT_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND },
	{ X509_V_ERR_UNABLE_TO_GET_CRL, VERDICT_INDETERMINATE, SUB_TRY_LATER },
	{ X509_V_ERR_CRL_HAS_EXPIRED, VERDICT_INDETERMINATE, SUB_TRY_LATER },
	{ X509_V_ERR_CRL_NOT_YET_VALID, VERDICT_INDETERMINATE, SUB_TRY_LATER },
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE, VERDICT_INDETERMINATE, SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE },
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

/* Purposes that OpenSSL 3.0 does not judge: this extended key usage.  Answers
 * about status are never a matter of "any" (RFC 6960 4.2.2.2). */
static bool
has_usage(X509 *leaf, int nid)
{
	EXTENDED_KEY_USAGE *all = X509_get_ext_d2i(leaf, NID_ext_key_usage, NULL, NULL);
	bool found = false;

	for (int i = 0; i < sk_ASN1_OBJECT_num(all); i++)
		found |= OBJ_obj2nid(sk_ASN1_OBJECT_value(all, i)) == nid ||
		    (nid != NID_OCSP_sign && OBJ_obj2nid(sk_ASN1_OBJECT_value(all, i)) == NID_anyExtendedKeyUsage);
	EXTENDED_KEY_USAGE_free(all);
	ERR_clear_error();
	return found;
}

static bool
set_policies(X509_VERIFY_PARAM *param, const struct path_request *r, struct err *e)
{
	unsigned long flags = 0;

	for (const char *const *p = r->policies; p != NULL && *p != NULL; p++) {
		own(ASN1_OBJECT) *oid = OBJ_txt2obj(*p, 1);

		if (oid == NULL)
			return fail_ossl(e, ERR_INPUT, "%.60s is no object identifier", *p);
		promise(X509_VERIFY_PARAM_add0_policy(param, take(&oid)) == 1);
	}
	if (r->policies != NULL || r->explicit_policy || r->inhibit_any || r->inhibit_mapping)
		flags |= X509_V_FLAG_POLICY_CHECK;
	if (r->explicit_policy)
		flags |= X509_V_FLAG_EXPLICIT_POLICY;
	if (r->inhibit_any)
		flags |= X509_V_FLAG_INHIBIT_ANY;
	if (r->inhibit_mapping)
		flags |= X509_V_FLAG_INHIBIT_MAP;
	if (flags != 0)
		X509_VERIFY_PARAM_set_flags(param, flags);
	return true;
}

static X509_STORE *
store_of(const struct path_request *r)
{
	X509_STORE *store = X509_STORE_new();

	promise(store != NULL);
	for (int i = 0; i < sk_X509_num(r->anchors); i++)
		X509_STORE_add_cert(store, sk_X509_value(r->anchors, i));
	for (int i = 0; i < sk_X509_CRL_num(r->crls); i++)
		X509_STORE_add_crl(store, sk_X509_CRL_value(r->crls, i));
	ERR_clear_error();
	return store;
}

/* The anchor needs no CRL (RFC 5280 6.1), and without require_crl a certificate
 * that no CRL speaks of passes; what a CRL says counts always. */
static int
judge_step(int good, X509_STORE_CTX *ctx)
{
	const struct path_request *r = X509_STORE_CTX_get_app_data(ctx);
	bool anchor = X509_STORE_CTX_get_error_depth(ctx) == sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) - 1;
	int code = X509_STORE_CTX_get_error(ctx);

	if (good || (code == X509_V_ERR_UNABLE_TO_GET_CRL && (anchor || !r->require_crl)) ||
	    (anchor && (code == X509_V_ERR_CRL_HAS_EXPIRED || code == X509_V_ERR_CRL_NOT_YET_VALID))) {
		X509_STORE_CTX_set_error(ctx, X509_V_OK);
		return 1;
	}
	return 0;
}

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
	return over < 0 ? X509_V_ERR_CERT_HAS_EXPIRED : X509_V_OK;
}

static int
step_fails(X509_STORE_CTX *ctx, int depth, int code)
{
	X509_STORE_CTX_set_error_depth(ctx, depth);
	X509_STORE_CTX_set_error(ctx, code);
	return 0;
}

/* RFC 5280 6.1.3 (a) (1) and (2), from the anchor down, as OpenSSL does it itself, but that
 * a signature that was found good is not computed anew.  Of the anchor its times alone. */
static int
walk_signatures(X509_STORE_CTX *ctx)
{
	const struct path_request *r = X509_STORE_CTX_get_app_data(ctx);
	const cert_list *chain = X509_STORE_CTX_get0_chain(ctx);

	for (int i = sk_X509_num(chain) - 1; i >= 0; i--) {
		X509 *cert = sk_X509_value(chain, i), *issuer = sk_X509_value(chain, i + 1);
		int code = issuer == NULL ? X509_V_OK : X509_check_issued(issuer, cert);

		if (code != X509_V_OK)
			return step_fails(ctx, i + 1, code);
		if (issuer != NULL && X509_get0_pubkey(issuer) == NULL)
			return step_fails(ctx, i + 1, X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY);
		if (issuer != NULL && !proved_cert(cert, issuer))
			return step_fails(ctx, i, X509_V_ERR_CERT_SIGNATURE_FAILURE);
		code = times_code(cert, (time_t)r->at);
		if (code != X509_V_OK)
			return step_fails(ctx, i, code);
	}
	return 1;
}

static void
set_outcome(struct path_result *out, int code, int depth)
{
	out->verdict = VERDICT_INDETERMINATE;
	out->sub = SUB_CHAIN_CONSTRAINTS_FAILURE;
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
		if (outcomes[i].code == code) {
			out->verdict = outcomes[i].verdict;
			out->sub = outcomes[i].sub;
		}
	if (out->sub == SUB_REVOKED_NO_POE && depth > 0)
		out->sub = SUB_REVOKED_CA_NO_POE;
	snprintf(out->reason, sizeof(out->reason), "%s", X509_verify_cert_error_string(code));
}

bool
path_judge(struct path_result *out, const struct path_request *r, struct err *e)
{
	own(X509_STORE) *store = store_of(r);
	own(X509_STORE_CTX) *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_X509_STRICT;
	int purpose;

	*out = (struct path_result){ 0 };
	promise(ctx != NULL);
	if (!purpose_of(r->purpose, &purpose, e))
		return false;
	X509_STORE_set_verify(store, walk_signatures);
	if (X509_STORE_CTX_init(ctx, store, r->leaf, (cert_list *)r->bag) != 1)
		return fail_ossl(e, ERR_BUG, "cannot begin a path");
	param = X509_STORE_CTX_get0_param(ctx);
	if (!set_policies(param, r, e))
		return false;
	if (r->require_crl || sk_X509_CRL_num(r->crls) > 0)
		flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
	X509_VERIFY_PARAM_set_flags(param, flags);
	X509_VERIFY_PARAM_set_time(param, (time_t)r->at);
	X509_VERIFY_PARAM_set_depth(param, PATH_MAX_CERTS);
	X509_VERIFY_PARAM_set_auth_level(param, 2);	/* 112 bits: RSA 2048, no SHA-1 */
	if (purpose > 0)
		X509_VERIFY_PARAM_set_purpose(param, purpose);
	X509_STORE_CTX_set_app_data(ctx, (void *)r);
	X509_STORE_CTX_set_verify_cb(ctx, judge_step);
	if (X509_verify_cert(ctx) != 1)
		set_outcome(out, X509_STORE_CTX_get_error(ctx), X509_STORE_CTX_get_error_depth(ctx));
	else if (purpose < 0 && !has_usage(r->leaf, -purpose))
		set_outcome(out, X509_V_ERR_INVALID_PURPOSE, 0);
	else
		out->verdict = VERDICT_PASSED;
	out->chain = X509_STORE_CTX_get1_chain(ctx);
	ERR_clear_error();
	return true;
}
