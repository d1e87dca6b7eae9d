#include "hsm/bench.h"

#include "base/clock.h"
#include "hsm/internal.h"


#define BENCH_THREADS_MAX 32

struct run {
	bool (*once)(struct run *, struct span digests, struct err *);
	unsigned together;		/* digests a call */
	int64_t until;
	/* raw */
	struct token *token;
	const struct token_key *key;
	/* remote */
	struct hsm *hsm;
	const unsigned char *key_id;
};

struct worker { struct run *run; unsigned long done; bool good; struct err why; };

static void *
work(void *arg)
{
	struct worker *w = arg;

	w->good = true;
	while (w->good && clock_mono_ms() < w->run->until) {
		unsigned char digests[HSM_BATCH_MAX * SHA256_LEN] = { 0 };

		for (unsigned i = 0; i < w->run->together; i++) {
			unsigned long n = w->done + i;

			memcpy(digests + (size_t)i * SHA256_LEN, &n, sizeof(n));
		}
		w->good = w->run->once(w->run, span_of(digests, (size_t)w->run->together * SHA256_LEN), &w->why);
		w->done += w->good ? w->run->together : 0;
	}
	return NULL;
}

static bool
measure(double *per_sec, struct run *r, unsigned threads, double secs, struct err *e)
{
	struct worker w[BENCH_THREADS_MAX] = { { 0 } };
	pthread_t id[BENCH_THREADS_MAX];
	int64_t from = clock_mono_ms();
	unsigned long done = 0;

	if (r->together < 1 || r->together > HSM_BATCH_MAX)
		return fail(e, ERR_INPUT, "1 to %d signatures together", HSM_BATCH_MAX);
	if (threads < 1 || threads > BENCH_THREADS_MAX)
		return fail(e, ERR_INPUT, "1 to %d threads", BENCH_THREADS_MAX);
	r->until = from + (int64_t)(secs * 1000);
	for (unsigned i = 0; i < threads; i++) {
		w[i].run = r;
		promise(pthread_create(&id[i], NULL, work, &w[i]) == 0);
	}
	for (unsigned i = 0; i < threads; i++)
		pthread_join(id[i], NULL);
	for (unsigned i = 0; i < threads; i++) {
		if (!w[i].good) {
			*e = w[i].why;
			return false;
		}
		done += w[i].done;
	}
	*per_sec = (double)done * 1000 / (double)(clock_mono_ms() - from);
	return true;
}

static bool
sign_raw(struct run *r, struct span digest, struct err *e)
{
	own_struct(buf) raw = buf_new(HSM_SIGNATURE_LEN);

	return token_sign(r->token, r->key, digest, &raw, NULL, e);
}

static bool
sign_remote(struct run *r, struct span digests, struct err *e)
{
	own_struct(buf) raw = buf_new(HSM_BATCH_MAX * HSM_SIGNATURE_LEN);

	return hsm_sign_many(r->hsm, r->key_id, HSM_ECDSA_P256, digests, &raw, e);
}

bool
hsm_bench_raw(double *per_sec, struct token *t, const struct token_key *key, unsigned threads, double secs, struct err *e)
{
	struct run r = { .once = sign_raw, .together = 1, .token = t, .key = key };

	return measure(per_sec, &r, threads, secs, e);
}

bool
hsm_bench_remote(double *per_sec, struct hsm *h, const unsigned char key_id[KEY_ID_LEN], unsigned threads,
    unsigned together, double secs, struct err *e)
{
	struct run r = { .once = sign_remote, .together = together, .hsm = h, .key_id = key_id };

	return measure(per_sec, &r, threads, secs, e);
}
