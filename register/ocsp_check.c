#include "register/ocsp_check.h"

#include "base/pack.h"

#include <openssl/ocsp.h>

#include <stdio.h>
#include <stdlib.h>

OWN_WITH(OCSP_RESPONSE, OCSP_RESPONSE_free)
OWN_WITH(OCSP_BASICRESP, OCSP_BASICRESP_free)

#define RESPONSE_MAX 8192
static const char shard_names[] = "0123456789abcdef";

/*
 * What is recorded.
 */

/* The last whole batch that is signed and what came after it; the last delta. */
#define LAST_WHOLE "(SELECT coalesce(max(number), 0) FROM ocsp WHERE shard = $shard AND follows IS NULL AND signed <> 0)"
#define LAST_DELTA "(SELECT coalesce(max(number), 0) FROM ocsp WHERE shard = $shard AND follows IS NOT NULL AND signed <> 0)"
static const char batches[] = "SELECT number, follows, size, this_update, next_update, sha256, "
	"(SELECT der FROM certificate WHERE serial = responder AND profile = 'ocsp'), CASE WHEN number = " LAST_WHOLE " THEN 1 ELSE 0 END, CASE WHEN number = " LAST_DELTA " THEN 1 ELSE 0 END"
	" FROM ocsp WHERE shard = $shard AND (number >= " LAST_WHOLE " OR number = " LAST_DELTA ") ORDER BY number";

struct ocsp_batch { struct pack_head head; unsigned char sha256[SHA256_LEN]; struct buf der; };

static bool
take_batch(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct ocsp_check *k = ctx;
	struct ocsp_batch *b;

	k->batch = xrealloc(k->batch, (k->n + 1) * sizeof(*k->batch));
	b = &k->batch[k->n++];
	*b = (struct ocsp_batch){ .der = buf_new(RESPONSE_MAX) };
	b->head = (struct pack_head){ .number = c[0].i, .follows = c[1].null ? PACK_ALONE : c[1].i, .size = (uint64_t)c[2].i,
		.this_update = c[3].i, .next_update = c[4].i };
	if (c[5].s.len != SHA256_LEN)
		return fail(e, ERR_STORE, "ocsp, row %lld: a hash of %zu octets", (long long)c[0].i, c[5].s.len);
	memcpy(b->sha256, c[5].s.ptr, SHA256_LEN);
	if (!c[6].null)
		buf_put_span(&b->der, c[6].s);
	if (c[7].i != 0)
		k->whole = c[0].i;
	if (c[8].i != 0)
		k->delta = c[0].i;
	return buf_ok(&b->der, "certificate", e);
}

bool
ocsp_check_begin(struct ocsp_check *k, struct store *db, int64_t shard, struct err *e)
{
	struct values v = { .n = 0 };
	static const enum reg_type types[] = { REG_INT, REG_INT, REG_INT, REG_INT, REG_INT, REG_BYTES, REG_BYTES, REG_INT, REG_INT };

	*k = (struct ocsp_check){ .all = EVP_MD_CTX_new() };
	promise(k->all != NULL && EVP_DigestInit_ex(k->all, EVP_sha256(), NULL) == 1);
	snprintf(k->folder, sizeof(k->folder), shard == 0 ? "ocsp/" : "ocsp%d/", (int)shard);
	values_int(&v, "shard", shard);
	return store_run(db, batches, &v, types, 9, take_batch, k, NULL, e);
}

void
ocsp_check_drop(struct ocsp_check *k)
{
	for (size_t i = 0; i < k->n; i++)
		buf_drop(&k->batch[i].der);
	free(k->batch);
	X509_free(k->responder);
	EVP_MD_CTX_free(k->all);
}

bool
ocsp_check_is(const struct ocsp_check *k, struct span path)
{
	size_t n = strlen(k->folder);

	return path.len > n && memcmp(path.ptr, k->folder, n) == 0;
}

