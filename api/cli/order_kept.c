/*
 * antin order list | show ID | verify ID -- the orders that the register keeps,
 * out of its database or a backup's; no daemon is asked.
 *
 * verify asks what a court would: is the signature that person's, was the
 * certificate good and the right held when the order was taken, is it in the log?
 * Each as of the order's own entry, under an issuer and a log's key that are given,
 * never under what the database says of itself.
 */
#include "api/cli/command.h"

#include "base/clock.h"
#include "base/cms.h"
#include "base/file.h"
#include "policy/policy.h"
#include "register/log_state.h"
#include "register/note.h"
#include "register/run.h"
#include "verifier/order.h"

#include <stdio.h>
#include <stdlib.h>

/* An order with its entry, its signer, and what became of it if it waited. */
enum column { ID, VERB, SIGNER, CMS, ENTRY, TIME, PERSON, NAME, DER, LEAF, RECORD, SALT, OUTCOME, EXPIRES, COLUMNS };
#define KEPT "SELECT a.id, a.verb, a.signer, a.cms, a.entry, a.time, c.person, c.name, c.der, l.entry, l.record, l.salt, w.outcome, w.expires " \
	"FROM order_accepted a JOIN log_entry l ON l.idx = a.entry LEFT JOIN certificate c ON c.serial = a.signer LEFT JOIN order_waiting w ON w.id = a.id "
static const enum reg_type types[COLUMNS] = { [ID] = REG_BYTES, [VERB] = REG_TEXT, [SIGNER] = REG_BYTES, [CMS] = REG_BYTES, [ENTRY] = REG_INT, [TIME] = REG_INT,
	[PERSON] = REG_TEXT, [NAME] = REG_TEXT, [DER] = REG_BYTES, [LEAF] = REG_BYTES, [RECORD] = REG_BYTES, [SALT] = REG_BYTES, [OUTCOME] = REG_TEXT, [EXPIRES] = REG_INT };

/* A text of the row, "" where there is none. */
static json_t *
text_of(const struct value *c)
{
	return c->null ? json_string("") : json_stringn((const char *)c->s.ptr, c->s.len);
}

static json_t *
hex_of(struct span s)
{
	own_struct(buf) hex = buf_new(1 << 10);

	hex_put(&hex, s);
	return json_string(buf_str(&hex));
}

static const char *
state_of(const struct value *c, int64_t now)
{
	if (c[EXPIRES].null || (!c[OUTCOME].null && span_eq_str(c[OUTCOME].s, "consented")))
		return "done";
	if (!c[OUTCOME].null)
		return "withdrawn";
	return c[EXPIRES].i >= now ? "waits" : "expired";
}

static bool
read_order(struct order *o, struct span cms, struct err *e)
{
	own(CMS_ContentInfo) *shell = NULL;
	own_struct(buf) text = buf_new(ORDER_MAX);

	return cms_read(&shell, cms, e) && cms_content_unchecked(&text, shell, e) && order_parse(o, buf_span(&text), e);
}

/* As list and show tell it. */
static json_t *
order_json(const struct value *c, const struct order *o, const struct entry *x, int64_t now)
{
	json_t *subjects = json_array(), *j;
	char when[TIME_TEXT];

	for (size_t i = 0; i < o->nsubjects; i++)
		json_array_append_new(subjects, json_string(o->subject[i].id));
	time_text_utc(when, c[TIME].i);
	j = json_pack("{s:o, s:o, s:s, s:o, s:s#, s:o, s:o, s:o, s:s, s:I, s:o}", "id", hex_of(c[ID].s), "verb", text_of(&c[VERB]), "state", state_of(c, now),
	    "person", text_of(&c[PERSON]), "role", (const char *)x->category.ptr, (int)x->category.len, "name", text_of(&c[NAME]), "signer", hex_of(c[SIGNER].s),
	    "subject", subjects, "time", when, "entry", (json_int_t)c[ENTRY].i, "order", json_deep_copy(o->json));
	promise(j != NULL);
	return j;
}

