#include "tests/signer/world.h"

#include "base/clock.h"
#include "base/cms.h"
#include "base/file.h"
#include "base/json.h"
#include "register/entry.h"
#include "tests/base/test.h"
#include "tests/register/database.h"
#include "verifier/csr.h"
#include "verifier/proto.h"

#include <signal.h>
#include <unistd.h>
#include <time.h>

static const char *const agencies[] = { "H99.14", "H99.31.07", "H99.05", "H99.17" };
#define AGENCIES COUNT(agencies)

/* Made while the ceremony is held: the services' and the seals' requests. */
static struct buf tsa_csr, service_csr, ocsp_csr, seal_csr[AGENCIES];

static void
more_ceremony(const struct world *w, struct ceremony_plan *plan)
{
	static struct ceremony_service services[3];
	own_token struct token *seal = world_token("seal");
	own_token struct token *service = world_token("service");
	own_token struct token *tsa = world_token("tsa");

	token_csr(&tsa_csr, tsa, "tsa");
	token_csr(&service_csr, service, "service");
	token_csr(&ocsp_csr, w->issuing_token, "ocsp");
	for (size_t i = 0; i < AGENCIES; i++)
		token_csr(&seal_csr[i], seal, agencies[i]);
	services[0] = (struct ceremony_service){ "tsa", "Dấu thời gian THỬ NGHIỆM", "H99", buf_span(&tsa_csr) };
	services[1] = (struct ceremony_service){ "service-signer", "Dịch vụ ký THỬ NGHIỆM", "H99", buf_span(&service_csr) };
	services[2] = (struct ceremony_service){ "ocsp", "Trả lời trạng thái THỬ NGHIỆM", "H99", buf_span(&ocsp_csr) };
	plan->service = services;
	plan->nservices = 3;
}

#define HSM_SECTION(name, caller) "[antin-hsm-" name "]\nrun = %s/run\ntoken = " name "\nsign." caller " = *\nmodule_config = %s/softhsm2.conf\nwrites = %s/tokens\n"

static const char *
more_sections(const struct world *w)
{
	static char text[8000];
	const char *d = w->dir;

	snprintf(text, sizeof(text), HSM_SECTION("seal", "signer") HSM_SECTION("service", "signer") HSM_SECTION("tsa", "tsa")
	    "[antin-tsa]\nrun = %s/run\ntrust_unsynchronised_clock = yes\n"
	    "[antin-signer]\nrun = %s/run\npolicy = %s\norigin = xacthuc.hoagiang.example/register\n"
	    "status_uri = https://xacthuc.hoagiang.example/status/1.cwt\nroot = %s/root.crt\nroot_crl = %s/root.crl\nissuing = %s/issuing.crt\n",
	    d, d, d, d, d, d, d, d, d, d, d, w->policy_folder, d, d, d);
	return text;
}

/*
 * People.
 */

static const struct official people[STAFF] = {
	[DIEP] = { .person = "CB-000101", .name = "Người Ký Một", .title = "PHÓ CHỦ TỊCH", .agency = "H99" },
	[BLIK] = { .person = "CB-000102", .name = "Người Ký Sở", .title = "PHÓ GIÁM ĐỐC", .agency = "H99.14" },
	[HOA] = { .person = "CB-000103", .name = "Người Ký Đất", .title = "PHÓ CHỦ TỊCH", .agency = "H99" },
	[TL] = { .person = "CB-000104", .name = "Người Ký Thừa Lệnh", .title = "CHÁNH VĂN PHÒNG", .agency = "H99" },
	[PAST] = { .person = "CB-000105", .name = "Người Đã Nghỉ", .title = "PHÓ CHỦ TỊCH", .agency = "H99" },
	[NOBODY] = { .person = "CB-000106", .name = "Chuyên Viên", .title = "CHUYÊN VIÊN", .agency = "H99" },
	[CLERK] = { .person = "CB-000107", .name = "Văn Thư", .title = "VĂN THƯ", .agency = "H99" },
	[LOCAL_CLERK] = { .person = "CB-000108", .name = "Văn Thư Sở", .title = "VĂN THƯ", .agency = "H99.14" },
};

