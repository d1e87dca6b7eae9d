/*
 * An authority with a hundred thousand certificates, and what it costs there:
 *
 *	issue-stored  to issue more, against an authority with a thousand; the two
 *	              take turns, so that what else the machine does falls on both
 *	search        to look for a name among them
 *	crl           from a revocation's order to the published CRL when all are
 *	              revoked: rows, octets, guard, signature, file
 *
 * Certificates are put into the register through its verbs while its daemons
 * stand still; their octets are those of one certificate, again and again.
 */
#include "api/cli/bench.h"

#include "base/cbor.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/pack.h"
#include "ca/serial.h"
#include "register/client.h"
#include "register/entry.h"
#include "register/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define VILLAGE 1000
#define TOGETHER 500			/* certificates a unit */
#define UNIT_MAX (8u << 20)
#define YEAR_SECS (365 * 86400)
#define SETTLE_MS 300000
#define TURNS 3
#define STORED_ORDERS 2			/* a turn */
#define STORED_TARGET 0.9
#define SEARCHES 100
#define SEARCH_MS 100
#define CRLS 5
#define CRL_MS 400

/*
 * A register is filled.
 */

struct serial
bench_city_serial(uint64_t n)
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
	struct serial s = bench_city_serial(n);
	struct span serial = span_of(s.octet, SERIAL_LEN), request = span_of(s.octet, HANDLE_LEN);
	unsigned char key[SHA256_LEN];
	char person[32];

	sha256(key, serial);
	snprintf(person, sizeof(person), "DAN-%06llu", (unsigned long long)n);
	reg_verb(u, "request.submit");
	reg_null(u, "token");
	reg_null(u, "mail");
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
	reg_int(u, "generation", 1);
	reg_int(u, "commits", 1);
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
	struct serial s = bench_city_serial(n);

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

/* How much of the log a pack of OCSP responses knows. */
static uint64_t
answered_by(const struct bench_world *w, const char *name)
{
	own_str char *path = xprintf("%s/public/ocsp/%s.pack", w->dir.path, name);
	own_struct(buf) octets = buf_new(PACK_MAX);
	struct pack p;
	struct err e;

	return file_read(&octets, path, &e) && pack_open(&p, buf_span(&octets), &e) ? p.head.size : 0;
}

/* A whole batch's last pack, or the delta of a few certificates. */
static bool
answered(const struct bench_world *w, uint64_t size)
{
	return answered_by(w, "f") >= size || answered_by(w, "delta") >= size;
}

/* Starts the daemons on a register of this size; back when all that is in it has
 * its OCSP response. */
static bool
settle(struct bench_world *w, uint64_t size, struct err *e)
{
	int64_t end = clock_mono_ms() + SETTLE_MS;

	if (!bench_world_again(w, e))
		return false;
	while (!answered(w, size)) {
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
bool
bench_city(struct bench *b, struct err *e)
{
	struct bench_city *c = &b->city;
	own_str char *path = NULL;
	own_struct(buf) pem = buf_new(1 << 16);

	if (c->founded)
		return true;
	if (!found(&c->world, BENCH_CITY, e))
		return fail_in(e, "an authority with %d certificates", BENCH_CITY);
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
 * issue-stored
 */

bool
bench_issue_stored(struct bench *b, struct figure *f, struct err *e)
{
	struct bench_world village = { .up = 0 };
	double many = 0, few = 0, secs;
	bool good = bench_city(b, e) && found(&village, VILLAGE, e);

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
 * search
 */

/* A name that nobody bears: no row ends the walk before its end. */
bool
bench_search(struct bench *b, struct figure *f, struct err *e)
{
	own(json_t) *ask = json_pack("{s:s, s:s, s:s, s:s}", "what", "certificates", "name", "nguyen thi khong", "agency", "H99", "state", "active");
	struct bench_world *w = &b->city.world;
	int64_t from;

	if (!bench_city(b, e) || !bench_world_program(w, e))
		return false;
	from = clock_mono_ms();
	for (int i = 0; i < SEARCHES; i++) {
		own(json_t) *answer = NULL;
		json_t *items;

		if (!bench_json(&answer, w, "/v1/list/ca", ask, e) || !json_take_arr(&items, answer, "items", e))
			return false;
		if (json_array_size(items) != 0)
			return fail(e, ERR_BUG, "somebody bears the name that nobody bears");
	}
	f->value = (double)(clock_mono_ms() - from) / SEARCHES;
	f->limit = SEARCH_MS;
	f->unit = "ms a search by name among 100,000 certificates, over HTTP, that finds nobody";
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
	struct serial serial = bench_city_serial(n);
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

	if (!bench_city(b, e))
		return false;
	bench_world_stop(w);
	if (!fill(w, &revocations, BENCH_CITY - CRLS, &size, e) || !settle(w, size, e))
		return false;
	for (uint64_t i = 0; i < CRLS; i++)
		if (!time_crl(w, BENCH_CITY - CRLS + i, &ms[i], e))
			return false;
	qsort(ms, CRLS, sizeof(ms[0]), by_size);
	f->value = ms[CRLS / 2];
	f->limit = CRL_MS;
	f->unit = "ms from a revocation's order to the published CRL of 100,000 entries, median";
	f->limit_is = "ms asked for";
	f->at_most = true;
	return true;
}
