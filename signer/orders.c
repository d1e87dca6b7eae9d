/*
 * Orders about permits (permit_life.h): signature, signer, role and scope,
 * freshness, subjects; then one unit that accepts the order and does what it
 * says.
 */
#include "signer/order_act.h"

#include "base/clock.h"
#include "base/crew.h"
#include "base/fault.h"
#include "policy/keep.h"

#include <stdio.h>
#include <stdlib.h>

static void
acting_drop(struct acting *a)
{
	for (size_t i = 0; a->rows != NULL && i < a->order.nsubjects; i++)
		reg_rows_drop(&a->rows[i]);
	free(a->rows);
	free(a->permit);
	order_drop(&a->order);
	active_cert_drop(&a->signer);
	reg_unit_drop(&a->unit);
}

/* The register refuses it in any case; but what it did before would be refused
 * first, and whoever sends an order again because no answer came asks about that. */
static bool
is_new(const struct acting *a, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("order.accepted");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[1];
	bool more;

	reg_bytes(&read, "id", span_of(a->order.id, ORDER_ID_LEN));
	if (!reg_read(a->s->reg, &read, &rows, e) || !reg_next(&rows, c, 1, &more, e))
		return false;
	return !more || fail(e, ERR_CONFLICT, "this order was accepted before (entry %lld); an order acts once", (long long)c[0].i);
}

/* Who signed, looked up first; then the signature with that certificate. */
static bool
open_order(struct acting *a, struct err *e)
{
	own_struct(buf) serial = buf_new(128);
	const struct profile *f;

	if (!order_signer(&serial, a->cms, e) || !active_cert_find(&a->signer, a->s, buf_str(&serial), a->now, e) ||
	    !order_open(&a->order, a->cms, a->signer.cert, e))
		return false;
	a->verb = policy_verb(a->s->policy, a->order.verb);
	if (a->verb == NULL || strncmp(a->order.verb, "permit.", 7) != 0)
		return fail(e, ERR_POLICY, "there is no order %.40s about permits", a->order.verb);
	if (a->signer.person[0] == '\0')
		return fail(e, ERR_POLICY, "an order is signed by a person");
	f = policy_profile(a->s->policy, a->signer.profile);
	if (f == NULL || !profile_commits(f))
		return fail(e, ERR_POLICY, "a certificate of the profile %s signs no orders", a->signer.profile);
	return order_timely(&a->order, a->now, a->verb->secs, e) && is_new(a, e);
}

bool
act_may(const struct acting *a, const char *agency, struct err *e)
{
	const struct right r = { .person = a->signer.person, .roles = a->verb->roles, .agency = agency, .day = day_in_vietnam(a->now) };
	struct appointment held;

	return appointment_find(&held, a->s, &r, e);
}

static void
accept_order(struct acting *a, const char *org)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(a->signer.cert);

	reg_verb(&a->unit, "order.accept");
	reg_text(&a->unit, "org", org);
	reg_text(&a->unit, "role", a->verb->roles);
	reg_bytes(&a->unit, "order_id", span_of(a->order.id, ORDER_ID_LEN));
	reg_text(&a->unit, "act", a->order.verb);
	reg_bytes(&a->unit, "signer", span_of(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial)));
	reg_bytes(&a->unit, "cms", a->cms);
	reg_int(&a->unit, "after_size", (int64_t)a->order.after_size);
	reg_bytes(&a->unit, "after_root", span_of(a->order.after_root, SHA256_LEN));
}

/* A permit whose record is lost can still be withdrawn: the signer saw its
 * entry.  *found is false when it is not one. */
static bool
take_lost(struct acting *a, size_t i, const unsigned char handle[HANDLE_LEN], bool *found, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("permit.lost");
	unsigned char digest[SHA256_LEN];
	struct permit_row *p = &a->permit[i];
	struct reg_cell c[6];

	*found = false;
	reg_bytes(&read, "handle", span_of(handle, HANDLE_LEN));
	if (!reg_read(a->s->reg, &read, &a->rows[i], e) || !reg_next(&a->rows[i], c, 6, found, e))
		return false;
	if (!*found) {
		reg_rows_drop(&a->rows[i]);
		a->rows[i] = (struct reg_rows){ .left = 0 };
		return true;
	}
	*p = (struct permit_row){ .handle = c[0].s, .state = "lost", .list = c[3].i, .idx = c[4].i, .valid_to = INT64_MAX, .changes = 1 };
	snprintf(p->agency, sizeof(p->agency), "%.*s", (int)c[1].s.len, (const char *)c[1].s.ptr);
	snprintf(p->kind, sizeof(p->kind), "%.*s", (int)c[2].s.len, (const char *)c[2].s.ptr);
	sha256(digest, c[5].s);
	if (memcmp(digest, a->order.subject[i].hash, SHA256_LEN) != 0)
		return fail(e, ERR_CONFLICT, "subject %zu: the record of this permit is lost; its hash is that of its entry of type 5", i + 1);
	return act_may(a, p->agency, e);
}

