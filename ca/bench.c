#include "ca/bench.h"

#include "base/clock.h"
#include "base/cms.h"
#include "ca/proto.h"
#include "verifier/order.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define CONNECTIONS_MAX 64
#define ORDERS_MAX 40
#define ORDERS_AT_ONCE 2
#define LIFE_SECS 600

struct run {
	const struct ca_bench *b;
	struct peer *ca;
	char **ask;			/* bodies of CA_REQUEST */
	struct order_subject *subject;
	size_t n;
	atomic_size_t next;
	atomic_bool failed;
	pthread_mutex_t lock;
	struct err e;
};

static bool
call(struct run *r, uint16_t type, struct span body, json_t **answer, struct err *e)
{
	own_struct(msg) in = msg_new(type, CA_MESSAGE_MAX);
	own_struct(msg) out = msg_new(type, CA_MESSAGE_MAX);

	if (type == CA_LIST)
		msg_put(&in, SPAN_NONE);	/* who asks: nobody, for the head */
	msg_put(&in, body);
	return peer_call(r->ca, &in, &out, e) && json_read(answer, msg_span(&out, 0), e);
}

/* One made-up official: key, CSR, the request's text. */
static char *
make_ask(const struct ca_bench *b, size_t i)
{
	own(EVP_PKEY) *key = EVP_EC_gen("P-256");
	own(X509_REQ) *req = X509_REQ_new();
	own_struct(buf) der = buf_new(4096);
	own_struct(buf) csr = buf_new(8192);
	own_struct(buf) text = buf_new(16384);
	own_str char *person = xprintf("BENCH-%lld-%zu", (long long)clock_mono_ms() % 1000000, i);
	own(json_t) *j = NULL;

	promise(key != NULL && req != NULL && X509_REQ_set_version(req, 0) == 1 && X509_REQ_set_pubkey(req, key) == 1 &&
	    X509_REQ_sign(req, key, EVP_sha256()) > 0);
	csr_to_der(&der, req);
	base64_put(&csr, buf_span(&der));
	j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "profile", "official", "agency", b->agency, "name", "Cán bộ đo tốc độ",
	    "person", person, "title", "Chuyên viên", "csr", buf_str(&csr));
	promise(j != NULL);
	json_write(&text, j);
	return xstrdup(buf_str(&text));
}

static bool
request_once(struct run *r, size_t i, struct err *e)
{
	own(json_t) *answer = NULL;
	struct order_subject *s = &r->subject[i];
	const char *id;

	if (!call(r, CA_REQUEST, span_str(r->ask[i]), &answer, e) || !json_take_str(&id, answer, "id", e) ||
	    !json_take_hex(s->hash, SHA256_LEN, answer, "hash", e))
		return false;
	snprintf(s->id, sizeof(s->id), "%s", id);
	return true;
}

static bool
look(struct run *r, struct order *o, struct err *e)
{
	own(json_t) *head = NULL;
	own_struct(buf) root = buf_new(64);
	const char *text;
	int64_t size;

	if (!call(r, CA_LIST, span_str("{\"what\":\"head\"}"), &head, e) || !json_take_int(&size, head, "size", e) ||
	    !json_take_str(&text, head, "root", e) || !base64_get(&root, span_str(text), e) || root.len != SHA256_LEN)
		return false;
	o->after_size = (uint64_t)size;
	memcpy(o->after_root, root.ptr, SHA256_LEN);
	return true;
}

static bool
order_once(struct run *r, size_t i, struct err *e)
{
	struct order o = { .verb = "cert.approve", .reason = "bench", .subject = r->subject + i * r->b->together, .nsubjects = r->b->together,
		.made = clock_now(), .effective = clock_now(), .expires = clock_now() + LIFE_SECS };
	own_struct(buf) text = buf_new(ORDER_MAX);
	own_struct(buf) cms = buf_new(ORDER_MAX);
	own(json_t) *answer = NULL;
	json_t *all;

	if (!look(r, &o, e) || !random_bytes(o.id, sizeof(o.id), e) || !order_write(&text, &o, e) ||
	    !cms_sign_attached(r->b->key, r->b->cert, buf_span(&text), &cms, e) ||
	    !call(r, CA_ORDER, buf_span(&cms), &answer, e) || !json_take_arr(&all, answer, "certificates", e))
		return false;
	return json_array_size(all) == r->b->together || fail(e, ERR_BUG, "%zu certificates for %u requests", json_array_size(all), r->b->together);
}

struct stage { struct run *run; bool (*once)(struct run *, size_t, struct err *); size_t n; };

static void *
work(void *arg)
{
	struct stage *s = arg;
	struct run *r = s->run;
	struct err e;

	while (!atomic_load(&r->failed)) {
		size_t i = atomic_fetch_add(&r->next, 1);

		if (i >= s->n)
			break;
		if (s->once(r, i, &e))
			continue;
		pthread_mutex_lock(&r->lock);
		if (!atomic_exchange(&r->failed, true))
			r->e = e;
		pthread_mutex_unlock(&r->lock);
	}
	return NULL;
}

/* Milliseconds that n calls on so many threads took. */
static bool
measure(double *ms, struct stage *s, unsigned threads, struct err *e)
{
	pthread_t id[CONNECTIONS_MAX];
	int64_t from = clock_mono_ms();

	s->run->next = 0;
	for (unsigned i = 0; i < threads; i++)
		promise(pthread_create(&id[i], NULL, work, s) == 0);
	for (unsigned i = 0; i < threads; i++)
		pthread_join(id[i], NULL);
	*ms = (double)(clock_mono_ms() - from) + 0.5;
	if (s->run->failed)
		*e = s->run->e;
	return !s->run->failed;
}

static bool
run_both(struct ca_bench_result *out, struct run *r, struct err *e)
{
	struct stage requests = { r, request_once, r->n }, orders = { r, order_once, r->b->orders };
	double n = (double)r->n, asked, issued;

	if (!measure(&asked, &requests, r->b->connections, e) || !measure(&issued, &orders, ORDERS_AT_ONCE, e))
		return false;
	*out = (struct ca_bench_result){ n * 1000 / asked, n * 1000 / issued, n * 1000 / (asked + issued) };
	return true;
}

bool
ca_bench_issue(struct ca_bench_result *out, const struct ca_bench *b, struct err *e)
{
	static const struct msg_type types[] = { CA_MESSAGES(MSG_TYPE) };
	struct run r = { .b = b, .n = (size_t)b->orders * b->together, .lock = PTHREAD_MUTEX_INITIALIZER };
	bool good;

	if (b->orders < 1 || b->orders > ORDERS_MAX || b->together < 1 || b->together > ORDER_SUBJECTS_MAX ||
	    b->connections < 1 || b->connections > CONNECTIONS_MAX)
		return fail(e, ERR_INPUT, "1 to %d orders of 1 to %d, 1 to %d connections", ORDERS_MAX, ORDER_SUBJECTS_MAX, CONNECTIONS_MAX);
	r.ca = peer_new(b->socket, types, sizeof(types) / sizeof(types[0]), CA_MESSAGE_MAX, 60000);
	r.subject = xalloc(r.n * sizeof(*r.subject));
	r.ask = xalloc(r.n * sizeof(*r.ask));
	for (size_t i = 0; i < r.n; i++)
		r.ask[i] = make_ask(b, i);
	good = run_both(out, &r, e);
	for (size_t i = 0; i < r.n; i++)
		free(r.ask[i]);
	free(r.ask);
	free(r.subject);
	peer_free(r.ca);
	return good;
}
