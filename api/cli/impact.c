/*
 * antin impact --certificate SERIAL --since T -- what becomes of that which a key
 * signed, when others have known it since T.
 *
 * The key counts, not the certificate: whoever has it signs as any of the
 * certificates that were made for it.  Of each signature of theirs on a permit,
 * officer's or seal:
 *
 *	stands		it was there before T, by a time stamp that counts today or by the register's
 *			word; looked at is the copy whose proofs last longest
 *	sign-again	none is, or the signature does not pass today; a newer version of the permit,
 *			with the same content, is signed in its place (signer/amend.h)
 *	reaffirm	it fails for nothing but this: the agency may stand by it, by an order
 *			permit.reaffirm, or have a newer version signed; where it has, it stands
 *	over		the permit was withdrawn, cancelled, replaced or never issued: nobody needs a new signature
 *
 * And the orders that they signed since T, which a person must look through.
 *
 * Reads the register and changes nothing.  To block the key and revoke all its
 * certificates is an order: antin order key.block, which the text names.  A stamp
 * whose own key is in question proves nothing: a time-stamping certificate is
 * refused here, because what it stamped is proven by the log alone (`antin permit
 * proof`).
 */
#include "api/cli/command.h"
#include "api/cli/stored.h"

#include "base/clock.h"
#include "ca/serial.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define CERTIFICATES_MAX 64	/* of one key: a few renewals */
#define CERTIFICATE_MAX (64u << 10)
#define SERIAL_HEX (2 * SERIAL_LEN + 1)

const struct arg_option impact_options[] = {
	{ "certificate", "SERIAL", false, "its serial number in hex" },
	{ "since", "TIME", false, "others have known the key since (RFC 3339; as the revocation says)" },
	{ "state", "DIR", false, "the register's state, as in [antin-register]" },
	{ "database", "NAME", false, "instead: a file, or a server (postgresql://...)" },
	{ "policy-folder", "DIR", false, "the policy" },
	{ "at", "TIME", false, "as of this time (RFC 3339; now)" },
	{ NULL },
};

/* One certificate of the key. */
struct held { char serial[SERIAL_HEX], profile[32], person[64], agency[64], state[16]; struct buf base64; };

/* Seen by a page's callback. */
struct impact {
	const struct args *args;
	const struct stored *stored;
	int64_t at, since;
	unsigned char key[KEY_ID_LEN];
	int64_t blocked;		/* since when; INT64_MIN: not */
	struct held held[CERTIFICATES_MAX];
	size_t nheld;
	uint64_t stands, again, reaffirm, over, orders;
	struct report *report;
	bool listed;			/* an element stands before: a comma comes */
};

static void
impact_drop(struct impact *m)
{
	for (size_t i = 0; i < m->nheld; i++)
		buf_drop(&m->held[i].base64);
	free(m->report);
}

/*
 * The key and its certificates.
 */

struct asked { struct impact *m; bool seen; int64_t since; char profile[32]; };

static bool
take_asked(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct asked *x = ctx;

	x->seen = c[0].s.len == KEY_ID_LEN;
	if (x->seen)
		memcpy(x->m->key, c[0].s.ptr, KEY_ID_LEN);
	x->since = !c[2].null ? c[2].i : c[1].null ? INT64_MIN : c[1].i;
	stored_text(x->profile, sizeof(x->profile), &c[3]);
	return true;
}

static bool
find_key(struct impact *m, const char *serial, struct err *e)
{
	static const enum reg_type types[] = { REG_BYTES, REG_INT, REG_INT, REG_TEXT };
	unsigned char octets[SERIAL_LEN];
	struct asked x = { .m = m };
	struct values v = { .n = 0 };

	if (!hex_get_fixed(octets, sizeof(octets), span_str(serial), e))
		return fail_in(e, "--certificate");
	values_span(&v, "serial", REG_BYTES, span_of(octets, sizeof(octets)));
	if (!store_run(m->stored->db, "SELECT key_id, revoked_at, invalidity, profile FROM certificate WHERE serial = $serial AND der IS NOT NULL",
	    &v, types, 4, take_asked, &x, NULL, e))
		return false;
	if (!x.seen)
		return fail(e, ERR_ABSENT, "the register has no certificate with the serial number %s", serial);
	if (strcmp(x.profile, "tsa") == 0)
		return fail(e, ERR_POLICY, "this certificate gives time and signs no permit: what it stamped stands by the log's proof alone (antin permit proof)");
	if (m->since == INT64_MIN)
		m->since = x.since;
	return m->since != INT64_MIN || fail(e, ERR_INPUT, "--since is needed: the certificate is not revoked");
}

