/* The whole way: ceremony, request, order, certificate, revocation, CRL; and
 * what openssl and certtool say of what came out. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "base/file.h"
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
write_pem(const char *name, X509 *cert)
{
	own_struct(buf) pem = buf_new(1 << 16);
	own_str char *path = world_path(&w, name);
	struct err e;

	cert_to_pem(&pem, cert);
	assert_done(file_write(path, buf_span(&pem), 0600, &e), e);
}

/* Runs in the world's folder; the exit code. */
static int
shell(const char *command)
{
	own_str char *text = xprintf("cd %s && %s", w.dir, command);

	return system(text);
}

static void
wait_file(const char *name)
{
	own_str char *path = world_path(&w, name);

	for (time_t until = 0; access(path, R_OK) != 0 && wait_more(&until);)
		;
	assert_int_equal(access(path, R_OK), 0);
}

static void
read_crl(X509_CRL **crl)
{
	own_struct(buf) der = buf_new(1 << 20);
	own_str char *path = world_path(&w, "public/crl/0.crl");
	struct err e;

	assert_done(file_read(&der, path, &e), e);
	assert_done(crl_from_any(crl, buf_span(&der), &e), e);
}

static void
the_ceremony_makes_administrators(void **state)
{
	own(json_t) *list = world_list(&w, "{\"what\":\"appointments\",\"person\":\"QT-000003\"}");
	const json_t *item = json_array_get(json_object_get(list, "items"), 0);

	assert_string_equal(json_string_value(json_object_get(item, "role")), "security-officer");
	for (size_t i = 0; i < ADMINS; i++)
		assert_true(X509_check_issued(w.issuing, w.admin[i].cert) == X509_V_OK);
	write_pem("root.pem", w.root);
	write_pem("issuing.pem", w.issuing);
	write_pem("admin.pem", w.admin[MAI].cert);
	wait_file("public/ca/issuing.crt");
	wait_file("public/crl/root.crl");
	wait_file("public/crl/0.crl");
	assert_int_equal(shell("openssl verify -CAfile root.pem -untrusted issuing.pem admin.pem >out 2>&1"), 0);
	assert_int_equal(shell("openssl cms -verify -inform DER -in ceremony.p7m -CAfile root.pem -purpose any -out bundle.json 2>out"), 0);
}

static void
other_people_read_what_came_out(void **state)
{
	own(EVP_PKEY) *key = key_new();
	own(X509) *cert = world_enrol(&w, "official", "H99.31.07", "Trần Văn Ký", "CB-000001", "Chủ tịch", key);

	write_pem("official.pem", cert);
	assert_int_equal(shell("openssl crl -inform DER -in public/crl/0.crl -out 0.pem && openssl crl -inform DER -in public/crl/root.crl -out r.pem && "
	    "cat root.pem issuing.pem > chain.pem && cat 0.pem r.pem > crls.pem"), 0);
	assert_int_equal(shell("openssl verify -x509_strict -crl_check_all -CAfile root.pem -untrusted issuing.pem -CRLfile crls.pem official.pem >out 2>&1"), 0);
	assert_int_equal(shell("openssl x509 -in official.pem -noout -text -nameopt utf8,sep_comma_plus >text && "
	    "grep -q 'title=Chủ tịch' text && grep -q 'organizationIdentifier=H99.31.07' text && "
	    "grep -q 'Digital Signature, Non Repudiation' text && grep -q 'xacthuc.hoagiang.example/crl/0.crl' text"), 0);
	if (system("command -v certtool >/dev/null") == 0) {
		assert_int_equal(shell("certtool --certificate-info --infile official.pem >ct 2>&1 && grep -q 'CB-000001' ct"), 0);
		assert_int_equal(shell("cat official.pem issuing.pem root.pem > all.pem && certtool --verify-chain --infile all.pem >ct2 2>&1"), 0);
		assert_int_equal(shell("certtool --crl-info --inder --infile public/crl/0.crl >ct3 2>&1 && grep -q 'CRL Number' ct3"), 0);
	}
}