/* The permit that a subject names, as the signer saw it. */
static bool
take_subject(struct acting *a, size_t i, struct err *e)
{
	const struct order_subject *subject = &a->order.subject[i];
	own_struct(buf) file = buf_new(64u << 20);
	unsigned char handle[HANDLE_LEN], digest[SHA256_LEN];
	bool lost = false;

	if (!hex_get_fixed(handle, HANDLE_LEN, span_str(subject->id), e) ||
	    (strcmp(a->order.verb, "permit.withdraw") == 0 && !take_lost(a, i, handle, &lost, e)))
		return fail_in(e, "subject %zu", i + 1);
	if (lost)
		return true;
	if (!permit_by_handle(a->s, &a->rows[i], &a->permit[i], handle, e) ||
	    !a->ordered_upon(&file, &a->permit[i], e))
		return fail_in(e, "subject %zu", i + 1);
	sha256(digest, buf_span(&file));
	if (memcmp(digest, subject->hash, SHA256_LEN) != 0)
		return fail(e, ERR_CONFLICT, "subject %zu: the order was signed for another version of this permit", i + 1);
	return (i > 0 && strcmp(a->permit[i].agency, a->permit[i - 1].agency) == 0) || act_may(a, a->permit[i].agency, e);
}

bool
act_subjects(struct acting *a, struct err *e)
{
	a->rows = xalloc(a->order.nsubjects * sizeof(*a->rows));
	a->permit = xalloc(a->order.nsubjects * sizeof(*a->permit));
	for (size_t i = 0; i < a->order.nsubjects; i++)
		if (!take_subject(a, i, e))
			return false;
	accept_order(a, a->permit[0].agency);
	for (size_t i = 0; i < a->order.nsubjects; i++) {
		reg_verb(&a->unit, "order.fresh");
		reg_bytes(&a->unit, "subject", a->permit[i].handle);
		reg_int(&a->unit, "after_size", (int64_t)a->order.after_size);
	}
	return true;
}

static json_t *
handle_json(const struct permit_row *p)
{
	char handle[HANDLE_HEX];

	hex_text(handle, p->handle);
	return json_string(handle);
}

static bool
seal_day(const struct acting *a, int32_t *day, struct err *e)
{
	static const char *const keys[] = { "day", NULL };
	const char *text = NULL;

	*day = day_in_vietnam(a->now);
	if (a->order.with == NULL)
		return true;
	if (!json_only(a->order.with, keys, e) || !json_may_str(&text, a->order.with, "day", e))
		return fail_in(e, "\"with\"");
	if (text == NULL)
		return true;
	if (!date_parse(day, text, e))
		return fail_in(e, "\"day\"");
	/* The number's date is the day of sealing; a clerk may not date back. */
	return *day == day_in_vietnam(a->now) || fail(e, ERR_POLICY, "a permit is dated on the day it is sealed");
}

/* Sealing what was reserved: each by itself. */
struct sealed { bool good; struct err why; };
struct seal_all { struct acting *a; enum seal_work work; struct sealed *result; int64_t until; };

static void
seal_piece(void *state, size_t i)
{
	struct seal_all *all = state;
	const unsigned char *handle = all->a->permit[i].handle.ptr;
	struct sealed *r = &all->result[i];

	r->good = all->work == SEAL_ISSUE ? seal_one(all->a->s, handle, all->until, &r->why) : reaffirm_one(all->a->s, handle, all->until, &r->why);
	/* The reservation is durable: the seal follows (seal_again.c). */
	if (!r->good)
		seal_again_put(all->a->s, all->work, handle, &r->why);
}

