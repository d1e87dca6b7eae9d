#include "tests/base/test.h"
#include "tests/verifier/permit_maker.h"

#include "base/cbor.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "verifier/code.h"
#include "verifier/cose.h"
#include "verifier/submission.h"

#include <openssl/rsa.h>
#include <openssl/ts.h>

#define YEAR (365 * (int64_t)DAY_SECS)
#define STATUS_URI "https://giay.hoagiang.example/status/1.cwt"

const int64_t maker_now = 1795336920;	/* 2026-11-22T08:42:00Z */

static void *
must(void *p)
{
	assert_non_null(p);
	return p;
}

/*
 * Keys and certificates.
 */

void
maker_party_drop(struct maker_party *p)
{
	EVP_PKEY_free(p->key);
	X509_free(p->cert);
	*p = (struct maker_party){ 0 };
}

static void
add_name(X509_NAME *name, const char *field, const char *value)
{
	if (value != NULL)
		assert_int_equal(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const unsigned char *)value, -1, -1, 0), 1);
}

static void
add_ext(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *x;
	CONF *empty;

	if (value == NULL)
		return;
	empty = must(NCONF_new(NULL));
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	X509V3_set_nconf(&ctx, empty);
	x = must(X509V3_EXT_nconf_nid(empty, &ctx, nid, value));
	assert_int_equal(X509_add_ext(cert, x, -1), 1);
	X509_EXTENSION_free(x);
	NCONF_free(empty);
}

struct wish { const char *organisation, *agency, *title, *name, *person, *usage, *eku, *constraints, *policy; int64_t from, to; };

static X509 *
certify(struct maker *m, const struct wish *w, EVP_PKEY *key, const struct maker_party *issuer)
{
	X509 *cert = must(X509_new());
	X509_NAME *name = X509_get_subject_name(cert);
	unsigned char serial[20] = { 0x41 };
	BIGNUM *bn;

	memcpy(serial + 12, &m->serials, sizeof(m->serials));
	m->serials++;
	bn = must(BN_bin2bn(serial, sizeof(serial), NULL));
	X509_set_version(cert, 2);
	BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert));
	BN_free(bn);
	add_name(name, "C", "VN");
	add_name(name, "O", w->organisation);
	add_name(name, "organizationIdentifier", w->agency);
	add_name(name, "title", w->title);
	add_name(name, "CN", w->name);
	add_name(name, "serialNumber", w->person);
	X509_set_issuer_name(cert, issuer == NULL ? name : X509_get_subject_name(issuer->cert));
	ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)w->from);
	ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)w->to);
	X509_set_pubkey(cert, key);
	add_ext(cert, issuer == NULL ? cert : issuer->cert, NID_basic_constraints, w->constraints == NULL ? "critical,CA:FALSE" : w->constraints);
	add_ext(cert, issuer == NULL ? cert : issuer->cert, NID_key_usage, w->usage);
	add_ext(cert, issuer == NULL ? cert : issuer->cert, NID_ext_key_usage, w->eku);
	add_ext(cert, issuer == NULL ? cert : issuer->cert, NID_subject_key_identifier, "hash");
	if (issuer != NULL)
		add_ext(cert, issuer->cert, NID_authority_key_identifier, "keyid");
	add_ext(cert, issuer == NULL ? cert : issuer->cert, NID_certificate_policies, w->policy);
	assert_true(X509_sign(cert, issuer == NULL ? key : issuer->key, EVP_sha256()) > 0);
	return cert;
}

static struct maker_party
party(struct maker *m, const struct wish *w, const struct maker_party *issuer, EVP_PKEY *key)
{
	struct maker_party p = { .key = key != NULL ? key : must(EVP_EC_gen("P-256")) };

	p.cert = certify(m, w, p.key, issuer);
	return p;
}

static const char *
tier_oid(const struct maker *m)
{
	return policy_tier(m->policy, "demonstration")->policy;
}

