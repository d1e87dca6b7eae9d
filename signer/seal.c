/*
 * Numbers and seals (permit_life.h).
 *
 * Nothing is reserved for an agency that has no seal (seal_is_there).  seal_reserve adds to the
 * order's own unit what allots number, codes and place; seal_one makes, from
 * that reservation alone, the octets that the agency's seal signs.  The claimed time of the seal is the time of the
 * reservation's entry, so that a recovery signs the same digest again.
 */
#include "signer/amend.h"

#include "base/clock.h"
#include "base/fault.h"
#include "verifier/cert.h"
#include "verifier/code.h"
#include "verifier/evidence.h"
#include "verifier/judge.h"
#include "verifier/proved.h"
#include "verifier/proto.h"
#include "verifier/xades_write.h"

#include <openssl/err.h>

#include <stdio.h>
#include <stdlib.h>

#define ISSUANCE_ROOM (64u << 10)	/* and for the names of elements */

static void
reserve_head(struct reg_unit *u, const char *verb, const struct permit_row *p, int32_t day, const char *shortcode, const char *voicecode)
{
	unsigned char digest[SHA256_LEN];

	sha256(digest, p->officers);
	reg_verb(u, verb);
	reg_bytes(u, "handle", p->handle);
	reg_text(u, "agency", p->agency);
	reg_text(u, "kind", p->kind);
	reg_int(u, "day", day);
	reg_text(u, "short_code", shortcode);
	reg_text(u, "voice_code", voicecode);
	reg_bytes(u, "officers_sha256", span_of(digest, sizeof(digest)));
}

bool
seal_certificate(struct active_cert *out, const struct service *s, const char *agency, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("cert.seal");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[15];

	reg_text(&read, "agency", agency);
	if (!reg_one(s->reg, &read, &rows, c, 15, "active seal certificate of this agency", e))
		return false;
	*out = (struct active_cert){ .der = buf_new(64 << 10) };
	out->generation = c[14].i;
	buf_put_span(&out->der, c[6].s);
	return cert_shared(&out->cert, c[6].s, e);
}

bool
seal_is_there(const struct service *s, const char *agency, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("cert.seal");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[15];
	bool more;

	reg_text(&read, "agency", agency);
	if (!reg_read(s->reg, &read, &rows, e) || !reg_next(&rows, c, 15, &more, e))
		return false;
	return more || fail(e, ERR_POLICY, "agency %.40s has no active seal certificate; nothing was reserved", agency);
}

/* Codes and place; the number is that of the permit which is amended. */
static bool
reserve_amended(struct reg_unit *u, const struct service *s, const struct permit_row *p, int32_t day, const char *shortcode, const char *voicecode, struct err *e)
{
	const struct amending by = { .kind = p->kind, .agency = p->agency, .given = p->given };
	own_struct(amended) a = { .rows = { .left = 0 } };

	if (!amended_by(&a, s, p, e) || !amended_may(&a, s, &by, day, e))
		return fail_in(e, "the permit that it amends");
	reserve_head(u, "permit.reserve_amended", p, day, shortcode, voicecode);
	reg_int(u, "seen", (int64_t)a.nchanges);
	return true;
}

/* A signature is as long as the CRLs that it brings with it, and they grow. */
bool
seal_has_room(size_t content, size_t officers, size_t last, struct err *e)
{
	size_t whole = content + officers + last + last / 8 + ISSUANCE_ROOM;

	return whole <= VERIFY_DOCUMENT_MAX ||
	    fail(e, ERR_LIMIT, "with its seal this permit would have about %zu octets, and no verifier reads more than %u: the CRLs in its signatures are too long", whole, VERIFY_DOCUMENT_MAX);
}

/* Policy may have changed since they signed. */
static bool
all_signed(const struct kind *kind, const struct permit_row *p, int32_t day, struct err *e)
{
	struct span officer[XADES_OFFICERS_MAX];
	size_t n;

	if (!xades_split(officer, &n, p->officers, e))
		return false;
	if (n == 0 || kind_turn(kind, n - 1, day) == NULL || kind_turn(kind, n, day) != NULL)
		return fail(e, ERR_POLICY, "the officers who have signed are %zu, and on this day this kind takes another number", n);
	return seal_has_room(p->content.len, p->officers.len, officer[n - 1].len, e);
}

