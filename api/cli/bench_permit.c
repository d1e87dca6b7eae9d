/*
 * seal: permits numbered, sealed, stamped and durable a second, on one clerk's
 * order of 500 over HTTP; against the signatures and verifications alone that one
 * needs (seal_needs), on all cores.  Beside it, the same where what all seals of
 * the order share is verified for none of them.
 *
 * prepare: those 500 prepared for their officer, before.
 */
#include "api/cli/bench.h"
#include "api/cli/http.h"
#include "api/cli/load.h"

#include "base/clock.h"
#include "verifier/bench.h"
#include "verifier/judge.h"
#include "verifier/proved.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PERMITS 500
#define SUBMITTERS 64
#define PREPARE_MS 1000

struct sealing { struct bench_world *world; struct order_subject *subject; json_t *handles; double prepare_ms; };

/* For as long as the kind may hold: five years. */
void
bench_submission(struct buf *out, size_t i)
{
	int year = year_of_day(day_in_vietnam(clock_now()));

	buf_printf(out, "{\"loai\":\"GP_HANH_NGHE_KCB\",\"co_quan_cap\":{\"ma\":\"" BENCH_AGENCY "\",\"ten\":\"Sở Y tế\",\"chu_quan\":\"UBND Thành phố Hòa Giang\",\"ky_hieu\":\"SYT\"},"
	    "\"ma_ho_so\":\"" BENCH_AGENCY "-261102-%04zu\",\"dia_danh\":\"Thành phố Hòa Giang\",\"ho_ten\":\"Người Hành Nghề (đo)\",\"ngay_sinh\":\"1988-02-29\","
	    "\"so_dinh_danh\":\"099188003307\",\"chuc_danh\":\"Bác sỹ\",\"pham_vi_hanh_nghe\":\"Khám bệnh, chữa bệnh chuyên khoa Răng – Hàm – Mặt\","
	    "\"hieu_luc_tu\":\"%d-01-01\",\"hieu_luc_den\":\"%d-12-31\"}", i % 10000, year, year + 4);
}

static void
put_submission(void *state, size_t i, struct buf *out)
{
	own_struct(buf) body = buf_new(8192);
	own_str char *extra = xprintf("Authorization: Bearer " BENCH_API_KEY "\r\nIdempotency-Key: bench-%zu\r\n", i);

	bench_submission(&body, i);
	load_post_with(out, "/v1/permits", "application/json", extra, buf_span(&body));
}

static bool
take_submission(void *state, size_t i, unsigned status, struct span body, struct err *e)
{
	struct sealing *s = state;
	own(json_t) *j = NULL;
	const char *handle;

	if (status != 201)
		return fail(e, ERR_BUG, "a submission was answered %u: %.*s", status, (int)(body.len < 120 ? body.len : 120), (const char *)body.ptr);
	if (!json_read(&j, body, e) || !json_take_str(&handle, j, "handle", e))
		return false;
	json_array_append_new(s->handles, json_string(handle));
	return true;
}

/* The officer's signature over every digest that was prepared. */
static bool
sign_documents(json_t *out, const json_t *prepared, EVP_PKEY *officer, struct err *e)
{
	json_t *documents, *one;
	size_t i;

	if (!json_take_arr(&documents, prepared, "documents", e))
		return false;
	json_array_foreach(documents, i, one) {
		unsigned char digest[SHA256_LEN], raw[64];
		own_struct(buf) text = buf_new(128);

		if (!json_take_hex(digest, SHA256_LEN, one, "digest", e) || !bench_sign_digest(raw, officer, digest, e))
			return false;
		base64_put(&text, span_of(raw, sizeof(raw)));
		json_array_append_new(out, json_pack("{s:O, s:s}", "handle", json_object_get(one, "handle"), "signature", buf_str(&text)));
	}
	return true;
}

static bool
all_done(const json_t *answer, struct err *e)
{
	json_t *results, *one;
	size_t i;

	if (!json_take_arr(&results, answer, "results", e))
		return false;
	json_array_foreach(results, i, one)
		if (!json_is_true(json_object_get(one, "done")))
			return fail(e, ERR_BUG, "permit %zu: %s", i, json_string_value(json_object_get(one, "text")) ?: "");
	return json_array_size(results) == PERMITS || fail(e, ERR_BUG, "%zu results for %d permits", json_array_size(results), PERMITS);
}

