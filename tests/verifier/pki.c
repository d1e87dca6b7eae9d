#include "tests/base/test.h"
#include "tests/verifier/pki.h"

#include "base/file.h"

#include <openssl/conf.h>

#include <sys/wait.h>
#include <unistd.h>

static void *
must(void *p)
{
	assert_non_null(p);
	return p;
}

void
pki_drop(struct pki_party *p)
{
	EVP_PKEY_free(p->key);
	X509_free(p->cert);
	*p = (struct pki_party){ 0 };
}

static X509_EXTENSION *
make_ext(X509 *cert, X509 *issuer, const char *oid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *x;
	CONF *empty = must(NCONF_new(NULL));

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	X509V3_set_nconf(&ctx, empty);
	x = must(X509V3_EXT_nconf(empty, &ctx, oid, value));
	NCONF_free(empty);
	return x;
}

static void
add_ext(X509 *cert, X509 *issuer, const char *oid, const char *value)
{
	if (value == NULL || value[0] == '\0')
		return;
	own(X509_EXTENSION) *x = make_ext(cert, issuer, oid, value);

	assert_int_equal(X509_add_ext(cert, x, -1), 1);
}

/* An extension that no one knows, critical. */
static X509_EXTENSION *
unknown_ext(const char *oid)
{
	own(ASN1_OBJECT) *o = must(OBJ_txt2obj(oid, 1));
	own(ASN1_OCTET_STRING) *value = must(ASN1_OCTET_STRING_new());

	ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x05\x00", 2);
	return must(X509_EXTENSION_create_by_OBJ(NULL, o, 1, value));
}

struct pki_party
pki_party(const struct pki_wish *w, const struct pki_party *issuer)
{
	static int64_t serials = 0x4100000001;
	struct pki_party p = { .key = w->key != NULL ? w->key : must(EVP_EC_gen("P-256")), .cert = must(X509_new()) };
	X509 *by = issuer == NULL ? p.cert : issuer->cert;
	X509_NAME *name = X509_get_subject_name(p.cert);

	X509_set_version(p.cert, 2);
	ASN1_INTEGER_set_int64(X509_get_serialNumber(p.cert), serials++);
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "C", MBSTRING_UTF8, (const unsigned char *)"VN", -1, -1, 0), 1);
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)w->name, -1, -1, 0), 1);
	X509_set_issuer_name(p.cert, X509_get_subject_name(by));
	ASN1_TIME_set(X509_getm_notBefore(p.cert), (time_t)(w->from != 0 ? w->from : PKI_NOW - PKI_YEAR));
	ASN1_TIME_set(X509_getm_notAfter(p.cert), (time_t)(w->to != 0 ? w->to : PKI_NOW + PKI_YEAR));
	X509_set_pubkey(p.cert, p.key);
	add_ext(p.cert, by, "basicConstraints", w->constraints == NULL ? "critical,CA:FALSE" : w->constraints);
	add_ext(p.cert, by, "keyUsage", w->usage == NULL ? "critical,digitalSignature" : w->usage);
	add_ext(p.cert, by, "extendedKeyUsage", w->eku);
	add_ext(p.cert, by, "subjectKeyIdentifier", "hash");
	if (issuer != NULL)
		add_ext(p.cert, by, "authorityKeyIdentifier", "keyid");
	for (size_t i = 0; i < COUNT(w->ext); i++)
		if (w->ext[i].oid != NULL)
			add_ext(p.cert, by, w->ext[i].oid, w->ext[i].value);
	if (w->unknown_critical != NULL) {
		own(X509_EXTENSION) *x = unknown_ext(w->unknown_critical);

		X509_add_ext(p.cert, x, -1);
	}
	assert_true(X509_sign(p.cert, issuer == NULL ? p.key : issuer->key, w->md != NULL ? w->md : EVP_sha256()) > 0);
	return p;
}

struct pki_party
pki_ca(const char *name, const struct pki_party *issuer)
{
	return pki_party(&(struct pki_wish){ .name = name, .constraints = "critical,CA:TRUE", .usage = "critical,keyCertSign,cRLSign" }, issuer);
}

