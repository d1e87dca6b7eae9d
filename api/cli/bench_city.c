/*
 * What an authority costs that has a hundred thousand certificates:
 *
 *	ocsp-get      answers a second to OCSP over HTTP, about any of them; against
 *	              libmicrohttpd alone with an answer of the same length
 *	issue-stored  issuance there against an authority with a thousand
 *	start         antin-register and antin-ca, from exec to ready
 *	crl           from the order to the published CRL when all are revoked: rows,
 *	              octets, guard, signature, file
 *
 * Certificates are put into the register through its verbs while its daemons
 * stand still; their octets are those of one certificate, again and again.
 * What takes turns does so because other work of the machine then falls on both.
 */
#include "api/cli/bench.h"
#include "api/cli/load.h"

#include "base/cbor.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/pack.h"
#include "ca/serial.h"
#include "register/client.h"
#include "register/entry.h"
#include "register/run.h"

#include <openssl/ocsp.h>

#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CITY 100000
#define VILLAGE 1000
#define TOGETHER 500			/* certificates a unit */
#define UNIT_MAX (8u << 20)
#define YEAR_SECS (365 * 86400)
#define SETTLE_MS 300000
#define TURNS 3
#define CONNECTIONS 64
#define ASKED 20000			/* different requests */
#define GETS 60000			/* a turn */
#define GET_TARGET 0.8
#define STORED_ORDERS 2			/* a turn */
#define STORED_TARGET 0.9
#define START_MS 1000
#define CRLS 5
#define CRL_MS 400

OWN_WITH(OCSP_REQUEST, OCSP_REQUEST_free)

/*
 * A register is filled.
 */

static struct serial
nth_serial(uint64_t n)
{
	unsigned char hash[SHA256_LEN];
	struct serial s;

	sha256(hash, span_of(&n, sizeof(n)));
	memcpy(s.octet, hash, SERIAL_LEN);
	s.octet[0] = 0x40 | (s.octet[0] & 0x3f);
	return s;
}

static void
put_certificate(struct reg_unit *u, uint64_t n, struct span der, int64_t now)
{
	struct serial s = nth_serial(n);
	struct span serial = span_of(s.octet, SERIAL_LEN), request = span_of(s.octet, HANDLE_LEN);
	unsigned char key[SHA256_LEN];
	char person[32];

	sha256(key, serial);
	snprintf(person, sizeof(person), "DAN-%06llu", (unsigned long long)n);
	reg_verb(u, "request.submit");
	reg_bytes(u, "id", request);
	reg_text(u, "facts", person);
	reg_bytes(u, "csr", der);
	reg_bytes(u, "key_id", span_of(key, sizeof(key)));
	reg_text(u, "profile", "official");
	reg_text(u, "person", person);
	reg_text(u, "agency", BENCH_AGENCY);
	reg_verb(u, "cert.reserve");
	reg_text(u, "org", "H99");
	reg_bytes(u, "serial", serial);
	reg_bytes(u, "request", request);
	reg_text(u, "profile", "official");
	reg_text(u, "person", person);
	reg_text(u, "name", "Cán bộ (đo)");
	reg_text(u, "agency", BENCH_AGENCY);
	reg_bytes(u, "key_id", span_of(key, sizeof(key)));
	reg_bytes(u, "tbs", der);
	reg_int(u, "not_before", now);
	reg_int(u, "not_after", now + YEAR_SECS);
	reg_verb(u, "cert.issue");
	reg_text(u, "org", BENCH_AGENCY);
	reg_text(u, "profile", "official");
	reg_bytes(u, "request", request);
	reg_bytes(u, "serial", serial);
	reg_int(u, "not_after", now + YEAR_SECS);
	reg_int(u, "generation", 1);
	reg_bytes(u, "der", der);
}

