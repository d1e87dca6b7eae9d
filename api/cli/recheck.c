/*
 * antin recheck -- everything that the register stores, looked at again: every
 * night, beside a register that works, a few rows at a time.
 *
 *	certificates	each decodes, signs what was reserved, is the key's, the
 *			serial number's and the issuer's
 *	permits		each is the octets that were recorded, and is judged with the
 *			evidence it brings, as of the time it was recorded: a permit
 *			of ten years ago stands on its own stamps and CRLs, and what
 *			was revoked since spoils none; and each officer held the right
 *			to sign it on that day, as the register has it (verifier/right.h)
 *	copies		of each permit's renewed copies (signer/renew.h) the newest is the
 *			octets that were recorded, and its archive time stamp holds today
 *	orders		each is the CMS of the certificate that it was taken from, and
 *			says what was recorded of it
 *	lists		every CRL, status list and pack of OCSP responses, by fsck's
 *			own eyes (register/derived.h)
 *
 * Goes on where an earlier run was stopped (--anew: from the first), and
 * remembers what it found (recheck.h) for `antin doctor`.  Exit 1 when something
 * is bad.  antin log fsck does more, all at once: records, columns, tiles.
 */
#include "api/cli/command.h"
#include "api/cli/recheck.h"
#include "api/cli/stored.h"

#include "base/clock.h"
#include "ca/serial.h"
#include "register/derived.h"
#include "verifier/order.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SAVE_MS 5000

const struct arg_option recheck_options[] = {
	{ "state", "DIR", false, "the register's state, as in [antin-register]" },
	{ "database", "NAME", false, "instead: a file, or a server (postgresql://...)" },
	{ "memory", "FILE", false, "what was found, and how far it came; kept from night to night" },
	{ "anew", NULL, false, "from the first, whatever a stopped run has seen" },
	{ "policy-folder", "DIR", false, "the policy" },
	{ NULL },
};

/* Who signed a permit, until it is asked by what right. */
struct signed_by { char person[64], mode[256]; int64_t day; bool known, held; };
struct signing { unsigned char handle[HANDLE_LEN]; char kind[64], agency[64]; struct signed_by officer[XADES_OFFICERS_MAX]; size_t n; };

struct work {
	struct stored stored;
	struct recheck memory;
	const char *path;		/* of the memory */
	struct report *report;
	struct signing *signing;	/* of a page */
	size_t nsignings;
	int64_t now, saved_ms;
};

/* A sentence is kept of the first few; all are counted. */
static void
bad(struct work *w, const char *what, struct span id, const char *why)
{
	struct recheck_round *r = &w->memory.now;
	struct recheck_bad *b = &r->named[r->nnamed];

	r->bad++;
	if (r->nnamed == RECHECK_NAMED)
		return;
	r->nnamed++;
	snprintf(b->what, sizeof(b->what), "%s", what);
	snprintf(b->why, sizeof(b->why), "%s", why);
	if (id.len * 2 < sizeof(b->id))
		hex_text(b->id, id);
}

/*
 * Certificates.
 */

static bool
good_certificate(const struct work *w, const struct value *c, struct err *e)
{
	own(X509) *cert = NULL;
	unsigned char key_id[KEY_ID_LEN];
	own_struct(buf) serial = buf_new(128);
	own_struct(buf) mine = buf_new(128);

	if (!cert_from_der(&cert, c[2].s, e))
		return false;
	if (memmem(c[2].s.ptr, c[2].s.len, c[1].s.ptr, c[1].s.len) == NULL)
		return fail(e, ERR_STORE, "it signs something else than what was reserved");
	serial_hex(&serial, X509_get0_serialNumber(cert));
	hex_put(&mine, c[0].s);
	if (!span_eq(buf_span(&serial), buf_span(&mine)))
		return fail(e, ERR_STORE, "it has another serial number");
	key_id_of_cert(key_id, cert);
	if (!span_eq(c[3].s, span_of(key_id, KEY_ID_LEN)))
		return fail(e, ERR_STORE, "it is of another key");
	if (asn1_time_secs(X509_get0_notBefore(cert)) != c[4].i || asn1_time_secs(X509_get0_notAfter(cert)) != c[5].i)
		return fail(e, ERR_STORE, "it is of other times");
	return evidence_issuer(w->stored.evidence, NULL, cert) != NULL || fail(e, ERR_STORE, "no authority of this register has signed it");
}

static bool
see_certificate(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct work *w = ctx;
	struct recheck_round *r = &w->memory.now;
	struct err why;

	if (c[0].s.len != SERIAL_LEN)
		return fail(e, ERR_STORE, "certificate: a serial number of %zu octets", c[0].s.len);
	if (!good_certificate(w, c, &why))
		bad(w, "certificate", c[0].s, why.text);
	r->certificates++;
	r->signatures++;
	memcpy(r->after, c[0].s.ptr, SERIAL_LEN);
	r->after_len = SERIAL_LEN;
	return true;
}

