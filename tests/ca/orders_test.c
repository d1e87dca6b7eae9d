/* What antin-ca refuses, each with its class and a word of its sentence; and
 * that a refused order leaves no trace. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "base/cms.h"
#include "base/file.h"
#include "register/client.h"
#include "tests/ca/world.h"
#include "verifier/crl.h"

#include <unistd.h>

static struct world w;

static int
begin(void **state)
{
	world_begin(&w);
	return 0;
}

static int
end(void **state)
{
	world_end(&w);
	return 0;
}

static void
orders_that_are_refused(void **state)
{
	own(json_t) *request = world_request(&w, "CB-000100", "H99.31.07");
	own(json_t) *own_request = world_request(&w, "QT-000001", "H99");
	const struct draft good = draft_approval(request), self = draft_approval(own_request);
	static const unsigned char other_root[SHA256_LEN] = { 1 };
	const struct { const char *name; enum who by; const char *verb, *id; int64_t ago, life, size, effective; bool hash, root; enum err_class class; const char *word; } rows[] = {
		{ .name = "role", .by = SEC, .class = ERR_POLICY, .word = "no role" },
		{ .name = "scope", .by = LOCAL, .class = ERR_POLICY, .word = "outside the scope" },
		{ .name = "hash", .by = MAI, .hash = true, .class = ERR_CONFLICT, .word = "hash of subject" },
		{ .name = "expired", .by = MAI, .ago = 600, .class = ERR_CONFLICT, .word = "expired" },
		{ .name = "future", .by = MAI, .ago = -3600, .class = ERR_POLICY, .word = "future" },
		{ .name = "too long", .by = MAI, .life = 3600, .class = ERR_POLICY, .word = "at most" },
		{ .name = "not now", .by = MAI, .effective = INT64_C(4000000000), .class = ERR_POLICY, .word = "acts at once" },
		{ .name = "unknown verb", .by = MAI, .verb = "cert.dance", .class = ERR_ABSENT, .word = "no order cert.dance" },
		{ .name = "verb of signer", .by = MAI, .verb = "permit.seal", .class = ERR_ABSENT, .word = "no order permit.seal" },
		{ .name = "unknown request", .by = MAI, .id = "00112233445566778899aabbccddeeff", .class = ERR_ABSENT, .word = "no such request" },
		{ .name = "id of another form", .by = MAI, .id = "xyz", .class = ERR_INPUT, .word = "is no request" },
		{ .name = "larger log", .by = MAI, .root = true, .size = 1 << 20, .class = ERR_CONFLICT, .word = "log of" },
		{ .name = "another log", .by = MAI, .root = true, .size = 3, .class = ERR_CONFLICT, .word = "another log" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct draft d = good;

		d.by = rows[i].by;
		d.made_ago = rows[i].ago;
		d.life = rows[i].life;
		d.effective = rows[i].effective;
		d.after_size = rows[i].size;
		d.verb = rows[i].verb == NULL ? d.verb : rows[i].verb;
		d.id = rows[i].id == NULL ? d.id : rows[i].id;
		d.after_root = rows[i].root ? other_root : NULL;
		d.hash[0] ^= rows[i].hash;
		world_refuses(&w, rows[i].name, &d, rows[i].class, rows[i].word);
	}
	world_refuses(&w, "for oneself", &self, ERR_POLICY, "for themselves");
}

static void
an_order_acts_once(void **state)
{
	own(json_t) *request = world_request(&w, "CB-000101", "H99.14");
	own(json_t) *other = world_request(&w, "CB-000102", "H99.14");
	static const unsigned char id[ORDER_ID_LEN] = { 7 };
	struct draft d = draft_approval(request), again = draft_approval(other);
	own_struct(buf) cms = buf_new(ORDER_MAX);
	own_struct(buf) text = buf_new(CA_MESSAGE_MAX);
	struct err e;

	d.order_id = again.order_id = id;
	order_cms(&w, &d, &cms);
	assert_done(world_bytes(&w, CA_ORDER, buf_span(&cms), &text, &e), e);
	assert_false(world_bytes(&w, CA_ORDER, buf_span(&cms), &text, &e));
	assert_int_equal(e.class, ERR_CONFLICT);
	world_refuses(&w, "the same id for another subject", &again, ERR_CONFLICT, "accepted before");
}

static void
what_changed_since_is_not_ordered_upon(void **state)
{
	own(json_t) *request = world_request(&w, "CB-000103", "H99.14");
	own_struct(buf) cms = buf_new(ORDER_MAX);
	own_struct(buf) text = buf_new(CA_MESSAGE_MAX);
	struct draft old = draft_approval(request), reject = draft_approval(request);
	struct err e;

	order_cms(&w, &old, &cms);
	reject.verb = "cert.reject";
	reject.by = LOCAL;
	assert_done(world_order(&w, &reject, NULL, &e), e);
	assert_false(world_bytes(&w, CA_ORDER, buf_span(&cms), &text, &e));
	assert_int_equal(e.class, ERR_CONFLICT);
}

static void
signatures_that_are_refused(void **state)
{
	own(json_t) *request = world_request(&w, "CB-000104", "H99.14");
	struct draft d = draft_approval(request);
	own_struct(buf) cms = buf_new(ORDER_MAX);
	own_struct(buf) text = buf_new(CA_MESSAGE_MAX);
	EVP_PKEY *mine = w.admin[MAI].key;
	X509 *cert = w.admin[MAI].cert;
	struct err e;

	order_cms(&w, &d, &cms);
	/* One bit anywhere, but in what no signature covers and OpenSSL passes over:
	 * the two version numbers and the list of digest algorithms (RFC 5652 5.1). */
	for (size_t at = 41; at < cms.len; at++) {
		if (cms.ptr[at - 2] == 2 && cms.ptr[at - 1] == 1 && cms.ptr[at] < 4)
			continue;
		cms.ptr[at] ^= 1;
		if (world_bytes(&w, CA_ORDER, buf_span(&cms), &text, &e))
			print_error("accepted with another bit at %zu of %zu\n", at, cms.len);
		assert_false(world_bytes(&w, CA_ORDER, buf_span(&cms), &text, &e));
		assert_true(e.class == ERR_INPUT || e.class == ERR_POLICY || e.class == ERR_LIMIT);
		cms.ptr[at] ^= 1;
	}
	assert_false(world_bytes(&w, CA_ORDER, span_of(cms.ptr, cms.len - 1), &text, &e));
	assert_int_equal(e.class, ERR_INPUT);
	buf_reset(&cms);
	w.admin[MAI].cert = w.root;				/* a signer that is not of the register */
	w.admin[MAI].key = EVP_EC_gen("P-256");
	own(X509) *false_cert = X509_dup(w.root);
	X509_set_pubkey(false_cert, w.admin[MAI].key);
	X509_sign(false_cert, w.admin[MAI].key, EVP_sha256());
	w.admin[MAI].cert = false_cert;
	order_cms(&w, &d, &cms);
	EVP_PKEY_free(w.admin[MAI].key);
	w.admin[MAI].key = mine;
	w.admin[MAI].cert = cert;
	assert_false(world_bytes(&w, CA_ORDER, buf_span(&cms), &text, &e));
	assert_int_equal(e.class, ERR_POLICY);
}

