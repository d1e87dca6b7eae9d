#include "api/dossier.h"

#include "api/forward.h"
#include "api/public.h"
#include "signer/proto.h"
#include "verifier/proto.h"

bool
dossier_report_run(struct call *c, struct err *e)
{
	own_struct(msg) m = msg_new(SIGNER_DOSSIERS, HTTP_REPLY_MAX);
	own_struct(buf) who = buf_new(CALLER_MAX);
	const char *key;

	if (!caller_need(&who, c, e) || !idempotency_key(&key, c, e) || !text_fits(c->in->body, "the body", e))
		return false;
	msg_put(&m, buf_span(&who));
	msg_put_str(&m, key);
	msg_put(&m, c->in->body);
	return call_json(c, c->api->signer, &m, e);
}

static bool
ask_dossier(json_t **out, struct call *c, struct err *e)
{
	own_struct(msg) m = msg_new(VERIFY_DOSSIER, HTTP_REPLY_MAX);
	own_struct(msg) reply = msg_new(0, HTTP_REPLY_MAX);

	if (!text_fits(span_str(c->arg), "the code", e))
		return false;
	msg_put_str(&m, c->arg);
	msg_put_str(&m, c->in->asker);
	if (!peer_call(c->api->verifier, &m, &reply, e) || !answer_read(out, msg_span(&reply, 0), e))
		return false;
	answer_status_put(c->out, *out);
	return true;
}

/* The permits as a program has them; for whoever is none the list stays. */
static bool
ask_permits(json_t *dossier, struct call *c, struct err *e)
{
	own_struct(msg) m = msg_new(SIGNER_DOSSIER_PERMITS, HTTP_REPLY_MAX);
	own_struct(msg) reply = msg_new(0, HTTP_REPLY_MAX);
	own_struct(buf) who = buf_new(CALLER_MAX);
	own(json_t) *j = NULL;

	if (!caller_of(&who, c, e))
		return false;
	if (who.len == 0)
		return true;
	msg_put(&m, buf_span(&who));
	msg_put_str(&m, json_string_value(json_object_get(dossier, "code")) ?: "");
	if (!peer_call(c->api->signer, &m, &reply, e) || !answer_read(&j, msg_span(&reply, 0), e))
		return false;
	json_object_set(dossier, "permits", json_object_get(j, "permits"));
	return true;
}

/* What there is to say has the form of a refusal, and the answer for people. */
static bool
put_refusal(struct call *c, const json_t *answer, const char *sentence, struct err *e)
{
	enum err_class class = c->out->status >= 400 ? ERR_LATER : ERR_ABSENT;
	own(json_t) *j = NULL;

	(void)!fail(e, class, "%s", sentence);
	http_problem(c->out, class == ERR_ABSENT ? 404 : c->out->status, e);
	if (!answer_read(&j, buf_span(&c->out->body), e))
		return false;
	json_object_set(j, "answer", json_object_get(answer, "answer"));
	buf_reset(&c->out->body);
	json_write(&c->out->body, j);
	return buf_ok(&c->out->body, "the answer", e);
}

/* What the ETag is of: all but the moment of the answer. */
static void
put_etag(struct call *c, const json_t *dossier)
{
	own(json_t) *lasting = json_copy((json_t *)dossier);
	own_struct(buf) text = buf_new(HTTP_REPLY_MAX);

	json_object_del(lasting, "as_of");
	json_write(&text, lasting);
	c->out->cache = "private, no-cache";
	etag_put(c, buf_span(&text));
}

bool
dossier_run(struct call *c, struct err *e)
{
	own(json_t) *answer = NULL;
	json_t *dossier;

	if (!ask_dossier(&answer, c, e))
		return false;
	dossier = json_object_get(answer, "dossier");
	if (c->out->status >= 400)
		return put_refusal(c, answer, "codes cannot be looked up now: too many tries, or the service is busy", e);
	if (dossier == NULL)
		return put_refusal(c, answer, "there is no dossier with this code", e);
	if (!ask_permits(dossier, c, e))
		return false;
	c->out->type = "application/json";
	json_write(&c->out->body, answer);
	put_etag(c, dossier);
	return buf_ok(&c->out->body, "the answer", e);
}
