/* Each lint fires on a certificate spoiled in just its way, and none on a good
 * one. */
#include "tests/base/test.h"

#include "base/clock.h"
#include "ca/der.h"
#include "ca/lint.h"
#include "tests/ca/world.h"

#define NOW INT64_C(1795000000)
#define MAILBOX "van.ky@hoagiang.example"
#define HOST "xacthuc.hoagiang.example"

static struct policy *policy;
static EVP_PKEY *root_key, *leaf_key;
static X509 *root;

static void
plan_for(struct certificate_plan *p, const char *profile, const char *name, EVP_PKEY *key)
{
	own_struct(buf) spki = buf_new(1024);
	struct err e;

	*p = (struct certificate_plan){ .profile = policy_profile(policy, profile), .tier = policy_tier(policy, "demonstration"), .policy = policy_tier(policy, "demonstration")->policy,
		.organisation = "Sở Xây dựng", .agency = "H99.14", .crl_url = "https://xacthuc.hoagiang.example/crl/0.crl",
		.ocsp_url = "https://xacthuc.hoagiang.example/ocsp" };
	assert_non_null(p->profile);
	snprintf(p->name, sizeof(p->name), "%s", name);
	if (p->profile->person) {
		strcpy(p->person, "CB-000001");
		strcpy(p->title, "Giám đốc");
	}
	pubkey_to_spki(&spki, key);
	memcpy(p->spki, spki.ptr, spki.len);
	p->spki_len = spki.len;
	sha256(p->key_id, buf_span(&spki));
	assert_done(serial_draw(&p->serial, &e), e);
	p->not_before = NOW - BACKDATE_SECS;
	p->not_after = NOW + p->profile->years * 365 * DAY_SECS;
	if (root != NULL)
		assert_done(certificate_dates(p, root, NOW, &e), e);
}

/* The octets as an X509 with a signature that is none. */
static X509 *
decode(struct span tbs)
{
	own_struct(buf) whole = buf_new(1 << 16);
	X509 *x;
	struct err e;

	assert_done(signed_wrap_unsigned(&whole, tbs, &e), e);
	assert_done(cert_from_der(&x, buf_span(&whole), &e), e);
	return x;
}

static int
begin(void **state)
{
	struct certificate_plan p;
	own_struct(buf) tbs = buf_new(8192);
	struct err e;

	assert_done(policy_load(&policy, SOURCE_DIR "/policy", &e), e);
	root_key = key_new();
	leaf_key = key_new();
	plan_for(&p, "root", "Gốc THỬ NGHIỆM", root_key);
	assert_done(certificate_tbs(&tbs, &p, NULL, NULL, &e), e);
	assert_done(lint_tbs(buf_span(&tbs), &p, NULL, &e), e);
	root = decode(buf_span(&tbs));
	return 0;
}

static int
end(void **state)
{
	X509_free(root);
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(leaf_key);
	policy_free(policy);
	return 0;
}

static void
drop(X509 *x, int nid)
{
	X509_EXTENSION_free(X509_delete_ext(x, X509_get_ext_by_NID(x, nid, -1)));
}

