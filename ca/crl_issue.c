#include "ca/crl_issue.h"

#include "base/clock.h"
#include "base/crew.h"
#include "ca/der.h"
#include "ca/ocsp_issue.h"
#include "ca/reissue.h"
#include "verifier/crl.h"

#include <openssl/err.h>

#include <stdio.h>
#include <stdlib.h>

#define CRL_MAX (40u << 20)
#define SERIAL_OCTETS 20
#define TURNS 4			/* of several authorities at once */

struct crl_clock { struct reissue *again; int64_t number; };	/* of the last one; who makes one holds it */

struct crl_clock *
crl_clock_new(void)
{
	struct crl_clock *c = xalloc(sizeof(*c));

	c->again = reissue_new();
	return c;
}

void
crl_kind(char out[CRL_KIND_TEXT], int64_t shard)
{
	promise(shard >= 0 && shard < GENERATIONS_MAX);
	snprintf(out, CRL_KIND_TEXT, shard == 0 ? "crl" : "crl%d", (int)shard);
}

/*
 * The to-be-signed octets, RFC 5280 5.1.2.
 */

/* 5.3.1, its only variable octet last. */
static void
put_reason(struct buf *out, int code)
{
	static const unsigned char extension[] = { 0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01 };

	buf_put(out, extension, sizeof(extension));
	buf_put_byte(out, (unsigned char)code);
}

/* 5.3.2 */
static void
put_invalidity(struct buf *out, int64_t t)
{
	static const unsigned char oid[] = { 0x06, 0x03, 0x55, 0x1d, 0x18 };
	own_struct(buf) time = buf_new(32), body = buf_new(64);

	der_generalized_time(&time, t);
	buf_put(&body, oid, sizeof(oid));
	der_put(&body, 0x04, buf_span(&time));
	der_put(out, 0x30, buf_span(&body));
}

/* 5.3.1: reasonCode is left out for unspecified (0). */
static void
put_entry_extensions(struct buf *out, const struct crl_row *r)
{
	own_struct(buf) all = buf_new(128);

	if (r->reason != 0)
		put_reason(&all, r->reason);
	if (r->invalidity != INT64_MIN)
		put_invalidity(&all, r->invalidity);
	if (all.len > 0)
		der_put(out, 0x30, buf_span(&all));
}

static void
put_rows(struct buf *out, const struct crl_row *rows, size_t n)
{
	own_struct(buf) all = buf_new(CRL_MAX);
	own_struct(buf) one = buf_new(256);

	for (size_t i = 0; i < n; i++) {
		buf_reset(&one);
		der_put(&one, 0x02, span_of(rows[i].serial, SERIAL_OCTETS));
		der_time(&one, rows[i].date);
		put_entry_extensions(&one, &rows[i]);
		der_put(&all, 0x30, buf_span(&one));
	}
	out->failed |= all.failed;
	/* 5.1.2.6: absent when there is none. */
	if (n > 0)
		der_put(out, 0x30, buf_span(&all));
}

static void
put_x509_extension(struct buf *out, X509_EXTENSION *x)
{
	unsigned char *der = NULL;
	int n = i2d_X509_EXTENSION(x, &der);

	promise(n > 0);
	buf_put(out, der, (size_t)n);
	OPENSSL_free(der);
}

/* 5.2.1 authority key identifier, 5.2.3 CRL number. */
static void
put_extensions(struct buf *out, X509 *issuer, int64_t number)
{
	X509V3_CTX ctx;
	own(ASN1_INTEGER) *n = ASN1_INTEGER_new();
	own(X509_EXTENSION) *aki = NULL;
	own(X509_EXTENSION) *num = NULL;
	own_struct(buf) all = buf_new(1024);
	own_struct(buf) list = buf_new(1024);

	promise(n != NULL && ASN1_INTEGER_set_int64(n, number) == 1);
	X509V3_set_ctx(&ctx, issuer, NULL, NULL, NULL, 0);
	aki = X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid:always");
	num = X509V3_EXT_i2d(NID_crl_number, 0, n);
	promise(aki != NULL && num != NULL);
	put_x509_extension(&all, aki);
	put_x509_extension(&all, num);
	der_put(&list, 0x30, buf_span(&all));
	der_put(out, 0xa0, buf_span(&list));
}