static void
a_service_cannot_order(void **state)
{
	own(json_t) *request = world_request(&w, "CB-000105", "H99.14");
	own(EVP_PKEY) *key = key_new();
	own(X509) *service = world_enrol(&w, "service-signer", "H99", "Phiếu ký", NULL, NULL, key);
	struct draft d = draft_approval(request);
	struct person mine = w.admin[NAM];

	d.by = NAM;
	w.admin[NAM].key = key;
	w.admin[NAM].cert = service;
	world_refuses(&w, "service", &d, ERR_POLICY, "not a person's");
	w.admin[NAM] = mine;
}

static void
requests_that_are_refused(void **state)
{
	own(EVP_PKEY) *key = key_new();
	own(EVP_PKEY) *weak = EVP_RSA_gen(1024);
	own_struct(buf) csr = buf_new(4096);
	own_struct(buf) broken = buf_new(4096);
	own_struct(buf) small = buf_new(4096);
	const struct { const char *name, *profile, *agency, *subject, *person, *title; const struct buf *csr; enum err_class class; const char *word; } rows[] = {
		{ "bad proof", "official", "H99.14", "Người", "CB-1", "Chuyên viên", &broken, ERR_INPUT, "" },
		{ "weak key", "official", "H99.14", "Người", "CB-1", "Chuyên viên", &small, ERR_POLICY, "" },
		{ "unknown profile", "wizard", "H99.14", "Người", "CB-1", "Chuyên viên", &csr, ERR_ABSENT, "profile wizard" },
		{ "an authority", "issuing", "H99.14", "Người", NULL, NULL, &csr, ERR_POLICY, "ceremony" },
		{ "unknown agency", "official", "H98", "Người", "CB-1", "Chuyên viên", &csr, ERR_ABSENT, "agency H98" },
		{ "no person", "official", "H99.14", "Người", NULL, "Chuyên viên", &csr, ERR_INPUT, "person" },
		{ "citizen ID", "official", "H99.14", "Người", "001099012345", "Chuyên viên", &csr, ERR_POLICY, "citizen" },
		{ "small letters", "official", "H99.14", "Người", "cb-1", "Chuyên viên", &csr, ERR_INPUT, "staff number" },
		{ "no title", "official", "H99.14", "Người", "CB-1", NULL, &csr, ERR_INPUT, "title" },
		{ "zero width", "official", "H99.14", "Ng\u200bười", "CB-1", "Chuyên viên", &csr, ERR_INPUT, "U+200B" },
		{ "look-alike", "official", "H99.14", "\u00D0ức", "CB-1", "Chuyên viên", &csr, ERR_INPUT, "U+00D0" },
		{ "long name", "official", "H99.14", "Người Người Người Người Người Người Người Người Người Người Người Người", "CB-1", "Chuyên viên", &csr, ERR_LIMIT, "64" },
		{ "seal of another name", "seal", "H99.14", "Sở Khác", NULL, NULL, &csr, ERR_INPUT, "own name" },
		{ "service with a person", "tsa", "H99", "Dấu", "CB-1", NULL, &csr, ERR_INPUT, "names no person" },
	};

	csr_of(&csr, key);
	csr_of(&broken, key);
	broken.ptr[broken.len - 1] ^= 1;
	csr_of(&small, weak);
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) text = buf_new(CA_MESSAGE_MAX);
		own_str char *ask = ask_text(rows[i].profile, rows[i].agency, rows[i].subject, rows[i].person, rows[i].title, buf_span(rows[i].csr));
		struct err e = { ERR_NONE, "" };

		assert_case(rows[i].name, !world_text(&w, CA_REQUEST, ask, &text, &e));
		if (e.class != rows[i].class || strstr(e.text, rows[i].word) == NULL)
			print_error("%s: %s: %s\n", rows[i].name, err_word(e.class), e.text);
		assert_case(rows[i].name, e.class == rows[i].class && strstr(e.text, rows[i].word) != NULL);
	}
}

