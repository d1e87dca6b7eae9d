#include "verifier/worker.h"

#include "base/cbor.h"
#include "base/file.h"
#include "base/msg.h"
#include "verifier/csr.h"
#include "verifier/evidence.h"
#include "verifier/proto.h"
#include "verifier/submission.h"

#include <stdlib.h>

#define PACK_MAX (64u << 20)

void
pack_add(struct buf *items, size_t *n, const char *name, struct span octets)
{
	cbor_put_array(items, 2);
	cbor_put_text(items, name);
	cbor_put_bytes(items, octets);
	++*n;
}

void
pack_end(struct buf *pack, struct span items, size_t n)
{
	cbor_put_array(pack, n);
	buf_put_span(pack, items);
}

bool
pack_into(struct evidence *v, struct span pack, bool trusted, struct err *e)
{
	struct cbor c = cbor_read(pack);
	size_t n, two;

	if (!cbor_get_array(&c, &n, "evidence", e))
		return false;
	while (n-- > 0) {
		struct span name, octets;
		own_str char *text = NULL;

		if (!cbor_get_array(&c, &two, "piece", e) || two != 2 || !cbor_get_text(&c, &name, "name", e) || !cbor_get_bytes(&c, &octets, "octets", e))
			return false;
		text = span_dup_str(name);
		if (!evidence_add(v, text, octets, trusted, e))
			return false;
	}
	return true;
}

static bool
put_json(struct msg *out, json_t *j)
{
	own_struct(buf) text = buf_new(WORK_ANSWER_MAX);

	json_write(&text, j);
	json_decref(j);
	msg_put_str(out, buf_str(&text));
	return true;
}

static bool
judge(const struct workshop *w, const struct msg *in, struct span document, struct span pack, struct msg *out, struct err *e)
{
	own(evidence_t) *evidence = evidence_new();
	struct judge_question q = { .document = document, .at = (int64_t)msg_u64(in, 0), .day = (int32_t)(int64_t)msg_u64(in, 1),
		.policy = w->policy, .grammars = w->grammars, .evidence = evidence };
	struct report *r = xalloc(sizeof(*r));

	if (!pack_into(evidence, buf_span(&w->trust), true, e) || !pack_into(evidence, pack, false, e)) {
		free(r);
		return false;
	}
	judge_permit(r, &q);
	put_json(out, report_json(r, w->policy, msg_str(in, 2), q.at));
	report_drop(r);
	free(r);
	return true;
}

static bool
gate_submission(const struct workshop *w, const struct msg *in, struct span json, struct msg *out, struct err *e)
{
	struct submission s;
	bool good = submission_read(&s, json, msg_str(in, 0), w->policy, w->grammars, e);

	if (good) {
		msg_put(out, buf_span(&s.content));
		good = put_json(out, submission_facts(&s));
	} else {
		/* The clerk's words come first, the English behind them. */
		const json_t *first = json_array_get(s.problems, 0);
		const char *vi = json_string_value(json_object_get(first, "vi")), *field = json_string_value(json_object_get(first, "field"));

		if (vi != NULL)
			fail(e, e->class, "%s: %s", field != NULL ? field : "hồ sơ", vi);
	}
	submission_drop(&s);
	return good;
}

bool
work(void *state, const struct msg *in, struct msg *out, struct err *e)
{
	const struct workshop *w = state;
	struct span document = SPAN_NONE, pack = SPAN_NONE;
	own_struct(buf) spki = buf_new(64 << 10);
	bool good;

	if (in->nfd < 1 || !memfd_map(&document, in->fd[0], VERIFY_DOCUMENT_MAX, e))
		return false;
	switch (in->type) {
	case WORK_JUDGE:
		return in->nfd == 2 && memfd_map(&pack, in->fd[1], PACK_MAX, e) && judge(w, in, document, pack, out, e);
	case WORK_CSR:
		good = csr_gate(&spki, document, e);
		if (good)
			msg_put(out, buf_span(&spki));
		return good;
	case WORK_SUBMISSION:
		return gate_submission(w, in, document, out, e);
	default:
		return fail(e, ERR_BUG, "a worker was asked for something unknown");
	}
}
