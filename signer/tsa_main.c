/*
 * antin-tsa -- gives time (RFC 3161).
 *
 * Holds: connections.  Its key lies on a token of its own, behind antin-hsm.
 * Hears: antin-api, antin-signer (one message, TSA_STAMP).
 * Speaks to: its antin-hsm; antin-register, to which it tells what it is about to
 *	stamp, as batches (a log entry each): nothing is signed before.
 * Can never: sign anything but a time; open the network or a file.
 */
#include "base/cbor.h"
#include "base/clock.h"
#include "base/jail.h"
#include "base/log.h"
#include "base/serve.h"
#include "base/start.h"
#include "hsm/remote_key.h"
#include "register/client.h"
#include "signer/stamp.h"
#include "signer/tsa_proto.h"
#include "verifier/tst.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define CONNECTIONS_MAX 128
#define START_WAIT_MS 30000
#define CERT_WAIT_MS 60000

struct tsa_conf { char *run, *hsm, *policy, *org; bool unsynchronised; int64_t uid_base; };

static const struct conf_option options[] = {
	{ "run", CONF_STR, .field = offsetof(struct tsa_conf, run), .doc = "folder of the sockets" },
	{ "uid_base", CONF_INT, .field = offsetof(struct tsa_conf, uid_base), .max = 4000000000, .def = "0", .doc = "first user id, 0: one id for all" },
	{ "hsm", CONF_STR, .field = offsetof(struct tsa_conf, hsm), .def = "antin-hsm-tsa", .doc = "daemon of the token" },
	{ "policy_oid", CONF_STR, .field = offsetof(struct tsa_conf, policy), .def = "2.25.273849503821049182736450918273645.20", .doc = "policy of the time stamps" },
	{ "org", CONF_STR, .field = offsetof(struct tsa_conf, org), .def = "H99", .doc = "code of the agency that runs it" },
	{ "trust_unsynchronised_clock", CONF_BOOL, .field = offsetof(struct tsa_conf, unsynchronised), .def = "no", .doc = "stamp although the clock does not say that it is synchronised" },
	{ NULL },
};

/* A stamp that is about to be made, on the stack of its thread. */
struct waiting { const struct stamp_record *record; bool good, done; struct err why; struct waiting *next; };

struct tsa {
	struct stamper stamper;
	struct reg *reg;
	const char *org;
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	struct waiting *first, *last;
};

/* A batch's body: array of [serial, imprint, time]. */
static void
put_batch(struct buf *body, const struct stamp_record *r, size_t n)
{
	cbor_put_array(body, n);
	for (size_t i = 0; i < n; i++) {
		cbor_put_array(body, 3);
		cbor_put_bytes(body, span_of(r[i].serial, sizeof(r[i].serial)));
		cbor_put_bytes(body, span_of(r[i].imprint, r[i].imprint_len));
		cbor_put_int(body, r[i].time);
	}
}

static bool
record_batch(struct tsa *t, const struct stamp_record *r, size_t n, struct err *e)
{
	own_struct(reg_unit) u = reg_unit_new();
	own_struct(buf) body = buf_new(1 << 20);
	unsigned char digest[SHA256_LEN];

	put_batch(&body, r, n);
	sha256(digest, buf_span(&body));
	reg_verb(&u, "stamp.batch");
	reg_text(&u, "org", t->org);
	reg_text(&u, "kind", "tst");
	reg_int(&u, "first", r[0].time);
	reg_int(&u, "last", r[n - 1].time);
	reg_int(&u, "size", (int64_t)n);
	reg_bytes(&u, "sha256", span_of(digest, sizeof(digest)));
	reg_bytes(&u, "body", buf_span(&body));
	return reg_run(t->reg, &u, NULL, e);
}

/* Whatever waits, as one batch. */
static void *
batches_main(void *arg)
{
	struct tsa *t = arg;
	struct stamp_record *batch = xalloc(CONNECTIONS_MAX * sizeof(*batch));

	for (;;) {
		struct waiting *first;
		size_t n = 0;
		struct err e;
		bool good;

		pthread_mutex_lock(&t->lock);
		while (t->first == NULL)
			pthread_cond_wait(&t->work, &t->lock);
		first = t->first;
		t->first = t->last = NULL;
		pthread_mutex_unlock(&t->lock);
		for (struct waiting *w = first; w != NULL; w = w->next) {
			promise(n < CONNECTIONS_MAX);
			batch[n++] = *w->record;
		}
		good = record_batch(t, batch, n, &e);
		pthread_mutex_lock(&t->lock);
		for (struct waiting *w = first, *next; w != NULL; w = next) {
			next = w->next;
			w->good = good;
			if (!good)
				w->why = e;
			w->done = true;
		}
		pthread_cond_broadcast(&t->done);
		pthread_mutex_unlock(&t->lock);
	}
	return NULL;
}

