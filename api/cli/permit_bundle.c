#include "api/cli/permit_bundle.h"

#include "api/cli/archive.h"
#include "api/cli/permit_check.h"
#include "api/cli/permit_story.h"
#include "api/cli/story_page.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "register/log_state.h"
#include "register/note.h"
#include "verifier/crl.h"
#include "verifier/stamper.h"

#include <stdio.h>
#include <stdlib.h>

#define FILES_MAX 8192		/* four of each entry, six more of each order: history_read bounds those */
#define FILE_MAX (32u << 20)
#define CHECK_MAX (4u << 20)

struct bundle_file { char *name; struct buf body; };

struct bundle {
	const struct history *h;
	const struct log_policy *witnesses;	/* may be NULL */
	struct permit permit;		/* as issued */
	struct permit again;		/* the reaffirmed copy; empty: none */
	X509 *root;			/* borrowed */
	struct bundle_file file[FILES_MAX];
	size_t n;
	struct buf check;		/* the steps of CHECK.txt */
	struct buf note;		/* the checkpoint that covers every entry */
	struct checkpoint head;
};

static void
bundle_free(struct bundle *b)
{
	permit_drop(&b->permit);
	permit_drop(&b->again);
	for (size_t i = 0; i < b->n; i++) {
		free(b->file[i].name);
		buf_drop(&b->file[i].body);
	}
	buf_drop(&b->check);
	buf_drop(&b->note);
	free(b);
}
typedef struct bundle bundle_t;
OWN_WITH(bundle_t, bundle_free)

