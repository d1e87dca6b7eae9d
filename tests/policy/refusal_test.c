/* Every policy that must not load, and the sentence with which it does not. */
#include "tests/base/test.h"

#include "base/file.h"
#include "policy/policy.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#define POLICY SOURCE_DIR "/policy"

static char folder[] = "/tmp/antin-policy-XXXXXX";

static int
copy_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	own_str char *to = xprintf("%s%s", folder, path + strlen(POLICY));
	own_struct(buf) text = buf_new(1 << 20);
	struct err e;

	if (kind == FTW_D)
		return mkdir(to, 0700) != 0 && ftw->level > 0;
	if (strstr(path, ".xml") == NULL && strstr(path, ".rng") == NULL)
		return 0;
	return !file_read(&text, path, &e) || !file_write(to, buf_span(&text), 0600, &e);
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	return remove(path);
}

/* The policy as it is takes time stamps of nobody else. */
static bool
other_authorities(void)
{
	own_str char *to = xprintf("%s/timestamps.xml", folder);
	own_struct(buf) text = buf_new(1 << 20);
	struct err e;

	return file_read(&text, TEST_DATA "/timestamps.xml", &e) && file_write(to, buf_span(&text), 0600, &e);
}

static int
setup(void **state)
{
	return mkdtemp(folder) == NULL || nftw(POLICY, copy_one, 8, FTW_PHYS) != 0 || !other_authorities();
}

static int
teardown(void **state)
{
	return nftw(folder, remove_one, 8, FTW_PHYS | FTW_DEPTH);
}

