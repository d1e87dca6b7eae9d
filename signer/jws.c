#include "signer/jws.h"

#include "base/json.h"

#define CERTIFICATE_OCTETS_MAX (16u << 10)

static bool
put_chain(json_t *x5c, const struct service *s, struct err *e)
{
	own_struct(buf) signer = buf_new(CERTIFICATE_OCTETS_MAX), issuing = buf_new(CERTIFICATE_OCTETS_MAX);
	const struct buf *const chain[] = { &signer, &issuing };

	cert_to_der(&signer, s->signer);
	if (!buf_ok(&signer, "the service's certificate", e) || !issuing_of(&issuing, s, s->signer, e))
		return false;
	for (size_t i = 0; i < sizeof(chain) / sizeof(chain[0]); i++) {
		own_struct(buf) text = buf_new(2 * CERTIFICATE_OCTETS_MAX);

		base64_put(&text, buf_span(chain[i]));
		json_array_append_new(x5c, json_string(buf_str(&text)));
	}
	return true;
}

/* r||s over the digest, which holds by the certificate that goes with it. */
static bool
sign(struct buf *raw, const struct service *s, struct span digest, struct err *e)
{
	own_struct(buf) der = buf_new(128);
	unsigned char key_id[KEY_ID_LEN];

	key_id_of_cert(key_id, s->signer);
	if (!hsm_sign(s->key, key_id, HSM_ECDSA_P256, digest, raw, e) || !ecdsa_raw_to_der(&der, buf_span(raw), e))
		return false;
	return ecdsa_verify(X509_get0_pubkey(s->signer), digest, buf_span(&der)) || fail(e, ERR_BUG, "the signature just made does not verify with the service's key");
}

/* BASE64URL(header), ".", what stands for the payload (RFC 7797 5.2: itself); then the signature of it. */
static bool
put_signed(struct buf *out, const struct service *s, json_t *header, struct span payload, bool detached, struct err *e)
{
	own_struct(buf) text = buf_new(JWS_OCTETS_MAX), signed_ = buf_new(2 * payload.len + JWS_OCTETS_MAX), raw = buf_new(128);
	unsigned char digest[SHA256_LEN];

	if (!put_chain(json_object_get(header, "x5c"), s, e))
		return false;
	json_write(&text, header);
	base64url_put(&signed_, buf_span(&text));
	if (detached)
		buf_put_span(out, buf_span(&signed_));
	buf_put_str(&signed_, ".");
	if (detached)
		buf_put_span(&signed_, payload);
	else
		base64url_put(&signed_, payload);
	if (!buf_ok(&text, "the header", e) || !buf_ok(&signed_, "what is to be signed", e))
		return false;
	if (!detached)
		buf_put_span(out, buf_span(&signed_));
	sha256(digest, buf_span(&signed_));
	if (!sign(&raw, s, span_of(digest, sizeof(digest)), e))
		return false;
	buf_put_str(out, detached ? ".." : ".");
	base64url_put(out, buf_span(&raw));
	return buf_ok(out, "the signature", e);
}

bool
jws_detached(struct buf *out, const struct service *s, struct span payload, struct err *e)
{
	own(json_t) *header = json_pack("{s:s, s:b, s:[s], s:s, s:[]}", "alg", "ES256", "b64", 0, "crit", "b64", "typ", "JOSE", "x5c");

	return put_signed(out, s, header, payload, true, e);
}

bool
jws_compact(struct buf *out, const struct service *s, const char *type, struct span payload, struct err *e)
{
	own(json_t) *header = json_pack("{s:s, s:s, s:s, s:[]}", "alg", "ES256", "typ", type, "cty", "application/json", "x5c");

	return put_signed(out, s, header, payload, false, e);
}