/* A file more; its body is written by the caller, who looks at buf_ok at the end. */
static struct buf *
new_file(struct bundle *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static struct buf *
new_file(struct bundle *b, const char *fmt, ...)
{
	struct bundle_file *f = &b->file[b->n++];
	char name[200];
	va_list ap;

	promise(b->n <= FILES_MAX);
	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	f->name = xstrdup(name);
	f->body = buf_new(FILE_MAX);
	return &f->body;
}

/*
 * Certificates and CRLs.
 */

static void
put_crl(struct buf *out, const X509_CRL *crl)
{
	own(BIO) *mem = BIO_new(BIO_s_mem());
	char *text;
	long n;

	promise(mem != NULL && PEM_write_bio_X509_CRL(mem, (X509_CRL *)crl) == 1);
	n = BIO_get_mem_data(mem, &text);
	buf_put(out, text, (size_t)n);
}

/* A CRL that is a little younger than what it is asked about is asked as of its own time. */
static void
as_of(int64_t *at, const X509_CRL *crl)
{
	int64_t t = asn1_time_secs(X509_CRL_get0_lastUpdate(crl));

	if (t > *at)
		*at = t;
}

static void
add_authority(struct bundle *b)
{
	const struct evidence *v = b->h->stored->evidence;
	struct buf *issuing;

	b->root = sk_X509_value(v->anchors, 0);
	cert_to_pem(new_file(b, "certificates/root.pem"), b->root);
	issuing = new_file(b, "certificates/issuing.pem");
	for (int i = 0; i < sk_X509_num(v->bag); i++)
		cert_to_pem(issuing, sk_X509_value(v->bag, i));
}

static void
fingerprint(char hex[2 * SHA256_LEN + 1], X509 *cert)
{
	own_struct(buf) der = buf_new(1 << 16);
	unsigned char digest[SHA256_LEN];

	cert_to_der(&der, cert);
	sha256(digest, buf_span(&der));
	hex_text(hex, span_of(digest, sizeof(digest)));
}

static void
root_step(struct bundle *b)
{
	char hash[2 * SHA256_LEN + 1];

	fingerprint(hash, b->root);
	check_add(&b->check, CHECK_ROOT, (const char *const[]){ "hash", hash, NULL });
}

/*
 * Signatures.
 */

/* The canonical SignatureValue, as in the permit but for the namespace that
 * stands further up there. */
static bool
put_stamped(struct buf *out, const struct xades *x, const EVP_MD *md, struct err *e)
{
	unsigned char mine[EVP_MAX_MD_SIZE], asked[EVP_MAX_MD_SIZE];

	buf_put_str(out, "<ds:SignatureValue xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">");
	base64_put(out, span_of(x->value, x->value_len));
	buf_put_str(out, "</ds:SignatureValue>");
	if (!xades_stamp_imprint(asked, x, md, e))
		return false;
	promise(EVP_Digest(out->ptr, out->len, mine, NULL, md, NULL) == 1);
	return memcmp(mine, asked, (size_t)EVP_MD_get_size(md)) == 0 || fail(e, ERR_BUG, "%s: what is stamped has another form", x->id);
}

/* As openssl ts says it: month, day and time, then perhaps a fraction, then the year. */
static void
stamp_time(char time[TIME_TEXT], char year[8], int64_t t)
{
	time_t secs = (time_t)t;
	struct tm tm;

	promise(gmtime_r(&secs, &tm) != NULL && strftime(time, TIME_TEXT, "%b %e %H:%M:%S", &tm) > 0 && strftime(year, 8, "%Y", &tm) > 0);
}

static void
gmt_time(char out[TIME_TEXT], int64_t t)
{
	time_text_utc(out, t);
	out[10] = ' ';
	out[19] = '\0';
}

/* Whose anchor the stamp's certificates lead to, and where it stands. */
struct stamp_files { char root[64], issuing[64]; };

static void
cert_list_to_pem(struct buf *out, const cert_list *list)
{
	for (int i = 0; i < sk_X509_num(list); i++)
		cert_to_pem(out, sk_X509_value(list, i));
}

/* Ours, or another authority's, whose anchor is in the policy. */
static void
add_stamp_files(struct bundle *b, struct stamp_files *f, const struct xades *x, const struct tst *t)
{
	const struct time_authority *a = stamper_authority(b->h->stored->policy, t, x->bag);
	char hash[2 * SHA256_LEN + 1];
	struct buf *between;

	*f = (struct stamp_files){ "root", "issuing" };
	if (a == NULL)
		return;
	snprintf(f->root, sizeof(f->root), "%s-stamp-root", x->id);
	snprintf(f->issuing, sizeof(f->issuing), "%s-stamp-issuing", x->id);
	cert_list_to_pem(new_file(b, "certificates/%s.pem", f->root), a->anchor);
	between = new_file(b, "certificates/%s.pem", f->issuing);
	cert_list_to_pem(between, a->between);
	cert_list_to_pem(between, t->bag);
	cert_list_to_pem(between, x->bag);
	fingerprint(hash, sk_X509_value(a->anchor, 0));
	check_add(&b->check, CHECK_STAMP_ROOT, (const char *const[]){ "id", x->id, "who", a->vi, "hash", hash, "stamp_root", f->root, NULL });
}

/* Among the elements of the permit, from 1. */
static size_t
place_of(xmlNode *element)
{
	size_t n = 1;

	while ((element = xmlPreviousElementSibling(element)) != NULL)
		n++;
	return n;
}

/* What it covers, by its own words: the Ids of the elements that its references name. */
static void
covered(struct buf *out, const struct xades *x)
{
	for (size_t i = 0; i < x->nrefs; i++) {
		own_str char *id = xml_attr(x->ref[i].target, "Id");

		buf_printf(out, "%s%s", i == 0 ? "" : " ", id);
	}
}

static void
signature_steps(struct bundle *b, const struct xades *x, const struct report_signature *s, const struct stamp_files *f, int64_t at, int64_t stamped)
{
	static const enum check_step all[] = { CHECK_PATH, CHECK_SIGNED_WITH, CHECK_XML, CHECK_COVERS, CHECK_STAMP_PATH, CHECK_STAMPED, CHECK_STAMP, CHECK_STAMP_TIME };
	char secs[24], gmt[TIME_TEXT], when[TIME_TEXT], time[TIME_TEXT], year[8], place[24];
	own_struct(buf) covers = buf_new(1 << 12);

	covered(&covers, x);
	snprintf(place, sizeof(place), "%zu", place_of(x->element));
	snprintf(secs, sizeof(secs), "%lld", (long long)at);
	gmt_time(gmt, at);
	gmt_time(when, stamped);
	stamp_time(time, year, stamped);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		check_add(&b->check, all[i], (const char *const[]){ "id", x->id, "who", s->signer, "at", secs, "gmt", gmt, "stamped", when, "time", time, "year", year,
		    "stamp_root", f->root, "stamp_issuing", f->issuing, "place", place, "covers", buf_str(&covers), NULL });
}

static bool
add_signature(struct bundle *b, const struct xades *x, const struct report_signature *s, struct err *e)
{
	X509 *signer = xades_signer_certificate(x, NULL), *issuer;
	own_struct(tst) t = { .time = 0 };
	const EVP_MD *md;
	struct span token;
	struct buf *octets, *crls;
	unsigned char imprint[EVP_MAX_MD_SIZE];
	struct stamp_files f;
	int64_t at;

	if (signer == NULL || x->nstamps == 0 || sk_X509_CRL_num(x->crls) == 0)
		return fail(e, ERR_POLICY, "%s brings no certificate, time stamp or CRL with it", x->id);
	token = buf_span(&x->stamp[0]);
	md = tst_digest(token);
	if (md == NULL)
		return fail(e, ERR_POLICY, "%s: its time stamp uses a digest that is not taken", x->id);
	octets = new_file(b, "stamps/%s.octets", x->id);
	if (!put_stamped(octets, x, md, e) || !xades_stamp_imprint(imprint, x, md, e) ||
	    !tst_check(&t, token, md, span_of(imprint, (size_t)EVP_MD_get_size(md)), x->bag, e))
		return fail_in(e, "%s", x->id);
	buf_put_span(new_file(b, "stamps/%s.tst", x->id), token);
	issuer = evidence_issuer(b->h->stored->evidence, x->bag, signer);
	if (issuer == NULL)
		return fail(e, ERR_ABSENT, "%s: the register publishes no certificate of its issuer", x->id);
	cert_to_pem(new_file(b, "certificates/%s.pem", x->id), signer);
	cert_to_pem(new_file(b, "certificates/%s-issuer.pem", x->id), issuer);
	cert_to_pem(new_file(b, "certificates/%s-stamp.pem", x->id), t.signer);
	crls = new_file(b, "crls/%s.pem", x->id);
	at = t.time;
	for (int i = 0; i < sk_X509_CRL_num(x->crls); i++) {
		put_crl(crls, sk_X509_CRL_value(x->crls, i));
		as_of(&at, sk_X509_CRL_value(x->crls, i));
	}
	add_stamp_files(b, &f, x, &t);
	signature_steps(b, x, s, &f, at, t.time);
	return true;
}

static bool
add_signatures(struct bundle *b, struct err *e)
{
	const struct report *r = b->h->report;
	size_t seal = b->permit.nofficers;

	if (r->verdict != VERDICT_PASSED || r->nsignatures != seal + (b->again.reaffirmed ? 2 : 1))
		return fail(e, ERR_POLICY, "the permit does not pass (%s); antin verify says why", verdict_word(r->verdict));
	for (size_t i = 0; i < seal; i++)
		if (!add_signature(b, &b->permit.officer[i], &r->signature[i], e))
			return false;
	return add_signature(b, &b->permit.seal, &r->signature[seal], e) && (!b->again.reaffirmed || add_signature(b, &b->again.reaffirm, &r->signature[seal + 1], e));
}

/*
 * CRLs of the past: that which was the newest before an entry of the log.
 */

static bool
take_crl(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	return crl_from_any(ctx, c[0].s, e);
}

/* Of the issuer of that certificate. */
static bool
crl_before(X509_CRL **out, const struct bundle *b, int64_t entry, X509 *cert, struct err *e)
{
	static const enum reg_type types[] = { REG_BYTES };
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
	struct values v = { .n = 0 };
	uint64_t rows;

	values_int(&v, "entry", entry);
	values_span(&v, "serial", REG_BYTES, span_of(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial)));
	if (!store_run(b->h->stored->db, "SELECT der FROM crl WHERE der IS NOT NULL AND entry < $entry AND shard = (SELECT generation - 1 FROM certificate "
	    "WHERE serial = $serial) ORDER BY number DESC LIMIT 1", &v, types, 1, take_crl, out, &rows, e))
		return false;
	return rows == 1 || fail(e, ERR_ABSENT, "the CRL before entry %lld is not kept here", (long long)entry);
}

/*
 * Orders: with the CRL that was the newest when each was taken.
 */

static bool
add_crl_then(struct bundle *b, const struct history_entry *x, int64_t *at, struct err *e)
{
	own(X509_CRL) *crl = NULL;

	if (!crl_before(&crl, b, x->index, x->order->signer, e))
		return false;
	put_crl(new_file(b, "crls/order-%lld.pem", (long long)x->index), crl);
	as_of(at, crl);
	return true;
}

static void
newer_of_root(const struct bundle *b, X509_CRL **best, X509_CRL *crl, const X509 *issuer)
{
	int64_t t = asn1_time_secs(X509_CRL_get0_lastUpdate(crl));

	if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(b->root)) == 0 && t <= asn1_time_secs(X509_get0_notAfter(issuer)) &&
	    (*best == NULL || t > asn1_time_secs(X509_CRL_get0_lastUpdate(*best))))
		*best = crl;
}

