/*
 * Foreign documents: CMS / CAdES made by `openssl cms`, altered here, judged; what
 * passes is looked at by `openssl cms -verify`, too.
 */
#include "tests/base/test.h"
#include "tests/verifier/permit_maker.h"
#include "tests/verifier/pki.h"

#include "base/file.h"
#include "verifier/cades.h"

#include <openssl/rsa.h>

#define CONTENT "Hồ sơ thử nghiệm\n"
#define HOUR 3600

static char *folder;
static policy_t *policy;
static struct pki_party root, signer, other, twin, ended, rsa, rsa1024, rsa1023, p384, p521, ed25519, tsa;

static int
begin(void **state)
{
	const struct pki_wish gone = { .name = "Hết hạn", .to = PKI_NOW - HOUR }, stamping = { .name = "TSA thử", .eku = "critical,timeStamping" };
	struct err e;

	folder = pki_folder();
	if (!policy_load(&policy, SOURCE_DIR "/policy", &e))
		return 1;
	root = pki_ca("Gốc nơi khác (thử nghiệm)", NULL);
	signer = pki_party(&(struct pki_wish){ .name = "Người ký (thử nghiệm)" }, &root);
	other = pki_party(&(struct pki_wish){ .name = "Người khác (thử nghiệm)" }, &root);
	assert_int_equal(EVP_PKEY_up_ref(signer.key), 1);
	twin = pki_party(&(struct pki_wish){ .name = "Người ký (thử nghiệm)", .key = signer.key }, &root);
	ended = pki_party(&gone, &root);
	rsa = pki_party(&(struct pki_wish){ .name = "RSA", .key = EVP_RSA_gen(2048) }, &root);
	rsa1024 = pki_party(&(struct pki_wish){ .name = "RSA 1024", .key = EVP_RSA_gen(1024) }, &root);
	rsa1023 = pki_party(&(struct pki_wish){ .name = "RSA 1023", .key = EVP_RSA_gen(1023) }, &root);
	ed25519 = pki_party(&(struct pki_wish){ .name = "Ed25519", .key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") }, &root);
	p384 = pki_party(&(struct pki_wish){ .name = "P-384", .key = EVP_EC_gen("P-384") }, &root);
	p521 = pki_party(&(struct pki_wish){ .name = "P-521", .key = EVP_EC_gen("P-521") }, &root);
	tsa = pki_party(&stamping, &root);
	pki_write(folder, "content", span_str(CONTENT));
	pki_write(folder, "wrong", span_str("Hồ sơ khác\n"));
	pki_write_party(folder, "root", &root);
	pki_write_party(folder, "signer", &signer);
	pki_write_party(folder, "other", &other);
	pki_write_party(folder, "twin", &twin);
	pki_write_party(folder, "ended", &ended);
	pki_write_party(folder, "rsa", &rsa);
	pki_write_party(folder, "rsa1024", &rsa1024);
	pki_write_party(folder, "rsa1023", &rsa1023);
	pki_write_party(folder, "p384", &p384);
	pki_write_party(folder, "p521", &p521);
	return 0;
}

static int
end(void **state)
{
	struct pki_party *all[] = { &root, &signer, &other, &twin, &ended, &rsa, &rsa1024, &rsa1023, &p384, &p521, &ed25519, &tsa };

	for (size_t i = 0; i < COUNT(all); i++)
		pki_drop(all[i]);
	policy_free(policy);
	pki_remove(folder);
	return 0;
}

static void
load(struct buf *out, const char *name)
{
	own_str char *path = xprintf("%s/%s", folder, name);
	struct err e;

	assert_done(file_read(out, path, &e), e);
}

/* A file that openssl signs with these options. */
static void
make(struct buf *out, const char *options)
{
	own_str char *command = xprintf("openssl cms -sign -binary -in content -outform DER -out made %s", options);

	assert_case(options, pki_run(folder, command) == 0);
	load(out, "made");
}

#define ATTACHED "-nodetach -cades -md sha256 "
#define BY(name) "-signer " name ".crt -inkey " name ".key "

static X509_CRL *
crl_of(X509 *cert, int64_t date)
{
	const struct pki_entry entry = { .cert = cert, .date = date };

	return pki_crl(&root, &(struct pki_crl){ .entry = &entry, .n = cert == NULL ? 0 : 1 });
}

/* revoked NULL: nobody; no_crl: nothing is known. */
struct world { X509 *revoked; int64_t date; bool no_crl, no_anchor; int64_t at; const char *content; };

static void
judge(struct report *out, struct span document, const struct world *w)
{
	own(evidence_t) *v = evidence_new();
	own(X509_CRL) *crl = crl_of(w->revoked, w->date);
	const struct judge_question q = { .document = document, .at = w->at != 0 ? w->at : PKI_NOW, .policy = policy, .evidence = v };
	const struct span content = span_str(w->content);

	if (!w->no_anchor)
		assert_true(X509_up_ref(root.cert) == 1 && sk_X509_push(v->anchors, root.cert) > 0);
	if (!w->no_crl)
		evidence_add_crl(v, crl);
	evidence_settle(v);
	cades_judge(out, &q, w->content != NULL ? &content : NULL);
}

static void
expect(const char *name, struct span document, const struct world *w, enum verdict verdict, enum sub_indication sub)
{
	struct report r;

	judge(&r, document, w);
	maker_expect(name, &r, verdict, sub);
	assert_case(name, r.in_force == FORCE_UNKNOWN);
	report_drop(&r);
}

static const struct world plain = { 0 };

static void
what_openssl_makes_passes(void **state)
{
	static const struct { const char *name, *options; bool detached; } rows[] = {
		{ "P-256", ATTACHED BY("signer"), false },
		{ "named by key identifier", ATTACHED "-keyid " BY("signer"), false },
		{ "P-384", "-nodetach -cades -md sha384 " BY("p384"), false },
		{ "P-256, SHA-512", "-nodetach -cades -md sha512 " BY("signer"), false },
		{ "P-521", "-nodetach -cades -md sha512 " BY("p521"), false },
		{ "RSA PKCS#1, SHA-384", "-nodetach -cades -md sha384 " BY("rsa"), false },
		{ "RSA PKCS#1, SHA3-512", "-nodetach -cades -md sha3-512 " BY("rsa"), false },
		{ "RSA-PSS, SHA-512", "-nodetach -cades -md sha512 " BY("rsa") "-keyopt rsa_padding_mode:pss", false },
		{ "RSA PKCS#1", ATTACHED BY("rsa"), false },
		{ "RSA PKCS#1, SHA-512", "-nodetach -cades -md sha512 " BY("rsa"), false },
		{ "RSA-PSS", ATTACHED BY("rsa") "-keyopt rsa_padding_mode:pss", false },
		{ "detached", "-cades -md sha256 " BY("signer"), true },
		{ "two signers", ATTACHED BY("signer") BY("rsa"), false },
		{ "many certificates", ATTACHED BY("signer") "-certfile other.crt", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) der = buf_new(1 << 20);

		make(&der, rows[i].options);
		expect(rows[i].name, buf_span(&der), &(struct world){ .content = rows[i].detached ? CONTENT : NULL }, VERDICT_PASSED, SUB_NONE);
		assert_case(rows[i].name, pki_run(folder, "openssl cms -verify -binary -cades -inform DER -in made -content content -CAfile root.crt -purpose any -attime 1795336920 -out /dev/null") == 0);
	}
}

static void
what_is_said_of_it(void **state)
{
	own_struct(buf) der = buf_new(1 << 20), pem = buf_new(1 << 20);
	own(json_t) *j = NULL;
	struct report r;

	make(&der, ATTACHED BY("signer"));
	judge(&r, buf_span(&der), &plain);
	j = report_json(&r, policy, "file", PKI_NOW);
	assert_string_equal(r.format, "CAdES");
	assert_int_equal(r.nsignatures, 1);
	assert_string_equal(r.signature[0].signer, "Người ký (thử nghiệm)");
	assert_string_equal(r.signature[0].issuer, "Gốc nơi khác (thử nghiệm)");
	assert_true(r.signature[0].claimed != INT64_MIN);
	assert_int_equal(report_exit(&r, false), 0);
	assert_int_equal(report_exit(&r, true), 2);
	assert_string_equal(json_string_value(json_object_get(j, "scope")), "full");
	assert_true(json_is_null(json_object_get(j, "answer")) && json_is_null(json_object_get(j, "permit")));
	report_drop(&r);
	assert_int_equal(pki_run(folder, "openssl cms -cmsout -inform DER -in made -outform PEM -out made.pem"), 0);
	load(&pem, "made.pem");
	expect("PEM", buf_span(&pem), &plain, VERDICT_PASSED, SUB_NONE);
	buf_put_str(&pem, "x");
	expect("behind PEM", buf_span(&pem), &plain, VERDICT_FAILED, SUB_FORMAT_FAILURE);
}

/* Of a certificate that nobody has looked at there are no dates, not those of 1970. */
static void
nothing_is_made_up(void **state)
{
	own_struct(buf) der = buf_new(1 << 20);
	const json_t *certificate;
	own(json_t) *j = NULL;
	struct report r;

	make(&der, "-cades -md sha256 " BY("signer"));
	judge(&r, buf_span(&der), &plain);
	j = report_json(&r, policy, "file", PKI_NOW);
	certificate = json_object_get(json_array_get(json_object_get(j, "signatures"), 0), "certificate");
	assert_string_equal(json_text(certificate, "serial"), "");
	assert_true(json_is_null(json_object_get(certificate, "from")) && json_is_null(json_object_get(certificate, "to")) && json_is_null(json_object_get(certificate, "revoked")));
	report_drop(&r);
}

/* A file with one signer: whatever octet is another, and whatever is cut off or put behind it. */
static void
no_altered_octet_passes(void **state)
{
	own_struct(buf) der = buf_new(1 << 20);

	make(&der, ATTACHED BY("signer"));
	for (size_t i = 0; i < der.len; i++) {
		static const unsigned char by[] = { 0x01, 0x02, 0x20, 0x80, 0xff };

		for (size_t k = 0; k < COUNT(by); k++) {
			struct report r;

			der.ptr[i] ^= by[k];
			judge(&r, buf_span(&der), &plain);
			if (r.verdict == VERDICT_PASSED)
				print_error("octet %zu ^ %02x passes\n", i, by[k]);
			assert_true(r.verdict != VERDICT_PASSED);
			report_drop(&r);
			der.ptr[i] ^= by[k];
		}
	}
	for (size_t n = 0; n < der.len; n += 1 + n / 8)
		expect("cut short", span_of(der.ptr, n), &plain, VERDICT_FAILED, SUB_FORMAT_FAILURE);
	buf_put_byte(&der, 0);
	expect("an octet behind it", buf_span(&der), &plain, VERDICT_FAILED, SUB_FORMAT_FAILURE);
}

static void
content(void **state)
{
	own_struct(buf) attached = buf_new(1 << 20), detached = buf_new(1 << 20);
	unsigned char *at;

	make(&attached, ATTACHED BY("signer"));
	make(&detached, "-cades -md sha256 " BY("signer"));
	expect("detached, none given", buf_span(&detached), &plain, VERDICT_INDETERMINATE, SUB_SIGNED_DATA_NOT_FOUND);
	expect("detached, another", buf_span(&detached), &(struct world){ .content = "x" }, VERDICT_FAILED, SUB_HASH_FAILURE);
	expect("detached, empty", buf_span(&detached), &(struct world){ .content = "" }, VERDICT_FAILED, SUB_HASH_FAILURE);
	expect("attached, the same given", buf_span(&attached), &(struct world){ .content = CONTENT }, VERDICT_PASSED, SUB_NONE);
	expect("attached, another given", buf_span(&attached), &(struct world){ .content = "x" }, VERDICT_FAILED, SUB_HASH_FAILURE);
	at = memmem(attached.ptr, attached.len, CONTENT, strlen(CONTENT));
	assert_non_null(at);
	at[0] ^= 1;
	expect("content swapped", buf_span(&attached), &plain, VERDICT_FAILED, SUB_HASH_FAILURE);
}

static void
time_and_status(void **state)
{
	own_struct(buf) der = buf_new(1 << 20), late = buf_new(1 << 20);

	make(&der, ATTACHED BY("signer"));
	make(&late, ATTACHED BY("ended"));
	expect("no anchor", buf_span(&der), &(struct world){ .no_anchor = true }, VERDICT_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND);
	expect("no CRL", buf_span(&der), &(struct world){ .no_crl = true }, VERDICT_INDETERMINATE, SUB_TRY_LATER);
	expect("expired, no stamp", buf_span(&late), &plain, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE);
	expect("the issuer's word on another", buf_span(&der), &(struct world){ .revoked = other.cert, .date = PKI_NOW - HOUR }, VERDICT_PASSED, SUB_NONE);
}

/* Signed here, which openssl does by its own clock alone. */
static CMS_ContentInfo *
sign_here(const struct pki_party *by, int64_t claimed, unsigned flags)
{
	own(CMS_ContentInfo) *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_PARTIAL | CMS_BINARY);
	own(BIO) *in = BIO_new_mem_buf(CONTENT, -1);
	own(ASN1_TIME) *t = ASN1_TIME_set(NULL, (time_t)claimed);
	CMS_SignerInfo *si = CMS_add1_signer(cms, by->cert, by->key, EVP_sha256(), CMS_BINARY | CMS_NOSMIMECAP | flags);

	assert_true(si != NULL && t != NULL);
	assert_int_equal(CMS_signed_add1_attr_by_NID(si, NID_pkcs9_signingTime, ASN1_STRING_type(t), t, -1), 1);
	if ((flags & CMS_CADES) == 0) {
		unsigned char ess[40] = { 0x30, 0x26, 0x30, 0x24, 0x30, 0x22, 0x04, 0x20 };
		own_struct(buf) cert = buf_new(1 << 20);

		cert_to_der(&cert, other.cert);
		sha256(ess + 8, buf_span(&cert));
		assert_int_equal(CMS_add1_cert(cms, other.cert), 1);
		assert_int_equal(CMS_signed_add1_attr_by_NID(si, NID_id_smime_aa_signingCertificateV2, V_ASN1_SEQUENCE, ess, sizeof(ess)), 1);
	}
	assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY), 1);
	return take(&cms);
}