static const struct { enum staff who; const char *role, *agency, *mode, *kind, *to; } appointments[] = {
	{ DIEP, "officer", "H99", "KT.", "*", NULL },
	{ BLIK, "officer", "H99.14", "KT.", "*", NULL },
	{ HOA, "officer", "H99", "KT.", "land-use", NULL },
	{ TL, "officer", "H99", "TL.", "*", NULL },
	{ PAST, "officer", "H99", "KT.", "*", "2026-01-31" },
	{ CLERK, "clerk", "H99", "", "*", NULL },
	{ LOCAL_CLERK, "clerk", "H99.14", "", "*", NULL },
};

static void
appoint(struct office *o, enum staff who, const char *role, const char *agency, const char *mode, const char *kind, const char *to, const char *by)
{
	own(json_t) *with = json_pack("{s:s, s:s, s:s, s:s, s:s, s:[s], s:s, s:s, s:s*, s:s*}", "person", people[who].person, "role", role, "agency", agency,
	    "title", people[who].title, "mode", mode, "kinds", kind, "from", "2026-01-01", "decision", "01/QĐ-TN", "to", to, "authorised_by", by);
	struct draft d = { .by = MAI, .verb = "person.appoint", .id = people[who].person, .with = with };
	struct err e;

	assert_non_null(with);
	hash_json(d.hash, with);
	assert_done(world_order(&o->w, &d, NULL, &e), e);
}

void
office_appoint(struct office *o, enum staff who, const char *role, const char *agency, const char *mode, const char *kind, const char *to)
{
	appoint(o, who, role, agency, mode, kind, to, NULL);
}

static json_t *
appointments_of(struct office *o, enum staff who)
{
	own_str char *query = xprintf("{\"what\":\"appointments\",\"person\":\"%s\"}", people[who].person);

	return world_list(&o->w, query);
}

void
office_authorise(struct office *o, enum staff who, enum staff by, const char *agency, const char *kind)
{
	own(json_t) *list = appointments_of(o, by);
	const json_t *items = json_object_get(list, "items");

	assert_true(json_array_size(items) > 0);
	appoint(o, who, "officer", agency, "TUQ.", kind, NULL, json_string_value(json_object_get(json_array_get(items, json_array_size(items) - 1), "id")));
}

void
office_dismiss(struct office *o, enum staff who)
{
	own(json_t) *list = appointments_of(o, who);
	json_t *item;
	struct err e;
	size_t i;

	assert_true(json_array_size(json_object_get(list, "items")) > 0);
	json_array_foreach(json_object_get(list, "items"), i, item) {
		struct draft d = { .by = MAI, .verb = "person.end", .id = json_string_value(json_object_get(item, "id")) };

		hash_from_hex(d.hash, item);
		assert_done(world_order(&o->w, &d, NULL, &e), e);
	}
}

void
office_certificate(struct office *o, const char *verb, X509 *cert)
{
	const struct order_subject subject = subject_of(cert);
	struct draft d = { .by = MAI, .verb = verb, .subjects = &subject, .nsubjects = 1 };
	struct err e;

	assert_done(world_order(&o->w, &d, NULL, &e), e);
}

void
office_revoke(struct office *o, X509 *cert)
{
	office_certificate(o, "cert.revoke", cert);
}

void
office_lose_key(struct office *o, X509 *cert)
{
	const struct order_subject subject = subject_of(cert);
	struct draft d = { .by = MAI, .verb = "cert.revoke", .subjects = &subject, .nsubjects = 1 };
	own(json_t) *with = NULL;
	char since[TIME_TEXT];
	struct revocation r;
	struct err e;

	sleep(1);	/* what was signed in this very second is not known to be older */
	time_text_utc(since, clock_now() - 3600);
	with = json_pack("{s:s, s:s}", "code", "keyCompromise", "invalidity", since);
	d.with = with;
	assert_done(world_order(&o->w, &d, NULL, &e), e);
	assert_true(world_revoked(&o->w, cert, &r));
}