static struct maker_party
official(struct maker *m, const char *name, const char *title, const char *agency, int64_t from, int64_t to, EVP_PKEY *key)
{
	const struct agency *a = must((void *)policy_agency(m->policy, agency));
	own_str char *person = xprintf("CB-%06llu", (unsigned long long)m->serials);
	const struct wish w = { .organisation = a->name, .agency = agency, .title = title, .name = name, .person = person,
		.usage = "critical,digitalSignature,nonRepudiation", .policy = tier_oid(m), .from = from, .to = to };

	return party(m, &w, &m->issuing, key);
}

struct maker_party
maker_official(struct maker *m, const char *name, const char *title, const char *agency, int64_t from, int64_t to)
{
	return official(m, name, title, agency, from, to, NULL);
}

struct maker_party
maker_other_tier(struct maker *m, const char *agency)
{
	const struct agency *a = must((void *)policy_agency(m->policy, agency));
	const struct wish w = { .organisation = a->name, .agency = agency, .title = "PHÓ CHỦ TỊCH", .name = "Người Khác", .person = "CB-900000",
		.usage = "critical,digitalSignature,nonRepudiation", .policy = policy_tier(m->policy, "city")->policy, .from = maker_now - YEAR, .to = maker_now + YEAR };

	return party(m, &w, &m->issuing, NULL);
}

struct maker_party
maker_rsa_official(struct maker *m, const char *agency)
{
	return official(m, "Trần Thị Thử", "PHÓ CHỦ TỊCH", agency, maker_now - YEAR, maker_now + YEAR, must(EVP_RSA_gen(2048)));
}

struct maker_party
maker_seal(struct maker *m, const char *agency, int64_t from, int64_t to)
{
	const struct agency *a = must((void *)policy_agency(m->policy, agency));
	const struct wish w = { .organisation = a->name, .agency = agency, .name = a->name,
		.usage = "critical,digitalSignature,nonRepudiation", .policy = tier_oid(m), .from = from, .to = to };

	return party(m, &w, &m->issuing, NULL);
}

static struct maker_party
service(struct maker *m, const char *eku, const char *name, int64_t from, int64_t to)
{
	const struct wish w = { .organisation = "THỬ NGHIỆM Hòa Giang", .name = name, .usage = "critical,digitalSignature", .eku = eku,
		.policy = tier_oid(m), .from = from, .to = to };

	return party(m, &w, &m->issuing, NULL);
}

struct maker_party
maker_service(struct maker *m, const char *profile, const char *name)
{
	return service(m, strcmp(profile, "tsa") == 0 ? "critical,timeStamping" : NULL, name, maker_now - YEAR, maker_now + 3 * YEAR);
}

struct maker_party
maker_tsa(struct maker *m, int64_t from, int64_t to)
{
	return service(m, "critical,timeStamping", "Dấu thời gian khác THỬ NGHIỆM", from, to);
}

/*
 * CRLs.
 */

static void
add_revoked(X509_CRL *crl, const struct maker_revoked *r)
{
	X509_REVOKED *x = must(X509_REVOKED_new());
	own(ASN1_TIME) *date = must(ASN1_TIME_set(NULL, (time_t)r->date));

	X509_REVOKED_set_serialNumber(x, X509_get_serialNumber(r->cert));
	X509_REVOKED_set_revocationDate(x, date);
	if (r->reason != 0) {
		ASN1_ENUMERATED *reason = must(ASN1_ENUMERATED_new());

		ASN1_ENUMERATED_set(reason, r->reason);
		X509_REVOKED_add1_ext_i2d(x, NID_crl_reason, reason, 0, 0);
		ASN1_ENUMERATED_free(reason);
	}
	if (r->invalidity != 0) {
		ASN1_GENERALIZEDTIME *t = must(ASN1_GENERALIZEDTIME_set(NULL, (time_t)r->invalidity));

		X509_REVOKED_add1_ext_i2d(x, NID_invalidity_date, t, 0, 0);
		ASN1_GENERALIZEDTIME_free(t);
	}
	assert_int_equal(X509_CRL_add0_revoked(crl, x), 1);
}