static void
put_revocation(struct reg_unit *u, uint64_t n, struct span der, int64_t now)
{
	struct serial s = nth_serial(n);

	reg_verb(u, "cert.revoke");
	reg_text(u, "org", BENCH_AGENCY);
	reg_text(u, "profile", "official");
	reg_bytes(u, "request", span_of(s.octet, HANDLE_LEN));
	reg_bytes(u, "serial", span_of(s.octet, SERIAL_LEN));
	reg_int(u, "not_after", now + YEAR_SECS);
	reg_int(u, "reason", n % 2 == 0 ? 0 : 3);
	reg_int(u, "date", now);
	reg_null(u, "invalidity");
	reg_int(u, "shard", 0);
}

struct filling { void (*put)(struct reg_unit *, uint64_t n, struct span der, int64_t now); size_t verbs; };

static bool
fill_unit(struct runner *r, const struct filling *f, uint64_t first, size_t n, struct span der, int64_t now, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	own_struct(buf) body = buf_new(UNIT_MAX);
	own_struct(buf) result = buf_new(UNIT_MAX);

	for (size_t i = 0; i < n; i++)
		f->put(&u, first + i, der, now);
	reg_verb(&u, "end");	/* closes the last */
	cbor_put_array(&body, n * f->verbs);
	buf_put_span(&body, buf_span(&u.verbs));
	return runner_unit(r, CALLER_CA, buf_span(&body), &result, e);
}

/* Numbers from 0 on, n of them; nothing runs.  *size: of the log, then. */
static bool
fill(const struct bench_world *w, const struct filling *f, uint64_t n, uint64_t *size, struct err *e)
{
	own_str char *database = xprintf("%s/register/register.db", w->dir.path);
	own_struct(buf) der = buf_new(1 << 14);
	uint64_t seen = UINT64_MAX;
	struct runner *r;
	bool good = true;

	cert_to_der(&der, w->who[BENCH_APPROVER].cert);
	if (!runner_new(&r, database, "bench.example/log", e))
		return false;
	for (uint64_t i = 0; good && i < n; i += TOGETHER)
		good = fill_unit(r, f, i, n - i < TOGETHER ? n - i : TOGETHER, buf_span(&der), clock_now(), e);
	*size = runner_wait_change(r, &seen, 0);
	runner_stop(r);
	return good;
}

static const struct filling certificates = { put_certificate, 3 }, revocations = { put_revocation, 1 };

/*
 * Authorities.
 */

/* How much of the log the last pack of a whole batch of OCSP responses knows. */
static uint64_t
answered_size(const struct bench_world *w)
{
	own_str char *path = xprintf("%s/public/ocsp/f.pack", w->dir.path);
	own_struct(buf) octets = buf_new(PACK_MAX);
	struct pack p;
	struct err e;

	return file_read(&octets, path, &e) && pack_open(&p, buf_span(&octets), &e) ? p.head.size : 0;
}

/* Starts the daemons on a register of this size; back when all that is in it has
 * its OCSP response. */
static bool
settle(struct bench_world *w, uint64_t size, struct err *e)
{
	int64_t end = clock_mono_ms() + SETTLE_MS;

	if (!bench_world_again(w, e))
		return false;
	while (answered_size(w) < size) {
		if (clock_mono_ms() > end)
			return fail(e, ERR_LATER, "no OCSP responses in %d seconds", SETTLE_MS / 1000);
		usleep(100000);
	}
	return true;
}

static bool
found(struct bench_world *w, uint64_t n, struct err *e)
{
	uint64_t size;

	if (!bench_world_start(w, false, e))
		return false;
	bench_world_stop(w);
	return fill(w, &certificates, n, &size, e) && settle(w, size, e);
}

/* Founded once a run. */
static bool
city(struct bench *b, struct err *e)
{
	struct bench_city *c = &b->city;
	own_str char *path = NULL;
	own_struct(buf) pem = buf_new(1 << 16);

	if (c->founded)
		return true;
	if (!found(&c->world, CITY, e))
		return fail_in(e, "an authority with %d certificates", CITY);
	path = xprintf("%s/issuing.crt", c->world.dir.path);
	c->founded = file_read(&pem, path, e) && cert_from_any(&c->issuing, buf_span(&pem), e);
	return c->founded;
}