static void
put(struct buf *out, CMS_ContentInfo *cms)
{
	unsigned char *octets = NULL;
	int n = i2d_CMS_ContentInfo(cms, &octets);

	assert_true(n > 0);
	buf_put(out, octets, (size_t)n);
	OPENSSL_free(octets);
}

struct stamp_row {
	const char *name, *of;			/* of: stamped instead of the value */
	const struct pki_party *by, *stamper;
	int64_t claimed, when;
	const struct world *world;
	enum verdict verdict;
	enum sub_indication sub;
};

static void
stamped(struct buf *out, const struct stamp_row *row)
{
	own_struct(buf) token = buf_new(1 << 20);
	own(CMS_ContentInfo) *cms = sign_here(row->by, row->claimed, CMS_CADES);
	CMS_SignerInfo *si = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	ASN1_OCTET_STRING *value = CMS_SignerInfo_get0_signature(si);
	unsigned char hash[SHA256_LEN];

	sha256(hash, row->of != NULL ? span_str(row->of) : span_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)));
	pki_stamp(&token, row->stamper, span_of(hash, sizeof(hash)), &(struct pki_stamp){ .when = row->when });
	assert_int_equal(CMS_unsigned_add1_attr_by_NID(si, NID_id_smime_aa_timeStampToken, V_ASN1_SEQUENCE, token.ptr, (int)token.len), 1);
	put(out, cms);
}

