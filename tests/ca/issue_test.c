/* The whole way: ceremony, request, order, certificate, revocation, CRL; and
 * what openssl and certtool say of what came out. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "base/file.h"
#include "tests/ca/world.h"
#include "tests/register/database.h"
#include "verifier/cert.h"
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
	world_pem(&w, "root.pem", w.root);
	world_pem(&w, "issuing.pem", w.issuing);
	world_pem(&w, "admin.pem", w.admin[MAI].cert);
	wait_file("public/ca/issuing.crt");
	wait_file("public/crl/root.crl");
	wait_file("public/crl/0.crl");
	assert_int_equal(world_shell(&w, "openssl verify -CAfile root.pem -untrusted issuing.pem admin.pem >out 2>&1"), 0);
	assert_int_equal(world_shell(&w, "openssl cms -verify -inform DER -in ceremony.p7m -CAfile root.pem -purpose any -out bundle.json 2>out"), 0);
}

static void
other_people_read_what_came_out(void **state)
{
	own(EVP_PKEY) *key = key_new();
	own(X509) *cert = world_enrol(&w, "official", "H99.31.07", "Trần Văn Ký", "CB-000001", "Chủ tịch", key);

	world_pem(&w, "official.pem", cert);
	assert_int_equal(world_shell(&w, "openssl crl -inform DER -in public/crl/0.crl -out 0.pem && openssl crl -inform DER -in public/crl/root.crl -out r.pem && "
	    "cat root.pem issuing.pem > chain.pem && cat 0.pem r.pem > crls.pem"), 0);
	assert_int_equal(world_shell(&w, "openssl verify -x509_strict -crl_check_all -CAfile root.pem -untrusted issuing.pem -CRLfile crls.pem official.pem >out 2>&1"), 0);
	assert_int_equal(world_shell(&w, "openssl x509 -in official.pem -noout -text -nameopt utf8,sep_comma_plus >text && "
	    "grep -q 'title=Chủ tịch' text && grep -q 'organizationIdentifier=H99.31.07' text && "
	    "grep -q 'Digital Signature, Non Repudiation' text && grep -q 'xacthuc.hoagiang.example/crl/0.crl' text"), 0);
	if (system("command -v certtool >/dev/null") == 0) {
		assert_int_equal(world_shell(&w, "certtool --certificate-info --infile official.pem >ct 2>&1 && grep -q 'CB-000001' ct"), 0);
		assert_int_equal(world_shell(&w, "cat official.pem issuing.pem root.pem > all.pem && certtool --verify-chain --infile all.pem >ct2 2>&1"), 0);
		assert_int_equal(world_shell(&w, "certtool --crl-info --inder --infile public/crl/0.crl >ct3 2>&1 && grep -q 'CRL Number' ct3"), 0);
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

/* The verifier takes it for its own profile and for no other; an administrator's
 * differs from an official's in the register alone. */
static bool
fits_only(X509 *cert, const char *profile)
{
	bool good = true;
	struct err e;

	for (size_t i = 0; i < w.policy->nprofiles; i++) {
		const struct profile *p = &w.policy->profile[i];
		bool alike = strcmp(profile, "official") == 0 && strcmp(p->id, "administrator") == 0;

		if (!alike && cert_fits_profile(cert, p, &e) != (strcmp(p->id, profile) == 0)) {
			print_error("%s as %s\n", profile, p->id);
			good = false;
		}
	}
	return good;
}

static void
write_key(const char *name, EVP_PKEY *key)
{
	own(BIO) *mem = BIO_new(BIO_s_mem());
	own_str char *path = world_path(&w, name);
	char *text;
	long n;
	struct err e;

	assert_int_equal(PEM_write_bio_PrivateKey(mem, key, NULL, NULL, 0, NULL, NULL), 1);
	n = BIO_get_mem_data(mem, &text);
	assert_done(file_write(path, span_of(text, (size_t)n), 0600, &e), e);
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
		{ "qr-seal", "H99.14", "", NULL, NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own(EVP_PKEY) *key = key_new();
		own(X509) *cert = world_enrol(&w, rows[i].profile, rows[i].agency, rows[i].name, rows[i].person, rows[i].title, key);

		assert_case(rows[i].profile, EVP_PKEY_eq(key, X509_get0_pubkey(cert)) == 1);
		assert_case(rows[i].profile, fits_only(cert, rows[i].profile));
	}
}

