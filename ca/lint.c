#include "ca/lint.h"

#include "base/clock.h"
#include "base/text.h"
#include "ca/der.h"

#include <openssl/err.h>

#define COMMON_NAME_MAX 64	/* RFC 5280 A.1: ub-common-name and its like, in characters */
#define CERTIFICATE_KEY_MAX 4096

static bool
version_3(const struct lint_case *c)
{
	return X509_get_version(c->cert) == X509_VERSION_3;
}

static bool
serial_form(const struct lint_case *c)
{
	const ASN1_INTEGER *n = X509_get0_serialNumber(c->cert);
	struct serial s;

	if (ASN1_STRING_type(n) != V_ASN1_INTEGER || ASN1_STRING_length(n) != SERIAL_LEN)
		return false;
	memcpy(s.octet, ASN1_STRING_get0_data(n), SERIAL_LEN);
	return serial_well_formed(&s) && memcmp(s.octet, c->plan->serial.octet, SERIAL_LEN) == 0;
}

static bool
signature_algorithm(const struct lint_case *c)
{
	return OBJ_obj2nid(X509_get0_tbs_sigalg(c->cert)->algorithm) == NID_ecdsa_with_SHA256;
}

static struct span
name_der(X509_NAME *n)
{
	const unsigned char *p;
	size_t len;

	promise(X509_NAME_get0_der(n, &p, &len) == 1);
	return span_of(p, len);
}

static bool
issuer_bytes(const struct lint_case *c)
{
	X509 *issuer = c->issuer == NULL ? c->cert : c->issuer;

	return span_eq(name_der(X509_get_issuer_name(c->cert)), name_der(X509_get_subject_name(issuer)));
}

static bool
dates_order(const struct lint_case *c)
{
	int64_t from = asn1_time_secs(X509_get0_notBefore(c->cert)), to = asn1_time_secs(X509_get0_notAfter(c->cert));

	return from != INT64_MIN && to != INT64_MIN && from < to && from == c->plan->not_before && to == c->plan->not_after;
}

static bool
dates_inside(const struct lint_case *c)
{
	if (c->issuer == NULL)
		return true;
	return c->plan->not_before >= asn1_time_secs(X509_get0_notBefore(c->issuer)) &&
	    c->plan->not_after <= asn1_time_secs(X509_get0_notAfter(c->issuer));
}

static bool
dates_life(const struct lint_case *c)
{
	return c->plan->not_after - c->plan->not_before <= c->plan->profile->years * 366 * DAY_SECS + BACKDATE_SECS;
}

/* RFC 5280 4.1.2.5: UTCTime through 2049, then GeneralizedTime. */
static bool
dates_type(const struct lint_case *c)
{
	const ASN1_TIME *t[] = { X509_get0_notBefore(c->cert), X509_get0_notAfter(c->cert) };

	for (size_t i = 0; i < 2; i++) {
		int want = year_of_day((int32_t)(asn1_time_secs(t[i]) / DAY_SECS)) < 2050 ? V_ASN1_UTCTIME : V_ASN1_GENERALIZEDTIME;

		if (ASN1_STRING_type(t[i]) != want)
			return false;
	}
	return true;
}

/* 1: all values fine; asked of every attribute of the subject. */
static bool
each_attr(const struct lint_case *c, bool (*good)(int nid, const ASN1_STRING *))
{
	X509_NAME *n = X509_get_subject_name(c->cert);

	for (int i = 0; i < X509_NAME_entry_count(n); i++) {
		X509_NAME_ENTRY *a = X509_NAME_get_entry(n, i);

		if (!good(OBJ_obj2nid(X509_NAME_ENTRY_get_object(a)), X509_NAME_ENTRY_get_data(a)))
			return false;
	}
	return true;
}

static bool
attr_type_good(int nid, const ASN1_STRING *s)
{
	bool printable = nid == NID_countryName || nid == NID_serialNumber;

	return ASN1_STRING_type(s) == (printable ? V_ASN1_PRINTABLESTRING : V_ASN1_UTF8STRING);
}

