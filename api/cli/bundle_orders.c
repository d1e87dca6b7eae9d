#include "api/cli/bundle.h"

#include "api/cli/permit_check.h"
#include "base/text.h"
#include "verifier/crl.h"

#include <stdio.h>

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
bundle_crl_before(X509_CRL **out, const struct bundle *b, int64_t entry, X509 *cert, struct err *e)
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

	if (!bundle_crl_before(&crl, b, x->index, x->order->signer, e))
		return false;
	bundle_put_crl(bundle_add(b, "crls/order-%lld.pem", (long long)x->index), crl);
	bundle_as_of(at, crl);
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
	cert_to_pem(bundle_add(b, "certificates/order-%s-issuer.pem", id), issuer);
	bundle_put_crl(bundle_add(b, "crls/order-%s-issuer.pem", id), best);
	bundle_as_of(at, best);
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

bool
bundle_order(struct bundle *b, const struct history_entry *x, struct err *e)
{
	const struct history_order *o = x->order;
	int64_t then = x->entry.time, newest = INT64_MIN;
	char id[24];

	if (o->signer == NULL)
		return fail(e, ERR_ABSENT, "the certificate of who signed the order of entry %lld is not kept here", (long long)x->index);
	snprintf(id, sizeof(id), "%lld", (long long)x->index);
	buf_put_span(bundle_add(b, "orders/%s.cms", id), buf_span(&o->cms));
	buf_put_span(bundle_add(b, "orders/%s.json", id), buf_span(&o->text));
	cert_to_pem(bundle_add(b, "certificates/order-%s.pem", id), o->signer);
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

	if (!bundle_crl_before(&crl, b, order->index, signer, e))
		return false;
	crl_lookup(&r, crl, X509_get0_serialNumber(signer));
	if (r.state != CERT_REVOKED || r.reason != CRL_REASON_KEY_COMPROMISE || r.invalidity == INT64_MIN)
		return fail(e, ERR_ABSENT, "%s: the CRL before the order of entry %lld tells of no lost key", x->id, (long long)order->index);
	bundle_put_crl(bundle_add(b, "crls/%s-lost.pem", x->id), crl);
	bundle_gmt(revoked, r.date);
	bundle_gmt(lost, r.invalidity);
	date_text_people(decided, b->again.decided);
	for (enum check_step step = CHECK_LOST_CRL; step <= CHECK_STANDS; step++)
		check_add(&b->check, step, (const char *const[]){ "id", x->id, "who", s->signer, "revoked", revoked, "lost", lost, "decision", b->again.decision,
		    "decided", decided, NULL });
	return true;
}

bool
bundle_reaffirmation(struct bundle *b, struct err *e)
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
