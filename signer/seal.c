/*
 * Numbers and seals (permit_life.h).
 *
 * Nothing is reserved for an agency that has no seal (seal_is_there).  seal_reserve adds to the
 * order's own unit what allots number, codes and place; sign_one makes, from
 * that reservation alone, the octets that the agency's seal signs.  The claimed time of the seal is the time of the
 * reservation's entry, so that a recovery signs the same digest again.
 */
#include "signer/amend.h"

#include "base/clock.h"
#include "base/crew.h"
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

/* A signature on its way: signed, stamped, written. */
struct making {
	const struct seal_wish *wish;
	struct xades_signer signer;
	struct xades_tbs tbs;
	struct buf raw;
	struct lt_evidence v;
};

static void
making_drop(struct making *m)
{
	xades_tbs_drop(&m->tbs);
	buf_drop(&m->raw);
	lt_evidence_drop(&m->v);
}

static bool
making_sign(struct making *m, const struct service *s, const struct seal_wish *w, struct err *e)
{
	m->wish = w;
	m->signer = (struct xades_signer){ .id = w->id, .certificate = buf_span(&w->seal->der), .time = w->time, .alg = XADES_ECDSA_SHA256 };
	m->raw = buf_new(128);
	memcpy(m->signer.policy_hash, s->policy->hash, sizeof(m->signer.policy_hash));
	return xades_prepare(&m->tbs, &m->signer, w->target, w->n, e) && sign(&m->raw, w->seal, m->tbs.digest, s, e);
}

static bool
making_stamp(struct making *m, const struct service *s, struct err *e)
{
	return get_evidence(&m->v, m->wish, m->tbs.digest, s, buf_span(&m->raw), e);
}

static bool
making_write(struct seal_made *out, const struct making *m, struct err *e)
{
	const struct xades_evidence evidence = { .stamp = buf_span(&m->v.stamp), .cert = m->v.cert, .ncerts = m->v.ncerts, .crl = m->v.crl, .ncrls = m->v.ncrls };

	*out = (struct seal_made){ .until = m->v.until, .element = buf_new(32u << 20) };
	memcpy(out->digest, m->tbs.digest, SHA256_LEN);
	memcpy(out->by, m->v.by, sizeof(out->by));
	return xades_element(&out->element, &m->signer, &m->tbs, buf_span(&m->raw), &evidence, e);
}

bool
seal_sign(struct seal_made *out, const struct service *s, const struct seal_wish *w, struct err *e)
{
	own_struct(making) m = { .wish = NULL };

	return making_sign(&m, s, w, e) && making_stamp(&m, s, e) && making_write(out, &m, e);
}

/*
 * Sealing what is reserved.
 */

struct sealing {
	const unsigned char *handle;
	int64_t until;
	struct err *why;
	bool good;
	struct reg_rows rows;
	struct permit_row permit;
	struct amended amended;		/* where it is a later version */
	int32_t first_day;		/* of the number's first version */
	struct active_cert by;		/* whose key seals */
	int64_t time;			/* of the reservation's entry */
	struct xades_target target[XADES_TARGETS_MAX];
	struct seal_wish wish;
	struct making making;
	struct seal_made seal;
	struct buf issuance, file;
};

static void
sealing_drop(struct sealing *x)
{
	reg_rows_drop(&x->rows);
	amended_drop(&x->amended);
	active_cert_drop(&x->by);
	making_drop(&x->making);
	seal_made_drop(&x->seal);
	buf_drop(&x->issuance);
	buf_drop(&x->file);
}

enum { FIRST_DAY = PERMIT_COLUMNS, RESERVATION, SEAL_DER, SEAL_GENERATION, RESERVED_COLUMNS };

