#include "api/parcel.h"

#include "api/forward.h"
#include "api/public.h"
#include "signer/proto.h"

static bool
answered(struct call *c, const struct msg *m, const char *type, struct err *e)
{
	own_struct(msg) reply = msg_new(0, HTTP_REPLY_MAX);

	if (!peer_call(c->api->signer, m, &reply, e))
		return false;
	c->out->type = type;
	c->out->cache = "private, no-cache";
	buf_put_span(&c->out->body, msg_span(&reply, 0));
	etag_put(c, buf_span(&c->out->body));
	return buf_ok(&c->out->body, "the answer", e);
}

bool
parcel_run(struct call *c, struct err *e)
{
	own_struct(msg) m = msg_new(SIGNER_PARCEL, HTTP_REPLY_MAX);
	own_struct(buf) who = buf_new(CALLER_MAX);
	int64_t after;

	if (!caller_need(&who, c, e) || !text_fits(span_str(c->arg), "the parcel", e) || !number_read(&after, http_query(c->in, "after"), 0, INT64_MAX, "after", e))
		return false;
	msg_put(&m, buf_span(&who));
	msg_put_str(&m, c->arg);
	msg_put_u64(&m, (uint64_t)after);
	return answered(c, &m, "application/json", e);
}

bool
places_run(struct call *c, struct err *e)
{
	own_struct(msg) m = msg_new(SIGNER_PLACES, HTTP_REPLY_MAX);
	own_struct(buf) who = buf_new(CALLER_MAX);
	int64_t after;

	if (!caller_need(&who, c, e) || !number_read(&after, http_query(c->in, "after"), -1, INT64_MAX, "after", e))
		return false;
	msg_put(&m, buf_span(&who));
	msg_put_u64(&m, (uint64_t)(after + 1));
	return answered(c, &m, "application/geo+json", e);
}