bool
seal_reserve(struct reg_unit *u, const struct service *s, const struct permit_row *p, int32_t day, struct err *e)
{
	const struct kind *kind = policy_kind(s->policy, p->kind);
	const struct agency *agency = policy_agency(s->policy, p->agency);
	char shortcode[SHORT_CODE_LEN + 1], voicecode[VOICE_CODE_LEN + 1];
	own_str char *given = span_dup_str(p->given);
	own_str char *after = NULL;

	if (kind == NULL || agency == NULL)
		return fail(e, ERR_POLICY, "kind %.40s or agency %.40s is not in the policy", p->kind, p->agency);
	if (!agency_on(agency, day))
		return fail(e, ERR_POLICY, "agency %s is not there on this day; it issues nothing new", agency->id);
	if (!all_signed(kind, p, day, e))
		return false;
	if (!short_code_draw(shortcode, e) || !voice_code_draw(voicecode, e))
		return false;
	if (p->version > 1)
		return reserve_amended(u, s, p, day, shortcode, voicecode, e);
	if (kind->numbering == NUMBER_GIVEN) {
		if (!p->has_given)
			return fail(e, ERR_POLICY, "the number of this kind comes with the submission, and none came");
		if (!kind_check_given(kind, given, e))
			return false;
		reserve_head(u, "permit.reserve_given", p, day, shortcode, voicecode);
		reg_text(u, "number", given);
		return true;
	}
	after = kind_after(kind, agency->suffix);
	reserve_head(u, "permit.reserve_allotted", p, day, shortcode, voicecode);
	reg_text(u, "book", kind->book);
	reg_int(u, "year", kind->numbering == NUMBER_BOOK ? year_of_day(day) : 0);
	reg_text(u, "pattern_before", kind->before);
	reg_int(u, "pattern_width", kind->width);
	reg_text(u, "pattern_after", after);
	return true;
}

/*
 * A signature by an agency's seal.
 */

void
seal_made_drop(struct seal_made *m)
{
	buf_drop(&m->element);
}

/* What the seal's token signs, once: until the time stamp is there the signature is kept. */
static bool
sign(struct buf *raw, const struct active_cert *seal, const unsigned char digest[SHA256_LEN], const struct service *s, struct err *e)
{
	own_struct(buf) der = buf_new(128);
	unsigned char key_id[KEY_ID_LEN];

	key_id_of_cert(key_id, seal->cert);
	kept_seal_get(s->kept, digest, raw);
	FAULT_POINT("signer.before-seal");
	if (raw->len == 0 && !hsm_sign(s->seal, key_id, HSM_ECDSA_P256, span_of(digest, SHA256_LEN), raw, e))
		return false;
	FAULT_POINT("signer.after-seal");
	if (!ecdsa_raw_to_der(&der, buf_span(raw), e))
		return false;
	if (!proved_ecdsa(span_of(digest, SHA256_LEN), buf_span(&der), seal->cert))
		return fail(e, ERR_TOKEN, "the seal token's signature does not verify");
	return true;
}

static bool
get_evidence(struct lt_evidence *v, const struct seal_wish *w, const unsigned char digest[SHA256_LEN], const struct service *s, struct span raw, struct err *e)
{
	const struct lt_wish wish = { .kind = w->kind, .generation = w->seal->generation, .value = raw, .signed_at = w->time, .until = w->until };
	bool good = lt_evidence_get(v, s, &wish, e);

	if (!good && stamp_waits(e))
		kept_seal_put(s->kept, digest, raw);
	return good;
}