static bool
read_reserved(struct sealing *x, const struct service *s, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("permit.reserved");
	struct reg_cell c[RESERVED_COLUMNS];
	struct entry reservation;

	reg_bytes(&read, "handle", span_of(x->handle, HANDLE_LEN));
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

static bool
sign_one(struct sealing *x, const struct service *s, struct err *e)
{
	if (!read_reserved(x, s, e) || (x->permit.version > 1 && !amended_by(&x->amended, s, &x->permit, e)))
		return false;
	make_issuance(x, s);
	x->wish = (struct seal_wish){ .id = "seal", .seal = &x->by, .kind = x->permit.kind, .time = x->time, .until = x->until, .target = x->target };
	return xades_seal_targets(x->target, &x->wish.n, x->permit.content, x->permit.officers, buf_span(&x->issuance), e) && making_sign(&x->making, s, &x->wish, e);
}

static bool
stamp_one(struct sealing *x, const struct service *s, struct err *e)
{
	return making_stamp(&x->making, s, e);
}

static bool
judge_one(struct sealing *x, const struct service *s, struct err *e)
{
	return making_write(&x->seal, &x->making, e) && permit_write(&x->file, x->permit.content, x->permit.officers, buf_span(&x->issuance), buf_span(&x->seal.element), e) &&
	    judge_own(x, s, clock_now(), e);
}

static bool
record_one(struct sealing *x, const struct service *s, struct err *e)
{
	if (!record_issued(x, s, e))
		return false;
	kept_seal_drop(s->kept, x->seal.digest);
	return true;
}

/*
 * Several at once.  The permits of a group go through each step together, so that one
 * way to a token and one commit are of many; a second group uses the cores while the
 * first waits for the disk.
 */

#define GROUPS 2
#define GROUP_MAX 32
#define GROUP_OCTETS (8u << 20)		/* of what officers have signed; long CRLs make small groups */

static const struct { unsigned crew; bool (*run)(struct sealing *, const struct service *, struct err *); } steps[] = {
	{ SEAL_CREW, sign_one }, { SEAL_CREW, stamp_one }, { JUDGES, judge_one }, { SEAL_CREW, record_one },
};

struct group { const struct service *s; size_t step; struct sealing x[GROUP_MAX]; };

static void
step_piece(void *state, size_t i)
{
	struct group *g = state;
	struct sealing *x = &g->x[i];

	x->good = x->good && steps[g->step].run(x, g->s, x->why);
}

static void
seal_group(const struct service *s, struct seal_task *task, size_t n, int64_t until)
{
	struct group *g = xalloc(sizeof(*g));

	g->s = s;
	for (size_t i = 0; i < n; i++)
		g->x[i] = (struct sealing){ .handle = task[i].handle, .until = until, .why = &task[i].why, .good = true,
			.by = { .cert = NULL, .der = buf_new(1) }, .issuance = buf_new(16 << 10), .file = buf_new(64u << 20) };
	for (g->step = 0; g->step < sizeof(steps) / sizeof(steps[0]); g->step++)
		crew_run(steps[g->step].crew, n, step_piece, g);
	for (size_t i = 0; i < n; i++) {
		task[i].good = g->x[i].good;
		sealing_drop(&g->x[i]);
	}
	free(g);
}

struct queue { const struct service *s; struct seal_task *task; size_t n, next; int64_t until; pthread_mutex_t lock; };

/* The next group: *n of them from *first. */
static bool
take_group(struct queue *q, size_t *first, size_t *n)
{
	size_t octets = 0;

	pthread_mutex_lock(&q->lock);
	*first = q->next;
	do
		octets += q->next < q->n ? q->task[q->next++].octets : 0;
	while (q->next < q->n && q->next - *first < GROUP_MAX && octets + q->task[q->next].octets <= GROUP_OCTETS);
	*n = q->next - *first;
	pthread_mutex_unlock(&q->lock);
	return *n > 0;
}

static void
seal_groups(void *state, size_t i)
{
	struct queue *q = state;
	size_t first, n;

	while (take_group(q, &first, &n))
		seal_group(q->s, q->task + first, n, q->until);
}

void
seal_many(const struct service *s, struct seal_task *task, size_t n, int64_t until)
{
	struct queue q = { .s = s, .task = task, .n = n, .until = until, .lock = PTHREAD_MUTEX_INITIALIZER };

	crew_run(GROUPS, GROUPS, seal_groups, &q);
}

bool
seal_one(const struct service *s, const unsigned char handle[HANDLE_LEN], int64_t until, struct err *e)
{
	struct seal_task task = { .handle = handle };

	seal_group(s, &task, 1, until);
	if (!task.good)
		*e = task.why;
	return task.good;
}
