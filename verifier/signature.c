#include "verifier/signature.h"

#include "base/clock.h"
#include "base/text.h"
#include "verifier/path.h"
#include "verifier/stamper.h"
#include "verifier/tst.h"
#include "verifier/used.h"

#include <stdio.h>

void
signature_failed(struct judged *j, enum verdict verdict, enum sub_indication sub, const char *detail)
{
	j->out->verdict = verdict;
	j->out->sub = sub;
	j->stopped = true;
	reason_sub(&j->out->reasons, sub, detail);
}

/* Borrowed members; freed with sk_X509_free alone.  A path takes the first that
 * fits: what we were given comes before what a document brings, so that nobody
 * spoils a path by adding to a document. */
static cert_list *
gather(const cert_list *a, const cert_list *b, const cert_list *c)
{
	cert_list *all = sk_X509_new_null();

	promise(all != NULL);
	cert_list_borrow(all, a);
	cert_list_borrow(all, b);
	cert_list_borrow(all, c);
	return all;
}

static void
find_path(struct path_result *out, X509 *leaf, bool any_strength, int64_t when, cert_list *bag, const struct judge_question *q)
{
	const struct path_request r = { .leaf = leaf, .anchors = q->evidence->anchors, .bag = bag, .at = when, .purpose = "any", .any_strength = any_strength };
	struct err e;

	promise(path_judge(out, &r, &e));
}

/*
 * Services: who may give time, who may sign lists.
 */

static bool
service_fails(const struct service_use *use, enum sub_indication sub)
{
	if (use->sub != NULL)
		*use->sub = sub;
	return false;
}

/* When the key's acts stopped to count: the revocation, or earlier the day from
 * which the key is said to have been out of hand. */
static int64_t
revoked_from(const struct revocation *r)
{
	return r->invalidity != INT64_MIN && r->invalidity < r->date ? r->invalidity : r->date;
}

/* RFC 3161 4: after these a token made before stays good; after others nothing by
 * the key can be believed but what is known to be older. */
static bool
leaves_good(const struct revocation *r, const struct service_use *use)
{
	int64_t from = revoked_from(r);

	return use->known < from || (use->when < from && (r->reason == CRL_REASON_AFFILIATION_CHANGED || r->reason == CRL_REASON_SUPERSEDED ||
	    r->reason == CRL_REASON_CESSATION_OF_OPERATION || r->reason == CRL_REASON_CERTIFICATE_HOLD));
}

/* A list over a short digest saves nobody: it may be another thing that the CA signed.  As of the
 * certificates of a path (path.c), 112 bits whatever policy says of the day. */
static bool
list_sound(const struct revocation *r)
{
	const char *digest = r->by == NULL ? NULL : crl_digest_id(r->by);
	const EVP_MD *md = digest == NULL ? NULL : EVP_get_digestbyname(digest);

	return digest == NULL || (md != NULL && EVP_MD_get_size(md) * 8 / 2 >= 112);
}

/* What a CRL says that was not over at `at`. */
static bool
not_revoked_at(const struct path_result *path, int64_t at, const struct service_use *use, const crl_list *crls, const struct judge_question *q, struct err *e)
{
	for (int i = 0; i + 1 < sk_X509_num(path->chain); i++) {
		struct revocation r;
		int64_t as_of;

		evidence_status(&r, &as_of, q->evidence, crls, sk_X509_value(path->chain, i), sk_X509_value(path->chain, i + 1), at);
		if (r.state == CERT_UNKNOWN && !q->insecure_no_revocation)
			return fail(e, ERR_LATER, "it is not known whether its certificate was revoked then"), service_fails(use, SUB_TRY_LATER);
		if (r.state == CERT_REVOKED && (r.due < at || !leaves_good(&r, use)))	/* a list that was over saves none */
			return fail(e, ERR_POLICY, "its certificate was revoked"), service_fails(use, i == 0 ? SUB_REVOKED_NO_POE : SUB_REVOKED_CA_NO_POE);
		if (!list_sound(&r) && !q->insecure_no_revocation)
			return fail(e, ERR_POLICY, "the list of revocations that has it is signed over too short a digest"), service_fails(use, SUB_CRYPTO_CONSTRAINTS_FAILURE_NO_POE);
	}
	return true;
}

