#include "ca/root_crl.h"

#include "base/clock.h"
#include "base/json.h"
#include "ca/crl_issue.h"
#include "ca/der.h"
#include "ca/order_act.h"
#include "register/list_entry.h"
#include "verifier/crl.h"

#include <stdlib.h>

#define KIND "root"			/* of its entries in the log */
#define ROWS_MAX 500

bool
root_crl_reason(int *out, const char *word, struct err *e)
{
	static const struct { const char *word; int code; } reasons[] = {
		{ "unspecified", 0 }, { "keyCompromise", CRL_KEY_COMPROMISE }, { "cACompromise", 2 }, { "superseded", 4 }, { "cessationOfOperation", 5 },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(reasons[i].word, word) == 0) {
			*out = reasons[i].code;
			return true;
		}
	return fail(e, ERR_INPUT, "%.40s is no reason for which an issuing certificate is revoked; unspecified, keyCompromise, cACompromise, superseded and cessationOfOperation are", word);
}

/*
 * One after the other.
 */

static bool
read_crl(X509_CRL **crl, struct crl_facts *f, struct span der, X509 *root, const char *which, struct err *e)
{
	own_struct(buf) again = buf_new(ROOT_CRL_MAX);

	if (!crl_from_any(crl, der, e) || !crl_check(f, *crl, root, e))
		return fail_in(e, "the root's %s CRL", which);
	crl_to_der(&again, *crl);
	return span_eq(buf_span(&again), der) || fail(e, ERR_INPUT, "the root's %s CRL is not in DER", which);
}

static bool
same_entry(const struct revocation *a, const struct revocation *b)
{
	return a->state == b->state && a->date == b->date && a->reason == b->reason && a->invalidity == b->invalidity;
}

static bool
check_nothing_lost(X509_CRL *next, X509_CRL *last, struct err *e)
{
	STACK_OF(X509_REVOKED) *all = X509_CRL_get_REVOKED(last);

	for (int i = 0; i < sk_X509_REVOKED_num(all); i++) {
		const ASN1_INTEGER *serial = X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(all, i));
		own_struct(buf) hex = buf_new(128);
		struct revocation was, is;

		crl_lookup(&was, last, serial);
		crl_lookup(&is, next, serial);
		if (same_entry(&was, &is))
			continue;
		serial_hex(&hex, serial);
		return fail(e, ERR_POLICY, "the entry of %s in the root's last CRL is %s in the new one", buf_str(&hex), is.state == CERT_REVOKED ? "another" : "missing");
	}
	return true;
}

bool
root_crl_follows(struct span next_der, struct span last_der, X509 *root, struct err *e)
{
	own(X509_CRL) *next = NULL;
	own(X509_CRL) *last = NULL;
	struct crl_facts n, l;

	if (!read_crl(&next, &n, next_der, root, "new", e) || !read_crl(&last, &l, last_der, root, "last", e))
		return false;
	if (n.number <= l.number)
		return fail(e, ERR_CONFLICT, "the number of the root's new CRL is %llu; the last one's is %llu already", (unsigned long long)n.number, (unsigned long long)l.number);
	if (n.this_update < l.this_update)
		return fail(e, ERR_POLICY, "thisUpdate of the root's new CRL is before the last one's");
	return check_nothing_lost(next, last, e);
}

/*
 * Making: where the root's token is.
 */

struct rows { struct crl_row row[ROWS_MAX]; size_t n; int64_t number; };

static bool
add_row(struct rows *r, const ASN1_INTEGER *serial, int64_t date, int reason, int64_t invalidity, struct err *e)
{
	struct crl_row *row = &r->row[r->n];

	if (r->n == ROWS_MAX)
		return fail(e, ERR_LIMIT, "the root's CRL would have more than %d entries", ROWS_MAX);
	if (ASN1_STRING_length(serial) != SERIAL_LEN)
		return fail(e, ERR_INPUT, "a serial number that is not ours");
	*row = (struct crl_row){ .date = date, .reason = reason, .invalidity = invalidity };
	memcpy(row->serial, ASN1_STRING_get0_data(serial), SERIAL_LEN);
	r->n++;
	return true;
}

