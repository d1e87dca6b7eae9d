/* kill -9 of antin-ca at every place between two steps of issuing, revoking and
 * beginning, then a start: no signature that the register does not know, nothing
 * acknowledged that is lost, what was voided is on the CRL.
 *
 * The places are the names that ca/ gives them (authority_run, authority_sign);
 * one that is not reached fails the test, because antin-ca then lives on. */
#include "tests/base/test.h"

#include "base/fault.h"
#include "base/file.h"
#include "tests/ca/world.h"
#include "verifier/crl.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef ANTIN_FAULTS
int
main(void)
{
	return 77;		/* a build without fault points */
}
#else

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

static json_t *
certificates(const char *state)
{
	own_str char *query = xprintf("{\"what\":\"certificates\",\"state\":\"%s\"}", state);

	return world_list(&w, query);
}

static size_t
count(const char *state)
{
	own(json_t) *list = certificates(state);

	return json_array_size(json_object_get(list, "items"));
}

static bool
is_listed(const char *serial_hex_text, bool want)
{
	own(X509_CRL) *crl = world_crl(&w);
	own(BIGNUM) *n = NULL;
	own(ASN1_INTEGER) *serial = NULL;
	struct revocation r;

	assert_true(BN_hex2bn(&n, serial_hex_text) > 0);
	serial = BN_to_ASN1_INTEGER(n, NULL);
	if (crl == NULL)
		return false;
	crl_lookup(&r, crl, serial);
	return (r.state == CERT_REVOKED) == want;
}

/* The publisher writes shortly after the commit. */
static bool
is_listed_soon(const char *serial, bool want)
{
	bool is = false;

	for (time_t until = 0; !is && wait_more(&until);)
		is = is_listed(serial, want);
	return is;
}

/* Every serial that was voided is on the published CRL. */
static void
check_voided(const char *name)
{
	own(json_t) *list = certificates("void");
	size_t i;
	json_t *item;

	json_array_foreach(json_object_get(list, "items"), i, item)
		assert_case(name, is_listed_soon(json_string_value(json_object_get(item, "id")), true));
}