static bool
take_held(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct impact *m = ctx;
	struct held *h = &m->held[m->nheld];

	if (m->nheld == CERTIFICATES_MAX || c[0].s.len != SERIAL_LEN)
		return fail(e, ERR_LIMIT, "more than %d certificates of one key", CERTIFICATES_MAX);
	hex_text(h->serial, c[0].s);
	stored_text(h->profile, sizeof(h->profile), &c[1]);
	stored_text(h->person, sizeof(h->person), &c[2]);
	stored_text(h->agency, sizeof(h->agency), &c[3]);
	stored_text(h->state, sizeof(h->state), &c[4]);
	h->base64 = buf_new(CERTIFICATE_MAX);
	m->nheld++;
	base64_put(&h->base64, c[5].s);
	return buf_ok(&h->base64, "certificate", e);
}

static bool
find_certificates(struct impact *m, struct err *e)
{
	static const enum reg_type types[] = { REG_BYTES, REG_TEXT, REG_TEXT, REG_TEXT, REG_TEXT, REG_BYTES };
	struct values v = { .n = 0 };

	values_span(&v, "key", REG_BYTES, span_of(m->key, KEY_ID_LEN));
	return store_int(m->stored->db, "SELECT time FROM key_blocked WHERE key_id = $key", &v, INT64_MIN, &m->blocked, e) &&
	    store_run(m->stored->db, "SELECT serial, profile, person, agency, state, der FROM certificate WHERE key_id = $key AND der IS NOT NULL ORDER BY entry",
		&v, types, 6, take_held, m, NULL, e);
}

/*
 * What is printed.
 */

static void
print_json_item(struct impact *m, json_t *j)
{
	own_struct(buf) b = buf_new(8192);

	promise(j != NULL);
	json_write(&b, j);
	json_decref(j);
	printf("%s\n%s", m->listed ? "," : "", buf_str(&b));
	m->listed = true;
}

static json_t *
time_json(int64_t t)
{
	char text[TIME_TEXT];

	if (t == INT64_MIN || t == INT64_MAX)
		return json_null();
	time_text_utc(text, t);
	return json_string(text);
}

static void
print_key(struct impact *m)
{
	char key[2 * KEY_ID_LEN + 1], since[TIME_TEXT];

	hex_text(key, span_of(m->key, KEY_ID_LEN));
	time_text_vn(since, m->since);
	if (m->args->json) {
		own(json_t) *t = time_json(m->since);
		own(json_t) *b = time_json(m->blocked);

		printf("{\"key\":\"%s\",\"since\":\"%s\",\"blocked\":%s%s%s,\"certificates\":[", key, json_string_value(t),
		    json_is_null(b) ? "" : "\"", json_is_null(b) ? "null" : json_string_value(b), json_is_null(b) ? "" : "\"");
	} else {
		printf("khóa / key %s, bị lộ từ / known to others since %s\n%s\n", key, since,
		    m->blocked != INT64_MIN ? "đã khóa vĩnh viễn / blocked" : "CHƯA khóa / NOT blocked yet: antin order key.block with this hash, and another person's order.consent, revoke every certificate of it");
	}
	for (size_t i = 0; i < m->nheld; i++) {
		const struct held *h = &m->held[i];

		if (m->args->json)
			print_json_item(m, json_pack("{s:s, s:s, s:s, s:s, s:s}", "serial", h->serial, "profile", h->profile, "person", h->person, "agency", h->agency, "state", h->state));
		else
			printf("chứng thư / certificate %s  %s  %s %s  %s\n", h->serial, h->profile, h->agency, h->person, h->state);
	}
}