bool
act_seal_reserved(struct acting *a, json_t **out, enum seal_work work, const char *next, struct err *e)
{
	struct seal_all all = { .a = a, .work = work };
	json_t *results;

	if (!reg_run(a->s->reg, &a->unit, NULL, e)) {
		/* Nobody knows whether it ran: what is reserved must be sealed. */
		for (size_t i = 0; e->class == ERR_LATER && i < a->order.nsubjects; i++)
			seal_again_put(a->s, work, a->permit[i].handle.ptr, e);
		return false;
	}
	all.until = clock_mono_ms() + STAMP_PATIENCE_MS;
	all.result = xalloc(a->order.nsubjects * sizeof(*all.result));
	crew_run(SEAL_CREW, a->order.nsubjects, seal_piece, &all);
	results = json_array();
	for (size_t i = 0; i < a->order.nsubjects; i++) {
		char handle[HANDLE_HEX];

		hex_text(handle, a->permit[i].handle);
		json_array_append_new(results, result_json(handle, all.result[i].good, &all.result[i].why, next));
	}
	free(all.result);
	status_changed(a->s);
	*out = json_pack("{s:o}", "results", results);
	return true;
}

static bool
act_seal(struct acting *a, json_t **out, struct err *e)
{
	int32_t day;

	if (!seal_day(a, &day, e) || !act_subjects(a, e))
		return false;
	for (size_t i = 0; i < a->order.nsubjects; i++) {
		if (strcmp(a->permit[i].state, "signed") != 0)
			return fail(e, ERR_CONFLICT, "subject %zu does not wait for its seal (%s)", i + 1, a->permit[i].state);
		/* Subjects of one agency are asked about once. */
		if ((i == 0 || strcmp(a->permit[i].agency, a->permit[i - 1].agency) != 0) && !seal_is_there(a->s, a->permit[i].agency, e))
			return fail_in(e, "subject %zu", i + 1);
		if (!seal_reserve(&a->unit, a->s, &a->permit[i], day, e))
			return fail_in(e, "subject %zu", i + 1);
	}
	FAULT_POINT("signer.reserve");
	return act_seal_reserved(a, out, SEAL_ISSUE, "the number is reserved, the seal follows by itself", e);
}

bool
act_run(struct acting *a, json_t **out, struct err *e)
{
	json_t *results;

	if (!reg_run(a->s->reg, &a->unit, NULL, e))
		return false;
	results = json_array();
	for (size_t i = 0; i < a->order.nsubjects; i++)
		json_array_append_new(results, json_pack("{s:o, s:b}", "handle", handle_json(&a->permit[i]), "done", 1));
	*out = json_pack("{s:o}", "results", results);
	return true;
}

static void
put_erase(struct acting *a, const struct permit_row *p, int64_t idx)
{
	reg_verb(&a->unit, "permit.erase");
	reg_bytes(&a->unit, "handle", p->handle);
	reg_text(&a->unit, "agency", p->agency);
	reg_text(&a->unit, "kind", p->kind);
	reg_int(&a->unit, "idx", idx);
	reg_bytes(&a->unit, "order_id", span_of(a->order.id, ORDER_ID_LEN));
}

/* Of officers who signed before the last one, the newest first. */
static bool
erase_turns(struct acting *a, const struct permit_row *p, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("permit.turns");
	own_struct(reg_rows) rows = { .left = 0 };
	int64_t entry[KIND_TURNS_MAX];
	struct reg_cell c[2];
	size_t n = 0;
	bool more;

	reg_bytes(&read, "handle", p->handle);
	if (!reg_read(a->s->reg, &read, &rows, e) || !reg_next(&rows, c, 2, &more, e))
		return false;
	while (more) {
		if (n == KIND_TURNS_MAX)
			return fail(e, ERR_BUG, "more than %d officers have signed", KIND_TURNS_MAX);
		entry[n++] = c[0].i;
		if (!reg_next(&rows, c, 2, &more, e))
			return false;
	}
	while (n > 0)
		put_erase(a, p, entry[--n]);
	return true;
}

/* What was issued is not erased by an order; the refusal says for how long it must be kept. */
static bool
refuse_issued(const struct acting *a, const struct permit_row *p, struct err *e)
{
	char rule[KEEP_TEXT];
	struct keep k;
	struct life l;

	if (!permit_life(&l, a->s, p, day_in_vietnam(a->now), e))
		return false;
	k = keep_of(policy_kind(a->s->policy, p->kind), &l);
	keep_text(rule, &k);
	if (k.state == KEEP_OVER)
		return fail(e, ERR_CONFLICT, "only what never became a permit is erased: this one need not be kept any more (%s), but no order erases it", rule);
	return fail(e, ERR_CONFLICT, "only what never became a permit is erased; this one is %s: %s is %s", p->state, p->kind, rule);
}

