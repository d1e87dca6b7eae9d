#include "verifier/judge.h"

#include "base/cbor.h"
#include "base/clock.h"
#include "verifier/cert.h"
#include "verifier/signature.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

#define ENTRY_ISSUED 5

struct judging {
	struct report *out;
	const struct judge_question *q;
	struct permit p;
	struct judged reaffirm, seal, officer[XADES_OFFICERS_MAX];
};

/*
 * Format.
 */

static bool
has_signature(const xmlNode *n)
{
	if (xml_is(n, NS_DS, "Signature"))
		return true;
	for (const xmlNode *c = xml_child(n); c != NULL; c = xml_next(c))
		if (has_signature(c))
			return true;
	return false;
}

/* A file that is no XML, or XML without any ds:Signature: nothing to judge. */
static bool
is_unsigned(struct span document)
{
	struct xml x;
	struct err e;
	bool none;

	if (document.len == 0 || document.ptr[0] != '<')
		return true;
	if (!xml_parse(&x, document, &e))
		return false;
	none = !has_signature(x.root);
	xml_drop(&x);
	return none;
}

static void
judge_format(struct judging *j, const struct err *why)
{
	if (is_unsigned(j->q->document)) {
		j->out->no_signature = true;
		reason_add(&j->out->reasons, SAID_NO_SIGNATURE, NULL);
		return;
	}
	j->out->verdict = VERDICT_FAILED;
	j->out->sub = SUB_FORMAT_FAILURE;
	reason_sub(&j->out->reasons, SUB_FORMAT_FAILURE, why->text);
}

/*
 * Proof by the log: the record of the `issued` entry holds the hash of these
 * very bytes.
 */

static bool
record_sha256(struct span *out, struct span record)
{
	struct cbor c = cbor_read(record);
	struct span key, item;
	struct err e;
	size_t pairs;

	if (!cbor_get_map(&c, &pairs, "record", &e))
		return false;
	for (size_t i = 0; i < pairs; i++) {
		enum cbor_kind kind;

		if (!cbor_peek(&c, &kind, &e))
			return false;
		if (kind == CBOR_TEXT && cbor_get_text(&c, &key, "key", &e) && span_eq_str(key, "sha256"))
			return cbor_get_bytes(&c, out, "sha256", &e);
		if ((kind != CBOR_TEXT && !cbor_skip(&c, &item, &e)) || !cbor_skip(&c, &item, &e))
			return false;
	}
	return false;
}

static bool
proof_holds(const struct judging *j, int64_t *when)
{
	unsigned char handle[HANDLE_LEN];
	struct tlog_proof proof;
	struct span hash;
	struct err e;
	bool good;

	if (!hex_get_fixed(handle, sizeof(handle), span_str(j->p.handle), &e) ||
	    !evidence_proof(j->q->evidence, ENTRY_ISSUED, handle, &proof, when, &e))
		return false;
	good = strcmp(j->q->evidence->log.name, j->p.log_origin) == 0 && record_sha256(&hash, proof.record) &&
	    span_eq(hash, span_of(j->out->sha256, SHA256_LEN));
	tlog_proof_drop(&proof);
	return good;
}

/* A proof that came along, or the word of whoever keeps the register; both mean the
 * document by its SHA-256. */
static bool
log_proves(const struct judging *j, int64_t *when)
{
	const struct algorithm *hash = policy_algorithm(j->q->policy, "sha256");

	if (!j->p.sealed || hash == NULL || day_in_vietnam(j->q->at) > hash->old_until)
		return false;
	*when = j->q->known_since;
	return j->q->known_since != 0 || proof_holds(j, when);
}

/*
 * Authority.
 */

static void
no_authority(struct judged *j, const char *detail)
{
	signature_failed(j, VERDICT_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE, detail);
}

/* "KT. CHỦ TỊCH" -> "KT.", the word that policy knows. */
static void
mode_word(char out[16], const char *mode)
{
	snprintf(out, 16, "%.*s", (int)strcspn(mode, " "), mode);
}

static bool
appointed(const struct judge_appointment *a, const struct report_signature *s, const char *mode, const struct permit *p, int64_t when)
{
	return strcmp(a->person, s->person) == 0 && strcmp(a->agency, s->agency) == 0 && strcmp(a->title, s->title) == 0 &&
	    strcmp(a->mode, mode) == 0 && word_in(a->kinds, p->kind->id) && when >= a->from && when < a->to;
}