static bool
officer_signs(struct sealing *s, struct err *e)
{
	const struct bench_world *w = s->world;
	own_struct(buf) der = buf_new(1 << 14);
	own_struct(buf) text = buf_new(1 << 15);
	own(json_t) *ask = NULL;
	own(json_t) *prepared = NULL;
	own(json_t) *signatures = json_array();
	own(json_t) *signed_ = NULL;
	own(json_t) *answer = NULL;
	int64_t start;

	cert_to_der(&der, w->who[BENCH_OFFICER].cert);
	base64_put(&text, buf_span(&der));
	ask = json_pack("{s:O, s:s}", "handles", s->handles, "certificate", buf_str(&text));
	start = clock_mono_ms();
	if (!bench_json(&prepared, w, "/v1/permits/prepare", ask, e))
		return false;
	s->prepare_ms = (double)(clock_mono_ms() - start);
	if (!sign_documents(signatures, prepared, w->who[BENCH_OFFICER].key, e))
		return false;
	signed_ = json_pack("{s:O, s:O}", "session", json_object_get(prepared, "session"), "signatures", signatures);
	return bench_json(&answer, w, "/v1/permits/finish", signed_, e) && all_done(answer, e);
}

/* What the clerk looks at: the officer-signed files. */
static bool
look_at_files(struct sealing *s, struct err *e)
{
	own(json_t) *ask = json_pack("{s:s}", "state", "signed");
	own(json_t) *answer = NULL;
	json_t *items, *item;
	size_t i;

	if (!bench_json(&answer, s->world, "/v1/list/permits", ask, e) || !json_take_arr(&items, answer, "items", e))
		return false;
	if (json_array_size(items) != PERMITS)
		return fail(e, ERR_BUG, "%zu permits wait for their seals, not %d", json_array_size(items), PERMITS);
	json_array_foreach(items, i, item) {
		snprintf(s->subject[i].id, sizeof(s->subject[i].id), "%s", json_string_value(json_object_get(item, "handle")) ?: "");
		if (!json_take_hex(s->subject[i].hash, SHA256_LEN, item, "hash", e))
			return false;
	}
	return true;
}

static bool
seal_all(struct sealing *s, double *per_sec, struct err *e)
{
	const struct load submissions = { .port = s->world->port, .connections = SUBMITTERS, .n = PERMITS, .request = put_submission, .answer = take_submission, .state = s };
	own(json_t) *answer = NULL;
	double secs;
	int64_t start;

	if (!load_run(&secs, &submissions, e) || !officer_signs(s, e) || !look_at_files(s, e))
		return false;
	start = clock_mono_ms();
	if (!bench_order(&answer, s->world, BENCH_CLERK, "permit.seal", s->subject, PERMITS, NULL, e) || !all_done(answer, e))
		return false;
	*per_sec = PERMITS * 1000.0 / (double)(clock_mono_ms() - start);
	return true;
}

bool
bench_permit(struct bench *b, struct err *e)
{
	double per_sec = 0;
	struct sealing s;
	own_str char *path = NULL;
	bool good;

	if (b->permit.len > 0)
		return true;
	s = (struct sealing){ .world = &b->world, .subject = xalloc(PERMITS * sizeof(*s.subject)), .handles = json_array() };
	good = bench_authority(b, true, e) && seal_all(&s, &per_sec, e);

	path = xprintf("/v1/permits/%s", s.subject[0].id);
	good = good && bench_get(&b->permit, &b->world, path, e);
	b->seal_per_sec = per_sec;
	b->prepare_ms = s.prepare_ms;
	json_decref(s.handles);
	free(s.subject);
	return good;
}

/* published: the CRLs too, and all of it settled, as antin-verifier has it. */
static bool
gather(struct evidence *v, const struct bench_dir *d, bool published, struct err *e)
{
	static const char *const more[] = { "issuing.crt", "public/crl", "root.crl" };
	own_str char *trust = xprintf("%s/trust", d->path);

	if (!evidence_add_trust(v, trust, e))
		return false;
	for (size_t i = 0; i < (published ? sizeof(more) / sizeof(more[0]) : 1); i++) {
		own_str char *path = xprintf("%s/%s", d->path, more[i]);

		if (!evidence_add_path(v, path, e))
			return false;
	}
	if (published)
		evidence_settle(v);
	return true;
}

