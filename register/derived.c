#include "register/derived.h"

#include "base/cbor.h"
#include "base/cms.h"
#include "base/json.h"
#include "register/list_entry.h"
#include "register/ocsp_check.h"
#include "register/report_check.h"

#include <stdarg.h>
#include <stdio.h>

#define CERT_MAX (64u << 10)
#define BODY_MAX (64u << 20)
#define RAW_LEN 64
#define KID_LEN_ 8		/* of a COSE key id */

struct shard { X509 *issuing; struct buf issuing_der, crl; };
struct check {
	struct store *db;
	struct derived *out;
	X509 *root;			/* NULL: no ceremony is recorded */
	struct shard shard[PACK_ISSUERS_MAX];
	size_t nshards;
	cert_list *signers;		/* of status lists */
	struct buf root_der, root_crl, cwt;
};

/*
 * The ceremony.
 */

static bool
keep(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct buf *b = ctx;

	buf_reset(b);
	if (!c[0].null)
		buf_put_span(b, c[0].s);
	return buf_ok(b, "a body", e);
}

static bool
take_base64(struct buf *out, const json_t *j, const char *key, struct err *e)
{
	const char *text;

	return json_take_str(&text, j, key, e) && base64_get(out, span_str(text), e);
}

/* A bundle is the root's own word: one issuing certificate more, and the root's
 * newest CRL. */
static bool
open_bundle(struct check *k, json_t **j, struct span bundle, struct err *e)
{
	own_struct(buf) content = buf_new(CMS_MAX);
	own(CMS_ContentInfo) *cms = NULL;
	struct shard *s = &k->shard[k->nshards];
	int64_t at;

	if (k->nshards == PACK_ISSUERS_MAX)
		return fail(e, ERR_STORE, "more than %d generations of the authority", PACK_ISSUERS_MAX);
	k->nshards++;
	*s = (struct shard){ .issuing_der = buf_new(CERT_MAX), .crl = buf_new(BODY_MAX) };
	buf_reset(&k->root_crl);
	return cms_read(&cms, bundle, e) && cms_open(&content, &at, cms, k->root, e) && json_read(j, buf_span(&content), e) &&
	    take_base64(&s->issuing_der, *j, "issuing", e) && take_base64(&k->root_crl, *j, "root_crl", e) && cert_from_der(&s->issuing, buf_span(&s->issuing_der), e);
}

/* It must name the root that is published. */
static bool
open_ceremony(struct check *k, struct span bundle, struct span root_der, struct err *e)
{
	own(json_t) *j = NULL;

	return cert_from_der(&k->root, root_der, e) && open_bundle(k, &j, bundle, e) && take_base64(&k->root_der, j, "root", e);
}

static bool
take_roll_over(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct check *k = ctx;
	own(json_t) *j = NULL;

	return (k->root != NULL || fail(e, ERR_STORE, "no ceremony is recorded")) &&
	    (open_bundle(k, &j, c[0].s, e) || fail_in(e, "policy_adopted, roll-over %zu", k->nshards));
}

static bool
find_ceremony(struct check *k, struct err *e)
{
	static const enum reg_type type[] = { REG_BYTES };
	own_struct(buf) bundle = buf_new(CMS_MAX);
	own_struct(buf) root = buf_new(CERT_MAX);
	uint64_t rows;

	if (!store_run(k->db, "SELECT body FROM policy_adopted WHERE what = 'ceremony' ORDER BY entry LIMIT 1", NULL, type, 1, keep, &bundle, &rows, e))
		return false;
	if (rows == 0)
		return true;
	if (!store_run(k->db, "SELECT body FROM publication WHERE path = 'ca/root.crt'", NULL, type, 1, keep, &root, &rows, e))
		return false;
	if (rows == 0)
		return fail(e, ERR_STORE, "publication, row ca/root.crt is missing");
	if (!open_ceremony(k, buf_span(&bundle), buf_span(&root), e))
		return fail_in(e, "publication, row ca/root.crt is not the root of the recorded ceremony");
	return store_run(k->db, "SELECT body FROM policy_adopted WHERE what = 'roll-over' ORDER BY entry", NULL, type, 1, take_roll_over, k, NULL, e);
}