void
office_block(struct office *o, X509 *cert)
{
	own(json_t) *with = json_object();
	unsigned char id[KEY_ID_LEN];
	char hex[2 * KEY_ID_LEN + 1];
	struct draft d = { .by = SEC, .verb = "key.block", .id = hex, .with = with };
	struct err e;

	key_id_of_cert(id, cert);
	hex_text(hex, span_of(id, sizeof(id)));
	hash_json(d.hash, with);
	assert_done(world_order_of_two(&o->w, &d, MAI, NULL, &e), e);
}

void
office_program_with(struct office *o, char out[65], const char *agency, const char *kind, const char *const rights[], int64_t expires)
{
	json_t *words = json_array();
	unsigned char id[SHA256_LEN];
	char until[TIME_TEXT];
	own(json_t) *with = NULL;
	struct draft d = { .by = SEC, .verb = "program.register", .id = out };
	struct err e;

	assert_done(random_bytes(id, sizeof(id), &e), e);
	hex_text(out, span_of(id, sizeof(id)));
	time_text_utc(until, expires);
	for (; *rights != NULL; rights++)
		json_array_append_new(words, json_string(*rights));
	with = json_pack("{s:s, s:[s], s:[s], s:o, s:s, s:s}", "name", "Một cửa", "agencies", agency, "kinds", kind, "rights", words, "responsible", "QT-000003", "expires", until);
	assert_non_null(with);
	d.with = with;
	hash_json(d.hash, with);
	assert_done(world_order(&o->w, &d, NULL, &e), e);
}

void
office_program(struct office *o, char out[65], const char *agency, const char *kind, int64_t expires)
{
	static const char *const both[] = { "submit", "read", NULL };

	office_program_with(o, out, agency, kind, both, expires);
}

static void
enrol_seal(struct office *o, size_t i)
{
	own_str char *ask = ask_text("seal", agencies[i], policy_agency(o->w.policy, agencies[i])->name, NULL, NULL, buf_span(&seal_csr[i]));
	own_struct(buf) text = buf_new(CA_MESSAGE_MAX);
	own(json_t) *request = NULL;
	struct draft d = { .by = MAI, .verb = "cert.approve" };
	struct err e;

	assert_done(world_text(&o->w, CA_REQUEST, ask, &text, &e), e);
	assert_done(json_read(&request, buf_span(&text), &e), e);
	d.id = json_string_value(json_object_get(request, "id"));
	hash_from_hex(d.hash, request);
	assert_done(world_order(&o->w, &d, NULL, &e), e);
}

static void
enrol_all(struct office *o)
{
	for (size_t i = 0; i < AGENCIES; i++)
		enrol_seal(o, i);
	for (size_t i = 0; i < STAFF; i++) {
		struct official *p = &o->staff[i];

		*p = people[i];
		p->key = key_new();
		p->cert = world_enrol(&o->w, "official", p->agency, p->name, p->person, p->title, p->key);
	}
	for (size_t i = 0; i < COUNT(appointments); i++)
		office_appoint(o, appointments[i].who, appointments[i].role, appointments[i].agency, appointments[i].mode, appointments[i].kind, appointments[i].to);
	office_program(o, o->program, "H99", "*", clock_now() + 365 * DAY_SECS);
}

/*
 * Processes.
 */

void
office_start_signer(struct office *o)
{
	o->signer = world_start_process(&o->w, "antin-signer", "antin-signer", false);
}

void
office_start_seal(struct office *o)
{
	o->seal = world_start_process(&o->w, "antin-hsm", "antin-hsm-seal", true);
}

