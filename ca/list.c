#include "ca/list.h"

#include "base/clock.h"
#include "base/cms.h"
#include "base/json.h"
#include "ca/appointment.h"
#include "ca/order_act.h"
#include "ca/request.h"
#include "ca/search.h"
#include "ca/serial.h"
#include "policy/scope.h"
#include "register/merkle.h"
#include "verifier/order.h"

#include <stdio.h>

static json_t *
cell_text(const struct reg_cell *c)
{
	return c->null ? json_null() : json_stringn((const char *)c->s.ptr, c->s.len);
}

static json_t *
cell_hex(const struct reg_cell *c)
{
	own_struct(buf) hex = buf_new(1024);

	hex_put(&hex, c->s);
	return json_string(buf_str(&hex));
}

static json_t *
hash_json(struct span s)
{
	unsigned char hash[SHA256_LEN];
	char text[2 * SHA256_LEN + 1];

	sha256(hash, s);
	hex_text(text, span_of(hash, SHA256_LEN));
	return json_string(text);
}

static json_t *
time_json(int64_t t)
{
	char text[TIME_TEXT];

	time_text_utc(text, t);
	return json_string(text);
}

/* Who asks for what. */
struct asking {
	struct authority *a;
	struct span who;
	const json_t *query;
	const struct scope *scope;	/* of the program, where the list needs one */
	int64_t now;
};

/* A program's certificate, active here: the hash of its key. */
static bool
id_of_certificate(unsigned char id[KEY_ID_LEN], struct authority *a, struct span der, int64_t now, struct err *e)
{
	own_struct(reg_unit) ask = reg_read_new("cert.by_serial");
	own_struct(reg_rows) rows = { .left = 0 };
	own(X509) *cert = NULL;
	struct reg_cell c[15];
	const ASN1_INTEGER *serial;

	if (!cert_shell_from_der(&cert, der, e))
		return fail_in(e, "the program's certificate");
	serial = X509_get0_serialNumber(cert);
	reg_bytes(&ask, "serial", span_of(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial)));
	if (!reg_one(a->reg, &ask, &rows, c, 15, "such certificate", e))
		return e->class == ERR_ABSENT ? fail(e, ERR_POLICY, "this certificate is not known here") : false;
	if (!span_eq(c[6].s, der) || !span_eq_str(c[10].s, "active") || now < c[8].i || now > c[9].i || !span_eq_str(c[2].s, "program"))
		return fail(e, ERR_POLICY, "this is no active certificate of a program");
	key_id_of_cert(id, cert);
	return true;
}

static bool
find_scope(struct scope *scope, struct authority *a, struct span who, int64_t now, struct err *e)
{
	own_struct(reg_unit) ask = reg_read_new("program.by_id");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[4];
	unsigned char id[KEY_ID_LEN];

	if (who.len < sizeof(id))
		return fail(e, ERR_POLICY, "this list is for programs that are known here");
	if (who.len == sizeof(id))
		memcpy(id, who.ptr, sizeof(id));
	else if (!id_of_certificate(id, a, who, now, e))
		return false;
	reg_bytes(&ask, "id", span_of(id, sizeof(id)));
	if (!reg_one(a->reg, &ask, &rows, c, 4, "such program", e))
		return e->class == ERR_ABSENT ? fail(e, ERR_POLICY, "this program is not known here") : false;
	*scope = (struct scope){ span_dup_str(c[0].s), span_dup_str(c[1].s), span_dup_str(c[2].s), c[3].i };
	return scope_allows(scope, RIGHT_READ, now, e);
}

/* One row -> one item, and the cursor behind it. */
typedef json_t *row_to_item(const struct reg_cell *, const struct asking *, int64_t *cursor);

static bool
collect(const struct asking *k, struct reg_unit *ask, size_t columns, row_to_item *make, json_t *answer, struct err *e)
{
	own_struct(reg_rows) rows = { .left = 0 };
	json_t *items = json_array();
	struct reg_cell c[24];
	int64_t cursor = -1;
	bool more;

	json_object_set_new(answer, "items", items);
	if (!reg_read(k->a->reg, ask, &rows, e))
		return false;
	for (;;) {
		if (!reg_next(&rows, c, columns, &more, e))
			return false;
		if (!more)
			break;
		json_array_append_new(items, make(c, k, &cursor));
	}
	if (cursor >= 0)
		json_object_set_new(answer, "next", json_integer(cursor));
	return true;
}