/*
 * list
 */

struct listing { const struct args *a; int64_t now; json_t *items; };

static bool
has_subject(const struct order *o, const char *id)
{
	for (size_t i = 0; i < o->nsubjects; i++)
		if (strcmp(o->subject[i].id, id) == 0)
			return true;
	return false;
}

static bool
see_order(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct listing *l = ctx;
	const char *target = args_get(l->a, "target"), *state = args_get(l->a, "state");
	own_struct(order) o = { .nsubjects = 0 };
	struct entry x;

	if (!read_order(&o, c[CMS].s, e) || !entry_read(&x, c[LEAF].s, e))
		return fail_in(e, "the order of entry %lld", (long long)c[ENTRY].i);
	if ((target == NULL || has_subject(&o, target)) && (state == NULL || strcmp(state, state_of(c, l->now)) == 0)) {
		json_t *j = order_json(c, &o, &x, l->now);

		json_object_del(j, "order");
		json_array_append_new(l->items, j);
	}
	return true;
}

static void
print_line(const json_t *j)
{
	const json_t *subjects = json_object_get(j, "subject");
	size_t more = json_array_size(subjects) - 1;

	printf("%s  %-17s %-9s %s (%s)  %s  %s", json_string_value(json_object_get(j, "time")), json_string_value(json_object_get(j, "verb")),
	    json_string_value(json_object_get(j, "state")), json_string_value(json_object_get(j, "person")), json_string_value(json_object_get(j, "role")),
	    json_string_value(json_object_get(j, "id")), json_string_value(json_array_get(subjects, 0)));
	if (more > 0)
		printf(" and %zu more", more);
	printf("\n");
}

static void
text_param(struct values *v, const char *name, const char *text)
{
	if (text != NULL)
		values_span(v, name, REG_TEXT, span_str(text));
	else
		values_null(v, name, REG_TEXT);
}

static bool
check_state_word(const char *word, struct err *e)
{
	return word == NULL || word_in("done waits expired withdrawn", word) || fail(e, ERR_INPUT, "--state is done, waits, expired or withdrawn");
}

static bool
list(const struct args *a, struct store *db, struct err *e)
{
	struct listing l = { a, clock_now(), json_array() };
	own(json_t) *items = l.items;
	struct values v = { .n = 0 };
	json_t *item;
	int64_t since;
	size_t i;

	if (!check_state_word(args_get(a, "state"), e) || !args_time(a, "since", 0, &since, e))
		return false;
	text_param(&v, "verb", args_get(a, "verb"));
	text_param(&v, "who", args_get(a, "who"));
	values_int(&v, "since", since);
	if (!store_run(db, KEPT "WHERE ($verb IS NULL OR a.verb = $verb) AND ($who IS NULL OR c.person = $who) AND a.time >= $since ORDER BY a.entry",
	    &v, types, COLUMNS, see_order, &l, NULL, e))
		return false;
	if (a->json)
		command_print_json(items);
	else
		json_array_foreach(items, i, item)
			print_line(item);
	return true;
}

/*
 * One order: its row, copied.
 */

struct kept { struct value c[COLUMNS]; struct buf octets[COLUMNS]; bool found; struct order order; struct entry entry; };

static void
kept_drop(struct kept *k)
{
	for (size_t i = 0; i < COLUMNS; i++)
		buf_drop(&k->octets[i]);
	order_drop(&k->order);
}

static bool
take_row(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct kept *k = ctx;

	k->found = true;
	for (size_t i = 0; i < COLUMNS; i++) {
		k->c[i] = c[i];
		if (c[i].null || types[i] == REG_INT)
			continue;
		k->octets[i] = buf_new(2 * ORDER_MAX + 1);
		buf_put_span(&k->octets[i], c[i].s);
		if (!buf_ok(&k->octets[i], "the order's row", e))
			return false;
		k->c[i].s = buf_span(&k->octets[i]);
	}
	return true;
}