void
office_next_stamper(struct office *o)
{
	own_str char *label = xprintf("tsa-next-%u", ++o->stampers);
	own_token struct token *tsa = world_token_again("tsa");
	own_struct(buf) csr = buf_new(4096);
	own_str char *ask = NULL;

	sleep(1);	/* certificates count in seconds */
	token_csr(&csr, tsa, label);
	ask = ask_text("tsa", "H99", "Dấu thời gian sau THỬ NGHIỆM", NULL, NULL, buf_span(&csr));
	X509_free(world_enrol_ask(&o->w, ask, MAI));
	world_stop(&o->tsa, SIGTERM);
	world_stop(&o->stamps, SIGTERM);
	o->stamps = world_start_process(&o->w, "antin-hsm", "antin-hsm-tsa", true);
	o->tsa = world_start_process(&o->w, "antin-tsa", "antin-tsa", false);
}

void
office_renew_from_now(struct office *o)
{
	assert_int_equal(world_shell(&o->w, "sed -i 's/^\\[antin-signer\\]$/&\\nrenew_days = 10000/' antin.conf"), 0);
}

void
office_begin(struct office *o)
{
	static const struct world_more more = { more_ceremony, more_sections, TEST_DATA "/well.xml" };
	static const struct msg_type signers[] = { SIGNER_MESSAGES(MSG_TYPE) }, verifiers[] = { VERIFY_MESSAGES(MSG_TYPE) };
	own_str char *to_signer = NULL, *to_verifier = NULL;

	*o = (struct office){ .seal = 0 };
	world_make_more(&o->w, &more);
	world_start(&o->w);
	office_start_seal(o);
	o->service = world_start_process(&o->w, "antin-hsm", "antin-hsm-service", true);
	o->stamps = world_start_process(&o->w, "antin-hsm", "antin-hsm-tsa", true);
	enrol_all(o);
	o->tsa = world_start_process(&o->w, "antin-tsa", "antin-tsa", false);
	office_start_signer(o);
	to_signer = world_path(&o->w, "run/antin-signer.api.sock");
	to_verifier = world_path(&o->w, "run/antin-verifier.api.sock");
	o->to_signer = peer_new(to_signer, signers, COUNT(signers), SIGNER_MESSAGE_MAX, 60000);
	o->to_verifier = peer_new(to_verifier, verifiers, COUNT(verifiers), VERIFY_MESSAGE_MAX, 10000);
}

void
office_end(struct office *o)
{
	pid_t *all[] = { &o->signer, &o->tsa, &o->stamps, &o->service, &o->seal };

	peer_free(o->to_signer);
	peer_free(o->to_verifier);
	for (size_t i = 0; i < COUNT(all); i++)
		world_stop(all[i], SIGTERM);
	for (size_t i = 0; i < STAFF; i++) {
		EVP_PKEY_free(o->staff[i].key);
		X509_free(o->staff[i].cert);
	}
	buf_drop(&tsa_csr);
	buf_drop(&service_csr);
	buf_drop(&ocsp_csr);
	for (size_t i = 0; i < AGENCIES; i++)
		buf_drop(&seal_csr[i]);
	world_end(&o->w);
}

/*
 * Calls.
 */

bool
office_call(struct office *o, json_t **out, uint16_t type, const struct span *field, size_t n, struct err *e)
{
	own_struct(msg) in = msg_new(type, SIGNER_MESSAGE_MAX);
	own_struct(msg) reply = msg_new(0, 1);
	own(json_t) *j = NULL;
	const json_t *first;

	for (size_t i = 0; i < n; i++)
		msg_put(&in, field[i]);
	if (!peer_call(o->to_signer, &in, &reply, e))
		return false;
	if (out == NULL && type != SIGNER_SUBMIT)
		return true;
	if (!json_read(&j, msg_span(&reply, 0), e))
		return false;
	/* A submission that is refused for what it says. */
	first = json_array_get(json_object_get(j, "problems"), 0);
	if (first != NULL)
		return fail(e, ERR_INPUT, "%s: %s", json_string_value(json_object_get(first, "field")), json_string_value(json_object_get(first, "vi")));
	if (out != NULL)
		*out = take(&j);
	return true;
}