static void
add_entry(X509_CRL *crl, const struct pki_entry *entry)
{
	X509_REVOKED *r = must(X509_REVOKED_new());
	own(ASN1_TIME) *date = must(ASN1_TIME_set(NULL, (time_t)entry->date));

	X509_REVOKED_set_serialNumber(r, X509_get_serialNumber(entry->cert));
	X509_REVOKED_set_revocationDate(r, date);
	if (entry->reason != 0) {
		ASN1_ENUMERATED *reason = must(ASN1_ENUMERATED_new());

		ASN1_ENUMERATED_set(reason, entry->reason);
		assert_int_equal(X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, reason, 0, 0), 1);
		ASN1_ENUMERATED_free(reason);
	}
	if (entry->invalidity != 0) {
		own(ASN1_TIME) *t = must(ASN1_GENERALIZEDTIME_set(NULL, (time_t)entry->invalidity));

		assert_int_equal(X509_REVOKED_add1_ext_i2d(r, NID_invalidity_date, t, 0, 0), 1);
	}
	if (entry->unknown_critical) {
		own(X509_EXTENSION) *x = unknown_ext("2.25.99");

		X509_REVOKED_add_ext(r, x, -1);
	}
	for (size_t i = 0; i < 2 && entry->odd[i].nid != 0; i++) {
		own(ASN1_OCTET_STRING) *octets = must(ASN1_OCTET_STRING_new());
		own(X509_EXTENSION) *x = NULL;

		ASN1_OCTET_STRING_set(octets, (const unsigned char *)entry->odd[i].der, -1);
		x = must(X509_EXTENSION_create_by_NID(NULL, entry->odd[i].nid, 0, octets));
		X509_REVOKED_add_ext(r, x, -1);
	}
	assert_int_equal(X509_CRL_add0_revoked(crl, r), 1);
}

X509_CRL *
pki_crl(const struct pki_party *issuer, const struct pki_crl *w)
{
	static long number = 7;
	X509_CRL *crl = must(X509_CRL_new());
	own(ASN1_TIME) *from = must(ASN1_TIME_set(NULL, (time_t)(w->from != 0 ? w->from : PKI_NOW - 3600)));
	own(ASN1_TIME) *to = must(ASN1_TIME_set(NULL, (time_t)(w->to != 0 ? w->to : PKI_NOW + 86400)));
	own(ASN1_INTEGER) *n = must(ASN1_INTEGER_new());

	ASN1_INTEGER_set(n, number++);
	X509_CRL_set_version(crl, w->v1 ? 0 : 1);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->cert));
	X509_CRL_set1_lastUpdate(crl, from);
	X509_CRL_set1_nextUpdate(crl, to);
	for (size_t i = 0; i < w->n; i++)
		add_entry(crl, &w->entry[i]);
	if (!w->v1 && !w->no_number)
		assert_int_equal(X509_CRL_add1_ext_i2d(crl, NID_crl_number, n, 0, 0), 1);
	if (w->delta)
		assert_int_equal(X509_CRL_add1_ext_i2d(crl, NID_delta_crl, n, 1, 0), 1);
	if (w->unknown_critical) {
		own(X509_EXTENSION) *x = unknown_ext("2.25.98");

		X509_CRL_add_ext(crl, x, -1);
	}
	if (w->idp != NULL) {
		own(X509_EXTENSION) *x = make_ext(issuer->cert, issuer->cert, "issuingDistributionPoint", w->idp);

		X509_CRL_add_ext(crl, x, -1);
	}
	assert_true(X509_CRL_sign(crl, issuer->key, w->md != NULL ? w->md : EVP_sha256()) > 0);
	return crl;
}

