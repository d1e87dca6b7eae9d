/*
 * issue: certificates a second, requested over HTTP on 256 connections, approved
 * by signed orders of 500, durable when they are answered; against cfssl's
 * `sign` over HTTP for the same requests on as many connections (a key in a
 * file, nothing stored).  The two take turns, so that what else the machine
 * does falls on both.
 */
#include "api/cli/bench.h"
#include "api/cli/load.h"

#include "base/file.h"
#include "verifier/order.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONNECTIONS 256
#define TURNS 2
#define ORDERS 8			/* a turn */
#define TOGETHER BENCH_ORDER
#define ANSWER_MAX (8u << 20)

struct issuing {
	struct bench_world *world;
	unsigned turn;
	size_t orders, requests;		/* a turn */
	char **csr;				/* base64 of DER; made anew each turn */
	struct buf *answer;			/* one a request */
	struct order_subject *subject;
	struct buf *order;			/* CMS */
};

static struct issuing
issuing_new(struct bench_world *w, size_t orders)
{
	size_t n = orders * TOGETHER;
	struct issuing s = { .world = w, .orders = orders, .requests = n, .csr = xalloc(n * sizeof(*s.csr)), .subject = xalloc(n * sizeof(*s.subject)),
		.answer = xalloc(n * sizeof(*s.answer)), .order = xalloc(orders * sizeof(*s.order)) };

	for (size_t i = 0; i < n; i++)
		s.answer[i] = buf_new(ANSWER_MAX);
	for (size_t i = 0; i < orders; i++)
		s.order[i] = buf_new(2 * ORDER_MAX);
	return s;
}

static void
issuing_drop(struct issuing *s)
{
	for (size_t i = 0; i < s->orders; i++)
		buf_drop(&s->order[i]);
	for (size_t i = 0; i < s->requests; i++) {
		buf_drop(&s->answer[i]);
		free(s->csr[i]);
	}
	free(s->order);
	free(s->answer);
	free(s->csr);
	free(s->subject);
}

/*
 * Antin.
 */

static void
put_request(void *state, size_t i, struct buf *out)
{
	const struct issuing *s = state;
	own_struct(buf) body = buf_new(8192);

	buf_printf(&body, "{\"profile\":\"official\",\"agency\":\"" BENCH_AGENCY "\",\"name\":\"Cán bộ (đo)\",\"person\":\"DO-%u-%06zu\",\"title\":\"Chuyên viên\",\"csr\":\"%s\"}", s->turn, i, s->csr[i]);
	load_post(out, "/v1/requests", "application/json", buf_span(&body));
}

/* Kept as it is: what a client makes of it is not measured. */
static bool
keep_answer(struct buf *kept, unsigned status, struct span body, struct err *e)
{
	if (status / 100 != 2)
		return fail(e, ERR_BUG, "answered %u: %.*s", status, (int)(body.len < 120 ? body.len : 120), (const char *)body.ptr);
	buf_reset(kept);
	buf_put_span(kept, body);
	return buf_ok(kept, "answer", e);
}

static bool
take_request(void *state, size_t i, unsigned status, struct span body, struct err *e)
{
	return keep_answer(&((struct issuing *)state)->answer[i], status, body, e) || fail_in(e, "a request");
}

static bool
read_requests(struct issuing *s, struct err *e)
{
	for (size_t i = 0; i < s->requests; i++) {
		own(json_t) *j = NULL;
		const char *id;

		if (!json_read(&j, buf_span(&s->answer[i]), e) || !json_take_str(&id, j, "id", e) ||
		    !json_take_hex(s->subject[i].hash, SHA256_LEN, j, "hash", e))
			return false;
		snprintf(s->subject[i].id, sizeof(s->subject[i].id), "%s", id);
	}
	return true;
}

static void
put_order(void *state, size_t i, struct buf *out)
{
	load_post(out, "/v1/orders/ca", "application/cms", buf_span(&((struct issuing *)state)->order[i]));
}

static bool
take_order(void *state, size_t i, unsigned status, struct span body, struct err *e)
{
	return keep_answer(&((struct issuing *)state)->answer[i], status, body, e) || fail_in(e, "an order");
}

static bool
read_orders(struct issuing *s, struct err *e)
{
	for (size_t i = 0; i < s->orders; i++) {
		own(json_t) *j = NULL;
		json_t *made;

		if (!json_read(&j, buf_span(&s->answer[i]), e) || !json_take_arr(&made, j, "certificates", e))
			return false;
		if (json_array_size(made) != TOGETHER)
			return fail(e, ERR_BUG, "%zu certificates for %d requests", json_array_size(made), TOGETHER);
	}
	return true;
}

static bool
sign_orders(struct issuing *s, struct err *e)
{
	for (size_t i = 0; i < s->orders; i++)
		if (!bench_order_cms(&s->order[i], s->world, BENCH_APPROVER, "cert.approve", s->subject + i * TOGETHER, TOGETHER, NULL, e))
			return false;
	return true;
}

static bool
turn_antin(struct issuing *s, double *secs, struct err *e)
{
	const struct load requests = { .port = s->world->port, .connections = CONNECTIONS, .n = s->requests, .request = put_request, .answer = take_request, .state = s },
	    orders = { .port = s->world->port, .connections = 3, .n = s->orders, .request = put_order, .answer = take_order, .state = s };
	double asked, ordered;

	/* Between the two a person signs the orders; no clock runs. */
	if (!load_run(&asked, &requests, e) || !read_requests(s, e) || !sign_orders(s, e) || !load_run(&ordered, &orders, e) || !read_orders(s, e))
		return false;
	*secs += asked + ordered;
	return true;
}

