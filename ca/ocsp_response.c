#include "ca/ocsp_response.h"

#include "ca/der.h"

#define TBS_MAX 1024
#define CERT_MAX 8192

/* AlgorithmIdentifiers of the two hashes, with the NULL that everybody writes. */
static const unsigned char sha1_id[] = { 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00 };
static const unsigned char sha256_id[] = { 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00 };
/* id-pkix-ocsp-basic */
static const unsigned char basic_oid[] = { 0x06, 0x09, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01 };

static void
hash_name(unsigned char *out, const EVP_MD *md, X509 *cert)
{
	promise(X509_NAME_digest(X509_get_subject_name(cert), md, out, NULL) == 1);
}

/* Of the key's bits, without the head of their BIT STRING. */
static void
hash_key(unsigned char *out, const EVP_MD *md, X509 *cert)
{
	const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(cert);

	promise(EVP_Digest(ASN1_STRING_get0_data(bits), (size_t)ASN1_STRING_length(bits), out, NULL, md, NULL) == 1);
}

void
ocsp_about_fill(struct ocsp_about *a, X509 *issuer, X509 *responder)
{
	*a = (struct ocsp_about){ .this_update = 0 };
	hash_name(a->issuer.name_sha1, EVP_sha1(), issuer);
	hash_key(a->issuer.key_sha1, EVP_sha1(), issuer);
	hash_name(a->issuer.name_sha256, EVP_sha256(), issuer);
	hash_key(a->issuer.key_sha256, EVP_sha256(), issuer);
	hash_key(a->responder, EVP_sha1(), responder);
}

struct span
ocsp_issuer_span(const struct ocsp_issuer *i)
{
	return span_of(i, sizeof(*i));
}

static void
put_cert_id(struct buf *out, struct span hash, struct span name, struct span key, struct span serial)
{
	own_struct(buf) body = buf_new(TBS_MAX);

	buf_put_span(&body, hash);
	der_put(&body, 0x04, name);
	der_put(&body, 0x04, key);
	der_put(&body, 0x02, serial);
	der_put(out, 0x30, buf_span(&body));
}

/* 4.2.1: good [0] NULL, revoked [1] { revocationTime, reason [0] OPTIONAL };
 * RFC 5280 5.3.1: no reason for unspecified. */
static void
put_status(struct buf *out, const struct ocsp_row *r)
{
	own_struct(buf) body = buf_new(64);

	if (r->reason == OCSP_GOOD) {
		der_put(out, 0x80, SPAN_NONE);
		return;
	}
	der_generalized_time(&body, r->date);
	if (r->reason != 0) {
		const unsigned char reason[] = { 0x0a, 0x01, (unsigned char)r->reason };

		der_put(&body, 0xa0, span_of(reason, sizeof(reason)));
	}
	der_put(out, 0xa1, buf_span(&body));
}

static void
put_single(struct buf *out, struct span cert_id, const struct ocsp_about *a, const struct ocsp_row *r)
{
	own_struct(buf) body = buf_new(TBS_MAX);
	own_struct(buf) next = buf_new(64);

	buf_put_span(&body, cert_id);
	put_status(&body, r);
	der_generalized_time(&body, a->this_update);
	der_generalized_time(&next, a->next_update);
	der_put(&body, 0xa0, buf_span(&next));
	der_put(out, 0x30, buf_span(&body));
}

static void
put_responses(struct buf *out, const struct ocsp_about *a, const struct ocsp_row *r)
{
	const struct ocsp_issuer *i = &a->issuer;
	struct span serial = span_of(r->serial, sizeof(r->serial));
	own_struct(buf) id = buf_new(TBS_MAX);
	own_struct(buf) both = buf_new(TBS_MAX);

	put_cert_id(&id, span_of(sha1_id, sizeof(sha1_id)), span_of(i->name_sha1, SHA1_LEN), span_of(i->key_sha1, SHA1_LEN), serial);
	put_single(&both, buf_span(&id), a, r);
	buf_reset(&id);
	put_cert_id(&id, span_of(sha256_id, sizeof(sha256_id)), span_of(i->name_sha256, SHA256_LEN), span_of(i->key_sha256, SHA256_LEN), serial);
	put_single(&both, buf_span(&id), a, r);
	der_put(out, 0x30, buf_span(&both));
}

void
ocsp_tbs(struct buf *out, const struct ocsp_about *a, const struct ocsp_row *r)
{
	own_struct(buf) body = buf_new(TBS_MAX);
	own_struct(buf) key = buf_new(64);

	der_put(&key, 0x04, span_of(a->responder, SHA1_LEN));
	der_put(&body, 0xa2, buf_span(&key));		/* byKey */
	der_generalized_time(&body, a->this_update);	/* producedAt */
	put_responses(&body, a, r);
	promise(!body.failed);
	der_put(out, 0x30, buf_span(&body));
}

void
ocsp_tail(struct buf *out, X509 *responder)
{
	own_struct(buf) der = buf_new(CERT_MAX);
	own_struct(buf) list = buf_new(CERT_MAX);

	cert_to_der(&der, responder);
	der_put(&list, 0x30, buf_span(&der));
	der_put(out, 0xa0, buf_span(&list));
}

static size_t
whole_len(size_t content)
{
	return content + (content < 0x80 ? 2 : content < 0x100 ? 3 : content < 0x10000 ? 4 : 5);
}

/* From the inside out, each length with the tail that will stand behind. */
void
ocsp_body(struct buf *out, struct span tbs, struct span sig, size_t tail_len)
{
	static const unsigned char successful[] = { 0x0a, 0x01, 0x00 };
	own_struct(buf) signed_ = buf_new(TBS_MAX);
	size_t basic, octets, bytes, response;

	buf_put_span(&signed_, tbs);
	der_ecdsa_sha256(&signed_);
	der_head(&signed_, 0x03, 1 + sig.len);
	buf_put_byte(&signed_, 0);
	buf_put_span(&signed_, sig);
	promise(!signed_.failed);
	basic = signed_.len + tail_len;
	octets = whole_len(basic);
	bytes = sizeof(basic_oid) + whole_len(octets);
	response = sizeof(successful) + whole_len(whole_len(bytes));
	der_head(out, 0x30, response);
	buf_put(out, successful, sizeof(successful));
	der_head(out, 0xa0, whole_len(bytes));
	der_head(out, 0x30, bytes);
	buf_put(out, basic_oid, sizeof(basic_oid));
	der_head(out, 0x04, octets);
	der_head(out, 0x30, basic);
	buf_put_span(out, buf_span(&signed_));
}