/* What others say: the purposes by openssl, a mail signed and verified, certtool. */
static void
a_mail_certificate_signs_mail_alone(void **state)
{
	own(EVP_PKEY) *key = key_new();
	own_str char *ask = mail_ask("mail", "CB-000031", "Van.Thu@HoaGiang.example", key);
	own(X509) *cert = world_enrol_ask(&w, ask, MAI);

	assert_true(fits_only(cert, "mail"));
	world_pem(&w, "mail.pem", cert);
	world_pem(&w, "root.pem", w.root);
	world_pem(&w, "issuing.pem", w.issuing);
	write_key("mail.key", key);
	assert_int_equal(world_shell(&w, "openssl x509 -in mail.pem -noout -ext subjectAltName,keyUsage,extendedKeyUsage >mail.text && grep -q 'email:Van.Thu@hoagiang.example$' mail.text && "
	    "grep -q '^ *Digital Signature$' mail.text && grep -q '^ *E-mail Protection$' mail.text && ! openssl x509 -in mail.pem -noout -subject | grep -qi hoagiang.example"), 0);
	assert_int_equal(world_shell(&w, "openssl x509 -in mail.pem -noout -purpose >purposes && grep -q '^S/MIME signing : Yes$' purposes && "
	    "test \"$(grep -c ': Yes' purposes)\" = \"$(grep -c '^\\(S/MIME signing\\|Any Purpose\\|Any Purpose CA\\|OCSP helper\\) : Yes' purposes)\""), 0);
	assert_int_equal(world_shell(&w, "echo xin chào >letter && openssl cms -sign -in letter -signer mail.pem -inkey mail.key -certfile issuing.pem -out letter.eml && "
	    "openssl cms -verify -in letter.eml -CAfile root.pem -purpose smimesign -out /dev/null 2>cms.err"), 0);
	assert_int_not_equal(world_shell(&w, "openssl cms -verify -in letter.eml -CAfile root.pem -purpose sslclient -out /dev/null 2>/dev/null"), 0);
	assert_int_not_equal(world_shell(&w, "openssl verify -CAfile root.pem -untrusted issuing.pem -purpose sslserver mail.pem >/dev/null 2>&1"), 0);
	assert_int_equal(world_shell(&w, "openssl verify -CAfile root.pem -untrusted issuing.pem -purpose smimesign -verify_email Van.Thu@hoagiang.example mail.pem >/dev/null 2>&1"), 0);
	assert_int_not_equal(world_shell(&w, "openssl verify -CAfile root.pem -untrusted issuing.pem -verify_email mai@hoagiang.example mail.pem >/dev/null 2>&1"), 0);
	if (system("command -v certtool >/dev/null") == 0)
		assert_int_equal(world_shell(&w, "certtool --certificate-info --infile mail.pem >ct 2>&1 && grep -q 'RFC822Name: Van.Thu@hoagiang.example' ct && grep -q 'Email protection' ct && "
		    "cat mail.pem issuing.pem root.pem >all-mail.pem && certtool --verify --verify-email Van.Thu@hoagiang.example --verify-purpose 1.3.6.1.5.5.7.3.4 --load-ca-certificate root.pem --infile all-mail.pem >ct2 2>&1"), 0);
}

