#include "verifier/status_list.h"

#include "base/cbor.h"
#include "verifier/cose.h"

#include <stdio.h>
#include <zlib.h>

#define HEADER_TYP 16
#define CLAIM_SUB 2
#define CLAIM_EXP 4
#define CLAIM_IAT 6
#define CLAIM_STATUS_LIST 65533
#define CLAIM_LOG (-65539)

void
status_list_drop(struct status_list *l)
{
	buf_drop(&l->values);
}

void
status_list_kid(unsigned char out[8], X509 *cert)
{
	own_struct(buf) der = buf_new(64 << 10);
	unsigned char digest[SHA256_LEN];

	cert_to_der(&der, cert);
	sha256(digest, buf_span(&der));
	memcpy(out, digest, 8);
}

static bool
deflate_list(struct buf *out, const unsigned char *statuses, size_t n, struct err *e)
{
	own_struct(buf) packed = buf_new(STATUS_LIST_MAX);
	uLongf len = compressBound((n + 1) / 2);
	unsigned char *at;

	for (size_t i = 0; i < n; i += 2)
		buf_put_byte(&packed, (unsigned char)((statuses[i] & 15) | (i + 1 < n ? (statuses[i + 1] & 15) << 4 : 0)));
	at = buf_extend(out, len);
	if (!buf_ok(&packed, "status list", e) || at == NULL)
		return fail(e, ERR_LIMIT, "a status list of more than %u bytes", STATUS_LIST_MAX);
	if (compress2(at, &len, packed.len > 0 ? packed.ptr : (const unsigned char *)"", packed.len, Z_BEST_COMPRESSION) != Z_OK)
		return fail(e, ERR_BUG, "zlib cannot compress");
	out->len = len;
	return true;
}

bool
status_list_payload(struct buf *protected_, struct buf *payload, const unsigned char kid[8], const char *uri,
    int64_t issued, int64_t expires, uint64_t log_size, const unsigned char log_root[SHA256_LEN],
    const unsigned char *statuses, size_t n, struct err *e)
{
	own_struct(buf) list = buf_new(STATUS_LIST_MAX);

	if (!deflate_list(&list, statuses, n, e))
		return false;
	cbor_put_map(protected_, 3);
	cbor_put_uint(protected_, 1);
	cbor_put_int(protected_, -7);
	cbor_put_uint(protected_, 4);
	cbor_put_bytes(protected_, span_of(kid, 8));
	cbor_put_uint(protected_, HEADER_TYP);
	cbor_put_text(protected_, STATUS_TYPE);
	/* Keys in bytewise order of their encodings: 2, 4, 6, 65533, -65539. */
	cbor_put_map(payload, 5);
	cbor_put_uint(payload, CLAIM_SUB);
	cbor_put_text(payload, uri);
	cbor_put_uint(payload, CLAIM_EXP);
	cbor_put_int(payload, expires);
	cbor_put_uint(payload, CLAIM_IAT);
	cbor_put_int(payload, issued);
	cbor_put_uint(payload, CLAIM_STATUS_LIST);
	cbor_put_map(payload, 2);
	cbor_put_text(payload, "lst");
	cbor_put_bytes(payload, buf_span(&list));
	cbor_put_text(payload, "bits");
	cbor_put_uint(payload, STATUS_BITS);
	cbor_put_int(payload, CLAIM_LOG);
	cbor_put_array(payload, 2);
	cbor_put_uint(payload, log_size);
	cbor_put_bytes(payload, span_of(log_root, SHA256_LEN));
	return buf_ok(payload, "status list", e) && buf_ok(protected_, "status list", e);
}

static bool
inflate_list(struct buf *out, struct span packed, struct err *e)
{
	z_stream z = { .next_in = (unsigned char *)packed.ptr, .avail_in = (uInt)packed.len };
	unsigned char piece[16384];
	int r = Z_OK;

	if (inflateInit(&z) != Z_OK)
		return fail(e, ERR_BUG, "zlib cannot begin");
	while (r == Z_OK) {
		z.next_out = piece;
		z.avail_out = sizeof(piece);
		r = inflate(&z, Z_NO_FLUSH);
		buf_put(out, piece, sizeof(piece) - z.avail_out);
		if (out->failed)
			break;
	}
	inflateEnd(&z);
	if (out->failed)
		return fail(e, ERR_LIMIT, "a status list that inflates to more than %zu bytes", out->max);
	return (r == Z_STREAM_END && z.avail_in == 0) || fail(e, ERR_INPUT, "the status list does not inflate");
}