/* Its entries, the newest first: a return, the officers' signatures, the draft. */
static bool
erase_subject(struct acting *a, const struct permit_row *p, struct err *e)
{
	own_struct(reg_unit) read = reg_read_new("permit.entries");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[3];

	if (!word_in("draft signed void", p->state))
		return refuse_issued(a, p, e);
	reg_bytes(&read, "handle", p->handle);
	if (!reg_one(a->s->reg, &read, &rows, c, 3, "such permit", e))
		return false;
	for (size_t i = 3; i-- > 1;)
		if (!c[i].null)
			put_erase(a, p, c[i].i);
	if (!erase_turns(a, p, e))
		return false;
	put_erase(a, p, c[0].i);
	return true;
}

static bool
act_erase(struct acting *a, json_t **out, struct err *e)
{
	static const char *const keys[] = { "decision", NULL };
	const char *decision;

	if (a->order.with == NULL || !json_only(a->order.with, keys, e) || !json_take_str(&decision, a->order.with, "decision", e))
		return fail(e, ERR_INPUT, "an erasure names its decision: \"with\":{\"decision\":\"07/QĐ-STTTT\"}");
	a->ordered_upon = permit_erasable;
	if (!act_subjects(a, e))
		return false;
	for (size_t i = 0; i < a->order.nsubjects; i++)
		if (!erase_subject(a, &a->permit[i], e))
			return fail_in(e, "subject %zu", i + 1);
	FAULT_POINT("signer.erase");
	return act_run(a, out, e);
}

/* What an order says of itself: its hash is that of its own "with". */
static bool
with_hash_ok(const struct acting *a, struct err *e)
{
	own_struct(buf) text = buf_new(ORDER_MAX);
	unsigned char digest[SHA256_LEN];

	if (a->order.with == NULL || a->order.nsubjects != 1)
		return fail(e, ERR_INPUT, "this order has one subject and says more in \"with\"");
	json_write(&text, a->order.with);
	sha256(digest, buf_span(&text));
	return memcmp(digest, a->order.subject[0].hash, SHA256_LEN) == 0 || fail(e, ERR_INPUT, "the subject's hash is not that of \"with\"");
}

static bool
act_open_book(struct acting *a, json_t **out, struct err *e)
{
	static const char *const keys[] = { "book", "year", "next", NULL };
	const char *agency = a->order.subject[0].id, *book;
	int64_t year, next;

	if (!with_hash_ok(a, e) || !json_only(a->order.with, keys, e) || !json_take_str(&book, a->order.with, "book", e) ||
	    !json_take_int(&year, a->order.with, "year", e) || !json_take_int(&next, a->order.with, "next", e))
		return false;
	if (policy_agency(a->s->policy, agency) == NULL)
		return fail(e, ERR_ABSENT, "there is no agency %.60s", agency);
	if (!act_may(a, agency, e))
		return false;
	accept_order(a, agency);
	reg_verb(&a->unit, "book.open");
	reg_text(&a->unit, "agency", agency);
	reg_text(&a->unit, "book", book);
	reg_int(&a->unit, "year", year);
	reg_int(&a->unit, "next", next);
	if (!reg_run(a->s->reg, &a->unit, NULL, e))
		return false;
	*out = json_pack("{s:s, s:s, s:I, s:I}", "agency", agency, "book", book, "year", (json_int_t)year, "next", (json_int_t)next);
	return true;
}

static const struct { const char *verb; bool (*act)(struct acting *, json_t **, struct err *); } acts[] = {
	{ "permit.seal", act_seal }, { "permit.open-book", act_open_book }, { "permit.erase", act_erase }, { "permit.return", act_return },
	{ "permit.suspend", act_change }, { "permit.resume", act_change }, { "permit.withdraw", act_change }, { "permit.restore", act_change },
	{ "permit.void", act_change }, { "permit.annotate", act_change }, { "permit.reaffirm", act_reaffirm },
};

bool
order_act(json_t **out, const struct service *s, struct span cms, int64_t now, struct err *e)
{
	struct acting a = { .s = s, .cms = cms, .now = now, .unit = reg_unit_new(), .ordered_upon = permit_file, .signer = { .cert = NULL, .der = buf_new(1) } };
	bool good = open_order(&a, e), known = false;

	for (size_t i = 0; good && !known && i < sizeof(acts) / sizeof(acts[0]); i++)
		if (strcmp(acts[i].verb, a.order.verb) == 0) {
			known = true;
			good = acts[i].act(&a, out, e);
		}
	if (good && !known)
		good = fail(e, ERR_POLICY, "the order %s cannot be carried out here", a.order.verb);
	acting_drop(&a);
	return good;
}
