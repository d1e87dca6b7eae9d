/*
 * What makes a signature last beyond its certificates (B-LT, permit_life.h): a
 * time stamp over it, of our own or of another authority (lt_outside.c), and of signer
 * and stamper the issuing certificate with its newest CRL, each once; the root's newest CRL.
 *
 * After a roll-over of the authority (ca/roll_over.h) officer, seal and stamp may
 * have certificates of different issuing keys.
 */
#include "signer/permit_life.h"

#include "base/clock.h"
#include "register/list_entry.h"
#include "signer/tsa_proto.h"
#include "verifier/crl.h"
#include "verifier/proved.h"
#include "verifier/tst.h"
#include "verifier/xades_write.h"

#include <stdio.h>

/* Until when a stamp proves something by itself, and by what (verifier/signature.h).
 * path: of another authority's; none of ours outlives its issuer. */
void
lt_note_proof(struct lt_evidence *v, const struct service *s, const struct tst *tst, const cert_list *path)
{
	v->until = asn1_time_secs(X509_get0_notAfter(tst->signer));
	v->by[0] = '\0';
	for (int i = 0; i + 1 < sk_X509_num(path); i++) {	/* but the anchor */
		int64_t end = asn1_time_secs(X509_get0_notAfter(sk_X509_value(path, i)));

		v->until = end < v->until ? end : v->until;
	}
	for (size_t i = 0; i < TST_ALGORITHMS; i++) {
		const struct algorithm *a = policy_algorithm(s->policy, tst->algorithm[i]);
		int64_t end = a == NULL ? INT64_MIN : day_start_vietnam(a->old_until);
		size_t len = strlen(v->by);

		v->until = end < v->until ? end : v->until;
		if (!word_in(v->by, tst->algorithm[i]))
			snprintf(v->by + len, sizeof(v->by) - len, "%s%s", len == 0 ? "" : " ", tst->algorithm[i]);
	}
}

static bool
get_stamp(struct lt_evidence *v, struct tst *tst, const struct service *s, const EVP_MD *md, struct span imprint, struct err *e)
{
	own_struct(msg) ask = msg_new(TSA_STAMP, TSA_MESSAGE_MAX);
	own_struct(msg) reply = msg_new(0, 1);
	own_struct(buf) request = buf_new(4096);

	tst_request(&request, md, imprint, SPAN_NONE);
	msg_put(&ask, buf_span(&request));
	if (!peer_call(s->tsa, &ask, &reply, e) || !tst_of_response(&v->stamp, msg_span(&reply, 0), e) ||
	    !tst_check(tst, buf_span(&v->stamp), md, imprint, NULL, e))
		return fail_in(e, "time stamp");
	lt_note_proof(v, s, tst, NULL);
	return true;
}

/*
 * CRLs that were the newest a moment ago, the root's and one of each generation: the
 * seals of an order read and check them a few times, not each for itself.
 */
#define FRESH_MS 1000
#define OF_ROOT 0

static struct { const struct reg *reg; int64_t until; struct buf der; } fresh[LT_MAX];
static pthread_mutex_t fresh_lock = PTHREAD_MUTEX_INITIALIZER;

static bool
fresh_get(struct buf *der, const struct service *s, int64_t generation)
{
	bool found;

	pthread_mutex_lock(&fresh_lock);
	found = generation < LT_MAX && fresh[generation].reg == s->reg && clock_mono_ms() < fresh[generation].until;
	if (found)
		buf_put_span(der, buf_span(&fresh[generation].der));
	pthread_mutex_unlock(&fresh_lock);
	return found;
}

/* asked: monotonic ms, before it was read. */
static void
fresh_put(const struct service *s, int64_t generation, int64_t asked, struct span der)
{
	if (generation >= LT_MAX)
		return;
	pthread_mutex_lock(&fresh_lock);
	buf_drop(&fresh[generation].der);
	fresh[generation].der = buf_new(16u << 20);
	buf_put_span(&fresh[generation].der, der);
	fresh[generation].reg = s->reg;
	fresh[generation].until = asked + FRESH_MS;
	pthread_mutex_unlock(&fresh_lock);
}

/* Generation 1 is the ceremony's, from a file; later ones are published by antin-ca,
 * and none is believed that is not the root's. */