static json_t *
request_item(const struct reg_cell *c, const struct asking *k, int64_t *cursor)
{
	json_t *facts = json_loadb((const char *)c[1].s.ptr, c[1].s.len, 0, NULL);

	*cursor = c[9].i;
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o*}", "id", cell_hex(&c[0]), "hash", hash_json(c[1].s), "key", cell_hex(&c[3]),
	    "state", cell_text(&c[7]), "time", time_json(c[8].i), "facts", facts);
}

static bool
may_after(struct reg_unit *ask, const json_t *query, struct err *e)
{
	int64_t after = -1;

	if (json_object_get(query, "after") != NULL && !json_take_int(&after, query, "after", e))
		return false;
	reg_int(ask, "after", after);
	return true;
}

/* NULL where the query names none. */
static bool
may_agency(const char **out, const struct asking *k, struct err *e)
{
	return json_may_str(out, k->query, "agency", e) &&
	    (*out == NULL || policy_agency(k->a->policy, *out) != NULL || fail(e, ERR_ABSENT, "there is no agency %.40s", *out));
}

static bool
list_requests(const struct asking *k, json_t *answer, struct err *e)
{
	static const char *const keys[] = { "what", "state", "agency", "after", NULL };
	own_struct(reg_unit) ask = reg_read_new("request.list");
	own_struct(buf) agencies = buf_new(1 << 16);
	const char *state, *agency;

	if (!json_only(k->query, keys, e) || !json_may_str(&state, k->query, "state", e) || !may_agency(&agency, k, e) ||
	    !may_after(&ask, k->query, e))
		return false;
	scope_put_within(&agencies, k->scope, agency);
	reg_agencies(&ask, buf_str(&agencies));
	reg_text(&ask, "state", state == NULL ? "pending" : state);
	return buf_ok(&agencies, "agencies", e) && collect(k, &ask, 10, request_item, answer, e);
}

static json_t *
certificate_item(const struct reg_cell *c, const struct asking *k, int64_t *cursor)
{
	json_t *j;

	*cursor = c[14].i;
	j = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", cell_hex(&c[0]), "request", cell_hex(&c[1]),
	    "profile", cell_text(&c[2]), "person", cell_text(&c[3]), "name", cell_text(&c[4]), "agency", cell_text(&c[5]),
	    "state", cell_text(&c[10]), "not_before", time_json(c[8].i), "not_after", time_json(c[9].i));
	if (!c[6].null)
		json_object_set_new(j, "hash", hash_json(c[6].s));
	if (!c[11].null) {
		json_object_set_new(j, "revoked", time_json(c[11].i));
		json_object_set_new(j, "reason", json_integer(c[12].i));
	}
	return j;
}

/* The agencies whose certificates the asker sees of those asked for; NULL: all. */
static bool
see_agencies(const char **out, struct buf *seen, const struct asking *k, struct err *e)
{
	own_struct(scope) scope = { NULL };

	if (!may_agency(out, k, e))
		return false;
	if (!search_is_for_programs(k->query))
		return true;
	if (!find_scope(&scope, k->a, k->who, k->now, e))
		return false;
	scope_put_within(seen, &scope, *out);
	*out = buf_str(seen);
	return buf_ok(seen, "agencies", e);
}

static bool
list_certificates(const struct asking *k, json_t *answer, struct err *e)
{
	own_struct(buf) seen = buf_new(1 << 16);
	own_struct(reg_unit) ask = reg_unit_new();
	const char *agencies;

	return see_agencies(&agencies, &seen, k, e) && search_certificates(&ask, k->query, agencies, e) && may_after(&ask, k->query, e) &&
	    collect(k, &ask, 15, certificate_item, answer, e);
}

/* Of a certificate whose record a restore lost: what is ordered upon is its entry. */
static json_t *
lost_item(const struct reg_cell *c, const struct asking *k, int64_t *cursor)
{
	json_t *j = certificate_item(c, k, cursor);

	if (j != NULL)
		json_object_set_new(j, "hash", hash_json(c[7].s));
	return j;
}