static bool
take_over(struct rows *r, const struct root_crl_plan *p, struct err *e)
{
	own(X509_CRL) *last = NULL;
	STACK_OF(X509_REVOKED) *all;
	struct crl_facts f;

	if (!read_crl(&last, &f, p->last, p->root, "last", e))
		return false;
	if (f.this_update > p->now)
		return fail(e, ERR_POLICY, "thisUpdate of the root's last CRL is in the future: is the clock right?");
	if (f.number >= INT64_MAX)
		return fail(e, ERR_LIMIT, "no number is greater than that of the root's last CRL");
	if ((int64_t)f.number >= r->number)
		r->number = (int64_t)f.number + 1;
	all = X509_CRL_get_REVOKED(last);
	for (int i = 0; i < sk_X509_REVOKED_num(all); i++) {
		const ASN1_INTEGER *serial = X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(all, i));
		struct revocation was;

		crl_lookup(&was, last, serial);
		if (!add_row(r, serial, was.date, was.reason, was.invalidity, e))
			return false;
	}
	return true;
}

static bool
check_revocation(const struct rows *r, const struct root_crl_plan *p, const struct root_revocation *x, struct err *e)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x->cert);

	if (X509_cmp(x->cert, p->root) == 0)
		return fail(e, ERR_POLICY, "a root does not revoke itself");
	if (X509_NAME_cmp(X509_get_issuer_name(x->cert), X509_get_subject_name(p->root)) != 0 || X509_verify(x->cert, p->key) != 1)
		return fail_ossl(e, ERR_POLICY, "it is not this root's");
	if (x->date > p->now || x->date < asn1_time_secs(X509_get0_notBefore(x->cert)))
		return fail(e, ERR_POLICY, "the date of its revocation is in the future, or before it began");
	for (size_t i = 0; i < r->n; i++)
		if (ASN1_STRING_length(serial) == SERIAL_LEN && memcmp(r->row[i].serial, ASN1_STRING_get0_data(serial), SERIAL_LEN) == 0)
			return fail(e, ERR_CONFLICT, "it is revoked already");
	return true;
}

static bool
add_revoked(struct rows *r, const struct root_crl_plan *p, struct err *e)
{
	for (size_t i = 0; i < p->nrevoke; i++) {
		const struct root_revocation *x = &p->revoke[i];

		if (!check_revocation(r, p, x, e) || !add_row(r, X509_get0_serialNumber(x->cert), x->date, x->reason, INT64_MIN, e))
			return fail_in(e, "certificate %zu to be revoked", i + 1);
	}
	return true;
}

static int
by_serial(const void *a, const void *b)
{
	return memcmp(((const struct crl_row *)a)->serial, ((const struct crl_row *)b)->serial, SERIAL_LEN);
}

bool
root_crl_make(struct buf *out, const struct root_crl_plan *p, struct err *e)
{
	own_struct(buf) tbs = buf_new(ROOT_CRL_MAX), der = buf_new(ROOT_CRL_MAX);
	own(X509_CRL) *crl = NULL;
	struct crl_facts f;
	struct rows r = { .number = p->now };

	if (EVP_PKEY_eq(X509_get0_pubkey(p->root), p->key) != 1)
		return fail(e, ERR_INPUT, "the root's token has another key than the root's certificate");
	if ((p->last.len > 0 && !take_over(&r, p, e)) || !add_revoked(&r, p, e))
		return false;
	qsort(r.row, r.n, sizeof(r.row[0]), by_serial);
	if (!crl_tbs(&tbs, p->root, r.number, p->now, p->now + ROOT_CRL_VALID_SECS, r.row, r.n, e) || !signed_by(&der, p->key, buf_span(&tbs), e) ||
	    !read_crl(&crl, &f, buf_span(&der), p->root, "new", e) || (p->last.len > 0 && !root_crl_follows(buf_span(&der), p->last, p->root, e)))
		return false;
	buf_put_span(out, buf_span(&der));
	return buf_ok(out, "root's CRL", e);
}

/*
 * Publishing.
 */

static bool
read_published(struct buf *out, struct authority *a, struct err *e)
{
	own_struct(reg_unit) ask = reg_read_new("publish.last");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[1];

	reg_text(&ask, "path", ROOT_CRL_PATH);
	if (!reg_one(a->reg, &ask, &rows, c, 1, "published CRL of the root", e))
		return false;
	buf_put_span(out, c[0].s);
	return buf_ok(out, "root's CRL", e);
}

