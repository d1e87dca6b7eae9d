/* Certificates made anew on their key: cert.modify and cert.renew, each subject by
 * itself, and what openssl says of old and new. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "base/file.h"
#include "register/fsck.h"
#include "tests/ca/world.h"
#include "tests/register/database.h"
#include "verifier/crl.h"

#include <signal.h>
#include <unistd.h>

#define MANY 300

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

static bool
anew(enum who by, const char *verb, const struct order_subject *s, size_t n, const json_t *with, json_t **answer, struct err *e)
{
	struct draft d = { .by = by, .verb = verb, .subjects = s, .nsubjects = n, .with = with };

	return world_order(&w, &d, answer, e);
}

/* One certificate, one change (JSON). */
static bool
modify(enum who by, X509 *cert, const char *change, json_t **answer, struct err *e)
{
	own_str char *text = xprintf("{\"changes\":[%s]}", change);
	own(json_t) *with = NULL;
	const struct order_subject s = subject_of(cert);

	assert_done(json_read(&with, span_str(text), e), *e);
	return anew(by, "cert.modify", &s, 1, with, answer, e);
}

static bool
renew(enum who by, X509 *cert, json_t **answer, struct err *e)
{
	const struct order_subject s = subject_of(cert);

	return anew(by, "cert.renew", &s, 1, NULL, answer, e);
}

static const json_t *
result(const json_t *answer, size_t i)
{
	return json_array_get(json_object_get(answer, "results"), i);
}

static X509 *
made(const json_t *answer, size_t i)
{
	X509 *cert = NULL;
	struct err e;

	assert_true(json_is_true(json_object_get(result(answer, i), "done")));
	assert_done(cert_from_any(&cert, span_str(json_string_value(json_object_get(result(answer, i), "pem"))), &e), e);
	return cert;
}

static void
write_issuers(void)
{
	world_pem(&w, "root.pem", w.root);
	world_pem(&w, "issuing.pem", w.issuing);
}

/* The newest published CRL has it, with this reason; soon, for it comes after the order. */
static bool
is_listed(X509 *cert, int reason)
{
	struct revocation r;

	return world_revoked(&w, cert, &r) && r.reason == reason;
}

