/*
 * The list of other authorities: what it refuses, what it remembers, and a document
 * that passes under one tier and is unknown under another.  Lists are signed as the ceremony
 * signs, and looked at by `openssl cms -verify`.
 */
#include "tests/base/test.h"
#include "tests/verifier/pki.h"

#include "base/clock.h"
#include "base/cms.h"
#include "base/file.h"
#include "base/json.h"
#include "verifier/document.h"

#include <sys/stat.h>
#include <unistd.h>

#define HOUR 3600
#define DAY (24 * HOUR)

static char *folder;
static policy_t *policy;
static struct pki_party city, stranger, government, nation, in_city, in_government, in_nation, in_nobody, ended, stamper;
static evidence_t *evidence;

static void
add_crl(const struct pki_party *of, const struct pki_entry *entry)
{
	X509_CRL *crl = pki_crl(of, &(struct pki_crl){ .entry = entry, .n = entry != NULL });

	evidence_add_crl(evidence, crl);
	X509_CRL_free(crl);
}

static int
begin(void **state)
{
	struct err e;

	folder = pki_folder();
	if (!policy_load(&policy, SOURCE_DIR "/policy", &e))
		return 1;
	city = pki_ca("Gốc thành phố (thử nghiệm)", NULL);
	stranger = pki_ca("Gốc lạ (thử nghiệm)", NULL);
	government = pki_ca("Gốc Chính phủ (hư cấu)", NULL);
	nation = pki_ca("Gốc quốc gia (hư cấu)", NULL);
	in_city = pki_party(&(struct pki_wish){ .name = "Người thành phố (thử nghiệm)" }, &city);
	in_government = pki_party(&(struct pki_wish){ .name = "Người Chính phủ (hư cấu)" }, &government);
	in_nation = pki_party(&(struct pki_wish){ .name = "Người dân (hư cấu)" }, &nation);
	in_nobody = pki_party(&(struct pki_wish){ .name = "Người lạ (hư cấu)" }, &stranger);
	ended = pki_party(&(struct pki_wish){ .name = "Hết hạn (hư cấu)", .to = PKI_NOW - HOUR }, &government);
	stamper = pki_party(&(struct pki_wish){ .name = "TSA Chính phủ (hư cấu)", .eku = "critical,timeStamping" }, &government);
	pki_write(folder, "content", span_str("Đơn (hư cấu)\n"));
	pki_write_cert(folder, "city.crt", city.cert);
	pki_write_party(folder, "in_city", &in_city);
	pki_write_party(folder, "in_government", &in_government);
	pki_write_party(folder, "in_nation", &in_nation);
	pki_write_party(folder, "in_nobody", &in_nobody);
	pki_write_party(folder, "ended", &ended);
	evidence = evidence_new();
	assert_true(X509_up_ref(city.cert) == 1 && sk_X509_push(evidence->anchors, city.cert) > 0);
	add_crl(&city, NULL);
	add_crl(&government, NULL);
	add_crl(&nation, &(struct pki_entry){ .cert = in_nation.cert, .date = PKI_NOW - DAY });
	evidence_settle(evidence);
	return 0;
}

static int
end(void **state)
{
	struct pki_party *all[] = { &city, &stranger, &government, &nation, &in_city, &in_government, &in_nation, &in_nobody, &ended, &stamper };

	evidence_free(evidence);
	policy_free(policy);
	for (size_t i = 0; i < COUNT(all); i++)
		pki_drop(all[i]);
	pki_remove(folder);
	return 0;
}

/*
 * Lists.
 */

static json_t *
anchor(X509 *cert)
{
	own_struct(buf) der = buf_new(1 << 14), text = buf_new(1 << 15);
	unsigned char hash[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];

	cert_to_der(&der, cert);
	base64_put(&text, buf_span(&der));
	sha256(hash, buf_span(&der));
	hex_text(hex, span_of(hash, sizeof(hash)));
	return json_pack("{s:s, s:s}", "sha256", hex, "certificate", buf_str(&text));
}

static json_t *
tier(const char *id, X509 *cert)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:[o]}", "id", id, "vi", "chứng thực của Chính phủ", "en", "Government certification", "fr", "la certification de l’État", "anchors", anchor(cert));
}