static void
a_request_is_one_and_a_key_is_ones(void **state)
{
	own(EVP_PKEY) *key = key_new();
	own_struct(buf) csr = buf_new(4096);
	own_struct(buf) one = buf_new(CA_MESSAGE_MAX);
	own_struct(buf) two = buf_new(CA_MESSAGE_MAX);
	own_str char *ask = NULL;
	own_str char *other = NULL;
	struct err e;

	csr_of(&csr, key);
	ask = ask_text("official", "H99.14", "Người", "CB-000200", "Chuyên viên", buf_span(&csr));
	other = ask_text("official", "H99.14", "Kẻ khác", "CB-000201", "Chuyên viên", buf_span(&csr));
	assert_done(world_text(&w, CA_REQUEST, ask, &one, &e), e);
	assert_done(world_text(&w, CA_REQUEST, ask, &two, &e), e);
	assert_string_equal(buf_str(&one), buf_str(&two));
	assert_false(world_text(&w, CA_REQUEST, other, &two, &e));
	assert_int_equal(e.class, ERR_POLICY);
	assert_non_null(strstr(e.text, "somebody else"));
}

static json_t *
appointing(const char *role, const char *agency, const char *kind, const char *to)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:[s], s:s, s:s*, s:s}", "person", "CB-000300", "role", role, "agency", agency,
	    "title", "Chủ tịch", "mode", "KT.", "kinds", kind, "from", "2026-01-01", "to", to, "decision", "12/QĐ-UBND");
}

static void
appointments_begin_and_end(void **state)
{
	static const struct { const char *name, *role, *agency, *kind, *to, *word; enum err_class class; enum who by; } bad[] = {
		{ "role", "king", "H99.14", "construction", NULL, "no role", ERR_ABSENT, MAI },
		{ "agency", "officer", "H97", "construction", NULL, "no agency", ERR_ABSENT, MAI },
		{ "kind", "officer", "H99.14", "dancing", NULL, "not known", ERR_ABSENT, MAI },
		{ "ends before", "officer", "H99.14", "construction", "2025-01-01", "after it begins", ERR_INPUT, MAI },
		{ "scope", "officer", "H99.31.07", "construction", NULL, "scope", ERR_POLICY, LOCAL },
		{ "order's role", "officer", "H99.14", "construction", NULL, "no role", ERR_POLICY, SEC },
	};
	own(json_t) *with = appointing("officer", "H99.14", "construction", "2027-12-31");
	struct draft d = { .by = MAI, .verb = "person.appoint", .id = "CB-000300" };
	struct err e;

	for (size_t i = 0; i < COUNT(bad); i++) {
		own(json_t) *j = appointing(bad[i].role, bad[i].agency, bad[i].kind, bad[i].to);

		draft_with(&d, j);
		d.by = bad[i].by;
		world_refuses(&w, bad[i].name, &d, bad[i].class, bad[i].word);
	}
	d.by = MAI;
	draft_with(&d, with);
	d.hash[3] ^= 1;
	world_refuses(&w, "hash of with", &d, ERR_CONFLICT, "hash of subject");
	draft_with(&d, with);
	assert_done(world_order(&w, &d, NULL, &e), e);

	own(json_t) *list = world_list(&w, "{\"what\":\"appointments\",\"person\":\"CB-000300\"}");
	const json_t *item = json_array_get(json_object_get(list, "items"), 0);
	struct draft stop = { .by = SEC, .verb = "person.end", .id = json_string_value(json_object_get(item, "id")) };

	hash_from_hex(stop.hash, item);
	assert_done(world_order(&w, &stop, NULL, &e), e);
	world_refuses(&w, "ended twice", &stop, ERR_CONFLICT, "ended already");
}

/*
 * TUQ.
 */

/* Who may sign, by which appointment; of the kinds, days and agency that these tests vary. */
struct appointing { const char *person, *role, *agency, *mode, *kinds[2], *from, *to, *by; };

static bool
appoint(const struct appointing *a, char id[33], struct err *e)
{
	json_t *kinds = json_array();
	own(json_t) *with = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s*, s:s, s:s*}", "person", a->person, "role", a->role, "agency", a->agency,
	    "title", "Phó chủ tịch", "mode", a->mode, "kinds", kinds, "from", a->from, "to", a->to, "decision", "21/QĐ-UBND", "authorised_by", a->by);
	struct draft d = { .by = MAI, .verb = "person.appoint", .id = a->person };
	own(json_t) *answer = NULL;

	for (size_t i = 0; i < COUNT(a->kinds) && a->kinds[i] != NULL; i++)
		json_array_append_new(kinds, json_string(a->kinds[i]));
	draft_with(&d, with);
	*e = (struct err){ ERR_NONE, "" };
	if (!world_order(&w, &d, &answer, e))
		return false;
	snprintf(id, 33, "%s", json_string_value(json_array_get(json_object_get(answer, "ids"), 0)));
	return true;
}

static json_t *
appointment_of(const char *person, const char *id)
{
	own_str char *query = xprintf("{\"what\":\"appointments\",\"person\":\"%s\"}", person);
	own(json_t) *list = world_list(&w, query);
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(list, "items"), i, item)
		if (strcmp(json_string_value(json_object_get(item, "id")), id) == 0)
			return json_incref(item);
	assert_true(!"an appointment with this id");
	return NULL;
}

static void
end_appointment(const char *person, const char *id, int64_t effective)
{
	own(json_t) *item = appointment_of(person, id);
	struct draft d = { .by = SEC, .verb = "person.end", .id = id, .effective = effective };
	struct err e;

	hash_from_hex(d.hash, item);
	assert_done(world_order(&w, &d, NULL, &e), e);
}

static void
ended_is(const char *person, const char *id, const char *day)
{
	own(json_t) *item = appointment_of(person, id);
	const char *ended = json_string_value(json_object_get(item, "ended"));

	assert_case(person, day == NULL ? ended == NULL : ended != NULL && strcmp(ended, day) == 0);
}