/* Where something newer shows that it was there, also as of that time: a CRL from before
 * a revocation does not speak for it, and one from after the certificate's end need not
 * list it any more. */
static bool
service_not_revoked(const struct path_result *path, const struct service_use *use, const crl_list *crls, const struct judge_question *q, struct err *e)
{
	return not_revoked_at(path, use->when, use, crls, q, e) &&
	    (use->known >= q->at || use->known <= use->when || not_revoked_at(path, use->known, use, crls, q, e));
}

static bool
service_not_expired(const struct path_result *path, const struct service_use *use, struct err *e)
{
	for (int i = 0; i + 1 < sk_X509_num(path->chain); i++)
		if (asn1_time_secs(X509_get0_notAfter(sk_X509_value(path->chain, i))) < use->known)
			return fail(e, ERR_POLICY, "its certificate has expired, and nothing shows that it existed before"), service_fails(use, SUB_OUT_OF_BOUNDS_NO_POE);
	return true;
}

bool
service_trusted(X509 *cert, const struct service_use *use, const cert_list *bag, const crl_list *crls, const struct judge_question *q, struct err *e)
{
	cert_list *all = gather(q->evidence->bag, bag, NULL);
	const struct profile *p = policy_profile(q->policy, use->profile);
	struct path_result path;
	bool good;

	find_path(&path, cert, false, use->when, all, q);
	good = p != NULL && path.verdict == VERDICT_PASSED;
	if (!good) {
		fail(e, ERR_POLICY, "its certificate: %.150s", path.reason);
		service_fails(use, path.sub);
	} else if (!cert_fits_profile(cert, p, e)) {
		good = service_fails(use, SUB_CHAIN_CONSTRAINTS_FAILURE);
	}
	good = good && service_not_revoked(&path, use, crls, q, e) && service_not_expired(&path, use, e);
	path_result_drop(&path);
	sk_X509_free(all);
	return good;
}

/*
 * First step: identification, integrity.
 */

void
signature_facts(struct report_signature *o, const struct cert_facts *f)
{
	char *const shown[] = { o->signer, o->title, o->person, o->organisation, o->agency, o->issuer };

	snprintf(o->signer, sizeof(o->signer), "%s", f->name);
	snprintf(o->title, sizeof(o->title), "%s", f->title);
	snprintf(o->person, sizeof(o->person), "%s", f->person);
	snprintf(o->organisation, sizeof(o->organisation), "%s", f->organisation);
	snprintf(o->agency, sizeof(o->agency), "%s", f->agency);
	snprintf(o->issuer, sizeof(o->issuer), "%s", f->issuer);
	snprintf(o->serial, sizeof(o->serial), "%s", f->serial);
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		text_show(shown[i]);	/* anybody's certificate: a name with a line feed would write lines of the report */
	o->not_before = f->not_before;
	o->not_after = f->not_after;
}

/* A signer that cannot be found is no proof of tampering; digests that do not
 * hold are. */
static void
not_found(struct judged *j)
{
	struct err why;
	enum sub_indication sub = xades_check_digests(j->x, &why);

	if (sub != SUB_NONE)
		signature_failed(j, VERDICT_FAILED, sub, why.text);
	else
		signature_failed(j, VERDICT_INDETERMINATE, SUB_NO_SIGNING_CERTIFICATE_FOUND, NULL);
}

static void
take_parts(struct judged *j)
{
	const struct xades *x = j->x;
	struct signature_parts *p = &j->parts;

	*p = (struct signature_parts){ .bag = x->bag, .crls = x->crls, .stamp = x->stamp, .nstamps = x->nstamps, .used = { x->method, x->signer_digest.alg }, .nused = 2 };
	for (size_t i = 0; i < x->nrefs; i++)
		p->used[p->nused++] = x->ref[i].digest.alg;
}