static bool
see_certificates(struct work *w, uint64_t *n, struct err *e)
{
	static const enum reg_type types[] = { REG_BYTES, REG_BYTES, REG_BYTES, REG_BYTES, REG_INT, REG_INT };
	unsigned char began[RECHECK_AFTER_MAX];
	struct values v = { .n = 0 };

	memcpy(began, w->memory.now.after, sizeof(began));
	values_span(&v, "after", REG_BYTES, span_of(began, w->memory.now.after_len));
	return store_run(w->stored.db, "SELECT serial, tbs, der, key_id, not_before, not_after FROM certificate WHERE serial > $after AND der IS NOT NULL "
	    "ORDER BY serial LIMIT 256", &v, types, 6, see_certificate, w, n, e);
}

/*
 * Permits.
 */

/* The sentence of the first signature that does not hold, else the document's. */
static const char *
why_not(const struct report *r)
{
	for (size_t i = 0; i < r->nsignatures; i++)
		if (r->signature[i].verdict != VERDICT_PASSED && r->signature[i].reasons.n > 0)
			return r->signature[i].reasons.at[r->signature[i].reasons.n - 1].en;
	return r->reasons.n > 0 ? r->reasons.at[r->reasons.n - 1].en : "it does not pass";
}

static void
keep_signing(struct work *w, const struct stored_permit *p)
{
	struct signing *x = &w->signing[w->nsignings++];

	*x = (struct signing){ .n = 0 };
	memcpy(x->handle, p->handle.ptr, HANDLE_LEN);
	snprintf(x->kind, sizeof(x->kind), "%.*s", (int)p->kind.len, (const char *)p->kind.ptr);
	snprintf(x->agency, sizeof(x->agency), "%.*s", (int)p->agency.len, (const char *)p->agency.ptr);
	for (size_t i = 0; i < w->report->nsignatures && x->n < XADES_OFFICERS_MAX; i++) {
		const struct report_signature *s = &w->report->signature[i];
		struct signed_by *by = &x->officer[x->n];

		if (strncmp(s->id, "officer-", 8) != 0)
			continue;
		snprintf(by->person, sizeof(by->person), "%s", s->person);
		snprintf(by->mode, sizeof(by->mode), "%s", s->mode);
		by->day = day_in_vietnam(s->claimed);
		x->n++;
	}
}

static bool
see_appointment(void *ctx, const struct stored_right *r, struct err *e)
{
	struct signing *x = ctx;
	struct signed_by *by;

	if (r->n < 1 || (uint64_t)r->n > x->n)
		return true;
	by = &x->officer[r->n - 1];
	by->known = true;
	by->held |= r->entry >= 0 && right_covers(&r->held, &(struct right_used){ by->person, by->mode, x->agency, x->kind, by->day });
	return true;
}

static bool
see_right(struct work *w, struct signing *x, struct err *e)
{
	if (!stored_rights(&w->stored, x->handle, see_appointment, x, e))
		return false;
	for (size_t i = 0; i < x->n; i++)
		if (x->officer[i].known && !x->officer[i].held) {
			bad(w, "permit", span_of(x->handle, HANDLE_LEN), "an officer had no right to sign it: no appointment for kind, agency and mode on that day");
			return true;
		}
	return true;
}

static bool
see_permit(void *ctx, const struct stored_permit *p, struct err *e)
{
	own_struct(buf) file = buf_new(XML_SIZE_MAX);
	struct work *w = ctx;
	unsigned char digest[SHA256_LEN];

	if (!stored_file(&file, p, e))
		return false;
	sha256(digest, buf_span(&file));
	stored_judge(w->report, &w->stored, p, buf_span(&file), p->recorded != INT64_MIN ? p->recorded : w->now, 0);
	w->memory.now.permits++;
	w->memory.now.signatures += (int64_t)w->report->nsignatures;
	if (p->file.len > 0 && !span_eq(p->sha256, span_of(digest, SHA256_LEN)))
		bad(w, "permit", p->handle, "it is not the octets that were recorded");
	else if (w->report->verdict != VERDICT_PASSED)
		bad(w, "permit", p->handle, why_not(w->report));
	else
		keep_signing(w, p);
	report_drop(w->report);
	return true;
}

static bool
see_permits(struct work *w, uint64_t *n, struct err *e)
{
	struct recheck_round *r = &w->memory.now;
	unsigned char after[HANDLE_LEN] = { 0 };

	if (r->after_len == HANDLE_LEN)
		memcpy(after, r->after, HANDLE_LEN);
	w->nsignings = 0;
	if (!stored_page(&w->stored, STORED_ISSUED, after, see_permit, w, n, e))
		return false;
	for (size_t i = 0; i < w->nsignings; i++)
		if (!see_right(w, &w->signing[i], e))
			return false;
	memcpy(r->after, after, HANDLE_LEN);
	r->after_len = HANDLE_LEN;
	return true;
}