/* The root's CRLs last a year, and the register keeps the last alone: an authority
 * that is not revoked in the newest was not then, either. */
static bool
add_order_issuer(struct bundle *b, const char *id, X509 *signer, int64_t *at, struct err *e)
{
	const struct evidence *v = b->h->stored->evidence;
	X509 *issuer = evidence_issuer(v, NULL, signer);
	X509_CRL *best = NULL;

	for (int i = 0; issuer != NULL && i < sk_X509_CRL_num(v->crls); i++)
		newer_of_root(b, &best, sk_X509_CRL_value(v->crls, i), issuer);
	for (int i = 0; issuer != NULL && i < sk_X509_CRL_num(b->permit.seal.crls); i++)
		newer_of_root(b, &best, sk_X509_CRL_value(b->permit.seal.crls, i), issuer);
	if (best == NULL)
		return fail(e, ERR_ABSENT, "the issuer of who signed the order of entry %s, or the root's CRL, is not published", id);
	cert_to_pem(new_file(b, "certificates/order-%s-issuer.pem", id), issuer);
	put_crl(new_file(b, "crls/order-%s-issuer.pem", id), best);
	as_of(at, best);
	return true;
}

static void
order_step(struct bundle *b, enum check_step s, const struct history_entry *x, int64_t at)
{
	const struct history_order *o = x->order;
	char id[24], secs[24];

	snprintf(id, sizeof(id), "%lld", (long long)x->index);
	snprintf(secs, sizeof(secs), "%lld", (long long)at);
	check_add(&b->check, s, (const char *const[]){ "id", id, "at", secs, "who", o->name, "verb", o->order.verb, "handle", b->h->hex, NULL });
}

