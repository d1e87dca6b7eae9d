/* crl_from_any, crl_check, crl_check_unsigned, crl_lookup. */
#include "tests/fuzz/target.h"

#include "verifier/crl.h"

#include <openssl/err.h>

/* Of whose CRLs the seeds are, so that what lies behind the signature is reached. */
#define ISSUER \
	"-----BEGIN CERTIFICATE-----\n" \
	"MIIBXzCCAQWgAwIBAgICTTEwCgYIKoZIzj0EAwIwJjEkMCIGA1UEAwwbQ8ahIHF1\n" \
	"YW4gY+G6pXAgKGZpY3RpdGlvdXMpMB4XDTI2MDEwMTAwMDAwMFoXDTM2MDEwMTAw\n" \
	"MDAwMFowJjEkMCIGA1UEAwwbQ8ahIHF1YW4gY+G6pXAgKGZpY3RpdGlvdXMpMFkw\n" \
	"EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEADvUw2HRyCACf8PRE/NwAcjD71hwc7ze\n" \
	"c6vDIYCDWWnZfYnSoTQWt04sTdSEC4sTQlrpB/ewlgHKmDSBow0iyKMjMCEwDwYD\n" \
	"VR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAQYwCgYIKoZIzj0EAwIDSAAwRQIh\n" \
	"AMNFD/T/Zi2kRnZSLf2GyyY7XK67VZvdvm/ZUTCp7ZsOAiAMbJRCNFVXUHrt6I0p\n" \
	"XPe3+HD/p22QyP2hgdHtKzaO0g==\n" \
	"-----END CERTIFICATE-----\n"

static X509 *
issuer(void)
{
	static X509 *x;
	struct err e;

	if (x == NULL)
		promise(cert_from_any(&x, span_str(ISSUER), &e));
	return x;
}

/* Whatever stands in a CRL that is taken is revoked by it. */
static void
look_up(X509_CRL *crl, const struct crl_facts *f)
{
	STACK_OF(X509_REVOKED) *all = X509_CRL_get_REVOKED(crl);
	struct revocation r;

	promise(f->this_update < f->next_update && f->entries == (size_t)(all == NULL ? 0 : sk_X509_REVOKED_num(all)));
	for (int i = 0; i < sk_X509_REVOKED_num(all); i++) {
		const ASN1_INTEGER *serial = X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(all, i));

		crl_lookup(&r, crl, serial);
		promise(r.state == CERT_REVOKED && r.date != INT64_MIN);
	}
	crl_lookup(&r, crl, X509_get0_serialNumber(issuer()));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct crl_facts unsigned_, f;
	own(X509_CRL) *crl = NULL;
	bool taken;
	struct err e;

	if (crl_from_any(&crl, span_of(data, size), &e)) {
		taken = crl_check(&f, crl, issuer(), &e);
		if (crl_check_unsigned(&unsigned_, crl, issuer(), &e))
			look_up(crl, &unsigned_);
		else
			promise(!taken);
	}
	promise(ERR_peek_error() == 0);
	return 0;
}