/*
 * Copies: of each permit the one whose proofs last longest.
 */

/* What reaffirms a permit stands by its own time stamp, until an archive time stamp comes. */
static bool
newest_holds(const struct report *r)
{
	const struct report_signature *last = &r->signature[r->nsignatures == 0 ? 0 : r->nsignatures - 1];

	if (r->nsignatures == 0)
		return false;
	return last->archives == 0 ? strcmp(last->id, "reaffirm") == 0 && last->verdict == VERDICT_PASSED && last->proof != PROOF_NONE : last->archived != INT64_MIN;
}

static bool
see_copy(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	const struct stored_permit p = { .handle = c[0].s, .file = c[1].s, .sha256 = c[2].s };
	struct work *w = ctx;
	struct recheck_round *r = &w->memory.now;
	unsigned char digest[SHA256_LEN];

	if (p.handle.len != HANDLE_LEN)
		return fail(e, ERR_STORE, "permit_renewal: a handle of %zu octets", p.handle.len);
	sha256(digest, p.file);
	stored_judge(w->report, &w->stored, &p, p.file, w->now, 0);
	if (!span_eq(p.sha256, span_of(digest, SHA256_LEN)))
		bad(w, "copy", p.handle, "it is not the octets that were recorded");
	else if (!newest_holds(w->report))
		bad(w, "copy", p.handle, "its newest time stamp does not hold");
	r->signatures++;
	report_drop(w->report);
	memcpy(r->after, p.handle.ptr, HANDLE_LEN);
	r->after_len = HANDLE_LEN;
	return true;
}

static bool
see_copies(struct work *w, uint64_t *n, struct err *e)
{
	static const enum reg_type types[] = { REG_BYTES, REG_BYTES, REG_BYTES };
	unsigned char began[RECHECK_AFTER_MAX];
	struct values v = { .n = 0 };

	memcpy(began, w->memory.now.after, sizeof(began));
	values_span(&v, "after", REG_BYTES, span_of(began, w->memory.now.after_len));
	return store_run(w->stored.db, "SELECT r.handle, r.sealed, r.sha256 FROM permit_renewal r WHERE r.handle > $after AND "
	    "r.n = (SELECT max(x.n) FROM permit_renewal x WHERE x.handle = r.handle) ORDER BY r.handle LIMIT 16", &v, types, 3, see_copy, w, n, e);
}

/*
 * Orders.
 */

static bool
good_order(const struct value *c, struct err *e)
{
	own_struct(order) o = { .json = NULL };
	own(X509) *cert = NULL;

	if (c[3].null)
		return fail(e, ERR_STORE, "its signer's certificate is not there");
	if (!cert_from_der(&cert, c[3].s, e) || !order_open(&o, c[2].s, cert, e))
		return false;
	return (span_eq(c[0].s, span_of(o.id, ORDER_ID_LEN)) && span_eq_str(c[1].s, o.verb)) || fail(e, ERR_STORE, "it is another order than was recorded");
}

static bool
see_order(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct work *w = ctx;
	struct recheck_round *r = &w->memory.now;
	struct err why;

	if (c[0].s.len != ORDER_ID_LEN)
		return fail(e, ERR_STORE, "order_accepted: an id of %zu octets", c[0].s.len);
	if (!good_order(c, &why))
		bad(w, "order", c[0].s, why.text);
	r->orders++;
	r->signatures++;
	memcpy(r->after, c[0].s.ptr, ORDER_ID_LEN);
	r->after_len = ORDER_ID_LEN;
	return true;
}

static bool
see_orders(struct work *w, uint64_t *n, struct err *e)
{
	static const enum reg_type types[] = { REG_BYTES, REG_TEXT, REG_BYTES, REG_BYTES };
	unsigned char began[RECHECK_AFTER_MAX];
	struct values v = { .n = 0 };

	memcpy(began, w->memory.now.after, sizeof(began));
	values_span(&v, "after", REG_BYTES, span_of(began, w->memory.now.after_len));
	return store_run(w->stored.db, "SELECT id, verb, cms, (SELECT der FROM certificate WHERE serial = signer) FROM order_accepted WHERE id > $after ORDER BY id LIMIT 64",
	    &v, types, 4, see_order, w, n, e);
}

/*
 * Lists.
 */