static void
time_stamps(void **state)
{
	const int64_t early = PKI_NOW - 3 * HOUR, before = PKI_NOW - 2 * HOUR, after = PKI_NOW - 60;
	const struct world gone = { .revoked = signer.cert, .date = PKI_NOW - HOUR };
	const struct stamp_row rows[] = {
		{ "stamped", NULL, &signer, &tsa, early, after, &plain, VERDICT_PASSED, SUB_NONE },
		{ "expired, stamped before", NULL, &ended, &tsa, early, before, &plain, VERDICT_PASSED, SUB_NONE },
		{ "expired, stamped after", NULL, &ended, &tsa, early, after, &plain, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE },
		{ "expired, stamp of something else", "else", &ended, &tsa, early, before, &plain, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE },
		{ "expired, stamp by whoever", NULL, &ended, &other, early, before, &plain, VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE },
		{ "revoked after its stamp", NULL, &signer, &tsa, early, before, &gone, VERDICT_PASSED, SUB_NONE },
		{ "revoked before its stamp", NULL, &signer, &tsa, early, after, &gone, VERDICT_INDETERMINATE, SUB_REVOKED_NO_POE },
		{ "revoked, no stamp that counts", NULL, &signer, &other, early, before, &gone, VERDICT_INDETERMINATE, SUB_REVOKED_NO_POE },
		{ "revoked, and claims to be later", NULL, &signer, &tsa, after, after, &gone, VERDICT_FAILED, SUB_REVOKED },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) der = buf_new(1 << 20);

		stamped(&der, &rows[i]);
		expect(rows[i].name, buf_span(&der), rows[i].world, rows[i].verdict, rows[i].sub);
	}
}

