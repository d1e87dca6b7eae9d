#include "verifier/bench.h"

#include "base/clock.h"
#include "base/ossl.h"

#include <pthread.h>

#define THREADS_MAX 64
struct raw { double secs, per_sec; bool good; struct err e; };

static bool
raw_one(double *per_sec, double secs, struct err *e)
{
	own(EVP_PKEY) *key = EVP_EC_gen("P-256");
	own(EVP_MD_CTX) *md = EVP_MD_CTX_new();
	unsigned char sig[80], digest[SHA256_LEN];
	size_t len = sizeof(sig);
	int64_t begin, end;
	unsigned n = 0;

	if (key == NULL || md == NULL || EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, key) != 1 || EVP_DigestSign(md, sig, &len, (const unsigned char *)"x", 1) != 1)
		return fail_ossl(e, ERR_BUG, "cannot sign");
	sha256(digest, span_str("x"));
	begin = clock_mono_ms();
	do {
		for (int i = 0; i < 100; i++, n++)
			promise(ecdsa_verify(key, span_of(digest, sizeof(digest)), span_of(sig, len)));
		end = clock_mono_ms();
	} while (end - begin < (int64_t)(secs * 1000));
	*per_sec = n * 1000.0 / (double)(end - begin);
	return true;
}

static void *
raw_thread(void *arg)
{
	struct raw *r = arg;

	r->good = raw_one(&r->per_sec, r->secs, &r->e);
	return NULL;
}

bool
verifier_bench_raw(double *per_sec, unsigned threads, double secs, struct err *e)
{
	struct raw raw[THREADS_MAX];
	pthread_t thread[THREADS_MAX];
	bool good = true;

	promise(threads <= THREADS_MAX);
	for (unsigned i = 0; i < threads; i++) {
		raw[i] = (struct raw){ .secs = secs };
		promise(pthread_create(&thread[i], NULL, raw_thread, &raw[i]) == 0);
	}
	*per_sec = 0;
	for (unsigned i = 0; i < threads; i++) {
		pthread_join(thread[i], NULL);
		*per_sec += raw[i].per_sec;
		if (!raw[i].good)
			*e = raw[i].e;
		good &= raw[i].good;
	}
	return good;
}
