#include "ca/der.h"

#include "base/clock.h"
#include "hsm/remote_key.h"

#define UTC_TIME 0x17
#define GENERALIZED_TIME 0x18
#define UTC_TIME_END INT64_C(2524608000)	/* 2050-01-01T00:00:00Z */

void
der_head(struct buf *out, unsigned char tag, size_t len)
{
	buf_put_byte(out, tag);
	if (len < 0x80) {
		buf_put_byte(out, (unsigned char)len);
	} else if (len < 0x100) {
		buf_put_byte(out, 0x81);
		buf_put_byte(out, (unsigned char)len);
	} else if (len < 0x10000) {
		buf_put_byte(out, 0x82);
		buf_put_u16(out, (uint16_t)len);
	} else if (len < 0x1000000) {
		buf_put_byte(out, 0x83);
		buf_put_byte(out, (unsigned char)(len >> 16));
		buf_put_u16(out, (uint16_t)len);
	} else {
		promise(len <= UINT32_MAX);
		buf_put_byte(out, 0x84);
		buf_put_u32(out, (uint32_t)len);
	}
}

void
der_put(struct buf *out, unsigned char tag, struct span content)
{
	der_head(out, tag, content.len);
	buf_put_span(out, content);
}

static void
put_digits(unsigned char out[2], int n)
{
	out[0] = (unsigned char)('0' + n / 10);
	out[1] = (unsigned char)('0' + n % 10);
}

/* By hand: a long CRL has a hundred thousand of them. */
static void
put_time(struct buf *out, unsigned char tag, int64_t t)
{
	const size_t from = tag == UTC_TIME ? 2 : 0;	/* without the century */
	struct time_parts p = time_split(t);
	unsigned char text[15];

	promise(p.year >= 0 && p.year <= 9999);
	put_digits(text, p.year / 100);
	put_digits(text + 2, p.year % 100);
	put_digits(text + 4, p.month);
	put_digits(text + 6, p.day);
	put_digits(text + 8, p.hour);
	put_digits(text + 10, p.minute);
	put_digits(text + 12, p.second);
	text[14] = 'Z';
	der_put(out, tag, span_of(text + from, sizeof(text) - from));
}

void
der_generalized_time(struct buf *out, int64_t t)
{
	put_time(out, GENERALIZED_TIME, t);
}

void
der_time(struct buf *out, int64_t t)
{
	put_time(out, t < UTC_TIME_END ? UTC_TIME : GENERALIZED_TIME, t);
}

/* SEQUENCE { OBJECT IDENTIFIER 1.2.840.10045.4.3.2 } */
static const unsigned char ecdsa_sha256[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };

void
der_ecdsa_sha256(struct buf *out)
{
	buf_put(out, ecdsa_sha256, sizeof(ecdsa_sha256));
}

bool
signed_wrap(struct buf *out, struct span tbs, struct span sig, struct err *e)
{
	size_t bits = 1 + sig.len;
	size_t body = tbs.len + sizeof(ecdsa_sha256) + (bits < 0x80 ? 2 : 3) + bits;

	promise(bits < 0x100);
	der_head(out, 0x30, body);
	buf_put_span(out, tbs);
	der_ecdsa_sha256(out);
	der_head(out, 0x03, bits);
	buf_put_byte(out, 0);
	buf_put_span(out, sig);
	return buf_ok(out, "signed object", e);
}

bool
signed_by(struct buf *out, EVP_PKEY *key, struct span tbs, struct err *e)
{
	own(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	unsigned char sig[256];
	size_t n = sizeof(sig);

	promise(ctx != NULL);
	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 || EVP_DigestSign(ctx, sig, &n, tbs.ptr, tbs.len) != 1)
		return fail_key(e, ERR_TOKEN, "the root key does not sign");
	return signed_wrap(out, tbs, span_of(sig, n), e);
}

bool
signed_wrap_unsigned(struct buf *out, struct span tbs, struct err *e)
{
	return signed_wrap(out, tbs, SPAN_NONE, e);
}

static bool
is_tag(int found, int wanted)
{
	return wanted == DER_TIME ? found == V_ASN1_UTCTIME || found == V_ASN1_GENERALIZEDTIME : found == wanted;
}

bool
der_next(struct span *content, struct span *at, int tag, struct err *e)
{
	const unsigned char *p = at->ptr, *end = at->ptr + at->len;
	int form = 0x80, found, class;
	long len;

	if (at->len > 0)
		form = ASN1_get_object(&p, &len, &found, &class, end - p);
	if ((form != 0 && form != V_ASN1_CONSTRUCTED) || !is_tag(found, tag) || class != V_ASN1_UNIVERSAL)
		return fail_ossl(e, ERR_BUG, "an element that is not what belongs here");
	*content = span_of(p, (size_t)len);
	*at = span_of(p + len, (size_t)(end - (p + len)));
	return true;
}

static bool
next_octets(struct span *at, struct span octets)
{
	if (at->len < octets.len || !span_eq(span_of(at->ptr, octets.len), octets))
		return false;
	*at = span_of(at->ptr + octets.len, at->len - octets.len);
	return true;
}

bool
signed_check(struct span whole, struct span tbs, EVP_PKEY *key, struct err *e)
{
	unsigned char digest[SHA256_LEN];
	struct span body, bits;

	if (!der_next(&body, &whole, V_ASN1_SEQUENCE, e) || whole.len != 0)
		return fail(e, ERR_BUG, "what was signed is not one object");
	if (!next_octets(&body, tbs) || !next_octets(&body, span_of(ecdsa_sha256, sizeof(ecdsa_sha256))))
		return fail(e, ERR_BUG, "what was signed is not what was recorded");
	if (!der_next(&bits, &body, V_ASN1_BIT_STRING, e) || body.len != 0 || bits.len < 1 || bits.ptr[0] != 0)
		return fail(e, ERR_BUG, "the signature just made is not one bit string");
	sha256(digest, tbs);
	return ecdsa_verify(key, span_of(digest, sizeof(digest)), span_of(bits.ptr + 1, bits.len - 1)) ||
	    fail(e, ERR_BUG, "the signature just made does not verify with the issuing key");
}

void
der_to_pem(struct buf *out, struct span der)
{
	own(BIO) *bio = BIO_new(BIO_s_mem());
	char *text;
	long n;

	promise(bio != NULL && PEM_write_bio(bio, PEM_STRING_X509, "", der.ptr, (long)der.len) > 0);
	n = BIO_get_mem_data(bio, &text);
	buf_put(out, text, (size_t)n);
}
