#include "verifier/crl_status.h"

#include <openssl/err.h>

static bool
signed_by(X509_CRL *crl, X509 *signer)
{
	bool good = X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(signer)) == 0 &&
	    (X509_get_key_usage(signer) & KU_CRL_SIGN) != 0 && X509_CRL_verify(crl, X509_get0_pubkey(signer)) == 1;

	ERR_clear_error();
	return good;
}

bool
crl_delta_is_away(X509_CRL *crl, int64_t at)
{
	return X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0 &&
	    (asn1_time_secs(X509_CRL_get0_nextUpdate(crl)) < at || asn1_time_secs(X509_CRL_get0_lastUpdate(crl)) > at);
}

static bool
is_indirect(const X509_CRL *crl)
{
	ISSUING_DIST_POINT *idp = X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, NULL, NULL);
	bool indirect = idp != NULL && idp->indirectCRL > 0;

	ISSUING_DIST_POINT_free(idp);
	ERR_clear_error();
	return indirect;
}

STACK_OF(X509_CRL) *
crls_indirect(const STACK_OF(X509_CRL) *crls)
{
	STACK_OF(X509_CRL) *found = sk_X509_CRL_new_null();

	promise(found != NULL);
	for (int i = 0; i < sk_X509_CRL_num(crls); i++)
		if (is_indirect(sk_X509_CRL_value(crls, i)))
			promise(sk_X509_CRL_push(found, sk_X509_CRL_value(crls, i)) > 0);
	return found;
}

/* RFC 5280 5.3.3: such an entry belongs into an indirect list alone. */
static bool
names_other_issuers(X509_CRL *crl)
{
	bool found = false;

	for (int i = 0, indirect = is_indirect(crl); !indirect && i < sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)); i++)
		found |= X509_REVOKED_get_ext_by_NID(sk_X509_REVOKED_value(X509_CRL_get_REVOKED(crl), i), NID_certificate_issuer, -1) >= 0;
	return found;
}

/* The certificate and its issuer may be over: their status is asked.  The issuer
 * of a list (a path of its own, which has a parent) may not. */
static int
judge_step(int good, X509_STORE_CTX *ctx)
{
	int code = X509_STORE_CTX_get_error(ctx);

	if (good || (X509_STORE_CTX_get0_parent_ctx(ctx) == NULL && (code == X509_V_ERR_CERT_HAS_EXPIRED ||
	    code == X509_V_ERR_CERT_NOT_YET_VALID || code == X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION))) {
		X509_STORE_CTX_set_error(ctx, X509_V_OK);
		return 1;
	}
	return 0;
}

/* What OpenSSL says of the certificate with these lists. */
static int
ask(X509 *cert, X509 *issuer, const cert_list *more, STACK_OF(X509_CRL) *crls, int64_t at)
{
	own(X509_STORE) *store = X509_STORE_new();
	own(X509_STORE_CTX) *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	int code;

	promise(store != NULL && ctx != NULL && X509_STORE_add_cert(store, issuer) == 1 && X509_STORE_CTX_init(ctx, store, cert, (cert_list *)more) == 1);
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_CRL_CHECK | X509_V_FLAG_EXTENDED_CRL_SUPPORT | X509_V_FLAG_USE_DELTAS);
	X509_VERIFY_PARAM_set_time(param, (time_t)at);
	X509_STORE_CTX_set0_crls(ctx, crls);
	X509_STORE_CTX_set_verify_cb(ctx, judge_step);
	code = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
	ERR_clear_error();
	return code;
}

/* OpenSSL picks one list before it looks at signatures: a forged one would hide
 * one that is right.  And it does not ask whether who signs lists for another is
 * revoked himself (RFC 5280 6.3.3 (f)). */
static bool
counts(X509_CRL *crl, X509 *issuer, const cert_list *more, STACK_OF(X509_CRL) *all, int64_t at)
{
	bool good = signed_by(crl, issuer);

	if (X509_CRL_get0_nextUpdate(crl) == NULL || crl_delta_is_away(crl, at) || names_other_issuers(crl))
		return false;
	for (int i = 0; !good && i < sk_X509_num(more); i++)
		good = signed_by(crl, sk_X509_value(more, i)) && ask(sk_X509_value(more, i), issuer, NULL, all, at) != X509_V_ERR_CERT_REVOKED;
	return good;
}

enum cert_state
crl_status(const char **why, X509 *cert, X509 *issuer, const cert_list *more, const STACK_OF(X509_CRL) *crls, int64_t at)
{
	STACK_OF(X509_CRL) *counting = sk_X509_CRL_new_null(), *indirect;
	int code;

	promise(counting != NULL);
	for (int i = 0; i < sk_X509_CRL_num(crls); i++)
		if (counts(sk_X509_CRL_value(crls, i), issuer, more, (STACK_OF(X509_CRL) *)crls, at))
			promise(sk_X509_CRL_push(counting, sk_X509_CRL_value(crls, i)) > 0);
	indirect = crls_indirect(counting);
	code = ask(cert, issuer, more, counting, at);
	if (sk_X509_CRL_num(indirect) > 0 && ask(cert, issuer, more, indirect, at) == X509_V_ERR_CERT_REVOKED)
		code = X509_V_ERR_CERT_REVOKED;
	sk_X509_CRL_free(indirect);
	sk_X509_CRL_free(counting);
	*why = code == X509_V_OK ? "" : X509_verify_cert_error_string(code);
	return code == X509_V_OK ? CERT_GOOD : code == X509_V_ERR_CERT_REVOKED ? CERT_REVOKED : CERT_UNKNOWN;
}
