/* What the world is answered over HTTP: the newest that the register has, and
 * of each certificate what the register says.  The register may have gone on
 * while one looks: what differs is looked at twice. */
#include "api/cli/doctor.h"

#include "api/cli/http.h"
#include "verifier/ocsp.h"

#include <openssl/ocsp.h>
#include <unistd.h>

#define PUBLISHED_IN_SECS 1	/* from a commit to what is served */

OWN_WITH(OCSP_REQUEST, OCSP_REQUEST_free)

static bool
get(const struct doctor *d, const char *path, struct buf *out, struct err *e)
{
	const struct http_service site = { .base = d->conf.site };

	return http_call(out, &(struct http_request){ .service = &site, .method = "GET", .path = path }, e);
}

/* Why nothing is looked at; true: go on. */
static bool
can_look(const struct doctor *d, enum health *h, struct buf *says, struct err *e)
{
	const char *missing = d->conf.site[0] == '\0' ? "site" : d->conf.database[0] == '\0' ? "database" : NULL;

	*h = ALARM;
	if (missing != NULL)
		*h = skipped(says, missing);
	else if (d->db == NULL)
		*e = d->db_error;
	return missing == NULL && d->db != NULL;
}

static enum health
twice(bool (*look)(const struct doctor *, struct buf *, struct err *), const struct doctor *d, struct buf *says, struct err *e)
{
	if (look(d, says, e))
		return WELL;
	sleep(PUBLISHED_IN_SECS);
	buf_reset(says);
	return well(look(d, says, e));
}

/*
 * The CRL.
 */

struct octets { struct buf *into; bool any; };

static bool
take_octets(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct octets *x = ctx;

	x->any = true;
	buf_put_span(x->into, c[0].s);
	return buf_ok(x->into, "CRL", e);
}

static bool
look_at_one(const struct doctor *d, int64_t shard, struct buf *says, struct err *e)
{
	static const enum reg_type types[] = { REG_BYTES };
	own_struct(buf) served = buf_new(HTTP_ANSWER_MAX), kept = buf_new(HTTP_ANSWER_MAX);
	own_str char *path = xprintf("/crl/%d.crl", (int)shard);
	struct octets x = { &kept, false };
	struct values v = { .n = 0 };

	values_int(&v, "shard", shard);
	if (!store_run(d->db, "SELECT der FROM crl WHERE der IS NOT NULL AND shard = $shard ORDER BY number DESC LIMIT 1", &v, types, 1, take_octets, &x, NULL, e))
		return false;
	if (!x.any)
		return fail(e, ERR_ABSENT, "the register has no signed CRL for %s", path);
	if (!get(d, path, &served, e))
		return false;
	if (!span_eq(buf_span(&served), buf_span(&kept)))
		return fail(e, ERR_CONFLICT, "%s%s is not the register's newest CRL", d->conf.site, path);
	buf_printf(says, "%sthe register's newest, %zu octets", shard == 0 ? "" : "; ", served.len);
	return true;
}

static bool
look_at_crl(const struct doctor *d, struct buf *says, struct err *e)
{
	int64_t n;

	if (!doctor_generations(d, &n, e))
		return false;
	for (int64_t i = 0; i < n; i++)
		if (!look_at_one(d, i, says, e))
			return false;
	return true;
}

enum health
see_crl_served(const struct doctor *d, struct buf *says, struct err *e)
{
	enum health h;

	return can_look(d, &h, says, e) ? twice(look_at_crl, d, says, e) : h;
}

/*
 * OCSP: the newest certificate in force, and the newest that is not.
 */

struct asked { const struct doctor *d; X509 *issuer; int64_t generation; unsigned n; };