/* HEAD holds it to the end of 2027 for two kinds in H99.14; OPEN without end, for all,
 * in the city; GONE no more; SOON until a day that is ordered; SECOND by authorisation. */
#define HEAD "CB-000310"
#define DEPUTY "CB-000311"

static void
authorised_no_further(void **state)
{
	static char head[33], open[33], gone[33], soon[33], second[33], clerk[33];
	static const struct appointing right = { HEAD, "officer", "H99.14", "KT.", { "construction", "land-use" }, "2026-01-01", "2027-12-31", NULL };
	static const struct appointing good = { DEPUTY, "officer", "H99.14", "TUQ.", { "construction" }, "2026-02-01", "2027-12-31", head };
	const struct { const char *name; struct appointing a; const char *code; enum err_class class; } bad[] = {
		{ "by nobody", { DEPUTY, "officer", "H99.14", "TUQ.", { "construction" }, "2026-02-01", "2027-12-31", NULL }, "authority-unnamed", ERR_INPUT },
		{ "another mode", { DEPUTY, "officer", "H99.14", "KT.", { "construction" }, "2026-02-01", "2027-12-31", head }, "authority-unnamed", ERR_INPUT },
		{ "no mode", { DEPUTY, "officer", "H99.14", "", { "construction" }, "2026-02-01", "2027-12-31", head }, "authority-unnamed", ERR_INPUT },
		{ "by one that is none", { DEPUTY, "officer", "H99.14", "TUQ.", { "construction" }, "2026-02-01", "2027-12-31", "00112233445566778899aabbccddeeff" }, "", ERR_ABSENT },
		{ "by a person's number", { DEPUTY, "officer", "H99.14", "TUQ.", { "construction" }, "2026-02-01", "2027-12-31", HEAD }, "", ERR_INPUT },
		{ "passed on", { "CB-000312", "officer", "H99.14", "TUQ.", { "construction" }, "2026-02-01", "2027-12-31", second }, "authority-passed-on", ERR_POLICY },
		{ "by themselves", { HEAD, "officer", "H99.14", "TUQ.", { "construction" }, "2026-02-01", "2027-12-31", head }, "authority-self", ERR_POLICY },
		{ "a clerk", { DEPUTY, "clerk", "H99.14", "TUQ.", { "construction" }, "2026-02-01", "2027-12-31", head }, "authority-role", ERR_POLICY },
		{ "by a clerk", { DEPUTY, "officer", "H99.14", "TUQ.", { "construction" }, "2026-02-01", "2027-12-31", clerk }, "authority-role", ERR_POLICY },
		{ "in the agency above", { DEPUTY, "officer", "H99", "TUQ.", { "construction" }, "2026-02-01", "2027-12-31", head }, "authority-agency", ERR_POLICY },
		{ "in another agency", { DEPUTY, "officer", "H99.31.07", "TUQ.", { "construction" }, "2026-02-01", "2027-12-31", head }, "authority-agency", ERR_POLICY },
		{ "another kind", { DEPUTY, "officer", "H99.14", "TUQ.", { "clinic" }, "2026-02-01", "2027-12-31", head }, "authority-kinds", ERR_POLICY },
		{ "one kind more", { DEPUTY, "officer", "H99.14", "TUQ.", { "construction", "clinic" }, "2026-02-01", "2027-12-31", head }, "authority-kinds", ERR_POLICY },
		{ "all kinds", { DEPUTY, "officer", "H99.14", "TUQ.", { "*" }, "2026-02-01", "2027-12-31", head }, "authority-kinds", ERR_POLICY },
		{ "a day before", { DEPUTY, "officer", "H99.14", "TUQ.", { "construction" }, "2025-12-31", "2027-12-31", head }, "authority-days", ERR_POLICY },
		{ "a day after", { DEPUTY, "officer", "H99.14", "TUQ.", { "construction" }, "2026-02-01", "2028-01-01", head }, "authority-days", ERR_POLICY },
		{ "without end", { DEPUTY, "officer", "H99.14", "TUQ.", { "construction" }, "2026-02-01", NULL, head }, "authority-days", ERR_POLICY },
		{ "by one who was", { DEPUTY, "officer", "H99.14", "TUQ.", { "construction" }, "2026-02-01", "2027-12-31", gone }, "authority-ended", ERR_POLICY },
		{ "to the day of an end that lies ahead", { DEPUTY, "officer", "H99.14", "TUQ.", { "construction" }, "2026-02-01", "2090-06-01", soon }, "authority-ended", ERR_POLICY },
		{ "beyond all ends", { DEPUTY, "officer", "H99.14", "TUQ.", { "construction" }, "2026-02-01", NULL, soon }, "authority-ended", ERR_POLICY },
	};
	struct appointing other = right;
	char id[33], last[33];
	int64_t then;
	struct err e;

	assert_done(time_parse(&then, "2090-06-01T00:00:00+07:00", &e), e);
	assert_done(appoint(&right, head, &e) && appoint(&right, gone, &e) && appoint(&good, second, &e), e);
	other = (struct appointing){ HEAD, "officer", "H99", "", { "*" }, "2026-01-01", NULL, NULL };
	assert_done(appoint(&other, open, &e) && appoint(&other, soon, &e), e);
	other.role = "clerk";
	assert_done(appoint(&other, clerk, &e), e);
	end_appointment(HEAD, gone, 0);
	end_appointment(HEAD, soon, then);
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_case(bad[i].name, !appoint(&bad[i].a, id, &e));
		if (e.class != bad[i].class || strcmp(e.code, bad[i].code) != 0)
			print_error("%s: %s: %s (%s)\n", bad[i].name, err_word(e.class), e.text, e.code);
		assert_case(bad[i].name, e.class == bad[i].class && strcmp(e.code, bad[i].code) == 0 && (e.code[0] == '\0' || e.vi[0] != '\0'));
	}
	other = good;
	other.by = open;
	other.to = NULL;
	other.agency = "H99.31.07";
	assert_done(appoint(&other, id, &e), e);
	other.by = soon;
	other.to = "2090-05-31";
	assert_done(appoint(&other, last, &e), e);
	ended_is(DEPUTY, id, NULL);
	ended_is(DEPUTY, last, "2090-06-01");
	/* Whichever ends first. */
	end_appointment(DEPUTY, last, then - 86400);
	ended_is(DEPUTY, last, "2090-05-31");
	end_appointment(HEAD, open, then - 2 * 86400);
	ended_is(DEPUTY, id, "2090-05-30");
	end_appointment(DEPUTY, id, then);
	ended_is(DEPUTY, id, "2090-05-30");
}