/* Who asks: the hash in hex as octets, anything else as it is. */
static struct span
who_of(unsigned char out[SHA256_LEN], const char *program)
{
	struct err e;

	return hex_get_fixed(out, SHA256_LEN, span_str(program), &e) ? span_of(out, SHA256_LEN) : span_str(program);
}

bool
office_list(struct office *o, json_t **out, const char *ask, struct err *e)
{
	unsigned char who[SHA256_LEN];
	const struct span fields[] = { who_of(who, o->program), span_str(ask) };

	return office_call(o, out, SIGNER_LIST, fields, 2, e);
}

bool
office_submit(struct office *o, json_t **out, const char *program, const char *key, const char *submission, struct err *e)
{
	unsigned char who[SHA256_LEN];
	const struct span fields[] = { who_of(who, program), span_str(key), span_str(submission) };

	return office_call(o, out, SIGNER_SUBMIT, fields, 3, e);
}

bool
office_may(struct office *o, const char *program, const char *right, struct err *e)
{
	unsigned char who[SHA256_LEN];
	const struct span fields[] = { who_of(who, program), span_str(right) };

	return office_call(o, NULL, SIGNER_MAY, fields, 2, e);
}

bool
office_report(struct office *o, json_t **out, const char *program, const char *key, const char *events, struct err *e)
{
	unsigned char who[SHA256_LEN];
	const struct span fields[] = { who_of(who, program), span_str(key), span_str(events) };

	return office_call(o, out, SIGNER_DOSSIERS, fields, 3, e);
}

bool
office_prepare(struct office *o, json_t **out, X509 *officer, const char *const *handle, size_t n, struct err *e)
{
	own(json_t) *list = json_array();
	own(json_t) *j = NULL;
	own_struct(buf) text = buf_new(1 << 20);
	own_struct(buf) der = buf_new(1 << 14);
	unsigned char who[SHA256_LEN];

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(handle[i]));
	j = json_pack("{s:O}", "handles", list);
	json_write(&text, j);
	cert_to_der(&der, officer);
	const struct span fields[] = { who_of(who, o->program), buf_span(&text), buf_span(&der) };

	return office_call(o, out, SIGNER_PREPARE, fields, 3, e);
}

bool
office_finish(struct office *o, json_t **out, const char *request, struct err *e)
{
	const struct span field = span_str(request);

	return office_call(o, out, SIGNER_FINISH, &field, 1, e);
}

bool
office_verifier(struct office *o, json_t **out, struct msg *in, struct err *e)
{
	own_struct(msg) reply = msg_new(0, 1);

	return peer_call(o->to_verifier, in, &reply, e) && json_read(out, msg_span(&reply, 0), e);
}

/*
 * Permits.
 */

char *
office_sample(const char *id, const char *number)
{
	own_struct(buf) text = buf_new(JSON_MAX);
	own_struct(buf) one_text = buf_new(JSON_MAX);
	own(json_t) *all = NULL;
	json_t *one;
	struct err e;
	size_t i;

	assert_done(file_read(&text, TEST_DATA "/permits.json", &e), e);
	assert_done(json_read(&all, buf_span(&text), &e), e);
	json_array_foreach(json_object_get(all, "permits"), i, one) {
		if (strcmp(json_string_value(json_object_get(one, "id")), id) != 0)
			continue;
		if (number != NULL)
			json_object_set_new(one, "so_ky_hieu", json_string(number));
		json_write(&one_text, one);
	}
	assert_true(one_text.len > 0);
	return xstrdup(buf_str(&one_text));
}

static void
take_handle(char out[33], const json_t *answer)
{
	const char *handle = json_string_value(json_object_get(answer, "handle"));

	assert_non_null(handle);
	assert_int_equal(strlen(handle), 32);
	strcpy(out, handle);
}