static bool
string_types(const struct lint_case *c)
{
	return each_attr(c, attr_type_good);
}

static struct span
string_span(const ASN1_STRING *s)
{
	return span_of(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

static bool
attr_text_good(int nid, const ASN1_STRING *s)
{
	struct err e;
	struct span t = string_span(s);

	return t.len > 0 && utf8_check(t, &e) && text_is_nfc(t) && text_check(t, false, &e) && !text_has_other_space(t) &&
	    t.ptr[0] != ' ' && t.ptr[t.len - 1] != ' ';
}

static bool
string_text(const struct lint_case *c)
{
	return each_attr(c, attr_text_good);
}

static bool
attr_length_good(int nid, const ASN1_STRING *s)
{
	if (nid == NID_countryName)
		return ASN1_STRING_length(s) == 2;
	if (nid == NID_organizationIdentifier)
		return true;			/* X.520: unbounded */
	return utf8_count(string_span(s)) <= COMMON_NAME_MAX;
}

static bool
string_lengths(const struct lint_case *c)
{
	return each_attr(c, attr_length_good);
}

static bool
attr_printable_good(int nid, const ASN1_STRING *s)
{
	if (ASN1_STRING_type(s) != V_ASN1_PRINTABLESTRING)
		return true;
	return ASN1_PRINTABLE_type(ASN1_STRING_get0_data(s), ASN1_STRING_length(s)) == V_ASN1_PRINTABLESTRING;
}

static bool
string_printable(const struct lint_case *c)
{
	return each_attr(c, attr_printable_good);
}

static bool
subject_once(const struct lint_case *c)
{
	X509_NAME *n = X509_get_subject_name(c->cert);

	for (int i = 0; i < X509_NAME_entry_count(n); i++) {
		X509_NAME_ENTRY *a = X509_NAME_get_entry(n, i);

		if (X509_NAME_get_index_by_OBJ(n, X509_NAME_ENTRY_get_object(a), i) >= 0 ||
		    (i > 0 && X509_NAME_ENTRY_set(a) == X509_NAME_ENTRY_set(X509_NAME_get_entry(n, i - 1))))
			return false;
	}
	return X509_NAME_get_index_by_NID(n, NID_commonName, -1) >= 0 && X509_NAME_get_index_by_NID(n, NID_countryName, -1) == 0;
}

static bool
has(const struct lint_case *c, int nid)
{
	return X509_NAME_get_index_by_NID(X509_get_subject_name(c->cert), nid, -1) >= 0;
}

static bool
subject_profile(const struct lint_case *c)
{
	const struct profile *f = c->plan->profile;

	if (has(c, NID_serialNumber) != f->person || has(c, NID_title) != f->person)
		return false;
	return has(c, NID_organizationIdentifier) && has(c, NID_organizationName);
}

/* The mark of a tier stands in the names of its authorities, and of no other's. */
static bool
tier_mark(const struct lint_case *c)
{
	const char *mark = c->plan->tier->mark;
	X509 *authority = c->plan->profile->ca ? c->cert : c->issuer;
	own_struct(buf) name = buf_new(1024);
	struct err e;

	if (mark == NULL || mark[0] == '\0')
		return true;
	return name_attr(&name, X509_get_subject_name(authority), NID_commonName, &e) && strstr(buf_str(&name), mark) != NULL;
}

static bool
key_strength(const struct lint_case *c)
{
	own_struct(buf) spki = buf_new(CERTIFICATE_KEY_MAX);
	own(EVP_PKEY) *key = NULL;
	struct err e;

	cert_spki(&spki, c->cert);
	return ec_spki_good(buf_span(&spki)) ||		/* 256 bits or more */
	    (pubkey_from_spki(&key, buf_span(&spki), &e) && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) >= 2048);
}

static bool
key_same(const struct lint_case *c)
{
	unsigned char id[KEY_ID_LEN];

	key_id_of_cert(id, c->cert);
	return memcmp(id, c->plan->key_id, KEY_ID_LEN) == 0;
}

/* An authority's own key certifies no one else. */
static bool
key_not_issuers(const struct lint_case *c)
{
	unsigned char id[KEY_ID_LEN];

	if (c->issuer == NULL)
		return true;
	key_id_of_cert(id, c->issuer);
	return memcmp(id, c->plan->key_id, KEY_ID_LEN) != 0;
}

static bool
extension_once(const struct lint_case *c)
{
	for (int i = 0; i < X509_get_ext_count(c->cert); i++)
		if (X509_get_ext_by_OBJ(c->cert, X509_EXTENSION_get_object(X509_get_ext(c->cert, i)), i) >= 0)
			return false;
	return true;
}

static bool
critical(const struct lint_case *c, int nid)
{
	int at = X509_get_ext_by_NID(c->cert, nid, -1);

	return at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(c->cert, at)) == 1;
}

