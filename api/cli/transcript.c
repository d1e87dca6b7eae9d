#include "api/cli/transcript.h"

#include "base/clock.h"
#include "base/file.h"

#define PROGRAM_MAX (256u << 20)

static void
put_hash(struct buf *out, const char *what, struct span octets)
{
	unsigned char hash[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];

	sha256(hash, octets);
	hex_text(hex, span_of(hash, SHA256_LEN));
	buf_printf(out, "%-24s SHA-256 %s\n", what, hex);
}

/* The very program that runs. */
static bool
put_program(struct buf *out, struct err *e)
{
	own_struct(buf) octets = buf_new(PROGRAM_MAX);

	if (!file_read(&octets, "/proc/self/exe", e))
		return false;
	put_hash(out, "antin-office", buf_span(&octets));
	return true;
}

static void
put_key(struct buf *out, const char *what, const EVP_PKEY *key)
{
	unsigned char id[KEY_ID_LEN];
	char hex[2 * KEY_ID_LEN + 1];

	key_id_of(id, key);
	hex_text(hex, span_of(id, KEY_ID_LEN));
	buf_printf(out, "%-24s SPKI SHA-256 %s\n", what, hex);
}

static bool
put_certificate(struct buf *out, const char *what, struct span der, struct err *e)
{
	own_struct(buf) serial = buf_new(128);
	own(X509) *cert = NULL;
	char from[TIME_TEXT], to[TIME_TEXT];

	if (!cert_from_der(&cert, der, e))
		return false;
	serial_hex(&serial, X509_get0_serialNumber(cert));
	time_text_utc(from, asn1_time_secs(X509_get0_notBefore(cert)));
	time_text_utc(to, asn1_time_secs(X509_get0_notAfter(cert)));
	put_hash(out, what, der);
	buf_printf(out, "  serial %s, %s - %s\n", buf_str(&serial), from, to);
	return true;
}

static void
put_people(struct buf *out, const struct ceremony_plan *p)
{
	for (size_t i = 0; i < p->npersons; i++) {
		buf_printf(out, "%s, %s, %s, %s: %s\n", p->person[i].person, p->person[i].name, p->person[i].title, p->person[i].agency, p->person[i].roles);
		put_hash(out, "  yêu cầu / request (DER)", p->person[i].csr);
	}
	for (size_t i = 0; i < p->nservices; i++) {
		buf_printf(out, "%s, %s, %s\n", p->service[i].profile, p->service[i].name, p->service[i].agency);
		put_hash(out, "  yêu cầu / request (DER)", p->service[i].csr);
	}
}

static void
put_lines(struct buf *out, unsigned custodians)
{
	buf_put_str(out, "\nChữ ký / Signatures\n");
	for (unsigned i = 0; i < custodians; i++)
		buf_printf(out, "\nNgười giữ mảnh / custodian %u: ______________________________  ngày / date ____________\n", i + 1);
	buf_put_str(out, "\nNgười điều hành / operator:  ______________________________  ngày / date ____________\n"
	    "\nKiểm toán viên / auditor:    ______________________________  ngày / date ____________\n");
}

/* When it ends is when the next ceremony must have been. */
static bool
put_crl(struct buf *out, const char *what, struct span der, struct err *e)
{
	own(X509_CRL) *crl = NULL;
	own(ASN1_INTEGER) *number = NULL;
	own_struct(buf) hex = buf_new(128);
	char from[TIME_TEXT], to[TIME_TEXT];

	if (!crl_from_any(&crl, der, e))
		return false;
	number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
	if (number == NULL)
		return fail_ossl(e, ERR_INPUT, "%s has no number", what);
	serial_hex(&hex, number);
	time_text_utc(from, asn1_time_secs(X509_CRL_get0_lastUpdate(crl)));
	time_text_utc(to, asn1_time_secs(X509_CRL_get0_nextUpdate(crl)));
	put_hash(out, what, der);
	buf_printf(out, "  số / number %s (hex), %s - %s, %d thu hồi / revoked\n", buf_str(&hex), from, to,
	    X509_CRL_get_REVOKED(crl) == NULL ? 0 : sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)));
	return true;
}