static void
changes_that_are_refused(void **state)
{
	own(EVP_PKEY) *key = key_new(), *seal_key = key_new(), *old_key = key_new();
	own(X509) *cert = world_enrol(&w, "official", "H99.14", "Người đổi", "CB-000600", "Chuyên viên", key);
	own(X509) *seal = world_enrol(&w, "seal", "H99.14", "", NULL, NULL, seal_key);
	own(X509) *gone = world_enrol(&w, "official", "H99.14", "Người nghỉ", "CB-000601", "Chuyên viên", old_key);
	struct order_subject s;
	struct draft revoke = { .by = SEC, .verb = "cert.revoke", .subjects = &s, .nsubjects = 1 };
	struct err e;
	const struct { const char *name; enum who by; X509 *cert; const char *change; enum err_class class; const char *word; } rows[] = {
		{ "a security officer", SEC, cert, "{\"title\":\"Phó phòng\"}", ERR_POLICY, "no role" },
		{ "nothing changes", MAI, cert, "{\"title\":\"Chuyên viên\"}", ERR_CONFLICT, "says this already" },
		{ "nothing said", MAI, cert, "{}", ERR_CONFLICT, "says this already" },
		{ "another person", MAI, cert, "{\"person\":\"CB-000602\"}", ERR_INPUT, "person" },
		{ "another profile", MAI, cert, "{\"profile\":\"administrator\"}", ERR_INPUT, "profile" },
		{ "a key", MAI, cert, "{\"spki\":\"AAAA\"}", ERR_INPUT, "spki" },
		{ "no title", MAI, cert, "{\"title\":\"\"}", ERR_INPUT, "title" },
		{ "a title that is a number", MAI, cert, "{\"title\":7}", ERR_INPUT, "title" },
		{ "a name with a line", MAI, cert, "{\"name\":\"A\\nB\"}", ERR_INPUT, "a line break" },
		{ "a name that deceives", MAI, cert, "{\"name\":\"Người \\u202egnoh\"}", ERR_INPUT, "U+202E" },
		{ "a name of 65", MAI, cert, "{\"name\":\"12345678901234567890123456789012345678901234567890123456789012345\"}", ERR_LIMIT, "64" },
		{ "an agency that is none", MAI, cert, "{\"agency\":\"H99.77\"}", ERR_ABSENT, "agency" },
		{ "to an agency outside the scope", LOCAL, cert, "{\"agency\":\"H99.31.07\"}", ERR_POLICY, "outside the scope" },
		{ "oneself", MAI, w.admin[MAI].cert, "{\"title\":\"Giám đốc\"}", ERR_POLICY, "themselves" },
		{ "outside the scope", LOCAL, w.admin[NAM].cert, "{\"title\":\"Giám đốc\"}", ERR_POLICY, "outside the scope" },
		{ "a seal", MAI, seal, "{\"name\":\"Con dấu\"}", ERR_POLICY, "person" },
		{ "a revoked one", MAI, gone, "{\"title\":\"Phó phòng\"}", ERR_CONFLICT, "revoked" },
		{ "two changes for one", MAI, cert, "{\"title\":\"Phó phòng\"},{}", ERR_INPUT, "2 rows" },
		{ "no object", MAI, cert, "\"Phó phòng\"", ERR_INPUT, "no object" },
	};

	s = subject_of(gone);
	assert_done(world_order(&w, &revoke, NULL, &e), e);
	for (size_t i = 0; i < COUNT(rows); i++)
		world_refused(rows[i].name, modify(rows[i].by, rows[i].cert, rows[i].change, NULL, &e), &e, rows[i].class, rows[i].word);
	s = subject_of(cert);
	world_refused("nothing said at all", anew(MAI, "cert.modify", &s, 1, NULL, NULL, &e), &e, ERR_INPUT, "\"with\"");
	s.hash[0] ^= 1;
	world_refused("another version", anew(MAI, "cert.renew", &s, 1, NULL, NULL, &e), &e, ERR_CONFLICT, "hash of subject");
}

static void
a_new_title_on_the_same_key(void **state)
{
	own(EVP_PKEY) *key = key_new();
	own(X509) *old = world_enrol(&w, "official", "H99.14", "Người lên chức", "CB-000610", "Chuyên viên", key);
	own(X509) *new = NULL, *moved = NULL;
	own(json_t) *answer = NULL, *second = NULL;
	struct err e;

	assert_done(modify(MAI, old, "{\"title\":\"Phó phòng\"}", &answer, &e), e);
	new = made(answer, 0);
	assert_true(is_listed(old, 4));
	assert_int_equal(ASN1_TIME_compare(X509_get0_notAfter(new), X509_get0_notAfter(old)), 0);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(new), key), 1);
	world_refused("once more", modify(MAI, old, "{\"title\":\"Trưởng phòng\"}", NULL, &e), &e, ERR_CONFLICT, "revoked");
	assert_done(modify(NAM, new, "{\"name\":\"Người Lên Chức\",\"agency\":\"H99.31.07\"}", &second, &e), e);
	moved = made(second, 0);
	assert_true(is_listed(new, 3));
	write_issuers();
	world_pem(&w, "old.pem", old);
	world_pem(&w, "new.pem", moved);
	assert_int_equal(world_shell(&w, "openssl crl -inform DER -in public/crl/0.crl -out 0.pem && openssl crl -inform DER -in public/crl/root.crl -out r.pem && cat 0.pem r.pem >crls.pem && "
	    "openssl verify -x509_strict -crl_check_all -CAfile root.pem -untrusted issuing.pem -CRLfile crls.pem new.pem >out 2>&1"), 0);
	assert_int_not_equal(world_shell(&w, "openssl verify -crl_check_all -CAfile root.pem -untrusted issuing.pem -CRLfile crls.pem old.pem >out 2>&1"), 0);
	assert_int_equal(world_shell(&w, "grep -q 'certificate revoked' out"), 0);
	assert_int_equal(world_shell(&w, "openssl x509 -in new.pem -noout -subject -nameopt oneline,utf8,-esc_msb >text && grep -q 'title = Phó phòng, CN = Người Lên Chức, serialNumber = CB-000610' text && "
	    "grep -q 'organizationIdentifier = H99.31.07,' text && openssl x509 -in old.pem -noout -pubkey >a && openssl x509 -in new.pem -noout -pubkey >b && cmp a b && certtool -i --infile new.pem >out 2>&1"), 0);
}