static void
judge_appointment(struct judging *j, struct judged *o, const char *mode)
{
	const struct judge_question *q = j->q;
	int64_t when = o->out->proven < q->at ? o->out->proven : q->at;

	for (size_t i = 0; i < q->nappointments; i++)
		if (appointed(&q->appointment[i], o->out, mode, &j->p, when))
			return;
	no_authority(o, "no appointment gave the signer this right at that time");
}

/* The day whose rules count: that of the issue. */
static int32_t
rules_day(const struct judging *j)
{
	return j->p.sealed ? j->p.day : j->q->day;
}

static void
judge_officer_authority(struct judging *j, struct judged *o)
{
	const struct turn *turn = kind_turn(j->p.kind, (size_t)(o - j->officer), rules_day(j));
	struct cert_facts facts;
	char mode[16];
	struct err why;

	if (o->stopped)
		return;
	if (turn == NULL)
		return no_authority(o, "this kind of permit is signed by fewer officers");
	mode_word(mode, o->x->mode);
	if (!cert_fits_profile(o->signer, policy_profile(j->q->policy, "official"), &why) || !cert_facts_read(&facts, o->signer, &why))
		return no_authority(o, why.text);
	if (!agency_within(j->p.agency, facts.agency))
		return no_authority(o, "the officer's agency is not the permit's, nor one above it");
	if (!turn_allows_mode(turn, mode))
		return no_authority(o, "the officer whose turn this is does not sign this kind of permit in this mode");
	if (j->q->appointment != NULL)
		return judge_appointment(j, o, mode);
	if (strcmp(o->x->title, facts.title) != 0)
		no_authority(o, "the title claimed is not the one in the certificate");
}

/* Does anything remain to be judged, and is it by a seal? */
static bool
is_by_seal(struct cert_facts *facts, const struct judging *j, struct judged *s)
{
	struct err why;

	if (s->stopped)
		return false;
	if (!cert_fits_profile(s->signer, policy_profile(j->q->policy, "seal"), &why) || !cert_facts_read(facts, s->signer, &why))
		return no_authority(s, why.text), false;
	return true;
}

static void
judge_seal_authority(struct judging *j)
{
	struct judged *s = &j->seal;
	struct cert_facts facts;

	if (!is_by_seal(&facts, j, s))
		return;
	if (strcmp(facts.agency, j->p.agency) != 0)
		no_authority(s, "the seal is another agency's");
	else if (kind_turn(j->p.kind, j->p.nofficers, rules_day(j)) != NULL)
		no_authority(s, "this kind of permit is signed by more officers");
}

/* The agency's own, or on the day of the reaffirmation its successor's. */
static void
judge_reaffirm_authority(struct judging *j)
{
	struct judged *s = &j->reaffirm;
	struct cert_facts facts;

	if (!is_by_seal(&facts, j, s))
		return;
	if (!policy_succeeds(j->q->policy, facts.agency, j->p.agency, day_in_vietnam(s->x->claimed)))
		return no_authority(s, "what reaffirms it is the seal of another agency, and not of its successor");
	/* Ordered before midnight, it may be sealed after it. */
	if (j->p.reaffirmed_day > day_in_vietnam(s->x->claimed) || j->p.reaffirmed_day < day_in_vietnam(s->x->claimed) - 1)
		no_authority(s, "the day in <reaffirmation> is not that of its signature");
}

static void
one_tier(struct judged *s, const struct tier *t)
{
	if (!s->stopped && s->out->tier != t)
		signature_failed(s, VERDICT_INDETERMINATE, SUB_CHAIN_CONSTRAINTS_FAILURE, "the signatures belong to different trust tiers");
}

/* Nobody signs twice, and all belong to one tier. */
static void
judge_together(struct judging *j)
{
	const struct tier *t = j->officer[0].out->tier;

	for (size_t i = 1; i < j->p.nofficers; i++)
		for (size_t k = 0; k < i; k++)
			if (!j->officer[i].stopped && strcmp(j->officer[i].out->person, j->officer[k].out->person) == 0)
				no_authority(&j->officer[i], "one person has signed twice");
	for (size_t i = 1; i < j->p.nofficers; i++)
		one_tier(&j->officer[i], t);
	if (j->p.sealed)
		one_tier(&j->seal, t);
	if (j->p.reaffirmed)
		one_tier(&j->reaffirm, t);
}

