#include "verifier/crl.h"

#include "verifier/proved.h"

#include <openssl/err.h>

static bool
check_extensions(const X509_CRL *crl, struct err *e)
{
	for (int i = 0; i < X509_CRL_get_ext_count(crl); i++) {
		X509_EXTENSION *x = X509_CRL_get_ext(crl, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(x));

		if (nid == NID_delta_crl)
			return fail(e, ERR_POLICY, "a delta CRL is not taken (RFC 5280 5.2.4)");
		if (nid == NID_issuing_distribution_point) {
			ISSUING_DIST_POINT *idp = X509_CRL_get_ext_d2i(crl, nid, NULL, NULL);
			bool bad = idp == NULL || idp->indirectCRL || idp->onlysomereasons != NULL ||
			    idp->onlyattr || idp->onlyuser || idp->onlyCA;

			ISSUING_DIST_POINT_free(idp);
			if (bad)
				return fail_ossl(e, ERR_POLICY, "an indirect or partial CRL is not taken (RFC 5280 5.2.5)");
			continue;
		}
		if (X509_EXTENSION_get_critical(x) && nid != NID_authority_key_identifier && nid != NID_crl_number)
			return fail(e, ERR_POLICY, "a critical extension of the CRL is not known (RFC 5280 5.2)");
	}
	return true;
}

/* RFC 5280 5.3: such an entry forbids the use of the whole CRL. */
static bool
check_entries(X509_CRL *crl, struct err *e)
{
	STACK_OF(X509_REVOKED) *all = X509_CRL_get_REVOKED(crl);

	for (int i = 0; i < sk_X509_REVOKED_num(all); i++) {
		const X509_REVOKED *entry = sk_X509_REVOKED_value(all, i);

		for (int k = 0; k < X509_REVOKED_get_ext_count(entry); k++) {
			X509_EXTENSION *x = X509_REVOKED_get_ext(entry, k);
			int nid = OBJ_obj2nid(X509_EXTENSION_get_object(x));

			if (nid == NID_certificate_issuer || (X509_EXTENSION_get_critical(x) && nid != NID_crl_reason && nid != NID_invalidity_date))
				return fail(e, ERR_POLICY, "a critical extension of a CRL entry is not known (RFC 5280 5.3)");
		}
	}
	return true;
}

static bool
check_number(const X509_CRL *crl, uint64_t *out, struct err *e)
{
	int critical;
	own(ASN1_INTEGER) *n = X509_CRL_get_ext_d2i(crl, NID_crl_number, &critical, NULL);

	if (n == NULL || ASN1_INTEGER_get_uint64(out, n) != 1)
		return fail_ossl(e, ERR_INPUT, "the CRL has no number of at most 64 bits (RFC 5280 5.2.3)");
	return true;
}

static bool
check_issuer(X509_CRL *crl, X509 *issuer, struct err *e)
{
	if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)) != 0)
		return fail(e, ERR_POLICY, "the CRL is of another issuer");
	if (!(X509_get_key_usage(issuer) & KU_CRL_SIGN))
		return fail(e, ERR_POLICY, "the issuer may not sign CRLs (RFC 5280 4.2.1.3)");
	return true;
}

bool
crl_check_unsigned(struct crl_facts *out, X509_CRL *crl, X509 *issuer, struct err *e)
{
	struct crl_facts f = { 0 };

	if (X509_CRL_get_version(crl) != X509_CRL_VERSION_2)
		return fail(e, ERR_INPUT, "a CRL has version 2 (RFC 5280 5.1.2.1)");
	f.this_update = asn1_time_secs(X509_CRL_get0_lastUpdate(crl));
	f.next_update = asn1_time_secs(X509_CRL_get0_nextUpdate(crl));
	if (f.this_update == INT64_MIN || f.next_update == INT64_MIN || f.next_update <= f.this_update)
		return fail(e, ERR_INPUT, "a CRL has thisUpdate and a later nextUpdate (RFC 5280 5.1.2.5)");
	if (!check_extensions(crl, e) || !check_number(crl, &f.number, e) || !check_issuer(crl, issuer, e) ||
	    !check_entries(crl, e))
		return false;
	f.entries = (size_t)(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)) > 0 ? sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)) : 0);
	*out = f;
	return true;
}

bool
crl_check(struct crl_facts *out, X509_CRL *crl, X509 *issuer, struct err *e)
{
	struct crl_facts f;

	if (!crl_check_unsigned(&f, crl, issuer, e))
		return false;
	if (!proved_crl(crl, issuer))
		return fail_ossl(e, ERR_INPUT, "the CRL's signature does not verify");
	*out = f;
	return true;
}

/* An extension that is there once and can be read, or is not there: NULL. */
static bool
entry_ext(void **out, const X509_REVOKED *entry, int nid)
{
	int critical;

	*out = X509_REVOKED_get_ext_d2i(entry, nid, &critical, NULL);
	return *out != NULL || critical == -1;
}

static bool
read_reason(int *out, const X509_REVOKED *entry)
{
	void *ext;

	if (!entry_ext(&ext, entry, NID_crl_reason))
		return false;
	*out = ext != NULL ? (int)ASN1_ENUMERATED_get(ext) : 0;
	ASN1_ENUMERATED_free(ext);
	return true;
}

static bool
read_invalidity(int64_t *out, const X509_REVOKED *entry)
{
	bool good;
	void *ext;

	if (!entry_ext(&ext, entry, NID_invalidity_date))
		return false;
	*out = ext != NULL ? asn1_time_secs(ext) : INT64_MIN;
	good = ext == NULL || *out != INT64_MIN;
	ASN1_GENERALIZEDTIME_free(ext);
	return good;
}

void
crl_lookup(struct revocation *out, X509_CRL *crl, const ASN1_INTEGER *serial)
{
	struct revocation r = { .state = CERT_GOOD, .date = INT64_MIN, .invalidity = INT64_MIN };
	X509_REVOKED *entry = NULL;

	if (X509_CRL_get0_by_serial(crl, &entry, (ASN1_INTEGER *)serial) != 0 && entry != NULL) {
		r.state = CERT_REVOKED;
		r.date = asn1_time_secs(X509_REVOKED_get0_revocationDate(entry));
		if (r.date == INT64_MIN || !read_reason(&r.reason, entry) || !read_invalidity(&r.invalidity, entry))
			r = (struct revocation){ .state = CERT_REVOKED, .date = 0, .invalidity = INT64_MIN };
	}
	ERR_clear_error();
	*out = r;
}