bool
crl_tbs(struct buf *out, X509 *issuer, int64_t number, int64_t this_update, int64_t next_update,
    const struct crl_row *rows, size_t n, struct err *e)
{
	own_struct(buf) body = buf_new(CRL_MAX);
	const unsigned char *name;
	size_t name_len;

	promise(X509_NAME_get0_der(X509_get_subject_name(issuer), &name, &name_len) == 1);
	der_put(&body, 0x02, span_of("\x01", 1));	/* version 2 */
	der_ecdsa_sha256(&body);
	buf_put(&body, name, name_len);
	der_time(&body, this_update);
	der_time(&body, next_update);
	put_rows(&body, rows, n);
	put_extensions(&body, issuer, number);
	if (!buf_ok(&body, "CRL", e))
		return false;
	der_put(out, 0x30, buf_span(&body));
	return buf_ok(out, "CRL", e);
}

/*
 * The guard: two CRLs of ours, in order of serial, side by side.  It slices, as
 * they may be long; what they are is decoded by the judge before they are public.
 */

/* The entries' octets; none: empty. */
static bool
find_entries(struct span *out, struct span tbs, struct err *e)
{
	static const int before[] = { V_ASN1_INTEGER, V_ASN1_SEQUENCE, V_ASN1_SEQUENCE, DER_TIME, DER_TIME };	/* 5.1.2.1 to 5.1.2.5 */
	struct span body, skipped;

	if (!der_next(&body, &tbs, V_ASN1_SEQUENCE, e) || tbs.len != 0)
		return fail(e, ERR_BUG, "no CRL");
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		if (!der_next(&skipped, &body, before[i], e))
			return false;
	*out = SPAN_NONE;
	return body.len == 0 || body.ptr[0] != 0x30 || der_next(out, &body, V_ASN1_SEQUENCE, e);
}

/* The next entry and its serial number, which is greater than `after`. */
static bool
next_entry(struct span *entry, struct span *serial, struct span *rest, struct err *e)
{
	struct span after = *serial, inner;

	if (!der_next(entry, rest, V_ASN1_SEQUENCE, e))
		return false;
	inner = *entry;
	if (!der_next(serial, &inner, V_ASN1_INTEGER, e))
		return false;
	if (serial->len != SERIAL_OCTETS)
		return fail(e, ERR_BUG, "a serial number that is not ours");
	return after.len == 0 || memcmp(after.ptr, serial->ptr, SERIAL_OCTETS) < 0 || fail(e, ERR_BUG, "its entries are not in order");
}

/* The entry as put_entry_extensions writes it. */
static bool
is_hold(struct span entry)
{
	own_struct(buf) hold = buf_new(64);

	put_reason(&hold, CRL_HOLD);
	return memmem(entry.ptr, entry.len, hold.ptr, hold.len) != NULL;
}

static bool
find_missing(struct buf *serials, struct buf *held, struct span last, struct span next, struct err *e)
{
	struct span entry, serial = SPAN_NONE, other, has = SPAN_NONE;

	while (last.len > 0) {
		if (!next_entry(&entry, &serial, &last, e))
			return false;
		while (next.len > 0 && (has.len == 0 || memcmp(has.ptr, serial.ptr, SERIAL_OCTETS) < 0))
			if (!next_entry(&other, &has, &next, e))
				return false;
		if (has.len == 0 || memcmp(has.ptr, serial.ptr, SERIAL_OCTETS) != 0)
			buf_put_span(is_hold(entry) ? held : serials, serial);
	}
	return buf_ok(serials, "list", e) && buf_ok(held, "list", e);
}

bool
crl_missing(struct buf *serials, struct buf *held, struct span last_tbs, struct span next_tbs, struct err *e)
{
	struct span last, next;

	return (find_entries(&last, last_tbs, e) && find_entries(&next, next_tbs, e) && find_missing(serials, held, last, next, e)) ||
	    fail_in(e, "CRL guard");
}

/* An entry may go only when its certificate ended before the last CRL's
 * thisUpdate: that CRL was the one more. */
static bool
check_gone(struct authority *a, struct span serial, int64_t last_update, struct err *e)
{
	own_struct(reg_unit) ask = reg_read_new("cert.by_serial");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[15];

	reg_bytes(&ask, "serial", serial);
	if (!reg_one(a->reg, &ask, &rows, c, 15, "certificate of an entry of the last CRL", e))
		return fail_in(e, "CRL guard");
	return c[9].i < last_update || fail(e, ERR_BUG, "CRL guard: an entry that has not expired is missing from the new CRL; not signed");
}

/* ... or, of a suspended one, when its resume is among the entries that the new
 * CRL follows from. */
static bool
check_resumed(struct authority *a, struct span serial, uint64_t size, int64_t last_update, struct err *e)
{
	own_struct(reg_unit) ask = reg_read_new("cert.resumed");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[1];
	bool more;

	reg_bytes(&ask, "serial", serial);
	reg_int(&ask, "size", (int64_t)size);
	if (!reg_read(a->reg, &ask, &rows, e) || !reg_next(&rows, c, 1, &more, e))
		return fail_in(e, "CRL guard");
	return more || check_gone(a, serial, last_update, e);
}