static bool
add_order(struct bundle *b, const struct history_entry *x, struct err *e)
{
	const struct history_order *o = x->order;
	int64_t then = x->entry.time, newest = INT64_MIN;
	char id[24];

	if (o->signer == NULL)
		return fail(e, ERR_ABSENT, "the certificate of who signed the order of entry %lld is not kept here", (long long)x->index);
	snprintf(id, sizeof(id), "%lld", (long long)x->index);
	buf_put_span(new_file(b, "orders/%s.cms", id), buf_span(&o->cms));
	buf_put_span(new_file(b, "orders/%s.json", id), buf_span(&o->text));
	cert_to_pem(new_file(b, "certificates/order-%s.pem", id), o->signer);
	if (!add_crl_then(b, x, &then, e) || !add_order_issuer(b, id, o->signer, &newest, e))
		return false;
	order_step(b, CHECK_ORDER_PATH, x, then);
	order_step(b, CHECK_ORDER_ISSUER, x, newest);
	order_step(b, CHECK_ORDER_CMS, x, then);
	order_step(b, CHECK_ORDER_TEXT, x, then);
	order_step(b, strcmp(o->order.verb, "permit.seal") == 0 ? CHECK_ORDER_SEAL : CHECK_ORDER_ACT, x, then);
	return true;
}

/*
 * The log.
 */

struct covering { struct buf *note; int64_t beyond; bool found; };

static bool
take_note(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct covering *k = ctx;

	if (k->found || c[0].i <= k->beyond)
		return true;
	k->found = true;
	buf_put_span(k->note, c[1].s);
	return buf_ok(k->note, "checkpoint", e);
}