/* What the register itself refuses, whatever antin-ca has looked at. */
static void
what_the_register_refuses_of_tuq(void **state)
{
	static const struct { const char *name, *mode, *under; enum err_class class; const char *code; } rows[] = {
		{ "by nobody", "TUQ.", NULL, ERR_BUG, "" },
		{ "another mode", "KT.", "KT.", ERR_BUG, "" },
		{ "passed on", "TUQ.", "TUQ.", ERR_POLICY, "authority-ended" },
		{ "of none", "TUQ.", "none", ERR_POLICY, "authority-ended" },
	};
	own_str char *socket = world_path(&w, "run/antin-register.ca.sock");
	static struct reg *reg;		/* as long as the process, as everywhere */
	unsigned char of[2][16] = { { 0 } };
	char id[2][33];
	struct err e;

	assert_done(appoint(&(struct appointing){ "CB-000320", "officer", "H99.14", "KT.", { "*" }, "2026-01-01", NULL, NULL }, id[0], &e), e);
	assert_done(appoint(&(struct appointing){ "CB-000321", "officer", "H99.14", "TUQ.", { "*" }, "2026-01-01", NULL, id[0] }, id[1], &e), e);
	for (size_t i = 0; i < 2; i++)
		assert_done(hex_get_fixed(of[i], sizeof(of[i]), span_str(id[i]), &e), e);
	reg = reg_new(socket);
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(reg_unit) u = reg_unit_new();
		unsigned char fresh[16] = { 0xa0, (unsigned char)i };

		reg_verb(&u, "person.appoint");
		reg_bytes(&u, "id", span_of(fresh, sizeof(fresh)));
		reg_text(&u, "person", "CB-000322");
		reg_text(&u, "role", "officer");
		reg_text(&u, "agency", "H99.14");
		reg_text(&u, "title", "Phó chủ tịch");
		reg_text(&u, "mode", rows[i].mode);
		reg_text(&u, "kinds", "*");
		reg_int(&u, "from_day", 20000);
		reg_null(&u, "to_day");
		reg_text(&u, "decision", "22/QĐ-UBND");
		if (rows[i].under == NULL)
			reg_null(&u, "authorised_by");
		else
			reg_bytes(&u, "authorised_by", strcmp(rows[i].under, "none") == 0 ? span_of(fresh, sizeof(fresh)) : span_of(of[strcmp(rows[i].under, "TUQ.") == 0], 16));
		world_refused(rows[i].name, reg_run(reg, &u, NULL, &e), &e, rows[i].class, "");
		assert_case(rows[i].name, strcmp(e.code, rows[i].code) == 0);
	}
}

/* Whoever may appoint within one agency heaps appointments upon an approver of the
 * city: that one stays what it was. */
static void
a_heap_of_appointments_hides_none(void **state)
{
	own(json_t) *with = json_pack("{s:s, s:s, s:s, s:s, s:s, s:[s], s:s, s:s}", "person", w.admin[NAM].person, "role", "officer", "agency", "H99.14",
	    "title", "Chuyên viên", "mode", "", "kinds", "*", "from", "2026-01-01", "decision", "13/QĐ-SXD");
	struct draft d = { .by = LOCAL, .verb = "person.appoint", .id = w.admin[NAM].person };
	own(EVP_PKEY) *key = key_new();
	own(json_t) *list = NULL;
	own_str char *query = xprintf("{\"what\":\"appointments\",\"person\":\"%s\"}", w.admin[NAM].person);
	own_struct(buf) csr = buf_new(4096), text = buf_new(CA_MESSAGE_MAX);
	own(json_t) *request = NULL;
	own_str char *ask = NULL;
	struct draft approve = { .by = NAM, .verb = "cert.approve" }, stop = { .by = SEC, .verb = "person.end" };
	struct err e = { ERR_NONE, "" };
	int n = 0;

	draft_with(&d, with);
	while (n < 100 && world_order(&w, &d, NULL, &e))
		n++;
	assert_int_equal(n, 63);
	world_refused("one more", false, &e, ERR_LIMIT, "64 appointments");
	csr_of(&csr, key);
	ask = ask_text("official", "H99.27", "Người Nơi Khác (thử nghiệm)", "CB-000390", "Chuyên viên", buf_span(&csr));
	assert_done(world_text(&w, CA_REQUEST, ask, &text, &e) && json_read(&request, buf_span(&text), &e), e);
	approve.id = json_string_value(json_object_get(request, "id"));
	hash_from_hex(approve.hash, request);
	assert_done(world_order(&w, &approve, NULL, &e), e);
	/* One that ends makes room for one. */
	list = world_list(&w, query);
	stop.id = json_string_value(json_object_get(json_array_get(json_object_get(list, "items"), 63), "id"));
	hash_from_hex(stop.hash, json_array_get(json_object_get(list, "items"), 63));
	assert_done(world_order(&w, &stop, NULL, &e), e);
	assert_done(world_order(&w, &d, NULL, &e), e);
	world_refused("one more again", world_order(&w, &d, NULL, &e), &e, ERR_LIMIT, "64 appointments");
}