void
office_draft_of(struct office *o, char handle[33], const char *submission)
{
	own_str char *key = xprintf("draft-%u", o->keys++);
	own(json_t) *answer = NULL;
	struct err e;

	assert_done(office_submit(o, &answer, o->program, key, submission, &e), e);
	take_handle(handle, answer);
}

void
office_draft(struct office *o, char handle[33], const char *sample, const char *number)
{
	own_str char *submission = office_sample(sample, number);

	office_draft_of(o, handle, submission);
}

void
office_draft_well(struct office *o, char handle[33])
{
	own_struct(buf) text = buf_new(JSON_MAX);
	struct err e;

	assert_done(file_read(&text, TEST_DATA "/well.json", &e), e);
	office_draft_of(o, handle, buf_str(&text));
}

char *
office_signatures(const json_t *prepared, EVP_PKEY *key)
{
	own(json_t) *list = json_array();
	own(json_t) *j = NULL;
	own_struct(buf) text = buf_new(1 << 20);
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(prepared, "documents"), i, one) {
		own(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new(key, NULL);
		own_struct(buf) base64 = buf_new(256);
		unsigned char digest[SHA256_LEN], der[128], raw[64];
		size_t len = sizeof(der);
		struct err e;

		assert_done(json_take_hex(digest, sizeof(digest), one, "digest", &e), e);
		assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
		assert_int_equal(EVP_PKEY_sign(ctx, der, &len, digest, sizeof(digest)), 1);
		assert_done(ecdsa_der_to_raw(raw, span_of(der, len), &e), e);
		base64_put(&base64, span_of(raw, sizeof(raw)));
		json_array_append_new(list, json_pack("{s:O, s:s}", "handle", json_object_get(one, "handle"), "signature", buf_str(&base64)));
	}
	j = json_pack("{s:O, s:O}", "session", json_object_get(prepared, "session"), "signatures", list);
	assert_non_null(j);
	json_write(&text, j);
	return xstrdup(buf_str(&text));
}

void
office_sign(struct office *o, enum staff who, const char *handle)
{
	own(json_t) *prepared = NULL;
	own(json_t) *answer = NULL;
	own_str char *signatures = NULL;
	struct err e;

	assert_done(office_prepare(o, &prepared, o->staff[who].cert, (const char *const[]){ handle }, 1, &e), e);
	signatures = office_signatures(prepared, o->staff[who].key);
	assert_done(office_finish(o, &answer, signatures, &e), e);
	office_result("signing", answer, 0, ERR_NONE, NULL);
}

void
office_signed(struct office *o, char handle[33], const char *sample, const char *number)
{
	office_draft(o, handle, sample, number);
	office_sign(o, DIEP, handle);
}

void
office_issued(struct office *o, char handle[33], const char *sample, const char *number)
{
	office_signed(o, handle, sample, number);
	office_seal(o, handle);
}

bool
office_amend(struct office *o, json_t **out, const char *handle, const char *sample, const json_t *change, struct err *e)
{
	own_str char *before = office_sample(sample, NULL);
	own_str char *key = xprintf("amend-%u", o->keys++);
	own_struct(buf) text = buf_new(JSON_MAX);
	own(json_t) *j = NULL;

	assert_done(json_read(&j, span_str(before), e), *e);
	json_object_set_new(j, "amends", json_string(handle));
	if (change != NULL)
		json_object_update(j, (json_t *)change);
	json_write(&text, j);
	return office_submit(o, out, o->program, key, buf_str(&text), e);
}

void
office_amended(struct office *o, char newer[33], const char *handle, const char *sample, const json_t *change)
{
	own(json_t) *answer = NULL;
	struct err e;

	assert_done(office_amend(o, &answer, handle, sample, change, &e), e);
	take_handle(newer, answer);
}

void
office_file(struct office *o, struct buf *out, const char *handle)
{
	own_struct(msg) in = msg_new(SIGNER_PERMIT, 256);
	own_struct(msg) reply = msg_new(0, 1);
	unsigned char who[SHA256_LEN];
	struct err e;

	msg_put(&in, who_of(who, o->program));
	msg_put_str(&in, handle);
	assert_done(peer_call(o->to_signer, &in, &reply, &e), e);
	buf_put_span(out, msg_span(&reply, 0));
}