static void
mailboxes_that_are_refused(void **state)
{
	static const struct { const char *name, *profile, *person, *mail, *code; enum err_class class; } rows[] = {
		{ "no mailbox", "mail", "CB-000032", NULL, "mail-missing", ERR_INPUT }, { "an empty one", "mail", "CB-000032", "", "mail-missing", ERR_INPUT },
		{ "two", "mail", "CB-000032", "a@hoagiang.example,b@hoagiang.example", "mail-form", ERR_INPUT },
		{ "internationalised", "mail", "CB-000032", "thư@hoagiang.example", "mail-not-ascii", ERR_INPUT },
		{ "a foreign domain", "mail", "CB-000032", "thu@other.example", "mail-domain", ERR_POLICY },
		{ "a domain below", "mail", "CB-000032", "thu@so.hoagiang.example", "mail-domain", ERR_POLICY },
		{ "an official's", "official", "CB-000032", "thu@hoagiang.example", "mail-unasked", ERR_INPUT },
		{ "an administrator's", "administrator", "CB-000032", "thu@hoagiang.example", "mail-unasked", ERR_INPUT },
		{ "a program's", "program", NULL, "thu@hoagiang.example", "mail-unasked", ERR_INPUT },
		{ "nobody's", "mail", NULL, "thu@hoagiang.example", "name-missing", ERR_INPUT },
	};
	own(EVP_PKEY) *key = key_new();

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_str char *ask = mail_ask(rows[i].profile, rows[i].person, rows[i].mail, key);
		own_struct(buf) text = buf_new(CA_MESSAGE_MAX);
		struct err e = { ERR_NONE, "" };
		bool done = world_text(&w, CA_REQUEST, ask, &text, &e);

		if (done || e.class != rows[i].class || strcmp(e.code, rows[i].code) != 0)
			print_error("%s: %s %s\n", rows[i].name, e.code, done ? "done" : e.text);
		assert_case(rows[i].name, !done && e.class == rows[i].class && strcmp(e.code, rows[i].code) == 0);
	}
}

/* cert.modify: another title, the same mailbox. */
static void
the_mailbox_stays(void **state)
{
	own(EVP_PKEY) *key = key_new();
	own_str char *ask = mail_ask("mail", "CB-000034", "van.thu.2@hoagiang.example", key);
	own(X509) *cert = world_enrol_ask(&w, ask, MAI), *again = NULL;
	own_struct(buf) serial = buf_new(64);
	own(json_t) *with = json_pack("{s:[{s:s}]}", "changes", "title", "Phó phòng"), *other = json_pack("{s:[{s:s}]}", "changes", "mail", "mai@hoagiang.example");
	own(json_t) *answer = NULL;
	struct draft d = { .by = MAI, .with = other };
	struct err e;

	draft_revoke(&d, cert, &serial);
	d.verb = "cert.modify";
	world_refused("another mailbox", world_order(&w, &d, NULL, &e), &e, ERR_INPUT, "mail");
	d.with = with;
	assert_done(world_order(&w, &d, &answer, &e), e);
	assert_done(cert_from_any(&again, span_str(json_string_value(json_object_get(json_array_get(json_object_get(answer, "results"), 0), "pem"))), &e), e);
	world_pem(&w, "again.pem", again);
	assert_int_equal(world_shell(&w, "openssl x509 -in again.pem -noout -ext subjectAltName | grep -q '^ *email:van.thu.2@hoagiang.example$'"), 0);
}

/* An approver of one agency certifies its people, its seal and its programs: what
 * speaks for the whole authority is not its own, though it be put under it. */
static void
what_an_approver_of_one_agency_certifies(void **state)
{
	static const struct { const char *profile, *name, *person; bool done; } rows[] = {
		{ "ocsp", "Trả lời trạng thái", NULL, false }, { "tsa", "Dấu thời gian", NULL, false }, { "service-signer", "Phiếu ký", NULL, false },
		{ "server", "xacthuc.hoagiang.example", NULL, false }, { "program", "motcua", NULL, true }, { "official", "Người Của Sở", "CB-000039", true },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own(EVP_PKEY) *key = key_new();
		own_struct(buf) csr = buf_new(4096), text = buf_new(CA_MESSAGE_MAX);
		own(json_t) *request = NULL;
		own_str char *ask = NULL;
		struct draft d = { .verb = "cert.approve", .by = LOCAL };
		struct err e = { ERR_NONE, "" };

		csr_of(&csr, key);
		ask = ask_text(rows[i].profile, "H99.14", rows[i].name, rows[i].person, rows[i].person == NULL ? NULL : "Chuyên viên", buf_span(&csr));
		assert_done(world_text(&w, CA_REQUEST, ask, &text, &e) && json_read(&request, buf_span(&text), &e), e);
		d.id = json_string_value(json_object_get(request, "id"));
		hash_from_hex(d.hash, request);
		if (!rows[i].done) {
			world_refused(rows[i].profile, world_order(&w, &d, NULL, &e), &e, ERR_POLICY, "outside the scope");
			d.by = MAI;
		}
		assert_done(world_order(&w, &d, NULL, &e), e);
	}
}

