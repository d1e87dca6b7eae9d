#include "verifier/used.h"

#include "base/clock.h"
#include "verifier/cert.h"
#include "verifier/report.h"

static json_t *
in_base64(struct span octets)
{
	own_struct(buf) text = buf_new(2 * octets.len + 8);

	base64_put(&text, octets);
	return json_string(buf_str(&text));
}

json_t *
used_path(const struct path_result *path)
{
	json_t *used = json_pack("{s:[], s:[]}", "path", "status");

	for (int i = 0; i < sk_X509_num(path->chain); i++) {
		own_struct(buf) der = buf_new(REPORT_CRL_MAX);

		cert_to_der(&der, sk_X509_value(path->chain, i));
		json_array_append_new(json_object_get(used, "path"), der.failed ? json_null() : in_base64(buf_span(&der)));
	}
	return used;
}

static json_t *
crl_json(X509_CRL *crl)
{
	int len = crl == NULL ? 0 : i2d_X509_CRL(crl, NULL);
	own_struct(buf) der = buf_new(len > 0 ? (size_t)len : 1);
	unsigned char hash[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];

	if (len <= 0)
		return json_null();
	crl_to_der(&der, crl);
	promise(!der.failed);
	sha256(hash, buf_span(&der));
	hex_text(hex, span_of(hash, sizeof(hash)));
	return json_pack("{s:s, s:o}", "sha256", hex, "octets", der.len <= REPORT_CRL_MAX ? in_base64(buf_span(&der)) : json_null());
}

void
used_status(json_t *used, X509 *cert, const struct revocation *r, int64_t as_of)
{
	static const char *const words[] = { [CERT_UNKNOWN] = "unknown", [CERT_GOOD] = "good", [CERT_REVOKED] = "revoked" };
	struct cert_facts f;
	char text[TIME_TEXT];
	struct err ignored;

	time_text_vn(text, as_of);
	json_array_append_new(json_object_get(used, "status"), json_pack("{s:s, s:s, s:o, s:o}", "serial", cert_facts_read(&f, cert, &ignored) ? f.serial : "",
	    "state", words[r->state], "as_of", as_of == INT64_MIN ? json_null() : json_string(text), "crl", crl_json(r->by)));
}