void
signature_begin(struct judged *j, const struct judge_question *q)
{
	struct report_signature *o = j->out;
	struct cert_facts facts;
	struct err why = { ERR_NONE, "" };
	enum sub_indication sub;

	*o = (struct report_signature)REPORT_SIGNATURE_NONE;
	o->claimed = j->x->claimed;
	o->archives = j->x->narchives;
	snprintf(o->id, sizeof(o->id), "%s", j->x->id);
	j->signer = xades_signer_certificate(j->x, q->evidence->bag);
	if (j->signer == NULL)
		return not_found(j);
	if (!cert_facts_read(&facts, j->signer, &why))
		return signature_failed(j, VERDICT_FAILED, SUB_FORMAT_FAILURE, why.text);
	signature_facts(o, &facts);
	if (j->x->title[0] != '\0')
		snprintf(o->title, sizeof(o->title), "%s", j->x->title);
	snprintf(o->mode, sizeof(o->mode), "%s", j->x->mode);
	sub = xades_verify(j->x, j->signer, &why);
	if (sub != SUB_NONE)
		return signature_failed(j, VERDICT_FAILED, sub, why.text);
	o->integrity = true;
	take_parts(j);
	if (j->x->method->remark != NULL && j->x->method->remark[0] != '\0')
		reason_add(&o->reasons, SAID_OLD_ALGORITHM, NULL);
}

/*
 * Second step: time stamps.
 */

/* archive: its place among the archive time stamps; -1: a time stamp of the signature alone,
 * which covers, of a foreign document, these octets. */
struct stamp { struct span token; int archive; struct span covers; };

static bool
imprint_of(unsigned char out[EVP_MAX_MD_SIZE], const struct judged *j, const struct stamp *s, const EVP_MD *md, struct err *e)
{
	const struct xades *x = j->x;

	if (x == NULL)
		return EVP_Digest(s->covers.ptr, s->covers.len, out, NULL, md, NULL) == 1 || fail_ossl(e, ERR_BUG, "cannot hash");
	return s->archive < 0 ? xades_stamp_imprint(out, x, md, e) : xades_archive_imprint(out, x, (size_t)s->archive, md, e);
}

static bool
open_stamp(struct tst *out, const struct judged *j, const struct stamp *s, const EVP_MD *md, const cert_list *bag, struct err *e)
{
	unsigned char imprint[EVP_MAX_MD_SIZE];

	return imprint_of(imprint, j, s, md, e) &&
	    tst_check(out, s->token, md, span_of(imprint, (size_t)EVP_MD_get_size(md)), bag, e);
}

/* Nearly all stamps are over SHA-256, and opening one is costly: the others are
 * asked for their digest only when that fails. */
static bool
open_any_stamp(struct tst *out, const struct judged *j, const struct stamp *s, const cert_list *bag, struct err *e)
{
	const EVP_MD *md;

	if (s->archive < 0 && open_stamp(out, j, s, EVP_sha256(), bag, e))
		return true;
	md = tst_digest(s->token);
	if (md == NULL)
		return fail(e, ERR_INPUT, "not a time stamp over SHA-256, SHA-384 or SHA-512");
	return (s->archive >= 0 || !EVP_MD_is_a(md, "SHA256")) && open_stamp(out, j, s, md, bag, e);
}

/* By one of ours, or by another authority that policy names.  known: since when the stamp
 * is known to be there. */
static bool
stamp_trusted(const struct tst *t, int64_t known, const cert_list *bag, const crl_list *crls, const struct judge_question *q, enum sub_indication *sub, struct err *e)
{
	const struct service_use use = { .profile = "tsa", .when = t->time, .known = known, .sub = sub };
	const struct time_authority *a = stamper_authority(q->policy, t, bag);
	struct path_result path;
	bool good;

	if (a == NULL)
		return service_trusted(t->signer, &use, bag, crls, q, e);
	good = stamper_path(&path, a, t, bag, e) || service_fails(&use, path.verdict != VERDICT_PASSED ? path.sub : SUB_CHAIN_CONSTRAINTS_FAILURE);
	good = good && service_not_revoked(&path, &use, crls, q, e) && service_not_expired(&path, &use, e);
	path_result_drop(&path);
	return good;
}