/* By whoever holds the key: what the attributes name is not what is there. */
static void
attributes_that_name_something_else(void **state)
{
	own(CMS_ContentInfo) *cert = sign_here(&signer, PKI_NOW - HOUR, 0), *type = sign_here(&signer, PKI_NOW - HOUR, CMS_CADES);
	own_struct(buf) as_is = buf_new(1 << 20), named = buf_new(1 << 20), typed = buf_new(1 << 20);

	put(&as_is, type);
	expect("as it is", buf_span(&as_is), &plain, VERDICT_PASSED, SUB_NONE);
	put(&named, cert);
	expect("another's certificate", buf_span(&named), &plain, VERDICT_INDETERMINATE, SUB_NO_SIGNING_CERTIFICATE_FOUND);
	assert_int_equal(CMS_set1_eContentType(type, OBJ_nid2obj(NID_id_smime_ct_TSTInfo)), 1);
	put(&typed, type);
	expect("another content type", buf_span(&typed), &plain, VERDICT_FAILED, SUB_FORMAT_FAILURE);
}

/*
 * By hand, what openssl 3.0 does not make: Ed25519 (RFC 8419) and ECDSA over SHA-3.
 */

static void
put_der(struct buf *out, unsigned char tag, struct span body)
{
	const unsigned char head[] = { tag, 0x82, (unsigned char)(body.len >> 8), (unsigned char)body.len };

	buf_put_byte(out, tag);
	if (body.len < 128)
		buf_put_byte(out, (unsigned char)body.len);
	else if (body.len < 256)
		buf_put(out, (const unsigned char[]){ 0x81, (unsigned char)body.len }, 2);
	else
		buf_put(out, head + 1, 3);
	buf_put_span(out, body);
}

