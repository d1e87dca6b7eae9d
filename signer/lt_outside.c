/*
 * Another authority's time stamp (permit_life.h), brought by antin-tsa-outside, which
 * has looked at it; looked at again, for what is sealed with it must last: a path to
 * the anchor of its row, and for every certificate on it a CRL of its issuer that was
 * not over at the time of the stamp, and does not say that it was revoked.
 */
#include "signer/permit_life.h"

#include "base/clock.h"
#include "signer/outside_proto.h"
#include "verifier/stamper.h"
#include "verifier/xades_write.h"

#include <stdatomic.h>

static const struct err_rule waits = { ERR_LATER, NULL, "stamp-waits", "đang chờ dấu thời gian" };

bool
stamp_waits(const struct err *e)
{
	return strcmp(e->code, waits.code) == 0;
}

bool
lt_is_outside(const struct service *s, const char *kind)
{
	return s->outside != NULL && (strcmp(s->outside_kinds, "*") == 0 || word_in(s->outside_kinds, kind));
}

/* So many threads wait at once; whoever comes then is told at once that it waits, so that
 * what needs no stamp is heard. */
#define WAITERS_MAX 32
static atomic_uint waiters;

struct brought { struct msg reply; struct span crls; };

static bool
ask(struct brought *b, const struct service *s, const unsigned char imprint[SHA256_LEN], int64_t until, struct err *e)
{
	own_struct(msg) request = msg_new(OUTSIDE_STAMP, OUTSIDE_MESSAGE_MAX);
	bool may_wait = atomic_fetch_add(&waiters, 1) < WAITERS_MAX;
	int64_t patience = may_wait ? until - clock_mono_ms() : 0;
	bool good;

	msg_put_str(&request, s->authority->id);
	msg_put(&request, span_of(imprint, SHA256_LEN));
	msg_put_u64(&request, patience > 0 ? (uint64_t)patience : 0);
	good = peer_call(s->outside, &request, &b->reply, e);
	atomic_fetch_sub(&waiters, 1);
	if (good)
		b->crls = msg_span(&b->reply, 1);
	return good;
}

static bool
add_path(struct lt_evidence *v, const struct path_result *path, struct span crls, int64_t at, struct err *e)
{
	struct span used[PATH_MAX_CERTS];
	size_t n;

	if (!stamper_status(used, &n, path, crls, at, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		own_struct(buf) der = buf_new(64u << 10);

		cert_to_der(&der, sk_X509_value(path->chain, (int)i));
		/* The stamp has its own; the anchor is the reader's. */
		if ((i > 0 && !lt_add_cert(v, buf_span(&der), e)) || !lt_add_crl(v, used[i], e))
			return false;
	}
	return true;
}

static bool
take_stamp(struct lt_evidence *v, const struct service *s, const struct lt_wish *w, const struct brought *b, const unsigned char imprint[SHA256_LEN], struct err *e)
{
	struct path_result path = { 0 };
	struct tst t = { 0 };
	bool good;

	buf_put_span(&v->stamp, msg_span(&b->reply, 0));
	good = buf_ok(&v->stamp, "time stamp", e) && tst_check(&t, buf_span(&v->stamp), EVP_sha256(), span_of(imprint, SHA256_LEN), NULL, e) &&
	    stamp_timely(&t, w->signed_at, clock_now(), e) && stamper_path(&path, s->authority, &t, NULL, e) && add_path(v, &path, b->crls, t.time, e);
	if (good)
		lt_note_proof(v, s, &t, path.chain);
	path_result_drop(&path);
	tst_drop(&t);
	return good;
}

bool
lt_outside(struct lt_evidence *v, const struct service *s, const struct lt_wish *w, struct err *e)
{
	struct brought b = { .reply = msg_new(0, 1) };
	unsigned char imprint[SHA256_LEN];
	bool good;

	xades_imprint(imprint, w->value);
	good = ask(&b, s, imprint, w->until, e) && take_stamp(v, s, w, &b, imprint, e);
	msg_drop(&b.reply);
	return good || fail_as(e, &waits);
}
