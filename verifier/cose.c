#include "verifier/cose.h"

#include "base/cbor.h"

#define COSE_SIGN1_TAG 18
#define HEADER_ALG 1
#define HEADER_CRIT 2
#define HEADER_KID 4
#define ALG_ES256 (-7)

static bool
read_headers(struct span map, struct cose *c, bool protected_, bool *es256, struct err *e)
{
	struct cbor r = cbor_read(map);
	size_t n;

	if (map.len == 0)
		return true;
	if (!cbor_check(map, e) || !cbor_get_map(&r, &n, "COSE header", e))
		return false;
	while (n-- > 0) {
		int64_t label, alg;
		struct span skipped;
		enum cbor_kind kind;

		if (!cbor_peek(&r, &kind, e))
			return false;
		if (kind == CBOR_TEXT) {
			if (!cbor_skip(&r, &skipped, e) || !cbor_skip(&r, &skipped, e))
				return false;
			continue;
		}
		if (!cbor_get_int(&r, &label, "COSE header label", e))
			return false;
		if (label == HEADER_CRIT)
			return fail(e, ERR_POLICY, "COSE: a critical header that is not known here");
		if (label == HEADER_ALG) {
			if (!protected_ || !cbor_get_int(&r, &alg, "COSE alg", e) || alg != ALG_ES256)
				return fail(e, ERR_POLICY, "COSE: the algorithm is not ES256 in the protected header");
			*es256 = true;
		} else if (label == HEADER_KID) {
			if (c->kid.ptr != NULL || !cbor_get_bytes(&r, &c->kid, "COSE kid", e))
				return fail(e, ERR_INPUT, "COSE: more than one kid, or none of bytes");
			c->kid_protected = protected_;
		} else if (!cbor_skip(&r, &skipped, e)) {
			return false;
		}
	}
	return true;
}

bool
cose_read(struct cose *out, struct span octets, struct err *e)
{
	struct cbor r = cbor_read(octets);
	struct cose c = { .kid_protected = false };
	struct span unprotected;
	bool es256 = false;
	uint64_t tag;
	size_t n;

	if (!cbor_check(octets, e) || !cbor_get_tag(&r, &tag, "COSE_Sign1", e) || tag != COSE_SIGN1_TAG ||
	    !cbor_get_array(&r, &n, "COSE_Sign1", e) || n != 4)
		return fail(e, ERR_INPUT, "not a COSE_Sign1 with its tag, in deterministic CBOR");
	if (!cbor_get_bytes(&r, &c.protected_, "protected header", e) || !cbor_skip(&r, &unprotected, e) ||
	    !cbor_get_bytes(&r, &c.payload, "payload", e) || !cbor_get_bytes(&r, &c.signature, "signature", e))
		return false;
	if (!read_headers(c.protected_, &c, true, &es256, e) || !read_headers(unprotected, &c, false, &es256, e))
		return false;
	if (!es256)
		return fail(e, ERR_POLICY, "COSE: no algorithm in the protected header");
	if (c.signature.len != 64)
		return fail(e, ERR_INPUT, "COSE: an ES256 signature has 64 bytes");
	*out = c;
	return true;
}

void
cose_tbs(struct buf *out, struct span protected_, struct span external_aad, struct span payload)
{
	cbor_put_array(out, 4);
	cbor_put_text(out, "Signature1");
	cbor_put_bytes(out, protected_);
	cbor_put_bytes(out, external_aad);
	cbor_put_bytes(out, payload);
}

void
cose_write(struct buf *out, struct span protected_, struct span payload, struct span signature)
{
	cbor_put_tag(out, COSE_SIGN1_TAG);
	cbor_put_array(out, 4);
	cbor_put_bytes(out, protected_);
	cbor_put_map(out, 0);
	cbor_put_bytes(out, payload);
	cbor_put_bytes(out, signature);
}

bool
cose_check(const struct cose *c, EVP_PKEY *key, struct span external_aad, struct err *e)
{
	own_struct(buf) tbs = buf_new(c->payload.len + c->protected_.len + external_aad.len + 100);
	own_struct(buf) sig = buf_new(128);
	unsigned char digest[SHA256_LEN];

	cose_tbs(&tbs, c->protected_, external_aad, c->payload);
	if (!buf_ok(&tbs, "COSE", e) || !ecdsa_raw_to_der(&sig, c->signature, e))
		return false;
	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC || EVP_PKEY_get_bits(key) != 256)
		return fail(e, ERR_POLICY, "COSE: ES256 needs a P-256 key");
	sha256(digest, buf_span(&tbs));
	return ecdsa_verify(key, span_of(digest, SHA256_LEN), buf_span(&sig)) || fail(e, ERR_INPUT, "COSE: the signature does not verify");
}