static X509_CRL *
crl_by(const struct maker_party *issuer, int64_t this_update, int64_t next_update, const struct maker_revoked *r, size_t n)
{
	X509_CRL *crl = must(X509_CRL_new());
	own(ASN1_TIME) *from = must(ASN1_TIME_set(NULL, (time_t)this_update)), *to = must(ASN1_TIME_set(NULL, (time_t)next_update));
	own(ASN1_INTEGER) *number = must(ASN1_INTEGER_new());
	X509V3_CTX ctx;
	own(X509_EXTENSION) *aki = NULL;

	X509_CRL_set_version(crl, 1);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->cert));
	X509_CRL_set1_lastUpdate(crl, from);
	X509_CRL_set1_nextUpdate(crl, to);
	for (size_t i = 0; i < n; i++)
		add_revoked(crl, &r[i]);
	X509V3_set_ctx(&ctx, issuer->cert, NULL, NULL, crl, 0);
	aki = must(X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid"));
	X509_CRL_add_ext(crl, aki, -1);
	ASN1_INTEGER_set_int64(number, this_update);
	X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0);
	X509_CRL_sort(crl);
	assert_true(X509_CRL_sign(crl, issuer->key, EVP_sha256()) > 0);
	return crl;
}

X509_CRL *
maker_crl(struct maker *m, int64_t this_update, int64_t next_update, const struct maker_revoked *r, size_t n)
{
	return crl_by(&m->issuing, this_update, next_update, r, n);
}

X509_CRL *
maker_root_crl(struct maker *m, int64_t this_update, int64_t next_update)
{
	return crl_by(&m->root, this_update, next_update, NULL, 0);
}

/*
 * The world.
 */

static void
make_authorities(struct maker *m)
{
	const struct wish root = { .organisation = "Hòa Giang", .name = "Gốc THỬ NGHIỆM Hòa Giang", .constraints = "critical,CA:TRUE",
		.usage = "critical,keyCertSign,cRLSign", .from = maker_now - 5 * YEAR, .to = maker_now + 15 * YEAR };
	const struct wish issuing = { .organisation = "Hòa Giang", .name = "Cấp phát THỬ NGHIỆM Hòa Giang", .constraints = "critical,CA:TRUE,pathlen:0",
		.usage = "critical,keyCertSign,cRLSign", .policy = tier_oid(m), .from = maker_now - 5 * YEAR, .to = maker_now + 5 * YEAR };
	const struct wish stranger = { .organisation = "Nơi khác", .agency = "H99.31.07", .title = "PHÓ CHỦ TỊCH", .name = "Người Lạ", .person = "CB-9",
		.usage = "critical,digitalSignature,nonRepudiation", .policy = tier_oid(m), .from = maker_now - YEAR, .to = maker_now + YEAR };

	m->root = party(m, &root, NULL, NULL);
	m->issuing = party(m, &issuing, &m->root, NULL);
	m->stranger = party(m, &stranger, NULL, NULL);
}

struct maker *
maker_new(void)
{
	struct maker *m = xalloc(sizeof(*m));
	struct err e;

	m->serials = 1;
	assert_done(policy_load(&m->policy, SOURCE_DIR "/policy", &e), e);
	assert_done(permit_grammars_load(&m->grammars, m->policy, &e), e);
	make_authorities(m);
	m->officer = maker_official(m, "Phạm Thị Ngọc Diệp", "PHÓ CHỦ TỊCH", "H99.31.07", maker_now - YEAR, maker_now + YEAR);
	m->other_officer = maker_official(m, "Y Blik Niê", "PHÓ CHỦ TỊCH", "H99.31.12", maker_now - YEAR, maker_now + YEAR);
	m->seal = maker_seal(m, "H99.31.07", maker_now - YEAR, maker_now + YEAR);
	m->tsa = maker_service(m, "tsa", "Dấu thời gian THỬ NGHIỆM");
	m->service = maker_service(m, "service-signer", "Khóa dịch vụ THỬ NGHIỆM");
	m->root_crl = crl_by(&m->root, maker_now - 40 * DAY_SECS, maker_now + 100 * DAY_SECS, NULL, 0);
	m->issuing_crl = crl_by(&m->issuing, maker_now - 3600, maker_now + 14 * DAY_SECS, NULL, 0);
	return m;
}