/* Since there are records of it (ca/root_crl.h), the last of them says the root's CRL. */
static bool
take_root_crl(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct check *k = ctx;
	own(X509_CRL) *crl = NULL;

	if (k->root == NULL)
		return fail(e, ERR_STORE, "no ceremony is recorded");
	if (!crl_from_any(&crl, c[0].s, e) || X509_CRL_verify(crl, X509_get0_pubkey(k->root)) != 1)
		return fail_ossl(e, ERR_STORE, "policy_adopted, root-crl: it is not signed by the root");
	k->out->signatures++;
	return keep(&k->root_crl, c, 1, e);
}

static bool
find_root_crl(struct check *k, struct err *e)
{
	static const enum reg_type type[] = { REG_BYTES };

	return store_run(k->db, "SELECT body FROM policy_adopted WHERE what = 'root-crl' ORDER BY entry", NULL, type, 1, take_root_crl, k, NULL, e);
}

/*
 * CRLs.
 */

/* The octets behind a SEQUENCE's head; empty: it is none, or not whole. */
static struct span
inside(struct span der)
{
	size_t len = der.len < 2 || der.ptr[0] != 0x30 ? 0 : der.ptr[1], head = 2;

	if (len > 0x80) {
		unsigned more = (unsigned)len & 0x7f;

		if (more > 4 || der.len < 2 + more)
			return SPAN_NONE;
		for (len = 0; more > 0; more--)
			len = len << 8 | der.ptr[head++];
	}
	return der.len < 2 || der.len - head != len ? SPAN_NONE : span_of(der.ptr + head, len);
}

static bool
good_crl(const struct shard *s, struct span tbs, struct span der, struct err *e)
{
	own(X509_CRL) *crl = NULL;
	struct span body = inside(der);

	if (body.len < tbs.len || memcmp(body.ptr, tbs.ptr, tbs.len) != 0)
		return fail(e, ERR_STORE, "der signs something else than tbs");
	if (!crl_from_any(&crl, der, e))
		return false;
	return X509_CRL_verify(crl, X509_get0_pubkey(s->issuing)) == 1 || fail_ossl(e, ERR_STORE, "der is not signed by the issuing key");
}

static void
count_missing(struct check *k, const char *table, int64_t number)
{
	k->out->missing++;
	snprintf(k->out->missing_last, sizeof(k->out->missing_last), "%s %lld", table, (long long)number);
}

static bool
check_crl(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct check *k = ctx;

	if (c[2].null) {
		count_missing(k, "crl", c[0].i);
		return true;
	}
	if (c[3].i < 0 || (size_t)c[3].i >= k->nshards)
		return fail(e, ERR_STORE, "crl, row %lld: no ceremony is recorded that made a key to sign it", (long long)c[0].i);
	if (!good_crl(&k->shard[c[3].i], c[1].s, c[2].s, e))
		return fail_in(e, "crl, row %lld", (long long)c[0].i);
	k->out->signatures++;
	return keep(&k->shard[c[3].i].crl, &c[2], 1, e);
}

/*
 * Status lists.
 */

struct sign1 { struct span protected_, payload, signature; unsigned char kid[KID_LEN_]; };

/* Key 4 of the protected header. */
static bool
take_kid(struct sign1 *s, struct err *e)
{
	struct cbor c = cbor_read(s->protected_);
	struct span item;
	int64_t key;
	size_t n;

	if (!cbor_check(s->protected_, e) || !cbor_get_map(&c, &n, "protected header", e))
		return false;
	while (n-- > 0) {
		if (!cbor_get_int(&c, &key, "header", e))
			return false;
		if (key == 4) {
			if (!cbor_get_bytes(&c, &item, "key id", e) || item.len != KID_LEN_)
				return fail(e, ERR_STORE, "its key id has not %d octets", KID_LEN_);
			memcpy(s->kid, item.ptr, KID_LEN_);
			return true;
		}
		if (!cbor_skip(&c, &item, e))
			return false;
	}
	return fail(e, ERR_STORE, "it names no key");
}