/* Borrowed. */
static bool
find_batch(const struct ocsp_batch **out, const struct ocsp_check *k, const struct pack_head *h, struct err *e)
{
	for (size_t i = 0; i < k->n; i++) {
		const struct pack_head *r = &k->batch[i].head;

		if (r->number != h->number || r->follows != h->follows || r->size != h->size || r->this_update != h->this_update || r->next_update != h->next_update)
			continue;
		*out = &k->batch[i];
		return k->batch[i].der.len > 0 || fail(e, ERR_STORE, "its batch names a responder that has no certificate");
	}
	return fail(e, ERR_STORE, "no such batch is recorded, or it is not the last");
}

/*
 * The responses.
 */

static bool
same_serial(OCSP_BASICRESP *basic, struct span key)
{
	for (int i = 0; i < OCSP_resp_count(basic); i++) {
		ASN1_INTEGER *serial = NULL;

		if (OCSP_id_get0_info(NULL, NULL, NULL, &serial, (OCSP_CERTID *)OCSP_SINGLERESP_get0_id(OCSP_resp_get0(basic, i))) != 1 ||
		    !span_eq(span_of(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial)), key))
			return false;
	}
	return OCSP_resp_count(basic) > 0;
}

static bool
check_signature(struct ocsp_check *k, OCSP_BASICRESP *basic, EVP_MD_CTX *all, struct err *e)
{
	const ASN1_OCTET_STRING *sig = OCSP_resp_get0_signature(basic);
	unsigned char *tbs = NULL, digest[SHA256_LEN];
	int n = ASN1_item_i2d((const ASN1_VALUE *)OCSP_resp_get0_respdata(basic), &tbs, ASN1_ITEM_rptr(OCSP_RESPDATA));

	if (n <= 0)
		return fail_ossl(e, ERR_STORE, "its data cannot be written again");
	sha256(digest, span_of(tbs, (size_t)n));
	promise(EVP_DigestUpdate(all, tbs, (size_t)n) == 1);
	OPENSSL_free(tbs);
	k->signatures++;
	return ecdsa_verify(X509_get0_pubkey(k->responder), span_of(digest, sizeof(digest)), span_of(ASN1_STRING_get0_data(sig), (size_t)ASN1_STRING_length(sig))) ||
	    fail(e, ERR_STORE, "the responder's key did not sign it");
}