/* The file with the first `from` replaced; NULL when there is none. */
static char *
replaced(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	return at == NULL ? NULL : xprintf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

static const struct { const char *name, *file, *from, *to, *says; } cases[] = {
	{ "two time-stamping authorities of one name", "timestamps.xml", "id=\"thu-hai\"", "id=\"thu-mot\"", "stands twice" },
	{ "a time-stamping authority without a name", "timestamps.xml", "id=\"thu-hai\"", "id=\"\"", "timestamps.xml, line" },
	{ "a time-stamping policy that is no OID", "timestamps.xml", "2.999.7.3", "2.999.", "timestamps.xml, line" },
	{ "every time-stamping policy", "timestamps.xml", "2.999.7.3", "*", "timestamps.xml, line" },
	{ "no time-stamping policy", "timestamps.xml", "policies=\"2.999.7.3\"", "policies=\"\"", "timestamps.xml, line" },
	{ "a time-stamping authority without a first day", "timestamps.xml", "policies=\"2.999.7.3\" from=\"2026-01-01\"", "policies=\"2.999.7.3\"", "timestamps.xml, line" },
	{ "one that ends before it begins", "timestamps.xml", "to=\"2029-12-31\"", "to=\"2019-12-31\"", "ends before it begins" },
	{ "a last day that is none", "timestamps.xml", "to=\"2029-12-31\"", "to=\"2029-13-31\"", "to is no date" },
	{ "a first day that is none", "timestamps.xml", "from=\"2020-01-01\"", "from=\"soon\"", "from is no date" },
	{ "a second anchor", "timestamps.xml", "<certificate>", "<anchor>MA==</anchor><certificate>", "timestamps.xml, line" },
	{ "no anchor", "timestamps.xml", "<anchor>MII", "<certificate>MII", "timestamps.xml" },
	{ "an anchor of nothing", "timestamps.xml", "<anchor>MIIB", "<anchor></anchor><!--", "timestamps.xml" },
	{ "an anchor that is no base64", "timestamps.xml", "<anchor>MIIB", "<anchor>M*IB", "timestamps.xml" },
	{ "an anchor that is no certificate", "timestamps.xml", "<anchor>MIIB", "<anchor>MIIC", "not a certificate" },
	{ "an anchor that is no authority's", "timestamps.xml", "<anchor>MIIB", "<anchor>MIIBSjCB8aADAgECAhQFNFCqm9RKrbgk+HEkFkmO5yg9lDAKBggqhkjOPQQDAjAMMQowCAYDVQQDDAFMMCAXDTI2MTEyNzIxMDYyNFoYDzIwODEwODMwMjEwNjI0WjAMMQowCAYDVQQDDAFMMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEd53TU9VgIeSqNRzESg4igXDpr061N7upgmBcNStQ+1cTaPEnKv09o/izJT6e4Bcj+p0wrtAK2yzatmHSqhA19qMvMC0wDAYDVR0TAQH/BAIwADAdBgNVHQ4EFgQUMquQiz2KVAbIpK4SDJVbu0txNGowCgYIKoZIzj0EAwIDSAAwRQIhANT56w44DTyl4WWsYdrlPqyPiE4sO0y9DyPDKi3+m56oAiBeND3AmqkdYMJF/9ya0sfDLminnOJwmIJX+z9OqqNSFQ==</anchor></authority><authority id=\"x\" vi=\"x\" en=\"x\" policies=\"2.999.7.4\" from=\"2026-01-01\"><anchor>MIIB", "no certification authority's" },
	{ "a time-stamping authority of further words", "timestamps.xml", "id=\"thu-hai\"", "id=\"thu-hai\" url=\"http://127.0.0.1/\"", "timestamps.xml, line" },
	{ "no XML at all", "tiers.xml", "</tiers>", "", "not well-formed" },
	{ "a DTD", "tiers.xml", "<tiers ", "<!DOCTYPE tiers [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><tiers ", "DOCTYPE" },
	{ "an element the grammar lacks", "agencies.xml", "</agencies>", "<town/></agencies>", "agencies.xml, line" },
	{ "an attribute the grammar lacks", "agencies.xml", "telephone=", "telex=", "agencies.xml, line" },
	{ "another namespace", "roles.xml", "urn:antin:policy:1", "urn:antin:policy:2", "roles.xml" },
	{ "a grammar that is none", "grammar/kind.rng", "<element name=\"kind\">", "<element>", "is not a RELAX NG grammar" },

	{ "an agency twice", "agencies.xml", "id=\"H99.14\"", "id=\"H99.31.07\"", "the agency H99.31.07 stands twice" },
	{ "an agency that ends before it begins", "agencies.xml", "to=\"2025-06-30\"", "to=\"2019-12-31\"", "ends before it begins" },
	{ "a successor of one that goes on", "agencies.xml", " to=\"2025-06-30\" successor", " successor", "has a successor and no last day" },
	{ "a successor that is none", "agencies.xml", "successor=\"H99.31.07\"", "successor=\"H99.77\"", "the successor H99.77 of the agency H99.21 is not there" },
	{ "a successor that has ended, too", "agencies.xml", "successor=\"H99.31.07\"", "successor=\"H99.22\"", "is not there on the day after" },
	{ "an agency that succeeds itself", "agencies.xml", "successor=\"H99.31.07\"", "successor=\"H99.21\"", "is not there on the day after" },
	{ "an earlier name from before its agency", "agencies.xml", "to=\"2025-02-28\"", "to=\"2019-12-31\"", "ends before it begins" },
	{ "an earlier name that never ended", "agencies.xml", " to=\"2025-02-28\"", "", "agencies.xml, line" },
	{ "a day that is none", "agencies.xml", "2020-01-01", "2020-02-30", "" },
	{ "a kind that nobody signs", "kinds/clinic.xml", "<signer modes=\"- KT. TUQ.\"/>", "", "clinic.xml" },
	{ "a mode that is none", "kinds/clinic.xml", "- KT. TUQ.", "- KT. PT.", "clinic.xml" },
	{ "an officer who ends before beginning", "kinds/clinic.xml", "TUQ.\"/>", "TUQ.\"/><signer modes=\"KT.\" from=\"2027-01-01\" to=\"2026-12-31\"/>", "none who ends before beginning" },
	{ "days on which nobody signs", "kinds/clinic.xml", "<signer modes", "<signer modes=\"KT.\" to=\"2026-12-31\"/><signer from=\"2027-01-02\" modes", "on each day at least one" },
	{ "nobody signs at first", "kinds/clinic.xml", "<signer modes", "<signer from=\"2027-01-02\" modes", "on each day at least one" },
	{ "nobody signs in the end", "kinds/clinic.xml", "<signer modes", "<signer to=\"2027-01-02\" modes", "on each day at least one" },
	{ "nine officers", "kinds/clinic.xml", "TUQ.\"/>", "TUQ.\"/><signer modes=\"-\"/><signer modes=\"-\"/><signer modes=\"-\"/><signer modes=\"-\"/><signer modes=\"-\"/><signer modes=\"-\"/><signer modes=\"-\"/><signer modes=\"-\"/>", "1 to 8 officers" },
	{ "a day of an officer that is none", "kinds/clinic.xml", "<signer modes", "<signer to=\"2027-02-30\" modes", "clinic.xml" },
	{ "an order verb twice", "roles.xml", "id=\"cert.reject\"", "id=\"cert.approve\"", "the verb cert.approve stands twice" },
	{ "an order for a role that is none", "roles.xml", "roles=\"clerk\"", "roles=\"king\"", "names a role that is none" },
	{ "an order for nobody", "roles.xml", "roles=\"approver\"", "roles=\"\"", "names a role that is none" },
	{ "an order that never expires", "roles.xml", "minutes=\"10\"", "minutes=\"0\"", "no life time" },
	{ "an order that nearly never expires", "roles.xml", "minutes=\"10\"", "minutes=\"10081\"", "no life time of 1 to 10080 minutes" },
	{ "an order of more seconds than there are", "roles.xml", "minutes=\"10\"", "minutes=\"307445734561825861\"", "no life time" },
	{ "an order of three people", "roles.xml", "people=\"2\"", "people=\"3\"", "roles.xml" },
	{ "an order of nobody", "roles.xml", "people=\"2\"", "people=\"0\"", "roles.xml" },
	{ "a seal that waits", "roles.xml", "<verb id=\"permit.seal\"", "<verb people=\"2\" id=\"permit.seal\"", "permit.seal is one person's" },
	{ "a consent that waits", "roles.xml", "<verb id=\"order.consent\"", "<verb people=\"2\" id=\"order.consent\"", "order.consent is one person's" },
	{ "an order that expired before it was made", "roles.xml", "minutes=\"10\"", "minutes=\"-5\"", "" },

	{ "two tiers of one name", "tiers.xml", "id=\"city\"", "id=\"demonstration\"", "two tiers" },
	{ "two tiers of one policy OID", "tiers.xml", "policy=\"2.999.1.2\"", "policy=\"2.999.1.1\"", "two tiers" },
	{ "two tiers of one former OID", "tiers.xml", "645.2\"", "645.1\"", "two tiers" },
	{ "a tier of another's former OID", "tiers.xml", "policy=\"2.999.1.2\"", "policy=\"2.25.273849503821049182736450918273645.1\"", "two tiers" },
	{ "a tier whose former OID is another's", "tiers.xml", "2.25.273849503821049182736450918273645.2", "2.999.1.1", "two tiers" },
	{ "a former OID that is none", "tiers.xml", "formerly=\"2.25.", "formerly=\"x.25.", "tiers.xml" },
	{ "a tier whose OID is none", "tiers.xml", "policy=\"2.999.", "policy=\"x.999.", "tiers.xml" },
	{ "a demonstration without its mark", "tiers.xml", "mark=\"THỬ NGHIỆM\"", "", "does not say so" },
	{ "a demonstration without the Vietnamese prefix", "tiers.xml", "prefix-vi=\"BẢN THỬ NGHIỆM – KHÔNG CÓ GIÁ TRỊ PHÁP LÝ\"", "", "does not say so" },
	{ "a demonstration without the English prefix", "tiers.xml", "prefix-en=\"DEMONSTRATION – NO LEGAL VALUE\"", "", "does not say so" },
	{ "a demonstration without the prefix of messages", "tiers.xml", "prefix-sms=\"THU NGHIEM: \"", "", "does not say so" },
	{ "a demonstration made law", "tiers.xml", "legal=\"no\"", "legal=\"yes\"", "has legal value and bears the mark" },
	{ "a legal tier made a demonstration", "tiers.xml", "legal=\"yes\"", "legal=\"no\"", "does not say so" },

	{ "an algorithm twice", "algorithms.xml", "id=\"sha384\"", "id=\"sha256\"", "the algorithm sha256 stands twice" },
	{ "new signatures longer than old ones", "algorithms.xml", "new-until=\"2035-12-31\"", "new-until=\"2061-01-01\"", "accepted longer" },
	{ "a least length that nothing is below", "algorithms.xml", "least-bits=\"256\"", "least-bits=\"-256\"", "below zero" },
	{ "short keys with a URI", "algorithms.xml", "key=\"rsa\"", "key=\"rsa\" uri=\"urn:x\"", "dates keys" },
	{ "short keys of no length", "algorithms.xml", "key=\"rsa\" least-bits=\"1024\"", "key=\"rsa\"", "dates keys" },
	{ "short keys of another kind", "algorithms.xml", "key=\"rsa\"", "key=\"dsa\"", "algorithms.xml" },
	{ "an algorithm for ever", "algorithms.xml", "old-until=\"2060-12-31\"", "", "algorithms.xml" },

	{ "an answer twice", "answers.xml", "id=\"expired\"", "id=\"suspended\"", "the answer suspended stands twice" },
	{ "an answer without French", "answers.xml", "<say lang=\"fr\">", "<say lang=\"de\">", "answers.xml" },
	{ "a row to no answer", "answers.xml", "<when answer=\"busy\"", "<when answer=\"asleep\"", "there is no answer asleep" },
	{ "a verdict that is none", "answers.xml", "verdict=\"failed\"", "verdict=\"maybe\"", "that is none" },
	{ "a sub-indication that is none", "answers.xml", "sub=\"REVOKED\"", "sub=\"REVOKD\"", "that is none" },
	{ "a state that is none", "answers.xml", "in-force=\"void\"", "in-force=\"empty\"", "that is none" },
	{ "a judgement nobody answers", "answers.xml", "<when answer=\"status-unknown\" verdict=\"indeterminate\"/>", "", "no row fits verdict=indeterminate" },
	{ "a passed permit nobody answers", "answers.xml", "<when answer=\"status-unknown\" verdict=\"passed\"/>", "", "no row fits verdict=passed" },
	{ "a broken seal answered in one way only", "answers.xml", "<when answer=\"altered\" verdict=\"failed\"/>", "<when answer=\"altered\" verdict=\"failed\" way=\"qr\"/>", "no row fits verdict=failed" },
	{ "a tier's row for everything", "answers.xml", "<when answer=\"altered\" verdict=\"failed\"/>", "<when answer=\"altered\" verdict=\"failed\" tier=\"city\"/>", "no row fits verdict=failed" },
	{ "an open suspension without words", "answers.xml", "<when answer=\"suspended-open\" verdict=\"passed\" in-force=\"suspended\" case=\"open\"/>", "", "no row fits in-force=suspended way=file case=open" },
	{ "a cancellation alone with words for one way", "answers.xml", "<when answer=\"void-alone\" verdict=\"passed\"", "<when answer=\"void-alone\" way=\"file\" verdict=\"passed\"", "no row fits in-force=void way=code case=alone" },
	{ "a busy service without words", "answers.xml", "<when answer=\"busy\" case=\"busy\"/>", "", "no row fits case=busy" },

	{ "a CA without keyCertSign", "profiles/root.xml", "keyCertSign", "digitalSignature", "RFC 5280" },
	{ "an official who signs certificates", "profiles/official.xml", "nonRepudiation", "keyCertSign", "RFC 5280" },
	{ "a profile of no years", "profiles/tsa.xml", "years=\"5\"", "years=\"0\"", "1 to 30 years" },
	{ "a profile of a century", "profiles/tsa.xml", "years=\"5\"", "years=\"100\"", "1 to 30 years" },
	{ "renewed from its first day on", "profiles/official.xml", "renew-days=\"90\"", "renew-days=\"1000\"", "second half of its life" },
	{ "renewed before the world began", "profiles/official.xml", "renew-days=\"90\"", "renew-days=\"-1\"", "second half of its life" },
	{ "a CA that an order renews", "profiles/issuing.xml", "ca=\"yes\"", "ca=\"yes\" renew-days=\"90\"", "a ceremony's to renew" },
	{ "mail without domains", "profiles/mail.xml", "mail-domains=\"hoagiang.example\"", "", "names its mail-domains" },
	{ "mail domains of one who signs permits", "profiles/official.xml", "subject=\"person\"", "mail-domains=\"hoagiang.example\" subject=\"person\"", "names its mail-domains" },
	{ "mail in capitals", "profiles/mail.xml", "hoagiang.example", "Hoagiang.example", "small letters" },
	{ "mail anywhere", "profiles/mail.xml", "hoagiang.example", "*", "small letters" },
	{ "mail of a whole country", "profiles/mail.xml", "hoagiang.example", "example", "small letters" },
	{ "nobody's mail", "profiles/mail.xml", "person=\"yes\"", "person=\"no\"", "a person's" },
	{ "two profiles of one name", "profiles/tsa.xml", "id=\"tsa\"", "id=\"ocsp\"", "is called ocsp.xml" },

	{ "a kind's id in capitals", "kinds/construction.xml", "id=\"construction\"", "id=\"Construction\"", "construction.xml, line" },
	{ "two kinds of one id", "kinds/investment.xml", "id=\"investment\"", "id=\"enterprise\"", "is called enterprise.xml" },
	{ "two kinds of one loai", "kinds/investment.xml", "loai=\"GCN_DANG_KY_DAU_TU\"", "loai=\"GIAY_PHEP_XAY_DUNG\"", "two kinds with one loai" },
	{ "an unknown mode of signing", "kinds/construction.xml", "modes=\"- KT.", "modes=\"- PP.", "construction.xml, line" },
	{ "a kind nobody may sign", "kinds/construction.xml", "modes=\"- KT. TM. TL. TUQ.\"", "modes=\"\"", "construction.xml, line" },
	{ "an unknown numbering", "kinds/construction.xml", "by=\"book\"", "by=\"luck\"", "construction.xml, line" },
	{ "a pattern without a number", "kinds/construction.xml", "{n}/GPXD", "GPXD", "has no {n}" },
	{ "a pattern not closed", "kinds/construction.xml", "{n}/GPXD{agency}", "{n/GPXD", "has no {n}" },
	{ "another word in the braces", "kinds/construction.xml", "{n}/GPXD", "{number}/GPXD", "has no {n}" },
	{ "a number of no digits", "kinds/practitioner.xml", "{n:6}", "{n:0}", "width is 1 to 9" },
	{ "a number of ten digits", "kinds/practitioner.xml", "{n:6}", "{n:10}", "width is 1 to 9" },
	{ "a book with a shape", "kinds/construction.xml", "by=\"book\"", "by=\"book\" shape=\"999\"", "and only that, has a shape" },
	{ "a given number without a shape", "kinds/land-use.xml", "shape=\"AA 99999999\"", "", "and only that, has a shape" },
	{ "a field twice", "kinds/land-use.xml", "name=\"to_ban_do\"", "name=\"so_thua\"", "the field so_thua stands twice" },
	{ "a field's name with a space", "kinds/land-use.xml", "name=\"to_ban_do\"", "name=\"to ban do\"", "land-use.xml, line" },
	{ "a field without English", "kinds/land-use.xml", "en=\"Map sheet\"", "", "land-use.xml, line" },
	{ "a kind without French", "kinds/land-use.xml", " fr=\"Certificat de droit d'usage du sol\"", "", "land-use.xml, line" },
	{ "a name of no letter", "kinds/land-use.xml", "vi=\"Số thửa\"", "vi=\"\"", "land-use.xml, line" },
	{ "a kind that does not say how long it is kept", "kinds/land-use.xml", "<keep/>", "", "land-use.xml, line" },
	{ "made public for no year", "kinds/construction.xml", "<publish years=\"1\" within=\"5\"/>", "<publish years=\"0\"/>", "construction.xml, line" },
	{ "made public twice", "kinds/construction.xml", "<publish years=\"1\" within=\"5\"/>", "<publish/><publish/>", "construction.xml, line" },
	{ "made public, but not its numbers", "kinds/construction.xml", " public=\"yes\"", "", "has public numbers" },
	{ "kept for no year", "kinds/practitioner.xml", "<keep years=\"20\"/>", "<keep years=\"0\"/>", "practitioner.xml, line" },
	{ "a term without its first day", "kinds/practitioner.xml", "from=\"hieu_luc_tu\" ", "", "a term is from one field to another" },
	{ "a type that is none", "kinds/land-use.xml", "type=\"document\"", "type=\"letter\"", "land-use.xml, line" },
	{ "a least value of a text", "kinds/practitioner.xml", "type=\"personal-id\"", "type=\"personal-id\" min=\"1\"", "has min or max, which no personal-id field has" },
	{ "a length of a number", "kinds/land-use.xml", "max=\"9999\"", "max-length=\"4\"", "has a length, which no integer field has" },
	{ "decimals of a whole number", "kinds/land-use.xml", "max=\"9999\"", "decimals=\"1\"", "has decimals, which no integer field has" },
	{ "a shape of an address", "kinds/land-use.xml", "type=\"address\"", "type=\"address\" shape=\"99\"", "has a shape, which no address field has" },
	{ "a greatest value that is no number", "kinds/land-use.xml", "max=\"9999\"", "max=\"many\"", "has a min or max that is no integer" },
	{ "a least date that is none", "kinds/practitioner.xml", "min=\"1900-01-01\"", "min=\"1900-02-30\"", "has a min or max that is no date" },
	{ "a least value above the greatest", "kinds/land-use.xml", "min=\"1\" max=\"9999\"", "min=\"10000\" max=\"9999\"", "above its greatest" },
	{ "a least length above the greatest", "kinds/construction.xml", "min-length=\"2\" max-length=\"100\"", "min-length=\"101\" max-length=\"100\"", "above its greatest" },
	{ "longer than its type", "kinds/representative-office.xml", "max-length=\"20\"", "max-length=\"61\"", "longer than a document field can" },
	{ "a list that is none", "kinds/land-use.xml", "list=\"land-types\"", "list=\"sea-types\"", "there is no list of codes sea-types" },
	{ "a code of no list", "kinds/land-use.xml", " list=\"land-types\"", "", "is a code of no list" },
	{ "a list of a date", "kinds/practitioner.xml", "type=\"date\"", "type=\"date\" list=\"sexes\"", "has a list, which no date field has" },
	{ "a ring without corners", "kinds/land-use.xml", "corners=\"dinh\"", "corners=\"thu_tu\"", "names as corners no list of points" },
	{ "a ring without a meridian", "kinds/land-use.xml", "meridian=\"kinh_tuyen_truc\"", "meridian=\"mui_chieu\"", "as meridian no code" },
	{ "a ring whose zone may be left out", "kinds/land-use.xml", "max=\"6\" unit=\"°\"", "max=\"6\" unit=\"°\" optional=\"yes\"", "as zone no integer" },
	{ "a ring whose area is a text", "kinds/land-use.xml", "area=\"dien_tich_m2\"", "area=\"dia_chi\"", "names as area no decimal field" },
	{ "a ring of many plots", "kinds/land-use.xml", "coordinates\" fr=\"Coordonnées VN-2000\" type=\"group\"", "coordinates\" fr=\"Coordonnées VN-2000\" type=\"group\" many=\"yes\"", "of one plot" },
	{ "a parcel without its commune", "kinds/land-use.xml", "<parcel commune=\"ma_xa\"", "<parcel commune=\"ma\"", "names as commune no unit" },
	{ "a parcel in a commune of text", "kinds/land-use.xml", "<parcel commune=\"ma_xa\"", "<parcel commune=\"thoi_han\"", "names as commune no unit" },
	{ "a parcel whose sheet may be left out", "kinds/land-use.xml", "min=\"1\" max=\"9999\"", "min=\"1\" max=\"9999\" optional=\"yes\"", "as sheet or number no integer" },
	{ "a parcel by its area", "kinds/land-use.xml", "number=\"so_thua\"", "number=\"dien_tich_m2\"", "as sheet or number no integer" },
	{ "a parcel of a sheet alone", "kinds/land-use.xml", " number=\"so_thua\"", "", "land-use.xml, line" },
	{ "looked up, and not made public", "kinds/practitioner.xml", "<publish/>", "", "what is looked up by its number is published" },
	{ "looked up twice", "kinds/practitioner.xml", "<lookup/>", "<lookup/><lookup/>", "practitioner.xml, line" },
	{ "looked up by something else", "kinds/practitioner.xml", "<lookup/>", "<lookup by=\"ngay_sinh\"/>", "practitioner.xml, line" },
	{ "made public within no day", "kinds/construction.xml", "within=\"5\"", "within=\"0\"", "construction.xml, line" },
	{ "made public within a word", "kinds/construction.xml", "within=\"5\"", "within=\"soon\"", "construction.xml, line" },
	{ "a code twice", "codes/land-types.xml", "value=\"LUK\"", "value=\"LUC\"", "the code LUC stands twice" },
	{ "a code that ends before it begins", "codes/provinces.xml", "to=\"2025-06-30\"", "from=\"2025-07-01\" to=\"2025-06-30\"", "ends before it begins" },
	{ "a code without a name", "codes/sexes.xml", "en=\"Male\"", "", "sexes.xml, line" },
	{ "a code to a day that is none", "codes/provinces.xml", "2025-06-30", "2025-06-31", "provinces.xml" },
	{ "two lists of one id", "codes/sexes.xml", "id=\"sexes\"", "id=\"provinces\"", "is called provinces.xml" },
	{ "a field shown to some", "kinds/practitioner.xml", "show=\"masked\"", "show=\"maybe\"", "practitioner.xml, line" },
	{ "a group without fields", "kinds/land-use.xml", "type=\"document\"", "type=\"group\"", "a group has fields" },
	{ "fields in a text", "kinds/land-use.xml", "fr=\"Parcelle\" type=\"group\"", "fr=\"Parcelle\"", "a group has fields" },
	{ "a holder that is no field", "kinds/investment.xml", "field=\"nha_dau_tu\"", "field=\"ai_do\"", "ai_do is no group" },
	{ "a holder that is no group", "kinds/investment.xml", "<holder field=\"nha_dau_tu\"", "<holder field=\"ma_so_du_an\"", "is no group" },
	{ "a validity that is no field", "kinds/practitioner.xml", "to=\"hieu_luc_den\"", "to=\"mai_mai\"", "mai_mai is no date" },
	{ "a validity that is no date", "kinds/practitioner.xml", "from=\"hieu_luc_tu\"", "from=\"ho_ten\"", "ho_ten is no date" },
};

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* What no verdict rests upon: who gives orders, the codes of what is submitted, and how
 * one kind stands to the others. */
static bool
is_for_loading(size_t i)
{
	return strcmp(cases[i].file, "roles.xml") == 0 || begins(cases[i].file, "codes/") || strstr(cases[i].says, "one loai") != NULL;
}

/* Opened, a policy is refused for its tables, and a kind when it is asked for; the other kinds hold. */
static bool
opens(const char *file, struct err *e)
{
	own(policy_t) *p = NULL;
	own(kind_t) *its = NULL, *other = NULL;
	own_str char *id = begins(file, "kinds/") ? span_dup_str(span_of(file + 6, strlen(file) - 6 - 4)) : xstrdup("clinic");

	if (!policy_open(&p, folder, true, e))
		return false;
	assert_int_equal(p->nkinds, 0);
	if (!begins(file, "grammar/"))
		assert_done(policy_kind_read(&other, p, strcmp(id, "parking") == 0 ? "clinic" : "parking", e) && strcmp(other->id, id) != 0, *e);
	return policy_kind_read(&its, p, id, e) && its != NULL;
}

static void
test_refused(void **state)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		own_str char *path = xprintf("%s/%s", folder, cases[i].file);
		own_struct(buf) text = buf_new(1 << 20);
		own_str char *changed = NULL;
		struct policy *p = NULL;
		struct err e = { 0 };

		assert_done(file_read(&text, path, &e), e);
		changed = replaced(buf_str(&text), cases[i].from, cases[i].to);
		assert_case(cases[i].name, changed != NULL);
		assert_done(file_write(path, span_str(changed), 0600, &e), e);
		assert_case(cases[i].name, !policy_load(&p, folder, &e));
		if (e.class != ERR_INPUT || strstr(e.text, cases[i].says) == NULL)
			print_error("%s: class %s, \"%s\"\n", cases[i].name, err_word(e.class), e.text);
		assert_case(cases[i].name, e.class == ERR_INPUT && strstr(e.text, cases[i].says) != NULL);
		/* The sentence names the file. */
		assert_case(cases[i].name, strstr(e.text, strrchr(path, '/') + 1) != NULL);
		assert_case(cases[i].name, opens(cases[i].file, &e) == is_for_loading(i));
		assert_case(cases[i].name, is_for_loading(i) || (e.class == ERR_INPUT && strstr(e.text, cases[i].says) != NULL));
		assert_done(file_write(path, buf_span(&text), 0600, &e), e);
	}
	/* The folder is as it was: what was refused, was refused for its change. */
	own(policy_t) *p = NULL;
	struct err e = { 0 };

	assert_done(policy_load(&p, folder, &e), e);
}