static TS_TST_INFO *
stamp_info(struct span imprint, const struct pki_stamp *w)
{
	TS_TST_INFO *info = must(TS_TST_INFO_new());
	TS_MSG_IMPRINT *mi = must(TS_MSG_IMPRINT_new());
	X509_ALGOR *alg = must(X509_ALGOR_new());
	own(ASN1_OBJECT) *policy = must(OBJ_txt2obj("2.25.1", 1));
	own(ASN1_INTEGER) *serial = must(ASN1_INTEGER_new());
	own(ASN1_TIME) *when = must(ASN1_GENERALIZEDTIME_set(NULL, (time_t)w->when));

	ASN1_INTEGER_set(serial, 4711);
	X509_ALGOR_set0(alg, OBJ_nid2obj(w->imprint_nid != 0 ? w->imprint_nid : NID_sha256), V_ASN1_NULL, NULL);
	TS_MSG_IMPRINT_set_algo(mi, alg);
	TS_MSG_IMPRINT_set_msg(mi, (unsigned char *)imprint.ptr, (int)imprint.len);
	TS_TST_INFO_set_version(info, 1);
	TS_TST_INFO_set_policy_id(info, policy);
	TS_TST_INFO_set_msg_imprint(info, mi);
	TS_TST_INFO_set_serial(info, serial);
	TS_TST_INFO_set_time(info, when);
	TS_MSG_IMPRINT_free(mi);
	X509_ALGOR_free(alg);
	return info;
}

void
pki_stamp(struct buf *token, const struct pki_party *tsa, struct span imprint, const struct pki_stamp *w)
{
	TS_TST_INFO *info = stamp_info(imprint, w);
	unsigned flags = CMS_BINARY | CMS_NOSMIMECAP | (w->no_ess ? 0u : (unsigned)CMS_CADES) | (w->no_cert ? (unsigned)CMS_NOCERTS : 0u);
	const EVP_MD *md = w->md != NULL ? w->md : EVP_sha256();
	own(CMS_ContentInfo) *cms = must(CMS_sign(NULL, NULL, NULL, NULL, CMS_PARTIAL | CMS_BINARY));
	unsigned char *der = NULL, *out = NULL;
	int n = i2d_TS_TST_INFO(info, &der);
	own(BIO) *in = must(BIO_new_mem_buf(der, n));

	if (!w->other_content)
		assert_int_equal(CMS_set1_eContentType(cms, OBJ_nid2obj(NID_id_smime_ct_TSTInfo)), 1);
	must(CMS_add1_signer(cms, tsa->cert, tsa->key, md, flags));
	if (w->two_signers)
		must(CMS_add1_signer(cms, w->also->cert, w->also->key, md, flags));
	else if (w->also != NULL)
		assert_int_equal(CMS_add1_cert(cms, w->also->cert), 1);
	assert_int_equal(CMS_final(cms, in, NULL, flags), 1);
	n = i2d_CMS_ContentInfo(cms, &out);
	buf_put(token, out, (size_t)n);
	OPENSSL_free(out);
	OPENSSL_free(der);
	TS_TST_INFO_free(info);
}

char *
pki_folder(void)
{
	char *path = must(strdup("/tmp/antin-pki-XXXXXX"));

	return must(mkdtemp(path));
}

void
pki_write(const char *folder, const char *name, struct span octets)
{
	own_str char *path = xprintf("%s/%s", folder, name);
	FILE *f = must(fopen(path, "wb"));

	assert_int_equal(fwrite(octets.ptr, 1, octets.len, f), octets.len);
	fclose(f);
}

void
pki_write_cert(const char *folder, const char *name, X509 *cert)
{
	own_str char *path = xprintf("%s/%s", folder, name);
	FILE *f = must(fopen(path, "wb"));

	assert_int_equal(PEM_write_X509(f, cert), 1);
	fclose(f);
}

void
pki_write_party(const char *folder, const char *name, const struct pki_party *p)
{
	own_str char *crt = xprintf("%s.crt", name), *path = xprintf("%s/%s.key", folder, name);
	FILE *f = must(fopen(path, "wb"));

	pki_write_cert(folder, crt, p->cert);
	assert_int_equal(PEM_write_PrivateKey(f, p->key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(f);
}

void
pki_write_crl(const char *folder, const char *name, X509_CRL *crl)
{
	own_str char *path = xprintf("%s/%s", folder, name);
	FILE *f = must(fopen(path, "wb"));

	assert_int_equal(PEM_write_X509_CRL(f, crl), 1);
	fclose(f);
}

int
pki_run(const char *folder, const char *command)
{
	own_str char *line = xprintf("cd %s && { %s; } >/dev/null 2>&1", folder, command);
	int status = system(line);

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void
pki_remove(char *folder)
{
	own_str char *line = xprintf("rm -rf %s", folder);

	assert_int_equal(system(line), 0);
	free(folder);
}