/* Cosigned where that covers all; else the newest that the log alone signed. */
static bool
find_checkpoint(struct bundle *b, struct err *e)
{
	static const enum reg_type types[] = { REG_INT, REG_TEXT };
	struct covering k = { &b->note, b->h->at[b->h->n - 1].index, false };
	struct span text, signatures;

	if (!store_run(b->h->stored->db, "SELECT size, note FROM log_witnessed", NULL, types, 2, take_note, &k, NULL, e) ||
	    !store_run(b->h->stored->db, "SELECT size, note FROM log_published", NULL, types, 2, take_note, &k, NULL, e))
		return false;
	if (!k.found)
		return fail(e, ERR_LATER, "entry %lld of the log is not published yet", (long long)k.beyond);
	return note_split(&text, &signatures, buf_span(&b->note), e) && checkpoint_parse(&b->head, text, e);
}

/* Of each witness of the policy that has cosigned it. */
static bool
add_witnesses(struct bundle *b, struct err *e)
{
	const struct log_policy *p = b->witnesses;
	struct quorum q;

	if (p == NULL)
		return true;
	if (!log_policy_quorum(&q, p, buf_span(&b->note), e))
		return false;
	if (!q.met)
		return fail(e, ERR_LATER, "the checkpoint of %llu entries is not cosigned as the policy of witnesses asks", (unsigned long long)b->head.size);
	for (size_t i = 0; i < p->nwitnesses; i++) {
		own_struct(buf) key = buf_new(1 << 10), quoted = buf_new(1 << 10);
		char gmt[TIME_TEXT];

		if (!q.by[i])
			continue;
		note_key_text(&key, &p->witness[i].key);
		check_quote(&quoted, buf_str(&key));
		gmt_time(gmt, q.time[i]);
		check_add(&b->check, CHECK_COSIGNED, (const char *const[]){ "who", p->witness[i].key.name, "gmt", gmt, "key", buf_str(&key), "quoted", buf_str(&quoted), NULL });
	}
	return true;
}

static bool
take_key(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	buf_put_span(ctx, c[0].s);
	return true;
}

static bool
add_checkpoint(struct bundle *b, struct err *e)
{
	static const enum reg_type types[] = { REG_TEXT };
	struct buf *key = new_file(b, "log/log.vkey");
	own_struct(buf) text = buf_new(1 << 10);
	struct note_key k;
	own_struct(buf) quoted = buf_new(1 << 10);
	char size[24];

	if (!find_checkpoint(b, e) || !store_run(b->h->stored->db, "SELECT key FROM log_published", NULL, types, 1, take_key, &text, NULL, e) ||
	    !note_key_parse(&k, buf_str(&text), e) || !note_check(buf_span(&b->note), &k, e))
		return fail_in(e, "the log's checkpoint");
	buf_printf(key, "%s\n", buf_str(&text));
	buf_put_span(new_file(b, "log/checkpoint"), buf_span(&b->note));
	snprintf(size, sizeof(size), "%llu", (unsigned long long)b->head.size);
	check_quote(&quoted, buf_str(&text));
	check_add(&b->check, CHECK_LOG_KEY, (const char *const[]){ "key", buf_str(&text), "quoted", buf_str(&quoted), NULL });
	check_add(&b->check, CHECK_CHECKPOINT, (const char *const[]){ "size", size, NULL });
	return add_witnesses(b, e);
}

static bool
put_path(struct bundle *b, struct buf *out, const struct history_entry *x, struct err *e)
{
	struct tile_source source = { log_tile_get, b->h->stored->db };
	struct hash path[MERKLE_PROOF_MAX], leaf;
	size_t n;

	merkle_leaf(&leaf, buf_span(&x->octets));
	if (!merkle_prove_inclusion(path, &n, (uint64_t)x->index, b->head.size, tile_node, &source, e) ||
	    !merkle_check_inclusion(&leaf, (uint64_t)x->index, b->head.size, path, n, &b->head.root, e))
		return fail_in(e, "entry %lld", (long long)x->index);
	for (size_t i = 0; i < n; i++) {
		hex_put(out, span_of(path[i].octet, HASH_LEN));
		buf_put_byte(out, '\n');
	}
	return true;
}