static bool
get_issuing(struct buf *der, const struct service *s, int64_t generation, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("publish.last");
	own_struct(reg_rows) rows = { .left = 0 };
	own_str char *path = xprintf("ca/issuing-%d.crt", (int)generation);
	own(X509) *cert = NULL;
	struct reg_cell c[1];

	if (generation == 1) {
		cert_to_der(der, s->issuing);
		return buf_ok(der, "issuing certificate", e);
	}
	reg_text(&read, "path", path);
	if (!reg_one(s->reg, &read, &rows, c, 1, "issuing certificate of this generation", e) || !cert_from_der(&cert, c[0].s, e))
		return fail_in(e, "%s", path);
	if (!proved_cert(cert, s->root))
		return fail(e, ERR_BUG, "%s is not the root's", path);
	buf_put_span(der, c[0].s);
	return buf_ok(der, "issuing certificate", e);
}

bool
issuing_of(struct buf *der, const struct service *s, X509 *cert, struct err *e)
{
	for (int64_t generation = 1; generation < LT_MAX; generation++) {
		own_struct(buf) one = buf_new(64u << 10);
		own(X509) *issuing = NULL;

		if (!get_issuing(&one, s, generation, e) || !cert_from_der(&issuing, buf_span(&one), e))
			return fail_in(e, "the issuer of a certificate of ours");
		if (X509_check_issued(issuing, cert) == X509_V_OK) {
			buf_put_span(der, buf_span(&one));
			return buf_ok(der, "issuing certificate", e);
		}
	}
	return fail(e, ERR_LIMIT, "more than %d issuing keys", LT_MAX - 1);
}

static bool
get_crl(struct buf *der, const struct service *s, int64_t generation, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("crl.last");
	own_struct(reg_rows) rows = { .left = 0 };
	int64_t asked = clock_mono_ms();
	struct reg_cell c[5];

	if (fresh_get(der, s, generation))
		return buf_ok(der, "CRL", e);
	reg_int(&read, "shard", generation - 1);
	if (!reg_one(s->reg, &read, &rows, c, 5, "CRL", e))
		return false;
	if (c[2].null)
		return fail(e, ERR_LATER, "the newest CRL is not signed yet");
	buf_put_span(der, c[2].s);
	if (!buf_ok(der, "CRL", e))
		return false;
	fresh_put(s, generation, asked, c[2].s);
	return true;
}

bool
lt_add_cert(struct lt_evidence *v, struct span der, struct err *e)
{
	if (v->ncerts == LT_MAX)
		return fail(e, ERR_LIMIT, "more than %d certificates on the paths of one signature", LT_MAX);
	v->cert_der[v->ncerts] = buf_new(64u << 10);
	buf_put_span(&v->cert_der[v->ncerts], der);
	return buf_ok(&v->cert_der[v->ncerts++], "certificate", e);
}

bool
lt_add_crl(struct lt_evidence *v, struct span der, struct err *e)
{
	if (v->ncrls == LT_MAX)
		return fail(e, ERR_LIMIT, "more than %d CRLs on the paths of one signature", LT_MAX);
	v->crl_der[v->ncrls] = buf_new(16u << 20);
	buf_put_span(&v->crl_der[v->ncrls], der);
	return buf_ok(&v->crl_der[v->ncrls++], "CRL", e);
}

/* The newest that is published (ca/root_crl.h); before any is, that of the file.  None is
 * believed that is not the root's. */
static bool
get_root_crl(struct buf *der, const struct service *s, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("publish.last");
	own_struct(reg_rows) rows = { .left = 0 };
	own(X509_CRL) *crl = NULL;
	int64_t asked = clock_mono_ms();
	struct crl_facts facts;
	struct reg_cell c[1];
	bool published;

	if (fresh_get(der, s, OF_ROOT))
		return buf_ok(der, "the root's CRL", e);
	reg_text(&read, "path", ROOT_CRL_PATH);
	if (!reg_read(s->reg, &read, &rows, e) || !reg_next(&rows, c, 1, &published, e))
		return false;
	if (published && (!crl_from_any(&crl, c[0].s, e) || !crl_check(&facts, crl, s->root, e)))
		return fail_in(e, ROOT_CRL_PATH);
	buf_put_span(der, published ? c[0].s : buf_span(&s->root_crl));
	if (!buf_ok(der, "the root's CRL", e))
		return false;
	fresh_put(s, OF_ROOT, asked, buf_span(der));
	return true;
}

static bool
add_issuer(struct lt_evidence *v, const struct service *s, int64_t generation, struct err *e)
{
	own_struct(buf) issuing = buf_new(64u << 10);
	own_struct(buf) crl = buf_new(16u << 20);

	return get_issuing(&issuing, s, generation, e) && get_crl(&crl, s, generation, e) &&
	    lt_add_cert(v, buf_span(&issuing), e) && lt_add_crl(v, buf_span(&crl), e);
}