/* A document may say that it is of any kind. */
static void
test_no_kind(void **state)
{
	static const char *const ids[] = { "", "fly", "Parking", "parking.xml", "../kinds/parking", "./parking", "parking/", "../codes/sexes", "%s", "../../policy/kinds/parking" };
	own(policy_t) *p = NULL;
	struct err e;

	assert_done(policy_open(&p, folder, false, &e), e);
	assert_int_equal(p->nanswers, 0);
	for (size_t i = 0; i < COUNT(ids); i++) {
		kind_t *k;

		assert_done(policy_kind_read(&k, p, ids[i], &e), e);
		assert_case(ids[i], k == NULL);
	}
}

/* A file that is not there. */
static void
test_absent(void **state)
{
	static const char *const files[] = { "tiers.xml", "roles.xml", "answers.xml", "algorithms.xml", "agencies.xml", "timestamps.xml", "grammar/kind.rng", "grammar/codes.rng", "codes/sexes.xml", "grammar/tiers.rng" };

	for (size_t i = 0; i < COUNT(files); i++) {
		own_str char *path = xprintf("%s/%s", folder, files[i]), *away = xprintf("%s/away", folder);
		struct policy *p = NULL;
		struct err e = { 0 };

		assert_int_equal(rename(path, away), 0);
		assert_case(files[i], !policy_load(&p, folder, &e) && e.text[0] != '\0');
		assert_int_equal(rename(away, path), 0);
	}
}