/* What is in *b, in one more frame. */
static void
frame(struct buf *b, unsigned char tag)
{
	own_struct(buf) body = buf_new(1 << 16);

	buf_put_span(&body, buf_span(b));
	buf_reset(b);
	put_der(b, tag, buf_span(&body));
}

static void
put_oid(struct buf *out, const char *dots)
{
	own(ASN1_OBJECT) *o = OBJ_txt2obj(dots, 1);

	put_der(out, V_ASN1_OBJECT, span_of(OBJ_get0_data(o), OBJ_length(o)));
}

/* AlgorithmIdentifier without parameters. */
static void
put_algorithm(struct buf *out, const char *dots)
{
	own_struct(buf) b = buf_new(1 << 10);

	put_oid(&b, dots);
	frame(&b, 0x30);
	buf_put_span(out, buf_span(&b));
}

static void
put_attribute(struct buf *out, const char *dots, struct span value)
{
	own_struct(buf) b = buf_new(1 << 10), set = buf_new(1 << 10);

	put_oid(&b, dots);
	put_der(&set, 0x31, value);
	buf_put_span(&b, buf_span(&set));
	put_der(out, 0x30, buf_span(&b));
}

struct by_hand { const char *name; const struct pki_party *by; const char *md, *digest, *method; enum verdict verdict; enum sub_indication sub; };

static void
put_attributes(struct buf *out, const struct by_hand *w)
{
	own_struct(buf) type = buf_new(1 << 10), digest = buf_new(1 << 10), ess = buf_new(1 << 10), value = buf_new(1 << 10), cert = buf_new(1 << 16), frame_ = buf_new(1 << 10);
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned len;

	put_oid(&value, "1.2.840.113549.1.7.1");
	put_attribute(&type, "1.2.840.113549.1.9.3", buf_span(&value));
	assert_int_equal(EVP_Digest(CONTENT, strlen(CONTENT), hash, &len, EVP_get_digestbyname(w->md), NULL), 1);
	buf_reset(&value);
	put_der(&value, V_ASN1_OCTET_STRING, span_of(hash, len));
	put_attribute(&digest, "1.2.840.113549.1.9.4", buf_span(&value));
	cert_to_der(&cert, w->by->cert);
	sha256(hash, buf_span(&cert));
	put_der(&frame_, V_ASN1_OCTET_STRING, span_of(hash, SHA256_LEN));
	for (int i = 0; i < 3; i++)
		frame(&frame_, 0x30);
	put_attribute(&ess, "1.2.840.113549.1.9.16.2.47", buf_span(&frame_));
	buf_put_span(out, buf_span(&type));
	buf_put_span(out, buf_span(digest.len < ess.len ? &digest : &ess));
	buf_put_span(out, buf_span(digest.len < ess.len ? &ess : &digest));
}

static void
put_signer(struct buf *out, const struct by_hand *w)
{
	own_struct(buf) attributes = buf_new(1 << 12), set = buf_new(1 << 12), sid = buf_new(1 << 12);
	own(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	unsigned char sig[512], *serial = NULL;
	const unsigned char *name;
	size_t len = sizeof(sig), name_len;
	int n = i2d_ASN1_INTEGER(X509_get0_serialNumber(w->by->cert), &serial);

	assert_int_equal(X509_NAME_get0_der(X509_get_issuer_name(w->by->cert), &name, &name_len), 1);
	buf_put(&sid, name, name_len);
	buf_put(&sid, serial, (size_t)n);
	OPENSSL_free(serial);
	frame(&sid, 0x30);
	put_attributes(&attributes, w);
	put_der(&set, 0x31, buf_span(&attributes));
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_PKEY_get_base_id(w->by->key) == EVP_PKEY_ED25519 ? NULL : EVP_get_digestbyname(w->md), NULL, w->by->key), 1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &len, set.ptr, set.len), 1);
	put_der(out, V_ASN1_INTEGER, span_str("\x01"));
	buf_put_span(out, buf_span(&sid));
	put_algorithm(out, w->digest);
	put_der(out, 0xa0, buf_span(&attributes));
	put_algorithm(out, w->method);
	put_der(out, V_ASN1_OCTET_STRING, span_of(sig, len));
	frame(out, 0x30);
}