/*
 * All signatures.
 */

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* What proves that the last one existed, and with it what it covers. */
static void
judge_last(struct judging *j, struct judged *s)
{
	int64_t when = INT64_MAX;
	bool logged;

	signature_begin(s, j->q);
	logged = log_proves(j, &when);
	signature_stamps(s, logged ? earlier(when, j->q->at) : j->q->at, j->q);
	if (logged)
		signature_proven(s, when, PROOF_LOG);
}

/* One that another covers whole; over: NULL where that one does not hold. */
static void
judge_covered(struct judging *j, struct judged *s, const struct judged *over)
{
	int64_t known = over != NULL ? earlier(over->known, over->out->proven) : j->q->at;

	signature_begin(s, j->q);
	signature_stamps(s, known, j->q);
	if (over == NULL)
		return;
	/* The octets that it signed are known as long as those over it are, or as its own archive time stamps say. */
	if (s->known == known)
		s->known = over->known;
	signature_proven(s, over->out->proven, over->out->proof);
}

/* Gives what covers the officers' signatures, where it holds. */
static const struct judged *
judge_agency(struct judging *j)
{
	struct report_signature *out = &j->out->signature[j->p.nofficers];
	const struct judged *over = NULL;
	bool holds;

	j->seal = (struct judged){ .x = &j->p.seal, .out = out };
	j->reaffirm = (struct judged){ .x = &j->p.reaffirm, .out = out + 1 };
	if (j->p.reaffirmed) {
		judge_last(j, &j->reaffirm);
		over = j->reaffirm.stopped ? NULL : &j->reaffirm;
		judge_covered(j, &j->seal, over);
	} else {
		judge_last(j, &j->seal);
	}
	holds = !j->seal.stopped;
	signature_end(&j->seal, j->q);
	judge_seal_authority(j);
	if (j->p.reaffirmed) {
		signature_end(&j->reaffirm, j->q);
		judge_reaffirm_authority(j);
	}
	return holds ? &j->seal : NULL;
}

static bool
heals(const struct judging *j, const struct judged *o)
{
	const struct report_signature *r = j->reaffirm.out;

	return j->p.reaffirmed && r->verdict == VERDICT_PASSED && r->proof != PROOF_NONE && r->proven >= o->revoked && r->claimed >= o->revoked;
}

static void
remark_reaffirmed(struct judging *j, struct reasons *r)
{
	char day[TIME_TEXT], iso[TIME_TEXT];

	date_text_people(day, j->p.decided);
	date_text(iso, j->p.decided);
	reason_add(r, SAID_REAFFIRMED, j->p.decision, day, iso, NULL);
}

/* Last, when everything else is known of each. */
static void
judge_windows(struct judging *j)
{
	bool any = false;

	signature_window(&j->seal);
	signature_window(&j->reaffirm);
	for (size_t i = 0; i < j->p.nofficers; i++) {
		struct judged *o = &j->officer[i];

		o->out->reaffirmable = o->in_window && !o->stopped;
		o->out->reaffirmed = o->out->reaffirmable && heals(j, o);
		signature_window(o);
		if (o->out->reaffirmed)
			remark_reaffirmed(j, &o->out->reasons);
		any |= o->out->reaffirmed;
	}
	if (any)
		remark_reaffirmed(j, &j->out->remarks);
}

static void
judge_signatures(struct judging *j)
{
	const struct judged *over = NULL;

	j->out->nsignatures = j->p.nofficers + (j->p.sealed ? 1 : 0) + (j->p.reaffirmed ? 1 : 0);
	if (j->p.sealed)
		over = judge_agency(j);
	for (size_t i = 0; i < j->p.nofficers; i++) {
		j->officer[i] = (struct judged){ .x = &j->p.officer[i], .out = &j->out->signature[i] };
		judge_covered(j, &j->officer[i], over);
		signature_end(&j->officer[i], j->q);
		judge_officer_authority(j, &j->officer[i]);
	}
	judge_together(j);
	judge_windows(j);
}

/* The worst of them: failed before indeterminate before passed.  One that is reaffirmed does
 * not count. */
static void
combine(struct report *r)
{
	static const enum verdict order[] = { VERDICT_FAILED, VERDICT_INDETERMINATE };

	r->verdict = VERDICT_PASSED;
	r->tier = r->signature[0].tier;
	for (size_t o = 0; o < 2; o++)
		for (size_t i = 0; i < r->nsignatures; i++)
			if (r->signature[i].verdict == order[o] && !r->signature[i].reaffirmed) {
				r->verdict = order[o];
				r->sub = r->signature[i].sub;
				r->reasons = r->signature[i].reasons;
				return;
			}
}

