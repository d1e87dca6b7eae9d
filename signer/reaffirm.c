/*
 * permit.reaffirm: the agency stands by a permit though others had an officer's key when he
 * signed (permit_life.h; what it takes from the verdict: verifier/judge.h).
 *
 * Ordered upon the permit as issued, of one that needs it: by the newest CRLs its newest
 * copy fails for that revocation and for nothing else.  The unit that accepts the order
 * reserves what is going to be sealed: of which copy, the decision, the day.  From that
 * alone follow the octets that the seal of the agency, or of its successor, signs, so that
 * a recovery signs the same digest again; until it has, that copy is not renewed.  What
 * comes of it is one copy more (renew.h), whose last signature is renewed from then on.
 */
#include "signer/order_act.h"
#include "signer/renew.h"

#include "base/clock.h"
#include "base/fault.h"
#include "verifier/proto.h"
#include "verifier/xades_write.h"

#include <stdio.h>
#include <stdlib.h>

#define REASON_MAX 1000		/* characters */
#define ROOM (64u << 10)	/* for the elements' names, and for what is not evidence */

/* Whose seal it is: the agency's own, or after its end its successor's. */
static const char *
seal_of(const struct policy *p, const char *agency, int32_t day)
{
	const struct agency *a = policy_agency(p, agency);

	for (size_t i = 0; a != NULL && i <= p->nagencies; i++) {
		if (agency_on(a, day) || a->successor[0] == '\0')
			return a->id;
		a = policy_agency(p, a->successor);
	}
	return agency;
}

/*
 * The order.
 */

struct decided { const char *decision; int32_t on, day; };

static bool
take_decided(struct decided *d, const struct acting *a, struct err *e)
{
	static const char *const keys[] = { "decision", "decided", NULL };
	const json_t *with = a->order.with;
	const char *on;

	if (with == NULL || !json_only(with, keys, e) || !json_take_str(&d->decision, with, "decision", e) || !json_take_str(&on, with, "decided", e))
		return fail(e, ERR_INPUT, "a reaffirmation names its decision and the day of it: \"with\":{\"decision\":\"512/QĐ-UBND\",\"decided\":\"2026-11-22\"}");
	if (!date_parse(&d->on, on, e))
		return fail_in(e, "\"decided\"");
	d->day = day_in_vietnam(a->now);
	if (day_in_vietnam(a->order.effective) != d->day)
		return fail(e, ERR_INPUT, "\"effective\": a permit is reaffirmed on the day on which it is ordered");
	if (d->on > d->day)
		return fail(e, ERR_INPUT, "\"decided\" is a day that has not come yet");
	return act_text(d->decision, DECISION_MAX, false, "decision", e) && act_text(a->order.reason, REASON_MAX, false, "reason", e);
}

/* Fails it for lost keys, and for nothing else? */
static bool
fails_for_keys_alone(const struct report *r, struct err *e)
{
	static const struct err_rule none = { ERR_CONFLICT, "no officer's signature on this permit was made while others had the key", "reaffirm-not-needed",
		"không có chữ ký nào của người ký được tạo trong lúc khóa đã lộ" };
	static const struct err_rule worse = { ERR_CONFLICT, NULL, "reaffirm-cannot", "giấy phép này còn sai chỗ khác, xác nhận lại không chữa được" };
	bool any = false;

	if (r->nsignatures == 0)
		return fail_rule(e, &worse, "this permit is %s %s", verdict_word(r->verdict), sub_word(r->sub));
	for (size_t i = 0; i < r->nsignatures; i++) {
		const struct report_signature *s = &r->signature[i];

		if (s->verdict != VERDICT_PASSED && !s->reaffirmable)
			return fail_rule(e, &worse, "no reaffirmation heals %s: it is %s %s (%.100s)", s->id, verdict_word(s->verdict), sub_word(s->sub),
			    s->reasons.n > 0 ? s->reasons.at[s->reasons.n - 1].en : "");
		any |= s->reaffirmable;
	}
	return any || fail_by(e, &none);
}

static bool
has_room(size_t copy, const struct lt_evidence *v, struct err *e)
{
	size_t whole = copy + ROOM;

	for (size_t i = 0; i < v->ncerts; i++)
		whole += v->cert[i].len / 2 * 3;
	for (size_t i = 0; i < v->ncrls; i++)
		whole += v->crl[i].len / 2 * 3;
	return whole <= VERIFY_DOCUMENT_MAX ||
	    fail(e, ERR_LIMIT, "reaffirmed, this permit would have about %zu octets, and no verifier reads more than %u", whole, VERIFY_DOCUMENT_MAX);
}