static void
a_program_is_registered(void **state)
{
	own(json_t) *with = json_pack("{s:s, s:[s], s:[s], s:[s], s:s, s:s}", "name", "motcua", "agencies", "H99.14", "kinds", "*", "rights", "read",
	    "responsible", "QT-000003", "expires", "2028-01-01T00:00:00+07:00");
	struct draft d = { .by = SEC, .verb = "program.register", .id = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff" };
	struct err e;

	draft_with(&d, with);
	assert_done(world_order(&w, &d, NULL, &e), e);
	d.by = MAI;
	world_refuses(&w, "an approver", &d, ERR_POLICY, "no role");
	d.by = SEC;
	json_object_set_new(with, "rights", json_pack("[s,s]", "read", "seal"));
	draft_with(&d, with);
	world_refuses(&w, "a right that is none", &d, ERR_ABSENT, "seal is not known");
	json_object_set_new(with, "rights", json_array());
	draft_with(&d, with);
	world_refuses(&w, "no rights", &d, ERR_INPUT, "is empty");
	json_object_del(with, "rights");
	draft_with(&d, with);
	world_refuses(&w, "nothing said of rights", &d, ERR_INPUT, "rights");
}

static json_t *
token_of(const char *person, const char *agency, const char *state)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "model", "thẻ thử nghiệm", "person", person, "agency", agency, "state", state);
}

/* A request that names the token: is it taken? */
static bool
asked_with(const char *token, const char *person, struct err *e)
{
	own(EVP_PKEY) *key = key_new();
	own_struct(buf) csr = buf_new(4096), text = buf_new(CA_MESSAGE_MAX), whole = buf_new(CA_MESSAGE_MAX);
	own_str char *ask = NULL;
	own(json_t) *j = NULL;

	csr_of(&csr, key);
	ask = ask_text("official", "H99.14", "Người có thẻ", person, "Chuyên viên", buf_span(&csr));
	assert_done(json_read(&j, span_str(ask), e), *e);
	json_object_set_new(j, "token", json_string(token));
	json_write(&whole, j);
	return world_text(&w, CA_REQUEST, buf_str(&whole), &text, e);
}

static void
a_token_is_one_persons(void **state)
{
	static const struct { const char *name, *id, *person, *agency, *state; enum who by; bool hash; enum err_class class; const char *word, *model; } bad[] = {
		{ "another person's", "TK-1", "CB-000402", "H99.14", "held", MAI, false, ERR_CONFLICT, "another person" },
		{ "a token for oneself", "TK-2", "QT-000001", "H99.14", "held", MAI, false, ERR_POLICY, "for themselves" },
		{ "outside the scope", "TK-2", "CB-000402", "H99.27", "held", LOCAL, false, ERR_POLICY, "outside the scope" },
		{ "taken out of another scope", "TK-3", "CB-000403", "H99.14", "held", LOCAL, false, ERR_POLICY, "outside the scope" },
		{ "no agency", "TK-2", "CB-000402", "H99.77", "held", MAI, false, ERR_ABSENT, "no agency" },
		{ "a state that is none", "TK-2", "CB-000402", "H99.14", "stolen", MAI, false, ERR_INPUT, "held or lost" },
		{ "no person", "TK-2", "", "H99.14", "held", MAI, false, ERR_INPUT, "the staff number" },
		{ "a citizen's ID", "TK-2", "001099000001", "H99.14", "held", MAI, false, ERR_POLICY, "citizen's ID" },
		{ "a person that is no staff number", "TK-2", "cb 402", "H99.14", "held", MAI, false, ERR_INPUT, "staff number" },
		{ "no model", "TK-2", "CB-000402", "H99.14", "held", MAI, false, ERR_INPUT, "octets", "" },
		{ "a model that turns what follows", "TK-2", "CB-000402", "H99.14", "held", MAI, false, ERR_INPUT, "model", "th\u202eẻ" },
		{ "no serial number", "TK 2", "CB-000402", "H99.14", "held", MAI, false, ERR_INPUT, "letters, digits and hyphens" },
		{ "lost before it was there", "TK-2", "CB-000402", "H99.14", "lost", MAI, false, ERR_ABSENT, "never registered" },
		{ "altered", "TK-2", "CB-000402", "H99.14", "held", MAI, true, ERR_CONFLICT, "hash of subject" },
	};
	own(json_t) *mine = token_of("CB-000401", "H99.14", "held"), *other = token_of("CB-000403", "H99.27", "held"), *lost = token_of("CB-000401", "H99.14", "lost");
	struct draft d = { .verb = "token.register", .by = MAI, .id = "TK-1" };
	struct err e;

	assert_false(asked_with("TK-1", "CB-000401", &e));
	assert_true(e.class == ERR_POLICY && strstr(e.text, "not registered to this person") != NULL);
	draft_with(&d, mine);
	assert_done(world_order(&w, &d, NULL, &e), e);
	d.id = "TK-3";
	draft_with(&d, other);
	assert_done(world_order(&w, &d, NULL, &e), e);
	for (size_t i = 0; i < COUNT(bad); i++) {
		own(json_t) *j = token_of(bad[i].person, bad[i].agency, bad[i].state);

		if (bad[i].model != NULL)
			json_object_set_new(j, "model", json_string(bad[i].model));
		draft_with(&d, j);
		d.hash[0] ^= bad[i].hash;
		d.id = bad[i].id;
		d.by = bad[i].by;
		world_refuses(&w, bad[i].name, &d, bad[i].class, bad[i].word);
	}
	assert_done(asked_with("TK-1", "CB-000401", &e), e);
	assert_false(asked_with("TK-1", "CB-000402", &e));
	assert_true(e.class == ERR_POLICY);
	assert_false(asked_with("TK 1", "CB-000401", &e));
	assert_true(e.class == ERR_INPUT);
	d = (struct draft){ .verb = "token.register", .by = SEC, .id = "TK-1" };
	draft_with(&d, lost);
	assert_done(world_order(&w, &d, NULL, &e), e);
	world_refuses(&w, "lost again", &d, ERR_CONFLICT, "stays so");
	draft_with(&d, mine);
	world_refuses(&w, "found again", &d, ERR_CONFLICT, "stays so");
	assert_false(asked_with("TK-1", "CB-000401", &e));
	assert_true(e.class == ERR_POLICY && strstr(e.text, "is lost") != NULL);
}