void
maker_free(struct maker *m)
{
	struct maker_party *const parties[] = { &m->root, &m->issuing, &m->officer, &m->seal, &m->tsa, &m->service, &m->other_officer, &m->stranger };

	for (size_t i = 0; i < COUNT(parties); i++)
		maker_party_drop(parties[i]);
	X509_CRL_free(m->root_crl);
	X509_CRL_free(m->issuing_crl);
	permit_grammars_free(m->grammars);
	policy_free(m->policy);
	free(m);
}

/*
 * Time stamps.
 */

static int
stamp_clock(TS_RESP_CTX *ctx, void *when, long *sec, long *usec)
{
	*sec = (long)*(int64_t *)when;
	*usec = 0;
	return 1;
}

static ASN1_INTEGER *
stamp_serial(TS_RESP_CTX *ctx, void *when)
{
	ASN1_INTEGER *n = must(ASN1_INTEGER_new());

	ASN1_INTEGER_set_int64(n, *(int64_t *)when);
	return n;
}

static BIO *
stamp_request(struct span imprint, const EVP_MD *md)
{
	own(TS_REQ) *req = must(TS_REQ_new());
	TS_MSG_IMPRINT *mi = must(TS_MSG_IMPRINT_new());
	X509_ALGOR *alg = must(X509_ALGOR_new());
	BIO *bio = must(BIO_new(BIO_s_mem()));

	TS_REQ_set_version(req, 1);
	X509_ALGOR_set0(alg, OBJ_nid2obj(EVP_MD_get_type(md)), V_ASN1_NULL, NULL);
	TS_MSG_IMPRINT_set_algo(mi, alg);
	TS_MSG_IMPRINT_set_msg(mi, (unsigned char *)imprint.ptr, (int)imprint.len);
	TS_REQ_set_msg_imprint(req, mi);
	TS_REQ_set_cert_req(req, 1);
	X509_ALGOR_free(alg);
	TS_MSG_IMPRINT_free(mi);
	assert_int_equal(i2d_TS_REQ_bio(bio, req), 1);
	return bio;
}

void
maker_stamp(struct buf *token, struct span imprint, const struct maker_stamping *s)
{
	own(TS_RESP_CTX) *ctx = must(TS_RESP_CTX_new());
	own(BIO) *req = stamp_request(imprint, s->md);
	own(TS_RESP) *resp = NULL;
	own(ASN1_OBJECT) *policy = must(OBJ_txt2obj("2.25.273849503821049182736450918273645.20", 1));
	int64_t when = s->when;
	unsigned char *der = NULL;
	int len;

	TS_RESP_CTX_set_signer_cert(ctx, s->by->cert);
	TS_RESP_CTX_set_signer_key(ctx, s->by->key);
	TS_RESP_CTX_set_signer_digest(ctx, s->md);
	TS_RESP_CTX_set_ess_cert_id_digest(ctx, EVP_sha256());
	TS_RESP_CTX_set_def_policy(ctx, policy);
	TS_RESP_CTX_add_md(ctx, s->md);
	TS_RESP_CTX_set_accuracy(ctx, 1, 0, 0);
	TS_RESP_CTX_set_time_cb(ctx, stamp_clock, &when);
	TS_RESP_CTX_set_serial_cb(ctx, stamp_serial, &when);
	resp = must(TS_RESP_create_response(ctx, req));
	len = i2d_PKCS7(must(TS_RESP_get_token(resp)), &der);
	assert_true(len > 0);
	buf_put(token, der, (size_t)len);
	OPENSSL_free(der);
}

/*
 * Permits.
 */

void
maker_sample(struct buf *out, const char *id)
{
	own_struct(buf) text = buf_new(JSON_MAX);
	own(json_t) *all = NULL;
	struct err e;

	assert_done(file_read(&text, TEST_DATA "/permits.json", &e), e);
	assert_done(json_read(&all, buf_span(&text), &e), e);
	for (size_t i = 0; i < json_array_size(json_object_get(all, "permits")); i++) {
		json_t *one = json_array_get(json_object_get(all, "permits"), i);

		if (strcmp(json_string_value(json_object_get(one, "id")), id) == 0)
			json_write(out, one);
	}
	assert_true(out->len > 0);
}

