/* Documents in workers: what they answer, and what becomes of those that harm
 * theirs. */
#include "tests/base/test.h"
#include "tests/verifier/permit_maker.h"

#include "base/clock.h"
#include "base/file.h"
#include "verifier/bench.h"
#include "verifier/csr.h"
#include "verifier/proto.h"
#include "verifier/worker.h"
#include "verifier/zygote.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

static struct maker *m;
static struct evidence *evidence;
static struct worker worker;
static struct zygote *real, *harmed;

enum { HARM_SEGV = 1, HARM_LOOP, HARM_MEMORY, HARM_SLEEP, HARM_OPEN, HARM_SOCKET, HARM_FORK, HARM_EXIT, HARM_COUNT, HARM_COUNT_TOO };

/* What a document that took over its worker would try. */
static bool
harm(void *state, const struct msg *in, struct msg *out, struct err *e)
{
	static uint64_t remembered;
	volatile unsigned n = 0;

	signal(SIGSEGV, SIG_DFL);	/* cmocka catches it */
	switch (in->type) {
	case HARM_SEGV: raise(SIGSEGV); break;
	case HARM_LOOP: for (;;) n++; break;
	case HARM_MEMORY: for (;;) memset(xalloc(1 << 24), 1, 1 << 24); break;
	case HARM_SLEEP: sleep(100); break;
	case HARM_OPEN: msg_put_u64(out, open("/etc/passwd", O_RDONLY) < 0 ? 1 : 0); break;
	case HARM_SOCKET: msg_put_u64(out, socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? 1 : 0); break;
	case HARM_FORK: msg_put_u64(out, fork() < 0 ? 1 : 0); break;
	case HARM_COUNT: case HARM_COUNT_TOO: msg_put_u64(out, ++remembered); break;
	default: _exit(0);
	}
	return true;
}

static int
set_up(void **state)
{
	struct zygote_settings s = { .state = &worker, .work = worker_run, .memory_max = 1ull << 30, .cpu_secs = 5 };
	struct err e;

	m = maker_new();
	evidence = maker_evidence(m, NULL);
	worker = (struct worker){ m->policy, m->grammars, evidence };
	assert_done(zygote_start(&real, &s, &e), e);
	s.work = harm;
	s.cpu_secs = 1;
	assert_done(zygote_start(&harmed, &s, &e), e);
	return 0;
}

static int
tear_down(void **state)
{
	zygote_stop(real);
	zygote_stop(harmed);
	evidence_free(evidence);
	maker_free(m);
	return 0;
}

static void
put_document(struct msg *request, struct span octets)
{
	struct err e;
	int fd;

	assert_done(memfd_sealed(&fd, octets, &e), e);
	msg_put_fd(request, fd);
}

static json_t *
verify_with(struct span document, bool used)
{
	own_struct(msg) request = msg_new(VERIFY_FILE, 4096);
	own_struct(msg) reply = msg_new(0, VERIFY_MESSAGE_MAX);
	json_t *j;
	struct err e;

	msg_put_u64(&request, (uint64_t)maker_now);
	msg_put_u64(&request, (uint64_t)day_in_vietnam(maker_now));
	msg_put_u64(&request, 0);
	msg_put_u64(&request, used);
	put_document(&request, document);
	assert_done(zygote_do(real, ZYGOTE_OWN, &request, &reply, VERIFY_MESSAGE_MAX, 10000, &e), e);
	assert_done(json_read(&j, msg_span(&reply, 0), &e), e);
	return j;
}

static json_t *verify(struct span document) { return verify_with(document, false); }

static void
a_permit_is_judged(void **state)
{
	own_struct(buf) doc = buf_new(XML_SIZE_MAX), deep = buf_new(XML_SIZE_MAX);

	maker_permit(m, &(struct maker_recipe){ 0 }, &doc);
	own(json_t) *good = verify(buf_span(&doc));
	assert_string_equal(json_string_value(json_object_get(good, "verdict")), "TOTAL-PASSED");
	assert_string_equal(json_string_value(json_object_get(json_object_get(good, "in_force"), "answer")), "unknown");
	assert_true(json_is_null(json_object_get(good, "answer")));	/* the broker's, who asks the register */
	for (int i = 0; i < 1000000; i++)
		buf_put_str(&deep, "<a>");
	own(json_t) *bad = verify(buf_span(&deep));
	assert_string_equal(json_string_value(json_object_get(bad, "sub")), "FORMAT_FAILURE");
	own(json_t) *empty = verify(span_str(" "));
	assert_true(json_is_true(json_object_get(empty, "no_signature")));
}