static json_t *
list(int64_t version)
{
	char made[TIME_TEXT], until[TIME_TEXT];

	time_text_vn(made, PKI_NOW - DAY);
	time_text_vn(until, PKI_NOW + DAY);
	return json_pack("{s:s, s:I, s:s, s:s, s:[o, o]}", "antin", "tiers/1", "version", (json_int_t)version, "made", made, "until", until,
	    "tiers", tier("government", government.cert), tier("nation", nation.cert));
}

/* j: given away. */
static void
signed_by(struct buf *cms, json_t *j, const struct pki_party *by)
{
	own_struct(buf) text = buf_new(TIER_LIST_MAX);
	struct err e;

	json_write(&text, j);
	json_decref(j);
	assert_done(cms_sign_attached(by->key, by->cert, buf_span(&text), cms, &e), e);
}

static json_t *first_tier(json_t *j) { return json_array_get(json_object_get(j, "tiers"), 0); }
static json_t *first_anchor(json_t *j) { return json_array_get(json_object_get(first_tier(j), "anchors"), 0); }

static void as_it_is(json_t *j) {}
static void another_kind(json_t *j) { json_object_set_new(j, "antin", json_string("roll-over/1")); }
static void version_nought(json_t *j) { json_object_set_new(j, "version", json_integer(0)); }
static void version_text(json_t *j) { json_object_set_new(j, "version", json_string("1")); }
static void no_version(json_t *j) { json_object_del(j, "version"); }
static void key_more(json_t *j) { json_object_set_new(j, "more", json_true()); }
static void no_tiers(json_t *j) { json_array_clear(json_object_get(j, "tiers")); }
static void no_anchors(json_t *j) { json_array_clear(json_object_get(first_tier(j), "anchors")); }
static void of_policy(json_t *j) { json_object_set_new(first_tier(j), "id", json_string("city")); }
static void own_word(json_t *j) { json_object_set_new(first_tier(j), "id", json_string("own")); }
static void odd_id(json_t *j) { json_object_set_new(first_tier(j), "id", json_string("Government <b>")); }
static void empty_name(json_t *j) { json_object_set_new(first_tier(j), "vi", json_string("")); }
static void name_with_break(json_t *j) { json_object_set_new(first_tier(j), "en", json_string("a\nb")); }
static void no_french(json_t *j) { json_object_del(first_tier(j), "fr"); }
static void another_hash(json_t *j) { json_object_set_new(first_anchor(j), "sha256", json_string("00000000000000000000000000000000000000000000000000000000000000ff")); }
static void no_certificate(json_t *j) { json_object_set_new(first_anchor(j), "certificate", json_string("AAAA")); }
static void same_id(json_t *j) { json_array_append_new(json_object_get(j, "tiers"), tier("nation", stranger.cert)); }
static void same_anchor(json_t *j) { json_array_append_new(json_object_get(j, "tiers"), tier("more", nation.cert)); }
static void our_anchor(json_t *j) { json_array_append_new(json_object_get(j, "tiers"), tier("more", city.cert)); }
static void backwards(json_t *j) { json_object_set(j, "made", json_object_get(j, "until")); }

static void
many_tiers(json_t *j)
{
	for (int i = 0; i < TIERS_MAX; i++) {
		own_str char *id = xprintf("more-%d", i);

		json_array_append_new(json_object_get(j, "tiers"), tier(id, stranger.cert));
	}
}