void
bench_city_drop(struct bench_city *c)
{
	bench_world_drop(&c->world);
	X509_free(c->issuing);
	*c = (struct bench_city){ .issuing = NULL };
}

/*
 * ocsp-get
 */

struct asking { struct buf request[ASKED]; size_t len; };	/* len: of an answer's body */

/* RFC 6960 A.1: the request in base64, in the address. */
static void
put_path(struct buf *out, X509 *issuer, uint64_t n)
{
	own(OCSP_REQUEST) *request = OCSP_REQUEST_new();
	own(ASN1_INTEGER) *serial = ASN1_INTEGER_new();
	own_struct(buf) text = buf_new(4096);
	struct serial s = nth_serial(n);
	unsigned char *der = NULL;
	int len;

	promise(request != NULL && serial != NULL && ASN1_STRING_set(serial, s.octet, SERIAL_LEN) == 1 &&
	    OCSP_request_add0_id(request, OCSP_cert_id_new(EVP_sha256(), X509_get_subject_name(issuer), X509_get0_pubkey_bitstr(issuer), serial)) != NULL);
	len = i2d_OCSP_REQUEST(request, &der);
	promise(len > 0);
	base64_put(&text, span_of(der, (size_t)len));
	OPENSSL_free(der);
	buf_put_str(out, "GET /ocsp/");
	for (size_t i = 0; i < text.len; i++)
		if (strchr("+/=", text.ptr[i]) != NULL)
			buf_printf(out, "%%%02X", text.ptr[i]);
		else
			buf_put_byte(out, text.ptr[i]);
	buf_put_str(out, " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
}

static void
put_get(void *state, size_t i, struct buf *out)
{
	buf_put_span(out, buf_span(&((struct asking *)state)->request[i % ASKED]));
}

/* Signed answers are all of one length, give or take what ECDSA leaves out. */
static bool
take_signed(void *state, size_t i, unsigned status, struct span body, struct err *e)
{
	struct asking *a = state;

	if (status != 200 || body.len < 100)
		return fail(e, ERR_BUG, "OCSP answered %u with %zu octets: no signed answer", status, body.len);
	a->len = body.len;
	return true;
}

static bool
take_any(void *state, size_t i, unsigned status, struct span body, struct err *e)
{
	return status == 200 || fail(e, ERR_BUG, "answered %u", status);
}

static bool
get_turns(struct asking *a, uint16_t ours, uint16_t bare, struct figure *f, struct err *e)
{
	const struct load city = { .port = ours, .connections = CONNECTIONS, .n = GETS, .request = put_get, .answer = take_signed, .state = a };
	const struct load alone = { .port = bare, .connections = CONNECTIONS, .n = GETS, .request = put_get, .answer = take_any, .state = a };
	double secs = 0, alone_secs = 0, took;

	for (int i = 0; i < TURNS; i++) {
		if (!load_run(&took, &alone, e))
			return false;
		alone_secs += took;
		if (!load_run(&took, &city, e))
			return false;
		secs += took;
	}
	f->value = TURNS * (double)GETS / secs;
	f->limit = TURNS * (double)GETS / alone_secs;
	return true;
}

static bool
measure_get(struct asking *a, uint16_t port, struct figure *f, struct err *e)
{
	const struct load one = { .port = port, .connections = 1, .n = 1, .request = put_get, .answer = take_signed, .state = a };
	uint16_t bare;
	double ignored;
	pid_t pid;
	bool good;

	if (!load_run(&ignored, &one, e) || !load_free_port(&bare, e) || !bench_bare_start(&pid, bare, a->len, e))
		return false;
	good = load_wait(bare, 5000, e) && get_turns(a, port, bare, f, e);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	return good;
}

bool
bench_ocsp_get(struct bench *b, struct figure *f, struct err *e)
{
	struct asking *a = xalloc(sizeof(*a));
	bool good = city(b, e);

	for (size_t i = 0; good && i < ASKED; i++) {
		a->request[i] = buf_new(4096);
		put_path(&a->request[i], b->city.issuing, i * (CITY / ASKED));
	}
	good = good && measure_get(a, b->city.world.port, f, e);
	for (size_t i = 0; i < ASKED; i++)
		buf_drop(&a->request[i]);
	free(a);
	f->unit = "OCSP answers/s by GET, 100,000 certificates, 64 connections";
	f->limit_is = "libmicrohttpd alone, an answer of the same length";
	f->target = GET_TARGET;
	return good;
}

/*
 * issue-stored
 */

bool
bench_issue_stored(struct bench *b, struct figure *f, struct err *e)
{
	struct bench_world village = { .up = 0 };
	double many = 0, few = 0, secs;
	bool good = city(b, e) && found(&village, VILLAGE, e);

	for (unsigned i = 0; good && i < TURNS; i++) {
		good = bench_issue_some(&village, i, STORED_ORDERS, &secs, e);
		few += secs;
		good = good && bench_issue_some(&b->city.world, i, STORED_ORDERS, &secs, e);
		many += secs;
	}
	bench_world_drop(&village);
	f->value = TURNS * STORED_ORDERS * (double)BENCH_ORDER / many;
	f->limit = TURNS * STORED_ORDERS * (double)BENCH_ORDER / few;
	f->unit = "durable certificates/s where 100,000 are stored";
	f->limit_is = "the same where 1,000 are";
	f->target = STORED_TARGET;
	return good;
}

/*
 * start
 */

/* The tokens alone, so that what they need is not counted. */
static bool
write_below(const struct bench_world *w, struct err *e)
{
	own_str char *from = xprintf("%s/antin.conf", w->dir.path);
	own_str char *to = xprintf("%s/below.conf", w->dir.path);
	own_struct(buf) whole = buf_new(1 << 16);
	own_struct(buf) below = buf_new(1 << 16);
	const char *line, *end;

	if (!file_read(&whole, from, e))
		return false;
	line = strstr(buf_str(&whole), "processes = ");
	promise(line != NULL);
	end = strchr(line, '\n');
	buf_put(&below, whole.ptr, (size_t)(line - (const char *)whole.ptr));
	buf_put_str(&below, "processes = antin-hsm-log antin-hsm-issuing");
	buf_put_str(&below, end);
	return file_write(to, buf_span(&below), 0600, e);
}

static _Noreturn void
become_daemon(const struct bench_world *w, const char *program, int ready)
{
	own_str char *conf = xprintf("%s/antin.conf", w->dir.path);
	own_str char *log = xprintf("%s/log.txt", w->dir.path);
	own_str char *path = NULL;
	char self[4096], text[16];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);

	self[n > 0 ? n : 0] = '\0';
	path = xprintf("%s/%s", dirname(self), program);
	snprintf(text, sizeof(text), "%d", ready);
	setenv("ANTIN_READY_FD", text, 1);
	dup2(out, 1);
	dup2(out, 2);
	execl(path, path, "--config", conf, "--section", program, (char *)NULL);
	_exit(127);
}