/* Whose record names one of the files. */
static const struct { const char *verb; enum check_step step; } recorded[] = {
	{ "permit.issue", CHECK_RECORDS_PERMIT }, { "permit.reserve_reaffirm", CHECK_RECORDS_BASE }, { "permit.reaffirm", CHECK_RECORDS_COPY },
};

static bool
add_entry(struct bundle *b, const struct history_entry *x, struct err *e)
{
	char id[24];
	const char *what = x->order != NULL ? x->order->order.verb : x->verb != NULL ? x->verb->name : "bản ghi không còn";
	const char *const values[] = { "id", id, "what", what, "handle", b->h->hex, NULL };

	snprintf(id, sizeof(id), "%lld", (long long)x->index);
	buf_put_span(new_file(b, "log/%s.entry", id), buf_span(&x->octets));
	if (!put_path(b, new_file(b, "log/%s.path", id), x, e))
		return false;
	check_add(&b->check, CHECK_IN_LOG, values);
	if (span_eq(x->entry.handle, span_of(b->h->handle, HANDLE_LEN)))
		check_add(&b->check, CHECK_ABOUT, values);
	if (x->verb == NULL)
		return true;
	buf_put_span(new_file(b, "log/%s.record", id), buf_span(&x->record));
	buf_put_span(new_file(b, "log/%s.salt", id), span_of(x->salt, SALT_LEN));
	check_add(&b->check, CHECK_MEANS, values);
	if (x->order != NULL)
		check_add(&b->check, CHECK_RECORDS_ORDER, values);
	for (size_t i = 0; i < sizeof(recorded) / sizeof(recorded[0]); i++)
		if (strcmp(x->verb->name, recorded[i].verb) == 0)
			check_add(&b->check, recorded[i].step, values);
	return true;
}

/*
 * Reaffirmed: whose key was lost, as of when, and that the agency knew it.
 */

/* The order of the reaffirmation; NULL where it is not kept. */
static const struct history_entry *
reaffirming_order(const struct history *h)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->at[i].order != NULL && strcmp(h->at[i].order->order.verb, "permit.reaffirm") == 0)
			return &h->at[i];
	return NULL;
}

/* The decision, as the copy and as the order writes it. */
static void
decision_steps(struct bundle *b, const struct history_entry *order)
{
	own_struct(buf) xml = buf_new(1 << 12), json = buf_new(1 << 12), quoted_xml = buf_new(1 << 14), quoted_json = buf_new(1 << 14);
	char id[24], decided[TIME_TEXT];
	own(json_t) *with = NULL;

	date_text(decided, b->again.decided);
	with = json_pack("{s:s, s:s}", "decision", b->again.decision, "decided", decided);
	promise(with != NULL);
	buf_put_str(&json, "\"with\":");
	json_write(&json, with);
	buf_put_str(&xml, "<decision>");
	text_put_xml(&xml, span_str(b->again.decision));
	buf_printf(&xml, "</decision><decided>%s</decided>", decided);
	check_quote(&quoted_xml, buf_str(&xml));
	check_quote(&quoted_json, buf_str(&json));
	snprintf(id, sizeof(id), "%lld", (long long)order->index);
	date_text_people(decided, b->again.decided);
	for (enum check_step s = CHECK_DECISION_COPY; s <= CHECK_DECISION_ORDER; s++)
		check_add(&b->check, s, (const char *const[]){ "id", id, "decision", b->again.decision, "decided", decided, "xml", buf_str(&quoted_xml),
		    "json", buf_str(&quoted_json), NULL });
}