static bool
crl_guard(struct authority *a, struct span last_tbs, int64_t last_update, struct span next_tbs, uint64_t size, struct err *e)
{
	own_struct(buf) serials = buf_new(CRL_MAX);
	own_struct(buf) held = buf_new(CRL_MAX);

	if (!crl_missing(&serials, &held, last_tbs, next_tbs, e))
		return false;
	for (size_t at = 0; at < held.len; at += SERIAL_OCTETS)
		if (!check_resumed(a, span_of(held.ptr + at, SERIAL_OCTETS), size, last_update, e))
			return false;
	for (size_t at = 0; at < serials.len; at += SERIAL_OCTETS)
		if (!check_gone(a, span_of(serials.ptr + at, SERIAL_OCTETS), last_update, e))
			return false;
	return true;
}

/*
 * Issuing.
 */

struct crl_last { int64_t number, latest; bool is_signed; struct buf tbs; };

static void
crl_last_drop(struct crl_last *l)
{
	buf_drop(&l->tbs);
}

/* The greatest number ever reserved, and the last CRL of the shard that was signed. */
static bool
read_last(const struct generation *g, struct crl_last *l, struct err *e)
{
	own_struct(reg_unit) ask_number = reg_read_new("crl.number");
	own_struct(reg_unit) ask_signed = reg_read_new("crl.last_signed");
	own_struct(reg_rows) numbers = { .left = 0 };
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[2];
	bool more;

	*l = (struct crl_last){ .tbs = buf_new(CRL_MAX) };
	reg_int(&ask_signed, "shard", generation_shard(g));
	if (!reg_read(g->a->reg, &ask_number, &numbers, e) || !reg_next(&numbers, c, 2, &more, e))
		return false;
	l->number = more ? c[0].i : 0;
	l->latest = more ? c[1].i : 0;
	if (!reg_read(g->a->reg, &ask_signed, &rows, e) || !reg_next(&rows, c, 2, &more, e))
		return false;
	l->is_signed = more;
	if (more)
		buf_put_span(&l->tbs, c[1].s);
	return buf_ok(&l->tbs, "the last CRL", e);
}

typedef struct crl_row crl_rows;
OWN_WITH(crl_rows, free)

/* thisUpdate of the newest CRL among the first `size` entries; 0: none. */
static bool
read_since(const struct generation *g, uint64_t size, int64_t *since, struct err *e)
{
	own_struct(reg_unit) ask = reg_read_new("crl.last_below");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[2];
	char kind[CRL_KIND_TEXT];
	bool more;

	crl_kind(kind, generation_shard(g));
	reg_int(&ask, "size", (int64_t)size);
	reg_int(&ask, "shard", generation_shard(g));
	reg_text(&ask, "kind", kind);
	if (!reg_read(g->a->reg, &ask, &rows, e) || !reg_next(&rows, c, 2, &more, e))
		return false;
	*since = more ? c[1].i : 0;
	return true;
}

static int
by_serial(const void *a, const void *b)
{
	return memcmp(((const struct crl_row *)a)->serial, ((const struct crl_row *)b)->serial, SERIAL_OCTETS);
}

static bool
read_rows(const struct generation *g, uint64_t size, int64_t since, struct crl_row **out, size_t *n, struct err *e)
{
	own_struct(reg_unit) ask = reg_read_new("cert.listed");
	own_struct(reg_rows) rows = { .left = 0 };
	own(crl_rows) *all = NULL;
	struct reg_cell c[4];
	bool more;

	reg_int(&ask, "since", since);
	reg_int(&ask, "size", (int64_t)size);
	reg_int(&ask, "generation", g->n);
	if (!reg_read(g->a->reg, &ask, &rows, e))
		return false;
	all = xalloc((rows.left + 1) * sizeof(*all));
	*n = 0;
	for (;;) {
		struct crl_row *r = &all[*n];

		if (!reg_next(&rows, c, 4, &more, e))
			return false;
		if (!more)
			break;
		if (c[0].s.len != SERIAL_OCTETS)
			return fail(e, ERR_BUG, "the register holds a serial number of %zu octets", c[0].s.len);
		memcpy(r->serial, c[0].s.ptr, SERIAL_OCTETS);
		r->date = c[1].i;
		r->reason = (int)c[2].i;
		r->invalidity = c[3].null ? INT64_MIN : c[3].i;
		++*n;
	}
	qsort(all, *n, sizeof(*all), by_serial);
	*out = take(&all);
	return true;
}