/* By its days in the policy: a district that was merged, and one that goes on. */
static void
an_agency_that_has_ended_gets_none(void **state)
{
	static const struct { const char *profile, *agency, *name, *person; bool done; } rows[] = {
		{ "official", "H99.21", "Người Của Quận", "CB-000051", false }, { "official", "H99.22", "Người Của Huyện", "CB-000052", false },
		{ "seal", "H99.21", "", NULL, false }, { "program", "H99.22", "motcua", NULL, false },
		{ "official", "H99.31.07", "Người Của Phường", "CB-000053", true },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own(EVP_PKEY) *key = key_new();
		own_struct(buf) csr = buf_new(4096), text = buf_new(CA_MESSAGE_MAX);
		own_str char *ask = NULL;
		struct err e = { ERR_NONE, "" };
		bool done;

		csr_of(&csr, key);
		ask = ask_text(rows[i].profile, rows[i].agency, rows[i].name, rows[i].person, rows[i].person == NULL ? NULL : "Chuyên viên", buf_span(&csr));
		done = world_text(&w, CA_REQUEST, ask, &text, &e);
		assert_case(rows[i].name, done == rows[i].done && (done || (e.class == ERR_POLICY && strcmp(e.code, "agency-ended") == 0 && e.vi[0] != '\0')));
	}
}

static bool
asks_for(const char *person, const char *mail, EVP_PKEY *key, struct order_subject *s, struct err *e)
{
	own_str char *ask = mail_ask("mail", person, mail, key);
	own_struct(buf) text = buf_new(CA_MESSAGE_MAX);
	own(json_t) *request = NULL;

	*e = (struct err){ ERR_NONE, "" };
	if (!world_text(&w, CA_REQUEST, ask, &text, e) || !json_read(&request, buf_span(&text), e))
		return false;
	*s = (struct order_subject){ .number = NULL };
	snprintf(s->id, sizeof(s->id), "%s", json_string_value(json_object_get(request, "id")));
	return json_take_hex(s->hash, SHA256_LEN, request, "hash", e);
}

static void
is_of_another(const char *name, const char *person, const char *mail)
{
	own(EVP_PKEY) *key = key_new();
	struct order_subject s;
	struct err e;
	bool done = asks_for(person, mail, key, &s, &e);

	assert_case(name, !done && e.class == ERR_POLICY && strcmp(e.code, "mail-of-another") == 0 && e.vi[0] != '\0');
}

/* Two of one name in one office: the mailbox is of who asked first, until the last
 * certificate for it has ended. */
static void
a_mailbox_is_one_persons(void **state)
{
	static const char chung[] = "chung@hoagiang.example";
	own(EVP_PKEY) *key = key_new(), *another = key_new(), *theirs = key_new();
	own_str char *first = mail_ask("mail", "CB-000035", chung, key), *second = mail_ask("mail", "CB-000035", chung, another);
	own_struct(buf) serial = buf_new(64), other_serial = buf_new(64);
	own(X509) *cert = NULL, *more = NULL;
	struct order_subject s;
	struct draft d = { .by = MAI };
	struct err e;

	assert_done(asks_for("CB-000035", chung, key, &s, &e), e);
	is_of_another("who waits has it", "CB-000036", chung);
	is_of_another("in other letters", "CB-000036", "Chung@hoagiang.example");
	cert = world_enrol_ask(&w, first, MAI);
	is_of_another("who has a certificate for it", "CB-000036", chung);
	is_of_another("in other letters, and another case of the domain", "CB-000036", "CHUNG@HoaGiang.example");
	more = world_enrol_ask(&w, second, MAI);		/* a new key of the same person */
	draft_revoke(&d, cert, &serial);
	assert_done(world_order(&w, &d, NULL, &e), e);
	is_of_another("one of two is revoked", "CB-000036", chung);
	draft_revoke(&d, more, &other_serial);
	d.verb = "cert.suspend";
	d.with = NULL;
	assert_done(world_order(&w, &d, NULL, &e), e);
	is_of_another("the other is suspended", "CB-000036", chung);
	d.verb = "cert.revoke";
	assert_done(world_order(&w, &d, NULL, &e), e);
	assert_done(asks_for("CB-000036", chung, theirs, &s, &e), e);
	is_of_another("now it is theirs", "CB-000035", chung);
}