/* Accepted when it was made, and good still when it is known to have existed. */
static bool
stamp_algorithms(const struct tst *t, int64_t known, const struct judge_question *q, struct err *e)
{
	for (size_t i = 0; i < TST_ALGORITHMS; i++) {
		const struct algorithm *a = policy_algorithm(q->policy, t->algorithm[i]);

		if (a == NULL)
			return fail(e, ERR_POLICY, "policy has no row for %s", t->algorithm[i]);
		if (day_in_vietnam(t->time) > a->new_until)
			return fail(e, ERR_POLICY, "%s was not accepted any more when it was made", a->id);
		if (day_in_vietnam(known) > a->old_until)
			return fail(e, ERR_POLICY, "%s is not relied on any more, and nothing shows that it existed before", a->id);
	}
	return true;
}

bool
stamp_counts(const struct tst *t, int64_t known, const cert_list *bag, const crl_list *crls, const struct judge_question *q, enum sub_indication *sub, struct err *e)
{
	*sub = SUB_CRYPTO_CONSTRAINTS_FAILURE_NO_POE;
	return stamp_algorithms(t, known, q, e) && stamp_trusted(t, known, bag, crls, q, sub, e);
}

static bool
stamp_time(int64_t *out, const struct judged *j, const struct stamp *s, const struct judge_question *q, struct err *e)
{
	cert_list *bag = gather(q->evidence->bag, j->parts.bag, NULL), *all;
	struct tst t = { 0 };
	enum sub_indication sub;
	bool good = open_any_stamp(&t, j, s, bag, e);

	if (good) {
		all = gather(bag, t.bag, NULL);
		good = stamp_counts(&t, j->known, all, j->parts.crls, q, &sub, e);
		sk_X509_free(all);
	}
	*out = good ? t.time : INT64_MAX;
	tst_drop(&t);
	sk_X509_free(bag);
	return good;
}

static void
proves_nothing(struct judged *j, const struct stamp *s, const struct err *why)
{
	reason_add(&j->out->reasons, SAID_STAMP_PROVES_NOTHING, s->archive < 0 ? "A" : "An archive", why->text, NULL);
}

void
signature_proven(struct judged *j, int64_t when, enum proof proof)
{
	if (when >= j->out->proven)
		return;
	j->out->proven = when;
	j->out->proof = proof;
}

/* EN 319 102-1 5.5.4 4)e): time stamps in the order in which they cover each other. */
static void
take_order(struct judged *j, int64_t when)
{
	j->disordered |= when > j->covering;
}

/* From the newest: each shows that the ones before it existed. */
static void
take_archives(struct judged *j, const struct judge_question *q)
{
	for (size_t i = j->x == NULL ? 0 : j->x->narchives; i > 0; i--) {
		const struct stamp s = { buf_span(&j->x->archive[i - 1].stamp), (int)i - 1, SPAN_NONE };
		struct err e = { ERR_NONE, "" };
		int64_t when;

		if (!stamp_time(&when, j, &s, q, &e)) {
			proves_nothing(j, &s, &e);
			continue;
		}
		if (i == j->x->narchives)
			j->out->archived = when;
		take_order(j, when);
		if (when < j->covering)
			j->covering = when;
		if (when < j->known)
			j->known = when;
		signature_proven(j, when, PROOF_STAMP);
	}
}