static void
add(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	own(X509_EXTENSION) *ext = NULL;

	X509V3_set_ctx(&ctx, root, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(ext);
	assert_int_equal(X509_add_ext(x, ext, -1), 1);
}

static void
swap(X509 *x, int nid, const char *value)
{
	drop(x, nid);
	add(x, nid, value);
}

static void
rename_to(X509 *x, int nid, int type, const char *text)
{
	X509_NAME *n = X509_get_subject_name(x);
	int at = X509_NAME_get_index_by_NID(n, nid, -1);

	if (at >= 0)
		X509_NAME_ENTRY_free(X509_NAME_delete_entry(n, at));
	if (text != NULL)
		assert_int_equal(X509_NAME_add_entry_by_NID(n, nid, type, (const unsigned char *)text, -1, at, 0), 1);
}

#define SPOIL(name) static void name(X509 *x, struct certificate_plan *p)
SPOIL(version) { X509_set_version(x, 0); }
SPOIL(serial) { p->serial.octet[5] ^= 1; }
SPOIL(short_serial) { ASN1_INTEGER_set(X509_get_serialNumber(x), 7); }
SPOIL(negative_serial) { X509_get_serialNumber(x)->type = V_ASN1_NEG_INTEGER; }
SPOIL(algorithm) { X509_ALGOR_set0((X509_ALGOR *)X509_get0_tbs_sigalg(x), OBJ_nid2obj(NID_ecdsa_with_SHA1), V_ASN1_UNDEF, NULL); }
SPOIL(issuer) { X509_NAME *n = X509_NAME_dup(X509_get_issuer_name(x)); X509_NAME_ENTRY_free(X509_NAME_delete_entry(n, 1)); X509_set_issuer_name(x, n); X509_NAME_free(n); }
SPOIL(dates) { p->not_after += 1; }
SPOIL(dates_type) { ASN1_TIME_set_string(X509_getm_notAfter(x), "20290101000000Z"); p->not_after = asn1_time_secs(X509_get0_notAfter(x)); }
SPOIL(dates_inside) { p->not_after = asn1_time_secs(X509_get0_notAfter(root)) + 1; ASN1_TIME_set(X509_getm_notAfter(x), p->not_after); }
SPOIL(life) { p->not_after += 400 * DAY_SECS; ASN1_TIME_set(X509_getm_notAfter(x), p->not_after); }
SPOIL(string_type) { rename_to(x, NID_commonName, V_ASN1_T61STRING, "Nguyen"); }
SPOIL(serial_type) { rename_to(x, NID_serialNumber, V_ASN1_UTF8STRING, "CB-000001"); }
SPOIL(not_nfc) { rename_to(x, NID_commonName, V_ASN1_UTF8STRING, "Nguye\u0302n"); }
SPOIL(zero_width) { rename_to(x, NID_commonName, V_ASN1_UTF8STRING, "Ng\u200bs"); }
SPOIL(outer_space) { rename_to(x, NID_commonName, V_ASN1_UTF8STRING, " An"); }
SPOIL(other_space) { rename_to(x, NID_commonName, V_ASN1_UTF8STRING, "Nguyen\u00a0An"); }
SPOIL(too_long) { rename_to(x, NID_commonName, V_ASN1_UTF8STRING, "1234567890123456789012345678901234567890123456789012345678901234ế"); }
SPOIL(country) { rename_to(x, NID_countryName, V_ASN1_PRINTABLESTRING, "VNM"); }
SPOIL(printable) { rename_to(x, NID_serialNumber, V_ASN1_PRINTABLESTRING, "CB_1"); }
SPOIL(twice) { X509_NAME_add_entry_by_NID(X509_get_subject_name(x), NID_commonName, V_ASN1_UTF8STRING, (const unsigned char *)"B", -1, -1, 0); }
SPOIL(one_set) { X509_NAME_add_entry_by_NID(X509_get_subject_name(x), NID_pseudonym, V_ASN1_UTF8STRING, (const unsigned char *)"B", -1, -1, -1); }
SPOIL(no_name) { rename_to(x, NID_commonName, 0, NULL); }
SPOIL(no_person) { rename_to(x, NID_serialNumber, 0, NULL); }
SPOIL(no_agency) { rename_to(x, NID_organizationIdentifier, 0, NULL); }
static X509 *other_issuer;
SPOIL(mark) { p->tier = policy_tier(policy, "demonstration"); }
static void set_key(X509 *x, struct certificate_plan *p, EVP_PKEY *k) { X509_set_pubkey(x, k); key_id_of(p->key_id, k); EVP_PKEY_free(k); }
SPOIL(weak_key) { set_key(x, p, EVP_RSA_gen(1024)); }
SPOIL(edwards_key) { set_key(x, p, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")); }
SPOIL(other_key) { p->key_id[0] ^= 1; }
SPOIL(issuers_key) { EVP_PKEY_up_ref(root_key); set_key(x, p, root_key); }
SPOIL(ext_twice) { add(x, NID_key_usage, "critical,digitalSignature"); }
SPOIL(ca_true) { swap(x, NID_basic_constraints, "critical,CA:TRUE"); }
SPOIL(constraints_plain) { swap(x, NID_basic_constraints, "CA:FALSE"); }
SPOIL(usage_plain) { swap(x, NID_key_usage, "digitalSignature,nonRepudiation"); }
SPOIL(usage_more) { swap(x, NID_key_usage, "critical,digitalSignature,nonRepudiation,keyCertSign"); }
SPOIL(eku_extra) { add(x, NID_ext_key_usage, "clientAuth"); }
static struct profile odd;
SPOIL(mixed) { odd = *p->profile; odd.eku = (char *)"clientAuth"; p->profile = &odd; }
static void
be_authority(X509 *x, struct certificate_plan *p, int64_t length, const char *constraints)
{
	odd = *p->profile;
	odd.ca = true;
	odd.path_length = length;
	p->profile = &odd;
	rename_to(x, NID_commonName, V_ASN1_UTF8STRING, "Cấp dưới THỬ NGHIỆM");
	swap(x, NID_basic_constraints, constraints);
}
SPOIL(path_as_long) { be_authority(x, p, 0, "critical,CA:TRUE,pathlen:0"); }
SPOIL(path_unlimited) { be_authority(x, p, -1, "critical,CA:TRUE"); }
SPOIL(no_ski) { drop(x, NID_subject_key_identifier); }
SPOIL(no_aki) { drop(x, NID_authority_key_identifier); }
SPOIL(no_policy) { drop(x, NID_certificate_policies); }
SPOIL(other_tier) { p->policy = policy_tier(policy, "city")->policy; }
SPOIL(no_crl) { drop(x, NID_crl_distribution_points); }
SPOIL(other_crl) { swap(x, NID_crl_distribution_points, "URI:https://other.example/0.crl"); }
SPOIL(no_status) { drop(x, NID_info_access); }
SPOIL(other_status) { swap(x, NID_info_access, "OCSP;URI:https://other.example/ocsp"); }
SPOIL(status_of_issuer) { swap(x, NID_info_access, "caIssuers;URI:https://xacthuc.hoagiang.example/ocsp"); }
SPOIL(two_statuses) { swap(x, NID_info_access, "OCSP;URI:https://xacthuc.hoagiang.example/ocsp,caIssuers;URI:https://xacthuc.hoagiang.example/ca/issuing.crt"); }
SPOIL(status_critical) { swap(x, NID_info_access, "critical,OCSP;URI:https://xacthuc.hoagiang.example/ocsp"); }
SPOIL(status_unasked) { odd = *p->profile; odd.ocsp = false; p->profile = &odd; }
SPOIL(nocheck) { add(x, NID_id_pkix_OCSP_noCheck, "ignored"); }
SPOIL(host_unasked) { add(x, NID_subject_alt_name, "DNS:a.example"); }
SPOIL(mail_unasked) { add(x, NID_subject_alt_name, "email:ky@hoagiang.example"); }
SPOIL(uri_unasked) { add(x, NID_subject_alt_name, "URI:https://a.example/"); }
SPOIL(mail_in_subject) { X509_NAME_add_entry_by_NID(X509_get_subject_name(x), NID_pkcs9_emailAddress, V_ASN1_UTF8STRING, (const unsigned char *)MAILBOX, -1, -1, 0); }
SPOIL(no_mailbox) { drop(x, NID_subject_alt_name); }
SPOIL(two_mailboxes) { swap(x, NID_subject_alt_name, "email:" MAILBOX ",email:" MAILBOX); }
SPOIL(another_mailbox) { swap(x, NID_subject_alt_name, "email:giam.doc@hoagiang.example"); }
SPOIL(mailbox_and_host) { swap(x, NID_subject_alt_name, "email:" MAILBOX ",DNS:hoagiang.example"); }
SPOIL(host_for_mailbox) { swap(x, NID_subject_alt_name, "DNS:hoagiang.example"); }
SPOIL(mailbox_critical) { swap(x, NID_subject_alt_name, "critical,email:" MAILBOX); }
static void set_mail(X509 *x, struct certificate_plan *p, const char *mail) { own_str char *value = xprintf("email:%s", mail); strcpy(p->mail, mail); swap(x, NID_subject_alt_name, value); }
SPOIL(foreign_mailbox) { set_mail(x, p, "ky@other.example"); }
SPOIL(mailbox_below) { set_mail(x, p, "ky@so.hoagiang.example"); }
SPOIL(capital_domain) { set_mail(x, p, "ky@Hoagiang.example"); }
SPOIL(two_ats) { set_mail(x, p, "ky@other.example@hoagiang.example"); }
SPOIL(no_local_part) { set_mail(x, p, "@hoagiang.example"); }
SPOIL(spaced_mailbox) { set_mail(x, p, "k y@hoagiang.example"); }
SPOIL(diacritics) { set_mail(x, p, "k\u00fd@hoagiang.example"); }
SPOIL(mail_logs_in) { swap(x, NID_ext_key_usage, "clientAuth"); }
SPOIL(mail_and_more) { swap(x, NID_ext_key_usage, "emailProtection,clientAuth"); }
SPOIL(mail_any_usage) { swap(x, NID_ext_key_usage, "anyExtendedKeyUsage"); }
SPOIL(mail_without_usage) { drop(x, NID_ext_key_usage); }
SPOIL(mail_commits) { swap(x, NID_key_usage, "critical,digitalSignature,nonRepudiation"); }
SPOIL(mail_agrees) { swap(x, NID_key_usage, "critical,digitalSignature,keyAgreement"); }
SPOIL(mail_of_nobody) { rename_to(x, NID_serialNumber, 0, NULL); }
SPOIL(no_host) { drop(x, NID_subject_alt_name); }
SPOIL(another_host) { swap(x, NID_subject_alt_name, "DNS:other.example"); }
SPOIL(two_hosts) { swap(x, NID_subject_alt_name, "DNS:" HOST ",DNS:other.example"); }
SPOIL(address_for_host) { swap(x, NID_subject_alt_name, "IP:127.0.0.1"); }
SPOIL(mailbox_for_host) { swap(x, NID_subject_alt_name, "email:" MAILBOX); }
SPOIL(qr_plain) { swap(x, NID_ext_key_usage, "1.3.6.1.5.5.7.3.36"); }
SPOIL(qr_without) { drop(x, NID_ext_key_usage); }
SPOIL(qr_mails) { swap(x, NID_ext_key_usage, "critical,emailProtection"); }
SPOIL(qr_and_more) { swap(x, NID_ext_key_usage, "critical,1.3.6.1.5.5.7.3.36,codeSigning"); }
SPOIL(qr_commits) { swap(x, NID_key_usage, "critical,digitalSignature,nonRepudiation"); }
SPOIL(qr_of_a_person) { rename_to(x, NID_title, V_ASN1_UTF8STRING, "Giám đốc"); }
SPOIL(qr_has_mailbox) { add(x, NID_subject_alt_name, "email:" MAILBOX); }

/* also: other lints that must see it, too.  profile: official where none is said. */
static const struct { const char *name, *lint; void (*spoil)(X509 *, struct certificate_plan *); const char *also, *profile; } rows[] = {
	{ "version 1", "version", version }, { "another serial", "serial", serial }, { "a short serial", "serial", short_serial },
	{ "a negative serial", "serial", negative_serial }, { "SHA-1", "signature", algorithm }, { "issuer renamed", "issuer", issuer },
	{ "another end", "dates", dates }, { "GeneralizedTime too early", "dates-type", dates_type }, { "beyond the issuer", "dates-inside", dates_inside, "life" },
	{ "too long a life", "life", life }, { "TeletexString", "string-type", string_type }, { "serialNumber as UTF8String", "string-type", serial_type },
	{ "not NFC", "string-text", not_nfc }, { "zero width", "string-text", zero_width }, { "outer space", "string-text", outer_space }, { "no-break space", "string-text", other_space },
	{ "65 characters", "string-length", too_long }, { "a country of three", "string-length", country }, { "underscore", "string-printable", printable },
	{ "two names", "subject-once", twice }, { "two in one set", "subject-once", one_set }, { "no name", "subject-once", no_name },
	{ "no person", "subject-profile", no_person }, { "no agency", "subject-profile", no_agency }, { "issuer without mark", "tier-mark", mark, "issuer" },
	{ "RSA 1024", "key-strength", weak_key }, { "Ed25519", "key-strength", edwards_key }, { "another key", "key-same", other_key },
	{ "the issuer's key", "key-issuer", issuers_key }, { "extension twice", "extension-once", ext_twice, "key-usage key-ids" }, { "an authority", "basic-constraints", ca_true },
	{ "constraints not critical", "basic-constraints", constraints_plain }, { "usage not critical", "key-usage", usage_plain },
	{ "usage too wide", "key-usage", usage_more }, { "a usage more", "extended-usage", eku_extra }, { "signs and logs in", "usage-apart", mixed, "extended-usage" },
	{ "a path as long as the issuer's", "path-nested", path_as_long }, { "a path without end", "path-nested", path_unlimited },
	{ "no subject key id", "key-ids", no_ski }, { "no authority key id", "key-ids", no_aki }, { "no policy", "policy", no_policy },
	{ "policy of another tier", "policy", other_tier }, { "no CRL point", "crl-point", no_crl }, { "another CRL point", "crl-point", other_crl },
	{ "no OCSP address", "status-address", no_status }, { "another OCSP address", "status-address", other_status },
	{ "the issuer's address", "status-address", status_of_issuer }, { "two addresses", "status-address", two_statuses },
	{ "a critical address", "status-address", status_critical }, { "an address that the profile has not", "status-address", status_unasked },
	{ "no-check", "ocsp-nocheck", nocheck }, { "a host name", "alt-name", host_unasked },
	{ "an official's mailbox", "alt-name", mail_unasked, "mailbox" }, { "an official's address", "alt-name", uri_unasked },
	{ "a mailbox in the subject", "subject-mail", mail_in_subject }, { "a mail subject with it", "subject-mail", mail_in_subject, NULL, "mail" },
	{ "no mailbox", "alt-name", no_mailbox, NULL, "mail" }, { "two mailboxes", "alt-name", two_mailboxes, NULL, "mail" },
	{ "another's mailbox", "alt-name", another_mailbox, NULL, "mail" }, { "a mailbox and a host", "alt-name", mailbox_and_host, NULL, "mail" },
	{ "a host for a mailbox", "alt-name", host_for_mailbox, NULL, "mail" }, { "a critical mailbox", "alt-name", mailbox_critical, NULL, "mail" },
	{ "a foreign mailbox", "mailbox", foreign_mailbox, NULL, "mail" }, { "a domain below", "mailbox", mailbox_below, NULL, "mail" },
	{ "a domain in capitals", "mailbox", capital_domain, NULL, "mail" }, { "two @", "mailbox", two_ats, NULL, "mail" },
	{ "no local part", "mailbox", no_local_part, NULL, "mail" }, { "a space in a mailbox", "mailbox", spaced_mailbox, NULL, "mail" },
	{ "a mailbox with diacritics", "mailbox", diacritics, NULL, "mail" }, { "mail that logs in", "extended-usage", mail_logs_in, NULL, "mail" },
	{ "mail and more", "extended-usage", mail_and_more, NULL, "mail" }, { "mail for anything", "extended-usage", mail_any_usage, NULL, "mail" },
	{ "mail without a purpose", "extended-usage", mail_without_usage, NULL, "mail" }, { "mail that commits", "key-usage", mail_commits, NULL, "mail" },
	{ "mail that agrees on keys", "key-usage", mail_agrees, NULL, "mail" }, { "mail of nobody", "subject-profile", mail_of_nobody, NULL, "mail" },
	{ "a server without a name", "alt-name", no_host, NULL, "server" }, { "another host", "alt-name", another_host, NULL, "server" },
	{ "two hosts", "alt-name", two_hosts, NULL, "server" }, { "an address for a host", "alt-name", address_for_host, NULL, "server" },
	{ "a mailbox for a host", "alt-name", mailbox_for_host, "mailbox", "server" },
	{ "a QR seal, not critical", "extended-usage", qr_plain, NULL, "qr-seal" }, { "a QR seal for anything", "extended-usage", qr_without, NULL, "qr-seal" },
	{ "a QR seal for mail", "extended-usage", qr_mails, NULL, "qr-seal" }, { "a QR seal and code", "extended-usage", qr_and_more, NULL, "qr-seal" },
	{ "a QR seal that commits", "key-usage", qr_commits, NULL, "qr-seal" }, { "a person's QR seal", "subject-profile", qr_of_a_person, NULL, "qr-seal" },
	{ "a QR seal's mailbox", "alt-name", qr_has_mailbox, "mailbox", "qr-seal" },
};

static const struct lint *
lint_named(const char *id)
{
	for (size_t i = 0; lint_nth(i) != NULL; i++)
		if (strcmp(lint_nth(i)->id, id) == 0)
			return lint_nth(i);
	return NULL;
}

static void
good_tbs(struct buf *tbs, struct certificate_plan *p, const char *profile)
{
	struct err e;

	plan_for(p, profile, strcmp(profile, "server") == 0 ? HOST : "Trần Văn Ký", leaf_key);
	if (p->profile->mail_domains[0] != '\0')
		strcpy(p->mail, MAILBOX);
	assert_done(certificate_tbs(tbs, p, root, NULL, &e), e);
	assert_done(lint_tbs(buf_span(tbs), p, root, &e), e);
}

/* An issuer whose name lacks the tier's mark; one that allows no authority below
 * it. */
static X509 *
issuer_for(const char *lint)
{
	own(X509) *x = X509_dup(root);
	unsigned char *der = NULL;
	int n;

	if (strcmp(lint, "tier-mark") == 0)
		rename_to(x, NID_commonName, V_ASN1_UTF8STRING, "Gốc");
	else if (strcmp(lint, "path-nested") == 0)
		swap(x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
	else
		return root;
	n = i2d_re_X509_tbs(x, &der);
	X509_free(other_issuer);
	other_issuer = decode(span_of(der, (size_t)n));
	OPENSSL_free(der);
	return other_issuer;
}

/* No other lint finds fault: but for this one the certificate would be signed. */
static void
fires_alone(const char *name, const struct lint *l, const char *also, const struct lint_case *c)
{
	for (size_t i = 0; lint_nth(i) != NULL; i++) {
		const struct lint *other = lint_nth(i);

		assert_case(name, other == l || other->good(c) == !word_in(also != NULL ? also : "", other->id));
	}
}

static void
each_lint_fires(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct lint *l = lint_named(rows[i].lint);
		own_struct(buf) tbs = buf_new(8192);
		own(X509) *x = NULL;
		own(X509) *again = NULL;
		unsigned char *der = NULL;
		struct certificate_plan p;
		struct lint_case c = { .issuer = issuer_for(rows[i].lint), .plan = &p };
		struct err e;
		int n;

		assert_case(rows[i].name, l != NULL);
		good_tbs(&tbs, &p, rows[i].profile != NULL ? rows[i].profile : "official");
		x = decode(buf_span(&tbs));
		rows[i].spoil(x, &p);
		n = i2d_re_X509_tbs(x, &der);
		assert_true(n > 0);
		c.tbs = span_of(der, (size_t)n);
		c.cert = again = decode(c.tbs);
		X509_check_purpose(again, -1, 0);
		assert_case(rows[i].name, !l->good(&c));
		fires_alone(rows[i].name, l, rows[i].also, &c);
		assert_case(rows[i].name, !lint_tbs(c.tbs, &p, c.issuer, &e));
		OPENSSL_free(der);
	}
	X509_free(other_issuer);
}

static void
no_lint_is_without_a_row(void **state)
{
	for (size_t i = 0; lint_nth(i) != NULL; i++) {
		bool found = strcmp(lint_nth(i)->id, "der") == 0;	/* the next test */

		for (size_t k = 0; k < COUNT(rows); k++)
			found |= strcmp(rows[k].lint, lint_nth(i)->id) == 0;
		assert_case(lint_nth(i)->id, found);
	}
}

/* A length of three octets where two do: BER, not DER. */
static void
what_is_not_der_is_not_signed(void **state)
{
	own_struct(buf) tbs = buf_new(8192);
	own_struct(buf) ber = buf_new(8192);
	struct certificate_plan p;
	struct err e;

	good_tbs(&tbs, &p, "official");
	assert_true(tbs.ptr[0] == 0x30 && tbs.ptr[1] == 0x82);
	buf_put(&ber, "\x30\x83\x00", 3);
	buf_put(&ber, tbs.ptr + 2, tbs.len - 2);
	assert_false(lint_tbs(buf_span(&ber), &p, root, &e));
	assert_non_null(strstr(e.text, "lint der"));
	assert_false(lint_tbs(span_of(tbs.ptr, tbs.len - 1), &p, root, &e));
	assert_false(lint_tbs(SPAN_NONE, &p, root, &e));
}

static void
serials_are_of_one_form(void **state)
{
	struct serial a, b;
	struct err e;

	for (int i = 0; i < 1000; i++) {
		assert_done(serial_draw(&a, &e) && serial_draw(&b, &e), e);
		assert_true(serial_well_formed(&a) && memcmp(&a, &b, sizeof(a)) != 0);
	}
	a.octet[0] = 0x3f;
	assert_false(serial_well_formed(&a));
	a.octet[0] = 0x80;
	assert_false(serial_well_formed(&a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_lint_fires),
		cmocka_unit_test(no_lint_is_without_a_row),
		cmocka_unit_test(what_is_not_der_is_not_signed),
		cmocka_unit_test(serials_are_of_one_form),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