static bool
see_lists(struct work *w, uint64_t *n, struct err *e)
{
	struct derived d;
	struct err why;
	bool good;

	*n = 0;
	/* Lists are made while we look: all of one moment. */
	if (!store_begin(w->stored.db, STORE_SNAPSHOT, e))
		return false;
	good = derived_check(&d, w->stored.db, &why);
	if (store_is_lost(w->stored.db))
		return fail(e, ERR_LATER, "%s", why.text);
	store_rollback(w->stored.db);
	if (good)
		w->memory.now.signatures += (int64_t)d.signatures;
	else
		bad(w, "list", SPAN_NONE, why.text);
	return true;
}

/*
 * One step after the other; each sees some, behind `after`, until there are none.
 */

static const struct { const char *name; bool (*some)(struct work *, uint64_t *n, struct err *); } steps[] = {
	{ "certificates", see_certificates }, { "permits", see_permits }, { "copies", see_copies }, { "orders", see_orders }, { "lists", see_lists },
};
#define STEPS (sizeof(steps) / sizeof(steps[0]))

static bool
save(struct work *w, bool now, struct err *e)
{
	if (!now && clock_mono_ms() < w->saved_ms + SAVE_MS)
		return true;
	w->saved_ms = clock_mono_ms();
	return recheck_write(&w->memory, w->path, e);
}

static bool
run_step(struct work *w, size_t i, struct err *e)
{
	struct recheck_round *r = &w->memory.now;
	uint64_t n;

	if (strcmp(r->step, steps[i].name) != 0) {
		snprintf(r->step, sizeof(r->step), "%s", steps[i].name);
		r->after_len = 0;
	}
	do {
		if (!steps[i].some(w, &n, e) || !save(w, n == 0, e))
			return false;
	} while (n > 0);
	return true;
}

static size_t
step_of(const struct recheck_round *r)
{
	for (size_t i = 0; i < STEPS; i++)
		if (strcmp(r->step, steps[i].name) == 0)
			return i;
	return 0;
}

static bool
begin(struct work *w, bool anew, struct err *e)
{
	struct recheck_round *now = &w->memory.now;

	if (!recheck_read(&w->memory, w->path, e)) {
		if (e->class != ERR_ABSENT)
			return false;
		w->memory.last.began = w->memory.now.began = INT64_MIN;
	}
	if (anew || now->began == INT64_MIN)
		*now = (struct recheck_round){ .began = w->now, .ended = INT64_MIN };
	w->report = xalloc(sizeof(*w->report));
	w->signing = xalloc(STORED_PAGE * sizeof(w->signing[0]));
	return true;
}

static bool
run(struct work *w, struct err *e)
{
	for (size_t i = step_of(&w->memory.now); i < STEPS; i++)
		if (!run_step(w, i, e))
			return false;
	w->memory.now.ended = clock_now();
	w->memory.last = w->memory.now;
	w->memory.now = (struct recheck_round){ .began = INT64_MIN, .ended = INT64_MIN };
	return save(w, true, e);
}

static void
print_round(const struct args *a, const struct recheck_round *r)
{
	if (a->json) {
		own(json_t) *list = json_array();
		own(json_t) *j = NULL;

		for (size_t i = 0; i < r->nnamed; i++)
			json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "what", r->named[i].what, "id", r->named[i].id, "why", r->named[i].why));
		j = json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:O}", "done", r->bad == 0, "certificates", (json_int_t)r->certificates, "permits", (json_int_t)r->permits,
		    "orders", (json_int_t)r->orders, "signatures", (json_int_t)r->signatures, "bad", (json_int_t)r->bad, "named", list);
		command_print_json(j);
		return;
	}
	for (size_t i = 0; i < r->nnamed; i++)
		printf("hỏng / bad: %s %s: %s\n", r->named[i].what, r->named[i].id, r->named[i].why);
	printf("đã xem lại / looked at again: %" PRId64 " chứng thư / certificates, %" PRId64 " giấy phép / permits, %" PRId64 " lệnh / orders, %" PRId64 " chữ ký / signatures; hỏng / bad: %" PRId64 "\n",
	    r->certificates, r->permits, r->orders, r->signatures, r->bad);
}

int
command_recheck(const struct args *a)
{
	static struct work w;
	own_str char *database = NULL;
	struct err e;
	bool good;

	if (a->nwords != 0) {
		fail(&e, ERR_INPUT, "antin recheck --state DIR --memory FILE");
		return command_usage(a, &e);
	}
	if (!command_database(&database, a, &e) || !args_need(a, "memory", &w.path, &e))
		return command_usage(a, &e);
	w.now = clock_now();
	good = stored_open(&w.stored, database, command_policy_folder(a), STORED_THEN, &e) && begin(&w, args_has(a, "anew"), &e) && run(&w, &e);
	stored_drop(&w.stored);
	free(w.report);
	free(w.signing);
	if (!good)
		return command_refuse(a, &e);
	print_round(a, &w.memory.last);
	return w.memory.last.bad == 0 ? 0 : 1;
}