static bool
check_times(struct crl_facts *f, struct span der, X509 *root, int64_t now, struct err *e)
{
	own(X509_CRL) *crl = NULL;

	if (!read_crl(&crl, f, der, root, "new", e))
		return false;
	if (f->this_update > now)
		return fail(e, ERR_POLICY, "thisUpdate of the root's new CRL is in the future");
	if (f->next_update <= now)
		return fail(e, ERR_POLICY, "the root's new CRL has ended");
	return f->next_update - f->this_update <= ROOT_CRL_VALID_SECS ||
	    fail(e, ERR_POLICY, "the root's new CRL lasts longer than %d days", ROOT_CRL_VALID_SECS / 86400);
}

static void
put(struct reg_unit *u, const struct authority *a, struct span der, const struct crl_facts *f, struct span last)
{
	unsigned char hash[SHA256_LEN];

	sha256(hash, der);
	reg_verb(u, "authority.root_crl");
	reg_text(u, "org", a->org);
	reg_text(u, "kind", KIND);
	reg_int(u, "number", (int64_t)f->number);
	reg_int(u, "this_update", f->this_update);
	reg_int(u, "next_update", f->next_update);
	reg_int(u, "size", (int64_t)der.len);
	reg_bytes(u, "sha256", span_of(hash, SHA256_LEN));
	reg_bytes(u, "follows", last);
	reg_bytes(u, "body", der);
	reg_verb(u, "publish.put");
	reg_text(u, "path", ROOT_CRL_PATH);
	reg_bytes(u, "body", der);
}

static bool
check_and_put(struct reg_unit *u, struct authority *a, struct span der, struct span last, int64_t now, struct err *e)
{
	struct crl_facts f;

	if (!root_crl_follows(der, last, a->root, e) || !check_times(&f, der, a->root, now, e))
		return false;
	if (f.number > INT64_MAX)
		return fail(e, ERR_LIMIT, "the number of the root's new CRL is too great");
	put(u, a, der, &f, last);
	return true;
}

bool
root_crl_put(struct reg_unit *u, struct authority *a, struct span der, int64_t now, struct err *e)
{
	own_struct(buf) last = buf_new(ROOT_CRL_MAX);

	return read_published(&last, a, e) && check_and_put(u, a, der, buf_span(&last), now, e);
}

bool
root_crl_put_newer(struct reg_unit *u, struct authority *a, struct span der, int64_t now, struct err *e)
{
	own_struct(buf) last = buf_new(ROOT_CRL_MAX);
	struct err ignored;

	return read_published(&last, a, e) && (span_eq(buf_span(&last), der) || root_crl_follows(buf_span(&last), der, a->root, &ignored) ||
	    check_and_put(u, a, der, buf_span(&last), now, e));
}

/*
 * The order.
 */

static bool
take_crl(struct buf *der, unsigned char hash[SHA256_LEN], struct act *t, struct err *e)
{
	static const char *const keys[] = { "crl", NULL };
	unsigned char id[SHA256_LEN];
	const char *text;

	if (!act_one_subject(t, e) || !act_subject_id(id, sizeof(id), &t->o->subject[0], "hash of a CRL", e) || !act_with_hash(t, e) ||
	    !json_only(t->o->with, keys, e) || !json_take_str(&text, t->o->with, "crl", e) || !base64_get(der, span_str(text), e))
		return false;
	sha256(hash, buf_span(der));
	return memcmp(hash, id, sizeof(id)) == 0 || fail(e, ERR_INPUT, "the subject is not the SHA-256 of the CRL");
}

bool
order_root_crl(struct act *t, struct err *e)
{
	own_struct(buf) der = buf_new(ROOT_CRL_MAX);
	unsigned char hash[SHA256_LEN];

	if (!act_may(t, t->a->org, e) || !take_crl(&der, hash, t, e))
		return false;
	act_put_accept(t);
	if (!root_crl_put(&t->unit, t->a, buf_span(&der), t->now, e) || !act_run(t, e))
		return false;
	if (!act_waits(t))
		act_answer_id(t, span_of(hash, SHA256_LEN));
	return true;
}
