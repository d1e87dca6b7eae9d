#include "verifier/ocsp.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>

OWN_WITH(OCSP_RESPONSE, OCSP_RESPONSE_free)
OWN_WITH(OCSP_BASICRESP, OCSP_BASICRESP_free)
OWN_WITH(OCSP_CERTID, OCSP_CERTID_free)

static bool
read_response(OCSP_RESPONSE **out, struct span der, struct err *e)
{
	const unsigned char *at = der.ptr;
	own(OCSP_RESPONSE) *r = NULL;

	if (der.len > OCSP_RESPONSE_MAX)
		return fail(e, ERR_LIMIT, "an OCSP response of more than %u octets", OCSP_RESPONSE_MAX);
	r = d2i_OCSP_RESPONSE(NULL, &at, (long)der.len);
	if (r == NULL)
		return fail_ossl(e, ERR_INPUT, "this is no OCSP response");
	if (at != der.ptr + der.len)
		return fail(e, ERR_INPUT, "%td octets behind the OCSP response", der.ptr + der.len - at);
	*out = take(&r);
	return true;
}

/* 4.2.2.2: the issuer, or one whom it certified for this. */
static bool
check_signer(X509 *signer, X509 *issuer, int64_t at, struct err *e)
{
	if (X509_cmp(signer, issuer) == 0)
		return true;
	if (X509_NAME_cmp(X509_get_issuer_name(signer), X509_get_subject_name(issuer)) != 0 || X509_verify(signer, X509_get0_pubkey(issuer)) != 1)
		return fail_ossl(e, ERR_POLICY, "the responder is not the issuer's delegate (RFC 6960 4.2.2.2)");
	if (!(X509_get_extension_flags(signer) & EXFLAG_XKUSAGE) || !(X509_get_extended_key_usage(signer) & XKU_OCSP_SIGN))
		return fail(e, ERR_POLICY, "the responder's certificate is not for OCSPSigning (RFC 6960 4.2.2.2)");
	if (!(X509_get_key_usage(signer) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)))
		return fail(e, ERR_POLICY, "the responder's key may not sign (RFC 5280 4.2.1.3)");
	if (X509_get_extension_flags(signer) & EXFLAG_CRITICAL)
		return fail(e, ERR_POLICY, "a critical extension of the responder's certificate is not known (RFC 5280 4.2)");
	return (asn1_time_secs(X509_get0_notBefore(signer)) <= at && at <= asn1_time_secs(X509_get0_notAfter(signer))) ||
	    fail(e, ERR_POLICY, "the responder's certificate is not valid at that time");
}

static bool
check_signed(OCSP_BASICRESP *basic, X509 *issuer, int64_t at, struct err *e)
{
	cert_list *more = sk_X509_new_null();
	X509 *signer = NULL;
	bool good;

	promise(more != NULL && sk_X509_push(more, issuer) > 0);
	if (OCSP_resp_get0_signer(basic, &signer, more) != 1)
		good = fail_ossl(e, ERR_INPUT, "the OCSP response names a signer whose certificate is not there");
	else if (OCSP_basic_verify(basic, more, NULL, OCSP_NOVERIFY) != 1)
		good = fail_ossl(e, ERR_INPUT, "the OCSP response's signature does not verify");
	else
		good = check_signer(signer, issuer, at, e);
	sk_X509_free(more);
	return good;
}

/* Is it about this certificate?  Whatever hash names it (4.1.1). */
static bool
is_about(OCSP_SINGLERESP *single, X509 *cert, X509 *issuer)
{
	OCSP_CERTID *said = (OCSP_CERTID *)OCSP_SINGLERESP_get0_id(single);
	own(OCSP_CERTID) *id = NULL;
	ASN1_OBJECT *hash;
	const EVP_MD *md;

	OCSP_id_get0_info(NULL, &hash, NULL, NULL, said);
	md = EVP_get_digestbyobj(hash);
	id = md != NULL ? OCSP_cert_to_id(md, cert, issuer) : NULL;
	ERR_clear_error();
	return id != NULL && OCSP_id_cmp(said, id) == 0;
}

/* 4.2.2.1, 3.2: from thisUpdate to nextUpdate. */
static bool
take_single(struct revocation *out, OCSP_SINGLERESP *single, int64_t at, struct err *e)
{
	ASN1_GENERALIZEDTIME *date = NULL, *from = NULL, *to = NULL;
	int reason = 0, status = OCSP_single_get0_status(single, &reason, &date, &from, &to);
	int64_t since = from != NULL ? asn1_time_secs(from) : INT64_MIN, until = to != NULL ? asn1_time_secs(to) : INT64_MIN;

	if (since == INT64_MIN || until == INT64_MIN || until <= since)
		return fail(e, ERR_INPUT, "an OCSP response has thisUpdate and a later nextUpdate (RFC 5019 2.2.4)");
	if (at < since || at > until)
		return true;
	if (status == V_OCSP_CERTSTATUS_GOOD) {
		out->state = CERT_GOOD;
	} else if (status == V_OCSP_CERTSTATUS_REVOKED) {
		out->date = date != NULL ? asn1_time_secs(date) : INT64_MIN;
		if (out->date == INT64_MIN)
			return fail(e, ERR_INPUT, "an OCSP response without a readable date of revocation");
		out->state = CERT_REVOKED;
		out->reason = reason < 0 ? 0 : reason;
	}
	return true;
}

/* 4.4: no extension is known here that could be critical. */
static bool
has_critical(OCSP_BASICRESP *basic)
{
	for (int i = 0; i < OCSP_BASICRESP_get_ext_count(basic); i++)
		if (X509_EXTENSION_get_critical(OCSP_BASICRESP_get_ext(basic, i)))
			return true;
	for (int n = 0; n < OCSP_resp_count(basic); n++)
		for (int i = 0; i < OCSP_SINGLERESP_get_ext_count(OCSP_resp_get0(basic, n)); i++)
			if (X509_EXTENSION_get_critical(OCSP_SINGLERESP_get_ext(OCSP_resp_get0(basic, n), i)))
				return true;
	return false;
}

/* Of several answers about it the one that says revoked. */
static bool
take_singles(struct revocation *out, OCSP_BASICRESP *basic, X509 *cert, X509 *issuer, int64_t at, struct err *e)
{
	if (has_critical(basic))
		return fail(e, ERR_POLICY, "a critical extension of the OCSP response is not known (RFC 5280 4.2)");
	for (int i = 0; i < OCSP_resp_count(basic) && out->state != CERT_REVOKED; i++)
		if (is_about(OCSP_resp_get0(basic, i), cert, issuer) && !take_single(out, OCSP_resp_get0(basic, i), at, e))
			return false;
	return true;
}

bool
ocsp_lookup(struct revocation *out, struct span der, X509 *cert, X509 *issuer, int64_t at, struct err *e)
{
	own(OCSP_RESPONSE) *response = NULL;
	own(OCSP_BASICRESP) *basic = NULL;

	*out = (struct revocation){ .state = CERT_UNKNOWN, .date = INT64_MIN, .invalidity = INT64_MIN };
	if (!read_response(&response, der, e))
		return false;
	if (OCSP_response_status(response) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
		return true;
	basic = OCSP_response_get1_basic(response);
	if (basic == NULL)
		return fail_ossl(e, ERR_INPUT, "an OCSP response of another kind than basic (RFC 6960 4.2.1)");
	if (!check_signed(basic, issuer, at, e))
		return false;
	return take_singles(out, basic, cert, issuer, at, e);
}