void
signature_stamps(struct judged *j, int64_t known, const struct judge_question *q)
{
	j->known = known;
	j->covering = INT64_MAX;
	if (j->stopped)
		return;
	take_archives(j, q);
	for (size_t i = 0; i < j->parts.nstamps; i++) {
		const struct signature_parts *p = &j->parts;
		const struct stamp s = { buf_span(&p->stamp[i]), -1, p->covers != NULL ? buf_span(&p->covers[i]) : p->value };
		struct err e = { ERR_NONE, "" };
		int64_t when;

		if (!stamp_time(&when, j, &s, q, &e)) {
			proves_nothing(j, &s, &e);
			continue;
		}
		take_order(j, when);
		signature_proven(j, when, PROOF_STAMP);
	}
}

/*
 * Third step.
 */

/* One tier from the leaf up to, not including, the anchor; a foreign document may have none. */
static bool
judge_tier(struct judged *j, const struct path_result *path, const struct judge_question *q)
{
	const struct tier *t = cert_tier(j->signer, q->policy);

	for (int i = 1; t != NULL && i + 1 < sk_X509_num(path->chain); i++)
		if (cert_tier(sk_X509_value(path->chain, i), q->policy) != t)
			t = NULL;
	j->out->tier = q->under != NULL ? q->under : t;
	if (t == NULL && j->x != NULL)
		signature_failed(j, VERDICT_INDETERMINATE, SUB_CHAIN_CONSTRAINTS_FAILURE, "the certificates do not name one trust tier of ours");
	return t != NULL || j->x == NULL;
}

/* EN 319 102-1 5.1.3, table 6, TRY_LATER: when an answer may be had. */
static void
say_due(struct judged *j, int64_t due)
{
	char text[TIME_TEXT];

	if (due == INT64_MIN)
		return;
	time_text_vn(text, due);
	reason_add(&j->out->reasons, SAID_LIST_LASTS, text, NULL);
}

/* EN 319 102-1 5.2.6.4 4)c), 5.5.4 7): a hold is a question that a later CRL answers. */
static bool
judge_held(struct judged *j, const struct revocation *r, int64_t best)
{
	own_str char *en = NULL;
	char text[TIME_TEXT];

	if (best < r->date)
		return true;
	time_text_vn(text, r->date);
	en = xprintf("the signer's certificate is suspended since %s", text);
	signature_failed(j, VERDICT_INDETERMINATE, SUB_TRY_LATER, en);
	reason_add(&j->out->reasons, SAID_HELD, text, NULL);
	say_due(j, r->due);
	return false;
}

static void
revoked_leaf(struct judged *j, int64_t from)
{
	char text[TIME_TEXT];

	time_text_vn(text, from);
	if (j->out->claimed >= from)
		signature_failed(j, VERDICT_FAILED, SUB_REVOKED, text);
	else
		signature_failed(j, VERDICT_INDETERMINATE, SUB_REVOKED_NO_POE, text);
}

void
signature_window(struct judged *j)
{
	if (j->in_window)
		revoked_leaf(j, j->lost);
}

/* Proven to be there, and claimed, when nobody had revoked the certificate yet, from which
 * the key is said now to have been in other hands. */
static bool
fell_in_window(const struct judged *j, const struct revocation *r, int64_t best)
{
	return r->reason == CRL_REASON_KEY_COMPROMISE && j->out->proof != PROOF_NONE && best < r->date && j->out->claimed < r->date;
}

static bool
judge_revoked(struct judged *j, const struct revocation *r, bool leaf, int64_t best)
{
	int64_t from = revoked_from(r);
	char text[TIME_TEXT];

	if (leaf && r->reason == CRL_REASON_CERTIFICATE_HOLD)
		return judge_held(j, r, best);
	if (leaf)
		j->out->revoked = from;
	if (best < from)
		return true;
	if (leaf && fell_in_window(j, r, best)) {
		j->in_window = true;
		j->lost = from;
		j->revoked = r->date;
		return true;
	}
	if (leaf)
		return revoked_leaf(j, from), false;
	time_text_vn(text, from);
	signature_failed(j, VERDICT_INDETERMINATE, SUB_REVOKED_CA_NO_POE, text);
	return false;
}