static bool
killed(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static json_t *
ask(int i)
{
	own(EVP_PKEY) *key = key_new();
	own_struct(buf) csr = buf_new(4096);
	own_struct(buf) text = buf_new(CA_MESSAGE_MAX);
	own_str char *person = xprintf("CB-7%05d", i);
	own_str char *body = NULL;
	json_t *j = NULL;
	struct err e;

	csr_of(&csr, key);
	body = ask_text("official", "H99.14", "Người xin", person, "Chuyên viên", buf_span(&csr));
	assert_done(world_text(&w, CA_REQUEST, body, &text, &e), e);
	assert_done(json_read(&j, buf_span(&text), &e), e);
	return j;
}

/* After a kill: a plain start, then the invariants. */
static void
restart(const char *name)
{
	assert_case(name, world_start_ca(&w, NULL, NULL));
	assert_case(name, count("reserved") == 0);
	check_voided(name);
}

static void
killed_while_issuing(void **state)
{
	static const struct { const char *fault; bool reserved, active; } rows[] = {
		{ "ca reserve:1", false, false },	{ "ca reserve done:1", true, false },
		{ "ca sign:2", true, false },		{ "ca sign done:2", true, false },
		{ "ca commit:1", true, false },		{ "ca commit done:1", true, true },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own(json_t) *request = NULL;
		struct draft d = { .by = MAI, .verb = "cert.approve" };
		size_t active = count("active"), voided = count("void");
		struct err e;

		assert_int_equal(WEXITSTATUS(world_stop_ca(&w, SIGTERM)), 0);
		assert_case(rows[i].fault, world_start_ca(&w, rows[i].fault, NULL));
		request = ask((int)i);
		d.id = json_string_value(json_object_get(request, "id"));
		hash_from_hex(d.hash, request);
		assert_case(rows[i].fault, !world_order(&w, &d, NULL, &e));
		assert_case(rows[i].fault, killed(world_wait_ca(&w)));
		restart(rows[i].fault);
		assert_case(rows[i].fault, count("active") == active + rows[i].active);
		assert_case(rows[i].fault, count("void") == voided + (rows[i].reserved && !rows[i].active));
		/* What waits again, waits for a new order, which succeeds. */
		assert_case(rows[i].fault, world_order(&w, &d, NULL, &e) == !rows[i].active);
	}
}

/* The order that blocks the certificate's key. */
static void
of_key(struct draft *d, char hex[2 * KEY_ID_LEN + 1], X509 *cert)
{
	static json_t *none;
	unsigned char id[KEY_ID_LEN];

	none = none == NULL ? json_object() : none;
	key_id_of_cert(id, cert);
	hex_text(hex, span_of(id, sizeof(id)));
	sha256(d->hash, span_str("{}"));
	d->by = SEC;
	d->id = hex;
	d->with = none;
}

static void
killed_while_revoking(void **state)
{
	static const struct { const char *fault; bool listed; const char *verb; bool held, first; } rows[] = {
		{ "ca order:1", false }, { "ca order done:1", true }, { "ca crl.reserve:2", true }, { "ca crl.reserve done:2", true },
		{ "ca sign:2", true }, { "ca sign done:2", true }, { "ca crl.publish:2", true }, { "ca crl.publish done:2", true },
		{ "ca order:1", false, "cert.suspend" }, { "ca order done:1", true, "cert.suspend" }, { "ca crl.reserve:2", true, "cert.suspend" },
		{ "ca crl.reserve done:2", true, "cert.suspend" }, { "ca sign done:2", true, "cert.suspend" }, { "ca crl.publish done:2", true, "cert.suspend" },
		{ "ca order:1", true, "cert.resume", true }, { "ca order done:1", false, "cert.resume", true }, { "ca crl.reserve:2", false, "cert.resume", true },
		{ "ca crl.reserve done:2", false, "cert.resume", true }, { "ca sign done:2", false, "cert.resume", true }, { "ca crl.publish done:2", false, "cert.resume", true },
		{ "ca order:1", false, "key.block" }, { "ca order done:1", true, "key.block" }, { "ca crl.reserve:2", true, "key.block" },
		{ "ca crl.reserve done:2", true, "key.block" }, { "ca sign done:2", true, "key.block" }, { "ca crl.publish done:2", true, "key.block" },
		{ "ca wait:1", false, "key.block", .first = true }, { "ca wait done:1", true, "key.block", .first = true },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own(EVP_PKEY) *key = key_new();
		own_str char *person = xprintf("CB-8%05zu", i);
		own(X509) *cert = world_enrol(&w, "official", "H99.14", "Người mất thẻ", person, "Chuyên viên", key);
		const struct order_subject subject = subject_of(cert);
		const bool block = rows[i].verb != NULL && strcmp(rows[i].verb, "key.block") == 0;
		const unsigned char id[ORDER_ID_LEN] = { 1, (unsigned char)i };
		char key_hex[2 * KEY_ID_LEN + 1];
		struct draft d = { .by = SEC, .verb = "cert.revoke", .id = subject.id };
		own(json_t) *waits = NULL;
		struct err e;

		memcpy(d.hash, subject.hash, SHA256_LEN);
		if (rows[i].held) {
			d.verb = "cert.suspend";
			assert_done(world_order(&w, &d, NULL, &e), e);
		}
		if (rows[i].verb != NULL) {
			d.by = MAI;
			d.verb = rows[i].verb;
		}
		if (block)
			of_key(&d, key_hex, cert);
		d.order_id = id;
		if (block && !rows[i].first) {
			assert_done(world_order(&w, &d, &waits, &e), e);
			d = consent_to(waits, MAI);
		}
		world_stop_ca(&w, SIGTERM);
		assert_case(rows[i].fault, world_start_ca(&w, rows[i].fault, NULL));
		assert_case(rows[i].fault, !world_order(&w, &d, NULL, &e));
		assert_case(rows[i].fault, killed(world_wait_ca(&w)));
		restart(rows[i].fault);
		/* Blocked with its certificate revoked, or neither; the first order is kept, or not. */
		if (block)
			assert_case(rows[i].fault, world_order(&w, &d, NULL, &e) == !rows[i].listed);
		assert_case(rows[i].fault, is_listed_soon(subject.id, (rows[i].listed || block) && !rows[i].first));
	}
}

/* The first start of all, in a world and (SoftHSM reads its configuration once)
 * a process of its own each time: this program with the fault as argument. */
static const char *this_program, *begin_fault;

static void
one_beginning(void **state)
{
	int status = 0;

	world_make(&w);
	world_start_below(&w);
	assert_case(begin_fault, !world_start_ca(&w, begin_fault, &status));
	assert_case(begin_fault, killed(status));
	restart(begin_fault);
	assert_case(begin_fault, count("active") == ADMINS);
	world_end(&w);
}

static void
killed_while_beginning(void **state)
{
	static const char *const faults[] = {
		"ca policy:1", "ca policy done:1", "ca ceremony:1", "ca ceremony done:1", "ca reserve:1", "ca reserve done:1", "ca sign:1",
		"ca sign done:1", "ca commit:1", "ca commit done:1", "ca crl.reserve:1", "ca crl.reserve done:1", "ca crl.publish:1", "ca crl.publish done:1",
	};

	for (size_t i = 0; i < COUNT(faults); i++) {
		own_str char *command = xprintf("'%s' '%s' >/dev/null", this_program, faults[i]);

		assert_case(faults[i], system(command) == 0);
	}
}

/* A kill while recovery itself runs. */
static void
killed_while_recovering(void **state)
{
	static const char *const faults[] = { "ca recover:1", "ca recover done:1" };

	for (size_t i = 0; i < COUNT(faults); i++) {
		own(json_t) *request = NULL;
		struct draft d = { .by = MAI, .verb = "cert.approve" };
		int status = 0;
		struct err e;

		world_stop_ca(&w, SIGTERM);
		assert_true(world_start_ca(&w, "ca reserve done:1", NULL));
		request = ask(900 + (int)i);
		d.id = json_string_value(json_object_get(request, "id"));
		hash_from_hex(d.hash, request);
		assert_false(world_order(&w, &d, NULL, &e));
		assert_true(killed(world_wait_ca(&w)));
		assert_case(faults[i], !world_start_ca(&w, faults[i], &status));
		assert_case(faults[i], killed(status));
		restart(faults[i]);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest beginning[] = { cmocka_unit_test(one_beginning) };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_while_issuing),
		cmocka_unit_test(killed_while_revoking),
		cmocka_unit_test(killed_while_recovering),
		cmocka_unit_test(killed_while_beginning),
	};

	this_program = argv[0];
	if (argc == 2) {
		begin_fault = argv[1];
		return cmocka_run_group_tests(beginning, NULL, NULL);
	}
	return cmocka_run_group_tests(tests, begin, end);
}
#endif