static bool
read_sign1(struct sign1 *s, struct span cwt, struct err *e)
{
	struct cbor c = cbor_read(cwt);
	uint64_t tag;
	size_t four, none;

	if (!cbor_check(cwt, e) || !cbor_get_tag(&c, &tag, "tag", e) || !cbor_get_array(&c, &four, "COSE_Sign1", e) || tag != 18 || four != 4)
		return fail(e, ERR_STORE, "cwt is not a COSE_Sign1");
	if (!cbor_get_bytes(&c, &s->protected_, "protected header", e) || !cbor_get_map(&c, &none, "unprotected header", e) || none != 0 ||
	    !cbor_get_bytes(&c, &s->payload, "payload", e) || !cbor_get_bytes(&c, &s->signature, "signature", e) || s->signature.len != RAW_LEN)
		return fail(e, ERR_STORE, "cwt is not of the one shape");
	return take_kid(s, e);
}

/* RFC 9052 4.4. */
static void
put_signed(struct buf *out, const struct sign1 *s)
{
	cbor_put_array(out, 4);
	cbor_put_text(out, "Signature1");
	cbor_put_bytes(out, s->protected_);
	cbor_put_bytes(out, SPAN_NONE);
	cbor_put_bytes(out, s->payload);
}

static bool
keep_signer(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct check *k = ctx;
	own(X509) *cert = NULL;

	if (!cert_from_der(&cert, c[0].s, e))
		return fail_in(e, "certificate of a signer of lists");
	promise(sk_X509_push(k->signers, cert) > 0);
	cert = NULL;
	return true;
}

static bool
find_signers(struct check *k, struct err *e)
{
	static const enum reg_type type[] = { REG_BYTES };

	promise(k->signers != NULL);
	return store_run(k->db, "SELECT der FROM certificate WHERE profile = 'service-signer' AND der IS NOT NULL ORDER BY entry", NULL, type, 1, keep_signer, k, NULL, e);
}

/* Borrowed; NULL: nobody. */
static X509 *
signer_of(const struct check *k, const unsigned char kid[KID_LEN_])
{
	for (int i = 0; i < sk_X509_num(k->signers); i++) {
		own_struct(buf) der = buf_new(CERT_MAX);
		unsigned char digest[SHA256_LEN];

		cert_to_der(&der, sk_X509_value(k->signers, i));
		sha256(digest, buf_span(&der));
		if (memcmp(digest, kid, KID_LEN_) == 0)
			return sk_X509_value(k->signers, i);
	}
	return NULL;
}

static bool
good_cwt(const struct check *k, struct span tbs, struct span cwt, struct err *e)
{
	own_struct(buf) octets = buf_new(BODY_MAX);
	own_struct(buf) der = buf_new(128);
	unsigned char digest[SHA256_LEN];
	struct sign1 s;
	X509 *signer;

	if (!read_sign1(&s, cwt, e))
		return false;
	put_signed(&octets, &s);
	if (!span_eq(buf_span(&octets), tbs))
		return fail(e, ERR_STORE, "cwt signs something else than tbs");
	signer = signer_of(k, s.kid);
	if (signer == NULL)
		return fail(e, ERR_STORE, "no certificate was issued for the key that cwt names");
	sha256(digest, tbs);
	return ecdsa_raw_to_der(&der, s.signature, e) &&
	    (ecdsa_verify(X509_get0_pubkey(signer), span_of(digest, sizeof(digest)), buf_span(&der)) || fail(e, ERR_STORE, "the signature of cwt does not verify"));
}

static bool
check_cwt(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct check *k = ctx;

	if (c[2].null) {
		count_missing(k, "status_list", c[0].i);
		return true;
	}
	if (!good_cwt(k, c[1].s, c[2].s, e))
		return fail_in(e, "status_list, row %lld", (long long)c[0].i);
	k->out->signatures++;
	return keep(&k->cwt, &c[2], 1, e);
}

/*
 * Publications.
 */

struct place { char path[32]; const struct buf *body; bool seen; };
#define PLACES_MAX (3 + 2 * PACK_ISSUERS_MAX)
struct published { struct check *k; struct place place[PLACES_MAX]; size_t nplaces; struct ocsp_check ocsp[PACK_ISSUERS_MAX]; struct report_check reports; };

static void __attribute__((format(printf, 3, 4)))
add_place(struct published *p, const struct buf *body, const char *fmt, ...)
{
	struct place *new = &p->place[p->nplaces++];
	va_list ap;

	new->body = body;
	va_start(ap, fmt);
	vsnprintf(new->path, sizeof(new->path), fmt, ap);
	va_end(ap);
}

