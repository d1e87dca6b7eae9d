#include "ca/gate.h"

#include "base/gather.h"
#include "verifier/proto.h"

#define WAYS 2			/* workers asked at once */
#define TIMEOUT_MS 15000

struct gate { struct peer *verifier; struct gather *crowd; };

struct passing { struct span csr; struct csr_found *found; struct err *e; bool good; };

static const struct msg_type types[] = { VERIFY_MESSAGES(MSG_TYPE) };

static bool
take_answer(struct passing *p, struct cbor *c, struct err *e)
{
	enum cbor_kind kind;

	if (!cbor_peek(c, &kind, e))
		return false;
	if (kind != CBOR_BYTES)
		return cbor_get_refusal(c, p->e, e);
	p->good = csr_found_get(p->found, c, e);
	return p->good;
}

static bool
ask(struct gate *g, void *const item[], size_t n, struct err *e)
{
	own_struct(msg) request = msg_new(GATE_CSR, VERIFY_MESSAGE_MAX);
	own_struct(msg) reply = msg_new(0, 1);
	own_struct(buf) body = buf_new(VERIFY_MESSAGE_MAX);
	struct cbor c;
	size_t answers;

	cbor_put_array(&body, n);
	for (size_t i = 0; i < n; i++)
		cbor_put_bytes(&body, ((struct passing *)item[i])->csr);
	msg_put(&request, buf_span(&body));
	if (!peer_call(g->verifier, &request, &reply, e) || !cbor_check(msg_span(&reply, 0), e))
		return false;
	c = cbor_read(msg_span(&reply, 0));
	if (!cbor_get_array(&c, &answers, "answers", e))
		return false;
	if (answers != n)
		return fail(e, ERR_BUG, "%zu answers for %zu requests", answers, n);
	for (size_t i = 0; i < n; i++)
		if (!take_answer(item[i], &c, e))
			return false;
	return true;
}

static void
pass_crowd(void *state, void *const item[], size_t n)
{
	struct err e;

	if (ask(state, item, n, &e))
		return;
	for (size_t i = 0; i < n; i++) {
		struct passing *p = item[i];

		p->good = false;
		if (n == 1)
			*p->e = e;
		else if (!ask(state, &item[i], 1, &e))
			*p->e = e;
	}
}

struct gate *
gate_new(const char *socket)
{
	struct gate *g = xalloc(sizeof(*g));

	g->verifier = peer_new(socket, types, sizeof(types) / sizeof(types[0]), VERIFY_MESSAGE_MAX, TIMEOUT_MS);
	g->crowd = gather_new(WAYS, GATE_CSRS_MAX, pass_crowd, g);
	return g;
}

bool
gate_wait(struct gate *g, int timeout_ms, struct err *e)
{
	return peer_wait(g->verifier, timeout_ms, e);
}

bool
gate_pass(struct gate *g, struct csr_found *found, struct span csr, struct err *e)
{
	struct passing mine = { .csr = csr, .found = found, .e = e };

	if (csr.len > CSR_MAX)
		return fail(e, ERR_LIMIT, "a certificate request of more than %u bytes", CSR_MAX);
	gather_do(g->crowd, &mine);
	return mine.good;
}