bool
json_is(const json_t *row, const char *key, const char *text)
{
	const char *is = json_string_value(json_object_get(row, key));

	return is != NULL && strcmp(is, text) == 0;
}

void
office_hash(struct office *o, unsigned char hash[SHA256_LEN], const char *handle)
{
	own_struct(buf) file = buf_new(SIGNER_MESSAGE_MAX);
	own(json_t) *row = office_row(o, handle);

	/* Nobody has a file of these. */
	if (json_is(row, "state", "draft") || json_is(row, "state", "returned")) {
		hash_from_hex(hash, row);
		return;
	}
	office_file(o, &file, handle);
	sha256(hash, buf_span(&file));
}

json_t *
office_row(struct office *o, const char *handle)
{
	static const char *const states[] = { "draft", "signed", "sealing", "returned", "issued", "suspended", "withdrawn", "superseded", "void" };

	for (size_t s = 0; s < COUNT(states); s++) {
		own_str char *ask = xprintf("{\"state\":\"%s\"}", states[s]);
		own(json_t) *answer = NULL;
		json_t *item;
		struct err e;
		size_t i;

		assert_done(office_list(o, &answer, ask, &e), e);
		json_array_foreach(json_object_get(answer, "items"), i, item)
			if (strcmp(json_string_value(json_object_get(item, "handle")), handle) == 0)
				return json_incref(item);
	}
	print_error("there is no permit %s\n", handle);
	assert_true(!"a permit with this handle");
	return NULL;
}

bool
office_is(struct office *o, const char *handle, const char *state)
{
	own(json_t) *row = office_row(o, handle);

	return json_is(row, "state", state);
}

int64_t
office_number(struct office *o, const char *sql, const char *handle)
{
	struct values v = { .n = 0 };
	unsigned char id[HANDLE_LEN];
	struct err e;

	assert_done(hex_get_fixed(id, sizeof(id), span_str(handle), &e), e);
	values_span(&v, "handle", REG_BYTES, span_of(id, sizeof(id)));
	return database_int(o->w.database, sql, &v, -1);
}

/*
 * Orders.
 */

/* As they are now. */
static void
name_permits(struct office *o, struct order_subject *subject, const char *const *handle, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		snprintf(subject[i].id, sizeof(subject[i].id), "%s", handle[i]);
		office_hash(o, subject[i].hash, handle[i]);
	}
}

void
office_order_cms(struct office *o, const struct permit_order *p, struct buf *cms)
{
	struct order_subject *subjects = xalloc(p->n * sizeof(*subjects));
	struct draft d = { .key = o->staff[p->by].key, .cert = o->staff[p->by].cert, .verb = p->verb, .with = p->with, .subjects = subjects, .nsubjects = p->n,
		.effective = p->effective };

	name_permits(o, subjects, p->handle, p->n);
	order_cms(&o->w, &d, cms);
	free(subjects);
}

bool
office_send_order(struct office *o, json_t **out, struct span cms, struct err *e)
{
	return office_call(o, out, SIGNER_ORDER, &cms, 1, e);
}

bool
office_order(struct office *o, json_t **out, const struct permit_order *p, struct err *e)
{
	own_struct(buf) cms = buf_new(1 << 20);

	office_order_cms(o, p, &cms);
	return office_send_order(o, out, buf_span(&cms), e);
}

static bool
act(struct office *o, json_t **answer, const char *handle, const char *verb, const char *with, int days, struct err *e)
{
	int64_t effective = days == 0 ? 0 : clock_now() + days * (int64_t)DAY_SECS;
	own(json_t) *said = NULL;

	if (with != NULL)
		assert_done(json_read(&said, span_str(with), e), *e);
	return office_order(o, answer, &(struct permit_order){ CLERK, verb, &handle, 1, said, effective }, e);
}