void
maker_two_sign(struct maker *m)
{
	for (struct kind *k = m->policy->kind; k < m->policy->kind + m->policy->nkinds; k++) {
		assert_int_equal(k->nturns, 1);
		k->turn = xrealloc(k->turn, 2 * sizeof(*k->turn));
		k->turn[k->nturns++] = (struct turn){ xstrdup(k->turn[0].modes), INT32_MIN, INT32_MAX };
	}
}

void
maker_content(struct maker *m, const struct maker_recipe *r, struct buf *out)
{
	own_struct(buf) json = buf_new(JSON_MAX);
	own(json_t) *j = NULL;
	struct submission s;
	struct err e = { ERR_NONE, "" };

	maker_sample(&json, r->sample != NULL ? r->sample : "gpxd-01");
	assert_done(json_read(&j, buf_span(&json), &e), e);
	if (r->amends != NULL)
		json_object_set_new(j, "amends", json_string(r->amends));
	buf_reset(&json);
	json_write(&json, j);
	assert_done(submission_read(&s, buf_span(&json), "000102030405060708090a0b0c0d0e0f", 20779, r->amends != NULL ? &r->amended : NULL, m->policy, m->grammars, &e), e);
	buf_put_span(out, buf_span(&s.content));
	submission_drop(&s);
}

void
maker_sign(struct buf *raw, EVP_PKEY *key, enum xades_alg alg, struct span tbs)
{
	own(EVP_MD_CTX) *md = must(EVP_MD_CTX_new());
	EVP_PKEY_CTX *ctx = NULL;
	unsigned char sig[512], rs[64];
	size_t len = sizeof(sig);
	struct err e;

	assert_int_equal(EVP_DigestSignInit(md, &ctx, EVP_sha256(), NULL, key), 1);
	if (alg == XADES_RSA_PSS_SHA256) {
		EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING);
		EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST);
	}
	assert_int_equal(EVP_DigestSign(md, sig, &len, tbs.ptr, tbs.len), 1);
	if (alg != XADES_ECDSA_SHA256) {
		buf_put(raw, sig, len);
		return;
	}
	assert_done(ecdsa_der_to_raw(rs, span_of(sig, len), &e), e);
	buf_put(raw, rs, sizeof(rs));
}

struct signing { const char *id; struct maker_party *who; const char *title, *mode; int64_t time, stamp_time; bool stamp, evidence; X509_CRL *crl; enum xades_alg alg; };

static void
put_signature(struct maker *m, struct buf *out, const struct signing *s, const struct xades_target *target, size_t n)
{
	own_struct(buf) cert = buf_new(1 << 14), raw = buf_new(1024), token = buf_new(1 << 16), issuing = buf_new(1 << 14),
	    crl = buf_new(1 << 20), root_crl = buf_new(1 << 20);
	struct xades_signer signer = { .id = s->id, .alg = s->alg, .time = s->time, .title = s->title, .mode = s->mode };
	struct xades_tbs tbs;
	struct xades_evidence evidence = { 0 };
	unsigned char imprint[32];
	struct span certs[1], crls[2];
	struct err e;

	cert_to_der(&cert, s->who->cert);
	signer.certificate = buf_span(&cert);
	memcpy(signer.policy_hash, m->policy->hash, 32);
	assert_done(xades_prepare(&tbs, &signer, target, n, &e), e);
	maker_sign(&raw, s->who->key, s->alg, buf_span(&tbs.signed_info));
	if (s->stamp) {
		xades_imprint(imprint, buf_span(&raw));
		maker_stamp(&token, span_of(imprint, sizeof(imprint)), &(struct maker_stamping){ &m->tsa, EVP_sha256(), s->stamp_time != 0 ? s->stamp_time : s->time + 2 });
		evidence.stamp = buf_span(&token);
	}
	cert_to_der(&issuing, m->issuing.cert);
	crl_to_der(&crl, s->crl);
	crl_to_der(&root_crl, m->root_crl);
	certs[0] = buf_span(&issuing);
	crls[0] = buf_span(&crl);
	crls[1] = buf_span(&root_crl);
	if (s->evidence) {
		evidence.cert = certs;
		evidence.ncerts = 1;
		evidence.crl = crls;
		evidence.ncrls = 2;
	}
	assert_done(xades_element(out, &signer, &tbs, buf_span(&raw), &evidence, &e), e);
	xades_tbs_drop(&tbs);
}