static void
print_list(struct impact *m, const char *name)
{
	if (m->args->json)
		printf("],\"%s\":[", name);
	m->listed = false;
}

static void
print_end(struct impact *m)
{
	if (m->args->json)
		printf("],\"stands\":%" PRIu64 ",\"reaffirm\":%" PRIu64 ",\"sign_again\":%" PRIu64 ",\"over\":%" PRIu64 "}\n", m->stands, m->reaffirm, m->again, m->over);
	else
		printf("%" PRIu64 " đứng vững / stand, %" PRIu64 " có thể xác nhận lại / to be reaffirmed (antin order permit.reaffirm) or signed again, %" PRIu64 " phải ký lại / to be signed again, %" PRIu64 " đã hết / over; %" PRIu64 " lệnh phải xem lại / orders to be looked through\n",
		    m->stands, m->reaffirm, m->again, m->over, m->orders);
}

/*
 * Permits.
 */

static const struct held *
holder_of(const struct impact *m, const char *serial)
{
	for (size_t i = 0; i < m->nheld; i++)
		if (strcmp(m->held[i].serial, serial) == 0)
			return &m->held[i];
	return NULL;
}

/* Does it bring one of these certificates?  Cheaper than judging, and never says
 * no of one that was signed: the signature names its certificate, which our
 * permits carry. */
static bool
may_be_signed(const struct impact *m, struct span file)
{
	for (size_t i = 0; i < m->nheld; i++)
		if (memmem(file.ptr, file.len, m->held[i].base64.ptr, m->held[i].base64.len) != NULL)
			return true;
	return false;
}

/* why: "" where it stands. */
static const char *
answer_of(struct impact *m, const struct stored_permit *p, const struct report_signature *s, char why[400])
{
	why[0] = '\0';
	if (span_eq_str(p->state, "withdrawn") || span_eq_str(p->state, "void") || span_eq_str(p->state, "superseded")) {
		m->over++;
		return "over";
	}
	if (s->reaffirmed) {
		m->stands++;
		return "stands";
	}
	if (s->reaffirmable && p->sha256.len > 0) {
		m->reaffirm++;
		snprintf(why, 400, "made while others had the key");
		return "reaffirm";
	}
	if (s->verdict == VERDICT_PASSED && s->proof != PROOF_NONE && s->proven < m->since) {
		m->stands++;
		return "stands";
	}
	m->again++;
	if (s->verdict != VERDICT_PASSED)
		snprintf(why, 400, "%s", s->reasons.n > 0 ? s->reasons.at[s->reasons.n - 1].en : "it does not pass today");
	else
		snprintf(why, 400, "%s", s->proof == PROOF_NONE ? "no time stamp proves when it was made" : "its time stamp is not older");
	return "sign-again";
}

static void
print_signature(struct impact *m, const struct stored_permit *p, const struct report_signature *s)
{
	char handle[2 * HANDLE_LEN + 1], why[400], stamped[TIME_TEXT] = "-";
	const char *answer = answer_of(m, p, s, why);

	hex_text(handle, p->handle);
	if (s->proof != PROOF_NONE)
		time_text_vn(stamped, s->proven);
	if (m->args->json)
		print_json_item(m, json_pack("{s:s, s:s, s:s%, s:s%, s:s%, s:s%, s:s, s:s, s:o, s:s}", "answer", answer, "handle", handle,
		    "number", p->number.len > 0 ? (const char *)p->number.ptr : "", p->number.len, "agency", p->agency.ptr, p->agency.len,
		    "kind", p->kind.ptr, p->kind.len, "state", p->state.ptr, p->state.len, "signature", s->id, "serial", s->serial,
		    "stamped", time_json(s->proof != PROOF_NONE ? s->proven : INT64_MAX), "why", why));
	else
		printf("%-10s  %s  %.*s  %.*s %.*s  %s  %s%s%s\n", answer, handle, (int)p->number.len, p->number.len > 0 ? (const char *)p->number.ptr : "",
		    (int)p->agency.len, (const char *)p->agency.ptr, (int)p->kind.len, (const char *)p->kind.ptr, s->id, stamped, why[0] != '\0' ? "  " : "", why);
}

