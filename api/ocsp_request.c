#include "api/ocsp_request.h"

#define SEQUENCE 0x30
#define OBJECT 0x06
#define OCTETS 0x04
#define INTEGER 0x02
#define BOOLEAN 0x01
#define NULL_ 0x05
#define CONTEXT(n) (0xa0 | (n))
#define NONCE_MAX 128			/* RFC 9654 2.1 */

/*
 * DER: one element after the other.
 */

/* The content's length, and *at behind its octets. */
static bool
take_length(size_t *out, struct span *at, struct err *e)
{
	size_t len = at->ptr[1], more = len & 0x7f;

	*at = span_of(at->ptr + 2, at->len - 2);
	if (len < 0x80) {
		*out = len;
		return true;
	}
	if (more == 0 || more > 2 || more > at->len || at->ptr[0] == 0)
		return fail(e, ERR_INPUT, "a length that is no DER, or too long");
	len = more == 1 ? at->ptr[0] : get_u16(at->ptr);
	*at = span_of(at->ptr + more, at->len - more);
	*out = len;
	return len >= 0x80 || fail(e, ERR_INPUT, "a length that is not the shortest");
}

static bool
is_next(const struct span *at, unsigned char tag)
{
	return at->len > 0 && at->ptr[0] == tag;
}

static bool
take_element(struct span *content, struct span *at, unsigned char tag, const char *what, struct err *e)
{
	size_t len = 0;

	if (at->len < 2 || at->ptr[0] != tag)
		return fail(e, ERR_INPUT, "no %s where it belongs", what);
	if (!take_length(&len, at, e))
		return fail_in(e, "%s", what);
	if (len > at->len)
		return fail(e, ERR_INPUT, "%s is cut off", what);
	*content = span_of(at->ptr, len);
	*at = span_of(at->ptr + len, at->len - len);
	return true;
}

static bool
pass_optional(struct span *at, unsigned char tag, const char *what, struct err *e)
{
	struct span content;

	return !is_next(at, tag) || take_element(&content, at, tag, what, e);
}

static bool
at_end(const struct span *at, const char *what, struct err *e)
{
	return at->len == 0 || fail(e, ERR_INPUT, "%zu octets more in %s", at->len, what);
}

/*
 * Extensions (RFC 5280 4.1).
 */

static const unsigned char nonce_oid[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x02 };

static bool
check_nonce(struct span value, struct err *e)
{
	struct span nonce;

	if (!take_element(&nonce, &value, OCTETS, "nonce", e) || !at_end(&value, "the nonce", e))
		return false;
	return (nonce.len >= 1 && nonce.len <= NONCE_MAX) || fail(e, ERR_INPUT, "a nonce of %zu octets (RFC 9654 2.1)", nonce.len);
}

static bool
check_extension(struct span body, struct err *e)
{
	struct span oid, value, flag;
	bool critical = false;

	if (!take_element(&oid, &body, OBJECT, "extension's name", e))
		return false;
	if (is_next(&body, BOOLEAN)) {
		if (!take_element(&flag, &body, BOOLEAN, "critical", e))
			return false;
		if (flag.len != 1 || flag.ptr[0] != 0xff)
			return fail(e, ERR_INPUT, "critical is neither absent nor true");
		critical = true;
	}
	if (!take_element(&value, &body, OCTETS, "extension's value", e) || !at_end(&body, "an extension", e))
		return false;
	if (span_eq(oid, span_of(nonce_oid, sizeof(nonce_oid))))
		return check_nonce(value, e);
	return !critical || fail(e, ERR_INPUT, "a critical extension that is not known (RFC 6960 4.4)");
}

/* [tag] EXPLICIT Extensions, where there are any. */
static bool
check_extensions(struct span *at, unsigned char tag, struct err *e)
{
	struct span outer, list, one;

	if (!is_next(at, tag))
		return true;
	if (!take_element(&outer, at, tag, "extensions", e) || !take_element(&list, &outer, SEQUENCE, "extensions", e) || !at_end(&outer, "extensions", e))
		return false;
	if (list.len == 0)
		return fail(e, ERR_INPUT, "a list of no extension");
	while (list.len > 0)
		if (!take_element(&one, &list, SEQUENCE, "extension", e) || !check_extension(one, e))
			return false;
	return true;
}

/*
 * What is asked about.
 */

static const struct { enum ocsp_hash hash; size_t len; unsigned char oid[9]; size_t hash_len; } hashes[] = {
	{ OCSP_HASH_SHA1, 5, { 0x2b, 0x0e, 0x03, 0x02, 0x1a }, 20 },
	{ OCSP_HASH_SHA256, 9, { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01 }, 32 },
};