/*
 * What one seal needs, each signature verified with its key once.  Hashes are not counted.
 * shared: by the seals of one order.  known: to antin-verifier before the document comes.
 */
static const struct { const char *of; unsigned signatures, verifications; bool shared, known; } seal_needs[] = {
	{ "the seal", 1, 1, false, false },
	{ "the seal's time stamp", 1, 1, false, false },
	{ "the officer's signature", 0, 1, false, false },
	{ "its time stamp", 0, 1, false, false },
	{ "the certificates of seal, officer and time stamps", 0, 3, true, false },
	{ "the issuing certificate", 0, 1, true, true },
	{ "the issuing key's CRL and the root's", 0, 2, true, true },
};

struct needs { unsigned signatures, verifications, unshared, unknown; };

static struct needs
needs_sum(void)
{
	struct needs n = { 0 };

	for (size_t i = 0; i < sizeof(seal_needs) / sizeof(seal_needs[0]); i++) {
		n.signatures += seal_needs[i].signatures;
		n.verifications += seal_needs[i].verifications;
		n.unshared += seal_needs[i].shared ? 0 : seal_needs[i].verifications;
		n.unknown += seal_needs[i].known ? 0 : seal_needs[i].verifications;
	}
	return n;
}

unsigned
bench_verdict_needs(void)
{
	return needs_sum().unknown;
}

static double
seals_per_sec(double sign, double verify, unsigned signatures, unsigned verifications)
{
	return 1 / (signatures / sign + verifications / verify);
}

/* A judgement that remembers nothing but what was settled before it, against the table. */
static bool
check_judgement(struct bench *b, bool published, unsigned want, struct judge_question *q, struct err *e)
{
	own(evidence_t) *evidence = evidence_new();
	struct report r;
	size_t before, made;
	bool good;

	q->evidence = evidence;
	proved_forget();
	if (!gather(evidence, &b->world.dir, published, e))
		return false;
	before = proved_count();
	judge_permit(&r, q);
	made = proved_count() - before;
	good = (r.verdict == VERDICT_PASSED || fail(e, ERR_BUG, "the sealed permit does not pass: %s", sub_word(r.sub))) &&
	    (made == want || fail(e, ERR_BUG, "a judgement made %zu verifications, the table has %u", made, want));
	report_drop(&r);
	return good;
}

static bool
check_needs(struct bench *b, const struct needs *n, struct err *e)
{
	struct judge_question q = { .document = buf_span(&b->permit), .at = clock_now(), .day = day_in_vietnam(clock_now()), .no_status_list = true };
	struct policy *policy = NULL;
	bool good = policy_load(&policy, ANTIN_POLICY_SOURCE, e) && permit_grammars_load(&q.grammars, policy, e);

	q.policy = policy;
	good = good && check_judgement(b, false, n->verifications, &q, e) && check_judgement(b, true, n->unknown, &q, e);
	if (q.grammars != NULL)
		permit_grammars_free(q.grammars);
	policy_free(policy);
	return good;
}

bool
bench_seal(struct bench *b, struct figure *f, struct err *e)
{
	unsigned cores = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	const struct needs n = needs_sum();
	double sign, verify;

	if (!bench_raw_sign(b, &sign, e) || !verifier_bench_raw(&verify, cores > 64 ? 64 : cores, BENCH_SECS, e) || !bench_permit(b, e) || !check_needs(b, &n, e))
		return false;
	f->value = b->seal_per_sec;
	f->limit = seals_per_sec(sign, verify, n.signatures, n.verifications);
	f->beside = seals_per_sec(sign, verify, n.signatures, n.unshared);
	f->unit = "durable seals/s, one order of 500";
	snprintf(f->text, sizeof(f->text), "by C_Sign (%.0f/s) %u times and ECDSA verification (%.0f/s) %u times alone", sign, n.signatures, verify, n.verifications);
	f->limit_is = f->text;
	f->beside_is = "the same without the certificates and CRLs that the order's seals share";
	f->target = 0.4;
	return true;
}

bool
bench_prepare(struct bench *b, struct figure *f, struct err *e)
{
	if (!bench_permit(b, e))
		return false;
	*f = (struct figure){ .value = b->prepare_ms, .limit = PREPARE_MS, .at_most = true, .unit = "ms to prepare 500 permits under one ticket, over HTTP", .limit_is = "ms asked for" };
	return true;
}