/* base: SHA-256 of the copy. */
static bool
needs_it(unsigned char base[SHA256_LEN], const struct acting *a, const struct permit_row *p, const struct lt_evidence *today, struct err *e)
{
	static const struct err_rule again = { ERR_CONFLICT, "this permit is reaffirmed already", "reaffirmed-already", "giấy phép này đã được xác nhận lại rồi" };
	own_struct(buf) copy = buf_new(VERIFY_MESSAGE_MAX);
	struct report r;
	bool good;

	if (!renew_copy(&copy, a->s, p->handle, e) || !has_room(copy.len, today, e) || !judges_report_by(&r, a->s, buf_span(&copy), a->now, today, e))
		return false;
	sha256(base, buf_span(&copy));
	good = json_object_get(r.permit, "reaffirmation") != NULL ? fail_by(e, &again) : fails_for_keys_alone(&r, e);
	report_drop(&r);
	return good;
}

/* Asked when it is ordered, and again when it is sealed: meanwhile it may have ended. */
static bool
stands(const struct service *s, const struct permit_row *p, int32_t day, struct err *e)
{
	struct life l;

	return permit_life(&l, s, p, day, e) && life_may(&l, LIFE_REAFFIRMED, -1, e);
}

static bool
may_reaffirm(const struct acting *a, const struct decided *d, const struct permit_row *p, struct err *e)
{
	static const struct err_rule unissued = { ERR_CONFLICT, NULL, "not-issued", "giấy phép này chưa được cấp" };

	if (strcmp(p->state, "issued") != 0)
		return fail_rule(e, &unissued, "only an issued permit is reaffirmed; this one is %s", p->state);
	if (d->on < p->day)
		return fail(e, ERR_INPUT, "\"decided\" is a day before that of the issue");
	return stands(a->s, p, d->day, e) && seal_is_there(a->s, seal_of(a->s->policy, p->agency, d->day), e);
}

static void
put_reserve(struct acting *a, const struct decided *d, const struct permit_row *p, const unsigned char base[SHA256_LEN])
{
	reg_verb(&a->unit, "permit.reserve_reaffirm");
	reg_bytes(&a->unit, "handle", p->handle);
	reg_text(&a->unit, "agency", p->agency);
	reg_text(&a->unit, "kind", p->kind);
	reg_bytes(&a->unit, "base", span_of(base, SHA256_LEN));
	reg_text(&a->unit, "decision", d->decision);
	reg_int(&a->unit, "decided", d->on);
	reg_int(&a->unit, "day", d->day);
	reg_text(&a->unit, "reason", a->order.reason);
}

bool
act_reaffirm(struct acting *a, json_t **out, struct err *e)
{
	own_struct(lt_evidence) today = { .ncerts = 0 };
	struct decided d;

	if (!take_decided(&d, a, e) || !act_subjects(a, e) || !lt_today(&today, a->s, e))
		return false;
	for (size_t i = 0; i < a->order.nsubjects; i++) {
		unsigned char base[SHA256_LEN];

		if (!may_reaffirm(a, &d, &a->permit[i], e) || !needs_it(base, a, &a->permit[i], &today, e))
			return fail_in(e, "subject %zu", i + 1);
		put_reserve(a, &d, &a->permit[i], base);
	}
	FAULT_POINT("signer.reaffirm");
	return act_seal_reserved(a, out, SEAL_REAFFIRM, "the reaffirmation is recorded, the seal follows by itself", e);
}

/*
 * What is reserved.
 */

struct reaffirming {
	struct reg_rows rows, reserved;
	struct permit_row permit;
	struct span base;			/* SHA-256 of the copy */
	char *decision, *reason;
	int32_t decided, day;
	int64_t time;				/* of the reservation's entry */
	bool made;
	struct active_cert by;			/* whose key signs */
	struct seal_made seal;
	struct buf copy, element, file;		/* element: <reaffirmation> */
};

static void
reaffirming_drop(struct reaffirming *x)
{
	reg_rows_drop(&x->rows);
	reg_rows_drop(&x->reserved);
	free(x->decision);
	free(x->reason);
	active_cert_drop(&x->by);
	seal_made_drop(&x->seal);
	buf_drop(&x->copy);
	buf_drop(&x->element);
	buf_drop(&x->file);
}

/* *found: something was reserved. */
static bool
read_reserved(struct reaffirming *x, bool *found, const struct service *s, const unsigned char handle[HANDLE_LEN], struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("permit.reaffirmation");
	struct reg_cell c[7];
	struct entry entry;

	reg_bytes(&read, "handle", span_of(handle, HANDLE_LEN));
	if (!reg_read(s->reg, &read, &x->reserved, e) || !reg_next(&x->reserved, c, 7, found, e))
		return false;
	if (!*found)
		return true;
	if (!entry_read(&entry, c[6].s, e))
		return fail_in(e, "a reaffirmation's entry");
	x->base = c[0].s;
	x->decision = span_dup_str(c[1].s);
	x->decided = (int32_t)c[2].i;
	x->day = (int32_t)c[3].i;
	x->reason = span_dup_str(c[4].s);
	x->made = !c[5].null;
	x->time = entry.time;
	return true;
}

bool
reaffirm_settled(const struct service *s, const unsigned char handle[HANDLE_LEN])
{
	own_struct(reaffirming) x = { .made = false };
	struct err ignored;
	bool found;

	return read_reserved(&x, &found, s, handle, &ignored) && (!found || x.made);
}