static bool
list_lost(const struct asking *k, json_t *answer, struct err *e)
{
	static const char *const keys[] = { "what", "after", NULL };
	own_struct(reg_unit) ask = reg_read_new("cert.lost");

	return json_only(k->query, keys, e) && may_after(&ask, k->query, e) && collect(k, &ask, 15, lost_item, answer, e);
}

static bool
list_appointments(const struct asking *k, json_t *answer, struct err *e)
{
	static const char *const keys[] = { "what", "person", NULL };
	struct appointment all[APPOINTMENTS_MAX];
	json_t *items = json_array();
	const char *person;
	size_t n;

	json_object_set_new(answer, "items", items);
	if (!json_only(k->query, keys, e) || !json_take_str(&person, k->query, "person", e) || !appointments_read(k->a, person, all, &n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned char hash[SHA256_LEN];
		char text[2 * SHA256_LEN + 1], ended[TIME_TEXT];
		json_t *j = appointment_json(&all[i]);

		appointment_hash(hash, &all[i]);
		hex_text(text, span_of(hash, SHA256_LEN));
		json_object_set_new(j, "hash", json_string(text));
		if (all[i].ended_day != INT32_MAX) {
			date_text(ended, all[i].ended_day);
			json_object_set_new(j, "ended", json_string(ended));
		}
		json_array_append_new(items, j);
	}
	return true;
}

static json_t *
order_item(const struct reg_cell *c, const struct asking *k, int64_t *cursor)
{
	*cursor = c[5].i;
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "id", cell_hex(&c[0]), "verb", cell_text(&c[1]), "signer", cell_hex(&c[2]),
	    "time", time_json(c[4].i), "hash", hash_json(c[3].s));
}

static bool
may_see_orders(const struct asking *k, struct err *e)
{
	return scope_has_agency(k->scope, k->a->org) || fail(e, ERR_POLICY, "the orders are for programs whose scope has %s", k->a->org);
}

static bool
list_orders(const struct asking *k, json_t *answer, struct err *e)
{
	static const char *const keys[] = { "what", "after", NULL };
	own_struct(reg_unit) ask = reg_read_new("orders");

	return json_only(k->query, keys, e) && may_see_orders(k, e) && may_after(&ask, k->query, e) && collect(k, &ask, 6, order_item, answer, e);
}

/* Its octets only when it is asked for alone: two hundred might be too many. */
static json_t *
waiting_item(const struct reg_cell *c, const struct asking *k, int64_t *cursor)
{
	json_t *j = json_pack("{s:o, s:o, s:o, s:o, s:o}", "id", cell_hex(&c[0]), "verb", cell_text(&c[1]), "person", cell_text(&c[2]),
	    "hash", hash_json(c[3].s), "expires", time_json(c[4].i));
	own_struct(buf) text = buf_new(2 * CMS_MAX);

	if (json_object_get(k->query, "id") != NULL) {
		base64_put(&text, c[3].s);
		json_object_set_new(j, "cms", json_string(buf_str(&text)));
	}
	return j;
}

/* Whoever consents reads what is consented to. */
static bool
list_waiting(const struct asking *k, json_t *answer, struct err *e)
{
	static const char *const keys[] = { "what", "id", NULL };
	own_struct(reg_unit) ask = reg_read_new("orders.waiting");
	unsigned char id[ORDER_ID_LEN];

	if (!json_only(k->query, keys, e) || !may_see_orders(k, e))
		return false;
	reg_int(&ask, "now", k->now);
	if (json_object_get(k->query, "id") == NULL)
		reg_null(&ask, "id");
	else if (json_take_hex(id, sizeof(id), k->query, "id", e))
		reg_bytes(&ask, "id", span_of(id, sizeof(id)));
	else
		return false;
	return collect(k, &ask, 5, waiting_item, answer, e);
}