static bool
present_plain(const struct lint_case *c, int nid)
{
	return X509_get_ext_by_NID(c->cert, nid, -1) >= 0 && !critical(c, nid);
}

static bool
basic_constraints(const struct lint_case *c)
{
	const struct profile *f = c->plan->profile;
	bool ca = (X509_get_extension_flags(c->cert) & EXFLAG_CA) != 0;

	return critical(c, NID_basic_constraints) && ca == f->ca &&
	    X509_get_pathlen(c->cert) == (f->ca ? f->path_length : -1);
}

/* An issuer of path length n has below it no CA that is not of a shorter one. */
static bool
path_nested(const struct lint_case *c)
{
	long above = c->issuer == NULL ? -1 : X509_get_pathlen(c->issuer), here = X509_get_pathlen(c->cert);

	return above < 0 || (X509_get_extension_flags(c->cert) & EXFLAG_CA) == 0 || (here >= 0 && here < above);
}

static const struct { const char *word; unsigned bit; } usages[] = {
	{ "digitalSignature", KU_DIGITAL_SIGNATURE }, { "nonRepudiation", KU_NON_REPUDIATION },
	{ "keyCertSign", KU_KEY_CERT_SIGN }, { "cRLSign", KU_CRL_SIGN },
	{ "keyEncipherment", KU_KEY_ENCIPHERMENT }, { "keyAgreement", KU_KEY_AGREEMENT },
};

static bool
key_usage(const struct lint_case *c)
{
	unsigned want = 0;

	for (size_t i = 0; i < sizeof(usages) / sizeof(usages[0]); i++)
		if (word_in(c->plan->profile->key_usage, usages[i].word))
			want |= usages[i].bit;
	return critical(c, NID_key_usage) && want != 0 && X509_get_key_usage(c->cert) == want;
}

static bool
extended_usage(const struct lint_case *c)
{
	const char *eku = c->plan->profile->eku;
	EXTENDED_KEY_USAGE *all = X509_get_ext_d2i(c->cert, NID_ext_key_usage, NULL, NULL);
	bool good = eku[0] == '\0' ? all == NULL : sk_ASN1_OBJECT_num(all) == 1 &&
	    oid_is(sk_ASN1_OBJECT_value(all, 0), eku) &&
	    critical(c, NID_ext_key_usage) == c->plan->profile->eku_critical;

	EXTENDED_KEY_USAGE_free(all);
	ERR_clear_error();
	return good;
}

static bool
signing_or_identity(const struct lint_case *c)
{
	const struct profile *f = c->plan->profile;

	return !word_in(f->key_usage, "nonRepudiation") || f->eku[0] == '\0';
}

static bool
key_identifiers(const struct lint_case *c)
{
	X509 *issuer = c->issuer == NULL ? c->cert : c->issuer;
	const ASN1_OCTET_STRING *aki = X509_get0_authority_key_id(c->cert), *ski = X509_get0_subject_key_id(issuer);

	return present_plain(c, NID_subject_key_identifier) && present_plain(c, NID_authority_key_identifier) &&
	    aki != NULL && ski != NULL && ASN1_OCTET_STRING_cmp(aki, ski) == 0;
}