static void
put_issuance(struct maker *m, struct buf *out, const struct maker_recipe *r)
{
	struct issuance i = { .number = "245/GPXD", .book = "GPXD", .place = "Thành phố Hòa Giang", .shortcode = "0123-4567-89BC-X",
		.voicecode = "1234567890128", .log_origin = "log.hoagiang.example/thu-nghiem", .log_index = 12,
		.status_uri = STATUS_URI, .status_index = r->status_index };
	struct err e;

	assert_done(date_parse(&i.day, MAKER_DAY, &e), e);
	i.year = r->year != 0 ? r->year : year_of_day(i.day);
	issuance_write(out, &i);
}

void
maker_permit(struct maker *m, const struct maker_recipe *r, struct buf *out)
{
	own_struct(buf) content = buf_new(1 << 20), officers = buf_new(4 << 20), issuance = buf_new(1 << 16), seal = buf_new(4 << 20);
	struct xades_target target[XADES_TARGETS_MAX];
	const int64_t when = r->officer_time != 0 ? r->officer_time : maker_now - 600;
	struct signing s = { .id = "officer-1", .who = r->officer != NULL ? r->officer : &m->officer, .title = r->title != NULL ? r->title : "PHÓ CHỦ TỊCH",
		.mode = r->mode != NULL ? r->mode : "KT. CHỦ TỊCH", .time = when, .stamp = !r->no_officer_stamp, .stamp_time = r->officer_stamp,
		.evidence = !r->no_evidence, .crl = r->crl != NULL ? r->crl : m->issuing_crl, .alg = r->alg };
	struct err e;
	size_t n;

	maker_content(m, r, &content);
	assert_done(xades_officer_targets(target, &n, buf_span(&content), SPAN_NONE, &e), e);
	put_signature(m, &officers, &s, target, n);
	if (r->second != NULL) {
		s.id = "officer-2";
		s.who = r->second;
		assert_done(xades_officer_targets(target, &n, buf_span(&content), r->second_alone ? SPAN_NONE : buf_span(&officers), &e), e);
		put_signature(m, &officers, &s, target, n);
	}
	if (!r->unsealed) {
		put_issuance(m, &issuance, r);
		assert_done(xades_seal_targets(target, &n, buf_span(&content), buf_span(&officers), buf_span(&issuance), &e), e);
		s = (struct signing){ .id = "seal", .who = r->seal != NULL ? r->seal : &m->seal, .time = r->seal_time != 0 ? r->seal_time : when + 60,
			.stamp = !r->no_seal_stamp, .evidence = !r->no_evidence, .crl = s.crl };
		put_signature(m, &seal, &s, target, n);
	}
	assert_done(permit_write(out, buf_span(&content), buf_span(&officers), buf_span(&issuance), buf_span(&seal), &e), e);
}

void
maker_archive(struct maker *m, struct buf *out, struct span permit, const struct maker_stamping *s)
{
	own_struct(buf) token = buf_new(1 << 16), issuing = buf_new(1 << 14), crl = buf_new(1 << 20), root_crl = buf_new(1 << 20);
	own(X509_CRL) *now = maker_crl(m, s->when - 60, s->when + 14 * DAY_SECS, NULL, 0), *root = maker_root_crl(m, s->when - 60, s->when + 100 * DAY_SECS);
	unsigned char imprint[EVP_MAX_MD_SIZE];
	struct permit p;
	struct err e;

	assert_done(permit_read(&p, permit, m->policy, m->grammars, &e), e);
	assert_done(xades_archive_imprint(imprint, permit_last(&p), permit_last(&p)->narchives, s->md, &e), e);
	permit_drop(&p);
	maker_stamp(&token, span_of(imprint, (size_t)EVP_MD_get_size(s->md)), s);
	cert_to_der(&issuing, m->issuing.cert);
	crl_to_der(&crl, s->crl != NULL ? s->crl : now);
	crl_to_der(&root_crl, root);
	const struct span certs[] = { buf_span(&issuing) }, crls[] = { buf_span(&crl), buf_span(&root_crl) };
	const struct xades_evidence v = { .stamp = buf_span(&token), .cert = certs, .ncerts = 1, .crl = crls, .ncrls = 2 };

	assert_done(xades_archive(out, permit, &v, &e), e);
}