static bool
read_base(struct reaffirming *x, const struct service *s, const unsigned char handle[HANDLE_LEN], struct err *e)
{
	unsigned char digest[SHA256_LEN];
	bool found;

	if (!read_reserved(x, &found, s, handle, e))
		return false;
	if (!found || x->made)
		return fail(e, ERR_CONFLICT, "this permit is not reserved for a reaffirmation");
	if (!permit_by_handle(s, &x->rows, &x->permit, handle, e) || !stands(s, &x->permit, x->day, e) || !renew_copy(&x->copy, s, x->permit.handle, e))
		return false;
	sha256(digest, buf_span(&x->copy));
	return span_eq(x->base, span_of(digest, SHA256_LEN)) || fail(e, ERR_BUG, "the copy that was to be reaffirmed is not the newest any more");
}

static bool
targets_of(struct xades_target targets[XADES_TARGETS_MAX], size_t *n, const struct reaffirming *x, const struct service *s, struct err *e)
{
	struct permit_grammars *g = judges_take(s->judges);
	struct permit p = { .sealed = false };
	bool good = permit_read(&p, buf_span(&x->copy), s->policy, g, e) && permit_reaffirm_targets(targets, n, &p, buf_span(&x->element), e);

	permit_drop(&p);
	judges_give(s->judges, g);
	return good;
}

static bool
make_file(struct reaffirming *x, const struct service *s, int64_t until, struct err *e)
{
	const struct reaffirmation says = { .decision = x->decision, .reason = x->reason, .decided = x->decided, .day = x->day };
	struct xades_target targets[XADES_TARGETS_MAX];
	struct seal_wish w = { .id = "reaffirm", .seal = &x->by, .kind = x->permit.kind, .time = x->time, .until = until, .target = targets };

	reaffirmation_write(&x->element, &says);
	return buf_ok(&x->element, "the reaffirmation", e) && targets_of(targets, &w.n, x, s, e) &&
	    seal_certificate(&x->by, s, seal_of(s->policy, x->permit.agency, x->day), e) && seal_sign(&x->seal, s, &w, e) &&
	    permit_reaffirm(&x->file, buf_span(&x->copy), buf_span(&x->element), buf_span(&x->seal.element), e);
}

/* The verifier's own eyes: it passes, and by this signature. */
static bool
check_file(const struct reaffirming *x, const struct service *s, struct err *e)
{
	own_struct(lt_evidence) today = { .ncerts = 0 };
	const struct report_signature *last;
	bool any = false, good;
	struct report r;

	if (!lt_today(&today, s, e) || !judges_report_by(&r, s, buf_span(&x->file), clock_now(), &today, e))
		return false;
	last = &r.signature[r.nsignatures == 0 ? 0 : r.nsignatures - 1];
	for (size_t i = 0; i < r.nsignatures; i++)
		any |= r.signature[i].reaffirmed;
	good = any && last->verdict == VERDICT_PASSED && r.verdict == VERDICT_PASSED;
	if (!good)
		fail(e, last->sub == SUB_TRY_LATER ? ERR_LATER : ERR_BUG, "self-check: the reaffirmed permit is %s %s (%.120s)", verdict_word(r.verdict), sub_word(r.sub),
		    last->reasons.n > 0 ? last->reasons.at[0].en : r.reasons.n > 0 ? r.reasons.at[0].en : "");
	report_drop(&r);
	return good;
}

static bool
record(const struct reaffirming *x, const struct service *s, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	const struct permit_row *p = &x->permit;
	unsigned char digest[SHA256_LEN];

	sha256(digest, buf_span(&x->file));
	reg_verb(&u, "permit.reaffirm");
	reg_bytes(&u, "handle", p->handle);
	reg_text(&u, "agency", p->agency);
	reg_text(&u, "kind", p->kind);
	reg_int(&u, "list", p->list);
	reg_int(&u, "idx", p->idx);
	reg_int(&u, "status", LIFE_REAFFIRMED);
	reg_int(&u, "from", x->day);
	reg_text(&u, "decision", x->decision);
	reg_text(&u, "reason", x->reason);
	reg_bytes(&u, "sealed", buf_span(&x->file));
	reg_bytes(&u, "sha256", span_of(digest, sizeof(digest)));
	reg_int(&u, "until", x->seal.until);
	reg_text(&u, "by", x->seal.by);
	FAULT_POINT("signer.before-reaffirm");
	return reg_run(s->reg, &u, NULL, e);
}

bool
reaffirm_one(const struct service *s, const unsigned char handle[HANDLE_LEN], int64_t until, struct err *e)
{
	own_struct(reaffirming) x = { .copy = buf_new(VERIFY_MESSAGE_MAX), .element = buf_new(16 << 10), .file = buf_new(64u << 20) };

	if (!read_base(&x, s, handle, e) || !make_file(&x, s, until, e) || !check_file(&x, s, e) || !record(&x, s, e))
		return false;
	kept_seal_drop(s->kept, x.seal.digest);
	return true;
}