bool
seal_sign(struct seal_made *out, const struct service *s, const struct seal_wish *w, struct err *e)
{
	struct xades_signer signer = { .id = w->id, .certificate = buf_span(&w->seal->der), .time = w->time, .alg = XADES_ECDSA_SHA256 };
	struct xades_tbs tbs = { .signed_info = buf_new(1), .properties = buf_new(1) };
	own_struct(buf) raw = buf_new(128);
	own_struct(lt_evidence) v = { .ncerts = 0 };
	bool good;

	memcpy(signer.policy_hash, s->policy->hash, sizeof(signer.policy_hash));
	good = xades_prepare(&tbs, &signer, w->target, w->n, e) && sign(&raw, w->seal, tbs.digest, s, e) && get_evidence(&v, w, tbs.digest, s, buf_span(&raw), e);
	if (good) {
		const struct xades_evidence evidence = { .stamp = buf_span(&v.stamp), .cert = v.cert, .ncerts = v.ncerts, .crl = v.crl, .ncrls = v.ncrls };

		*out = (struct seal_made){ .until = v.until, .element = buf_new(32u << 20) };
		memcpy(out->digest, tbs.digest, SHA256_LEN);
		memcpy(out->by, v.by, sizeof(out->by));
		good = xades_element(&out->element, &signer, &tbs, buf_span(&raw), &evidence, e);
	}
	xades_tbs_drop(&tbs);
	return good;
}

/*
 * Sealing what is reserved.
 */

struct sealing {
	struct reg_rows rows;
	struct permit_row permit;
	struct amended amended;		/* where it is a later version */
	int32_t first_day;		/* of the number's first version */
	struct active_cert by;		/* whose key seals */
	int64_t time;			/* of the reservation's entry */
	struct seal_made seal;
	struct buf issuance, file;
};

static void
sealing_drop(struct sealing *x)
{
	reg_rows_drop(&x->rows);
	amended_drop(&x->amended);
	active_cert_drop(&x->by);
	seal_made_drop(&x->seal);
	buf_drop(&x->issuance);
	buf_drop(&x->file);
}

enum { FIRST_DAY = PERMIT_COLUMNS, RESERVATION, SEAL_DER, SEAL_GENERATION, RESERVED_COLUMNS };

static bool
read_reserved(struct sealing *x, const struct service *s, const unsigned char handle[HANDLE_LEN], struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("permit.reserved");
	struct reg_cell c[RESERVED_COLUMNS];
	struct entry reservation;

	reg_bytes(&read, "handle", span_of(handle, HANDLE_LEN));
	if (!reg_one(s->reg, &read, &x->rows, c, RESERVED_COLUMNS, "permit with this handle", e))
		return false;
	permit_row_take(&x->permit, c);
	if (strcmp(x->permit.state, "sealing") != 0)
		return fail(e, ERR_CONFLICT, "this permit is not reserved for sealing (%s)", x->permit.state);
	if (c[FIRST_DAY].null || c[RESERVATION].null)
		return fail(e, ERR_ABSENT, "there is no number or reservation of this permit");
	if (c[SEAL_DER].null)
		return fail(e, ERR_ABSENT, "there is no active seal certificate of this agency");
	x->first_day = (int32_t)c[FIRST_DAY].i;
	x->by.generation = c[SEAL_GENERATION].i;
	x->by.der = buf_new(64 << 10);
	buf_put_span(&x->by.der, c[SEAL_DER].s);
	if (!cert_shared(&x->by.cert, c[SEAL_DER].s, e) || !entry_read(&reservation, c[RESERVATION].s, e))
		return false;
	x->time = reservation.time;
	return true;
}

static void
make_issuance(struct sealing *x, const struct service *s)
{
	const struct permit_row *p = &x->permit;
	const struct kind *kind = policy_kind(s->policy, p->kind);
	const struct agency *agency = policy_agency(s->policy, p->agency);
	own_str char *number = span_dup_str(p->number);
	own_str char *shortcode = span_dup_str(p->shortcode);
	own_str char *voicecode = span_dup_str(p->voicecode);
	char printed[SHORT_CODE_TEXT];
	struct issuance i = { .number = number, .book = kind->numbering == NUMBER_GIVEN ? NULL : kind->book, .year = year_of_day(x->first_day),
		.day = (int32_t)p->day, .place = agency->place, .shortcode = printed, .voicecode = voicecode, .log_origin = s->origin,
		.log_index = (uint64_t)p->reserved_entry, .status_uri = s->status_uri, .status_index = (uint64_t)p->idx };

	short_code_text(printed, shortcode);
	issuance_write(&x->issuance, &i);
}

