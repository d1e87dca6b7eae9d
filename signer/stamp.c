#include "signer/stamp.h"

#include "base/fault.h"

#include <openssl/err.h>

#include <sys/timex.h>
#include <time.h>

#define MAX_ERROR_USECS 1000000		/* the accuracy that is promised */

bool
stamp_clock_ok(void)
{
	struct timex t = { .modes = 0 };
	int state = ntp_adjtime(&t);

	return state >= 0 && state != TIME_ERROR && !(t.status & STA_UNSYNC) && t.maxerror <= MAX_ERROR_USECS;
}

struct making { const struct stamper *stamper; struct stamp_record *record; bool clock_ok, refused; struct err why; };

static ASN1_INTEGER *
give_serial(TS_RESP_CTX *ctx, void *arg)
{
	struct making *m = arg;
	ASN1_INTEGER *n = ASN1_INTEGER_new();
	struct timespec ts;
	uint64_t ms;
	struct err e;
	BIGNUM *big;

	clock_gettime(CLOCK_REALTIME, &ts);
	ms = (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
	/* 40, then 48 bits of time, then 72 random bits: the top bit stays clear
	 * and no serial comes twice (RFC 3161 2.4.2). */
	m->record->serial[0] = 0x40;
	for (int i = 0; i < 6; i++)
		m->record->serial[1 + i] = (unsigned char)(ms >> (40 - 8 * i));
	if (n == NULL || !random_bytes(m->record->serial + 7, 9, &e)) {
		ASN1_INTEGER_free(n);
		return NULL;
	}
	big = BN_bin2bn(m->record->serial, sizeof(m->record->serial), NULL);
	promise(big != NULL && BN_to_ASN1_INTEGER(big, n) != NULL);
	BN_free(big);
	return n;
}

/* The last that OpenSSL asks before it signs: so here the register hears of it. */
static int
give_time(TS_RESP_CTX *ctx, void *arg, long *sec, long *usec)
{
	struct making *m = arg;
	struct timespec ts;

	if (!m->clock_ok) {
		TS_RESP_CTX_set_status_info(ctx, TS_STATUS_REJECTION, "The clock is not synchronised.");
		TS_RESP_CTX_add_failure_info(ctx, TS_INFO_TIME_NOT_AVAILABLE);
		return 0;
	}
	clock_gettime(CLOCK_REALTIME, &ts);
	*sec = ts.tv_sec;
	*usec = ts.tv_nsec / 1000;
	m->record->time = ts.tv_sec;
	m->refused = !m->stamper->record(m->stamper->recorder, m->record, &m->why);
	if (m->refused) {
		TS_RESP_CTX_set_status_info(ctx, TS_STATUS_REJECTION, "It could not be recorded.");
		TS_RESP_CTX_add_failure_info(ctx, TS_INFO_SYSTEM_FAILURE);
		return 0;
	}
	FAULT_NOTE("stamp", span_of(m->record->serial, sizeof(m->record->serial)));
	FAULT_POINT("tsa.sign");
	return 1;
}

static TS_RESP_CTX *
context_of(const struct stamper *s, struct making *m)
{
	own(TS_RESP_CTX) *ctx = TS_RESP_CTX_new();
	own(ASN1_OBJECT) *policy = OBJ_txt2obj(s->policy, 1);

	if (ctx == NULL || policy == NULL || TS_RESP_CTX_set_signer_cert(ctx, s->cert) != 1 || TS_RESP_CTX_set_signer_key(ctx, s->key) != 1 ||
	    TS_RESP_CTX_set_signer_digest(ctx, EVP_sha512()) != 1 || TS_RESP_CTX_set_ess_cert_id_digest(ctx, EVP_sha256()) != 1 ||
	    TS_RESP_CTX_set_def_policy(ctx, policy) != 1 || TS_RESP_CTX_add_md(ctx, EVP_sha256()) != 1 ||
	    TS_RESP_CTX_add_md(ctx, EVP_sha384()) != 1 || TS_RESP_CTX_add_md(ctx, EVP_sha512()) != 1 ||
	    TS_RESP_CTX_set_accuracy(ctx, STAMP_ACCURACY_SECS, 0, 0) != 1 || TS_RESP_CTX_set_clock_precision_digits(ctx, 3) != 1)
		return NULL;
	TS_RESP_CTX_set_serial_cb(ctx, give_serial, m);
	TS_RESP_CTX_set_time_cb(ctx, give_time, m);
	return take(&ctx);
}

/* What OpenSSL does not look at; false when the request must be refused. */
static bool
request_ok(struct span request, struct stamp_record *record)
{
	const unsigned char *p = request.ptr;
	own(TS_REQ) *req = request.len > STAMP_REQUEST_MAX ? NULL : d2i_TS_REQ(NULL, &p, (long)request.len);
	const ASN1_INTEGER *nonce;
	const ASN1_OCTET_STRING *imprint;

	if (req == NULL || p != request.ptr + request.len)
		return false;
	nonce = TS_REQ_get_nonce(req);
	imprint = TS_MSG_IMPRINT_get_msg(TS_REQ_get_msg_imprint(req));
	if ((nonce != NULL && ASN1_STRING_length(nonce) > STAMP_NONCE_MAX) || (size_t)ASN1_STRING_length(imprint) > sizeof(record->imprint))
		return false;
	record->imprint_len = (size_t)ASN1_STRING_length(imprint);
	memcpy(record->imprint, ASN1_STRING_get0_data(imprint), record->imprint_len);
	return true;
}

/* A rejection without a context: badDataFormat. */
static void
put_rejection(struct buf *out)
{
	/* TimeStampResp { PKIStatusInfo { rejection(2), failInfo badDataFormat(5) } } */
	static const unsigned char der[] = { 0x30, 0x09, 0x30, 0x07, 0x02, 0x01, 0x02, 0x03, 0x02, 0x02, 0x04 };

	buf_put(out, der, sizeof(der));
}

bool
stamper_answer(struct buf *out, struct stamp_record *record, const struct stamper *s, struct span request, struct err *e)
{
	struct making m = { .stamper = s, .record = record, .clock_ok = s->trust_unsynchronised || stamp_clock_ok() };
	own(TS_RESP_CTX) *ctx = context_of(s, &m);
	own(BIO) *in = BIO_new_mem_buf(request.ptr, (int)request.len);
	own(TS_RESP) *response = NULL;
	unsigned char *der = NULL;
	int n;

	*record = (struct stamp_record){ .granted = false };
	if (ctx == NULL)
		return fail_ossl(e, ERR_BUG, "cannot prepare a time stamp");
	if (!request_ok(request, record)) {
		put_rejection(out);
		ERR_clear_error();
		return buf_ok(out, "response", e);
	}
	response = TS_RESP_create_response(ctx, in);
	FAULT_POINT("tsa.signed");
	if (m.refused) {
		ERR_clear_error();
		*e = m.why;
		return false;
	}
	if (response == NULL)
		return fail_ossl(e, ERR_TOKEN, "cannot make a time stamp");
	record->granted = TS_RESP_get_token(response) != NULL;
	n = i2d_TS_RESP(response, &der);
	promise(n > 0);
	buf_put(out, der, (size_t)n);
	OPENSSL_free(der);
	ERR_clear_error();
	return buf_ok(out, "response", e);
}