static bool
check_response(struct ocsp_check *k, const struct pack *p, size_t i, EVP_MD_CTX *all, struct err *e)
{
	own_struct(buf) der = buf_new(RESPONSE_MAX);
	own(OCSP_RESPONSE) *response = NULL;
	own(OCSP_BASICRESP) *basic = NULL;
	const unsigned char *at;

	buf_put_span(&der, pack_body(p, i));
	buf_put_span(&der, p->tail);
	if (!buf_ok(&der, "OCSP response", e))
		return false;
	at = der.ptr;
	response = d2i_OCSP_RESPONSE(NULL, &at, (long)der.len);
	if (response == NULL || at != der.ptr + der.len || OCSP_response_status(response) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
		return fail_ossl(e, ERR_STORE, "it is no OCSP response");
	basic = OCSP_response_get1_basic(response);
	if (basic == NULL || !same_serial(basic, pack_key(p, i)))
		return fail_ossl(e, ERR_STORE, "it answers for another serial number");
	return check_signature(k, basic, all, e);
}

/* Behind every response stands the responder's certificate, as [0] SEQUENCE. */
static bool
check_tail(const struct pack *p, struct span der, struct err *e)
{
	return (p->tail.len > der.len && p->tail.len <= der.len + 12 && memcmp(p->tail.ptr + p->tail.len - der.len, der.ptr, der.len) == 0) ||
	    fail(e, ERR_STORE, "another certificate stands behind its responses");
}

static bool
check_pack(struct ocsp_check *k, const struct pack *p, struct span der, EVP_MD_CTX *all, struct err *e)
{
	X509_free(k->responder);
	k->responder = NULL;
	if (!check_tail(p, der, e) || !cert_from_der(&k->responder, der, e))
		return false;
	for (size_t i = 0; i < p->n; i++)
		if (!check_response(k, p, i, all, e))
			return fail_in(e, "response %zu", i);
	return true;
}

static bool
has_hash(EVP_MD_CTX *all, const unsigned char want[SHA256_LEN], struct err *e)
{
	unsigned char digest[SHA256_LEN];

	promise(EVP_DigestFinal_ex(all, digest, NULL) == 1);
	return memcmp(digest, want, SHA256_LEN) == 0 || fail(e, ERR_STORE, "its responses are not those that were recorded");
}

static bool
check_delta(struct ocsp_check *k, const struct pack *p, const struct ocsp_batch *r, struct err *e)
{
	own(EVP_MD_CTX) *all = EVP_MD_CTX_new();

	promise(all != NULL && EVP_DigestInit_ex(all, EVP_sha256(), NULL) == 1);
	if (p->head.follows == PACK_ALONE || p->head.number != k->delta)
		return fail(e, ERR_STORE, "it is not the last delta that was signed");
	k->delta_seen = true;
	return check_pack(k, p, buf_span(&r->der), all, e) && has_hash(all, r->sha256, e);
}

static bool
check_shard(struct ocsp_check *k, const struct pack *p, size_t shard, const struct ocsp_batch *r, struct err *e)
{
	if (p->head.follows != PACK_ALONE || p->head.number < k->whole)
		return fail(e, ERR_STORE, "it is of a batch before the last whole one that was signed");
	for (size_t i = 0; i < p->n; i++)
		if (pack_shard(pack_key(p, i)) != shard)
			return fail(e, ERR_STORE, "serial number %zu belongs into another pack", i);
	k->number[shard] = p->head.number;
	memcpy(k->whole_sha256, r->sha256, SHA256_LEN);
	return check_pack(k, p, buf_span(&r->der), k->all, e);
}

static bool
check_named(struct ocsp_check *k, const char *name, struct span body, struct err *e)
{
	const struct ocsp_batch *r = NULL;
	struct pack p;
	const char *shard = strlen(name) == 6 && strcmp(name + 1, ".pack") == 0 ? strchr(shard_names, name[0]) : NULL;

	if (shard == NULL && strcmp(name, "delta.pack") != 0)
		return fail(e, ERR_STORE, "nothing recorded is published there");
	return pack_open(&p, body, e) && find_batch(&r, k, &p.head, e) &&
	    (shard == NULL ? check_delta(k, &p, r, e) : check_shard(k, &p, (size_t)(shard - shard_names), r, e));
}

bool
ocsp_check_file(struct ocsp_check *k, struct span path, struct span body, struct err *e)
{
	size_t n = strlen(k->folder);
	own_str char *name = span_dup_str(span_of(path.ptr + n, path.len - n));

	return check_named(k, name, body, e) || fail_in(e, "publication, row %s%.60s", k->folder, name);
}

bool
ocsp_check_end(struct ocsp_check *k, struct err *e)
{
	bool whole = true;

	for (size_t i = 0; k->whole > 0 && i < PACK_SHARDS; i++)
		if (k->number[i] == 0)
			return fail(e, ERR_STORE, "publication, row %s%c.pack is missing", k->folder, shard_names[i]);
	if (k->delta > 0 && !k->delta_seen)
		return fail(e, ERR_STORE, "publication, row %sdelta.pack is missing", k->folder);
	for (size_t i = 0; i < PACK_SHARDS; i++)
		whole &= k->number[i] == k->number[0];
	/* Of two batches side by side the older one's hash can be had no more. */
	return k->whole == 0 || !whole || has_hash(k->all, k->whole_sha256, e) || fail_in(e, "publication, rows %s0.pack to %sf.pack", k->folder, k->folder);
}
