#include "signer/outside.h"

#include "base/clock.h"
#include "verifier/stamper.h"

#define NONCE_LEN 16
#define ANSWER_MAX (64u << 10)

static bool
check_token(struct span token, const struct time_authority *a, const unsigned char imprint[SHA256_LEN], struct span nonce, int64_t asked, struct err *e)
{
	struct path_result path = { 0 };
	struct tst t = { 0 };
	bool good = tst_check(&t, token, EVP_sha256(), span_of(imprint, SHA256_LEN), NULL, e) &&
	    (span_eq(span_of(t.nonce, t.nonce_len), nonce) || fail(e, ERR_INPUT, "the time stamp has another nonce than its request")) &&
	    stamp_timely(&t, asked, clock_now(), e) && stamper_path(&path, a, &t, NULL, e);

	path_result_drop(&path);
	tst_drop(&t);
	return good;
}

bool
outside_lasts(struct span token, const struct time_authority *a, const unsigned char imprint[SHA256_LEN], struct span crls, struct err *e)
{
	struct span used[PATH_MAX_CERTS];
	struct path_result path = { 0 };
	struct tst t = { 0 };
	size_t n;
	bool good = tst_check(&t, token, EVP_sha256(), span_of(imprint, SHA256_LEN), NULL, e) && stamper_path(&path, a, &t, NULL, e) &&
	    stamper_status(used, &n, &path, crls, t.time, e);

	path_result_drop(&path);
	tst_drop(&t);
	return good || fail_in(e, "time stamp of %s", a->id);
}

bool
outside_stamp(struct buf *token, struct outside_http *h, const char *url, const struct time_authority *a, const unsigned char imprint[SHA256_LEN], struct err *e)
{
	own_struct(buf) request = buf_new(1024);
	own_struct(buf) response = buf_new(ANSWER_MAX);
	unsigned char nonce[NONCE_LEN];
	int64_t asked = clock_now();

	if (!random_bytes(nonce, sizeof(nonce), e))
		return false;
	nonce[0] = (nonce[0] & 0x3f) | 0x40;	/* a positive number of its length */
	tst_request(&request, EVP_sha256(), span_of(imprint, SHA256_LEN), span_of(nonce, sizeof(nonce)));
	return (outside_http_stamp(h, url, buf_span(&request), &response, e) && tst_of_response(token, buf_span(&response), e) &&
	    check_token(buf_span(token), a, imprint, span_of(nonce, sizeof(nonce)), asked, e)) || fail_in(e, "time stamp of %s", a->id);
}