static void
make_by_hand(struct buf *out, const struct by_hand *w)
{
	own_struct(buf) data = buf_new(1 << 16), part = buf_new(1 << 16);

	put_der(&data, V_ASN1_INTEGER, span_str("\x01"));
	put_algorithm(&part, w->digest);
	put_der(&data, 0x31, buf_span(&part));
	buf_reset(&part);
	put_der(&part, V_ASN1_OCTET_STRING, span_str(CONTENT));
	frame(&part, 0xa0);
	put_oid(out, "1.2.840.113549.1.7.1");
	buf_put_span(out, buf_span(&part));
	put_der(&data, 0x30, buf_span(out));
	buf_reset(&part);
	cert_to_der(&part, w->by->cert);
	put_der(&data, 0xa0, buf_span(&part));
	buf_reset(&part);
	put_signer(&part, w);
	put_der(&data, 0x31, buf_span(&part));
	frame(&data, 0x30);
	frame(&data, 0xa0);
	buf_reset(out);
	put_oid(out, "1.2.840.113549.1.7.2");
	buf_put_span(out, buf_span(&data));
	frame(out, 0x30);
}

#define OID_SHA512 "2.16.840.1.101.3.4.2.3"
#define OID_ED25519 "1.3.101.112"

static void
what_openssl_does_not_make(void **state)
{
	const struct by_hand rows[] = {
		{ "Ed25519", &ed25519, "SHA512", OID_SHA512, OID_ED25519, VERDICT_PASSED, SUB_NONE },
		{ "Ed25519 over SHA-256 (RFC 8419 3.1)", &ed25519, "SHA256", "2.16.840.1.101.3.4.2.1", OID_ED25519, VERDICT_FAILED, SUB_FORMAT_FAILURE },
		{ "Ed25519 by a P-256 key", &signer, "SHA512", OID_SHA512, OID_ED25519, VERDICT_FAILED, SUB_SIG_CRYPTO_FAILURE },
		{ "ECDSA by an Ed25519 key", &ed25519, "SHA512", OID_SHA512, "1.2.840.10045.4.3.4", VERDICT_FAILED, SUB_SIG_CRYPTO_FAILURE },
		{ "P-256, SHA3-256", &signer, "SHA3-256", "2.16.840.1.101.3.4.2.8", "2.16.840.1.101.3.4.3.10", VERDICT_PASSED, SUB_NONE },
		{ "P-384, SHA3-384", &p384, "SHA3-384", "2.16.840.1.101.3.4.2.9", "2.16.840.1.101.3.4.3.11", VERDICT_PASSED, SUB_NONE },
		{ "P-521, SHA3-512", &p521, "SHA3-512", "2.16.840.1.101.3.4.2.10", "2.16.840.1.101.3.4.3.12", VERDICT_PASSED, SUB_NONE },
		{ "P-256, named SHA-3, over SHA-2", &signer, "SHA256", "2.16.840.1.101.3.4.2.8", "2.16.840.1.101.3.4.3.10", VERDICT_FAILED, SUB_HASH_FAILURE },
		{ "P-256, SHA-2, a method of SHA-3", &signer, "SHA256", "2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.3.10", VERDICT_FAILED, SUB_FORMAT_FAILURE },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) der = buf_new(1 << 16);

		make_by_hand(&der, &rows[i]);
		expect(rows[i].name, buf_span(&der), &plain, rows[i].verdict, rows[i].sub);
	}
}

/* As many signers as are taken, and one more. */
static void
signers_are_counted(void **state)
{
	for (int n = CADES_SIGNERS_MAX; n <= CADES_SIGNERS_MAX + 1; n++) {
		own(CMS_ContentInfo) *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_PARTIAL | CMS_BINARY);
		own(BIO) *in = BIO_new_mem_buf(CONTENT, -1);
		own_struct(buf) der = buf_new(1 << 20);
		bool taken = n == CADES_SIGNERS_MAX;

		for (int i = 0; i < n; i++)
			assert_non_null(CMS_add1_signer(cms, signer.cert, signer.key, EVP_sha256(), CMS_BINARY | CMS_NOSMIMECAP | CMS_CADES | (i > 0 ? CMS_NOCERTS : 0u)));
		assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY), 1);
		put(&der, cms);
		expect(taken ? "sixteen" : "seventeen", buf_span(&der), &plain, taken ? VERDICT_PASSED : VERDICT_FAILED, taken ? SUB_NONE : SUB_FORMAT_FAILURE);
	}
}