/* An approver whose title changes is an approver all the while. */
static void
an_approver_stays_one(void **state)
{
	own(json_t) *answer = NULL;
	struct err e;

	assert_done(modify(MAI, w.admin[NAM].cert, "{\"title\":\"Trưởng ban\"}", &answer, &e), e);
	X509_free(w.admin[NAM].cert);
	w.admin[NAM].cert = made(answer, 0);
}

/* Requests for MANY certificates, approved in one order. */
static void
enrol_many(X509 *cert[MANY])
{
	struct order_subject *s = xalloc(MANY * sizeof(*s));
	struct draft d = { .by = MAI, .verb = "cert.approve", .subjects = s, .nsubjects = MANY };
	own_struct(buf) csr = buf_new(4096);
	own(json_t) *answer = NULL;
	struct err e;

	for (int i = 0; i < MANY; i++) {
		own(EVP_PKEY) *fresh = key_new();
		own_struct(buf) text = buf_new(CA_MESSAGE_MAX);
		own_str char *person = xprintf("CB-65%04d", i);
		own_str char *body = NULL;
		own(json_t) *request = NULL;

		csr.len = 0;
		csr_of(&csr, fresh);
		body = ask_text("official", "H99.14", "Người thứ nhất", person, "Chuyên viên", buf_span(&csr));
		assert_done(world_text(&w, CA_REQUEST, body, &text, &e) && json_read(&request, buf_span(&text), &e), e);
		snprintf(s[i].id, sizeof(s[i].id), "%s", json_string_value(json_object_get(request, "id")));
		hash_from_hex(s[i].hash, request);
	}
	assert_done(world_order(&w, &d, &answer, &e), e);
	for (int i = 0; i < MANY; i++)
		assert_done(cert_from_any(&cert[i], span_str(json_string_value(json_object_get(json_array_get(json_object_get(answer, "certificates"), (size_t)i), "pem"))), &e), e);
	free(s);
}

/* Three hundred in one order, of which every hundredth cannot be. */
static void
many_in_one_order(void **state)
{
	X509 **cert = xalloc(MANY * sizeof(*cert));
	struct order_subject *s = xalloc(MANY * sizeof(*s));
	json_t *changes = json_array();
	own(json_t) *with = json_pack("{s:o}", "changes", changes), *query = NULL, *seen = NULL, *answer = NULL, *again = NULL;
	own_struct(buf) text = buf_new(CA_MESSAGE_MAX);
	json_t *subjects = json_array();
	struct err e;

	enrol_many(cert);
	for (int i = 0; i < MANY; i++) {
		char hash[2 * SHA256_LEN + 1];

		s[i] = subject_of(cert[i]);
		json_array_append_new(changes, json_pack("{s:s}", i % 100 == 7 ? "agency" : "title", i % 100 == 7 ? "H99.77" : "Chuyên viên chính"));
		hex_text(hash, span_of(s[i].hash, SHA256_LEN));
		if (i < 20)
			json_array_append_new(subjects, json_pack("{s:s, s:s}", "id", s[i].id, "hash", hash));
	}
	/* First looked at: nothing is done, each says what it would become. */
	query = json_pack("{s:s, s:s, s:o, s:o}", "what", "changes", "person", w.admin[MAI].person, "subject", subjects, "changes", json_array());
	for (size_t i = 0; i < 20; i++)
		json_array_append(json_object_get(query, "changes"), json_array_get(changes, i));
	json_write(&text, query);
	seen = world_list(&w, buf_str(&text));
	assert_int_equal(json_array_size(json_object_get(seen, "items")), 20);
	for (size_t i = 0; i < 20; i++) {
		const json_t *item = json_array_get(json_object_get(seen, "items"), i);

		assert_int_equal(json_is_true(json_object_get(item, "done")), i != 7);
		assert_string_equal(i == 7 ? json_string_value(json_object_get(item, "class")) : json_string_value(json_object_get(json_object_get(item, "after"), "title")), i == 7 ? "absent" : "Chuyên viên chính");
	}
	assert_done(anew(MAI, "cert.modify", s, MANY, with, &answer, &e), e);
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(json_is_true(json_object_get(result(answer, i), "done")), i % 100 != 7);
		assert_string_equal(json_string_value(json_object_get(result(answer, i), "id")), s[i].id);
	}
	assert_true(is_listed(cert[299], 4));
	/* The same again: what is done is refused, and so is what cannot be. */
	world_refused("all of it again", anew(MAI, "cert.modify", s, MANY, with, &again, &e), &e, ERR_CONFLICT, "revoked");
	for (int i = 0; i < MANY; i++)
		X509_free(cert[i]);
	free(cert);
	free(s);
}