void
maker_reaffirm(struct maker *m, struct buf *out, struct span permit, const struct maker_reaffirming *r)
{
	own_struct(buf) reaffirmation = buf_new(1 << 16), element = buf_new(4 << 20);
	const struct signing s = { .id = "reaffirm", .who = r->by != NULL ? r->by : &m->seal, .time = r->when != 0 ? r->when : maker_now - 60, .stamp_time = r->stamp,
		.stamp = !r->no_stamp, .evidence = true, .crl = r->crl != NULL ? r->crl : m->issuing_crl };
	struct reaffirmation says = { .decision = r->decision != NULL ? r->decision : "512/QĐ-UBND", .reason = "Thẻ của người ký bị mất (thử nghiệm)" };
	struct xades_target target[XADES_TARGETS_MAX];
	struct permit p;
	struct err e;
	size_t n;

	assert_done(date_parse(&says.decided, r->decided != NULL ? r->decided : MAKER_DAY, &e), e);
	assert_done(date_parse(&says.day, r->day != NULL ? r->day : MAKER_DAY, &e), e);
	reaffirmation_write(&reaffirmation, &says);
	assert_done(permit_read(&p, permit, m->policy, m->grammars, &e), e);
	assert_done(permit_reaffirm_targets(target, &n, &p, buf_span(&reaffirmation), &e), e);
	permit_drop(&p);
	put_signature(m, &element, &s, target, n);
	assert_done(permit_reaffirm(out, permit, buf_span(&reaffirmation), buf_span(&element), &e), e);
}

/*
 * Evidence.
 */

struct evidence *
maker_evidence(struct maker *m, X509_CRL *crl)
{
	struct evidence *v = evidence_new();
	own_struct(buf) root = buf_new(1 << 14);
	struct err e;

	cert_to_der(&root, m->root.cert);
	assert_done(evidence_add(v, "root.crt", buf_span(&root), true, &e), e);
	evidence_add_cert(v, m->issuing.cert);
	evidence_add_cert(v, m->service.cert);
	evidence_add_crl(v, m->root_crl);
	evidence_add_crl(v, crl != NULL ? crl : m->issuing_crl);
	return v;
}

void
maker_status_list_octets(struct maker *m, struct buf *cwt, const unsigned char *statuses, size_t n, int64_t issued)
{
	own_struct(buf) head = buf_new(1024), payload = buf_new(1 << 20), tbs = buf_new(1 << 20), raw = buf_new(64);
	unsigned char kid[8], root[SHA256_LEN] = { 0 };
	struct err e;

	status_list_kid(kid, m->service.cert);
	assert_done(status_list_payload(&head, &payload, kid, STATUS_URI, issued, issued + 14 * DAY_SECS, 20, root, statuses, n, &e), e);
	cose_tbs(&tbs, buf_span(&head), SPAN_NONE, buf_span(&payload));
	maker_sign(&raw, m->service.key, XADES_ECDSA_SHA256, buf_span(&tbs));
	cose_write(cwt, buf_span(&head), buf_span(&payload), buf_span(&raw));
}

void
maker_status_list(struct maker *m, struct evidence *v, const unsigned char *statuses, size_t n, int64_t issued)
{
	own_struct(buf) cwt = buf_new(1 << 20);
	struct err e;

	maker_status_list_octets(m, &cwt, statuses, n, issued);
	assert_done(evidence_add(v, "1.cwt", buf_span(&cwt), false, &e), e);
}