/*
 * In force.
 */

static bool
list_signer_ok(void *ctx, X509 *cert, int64_t at)
{
	const struct judging *j = ctx;
	struct err e;

	return cert_tier(cert, j->q->policy) == j->out->tier &&
	    service_trusted(cert, &(struct service_use){ "service-signer", at, at }, NULL, NULL, j->q, &e);
}

static const struct { unsigned value; enum in_force means; } status_words[] = {
	{ STATUS_IN_FORCE, FORCE_YES }, { STATUS_WITHDRAWN, FORCE_WITHDRAWN }, { STATUS_SUSPENDED, FORCE_SUSPENDED },
	{ STATUS_SUPERSEDED, FORCE_SUPERSEDED }, { STATUS_NOTED, FORCE_NOTED },
};

static enum in_force
force_of(unsigned status)
{
	for (size_t i = 0; i < sizeof(status_words) / sizeof(status_words[0]); i++)
		if (status_words[i].value == status)
			return status_words[i].means;
	return FORCE_UNKNOWN;
}

static void
judge_status(struct judging *j)
{
	struct report *r = j->out;
	struct status_list list;
	unsigned status;
	struct err e;

	if (!evidence_status_list(&list, j->q->evidence, j->p.status_uri, j->q->at, list_signer_ok, j, &e))
		return reason_add(&r->remarks, SAID_NO_STATUS_LIST, NULL);
	r->as_of = list.issued;
	if (list.expires < j->q->at)
		reason_add(&r->remarks, SAID_STATUS_LIST_STALE, NULL);
	else if (status_list_get(&list, j->p.status_index, &status, &e))
		r->in_force = force_of(status);
	status_list_drop(&list);
}

static void
judge_in_force(struct judging *j)
{
	struct report *r = j->out;

	r->from = j->p.valid_from;
	r->until = j->p.valid_to;
	if (r->verdict != VERDICT_PASSED || !j->p.sealed)
		return;
	if (!j->q->no_status_list)
		judge_status(j);
	if ((r->in_force == FORCE_YES || r->in_force == FORCE_NOTED || r->in_force == FORCE_UNKNOWN) && j->q->day > j->p.valid_to)
		r->in_force = FORCE_EXPIRED;
	if ((r->in_force == FORCE_YES || r->in_force == FORCE_NOTED) && j->q->day < j->p.valid_from) {
		r->in_force = FORCE_UNKNOWN;
		reason_add(&r->remarks, SAID_BEFORE_FIRST_DAY, NULL);
	}
}

static void
fill_permit(struct report *r, const struct permit *p, const struct policy *policy)
{
	snprintf(r->handle, sizeof(r->handle), "%s", p->handle);
	snprintf(r->kind, sizeof(r->kind), "%s", p->kind->id);
	snprintf(r->agency, sizeof(r->agency), "%s", p->agency);
	r->permit = permit_json(p, policy);
	if (!p->sealed)
		return;
	snprintf(r->number, sizeof(r->number), "%s", p->number);
	snprintf(r->shortcode, sizeof(r->shortcode), "%s", p->shortcode);
	snprintf(r->voicecode, sizeof(r->voicecode), "%s", p->voicecode);
	snprintf(r->log_origin, sizeof(r->log_origin), "%s", p->log_origin);
	snprintf(r->status_uri, sizeof(r->status_uri), "%s", p->status_uri);
	r->log_index = p->log_index;
	r->status_index = p->status_index;
}

void
judge_permit(struct report *out, const struct judge_question *q)
{
	struct judging *j = xalloc(sizeof(*j));
	struct err why = { ERR_NONE, "" };

	report_begin(out);
	out->insecure_no_revocation = q->insecure_no_revocation;
	j->out = out;
	j->q = q;
	sha256(out->sha256, q->document);
	if (!permit_read(&j->p, q->document, q->policy, q->grammars, &why)) {
		judge_format(j, &why);
	} else if (!j->p.sealed && !q->unsealed) {
		fail(&why, ERR_INPUT, "the agency's seal is missing");
		judge_format(j, &why);
	} else {
		judge_signatures(j);
		combine(out);
		fill_permit(out, &j->p, q->policy);
		judge_in_force(j);
	}
	permit_drop(&j->p);
	free(j);
	ERR_clear_error();	/* an extension that is none says so there */
}