static bool
read_list(struct status_list *l, struct cbor *c, struct err *e)
{
	struct span packed = SPAN_NONE, key, skipped;
	uint64_t bits = 0;
	size_t n;

	if (!cbor_get_map(c, &n, "status list", e))
		return false;
	while (n-- > 0) {
		if (!cbor_get_text(c, &key, "status list", e))
			return false;
		if (span_eq_str(key, "bits") ? !cbor_get_uint(c, &bits, "bits", e)
		    : span_eq_str(key, "lst") ? !cbor_get_bytes(c, &packed, "lst", e) : !cbor_skip(c, &skipped, e))
			return false;
	}
	if (bits != 1 && bits != 2 && bits != 4 && bits != 8)
		return fail(e, ERR_INPUT, "a status has 1, 2, 4 or 8 bits");
	l->bits = (unsigned)bits;
	return packed.ptr == NULL ? fail(e, ERR_INPUT, "a status list without its list") : inflate_list(&l->values, packed, e);
}

static bool
read_claim(struct status_list *l, struct cbor *c, int64_t claim, bool *seen, struct err *e)
{
	struct span s;

	switch (claim) {
	case CLAIM_SUB:
		if (!cbor_get_text(c, &s, "subject", e))
			return false;
		if (s.len >= sizeof(l->uri))
			return fail(e, ERR_LIMIT, "a status list's URI has at most %zu bytes", sizeof(l->uri) - 1);
		memcpy(l->uri, s.ptr, s.len);
		return true;
	case CLAIM_EXP:
		return cbor_get_int(c, &l->expires, "exp", e);
	case CLAIM_IAT:
		return cbor_get_int(c, &l->issued, "iat", e);
	case CLAIM_STATUS_LIST:
		*seen = true;
		return read_list(l, c, e);
	default:
		return cbor_skip(c, &s, e);
	}
}

bool
status_list_read_payload(struct status_list *out, struct span payload, struct err *e)
{
	struct status_list l = { .issued = INT64_MIN, .expires = INT64_MAX, .values = buf_new(STATUS_LIST_MAX) };
	struct cbor c = cbor_read(payload);
	bool good, seen = false;
	int64_t claim;
	size_t n;

	good = cbor_check(payload, e) && cbor_get_map(&c, &n, "claims", e);
	while (good && n-- > 0)
		good = cbor_get_int(&c, &claim, "claim", e) && read_claim(&l, &c, claim, &seen, e);
	if (good && (!seen || l.issued == INT64_MIN || l.uri[0] == '\0'))
		good = fail(e, ERR_INPUT, "a status list without its list, subject or time");
	if (!good) {
		status_list_drop(&l);
		return fail_in(e, "status list");
	}
	*out = l;
	return true;
}

bool
status_list_peek_kid(unsigned char out[8], struct span cwt, struct err *e)
{
	struct cose c;

	if (cwt.len > STATUS_LIST_MAX)
		return fail(e, ERR_LIMIT, "a status list of more than %u bytes", STATUS_LIST_MAX);
	if (!cose_read(&c, cwt, e))
		return fail_in(e, "status list");
	if (c.kid.len != 8 || !c.kid_protected)
		return fail(e, ERR_INPUT, "status list: no key id of 8 bytes in the protected header");
	memcpy(out, c.kid.ptr, 8);
	return true;
}

bool
status_list_open(struct status_list *out, struct span cwt, X509 *cert, struct err *e)
{
	unsigned char kid[8], want[8];
	struct cose c;

	if (!status_list_peek_kid(kid, cwt, e) || !cose_read(&c, cwt, e))
		return false;
	status_list_kid(want, cert);
	if (memcmp(kid, want, sizeof(kid)) != 0)
		return fail(e, ERR_INPUT, "status list: the key id is another certificate's");
	if (memmem(c.protected_.ptr, c.protected_.len, STATUS_TYPE, strlen(STATUS_TYPE)) == NULL)
		return fail(e, ERR_INPUT, "status list: the type is not " STATUS_TYPE);
	if (!cose_check(&c, X509_get0_pubkey(cert), SPAN_NONE, e))
		return fail_in(e, "status list");
	if (!status_list_read_payload(out, c.payload, e))
		return false;
	memcpy(out->kid, kid, sizeof(kid));
	return true;
}

bool
status_list_get(const struct status_list *l, uint64_t index, unsigned *value, struct err *e)
{
	uint64_t per = 8 / l->bits;

	if (index / per >= l->values.len)
		return fail(e, ERR_ABSENT, "the status list has no index %llu", (unsigned long long)index);
	*value = l->values.ptr[index / per] >> (index % per * l->bits) & ((1u << l->bits) - 1);
	return true;
}