/* As many time stamps and attributes as are taken, and one more. */
static void
what_signers_bring_is_counted(void **state)
{
	static const struct { const char *name; int stamps, attributes; bool taken; } rows[] = {
		{ "four time stamps", CADES_STAMPS_MAX, 0, true }, { "five", CADES_STAMPS_MAX + 1, 0, false },
		{ "sixty attributes more", 0, CADES_ATTRIBUTES_MAX - 4, true }, { "sixty-one", 0, CADES_ATTRIBUTES_MAX - 3, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own(CMS_ContentInfo) *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_PARTIAL | CMS_BINARY);
		own(BIO) *in = BIO_new_mem_buf(CONTENT, -1);
		own_struct(buf) der = buf_new(1 << 20), token = buf_new(1 << 20);
		CMS_SignerInfo *si = CMS_add1_signer(cms, signer.cert, signer.key, EVP_sha256(), CMS_BINARY | CMS_NOSMIMECAP | CMS_CADES);
		ASN1_TIME *t = ASN1_TIME_set(NULL, (time_t)(PKI_NOW - 120));
		ASN1_OCTET_STRING *value;
		unsigned char hash[SHA256_LEN];

		assert_non_null(si);
		assert_int_equal(CMS_signed_add1_attr_by_NID(si, NID_pkcs9_signingTime, ASN1_STRING_type(t), t, -1), 1);
		ASN1_STRING_free(t);
		for (int k = 0; k < rows[i].attributes; k++) {
			own_str char *oid = xprintf("2.25.%d", 1000 + k);

			assert_int_equal(CMS_signed_add1_attr_by_txt(si, oid, V_ASN1_OCTET_STRING, "x", 1), 1);
		}
		assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY), 1);
		value = CMS_SignerInfo_get0_signature(si);
		sha256(hash, span_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)));
		pki_stamp(&token, &tsa, span_of(hash, sizeof(hash)), &(struct pki_stamp){ .when = PKI_NOW - 60 });
		for (int k = 0; k < rows[i].stamps; k++)
			assert_int_equal(CMS_unsigned_add1_attr_by_NID(si, NID_id_smime_aa_timeStampToken, V_ASN1_SEQUENCE, token.ptr, (int)token.len), 1);
		put(&der, cms);
		expect(rows[i].name, buf_span(&der), &plain, rows[i].taken ? VERDICT_PASSED : VERDICT_FAILED, rows[i].taken ? SUB_NONE : SUB_FORMAT_FAILURE);
	}
}

/* RFC 6211: what is signed of the algorithms is what is used. */
static void
algorithms_are_protected(void **state)
{
#define SHA_256 "\x60\x86\x48\x01\x65\x03\x04\x02\x01"
#define SHA_512 "\x60\x86\x48\x01\x65\x03\x04\x02\x03"
#define ECDSA_256 "\x2a\x86\x48\xce\x3d\x04\x03\x02"
#define ECDSA_512 "\x2a\x86\x48\xce\x3d\x04\x03\x04"
#define PROTECTED(digest, kind, signature) "\x30\x19\x30\x0b\x06\x09" digest kind "\x0a\x06\x08" signature
	static const struct { const char *name, *value; bool taken; } rows[] = {
		{ "the same", PROTECTED(SHA_256, "\xa1", ECDSA_256), true },
		{ "another digest", PROTECTED(SHA_512, "\xa1", ECDSA_256), false },
		{ "another signature", PROTECTED(SHA_256, "\xa1", ECDSA_512), false },
		{ "as a MAC's", PROTECTED(SHA_256, "\xa2", ECDSA_256), false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own(CMS_ContentInfo) *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_PARTIAL | CMS_BINARY);
		own(BIO) *in = BIO_new_mem_buf(CONTENT, -1);
		own_struct(buf) der = buf_new(1 << 20);
		CMS_SignerInfo *si = CMS_add1_signer(cms, signer.cert, signer.key, EVP_sha256(), CMS_BINARY | CMS_NOSMIMECAP | CMS_CADES);

		assert_int_equal(CMS_signed_add1_attr_by_txt(si, "1.2.840.113549.1.9.52", V_ASN1_SEQUENCE, rows[i].value, 27), 1);
		assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY), 1);
		put(&der, cms);
		expect(rows[i].name, buf_span(&der), &plain, rows[i].taken ? VERDICT_PASSED : VERDICT_FAILED, rows[i].taken ? SUB_NONE : SUB_FORMAT_FAILURE);
	}
}

/* A CRL that came along is evidence like another: of the issuer, and where it is worse, worse. */
static void
lists_that_came_along(void **state)
{
	const struct { const char *name; X509 *revoked; const struct pki_party *by; bool no_crl; enum verdict verdict; enum sub_indication sub; } rows[] = {
		{ "says nothing against it", NULL, &root, true, VERDICT_PASSED, SUB_NONE },
		{ "revokes it", signer.cert, &root, true, VERDICT_INDETERMINATE, SUB_REVOKED_NO_POE },
		{ "by somebody else", NULL, &other, true, VERDICT_INDETERMINATE, SUB_TRY_LATER },
		{ "somebody else's revokes it", signer.cert, &other, false, VERDICT_PASSED, SUB_NONE },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct pki_entry entry = { .cert = rows[i].revoked, .date = PKI_NOW - HOUR };
		own(X509_CRL) *crl = pki_crl(rows[i].by, &(struct pki_crl){ .entry = &entry, .n = rows[i].revoked == NULL ? 0 : 1 });
		own(CMS_ContentInfo) *cms = sign_here(&signer, PKI_NOW - 3 * HOUR, CMS_CADES);
		own_struct(buf) der = buf_new(1 << 20);

		assert_int_equal(CMS_add1_crl(cms, crl), 1);
		put(&der, cms);
		expect(rows[i].name, buf_span(&der), &(struct world){ .no_crl = rows[i].no_crl }, rows[i].verdict, rows[i].sub);
	}
}