static bool
see_permit(void *ctx, const struct stored_permit *p, struct err *e)
{
	own_struct(buf) file = buf_new(XML_SIZE_MAX);
	struct impact *m = ctx;

	if (!stored_file(&file, p, e))
		return false;
	if (!may_be_signed(m, buf_span(&file)))
		return true;
	stored_judge(m->report, m->stored, p, buf_span(&file), m->at, p->recorded <= m->at && p->recorded != INT64_MIN ? p->recorded : 0);
	for (size_t i = 0; i < m->report->nsignatures; i++)
		if (holder_of(m, m->report->signature[i].serial) != NULL)
			print_signature(m, p, &m->report->signature[i]);
	report_drop(m->report);
	return true;
}

static bool
see_permits(struct impact *m, struct err *e)
{
	unsigned char after[HANDLE_LEN] = { 0 };
	uint64_t n = 0;

	m->report = xalloc(sizeof(*m->report));
	do {
		if (!stored_page(m->stored, STORED_NEWEST, after, see_permit, m, &n, e))
			return false;
	} while (n > 0);
	return true;
}

/*
 * Orders.
 */

static bool
see_order(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct impact *m = ctx;
	char id[2 * HANDLE_LEN + 1], when[TIME_TEXT];

	if (c[0].s.len != HANDLE_LEN)
		return fail(e, ERR_STORE, "order_accepted: an id of %zu octets", c[0].s.len);
	hex_text(id, c[0].s);
	time_text_vn(when, c[2].i);
	m->orders++;
	if (m->args->json)
		print_json_item(m, json_pack("{s:s, s:s%, s:o}", "order", id, "verb", c[1].s.ptr, c[1].s.len, "time", time_json(c[2].i)));
	else
		printf("lệnh / order  %s  %.*s  %s\n", id, (int)c[1].s.len, (const char *)c[1].s.ptr, when);
	return true;
}

static bool
see_orders(struct impact *m, struct err *e)
{
	static const enum reg_type types[] = { REG_BYTES, REG_TEXT, REG_INT };
	struct values v = { .n = 0 };

	values_span(&v, "key", REG_BYTES, span_of(m->key, KEY_ID_LEN));
	values_int(&v, "since", m->since);
	return store_run(m->stored->db, "SELECT id, verb, time FROM order_accepted WHERE time >= $since AND "
	    "signer IN (SELECT serial FROM certificate WHERE key_id = $key) ORDER BY entry", &v, types, 3, see_order, m, NULL, e);
}

static bool
look(struct impact *m, const char *serial, struct err *e)
{
	if (!find_key(m, serial, e) || !find_certificates(m, e))
		return false;
	print_key(m);
	print_list(m, "permits");
	if (!see_permits(m, e))
		return false;
	print_list(m, "orders");
	if (!see_orders(m, e))
		return false;
	print_end(m);
	return true;
}

int
command_impact(const struct args *a)
{
	own_struct(impact) m = { .args = a };
	own_struct(stored) s = { NULL };
	own_str char *database = NULL;
	const char *serial;
	struct err e;

	if (a->nwords != 0) {
		fail(&e, ERR_INPUT, "antin impact --certificate SERIAL --since TIME --state DIR");
		return command_usage(a, &e);
	}
	if (!args_need(a, "certificate", &serial, &e) || !command_database(&database, a, &e) || !args_time(a, "at", clock_now(), &m.at, &e) ||
	    !args_time(a, "since", INT64_MIN, &m.since, &e))
		return command_usage(a, &e);
	m.stored = &s;
	return stored_open(&s, database, command_policy_folder(a), STORED_TODAY, &e) && look(&m, serial, &e) ? 0 : command_refuse(a, &e);
}