/* By the CRL that was the newest when the reaffirmation was ordered. */
static bool
add_lost_key(struct bundle *b, const struct xades *x, const struct report_signature *s, const struct history_entry *order, struct err *e)
{
	X509 *signer = xades_signer_certificate(x, NULL);
	own(X509_CRL) *crl = NULL;
	char revoked[TIME_TEXT], lost[TIME_TEXT], decided[TIME_TEXT];
	struct revocation r;

	if (!crl_before(&crl, b, order->index, signer, e))
		return false;
	crl_lookup(&r, crl, X509_get0_serialNumber(signer));
	if (r.state != CERT_REVOKED || r.reason != CRL_REASON_KEY_COMPROMISE || r.invalidity == INT64_MIN)
		return fail(e, ERR_ABSENT, "%s: the CRL before the order of entry %lld tells of no lost key", x->id, (long long)order->index);
	put_crl(new_file(b, "crls/%s-lost.pem", x->id), crl);
	gmt_time(revoked, r.date);
	gmt_time(lost, r.invalidity);
	date_text_people(decided, b->again.decided);
	for (enum check_step step = CHECK_LOST_CRL; step <= CHECK_STANDS; step++)
		check_add(&b->check, step, (const char *const[]){ "id", x->id, "who", s->signer, "revoked", revoked, "lost", lost, "decision", b->again.decision,
		    "decided", decided, NULL });
	return true;
}

static bool
add_reaffirmation(struct bundle *b, struct err *e)
{
	const struct history_entry *order = reaffirming_order(b->h);

	if (!b->again.reaffirmed)
		return true;
	if (order == NULL)
		return fail(e, ERR_ABSENT, "the order of its reaffirmation is not kept here");
	check_add(&b->check, CHECK_COPY, (const char *const[]){ NULL });
	decision_steps(b, order);
	for (size_t i = 0; i < b->permit.nofficers; i++)
		if (b->h->report->signature[i].reaffirmed && !add_lost_key(b, &b->permit.officer[i], &b->h->report->signature[i], order, e))
			return false;
	return true;
}

/*
 * By what right the officers signed.
 */

static void
tells_step(struct bundle *b, enum check_step s, int64_t entry, const char *text)
{
	own_struct(buf) quoted = buf_new(1 << 12);
	char id[24];

	snprintf(id, sizeof(id), "%lld", (long long)entry);
	check_quote(&quoted, text);
	check_add(&b->check, s, (const char *const[]){ "id", id, "who", text, "quoted", buf_str(&quoted), NULL });
}

static bool
has_file(const struct bundle *b, const char *name)
{
	for (size_t i = 0; i < b->n; i++)
		if (strcmp(b->file[i].name, name) == 0)
			return true;
	return false;
}

/* Its entry, once; its record may be lost. */
static bool
add_appointment(struct bundle *b, const struct report_signature *s, struct err *e)
{
	own_struct(history_entry) x = { .index = -1 };
	own_str char *name = NULL;
	struct history_appointment by;

	if (!history_appointment(&by, b->h, s, e))
		return false;
	name = xprintf("log/%lld.entry", (long long)by.entry);
	if (by.entry < 0 || has_file(b, name))
		return true;
	if (!history_entry_read(&x, b->h, by.entry, e) || !add_entry(b, &x, e))
		return false;
	if (x.verb != NULL) {
		tells_step(b, CHECK_APPOINTED, by.entry, s->person);
		tells_step(b, CHECK_DECIDED, by.entry, by.decision);
	}
	return true;
}

static bool
add_appointments(struct bundle *b, struct err *e)
{
	for (size_t i = 0; i < b->permit.nofficers; i++)
		if (!add_appointment(b, &b->h->report->signature[i], e))
			return false;
	return true;
}

/*
 * The rest.
 */

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct bundle_file *)a)->name, ((const struct bundle_file *)b)->name);
}

/* The last but the sums: its sheet names all the others. */
static bool
add_story(struct bundle *b, struct err *e)
{
	own(json_t) *story = NULL;
	struct story_piece piece[FILES_MAX];
	size_t n;
	int64_t last;

	if (!store_int(b->h->stored->db, "SELECT time FROM log_head", NULL, 0, &last, e) || !story_tell(&story, b->h, day_in_vietnam(last), e))
		return false;
	story_text(new_file(b, "story.txt"), story);
	qsort(b->file, b->n, sizeof(b->file[0]), by_name);
	for (n = 0; n < b->n; n++)
		piece[n] = (struct story_piece){ b->file[n].name, buf_span(&b->file[n].body) };
	story_page(new_file(b, "story.html"), story, piece, n);
	return true;
}

/* The kind's file as it stands in the policy that the signatures name; another
 * policy's is not brought, as nobody signed under it. */