/* EN 319 102-1 5.2.6.4 8), 5.6.2.4.4 1): whoever has the key of an authority that has ended can
 * make lists of any day.  That a certificate was not revoked then is believed of those alone that
 * came along and are known to be older than that end.  Not asked of permits: who renews them does
 * not count yet when the authorities of seal and officer end (signer/lt_evidence.c). */
static bool
list_stands(const struct judged *j, X509 *cert, X509 *issuer, int64_t best, const struct judge_question *q)
{
	int64_t end = asn1_time_secs(X509_get0_notAfter(issuer)), as_of;
	const struct evidence none = { 0 };
	struct revocation own;

	if (q->at <= end || j->x != NULL)
		return true;
	evidence_status(&own, &as_of, &none, j->parts.crls, cert, issuer, best);
	return j->known <= end && (own.state == CERT_GOOD || (own.state == CERT_REVOKED && best < revoked_from(&own)));
}

/* EN 319 102-1 5.2.6.4 4), 8).  Of a path whose leaf is over (7) the lists can only say worse. */
static bool
judge_revocation(struct judged *j, const struct path_result *path, int64_t best, const struct judge_question *q)
{
	bool must = path->verdict == VERDICT_PASSED && !q->insecure_no_revocation;
	int last = sk_X509_num(path->chain) - 1;

	for (int i = 0; i < last; i++) {
		X509 *cert = sk_X509_value(path->chain, i), *issuer = sk_X509_value(path->chain, i + 1);
		struct revocation r;
		int64_t as_of;

		evidence_status(&r, &as_of, q->evidence, j->parts.crls, cert, issuer, best);
		if (q->used)
			used_status(j->out->used, cert, &r, as_of);
		if (r.state == CERT_REVOKED && !judge_revoked(j, &r, i == 0, best))
			return false;
		if (must && r.state == CERT_UNKNOWN) {
			signature_failed(j, VERDICT_INDETERMINATE, SUB_TRY_LATER, "no revocation data that covers the time is at hand");
			return say_due(j, r.due), false;
		}
		if (must && !list_sound(&r))
			return signature_failed(j, VERDICT_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE_NO_POE, "a list of revocations"), false;
		if (must && i == 0 && i + 1 < last && !list_stands(j, cert, issuer, best, q))
			return signature_failed(j, VERDICT_INDETERMINATE, SUB_REVOCATION_OUT_OF_BOUNDS_NO_POE, NULL), false;
	}
	return true;
}

static bool
judge_path(struct judged *j, struct path_result *path, int64_t best, const struct judge_question *q)
{
	cert_list *bag = gather(q->evidence->bag, j->parts.bag, NULL);
	bool proven = j->out->proof != PROOF_NONE;

	find_path(path, j->signer, j->x == NULL, best, bag, q);
	sk_X509_free(bag);
	if (q->used)
		j->out->used = used_path(path);
	if (path->verdict == VERDICT_PASSED)
		return true;
	if (path->sub == SUB_OUT_OF_BOUNDS_NO_POE && proven && best < j->out->not_before)
		signature_failed(j, VERDICT_FAILED, SUB_NOT_YET_VALID, path->reason);
	else if (path->sub != SUB_OUT_OF_BOUNDS_NO_POE)
		signature_failed(j, path->verdict, path->sub, path->reason);
	else if (judge_revocation(j, path, best, q))
		signature_failed(j, path->verdict, j->out->revoked == INT64_MAX ? path->sub : SUB_OUT_OF_BOUNDS_NOT_REVOKED, path->reason);
	return false;
}

/* a NULL: policy has no row for it. */
static bool
judge_algorithm(struct judged *j, const struct algorithm *a, const char *what, int64_t best)
{
	if (a == NULL || day_in_vietnam(j->known) > a->old_until)
		return signature_failed(j, VERDICT_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE, a == NULL ? what : a->id), false;
	if (day_in_vietnam(best) > a->new_until)
		return signature_failed(j, VERDICT_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE_NO_POE, a->id), false;
	return true;
}