static bool
take_hash(struct ocsp_cert_id *id, struct span *at, size_t *len, struct err *e)
{
	struct span algorithm, oid, null;

	if (!take_element(&algorithm, at, SEQUENCE, "hash algorithm", e) || !take_element(&oid, &algorithm, OBJECT, "hash algorithm", e))
		return false;
	*len = 0;
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++)
		if (span_eq(oid, span_of(hashes[i].oid, hashes[i].len))) {
			id->hash = hashes[i].hash;
			*len = hashes[i].hash_len;
		}
	if (id->hash == OCSP_HASH_OTHER || algorithm.len == 0)
		return true;
	if (!take_element(&null, &algorithm, NULL_, "parameters", e))
		return false;
	return null.len == 0 ? at_end(&algorithm, "the hash algorithm", e) : fail(e, ERR_INPUT, "a hash with parameters");
}

/* X.690 8.3.2: not longer than needed.  Negative is none of ours, but is asked. */
static bool
check_serial(struct span s, struct err *e)
{
	if (s.len == 0 || (s.len > 1 && ((s.ptr[0] == 0 && s.ptr[1] < 0x80) || (s.ptr[0] == 0xff && s.ptr[1] >= 0x80))))
		return fail(e, ERR_INPUT, "a serial number that is no DER");
	return true;
}

static bool
take_cert_id(struct ocsp_cert_id *id, struct span *at, struct err *e)
{
	struct span body;
	size_t len = 0;

	*id = (struct ocsp_cert_id){ .hash = OCSP_HASH_OTHER };
	if (!take_element(&body, at, SEQUENCE, "CertID", e) || !take_hash(id, &body, &len, e) || !take_element(&id->name, &body, OCTETS, "issuerNameHash", e) ||
	    !take_element(&id->key, &body, OCTETS, "issuerKeyHash", e) || !take_element(&id->serial, &body, INTEGER, "serialNumber", e) || !at_end(&body, "CertID", e))
		return false;
	if (len != 0 && (id->name.len != len || id->key.len != len))
		return fail(e, ERR_INPUT, "a hash of another length than its algorithm's");
	return check_serial(id->serial, e);
}

static bool
take_list(struct ocsp_request *r, struct span list, struct err *e)
{
	struct span one;

	if (list.len == 0)
		return fail(e, ERR_INPUT, "a request that asks for nothing");
	while (list.len > 0) {
		if (r->n == OCSP_CERT_IDS_MAX)
			return fail(e, ERR_LIMIT, "more than %d certificates in one request", OCSP_CERT_IDS_MAX);
		if (!take_element(&one, &list, SEQUENCE, "Request", e) || !take_cert_id(&r->id[r->n++], &one, e) ||
		    !check_extensions(&one, CONTEXT(0), e) || !at_end(&one, "Request", e))
			return false;
	}
	return true;
}

/* 4.1.1: DEFAULT v1, which DER leaves out; v1 written out is taken. */
static bool
check_version(struct span *at, struct err *e)
{
	struct span outer, version;

	if (!is_next(at, CONTEXT(0)))
		return true;
	if (!take_element(&outer, at, CONTEXT(0), "version", e) || !take_element(&version, &outer, INTEGER, "version", e) || !at_end(&outer, "version", e))
		return false;
	return (version.len == 1 && version.ptr[0] == 0) || fail(e, ERR_INPUT, "a version other than 1");
}

bool
ocsp_request_read(struct ocsp_request *out, struct span octets, struct err *e)
{
	struct ocsp_request r = { .n = 0 };
	struct span at = octets, whole, tbs, list;

	if (octets.len > OCSP_REQUEST_MAX)
		return fail(e, ERR_LIMIT, "a request of more than %d octets", OCSP_REQUEST_MAX);
	if (!take_element(&whole, &at, SEQUENCE, "OCSPRequest", e) || !at_end(&at, "the request", e) || !take_element(&tbs, &whole, SEQUENCE, "TBSRequest", e) ||
	    !pass_optional(&whole, CONTEXT(0), "signature", e) || !at_end(&whole, "OCSPRequest", e))
		return false;
	if (!check_version(&tbs, e) || !pass_optional(&tbs, CONTEXT(1), "requestorName", e) || !take_element(&list, &tbs, SEQUENCE, "requestList", e) ||
	    !take_list(&r, list, e) || !check_extensions(&tbs, CONTEXT(2), e) || !at_end(&tbs, "TBSRequest", e))
		return false;
	*out = r;
	return true;
}