static bool
add_policy(struct bundle *b, const char *policy_folder, struct err *e)
{
	const struct policy *p = b->h->stored->policy;
	own_str char *path = xprintf("%s/kinds/%s.xml", policy_folder, b->h->kind);
	struct buf *files;
	char hash[2 * SHA256_LEN + 1];

	if (memcmp(b->permit.seal.policy_hash, p->hash, SHA256_LEN) != 0) {
		buf_put_str(&b->check, "\n# Chính sách hiện hành không còn là bản mà con dấu nêu, nên không có trong gói.\n");
		return true;
	}
	hex_text(hash, span_of(p->hash, SHA256_LEN));
	if (!file_read(new_file(b, "policy/%s.xml", b->h->kind), path, e))
		return false;
	files = new_file(b, "policy/files");
	for (size_t i = 0; i < p->nparts; i++) {
		hex_put(files, span_of(p->part[i].digest, SHA256_LEN));
		buf_printf(files, "  %s\n", p->part[i].name);
	}
	check_add(&b->check, CHECK_POLICY, (const char *const[]){ "id", "seal", "hash", hash, NULL });
	check_add(&b->check, CHECK_POLICY_HASH, (const char *const[]){ "hash", hash, NULL });
	check_add(&b->check, CHECK_POLICY_KIND, (const char *const[]){ "id", b->h->kind, NULL });
	return true;
}

static bool
add_sums(struct bundle *b, struct err *e)
{
	struct buf *sums = new_file(b, "SHA256SUMS");

	for (size_t i = 0; i + 1 < b->n; i++) {
		unsigned char digest[SHA256_LEN];

		if (!buf_ok(&b->file[i].body, b->file[i].name, e))
			return false;
		sha256(digest, buf_span(&b->file[i].body));
		hex_put(sums, span_of(digest, sizeof(digest)));
		buf_printf(sums, "  %s\n", b->file[i].name);
	}
	return buf_ok(sums, "SHA256SUMS", e);
}

static bool
add_copy(struct bundle *b, struct err *e)
{
	const struct history *h = b->h;

	if (h->reaffirmed.len == 0)
		return true;
	buf_put_span(new_file(b, "reaffirmed.xml"), buf_span(&h->reaffirmed));
	return permit_read(&b->again, buf_span(&h->reaffirmed), h->stored->policy, h->stored->grammars, e);
}

static bool
fill(struct bundle *b, const char *policy_folder, struct err *e)
{
	const struct history *h = b->h;

	buf_put_span(new_file(b, "permit.xml"), buf_span(&h->sealed));
	add_authority(b);
	root_step(b);
	if (!add_checkpoint(b, e) || !permit_read(&b->permit, buf_span(&h->sealed), h->stored->policy, h->stored->grammars, e) || !add_copy(b, e) ||
	    !add_signatures(b, e) || !add_reaffirmation(b, e))
		return false;
	for (size_t i = 0; i < h->n; i++)
		if ((h->at[i].order != NULL && !add_order(b, &h->at[i], e)) || !add_entry(b, &h->at[i], e))
			return false;
	if (!add_appointments(b, e) || !add_policy(b, policy_folder, e) || !buf_ok(&b->check, "CHECK.txt", e))
		return false;
	check_write(new_file(b, "CHECK.txt"), buf_span(&b->check));
	if (!add_story(b, e))
		return false;
	qsort(b->file, b->n, sizeof(b->file[0]), by_name);
	return add_sums(b, e);
}

bool
bundle_make(struct buf *zip, const struct history *h, const char *policy_folder, const struct log_policy *witnesses, struct err *e)
{
	own(bundle_t) *b = xalloc(sizeof(*b));
	struct archive_file file[FILES_MAX];

	if (h->sealed.len == 0)
		return fail(e, ERR_CONFLICT, "the permit %s was not issued: antin permit story tells what there is", h->hex);
	b->h = h;
	b->witnesses = witnesses;
	b->check = buf_new(CHECK_MAX);
	b->note = buf_new(2 * NOTE_MAX);
	if (!fill(b, policy_folder, e))
		return fail_in(e, "permit %s", h->hex);
	for (size_t i = 0; i < b->n; i++)
		file[i] = (struct archive_file){ b->file[i].name, buf_span(&b->file[i].body) };
	return archive_write(zip, file, b->n, e);
}
