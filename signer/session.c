#include "signer/session.h"

#include <stdio.h>

void
session_drop(struct session *x)
{
	json_decref(x->documents);
}

bool
session_put(const struct service *s, const struct session *x, struct err *e)
{
	own(json_t) *j = json_pack("{s:s, s:I, s:O}", "serial", x->serial, "time", (json_int_t)x->time, "documents", x->documents);
	own_struct(buf) body = buf_new(1 << 20);
	own_struct(reg_unit) u = reg_unit_new();

	promise(j != NULL);
	json_write(&body, j);
	if (!buf_ok(&body, "the session", e))
		return false;
	reg_verb(&u, "session.put");
	reg_bytes(&u, "id", span_of(x->id, sizeof(x->id)));
	reg_bytes(&u, "body", buf_span(&body));
	reg_int(&u, "expires", x->time + SESSION_SECS);
	return reg_run(s->reg, &u, NULL, e);
}

bool
session_take(struct session *out, const struct service *s, const char *id_hex, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	own_struct(reg_results) results = { .reply = msg_new(0, 1) };
	own(json_t) *j = NULL;
	struct session x = { .documents = NULL };
	const char *serial;
	struct span body;

	if (!hex_get_fixed(x.id, sizeof(x.id), span_str(id_hex), e))
		return fail_in(e, "\"session\"");
	reg_verb(&u, "session.take");
	reg_bytes(&u, "id", span_of(x.id, sizeof(x.id)));
	if (!reg_run(s->reg, &u, &results, e) || !reg_result_span(&results, 0, "body", &body, e) || !json_read(&j, body, e) ||
	    !json_take_str(&serial, j, "serial", e) || !json_take_int(&x.time, j, "time", e) || !json_take_arr(&x.documents, j, "documents", e))
		return false;
	json_incref(x.documents);
	snprintf(x.serial, sizeof(x.serial), "%s", serial);
	*out = x;
	return true;
}