bool
office_act(struct office *o, const char *handle, const char *verb, const char *with, int days, struct err *e)
{
	own(json_t) *answer = NULL;

	return act(o, &answer, handle, verb, with, days, e);
}

void
office_acted(struct office *o, const char *handle, const char *verb, const char *with, int days)
{
	own(json_t) *answer = NULL;
	struct err e;

	assert_done(act(o, &answer, handle, verb, with, days, &e), e);
	office_result(verb, answer, 0, ERR_NONE, NULL);
}

bool
office_erase(struct office *o, const char *const *handle, size_t n, struct err *e)
{
	own(json_t) *decided = json_pack("{s:s}", "decision", "07/QĐ-TN");
	struct order_subject *subjects = xalloc(n * sizeof(*subjects));
	struct draft d = { .by = SEC, .verb = "permit.erase", .with = decided, .subjects = subjects, .nsubjects = n };
	own_struct(buf) cms = buf_new(1 << 20);

	name_permits(o, subjects, handle, n);
	order_cms(&o->w, &d, &cms);
	free(subjects);
	return office_send_order(o, NULL, buf_span(&cms), e);
}

bool
office_open_book(struct office *o, enum staff by, const char *agency, const char *book, int64_t year, int64_t next, struct err *e)
{
	own(json_t) *with = json_pack("{s:s, s:I, s:I}", "book", book, "year", (json_int_t)year, "next", (json_int_t)next);
	struct draft d = { .key = o->staff[by].key, .cert = o->staff[by].cert, .verb = "permit.open-book", .id = agency, .with = with };
	own_struct(buf) cms = buf_new(1 << 20);

	hash_json(d.hash, with);
	order_cms(&o->w, &d, &cms);
	return office_send_order(o, NULL, buf_span(&cms), e);
}

void
office_book(struct office *o, const char *agency, const char *book, int64_t next)
{
	struct err e;

	assert_done(office_open_book(o, CLERK, agency, book, year_of_day(day_in_vietnam(clock_now())), next, &e), e);
}

void
office_seal(struct office *o, const char *handle)
{
	const struct permit_order p = { CLERK, "permit.seal", &handle, 1, NULL };
	own(json_t) *answer = NULL;
	struct err e;

	assert_done(office_order(o, &answer, &p, &e), e);
	office_result("sealing", answer, 0, ERR_NONE, NULL);
}

/*
 * Refusals.
 */

void
office_refused(const char *name, bool done, const struct err *e, enum err_class class, const char *word)
{
	assert_refused(name, done, e, class, word);
}

void
office_result(const char *name, const json_t *answer, size_t i, enum err_class class, const char *word)
{
	const json_t *r = json_array_get(json_object_get(answer, "results"), i);
	struct err e = { ERR_NONE, "" };
	bool done = json_is_true(json_object_get(r, "done"));

	assert_non_null(r);
	if (!done) {
		e.class = err_from_word(json_string_value(json_object_get(r, "class")));
		snprintf(e.text, sizeof(e.text), "%s", json_string_value(json_object_get(r, "text")));
	}
	if (word != NULL) {
		office_refused(name, done, &e, class, word);
		return;
	}
	if (!done)
		print_error("%s: %s: %s\n", name, err_word(e.class), e.text);
	assert_case(name, done);
}

void
office_archived(struct office *o, struct buf *out, const char *handle)
{
	own_struct(msg) in = msg_new(SIGNER_ARCHIVED, 256);
	own_struct(msg) reply = msg_new(0, 1);
	unsigned char who[SHA256_LEN];
	struct err e;

	assert_done(hex_get_fixed(who, sizeof(who), span_str(o->program), &e), e);
	msg_put(&in, span_of(who, sizeof(who)));
	msg_put_str(&in, handle);
	assert_done(peer_call(o->to_signer, &in, &reply, &e), e);
	buf_put_span(out, msg_span(&reply, 0));
}