static void
put_record(struct buf *out, struct span document)
{
	unsigned char digest[SHA256_LEN];

	sha256(digest, document);
	cbor_put_map(out, 2);
	cbor_put_text(out, "verb");
	cbor_put_text(out, "permit.issue");
	cbor_put_text(out, "sha256");
	cbor_put_bytes(out, span_of(digest, sizeof(digest)));
}

static void
sign_note(struct buf *note, const struct checkpoint *c, EVP_PKEY *key, const struct note_key *name)
{
	own_struct(buf) text = buf_new(1000);
	own(EVP_MD_CTX) *md = must(EVP_MD_CTX_new());
	unsigned char signature[64];
	size_t len = sizeof(signature);

	checkpoint_text(&text, c);
	assert_int_equal(EVP_DigestSignInit(md, NULL, NULL, NULL, key), 1);
	assert_int_equal(EVP_DigestSign(md, signature, &len, text.ptr, text.len), 1);
	buf_put_span(note, buf_span(&text));
	buf_put_byte(note, '\n');
	note_line(note, name, signature);
}

void
maker_log_proof_octets(struct buf *vkey, struct buf *proof, struct span document, int64_t when)
{
	own(EVP_PKEY) *key = must(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
	own_struct(buf) record = buf_new(4096), entry = buf_new(ENTRY_MAX), note = buf_new(NOTE_MAX);
	unsigned char handle[HANDLE_LEN], salt[SALT_LEN] = { 7 }, public[32];
	struct entry x = { .type = 5, .time = when, .org = span_str("H99.31.07"), .category = span_str("construction"), .prev = -1 };
	struct checkpoint c = { .origin = "log.hoagiang.example/thu-nghiem", .size = 1 };
	struct note_key name;
	size_t len = sizeof(public);
	struct err e;

	assert_int_equal(EVP_PKEY_get_raw_public_key(key, public, &len), 1);
	assert_done(note_key_new(&name, c.origin, public, &e), e);
	assert_done(hex_get_fixed(handle, sizeof(handle), span_str("000102030405060708090a0b0c0d0e0f"), &e), e);
	put_record(&record, document);
	entry_commit(x.commit, salt, buf_span(&record));
	x.handle = span_of(handle, sizeof(handle));
	assert_done(entry_write(&entry, &x, &e), e);
	merkle_leaf(&c.root, buf_span(&entry));
	sign_note(&note, &c, key, &name);
	tlog_proof_write(proof, 0, NULL, 0, buf_span(&entry), buf_span(&record), salt, buf_span(&note));
	note_key_text(vkey, &name);
}

void
maker_log_proof(struct maker *m, struct evidence *v, struct span document, int64_t when)
{
	own_struct(buf) vkey = buf_new(1000), proof = buf_new(TLOG_PROOF_MAX);
	struct err e;

	maker_log_proof_octets(&vkey, &proof, document, when);
	assert_done(evidence_add(v, "log.vkey", buf_span(&vkey), true, &e), e);
	assert_done(evidence_add(v, "issued.tlog-proof", buf_span(&proof), false, &e), e);
}

void
maker_judge(struct maker *m, struct report *r, struct span document, const struct evidence *v)
{
	const struct judge_question q = { .document = document, .at = maker_now, .day = day_in_vietnam(maker_now), .policy = m->policy,
		.grammars = m->grammars, .evidence = v };

	judge_permit(r, &q);
}

X509_CRL *
maker_revoking(struct maker *m, X509 *cert, int64_t date, int reason, int64_t invalidity)
{
	const struct maker_revoked one = { cert, date, reason, invalidity };

	return maker_crl(m, maker_now - 60, maker_now + 14 * DAY_SECS, &one, 1);
}

void
maker_expect(const char *name, const struct report *r, enum verdict verdict, enum sub_indication sub)
{
	if (r->verdict != verdict || r->sub != sub)
		print_error("%s: %s %s: %s\n", name, verdict_word(r->verdict), sub_word(r->sub), r->reasons.n > 0 ? r->reasons.at[0].en : "");
	assert_case(name, r->verdict == verdict && r->sub == sub);
}