static bool
make_seal(struct sealing *x, const struct service *s, int64_t until, struct err *e)
{
	struct xades_target targets[XADES_TARGETS_MAX];
	struct seal_wish w = { .id = "seal", .seal = &x->by, .kind = x->permit.kind, .time = x->time, .until = until, .target = targets };

	return xades_seal_targets(targets, &w.n, x->permit.content, x->permit.officers, buf_span(&x->issuance), e) && seal_sign(&x->seal, s, &w, e);
}

/* The verifier's own eyes, before it leaves. */
static bool
judge_own(const struct sealing *x, const struct service *s, int64_t now, struct err *e)
{
	struct report r;
	bool good;

	judges_report(&r, s, buf_span(&x->file), now, 0);
	good = r.verdict == VERDICT_PASSED;
	if (!good)
		fail(e, r.sub == SUB_TRY_LATER ? ERR_LATER : ERR_BUG, "self-check: the sealed permit is %s %s (%.120s)", verdict_word(r.verdict), sub_word(r.sub),
		    r.reasons.n > 0 ? r.reasons.at[0].en : r.nsignatures > 0 && r.signature[r.nsignatures - 1].reasons.n > 0 ? r.signature[r.nsignatures - 1].reasons.at[0].en : "");
	report_drop(&r);
	return good;
}

static bool
record_issued(const struct sealing *x, const struct service *s, struct err *e)
{
	const struct permit_row *p = &x->permit;
	const struct kind *kind = policy_kind(s->policy, p->kind);
	own_struct(reg_unit) u = reg_unit_new();
	own_str char *number = span_dup_str(p->number);
	unsigned char digest[SHA256_LEN];
	bool show = kind->numbers_public && kind->numbering != NUMBER_GIVEN && p->version == 1;

	sha256(digest, buf_span(&x->file));
	reg_verb(&u, "permit.issue");
	reg_bytes(&u, "handle", p->handle);
	reg_text(&u, "agency", p->agency);
	reg_text(&u, "kind", p->kind);
	reg_int(&u, "list", p->list);
	reg_int(&u, "idx", p->idx);
	reg_int(&u, "day", p->day);
	if (show) {
		reg_text(&u, "book", kind->book);
		reg_int(&u, "year", kind->numbering == NUMBER_BOOK ? year_of_day((int32_t)p->day) : 0);
		reg_int(&u, "n", strtoll(number + strlen(kind->before), NULL, 10));
	} else {
		reg_null(&u, "book");
		reg_null(&u, "year");
		reg_null(&u, "n");
	}
	reg_bytes(&u, "issuance", buf_span(&x->issuance));
	reg_bytes(&u, "sealed", buf_span(&x->file));
	reg_bytes(&u, "sha256", span_of(digest, sizeof(digest)));
	reg_int(&u, "until", x->seal.until);
	reg_text(&u, "by", x->seal.by);
	if (p->version > 1)
		amended_supersede(&u, &x->amended, p);
	FAULT_POINT("signer.before-issue");
	return reg_run(s->reg, &u, NULL, e);
}

bool
seal_one(const struct service *s, const unsigned char handle[HANDLE_LEN], int64_t until, struct err *e)
{
	struct sealing x = { .rows = { .left = 0 }, .by = { .cert = NULL, .der = buf_new(1) }, .issuance = buf_new(16 << 10), .file = buf_new(64u << 20) };
	bool good = read_reserved(&x, s, handle, e) && (x.permit.version == 1 || amended_by(&x.amended, s, &x.permit, e));

	if (good)
		make_issuance(&x, s);
	good = good && make_seal(&x, s, until, e) &&
	    permit_write(&x.file, x.permit.content, x.permit.officers, buf_span(&x.issuance), buf_span(&x.seal.element), e) &&
	    judge_own(&x, s, clock_now(), e) && record_issued(&x, s, e);
	if (good)
		kept_seal_drop(s->kept, x.seal.digest);
	sealing_drop(&x);
	return good;
}