static bool
time_daemon(const struct bench_world *w, const char *program, pid_t *pid, double *ms, struct err *e)
{
	struct timespec from, to;
	struct pollfd p;
	int ready[2];
	char word[8];
	bool good;

	promise(pipe2(ready, O_CLOEXEC) == 0);
	clock_gettime(CLOCK_MONOTONIC, &from);
	*pid = fork();
	if (*pid == 0) {
		fcntl(ready[1], F_SETFD, 0);
		become_daemon(w, program, ready[1]);
	}
	close(ready[1]);
	p = (struct pollfd){ .fd = ready[0], .events = POLLIN };
	good = *pid > 0 && poll(&p, 1, SETTLE_MS) == 1 && read(ready[0], word, sizeof(word)) > 0;
	clock_gettime(CLOCK_MONOTONIC, &to);
	close(ready[0]);
	*ms += (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
	return good || fail(e, ERR_LATER, "%s did not start", program);
}

static void
end_process(pid_t pid)
{
	if (pid > 0) {
		kill(pid, SIGTERM);
		waitpid(pid, NULL, 0);
	}
}

static bool
time_start(const struct bench_world *w, double *ms, struct err *e)
{
	own_str char *ready = xprintf("%s/below", w->dir.path);
	pid_t below, reg = 0, ca = 0;
	bool good;

	unlink(ready);
	below = bench_spawn(&w->dir, "up --config DIR/below.conf --ready-file DIR/below");
	for (int i = 0; i < 1000 && access(ready, R_OK) != 0; i++)
		usleep(10000);
	good = time_daemon(w, "antin-register", &reg, ms, e) && time_daemon(w, "antin-ca", &ca, ms, e);
	end_process(ca);
	end_process(reg);
	end_process(below);
	return good;
}

bool
bench_start(struct bench *b, struct figure *f, struct err *e)
{
	struct bench_world *w = &b->city.world;
	double ms = 0;

	if (!city(b, e))
		return false;
	bench_world_stop(w);
	if (!write_below(w, e) || !time_start(w, &ms, e) || !bench_world_again(w, e))
		return false;
	f->value = ms;
	f->limit = START_MS;
	f->unit = "ms, antin-register and then antin-ca, 100,000 certificates";
	f->limit_is = "ms asked for";
	f->at_most = true;
	return true;
}

/*
 * crl
 */

static bool
crl_changed(const struct bench_world *w, struct stat *last)
{
	own_str char *path = xprintf("%s/public/crl/0.crl", w->dir.path);
	struct stat now;
	bool changed = stat(path, &now) == 0 && (now.st_ino != last->st_ino || now.st_mtim.tv_sec != last->st_mtim.tv_sec || now.st_mtim.tv_nsec != last->st_mtim.tv_nsec);

	if (changed)
		*last = now;
	return changed;
}

/* One more is revoked: from the order to the file. */
static bool
time_crl(const struct bench_world *w, uint64_t n, double *ms, struct err *e)
{
	own_struct(buf) cms = buf_new(2 * ORDER_MAX);
	own_struct(buf) body = buf_new(HTTP_ANSWER_MAX);
	own_struct(buf) der = buf_new(1 << 14);
	struct order_subject s = { "" };
	struct serial serial = nth_serial(n);
	struct stat last = { .st_ino = 0 };
	int64_t from;

	cert_to_der(&der, w->who[BENCH_APPROVER].cert);
	sha256(s.hash, buf_span(&der));
	hex_text(s.id, span_of(serial.octet, SERIAL_LEN));
	if (!bench_order_cms(&cms, w, BENCH_SECURITY, "cert.revoke", &s, 1, NULL, e))
		return false;
	(void)crl_changed(w, &last);
	from = clock_mono_ms();
	if (!http_call(&body, &(struct http_request){ .service = &w->api, .method = "POST", .path = "/v1/orders/ca", .type = "application/cms", .body = buf_span(&cms) }, e))
		return false;
	while (!crl_changed(w, &last)) {
		if (clock_mono_ms() - from > SETTLE_MS)
			return fail(e, ERR_LATER, "no CRL");
		usleep(500);
	}
	*ms = (double)(clock_mono_ms() - from);
	return true;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

bool
bench_crl(struct bench *b, struct figure *f, struct err *e)
{
	struct bench_world *w = &b->city.world;
	double ms[CRLS];
	uint64_t size;

	if (!city(b, e))
		return false;
	bench_world_stop(w);
	if (!fill(w, &revocations, CITY - CRLS, &size, e) || !settle(w, size, e))
		return false;
	for (uint64_t i = 0; i < CRLS; i++)
		if (!time_crl(w, CITY - CRLS + i, &ms[i], e))
			return false;
	qsort(ms, CRLS, sizeof(ms[0]), by_size);
	f->value = ms[CRLS / 2];
	f->limit = CRL_MS;
	f->unit = "ms from a revocation's order to the published CRL of 100,000 entries, median";
	f->limit_is = "ms asked for";
	f->at_most = true;
	return true;
}
