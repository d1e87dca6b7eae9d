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
	put_hash(out, "antin", buf_span(&octets));
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

bool
transcript_write(struct buf *out, const struct transcript *t, struct err *e)
{
	own_str char *issuing = xprintf("issuing-%d.crt", (int)t->p->generation);
	char when[TIME_TEXT];

	time_text_vn(when, t->p->now);
	buf_printf(out, "BIÊN BẢN LỄ TẠO KHÓA / KEY CEREMONY%s\n%s\n\n", t->rehearsal ? "\nDIỄN TẬP, không có giá trị / A REHEARSAL, of no effect" : "", when);
	buf_printf(out, "Vào / In\n");
	put_hash(out, t->plan_name, t->plan);
	buf_printf(out, "%-24s SHA-256 ", "chính sách / policy");
	hex_put(out, span_of(t->p->policy->hash, SHA256_LEN));
	buf_put_str(out, "\n");
	if (!put_program(out, e))
		return false;
	buf_printf(out, "thẻ gốc / root token: %s, %s\nbậc / tier %s; %s; %s\n", t->root_token, t->custody, t->p->tier, t->p->issuing_name, t->p->site);
	if (t->p->root == NULL)
		buf_printf(out, "gốc mới / new root: %s\nsổ / log %s\n", t->p->root_name, t->p->log_vkey);
	else
		buf_printf(out, "khóa cấp thứ %lld của gốc đã có / issuing key %lld of the root that is\n", (long long)t->p->generation, (long long)t->p->generation);
	buf_put_str(out, "\nNgười và dịch vụ đầu tiên / First people and services\n");
	put_people(out, t->p);
	buf_put_str(out, "\nRa / Out (DER)\n");
	put_key(out, "khóa gốc / root key", t->p->root_key);
	put_key(out, "khóa cấp / issuing key", t->p->issuing_key);
	if (!put_certificate(out, "root.crt", buf_span(&t->r->root), e) ||
	    !put_certificate(out, t->p->root == NULL ? "issuing.crt" : issuing, buf_span(&t->r->issuing), e))
		return false;
	put_hash(out, "root.crl", buf_span(&t->r->root_crl));
	put_hash(out, t->p->root == NULL ? "ceremony.cms" : "roll-over.cms", buf_span(&t->r->bundle));
	put_lines(out, t->signatures);
	return buf_ok(out, "the transcript", e);
}