static void
every_profile_can_be_issued(void **state)
{
	static const struct { const char *profile, *agency, *name, *person, *title; } rows[] = {
		{ "official", "H99.14", "Lê Thị Văn Thư", "CB-000002", "Văn thư" },
		{ "seal", "H99.14", "Sở Xây dựng", NULL, NULL },
		{ "tsa", "H99", "Dấu thời gian THỬ NGHIỆM", NULL, NULL },
		{ "ocsp", "H99", "Trả lời trạng thái", NULL, NULL },
		{ "service-signer", "H99", "Phiếu ký", NULL, NULL },
		{ "program", "H99.14", "motcua", NULL, NULL },
		{ "server", "H99", "xacthuc.hoagiang.example", NULL, NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own(EVP_PKEY) *key = key_new();
		own(X509) *cert = world_enrol(&w, rows[i].profile, rows[i].agency, rows[i].name, rows[i].person, rows[i].title, key);

		assert_case(rows[i].profile, EVP_PKEY_eq(key, X509_get0_pubkey(cert)) == 1);
	}
}

static void
draft_revoke(struct draft *d, X509 *cert, struct buf *serial)
{
	own_struct(buf) der = buf_new(8192);

	serial_hex(serial, X509_get0_serialNumber(cert));
	cert_to_der(&der, cert);
	sha256(d->hash, buf_span(&der));
	d->verb = "cert.revoke";
	d->id = buf_str(serial);
}

static void
a_revoked_certificate_is_on_the_next_crl(void **state)
{
	own(EVP_PKEY) *key = key_new();
	own(X509) *cert = world_enrol(&w, "official", "H99.14", "Phạm Mất Thẻ", "CB-000003", "Phó Giám đốc", key);
	own_struct(buf) serial = buf_new(64);
	own(json_t) *with = json_pack("{s:s, s:s}", "code", "keyCompromise", "invalidity", "2026-05-03T00:00:00+07:00");
	struct draft d = { .by = SEC, .with = with };
	own(X509_CRL) *before = NULL;
	own(X509_CRL) *after = NULL;
	own(json_t) *answer = NULL;
	struct crl_facts old, new;
	struct revocation r;
	struct err e;

	read_crl(&before);
	draft_revoke(&d, cert, &serial);
	assert_done(world_order(&w, &d, &answer, &e), e);
	assert_true(json_integer_value(json_object_get(answer, "crl")) > 0);
	read_crl(&after);
	for (time_t until = 0; X509_CRL_match(before, after) == 0 && wait_more(&until);) {
		X509_CRL_free(after);
		read_crl(&after);
	}
	assert_done(crl_check(&old, before, w.issuing, &e), e);
	assert_done(crl_check(&new, after, w.issuing, &e), e);
	assert_true(new.number > old.number);
	crl_lookup(&r, before, X509_get0_serialNumber(cert));
	assert_int_equal(r.state, CERT_GOOD);
	crl_lookup(&r, after, X509_get0_serialNumber(cert));
	assert_int_equal(r.state, CERT_REVOKED);
	assert_int_equal(r.reason, 1);
	write_pem("lost.pem", cert);
	assert_int_equal(shell("openssl crl -inform DER -in public/crl/0.crl -out 0.pem && cat 0.pem r.pem > crls.pem && "
	    "openssl verify -crl_check_all -CAfile root.pem -untrusted issuing.pem -CRLfile crls.pem lost.pem >out 2>&1; grep -q 'certificate revoked' out"), 0);
}

static void
five_hundred_in_one_order(void **state)
{
	enum { N = 500 };
	struct order_subject *s = xalloc(N * sizeof(*s));
	struct draft d = { .by = MAI, .verb = "cert.approve", .subjects = s, .nsubjects = N };
	own(json_t) *answer = NULL;
	int64_t start;
	struct err e;

	for (int i = 0; i < N; i++) {
		own(EVP_PKEY) *key = key_new();
		own_struct(buf) csr = buf_new(4096);
		own_struct(buf) text = buf_new(CA_MESSAGE_MAX);
		own_str char *person = xprintf("CB-9%05d", i);
		own_str char *ask = NULL;
		own(json_t) *request = NULL;

		csr_of(&csr, key);
		ask = ask_text("official", "H99.14", "Người thứ nhiều", person, "Chuyên viên", buf_span(&csr));
		assert_done(world_text(&w, CA_REQUEST, ask, &text, &e), e);
		assert_done(json_read(&request, buf_span(&text), &e), e);
		snprintf(s[i].id, sizeof(s[i].id), "%s", json_string_value(json_object_get(request, "id")));
		hash_from_hex(s[i].hash, request);
	}
	start = clock_mono_ms();
	assert_done(world_order(&w, &d, &answer, &e), e);
	print_message("500 certificates in %lld ms\n", (long long)(clock_mono_ms() - start));
	assert_int_equal(json_array_size(json_object_get(answer, "certificates")), N);
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ceremony_makes_administrators),
		cmocka_unit_test(other_people_read_what_came_out),
		cmocka_unit_test(every_profile_can_be_issued),
		cmocka_unit_test(a_revoked_certificate_is_on_the_next_crl),
		cmocka_unit_test(five_hundred_in_one_order),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