/* What was relied on goes along from the file that has a signature to the container's report. */
static void
a_container_is_judged_with_what_was_used(void **state)
{
	static const char *const seeds[] = { "asice-cades", "asice-xades", "asics-cades", "asics-xades", "descriptors" };

	for (size_t i = 0; i < COUNT(seeds); i++) {
		own_str char *path = xprintf(SOURCE_DIR "/tests/fuzz/asic.in/%s", seeds[i]);
		own_struct(buf) doc = buf_new(1 << 20);
		const json_t *s;
		struct err e;
		size_t n;

		assert_done(file_read(&doc, path, &e), e);
		own(json_t) *report = verify_with(buf_span(&doc), true);
		assert_true(json_array_size(json_object_get(report, "signatures")) > 0);
		json_array_foreach(json_object_get(report, "signatures"), n, s)
			assert_case(seeds[i], json_is_object(json_object_get(s, "used")) && json_string_value(json_object_get(s, "file")) != NULL);
		own(json_t) *without = verify(buf_span(&doc));
		json_array_foreach(json_object_get(without, "signatures"), n, s)
			assert_case(seeds[i], json_object_get(s, "used") == NULL);
	}
}

/* A sample, as the gate takes it. */
static void
submitted(struct msg *reply, const char *sample)
{
	own_struct(msg) request = msg_new(GATE_SUBMISSION, 4096);
	own_struct(buf) json = buf_new(JSON_MAX);
	struct err e;

	maker_sample(&json, sample);
	msg_put_u64(&request, 20779);
	msg_put_u64(&request, 0);
	msg_put_u64(&request, 0);
	msg_put_str(&request, "000102030405060708090a0b0c0d0e0f");
	put_document(&request, buf_span(&json));
	assert_done(zygote_do(real, ZYGOTE_OWN, &request, reply, VERIFY_MESSAGE_MAX, 10000, &e), e);
}

static void
a_submission_comes_back_canonical_or_refused(void **state)
{
	static const struct { const char *sample; bool good; } cases[] = { { "gpxd-01", true }, { "dkkd-02", false } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(msg) reply = msg_new(0, VERIFY_MESSAGE_MAX);

		submitted(&reply, cases[i].sample);
		if (cases[i].good) {
			assert_memory_equal(msg_span(&reply, 0).ptr, "<content xmlns=", 15);
			assert_null(strstr(msg_str(&reply, 1), "problems"));
		} else {
			assert_int_equal(msg_span(&reply, 0).len, 0);
			assert_non_null(strstr(msg_str(&reply, 1), "\"code\":\"character\""));
			assert_non_null(strstr(msg_str(&reply, 1), "U+00D0"));
		}
	}
}

static void
content_of(struct buf *out, const char *sample)
{
	own_struct(msg) reply = msg_new(0, VERIFY_MESSAGE_MAX);

	submitted(&reply, sample);
	buf_put_span(out, msg_span(&reply, 0));
	assert_case(sample, out->len > 0);
}

/* Of a kind that is made public its lines; of another kind, and of what is no content,
 * nothing, whatever the asker believes. */
static void
contents_are_shown_of_public_kinds_alone(void **state)
{
	static const struct { const char *sample; bool shown; } rows[] = { { "gpxd-01", true }, { "vpdd-01", false }, { "gphn-01", true }, { "dkkd-01", false }, { NULL, false } };
	own_struct(msg) request = msg_new(VERIFY_PUBLICATIONS, VERIFY_MESSAGE_MAX);
	own_struct(msg) reply = msg_new(0, VERIFY_MESSAGE_MAX);
	own_struct(buf) contents = buf_new(1 << 20);
	own(json_t) *all = NULL;
	struct err e;

	cbor_put_array(&contents, COUNT(rows));
	for (size_t i = 0; i < COUNT(rows); i++) {
		own_struct(buf) content = buf_new(1 << 18);

		if (rows[i].sample != NULL)
			content_of(&content, rows[i].sample);
		else
			buf_put_str(&content, "<content xmlns=\"urn:antin:permit:1\" kind=\"construction\"/>");
		cbor_put_bytes(&contents, buf_span(&content));
	}
	msg_put(&request, buf_span(&contents));
	assert_done(zygote_do(real, ZYGOTE_LASTING, &request, &reply, VERIFY_MESSAGE_MAX, 10000, &e), e);
	assert_done(json_read(&all, msg_span(&reply, 0), &e), e);
	assert_int_equal(json_array_size(all), COUNT(rows));
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_case(rows[i].sample ?: "no content", rows[i].shown ? json_array_size(json_array_get(all, i)) > 3 : json_is_null(json_array_get(all, i)));
}

static void
a_request_gives_its_key(void **state)
{
	own(X509_REQ) *req = X509_REQ_new();
	own(EVP_PKEY) *key = EVP_EC_gen("P-256");
	own_struct(msg) request = msg_new(GATE_CSR, 4096);
	own_struct(msg) reply = msg_new(0, VERIFY_MESSAGE_MAX);
	own_struct(buf) der = buf_new(1 << 14), spki = buf_new(1 << 10), body = buf_new(1 << 15);
	struct csr_found found;
	struct span proven;
	struct err e, refusal;
	struct cbor c;
	size_t n;

	X509_REQ_set_pubkey(req, key);
	assert_true(X509_REQ_sign(req, key, EVP_sha256()) > 0);
	csr_to_der(&der, req);
	cbor_put_array(&body, 2);
	cbor_put_bytes(&body, buf_span(&der));
	cbor_put_bytes(&body, span_str("not a request"));
	msg_put(&request, buf_span(&body));
	assert_done(zygote_do(real, ZYGOTE_OWN, &request, &reply, VERIFY_MESSAGE_MAX, 10000, &e), e);
	pubkey_to_spki(&spki, key);
	c = cbor_read(msg_span(&reply, 0));
	assert_done(cbor_get_array(&c, &n, "answers", &e), e);
	assert_int_equal(n, 2);
	assert_done(csr_found_get(&found, &c, &e), e);
	assert_done(cbor_get_refusal(&c, &refusal, &e), e);
	assert_int_equal(refusal.class, ERR_INPUT);
	assert_done(csr_prove(&proven, &found, buf_span(&der), &e), e);
	assert_true(span_eq(proven, buf_span(&spki)));
}