/* Found by the token that its request named, and by no other. */
static void
certificates_of_a_token(void **state)
{
	static const char reader[] = "a1112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
	own(json_t) *with = token_of("CB-000405", "H99.14", "held"), *rights = json_pack("{s:s, s:[s], s:[s], s:[s], s:s, s:s}", "name", "motcua", "agencies", "H99", "kinds", "*",
	    "rights", "read", "responsible", "QT-000003", "expires", "2028-01-01T00:00:00+07:00");
	struct draft d = { .verb = "token.register", .by = MAI, .id = "TK-5" }, reads = { .by = SEC, .verb = "program.register", .id = reader };
	static const struct { const char *query; size_t n; } rows[] = {
		{ "{\"what\":\"certificates\",\"token\":\"TK-5\"}", 1 }, { "{\"what\":\"certificates\",\"token\":\"TK-6\"}", 0 },
		{ "{\"what\":\"tokens\",\"person\":\"CB-000405\"}", 1 }, { "{\"what\":\"tokens\",\"person\":\"CB-000406\"}", 0 },
	};
	own_struct(buf) who = buf_new(64), list = buf_new(CA_MESSAGE_MAX);
	own(json_t) *waiting = NULL;
	const json_t *item;
	struct err e;
	size_t i;

	draft_with(&d, with);
	assert_done(world_order(&w, &d, NULL, &e), e);
	draft_with(&reads, rights);
	assert_done(world_order(&w, &reads, NULL, &e) && hex_get(&who, span_str(reader), &e), e);
	assert_done(asked_with("TK-5", "CB-000405", &e), e);
	assert_done(world_list_as(&w, buf_span(&who), "{\"what\":\"requests\"}", &list, &e) && json_read(&waiting, buf_span(&list), &e), e);
	json_array_foreach(json_object_get(waiting, "items"), i, item)
		if (strcmp(json_string_value(json_object_get(json_object_get(item, "facts"), "token")) ?: "", "TK-5") == 0) {
			struct draft approve = draft_approval(item);

			assert_done(world_order(&w, &approve, NULL, &e), e);
		}
	for (i = 0; i < COUNT(rows); i++) {
		own_struct(buf) text = buf_new(CA_MESSAGE_MAX);
		own(json_t) *answer = NULL;

		assert_done(world_list_as(&w, buf_span(&who), rows[i].query, &text, &e) && json_read(&answer, buf_span(&text), &e), e);
		assert_case(rows[i].query, json_array_size(json_object_get(answer, "items")) == rows[i].n);
		assert_case(rows[i].query, !world_list_as(&w, SPAN_NONE, rows[i].query, &text, &e) && e.class == ERR_POLICY);
	}
}

static int64_t
crl_number(void)
{
	own_struct(buf) der = buf_new(1 << 20);
	own_str char *path = world_path(&w, "public/crl/0.crl");
	own(X509_CRL) *crl = NULL;
	own(ASN1_INTEGER) *n = NULL;
	struct err e;
	int64_t number;

	assert_done(file_read(&der, path, &e) && crl_from_any(&crl, buf_span(&der), &e), e);
	n = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
	assert_int_equal(ASN1_INTEGER_get_int64(&number, n), 1);
	return number;
}

/* No OCSP here: ocsp_issue_test.c orders that. */
static void
it_publishes_when_ordered(void **state)
{
	static const struct { const char *name, *with, *id; enum who by; bool hash; enum err_class class; const char *word; } bad[] = {
		{ "no approver of the city", "{\"what\":[\"crl\"]}", "H99", LOCAL, false, ERR_POLICY, "outside the scope" },
		{ "another agency", "{\"what\":[\"crl\"]}", "H99.14", MAI, false, ERR_INPUT, "the authority's own agency, H99" },
		{ "an unknown word", "{\"what\":[\"crl\",\"delta\"]}", "H99", MAI, false, ERR_ABSENT, "delta is not known" },
		{ "a number", "{\"what\":[1]}", "H99", MAI, false, ERR_ABSENT, "no text, is not known" },
		{ "nothing", "{\"what\":[]}", "H99", MAI, false, ERR_INPUT, "is empty" },
		{ "twice", "{\"what\":[\"crl\",\"crl\"]}", "H99", MAI, false, ERR_INPUT, "twice" },
		{ "a word alone", "{\"what\":\"crl\"}", "H99", MAI, false, ERR_INPUT, "what" },
		{ "more than what", "{\"what\":[\"crl\"],\"when\":\"now\"}", "H99", MAI, false, ERR_INPUT, "when" },
		{ "altered", "{\"what\":[\"crl\"]}", "H99", MAI, true, ERR_CONFLICT, "hash of subject" },
		{ "no responder", "{\"what\":[\"crl\",\"ocsp\"]}", "H99", MAI, false, ERR_ABSENT, "no active certificate of the profile ocsp" },
	};
	static const unsigned char id[ORDER_ID_LEN] = { 9 };
	struct draft d = { .verb = "authority.publish" };
	own(json_t) *with = NULL, *answer = NULL;
	int64_t before = crl_number();
	struct err e;

	for (size_t i = 0; i < COUNT(bad); i++) {
		own(json_t) *j = json_loads(bad[i].with, 0, NULL);

		draft_with(&d, j);
		d.hash[0] ^= bad[i].hash;
		d.id = bad[i].id;
		d.by = bad[i].by;
		world_refuses(&w, bad[i].name, &d, bad[i].class, bad[i].word);
	}
	d = (struct draft){ .verb = "authority.publish", .id = "H99", .by = SEC };
	world_refuses(&w, "no with", &d, ERR_INPUT, "in \"with\"");
	assert_int_equal(crl_number(), before);
	with = json_pack("{s:[s]}", "what", "crl");
	draft_with(&d, with);
	d.order_id = id;
	assert_done(world_order(&w, &d, &answer, &e), e);
	assert_true(json_integer_value(json_object_get(answer, "crl")) > before);
	for (int i = 0; i < 3000 && crl_number() == before; i++)
		usleep(10000);
	assert_int_equal(crl_number(), json_integer_value(json_object_get(answer, "crl")));
	world_refuses(&w, "the same order again", &d, ERR_CONFLICT, "accepted before");
}