static void
put_revoked(struct buf *out, const struct root_crl_plan *crl)
{
	for (size_t i = 0; i < crl->nrevoke; i++) {
		const struct root_revocation *r = &crl->revoke[i];
		own_struct(buf) serial = buf_new(128);
		char date[TIME_TEXT];

		serial_hex(&serial, X509_get0_serialNumber(r->cert));
		time_text_utc(date, r->date);
		buf_printf(out, "thu hồi / revoked: serial %s, %s, lý do / reason %d (RFC 5280)\n", buf_str(&serial), date, r->reason);
	}
	if (crl->nrevoke == 0)
		buf_put_str(out, "không thu hồi chứng thư nào / no certificate is revoked\n");
}

/* What begins or goes on: an authority. */
static void
put_authority(struct buf *out, const struct transcript *t)
{
	const struct ceremony_plan *p = t->p;

	buf_printf(out, "%-24s SHA-256 ", "chính sách / policy");
	hex_put(out, span_of(p->policy->hash, SHA256_LEN));
	buf_printf(out, "\nbậc / tier %s; %s; %s\n", p->tier, p->issuing_name, p->site);
	if (p->root == NULL)
		buf_printf(out, "gốc mới / new root: %s\nsổ / log %s\n", p->root_name, p->log_vkey);
	else
		buf_printf(out, "khóa cấp thứ %lld của gốc đã có / issuing key %lld of the root that is\n", (long long)p->generation, (long long)p->generation);
	buf_put_str(out, "\nNgười và dịch vụ đầu tiên / First people and services\n");
	put_people(out, p);
}

static bool
put_in(struct buf *out, const struct transcript *t, struct err *e)
{
	buf_printf(out, "Vào / In\n");
	put_hash(out, t->plan_name, t->plan);
	if (!put_program(out, e))
		return false;
	buf_printf(out, "thẻ gốc / root token: %s, %s\n", t->root_token, t->custody);
	if (t->crl->last.len > 0) {
		if (!put_crl(out, "danh sách trước / last CRL", t->crl->last, e))
			return false;
		put_revoked(out, t->crl);
	}
	if (t->p != NULL)
		put_authority(out, t);
	return true;
}

static bool
put_out(struct buf *out, const struct transcript *t, struct err *e)
{
	own_str char *issuing = t->p == NULL || t->p->root == NULL ? xstrdup("issuing.crt") : xprintf("issuing-%d.crt", (int)t->p->generation);

	buf_put_str(out, "\nRa / Out (DER)\n");
	put_key(out, "khóa gốc / root key", t->root_key);
	if (t->p != NULL) {
		put_key(out, "khóa cấp / issuing key", t->p->issuing_key);
		if (!put_certificate(out, "root.crt", buf_span(&t->r->root), e) || !put_certificate(out, issuing, buf_span(&t->r->issuing), e))
			return false;
		put_hash(out, t->p->root == NULL ? "ceremony.cms" : "roll-over.cms", buf_span(&t->r->bundle));
	}
	return put_crl(out, "root.crl", buf_span(&t->r->root_crl), e);
}

bool
transcript_write(struct buf *out, const struct transcript *t, struct err *e)
{
	char when[TIME_TEXT];

	time_text_vn(when, t->now);
	buf_printf(out, "%s%s\n%s\n\n", t->p == NULL ? "BIÊN BẢN LỄ KÝ DANH SÁCH THU HỒI CỦA GỐC / CEREMONY OF THE ROOT'S CRL" : "BIÊN BẢN LỄ TẠO KHÓA / KEY CEREMONY",
	    t->rehearsal ? "\nDIỄN TẬP, không có giá trị / A REHEARSAL, of no effect" : "", when);
	if (!put_in(out, t, e) || !put_out(out, t, e))
		return false;
	put_lines(out, t->signatures);
	return buf_ok(out, "the transcript", e);
}