#ifdef ANTIN_FAULTS
/* A program that may see what is asked for. */
static const unsigned char reader[SHA256_LEN] = { 1 };

static void
register_reader(void)
{
	own(json_t) *with = json_pack("{s:s, s:[s], s:[s], s:[s], s:s, s:s}", "name", "Danh sách", "agencies", "H99", "kinds", "*", "rights", "read",
	    "responsible", "QT-000003", "expires", "2036-01-01T00:00:00Z");
	struct draft d = { .by = SEC, .verb = "program.register" };
	char hex[2 * SHA256_LEN + 1];
	struct err e;

	draft_with(&d, with);
	hex_text(hex, span_of(reader, sizeof(reader)));
	d.id = hex;
	assert_done(world_order(&w, &d, NULL, &e), e);
}

/* What a crash voided waits as a request; the order given again takes it up. */
static void
a_crash_in_the_midst(void **state)
{
	static const struct { const char *fault; bool done; } rows[] = {
		{ "ca reserve:1", false }, { "ca reserve done:1", false }, { "ca sign:2", false }, { "ca sign done:2", false },
		{ "ca commit:1", false }, { "ca commit done:1", true },
	};

	register_reader();
	for (size_t i = 0; i < COUNT(rows); i++) {
		own(EVP_PKEY) *key = key_new();
		own_str char *person = xprintf("CB-0006%02zu", 20 + i);
		own(X509) *old = world_enrol(&w, "official", "H99.14", "Người gặp sự cố", person, "Chuyên viên", key);
		own(X509) *new = NULL;
		own(json_t) *answer = NULL, *waiting = NULL;
		own_struct(buf) list = buf_new(CA_MESSAGE_MAX);
		const json_t *item;
		struct err e;
		bool good;

		(void)world_stop_ca(&w, SIGTERM);
		assert_case(rows[i].fault, world_start_ca(&w, rows[i].fault, NULL));
		assert_case(rows[i].fault, !modify(MAI, old, "{\"title\":\"Phó phòng\"}", NULL, &e));
		(void)world_wait_ca(&w);
		assert_case(rows[i].fault, world_start_ca(&w, NULL, NULL));
		assert_done(world_list_as(&w, span_of(reader, sizeof(reader)), "{\"what\":\"requests\"}", &list, &e) && json_read(&waiting, buf_span(&list), &e), e);
		item = json_array_get(json_object_get(waiting, "items"), 0);
		if (item != NULL) {
			struct draft d = { .by = MAI, .verb = "cert.approve", .id = json_string_value(json_object_get(item, "id")) };

			hash_from_hex(d.hash, item);
			world_refused("approved as if it were new", world_order(&w, &d, NULL, &e), &e, ERR_POLICY, "cert.modify");
		}
		good = modify(MAI, old, "{\"title\":\"Phó phòng\"}", &answer, &e);
		assert_case(rows[i].fault, good != rows[i].done);
		if (good)
			new = made(answer, 0);
		else
			world_refused(rows[i].fault, good, &e, ERR_CONFLICT, "revoked");
		assert_case(rows[i].fault, is_listed(old, 4));
	}
}
#else
static void
a_crash_in_the_midst(void **state)
{
	skip();		/* a build without fault points */
}
#endif