static bool
policy_oid(const struct lint_case *c)
{
	CERTIFICATEPOLICIES *all;
	char oid[128] = "";
	int n;

	if (c->issuer == NULL)
		return true;
	all = X509_get_ext_d2i(c->cert, NID_certificate_policies, NULL, NULL);
	n = sk_POLICYINFO_num(all);
	if (n == 1)
		OBJ_obj2txt(oid, sizeof(oid), sk_POLICYINFO_value(all, 0)->policyid, 1);
	CERTIFICATEPOLICIES_free(all);
	ERR_clear_error();
	return n == 1 && strcmp(oid, c->plan->policy) == 0;
}

static bool
crl_point(const struct lint_case *c)
{
	STACK_OF(DIST_POINT) *all;
	GENERAL_NAME *g;
	bool good = false;

	if (c->issuer == NULL)
		return true;
	all = X509_get_ext_d2i(c->cert, NID_crl_distribution_points, NULL, NULL);
	if (sk_DIST_POINT_num(all) == 1 && sk_DIST_POINT_value(all, 0)->distpoint != NULL &&
	    sk_DIST_POINT_value(all, 0)->distpoint->type == 0 &&
	    sk_GENERAL_NAME_num(sk_DIST_POINT_value(all, 0)->distpoint->name.fullname) == 1) {
		g = sk_GENERAL_NAME_value(sk_DIST_POINT_value(all, 0)->distpoint->name.fullname, 0);
		good = g->type == GEN_URI && span_eq_str(string_span(g->d.uniformResourceIdentifier), c->plan->crl_url) &&
		    strncmp(c->plan->crl_url, "http", 4) == 0;
	}
	sk_DIST_POINT_pop_free(all, DIST_POINT_free);
	ERR_clear_error();
	return good;
}

/* RFC 5280 4.2.2.1: one access description, of the responder. */
static bool
status_address(const struct lint_case *c)
{
	AUTHORITY_INFO_ACCESS *all;
	const ACCESS_DESCRIPTION *one;
	bool good = false;

	if (!c->plan->profile->ocsp)
		return X509_get_ext_by_NID(c->cert, NID_info_access, -1) < 0;
	all = X509_get_ext_d2i(c->cert, NID_info_access, NULL, NULL);
	if (sk_ACCESS_DESCRIPTION_num(all) == 1) {
		one = sk_ACCESS_DESCRIPTION_value(all, 0);
		good = OBJ_obj2nid(one->method) == NID_ad_OCSP && one->location->type == GEN_URI &&
		    span_eq_str(string_span(one->location->d.uniformResourceIdentifier), c->plan->ocsp_url) &&
		    strncmp(c->plan->ocsp_url, "http", 4) == 0 && present_plain(c, NID_info_access);
	}
	AUTHORITY_INFO_ACCESS_free(all);
	ERR_clear_error();
	return good;
}

static bool
ocsp_nocheck(const struct lint_case *c)
{
	bool want = word_in(c->plan->profile->eku, "OCSPSigning");

	return (X509_get_ext_by_NID(c->cert, NID_id_pkix_OCSP_noCheck, -1) >= 0) == want;
}

static bool
says_host(const GENERAL_NAME *n, const struct certificate_plan *p)
{
	own(ASN1_OCTET_STRING) *address = a2i_IPADDRESS(p->name);

	ERR_clear_error();
	if (address != NULL)
		return n->type == GEN_IPADD && ASN1_OCTET_STRING_cmp(n->d.iPAddress, address) == 0;
	return n->type == GEN_DNS && span_eq_str(string_span(n->d.dNSName), p->name);
}

static bool
says_mailbox(const GENERAL_NAME *n, const struct certificate_plan *p)
{
	return n->type == GEN_EMAIL && p->mail[0] != '\0' && span_eq_str(string_span(n->d.rfc822Name), p->mail);
}

