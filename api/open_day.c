#include "api/open_day.h"

#include "api/forward.h"
#include "api/public.h"
#include "signer/proto.h"

enum { FILE_OCTETS, SIGNATURE };

static bool
answered(struct call *c, unsigned which, const char *type, struct err *e)
{
	own_struct(msg) m = msg_new(SIGNER_OPEN_DAY, 256), reply = msg_new(0, HTTP_REPLY_MAX);
	int64_t after;

	if (!text_fits(span_str(c->arg), "the day", e) || !number_read(&after, http_query(c->in, "after"), 0, INT64_MAX, "after", e))
		return false;
	if (strlen(c->arg) > 32)
		return fail(e, ERR_INPUT, "a day is written YYYY-MM-DD");
	msg_put_str(&m, c->arg);
	msg_put_u64(&m, (uint64_t)after);
	if (!peer_call(c->api->signer, &m, &reply, e))
		return false;
	buf_put_span(&c->out->body, msg_span(&reply, which));
	return public_unindexed(c, type, e);
}

bool
open_day_run(struct call *c, struct err *e)
{
	return answered(c, FILE_OCTETS, "application/jsonl", e);
}

bool
open_day_signature_run(struct call *c, struct err *e)
{
	return answered(c, SIGNATURE, "application/jose", e);
}