struct made_of { uint64_t size; struct hash root; };	/* the log that a CRL follows from */

static bool
crl_reserve(const struct generation *g, int64_t number, int64_t this_update, const struct made_of *log, struct span tbs, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	unsigned char hash[SHA256_LEN];
	char kind[CRL_KIND_TEXT];

	crl_kind(kind, generation_shard(g));
	sha256(hash, tbs);
	reg_verb(&u, "crl.reserve");
	reg_text(&u, "org", g->a->org);
	reg_text(&u, "kind", kind);
	reg_int(&u, "number", number);
	reg_int(&u, "shard", generation_shard(g));
	reg_int(&u, "this_update", this_update);
	reg_int(&u, "next_update", this_update + CRL_VALID_SECS);
	reg_int(&u, "size", (int64_t)log->size);
	reg_bytes(&u, "root", span_of(log->root.octet, HASH_LEN));
	reg_bytes(&u, "sha256", span_of(hash, SHA256_LEN));
	reg_bytes(&u, "tbs", tbs);
	return authority_run(g->a, "crl.reserve", &u, NULL, e);
}

/* The judge's own look at it, as far as there is no signature yet.  What was decoded
 * is the caller's: to free a long list takes its time, when nobody waits. */
static bool
crl_judge(X509_CRL **crl, const struct generation *g, struct span tbs, struct err *e)
{
	own_struct(buf) whole = buf_new(CRL_MAX);
	struct crl_facts facts;

	return (signed_wrap_unsigned(&whole, tbs, e) && crl_from_any(crl, buf_span(&whole), e) && crl_check_unsigned(&facts, *crl, g->issuing, e)) ||
	    fail_in(e, "the CRL to be signed");
}

/* What was judged, signed by the generation's key, and public. */
static bool
crl_sign(struct generation *g, int64_t number, struct span tbs, struct err *e)
{
	own_str char *path = xprintf(CRL_PATH, (int)generation_shard(g));
	own_struct(reg_unit) u = reg_unit_new();
	own_struct(buf) der = buf_new(CRL_MAX);

	if (!authority_sign(g, &tbs, &der, 1, e) || !signed_check(buf_span(&der), tbs, X509_get0_pubkey(g->issuing), e))
		return false;
	reg_verb(&u, "crl.signed");
	reg_int(&u, "number", number);
	reg_bytes(&u, "der", buf_span(&der));
	reg_verb(&u, "publish.put");
	reg_text(&u, "path", path);
	reg_bytes(&u, "body", buf_span(&der));
	return authority_run(g->a, "crl.publish", &u, NULL, e);
}

/* A number that was recorded and bears no signature yet (a crash, a token away)
 * gets it first: what the log shows as a CRL is one, so "one CRL more" means the
 * same to whoever counts in the log. */
static bool
finish_last(struct generation *g, struct err *e)
{
	own_struct(reg_unit) ask = reg_read_new("crl.unsigned");
	own_struct(reg_rows) rows = { .left = 0 };
	own(X509_CRL) *crl = NULL;
	struct reg_cell c[2];
	bool more;

	reg_int(&ask, "shard", generation_shard(g));
	if (!reg_read(g->a->reg, &ask, &rows, e) || !reg_next(&rows, c, 2, &more, e))
		return false;
	return !more || (crl_judge(&crl, g, c[1].s, e) && crl_sign(g, c[0].i, c[1].s, e)) ||
	    fail_in(e, "the CRL %lld, recorded and not signed", (long long)c[0].i);
}

/* Decoding a long list takes as long as guarding and recording it: at the same time. */
struct making {
	const struct generation *g;
	const struct crl_last *last;
	int64_t number, this_update, since;
	struct made_of log;
	struct span tbs;
	X509_CRL *decoded;
	struct { bool good; struct err e; } recorded, judged;
};

static bool
guard_and_record(const struct making *m, struct err *e)
{
	return (!m->last->is_signed || crl_guard(m->g->a, buf_span(&m->last->tbs), m->since, m->tbs, m->log.size, e)) &&
	    crl_reserve(m->g, m->number, m->this_update, &m->log, m->tbs, e);
}

static void
record_or_judge(void *state, size_t i)
{
	struct making *m = state;

	if (i == 0)
		m->recorded.good = guard_and_record(m, &m->recorded.e);
	else
		m->judged.good = crl_judge(&m->decoded, m->g, m->tbs, &m->judged.e);
}