static bool
judge_algorithms(struct judged *j, int64_t best)
{
	const struct signature_parts *p = &j->parts;

	for (size_t i = 0; i < p->nused; i++)
		if (!judge_algorithm(j, p->used[i], NULL, best))
			return false;
	return true;
}

/* The key that a certificate is for. */
static bool
judge_key(struct judged *j, const EVP_PKEY *key, int64_t best, const struct judge_question *q)
{
	const struct algorithm *dated;
	bool of_its_time = key != NULL && cert_key_strong(&dated, key, q->policy);

	return of_its_time && dated == NULL ? true : judge_algorithm(j, of_its_time ? dated : NULL, "a key on the path is too short or of another kind", best);
}

static bool
judge_digest(struct judged *j, const char *digest, int64_t when, const struct judge_question *q)
{
	return digest == NULL || judge_algorithm(j, policy_algorithm(q->policy, digest), "a certificate on the path, or a list, is signed over another digest", when);
}

/* EN 319 102-1 5.2.6.4 6), 5.5.4 10): of a foreign document, whose path was found whatever it is
 * made by, certificates and lists by their dates.  What proves the signature proves its signer's
 * certificate, which it names by a digest (5.6.2.3.4 4)b)), and nothing else: the others are known
 * to be there since today.  The anchor is taken as given. */
static bool
judge_path_algorithms(struct judged *j, const struct path_result *path, int64_t best, const struct judge_question *q)
{
	for (int i = 0; j->x == NULL && i + 1 < sk_X509_num(path->chain); i++) {
		X509 *cert = sk_X509_value(path->chain, i);
		int64_t as_of;
		struct revocation r;

		evidence_status(&r, &as_of, q->evidence, j->parts.crls, cert, sk_X509_value(path->chain, i + 1), best);
		if (!judge_key(j, X509_get0_pubkey(cert), i == 0 ? best : j->known, q) ||
		    !judge_digest(j, cert_digest_id(cert), i == 0 && j->parts.named ? best : j->known, q) ||
		    (r.by != NULL && !judge_digest(j, crl_digest_id(r.by), j->known, q)))
			return false;
	}
	return true;
}

/* What is proven to have been there was not signed later: whose right it was, and what a
 * revocation means, are judged by the time it claims, too. */
static bool
judge_order(struct judged *j)
{
	const struct report_signature *o = j->out;

	if (j->disordered)
		return signature_failed(j, VERDICT_INDETERMINATE, SUB_TIMESTAMP_ORDER_FAILURE, "an archive time stamp is older than what it covers"), false;
	if (o->proof != PROOF_NONE && o->claimed != INT64_MIN && o->claimed > o->proven + CLOCKS_APART)
		return signature_failed(j, VERDICT_INDETERMINATE, SUB_TIMESTAMP_ORDER_FAILURE, "it claims to be later than what proves that it existed"), false;
	return true;
}

void
signature_algorithms(struct judged *j, const struct judge_question *q)
{
	(void)judge_algorithms(j, j->out->proven < q->at ? j->out->proven : q->at);
}

void
signature_end(struct judged *j, const struct judge_question *q)
{
	int64_t best = j->out->proven < q->at ? j->out->proven : q->at;
	struct path_result path = { 0 };

	if (j->stopped)
		return;
	if (j->x != NULL && strcmp(j->x->policy_oid, XADES_POLICY_OID) != 0)
		return signature_failed(j, VERDICT_INDETERMINATE, SUB_SIGNATURE_POLICY_NOT_AVAILABLE, j->x->policy_oid);
	if (judge_path(j, &path, best, q) && judge_tier(j, &path, q) && judge_revocation(j, &path, best, q) &&
	    judge_algorithms(j, best) && judge_path_algorithms(j, &path, best, q) && judge_order(j) && !j->in_window) {
		j->out->valid_then = true;
		j->out->verdict = VERDICT_PASSED;
	}
	path_result_drop(&path);
}