static void
what_is_refused(void **state)
{
	static const struct { const char *name; void (*spoil)(json_t *); const struct pki_party *by; int64_t at; const char *says; } rows[] = {
		{ "as it is", as_it_is, &city, PKI_NOW, NULL },
		{ "on its last second", as_it_is, &city, PKI_NOW + DAY, NULL },
		{ "over", as_it_is, &city, PKI_NOW + DAY + 1, "is over" },
		{ "of tomorrow", as_it_is, &city, PKI_NOW - DAY - 1, "later than now" },
		{ "another root's", as_it_is, &stranger, PKI_NOW, "not signed by an anchor" },
		{ "by an authority that it lists", as_it_is, &government, PKI_NOW, "not signed by an anchor" },
		{ "by one whom the root certified", as_it_is, &in_city, PKI_NOW, "not signed by an anchor" },
		{ "another kind of text", another_kind, &city, PKI_NOW, "not a tier list" },
		{ "version nought", version_nought, &city, PKI_NOW, "version" },
		{ "a version as text", version_text, &city, PKI_NOW, "version" },
		{ "no version", no_version, &city, PKI_NOW, "version" },
		{ "a key more", key_more, &city, PKI_NOW, "more" },
		{ "no tiers", no_tiers, &city, PKI_NOW, "1 to 8 tiers" },
		{ "too many tiers", many_tiers, &city, PKI_NOW, "1 to 8 tiers" },
		{ "no anchors", no_anchors, &city, PKI_NOW, "1 to 16 anchors" },
		{ "a tier of our policy", of_policy, &city, PKI_NOW, "tier of our own" },
		{ "a word of reports", own_word, &city, PKI_NOW, "tier of our own" },
		{ "an id with signs", odd_id, &city, PKI_NOW, "letters, digits" },
		{ "an empty name", empty_name, &city, PKI_NOW, "\"vi\"" },
		{ "a name of two lines", name_with_break, &city, PKI_NOW, "\"en\"" },
		{ "no French", no_french, &city, PKI_NOW, "fr" },
		{ "another hash", another_hash, &city, PKI_NOW, "SHA-256" },
		{ "no certificate", no_certificate, &city, PKI_NOW, "" },
		{ "a tier twice", same_id, &city, PKI_NOW, "stands twice" },
		{ "an anchor in two tiers", same_anchor, &city, PKI_NOW, "stands twice" },
		{ "an anchor of our own", our_anchor, &city, PKI_NOW, "of our own" },
		{ "an end before its beginning", backwards, &city, PKI_NOW, "ends after" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) cms = buf_new(CMS_MAX);
		own_struct(tier_list) l = { 0 };
		json_t *j = list(1);
		struct err e = { ERR_NONE, "" };
		bool good;

		rows[i].spoil(j);
		signed_by(&cms, j, rows[i].by);
		good = tier_list_open(&l, buf_span(&cms), evidence->anchors, policy, rows[i].at, &e);
		if (good != (rows[i].says == NULL) || (!good && strstr(e.text, rows[i].says) == NULL))
			print_error("%s: %s\n", rows[i].name, good ? "taken" : e.text);
		assert_case(rows[i].name, good == (rows[i].says == NULL));
		assert_case(rows[i].name, good || strstr(e.text, rows[i].says) != NULL);
	}
}

/* Any octet of it. */
static void
altered_lists_are_refused(void **state)
{
	own_struct(buf) cms = buf_new(CMS_MAX);
	struct err e;

	signed_by(&cms, list(1), &city);
	pki_write(folder, "list.cms", buf_span(&cms));
	assert_int_equal(pki_run(folder, "openssl cms -verify -binary -inform DER -in list.cms -CAfile city.crt -purpose any -partial_chain -attime 1795336920 -out list.json && grep -q tiers/1 list.json"), 0);
	for (size_t i = 0; i < cms.len; i += 7) {
		own_struct(tier_list) l = { 0 };
		unsigned char was = cms.ptr[i];

		cms.ptr[i] ^= 0x20;
		/* What the signature does not cover may change, and with it nothing that is read. */
		if (tier_list_open(&l, buf_span(&cms), evidence->anchors, policy, PKI_NOW, &e))
			assert_true(l.version == 1 && l.n == 2 && X509_cmp(sk_X509_value(l.tier[0].anchors, 0), government.cert) == 0);
		cms.ptr[i] = was;
		tier_list_drop(&l);
		if (i > 0)
			assert_false(tier_list_open(&l, span_of(cms.ptr, i), evidence->anchors, policy, PKI_NOW, &e));
	}
}

static bool
seen(int64_t version, const char *reader, struct err *e)
{
	own_struct(buf) cms = buf_new(CMS_MAX);
	own_struct(tier_list) l = { 0 };
	own_str char *path = xprintf("%s/%s", folder, reader);

	signed_by(&cms, list(version), &city);
	assert_done(tier_list_open(&l, buf_span(&cms), evidence->anchors, policy, PKI_NOW, e), *e);
	return tier_list_seen(&l, path, e);
}