/* Behind the register's back: two requests for one mailbox wait.  In one order or in
 * two, one person gets it. */
static void
twins_that_wait(void **state)
{
	own(EVP_PKEY) *key = key_new(), *theirs = key_new();
	struct order_subject s[2];
	struct draft d = { .by = MAI, .verb = "cert.approve", .subjects = s, .nsubjects = 2 };
	struct err e;

	assert_done(asks_for("CB-000037", "doi@hoagiang.example", key, &s[0], &e) && asks_for("CB-000038", "doi.2@hoagiang.example", theirs, &s[1], &e), e);
	w.broken = true;
	database_do(w.database, "UPDATE request SET mail = 'doi@hoagiang.example' WHERE person = 'CB-000038'");
	world_refused("both at once", world_order(&w, &d, NULL, &e), &e, ERR_POLICY, "another person's");
	assert_int_equal(database_int(w.database, "SELECT count(*) FROM request WHERE state = 'pending' AND mail = 'doi@hoagiang.example'", NULL, -1), 2);
	d.nsubjects = 1;
	assert_done(world_order(&w, &d, NULL, &e), e);
	s[0] = s[1];
	world_refused("the other one", world_order(&w, &d, NULL, &e), &e, ERR_POLICY, "another person's");
	assert_int_equal(database_int(w.database, "SELECT count(*) FROM certificate WHERE person = 'CB-000038'", NULL, -1), 0);
}

/* What cert.renew left waiting, when its token was away, is not approved by itself:
 * the certificate that it renews may have been revoked meanwhile. */
static void
a_renewal_is_not_approved_by_itself(void **state)
{
	static const char serial[] = "4000000000000000000000000000000000000001";
	own(EVP_PKEY) *key = key_new();
	own_struct(buf) csr = buf_new(4096), text = buf_new(CA_MESSAGE_MAX), facts = buf_new(CA_MESSAGE_MAX);
	own(json_t) *request = NULL;
	own_str char *ask = NULL;
	struct draft d = { .by = MAI, .verb = "cert.approve" };
	json_t *asked;
	struct err e;

	csr_of(&csr, key);
	ask = ask_text("official", "H99.14", "Người Cũ (thử nghiệm)", "CB-000040", "Chuyên viên", buf_span(&csr));
	assert_done(world_text(&w, CA_REQUEST, ask, &text, &e) && json_read(&request, buf_span(&text), &e), e);
	asked = json_object_get(request, "facts");
	json_object_set_new(asked, "renews", json_string(serial));
	json_write(&facts, asked);
	w.broken = true;
	database_do(w.database, "UPDATE request SET facts = replace(facts, '\"spki\":', '\"renews\":\"4000000000000000000000000000000000000001\",\"spki\":') WHERE person = 'CB-000040'");
	d.id = json_string_value(json_object_get(request, "id"));
	sha256(d.hash, buf_span(&facts));
	world_refused("a renewal", world_order(&w, &d, NULL, &e), &e, ERR_POLICY, "give the order cert.renew again");
	assert_int_equal(database_int(w.database, "SELECT count(*) FROM certificate WHERE person = 'CB-000040'", NULL, -1), 0);
}