/* RFC 6960 A.1: the request in base64, in the address. */
static bool
ask(struct buf *response, const struct asked *x, X509 *cert, struct err *e)
{
	own(OCSP_REQUEST) *request = OCSP_REQUEST_new();
	own_struct(buf) text = buf_new(4096), path = buf_new(8192);
	unsigned char *der = NULL;
	int len;

	promise(request != NULL && OCSP_request_add0_id(request, OCSP_cert_to_id(EVP_sha256(), cert, x->issuer)) != NULL);
	len = i2d_OCSP_REQUEST(request, &der);
	promise(len > 0);
	base64_put(&text, span_of(der, (size_t)len));
	OPENSSL_free(der);
	buf_put_str(&path, "/ocsp/");
	http_put_escaped(&path, buf_span(&text));
	return buf_ok(&path, "OCSP request", e) && get(x->d, buf_str(&path), response, e);
}

static bool
compare(void *ctx, const struct value *c, unsigned n, struct err *e)
{
	struct asked *x = ctx;
	own_struct(buf) response = buf_new(HTTP_ANSWER_MAX);
	own(X509) *cert = NULL;
	struct revocation r;
	bool in_force = span_eq_str(c[1].s, "active");
	char serial[80];

	if (!cert_from_der(&cert, c[0].s, e) || !ask(&response, x, cert, e) ||
	    !ocsp_lookup(&r, buf_span(&response), cert, x->issuer, x->d->now, e))
		return false;
	own_struct(buf) hex = buf_new(sizeof(serial));
	serial_hex(&hex, X509_get0_serialNumber(cert));
	if (r.state != (in_force ? CERT_GOOD : CERT_REVOKED))
		return fail(e, ERR_CONFLICT, "of %s the register says %.*s, and OCSP says %s", buf_str(&hex), (int)c[1].s.len, (const char *)c[1].s.ptr,
		    r.state == CERT_GOOD ? "good" : r.state == CERT_REVOKED ? "revoked" : "nothing fresh");
	x->n++;
	return true;
}

static bool
look_at_responder(struct asked *x, int64_t generation, struct err *e)
{
	const struct doctor *d = x->d;
	static const enum reg_type types[] = { REG_BYTES, REG_TEXT };
	static const char *const newest[] = {
		"SELECT der, state FROM certificate WHERE generation = $generation AND state = 'active' AND not_after > $now ORDER BY issued_entry DESC LIMIT 1",
		"SELECT der, state FROM certificate WHERE generation = $generation AND state IN ('held', 'revoked') AND der IS NOT NULL AND not_after > $now ORDER BY ended_entry DESC LIMIT 1",
	};
	own_struct(buf) text = buf_new(64u << 10);
	own(X509) *issuer = NULL;
	struct values v = { .n = 0 };
	char name[ISSUING_NAME];

	doctor_issuing(name, generation);
	if (!read_public(d, name, &text, e) || !cert_from_any(&issuer, buf_span(&text), e))
		return false;
	x->issuer = issuer;
	values_int(&v, "now", d->now);
	values_int(&v, "generation", generation);
	for (size_t i = 0; i < sizeof(newest) / sizeof(newest[0]); i++)
		if (!store_run(d->db, newest[i], &v, types, 2, compare, x, NULL, e))
			return false;
	return true;
}

static bool
look_at_ocsp(const struct doctor *d, struct buf *says, struct err *e)
{
	struct asked x = { .d = d };
	int64_t n;

	if (!doctor_generations(d, &n, e))
		return false;
	for (int64_t i = 1; i <= n; i++)
		if (!look_at_responder(&x, i, e))
			return false;
	buf_printf(says, "of %u certificates what the register says", x.n);
	return true;
}

enum health
see_ocsp_served(const struct doctor *d, struct buf *says, struct err *e)
{
	enum health h;
	int64_t batches;

	if (!can_look(d, &h, says, e))
		return h;
	if (!store_int(d->db, "SELECT count(*) FROM ocsp", NULL, 0, &batches, e))
		return ALARM;
	if (batches == 0) {
		buf_put_str(says, "the authority has no OCSP responder");
		return SKIPPED;
	}
	return twice(look_at_ocsp, d, says, e);
}