static bool
list_head(const struct asking *k, json_t *answer, struct err *e)
{
	static const char *const keys[] = { "what", NULL };
	own_struct(reg_unit) ask = reg_read_new("log.head");
	own_struct(reg_rows) rows = { .left = 0 };
	own_struct(buf) text = buf_new(64);
	struct merkle_edge edge = { .n = 0 };
	struct hash root;
	struct reg_cell c[3];

	if (!json_only(k->query, keys, e) || !reg_one(k->a->reg, &ask, &rows, c, 3, "log", e))
		return false;
	if (c[2].s.len % HASH_LEN != 0 || c[2].s.len > sizeof(edge.node))
		return fail(e, ERR_BUG, "the head of the log has an edge of %zu octets", c[2].s.len);
	edge.size = (uint64_t)c[0].i;
	edge.n = (unsigned)(c[2].s.len / HASH_LEN);
	if (edge.n > 0)
		memcpy(edge.node, c[2].s.ptr, c[2].s.len);
	merkle_root(&root, &edge);
	base64_put(&text, span_of(root.octet, sizeof(root.octet)));
	json_object_set_new(answer, "size", json_integer(c[0].i));
	json_object_set_new(answer, "root", json_string(buf_str(&text)));
	return true;
}

static bool
list_changes(const struct asking *k, json_t *answer, struct err *e)
{
	return anew_preview(k->a, k->query, k->now, answer, e);
}

static json_t *
token_item(const struct reg_cell *c, const struct asking *k, int64_t *cursor)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "id", cell_text(&c[0]), "model", cell_text(&c[1]), "person", cell_text(&c[2]),
	    "agency", cell_text(&c[3]), "state", cell_text(&c[4]));
}

static bool
list_tokens(const struct asking *k, json_t *answer, struct err *e)
{
	static const char *const keys[] = { "what", "person", NULL };
	own_struct(reg_unit) ask = reg_read_new("tokens");
	const char *person;

	if (!json_only(k->query, keys, e) || !json_take_str(&person, k->query, "person", e) || !may_see_orders(k, e))
		return false;
	reg_text(&ask, "person", person);
	return collect(k, &ask, 5, token_item, answer, e);
}

/* What officials are and may do is public; what is asked for, and who ordered
 * what, is for programs that may read. */
static const struct { const char *what; bool (*run)(const struct asking *, json_t *, struct err *); bool open; } lists[] = {
	{ "requests", list_requests, false }, { "certificates", list_certificates, true }, { "lost", list_lost, true }, { "appointments", list_appointments, true },
	{ "orders", list_orders, false }, { "tokens", list_tokens, false }, { "waiting", list_waiting, false }, { "head", list_head, true }, { "changes", list_changes, true },
};

bool
list_answer(struct authority *a, struct span who, const char *json, int64_t now, struct buf *out, struct err *e)
{
	own(json_t) *q = NULL;
	own(json_t) *answer = json_object();
	own_struct(scope) scope = { NULL };
	struct asking k = { .a = a, .who = who, .scope = &scope, .now = now };
	const char *what;

	if (!json_read(&q, span_str(json), e) || !json_take_str(&what, q, "what", e))
		return false;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (strcmp(lists[i].what, what) != 0)
			continue;
		k.query = q;
		if ((!lists[i].open && !find_scope(&scope, a, who, now, e)) || !lists[i].run(&k, answer, e))
			return false;
		json_write(out, answer);
		return buf_ok(out, "list", e);
	}
	return fail(e, ERR_ABSENT, "there is no list of %.40s", what);
}

bool
list_certificate(struct authority *a, const char *text, struct buf *der, struct err *e)
{
	own_struct(reg_unit) ask = reg_read_new("cert.by_serial");
	own_struct(reg_rows) rows = { .left = 0 };
	struct reg_cell c[15];
	struct serial serial;

	if (!hex_get_fixed(serial.octet, SERIAL_LEN, span_str(text), e))
		return fail(e, ERR_INPUT, "a serial number has %d hex digits", 2 * SERIAL_LEN);
	reg_bytes(&ask, "serial", span_of(serial.octet, SERIAL_LEN));
	if (!reg_one(a->reg, &ask, &rows, c, 15, "such certificate", e))
		return false;
	if (c[6].null)
		return fail(e, ERR_ABSENT, "this serial number was reserved and never became a certificate");
	buf_put_span(der, c[6].s);
	return buf_ok(der, "certificate", e);
}