static bool
record_and_judge(struct making *m, struct err *e)
{
	crew_run(2, 2, record_or_judge, m);
	if (m->recorded.good && m->judged.good)
		return true;
	*e = m->recorded.good ? m->judged.e : m->recorded.e;
	return false;
}

/* The last one's octets and the rows of the next are many: read at the same time. */
struct reading {
	const struct generation *g;
	uint64_t size;
	int64_t since;
	struct crl_last last;
	struct crl_row *rows;
	size_t n;
	struct { bool good; struct err e; } old, new;
};

static void
reading_drop(struct reading *r)
{
	crl_last_drop(&r->last);
	free(r->rows);
}

static void
read_old_or_new(void *state, size_t i)
{
	struct reading *r = state;

	if (i == 0)
		r->new.good = read_rows(r->g, r->size, r->since, &r->rows, &r->n, &r->new.e);
	else
		r->old.good = read_last(r->g, &r->last, &r->old.e);
}

static bool
read_both(struct reading *r, struct err *e)
{
	if (!read_since(r->g, r->size, &r->since, e))
		return false;
	crew_run(2, 2, read_old_or_new, r);
	if (r->old.good && r->new.good)
		return true;
	*e = r->old.good ? r->new.e : r->old.e;
	return false;
}

static bool
issue_now(struct generation *g, int64_t now, int64_t *number, struct err *e)
{
	own_struct(reading) r = { .g = g };
	own_struct(buf) tbs = buf_new(CRL_MAX);
	struct making m = { .g = g, .last = &r.last };
	bool good;

	if (!finish_last(g, e) || !reg_head(g->a->reg, &m.log.size, &m.log.root, e))
		return false;
	r.size = m.log.size;
	if (!read_both(&r, e))
		return false;
	m.since = r.since;
	m.number = now > r.last.number ? now : r.last.number + 1;
	/* RFC 5280 5.1.2.4: never before the last one, whatever the clock says. */
	m.this_update = now < r.last.latest ? r.last.latest : now;
	if (!crl_tbs(&tbs, g->issuing, m.number, m.this_update, m.this_update + CRL_VALID_SECS, r.rows, r.n, e))
		return false;
	m.tbs = buf_span(&tbs);
	*number = m.number;
	good = record_and_judge(&m, e) && crl_sign(g, m.number, m.tbs, e);
	X509_CRL_free(m.decoded);
	return good;
}

/* Another antin-ca on the same register may have recorded its own meanwhile:
 * then from the start, with what it listed. */
static bool
issue_in_turn(struct generation *g, int64_t now, int64_t *number, struct err *e)
{
	for (unsigned i = 1; i < TURNS; i++)
		if (issue_now(g, now, number, e))
			return true;
		else if (e->class != ERR_CONFLICT)
			return false;
	return issue_now(g, now, number, e);
}

static bool
issue_shard(struct generation *g, int64_t now, int64_t *number, struct err *e)
{
	struct crl_clock *c = g->crl;
	int64_t mine = reissue_want(c->again), covers, got = 0;
	bool needed, good = true;

	ocsp_ask(g);		/* the same certificates */
	needed = reissue_begin(c->again, mine, &covers);
	if (needed)
		good = issue_in_turn(g, now, &got, e);
	if (needed && good) {
		c->number = got;
		reissue_made(c->again, covers, now + CRL_EVERY_SECS);
	}
	*number = c->number;
	reissue_end(c->again);
	return good;
}

bool
crl_issue_first(struct generation *g, int64_t now, struct err *e)
{
	int64_t number;

	return issue_shard(g, now, &number, e);
}

bool
crl_issue(struct authority *a, int64_t now, int64_t *number, struct err *e)
{
	int64_t least = INT64_MAX, one;
	bool good = true;
	struct err why;

	/* A token that is away keeps only its own generation's from being made. */
	for (struct generation *g = a->newest; g != NULL; g = g->older) {
		if (issue_shard(g, now, &one, &why)) {
			least = one < least ? one : least;
			continue;
		}
		*e = why;
		good = false;
	}
	if (number != NULL)
		*number = least;
	return good;
}

void
crl_ask(struct authority *a)
{
	for (struct generation *g = a->newest; g != NULL; g = g->older) {
		ocsp_ask(g);
		reissue_ask(g->crl->again);
	}
}

static bool
make(void *generation, int64_t now, struct err *e)
{
	int64_t number;

	return issue_shard(generation, now, &number, e);
}

void
crl_timer_start(struct generation *g)
{
	reissue_timer_start(g->crl->again, "no CRL", 0, make, g);
}

void
crl_stop(struct authority *a)
{
	for (struct generation *g = a->newest; g != NULL; g = g->older)
		reissue_stop(g->crl->again);
}