static void
what_was_seen_is_not_gone_behind(void **state)
{
	own_struct(buf) cms = buf_new(CMS_MAX), kept = buf_new(1000), again = buf_new(1000);
	own_struct(tier_list) l = { 0 };
	own_str char *path = xprintf("%s/seen", folder), *nowhere = xprintf("%s/no/seen", folder), *spoilt = xprintf("%s/spoilt", folder);
	struct err e;

	assert_done(seen(5, "seen", &e), e);
	assert_false(seen(4, "seen", &e));
	assert_non_null(strstr(e.text, "version 4, and 5 was seen"));
	assert_done(seen(7, "seen", &e), e);
	assert_false(seen(5, "seen", &e));
	/* The same again is the same; another of the same version is none. */
	signed_by(&cms, list(8), &city);
	assert_done(tier_list_open(&l, buf_span(&cms), evidence->anchors, policy, PKI_NOW, &e), e);
	assert_done(tier_list_seen(&l, path, &e), e);
	assert_done(tier_list_seen(&l, path, &e), e);
	assert_done(file_read(&kept, path, &e), e);
	l.sha256[0] ^= 1;
	assert_false(tier_list_seen(&l, path, &e));
	assert_non_null(strstr(e.text, "another tier list of version 8"));
	/* What cannot be kept is not relied on, and nothing is changed. */
	assert_false(tier_list_seen(&l, nowhere, &e));
	l.version = 9;
	assert_done(file_read(&again, path, &e), e);
	assert_true(span_eq(buf_span(&kept), buf_span(&again)));
	pki_write(folder, "spoilt", span_str("9 0000\n"));
	assert_false(tier_list_seen(&l, spoilt, &e));
	assert_int_equal(e.class, ERR_STORE);
	pki_write(folder, "spoilt", span_str(""));
	assert_false(tier_list_seen(&l, spoilt, &e));
}

/*
 * Documents.
 */

static void
document(struct buf *out, const char *signer, const char *more)
{
	own_str char *command = xprintf("openssl cms -sign -binary -cades -nodetach -md sha256 -in content -signer %s.crt -inkey %s.key %s -outform DER -out document.p7m", signer, signer, more);
	own_str char *path = xprintf("%s/document.p7m", folder);
	struct err e;

	assert_int_equal(pki_run(folder, command), 0);
	assert_done(file_read(out, path, &e), e);
}

/* "own:TOTAL-PASSED government:NO_CERTIFICATE_CHAIN_FOUND ..." */
static void
under_each(struct buf *out, const json_t *report)
{
	const json_t *t;
	size_t i;

	json_array_foreach(json_object_get(report, "tiers"), i, t)
		buf_printf(out, "%s%s:%s", i > 0 ? " " : "", json_text(t, "tier"), json_text(t, "sub")[0] != '\0' ? json_text(t, "sub") : json_text(t, "verdict"));
}