static void
others_are_not_taken(void **state)
{
	static const struct { const char *name, *command; enum verdict verdict; enum sub_indication sub; bool none; } rows[] = {
		{ "plain CMS", "openssl cms -sign -binary -nodetach -md sha256 -in content -outform DER -out made -signer signer.crt -inkey signer.key", VERDICT_INDETERMINATE, SUB_NO_SIGNING_CERTIFICATE_FOUND, false },
		{ "no attributes", "openssl cms -sign -binary -nodetach -noattr -md sha256 -in content -outform DER -out made -signer signer.crt -inkey signer.key", VERDICT_INDETERMINATE, SUB_NO_SIGNING_CERTIFICATE_FOUND, false },
		{ "SHA-1", "openssl cms -sign -binary -nodetach -cades -md sha1 -in content -outform DER -out made -signer signer.crt -inkey signer.key", VERDICT_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE_NO_POE, false },
		{ "MD5", "openssl cms -sign -binary -nodetach -cades -md md5 -in content -outform DER -out made -signer rsa.crt -inkey rsa.key", VERDICT_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE, false },
		{ "RSA of 1024 bits", "openssl cms -sign -binary -nodetach -cades -md sha256 -in content -outform DER -out made -signer rsa1024.crt -inkey rsa1024.key", VERDICT_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE_NO_POE, false },
		{ "RSA of 1023 bits", "openssl cms -sign -binary -nodetach -cades -md sha256 -in content -outform DER -out made -signer rsa1023.crt -inkey rsa1023.key", VERDICT_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE, false },
		{ "without its certificate", "openssl cms -sign -binary -nodetach -cades -nocerts -md sha256 -in content -outform DER -out made -signer signer.crt -inkey signer.key", VERDICT_INDETERMINATE, SUB_NO_SIGNING_CERTIFICATE_FOUND, false },
		{ "another's certificate of that key", "openssl cms -sign -binary -nodetach -cades -nocerts -md sha256 -in content -outform DER -out made -signer signer.crt -inkey signer.key -certfile twin.crt", VERDICT_INDETERMINATE, SUB_NO_SIGNING_CERTIFICATE_FOUND, false },
		{ "streamed, of indefinite length", "openssl cms -sign -binary -nodetach -cades -stream -md sha256 -in content -outform DER -out made -signer signer.crt -inkey signer.key", VERDICT_FAILED, SUB_FORMAT_FAILURE, false },
		{ "certificates alone", "openssl crl2pkcs7 -nocrl -certfile signer.crt -outform DER -out made", VERDICT_INDETERMINATE, SUB_NONE, true },
		{ "an envelope", "openssl cms -encrypt -binary -in content -outform DER -out made -aes256 signer.crt", VERDICT_INDETERMINATE, SUB_NONE, true },
		{ "a digest", "openssl cms -digest_create -binary -in content -outform DER -out made", VERDICT_INDETERMINATE, SUB_NONE, true },
		{ "a signer of two without a path", "openssl cms -sign -binary -nodetach -cades -md sha256 -in content -outform DER -out made -signer signer.crt -inkey signer.key -signer ended.crt -inkey ended.key", VERDICT_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) der = buf_new(1 << 20);
		struct report r;

		assert_case(rows[i].name, pki_run(folder, rows[i].command) == 0);
		load(&der, "made");
		assert_case(rows[i].name, cades_is(buf_span(&der)));
		expect(rows[i].name, buf_span(&der), &plain, rows[i].verdict, rows[i].sub);
		judge(&r, buf_span(&der), &plain);
		assert_case(rows[i].name, r.no_signature == rows[i].none && report_exit(&r, false) == (rows[i].none || rows[i].verdict == VERDICT_FAILED ? 1 : 2));
		report_drop(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_openssl_makes_passes), cmocka_unit_test(what_openssl_does_not_make), cmocka_unit_test(what_is_said_of_it), cmocka_unit_test(nothing_is_made_up), cmocka_unit_test(no_altered_octet_passes),
		cmocka_unit_test(content), cmocka_unit_test(time_and_status), cmocka_unit_test(time_stamps), cmocka_unit_test(attributes_that_name_something_else), cmocka_unit_test(others_are_not_taken),
		cmocka_unit_test(signers_are_counted), cmocka_unit_test(what_signers_bring_is_counted), cmocka_unit_test(algorithms_are_protected), cmocka_unit_test(lists_that_came_along),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
