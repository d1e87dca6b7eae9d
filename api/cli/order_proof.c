/*
 * antin order verify ID -- was the order right when it was taken?
 *
 * What a court would ask: is the signature that person's, was the certificate
 * good and the right held then, is it in the log?  Each as of the order's own
 * entry, under an issuer and a log's key that are given, never under what the
 * database says of itself.  That states and appointments in the database are those
 * of their records, `antin log fsck` says.
 */
#include "api/cli/order_kept.h"

#include "api/cli/command.h"
#include "base/clock.h"
#include "base/file.h"
#include "policy/policy.h"
#include "register/log_state.h"
#include "register/note.h"
#include "register/run.h"

#include <stdio.h>

struct verifying { const struct args *a; struct store *db; struct kept k; X509 *cert; struct buf says; };

static void
verifying_drop(struct verifying *v)
{
	kept_drop(&v->k);
	X509_free(v->cert);
	buf_drop(&v->says);
}

static bool
check_issuer(X509 *cert, const char *path, struct err *e)
{
	own_struct(buf) file = buf_new(1 << 16);
	own(X509) *issuer = NULL;

	if (!file_read(&file, path, e) || !cert_from_any(&issuer, buf_span(&file), e))
		return false;
	if (X509_check_issued(issuer, cert) != X509_V_OK || X509_verify(cert, X509_get0_pubkey(issuer)) != 1)
		return fail_ossl(e, ERR_POLICY, "the signer's certificate is not of the issuer in %s", path);
	return true;
}

static bool
check_signature(struct verifying *v, struct err *e)
{
	own_struct(order) o = { .nsubjects = 0 };
	const struct value *c = v->k.c;

	if (c[DER].null)
		return fail(e, ERR_ABSENT, "the certificate of who signed is not kept here");
	if (!cert_from_der(&v->cert, c[DER].s, e) || !check_issuer(v->cert, args_get(v->a, "issuer"), e) || !order_open(&o, c[CMS].s, v->cert, e))
		return false;
	if (!span_eq(c[ID].s, span_of(o.id, ORDER_ID_LEN)) || !span_eq_str(c[VERB].s, o.verb))
		return fail(e, ERR_POLICY, "the row names another order than was signed");
	buf_printf(&v->says, "signed by %.*s %.*s", (int)c[PERSON].s.len, (const char *)c[PERSON].s.ptr, (int)c[NAME].s.len, (const char *)c[NAME].s.ptr);
	return order_timely(&o, c[TIME].i, INT64_MAX, e);
}

static bool
none_of(struct store *db, const char *sql, const struct values *v, const char *sentence, struct err *e)
{
	int64_t n;

	return store_int(db, sql, v, 0, &n, e) && (n == 0 || fail(e, ERR_POLICY, "%s", sentence));
}

static bool
check_certificate(struct verifying *v, struct err *e)
{
	const struct value *c = v->k.c;
	struct values at = { .n = 0 };

	values_span(&at, "serial", REG_BYTES, c[SIGNER].s);
	values_int(&at, "entry", c[ENTRY].i);
	if (c[TIME].i < asn1_time_secs(X509_get0_notBefore(v->cert)) || c[TIME].i > asn1_time_secs(X509_get0_notAfter(v->cert)))
		return fail(e, ERR_POLICY, "the certificate was not valid when the order was taken");
	if (!none_of(v->db, "SELECT count(*) FROM certificate WHERE serial = $serial AND (issued_entry IS NULL OR issued_entry > $entry)", &at,
		"the certificate was not issued yet when the order was taken", e) ||
	    !none_of(v->db, "SELECT count(*) FROM certificate WHERE serial = $serial AND state = 'revoked' AND ended_entry < $entry", &at,
		"the certificate was revoked before the order was taken", e) ||
	    !none_of(v->db, "SELECT count(*) FROM certificate_hold WHERE serial = $serial AND entry < $entry AND (ended_entry IS NULL OR ended_entry > $entry)", &at,
		"the certificate was suspended when the order was taken", e))
		return false;
	buf_put_str(&v->says, "active");
	return true;
}

struct right { const struct entry *x; bool in_agency, held; char agency[64]; };

/* The role is that of the order's entry, or one of its words. */
static bool
see_appointment(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	own_str char *role = span_dup_str(c[0].s), *agency = span_dup_str(c[1].s), *org = NULL, *roles = NULL;
	struct right *r = ctx;

	org = span_dup_str(r->x->org);
	roles = span_dup_str(r->x->category);
	if (!r->held && word_in(roles, role) && (!r->in_agency || agency_within(org, agency))) {
		r->held = true;
		snprintf(r->agency, sizeof(r->agency), "%s", agency);
	}
	return true;
}

/* An end that was ordered later, be it for the same day, takes nothing back: the
 * last entry about an appointment is its end.  TUQ. ends with the appointment of who
 * authorises. */