static void
each_tier_has_its_verdict(void **state)
{
	static const struct { const char *signer, *more; int64_t at; const char *verdict, *sub, *tier, *under; } rows[] = {
		{ "in_city", "", PKI_NOW, "TOTAL-PASSED", "", "", "own:TOTAL-PASSED government:NO_CERTIFICATE_CHAIN_FOUND nation:NO_CERTIFICATE_CHAIN_FOUND" },
		{ "in_government", "", PKI_NOW, "TOTAL-PASSED", "", "government", "own:NO_CERTIFICATE_CHAIN_FOUND government:TOTAL-PASSED nation:NO_CERTIFICATE_CHAIN_FOUND" },
		{ "in_nation", "", PKI_NOW, "TOTAL-FAILED", "REVOKED", "nation", "own:NO_CERTIFICATE_CHAIN_FOUND government:NO_CERTIFICATE_CHAIN_FOUND nation:REVOKED" },
		{ "in_nobody", "", PKI_NOW, "INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND", "", "own:NO_CERTIFICATE_CHAIN_FOUND government:NO_CERTIFICATE_CHAIN_FOUND nation:NO_CERTIFICATE_CHAIN_FOUND" },
		{ "ended", "", PKI_NOW, "INDETERMINATE", "OUT_OF_BOUNDS_NO_POE", "government", "own:NO_CERTIFICATE_CHAIN_FOUND government:OUT_OF_BOUNDS_NO_POE nation:NO_CERTIFICATE_CHAIN_FOUND" },
		/* Two signers of two tiers: each knows one of them, and none both. */
		{ "in_government", "-signer in_city.crt -inkey in_city.key", PKI_NOW, "INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND", "", "own:NO_CERTIFICATE_CHAIN_FOUND government:NO_CERTIFICATE_CHAIN_FOUND nation:NO_CERTIFICATE_CHAIN_FOUND" },
		/* The list is over: what it says is not asked. */
		{ "in_government", "", PKI_NOW + DAY + 1, "INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND", "", "" },
	};
	own_struct(buf) cms = buf_new(CMS_MAX);
	own_struct(tier_list) l = { 0 };
	struct err e;

	signed_by(&cms, list(3), &city);
	assert_done(tier_list_open(&l, buf_span(&cms), evidence->anchors, policy, PKI_NOW, &e), e);
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) file = buf_new(1 << 20), under = buf_new(4096);
		own_struct(report) r = { .no_signature = false };
		own(json_t) *j = NULL;

		document(&file, rows[i].signer, rows[i].more);
		document_judge(&r, &(struct judge_question){ .document = buf_span(&file), .at = rows[i].at, .day = day_in_vietnam(rows[i].at), .policy = policy, .evidence = evidence, .tiers = &l }, NULL);
		j = report_json(&r, policy, "file", rows[i].at);
		under_each(&under, j);
		if (strcmp(buf_str(&under), rows[i].under) != 0 || strcmp(json_text(j, "sub"), rows[i].sub) != 0)
			print_error("row %zu: %s / %s under %s; %s\n", i, json_text(j, "verdict"), json_text(j, "sub"), json_text(j, "tier"), buf_str(&under));
		assert_case(rows[i].signer, strcmp(buf_str(&under), rows[i].under) == 0);
		assert_case(rows[i].signer, strcmp(json_text(j, "verdict"), rows[i].verdict) == 0 && strcmp(json_text(j, "sub"), rows[i].sub) == 0);
		assert_case(rows[i].signer, strcmp(json_text(j, "tier"), rows[i].tier) == 0);
		assert_int_equal(json_integer_value(json_object_get(json_object_get(j, "tier_list"), "version")), rows[i].under[0] != '\0' ? 3 : 0);
	}
}

/* The tier under which it stands is told of a time stamp, too. */
static void
a_time_stamp_has_a_tier(void **state)
{
	static const char content[] = "Đơn (hư cấu)\n";
	const struct document_content given = { "content", { (const unsigned char *)content, sizeof(content) - 1 } };
	own_struct(buf) cms = buf_new(CMS_MAX), token = buf_new(1 << 16);
	own_struct(report) r = { .no_signature = false };
	own_struct(tier_list) l = { 0 };
	unsigned char hash[SHA256_LEN];
	struct err e;

	signed_by(&cms, list(3), &city);
	assert_done(tier_list_open(&l, buf_span(&cms), evidence->anchors, policy, PKI_NOW, &e), e);
	sha256(hash, given.octets);
	pki_stamp(&token, &stamper, span_of(hash, sizeof(hash)), &(struct pki_stamp){ .when = PKI_NOW - HOUR });
	document_judge(&r, &(struct judge_question){ .document = buf_span(&token), .at = PKI_NOW, .day = day_in_vietnam(PKI_NOW), .policy = policy, .evidence = evidence, .tiers = &l }, &given);
	assert_int_equal(r.verdict, VERDICT_PASSED);
	assert_true(r.nunder == 3 && r.under[0].sub == SUB_NO_CERTIFICATE_CHAIN_FOUND && r.under[1].verdict == VERDICT_PASSED);
	assert_true(r.tier == &l.tier[0].is);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_refused), cmocka_unit_test(altered_lists_are_refused), cmocka_unit_test(what_was_seen_is_not_gone_behind),
		cmocka_unit_test(each_tier_has_its_verdict), cmocka_unit_test(a_time_stamp_has_a_tier),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