/*
 * cfssl.
 */

static void
put_cfssl(void *state, size_t i, struct buf *out)
{
	const char *text = ((struct issuing *)state)->csr[i];
	own_struct(buf) body = buf_new(8192);

	buf_put_str(&body, "{\"certificate_request\":\"-----BEGIN CERTIFICATE REQUEST-----\\n");
	for (size_t at = 0, len = strlen(text); at < len; at += 64)
		buf_printf(&body, "%.64s\\n", text + at);
	buf_put_str(&body, "-----END CERTIFICATE REQUEST-----\\n\"}");
	load_post(out, "/api/v1/cfssl/sign", "application/json", buf_span(&body));
}

static bool
take_cfssl(void *state, size_t i, unsigned status, struct span body, struct err *e)
{
	return (status == 200 && memmem(body.ptr, body.len, "BEGIN CERTIFICATE", 17) != NULL) ||
	    fail(e, ERR_BUG, "cfssl answered %u: %.*s", status, (int)(body.len < 120 ? body.len : 120), (const char *)body.ptr);
}

/* A key and a certificate in files, as cfssl wants them. */
static bool
cfssl_files(const struct bench_dir *d, struct err *e)
{
	static const char conf[] = "{\"signing\":{\"default\":{\"expiry\":\"8760h\",\"usages\":[\"signing\",\"digital signature\"]}}}";
	own_str char *key_path = xprintf("%s/cfssl.key", d->path);
	own_str char *cert_path = xprintf("%s/cfssl.crt", d->path);
	own_str char *conf_path = xprintf("%s/cfssl.json", d->path);
	own(EVP_PKEY) *key = EVP_EC_gen("P-256");
	own(X509) *cert = bench_self_signed(key);
	own(BIO) *bio = BIO_new(BIO_s_mem());
	own_struct(buf) pem = buf_new(1 << 14);
	char *text;
	long n;

	promise(bio != NULL && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1);
	n = BIO_get_mem_data(bio, &text);
	cert_to_pem(&pem, cert);
	return file_write(key_path, span_of(text, (size_t)n), 0600, e) && file_write(cert_path, buf_span(&pem), 0600, e) &&
	    file_write(conf_path, span_str(conf), 0600, e);
}

static _Noreturn void
become_cfssl(const struct bench_dir *d, const char *port)
{
	int quiet = open("/dev/null", O_WRONLY);

	dup2(quiet, 1);
	dup2(quiet, 2);
	if (chdir(d->path) == 0)
		execlp("cfssl", "cfssl", "serve", "-address=127.0.0.1", "-port", port, "-ca=cfssl.crt", "-ca-key=cfssl.key", "-config=cfssl.json", "-loglevel=5", (char *)NULL);
	_exit(127);
}

static bool
turn_cfssl(struct issuing *s, uint16_t port, double *secs, struct err *e)
{
	const struct load load = { .port = port, .connections = CONNECTIONS, .n = s->requests, .request = put_cfssl, .answer = take_cfssl, .state = s };
	double took;

	if (!load_run(&took, &load, e))
		return false;
	*secs += took;
	return true;
}

static void
make_requests(struct issuing *s)
{
	for (size_t i = 0; i < s->orders; i++)
		buf_reset(&s->order[i]);
	for (size_t i = 0; i < s->requests; i++) {
		own(EVP_PKEY) *key = EVP_EC_gen("P-256");
		own_struct(buf) der = buf_new(4096);
		own_struct(buf) text = buf_new(8192);

		bench_csr(&der, key);
		base64_put(&text, buf_span(&der));
		free(s->csr[i]);
		s->csr[i] = xstrdup(buf_str(&text));
	}
}

static bool
take_turns(struct issuing *s, uint16_t cfssl, struct figure *f, struct err *e)
{
	double ours = 0, theirs = 0;

	for (s->turn = 0; s->turn < TURNS; s->turn++) {
		make_requests(s);
		if (!turn_cfssl(s, cfssl, &theirs, e) || !turn_antin(s, &ours, e))
			return false;
	}
	f->value = TURNS * (double)s->requests / ours;
	f->limit = TURNS * (double)s->requests / theirs;
	return true;
}

/* Beside cfssl, which is started and stopped here. */
static bool
measure(struct issuing *s, struct figure *f, struct err *e)
{
	own_struct(bench_dir) d = { "" };
	own_str char *port_text = NULL;
	uint16_t port;
	pid_t pid;
	bool good;

	if (!load_free_port(&port, e) || !bench_dir_make(&d, e) || !cfssl_files(&d, e))
		return false;
	port_text = xprintf("%u", port);
	pid = fork();
	if (pid == 0)
		become_cfssl(&d, port_text);
	good = load_wait(port, 5000, e) || fail(e, ERR_ABSENT, "cfssl does not run here (Debian's golang-cfssl)");
	good = good && take_turns(s, port, f, e);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	return good;
}

bool
bench_issue_some(struct bench_world *w, unsigned round, size_t orders, double *secs, struct err *e)
{
	struct issuing s = issuing_new(w, orders);
	bool good;

	s.turn = round;
	*secs = 0;
	make_requests(&s);
	good = turn_antin(&s, secs, e);
	issuing_drop(&s);
	return good;
}

bool
bench_issue(struct bench *b, struct figure *f, struct err *e)
{
	struct issuing s = issuing_new(&b->world, ORDERS);
	bool good = bench_authority(b, false, e) && measure(&s, f, e);

	issuing_drop(&s);
	f->unit = "durable certificates/s, 256 connections, orders of 500";
	f->limit_is = "cfssl sign over HTTP, 256 connections, nothing stored";
	f->target = 0.5;
	return good;
}