/* Is the last certificate that was added its issuer? */
static bool
issuer_is_there(const struct lt_evidence *v, X509 *cert)
{
	X509 *issuer = NULL;
	struct err ignored;
	bool is = v->ncerts > 0 && cert_shared(&issuer, buf_span(&v->cert_der[v->ncerts - 1]), &ignored) &&
	    X509_check_issued(issuer, cert) == X509_V_OK && proved_cert(cert, issuer);

	X509_free(issuer);
	return is;
}

/* The stamper's certificate is one of this register's, or its chain came along. */
static bool
add_stampers(struct lt_evidence *v, const struct service *s, const struct tst *tst, int64_t generation, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("cert.by_serial");
	own_struct(reg_rows) rows = { .left = 0 };
	const ASN1_INTEGER *serial = X509_get0_serialNumber(tst->signer);
	struct reg_cell c[15];
	bool more;

	if (issuer_is_there(v, tst->signer))
		return true;
	reg_bytes(&read, "serial", span_of(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial)));
	return reg_read(s->reg, &read, &rows, e) && reg_next(&rows, c, 15, &more, e) &&
	    (!more || c[14].i == generation || add_issuer(v, s, c[14].i, e));
}

/* A stamp of our own. */
static bool
lt_own(struct lt_evidence *v, const struct service *s, const struct lt_wish *w, struct err *e)
{
	struct tst tst = { .time = 0 };
	unsigned char imprint[SHA256_LEN];
	bool good;

	xades_imprint(imprint, w->value);
	good = get_stamp(v, &tst, s, EVP_sha256(), span_of(imprint, sizeof(imprint)), e) && add_issuer(v, s, w->generation, e) && add_stampers(v, s, &tst, w->generation, e);

	tst_drop(&tst);
	return good;
}

/* With the root's newest CRL, and its spans. */
static bool
give(struct lt_evidence *out, struct lt_evidence *v, const struct service *s, struct err *e)
{
	own_struct(buf) root_crl = buf_new(1 << 20);

	if (!get_root_crl(&root_crl, s, e) || !lt_add_crl(v, buf_span(&root_crl), e))
		return false;
	*out = *v;
	*v = (struct lt_evidence){ .ncerts = 0 };
	for (size_t i = 0; i < LT_MAX; i++) {
		out->cert[i] = buf_span(&out->cert_der[i]);
		out->crl[i] = buf_span(&out->crl_der[i]);
	}
	return true;
}

bool
lt_evidence_get(struct lt_evidence *out, const struct service *s, const struct lt_wish *w, struct err *e)
{
	own_struct(lt_evidence) v = { .stamp = buf_new(TST_MAX) };
	bool good = lt_is_outside(s, w->kind) ? lt_outside(&v, s, w, e) && add_issuer(&v, s, w->generation, e) : lt_own(&v, s, w, e);

	return good && give(out, &v, s, e);
}

/* Every generation: the stamps before this one must be shown not to be revoked now, by
 * whichever key their certificates are signed. */
static bool
add_generations(struct lt_evidence *v, const struct service *s, struct err *e)
{
	for (int64_t generation = 1; generation <= LT_MAX; generation++) {
		own_struct(buf) issuing = buf_new(64u << 10);

		if (!get_issuing(&issuing, s, generation, e))
			return generation > 1 && e->class == ERR_ABSENT;
		if (generation == LT_MAX)
			return fail(e, ERR_LIMIT, "more than %d issuing keys", LT_MAX - 1);
		if (!add_issuer(v, s, generation, e))
			return false;
	}
	return true;
}

bool
lt_today(struct lt_evidence *out, const struct service *s, struct err *e)
{
	own_struct(lt_evidence) v = { .ncerts = 0 };

	return add_generations(&v, s, e) && give(out, &v, s, e);
}

bool
lt_archive_get(struct lt_evidence *out, const struct service *s, const EVP_MD *md, struct span imprint, struct err *e)
{
	own_struct(lt_evidence) v = { .stamp = buf_new(TST_MAX) };
	struct tst tst = { .time = 0 };
	bool good = get_stamp(&v, &tst, s, md, imprint, e) && add_generations(&v, s, e);

	tst_drop(&tst);
	return good && give(out, &v, s, e);
}

void
lt_evidence_drop(struct lt_evidence *v)
{
	buf_drop(&v->stamp);
	for (size_t i = 0; i < LT_MAX; i++) {
		buf_drop(&v->cert_der[i]);
		buf_drop(&v->crl_der[i]);
	}
}