static void
add_places(struct published *p, const struct check *k)
{
	add_place(p, &k->root_der, "ca/root.crt");
	add_place(p, &k->root_crl, ROOT_CRL_PATH);
	add_place(p, &k->cwt, "status/1.cwt");
	for (size_t i = 0; i < k->nshards; i++) {
		add_place(p, &k->shard[i].issuing_der, i == 0 ? "ca/issuing.crt" : "ca/issuing-%zu.crt", i + 1);
		add_place(p, &k->shard[i].crl, "crl/%zu.crl", i);
	}
}

static bool
check_publication(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct published *p = ctx;

	for (size_t i = 0; i < p->nplaces; i++)
		if (span_eq_str(c[0].s, p->place[i].path)) {
			p->place[i].seen = true;
			return span_eq(c[1].s, buf_span(p->place[i].body)) || fail(e, ERR_STORE, "publication, row %s is not what the records and signatures make%s%s%s", p->place[i].path,
			    p->k->out->missing > 0 ? " (of " : "", p->k->out->missing_last, p->k->out->missing > 0 ? " there is no signature)" : "");
		}
	for (size_t i = 0; i < p->k->nshards; i++)
		if (ocsp_check_is(&p->ocsp[i], c[0].s))
			return ocsp_check_file(&p->ocsp[i], c[0].s, c[1].s, e);
	return report_check_file(&p->reports, c[0].s, c[1].s, e);
}

static bool
begin_published(struct published *p, struct err *e)
{
	add_places(p, p->k);
	for (size_t i = 0; i < p->k->nshards; i++)
		if (!ocsp_check_begin(&p->ocsp[i], p->k->db, (int64_t)i, e))
			return false;
	return report_check_begin(&p->reports, p->k->db, e);
}

static bool
end_published(struct published *p, struct err *e)
{
	for (size_t i = 0; i < p->k->nshards; i++)
		if (!ocsp_check_end(&p->ocsp[i], e))
			return false;
	return report_check_end(&p->reports, e);
}

static bool
check_publications(struct check *k, struct err *e)
{
	static const enum reg_type types[] = { REG_TEXT, REG_BYTES };
	struct published p = { .k = k };
	bool good;

	good = begin_published(&p, e) && store_run(k->db, "SELECT path, body FROM publication ORDER BY path", NULL, types, 2, check_publication, &p, NULL, e) &&
	    end_published(&p, e);
	for (size_t i = 0; i < k->nshards; i++) {
		k->out->signatures += p.ocsp[i].signatures;
		ocsp_check_drop(&p.ocsp[i]);
	}
	if (!good)
		return false;
	for (size_t i = 0; i < p.nplaces; i++)
		if (!p.place[i].seen && p.place[i].body->len > 0)
			return fail(e, ERR_STORE, "publication, row %s is missing", p.place[i].path);
	return true;
}

static void
check_drop(struct check *k)
{
	struct buf *const all[] = { &k->root_der, &k->root_crl, &k->cwt };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		buf_drop(all[i]);
	for (size_t i = 0; i < k->nshards; i++) {
		X509_free(k->shard[i].issuing);
		buf_drop(&k->shard[i].issuing_der);
		buf_drop(&k->shard[i].crl);
	}
	X509_free(k->root);
	cert_list_free(k->signers);
}

bool
derived_check(struct derived *out, struct store *db, struct err *e)
{
	static const enum reg_type types[] = { REG_INT, REG_BYTES, REG_BYTES, REG_INT };
	struct check k = { .db = db, .out = out, .root_der = buf_new(CERT_MAX), .root_crl = buf_new(BODY_MAX), .cwt = buf_new(BODY_MAX), .signers = sk_X509_new_null() };
	bool good;

	*out = (struct derived){ .signatures = 0 };
	good = find_ceremony(&k, e) && find_root_crl(&k, e) && find_signers(&k, e) && store_run(db, "SELECT number, tbs, der, shard FROM crl ORDER BY number", NULL, types, 4, check_crl, &k, NULL, e) &&
	    store_run(db, "SELECT number, tbs, cwt FROM status_list ORDER BY number", NULL, types, 3, check_cwt, &k, NULL, e) && check_publications(&k, e);
	check_drop(&k);
	return good;
}