/* Of all that was done so far; what is published follows the log. */
static void
fsck_passes(void)
{
	own_str char *public = world_path(&w, "public");
	struct fsck f;
	struct err e;
	bool good = false;

	for (time_t until = 0; !good && wait_more(&until);)
		good = fsck_run(&f, w.database, public, &e);
	assert_done(good, e);
}

/* The register's dates are moved, and the certificate's octets not: last, for fsck would see it. */
static void
renewed_near_its_end(void **state)
{
	own(EVP_PKEY) *key = key_new(), *seal_key = key_new();
	own(X509) *old = world_enrol(&w, "official", "H99.14", "Người ở lại", "CB-000640", "Chuyên viên", key);
	own(X509) *seal = world_enrol(&w, "seal", "H99.31.07", "", NULL, NULL, seal_key);
	own(X509) *new = NULL;
	own(json_t) *answer = NULL, *with = json_object();
	struct order_subject s;
	struct err e;

	world_refused("too early", renew(MAI, old, NULL, &e), &e, ERR_POLICY, "last 90 days");
	world_refused("a seal", renew(MAI, seal, NULL, &e), &e, ERR_POLICY, "not renewed on its key");
	fsck_passes();
	w.broken = true;
	database_do(w.database, "UPDATE certificate SET not_after = not_after - 1036 * 86400 WHERE person = 'CB-000640'");
	s = subject_of(old);
	world_refused("a security officer", renew(SEC, old, NULL, &e), &e, ERR_POLICY, "no role");
	world_refused("with something to say", anew(MAI, "cert.renew", &s, 1, with, NULL, &e), &e, ERR_INPUT, "no \"with\"");
	/* While the token is away nothing is made; afterwards the same is asked for again. */
	world_stop(&w.hsm, SIGTERM);
	assert_false(renew(LOCAL, old, NULL, &e));
	assert_true(e.class == ERR_LATER || e.class == ERR_TOKEN);
	assert_int_equal(database_int(w.database, "SELECT count(*) FROM certificate WHERE person = 'CB-000640' AND state <> 'void'", NULL, -1), 1);
	world_start_hsm(&w);
	assert_done(renew(LOCAL, old, &answer, &e), e);
	new = made(answer, 0);
	assert_true(ASN1_TIME_compare(X509_get0_notAfter(new), X509_get0_notAfter(old)) >= 0);
	assert_int_equal(X509_NAME_cmp(X509_get_subject_name(new), X509_get_subject_name(old)), 0);
	world_refused("twice", renew(MAI, old, NULL, &e), &e, ERR_CONFLICT, "done");
	world_refused("the new one at once", renew(MAI, new, NULL, &e), &e, ERR_POLICY, "last 90 days");
	write_issuers();
	world_pem(&w, "old.pem", old);
	world_pem(&w, "new.pem", new);
	assert_int_equal(world_shell(&w, "openssl crl -inform DER -in public/crl/0.crl -out 0.pem && openssl crl -inform DER -in public/crl/root.crl -out r.pem && cat 0.pem r.pem >crls.pem && "
	    "openssl verify -x509_strict -crl_check_all -CAfile root.pem -untrusted issuing.pem -CRLfile crls.pem old.pem new.pem >out 2>&1"), 0);
	database_do(w.database, "UPDATE certificate SET not_after = time + 3600 WHERE person = 'CB-000640'");
	world_refused("within its last day", renew(MAI, new, NULL, &e), &e, ERR_CONFLICT, "within a day");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_that_are_refused),
		cmocka_unit_test(a_new_title_on_the_same_key),
		cmocka_unit_test(an_approver_stays_one),
		cmocka_unit_test(many_in_one_order),
		cmocka_unit_test(a_crash_in_the_midst),
		cmocka_unit_test(renewed_near_its_end),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