/* What a subject alternative name says, by the extended key usage; others have none. */
static const struct { const char *usage; bool (*says)(const GENERAL_NAME *, const struct certificate_plan *); } alt_names[] = {
	{ "serverAuth", says_host }, { "emailProtection", says_mailbox },
};

static bool
alt_name(const struct lint_case *c)
{
	const char *eku = c->plan->profile->eku;
	bool (*says)(const GENERAL_NAME *, const struct certificate_plan *) = NULL;
	GENERAL_NAMES *all;
	bool good;

	for (size_t i = 0; i < sizeof(alt_names) / sizeof(alt_names[0]); i++)
		if (strcmp(alt_names[i].usage, eku) == 0)
			says = alt_names[i].says;
	if (says == NULL)
		return X509_get_ext_by_NID(c->cert, NID_subject_alt_name, -1) < 0;
	all = X509_get_ext_d2i(c->cert, NID_subject_alt_name, NULL, NULL);
	good = sk_GENERAL_NAME_num(all) == 1 && says(sk_GENERAL_NAME_value(all, 0), c->plan) && present_plain(c, NID_subject_alt_name);
	GENERAL_NAMES_free(all);
	ERR_clear_error();
	return good;
}

/* Of what every mailbox in the certificate says, whichever profile: one @, graphic
 * ASCII, a domain that the profile names. */
static bool
mailbox_good(const ASN1_IA5STRING *s, const char *domains)
{
	own_str char *text = span_dup_str(string_span(s));
	const char *at = strchr(text, '@');

	for (const char *t = text; *t != '\0'; t++)
		if (*t <= ' ' || *t > '~')
			return false;
	return strlen(text) == string_span(s).len && at != NULL && at > text && strchr(at + 1, '@') == NULL && word_in(domains, at + 1);
}

static bool
mailbox(const struct lint_case *c)
{
	GENERAL_NAMES *all = X509_get_ext_d2i(c->cert, NID_subject_alt_name, NULL, NULL);
	bool good = true;

	for (int i = 0; i < sk_GENERAL_NAME_num(all); i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(all, i);

		good &= n->type != GEN_EMAIL || mailbox_good(n->d.rfc822Name, c->plan->profile->mail_domains);
	}
	GENERAL_NAMES_free(all);
	ERR_clear_error();
	return good;
}

static bool
subject_mail(const struct lint_case *c)
{
	return !has(c, NID_pkcs9_emailAddress);
}

static bool
der_same(const struct lint_case *c)
{
	unsigned char *again = NULL;
	int n = i2d_re_X509_tbs(c->cert, &again);
	bool good = n > 0 && span_eq(span_of(again, (size_t)n), c->tbs);

	OPENSSL_free(again);
	return good;
}