/* The hash of the policy sees one changed character in any file. */
static void
test_hash(void **state)
{
	static const struct { const char *file, *from, *to; } changes[] = {
		{ "tiers.xml", "chứng thực thử nghiệm", "chứng thực thử nghiêm" }, { "kinds/construction.xml", "Cốt nền", "Cot nền" },
		{ "profiles/tsa.xml", "Dấu thời gian", "Dấu thời gian " }, { "timestamps.xml", "2.999.7.1", "2.999.7.4" }, { "answers.xml", "đang còn hiệu lực", "còn hiệu lực" },
		{ "grammar/permit.rng", "<param name=\"maxLength\">300", "<param name=\"maxLength\">301" },
	};
	own(policy_t) *before = NULL, *again = NULL;
	struct err e = { 0 };

	assert_done(policy_load(&before, folder, &e), e);
	assert_done(policy_load(&again, folder, &e), e);
	assert_memory_equal(before->hash, again->hash, 32);
	for (size_t i = 0; i < COUNT(changes); i++) {
		own_str char *path = xprintf("%s/%s", folder, changes[i].file), *changed = NULL;
		own_struct(buf) text = buf_new(1 << 20);
		own(policy_t) *after = NULL;

		assert_done(file_read(&text, path, &e), e);
		changed = replaced(buf_str(&text), changes[i].from, changes[i].to);
		assert_case(changes[i].file, changed != NULL);
		assert_done(file_write(path, span_str(changed), 0600, &e), e);
		assert_done(policy_load(&after, folder, &e), e);
		assert_case(changes[i].file, memcmp(before->hash, after->hash, 32) != 0);
		assert_done(file_write(path, buf_span(&text), 0600, &e), e);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_refused), cmocka_unit_test(test_no_kind), cmocka_unit_test(test_absent), cmocka_unit_test(test_hash) };

	return cmocka_run_group_tests(tests, setup, teardown);
}
