#include "api/cli/bundle.h"

#include "api/cli/permit_check.h"
#include "verifier/crl.h"
#include "verifier/stamper.h"

#include <stdio.h>

/*
 * Certificates and CRLs.
 */

void
bundle_put_crl(struct buf *out, const X509_CRL *crl)
{
	own(BIO) *mem = BIO_new(BIO_s_mem());
	char *text;
	long n;

	promise(mem != NULL && PEM_write_bio_X509_CRL(mem, (X509_CRL *)crl) == 1);
	n = BIO_get_mem_data(mem, &text);
	buf_put(out, text, (size_t)n);
}

/* A CRL that is a little younger than what it is asked about is asked as of its own time. */
void
bundle_as_of(int64_t *at, const X509_CRL *crl)
{
	int64_t t = asn1_time_secs(X509_CRL_get0_lastUpdate(crl));

	if (t > *at)
		*at = t;
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

void
bundle_authority(struct bundle *b)
{
	const struct evidence *v = b->h->stored->evidence;
	char hash[2 * SHA256_LEN + 1];
	struct buf *issuing;

	b->root = sk_X509_value(v->anchors, 0);
	cert_to_pem(bundle_add(b, "certificates/root.pem"), b->root);
	issuing = bundle_add(b, "certificates/issuing.pem");
	for (int i = 0; i < sk_X509_num(v->bag); i++)
		cert_to_pem(issuing, sk_X509_value(v->bag, i));
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

void
bundle_gmt(char out[TIME_TEXT], int64_t t)
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
	cert_list_to_pem(bundle_add(b, "certificates/%s.pem", f->root), a->anchor);
	between = bundle_add(b, "certificates/%s.pem", f->issuing);
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
	bundle_gmt(gmt, at);
	bundle_gmt(when, stamped);
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
	octets = bundle_add(b, "stamps/%s.octets", x->id);
	if (!put_stamped(octets, x, md, e) || !xades_stamp_imprint(imprint, x, md, e) ||
	    !tst_check(&t, token, md, span_of(imprint, (size_t)EVP_MD_get_size(md)), x->bag, e))
		return fail_in(e, "%s", x->id);
	buf_put_span(bundle_add(b, "stamps/%s.tst", x->id), token);
	issuer = evidence_issuer(b->h->stored->evidence, x->bag, signer);
	if (issuer == NULL)
		return fail(e, ERR_ABSENT, "%s: the register publishes no certificate of its issuer", x->id);
	cert_to_pem(bundle_add(b, "certificates/%s.pem", x->id), signer);
	cert_to_pem(bundle_add(b, "certificates/%s-issuer.pem", x->id), issuer);
	cert_to_pem(bundle_add(b, "certificates/%s-stamp.pem", x->id), t.signer);
	crls = bundle_add(b, "crls/%s.pem", x->id);
	at = t.time;
	for (int i = 0; i < sk_X509_CRL_num(x->crls); i++) {
		bundle_put_crl(crls, sk_X509_CRL_value(x->crls, i));
		bundle_as_of(&at, sk_X509_CRL_value(x->crls, i));
	}
	add_stamp_files(b, &f, x, &t);
	signature_steps(b, x, s, &f, at, t.time);
	return true;
}

bool
bundle_signatures(struct bundle *b, struct err *e)
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