static bool
find(struct kept *k, const struct args *a, struct store *db, struct err *e)
{
	unsigned char id[ORDER_ID_LEN];
	struct values v = { .n = 0 };

	if (!hex_get_fixed(id, sizeof(id), span_str(a->word[1]), e))
		return fail(e, ERR_INPUT, "an order's id has %d hex digits", 2 * ORDER_ID_LEN);
	values_span(&v, "id", REG_BYTES, span_of(id, sizeof(id)));
	if (!store_run(db, KEPT "WHERE a.id = $id", &v, types, COLUMNS, take_row, k, NULL, e))
		return false;
	if (!k->found)
		return fail(e, ERR_ABSENT, "the register keeps no order %s", a->word[1]);
	return read_order(&k->order, k->c[CMS].s, e) && entry_read(&k->entry, k->c[LEAF].s, e);
}

static bool
show(const struct args *a, struct store *db, struct err *e)
{
	own_struct(kept) k = { .found = false };
	own(json_t) *j = NULL;

	if (!find(&k, a, db, e))
		return false;
	if (args_has(a, "out") && !file_write(args_get(a, "out"), k.c[CMS].s, 0644, e))
		return false;
	j = order_json(k.c, &k.order, &k.entry, clock_now());
	if (a->json)
		command_print_json(j);
	else {
		own_struct(buf) text = buf_new(ORDER_MAX + 1);

		print_line(j);
		json_write(&text, json_object_get(j, "order"));
		printf("%s, certificate %s, entry %lld\n%s\n", json_string_value(json_object_get(j, "name")), json_string_value(json_object_get(j, "signer")),
		    (long long)k.c[ENTRY].i, buf_str(&text));
	}
	return true;
}

/*
 * verify
 */

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
 * last entry about an appointment is its end. */
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
	    "p.from_day <= $day AND (p.to_day IS NULL OR p.to_day >= $day) AND (p.ended_day IS NULL OR p.ended_day > $day OR s.last > $entry) ORDER BY p.entry",
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

static bool
verify(const struct args *a, struct store *db, struct err *e)
{
	own_struct(verifying) v = { .a = a, .db = db, .says = buf_new(1 << 12) };
	own(json_t) *j = json_object();

	if (!args_has(a, "issuer") || !args_has(a, "key"))
		return fail(e, ERR_INPUT, "antin order verify ID --database FILE --issuer FILE --key VKEY|FILE");
	if (!find(&v.k, a, db, e))
		return false;
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		buf_reset(&v.says);
		if (!checks[i].check(&v, e))
			return fail_in(e, "%s", checks[i].what);
		json_object_set_new(j, checks[i].what, json_string(buf_str(&v.says)));
		if (!a->json)
			printf("%-12s %s\n", checks[i].what, buf_str(&v.says));
	}
	json_object_set_new(j, "state", json_string(state_of(v.k.c, clock_now())));
	if (a->json)
		command_print_json(j);
	else
		printf("%-12s %s\n", "state", state_of(v.k.c, clock_now()));
	return true;
}

static const struct { const char *word; size_t words; bool (*run)(const struct args *, struct store *, struct err *); } words[] = {
	{ "list", 1, list }, { "show", 2, show }, { "verify", 2, verify },
};

bool
order_kept_word(const char *word)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].word, word) == 0)
			return true;
	return false;
}

int
order_kept(const struct args *a)
{
	struct store *db = NULL;
	const char *database;
	struct err e;
	bool good = false;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].word, a->word[0]) != 0)
			continue;
		if (a->nwords != words[i].words) {
			fail(&e, ERR_INPUT, "antin order list, or show ID, or verify ID, with --database FILE");
			return command_usage(a, &e);
		}
		if (!args_need(a, "database", &database, &e))
			return command_usage(a, &e);
		good = store_open(&db, database, STORE_READ, &e) && store_begin(db, STORE_SNAPSHOT, &e) && words[i].run(a, db, &e);
		store_free(db);
	}
	return good ? 0 : command_refuse(a, &e);
}