/* What a worker remembers, told as a number. */
static uint64_t
count(enum zygote_worker kind, uint16_t type)
{
	own_struct(msg) request = msg_new(type, 64);
	own_struct(msg) reply = msg_new(0, 1024);
	struct err e;

	assert_done(zygote_do(harmed, kind, &request, &reply, 1024, 5000, &e), e);
	return msg_u64(&reply, 0);
}

static void
a_lasting_worker_does_one_kind_of_work_and_not_for_ever(void **state)
{
	own_struct(msg) request = msg_new(HARM_EXIT, 64);
	own_struct(msg) reply = msg_new(0, 1024);
	uint64_t last = 0, n;
	struct err e;

	assert_int_equal(count(ZYGOTE_OWN, HARM_COUNT), 1);
	assert_int_equal(count(ZYGOTE_OWN, HARM_COUNT), 1);
	assert_int_equal(count(ZYGOTE_LASTING, HARM_COUNT), 1);
	assert_int_equal(count(ZYGOTE_LASTING, HARM_COUNT), 2);
	assert_int_equal(count(ZYGOTE_LASTING, HARM_COUNT_TOO), 1);
	assert_int_equal(count(ZYGOTE_OWN, HARM_COUNT), 1);
	assert_int_equal(count(ZYGOTE_LASTING, HARM_COUNT), 3);
	/* One that dies takes its own document along and no other. */
	assert_false(zygote_do(harmed, ZYGOTE_LASTING, &request, &reply, 1024, 5000, &e));
	assert_int_equal(e.class, ERR_LATER);
	assert_int_equal(count(ZYGOTE_LASTING, HARM_COUNT), 4);
	for (n = 4; n < 1000 && (last = count(ZYGOTE_LASTING, HARM_COUNT)) != 1; n++)
		assert_int_equal(last, n + 1);
	assert_int_equal(last, 1);
	assert_in_range(n, 100, 300);
}

static void
a_harmed_worker_costs_one_sentence(void **state)
{
	static const struct { const char *name; uint16_t type; bool answers; } cases[] = {
		{ "crash", HARM_SEGV, false }, { "endless loop", HARM_LOOP, false },
#ifndef __SANITIZE_ADDRESS__
		{ "all memory", HARM_MEMORY, false },
#endif
		{ "stall", HARM_SLEEP, false }, { "exit", HARM_EXIT, false }, { "opens a file", HARM_OPEN, true },
		{ "opens a socket", HARM_SOCKET, true }, { "forks", HARM_FORK, true },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		own_struct(msg) request = msg_new(cases[i].type, 4096);
		own_struct(msg) reply = msg_new(0, VERIFY_MESSAGE_MAX);
		struct err e = { ERR_NONE, "" };
		bool good = zygote_do(harmed, ZYGOTE_OWN, &request, &reply, VERIFY_MESSAGE_MAX, 2000, &e);

		if (good != cases[i].answers && cases[i].answers)
			print_error("%s: %s\n", cases[i].name, e.text);
		/* Refused by the kernel: an error, or the end of the worker. */
		if (good)
			assert_case(cases[i].name, cases[i].answers && msg_u64(&reply, 0) == 1);
		else
			assert_case(cases[i].name, e.class == ERR_LATER && e.text[0] != '\0');
		own_struct(buf) doc = buf_new(XML_SIZE_MAX);
		maker_permit(m, &(struct maker_recipe){ 0 }, &doc);
		own(json_t) *next = verify(buf_span(&doc));
		assert_string_equal(json_string_value(json_object_get(next, "verdict")), "TOTAL-PASSED");
	}
}

static void
bench_runs(void **state)
{
	double per_sec = 0;
	struct err e;

	assert_done(verifier_bench_raw(&per_sec, 2, 0.1, &e), e);
	assert_true(per_sec > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_permit_is_judged),
		cmocka_unit_test(a_container_is_judged_with_what_was_used),
		cmocka_unit_test(a_submission_comes_back_canonical_or_refused), cmocka_unit_test(contents_are_shown_of_public_kinds_alone),
		cmocka_unit_test(a_request_gives_its_key),
		cmocka_unit_test(a_harmed_worker_costs_one_sentence),
		cmocka_unit_test(a_lasting_worker_does_one_kind_of_work_and_not_for_ever), cmocka_unit_test(bench_runs),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