/* Requests and orders, by the program that asks. */
static void
some_lists_are_for_programs(void **state)
{
	static const struct { const char *name, *rights, *agency, *what; enum err_class want; bool some; } rows[] = {
		{ "nobody, requests", NULL, NULL, "requests", ERR_POLICY, false },
		{ "nobody, orders", NULL, NULL, "orders", ERR_POLICY, false },
		{ "nobody, head", NULL, NULL, "head", ERR_NONE, false },
		{ "submits only, requests", "submit", "H99", "requests", ERR_POLICY, false },
		{ "submits only, orders", "submit", "H99", "orders", ERR_POLICY, false },
		{ "another agency, requests", "read", "H99.27", "requests", ERR_NONE, false },
		{ "another agency, orders", "read", "H99.27", "orders", ERR_POLICY, false },
		{ "its agency, requests", "read", "H99.14", "requests", ERR_NONE, true },
		{ "the city, requests", "read", "H99", "requests", ERR_NONE, true },
		{ "the city, orders", "read", "H99", "orders", ERR_NONE, true },
	};
	static const char id[] = "a0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
	struct err e;

	json_decref(world_request(&w, "CB-000110", "H99.14"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		own_struct(buf) text = buf_new(CA_MESSAGE_MAX), who = buf_new(64);
		own_str char *query = xprintf("{\"what\":\"%s\"}", rows[i].what);
		own(json_t) *answer = NULL;
		bool good;

		if (rows[i].rights != NULL) {
			own(json_t) *with = json_pack("{s:s, s:[s], s:[s], s:[s], s:s, s:s}", "name", "motcua", "agencies", rows[i].agency, "kinds", "*",
			    "rights", rows[i].rights, "responsible", "QT-000003", "expires", "2028-01-01T00:00:00+07:00");
			struct draft d = { .by = SEC, .verb = "program.register", .id = id };

			draft_with(&d, with);
			assert_done(world_order(&w, &d, NULL, &e), e);
			assert_done(hex_get(&who, span_str(id), &e), e);
		}
		good = world_list_as(&w, buf_span(&who), query, &text, &e);
		if (good != (rows[i].want == ERR_NONE))
			print_error("%s: %s\n", rows[i].name, good ? "done" : e.text);
		assert_case(rows[i].name, good ? rows[i].want == ERR_NONE : e.class == rows[i].want);
		if (good && strcmp(rows[i].what, "head") != 0) {
			assert_done(json_read(&answer, buf_span(&text), &e), e);
			assert_case(rows[i].name, (json_array_size(json_object_get(answer, "items")) > 0) == rows[i].some);
		}
	}
}

/* Last: NAM's certificate is revoked, and then NAM orders. */
static void
a_revoked_administrator_orders_nothing(void **state)
{
	own(json_t) *request = world_request(&w, "CB-000106", "H99.14");
	const struct order_subject subject = subject_of(w.admin[NAM].cert);
	struct draft d = draft_approval(request), revoke = { .by = SEC, .verb = "cert.revoke", .subjects = &subject, .nsubjects = 1 };
	own(json_t) *bad = json_pack("{s:s}", "code", "cACompromise");
	struct err e;

	revoke.with = bad;
	world_refuses(&w, "a reason that is none", &revoke, ERR_INPUT, "no reason");
	revoke.with = NULL;
	assert_done(world_order(&w, &revoke, NULL, &e), e);
	world_refuses(&w, "revoked twice", &revoke, ERR_CONFLICT, "is revoked");
	d.by = NAM;
	world_refuses(&w, "revoked administrator", &d, ERR_POLICY, "is revoked");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_that_are_refused),
		cmocka_unit_test(an_order_acts_once),
		cmocka_unit_test(what_changed_since_is_not_ordered_upon),
		cmocka_unit_test(signatures_that_are_refused),
		cmocka_unit_test(a_service_cannot_order),
		cmocka_unit_test(requests_that_are_refused),
		cmocka_unit_test(a_request_is_one_and_a_key_is_ones),
		cmocka_unit_test(appointments_begin_and_end),
		cmocka_unit_test(authorised_no_further),
		cmocka_unit_test(what_the_register_refuses_of_tuq),
		cmocka_unit_test(a_heap_of_appointments_hides_none),
		cmocka_unit_test(a_program_is_registered),
		cmocka_unit_test(a_token_is_one_persons),
		cmocka_unit_test(certificates_of_a_token),
		cmocka_unit_test(it_publishes_when_ordered),
		cmocka_unit_test(some_lists_are_for_programs),
		cmocka_unit_test(a_revoked_administrator_orders_nothing),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