/* A key for mail lies in a mail program: it approves nothing, though its person may. */
static void
a_mail_certificate_orders_nothing(void **state)
{
	own(EVP_PKEY) *key = key_new(), *other = key_new();
	own_str char *ask = mail_ask("mail", w.admin[MAI].person, "mai@hoagiang.example", key);
	own(X509) *cert = world_enrol_ask(&w, ask, NAM);
	own_struct(buf) csr = buf_new(4096), text = buf_new(CA_MESSAGE_MAX);
	own_str char *wanted = NULL;
	own(json_t) *request = NULL;
	struct draft d = { .verb = "cert.approve", .by = MAI, .key = key, .cert = cert };
	struct err e;

	csr_of(&csr, other);
	wanted = ask_text("official", "H99.14", "Người", "CB-000033", "Chuyên viên", buf_span(&csr));
	assert_done(world_text(&w, CA_REQUEST, wanted, &text, &e) && json_read(&request, buf_span(&text), &e), e);
	d.id = json_string_value(json_object_get(request, "id"));
	hash_from_hex(d.hash, request);
	world_refused("mail", world_order(&w, &d, NULL, &e), &e, ERR_POLICY, "profile mail signs no orders");
	d.key = NULL;
	d.cert = NULL;
	assert_done(world_order(&w, &d, NULL, &e), e);
}

/* RFC 9336: what is signed is shown to people; no purpose of another kind. */
static void
a_qr_seal_is_good_for_nothing_else(void **state)
{
	own(EVP_PKEY) *key = key_new();
	own(X509) *cert = world_enrol(&w, "qr-seal", "H99.31.07", "", NULL, NULL, key);

	world_pem(&w, "qr.pem", cert);
	write_key("qr.key", key);
	assert_int_equal(world_shell(&w, "openssl x509 -in qr.pem -noout -ext extendedKeyUsage,keyUsage >qr.text && grep -q 'Key Usage: critical' qr.text && "
	    "grep -q 'Extended Key Usage: critical' qr.text && grep -q '^ *Digital Signature$' qr.text"), 0);
	assert_int_equal(world_shell(&w, "openssl x509 -in qr.pem -noout -purpose >purposes && ! grep -v '^\\(Any Purpose\\|Any Purpose CA\\|OCSP helper\\) :' purposes | grep -q ': Yes'"), 0);
	assert_int_equal(world_shell(&w, "openssl verify -CAfile root.pem -untrusted issuing.pem qr.pem >/dev/null 2>&1"), 0);
	assert_int_equal(world_shell(&w, "for p in sslclient sslserver smimesign smimeencrypt crlsign timestampsign; do "
	    "openssl verify -CAfile root.pem -untrusted issuing.pem -purpose $p qr.pem >/dev/null 2>&1 && exit 1; done; true"), 0);
	assert_int_equal(world_shell(&w, "echo xin chào >words && openssl cms -sign -in words -signer qr.pem -inkey qr.key -certfile issuing.pem -out qr.eml && "
	    "openssl cms -verify -in qr.eml -CAfile root.pem -purpose any -out /dev/null 2>/dev/null"), 0);
	assert_int_not_equal(world_shell(&w, "openssl cms -verify -in qr.eml -CAfile root.pem -out /dev/null 2>/dev/null"), 0);
	if (system("command -v certtool >/dev/null") == 0)
		assert_int_equal(world_shell(&w, "certtool --certificate-info --infile qr.pem >ct 2>&1 && grep -q '1.3.6.1.5.5.7.3.36' ct"), 0);
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
	world_pem(&w, "lost.pem", cert);
	assert_int_equal(world_shell(&w, "openssl crl -inform DER -in public/crl/0.crl -out 0.pem && cat 0.pem r.pem > crls.pem && "
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
		cmocka_unit_test(what_an_approver_of_one_agency_certifies),
		cmocka_unit_test(an_agency_that_has_ended_gets_none),
		cmocka_unit_test(a_mail_certificate_signs_mail_alone),
		cmocka_unit_test(mailboxes_that_are_refused),
		cmocka_unit_test(a_mail_certificate_orders_nothing),
		cmocka_unit_test(the_mailbox_stays),
		cmocka_unit_test(a_mailbox_is_one_persons),
		cmocka_unit_test(a_qr_seal_is_good_for_nothing_else),
		cmocka_unit_test(a_revoked_certificate_is_on_the_next_crl),
		cmocka_unit_test(five_hundred_in_one_order),
		cmocka_unit_test(twins_that_wait),
		cmocka_unit_test(a_renewal_is_not_approved_by_itself),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