static const struct lint lints[] = {
	{ "version", "RFC 5280 4.1.2.1", "the version is 3", version_3 },
	{ "serial", "RFC 5280 4.1.2.2", "the serial number is the one drawn: 20 octets, positive, 0x40 to 0x7f first", serial_form },
	{ "signature", "RFC 5758 3.2", "the signature algorithm is ecdsa-with-SHA256", signature_algorithm },
	{ "issuer", "RFC 5280 4.1.2.4", "the issuer is the authority's subject, byte for byte", issuer_bytes },
	{ "dates", "RFC 5280 4.1.2.5", "the dates are those planned, and in order", dates_order },
	{ "dates-type", "RFC 5280 4.1.2.5", "dates through 2049 are UTCTime, later ones GeneralizedTime", dates_type },
	{ "dates-inside", "Antin FORMATS 5", "the validity lies inside the issuer's", dates_inside },
	{ "life", "Antin policy/profiles", "the validity is not longer than the profile's", dates_life },
	{ "string-type", "RFC 5280 4.1.2.4", "names are UTF8String; country and serialNumber PrintableString", string_types },
	{ "string-text", "Antin base/text.h", "names are NFC text without deceiving characters or outer spaces", string_text },
	{ "string-length", "RFC 5280 A.1", "a name has at most 64 characters, a country two", string_lengths },
	{ "string-printable", "X.680 41.4", "a PrintableString holds only its own characters", string_printable },
	{ "subject-once", "X.501 9.3", "each attribute once, one a set, the country first, a common name", subject_once },
	{ "subject-profile", "Antin FORMATS 5", "the subject names what the profile asks: agency; person and title for people only", subject_profile },
	{ "tier-mark", "Antin policy/tiers.xml", "the authority's name bears the mark of its tier", tier_mark },
	{ "key-strength", "ETSI TS 119 312", "the key is RSA of 2048 bits or EC of 256 bits, or more", key_strength },
	{ "key-same", "RFC 2986 3", "the key is the one whose possession was proven", key_same },
	{ "key-issuer", "Antin ca/lint.h", "the key is not the authority's own", key_not_issuers },
	{ "extension-once", "RFC 5280 4.2", "no extension stands twice", extension_once },
	{ "basic-constraints", "RFC 5280 4.2.1.9", "basic constraints are critical and the profile's", basic_constraints },
	{ "path-nested", "RFC 5280 4.2.1.9", "an authority's path length is below its issuer's", path_nested },
	{ "key-usage", "RFC 5280 4.2.1.3", "the key usage is critical and the profile's", key_usage },
	{ "extended-usage", "RFC 5280 4.2.1.12", "the extended key usage is the profile's, at most one", extended_usage },
	{ "usage-apart", "ETSI EN 319 412-2 4.3.2", "a key that commits a person serves no protocol", signing_or_identity },
	{ "key-ids", "RFC 5280 4.2.1.1, 4.2.1.2", "both key identifiers are there, and the authority's is the issuer's", key_identifiers },
	{ "policy", "RFC 5280 4.2.1.4", "the one certificate policy is the tier's", policy_oid },
	{ "crl-point", "RFC 5280 4.2.1.13", "the one CRL distribution point is the shard's URL", crl_point },
	{ "status-address", "RFC 5280 4.2.2.1", "the one authority information access is the OCSP address, where the profile names it", status_address },
	{ "ocsp-nocheck", "RFC 6960 4.2.2.2.1", "OCSP no-check stands in a responder's certificate and no other", ocsp_nocheck },
	{ "alt-name", "RFC 5280 4.2.1.6", "one subject alternative name: the host of a server, the mailbox of a mail certificate; others have none", alt_name },
	{ "mailbox", "RFC 5280 4.2.1.6", "a mailbox is ASCII, Local-part@Domain, its domain one of the profile's", mailbox },
	{ "subject-mail", "RFC 5280 4.1.2.6", "no mailbox stands in the subject", subject_mail },
	{ "der", "RFC 5280 4.1", "the octets are the one DER of what they say", der_same },
};

const struct lint *
lint_nth(size_t i)
{
	return i < sizeof(lints) / sizeof(lints[0]) ? &lints[i] : NULL;
}

bool
lint_tbs(struct span tbs, const struct certificate_plan *p, X509 *issuer, struct err *e)
{
	own_struct(buf) whole = buf_new(1 << 16);
	own(X509) *cert = NULL;
	struct lint_case c = { .issuer = issuer, .plan = p, .tbs = tbs };

	if (!signed_wrap_unsigned(&whole, tbs, e) || !cert_shell_from_der(&cert, buf_span(&whole), e))
		return fail_in(e, "the certificate to be signed");
	if (X509_check_purpose(cert, -1, 0) != 1)
		return fail_ossl(e, ERR_BUG, "the certificate to be signed has extensions that cannot be read");
	c.cert = cert;
	for (const struct lint *l = lints; l < lints + sizeof(lints) / sizeof(lints[0]); l++)
		if (!l->good(&c))
			return fail(e, ERR_POLICY, "not signed, lint %s (%s): not so: %s", l->id, l->clause, l->says);
	return true;
}