/* The stamper's recorder: back when the register has it. */
static bool
record_stamp(void *arg, const struct stamp_record *record, struct err *e)
{
	struct tsa *t = arg;
	struct waiting w = { .record = record };

	pthread_mutex_lock(&t->lock);
	if (t->last != NULL)
		t->last->next = &w;
	else
		t->first = &w;
	t->last = &w;
	pthread_cond_signal(&t->work);
	while (!w.done)
		pthread_cond_wait(&t->done, &t->lock);
	pthread_mutex_unlock(&t->lock);
	if (!w.good)
		*e = w.why;
	return w.good;
}

static bool
on_stamp(void *state, enum msg_caller who, const struct msg *in, struct msg *out, struct err *e)
{
	struct tsa *t = state;
	own_struct(buf) response = buf_new(TSA_MESSAGE_MAX);
	struct stamp_record record;

	if (!stamper_answer(&response, &record, &t->stamper, msg_span(in, 0), e))
		return false;
	msg_put(out, buf_span(&response));
	return true;
}

static const struct serve_route routes[] = {
	{ { TSA_STAMP, "TSA_STAMP", CALLER_API | CALLER_SIGNER, "b", "b" }, on_stamp },
};

/* The newest active certificate of the profile, issued after the ceremony. */
static bool
load_certificate(struct tsa *t, struct hsm *hsm, struct err *e)
{
	int64_t deadline = clock_mono_ms() + CERT_WAIT_MS;

	for (;;) {
		own_struct(reg_unit) read = reg_read_new("cert.by_profile");
		own_struct(reg_rows) rows = { .left = 0 };
		struct reg_cell c[15];

		reg_text(&read, "profile", "tsa");
		if (reg_one(t->reg, &read, &rows, c, 15, "time-stamping certificate", e))
			return cert_from_der(&t->stamper.cert, c[6].s, e) && remote_key_of_cert(&t->stamper.key, hsm, t->stamper.cert, e);
		if (e->class != ERR_ABSENT || clock_mono_ms() > deadline)
			return false;
		nanosleep(&(struct timespec){ .tv_nsec = 200000000 }, NULL);
	}
}

/* What it gives is a time stamp in the verifier's own eyes. */
static bool
self_check(struct tsa *t, struct err *e)
{
	static const unsigned char zero[SHA256_LEN];
	own_struct(buf) request = buf_new(1024);
	own_struct(buf) response = buf_new(TSA_MESSAGE_MAX);
	own_struct(buf) token = buf_new(TSA_MESSAGE_MAX);
	struct stamp_record record;
	struct tst tst;

	tst_request(&request, EVP_sha256(), span_of(zero, sizeof(zero)), SPAN_NONE);
	if (!stamper_answer(&response, &record, &t->stamper, buf_span(&request), e) || !tst_of_response(&token, buf_span(&response), e) ||
	    !tst_check(&tst, buf_span(&token), EVP_sha256(), span_of(record.imprint, record.imprint_len), NULL, e))
		return fail_in(e, "self-check of the time stamps");
	tst_drop(&tst);
	return true;
}

int
main(int argc, char **argv)
{
	static struct tsa t = { .lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER, .done = PTHREAD_COND_INITIALIZER };
	struct tsa_conf c = { 0 };
	struct place place;
	struct serve *door;
	struct err e;

	start_conf(&c, options, "antin-tsa", argc, argv);
	place = (struct place){ c.run, (uid_t)c.uid_base };
	const uid_t uid = place_uid(&place, CALLER_TSA);
	const struct jail jail = { .abilities = JAIL_THREADS | JAIL_UNIX | JAIL_CLOCK, .uid = uid, .gid = uid };
	own_str char *hsm_socket = place_socket(&place, c.hsm, CALLER_TSA);
	own_str char *reg_socket = place_socket(&place, "antin-register", CALLER_TSA);
	struct hsm *hsm = hsm_new(hsm_socket);
	pthread_t batches;

	t.reg = reg_new(reg_socket);
	t.org = c.org;
	t.stamper.policy = c.policy;
	t.stamper.trust_unsynchronised = c.unsynchronised;
	t.stamper.record = record_stamp;
	t.stamper.recorder = &t;
	if (!serve_new(&door, &place, "antin-tsa", routes, 1, TSA_MESSAGE_MAX, CONNECTIONS_MAX, &e) || !jail_enter(&jail, &e) ||
	    !hsm_wait(hsm, START_WAIT_MS, &e) || !reg_wait(t.reg, START_WAIT_MS, &e) || !load_certificate(&t, hsm, &e))
		return start_refused(&e);
	if (c.unsynchronised && !stamp_clock_ok())
		log_warn("THE CLOCK DOES NOT SAY THAT IT IS SYNCHRONISED; stamping all the same, as the configuration says");
	else if (!stamp_clock_ok())
		log_warn("the clock is not synchronised: time stamps are refused until it is");
	promise(pthread_create(&batches, NULL, batches_main, &t) == 0);
	if (stamp_clock_ok() || c.unsynchronised)
		if (!self_check(&t, &e))
			return start_refused(&e);
	start_ready();
	if (!serve_run(door, &t, &e))
		log_warn("%s", e.text);
	return 0;
}