static bool
check_right(struct verifying *v, struct err *e)
{
	static const enum reg_type two[] = { REG_TEXT, REG_TEXT };
	const struct value *c = v->k.c;
	/* A permit's order has its agency in the entry, any other the signer's own. */
	struct right r = { .x = &v->k.entry, .in_agency = strncmp(v->k.order.verb, "permit.", 7) == 0 };
	struct values at = { .n = 0 };

	values_span(&at, "person", REG_TEXT, c[PERSON].s);
	values_int(&at, "entry", c[ENTRY].i);
	values_int(&at, "day", day_in_vietnam(c[TIME].i));
	if (!store_run(v->db, "SELECT p.role, p.agency FROM appointment p LEFT JOIN log_subject s ON s.handle = p.id WHERE p.person = $person AND p.entry < $entry AND "
	    "p.from_day <= $day AND (p.to_day IS NULL OR p.to_day >= $day) AND (p.ended_day IS NULL OR p.ended_day > $day OR s.last > $entry) AND "
	    "(p.mode <> 'TUQ.' OR EXISTS (SELECT 1 FROM appointment b LEFT JOIN log_subject t ON t.handle = b.id WHERE b.id = p.authorised_by AND "
	    "(b.ended_day IS NULL OR b.ended_day > $day OR t.last > $entry))) ORDER BY p.entry",
	    &at, two, 2, see_appointment, &r, NULL, e))
		return false;
	if (!r.held)
		return fail(e, ERR_POLICY, "who signed did not hold the role %.*s when the order was taken", (int)v->k.entry.category.len, (const char *)v->k.entry.category.ptr);
	buf_printf(&v->says, "%.*s in %s", (int)v->k.entry.category.len, (const char *)v->k.entry.category.ptr, r.agency);
	return true;
}

/* The entry commits to a record that holds these octets. */
static bool
check_record(const struct kept *k, struct err *e)
{
	const struct value *c = k->c, *cms, *id;
	struct values fields;
	const struct verb *verb;

	if (c[RECORD].null || c[SALT].null || c[SALT].s.len != SALT_LEN)
		return fail(e, ERR_ABSENT, "the record of the order's entry is not kept here");
	if (!entry_means(&k->entry, c[RECORD].s, c[SALT].s.ptr, e) || !record_read(&fields, &verb, c[RECORD].s, e))
		return false;
	cms = values_get(&fields, "cms");
	id = values_get(&fields, "order_id");
	if (!verb->order || cms == NULL || id == NULL || !span_eq(cms->s, c[CMS].s) || !span_eq(id->s, c[ID].s))
		return fail(e, ERR_POLICY, "the order's entry is of something else");
	return true;
}

struct published { int64_t size; struct buf note; };

static void
published_drop(struct published *p)
{
	buf_drop(&p->note);
}

static bool
take_published(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct published *p = ctx;

	p->size = c[0].i;
	buf_put_span(&p->note, c[1].s);
	return buf_ok(&p->note, "checkpoint", e);
}

static bool
check_log(struct verifying *v, struct err *e)
{
	static const enum reg_type two[] = { REG_INT, REG_TEXT };
	struct tile_source source = { log_tile_get, v->db };
	own_struct(published) p = { .size = 0, .note = buf_new(1 << 16) };
	struct hash path[MERKLE_PROOF_MAX], leaf;
	uint64_t index = (uint64_t)v->k.c[ENTRY].i;
	struct checkpoint head;
	struct note_key key;
	size_t n;

	if (!check_record(&v->k, e) || !store_run(v->db, "SELECT size, note FROM log_published", NULL, two, 2, take_published, &p, NULL, e))
		return false;
	if (p.size <= (int64_t)index)
		return fail(e, ERR_LATER, "the order's entry %llu is not published yet", (unsigned long long)index);
	merkle_leaf(&leaf, v->k.c[LEAF].s);
	if (!note_key_given(&key, args_get(v->a, "key"), e) || !checkpoint_check(&head, buf_span(&p.note), &key, e) ||
	    !merkle_prove_inclusion(path, &n, index, head.size, tile_node, &source, e) || !merkle_check_inclusion(&leaf, index, head.size, path, n, &head.root, e))
		return false;
	buf_printf(&v->says, "entry %llu of %llu in %s", (unsigned long long)index, (unsigned long long)head.size, head.origin);
	return true;
}

static const struct { const char *what; bool (*check)(struct verifying *, struct err *); } checks[] = {
	{ "signature", check_signature }, { "certificate", check_certificate }, { "right", check_right }, { "log", check_log },
};

bool
order_proof(const struct args *a, struct store *db, struct err *e)
{
	own_struct(verifying) v = { .a = a, .db = db, .says = buf_new(1 << 12) };
	own(json_t) *j = json_object();

	if (!args_has(a, "issuer") || !args_has(a, "key"))
		return fail(e, ERR_INPUT, "antin order verify ID --database FILE --issuer FILE --key VKEY|FILE");
	if (!kept_find(&v.k, a, db, e))
		return false;
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		buf_reset(&v.says);
		if (!checks[i].check(&v, e))
			return fail_in(e, "%s", checks[i].what);
		json_object_set_new(j, checks[i].what, json_string(buf_str(&v.says)));
		if (!a->json)
			printf("%-12s %s\n", checks[i].what, buf_str(&v.says));
	}
	json_object_set_new(j, "state", json_string(kept_state(v.k.c, clock_now())));
	if (a->json)
		command_print_json(j);
	else
		printf("%-12s %s\n", "state", kept_state(v.k.c, clock_now()));
	return true;
}
